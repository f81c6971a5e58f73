/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The connection, its statements and its settings.
 */
#include "db.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "log_file.h"
#include "schema.h"

BASE_DEFINE_ERROR(STORE_ERR_EXISTS, BASE_USAGE, NULL, "The data folder holds a server's data already");
BASE_DEFINE_ERROR(STORE_ERR_NONE, BASE_USAGE, NULL, "The data folder holds no server's data: run `weibeld init` first");
BASE_DEFINE_ERROR(STORE_ERR_VERSION, BASE_USAGE, NULL, "The data folder was written by a newer version of weibeld");
BASE_DEFINE_ERROR(STORE_ERR_IN_USE, BASE_BLOCKED, NULL, "Another weibeld works on this data folder");
BASE_DEFINE_ERROR(STORE_ERR_FULL, BASE_LIMIT, NULL, "The disk is full");
BASE_DEFINE_ERROR(STORE_ERR_DATABASE, BASE_INTERNAL, NULL, "The database reports an error");
BASE_DEFINE_ERROR(STORE_ERR_FOLDER, BASE_USAGE, NULL, "The data folder can't be made, read or written");

static const char *const SQL[DB_STATEMENTS] = {
    [DB_BEGIN] = "BEGIN IMMEDIATE",
    [DB_BEGIN_READ] = "BEGIN",
    [DB_COMMIT] = "COMMIT",

    [DB_INVITATION_FIND] = "SELECT role, name, expires, account, recovers FROM invitation WHERE code_hash = ?1",
    [DB_INVITATION_PUT] = "INSERT INTO invitation VALUES(?1, ?2, ?3, ?4, NULL, ?5)",
    [DB_INVITATION_USE] = "UPDATE invitation SET account = ?2 WHERE code_hash = ?1",
    [DB_INVITATION_FORGET_NAME] = "UPDATE invitation SET name = NULL WHERE account = ?1 AND name IS NOT NULL",
    [DB_INVITATION_DELETE] = "DELETE FROM invitation WHERE code_hash = ?1",
    [DB_ACCOUNT_PUT] = "INSERT INTO account(id, role, identity_key) VALUES(?1, ?2, ?3)",
    [DB_ACCOUNT_RENEW] = "UPDATE account SET identity_key = ?2 WHERE id = ?1",
    [DB_ACCOUNT_LIST] = ("SELECT id, role, (SELECT count(*) FROM device WHERE account = account.id) FROM account"
                         " ORDER BY id"),
    [DB_ACCOUNT_DELETE] = "DELETE FROM account WHERE id = ?1",
    [DB_INVITATION_FORGET] = "DELETE FROM invitation WHERE account = ?1 OR recovers = ?1",
    [DB_LINK_FORGET] = "DELETE FROM link WHERE account = ?1",
    [DB_ACCOUNT_FIND] = "SELECT role, identity_key FROM account WHERE id = ?1",
    [DB_DEVICE_PUT] = "INSERT INTO device(account, id, key) VALUES(?1, ?2, ?3)",
    [DB_DEVICE_BY_KEY] = "SELECT 1 FROM device WHERE account = ?1 AND key = ?2",
    [DB_DEVICE_FIND] = "SELECT key, push FROM device WHERE account = ?1 AND id = ?2",
    [DB_DEVICE_PUSH] = ("UPDATE device SET push = ?3 WHERE account = ?1 AND id = ?2 AND push IS NOT ?3"
                        " AND (?4 IS NULL OR push IS ?4)"),
    [DB_DEVICE_PUSHES] = ("SELECT account, id FROM device WHERE (account, id) > (?1, ?2) AND push IS NOT NULL"
                          " ORDER BY account, id LIMIT ?3"),
    [DB_DEVICE_LIST] = "SELECT id FROM device WHERE account = ?1 ORDER BY id",
    [DB_DEVICE_COUNT] = "SELECT count(*) FROM device WHERE account = ?1",
    [DB_DEVICE_DELETE] = "DELETE FROM device WHERE account = ?1 AND id = ?2",
    [DB_REMOVED_PUT] = ("INSERT OR REPLACE INTO removed_device(account, id, key, expires)"
                        " SELECT account, id, key, ?3 FROM device WHERE account = ?1 AND id = ?2"),
    [DB_REMOVED_FIND] = "SELECT key FROM removed_device WHERE account = ?1 AND id = ?2",
    [DB_REMOVED_SWEEP] = "DELETE FROM removed_device WHERE account = ?1 AND id = ?2 AND expires <= ?3",
    [DB_LINK_FIND] = "SELECT account, expires, taker, used, content, device FROM link WHERE code_hash = ?1",
    [DB_LINK_PUT] =
        "INSERT OR REPLACE INTO link(code_hash, account, device, expires, content) VALUES(?1, ?2, ?3, ?4, ?5)",
    [DB_LINK_TAKE] = "UPDATE link SET taker = ?2 WHERE code_hash = ?1",
    [DB_LINK_USE] = "UPDATE link SET used = 1, content = NULL WHERE code_hash = ?1",
    [DB_LINK_REPLACE] = "DELETE FROM link WHERE account = ?1 AND device = ?2 AND used = 0",
    [DB_LINK_CLOSE] = "DELETE FROM link WHERE account = ?1 AND used = 0 AND device <> zeroblob(16)",
    [DB_RECOVERY_CLOSE] = "UPDATE link SET used = 1 WHERE account = ?1 AND device = zeroblob(16)",
    [DB_RECOVERY_TRIM] = ("DELETE FROM link WHERE code_hash IN (SELECT code_hash FROM link WHERE account = ?1"
                          " AND used = 1 AND device = zeroblob(16) ORDER BY expires DESC LIMIT -1 OFFSET 64)"),
    [DB_LINK_DELETE] = "DELETE FROM link WHERE code_hash = ?1 AND expires <= ?2",
    [DB_LINK_COUNT] = "SELECT count(*) FROM link WHERE account = ?1 AND device = ?2 AND used = 0",
    [DB_PACKAGE_COUNT] = ("SELECT count(*) FROM key_package"
                          " WHERE account = ?1 AND device = ?2 AND last_resort = 0 AND content IS NOT NULL"),
    [DB_PACKAGE_NAMES] = ("SELECT substr(hash, 1, 8), last_resort FROM key_package"
                          " WHERE account = ?1 AND device = ?2 AND content IS NOT NULL ORDER BY last_resort"),
    [DB_PACKAGE_DROP] = ("DELETE FROM key_package"
                         " WHERE account = ?1 AND device = ?2 AND last_resort = 0 AND content IS NOT NULL"),
    [DB_PACKAGE_PUT] = ("INSERT OR IGNORE INTO key_package(account, device, hash, last_resort, content)"
                        " VALUES(?1, ?2, ?3, ?4, ?5)"),
    [DB_PACKAGE_DROP_LAST_RESORT] = "DELETE FROM key_package WHERE account = ?1 AND device = ?2 AND last_resort = 1",
    [DB_PACKAGE_TAKE] = ("SELECT hash, content FROM key_package"
                         " WHERE account = ?1 AND device = ?2 AND last_resort = 0 AND content IS NOT NULL LIMIT 1"),
    [DB_PACKAGE_LAST_RESORT] = "SELECT content FROM key_package WHERE account = ?1 AND device = ?2 AND last_resort = 1",
    [DB_PACKAGE_SPEND] = ("UPDATE key_package SET content = NULL, expires = ?4"
                          " WHERE account = ?1 AND device = ?2 AND hash = ?3"),
    [DB_PACKAGE_SWEEP] = "DELETE FROM key_package WHERE account = ?1 AND device = ?2 AND expires <= ?3",

    [DB_PACKAGE_DELETE] = "DELETE FROM key_package WHERE account = ?1 AND device = ?2",

    [DB_STREAM_FIND] = "SELECT ref, last, last_commit, month FROM stream WHERE name = ?1",
    [DB_STREAM_BY_REF] = "SELECT 1 FROM stream WHERE ref = ?1",
    [DB_STREAM_PUT] = "INSERT INTO stream(name, ref, last, last_commit, month) VALUES(?1, ?2, 0, 0, ?3)",
    [DB_STREAM_TOUCH] = "UPDATE stream SET month = ?2 WHERE name = ?1",
    [DB_STREAM_COMMIT] = "UPDATE stream SET last_commit = ?2 WHERE name = ?1",
    [DB_STREAM_KEEP_LAST] = "UPDATE stream SET last = max(last, ?2) WHERE ref = ?1",
    [DB_STREAM_IDLE] = "SELECT 1 FROM stream WHERE ref = ?1 AND month <= ?2",
    [DB_STREAM_DELETE] = "DELETE FROM stream WHERE ref = ?1",
    [DB_EPOCH_FIND] = "SELECT first, last, used FROM epoch WHERE stream = ?1 AND token_hash = ?2",
    [DB_EPOCH_CURRENT] = "SELECT token_hash, used FROM epoch WHERE stream = ?1 AND last IS NULL",
    [DB_EPOCH_PUT] = "INSERT INTO epoch(stream, token_hash, first) VALUES(?1, ?2, ?3)",
    [DB_EPOCH_END] = "UPDATE epoch SET last = ?3 WHERE stream = ?1 AND token_hash = ?2",
    [DB_EPOCH_USE] = "UPDATE epoch SET used = 1 WHERE stream = ?1 AND token_hash = ?2",
    [DB_EPOCH_DELETE] = "DELETE FROM epoch WHERE stream = ?1",
    [DB_ENTRY_NEWEST] = "SELECT id FROM entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
    [DB_ENTRY_OLDEST] = "SELECT id FROM entry WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
    [DB_ENTRY_BY_NONCE] = "SELECT id FROM entry WHERE id BETWEEN ?1 AND ?2 AND nonce = ?3",
    [DB_ENTRY_PUT] = ("INSERT INTO entry(id, kind, expires, nonce, deletion_hash, content)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
    [DB_ENTRY_READ] = ("SELECT id, kind, nonce, content FROM entry WHERE id BETWEEN ?1 AND ?2"
                       " AND expires > ?3 AND content IS NOT NULL ORDER BY id"),
    [DB_ENTRY_DELETION] = "SELECT kind, deletion_hash FROM entry WHERE id = ?1 AND content IS NOT NULL",
    [DB_ENTRY_BLANK] = "UPDATE entry SET content = NULL, deletion_hash = NULL WHERE id = ?1",
    [DB_ENTRY_SWEEP] = ("DELETE FROM entry WHERE id IN"
                        " (SELECT id FROM entry WHERE id BETWEEN ?1 AND ?2 AND expires <= ?3 LIMIT ?4)"),

    [DB_INBOX_DEVICE] = "SELECT inbox_last, inbox_bytes FROM device WHERE account = ?1 AND id = ?2",
    [DB_INBOX_BY_NONCE] = "SELECT number FROM inbox WHERE account = ?1 AND device = ?2 AND nonce = ?3",
    [DB_INBOX_PUT] = ("INSERT INTO inbox(account, device, number, expires, nonce, content)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
    [DB_INBOX_COUNT_UP] = ("UPDATE device SET inbox_last = ?3, inbox_bytes = inbox_bytes + ?4"
                           " WHERE account = ?1 AND id = ?2"),
    [DB_INBOX_READ] = ("SELECT number, nonce, content FROM inbox WHERE account = ?1 AND device = ?2 AND number > ?3"
                       " AND expires > ?4 AND content IS NOT NULL ORDER BY number"),
    [DB_INBOX_BYTES] = ("SELECT ifnull(sum(length(content)), 0) FROM inbox"
                        " WHERE account = ?1 AND device = ?2 AND number <= ?3"),
    [DB_INBOX_BLANK] = ("UPDATE inbox SET content = NULL, expires = min(expires, ?4)"
                        " WHERE account = ?1 AND device = ?2 AND number <= ?3 AND content IS NOT NULL"),
    [DB_INBOX_COUNT_DOWN] = "UPDATE device SET inbox_bytes = inbox_bytes - ?3 WHERE account = ?1 AND id = ?2",
    [DB_INBOX_SWEEP_BYTES] = ("SELECT ifnull(sum(length(content)), 0) FROM inbox"
                              " WHERE account = ?1 AND device = ?2 AND expires <= ?3"),
    [DB_INBOX_SWEEP] = "DELETE FROM inbox WHERE account = ?1 AND device = ?2 AND expires <= ?3",

    [DB_INBOX_DELETE] = "DELETE FROM inbox WHERE account = ?1 AND device = ?2",

    [DB_DOOR_READ] = "SELECT content FROM door WHERE name = ?1 AND expires > ?2",
    [DB_DOOR_PUT] = "INSERT OR REPLACE INTO door(name, expires, content) VALUES(?1, ?2, ?3)",
    [DB_DOOR_DELETE] = "DELETE FROM door WHERE name = ?1",
    [DB_DOOR_SWEEP] = "DELETE FROM door WHERE name = ?1 AND expires <= ?2",

    [DB_BLOB_FIND] = "SELECT size, expires, upload_hash FROM blob WHERE name = ?1",
    [DB_BLOB_PUT] = "INSERT INTO blob(name, size, expires, upload_hash) VALUES(?1, ?2, ?3, ?4)",
    [DB_BLOB_PROLONG] = "UPDATE blob SET expires = ?2 WHERE name = ?1",
    [DB_BLOB_DELETE] = "DELETE FROM blob WHERE name = ?1",
    [DB_BLOB_HOLD] = "INSERT OR IGNORE INTO blob_hold(blob, deletion_hash) VALUES(?1, ?2)",
    [DB_BLOB_IS_HELD] = "SELECT 1 FROM blob_hold WHERE blob = ?1 AND deletion_hash = ?2",
    [DB_BLOB_COUNT_HOLDS] = "SELECT count(*) FROM blob_hold WHERE blob = ?1",
    [DB_BLOB_LET_GO] = "DELETE FROM blob_hold WHERE blob = ?1 AND deletion_hash = ?2",
    [DB_BLOB_LET_ALL_GO] = "DELETE FROM blob_hold WHERE blob = ?1",
    [DB_BLOB_TOTAL] = "SELECT ifnull(sum(size), 0) FROM blob",

    [DB_EXPIRY_FORGET] = "DELETE FROM expiry WHERE length(name) = 24 AND substr(name, 1, 8) = ?1",
    [DB_EXPIRY_PUT] = "INSERT OR IGNORE INTO expiry(hour, kind, name) VALUES(?1, ?2, ?3)",
    [DB_EXPIRY_DUE] = "SELECT hour, kind, name FROM expiry WHERE hour <= ?1 LIMIT 1",
    [DB_EXPIRY_DONE] = "DELETE FROM expiry WHERE hour = ?1 AND kind = ?2 AND name = ?3",
    [DB_SWEPT_FIND] = "SELECT value FROM setting WHERE name = 'swept'",
    [DB_SWEPT_PUT] = "INSERT OR REPLACE INTO setting(name, value) VALUES('swept', ?1)",
};

/*
 * FULL: a commit returns when it is on the disk. secure_delete: what was deleted is overwritten. The write-ahead log is
 * cut back to journal_size_limit at a checkpoint.
 */
static const char SETTINGS[] = "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA wal_autocheckpoint = 4000;"
                               "PRAGMA journal_size_limit = 16777216;"
                               "PRAGMA cache_size = -32768;"
                               "PRAGMA temp_store = MEMORY;";

enum { BUSY_TIMEOUT_MS = 20000, MAX_PATH = 4096, PAGE_SIZE = 4096 };

static bool is_full(int error) {
    /* A file size limit (EFBIG) and a quota are a full disk to those who meet them. */
    return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* SQLite calls only ENOSPC full; what else a write met stands at the file: the database, or its write-ahead log. */
static bool write_met_full_disk(const struct db *db) {
    int error = 0;
    sqlite3_file *log = NULL;
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
    bool full = is_full(error);
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (!full && log != NULL && log->pMethods != NULL) {
        log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &error);
        full = is_full(error);
    }
    return full;
}

base_result db_failure(const struct db *db) {
    if (db->handle == NULL) {
        return &BASE_ERR_NO_MEMORY;
    }
    int code = sqlite3_errcode(db->handle);
    bool io = (code & 0xff) == SQLITE_IOERR;
    return code == SQLITE_FULL || (io && write_met_full_disk(db)) ? &STORE_ERR_FULL : &STORE_ERR_DATABASE;
}

base_result db_run(struct db *db, const char *sql) {
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? BASE_OK : db_failure(db);
}

base_result db_open(struct db *out, const char *folder, bool create) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/weibel.sqlite", folder);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof path, STORE_ERR_FOLDER);
    out->folder = folder;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &out->handle, flags, log_file_system());
    if (code == SQLITE_CANTOPEN && !create) {
        return &STORE_ERR_NONE;
    }
    if (code != SQLITE_OK) {
        return db_failure(out);
    }
    sqlite3_extended_result_codes(out->handle, 1);
    sqlite3_busy_timeout(out->handle, BUSY_TIMEOUT_MS);
    return db_run(out, SETTINGS);
}

void db_close(struct db *db) {
    for (size_t i = 0; i < DB_STATEMENTS; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->handle);
    db->handle = NULL;
}

static base_result schema_version(struct db *db, int *out) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK) {
        return db_failure(db);
    }
    bool row = sqlite3_step(statement) == SQLITE_ROW;
    *out = row ? sqlite3_column_int(statement, 0) : 0;
    sqlite3_finalize(statement);
    return row ? BASE_OK : db_failure(db);
}

base_result db_migrate(struct db *db) {
    int version = 0;
    BASE_TRY(schema_version(db, &version));
    BASE_ENSURE(version >= 0 && version <= (int)SCHEMA_VERSION, STORE_ERR_VERSION);
    for (; version < (int)SCHEMA_VERSION; version++) {
        char mark[64];
        snprintf(mark, sizeof mark, "PRAGMA user_version = %d; COMMIT", version + 1);
        BASE_TRY(db_run(db, "BEGIN IMMEDIATE"));
        BASE_TRY(db_run(db, SCHEMA[version]));
        BASE_TRY(db_run(db, mark));
    }
    return BASE_OK;
}

base_result db_prepare(struct db *db, enum db_statement which, sqlite3_stmt **out) {
    sqlite3_stmt *statement = db->statements[which];
    if (statement == NULL) {
        if (sqlite3_prepare_v3(db->handle, SQL[which], -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
            return db_failure(db);
        }
        db->statements[which] = statement;
    } else {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
    *out = statement;
    return BASE_OK;
}

/* Numbers beyond 2^63 reach the database as its largest: nothing that large is ever stored. */
void db_bind_number(sqlite3_stmt *statement, int index, uint64_t value) {
    sqlite3_bind_int64(statement, index, value > INT64_MAX ? INT64_MAX : (sqlite3_int64)value);
}

void db_bind_bytes(sqlite3_stmt *statement, int index, struct base_slice bytes) {
    sqlite3_bind_blob64(statement, index, bytes.data == NULL ? (const void *)"" : bytes.data, bytes.len, SQLITE_STATIC);
}

base_result db_prepare_owned(struct db *db, enum db_statement which, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN], sqlite3_stmt **out) {
    BASE_TRY(db_prepare(db, which, out));
    db_bind_bytes(*out, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    db_bind_bytes(*out, 2, base_slice(device, WIRE_DEVICE_LEN));
    return BASE_OK;
}

base_result db_step(struct db *db, sqlite3_stmt *statement, bool *row) {
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? BASE_OK : db_failure(db);
}

base_result db_execute(struct db *db, sqlite3_stmt *statement) {
    bool row = false;
    base_result result = db_step(db, statement, &row);
    sqlite3_reset(statement);
    return result;
}

uint64_t db_number(sqlite3_stmt *statement, int column) {
    sqlite3_int64 value = sqlite3_column_int64(statement, column);
    return value < 0 ? 0 : (uint64_t)value;
}

struct base_slice db_bytes(sqlite3_stmt *statement, int column) {
    const void *data = sqlite3_column_blob(statement, column);
    return base_slice(data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, column));
}

base_result db_copy(sqlite3_stmt *statement, int column, void *out, size_t len) {
    struct base_slice bytes = db_bytes(statement, column);
    BASE_ENSURE(bytes.data != NULL && bytes.len == len, STORE_ERR_DATABASE);
    memcpy(out, bytes.data, len);
    return BASE_OK;
}

base_result db_note_expiry(struct db *db, uint64_t hour, enum db_expiry kind, struct base_slice name) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, DB_EXPIRY_PUT, &statement));
    db_bind_number(statement, 1, hour);
    db_bind_number(statement, 2, kind);
    db_bind_bytes(statement, 3, name);
    return db_execute(db, statement);
}

base_result db_note_stream_expiry(struct db *db, uint64_t hour, enum db_expiry kind, uint64_t ref) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, DB_EXPIRY_PUT, &statement));
    db_bind_number(statement, 1, hour);
    db_bind_number(statement, 2, kind);
    db_bind_number(statement, 3, ref);
    return db_execute(db, statement);
}

uint64_t db_entry_id(uint64_t ref, uint64_t number) {
    return ref << DB_NUMBER_BITS | (number < DB_MAX_NUMBER ? number : DB_MAX_NUMBER);
}

uint64_t db_entry_number(uint64_t id) {
    return id & DB_MAX_NUMBER;
}

uint64_t db_expiry_hour(const struct db *db, uint64_t now, uint64_t lifetime) {
    enum { HOUR = 3600, HOURS_OF_DAY = 24, EXACT = 48 };
    uint64_t swept = db->swept_day * HOURS_OF_DAY * HOUR;
    uint64_t hour = ((now < swept ? swept : now) + lifetime) / HOUR + 1;
    if (lifetime / HOUR < EXACT) {
        return hour;
    }
    return (hour + HOURS_OF_DAY - 1) / HOURS_OF_DAY * HOURS_OF_DAY;
}

void store_sha256(struct base_slice data, uint8_t out[WIRE_KEY_LEN]) {
    SHA256(data.data, data.len, out);
}
