/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where devices are told, while they are away, that there may be something new.
 */
#include "tasks.h"

base_result store_find_push(struct db *db, struct store_op *op) {
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_FIND, op->account, op->device, &find));
    BASE_TRY(db_step(db, find, &row));
    if (row) {
        BASE_TRY(base_bytes_copy(db->allocator, db_bytes(find, 1), &op->answered));
    }
    sqlite3_reset(find);
    op->answer.type = WIRE_PUT_PUSH;
    op->answer.of.put_push.endpoint = base_borrow(&op->answered);
    return BASE_OK;
}

base_result store_list_pushes(struct db *db, struct store_op *op) {
    struct base_writer names BASE_CLEANUP(base_writer_free) =
        base_writer(db->allocator, (size_t)STORE_MAX_PUSHES * STORE_OWNER_LEN);
    sqlite3_stmt *list = NULL;
    bool row = false;
    size_t count = 0;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_PUSHES, op->account, op->device, &list));
    db_bind_number(list, 3, STORE_MAX_PUSHES);
    BASE_TRY(db_step(db, list, &row));
    for (; row; count++) {
        base_write_slice(&names, db_bytes(list, 0));
        base_write_slice(&names, db_bytes(list, 1));
        BASE_TRY(db_step(db, list, &row));
    }
    sqlite3_reset(list);
    op->more = count == STORE_MAX_PUSHES;
    op->answer.type = WIRE_DONE;
    return count == 0 ? BASE_OK : base_writer_finish(&names, &op->answered);
}

base_result store_put_push(struct db *db, struct store_op *op) {
    struct base_slice endpoint = op->ask.of.put_push.endpoint;
    bool there = false, drops = op->task == STORE_DROP_PUSH;
    BASE_TRY(store_has_device(db, op->account, op->device, &there));
    if (!there) {
        store_refuse(op, WIRE_REFUSED_REMOVED, 0);
        return BASE_OK;
    }
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_PUSH, op->account, op->device, &put));
    if (endpoint.len != 0) {
        db_bind_bytes(put, drops ? 4 : 3, endpoint);
    }
    BASE_TRY(db_execute(db, put));
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}
