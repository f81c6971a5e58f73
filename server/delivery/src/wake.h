/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What src/sleep.c and src/wake.c share.
 */
#ifndef DELIVERY_SRC_WAKE_H
#define DELIVERY_SRC_WAKE_H

#include "sleep.h"

/** Pushes to a device that waits, unless that was done too often. */
void wake_one(struct delivery *delivery, struct sleeper *sleeper);

/** Those that have had their push long enough ago listen again. */
void wake_tired(struct delivery *delivery);

void queue_push(struct sleeper_queue *queue, struct sleeper *sleeper);
/** Does nothing if it is in none. */
void queue_take(struct sleeper *sleeper);

/** A sleeper for `waits` names that are to be filled in, and in no table yet. NULL: no room. */
struct sleeper *sleeper_new(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                            const uint8_t device[WIRE_DEVICE_LEN], size_t waits);
/** From now on it is found by its device. */
void sleeper_enter(struct delivery *delivery, struct sleeper *sleeper);
struct sleeper *sleeper_find(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN]);

/** It waits for what it has the names of. It must be in no queue. */
void sleeper_listen(struct delivery *delivery, struct sleeper *sleeper);
/** It waits for nothing, and is in no queue. */
void sleeper_hush(struct sleeper *sleeper);

#endif
