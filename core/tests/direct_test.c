/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two accounts write to each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/cmocka.h"
#include "world.h"

static void assert_texts(struct world_peer *peer, const char *chat, const char *expected) {
    char *texts = world_texts(peer, chat);
    assert_string_equal(texts, expected);
    free(texts);
}

static const char *text_of(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsString(item));
    return item->valuestring;
}

static void messages_go_both_ways(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);

    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    assert_string_equal(text_of(sent, "state"), "queued");
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "sent");
    assert_string_equal(text_of(world_event(bob, "message"), "text"), "hello");
    assert_string_equal(text_of(world_event(bob, "message"), "from"), alice->id);
    assert_string_equal(text_of(world_event(bob, "message"), "id"), text_of(sent, "id"));

    (void)world_call(bob, "send", "{'to':'%s','text':'and back'}", alice->id);
    (void)world_call(alice, "send", "{'chat':'%s','text':'third'}", bob->id);
    assert_texts(alice, bob->id, "hello\nand back\nthird\n");
    assert_texts(bob, alice->id, "hello\nand back\nthird\n");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
