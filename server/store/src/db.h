/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One connection to the database: statements by name, bound and stepped without a word of SQL elsewhere.
 */
#ifndef STORE_SRC_DB_H
#define STORE_SRC_DB_H

#include <sqlite3.h>

#include "store/sqlite.h"

enum db_statement {
    DB_BEGIN,
    DB_BEGIN_READ,
    DB_COMMIT,

    DB_INVITATION_FIND,
    DB_INVITATION_PUT,
    DB_INVITATION_USE,
    DB_INVITATION_FORGET_NAME,
    DB_INVITATION_DELETE,
    DB_ACCOUNT_PUT,
    DB_ACCOUNT_RENEW,
    DB_ACCOUNT_LIST,
    DB_ACCOUNT_DELETE,
    DB_INVITATION_FORGET,
    DB_LINK_FORGET,
    DB_ACCOUNT_FIND,
    DB_DEVICE_PUT,
    DB_DEVICE_BY_KEY,
    DB_DEVICE_FIND,
    DB_DEVICE_PUSH,
    DB_DEVICE_PUSHES,
    DB_DEVICE_LIST,
    DB_DEVICE_COUNT,
    DB_DEVICE_DELETE,
    DB_REMOVED_PUT,
    DB_REMOVED_FIND,
    DB_REMOVED_SWEEP,
    DB_LINK_FIND,
    DB_LINK_PUT,
    DB_LINK_TAKE,
    DB_LINK_USE,
    DB_LINK_REPLACE,
    DB_LINK_CLOSE,
    DB_RECOVERY_CLOSE,
    DB_RECOVERY_TRIM,
    DB_LINK_DELETE,
    DB_LINK_COUNT,
    DB_PACKAGE_COUNT,
    DB_PACKAGE_NAMES,
    DB_PACKAGE_DROP,
    DB_PACKAGE_PUT,
    DB_PACKAGE_DROP_LAST_RESORT,
    DB_PACKAGE_TAKE,
    DB_PACKAGE_LAST_RESORT,
    DB_PACKAGE_SPEND,
    DB_PACKAGE_SWEEP,
    DB_PACKAGE_DELETE,

    DB_STREAM_FIND,
    DB_STREAM_BY_REF,
    DB_STREAM_PUT,
    DB_STREAM_TOUCH,
    DB_STREAM_COMMIT,
    DB_STREAM_KEEP_LAST,
    DB_STREAM_IDLE,
    DB_STREAM_DELETE,
    DB_EPOCH_FIND,
    DB_EPOCH_CURRENT,
    DB_EPOCH_PUT,
    DB_EPOCH_END,
    DB_EPOCH_USE,
    DB_EPOCH_DELETE,
    DB_ENTRY_NEWEST,
    DB_ENTRY_OLDEST,
    DB_ENTRY_BY_NONCE,
    DB_ENTRY_PUT,
    DB_ENTRY_READ,
    DB_ENTRY_DELETION,
    DB_ENTRY_BLANK,
    DB_ENTRY_SWEEP,

    DB_INBOX_DEVICE,
    DB_INBOX_BY_NONCE,
    DB_INBOX_PUT,
    DB_INBOX_COUNT_UP,
    DB_INBOX_READ,
    DB_INBOX_BYTES,
    DB_INBOX_BLANK,
    DB_INBOX_COUNT_DOWN,
    DB_INBOX_SWEEP_BYTES,
    DB_INBOX_SWEEP,
    DB_INBOX_DELETE,

    DB_DOOR_READ,
    DB_DOOR_PUT,
    DB_DOOR_DELETE,
    DB_DOOR_SWEEP,

    DB_BLOB_FIND,
    DB_BLOB_PUT,
    DB_BLOB_PROLONG,
    DB_BLOB_DELETE,
    DB_BLOB_HOLD,
    DB_BLOB_IS_HELD,
    DB_BLOB_COUNT_HOLDS,
    DB_BLOB_LET_GO,
    DB_BLOB_LET_ALL_GO,
    DB_BLOB_TOTAL,

    DB_EXPIRY_FORGET,
    DB_EXPIRY_PUT,
    DB_EXPIRY_DUE,
    DB_EXPIRY_DONE,
    DB_SWEPT_FIND,
    DB_SWEPT_PUT,
    DB_STATEMENTS
};

/** What a row of the table `expiry` points to with its name. */
enum db_expiry {
    DB_EXPIRES_ENTRIES,    /**< stream's ref */
    DB_EXPIRES_STREAM,     /**< stream's ref: the stream itself, if nothing was appended any more */
    DB_EXPIRES_INBOX,      /**< account and device */
    DB_EXPIRES_BLOB,       /**< its name */
    DB_EXPIRES_PACKAGES,   /**< account and device */
    DB_EXPIRES_INVITATION, /**< its code's hash */
    DB_EXPIRES_LINK,       /**< its code's hash */
    DB_EXPIRES_REMOVED,    /**< account and device */
    DB_EXPIRES_DOOR,       /**< its name */
};

struct hot_streams;

/** A connection, and what the tasks need beside it. */
struct db {
    sqlite3 *handle;
    sqlite3_stmt *statements[DB_STATEMENTS];
    const struct base_allocator *allocator;
    const struct base_random *random;
    const char *folder;
    uint64_t max_blob, blob_quota;
    uint64_t blob_total;     /**< bytes of all blobs, the writer's alone */
    struct hot_streams *hot; /**< the writer's alone */
    uint64_t swept_day;      /**< since 1970, up to which was swept, the writer's alone; 0: never */
    uint64_t swept_at;       /**< seconds; of the last sweep of this run */
    unsigned steady_sweeps;  /**< behind each other since the clock leapt */
};

/** Opens FOLDER/weibel.sqlite, creating it only if `create`. STORE_ERR_…; `out` is to be closed in any case. */
base_result db_open(struct db *out, const char *folder, bool create);
void db_close(struct db *db);

/** Leads the schema to SCHEMA_VERSION. STORE_ERR_VERSION, STORE_ERR_FULL, STORE_ERR_DATABASE. */
base_result db_migrate(struct db *db);

/** Runs SQL text that gives no rows. */
base_result db_run(struct db *db, const char *sql);

/** What SQLite's last failure means: STORE_ERR_FULL or STORE_ERR_DATABASE. */
base_result db_failure(const struct db *db);

/** The statement, reset, with nothing bound; NULL is bound where nothing else is. Prepared when first used. */
base_result db_prepare(struct db *db, enum db_statement which, sqlite3_stmt **out);

void db_bind_number(sqlite3_stmt *statement, int index, uint64_t value);
void db_bind_bytes(sqlite3_stmt *statement, int index, struct base_slice bytes);
#define DB_BIND_FIXED(STATEMENT, INDEX, ARRAY) db_bind_bytes((STATEMENT), (INDEX), base_slice((ARRAY), sizeof(ARRAY)))

/** Prepares a statement on a device, which begins with its two names. */
base_result db_prepare_owned(struct db *db, enum db_statement which, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN], sqlite3_stmt **out);

/** Steps; `row` tells if there is one. */
base_result db_step(struct db *db, sqlite3_stmt *statement, bool *row);

/** Steps a statement that gives no row. */
base_result db_execute(struct db *db, sqlite3_stmt *statement);

/** Columns of the current row. Bytes are valid until the next step or reset. */
uint64_t db_number(sqlite3_stmt *statement, int column);
struct base_slice db_bytes(sqlite3_stmt *statement, int column);
/** Copies a column of exactly `len` bytes; STORE_ERR_DATABASE if it has another length. */
base_result db_copy(sqlite3_stmt *statement, int column, void *out, size_t len);

/** Notes that something of `name` expires at `hour`. */
base_result db_note_expiry(struct db *db, uint64_t hour, enum db_expiry kind, struct base_slice name);
base_result db_note_stream_expiry(struct db *db, uint64_t hour, enum db_expiry kind, uint64_t ref);

/** A stream's ref has 34 bits, an entry's number 29: together they are the entry's id. */
enum { DB_REF_BITS = 34, DB_NUMBER_BITS = 29, DB_MAX_NUMBER = WIRE_MAX_NUMBER };
_Static_assert(DB_MAX_NUMBER == (1 << DB_NUMBER_BITS) - 1, "the numbers of the wire are those of the database");

/** Larger numbers, which no entry has, are taken for DB_MAX_NUMBER. */
uint64_t db_entry_id(uint64_t ref, uint64_t number);
uint64_t db_entry_number(uint64_t id);

/** The hour in which something with this lifetime ends; rounded up to whole days if the lifetime is two days or more.
 */
uint64_t db_expiry_hour(const struct db *db, uint64_t now, uint64_t lifetime);

void store_sha256(struct base_slice data, uint8_t out[WIRE_KEY_LEN]);

#endif
