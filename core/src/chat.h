/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chats: what people see as conversations. A direct chat may have several MLS groups behind it, a group chat has one.
 */
#ifndef CORE_CHAT_H
#define CORE_CHAT_H

#include "message.h"
#include "state.h"

struct chat *chat_at(const struct weibel_core *core, uint64_t number);

/** The direct chat with a contact, or NULL. */
struct chat *chat_with(const struct weibel_core *core, uint64_t contact);

/** Makes a chat, to be saved at the end of the input. */
BASE_MUST_USE base_result chat_new(struct weibel_core *core, enum chat_kind kind, struct chat **out);

/** Leaves numbers free, in a chat in which nothing stands yet, for earlier messages. */
void chat_leave_room(struct chat *chat);

/** Forgets a chat that has come to nothing before it had a message: it goes at the end of the input. */
void chat_forget(struct chat *chat);

/** Deletes the chats that were forgotten. */
BASE_MUST_USE base_result chat_sweep(struct weibel_core *core);

/** Its record; `out` must be empty. */
BASE_MUST_USE base_result chat_encode(const struct weibel_core *core, const struct chat *chat, struct base_bytes *out);
BASE_MUST_USE base_result chat_save(struct weibel_core *core, struct chat *chat);
BASE_MUST_USE base_result chat_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void chat_free(void *item);

/** Its name in JSON: the peer's ID, or g and a number. */
void chat_text(const struct weibel_core *core, const struct chat *chat, char out[WIRE_MAX_ADDRESS + 1]);

/** Writes its JSON object (docs/api.md, Chat). */
void chat_json(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat);

/** The same, for group.info. */
void chat_json_info(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat);

/** The group in which is written: of the open ones that are not deserted (deserted.h), the first by
 * chat_comes_before(). NULL: none. */
struct group *chat_writing_group(const struct chat *chat);

/** The generation above those of all groups that the chat has, or had before a backup. */
uint32_t chat_next_generation(const struct chat *chat);

/** Whether all write into `a` rather than into `b`: it is of a higher generation, or has the lesser id. */
bool chat_comes_before(const struct group *a, const struct group *b);

/** True for a group chat in which we have no place any more, nor a way back to one. */
bool chat_is_over(const struct chat *chat);

/** The group that a face hears of: the one in which is written, or else one that tells who is in it. NULL: none. */
struct group *chat_group(const struct chat *chat);

/** The URI of the room, which is part of message ids: the same for all members, whichever MLS group it is written in.
 */
enum { CHAT_MAX_URI = 360 };
void chat_room_uri(const struct weibel_core *core, const struct chat *chat, char out[CHAT_MAX_URI]);

/**
 * Adds a message at the chat's end: gives it its number, and its arrival if it isn't ours; saves it; tells the face.
 * `message->chat` is set here.
 */
BASE_MUST_USE base_result chat_add_message(struct weibel_core *core, struct chat *chat, struct message *message);

/**
 * Keeps the newest message of its chat at hand, shortened, for lists of chats; whatever saves a message calls this.
 * Nothing happens if it is not the newest one.
 */
BASE_MUST_USE base_result chat_keep_last(struct weibel_core *core, const struct message *message);

/** A message is not there any more. */
void chat_message_gone(struct chat *chat, uint64_t number);

enum { CHAT_MAX_LAST = 200 }; /* bytes of its text */

/** Adds a notice. `from` is who did it, or 0. `format` is a whole sentence, the same in each case: faces translate it.
 */
__attribute__((format(printf, 5, 6))) BASE_MUST_USE base_result chat_notice(struct weibel_core *core, struct chat *chat,
                                                                            enum message_kind kind, uint64_t from,
                                                                            const char *format, ...);

/** The same of what is missing up to `last` of a stream: the notice stays where the chat was deleted up to an earlier
 * entry. `from`: whose it is; 0: anybody's. */
__attribute__((format(printf, 5, 6))) BASE_MUST_USE base_result chat_notice_gap(struct weibel_core *core,
                                                                                struct chat *chat, uint64_t from,
                                                                                const struct stood *last,
                                                                                const char *format, ...);

/** This account has read the messages up to this number, `here` or on another device. */
BASE_MUST_USE base_result chat_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t number, bool here);

/** Ends the change that is under way: what it holds is freed, an unanswered call stays unanswered. The next one that
 * waits takes its place. */
void chat_end_change(struct chat *chat);

/** Forgets change number `index` of those that wait. */
void chat_drop_change(struct chat *chat, size_t index);

/** Ends all of them. */
void chat_end_changes(struct chat *chat);

/** Frees the key packages that it has taken. */
void chat_free_taken(struct change *change);

/** Puts a change before all others. */
BASE_MUST_USE base_result chat_put_change_first(struct weibel_core *core, struct chat *chat, struct change *change);

/** Puts a change behind those that wait; takes over what it holds. */
BASE_MUST_USE base_result chat_queue_change(struct weibel_core *core, struct chat *chat, struct change *change);

#endif
