/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Connections' other ends, for tests of delivery: devices with keys of their own, which ask and take answers.
 */
#ifndef SERVER_TESTS_PEER_H
#define SERVER_TESTS_PEER_H

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/delivery.h"
#include "driver.h"
#include "test/alloc.h"
#include "test/clock.h"
#include "test/cmocka.h"
#include "test/result.h"

enum { MAX_PUSHES = 128, MAX_HELD = 4 * WIRE_MAX_FRAME, MAX_HELD_OF_ONE = 2 * WIRE_MAX_FRAME };

struct world {
    struct driver driver;
    struct test_alloc alloc;
    struct test_clock clock;
    struct test_random random;
    struct delivery *delivery;
    bool silent; /**< nothing is pushed */
    struct push_hosts hosts;
    struct delivery_push pushes[MAX_PUSHES]; /**< that were sent */
    size_t push_count;
    bool push_fails;
};

/** A connection's other end. */
struct peer {
    struct world *world;
    struct delivery_session *session;
    uint8_t challenge[WIRE_KEY_LEN];
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN], seed[WIRE_KEY_LEN], key[WIRE_KEY_LEN];
    uint8_t identity_seed[WIRE_KEY_LEN], identity_key[WIRE_KEY_LEN]; /**< the same as of the first device */
    uint32_t request;
    struct base_bytes last; /**< what the last received frame borrows from */
};

static inline void changed(void *connection) {
    (void)connection;
}

static inline bool push(void *user, const struct delivery_push *push) {
    struct world *world = user;
    if (world->push_fails) {
        return false;
    }
    assert_true(world->push_count < MAX_PUSHES);
    world->pushes[world->push_count] = *push;
    world->push_count++;
    return true;
}

static inline void open_delivery(struct world *world) {
    test_alloc_init(&world->alloc);
    test_clock_init(&world->clock, (uint64_t)DRIVER_NOW * 1000);
    test_random_init_quiet(&world->random, 2);
    static const uint8_t push_key[WIRE_PUSH_KEY_LEN] = { 4, 1 };
    if (world->hosts.count == 0) {
        assert_ok(push_hosts_parse("push.example.org", &world->hosts));
    }
    const struct delivery_options options = {
        .allocator = &world->alloc.allocator,
        .random = &world->random.random,
        .clock = &world->clock.clock,
        .store = &world->driver.store,
        .domain = base_slice_text("example.org"),
        .max_sessions = 20,
        .max_held = MAX_HELD,
        .max_held_of_one = MAX_HELD_OF_ONE,
        .changed = changed,
        .push = world->silent ? NULL : push,
        .user = world,
        .push_hosts = &world->hosts,
        .push_key = base_slice(push_key, sizeof push_key),
        .max_sleepers = 100,
        .max_waits = 90,
        .max_waits_of_one = 64,
    };
    assert_ok(delivery_open(&options, &world->delivery));
}

static inline int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    driver_open(&world->driver);
    open_delivery(world);
    *state = world;
    return 0;
}

static inline int tear_down(void **state) {
    struct world *world = *state;
    store_finish(&world->driver.store);
    delivery_close(world->delivery);
    test_alloc_end(&world->alloc);
    driver_close(&world->driver);
    free(world);
    return 0;
}

/* --- peers --- */

/* The next frame that was sent to the peer; false if there is none. */
static inline bool receive(struct peer *peer, struct wire_frame *out) {
    store_finish(&peer->world->driver.store);
    const struct delivery_output *output = delivery_next_output(peer->session);
    *out = (struct wire_frame){ 0 };
    if (output == NULL) {
        return false;
    }
    base_bytes_free(&peer->last);
    assert_ok(base_bytes_copy(base_allocator_libc(), base_slice(output->data, output->len), &peer->last));
    delivery_sent(peer->session);
    assert_ok(wire_decode(base_borrow(&peer->last), out));
    return true;
}

static inline void send(struct peer *peer, struct wire_frame *frame) {
    struct base_bytes bytes = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    peer->request++;
    frame->request = peer->request;
    wire_encode(&writer, frame);
    assert_ok(base_writer_finish(&writer, &bytes));
    delivery_receive(peer->session, base_borrow(&bytes));
    base_bytes_free(&bytes);
}

static inline void ask(struct peer *peer, struct wire_frame *frame, struct wire_frame *answer) {
    send(peer, frame);
    do {
        assert_true(receive(peer, answer));
    } while (answer->request != frame->request);
}

static inline void assert_refused(struct peer *peer, struct wire_frame *frame, uint16_t code) {
    struct wire_frame answer;
    ask(peer, frame, &answer);
    assert_int_equal(answer.type, WIRE_REFUSAL);
    assert_string_equal(wire_refusal_name(answer.of.refusal.code), wire_refusal_name(code));
}

/* Asks for one account, and for none of its devices. */
static inline void ask_whose(struct wire_frame *frame, const uint8_t account[WIRE_ACCOUNT_LEN], uint8_t *device) {
    memset(device, 0, WIRE_WHICH_DEVICE_LEN);
    memcpy(device, account, WIRE_ACCOUNT_LEN);
    *frame = (struct wire_frame){ .type = WIRE_GET_IDENTITIES };
    frame->of.get_identities.devices = base_slice(device, WIRE_WHICH_DEVICE_LEN);
}

/* The answer says the identity key of one account first. */
static inline void assert_identity(const struct wire_frame *answer, const uint8_t account[WIRE_ACCOUNT_LEN],
                                   const uint8_t key[WIRE_KEY_LEN]) {
    struct wire_identity identity;
    assert_int_equal(answer->type, WIRE_IDENTITIES);
    struct base_reader reader = base_reader(answer->of.identities.identities);
    assert_ok(wire_identity_next(&reader, &identity));
    assert_memory_equal(identity.device.account, account, WIRE_ACCOUNT_LEN);
    assert_true(base_slice_equal(identity.identity_key, base_slice(key, WIRE_KEY_LEN)));
}

static inline void connect_from(struct world *world, struct peer *peer, const char *address) {
    struct wire_frame frame;
    *peer = (struct peer){ .world = world };
    peer->session = delivery_connect(world->delivery, peer, base_slice_text(address), 0);
    assert_non_null(peer->session);
    assert_true(receive(peer, &frame));
    assert_int_equal(frame.type, WIRE_CHALLENGE);
    assert_true(base_slice_equal(frame.of.challenge.domain, base_slice_text("example.org")));
    memcpy(peer->challenge, frame.of.challenge.challenge, WIRE_KEY_LEN);
}

static inline void connect_peer(struct world *world, struct peer *peer) {
    connect_from(world, peer, "here");
}

static inline void leave(struct peer *peer) {
    delivery_disconnect(peer->session, false);
    base_bytes_free(&peer->last);
    store_finish(&peer->world->driver.store);
}

static inline void sign(const uint8_t seed[WIRE_KEY_LEN], struct base_slice view, uint8_t out[WIRE_SIGNATURE_LEN]) {
    size_t len = WIRE_SIGNATURE_LEN;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, WIRE_KEY_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(context, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, out, &len, view.data, view.len), 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

/* The identity key is that of this account: the key of its first device. */
static inline void make_identity(struct peer *peer, const struct peer *first) {
    memcpy(peer->identity_seed, first->seed, WIRE_KEY_LEN);
    memcpy(peer->identity_key, first->key, WIRE_KEY_LEN);
}

static inline void make_keys(struct peer *peer, uint8_t number) {
    size_t len = WIRE_KEY_LEN;
    memset(peer->seed, number, WIRE_KEY_LEN);
    memset(peer->device, number, WIRE_DEVICE_LEN);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, peer->seed, WIRE_KEY_LEN);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, peer->key, &len), 1);
    EVP_PKEY_free(key);
    make_identity(peer, peer);
}

static inline struct wire_frame activation(const struct peer *peer, const char *code) {
    struct wire_frame frame = { .type = WIRE_ACTIVATE };
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    frame.of.activate.code = base_slice_text(code);
    memcpy(frame.of.activate.device, peer->device, WIRE_DEVICE_LEN);
    memcpy(frame.of.activate.identity_key, peer->identity_key, WIRE_KEY_LEN);
    memcpy(frame.of.activate.device_key, peer->key, WIRE_KEY_LEN);
    wire_activate_content(&content, base_slice_text("example.org"), peer->challenge, &frame.of.activate);
    sign(peer->seed, base_writer_view(&content), frame.of.activate.proof);
    sign(peer->identity_seed, base_writer_view(&content), frame.of.activate.identity_proof);
    base_writer_free(&content);
    return frame;
}

static inline struct wire_frame sign_in(const struct peer *peer, const char *domain) {
    struct wire_frame frame = { .type = WIRE_SIGN_IN };
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    memcpy(frame.of.sign_in.account, peer->account, WIRE_ACCOUNT_LEN);
    memcpy(frame.of.sign_in.device, peer->device, WIRE_DEVICE_LEN);
    wire_sign_in_content(&content, base_slice_text(domain), peer->challenge, peer->account, peer->device);
    sign(peer->seed, base_writer_view(&content), frame.of.sign_in.signature);
    base_writer_free(&content);
    return frame;
}

/* The device comes back. */
static inline void come_back(struct peer *peer) {
    const struct peer before = *peer;
    struct wire_frame answer;
    connect_peer(before.world, peer);
    memcpy(peer->account, before.account, WIRE_ACCOUNT_LEN);
    memcpy(peer->device, before.device, WIRE_DEVICE_LEN);
    memcpy(peer->seed, before.seed, WIRE_KEY_LEN);
    memcpy(peer->key, before.key, WIRE_KEY_LEN);
    struct wire_frame frame = sign_in(peer, "example.org");
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
}

/* A connection of a new account. */
static inline void join(struct world *world, struct peer *peer, uint8_t number) {
    char code[16];
    struct wire_frame answer;
    snprintf(code, sizeof code, "code-%u", number);
    driver_invite(&world->driver, code, "", DRIVER_NOW + 1000);
    connect_peer(world, peer);
    make_keys(peer, number);
    struct wire_frame frame = activation(peer, code);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_ACTIVATED);
    memcpy(peer->account, answer.of.activated.account, WIRE_ACCOUNT_LEN);
    assert_true(delivery_is_signed_in(peer->session));
}

#endif
