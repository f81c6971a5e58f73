/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a secret tree is made of, shared by what uses it and what saves it. Internal to secret_tree*.c.
 */
#ifndef MLS_SECRET_TREE_STATE_H
#define MLS_SECRET_TREE_STATE_H

#include "secret_tree.h"
#include "sparse.h"

/** The key of a generation that was skipped. */
struct mls_secret_tree_key {
    uint32_t generation;
    struct mls_aead_key key;
};

struct mls_secret_ratchet {
    uint32_t next; /**< the generation that `secret` is of */
    uint32_t skipped_count;
    struct mls_secret_tree_key *skipped; /**< ascending; NULL if there are none */
    uint8_t secret[MLS_HASH_MAX];
};

struct mls_secret_leaf {
    struct mls_secret_ratchet ratchets[2]; /**< by enum mls_ratchet */
};

struct mls_secret_tree {
    const struct base_allocator *allocator;
    const struct mls_suite *suite;
    uint32_t leaf_count;
    struct mls_secret_tree_limits limits;
    struct mls_sparse nodes;  /**< by node index: its secret. Nothing above or below it is there. */
    struct mls_sparse leaves; /**< by leaf index: struct mls_secret_leaf, once its node's secret has been used */
    bool tracked;             /**< it has been saved: from then on, changed records are listed */
    uint64_t *changes;        /**< numbers of changed and deleted records, each once or more often */
    size_t changes_count;
    size_t changes_capacity;
};

/* A record of skipped keys holds eight generations; numbers repeat far beyond the window. */
enum {
    MLS_SKIPPED_CHUNK = 8,
    MLS_SKIPPED_SLOTS = 4096,
};

/* Record numbers: two bits of kind, then what it is of. */
#define MLS_SECRET_RECORD_KIND_SHIFT 38
enum { MLS_SECRET_RECORD_NODE = 0, MLS_SECRET_RECORD_LEAF = 1, MLS_SECRET_RECORD_SKIPPED = 2 };

static inline uint64_t mls_secret_node_record(mls_node_index node) {
    return (uint64_t)MLS_SECRET_RECORD_NODE << MLS_SECRET_RECORD_KIND_SHIFT | node;
}

static inline uint64_t mls_secret_leaf_record(mls_leaf_index leaf) {
    return (uint64_t)MLS_SECRET_RECORD_LEAF << MLS_SECRET_RECORD_KIND_SHIFT | leaf;
}

static inline uint64_t mls_secret_skipped_record(mls_leaf_index leaf, enum mls_ratchet ratchet, uint32_t generation) {
    const uint64_t slot = generation / MLS_SKIPPED_CHUNK % MLS_SKIPPED_SLOTS;
    return (uint64_t)MLS_SECRET_RECORD_SKIPPED << MLS_SECRET_RECORD_KIND_SHIFT | (uint64_t)leaf << 13 |
           (uint64_t)ratchet << 12 | slot;
}

/** Where the key of `generation` is among the skipped ones, or would be. */
size_t mls_secret_skipped_find(const struct mls_secret_ratchet *ratchet, uint32_t generation);

/** Makes room in the list of changes for `more`. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_secret_changes_reserve(struct mls_secret_tree *tree, size_t more);

/** Lists a record as changed or deleted. There is room. */
void mls_secret_changes_add(struct mls_secret_tree *tree, uint64_t record);

#endif
