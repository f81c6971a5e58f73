/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the server has said of a group's members: two bits a leaf, so that a group costs no more than what it has
 * members, and nothing when it is gone. Whoever writes becomes a contact (contact.h).
 */
#ifndef CORE_MEMBER_H
#define CORE_MEMBER_H

#include "state.h"

enum member_word {
    MEMBER_UNKNOWN,
    MEMBER_VOUCHED,  /**< the account has the identity key that the member has, and this device */
    MEMBER_FORGED,   /**< it has another one, or there is no such account */
    MEMBER_UNLISTED, /**< it has that one, and no such device (any more) */
};

enum member_word member_word(const struct group *group, uint32_t leaf);

/** Notes it in memory. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result member_note(struct weibel_core *core, struct group *group, uint32_t leaf,
                                      enum member_word word);

/** Makes durable what was noted. */
BASE_MUST_USE base_result member_save(struct weibel_core *core, const struct group *group);

/** A commit is about to take effect: nothing is known of those who come, at whichever leaf, but if it is ours (the
 * server has given us their key packages), or a device of their account, which it has, has let them in, or they were
 * there before. */
BASE_MUST_USE base_result member_committed(struct weibel_core *core, struct group *group,
                                           const struct mls_staged *staged);

BASE_MUST_USE base_result member_load(struct weibel_core *core, uint64_t group, struct base_slice value);

/** The group is gone. */
BASE_MUST_USE base_result member_forget(struct weibel_core *core, const struct group *group);

#endif
