/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Token buckets, counted in what was used: so a new one needs no setting.
 */
#include "bucket.h"

#include <openssl/sha.h>
#include <string.h>

enum { UNIT = 1000, SECONDS_OF_HOUR = 3600 };

/* What a millisecond gives back is per_hour / 3600 thousandths of a unit; the time of which nothing came yet stays. */
static void regain(struct bucket *bucket, const struct bucket_limit *limit, uint64_t now_ms) {
    if (now_ms <= bucket->since || now_ms - bucket->since > UINT32_MAX) {
        /* A clock that jumps back gives nothing back, and takes nothing; after weeks, all is back. */
        bucket->used = now_ms <= bucket->since ? bucket->used : 0;
        bucket->since = now_ms;
        return;
    }
    uint64_t passed = (now_ms - bucket->since) * limit->per_hour;
    uint64_t regained = passed / SECONDS_OF_HOUR;
    bucket->used = bucket->used > regained ? bucket->used - regained : 0;
    bucket->since = now_ms - passed % SECONDS_OF_HOUR / limit->per_hour;
}

uint64_t bucket_take(struct bucket *bucket, const struct bucket_limit *limit, uint32_t cost, uint64_t now_ms) {
    regain(bucket, limit, now_ms);
    uint64_t full = (uint64_t)limit->burst * UNIT;
    uint64_t wanted = (uint64_t)(cost > limit->burst ? limit->burst : cost) * UNIT;
    if (bucket->used + wanted <= full) {
        bucket->used += wanted;
        return 0;
    }
    uint64_t missing = bucket->used + wanted - full;
    return missing * SECONDS_OF_HOUR / limit->per_hour + 1;
}

void bucket_charge(struct bucket *bucket, const struct bucket_limit *limit, uint32_t cost) {
    uint64_t most = ((uint64_t)limit->burst + (limit->debt != 0 ? limit->debt : limit->burst)) * UNIT;
    bucket->used += (uint64_t)cost * UNIT;
    bucket->used = bucket->used < most ? bucket->used : most;
}

void bucket_give(struct bucket *bucket, uint32_t cost) {
    uint64_t given = (uint64_t)cost * UNIT;
    bucket->used -= given < bucket->used ? given : bucket->used;
}

base_result address_buckets_init(struct address_buckets *buckets, const struct base_random *random) {
    return base_random_fill(random, buckets->key, sizeof buckets->key);
}

struct bucket *address_bucket(struct address_buckets *buckets, struct base_slice address) {
    uint8_t input[sizeof buckets->key + 32] = { 0 };
    uint8_t hash[SHA256_DIGEST_LENGTH];
    size_t len = address.len < 32 ? address.len : 32;
    memcpy(input, buckets->key, sizeof buckets->key);
    if (len != 0) {
        memcpy(input + sizeof buckets->key, address.data, len);
    }
    SHA256(input, sizeof input, hash);
    return &buckets->slots[((size_t)hash[0] << 8 | hash[1]) % ADDRESS_SLOTS];
}
