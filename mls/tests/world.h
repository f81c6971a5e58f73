/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world of clients for tests of groups: each has an identity, a store of records and, while it is a member, a group.
 */
#ifndef MLS_TESTS_WORLD_H
#define MLS_TESTS_WORLD_H

#include "mls/mls.h"
#include "test/clock.h"
#include "test/random.h"

/** A store of records in memory, in the order of their keys. */
struct store {
    struct record {
        uint8_t key[MLS_RECORD_KEY_MAX];
        size_t key_len;
        uint8_t *value;
        size_t value_len;
    } * records;
    size_t count;
    size_t written; /**< bytes put since it was last set to 0 */
    size_t next;    /**< for reading */
};

struct mls_sink store_sink(struct store *store);
/** Reads from the beginning. */
struct mls_source store_source(struct store *store);
void store_copy(const struct store *from, struct store *to);
void store_free(struct store *store);
/** True if any value holds these bytes. */
bool store_holds(const struct store *store, struct base_slice bytes);

enum { WORLD_NAME_MAX = 32 };

struct client {
    struct mls_context context;
    char name[WORLD_NAME_MAX];
    struct mls_keypair key;
    struct mls_identity identity;
    struct mls_key_package_bundle package; /**< the one that is published */
    struct mls_group *group;
    uint32_t inviter; /**< the leaf of who has invited it */
    struct store store;
};

struct world {
    const struct base_allocator *allocator;
    const struct mls_provider *provider;
    uint16_t suite;
    struct test_random random;
    struct test_clock clock;
    bool reload; /**< each save is followed by a load: nothing lives on that is not in the store */
};

/** `self` must stay where it is. */
void world_init(struct world *self, const struct base_allocator *allocator, const struct mls_provider *provider,
                uint16_t suite, uint64_t seed);

/** A client with this name, and a published key package. It knows the external PSKs whose ids begin with 'k'. */
BASE_MUST_USE base_result client_init(struct client *self, struct world *world, const char *name);
void client_free(struct client *self);

/** A fresh key package in the place of the published one. */
BASE_MUST_USE base_result client_publish(struct client *self);

/** Saves the group, and loads it again if the world says so. */
BASE_MUST_USE base_result client_save(struct client *self, const struct world *world);

BASE_MUST_USE base_result client_join(struct client *self, struct base_slice welcome, struct base_slice tree,
                                      const struct mls_group *parent);

/** Processes a message and, if it is a commit, enters its epoch. `kind`, unless NULL, says what it was. */
BASE_MUST_USE base_result client_receive(struct client *self, struct base_slice message, enum mls_event_kind *kind);

/** The proposal that adds a client. */
struct mls_proposal_input world_add(const struct client *client);
struct mls_proposal_input world_remove(uint32_t leaf);

#endif
