/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Direct-mapped by the first bytes of the stream's name. Who picks names that collide slows down his own streams.
 */
#include "hot.h"

#include <string.h>

enum { SLOTS = 16384 };

struct hot_streams {
    struct hot_stream slots[SLOTS];
};

base_result hot_streams_open(struct db *db) {
    db->hot = base_take(db->allocator, 1, sizeof *db->hot);
    BASE_ENSURE(db->hot != NULL, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

void hot_streams_close(struct db *db) {
    base_free(db->hot);
    db->hot = NULL;
}

void hot_streams_forget(struct db *db) {
    for (size_t i = 0; i < SLOTS; i++) {
        db->hot->slots[i].known = false;
    }
}

base_result hot_entry_number(struct db *db, enum db_statement which, uint64_t ref, uint64_t *out) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, which, &find));
    db_bind_number(find, 1, db_entry_id(ref, 0));
    db_bind_number(find, 2, db_entry_id(ref, DB_MAX_NUMBER));
    BASE_TRY(db_step(db, find, &row));
    *out = row ? db_entry_number(db_number(find, 0)) : 0;
    sqlite3_reset(find);
    return BASE_OK;
}

static base_result load(struct db *db, const uint8_t name[WIRE_STREAM_LEN], struct hot_stream *out) {
    struct hot_stream found = { 0 };
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_STREAM_FIND, &find));
    db_bind_bytes(find, 1, base_slice(name, WIRE_STREAM_LEN));
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return BASE_OK;
    }
    memcpy(found.name, name, WIRE_STREAM_LEN);
    found.ref = db_number(find, 0);
    found.last = db_number(find, 1);
    found.last_commit = db_number(find, 2);
    found.month = db_number(find, 3);
    sqlite3_reset(find);

    BASE_TRY(db_prepare(db, DB_EPOCH_CURRENT, &find));
    db_bind_number(find, 1, found.ref);
    BASE_TRY(db_step(db, find, &row));
    BASE_ENSURE(row, STORE_ERR_DATABASE);
    BASE_TRY(db_copy(find, 0, found.token_hash, WIRE_KEY_LEN));
    found.used = db_number(find, 1) != 0;
    sqlite3_reset(find);

    uint64_t newest = 0;
    BASE_TRY(hot_entry_number(db, DB_ENTRY_NEWEST, found.ref, &newest));
    found.last = found.last < newest ? newest : found.last;
    found.recent_after = found.last;
    found.known = true;
    *out = found;
    return BASE_OK;
}

base_result hot_stream_is_full(struct db *db, struct hot_stream *stream, bool *out) {
    if (stream->last - stream->oldest >= STORE_MAX_STREAM) {
        uint64_t oldest = 0;
        BASE_TRY(hot_entry_number(db, DB_ENTRY_OLDEST, stream->ref, &oldest));
        stream->oldest = oldest == 0 ? stream->last : oldest;
    }
    *out = stream->last - stream->oldest >= STORE_MAX_STREAM || stream->last == DB_MAX_NUMBER;
    return BASE_OK;
}

static uint64_t beginning(const uint8_t nonce[WIRE_NONCE_LEN]) {
    uint64_t out;
    memcpy(&out, nonce, sizeof out);
    return out;
}

void hot_stream_note(struct hot_stream *stream, uint64_t number, const uint8_t nonce[WIRE_NONCE_LEN]) {
    stream->recent[number % HOT_RECENT] = beginning(nonce);
    if (number - stream->recent_after > HOT_RECENT) {
        stream->recent_after = number - HOT_RECENT;
    }
    stream->last = number;
}

static base_result read_nonce(struct db *db, uint64_t ref, uint64_t first, uint64_t last,
                              const uint8_t nonce[WIRE_NONCE_LEN], uint64_t *out) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_ENTRY_BY_NONCE, &find));
    db_bind_number(find, 1, db_entry_id(ref, first));
    db_bind_number(find, 2, db_entry_id(ref, last));
    db_bind_bytes(find, 3, base_slice(nonce, WIRE_NONCE_LEN));
    BASE_TRY(db_step(db, find, &row));
    *out = row ? db_entry_number(db_number(find, 0)) : 0;
    sqlite3_reset(find);
    return BASE_OK;
}

base_result hot_stream_find_nonce(struct db *db, const struct hot_stream *stream, uint64_t after, uint64_t last,
                                  const uint8_t nonce[WIRE_NONCE_LEN], uint64_t *out) {
    *out = 0;
    if (after < stream->recent_after) {
        return after < last ? read_nonce(db, stream->ref, after + 1, last, nonce, out) : BASE_OK;
    }
    for (uint64_t number = after + 1; number <= last && *out == 0; number++) {
        if (stream->recent[number % HOT_RECENT] == beginning(nonce)) {
            BASE_TRY(read_nonce(db, stream->ref, number, number, nonce, out));
        }
    }
    return BASE_OK;
}

base_result hot_stream_find(struct db *db, const uint8_t name[WIRE_STREAM_LEN], struct hot_stream **out) {
    size_t slot = ((size_t)name[0] << 8 | name[1]) % SLOTS;
    struct hot_stream *hot = &db->hot->slots[slot];
    if (!hot->known || memcmp(hot->name, name, WIRE_STREAM_LEN) != 0) {
        hot->known = false;
        BASE_TRY(load(db, name, hot));
    }
    *out = hot->known ? hot : NULL;
    return BASE_OK;
}
