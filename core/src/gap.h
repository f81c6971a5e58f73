/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Gaps in a stream: entries that were deleted or had expired before they were read. Whoever deletes one for everyone
 * says so behind it; what nobody has explained when the stream's end is reached becomes a notice.
 *
 * Who comes in reads from the commit on that has let him in. If he reads late, what stood behind it may have ended, and
 * the first entry that he finds does not tell him so. At the end of the stream the server says where that commit stood;
 * where others have followed it, the next one does: the number of the commit before goes along with each one, as
 * authenticated data.
 */
#ifndef CORE_GAP_H
#define CORE_GAP_H

#include "message.h"
#include "state.h"

enum { GAP_MAX_KEPT = 64 + 2 * CONTENT_ID_LEN + MESSAGE_MAX_COPIES * 64 /**< bytes of one in the record */ };

/** Notes that entries `first` to `last` are missing. */
BASE_MUST_USE base_result gap_note(struct weibel_core *core, struct group *group, uint64_t first, uint64_t last);

enum { GAP_BEGIN_LEN = 8 };

/** What goes along with a commit in an epoch that began with entry `number`. */
void gap_write_begin(uint64_t number, uint8_t out[GAP_BEGIN_LEN]);

/** We were let in, and have read the first entry behind `first`: what is missing before it may have stood there before
 * us. It becomes a gap when that is known, and what is said meanwhile to have been deleted there explains nothing. */
void gap_unsure(struct group *group);

/** The group was read from the store: a Weibel before this one noted what it was not sure of as a gap. */
void gap_loaded(struct group *group);

/** The epoch in which we were let in began with entry `number`: what stood there before is no gap. */
BASE_MUST_USE base_result gap_begun(struct weibel_core *core, struct group *group, uint64_t number);

/** Likewise, with what goes along with the commit that ends the epoch; nothing does with those of a Weibel before this
 * one, and it is not known then. */
BASE_MUST_USE base_result gap_begun_with(struct weibel_core *core, struct group *group, struct base_slice along);

/** Somebody has deleted entry `number`: true if it is missing here, as far as that is known. */
bool gap_explain(struct group *group, uint64_t number);

/** The same by a deletion that names it, which notes the first one that it explains; not of what has gone with the
 * chat. */
bool gap_explain_by(const struct weibel_core *core, struct group *group, struct amendment *deletion, uint64_t number);

/** Whether it is not known yet if entry `number` is missing: it may have stood before us. */
bool gap_is_open(const struct group *group, uint64_t number);

/** Somebody has deleted a message, and names such entries (`named`, as an amendment keeps it): when it is known which
 * of them are missing, they are explained by that. A copy is kept, of the first ones. */
BASE_MUST_USE base_result gap_keep(struct weibel_core *core, struct group *group, const struct amendment *deletion,
                                   struct base_slice named);

/** Of the group's record. */
void gap_write_kept(struct base_writer *writer, const struct group *group);
BASE_MUST_USE base_result gap_read_kept(const struct weibel_core *core, struct base_reader *reader,
                                        struct group *group);

/** What was said to have been deleted there was not: it is missing all the same, and this is said. */
BASE_MUST_USE base_result gap_not_explained(struct weibel_core *core, struct chat *chat, const struct stood *place);

/** For the notice of what is missing up to this entry: chat_notice_gap(). */
struct stood gap_place(const struct group *group, uint64_t entry);

/** The stream's end: what is still missing is said. */
BASE_MUST_USE base_result gap_tell(struct weibel_core *core, struct group *group);

#endif
