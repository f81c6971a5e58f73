/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The array-based tree of RFC 9420 appendix C: leaves at even indices, parents at odd ones. Internal.
 *
 * A tree always has a power of two of leaves, 2^0 to MLS_LEAF_COUNT_MAX, and twice as many nodes less one. The
 * functions say nothing sensible about indices outside of the tree: check those of a peer with mls_node_in_tree().
 */
#ifndef MLS_TREE_MATH_H
#define MLS_TREE_MATH_H

#include <stdbool.h>
#include <stdint.h>

/** The array's index of a node. */
typedef uint32_t mls_node_index;
/** A leaf's number, as messages name members. */
typedef uint32_t mls_leaf_index;

/** The arithmetic's bound: the last node's index must fit 32 bits, with all ones to spare as "none". */
#define MLS_LEAF_COUNT_MAX (UINT32_C(1) << 31)

/** The levels of the largest tree, its root and its leaves included: the longest path, and room for one. */
#define MLS_TREE_LEVELS_MAX 32

static inline mls_node_index mls_leaf_node(mls_leaf_index leaf) {
    return leaf * 2;
}

static inline bool mls_node_is_leaf(mls_node_index node) {
    return (node & 1) == 0;
}

/** Of a leaf node only. */
static inline mls_leaf_index mls_node_leaf(mls_node_index node) {
    return node / 2;
}

/** 0 for leaves, 1 for their parents, and so on: the number of trailing ones. */
static inline uint32_t mls_node_level(mls_node_index node) {
    return (uint32_t)__builtin_ctz(~node);
}

static inline uint32_t mls_node_count(uint32_t leaf_count) {
    return leaf_count * 2 - 1;
}

static inline bool mls_node_in_tree(mls_node_index node, uint32_t leaf_count) {
    return node < mls_node_count(leaf_count);
}

static inline mls_node_index mls_tree_root(uint32_t leaf_count) {
    return leaf_count - 1;
}

/** The power of two that holds `leaves`, at least 1. `leaves` is at most MLS_LEAF_COUNT_MAX. */
uint32_t mls_tree_leaf_count(uint32_t leaves);

/** Children of a parent node only. */
static inline mls_node_index mls_node_left(mls_node_index node) {
    return node ^ (UINT32_C(1) << (mls_node_level(node) - 1));
}

static inline mls_node_index mls_node_right(mls_node_index node) {
    return node ^ (UINT32_C(3) << (mls_node_level(node) - 1));
}

/** Of any node but the root. The parent does not depend on the tree's size. */
static inline mls_node_index mls_node_parent(mls_node_index node) {
    const uint32_t bit = UINT32_C(1) << mls_node_level(node);
    return (node | bit) & ~(bit << 1);
}

static inline mls_node_index mls_node_sibling(mls_node_index node) {
    return node ^ (UINT32_C(2) << mls_node_level(node));
}

/** True if `node` is `ancestor` or stands below it. */
bool mls_node_is_below(mls_node_index node, mls_node_index ancestor);

/** The lowest node above (or equal to) both. */
mls_node_index mls_node_common_ancestor(mls_node_index a, mls_node_index b);

/** The leaves below `node` (or itself): how many, and the first. */
static inline uint32_t mls_node_leaf_count(mls_node_index node) {
    return UINT32_C(1) << mls_node_level(node);
}

static inline mls_leaf_index mls_node_first_leaf(mls_node_index node) {
    return (node - (mls_node_leaf_count(node) - 1)) / 2;
}

#endif
