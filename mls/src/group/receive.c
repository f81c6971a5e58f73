/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a received commit and building the epoch that it leads to (§12.4.2). */
#include "group/receive.h"

#include "group/rules.h"
#include "leaf_node.h"

/* The path's public side, and its leaf (§7.3), which only now has a place in the tree. */
static base_result merge_path(struct mls_staged *staged, const struct mls_commit *commit,
                              const struct mls_sender *committer) {
    const struct mls_group *group = staged->group;
    const struct mls_leaf_node *leaf = &commit->path.leaf;
    BASE_TRY(mls_leaf_node_check(&group->crypto, leaf));
    BASE_TRY(mls_treekem_merge(&group->crypto, &staged->epoch.tree, staged->committer, &commit->path));
    BASE_TRY(mls_leaf_node_verify(&group->crypto, leaf, group->epoch.context.group_id, staged->committer));
    return mls_stage_path_change(staged, committer);
}

static base_result open_path(struct mls_staged *staged, const struct mls_commit *commit,
                             struct mls_secret *commit_secret) {
    const struct mls_group *group = staged->group;
    if (!commit->has_path) {
        mls_secret_zero(&group->crypto, commit_secret);
        mls_treekem_keys_prune(&staged->keys, &staged->epoch.tree);
        return BASE_OK;
    }
    BASE_CLEANUP(base_bytes_free) struct base_bytes provisional = { 0 };
    BASE_TRY(mls_stage_encode_context(staged, group->epoch.context.confirmed_transcript_hash, &provisional));
    return mls_treekem_decrypt(&group->crypto, &staged->epoch.tree, &staged->keys, staged->committer, &commit->path,
                               base_borrow(&provisional), staged->added, staged->added_count, commit_secret);
}

static void wipe_secret(struct mls_secret *secret) {
    base_wipe(secret, sizeof *secret);
}

static base_result derive_secrets(struct mls_staged *staged, const struct mls_commit *commit) {
    BASE_CLEANUP(wipe_secret) struct mls_secret commit_secret = { 0 };
    BASE_CLEANUP(wipe_secret) struct mls_secret init = { 0 };
    BASE_CLEANUP(mls_stage_secrets_wipe) struct mls_stage_secrets secrets = { 0 };
    BASE_TRY(open_path(staged, commit, &commit_secret));
    BASE_TRY(mls_stage_init_secret(staged, &init));
    return mls_stage_secrets(staged, &init, &commit_secret, &secrets);
}

void mls_own_commit_free(struct mls_own_commit *own) {
    mls_treekem_keys_free(&own->keys);
    base_wipe(own, sizeof *own);
}

static void take_own(struct mls_staged *staged, struct mls_own_commit *own) {
    mls_treekem_keys_free(&staged->keys);
    staged->keys = own->keys;
    own->keys = (struct mls_treekem_keys){ 0 };
    staged->signature_key = own->signature_key;
    staged->epoch.secrets = own->secrets;
    staged->own = true;
}

static base_result enter_secrets(struct mls_staged *staged, const struct mls_commit *commit,
                                 struct mls_own_commit *own) {
    const struct mls_crypto *crypto = &staged->group->crypto;
    if (own != NULL) {
        take_own(staged, own);
    } else {
        BASE_TRY(derive_secrets(staged, commit));
    }
    BASE_TRY(mls_confirmation_tag_verify(crypto, &staged->epoch.secrets.confirmation_key,
                                         staged->epoch.context.confirmed_transcript_hash,
                                         staged->content.confirmation_tag));
    if (own != NULL) {
        return mls_secret_tree_empty(crypto, mls_tree_width(&staged->epoch.tree), mls_message_limits(staged->group),
                                     &staged->epoch.messages);
    }
    return mls_epoch_open(crypto, mls_message_limits(staged->group), &staged->epoch);
}

static base_result receive(struct mls_staged *staged, struct mls_own_commit *own) {
    const struct mls_group *group = staged->group;
    const struct mls_sender *committer = &staged->content.content.sender;
    const struct mls_commit *commit = &staged->content.content.of.commit;
    bool is_follower = group->state == MLS_GROUP_FOLLOWED;

    BASE_TRY(mls_stage_list(staged, commit, committer));
    BASE_ENSURE(commit->has_path || !mls_list_needs_path(staged->list, staged->list_count), MLS_ERR_PATH_REQUIRED);
    if (own == NULL) {
        BASE_TRY(mls_stage_check(staged, committer));
    }
    BASE_TRY(mls_stage_proposals(staged));
    staged->external = committer->type != MLS_SENDER_MEMBER;
    staged->committer = mls_stage_committer(staged, committer);
    if (commit->has_path) {
        BASE_TRY(merge_path(staged, commit, committer));
    }
    BASE_TRY(mls_stage_check_tree(staged));
    BASE_TRY(mls_stage_context(staged, staged->content.transcript));
    BASE_TRY(mls_epoch_confirm(&group->crypto, staged->content.confirmation_tag, &staged->epoch));
    if (!is_follower && !staged->removes_self) {
        BASE_TRY(enter_secrets(staged, commit, own));
    } else if (commit->has_path) {
        BASE_TRY(mls_treekem_check_secrets(&staged->epoch.tree, staged->committer, &commit->path, staged->added,
                                           staged->added_count));
    }
    return own == NULL ? mls_stage_ask(staged) : BASE_OK;
}

base_result mls_commit_receive(const struct mls_group *group, struct base_bytes *bytes, struct mls_own_commit *own,
                               struct mls_staged **out) {
    BASE_CLEANUP(mls_staged_free_at) struct mls_staged *staged = NULL;
    BASE_TRY(mls_stage_new(group, &staged));
    BASE_TRY(mls_authenticated_content_decode(base_borrow(bytes), &staged->content));
    BASE_ENSURE(staged->content.content.type == MLS_COMMIT, MLS_ERR_CONTENT_TYPE);
    BASE_TRY(receive(staged, own));
    base_bytes_move(&staged->bytes, bytes);
    *out = staged;
    staged = NULL;
    return BASE_OK;
}
