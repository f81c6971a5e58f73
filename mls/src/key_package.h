/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and checking key packages (§10). Internal.
 */
#ifndef MLS_KEY_PACKAGE_H
#define MLS_KEY_PACKAGE_H

#include "leaf_node.h"

/** What a key package is made from. All of it is borrowed. */
struct mls_key_package_params {
    const struct mls_keypair *signature_key;
    struct mls_credential credential;
    struct mls_capabilities capabilities;
    struct mls_lifetime lifetime;
    struct base_slice leaf_extensions; /**< encoded list, each once */
    struct base_slice extensions;      /**< encoded list, each once */
};

/** The private halves that its owner keeps. Wipe them. */
struct mls_key_package_keys {
    struct mls_keypair init;
    struct mls_keypair encryption;
};

/**
 * Makes fresh keys and signs leaf and package. `out` gets the encoded KeyPackage. Errors of mls_leaf_node_check_own,
 * MLS_ERR_EXTENSION_DUPLICATE, BASE_ERR_RANDOM, BASE_ERR_NO_MEMORY, MLS_ERR_PRIVATE_KEY.
 */
BASE_MUST_USE base_result mls_key_package_create(const struct mls_crypto *crypto, const struct base_random *random,
                                                 const struct mls_key_package_params *params,
                                                 struct mls_key_package_keys *keys, struct base_bytes *out);

/**
 * §10.1 of a decoded package, for the version and suite of `crypto`: both signatures, the leaf by itself
 * (mls_leaf_node_check), its source, keys apart. Its lifetime is mls_leaf_node_check_lifetime's, and what a group asks
 * of its members is checked on the group's tree. MLS_ERR_KEY_PACKAGE_SUITE, MLS_ERR_LEAF_NODE_SOURCE,
 * MLS_ERR_KEY_PACKAGE_KEYS, MLS_ERR_KEY_PACKAGE_SIGNATURE, MLS_ERR_LEAF_SIGNATURE, MLS_ERR_PUBLIC_KEY,
 * MLS_ERR_CAPABILITIES_CREDENTIAL, MLS_ERR_CAPABILITIES_EXTENSION.
 */
BASE_MUST_USE base_result mls_key_package_verify(const struct mls_crypto *crypto,
                                                 const struct mls_key_package *package);

#endif
