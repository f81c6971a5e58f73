/* SPDX-License-Identifier: Apache-2.0 */
/* The proposals that wait for a commit, by their references (§5.2). */
#include "group/cache.h"

base_result mls_cached_make(const struct mls_crypto *crypto, struct base_bytes *content, struct mls_cached **out) {
    BASE_CLEANUP(mls_cached_drop_at) struct mls_cached *cached = base_take(crypto->allocator, 1, sizeof *cached);
    BASE_ENSURE(cached != NULL, BASE_ERR_NO_MEMORY);
    cached->uses = 1;
    BASE_TRY(mls_authenticated_content_decode(base_borrow(content), &cached->content));
    BASE_ENSURE(cached->content.content.type == MLS_PROPOSAL, MLS_ERR_CONTENT_TYPE);
    BASE_TRY(mls_proposal_ref(crypto, base_borrow(content), &cached->ref));
    base_bytes_move(&cached->bytes, content);
    *out = cached;
    cached = NULL;
    return BASE_OK;
}

void mls_cached_drop_at(struct mls_cached **cached) {
    mls_cached_drop(*cached);
}

static base_result make_room(const struct mls_group *group, struct mls_cache *cache) {
    enum { FIRST = 8 };
    size_t room = cache->room == 0 ? FIRST : (size_t)cache->room * 2;
    struct mls_cached **items = cache->items == NULL ? base_take(group->context->allocator, room, sizeof *items)
                                                     : base_retake(cache->items, room, sizeof *items);
    BASE_ENSURE(items != NULL, BASE_ERR_NO_MEMORY);
    cache->items = items;
    cache->room = (uint32_t)room;
    return BASE_OK;
}

base_result mls_cache_add(struct mls_group *group, struct mls_cached *cached) {
    struct mls_cache *cache = &group->cache;
    if (mls_cache_find(cache, mls_secret_slice(&cached->ref)) != NULL) {
        return BASE_OK;
    }
    BASE_ENSURE(cache->count < group->limits.proposals, MLS_ERR_PROPOSALS_LIMIT);
    BASE_ENSURE(cached->bytes.len <= group->limits.proposal_bytes - cache->bytes, MLS_ERR_PROPOSALS_LIMIT);
    if (cache->count == cache->room) {
        BASE_TRY(make_room(group, cache));
    }
    cached->number = cache->next_number++;
    cache->items[cache->count++] = mls_cached_use(cached);
    cache->bytes += cached->bytes.len;
    return BASE_OK;
}

struct mls_cached *mls_cache_find(const struct mls_cache *cache, struct base_slice ref) {
    for (uint32_t i = 0; i < cache->count; i++) {
        if (base_slice_equal(mls_secret_slice(&cache->items[i]->ref), ref)) {
            return cache->items[i];
        }
    }
    return NULL;
}

void mls_cache_clear(struct mls_cache *cache) {
    for (uint32_t i = 0; i < cache->count; i++) {
        mls_cached_drop(cache->items[i]);
    }
    cache->count = 0;
    cache->bytes = 0;
}

void mls_cache_free(struct mls_cache *cache) {
    mls_cache_clear(cache);
    base_free(cache->items);
    *cache = (struct mls_cache){ 0 };
}
