/* SPDX-License-Identifier: EUPL-1.2 */
#include "expect.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "test/cmocka.h"

int set_up(void **state) {
    struct driver *driver = calloc(1, sizeof *driver);
    driver_open(driver);
    *state = driver;
    return 0;
}

int tear_down(void **state) {
    driver_close(*state);
    free(*state);
    return 0;
}

struct store_op *expect(struct driver *driver, struct store_op *op, uint8_t type, uint16_t code) {
    driver_run(driver, op);
    if (op->answer.type == WIRE_REFUSAL && op->answer.of.refusal.code != code) {
        print_error("refused: %s\n", wire_refusal_name(op->answer.of.refusal.code));
    }
    assert_int_equal(op->answer.type, type);
    if (type == WIRE_REFUSAL) {
        assert_int_equal(op->answer.of.refusal.code, code);
    }
    return op;
}

void expect_done(struct driver *driver, struct store_op *op) {
    store_op_free(expect(driver, op, WIRE_DONE, 0));
}

void expect_refusal(struct driver *driver, struct store_op *op, uint16_t code) {
    store_op_free(expect(driver, op, WIRE_REFUSAL, code));
}

void fill(uint8_t *out, size_t len, uint8_t value) {
    memset(out, value, len);
}

void hash_of(uint8_t value, uint8_t out[WIRE_KEY_LEN]) {
    uint8_t key[WIRE_KEY_LEN];
    fill(key, sizeof key, value);
    SHA256(key, sizeof key, out);
}

void sweep(struct driver *driver) {
    driver_sweep(driver);
}

struct store_op *blob_op(struct driver *driver, enum store_task task, uint8_t name, uint64_t size) {
    struct store_op *op = driver_op(driver, task);
    fill(op->ask.of.create_blob.blob, WIRE_BLOB_LEN, name);
    op->ask.of.create_blob.size = size;
    hash_of(1, op->ask.of.create_blob.upload_hash);
    hash_of(2, op->ask.of.create_blob.deletion_hash);
    op->ask.of.create_blob.lifetime = 3600;
    return op;
}
