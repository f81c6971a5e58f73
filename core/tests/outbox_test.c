/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Several messages of a chat under way at once: whatever is refused, the stream has them in the order of writing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "state.h"
#include "test/result.h"

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
    static const uint16_t codes[] = { WIRE_REFUSED_TOO_OFTEN, WIRE_REFUSED_UNAVAILABLE,  WIRE_REFUSED_DISK_FULL,
                                      WIRE_REFUSED_FULL,      WIRE_REFUSED_OUT_OF_ORDER, WIRE_REFUSED_BEHIND };
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

/* Somebody leaves while what he wrote last still waits for the server: it goes out before he is gone. */
static void last_words_go_before_their_writer(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world.model->refuse.code = WIRE_REFUSED_DISK_FULL;
    world.model->refuse.type = WIRE_APPEND;
    (void)world_call(bob, "send", "{'chat':'G','text':'farewell'}");
    (void)world_ask(bob, "group.leave", "{'chat':'G'}");
    world_pass(&world, 120 * 1000);
    assert_texts(alice, group_of(alice, "G"), "farewell\n");
    const cJSON *chat = world_call(bob, "group.info", "{'chat':'G'}");
    assert_string_equal(text_of(chat, "state"), "left");
    assert_string_equal(text_of(world_event(bob, "message_state"), "state"), "sent");
    world_end(&world);
}

/* Others' commits come between: what was encrypted for the old epoch is encrypted anew, all of it, in order. */
/* It has come into the group, as its writer hears only when he reads there that he was removed as well; and meanwhile
 * he has deleted it. Nobody there can be told any more. */
static void what_is_deleted_too_late_waits_for_nothing(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5 * 1000);
    world.deaf = true;
    (void)world_ask(bob, "send", "{'chat':'G','text':'last words'}");
    world_run(&world);
    world_break(bob);
    world.deaf = false;
    (void)world_call(bob, "disconnect", "{}");
    const cJSON *page = world_call(bob, "history", "{'chat':'G','limit':1}");
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}",
                     text_of(cJSON_GetArrayItem(cJSON_GetObjectItem(page, "messages"), 0), "id"));
    (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", bob->id);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(alice, "G", "last words\n");
    assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'G'}"), "state"), "removed");
    assert_int_equal(number_of(world_call(bob, "status", "{}"), "queued"), 0);
    world_crash(bob);
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(bob, "status", "{}"), "queued"), 0);
    world_end(&world);
}

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

/* What has to be looked up for one lets no other go past it. */
static void messages_stand_in_the_order_of_asking(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 19);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    char id[64];
    (void)snprintf(id, sizeof id, "%s",
                   text_of(world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id), "id"));
    uint64_t answers[] = {
        world_ask(alice, "send", "{'to':'%s','text':'second','reply_to':'%s','key':'a'}", bob->id, id),
        world_ask(alice, "send", "{'to':'%s','text':'third','key':'b'}", bob->id),
        world_ask(alice, "send", "{'to':'%s','text':'none','reply_to':'nothing'}", bob->id),
        world_ask(alice, "send", "{'to':'%s','text':'fourth'}", bob->id),
    };
    world_pass(&world, 5000);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const cJSON *answer = world_answer(alice, answers[i]);
        assert_non_null(answer);
        assert_int_equal(cJSON_GetObjectItem(answer, "error") != NULL, i == 2);
    }
    assert_texts(alice, bob->id, "first\nsecond\nthird\nfourth\n");
    assert_texts(bob, alice->id, "first\nsecond\nthird\nfourth\n");

    /* Who locks his home is told of those that wait. */
    uint64_t waits = world_ask(alice, "send", "{'to':'%s','text':'x','key':'c'}", bob->id);
    uint64_t behind = world_ask(alice, "send", "{'to':'%s','text':'y'}", bob->id);
    (void)world_call(alice, "lock", "{}");
    assert_non_null(cJSON_GetObjectItem(world_answer(alice, waits), "error"));
    assert_non_null(cJSON_GetObjectItem(world_answer(alice, behind), "error"));
    world_end(&world);
}

/* A script that has lost the answer asks again with its key. */
static void a_key_sends_once(void **state) {
    (void)state;
    struct world world;
    begin(&world, 6);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    /* At the same moment, too. */
    uint64_t first = world_ask(alice, "send", "{'to':'%s','text':'once','key':'job 1'}", bob->id);
    uint64_t second = world_ask(alice, "send", "{'to':'%s','text':'once','key':'job 1'}", bob->id);
    uint64_t other = world_ask(alice, "send", "{'to':'%s','text':'other','key':'job 2'}", bob->id);
    world_run(&world);
    const char *id = text_of(cJSON_GetObjectItem(world_answer(alice, first), "result"), "id");
    assert_string_equal(text_of(cJSON_GetObjectItem(world_answer(alice, second), "result"), "id"), id);
    assert_string_not_equal(text_of(cJSON_GetObjectItem(world_answer(alice, other), "result"), "id"), id);
    world_crash(alice);
    world_run(&world);
    const cJSON *again =
        world_call(alice, "send", "{'to':'%s','text':'once','reply_to':'%s','key':'job 1'}", bob->id, id);
    assert_string_equal(text_of(again, "id"), id);
    assert_string_equal(text_of(again, "state"), "sent");
    assert_null(cJSON_GetObjectItem(again, "reply_to"));
    assert_texts(bob, alice->id, "first\nonce\nother\n");
    (void)world_call(alice, "delete", "{'id':'%s','for':'me'}", id);
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'once','key':'job 1'}", bob->id),
                        "unknown_message");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'x','key':''}", bob->id), "params");
    /* After a week it is forgotten, and so is its record. */
    size_t records = alice->store.count;
    world_pass(&world, (uint64_t)8 * 24 * 3600 * 1000);
    assert_in_range(records - alice->store.count, 2, records);
    (void)world_call(alice, "send", "{'to':'%s','text':'new','key':'job 1'}", bob->id);
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "first\nonce\nother\nnew\n");
    world_end(&world);
}

/* A message that has failed is tried again as it was. */
static void a_failed_message_is_tried_again(void **state) {
    (void)state;
    struct world world;
    begin(&world, 7);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    world.model->refuse.code = WIRE_REFUSED_TOO_LARGE;
    world.model->refuse.type = WIRE_APPEND;
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'second'}", bob->id);
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "failed");
    world_crash(alice);
    world_run(&world);
    const cJSON *failed = world_call(alice, "message", "{'id':'%s'}", id);
    assert_string_equal(text_of(failed, "state"), "failed");
    assert_string_equal(text_of(world_call(alice, "retry", "{'id':'%s'}", id), "state"), "queued");
    assert_string_equal(world_error(alice, "retry", "{'id':'%s'}", id), "state");
    world_run(&world);
    assert_texts(bob, alice->id, "first\nsecond\n");
    assert_string_equal(text_of(world_event(bob, "message"), "id"), id);
    assert_string_equal(text_of(world_call(alice, "message", "{'id':'%s'}", id), "state"), "sent");
    assert_null(cJSON_GetObjectItem(world_call(alice, "message", "{'id':'%s'}", id), "error"));
    /* What has failed for everyone is removed when it is deleted: nobody has it. */
    world.model->refuse.code = WIRE_REFUSED_TOO_LARGE;
    sent = world_call(alice, "send", "{'to':'%s','text':'third'}", bob->id);
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    assert_string_equal(world_error(alice, "message", "{'id':'%s'}", id), "unknown_message");
    world_end(&world);
}

/* The server's answer gets lost, and its writer comes back when the server does not know any more that it had the
 * message: it is taken a second time, and shown once, in a group and in a chat of two, where the epoch has moved, and
 * to those who have not got it the first time. */
static void what_the_server_has_forgotten_is_shown_once(void **state) {
    (void)state;
    enum { DIRECT = 1, MOVED = 2, AWAY = 4, CASES = 8 };
    for (unsigned how = 0; how < CASES; how++) {
        struct world world;
        world_init_quiet(&world, 8);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
        char to[16], seen[16];
        (void)snprintf(to, sizeof to, "%s", (how & DIRECT) != 0 ? bob->id : "G");
        (void)snprintf(seen, sizeof seen, "%s", (how & DIRECT) != 0 ? alice->id : "G");
        (void)world_call(alice, "send", "{'to':'%s','text':'first'}", to);
        world_pass(&world, 5 * 1000);
        if ((how & AWAY) != 0) {
            (void)world_call(bob, "disconnect", "{}");
        }
        world.deaf = true;
        (void)world_ask(alice, "send", "{'to':'%s','text':'second'}", to);
        world_run(&world);
        world_break(alice);
        world.deaf = false;
        (void)world_call(alice, "disconnect", "{}");
        world_pass(&world, 5 * 1000);
        assert_texts(bob, seen, (how & AWAY) != 0 ? "first\n" : "first\nsecond\n");
        world_pass_month(&world);
        (void)world_call(bob, "connect", "{}");
        if ((how & (MOVED | DIRECT)) == (MOVED | DIRECT)) {
            (void)world_link(bob);
        } else if ((how & MOVED) != 0) {
            (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", carol->id);
        }
        world_pass(&world, 60 * 1000);
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 60 * 1000);
        (void)world_call(alice, "send", "{'to':'%s','text':'third'}", to);
        world_pass(&world, 5 * 1000);
        assert_texts(bob, seen, "first\nsecond\nthird\n");
        assert_texts(alice, to, "first\nsecond\nthird\n");
        const cJSON *page = world_call(bob, "history", "{'chat':'%s'}", seen), *message;
        cJSON_ArrayForEach(message, cJSON_GetObjectItem(page, "messages")) {
            const cJSON *notice = cJSON_GetObjectItem(message, "notice");
            assert_false(cJSON_IsString(notice) && strcmp(notice->valuestring, "unreadable") == 0);
        }
        assert_int_equal(number_of(world_call(alice, "status", "{}"), "queued"), 0);
        world_end(&world);
    }
}

/* Meanwhile somebody was removed, and let in again by who was not there before: he has another chat of the same group,
 * and has seen in the first one what comes into it. */
static void what_the_server_has_forgotten_is_shown_in_one_chat(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 18);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    struct world_peer *dora = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s','%s']}", alice->id, dora->id);
    world_pass(&world, 5 * 1000);
    const uint64_t first = group_at_hand(alice)->chat->number;
    world.deaf = true;
    (void)world_ask(dora, "send", "{'to':'G','text':'once'}");
    world_run(&world);
    world_break(dora);
    world.deaf = false;
    (void)world_call(dora, "disconnect", "{}");
    world_pass(&world, 5 * 1000);
    world_pass_month(&world);
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5 * 1000);
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5 * 1000);
    (void)world_call(carol, "group.add", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 60 * 1000);
    const uint64_t second = group_at_hand(alice)->chat->number;
    assert_int_not_equal(first, second);
    (void)world_call(dora, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(dora, "send", "{'to':'G','text':'then'}");
    world_pass(&world, 5 * 1000);
    char name[16];
    (void)snprintf(name, sizeof name, "g%d", (int)first);
    assert_texts(alice, name, "once\n");
    (void)snprintf(name, sizeof name, "g%d", (int)second);
    assert_texts(alice, name, "then\n");
    assert_texts(carol, "G", "once\nthen\n");
    world_end(&world);
}

/* Years ahead while it could not connect, and put right then. */
static void a_clock_that_was_ahead_keeps_nobody_waiting(void **state) {
    (void)state;
    enum { SECOND = 1000 };
    static const uint64_t years = (uint64_t)20 * 365 * 24 * 3600 * SECOND;
    struct world world;
    world_init(&world, 90);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    world_break(bob);
    world_run(&world);
    world.clock.now += years;
    for (int i = 0; i < 3; i++) {
        world_break(alice);
        assert_ok(weibel_core_tick(alice->core));
    }
    assert_false(alice->connected);
    (void)world_ask(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world.clock.now -= years;
    world_pass(&world, 120 * SECOND);
    assert_string_equal(text_of(world_event(alice, "connection"), "state"), "online");
    assert_texts(bob, alice->id, "hello\n");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_stand_in_the_order_of_asking),
        cmocka_unit_test(a_key_sends_once),
        cmocka_unit_test(a_failed_message_is_tried_again),
        cmocka_unit_test(many_are_under_way_at_once),
        cmocka_unit_test(what_is_refused_in_the_middle_keeps_its_place),
        cmocka_unit_test(what_fails_in_the_middle_leaves_the_others),
        cmocka_unit_test(last_words_go_before_their_writer),
        cmocka_unit_test(what_is_deleted_too_late_waits_for_nothing),
        cmocka_unit_test(an_epoch_ends_under_them),
        cmocka_unit_test(a_connection_breaks_under_them),
        cmocka_unit_test(what_the_server_has_forgotten_is_shown_once),
        cmocka_unit_test(what_the_server_has_forgotten_is_shown_in_one_chat),
        cmocka_unit_test(a_clock_that_was_ahead_keeps_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
