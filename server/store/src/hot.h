/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The streams that were lately appended to, as they stand in the database: so that an append to one of them needs no
 * look-up before it. The writer alone has one; it is forgotten whenever the database might say something else.
 */
#ifndef STORE_SRC_HOT_H
#define STORE_SRC_HOT_H

#include "tasks.h"

enum { HOT_RECENT = 16 };

struct hot_stream {
    bool known;
    uint8_t name[WIRE_STREAM_LEN];
    uint8_t token_hash[WIRE_KEY_LEN]; /**< of the current token */
    uint64_t ref;
    uint64_t last;   /**< number; 0 if it never had an entry */
    uint64_t oldest; /**< none is older; looked up only when that matters */
    uint64_t last_commit;
    bool used;            /**< the current token, by another one than who has brought it */
    uint64_t committer;   /**< who has brought it, as long as that is known; 0: not known */
    uint64_t month;       /**< of the last append, as stored */
    uint64_t expiry_hour; /**< the last one noted for its entries */
    uint64_t
        recent[HOT_RECENT]; /**< the beginnings of the nonces of its last entries, at their number modulo HOT_RECENT */
    uint64_t recent_after;  /**< all entries behind this number are among them */
};

/** The number of a stream's oldest or newest entry, by that statement; 0 if it has none. Needs nothing in memory. */
base_result hot_entry_number(struct db *db, enum db_statement which, uint64_t ref, uint64_t *out);

/** True if nothing more can be appended. */
base_result hot_stream_is_full(struct db *db, struct hot_stream *stream, bool *out);

/** Notes a new last entry. */
void hot_stream_note(struct hot_stream *stream, uint64_t number, const uint8_t nonce[WIRE_NONCE_LEN]);

/**
 * The number of the entry with this nonce among those behind `after` up to `last`, or 0. The latest ones are not read
 * for that: a repetition, or what several writers have under way at once, is found in memory.
 */
base_result hot_stream_find_nonce(struct db *db, const struct hot_stream *stream, uint64_t after, uint64_t last,
                                  const uint8_t nonce[WIRE_NONCE_LEN], uint64_t *out);

/** Finds a stream in memory or in the database; NULL in `out` if there is none. Valid until the next call. */
base_result hot_stream_find(struct db *db, const uint8_t name[WIRE_STREAM_LEN], struct hot_stream **out);

#endif
