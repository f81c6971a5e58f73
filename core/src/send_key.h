/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keys of scripts: who sends with a key and loses the answer asks again with the same one, and gets the same message.
 * Kept for a week, under pseudonyms, in the store alone.
 */
#ifndef CORE_SEND_KEY_H
#define CORE_SEND_KEY_H

#include "read.h"

enum {
    SEND_KEY_MAX = 128,                       /**< bytes of a key */
    SEND_KEY_LIFETIME = 7 * 24 * 3600 * 1000, /**< milliseconds that it is kept … */
    SEND_KEY_SWEEP = 24 * 3600 * 1000,        /**< … and how often those that are older are looked for */
};

/** True if the text may be a key. */
bool send_key_valid(struct base_slice key);

/**
 * Looks for the message that was sent with the key in the request of `read`: it is the last one of read->messages then,
 * and read->more says that the key is known. Goes on with `then`; no message may be sent with the key meanwhile.
 */
BASE_MUST_USE base_result send_key_find(struct weibel_core *core, struct read *read, read_done_fn then);

/** The message was made with this key. */
BASE_MUST_USE base_result send_key_save(struct weibel_core *core, struct base_slice key, const struct message *message);

/** Removes old ones, once a day. Called after each input. */
BASE_MUST_USE base_result send_key_pump(struct weibel_core *core);
uint64_t send_key_deadline(const struct weibel_core *core);

#endif
