/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MLS groups: their records, members, and what their GroupContext says about the chat.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "about.h"
#include "identity.h"
#include "state.h"

enum {
    GROUP_SUITE = MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
    /* GroupContext extensions, from the range for private use: */
    GROUP_CHAT_EXTENSION = 0xf057,    /**< struct group_about */
    GROUP_PICTURE_EXTENSION = 0xf058, /**< struct about_picture, or absent */
};

/** Adds a group to a chat, to be saved at the end of the input; takes over `mls`, also when it fails. */
BASE_MUST_USE base_result group_add(struct weibel_core *core, struct chat *chat, struct mls_group *mls,
                                    enum group_state state, struct group **out);

/** Saves libmls's records of the group that has this number, or will have it; and deletes them. */
BASE_MUST_USE base_result group_save_mls(struct weibel_core *core, uint64_t number, struct mls_group *mls);
BASE_MUST_USE base_result group_erase_mls(struct weibel_core *core, uint64_t number, struct mls_group *mls);

/** Forgets a group with all its records. */
BASE_MUST_USE base_result group_forget(struct weibel_core *core, struct group *group);

struct group *group_at(const struct weibel_core *core, uint64_t number);

/** The one of the chat that has this number, or is in the place of the one that had it; NULL: there is none. */
struct group *group_in_place(const struct chat *chat, uint64_t number);

/** The number of the first one of the chat whose place a group of this stream takes; 0: it has none of it. */
uint64_t group_former(const struct chat *chat, const uint8_t id[WIRE_STREAM_LEN]);

/** The one of this stream that is not waiting for another, or NULL. If one has ended, or was
 * lost, and somebody else has invited into another one of that ID, it is that. */
struct group *group_find(const struct weibel_core *core, const uint8_t id[WIRE_STREAM_LEN]);

/** The first one that waits for this one to end, or NULL. */
struct group *group_waiting(const struct group *group);

/** Saves what has changed of the group and of libmls's state. */
BASE_MUST_USE base_result group_save_changes(struct weibel_core *core, struct group *group);

BASE_MUST_USE base_result group_load(struct weibel_core *core, uint64_t number, struct base_slice value);
void group_free(void *item);

/** How many groups of its chat there were before this one. */
uint32_t group_generation(const struct mls_group *mls);

/** Makes an MLS group of oneself for a chat: the first one, whose owner we are and which has the room's id, or the
 * successor of one that could not go on, with all that it said about itself. */
BASE_MUST_USE base_result group_create_mls(struct weibel_core *core, const struct chat *chat, struct mls_group **out);

/** The picture of a group; empty if it has none. */
struct about_picture group_picture(const struct mls_group *mls);

/** Our role in it; ROLE_MEMBER in a direct chat. */
enum about_role group_own_role(const struct weibel_core *core, const struct group_about *about);

/** What it says about itself. False: not known (yet), or `group` is NULL. */
bool group_about(const struct group *group, struct group_about *out);

/** What we may do in it (enum policy_can). */
uint32_t group_own_capabilities(const struct weibel_core *core, const struct group *group);

/** What the GroupContext of an MLS group says about the chat. BASE_ERR_VALUE: nothing that we understand. */
BASE_MUST_USE base_result group_read_about(const struct mls_group *mls, struct group_about *out);

/** The exporter label of a stream's token. */
extern const char group_token_label[];

/** The token of the current epoch. */
BASE_MUST_USE base_result group_token(struct group *group, const uint8_t **token);

/** The epoch has changed: the token is not known any more, and all message keys are new. */
void group_forget_token(struct group *group);

/** How many accounts are in it. BASE_ERR_NO_MEMORY. Who they are: roster.h. */
BASE_MUST_USE base_result group_account_count(const struct weibel_core *core, const struct group *group, size_t *out);

/** True if a device of the account is in the group: a walk through all. For many questions: roster.h. */
bool group_has_account(const struct mls_group *mls, const uint8_t account[WIRE_ACCOUNT_LEN], const char *domain);

/** Appends a member's device to a record or a letter, and reads it. BASE_ERR_TRUNCATED, BASE_ERR_VALUE. */
void group_write_helper(struct base_writer *writer, const struct helper *helper);
BASE_MUST_USE base_result group_read_helper(struct base_reader *reader, struct helper *out);

/** The padding of an MLS message with `len` bytes of content: the multiple to pad to, by Padmé, 32 at least. */
uint32_t group_padding(size_t len);

#endif
