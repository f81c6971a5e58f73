/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of two for fuzz targets: always the same, made once, taken from saved state for each run.
 */
#ifndef MLS_FUZZ_GROUP_FIXTURE_H
#define MLS_FUZZ_GROUP_FIXTURE_H

#include "group/group.h"
#include "test/fuzz.h"
#include "world.h"

enum { FIXTURE_MESSAGES = 12 };

/** What was made once. Alice has sent all messages, Bob has received none of them. */
struct fixture {
    struct world world;
    struct client alice; /**< her group as it was before the messages; the last of them are from her next epoch */
    struct client bob;
    struct client carol; /**< no member */
    struct base_bytes messages[FIXTURE_MESSAGES];
    size_t message_count;
    struct base_bytes welcome;    /**< for Carol */
    struct base_bytes group_info; /**< of the epoch that Bob is in */
    struct store alice_store;     /**< with cached proposals, a past epoch and a pending commit */
};

/** The fixture; made at the first call. */
struct fixture *fixture_get(void);

/** A group of saved state. */
struct mls_group *fixture_load(const struct client *client, struct store *store);

/** An application message of Alice's in the epoch that Bob is in: what Bob must still be able to read after anything.
 */
void fixture_check_bob(const struct fixture *fixture, struct mls_group *bob);

#endif
