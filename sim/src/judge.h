/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What must be true when everything has healed.
 */
#ifndef SIM_JUDGE_H
#define SIM_JUDGE_H

#include "state.h"

/** Waits until nothing happens any more; that must be soon. */
void judge_wait_for_quiet(struct sim *sim);

/** Nothing is lost, nothing is twice, everybody agrees. */
void judge_all(struct sim *sim);

/** The store holds no more streams than there are groups. The server must be down. */
void judge_store(struct sim *sim);

#endif
