/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A path's public side: which nodes it has, what becomes of them, their parent hashes (§4.1.2, §7.5, §7.9).
 */
#include "tree_math.h"
#include "treekem_path.h"

base_result mls_treekem_route(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                              struct mls_treekem_route *out) {
    /* Only a member, or a new one in the place where an Add would have put him, has a path. */
    BASE_ENSURE(mls_tree_leaf(tree, sender) != NULL || sender == mls_tree_next_blank(tree), MLS_ERR_LEAF_INDEX);
    BASE_TRY(mls_tree_extend(crypto, tree, sender));
    BASE_TRY(mls_tree_own_path(crypto, tree, sender, out->path));
    out->count = 0;
    for (unsigned level = 1; level <= tree->depth; level++) {
        if (out->path[level]->child[!mls_tree_side_of(sender, level)] != NULL) {
            out->levels[out->count++] = (uint8_t)level;
        }
    }
    return BASE_OK;
}

base_result mls_treekem_set_keys(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                                 struct mls_treekem_route *route, const struct base_slice *public_keys,
                                 struct mls_secret *leaf_parent_hash) {
    /* New keys are noted before the old ones are forgotten, so that none of these comes back (§12.4.2). */
    for (unsigned i = 0; i < route->count; i++) {
        BASE_ENSURE(public_keys[i].len == crypto->suite->kem_public_size, MLS_ERR_PUBLIC_KEY);
        BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, public_keys[i]));
    }
    BASE_TRY(mls_tree_blank_path(crypto, tree, route->path));
    leaf_parent_hash->len = 0;
    for (unsigned i = route->count; i-- > 0;) {
        unsigned level = route->levels[i];
        struct mls_tree_parent *parent = route->path[level];
        uint32_t first = sender >> level << level;
        enum mls_tree_side copath = mls_tree_side_of(sender, level) == MLS_TREE_LEFT ? MLS_TREE_RIGHT : MLS_TREE_LEFT;
        BASE_TRY(mls_tree_parent_fill(crypto, parent, public_keys[i], mls_secret_slice(leaf_parent_hash),
                                      base_slice(NULL, 0)));
        BASE_TRY(mls_tree_hash_side(crypto, parent, first, copath));
        BASE_TRY(mls_tree_parent_hash_of(
            crypto, parent, base_slice(mls_tree_side_hash(parent, copath), parent->hash_size), leaf_parent_hash));
    }
    return BASE_OK;
}

struct mls_treekem_copath mls_treekem_copath_of(const struct mls_tree *tree, uint32_t sender, unsigned level) {
    uint32_t first = (sender >> (level - 1) ^ 1) << (level - 1);
    uint32_t node = mls_tree_node_above(first, level - 1);
    return (struct mls_treekem_copath){ mls_tree_find(tree, node), first };
}

bool mls_treekem_listed(const uint32_t *leaves, size_t count, uint32_t leaf) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (leaves[middle] < leaf) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && leaves[low] == leaf;
}
