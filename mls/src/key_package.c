/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and checking key packages (§10).
 */
#include "key_package.h"

#include "base/writer.h"

static const char tbs_label[] = "KeyPackageTBS";

/** An encoded list of extensions, given by the caller, must be well-formed and have none twice. */
static base_result extensions_check(const struct mls_crypto *crypto, struct base_slice extensions) {
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_LEAF_MAX);
    base_write_opaque(&writer, extensions);
    BASE_TRY(writer.failed);
    struct base_reader reader = base_reader(base_writer_view(&writer));
    struct base_slice checked;
    return mls_extensions_read(&reader, &checked);
}

static base_result package_sign(const struct mls_crypto *crypto, const struct mls_key_package_params *params,
                                const struct mls_key_package_keys *keys, struct base_bytes *out) {
    struct mls_leaf_node leaf = {
        .encryption_key = mls_public_key_slice(&keys->encryption.public_key),
        .signature_key = mls_public_key_slice(&params->signature_key->public_key),
        .credential = params->credential,
        .capabilities = params->capabilities,
        .source = MLS_LEAF_KEY_PACKAGE,
        .lifetime = params->lifetime,
        .extensions = params->leaf_extensions,
    };
    BASE_TRY(mls_leaf_node_check_own(crypto, &leaf));
    struct base_bytes BASE_CLEANUP(base_bytes_free) signed_leaf = { NULL, 0 };
    BASE_TRY(mls_leaf_node_sign(crypto, params->signature_key, &leaf, base_slice(NULL, 0), 0, &signed_leaf));

    struct mls_key_package package = {
        .version = MLS_VERSION_10,
        .cipher_suite = (uint16_t)crypto->suite->id,
        .init_key = mls_public_key_slice(&keys->init.public_key),
        .extensions = params->extensions,
    };
    BASE_TRY(mls_leaf_node_decode(base_borrow(&signed_leaf), &package.leaf));
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_LEAF_MAX);
    mls_key_package_write_unsigned(&writer, &package);
    BASE_TRY(writer.failed);
    struct mls_signature signature;
    BASE_TRY(mls_sign_with_label(crypto, params->signature_key, base_slice_text(tbs_label), base_writer_view(&writer),
                                 &signature));
    base_write_opaque(&writer, base_slice(signature.data, signature.len));
    return base_writer_finish(&writer, out);
}

base_result mls_key_package_create(const struct mls_crypto *crypto, const struct base_random *random,
                                   const struct mls_key_package_params *params, struct mls_key_package_keys *keys,
                                   struct base_bytes *out) {
    BASE_TRY(extensions_check(crypto, params->leaf_extensions));
    BASE_TRY(extensions_check(crypto, params->extensions));
    /* §10: "Extensions included in the extensions or leaf_node.extensions fields MUST be included in the
     * leaf_node.capabilities field." Who receives a package ignores those that he does not know. */
    BASE_ENSURE(mls_supports_extensions(&params->capabilities, params->extensions), MLS_ERR_CAPABILITIES_EXTENSION);
    base_result result = mls_kem_generate(crypto, random, &keys->init);
    if (result == BASE_OK) {
        result = mls_kem_generate(crypto, random, &keys->encryption);
    }
    if (result == BASE_OK) {
        result = package_sign(crypto, params, keys, out);
    }
    if (result != BASE_OK) {
        base_wipe(keys, sizeof *keys);
    }
    return result;
}

base_result mls_key_package_verify(const struct mls_crypto *crypto, const struct mls_key_package *package) {
    /* §10.1: "Verify that the cipher suite and protocol version of the KeyPackage match those in the GroupContext." */
    BASE_ENSURE(package->version == MLS_VERSION_10 && package->cipher_suite == crypto->suite->id,
                MLS_ERR_KEY_PACKAGE_SUITE);
    /* §10: "The field leaf_node.leaf_node_source of the LeafNode in a KeyPackage MUST be set to key_package." */
    BASE_ENSURE(package->leaf.source == MLS_LEAF_KEY_PACKAGE, MLS_ERR_LEAF_NODE_SOURCE);
    /* §10.1: "Verify that the value of leaf_node.encryption_key is different from the value of the init_key field." */
    BASE_ENSURE(!base_slice_equal(package->init_key, package->leaf.encryption_key), MLS_ERR_KEY_PACKAGE_KEYS);
    /* §10: "The value for init_key MUST be a public key for the asymmetric encryption scheme defined by cipher_suite".
     * Else it would fail when somebody encrypts to it. */
    BASE_TRY(mls_kem_check(crypto, package->init_key));
    BASE_TRY(mls_leaf_node_check(crypto, &package->leaf));
    BASE_TRY(mls_leaf_node_verify(crypto, &package->leaf, base_slice(NULL, 0), 0));
    base_result result = mls_verify_with_label(crypto, package->leaf.signature_key, base_slice_text(tbs_label),
                                               package->tbs, package->signature);
    return result == &MLS_ERR_SIGNATURE ? &MLS_ERR_KEY_PACKAGE_SIGNATURE : result;
}
