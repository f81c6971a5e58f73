/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What has arrived from others, with two marks: a face of this home has shown it (`seen`), and this account has read
 * it, here or on another device (`read`). With both it is forgotten.
 */
#ifndef CORE_ARRIVAL_H
#define CORE_ARRIVAL_H

#include "message.h"
#include "state.h"

enum { ARRIVAL_MAX_UNREAD = 10000 /**< shown ones that are kept because nobody says that he has read them */ };

/** Adds one for a message; sets its `arrival`. */
BASE_MUST_USE base_result arrival_add(struct weibel_core *core, struct chat *chat, struct message *message);
BASE_MUST_USE base_result arrival_load(struct weibel_core *core, uint64_t number, struct base_slice value);

/** Marks everything up to and with this arrival as shown. */
BASE_MUST_USE base_result arrival_seen(struct weibel_core *core, uint64_t arrival);

/**
 * Marks the messages of a chat up to and with this number as read, and tells the account's other devices. What calls by
 * an edit stands where that stands: it is read `here` alone, with all that the chat has.
 */
BASE_MUST_USE base_result arrival_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t message, bool here);

/** An edit, at `place`, has begun to mention this account: it is called, though it may have read the message. `calls`
 * false: it has read on another device what stands there. */
BASE_MUST_USE base_result arrival_call(struct weibel_core *core, struct chat *chat, uint64_t message,
                                       const struct stood *place, bool *calls);

/** An edit mentions it no more. */
BASE_MUST_USE base_result arrival_call_no_more(struct weibel_core *core, struct chat *chat, uint64_t message);

/** Numbers of a chat's unread messages that mention this account, the first `most` of them, ascending: how many. */
size_t arrival_calls(const struct weibel_core *core, const struct chat *chat, uint64_t *numbers, size_t most);

/** Another device has read: what it has told is marked. */
BASE_MUST_USE base_result arrival_read_elsewhere(struct weibel_core *core, struct chat *chat);

/** A message has come: perhaps another device has read it before. */
BASE_MUST_USE base_result arrival_check(struct weibel_core *core, struct chat *chat, uint64_t message);

/** Says where a message stands that has come in another way than by its group's stream. */
BASE_MUST_USE base_result arrival_place(struct weibel_core *core, struct chat *chat, uint64_t message,
                                        const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry);

/** That of an unread message, or NULL. */
const struct arrival *arrival_of_unread(const struct weibel_core *core, uint64_t chat, uint64_t message);

/** Adds one for an earlier message (history.h) that the account has not read; the face is not told. */
BASE_MUST_USE base_result arrival_add_earlier(struct weibel_core *core, struct chat *chat,
                                              const struct message *message, const uint8_t stream[WIRE_STREAM_LEN],
                                              uint64_t entry);

/** Another device has read this one before it came. */
BASE_MUST_USE base_result arrival_was_read(struct weibel_core *core, struct chat *chat, uint64_t message);

/** What stands before such ones is looked at once, at the end of an input: there may be very many. */
BASE_MUST_USE base_result arrival_settle(struct weibel_core *core, struct chat *chat);

/** Marks one as read: there is nothing left of it to read. */
BASE_MUST_USE base_result arrival_read_one(struct weibel_core *core, struct chat *chat, uint64_t message);

/** The message is gone. */
BASE_MUST_USE base_result arrival_forget(struct weibel_core *core, uint64_t chat, uint64_t message);

/** The first one behind number `after` that was not shown yet, or NULL. */
const struct arrival *arrival_next(const struct weibel_core *core, uint64_t after);

#endif
