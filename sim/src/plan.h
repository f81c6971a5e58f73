/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What happens: people do something at random moments, and things go wrong.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "state.h"

/** Lets people do `steps` things, and things go wrong meanwhile. */
void plan_run(struct sim *sim);

/** Ends all that goes wrong, and brings everybody online. */
void plan_heal(struct sim *sim);

/** Everybody writes once more, on all devices, wherever he can. */
void plan_last_words(struct sim *sim);

#endif
