/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What has arrived from others, with two marks: a face of this home has shown it (`seen`), and this account has read
 * it, here or on another device (`read`). With both it is forgotten.
 */
#ifndef CORE_ARRIVAL_H
#define CORE_ARRIVAL_H

#include "message.h"
#include "state.h"

enum { ARRIVAL_MAX_UNREAD = 10000 /**< shown ones that are kept because nobody says that he has read them */ };

/** Adds one for a message; sets its `arrival`. */
BASE_MUST_USE base_result arrival_add(struct weibel_core *core, struct chat *chat, struct message *message);
BASE_MUST_USE base_result arrival_load(struct weibel_core *core, uint64_t number, struct base_slice value);

/** Marks everything up to and with this arrival as shown. */
BASE_MUST_USE base_result arrival_seen(struct weibel_core *core, uint64_t arrival);

/** Marks the messages of a chat up to and with this number as read; `group`: only those that came by it, 0: all. */
BASE_MUST_USE base_result arrival_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t group,
                                             uint64_t message);

/** The number of the first unread message of a chat; UINT64_MAX: there is none. */
uint64_t arrival_first_unread(const struct weibel_core *core, const struct chat *chat);

/** Marks one as read: there is nothing left of it to read. */
BASE_MUST_USE base_result arrival_read_one(struct weibel_core *core, struct chat *chat, uint64_t message);

/** The message is gone. */
BASE_MUST_USE base_result arrival_forget(struct weibel_core *core, uint64_t chat, uint64_t message);

/** The first one behind number `after` that was not shown yet, or NULL. */
const struct arrival *arrival_next(const struct weibel_core *core, uint64_t after);

#endif
