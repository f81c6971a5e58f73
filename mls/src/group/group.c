/* SPDX-License-Identifier: Apache-2.0 */
/* How a group and its parts come and go. */
#include "group/group.h"

#include "group/stage.h"

void mls_epoch_free(struct mls_epoch *epoch) {
    base_bytes_free(&epoch->context_bytes);
    mls_tree_free(&epoch->tree);
    mls_secret_tree_free(epoch->messages);
    base_wipe(epoch, sizeof *epoch);
}

void mls_epoch_move(struct mls_epoch *to, struct mls_epoch *from) {
    struct mls_tree tree = { 0 };
    mls_tree_move(&tree, &from->tree);
    struct mls_epoch moved = *from;
    base_wipe(from, sizeof *from);
    mls_epoch_free(to);
    *to = moved;
    to->tree = (struct mls_tree){ 0 };
    mls_tree_move(&to->tree, &tree);
    base_wipe(&moved, sizeof moved);
}

struct mls_cached *mls_cached_use(struct mls_cached *cached) {
    if (cached != NULL) {
        cached->uses++;
    }
    return cached;
}

void mls_cached_drop(struct mls_cached *cached) {
    if (cached == NULL || --cached->uses != 0) {
        return;
    }
    base_bytes_free(&cached->bytes);
    base_free(cached->own_update);
    base_free(cached);
}

void mls_past_free(struct mls_past *past) {
    base_bytes_free(&past->context_bytes);
    mls_secret_tree_free(past->messages);
    for (uint32_t i = 0; i < past->changed_count; i++) {
        base_bytes_free(&past->changed[i].node);
    }
    base_free(past->changed);
    base_wipe(past, sizeof *past);
}

base_result mls_group_new(const struct mls_context *context, uint16_t suite, struct mls_group **out) {
    struct mls_limits limits = mls_limits_of(context);
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = base_take(context->allocator, 1, sizeof *group);
    BASE_ENSURE(group != NULL, BASE_ERR_NO_MEMORY);
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, suite, &group->crypto));
    group->context = context;
    group->unsaved.allocator = context->allocator;
    group->limits = limits;
    group->past = base_take(context->allocator, 1, sizeof *group->past);
    group->resumption = base_take(context->allocator, (size_t)limits.resumption_epochs + 1, sizeof *group->resumption);
    BASE_ENSURE(group->past != NULL && group->resumption != NULL, BASE_ERR_NO_MEMORY);
    *out = group;
    group = NULL;
    return BASE_OK;
}

void mls_group_free(struct mls_group *group) {
    if (group == NULL) {
        return;
    }
    mls_staged_free(group->pending);
    mls_epoch_free(&group->epoch);
    mls_treekem_keys_free(&group->keys);
    for (uint32_t i = 0; i < group->past_count; i++) {
        mls_past_free(&group->past[i]);
    }
    base_free(group->past);
    base_free(group->resumption);
    mls_cache_free(&group->cache);
    base_bytes_free(&group->reinit);
    mls_tree_free(&group->tree_saved);
    base_free(group->unsaved.data);
    mls_secret_tree_free(group->discarded);
    base_free(group);
}

void mls_group_free_at(struct mls_group **group) {
    mls_group_free(*group);
}

void mls_staged_free(struct mls_staged *staged) {
    if (staged == NULL) {
        return;
    }
    for (uint32_t i = 0; i < staged->list_count; i++) {
        mls_cached_drop(staged->list[i].cached);
    }
    base_free(staged->list);
    base_free(staged->changes);
    base_free(staged->added);
    base_bytes_free(&staged->bytes);
    mls_tree_free(&staged->before);
    mls_epoch_free(&staged->epoch);
    mls_treekem_keys_free(&staged->keys);
    base_free(staged);
}

void mls_staged_free_at(struct mls_staged **staged) {
    mls_staged_free(*staged);
}

base_result mls_group_need_active(const struct mls_group *group) {
    BASE_ENSURE(group->state == MLS_GROUP_ACTIVE, MLS_ERR_GROUP_STATE);
    return BASE_OK;
}
