/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Blobs of the embedded store, on a real disk: bounds, deletion, who holds them, and their end.
 */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "test/cmocka.h"

static struct store_op *delete_blob_op(struct driver *driver, uint8_t name, uint8_t key) {
    struct store_op *op = driver_op(driver, STORE_DELETE_BLOB);
    fill(op->ask.of.delete_blob.blob, WIRE_BLOB_LEN, name);
    fill(op->ask.of.delete_blob.deletion_key, WIRE_KEY_LEN, key);
    return op;
}

static void test_blobs(void **state) {
    struct driver *driver = *state;
    enum { MIB = 1 << 20 };
    char path[256];
    expect_refusal(driver, blob_op(driver, STORE_CREATE_BLOB, 1, MIB + 1), WIRE_REFUSED_TOO_LARGE);
    for (uint8_t i = 1; i <= 4; i++) {
        expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, i, MIB));
    }
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 1, MIB));
    expect_refusal(driver, blob_op(driver, STORE_CREATE_BLOB, 1, MIB - 1), WIRE_REFUSED_BLOB_EXISTS);
    expect_refusal(driver, blob_op(driver, STORE_CREATE_BLOB, 5, 1), WIRE_REFUSED_FULL);
    driver_reopen(driver);
    expect_refusal(driver, blob_op(driver, STORE_CREATE_BLOB, 5, 1), WIRE_REFUSED_FULL);

    struct store_op *op = expect(driver, blob_op(driver, STORE_FIND_BLOB, 2, 0), WIRE_CREATE_BLOB, 0);
    assert_int_equal(op->answer.of.create_blob.size, MIB);
    store_op_free(op);
    expect_refusal(driver, delete_blob_op(driver, 2, 1), WIRE_REFUSED_NO_ENTRY);
    expect_done(driver, delete_blob_op(driver, 2, 2));
    expect_refusal(driver, delete_blob_op(driver, 2, 2), WIRE_REFUSED_NO_ENTRY);
    expect_refusal(driver, blob_op(driver, STORE_FIND_BLOB, 2, 0), WIRE_REFUSED_NO_ENTRY);
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 5, MIB));

    uint8_t name[WIRE_BLOB_LEN];
    fill(name, sizeof name, 1);
    assert_true(store_blob_path(driver->folder, name, path, sizeof path));
    assert_int_equal(access(path, F_OK), 0);
    driver->now += 3 * 3600;
    expect_refusal(driver, blob_op(driver, STORE_FIND_BLOB, 1, 0), WIRE_REFUSED_NO_ENTRY);
    sweep(driver);
    assert_int_not_equal(access(path, F_OK), 0);
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 6, MIB));
}

static struct store_op *hold_blob_op(struct driver *driver, uint8_t name, uint64_t size, uint8_t key) {
    struct store_op *op = driver_op(driver, STORE_HOLD_BLOB);
    fill(op->ask.of.hold_blob.blob, WIRE_BLOB_LEN, name);
    op->ask.of.hold_blob.size = size;
    hash_of(key, op->ask.of.hold_blob.deletion_hash);
    op->ask.of.hold_blob.lifetime = 3600;
    return op;
}

static void assert_blob(struct driver *driver, uint8_t name, bool there) {
    char path[256];
    uint8_t blob[WIRE_BLOB_LEN];
    fill(blob, sizeof blob, name);
    assert_true(store_blob_path(driver->folder, blob, path, sizeof path));
    assert_int_equal(access(path, F_OK) == 0, there);
}

static void test_held_blobs(void **state) {
    struct driver *driver = *state;
    expect_refusal(driver, hold_blob_op(driver, 1, 5, 3), WIRE_REFUSED_NO_ENTRY);
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 1, 5));
    expect_refusal(driver, hold_blob_op(driver, 1, 6, 3), WIRE_REFUSED_NO_ENTRY);
    expect_done(driver, hold_blob_op(driver, 1, 5, 3));
    expect_done(driver, hold_blob_op(driver, 1, 5, 3));
    driver_reopen(driver);

    /* It goes with the last one who holds it, in whatever order. */
    expect_done(driver, delete_blob_op(driver, 1, 2));
    expect_refusal(driver, delete_blob_op(driver, 1, 2), WIRE_REFUSED_NO_ENTRY);
    assert_blob(driver, 1, true);
    expect_done(driver, delete_blob_op(driver, 1, 3));
    assert_blob(driver, 1, false);
    expect_refusal(driver, hold_blob_op(driver, 1, 5, 3), WIRE_REFUSED_NO_ENTRY);

    /* Nothing is left of who held it before. */
    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 1, 5));
    expect_refusal(driver, delete_blob_op(driver, 1, 3), WIRE_REFUSED_NO_ENTRY);

    /* Whoever holds it does so for his own time. Whose time is over holds nothing. */
    driver->now += 3600;
    expect_done(driver, hold_blob_op(driver, 1, 5, 3));
    driver->now += 3600;
    sweep(driver);
    assert_blob(driver, 1, true);
    driver->now += 3600;
    expect_refusal(driver, hold_blob_op(driver, 1, 5, 4), WIRE_REFUSED_NO_ENTRY);
    sweep(driver);
    assert_blob(driver, 1, false);

    expect_done(driver, blob_op(driver, STORE_CREATE_BLOB, 2, 5));
    for (size_t i = 1; i < STORE_MAX_HOLDS; i++) {
        struct store_op *op = hold_blob_op(driver, 2, 5, 3);
        memcpy(op->ask.of.hold_blob.deletion_hash, &i, sizeof i);
        expect_done(driver, op);
    }
    expect_refusal(driver, hold_blob_op(driver, 2, 5, 3), WIRE_REFUSED_FULL);
    expect_done(driver, hold_blob_op(driver, 2, 5, 2));
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_blobs),
        TEST(test_held_blobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
