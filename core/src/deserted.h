/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Groups of a chat of two in which none of the peer's devices is left. A device that makes one and is removed from its
 * account at once is alone in it there: none of its siblings knows of it, or those that it has just added have got no
 * invitation. They take the device out of the groups that they have with us, and by that we know: what is written goes
 * where they are, and those whom it has added are told. If they have no group with us in which it is, we ask the
 * server: as long as the peer has devices in two groups, and none in both.
 */
#ifndef CORE_DESERTED_H
#define CORE_DESERTED_H

#include "state.h"

enum { DESERTED_MAX = 64 /* devices of a peer that are kept in mind: the last ones */ };

/** A commit is about to be entered: notes which of his devices the peer has taken out. */
BASE_MUST_USE base_result deserted_committed(struct weibel_core *core, const struct group *group,
                                             const struct mls_staged *staged);

/** Asks the server about devices that may be the peer's no more, if it is time. Called when online. */
BASE_MUST_USE base_result deserted_pump(struct weibel_core *core, struct chat *chat);

/** Whether all of the peer's devices in the group were taken out of others, or were added by such a one and have never
 * been heard of. */
bool deserted_is(const struct chat *chat, const struct group *group);

/** What the others write in is lost here, and its successor is being made: whatever comes behind it in the chat, as
 * this group does, they may have forgotten. */
bool deserted_is_behind(const struct chat *chat, const struct group *group);

/** Forgets a group into which nobody writes any more, if the chat has many: who comes back by a backup again and again
 * begins it anew each time. None of the peer's devices is left there, and what we have written was sent again; or
 * whoever is there is in the one that is written to, and was heard there. Called when online. */
BASE_MUST_USE base_result deserted_forget(struct weibel_core *core, struct chat *chat);

#endif
