/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Token buckets: so much at once, so much an hour after that.
 */
#ifndef DELIVERY_SRC_BUCKET_H
#define DELIVERY_SRC_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/host.h"

struct bucket_limit {
    uint32_t burst;    /**< units that may be used at once */
    uint32_t per_hour; /**< units that come back in an hour */
    uint32_t debt;     /**< units that may be owed besides; 0: another burst */
};

/** A zeroed one is full. */
struct bucket {
    uint64_t used;  /**< thousandths of a unit */
    uint64_t since; /**< milliseconds since 1970 when `used` was right */
};

/** Takes `cost` units, and returns 0; or takes nothing, and returns how many milliseconds to wait, at least 1. */
uint64_t bucket_take(struct bucket *bucket, const struct bucket_limit *limit, uint32_t cost, uint64_t now_ms);

/**
 * Takes `cost` units whether they are there or not: who owes some waits until they have come back. More than the
 * limit's debt is never owed.
 */
void bucket_charge(struct bucket *bucket, const struct bucket_limit *limit, uint32_t cost);

/** Gives `cost` units back that were taken. */
void bucket_give(struct bucket *bucket, uint32_t cost);

/** Buckets by address or account: a table of fixed size, in which rare collisions share a bucket. */
enum { ADDRESS_SLOTS = 16384 }; /* DELIVERY_TICKETS */

struct address_buckets {
    uint8_t key[32]; /**< random: nobody can aim at another's slot */
    struct bucket slots[ADDRESS_SLOTS];
};

base_result address_buckets_init(struct address_buckets *buckets, const struct base_random *random);

/** The bucket of an address or account. */
struct bucket *address_bucket(struct address_buckets *buckets, struct base_slice address);

#endif
