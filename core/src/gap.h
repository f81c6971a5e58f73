/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Gaps in a stream: entries that were deleted or had expired before they were read. Whoever deletes one for everyone
 * says so behind it; what nobody has explained when the stream's end is reached becomes a notice.
 */
#ifndef CORE_GAP_H
#define CORE_GAP_H

#include "state.h"

/** Notes that entries `first` to `last` are missing. */
BASE_MUST_USE base_result gap_note(struct weibel_core *core, struct group *group, uint64_t first, uint64_t last);

/** Somebody has deleted entry `number`: true if it is missing here. */
bool gap_explain(struct group *group, uint64_t number);

/** What was said to have been deleted there was not: it is missing all the same, and this is said. */
BASE_MUST_USE base_result gap_not_explained(struct weibel_core *core, struct chat *chat);

/** The stream's end: what is still missing is said. */
BASE_MUST_USE base_result gap_tell(struct weibel_core *core, struct group *group);

#endif
