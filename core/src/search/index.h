/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The index of words, for `search`.
 *
 * Words lie in pages, sealed as all records are. A page belongs to one of SEARCH_BUCKETS buckets, into which a keyed
 * hash of a word's first two characters puts it, and to one run: what was written at once, of the words of about
 * SEARCH_RUN_MESSAGES messages. So a search for how words begin reads one bucket; a message that comes writes nothing;
 * and the store shows no more than how much there is.
 *
 * Messages that are in no run yet are read when somebody first searches, and their words held in memory. So are, for
 * good, those of messages that disappear, as far as there is room: they never come into a page. Words of messages that
 * are deleted or edited are taken out of the pages again; what is still to be done of that is a record (struct
 * search_loose).
 */
#ifndef CORE_SEARCH_INDEX_H
#define CORE_SEARCH_INDEX_H

#include "message.h"
#include "search/page.h"

enum {
    SEARCH_RUN_MESSAGES = 2048,      /**< messages of which a run is written … */
    SEARCH_RUN_WORDS = 1 << 17,      /**< … or words, if that is sooner: 5 MB of memory */
    SEARCH_MESSAGE_WORDS = 2000,     /**< different words of one message that are found */
    SEARCH_FLEETING_WORDS = 1 << 16, /**< words of messages that disappear, of the newest ones: 2 MB of memory */
};

/** A message has come to the end of its chat. */
BASE_MUST_USE base_result search_added(struct weibel_core *core, struct chat *chat, const struct message *message);

/** What a message says will be something else, or nothing. */
BASE_MUST_USE base_result search_forget(struct weibel_core *core, const struct message *message);

/** Behind that: this is what it says from now on. */
BASE_MUST_USE base_result search_again(struct weibel_core *core, const struct message *message);

/** A message is not there any more. Its words are looked for in all pages, unless search_forget() came just before. */
BASE_MUST_USE base_result search_gone(struct weibel_core *core, uint64_t chat, uint64_t number);

/** Whether everything can be found; if not, it is read from now on. */
bool search_ready(struct weibel_core *core);

/** The bucket of words that begin so. */
unsigned search_bucket(const struct weibel_core *core, const struct search_word *word);

/** Where a bucket's records begin; the next one's is where they end. */
struct key search_bucket_key(unsigned bucket);

/** Gives each word that is held in memory to `each`. */
BASE_MUST_USE base_result search_each_held(const struct weibel_core *core, search_page_fn each, void *user);

/** True if in what is found of a message a word begins so. */
bool search_message_has(const struct message *message, const struct search_word *wanted);

/** Reads and writes on. Called after each input. */
BASE_MUST_USE base_result search_pump(struct weibel_core *core);

BASE_MUST_USE base_result search_load(struct weibel_core *core, uint64_t chat, uint64_t number,
                                      struct base_slice value);

/** Forgets all that is in memory. */
void search_wipe(struct weibel_core *core);

#endif
