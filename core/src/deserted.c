/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The peer's devices are kept in mind by their names, one behind the other.
 */
#include "deserted.h"

#include <string.h>

#include "field.h"
#include "identity.h"
#include "newcomer.h"
#include "policy.h"

static bool identity_at(const struct mls_group *mls, uint32_t leaf, struct identity *out) {
    struct mls_member member;
    return mls_group_member(mls, leaf, &member) && identity_peek(member.credential.content, out) == BASE_OK;
}

static bool is_gone(const struct chat *chat, const struct identity *device) {
    bool gone = false;
    for (size_t i = 0; i + WIRE_DEVICE_LEN <= chat->gone.len && !gone; i += WIRE_DEVICE_LEN) {
        gone = memcmp(chat->gone.data + i, device->device, WIRE_DEVICE_LEN) == 0;
    }
    return gone;
}

/* In the chat's other groups nobody may take it out. */
static base_result tell_those_of(struct weibel_core *core, const struct chat *chat, const struct group *here,
                                 const struct identity *device) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        struct mls_member member;
        struct identity identity;
        for (uint32_t leaf = 0;
             group != here && group->state == GROUP_OPEN && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
            if (identity_peek(member.credential.content, &identity) == BASE_OK &&
                identity_same_account(&identity, device) &&
                memcmp(identity.device, device->device, WIRE_DEVICE_LEN) == 0) {
                BASE_TRY(newcomer_inviter_gone(core, group, leaf));
            }
        }
    }
    return BASE_OK;
}

static base_result note(const struct weibel_core *core, struct chat *chat, const struct identity *device) {
    struct base_bytes longer = { 0 };
    size_t kept = chat->gone.len < (DESERTED_MAX - 1) * (size_t)WIRE_DEVICE_LEN
                      ? chat->gone.len
                      : (DESERTED_MAX - 1) * (size_t)WIRE_DEVICE_LEN;
    BASE_TRY(base_bytes_take(core->options.allocator, kept + WIRE_DEVICE_LEN, &longer));
    if (kept > 0) {
        memcpy(longer.data, chat->gone.data + (chat->gone.len - kept), kept);
    }
    memcpy(longer.data + kept, device->device, WIRE_DEVICE_LEN);
    base_bytes_move(&chat->gone, &longer);
    chat->dirty = true;
    return BASE_OK;
}

base_result deserted_committed(struct weibel_core *core, const struct group *group, const struct mls_staged *staged) {
    struct chat *chat = group->chat;
    struct identity own, author;
    uint32_t committer = mls_staged_committer(staged, NULL);
    if (chat->kind != CHAT_DIRECT || !identity_at(group->mls, mls_group_own_leaf(group->mls), &own) ||
        !identity_at(group->mls, committer, &author) || identity_same_account(&own, &author)) {
        return BASE_OK;
    }
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity device;
        if (change.kind == MLS_CHANGE_REMOVED && identity_peek(change.before.credential.content, &device) == BASE_OK &&
            identity_same_account(&device, &author) && !policy_is_replaced(staged, &device) &&
            !is_gone(chat, &device)) {
            BASE_TRY(note(core, chat, &device));
            BASE_TRY(tell_those_of(core, chat, group, &device));
        }
    }
    return BASE_OK;
}

static bool is_left_out(const struct chat *chat, const struct group *group, uint32_t leaf) {
    struct identity by;
    bool left_out = false;
    for (size_t i = 0; i < group->newcomer_count && !left_out; i++) {
        left_out = group->newcomers[i].leaf == leaf && identity_at(group->mls, group->newcomers[i].by, &by) &&
                   is_gone(chat, &by);
    }
    return left_out;
}

bool deserted_is(const struct chat *chat, const struct group *group) {
    struct identity own, device;
    struct mls_member member;
    bool any = false;
    if (chat->gone.len == 0 || group->mls == NULL || !identity_at(group->mls, mls_group_own_leaf(group->mls), &own)) {
        return false;
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        if (identity_peek(member.credential.content, &device) != BASE_OK || identity_same_account(&device, &own)) {
            continue;
        }
        if (!is_gone(chat, &device) && !is_left_out(chat, group, leaf)) {
            return false;
        }
        any = true;
    }
    return any;
}
