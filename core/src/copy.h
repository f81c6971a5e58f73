/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where the server has what a message says: the entry that it is, those by which it was sent again, its edits. Whoever
 * deletes it for everyone names all of them, and its author has all of them forgotten.
 *
 * Of an own message each is kept with what its deletion key is made from, by its stream's name: so it can be deleted
 * also when the group is not kept any more, and by a home that comes from a backup.
 */
#ifndef CORE_COPY_H
#define CORE_COPY_H

#include "message.h"
#include "state.h"

enum { COPY_NAMED_LEN = WIRE_STREAM_LEN + 8 + 1 };

/** An entry that a deletion names. */
struct copy_named {
    struct stood at;
    bool explained; /**< it was missing here */
};

/** What it says stands here as well; what stands there already is passed over. `nonce` NULL: that of somebody else. Of
 * more than MESSAGE_MAX_COPIES the oldest is forgotten, but for the first. */
BASE_MUST_USE base_result copy_add(const struct weibel_core *core, struct message *message, const struct stood *at,
                                   const uint8_t nonce[WIRE_NONCE_LEN]);

/** Likewise where an own message stands itself, if that is known. */
BASE_MUST_USE base_result copy_add_place(const struct weibel_core *core, struct message *message);

/** Whether it stands here. */
bool copy_is_at(const struct weibel_core *core, const struct message *message, const struct stood *at);

/** Where it stands, as far as is known; returns how many. */
size_t copy_places(const struct weibel_core *core, const struct message *message, struct stood out[MESSAGE_MAX_COPIES]);

/** Has the server forget all of them. */
BASE_MUST_USE base_result copy_erase(struct weibel_core *core, struct chat *chat, struct message *message);

/** What waits to say it once more, and nobody else can have, is dropped. */
BASE_MUST_USE base_result copy_drop_waiting(struct weibel_core *core, struct chat *chat, const struct message *message);

/** A content has become this entry: if it says once more what a message says, that is kept in mind. `by` NULL: this
 * account's; `nonce` NULL: somebody else's. `written`: by this device. */
BASE_MUST_USE base_result copy_note(struct weibel_core *core, const struct group *group, const struct contact *by,
                                    struct base_slice content, uint64_t entry, const uint8_t nonce[WIRE_NONCE_LEN],
                                    bool written);

/** Of the message's record. */
void copy_write(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result copy_read(const struct weibel_core *core, struct base_reader *reader,
                                    struct message *message);

/** A deletion's list, as its amendment keeps it. False: it is at its end. */
void copy_write_named(struct base_writer *writer, const struct copy_named *named);
bool copy_next_named(struct base_reader *reader, struct copy_named *out);

#endif
