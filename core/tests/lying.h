/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server that leaves out messages, or puts them into another order, and numbers the others so that no gap is seen.
 */
#ifndef TEST_LYING_H
#define TEST_LYING_H

#include "chatting.h"

enum { MAX_DROPPED = 64 };

/* What the server does to one reader of one stream. Numbers are the true ones. */
struct liar {
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t dropped[MAX_DROPPED];
    size_t count;
    uint64_t swapped; /* changes places with the one behind it; 0: none */
    uint64_t late;    /* comes behind so many others, when there is another one: all of them by themselves; 0: none */
    uint64_t late_by;
    struct model_bytes kept;
    uint8_t kept_nonce[WIRE_NONCE_LEN];
};

/** From now on, about the group at hand. */
void lie_to(struct world_peer *peer, struct liar *liar);

/** Likewise about this one. */
void lie_about(struct world_peer *peer, struct liar *liar, const struct group *group);

/** The number of the entry that comes next in the stream that was made last. */
uint64_t next_entry(const struct world_peer *peer);

/** Everything of a group, notices of gaps in brackets, one a line. */
void assert_shown(struct world_peer *peer, const char *chat, const char *expected);

/** Into the group of this name, "G", at the end of which all have it. */
void say(struct world_peer *peer, const char *text);

struct people {
    struct world world;
    struct world_peer *anna, *ben, *carol;
};

/** Without receipts, which tell what somebody has read before he writes. */
struct world_peer *add_silent(struct world *world);

/** A group in which everybody has written. */
void meet(struct people *people, uint64_t seed);

#endif
