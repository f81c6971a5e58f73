/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: sizes that overflow, what is new is zero, what is given back is wiped, nothing is lost when memory is out.
 */
#include "base/memory.h"

#include <string.h>

#include "base/bytes.h"
#include "test/alloc.h"
#include "test/result.h"

static const uint8_t KEPT[4] = { 'k', 'e', 'p', 't' };

static bool all_zero(const uint8_t *data, size_t len) {
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum |= data[i];
    }
    return sum == 0;
}

static void taken_memory_is_zero_and_aligned(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    for (size_t size = 1; size < 100; size++) {
        uint8_t *block = base_take(&alloc.allocator, size, 3);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        assert_true(all_zero(block, size * 3));
        memset(block, 0xff, size * 3);
        base_free(block); /* test_alloc_give() looks whether all of it is wiped */
    }
    test_alloc_end(&alloc);
}

static void empty_block_is_valid(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    void *no_elements = base_take(&alloc.allocator, 0, 8);
    void *no_size = base_take(&alloc.allocator, 8, 0);
    assert_non_null(no_elements);
    assert_non_null(no_size);
    assert_ptr_not_equal(no_elements, no_size);
    base_free(no_elements);
    base_free(no_size);
    test_alloc_end(&alloc);
}

static void size_that_overflows_is_refused(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    alloc.max_bytes = 1 << 20;
    const size_t half = SIZE_MAX / 2 + 1;
    assert_null(base_take(&alloc.allocator, half, 2));
    assert_null(base_take(&alloc.allocator, 2, half));
    assert_null(base_take(&alloc.allocator, SIZE_MAX, SIZE_MAX));
    assert_null(base_take(&alloc.allocator, SIZE_MAX, 1)); /* no room for the header */
    assert_int_equal(alloc.calls, 0);
    assert_null(base_take(&alloc.allocator, 1 << 20, 1)); /* asked for, and refused */
    assert_int_equal(alloc.calls, 1);

    uint8_t *block = base_take(&alloc.allocator, 4, 1);
    memcpy(block, KEPT, sizeof KEPT);
    assert_null(base_retake(block, half, 2));
    assert_memory_equal(block, "kept", 4);
    base_free(block);
    test_alloc_end(&alloc);
}

static void retake_keeps_content_and_zeroes_the_rest(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    uint8_t *block = base_take(&alloc.allocator, 4, 1);
    memcpy(block, KEPT, sizeof KEPT);

    block = base_retake(block, 50, 2);
    assert_non_null(block);
    assert_memory_equal(block, "kept", 4);
    assert_true(all_zero(block + 4, 96));
    memset(block + 4, 0xff, 96);

    block = base_retake(block, 2, 1);
    assert_non_null(block);
    assert_memory_equal(block, "ke", 2);
    assert_int_equal(alloc.blocks, 1);

    block = base_retake(block, 0, 1);
    assert_non_null(block);
    block = base_retake(block, 3, 1);
    assert_true(all_zero(block, 3));
    base_free(block);
    test_alloc_end(&alloc);
}

static void retake_without_memory_changes_nothing(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    uint8_t *block = base_take(&alloc.allocator, 4, 1);
    memcpy(block, KEPT, sizeof KEPT);
    alloc.fail_at = alloc.calls;
    assert_null(base_retake(block, 8, 1));
    assert_memory_equal(block, "kept", 4);
    base_free(block);
    test_alloc_end(&alloc);
}

static void free_takes_null(void **state) {
    (void)state;
    base_free(NULL);
    void *block = NULL;
    base_free_at(&block);
    assert_null(block);
}

static size_t blocks_in_scope(struct test_alloc *alloc) {
    BASE_CLEANUP(base_free_at) uint8_t *block = base_take(&alloc->allocator, 16, 1);
    assert_non_null(block);
    memset(block, 0x77, 16);
    return alloc->blocks;
}

static void cleanup_frees_at_end_of_scope(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    assert_int_equal(blocks_in_scope(&alloc), 1);
    test_alloc_end(&alloc);

    void *block = base_take(&alloc.allocator, 1, 1);
    base_free_at(&block);
    assert_null(block);
    test_alloc_end(&alloc);
}

static void wipe_overwrites_exactly(void **state) {
    (void)state;
    uint8_t data[] = { 1, 2, 3, 4, 5 };
    base_wipe(data + 1, 3);
    const uint8_t wanted[] = { 1, 0, 0, 0, 5 };
    assert_memory_equal(data, wanted, sizeof data);
    base_wipe(data, 0);
    base_wipe(NULL, 0);
    assert_memory_equal(data, wanted, sizeof data);
}

static void equal_secret_sees_every_bit(void **state) {
    (void)state;
    uint8_t a[33];
    uint8_t b[33];
    memset(a, 0x5a, sizeof a);
    memcpy(b, a, sizeof b);
    assert_true(base_equal_secret(a, b, sizeof a));
    for (size_t bit = 0; bit < sizeof b * 8; bit++) {
        b[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(base_equal_secret(a, b, sizeof a));
        assert_true(base_equal_secret(a, b, bit / 8)); /* what lies behind does not count */
        b[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(base_equal_secret(NULL, NULL, 0));
}

static void libc_gives_memory(void **state) {
    (void)state;
    uint8_t *block = base_take(base_allocator_libc(), 1000, 1);
    assert_non_null(block);
    assert_true(all_zero(block, 1000));
    base_free(block);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_memory_is_zero_and_aligned),
        cmocka_unit_test(empty_block_is_valid),
        cmocka_unit_test(size_that_overflows_is_refused),
        cmocka_unit_test(retake_keeps_content_and_zeroes_the_rest),
        cmocka_unit_test(retake_without_memory_changes_nothing),
        cmocka_unit_test(free_takes_null),
        cmocka_unit_test(cleanup_frees_at_end_of_scope),
        cmocka_unit_test(wipe_overwrites_exactly),
        cmocka_unit_test(equal_secret_sees_every_bit),
        cmocka_unit_test(libc_gives_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
