/* SPDX-License-Identifier: Apache-2.0 */
/* The Welcome of a commit (§12.4.3.1): one message for all whom it adds. */
#include "group/welcome.h"

#include "group/info.h"
#include "hpke.h"

static base_result encrypt_info(const struct mls_staged *staged, const struct mls_stage_secrets *secrets,
                                bool without_tree, struct base_bytes *out) {
    const struct mls_group *group = staged->group;
    const struct mls_crypto *crypto = &group->crypto;
    const struct mls_group_info_options options = { .without_tree = without_tree, .without_external_pub = true };
    BASE_CLEANUP(base_bytes_free) struct base_bytes info = { 0 };
    BASE_TRY(mls_group_info_make(group, &staged->epoch, &staged->signature_key, staged->keys.leaf, &options, &info));
    struct mls_secret welcome_secret = { 0 };
    struct mls_aead_key key = { 0 };
    base_result result = mls_welcome_secret(crypto, &secrets->joiner, &secrets->psk, &welcome_secret);
    if (result == BASE_OK) {
        result = mls_welcome_key(crypto, &welcome_secret, &key);
    }
    if (result == BASE_OK) {
        result = base_bytes_take(group->context->allocator, info.len + MLS_AEAD_TAG_SIZE, out);
    }
    if (result == BASE_OK) {
        result = crypto->provider->seal(crypto->provider->user, crypto->suite, key.key, key.nonce,
                                        (struct base_slice){ 0 }, base_borrow(&info), out->data);
    }
    base_wipe(&welcome_secret, sizeof welcome_secret);
    mls_aead_key_wipe(&key);
    return result;
}

/* PreSharedKeyID psks<V>, in the order of the commit. */
static base_result encode_psks(const struct mls_staged *staged, struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(staged->group->context->allocator, MLS_MESSAGE_MAX);
    for (uint32_t i = 0; i < staged->list_count; i++) {
        if (staged->list[i].proposal.type == MLS_PROPOSAL_PSK) {
            mls_psk_id_write(&writer, &staged->list[i].proposal.of.psk);
        }
    }
    return base_writer_finish(&writer, out);
}

static base_result encode_secrets(const struct base_allocator *allocator, const struct mls_group_secrets *secrets,
                                  struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, MLS_MESSAGE_MAX);
    mls_group_secrets_write(&writer, secrets);
    return base_writer_finish(&writer, out);
}

/* What is the same for all new members. */
struct welcome {
    const struct mls_staged *staged;
    const struct mls_treekem_path *path;
    struct mls_hpke_info info; /* of the encrypted GroupInfo, which all HPKE contexts are bound to */
    struct mls_group_secrets secrets;
};

static base_result write_member(const struct welcome *welcome, const struct mls_key_package *package, uint32_t leaf,
                                struct base_writer *writer) {
    const struct mls_group *group = welcome->staged->group;
    struct mls_group_secrets secrets = welcome->secrets;
    if (welcome->path != NULL) {
        secrets.has_path_secret = true;
        secrets.path_secret = mls_secret_slice(mls_treekem_path_secret(welcome->path, leaf));
    }
    BASE_CLEANUP(base_bytes_free) struct base_bytes plain = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes sealed = { 0 };
    struct mls_public_key kem_output;
    struct mls_secret ref;
    BASE_TRY(encode_secrets(group->context->allocator, &secrets, &plain));
    BASE_TRY(base_bytes_take(group->context->allocator, plain.len + MLS_AEAD_TAG_SIZE, &sealed));
    BASE_TRY(mls_hpke_seal_ready(&group->crypto, group->context->random, package->init_key, &welcome->info,
                                 (struct base_slice){ 0 }, base_borrow(&plain), &kem_output, sealed.data));
    BASE_TRY(mls_key_package_ref(&group->crypto, package->encoded, &ref));
    struct mls_encrypted_group_secrets encrypted = {
        .new_member = mls_secret_slice(&ref),
        .secrets = { mls_public_key_slice(&kem_output), base_borrow(&sealed) },
    };
    mls_encrypted_group_secrets_write(writer, &encrypted);
    return writer->failed;
}

static base_result write_members(const struct welcome *welcome, struct base_writer *writer) {
    const struct mls_staged *staged = welcome->staged;
    uint32_t added = 0;
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_proposal *proposal = &staged->list[i].proposal;
        if (proposal->type == MLS_PROPOSAL_ADD) {
            BASE_TRY(write_member(welcome, &proposal->of.add, staged->added[added++], writer));
        }
    }
    return BASE_OK;
}

base_result mls_welcome_make(const struct mls_staged *staged, const struct mls_stage_secrets *secrets,
                             const struct mls_treekem_path *path, bool without_tree, struct base_bytes *out) {
    const struct mls_group *group = staged->group;
    if (staged->added_count == 0) {
        return BASE_OK;
    }
    BASE_CLEANUP(base_bytes_free) struct base_bytes info = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes psks = { 0 };
    BASE_TRY(encrypt_info(staged, secrets, without_tree, &info));
    BASE_TRY(encode_psks(staged, &psks));
    struct welcome welcome = { .staged = staged, .path = path };
    BASE_TRY(mls_encrypt_prepare(&group->crypto, base_slice_text("Welcome"), base_borrow(&info), &welcome.info));
    welcome.secrets.joiner_secret = mls_secret_slice(&secrets->joiner);
    welcome.secrets.psks = base_borrow(&psks);

    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    base_write_u16(&writer, MLS_VERSION_10);
    base_write_u16(&writer, MLS_WELCOME);
    base_write_u16(&writer, (uint16_t)group->crypto.suite->id);
    size_t mark = base_write_vector_begin(&writer);
    BASE_TRY(write_members(&welcome, &writer));
    base_write_vector_end(&writer, mark);
    base_write_opaque(&writer, base_borrow(&info));
    return base_writer_finish(&writer, out);
}
