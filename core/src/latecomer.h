/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which accounts have come into a group after a message: they can't have read it, and say nothing about it that counts.
 * Else a member could have his messages, and other people's, be `read` by accounts that he adds.
 */
#ifndef CORE_LATECOMER_H
#define CORE_LATECOMER_H

#include "state.h"

/** The commit, entry `number` of the group's stream, is about to be entered: notes whom it lets in, but for further
 * devices of those who are there. */
BASE_MUST_USE base_result latecomer_committed(struct weibel_core *core, struct group *group,
                                              const struct mls_staged *staged, uint64_t number);

/** True if the contact's account has come after this entry. */
bool latecomer_is(const struct group *group, const struct contact *contact, uint64_t entry);

/** A record of KEY_LATECOMERS. BASE_ERR_VALUE: more than there may be. */
BASE_MUST_USE base_result latecomer_load(struct weibel_core *core, uint64_t group, struct base_slice value);

/** The group is gone. */
BASE_MUST_USE base_result latecomer_forget(struct weibel_core *core, uint64_t group);

#endif
