/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The end of an open home: what was read from the store is wiped from memory.
 */
#ifndef CORE_LOCK_H
#define CORE_LOCK_H

#include "state.h"

/** Wipes and frees everything that a home holds while it is open. What the connection is doing stays known. */
void lock_wipe(struct weibel_core *core);

/**
 * Locks an open home: calls that wait are refused, transfers stop, the connection ends, and everything is wiped. It
 * can be unlocked again. `call` is answered.
 */
BASE_MUST_USE base_result lock_home(struct weibel_core *core, struct call *call);

#endif
