/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the records of a saved tree (node and value, one after the other): refused, or a tree that can be
 * encoded, changed, saved and loaded again.
 */
#include "test/fuzz.h"
#include "tree_fixture.h"

enum { MAX_INPUT = 1 << 20, LARGEST_SEED = 9 };

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

static base_result load(const struct mls_crypto *crypto, struct base_slice records, struct mls_tree *out) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    struct base_reader reader = base_reader(records);
    BASE_TRY(mls_tree_create(base_random_system(), 0, &tree));
    while (reader.left > 0) {
        uint32_t node = 0;
        struct base_slice value;
        BASE_TRY(base_read_u32(&reader, &node));
        BASE_TRY(base_read_opaque(&reader, &value));
        BASE_TRY(mls_tree_load_record(crypto, &tree, node, value));
    }
    BASE_TRY(mls_tree_load_end(&tree));
    mls_tree_move(out, &tree);
    return BASE_OK;
}

static base_result put(void *user, uint32_t node, struct base_slice value) {
    struct base_writer *writer = (struct base_writer *)user;
    base_write_u32(writer, node);
    base_write_opaque(writer, value);
    return BASE_OK;
}

static base_result del(void *user, uint32_t node) {
    (void)user;
    (void)node;
    return &MLS_ERR_STATE;
}

static void save(const struct mls_crypto *crypto, struct mls_tree *tree, struct base_bytes *out) {
    struct base_writer writer = base_writer(base_allocator_libc(), MAX_INPUT * 2);
    const struct mls_tree_sink sink = { put, del, &writer };
    must(mls_tree_save(crypto, NULL, tree, &sink));
    must(base_writer_finish(&writer, out));
}

/* Takes out the first member and puts him in again. Two keys may be the same here: nobody has looked. */
static base_result change(const struct mls_crypto *crypto, const struct mls_tree *tree) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree staged = { .root = NULL };
    struct mls_secret hash;
    uint32_t leaf = 0;
    mls_tree_share(tree, &staged);
    BASE_ENSURE(mls_tree_next_member(&staged, &leaf), MLS_ERR_LEAF_INDEX);
    BASE_TRY(mls_tree_remove(crypto, &staged, leaf));
    BASE_TRY(mls_tree_add(crypto, &staged, mls_tree_leaf(tree, leaf), &leaf));
    return mls_tree_hash(crypto, &staged, &hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tree_fixture fixture;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    tree_fixture_init(&fixture, base_allocator_libc(), 1);
    if (load(&fixture.crypto, base_slice(data, size), &tree) == BASE_OK) {
        struct mls_tree BASE_CLEANUP(mls_tree_free) loaded = { .root = NULL };
        struct base_bytes BASE_CLEANUP(base_bytes_free) records = { NULL, 0 };
        struct base_bytes BASE_CLEANUP(base_bytes_free) again = { NULL, 0 };
        save(&fixture.crypto, &tree, &records);
        must(load(&fixture.crypto, base_borrow(&records), &loaded));
        save(&fixture.crypto, &loaded, &again);
        TEST_CHECK(base_slice_equal(base_borrow(&records), base_borrow(&again)), "a tree is saved differently");
        base_result changed = change(&fixture.crypto, &tree);
        TEST_CHECK(changed == BASE_OK || changed == &MLS_ERR_KEY_IN_USE || changed == &MLS_ERR_LEAF_INDEX,
                   changed->name);
    }
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (uint32_t members = 1; members <= LARGEST_SEED; members++) {
        struct tree_fixture fixture;
        struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
        struct base_bytes BASE_CLEANUP(base_bytes_free) records = { NULL, 0 };
        tree_fixture_init(&fixture, base_allocator_libc(), members);
        must(tree_fixture_tree(&fixture, members, &tree));
        save(&fixture.crypto, &tree, &records);
        seed(base_borrow(&records), user);
    }
}
