/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The tasks: one function each, run inside a transaction.
 *
 * A task that refuses has written nothing. One that returns an error may have: its whole transaction is rolled back.
 */
#ifndef STORE_SRC_TASKS_H
#define STORE_SRC_TASKS_H

#include "db.h"

typedef base_result store_task_function(struct db *db, struct store_op *op);

/* account.c */
store_task_function store_find_device, store_activate, store_get_identities;
/* device.c */
store_task_function store_list_devices, store_create_link, store_take_link, store_remove_device, store_put_recovery;
/* push.c */
store_task_function store_find_push, store_list_pushes, store_put_push;
/* key_package.c */
store_task_function store_put_key_packages, store_take_key_packages;
/* stream.c */
store_task_function store_create_stream, store_append, store_use_epoch, store_read, store_delete_entry;
/* door.c */
store_task_function store_put_door, store_get_door;
/* inbox.c */
store_task_function store_inbox_append, store_inbox_read, store_inbox_delete;
/* blob.c */
store_task_function store_find_blob, store_create_blob, store_hold_blob, store_delete_blob;
/* sweep.c */
store_task_function store_sweep;

/** The writer's memory of the streams that it has lately appended to. */
base_result hot_streams_open(struct db *db);
void hot_streams_close(struct db *db);
/** Forgets all: after a rollback, and when rows were swept. */
void hot_streams_forget(struct db *db);

/** A link for a new device, as far as activation needs it. */
struct store_link {
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint64_t expires;
    bool taken, used;
    bool recovers; /**< a recovery code: good for any number of devices */
    uint8_t taker[WIRE_DEVICE_LEN];
};

base_result store_find_link(struct db *db, const uint8_t code_hash[WIRE_KEY_LEN], struct store_link *out, bool *found);

/** A device has activated with it: its content goes. */
base_result store_use_link(struct db *db, const uint8_t code_hash[WIRE_KEY_LEN]);

/** True if the account has the device. */
base_result store_has_device(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN], bool *out);

/** The names of an account's devices. */
base_result store_device_names(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                               uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], uint32_t *count);

/** Removes a device and all that is its own; what stays tells it so for a while. */
base_result store_drop_device(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                              const uint8_t device[WIRE_DEVICE_LEN], uint64_t now);

/** Whether the account exists. */
base_result store_has_account(struct db *db, const uint8_t id[WIRE_ACCOUNT_LEN], bool *found);

/** Says in the answer, which is `signed_in`, which key packages are left for a device. */
base_result store_name_key_packages(struct db *db, const uint8_t account[WIRE_ACCOUNT_LEN],
                                    const uint8_t device[WIRE_DEVICE_LEN], struct store_op *op);

/** Removes a blob's file and row. */
base_result store_remove_blob(struct db *db, const uint8_t name[WIRE_BLOB_LEN], uint64_t size);

/** Sums up the blobs' sizes for the quota. */
base_result store_load_blob_total(struct db *db);
/** Finds the day up to which was swept. */
base_result store_load_swept(struct db *db);

/** An account and a device as one name in the table `expiry`. */
enum { STORE_OWNER_LEN = WIRE_ACCOUNT_LEN + WIRE_DEVICE_LEN };
void store_owner_name(const uint8_t account[WIRE_ACCOUNT_LEN], const uint8_t device[WIRE_DEVICE_LEN],
                      uint8_t out[STORE_OWNER_LEN]);

/** Seconds until something that was asked to live `lifetime` seconds ends; 0 means the default. */
static inline uint64_t store_lifetime(uint32_t lifetime) {
    return lifetime == 0 ? STORE_LIFETIME : lifetime;
}

#endif
