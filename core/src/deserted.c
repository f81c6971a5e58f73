/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The peer's devices are kept in mind by their names, one behind the other.
 */
#include "deserted.h"

#include <string.h>

#include "field.h"
#include "identity.h"
#include "policy.h"

static bool same_account(const struct identity *a, const struct identity *b) {
    return memcmp(a->account, b->account, sizeof a->account) == 0 && base_slice_equal(a->domain, b->domain);
}

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

base_result deserted_committed(const struct weibel_core *core, const struct group *group,
                               const struct mls_staged *staged) {
    struct chat *chat = group->chat;
    struct identity own, author;
    uint32_t committer = mls_staged_committer(staged, NULL);
    if (chat->kind != CHAT_DIRECT || !identity_at(group->mls, mls_group_own_leaf(group->mls), &own) ||
        !identity_at(group->mls, committer, &author) || same_account(&own, &author)) {
        return BASE_OK;
    }
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity device;
        if (change.kind == MLS_CHANGE_REMOVED && identity_peek(change.before.credential.content, &device) == BASE_OK &&
            same_account(&device, &author) && !policy_is_replaced(staged, &device) && !is_gone(chat, &device)) {
            BASE_TRY(note(core, chat, &device));
        }
    }
    return BASE_OK;
}

bool deserted_is(const struct chat *chat, const struct group *group) {
    struct identity own, device;
    struct mls_member member;
    bool any = false;
    if (chat->gone.len == 0 || group->mls == NULL || !identity_at(group->mls, mls_group_own_leaf(group->mls), &own)) {
        return false;
    }
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        if (identity_peek(member.credential.content, &device) != BASE_OK || same_account(&device, &own)) {
            continue;
        }
        if (!is_gone(chat, &device)) {
            return false;
        }
        any = true;
    }
    return any;
}
