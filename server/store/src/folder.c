/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The data folder: made once, and asked for its settings.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasks.h"

enum { MAX_PATH = 4096 };

static base_result make_folder(const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return BASE_OK;
    }
    return errno == ENOSPC ? &STORE_ERR_FULL : &STORE_ERR_FOLDER;
}

static base_result put_setting(struct db *db, const char *name, const char *value) {
    sqlite3_stmt *put = NULL;
    static const char sql[] = "INSERT INTO setting(name, value) VALUES(?1, ?2)";
    if (sqlite3_prepare_v2(db->handle, sql, -1, &put, NULL) != SQLITE_OK) {
        return db_failure(db);
    }
    sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(put, 2, value, -1, SQLITE_STATIC);
    base_result result = db_execute(db, put);
    sqlite3_finalize(put);
    return result;
}

static base_result get_setting(struct db *db, const char *name, char *out, size_t size) {
    sqlite3_stmt *get = NULL;
    if (sqlite3_prepare_v2(db->handle, "SELECT value FROM setting WHERE name = ?1", -1, &get, NULL) != SQLITE_OK) {
        /* Without that table, it is no database of ours. */
        return &STORE_ERR_NONE;
    }
    bool row = false;
    sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
    base_result result = db_step(db, get, &row);
    const char *value = row ? (const char *)sqlite3_column_text(get, 0) : NULL;
    int len = value == NULL ? -1 : snprintf(out, size, "%s", value);
    sqlite3_finalize(get);
    BASE_TRY(result);
    BASE_ENSURE(len >= 0 && (size_t)len < size, STORE_ERR_NONE);
    return BASE_OK;
}

base_result store_sqlite_init(const char *folder, const struct store_settings *settings) {
    char path[MAX_PATH];
    int len = snprintf(path, sizeof path, "%s/blobs", folder);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof path, STORE_ERR_FOLDER);
    BASE_TRY(make_folder(folder));
    BASE_TRY(make_folder(path));
    struct db db BASE_CLEANUP(db_close) = { 0 };
    BASE_TRY(db_open(&db, folder, true));
    BASE_TRY(db_migrate(&db));
    char domain[WIRE_MAX_DOMAIN + 1];
    BASE_TRY(db_run(&db, "BEGIN IMMEDIATE"));
    BASE_ENSURE(get_setting(&db, "domain", domain, sizeof domain) == &STORE_ERR_NONE, STORE_ERR_EXISTS);
    BASE_TRY(put_setting(&db, "domain", settings->domain));
    BASE_TRY(put_setting(&db, "url", settings->url));
    return db_run(&db, "COMMIT");
}

base_result store_sqlite_settings(const char *folder, struct store_settings *out) {
    struct db db BASE_CLEANUP(db_close) = { 0 };
    struct store_settings settings = { 0 };
    BASE_TRY(db_open(&db, folder, false));
    BASE_TRY(get_setting(&db, "domain", settings.domain, sizeof settings.domain));
    BASE_TRY(get_setting(&db, "url", settings.url, sizeof settings.url));
    *out = settings;
    return BASE_OK;
}
