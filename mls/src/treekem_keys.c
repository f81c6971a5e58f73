/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private keys that a member has in the tree.
 */
#include <string.h>

#include "tree_math.h"
#include "treekem.h"
#include "treekem_path.h"

BASE_DEFINE_ERROR(MLS_ERR_PATH_KEY, BASE_PEER, "RFC 9420 §7.5",
                  "a path secret does not lead to the public keys in the tree");

enum { RECORD_VERSION = 1 };

base_result mls_treekem_keys_create(const struct base_allocator *allocator, uint32_t leaf,
                                    const struct mls_keypair *pair, struct mls_treekem_keys *out) {
    struct mls_treekem_key *keys = (struct mls_treekem_key *)base_take(allocator, 1, sizeof *keys);
    BASE_ENSURE(keys != NULL, BASE_ERR_NO_MEMORY);
    keys[0].node = mls_leaf_node(leaf);
    keys[0].pair = *pair;
    *out = (struct mls_treekem_keys){ .leaf = leaf, .count = 1, .keys = keys };
    return BASE_OK;
}

base_result mls_treekem_keys_copy(const struct base_allocator *allocator, const struct mls_treekem_keys *keys,
                                  struct mls_treekem_keys *out) {
    struct mls_treekem_key *copy = (struct mls_treekem_key *)base_take(allocator, keys->count, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    if (keys->count != 0) {
        memcpy(copy, keys->keys, keys->count * sizeof *copy);
    }
    *out = (struct mls_treekem_keys){ .leaf = keys->leaf, .count = keys->count, .keys = copy };
    return BASE_OK;
}

void mls_treekem_keys_free(struct mls_treekem_keys *keys) {
    if (keys != NULL) {
        base_free(keys->keys);
        *keys = (struct mls_treekem_keys){ 0 };
    }
}

void mls_treekem_keys_set_leaf(struct mls_treekem_keys *keys, const struct mls_keypair *pair) {
    keys->keys[0].pair = *pair;
}

static bool fits(const struct mls_treekem_key *key, const struct mls_tree *tree) {
    return base_slice_equal(mls_public_key_slice(&key->pair.public_key), mls_tree_encryption_key(tree, key->node));
}

void mls_treekem_keys_prune(struct mls_treekem_keys *keys, const struct mls_tree *tree) {
    uint32_t kept = keys->count < 1 ? 0 : 1; /* the leaf's stays: whose Update waits has another one in the tree */
    for (uint32_t i = 1; i < keys->count; i++) {
        if (fits(&keys->keys[i], tree)) {
            keys->keys[kept] = keys->keys[i];
            kept++;
        }
    }
    if (kept < keys->count) {
        base_wipe(keys->keys + kept, (keys->count - kept) * sizeof *keys->keys);
        keys->count = kept;
    }
}

base_result mls_treekem_keys_put(struct mls_treekem_keys *keys, const struct mls_treekem_key *added, uint32_t count) {
    struct mls_treekem_key *grown =
        (struct mls_treekem_key *)base_retake(keys->keys, keys->count + count, sizeof *grown);
    BASE_ENSURE(grown != NULL, BASE_ERR_NO_MEMORY);
    memcpy(grown + keys->count, added, count * sizeof *grown);
    keys->keys = grown;
    keys->count += count;
    return BASE_OK;
}

base_result mls_treekem_derive(const struct mls_crypto *crypto, const struct mls_tree *tree, uint32_t leaf,
                               unsigned level, struct mls_secret *path_secret, struct mls_treekem_key *keys,
                               uint32_t *count) {
    *count = 0;
    for (; level <= tree->depth; level++) {
        struct mls_treekem_key *key = &keys[*count];
        key->node = mls_tree_node_above(leaf, level);
        struct base_slice expected = mls_tree_encryption_key(tree, key->node);
        if (expected.len == 0) {
            continue;
        }
        if (*count > 0) {
            BASE_TRY(mls_derive_secret(crypto, path_secret, "path", path_secret));
        }
        BASE_TRY(mls_treekem_node_pair(crypto, path_secret, &key->pair));
        BASE_ENSURE(base_slice_equal(expected, mls_public_key_slice(&key->pair.public_key)), MLS_ERR_PATH_KEY);
        ++*count;
    }
    return BASE_OK;
}

base_result mls_treekem_node_pair(const struct mls_crypto *crypto, const struct mls_secret *path_secret,
                                  struct mls_keypair *out) {
    BASE_CLEANUP(mls_treekem_wipe_secret) struct mls_secret node_secret = { .len = 0 };
    BASE_TRY(mls_derive_secret(crypto, path_secret, "node", &node_secret));
    return mls_kem_derive(crypto, mls_secret_slice(&node_secret), out);
}

void mls_treekem_wipe_secret(struct mls_secret *secret) {
    base_wipe(secret, sizeof *secret);
}

void mls_treekem_wipe_derived(struct mls_treekem_derived *derived) {
    base_wipe(derived, sizeof *derived);
}

base_result mls_treekem_keys_join(const struct mls_crypto *crypto, const struct mls_tree *tree,
                                  struct mls_treekem_keys *keys, uint32_t committer, struct base_slice path_secret) {
    BASE_CLEANUP(mls_treekem_wipe_derived) struct mls_treekem_derived derived = { .count = 0 };
    BASE_CLEANUP(mls_treekem_wipe_secret) struct mls_secret secret = { .len = (uint8_t)path_secret.len };
    BASE_ENSURE(mls_tree_leaf(tree, committer) != NULL && committer != keys->leaf, MLS_ERR_LEAF_INDEX);
    BASE_ENSURE(path_secret.len == crypto->suite->hash_size, MLS_ERR_PATH_KEY);
    memcpy(secret.data, path_secret.data, path_secret.len);
    unsigned level = mls_node_level(mls_node_common_ancestor(mls_leaf_node(committer), mls_leaf_node(keys->leaf)));
    /* A path has set a key where it meets the joiner's: without one the first secret would belong to another node. */
    BASE_ENSURE(mls_tree_encryption_key(tree, mls_tree_node_above(committer, level)).len != 0, MLS_ERR_PATH_KEY);
    BASE_TRY(mls_treekem_derive(crypto, tree, committer, level, &secret, derived.keys, &derived.count));
    return mls_treekem_keys_put(keys, derived.keys, derived.count);
}

/* ---------------------------------------------------------------------------------------------- saved state ---- */

void mls_treekem_keys_write(struct base_writer *writer, const struct mls_treekem_keys *keys) {
    base_write_u8(writer, RECORD_VERSION);
    base_write_u32(writer, keys->leaf);
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t i = 0; i < keys->count; i++) {
        const struct mls_treekem_key *key = &keys->keys[i];
        base_write_u32(writer, key->node);
        base_write_opaque(writer, base_slice(key->pair.private_key.data, key->pair.private_key.len));
        base_write_opaque(writer, mls_public_key_slice(&key->pair.public_key));
    }
    base_write_vector_end(writer, mark);
}

static base_result read_key(const struct mls_crypto *crypto, struct base_reader *reader, struct mls_treekem_key *out) {
    const struct mls_suite *suite = crypto->suite;
    struct base_slice private_key;
    struct base_slice public_key;
    BASE_TRY(base_read_u32(reader, &out->node));
    BASE_TRY(base_read_opaque(reader, &private_key));
    BASE_TRY(base_read_opaque(reader, &public_key));
    BASE_ENSURE(private_key.len == suite->kem_private_size && public_key.len == suite->kem_public_size, MLS_ERR_STATE);
    out->pair.private_key.len = suite->kem_private_size;
    out->pair.public_key.len = suite->kem_public_size;
    memcpy(out->pair.private_key.data, private_key.data, private_key.len);
    memcpy(out->pair.public_key.data, public_key.data, public_key.len);
    return BASE_OK;
}

base_result mls_treekem_keys_read(const struct mls_crypto *crypto, struct base_reader *reader,
                                  struct mls_treekem_keys *out) {
    BASE_CLEANUP(mls_treekem_wipe_derived) struct mls_treekem_derived read = { .count = 0 };
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    struct base_reader list;
    uint8_t version = 0;
    uint32_t leaf = 0;
    BASE_TRY(base_read_u8(reader, &version));
    BASE_ENSURE(version == RECORD_VERSION, MLS_ERR_STATE_VERSION);
    BASE_TRY(base_read_u32(reader, &leaf));
    BASE_TRY(base_read_vector(reader, &list));
    while (list.left > 0) {
        BASE_ENSURE(read.count < sizeof read.keys / sizeof *read.keys, MLS_ERR_STATE);
        BASE_TRY(read_key(crypto, &list, &read.keys[read.count]));
        read.count++;
    }
    BASE_ENSURE(leaf < MLS_TREE_LEAVES_MAX && read.count > 0 && read.keys[0].node == mls_leaf_node(leaf),
                MLS_ERR_STATE);
    BASE_TRY(mls_treekem_keys_create(crypto->allocator, leaf, &read.keys[0].pair, &keys));
    BASE_TRY(mls_treekem_keys_put(&keys, read.keys + 1, read.count - 1));
    *out = keys;
    keys = (struct mls_treekem_keys){ 0 };
    return BASE_OK;
}
