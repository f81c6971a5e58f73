/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which accounts have come into a group after a message: they can't have read it, and say nothing about it that counts.
 * Else a member could have his messages, and other people's, be `read` by accounts that he adds.
 */
#ifndef CORE_LATECOMER_H
#define CORE_LATECOMER_H

#include "base/reader.h"
#include "base/writer.h"
#include "state.h"

/** The commit, entry `number` of the group's stream, is about to be entered: notes whom it lets in, but for further
 * devices of those who are there. */
BASE_MUST_USE base_result latecomer_committed(struct weibel_core *core, struct group *group,
                                              const struct mls_staged *staged, uint64_t number);

/** True if the contact's account has come after this entry. */
bool latecomer_is(const struct group *group, const struct contact *contact, uint64_t entry);

void latecomer_write(struct base_writer *writer, const struct latecomers *latecomers);
/** BASE_ERR_VALUE: more than there may be. */
BASE_MUST_USE base_result latecomer_read(struct base_reader *reader, struct latecomers *out);

#endif
