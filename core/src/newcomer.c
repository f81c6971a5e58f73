/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who was added by whom, and the letters to them.
 */
#include "newcomer.h"

#include <string.h>

#include "chat.h"
#include "contact.h"
#include "device.h"
#include "group.h"
#include "heal.h"
#include "heal_letter.h"
#include "identity.h"
#include "invitation.h"
#include "join.h"
#include "leaf.h"
#include "letter.h"
#include "sibling.h"

_Static_assert((int)STATE_MAX_NEWCOMERS <= 64, "the record has a bit for each");

static bool is_own(const struct weibel_core *core, const struct mls_group *mls, uint32_t leaf) {
    struct mls_member member;
    struct identity identity;
    return mls_group_member(mls, leaf, &member) && identity_peek(member.credential.content, &identity) == BASE_OK &&
           join_is_self(core, &identity);
}

/* Of too many, those are forgotten who have been there longest: they only have nothing to say. */
static void note(struct group *group, uint32_t leaf, uint32_t by, bool seen) {
    if (group->newcomer_count == STATE_MAX_NEWCOMERS) {
        group->newcomer_count--;
        memmove(group->newcomers, group->newcomers + 1, group->newcomer_count * sizeof *group->newcomers);
    }
    group->newcomers[group->newcomer_count++] = (struct newcomer){ leaf, by, seen };
    group->dirty = true;
}

void newcomer_heard(struct group *group, uint32_t leaf) {
    size_t kept = 0;
    for (size_t i = 0; i < group->newcomer_count; i++) {
        if (group->newcomers[i].leaf != leaf) {
            group->newcomers[kept++] = group->newcomers[i];
        }
    }
    group->dirty = group->dirty || kept != group->newcomer_count;
    group->newcomer_count = kept;
}

bool newcomer_has_come(const struct group *group, const uint8_t device[WIRE_DEVICE_LEN], bool seen) {
    struct mls_member member;
    struct identity identity;
    bool unheard = false;
    for (size_t i = 0; i < group->newcomer_count && !unheard; i++) {
        unheard = (group->newcomers[i].seen || !seen) &&
                  mls_group_member(group->mls, group->newcomers[i].leaf, &member) &&
                  identity_peek(member.credential.content, &identity) == BASE_OK &&
                  memcmp(identity.device, device, WIRE_DEVICE_LEN) == 0;
    }
    return !unheard;
}

void newcomer_joined(const struct weibel_core *core, struct group *group, uint32_t inviter) {
    bool founded = mls_group_epoch(group->mls) <= 1; /* all have come by the group's first commit */
    /* What was heard of others before we came, is not known: of the peer, and in a group of those who have committed
     * nothing. They may have come by the same commit, and wait for their invitations. */
    bool late = group->chat->kind == CHAT_DIRECT && is_own(core, group->mls, inviter);
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        bool quiet = group->chat->kind == CHAT_GROUP && member.as_added;
        if (leaf != inviter && leaf != mls_group_own_leaf(group->mls) &&
            (founded || late || quiet || is_own(core, group->mls, leaf))) {
            note(group, leaf, inviter, false);
        }
    }
}

/* Letters go to devices of our own server. */
static bool address_of(const struct weibel_core *core, const struct mls_group *mls, uint32_t leaf, struct helper *out) {
    struct mls_member member;
    struct identity identity;
    if (!mls_group_member(mls, leaf, &member) || identity_peek(member.credential.content, &identity) != BASE_OK ||
        member.signature_key.len != WIRE_KEY_LEN ||
        !base_slice_equal(identity.domain, base_slice_text(core->account.domain))) {
        return false;
    }
    memcpy(out->account, identity.account, sizeof out->account);
    field_set_text(out->domain, sizeof out->domain, identity.domain);
    memcpy(out->device, identity.device, sizeof out->device);
    memcpy(out->key, member.signature_key.data, sizeof out->key);
    return true;
}

static bool is_by_unlisted(const struct weibel_core *core, const struct group *group, const struct newcomer *newcomer) {
    struct mls_member inviter;
    struct identity identity;
    return mls_group_member(group->mls, newcomer->by, &inviter) &&
           identity_peek(inviter.credential.content, &identity) == BASE_OK && !device_is_listed(core, identity.device);
}

/* Tells those whom this leaf has added, and who sit before leaf number `before`; NULL: of the account's own group,
 * those who may lack their invitation. */
static base_result tell(struct weibel_core *core, const struct group *group, const uint32_t *by, uint32_t before) {
    struct helper helpers[STATE_MAX_NEWCOMERS];
    size_t count = 0;
    for (size_t i = 0; i < group->newcomer_count; i++) {
        const struct newcomer *newcomer = &group->newcomers[i];
        bool due =
            by != NULL ? newcomer->by == *by : group->chat->groups.count > 1 || is_by_unlisted(core, group, newcomer);
        count +=
            due && newcomer->leaf < before && address_of(core, group->mls, newcomer->leaf, &helpers[count]) ? 1 : 0;
    }
    return heal_letter_tell(core, group, helpers, count);
}

base_result newcomer_inviter_gone(struct weibel_core *core, struct group *group, uint32_t by) {
    return tell(core, group, &by, UINT32_MAX);
}

base_result newcomer_tell_siblings(struct weibel_core *core, const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count && core->session.devices_known; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        BASE_TRY(group->state == GROUP_OPEN ? tell(core, group, NULL, UINT32_MAX) : BASE_OK);
    }
    return BASE_OK;
}

/* `seen`: of those alone who have come since we are there. */
static bool is_unheard(const struct group *group, uint32_t leaf, bool seen) {
    bool unheard = false;
    for (size_t i = 0; i < group->newcomer_count; i++) {
        unheard = unheard || (group->newcomers[i].leaf == leaf && (group->newcomers[i].seen || !seen));
    }
    return unheard;
}

static bool is_removed(const struct mls_staged *staged, uint32_t leaf) {
    bool removed = false;
    for (size_t i = 0; i < mls_staged_change_count(staged) && !removed; i++) {
        struct mls_change change = mls_staged_change(staged, i);
        removed = change.kind == MLS_CHANGE_REMOVED && change.leaf == leaf;
    }
    return removed;
}

/* Who waits for an invitation of somebody whom the commit removes. */
static bool is_left_behind(const struct newcomer *newcomer, const struct mls_staged *staged) {
    return is_removed(staged, newcomer->by);
}

/* In a group of many, of those whom the commit leaves there: the first ones have been there longest, mostly. Who was
 * there before us counts as having come, or in a quiet group everybody would be one of them; but not who is to be told,
 * where these are few: they may be all that sit before us. */
static bool is_one_of_first(const struct group *group, const struct mls_staged *staged) {
    enum { FIRST = 2, FEW = 8 };
    struct mls_member member;
    size_t before = 0, behind = 0;
    uint32_t own = mls_group_own_leaf(group->mls);
    for (size_t i = 0; i < group->newcomer_count; i++) {
        behind += is_left_behind(&group->newcomers[i], staged) ? 1 : 0;
    }
    for (uint32_t leaf = 0; group->chat->kind == CHAT_GROUP && before < FIRST &&
                            mls_group_next_member(group->mls, &leaf, &member) && leaf < own;
         leaf++) {
        bool told = false;
        for (size_t i = 0; i < group->newcomer_count && behind <= FEW; i++) {
            told = told || (group->newcomers[i].leaf == leaf && is_left_behind(&group->newcomers[i], staged));
        }
        before += !told && !is_unheard(group, leaf, true) && !is_removed(staged, leaf) ? 1 : 0;
    }
    return group->chat->kind == CHAT_GROUP && before < FIRST;
}

/* Some of those who are left tell whom it has added: who has removed it (`committed`: that was us), its account's
 * other devices, and, of whom who has removed it may not know, as he sits behind them, the group's first ones (`first`:
 * we are one of them). It is up to him then: he may go, too, before he can help. */
static base_result tell_those_of(struct weibel_core *core, struct group *group, uint32_t by, uint32_t committer,
                                 bool committed, bool first) {
    bool self = by == mls_group_own_leaf(group->mls), ours = !self && is_own(core, group->mls, by);
    bool all = ours || committed, some = !self && first;
    BASE_TRY(all || some ? tell(core, group, &by, all ? UINT32_MAX : committer) : BASE_OK);
    size_t kept = 0;
    for (size_t i = 0; i < group->newcomer_count; i++) {
        struct newcomer newcomer = group->newcomers[i];
        bool kept_on = group->chat->kind != CHAT_DIRECT || (ours && !is_own(core, group->mls, newcomer.leaf));
        if (newcomer.by != by || kept_on) {
            newcomer.by = newcomer.by == by ? committer : newcomer.by;
            group->newcomers[kept++] = newcomer;
        }
    }
    group->newcomer_count = kept;
    return BASE_OK;
}

/* In a chat of two: we let a device of his in again, and none of his was ever heard of. */
static bool is_peers_first(const struct weibel_core *core, const struct group *group, const struct mls_staged *staged) {
    struct mls_member member;
    bool again = false;
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        again = again || (change.kind == MLS_CHANGE_REMOVED && is_unheard(group, change.leaf, false));
    }
    for (uint32_t leaf = 0; again && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        again = is_own(core, group->mls, leaf) || is_unheard(group, leaf, false);
    }
    return again;
}

base_result newcomer_committed(struct weibel_core *core, struct group *group, const struct mls_staged *staged) {
    bool external;
    uint32_t committer = mls_staged_committer(staged, &external);
    if (mls_staged_removes_self(staged)) {
        return BASE_OK;
    }
    bool own = !external && committer == mls_group_own_leaf(group->mls);
    bool ours = own || (!external && is_own(core, group->mls, committer));
    bool unread = ours && group->chat->kind == CHAT_DIRECT && is_peers_first(core, group, staged);
    newcomer_heard(group, committer);
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED) {
            newcomer_heard(group, change.leaf);
        }
    }
    bool first = group->newcomer_count > 0 && is_one_of_first(group, staged);
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_REMOVED) {
            BASE_TRY(tell_those_of(core, group, change.leaf, committer, own, first));
        }
    }
    bool noted = !external && (!own || group->chat->kind != CHAT_GROUP);
    for (size_t i = 0; noted && i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        if (change.kind == MLS_CHANGE_ADDED) {
            note(group, change.leaf, committer, true);
        }
    }
    group->unread = group->unread || unread;
    return BASE_OK;
}

/* Of one of the two, and new. Others know the group, too: who was removed from the account has told them. */
static bool may_help(const struct weibel_core *core, const struct group *group, const struct helper *from) {
    const struct contact *peer = contact_at(core, group->chat->peer);
    bool ours = memcmp(from->account, core->account.id, sizeof from->account) == 0;
    bool may = group->maker != 0 && group->helper_count < STATE_MAX_HELPERS &&
               (ours || (peer != NULL && memcmp(from->account, peer->id, sizeof from->account) == 0));
    for (size_t i = 0; i < group->helper_count && may; i++) {
        may = memcmp(group->helpers[i].device, from->device, sizeof from->device) != 0;
    }
    return may;
}

base_result newcomer_told(struct weibel_core *core, struct base_slice sealed) {
    struct base_bytes plain BASE_CLEANUP(base_bytes_free) = { 0 };
    struct heal_letter letter;
    struct helper from = { .domain = "" };
    BASE_TRY(heal_letter_open(core, HEAL_TELLS, sealed, &plain, &letter));
    field_set_text(from.domain, sizeof from.domain, letter.device.domain);
    const struct contact *contact = contact_find(core, letter.device.account, from.domain);
    BASE_ENSURE(strcmp(from.domain, core->account.domain) == 0 && join_is_genuine(core, &letter.device) &&
                    (contact == NULL || !contact->blocked),
                WEIBEL_ERR_IDENTITY);
    /* Maybe we were taken out of it before, and have not read that yet. */
    struct group *group = group_find(core, letter.stream);
    BASE_ENSURE(group == NULL || group->chat->kind != CHAT_GROUP || !letter_waits_for(core, group), WEIBEL_ERR_UNREAD);
    memcpy(from.account, letter.device.account, sizeof from.account);
    memcpy(from.device, letter.device.device, sizeof from.device);
    memcpy(from.key, letter.member.signature_key.data, sizeof from.key);
    if (group != NULL && may_help(core, group, &from)) {
        group->helpers[group->helper_count++] = from; /* it is asked if the group ends unread: vouch.c */
        group->dirty = true;
    }
    return invitation_ask(core, letter.stream, 0, &from, 1);
}

size_t newcomer_others(const struct weibel_core *core, const struct mls_group *mls,
                       struct helper helpers[STATE_MAX_HELPERS]) {
    struct mls_member member;
    struct identity identity;
    size_t count = 0;
    for (uint32_t leaf = 0; count < STATE_MAX_HELPERS && mls_group_next_member(mls, &leaf, &member); leaf++) {
        bool known = identity_peek(member.credential.content, &identity) == BASE_OK && !join_is_self(core, &identity) &&
                     join_is_genuine(core, &identity);
        count += known && address_of(core, mls, leaf, &helpers[count]) ? 1 : 0;
    }
    return count;
}

/* Those in it whom the link of this device has named. */
static size_t linkers_in(const struct weibel_core *core, const struct mls_group *mls,
                         struct helper helpers[STATE_MAX_HELPERS]) {
    struct mls_member member;
    struct identity identity;
    size_t count = 0;
    for (uint32_t leaf = 0; count < STATE_MAX_HELPERS && mls_group_next_member(mls, &leaf, &member); leaf++) {
        bool linker = identity_peek(member.credential.content, &identity) == BASE_OK && join_is_self(core, &identity) &&
                      sibling_is_linker(core, &member, &identity);
        count += linker && address_of(core, mls, leaf, &helpers[count]) ? 1 : 0;
    }
    return count;
}

base_result newcomer_ask_others(struct weibel_core *core, const struct mls_group *mls) {
    struct helper helpers[STATE_MAX_HELPERS];
    struct base_slice id = mls_group_id(mls);
    size_t count = linkers_in(core, mls, helpers);
    count = count > 0 ? count : newcomer_others(core, mls, helpers);
    return id.len != WIRE_STREAM_LEN ? BASE_OK : invitation_ask(core, id.data, leaf_made_at(mls), helpers, count);
}

void newcomer_write(struct base_writer *writer, const struct group *group) {
    base_write_u8(writer, (uint8_t)group->newcomer_count);
    for (size_t i = 0; i < group->newcomer_count; i++) {
        base_write_varint(writer, group->newcomers[i].leaf); /* small numbers, and the record is written often */
        base_write_varint(writer, group->newcomers[i].by);
    }
}

base_result newcomer_read(struct base_reader *reader, struct group *group) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_NEWCOMERS, BASE_ERR_VALUE);
    for (; group->newcomer_count < count; group->newcomer_count++) {
        struct newcomer *newcomer = &group->newcomers[group->newcomer_count];
        BASE_TRY(base_read_varint(reader, &newcomer->leaf));
        BASE_TRY(base_read_varint(reader, &newcomer->by));
    }
    return BASE_OK;
}

void newcomer_write_seen(struct base_writer *writer, const struct group *group) {
    uint64_t seen = 0;
    for (size_t i = 0; i < group->newcomer_count; i++) {
        seen |= (uint64_t)group->newcomers[i].seen << i;
    }
    base_write_u64(writer, seen);
}

base_result newcomer_read_seen(struct base_reader *reader, struct group *group) {
    uint64_t seen;
    BASE_TRY(base_read_u64(reader, &seen));
    for (size_t i = 0; i < group->newcomer_count; i++) {
        group->newcomers[i].seen = (seen >> i & 1) != 0;
    }
    return BASE_OK;
}
