/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Repeatable randomness for tests: SplitMix64. It keeps no secret: anybody who sees eight bytes knows the rest.
 *
 * The seed is printed, and WEIBEL_SEED in the environment takes its place, so that a failure can be run again.
 */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/host.h"

struct test_random {
    struct base_random random; /**< what the tested code gets */
    uint64_t state;
};

/** The next number of the sequence. */
static inline uint64_t test_random_next(struct test_random *self) {
    self->state += 0x9e3779b97f4a7c15;
    uint64_t z = self->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/** A number below `bound`, which is not 0. Its tiny bias doesn't matter to a test. */
static inline uint64_t test_random_below(struct test_random *self, uint64_t bound) {
    return test_random_next(self) % bound;
}

static inline base_result test_random_fill(void *user, uint8_t *out, size_t len) {
    struct test_random *self = (struct test_random *)user;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(test_random_next(self) >> 56);
    }
    return BASE_OK;
}

/** Starts the sequence of `seed`, quietly: for fuzz targets. `self` must stay where it is. */
static inline void test_random_init_quiet(struct test_random *self, uint64_t seed) {
    *self = (struct test_random){ { test_random_fill, self }, seed };
}

/** Starts the sequence of WEIBEL_SEED or else of `seed`, and prints which. `self` must stay where it is. */
static inline void test_random_init(struct test_random *self, uint64_t seed) {
    const char *wanted = getenv("WEIBEL_SEED");
    if (wanted != NULL) {
        seed = strtoull(wanted, NULL, 0);
    }
    fprintf(stderr, "# WEIBEL_SEED=%" PRIu64 "\n", seed);
    test_random_init_quiet(self, seed);
}

/** How often to do what is repeated at random: `most` times, or as WEIBEL_ROUNDS says where each time takes long. */
static inline unsigned test_random_rounds(unsigned most) {
    const char *wanted = getenv("WEIBEL_ROUNDS");
    unsigned long rounds = wanted == NULL ? most : strtoul(wanted, NULL, 10);
    return rounds < most ? (unsigned)rounds : most;
}

static inline base_result test_random_fail(void *user, uint8_t *out, size_t len) {
    (void)user;
    (void)out;
    (void)len;
    return &BASE_ERR_RANDOM;
}

/** A source that has nothing to give. */
static inline const struct base_random *test_random_failing(void) {
    static const struct base_random failing = { test_random_fail, NULL };
    return &failing;
}

#endif
