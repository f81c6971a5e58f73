/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Push services that don't work, and those that are many.
 */
#include "origin.h"

#include <stdio.h>

#include "test/cmocka.h"

enum { NOW = 1000000, SECOND = 1000 };

static void name_of(size_t number, char out[PUSH_MAX_ORIGIN]) {
    (void)snprintf(out, PUSH_MAX_ORIGIN, "https://%zu.example.org", number);
}

static void one_that_works_finds_a_place_among_many_that_do_not(void **state) {
    (void)state;
    static struct origin origins[MAX_ORIGINS];
    char name[PUSH_MAX_ORIGIN];
    for (size_t i = 0; i < MAX_ORIGINS; i++) {
        name_of(i, name);
        struct origin *bad = origin_find(origins, name, NOW);
        assert_ptr_equal(bad, &origins[i]);
        assert_ptr_equal(origin_find(origins, name, NOW), bad);
        assert_int_equal(origin_hold(bad, i == 7 ? 0 : 100, NOW), i == 7 ? 5 : 100);
        bad->queued = 1;
    }
    assert_null(origin_find(origins, "https://good.example.org", NOW)); /* all have something to do */
    for (size_t i = 0; i < MAX_ORIGINS; i++) {
        origins[i].queued = 0;
    }
    origins[3].active = 1;
    struct origin *good = origin_find(origins, "https://good.example.org", NOW);
    assert_ptr_equal(good, &origins[7]); /* it would have been tried again first */
    assert_string_equal(good->name, "https://good.example.org");
    assert_int_equal(good->failures, 0);
    assert_int_equal(good->held_until, 0);
    name_of(8, name);
    assert_int_equal(origin_find(origins, name, NOW)->failures, 1); /* the others are known still */
    /* One that isn't held any more goes before those that are. */
    origins[5].held_until = NOW;
    good->queued = 1;
    assert_ptr_equal(origin_find(origins, "https://better.example.org", NOW), &origins[5]);
}

static void who_fails_again_waits_longer(void **state) {
    (void)state;
    struct origin origin = { .queued = 0 };
    static const uint64_t delays[] = { 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900 };
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        assert_int_equal(origin_hold(&origin, 0, NOW), delays[i]);
        assert_int_equal(origin.held_until, NOW + delays[i] * SECOND);
    }
    assert_int_equal(origin_hold(&origin, 3600, NOW), 3600);
    assert_int_equal(origin_hold(&origin, UINT64_MAX, NOW), 24 * 3600);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_works_finds_a_place_among_many_that_do_not),
        cmocka_unit_test(who_fails_again_waits_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
