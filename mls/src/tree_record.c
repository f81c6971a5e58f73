/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saved trees: one record for each node that is not blank, or has something below it.
 *
 * Which nodes have changed between two versions is seen from where they don't share them. Tree hashes are saved with
 * the nodes, so that a tree that was loaded needs no hashing before it changes.
 */
#include <string.h>

#include "tree_math.h"
#include "tree_node.h"

enum { RECORD_VERSION = 1 };

/* What a parent's record says first: bits. */
enum { FILLED = 1, HAS_LEFT = 2, HAS_RIGHT = 4, FLAGS = 7 };

/* A parent's record is longer only by its unmerged leaves; a leaf is as long as the syntax lets it be. */
#define RECORD_MAX ((size_t)1 << 30)

struct saving {
    const struct mls_crypto *crypto;
    const struct mls_tree_sink *sink;
};

static void write_parent(struct base_writer *writer, struct mls_tree_parent *parent) {
    uint8_t flags = parent->filled ? FILLED : 0;
    flags |= parent->child[MLS_TREE_LEFT] != NULL ? HAS_LEFT : 0;
    flags |= parent->child[MLS_TREE_RIGHT] != NULL ? HAS_RIGHT : 0;
    base_write_u8(writer, flags);
    base_write_slice(writer, base_slice(parent->bytes, 2 * (size_t)parent->hash_size));
    if (parent->filled) {
        const struct mls_parent_node view = {
            .encryption_key = mls_tree_key_slice(parent),
            .parent_hash = mls_tree_parent_hash_slice(parent),
            .unmerged_leaves = mls_tree_unmerged_slice(parent),
        };
        mls_parent_node_write(writer, &view);
    }
}

static base_result put_node(const struct saving *self, struct mls_tree_node *node, uint32_t first) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes record = { NULL, 0 };
    struct base_writer writer = base_writer(self->crypto->allocator, RECORD_MAX);
    base_write_u8(&writer, RECORD_VERSION);
    if (node->level == 0) {
        base_write_slice(&writer, mls_tree_as_leaf(node)->view.encoded);
    } else {
        write_parent(&writer, mls_tree_as_parent(node));
    }
    BASE_TRY(base_writer_finish(&writer, &record));
    return self->sink->put(self->sink->user, mls_tree_node_above(first, node->level), base_borrow(&record));
}

/* What a node at `level` of one version became in another: they may be the same, and either may be NULL. */
static base_result save_change(const struct saving *self, struct mls_tree_node *before, struct mls_tree_node *after,
                               uint32_t first, unsigned level) {
    if (before == after) {
        return BASE_OK;
    }
    if (after != NULL) {
        BASE_TRY(put_node(self, after, first));
    } else {
        BASE_TRY(self->sink->del(self->sink->user, mls_tree_node_above(first, level)));
    }
    for (int side = 0; level > 0 && side < 2; side++) {
        uint32_t first_below = side == MLS_TREE_LEFT ? first : first + ((uint32_t)1 << (level - 1));
        BASE_TRY(save_change(self, before == NULL ? NULL : mls_tree_as_parent(before)->child[side],
                             after == NULL ? NULL : mls_tree_as_parent(after)->child[side], first_below, level - 1));
    }
    return BASE_OK;
}

base_result mls_tree_save(const struct mls_crypto *crypto, const struct mls_tree *before, struct mls_tree *after,
                          const struct mls_tree_sink *sink) {
    const struct saving self = { crypto, sink };
    struct mls_tree_node *old = before == NULL ? NULL : before->root;
    struct mls_tree_node *new = after == NULL ? NULL : after->root;
    if (after != NULL) {
        struct mls_secret hash;
        BASE_TRY(mls_tree_hash(crypto, after, &hash));
    }
    /* A tree that has grown or shrunk has the other one, or what became of it, at its left edge. */
    while (old != NULL && new != NULL && old->level != new->level) {
        bool grown = new->level > old->level;
        struct mls_tree_parent *root = mls_tree_as_parent(grown ? new : old);
        struct mls_tree_node *right = root->child[MLS_TREE_RIGHT];
        unsigned below = root->node.level - 1U;
        if (grown) {
            BASE_TRY(put_node(&self, new, 0));
            BASE_TRY(save_change(&self, NULL, right, (uint32_t)1 << below, below));
            new = root->child[MLS_TREE_LEFT];
        } else {
            BASE_TRY(sink->del(sink->user, mls_tree_node_above(0, root->node.level)));
            BASE_TRY(save_change(&self, right, NULL, (uint32_t)1 << below, below));
            old = root->child[MLS_TREE_LEFT];
        }
    }
    unsigned level = new != NULL ? new->level : old != NULL ? old->level : 0;
    return save_change(&self, old, new, 0, level);
}

/* -------------------------------------------------------------------------------------------------- loading ---- */

static base_result load_parent(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                               struct base_reader *reader) {
    size_t hash_size = crypto->suite->hash_size;
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    unsigned level = mls_node_level(index);
    uint32_t first = mls_node_first_leaf(index);
    struct base_slice hashes;
    uint8_t flags = 0;
    BASE_TRY(base_read_u8(reader, &flags));
    BASE_ENSURE((flags & ~FLAGS) == 0 && flags != 0, MLS_ERR_STATE);
    BASE_TRY(base_read_slice(reader, 2 * hash_size, &hashes));
    BASE_TRY(mls_tree_extend(crypto, tree, first + ((uint32_t)1 << level) - 1));
    BASE_TRY(mls_tree_own_path_to(crypto, tree, first, level, path));
    struct mls_tree_parent *parent = path[level];
    BASE_ENSURE((parent->hashed & MLS_TREE_LOADED) == 0, MLS_ERR_STATE);
    if (flags & FILLED) {
        struct mls_parent_node view;
        BASE_TRY(mls_parent_node_read(reader, &view));
        BASE_ENSURE(view.encryption_key.len == parent->key_size, MLS_ERR_STATE);
        BASE_ENSURE(view.parent_hash.len == 0 || view.parent_hash.len == hash_size, MLS_ERR_STATE);
        BASE_TRY(mls_tree_parent_fill(crypto, parent, view.encryption_key, view.parent_hash, view.unmerged_leaves));
    }
    memcpy(parent->bytes, hashes.data, hashes.len);
    parent->hashed = MLS_TREE_LOADED;
    parent->hashed |= flags & HAS_LEFT ? MLS_TREE_LOADED_LEFT : 0;
    parent->hashed |= flags & HAS_RIGHT ? MLS_TREE_LOADED_RIGHT : 0;
    return BASE_OK;
}

static base_result load_leaf(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                             struct base_reader *reader) {
    struct mls_leaf_node leaf;
    BASE_ENSURE(mls_tree_leaf(tree, mls_node_leaf(index)) == NULL, MLS_ERR_STATE);
    BASE_TRY(mls_leaf_node_read(reader, &leaf));
    return mls_tree_put_decoded_leaf(crypto, tree, mls_node_leaf(index), &leaf);
}

base_result mls_tree_load_record(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t node,
                                 struct base_slice value) {
    struct base_reader reader = base_reader(value);
    uint8_t version = 0;
    BASE_ENSURE(node < 2 * MLS_TREE_LEAVES_MAX - 1, MLS_ERR_STATE);
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == RECORD_VERSION, MLS_ERR_STATE_VERSION);
    tree->keys_known = false;
    BASE_TRY(mls_node_is_leaf(node) ? load_leaf(crypto, tree, node, &reader)
                                    : load_parent(crypto, tree, node, &reader));
    return base_read_end(&reader);
}

/* Every parent has come, with those children that it has said it has. */
static base_result check_loaded(struct mls_tree_node *node) {
    if (node == NULL || node->level == 0) {
        return BASE_OK;
    }
    struct mls_tree_parent *parent = mls_tree_as_parent(node);
    BASE_ENSURE(parent->hashed & MLS_TREE_LOADED, MLS_ERR_STATE);
    BASE_ENSURE(!(parent->hashed & MLS_TREE_LOADED_LEFT) == (parent->child[MLS_TREE_LEFT] == NULL), MLS_ERR_STATE);
    BASE_ENSURE(!(parent->hashed & MLS_TREE_LOADED_RIGHT) == (parent->child[MLS_TREE_RIGHT] == NULL), MLS_ERR_STATE);
    BASE_TRY(check_loaded(parent->child[MLS_TREE_LEFT]));
    BASE_TRY(check_loaded(parent->child[MLS_TREE_RIGHT]));
    parent->hashed = 1U << MLS_TREE_LEFT | 1U << MLS_TREE_RIGHT;
    return BASE_OK;
}

base_result mls_tree_load_end(struct mls_tree *tree) {
    BASE_TRY(check_loaded(tree->root));
    return mls_tree_check_unmerged(tree) == BASE_OK ? BASE_OK : &MLS_ERR_STATE;
}
