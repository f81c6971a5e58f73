/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes, borrowed and owned; the sources of randomness and time; what an error carries.
 */
#include "base/bytes.h"

#include <string.h>

#include "base/host.h"
#include "test/alloc.h"
#include "test/clock.h"
#include "test/random.h"
#include "test/result.h"

static void slices_borrow(void **state) {
    (void)state;
    struct base_slice text = base_slice_text("abc");
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.data, "abc", 3);
    assert_int_equal(base_slice_text("").len, 0);

    uint8_t data[] = { 1, 2 };
    const struct base_bytes bytes = { data, sizeof data };
    assert_ptr_equal(base_borrow(&bytes).data, data);
    assert_int_equal(base_borrow(&bytes).len, 2);
}

static void slices_compare(void **state) {
    (void)state;
    /* In ascending order: unsigned bytes, a prefix first. */
    const struct base_slice sorted[] = {
        base_slice(NULL, 0), base_slice("\x00", 1),  base_slice("\x00\x00", 2),
        base_slice("a", 1),  base_slice("a\x00", 2), base_slice("ab", 2),
        base_slice("b", 1),  base_slice("\x80", 1),  base_slice("\xff", 1),
    };
    const size_t count = sizeof sorted / sizeof *sorted;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            int order = base_slice_compare(sorted[i], sorted[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
            assert_int_equal(base_slice_equal(sorted[i], sorted[k]), i == k);
        }
    }
    assert_true(base_slice_equal(base_slice("x", 0), base_slice(NULL, 0)));
}

static void copies_are_their_own(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    char original[] = "abc";
    struct base_bytes copy = { 0 };
    assert_ok(base_bytes_copy(&alloc.allocator, base_slice(original, 3), &copy));
    original[0] = 'x';
    assert_true(base_slice_equal(base_borrow(&copy), base_slice_text("abc")));
    base_bytes_free(&copy);
    assert_null(copy.data);
    assert_int_equal(copy.len, 0);
    base_bytes_free(&copy);
    base_bytes_free(NULL);

    assert_ok(base_bytes_copy(&alloc.allocator, base_slice(NULL, 0), &copy));
    assert_int_equal(copy.len, 0);
    base_bytes_free(&copy);
    test_alloc_end(&alloc);
}

static void taken_bytes_are_zero(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_bytes bytes = { 0 };
    assert_ok(base_bytes_take(&alloc.allocator, 5, &bytes));
    assert_true(base_slice_equal(base_borrow(&bytes), base_slice("\0\0\0\0\0", 5)));
    base_bytes_free(&bytes);
    test_alloc_end(&alloc);
}

static void lack_of_memory_leaves_the_output_empty(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    alloc.max_bytes = 0;
    struct base_bytes bytes = { 0 };
    assert_result(&BASE_ERR_NO_MEMORY, base_bytes_take(&alloc.allocator, 1, &bytes));
    assert_result(&BASE_ERR_NO_MEMORY, base_bytes_copy(&alloc.allocator, base_slice_text("abc"), &bytes));
    assert_result(&BASE_ERR_NO_MEMORY, base_bytes_take(&alloc.allocator, SIZE_MAX, &bytes));
    assert_null(bytes.data);
    assert_int_equal(bytes.len, 0);
    test_alloc_end(&alloc);
}

static void moving_frees_the_target_and_empties_the_source(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_bytes from = { 0 };
    struct base_bytes to = { 0 };
    assert_ok(base_bytes_copy(&alloc.allocator, base_slice_text("new"), &from));
    assert_ok(base_bytes_copy(&alloc.allocator, base_slice_text("old"), &to));
    base_bytes_move(&to, &from);
    assert_int_equal(alloc.blocks, 1);
    assert_null(from.data);
    assert_int_equal(from.len, 0);
    assert_true(base_slice_equal(base_borrow(&to), base_slice_text("new")));
    base_bytes_move(&to, &from);
    assert_null(to.data);
    test_alloc_end(&alloc);
}

static base_result half_fill(void *user, uint8_t *out, size_t len) {
    static const struct base_error other = { "OTHER", "another error", NULL, BASE_BLOCKED };
    (void)user;
    memset(out, 0x99, len / 2);
    return &other;
}

static void failed_randomness_leaves_zeros(void **state) {
    (void)state;
    const struct base_random broken = { half_fill, NULL };
    uint8_t out[8];
    memset(out, 0x11, sizeof out);
    assert_result(&BASE_ERR_RANDOM, base_random_fill(&broken, out, sizeof out));
    const uint8_t zeros[8] = { 0 };
    assert_memory_equal(out, zeros, sizeof out);
    assert_result(&BASE_ERR_RANDOM, base_random_fill(test_random_failing(), NULL, 0));

    struct test_random random;
    test_random_init_quiet(&random, 1);
    assert_ok(base_random_fill(&random.random, out, sizeof out));
    assert_memory_not_equal(out, zeros, sizeof out);
}

static void system_randomness_fills_everything(void **state) {
    (void)state;
    /* More than getentropy() gives at once, and not a multiple of it. 16 zeros in a row would be no chance. */
    static uint8_t out[1000];
    assert_ok(base_random_fill(base_random_system(), out, sizeof out));
    static const uint8_t zeros[16] = { 0 };
    for (size_t i = 0; i + sizeof zeros <= sizeof out; i++) {
        assert_memory_not_equal(out + i, zeros, sizeof zeros);
    }
    assert_ok(base_random_fill(base_random_system(), out, 0));
}

static void clocks_count_milliseconds(void **state) {
    (void)state;
    const struct base_clock *clock = base_clock_system();
    assert_true(clock->now(clock->user) > UINT64_C(1577836800000)); /* 2020 */
    assert_true(clock->now(clock->user) < UINT64_C(7258118400000)); /* 2200 */

    struct test_clock still;
    test_clock_init(&still, 5);
    assert_int_equal(still.clock.now(still.clock.user), 5);
    still.now = 3;
    assert_int_equal(still.clock.now(still.clock.user), 3);
}

static base_result ensured(bool holds) {
    BASE_ENSURE(holds, BASE_ERR_VALUE);
    return BASE_OK;
}

static base_result tried(bool holds, int *reached) {
    BASE_TRY(ensured(holds));
    *reached += 1;
    return BASE_OK;
}

static void guards_return_the_error(void **state) {
    (void)state;
    int reached = 0;
    assert_ok(tried(true, &reached));
    assert_result(&BASE_ERR_VALUE, tried(false, &reached));
    assert_int_equal(reached, 1);
}

static void errors_speak(void **state) {
    (void)state;
    assert_string_equal(BASE_ERR_VARINT.name, "BASE_ERR_VARINT");
    assert_string_equal(BASE_ERR_VARINT.section, "RFC 9420 §2.1.2");
    assert_int_equal(BASE_ERR_VARINT.category, BASE_PEER);
    assert_int_equal(BASE_ERR_NO_MEMORY.category, BASE_LIMIT);
    assert_null(BASE_ERR_NO_MEMORY.section);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_borrow),
        cmocka_unit_test(slices_compare),
        cmocka_unit_test(copies_are_their_own),
        cmocka_unit_test(taken_bytes_are_zero),
        cmocka_unit_test(lack_of_memory_leaves_the_output_empty),
        cmocka_unit_test(moving_frees_the_target_and_empties_the_source),
        cmocka_unit_test(failed_randomness_leaves_zeros),
        cmocka_unit_test(system_randomness_fills_everything),
        cmocka_unit_test(clocks_count_milliseconds),
        cmocka_unit_test(guards_return_the_error),
        cmocka_unit_test(errors_speak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
