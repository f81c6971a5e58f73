/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * cmocka, with what it wants included before it. For unit tests; fuzz targets do without.
 */
#ifndef TEST_CMOCKA_H
#define TEST_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The analysis of paths does not know by itself that a test goes no further where one of these fails. */
#ifdef __clang_analyzer__
#include <stdlib.h>
#undef assert_true
#undef assert_non_null
#define assert_true(CONDITION) ((CONDITION) ? (void)0 : abort())
#define assert_non_null(POINTER) ((POINTER) != NULL ? (void)0 : abort())
#endif

#endif
