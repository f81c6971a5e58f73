/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the saved private keys of a member: refused, or saved again to the same bytes.
 */
#include "test/fuzz.h"
#include "tree_fixture.h"

enum { MAX_INPUT = 1 << 20 };

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tree_fixture fixture;
    struct mls_treekem_keys BASE_CLEANUP(mls_treekem_keys_free) keys = { 0 };
    struct base_reader reader = base_reader(base_slice(data, size));
    tree_fixture_init(&fixture, base_allocator_libc(), 1);
    if (mls_treekem_keys_read(&fixture.crypto, &reader, &keys) == BASE_OK) {
        struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), MAX_INPUT);
        mls_treekem_keys_write(&again, &keys);
        TEST_CHECK(base_slice_equal(base_writer_view(&again), base_slice(data, size - reader.left)),
                   "keys are saved differently");
    }
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    struct tree_fixture fixture;
    struct tree_member BASE_CLEANUP(tree_member_free) member;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    struct mls_treekem_keys BASE_CLEANUP(mls_treekem_keys_free) keys = { 0 };
    struct mls_treekem_path BASE_CLEANUP(mls_treekem_path_free) path = { 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_INPUT);
    tree_fixture_init(&fixture, base_allocator_libc(), 1);
    tree_member_init(&fixture, &member);
    must(tree_fixture_tree(&fixture, 6, &tree));
    must(mls_treekem_keys_create(base_allocator_libc(), 3, &member.encryption, &keys));
    must(tree_fixture_path(&fixture, &tree, &keys, &member, &path));
    mls_treekem_keys_write(&writer, &keys);
    seed(base_writer_view(&writer), user);
}
