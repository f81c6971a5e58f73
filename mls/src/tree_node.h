/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of ratchet trees: linked from the root down, counted, shared between versions. For tree*.c alone.
 *
 * A subtree in which all is blank is NULL. A node may be changed only while one version alone has it: whoever changes
 * one owns all nodes from the root down to it first (mls_tree_own_path). Each parent holds the tree hashes of both its
 * children, so that those of blank subtrees are kept as well.
 */
#ifndef MLS_TREE_NODE_H
#define MLS_TREE_NODE_H

#include "tree.h"

enum { MLS_TREE_DEPTH_MAX = 20 };

enum mls_tree_side { MLS_TREE_LEFT = 0, MLS_TREE_RIGHT = 1 };

/** What leaves and parents begin with. */
struct mls_tree_node {
    uint32_t refs;
    uint8_t level; /**< 0: a struct mls_tree_leaf; else a struct mls_tree_parent */
};

/** In `hashed` while a tree is being loaded: hashes came with the record; and which children have to come. */
enum { MLS_TREE_LOADED = 4, MLS_TREE_LOADED_LEFT = 8, MLS_TREE_LOADED_RIGHT = 16 };

/** Never changed, only replaced. */
struct mls_tree_leaf {
    struct mls_tree_node node;
    struct mls_leaf_node view; /**< borrows from `bytes` */
    uint8_t bytes[];           /**< the encoded LeafNode */
};

/** A parent node, blank or not, with something below it. */
struct mls_tree_parent {
    struct mls_tree_node node;
    uint8_t hash_size;
    uint8_t key_size;
    uint8_t parent_hash_len; /**< 0 or hash_size */
    bool filled;             /**< not blank: the key, parent hash and unmerged leaves count */
    uint8_t hashed;          /**< bit of each side whose tree hash is known; while loading: MLS_TREE_LOADED */
    uint32_t members;        /**< leaves below that are not blank */
    uint32_t unmerged_count;
    uint32_t unmerged_capacity;
    uint8_t *unmerged; /**< leaf indices as they are encoded: big-endian, increasing */
    struct mls_tree_node *child[2];
    uint8_t bytes[]; /**< tree hashes of both sides, parent hash, key */
};

static inline struct mls_tree_leaf *mls_tree_as_leaf(struct mls_tree_node *node) {
    return (struct mls_tree_leaf *)(void *)node;
}

static inline struct mls_tree_parent *mls_tree_as_parent(struct mls_tree_node *node) {
    return (struct mls_tree_parent *)(void *)node;
}

static inline uint8_t *mls_tree_side_hash(struct mls_tree_parent *parent, enum mls_tree_side side) {
    return parent->bytes + (size_t)side * parent->hash_size;
}

static inline uint8_t *mls_tree_parent_hash(struct mls_tree_parent *parent) {
    return parent->bytes + 2 * (size_t)parent->hash_size;
}

static inline uint8_t *mls_tree_key(struct mls_tree_parent *parent) {
    return parent->bytes + 3 * (size_t)parent->hash_size;
}

static inline struct base_slice mls_tree_key_slice(const struct mls_tree_parent *parent) {
    return base_slice(parent->bytes + 3 * (size_t)parent->hash_size, parent->key_size);
}

static inline struct base_slice mls_tree_parent_hash_slice(const struct mls_tree_parent *parent) {
    return base_slice(parent->bytes + 2 * (size_t)parent->hash_size, parent->parent_hash_len);
}

static inline struct base_slice mls_tree_unmerged_slice(const struct mls_tree_parent *parent) {
    return base_slice(parent->unmerged, (size_t)parent->unmerged_count * 4);
}

/** On which side of a parent at `level` the leaf is. */
static inline enum mls_tree_side mls_tree_side_of(uint32_t leaf, unsigned level) {
    return (leaf >> (level - 1)) & 1 ? MLS_TREE_RIGHT : MLS_TREE_LEFT;
}

/** The index of the node at `level` above `leaf`. */
static inline uint32_t mls_tree_node_above(uint32_t leaf, unsigned level) {
    return (leaf >> level << (level + 1)) + ((uint32_t)1 << level) - 1;
}

/** How many leaves below are not blank. */
static inline uint32_t mls_tree_members_below(const struct mls_tree_node *node) {
    if (node == NULL) {
        return 0;
    }
    return node->level == 0 ? 1 : ((const struct mls_tree_parent *)(const void *)node)->members;
}

/** A leaf with a copy of the bytes of `leaf`. MLS_ERR_PUBLIC_KEY: a key has not the suite's length. */
BASE_MUST_USE base_result mls_tree_leaf_new(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf,
                                            struct mls_tree_node **out);

/** A blank parent without children, at a level > 0. */
BASE_MUST_USE base_result mls_tree_parent_new(const struct mls_crypto *crypto, unsigned level,
                                              struct mls_tree_parent **out);

/** Fills a parent that is owned. `key` and `parent_hash` must have lengths of the suite. */
BASE_MUST_USE base_result mls_tree_parent_fill(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                               struct base_slice key, struct base_slice parent_hash,
                                               struct base_slice unmerged);

/** Makes a parent that is owned blank. */
void mls_tree_parent_blank(struct mls_tree_parent *parent);

/** Puts a leaf among the unmerged ones of a parent that is owned. */
BASE_MUST_USE base_result mls_tree_unmerged_add(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                                uint32_t leaf);

/** Where `leaf` is, or would be, among encoded leaf indices: the number of those that are less. */
size_t mls_tree_unmerged_place(struct base_slice unmerged, uint32_t leaf);

/** True if `leaf` is among encoded leaf indices. */
bool mls_tree_unmerged_has(struct base_slice unmerged, uint32_t leaf);

/** Lets go of a node; NULL is allowed. */
void mls_tree_node_release(struct mls_tree_node *node);

/**
 * Owns the direct path of a leaf down to level `to`: `path[depth]` to `path[to]`. What was NULL becomes blank parents.
 * The hashes of the path's sides are forgotten.
 */
BASE_MUST_USE base_result mls_tree_own_path_to(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf,
                                               unsigned to, struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]);

/** All of it: `path[1]` to `path[depth]`. */
static inline base_result mls_tree_own_path(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf,
                                            struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]) {
    return mls_tree_own_path_to(crypto, tree, leaf, 1, path);
}

/** Where the node of `leaf` hangs, after mls_tree_own_path. */
struct mls_tree_node **mls_tree_leaf_slot(struct mls_tree *tree, uint32_t leaf,
                                          struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]);

/** Puts `node` (or NULL) in a leaf's place, corrects the counts of members, and frees parents that have nothing any
 * more. `path` is that of mls_tree_own_path and may not be used after. */
void mls_tree_put_leaf(struct mls_tree *tree, uint32_t leaf, struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1],
                       struct mls_tree_node *node);

/** The node at this index, or NULL: blank with nothing below it, or beyond the tree. */
struct mls_tree_node *mls_tree_find(const struct mls_tree *tree, uint32_t index);

/** Doubles the tree until it has the leaf. MLS_ERR_MEMBERS_LIMIT. */
BASE_MUST_USE base_result mls_tree_extend(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf);

/** Takes halves of the tree away as long as the right one is blank (§7.7). */
BASE_MUST_USE base_result mls_tree_truncate(const struct mls_crypto *crypto, struct mls_tree *tree);

/** Keys of both kinds have fingerprints of their own. */
enum mls_tree_key_kind { MLS_TREE_ENCRYPTION_KEY = 1, MLS_TREE_SIGNATURE_KEY = 2 };

/** Makes the set of keys of a tree that was loaded. MLS_ERR_KEY_IN_USE. */
BASE_MUST_USE base_result mls_tree_know_keys(const struct mls_crypto *crypto, struct mls_tree *tree);

/** Notes or forgets a key. MLS_ERR_KEY_IN_USE. */
BASE_MUST_USE base_result mls_tree_note_key(const struct mls_crypto *crypto, struct mls_tree *tree,
                                            enum mls_tree_key_kind kind, struct base_slice key);
BASE_MUST_USE base_result mls_tree_forget_key(const struct mls_crypto *crypto, struct mls_tree *tree,
                                              enum mls_tree_key_kind kind, struct base_slice key);

/** Notes or forgets the type of a leaf's credential. MLS_ERR_CAPABILITIES_CREDENTIAL. */
BASE_MUST_USE base_result mls_tree_note_type(struct mls_tree *tree, const struct mls_leaf_node *leaf);
void mls_tree_forget_type(struct mls_tree *tree, uint16_t type);

/** Puts a copy of `leaf` in the place of a leaf, blank or not, of an owned path. MLS_ERR_KEY_IN_USE,
 * MLS_ERR_PUBLIC_KEY, MLS_ERR_CAPABILITIES_CREDENTIAL. */
BASE_MUST_USE base_result mls_tree_replace_leaf(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                                                const struct mls_leaf_node *leaf,
                                                struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]);

/** Blanks a path of mls_tree_own_path and forgets its keys. */
BASE_MUST_USE base_result mls_tree_blank_path(const struct mls_crypto *crypto, struct mls_tree *tree,
                                              struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]);

/** Knows the hash of one side, computing it if need be. `first` is the first leaf below the parent. */
BASE_MUST_USE base_result mls_tree_hash_side(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                             uint32_t first, enum mls_tree_side side);

/**
 * The original tree hash (§7.9) of one side of a parent that is not blank: as if its unmerged leaves were not there.
 * `scratch` has room for the list of unmerged leaves of any node below. Writes a hash to `out`.
 */
BASE_MUST_USE base_result mls_tree_original_hash(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                                 uint32_t first, enum mls_tree_side side, uint8_t *scratch,
                                                 uint8_t *out);

/** The parent hash of a parent that is not blank (§7.9), given the original tree hash of its copath child. */
BASE_MUST_USE base_result mls_tree_parent_hash_of(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                                  struct base_slice original_sibling_hash, struct mls_secret *out);

/** What a walk over a resolution gives each of its nodes to. `node` is never blank. */
typedef base_result (*mls_tree_visit)(void *user, uint32_t index, struct mls_tree_node *node);

/** The resolution (§4.1.1) of a node (NULL: nothing) over the leaf `first`, in order. An error of `visit` ends it. */
BASE_MUST_USE base_result mls_tree_resolve(struct mls_tree_node *node, uint32_t first, mls_tree_visit visit,
                                           void *user);

/** The leaf below a node, or NULL. */
struct mls_tree_node *mls_tree_leaf_below(struct mls_tree_node *node, uint32_t leaf);

/** The unmerged leaves of each node are leaves below it, and unmerged in all nodes between (§12.4.3.1).
 * MLS_ERR_UNMERGED_LEAF. */
BASE_MUST_USE base_result mls_tree_check_unmerged(const struct mls_tree *tree);

/** Puts a node that was decoded in the place `index` of a tree, which is extended for it. */
BASE_MUST_USE base_result mls_tree_put_decoded_leaf(const struct mls_crypto *crypto, struct mls_tree *tree,
                                                    uint32_t index, const struct mls_leaf_node *leaf);
BASE_MUST_USE base_result mls_tree_put_decoded_parent(const struct mls_crypto *crypto, struct mls_tree *tree,
                                                      uint32_t index, const struct mls_parent_node *parent);

#endif
