/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between messages and the bodies of MIMI content (docs/content.md).
 */
#ifndef CORE_BODY_H
#define CORE_BODY_H

#include "message.h"

/** Writes the NestedPart of a message that says something: its text, files, poll and place. */
BASE_MUST_USE base_result body_write(struct weibel_core *core, const struct message *message, struct base_bytes *out);

/** Fills them in from a NestedPart that content_decode() has checked. What can't be shown is said in words. */
BASE_MUST_USE base_result body_read(struct weibel_core *core, struct base_slice body, struct message *message);

#endif
