/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ways back into a group that can't be followed, without a person's help:
 *
 *   - Somebody has appended as a commit what nobody can follow: whoever is first repairs it by the token that it has
 *     replaced, and all go on with the first commit that is valid.
 *   - Only we can't follow (a state that was lost, a path made so for us alone, commits that have expired): we ask
 * members by a letter, and the first one takes this device out and in again by one commit.
 *   - Nobody can help: the chat goes on in a new group, its successor, with the same people. What is queued goes out
 * there.
 *
 * The letter is sealed to the device that is asked, so that the server learns nothing of who is in which group:
 *
 *     struct {
 *         opaque stream[32];
 *         uint64 sent_at;              milliseconds since 1970
 *         opaque key_package<V>;       for the device that asks; an MLSMessage. Its leaf says the wish, too: leaf.h
 *         opaque signature[64];        by its key, over label, the asked account and device, and all the above
 *     } Reentry;
 */
#ifndef CORE_HEAL_H
#define CORE_HEAL_H

#include "state.h"

/** Our token was replaced by commit `last`, and no entry up to it leads to the next epoch. */
BASE_MUST_USE base_result heal_broken(struct weibel_core *core, struct group *group, uint64_t last);

/** A repair came too late: somebody else's is there, or the stream has gone on without us. */
BASE_MUST_USE base_result heal_too_late(struct weibel_core *core, struct group *group);

/** The group can't be followed any more. */
BASE_MUST_USE base_result heal_lose(struct weibel_core *core, struct group *group);

/** Nor any more, as the server does not have its stream: others may have written there what ended unread. */
BASE_MUST_USE base_result heal_vanished(struct weibel_core *core, struct group *group);

/** A new epoch was entered: nothing is broken. */
void heal_entered(struct group *group);

/** The peer of a chat of two has begun a group: he is there, and what is lost can go on with him at once. */
BASE_MUST_USE base_result heal_peer_came(struct weibel_core *core, const struct chat *chat);

/** The next step, if it is time. Called when online. */
BASE_MUST_USE base_result heal_pump(struct weibel_core *core, struct group *group);

extern const struct base_error WEIBEL_ERR_UNREAD; /**< a group is to be read first, and the letter again */

/** Opens a letter that asks for help. Errors of the peer's: nothing has changed. */
BASE_MUST_USE base_result heal_asked(struct weibel_core *core, struct base_slice sealed);

/** A commit lets devices in again that others have asked us for, too: that is done. */
BASE_MUST_USE base_result heal_noted(struct weibel_core *core, struct group *group, const struct mls_staged *staged);

/** Whether a group into which we were invited, `next`, is the successor of those of this chat: with people who are in
 * it, and the roles that they have there; or by an owner. `same`: with all of them, as far as that is known. */
BASE_MUST_USE base_result heal_check_successor(struct weibel_core *core, const struct chat *chat,
                                               const struct group *next, bool *good, bool *same);

enum heal_end {
    HEAL_BACK,                /**< in the group itself, or in another one that the chat has */
    HEAL_SUCCEEDED,           /**< a new one, with the same people */
    HEAL_SUCCEEDED_BY_OTHERS, /**< a new one, whose people may be others */
};

/** Another group has taken the place of those of the chat that were lost: forgets them, and says what was missed. */
BASE_MUST_USE base_result heal_done(struct weibel_core *core, struct chat *chat, enum heal_end end);

/** Says in the chat that this device comes late, and can't read what was written before. `from`: what is missing
 * begins there, for chat_notice_gap(); NULL: it is not known. */
BASE_MUST_USE base_result heal_tell_gap(struct weibel_core *core, struct chat *chat, const struct stood *from);

#endif
