/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What comes and goes by inboxes, and the keys for it: part of what a core holds (state.h).
 */
#ifndef CORE_INBOX_STATE_H
#define CORE_INBOX_STATE_H

#include "mls/mls.h"
#include "tree_state.h"
#include "wire/wire.h"

enum {
    STATE_MAX_TELLERS = 4, /**< devices that are asked for one place: the first one may be gone, too */
};

/** The private half of a published key package. Durable. */
struct key_package {
    uint64_t number;
    struct mls_secret ref;
    uint8_t name[WIRE_PACKAGE_NAME_LEN]; /**< as the server says it */
    struct base_bytes private_part;
    bool last_resort;
    uint64_t made_at; /**< seconds since 1970 */
    bool given;       /**< not durable: it is among those that the server has, as far as is known */
};

/** A member's device that may be asked for help. */
struct helper {
    uint8_t account[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t key[WIRE_KEY_LEN]; /**< of the device */
};

/** An invitation into a large group. Durable: number to before. */
struct invitation {
    uint64_t number;
    struct base_bytes letter; /**< as it came */
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t asked_at; /**< it could not be used, and others were asked for another one then, …; 0: not yet */
    uint8_t asked[STATE_MAX_TELLERS][WIRE_DEVICE_LEN]; /**< … these */
    size_t asked_count;
    struct helper tellers[STATE_MAX_TELLERS]; /**< others who have the group: asked if the invitation can't be used, or
                                                 those who were asked */
    size_t teller_count;
    uint8_t rounds;  /**< how often those who were asked were asked once more */
    uint64_t before; /**< as in heal_letter_ask_them() */
    struct tree_get get;
    uint64_t retry_at;
};

/** What goes to the inbox of a device: a Welcome. Durable. */
struct letter {
    uint64_t number;
    uint64_t group;    /**< whose commit it belongs to */
    bool held;         /**< until that commit has been accepted */
    bool kept;         /**< until the device has been sent what it is owed (history.h) */
    bool told;         /**< that the inbox is full */
    bool refused;      /**< the device is gone: what follows from that is up to unreached.h */
    uint8_t tries;     /**< how often the account was added again for that */
    uint64_t taken_at; /**< when the server has taken it, in milliseconds: it is kept without its content until
                          something of the device is heard; 0: not yet */
    uint8_t account[WIRE_ACCOUNT_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
    uint8_t nonce[WIRE_NONCE_LEN];
    struct base_bytes content;
    bool in_flight;    /* not durable, as what follows */
    bool absent;       /**< refused: so is its account */
    bool put_off;      /**< the server has refused it for a reason that may last: nothing waits for it */
    uint64_t retry_at; /**< milliseconds of the clock */
};

#endif
