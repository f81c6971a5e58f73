/* SPDX-License-Identifier: Apache-2.0 */
/* Making a commit (§12.4.1), whose epoch is held aside until it is accepted. */
#include "group/commit.h"

#include "group/enter.h"
#include "group/identity.h"
#include "group/info.h"
#include "group/input.h"
#include "group/rules.h"
#include "group/select.h"
#include "group/send.h"
#include "group/welcome.h"

void mls_commit_output_free(struct mls_commit_output *output) {
    if (output != NULL) {
        base_bytes_free(&output->message);
        base_bytes_free(&output->welcome);
        base_bytes_free(&output->group_info);
    }
}

/* What exists only while a commit is being made. */
struct making {
    const struct mls_commit_options *options;
    const struct mls_tie *tie;
    struct mls_made_proposal *made;
    size_t made_count;
    bool has_path;
    struct mls_treekem_path path;
    struct base_bytes update_path;
    struct base_bytes proposals;
    struct mls_stage_secrets secrets;
    struct mls_sent sent;
    struct mls_commit_output output;
};

static void making_free(struct making *making) {
    for (size_t i = 0; i < making->made_count; i++) {
        mls_made_proposal_free(&making->made[i]);
    }
    base_free(making->made);
    mls_treekem_path_free(&making->path);
    base_bytes_free(&making->update_path);
    base_bytes_free(&making->proposals);
    mls_stage_secrets_wipe(&making->secrets);
    mls_sent_free(&making->sent);
    mls_commit_output_free(&making->output);
}

static struct mls_sender own_sender(const struct mls_group *group) {
    return (struct mls_sender){ MLS_SENDER_MEMBER, mls_own_leaf(group) };
}

static base_result gather(struct mls_staged *staged, struct making *making) {
    const struct mls_group *group = staged->group;
    const struct mls_commit_options *options = making->options;
    const struct mls_sender sender = own_sender(group);
    BASE_ENSURE(options->proposal_count <= UINT32_MAX / 2, BASE_ERR_TOO_LONG);
    making->made = base_take(group->context->allocator, options->proposal_count + 1, sizeof *making->made);
    BASE_ENSURE(making->made != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(mls_stage_room(staged, (uint32_t)options->proposal_count + 1 + group->cache.count));
    if (making->tie != NULL) {
        struct mls_made_proposal *made = &making->made[making->made_count++];
        BASE_TRY(mls_proposal_make_tie(group->context, &group->crypto, making->tie->parent, making->tie->usage, made));
        mls_stage_put(staged, &made->proposal, &sender, NULL);
        staged->parent = making->tie->parent;
    }
    for (size_t i = 0; i < options->proposal_count; i++) {
        struct mls_made_proposal *made = &making->made[making->made_count++];
        BASE_TRY(mls_proposal_make(group->context, &group->crypto, group, &options->proposals[i], made));
        mls_stage_put(staged, &made->proposal, &sender, NULL);
    }
    BASE_TRY(options->without_cached ? BASE_OK : mls_stage_select(staged));
    return mls_stage_check(staged, &sender);
}

/* A new leaf and fresh secrets up to the root. */
static base_result make_path(struct mls_staged *staged, struct making *making) {
    const struct mls_group *group = staged->group;
    const struct mls_identity *identity = making->options->identity;
    const struct mls_leaf_node *old = mls_tree_leaf(&staged->before, mls_own_leaf(group));
    BASE_CLEANUP(mls_leaf_lists_free) struct mls_leaf_lists lists = { 0 };
    struct mls_treekem_leaf leaf = { &staged->signature_key, old->credential, old->capabilities, old->extensions };
    if (identity != NULL) {
        BASE_TRY(mls_leaf_lists_make(group->context, identity, &lists));
        staged->signature_key = *identity->signature_key;
        leaf.credential = identity->credential;
        leaf.capabilities = lists.capabilities;
        leaf.extensions = lists.extensions;
    }
    BASE_TRY(mls_treekem_create(&group->crypto, group->context->random, &staged->epoch.tree, &staged->keys, &leaf,
                                group->epoch.context.group_id, &making->path));
    BASE_TRY(mls_leaf_node_check(&group->crypto, mls_tree_leaf(&staged->epoch.tree, staged->committer)));
    const struct mls_sender sender = own_sender(group);
    return mls_stage_path_change(staged, &sender);
}

base_result mls_commit_encrypt_path(struct mls_staged *staged, const struct mls_treekem_path *path,
                                    struct base_bytes *out) {
    const struct mls_group *group = staged->group;
    BASE_CLEANUP(base_bytes_free) struct base_bytes provisional = { 0 };
    BASE_TRY(mls_stage_encode_context(staged, group->epoch.context.confirmed_transcript_hash, &provisional));
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(group->context->allocator, MLS_MESSAGE_MAX);
    BASE_TRY(mls_treekem_encrypt(&group->crypto, group->context->random, &staged->epoch.tree, path,
                                 base_borrow(&provisional), staged->added, staged->added_count, &writer));
    return base_writer_finish(&writer, out);
}

base_result mls_commit_encode_list(const struct mls_staged *staged, struct base_bytes *out) {
    BASE_CLEANUP(base_writer_free)
    struct base_writer writer = base_writer(staged->group->context->allocator, MLS_MESSAGE_MAX);
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_listed *item = &staged->list[i];
        struct mls_proposal_or_ref entry = { .by_reference = item->cached != NULL };
        if (entry.by_reference) {
            entry.reference = mls_secret_slice(&item->cached->ref);
        } else {
            entry.proposal = item->proposal;
        }
        mls_proposal_or_ref_write(&writer, &entry);
    }
    return base_writer_finish(&writer, out);
}

/* Path secrets, then the Commit itself, signed: all but its confirmation tag. */
static base_result sign_commit(struct mls_staged *staged, struct making *making) {
    const struct mls_group *group = staged->group;
    const struct mls_send_options *send = &making->options->send;
    struct mls_framed_content content = mls_send_content(group, MLS_COMMIT, send);
    if (making->has_path) {
        BASE_TRY(mls_commit_encrypt_path(staged, &making->path, &making->update_path));
        BASE_TRY(mls_update_path_decode(base_borrow(&making->update_path), &content.of.commit.path));
        content.of.commit.has_path = true;
    }
    BASE_TRY(mls_commit_encode_list(staged, &making->proposals));
    content.of.commit.proposals = base_borrow(&making->proposals);
    return mls_content_sign(&group->crypto, &group->signature_key, mls_send_wire(group, send), &content,
                            base_borrow(&group->epoch.context_bytes), &staged->bytes);
}

base_result mls_commit_seal(struct mls_staged *staged, const struct mls_secret *init,
                            const struct mls_secret *commit_secret, struct mls_stage_secrets *secrets) {
    const struct mls_crypto *crypto = &staged->group->crypto;
    struct mls_secret tag;
    BASE_TRY(mls_stage_context(staged, base_borrow(&staged->bytes)));
    BASE_TRY(mls_stage_secrets(staged, init, commit_secret, secrets));
    BASE_TRY(mls_confirmation_tag(crypto, &staged->epoch.secrets.confirmation_key,
                                  staged->epoch.context.confirmed_transcript_hash, &tag));
    BASE_TRY(mls_content_confirm(crypto, mls_secret_slice(&tag), &staged->bytes));
    BASE_TRY(mls_epoch_confirm(crypto, mls_secret_slice(&tag), &staged->epoch));
    return mls_epoch_open(crypto, mls_message_limits(staged->group), &staged->epoch);
}

base_result mls_commit_relist(struct mls_staged *staged) {
    BASE_TRY(mls_authenticated_content_decode(base_borrow(&staged->bytes), &staged->content));
    struct base_reader reader = base_reader(staged->content.content.of.commit.proposals);
    for (uint32_t i = 0; i < staged->list_count; i++) {
        struct mls_proposal_or_ref next;
        BASE_TRY(mls_proposal_or_ref_next(&reader, &next));
        if (!next.by_reference) {
            staged->list[i].proposal = next.proposal;
        }
    }
    return BASE_OK;
}

static void wipe_secret(struct mls_secret *secret) {
    base_wipe(secret, sizeof *secret);
}

static base_result seal(struct mls_staged *staged, struct making *making) {
    const struct mls_group *group = staged->group;
    BASE_CLEANUP(wipe_secret) struct mls_secret commit_secret = { 0 };
    if (making->has_path) {
        commit_secret = making->path.commit_secret;
    } else {
        mls_secret_zero(&group->crypto, &commit_secret);
        mls_treekem_keys_prune(&staged->keys, &staged->epoch.tree);
    }
    return mls_commit_seal(staged, &group->epoch.secrets.init_secret, &commit_secret, &making->secrets);
}

static base_result write_output(struct mls_staged *staged, struct making *making) {
    const struct mls_group *group = staged->group;
    const struct mls_commit_options *options = making->options;
    const struct mls_treekem_path *path = making->has_path ? &making->path : NULL;
    BASE_TRY(mls_send_protect(group, base_borrow(&staged->bytes), options->send.padding, &making->sent));
    BASE_TRY(mls_hash(&group->crypto, base_borrow(&making->sent.message), &staged->message_hash));
    BASE_TRY(mls_welcome_make(staged, &making->secrets, path, options->welcome_without_tree, &making->output.welcome));
    if (options->group_info) {
        const struct mls_group_info_options info = { .without_tree = options->welcome_without_tree };
        BASE_TRY(mls_group_info_message(group, &staged->epoch, &staged->signature_key, staged->keys.leaf, &info,
                                        &making->output.group_info));
    }
    return BASE_OK;
}

static base_result make(const struct mls_group *group, struct mls_staged *staged, struct making *making) {
    BASE_TRY(gather(staged, making));
    making->has_path = making->options->force_path || making->options->identity != NULL ||
                       mls_list_needs_path(staged->list, staged->list_count);
    staged->own = true;
    staged->committer = mls_own_leaf(group);
    BASE_TRY(mls_stage_proposals(staged));
    if (making->has_path) {
        BASE_TRY(make_path(staged, making));
    }
    BASE_TRY(mls_stage_check_tree(staged));
    BASE_TRY(sign_commit(staged, making));
    BASE_TRY(seal(staged, making));
    BASE_TRY(write_output(staged, making));
    BASE_TRY(mls_commit_relist(staged));
    return mls_stage_ask(staged);
}

base_result mls_group_commit(struct mls_group *group, const struct mls_commit_options *options,
                             struct mls_commit_output *out) {
    return mls_commit_make(group, options, NULL, out);
}

base_result mls_commit_make(struct mls_group *group, const struct mls_commit_options *options,
                            const struct mls_tie *tie, struct mls_commit_output *out) {
    static const struct mls_commit_options defaults = { 0 };
    BASE_TRY(mls_group_need_active(group));
    BASE_ENSURE(group->pending == NULL, MLS_ERR_PENDING);
    BASE_CLEANUP(mls_staged_free_at) struct mls_staged *staged = NULL;
    BASE_CLEANUP(making_free) struct making making = { .options = options == NULL ? &defaults : options, .tie = tie };
    BASE_TRY(mls_stage_new(group, &staged));
    BASE_TRY(make(group, staged, &making));
    mls_send_finish(group, &making.sent, &out->message);
    base_bytes_move(&out->welcome, &making.output.welcome);
    base_bytes_move(&out->group_info, &making.output.group_info);
    group->pending = staged;
    group->pending_saved = false;
    staged = NULL;
    return BASE_OK;
}

const struct mls_staged *mls_group_pending(const struct mls_group *group) {
    return group->pending;
}

base_result mls_group_merge_pending(struct mls_group *group) {
    BASE_ENSURE(group->pending != NULL, MLS_ERR_NO_PENDING);
    struct mls_staged *staged = group->pending;
    return mls_group_enter(group, &staged);
}

void mls_group_discard_pending(struct mls_group *group) {
    if (group->pending == NULL) {
        return;
    }
    /* The records of its message keys go with the next save; there is one such commit between two saves at most. */
    if (group->pending_saved && group->stored) {
        group->discarded = group->pending->epoch.messages;
        group->pending->epoch.messages = NULL;
    }
    mls_staged_free(group->pending);
    group->pending = NULL;
    group->pending_saved = false;
}
