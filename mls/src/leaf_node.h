/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing a leaf node, and what can be checked of one without a tree (§7.2, §7.3). Internal.
 */
#ifndef MLS_LEAF_NODE_H
#define MLS_LEAF_NODE_H

#include "crypto.h"
#include "syntax/tree.h"

/** No leaf or key package is made that is longer; a chain of certificates fits. */
enum { MLS_LEAF_MAX = 1 << 20 };

/**
 * Signs `leaf`, whose signature and encoded members are not used, as the leaf at `leaf_index` of `group_id` (both
 * ignored for source key_package). `out` gets the encoded LeafNode. BASE_ERR_NO_MEMORY, MLS_ERR_PRIVATE_KEY.
 */
BASE_MUST_USE base_result mls_leaf_node_sign(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                             const struct mls_leaf_node *leaf, struct base_slice group_id,
                                             uint32_t leaf_index, struct base_bytes *out);

/** Verifies the signature of a decoded leaf, as above. MLS_ERR_LEAF_SIGNATURE. */
BASE_MUST_USE base_result mls_leaf_node_verify(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf,
                                               struct base_slice group_id, uint32_t leaf_index);

/**
 * What a leaf must be by itself (§7.2, §7.3, §10): its encryption key is one of the suite's, its capabilities name its
 * credential's type and its extensions. MLS_ERR_PUBLIC_KEY, MLS_ERR_CAPABILITIES_CREDENTIAL,
 * MLS_ERR_CAPABILITIES_EXTENSION, MLS_ERR_BACKEND.
 */
BASE_MUST_USE base_result mls_leaf_node_check(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf);

/**
 * The same for a leaf of our own, whose capabilities name mls10 and the suite, too. Not asked of others: there are
 * clients that forget the suite (mlspp forgot suite 7), and that they support it is clear from their using it.
 * MLS_ERR_CAPABILITIES_VERSION, MLS_ERR_CAPABILITIES_SUITE.
 */
BASE_MUST_USE base_result mls_leaf_node_check_own(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf);

/** True for what RFC 9420 itself defines and nobody lists (§7.2), and for what the list has. */
bool mls_supports_extension(const struct mls_capabilities *capabilities, uint16_t type);
bool mls_supports_proposal(const struct mls_capabilities *capabilities, uint16_t type);
bool mls_supports_credential(const struct mls_capabilities *capabilities, uint16_t type);
/** For each of an encoded list of extensions. */
bool mls_supports_extensions(const struct mls_capabilities *capabilities, struct base_slice extensions);

/** What lifetimes an application accepts (§7.2), in seconds. */
struct mls_lifetime_policy {
    uint64_t now;       /**< since 1970 */
    uint64_t skew;      /**< how far clocks may be apart */
    uint64_t max_range; /**< not_after - not_before at most; 0: any */
};

/** What can be said of a lifetime without a clock, so that all members say the same. Only a leaf of source key_package
 * has one; others pass. MLS_ERR_LIFETIME (ends before it starts), MLS_ERR_LIFETIME_RANGE. */
BASE_MUST_USE base_result mls_leaf_node_check_lifetime_range(const struct mls_leaf_node *leaf, uint64_t max_range);

/** Likewise, and that it is now. MLS_ERR_LIFETIME, MLS_ERR_LIFETIME_RANGE. */
BASE_MUST_USE base_result mls_leaf_node_check_lifetime(const struct mls_leaf_node *leaf,
                                                       const struct mls_lifetime_policy *policy);

#endif
