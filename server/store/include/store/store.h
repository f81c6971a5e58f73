/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The store: what the server keeps, behind an interface. docs/privacy.md lists every field and its end.
 *
 * A store takes operations, works on them beside its user's thread, and gives them back finished, in the order in which
 * they became durable. Operations on one stream, device or blob need no transaction across two of them, so that
 * a distributed engine can stand behind the same interface.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/host.h"
#include "wire/wire.h"

enum store_task {
    STORE_FIND_DEVICE,    /**< reads: `ask.of.sign_in` names it; gives `key` and `pushes`, and answers signed_in. A
                               device that was removed lately has its `key` still, with the refusal */
    STORE_LIST_DEVICES,   /**< reads: of `account` */
    STORE_READ,           /**< reads */
    STORE_INBOX_READ,     /**< reads: of `account` and `device` */
    STORE_GET_IDENTITIES, /**< reads */
    STORE_GET_DOOR,       /**< reads */
    STORE_FIND_BLOB, /**< reads: `ask.of.create_blob.blob` names it; answers create_blob with size and `upload_hash` */
    STORE_FIND_PUSH, /**< reads: of `account` and `device`; answers put_push, empty if it has no endpoint */
    STORE_LIST_PUSHES,       /**< reads: the devices behind `account` and `device` that have an endpoint, at most
                                  STORE_MAX_PUSHES: the two names of each in `answered`; sets `more` */
    STORE_FIRST_WRITE,       /**< those from here on change what is stored */
    STORE_ACTIVATE,          /**< the proofs have been checked by the caller */
    STORE_CREATE_LINK,       /**< by `account` and `device` */
    STORE_TAKE_LINK,         /**< by anybody */
    STORE_REMOVE_DEVICE,     /**< by `account` and `device` */
    STORE_PUT_KEY_PACKAGES,  /**< of `account` and `device`; sets `fresh` */
    STORE_TAKE_KEY_PACKAGES, /**< by `account` and `device`: each one-time package once */
    STORE_CREATE_STREAM,
    STORE_APPEND,       /**< by `who`: answers appended; sets `last_commit` and `fresh` */
    STORE_USE_EPOCH,    /**< `ask.of.read`: its token was used by `who` */
    STORE_PUT_RECOVERY, /**< of `account` and `device` */
    STORE_PUT_PUSH,     /**< of `account` and `device` */
    STORE_DROP_PUSH,    /**< likewise, if it is `ask.of.put_push` */
    STORE_PUT_DOOR,
    STORE_DELETE_ENTRY,
    STORE_INBOX_APPEND, /**< answers appended; sets `fresh` */
    STORE_INBOX_DELETE, /**< of `account` and `device` */
    STORE_CREATE_BLOB,
    STORE_HOLD_BLOB,
    STORE_DELETE_BLOB,
    STORE_SWEEP, /**< removes what has expired by `now`, a bounded part of it; sets `more` */
};

enum {
    STORE_MAX_PUSHES = 64,
    STORE_INBOX_LIFETIME =
        366 * 24 * 3600,    /**< seconds that a letter waits for its device, which may be away for long */
    STORE_MAX_HOLDS = 1024, /**< deletion keys of one blob: a file that so many have forwarded is passed on anew */
};

/**
 * An operation. Who submits it owns it before and after, the store in between. `ask` borrows from `asked`, `answer`
 * from `answered`, so that an operation can outlive the buffer that it came in.
 */
struct store_op {
    enum store_task task;
    uint64_t now;                                               /**< seconds since 1970 */
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN]; /**< of the device that asks, where the task says so */
    struct wire_frame ask;
    struct base_bytes asked;

    struct wire_frame answer; /**< the type that the request asks for, or a refusal */
    struct base_bytes answered;
    uint8_t key[WIRE_KEY_LEN];
    uint64_t last_commit; /**< of the stream, after this operation */
    bool fresh;           /**< something was appended, not repeated; key packages: the device had none before */
    bool more;
    bool pushes;    /**< find_device: it has an endpoint for pushes */
    bool recovered; /**< activate: the account has another identity now, and its devices of before are removed */
    bool unused;    /**< a read by a token that is not marked as used: STORE_USE_EPOCH is to follow */
    uint64_t who;   /**< number of the connection; kept in memory alone */

    void (*done)(struct store_op *op); /**< called by store_finish(), on its caller's thread; owns the operation then */
    void *user;
    struct store_op *next; /**< the store's */
};

struct store_counters {
    uint64_t batches, writes, reads, failures; /**< transactions, operations in them, reads, failed transactions */
    uint64_t queued;                           /**< operations not finished yet */
    uint64_t queued_bytes;                     /**< and what they were asked with */
    bool last_write_ok; /**< the last transaction that changed anything, or failed, did not fail */
};

struct store;

struct store_functions {
    void (*submit)(struct store *store, struct store_op *op);
    struct store_op *(*take_finished)(struct store *store);
    void (*count)(struct store *store, struct store_counters *out);
    void (*close)(struct store *store);
};

/** Every implementation begins with this. */
struct store {
    const struct store_functions *functions;
};

/** Hands an operation over. It will come back through store_finish(), whatever happens. Never waits. */
static inline void store_submit(struct store *store, struct store_op *op) {
    store->functions->submit(store, op);
}

/** Calls done() of every operation that is finished. Never waits. */
static inline void store_finish(struct store *store) {
    for (struct store_op *op = store->functions->take_finished(store); op != NULL;
         op = store->functions->take_finished(store)) {
        op->done(op);
    }
}

static inline void store_count(struct store *store, struct store_counters *out) {
    store->functions->count(store, out);
}

/** Works off what was submitted, and ends the store. Operations finished by then are still to be taken before. */
static inline void store_close(struct store *store) {
    store->functions->close(store);
}

/** A zeroed operation, or NULL without memory. */
struct store_op *store_op_new(const struct base_allocator *allocator, enum store_task task);

/** Wipes and frees an operation and what it holds. NULL is allowed. */
void store_op_free(struct store_op *op);

/** True for tasks whose result takes room on the disk. */
bool store_takes_room(enum store_task task);

/** Sets the answer to a refusal. */
void store_refuse(struct store_op *op, enum wire_refusal_code code, uint64_t argument);

/** True unless the answer is a refusal. */
bool store_succeeded(const struct store_op *op);

#endif
