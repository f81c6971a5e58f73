/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Devices that are away: who is pushed to, for what, how often, and what is forgotten when.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>

#include "peer.h"

enum { MINUTE_MS = 60 * 1000 };

/* --- what peers do --- */

static void put_push(struct peer *peer, const char *endpoint) {
    struct wire_frame frame = { .type = WIRE_PUT_PUSH }, answer;
    frame.of.put_push.endpoint = base_slice_text(endpoint);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
}

/* Of token 1, then 2. */
static void hash_token(uint8_t number, uint8_t out[WIRE_KEY_LEN]) {
    const uint8_t token[WIRE_KEY_LEN] = { number };
    assert_int_equal(EVP_Digest(token, sizeof token, out, NULL, EVP_sha256(), NULL), 1);
}

static void create(struct peer *peer, uint16_t stream) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM }, answer;
    memcpy(frame.of.create_stream.stream, &stream, sizeof stream);
    hash_token(1, frame.of.create_stream.token_hash);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
}

static void read_live(struct peer *peer, uint16_t stream, uint64_t quiet_until) {
    struct wire_frame frame = { .type = WIRE_READ }, answer;
    memcpy(frame.of.read.stream, &stream, sizeof stream);
    frame.of.read.token[0] = 1;
    frame.of.read.live = 1;
    frame.of.read.quiet_until = quiet_until;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_ENTRIES);
}

static struct wire_frame entry(uint16_t stream, bool wakes) {
    static uint32_t last_nonce;
    struct wire_frame frame = { .type = WIRE_APPEND };
    last_nonce++;
    memcpy(frame.of.append.stream, &stream, sizeof stream);
    memcpy(frame.of.append.nonce, &last_nonce, sizeof last_nonce);
    frame.of.append.token[0] = 1;
    frame.of.append.wakes = wakes ? 1 : 0;
    frame.of.append.content = base_slice_text("entry");
    return frame;
}

static void append(struct peer *peer, uint16_t stream, bool wakes) {
    struct wire_frame frame = entry(stream, wakes), answer;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    store_finish(&peer->world->driver.store);
}

static void commit(struct peer *peer, uint16_t stream) {
    struct wire_frame frame = entry(stream, false), answer;
    frame.of.append.kind = WIRE_KIND_COMMIT;
    hash_token(2, frame.of.append.next_token_hash);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
}

static void write_letter(struct peer *peer, const struct peer *to) {
    static uint32_t nonce;
    struct wire_frame frame = { .type = WIRE_INBOX_APPEND }, answer;
    nonce++;
    memcpy(frame.of.inbox_append.account, to->account, WIRE_ACCOUNT_LEN);
    memcpy(frame.of.inbox_append.device, to->device, WIRE_DEVICE_LEN);
    memcpy(frame.of.inbox_append.nonce, &nonce, sizeof nonce);
    frame.of.inbox_append.content = base_slice_text("letter");
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    store_finish(&peer->world->driver.store);
}

static void read_inbox(struct peer *peer) {
    struct wire_frame frame = { .type = WIRE_INBOX_READ }, answer;
    frame.of.inbox_read.live = 1;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_INBOX_ENTRIES);
}

static void lose(struct peer *peer) {
    delivery_disconnect(peer->session, true);
    base_bytes_free(&peer->last);
    store_finish(&peer->world->driver.store);
}

static void end_push(struct world *world, size_t index, enum delivery_outcome outcome) {
    delivery_pushed(world->delivery, &world->pushes[index], outcome);
    store_finish(&world->driver.store);
}

/* Anna writes; Ben's device wants pushes, and reads stream 1 and its inbox. */
struct two {
    struct peer anna, ben;
};

static void meet(struct world *world, struct two *two) {
    join(world, &two->anna, 1);
    join(world, &two->ben, 2);
    create(&two->anna, 1);
    put_push(&two->ben, "https://push.example.org/ben");
    read_live(&two->ben, 1, 0);
    read_inbox(&two->ben);
}

static uint64_t sleepers(const struct world *world) {
    struct delivery_counters counters;
    delivery_count(world->delivery, &counters);
    return counters.sleepers;
}

/* --- tests --- */

static void test_what_wakes(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0); /* he is here */
    leave(&two.ben);
    append(&two.anna, 1, false);
    commit(&two.anna, 1);
    assert_int_equal(world->push_count, 0);
    create(&two.anna, 2);
    append(&two.anna, 2, true);
    assert_int_equal(world->push_count, 0); /* he doesn't read that */
    write_letter(&two.anna, &two.ben);
    assert_int_equal(world->push_count, 1);
    assert_string_equal(world->pushes[0].url, "https://push.example.org/ben");
    assert_string_equal(world->pushes[0].endpoint.path, "/ben");
    assert_memory_equal(world->pushes[0].device, two.ben.device, WIRE_DEVICE_LEN);
    leave(&two.anna);
}

/* The same nonce again is nothing new. */
static void test_a_repetition_does_not_wake(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    struct wire_frame frame = entry(1, true), answer;
    ask(&two.anna, &frame, &answer);
    leave(&two.ben);
    ask(&two.anna, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    store_finish(&world->driver.store);
    assert_int_equal(world->push_count, 0);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

static void test_silence_after_a_push(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    leave(&two.ben);
    append(&two.anna, 1, true);
    append(&two.anna, 1, true); /* the push is under way */
    assert_int_equal(world->push_count, 1);
    end_push(world, 0, DELIVERY_PUSH_SENT);
    world->clock.now += 10 * MINUTE_MS - 1;
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    world->clock.now += 1;
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 2);
    end_push(world, 1, DELIVERY_PUSH_FAILED);

    /* Who was here in between is told at once. */
    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    append(&two.anna, 1, true);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 3);

    struct delivery_counters counters;
    end_push(world, 2, DELIVERY_PUSH_SENT);
    delivery_count(world->delivery, &counters);
    assert_int_equal(counters.pushes_sent, 2);
    assert_int_equal(counters.pushes_failed, 1);
    assert_int_equal(counters.sleepers, 1);
    leave(&two.anna);
}

/* A device that comes and goes all the time is not pushed to all the time. */
static void test_rate(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    for (int i = 0; i < 30; i++) {
        leave(&two.ben);
        append(&two.anna, 1, true);
        if (world->push_count > 0 && i < 10) {
            end_push(world, world->push_count - 1, DELIVERY_PUSH_SENT);
        }
        world->clock.now += 1000;
        come_back(&two.ben);
        read_live(&two.ben, 1, 0);
    }
    assert_int_equal(world->push_count, 10);
    leave(&two.ben);
    world->clock.now += 4 * MINUTE_MS;
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 11);
    leave(&two.anna);
}

static void test_quiet_streams(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    read_live(&two.ben, 1, DRIVER_NOW + 3600);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0);
    write_letter(&two.anna, &two.ben);
    assert_int_equal(world->push_count, 1);
    end_push(world, 0, DELIVERY_PUSH_SENT);
    world->clock.now += (uint64_t)60 * MINUTE_MS; /* muted for an hour */
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 2);

    /* Muted in a visit, however short it is. */
    come_back(&two.ben);
    read_inbox(&two.ben);
    read_live(&two.ben, 1, UINT64_MAX);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 2);
    leave(&two.anna);
}

/* What one writes on one device doesn't ring at the other one. */
static void test_own_messages_do_not_wake(void **state) {
    struct world *world = *state;
    struct two two;
    struct peer phone;
    struct wire_frame answer;
    meet(world, &two);
    struct wire_frame link = { .type = WIRE_CREATE_LINK };
    assert_int_equal(EVP_Digest("link", 4, link.of.create_link.code_hash, NULL, EVP_sha256(), NULL), 1);
    ask(&two.ben, &link, &answer);
    connect_peer(world, &phone);
    make_keys(&phone, 9);
    make_identity(&phone, &two.ben);
    struct wire_frame frame = activation(&phone, "link");
    ask(&phone, &frame, &answer);
    assert_int_equal(answer.type, WIRE_ACTIVATED);
    leave(&two.ben);
    append(&phone, 1, true);
    write_letter(&phone, &two.ben);
    assert_int_equal(world->push_count, 0);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&phone);
    leave(&two.anna);
}

/* Between two epochs a reader has no live stream for a moment: what it waits for is known all the same. */
static void test_between_epochs(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    commit(&two.anna, 1);
    leave(&two.ben);
    struct wire_frame frame = entry(1, true), answer;
    frame.of.append.token[0] = 2;
    ask(&two.anna, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    store_finish(&world->driver.store);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

static void test_gone(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    end_push(world, 0, DELIVERY_PUSH_GONE);
    assert_int_equal(sleepers(world), 0);
    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    leave(&two.ben);
    assert_int_equal(sleepers(world), 0); /* its endpoint is forgotten */

    /* One that it has given anew meanwhile stays. */
    come_back(&two.ben);
    put_push(&two.ben, "https://push.example.org/second");
    read_live(&two.ben, 1, 0);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 2);
    come_back(&two.ben);
    put_push(&two.ben, "https://push.example.org/third");
    read_live(&two.ben, 1, 0);
    end_push(world, 1, DELIVERY_PUSH_GONE);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 3);
    assert_string_equal(world->pushes[2].url, "https://push.example.org/third");
    leave(&two.anna);
}

static void test_turned_off(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    put_push(&two.ben, "");
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0);
    assert_int_equal(sleepers(world), 0);
    leave(&two.anna);
}

/* A device that was removed while it was away. */
static void test_removed(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    leave(&two.ben);
    assert_ok(store_sqlite_remove(world->driver.folder, two.ben.account));
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0);
    assert_int_equal(sleepers(world), 0);
    leave(&two.anna);
}

/* A connection that has died without a word: what it was sent last may not have arrived. */
static void test_lost(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    append(&two.anna, 1, true);
    lose(&two.ben);
    assert_int_equal(world->push_count, 1);
    end_push(world, 0, DELIVERY_PUSH_SENT);

    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    append(&two.anna, 1, false);
    lose(&two.ben);
    assert_int_equal(world->push_count, 1);

    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    append(&two.anna, 1, true);
    world->clock.now += 6 * MINUTE_MS;
    lose(&two.ben); /* it has answered pings since */
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

/* A connection that breaks off before it has said what it reads doesn't make the server forget it. */
static void test_short_visit(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    leave(&two.ben);
    come_back(&two.ben);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    come_back(&two.ben);
    world->clock.now += MINUTE_MS;
    leave(&two.ben); /* it had time, and reads nothing any more */
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

/* Its second connection takes the place of the first: it is not away. */
static void test_two_connections(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    struct peer first = two.ben;
    two.ben.last = (struct base_bytes){ 0 };
    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    leave(&first);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0);
    assert_int_equal(sleepers(world), 0);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

static void test_endpoints_are_checked(void **state) {
    struct world *world = *state;
    static const char *const bad[] = { "http://push.example.org/a",    "https://evil.example.org/a",
                                       "https://a@push.example.org/a", "https://push.example.org:8443/a",
                                       "https://127.0.0.1/a",          "x" };
    struct peer peer;
    struct wire_frame frame = { .type = WIRE_PUT_PUSH }, answer;
    join(world, &peer, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        frame.of.put_push.endpoint = base_slice_text(bad[i]);
        assert_refused(&peer, &frame, WIRE_REFUSED_PUSH_SERVICE);
    }
    frame = (struct wire_frame){ .type = WIRE_GET_PUSH };
    ask(&peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_PUSH);
    assert_int_equal(answer.of.push.key.len, WIRE_PUSH_KEY_LEN);
    leave(&peer);
}

static void reopen(struct world *world) {
    store_finish(&world->driver.store);
    delivery_close(world->delivery);
    test_alloc_end(&world->alloc);
    open_delivery(world);
}

/* A server that pushes nothing says so, keeps nothing, and what it had stored before is of no use. */
static void test_not_enabled(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    leave(&two.anna);
    leave(&two.ben);
    world->silent = true;
    reopen(world);
    come_back(&two.anna);
    come_back(&two.ben);
    struct wire_frame frame = { .type = WIRE_GET_PUSH }, answer;
    ask(&two.ben, &frame, &answer);
    assert_int_equal(answer.type, WIRE_PUSH);
    assert_int_equal(answer.of.push.key.len, 0);
    frame = (struct wire_frame){ .type = WIRE_PUT_PUSH };
    frame.of.put_push.endpoint = base_slice_text("https://push.example.org/ben");
    assert_refused(&two.ben, &frame, WIRE_REFUSED_PUSH_SERVICE);
    read_live(&two.ben, 1, 0);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_false(delivery_wake_unknown(world->delivery));
    assert_int_equal(world->push_count, 0);
    leave(&two.anna);
}

static size_t wake_unknown(struct world *world) {
    size_t rounds = 0;
    while (delivery_wake_unknown(world->delivery)) {
        store_finish(&world->driver.store);
        store_finish(&world->driver.store);
        rounds++;
        assert_true(rounds < 100);
    }
    return rounds;
}

/* What devices waited for is forgotten at a restart: who doesn't come back is pushed to once. */
static void test_restart(void **state) {
    struct world *world = *state;
    struct two two;
    struct peer clara, dora;
    meet(world, &two);
    join(world, &clara, 3);
    put_push(&clara, "https://push.example.org/clara");
    join(world, &dora, 4);
    put_push(&dora, "https://push.example.org/dora");
    leave(&two.anna);
    leave(&two.ben);
    leave(&clara);
    leave(&dora);
    reopen(world);
    come_back(&two.anna);
    come_back(&clara); /* she is here again */
    come_back(&dora);  /* and she was, so that it is known what she waits for */
    read_inbox(&dora);
    leave(&dora);
    wake_unknown(world);
    assert_int_equal(world->push_count, 1);
    assert_string_equal(world->pushes[0].url, "https://push.example.org/ben");
    end_push(world, 0, DELIVERY_PUSH_SENT);
    assert_int_equal(wake_unknown(world), 0);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    write_letter(&two.anna, &dora);
    assert_int_equal(world->push_count, 2);
    leave(&clara);
    leave(&two.anna);
}

/* More devices than may be under way at once, and than one page of the list has. */
static void test_many(void **state) {
    struct world *world = *state;
    enum { MANY = 80, UNDER_WAY = 64 };
    struct two two;
    meet(world, &two);
    leave(&two.ben);
    for (uint8_t i = 0; i < MANY - 1; i++) {
        char endpoint[64];
        struct peer peer;
        snprintf(endpoint, sizeof endpoint, "https://push.example.org/%u", i);
        join(world, &peer, (uint8_t)(10 + i));
        put_push(&peer, endpoint);
        read_live(&peer, 1, 0);
        leave(&peer);
    }
    assert_int_equal(sleepers(world), MANY);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, UNDER_WAY);
    end_push(world, 0, DELIVERY_PUSH_SENT);
    assert_int_equal(world->push_count, UNDER_WAY + 1);
    for (size_t i = 1; i < MANY; i++) {
        end_push(world, i, DELIVERY_PUSH_SENT);
    }
    assert_int_equal(world->push_count, MANY);

    leave(&two.anna);
    reopen(world);
    world->push_count = 0;
    for (size_t ended = 0; delivery_wake_unknown(world->delivery);) {
        store_finish(&world->driver.store);
        store_finish(&world->driver.store);
        for (; ended < world->push_count; ended++) {
            end_push(world, ended, DELIVERY_PUSH_SENT);
        }
    }
    assert_int_equal(world->push_count, MANY);
}

/* What can't be sent at all is as one that failed: the device is tried again later. */
static void test_no_room_for_a_push(void **state) {
    struct world *world = *state;
    struct two two;
    struct delivery_counters counters;
    meet(world, &two);
    leave(&two.ben);
    world->push_fails = true;
    append(&two.anna, 1, true);
    delivery_count(world->delivery, &counters);
    assert_int_equal(counters.pushes_failed, 1);
    world->push_fails = false;
    world->clock.now += 10 * MINUTE_MS;
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

/* Of one device, and of all together, only so many streams are remembered: who left first is forgotten. */
static void test_bounds(void **state) {
    struct world *world = *state;
    enum { MORE = 70, BOUND = 64, OF_ALL = 90 };
    struct two two;
    struct peer clara;
    meet(world, &two);
    join(world, &clara, 3);
    put_push(&clara, "https://push.example.org/clara");
    for (uint16_t i = 2; i < MORE; i++) {
        create(&two.anna, i);
        read_live(&two.ben, i, 0);
    }
    leave(&two.ben);
    append(&two.anna, 2, true); /* among the first, which are beyond the bound */
    assert_int_equal(world->push_count, 0);
    for (uint16_t i = 2; i < 2 + OF_ALL - BOUND; i++) {
        read_live(&clara, i, 0);
    }
    leave(&clara);
    assert_int_equal(sleepers(world), 2);
    come_back(&clara);
    for (uint16_t i = 2; i < 3 + OF_ALL - BOUND; i++) {
        read_live(&clara, i, 0);
    }
    leave(&clara);
    assert_int_equal(sleepers(world), 1);
    append(&two.anna, MORE - 1, true);
    assert_int_equal(world->push_count, 0); /* Ben was forgotten for her */
    append(&two.anna, 2, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

/* Without memory somebody is not woken; nothing else happens. */
static void test_without_memory(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    world->alloc.fail_at = world->alloc.calls;
    leave(&two.ben);
    assert_int_equal(sleepers(world), 0);
    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    world->alloc.fail_at = world->alloc.calls + 1;
    leave(&two.ben);
    assert_int_equal(sleepers(world), 0); /* nor the first table */
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 0);
    come_back(&two.ben);
    read_live(&two.ben, 1, 0);
    leave(&two.ben);
    append(&two.anna, 1, true);
    assert_int_equal(world->push_count, 1);
    leave(&two.anna);
}

/* A server that ends begins no push. */
static void test_stopped(void **state) {
    struct world *world = *state;
    struct two two;
    meet(world, &two);
    delivery_stop_pushes(world->delivery);
    append(&two.anna, 1, true);
    lose(&two.ben);
    assert_int_equal(sleepers(world), 0);
    assert_int_equal(world->push_count, 0);
    leave(&two.anna);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_what_wakes),
        TEST(test_a_repetition_does_not_wake),
        TEST(test_silence_after_a_push),
        TEST(test_rate),
        TEST(test_quiet_streams),
        TEST(test_own_messages_do_not_wake),
        TEST(test_between_epochs),
        TEST(test_gone),
        TEST(test_turned_off),
        TEST(test_removed),
        TEST(test_lost),
        TEST(test_short_visit),
        TEST(test_two_connections),
        TEST(test_endpoints_are_checked),
        TEST(test_not_enabled),
        TEST(test_restart),
        TEST(test_many),
        TEST(test_no_room_for_a_push),
        TEST(test_bounds),
        TEST(test_without_memory),
        TEST(test_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
