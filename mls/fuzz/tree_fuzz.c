/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a ratchet tree: refused, or encoded again to the same bytes, checked, changed, saved and loaded.
 */
#include "test/alloc.h"
#include "test/fuzz.h"
#include "tree_fixture.h"

enum { LARGEST_SEED = 9 };

/* What decoding may take: so many times the input's size, and a little for the smallest trees. */
enum { MEMORY_TIMES = 32, MEMORY_LEAST = 4096 };

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

static void check_encoding(const struct mls_tree *tree, struct base_slice wanted) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) again = { NULL, 0 };
    must(tree_fixture_encode(base_allocator_libc(), tree, &again));
    TEST_CHECK(base_slice_equal(wanted, base_borrow(&again)), "a tree is encoded differently");
}

/* All members leave, from either side, and none of it is seen in the version that they were in. */
static void empty(const struct mls_crypto *crypto, const struct mls_tree *tree, bool from_left) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) staged = { .root = NULL };
    struct mls_secret hash;
    mls_tree_share(tree, &staged);
    while (mls_tree_member_count(&staged) > 0) {
        uint32_t leaf = from_left ? 0 : mls_tree_width(&staged) - 1;
        while (!from_left && mls_tree_leaf(&staged, leaf) == NULL) {
            leaf--;
        }
        TEST_CHECK(mls_tree_next_member(&staged, &leaf), "a member is missing");
        must(mls_tree_remove(crypto, &staged, leaf));
        if (mls_tree_member_count(&staged) % 8 == 0) {
            must(mls_tree_hash(crypto, &staged, &hash));
        }
    }
    TEST_CHECK(mls_tree_width(&staged) == 1, "an empty tree is not small");
}

struct loading {
    const struct mls_crypto *crypto;
    struct mls_tree tree;
};

static base_result put(void *user, uint32_t node, struct base_slice value) {
    struct loading *loading = (struct loading *)user;
    return mls_tree_load_record(loading->crypto, &loading->tree, node, value);
}

static base_result del(void *user, uint32_t node) {
    (void)user;
    (void)node;
    return &MLS_ERR_STATE;
}

static void save_and_load(const struct mls_crypto *crypto, struct mls_tree *tree, struct base_slice encoded) {
    struct loading loading = { .crypto = crypto };
    const struct mls_tree_sink sink = { put, del, &loading };
    struct mls_secret hash;
    struct mls_secret again;
    must(mls_tree_create(base_random_system(), 0, &loading.tree));
    must(mls_tree_save(crypto, NULL, tree, &sink));
    must(mls_tree_load_end(&loading.tree));
    must(mls_tree_hash(crypto, tree, &hash));
    must(mls_tree_hash(crypto, &loading.tree, &again));
    TEST_CHECK(base_slice_equal(mls_secret_slice(&hash), mls_secret_slice(&again)), "a saved tree has another hash");
    check_encoding(&loading.tree, encoded);
    mls_tree_free(&loading.tree);
}

static void run(struct base_slice input, const struct test_alloc *alloc) {
    struct tree_fixture fixture;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    tree_fixture_init(&fixture, &alloc->allocator, 1);
    base_result result = mls_tree_decode(&fixture.crypto, &fixture.random.random, 0, input, &tree);
    TEST_CHECK(alloc->peak <= input.len * MEMORY_TIMES + MEMORY_LEAST, "a tree takes too much memory");
    if (result == BASE_OK) {
        check_encoding(&tree, input);
        save_and_load(&fixture.crypto, &tree, input);
        if (mls_tree_verify_parent_hashes(&fixture.crypto, &tree) == BASE_OK &&
            mls_tree_verify_leaves(&fixture.crypto, &tree, tree_fixture_group()) == BASE_OK) {
            must(mls_tree_check_credentials(&tree));
        }
        empty(&fixture.crypto, &tree, true);
        empty(&fixture.crypto, &tree, false);
        check_encoding(&tree, input);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    run(base_slice(data, size), &alloc);
    test_alloc_end(&alloc);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (uint32_t members = 1; members <= LARGEST_SEED; members++) {
        struct tree_fixture fixture;
        struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
        struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
        tree_fixture_init(&fixture, base_allocator_libc(), members);
        must(tree_fixture_tree(&fixture, members, &tree));
        must(tree_fixture_encode(base_allocator_libc(), &tree, &encoded));
        seed(base_borrow(&encoded), user);
    }
}
