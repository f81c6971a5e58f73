/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Versions of a tree, what can be seen of one, and what proposals do to it.
 */
#include "tree.h"

#include <string.h>

#include "leaf_node.h"
#include "tree_math.h"
#include "tree_node.h"
#include "tree_set.h"

BASE_DEFINE_ERROR(MLS_ERR_LEAF_INDEX, BASE_PEER, "RFC 9420 §4", "there is no member at this leaf of the tree");
BASE_DEFINE_ERROR(MLS_ERR_KEY_IN_USE, BASE_PEER, "RFC 9420 §7.3", "a public key is in the tree already");

base_result mls_tree_create(const struct base_random *random, uint32_t max_leaves, struct mls_tree *out) {
    struct mls_tree tree = { .max_leaves = max_leaves, .keys_known = true };
    if (max_leaves == 0 || max_leaves > MLS_TREE_LEAVES_MAX) {
        tree.max_leaves = MLS_TREE_LEAVES_MAX;
    }
    BASE_TRY(base_random_fill(random, tree.fingerprint_key, sizeof tree.fingerprint_key));
    *out = tree;
    return BASE_OK;
}

void mls_tree_share(const struct mls_tree *tree, struct mls_tree *out) {
    *out = *tree;
    if (out->root != NULL) {
        out->root->refs++;
    }
    out->keys = mls_tree_set_share(out->keys);
}

void mls_tree_free(struct mls_tree *tree) {
    if (tree == NULL) {
        return;
    }
    mls_tree_node_release(tree->root);
    mls_tree_set_release(tree->keys);
    base_wipe(tree, sizeof *tree);
}

void mls_tree_move(struct mls_tree *to, struct mls_tree *from) {
    mls_tree_free(to);
    *to = *from;
    base_wipe(from, sizeof *from);
}

/* -------------------------------------------------------------------------------------------------- looking ---- */

const struct mls_leaf_node *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf) {
    /* A leaf index is a peer's: twice of it may not fit. */
    struct mls_tree_node *node = leaf < mls_tree_width(tree) ? mls_tree_find(tree, mls_leaf_node(leaf)) : NULL;
    return node == NULL ? NULL : &mls_tree_as_leaf(node)->view;
}

/* Both searches go down the tree to the side that can have what is looked for. */
static bool next_member(struct mls_tree_node *node, uint32_t first, uint32_t *leaf) {
    if (node == NULL || *leaf >= first + ((uint32_t)1 << node->level)) {
        return false;
    }
    if (node->level == 0) {
        *leaf = first;
        return true;
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    uint32_t middle = first + ((uint32_t)1 << (node->level - 1));
    if (next_member(parent->child[MLS_TREE_LEFT], first, leaf)) {
        return true;
    }
    return next_member(parent->child[MLS_TREE_RIGHT], middle, leaf);
}

bool mls_tree_next_member(const struct mls_tree *tree, uint32_t *leaf) {
    return next_member(tree->root, 0, leaf);
}

uint32_t mls_tree_next_blank(const struct mls_tree *tree) {
    if (tree->members == mls_tree_width(tree)) {
        return mls_tree_width(tree);
    }
    uint32_t leaf = 0;
    struct mls_tree_node *node = tree->root;
    while (node != NULL && node->level > 0) {
        uint32_t half = (uint32_t)1 << (node->level - 1);
        struct mls_tree_parent *parent = mls_tree_as_parent(node);
        if (mls_tree_members_below(parent->child[MLS_TREE_LEFT]) < half) {
            node = parent->child[MLS_TREE_LEFT];
        } else {
            node = parent->child[MLS_TREE_RIGHT];
            leaf += half;
        }
    }
    return leaf;
}

struct base_slice mls_tree_encryption_key(const struct mls_tree *tree, uint32_t index) {
    struct mls_tree_node *node = mls_tree_find(tree, index);
    if (node == NULL) {
        return base_slice(NULL, 0);
    }
    if (node->level == 0) {
        return mls_tree_as_leaf(node)->view.encryption_key;
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    return parent->filled ? mls_tree_key_slice(parent) : base_slice(NULL, 0);
}

bool mls_leaf_supports(const struct mls_leaf_node *leaf, enum mls_support_kind kind, uint16_t type) {
    switch (kind) {
    case MLS_SUPPORT_EXTENSION:
        return mls_supports_extension(&leaf->capabilities, type);
    case MLS_SUPPORT_PROPOSAL:
        return mls_supports_proposal(&leaf->capabilities, type);
    default:
        return mls_supports_credential(&leaf->capabilities, type);
    }
}

bool mls_tree_all_support(const struct mls_tree *tree, enum mls_support_kind kind, uint16_t type) {
    for (uint32_t i = 0; mls_tree_next_member(tree, &i); i++) {
        if (!mls_leaf_supports(mls_tree_leaf(tree, i), kind, type)) {
            return false;
        }
    }
    return true;
}

base_result mls_tree_check_credentials(struct mls_tree *tree) {
    for (unsigned i = 0; i < tree->type_count; i++) {
        struct mls_tree_type *entry = &tree->types[i];
        if (!entry->universal) {
            BASE_ENSURE(mls_tree_all_support(tree, MLS_SUPPORT_CREDENTIAL, entry->type),
                        MLS_ERR_CAPABILITIES_CREDENTIAL);
            entry->universal = true;
        }
    }
    return BASE_OK;
}

/* ----------------------------------------------------------------------------------------- keys and types ---- */

static base_result fingerprint(const struct mls_crypto *crypto, const struct mls_tree *tree,
                               enum mls_tree_key_kind kind, struct base_slice key, uint64_t *out) {
    const uint8_t prefix = (uint8_t)kind;
    const struct base_slice parts[] = {
        base_slice(tree->fingerprint_key, sizeof tree->fingerprint_key),
        base_slice(&prefix, 1),
        key,
    };
    struct mls_secret hash;
    BASE_TRY(mls_hash_parts(crypto, parts, sizeof parts / sizeof *parts, &hash));
    memcpy(out, hash.data, sizeof *out);
    return BASE_OK;
}

static base_result note_keys_below(const struct mls_crypto *crypto, struct mls_tree *tree, struct mls_tree_node *node) {
    if (node == NULL) {
        return BASE_OK;
    }
    if (node->level == 0) {
        const struct mls_leaf_node *leaf = &mls_tree_as_leaf(node)->view;
        BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, leaf->encryption_key));
        return mls_tree_note_key(crypto, tree, MLS_TREE_SIGNATURE_KEY, leaf->signature_key);
    }
    const struct mls_tree_parent *parent = mls_tree_as_parent(node);
    if (parent->filled) {
        BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, mls_tree_key_slice(parent)));
    }
    BASE_TRY(note_keys_below(crypto, tree, parent->child[MLS_TREE_LEFT]));
    return note_keys_below(crypto, tree, parent->child[MLS_TREE_RIGHT]);
}

base_result mls_tree_know_keys(const struct mls_crypto *crypto, struct mls_tree *tree) {
    if (tree->keys_known) {
        return BASE_OK;
    }
    tree->keys_known = true;
    base_result result = note_keys_below(crypto, tree, tree->root);
    if (result != BASE_OK) {
        mls_tree_set_release(tree->keys);
        tree->keys = NULL;
        tree->keys_known = false;
    }
    return result;
}

base_result mls_tree_note_key(const struct mls_crypto *crypto, struct mls_tree *tree, enum mls_tree_key_kind kind,
                              struct base_slice key) {
    uint64_t print = 0;
    BASE_TRY(mls_tree_know_keys(crypto, tree));
    BASE_TRY(fingerprint(crypto, tree, kind, key, &print));
    return mls_tree_set_add(crypto->allocator, &tree->keys, print);
}

base_result mls_tree_forget_key(const struct mls_crypto *crypto, struct mls_tree *tree, enum mls_tree_key_kind kind,
                                struct base_slice key) {
    uint64_t print = 0;
    BASE_TRY(mls_tree_know_keys(crypto, tree));
    BASE_TRY(fingerprint(crypto, tree, kind, key, &print));
    return mls_tree_set_remove(crypto->allocator, &tree->keys, print);
}

base_result mls_tree_has_signature_key(const struct mls_crypto *crypto, struct mls_tree *tree, struct base_slice key,
                                       bool *out) {
    uint64_t print = 0;
    BASE_TRY(mls_tree_know_keys(crypto, tree));
    BASE_TRY(fingerprint(crypto, tree, MLS_TREE_SIGNATURE_KEY, key, &print));
    *out = mls_tree_set_has(tree->keys, print);
    return BASE_OK;
}

base_result mls_tree_note_type(struct mls_tree *tree, const struct mls_leaf_node *leaf) {
    struct mls_tree_type *own = NULL;
    for (unsigned i = 0; i < tree->type_count; i++) {
        struct mls_tree_type *entry = &tree->types[i];
        entry->universal = entry->universal && mls_supports_credential(&leaf->capabilities, entry->type);
        if (entry->type == leaf->credential.type) {
            own = entry;
        }
    }
    if (own == NULL) {
        BASE_ENSURE(tree->type_count < MLS_TREE_TYPES_MAX, MLS_ERR_CAPABILITIES_CREDENTIAL);
        own = &tree->types[tree->type_count++];
        *own = (struct mls_tree_type){ .type = leaf->credential.type };
    }
    own->users++;
    return BASE_OK;
}

void mls_tree_forget_type(struct mls_tree *tree, uint16_t type) {
    for (unsigned i = 0; i < tree->type_count; i++) {
        if (tree->types[i].type == type && --tree->types[i].users == 0) {
            tree->types[i] = tree->types[--tree->type_count];
            return;
        }
    }
}

/* ------------------------------------------------------------------------------------------------- changing ---- */

base_result mls_tree_blank_path(const struct mls_crypto *crypto, struct mls_tree *tree,
                                struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]) {
    for (unsigned level = 1; level <= tree->depth; level++) {
        if (path[level]->filled) {
            BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, mls_tree_key_slice(path[level])));
            mls_tree_parent_blank(path[level]);
        }
    }
    return BASE_OK;
}

base_result mls_tree_add(const struct mls_crypto *crypto, struct mls_tree *tree, const struct mls_leaf_node *leaf,
                         uint32_t *index) {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    uint32_t place = mls_tree_next_blank(tree);
    BASE_TRY(mls_tree_extend(crypto, tree, place));
    BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, leaf->encryption_key));
    BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_SIGNATURE_KEY, leaf->signature_key));
    BASE_TRY(mls_tree_note_type(tree, leaf));
    BASE_TRY(mls_tree_own_path(crypto, tree, place, path));
    for (unsigned level = 1; level <= tree->depth; level++) {
        if (path[level]->filled) {
            BASE_TRY(mls_tree_unmerged_add(crypto, path[level], place));
        }
    }
    struct mls_tree_node *node = NULL;
    BASE_TRY(mls_tree_leaf_new(crypto, leaf, &node));
    mls_tree_put_leaf(tree, place, path, node);
    *index = place;
    return BASE_OK;
}

base_result mls_tree_replace_leaf(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                                  const struct mls_leaf_node *leaf,
                                  struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1]) {
    struct mls_tree_node *node = NULL;
    const struct mls_leaf_node *before = mls_tree_leaf(tree, index);
    /* The new encryption key is noted before the old one is forgotten, so that it cannot be the same. */
    BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, leaf->encryption_key));
    if (before != NULL) {
        BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, before->encryption_key));
        mls_tree_forget_type(tree, before->credential.type);
    }
    if (before == NULL || !base_slice_equal(before->signature_key, leaf->signature_key)) {
        BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_SIGNATURE_KEY, leaf->signature_key));
        if (before != NULL) {
            BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_SIGNATURE_KEY, before->signature_key));
        }
    }
    BASE_TRY(mls_tree_note_type(tree, leaf));
    BASE_TRY(mls_tree_leaf_new(crypto, leaf, &node));
    mls_tree_put_leaf(tree, index, path, node);
    return BASE_OK;
}

base_result mls_tree_update(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                            const struct mls_leaf_node *leaf) {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    BASE_ENSURE(mls_tree_leaf(tree, index) != NULL, MLS_ERR_LEAF_INDEX);
    BASE_TRY(mls_tree_own_path(crypto, tree, index, path));
    BASE_TRY(mls_tree_blank_path(crypto, tree, path));
    return mls_tree_replace_leaf(crypto, tree, index, leaf, path);
}

base_result mls_tree_remove(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index) {
    struct mls_tree_parent *path[MLS_TREE_DEPTH_MAX + 1];
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, index);
    BASE_ENSURE(leaf != NULL, MLS_ERR_LEAF_INDEX);
    BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, leaf->encryption_key));
    BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_SIGNATURE_KEY, leaf->signature_key));
    mls_tree_forget_type(tree, leaf->credential.type);
    BASE_TRY(mls_tree_own_path(crypto, tree, index, path));
    BASE_TRY(mls_tree_blank_path(crypto, tree, path));
    mls_tree_put_leaf(tree, index, path, NULL);
    return mls_tree_truncate(crypto, tree);
}

base_result mls_tree_truncate(const struct mls_crypto *crypto, struct mls_tree *tree) {
    while (tree->depth > 0 && tree->root != NULL) {
        struct mls_tree_parent *root = mls_tree_as_parent(tree->root);
        if (root->child[MLS_TREE_RIGHT] != NULL) {
            return BASE_OK;
        }
        if (root->filled) {
            BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, mls_tree_key_slice(root)));
        }
        tree->hashed = root->hashed >> MLS_TREE_LEFT & 1;
        tree->root_hash.len = root->hash_size;
        memcpy(tree->root_hash.data, mls_tree_side_hash(root, MLS_TREE_LEFT), root->hash_size);
        tree->root = root->child[MLS_TREE_LEFT];
        if (tree->root != NULL) {
            tree->root->refs++;
        }
        mls_tree_node_release(&root->node);
        tree->depth--;
    }
    if (tree->root == NULL) {
        tree->depth = 0;
        tree->hashed = false;
    }
    return BASE_OK;
}
