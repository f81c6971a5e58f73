/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A conversation in rows: days, who writes, what and when, and what has become of it. No screen, no core: what is to be
 * shown goes in as JSON (docs/api.md), rows come out.
 */
#ifndef SCREEN_LAYOUT_H
#define SCREEN_LAYOUT_H

#include "screen/rows.h"
#include "show.h"

struct layout {
    const cJSON *messages;   /**< oldest first */
    const cJSON *quotes;     /**< by id: messages that are answered here and are not among them; NULL: none */
    const struct show *show; /**< names */
    unsigned width;          /**< columns; at least LAYOUT_LEAST */
    uint64_t new_from;       /**< number of the first message that was not read yet; 0: none */
    bool older;              /**< there are older ones that are not among them */
    const char *topic;       /**< all hang on the message with this ID, which is the first if it is here; NULL: none */
    const cJSON *topics;     /**< {"thread", "count", "new"?}: what hangs on which message; NULL: not known */
    uint64_t now;
    /** How far a file of a message is, in per cent; -1: it is not on its way. May be NULL. */
    int (*progress)(void *user, const char *message, unsigned file, bool *paused);
    void *user;
};

enum { LAYOUT_LEAST = 24 };

/** Writes the rows; their items are the indices of the messages. */
void layout_conversation(struct rows *rows, const struct layout *layout);

#endif
