/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitations: Welcomes, and who is to be asked for a place if one can't be used. The group has us then, and we have
 * not the group: he lets us in as anybody who has lost his place (heal.h). Into most groups it is
 *
 *     struct {
 *         opaque welcome<V>;           an MLSMessage
 *         opaque origin<V>;            an Origin, sealed to the device that gets it
 *     } SmallInvitation;
 *     struct {
 *         opaque stream[32];
 *         opaque account[8];           who has written it, …
 *         opaque domain<V>;
 *         opaque device[16];
 *         opaque key[32];              … and the key of his device
 *     } Origin;
 *
 * and into large ones, whose ratchet trees are fetched before they can be used,
 *
 *     struct {
 *         opaque welcome<V>;           an MLSMessage, without the ratchet tree
 *         TreePlace tree;              tree.h
 *         Origin origin;
 *     } Invitation;
 *
 * Nothing of it but the Welcome and the tree says anything about the group.
 */
#ifndef CORE_INVITATION_H
#define CORE_INVITATION_H

#include "state.h"

/** Writes what a letter with the Welcome of a large group holds. */
BASE_MUST_USE base_result invitation_write(struct weibel_core *core, const struct group *group,
                                           struct base_slice welcome, const struct tree_place *place,
                                           struct base_bytes *out);

/** Likewise that of another group, for a device that signs with `key`. */
BASE_MUST_USE base_result invitation_write_small(struct weibel_core *core, const struct group *group,
                                                 struct base_slice key, struct base_slice welcome,
                                                 struct base_bytes *out);

/** Takes what has come in `letter`. If it is for a key package that is not there (any more), whoever has written it is
 * asked for a place. Errors of the peer's: nothing has changed. */
BASE_MUST_USE base_result invitation_take(struct weibel_core *core, struct base_slice letter,
                                          struct base_slice content);

BASE_MUST_USE base_result invitation_take_small(struct weibel_core *core, struct base_slice letter,
                                                struct base_slice content);

/** Asks the `count` members `from` for a place in this group, unless it is here, or somebody was asked lately; if an
 * invitation into it is here, only if that can't be used, and only the first of them, of each call. In the place of an
 * own device that the link of this one does not name, those are asked whom it names (sibling.h). The wish is younger
 * than `before` (leaf.h). */
BASE_MUST_USE base_result invitation_ask(struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN],
                                         uint64_t before, const struct helper *from, size_t count);

/** An invitation into this group has come that can't be taken from who has written it: those who were asked may be
 * asked again, of which there are STATE_MAX_TELLERS in all. */
BASE_MUST_USE base_result invitation_answered(struct weibel_core *core, struct base_slice stream);

/** Whether somebody was asked for a place in this group. */
bool invitation_is_asked(const struct weibel_core *core, const uint8_t stream[WIRE_STREAM_LEN]);

BASE_MUST_USE base_result invitation_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void invitation_free(void *item);

/** Fetches the tree of the first one, and asks those once more who were asked and have not answered. Called when
 * online. */
BASE_MUST_USE base_result invitation_pump(struct weibel_core *core);
uint64_t invitation_deadline(const struct weibel_core *core);

/** True while one is being fetched. */
bool invitation_is_busy(const struct weibel_core *core);

/** The connection is gone. */
void invitation_forget_connection(struct weibel_core *core);

#endif
