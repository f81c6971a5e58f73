/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A clock that stands still until the test moves it.
 */
#ifndef TEST_CLOCK_H
#define TEST_CLOCK_H

#include "base/host.h"

struct test_clock {
    struct base_clock clock; /**< what the tested code gets */
    uint64_t now;            /**< milliseconds since 1970; set it at will */
};

static inline uint64_t test_clock_now(void *user) {
    return ((const struct test_clock *)user)->now;
}

/** A clock at `now`. `self` must stay where it is. */
static inline void test_clock_init(struct test_clock *self, uint64_t now) {
    *self = (struct test_clock){ { test_clock_now, self }, now };
}

#endif
