/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Streams: an ordered log each, opened by the token of an epoch.
 *
 * Epoch rows say what a token opens: the entries after the commit that brought it, up to and with the commit that
 * replaced it. A commit is taken by its epoch's token alone, and only if its writer knew the last one.
 */
#include <string.h>

#include "hot.h"

enum { HOUR = 3600, MONTH = 30 * 24 * 3600, IDLE_HOURS = 430 * 24, ENTRY_OVERHEAD = 8 + 1 + WIRE_NONCE_LEN + 4 };

/* --- create --- */

static base_result put_epoch(struct db *db, uint64_t ref, const uint8_t token_hash[WIRE_KEY_LEN], uint64_t first) {
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare(db, DB_EPOCH_PUT, &put));
    db_bind_number(put, 1, ref);
    db_bind_bytes(put, 2, base_slice(token_hash, WIRE_KEY_LEN));
    db_bind_number(put, 3, first);
    return db_execute(db, put);
}

struct epoch {
    bool found, current, used;
    uint64_t first, last; /**< last: INT64_MAX while it is current */
};

static base_result find_epoch(struct db *db, uint64_t ref, const uint8_t token_hash[WIRE_KEY_LEN], struct epoch *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_EPOCH_FIND, &find));
    db_bind_number(find, 1, ref);
    db_bind_bytes(find, 2, base_slice(token_hash, WIRE_KEY_LEN));
    BASE_TRY(db_step(db, find, &out->found));
    if (out->found) {
        out->first = db_number(find, 0);
        out->current = sqlite3_column_type(find, 1) == SQLITE_NULL;
        out->last = out->current ? INT64_MAX : db_number(find, 1);
        out->used = db_number(find, 2) != 0;
    }
    sqlite3_reset(find);
    return BASE_OK;
}

/* With millions of streams, one draw in a thousand meets a number that is taken: then again. */
static base_result new_ref(struct db *db, uint64_t *out) {
    bool taken = true;
    while (taken) {
        sqlite3_stmt *find = NULL;
        BASE_TRY(base_random_fill(db->random, out, sizeof *out));
        *out >>= 64 - DB_REF_BITS;
        BASE_TRY(db_prepare(db, DB_STREAM_BY_REF, &find));
        db_bind_number(find, 1, *out);
        BASE_TRY(db_step(db, find, &taken));
        sqlite3_reset(find);
    }
    return BASE_OK;
}

base_result store_create_stream(struct db *db, struct store_op *op) {
    const struct wire_create_stream *ask = &op->ask.of.create_stream;
    struct hot_stream *stream = NULL;
    BASE_TRY(hot_stream_find(db, ask->stream, &stream));
    if (stream != NULL) {
        struct epoch epoch = { 0 };
        BASE_TRY(find_epoch(db, stream->ref, ask->token_hash, &epoch));
        if (epoch.found && epoch.first == 1) {
            op->answer.type = WIRE_DONE;
        } else {
            store_refuse(op, WIRE_REFUSED_STREAM_EXISTS, 0);
        }
        return BASE_OK;
    }
    uint64_t ref = 0;
    uint64_t month = op->now / MONTH;
    sqlite3_stmt *put = NULL;
    BASE_TRY(new_ref(db, &ref));
    BASE_TRY(db_prepare(db, DB_STREAM_PUT, &put));
    DB_BIND_FIXED(put, 1, ask->stream);
    db_bind_number(put, 2, ref);
    db_bind_number(put, 3, month);
    BASE_TRY(db_execute(db, put));
    BASE_TRY(put_epoch(db, ref, ask->token_hash, 1));
    BASE_TRY(db_note_stream_expiry(db, month * (MONTH / HOUR) + IDLE_HOURS, DB_EXPIRES_STREAM, ref));
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}

/* --- append --- */

static void answer_number(struct store_op *op, uint64_t number, uint64_t last_commit) {
    op->answer.type = WIRE_APPENDED;
    op->answer.of.appended.number = number;
    op->last_commit = last_commit;
}

/* What a token opens in the stream. */
static base_result open_epoch(struct db *db, const struct hot_stream *stream, const uint8_t token_hash[WIRE_KEY_LEN],
                              struct epoch *out) {
    if (base_equal_secret(token_hash, stream->token_hash, WIRE_KEY_LEN)) {
        *out = (struct epoch){ .found = true, .current = true, .first = stream->last_commit + 1, .last = stream->last };
        return BASE_OK;
    }
    return find_epoch(db, stream->ref, token_hash, out);
}

/* What was swept is not repeated any more: who was away for so long need not have read it. */
static base_result skip_swept(struct db *db, const struct hot_stream *stream, uint64_t *after) {
    uint64_t oldest = 0;
    BASE_TRY(hot_entry_number(db, DB_ENTRY_OLDEST, stream->ref, &oldest));
    uint64_t swept = oldest == 0 ? stream->last : oldest - 1;
    *after = swept > *after ? swept : *after;
    return BASE_OK;
}

/*
 * Answers if the entry is there already. A message stands among those of its epoch that its writer has not read; a
 * commit, where its epoch has ended.
 */
static base_result answer_repeated(struct db *db, struct store_op *op, const struct hot_stream *stream,
                                   const struct epoch *epoch, bool *answered) {
    const struct wire_append *ask = &op->ask.of.append;
    uint64_t after = epoch->current ? epoch->last : epoch->last - 1;
    if (ask->kind == WIRE_KIND_MESSAGE) {
        after = ask->after > epoch->first - 1 ? ask->after : epoch->first - 1;
        if (epoch->last > after && epoch->last - after > WIRE_MAX_BEHIND) {
            BASE_TRY(skip_swept(db, stream, &after));
        }
        if (epoch->last > after && epoch->last - after > WIRE_MAX_BEHIND) {
            store_refuse(op, WIRE_REFUSED_BEHIND, WIRE_MAX_BEHIND);
            *answered = true;
            return BASE_OK;
        }
    }
    uint64_t number = 0;
    BASE_TRY(hot_stream_find_nonce(db, stream, after, epoch->last, ask->nonce, &number));
    *answered = number != 0;
    if (*answered) {
        answer_number(op, number, stream->last_commit);
    }
    return BASE_OK;
}

/* Whether the entry that this one wants to follow is missing. */
static base_result lacks_previous(struct db *db, const struct wire_append *ask, const struct hot_stream *stream,
                                  bool *out) {
    static const uint8_t none[WIRE_NONCE_LEN];
    uint64_t number = 0;
    *out = false;
    if (ask->kind != WIRE_KIND_MESSAGE || memcmp(ask->previous, none, sizeof none) == 0) {
        return BASE_OK;
    }
    uint64_t after = ask->after > stream->last_commit ? ask->after : stream->last_commit;
    BASE_TRY(hot_stream_find_nonce(db, stream, after, stream->last, ask->previous, &number));
    *out = number == 0;
    return BASE_OK;
}

/*
 * Decides whether the entry is new and may be appended. If not, the answer is set. A repetition is looked for before
 * the epoch is judged: it gets its number even after its token was replaced.
 */
static base_result admit(struct db *db, struct store_op *op, struct hot_stream *stream,
                         const uint8_t token_hash[WIRE_KEY_LEN], bool *out) {
    const struct wire_append *ask = &op->ask.of.append;
    struct epoch epoch = { 0 };
    *out = false;
    BASE_TRY(open_epoch(db, stream, token_hash, &epoch));
    if (!epoch.found) {
        store_refuse(op, WIRE_REFUSED_NO_STREAM, 0);
        return BASE_OK;
    }
    bool answered = false;
    BASE_TRY(answer_repeated(db, op, stream, &epoch, &answered));
    if (answered) {
        return BASE_OK;
    }
    bool repairs = ask->kind == WIRE_KIND_REPAIR && !epoch.current && epoch.last == stream->last_commit;
    bool in_time = repairs || (epoch.current && ask->kind != WIRE_KIND_REPAIR);
    if (!in_time || (ask->kind != WIRE_KIND_MESSAGE && ask->known_commit != stream->last_commit)) {
        store_refuse(op, WIRE_REFUSED_EPOCH_MOVED, stream->last_commit);
        return BASE_OK;
    }
    if (repairs && stream->used) {
        store_refuse(op, WIRE_REFUSED_EPOCH_USED, 0);
        return BASE_OK;
    }
    if (ask->kind != WIRE_KIND_MESSAGE) {
        struct epoch next = { 0 };
        BASE_TRY(find_epoch(db, stream->ref, ask->next_token_hash, &next));
        if (next.found) {
            /* A token that has opened the stream before would open more than its epoch. */
            store_refuse(op, WIRE_REFUSED_MALFORMED, 0);
            return BASE_OK;
        }
    }
    bool lacks = false;
    BASE_TRY(lacks_previous(db, ask, stream, &lacks));
    if (lacks) {
        store_refuse(op, WIRE_REFUSED_OUT_OF_ORDER, 0);
        return BASE_OK;
    }
    bool full = false;
    BASE_TRY(hot_stream_is_full(db, stream, &full));
    if (full) {
        store_refuse(op, WIRE_REFUSED_FULL, STORE_MAX_STREAM);
        return BASE_OK;
    }
    *out = true;
    return BASE_OK;
}

static base_result put_entry(struct db *db, const struct store_op *op, uint64_t ref, uint64_t number,
                             uint64_t expires) {
    const struct wire_append *ask = &op->ask.of.append;
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare(db, DB_ENTRY_PUT, &put));
    db_bind_number(put, 1, db_entry_id(ref, number));
    db_bind_number(put, 2, ask->kind == WIRE_KIND_MESSAGE ? WIRE_KIND_MESSAGE : WIRE_KIND_COMMIT);
    db_bind_number(put, 3, expires);
    DB_BIND_FIXED(put, 4, ask->nonce);
    DB_BIND_FIXED(put, 5, ask->deletion_hash);
    db_bind_bytes(put, 6, ask->content);
    return db_execute(db, put);
}

static base_result end_epoch(struct db *db, uint64_t ref, const uint8_t token_hash[WIRE_KEY_LEN], uint64_t number) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, DB_EPOCH_END, &statement));
    db_bind_number(statement, 1, ref);
    db_bind_bytes(statement, 2, base_slice(token_hash, WIRE_KEY_LEN));
    db_bind_number(statement, 3, number);
    return db_execute(db, statement);
}

/* The first time that somebody else than its author follows a commit is noted; who that is, is not. */
static base_result note_use(struct db *db, struct hot_stream *stream, uint64_t who) {
    if (stream->used || (who != 0 && who == stream->committer)) {
        return BASE_OK;
    }
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, DB_EPOCH_USE, &statement));
    db_bind_number(statement, 1, stream->ref);
    DB_BIND_FIXED(statement, 2, stream->token_hash);
    BASE_TRY(db_execute(db, statement));
    stream->used = true;
    return BASE_OK;
}

/* A repair's token opens the stream up to the repair, beyond the commit that is repaired. */
static base_result rotate(struct db *db, const struct store_op *op, const uint8_t token_hash[WIRE_KEY_LEN],
                          struct hot_stream *stream, uint64_t number) {
    const struct wire_append *ask = &op->ask.of.append;
    sqlite3_stmt *statement = NULL;
    BASE_TRY(end_epoch(db, stream->ref, stream->token_hash, number));
    if (ask->kind == WIRE_KIND_REPAIR) {
        BASE_TRY(end_epoch(db, stream->ref, token_hash, number));
    }
    BASE_TRY(put_epoch(db, stream->ref, ask->next_token_hash, number + 1));
    BASE_TRY(db_prepare(db, DB_STREAM_COMMIT, &statement));
    DB_BIND_FIXED(statement, 1, ask->stream);
    db_bind_number(statement, 2, number);
    BASE_TRY(db_execute(db, statement));
    memcpy(stream->token_hash, ask->next_token_hash, WIRE_KEY_LEN);
    stream->last_commit = number;
    stream->used = false;
    stream->committer = op->who;
    return BASE_OK;
}

/* Notes for the sweeper; both change once a day or month and stream at most. */
static base_result note_times(struct db *db, const struct store_op *op, struct hot_stream *stream, uint64_t expires) {
    if (stream->expiry_hour != expires) {
        BASE_TRY(db_note_stream_expiry(db, expires, DB_EXPIRES_ENTRIES, stream->ref));
        stream->expiry_hour = expires;
    }
    uint64_t month = op->now / MONTH;
    if (stream->month != month) {
        sqlite3_stmt *touch = NULL;
        BASE_TRY(db_prepare(db, DB_STREAM_TOUCH, &touch));
        DB_BIND_FIXED(touch, 1, stream->name);
        db_bind_number(touch, 2, month);
        BASE_TRY(db_execute(db, touch));
        BASE_TRY(db_note_stream_expiry(db, month * (MONTH / HOUR) + IDLE_HOURS, DB_EXPIRES_STREAM, stream->ref));
        stream->month = month;
    }
    return BASE_OK;
}

base_result store_append(struct db *db, struct store_op *op) {
    const struct wire_append *ask = &op->ask.of.append;
    struct hot_stream *stream = NULL;
    BASE_TRY(hot_stream_find(db, ask->stream, &stream));
    if (stream == NULL) {
        store_refuse(op, WIRE_REFUSED_NO_STREAM, 0);
        return BASE_OK;
    }
    uint8_t token_hash[WIRE_KEY_LEN];
    bool admitted = false;
    store_sha256(base_slice(ask->token, WIRE_KEY_LEN), token_hash);
    BASE_TRY(admit(db, op, stream, token_hash, &admitted));
    if (!admitted) {
        return BASE_OK;
    }
    uint64_t number = stream->last + 1;
    uint64_t expires = db_expiry_hour(db, op->now, store_lifetime(ask->lifetime));
    BASE_TRY(put_entry(db, op, stream->ref, number, expires));
    BASE_TRY(note_times(db, op, stream, expires));
    if (ask->kind != WIRE_KIND_MESSAGE) {
        BASE_TRY(rotate(db, op, token_hash, stream, number));
    } else {
        BASE_TRY(note_use(db, stream, op->who));
    }
    hot_stream_note(stream, number, ask->nonce);
    answer_number(op, number, stream->last_commit);
    op->fresh = true;
    return BASE_OK;
}

base_result store_use_epoch(struct db *db, struct store_op *op) {
    const struct wire_read *ask = &op->ask.of.read;
    struct hot_stream *stream = NULL;
    uint8_t token_hash[WIRE_KEY_LEN];
    BASE_TRY(hot_stream_find(db, ask->stream, &stream));
    store_sha256(base_slice(ask->token, WIRE_KEY_LEN), token_hash);
    op->answer.type = WIRE_DONE;
    bool current = stream != NULL && base_equal_secret(token_hash, stream->token_hash, WIRE_KEY_LEN);
    return current ? note_use(db, stream, op->who) : BASE_OK;
}

/* --- read --- */

/* Writes entries until the batch is full. `more` if some are left. */
static base_result read_entries(struct db *db, const struct store_op *op, uint64_t ref, const struct epoch *epoch,
                                struct base_writer *out, bool *more) {
    const struct wire_read *ask = &op->ask.of.read;
    if (ask->after >= epoch->last || ask->after >= DB_MAX_NUMBER) {
        return BASE_OK;
    }
    uint64_t first = ask->after < epoch->first ? epoch->first : ask->after + 1;
    sqlite3_stmt *read = NULL;
    bool row = false;
    *more = false;
    BASE_TRY(db_prepare(db, DB_ENTRY_READ, &read));
    db_bind_number(read, 1, db_entry_id(ref, first));
    db_bind_number(read, 2, db_entry_id(ref, epoch->last));
    db_bind_number(read, 3, op->now / HOUR);
    BASE_TRY(db_step(db, read, &row));
    while (row) {
        struct wire_entry entry = { .number = db_entry_number(db_number(read, 0)),
                                    .kind = (uint8_t)db_number(read, 1),
                                    .content = db_bytes(read, 3) };
        BASE_TRY(db_copy(read, 2, entry.nonce, WIRE_NONCE_LEN));
        size_t filled = base_writer_view(out).len;
        if (filled != 0 && filled + entry.content.len + ENTRY_OVERHEAD > WIRE_MAX_BATCH) {
            *more = true;
            break;
        }
        wire_entry_write(out, &entry);
        BASE_TRY(db_step(db, read, &row));
    }
    sqlite3_reset(read);
    return BASE_OK;
}

base_result store_read(struct db *db, struct store_op *op) {
    const struct wire_read *ask = &op->ask.of.read;
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_STREAM_FIND, &find));
    DB_BIND_FIXED(find, 1, ask->stream);
    BASE_TRY(db_step(db, find, &row));
    struct epoch epoch = { 0 };
    uint64_t ref = row ? db_number(find, 0) : 0;
    uint64_t last = row ? db_number(find, 1) : 0;
    op->last_commit = row ? db_number(find, 2) : 0;
    sqlite3_reset(find);
    if (row) {
        uint8_t token_hash[WIRE_KEY_LEN];
        store_sha256(base_slice(ask->token, WIRE_KEY_LEN), token_hash);
        BASE_TRY(find_epoch(db, ref, token_hash, &epoch));
    }
    if (!epoch.found) {
        store_refuse(op, WIRE_REFUSED_NO_STREAM, 0);
        return BASE_OK;
    }
    struct base_writer entries BASE_CLEANUP(base_writer_free) = base_writer(db->allocator, WIRE_MAX_FRAME);
    bool more = false;
    BASE_TRY(read_entries(db, op, ref, &epoch, &entries, &more));
    if (base_writer_view(&entries).len == 0 && ask->after > last && ask->after > op->last_commit) {
        /* The row knows the last number only of what was swept. */
        uint64_t newest = 0;
        BASE_TRY(hot_entry_number(db, DB_ENTRY_NEWEST, ref, &newest));
        if (ask->after > newest) {
            store_refuse(op, WIRE_REFUSED_REWOUND, 0);
            return BASE_OK;
        }
    }
    BASE_TRY(base_writer_finish(&entries, &op->answered));
    op->answer.type = WIRE_ENTRIES;
    op->answer.of.entries = (struct wire_entries){
        .flags = (uint8_t)(more            ? WIRE_MORE
                           : epoch.current ? 0
                                           : WIRE_ENDED),
        .last_commit = op->last_commit,
        .entries = base_borrow(&op->answered),
    };
    memcpy(op->answer.of.entries.stream, ask->stream, WIRE_STREAM_LEN);
    op->unused = epoch.current && !epoch.used && op->last_commit != 0;
    return BASE_OK;
}

/* --- delete --- */

base_result store_delete_entry(struct db *db, struct store_op *op) {
    const struct wire_delete_entry *ask = &op->ask.of.delete_entry;
    struct hot_stream *stream = NULL;
    BASE_TRY(hot_stream_find(db, ask->stream, &stream));
    bool allowed = false;
    if (stream != NULL) {
        sqlite3_stmt *find = NULL;
        uint8_t wanted[WIRE_KEY_LEN], given[WIRE_KEY_LEN];
        store_sha256(base_slice(ask->deletion_key, WIRE_KEY_LEN), given);
        BASE_TRY(db_prepare(db, DB_ENTRY_DELETION, &find));
        db_bind_number(find, 1, db_entry_id(stream->ref, ask->number));
        BASE_TRY(db_step(db, find, &allowed));
        if (allowed) {
            /* A commit stays: the others need it to come along. */
            BASE_TRY(db_copy(find, 1, wanted, sizeof wanted));
            allowed = db_number(find, 0) == WIRE_KIND_MESSAGE && base_equal_secret(wanted, given, sizeof given);
        }
        sqlite3_reset(find);
    }
    if (!allowed) {
        store_refuse(op, WIRE_REFUSED_NO_ENTRY, 0);
        return BASE_OK;
    }
    sqlite3_stmt *blank = NULL;
    BASE_TRY(db_prepare(db, DB_ENTRY_BLANK, &blank));
    db_bind_number(blank, 1, db_entry_id(stream->ref, ask->number));
    BASE_TRY(db_execute(db, blank));
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}
