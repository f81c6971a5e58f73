/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Group commit: the cost of one sync is shared by all that wait for it.
 */
#include "batch.h"

#include "tasks.h"

enum { RETRY_MS = 1000 };

static store_task_function *const TASKS[] = {
    [STORE_FIND_DEVICE] = store_find_device,
    [STORE_LIST_DEVICES] = store_list_devices,
    [STORE_READ] = store_read,
    [STORE_INBOX_READ] = store_inbox_read,
    [STORE_GET_IDENTITIES] = store_get_identities,
    [STORE_FIND_BLOB] = store_find_blob,
    [STORE_GET_DOOR] = store_get_door,
    [STORE_FIND_PUSH] = store_find_push,
    [STORE_LIST_PUSHES] = store_list_pushes,
    [STORE_ACTIVATE] = store_activate,
    [STORE_CREATE_LINK] = store_create_link,
    [STORE_TAKE_LINK] = store_take_link,
    [STORE_REMOVE_DEVICE] = store_remove_device,
    [STORE_PUT_KEY_PACKAGES] = store_put_key_packages,
    [STORE_TAKE_KEY_PACKAGES] = store_take_key_packages,
    [STORE_CREATE_STREAM] = store_create_stream,
    [STORE_APPEND] = store_append,
    [STORE_USE_EPOCH] = store_use_epoch,
    [STORE_PUT_RECOVERY] = store_put_recovery,
    [STORE_PUT_PUSH] = store_put_push,
    [STORE_DROP_PUSH] = store_put_push,
    [STORE_PUT_DOOR] = store_put_door,
    [STORE_DELETE_ENTRY] = store_delete_entry,
    [STORE_INBOX_APPEND] = store_inbox_append,
    [STORE_INBOX_DELETE] = store_inbox_delete,
    [STORE_CREATE_BLOB] = store_create_blob,
    [STORE_HOLD_BLOB] = store_hold_blob,
    [STORE_DELETE_BLOB] = store_delete_blob,
    [STORE_SWEEP] = store_sweep,
};

void op_list_push(struct op_list *list, struct store_op *op) {
    op->next = NULL;
    if (list->last == NULL) {
        list->first = op;
    } else {
        list->last->next = op;
    }
    list->last = op;
    list->count++;
}

struct store_op *op_list_pop(struct op_list *list) {
    struct store_op *op = list->first;
    if (op != NULL) {
        list->first = op->next;
        list->last = list->first == NULL ? NULL : list->last;
        list->count--;
        op->next = NULL;
    }
    return op;
}

void op_list_append(struct op_list *to, struct op_list *from) {
    if (from->first == NULL) {
        return;
    }
    if (to->last == NULL) {
        to->first = from->first;
    } else {
        to->last->next = from->first;
    }
    to->last = from->last;
    to->count += from->count;
    *from = (struct op_list){ 0 };
}

static base_result execute(struct db *db, enum db_statement which) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, which, &statement));
    return db_execute(db, statement);
}

static base_result run_all(struct db *db, const struct op_list *ops) {
    bool low = store_disk_is_low(db->folder);
    for (struct store_op *op = ops->first; op != NULL; op = op->next) {
        /* Those that make room, or need none to speak of, go on when the disk is nearly full. */
        if (low && store_takes_room(op->task)) {
            store_refuse(op, WIRE_REFUSED_DISK_FULL, 0);
        } else {
            BASE_TRY(TASKS[op->task](db, op));
        }
    }
    return BASE_OK;
}

/* A statement that was left in the middle of its rows keeps its snapshot: none may stay so. */
static void reset_all(struct db *db) {
    for (size_t i = 0; i < DB_STATEMENTS; i++) {
        if (db->statements[i] != NULL) {
            sqlite3_reset(db->statements[i]);
        }
    }
}

static base_result write_once(struct db *db, const struct op_list *ops) {
    BASE_TRY(execute(db, DB_BEGIN));
    BASE_TRY(run_all(db, ops));
    return execute(db, DB_COMMIT);
}

/* If even the rollback fails, the next BEGIN does too, and so nothing is acknowledged until the disk works again. */
static void take_back(struct db *db) {
    reset_all(db);
    if (!sqlite3_get_autocommit(db->handle)) {
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    }
    if (db->hot != NULL) {
        hot_streams_forget(db);
    }
}

static void refuse_one(struct store_op *op, base_result why) {
    bool full = why == &STORE_ERR_FULL;
    base_bytes_free(&op->answered);
    op->fresh = false;
    op->more = false;
    store_refuse(op, full ? WIRE_REFUSED_DISK_FULL : WIRE_REFUSED_UNAVAILABLE, full ? 0 : RETRY_MS);
}

base_result batch_write(struct db *db, const struct op_list *ops) {
    uint64_t blob_total = db->blob_total;
    base_result result = write_once(db, ops);
    if (result != BASE_OK) {
        take_back(db);
        db->blob_total = blob_total;
        for (struct store_op *op = ops->first; op != NULL; op = op->next) {
            refuse_one(op, result);
        }
    }
    return result;
}

/* A transaction of its own each: it sees one state, and holds no old one that would keep the log from being cut. */
static base_result read_one(struct db *db, struct store_op *op) {
    BASE_TRY(execute(db, DB_BEGIN_READ));
    BASE_TRY(TASKS[op->task](db, op));
    reset_all(db);
    return execute(db, DB_COMMIT);
}

base_result batch_read(struct db *db, const struct op_list *ops) {
    base_result first_failure = BASE_OK;
    for (struct store_op *op = ops->first; op != NULL; op = op->next) {
        base_result result = read_one(db, op);
        if (result != BASE_OK) {
            first_failure = first_failure == BASE_OK ? result : first_failure;
            take_back(db);
            refuse_one(op, result);
        }
    }
    return first_failure;
}
