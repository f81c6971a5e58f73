/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that came in another way than from where they stand, and are gone, or go by themselves: another device may
 * hand them on, and their author send them again, and nothing else tells them from what has never come. Of what this
 * device has read where it stands, the place says it (again.h).
 */
#ifndef CORE_GONE_H
#define CORE_GONE_H

#include "message.h"
#include "state.h"

enum { GONE_MAX = 4096 /* that are kept in mind, the last ones: 10 bytes of each one's id */ };

/** The message was handed on or sent again: if it disappears, it is not to come once more. */
BASE_MUST_USE base_result gone_came(struct weibel_core *core, const struct message *message);

/** The message is about to be deleted for this device alone, which other ones are not told. */
BASE_MUST_USE base_result gone_hidden(struct weibel_core *core, const struct chat *chat, const struct message *message);

/** Whether a message that is not here was. */
bool gone_has(const struct weibel_core *core, const struct message *message);

/** A record of KEY_GONE. */
BASE_MUST_USE base_result gone_load(struct weibel_core *core, uint64_t number, struct base_slice value);

#endif
