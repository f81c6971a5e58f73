/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaf nodes by themselves: signature, capabilities, lifetime (§7.2, §7.3).
 */
#include "leaf_node.h"

#include "base/writer.h"
#include "syntax/number_set.h"

/* Signature */

/** What LeafNodeTBS has behind the leaf's own members: "the group ID of the group is added as context". */
static void position_write(struct base_writer *writer, uint8_t source, struct base_slice group_id,
                           uint32_t leaf_index) {
    if (source != MLS_LEAF_KEY_PACKAGE) {
        base_write_opaque(writer, group_id);
        base_write_u32(writer, leaf_index);
    }
}

base_result mls_leaf_node_sign(const struct mls_crypto *crypto, const struct mls_keypair *key,
                               const struct mls_leaf_node *leaf, struct base_slice group_id, uint32_t leaf_index,
                               struct base_bytes *out) {
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_LEAF_MAX);
    mls_leaf_node_write_unsigned(&writer, leaf);
    struct base_writer BASE_CLEANUP(base_writer_free) tbs = base_writer(crypto->allocator, MLS_LEAF_MAX);
    base_write_slice(&tbs, base_writer_view(&writer));
    position_write(&tbs, leaf->source, group_id, leaf_index);
    BASE_TRY(writer.failed);
    BASE_TRY(tbs.failed);
    struct mls_signature signature;
    BASE_TRY(mls_sign_with_label(crypto, key, base_slice_text("LeafNodeTBS"), base_writer_view(&tbs), &signature));
    base_write_opaque(&writer, base_slice(signature.data, signature.len));
    return base_writer_finish(&writer, out);
}

base_result mls_leaf_node_verify(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf,
                                 struct base_slice group_id, uint32_t leaf_index) {
    const struct base_slice label = base_slice_text("LeafNodeTBS");
    base_result result = BASE_OK;
    if (leaf->source == MLS_LEAF_KEY_PACKAGE) {
        result = mls_verify_with_label(crypto, leaf->signature_key, label, leaf->tbs, leaf->signature);
    } else {
        struct base_writer BASE_CLEANUP(base_writer_free) tbs = base_writer(crypto->allocator, MLS_MESSAGE_MAX);
        base_write_slice(&tbs, leaf->tbs);
        position_write(&tbs, leaf->source, group_id, leaf_index);
        BASE_TRY(tbs.failed);
        result = mls_verify_with_label(crypto, leaf->signature_key, label, base_writer_view(&tbs), leaf->signature);
    }
    return result == &MLS_ERR_SIGNATURE ? &MLS_ERR_LEAF_SIGNATURE : result;
}

/* Capabilities */

bool mls_supports_extension(const struct mls_capabilities *capabilities, uint16_t type) {
    /* §7.2: "The following proposal and extension types are considered "default"". */
    return (type >= MLS_EXTENSION_APPLICATION_ID && type <= MLS_EXTENSION_EXTERNAL_SENDERS) ||
           mls_list_has(capabilities->extensions, type);
}

bool mls_supports_proposal(const struct mls_capabilities *capabilities, uint16_t type) {
    return (type >= MLS_PROPOSAL_ADD && type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) ||
           mls_list_has(capabilities->proposals, type);
}

bool mls_supports_credential(const struct mls_capabilities *capabilities, uint16_t type) {
    return mls_list_has(capabilities->credentials, type);
}

bool mls_supports_extensions(const struct mls_capabilities *capabilities, struct base_slice extensions) {
    if (extensions.len == 0) {
        return true;
    }
    /* Both lists are a peer's, and may be long. */
    struct mls_number_set supported = { 0 };
    for (uint16_t type = MLS_EXTENSION_APPLICATION_ID; type <= MLS_EXTENSION_EXTERNAL_SENDERS; type++) {
        (void)mls_number_set_add(&supported, type);
    }
    for (size_t i = 0; i < mls_list_count(capabilities->extensions); i++) {
        (void)mls_number_set_add(&supported, mls_list_at(capabilities->extensions, i));
    }
    struct base_reader list = base_reader(extensions);
    struct mls_extension extension;
    while (list.left > 0 && mls_extension_next(&list, &extension) == BASE_OK) {
        if (!mls_number_set_has(&supported, extension.type)) {
            return false;
        }
    }
    return true;
}

base_result mls_leaf_node_check(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf) {
    /* §10: "the leaf_node field MUST be valid for the cipher suite, including both the encryption_key and signature_key
     * fields." The signature key is tried with its signature. */
    BASE_TRY(mls_kem_check(crypto, leaf->encryption_key));
    /* §7.2: "the credential type used in the LeafNode MUST be included in the credentials field of the capabilities
     * field." */
    BASE_ENSURE(mls_supports_credential(&leaf->capabilities, leaf->credential.type), MLS_ERR_CAPABILITIES_CREDENTIAL);
    /* §7.2: "The types of any non-default extensions that appear in the extensions field of a LeafNode MUST be included
     * in the extensions field of the capabilities field" */
    BASE_ENSURE(mls_supports_extensions(&leaf->capabilities, leaf->extensions), MLS_ERR_CAPABILITIES_EXTENSION);
    return BASE_OK;
}

base_result mls_leaf_node_check_own(const struct mls_crypto *crypto, const struct mls_leaf_node *leaf) {
    /* §7.2: "The client MUST list all values for the respective parameters that it supports." */
    BASE_ENSURE(mls_list_has(leaf->capabilities.versions, MLS_VERSION_10), MLS_ERR_CAPABILITIES_VERSION);
    BASE_ENSURE(mls_list_has(leaf->capabilities.cipher_suites, (uint16_t)crypto->suite->id),
                MLS_ERR_CAPABILITIES_SUITE);
    return mls_leaf_node_check(crypto, leaf);
}

/* Lifetime */

base_result mls_leaf_node_check_lifetime_range(const struct mls_leaf_node *leaf, uint64_t max_range) {
    if (leaf->source != MLS_LEAF_KEY_PACKAGE) {
        return BASE_OK;
    }
    const struct mls_lifetime *lifetime = &leaf->lifetime;
    BASE_ENSURE(lifetime->not_before <= lifetime->not_after, MLS_ERR_LIFETIME);
    /* §7.2: "Applications MUST define a maximum total lifetime that is acceptable for a LeafNode, and reject any
     * LeafNode where the total lifetime is longer than this duration." */
    BASE_ENSURE(max_range == 0 || lifetime->not_after - lifetime->not_before <= max_range, MLS_ERR_LIFETIME_RANGE);
    return BASE_OK;
}

base_result mls_leaf_node_check_lifetime(const struct mls_leaf_node *leaf, const struct mls_lifetime_policy *policy) {
    BASE_TRY(mls_leaf_node_check_lifetime_range(leaf, policy->max_range));
    if (leaf->source != MLS_LEAF_KEY_PACKAGE) {
        return BASE_OK;
    }
    const struct mls_lifetime *lifetime = &leaf->lifetime;
    /* No sum of two times that a peer chose: it could overflow. */
    BASE_ENSURE(lifetime->not_before <= policy->now || lifetime->not_before - policy->now <= policy->skew,
                MLS_ERR_LIFETIME);
    BASE_ENSURE(lifetime->not_after >= policy->now || policy->now - lifetime->not_after <= policy->skew,
                MLS_ERR_LIFETIME);
    return BASE_OK;
}
