/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the server has left out, or put into another order (docs/decisions/0038). It numbers the entries itself, so that
 * a stream without gaps says nothing: what says something is under the encryption. In front of each content stands
 *
 *     struct { uint64 since; uint32 written; uint32 read; uint32 sequence; } Tally;
 *
 * the epoch with which its writer came in, how many contents of his the server had taken then, up to which entry he
 * had read the stream, and the number of this one among all that he has encrypted for it, from 1 on. Whoever reads it
 * has counted too. What an honest server explains by its gaps is not missed: entries that were deleted or have expired,
 * and what could not be read.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include "state.h"

enum {
    TALLY_LEN = 8 + 4 + 4 + 4,
    TALLY_MAX_MISSING = 1 << 29, /**< more entries than a stream has */
};

/** A content with the tally of this moment in front; it has the next number. */
BASE_MUST_USE base_result tally_add(struct weibel_core *core, struct group *group, struct base_slice content,
                                    struct base_bytes *out);

/** The server has taken a content of ours as this entry, or it was read there. */
void tally_sent(struct group *group, uint64_t entry);

/** So many entries of the current epoch were not read: others may have written them. */
void tally_unread(struct group *group, uint64_t count);

/** It is not known how many there were in the current epoch. */
void tally_begin(struct group *group);

/** The commit is about to be entered: what was written before is not sent again if it lets somebody in, and what those
 * have written who go is not counted any more. */
BASE_MUST_USE base_result tally_committed(struct weibel_core *core, struct group *group,
                                          const struct mls_staged *staged);

/** A new epoch: who writes in it counts all of his own that stand before it. */
void tally_epoch(struct group *group);

enum tally_turn {
    TALLY_IN_TURN,
    TALLY_LATE,     /**< it stands behind one that was written after it: it may be here */
    TALLY_REPEATED, /**< it is here: tally_fill() */
};

/**
 * A member's content has come: takes the tally off, and says what is missing before it, unless `from` is not `heard`
 * here. `from` NULL: another device of ours. BASE_ERR_TRUNCATED, BASE_ERR_VALUE: it has none.
 */
BASE_MUST_USE base_result tally_take(struct weibel_core *core, struct group *group, const struct mls_event *event,
                                     uint64_t entry, const struct contact *from, bool heard, struct base_slice *content,
                                     enum tally_turn *turn);

/** Whether anything of this leaf's device has come here. */
bool tally_has_heard(const struct group *group, uint32_t leaf);

/** What this leaf's device has written as number `sequence` has come another way. `fills` false: it was not missing. */
BASE_MUST_USE base_result tally_fill(struct weibel_core *core, struct group *group, uint32_t leaf, uint32_t sequence,
                                     const struct contact *from, bool *fills);

/** Whether the content of this number is one of those. */
bool tally_is_open(const struct missing *missing, uint32_t sequence);

/** Of the group's record. */
void tally_write(struct base_writer *writer, const struct group_tally *tally);
BASE_MUST_USE base_result tally_read(struct base_reader *reader, struct group_tally *tally);

/** A record of KEY_TALLY. */
BASE_MUST_USE base_result tally_load(struct weibel_core *core, uint64_t group, uint64_t leaf, struct base_slice value);

/** The group is gone. */
BASE_MUST_USE base_result tally_forget(struct weibel_core *core, const struct group *group);

#endif
