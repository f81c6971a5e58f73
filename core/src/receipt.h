/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Receipts of an own message: to whom it was delivered, and who has read it.
 */
#ifndef CORE_RECEIPT_H
#define CORE_RECEIPT_H

#include "message.h"

/** How many other accounts a message in this group goes to; 0 if they are too many for receipts. */
BASE_MUST_USE base_result receipt_audience(const struct weibel_core *core, const struct group *group, uint32_t *out);

/** Notes what a member says. The first word counts: what he has read stays read. */
BASE_MUST_USE base_result receipt_add(struct weibel_core *core, struct message *message, uint64_t from, bool read,
                                      uint64_t at, bool *changed);

/** The word for a message that was sent: `sent`, `delivered` or `read`, the latter two by all that it went to and who
 * are still there. */
const char *receipt_state(const struct weibel_core *core, const struct message *message);

void receipt_write(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result receipt_read(const struct weibel_core *core, struct base_reader *reader, struct message *out);

/** Writes the member `receipts` of the message's JSON, if any are expected. */
void receipt_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message);

/** Writes `members` of the method `receipts`. */
void receipt_json_members(const struct weibel_core *core, struct base_writer *writer, const struct message *message);

#endif
