/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deleted chats: all messages of a chat go, on this device and on the account's others, and the chat is not shown any
 * more until something new stands in it. What the others have of it is theirs, and the groups behind it stay.
 *
 * The devices tell each other up to which entry of each group's stream, as they do with what was read (sync_kind.h): a
 * message whose place is before that is deleted, whenever and in which way it comes. An own message that is on its way
 * has no place yet: it is told by its ID. What has no place at all goes with what stands around it.
 *
 * Here the chat is empty at once; then the messages are removed page by page.
 */
#ifndef CORE_CHAT_DELETE_H
#define CORE_CHAT_DELETE_H

#include "message.h"
#include "state.h"

/** Whether the chat was deleted, and nothing has come since then, nor has anybody pinned it. */
bool chat_is_deleted(const struct chat *chat);

/** Removes the next messages of deleted chats. Called after each input. */
BASE_MUST_USE base_result chat_delete_pump(struct weibel_core *core);

/** Something was read on another device: who has nothing of a deleted chat may see that it goes on. */
void chat_deletion_look_again(struct chat *chat);

/** The handler of SYNC_DELETED. */
BASE_MUST_USE base_result chat_deletion_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                             bool fresh);

/** Whether what stands at this place was deleted with the chat; `entry` 0: whether anything was that has no place. */
bool chat_deletion_covers(const struct weibel_core *core, const struct chat *chat,
                          const uint8_t stream[WIRE_STREAM_LEN], uint64_t entry);

/** An own message has got its place: its chat may have been deleted up to there, before this device knew the place. */
void chat_deletion_placed(const struct weibel_core *core, struct chat *chat, const struct message *message);

/** Whether a message that comes was: here, or on another device. */
bool chat_deletion_has(const struct weibel_core *core, const struct chat *chat, const struct message *message);

#endif
