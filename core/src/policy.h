/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who may do what in a group, decided by every member's core on every commit, out of what all of them have in common:
 * the GroupContext and the tree. What only this home knows (names, pinned keys) has no say here: cores that decide
 * differently would not be in one group any more.
 *
 * Capabilities have the names of draft-ietf-mimi-room-policy, roles are about.h's. A commit's author answers for all
 * that stands in it, but for members who leave, who propose that themselves.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "about.h"
#include "roster.h"

enum policy_can {
    CAN_ADD_PARTICIPANT = 1 << 0,
    CAN_REMOVE_PARTICIPANT = 1 << 1, /**< whose role is a lower one; an owner: anybody */
    CAN_CHANGE_USER_ROLE = 1 << 2,
    CAN_SEND_MESSAGE = 1 << 3,
    CAN_DELETE_OTHER_MESSAGE = 1 << 4,
    CAN_CHANGE_ROOM_NAME = 1 << 5,
    CAN_CHANGE_ROOM_DESCRIPTION = 1 << 6,
    CAN_CHANGE_ROOM_AVATAR = 1 << 7,
    CAN_CHANGE_OTHER_POLICY_ATTRIBUTE = 1 << 8, /**< timer and its bounds, history, join, post, add */
    CAN_CREATE_JOIN_CODE = 1 << 9,
};

/** Devices of a group: so many that a commit, which in the worst case encrypts for each of them, still fits an entry.
 */
enum { POLICY_MAX_DEVICES = 10000 };

/** Whether a commit may add and remove so many devices. */
bool policy_fits(size_t devices, size_t added, size_t removed);

extern const struct base_error WEIBEL_ERR_CROWD;    /**< a commit makes a group too large */
extern const struct base_error WEIBEL_ERR_RIGHT;    /**< a commit does what its author has no right to */
extern const struct base_error WEIBEL_ERR_INTRUDER; /**< a commit lets somebody in who may not be */

extern const struct base_error WEIBEL_ERR_PRESENT; /**< a further device of a member's comes by the link */

/** What somebody with this role may do: a set of enum policy_can. */
uint32_t policy_capabilities(const struct group_about *about, enum about_role role);

/** True if `role` may remove somebody with the role `whose`. */
bool policy_may_remove(const struct group_about *about, enum about_role role, enum about_role whose);

/**
 * The roles that are left when the members are those of `roster`: who is gone has none, and if no owner is left, the
 * administrator with the least leaf is one, or else the member with the least leaf. So nobody can make the last owner
 * vanish, and all cores agree on who follows.
 */
BASE_MUST_USE base_result policy_settle(const struct base_allocator *allocator, struct base_slice roles,
                                        const struct roster *roster, struct base_bytes *out);

/** True if a commit takes this device out and lets it in again: it had lost its place, or somebody says so. */
bool policy_is_replaced(const struct mls_staged *staged, const struct identity *device);

/** What a commit makes of the leaves: for policy_settle(). */
BASE_MUST_USE base_result policy_roster_after(const struct base_allocator *allocator, const struct mls_group *mls,
                                              const struct mls_staged *staged, struct roster *out);

/**
 * Decides about a commit in a group chat, or the part about the GroupContext in a direct one. `by_link`: an external
 * commit came sealed with the secret of the group's link. WEIBEL_ERR_RIGHT, WEIBEL_ERR_INTRUDER, WEIBEL_ERR_CROWD,
 * WEIBEL_ERR_PRESENT.
 */
BASE_MUST_USE base_result policy_check_commit(const struct base_allocator *allocator, const struct mls_group *mls,
                                              const struct mls_staged *staged, bool by_link);

/** Decides about a proposal that comes alone: members leave that way, and nothing else is done so. */
BASE_MUST_USE base_result policy_check_proposal(const struct mls_group *mls, const struct mls_proposal_view *proposal);

#endif
