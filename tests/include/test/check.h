/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a test driver calls when it can't go on. Unit tests and fuzz targets both see an abort as a failure.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/** Ends the program with `REASON` unless `CONDITION` holds. Stays in optimised builds, unlike assert(). */
#define TEST_CHECK(CONDITION, REASON)                                                                                  \
    do {                                                                                                               \
        if (!(CONDITION)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, (REASON));                                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
