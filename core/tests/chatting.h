/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Assertions about what people see.
 */
#ifndef TEST_CHATTING_H
#define TEST_CHATTING_H

#include "key.h"
#include "test/cmocka.h"
#include "world.h"

struct group;
struct message;

/** The texts of a chat (not notices), one a line, are exactly these. */
void assert_texts(struct world_peer *peer, const char *chat, const char *expected);

/** The chat has a message with this text, which this peer sees in this state. */
void assert_seen_as(struct world_peer *peer, const char *chat, const char *text, const char *state);

/** The message with this text in a chat's history; the test fails if there is none. */
const cJSON *message_saying(struct world_peer *peer, const char *chat, const char *text);

/** A string member of an object. */
const char *text_of(const cJSON *object, const char *name);

/** A number member of an object. */
double number_of(const cJSON *object, const char *name);

/** The number of a group as this peer calls it ("g3"), by its name; the test fails if there is none. */
const char *group_of(struct world_peer *peer, const char *name);

/** The group of the last chat of many; the test fails if there is none. */
struct group *group_at_hand(const struct world_peer *peer);

/** The first chat of two; the test fails if there is none. */
const struct chat *chat_of_two(const struct world_peer *peer);

/** A chat in the list of chats, or NULL. */
const cJSON *listed_chat(struct world_peer *peer, const char *name);

/** What this peer's store has under the key, opened; the caller frees it. The test fails if there is nothing. */
struct base_bytes stored_record(const struct world_peer *peer, struct key key);

/** The message of this id as this peer's store has it; the test fails if there is none. */
void stored_message(struct world_peer *peer, const char *id, struct message *out);

/** Another device of the account says that it has deleted the chat, up to this entry of the group. */
void take_deletion(struct world_peer *peer, const struct group *group, uint64_t entry);

/** Likewise, and it is deleted. */
void tell_deleted(struct world_peer *peer, const struct group *group, uint64_t entry);

/** All of these see the same epoch of the group. */
void assert_agree(struct world *world, const char *group_name, const size_t *peers, size_t count);

#endif
