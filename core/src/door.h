/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitation links of groups, and the doors behind them.
 *
 * A link is URL/#group=CODE, where CODE is the 32 bytes of its secret (base64url). The secret stands in the
 * GroupContext while the link is good. Made of it, by BLAKE2b under a label each: the door's key on the
 * server, the key that what lies there is sealed with, and the key of what comes in. Whoever commits leaves at the
 * door, sealed:
 *
 *     struct {
 *         uint8 version;               1; 2: of a large group
 *         opaque stream[32];
 *         opaque token[32];            of the epoch
 *         uint64 last_commit;
 *         opaque group_info<V>;        an MLSMessage; version 1: with the ratchet tree
 *         TreePlace tree;              version 2 alone: tree.h
 *     } Door;
 *
 * The doors of a tree's chunks have a key that is made of the secret too: each takes the place of the one before. Who
 * has the link can leave rubbish at all of them, until the next commit or another link; he can't keep them.
 *
 * Who has the link comes in by an external commit (RFC 9420 §12.4.3.2), which that RFC leaves public: it is appended as
 *
 *     struct { uint8 mark = 0xff; opaque nonce[24]; opaque sealed[…]; }
 *
 * and opened by members with the secret in their GroupContext: one that was sealed with another one is not followed.
 * (0xff begins no MLSMessage.) Sealing is XChaCha20-Poly1305. Nor is one of an account that is in the group already,
 * but for that very device in the place of its own leaf: further devices are let in by those that are there.
 */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "about.h"
#include "rpc.h"
#include "state.h"

enum { DOOR_MARK = 0xff, DOOR_CODE_LEN = 43, DOOR_MAX_LINK = WIRE_MAX_URL + WIRE_MAX_CODE + 16 };

/** What lies at a door. Borrows. */
struct door {
    uint8_t stream[WIRE_STREAM_LEN];
    uint8_t token[WIRE_KEY_LEN];
    uint64_t last_commit;
    struct base_slice group_info;
    struct tree_place tree; /**< its size is 0 if the tree is in group_info */
};

/** For BASE_CLEANUP of a secret. */
static inline void door_wipe(uint8_t (*secret)[ABOUT_LINK_LEN]) {
    base_wipe(*secret, sizeof *secret);
}

/** The secret of a group's link; false: it has none. */
bool door_secret(const struct group *group, uint8_t secret[ABOUT_LINK_LEN]);

/** Writes the link. */
void door_write_link(const struct weibel_core *core, struct base_writer *writer, const uint8_t secret[ABOUT_LINK_LEN]);

/** Reads the secret out of a link's code; false: it is none. */
bool door_read_code(struct base_slice code, uint8_t secret[ABOUT_LINK_LEN]);

/** The name of the secret's door. */
void door_name(const uint8_t secret[ABOUT_LINK_LEN], uint8_t name[WIRE_STREAM_LEN]);

/** Reads what was opened before. Borrows. */
BASE_MUST_USE base_result door_read(struct base_slice plain, struct door *out);

/** Opens what lay at a door; `plain` gets what `out` borrows from. BASE_ERR_…: it isn't what it must be. */
BASE_MUST_USE base_result door_open(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                    struct base_slice sealed, struct base_bytes *plain, struct door *out);

/** Seals an external commit, and opens one: BASE_ERR_VALUE: it came by another link, or is damaged. */
BASE_MUST_USE base_result door_seal_commit(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                           struct base_slice commit, struct base_bytes *out);
BASE_MUST_USE base_result door_open_commit(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                           struct base_slice entry, struct base_bytes *out);

/** A commit of ours is about to be entered: what lies at the door will be old. */
BASE_MUST_USE base_result door_committed(struct weibel_core *core, struct group *group,
                                         const struct mls_staged *staged);

/** Whether what lies at the door is about to end, as far as we know. */
bool door_is_old(const struct weibel_core *core, const struct group *group);

/** Leaves at the door what is due. Called when online. */
BASE_MUST_USE base_result door_pump(struct weibel_core *core, struct group *group);

#endif
