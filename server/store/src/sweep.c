/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The sweeper: follows the table `expiry` and removes what has reached its end, a little at a time.
 */
#include <string.h>

#include "tasks.h"

enum {
    HOUR = 3600,
    DAY = 24 * HOUR,
    LEAP_DAYS = 7,       /* by so many the clock moves while a server is off; by more, it may be wrong */
    STEADY_SWEEPS = 144, /* a day of them: so long somebody may set it right again */
    MONTH = 30 * 24 * 3600,
    IDLE_MONTHS = 14,   /* a stream goes when there was no append for so long: 400 days at least */
    MAX_NOTES = 64,     /* notes worked off by one sweep */
    MAX_ENTRIES = 1000, /* entries removed for one note by one sweep */
};

/* A row of `expiry`, copied: the statements below change the table that it comes from. */
struct note {
    uint64_t hour;
    enum db_expiry kind;
    uint64_t ref;
    uint8_t name[WIRE_KEY_LEN];
    size_t len;
};

static base_result next_note(struct db *db, uint64_t hour, struct note *out, bool *found) {
    sqlite3_stmt *due = NULL;
    BASE_TRY(db_prepare(db, DB_EXPIRY_DUE, &due));
    db_bind_number(due, 1, hour);
    BASE_TRY(db_step(db, due, found));
    if (*found) {
        struct base_slice name = { NULL, 0 };
        out->hour = db_number(due, 0);
        out->kind = (enum db_expiry)db_number(due, 1);
        if (sqlite3_column_type(due, 2) == SQLITE_BLOB) {
            name = db_bytes(due, 2);
        } else {
            out->ref = db_number(due, 2);
        }
        BASE_ENSURE(name.len <= sizeof out->name, STORE_ERR_DATABASE);
        if (name.len != 0) {
            memcpy(out->name, name.data, name.len);
        }
        out->len = name.len;
    }
    sqlite3_reset(due);
    return BASE_OK;
}

/* Executes a statement whose parameters are one stream and one number. */
static base_result on_stream(struct db *db, enum db_statement which, uint64_t ref, uint64_t number) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, which, &statement));
    db_bind_number(statement, 1, ref);
    if (sqlite3_bind_parameter_count(statement) > 1) {
        db_bind_number(statement, 2, number);
    }
    return db_execute(db, statement);
}

/* Removes expired entries; the highest number that was used is kept before its entry goes. */
static base_result sweep_entries(struct db *db, uint64_t ref, uint64_t hour, bool *more) {
    sqlite3_stmt *statement = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_ENTRY_NEWEST, &statement));
    db_bind_number(statement, 1, db_entry_id(ref, 0));
    db_bind_number(statement, 2, db_entry_id(ref, DB_MAX_NUMBER));
    BASE_TRY(db_step(db, statement, &row));
    uint64_t newest = row ? db_entry_number(db_number(statement, 0)) : 0;
    sqlite3_reset(statement);
    BASE_TRY(on_stream(db, DB_STREAM_KEEP_LAST, ref, newest));
    BASE_TRY(db_prepare(db, DB_ENTRY_SWEEP, &statement));
    db_bind_number(statement, 1, db_entry_id(ref, 0));
    db_bind_number(statement, 2, db_entry_id(ref, DB_MAX_NUMBER));
    db_bind_number(statement, 3, hour);
    db_bind_number(statement, 4, MAX_ENTRIES);
    BASE_TRY(db_execute(db, statement));
    *more = sqlite3_changes(db->handle) == MAX_ENTRIES;
    return BASE_OK;
}

/* The longest lifetime of an entry is shorter than a stream's idle time: it is empty when it goes. */
static base_result sweep_stream(struct db *db, uint64_t ref, uint64_t now) {
    sqlite3_stmt *idle = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_STREAM_IDLE, &idle));
    db_bind_number(idle, 1, ref);
    db_bind_number(idle, 2, now / MONTH - IDLE_MONTHS);
    BASE_TRY(db_step(db, idle, &row));
    sqlite3_reset(idle);
    if (!row) {
        return BASE_OK;
    }
    BASE_TRY(on_stream(db, DB_EPOCH_DELETE, ref, 0));
    return on_stream(db, DB_STREAM_DELETE, ref, 0);
}

static base_result prepare_note(struct db *db, enum db_statement which, const struct note *note, uint64_t hour,
                                sqlite3_stmt **out) {
    BASE_ENSURE(note->len == STORE_OWNER_LEN, STORE_ERR_DATABASE);
    BASE_TRY(db_prepare(db, which, out));
    db_bind_bytes(*out, 1, base_slice(note->name, WIRE_ACCOUNT_LEN));
    db_bind_bytes(*out, 2, base_slice(note->name + WIRE_ACCOUNT_LEN, WIRE_DEVICE_LEN));
    db_bind_number(*out, 3, hour);
    return BASE_OK;
}

static base_result sweep_inbox(struct db *db, const struct note *note, uint64_t hour) {
    sqlite3_stmt *statement = NULL;
    bool row = false;
    BASE_TRY(prepare_note(db, DB_INBOX_SWEEP_BYTES, note, hour, &statement));
    BASE_TRY(db_step(db, statement, &row));
    uint64_t bytes = row ? db_number(statement, 0) : 0;
    sqlite3_reset(statement);
    BASE_TRY(prepare_note(db, DB_INBOX_SWEEP, note, hour, &statement));
    BASE_TRY(db_execute(db, statement));
    BASE_TRY(prepare_note(db, DB_INBOX_COUNT_DOWN, note, bytes, &statement));
    return db_execute(db, statement);
}

static base_result sweep_packages(struct db *db, const struct note *note, uint64_t hour) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(prepare_note(db, DB_PACKAGE_SWEEP, note, hour, &statement));
    return db_execute(db, statement);
}

static base_result sweep_blob(struct db *db, const struct note *note) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_ENSURE(note->len == WIRE_BLOB_LEN, STORE_ERR_DATABASE);
    BASE_TRY(db_prepare(db, DB_BLOB_FIND, &find));
    db_bind_bytes(find, 1, base_slice(note->name, note->len));
    BASE_TRY(db_step(db, find, &row));
    uint64_t size = row ? db_number(find, 0) : 0;
    uint64_t expires = row ? db_number(find, 1) : 0;
    sqlite3_reset(find);
    /* A blob of this name that was deleted and made again has a later end. */
    return row && expires <= note->hour ? store_remove_blob(db, note->name, size) : BASE_OK;
}

static base_result sweep_door(struct db *db, const struct note *note, uint64_t hour) {
    sqlite3_stmt *delete = NULL;
    BASE_TRY(db_prepare(db, DB_DOOR_SWEEP, &delete));
    db_bind_bytes(delete, 1, base_slice(note->name, note->len));
    db_bind_number(delete, 2, hour);
    return db_execute(db, delete);
}

static base_result sweep_invitation(struct db *db, const struct note *note) {
    sqlite3_stmt *delete = NULL;
    BASE_TRY(db_prepare(db, DB_INVITATION_DELETE, &delete));
    db_bind_bytes(delete, 1, base_slice(note->name, note->len));
    return db_execute(db, delete);
}

static base_result sweep_link(struct db *db, const struct note *note, uint64_t now) {
    sqlite3_stmt *delete = NULL;
    BASE_TRY(db_prepare(db, DB_LINK_DELETE, &delete));
    db_bind_bytes(delete, 1, base_slice(note->name, note->len));
    db_bind_number(delete, 2, now); /* a recovery code that was left again has a later end */
    return db_execute(db, delete);
}

static base_result sweep_removed(struct db *db, const struct note *note, uint64_t hour) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(prepare_note(db, DB_REMOVED_SWEEP, note, hour, &statement));
    return db_execute(db, statement);
}

static base_result follow(struct db *db, const struct note *note, uint64_t now, bool *more) {
    uint64_t hour = now / HOUR;
    switch (note->kind) {
    case DB_EXPIRES_ENTRIES:
        return sweep_entries(db, note->ref, hour, more);
    case DB_EXPIRES_STREAM:
        return sweep_stream(db, note->ref, now);
    case DB_EXPIRES_INBOX:
        return sweep_inbox(db, note, hour);
    case DB_EXPIRES_BLOB:
        return sweep_blob(db, note);
    case DB_EXPIRES_PACKAGES:
        return sweep_packages(db, note, hour);
    case DB_EXPIRES_INVITATION:
        return sweep_invitation(db, note);
    case DB_EXPIRES_DOOR:
        return sweep_door(db, note, hour);
    case DB_EXPIRES_LINK:
        return sweep_link(db, note, now);
    case DB_EXPIRES_REMOVED:
        return sweep_removed(db, note, hour);
    default:
        return &STORE_ERR_DATABASE;
    }
}

static base_result drop_note(struct db *db, const struct note *note) {
    sqlite3_stmt *done = NULL;
    BASE_TRY(db_prepare(db, DB_EXPIRY_DONE, &done));
    db_bind_number(done, 1, note->hour);
    db_bind_number(done, 2, note->kind);
    if (note->len != 0) {
        db_bind_bytes(done, 3, base_slice(note->name, note->len));
    } else {
        db_bind_number(done, 3, note->ref);
    }
    return db_execute(db, done);
}

base_result store_load_swept(struct db *db) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_SWEPT_FIND, &find));
    BASE_TRY(db_step(db, find, &row));
    db->swept_day = row ? db_number(find, 0) : 0;
    sqlite3_reset(find);
    return BASE_OK;
}

/* A machine may start with its clock years ahead: all would be deleted before it is set right. */
static base_result trust_clock(struct db *db, uint64_t now, bool *trusted) {
    uint64_t day = now / DAY;
    uint64_t apart = day > db->swept_day ? day - db->swept_day : db->swept_day - day;
    bool leapt = db->swept_day != 0 && apart > LEAP_DAYS;
    bool steady = now >= db->swept_at && now - db->swept_at < DAY;
    db->steady_sweeps = leapt && steady ? db->steady_sweeps + 1 : 0;
    db->swept_at = now;
    *trusted = !leapt || db->steady_sweeps >= STEADY_SWEEPS;
    if (!*trusted || apart == 0) {
        return BASE_OK;
    }
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare(db, DB_SWEPT_PUT, &put));
    db_bind_number(put, 1, day);
    BASE_TRY(db_execute(db, put));
    db->swept_day = day;
    return BASE_OK;
}

base_result store_sweep(struct db *db, struct store_op *op) {
    bool more = false;
    bool found = false;
    BASE_TRY(trust_clock(db, op->now, &found));
    size_t followed = 0;
    while (found && !more && followed < MAX_NOTES) {
        struct note note = { 0 };
        BASE_TRY(next_note(db, op->now / HOUR, &note, &found));
        if (found) {
            BASE_TRY(follow(db, &note, op->now, &more));
        }
        if (found && !more) {
            BASE_TRY(drop_note(db, &note));
        }
        followed++;
    }
    hot_streams_forget(db);
    op->more = more || found;
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}
