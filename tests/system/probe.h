/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a test shares with a server that was started with probe.so in LD_PRELOAD: a file that both have mapped, which
 * WEIBEL_TEST_PROBE names.
 */
#ifndef TESTS_SYSTEM_PROBE_H
#define TESTS_SYSTEM_PROBE_H

#include <stdint.h>

struct probe {
    _Atomic uint64_t leap;  /**< the test's: seconds that the server's clock for timers is ahead */
    _Atomic uint64_t still; /**< the test's: not 0: the server's calendar stands at this second since 1970 */
    _Atomic uint64_t
        longest; /**< the server's: entries of a sorted list of libwebsockets, when one was put in, at most */
};

#endif
