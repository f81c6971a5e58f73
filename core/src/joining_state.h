/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Coming in by a link, between the files of this module: joining.c carries it on, rpc_joining.c begins it and gives it
 * up.
 */
#ifndef CORE_JOINING_STATE_H
#define CORE_JOINING_STATE_H

#include "about.h"
#include "state.h"
#include "tree.h"

/** As `known_commit`, which no stream has: nothing more is appended, but what is there already is found by its nonce.
 */
#define JOINING_GIVEN_UP UINT64_MAX

/* Somebody (we) at a door. Durable, once a commit was made: secret to since. */
struct joining {
    uint64_t number;
    uint8_t secret[ABOUT_LINK_LEN];
    uint64_t group; /* the number that ours will have; 0: none yet */
    bool made;      /* the commit is made, and may be known to the members; what follows is about it */
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN]; /* of the epoch that it ends, … */
    uint64_t known_commit;       /* … and the commit that this began with; or JOINING_GIVEN_UP */
    uint8_t nonce[WIRE_NONCE_LEN];
    uint8_t next_token_hash[WIRE_KEY_LEN];
    uint32_t inviter; /* who had left at the door what it was made of */
    struct base_bytes message;
    struct mls_group *mls; /* in the epoch that it begins. Durable by itself, as those of groups are */
    uint64_t since;        /* when it was asked for, milliseconds since 1970; 0: not known */
    bool kept;             /* not durable, as what follows: there is a record */
    struct call call;
    uint64_t entry;         /* the commit's number, as the server says; 0: it has not said so */
    struct base_bytes door; /* what lay there, while the ratchet tree is being fetched */
    struct tree_get get;
    unsigned attempts;
    bool in_flight;
    uint64_t retry_at;
};

/** Adds an empty one. */
BASE_MUST_USE base_result joining_add(struct weibel_core *core, struct joining **out);
BASE_MUST_USE base_result joining_save(struct weibel_core *core, struct joining *joining);

/** It goes on, and nobody waits for it: faces list it. */
bool joining_is_listed(const struct joining *joining);

/** It comes to nothing: takes it out of the list, and tells who waits. */
BASE_MUST_USE base_result joining_end(struct weibel_core *core, size_t index, const struct trouble *trouble);

struct trouble joining_not_wanted(void);

#endif
