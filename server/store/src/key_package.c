/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages: each one-time package is handed out once, and never comes back.
 */
#include <string.h>

#include "tasks.h"

/* How long the hash of a package that was handed out is kept: no client repeats its upload for longer than that. */
enum { KEEP_SPENT = 60 * 24 * 3600 };

void store_owner_name(const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN],
                      uint8_t out[STORE_OWNER_LEN]) {
    memcpy(out, account, WIRE_ACCOUNT_LEN);
    memcpy(out + WIRE_ACCOUNT_LEN, device, WIRE_DEVICE_LEN);
}

static base_result count_packages(struct db *db, const struct store_op *op, uint64_t *out) {
    sqlite3_stmt *count = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_COUNT, op->account, op->device, &count));
    BASE_TRY(db_step(db, count, &row));
    *out = row ? db_number(count, 0) : 0;
    sqlite3_reset(count);
    return BASE_OK;
}

base_result store_name_key_packages(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                                    const uint8_t device[WIRE_DEVICE_LEN], struct store_op *op) {
    struct base_writer names BASE_CLEANUP(base_writer_free) =
        base_writer(db->allocator, (WIRE_MAX_KEY_PACKAGES + 1) * WIRE_PACKAGE_NAME_LEN);
    struct wire_signed_in *answer = &op->answer.of.signed_in;
    uint8_t name[WIRE_PACKAGE_NAME_LEN];
    sqlite3_stmt *list = NULL;
    size_t one_time = 0;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_NAMES, account, device, &list));
    BASE_TRY(db_step(db, list, &row));
    while (row) {
        BASE_TRY(db_copy(list, 0, name, sizeof name));
        base_write_slice(&names, base_slice(name, sizeof name));
        one_time += db_number(list, 1) == 0 ? sizeof name : 0;
        BASE_TRY(db_step(db, list, &row));
    }
    sqlite3_reset(list);
    BASE_TRY(base_writer_finish(&names, &op->answered));
    struct base_reader reader = base_reader(base_borrow(&op->answered));
    BASE_TRY(base_read_slice(&reader, one_time, &answer->packages));
    return base_read_slice(&reader, reader.left, &answer->last_resort);
}

static base_result put_package(struct db *db, const struct store_op *op, struct base_slice package, bool last_resort) {
    uint8_t hash[WIRE_KEY_LEN];
    sqlite3_stmt *put = NULL;
    store_sha256(package, hash);
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_PUT, op->account, op->device, &put));
    DB_BIND_FIXED(put, 3, hash);
    db_bind_number(put, 4, last_resort ? 1 : 0);
    db_bind_bytes(put, 5, package);
    return db_execute(db, put);
}

static base_result has_last_resort(struct db *db, const struct store_op *op, bool *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_LAST_RESORT, op->account, op->device, &find));
    BASE_TRY(db_step(db, find, out));
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_put_key_packages(struct db *db, struct store_op *op) {
    const struct wire_put_key_packages *ask = &op->ask.of.put_key_packages;
    sqlite3_stmt *statement = NULL;
    uint64_t count = 0;
    BASE_TRY(count_packages(db, op, &count));
    bool there = false;
    BASE_TRY(store_has_device(db, op->account, op->device, &there));
    if (!there) {
        store_refuse(op, WIRE_REFUSED_REMOVED, 0);
        return BASE_OK;
    }
    /* A repeated upload may be counted twice here: the client asks for less then, and is told the bound. */
    uint64_t kept = ask->replace != 0 ? 0 : count;
    if (ask->count != 0 && kept + ask->count > WIRE_MAX_KEY_PACKAGES) {
        store_refuse(op, WIRE_REFUSED_FULL, WIRE_MAX_KEY_PACKAGES);
        return BASE_OK;
    }
    bool reachable = false;
    BASE_TRY(has_last_resort(db, op, &reachable));
    op->fresh = count == 0 && !reachable;
    if (ask->replace != 0) {
        BASE_TRY(db_prepare_owned(db, DB_PACKAGE_DROP, op->account, op->device, &statement));
        BASE_TRY(db_execute(db, statement));
    }
    struct base_reader packages = base_reader(ask->packages);
    while (packages.left != 0) {
        struct base_slice package;
        BASE_TRY(wire_key_package_next(&packages, &package));
        BASE_TRY(put_package(db, op, package, false));
    }
    if (ask->last_resort.len != 0) {
        BASE_TRY(db_prepare_owned(db, DB_PACKAGE_DROP_LAST_RESORT, op->account, op->device, &statement));
        BASE_TRY(db_execute(db, statement));
        BASE_TRY(put_package(db, op, ask->last_resort, true));
    }
    /* The device has its account now: the display name has done its duty. */
    BASE_TRY(db_prepare(db, DB_INVITATION_FORGET_NAME, &statement));
    DB_BIND_FIXED(statement, 1, op->account);
    BASE_TRY(db_execute(db, statement));
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}

static base_result spend(struct db *db, const struct store_op *op, const uint8_t device[WIRE_DEVICE_LEN],
                         const uint8_t hash[WIRE_KEY_LEN]) {
    const uint8_t *account = op->ask.of.take_key_packages.account;
    uint8_t owner[STORE_OWNER_LEN];
    uint64_t expires = db_expiry_hour(db, op->now, KEEP_SPENT);
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_SPEND, account, device, &statement));
    db_bind_bytes(statement, 3, base_slice(hash, WIRE_KEY_LEN));
    db_bind_number(statement, 4, expires);
    BASE_TRY(db_execute(db, statement));
    store_owner_name(account, device, owner);
    return db_note_expiry(db, expires, DB_EXPIRES_PACKAGES, base_slice(owner, sizeof owner));
}

static void hand_out(struct base_writer *out, const uint8_t device[WIRE_DEVICE_LEN], struct base_slice content) {
    struct wire_device_key_package given = { .key_package = content };
    memcpy(given.device, device, WIRE_DEVICE_LEN);
    wire_device_key_package_write(out, &given);
}

/* Appends the device's package to `out`, if there is one. */
static base_result take_of_device(struct db *db, const struct store_op *op, const uint8_t device[WIRE_DEVICE_LEN],
                                  struct base_writer *out) {
    const uint8_t *account = op->ask.of.take_key_packages.account;
    uint8_t hash[WIRE_KEY_LEN];
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_TAKE, account, device, &find));
    BASE_TRY(db_step(db, find, &row));
    if (row) {
        BASE_TRY(db_copy(find, 0, hash, sizeof hash));
        hand_out(out, device, db_bytes(find, 1));
        sqlite3_reset(find);
        return spend(db, op, device, hash);
    }
    BASE_TRY(db_prepare_owned(db, DB_PACKAGE_LAST_RESORT, account, device, &find));
    BASE_TRY(db_step(db, find, &row));
    if (row) {
        hand_out(out, device, db_bytes(find, 0));
    }
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_take_key_packages(struct db *db, struct store_op *op) {
    const uint8_t *account = op->ask.of.take_key_packages.account;
    struct wire_key_packages *answer = &op->answer.of.key_packages;
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
    db_bind_bytes(find, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        store_refuse(op, WIRE_REFUSED_NO_ACCOUNT, 0);
        return BASE_OK;
    }
    BASE_TRY(db_copy(find, 1, answer->identity_key, WIRE_KEY_LEN));
    sqlite3_reset(find);

    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN];
    uint32_t device_count = 0;
    BASE_TRY(store_device_names(db, account, devices, &device_count));
    bool own = memcmp(op->account, account, WIRE_ACCOUNT_LEN) == 0;
    struct base_writer given BASE_CLEANUP(base_writer_free) = base_writer(db->allocator, WIRE_MAX_FRAME);
    for (uint32_t i = 0; i < device_count; i++) {
        if (own && memcmp(op->device, devices[i], WIRE_DEVICE_LEN) == 0) {
            continue; /* nobody needs his own */
        }
        BASE_TRY(take_of_device(db, op, devices[i], &given));
    }
    BASE_TRY(base_writer_finish(&given, &op->answered));
    answer->devices = base_borrow(&op->answered);
    if (answer->devices.len == 0) {
        store_refuse(op, WIRE_REFUSED_NO_KEY_PACKAGE, 0);
        return BASE_OK;
    }
    op->answer.type = WIRE_KEY_PACKAGES;
    return BASE_OK;
}
