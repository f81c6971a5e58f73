/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lines that nobody asked for (docs/api.md, Events), and answers to those that somebody did.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "about.h"
#include "message.h"
#include "state.h"

/* A page of messages full of characters that JSON writes as six, and the lists of members of many large groups, fit. */
enum { EVENT_MAX_LINE = 64 << 20 };

/** Name of event number `index`, or NULL behind the last one. */
const char *event_name_at(size_t index);

/** `connection`: where the session stands. */
BASE_MUST_USE base_result event_connection(struct weibel_core *core);

/** `message`: new in a chat. */
BASE_MUST_USE base_result event_message(struct weibel_core *core, const struct message *message);

/** `message_changed`: it was edited, deleted, reacted to, received or read. */
BASE_MUST_USE base_result event_message_changed(struct weibel_core *core, const struct message *message);

/** `message_removed`: it has disappeared, or was deleted here. */
BASE_MUST_USE base_result event_message_removed(struct weibel_core *core, const struct message *message);

/** `message_state` of an own message. */
BASE_MUST_USE base_result event_message_state(struct weibel_core *core, const struct message *message);

/** `chat`: new or changed. */
BASE_MUST_USE base_result event_chat(struct weibel_core *core, const struct chat *chat);

/** `chat_deleted`: it is not shown any more. */
BASE_MUST_USE base_result event_chat_deleted(struct weibel_core *core, const struct chat *chat);

/** `joins`: what is under way by a link, and nobody waits for (joining.h). */
BASE_MUST_USE base_result event_joins(struct weibel_core *core);

/** `joining`: a group, by the link with this secret, while nobody waited for it: `chat`, or why not (`trouble`). */
BASE_MUST_USE base_result event_joining(struct weibel_core *core, const uint8_t secret[ABOUT_LINK_LEN],
                                        const struct chat *chat, const struct trouble *trouble);

/** `typing`: a contact has started or stopped. */
BASE_MUST_USE base_result event_typing(struct weibel_core *core, const struct chat *chat, uint64_t contact,
                                       bool typing);

/** `contact`: new or changed. */
BASE_MUST_USE base_result event_contact(struct weibel_core *core, const struct contact *contact);

/** `device`: one of the account's own was "linked" or "removed". */
BASE_MUST_USE base_result event_device(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN],
                                       const char *what);

/** The home has been locked, by whatever face. */
BASE_MUST_USE base_result event_locked(struct weibel_core *core);

/** The members of `transfer`, but for an error. */
void event_put_transfer(struct base_writer *line, const struct transfer *transfer, const char *state, uint64_t done);

/** `transfer`. `state` is its word in docs/api.md; `trouble` may be NULL. */
BASE_MUST_USE base_result event_transfer(struct weibel_core *core, const struct transfer *transfer, const char *state,
                                         uint64_t done, const struct trouble *trouble);

/** The words of docs/api.md for where the session stands. */
const char *event_connection_state(const struct weibel_core *core);

/** Begins the answer to a call: a writer in which the result is to be written next. */
struct base_writer event_answer_begin(struct weibel_core *core, const struct call *call);

/** Ends and gives out the answer, unless the call wants none; the call is empty then. */
BASE_MUST_USE base_result event_answer_end(struct weibel_core *core, struct call *call, struct base_writer *line);

/** Answers with an error. */
BASE_MUST_USE base_result event_answer_trouble(struct weibel_core *core, struct call *call,
                                               const struct trouble *trouble);

#endif
