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

#endif
