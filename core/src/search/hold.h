/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the files of the index share.
 */
#ifndef CORE_SEARCH_HOLD_H
#define CORE_SEARCH_HOLD_H

#include "search/index.h"

/** The words of a message, held in memory. */
struct search_hold {
    struct search_posting posting;
    bool fleeting; /**< the message disappears: its words come into no page */
    size_t count;
    struct search_word words[];
};

/** Takes the words out of a message. */
BASE_MUST_USE base_result search_hold_new(const struct weibel_core *core, const struct message *message,
                                          struct search_hold **out);

/** Holds the words of a message from now on. */
BASE_MUST_USE base_result search_take_in(struct weibel_core *core, const struct message *message);

struct search_loose *search_loose_find(const struct weibel_core *core, uint64_t chat, uint64_t number);

/** Whether words of it may still be in pages where they must not be. */
bool search_loose_stuck(const struct search_loose *loose);

/** Saves it; frees and removes it if nothing is loose any more. */
BASE_MUST_USE base_result search_loose_save(struct weibel_core *core, struct search_loose *loose);

/** Writes what is held into pages. */
BASE_MUST_USE base_result search_write_run(struct weibel_core *core);

#endif
