/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Several messages of a chat under way at once: whatever is refused, the stream has them in the order of writing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"

enum { MANY = 40, WINDOW = 16 };

/* Alice has written to Bob before, so that what follows needs no new group. */
static void begin(struct world *world, uint64_t seed) {
    world_init(world, seed);
    struct world_peer *alice = world_add(world), *bob = world_add(world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
}

static void ask_many(struct world_peer *peer, const char *to, int count) {
    for (int i = 0; i < count; i++) {
        (void)world_ask(peer, "send", "{'to':'%s','text':'number %d'}", to, i);
    }
}

static void assert_many(struct world_peer *peer, const char *chat, int count) {
    char expected[MANY * 16] = "first\n";
    for (int i = 0; i < count; i++) {
        size_t len = strlen(expected);
        (void)snprintf(expected + len, sizeof expected - len, "number %d\n", i);
    }
    assert_texts(peer, chat, expected);
}

static void many_are_under_way_at_once(void **state) {
    (void)state;
    struct world world;
    begin(&world, 1);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    size_t before = world.model->asked[WIRE_APPEND];
    ask_many(alice, bob->id, MANY);
    /* Nothing of the server is heard yet: as many as the window has were sent. */
    world.deaf = true;
    world_run(&world);
    assert_int_equal(world.model->asked[WIRE_APPEND] - before, WINDOW);
    world.deaf = false;
    world_run(&world);
    assert_many(bob, alice->id, MANY);
    assert_many(alice, bob->id, MANY);
    assert_int_equal(world.model->asked[WIRE_APPEND] - before, MANY);
    assert_int_equal((int)number_of(world_call(alice, "status", "{}"), "queued"), 0);
    world_end(&world);
}

/* Each of them is refused once, for each of the reasons that pass: nothing overtakes it. */
static void what_is_refused_in_the_middle_keeps_its_place(void **state) {
    (void)state;
    static const uint16_t codes[] = { WIRE_REFUSED_TOO_OFTEN, WIRE_REFUSED_UNAVAILABLE, WIRE_REFUSED_DISK_FULL,
                                      WIRE_REFUSED_FULL, WIRE_REFUSED_OUT_OF_ORDER };
    for (size_t code = 0; code < sizeof codes / sizeof *codes; code++) {
        for (unsigned skip = 0; skip < 5; skip++) {
            struct world world;
            begin(&world, 2);
            struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
            world.model->refuse.code = codes[code];
            world.model->refuse.type = WIRE_APPEND;
            world.model->refuse.argument = 100;
            world.model->refuse.skip = skip;
            ask_many(alice, bob->id, 5);
            world_pass(&world, 120 * 1000);
            assert_int_equal(world.model->refuse.code, 0);
            assert_many(bob, alice->id, 5);
            assert_many(alice, bob->id, 5);
            world_end(&world);
        }
    }
}

/* One that is too large for the server fails, and those behind it go on without it. */
static void what_fails_in_the_middle_leaves_the_others(void **state) {
    (void)state;
    struct world world;
    begin(&world, 3);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    world.model->refuse.code = WIRE_REFUSED_TOO_LARGE;
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.skip = 1;
    ask_many(alice, bob->id, 4);
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "first\nnumber 0\nnumber 2\nnumber 3\n");
    assert_many(alice, bob->id, 4);
    world_end(&world);
}

/* Others' commits come between: what was encrypted for the old epoch is encrypted anew, all of it, in order. */
static void an_epoch_ends_under_them(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
        (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
        (void)world_call(alice, "send", "{'chat':'G','text':'first'}");
        (void)world_ask(bob, "group.add", "{'chat':'G','members':['%s']}", carol->id);
        for (int i = 0; i < 20; i++) {
            (void)world_ask(alice, "send", "{'chat':'G','text':'number %d'}", i);
        }
        world_pass(&world, 5000);
        assert_many(bob, group_of(bob, "G"), 20);
        assert_many(alice, group_of(alice, "G"), 20);
        world_end(&world);
    }
}

/* The connection breaks after each number of answers; then everything is sent again, as it was. */
static void a_connection_breaks_under_them(void **state) {
    (void)state;
    for (long after = 0; after < 24; after++) {
        struct world world;
        world_init_quiet(&world, 5);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
        ask_many(alice, bob->id, 20);
        alice->crash_after = 40 + after * 3;
        world_run(&world);
        world_break(alice);
        world_pass(&world, 20 * 1000);
        alice->crash_after = -1;
        char *texts = world_texts(bob, alice->id);
        int expected = 0;
        for (char *line = strtok(texts, "\n"); line != NULL; line = strtok(NULL, "\n")) {
            char wanted[16];
            (void)snprintf(wanted, sizeof wanted, expected == 0 ? "first" : "number %d", expected - 1);
            assert_string_equal(line, wanted);
            expected++;
        }
        free(texts);
        assert_true(expected > 1);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_are_under_way_at_once),
        cmocka_unit_test(what_is_refused_in_the_middle_keeps_its_place),
        cmocka_unit_test(what_fails_in_the_middle_leaves_the_others),
        cmocka_unit_test(an_epoch_ends_under_them),
        cmocka_unit_test(a_connection_breaks_under_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
