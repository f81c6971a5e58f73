/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * That somebody is typing: a signal (signal.h).
 */
#ifndef CORE_TYPING_H
#define CORE_TYPING_H

#include "state.h"

enum {
    TYPING_INTERVAL = 4 * 1000,  /**< milliseconds between two signals in a chat, at least */
    TYPING_LIFETIME = 10 * 1000, /**< after so many milliseconds without a new signal, nobody types any more */
    TYPING_MAX_MEMBERS = 64,     /**< of a group in which it is said: each signal is a write for each member */
    TYPING_MAX_HEARD = TYPING_MAX_MEMBERS,
};

/** Says so to the others in the chat, now or when the interval is over, if it still makes sense then. */
void typing_say(struct weibel_core *core, struct chat *chat, bool typing);

/** A message has gone out: who reads it knows that we have stopped. */
void typing_written(struct chat *chat);

/** Sends what waits for the interval. Called when online. */
BASE_MUST_USE base_result typing_pump(struct weibel_core *core, struct chat *chat);

/** The decrypted content of a signal of a contact. What is no such content is ignored. */
BASE_MUST_USE base_result typing_heard(struct weibel_core *core, struct chat *chat, uint64_t contact,
                                       struct base_slice content);

/** A message of the contact has come. */
BASE_MUST_USE base_result typing_over(struct weibel_core *core, struct chat *chat, uint64_t contact);

/** Forgets who has not been heard for long. */
BASE_MUST_USE base_result typing_run(struct weibel_core *core);

/** When somebody is going to be forgotten in this chat; UINT64_MAX: there is nobody. */
uint64_t typing_next(const struct chat *chat);

/** When what waits may go; UINT64_MAX: nothing waits. */
uint64_t typing_deadline(const struct chat *chat);

/** The connection is gone: what waits would come too late. */
void typing_forget_connection(struct chat *chat);

#endif
