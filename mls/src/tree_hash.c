/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tree hashes (§7.8), computed where they are not known yet.
 */
#include <string.h>

#include "tree_math.h"
#include "tree_node.h"

enum { LEAF = 1, PARENT = 2 };

/* A length prefix of RFC 9420 §2.1.2; lengths here are far below 2^30. */
static size_t put_length(uint8_t *at, size_t len) {
    if (len < 0x40) {
        at[0] = (uint8_t)len;
        return 1;
    }
    if (len < 0x4000) {
        at[0] = (uint8_t)(0x40 | len >> 8);
        at[1] = (uint8_t)len;
        return 2;
    }
    at[0] = (uint8_t)(0x80 | len >> 24);
    at[1] = (uint8_t)(len >> 16);
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    return 4;
}

static size_t put_opaque(uint8_t *at, const uint8_t *bytes, size_t len) {
    size_t size = put_length(at, len);
    if (len != 0) {
        memcpy(at + size, bytes, len);
    }
    return size + len;
}

static base_result hash_leaf(const struct mls_crypto *crypto, uint32_t index, const struct mls_tree_leaf *leaf,
                             uint8_t *out) {
    const uint8_t head[] = {
        LEAF, (uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index, leaf != NULL,
    };
    const struct base_slice parts[] = {
        base_slice(head, sizeof head),
        leaf == NULL ? base_slice(NULL, 0) : leaf->view.encoded,
    };
    return crypto->provider->hash(crypto->provider->user, crypto->suite, parts, leaf == NULL ? 1 : 2, out);
}

/* `parent` NULL or blank: without a ParentNode. `unmerged` may differ from the parent's own. `out` may be `left`. */
static base_result hash_parent(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                               struct base_slice unmerged, const uint8_t *left, const uint8_t *right, uint8_t *out) {
    size_t hash_size = crypto->suite->hash_size;
    uint8_t head[2 + 4 + MLS_PUBLIC_KEY_MAX + 4 + MLS_HASH_MAX + 4];
    uint8_t tail[2 * (4 + MLS_HASH_MAX)];
    size_t head_len = 0;
    head[head_len++] = PARENT;
    head[head_len++] = parent != NULL && parent->filled;
    if (parent != NULL && parent->filled) {
        head_len += put_opaque(head + head_len, mls_tree_key(parent), parent->key_size);
        head_len += put_opaque(head + head_len, mls_tree_parent_hash(parent), parent->parent_hash_len);
        head_len += put_length(head + head_len, unmerged.len);
    }
    size_t tail_len = put_opaque(tail, left, hash_size);
    tail_len += put_opaque(tail + tail_len, right, hash_size);
    const struct base_slice parts[] = { base_slice(head, head_len), unmerged, base_slice(tail, tail_len) };
    return crypto->provider->hash(crypto->provider->user, crypto->suite, parts, 3, out);
}

static base_result hash_blank(const struct mls_crypto *crypto, uint32_t first, unsigned level, uint8_t *out) {
    if (level == 0) {
        return hash_leaf(crypto, first, NULL, out);
    }
    uint8_t sides[2][MLS_HASH_MAX];
    BASE_TRY(hash_blank(crypto, first, level - 1, sides[MLS_TREE_LEFT]));
    BASE_TRY(hash_blank(crypto, first + ((uint32_t)1 << (level - 1)), level - 1, sides[MLS_TREE_RIGHT]));
    return hash_parent(crypto, NULL, base_slice(NULL, 0), sides[MLS_TREE_LEFT], sides[MLS_TREE_RIGHT], out);
}

static base_result hash_node(const struct mls_crypto *crypto, struct mls_tree_node *node, uint32_t first,
                             unsigned level, uint8_t *out) {
    if (node == NULL) {
        return hash_blank(crypto, first, level, out);
    }
    if (level == 0) {
        return hash_leaf(crypto, first, mls_tree_as_leaf(node), out);
    }
    struct mls_tree_parent *parent = mls_tree_as_parent(node);
    BASE_TRY(mls_tree_hash_side(crypto, parent, first, MLS_TREE_LEFT));
    BASE_TRY(mls_tree_hash_side(crypto, parent, first, MLS_TREE_RIGHT));
    return hash_parent(crypto, parent, parent->filled ? mls_tree_unmerged_slice(parent) : base_slice(NULL, 0),
                       mls_tree_side_hash(parent, MLS_TREE_LEFT), mls_tree_side_hash(parent, MLS_TREE_RIGHT), out);
}

base_result mls_tree_hash_side(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t first,
                               enum mls_tree_side side) {
    if (parent->hashed >> side & 1) {
        return BASE_OK;
    }
    unsigned level = parent->node.level - 1U;
    uint32_t first_below = side == MLS_TREE_LEFT ? first : first + ((uint32_t)1 << level);
    BASE_TRY(hash_node(crypto, parent->child[side], first_below, level, mls_tree_side_hash(parent, side)));
    parent->hashed |= (uint8_t)(1U << side);
    return BASE_OK;
}

base_result mls_tree_hash(const struct mls_crypto *crypto, struct mls_tree *tree, struct mls_secret *out) {
    if (!tree->hashed) {
        BASE_TRY(hash_node(crypto, tree->root, 0, tree->depth, tree->root_hash.data));
        tree->root_hash.len = crypto->suite->hash_size;
        tree->hashed = true;
    }
    *out = tree->root_hash;
    return BASE_OK;
}

base_result mls_tree_node_hash(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t node,
                               struct mls_secret *out) {
    BASE_ENSURE(mls_node_in_tree(node, mls_tree_width(tree)), MLS_ERR_LEAF_INDEX);
    out->len = crypto->suite->hash_size;
    return hash_node(crypto, mls_tree_find(tree, node), mls_node_first_leaf(node), mls_node_level(node), out->data);
}

/* The encoded leaf indices among `unmerged` that are below the node at `level` over `first`. */
static struct base_slice unmerged_below(struct base_slice unmerged, uint32_t first, unsigned level) {
    if (unmerged.len == 0) {
        return unmerged;
    }
    size_t from = mls_tree_unmerged_place(unmerged, first);
    size_t to = mls_tree_unmerged_place(unmerged, first + ((uint32_t)1 << level));
    return base_slice(unmerged.data + from * 4, (to - from) * 4);
}

/* What is left of `unmerged` when those of `without` (a part of it or not) are taken out. */
static size_t unmerged_without(struct base_slice unmerged, struct base_slice without, uint8_t *out) {
    size_t len = 0;
    size_t next = 0;
    for (size_t at = 0; at < unmerged.len; at += 4) {
        while (next < without.len && memcmp(without.data + next, unmerged.data + at, 4) < 0) {
            next += 4;
        }
        if (next == without.len || memcmp(without.data + next, unmerged.data + at, 4) != 0) {
            memcpy(out + len, unmerged.data + at, 4);
            len += 4;
        }
    }
    return len;
}

/*
 * The tree hash of a side as if the leaves of `without` were blank and in no list of unmerged leaves (§7.9). Goes
 * only where there are such leaves. `scratch` has room for the longest list of unmerged leaves.
 */
static base_result original_side_hash(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t first,
                                      enum mls_tree_side side, struct base_slice without, uint8_t *scratch,
                                      uint8_t *out) {
    unsigned level = parent->node.level - 1U;
    uint32_t first_below = side == MLS_TREE_LEFT ? first : first + ((uint32_t)1 << level);
    without = unmerged_below(without, first_below, level);
    struct mls_tree_node *node = parent->child[side];
    if (without.len == 0 || node == NULL) {
        BASE_TRY(mls_tree_hash_side(crypto, parent, first, side));
        memcpy(out, mls_tree_side_hash(parent, side), parent->hash_size);
        return BASE_OK;
    }
    if (level == 0) {
        return hash_leaf(crypto, first_below, NULL, out);
    }
    uint8_t sides[2][MLS_HASH_MAX];
    struct mls_tree_parent *below = mls_tree_as_parent(node);
    BASE_TRY(original_side_hash(crypto, below, first_below, MLS_TREE_LEFT, without, scratch, sides[MLS_TREE_LEFT]));
    BASE_TRY(original_side_hash(crypto, below, first_below, MLS_TREE_RIGHT, without, scratch, sides[MLS_TREE_RIGHT]));
    size_t unmerged_len = 0;
    if (below->filled) {
        unmerged_len = unmerged_without(mls_tree_unmerged_slice(below), without, scratch);
    }
    return hash_parent(crypto, below, base_slice(scratch, unmerged_len), sides[MLS_TREE_LEFT], sides[MLS_TREE_RIGHT],
                       out);
}

base_result mls_tree_original_hash(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t first,
                                   enum mls_tree_side side, uint8_t *scratch, uint8_t *out) {
    return original_side_hash(crypto, parent, first, side, mls_tree_unmerged_slice(parent), scratch, out);
}

base_result mls_tree_parent_hash_of(const struct mls_crypto *crypto, struct mls_tree_parent *parent,
                                    struct base_slice original_sibling_hash, struct mls_secret *out) {
    uint8_t input[4 + MLS_PUBLIC_KEY_MAX + 2 * (4 + MLS_HASH_MAX)];
    size_t len = put_opaque(input, mls_tree_key(parent), parent->key_size);
    len += put_opaque(input + len, mls_tree_parent_hash(parent), parent->parent_hash_len);
    len += put_opaque(input + len, original_sibling_hash.data, original_sibling_hash.len);
    return mls_hash(crypto, base_slice(input, len), out);
}
