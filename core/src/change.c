/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The steps of a change: take key packages, make the commit, make the stream, append, come back.
 */
#include "change.h"

#include <string.h>

#include "account.h"
#include "chat.h"
#include "contact.h"
#include "event.h"
#include "group.h"
#include "json.h"
#include "letter.h"
#include "post.h"
#include "request.h"
#include "stream.h"
#include "vouch.h"

void change_begin(struct chat *chat, enum change_kind kind, uint64_t *contacts, size_t count, struct call *call) {
    struct change *change = &chat->change;
    change->kind = kind;
    change->contacts = contacts;
    change->contact_count = count;
    if (call != NULL) {
        base_bytes_move(&change->call.id, &call->id);
    }
    chat->dirty = true;
}

struct group *change_group(const struct chat *chat) {
    if (chat->change.kind != CHANGE_CREATE) {
        return chat_writing_group(chat);
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state == GROUP_MAKING) {
            return group;
        }
    }
    return NULL;
}

base_result change_done(struct weibel_core *core, struct chat *chat) {
    struct base_writer line BASE_CLEANUP(base_writer_free) = event_answer_begin(core, &chat->change.call);
    chat_json(core, &line, chat);
    BASE_TRY(event_answer_end(core, &chat->change.call, &line));
    chat_end_change(chat);
    chat->announce = true;
    return BASE_OK;
}

base_result change_unmake(struct weibel_core *core, struct chat *chat, struct group *group) {
    struct change *change = &chat->change;
    mls_group_discard_pending(group->mls);
    BASE_TRY(letter_drop(core, group->number));
    base_bytes_free(&change->message);
    change->made = false;
    change->in_flight = false;
    chat->dirty = true;
    return BASE_OK;
}

base_result change_fail(struct weibel_core *core, struct chat *chat, const struct trouble *trouble) {
    enum change_kind kind = chat->change.kind;
    struct group *group = change_group(chat);
    if (group != NULL && chat->change.made) {
        BASE_TRY(change_unmake(core, chat, group));
    }
    if (group != NULL && group->state == GROUP_MAKING) {
        BASE_TRY(group_forget(core, group));
    }
    BASE_TRY(event_answer_trouble(core, &chat->change.call, trouble));
    chat_end_change(chat);
    if (kind == CHANGE_CREATE) {
        if (chat->groups.count == 0) {
            BASE_TRY(post_fail_all(core, chat, trouble));
        }
        if (chat->kind == CHAT_GROUP) {
            chat_forget(chat);
        }
    }
    return BASE_OK;
}

base_result change_ended(struct weibel_core *core, struct group *group, enum group_state state) {
    struct chat *chat = group->chat;
    group->state = state;
    group->dirty = true;
    group->tidy_at = 0;
    chat->announce = true;
    BASE_TRY(stream_stop(core, group));
    if (chat->change.kind == CHANGE_LEAVE) {
        BASE_TRY(change_done(core, chat));
    } else if (chat->change.kind != CHANGE_NONE && chat->kind == CHAT_GROUP) {
        BASE_TRY(letter_drop(core, group->number));
        struct trouble removed = trouble_make(TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
        BASE_TRY(event_answer_trouble(core, &chat->change.call, &removed));
        chat_end_change(chat);
    }
    if (group_waiting(group) != NULL) {
        return BASE_OK; /* added again already: what is queued goes out then */
    }
    struct trouble trouble = trouble_make(TROUBLE_USAGE, "not_a_member", "you are not in this group any more");
    return chat->kind == CHAT_GROUP ? post_fail_all(core, chat, &trouble) : BASE_OK;
}

static void free_taken(struct taken **taken) {
    if (*taken != NULL) {
        base_bytes_free(&(*taken)->key_package);
        base_free(*taken);
    }
}

static base_result keep_taken(struct weibel_core *core, struct change *change, const struct contact *contact,
                              const struct wire_device_key_package *device) {
    struct taken *taken BASE_CLEANUP(free_taken) = (struct taken *)base_take(core->options.allocator, 1, sizeof *taken);
    BASE_ENSURE(taken != NULL, BASE_ERR_NO_MEMORY);
    taken->contact = contact->number;
    memcpy(taken->device, device->device, sizeof taken->device);
    BASE_TRY(base_bytes_copy(core->options.allocator, device->key_package, &taken->key_package));
    BASE_TRY(list_add(&change->taken, core->options.allocator, taken));
    taken = NULL;
    return BASE_OK;
}

/* A key package must be of the account that was asked for, signed by the identity key that is pinned. */
static base_result check_genuine(struct weibel_core *core, const struct contact *contact,
                                 const struct wire_device_key_package *device) {
    struct mls_key_package_info info;
    struct identity identity;
    BASE_TRY(mls_key_package_inspect(&core->mls, device->key_package, &info));
    BASE_TRY(
        identity_read(core->options.allocator, info.member.credential.content, info.member.signature_key, &identity));
    BASE_ENSURE(info.suite == GROUP_SUITE && memcmp(identity.account, contact->id, sizeof identity.account) == 0 &&
                    base_slice_equal(identity.domain, base_slice_text(contact->domain)) &&
                    memcmp(identity.device, device->device, sizeof identity.device) == 0 &&
                    memcmp(identity.identity_key, contact->identity_key, sizeof identity.identity_key) == 0,
                WEIBEL_ERR_IDENTITY);
    return BASE_OK;
}

static base_result packages_came(struct weibel_core *core, struct chat *chat,
                                 const struct wire_key_packages *packages) {
    struct change *change = &chat->change;
    struct contact *contact = contact_at(core, change->contacts[change->asked]);
    char who[WIRE_MAX_ADDRESS + 1];
    contact_text(core, contact, who);
    bool same;
    BASE_TRY(contact_vouch(core, contact, packages->identity_key, &same));
    if (!same) {
        BASE_TRY(vouch_changed(core, contact, packages->identity_key));
        struct trouble trouble =
            trouble_make(TROUBLE_REFUSED, "identity_changed",
                         "the identity key of %s is not the one known here; ask in person why", who);
        return change_fail(core, chat, &trouble);
    }
    size_t genuine = 0, expired = 0;
    for (uint32_t i = 0; i < packages->count; i++) {
        base_result result = check_genuine(core, contact, &packages->devices[i]);
        if (result == BASE_OK) {
            BASE_TRY(keep_taken(core, change, contact, &packages->devices[i]));
            genuine++;
        } else if (trouble_is_fatal(result)) {
            return result;
        }
        expired += result == &MLS_ERR_LIFETIME ? 1 : 0;
    }
    if (genuine == 0 && expired == packages->count) {
        struct trouble trouble =
            trouble_make(TROUBLE_LATER, "no_key_package",
                         "the devices of %s were away for months, and can't be reached before they "
                         "are back",
                         who);
        return change_fail(core, chat, &trouble);
    }
    if (genuine == 0) {
        struct trouble trouble = trouble_make(TROUBLE_REFUSED, "identity_changed",
                                              "no device of %s is signed by its account; nothing was sent", who);
        return change_fail(core, chat, &trouble);
    }
    change->asked++;
    return BASE_OK;
}

/* `a`: number of the chat. */
static base_result take_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    struct change *change = chat == NULL ? NULL : &chat->change;
    if (change == NULL || !change->in_flight || change->asked != b || b >= change->contact_count) {
        return BASE_OK; /* the change has ended meanwhile */
    }
    change->in_flight = false;
    if (answer->type == WIRE_KEY_PACKAGES) {
        return packages_came(core, chat, &answer->of.key_packages);
    }
    if (answer->type != WIRE_REFUSAL) {
        return BASE_OK;
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    struct trouble trouble = trouble_refusal(refusal);
    bool patient = chat->kind == CHAT_DIRECT && refusal->code == WIRE_REFUSED_NO_KEY_PACKAGE;
    if (request_passes(refusal) || patient) {
        change->retry_at = state_now(core) + request_delay(refusal);
        return BASE_OK;
    }
    if (refusal->code == WIRE_REFUSED_NO_ACCOUNT || refusal->code == WIRE_REFUSED_NO_KEY_PACKAGE) {
        char who[WIRE_MAX_ADDRESS + 1];
        contact_text(core, contact_at(core, change->contacts[change->asked]), who);
        trouble = refusal->code == WIRE_REFUSED_NO_ACCOUNT
                      ? trouble_make(TROUBLE_REFUSED, "no_account", "no account has the ID %s", who)
                      : trouble_make(TROUBLE_LATER, "no_key_package", "no device of %s can be reached yet", who);
    }
    return change_fail(core, chat, &trouble);
}

static base_result take_packages(struct weibel_core *core, struct chat *chat) {
    const struct contact *contact = contact_at(core, chat->change.contacts[chat->change.asked]);
    struct wire_frame frame = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(frame.of.take_key_packages.account, contact->id, sizeof frame.of.take_key_packages.account);
    chat->change.in_flight = true;
    return request_send(core, &frame, take_answered, chat->number, chat->change.asked);
}

/* `a`: number of the group. */
static base_result create_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct group *group = group_at(core, a);
    if (group == NULL) {
        return BASE_OK;
    }
    group->in_flight = false;
    /* If it exists under another token, our first commit has been accepted already; reading brings it. */
    if (answer->type == WIRE_DONE ||
        (answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_STREAM_EXISTS)) {
        group->stream_made = true;
        return BASE_OK;
    }
    if (answer->type == WIRE_REFUSAL && !request_passes(&answer->of.refusal)) {
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return change_fail(core, group->chat, &trouble);
    }
    group->retry_at = state_now(core) + (answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal) : 0);
    return BASE_OK;
}

static base_result make_stream(struct weibel_core *core, struct group *group) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
    const uint8_t *token;
    BASE_TRY(group_token(group, &token));
    memcpy(frame.of.create_stream.stream, group->id, sizeof frame.of.create_stream.stream);
    account_hash(base_slice(token, WIRE_KEY_LEN), frame.of.create_stream.token_hash);
    group->in_flight = true;
    return request_send(core, &frame, create_answered, group->number, 0);
}

/* `a`: number of the chat. What was appended takes effect when it comes back, in its place in the stream. */
static base_result append_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct chat *chat = chat_at(core, a);
    struct group *group = chat == NULL || !chat->change.made ? NULL : change_group(chat);
    if (group == NULL || !chat->change.in_flight) {
        return BASE_OK;
    }
    if (answer->type != WIRE_REFUSAL) {
        group->live = false; /* read up to it, if it has not come by itself */
        return BASE_OK;
    }
    const struct wire_refusal *refusal = &answer->of.refusal;
    chat->change.in_flight = false;
    if (refusal->code == WIRE_REFUSED_EPOCH_MOVED) {
        group->live = false; /* what has won is read first, and takes ours back */
        chat->change.retry_at = state_now(core) + REQUEST_EPOCH_DELAY;
        if (chat->change.kind == CHANGE_LEAVE) {
            return change_unmake(core, chat, group);
        }
        return BASE_OK;
    }
    if (request_passes(refusal) || refusal->code == WIRE_REFUSED_NO_STREAM) {
        chat->change.retry_at = state_now(core) + request_delay(refusal);
        return BASE_OK;
    }
    struct trouble trouble = trouble_refusal(refusal);
    return change_fail(core, chat, &trouble);
}

static base_result append(struct weibel_core *core, struct chat *chat, struct group *group) {
    struct change *change = &chat->change;
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    const uint8_t *token;
    uint8_t deletion_key[WIRE_KEY_LEN];
    BASE_TRY(group_token(group, &token));
    account_deletion_key(core, base_slice(change->nonce, sizeof change->nonce), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), append->deletion_hash);
    memcpy(append->stream, group->id, sizeof append->stream);
    memcpy(append->token, token, sizeof append->token);
    memcpy(append->nonce, change->nonce, sizeof append->nonce);
    append->kind = change->kind == CHANGE_LEAVE ? WIRE_KIND_MESSAGE : WIRE_KIND_COMMIT;
    append->known_commit = change->known_commit;
    memcpy(append->next_token_hash, change->next_token_hash, sizeof append->next_token_hash);
    append->content = base_borrow(&change->message);
    change->in_flight = true;
    return request_send(core, &frame, append_answered, chat->number, 0);
}

static void begin_tidying(struct weibel_core *core, struct chat *chat) {
    struct group *group = chat_writing_group(chat);
    if (group == NULL || group->tidy_at == 0 || !group->live || group->tidy_at > state_now(core)) {
        return;
    }
    group->tidy_at = 0;
    if (mls_group_proposal_count(group->mls) > 0 || group->leaver_count > 0) {
        change_begin(chat, CHANGE_TIDY, NULL, 0, NULL);
    }
}

base_result change_pump(struct weibel_core *core, struct chat *chat) {
    struct change *change = &chat->change;
    if (change->kind == CHANGE_NONE) {
        begin_tidying(core, chat);
    }
    if (change->kind == CHANGE_NONE || change->in_flight || change->retry_at > state_now(core)) {
        return BASE_OK;
    }
    struct group *group = change_group(chat);
    if (!change->made) {
        bool adds = change->kind == CHANGE_CREATE || change->kind == CHANGE_ADD;
        if (adds && change->asked < change->contact_count) {
            return take_packages(core, chat);
        }
        if (change->kind != CHANGE_CREATE && (group == NULL || !group->live)) {
            return BASE_OK;
        }
        BASE_TRY(change_make(core, chat));
        group = change_group(chat);
    }
    if (!change->made || group == NULL) {
        return BASE_OK; /* it has failed, or there was nothing to do */
    }
    if (group->state == GROUP_MAKING && !group->stream_made) {
        return group->in_flight || group->retry_at > state_now(core) ? BASE_OK : make_stream(core, group);
    }
    return group->live ? append(core, chat, group) : BASE_OK;
}

base_result change_came_back(struct weibel_core *core, struct group *group, const struct wire_entry *entry, bool *own) {
    struct chat *chat = group->chat;
    const struct change *change = &chat->change;
    *own = change->made && change_group(chat) == group &&
           memcmp(change->nonce, entry->nonce, sizeof change->nonce) == 0 &&
           base_slice_equal(base_borrow(&change->message), entry->content);
    if (!*own) {
        return BASE_OK;
    }
    return change->kind == CHANGE_LEAVE ? change_ended(core, group, GROUP_LEFT)
                                        : change_accepted(core, group, entry->number);
}
