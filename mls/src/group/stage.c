/* SPDX-License-Identifier: Apache-2.0 */
/* The next epoch's proposals and tree (§12.3), held aside. */
#include "group/stage.h"

#include "group/cache.h"
#include "group/identity.h"
#include "group/rules.h"

base_result mls_stage_new(const struct mls_group *group, struct mls_staged **out) {
    BASE_CLEANUP(mls_staged_free_at)
    struct mls_staged *staged = base_take(group->context->allocator, 1, sizeof *staged);
    BASE_ENSURE(staged != NULL, BASE_ERR_NO_MEMORY);
    staged->group = group;
    staged->from = group->epoch.context.epoch;
    mls_tree_share(&group->epoch.tree, &staged->before);
    mls_tree_share(&group->epoch.tree, &staged->epoch.tree);
    BASE_TRY(mls_treekem_keys_copy(group->context->allocator, &group->keys, &staged->keys));
    staged->signature_key = group->signature_key;
    staged->epoch.context.extensions = group->epoch.context.extensions;
    *out = staged;
    staged = NULL;
    return BASE_OK;
}

base_result mls_stage_room(struct mls_staged *staged, uint32_t count) {
    const struct base_allocator *allocator = staged->group->context->allocator;
    staged->list = base_take(allocator, count, sizeof *staged->list);
    staged->changes = base_take(allocator, (size_t)count + 1, sizeof *staged->changes);
    staged->added = base_take(allocator, (size_t)count + 1, sizeof *staged->added);
    BASE_ENSURE(staged->list != NULL && staged->changes != NULL && staged->added != NULL, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

void mls_stage_put(struct mls_staged *staged, const struct mls_proposal *proposal, const struct mls_sender *sender,
                   struct mls_cached *cached) {
    staged->list[staged->list_count++] = (struct mls_listed){ *proposal, *sender, mls_cached_use(cached) };
}

/* A valid list has at most one Update or Remove a leaf, references to what is cached, and one each of the other short
 * kinds; all else takes room. So nobody makes us take much more memory than his commit has bytes. */
static bool list_is_plausible(const struct mls_staged *staged, const struct mls_commit *commit) {
    enum { LEAST_ADD_OR_PSK = 32, SINGLE_KINDS = 3 };
    size_t most = (size_t)mls_tree_width(&staged->before) + staged->group->cache.count +
                  commit->proposals.len / LEAST_ADD_OR_PSK + SINGLE_KINDS;
    return commit->proposal_count <= most;
}

base_result mls_stage_list(struct mls_staged *staged, const struct mls_commit *commit,
                           const struct mls_sender *committer) {
    struct base_reader reader = base_reader(commit->proposals);
    BASE_ENSURE(list_is_plausible(staged, commit), MLS_ERR_PROPOSAL_DUPLICATE);
    BASE_TRY(mls_stage_room(staged, commit->proposal_count));
    while (reader.left != 0) {
        struct mls_proposal_or_ref next;
        BASE_TRY(mls_proposal_or_ref_next(&reader, &next));
        if (!next.by_reference) {
            mls_stage_put(staged, &next.proposal, committer, NULL);
            continue;
        }
        struct mls_cached *cached = mls_cache_find(&staged->group->cache, next.reference);
        BASE_ENSURE(cached != NULL, MLS_ERR_PROPOSAL_UNKNOWN);
        mls_stage_put(staged, &cached->content.content.of.proposal, &cached->content.content.sender, cached);
    }
    return BASE_OK;
}

/* The PSK by which the founder of a branch or successor ties it to its parent. */
static bool is_tie(const struct mls_staged *staged, const struct mls_proposal *proposal) {
    return staged->parent != NULL && proposal->type == MLS_PROPOSAL_PSK &&
           proposal->of.psk.type == MLS_PSK_RESUMPTION && proposal->of.psk.usage != MLS_RESUMPTION_APPLICATION;
}

base_result mls_stage_check(const struct mls_staged *staged, const struct mls_sender *committer) {
    BASE_TRY(mls_list_check(staged->group, committer, staged->list, staged->list_count));
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_listed *item = &staged->list[i];
        if (item->cached == NULL && !is_tie(staged, &item->proposal)) {
            BASE_TRY(mls_proposal_check(staged->group, &item->sender, &item->proposal));
        }
    }
    return BASE_OK;
}

static void note_change(struct mls_staged *staged, enum mls_change_kind kind, uint32_t leaf,
                        const struct mls_sender *sender) {
    struct mls_change *change = &staged->changes[staged->change_count++];
    *change = (struct mls_change){
        .kind = kind,
        .leaf = leaf,
        .sender_type = (enum mls_sender_type)sender->type,
        .sender = sender->index,
    };
    if (kind != MLS_CHANGE_ADDED) {
        change->before = mls_member_of(leaf, mls_tree_leaf(&staged->before, leaf));
    }
    if (kind != MLS_CHANGE_REMOVED) {
        change->after = mls_member_of(leaf, mls_tree_leaf(&staged->epoch.tree, leaf));
    }
}

static base_result apply_remove(struct mls_staged *staged, const struct mls_listed *item) {
    uint32_t leaf = item->proposal.of.removed;
    BASE_TRY(mls_tree_remove(&staged->group->crypto, &staged->epoch.tree, leaf));
    note_change(staged, MLS_CHANGE_REMOVED, leaf, &item->sender);
    bool is_own = staged->group->state == MLS_GROUP_ACTIVE && leaf == mls_own_leaf(staged->group);
    staged->removes_self = staged->removes_self || is_own;
    return BASE_OK;
}

static base_result apply_update(struct mls_staged *staged, const struct mls_listed *item) {
    uint32_t leaf = item->sender.index;
    BASE_TRY(mls_tree_update(&staged->group->crypto, &staged->epoch.tree, leaf, &item->proposal.of.update));
    note_change(staged, MLS_CHANGE_UPDATED, leaf, &item->sender);
    const struct mls_update_keys *own = item->cached == NULL ? NULL : item->cached->own_update;
    if (own != NULL) {
        mls_treekem_keys_set_leaf(&staged->keys, &own->encryption);
        staged->signature_key = own->signature;
    }
    return BASE_OK;
}

static base_result apply_add(struct mls_staged *staged, const struct mls_listed *item) {
    uint32_t leaf;
    BASE_TRY(mls_tree_add(&staged->group->crypto, &staged->epoch.tree, &item->proposal.of.add.leaf, &leaf));
    note_change(staged, MLS_CHANGE_ADDED, leaf, &item->sender);
    staged->added[staged->added_count++] = leaf;
    return BASE_OK;
}

static base_result apply_all(struct mls_staged *staged, uint16_t type,
                             base_result (*apply)(struct mls_staged *staged, const struct mls_listed *item)) {
    for (uint32_t i = 0; i < staged->list_count; i++) {
        if (staged->list[i].proposal.type == type) {
            BASE_TRY(apply(staged, &staged->list[i]));
        }
    }
    return BASE_OK;
}

const struct mls_listed *mls_stage_find(const struct mls_staged *staged, uint16_t type) {
    for (uint32_t i = 0; i < staged->list_count; i++) {
        if (staged->list[i].proposal.type == type) {
            return &staged->list[i];
        }
    }
    return NULL;
}

base_result mls_stage_proposals(struct mls_staged *staged) {
    const struct mls_listed *extensions = mls_stage_find(staged, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
    if (extensions != NULL) {
        staged->epoch.context.extensions = extensions->proposal.of.extensions;
    }
    const struct mls_listed *reinit = mls_stage_find(staged, MLS_PROPOSAL_REINIT);
    staged->reinit = reinit == NULL ? NULL : &reinit->proposal.of.reinit;
    BASE_TRY(apply_all(staged, MLS_PROPOSAL_REMOVE, apply_remove));
    BASE_TRY(apply_all(staged, MLS_PROPOSAL_UPDATE, apply_update));
    return apply_all(staged, MLS_PROPOSAL_ADD, apply_add);
}

uint32_t mls_stage_committer(const struct mls_staged *staged, const struct mls_sender *committer) {
    return committer->type == MLS_SENDER_MEMBER ? committer->index : mls_tree_next_blank(&staged->epoch.tree);
}

base_result mls_stage_path_change(struct mls_staged *staged, const struct mls_sender *committer) {
    bool joins = committer->type != MLS_SENDER_MEMBER;
    const struct mls_leaf_node *node = mls_tree_leaf(&staged->epoch.tree, staged->committer);
    note_change(staged, joins ? MLS_CHANGE_ADDED : MLS_CHANGE_UPDATED, staged->committer, committer);
    struct mls_member member = mls_member_of(staged->committer, node);
    if (!joins) {
        struct mls_member before = mls_member_of(staged->committer, mls_tree_leaf(&staged->before, staged->committer));
        return mls_credential_ask(staged->group, MLS_CREDENTIAL_UPDATED, &member, &before);
    }
    const struct mls_listed *removed = mls_stage_find(staged, MLS_PROPOSAL_REMOVE);
    if (removed == NULL) {
        return mls_credential_ask(staged->group, MLS_CREDENTIAL_EXTERNAL_COMMIT, &member, NULL);
    }
    uint32_t leaf = removed->proposal.of.removed;
    struct mls_member before = mls_member_of(leaf, mls_tree_leaf(&staged->before, leaf));
    /* §12.2: "the LeafNode in the path field of the external Commit MUST meet the same criteria as would the LeafNode
     * in an Update for the removed leaf". */
    BASE_ENSURE(!base_slice_equal(before.encryption_key, member.encryption_key), MLS_ERR_KEY_IN_USE);
    BASE_ENSURE(mls_same_client(staged->group->context, &before, &member), MLS_ERR_RESYNC);
    return mls_credential_ask(staged->group, MLS_CREDENTIAL_EXTERNAL_COMMIT, &member, &before);
}

base_result mls_stage_check_tree(struct mls_staged *staged) {
    BASE_TRY(mls_tree_check_credentials(&staged->epoch.tree));
    return mls_group_extensions_check(&staged->epoch.tree, staged->epoch.context.extensions);
}

base_result mls_stage_ask(const struct mls_staged *staged) {
    const struct mls_callbacks *callbacks = &staged->group->context->callbacks;
    return callbacks->commit == NULL ? BASE_OK : callbacks->commit(callbacks->user, staged->group, staged);
}
