/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pushes: one to a device that is away, then silence until it comes back or has had some time.
 */
#include "wake.h"

#include <string.h>

#include "state.h"

enum {
    QUIET_MS = 10 * 60 * 1000, /* after a push, unless the device was here in between */
    MAX_UNDER_WAY = 64,        /* the others wait here, where they need least room */
};

/* Also for a device that comes and goes all the time. */
static const struct bucket_limit LIMIT = { 10, 30, 0 };

static void pump(struct delivery *delivery);

void wake_one(struct delivery *delivery, struct sleeper *sleeper) {
    uint8_t name[WIRE_ACCOUNT_LEN + WIRE_DEVICE_LEN];
    memcpy(name, sleeper->account, WIRE_ACCOUNT_LEN);
    memcpy(name + WIRE_ACCOUNT_LEN, sleeper->device, WIRE_DEVICE_LEN);
    struct bucket *bucket = address_bucket(&delivery->sleep.limits, base_slice(name, sizeof name));
    if (bucket_take(bucket, &LIMIT, 1, delivery_now_ms(delivery)) != 0) {
        return; /* it goes on waiting */
    }
    sleeper_hush(sleeper);
    queue_push(&delivery->sleep.due, sleeper);
    pump(delivery);
}

void wake_tired(struct delivery *delivery) {
    struct sleep *sleep = &delivery->sleep;
    uint64_t now = delivery_now_ms(delivery);
    while (sleep->quiet.first != NULL && now - sleep->quiet.first->since >= QUIET_MS) {
        struct sleeper *sleeper = sleep->quiet.first;
        queue_take(sleeper);
        sleeper_listen(delivery, sleeper);
    }
}

/* --- one push --- */

static bool is_under_way(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                         const uint8_t device[WIRE_DEVICE_LEN], struct sleeper **out) {
    *out = sleeper_find(delivery, account, device);
    return *out != NULL && (*out)->queue == NULL;
}

static void dropped(struct store_op *op) {
    store_op_free(op);
}

/* Unless the device has given another one meanwhile. */
static void drop_endpoint(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                          const uint8_t device[WIRE_DEVICE_LEN], struct base_slice endpoint) {
    struct store_op *op = store_op_new(delivery->options.allocator, STORE_DROP_PUSH);
    if (op == NULL || base_bytes_copy(delivery->options.allocator, endpoint, &op->asked) != BASE_OK) {
        store_op_free(op);
        return;
    }
    memcpy(op->account, account, WIRE_ACCOUNT_LEN);
    memcpy(op->device, device, WIRE_DEVICE_LEN);
    op->ask.type = WIRE_PUT_PUSH;
    op->ask.of.put_push.endpoint = base_borrow(&op->asked);
    op->done = dropped;
    store_submit(delivery->options.store, op);
}

void delivery_pushed(struct delivery *delivery, const struct delivery_push *push, enum delivery_outcome outcome) {
    struct delivery_counters *counters = &delivery->counters;
    struct sleeper *sleeper = NULL;
    bool waits = is_under_way(delivery, push->account, push->device, &sleeper);
    delivery->sleep.under_way--;
    counters->pushes_sent += outcome == DELIVERY_PUSH_SENT ? 1 : 0;
    counters->pushes_gone += outcome == DELIVERY_PUSH_GONE ? 1 : 0;
    counters->pushes_failed += outcome == DELIVERY_PUSH_FAILED ? 1 : 0;
    if (outcome == DELIVERY_PUSH_GONE) {
        drop_endpoint(delivery, push->account, push->device, base_slice_text(push->url));
    }
    if (waits && outcome == DELIVERY_PUSH_GONE) {
        sleep_forget(delivery, push->account, push->device);
    } else if (waits) {
        sleeper->since = delivery_now_ms(delivery);
        queue_push(&delivery->sleep.quiet, sleeper);
    }
    pump(delivery);
}

/* The endpoint was looked up. */
static void found(struct store_op *op) {
    struct delivery *delivery = op->user;
    struct sleeper *sleeper = NULL;
    struct delivery_push push = { 0 };
    struct base_slice endpoint = store_succeeded(op) ? op->answer.of.put_push.endpoint : base_slice(NULL, 0);
    bool wanted = is_under_way(delivery, op->account, op->device, &sleeper);
    bool good =
        endpoint.data != NULL && push_endpoint_parse(delivery->options.push_hosts, endpoint, &push.endpoint) == BASE_OK;
    memcpy(push.account, op->account, WIRE_ACCOUNT_LEN);
    memcpy(push.device, op->device, WIRE_DEVICE_LEN);
    if (good) {
        memcpy(push.url, endpoint.data, endpoint.len);
    }
    if (!good || !wanted) {
        delivery->sleep.under_way--;
        if (wanted) {
            sleep_forget(delivery, op->account, op->device);
        }
        pump(delivery);
    } else if (!delivery->options.push(delivery->options.user, &push)) {
        delivery_pushed(delivery, &push, DELIVERY_PUSH_FAILED);
    }
    store_op_free(op);
}

static void look_up(struct delivery *delivery, struct sleeper *sleeper) {
    struct store_op *op = store_op_new(delivery->options.allocator, STORE_FIND_PUSH);
    queue_take(sleeper);
    if (op == NULL) {
        sleep_forget(delivery, sleeper->account, sleeper->device);
        return;
    }
    memcpy(op->account, sleeper->account, WIRE_ACCOUNT_LEN);
    memcpy(op->device, sleeper->device, WIRE_DEVICE_LEN);
    op->done = found;
    op->user = delivery;
    delivery->sleep.under_way++;
    store_submit(delivery->options.store, op);
}

static void pump(struct delivery *delivery) {
    struct sleep *sleep = &delivery->sleep;
    while (sleep->due.first != NULL && sleep->under_way < MAX_UNDER_WAY && !sleep->stopped) {
        look_up(delivery, sleep->due.first);
    }
}

void delivery_stop_pushes(struct delivery *delivery) {
    delivery->sleep.stopped = true;
}

/* --- after a start --- */

/* What they wait for is not known any more. */
static void wake_unknown(struct delivery *delivery, const uint8_t account[WIRE_ACCOUNT_LEN],
                         const uint8_t device[WIRE_DEVICE_LEN]) {
    if (online_has(delivery, account, device) || sleeper_find(delivery, account, device) != NULL) {
        return;
    }
    struct sleeper *sleeper = sleeper_new(delivery, account, device, 0);
    if (sleeper != NULL) {
        sleeper_enter(delivery, sleeper);
        sleeper_listen(delivery, sleeper);
        wake_one(delivery, sleeper);
    }
}

static void listed(struct store_op *op) {
    struct delivery *delivery = op->user;
    struct sleep *sleep = &delivery->sleep;
    struct base_reader names = base_reader(base_borrow(&op->answered));
    sleep->listing = false;
    sleep->listed = store_succeeded(op) && !op->more;
    while (store_succeeded(op) && names.left != 0 &&
           base_read_copy(&names, sleep->list_account, WIRE_ACCOUNT_LEN) == BASE_OK &&
           base_read_copy(&names, sleep->list_device, WIRE_DEVICE_LEN) == BASE_OK) {
        wake_unknown(delivery, sleep->list_account, sleep->list_device);
    }
    store_op_free(op);
}

bool delivery_wake_unknown(struct delivery *delivery) {
    struct sleep *sleep = &delivery->sleep;
    if (sleep->listed || delivery->options.push == NULL) {
        return false;
    }
    /* As many as can't be sent yet are not asked for. */
    if (sleep->listing || sleep->due.first != NULL) {
        return true;
    }
    struct store_op *op = store_op_new(delivery->options.allocator, STORE_LIST_PUSHES);
    if (op == NULL) {
        return true;
    }
    memcpy(op->account, sleep->list_account, WIRE_ACCOUNT_LEN);
    memcpy(op->device, sleep->list_device, WIRE_DEVICE_LEN);
    op->done = listed;
    op->user = delivery;
    sleep->listing = true;
    store_submit(delivery->options.store, op);
    return true;
}
