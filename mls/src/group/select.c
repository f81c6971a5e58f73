/* SPDX-License-Identifier: Apache-2.0 */
/* Which cached proposals go into a commit of one's own. */
#include "group/select.h"

/* The leaf that an Update or Remove is about; MLS_NONE for others. */
static uint32_t leaf_of(const struct mls_proposal *proposal, const struct mls_sender *sender) {
    if (proposal->type == MLS_PROPOSAL_UPDATE) {
        return sender->index;
    }
    return proposal->type == MLS_PROPOSAL_REMOVE ? proposal->of.removed : MLS_NONE;
}

static bool same_key(const struct mls_proposal *a, const struct mls_proposal *b) {
    return base_slice_equal(a->of.add.leaf.signature_key, b->of.add.leaf.signature_key);
}

static bool go_together(const struct mls_proposal *a, const struct mls_sender *a_sender, const struct mls_proposal *b,
                        const struct mls_sender *b_sender) {
    uint32_t leaf = leaf_of(a, a_sender);
    if (a->type == MLS_PROPOSAL_REINIT || b->type == MLS_PROPOSAL_REINIT) {
        return false;
    }
    if (leaf != MLS_NONE && leaf == leaf_of(b, b_sender)) {
        return false;
    }
    if (a->type != b->type) {
        return true;
    }
    switch (a->type) {
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return false;
    case MLS_PROPOSAL_ADD:
        return !same_key(a, b);
    case MLS_PROPOSAL_PSK:
        return !base_slice_equal(a->encoded, b->encoded);
    default:
        return true;
    }
}

static bool goes_with_list(const struct mls_staged *staged, const struct mls_cached *cached) {
    const struct mls_framed_content *content = &cached->content.content;
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_listed *item = &staged->list[i];
        if (!go_together(&content->of.proposal, &content->sender, &item->proposal, &item->sender)) {
            return false;
        }
    }
    return true;
}

/* An Add of somebody who is a member already, and stays one, would make the whole commit fail. */
static base_result is_possible(struct mls_staged *staged, const struct mls_cached *cached, bool *out) {
    const struct mls_group *group = staged->group;
    const struct mls_framed_content *content = &cached->content.content;
    *out = leaf_of(&content->of.proposal, &content->sender) != mls_own_leaf(group);
    if (content->of.proposal.type != MLS_PROPOSAL_ADD) {
        return BASE_OK;
    }
    bool is_member;
    BASE_TRY(mls_tree_has_signature_key(&group->crypto, &staged->epoch.tree,
                                        content->of.proposal.of.add.leaf.signature_key, &is_member));
    *out = !is_member;
    return BASE_OK;
}

static base_result select_type(struct mls_staged *staged, bool updates) {
    const struct mls_cache *cache = &staged->group->cache;
    for (uint32_t i = 0; i < cache->count; i++) {
        /* Backwards, so that the latest Update is the first to find its place. */
        struct mls_cached *cached = cache->items[updates ? cache->count - 1 - i : i];
        const struct mls_framed_content *content = &cached->content.content;
        bool possible;
        if ((content->of.proposal.type == MLS_PROPOSAL_UPDATE) != updates) {
            continue;
        }
        BASE_TRY(is_possible(staged, cached, &possible));
        if (possible && goes_with_list(staged, cached)) {
            mls_stage_put(staged, &content->of.proposal, &content->sender, cached);
        }
    }
    return BASE_OK;
}

base_result mls_stage_select(struct mls_staged *staged) {
    BASE_TRY(select_type(staged, false));
    return select_type(staged, true);
}
