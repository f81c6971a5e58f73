/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records that can't be unsealed: a disk that fails, or somebody who has changed them. One of them is no reason for the
 * whole home to be lost. What can be made anew is, what can't is gone, and that is said; only without the account, a
 * contact or a chat a home does not open, as the others make no sense without them.
 */
#ifndef CORE_DAMAGE_H
#define CORE_DAMAGE_H

#include "read.h"

/** What happens in the place of handing the record to the one who has asked for it. WEIBEL_ERR_RECORD: the home can't
 * go on. */
BASE_MUST_USE base_result damage_found(struct weibel_core *core, struct read *read, struct base_slice key);

/** All that is kept in memory is loaded: what is lost of it is looked after, and said. */
BASE_MUST_USE base_result damage_tell(struct weibel_core *core);

/** Likewise, of what is found later. */
BASE_MUST_USE base_result damage_pump(struct weibel_core *core);

#endif
