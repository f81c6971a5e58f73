/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Commits and proposals that have come: entering the next epoch, and saying what has happened.
 */
#include <stdio.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "deserted.h"
#include "device.h"
#include "door.h"
#include "field.h"
#include "group.h"
#include "hand.h"
#include "heal.h"
#include "history.h"
#include "identity.h"
#include "join.h"
#include "latecomer.h"
#include "letter.h"
#include "member.h"
#include "newcomer.h"
#include "policy.h"
#include "stream.h"
#include "tally.h"
#include "tree.h"
#include "vouch.h"

enum {
    TIDY_MIN_DELAY = 500,   /* milliseconds before somebody else's proposal is committed … */
    TIDY_CHANCE_DELAY = 16, /* … and, by chance, up to 256 times this more: not everybody at once */
};

static bool is_leaver(const struct group *group, uint32_t leaf) {
    for (size_t i = 0; i < group->leaver_count; i++) {
        if (group->leavers[i] == leaf) {
            return true;
        }
    }
    return false;
}

bool change_is_leaver(const struct group *group, const struct identity *account) {
    bool leaver = false;
    for (size_t i = 0; i < group->leaver_count && !leaver; i++) {
        struct mls_member member;
        struct identity identity;
        leaver = mls_group_member(group->mls, group->leavers[i], &member) &&
                 identity_peek(member.credential.content, &identity) == BASE_OK &&
                 identity_same_account(&identity, account);
    }
    return leaver;
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
    group->last_commit = number;
    group->live = false; /* the old token opens nothing more; the new one is read with next */
    group->retry_at = 0;
    core->history_at = 0; /* earlier messages may wait for a device that is in it now */
    heal_entered(group);
    group->tidy_at = 0;
    group->dirty = true;
    group->chat->announce = true;
    return group->leaver_count > 0 ? plan_tidying(core, group) : BASE_OK;
}

static base_result tell(struct weibel_core *core, struct group *group, const struct mls_staged *staged, bool own) {
    if (group->state == GROUP_LEAVING) {
        return BASE_OK; /* what happens there is not ours to know any more */
    }
    return group->chat->kind == CHAT_OWN ? device_committed(core, group, staged, own)
                                         : change_tell(core, group, staged);
}

/* Another device of ours has committed. */
static bool is_by_self(const struct weibel_core *core, const struct group *group, const struct mls_staged *staged) {
    struct mls_member member;
    struct identity identity;
    return mls_group_member(group->mls, mls_staged_committer(staged, NULL), &member) &&
           identity_peek(member.credential.content, &identity) == BASE_OK && join_is_self(core, &identity);
}

/* Whether own devices that our change lets in are owed what was written before. Who has lost his place in a group says
 * so; who was only missing there does not know that he lacks anything. */
static bool is_late_for(const struct chat *chat) {
    return (chat->kind == CHAT_DIRECT && chat->change.kind == CHANGE_REENTER) ||
           (chat->kind != CHAT_OWN && chat->change.kind == CHANGE_DEVICES);
}

/* Somebody else has committed. */
static base_result let_in(struct weibel_core *core, const struct group *group, const struct mls_staged *staged,
                          uint64_t number) {
    enum chat_kind kind = group->chat->kind;
    bool by_self = kind != CHAT_OWN && is_by_self(core, group, staged);
    return by_self               ? history_let_in_by_sibling(core, group, staged, number)
           : kind == CHAT_DIRECT ? history_let_in_again(core, group, staged, number)
                                 : BASE_OK;
}

base_result change_accepted(struct weibel_core *core, struct group *group, uint64_t number) {
    struct chat *chat = group->chat;
    const struct mls_staged *pending = mls_group_pending(group->mls);
    if (pending == NULL) {
        return BASE_OK;
    }
    bool making = group->state == GROUP_MAKING;
    BASE_TRY(member_committed(core, group, pending));
    BASE_TRY(newcomer_committed(core, group, pending));
    BASE_TRY(latecomer_committed(core, group, pending, number));
    BASE_TRY(tally_committed(core, group, pending));
    if (making && group->generation > 0) {
        BASE_TRY(heal_done(core, chat, HEAL_SUCCEEDED));
    } else if (making && chat->kind == CHAT_GROUP) {
        BASE_TRY(chat_notice(core, chat, MESSAGE_CREATED, 0, "You made the group “%s”", chat->name));
    } else if (!making) {
        BASE_TRY(tell(core, group, pending, true));
    }
    if (!making && chat->change.made && is_late_for(chat)) {
        BASE_TRY(history_let_in(core, group, pending, number));
    }
    note_leavers(group, pending);
    BASE_TRY(door_committed(core, group, pending));
    BASE_TRY(mls_group_merge_pending(group->mls));
    BASE_TRY(new_epoch(core, group, number));
    group->state = group->state == GROUP_LEAVING ? GROUP_LEAVING : GROUP_OPEN;
    BASE_TRY(letter_release(core, group->number));
    if (!making && chat->change.made && chat->change.kind == CHANGE_ADD) {
        BASE_TRY(hand_added(core, group));
    }
    return chat->change.made ? change_step_done(core, chat) : BASE_OK;
}

static bool own_is_replaced(const struct weibel_core *core, const struct mls_staged *staged) {
    struct identity own = { .domain = base_slice_text(core->account.domain) };
    memcpy(own.account, core->account.id, sizeof own.account);
    memcpy(own.device, core->account.device, sizeof own.device);
    memcpy(own.identity_key, core->account.identity_key, sizeof own.identity_key);
    return policy_is_replaced(staged, &own);
}

base_result change_received(struct weibel_core *core, struct group *group, struct mls_event *event, uint64_t number) {
    struct chat *chat = group->chat;
    BASE_TRY(member_committed(core, group, event->staged));
    BASE_TRY(newcomer_committed(core, group, event->staged));
    BASE_TRY(latecomer_committed(core, group, event->staged, number));
    BASE_TRY(tally_committed(core, group, event->staged));
    BASE_TRY(deserted_committed(core, group, event->staged));
    BASE_TRY(tell(core, group, event->staged, false));
    BASE_TRY(group->state == GROUP_OPEN ? let_in(core, group, event->staged, number) : BASE_OK);
    bool removed = mls_staged_removes_self(event->staged);
    bool by_self = removed && is_by_self(core, group, event->staged);
    bool was_made = chat->change.made && change_group(chat) == group;
    bool back_again = removed && own_is_replaced(core, event->staged);
    note_leavers(group, event->staged);
    BASE_TRY(heal_noted(core, group, event->staged));
    BASE_TRY(mls_group_apply(group->mls, &event->staged));
    /* Whoever has made this commit renews it; but what of ours is on its way may come behind that. */
    group->door_due = group->door_in_flight || tree_put_is_begun(&group->door_put);
    group->door_at = state_now(core);
    tree_put_end(&group->door_put);
    BASE_TRY(new_epoch(core, group, number));
    bool leaving = group->state == GROUP_LEAVING || change_is_leaving(chat);
    if (removed && back_again && !leaving && group_waiting(group) == NULL) {
        return heal_lose(core, group); /* his invitation for us has not come yet */
    }
    if (removed) {
        if (by_self && chat->kind == CHAT_GROUP && group->state != GROUP_LEAVING) {
            BASE_TRY(chat_notice(core, chat, MESSAGE_LEFT, 0, "You left the group"));
        }
        bool wished = group->wisher != 0; /* whether it counts is not known yet: it has come to pass */
        group->wisher = 0;
        return change_ended(core, group, leaving || by_self || wished ? GROUP_LEFT : GROUP_REMOVED);
    }
    if (was_made) {
        BASE_TRY(change_unmake(core, chat, group));
    }
    return BASE_OK;
}

/* Each device of an account that leaves wishes it for itself: the one that has begun may be gone before it is done, and
 * what is overtaken is asked for again by whoever is still in. */
static base_result follow_wish(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    struct mls_member member;
    struct identity wisher;
    uint32_t leaf = group->wisher - 1;
    group->wisher = 0;
    if (group->state != GROUP_OPEN || change_is_leaving(chat) || chat->waiting.count >= STATE_MAX_CHANGES ||
        !mls_group_member(group->mls, leaf, &member) || identity_peek(member.credential.content, &wisher) != BASE_OK ||
        !join_is_self(core, &wisher)) {
        return BASE_OK;
    }
    if (device_is_gone(core, wisher.device) || !device_is_listed(core, wisher.device)) {
        return chat_notice(
            core, chat, MESSAGE_REFUSED, 0,
            "A device that was removed from your account wished to leave the group: you are still in it");
    }
    struct change leave = { .kind = CHANGE_LEAVE };
    return change_begin(core, chat, &leave, NULL);
}

base_result change_follow_wishes(struct weibel_core *core) {
    for (size_t i = 0; i < core->chats.count; i++) {
        const struct list *groups = &((const struct chat *)core->chats.items[i])->groups;
        for (size_t k = 0; k < groups->count; k++) {
            struct group *group = (struct group *)groups->items[k];
            BASE_TRY(group->wisher != 0 ? follow_wish(core, group) : BASE_OK);
        }
    }
    return BASE_OK;
}

/* A device that was removed from its account, and is in the group for a moment yet, could have the account taken out.
 */
static base_result ask_about(struct weibel_core *core, struct group *group, const struct mls_event *event) {
    struct identity sender;
    bool leaves = event->proposal.type == MLS_PROPOSAL_REMOVE && event->proposal.removed == event->sender;
    if (group->chat->kind != CHAT_GROUP || !leaves ||
        identity_peek(event->member.credential.content, &sender) != BASE_OK) {
        return BASE_OK;
    }
    if (!join_is_self(core, &sender)) {
        return vouch_anew(core, group, event->sender);
    }
    group->wisher = event->sender + 1;
    return device_ask_list(core);
}

base_result change_proposed(struct weibel_core *core, struct group *group, const struct mls_event *event) {
    if (group->chat->kind == CHAT_DIRECT) {
        return BASE_OK; /* nobody leaves it */
    }
    BASE_TRY(ask_about(core, group, event));
    return plan_tidying(core, group);
}
