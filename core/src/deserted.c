/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The peer's devices are kept in mind by their names, one behind the other.
 */
#include "deserted.h"

#include <string.h>

#include "chat.h"
#include "device.h"
#include "field.h"
#include "group.h"
#include "identity.h"
#include "join.h"
#include "newcomer.h"
#include "policy.h"
#include "request.h"
#include "stream.h"

enum { DOUBT_AGAIN = 3600 * 1000 /* milliseconds before the server is asked about the same again */ };

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

/* Whether none of the peer's devices in the group is in the other one. */
static bool is_apart(const struct weibel_core *core, const struct group *group, const struct group *other) {
    struct mls_member member, there;
    struct identity device, one;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        bool peers = identity_peek(member.credential.content, &device) == BASE_OK && !join_is_self(core, &device);
        for (uint32_t i = 0; peers && mls_group_next_member(other->mls, &i, &there); i++) {
            if (identity_peek(there.credential.content, &one) == BASE_OK && identity_same_account(&one, &device) &&
                memcmp(one.device, device.device, WIRE_DEVICE_LEN) == 0) {
                return false;
            }
        }
    }
    return true;
}

/* Whether the peer has other devices in another group than here: somebody may have removed those here. */
static bool is_doubtful(const struct weibel_core *core, const struct chat *chat, const struct group *group) {
    bool doubtful = false;
    for (size_t i = 0; i < chat->groups.count && !doubtful && !deserted_is(chat, group); i++) {
        const struct group *other = (const struct group *)chat->groups.items[i];
        doubtful =
            other != group && other->state == GROUP_OPEN && !deserted_is(chat, other) && is_apart(core, group, other);
    }
    return doubtful;
}

static base_result take_word(struct weibel_core *core, struct chat *chat, const struct wire_identity *word) {
    struct mls_member member;
    struct identity device;
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        for (uint32_t leaf = 0; group->state == GROUP_OPEN && mls_group_next_member(group->mls, &leaf, &member);
             leaf++) {
            if (identity_peek(member.credential.content, &device) == BASE_OK && !join_is_self(core, &device) &&
                memcmp(device.account, word->device.account, WIRE_ACCOUNT_LEN) == 0 && !is_gone(chat, &device) &&
                base_slice_equal(member.signature_key, base_slice(word->device.key, sizeof word->device.key))) {
                BASE_TRY(note(core, chat, &device));
                BASE_TRY(tell_those_of(core, chat, NULL, &device));
            }
        }
    }
    return BASE_OK;
}

/* `a`: number of the chat. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    (void)b;
    if (chat == NULL || answer->type != WIRE_IDENTITIES) {
        return BASE_OK; /* it is asked again */
    }
    struct base_reader reader = base_reader(answer->of.identities.identities);
    while (reader.left > 0) {
        struct wire_identity word;
        BASE_TRY(wire_identity_next(&reader, &word));
        if (word.listed == 0 && word.identity_key.len > 0) {
            BASE_TRY(take_word(core, chat, &word));
        }
    }
    return BASE_OK;
}

base_result deserted_pump(struct weibel_core *core, struct chat *chat) {
    uint8_t devices[WIRE_MAX_DEVICES * WIRE_WHICH_DEVICE_LEN];
    size_t count = 0;
    if (chat->kind != CHAT_DIRECT || chat->groups.count < 2 || chat->doubt_at > state_now(core)) {
        return BASE_OK;
    }
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        struct mls_member member;
        struct identity device;
        bool doubtful = group->state == GROUP_OPEN && is_doubtful(core, chat, group);
        for (uint32_t leaf = 0;
             doubtful && count < WIRE_MAX_DEVICES && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
            if (identity_peek(member.credential.content, &device) == BASE_OK && !join_is_self(core, &device) &&
                !is_gone(chat, &device) && member.signature_key.len == WIRE_KEY_LEN) {
                uint8_t *at = devices + WIRE_WHICH_DEVICE_LEN * count++;
                memcpy(at, device.account, WIRE_ACCOUNT_LEN);
                memcpy(at + WIRE_ACCOUNT_LEN, member.signature_key.data, WIRE_KEY_LEN);
            }
        }
    }
    if (count == 0) {
        return BASE_OK;
    }
    struct wire_frame frame = {
        .type = WIRE_GET_IDENTITIES,
        .of.get_identities.devices = base_slice(devices, count * WIRE_WHICH_DEVICE_LEN),
    };
    chat->doubt_at = state_now(core) + DOUBT_AGAIN;
    return request_send(core, &frame, answered, chat->number, 0);
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

bool deserted_is_behind(const struct chat *chat, const struct group *group) {
    bool behind = false;
    for (size_t i = 0; i < chat->groups.count && !behind; i++) {
        const struct group *other = (const struct group *)chat->groups.items[i];
        behind = other->state == GROUP_LOST && chat_comes_before(other, group);
    }
    return behind;
}

/* ---- too many groups ---- */

/* Whether all its devices are in the other group, too, and know of it; but for those that are gone. */
static bool is_replaced(const struct weibel_core *core, const struct group *group, const struct group *by) {
    struct mls_member member, there;
    struct identity device, one;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        bool known = identity_peek(member.credential.content, &device) == BASE_OK, in = false;
        bool gone = known &&
                    (join_is_self(core, &device) ? device_is_gone(core, device.device) : is_gone(group->chat, &device));
        for (uint32_t i = 0; known && !gone && !in && mls_group_next_member(by->mls, &i, &there); i++) {
            in = identity_peek(there.credential.content, &one) == BASE_OK && identity_same_account(&one, &device) &&
                 memcmp(one.device, device.device, WIRE_DEVICE_LEN) == 0;
        }
        if (!gone && !(in && newcomer_has_come(by, device.device, false))) {
            return false;
        }
    }
    return true;
}

static bool has_posts(const struct chat *chat, const struct group *group) {
    bool any = false;
    for (size_t i = 0; i < chat->outbox.count && !any; i++) {
        const struct post *post = (const struct post *)chat->outbox.items[i];
        any = post->group == group->number || post->into == group->number;
    }
    return any;
}

static bool may_be_forgotten(const struct weibel_core *core, const struct group *group, const struct group *writing) {
    const struct chat *chat = group->chat;
    bool settled = group != writing && group->state == GROUP_OPEN && group->live && !group->in_flight &&
                   !group->unread && group->maker == 0 && !has_posts(chat, group);
    return settled && (deserted_is(chat, group) ? group->sent_again : is_replaced(core, group, writing));
}

base_result deserted_forget(struct weibel_core *core, struct chat *chat) {
    enum { KEPT = 4 };
    const struct group *writing = chat->kind == CHAT_DIRECT ? chat_writing_group(chat) : NULL;
    struct group *unused = NULL;
    bool settled = writing != NULL && writing->live && chat->groups.count > KEPT && chat->change.kind == CHANGE_NONE &&
                   chat->arrears.count == 0 && core->amendments.count == 0;
    for (size_t i = 0; i < chat->groups.count && settled && unused == NULL; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        unused = may_be_forgotten(core, group, writing) ? group : NULL;
    }
    if (unused == NULL) {
        return BASE_OK;
    }
    BASE_TRY(stream_stop(core, unused));
    return group_forget(core, unused);
}
