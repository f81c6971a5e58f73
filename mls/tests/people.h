/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alice, Bob, Carol and Dan, as many of them in a group as a test wants; for unit tests of groups.
 */
#ifndef MLS_TESTS_PEOPLE_H
#define MLS_TESTS_PEOPLE_H

#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/result.h"
#include "world.h"

enum { SUITE = MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, PEOPLE = 4 };

struct stage {
    struct test_alloc alloc;
    struct world world;
    struct client people[PEOPLE];
};

/** The first `members` of them in a group that Alice has made. `stage` has its world already. */
BASE_MUST_USE base_result stage_gather(struct stage *stage, size_t members);
void stage_free(struct stage *stage);

/** The same, all in one, with an allocator that watches; close_stage() fails if something leaked. */
struct stage *open_stage(size_t members);
void close_stage(struct stage *stage);

/** Commits and merges, as if the commit had been accepted at once. */
BASE_MUST_USE base_result send_commit(struct client *by, const struct mls_commit_options *options,
                                      struct mls_commit_output *output);

/** Commits, and lets all other members follow. */
void commit_to(struct stage *stage, size_t by, const struct mls_commit_options *options);

struct base_bytes encrypt(struct client *by, const char *text);

void assert_same_epoch(const struct client *a, const struct client *b);
void assert_reads(struct client *client, struct base_slice message, const char *text);
void assert_cannot_read(base_result error, struct client *client, struct base_slice message);

#endif
