/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking the server for identity keys, and what follows when somebody is not who he said.
 */
#include "vouch.h"

#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "event.h"
#include "field.h"
#include "group.h"
#include "join.h"
#include "json.h"
#include "member.h"
#include "post.h"
#include "request.h"

enum {
    MAX_VOUCHING = 32,   /* questions that are under way at once, … */
    MAX_OF_GROUP = 16,   /* … those about the members of one group: others have their turn as well */
    MANY_DENIED = 16,    /* members of a group whom nobody knows; if there are more than a quarter of those … */
    SLOWLY = 60 * 1000,  /* … who are known, one is asked for in so many milliseconds: such answers cost us dear */
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

static bool all_genuine(const struct weibel_core *core, const struct group *group) {
    struct mls_member member;
    if (group->mls == NULL) {
        return true; /* lost: nothing is read or written there */
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) != BASE_OK || !join_is_genuine(core, &identity)) {
            return false;
        }
    }
    return true;
}

/* Nothing of it has been read. */
static base_result end_forged(struct weibel_core *core, struct chat *chat) {
    bool any = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (!all_genuine(core, group)) {
            BASE_TRY(post_renew(core, chat, group->number));
            BASE_TRY(group_forget(core, group));
            any = true;
        }
    }
    if (!any) {
        return BASE_OK;
    }
    char id[WIRE_MAX_ADDRESS + 1];
    struct contact *peer = contact_at(core, chat->peer);
    contact_text(core, peer, id);
    chat->announce = true;
    if (chat->groups.count == 0 && peer->request) {
        BASE_TRY(contact_unlist(core, peer)); /* it was somebody else's */
    }
    return chat_notice(core, chat, MESSAGE_IDENTITY, chat->peer,
                       "Somebody who is not %s has written under this ID, and was refused", id);
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

/* The server has said who the contact is: where somebody else has used his ID, it is said. */
static base_result look_for_forged(struct weibel_core *core, const struct contact *contact) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_DIRECT) {
            BASE_TRY(chat->peer == contact->number ? end_forged(core, chat) : BASE_OK);
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
    return look_for_forged(core, contact);
}

/* `trouble`: why the question was not answered, or NULL. */
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

static base_result take_answer(struct weibel_core *core, struct contact *contact, const struct wire_frame *answer) {
    if (answer->type == WIRE_IDENTITY) {
        bool same;
        const uint8_t *key = answer->of.identity.identity_key;
        BASE_TRY(contact_vouch(core, contact, key, &same));
        return same ? look_for_forged(core, contact) : vouch_changed(core, contact, key);
    }
    return contact->vouched ? BASE_OK : deny(core, contact);
}

/* `a`: number of the contact. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    struct contact *contact = contact_at(core, a);
    contact->asking = false;
    core->session.vouching--;
    const struct wire_refusal *refusal = &answer->of.refusal;
    if (answer->type == WIRE_IDENTITY || refusal->code == WIRE_REFUSED_NO_ACCOUNT) {
        BASE_TRY(take_answer(core, contact, answer));
        return end_lookups(core, a, NULL);
    }
    core->session.vouch_at = state_now(core) + request_delay(refusal);
    struct trouble trouble = trouble_refusal(refusal);
    return end_lookups(core, a, &trouble);
}

static base_result ask(struct weibel_core *core, struct contact *contact) {
    if (strcmp(contact->domain, core->account.domain) != 0) {
        return deny(core, contact); /* our server can't say anything about him */
    }
    struct wire_frame frame = { .type = WIRE_GET_IDENTITY };
    memcpy(frame.of.get_identity.account, contact->id, sizeof frame.of.get_identity.account);
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

/* ---- members of groups with whom nobody deals (member.h) ---- */

static struct contact *contact_of(const struct weibel_core *core, const struct identity *identity) {
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    return contact_find(core, identity->account, domain);
}

static bool same_account(const struct identity *a, const struct identity *b) {
    return about_compare(a->account, a->domain, b->account, b->domain) == 0;
}

static base_result forged(struct weibel_core *core, struct group *group, const struct identity *identity) {
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    return group->forged_told++ < MAX_FORGED_TOLD ? tell_forged(core, group->chat, identity->account, domain) : BASE_OK;
}

/* The server has said the account's identity key; NULL: that there is none. The account's devices stand together. */
static base_result take_word(struct weibel_core *core, struct group *group, const struct identity *account,
                             const uint8_t *identity_key) {
    struct mls_member member;
    bool any = false;
    for (uint32_t leaf = group->known_leaves;
         mls_group_next_member(group->mls, &leaf, &member) && leaf < group->asked_leaves; leaf++) {
        struct identity identity;
        if (member_word(group, leaf) != MEMBER_UNKNOWN ||
            identity_peek(member.credential.content, &identity) != BASE_OK || !same_account(&identity, account)) {
            continue;
        }
        bool genuine = identity_key != NULL && memcmp(identity.identity_key, identity_key, WIRE_KEY_LEN) == 0;
        BASE_TRY(member_note(core, group, leaf, genuine ? MEMBER_VOUCHED : MEMBER_FORGED));
        any = any || !genuine;
    }
    return any ? forged(core, group, account) : BASE_OK;
}

/* Full of people who are nobody: it must not use up what we may ask about others. */
static bool is_doubtful(const struct group *group) {
    return group->denied > MANY_DENIED && group->denied > group->good / 4;
}

/* `a`: number of the group; `b`: the leaf, and before it the end of the epoch's number. */
static base_result member_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct group *group = group_at(core, a);
    struct mls_member member;
    struct identity identity;
    core->session.vouching--;
    if (group == NULL || group->mls == NULL) {
        return BASE_OK;
    }
    group->asking--;
    bool known = answer->type == WIRE_IDENTITY;
    bool denied = !known && answer->of.refusal.code == WIRE_REFUSED_NO_ACCOUNT;
    group->good += known ? 1 : 0;
    group->denied += denied ? 1 : 0;
    group->ask_at = is_doubtful(group) ? state_now(core) + SLOWLY : 0;
    if (!known && !denied) {
        core->session.vouch_at = state_now(core) + request_delay(&answer->of.refusal);
    } else if ((uint32_t)mls_group_epoch(group->mls) == b >> 32 && mls_group_member(group->mls, (uint32_t)b, &member) &&
               identity_peek(member.credential.content, &identity) == BASE_OK) {
        struct contact *contact = contact_of(core, &identity);
        BASE_TRY(contact != NULL ? take_answer(core, contact, answer)
                                 : take_word(core, group, &identity, known ? answer->of.identity.identity_key : NULL));
    }
    return group->asking == 0 ? member_save(core, group) : BASE_OK;
}

static base_result ask_member(struct weibel_core *core, struct group *group, uint32_t leaf,
                              const struct identity *identity) {
    struct wire_frame frame = { .type = WIRE_GET_IDENTITY };
    memcpy(frame.of.get_identity.account, identity->account, sizeof frame.of.get_identity.account);
    group->asking++;
    core->session.vouching++;
    return request_send(core, &frame, member_answered, group->number, mls_group_epoch(group->mls) << 32 | leaf);
}

/* Whether it is known who a member is. At another domain nobody can be asked. */
static base_result look_at(struct weibel_core *core, struct group *group, uint32_t leaf,
                           const struct identity *identity, bool *known, bool *noted) {
    struct contact *contact = contact_of(core, identity);
    bool here = base_slice_equal(identity->domain, base_slice_text(core->account.domain));
    bool word = contact != NULL ? contact->vouched || contact->absent : member_word(group, leaf) != MEMBER_UNKNOWN;
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

static bool is_asked(const struct identity *asked, size_t count, const struct identity *identity) {
    for (size_t i = 0; i < count; i++) {
        if (same_account(&asked[i], identity)) {
            return true;
        }
    }
    return false;
}

/* Asks about the next members; what was found out is not looked at again before a commit changes it. */
static base_result vouch_members(struct weibel_core *core, struct group *group) {
    struct identity asked[MAX_OF_GROUP];
    size_t count = 0, most = group->ask_at > state_now(core) ? 0 : is_doubtful(group) ? 1 : MAX_OF_GROUP;
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
        if (known || is_asked(asked, count, &identity)) {
            continue;
        }
        if (count == most || !may_ask(core)) {
            group->asked_leaves = leaf;
            break;
        }
        asked[count++] = identity;
        BASE_TRY(ask_member(core, group, leaf, &identity));
    }
    group->known_leaves = all ? UINT32_MAX : group->known_leaves;
    return noted ? member_save(core, group) : BASE_OK;
}

bool vouch_is_good(const struct weibel_core *core, const struct group *group, uint32_t leaf,
                   const struct identity *identity) {
    const struct contact *contact = contact_of(core, identity);
    bool known = join_is_self(core, identity) || group->chat->kind != CHAT_GROUP ||
                 (contact != NULL && contact->vouched) || member_word(group, leaf) == MEMBER_VOUCHED;
    return known && join_is_genuine(core, identity);
}

base_result vouch_meet(struct weibel_core *core, const struct identity *identity, struct contact **out) {
    char domain[WIRE_MAX_DOMAIN + 1];
    bool same;
    field_set_text(domain, sizeof domain, identity->domain);
    BASE_TRY(contact_get(core, identity->account, domain, out));
    return contact_vouch(core, *out, identity->identity_key, &same);
}

base_result vouch_pump(struct weibel_core *core, struct chat *chat, bool *waits) {
    *waits = false;
    if (chat->kind == CHAT_DIRECT) {
        return chat_writing_group(chat) == NULL ? BASE_OK : vouch_peer(core, chat, waits);
    }
    for (size_t i = 0; i < chat->groups.count && chat->kind == CHAT_GROUP; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state != GROUP_OPEN || group->known_leaves == UINT32_MAX) {
            continue;
        }
        if (group->asking == 0) {
            BASE_TRY(vouch_members(core, group));
        }
        *waits = *waits || group->known_leaves != UINT32_MAX;
    }
    return BASE_OK;
}

base_result vouch_then(struct weibel_core *core, struct contact *contact, struct call *call, const cJSON *params,
                       rpc_handler handler) {
    if (core->session.state != SESSION_ONLINE || core->session.closing) {
        return rpc_refuse(core, call, TROUBLE_LATER, "offline",
                          "this needs a connection: the identity key is not known here yet");
    }
    if (core->lookups.count >= MAX_VOUCHING) {
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
    return look_for_forged(core, contact);
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
    struct trouble trouble = trouble_make(TROUBLE_LATER, "offline", "the connection has ended before the answer came");
    BASE_TRY(vouch_refuse(core, &trouble));
    core->session.vouching = 0;
    core->session.vouch_at = 0;
    for (size_t i = 0; i < core->contacts.count; i++) {
        ((struct contact *)core->contacts.items[i])->asking = false;
    }
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct list *groups = &((const struct chat *)core->chats.items[i])->groups;
        for (size_t k = 0; k < groups->count; k++) {
            ((struct group *)groups->items[k])->asking = 0;
        }
    }
    return BASE_OK;
}

void vouch_free(struct weibel_core *core) {
    list_free(&core->lookups, free_lookup);
}

uint64_t vouch_deadline(const struct weibel_core *core) {
    return core->session.vouch_at;
}
