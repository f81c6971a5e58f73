/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A home that an attempt has left half made is made empty again: a restore that failed, or was interrupted, can be run
 * anew, and nothing of it comes into another account.
 */
#ifndef CORE_FRESH_H
#define CORE_FRESH_H

#include "read.h"

/** True if nothing lies about, nor is anything put there or deleted. The home has no account yet. */
bool fresh_is(const struct weibel_core *core);

/** Deletes everything but what opens the home, then calls `then` with a read that has the id of `call`, and a copy of
 * `params`. Refuses it if that is being done already, or a restore is under way. */
BASE_MUST_USE base_result fresh_make(struct weibel_core *core, struct call *call, const cJSON *params,
                                     read_done_fn then);

#endif
