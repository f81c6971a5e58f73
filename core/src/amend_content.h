/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Amendments as MIMI content: what goes out. Edits are messages (message_to_edit()); what comes in is read by
 * amend_received().
 */
#ifndef CORE_AMEND_CONTENT_H
#define CORE_AMEND_CONTENT_H

#include "message.h"
#include "state.h"

/** A reaction to a message. */
BASE_MUST_USE base_result amend_content_reaction(struct weibel_core *core, const struct message *message,
                                                 struct base_slice emoji, struct base_bytes *out);

/** Takes back the reaction with this id. */
BASE_MUST_USE base_result amend_content_unreact(struct weibel_core *core, const struct message *message,
                                                const uint8_t reaction[CONTENT_ID_LEN], struct base_bytes *out);

/** Deletes a message for everyone, and says which entry of the group goes (NULL: none). */
BASE_MUST_USE base_result amend_content_deletion(struct weibel_core *core, const struct message *message,
                                                 const struct group *group, struct base_bytes *out);

/** A body of one part with this media type, about nothing (`about` NULL) or a message. */
BASE_MUST_USE base_result amend_content_part(struct weibel_core *core, const char *type, struct base_slice body,
                                             const struct message *about, struct base_bytes *out);

/** Whether this may come again, behind what its writer has done since (missed.h): it is no message, and holds no text.
 */
bool amend_content_repeats(struct base_slice bytes);

#endif
