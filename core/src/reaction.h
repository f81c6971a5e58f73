/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reactions to a message: in which order they come in does not matter, as each has an id of its own.
 */
#ifndef CORE_REACTION_H
#define CORE_REACTION_H

#include "message.h"

/** True if this may be one: 1 to MESSAGE_MAX_REACTION bytes of text that can be shown. */
bool reaction_valid(struct base_slice emoji);

/** True if it is one emoji besides, or one character with its marks: what others have sent is taken as it is, but a
 * sentence is none to be given here. Clusters as UAX #29 has them, as far as emoji need them. */
bool reaction_is_one(struct base_slice emoji);

/** False if there are too many already: of this person, or in all. What was only said of somebody makes room. */
bool reaction_fits(const struct message *message, uint64_t from);

/** Adds one, unless it is there already (but for what was only said of somebody), or does not fit. */
BASE_MUST_USE base_result reaction_add(struct weibel_core *core, struct message *message, uint64_t from,
                                       const uint8_t id[CONTENT_ID_LEN], struct base_slice emoji, bool *changed);

/** Takes the one with this id back, if it is this person's. */
bool reaction_remove(struct message *message, uint64_t from, const uint8_t id[CONTENT_ID_LEN]);

/** A reaction of this person with this emoji, or NULL. */
const struct reaction *reaction_find(const struct message *message, uint64_t from, struct base_slice emoji);

void reaction_write(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result reaction_read(const struct weibel_core *core, struct base_reader *reader,
                                        struct message *out);

/** Writes the member `reactions` of the message's JSON, if there are any. */
void reaction_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message);

#endif
