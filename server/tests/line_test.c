/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Many read much at once: what is in memory for them has a common bound, and nobody is left out.
 */
#include "peer.h"

enum { READERS = 8, AT_ONCE = MAX_HELD / WIRE_MAX_FRAME, STALLED_SECONDS = 30 };

/* The stream's name and token are zeros. */
static void read_entry(struct peer *reader) {
    struct wire_frame frame = { .type = WIRE_READ };
    send(reader, &frame);
}

/* Joins, and makes the stream, with an entry that is as large as can be. */
static void create_large(struct world *world, struct peer *peer) {
    struct base_bytes content = { 0 };
    struct wire_frame create = { .type = WIRE_CREATE_STREAM }, append = { .type = WIRE_APPEND }, answer;
    uint8_t token[WIRE_KEY_LEN] = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), WIRE_MAX_ENTRY, &content));
    join(world, peer, 0);
    assert_int_equal(EVP_Digest(token, sizeof token, create.of.create_stream.token_hash, NULL, EVP_sha256(), NULL), 1);
    ask(peer, &create, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    append.of.append.content = base_borrow(&content);
    ask(peer, &append, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    base_bytes_free(&content);
}

/* Reads of READERS devices; the operations are held. */
static void read_much(struct world *world, struct peer *readers) {
    create_large(world, &readers[0]);
    for (uint8_t i = 1; i < READERS; i++) {
        join(world, &readers[i], i);
    }
    world->driver.hold = true;
    for (size_t i = 0; i < READERS; i++) {
        read_entry(&readers[i]);
    }
}

static size_t held(const struct world *world) {
    struct delivery_counters counters;
    delivery_count(world->delivery, &counters);
    assert_true(counters.held <= MAX_HELD);
    return counters.held;
}

static void release_one(struct world *world) {
    driver_release(&world->driver, 0);
    store_finish(&world->driver.store);
    (void)held(world);
}

static bool takes_entry(struct peer *reader) {
    struct wire_frame answer;
    return receive(reader, &answer) && answer.type == WIRE_ENTRIES && answer.of.entries.entries.len > WIRE_MAX_ENTRY;
}

static void leave_all(struct world *world, struct peer *readers) {
    world->driver.hold = false;
    for (size_t i = 0; i < READERS; i++) {
        leave(&readers[i]);
    }
    assert_int_equal(held(world), 0);
}

/* All that is held for readers has a common bound; who is over it waits his turn. */
static void test_many_large_reads(void **state) {
    struct world *world = *state;
    struct peer readers[READERS];
    read_much(world, readers);
    assert_int_equal(world->driver.waiting_count, AT_ONCE);
    /* Another one of the first waits behind all that the others have asked for. */
    read_entry(&readers[0]);
    /* An answer holds as much as the read did, until it is taken. */
    release_one(world);
    assert_int_equal(world->driver.waiting_count, AT_ONCE - 1);
    assert_true(takes_entry(&readers[0]));
    assert_int_equal(world->driver.waiting_count, AT_ONCE);
    /* Others are not concerned by those who wait. */
    struct wire_frame stop = { .type = WIRE_STOP }, answer;
    ask(&readers[READERS - 1], &stop, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    for (size_t i = 1; i < READERS; i++) {
        release_one(world);
        assert_true(takes_entry(&readers[i]));
    }
    assert_int_equal(world->driver.waiting_count, 1);
    release_one(world);
    assert_true(takes_entry(&readers[0]));
    assert_int_equal(world->driver.waiting_count, 0);
    leave_all(world, readers);
}

/* Who goes while he waits, or while he holds something, makes room. */
static void test_waiting_reader_leaves(void **state) {
    struct world *world = *state;
    struct peer readers[READERS];
    read_much(world, readers);
    leave(&readers[AT_ONCE]); /* the first in line */
    release_one(world);
    assert_int_equal(world->driver.waiting_count, AT_ONCE - 1);
    leave(&readers[0]);
    assert_int_equal(world->driver.waiting_count, AT_ONCE);
    while (world->driver.waiting_count != 0) {
        release_one(world);
        for (size_t i = 1; i < READERS; i++) {
            (void)(i != AT_ONCE && takes_entry(&readers[i]));
        }
    }
    world->driver.hold = false;
    come_back(&readers[0]);
    come_back(&readers[AT_ONCE]);
    leave_all(world, readers);
}

/* Nobody keeps the room by taking nothing. */
static void test_stalled_readers(void **state) {
    struct world *world = *state;
    struct peer readers[READERS];
    read_much(world, readers);
    for (size_t i = 0; i < AT_ONCE; i++) {
        release_one(world);
    }
    assert_int_equal(world->driver.waiting_count, 0);
    for (size_t i = 0; i < STALLED_SECONDS; i++) {
        delivery_tick(world->delivery);
    }
    assert_true(takes_entry(&readers[0]));
    assert_int_equal(world->driver.waiting_count, 1);
    delivery_tick(world->delivery);
    assert_false(delivery_is_ended(readers[0].session));
    for (size_t i = 1; i < AT_ONCE; i++) {
        assert_true(delivery_is_ended(readers[i].session));
        assert_null(delivery_next_output(readers[i].session));
    }
    assert_int_equal(world->driver.waiting_count, READERS - AT_ONCE);
    /* Where nobody waits, everybody has time. */
    for (size_t i = AT_ONCE; i < READERS; i++) {
        release_one(world);
    }
    for (size_t i = 0; i < (size_t)2 * STALLED_SECONDS; i++) {
        delivery_tick(world->delivery);
    }
    for (size_t i = AT_ONCE; i < READERS; i++) {
        assert_true(takes_entry(&readers[i]));
    }
    leave_all(world, readers);
}

/* Somebody has many connections, and takes nothing on any: others wait for no more than his share. */
static void test_share_of_an_account(void **state) {
    enum { MANY = 5, SHARE = MAX_HELD_OF_ONE / WIRE_MAX_FRAME };
    struct world *world = *state;
    struct peer greedy[MANY], other;
    struct wire_frame answer;
    create_large(world, &greedy[0]);
    join(world, &other, 1);
    for (size_t i = 0; i < MANY; i++) {
        if (i > 0) {
            greedy[i] = greedy[0];
            come_back(&greedy[i]);
        }
        world->driver.hold = true;
        for (size_t k = 0; k < 3; k++) {
            read_entry(&greedy[i]);
        }
        world->driver.hold = false;
    }
    assert_int_equal(world->driver.waiting_count, SHARE);
    world->driver.hold = true;
    read_entry(&other);
    assert_int_equal(world->driver.waiting_count, SHARE + 1);
    driver_release(&world->driver, SHARE);
    assert_true(takes_entry(&other));
    /* What was answered counts until it is taken, and what he says on one is answered on it. */
    release_one(world);
    assert_int_equal(world->driver.waiting_count, SHARE - 1);
    struct wire_frame stop = { .type = WIRE_STOP };
    ask(&greedy[MANY - 1], &stop, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    /* His other connections go on as soon as something is taken, or nothing for long. */
    assert_true(delivery_is_ended(greedy[0].session));
    for (size_t i = 0; i <= STALLED_SECONDS; i++) {
        assert_int_equal(world->driver.waiting_count, SHARE - 1);
        delivery_tick(world->delivery);
    }
    assert_int_equal(world->driver.waiting_count, SHARE);
    world->driver.hold = false;
    while (world->driver.waiting_count != 0) {
        release_one(world);
    }
    for (size_t i = 0; i < MANY; i++) {
        leave(&greedy[i]);
    }
    leave(&other);
    assert_int_equal(held(world), 0);
}

/* Guests ask for what lies at a door: they leave room for others, and those of one address for those of other ones. */
static void test_large_doors(void **state) {
    enum { GUESTS = 4, ADDRESSES = 3, SHARE = MAX_HELD_OF_ONE / WIRE_MAX_FRAME };
    struct world *world = *state;
    struct peer owner, guests[ADDRESSES][GUESTS];
    struct wire_frame put = { .type = WIRE_PUT_DOOR }, get = { .type = WIRE_GET_DOOR }, answer;
    uint8_t content[WIRE_DOOR_CONTENT], hash[WIRE_KEY_LEN];
    struct base_bytes large = { 0 };
    create_large(world, &owner);
    assert_ok(base_bytes_take(base_allocator_libc(), WIRE_MAX_ENTRY, &large));
    put.of.put_door.content = base_borrow(&large);
    ask(&owner, &put, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    base_bytes_free(&large);
    assert_int_equal(EVP_Digest(put.of.put_door.key, WIRE_KEY_LEN, hash, NULL, EVP_sha256(), NULL), 1);
    wire_door_content(hash, 0, content);
    assert_int_equal(EVP_Digest(content, sizeof content, get.of.get_door.door, NULL, EVP_sha256(), NULL), 1);
    world->driver.hold = true;
    for (size_t i = 0; i < ADDRESSES; i++) {
        const char *address[] = { "one", "two", "three" };
        for (size_t k = 0; k < GUESTS; k++) {
            connect_from(world, &guests[i][k], address[i]);
            send(&guests[i][k], &get);
        }
        assert_int_equal(world->driver.waiting_count, SHARE);
    }
    read_entry(&owner);
    assert_int_equal(world->driver.waiting_count, SHARE + 1);
    driver_release(&world->driver, SHARE);
    assert_true(takes_entry(&owner));
    for (size_t n = 0; n < (size_t)ADDRESSES * GUESTS; n++) {
        size_t k = n / (SHARE * ADDRESSES) * SHARE + n % SHARE;
        release_one(world);
        assert_true(receive(&guests[n / SHARE % ADDRESSES][k], &answer));
        assert_int_equal(answer.type, WIRE_DOOR);
        assert_true(world->driver.waiting_count <= SHARE);
    }
    assert_int_equal(world->driver.waiting_count, 0);
    world->driver.hold = false;
    for (size_t i = 0; i < ADDRESSES; i++) {
        for (size_t k = 0; k < GUESTS; k++) {
            leave(&guests[i][k]);
        }
    }
    leave(&owner);
    assert_int_equal(held(world), 0);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_many_large_reads),    TEST(test_waiting_reader_leaves), TEST(test_stalled_readers),
        TEST(test_share_of_an_account), TEST(test_large_doors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
