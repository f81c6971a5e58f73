/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody who joins checks of the tree he is given (§7.3, §7.9.2, §12.4.3.1), and the resolutions it takes.
 */
#include <string.h>

#include "leaf_node.h"
#include "tree_math.h"
#include "tree_node.h"

BASE_DEFINE_ERROR(MLS_ERR_UNMERGED_LEAF, BASE_PEER, "RFC 9420 §12.4.3.1",
                  "an unmerged leaf is not a member below its node, or not unmerged in a node between");
BASE_DEFINE_ERROR(MLS_ERR_PARENT_HASH, BASE_CRYPTO, "RFC 9420 §7.9.2", "a parent hash is not the expected one");

struct mls_tree_node *mls_tree_leaf_below(struct mls_tree_node *node, uint32_t leaf) {
    while (node != NULL && node->level > 0) {
        node = mls_tree_as_parent(node)->child[mls_tree_side_of(leaf, node->level)];
    }
    return node;
}

/* -------------------------------------------------------------------------------------------- resolutions ---- */

base_result mls_tree_resolve(struct mls_tree_node *node, uint32_t first, mls_tree_visit visit, void *user) {
    if (node == NULL) {
        return BASE_OK;
    }
    if (node->level == 0) {
        return visit(user, mls_leaf_node(first), node);
    }
    struct mls_tree_parent *parent = mls_tree_as_parent(node);
    if (!parent->filled) {
        BASE_TRY(mls_tree_resolve(parent->child[MLS_TREE_LEFT], first, visit, user));
        uint32_t middle = first + ((uint32_t)1 << (node->level - 1));
        return mls_tree_resolve(parent->child[MLS_TREE_RIGHT], middle, visit, user);
    }
    BASE_TRY(visit(user, mls_tree_node_above(first, node->level), node));
    struct base_slice unmerged = mls_tree_unmerged_slice(parent);
    for (size_t i = 0; i < mls_unmerged_count(unmerged); i++) {
        uint32_t leaf = mls_unmerged_at(unmerged, i);
        BASE_TRY(visit(user, mls_leaf_node(leaf), mls_tree_leaf_below(node, leaf)));
    }
    return BASE_OK;
}

struct visit_keys {
    base_result (*visit)(void *user, uint32_t node, struct base_slice key);
    void *user;
};

static base_result visit_key(void *user, uint32_t index, struct mls_tree_node *node) {
    const struct visit_keys *self = (const struct visit_keys *)user;
    return self->visit(self->user, index,
                       node->level == 0 ? mls_tree_as_leaf(node)->view.encryption_key
                                        : mls_tree_key_slice(mls_tree_as_parent(node)));
}

base_result mls_tree_resolution(const struct mls_tree *tree, uint32_t node,
                                base_result (*visit)(void *user, uint32_t node, struct base_slice key), void *user) {
    struct visit_keys keys = { visit, user };
    struct mls_tree_node *found = mls_tree_find(tree, node);
    return found == NULL ? BASE_OK : mls_tree_resolve(found, mls_node_first_leaf(node), visit_key, &keys);
}

/* ------------------------------------------------------------------------------------------ unmerged leaves ---- */

/* Looks down to the next node that is not blank: what is below that one, is checked with its own unmerged leaves. */
static base_result check_unmerged_leaf(const struct mls_tree_parent *parent, uint32_t leaf) {
    for (;;) {
        struct mls_tree_node *node = parent->child[mls_tree_side_of(leaf, parent->node.level)];
        BASE_ENSURE(node != NULL, MLS_ERR_UNMERGED_LEAF);
        if (node->level == 0) {
            return BASE_OK;
        }
        parent = mls_tree_as_parent(node);
        if (parent->filled) {
            BASE_ENSURE(mls_tree_unmerged_has(mls_tree_unmerged_slice(parent), leaf), MLS_ERR_UNMERGED_LEAF);
            return BASE_OK;
        }
    }
}

static base_result check_unmerged_below(struct mls_tree_node *node, uint32_t first) {
    if (node == NULL || node->level == 0) {
        return BASE_OK;
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    struct base_slice unmerged = parent->filled ? mls_tree_unmerged_slice(parent) : base_slice(NULL, 0);
    for (size_t i = 0; i < mls_unmerged_count(unmerged); i++) {
        uint32_t leaf = mls_unmerged_at(unmerged, i);
        BASE_ENSURE(leaf >= first && leaf - first < (uint32_t)1 << node->level, MLS_ERR_UNMERGED_LEAF);
        BASE_TRY(check_unmerged_leaf(parent, leaf));
    }
    BASE_TRY(check_unmerged_below(parent->child[MLS_TREE_LEFT], first));
    return check_unmerged_below(parent->child[MLS_TREE_RIGHT], first + ((uint32_t)1 << (node->level - 1)));
}

base_result mls_tree_check_unmerged(const struct mls_tree *tree) {
    return check_unmerged_below(tree->root, 0);
}

/* -------------------------------------------------------------------------------------------- parent hashes ---- */

/* Looks for D of §7.9.2 in the resolution of a child: the one node that is not among the parent's unmerged leaves. */
struct descendant {
    struct base_slice unmerged; /* of the parent */
    struct mls_tree_node *found;
    bool ambiguous;
};

static base_result find_descendant(void *user, uint32_t index, struct mls_tree_node *node) {
    struct descendant *self = (struct descendant *)user;
    if (node->level == 0 && mls_tree_unmerged_has(self->unmerged, mls_node_leaf(index))) {
        return BASE_OK;
    }
    self->ambiguous = self->found != NULL;
    self->found = node;
    /* Whatever error, it only ends the walk. */
    return self->ambiguous ? &MLS_ERR_PARENT_HASH : BASE_OK;
}

static struct base_slice parent_hash_in(struct mls_tree_node *node) {
    if (node->level > 0) {
        return mls_tree_parent_hash_slice(mls_tree_as_parent(node));
    }
    const struct mls_leaf_node *leaf = &mls_tree_as_leaf(node)->view;
    return leaf->source == MLS_LEAF_COMMIT ? leaf->parent_hash : base_slice(NULL, 0);
}

/*
 * True in `*valid` if a node below this side has a parent hash that is valid with respect to `parent`. That the
 * parent's unmerged leaves below are all in the resolution is what mls_tree_check_unmerged() has made sure of.
 */
static base_result chained_on_side(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t first,
                                   enum mls_tree_side side, uint8_t *scratch, bool *valid) {
    uint32_t half = (uint32_t)1 << (parent->node.level - 1);
    uint8_t original[MLS_HASH_MAX];
    struct mls_secret hash;
    struct descendant descendant = { mls_tree_unmerged_slice(parent), NULL, false };
    base_result walked = mls_tree_resolve(parent->child[side], side == MLS_TREE_LEFT ? first : first + half,
                                          find_descendant, &descendant);
    *valid = false;
    if (walked != BASE_OK || descendant.found == NULL || parent_hash_in(descendant.found).len == 0) {
        return BASE_OK;
    }
    enum mls_tree_side sibling = side == MLS_TREE_LEFT ? MLS_TREE_RIGHT : MLS_TREE_LEFT;
    BASE_TRY(mls_tree_original_hash(crypto, parent, first, sibling, scratch, original));
    BASE_TRY(mls_tree_parent_hash_of(crypto, parent, base_slice(original, parent->hash_size), &hash));
    *valid = base_slice_equal(parent_hash_in(descendant.found), mls_secret_slice(&hash));
    return BASE_OK;
}

static base_result verify_below(const struct mls_crypto *crypto, struct mls_tree_node *node, uint32_t first,
                                uint8_t *scratch) {
    if (node == NULL || node->level == 0) {
        return BASE_OK;
    }
    struct mls_tree_parent *parent = mls_tree_as_parent(node);
    BASE_TRY(verify_below(crypto, parent->child[MLS_TREE_LEFT], first, scratch));
    BASE_TRY(verify_below(crypto, parent->child[MLS_TREE_RIGHT], first + ((uint32_t)1 << (node->level - 1)), scratch));
    if (!parent->filled) {
        return BASE_OK;
    }
    bool left = false;
    bool right = false;
    BASE_TRY(mls_kem_check(crypto, mls_tree_key_slice(parent)));
    BASE_TRY(chained_on_side(crypto, parent, first, MLS_TREE_LEFT, scratch, &left));
    BASE_TRY(chained_on_side(crypto, parent, first, MLS_TREE_RIGHT, scratch, &right));
    BASE_ENSURE(left != right, MLS_ERR_PARENT_HASH);
    return BASE_OK;
}

base_result mls_tree_verify_parent_hashes(const struct mls_crypto *crypto, struct mls_tree *tree) {
    BASE_CLEANUP(base_free_at) uint8_t *scratch = (uint8_t *)base_take(crypto->allocator, tree->members, 4);
    BASE_ENSURE(scratch != NULL, BASE_ERR_NO_MEMORY);
    return verify_below(crypto, tree->root, 0, scratch);
}

/* ---------------------------------------------------------------------------------------------------- leaves ---- */

base_result mls_tree_verify_leaves(const struct mls_crypto *crypto, struct mls_tree *tree, struct base_slice group_id) {
    for (uint32_t i = 0; mls_tree_next_member(tree, &i); i++) {
        const struct mls_leaf_node *leaf = mls_tree_leaf(tree, i);
        BASE_TRY(mls_leaf_node_check(crypto, leaf));
        BASE_TRY(mls_leaf_node_verify(crypto, leaf, group_id, i));
    }
    return mls_tree_check_credentials(tree);
}
