/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deleted chats: all messages of a chat go, on this device and on the account's others, and the chat is not shown any
 * more until something new stands in it. What the others have of it is theirs, and the groups behind it stay.
 *
 * Up to which message it goes, the devices tell each other by the newest message that all of them have, as what was
 * read (sync_kind.h). The number is durable at once; then the messages are removed page by page.
 */
#ifndef CORE_CHAT_DELETE_H
#define CORE_CHAT_DELETE_H

#include "message.h"
#include "state.h"

/** Whether the chat was deleted, and nothing has come since then. */
bool chat_is_deleted(const struct chat *chat);

/** Deletes what is in the chat up to this number. */
BASE_MUST_USE base_result chat_delete_up_to(struct weibel_core *core, struct chat *chat, uint64_t number);

/** Removes the next messages of deleted chats. Called after each input. */
BASE_MUST_USE base_result chat_delete_pump(struct weibel_core *core);

/** The handler of SYNC_DELETED. */
BASE_MUST_USE base_result chat_deletion_take(struct weibel_core *core, struct base_slice name, struct base_slice value,
                                             bool fresh);

/** A message has come: another device may have deleted the chat up to it. */
BASE_MUST_USE base_result chat_deletion_added(struct weibel_core *core, struct chat *chat,
                                              const struct message *message);

#endif
