/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree arithmetic against its definition, and the sparse table against a plain one.
 */
#include <string.h>

#include "sparse.h"
#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/random.h"
#include "test/result.h"
#include "tree_math.h"

/* The children of `node`, from below: its level's width apart. */
static void check_node(mls_node_index node, uint32_t leaf_count) {
    const uint32_t level = mls_node_level(node);
    assert_int_equal(mls_node_leaf_count(node), 1U << level);
    if (node != mls_tree_root(leaf_count)) {
        const mls_node_index parent = mls_node_parent(node);
        assert_int_equal(mls_node_level(parent), level + 1);
        const bool left = mls_node_left(parent) == node;
        assert_int_equal(left ? mls_node_left(parent) : mls_node_right(parent), node);
        assert_int_equal(mls_node_sibling(node), left ? mls_node_right(parent) : mls_node_left(parent));
        assert_true(mls_node_is_below(node, parent));
        assert_false(mls_node_is_below(parent, node));
        assert_false(mls_node_is_below(mls_node_sibling(node), node));
    }
    if (level == 0) {
        assert_true(mls_node_is_leaf(node));
        assert_int_equal(mls_leaf_node(mls_node_leaf(node)), node);
        assert_int_equal(mls_node_first_leaf(node), mls_node_leaf(node));
    } else {
        assert_int_equal(mls_node_first_leaf(node), mls_node_first_leaf(mls_node_left(node)));
        assert_int_equal(mls_node_first_leaf(mls_node_right(node)),
                         mls_node_first_leaf(node) + mls_node_leaf_count(node) / 2);
    }
}

static mls_node_index slow_common_ancestor(mls_node_index a, mls_node_index b) {
    while (a != b) {
        if (mls_node_level(a) <= mls_node_level(b)) {
            a = mls_node_parent(a);
        } else {
            b = mls_node_parent(b);
        }
    }
    return a;
}

static void test_tree_arithmetic(void **state) {
    (void)state;
    const uint32_t leaf_count = 64;
    for (mls_node_index a = 0; a < mls_node_count(leaf_count); a++) {
        check_node(a, leaf_count);
        for (mls_node_index b = 0; b < mls_node_count(leaf_count); b++) {
            const mls_node_index common = slow_common_ancestor(a, b);
            assert_int_equal(mls_node_common_ancestor(a, b), common);
            assert_int_equal(mls_node_is_below(a, b), common == b);
        }
    }
}

static void test_the_largest_tree(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 31);
    const uint32_t leaf_count = MLS_LEAF_COUNT_MAX;
    const mls_node_index last = mls_node_count(leaf_count) - 1;
    assert_int_equal(last, UINT32_MAX - 1);
    assert_true(mls_node_in_tree(last, leaf_count));
    assert_false(mls_node_in_tree(UINT32_MAX, leaf_count));
    assert_int_equal(mls_node_level(mls_tree_root(leaf_count)), MLS_TREE_LEVELS_MAX - 1);
    assert_int_equal(mls_node_common_ancestor(0, last), mls_tree_root(leaf_count));
    for (int i = 0; i < 10000; i++) {
        const mls_node_index a = (mls_node_index)test_random_below(&random, last);
        const mls_node_index b = (mls_node_index)test_random_below(&random, last);
        check_node(a, leaf_count);
        assert_int_equal(mls_node_common_ancestor(a, b), slow_common_ancestor(a, b));
    }
}

static void test_leaf_counts(void **state) {
    (void)state;
    static const uint32_t pairs[][2] = {
        { 0, 1 }, { 1, 1 }, { 2, 2 },       { 3, 4 },
        { 5, 8 }, { 8, 8 }, { 1000, 1024 }, { MLS_LEAF_COUNT_MAX, MLS_LEAF_COUNT_MAX }
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(mls_tree_leaf_count(pairs[i][0]), pairs[i][1]);
    }
}

/* Keys that are multiples of powers of two, put and dropped at random. */
static base_result fill_and_drop(const struct base_allocator *allocator, void *user) {
    enum { KEYS = 200 };
    struct test_random random;
    test_random_init_quiet(&random, *(const uint64_t *)user);
    struct mls_sparse BASE_CLEANUP(mls_sparse_free) sparse = { .allocator = allocator };
    bool there[KEYS] = { false };
    assert_null(mls_sparse_get(&sparse, 0));
    mls_sparse_drop(&sparse, 0);
    for (int i = 0; i < 2000; i++) {
        const uint32_t at = (uint32_t)test_random_below(&random, KEYS);
        const uint32_t key = at << 12;
        if (there[at]) {
            assert_int_equal(*(const uint32_t *)mls_sparse_get(&sparse, key), key);
            mls_sparse_drop(&sparse, key);
            there[at] = false;
            assert_null(mls_sparse_get(&sparse, key));
            continue;
        }
        mls_sparse_drop(&sparse, key);
        BASE_TRY(mls_sparse_reserve(&sparse, 1));
        uint32_t *value = base_take(allocator, 1, sizeof *value);
        BASE_ENSURE(value != NULL, BASE_ERR_NO_MEMORY);
        *value = key;
        mls_sparse_put(&sparse, key, value);
        there[at] = true;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        const uint32_t *value = mls_sparse_get(&sparse, i << 12);
        assert_int_equal(value != NULL, there[i]);
        assert_true(value == NULL || *value == i << 12);
        count += there[i];
    }
    assert_int_equal(sparse.count, count);
    return BASE_OK;
}

static void test_sparse_table(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_ok(fill_and_drop(base_allocator_libc(), &seed));
    }
}

static void test_sparse_table_without_memory(void **state) {
    (void)state;
    uint64_t seed = 1;
    assert_true(test_each_allocation(fill_and_drop, &seed) > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_arithmetic),
        cmocka_unit_test(test_the_largest_tree),
        cmocka_unit_test(test_leaf_counts),
        cmocka_unit_test(test_sparse_table),
        cmocka_unit_test(test_sparse_table_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
