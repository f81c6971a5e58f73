/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How much an account, an address and a pair of people may ask for. All of it is counted in memory, and forgotten when
 * the server ends.
 */
#include <string.h>

#include "state.h"

enum {
    AN_HOUR = 3600, /* seconds */
    KIB = 1024,
    MIB_BITS = 20,
    BYTES_PER_UNIT = 8192,
    MONTH = 30 * 24 * 3600,
    CROWDED_MS = 60 * 1000, /* when one of an address's connections will end nobody knows */
    LOOKUP_DEBT = MAX_REQUESTS * WIRE_MAX_IDENTITIES * LIMIT_MISS_COST, /* all under way, and none is there */
};

/*
 * Bytes and blobs: what one account can have stored, given that entries and blobs end after 30 days, stays far below a
 * disk's size; the first wave is large enough for a person's whole day. Letters: one account alone can't fill the inbox
 * of a device that is away for the year that letters wait (STORE_MAX_INBOX_BYTES).
 */
static const struct bucket_limit LIMITS[BUCKETS] = {
    [BUCKET_WORK] = { 5000, 1000 * AN_HOUR, 0 },   [BUCKET_REACH] = { 3000, 50 * AN_HOUR, 0 },
    [BUCKET_ROOM] = { 500, 10 * AN_HOUR, 0 },      [BUCKET_LOOKUP] = { 20000, 500 * AN_HOUR, LOOKUP_DEBT },
    [BUCKET_BYTES] = { 1 << 20, 10 * AN_HOUR, 0 }, [BUCKET_BLOBS] = { 16 << 10, 170, 0 },
};
static const struct bucket_limit LETTER_LIMIT = { 16 << 10, 3, 0 };

/* An office behind one address may reconnect all at once; guessing keys or codes is hopeless at any rate. */
static const struct bucket_limit ADDRESS_LIMIT = { 10000, 500 * AN_HOUR, 0 };

/* Those of an address that are over its limit, and hear of it: so much at once, in a second, and at the same moment. */
static const struct bucket_limit TOLD_LIMIT = { 10, AN_HOUR, 0 };
enum { TOLD_NOW_OF = 8, TOLD_NOW = 128 };
_Static_assert(TOLD_NOW_OF <= UINT8_MAX, "struct told counts them in a byte");

static uint64_t now_of(const struct delivery *delivery) {
    return delivery->options.clock->now(delivery->options.clock->user);
}

/* --- accounts --- */

void limit_become(struct delivery_session *session) {
    for (size_t i = 0; i < BUCKETS; i++) {
        session->buckets[i] =
            address_bucket(&session->delivery->accounts[i], base_slice(session->account, WIRE_ACCOUNT_LEN));
    }
    line_become(session, &session->delivery->accounts[BUCKET_WORK], session->buckets[BUCKET_WORK]);
}

static uint64_t take(const struct delivery_session *session, enum bucket_kind kind, uint32_t cost) {
    struct bucket *bucket = session->buckets[kind]; /* a guest has only the first one */
    return cost == 0 || bucket == NULL ? 0 : bucket_take(bucket, &LIMITS[kind], cost, now_of(session->delivery));
}

void limit_charge(struct delivery_session *session, enum bucket_kind kind, uint32_t cost) {
    bucket_charge(session->buckets[kind], &LIMITS[kind], cost);
}

static uint32_t kib_of(const struct store_op *op) {
    return (uint32_t)((op->asked.len + KIB - 1) / KIB);
}

/* What lives longer takes its room for longer. */
static uint32_t stored_kib(const struct store_op *op, enum store_task task) {
    uint32_t months = task == STORE_APPEND         ? op->ask.of.append.lifetime / MONTH
                      : task == STORE_INBOX_APPEND ? STORE_INBOX_LIFETIME / MONTH
                                                   : 0;
    return store_takes_room(task) ? kib_of(op) * (months + 1) : 0;
}

/* Larger ones than 4 GiB are refused by the store, whatever they cost. One that is held takes its room for longer. */
static uint32_t blob_mib(const struct store_op *op, enum store_task task) {
    enum { MOST_MIB = 4096 };
    uint64_t mib = task == STORE_CREATE_BLOB ? (op->ask.of.create_blob.size >> MIB_BITS) + 1
                   : task == STORE_HOLD_BLOB ? (op->ask.of.hold_blob.size >> MIB_BITS) + 1
                                             : 0;
    return mib > MOST_MIB ? MOST_MIB : (uint32_t)mib;
}

/* From this account to that device. */
static uint64_t take_letter(const struct delivery_session *session, const struct store_op *op) {
    const struct wire_inbox_append *ask = &op->ask.of.inbox_append;
    uint8_t pair[2 * WIRE_ACCOUNT_LEN + WIRE_DEVICE_LEN];
    memcpy(pair, session->account, WIRE_ACCOUNT_LEN);
    memcpy(pair + WIRE_ACCOUNT_LEN, ask->account, WIRE_ACCOUNT_LEN);
    memcpy(pair + sizeof pair - WIRE_DEVICE_LEN, ask->device, WIRE_DEVICE_LEN);
    struct bucket *bucket = address_bucket(&session->delivery->letters, base_slice(pair, sizeof pair));
    return bucket_take(bucket, &LETTER_LIMIT, kib_of(op), now_of(session->delivery));
}

uint64_t limit_take(struct delivery_session *session, const struct store_op *op, enum store_task task,
                    enum bucket_kind kind, uint32_t cost) {
    uint64_t wait = take(session, BUCKET_WORK, 1 + (uint32_t)(op->asked.len / BYTES_PER_UNIT));
    wait = wait != 0 || kind == BUCKET_WORK ? wait : take(session, kind, cost);
    if (wait != 0 || !session->signed_in) {
        return wait;
    }
    wait = take(session, BUCKET_BYTES, stored_kib(op, task));
    wait = wait != 0 ? wait : take(session, BUCKET_BLOBS, blob_mib(op, task));
    return wait != 0 || task != STORE_INBOX_APPEND ? wait : take_letter(session, op);
}

/* --- addresses --- */

struct bucket *limit_address(struct delivery *delivery, struct base_slice address) {
    return address_bucket(&delivery->addresses, address);
}

uint64_t limit_attempt(const struct delivery *delivery, struct bucket *address, uint32_t cost) {
    return bucket_take(address, &ADDRESS_LIMIT, cost, now_of(delivery));
}

void limit_failure(struct bucket *address) {
    enum { FAILURE_COST = 100 };
    bucket_charge(address, &ADDRESS_LIMIT, FAILURE_COST);
}

/* One over a limit that gets through to be told so costs as much as one that is let in, TLS included: to an address
 * that may have 500 of those a second, one more is nothing. */
static bool may_be_told(struct delivery *delivery, size_t slot) {
    struct told *told = &delivery->told;
    bool may = told->now < TOLD_NOW && told->now_of[slot] < TOLD_NOW_OF &&
               bucket_take(&told->allowances[slot], &TOLD_LIMIT, 1, now_of(delivery)) == 0;
    if (!may) {
        delivery->counters.dropped++;
        return false;
    }
    told->now++;
    told->now_of[slot]++;
    delivery->counters.told++;
    return true;
}

bool delivery_arrive(struct delivery *delivery, struct base_slice address, struct delivery_arrival *arrival) {
    struct bucket *bucket = limit_address(delivery, address);
    size_t slot = (size_t)(bucket - delivery->addresses.slots);
    size_t most = delivery->options.max_sessions / 4 * 3; /* a large office behind one address has room */
    uint64_t wait = delivery->connections[slot] >= most ? CROWDED_MS : limit_attempt(delivery, bucket, 1);
    if (wait != 0 && !may_be_told(delivery, slot)) {
        return false;
    }
    delivery->connections[slot] += wait == 0 ? 1 : 0;
    delivery->counters.arrived++;
    *arrival = (struct delivery_arrival){ (uint32_t)slot, wait };
    return true;
}

void delivery_depart(struct delivery *delivery, const struct delivery_arrival *arrival) {
    delivery->counters.arrived--;
    if (arrival->wait == 0) {
        delivery->connections[arrival->ticket]--;
    } else {
        delivery->told.now--;
        delivery->told.now_of[arrival->ticket]--;
    }
}

bool delivery_arrive_from(struct delivery *delivery, struct base_slice address, struct delivery_arrival *arrival) {
    bucket_give(arrival->wait == 0 ? &delivery->addresses.slots[arrival->ticket]
                                   : &delivery->told.allowances[arrival->ticket],
                1);
    delivery_depart(delivery, arrival);
    return delivery_arrive(delivery, address, arrival);
}

uint64_t delivery_attempt(struct delivery *delivery, struct base_slice address) {
    return limit_attempt(delivery, limit_address(delivery, address), 1);
}
