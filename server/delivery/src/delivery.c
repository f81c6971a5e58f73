/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The whole of it: begin, end, sweep, count.
 */
#include "delivery/delivery.h"

#include "state.h"

static base_result set_up(struct delivery *delivery, const struct delivery_options *options) {
    delivery->options = *options;
    BASE_TRY(base_bytes_copy(options->allocator, options->domain, &delivery->domain));
    for (size_t i = 0; i < BUCKETS; i++) {
        BASE_TRY(address_buckets_init(&delivery->accounts[i], options->random));
    }
    BASE_TRY(address_buckets_init(&delivery->letters, options->random));
    BASE_TRY(sleep_open(&delivery->sleep, options->random));
    return address_buckets_init(&delivery->addresses, options->random);
}

base_result delivery_open(const struct delivery_options *options, struct delivery **out) {
    struct delivery *delivery = base_take(options->allocator, 1, sizeof *delivery);
    BASE_ENSURE(delivery != NULL, BASE_ERR_NO_MEMORY);
    base_result result = set_up(delivery, options);
    if (result != BASE_OK) {
        delivery_close(delivery);
        return result;
    }
    *out = delivery;
    return BASE_OK;
}

void delivery_close(struct delivery *delivery) {
    if (delivery == NULL) {
        return;
    }
    sleep_close(&delivery->sleep);
    base_free(delivery->topics);
    base_bytes_free(&delivery->domain);
    base_free(delivery);
}

static void swept(struct store_op *op) {
    struct delivery *delivery = op->user;
    bool more = store_succeeded(op) && op->more;
    store_op_free(op);
    if (more) {
        delivery_sweep(delivery);
    }
}

void delivery_sweep(struct delivery *delivery) {
    struct store_op *op = store_op_new(delivery->options.allocator, STORE_SWEEP);
    if (op == NULL) {
        return;
    }
    op->now = delivery_now(delivery);
    op->done = swept;
    op->user = delivery;
    store_submit(delivery->options.store, op);
}

void delivery_count(const struct delivery *delivery, struct delivery_counters *out) {
    *out = delivery->counters;
    out->sleepers = delivery->sleep.sleepers;
    out->held = delivery->held;
}
