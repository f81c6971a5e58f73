/* SPDX-License-Identifier: Apache-2.0 */
/* GroupInfo (§12.4.3): made by a member, checked by who joins or follows. */
#include "group/info.h"

#include "group/identity.h"
#include "group/rules.h"
#include "group/stage.h"

static struct base_slice group_info_label(void) {
    return base_slice_text("GroupInfoTBS");
}

static base_result encode_tree(const struct mls_group *group, const struct mls_tree *tree, struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    mls_tree_encode(&writer, tree);
    return base_writer_finish(&writer, out);
}

static base_result external_pub(const struct mls_group *group, const struct mls_epoch *epoch, struct base_bytes *out) {
    struct mls_keypair pair;
    base_result result = mls_external_keypair(&group->crypto, &epoch->secrets.external_secret, &pair);
    struct mls_public_key key = pair.public_key;
    base_wipe(&pair, sizeof pair);
    BASE_TRY(result);
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, sizeof key + 2);
    base_write_opaque(&writer, mls_public_key_slice(&key));
    return base_writer_finish(&writer, out);
}

static base_result info_extensions(const struct mls_group *group, const struct mls_epoch *epoch,
                                   const struct mls_group_info_options *options, struct base_bytes *out) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes tree = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes key = { 0 };
    struct mls_extension extensions[2];
    size_t count = 0;
    if (!options->without_tree) {
        BASE_TRY(encode_tree(group, &epoch->tree, &tree));
        extensions[count++] = (struct mls_extension){ MLS_EXTENSION_RATCHET_TREE, base_borrow(&tree) };
    }
    if (!options->without_external_pub) {
        BASE_TRY(external_pub(group, epoch, &key));
        extensions[count++] = (struct mls_extension){ MLS_EXTENSION_EXTERNAL_PUB, base_borrow(&key) };
    }
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    for (size_t i = 0; i < count; i++) {
        mls_extension_write(&writer, &extensions[i]);
    }
    return base_writer_finish(&writer, out);
}

base_result mls_group_info_make(const struct mls_group *group, const struct mls_epoch *epoch,
                                const struct mls_keypair *key, uint32_t signer,
                                const struct mls_group_info_options *options, struct base_bytes *out) {
    static const struct mls_group_info_options defaults = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes extensions = { 0 };
    BASE_TRY(info_extensions(group, epoch, options == NULL ? &defaults : options, &extensions));
    struct mls_group_info info = {
        .context = epoch->context,
        .extensions = base_borrow(&extensions),
        .confirmation_tag = mls_secret_slice(&epoch->confirmation_tag),
        .signer = signer,
    };
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    mls_group_info_write_unsigned(&writer, &info);
    BASE_TRY(writer.failed);
    struct mls_signature signature;
    BASE_TRY(mls_sign_with_label(&group->crypto, key, group_info_label(), base_writer_view(&writer), &signature));
    base_write_opaque(&writer, base_slice(signature.data, signature.len));
    return base_writer_finish(&writer, out);
}

base_result mls_group_info_message(const struct mls_group *group, const struct mls_epoch *epoch,
                                   const struct mls_keypair *key, uint32_t signer,
                                   const struct mls_group_info_options *options, struct base_bytes *out) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes info = { 0 };
    BASE_TRY(mls_group_info_make(group, epoch, key, signer, options, &info));
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    base_write_u16(&writer, MLS_VERSION_10);
    base_write_u16(&writer, MLS_GROUP_INFO);
    base_write_slice(&writer, base_borrow(&info));
    return base_writer_finish(&writer, out);
}

base_result mls_group_info(const struct mls_group *group, const struct mls_group_info_options *options,
                           struct base_bytes *out) {
    BASE_TRY(mls_group_need_active(group));
    return mls_group_info_message(group, &group->epoch, &group->signature_key, mls_own_leaf(group), options, out);
}

base_result mls_group_ratchet_tree(const struct mls_group *group, struct base_bytes *out) {
    return encode_tree(group, &group->epoch.tree, out);
}

base_result mls_staged_ratchet_tree(const struct mls_staged *staged, struct base_bytes *out) {
    return encode_tree(staged->group, &staged->epoch.tree, out);
}

base_result mls_staged_group_info(const struct mls_staged *staged, const struct mls_group_info_options *options,
                                  struct base_bytes *out) {
    BASE_ENSURE(staged->own, MLS_ERR_STAGED);
    return mls_group_info_message(staged->group, &staged->epoch, &staged->signature_key, staged->keys.leaf, options,
                                  out);
}

/* The tree's own bytes: both the extension's data and what is given have the vector's length before them. */
static base_result find_tree(const struct mls_group_info *info, struct base_slice given, struct base_slice *out) {
    if (!mls_extension_find(info->extensions, MLS_EXTENSION_RATCHET_TREE, out)) {
        *out = given;
    }
    BASE_ENSURE(out->len != 0, MLS_ERR_TREE_MISSING);
    return BASE_OK;
}

static base_result ask_about_members(const struct mls_group *group) {
    const struct mls_tree *tree = &group->epoch.tree;
    for (uint32_t leaf = 0; mls_tree_next_member(tree, &leaf); leaf++) {
        struct mls_member member = mls_member_of(leaf, mls_tree_leaf(tree, leaf));
        BASE_TRY(mls_credential_ask(group, MLS_CREDENTIAL_PRESENT, &member, NULL));
    }
    return mls_external_senders_ask(group, group->epoch.context.extensions);
}

static base_result verify_signature(const struct mls_group *group, const struct mls_group_info *info) {
    const struct mls_leaf_node *signer = mls_tree_leaf(&group->epoch.tree, info->signer);
    BASE_ENSURE(signer != NULL, MLS_ERR_LEAF_INDEX);
    return mls_verify_with_label(&group->crypto, signer->signature_key, group_info_label(), info->tbs, info->signature);
}

base_result mls_group_info_enter(struct mls_group *group, const struct mls_group_info *info, struct base_slice given) {
    const struct mls_crypto *crypto = &group->crypto;
    struct mls_epoch *epoch = &group->epoch;
    struct base_slice tree;
    struct mls_secret hash;
    BASE_TRY(find_tree(info, given, &tree));
    BASE_TRY(mls_tree_decode(crypto, group->context->random, group->limits.members, tree, &epoch->tree));
    BASE_TRY(verify_signature(group, info));
    BASE_TRY(mls_tree_hash(crypto, &epoch->tree, &hash));
    BASE_ENSURE(base_slice_equal(mls_secret_slice(&hash), info->context.tree_hash), MLS_ERR_TREE_HASH);
    BASE_TRY(mls_tree_verify_parent_hashes(crypto, &epoch->tree));
    BASE_TRY(mls_tree_verify_leaves(crypto, &epoch->tree, info->context.group_id));
    BASE_TRY(mls_group_extensions_check(&epoch->tree, info->context.extensions));
    BASE_TRY(base_bytes_copy(group->context->allocator, info->context.encoded, &epoch->context_bytes));
    BASE_TRY(mls_group_context_decode(base_borrow(&epoch->context_bytes), &epoch->context));
    BASE_TRY(mls_epoch_confirm(crypto, info->confirmation_tag, epoch));
    return ask_about_members(group);
}

base_result mls_group_follow(const struct mls_context *context, struct base_slice group_info,
                             struct base_slice ratchet_tree, struct mls_group **out) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(group_info, &message));
    BASE_ENSURE(message.wire_format == MLS_GROUP_INFO, MLS_ERR_WIRE_FORMAT);
    const struct mls_group_info *info = &message.of.group_info;
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = NULL;
    BASE_TRY(mls_group_new(context, info->context.cipher_suite, &group));
    group->state = MLS_GROUP_FOLLOWED;
    BASE_TRY(mls_group_info_enter(group, info, ratchet_tree));
    *out = group;
    group = NULL;
    return BASE_OK;
}
