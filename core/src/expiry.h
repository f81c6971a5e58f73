/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that are going to be deleted, and when.
 */
#ifndef CORE_EXPIRY_H
#define CORE_EXPIRY_H

#include "message.h"
#include "state.h"

/** Notes that a message is to be deleted at its expires_at. */
BASE_MUST_USE base_result expiry_add(struct weibel_core *core, const struct message *message);
BASE_MUST_USE base_result expiry_load(struct weibel_core *core, uint64_t chat, uint64_t message,
                                      struct base_slice value);

/** Deletes the messages whose time has come. */
BASE_MUST_USE base_result expiry_run(struct weibel_core *core);

/** Seconds that a message still has, rounded up; 0: it doesn't disappear. */
uint32_t expiry_left(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** When the next one is due; UINT64_MAX: none. */
uint64_t expiry_next(const struct weibel_core *core);

/** Forgets that a message was going to be deleted: it is gone. */
BASE_MUST_USE base_result expiry_forget(struct weibel_core *core, uint64_t chat, uint64_t message);

#endif
