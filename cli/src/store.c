/* SPDX-License-Identifier: EUPL-1.2 */
/* The core's ordered key-value store, in one SQLite file. */
#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x5765696c, /* "Weil": what file(1) can tell it by */
    STORE_VERSION = 1,
    MAX_VALUE = 64 << 20, /* SQLite's own bound is larger; no record of the core comes near this */
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *put, *remove, *begin, *commit, *rollback, *forward, *backward;
};

BASE_DEFINE_ERROR(STORE_ERR_FULL, BASE_LIMIT, NULL, "the disk is full: nothing has been changed");
BASE_DEFINE_ERROR(STORE_ERR_IO, BASE_LIMIT, NULL, "the disk cannot be read or written: nothing has been changed");
BASE_DEFINE_ERROR(STORE_ERR_DAMAGED, BASE_INTERNAL, NULL, "the local data is damaged or is not Weibel's");
BASE_DEFINE_ERROR(STORE_ERR_NEWER, BASE_USAGE, NULL, "the local data was written by a newer weibel: please update");

static base_result result_of(int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return BASE_OK;
    case SQLITE_FULL:
        return &STORE_ERR_FULL;
    case SQLITE_NOMEM:
        return &BASE_ERR_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return &STORE_ERR_DAMAGED;
    default:
        return &STORE_ERR_IO;
    }
}

static base_result run(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return result_of(code);
}

static base_result execute(struct store *store, const char *sql) {
    return result_of(sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static base_result read_number(struct store *store, const char *sql, int *out) {
    sqlite3_stmt *statement = NULL;
    base_result result = result_of(sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL));
    if (result == BASE_OK) {
        result = result_of(sqlite3_step(statement));
        *out = sqlite3_column_int(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return result;
}

static base_result prepare(struct store *store) {
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } statements[] = {
        { &store->put, "INSERT INTO record (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2" },
        { &store->remove, "DELETE FROM record WHERE key = ?1" },
        { &store->begin, "BEGIN IMMEDIATE" },
        { &store->commit, "COMMIT" },
        { &store->rollback, "ROLLBACK" },
        { &store->forward, "SELECT key, value FROM record WHERE key >= ?1 AND key < ?2 ORDER BY key" },
        { &store->backward, "SELECT key, value FROM record WHERE key >= ?1 AND key < ?2 ORDER BY key DESC" },
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        BASE_TRY(result_of(sqlite3_prepare_v3(store->db, statements[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                              statements[i].statement, NULL)));
    }
    return BASE_OK;
}

/* Deleted ratchet keys must be gone from the file as well: secure_delete overwrites them. In the journal they stay
 * until as much was written again as it may hold: what a large change has left behind that is cut off. */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA journal_size_limit = 4194304;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;";

static base_result set_up(struct store *store) {
    (void)sqlite3_extended_result_codes(store->db, 1);
    (void)sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, MAX_VALUE);
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    int application = 0;
    int version = 0;
    BASE_TRY(execute(store, settings));
    BASE_TRY(read_number(store, "PRAGMA application_id", &application));
    BASE_TRY(read_number(store, "PRAGMA user_version", &version));
    if (application == 0 && version == 0) {
        char *sql =
            sqlite3_mprintf("BEGIN IMMEDIATE;"
                            "CREATE TABLE record (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;"
                            "PRAGMA application_id = %d;"
                            "PRAGMA user_version = %d;"
                            "COMMIT",
                            APPLICATION_ID, STORE_VERSION);
        BASE_ENSURE(sql != NULL, BASE_ERR_NO_MEMORY);
        base_result result = execute(store, sql);
        sqlite3_free(sql);
        BASE_TRY(result);
    } else {
        BASE_ENSURE(application == APPLICATION_ID, STORE_ERR_DAMAGED);
        BASE_ENSURE(version == STORE_VERSION, STORE_ERR_NEWER);
        /* What a killed process has deleted stands in its journal yet. A full disk must not keep the home shut. */
        base_result emptied = execute(store, "PRAGMA wal_checkpoint(TRUNCATE)");
        (void)emptied;
    }
    return prepare(store);
}

base_result store_open(const char *path, struct store **out) {
    struct store *store = (struct store *)base_take(base_allocator_libc(), 1, sizeof *store);
    BASE_ENSURE(store != NULL, BASE_ERR_NO_MEMORY);
    /* SQLite gives the journals the file's own mode, so that this is the only place that sets one. */
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    base_result result = file < 0 ? &STORE_ERR_IO : BASE_OK;
    if (file >= 0) {
        (void)close(file);
        result = result_of(sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    }
    if (result == BASE_OK) {
        result = set_up(store);
    }
    if (result != BASE_OK) {
        store_close(&store);
        return result;
    }
    *out = store;
    return BASE_OK;
}

void store_close(struct store **store) {
    if (*store == NULL) {
        return;
    }
    sqlite3_stmt *statements[] = { (*store)->put,      (*store)->remove,  (*store)->begin,   (*store)->commit,
                                   (*store)->rollback, (*store)->forward, (*store)->backward };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        (void)sqlite3_finalize(statements[i]);
    }
    (void)sqlite3_close((*store)->db);
    base_free(*store);
    *store = NULL;
}

static base_result bind(sqlite3_stmt *statement, int index, struct base_slice bytes) {
    /* A NULL pointer would bind SQL's NULL, and an empty key or value is none. */
    const void *data = bytes.len == 0 ? "" : (const void *)bytes.data;
    return result_of(sqlite3_bind_blob64(statement, index, data, bytes.len, SQLITE_STATIC));
}

static base_result change_one(struct store *store, const struct weibel_change *change) {
    sqlite3_stmt *statement = change->remove ? store->remove : store->put;
    BASE_TRY(bind(statement, 1, change->key));
    if (!change->remove) {
        BASE_TRY(bind(statement, 2, change->value));
    }
    return run(statement);
}

base_result store_apply(struct store *store, const struct weibel_store *batch) {
    BASE_TRY(run(store->begin));
    base_result result = BASE_OK;
    for (size_t i = 0; i < batch->count && result == BASE_OK; i++) {
        result = change_one(store, &batch->changes[i]);
    }
    if (result == BASE_OK) {
        result = run(store->commit);
    }
    if (result != BASE_OK && sqlite3_get_autocommit(store->db) == 0) {
        /* What a rollback cannot undo now, the next opening undoes: the transaction was never committed. */
        base_result undone = run(store->rollback);
        (void)undone;
    }
    return result;
}

base_result store_read(struct store *store, const struct weibel_read *range, store_visit visit, void *user) {
    sqlite3_stmt *statement = range->backwards ? store->backward : store->forward;
    BASE_TRY(bind(statement, 1, range->from));
    BASE_TRY(bind(statement, 2, range->before));
    base_result result = BASE_OK;
    for (uint32_t count = 0; count < range->limit && result == BASE_OK; count++) {
        int code = sqlite3_step(statement);
        if (code != SQLITE_ROW) {
            result = result_of(code);
            break;
        }
        struct base_slice key =
            base_slice(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
        struct base_slice value =
            base_slice(sqlite3_column_blob(statement, 1), (size_t)sqlite3_column_bytes(statement, 1));
        result = visit(user, key, value);
    }
    (void)sqlite3_reset(statement);
    return result;
}
