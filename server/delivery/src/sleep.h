/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Devices that are away and want to be told by a push that there may be something new: which they are, and what for.
 * All of it is in memory alone, and forgotten when the device is back.
 */
#ifndef DELIVERY_SRC_SLEEP_H
#define DELIVERY_SRC_SLEEP_H

#include "bucket.h"
#include "delivery/delivery.h"

struct sleeper;

/** A stream or inbox whose entries wake a device. Its name is kept as a hash under a key of this run. */
struct wait {
    uint64_t name;
    struct sleeper *sleeper;
    struct wait *next, **at; /**< in its slot; `at` is NULL while it wakes nobody */
    uint64_t quiet_until;    /**< seconds */
};

/** In the order in which they came. */
struct sleeper_queue {
    struct sleeper *first, *last;
};

/** A device that is away. */
struct sleeper {
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN];
    struct sleeper_queue *queue; /**< where it is: waiting, due, quiet; NULL: its push is under way */
    struct sleeper *previous, *next;
    struct sleeper *next_of_slot;
    uint64_t since; /**< quiet: when it was pushed to, milliseconds */
    size_t wait_count;
    struct wait waits[];
};

enum { SLEEPER_SLOTS = 16384 };

struct sleep {
    uint8_t key[32];
    struct sleeper *slots[SLEEPER_SLOTS];     /**< lists, by device */
    struct sleeper_queue waiting, due, quiet; /**< for an entry; for their push; for some time after it */
    size_t sleepers, waits;                   /**< how many there are */
    struct wait **table;                      /**< lists, by name */
    size_t table_slots;                       /**< a power of two, or 0 */
    size_t under_way;                         /**< pushes */
    bool stopped;                             /**< the server ends */
    struct address_buckets limits;            /**< by device */
    bool listing, listed;                     /**< those of before the start are being listed; all of them were */
    uint8_t list_account[WIRE_ACCOUNT_LEN], list_device[WIRE_DEVICE_LEN]; /**< … up to this one */
};

struct topic_name;
struct delivery_session;

BASE_MUST_USE base_result sleep_open(struct sleep *sleep, const struct base_random *random);
void sleep_close(struct sleep *sleep);

/** The session's device is back: it is not pushed to. */
void sleep_back(struct delivery_session *session);

/** The session ends: notes what its device waits for. `lost`: it may not have got what was sent last. */
void sleep_begin(struct delivery_session *session, bool lost);

/** Nothing is pushed to this device any more. */
void sleep_forget(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                  const uint8_t device[WIRE_DEVICE_LEN]);

/** Something was appended: wakes the devices that wait for it, but those of the account that it comes from. */
void sleep_wake(struct delivery *delivery, const struct topic_name *name, const uint8_t by[WIRE_ACCOUNT_LEN]);

#endif
