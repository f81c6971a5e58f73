/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking the server for identity keys, and what follows when somebody is not who he said.
 */
#include "vouch.h"

#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "device.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "invitation.h"
#include "join.h"
#include "json.h"
#include "leaf.h"
#include "member.h"
#include "newcomer.h"
#include "post.h"
#include "request.h"

enum {
    MAX_VOUCHING = 32,   /* questions that are under way at once */
    FIRST_OF_GROUP = 16, /* members of one group whom the first question is about; and then … */
    SHARE_OF_GOOD = 4,   /* … a quarter of those who are known: no more can be nobody than makes it doubtful */
    MANY_DENIED = 16,    /* members of a group whom nobody knows; if there are more than a quarter of those … */
    SLOWLY = 60 * 1000,  /* … who are known, one is asked for in so many milliseconds: such answers cost us dear */
    AGAIN = 1000,        /* milliseconds; an answer has said nothing of what was asked */
    MAX_FORGED_TOLD = 8, /* of one group, until the home is opened again: a Welcome may be full of them */
};

/* A call that waits for an answer. */
struct lookup {
    uint64_t contact;
    struct call call;
    cJSON *params;
    rpc_handler handler;
};

static void free_lookup(void *item) {
    struct lookup *lookup = (struct lookup *)item;
    base_bytes_free(&lookup->call.id);
    json_free(lookup->params);
    base_free(lookup);
}

static void free_lookup_at(struct lookup **lookup) {
    if (*lookup != NULL) {
        free_lookup(*lookup);
    }
}

static bool adds_genuine(const struct weibel_core *core, const struct mls_staged *staged) {
    bool genuine = true;
    for (size_t i = 0; staged != NULL && i < mls_staged_change_count(staged) && genuine; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity identity;
        genuine =
            change.kind != MLS_CHANGE_ADDED ||
            (identity_peek(change.after.credential.content, &identity) == BASE_OK && join_is_genuine(core, &identity));
    }
    return genuine;
}

static bool all_genuine(const struct weibel_core *core, const struct group *group) {
    struct mls_member member;
    if (group->mls == NULL) {
        return true; /* lost: nothing is read or written there */
    }
    if (group->state == GROUP_MAKING && !adds_genuine(core, mls_group_pending(group->mls))) {
        return false;
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) != BASE_OK || !join_is_genuine(core, &identity)) {
            return false;
        }
    }
    return true;
}

/* A group of the chat has ended, which was not the peer's; `id`: his, for what is said of it. */
static base_result note_ended(struct weibel_core *core, struct chat *chat, char id[WIRE_MAX_ADDRESS + 1]) {
    struct contact *peer = contact_at(core, chat->peer);
    contact_text(core, peer, id);
    chat->announce = true;
    return chat->groups.count == 0 && peer->request ? contact_unlist(core, peer) : BASE_OK;
}

/* Nothing of it has been read; or, not to be told, it is of the key of before, which was good then. */
static base_result end_forged(struct weibel_core *core, struct chat *chat, bool tell) {
    bool any = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (!all_genuine(core, group)) {
            if (group->state == GROUP_MAKING) {
                chat_free_taken(&chat->change);
            }
            BASE_TRY(post_renew(core, chat, group->number));
            BASE_TRY(group_forget(core, group));
            any = true;
        }
    }
    if (!any) {
        return BASE_OK;
    }
    char id[WIRE_MAX_ADDRESS + 1];
    BASE_TRY(note_ended(core, chat, id));
    return tell ? chat_notice(core, chat, MESSAGE_IDENTITY, chat->peer,
                              "Somebody who is not %s has written under this ID, and was refused", id)
                : BASE_OK;
}

static bool has_forged(const struct weibel_core *core, const struct group *group, const struct contact *contact) {
    struct mls_member member;
    if (group->mls == NULL) {
        return false;
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) == BASE_OK &&
            memcmp(identity.account, contact->id, WIRE_ACCOUNT_LEN) == 0 &&
            base_slice_equal(identity.domain, base_slice_text(contact->domain)) && !join_is_genuine(core, &identity)) {
            return true;
        }
    }
    return false;
}

static base_result tell_forged(struct weibel_core *core, struct chat *chat, const uint8_t account[WIRE_ACCOUNT_LEN],
                               const char *domain) {
    char id[WIRE_MAX_ADDRESS + 1];
    contact_address_text(core, account, domain, id);
    return chat_notice(core, chat, MESSAGE_IDENTITY, 0,
                       "The identity key of somebody who uses the ID %s is not the one known here. What he writes is "
                       "not shown: ask in person",
                       id);
}

/* The server has said who the contact is, or the person has: where somebody else has used his ID, it is said. */
static base_result look_for_forged(struct weibel_core *core, const struct contact *contact, bool accepted) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_DIRECT) {
            BASE_TRY(chat->peer == contact->number ? end_forged(core, chat, !accepted) : BASE_OK);
            continue;
        }
        const struct group *group = chat_writing_group(chat);
        if (group != NULL && has_forged(core, group, contact)) {
            BASE_TRY(tell_forged(core, chat, contact->id, contact->domain));
        }
    }
    return BASE_OK;
}

static base_result deny(struct weibel_core *core, struct contact *contact) {
    BASE_TRY(contact_deny(core, contact));
    return look_for_forged(core, contact, false);
}

/* `trouble`: what those who wait hear; NULL: they do what they can with what is known. */
static base_result end_lookups(struct weibel_core *core, uint64_t contact, const struct trouble *trouble) {
    for (size_t i = core->lookups.count; i > 0; i--) {
        const struct lookup *found = (const struct lookup *)core->lookups.items[i - 1];
        if (found->contact != contact) {
            continue;
        }
        struct lookup *lookup BASE_CLEANUP(free_lookup_at) = (struct lookup *)list_take(&core->lookups, i - 1);
        BASE_TRY(trouble != NULL ? event_answer_trouble(core, &lookup->call, trouble)
                                 : lookup->handler(core, &lookup->call, lookup->params));
    }
    return BASE_OK;
}

static base_result take_answer(struct weibel_core *core, struct contact *contact, struct base_slice key) {
    if (key.len != 0) {
        bool same;
        BASE_TRY(contact_vouch(core, contact, key.data, &same));
        return same ? look_for_forged(core, contact, false) : vouch_changed(core, contact, key.data);
    }
    return contact->vouched ? BASE_OK : deny(core, contact);
}

/* What the server has said of accounts, all at its domain. */
struct word {
    struct wire_identity identities[WIRE_MAX_IDENTITIES];
    size_t count;
};

static base_result read_word(const struct wire_frame *answer, struct word *out) {
    struct base_reader reader = base_reader(answer->of.identities.identities);
    for (out->count = 0; reader.left != 0; out->count++) {
        BASE_ENSURE(out->count < WIRE_MAX_IDENTITIES, WIRE_ERR_FIELD);
        BASE_TRY(wire_identity_next(&reader, &out->identities[out->count]));
    }
    return BASE_OK;
}

/* Index of what was said of an account, and of its device with this key (empty: of any); `count` if nothing was. */
static size_t find_word(const struct word *word, const uint8_t account[WIRE_ACCOUNT_LEN], struct base_slice key) {
    size_t i = 0;
    while (i < word->count &&
           (memcmp(word->identities[i].device.account, account, WIRE_ACCOUNT_LEN) != 0 ||
            (key.len != 0 && !base_slice_equal(base_slice(word->identities[i].device.key, WIRE_KEY_LEN), key)))) {
        i++;
    }
    return i;
}

/* `a`: number of the contact. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct contact *contact = contact_at(core, a);
    contact->asking = false;
    core->session.vouching--;
    struct wire_refusal refusal = { WIRE_REFUSED_UNAVAILABLE, AGAIN };
    if (answer->type == WIRE_IDENTITIES) {
        struct word word;
        BASE_TRY(read_word(answer, &word));
        size_t i = find_word(&word, contact->id, base_slice(NULL, 0));
        if (i < word.count) {
            BASE_TRY(take_answer(core, contact, word.identities[i].identity_key));
            return end_lookups(core, a, NULL);
        }
    } else {
        refusal = answer->of.refusal;
    }
    core->session.vouch_at = state_now(core) + request_delay(&refusal);
    struct trouble trouble = trouble_refusal(&refusal);
    return end_lookups(core, a, &trouble);
}

static base_result ask(struct weibel_core *core, struct contact *contact) {
    if (strcmp(contact->domain, core->account.domain) != 0) {
        return deny(core, contact); /* our server can't say anything about him */
    }
    struct wire_frame frame = { .type = WIRE_GET_IDENTITIES };
    uint8_t device[WIRE_WHICH_DEVICE_LEN] = { 0 };
    memcpy(device, contact->id, sizeof contact->id);
    frame.of.get_identities.devices = base_slice(device, sizeof device);
    contact->asking = true;
    core->session.vouching++;
    return request_send(core, &frame, answered, contact->number, 0);
}

static bool may_ask(const struct weibel_core *core) {
    return core->session.vouching < MAX_VOUCHING && core->session.vouch_at <= state_now(core);
}

static base_result vouch_peer(struct weibel_core *core, const struct chat *chat, bool *waits) {
    struct contact *peer = contact_at(core, chat->peer);
    if (!peer->vouched && !peer->absent && !peer->asking && may_ask(core)) {
        BASE_TRY(ask(core, peer)); /* a group of the chat may end by that */
    }
    *waits = !peer->vouched && !peer->absent;
    return BASE_OK;
}

/* ---- members of groups (member.h) ---- */

static struct contact *contact_of(const struct weibel_core *core, const struct identity *identity) {
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    return contact_find(core, identity->account, domain);
}

static base_result forged(struct weibel_core *core, struct group *group, const struct identity *identity) {
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    return group->forged_told++ < MAX_FORGED_TOLD ? tell_forged(core, group->chat, identity->account, domain) : BASE_OK;
}

static bool is_here(const struct weibel_core *core, const struct identity *identity) {
    return base_slice_equal(identity->domain, base_slice_text(core->account.domain));
}

static base_result tell_unlisted(struct weibel_core *core, struct group *group, const struct identity *identity) {
    char id[WIRE_MAX_ADDRESS + 1], domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    contact_address_text(core, identity->account, domain, id);
    return group->chat->kind == CHAT_GROUP && group->forged_told++ < MAX_FORGED_TOLD
               ? chat_notice(core, group->chat, MESSAGE_IDENTITY, 0,
                             "A device is in the group as one of %s which is not, or not any more. What it writes is "
                             "not shown",
                             id)
               : BASE_OK;
}

static base_result take_word_of(struct weibel_core *core, struct group *group, uint32_t leaf,
                                const struct identity *identity, const struct wire_identity *word) {
    struct base_slice key = word->identity_key;
    bool genuine = base_slice_equal(key, base_slice(identity->identity_key, sizeof identity->identity_key)),
         listed = word->listed != 0, contact = contact_of(core, identity) != NULL;
    BASE_TRY(member_note(core, group, leaf, !genuine ? MEMBER_FORGED : !listed ? MEMBER_UNLISTED : MEMBER_VOUCHED));
    return genuine && !listed   ? tell_unlisted(core, group, identity)
           : genuine || contact ? BASE_OK /* who uses a contact's ID is told when it is known who that is */
                                : forged(core, group, identity);
}

/* Notes at the leaves that were asked for what the server has said; `any`: it was something. */
static base_result take_word(struct weibel_core *core, struct group *group, const struct word *word, bool *any) {
    struct mls_member member;
    for (uint32_t leaf = group->known_leaves;
         mls_group_next_member(group->mls, &leaf, &member) && leaf < group->asked_leaves; leaf++) {
        struct identity identity;
        if (member_word(group, leaf) != MEMBER_UNKNOWN ||
            identity_peek(member.credential.content, &identity) != BASE_OK || !is_here(core, &identity) ||
            join_is_self(core, &identity)) {
            continue;
        }
        size_t i = find_word(word, identity.account, base_slice(NULL, 0));
        if (i < word->count && word->identities[i].identity_key.len != 0) {
            i = find_word(word, identity.account, member.signature_key);
        }
        if (i < word->count) {
            *any = true;
            BASE_TRY(take_word_of(core, group, leaf, &identity, &word->identities[i]));
        }
    }
    return BASE_OK;
}

/* Likewise what was said of those among them who are contacts. */
static base_result take_word_of_contacts(struct weibel_core *core, struct group *group, const struct word *word,
                                         bool *any) {
    for (size_t i = 0; i < word->count; i++) {
        struct base_slice key = word->identities[i].identity_key;
        struct contact *contact = contact_find(core, word->identities[i].device.account, "");
        group->good += key.len != 0 ? 1 : 0;
        group->denied += key.len == 0 ? 1 : 0;
        if (contact != NULL) {
            *any = *any || (!contact->vouched && !contact->absent);
            BASE_TRY(take_answer(core, contact, key));
        }
    }
    return BASE_OK;
}

/* Full of people who are nobody: it must not use up what we may ask about others. */
static bool is_doubtful(const struct group *group) {
    return group->denied > MANY_DENIED && group->denied > group->good / 4;
}

/* `a`: number of the group. */
static base_result members_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct group *group = group_at(core, a);
    core->session.vouching--;
    if (group == NULL || group->mls == NULL) {
        return BASE_OK;
    }
    group->asking = false;
    if (answer->type != WIRE_IDENTITIES) {
        core->session.vouch_at = state_now(core) + request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    struct word word;
    bool any = false;
    BASE_TRY(read_word(answer, &word));
    BASE_TRY(take_word_of_contacts(core, group, &word, &any));
    group = group_at(core, a); /* it may have ended by that */
    if (group == NULL) {
        return BASE_OK;
    }
    BASE_TRY(take_word(core, group, &word, &any));
    group->ask_at = !any ? state_now(core) + AGAIN : is_doubtful(group) ? state_now(core) + SLOWLY : 0;
    return any ? member_save(core, group) : BASE_OK;
}

static base_result ask_members(struct weibel_core *core, struct group *group, struct base_slice devices) {
    struct wire_frame frame = { .type = WIRE_GET_IDENTITIES, .of.get_identities.devices = devices };
    group->asking = true;
    core->session.vouching++;
    return request_send(core, &frame, members_answered, group->number, 0);
}

/* Whether it is known who a member is. At another domain nobody can be asked. */
static base_result look_at(struct weibel_core *core, struct group *group, uint32_t leaf,
                           const struct identity *identity, bool *known, bool *noted) {
    struct contact *contact = contact_of(core, identity);
    bool here = is_here(core, identity);
    bool other = contact != NULL && (contact->absent || (contact->vouched && !join_is_genuine(core, identity)));
    bool word = other || member_word(group, leaf) != MEMBER_UNKNOWN;
    *known = word || join_is_self(core, identity) || !here;
    if (*known && !word && !here) {
        if (contact != NULL) {
            return deny(core, contact);
        }
        BASE_TRY(member_note(core, group, leaf, MEMBER_FORGED));
        *noted = true;
        return forged(core, group, identity);
    }
    return BASE_OK;
}

static bool is_asked(uint8_t (*asked)[WIRE_WHICH_DEVICE_LEN], size_t count, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    for (size_t i = 0; i < count; i++) {
        if (memcmp(asked[i], account, WIRE_ACCOUNT_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* How many of a group's devices may be asked for at once. */
static size_t most_of_group(const struct weibel_core *core, const struct group *group) {
    size_t share = group->good / SHARE_OF_GOOD;
    if (!may_ask(core) || group->ask_at > state_now(core)) {
        return 0;
    }
    return is_doubtful(group)            ? 1
           : share < FIRST_OF_GROUP      ? FIRST_OF_GROUP
           : share < WIRE_MAX_IDENTITIES ? share
                                         : WIRE_MAX_IDENTITIES;
}

/* Asks about the next members; what was found out is not looked at again before a commit changes it. */
static base_result vouch_members(struct weibel_core *core, struct group *group) {
    uint8_t asked[WIRE_MAX_IDENTITIES][WIRE_WHICH_DEVICE_LEN];
    size_t count = 0, most = most_of_group(core, group);
    struct mls_member member;
    bool all = true, noted = false;
    group->asked_leaves = UINT32_MAX;
    for (uint32_t leaf = group->known_leaves; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        bool known;
        BASE_TRY(identity_peek(member.credential.content, &identity));
        BASE_TRY(look_at(core, group, leaf, &identity, &known, &noted));
        if (!known && all) {
            all = false;
            group->known_leaves = leaf;
        }
        /* One of each account: if that is not there at all, none of its devices is. */
        if (known || member.signature_key.len != WIRE_KEY_LEN || is_asked(asked, count, identity.account)) {
            continue;
        }
        if (count == most) {
            group->asked_leaves = leaf;
            break;
        }
        memcpy(asked[count], identity.account, WIRE_ACCOUNT_LEN);
        memcpy(asked[count++] + WIRE_ACCOUNT_LEN, member.signature_key.data, WIRE_KEY_LEN);
    }
    group->known_leaves = all ? UINT32_MAX : group->known_leaves;
    BASE_TRY(count == 0 ? BASE_OK : ask_members(core, group, base_slice(asked, count * WIRE_WHICH_DEVICE_LEN)));
    return noted ? member_save(core, group) : BASE_OK;
}

bool vouch_is_good(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                   const struct identity *identity) {
    const struct contact *contact = contact_of(core, identity);
    enum member_word word = member_word(group, leaf);
    bool known = join_is_self(core, identity) || group->chat->kind != CHAT_GROUP ||
                 (contact != NULL && contact->vouched) || word == MEMBER_VOUCHED || word == MEMBER_UNLISTED;
    return known && join_is_genuine(core, identity);
}

bool vouch_is_heard(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                    const struct identity *identity) {
    return member_word(group, leaf) != MEMBER_UNLISTED && vouch_is_good(core, group, leaf, identity);
}

base_result vouch_anew(struct weibel_core *core, struct group *group, uint32_t leaf) {
    if (member_word(group, leaf) != MEMBER_VOUCHED) {
        return BASE_OK;
    }
    group->known_leaves = leaf < group->known_leaves ? leaf : group->known_leaves;
    BASE_TRY(member_note(core, group, leaf, MEMBER_UNKNOWN));
    return member_save(core, group);
}

bool vouch_is_unlisted(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                       const struct identity *identity) {
    return join_is_self(core, identity) ? device_is_gone(core, identity->device) ||
                                              (core->session.devices_known && !device_is_listed(core, identity->device))
                                        : member_word(group, leaf) == MEMBER_UNLISTED;
}

base_result vouch_unheard(struct weibel_core *core, const struct group *group) {
    char id[WIRE_MAX_ADDRESS + 1];
    if (group->chat->kind != CHAT_DIRECT) {
        return BASE_OK;
    }
    contact_text(core, contact_at(core, group->chat->peer), id);
    return chat_notice(core, group->chat, MESSAGE_IDENTITY, group->chat->peer,
                       "A device that is none of %s, or not any more, has written: the message is not shown", id);
}

base_result vouch_meet(struct weibel_core *core, const struct identity *identity, struct contact **out) {
    char domain[WIRE_MAX_DOMAIN + 1];
    bool same;
    field_set_text(domain, sizeof domain, identity->domain);
    BASE_TRY(contact_get(core, identity->account, domain, out));
    return contact_vouch(core, *out, identity->identity_key, &same);
}

/* A device that is none of the peer's (any more) has made this group: nothing of it has been read, and nothing was
 * written into it. If it was one when it did, those of his that are in it know the group, and are asked for a place. */
static base_result end_unlisted(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    struct helper helpers[STATE_MAX_HELPERS];
    char id[WIRE_MAX_ADDRESS + 1];
    uint8_t stream[WIRE_STREAM_LEN];
    size_t count = newcomer_others(core, group->mls, helpers);
    for (size_t i = 0; i < group->helper_count; i++) { /* who has come into it since then, and has told us of it */
        count -= count == STATE_MAX_HELPERS ? 1 : 0;
        helpers[count++] = group->helpers[i];
    }
    uint64_t before = leaf_made_at(group->mls);
    memcpy(stream, group->id, sizeof stream);
    BASE_TRY(post_renew(core, chat, group->number));
    BASE_TRY(group_forget(core, group));
    BASE_TRY(note_ended(core, chat, id));
    BASE_TRY(chat_notice(
        core, chat, MESSAGE_IDENTITY, chat->peer,
        "A device that is none of %s, or not any more, has begun this chat. What it wrote is not shown", id));
    return invitation_ask(core, stream, before, helpers, count);
}

/* Whom a listed device has brought along of its account is one of that: it may have been removed since. */
static base_result vouch_company(struct weibel_core *core, struct group *group, uint32_t maker) {
    struct mls_member member;
    struct identity of_maker, identity;
    if (!mls_group_member(group->mls, maker, &member) ||
        identity_peek(member.credential.content, &of_maker) != BASE_OK) {
        return BASE_OK;
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        if (member_word(group, leaf) == MEMBER_UNLISTED &&
            identity_peek(member.credential.content, &identity) == BASE_OK &&
            identity_same_account(&identity, &of_maker)) {
            BASE_TRY(member_note(core, group, leaf, MEMBER_VOUCHED));
        }
    }
    return member_save(core, group);
}

static base_result vouch_groups(struct weibel_core *core, struct chat *chat, bool *waits) {
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (group->state == GROUP_OPEN && group->known_leaves != UINT32_MAX && !group->asking) {
            BASE_TRY(vouch_members(core, group));
        }
        bool open = group->state == GROUP_OPEN && group->known_leaves != UINT32_MAX;
        *waits = *waits || open;
        if (group->state != GROUP_OPEN || open || group->maker == 0) {
            continue;
        }
        uint32_t maker = group->maker - 1;
        group->maker = 0;
        group->dirty = true;
        BASE_TRY(member_word(group, maker) == MEMBER_VOUCHED ? vouch_company(core, group, maker)
                                                             : end_unlisted(core, group));
    }
    return BASE_OK;
}

base_result vouch_pump(struct weibel_core *core, struct chat *chat, bool *waits) {
    *waits = false;
    if (chat->kind == CHAT_OWN) {
        return BASE_OK;
    }
    BASE_TRY(vouch_groups(core, chat, waits));
    bool peer = chat->kind == CHAT_DIRECT && !*waits && chat_writing_group(chat) != NULL;
    return peer ? vouch_peer(core, chat, waits) : BASE_OK;
}

bool vouch_is_asked(const struct weibel_core *core) {
    return core->session.state == SESSION_ONLINE && !core->session.closing && core->lookups.count < MAX_VOUCHING;
}

base_result vouch_then(struct weibel_core *core, struct contact *contact, struct call *call, const cJSON *params,
                       rpc_handler handler) {
    if (core->lookups.count < MAX_VOUCHING && !vouch_is_asked(core)) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline",
                          "this needs a connection: the identity key is not known here yet");
    }
    if (!vouch_is_asked(core)) {
        return rpc_refuse(core, call, TROUBLE_LATER, "busy", "too many of these requests are under way");
    }
    struct lookup *lookup BASE_CLEANUP(free_lookup_at) =
        (struct lookup *)base_take(core->options.allocator, 1, sizeof *lookup);
    BASE_ENSURE(lookup != NULL, BASE_ERR_NO_MEMORY);
    lookup->contact = contact->number;
    lookup->handler = handler;
    lookup->params = cJSON_Duplicate(params, true);
    BASE_ENSURE(lookup->params != NULL, BASE_ERR_NO_MEMORY);
    base_bytes_move(&lookup->call.id, &call->id);
    BASE_TRY(list_add(&core->lookups, core->options.allocator, lookup));
    lookup = NULL;
    if (!contact->asking) {
        BASE_TRY(ask(core, contact));
    }
    return contact->absent ? end_lookups(core, contact->number, NULL) : BASE_OK;
}

base_result vouch_again(struct weibel_core *core, struct contact *contact) {
    bool may_ask = core->session.state == SESSION_ONLINE && !core->session.closing && !contact->asking &&
                   !contact->changed && core->session.vouching < MAX_VOUCHING;
    return may_ask ? ask(core, contact) : BASE_OK;
}

base_result vouch_accept(struct weibel_core *core, struct contact *contact) {
    BASE_TRY(contact_accept_key(core, contact));
    return look_for_forged(core, contact, true);
}

base_result vouch_changed(struct weibel_core *core, struct contact *contact,
                          const uint8_t new_identity_key[WIRE_KEY_LEN]) {
    bool news;
    BASE_TRY(contact_change(core, contact, new_identity_key, &news));
    struct chat *chat = chat_with(core, contact->number);
    if (!news || chat == NULL) {
        return BASE_OK;
    }
    char words[WIRE_MAX_ADDRESS + 1];
    contact_words(core, contact, words);
    return chat_notice(core, chat, MESSAGE_IDENTITY, contact->number,
                       "The server says that %s has a new identity key. Nothing is sent before you accept it: ask in "
                       "person",
                       words);
}

base_result vouch_refuse(struct weibel_core *core, const struct trouble *trouble) {
    while (core->lookups.count > 0) {
        BASE_TRY(end_lookups(core, ((const struct lookup *)core->lookups.items[0])->contact, trouble));
    }
    return BASE_OK;
}

base_result vouch_forget(struct weibel_core *core) {
    core->session.vouching = 0;
    core->session.vouch_at = 0;
    for (size_t i = 0; i < core->contacts.count; i++) {
        ((struct contact *)core->contacts.items[i])->asking = false;
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct list *groups = &((const struct chat *)core->chats.items[i])->groups;
        for (size_t k = 0; k < groups->count; k++) {
            ((struct group *)groups->items[k])->asking = false;
        }
    }
    return vouch_refuse(core, NULL);
}

void vouch_free(struct weibel_core *core) {
    list_free(&core->lookups, free_lookup);
}

uint64_t vouch_deadline(const struct weibel_core *core) {
    return core->session.vouch_at;
}
