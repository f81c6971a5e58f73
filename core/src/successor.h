/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A successor that somebody else has made waits (GROUP_WAITING) until it is known what became of the groups before it:
 * read to their end, so that who was removed there meanwhile takes nobody along, or lost, with nobody who helps back
 * within a while.
 */
#ifndef CORE_SUCCESSOR_H
#define CORE_SUCCESSOR_H

#include "state.h"

/** Whether a successor into which we are invited has to wait for the groups of this chat. */
bool successor_must_wait(const struct chat *chat);

/** Takes one that waits, or drops it, if that can be judged now. Called when online. */
BASE_MUST_USE base_result successor_pump(struct weibel_core *core, struct chat *chat);

#endif
