/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Several cores, their stores and a model of a server in one process: a host without any I/O, under one seed.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <cjson/cJSON.h>

#include "model.h"
#include "test/alloc.h"
#include "test/clock.h"
#include "test/random.h"
#include "weibel/core.h"

enum { WORLD_PEERS = 8, WORLD_LINES = 4096, WORLD_FILES = 16 };

struct world_record {
    struct model_bytes key, value;
};

/* An ordered store: what is in it is durable. */
struct world_store {
    struct world_record *records;
    size_t count, capacity;
};

/* A file, or a spool file. */
struct world_file {
    char name[64];
    struct model_bytes content;
};

struct world_peer {
    struct world *world;
    size_t number;
    struct weibel_core *core;
    struct test_alloc alloc;
    struct world_store store;
    bool connected; /* as the core was told */
    char id[WIRE_ID_TEXT_LEN + 1];
    cJSON *lines[WORLD_LINES]; /* everything that the core has said */
    size_t line_count;
    struct world_file files[WORLD_FILES];
    size_t file_count;
    void (*on_frame)(void *user, struct base_slice frame); /* sees what the server says, if set */
    void *on_frame_user;
    void (*forge)(void *user, struct model_bytes *frame); /* changes what the server says, if set */
    void *forge_user;
    long crash_after; /* effects until the host crashes; < 0: never */
    bool hushed;      /* events are counted and not kept */
    struct {
        size_t records, stored, sent, said; /* records and bytes that were stored, bytes of frames and of lines */
    } counts;
    size_t crashes, breaks;
};

struct world {
    struct model *model;
    struct test_clock clock;
    struct test_random random;
    struct world_peer peers[WORLD_PEERS];
    size_t peer_count;
    bool deaf;             /* what the server says waits */
    int loss;              /* of 1000: how often a connection breaks before a frame */
    int crash_chance;      /* of 1000: how often a host crashes after an effect */
    uint32_t tree_devices; /* option of all cores that are opened: 1 lets each tree go beside its invitations */
    uint64_t next_id;
};

void world_init(struct world *world, uint64_t seed);

/** Likewise, without a word: for tests that run hundreds. */
void world_init_quiet(struct world *world, uint64_t seed);
void world_end(struct world *world);

/** Adds a peer: made, activated, connected, quiet. */
struct world_peer *world_add(struct world *world);

/** Adds another device of a peer's account, by a link; all of its account's devices must be online. */
struct world_peer *world_link(struct world_peer *by);

/** Adds a peer without an account: its core is open, its home new. */
struct world_peer *world_add_empty(struct world *world);

/** Ends a peer's core without a word and opens a new one on what is durable: unlocked and connecting. */
void world_crash(struct world_peer *peer);

/** Opens a core on the peer's store, up to `status`; the home is locked or new. */
void world_open(struct world_peer *peer);

/** A copy of a store, and the end of one. */
struct world_store world_store_copy(const struct world_store *store);
void world_store_free(struct world_store *store);

/** Makes a batch durable. */
void world_store_apply(struct world_store *store, const struct weibel_store *batch);

/** Answers a read of `core` from a store. */
base_result world_read(const struct world_store *store, struct weibel_core *core, const struct weibel_read *read);

/** Adds how many records, and bytes of them, a read gives. */
void world_count_read(const struct world_store *store, const struct weibel_read *read, size_t *records, size_t *bytes);

/** Frees the core. */
void world_close(struct world_peer *peer);

/** Carries out everything that can be carried out, until nothing more happens without time passing. */
void world_run(struct world *world);

/** Likewise, and lets time pass from deadline to deadline, up to `milliseconds`. */
void world_pass(struct world *world, uint64_t milliseconds);

/** A month goes by at once: entries of streams that were to live for so long are not known any more. */
void world_pass_month(struct world *world);

/** Breaks a peer's connection. */
void world_break(struct world_peer *peer);

/** Sends a line: a JSON-RPC request with a fresh id, which is returned. `params` as of printf, JSON with ' for ". */
__attribute__((format(printf, 3, 4))) uint64_t world_ask(struct world_peer *peer, const char *method,
                                                         const char *params, ...);

/** The answer to a request, or NULL: `result` or `error` are in it. */
cJSON *world_answer(struct world_peer *peer, uint64_t id);

/** Asks, runs until it is quiet, and returns the result; the test fails if there is none. */
__attribute__((format(printf, 3, 4))) cJSON *world_call(struct world_peer *peer, const char *method, const char *params,
                                                        ...);

/** Likewise, expects an error and returns its name. */
__attribute__((format(printf, 3, 4))) const char *world_error(struct world_peer *peer, const char *method,
                                                              const char *params, ...);

/** The last event of this name, or NULL. */
cJSON *world_event(struct world_peer *peer, const char *name);

/** The texts of a chat's messages (not notices), one a line. The caller frees it. */
char *world_texts(struct world_peer *peer, const char *chat);

/** What lay in the peer's inbox has ended. */
void world_lose_letters(struct world_peer *peer);

/** A file of a peer. */
void world_put_file(struct world_peer *peer, const char *name, const uint8_t *content, size_t len);
const struct world_file *world_find_file(const struct world_peer *peer, const char *name);

#endif
