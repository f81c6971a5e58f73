/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The test driver: the real store behind it has threads, the driver waits for them.
 */
#define _DEFAULT_SOURCE
#include "driver.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/check.h"

static void wake(void *user) {
    (void)user;
}

static void note_done(struct store_op *op) {
    *(bool *)op->user = true;
}

/* Lets the real store carry out one operation, keeping what the tested code has put into it. */
static void carry_out(struct driver *driver, struct store_op *op) {
    void (*done)(struct store_op *) = op->done;
    void *user = op->user;
    bool finished = false;
    op->done = note_done;
    op->user = &finished;
    op->now = driver->now != 0 ? driver->now : op->now;
    store_submit(driver->real, op);
    while (!finished) {
        store_finish(driver->real);
        usleep(50);
    }
    op->done = done;
    op->user = user;
}

static void finish(struct driver *driver, struct store_op *op) {
    if (driver->refuse_with != 0) {
        store_refuse(op, (enum wire_refusal_code)driver->refuse_with, 0);
    } else {
        carry_out(driver, op);
    }
    TEST_CHECK(driver->finished_count < MAX_WAITING, "too many operations");
    driver->finished[driver->finished_count++] = op;
}

static void submit(struct store *store, struct store_op *op) {
    struct driver *driver = (struct driver *)store;
    driver->submitted++;
    if (driver->hold) {
        TEST_CHECK(driver->waiting_count < MAX_WAITING, "too many operations");
        driver->waiting[driver->waiting_count++] = op;
    } else {
        finish(driver, op);
    }
}

static struct store_op *take_finished(struct store *store) {
    struct driver *driver = (struct driver *)store;
    if (driver->finished_count == 0) {
        return NULL;
    }
    struct store_op *op = driver->finished[0];
    driver->finished_count--;
    memmove(driver->finished, driver->finished + 1, driver->finished_count * sizeof(struct store_op *));
    return op;
}

static void count(struct store *store, struct store_counters *out) {
    store_count(((struct driver *)store)->real, out);
}

static void close_nothing(struct store *store) {
    (void)store;
}

static void open_real(struct driver *driver) {
    const struct store_sqlite_options options = {
        .allocator = base_allocator_libc(),
        .random = &driver->random.random,
        .folder = driver->folder,
        .max_blob = 1 << 20,
        .blob_quota = 4 << 20,
        .wake = wake,
    };
    TEST_CHECK(store_sqlite_open(&options, &driver->real) == BASE_OK, "the store can't be opened");
}

void driver_open(struct driver *driver) {
    static const struct store_functions functions = { submit, take_finished, count, close_nothing };
    struct store_settings settings = { .domain = "example.org" };
    *driver = (struct driver){ .store = { &functions }, .now = DRIVER_NOW };
    snprintf(driver->folder, sizeof driver->folder, "/tmp/weibel-store-XXXXXX");
    TEST_CHECK(mkdtemp(driver->folder) != NULL, "no temporary folder");
    test_random_init_quiet(&driver->random, 1);
    TEST_CHECK(store_sqlite_init(driver->folder, &settings) == BASE_OK, "the store can't be made");
    open_real(driver);
}

void driver_reopen(struct driver *driver) {
    store_close(driver->real);
    open_real(driver);
}

void driver_close(struct driver *driver) {
    char command[128];
    store_close(driver->real);
    snprintf(command, sizeof command, "rm -rf %s", driver->folder);
    TEST_CHECK(system(command) == 0, "the temporary folder can't be removed");
}

void driver_release(struct driver *driver, size_t index) {
    TEST_CHECK(index < driver->waiting_count, "no such operation");
    struct store_op *op = driver->waiting[index];
    driver->waiting_count--;
    memmove(driver->waiting + index, driver->waiting + index + 1,
            (driver->waiting_count - index) * sizeof(struct store_op *));
    finish(driver, op);
}

struct store_op *driver_op(struct driver *driver, enum store_task task) {
    struct store_op *op = store_op_new(base_allocator_libc(), task);
    TEST_CHECK(op != NULL, "the machine is out of memory");
    op->now = driver->now;
    return op;
}

struct store_op *driver_run(struct driver *driver, struct store_op *op) {
    carry_out(driver, op);
    return op;
}

void driver_invite(struct driver *driver, const char *code, const char *name, uint64_t expires) {
    struct store_invitation invitation = { .name = base_slice_text(name), .expires = expires };
    SHA256((const uint8_t *)code, strlen(code), invitation.code_hash);
    TEST_CHECK(store_sqlite_invite(driver->folder, &invitation, 1) == BASE_OK, "no invitation could be made");
}

void driver_sweep(struct driver *driver) {
    enum { LEAP = 7 * 24 * 3600, DAY_OF_SWEEPS = 145 };
    unsigned times = driver->now > driver->swept + LEAP ? DAY_OF_SWEEPS : 1;
    driver->swept = driver->now;
    for (bool more = true; more || times > 0;) {
        struct store_op *op = driver_run(driver, driver_op(driver, STORE_SWEEP));
        TEST_CHECK(store_succeeded(op), "a sweep failed");
        more = op->more;
        times -= times > 0 ? 1 : 0;
        store_op_free(op);
    }
}
