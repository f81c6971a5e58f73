/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Settings of the account and of chats, and the newest message of each chat.
 */
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "content/cbor.h"

static bool is_true(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsBool(member));
    return cJSON_IsTrue(member);
}

static void settings_are_kept(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world);
    const cJSON *settings = world_call(alice, "settings.get", "{}");
    assert_true(is_true(settings, "receipts") && is_true(settings, "typing"));
    settings = world_call(alice, "settings.set", "{'receipts':false}");
    assert_true(!is_true(settings, "receipts") && is_true(settings, "typing"));
    assert_string_equal(world_error(alice, "settings.set", "{'receipts':true,'typing':1}"), "params");
    assert_string_equal(text_of(world_call(alice, "settings.set", "{'emoji':'👍 🇨🇭'}"), "emoji"), "👍 🇨🇭");
    assert_string_equal(world_error(alice, "settings.set", "{'emoji':7}"), "params");
    assert_string_equal(world_error(alice, "settings.set", "{'emoji':'%0257d'}", 0), "params");
    world_crash(alice);
    world_run(&world);
    settings = world_call(alice, "settings.get", "{}");
    assert_true(!is_true(settings, "receipts") && is_true(settings, "typing"));
    assert_string_equal(text_of(settings, "emoji"), "👍 🇨🇭");
    assert_string_equal(text_of(world_call(alice, "settings.set", "{'emoji':'%0256d'}", 0), "emoji") + 254, "00");
    world_end(&world);
}

static void who_does_not_tell_that_he_types_does_not_hear_it(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello yourself'}", alice->id);
    (void)world_call(alice, "settings.set", "{'typing':false}");
    (void)world_call(alice, "typing", "{'chat':'%s','typing':true}", bob->id);
    (void)world_call(bob, "typing", "{'chat':'%s','typing':true}", alice->id);
    world_pass(&world, 5000);
    assert_null(world_event(alice, "typing"));
    assert_null(world_event(bob, "typing"));
    (void)world_call(alice, "settings.set", "{'typing':true}");
    (void)world_call(alice, "typing", "{'chat':'%s','typing':true}", bob->id);
    world_pass(&world, 5000);
    assert_non_null(world_event(bob, "typing"));
    world_end(&world);
}

static void chats_are_set(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    const cJSON *chat = listed_chat(alice, bob->id);
    assert_false(is_true(chat, "pinned") || is_true(chat, "archived") || is_true(chat, "marked"));
    assert_null(cJSON_GetObjectItem(chat, "draft"));
    (void)world_call(alice, "chat.set", "{'chat':'%s','pinned':true,'marked':true,'draft':'dear b'}", bob->id);
    chat = world_call(alice, "chat.set", "{'chat':'%s','muted_until':1700000100000,'archived':true}", bob->id);
    assert_true(is_true(chat, "pinned") && is_true(chat, "archived"));
    assert_true(is_true(world_event(alice, "chat"), "archived"));
    world_crash(alice);
    world_run(&world);
    chat = listed_chat(alice, bob->id);
    assert_true(is_true(chat, "pinned") && is_true(chat, "archived") && is_true(chat, "marked"));
    assert_string_equal(text_of(chat, "draft"), "dear b");
    assert_true(number_of(chat, "muted_until") == 1700000100000);

    /* Nothing is half set. */
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'%s','pinned':false,'marked':'no'}", bob->id),
                        "params");
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'%s','pinned':false,'draft':7}", bob->id), "params");
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'%s','draft':'x','muted_until':-1}", bob->id),
                        "params");
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'g9','pinned':false}"), "unknown_chat");
    chat = listed_chat(alice, bob->id);
    assert_true(is_true(chat, "pinned"));
    assert_string_equal(text_of(chat, "draft"), "dear b");
    chat = world_call(alice, "chat.set", "{'chat':'%s','draft':''}", bob->id);
    assert_null(cJSON_GetObjectItem(chat, "draft"));
    world_end(&world);
}

static void an_archived_chat_comes_back_with_a_message(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    uint64_t later = world.clock.now + 60000;
    (void)world_call(bob, "chat.set", "{'chat':'%s','archived':true,'muted_until':%llu}", alice->id,
                     (unsigned long long)later);
    (void)world_call(alice, "send", "{'to':'%s','text':'still there?'}", bob->id);
    assert_true(is_true(listed_chat(bob, alice->id), "archived")); /* muted */
    world_pass(&world, 60001);
    (void)world_call(alice, "send", "{'to':'%s','text':'and now?'}", bob->id);
    assert_false(is_true(listed_chat(bob, alice->id), "archived"));
    assert_false(is_true(world_event(bob, "chat"), "archived"));
    world_end(&world);
}

static void the_newest_message_is_at_hand(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "disconnect", "{}");
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    const cJSON *last = cJSON_GetObjectItem(listed_chat(alice, bob->id), "last");
    assert_string_equal(text_of(last, "id"), text_of(sent, "id"));
    assert_string_equal(text_of(last, "text"), "hello");
    assert_string_equal(text_of(last, "state"), "queued");
    (void)world_call(alice, "connect", "{}");
    world_run(&world);
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(alice, bob->id), "last"), "state"), "sent");
    last = cJSON_GetObjectItem(listed_chat(bob, alice->id), "last");
    assert_string_equal(text_of(last, "text"), "hello");
    assert_string_equal(text_of(last, "from"), alice->id);

    /* A long one is cut off between characters; a crash loses nothing. */
    char text[2000] = "";
    for (size_t i = 0; i < 300; i++) {
        (void)strncat(text, i % 7 == 0 ? "é" : "ü€", sizeof text - strlen(text) - 1);
    }
    (void)world_call(bob, "send", "{'to':'%s','text':'%s'}", alice->id, text);
    for (size_t i = 0; i < 2; i++) {
        last = cJSON_GetObjectItem(listed_chat(alice, bob->id), "last");
        const char *shown = text_of(last, "text");
        assert_in_range(strlen(shown), 196, 200);
        assert_true(cbor_utf8_valid(base_slice(shown, strlen(shown))));
        assert_int_equal(strncmp(text, shown, strlen(shown)), 0);
        world_crash(alice);
        world_run(&world);
    }

    /* What has disappeared is not there either. */
    (void)world_call(alice, "send", "{'to':'%s','text':'secret','expire':5}", bob->id);
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(bob, alice->id), "last"), "text"), "secret");
    (void)world_call(bob, "read", "{'chat':'%s','number':9000}", alice->id);
    world_pass(&world, 10000);
    assert_null(cJSON_GetObjectItem(listed_chat(bob, alice->id), "last"));
    assert_null(cJSON_GetObjectItem(listed_chat(alice, bob->id), "last"));
    world_crash(bob);
    world_run(&world);
    assert_null(cJSON_GetObjectItem(listed_chat(bob, alice->id), "last"));
    (void)world_call(alice, "send", "{'to':'%s','text':'new'}", bob->id);
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(bob, alice->id), "last"), "text"), "new");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_kept),
        cmocka_unit_test(who_does_not_tell_that_he_types_does_not_hear_it),
        cmocka_unit_test(chats_are_set),
        cmocka_unit_test(an_archived_chat_comes_back_with_a_message),
        cmocka_unit_test(the_newest_message_is_at_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
