/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations become accounts with a device, links further devices.
 */
#include <string.h>

#include "tasks.h"
#include "wire/id.h"

/* A device that was removed: its key, so that nobody else is told about it. */
static base_result find_removed(struct db *db, struct store_op *op) {
    const struct wire_sign_in *ask = &op->ask.of.sign_in;
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_REMOVED_FIND, ask->account, ask->device, &find));
    BASE_TRY(db_step(db, find, &row));
    store_refuse(op, row ? WIRE_REFUSED_REMOVED : WIRE_REFUSED_SIGN_IN, 0);
    if (row) {
        BASE_TRY(db_copy(find, 0, op->key, WIRE_KEY_LEN));
    }
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_find_device(struct db *db, struct store_op *op) {
    const struct wire_sign_in *ask = &op->ask.of.sign_in;
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_FIND, ask->account, ask->device, &find));
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return find_removed(db, op);
    }
    BASE_TRY(db_copy(find, 0, op->key, WIRE_KEY_LEN));
    op->pushes = sqlite3_column_type(find, 1) != SQLITE_NULL;
    sqlite3_reset(find);
    op->answer.type = WIRE_SIGNED_IN;
    return store_name_key_packages(db, ask->account, ask->device, op);
}

static base_result is_listed(struct db *db, const struct wire_which_device *device, bool *out) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_DEVICE_BY_KEY, &find));
    DB_BIND_FIXED(find, 1, device->account);
    DB_BIND_FIXED(find, 2, device->key);
    BASE_TRY(db_step(db, find, out));
    sqlite3_reset(find);
    return BASE_OK;
}

base_result store_get_identities(struct db *db, struct store_op *op) {
    struct base_reader devices = base_reader(op->ask.of.get_identities.devices);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(db->allocator, WIRE_MAX_FRAME);
    while (devices.left != 0) {
        struct wire_identity identity = { .identity_key = { NULL, 0 } };
        sqlite3_stmt *find = NULL;
        bool row = false, listed = false;
        BASE_TRY(wire_which_device_next(&devices, &identity.device));
        BASE_TRY(is_listed(db, &identity.device, &listed));
        BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
        DB_BIND_FIXED(find, 1, identity.device.account);
        BASE_TRY(db_step(db, find, &row));
        identity.identity_key = row ? db_bytes(find, 1) : identity.identity_key;
        identity.listed = listed ? 1 : 0;
        wire_identity_write(&writer, &identity);
        sqlite3_reset(find);
    }
    BASE_TRY(base_writer_finish(&writer, &op->answered));
    op->answer.type = WIRE_IDENTITIES;
    op->answer.of.identities.identities = base_borrow(&op->answered);
    return BASE_OK;
}

base_result store_has_account(struct db *db, const uint8_t id[WIRE_ACCOUNT_LEN], bool *found) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
    db_bind_bytes(find, 1, base_slice(id, WIRE_ACCOUNT_LEN));
    BASE_TRY(db_step(db, find, found));
    sqlite3_reset(find);
    return BASE_OK;
}

static base_result free_id(struct db *db, uint8_t out[WIRE_ACCOUNT_LEN]) {
    /* 2^35 IDs: even with millions of accounts the first one is nearly always free. */
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        bool taken = false;
        BASE_TRY(wire_id_random(db->random, out));
        BASE_TRY(store_has_account(db, out, &taken));
        if (!taken) {
            return BASE_OK;
        }
    }
    return &STORE_ERR_DATABASE;
}

static base_result is_same_device(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                                  const struct wire_activate *ask, bool *out) {
    sqlite3_stmt *find = NULL;
    uint8_t identity_key[WIRE_KEY_LEN];
    bool row = false;
    *out = false;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
    db_bind_bytes(find, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return BASE_OK;
    }
    BASE_TRY(db_copy(find, 1, identity_key, WIRE_KEY_LEN));
    sqlite3_reset(find);

    uint8_t device_key[WIRE_KEY_LEN];
    BASE_TRY(db_prepare(db, DB_DEVICE_FIND, &find));
    db_bind_bytes(find, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    DB_BIND_FIXED(find, 2, ask->device);
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return BASE_OK;
    }
    BASE_TRY(db_copy(find, 0, device_key, WIRE_KEY_LEN));
    sqlite3_reset(find);
    *out = memcmp(identity_key, ask->identity_key, WIRE_KEY_LEN) == 0 &&
           memcmp(device_key, ask->device_key, WIRE_KEY_LEN) == 0;
    return BASE_OK;
}

static base_result put_device(struct db *db, const struct wire_activate *ask, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare_owned(db, DB_DEVICE_PUT, account, ask->device, &put));
    DB_BIND_FIXED(put, 3, ask->device_key);
    return db_execute(db, put);
}

static base_result use_invitation(struct db *db, const uint8_t code_hash[WIRE_KEY_LEN],
                                  const uint8_t account[WIRE_ACCOUNT_LEN]) {
    sqlite3_stmt *use = NULL;
    BASE_TRY(db_prepare(db, DB_INVITATION_USE, &use));
    db_bind_bytes(use, 1, base_slice(code_hash, WIRE_KEY_LEN));
    db_bind_bytes(use, 2, base_slice(account, WIRE_ACCOUNT_LEN));
    return db_execute(db, use);
}

/* The account of somebody who has lost all its devices: its ID stays, its identity is another one. */
static base_result recover_account(struct db *db, struct store_op *op, const uint8_t code_hash[WIRE_KEY_LEN],
                                   const uint8_t account[WIRE_ACCOUNT_LEN]) {
    const struct wire_activate *ask = &op->ask.of.activate;
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN];
    uint32_t count = 0;
    BASE_TRY(store_device_names(db, account, devices, &count));
    for (uint32_t i = 0; i < count; i++) {
        BASE_TRY(store_drop_device(db, account, devices[i], op->now));
    }
    sqlite3_stmt *renew = NULL;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_RENEW, &renew));
    db_bind_bytes(renew, 1, base_slice(account, WIRE_ACCOUNT_LEN));
    DB_BIND_FIXED(renew, 2, ask->identity_key);
    BASE_TRY(db_execute(db, renew));
    BASE_TRY(put_device(db, ask, account));
    op->recovered = true;
    return use_invitation(db, code_hash, account);
}

static base_result make_account(struct db *db, const struct wire_activate *ask, const uint8_t code_hash[WIRE_KEY_LEN],
                                uint8_t role, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    struct base_slice id = base_slice(account, WIRE_ACCOUNT_LEN);
    sqlite3_stmt *put = NULL;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_PUT, &put));
    db_bind_bytes(put, 1, id);
    db_bind_number(put, 2, role);
    DB_BIND_FIXED(put, 3, ask->identity_key);
    BASE_TRY(db_execute(db, put));
    BASE_TRY(put_device(db, ask, account));
    return use_invitation(db, code_hash, account);
}

static base_result read_account(struct db *db, const uint8_t id[WIRE_ACCOUNT_LEN], uint8_t *role,
                                uint8_t identity_key[WIRE_KEY_LEN], bool *found) {
    sqlite3_stmt *find = NULL;
    BASE_TRY(db_prepare(db, DB_ACCOUNT_FIND, &find));
    db_bind_bytes(find, 1, base_slice(id, WIRE_ACCOUNT_LEN));
    BASE_TRY(db_step(db, find, found));
    if (*found) {
        *role = (uint8_t)db_number(find, 0);
        BASE_TRY(db_copy(find, 1, identity_key, WIRE_KEY_LEN));
    }
    sqlite3_reset(find);
    return BASE_OK;
}

/* 0, or why no further device comes in by this link. */
static base_result judge_link(struct db *db, const struct store_op *op, const struct store_link *link,
                              const uint8_t identity_key[WIRE_KEY_LEN], struct wire_refusal *out) {
    const struct wire_activate *ask = &op->ask.of.activate;
    sqlite3_stmt *count = NULL;
    bool row = false;
    if (link->taken && memcmp(link->taker, ask->device, WIRE_DEVICE_LEN) != 0) {
        *out = (struct wire_refusal){ WIRE_REFUSED_LINK_USED, 0 };
        return BASE_OK;
    }
    if (link->expires <= op->now) {
        *out = (struct wire_refusal){ WIRE_REFUSED_LINK_EXPIRED, link->expires };
        return BASE_OK;
    }
    if (memcmp(identity_key, ask->identity_key, WIRE_KEY_LEN) != 0) {
        *out = (struct wire_refusal){ WIRE_REFUSED_SIGN_IN, 0 };
        return BASE_OK;
    }
    BASE_TRY(db_prepare(db, DB_DEVICE_COUNT, &count));
    DB_BIND_FIXED(count, 1, link->account);
    BASE_TRY(db_step(db, count, &row));
    if (row && db_number(count, 0) >= WIRE_MAX_DEVICES) {
        *out = (struct wire_refusal){ WIRE_REFUSED_DEVICES, WIRE_MAX_DEVICES };
    }
    sqlite3_reset(count);
    bool there = false;
    BASE_TRY(store_has_device(db, link->account, ask->device, &there));
    if (there) {
        *out = (struct wire_refusal){ WIRE_REFUSED_SIGN_IN, 0 };
    }
    return BASE_OK;
}

/* The code of a link adds a device to the link's account. */
static base_result activate_linked(struct db *db, struct store_op *op, const uint8_t code_hash[WIRE_KEY_LEN]) {
    const struct wire_activate *ask = &op->ask.of.activate;
    struct store_link link = { 0 };
    struct wire_refusal refusal = { 0, 0 };
    uint8_t role = 0, identity_key[WIRE_KEY_LEN];
    bool found = false, same = false;
    BASE_TRY(store_find_link(db, code_hash, &link, &found));
    if (found) {
        BASE_TRY(read_account(db, link.account, &role, identity_key, &found));
    }
    if (!found) {
        store_refuse(op, WIRE_REFUSED_LINK_UNKNOWN, 0);
        return BASE_OK;
    }
    if (link.used || link.recovers) {
        BASE_TRY(is_same_device(db, link.account, ask, &same));
        refusal.code = same || !link.used ? 0 : link.recovers ? WIRE_REFUSED_LINK_UNKNOWN : WIRE_REFUSED_LINK_USED;
    }
    if (!link.used && !same) {
        BASE_TRY(judge_link(db, op, &link, identity_key, &refusal));
    }
    if (refusal.code != 0) {
        store_refuse(op, (enum wire_refusal_code)refusal.code, refusal.argument);
        return BASE_OK;
    }
    if (!link.used && !same) {
        BASE_TRY(put_device(db, ask, link.account));
        BASE_TRY(link.recovers ? BASE_OK : store_use_link(db, code_hash));
    }
    op->answer.type = WIRE_ACTIVATED;
    op->answer.of.activated = (struct wire_activated){ .role = role };
    memcpy(op->answer.of.activated.account, link.account, WIRE_ACCOUNT_LEN);
    return BASE_OK;
}

base_result store_activate(struct db *db, struct store_op *op) {
    const struct wire_activate *ask = &op->ask.of.activate;
    uint8_t code_hash[WIRE_KEY_LEN];
    store_sha256(ask->code, code_hash);
    sqlite3_stmt *find = NULL;
    bool row = false;
    BASE_TRY(db_prepare(db, DB_INVITATION_FIND, &find));
    DB_BIND_FIXED(find, 1, code_hash);
    BASE_TRY(db_step(db, find, &row));
    if (!row) {
        return activate_linked(db, op, code_hash);
    }
    uint8_t role = (uint8_t)db_number(find, 0);
    uint64_t expires = db_number(find, 2);
    bool used = sqlite3_column_type(find, 3) != SQLITE_NULL;
    bool recovers = sqlite3_column_type(find, 4) != SQLITE_NULL;
    uint8_t account[WIRE_ACCOUNT_LEN] = { 0 };
    BASE_TRY(base_bytes_copy(db->allocator, db_bytes(find, 1), &op->answered));
    if (used || recovers) {
        BASE_TRY(db_copy(find, used ? 3 : 4, account, sizeof account));
    }
    sqlite3_reset(find);
    if (recovers) {
        uint8_t identity_key[WIRE_KEY_LEN];
        bool there = false;
        BASE_TRY(read_account(db, account, &role, identity_key, &there));
        if (!there) {
            store_refuse(op, WIRE_REFUSED_LINK_UNKNOWN, 0); /* the account was removed since */
            return BASE_OK;
        }
    }

    if (used) {
        bool same = false;
        BASE_TRY(is_same_device(db, account, ask, &same));
        if (!same) {
            store_refuse(op, WIRE_REFUSED_LINK_USED, 0);
            return BASE_OK;
        }
    } else if (expires <= op->now) {
        store_refuse(op, WIRE_REFUSED_LINK_EXPIRED, expires);
        return BASE_OK;
    } else if (recovers) {
        BASE_TRY(recover_account(db, op, code_hash, account));
    } else {
        BASE_TRY(free_id(db, account));
        BASE_TRY(make_account(db, ask, code_hash, role, account));
    }
    op->answer.type = WIRE_ACTIVATED;
    op->answer.of.activated = (struct wire_activated){ .role = role, .name = base_borrow(&op->answered) };
    memcpy(op->answer.of.activated.account, account, sizeof account);
    return BASE_OK;
}
