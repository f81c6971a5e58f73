/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Joining by a Welcome, and the Authentication Service: who may be represented by which key.
 */
#ifndef CORE_JOIN_H
#define CORE_JOIN_H

#include "identity.h"
#include "state.h"

extern const struct base_error WEIBEL_ERR_WELCOME; /**< a Welcome into something that is no chat of ours */

/** Joins the group that a Welcome invites to, with the ratchet tree if the Welcome doesn't have it. `letter`: all that
 * has come, to be kept if a person has to decide first. `opened` false: Welcome and tree don't lead into a group.
 * Errors of the peer's: nothing has changed. WEIBEL_ERR_UNHEARD (sibling.h): it is to be tried again. */
BASE_MUST_USE base_result join_by_welcome(struct weibel_core *core, struct base_slice letter, struct base_slice welcome,
                                          struct base_slice tree, bool *opened);

/** Whether a group that we are about to enter by a link is one that can be entered so; `inviter`: the leaf of the
 * member who had left at the door what leads into it. WEIBEL_ERR_WELCOME; WEIBEL_ERR_PRESENT: its chat goes on in a
 * group here; WEIBEL_ERR_IDENTITY: somebody in it has another key than before, which is said where people talk with
 * him. */
BASE_MUST_USE base_result join_check_link(struct weibel_core *core, const struct mls_group *mls, uint32_t inviter,
                                          const uint8_t stream[WIRE_STREAM_LEN]);

/** We are in, by entry `entry` of the stream: libmls's records are there under `number`. Takes `mls` over, unless the
 * group is there by an invitation that has come later, or it fails. */
BASE_MUST_USE base_result join_by_link(struct weibel_core *core, struct mls_group **mls, uint64_t number,
                                       uint32_t inviter, uint64_t entry, struct chat **out);

/** In a group that has ended, and into which we were invited anew: goes on with the new one, if a member of the one
 * before has invited; else that is another chat. */
BASE_MUST_USE base_result join_again(struct weibel_core *core, struct chat *chat);

/** Forgets the groups of a chat that have ended: it goes on in another one. */
BASE_MUST_USE base_result join_reopen(struct weibel_core *core, struct chat *chat);

/** The callback of libmls about credentials; `user` is the core. */
base_result join_check_credential(void *user, const struct mls_credential_check *check);

/** The callback of libmls about commits: policy.h decides, and into a direct chat nobody comes but its two accounts. */
base_result join_check_commit(void *user, const struct mls_group *mls, const struct mls_staged *staged);

/** The callback of libmls about proposals that come alone. */
base_result join_check_proposal(void *user, const struct mls_group *mls, const struct mls_proposal_view *proposal);

/** True if it names this account; whether it is genuine is another question. */
bool join_is_self(const struct weibel_core *core, const struct identity *identity);

/** The identity key is the one that is known of this account: our own, or the pinned one of a contact. */
bool join_is_genuine(const struct weibel_core *core, const struct identity *identity);

/** Two leaves of one device. */
bool join_same_client(void *user, const struct mls_member *a, const struct mls_member *b);

#endif
