/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Threads: for each message that is in one a small record, so that a thread is read without the rest of its chat.
 */
#ifndef CORE_THREAD_H
#define CORE_THREAD_H

#include "message.h"
#include "state.h"

/** Writes the record of a message with an id, if it is in a thread. */
BASE_MUST_USE base_result thread_save(struct weibel_core *core, const struct message *message);

/** Removes it, if there is one. */
BASE_MUST_USE base_result thread_forget(struct weibel_core *core, uint64_t chat, uint64_t number);

/** Answers with the last `limit` messages of the thread with numbers below `before`, oldest first. */
BASE_MUST_USE base_result thread_history(struct weibel_core *core, struct call *call, uint64_t chat,
                                         const uint8_t prefix[MESSAGE_ID_PREFIX], uint64_t before, uint64_t limit);

#endif
