/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Doors: what lies there, under a name that is made of the key that may change it.
 */
#include "tasks.h"

enum { HOUR = 3600 };

static void name_door(const struct wire_put_door *ask, uint8_t name[WIRE_STREAM_LEN]) {
    uint8_t key_hash[WIRE_KEY_LEN], content[WIRE_DOOR_CONTENT];
    store_sha256(base_slice(ask->key, WIRE_KEY_LEN), key_hash);
    wire_door_content(key_hash, ask->index, content);
    store_sha256(base_slice(content, sizeof content), name);
}

base_result store_put_door(struct db *db, struct store_op *op) {
    const struct wire_put_door *ask = &op->ask.of.put_door;
    uint64_t expires = db_expiry_hour(db, op->now, store_lifetime(ask->lifetime));
    uint8_t name[WIRE_STREAM_LEN];
    sqlite3_stmt *statement = NULL;
    name_door(ask, name);
    op->answer.type = WIRE_DONE;
    BASE_TRY(db_prepare(db, ask->content.len == 0 ? DB_DOOR_DELETE : DB_DOOR_PUT, &statement));
    DB_BIND_FIXED(statement, 1, name);
    if (ask->content.len == 0) {
        return db_execute(db, statement);
    }
    db_bind_number(statement, 2, expires);
    db_bind_bytes(statement, 3, ask->content);
    BASE_TRY(db_execute(db, statement));
    return db_note_expiry(db, expires, DB_EXPIRES_DOOR, base_slice(name, WIRE_STREAM_LEN));
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
