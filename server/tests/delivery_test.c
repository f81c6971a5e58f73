/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Delivery, without sockets: who may ask what, limits, live readers in every order of events, and every damaged frame.
 */
#define _DEFAULT_SOURCE
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../../wire/tests/samples.h"
#include "peer.h"
#include "test/mutate.h"

/* --- frames --- */

static void sha256(const uint8_t *data, size_t len, uint8_t out[WIRE_KEY_LEN]) {
    assert_int_equal(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL), 1);
}

static void hash_of(uint8_t value, uint8_t out[WIRE_KEY_LEN]) {
    uint8_t key[WIRE_KEY_LEN];
    memset(key, value, sizeof key);
    sha256(key, sizeof key, out);
}

/* All about stream 1, whose tokens are 1, 2, … */
static void create_stream(struct peer *peer) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM }, answer;
    memset(frame.of.create_stream.stream, 1, WIRE_STREAM_LEN);
    hash_of(1, frame.of.create_stream.token_hash);
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
}

static struct wire_frame append_frame(uint8_t token, uint32_t nonce, struct base_slice content) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    memset(frame.of.append.stream, 1, WIRE_STREAM_LEN);
    memset(frame.of.append.token, token, WIRE_KEY_LEN);
    memcpy(frame.of.append.nonce, &nonce, sizeof nonce);
    frame.of.append.content = content;
    return frame;
}

static struct wire_frame commit_frame(uint8_t token, uint32_t nonce, uint64_t known) {
    struct wire_frame frame = append_frame(token, nonce, base_slice_text("commit"));
    frame.of.append.kind = WIRE_KIND_COMMIT;
    frame.of.append.known_commit = known;
    hash_of((uint8_t)(token + 1), frame.of.append.next_token_hash);
    return frame;
}

static struct wire_frame read_frame(uint8_t token, uint64_t after) {
    struct wire_frame frame = { .type = WIRE_READ };
    memset(frame.of.read.stream, 1, WIRE_STREAM_LEN);
    memset(frame.of.read.token, token, WIRE_KEY_LEN);
    frame.of.read.after = after;
    frame.of.read.live = 1;
    return frame;
}

/* Expects numbers `first` to `last` in a frame; none if last < first. */
static void assert_entries(const struct wire_frame *frame, uint64_t first, uint64_t last, uint8_t flags) {
    assert_int_equal(frame->type, WIRE_ENTRIES);
    assert_int_equal(frame->of.entries.flags, flags);
    struct base_reader reader = base_reader(frame->of.entries.entries);
    for (uint64_t number = first; number <= last; number++) {
        struct wire_entry entry;
        assert_ok(wire_entry_next(&reader, &entry));
        assert_int_equal(entry.number, number);
    }
    assert_ok(base_read_end(&reader));
}

static void append_ok(struct peer *peer, uint8_t token, uint32_t nonce) {
    struct wire_frame frame = append_frame(token, nonce, base_slice_text("entry")), answer;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
}

/* --- who may ask --- */

static void test_guests(void **state) {
    struct world *world = *state;
    struct peer peer;
    connect_peer(world, &peer);
    assert_int_equal(delivery_max_frame(peer.session), DELIVERY_MAX_GUEST_FRAME);
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct wire_frame frame;
        sample_frame(i, &frame);
        if (frame.type < 0x40) {
            assert_refused(&peer, &frame, WIRE_REFUSED_UNKNOWN_TYPE);
        } else if (frame.type == WIRE_SIGN_IN || frame.type == WIRE_ACTIVATE) {
            assert_refused(&peer, &frame, WIRE_REFUSED_SIGN_IN);
        } else if (frame.type == WIRE_TAKE_LINK) {
            assert_refused(&peer, &frame, WIRE_REFUSED_LINK_UNKNOWN);
        } else if (frame.type == WIRE_GET_DOOR) {
            assert_refused(&peer, &frame, WIRE_REFUSED_NO_DOOR);
        } else {
            assert_refused(&peer, &frame, WIRE_REFUSED_NOT_SIGNED_IN);
        }
    }
    leave(&peer);
}

static void test_sign_in(void **state) {
    struct world *world = *state;
    struct peer peer, again;
    struct wire_frame answer;
    join(world, &peer, 1);
    connect_peer(world, &again);
    make_keys(&again, 1);
    memcpy(again.account, peer.account, WIRE_ACCOUNT_LEN);
    assert_memory_not_equal(again.challenge, peer.challenge, WIRE_KEY_LEN);

    struct wire_frame frame = sign_in(&again, "example.com");
    assert_refused(&again, &frame, WIRE_REFUSED_SIGN_IN);
    frame = sign_in(&again, "example.org");
    frame.of.sign_in.signature[0] ^= 1;
    assert_refused(&again, &frame, WIRE_REFUSED_SIGN_IN);
    frame.of.sign_in.signature[0] ^= 1;
    ask(&again, &frame, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
    assert_int_equal(delivery_max_frame(again.session), WIRE_MAX_FRAME);
    assert_refused(&again, &frame, WIRE_REFUSED_SIGN_IN); /* it is signed in already */
    leave(&again);

    /* A signature that was made for another connection's challenge. */
    connect_peer(world, &again);
    assert_refused(&again, &frame, WIRE_REFUSED_SIGN_IN);
    leave(&again);
    leave(&peer);
}

static void test_activation_proof(void **state) {
    struct world *world = *state;
    struct peer peer;
    driver_invite(&world->driver, "code", "", DRIVER_NOW + 1000);
    connect_peer(world, &peer);
    make_keys(&peer, 1);
    struct wire_frame frame = activation(&peer, "code");
    frame.of.activate.identity_key[0] ^= 1;
    assert_refused(&peer, &frame, WIRE_REFUSED_SIGN_IN);
    frame = activation(&peer, "code");
    frame.of.activate.identity_proof[0] ^= 1; /* nobody takes another one's identity key for his */
    assert_refused(&peer, &frame, WIRE_REFUSED_SIGN_IN);
    frame = activation(&peer, "none");
    assert_refused(&peer, &frame, WIRE_REFUSED_LINK_UNKNOWN);
    leave(&peer);
}

/* --- limits --- */

static void test_too_often(void **state) {
    struct world *world = *state;
    struct peer peer;
    struct wire_frame answer;
    join(world, &peer, 1);
    world->driver.refuse_with = WIRE_REFUSED_NO_KEY_PACKAGE;
    struct wire_frame frame = { .type = WIRE_TAKE_KEY_PACKAGES };
    size_t asked = 0;
    do {
        ask(&peer, &frame, &answer);
        asked++;
    } while (answer.of.refusal.code == WIRE_REFUSED_NO_KEY_PACKAGE);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    assert_int_equal(asked, 3001);
    assert_in_range(answer.of.refusal.argument, 1, 1000);
    size_t before = world->driver.submitted;
    assert_refused(&peer, &frame, WIRE_REFUSED_TOO_OFTEN);
    assert_int_equal(world->driver.submitted, before);
    world->clock.now += answer.of.refusal.argument;
    assert_refused(&peer, &frame, WIRE_REFUSED_NO_KEY_PACKAGE);
    leave(&peer);
}

/* An account that connects again, or twice, has no more allowance than before. */
static void test_too_often_in_several_connections(void **state) {
    struct world *world = *state;
    struct peer peer, again, somebody_else;
    struct wire_frame answer;
    join(world, &peer, 1);
    join(world, &somebody_else, 2);
    world->driver.refuse_with = WIRE_REFUSED_NO_KEY_PACKAGE;
    struct wire_frame frame = { .type = WIRE_TAKE_KEY_PACKAGES };
    do {
        ask(&peer, &frame, &answer);
    } while (answer.of.refusal.code == WIRE_REFUSED_NO_KEY_PACKAGE);
    world->driver.refuse_with = 0;
    connect_peer(world, &again);
    make_keys(&again, 1);
    memcpy(again.account, peer.account, WIRE_ACCOUNT_LEN);
    struct wire_frame proof = sign_in(&again, "example.org");
    ask(&again, &proof, &answer);
    assert_int_equal(answer.type, WIRE_SIGNED_IN);
    world->driver.refuse_with = WIRE_REFUSED_NO_KEY_PACKAGE;
    assert_refused(&again, &frame, WIRE_REFUSED_TOO_OFTEN);
    assert_refused(&somebody_else, &frame, WIRE_REFUSED_NO_KEY_PACKAGE);
    leave(&peer);
    leave(&again);
    leave(&somebody_else);
}

/* An ID that no account has was looked for, and the answer says so. */
static bool is_missed(const struct wire_frame *answer) {
    struct wire_identity identity;
    struct base_reader reader = base_reader(answer->of.identities.identities);
    if (answer->type != WIRE_IDENTITIES) {
        return answer->of.refusal.code == WIRE_REFUSED_NO_ACCOUNT;
    }
    assert_ok(wire_identity_next(&reader, &identity));
    return identity.identity_key.len == 0;
}

/* Who asks for IDs that nobody has is soon slow, whichever way he asks; who asks for known ones is not. */
static void test_trying_out_ids(void **state) {
    struct world *world = *state;
    struct peer peer;
    struct wire_frame answer, identity, packages = { .type = WIRE_TAKE_KEY_PACKAGES };
    uint8_t device[WIRE_WHICH_DEVICE_LEN];
    join(world, &peer, 1);
    ask_whose(&identity, peer.account, device);
    for (int i = 0; i < 4000; i++) {
        ask(&peer, &identity, &answer);
        assert_identity(&answer, peer.account, peer.key);
    }
    world->clock.now += 60000;
    ask_whose(&identity, (const uint8_t *)"00000000", device);
    memset(packages.of.take_key_packages.account, '0', WIRE_ACCOUNT_LEN);
    struct wire_frame *const ways[] = { &identity, &packages };
    for (size_t way = 0; way < 2; way++) {
        size_t asked = 0;
        do {
            ask(&peer, ways[way], &answer);
            asked++;
        } while (is_missed(&answer));
        assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
        assert_in_range(asked, 30, 100);
        for (asked = 0; !is_missed(&answer); asked++) {
            world->clock.now += 100;
            ask(&peer, ways[way], &answer);
        }
        world->clock.now += 100;
        for (size_t i = 0; i < 100; i++) {
            ask(&peer, ways[way], &answer);
            asked += is_missed(&answer) ? 1000 : 1;
            world->clock.now += 100;
        }
        assert_in_range(asked, 9000, 12000); /* of which a thousand for each that was looked for */
    }
    leave(&peer);
}

/* Many in one request cost no less than one by one, also if several requests are under way. */
static void test_trying_out_many_ids_at_once(void **state) {
    enum { SECOND = 1000, COST = 500, AT_ONCE = 20000, REQUESTS = 3 };
    static uint8_t devices[WIRE_MAX_IDENTITIES][WIRE_WHICH_DEVICE_LEN];
    struct world *world = *state;
    struct peer peer;
    struct wire_frame answer, frame = { .type = WIRE_GET_IDENTITIES };
    join(world, &peer, 1);
    frame.of.get_identities.devices = base_slice(devices, sizeof devices);
    for (size_t i = 0; i < WIRE_MAX_IDENTITIES; i++) {
        memcpy(devices[i], peer.account, WIRE_ACCOUNT_LEN);
    }
    for (size_t i = 0; i < AT_ONCE / WIRE_MAX_IDENTITIES; i++) {
        ask(&peer, &frame, &answer);
        assert_identity(&answer, peer.account, peer.key);
    }
    ask(&peer, &frame, &answer); /* an allowance of 20,000 has room for 78 of 256, and the first one of the next */
    ask(&peer, &frame, &answer);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    world->clock.now += (uint64_t)60 * SECOND;
    memset(devices, 0x30, sizeof devices);
    for (size_t i = 0; i < REQUESTS; i++) {
        send(&peer, &frame);
    }
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_true(receive(&peer, &answer));
        assert_true(is_missed(&answer));
    }
    ask(&peer, &frame, &answer);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    uint64_t seconds = (uint64_t)REQUESTS * WIRE_MAX_IDENTITIES * (COST + 1) / COST - AT_ONCE / COST;
    assert_in_range(answer.of.refusal.argument, seconds * SECOND, (seconds + 2) * SECOND);
    leave(&peer);
}

/* Connects, and is refused at once, without a challenge: the milliseconds to wait. */
static uint64_t turned_away(struct world *world, const char *address, uint64_t wait, uint16_t code) {
    struct peer peer = { .world = world };
    struct wire_frame frame;
    peer.session = delivery_connect(world->delivery, &peer, base_slice_text(address), wait);
    assert_non_null(peer.session);
    assert_true(receive(&peer, &frame));
    assert_int_equal(frame.type, WIRE_REFUSAL);
    assert_int_equal(frame.of.refusal.code, code);
    uint64_t argument = frame.of.refusal.argument;
    assert_false(receive(&peer, &frame));
    assert_true(delivery_is_ended(peer.session));
    leave(&peer);
    return argument;
}

static void test_attempts_of_an_address(void **state) {
    struct world *world = *state;
    struct peer peer, other;
    connect_peer(world, &peer);
    struct wire_frame frame = sign_in(&peer, "example.org"), answer;
    size_t attempts = 0;
    make_keys(&peer, 1);
    do {
        ask(&peer, &frame, &answer);
        attempts++;
    } while (answer.of.refusal.code == WIRE_REFUSED_SIGN_IN);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    uint64_t wait = answer.of.refusal.argument;
    assert_in_range(wait, 3, 1000); /* 500 units a second, of which it owes at most what a failure costs */
    world->clock.now += wait - 2;
    assert_refused(&peer, &frame, WIRE_REFUSED_TOO_OFTEN);
    world->clock.now += 2;
    assert_refused(&peer, &frame, WIRE_REFUSED_SIGN_IN);
    assert_in_range(attempts, 50, 200);
    assert_in_range(turned_away(world, "here", 0, WIRE_REFUSED_TOO_OFTEN), 1, 20000);
    connect_from(world, &other, "there");
    leave(&other);
    world->clock.now += 20000;
    assert_refused(&peer, &frame, WIRE_REFUSED_SIGN_IN);
    leave(&peer);
}

static void test_max_sessions(void **state) {
    struct world *world = *state;
    struct delivery_session *sessions[20];
    for (size_t i = 0; i < 20; i++) {
        sessions[i] = delivery_connect(world->delivery, &sessions[i], base_slice_text("here"), 0);
        assert_non_null(sessions[i]);
    }
    assert_in_range(turned_away(world, "here", 0, WIRE_REFUSED_UNAVAILABLE), 1, 60000);
    for (size_t i = 0; i < 20; i++) {
        delivery_disconnect(sessions[i], false);
    }
}

/* Requests under way are bounded: the socket is asked to wait. */
static void test_input_is_held(void **state) {
    struct world *world = *state;
    struct peer peer;
    join(world, &peer, 1);
    create_stream(&peer);
    world->driver.hold = true;
    size_t sent = 0;
    while (delivery_wants_input(peer.session)) {
        struct wire_frame frame = append_frame(1, (uint32_t)sent + 1, base_slice_text("x"));
        send(&peer, &frame);
        sent++;
    }
    assert_int_equal(sent, 64);
    driver_release(&world->driver, 0);
    store_finish(&world->driver.store);
    assert_true(delivery_wants_input(peer.session));
    /* It goes while the rest is under way: all of that still happens. */
    leave(&peer);
    while (world->driver.waiting_count != 0) {
        driver_release(&world->driver, 0);
    }
    store_finish(&world->driver.store);
    world->driver.hold = false;
    join(world, &peer, 2);
    struct wire_frame frame = read_frame(1, 0), answer;
    ask(&peer, &frame, &answer);
    assert_entries(&answer, 1, 64, 0);
    leave(&peer);
}

/* --- live readers --- */

static void test_live(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    append_ok(&writer, 1, 1);
    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    assert_entries(&answer, 1, 1, 0);
    append_ok(&writer, 1, 2);
    assert_true(receive(&reader, &answer));
    assert_int_equal(answer.request, 0);
    assert_entries(&answer, 2, 2, 0);
    append_ok(&writer, 1, 2); /* a repetition tells nobody */
    assert_false(receive(&reader, &answer));

    frame = (struct wire_frame){ .type = WIRE_STOP };
    memset(frame.of.stop.stream, 1, WIRE_STREAM_LEN);
    ask(&reader, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    append_ok(&writer, 1, 3);
    assert_false(receive(&reader, &answer));

    frame = read_frame(1, 2);
    ask(&reader, &frame, &answer);
    assert_entries(&answer, 3, 3, 0);
    frame = commit_frame(1, 4, 0);
    ask(&writer, &frame, &answer);
    assert_true(receive(&reader, &answer));
    assert_entries(&answer, 4, 4, WIRE_ENDED);
    assert_int_equal(answer.of.entries.last_commit, 4);
    append_ok(&writer, 2, 5);
    assert_false(receive(&reader, &answer));
    leave(&writer);
    leave(&reader);
}

static struct wire_frame signal_frame(uint8_t token, struct base_slice content) {
    struct wire_frame frame = { .type = WIRE_SIGNAL };
    memset(frame.of.signal.stream, 1, WIRE_STREAM_LEN);
    memset(frame.of.signal.token, token, WIRE_KEY_LEN);
    frame.of.signal.content = content;
    return frame;
}

static void signal_ok(struct peer *peer, uint8_t token) {
    struct wire_frame frame = signal_frame(token, base_slice_text("signal")), answer;
    ask(peer, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
}

static void test_signals(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    signal_ok(&writer, 1); /* nobody reads, and whether there is such a stream is not said */
    frame = read_frame(1, 0);
    ask(&writer, &frame, &answer);
    assert_entries(&answer, 1, 0, 0);
    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    assert_entries(&answer, 1, 0, 0);

    size_t submitted = world->driver.submitted;
    signal_ok(&writer, 1);
    assert_true(receive(&reader, &answer));
    assert_int_equal(answer.type, WIRE_SIGNALLED);
    assert_int_equal(answer.request, 0);
    assert_int_equal(answer.of.signalled.stream[31], 1);
    assert_true(base_slice_equal(answer.of.signalled.content, base_slice_text("signal")));
    assert_false(receive(&reader, &answer));
    assert_false(receive(&writer, &answer)); /* not to oneself */
    assert_int_equal(world->driver.submitted, submitted);

    signal_ok(&writer, 9); /* a token that never opened the stream */
    assert_false(receive(&reader, &answer));

    /* A commit ends the old token's readers; who knows the new one alone is not heard by those of the old. */
    frame = commit_frame(1, 1, 0);
    ask(&reader, &frame, &answer);
    assert_true(receive(&writer, &answer));
    assert_entries(&answer, 1, 1, WIRE_ENDED);
    signal_ok(&reader, 1);
    signal_ok(&reader, 2);
    assert_false(receive(&writer, &answer));
    frame = read_frame(2, 1);
    ask(&writer, &frame, &answer);
    signal_ok(&reader, 1);
    assert_false(receive(&writer, &answer));
    signal_ok(&reader, 2);
    assert_true(receive(&writer, &answer));
    assert_int_equal(answer.type, WIRE_SIGNALLED);
    leave(&writer);
    leave(&reader);
}

/* Who doesn't take what he gets has signals dropped before anything else of his waits. */
static void test_signals_of_a_slow_reader(void **state) {
    struct world *world = *state;
    enum { SIGNALS = 100 };
    static const uint8_t content[WIRE_MAX_SIGNAL] = { 0 };
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    for (size_t i = 0; i < SIGNALS; i++) {
        frame = signal_frame(1, base_slice(content, sizeof content));
        ask(&writer, &frame, &answer);
        assert_int_equal(answer.type, WIRE_DONE);
    }
    append_ok(&writer, 1, 1);
    size_t signals = 0;
    while (receive(&reader, &answer) && answer.type == WIRE_SIGNALLED) {
        signals++;
    }
    assert_in_range(signals, 10, 20);
    assert_entries(&answer, 1, 1, 0);
    signal_ok(&writer, 1); /* it has room again */
    assert_true(receive(&reader, &answer));
    assert_int_equal(answer.type, WIRE_SIGNALLED);
    leave(&writer);
    leave(&reader);
}

/* Nor does one hear anything while the answer to its read is under way, or while the memory is out. */
static void test_signals_while_reading(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    world->driver.hold = true;
    frame = read_frame(9, 0);
    send(&reader, &frame);
    signal_ok(&writer, 9); /* the token of a read that is going to be refused */
    driver_release(&world->driver, 0);
    world->driver.hold = false;
    assert_true(receive(&reader, &answer));
    assert_int_equal(answer.type, WIRE_REFUSAL);
    assert_false(receive(&reader, &answer));

    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    for (size_t k = 0; k < 12; k++) {
        struct peer other;
        join(world, &other, (uint8_t)(k + 10));
        world->alloc.fail_at = world->alloc.calls + k;
        frame = signal_frame(1, base_slice_text("signal"));
        send(&other, &frame);
        world->alloc.fail_at = SIZE_MAX;
        while (receive(&reader, &answer)) {
            assert_int_equal(answer.type, WIRE_SIGNALLED);
        }
        leave(&other);
    }
    assert_false(delivery_is_ended(reader.session));
    leave(&writer);
    leave(&reader);
}

static void test_too_many_signals(void **state) {
    struct world *world = *state;
    struct peer peer;
    struct wire_frame frame, answer;
    join(world, &peer, 1);
    size_t asked = 0;
    do {
        frame = signal_frame(1, base_slice_text("signal"));
        ask(&peer, &frame, &answer);
        asked++;
    } while (answer.type == WIRE_DONE);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    assert_int_equal(asked, 3001);
    leave(&peer);
}

/* An append finishes before, within and after a read that makes live: nothing is missed, nothing comes twice. */
static struct wire_frame repair_frame(uint8_t token, uint32_t nonce, uint64_t known, uint8_t next) {
    struct wire_frame frame = commit_frame(token, nonce, known);
    frame.of.append.kind = WIRE_KIND_REPAIR;
    hash_of(next, frame.of.append.next_token_hash);
    return frame;
}

/* A commit may be replaced until somebody else reads on with its token; its author may. */
static void test_repair(void **state) {
    struct world *world = *state;
    struct peer author, other, third;
    struct wire_frame frame, answer;
    join(world, &author, 1);
    join(world, &other, 2);
    join(world, &third, 3);
    create_stream(&author);
    frame = read_frame(1, 0);
    ask(&third, &frame, &answer);
    assert_entries(&answer, 1, 0, 0);
    frame = commit_frame(1, 1, 0);
    ask(&author, &frame, &answer);
    assert_true(receive(&third, &answer));
    assert_entries(&answer, 1, 1, WIRE_ENDED);
    frame = read_frame(2, 1);
    ask(&author, &frame, &answer);
    assert_entries(&answer, 1, 0, 0);
    frame = repair_frame(1, 2, 1, 3);
    ask(&other, &frame, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    assert_true(receive(&author, &answer)); /* who has read on with the token that was replaced reads to the repair */
    assert_int_equal(answer.of.entries.flags, WIRE_ENDED);
    assert_entries(&answer, 2, 2, WIRE_ENDED);
    frame = read_frame(1, 1);
    ask(&third, &frame, &answer);
    assert_entries(&answer, 2, 2, WIRE_ENDED);
    frame = read_frame(3, 2);
    ask(&third, &frame, &answer);
    assert_entries(&answer, 1, 0, 0);
    frame = repair_frame(1, 3, 2, 4);
    assert_refused(&author, &frame, WIRE_REFUSED_EPOCH_USED);
    leave(&author);
    leave(&other);
    leave(&third);
}

static void test_doors(void **state) {
    struct world *world = *state;
    struct peer one, other;
    struct wire_frame frame = { .type = WIRE_PUT_DOOR }, answer;
    join(world, &one, 1);
    join(world, &other, 2);
    frame.of.put_door.key[0] = 2;
    frame.of.put_door.content = base_slice_text("come in");
    ask(&one, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    frame.of.put_door.key[0] = 3;
    frame.of.put_door.content = base_slice_text("another door");
    ask(&other, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DONE);
    uint8_t key[WIRE_KEY_LEN] = { 2 }, hash[WIRE_KEY_LEN], content[WIRE_DOOR_CONTENT], name[WIRE_STREAM_LEN];
    sha256(key, sizeof key, hash);
    wire_door_content(hash, 0, content);
    sha256(content, sizeof content, name);
    frame = (struct wire_frame){ .type = WIRE_GET_DOOR };
    memcpy(frame.of.get_door.door, name, sizeof name);
    ask(&other, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DOOR);
    assert_true(base_slice_equal(answer.of.door.content, base_slice_text("come in")));
    frame.of.get_door.door[0] = 9;
    assert_refused(&other, &frame, WIRE_REFUSED_NO_DOOR);

    /* Who has lost all devices has nothing to sign in with; to try out names is slow. */
    struct peer guest;
    connect_peer(world, &guest);
    memcpy(frame.of.get_door.door, name, sizeof name);
    ask(&guest, &frame, &answer);
    assert_int_equal(answer.type, WIRE_DOOR);
    frame.of.get_door.door[0] = 9;
    size_t asked = 0;
    do {
        ask(&guest, &frame, &answer);
        asked++;
    } while (answer.of.refusal.code == WIRE_REFUSED_NO_DOOR);
    assert_int_equal(answer.of.refusal.code, WIRE_REFUSED_TOO_OFTEN);
    assert_in_range(asked, 50, 200);
    frame = (struct wire_frame){ .type = WIRE_PUT_DOOR };
    frame.of.put_door.content = base_slice_text("come in");
    assert_refused(&guest, &frame, WIRE_REFUSED_NOT_SIGNED_IN);
    leave(&guest);
    leave(&one);
    leave(&other);
}

static void test_live_races(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    uint32_t nonce = 0;
    uint64_t after = 0;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    for (size_t order = 0; order < 6; order++) {
        world->driver.hold = true;
        frame = append_frame(1, ++nonce, base_slice_text("a"));
        send(&writer, &frame);
        frame = read_frame(1, after);
        send(&reader, &frame);
        frame = append_frame(1, ++nonce, base_slice_text("b"));
        send(&writer, &frame);
        /* The three operations, in each order that the writer's two keep. */
        static const size_t orders[6][3] = { { 0, 0, 0 }, { 0, 1, 0 }, { 1, 0, 0 },
                                             { 0, 0, 0 }, { 0, 1, 0 }, { 1, 0, 0 } };
        for (size_t i = 0; i < 3; i++) {
            driver_release(&world->driver, orders[order][i]);
            /* In the second half, all finish at once. */
            if (order < 3) {
                store_finish(&world->driver.store);
            }
        }
        world->driver.hold = false;
        uint64_t wanted = after;
        while (receive(&reader, &answer)) {
            struct base_reader entries = base_reader(answer.of.entries.entries);
            struct wire_entry entry;
            while (entries.left != 0) {
                assert_ok(wire_entry_next(&entries, &entry));
                assert_int_equal(entry.number, ++wanted);
            }
        }
        assert_int_equal(wanted, after + 2);
        after = wanted;
    }
    leave(&writer);
    leave(&reader);
}

/* One who doesn't take what he gets costs a bounded amount of memory, and gets everything in the end. */
static void test_slow_reader(void **state) {
    struct world *world = *state;
    enum { ENTRIES = 60, ENTRY = 100000 };
    struct peer writer, reader;
    struct wire_frame frame, answer;
    struct base_bytes content = { 0 };
    assert_ok(base_bytes_take(base_allocator_libc(), ENTRY, &content));
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    size_t before = world->alloc.bytes;
    for (uint32_t i = 1; i <= ENTRIES; i++) {
        frame = append_frame(1, i, base_borrow(&content));
        ask(&writer, &frame, &answer);
        assert_int_equal(answer.type, WIRE_APPENDED);
        assert_true(world->alloc.bytes < before + (2 << 20));
    }
    frame = commit_frame(1, ENTRIES + 1, 0);
    ask(&writer, &frame, &answer);
    frame = append_frame(2, ENTRIES + 2, base_slice_text("in the next epoch"));
    ask(&writer, &frame, &answer);
    uint64_t last = 0;
    uint8_t flags = 0;
    while (receive(&reader, &answer)) {
        struct base_reader entries = base_reader(answer.of.entries.entries);
        struct wire_entry entry;
        assert_int_equal(flags, 0);
        flags = answer.of.entries.flags;
        while (entries.left != 0) {
            assert_ok(wire_entry_next(&entries, &entry));
            assert_int_equal(entry.number, last + 1);
            last = entry.number;
        }
    }
    assert_int_equal(last, ENTRIES + 1);
    assert_int_equal(flags, WIRE_ENDED);
    base_bytes_free(&content);
    leave(&writer);
    leave(&reader);
}

static void test_inbox(void **state) {
    struct world *world = *state;
    struct peer alice, bob;
    struct wire_frame answer;
    join(world, &alice, 1);
    join(world, &bob, 2);
    struct wire_frame read = { .type = WIRE_INBOX_READ, .of.inbox_read.live = 1 };
    ask(&bob, &read, &answer);
    assert_int_equal(answer.of.inbox_entries.entries.len, 0);
    struct wire_frame put = { .type = WIRE_INBOX_APPEND };
    memcpy(put.of.inbox_append.account, bob.account, WIRE_ACCOUNT_LEN);
    memcpy(put.of.inbox_append.device, bob.device, WIRE_DEVICE_LEN);
    put.of.inbox_append.content = base_slice_text("welcome");
    ask(&alice, &put, &answer);
    assert_int_equal(answer.type, WIRE_APPENDED);
    assert_false(receive(&alice, &answer));
    assert_true(receive(&bob, &answer));
    assert_int_equal(answer.type, WIRE_INBOX_ENTRIES);
    leave(&alice);
    leave(&bob);
}

/* --- failures --- */

static void test_failing_store(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    join(world, &reader, 2);
    create_stream(&writer);
    frame = read_frame(1, 0);
    ask(&reader, &frame, &answer);
    world->driver.refuse_with = WIRE_REFUSED_DISK_FULL;
    frame = append_frame(1, 1, base_slice_text("x"));
    assert_refused(&writer, &frame, WIRE_REFUSED_DISK_FULL);
    assert_false(receive(&reader, &answer));
    world->driver.refuse_with = 0;
    append_ok(&writer, 1, 1);
    assert_true(receive(&reader, &answer));
    assert_entries(&answer, 1, 1, 0);
    leave(&writer);
    leave(&reader);
}

/* Without memory at any point, a session may end, but nothing breaks, and nothing leaks. */
static void test_allocations(void **state) {
    struct world *world = *state;
    struct peer writer, reader;
    struct wire_frame frame, answer;
    join(world, &writer, 1);
    create_stream(&writer);
    size_t ended = 0;
    for (size_t k = 0; k < 60; k++) {
        uint8_t number = (uint8_t)(k + 10);
        join(world, &reader, number);
        world->alloc.fail_at = world->alloc.calls + k;
        frame = read_frame(1, k);
        send(&reader, &frame);
        frame = append_frame(1, (uint32_t)k + 1, base_slice_text("x"));
        send(&reader, &frame);
        while (receive(&reader, &answer)) {
        }
        world->alloc.fail_at = SIZE_MAX;
        ended += delivery_is_ended(reader.session) ? 1 : 0;
        append_ok(&writer, 1, (uint32_t)k + 1);
        leave(&reader);
    }
    assert_true(ended > 5);
    leave(&writer);
}

/* --- damaged frames --- */

struct damage {
    struct peer *peer;
    struct world *world;
    size_t answered, ended;
};

/* Whatever comes, there is one answer to it, or the session ends. */
static void try_damaged(struct base_slice bytes, void *user) {
    struct damage *damage = user;
    struct wire_frame answer;
    size_t answers = 0;
    damage->world->clock.now += 1000;
    delivery_receive(damage->peer->session, bytes);
    while (receive(damage->peer, &answer)) {
        answers++;
    }
    assert_int_equal(answers, 1);
    damage->answered++;
    if (delivery_is_ended(damage->peer->session)) {
        damage->ended++;
        struct peer old = *damage->peer;
        leave(damage->peer);
        damage->world->clock.now += 1000;
        connect_peer(damage->world, damage->peer);
        memcpy(damage->peer->account, old.account, WIRE_ACCOUNT_LEN);
        make_keys(damage->peer, 1);
        struct wire_frame frame = sign_in(damage->peer, "example.org");
        uint16_t refuse_with = damage->world->driver.refuse_with;
        damage->world->driver.refuse_with = 0;
        ask(damage->peer, &frame, &answer);
        damage->world->driver.refuse_with = refuse_with;
        assert_int_equal(answer.type, WIRE_SIGNED_IN);
    }
}

static void test_damaged_frames(void **state) {
    struct world *world = *state;
    struct peer peer;
    struct damage damage = { &peer, world, 0, 0 };
    join(world, &peer, 1);
    world->driver.refuse_with = WIRE_REFUSED_DISK_FULL;
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct wire_frame frame;
        struct base_bytes bytes = { 0 };
        struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
        sample_frame(i, &frame);
        wire_encode(&writer, &frame);
        assert_ok(base_writer_finish(&writer, &bytes));
        /* Signing in anew after each is slow: a part of them will do, as the codec's own test takes all. */
        bytes.len = bytes.len < 24 ? bytes.len : 24;
        test_each_mutation(base_borrow(&bytes), try_damaged, &damage);
        base_bytes_free(&bytes);
    }
    assert_true(damage.answered > 1000);
    assert_true(damage.ended > 100);
    leave(&peer);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_guests),
        TEST(test_sign_in),
        TEST(test_activation_proof),
        TEST(test_too_often),
        TEST(test_too_often_in_several_connections),
        TEST(test_trying_out_ids),
        TEST(test_trying_out_many_ids_at_once),
        TEST(test_max_sessions),
        TEST(test_attempts_of_an_address),
        TEST(test_input_is_held),
        TEST(test_live),
        TEST(test_signals),
        TEST(test_signals_of_a_slow_reader),
        TEST(test_signals_while_reading),
        TEST(test_too_many_signals),
        TEST(test_repair),
        TEST(test_doors),
        TEST(test_live_races),
        TEST(test_slow_reader),
        TEST(test_inbox),
        TEST(test_failing_store),
        TEST(test_allocations),
        TEST(test_damaged_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
