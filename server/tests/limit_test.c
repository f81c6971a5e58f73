/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What one account can do to others by asking for much: nothing that lasts.
 */
#include <stdio.h>

#include "peer.h"

enum { HOUR_MS = 3600 * 1000, MIB = 1 << 20 };

/* Asks until it is too much, a second after the other; how many were let through. */
static size_t ask_until_too_often(struct peer *peer, struct wire_frame *frame, struct wire_frame *answer) {
    size_t taken = 0;
    ask(peer, frame, answer);
    while (answer->type != WIRE_REFUSAL || answer->of.refusal.code != WIRE_REFUSED_TOO_OFTEN) {
        taken++;
        peer->world->clock.now += 1000;
        ask(peer, frame, answer);
    }
    return taken;
}

static struct wire_frame letter_to(const struct peer *peer, struct base_slice content) {
    struct wire_frame frame = { .type = WIRE_INBOX_APPEND };
    memcpy(frame.of.inbox_append.account, peer->account, WIRE_ACCOUNT_LEN);
    memcpy(frame.of.inbox_append.device, peer->device, WIRE_DEVICE_LEN);
    frame.of.inbox_append.content = content;
    return frame;
}

static void test_nobody_fills_an_inbox_alone(void **state) {
    struct world *world = *state;
    struct peer attacker, target, friend, other;
    struct wire_frame answer;
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), MIB - 1024, &content));
    join(world, &attacker, 1);
    join(world, &target, 2);
    join(world, &friend, 3);
    join(world, &other, 4);
    world->driver.refuse_with = WIRE_REFUSED_NO_DEVICE; /* nothing has to be stored to be counted */
    struct wire_frame frame = letter_to(&target, base_borrow(&content)),
                      elsewhere = letter_to(&other, base_borrow(&content));
    assert_int_equal(ask_until_too_often(&attacker, &frame, &answer), 16);
    assert_in_range(answer.of.refusal.argument, HOUR_MS, 342 * HOUR_MS);
    assert_refused(&friend, &frame, WIRE_REFUSED_NO_DEVICE);
    assert_refused(&attacker, &elsewhere, WIRE_REFUSED_NO_DEVICE);

    /* In the year that letters wait: large ones, and small ones, which count a KiB each. */
    size_t letters = 16;
    for (size_t hours = 0; hours < STORE_INBOX_LIFETIME / 3600; hours += 10) { /* one is let in every 21 hours */
        world->clock.now += 10 * HOUR_MS;
        ask(&attacker, &frame, &answer);
        letters += answer.of.refusal.code == WIRE_REFUSED_NO_DEVICE ? 1 : 0;
    }
    assert_in_range(letters, 30, STORE_MAX_INBOX_BYTES / MIB * 2 / 3);
    frame = letter_to(&target, base_slice_text("x"));
    assert_in_range(ask_until_too_often(&attacker, &frame, &answer), 0, 1024);
    leave(&attacker);
    leave(&target);
    leave(&friend);
    leave(&other);
}

static void test_nobody_fills_the_disk_alone(void **state) {
    struct world *world = *state;
    struct peer attacker, friend;
    struct wire_frame answer;
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), MIB - 1024, &content));
    join(world, &attacker, 1);
    join(world, &friend, 2);
    world->driver.refuse_with = WIRE_REFUSED_FULL;
    struct wire_frame frame = { .type = WIRE_APPEND, .of.append = { .content = base_borrow(&content) } };
    frame.of.append.lifetime = WIRE_MAX_LIFETIME; /* counts as often as it lasts 30 days */
    assert_in_range(ask_until_too_often(&attacker, &frame, &answer), 70, 80);
    frame.of.append.lifetime = 0;
    assert_refused(&friend, &frame, WIRE_REFUSED_FULL);
    frame = (struct wire_frame){ .type = WIRE_DELETE_ENTRY };
    assert_refused(&attacker, &frame, WIRE_REFUSED_FULL);
    leave(&attacker);
    leave(&friend);
}

static void test_nobody_fills_the_blobs_alone(void **state) {
    struct world *world = *state;
    struct peer attacker, friend;
    struct wire_frame answer;
    join(world, &attacker, 1);
    join(world, &friend, 2);
    world->driver.refuse_with = WIRE_REFUSED_FULL;
    struct wire_frame frame = { .type = WIRE_CREATE_BLOB, .of.create_blob.size = ((uint64_t)2 << 30) - MIB };
    assert_int_equal(ask_until_too_often(&attacker, &frame, &answer), 8);
    assert_in_range(answer.of.refusal.argument, HOUR_MS, 13 * HOUR_MS);
    assert_refused(&friend, &frame, WIRE_REFUSED_FULL);
    frame.of.create_blob.size = UINT64_MAX;
    assert_refused(&attacker, &frame, WIRE_REFUSED_TOO_OFTEN);
    frame = (struct wire_frame){ .type = WIRE_HOLD_BLOB, .of.hold_blob.size = (uint64_t)1 << 30 };
    assert_refused(&attacker, &frame, WIRE_REFUSED_TOO_OFTEN);
    assert_refused(&friend, &frame, WIRE_REFUSED_FULL);
    leave(&attacker);
    leave(&friend);
}

static void test_a_device_has_one_connection(void **state) {
    struct world *world = *state;
    struct peer first, second;
    struct wire_frame answer;
    join(world, &first, 1);
    connect_peer(world, &second);
    make_keys(&second, 1);
    memcpy(second.account, first.account, WIRE_ACCOUNT_LEN);
    second.seed[0] ^= 1;
    struct wire_frame proof = sign_in(&second, "example.org");
    assert_refused(&second, &proof, WIRE_REFUSED_SIGN_IN);
    assert_false(delivery_is_ended(first.session)); /* a wrong signature ends nobody's connection */
    second.seed[0] ^= 1;
    proof = sign_in(&second, "example.org");
    ask(&second, &proof, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
    assert_true(receive(&first, &answer));
    assert_int_equal(answer.type, WIRE_REFUSAL);
    assert_string_equal(wire_refusal_name(answer.of.refusal.code), "elsewhere");
    assert_true(delivery_is_ended(first.session));
    leave(&first);
    leave(&second);
}

/* Who fails faster than failures are forgiven is refused without a look at what he says, for as long as he goes on. */
static void test_failures_are_not_cheap_at_the_limit(void **state) {
    struct world *world = *state;
    struct peer peer;
    struct wire_frame answer;
    size_t looked_at = 0;
    connect_peer(world, &peer);
    make_keys(&peer, 1);
    struct wire_frame frame = sign_in(&peer, "example.org");
    for (int i = 0; i < 10000; i++) {
        world->clock.now += 10;
        ask(&peer, &frame, &answer);
        looked_at += answer.of.refusal.code == WIRE_REFUSED_SIGN_IN ? 1 : 0;
    }
    assert_in_range(looked_at, 300, 700); /* a hundred at once, then five a second in 100 seconds */
    leave(&peer);
}

enum { SESSIONS = 20, TOLD_AT_ONCE = 10, TOLD_NOW_OF = 8, TOLD_NOW = 128 }; /* set_up(); delivery's */

/* One address can't keep the others out, nor come without end. */
static void test_arrivals(void **state) {
    struct world *world = *state;
    struct base_slice here = base_slice_text("here"), there = base_slice_text("there");
    struct delivery_arrival arrival = { 0 }, other = { 0 };
    for (size_t i = 0; i < SESSIONS / 4 * 3; i++) {
        assert_true(delivery_arrive(world->delivery, here, &arrival) && arrival.wait == 0);
    }
    assert_true(delivery_arrive(world->delivery, here, &other) && other.wait != 0);
    delivery_depart(world->delivery, &other);
    assert_true(delivery_arrive(world->delivery, there, &other) && other.wait == 0);
    assert_int_not_equal(arrival.ticket, other.ticket);
    size_t arrivals = 0;
    for (bool more = true; more; arrivals += more ? 1 : 0) {
        delivery_depart(world->delivery, &arrival);
        more = delivery_arrive(world->delivery, here, &arrival) && arrival.wait == 0;
    }
    assert_in_range(arrivals, 9900, 10000);
    assert_int_equal(arrival.wait, 3); /* 500 a second */
    delivery_depart(world->delivery, &arrival);
    world->clock.now += 10;
    assert_true(delivery_arrive(world->delivery, here, &arrival) && arrival.wait == 0);
}

/* As many connections as it likes, each gone at once, `apart` milliseconds after the other: how many were told. */
static size_t storm(struct world *world, size_t count, uint64_t apart) {
    struct delivery_arrival arrival;
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        world->clock.now += apart;
        if (delivery_arrive(world->delivery, base_slice_text("here"), &arrival)) {
            told += arrival.wait == 0 ? 0 : 1;
            delivery_depart(world->delivery, &arrival);
        }
    }
    return told;
}

/* Who is over the limit hears of it, and it costs no more the more often he comes. */
static void test_few_are_told(void **state) {
    struct world *world = *state;
    struct delivery_counters counters;
    struct delivery_arrival stays[SESSIONS / 4 * 3];
    for (size_t i = 0; i < SESSIONS / 4 * 3; i++) {
        assert_true(delivery_arrive(world->delivery, base_slice_text("here"), &stays[i]));
    }
    assert_int_equal(storm(world, 100000, 0), TOLD_AT_ONCE);
    assert_int_equal(storm(world, 100000, 1), 100); /* in 100 seconds */
    delivery_count(world->delivery, &counters);
    assert_int_equal(counters.told, TOLD_AT_ONCE + 100);
    assert_int_equal(counters.dropped, 2 * 100000 - TOLD_AT_ONCE - 100);
    assert_int_equal(counters.arrived, SESSIONS / 4 * 3);
    delivery_depart(world->delivery, &stays[0]);
    assert_true(delivery_arrive(world->delivery, base_slice_text("here"), &stays[0]) && stays[0].wait == 0);
}

/* Nor the longer he stays. */
static void test_few_are_being_told(void **state) {
    struct world *world = *state;
    struct delivery_arrival arrivals[TOLD_NOW], arrival, guest;
    size_t now = 0;
    for (unsigned i = 0; now < TOLD_NOW; i++) {
        char address[16];
        (void)snprintf(address, sizeof address, "host %u", i);
        for (size_t j = 0; j < SESSIONS / 4 * 3; j++) {
            assert_true(delivery_arrive(world->delivery, base_slice_text(address), &guest) && guest.wait == 0);
        }
        size_t of_it = 0;
        while (now < TOLD_NOW && delivery_arrive(world->delivery, base_slice_text(address), &arrival)) {
            assert_int_not_equal(arrival.wait, 0);
            arrivals[now] = arrival;
            now++;
            of_it++;
        }
        assert_int_equal(of_it, TOLD_NOW_OF);
    }
    assert_true(delivery_arrive(world->delivery, base_slice_text("one more"), &guest) && guest.wait == 0);
    for (size_t j = 1; j < SESSIONS / 4 * 3; j++) {
        assert_true(delivery_arrive(world->delivery, base_slice_text("one more"), &guest) && guest.wait == 0);
    }
    assert_false(delivery_arrive(world->delivery, base_slice_text("one more"), &arrival));
    delivery_depart(world->delivery, &arrivals[0]);
    assert_true(delivery_arrive(world->delivery, base_slice_text("one more"), &arrival) && arrival.wait != 0);
}

/* What a proxy brings counts for whom it is from, and nothing of it for the proxy. */
static void test_arrivals_by_a_proxy(void **state) {
    enum { BURST = 10000 };
    struct world *world = *state;
    struct base_slice proxy = base_slice_text("proxy"), here = base_slice_text("here"),
                      there = base_slice_text("there");
    struct delivery_arrival arrival = { 0 };
    size_t let_in = 0, told = 0;
    for (size_t i = 0; i < 2 * (size_t)BURST; i++) {
        assert_true(delivery_arrive(world->delivery, proxy, &arrival) && arrival.wait == 0);
        uint32_t other = arrival.ticket;
        if (delivery_arrive_from(world->delivery, here, &arrival)) {
            assert_int_not_equal(arrival.ticket, other);
            let_in += arrival.wait == 0 ? 1 : 0;
            told += arrival.wait == 0 ? 0 : 1;
            delivery_depart(world->delivery, &arrival);
        }
    }
    assert_int_equal(let_in, BURST);
    assert_int_equal(told, TOLD_AT_ONCE);
    assert_true(delivery_arrive(world->delivery, proxy, &arrival) && arrival.wait == 0);
    assert_true(delivery_arrive_from(world->delivery, there, &arrival) && arrival.wait == 0);
    delivery_depart(world->delivery, &arrival);
    struct delivery_counters counters;
    delivery_count(world->delivery, &counters);
    assert_int_equal(counters.arrived, 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_fills_an_inbox_alone),
        TEST(test_nobody_fills_the_disk_alone),
        TEST(test_nobody_fills_the_blobs_alone),
        TEST(test_a_device_has_one_connection),
        TEST(test_failures_are_not_cheap_at_the_limit),
        TEST(test_arrivals),
        TEST(test_few_are_told),
        TEST(test_few_are_being_told),
        TEST(test_arrivals_by_a_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
