/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The proposals that wait for a commit, by their references (§5.2). Internal.
 */
#ifndef MLS_GROUP_CACHE_H
#define MLS_GROUP_CACHE_H

#include "group/group.h"

/** Makes an entry of an encoded AuthenticatedContent with a proposal, which it takes. */
BASE_MUST_USE base_result mls_cached_make(const struct mls_crypto *crypto, struct base_bytes *content,
                                          struct mls_cached **out);
void mls_cached_drop_at(struct mls_cached **cached);

/** Puts an entry in, which the cache holds then (the caller keeps his own use). Of one that is there already, nothing
 * changes. MLS_ERR_PROPOSALS_LIMIT. */
BASE_MUST_USE base_result mls_cache_add(struct mls_group *group, struct mls_cached *cached);

/** Forgets all entries; numbers go on. */
void mls_cache_clear(struct mls_cache *cache);

/** The entry with this reference, or NULL. */
struct mls_cached *mls_cache_find(const struct mls_cache *cache, struct base_slice ref);

#endif
