/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that are going to be deleted, and when.
 */
#ifndef CORE_EXPIRY_H
#define CORE_EXPIRY_H

#include "message.h"
#include "state.h"

/** Brings a message's time within the bounds of its group, whatever its writer's client has made of them. */
void expiry_bound(const struct group *group, uint64_t now, struct message *message);

/** Notes that a message is to be deleted at its expires_at, or so many seconds after expiry_start(). */
BASE_MUST_USE base_result expiry_add(struct weibel_core *core, const struct message *message);
BASE_MUST_USE base_result expiry_load(struct weibel_core *core, uint64_t chat, uint64_t message,
                                      struct base_slice value);

/** Likewise, of one that can't be read: the message itself says when it goes (damage.h). */
BASE_MUST_USE base_result expiry_load_damaged(struct weibel_core *core, uint64_t chat, uint64_t message);
bool expiry_is_damaged(const struct expiry *expiry);

/** The message was read, or, if it is an own one, sent: if its time is counted from then, it begins. */
BASE_MUST_USE base_result expiry_start(struct weibel_core *core, uint64_t chat, uint64_t message);

/** Deletes the messages whose time has come. */
BASE_MUST_USE base_result expiry_run(struct weibel_core *core);

/** True if the message is going to be deleted, and is still there. */
bool expiry_has(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** When it will be, in milliseconds since 1970; 0: never, or that is not known yet. */
uint64_t expiry_at(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** When the next one is due; UINT64_MAX: none. */
uint64_t expiry_next(const struct weibel_core *core);

/** Forgets that a message was going to be deleted: it is gone. */
BASE_MUST_USE base_result expiry_forget(struct weibel_core *core, uint64_t chat, uint64_t message);

#endif
