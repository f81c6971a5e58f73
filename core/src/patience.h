/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Everything that waits does so for a moment of the clock. If that was set back, it would wait for as much longer: for
 * years, if it had been wrong by years.
 */
#ifndef CORE_PATIENCE_H
#define CORE_PATIENCE_H

#include "state.h"

/** Called when the pump runs: if the clock was set back since it ran last, what waits does so for as long as was left.
 */
void patience_check(struct weibel_core *core);

#endif
