/* SPDX-License-Identifier: Apache-2.0 */
/* Joining by an external commit (§12.4.3.2). */
#include "group/commit.h"
#include "group/enter.h"
#include "group/identity.h"
#include "group/info.h"
#include "group/input.h"
#include "group/rules.h"
#include "leaf_node.h"
#include "psk.h"

/* What exists only while an external commit is being made. Secret. */
struct joining {
    const struct mls_identity *identity;
    const struct mls_external_options *options;
    struct mls_secret init;
    struct base_bytes inits; /* the encoded ExternalInit */
    struct mls_made_proposal *psks;
    size_t psk_count;
    struct mls_treekem_path path;
    struct base_bytes update_path;
    struct base_bytes proposals;
    struct mls_stage_secrets secrets;
};

static void joining_free(struct joining *joining) {
    base_wipe(&joining->init, sizeof joining->init);
    base_bytes_free(&joining->inits);
    for (size_t i = 0; i < joining->psk_count; i++) {
        mls_made_proposal_free(&joining->psks[i]);
    }
    base_free(joining->psks);
    mls_treekem_path_free(&joining->path);
    base_bytes_free(&joining->update_path);
    base_bytes_free(&joining->proposals);
    mls_stage_secrets_wipe(&joining->secrets);
}

static const struct mls_sender new_member = { MLS_SENDER_NEW_MEMBER_COMMIT, 0 };

static base_result put_init(struct mls_staged *staged, const struct mls_group_info *info, struct joining *joining) {
    const struct mls_group *group = staged->group;
    struct base_slice data;
    struct base_slice external_pub;
    struct mls_public_key kem_output;
    BASE_ENSURE(mls_extension_find(info->extensions, MLS_EXTENSION_EXTERNAL_PUB, &data), MLS_ERR_NO_EXTERNAL_PUB);
    struct base_reader reader = base_reader(data);
    BASE_TRY(base_read_opaque(&reader, &external_pub));
    BASE_TRY(base_read_end(&reader));
    BASE_TRY(mls_external_init_send(&group->crypto, group->context->random, external_pub, &kem_output, &joining->init));
    struct mls_proposal proposal = { .type = MLS_PROPOSAL_EXTERNAL_INIT,
                                     .of.external_init = mls_public_key_slice(&kem_output) };
    BASE_TRY(mls_proposal_encode(group->context->allocator, &proposal, &joining->inits));
    BASE_TRY(mls_proposal_decode(base_borrow(&joining->inits), &proposal));
    mls_stage_put(staged, &proposal, &new_member, NULL);
    return BASE_OK;
}

/* Our own old leaf. */
static base_result put_remove(struct mls_staged *staged, const struct mls_identity *identity) {
    const struct mls_group *group = staged->group;
    const struct mls_member self = {
        .leaf = MLS_NONE,
        .credential = identity->credential,
        .signature_key = mls_public_key_slice(&identity->signature_key->public_key),
    };
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group, &leaf, &member); leaf++) {
        if (mls_same_client(group->context, &member, &self)) {
            struct mls_proposal proposal = { .type = MLS_PROPOSAL_REMOVE, .of.removed = leaf };
            mls_stage_put(staged, &proposal, &new_member, NULL);
            return BASE_OK;
        }
    }
    return &MLS_ERR_RESYNC;
}

static base_result put_psks(struct mls_staged *staged, struct joining *joining) {
    const struct mls_group *group = staged->group;
    joining->psks = base_take(group->context->allocator, joining->options->psk_count, sizeof *joining->psks);
    BASE_ENSURE(joining->psks != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < joining->options->psk_count; i++) {
        struct mls_proposal_input input = { .type = MLS_PROPOSAL_PSK, .psk_id = joining->options->psk_ids[i] };
        struct mls_made_proposal *made = &joining->psks[joining->psk_count++];
        BASE_TRY(mls_proposal_make(group->context, &group->crypto, group, &input, made));
        mls_stage_put(staged, &made->proposal, &new_member, NULL);
    }
    return BASE_OK;
}

static base_result put_all(struct mls_staged *staged, const struct mls_group_info *info, struct joining *joining) {
    enum { INIT_AND_REMOVE = 2 };
    BASE_ENSURE(joining->options->psk_count <= MLS_PSKS_MAX, BASE_ERR_TOO_LONG);
    BASE_TRY(mls_stage_room(staged, (uint32_t)joining->options->psk_count + INIT_AND_REMOVE));
    BASE_TRY(put_init(staged, info, joining));
    if (joining->options->resync) {
        BASE_TRY(put_remove(staged, joining->identity));
    }
    BASE_TRY(put_psks(staged, joining));
    return mls_stage_check(staged, &new_member);
}

static base_result make_path(struct mls_staged *staged, struct joining *joining) {
    const struct mls_group *group = staged->group;
    const struct mls_identity *identity = joining->identity;
    const struct mls_keypair none = { 0 };
    BASE_CLEANUP(mls_leaf_lists_free) struct mls_leaf_lists lists = { 0 };
    staged->committer = mls_stage_committer(staged, &new_member);
    staged->external = true;
    staged->signature_key = *identity->signature_key;
    mls_treekem_keys_free(&staged->keys);
    BASE_TRY(mls_treekem_keys_create(group->context->allocator, staged->committer, &none, &staged->keys));
    BASE_TRY(mls_leaf_lists_make(group->context, identity, &lists));
    struct mls_treekem_leaf leaf = { &staged->signature_key, identity->credential, lists.capabilities,
                                     lists.extensions };
    BASE_TRY(mls_treekem_create(&group->crypto, group->context->random, &staged->epoch.tree, &staged->keys, &leaf,
                                group->epoch.context.group_id, &joining->path));
    BASE_TRY(mls_leaf_node_check(&group->crypto, mls_tree_leaf(&staged->epoch.tree, staged->committer)));
    BASE_TRY(mls_stage_path_change(staged, &new_member));
    return mls_stage_check_tree(staged);
}

static base_result sign(struct mls_staged *staged, struct joining *joining) {
    const struct mls_group *group = staged->group;
    struct mls_framed_content content = {
        .group_id = group->epoch.context.group_id,
        .epoch = group->epoch.context.epoch,
        .sender = new_member,
        .authenticated_data = joining->options->authenticated_data,
        .type = MLS_COMMIT,
        .of.commit.has_path = true,
    };
    BASE_TRY(mls_commit_encrypt_path(staged, &joining->path, &joining->update_path));
    BASE_TRY(mls_update_path_decode(base_borrow(&joining->update_path), &content.of.commit.path));
    BASE_TRY(mls_commit_encode_list(staged, &joining->proposals));
    content.of.commit.proposals = base_borrow(&joining->proposals);
    return mls_content_sign(&group->crypto, &staged->signature_key, MLS_PUBLIC_MESSAGE, &content,
                            base_borrow(&group->epoch.context_bytes), &staged->bytes);
}

static base_result make(struct mls_staged *staged, const struct mls_group_info *info, struct joining *joining,
                        struct base_bytes *commit) {
    const struct mls_group *group = staged->group;
    BASE_TRY(put_all(staged, info, joining));
    BASE_TRY(mls_stage_proposals(staged));
    BASE_TRY(make_path(staged, joining));
    BASE_TRY(sign(staged, joining));
    BASE_TRY(mls_commit_seal(staged, &joining->init, &joining->path.commit_secret, &joining->secrets));
    BASE_TRY(mls_commit_relist(staged));
    BASE_TRY(mls_stage_ask(staged));
    return mls_public_protect(&group->crypto, &staged->content, NULL, (struct base_slice){ 0 }, commit);
}

base_result mls_group_join_external(const struct mls_context *context, struct base_slice group_info,
                                    const struct mls_identity *identity, const struct mls_external_options *options,
                                    struct mls_group **out, struct base_bytes *commit) {
    static const struct mls_external_options defaults = { 0 };
    options = options == NULL ? &defaults : options;
    struct mls_message message;
    BASE_TRY(mls_message_decode(group_info, &message));
    BASE_ENSURE(message.wire_format == MLS_GROUP_INFO, MLS_ERR_WIRE_FORMAT);
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = NULL;
    BASE_CLEANUP(mls_staged_free_at) struct mls_staged *staged = NULL;
    BASE_CLEANUP(joining_free) struct joining joining = { .identity = identity, .options = options };
    BASE_CLEANUP(base_bytes_free) struct base_bytes bytes = { 0 };

    /* The group as it is seen from outside is followed into the epoch that we start. */
    BASE_TRY(mls_group_follow(context, group_info, options->ratchet_tree, &group));
    BASE_TRY(mls_stage_new(group, &staged));
    BASE_TRY(make(staged, &message.of.group_info, &joining, &bytes));
    group->state = MLS_GROUP_ACTIVE;
    group->public_handshake = options->public_handshake;
    BASE_TRY(mls_group_enter(group, &staged));
    if (options->inviter != NULL) {
        *options->inviter = message.of.group_info.signer;
    }
    base_bytes_move(commit, &bytes);
    *out = group;
    group = NULL;
    return BASE_OK;
}
