/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Names of records. They hold a table's number and local numbers, so that the store says nothing but how much there is.
 */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include "base/bytes.h"

/** The tables, in the order in which they are loaded. */
enum key_table {
    KEY_VAULT = 1, /**< the one record that isn't sealed: how the passphrase opens the others */
    KEY_ACCOUNT = 2,
    KEY_CONTACT = 3,     /**< contact */
    KEY_CHAT = 4,        /**< chat */
    KEY_GROUP = 5,       /**< group */
    KEY_MLS = 6,         /**< group, then libmls's own key */
    KEY_KEY_PACKAGE = 7, /**< key package */
    KEY_OUTBOX = 8,      /**< chat, post */
    KEY_LETTER = 9,      /**< letter: what waits to go to an inbox */
    KEY_TRANSFER = 10,   /**< transfer */
    KEY_EXPIRY = 11,     /**< chat, number of the message */
    KEY_ARRIVAL = 12,    /**< arrival */
    KEY_AMENDMENT = 13,  /**< amendment */

    KEY_SYNC = 14,    /**< record */
    KEY_SETTING = 15, /**< nothing: of the account; chat: of this chat */

    KEY_LOOSE = 16, /**< chat, number of the message: the index */

    KEY_MEMBERS = 17,    /**< group: what the server has said of its members (member.h) */
    KEY_INVITATION = 18, /**< invitation: into a group whose ratchet tree is being fetched */
    KEY_HAND = 19,       /**< chat, 0 or 1: what is handed on to others, or to us (hand.h) */
    KEY_TALLY = 20,      /**< group, leaf: what was read of a member's device (tally.h) */
    KEY_LATECOMERS = 21, /**< group: who has come into it, and when (latecomer.h) */
    KEY_JOINING = 22,    /**< joining: a group, by its link (joining.h) */
    KEY_GONE = 23,       /**< gone: a message that is not to come again (gone.h) */

    KEY_LOADED_END = 24, /**< tables up to here are small and held in memory; those behind are read when asked for */

    KEY_MESSAGE = 32,  /**< chat, number of the message */
    KEY_INDEX = 33,    /**< pseudonym of a message's id (vault_pseudonym) */
    KEY_SEND_KEY = 34, /**< pseudonym of a script's key: which message was sent with it */
    KEY_HISTORY = 38,  /**< part: earlier messages that wait to be filed (history.h) */
    KEY_SEARCH = 36,   /**< bucket, run: a page of the index */
    KEY_HELD = 39,     /**< contact: an invitation under a changed key (held.h) */
    KEY_LATE = 41,     /**< part: messages that this device is owed, likewise */
    KEY_THREAD = 40,   /**< chat, number of a message that is in a thread */
};

enum { KEY_MAX = 40 };

struct key {
    uint8_t data[KEY_MAX];
    size_t len;
};

/** The name of a table's only record, and where the table starts. */
struct key key_table(enum key_table table);

/** table, number */
struct key key_number(enum key_table table, uint64_t number);

/** table, number, number */
struct key key_pair(enum key_table table, uint64_t a, uint64_t b);

/** A record of libmls: table, group, its own key of at most MLS_RECORD_KEY_MAX bytes (the rest would be cut off). */
struct key key_mls(uint64_t group, struct base_slice own);

/** Takes such a key apart. BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result key_parse_mls(struct base_slice key, uint64_t *group, struct base_slice *own);

/** The least key behind this one. */
struct key key_after(struct base_slice key);

static inline struct base_slice key_slice(const struct key *key) {
    return base_slice(key->data, key->len);
}

/** Takes a key apart; numbers that it doesn't have are 0. BASE_ERR_VALUE: not a key of ours. */
BASE_MUST_USE base_result key_parse(struct base_slice key, enum key_table *table, uint64_t *a, uint64_t *b);

#endif
