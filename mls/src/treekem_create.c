/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To make an update path (§7.4 to §7.6).
 */
#include "leaf_node.h"
#include "tree_math.h"
#include "treekem_path.h"

void mls_treekem_path_free(struct mls_treekem_path *path) {
    if (path != NULL) {
        base_free(path->steps);
        base_wipe(path, sizeof *path);
    }
}

/* A path secret for each step, the commit secret after the last, and the key pairs that they lead to. */
static base_result derive_steps(const struct mls_crypto *crypto, const struct base_random *random, uint32_t sender,
                                const struct mls_treekem_route *route, struct mls_treekem_path *path,
                                struct mls_treekem_derived *derived) {
    BASE_CLEANUP(mls_treekem_wipe_secret) struct mls_secret secret = { .len = crypto->suite->hash_size };
    BASE_TRY(base_random_fill(random, secret.data, secret.len));
    for (unsigned i = 0; i < route->count; i++) {
        struct mls_treekem_step *step = &path->steps[i];
        struct mls_treekem_key *key = &derived->keys[i];
        step->node = mls_tree_node_above(sender, route->levels[i]);
        step->path_secret = secret;
        key->node = step->node;
        BASE_TRY(mls_treekem_node_pair(crypto, &secret, &key->pair));
        BASE_TRY(mls_derive_secret(crypto, &secret, "path", &secret));
    }
    derived->count = route->count;
    path->sender = sender;
    path->count = route->count;
    path->commit_secret = secret;
    return BASE_OK;
}

static base_result sign_leaf(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                             struct mls_treekem_route *route, const struct mls_treekem_leaf *from,
                             struct base_slice encryption_key, struct base_slice parent_hash,
                             struct base_slice group_id) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes encoded = { NULL, 0 };
    const struct mls_leaf_node leaf = {
        .encryption_key = encryption_key,
        .signature_key = mls_public_key_slice(&from->signature_key->public_key),
        .credential = from->credential,
        .capabilities = from->capabilities,
        .source = MLS_LEAF_COMMIT,
        .parent_hash = parent_hash,
        .extensions = from->extensions,
    };
    struct mls_leaf_node view;
    BASE_TRY(mls_leaf_node_sign(crypto, from->signature_key, &leaf, group_id, sender, &encoded));
    BASE_TRY(mls_leaf_node_decode(base_borrow(&encoded), &view));
    return mls_tree_replace_leaf(crypto, tree, sender, &view, route->path);
}

static void wipe_pair(struct mls_keypair *pair) {
    base_wipe(pair, sizeof *pair);
}

base_result mls_treekem_create(const struct mls_crypto *crypto, const struct base_random *random, struct mls_tree *tree,
                               struct mls_treekem_keys *keys, const struct mls_treekem_leaf *leaf,
                               struct base_slice group_id, struct mls_treekem_path *out) {
    BASE_CLEANUP(mls_treekem_path_free) struct mls_treekem_path path = { 0 };
    BASE_CLEANUP(mls_treekem_wipe_derived) struct mls_treekem_derived derived = { .count = 0 };
    BASE_CLEANUP(wipe_pair) struct mls_keypair leaf_pair = { .private_key = { .len = 0 } };
    struct mls_treekem_route route;
    struct base_slice public_keys[MLS_TREE_DEPTH_MAX];
    struct mls_secret parent_hash;

    BASE_TRY(mls_treekem_route(crypto, tree, keys->leaf, &route));
    path.steps = (struct mls_treekem_step *)base_take(crypto->allocator, route.count, sizeof *path.steps);
    BASE_ENSURE(path.steps != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(derive_steps(crypto, random, keys->leaf, &route, &path, &derived));
    BASE_TRY(mls_kem_generate(crypto, random, &leaf_pair));
    for (unsigned i = 0; i < route.count; i++) {
        public_keys[i] = mls_public_key_slice(&derived.keys[i].pair.public_key);
    }
    BASE_TRY(mls_treekem_set_keys(crypto, tree, keys->leaf, &route, public_keys, &parent_hash));
    BASE_TRY(sign_leaf(crypto, tree, keys->leaf, &route, leaf, mls_public_key_slice(&leaf_pair.public_key),
                       mls_secret_slice(&parent_hash), group_id));

    mls_treekem_keys_set_leaf(keys, &leaf_pair);
    mls_treekem_keys_prune(keys, tree);
    BASE_TRY(mls_treekem_keys_put(keys, derived.keys, derived.count));
    *out = path;
    path = (struct mls_treekem_path){ 0 };
    return BASE_OK;
}

const struct mls_secret *mls_treekem_path_secret(const struct mls_treekem_path *path, uint32_t leaf) {
    for (uint32_t i = 0; i < path->count; i++) {
        if (mls_node_is_below(mls_leaf_node(leaf), path->steps[i].node)) {
            return &path->steps[i].path_secret;
        }
    }
    return NULL;
}

/* ----------------------------------------------------------------------------------------------- encrypting ---- */

/* Encrypts one step's secret to each node of a resolution that it is given. */
struct encryption {
    const struct mls_crypto *crypto;
    const struct base_random *random;
    struct base_writer *writer;
    struct base_slice group_context;
    struct base_slice path_secret;
    const uint32_t *added;
    size_t added_count;
};

static base_result encrypt_to(void *user, uint32_t index, struct mls_tree_node *node) {
    const struct encryption *self = (const struct encryption *)user;
    uint8_t ciphertext[MLS_HASH_MAX + MLS_AEAD_TAG_SIZE];
    struct mls_public_key kem_output;
    if (node->level == 0 && mls_treekem_listed(self->added, self->added_count, mls_node_leaf(index))) {
        return BASE_OK;
    }
    struct base_slice key =
        node->level == 0 ? mls_tree_as_leaf(node)->view.encryption_key : mls_tree_key_slice(mls_tree_as_parent(node));
    BASE_TRY(mls_encrypt_with_label(self->crypto, self->random, key, base_slice_text(MLS_TREEKEM_LABEL),
                                    self->group_context, self->path_secret, &kem_output, ciphertext));
    const struct mls_hpke_ciphertext sealed = {
        .kem_output = mls_public_key_slice(&kem_output),
        .ciphertext = base_slice(ciphertext, self->path_secret.len + MLS_AEAD_TAG_SIZE),
    };
    mls_hpke_ciphertext_write(self->writer, &sealed);
    return BASE_OK;
}

base_result mls_treekem_encrypt(const struct mls_crypto *crypto, const struct base_random *random,
                                const struct mls_tree *tree, const struct mls_treekem_path *path,
                                struct base_slice group_context, const uint32_t *added, size_t added_count,
                                struct base_writer *writer) {
    const struct mls_leaf_node *leaf = mls_tree_leaf(tree, path->sender);
    BASE_ENSURE(leaf != NULL, MLS_ERR_LEAF_INDEX);
    struct encryption encryption = {
        .crypto = crypto,
        .random = random,
        .writer = writer,
        .group_context = group_context,
        .added = added,
        .added_count = added_count,
    };
    base_write_slice(writer, leaf->encoded);
    size_t nodes = base_write_vector_begin(writer);
    for (uint32_t i = 0; i < path->count; i++) {
        const struct mls_treekem_step *step = &path->steps[i];
        struct mls_treekem_copath copath = mls_treekem_copath_of(tree, path->sender, mls_node_level(step->node));
        encryption.path_secret = mls_secret_slice(&step->path_secret);
        base_write_opaque(writer, mls_tree_encryption_key(tree, step->node));
        size_t secrets = base_write_vector_begin(writer);
        BASE_TRY(mls_tree_resolve(copath.node, copath.first, encrypt_to, &encryption));
        base_write_vector_end(writer, secrets);
    }
    base_write_vector_end(writer, nodes);
    return BASE_OK;
}
