/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pushes: what a face learns and gives, which messages wake who is away, and what the server is told of quiet chats.
 */
#include <stdlib.h>
#include <string.h>

#include "chatting.h"

#define FRIEND "https://push.example.org/1"

static void begin(struct world *world, uint64_t seed, struct world_peer **alice, struct world_peer **bob) {
    world_init(world, seed);
    *alice = world_add(world);
    *bob = world_add(world);
    (void)world_call(*alice, "send", "{'to':'%s','text':'hello'}", (*bob)->id);
    (void)world_call(*bob, "send", "{'to':'%s','text':'hello'}", (*alice)->id);
}

static void a_face_gives_the_endpoint(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 1, &alice, &bob);
    assert_null(cJSON_GetObjectItem(world_call(alice, "push.get", "{}"), "key"));
    world.model->pushes = true;
    const char *key = text_of(world_call(alice, "push.get", "{}"), "key");
    assert_int_equal(strlen(key), 88);
    assert_memory_equal(key, "BAECAAAA", 8);
    (void)world_call(alice, "push.set", "{'endpoint':'" FRIEND "'}");
    assert_string_equal(world.model->endpoint, FRIEND);
    (void)world_call(alice, "push.set", "{'endpoint':''}");
    assert_string_equal(world.model->endpoint, "");
    world_end(&world);
}

static void what_is_wrong_has_a_name(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 2, &alice, &bob);
    char endpoint[WIRE_MAX_ENDPOINT + 2];
    memset(endpoint, 'a', sizeof endpoint);
    endpoint[sizeof endpoint - 1] = 0;
    assert_string_equal(world_error(alice, "push.set", "{}"), "params");
    assert_string_equal(world_error(alice, "push.set", "{'endpoint':'%s'}", endpoint), "params");
    world.model->refuse.type = WIRE_PUT_PUSH;
    world.model->refuse.code = WIRE_REFUSED_PUSH_SERVICE;
    assert_string_equal(world_error(alice, "push.set", "{'endpoint':'" FRIEND "'}"), "push_service");

    /* A server that is older than pushes has none. */
    world.model->refuse.type = WIRE_GET_PUSH;
    world.model->refuse.code = WIRE_REFUSED_UNKNOWN_TYPE;
    assert_null(cJSON_GetObjectItem(world_call(alice, "push.get", "{}"), "key"));

    world.deaf = true;
    uint64_t first = world_ask(alice, "push.get", "{}");
    world_run(&world);
    assert_string_equal(world_error(alice, "push.set", "{'endpoint':''}"), "busy");
    world_break(alice);
    world.deaf = false;
    world_run(&world);
    const cJSON *error = cJSON_GetObjectItem(world_answer(alice, first), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "offline");
    (void)world_call(alice, "disconnect", "{}");
    assert_string_equal(world_error(alice, "push.get", "{}"), "offline");
    assert_string_equal(world_error(alice, "push.set", "{'endpoint':''}"), "offline");
    world_end(&world);
}

static void messages_wake_and_what_is_about_them_does_not(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 3, &alice, &bob);
    size_t before = world.model->wakes;
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'a message'}", bob->id);
    assert_int_equal(world.model->wakes, before + 1);
    char id[64];
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    size_t appends = world.model->asked[WIRE_APPEND];
    (void)world_call(alice, "edit", "{'id':'%s','text':'the message'}", id);
    (void)world_call(bob, "react", "{'id':'%s','emoji':'\xf0\x9f\x91\x8d'}", id);
    (void)world_call(bob, "read", "{'chat':'%s','number':3}", alice->id);
    world_pass(&world, 5000);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    world_pass(&world, 5000);
    assert_true(world.model->asked[WIRE_APPEND] >= appends + 4);
    assert_int_equal(world.model->wakes, before + 1);

    /* Nor does a commit, or what own devices tell each other. */
    (void)world_call(alice, "group.create", "{'name':'Team','members':['%s']}", bob->id);
    (void)world_link(alice);
    world_pass(&world, 60000);
    assert_int_equal(world.model->wakes, before + 1);
    world_end(&world);
}

/* What peer number `who` has told of each stream that it reads; returns how many it reads. */
static size_t quiet_streams(const struct world *world, size_t who, uint64_t until, size_t *count) {
    size_t live = 0;
    *count = 0;
    for (size_t i = 0; i < world->model->stream_count; i++) {
        live += world->model->connections[who].live[i] ? 1 : 0;
        *count += world->model->connections[who].live[i] && world->model->connections[who].quiet_until[i] == until;
    }
    return live;
}

static void quiet_chats_are_told_only_to_who_pushes(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    size_t count;
    begin(&world, 4, &alice, &bob);
    (void)world_call(alice, "group.create", "{'name':'Team','members':['%s']}", bob->id);
    (void)world_call(bob, "chat.set", "{'chat':'%s','muted_until':1900000000500}", alice->id);
    world_pass(&world, 1000);
    size_t live = quiet_streams(&world, bob->number, 0, &count);
    assert_true(live >= 2);
    assert_int_equal(count, live);

    (void)world_call(bob, "push.set", "{'endpoint':'" FRIEND "'}");
    world_pass(&world, 1000);
    assert_int_equal(quiet_streams(&world, bob->number, 1900000001, &count), live);
    assert_int_equal(count, 1);
    size_t reads = world.model->asked[WIRE_READ];
    world_pass(&world, 60000);
    assert_int_equal(world.model->asked[WIRE_READ], reads);

    /* He goes on reading what comes in between. */
    (void)world_call(alice, "send", "{'to':'%s','text':'still here'}", bob->id);
    (void)world_call(bob, "chat.set", "{'chat':'%s','muted_until':0}", alice->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'and now'}", bob->id);
    world_pass(&world, 1000);
    (void)quiet_streams(&world, bob->number, 1900000001, &count);
    assert_int_equal(count, 0);
    char *texts = world_texts(bob, alice->id);
    assert_string_equal(texts, "hello\nhello\nstill here\nand now\n");
    free(texts);

    (void)world_call(bob, "contact.set", "{'id':'%s','blocked':true}", alice->id);
    world_pass(&world, 1000);
    (void)quiet_streams(&world, bob->number, UINT64_MAX, &count);
    assert_true(count >= 1);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_face_gives_the_endpoint),
        cmocka_unit_test(what_is_wrong_has_a_name),
        cmocka_unit_test(messages_wake_and_what_is_about_them_does_not),
        cmocka_unit_test(quiet_chats_are_told_only_to_who_pushes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
