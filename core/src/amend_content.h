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

/** Deletes a message for everyone, and says which entries of its chat's streams go. */
BASE_MUST_USE base_result amend_content_deletion(struct weibel_core *core, const struct message *message,
                                                 const struct stood *places, size_t count, struct base_bytes *out);

/** A body of one part with this media type, about nothing (`about` NULL) or a message. */
BASE_MUST_USE base_result amend_content_part(struct weibel_core *core, const char *type, struct base_slice body,
                                             const struct message *about, struct base_bytes *out);

/** How what is no message may come again, behind what its writer has done since (missed.h). */
enum amend_repeat {
    AMEND_REPEATS_NEVER,
    AMEND_REPEATS,          /**< as it was: it means the same whenever it comes, and holds no text */
    AMEND_REPEATS_EDIT,     /**< as the message that it is about is now */
    AMEND_REPEATS_REACTION, /**< if it was not taken back */
};

/** How this one may; `about` gets the id of an edited message, or of one that it is a reaction to. */
enum amend_repeat amend_content_repeats(struct base_slice bytes, uint8_t about[CONTENT_ID_LEN]);

/** Whether a content of `sender`'s says what a message says, which is there by itself: as an edit, or as it was. `id`
 * is that one's then. */
bool amend_content_says_again(struct base_slice bytes, const char *sender, const char *room,
                              uint8_t id[CONTENT_ID_LEN]);

#endif
