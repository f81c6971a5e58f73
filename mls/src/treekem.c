/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To follow an update path (§7.5, §7.6, §12.4.2).
 */
#include "treekem.h"

#include <string.h>

#include "tree_math.h"
#include "treekem_path.h"

BASE_DEFINE_ERROR(MLS_ERR_PATH_LENGTH, BASE_PEER, "RFC 9420 §7.6",
                  "an update path has not as many nodes as the sender's filtered direct path");
BASE_DEFINE_ERROR(MLS_ERR_PATH_SECRETS, BASE_PEER, "RFC 9420 §7.6",
                  "an update path has not one encrypted path secret for each node of a resolution");
BASE_DEFINE_ERROR(MLS_ERR_NO_PATH_SECRET, BASE_INTERNAL, "RFC 9420 §7.5",
                  "no path secret is encrypted to a key that is known here");

base_result mls_treekem_merge(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                              const struct mls_update_path *path) {
    struct mls_treekem_route route;
    struct base_slice public_keys[MLS_TREE_DEPTH_MAX];
    struct mls_secret parent_hash;
    BASE_TRY(mls_treekem_route(crypto, tree, sender, &route));
    BASE_ENSURE(path->node_count == route.count, MLS_ERR_PATH_LENGTH);
    struct base_reader nodes = base_reader(path->nodes);
    for (unsigned i = 0; i < route.count; i++) {
        struct mls_update_path_node node;
        BASE_TRY(mls_update_path_node_next(&nodes, &node));
        BASE_TRY(mls_kem_check(crypto, node.encryption_key));
        public_keys[i] = node.encryption_key;
    }
    /* §12.4.2: the leaf's key, too, is none of the tree's, those that the path is about to blank included. */
    BASE_TRY(mls_tree_note_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, path->leaf.encryption_key));
    BASE_TRY(mls_treekem_set_keys(crypto, tree, sender, &route, public_keys, &parent_hash));
    BASE_TRY(mls_tree_forget_key(crypto, tree, MLS_TREE_ENCRYPTION_KEY, path->leaf.encryption_key));
    BASE_ENSURE(base_slice_equal(path->leaf.parent_hash, mls_secret_slice(&parent_hash)), MLS_ERR_PARENT_HASH);
    return mls_tree_replace_leaf(crypto, tree, sender, &path->leaf, route.path);
}

/* Walks the resolution of a copath node beside the ciphertexts for it. */
struct search {
    const struct mls_treekem_keys *keys; /* NULL: only counts */
    const uint32_t *added;
    size_t added_count;
    uint32_t count; /* nodes of the resolution so far */
    uint32_t place; /* the ciphertext for `found` */
    const struct mls_treekem_key *found;
};

static base_result search_node(void *user, uint32_t index, struct mls_tree_node *node) {
    struct search *self = (struct search *)user;
    if (node->level == 0 && mls_treekem_listed(self->added, self->added_count, mls_node_leaf(index))) {
        return BASE_OK;
    }
    for (uint32_t i = 0; self->keys != NULL && self->found == NULL && i < self->keys->count; i++) {
        if (self->keys->keys[i].node == index) {
            self->found = &self->keys->keys[i];
            self->place = self->count;
        }
    }
    self->count++;
    return BASE_OK;
}

/* Takes the node for a copath node that is not blank: it has a ciphertext for each node of the resolution (§7.6). */
static base_result next_node(struct base_reader *nodes, const struct mls_treekem_copath *copath, struct search *search,
                             struct mls_update_path_node *out) {
    BASE_TRY(mls_update_path_node_next(nodes, out));
    BASE_TRY(mls_tree_resolve(copath->node, copath->first, search_node, search));
    BASE_ENSURE(search->count == out->secret_count, MLS_ERR_PATH_SECRETS);
    return BASE_OK;
}

base_result mls_treekem_check_secrets(const struct mls_tree *tree, uint32_t sender, const struct mls_update_path *path,
                                      const uint32_t *added, size_t added_count) {
    struct base_reader nodes = base_reader(path->nodes);
    for (unsigned level = 1; level <= tree->depth; level++) {
        struct mls_treekem_copath copath = mls_treekem_copath_of(tree, sender, level);
        struct search search = { .added = added, .added_count = added_count };
        struct mls_update_path_node node;
        if (copath.node != NULL) {
            BASE_TRY(next_node(&nodes, &copath, &search, &node));
        }
    }
    return BASE_OK;
}

static base_result open_secret(const struct mls_crypto *crypto, const struct mls_update_path_node *node,
                               const struct search *search, struct base_slice group_context, struct mls_secret *out) {
    struct base_reader secrets = base_reader(node->encrypted_path_secrets);
    struct mls_hpke_ciphertext sealed = { .kem_output = { NULL, 0 } };
    for (uint32_t i = 0; i <= search->place; i++) {
        BASE_TRY(mls_hpke_ciphertext_read(&secrets, &sealed));
    }
    BASE_ENSURE(sealed.ciphertext.len == (size_t)crypto->suite->hash_size + MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    out->len = crypto->suite->hash_size;
    return mls_decrypt_with_label(crypto, &search->found->pair, base_slice_text(MLS_TREEKEM_LABEL), group_context,
                                  sealed.kem_output, sealed.ciphertext, out->data);
}

base_result mls_treekem_decrypt(const struct mls_crypto *crypto, const struct mls_tree *tree,
                                struct mls_treekem_keys *keys, uint32_t sender, const struct mls_update_path *path,
                                struct base_slice group_context, const uint32_t *added, size_t added_count,
                                struct mls_secret *commit_secret) {
    BASE_CLEANUP(mls_treekem_wipe_derived) struct mls_treekem_derived derived = { .count = 0 };
    BASE_CLEANUP(mls_treekem_wipe_secret) struct mls_secret secret = { .len = 0 };
    BASE_ENSURE(sender != keys->leaf, MLS_ERR_LEAF_INDEX);
    unsigned meeting = mls_node_level(mls_node_common_ancestor(mls_leaf_node(sender), mls_leaf_node(keys->leaf)));
    mls_treekem_keys_prune(keys, tree);

    struct base_reader nodes = base_reader(path->nodes);
    for (unsigned level = 1; level <= tree->depth; level++) {
        struct mls_treekem_copath copath = mls_treekem_copath_of(tree, sender, level);
        if (copath.node == NULL) {
            continue;
        }
        struct search search = { .keys = level == meeting ? keys : NULL, .added = added, .added_count = added_count };
        struct mls_update_path_node node;
        BASE_TRY(next_node(&nodes, &copath, &search, &node));
        if (search.found != NULL) {
            BASE_TRY(open_secret(crypto, &node, &search, group_context, &secret));
        }
    }
    BASE_ENSURE(secret.len != 0, MLS_ERR_NO_PATH_SECRET);
    BASE_TRY(mls_treekem_derive(crypto, tree, sender, meeting, &secret, derived.keys, &derived.count));
    BASE_TRY(mls_treekem_keys_put(keys, derived.keys, derived.count));
    return mls_derive_secret(crypto, &secret, "path", commit_secret);
}
