/* SPDX-License-Identifier: Apache-2.0 */
/* Leaving an epoch for the next: what stays of the old one, and what goes. */
#include "group/enter.h"

#include <string.h>

#include "group/cache.h"
#include "group/records.h"

struct mls_past *mls_past_find(struct mls_group *group, uint64_t epoch) {
    for (uint32_t i = 0; i < group->past_count; i++) {
        if (group->past[i].epoch == epoch) {
            return &group->past[i];
        }
    }
    return NULL;
}

base_result mls_past_leaf(const struct mls_group *group, uint64_t epoch, uint32_t leaf, struct mls_leaf_node *out) {
    /* The first commit from that epoch on that changed the leaf has kept what it was. */
    for (uint32_t i = 0; i < group->past_count; i++) {
        const struct mls_past *past = &group->past[i];
        for (uint32_t k = 0; past->epoch >= epoch && k < past->changed_count; k++) {
            if (past->changed[k].leaf == leaf) {
                BASE_ENSURE(past->changed[k].node.len != 0, MLS_ERR_LEAF_INDEX);
                return mls_leaf_node_decode(base_borrow(&past->changed[k].node), out);
            }
        }
    }
    const struct mls_leaf_node *node = mls_tree_leaf(&group->epoch.tree, leaf);
    BASE_ENSURE(node != NULL, MLS_ERR_LEAF_INDEX);
    *out = *node;
    return BASE_OK;
}

/* What the commit changes, as it was before. Of a leaf that is removed and filled again, the removal stands first. */
static base_result keep_leaves(const struct mls_group *group, const struct mls_staged *staged, struct mls_past *past) {
    const struct base_allocator *allocator = group->context->allocator;
    past->changed = base_take(allocator, staged->change_count, sizeof *past->changed);
    BASE_ENSURE(past->changed != NULL, BASE_ERR_NO_MEMORY);
    for (uint32_t i = 0; i < staged->change_count; i++) {
        struct mls_past_leaf *kept = &past->changed[past->changed_count++];
        const struct mls_leaf_node *node = mls_tree_leaf(&staged->before, staged->changes[i].leaf);
        kept->leaf = staged->changes[i].leaf;
        if (node != NULL) {
            BASE_TRY(base_bytes_copy(allocator, node->encoded, &kept->node));
        }
    }
    return BASE_OK;
}

static base_result erase_proposals(const struct mls_cache *cache, const struct mls_sink *sink) {
    for (uint32_t i = 0; i < cache->count; i++) {
        if (cache->items[i]->saved) {
            struct mls_record_key key = mls_record_key_u32(MLS_RECORD_PROPOSAL, cache->items[i]->number);
            BASE_TRY(sink->del(sink->user, mls_record_key_slice(&key)));
        }
    }
    return BASE_OK;
}

/* Writes down what the next save has to delete. */
static base_result note_deletions(struct mls_group *group, const struct mls_staged *staged, uint32_t dropped) {
    struct mls_sink sink = mls_batch_sink(&group->unsaved);
    uint64_t epoch = group->epoch.context.epoch;
    if (!group->stored) {
        return BASE_OK;
    }
    BASE_TRY(erase_proposals(&group->cache, &sink));
    BASE_TRY(mls_discarded_erase(group, &sink));
    if (group->pending != NULL && group->pending != staged && group->pending_saved) {
        BASE_TRY(mls_messages_erase(group->pending->epoch.messages, epoch + 1, &sink));
    }
    if (group->limits.past_epochs == 0) {
        BASE_TRY(mls_messages_erase(group->epoch.messages, epoch, &sink));
    }
    for (uint32_t i = 0; i < dropped; i++) {
        BASE_TRY(mls_past_erase(&group->past[i], &sink));
    }
    return BASE_OK;
}

static void past_free(struct mls_past *past) {
    mls_past_free(past);
}

/* How many of the oldest past epochs have to go for the one that ends. A group that was saved under a larger limit may
 * have several too many. */
static uint32_t past_to_drop(const struct mls_group *group, bool keeps) {
    uint32_t room = group->limits.past_epochs - (keeps ? 1 : 0);
    return group->past_count > room ? group->past_count - room : 0;
}

static void drop_past(struct mls_group *group, uint32_t dropped) {
    for (uint32_t i = 0; i < dropped; i++) {
        mls_past_free(&group->past[i]);
    }
    memmove(&group->past[0], &group->past[dropped], (group->past_count - dropped) * sizeof *group->past);
    group->past_count -= dropped;
}

/* Takes what is needed for late messages out of the epoch that ends. */
static void keep_epoch(struct mls_group *group, struct mls_past *past) {
    struct mls_epoch *old = &group->epoch;
    past->epoch = old->context.epoch;
    past->leaf_count = mls_tree_width(&old->tree);
    past->sender_data_secret = old->secrets.sender_data_secret;
    base_bytes_move(&past->context_bytes, &old->context_bytes);
    past->messages = old->messages;
    old->messages = NULL;
    group->past[group->past_count++] = *past;
    base_wipe(past, sizeof *past);
}

base_result mls_past_room(struct mls_group *group) {
    struct mls_past *past = base_retake(group->past, (size_t)group->past_count + 1, sizeof *past);
    BASE_ENSURE(past != NULL, BASE_ERR_NO_MEMORY);
    group->past = past;
    return BASE_OK;
}

void mls_resumption_keep(struct mls_group *group) {
    uint32_t room = group->limits.resumption_epochs + 1;
    if (group->resumption_count == room) {
        memmove(&group->resumption[0], &group->resumption[1], (room - 1) * sizeof *group->resumption);
        group->resumption_count--;
    }
    group->resumption[group->resumption_count++] =
        (struct mls_resumption){ group->epoch.context.epoch, group->epoch.secrets.resumption_psk };
}

static void take_epoch(struct mls_group *group, struct mls_staged *staged) {
    mls_epoch_move(&group->epoch, &staged->epoch);
    if (staged->removes_self) {
        group->state = MLS_GROUP_REMOVED;
        uint32_t own = mls_own_leaf(group);
        mls_treekem_keys_free(&group->keys);
        group->keys.leaf = own;
        base_wipe(&group->signature_key, sizeof group->signature_key);
        return;
    }
    if (group->state == MLS_GROUP_FOLLOWED) {
        return;
    }
    if (staged->reinit != NULL) {
        group->state = MLS_GROUP_REINITIALIZED;
    }
    mls_treekem_keys_free(&group->keys);
    group->keys = staged->keys;
    staged->keys = (struct mls_treekem_keys){ 0 };
    group->signature_key = staged->signature_key;
    mls_resumption_keep(group);
}

base_result mls_group_enter(struct mls_group *group, struct mls_staged **from) {
    struct mls_staged *staged = *from;
    bool keeps = group->limits.past_epochs != 0 && group->epoch.messages != NULL;
    uint32_t dropped = past_to_drop(group, keeps);
    BASE_CLEANUP(past_free) struct mls_past past = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes reinit = { 0 };
    if (keeps) {
        BASE_TRY(keep_leaves(group, staged, &past));
        BASE_TRY(mls_past_room(group));
    }
    if (staged->reinit != NULL) {
        struct base_slice proposal = mls_stage_find(staged, MLS_PROPOSAL_REINIT)->proposal.encoded;
        BASE_TRY(base_bytes_copy(group->context->allocator, proposal, &reinit));
    }
    size_t unsaved = group->unsaved.len;
    base_result result = note_deletions(group, staged, dropped);
    if (result != BASE_OK) {
        group->unsaved.len = unsaved;
        return result;
    }

    drop_past(group, dropped);
    if (keeps) {
        keep_epoch(group, &past);
    }
    mls_secret_tree_free(group->discarded);
    group->discarded = NULL;
    base_bytes_move(&group->reinit, &reinit);
    take_epoch(group, staged);
    mls_cache_clear(&group->cache);
    if (group->pending != staged) {
        mls_staged_free(group->pending);
    }
    group->pending = NULL;
    group->pending_saved = false;
    group->epoch_saved = false;
    mls_staged_free(staged);
    *from = NULL;
    return BASE_OK;
}
