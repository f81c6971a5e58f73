/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The devices of an account: which there are, links for new ones, and their removal.
 *
 * Whoever asks may have been removed by what stands before it in the same batch: each task looks whether it is there.
 */
#include <string.h>

#include "tasks.h"

/* How long the hash of a link that was used is kept after its end, so that a lost answer can be asked for again. */
enum { HOUR = 3600, KEEP_LINK_HOURS = 24 };

/* Recovery codes are links without a device, and without content, that are never used up. */
_Static_assert(WIRE_DEVICE_LEN == 16, "statements say zeroblob(16) for it");
static const uint8_t no_device[WIRE_DEVICE_LEN];
enum { RECOVERY_SECONDS = 400 * 24 * HOUR };

base_result store_has_device(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN], bool *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_FIND, account, device, &find));
    BASE_TRY(db_step(db, find, out));
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_device_names(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                               uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], uint32_t *count) {
    sqlite3_stmt *list = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_DEVICE_LIST, &list));
    db_bind_bytes(list, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    *count = 0;
    BASE_TRY(db_step(db, list, &row));
    while (row && *count < WIRE_MAX_DEVICES) {
        BASE_TRY(db_copy(list, 0, devices[*count], WIRE_DEVICE_LEN));
        (*count)++;
        BASE_TRY(db_step(db, list, &row));
    }
    sqlite3_reset(list);
    return BASE_OK;
}

base_result store_list_devices(struct db *db, struct store_op *op) {
    struct wire_devices *answer = &op->answer.of.devices;
    op->answer.type = WIRE_DEVICES;
    return store_device_names(db, op->account, answer->devices, &answer->count);
}

base_result store_find_link(struct db *db, const uint8_t code_hash[WIRE_KEY_LEN], struct store_link *out, bool *found) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_LINK_FIND, &find));
    db_bind_bytes(find, 1, base_slice(code_hash, WIRE_KEY_LEN));
    BASE_TRY(db_step(db, find, found));
    if (*found) {
        BASE_TRY(db_copy(find, 0, out->account, sizeof out->account));
        out->expires = db_number(find, 1);
        out->taken = sqlite3_column_type(find, 2) != SQLITE_NULL;
        if (out->taken) {
            BASE_TRY(db_copy(find, 2, out->taker, sizeof out->taker));
        }
        out->used = db_number(find, 3) != 0;
        out->recovers = base_slice_equal(db_bytes(find, 5), base_slice(no_device, sizeof no_device));
    }
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_use_link(struct db *db, const uint8_t code_hash[WIRE_KEY_LEN]) {
    sqlite3_stmt *use = NULL;
    BASE_TRY(db_prepare(db, DB_LINK_USE, &use));
    db_bind_bytes(use, 1, base_slice(code_hash, WIRE_KEY_LEN));
    return db_execute(db, use);
}

static base_result put_link(struct db *db, const struct store_op *op) {
    const struct wire_create_link *ask = &op->ask.of.create_link;
    uint64_t expires = op->now + WIRE_LINK_SECONDS;
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare_owned(db, DB_LINK_REPLACE, op->account, op->device, &statement));
    BASE_TRY(db_execute(db, statement));
    BASE_TRY(db_prepare(db, DB_LINK_PUT, &statement));
    DB_BIND_FIXED(statement, 1, ask->code_hash);
    DB_BIND_FIXED(statement, 2, op->account);
    DB_BIND_FIXED(statement, 3, op->device);
    db_bind_number(statement, 4, expires);
    db_bind_bytes(statement, 5, ask->content);
    BASE_TRY(db_execute(db, statement));
    return db_note_expiry(db, expires / HOUR + KEEP_LINK_HOURS, DB_EXPIRES_LINK,
                          base_slice(ask->code_hash, WIRE_KEY_LEN));
}

base_result store_create_link(struct db *db, struct store_op *op) {
    struct store_link link = { 0 };
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN];
    uint32_t count = 0;
    bool there = false, taken = false;
    BASE_TRY(store_has_device(db, op->account, op->device, &there));
    BASE_TRY(store_device_names(db, op->account, devices, &count));
    BASE_TRY(store_find_link(db, op->ask.of.create_link.code_hash, &link, &taken));
    bool foreign = taken && memcmp(link.account, op->account, WIRE_ACCOUNT_LEN) != 0;
    if (!there) {
        store_refuse(op, WIRE_REFUSED_REMOVED, 0);
    } else if (count >= WIRE_MAX_DEVICES) {
        store_refuse(op, WIRE_REFUSED_DEVICES, WIRE_MAX_DEVICES);
    } else if (taken && (foreign || link.used)) {
        store_refuse(op, WIRE_REFUSED_LINK_USED, 0);
    } else {
        BASE_TRY(put_link(db, op));
        op->answer.type = WIRE_DONE;
    }
    return BASE_OK;
}

static base_result put_recovery(struct db *db, const struct store_op *op) {
    const uint8_t *code_hash = op->ask.of.put_recovery.code_hash;
    uint64_t expires = op->now + RECOVERY_SECONDS;
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare(db, DB_LINK_PUT, &put));
    db_bind_bytes(put, 1, base_slice(code_hash, WIRE_KEY_LEN));
    DB_BIND_FIXED(put, 2, op->account);
    DB_BIND_FIXED(put, 3, no_device);
    db_bind_number(put, 4, expires);
    BASE_TRY(db_execute(db, put));
    return db_note_expiry(db, expires / HOUR + KEEP_LINK_HOURS, DB_EXPIRES_LINK, base_slice(code_hash, WIRE_KEY_LEN));
}

base_result store_put_recovery(struct db *db, struct store_op *op) {
    struct store_link link = { 0 };
    sqlite3_stmt *count = NULL;
    bool there = false, taken = false, row = false;
    BASE_TRY(store_has_device(db, op->account, op->device, &there));
    BASE_TRY(store_find_link(db, op->ask.of.put_recovery.code_hash, &link, &taken));
    BASE_TRY(db_prepare_owned(db, DB_LINK_COUNT, op->account, no_device, &count));
    BASE_TRY(db_step(db, count, &row));
    uint64_t codes = row ? db_number(count, 0) : 0;
    sqlite3_reset(count);
    bool own = taken && link.recovers && !link.used && memcmp(link.account, op->account, WIRE_ACCOUNT_LEN) == 0;
    if (!there) {
        store_refuse(op, WIRE_REFUSED_REMOVED, 0);
    } else if (taken && !own) {
        store_refuse(op, WIRE_REFUSED_LINK_USED, 0);
    } else if (!taken && codes >= WIRE_MAX_RECOVERIES) {
        store_refuse(op, WIRE_REFUSED_FULL, WIRE_MAX_RECOVERIES);
    } else {
        BASE_TRY(put_recovery(db, op));
        op->answer.type = WIRE_DONE;
    }
    return BASE_OK;
}

static base_result give_link(struct db *db, struct store_op *op, const uint8_t code_hash[WIRE_KEY_LEN]) {
    sqlite3_stmt *statement = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_LINK_FIND, &statement));
    db_bind_bytes(statement, 1, base_slice(code_hash, WIRE_KEY_LEN));
    BASE_TRY(db_step(db, statement, &row));
    BASE_TRY(base_bytes_copy(db->allocator, db_bytes(statement, 4), &op->answered));
    sqlite3_reset(statement);
    BASE_TRY(db_prepare(db, DB_LINK_TAKE, &statement));
    db_bind_bytes(statement, 1, base_slice(code_hash, WIRE_KEY_LEN));
    DB_BIND_FIXED(statement, 2, op->ask.of.take_link.device);
    BASE_TRY(db_execute(db, statement));
    op->answer.type = WIRE_LINK_CONTENT;
    op->answer.of.link_content.content = base_borrow(&op->answered);
    return BASE_OK;
}

base_result store_take_link(struct db *db, struct store_op *op) {
    const struct wire_take_link *ask = &op->ask.of.take_link;
    struct store_link link = { 0 };
    uint8_t code_hash[WIRE_KEY_LEN];
    bool found = false;
    store_sha256(ask->code, code_hash);
    BASE_TRY(store_find_link(db, code_hash, &link, &found));
    if (!found) {
        store_refuse(op, WIRE_REFUSED_LINK_UNKNOWN, 0);
    } else if (link.recovers || link.used || (link.taken && memcmp(link.taker, ask->device, WIRE_DEVICE_LEN) != 0)) {
        store_refuse(op, WIRE_REFUSED_LINK_USED, 0);
    } else if (link.expires <= op->now) {
        store_refuse(op, WIRE_REFUSED_LINK_EXPIRED, link.expires);
    } else {
        BASE_TRY(give_link(db, op, code_hash));
    }
    return BASE_OK;
}

/* Executes a statement whose parameters are an account and a device, or the account alone. */
static base_result on_device(struct db *db, enum db_statement which, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t *device) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, which, &statement));
    db_bind_bytes(statement, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    if (sqlite3_bind_parameter_count(statement) > 1) {
        db_bind_bytes(statement, 2, base_slice(device, WIRE_DEVICE_LEN));
    }
    return db_execute(db, statement);
}

base_result store_drop_device(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                              const uint8_t device[WIRE_DEVICE_LEN], uint64_t now) {
    uint64_t expires = db_expiry_hour(db, now, STORE_KEEP_REMOVED);
    uint8_t owner[STORE_OWNER_LEN];
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare_owned(db, DB_REMOVED_PUT, account, device, &statement));
    db_bind_number(statement, 3, expires);
    BASE_TRY(db_execute(db, statement));
    BASE_TRY(on_device(db, DB_DEVICE_DELETE, account, device));
    BASE_TRY(on_device(db, DB_PACKAGE_DELETE, account, device));
    BASE_TRY(on_device(db, DB_INBOX_DELETE, account, device));
    /* It may know what opens them. Codes of backups are remembered, and not taken again: others of the account's
     * devices would leave theirs anew. */
    BASE_TRY(on_device(db, DB_LINK_CLOSE, account, NULL));
    BASE_TRY(on_device(db, DB_RECOVERY_CLOSE, account, NULL));
    BASE_TRY(on_device(db, DB_RECOVERY_TRIM, account, NULL));
    store_owner_name(account, device, owner);
    return db_note_expiry(db, expires, DB_EXPIRES_REMOVED, base_slice(owner, sizeof owner));
}

base_result store_remove_device(struct db *db, struct store_op *op) {
    const uint8_t *device = op->ask.of.remove_device.device;
    bool asks = false, there = false;
    BASE_TRY(store_has_device(db, op->account, op->device, &asks));
    BASE_TRY(store_has_device(db, op->account, device, &there));
    if (!asks) {
        store_refuse(op, WIRE_REFUSED_REMOVED, 0);
    } else if (memcmp(op->device, device, WIRE_DEVICE_LEN) == 0) {
        store_refuse(op, WIRE_REFUSED_OWN_DEVICE, 0);
    } else if (!there) {
        store_refuse(op, WIRE_REFUSED_NO_DEVICE, 0);
    } else {
        BASE_TRY(store_drop_device(db, op->account, device, op->now));
        op->answer.type = WIRE_DONE;
    }
    return BASE_OK;
}
