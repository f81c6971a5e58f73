/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Devices that somebody has made up, and groups of them: for tests of what a changed client can do.
 */
#ifndef TEST_FORGED_H
#define TEST_FORGED_H

#include "chatting.h"
#include "identity.h"
#include "state.h"

/* Signed by an identity key of its own, under an ID that its maker likes. */
struct forged {
    struct mls_keypair key;
    struct base_bytes credential;
    struct mls_key_package_bundle bundle;
};

/** What a forged device is to be. */
struct forging {
    uint8_t account[WIRE_ACCOUNT_LEN];
    const char *domain;       /**< NULL: the forger's */
    const uint8_t *seed;      /**< of the identity key; NULL: a fresh one */
    const uint8_t *device;    /**< its ID; NULL: a fresh one */
    const uint8_t *wish;      /**< the stream of the group into which it asks to be let again, or NULL */
    struct base_slice filler; /**< goes into an extension of the key package */
};

void forge(struct world_peer *forger, const struct forging *what, struct forged *out);
void forged_free(struct forged *forged);

/** A group of `maker`'s with all of these and a device of `guest`'s, in the stream that the server has of it then; the
 * guest gets his invitation. `room`: of the group, or NULL: a new one. */
void invite_among(struct world_peer *maker, const char *name, const uint8_t *room, const struct forged *forged,
                  size_t count, const struct world_peer *guest);

/** Likewise, into a group such as `maker` would make in this chat; the invitation goes out, and nothing else happens.
 */
void invite_into(struct world_peer *maker, const struct chat *chat, const struct forged *forged, size_t count,
                 const struct world_peer *guest);

/** Sends this device a Welcome into a group of `maker`'s. */
void forged_letter(struct world_peer *maker, const struct mls_group *mls, const struct model_account *account,
                   struct base_slice welcome);

/** For BASE_CLEANUP. */
void forged_free_group(struct mls_group **group);

#endif
