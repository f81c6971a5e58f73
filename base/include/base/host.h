/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes in from outside: randomness and time. No library below the hosts has a source of its own, so that a
 * simulation can repeat a run from its seed.
 */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include "base/bytes.h"

/** A cryptographically secure source of randomness. Not copied: it must outlive its users. */
struct base_random {
    /** Fills all of `out`. Anything but success means that nothing may be used of it. */
    base_result (*fill)(void *user, uint8_t *out, size_t len);
    void *user;
};

/** The time of day. Not copied: it must outlive its users. */
struct base_clock {
    /** Milliseconds since 1970-01-01T00:00:00Z. May jump in both directions, as clocks of people's devices do. */
    uint64_t (*now)(void *user);
    void *user;
};

/** BASE_ERR_RANDOM, with `out` zeroed. */
BASE_MUST_USE base_result base_random_fill(const struct base_random *random, void *out, size_t len);

/** The operating system's randomness (getentropy). Not for simulations. */
const struct base_random *base_random_system(void);

/** The operating system's clock. Not for simulations. */
const struct base_clock *base_clock_system(void);

#endif
