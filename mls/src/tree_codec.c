/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet_tree extension (§12.4.3.3): taken in, and given out.
 */
#include "tree_math.h"
#include "tree_node.h"

BASE_DEFINE_ERROR(MLS_ERR_TREE_NODES, BASE_PEER, "RFC 9420 §12.4.3.3",
                  "a ratchet tree has no nodes or ends with a blank one");

base_result mls_tree_put_decoded_leaf(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                                      const struct mls_leaf_node *leaf) {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    struct mls_tree_node *node = NULL;
    BASE_TRY(mls_tree_extend(crypto, tree, index));
    BASE_TRY(mls_tree_note_type(tree, leaf));
    BASE_TRY(mls_tree_own_path(crypto, tree, index, path));
    BASE_TRY(mls_tree_leaf_new(crypto, leaf, &node));
    mls_tree_put_leaf(tree, index, path, node);
    return BASE_OK;
}

base_result mls_tree_put_decoded_parent(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                                        const struct mls_parent_node *parent) {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    unsigned level = mls_node_level(index);
    BASE_ENSURE(parent->encryption_key.len == crypto->suite->kem_public_size, MLS_ERR_PUBLIC_KEY);
    BASE_ENSURE(parent->parent_hash.len == 0 || parent->parent_hash.len == crypto->suite->hash_size,
                MLS_ERR_PARENT_HASH);
    uint32_t first = mls_node_first_leaf(index);
    BASE_TRY(mls_tree_extend(crypto, tree, first + ((uint32_t)1 << level) - 1));
    BASE_TRY(mls_tree_own_path_to(crypto, tree, first, level, path));
    return mls_tree_parent_fill(crypto, path[level], parent->encryption_key, parent->parent_hash,
                                parent->unmerged_leaves);
}

static base_result decode_nodes(const struct mls_crypto *crypto, struct base_reader *nodes, struct mls_tree *tree) {
    struct mls_node node = { .type = MLS_NODE_BLANK };
    for (uint32_t index = 0; nodes->left > 0; index++) {
        BASE_ENSURE(index < 2 * tree->max_leaves - 1, MLS_ERR_MEMBERS_LIMIT);
        BASE_TRY(mls_node_next(nodes, &node));
        if (node.type == MLS_NODE_BLANK) {
            continue;
        }
        BASE_ENSURE((node.type == MLS_NODE_LEAF) == mls_node_is_leaf(index), MLS_ERR_NODE_TYPE);
        if (node.type == MLS_NODE_LEAF) {
            BASE_TRY(mls_tree_put_decoded_leaf(crypto, tree, mls_node_leaf(index), &node.of.leaf));
        } else {
            BASE_TRY(mls_tree_put_decoded_parent(crypto, tree, index, &node.of.parent));
        }
    }
    BASE_ENSURE(node.type != MLS_NODE_BLANK, MLS_ERR_TREE_NODES);
    return BASE_OK;
}

base_result mls_tree_decode(const struct mls_crypto *crypto, const struct base_random *random, uint32_t max_leaves,
                            struct base_slice ratchet_tree, struct mls_tree *out) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    struct base_reader whole = base_reader(ratchet_tree);
    struct base_reader nodes;
    BASE_TRY(base_read_vector(&whole, &nodes));
    BASE_TRY(base_read_end(&whole));
    BASE_TRY(mls_tree_create(random, max_leaves, &tree));
    BASE_TRY(decode_nodes(crypto, &nodes, &tree));
    BASE_TRY(mls_tree_check_unmerged(&tree));
    tree.keys_known = false;
    BASE_TRY(mls_tree_know_keys(crypto, &tree));
    mls_tree_move(out, &tree);
    return BASE_OK;
}

/* ------------------------------------------------------------------------------------------------- encoding ---- */

/* The highest index of a node below that is not blank. There is one. */
static uint32_t last_filled(struct mls_tree_node *node, uint32_t first) {
    if (node->level == 0) {
        return mls_leaf_node(first);
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    if (parent->child[MLS_TREE_RIGHT] != NULL) {
        return last_filled(parent->child[MLS_TREE_RIGHT], first + ((uint32_t)1 << (node->level - 1)));
    }
    return parent->filled ? mls_tree_node_above(first, node->level) : last_filled(parent->child[MLS_TREE_LEFT], first);
}

static void write_blank(struct base_writer *writer, uint32_t count) {
    (void)base_write_space(writer, count);
}

static void write_below(struct base_writer *writer, struct mls_tree_node *node, uint32_t first, unsigned level,
                        uint32_t last) {
    uint32_t index = mls_leaf_node(first);
    if (index > last) {
        return;
    }
    if (node == NULL) {
        uint32_t count = ((uint32_t)2 << level) - 1;
        write_blank(writer, count < last - index + 1 ? count : last - index + 1);
        return;
    }
    if (level == 0) {
        base_write_optional(writer, true);
        base_write_u8(writer, MLS_NODE_LEAF);
        base_write_slice(writer, mls_tree_as_leaf(node)->view.encoded);
        return;
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    write_below(writer, parent->child[MLS_TREE_LEFT], first, level - 1, last);
    if (mls_tree_node_above(first, level) > last) {
        return;
    }
    base_write_optional(writer, parent->filled);
    if (parent->filled) {
        base_write_u8(writer, MLS_NODE_PARENT);
        const struct mls_parent_node view = {
            .encryption_key = mls_tree_key_slice(parent),
            .parent_hash = mls_tree_parent_hash_slice(parent),
            .unmerged_leaves = mls_tree_unmerged_slice(parent),
        };
        mls_parent_node_write(writer, &view);
    }
    write_below(writer, parent->child[MLS_TREE_RIGHT], first + ((uint32_t)1 << (level - 1)), level - 1, last);
}

void mls_tree_encode(struct base_writer *writer, const struct mls_tree *tree) {
    size_t mark = base_write_vector_begin(writer);
    if (tree->root != NULL) {
        write_below(writer, tree->root, 0, tree->depth, last_filled(tree->root, 0));
    }
    base_write_vector_end(writer, mark);
}
