/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cached proposals go into a commit of one's own: all that make a valid list together (§12.4).
 *
 * Each was valid by itself when it came, but anybody who may propose, outsiders among them, could send one that lets no
 * commit succeed. So each is tried on a version of the tree, in the order in which the commit will apply them, and left
 * out if it does not go.
 */
#include "group/select.h"

#include "group/limits.h"
#include "group/psks.h"
#include "group/rules.h"

/* The tree and extensions that those chosen so far lead to. */
struct trial {
    struct mls_staged *staged;
    struct mls_tree tree;
    struct base_slice extensions;
};

static void trial_free(struct trial *trial) {
    mls_tree_free(&trial->tree);
}

/* The leaf that an Update or Remove is about; MLS_NONE for others. */
static uint32_t leaf_of(const struct mls_proposal *proposal, const struct mls_sender *sender) {
    if (proposal->type == MLS_PROPOSAL_UPDATE) {
        return sender->index;
    }
    return proposal->type == MLS_PROPOSAL_REMOVE ? proposal->of.removed : MLS_NONE;
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
    case MLS_PROPOSAL_PSK:
        return !base_slice_equal(a->encoded, b->encoded);
    default:
        return true;
    }
}

static bool goes_with_list(const struct mls_staged *staged, const struct mls_proposal *proposal,
                           const struct mls_sender *sender) {
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_listed *item = &staged->list[i];
        if (!go_together(proposal, sender, &item->proposal, &item->sender)) {
            return false;
        }
    }
    return true;
}

static base_result try_leaf(const struct trial *trial, struct mls_tree *next, const struct mls_proposal *proposal,
                            const struct mls_sender *sender) {
    const struct mls_group *group = trial->staged->group;
    const struct mls_crypto *crypto = &group->crypto;
    bool is_add = proposal->type == MLS_PROPOSAL_ADD;
    const struct mls_leaf_node *leaf = is_add ? &proposal->of.add.leaf : &proposal->of.update;
    struct mls_lifetime_policy policy = mls_lifetime_policy_of(group->context);
    uint32_t place;
    BASE_TRY(mls_leaf_node_check_lifetime(leaf, &policy));
    BASE_TRY(mls_leaf_extensions_check(leaf, trial->extensions));
    BASE_TRY(is_add ? mls_tree_add(crypto, next, leaf, &place) : mls_tree_update(crypto, next, sender->index, leaf));
    return mls_tree_check_credentials(next);
}

static base_result try_next(const struct trial *trial, struct mls_tree *next, const struct mls_proposal *proposal,
                            const struct mls_sender *sender) {
    const struct mls_group *group = trial->staged->group;
    const struct mls_keyring keyring = { group->context, &group->crypto, group, NULL };
    switch (proposal->type) {
    case MLS_PROPOSAL_REMOVE:
        return mls_tree_remove(&group->crypto, next, proposal->of.removed);
    case MLS_PROPOSAL_UPDATE:
    case MLS_PROPOSAL_ADD:
        return try_leaf(trial, next, proposal, sender);
    case MLS_PROPOSAL_PSK:
        return mls_keyring_look(&keyring, &proposal->of.psk);
    case MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return mls_group_extensions_check(next, proposal->of.extensions);
    default:
        return BASE_OK;
    }
}

static base_result try(struct trial *trial, const struct mls_proposal *proposal, const struct mls_sender *sender) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree next = { 0 };
    mls_tree_share(&trial->tree, &next);
    BASE_TRY(try_next(trial, &next, proposal, sender));
    mls_tree_move(&trial->tree, &next);
    if (proposal->type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
        trial->extensions = proposal->of.extensions;
    }
    return BASE_OK;
}

/* What says nothing about a proposal, but about us. */
static bool is_own_trouble(base_result result) {
    return result == &BASE_ERR_NO_MEMORY || result == &BASE_ERR_RANDOM || result == &MLS_ERR_BACKEND;
}

static base_result choose(struct trial *trial, struct mls_cached *cached) {
    const struct mls_proposal *proposal = &cached->content.content.of.proposal;
    const struct mls_sender *sender = &cached->content.content.sender;
    if (leaf_of(proposal, sender) == mls_own_leaf(trial->staged->group) ||
        !goes_with_list(trial->staged, proposal, sender)) {
        return BASE_OK;
    }
    base_result result = try(trial, proposal, sender);
    if (result != BASE_OK) {
        return is_own_trouble(result) ? result : BASE_OK;
    }
    mls_stage_put(trial->staged, proposal, sender, cached);
    return BASE_OK;
}

/* First those that the commit has by value: one that does not go is for the commit itself to refuse. */
static base_result choose_type(struct trial *trial, uint16_t type) {
    const struct mls_staged *staged = trial->staged;
    const struct mls_cache *cache = &staged->group->cache;
    for (uint32_t i = 0; i < staged->list_count; i++) {
        const struct mls_listed *item = &staged->list[i];
        if (item->proposal.type == type && item->cached == NULL) {
            base_result result = try(trial, &item->proposal, &item->sender);
            BASE_TRY(is_own_trouble(result) ? result : BASE_OK);
        }
    }
    for (uint32_t i = 0; i < cache->count; i++) {
        /* Backwards for Updates, so that the latest of a member is the first to find its place. */
        struct mls_cached *cached = cache->items[type == MLS_PROPOSAL_UPDATE ? cache->count - 1 - i : i];
        if (cached->content.content.of.proposal.type == type) {
            BASE_TRY(choose(trial, cached));
        }
    }
    return BASE_OK;
}

base_result mls_stage_select(struct mls_staged *staged) {
    /* ReInit comes last: it goes with nothing else (§12.2). */
    static const uint16_t order[] = {
        MLS_PROPOSAL_REMOVE, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
        MLS_PROPOSAL_UPDATE, MLS_PROPOSAL_ADD,
        MLS_PROPOSAL_PSK,    MLS_PROPOSAL_REINIT,
    };
    BASE_CLEANUP(trial_free)
    struct trial trial = { .staged = staged, .extensions = staged->epoch.context.extensions };
    if (staged->group->cache.count == 0) {
        return BASE_OK;
    }
    mls_tree_share(&staged->epoch.tree, &trial.tree);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        BASE_TRY(choose_type(&trial, order[i]));
    }
    return BASE_OK;
}
