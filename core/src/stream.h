/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading a group's stream, in order and once: messages, commits, proposals, gaps.
 */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "state.h"

extern const struct base_error WEIBEL_ERR_KIND; /**< a commit that is no commit for the server, or the reverse */

/** Reads on, if the group is not live yet and nothing is under way. Called when online. */
BASE_MUST_USE base_result stream_pump(struct weibel_core *core, struct group *group);

/** Entries that came by themselves. */
BASE_MUST_USE base_result stream_pushed(struct weibel_core *core, const struct wire_entries *entries);

/** A signal that came by itself. One that can't be read is ignored: it was worth little. */
BASE_MUST_USE base_result stream_signalled(struct weibel_core *core, const struct wire_signalled *signalled);

/** Stops being live: the group has ended for us. */
BASE_MUST_USE base_result stream_stop(struct weibel_core *core, struct group *group);

#endif
