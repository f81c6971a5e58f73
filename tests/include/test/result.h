/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asserts on results, by their names.
 */
#ifndef TEST_RESULT_H
#define TEST_RESULT_H

#include "base/result.h"
#include "test/cmocka.h"

static inline const char *test_result_name(base_result result) {
    return result == BASE_OK ? "BASE_OK" : result->name;
}

static inline void test_assert_result(base_result expected, base_result actual, const char *expression,
                                      const char *file, int line) {
    if (actual != expected) {
        print_error("%s\n  gave   %s\n  wanted %s\n", expression, test_result_name(actual), test_result_name(expected));
        _fail(file, line);
    }
}

/** Fails unless `EXPRESSION` gives exactly `EXPECTED`: BASE_OK or the address of an error. */
#define assert_result(EXPECTED, EXPRESSION)                                                                            \
    test_assert_result((EXPECTED), (EXPRESSION), #EXPRESSION, __FILE__, __LINE__)

/** Fails unless `EXPRESSION` succeeds. */
#define assert_ok(EXPRESSION) assert_result(BASE_OK, EXPRESSION)

#endif
