/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Commits and proposals that have come: entering the next epoch, and saying what has happened.
 */
#include <stdio.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "field.h"
#include "group.h"
#include "identity.h"
#include "join.h"
#include "letter.h"
#include "stream.h"

enum {
    TIDY_MIN_DELAY = 500,   /* milliseconds before somebody else's proposal is committed … */
    TIDY_CHANCE_DELAY = 16, /* … and, by chance, up to 256 times this more: not everybody at once */
    MAX_WHO = WIRE_MAX_ADDRESS + 32,
};

/* Who a member is, in words, of which there are none for ourselves; `contact` gets the number. */
static base_result who_is(struct weibel_core *core, const struct mls_member *member, char words[MAX_WHO],
                          uint64_t *contact) {
    struct identity identity;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    char domain[WIRE_MAX_DOMAIN + 1];
    field_set_text(domain, sizeof domain, identity.domain);
    *contact = 0;
    if (!join_is_genuine(core, &identity)) {
        char id[WIRE_MAX_ADDRESS + 1];
        contact_address_text(core, identity.account, domain, id);
        (void)snprintf(words, MAX_WHO, "somebody who uses the ID %s", id);
        return BASE_OK;
    }
    if (join_is_self(core, &identity)) {
        words[0] = 0;
        return BASE_OK;
    }
    struct contact *other;
    BASE_TRY(contact_get(core, identity.account, domain, &other));
    contact_words(core, other, words);
    *contact = other->number;
    return BASE_OK;
}

/* A new member's identity key is pinned; another one than before is said aloud. */
static base_result meet(struct weibel_core *core, struct chat *chat, const struct mls_member *member) {
    struct identity identity;
    char words[MAX_WHO];
    uint64_t number;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    BASE_TRY(who_is(core, member, words, &number));
    if (!join_is_genuine(core, &identity)) {
        return chat_notice(core, chat, MESSAGE_IDENTITY, 0,
                           "The identity key of %s is not the one known here. What he writes is not shown: ask in "
                           "person",
                           words);
    }
    struct contact *contact = contact_at(core, number);
    if (contact == NULL) {
        return BASE_OK;
    }
    bool same;
    return contact_pin(core, contact, identity.identity_key, &same);
}

static bool is_leaver(const struct group *group, uint32_t leaf) {
    for (size_t i = 0; i < group->leaver_count; i++) {
        if (group->leavers[i] == leaf) {
            return true;
        }
    }
    return false;
}

static bool removes(const struct mls_staged *staged, uint32_t leaf) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED && change.leaf == leaf) {
            return true;
        }
    }
    return false;
}

/* A proposal is good for one epoch. Who proposed to leave just before a commit that did not know it is kept in mind,
 * so that the next commit removes him. */
static void note_leavers(struct group *group, const struct mls_staged *staged) {
    size_t kept = 0;
    for (size_t i = 0; i < group->leaver_count; i++) {
        if (!removes(staged, group->leavers[i])) {
            group->leavers[kept++] = group->leavers[i];
        }
    }
    group->leaver_count = kept;
    for (size_t i = 0; i < mls_group_proposal_count(group->mls); i++) {
        struct mls_proposal_view proposal = mls_group_proposal(group->mls, i);
        bool leaves = proposal.type == MLS_PROPOSAL_REMOVE && proposal.sender_type == MLS_SENDER_MEMBER &&
                      proposal.sender == proposal.removed;
        if (leaves && proposal.removed != mls_group_own_leaf(group->mls) && !removes(staged, proposal.removed) &&
            !is_leaver(group, proposal.removed) && group->leaver_count < STATE_MAX_LEAVERS) {
            group->leavers[group->leaver_count++] = proposal.removed;
        }
    }
}

/* Whole sentences: another language may need another order, or other forms with "you". */
static base_result tell_added(struct weibel_core *core, struct chat *chat, uint64_t from, const char *by,
                              const char *whom) {
    return by[0] == 0     ? chat_notice(core, chat, MESSAGE_ADDED, from, "You added %s", whom)
           : whom[0] == 0 ? chat_notice(core, chat, MESSAGE_ADDED, from, "%s added you", by)
                          : chat_notice(core, chat, MESSAGE_ADDED, from, "%s added %s", by, whom);
}

static base_result tell_removed(struct weibel_core *core, struct chat *chat, uint64_t from, const char *by,
                                const char *whom) {
    return by[0] == 0     ? chat_notice(core, chat, MESSAGE_REMOVED, from, "You removed %s", whom)
           : whom[0] == 0 ? chat_notice(core, chat, MESSAGE_REMOVED, from, "%s removed you", by)
                          : chat_notice(core, chat, MESSAGE_REMOVED, from, "%s removed %s", by, whom);
}

static base_result tell_left(struct weibel_core *core, struct chat *chat, uint64_t from, const char *who) {
    return who[0] == 0 ? chat_notice(core, chat, MESSAGE_LEFT, from, "You left the group")
                       : chat_notice(core, chat, MESSAGE_LEFT, from, "%s left the group", who);
}

static base_result tell_change(struct weibel_core *core, struct group *group, const struct mls_change *change,
                               const struct mls_member *committer) {
    char whom[MAX_WHO], by[MAX_WHO];
    uint64_t whom_number, by_number;
    BASE_TRY(who_is(core, committer, by, &by_number));
    if (change->kind == MLS_CHANGE_ADDED) {
        BASE_TRY(meet(core, group->chat, &change->after));
        BASE_TRY(who_is(core, &change->after, whom, &whom_number));
        return tell_added(core, group->chat, by_number, by, whom);
    }
    if (change->kind != MLS_CHANGE_REMOVED) {
        return BASE_OK;
    }
    BASE_TRY(who_is(core, &change->before, whom, &whom_number));
    bool left =
        (change->sender_type == MLS_SENDER_MEMBER && change->sender == change->leaf) || is_leaver(group, change->leaf);
    return left ? tell_left(core, group->chat, whom_number, whom)
                : tell_removed(core, group->chat, by_number, by, whom);
}

/* Says what a commit does. Direct chats are not talked about: their members don't change. */
static base_result tell(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    struct mls_member committer;
    if (group->chat->kind == CHAT_DIRECT ||
        (!mls_group_member(group->mls, mls_staged_committer(staged, NULL), &committer) &&
         !mls_staged_member(staged, mls_staged_committer(staged, NULL), &committer))) {
        return BASE_OK;
    }
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        BASE_TRY(tell_change(core, group, &change, &committer));
    }
    return BASE_OK;
}

/* Before others' proposals are committed, some time passes, by chance: so not everybody does it at once. */
static base_result plan_tidying(struct weibel_core *core, struct group *group) {
    uint8_t chance;
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    if (group->tidy_at == 0) {
        group->tidy_at = state_now(core) + TIDY_MIN_DELAY + (uint64_t)chance * TIDY_CHANCE_DELAY;
    }
    return BASE_OK;
}

static base_result new_epoch(struct weibel_core *core, struct group *group, uint64_t number) {
    group_forget_token(group);
    group->known_leaves = 0;
    group->last_commit = number;
    group->live = false; /* the old token opens nothing more; the new one is read with next */
    group->tidy_at = 0;
    group->dirty = true;
    group->chat->announce = true;
    return group->leaver_count > 0 ? plan_tidying(core, group) : BASE_OK;
}

base_result change_accepted(struct weibel_core *core, struct group *group, uint64_t number) {
    struct chat *chat = group->chat;
    const struct mls_staged *pending = mls_group_pending(group->mls);
    if (pending == NULL) {
        return BASE_OK;
    }
    bool making = group->state == GROUP_MAKING;
    if (making && chat->kind == CHAT_GROUP) {
        BASE_TRY(chat_notice(core, chat, MESSAGE_CREATED, 0, "You made the group “%s”", chat->name));
    } else if (!making) {
        BASE_TRY(tell(core, group, pending));
    }
    note_leavers(group, pending);
    BASE_TRY(mls_group_merge_pending(group->mls));
    BASE_TRY(new_epoch(core, group, number));
    group->state = GROUP_OPEN;
    BASE_TRY(letter_release(core, group->number));
    return chat->change.made ? change_done(core, chat) : BASE_OK;
}

base_result change_received(struct weibel_core *core, struct group *group, struct mls_event *event, uint64_t number) {
    struct chat *chat = group->chat;
    BASE_TRY(tell(core, group, event->staged));
    bool removed = mls_staged_removes_self(event->staged);
    bool was_made = chat->change.made && change_group(chat) == group;
    note_leavers(group, event->staged);
    BASE_TRY(mls_group_apply(group->mls, &event->staged));
    BASE_TRY(new_epoch(core, group, number));
    if (removed) {
        bool leaving = chat->change.kind == CHANGE_LEAVE;
        return change_ended(core, group, leaving ? GROUP_LEFT : GROUP_REMOVED);
    }
    if (was_made) {
        BASE_TRY(change_unmake(core, chat, group));
    }
    return BASE_OK;
}

base_result change_proposed(struct weibel_core *core, struct group *group, const struct mls_event *event) {
    (void)event;
    return group->chat->kind == CHAT_DIRECT ? BASE_OK : plan_tidying(core, group); /* nobody leaves a direct chat */
}
