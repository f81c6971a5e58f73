/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ratchet tree as RFC 9420 describes it, and as slow: an array of nodes, every hash computed from nothing, no
 * structure shared with the library. What tests compare the library's trees with.
 */
#ifndef MLS_TESTS_TREE_MODEL_H
#define MLS_TESTS_TREE_MODEL_H

#include "crypto.h"
#include "syntax/tree.h"

enum { MODEL_LEAVES = 64, MODEL_NODES = 2 * MODEL_LEAVES - 1, MODEL_BYTES = 512 };

struct model_node {
    bool filled;
    uint8_t leaf[MODEL_BYTES]; /**< even nodes: the encoded LeafNode */
    size_t leaf_len;
    uint8_t key[32]; /**< odd nodes */
    struct mls_secret parent_hash;
    bool unmerged[MODEL_LEAVES];
};

struct model {
    uint32_t width; /**< leaves */
    struct model_node nodes[MODEL_NODES];
};

void model_init(struct model *model);

/** §12.1.1: returns the leaf index. */
uint32_t model_add(struct model *model, struct base_slice leaf);
/** §12.1.2 */
void model_update(struct model *model, uint32_t index, struct base_slice leaf);
/** §12.1.3 */
void model_remove(struct model *model, uint32_t index);
/** §7.5: `path` is decoded. False unless it has the filtered direct path's length and the leaf its parent hash. */
bool model_merge(struct model *model, const struct mls_crypto *crypto, uint32_t sender,
                 const struct mls_update_path *path);

/** §7.8 */
void model_hash(const struct model *model, const struct mls_crypto *crypto, uint32_t node, struct mls_secret *out);
/** §4.1.1: writes node indices to `out`, which has room for all, and returns how many. */
size_t model_resolution(const struct model *model, uint32_t index, uint32_t *out);
/** §12.4.3.3 */
void model_encode(const struct model *model, struct base_writer *writer);

#endif
