/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TreeKEM (§7.4 to §7.6): the private keys that a member has in the tree, and update paths made and followed. Internal.
 *
 * Both ways have two steps, because the path secrets are encrypted under the GroupContext of the new epoch, which holds
 * the hash of the tree that the path has changed:
 *   to make one:    mls_treekem_create, mls_tree_hash, the caller's GroupContext, mls_treekem_encrypt
 *   to follow one:  mls_treekem_merge, mls_tree_hash, the caller's GroupContext, mls_treekem_decrypt
 * All of it on a shared copy of the tree and a copy of the private keys, on which the proposals were applied before.
 */
#ifndef MLS_TREEKEM_H
#define MLS_TREEKEM_H

#include "tree.h"

/** A private key of a node on the own direct path, the own leaf included. */
struct mls_treekem_key {
    uint32_t node;
    struct mls_keypair pair;
};

/** The private half of a tree, as one member has it. Zeroed, it is empty and may be freed. */
struct mls_treekem_keys {
    uint32_t leaf; /**< the own one */
    uint32_t count;
    struct mls_treekem_key *keys; /**< from the leaf upwards */
};

/** The keys of a member at `leaf` who has nothing but his leaf's. `out` must be empty. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_treekem_keys_create(const struct base_allocator *allocator, uint32_t leaf,
                                                  const struct mls_keypair *pair, struct mls_treekem_keys *out);
/** Copies. `out` must be empty. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_treekem_keys_copy(const struct base_allocator *allocator,
                                                const struct mls_treekem_keys *keys, struct mls_treekem_keys *out);
/** Wipes and frees. NULL and empty ones are allowed. */
void mls_treekem_keys_free(struct mls_treekem_keys *keys);

/** Puts another key pair in the place of the leaf's: the own Update was committed. */
void mls_treekem_keys_set_leaf(struct mls_treekem_keys *keys, const struct mls_keypair *pair);

/** Wipes the keys of nodes that are blank or have another key in this tree. mls_treekem_create and _decrypt do it;
 * for commits without path it is the caller's part. */
void mls_treekem_keys_prune(struct mls_treekem_keys *keys, const struct mls_tree *tree);

/**
 * Keys of a joiner (§12.4.3.1): from the path secret of his Welcome, all from the node where the path of `committer`
 * meets his own. MLS_ERR_PATH_KEY (doesn't belong to the tree's public keys), MLS_ERR_LEAF_INDEX.
 */
BASE_MUST_USE base_result mls_treekem_keys_join(const struct mls_crypto *crypto, const struct mls_tree *tree,
                                                struct mls_treekem_keys *keys, uint32_t committer,
                                                struct base_slice path_secret);

/** Saved state: some hundred bytes. Secret. */
void mls_treekem_keys_write(struct base_writer *writer, const struct mls_treekem_keys *keys);
/** `out` must be empty. MLS_ERR_STATE, and those of readers. Whether it fits a tree, mls_treekem_keys_prune finds out.
 */
BASE_MUST_USE base_result mls_treekem_keys_read(const struct mls_crypto *crypto, struct base_reader *reader,
                                                struct mls_treekem_keys *out);

/* ------------------------------------------------------------------------------------------------- to make one ---- */

/** One node of a path that is being made. */
struct mls_treekem_step {
    uint32_t node;
    struct mls_secret path_secret;
};

/** A path that is being made: secret. Zeroed, it may be freed. */
struct mls_treekem_path {
    uint32_t sender; /**< leaf index */
    uint32_t count;
    struct mls_treekem_step *steps; /**< the filtered direct path, from the leaf upwards */
    struct mls_secret commit_secret;
};

/** What the new leaf is made from. Borrowed. */
struct mls_treekem_leaf {
    const struct mls_keypair *signature_key;
    struct mls_credential credential;
    struct mls_capabilities capabilities;
    struct base_slice extensions; /**< encoded list */
};

/**
 * Renews the keys of a path in `tree` and of `keys` (§7.4, §7.5): fresh secrets, new public keys, parent hashes, the
 * signed leaf. The sender's leaf is keys->leaf; it may be blank or just beyond the tree (an external commit), which is
 * extended then. MLS_ERR_KEY_IN_USE (signature key), MLS_ERR_MEMBERS_LIMIT, BASE_ERR_RANDOM, MLS_ERR_PRIVATE_KEY.
 */
BASE_MUST_USE base_result mls_treekem_create(const struct mls_crypto *crypto, const struct base_random *random,
                                             struct mls_tree *tree, struct mls_treekem_keys *keys,
                                             const struct mls_treekem_leaf *leaf, struct base_slice group_id,
                                             struct mls_treekem_path *out);

/**
 * Encrypts the path secrets (§7.6) and writes the UpdatePath. `group_context` is the encoded one of the new epoch;
 * `added` are the leaf indices of the commit's new members, ascending, for whom nothing is encrypted.
 * Fails with BASE_ERR_RANDOM, MLS_ERR_PUBLIC_KEY (somebody's key in the tree is none).
 */
BASE_MUST_USE base_result mls_treekem_encrypt(const struct mls_crypto *crypto, const struct base_random *random,
                                              const struct mls_tree *tree, const struct mls_treekem_path *path,
                                              struct base_slice group_context, const uint32_t *added,
                                              size_t added_count, struct base_writer *writer);

/** The path secret for a new member's Welcome (§12.4.3.1): that of the lowest node above both. Never NULL for a leaf
 * of the tree. Borrowed from `path`. */
const struct mls_secret *mls_treekem_path_secret(const struct mls_treekem_path *path, uint32_t leaf);

/** Wipes and frees. NULL and empty ones are allowed. */
void mls_treekem_path_free(struct mls_treekem_path *path);

/* ----------------------------------------------------------------------------------------------- to follow one ---- */

/**
 * Puts the public side of a path into `tree` (§7.5, §12.4.2): checks that its keys are new and its length and parent
 * hashes are right. The leaf's signature and what it says (§7.3) are the caller's to check. `sender` may be a blank
 * leaf or just beyond the tree (an external commit). MLS_ERR_PATH_LENGTH, MLS_ERR_PARENT_HASH, MLS_ERR_KEY_IN_USE,
 * MLS_ERR_PUBLIC_KEY, MLS_ERR_LEAF_INDEX, MLS_ERR_MEMBERS_LIMIT.
 */
BASE_MUST_USE base_result mls_treekem_merge(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t sender,
                                            const struct mls_update_path *path);

/** For who can open none of a path's secrets: that there is one for each node of the resolutions (§7.6). The path was
 * merged. MLS_ERR_PATH_SECRETS. */
BASE_MUST_USE base_result mls_treekem_check_secrets(const struct mls_tree *tree, uint32_t sender,
                                                    const struct mls_update_path *path, const uint32_t *added,
                                                    size_t added_count);

/**
 * Finds the own path secret in a path that was merged, opens it and derives what follows from it: `keys` become those
 * of the new epoch. `group_context` and `added` as in mls_treekem_encrypt. MLS_ERR_PATH_SECRETS (not one for each node
 * of a resolution), MLS_ERR_PATH_KEY (a secret doesn't lead to the path's public keys), MLS_ERR_DECRYPT,
 * MLS_ERR_PUBLIC_KEY, MLS_ERR_NO_PATH_SECRET (none is for us: we have lost keys).
 */
BASE_MUST_USE base_result mls_treekem_decrypt(const struct mls_crypto *crypto, const struct mls_tree *tree,
                                              struct mls_treekem_keys *keys, uint32_t sender,
                                              const struct mls_update_path *path, struct base_slice group_context,
                                              const uint32_t *added, size_t added_count,
                                              struct mls_secret *commit_secret);

#endif
