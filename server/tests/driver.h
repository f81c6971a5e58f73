/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A store for tests: the real one in a temporary folder, made to answer at once, to fail, or to wait until it is told.
 */
#ifndef SERVER_TESTS_DRIVER_H
#define SERVER_TESTS_DRIVER_H

#include "store/sqlite.h"
#include "test/random.h"

enum { DRIVER_NOW = 1800000000, MAX_WAITING = 256 };

struct driver {
    struct store store; /**< what the tested code gets */
    char folder[64];
    struct store *real;
    struct test_random random;
    uint64_t swept;       /**< `now` of the last driver_sweep() */
    uint64_t now;         /**< seconds; replaces the operations' own time unless 0 */
    uint16_t refuse_with; /**< every operation is refused so, unless 0 */
    bool hold;            /**< operations wait for driver_release() */
    struct store_op *waiting[MAX_WAITING], *finished[MAX_WAITING];
    size_t waiting_count, finished_count;
    size_t submitted;
};

/** Makes a folder with an empty store and opens it. */
void driver_open(struct driver *driver);
/** Closes the store and opens it again, as after a restart. */
void driver_reopen(struct driver *driver);
/** Closes the store and removes the folder. */
void driver_close(struct driver *driver);

/** Carries out waiting operation number `index`, so that store_finish() gives it back. */
void driver_release(struct driver *driver, size_t index);

/** Runs one operation to its end, and returns it. `op` was made with driver_op(). */
struct store_op *driver_run(struct driver *driver, struct store_op *op);
/** A new operation at the driver's time. */
struct store_op *driver_op(struct driver *driver, enum store_task task);

/** Stores an invitation for `code`. */
void driver_invite(struct driver *driver, const char *code, const char *name, uint64_t expires);

/** Sweeps all that is due. After a leap of the clock the store trusts it only when it has stood for a day of sweeps. */
void driver_sweep(struct driver *driver);

#endif
