/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a commit does, in words: whole sentences, because another language may need another order, or other forms with
 * "you".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "field.h"
#include "group.h"
#include "identity.h"
#include "join.h"
#include "member.h"
#include "policy.h"

enum { MAX_TOLD = 32 }; /* people of whom one commit tells one by one */

enum { MAX_WHO = WIRE_MAX_ADDRESS + 32, MAX_TIME = 32 };

/* Who has made a commit. */
struct author {
    char words[MAX_WHO]; /* none: ourselves */
    uint64_t number;
};

/* Who a member of the group is, or one who comes, in words, of which there are none for ourselves; `contact` gets the
 * number of a contact. Nobody becomes one by coming or going. */
static base_result who_is(struct weibel_core *core, const struct group *group, const struct mls_member *member,
                          char words[MAX_WHO], uint64_t *contact) {
    struct identity identity;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    char domain[WIRE_MAX_DOMAIN + 1], id[WIRE_MAX_ADDRESS + 1];
    field_set_text(domain, sizeof domain, identity.domain);
    const struct contact *other = contact_find(core, identity.account, domain);
    bool unknown = other == NULL || !other->vouched;
    *contact = 0;
    contact_address_text(core, identity.account, domain, id);
    if (!join_is_genuine(core, &identity) || (unknown && member_word(group, member->leaf) == MEMBER_FORGED)) {
        (void)snprintf(words, MAX_WHO, "somebody who uses the ID %s", id);
    } else if (join_is_self(core, &identity)) {
        words[0] = 0;
    } else if (other == NULL) {
        (void)snprintf(words, MAX_WHO, "%s", id);
    } else {
        contact_words(core, other, words);
        *contact = other->number;
    }
    return BASE_OK;
}

/* Another identity key than before is said aloud. */
static base_result meet(struct weibel_core *core, struct group *group, const struct mls_member *member) {
    struct identity identity;
    char words[MAX_WHO];
    uint64_t number;
    BASE_TRY(identity_peek(member->credential.content, &identity));
    if (join_is_genuine(core, &identity)) {
        return BASE_OK;
    }
    BASE_TRY(who_is(core, group, member, words, &number));
    return chat_notice(core, group->chat, MESSAGE_IDENTITY, 0,
                       "The identity key of %s is not the one known here. What he writes is not shown: ask in person",
                       words);
}

/* An account, likewise. */
static void account_is(const struct weibel_core *core, const struct about_entry *entry, char words[MAX_WHO]) {
    char domain[WIRE_MAX_DOMAIN + 1];
    struct identity identity = { .domain = entry->domain };
    memcpy(identity.account, entry->account, sizeof identity.account);
    field_set_text(domain, sizeof domain, entry->domain);
    const struct contact *contact = contact_find(core, entry->account, domain);
    if (join_is_self(core, &identity)) {
        words[0] = 0;
    } else if (contact == NULL) {
        contact_address_text(core, entry->account, domain, words);
    } else {
        contact_words(core, contact, words);
    }
}

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

/* The members before and behind a commit. */
struct rosters {
    struct roster before, after;
};

static void free_rosters(struct rosters *rosters) {
    roster_free(&rosters->before);
    roster_free(&rosters->after);
}

/* A device of somebody who is in the group anyway, or not the first of his that comes or goes with this commit: nothing
 * that people are told. */
static bool is_further_device(const struct rosters *rosters, const struct mls_change *change) {
    bool added = change->kind == MLS_CHANGE_ADDED;
    const struct mls_member *member = added ? &change->after : &change->before;
    const struct roster *with = added ? &rosters->after : &rosters->before;
    const struct roster *without = added ? &rosters->before : &rosters->after;
    struct identity identity;
    if (identity_peek(member->credential.content, &identity) != BASE_OK) {
        return false;
    }
    const struct roster_item *first = roster_find(with, identity.account, identity.domain);
    return roster_find(without, identity.account, identity.domain) != NULL ||
           (first != NULL && first->leaf != change->leaf);
}

static bool is_of_account(const struct mls_member *member, const struct identity *account) {
    struct identity identity;
    return identity_peek(member->credential.content, &identity) == BASE_OK &&
           about_compare(identity.account, identity.domain, account->account, account->domain) == 0;
}

/* The account itself has proposed it, by one of its devices: whoever commits that takes out the others. */
static bool is_own_wish(const struct group *group, const struct mls_staged *staged, const struct mls_member *member) {
    struct identity subject;
    if (identity_peek(member->credential.content, &subject) != BASE_OK) {
        return false;
    }
    bool wish = change_is_leaver(group, &subject);
    for (size_t i = 0; i < mls_staged_change_count(staged) && !wish; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct mls_member sender;
        wish = change.kind == MLS_CHANGE_REMOVED && change.sender_type == MLS_SENDER_MEMBER &&
               is_of_account(&change.before, &subject) && mls_group_member(group->mls, change.sender, &sender) &&
               is_of_account(&sender, &subject);
    }
    return wish;
}

static base_result tell_change(struct weibel_core *core, struct group *group, const struct mls_staged *staged,
                               const struct rosters *rosters, const struct mls_change *change,
                               const struct mls_member *committer) {
    char whom[MAX_WHO], by[MAX_WHO];
    uint64_t whom_number, by_number;
    BASE_TRY(who_is(core, group, committer, by, &by_number));
    if (change->kind == MLS_CHANGE_ADDED) {
        BASE_TRY(meet(core, group, &change->after));
        if (is_further_device(rosters, change)) {
            return BASE_OK;
        }
        BASE_TRY(who_is(core, group, &change->after, whom, &whom_number));
        if (change->sender_type == MLS_SENDER_NEW_MEMBER_COMMIT || committer->leaf == change->leaf) {
            return chat_notice(core, group->chat, MESSAGE_ADDED, whom_number, "%s has come by the invitation link",
                               whom);
        }
        return tell_added(core, group->chat, by_number, by, whom);
    }
    if (change->kind != MLS_CHANGE_REMOVED || is_further_device(rosters, change)) {
        return BASE_OK;
    }
    BASE_TRY(who_is(core, group, &change->before, whom, &whom_number));
    return is_own_wish(group, staged, &change->before) ? tell_left(core, group->chat, whom_number, whom)
                                                       : tell_removed(core, group->chat, by_number, by, whom);
}

static void say_time(uint32_t seconds, char out[MAX_TIME]) {
    enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };
    uint32_t unit = seconds % DAY == 0 ? DAY : seconds % HOUR == 0 ? HOUR : seconds % MINUTE == 0 ? MINUTE : 1;
    const char *word = unit == DAY ? "day" : unit == HOUR ? "hour" : unit == MINUTE ? "minute" : "second";
    (void)snprintf(out, MAX_TIME, "%" PRIu32 " %s%s", seconds / unit, word, seconds / unit == 1 ? "" : "s");
}

static base_result tell_name(struct weibel_core *core, struct chat *chat, const struct author *by) {
    return by->words[0] == 0
               ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You named the group “%s”", chat->name)
               : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s named the group “%s”", by->words, chat->name);
}

static base_result tell_description(struct weibel_core *core, struct chat *chat, const struct author *by) {
    return by->words[0] == 0 ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You changed the description of the group")
                             : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                           "%s changed the description of the group", by->words);
}

static base_result tell_picture(struct weibel_core *core, struct chat *chat, const struct author *by) {
    return by->words[0] == 0
               ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You changed the picture of the group")
               : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s changed the picture of the group", by->words);
}

static base_result tell_expire(struct weibel_core *core, struct chat *chat, const struct author *by, uint32_t seconds) {
    char time[MAX_TIME];
    say_time(seconds, time);
    if (seconds == 0) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let messages stay")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s lets messages stay", by->words);
    }
    return by->words[0] == 0 ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let messages disappear after %s", time)
                             : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                           "%s lets messages disappear after %s", by->words, time);
}

static bool same_bounds(const struct group_about *a, const struct group_about *b) {
    return a->expire_min == b->expire_min && a->expire_max == b->expire_max && a->expiring == b->expiring;
}

static base_result tell_bounds(struct weibel_core *core, struct chat *chat, const struct author *by,
                               const struct group_about *after) {
    if (after->expiring == ABOUT_EXPIRING_FORBIDDEN) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let no messages disappear")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s lets no messages disappear", by->words);
    }
    return by->words[0] == 0 ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You changed how long messages may stay")
                             : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                           "%s changed how long messages may stay", by->words);
}

static base_result tell_post(struct weibel_core *core, struct chat *chat, const struct author *by, uint8_t post) {
    if (post == ABOUT_ALL) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let everybody write")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s lets everybody write", by->words);
    }
    return by->words[0] == 0
               ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let administrators alone write")
               : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s lets administrators alone write", by->words);
}

static base_result tell_add(struct weibel_core *core, struct chat *chat, const struct author *by, uint8_t add) {
    if (add == ABOUT_ALL) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let everybody add members")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s lets everybody add members", by->words);
    }
    return by->words[0] == 0 ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let administrators alone add members")
                             : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                           "%s lets administrators alone add members", by->words);
}

static base_result tell_history(struct weibel_core *core, struct chat *chat, const struct author *by, uint8_t history) {
    if (history == ABOUT_HISTORY_OPTIONAL) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let new members be shown earlier messages")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                 "%s lets new members be shown earlier messages", by->words);
    }
    return by->words[0] == 0
               ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let nobody show new members earlier messages")
               : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                             "%s lets nobody show new members earlier messages", by->words);
}

static base_result tell_link(struct weibel_core *core, struct chat *chat, const struct author *by,
                             const struct group_about *before, const struct group_about *after) {
    if (after->join == ABOUT_CLOSED) {
        return by->words[0] == 0
                   ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You ended the invitation link")
                   : chat_notice(core, chat, MESSAGE_CHANGED, by->number, "%s ended the invitation link", by->words);
    }
    if (before->join == ABOUT_BY_LINK) {
        return chat_notice(core, chat, MESSAGE_CHANGED, by->number, "The invitation link is a new one now");
    }
    return by->words[0] == 0 ? chat_notice(core, chat, MESSAGE_CHANGED, 0, "You let people join by an invitation link")
                             : chat_notice(core, chat, MESSAGE_CHANGED, by->number,
                                           "%s lets people join by an invitation link", by->words);
}

static base_result tell_about(struct weibel_core *core, struct chat *chat, const struct author *by,
                              const struct group_about *before, const struct group_about *after) {
    if (!base_slice_equal(before->description, after->description)) {
        BASE_TRY(tell_description(core, chat, by));
    }
    if (!same_bounds(before, after)) {
        BASE_TRY(tell_bounds(core, chat, by, after));
    }
    if (before->expire != after->expire && after->expiring != ABOUT_EXPIRING_FORBIDDEN) {
        BASE_TRY(tell_expire(core, chat, by, after->expire));
    }
    if (before->post != after->post) {
        BASE_TRY(tell_post(core, chat, by, after->post));
    }
    if (before->add != after->add) {
        BASE_TRY(tell_add(core, chat, by, after->add));
    }
    if (before->history != after->history) {
        BASE_TRY(tell_history(core, chat, by, after->history));
    }
    if (!base_slice_equal(before->link, after->link)) {
        BASE_TRY(tell_link(core, chat, by, before, after));
    }
    return BASE_OK;
}

static base_result tell_role(struct weibel_core *core, struct chat *chat, const struct about_entry *entry) {
    char who[MAX_WHO];
    account_is(core, entry, who);
    if (entry->role == ROLE_OWNER) {
        return who[0] == 0 ? chat_notice(core, chat, MESSAGE_ROLE, 0, "You are an owner of the group now")
                           : chat_notice(core, chat, MESSAGE_ROLE, 0, "%s is an owner of the group now", who);
    }
    if (entry->role == ROLE_ADMIN) {
        return who[0] == 0 ? chat_notice(core, chat, MESSAGE_ROLE, 0, "You are an administrator of the group now")
                           : chat_notice(core, chat, MESSAGE_ROLE, 0, "%s is an administrator of the group now", who);
    }
    return who[0] == 0
               ? chat_notice(core, chat, MESSAGE_ROLE, 0, "You have no special rights in the group any more")
               : chat_notice(core, chat, MESSAGE_ROLE, 0, "%s has no special rights in the group any more", who);
}

/* Those of `from` whose role is another one in `to`. `gone`: those who have none there, if they are still members. */
static base_result tell_roles(struct weibel_core *core, struct chat *chat, const struct group_about *from,
                              const struct group_about *to, const struct roster *members, bool gone) {
    struct base_reader reader = base_reader(from->roles);
    struct about_entry entry;
    while (reader.left > 0) {
        BASE_TRY(about_role_next(&reader, &entry));
        enum about_role other = about_role_of(to, entry.account, entry.domain);
        if (gone && other == ROLE_MEMBER && roster_find(members, entry.account, entry.domain) != NULL) {
            entry.role = ROLE_MEMBER;
            BASE_TRY(tell_role(core, chat, &entry));
        } else if (!gone && other != (enum about_role)entry.role) {
            BASE_TRY(tell_role(core, chat, &entry));
        }
    }
    return BASE_OK;
}

static base_result tell_context(struct weibel_core *core, struct group *group, const struct mls_staged *staged,
                                const struct author *by) {
    struct chat *chat = group->chat;
    struct group_about before, after;
    struct base_slice bytes, picture = { 0 }, new_picture = { 0 };
    if (!mls_staged_extension(staged, GROUP_CHAT_EXTENSION, &bytes) ||
        group_read_about(group->mls, &before) != BASE_OK || about_read(bytes, &after) != BASE_OK) {
        return BASE_OK; /* no commit that was checked does that */
    }
    (void)mls_group_extension(group->mls, GROUP_PICTURE_EXTENSION, &picture);
    (void)mls_staged_extension(staged, GROUP_PICTURE_EXTENSION, &new_picture);
    if (chat->kind == CHAT_GROUP && !base_slice_equal(before.name, after.name)) {
        field_set_text(chat->name, sizeof chat->name, after.name);
        chat->dirty = true;
        BASE_TRY(tell_name(core, chat, by));
    }
    BASE_TRY(tell_about(core, chat, by, &before, &after));
    if (!base_slice_equal(picture, new_picture)) {
        BASE_TRY(tell_picture(core, chat, by));
    }
    if (!base_slice_equal(before.roles, after.roles)) {
        struct roster members BASE_CLEANUP(roster_free) = { 0 };
        BASE_TRY(policy_roster_after(core->options.allocator, group->mls, staged, &members));
        BASE_TRY(tell_roles(core, chat, &after, &before, &members, false));
        BASE_TRY(tell_roles(core, chat, &before, &after, &members, true));
    }
    return BASE_OK;
}

/* Who has found his place again was never out of the group. */
static bool is_replaced(const struct mls_staged *staged, const struct mls_change *change) {
    const struct mls_member *member = change->kind == MLS_CHANGE_ADDED ? &change->after : &change->before;
    struct identity device;
    return change->kind != MLS_CHANGE_UPDATED && identity_peek(member->credential.content, &device) == BASE_OK &&
           policy_is_replaced(staged, &device);
}

/* How many more have come and gone. */
struct rest {
    uint64_t added, removed;
};

static base_result tell_rest(struct weibel_core *core, struct chat *chat, const struct author *by,
                             const struct rest *rest) {
    if (rest->added > 0) {
        BASE_TRY(chat_notice(core, chat, MESSAGE_ADDED, by->number, "%" PRIu64 " more people were added", rest->added));
    }
    return rest->removed == 0 ? BASE_OK
                              : chat_notice(core, chat, MESSAGE_REMOVED, by->number,
                                            "%" PRIu64 " more people are not in the group any more", rest->removed);
}

static bool is_own(const struct weibel_core *core, const struct mls_change *change) {
    const struct mls_member *member = change->kind == MLS_CHANGE_ADDED ? &change->after : &change->before;
    struct identity identity;
    return identity_peek(member->credential.content, &identity) == BASE_OK && join_is_self(core, &identity);
}

base_result change_tell(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    struct mls_member committer;
    struct author by = { 0 };
    struct rosters rosters BASE_CLEANUP(free_rosters) = { 0 };
    bool members = group->chat->kind == CHAT_GROUP;
    if (!mls_group_member(group->mls, mls_staged_committer(staged, NULL), &committer) &&
        !mls_staged_member(staged, mls_staged_committer(staged, NULL), &committer)) {
        return BASE_OK;
    }
    BASE_TRY(who_is(core, group, &committer, by.words, &by.number));
    /* The members of a direct chat don't change. */
    if (members) {
        BASE_TRY(roster_make(core->options.allocator, group->mls, NULL, &rosters.before));
        BASE_TRY(policy_roster_after(core->options.allocator, group->mls, staged, &rosters.after));
    }
    struct rest rest = { 0, 0 };
    size_t told = 0;
    for (size_t i = 0; i < mls_staged_change_count(staged) && members; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_UPDATED || is_replaced(staged, &change)) {
            continue;
        }
        bool further = is_further_device(&rosters, &change);
        if (told < MAX_TOLD || is_own(core, &change)) {
            BASE_TRY(tell_change(core, group, staged, &rosters, &change, &committer));
            told += further ? 0 : 1;
        } else if (!further) {
            *(change.kind == MLS_CHANGE_ADDED ? &rest.added : &rest.removed) += 1;
        }
    }
    BASE_TRY(tell_rest(core, group->chat, &by, &rest));
    return tell_context(core, group, staged, &by);
}
