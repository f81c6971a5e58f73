/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the administrator does from beside, in a process of its own: invite, list, remove accounts and devices. A
 * running server works on the same database, and is woken to look after its connections.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tasks.h"

BASE_DEFINE_ERROR(STORE_ERR_NO_ACCOUNT, BASE_USAGE, NULL, "No account of this server has this ID");
BASE_DEFINE_ERROR(STORE_ERR_NO_DEVICE, BASE_USAGE, NULL, "The account has no such device");

enum { HOUR = 3600, KEEP_INVITATION_HOURS = 30 * 24, MAX_PATH = 4096 };

static base_result open_current(struct db *out, const char *folder) {
    BASE_TRY(db_open(out, folder, false));
    return db_migrate(out);
}

static base_result put_invitation(struct db *db, const struct store_invitation *invitation) {
    sqlite3_stmt *put = NULL;
    if (invitation->recovers) {
        bool found = false;
        BASE_TRY(store_has_account(db, invitation->account, &found));
        BASE_ENSURE(found, STORE_ERR_NO_ACCOUNT);
    }
    BASE_TRY(db_prepare(db, DB_INVITATION_PUT, &put));
    DB_BIND_FIXED(put, 1, invitation->code_hash);
    db_bind_number(put, 2, invitation->role);
    if (invitation->name.len != 0) {
        db_bind_bytes(put, 3, invitation->name);
    }
    db_bind_number(put, 4, invitation->expires);
    if (invitation->recovers) {
        DB_BIND_FIXED(put, 5, invitation->account);
    }
    BASE_TRY(db_execute(db, put));
    return db_note_expiry(db, invitation->expires / HOUR + KEEP_INVITATION_HOURS, DB_EXPIRES_INVITATION,
                          base_slice(invitation->code_hash, WIRE_KEY_LEN));
}

base_result store_sqlite_invite(const char *folder, const struct store_invitation *invitations, size_t count) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    BASE_TRY(open_current(&db, folder));
    BASE_TRY(db_run(&db, "BEGIN IMMEDIATE"));
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(put_invitation(&db, &invitations[i]));
    }
    return db_run(&db, "COMMIT");
}

base_result store_sqlite_list(const char *folder, void (*call)(void *user, const struct store_account *account),
                              void *user) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    sqlite3_stmt *list = NULL;
    bool row = false;
    BASE_TRY(open_current(&db, folder));
    BASE_TRY(db_prepare(&db, DB_ACCOUNT_LIST, &list));
    BASE_TRY(db_step(&db, list, &row));
    while (row) {
        struct store_account account = { .role = (uint8_t)db_number(list, 1), .devices = (uint32_t)db_number(list, 2) };
        BASE_TRY(db_copy(list, 0, account.id, WIRE_ACCOUNT_LEN));
        call(user, &account);
        BASE_TRY(db_step(&db, list, &row));
    }
    return BASE_OK;
}

static base_result run_on(struct db *db, enum db_statement which, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    sqlite3_stmt *statement = NULL;
    BASE_TRY(db_prepare(db, which, &statement));
    db_bind_bytes(statement, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    return db_execute(db, statement);
}

static base_result remove_all(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN], uint64_t now) {
    static const enum db_statement rest[] = { DB_EXPIRY_FORGET, DB_LINK_FORGET, DB_INVITATION_FORGET,
                                              DB_ACCOUNT_DELETE };
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN];
    uint32_t count = 0;
    BASE_TRY(store_device_names(db, account, devices, &count));
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        BASE_TRY(run_on(db, rest[i], account));
    }
    BASE_ENSURE(sqlite3_changes(db->handle) == 1, STORE_ERR_NO_ACCOUNT);
    for (uint32_t i = 0; i < count; i++) {
        BASE_TRY(store_drop_device(db, account, devices[i], now));
    }
    return BASE_OK;
}

/* A running server watches its lock's time. */
static void wake_server(const char *folder) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/lock", folder);
    if (len > 0 && (size_t)len < sizeof path) {
        (void)utimensat(AT_FDCWD, path, NULL, 0);
    }
}

static base_result device_names(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                                uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], uint32_t *count) {
    bool found = false;
    BASE_TRY(store_has_account(db, account, &found));
    BASE_ENSURE(found, STORE_ERR_NO_ACCOUNT);
    return store_device_names(db, account, devices, count);
}

base_result store_sqlite_devices(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN],
                                 uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], uint32_t *count) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    BASE_TRY(open_current(&db, folder));
    return device_names(&db, account, devices, count);
}

static base_result remove_one(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                              const uint8_t device[WIRE_DEVICE_LEN], uint64_t now) {
    bool found = false;
    BASE_TRY(store_has_account(db, account, &found));
    BASE_ENSURE(found, STORE_ERR_NO_ACCOUNT);
    BASE_TRY(store_has_device(db, account, device, &found));
    BASE_ENSURE(found, STORE_ERR_NO_DEVICE);
    return store_drop_device(db, account, device, now);
}

base_result store_sqlite_remove_device(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN],
                                       const uint8_t device[WIRE_DEVICE_LEN]) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    BASE_TRY(open_current(&db, folder));
    BASE_TRY(db_run(&db, "BEGIN IMMEDIATE"));
    BASE_TRY(remove_one(&db, account, device, (uint64_t)time(NULL)));
    BASE_TRY(db_run(&db, "COMMIT"));
    wake_server(folder);
    return BASE_OK;
}

base_result store_sqlite_remove(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    BASE_TRY(open_current(&db, folder));
    BASE_TRY(db_run(&db, "BEGIN IMMEDIATE"));
    BASE_TRY(remove_all(&db, account, (uint64_t)time(NULL)));
    BASE_TRY(db_run(&db, "COMMIT"));
    wake_server(folder);
    return BASE_OK;
}
