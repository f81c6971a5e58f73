/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What only some messages have: its part of the record and of the JSON, and its way from and to the container of MIMI
 * content.
 */
#ifndef CORE_EXTRA_H
#define CORE_EXTRA_H

#include "message.h"

enum { EXTRA_MAX_MENTIONS = 50 };

struct message_extra {
    bool markdown;  /**< the text is Markdown */
    bool forwarded; /**< its writer has it from somewhere else */
    bool has_thread;
    uint8_t thread[CONTENT_ID_LEN]; /**< id of the message that the thread hangs on */
    uint32_t mention_count;
    struct wire_address *mentions; /**< no one twice */
    uint64_t handed_by;            /**< contact who says that its author has written it (hand.h); 0: its author does */
    struct base_bytes poll;        /**< as content_poll_decode() accepts it, or empty */
    struct base_bytes location;    /**< as content_location_decode() accepts it, or empty */
};

/** That of the message, which is made if it has none. */
BASE_MUST_USE base_result extra_get(const struct weibel_core *core, struct message *message,
                                    struct message_extra **out);

/** Says whether the text is Markdown: an empty one never is. */
BASE_MUST_USE base_result extra_set_markdown(const struct weibel_core *core, struct message *message, bool markdown);

/** Frees that of the message, if there is one. */
void extra_free(struct message *message);

/** True if there is neither text nor anything else to show. */
bool extra_says_nothing(const struct message *message);

/** Its part of the record, also if there is none. */
void extra_write(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result extra_read(const struct weibel_core *core, struct base_reader *reader,
                                     struct message *message);

/** Its members of the message's JSON object. */
void extra_json(const struct weibel_core *core, struct base_writer *writer, const struct message *message);

/** Adds an account to those who are mentioned, once. `taken` false: there is no room for more. */
BASE_MUST_USE base_result extra_mention(const struct weibel_core *core, struct message *message,
                                        const struct wire_address *address, bool *taken);

/** Whom it mentions, as extra_set_mentions() reads it: nobody, or these, in the place of those whom it has mentioned.
 */
void extra_write_mentions(struct base_writer *writer, const struct message *message);
BASE_MUST_USE base_result extra_set_mentions(const struct weibel_core *core, struct message *message,
                                             struct base_slice written);

/** True if it mentions this account. */
bool extra_calls(const struct weibel_core *core, const struct message *message);

/** Takes in what the container says, and whom the links of a Markdown text mention. */
BASE_MUST_USE base_result extra_from_content(struct weibel_core *core, const struct content *content,
                                             struct message *message);

/** The container's topic; empty if the message is in no thread. */
struct base_slice extra_topic(const struct message *message);

/** The container's extensions that follow CONTENT_SENT_AT: how many, and all of them. */
uint64_t extra_extension_count(const struct message *message);
void extra_write_extensions(struct base_writer *writer, const struct message *message);

#endif
