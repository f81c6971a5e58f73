/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Repair, re-entry, succession: when what is tried.
 */
#include "heal.h"

#include <string.h>

#include "change.h"
#include "chat.h"
#include "company.h"
#include "contact.h"
#include "device.h"
#include "field.h"
#include "gap.h"
#include "group.h"
#include "heal_letter.h"
#include "join.h"
#include "leaf.h"
#include "letter.h"
#include "post.h"
#include "roster.h"
#include "stream.h"
#include "sync.h"
#include "tree.h"
#include "vouch.h"

/* Milliseconds. Chance spreads what many would do at the same moment. */
BASE_DEFINE_ERROR(WEIBEL_ERR_UNREAD, BASE_PEER, NULL, "a letter about what is not read here yet");

enum {
    REPAIR_DELAY = 200,
    REPAIR_CHANCE = 8, /* up to 256 times this more, … */
    LARGE_CHANCE = 80, /* … or this, where a commit brings a ratchet tree along */
    REPAIR_AGAIN = 10 * 1000,
    MAX_REPAIRS = 3, /* too late so often: the stream has gone on without us */
    ASK_DELAY = 200,
    ASK_AGAIN = 60 * 1000,       /* after the first letters … */
    ASK_LATER = 20 * 60 * 1000,  /* … and after the next */
    SUCCESSOR_ROUNDS = 4,        /* asked so often in vain: nobody can help */
    SUCCESSOR_DELAY = 30 * 1000, /* others can't follow either: after this time, … */
    SUCCESSOR_CHANCE = 250,      /* … and by chance some more, one begins */
    ASK_DAILY =
        24 * 3600 * 1000, /* whoever can't be invited to a chat of two: after twice as long each time, up to this */
    DIRECT_DOUBLED = 11,
};

static base_result later(struct weibel_core *core, uint64_t delay, uint64_t chance, uint64_t *at) {
    uint8_t drawn;
    BASE_TRY(base_random_fill(core->options.random, &drawn, 1));
    *at = state_now(core) + delay + chance * drawn;
    return BASE_OK;
}

base_result heal_broken(struct weibel_core *core, struct group *group, uint64_t last) {
    if (group->state != GROUP_OPEN) {
        return BASE_OK;
    }
    group->repairs = last == group->broken ? group->repairs : 0; /* others' repairs may be rubbish, too */
    group->broken = last;
    group->dirty = true;
    return group->heal_at != 0 ? BASE_OK : later(core, REPAIR_DELAY, REPAIR_CHANCE, &group->heal_at);
}

void heal_entered(struct group *group) {
    group->broken = 0;
    group->repairing = false;
    group->repairs = 0;
    group->heal_at = 0;
}

base_result heal_too_late(struct weibel_core *core, struct group *group) {
    group->repairing = false;
    group->retry_at = 0; /* what has come first is read by the old token */
    if (++group->repairs > MAX_REPAIRS) {
        return heal_lose(core, group);
    }
    return later(core, REPAIR_AGAIN, REPAIR_CHANCE, &group->heal_at);
}

base_result heal_lose(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    if (group->state == GROUP_LEAVING) {
        return change_ended(core, group, GROUP_LEFT); /* whoever may remove finishes it */
    }
    if (group->state != GROUP_OPEN) {
        return BASE_OK;
    }
    bool changing = chat->change.kind != CHANGE_CREATE && change_group(chat) == group;
    if (changing && chat->change.made) {
        BASE_TRY(change_unmake(core, chat, group));
    }
    while (changing && (chat->change.kind == CHANGE_REPAIR || chat->change.kind == CHANGE_REENTER)) {
        chat_end_change(chat);
    }
    heal_entered(group);
    group->state = GROUP_LOST;
    group->dirty = true;
    group->tidy_at = 0;
    chat->announce = true;
    BASE_TRY(stream_stop(core, group));
    BASE_TRY(post_renew(core, chat, group->number));
    return later(core, ASK_DELAY, REPAIR_CHANCE, &group->heal_at);
}

base_result heal_vanished(struct weibel_core *core, struct group *group) {
    group->vanished = group->state == GROUP_OPEN;
    group->dirty = true;
    return heal_lose(core, group);
}

/* Whatever commit waits becomes the repair; if there is none, one that changes nothing does. A chat makes one commit at
 * a time: what is on its way into another group of it comes first. */
static base_result repair(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    if ((chat->change.made || chat->change.kind == CHANGE_REPAIR) && change_group(chat) != group) {
        return later(core, REPAIR_DELAY, REPAIR_CHANCE, &group->heal_at);
    }
    bool ready = chat->change.made && chat->change.kind != CHANGE_LEAVE && change_group(chat) == group;
    if (!ready && chat->change.kind != CHANGE_REPAIR) {
        if (chat->change.made && change_group(chat) == group) {
            BASE_TRY(change_unmake(core, chat, group));
        }
        struct change change = { .kind = CHANGE_REPAIR, .group = group->number };
        BASE_TRY(chat_put_change_first(core, chat, &change));
    }
    if (ready) {
        /* The stream may have this nonce already, with something else behind it. */
        BASE_TRY(base_random_fill(core->options.random, chat->change.nonce, sizeof chat->change.nonce));
        chat->change.in_flight = false;
        chat->dirty = true;
    }
    group->repairing = true;
    return later(core, REPAIR_AGAIN, REPAIR_CHANCE, &group->heal_at);
}

static bool goes_on(const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        if (((const struct group *)chat->groups.items[i])->state <= GROUP_OPEN) {
            return true;
        }
    }
    return false;
}

static void end_change(struct change *change) {
    base_free(change->contacts);
}

/* With all accounts that are in the group, as far as they can be reached. */
static base_result succeed(struct weibel_core *core, struct group *group) {
    struct chat *chat = group->chat;
    struct roster roster BASE_CLEANUP(roster_free) = { 0 };
    struct change change BASE_CLEANUP(end_change) = { .kind = CHANGE_CREATE };
    if (group->mls == NULL || chat->change.kind == CHANGE_CREATE || goes_on(chat)) {
        return BASE_OK;
    }
    BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &roster));
    change.contacts = (uint64_t *)base_take(core->options.allocator, roster.count + 1, sizeof *change.contacts);
    BASE_ENSURE(change.contacts != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < roster.count && change.contact_count < WEIBEL_MAX_MEMBERS; i++) {
        const struct identity *identity = &roster.items[i].identity;
        struct contact *contact;
        if (!roster_is_first(&roster, i) || join_is_self(core, identity) || change_is_leaver(group, identity) ||
            !vouch_is_good(core, group, roster.items[i].leaf, identity)) {
            continue;
        }
        BASE_TRY(vouch_meet(core, identity, &contact));
        change.contacts[change.contact_count++] = contact->number;
    }
    return chat_put_change_first(core, chat, &change);
}

/* Whether a chat of two has another group to write to that comes before all that were lost: so it does for the others.
 */
static bool is_replaced(const struct chat *chat) {
    const struct group *next = chat_writing_group(chat);
    bool replaced = next != NULL;
    for (size_t i = 0; i < chat->groups.count && replaced; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        replaced = group->state != GROUP_LOST || chat_comes_before(next, group);
    }
    return replaced;
}

/* A chat of two needs no help: its successor is made with the peer at once, if the others may go on writing into what
 * is lost here. */
static base_result succeed_direct(struct weibel_core *core, const struct group *group) {
    struct chat *chat = group->chat;
    if (chat->change.kind == CHANGE_CREATE) {
        return BASE_OK;
    }
    if (is_replaced(chat)) {
        return heal_done(core, chat, HEAL_BACK);
    }
    struct change change BASE_CLEANUP(end_change) = { .kind = CHANGE_CREATE, .contact_count = 1 };
    change.contacts = (uint64_t *)base_take(core->options.allocator, 1, sizeof *change.contacts);
    BASE_ENSURE(change.contacts != NULL, BASE_ERR_NO_MEMORY);
    *change.contacts = chat->peer;
    return chat_put_change_first(core, chat, &change);
}

/* Nor does the own group: whoever is let into it is told by the server's list, and those who wait for the same come in.
 */
static base_result succeed_own(struct weibel_core *core, const struct group *group) {
    struct chat *chat = group->chat;
    struct change change = { .kind = CHANGE_CREATE };
    bool begun = chat->change.kind == CHANGE_CREATE || goes_on(chat);
    return begun ? BASE_OK : chat_put_change_first(core, chat, &change);
}

/* None of those who were in the own group with this device is one of the account's any more: a device that was linked
 * since can let nobody in. */
static bool is_forsaken(const struct weibel_core *core, const struct group *group) {
    bool forsaken = core->session.devices_known;
    for (size_t i = 0; i < group->helper_count && forsaken; i++) {
        forsaken = !device_is_listed(core, group->helpers[i].device);
    }
    return forsaken;
}

/* Whoever can't be invited now may be away for months. He waits no longer for us than we have waited for him. */
static base_result find_way_direct(struct weibel_core *core, struct group *group) {
    unsigned doubled = group->heal_tries < DIRECT_DOUBLED ? group->heal_tries++ : DIRECT_DOUBLED;
    uint64_t delay = (uint64_t)ASK_AGAIN << doubled;
    BASE_TRY(later(core, delay < ASK_DAILY ? delay : ASK_DAILY, REPAIR_CHANCE, &group->heal_at));
    return succeed_direct(core, group);
}

static base_result find_way(struct weibel_core *core, struct group *group) {
    if (group->chat->kind == CHAT_DIRECT) {
        return find_way_direct(core, group);
    }
    bool in_vain = group->others_lost ? group->heal_rounds > 0 : group->heal_rounds >= SUCCESSOR_ROUNDS;
    if (in_vain && group->chat->kind == CHAT_GROUP) {
        BASE_TRY(later(core, ASK_LATER, REPAIR_CHANCE, &group->heal_at));
        return succeed(core, group);
    }
    if (group->chat->kind == CHAT_OWN && (in_vain || is_forsaken(core, group))) {
        BASE_TRY(later(core, ASK_LATER, REPAIR_CHANCE, &group->heal_at));
        return succeed_own(core, group);
    }
    group->heal_rounds++;
    BASE_TRY(later(core, group->heal_rounds == 1 ? ASK_AGAIN : ASK_LATER, REPAIR_CHANCE, &group->heal_at));
    return heal_letter_ask(core, group);
}

base_result heal_peer_came(struct weibel_core *core, const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state == GROUP_LOST) {
            group->heal_tries = group->heal_tries > 1 ? 1 : group->heal_tries;
            BASE_TRY(later(core, ASK_DELAY, REPAIR_CHANCE, &group->heal_at));
        }
    }
    return BASE_OK;
}

base_result heal_pump(struct weibel_core *core, struct group *group) {
    if (group->state == GROUP_LOST && group->heal_at == 0) {
        BASE_TRY(later(core, ASK_DELAY, REPAIR_CHANCE, &group->heal_at)); /* loaded so */
    }
    if (group->heal_at == 0 || group->heal_at > state_now(core)) {
        return BASE_OK;
    }
    if (group->state == GROUP_LOST) {
        return find_way(core, group);
    }
    if (group->state == GROUP_OPEN && group->broken != 0) {
        return repair(core, group);
    }
    group->heal_at = 0;
    return BASE_OK;
}

/* ---- Somebody else asks. ------------------------------------------------------------------------------------------
 */

static bool leaf_of(const struct group *group, const struct identity *device, struct mls_member *out) {
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, out); leaf++) {
        struct identity identity;
        if (identity_peek(out->credential.content, &identity) == BASE_OK && identity_same_account(&identity, device) &&
            memcmp(identity.device, device->device, sizeof identity.device) == 0) {
            return memcmp(identity.identity_key, device->identity_key, sizeof identity.identity_key) == 0;
        }
    }
    return false;
}

static base_result take_package(struct weibel_core *core, struct change *change, const struct contact *contact,
                                const struct heal_letter *letter) {
    struct taken *taken = (struct taken *)base_take(core->options.allocator, 1, sizeof *taken);
    BASE_ENSURE(taken != NULL, BASE_ERR_NO_MEMORY);
    taken->contact = contact->number;
    memcpy(taken->device, letter->device.device, sizeof taken->device);
    base_result result = base_bytes_copy(core->options.allocator, letter->key_package, &taken->key_package);
    if (result == BASE_OK) {
        result = list_add(&change->taken, core->options.allocator, taken);
    }
    if (result != BASE_OK) {
        base_bytes_free(&taken->key_package);
        base_free(taken);
    }
    return result;
}

static void end_reentry(struct change *change) {
    chat_free_taken(change);
}

/* Whether it is a wish to let this device in again that waits. */
static bool is_for(struct weibel_core *core, const struct change *change, const struct identity *device) {
    if (change->kind != CHANGE_REENTER || change->made || change->taken.count == 0) {
        return false;
    }
    const struct taken *taken = (const struct taken *)change->taken.items[0];
    const struct contact *contact = contact_at(core, taken->contact);
    return contact != NULL && memcmp(contact->id, device->account, sizeof contact->id) == 0 &&
           memcmp(taken->device, device->device, sizeof taken->device) == 0;
}

static void forget_reentry(struct weibel_core *core, struct chat *chat, const struct identity *device) {
    for (size_t i = chat->waiting.count; i > 0; i--) {
        struct change *change = (struct change *)chat->waiting.items[i - 1];
        if (is_for(core, change, device)) {
            chat_drop_change(chat, i - 1);
        }
    }
    if (is_for(core, &chat->change, device)) {
        chat_end_change(chat);
    }
}

base_result heal_noted(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity device;
        if (change.kind == MLS_CHANGE_ADDED && identity_peek(change.after.credential.content, &device) == BASE_OK) {
            forget_reentry(core, group->chat, &device);
        }
    }
    return BASE_OK;
}

/* One of ours has added it there, by a commit that is not read here yet. */
static bool is_ahead(const struct weibel_core *core, const struct group *group, const struct identity *device) {
    struct mls_member member;
    return group != NULL && group->chat->kind == CHAT_OWN && join_is_self(core, device) &&
           join_is_genuine(core, device) && !leaf_of(group, device, &member);
}

base_result heal_asked(struct weibel_core *core, struct base_slice sealed) {
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct heal_letter letter;
    BASE_TRY(heal_letter_open(core, HEAL_ASKS, sealed, &plain, &letter));
    struct group *group = group_find(core, letter.stream);
    struct mls_member member;
    BASE_ENSURE(!is_ahead(core, group, &letter.device) || !letter_waits_for(core, group), WEIBEL_ERR_UNREAD);
    BASE_ENSURE(group != NULL && group->mls != NULL && leaf_of(group, &letter.device, &member), WEIBEL_ERR_IDENTITY);
    struct chat *chat = group->chat;
    BASE_ENSURE(leaf_is_wish(&member, &letter.member, base_slice(group->id, sizeof group->id)), WEIBEL_ERR_IDENTITY);
    /* Of who is nobody, as far as is known, nothing is kept: a group may be full of them. He asks again. */
    BASE_ENSURE(vouch_is_heard(core, group, member.leaf, &letter.device), WEIBEL_ERR_IDENTITY);
    if (group->state == GROUP_LOST) {
        /* We have asked, too, or tried to reach him, who is there now. One of us goes ahead. */
        bool again = group->heal_rounds > 0 || group->heal_tries > 0;
        group->others_lost = true;
        return again ? later(core, SUCCESSOR_DELAY, SUCCESSOR_CHANCE, &group->heal_at) : BASE_OK;
    }
    if (group->state != GROUP_OPEN || chat->waiting.count >= STATE_MAX_CHANGES) {
        return BASE_OK;
    }
    char domain[WIRE_MAX_DOMAIN + 1];
    struct contact *contact;
    struct change change BASE_CLEANUP(end_reentry) = { .kind = CHANGE_REENTER, .group = group->number };
    forget_reentry(core, chat, &letter.device);
    field_set_text(domain, sizeof domain, letter.device.domain);
    BASE_TRY(contact_get(core, letter.device.account, domain, &contact));
    BASE_TRY(take_package(core, &change, contact, &letter));
    /* He has asked others as well, and the commit of a large group is not made in vain. */
    bool large = tree_is_beside(core, mls_group_member_count(group->mls));
    BASE_TRY(later(core, REPAIR_DELAY, large ? LARGE_CHANCE : REPAIR_CHANCE, &change.retry_at));
    return change_begin(core, chat, &change, NULL);
}

/* ---- The way back. ------------------------------------------------------------------------------------------------
 */

/* How a successor stands to a group before it. `good`: nobody is in it who is not in that one, nor with other rights;
 * `same`: and nobody is missing. */
static base_result compare(struct weibel_core *core, const struct mls_group *before, const struct mls_group *after,
                           bool *good, bool *same) {
    struct roster members BASE_CLEANUP(roster_free) = { 0 }, known BASE_CLEANUP(roster_free) = { 0 };
    struct group_about was, is;
    BASE_TRY(group_read_about(before, &was));
    BASE_TRY(group_read_about(after, &is));
    BASE_TRY(roster_make(core->options.allocator, before, NULL, &known));
    BASE_TRY(roster_make(core->options.allocator, after, NULL, &members));
    *good = base_slice_equal(is.name, was.name) && is.post == was.post && is.add == was.add;
    for (size_t i = 0; i < members.count && *good; i++) {
        const struct identity *one = &members.items[i].identity;
        const struct roster_item *item = roster_find(&known, one->account, one->domain);
        *good = item != NULL && memcmp(item->identity.identity_key, one->identity_key, sizeof one->identity_key) == 0 &&
                about_role_of(&is, one->account, one->domain) == about_role_of(&was, one->account, one->domain);
    }
    *same = *good && roster_accounts(&members) == roster_accounts(&known);
    return BASE_OK;
}

/* What an owner of the group invites into may have been changed since: he could have changed the group itself, too. */
static base_result is_by_owner(const struct group *before, const struct group *next, bool *by_owner) {
    struct group_about about;
    struct mls_member member;
    struct identity identity;
    *by_owner = false;
    BASE_TRY(group_read_about(before->mls, &about));
    for (uint32_t leaf = 0; !*by_owner && mls_group_next_member(before->mls, &leaf, &member); leaf++) {
        uint8_t hash[STATE_HASH_LEN];
        if (identity_peek(member.credential.content, &identity) == BASE_OK &&
            about_role_of(&about, identity.account, identity.domain) == ROLE_OWNER) {
            company_hash(&identity, hash);
            *by_owner = memcmp(hash, next->inviter, sizeof hash) == 0;
        }
    }
    return BASE_OK;
}

base_result heal_check_successor(struct weibel_core *core, const struct chat *chat, const struct group *next,
                                 bool *good, bool *same) {
    *good = group_generation(next->mls) > 0;
    *same = true;
    for (size_t i = 0; i < chat->groups.count && *good; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        bool open = group->state == GROUP_OPEN, fits = false, full = false, by_owner = false;
        if (open || group->state == GROUP_LOST) {
            BASE_TRY(group->mls == NULL ? BASE_OK : compare(core, group->mls, next->mls, &fits, &full));
            BASE_TRY(open && !fits && group->mls != NULL ? is_by_owner(group, next, &by_owner) : BASE_OK);
            *good = fits || by_owner || !open; /* what we know of a lost one may be old */
            *same = *same && full;
        }
    }
    return BASE_OK;
}

base_result heal_tell_gap(struct weibel_core *core, struct chat *chat, const struct stood *from) {
    for (size_t i = 0; i < chat->groups.count && chat->kind == CHAT_GROUP; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        group->dirty = group->dirty || (group->state == GROUP_OPEN && !group->old_told);
        group->old_told = group->old_told || group->state == GROUP_OPEN;
    }
    return chat_notice_gap(core, chat, 0, from != NULL ? from : &(struct stood){ .entry = 0 },
                           "This device had lost its place in the chat: what was written meanwhile can't be read here");
}

/* Whether this device was let into the chat's successor behind its first commit: what was written there before is not
 * for it. */
static bool is_late(const struct chat *chat) {
    bool late = false;
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        late = late || (group->state == GROUP_OPEN && group->fresh && mls_group_epoch(group->mls) > 1);
    }
    return late;
}

base_result heal_done(struct weibel_core *core, struct chat *chat, enum heal_end end) {
    struct stood from = { .entry = 0 };
    bool any = false, vanished = false;
    for (size_t i = chat->groups.count; i > 0; i--) {
        struct group *group = (struct group *)chat->groups.items[i - 1];
        if (group->state == GROUP_WAITING && !group->by_member) {
            BASE_TRY(group_forget(core, group)); /* it would be in the way of the real one */
        } else if (group->state == GROUP_LOST) {
            BASE_TRY(post_renew(core, chat, group->number));
            any = true;
            vanished = vanished || group->vanished;
            /* Into a group of many its way back leads behind that, at least. */
            from = gap_place(group, group->position + (chat->kind == CHAT_GROUP ? 1 : 0));
            BASE_TRY(group_forget(core, group));
        }
    }
    if (chat->kind == CHAT_OWN) {
        return BASE_OK; /* no face sees it */
    }
    chat->announce = true;
    BASE_TRY(chat->kind == CHAT_GROUP ? sync_chat_made(core, chat) : BASE_OK); /* what is set for it goes on with it */
    if (end != HEAL_BACK && chat->kind == CHAT_GROUP && any && (vanished || is_late(chat))) {
        BASE_TRY(heal_tell_gap(core, chat, &from));
    }
    if (end == HEAL_SUCCEEDED_BY_OTHERS && chat->kind == CHAT_GROUP) {
        return chat_notice(core, chat, MESSAGE_REPAIRED, 0,
                           "The group could not go on as it was, and goes on as a new one: look who is in it now");
    }
    if (end == HEAL_SUCCEEDED && chat->kind == CHAT_GROUP) {
        return chat_notice(core, chat, MESSAGE_REPAIRED, 0,
                           "The group could not go on as it was, and goes on as a new one with the same members");
    }
    return any ? heal_tell_gap(core, chat, &from) : BASE_OK;
}
