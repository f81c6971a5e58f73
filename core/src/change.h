/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Changes of a group: made here, made by others, and which of them comes first.
 *
 * A commit is written (change_make.c), stored with libmls's pending epoch, appended, and entered when it comes back in
 * the stream, in its order with everything else. If another one comes before it, it is dropped and made anew on top of
 * that one.
 */
#ifndef CORE_CHANGE_H
#define CORE_CHANGE_H

#include "state.h"

/** Begins a change of a chat that has none. Takes over `contacts` (from base_take) and the id of `call`, which may be
 * NULL. */
void change_begin(struct chat *chat, enum change_kind kind, uint64_t *contacts, size_t count, struct call *call);

/** Takes the next step, if one can be taken. Called when online. */
BASE_MUST_USE base_result change_pump(struct weibel_core *core, struct chat *chat);

/** If the entry is what a change of ours has appended: enters its epoch, or leaves. */
BASE_MUST_USE base_result change_came_back(struct weibel_core *core, struct group *group,
                                           const struct wire_entry *entry, bool *own);

/** Our pending commit is entry `number` of the stream: enters its epoch. */
BASE_MUST_USE base_result change_accepted(struct weibel_core *core, struct group *group, uint64_t number);

/** Somebody else's commit. */
BASE_MUST_USE base_result change_received(struct weibel_core *core, struct group *group, struct mls_event *event,
                                          uint64_t number);

/** Somebody else's proposal: it is committed after a while, by whoever comes first. */
BASE_MUST_USE base_result change_proposed(struct weibel_core *core, struct group *group, const struct mls_event *event);

/* Between the files of this module: */

/** Writes the commit (leave: the proposal), with its letters. BASE_PEER errors and the like: it can't be made. */
BASE_MUST_USE base_result change_make(struct weibel_core *core, struct chat *chat);

/** Ends a change without success: answers its call, drops what was made. */
BASE_MUST_USE base_result change_fail(struct weibel_core *core, struct chat *chat, const struct trouble *trouble);

/** Ends a change with success: answers its call. */
BASE_MUST_USE base_result change_done(struct weibel_core *core, struct chat *chat);

/** Another commit has come before ours: takes back what was made, so that it is made again. */
BASE_MUST_USE base_result change_unmake(struct weibel_core *core, struct chat *chat, struct group *group);

/** We are no member any more. */
BASE_MUST_USE base_result change_ended(struct weibel_core *core, struct group *group, enum group_state state);

/** The group in which a change happens: the one that is being made, or the one that is written to. NULL: none yet. */
struct group *change_group(const struct chat *chat);

#endif
