/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What we write on its way into the streams: encrypted when its turn comes, several posts of a chat at once, in the
 * order of writing.
 */
#ifndef CORE_POST_H
#define CORE_POST_H

#include "message.h"
#include "state.h"

/** Queues a message that chat_add_message() has added. */
BASE_MUST_USE base_result post_add(struct weibel_core *core, struct chat *chat, const struct message *message,
                                   struct base_bytes *content);

/** Queues what is no message of its own: it changes others, or reports on them. Takes over `content`. */
BASE_MUST_USE base_result post_add_control(struct weibel_core *core, struct chat *chat, struct base_bytes *content);

/** Likewise, of what somebody misses in this group: for nobody else, and for nobody who comes into it before it goes.
 */
BASE_MUST_USE base_result post_add_again(struct weibel_core *core, struct chat *chat, const struct group *group,
                                         struct base_bytes *content);

/** Drops number `index` of the outbox, which is no message. */
BASE_MUST_USE base_result post_drop_at(struct weibel_core *core, struct chat *chat, size_t index);

/** Somebody comes in: drops what waits of that. */
BASE_MUST_USE base_result post_drop_again(struct weibel_core *core, struct chat *chat);

/** Queues the deletion of an entry on the server. */
BASE_MUST_USE base_result post_add_erase(struct weibel_core *core, struct chat *chat, const struct stood *at,
                                         const uint8_t nonce[WIRE_NONCE_LEN]);

/** Queues the deletion of the blobs of an own message: others whom they serve, too, hold them. */
BASE_MUST_USE base_result post_add_erase_blobs(struct weibel_core *core, struct chat *chat,
                                               const struct message *message);

/** True if the message waits and was never encrypted: nobody else can have it. */
bool post_untouched(const struct chat *chat, uint64_t message);

/** Sends the next ones of the chat, if they can go. Called when online. */
BASE_MUST_USE base_result post_pump(struct weibel_core *core, struct chat *chat);

/** If the entry is a message of ours: it has arrived. */
BASE_MUST_USE base_result post_came_back(struct weibel_core *core, struct group *group, const struct wire_entry *entry,
                                         bool *own);

/** The message can't be sent: it stays in the chat as failed. */
BASE_MUST_USE base_result post_fail(struct weibel_core *core, struct chat *chat, uint64_t message,
                                    const struct trouble *trouble);

/** Likewise all that are queued in the chat. */
BASE_MUST_USE base_result post_fail_all(struct weibel_core *core, struct chat *chat, const struct trouble *trouble);

/** The message has disappeared before it could be sent: it will not be. */
BASE_MUST_USE base_result post_drop(struct weibel_core *core, struct chat *chat, uint64_t message);

/** A group has ended and goes on as another one: what was encrypted for the old one is encrypted anew. */
BASE_MUST_USE base_result post_renew(struct weibel_core *core, struct chat *chat, uint64_t group);

/** What was encrypted behind something that is not, which was refused, is taken back. `clear` false: some of it may be
 * in a stream. */
BASE_MUST_USE base_result post_take_back(struct weibel_core *core, const struct chat *chat, bool *clear);

/** Of those up to number `last`, what nobody else can have goes behind all that was added since. */
BASE_MUST_USE base_result post_move_back(struct weibel_core *core, struct chat *chat, uint64_t last);

BASE_MUST_USE base_result post_load(struct weibel_core *core, uint64_t chat, uint64_t number, struct base_slice value);
void post_free(void *item);

/** When the next message of the chat may go; UINT64_MAX: it waits for something else. */
uint64_t post_deadline(const struct chat *chat);

#endif
