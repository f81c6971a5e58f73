/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Doors: a name, a key that may change what lies there, and a version that rises.
 */
#include <string.h>

#include "tasks.h"

enum { HOUR = 3600 };

static base_result put(struct db *db, const struct store_op *op, const uint8_t key_hash[WIRE_KEY_LEN]) {
    const struct wire_put_door *ask = &op->ask.of.put_door;
    uint64_t expires = db_expiry_hour(db, op->now, store_lifetime(ask->lifetime));
    sqlite3_stmt *statement = NULL;
    if (ask->content.len == 0) {
        BASE_TRY(db_prepare(db, DB_DOOR_DELETE, &statement));
        DB_BIND_FIXED(statement, 1, ask->door);
        return db_execute(db, statement);
    }
    BASE_TRY(db_prepare(db, DB_DOOR_PUT, &statement));
    DB_BIND_FIXED(statement, 1, ask->door);
    db_bind_bytes(statement, 2, base_slice(key_hash, WIRE_KEY_LEN));
    db_bind_number(statement, 3, ask->version);
    db_bind_number(statement, 4, expires);
    db_bind_bytes(statement, 5, ask->content);
    BASE_TRY(db_execute(db, statement));
    return db_note_expiry(db, expires, DB_EXPIRES_DOOR, base_slice(ask->door, WIRE_STREAM_LEN));
}

base_result store_put_door(struct db *db, struct store_op *op) {
    const struct wire_put_door *ask = &op->ask.of.put_door;
    uint8_t given[WIRE_KEY_LEN], known[WIRE_KEY_LEN];
    sqlite3_stmt *find = NULL;
    bool found = false;
    uint64_t version = 0;
    store_sha256(base_slice(ask->key, WIRE_KEY_LEN), given);
    BASE_TRY(db_prepare(db, DB_DOOR_FIND, &find));
    DB_BIND_FIXED(find, 1, ask->door);
    BASE_TRY(db_step(db, find, &found));
    if (found) {
        BASE_TRY(db_copy(find, 0, known, sizeof known));
        version = db_number(find, 1);
    }
    sqlite3_reset(find);
    if (found && !base_equal_secret(given, known, sizeof known)) {
        store_refuse(op, WIRE_REFUSED_NO_DOOR, 0);
        return BASE_OK;
    }
    op->answer.type = WIRE_DONE;
    return found && ask->version < version ? BASE_OK : put(db, op, given);
}

base_result store_get_door(struct db *db, struct store_op *op) {
    sqlite3_stmt *read = NULL;
    bool found = false;
    BASE_TRY(db_prepare(db, DB_DOOR_READ, &read));
    DB_BIND_FIXED(read, 1, op->ask.of.get_door.door);
    db_bind_number(read, 2, op->now / HOUR);
    BASE_TRY(db_step(db, read, &found));
    if (!found) {
        store_refuse(op, WIRE_REFUSED_NO_DOOR, 0);
        return BASE_OK;
    }
    BASE_TRY(base_bytes_copy(db->allocator, db_bytes(read, 0), &op->answered));
    sqlite3_reset(read);
    op->answer.type = WIRE_DOOR;
    op->answer.of.door.content = base_borrow(&op->answered);
    return BASE_OK;
}
