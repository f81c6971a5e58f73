/* SPDX-License-Identifier: Apache-2.0 */
/* Joining by a Welcome (§12.4.3.1). */
#include <string.h>

#include "group/bundle.h"
#include "group/enter.h"
#include "group/info.h"
#include "group/lineage.h"
#include "group/psks.h"

/* What is found on the way from a Welcome to a group. Secret. */
struct joining {
    const struct mls_context *context;
    const struct mls_join_options *options;
    struct mls_crypto crypto;
    struct mls_secret ref;
    struct mls_own_package own;
    struct base_bytes secrets_bytes;
    struct mls_group_secrets secrets;
    struct mls_secret joiner;
    struct mls_secret psk;
    enum mls_resumption_usage usage; /* of the PSK that ties the group to its parent; application: there is none */
    struct base_bytes info_bytes;
    struct mls_group_info info;
};

static void joining_free(struct joining *joining) {
    mls_own_package_wipe(&joining->own);
    base_bytes_free(&joining->secrets_bytes);
    base_bytes_free(&joining->info_bytes);
    base_wipe(&joining->joiner, sizeof joining->joiner);
    base_wipe(&joining->psk, sizeof joining->psk);
}

static base_result find_package(struct joining *joining, const struct mls_welcome *welcome,
                                struct mls_hpke_ciphertext *secrets) {
    struct base_reader reader = base_reader(welcome->secrets);
    while (reader.left != 0) {
        struct mls_encrypted_group_secrets next;
        struct base_slice record = { 0 };
        BASE_TRY(mls_encrypted_group_secrets_next(&reader, &next));
        BASE_TRY(joining->options->key_package(joining->options->user, next.new_member, &record));
        if (record.len == 0) {
            continue;
        }
        BASE_TRY(mls_own_package_read(record, &joining->own));
        *secrets = next.secrets;
        return mls_key_package_ref(&joining->crypto, joining->own.package.encoded, &joining->ref);
    }
    return &MLS_ERR_NO_KEY_PACKAGE;
}

static base_result open_secrets(struct joining *joining, const struct mls_welcome *welcome,
                                const struct mls_hpke_ciphertext *sealed) {
    const struct mls_crypto *crypto = &joining->crypto;
    BASE_ENSURE(joining->own.package.cipher_suite == welcome->cipher_suite, MLS_ERR_KEY_PACKAGE_SUITE);
    BASE_ENSURE(sealed->ciphertext.len >= MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    BASE_TRY(base_bytes_take(joining->context->allocator, sealed->ciphertext.len - MLS_AEAD_TAG_SIZE,
                             &joining->secrets_bytes));
    BASE_TRY(mls_decrypt_with_label(crypto, &joining->own.keys.init, base_slice_text("Welcome"),
                                    welcome->encrypted_group_info, sealed->kem_output, sealed->ciphertext,
                                    joining->secrets_bytes.data));
    BASE_TRY(mls_group_secrets_decode(base_borrow(&joining->secrets_bytes), &joining->secrets));
    struct base_slice joiner = joining->secrets.joiner_secret;
    BASE_ENSURE(joiner.len == crypto->suite->hash_size, BASE_ERR_VALUE);
    memcpy(joining->joiner.data, joiner.data, joiner.len);
    joining->joiner.len = (uint8_t)joiner.len;
    return BASE_OK;
}

/* §12.4.3.1: at most one PSK ties the group to a parent, which must be the one that we know of. */
static base_result check_psks(struct joining *joining, const struct mls_psk_id *ids, size_t count) {
    const struct mls_group *parent = joining->options->parent;
    joining->usage = MLS_RESUMPTION_APPLICATION;
    for (size_t i = 0; i < count; i++) {
        if (ids[i].type != MLS_PSK_RESUMPTION || ids[i].usage == MLS_RESUMPTION_APPLICATION) {
            continue;
        }
        BASE_ENSURE(joining->usage == MLS_RESUMPTION_APPLICATION, MLS_ERR_PROPOSAL_PSK);
        joining->usage = (enum mls_resumption_usage)ids[i].usage;
        if (parent == NULL || !base_slice_equal(ids[i].id, parent->epoch.context.group_id)) {
            return joining->usage == MLS_RESUMPTION_REINIT ? &MLS_ERR_REINIT : &MLS_ERR_BRANCH;
        }
        /* §11.2: "the epoch field indicates the epoch after the Commit covering the ReInit" */
        BASE_ENSURE(joining->usage != MLS_RESUMPTION_REINIT || ids[i].epoch == parent->epoch.context.epoch,
                    MLS_ERR_REINIT);
    }
    BASE_ENSURE(parent == NULL || joining->usage != MLS_RESUMPTION_APPLICATION, MLS_ERR_BRANCH);
    return BASE_OK;
}

static base_result combine_psks(struct joining *joining) {
    const struct mls_keyring keyring = { joining->context, &joining->crypto, NULL, joining->options->parent };
    struct base_reader counting = base_reader(joining->secrets.psks);
    struct base_reader reader = counting;
    size_t count = 0;
    struct mls_psk_id id;
    while (counting.left != 0) {
        BASE_TRY(mls_psk_id_read(&counting, &id));
        count++;
    }
    BASE_CLEANUP(base_free_at)
    struct mls_psk_id *ids = base_take(joining->context->allocator, count, sizeof *ids);
    BASE_ENSURE(ids != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        BASE_TRY(mls_psk_id_read(&reader, &ids[i]));
        BASE_ENSURE(ids[i].nonce.len == joining->crypto.suite->hash_size, MLS_ERR_PROPOSAL_PSK);
    }
    BASE_TRY(check_psks(joining, ids, count));
    return mls_keyring_combine(&keyring, ids, count, &joining->psk);
}

static base_result open_info(struct joining *joining, struct base_slice sealed) {
    const struct mls_crypto *crypto = &joining->crypto;
    BASE_ENSURE(sealed.len >= MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    BASE_TRY(base_bytes_take(joining->context->allocator, sealed.len - MLS_AEAD_TAG_SIZE, &joining->info_bytes));
    struct mls_secret welcome_secret = { 0 };
    struct mls_aead_key key = { 0 };
    base_result result = mls_welcome_secret(crypto, &joining->joiner, &joining->psk, &welcome_secret);
    if (result == BASE_OK) {
        result = mls_welcome_key(crypto, &welcome_secret, &key);
    }
    if (result == BASE_OK) {
        result = crypto->provider->open(crypto->provider->user, crypto->suite, key.key, key.nonce,
                                        (struct base_slice){ 0 }, sealed, joining->info_bytes.data);
    }
    base_wipe(&welcome_secret, sizeof welcome_secret);
    mls_aead_key_wipe(&key);
    BASE_TRY(result);
    BASE_TRY(mls_group_info_decode(base_borrow(&joining->info_bytes), &joining->info));
    BASE_ENSURE(joining->info.context.cipher_suite == crypto->suite->id, MLS_ERR_KEY_PACKAGE_SUITE);
    return BASE_OK;
}

/* Where our leaf is: its bytes are those of the key package. */
static base_result find_leaf(const struct mls_group *group, const struct mls_leaf_node *leaf, uint32_t *out) {
    for (*out = 0; mls_tree_next_member(&group->epoch.tree, out); ++*out) {
        const struct mls_leaf_node *node = mls_tree_leaf(&group->epoch.tree, *out);
        if (base_slice_equal(node->signature_key, leaf->signature_key)) {
            BASE_ENSURE(base_slice_equal(node->encoded, leaf->encoded), MLS_ERR_JOIN);
            return BASE_OK;
        }
    }
    return &MLS_ERR_JOIN;
}

static base_result enter_tree(struct mls_group *group, const struct joining *joining) {
    uint32_t leaf;
    BASE_TRY(mls_group_info_enter(group, &joining->info, joining->options->ratchet_tree));
    BASE_TRY(find_leaf(group, &joining->own.package.leaf, &leaf));
    BASE_TRY(mls_treekem_keys_create(group->context->allocator, leaf, &joining->own.keys.encryption, &group->keys));
    if (!joining->secrets.has_path_secret) {
        return BASE_OK;
    }
    return mls_treekem_keys_join(&group->crypto, &group->epoch.tree, &group->keys, joining->info.signer,
                                 joining->secrets.path_secret);
}

static base_result enter_secrets(struct mls_group *group, const struct joining *joining) {
    struct mls_epoch *epoch = &group->epoch;
    BASE_TRY(mls_epoch_secrets_derive(&group->crypto, &joining->joiner, &joining->psk,
                                      base_borrow(&epoch->context_bytes), &epoch->secrets));
    BASE_TRY(mls_confirmation_tag_verify(&group->crypto, &epoch->secrets.confirmation_key,
                                         epoch->context.confirmed_transcript_hash,
                                         mls_secret_slice(&epoch->confirmation_tag)));
    BASE_TRY(mls_epoch_open(&group->crypto, mls_message_limits(group), epoch));
    mls_resumption_keep(group);
    return BASE_OK;
}

static base_result join(struct joining *joining, const struct mls_welcome *welcome, struct mls_group **out) {
    struct mls_hpke_ciphertext sealed;
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = NULL;
    BASE_TRY(mls_group_new(joining->context, welcome->cipher_suite, &group));
    joining->crypto = group->crypto;
    BASE_TRY(find_package(joining, welcome, &sealed));
    BASE_TRY(open_secrets(joining, welcome, &sealed));
    BASE_TRY(combine_psks(joining));
    BASE_TRY(open_info(joining, welcome->encrypted_group_info));
    BASE_ENSURE(base_slice_equal(mls_public_key_slice(&joining->options->signature_key->public_key),
                                 joining->own.package.leaf.signature_key),
                MLS_ERR_JOIN);
    group->signature_key = *joining->options->signature_key;
    group->public_handshake = joining->options->public_handshake;
    BASE_TRY(enter_tree(group, joining));
    if (joining->usage != MLS_RESUMPTION_APPLICATION) {
        BASE_TRY(mls_lineage_check(group, joining->options->parent, joining->usage));
    }
    BASE_TRY(enter_secrets(group, joining));
    if (joining->options->inviter != NULL) {
        *joining->options->inviter = joining->info.signer;
    }
    *out = group;
    group = NULL;
    return BASE_OK;
}

base_result mls_group_join(const struct mls_context *context, struct base_slice bytes,
                           const struct mls_join_options *options, struct mls_secret *used_ref,
                           struct mls_group **out) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_ENSURE(message.wire_format == MLS_WELCOME, MLS_ERR_WIRE_FORMAT);
    BASE_CLEANUP(joining_free) struct joining joining = { .context = context, .options = options };
    BASE_TRY(join(&joining, &message.of.welcome, out));
    if (used_ref != NULL) {
        *used_ref = joining.ref;
    }
    return BASE_OK;
}
