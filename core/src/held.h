/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations of somebody whose identity key is another one than before: they wait, unopened, until it was accepted.
 */
#ifndef CORE_HELD_H
#define CORE_HELD_H

#include "read.h"
#include "state.h"

/** Keeps the latest letter with a Welcome of a contact: one for each, so that nobody fills the store with them. */
BASE_MUST_USE base_result held_keep(struct weibel_core *core, const struct contact *contact, struct base_slice letter);

/** The new key was accepted: joins by what waits, then calls `done` with a read whose `index` is the contact's number,
 * and which has the id of `call`. */
BASE_MUST_USE base_result held_open(struct weibel_core *core, const struct contact *contact, struct call *call,
                                    read_done_fn done);

/** It was not: what waits is deleted. */
BASE_MUST_USE base_result held_drop(struct weibel_core *core, const struct contact *contact);

#endif
