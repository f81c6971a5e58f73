/* SPDX-License-Identifier: Apache-2.0 */
/* A new group, of its creator alone (§11). */
#include "group/create.h"

#include "group/enter.h"
#include "group/identity.h"
#include "group/rules.h"

/* The creator's leaf, as if of a key package (§11): its lifetime is that of a fresh one. */
static base_result make_leaf(const struct mls_group *group, const struct mls_identity *identity,
                             const struct mls_keypair *encryption, struct base_bytes *out) {
    enum { LIFETIME = 90 * 86400 };
    uint64_t now = mls_now(group->context);
    BASE_CLEANUP(mls_leaf_lists_free) struct mls_leaf_lists lists = { 0 };
    BASE_TRY(mls_leaf_lists_make(group->context, identity, &lists));
    struct mls_leaf_node leaf = {
        .encryption_key = mls_public_key_slice(&encryption->public_key),
        .signature_key = mls_public_key_slice(&identity->signature_key->public_key),
        .credential = identity->credential,
        .capabilities = lists.capabilities,
        .source = MLS_LEAF_KEY_PACKAGE,
        .lifetime = { now < MLS_LIFETIME_SKEW_DEFAULT ? 0 : now - MLS_LIFETIME_SKEW_DEFAULT, now + LIFETIME },
        .extensions = lists.extensions,
    };
    return mls_leaf_node_sign(&group->crypto, identity->signature_key, &leaf, (struct base_slice){ 0 }, 0, out);
}

static void wipe_keypair(struct mls_keypair *pair) {
    base_wipe(pair, sizeof *pair);
}

static void wipe_secret(struct mls_secret *secret) {
    base_wipe(secret, sizeof *secret);
}

static base_result make_tree(struct mls_group *group, const struct mls_identity *identity) {
    const struct mls_context *context = group->context;
    BASE_CLEANUP(wipe_keypair) struct mls_keypair encryption = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes encoded = { 0 };
    struct mls_leaf_node leaf;
    uint32_t index;
    BASE_TRY(mls_kem_generate(&group->crypto, context->random, &encryption));
    BASE_TRY(make_leaf(group, identity, &encryption, &encoded));
    BASE_TRY(mls_leaf_node_decode(base_borrow(&encoded), &leaf));
    BASE_TRY(mls_leaf_node_check(&group->crypto, &leaf));
    BASE_TRY(mls_tree_create(context->random, group->limits.members, &group->epoch.tree));
    BASE_TRY(mls_tree_add(&group->crypto, &group->epoch.tree, &leaf, &index));
    BASE_TRY(mls_treekem_keys_create(context->allocator, index, &encryption, &group->keys));
    return mls_tree_check_credentials(&group->epoch.tree);
}

static base_result make_context(struct mls_group *group, struct base_slice group_id, struct base_slice extensions) {
    struct mls_epoch *epoch = &group->epoch;
    struct mls_secret hash;
    BASE_TRY(mls_group_extensions_check(&epoch->tree, extensions));
    BASE_TRY(mls_tree_hash(&group->crypto, &epoch->tree, &hash));
    struct mls_group_context context = {
        .cipher_suite = (uint16_t)group->crypto.suite->id,
        .group_id = group_id,
        .tree_hash = mls_secret_slice(&hash),
        .extensions = extensions,
    };
    BASE_TRY(mls_group_context_encode(group->context->allocator, &context, &epoch->context_bytes));
    return mls_group_context_decode(base_borrow(&epoch->context_bytes), &epoch->context);
}

static base_result make_secrets(struct mls_group *group) {
    const struct mls_crypto *crypto = &group->crypto;
    struct mls_epoch *epoch = &group->epoch;
    BASE_CLEANUP(wipe_secret) struct mls_secret epoch_secret = { 0 };
    struct mls_secret tag;
    BASE_TRY(mls_secret_random(crypto, group->context->random, &epoch_secret));
    BASE_TRY(mls_epoch_secrets_create(crypto, &epoch_secret, &epoch->secrets));
    BASE_TRY(
        mls_confirmation_tag(crypto, &epoch->secrets.confirmation_key, epoch->context.confirmed_transcript_hash, &tag));
    BASE_TRY(mls_epoch_confirm(crypto, mls_secret_slice(&tag), epoch));
    return mls_epoch_open(crypto, mls_message_limits(group), epoch);
}

base_result mls_group_found(const struct mls_context *context, uint16_t suite, struct base_slice group_id,
                            const struct mls_identity *identity, struct base_slice extensions, struct mls_group **out) {
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = NULL;
    BASE_TRY(mls_group_new(context, suite, &group));
    group->signature_key = *identity->signature_key;
    BASE_TRY(make_tree(group, identity));
    BASE_TRY(make_context(group, group_id, extensions));
    BASE_TRY(mls_external_senders_ask(group, extensions));
    BASE_TRY(make_secrets(group));
    mls_resumption_keep(group);
    *out = group;
    group = NULL;
    return BASE_OK;
}

base_result mls_group_create(const struct mls_context *context, uint16_t suite, struct base_slice group_id,
                             const struct mls_identity *identity, const struct mls_group_options *options,
                             struct mls_group **out) {
    static const struct mls_group_options defaults = { 0 };
    options = options == NULL ? &defaults : options;
    BASE_CLEANUP(base_bytes_free) struct base_bytes extensions = { 0 };
    BASE_TRY(mls_extensions_encode(context->allocator, options->extensions, options->extension_count, &extensions));
    BASE_TRY(mls_group_found(context, suite, group_id, identity, base_borrow(&extensions), out));
    (*out)->public_handshake = options->public_handshake;
    return BASE_OK;
}
