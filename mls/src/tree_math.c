/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the tree arithmetic is more than a few bits turned.
 */
#include "tree_math.h"

uint32_t mls_tree_leaf_count(uint32_t leaves) {
    uint32_t count = 1;
    while (count < leaves) {
        count *= 2;
    }
    return count;
}

bool mls_node_is_below(mls_node_index node, mls_node_index ancestor) {
    const uint64_t level = mls_node_level(ancestor);
    return mls_node_level(node) <= level && (uint64_t)node >> (level + 1) == (uint64_t)ancestor >> (level + 1);
}

mls_node_index mls_node_common_ancestor(mls_node_index a, mls_node_index b) {
    if (mls_node_is_below(b, a)) {
        return a;
    }
    if (mls_node_is_below(a, b)) {
        return b;
    }
    /* The bits above the level where they part, a zero, and then as many ones as that level is high. */
    const uint64_t level = 32 - (uint64_t)__builtin_clz(a ^ b);
    const uint64_t above = (uint64_t)a >> level << level;
    return (mls_node_index)(above | ((UINT64_C(1) << (level - 1)) - 1));
}
