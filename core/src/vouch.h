/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whose invitation it is. A Welcome says under which ID its author writes, and anybody can write any ID there: what he
 * has begun is read and answered only when the server has said that the ID has this identity key.
 */
#ifndef CORE_VOUCH_H
#define CORE_VOUCH_H

#include "state.h"

/** True for a direct chat that its peer has begun, until the server has said what his identity key is. */
bool vouch_needed(const struct weibel_core *core, const struct chat *chat);

/** Asks the server, and ends what somebody else has begun. Called when online and needed. */
BASE_MUST_USE base_result vouch_pump(struct weibel_core *core, struct chat *chat);

#endif
