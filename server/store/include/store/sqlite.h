/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The embedded store: SQLite in one data folder. One thread writes and gathers what is waiting into one durable
 * transaction (group commit), one reads beside it.
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/store.h"

enum {
    STORE_LIFETIME = 30 * 24 * 3600,     /**< seconds that an entry or blob lives unless asked otherwise */
    STORE_MAX_STREAM = 1000000,          /**< entries between a stream's oldest and newest */
    STORE_MAX_INBOX_BYTES = 64 << 20,    /**< content waiting in one inbox */
    STORE_KEEP_REMOVED = 90 * 24 * 3600, /**< seconds for which a removed device is told so */
    STORE_MAX_URL = 512,
};

extern const struct base_error STORE_ERR_EXISTS;     /**< the folder holds a store already */
extern const struct base_error STORE_ERR_NONE;       /**< the folder holds no store */
extern const struct base_error STORE_ERR_VERSION;    /**< written by a newer server */
extern const struct base_error STORE_ERR_IN_USE;     /**< another server works on this folder */
extern const struct base_error STORE_ERR_NO_ACCOUNT; /**< no account has this ID */
extern const struct base_error STORE_ERR_NO_DEVICE;  /**< the account has no such device */
extern const struct base_error STORE_ERR_FULL;       /**< the disk is full */
extern const struct base_error STORE_ERR_DATABASE;   /**< SQLite reports an error */
extern const struct base_error STORE_ERR_FOLDER;     /**< the folder cannot be made, read or written */

/** What `init` wrote down. Both end with 0. */
struct store_settings {
    char domain[WIRE_MAX_DOMAIN + 1];
    char url[STORE_MAX_URL + 1]; /**< empty unless the administrator gave one */
};

struct store_sqlite_options {
    const struct base_allocator *allocator;
    const struct base_random *random;
    const char *folder;
    uint64_t max_blob;        /**< bytes of one blob */
    uint64_t blob_quota;      /**< bytes of all blobs together */
    void (*wake)(void *user); /**< called from the store's threads when something has been finished */
    void *user;
};

/** Makes the folder (0700) and an empty store in it. STORE_ERR_EXISTS, STORE_ERR_FOLDER, STORE_ERR_FULL,
 * STORE_ERR_DATABASE. */
BASE_MUST_USE base_result store_sqlite_init(const char *folder, const struct store_settings *settings);

/** Reads the settings. STORE_ERR_NONE, STORE_ERR_VERSION, STORE_ERR_DATABASE. */
BASE_MUST_USE base_result store_sqlite_settings(const char *folder, struct store_settings *out);

/** Opens the store and starts its threads. The errors above, STORE_ERR_IN_USE, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result store_sqlite_open(const struct store_sqlite_options *options, struct store **out);

struct store_invitation {
    uint8_t code_hash[WIRE_KEY_LEN]; /**< SHA-256 of the code, which itself is stored nowhere */
    uint8_t role;
    struct base_slice name; /**< at most WIRE_MAX_NAME */
    uint64_t expires;       /**< seconds since 1970 */
    bool recovers;          /**< gives `account`, which exists, back to somebody who has lost all its devices */
    uint8_t account[WIRE_ACCOUNT_LEN];
};

/**
 * Stores invitations durably, all or none, from any process, also while a server works on the folder. STORE_ERR_NONE,
 * STORE_ERR_VERSION, STORE_ERR_FULL, STORE_ERR_DATABASE; STORE_ERR_NO_ACCOUNT: there is none to recover.
 */
BASE_MUST_USE base_result store_sqlite_invite(const char *folder, const struct store_invitation *invitations,
                                              size_t count);

struct store_account {
    uint8_t id[WIRE_ACCOUNT_LEN];
    uint8_t role; /**< 0 user, 1 administrator */
    uint32_t devices;
};

/** Calls `call` for each account, by ID. From any process; the errors of store_sqlite_invite(). */
BASE_MUST_USE base_result store_sqlite_list(const char *folder,
                                            void (*call)(void *user, const struct store_account *account), void *user);

/** Gives the names of an account's devices, in order, and how many there are. STORE_ERR_NO_ACCOUNT, and as above. */
BASE_MUST_USE base_result store_sqlite_devices(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN],
                                               uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN], uint32_t *count);

/**
 * Removes one device of an account, as another device of the account would (WIRE_REMOVE_DEVICE). STORE_ERR_NO_DEVICE,
 * and otherwise as store_sqlite_remove().
 */
BASE_MUST_USE base_result store_sqlite_remove_device(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN],
                                                     const uint8_t device[WIRE_DEVICE_LEN]);

/**
 * Removes an account: its devices, their inboxes and key packages, links and the invitation that it came from. For
 * STORE_KEEP_REMOVED its devices are told so. From any process; a server that works on the folder looks after its
 * connections at once. STORE_ERR_NO_ACCOUNT, and the errors of store_sqlite_invite().
 */
BASE_MUST_USE base_result store_sqlite_remove(const char *folder, const uint8_t account[WIRE_ACCOUNT_LEN]);

/**
 * True if the disk has so little room left that it is kept for what makes room: deletions, and the sweeper. (32 MiB, or
 * a thirty-second part of a small disk.)
 */
bool store_disk_is_low(const char *folder);

/** Path of a blob's file, FOLDER/blobs/xx/<64 hex>, and a final 0. False if `size` is too small. */
bool store_blob_path(const char *folder, const uint8_t blob[WIRE_BLOB_LEN], char *out, size_t size);

#endif
