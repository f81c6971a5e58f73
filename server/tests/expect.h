/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * For tests of the store: operations, and what is expected of them.
 */
#ifndef SERVER_TESTS_EXPECT_H
#define SERVER_TESTS_EXPECT_H

#include "driver.h"

/** A driver for each test, in `state`. */
int set_up(void **state);
int tear_down(void **state);

/** Runs the operation and expects a type of answer, or with WIRE_REFUSAL the refusal `code`. Returns it. */
struct store_op *expect(struct driver *driver, struct store_op *op, uint8_t type, uint16_t code);
/** Likewise, and frees it. */
void expect_done(struct driver *driver, struct store_op *op);
void expect_refusal(struct driver *driver, struct store_op *op, uint16_t code);

/** Fills a name, or a key, with one value. */
void fill(uint8_t *out, size_t len, uint8_t value);
/** The hash of a key that is filled so. */
void hash_of(uint8_t value, uint8_t out[WIRE_KEY_LEN]);

/** Makes a blob of so many bytes, or with another task asks for it: upload key 1, deletion key 2, for an hour. */
struct store_op *blob_op(struct driver *driver, enum store_task task, uint8_t name, uint64_t size);

/** Sweeps until there is nothing more to remove. */
void sweep(struct driver *driver);

#endif
