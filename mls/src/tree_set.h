/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of fingerprints (numbers that are as good as random), shared between versions as the tree's nodes are: a trie
 * of sixteen ways, whose nodes are copied when they change. For tree*.c alone.
 *
 * A fingerprint is a keyed hash, cut to 64 bits. That two of a group of 10,000 collide by chance, so that a
 * good key is refused, happens once in 10^10 groups; and nobody can aim at it without the key.
 */
#ifndef MLS_TREE_SET_H
#define MLS_TREE_SET_H

#include "base/memory.h"

struct mls_tree_set;

/** Empty sets are NULL. */
bool mls_tree_set_has(const struct mls_tree_set *set, uint64_t print);

/** MLS_ERR_KEY_IN_USE: it is there already. On error the set is as it was. */
BASE_MUST_USE base_result mls_tree_set_add(const struct base_allocator *allocator, struct mls_tree_set **set,
                                           uint64_t print);

/** No effect if it is not there. On error (BASE_ERR_NO_MEMORY) the set is as it was. */
BASE_MUST_USE base_result mls_tree_set_remove(const struct base_allocator *allocator, struct mls_tree_set **set,
                                              uint64_t print);

/** The same set for another version. */
struct mls_tree_set *mls_tree_set_share(struct mls_tree_set *set);

/** Lets go of it; NULL is allowed. */
void mls_tree_set_release(struct mls_tree_set *set);

#endif
