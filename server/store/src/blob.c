/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Blobs: a row says how large it is, who may upload, and its end; others, who may delete it. The bytes lie in a file of
 * its name.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tasks.h"

enum { MAX_PATH = 4096, HEX_LEN = 2 * WIRE_BLOB_LEN };

/* Room that stays free for the database when blobs are accepted; less is kept when they arrive. */
enum { RESERVE = 64 << 20, LAST_RESERVE = 32 << 20, SMALL_DISK_PART = 32 };

bool store_blob_path(const char *folder, const uint8_t blob[WIRE_BLOB_LEN], char *out, size_t size) {
    static const char digits[] = "0123456789abcdef";
    char hex[HEX_LEN + 1];
    for (size_t i = 0; i < WIRE_BLOB_LEN; i++) {
        hex[2 * i] = digits[blob[i] >> 4];
        hex[2 * i + 1] = digits[blob[i] & 15];
    }
    hex[HEX_LEN] = 0;
    int len = snprintf(out, size, "%s/blobs/%.2s/%s", folder, hex, hex);
    return len > 0 && (size_t)len < size;
}

struct blob {
    bool found;
    uint64_t size, expires; /**< bytes; hour */
    uint8_t upload_hash[WIRE_KEY_LEN];
};

static base_result find_blob(struct db *db, const uint8_t name[WIRE_BLOB_LEN], struct blob *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_BLOB_FIND, &find));
    db_bind_bytes(find, 1, base_slice(name, WIRE_BLOB_LEN));
    BASE_TRY(db_step(db, find, &out->found));
    if (out->found) {
        out->size = db_number(find, 0);
        out->expires = db_number(find, 1);
        BASE_TRY(db_copy(find, 2, out->upload_hash, WIRE_KEY_LEN));
    }
    sqlite3_reset(find);
    return BASE_OK;
}

static bool is_there(const struct blob *blob, uint64_t now) {
    enum { HOUR = 3600 };
    return blob->found && blob->expires > now / HOUR;
}

base_result store_find_blob(struct db *db, struct store_op *op) {
    const uint8_t *name = op->ask.of.create_blob.blob;
    struct blob blob = { 0 };
    BASE_TRY(find_blob(db, name, &blob));
    if (!is_there(&blob, op->now)) {
        store_refuse(op, WIRE_REFUSED_NO_ENTRY, 0);
        return BASE_OK;
    }
    struct wire_create_blob *answer = &op->answer.of.create_blob;
    op->answer.type = WIRE_CREATE_BLOB;
    *answer = (struct wire_create_blob){ .size = blob.size };
    memcpy(answer->blob, name, WIRE_BLOB_LEN);
    memcpy(answer->upload_hash, blob.upload_hash, WIRE_KEY_LEN);
    return BASE_OK;
}

/* The empty file is there before its row, so that an upload never makes one for a blob that has been deleted. */
static base_result make_file(const struct db *db, const uint8_t name[WIRE_BLOB_LEN]) {
    char path[MAX_PATH];
    BASE_ENSURE(store_blob_path(db->folder, name, path, sizeof path), STORE_ERR_FOLDER);
    char *slash = strrchr(path, '/');
    *slash = 0;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return errno == ENOSPC ? &STORE_ERR_FULL : &STORE_ERR_FOLDER;
    }
    *slash = '/';
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == ENOSPC ? &STORE_ERR_FULL : &STORE_ERR_FOLDER;
    }
    close(file);
    return BASE_OK;
}

bool store_disk_is_low(const char *folder) {
    struct statvfs disk;
    if (statvfs(folder, &disk) != 0) {
        return false;
    }
    uint64_t part = (uint64_t)disk.f_blocks * disk.f_frsize / SMALL_DISK_PART;
    return (uint64_t)disk.f_bavail * disk.f_frsize < (part < LAST_RESERVE ? part : LAST_RESERVE);
}

static bool has_room(const struct db *db, uint64_t size) {
    struct statvfs disk;
    if (statvfs(db->folder, &disk) != 0) {
        return true;
    }
    return (uint64_t)disk.f_bavail * disk.f_frsize > size + RESERVE;
}

static base_result change_hold(struct db *db, enum db_statement which, const uint8_t name[WIRE_BLOB_LEN],
                               const uint8_t hash[WIRE_KEY_LEN]) {
    sqlite3_stmt *change = NULL;
    BASE_TRY(db_prepare(db, which, &change));
    db_bind_bytes(change, 1, base_slice(name, WIRE_BLOB_LEN));
    db_bind_bytes(change, 2, base_slice(hash, WIRE_KEY_LEN));
    return db_execute(db, change);
}

static base_result is_held(struct db *db, const uint8_t name[WIRE_BLOB_LEN], const uint8_t hash[WIRE_KEY_LEN],
                           bool *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_BLOB_IS_HELD, &find));
    db_bind_bytes(find, 1, base_slice(name, WIRE_BLOB_LEN));
    db_bind_bytes(find, 2, base_slice(hash, WIRE_KEY_LEN));
    base_result result = db_step(db, find, out);
    sqlite3_reset(find);
    return result;
}

static base_result count_holds(struct db *db, const uint8_t name[WIRE_BLOB_LEN], uint64_t *out) {
    sqlite3_stmt *count = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_BLOB_COUNT_HOLDS, &count));
    db_bind_bytes(count, 1, base_slice(name, WIRE_BLOB_LEN));
    BASE_TRY(db_step(db, count, &row));
    *out = row ? db_number(count, 0) : 0;
    sqlite3_reset(count);
    return BASE_OK;
}

base_result store_create_blob(struct db *db, struct store_op *op) {
    const struct wire_create_blob *ask = &op->ask.of.create_blob;
    struct blob blob = { 0 };
    BASE_TRY(find_blob(db, ask->blob, &blob));
    if (blob.found) {
        if (blob.size == ask->size && base_equal_secret(blob.upload_hash, ask->upload_hash, WIRE_KEY_LEN)) {
            op->answer.type = WIRE_DONE;
        } else {
            store_refuse(op, WIRE_REFUSED_BLOB_EXISTS, 0);
        }
        return BASE_OK;
    }
    if (ask->size > db->max_blob) {
        store_refuse(op, WIRE_REFUSED_TOO_LARGE, db->max_blob);
        return BASE_OK;
    }
    if (db->blob_total > db->blob_quota || ask->size > db->blob_quota - db->blob_total) {
        store_refuse(op, WIRE_REFUSED_FULL, db->blob_quota);
        return BASE_OK;
    }
    if (!has_room(db, ask->size)) {
        store_refuse(op, WIRE_REFUSED_DISK_FULL, 0);
        return BASE_OK;
    }
    uint64_t expires = db_expiry_hour(db, op->now, store_lifetime(ask->lifetime));
    sqlite3_stmt *put = NULL;
    BASE_TRY(make_file(db, ask->blob));
    BASE_TRY(db_prepare(db, DB_BLOB_PUT, &put));
    DB_BIND_FIXED(put, 1, ask->blob);
    db_bind_number(put, 2, ask->size);
    db_bind_number(put, 3, expires);
    DB_BIND_FIXED(put, 4, ask->upload_hash);
    BASE_TRY(db_execute(db, put));
    BASE_TRY(change_hold(db, DB_BLOB_HOLD, ask->blob, ask->deletion_hash));
    BASE_TRY(db_note_expiry(db, expires, DB_EXPIRES_BLOB, base_slice(ask->blob, WIRE_BLOB_LEN)));
    db->blob_total += ask->size;
    op->answer.type = WIRE_DONE;
    return BASE_OK;
}

base_result store_remove_blob(struct db *db, const uint8_t name[WIRE_BLOB_LEN], uint64_t size) {
    char path[MAX_PATH];
    BASE_ENSURE(store_blob_path(db->folder, name, path, sizeof path), STORE_ERR_FOLDER);
    if (unlink(path) != 0 && errno != ENOENT) {
        return &STORE_ERR_FOLDER;
    }
    sqlite3_stmt *delete = NULL;
    BASE_TRY(db_prepare(db, DB_BLOB_DELETE, &delete));
    db_bind_bytes(delete, 1, base_slice(name, WIRE_BLOB_LEN));
    BASE_TRY(db_execute(db, delete));
    BASE_TRY(db_prepare(db, DB_BLOB_LET_ALL_GO, &delete));
    db_bind_bytes(delete, 1, base_slice(name, WIRE_BLOB_LEN));
    BASE_TRY(db_execute(db, delete));
    db->blob_total -= size < db->blob_total ? size : db->blob_total;
    return BASE_OK;
}

static base_result prolong(struct db *db, const uint8_t name[WIRE_BLOB_LEN], uint64_t expires) {
    sqlite3_stmt *change = NULL;
    BASE_TRY(db_prepare(db, DB_BLOB_PROLONG, &change));
    db_bind_bytes(change, 1, base_slice(name, WIRE_BLOB_LEN));
    db_bind_number(change, 2, expires);
    BASE_TRY(db_execute(db, change));
    return db_note_expiry(db, expires, DB_EXPIRES_BLOB, base_slice(name, WIRE_BLOB_LEN));
}

base_result store_hold_blob(struct db *db, struct store_op *op) {
    const struct wire_hold_blob *ask = &op->ask.of.hold_blob;
    struct blob blob = { 0 };
    BASE_TRY(find_blob(db, ask->blob, &blob));
    if (!is_there(&blob, op->now) || blob.size != ask->size) {
        store_refuse(op, WIRE_REFUSED_NO_ENTRY, 0);
        return BASE_OK;
    }
    bool held = false;
    uint64_t holds = 0;
    BASE_TRY(is_held(db, ask->blob, ask->deletion_hash, &held));
    BASE_TRY(count_holds(db, ask->blob, &holds));
    if (!held && holds >= STORE_MAX_HOLDS) {
        store_refuse(op, WIRE_REFUSED_FULL, STORE_MAX_HOLDS);
        return BASE_OK;
    }
    uint64_t expires = db_expiry_hour(db, op->now, store_lifetime(ask->lifetime));
    BASE_TRY(change_hold(db, DB_BLOB_HOLD, ask->blob, ask->deletion_hash));
    op->answer.type = WIRE_DONE;
    return expires > blob.expires ? prolong(db, ask->blob, expires) : BASE_OK;
}

base_result store_delete_blob(struct db *db, struct store_op *op) {
    const struct wire_delete_blob *ask = &op->ask.of.delete_blob;
    uint8_t given[WIRE_KEY_LEN];
    struct blob blob = { 0 };
    bool held = false;
    uint64_t holds = 0;
    store_sha256(base_slice(ask->deletion_key, sizeof ask->deletion_key), given);
    BASE_TRY(find_blob(db, ask->blob, &blob));
    BASE_TRY(is_held(db, ask->blob, given, &held));
    if (!blob.found || !held) {
        store_refuse(op, WIRE_REFUSED_NO_ENTRY, 0);
        return BASE_OK;
    }
    BASE_TRY(change_hold(db, DB_BLOB_LET_GO, ask->blob, given));
    BASE_TRY(count_holds(db, ask->blob, &holds));
    op->answer.type = WIRE_DONE;
    return holds == 0 ? store_remove_blob(db, ask->blob, blob.size) : BASE_OK;
}

base_result store_load_blob_total(struct db *db) {
    sqlite3_stmt *sum = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_BLOB_TOTAL, &sum));
    BASE_TRY(db_step(db, sum, &row));
    db->blob_total = row ? db_number(sum, 0) : 0;
    sqlite3_reset(sum);
    return BASE_OK;
}
