/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server's real store under the simulation's clock: an operation is carried out when its time has come, one at a
 * time, and its answer waits again. Reads may overtake writes, as they do with the store's own threads.
 */
#ifndef SIM_SLOW_STORE_H
#define SIM_SLOW_STORE_H

#include "state.h"
#include "store/store.h"

struct slow_store;

/** Opens the store in `folder`. Ends the program if that fails. */
struct slow_store *slow_store_open(struct sim *sim, const struct base_random *random, const char *folder);

/** What delivery gets. */
struct store *slow_store_of(struct slow_store *slow);

/** Until `refusing` is false again, nothing can be written. */
void slow_store_refuse(struct slow_store *slow, bool refusing);

/** Ends as a process does that is killed: what was not carried out yet never is, what was is durable. */
void slow_store_kill(struct slow_store *slow);

#endif
