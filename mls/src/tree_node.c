/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_node.h"

#include <string.h>

#include "tree_math.h"

static uint32_t number_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void number_put(uint8_t *at, uint32_t number) {
    at[0] = (uint8_t)(number >> 24);
    at[1] = (uint8_t)(number >> 16);
    at[2] = (uint8_t)(number >> 8);
    at[3] = (uint8_t)number;
}

base_result mls_tree_leaf_new(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf,
                              struct mls_tree_node **out) {
    BASE_ENSURE(leaf->encryption_key.len == crypto->suite->kem_public_size, MLS_ERR_PUBLIC_KEY);
    BASE_ENSURE(leaf->signature_key.len == crypto->suite->signature_public_size, MLS_ERR_PUBLIC_KEY);
    struct mls_tree_leaf *self =
        (struct mls_tree_leaf *)base_take(crypto->allocator, 1, sizeof *self + leaf->encoded.len);
    BASE_ENSURE(self != NULL, BASE_ERR_NO_MEMORY);
    self->node.refs = 1;
    memcpy(self->bytes, leaf->encoded.data, leaf->encoded.len);
    base_result result = mls_leaf_node_decode(base_slice(self->bytes, leaf->encoded.len), &self->view);
    if (result != BASE_OK) {
        base_free(self);
        return result;
    }
    *out = &self->node;
    return BASE_OK;
}

base_result mls_tree_parent_new(const struct mls_crypto *crypto, unsigned level, struct mls_tree_parent **out) {
    const struct mls_suite *suite = crypto->suite;
    size_t size = sizeof **out + 3 * (size_t)suite->hash_size + suite->kem_public_size;
    struct mls_tree_parent *self = (struct mls_tree_parent *)base_take(crypto->allocator, 1, size);
    BASE_ENSURE(self != NULL, BASE_ERR_NO_MEMORY);
    self->node.refs = 1;
    self->node.level = (uint8_t)level;
    self->hash_size = suite->hash_size;
    self->key_size = suite->kem_public_size;
    *out = self;
    return BASE_OK;
}

void mls_tree_node_release(struct mls_tree_node *node) {
    if (node == NULL || --node->refs > 0) {
        return;
    }
    if (node->level > 0) {
        struct mls_tree_parent *parent = mls_tree_as_parent(node);
        mls_tree_node_release(parent->child[MLS_TREE_LEFT]);
        mls_tree_node_release(parent->child[MLS_TREE_RIGHT]);
        base_free(parent->unmerged);
    }
    base_free(node);
}

static base_result unmerged_reserve(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t count) {
    if (count <= parent->unmerged_capacity) {
        return BASE_OK;
    }
    uint32_t capacity = parent->unmerged_capacity < 4 ? 4 : parent->unmerged_capacity * 2;
    capacity = capacity < count ? count : capacity;
    uint8_t *grown = (uint8_t *)(parent->unmerged == NULL ? base_take(crypto->allocator, capacity, 4)
                                                          : base_retake(parent->unmerged, capacity, 4));
    BASE_ENSURE(grown != NULL, BASE_ERR_NO_MEMORY);
    parent->unmerged = grown;
    parent->unmerged_capacity = capacity;
    return BASE_OK;
}

base_result mls_tree_parent_fill(const struct mls_crypto *crypto, struct mls_tree_parent *parent, struct base_slice key,
                                 struct base_slice parent_hash, struct base_slice unmerged) {
    BASE_TRY(unmerged_reserve(crypto, parent, (uint32_t)(unmerged.len / 4)));
    parent->filled = true;
    parent->parent_hash_len = (uint8_t)parent_hash.len;
    parent->unmerged_count = (uint32_t)(unmerged.len / 4);
    memcpy(mls_tree_key(parent), key.data, key.len);
    if (parent_hash.len != 0) {
        memcpy(mls_tree_parent_hash(parent), parent_hash.data, parent_hash.len);
    }
    if (unmerged.len != 0) {
        memcpy(parent->unmerged, unmerged.data, unmerged.len);
    }
    return BASE_OK;
}

void mls_tree_parent_blank(struct mls_tree_parent *parent) {
    base_free(parent->unmerged);
    parent->unmerged = NULL;
    parent->unmerged_count = 0;
    parent->unmerged_capacity = 0;
    parent->filled = false;
    parent->parent_hash_len = 0;
}

size_t mls_tree_unmerged_place(struct base_slice unmerged, uint32_t leaf) {
    size_t low = 0;
    size_t high = unmerged.len / 4;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (number_at(unmerged.data + middle * 4) < leaf) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mls_tree_unmerged_has(struct base_slice unmerged, uint32_t leaf) {
    size_t place = mls_tree_unmerged_place(unmerged, leaf);
    return place < unmerged.len / 4 && number_at(unmerged.data + place * 4) == leaf;
}

base_result mls_tree_unmerged_add(const struct mls_crypto *crypto, struct mls_tree_parent *parent, uint32_t leaf) {
    BASE_TRY(unmerged_reserve(crypto, parent, parent->unmerged_count + 1));
    size_t place = mls_tree_unmerged_place(mls_tree_unmerged_slice(parent), leaf);
    uint8_t *at = parent->unmerged + place * 4;
    memmove(at + 4, at, (parent->unmerged_count - place) * 4);
    number_put(at, leaf);
    parent->unmerged_count++;
    return BASE_OK;
}

static base_result parent_copy(const struct mls_crypto *crypto, struct mls_tree_parent *from,
                               struct mls_tree_parent **out) {
    struct mls_tree_parent *copy = NULL;
    BASE_TRY(mls_tree_parent_new(crypto, from->node.level, &copy));
    if (from->filled) {
        base_result result = mls_tree_parent_fill(crypto, copy, mls_tree_key_slice(from),
                                                  mls_tree_parent_hash_slice(from), mls_tree_unmerged_slice(from));
        if (result != BASE_OK) {
            base_free(copy);
            return result;
        }
    }
    memcpy(copy->bytes, from->bytes, 2 * (size_t)from->hash_size);
    copy->hashed = from->hashed;
    copy->members = from->members;
    for (int side = 0; side < 2; side++) {
        copy->child[side] = from->child[side];
        if (copy->child[side] != NULL) {
            copy->child[side]->refs++;
        }
    }
    *out = copy;
    return BASE_OK;
}

base_result mls_tree_own_path_to(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf, unsigned to,
                                 struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]) {
    tree->hashed = false;
    struct mls_tree_node **slot = &tree->root;
    for (unsigned level = tree->depth; level >= to; level--) {
        if (*slot == NULL) {
            BASE_TRY(mls_tree_parent_new(crypto, level, &path[level]));
            *slot = &path[level]->node;
        } else if ((*slot)->refs > 1) {
            BASE_TRY(parent_copy(crypto, mls_tree_as_parent(*slot), &path[level]));
            mls_tree_node_release(*slot);
            *slot = &path[level]->node;
        } else {
            path[level] = mls_tree_as_parent(*slot);
        }
        enum mls_tree_side side = mls_tree_side_of(leaf, level);
        path[level]->hashed &= (uint8_t) ~(1U << side);
        slot = &path[level]->child[side];
    }
    return BASE_OK;
}

struct mls_tree_node **mls_tree_leaf_slot(struct mls_tree *tree, uint32_t leaf,
                                          struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]) {
    return tree->depth == 0 ? &tree->root : &path[1]->child[mls_tree_side_of(leaf, 1)];
}

void mls_tree_put_leaf(struct mls_tree *tree, uint32_t leaf, struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1],
                       struct mls_tree_node *node) {
    struct mls_tree_node **slot = mls_tree_leaf_slot(tree, leaf, path);
    uint32_t before = *slot != NULL;
    uint32_t after = node != NULL;
    mls_tree_node_release(*slot);
    *slot = node;
    tree->members += after - before;
    for (unsigned level = 1; level <= tree->depth; level++) {
        struct mls_tree_parent *parent = path[level];
        parent->members += after - before;
        if (!parent->filled && parent->child[MLS_TREE_LEFT] == NULL && parent->child[MLS_TREE_RIGHT] == NULL) {
            struct mls_tree_node **above =
                level == tree->depth ? &tree->root : &path[level + 1]->child[mls_tree_side_of(leaf, level + 1)];
            *above = NULL;
            mls_tree_node_release(&parent->node);
        }
    }
}

struct mls_tree_node *mls_tree_find(const struct mls_tree *tree, uint32_t index) {
    if (!mls_node_in_tree(index, mls_tree_width(tree))) {
        return NULL;
    }
    unsigned level = mls_node_level(index);
    uint32_t leaf = mls_node_first_leaf(index);
    struct mls_tree_node *node = tree->root;
    for (unsigned at = tree->depth; at > level && node != NULL; at--) {
        node = mls_tree_as_parent(node)->child[mls_tree_side_of(leaf, at)];
    }
    return node;
}

base_result mls_tree_extend(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t leaf) {
    BASE_ENSURE(leaf < tree->max_leaves, MLS_ERR_MEMBERS_LIMIT);
    while (leaf >= mls_tree_width(tree)) {
        if (tree->root != NULL) {
            struct mls_tree_parent *root = NULL;
            BASE_TRY(mls_tree_parent_new(crypto, tree->depth + 1U, &root));
            root->child[MLS_TREE_LEFT] = tree->root;
            root->members = tree->members;
            if (tree->hashed) {
                memcpy(mls_tree_side_hash(root, MLS_TREE_LEFT), tree->root_hash.data, root->hash_size);
                root->hashed = 1U << MLS_TREE_LEFT;
            }
            tree->root = &root->node;
        }
        tree->depth++;
        tree->hashed = false;
    }
    return BASE_OK;
}
