/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing with linear probing; removing closes the gap, so that there are no tombstones.
 */
#include "sparse.h"

/* Neighbours in a tree are multiples of powers of two apart: the golden ratio spreads them. */
static uint32_t home(const struct mls_sparse *sparse, uint32_t key) {
    return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (sparse->capacity - 1);
}

static uint32_t find(const struct mls_sparse *sparse, uint32_t key) {
    uint32_t at = home(sparse, key);
    while (sparse->slots[at].value != NULL && sparse->slots[at].key != key) {
        at = (at + 1) & (sparse->capacity - 1);
    }
    return at;
}

void *mls_sparse_get(const struct mls_sparse *sparse, uint32_t key) {
    return sparse->count == 0 ? NULL : sparse->slots[find(sparse, key)].value;
}

base_result mls_sparse_reserve(struct mls_sparse *sparse, uint32_t more) {
    const uint64_t wanted = (uint64_t)sparse->count + more;
    uint64_t capacity = sparse->capacity == 0 ? 8 : sparse->capacity;
    while (wanted > capacity / 4 * 3) {
        capacity *= 2;
    }
    if (capacity == sparse->capacity) {
        return BASE_OK;
    }
    BASE_ENSURE(capacity <= UINT32_MAX, BASE_ERR_NO_MEMORY);
    struct mls_sparse grown = { .allocator = sparse->allocator, .capacity = (uint32_t)capacity };
    grown.slots = base_take(sparse->allocator, grown.capacity, sizeof *grown.slots);
    BASE_ENSURE(grown.slots != NULL, BASE_ERR_NO_MEMORY);
    for (uint32_t i = 0; i < sparse->capacity; i++) {
        if (sparse->slots[i].value != NULL) {
            mls_sparse_put(&grown, sparse->slots[i].key, sparse->slots[i].value);
        }
    }
    base_free(sparse->slots);
    *sparse = grown;
    return BASE_OK;
}

void mls_sparse_put(struct mls_sparse *sparse, uint32_t key, void *value) {
    sparse->slots[find(sparse, key)] = (struct mls_sparse_slot){ key, value };
    sparse->count++;
}

void mls_sparse_drop(struct mls_sparse *sparse, uint32_t key) {
    if (sparse->count == 0) {
        return;
    }
    uint32_t gap = find(sparse, key);
    if (sparse->slots[gap].value == NULL) {
        return;
    }
    base_free(sparse->slots[gap].value);
    sparse->count--;
    const uint32_t mask = sparse->capacity - 1;
    for (uint32_t at = (gap + 1) & mask; sparse->slots[at].value != NULL; at = (at + 1) & mask) {
        /* What lies behind the gap moves into it, unless its search would not come by there. */
        if (((at - home(sparse, sparse->slots[at].key)) & mask) >= ((at - gap) & mask)) {
            sparse->slots[gap] = sparse->slots[at];
            gap = at;
        }
    }
    sparse->slots[gap] = (struct mls_sparse_slot){ 0, NULL };
}

void mls_sparse_free(struct mls_sparse *sparse) {
    for (uint32_t i = 0; i < sparse->capacity; i++) {
        base_free(sparse->slots[i].value);
    }
    base_free(sparse->slots);
    sparse->slots = NULL;
    sparse->capacity = 0;
    sparse->count = 0;
}
