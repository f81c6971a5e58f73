/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_set.h"

#include "mls/errors.h"

enum { WAYS = 16, BITS = 4, LEVELS = 64 / BITS };

struct mls_tree_set {
    uint32_t refs;
    uint16_t prints; /**< bit of each slot that holds a fingerprint */
    uint16_t sets;   /**< bit of each slot that holds a set of the next level */
    union {
        uint64_t print;
        struct mls_tree_set *set;
    } slot[WAYS];
};

static unsigned way(uint64_t print, unsigned level) {
    return (unsigned)(print >> (64 - BITS - BITS * level)) & (WAYS - 1);
}

bool mls_tree_set_has(const struct mls_tree_set *set, uint64_t print) {
    for (unsigned level = 0; set != NULL && level < LEVELS; level++) {
        unsigned at = way(print, level);
        if (set->prints >> at & 1) {
            return set->slot[at].print == print;
        }
        set = set->sets >> at & 1 ? set->slot[at].set : NULL;
    }
    return false;
}

struct mls_tree_set *mls_tree_set_share(struct mls_tree_set *set) {
    if (set != NULL) {
        set->refs++;
    }
    return set;
}

void mls_tree_set_release(struct mls_tree_set *set) {
    if (set == NULL || --set->refs > 0) {
        return;
    }
    for (unsigned at = 0; at < WAYS; at++) {
        if (set->sets >> at & 1) {
            mls_tree_set_release(set->slot[at].set);
        }
    }
    base_free(set);
}

static base_result own(const struct base_allocator *allocator, struct mls_tree_set **set) {
    struct mls_tree_set *shared = *set;
    if (shared != NULL && shared->refs == 1) {
        return BASE_OK;
    }
    struct mls_tree_set *copy = (struct mls_tree_set *)base_take(allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    if (shared != NULL) {
        *copy = *shared;
        for (unsigned at = 0; at < WAYS; at++) {
            if (copy->sets >> at & 1) {
                copy->slot[at].set->refs++;
            }
        }
        shared->refs--;
    }
    copy->refs = 1;
    *set = copy;
    return BASE_OK;
}

base_result mls_tree_set_add(const struct base_allocator *allocator, struct mls_tree_set **set, uint64_t print) {
    BASE_ENSURE(!mls_tree_set_has(*set, print), MLS_ERR_KEY_IN_USE);
    for (unsigned level = 0;; level++) {
        BASE_TRY(own(allocator, set));
        struct mls_tree_set *self = *set;
        unsigned at = way(print, level);
        uint16_t bit = (uint16_t)(1U << at);
        if (!((self->prints | self->sets) & bit)) {
            self->slot[at].print = print;
            self->prints |= bit;
            return BASE_OK;
        }
        if (self->prints & bit) { /* two that begin alike go to a level of their own */
            struct mls_tree_set *below = NULL;
            BASE_TRY(own(allocator, &below));
            unsigned at_below = way(self->slot[at].print, level + 1);
            below->slot[at_below].print = self->slot[at].print;
            below->prints = (uint16_t)(1U << at_below);
            self->slot[at].set = below;
            self->prints ^= bit;
            self->sets |= bit;
        }
        set = &self->slot[at].set;
    }
}

/* What is left of a set below another one, if it is one fingerprint alone. */
static bool single(const struct mls_tree_set *set, uint64_t *print) {
    if (set->sets != 0 || set->prints == 0 || (set->prints & (set->prints - 1)) != 0) {
        return false;
    }
    for (unsigned at = 0; at < WAYS; at++) {
        if (set->prints >> at & 1) {
            *print = set->slot[at].print;
        }
    }
    return true;
}

base_result mls_tree_set_remove(const struct base_allocator *allocator, struct mls_tree_set **set, uint64_t print) {
    if (!mls_tree_set_has(*set, print)) {
        return BASE_OK;
    }
    struct mls_tree_set *path[LEVELS];
    unsigned level = 0;
    for (;; level++) {
        BASE_TRY(own(allocator, set));
        path[level] = *set;
        unsigned at = way(print, level);
        if (path[level]->prints >> at & 1) {
            path[level]->prints &= (uint16_t) ~(1U << at);
            break;
        }
        set = &path[level]->slot[at].set;
    }
    for (; level > 0; level--) {
        uint64_t left = 0;
        if (!single(path[level], &left)) {
            return BASE_OK;
        }
        unsigned at = way(print, level - 1);
        mls_tree_set_release(path[level]);
        path[level - 1]->slot[at].print = left;
        path[level - 1]->sets &= (uint16_t) ~(1U << at);
        path[level - 1]->prints |= (uint16_t)(1U << at);
    }
    return BASE_OK;
}
