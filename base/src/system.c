/* SPDX-License-Identifier: Apache-2.0 */
/* The operating system as host. Hosts alone use this file. */
#define _DEFAULT_SOURCE
#include <time.h>
#include <unistd.h>

#include "base/host.h"

enum { GETENTROPY_MAX = 256 };

static base_result system_fill(void *user, uint8_t *out, size_t len) {
    (void)user;
    while (len != 0) {
        size_t part = len < GETENTROPY_MAX ? len : GETENTROPY_MAX;
        BASE_ENSURE(getentropy(out, part) == 0, BASE_ERR_RANDOM);
        out += part;
        len -= part;
    }
    return BASE_OK;
}

const struct base_random *base_random_system(void) {
    static const struct base_random system = { system_fill, NULL };
    return &system;
}

static uint64_t system_now(void *user) {
    (void)user;
    struct timespec now = { 0 };
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return 0;
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

const struct base_clock *base_clock_system(void) {
    static const struct base_clock system = { system_now, NULL };
    return &system;
}
