/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What making and following a path have in common. For treekem*.c alone.
 */
#ifndef MLS_TREEKEM_PATH_H
#define MLS_TREEKEM_PATH_H

#include "tree_node.h"
#include "treekem.h"

#define MLS_TREEKEM_LABEL "UpdatePathNode"

/** Keys that were derived, on the stack. Wiped by mls_treekem_wipe_derived. */
struct mls_treekem_derived {
    struct mls_treekem_key keys[MLS_TREE_DEPTH_MAX + 1];
    uint32_t count;
};
void mls_treekem_wipe_derived(struct mls_treekem_derived *derived);
void mls_treekem_wipe_secret(struct mls_secret *secret);

/** The key pair of a node (§7.4). */
BASE_MUST_USE base_result mls_treekem_node_pair(const struct mls_crypto *crypto, const struct mls_secret *path_secret,
                                                struct mls_keypair *out);

/**
 * Derives the keys of all nodes that are not blank above `leaf`, from `level` on, where the first is that of
 * `path_secret`, which becomes that of the last. MLS_ERR_PATH_KEY: not the public keys of the tree.
 */
BASE_MUST_USE base_result mls_treekem_derive(const struct mls_crypto *crypto, const struct mls_tree *tree,
                                             uint32_t leaf, unsigned level, struct mls_secret *path_secret,
                                             struct mls_treekem_key *keys, uint32_t *count);

/** Appends keys. */
BASE_MUST_USE base_result mls_treekem_keys_put(struct mls_treekem_keys *keys, const struct mls_treekem_key *added,
                                               uint32_t count);

/** A sender's filtered direct path (§4.1.2), in a tree that owns it. */
struct mls_treekem_route {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]; /**< the direct path, by level */
    uint8_t levels[MLS_TREE_DEPTH_MAX];                   /**< of the filtered one, from the leaf upwards */
    unsigned count;
};

/** Extends the tree if need be, owns the direct path and filters it. MLS_ERR_MEMBERS_LIMIT, MLS_ERR_LEAF_INDEX. */
BASE_MUST_USE base_result mls_treekem_route(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                                            struct mls_treekem_route *out);

/**
 * Blanks the direct path, fills the filtered one with `public_keys`, and computes the parent hashes from the root down:
 * `leaf_parent_hash` is what the sender's leaf must have (empty if the path is). MLS_ERR_KEY_IN_USE,
 * MLS_ERR_PUBLIC_KEY.
 */
BASE_MUST_USE base_result mls_treekem_set_keys(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                                               struct mls_treekem_route *route, const struct base_slice *public_keys,
                                               struct mls_secret *leaf_parent_hash);

/** The copath child of a sender's node at `level`. */
struct mls_treekem_copath {
    struct mls_tree_node *node; /**< NULL: its resolution is empty */
    uint32_t first;             /**< the first leaf below */
};
struct mls_treekem_copath mls_treekem_copath_of(const struct mls_tree *tree, uint32_t sender, unsigned level);

/** True if `leaf` is in a list that ascends. */
bool mls_treekem_listed(const uint32_t *leaves, size_t count, uint32_t leaf);

#endif
