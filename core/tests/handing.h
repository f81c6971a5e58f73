/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages that are handed on, by who does it well and by a changed client.
 */
#ifndef TEST_HANDING_H
#define TEST_HANDING_H

#include "chatting.h"
#include "hand.h"

/** Alice, the first peer, has made the group G with Bob; Carol has an account. `policy`: what it says of history. */
void handing_make(struct world *world, uint64_t seed, const char *policy);

/** Adds somebody to G, and lets time pass. */
void handing_add(struct world_peer *by, const struct world_peer *whom);

/** The messages of G. */
const cJSON *handing_messages(struct world_peer *peer);

/** The text of the only notice of this kind in G; "": there is none. */
const char *handing_notice(struct world_peer *peer);

/** It is these words, with the ID of `by` in them. */
void assert_notice(struct world_peer *peer, const struct world_peer *by, const char *words);

/** Nothing was handed on to this one. */
void assert_empty(struct world_peer *peer);

/** Nobody hands on or takes anything any more. */
void assert_over(const struct world *world);

/** What a changed client hands on: items, and what it says of them. */
struct lie {
    struct weibel_core *core; /**< its */
    struct base_writer bundle;
    uint64_t edited_at; /**< of the items that follow */
};

void lie_begin(struct lie *lie, struct world_peer *liar);
void lie_item(struct lie *lie, struct base_slice author, uint32_t id, struct base_slice content);
void lie_say(struct lie *lie, const char *author, uint32_t id, const char *text, uint32_t expire);

/** A poll of `who[0]`, with a sign and a vote of each of them; `len` bytes of the signs are there. */
void lie_poll(struct lie *lie, const struct world_peer *who, size_t count, size_t len);

/** Hands it on in its chat number 1, as what is for those who came with these epochs, counted from the current one. */
struct hand *lie_tell(struct lie *lie, struct world *world, int64_t first, int64_t last);
void lie_spread(struct lie *lie, struct world *world);

#endif
