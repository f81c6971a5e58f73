/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Votes in a poll: the latest of each account counts, unless it was written after the end.
 */
#ifndef CORE_VOTE_H
#define CORE_VOTE_H

#include "message.h"

/** True if these options, a bit each, can be chosen in the message's poll. */
bool vote_fits(const struct message *message, uint32_t chosen);

/** True if it is a poll. */
bool vote_is_poll(const struct message *message);

/** What decides between two votes of the same moment: of the id of the content that brought it. */
uint64_t vote_tie(const uint8_t id[CONTENT_ID_LEN]);

/** Takes in what somebody has chosen; it always takes the place of what was only said of him. */
BASE_MUST_USE base_result vote_add(struct weibel_core *core, struct message *message, uint64_t from, uint32_t chosen,
                                   uint64_t at, uint64_t tie, bool *changed);

/** The author has ended it; the earliest end counts, and takes the place of one that was only said. */
bool vote_close(struct message *message, uint64_t at);

void vote_write(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result vote_read(const struct weibel_core *core, struct base_reader *reader, struct message *out);

/** Writes the members `votes`, `own`, `from` and `handed` of an option's JSON. */
void vote_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message,
               uint32_t option);

#endif
