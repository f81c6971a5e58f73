/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A home in the middle of its life, for fuzz targets: an account with a direct chat and a group, and what the server
 * said next.
 */
#ifndef FUZZ_FIXTURE_H
#define FUZZ_FIXTURE_H

#include "about.h"
#include "identity.h"
#include "world.h"

enum { FIXTURE_FRAMES = 64 };

struct fixture {
    struct world_store store;                  /* the home */
    struct model_bytes frames[FIXTURE_FRAMES]; /* what came next, in order */
    size_t frame_count;
    struct {
        uint8_t id[WIRE_STREAM_LEN];
        uint64_t last_commit; /* at that moment */
    } streams[MODEL_STREAMS];
    size_t stream_count;
    /* Of Alice, who is a member with this home: */
    uint8_t device_key[IDENTITY_SEED_LEN]; /* signs for her */
    struct model_bytes key_package;        /* with which she would be let into the group again */
    uint8_t door_secret[ABOUT_LINK_LEN];   /* of a group of hers that this home isn't in */
    struct model_bytes door;               /* what lies at its door, sealed; what a home finds at any door */
};

/** Made once; the same each time. */
const struct fixture *fixture_get(void);

/** A core on a store that is not changed: opened, unlocked. `online`: and connected, live on all its streams. */
struct weibel_core *fixture_open(const struct fixture *fixture, const struct world_store *store, bool online);

/**
 * Carries out what can be carried out without changing the store. The first error of the core, which is dead then.
 */
base_result fixture_drain(const struct fixture *fixture, const struct world_store *store, struct weibel_core *core,
                          bool online);

#endif
