/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every small way in which a valid message can arrive damaged. Each mutation lies in a heap block of exactly its
 * size, so that AddressSanitizer sees a read of one byte too many.
 */
#ifndef TEST_MUTATE_H
#define TEST_MUTATE_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "test/check.h"

/** Is given each mutation; the bytes are gone when it returns. */
typedef void (*test_mutation)(struct base_slice mutated, void *user);

static inline uint8_t *test_exact_copy(const uint8_t *data, size_t len) {
    /* An empty message needs a pointer that must not be read, either. */
    uint8_t *copy = (uint8_t *)malloc(len == 0 ? 1 : len);
    TEST_CHECK(copy != NULL, "the machine is out of memory");
    if (len != 0) {
        memcpy(copy, data, len);
    }
    return copy;
}

/** `message` cut off after 0, 1, … bytes, never whole. */
static inline void test_each_truncation(struct base_slice message, test_mutation mutation, void *user) {
    for (size_t len = 0; len < message.len; len++) {
        uint8_t *copy = test_exact_copy(message.data, len);
        mutation(base_slice(len == 0 ? NULL : copy, len), user);
        free(copy);
    }
}

static inline void test_bit_flips(struct base_slice message, size_t step, test_mutation mutation, void *user) {
    uint8_t *copy = test_exact_copy(message.data, message.len);
    for (size_t bit = 0; bit < message.len * 8; bit += step) {
        uint8_t mask = (uint8_t)(1U << (bit % 8));
        copy[bit / 8] ^= mask;
        mutation(base_slice(copy, message.len), user);
        copy[bit / 8] ^= mask;
    }
    free(copy);
}

/** `message` with each of its bits flipped, one at a time. */
static inline void test_each_bit_flip(struct base_slice message, test_mutation mutation, void *user) {
    test_bit_flips(message, 1, mutation, user);
}

/** `message` with one byte more at its end, of either extreme. */
static inline void test_each_extension(struct base_slice message, test_mutation mutation, void *user) {
    uint8_t *copy = (uint8_t *)malloc(message.len + 1);
    TEST_CHECK(copy != NULL, "the machine is out of memory");
    if (message.len != 0) {
        memcpy(copy, message.data, message.len);
    }
    copy[message.len] = 0;
    mutation(base_slice(copy, message.len + 1), user);
    copy[message.len] = 0xff;
    mutation(base_slice(copy, message.len + 1), user);
    free(copy);
}

/** All of the above; where WEIBEL_ROUNDS says that each takes long, one bit of each byte, another one than in the byte
 * before. */
static inline void test_each_mutation(struct base_slice message, test_mutation mutation, void *user) {
    test_each_truncation(message, mutation, user);
    test_bit_flips(message, getenv("WEIBEL_ROUNDS") == NULL ? 1 : 7, mutation, user);
    test_each_extension(message, mutation, user);
}

#endif
