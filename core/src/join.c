/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Joining. Every member's credential is checked by libmls through join_check_credential(); here it is seen whose
 * identity keys they are.
 */
#include "join.h"

#include "change.h"
#include "chat.h"
#include "company.h"
#include "contact.h"
#include "device.h"
#include "field.h"
#include "group.h"
#include "hand.h"
#include "heal.h"
#include "held.h"
#include "history.h"
#include "identity.h"
#include "invitation.h"
#include "keys.h"
#include "newcomer.h"
#include "policy.h"
#include "post.h"
#include "sibling.h"
#include "successor.h"
#include "sync.h"
#include "vouch.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_WELCOME, BASE_PEER, NULL,
                  "an invitation into something that is not a chat of this account");

base_result join_check_credential(void *user, const struct mls_credential_check *check) {
    const struct weibel_core *core = (const struct weibel_core *)user;
    struct identity identity;
    BASE_ENSURE(check->member->credential.type == MLS_CREDENTIAL_BASIC, WEIBEL_ERR_IDENTITY);
    BASE_TRY(identity_read(core->options.allocator, check->member->credential.content, check->member->signature_key,
                           &identity));
    if (check->use == MLS_CREDENTIAL_UPDATED && check->before != NULL) {
        struct identity before;
        BASE_TRY(identity_peek(check->before->credential.content, &before));
        BASE_ENSURE(memcmp(before.account, identity.account, sizeof before.account) == 0 &&
                        memcmp(before.device, identity.device, sizeof before.device) == 0 &&
                        base_slice_equal(before.domain, identity.domain) &&
                        memcmp(before.identity_key, identity.identity_key, sizeof before.identity_key) == 0,
                    WEIBEL_ERR_IDENTITY);
    }
    return BASE_OK;
}

bool join_is_self(const struct weibel_core *core, const struct identity *identity) {
    return memcmp(identity->account, core->account.id, WIRE_ACCOUNT_LEN) == 0 &&
           base_slice_equal(identity->domain, base_slice_text(core->account.domain));
}

bool join_is_genuine(const struct weibel_core *core, const struct identity *identity) {
    if (join_is_self(core, identity)) {
        return memcmp(identity->identity_key, core->account.identity_key, WIRE_KEY_LEN) == 0;
    }
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity->domain);
    const struct contact *contact = contact_find(core, identity->account, domain);
    if (contact == NULL || contact->absent) {
        return contact == NULL;
    }
    return !contact->pinned || memcmp(identity->identity_key, contact->identity_key, WIRE_KEY_LEN) == 0;
}

static base_result check_added(const struct weibel_core *core, const struct chat *chat,
                               const struct mls_member *member) {
    struct identity identity;
    const struct contact *peer = contact_at(core, chat->peer);
    BASE_TRY(identity_peek(member->credential.content, &identity));
    bool is_peer = peer != NULL && memcmp(identity.account, peer->id, WIRE_ACCOUNT_LEN) == 0 &&
                   base_slice_equal(identity.domain, base_slice_text(peer->domain));
    BASE_ENSURE((is_peer || join_is_self(core, &identity)) && join_is_genuine(core, &identity), WEIBEL_ERR_INTRUDER);
    return BASE_OK;
}

base_result join_check_commit(void *user, const struct mls_group *mls, const struct mls_staged *staged) {
    const struct weibel_core *core = (const struct weibel_core *)user;
    BASE_TRY(policy_check_commit(core->options.allocator, mls, staged, core->by_link));
    struct base_slice id = mls_group_id(mls);
    const struct group *group = id.len == WIRE_STREAM_LEN ? group_find(core, id.data) : NULL;
    if (group == NULL || group->chat->kind == CHAT_GROUP) {
        return BASE_OK;
    }
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_ADDED) {
            BASE_TRY(check_added(core, group->chat, &change.after));
        }
    }
    return BASE_OK;
}

base_result join_check_proposal(void *user, const struct mls_group *mls, const struct mls_proposal_view *proposal) {
    (void)user;
    return policy_check_proposal(mls, proposal);
}

bool join_same_client(void *user, const struct mls_member *a, const struct mls_member *b) {
    (void)user;
    struct identity first, second;
    return identity_peek(a->credential.content, &first) == BASE_OK &&
           identity_peek(b->credential.content, &second) == BASE_OK && identity_same_account(&first, &second) &&
           memcmp(first.device, second.device, sizeof first.device) == 0;
}

static base_result lend_key_package(void *user, struct base_slice ref, struct base_slice *private_part) {
    const struct key_package *package = keys_find((const struct weibel_core *)user, ref);
    *private_part = package == NULL ? base_slice(NULL, 0) : base_borrow(&package->private_part);
    return BASE_OK;
}

/* Somebody with another identity key than before: nothing is joined, and it is said where people talk with him. */
static base_result refuse_changed(struct weibel_core *core, struct contact *contact) {
    struct chat *chat = chat_with(core, contact->number);
    if (chat != NULL && !contact->doubted) {
        char words[WIRE_MAX_ADDRESS + 1];
        contact_words(core, contact, words);
        BASE_TRY(chat_notice(core, chat, MESSAGE_IDENTITY, contact->number,
                             "Somebody with another identity key than %s has invited you. It waits until you accept "
                             "that key: ask in person",
                             words));
        BASE_TRY(contact_doubt(core, contact));
    }
    BASE_TRY(vouch_again(core, contact));
    return &WEIBEL_ERR_IDENTITY;
}

/* Who else is in an MLS group. */
struct others {
    struct identity one; /* the last of them. Borrows from the group */
    size_t count;        /* accounts; more than one is only known to be more than one */
};

/* Nobody becomes a contact by being named in an invitation. `changed` gets a contact who has another key here than the
 * server has said before: nothing is joined then. */
static base_result look_around(struct weibel_core *core, const struct mls_group *mls, struct others *out,
                               struct contact **changed) {
    struct mls_member member;
    bool self_found = false;
    out->count = 0;
    for (uint32_t leaf = 0; mls_group_next_member(mls, &leaf, &member); leaf++) {
        struct identity identity;
        BASE_TRY(identity_peek(member.credential.content, &identity));
        if (join_is_self(core, &identity)) {
            self_found = true;
            BASE_ENSURE(memcmp(identity.identity_key, core->account.identity_key, WIRE_KEY_LEN) == 0,
                        WEIBEL_ERR_WELCOME);
            continue;
        }
        char domain[WIRE_MAX_DOMAIN + 1];
        field_set_text(domain, sizeof domain, identity.domain);
        struct contact *known = contact_find(core, identity.account, domain);
        if (known != NULL && known->vouched && memcmp(known->identity_key, identity.identity_key, WIRE_KEY_LEN) != 0) {
            /* Of those under keys that the server has not said, none takes the place of one under its key. */
            bool waits = !known->changed || memcmp(known->new_identity_key, identity.identity_key, WIRE_KEY_LEN) == 0;
            *changed = waits ? known : NULL;
            return refuse_changed(core, known);
        }
        bool same = out->count > 0 &&
                    about_compare(identity.account, identity.domain, out->one.account, out->one.domain) == 0 &&
                    memcmp(identity.identity_key, out->one.identity_key, WIRE_KEY_LEN) == 0;
        out->count += same ? 0 : 1;
        out->one = identity;
    }
    BASE_ENSURE(self_found, WEIBEL_ERR_WELCOME);
    return BASE_OK;
}

static base_result direct_chat(struct weibel_core *core, const struct identity *with, bool by_self, struct chat **out) {
    struct contact *peer;
    bool same;
    BASE_TRY(contact_get(core, with->account, core->account.domain, &peer));
    BASE_TRY(contact_pin(core, peer, with->identity_key, &same));
    struct chat *chat = chat_with(core, peer->number);
    if (chat == NULL) {
        BASE_TRY(chat_new(core, CHAT_DIRECT, &chat));
        chat->peer = peer->number;
    }
    if (!peer->listed && !peer->request && by_self) {
        peer->listed = true;
        BASE_TRY(contact_save(core, peer));
    } else if (!peer->listed && !peer->request) {
        BASE_TRY(contact_ask(core, peer));
    }
    BASE_ENSURE(chat->groups.count < STATE_MAX_DIRECT_GROUPS, WEIBEL_ERR_WELCOME);
    if (chat->change.kind == CHANGE_CREATE && !chat->change.made) {
        chat_end_change(chat); /* what we were about to make is here */
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        group->live = group->live && group->state != GROUP_OPEN; /* read on in the right order: stream.c */
    }
    *out = chat;
    return BASE_OK;
}

/* Whoever is blocked invites into nothing. `self`: another device of our own account has invited. */
static base_result check_inviter(struct weibel_core *core, const struct mls_group *mls, uint32_t leaf, bool *self) {
    struct mls_member member;
    struct identity identity;
    BASE_ENSURE(mls_group_member(mls, leaf, &member), WEIBEL_ERR_WELCOME);
    BASE_TRY(identity_peek(member.credential.content, &identity));
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity.domain);
    *self = join_is_self(core, &identity);
    BASE_TRY(*self ? sibling_check(core, &member, &identity) : BASE_OK);
    const struct contact *contact = *self ? NULL : contact_find(core, identity.account, domain);
    BASE_ENSURE(contact == NULL || !contact->blocked, WEIBEL_ERR_WELCOME);
    return BASE_OK;
}

static void free_mls(struct mls_group **mls) {
    mls_group_free(*mls);
}

static base_result tell_joined(struct weibel_core *core, struct chat *chat) {
    chat->announce = true;
    return chat_notice(core, chat, MESSAGE_ADDED, 0, "You are in the group “%s” now", chat->name);
}

/* Where another own device is, this one belongs: nothing is said about it. */
static base_result joined(struct weibel_core *core, struct chat *chat, bool by_self) {
    chat->announce = true;
    if (chat->kind == CHAT_GROUP && !by_self) {
        BASE_TRY(tell_joined(core, chat));
    }
    return sync_chat_made(core, chat);
}

/* The ID of a group is whatever its maker says: another one under the same ID has not become that chat. */
static bool is_continued(const struct chat *chat, const struct group_about *about, size_t others) {
    return chat->kind == about->kind &&
           (chat->kind == CHAT_OWN ? others == 0 : memcmp(chat->room, about->room, sizeof chat->room) == 0);
}

static void hash_at(const struct mls_group *mls, uint32_t leaf, uint8_t out[STATE_HASH_LEN]) {
    struct mls_member member;
    struct identity identity;
    memset(out, 0, STATE_HASH_LEN);
    if (mls_group_member(mls, leaf, &member) && identity_peek(member.credential.content, &identity) == BASE_OK) {
        company_hash(&identity, out);
    }
}

static bool is_helper(const struct group *group, const struct mls_member *member, const struct identity *identity) {
    for (size_t i = 0; i < group->helper_count; i++) {
        const struct helper *helper = &group->helpers[i];
        if (base_slice_equal(base_slice(helper->key, sizeof helper->key), member->signature_key) &&
            memcmp(helper->account, identity->account, sizeof helper->account) == 0 &&
            base_slice_equal(base_slice_text(helper->domain), identity->domain)) {
            return true;
        }
    }
    return false;
}

/* Whether another device of ours has invited, or an account that is in this group as we know it. */
static bool is_by_member(const struct weibel_core *core, const struct group *known, const struct mls_group *mls,
                         uint32_t leaf) {
    struct mls_member member, other;
    struct identity identity, same;
    if (!mls_group_member(mls, leaf, &member) || identity_peek(member.credential.content, &identity) != BASE_OK ||
        !join_is_genuine(core, &identity)) {
        return false;
    }
    bool found = join_is_self(core, &identity) ? sibling_is_known(core, &member, &identity)
                                               : is_helper(known, &member, &identity);
    for (uint32_t i = 0; !found && known->mls != NULL && mls_group_next_member(known->mls, &i, &other); i++) {
        found = identity_peek(other.credential.content, &same) == BASE_OK &&
                memcmp(same.identity_key, identity.identity_key, WIRE_KEY_LEN) == 0 &&
                about_compare(same.account, same.domain, identity.account, identity.domain) == 0;
    }
    return found;
}

/* Takes `mls`. */
static base_result wait_in(struct weibel_core *core, struct chat *chat, struct mls_group *mls, bool by_member,
                           const uint8_t inviter[STATE_HASH_LEN], struct group **out) {
    BASE_TRY(group_add(core, chat, mls, GROUP_WAITING, out));
    (*out)->fresh = true;
    (*out)->by_member = by_member;
    memcpy((*out)->inviter, inviter, sizeof(*out)->inviter);
    return BASE_OK;
}

/* Added again: first the stream is read up to our removal. Takes `mls`. */
static base_result wait_behind(struct weibel_core *core, const struct group *known, struct mls_group *mls,
                               uint32_t inviter, bool by_self) {
    struct chat *chat = known->chat;
    bool by_member = is_by_member(core, known, mls, inviter);
    uint8_t hash[STATE_HASH_LEN];
    hash_at(mls, inviter, hash);
    if (chat->kind == CHAT_DIRECT || known->state == GROUP_MAKING || chat->groups.count > STATE_MAX_WAITING ||
        mls_group_epoch(mls) <= mls_group_epoch(known->mls)) {
        mls_group_free(mls);
        return &WEIBEL_ERR_WELCOME;
    }
    struct group *group;
    BASE_TRY(wait_in(core, chat, mls, by_member, hash, &group));
    if (chat->kind == CHAT_GROUP) {
        newcomer_joined(core, group, inviter);
        group->late = by_self;
    }
    return BASE_OK;
}

/* Who has invited into `next` may have become a member only after the invitation had come. */
static bool is_known_in(const struct group *ended, const struct group *next) {
    struct mls_member member;
    for (uint32_t leaf = 0; ended->mls != NULL && mls_group_next_member(ended->mls, &leaf, &member); leaf++) {
        uint8_t hash[STATE_HASH_LEN];
        hash_at(ended->mls, leaf, hash);
        if (memcmp(hash, next->inviter, sizeof hash) == 0) {
            return true;
        }
    }
    return false;
}

/* What a sibling owes us there stands before what is read in it, as in a group that waits for nothing. */
static void open_waiting(struct weibel_core *core, struct group *group) {
    group->state = GROUP_OPEN;
    group->dirty = true;
    if (group->late) {
        history_joined(core, group);
    }
}

/* Whoever else invites into what says to be that group has not become that chat: it is another one. */
static base_result join_elsewhere(struct weibel_core *core, const struct group *ended, struct group *group) {
    struct chat *before = ended->chat;
    struct group_about about;
    struct chat *chat;
    BASE_TRY(group_read_about(group->mls, &about));
    BASE_TRY(chat_new(core, CHAT_GROUP, &chat));
    memcpy(chat->room, before->room, sizeof chat->room);
    field_set_text(chat->name, sizeof chat->name, about.name);
    BASE_TRY(list_add(&chat->groups, core->options.allocator, group));
    for (size_t i = 0; i < before->groups.count; i++) {
        if (before->groups.items[i] == group) {
            (void)list_take(&before->groups, i);
            break;
        }
    }
    group->chat = chat;
    open_waiting(core, group);
    BASE_TRY(change_fail_queued(core, ended));
    return joined(core, chat, false);
}

/* Which of the chat's groups has ended and goes on: of own ones there may be several. */
static struct group *find_ended(const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if ((group->state == GROUP_LEFT || group->state == GROUP_REMOVED) && group_waiting(group) != NULL) {
            return group;
        }
    }
    return NULL;
}

base_result join_again(struct weibel_core *core, struct chat *chat) {
    struct group *ended = find_ended(chat);
    if (ended == NULL) {
        return BASE_OK;
    }
    struct group *next = group_waiting(ended);
    if (chat->kind == CHAT_GROUP && !next->by_member && !is_known_in(ended, next)) {
        return join_elsewhere(core, ended, next);
    }
    if (memcmp(ended->id, next->id, sizeof next->id) == 0) {
        next->former = group_former(chat, ended->id);
    }
    BASE_TRY(post_renew(core, chat, ended->number));
    BASE_TRY(group_forget(core, ended));
    open_waiting(core, next);
    return chat->kind == CHAT_OWN ? device_joined(core) : tell_joined(core, chat);
}

static base_result own_chat(struct weibel_core *core, struct chat **out) {
    *out = device_chat(core);
    if (*out == NULL) {
        BASE_TRY(chat_new(core, CHAT_OWN, out));
    }
    BASE_ENSURE((*out)->groups.count < STATE_MAX_DIRECT_GROUPS, WEIBEL_ERR_WELCOME);
    return BASE_OK;
}

/* Ours may have gone on without us in a new group, or been left before. */
base_result join_reopen(struct weibel_core *core, struct chat *chat) {
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (group->state == GROUP_LEFT || group->state == GROUP_REMOVED) {
            BASE_TRY(post_renew(core, chat, group->number));
            BASE_TRY(group_forget(core, group));
        }
    }
    return BASE_OK;
}

/* Another group takes the place of the one that we are leaving. */
static base_result forget_leaving(struct weibel_core *core, struct chat *chat, bool *any) {
    *any = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (group->state == GROUP_LEAVING) {
            BASE_TRY(group_forget(core, group));
            *any = true;
        }
    }
    return BASE_OK;
}

/* Whether whoever invites was in that chat: in its groups, or before it was restored from a backup. */
static bool is_by_company(const struct weibel_core *core, const struct chat *chat, const struct mls_group *mls,
                          uint32_t inviter) {
    const struct group none = { .mls = NULL };
    uint8_t hash[STATE_HASH_LEN];
    hash_at(mls, inviter, hash);
    bool known = is_by_member(core, &none, mls, inviter) || (chat->groups.count == 0 && company_has(chat, hash));
    for (size_t i = 0; i < chat->groups.count && !known; i++) {
        known = is_by_member(core, (const struct group *)chat->groups.items[i], mls, inviter);
    }
    return known;
}

/* The chat of a room, or NULL. Others know the room, and a group's maker may name any: where nobody from there invites,
 * it is another chat. */
static struct chat *find_room(const struct weibel_core *core, const struct mls_group *mls,
                              const struct group_about *about, uint32_t inviter) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_GROUP && memcmp(chat->room, about->room, sizeof chat->room) == 0 &&
            is_by_company(core, chat, mls, inviter)) {
            return chat;
        }
    }
    return NULL;
}

static base_result new_room(struct weibel_core *core, const struct group_about *about, struct chat **out) {
    BASE_TRY(chat_new(core, CHAT_GROUP, out));
    memcpy((*out)->room, about->room, sizeof(*out)->room);
    return BASE_OK;
}

/* The chat that a group belongs to: the one of a group that we have lost, that of its predecessors, or a new one. */
static base_result group_chat(struct weibel_core *core, const struct mls_group *mls, const struct group_about *about,
                              const struct group *lost, uint32_t inviter, struct chat **out) {
    *out = lost != NULL ? lost->chat : find_room(core, mls, about, inviter);
    if (*out == NULL) {
        BASE_TRY(new_room(core, about, out));
    } else if (lost == NULL && ((*out)->groups.count > 0 || (*out)->change.kind == CHANGE_CREATE)) {
        BASE_ENSURE(about->generation > 0 && (*out)->groups.count < STATE_MAX_DIRECT_GROUPS, WEIBEL_ERR_WELCOME);
        BASE_TRY(join_reopen(core, *out));
        if ((*out)->change.kind == CHANGE_CREATE && !(*out)->change.made) {
            chat_end_change(*out); /* the successor that we were about to make is here */
        }
    }
    base_bytes_free(&(*out)->company); /* the group itself is there */
    field_set_text((*out)->name, sizeof(*out)->name, about->name);
    (*out)->dirty = true;
    return BASE_OK;
}

static const struct group *group_in(const struct chat *chat, const uint8_t id[WIRE_STREAM_LEN]) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state != GROUP_WAITING && memcmp(group->id, id, WIRE_STREAM_LEN) == 0) {
            return group;
        }
    }
    return NULL;
}

/* A successor is judged when it is known what has become of the groups before: successor.h. */
static base_result wait_as_successor(struct weibel_core *core, struct chat *chat, struct mls_group **mls,
                                     uint32_t inviter) {
    uint8_t hash[STATE_HASH_LEN];
    struct mls_group *given = *mls;
    BASE_ENSURE(group_generation(given) > 0 && chat->groups.count < STATE_MAX_DIRECT_GROUPS, WEIBEL_ERR_WELCOME);
    hash_at(given, inviter, hash);
    *mls = NULL;
    struct group *group;
    BASE_TRY(wait_in(core, chat, given, true, hash, &group));
    newcomer_joined(core, group, inviter);
    return BASE_OK;
}

/* Takes `mls` out if it becomes a group of ours. */
static base_result enter(struct weibel_core *core, struct mls_group **mls, uint32_t inviter, struct contact **changed) {
    bool by_self = false;
    base_result result = check_inviter(core, *mls, inviter, &by_self);
    if (result == &WEIBEL_ERR_WELCOME && by_self) {
        BASE_TRY(invitation_answered(core, mls_group_id(*mls)));
        BASE_TRY(newcomer_ask_others(core, *mls));
    }
    BASE_TRY(result);
    struct base_slice id = mls_group_id(*mls);
    struct group_about about;
    BASE_ENSURE(id.len == WIRE_STREAM_LEN, WEIBEL_ERR_WELCOME);
    const struct group *known = group_find(core, id.data);
    BASE_ENSURE(group_read_about(*mls, &about) == BASE_OK, WEIBEL_ERR_WELCOME);
    struct others others;
    BASE_TRY(look_around(core, *mls, &others, changed));
    struct chat *chat;
    size_t chats = core->chats.count;
    bool by_member = known != NULL && is_by_member(core, known, *mls, inviter);
    if (known != NULL && known->chat->kind == CHAT_GROUP && !by_member) {
        /* A stranger may have come before, with the same ID and room: what nothing could be read of yet is in nobody's
         * way. */
        const struct chat *room = find_room(core, *mls, &about, inviter);
        bool proven = !known->fresh || (known->state != GROUP_OPEN && known->state != GROUP_LOST);
        known = room != NULL ? group_in(room, id.data) : proven ? known : NULL;
        by_member = known != NULL && is_by_member(core, known, *mls, inviter);
    }
    /* Who has lost his place is helped by those whom he has asked, who are members. */
    BASE_ENSURE(known == NULL ||
                    (is_continued(known->chat, &about, others.count) && (by_member || known->state != GROUP_LOST)),
                WEIBEL_ERR_WELCOME);
    if (about.kind == CHAT_DIRECT) {
        BASE_ENSURE(others.count == 1 && known == NULL &&
                        base_slice_equal(others.one.domain, base_slice_text(core->account.domain)),
                    WEIBEL_ERR_WELCOME);
        BASE_TRY(direct_chat(core, &others.one, by_self, &chat));
    } else if (known != NULL && known->state != GROUP_LOST) {
        struct mls_group *given = *mls;
        *mls = NULL;
        return wait_behind(core, known, given, inviter, by_self);
    } else if (about.kind == CHAT_OWN) {
        BASE_ENSURE(others.count == 0, WEIBEL_ERR_WELCOME);
        BASE_TRY(own_chat(core, &chat));
    } else {
        chat = known != NULL ? NULL : find_room(core, *mls, &about, inviter);
        if (chat != NULL && successor_must_wait(chat)) {
            return wait_as_successor(core, chat, mls, inviter);
        }
        BASE_TRY(group_chat(core, *mls, &about, known, inviter, &chat));
    }
    bool back = known != NULL, successor = about.generation > 0 && chat->groups.count > 0;
    bool leaving;
    uint64_t former = back ? group_former(chat, known->id) : 0;
    BASE_TRY(forget_leaving(core, chat, &leaving));
    struct group *group;
    struct mls_group *given = *mls;
    *mls = NULL;
    if (back) {
        BASE_TRY(heal_done(core, chat, HEAL_BACK)); /* before the new one of the same id is there */
    }
    BASE_TRY(group_add(core, chat, given, leaving ? GROUP_LEAVING : GROUP_OPEN, &group));
    group->fresh = true;
    group->former = former;
    newcomer_joined(core, group, inviter);
    group->maker = chat->kind == CHAT_DIRECT && !by_self ? inviter + 1 : 0;
    if (by_self && chat->kind != CHAT_OWN) {
        history_joined(core, group);
    }
    BASE_TRY(chat->kind == CHAT_DIRECT && !by_self ? heal_peer_came(core, chat) : BASE_OK);
    if (core->chats.count > chats && !by_self) {
        BASE_TRY(hand_await(core, group, inviter));
    }
    if (leaving) {
        return BASE_OK; /* those who went on did not know of it yet */
    }
    if (successor) {
        chat->announce = true;
        BASE_TRY(heal_done(core, chat, HEAL_SUCCEEDED_BY_OTHERS));
        /* What was said in the own one before may have ended with it. */
        return chat->kind == CHAT_OWN ? device_joined(core) : BASE_OK;
    }
    BASE_TRY(chat->kind == CHAT_OWN ? device_joined(core) : joined(core, chat, by_self || back));
    /* What stands in a chat of two before that a sibling hands on, and in a group it does not (change_apply.c). */
    bool lacks = !back && (chat->kind == CHAT_GROUP || !by_self) && invitation_is_asked(core, group->id);
    return lacks ? heal_tell_gap(core, chat, NULL) : BASE_OK;
}

base_result join_by_welcome(struct weibel_core *core, struct base_slice letter, struct base_slice welcome,
                            struct base_slice tree, bool *opened) {
    struct mls_group *mls BASE_CLEANUP(free_mls) = NULL;
    struct mls_secret ref = { 0 };
    struct contact *changed = NULL;
    uint32_t inviter;
    struct mls_join_options options = {
        .key_package = lend_key_package,
        .user = core,
        .signature_key = &core->account.device_key,
        .inviter = &inviter,
        .ratchet_tree = tree,
    };
    *opened = false;
    BASE_TRY(mls_group_join(&core->mls, welcome, &options, &ref, &mls));
    *opened = true;
    base_result result = enter(core, &mls, inviter, &changed);
    if (result == &WEIBEL_ERR_UNHEARD) {
        return result;
    }
    /* What waits for a decision is opened again later, with the same key package. */
    BASE_TRY(changed != NULL ? held_keep(core, changed, letter) : keys_used(core, mls_secret_slice(&ref)));
    return result;
}

/* A chat that goes on has its group. */
static bool goes_on(const struct chat *chat) {
    bool open = false;
    for (size_t i = 0; i < chat->groups.count && !open; i++) {
        enum group_state state = ((const struct group *)chat->groups.items[i])->state;
        open = state <= GROUP_OPEN && state != GROUP_LEAVING;
    }
    return open;
}

base_result join_check_link(struct weibel_core *core, const struct mls_group *mls, uint32_t inviter,
                            const uint8_t stream[WIRE_STREAM_LEN]) {
    struct group_about about;
    struct contact *changed = NULL;
    struct others others;
    BASE_ENSURE(base_slice_equal(mls_group_id(mls), base_slice(stream, WIRE_STREAM_LEN)) &&
                    group_read_about(mls, &about) == BASE_OK && about.kind == CHAT_GROUP && about.link.len > 0,
                WEIBEL_ERR_WELCOME);
    BASE_TRY(look_around(core, mls, &others, &changed));
    const struct chat *chat = find_room(core, mls, &about, inviter);
    BASE_ENSURE(chat == NULL || !goes_on(chat), WEIBEL_ERR_PRESENT);
    return BASE_OK;
}

/* Members had let us in as well: by a commit before ours, which has taken us out again then, or after it. */
static base_result join_beside(struct weibel_core *core, const struct group *known, struct mls_group **mls,
                               uint64_t number, uint32_t inviter, uint64_t entry) {
    uint8_t hash[STATE_HASH_LEN];
    struct group *group;
    struct mls_group *given = *mls;
    if (mls_group_epoch(given) <= mls_group_epoch(known->mls) || known->chat->groups.count > STATE_MAX_WAITING) {
        return BASE_OK;
    }
    hash_at(given, inviter, hash);
    *mls = NULL;
    BASE_TRY(wait_in(core, known->chat, given, true, hash, &group));
    group->fresh = false;
    group->number = number;
    group->position = group->last_commit = group->first = entry;
    group->door_due = true;
    newcomer_joined(core, group, inviter);
    return BASE_OK;
}

/* What was found out before the commit was sent is not asked again: we are in. If the room has another group by now,
 * what says to be in it is another chat. */
base_result join_by_link(struct weibel_core *core, struct mls_group **mls, uint64_t number, uint32_t inviter,
                         uint64_t entry, struct chat **out) {
    struct group_about about;
    BASE_ENSURE(group_read_about(*mls, &about) == BASE_OK, WEIBEL_ERR_WELCOME);
    const struct group *known = group_find(core, mls_group_id(*mls).data);
    if (known != NULL && known->state == GROUP_OPEN) {
        *out = known->chat;
        return join_beside(core, known, mls, number, inviter, entry);
    }
    uint64_t former = 0;
    *out = find_room(core, *mls, &about, inviter);
    if (*out == NULL || goes_on(*out)) {
        BASE_TRY(new_room(core, &about, out));
    } else {
        bool leaving;
        former = group_former(*out, mls_group_id(*mls).data);
        BASE_TRY(join_reopen(core, *out));
        BASE_TRY(forget_leaving(core, *out, &leaving));
        if (leaving && (*out)->change.kind == CHANGE_LEAVE) {
            chat_end_change(*out); /* the wish was overtaken, and was to be said again */
        }
        BASE_TRY(heal_done(core, *out, HEAL_BACK));
    }
    base_bytes_free(&(*out)->company);
    field_set_text((*out)->name, sizeof(*out)->name, about.name);
    struct group *group;
    struct mls_group *given = *mls;
    *mls = NULL;
    BASE_TRY(group_add(core, *out, given, GROUP_OPEN, &group));
    group->number = number;
    group->position = group->last_commit = group->first = entry;
    group->former = former;
    group->door_due = true; /* our commit has made what lies there old */
    newcomer_joined(core, group, inviter);
    return joined(core, *out, false);
}
