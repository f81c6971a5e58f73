/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a core does by itself after each input: everything durable that waits is looked at, and gets its next step.
 */
#ifndef CORE_PUMP_H
#define CORE_PUMP_H

#include "state.h"

/** Lets everything that can take its next step take it. */
BASE_MUST_USE base_result pump_all(struct weibel_core *core);

/** Saves what this input has changed, and tells of changed chats. */
BASE_MUST_USE base_result pump_save(struct weibel_core *core);

/** The connection is gone: nothing is in flight or live any more. */
void pump_forget_connection(struct weibel_core *core);

/** The next moment at which pump_all() has something to do by itself. */
uint64_t pump_deadline(const struct weibel_core *core);

#endif
