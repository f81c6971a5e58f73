/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is free between blocks that stay goes back to the system.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "test/cmocka.h"

enum { BLOCKS = 1000, BLOCK = 64 << 10, SMALL = 32, MIB = 1 << 20, RUSH_MIB = BLOCKS / 16, LEFT_MIB = 8 };

/* Pages that the process has: malloc's own figures do not tell what was given back. */
static size_t resident_mib(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    char text[128] = "";
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    return strtoull(strchr(text, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) / MIB;
}

static void *stays[BLOCKS], *goes[BLOCKS];

static void rush(void) {
    for (size_t i = 0; i < BLOCKS; i++) {
        goes[i] = malloc(BLOCK);
        stays[i] = malloc(SMALL);
        assert_non_null(goes[i]);
        assert_non_null(stays[i]);
        memset(goes[i], 1, BLOCK);
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        free(goes[i]);
    }
}

static void test_a_rush_leaves_nothing(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its allocator is another one, which has ways of its own */
#endif
    struct memory memory = { 0 };
    memory_look_after(&memory, 100);
    size_t before = resident_mib();
    for (uint64_t now = 200; now < 400; now += 100) {
        rush();
        memory_look_after(&memory, now - 95); /* not yet */
        assert_in_range(resident_mib(), before + RUSH_MIB - 1, before + RUSH_MIB + LEFT_MIB);
        memory_look_after(&memory, now);
        assert_in_range(resident_mib(), 0, before + LEFT_MIB);
        for (size_t i = 0; i < BLOCKS; i++) {
            free(stays[i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_rush_leaves_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
