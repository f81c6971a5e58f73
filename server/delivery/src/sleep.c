/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Devices that are away: who they are and what they wait for. src/wake.c pushes to them.
 */
#include "sleep.h"

#include <openssl/sha.h>
#include <string.h>

#include "state.h"
#include "wake.h"

enum {
    FIRST_SLOTS = 1024,
    SETTLE_MS = 30 * 1000,   /* within which a new connection has said again what it reads */
    LOST_MS = 5 * 60 * 1000, /* after which a dead connection is noticed at the latest (NET's pings) */
};

base_result sleep_open(struct sleep *sleep, const struct base_random *random) {
    BASE_TRY(address_buckets_init(&sleep->limits, random));
    return base_random_fill(random, sleep->key, sizeof sleep->key);
}

/* --- queues --- */

void queue_push(struct sleeper_queue *queue, struct sleeper *sleeper) {
    sleeper->queue = queue;
    sleeper->previous = queue->last;
    sleeper->next = NULL;
    *(queue->last == NULL ? &queue->first : &queue->last->next) = sleeper;
    queue->last = sleeper;
}

void queue_take(struct sleeper *sleeper) {
    struct sleeper_queue *queue = sleeper->queue;
    if (queue == NULL) {
        return;
    }
    *(sleeper->previous == NULL ? &queue->first : &sleeper->previous->next) = sleeper->next;
    *(sleeper->next == NULL ? &queue->last : &sleeper->next->previous) = sleeper->previous;
    sleeper->queue = NULL;
}

/* --- names, and who waits for them --- */

static uint64_t hash_name(const struct sleep *sleep, const struct topic_name *name) {
    uint8_t input[sizeof sleep->key + WIRE_STREAM_LEN + 1], hash[SHA256_DIGEST_LENGTH];
    uint64_t result = 0;
    memcpy(input, sleep->key, sizeof sleep->key);
    memcpy(input + sizeof sleep->key, name->bytes, WIRE_STREAM_LEN);
    input[sizeof input - 1] = name->inbox ? 1 : 0;
    SHA256(input, sizeof input, hash);
    memcpy(&result, hash, sizeof result);
    return result;
}

static void link_wait(struct sleep *sleep, struct wait *wait) {
    struct wait **at = &sleep->table[(size_t)wait->name & (sleep->table_slots - 1)];
    wait->next = *at;
    wait->at = at;
    if (*at != NULL) {
        (*at)->at = &wait->next;
    }
    *at = wait;
}

static void unlink_wait(struct wait *wait) {
    if (wait->at == NULL) {
        return;
    }
    *wait->at = wait->next;
    if (wait->next != NULL) {
        wait->next->at = wait->at;
    }
    wait->at = NULL;
}

/* A table that can't grow still works; without any, nobody is woken. */
static bool grow_table(struct delivery *delivery) {
    struct sleep *sleep = &delivery->sleep;
    if (sleep->waits < sleep->table_slots) {
        return true;
    }
    size_t slots = sleep->table_slots == 0 ? FIRST_SLOTS : 2 * sleep->table_slots;
    struct wait **table = base_take(delivery->options.allocator, slots, sizeof *table);
    if (table == NULL) {
        return sleep->table_slots != 0;
    }
    struct wait **old = sleep->table;
    size_t old_slots = sleep->table_slots;
    sleep->table = table;
    sleep->table_slots = slots;
    for (size_t i = 0; i < old_slots; i++) {
        while (old[i] != NULL) {
            struct wait *wait = old[i];
            unlink_wait(wait);
            link_wait(sleep, wait);
        }
    }
    base_free(old);
    return true;
}

void sleeper_listen(struct delivery *delivery, struct sleeper *sleeper) {
    for (size_t i = 0; i < sleeper->wait_count; i++) {
        link_wait(&delivery->sleep, &sleeper->waits[i]);
    }
    queue_push(&delivery->sleep.waiting, sleeper);
}

void sleeper_hush(struct sleeper *sleeper) {
    for (size_t i = 0; i < sleeper->wait_count; i++) {
        unlink_wait(&sleeper->waits[i]);
    }
    queue_take(sleeper);
}

/* --- devices --- */

/* Devices' names are random, but chosen by them: at worst somebody makes a list longer by his 16. */
static struct sleeper **slot_of(struct sleep *sleep, const uint8_t device[WIRE_DEVICE_LEN]) {
    uint64_t value = 0;
    memcpy(&value, device, sizeof value);
    return &sleep->slots[(size_t)(value * 0x9e3779b97f4a7c15 >> 32) % SLEEPER_SLOTS];
}

static struct sleeper **place_of(struct sleep *sleep, const uint8_t account[WIRE_ACCOUNT_LEN],
                                 const uint8_t device[WIRE_DEVICE_LEN]) {
    struct sleeper **at = slot_of(sleep, device);
    while (*at != NULL && (memcmp((*at)->account, account, WIRE_ACCOUNT_LEN) != 0 ||
                           memcmp((*at)->device, device, WIRE_DEVICE_LEN) != 0)) {
        at = &(*at)->next_of_slot;
    }
    return at;
}

struct sleeper *sleeper_find(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                             const uint8_t device[WIRE_DEVICE_LEN]) {
    return *place_of(&delivery->sleep, account, device);
}

/* Takes it out of everything; it is its caller's then. */
static struct sleeper *take_out(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                                const uint8_t device[WIRE_DEVICE_LEN]) {
    struct sleeper **at = place_of(&delivery->sleep, account, device);
    struct sleeper *sleeper = *at;
    if (sleeper != NULL) {
        sleeper_hush(sleeper);
        *at = sleeper->next_of_slot;
    }
    return sleeper;
}

static void free_sleeper(struct delivery *delivery, struct sleeper *sleeper) {
    if (sleeper != NULL) {
        delivery->sleep.sleepers--;
        delivery->sleep.waits -= sleeper->wait_count;
        base_free(sleeper);
    }
}

void sleep_forget(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                  const uint8_t device[WIRE_DEVICE_LEN]) {
    free_sleeper(delivery, take_out(delivery, account, device));
}

/* Who has been away for longest makes room for who leaves now. */
static bool make_room(struct delivery *delivery, size_t waits) {
    struct sleep *sleep = &delivery->sleep;
    while (sleep->sleepers >= delivery->options.max_sleepers || sleep->waits + waits > delivery->options.max_waits) {
        const struct sleeper *oldest = sleep->waiting.first != NULL ? sleep->waiting.first : sleep->quiet.first;
        if (oldest == NULL) {
            return false;
        }
        sleep_forget(delivery, oldest->account, oldest->device);
    }
    return true;
}

struct sleeper *sleeper_new(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                            const uint8_t device[WIRE_DEVICE_LEN], size_t waits) {
    struct sleep *sleep = &delivery->sleep;
    if (!make_room(delivery, waits)) {
        return NULL;
    }
    struct sleeper *sleeper =
        base_take(delivery->options.allocator, 1, sizeof *sleeper + waits * sizeof sleeper->waits[0]);
    if (sleeper == NULL) {
        return NULL;
    }
    memcpy(sleeper->account, account, WIRE_ACCOUNT_LEN);
    memcpy(sleeper->device, device, WIRE_DEVICE_LEN);
    sleeper->wait_count = waits;
    sleep->sleepers++;
    sleep->waits += waits;
    return sleeper;
}

void sleeper_enter(struct delivery *delivery, struct sleeper *sleeper) {
    struct sleeper **slot = slot_of(&delivery->sleep, sleeper->device);
    sleeper->next_of_slot = *slot;
    *slot = sleeper;
}

void sleep_close(struct sleep *sleep) {
    for (size_t i = 0; i < SLEEPER_SLOTS; i++) {
        while (sleep->slots[i] != NULL) {
            struct sleeper *sleeper = sleep->slots[i];
            sleep->slots[i] = sleeper->next_of_slot;
            base_free(sleeper);
        }
    }
    base_free(sleep->table);
}

/* --- to come and to go --- */

void sleep_back(struct delivery_session *session) {
    struct sleeper *before = take_out(session->delivery, session->account, session->device);
    session->signed_in_at = delivery_now_ms(session->delivery);
    if (session->pushes) {
        session->before = before;
    } else {
        free_sleeper(session->delivery, before);
    }
}

static struct sleeper *gather(struct delivery_session *session) {
    struct delivery *delivery = session->delivery;
    size_t most = delivery->options.max_waits_of_one;
    size_t count = session->subscription_count < most ? session->subscription_count : most;
    struct sleeper *sleeper = sleeper_new(delivery, session->account, session->device, count);
    const struct subscription *subscription = session->subscriptions;
    for (size_t i = 0; sleeper != NULL && i < count; i++, subscription = subscription->next_of_session) {
        sleeper->waits[i] = (struct wait){ .name = hash_name(&delivery->sleep, &subscription->topic->name),
                                           .sleeper = sleeper,
                                           .quiet_until = subscription->quiet_until };
    }
    return sleeper;
}

void sleep_begin(struct delivery_session *session, bool lost) {
    struct delivery *delivery = session->delivery;
    struct sleeper *before = session->before;
    session->before = NULL;
    bool away = session->signed_in && session->pushes && !delivery->sleep.stopped &&
                !online_has(delivery, session->account, session->device);
    if (!away || sleeper_find(delivery, session->account, session->device) != NULL) {
        free_sleeper(delivery, before);
        return;
    }
    /* A connection that broke off at once had no time to say what it reads: what was known before still holds. */
    uint64_t now = delivery_now_ms(delivery);
    bool settled = now - session->signed_in_at >= SETTLE_MS;
    struct sleeper *sleeper = before;
    if (before == NULL || settled || before->wait_count <= session->subscription_count) {
        free_sleeper(delivery, before);
        sleeper = gather(session);
    }
    if (sleeper == NULL) {
        return;
    }
    if (!grow_table(delivery)) {
        free_sleeper(delivery, sleeper);
        return;
    }
    sleeper_enter(delivery, sleeper);
    sleeper_listen(delivery, sleeper);
    if (lost && session->told_at != 0 && now - session->told_at < LOST_MS) {
        wake_one(delivery, sleeper);
    }
}

void sleep_wake(struct delivery *delivery, const struct topic_name *name, const uint8_t by[WIRE_ACCOUNT_LEN]) {
    struct sleep *sleep = &delivery->sleep;
    wake_tired(delivery);
    if (sleep->waiting.first == NULL || sleep->table_slots == 0) {
        return;
    }
    uint64_t now = delivery_now(delivery), hash = hash_name(sleep, name);
    struct wait *next = NULL;
    for (struct wait *wait = sleep->table[(size_t)hash & (sleep->table_slots - 1)]; wait != NULL; wait = next) {
        next = wait->next;
        bool meant =
            wait->name == hash && wait->quiet_until <= now && memcmp(wait->sleeper->account, by, WIRE_ACCOUNT_LEN) != 0;
        if (meant) {
            /* Of a name that it has twice, the other one may be next. */
            while (next != NULL && next->sleeper == wait->sleeper) {
                next = next->next;
            }
            wake_one(delivery, wait->sleeper);
        }
    }
}
