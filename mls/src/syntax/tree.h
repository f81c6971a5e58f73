/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in a ratchet tree and in a path through it: LeafNode, KeyPackage, ParentNode, UpdatePath. Internal.
 * Conventions: syntax.h.
 */
#ifndef MLS_SYNTAX_TREE_H
#define MLS_SYNTAX_TREE_H

#include "syntax/syntax.h"

/** LeafNode (§7.2). */
struct mls_leaf_node {
    struct base_slice encryption_key;
    struct base_slice signature_key;
    struct mls_credential credential;
    struct mls_capabilities capabilities;
    uint8_t source;                /**< enum mls_leaf_node_source */
    struct mls_lifetime lifetime;  /**< source key_package */
    struct base_slice parent_hash; /**< source commit */
    struct base_slice extensions;
    struct base_slice signature;
    struct base_slice encoded; /**< decoded: all of it; not used by write */
    struct base_slice tbs;     /**< decoded: all but the signature, the beginning of LeafNodeTBS */
};
/** MLS_ERR_LEAF_NODE_SOURCE, MLS_ERR_EXTENSION_DUPLICATE. */
BASE_MUST_USE base_result mls_leaf_node_read(struct base_reader *reader, struct mls_leaf_node *out);
BASE_MUST_USE base_result mls_leaf_node_decode(struct base_slice bytes, struct mls_leaf_node *out);
void mls_leaf_node_write(struct base_writer *writer, const struct mls_leaf_node *leaf);
/** The leaf without its signature. */
void mls_leaf_node_write_unsigned(struct base_writer *writer, const struct mls_leaf_node *leaf);

/** KeyPackage (§10). Any version and suite number: mls_key_package_verify() compares them with the group's. */
struct mls_key_package {
    uint16_t version;
    uint16_t cipher_suite;
    struct base_slice init_key;
    struct mls_leaf_node leaf;
    struct base_slice extensions;
    struct base_slice signature;
    struct base_slice encoded; /**< decoded: all of it; not used by write */
    struct base_slice tbs;     /**< decoded: KeyPackageTBS */
};
/** MLS_ERR_LEAF_NODE_SOURCE, MLS_ERR_EXTENSION_DUPLICATE. */
BASE_MUST_USE base_result mls_key_package_read(struct base_reader *reader, struct mls_key_package *out);
BASE_MUST_USE base_result mls_key_package_decode(struct base_slice bytes, struct mls_key_package *out);
void mls_key_package_write(struct base_writer *writer, const struct mls_key_package *package);
/** KeyPackageTBS, with the leaf written whole. */
void mls_key_package_write_unsigned(struct base_writer *writer, const struct mls_key_package *package);

/** ParentNode (§7.1). */
struct mls_parent_node {
    struct base_slice encryption_key;
    struct base_slice parent_hash;
    struct base_slice unmerged_leaves; /**< `uint32 x<V>`, encoded, increasing */
};
/** MLS_ERR_UNMERGED_LEAVES. */
BASE_MUST_USE base_result mls_parent_node_read(struct base_reader *reader, struct mls_parent_node *out);
void mls_parent_node_write(struct base_writer *writer, const struct mls_parent_node *parent);
/** How many leaves the encoded list has, and the one at `index`. */
static inline size_t mls_unmerged_count(struct base_slice unmerged) {
    return unmerged.len / 4;
}
uint32_t mls_unmerged_at(struct base_slice unmerged, size_t index);

/** optional<Node> (§12.4.3.3). */
enum mls_node_type { MLS_NODE_BLANK = 0, MLS_NODE_LEAF = 1, MLS_NODE_PARENT = 2 };
struct mls_node {
    uint8_t type; /**< enum mls_node_type; blank: absent */
    union {
        struct mls_leaf_node leaf;
        struct mls_parent_node parent;
    } of;
};
/**
 * Takes the next node out of a ratchet tree: the content of `optional<Node> ratchet_tree<V>`, which is not checked
 * before, so that a large tree is read once. MLS_ERR_NODE_TYPE, and as leaf and parent.
 */
BASE_MUST_USE base_result mls_node_next(struct base_reader *nodes, struct mls_node *out);
void mls_node_write(struct base_writer *writer, const struct mls_node *node);

/** HPKECiphertext (§7.6). Also the `next` of UpdatePathNode.encrypted_path_secret. */
struct mls_hpke_ciphertext {
    struct base_slice kem_output;
    struct base_slice ciphertext;
};
BASE_MUST_USE base_result mls_hpke_ciphertext_read(struct base_reader *reader, struct mls_hpke_ciphertext *out);
void mls_hpke_ciphertext_write(struct base_writer *writer, const struct mls_hpke_ciphertext *ciphertext);

/** UpdatePathNode (§7.6). */
struct mls_update_path_node {
    struct base_slice encryption_key;
    struct base_slice encrypted_path_secrets; /**< HPKECiphertext x<V>, encoded and checked */
    uint32_t secret_count;                    /**< how many these are; not used by write */
};
/** Of the content of UpdatePath.nodes. */
BASE_MUST_USE base_result mls_update_path_node_next(struct base_reader *nodes, struct mls_update_path_node *out);
void mls_update_path_node_write(struct base_writer *writer, const struct mls_update_path_node *node);

/** UpdatePath (§7.6). */
struct mls_update_path {
    struct mls_leaf_node leaf;
    struct base_slice nodes; /**< UpdatePathNode x<V>, encoded and checked */
    uint32_t node_count;     /**< how many these are; not used by write */
};
/** As leaf; the leaf's source must be commit (MLS_ERR_LEAF_NODE_SOURCE). */
BASE_MUST_USE base_result mls_update_path_read(struct base_reader *reader, struct mls_update_path *out);
BASE_MUST_USE base_result mls_update_path_decode(struct base_slice bytes, struct mls_update_path *out);
void mls_update_path_write(struct base_writer *writer, const struct mls_update_path *path);

#endif
