/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Connections break and hosts crash at random moments: everything arrives once, in order, and all agree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"

enum { PEERS = 4, MESSAGES = 12, SEEDS = 12 };

/* How many messages of its own a peer has in a chat. Nothing crashes meanwhile. */
static int own_count(struct world_peer *peer, const char *chat) {
    struct world *world = peer->world;
    int crash_chance = world->crash_chance, loss = world->loss, count = 0;
    long crash_after = peer->crash_after;
    world->crash_chance = world->loss = 0;
    peer->crash_after = -1;
    uint64_t id = world_ask(peer, "history", "{'chat':'%s','limit':200}", chat);
    world_run(world);
    const cJSON *messages = cJSON_GetObjectItem(cJSON_GetObjectItem(world_answer(peer, id), "result"), "messages"),
                *message;
    cJSON_ArrayForEach(message, messages) {
        bool own = cJSON_IsTrue(cJSON_GetObjectItem(message, "own"));
        count += own && strcmp(text_of(message, "kind"), "message") == 0 ? 1 : 0;
    }
    world->crash_chance = crash_chance;
    world->loss = loss;
    peer->crash_after = crash_after;
    return count;
}

/* Sends as a careful face does: if the host crashes before it has answered, it looks whether the message is there. */
static void send_surely(struct world_peer *peer, const char *chat, const char *text) {
    int before = own_count(peer, chat);
    do {
        uint64_t id = world_ask(peer, "send", "{'to':'%s','text':'%s'}", chat, text);
        world_run(peer->world);
        if (world_answer(peer, id) != NULL) {
            return;
        }
    } while (own_count(peer, chat) == before);
}

/* The messages of one writer in a chat, as this peer sees them: their numbers must be 0, 1, 2, … */
static void assert_in_order(struct world_peer *peer, const char *chat, const struct world_peer *writer, int count) {
    const cJSON *result = world_call(peer, "history", "{'chat':'%s','limit':200}", chat), *message;
    int expected = 0;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(result, "messages")) {
        if (strcmp(text_of(message, "kind"), "message") != 0 || strcmp(text_of(message, "from"), writer->id) != 0) {
            assert_string_not_equal(text_of(message, "kind"), "unreadable");
            continue;
        }
        char wanted[16];
        (void)snprintf(wanted, sizeof wanted, "%d", expected++);
        assert_string_equal(text_of(message, "text"), wanted);
        if (peer == writer) {
            /* A stranger who has not answered does not say that he has it. */
            bool direct = strcmp(chat, "All") != 0 && chat[0] != 'g';
            const char *state = text_of(message, "state");
            assert_true(strcmp(state, "delivered") == 0 || (direct && strcmp(state, "sent") == 0));
        }
    }
    assert_int_equal(expected, count);
}

/* What a peer has been told by events since its last crash may repeat what was told before, but `receive` has each
 * once. */
static void assert_received_once(struct world_peer *peer, int count) {
    int received = 0;
    double last = 0;
    for (;;) {
        const cJSON *result = world_call(peer, "receive", "{'limit':7}"), *message;
        const cJSON *messages = cJSON_GetObjectItem(result, "messages");
        cJSON_ArrayForEach(message, messages) {
            received += strcmp(text_of(message, "kind"), "message") == 0 ? 1 : 0;
            assert_true(number_of(message, "arrival") > last);
            last = number_of(message, "arrival");
        }
        if (cJSON_GetArraySize(messages) == 0) {
            break;
        }
        (void)world_call(peer, "seen", "{'arrival':%.0f}", last);
    }
    assert_int_equal(received, count);
}

/* Returns how many hosts have crashed and connections broken. */
static size_t storm(uint64_t seed, int loss, int crash_chance) {
    struct world world;
    world_init(&world, seed);
    world.tree_devices = (uint32_t)(seed % 2);
    for (int i = 0; i < PEERS; i++) {
        (void)world_add(&world);
    }
    (void)world_call(&world.peers[0], "group.create", "{'name':'All','members':['%s','%s','%s']}", world.peers[1].id,
                     world.peers[2].id, world.peers[3].id);
    int sent[PEERS][PEERS + 1] = { { 0 } };
    world.loss = loss;
    world.crash_chance = crash_chance;
    for (int i = 0; i < MESSAGES * PEERS; i++) {
        size_t from = test_random_below(&world.random, PEERS), to = test_random_below(&world.random, PEERS);
        int *count = &sent[from][from == to ? PEERS : to];
        char text[16];
        (void)snprintf(text, sizeof text, "%d", *count);
        send_surely(&world.peers[from], from == to ? "All" : world.peers[to].id, text);
        (*count)++;
        world_pass(&world, test_random_below(&world.random, 2000));
    }
    world.loss = 0;
    world.crash_chance = 0;
    world_pass(&world, 300 * 1000);
    for (size_t i = 0; i < PEERS; i++) {
        int incoming = 0;
        for (size_t k = 0; k < PEERS; k++) {
            struct world_peer *peer = &world.peers[i], *writer = &world.peers[k];
            assert_in_order(peer, group_of(peer, "All"), writer, sent[k][PEERS]);
            if (i != k && sent[k][i] + sent[i][k] > 0) {
                assert_in_order(peer, writer->id, writer, sent[k][i]);
                assert_in_order(peer, writer->id, peer, sent[i][k]);
            }
            incoming += i == k ? 0 : sent[k][i] + sent[k][PEERS];
        }
        assert_received_once(&world.peers[i], incoming);
    }
    assert_agree(&world, "All", (const size_t[]){ 0, 1, 2, 3 }, 4);
    size_t accidents = 0;
    for (size_t i = 0; i < PEERS; i++) {
        accidents += world.peers[i].crashes + world.peers[i].breaks;
    }
    world_end(&world);
    return accidents;
}

static void connections_break(void **state) {
    (void)state;
    size_t accidents = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        accidents += storm(seed, 50, 0);
    }
    assert_true(accidents > 5 * SEEDS);
}

static void hosts_crash(void **state) {
    (void)state;
    size_t accidents = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        accidents += storm(seed, 0, 20);
    }
    assert_true(accidents > 5 * SEEDS);
}

static void everything_breaks(void **state) {
    (void)state;
    size_t accidents = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        accidents += storm(seed, 30, 20);
    }
    assert_true(accidents > 5 * SEEDS);
}

/* One short story, with a crash of one of the two at each of its effects in turn. */
static void a_crash_at_every_effect(void **state) {
    (void)state;
    for (size_t who = 0; who < 2; who++) {
        for (long at = 0;; at++) {
            struct world world;
            world_init(&world, 7);
            struct world_peer *alice = world_add(&world), *bob = world_add(&world);
            world.peers[who].crash_after = at;
            send_surely(alice, bob->id, "first");
            world_pass(&world, 20 * 1000);
            send_surely(bob, alice->id, "second");
            world_pass(&world, 20 * 1000);
            world.peers[who].crash_after = -1;
            assert_texts(alice, bob->id, "first\nsecond\n");
            assert_texts(bob, alice->id, "first\nsecond\n");
            size_t crashes = world.peers[who].crashes;
            world_end(&world);
            if (crashes == 0) {
                assert_true(at > 10);
                break;
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_at_every_effect),
        cmocka_unit_test(connections_break),
        cmocka_unit_test(hosts_crash),
        cmocka_unit_test(everything_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
