/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table from 32-bit numbers to blocks of memory: for trees of which only some nodes are there. Internal.
 */
#ifndef MLS_SPARSE_H
#define MLS_SPARSE_H

#include "base/memory.h"
#include "base/result.h"

/** Owns its values, which come from base_take(). A zeroed one with an allocator is empty and valid. */
struct mls_sparse {
    const struct base_allocator *allocator;
    struct mls_sparse_slot {
        uint32_t key;
        void *value; /**< NULL: the slot is free */
    } * slots;
    uint32_t capacity; /**< a power of two, or 0; at most three quarters are in use */
    uint32_t count;
};

/** NULL if there is none. */
void *mls_sparse_get(const struct mls_sparse *sparse, uint32_t key);

/** Makes room for `more` values. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_sparse_reserve(struct mls_sparse *sparse, uint32_t more);

/** Takes `value`, which is not NULL, over. There is room for it (mls_sparse_reserve) and none with this key. */
void mls_sparse_put(struct mls_sparse *sparse, uint32_t key, void *value);

/** Removes a value and frees it, if it is there. */
void mls_sparse_drop(struct mls_sparse *sparse, uint32_t key);

/** Frees everything. */
void mls_sparse_free(struct mls_sparse *sparse);

#endif
