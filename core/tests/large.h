/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Groups of thousands: two cores, and accounts of which only the keys exist.
 */
#ifndef TEST_LARGE_H
#define TEST_LARGE_H

#include "forged.h"

enum { LARGE_MAX_FILLER = 1024 };

struct large {
    struct world world;
    struct world_peer *alice, *bob; /* she owns the group; he is not in it, unless he was invited */
    struct forged *forged;          /* in the order of their making */
    struct model_stranger *strangers;
    uint8_t (*ids)[WIRE_ACCOUNT_LEN];
    size_t made, added;
};

/** What one thing has cost. */
struct large_cost {
    uint64_t cpu;                       /* microseconds, of the whole process */
    size_t allocations, peak;           /* of alice's core, or bob's: calls; most bytes at once */
    size_t records, stored, sent, said; /* as world_peer counts them */
};

/** Two peers, and `count` others who can be added, with so many bytes more in each key package. */
void large_begin(struct large *large, uint64_t seed, size_t count, size_t filler);
void large_end(struct large *large);

/** A group of alice's with the first of the others, and then more of them, until they are so many. */
void large_grow(struct large *large, size_t to);

/** Adds so many more to it, and lets no time pass behind the answer. */
void large_add(struct large *large, size_t count);

/** Removes the last of them. */
void large_remove(struct large *large, size_t count);

/** Invites bob and lets him come in. */
void large_invite(struct large *large);

/** Lets one more come in by an invitation link. */
struct large_cost large_come_in(struct large *large);

/** Between two of these something is measured. */
struct large_cost large_now(const struct world_peer *peer);
struct large_cost large_since(const struct world_peer *peer, const struct large_cost *before);

/** The last of several messages of alice's, and of several commits: of her side, and (`at` bob) of his. CPU: the least.
 */
struct large_cost large_message(struct large *large, const struct world_peer *at);
struct large_cost large_commit(struct large *large, const struct world_peer *at);

#endif
