/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members for trees in tests: signed leaves with fresh keys, of suite 3 on libsodium.
 */
#ifndef MLS_TESTS_TREE_FIXTURE_H
#define MLS_TESTS_TREE_FIXTURE_H

#include "crypto.h"
#include "syntax/tree.h"
#include "test/random.h"
#include "tree.h"
#include "treekem.h"

/** What tests of trees need. Not to be moved. */
struct tree_fixture {
    struct mls_crypto crypto;
    struct test_random random;
    uint32_t names; /**< how many members were made */
};

/** Starts with a seed, quietly. */
void tree_fixture_init(struct tree_fixture *fixture, const struct base_allocator *allocator, uint64_t seed);

/** The id of the group that leaves are signed for. */
struct base_slice tree_fixture_group(void);

/** Somebody who can be put in a tree. */
struct tree_member {
    struct mls_keypair signature;
    struct mls_keypair encryption;
    struct base_bytes encoded; /**< his leaf, as in a key package */
    struct mls_leaf_node leaf; /**< borrows from it */
};

/** Fresh keys and a signed leaf. */
void tree_member_init(struct tree_fixture *fixture, struct tree_member *out);
void tree_member_free(struct tree_member *member);

/** A path of the member at `leaf` with a fresh leaf of his, in a version of a tree. `keys` as for mls_treekem_create.
 */
base_result tree_fixture_path(struct tree_fixture *fixture, struct mls_tree *tree, struct mls_treekem_keys *keys,
                              const struct tree_member *member, struct mls_treekem_path *out);

/** A tree of `members` signed leaves, which some have updated by a path and to which one was added after. */
base_result tree_fixture_tree(struct tree_fixture *fixture, uint32_t members, struct mls_tree *out);

/** The ratchet_tree extension's content. */
base_result tree_fixture_encode(const struct base_allocator *allocator, const struct mls_tree *tree,
                                struct base_bytes *out);

#endif
