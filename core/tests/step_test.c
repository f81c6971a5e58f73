/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the devices of one account agree on: contacts, settings, what was read.
 */
#include <stdlib.h>
#include <string.h>

#include "chatting.h"

/* The one that reads may have come after some of the messages, and has its own ones at other places. */
static void what_one_device_reads_all_have_read(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    struct world_peer *phone = world_link(anna);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    assert_texts(phone, ben->id, "two\n");
    (void)world_call(phone, "read", "{'chat':'%s','number':1000000}", ben->id);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "one", "read");
    assert_seen_as(ben, anna->id, "two", "read");

    (void)world_call(phone, "disconnect", "{}");
    (void)world_call(phone, "send", "{'to':'%s','text':'mine'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
    (void)world_call(phone, "connect", "{}");
    assert_texts(phone, ben->id, "two\nmine\nthree\n");
    assert_texts(anna, ben->id, "hello\none\ntwo\nthree\nmine\n");
    (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", ben->id);
    world_pass(&world, 60 * 1000);
    const cJSON *chats = cJSON_GetObjectItem(world_call(phone, "chats", "{}"), "chats");
    assert_int_equal((int)number_of(cJSON_GetArrayItem(chats, 0), "unread"), 0);
    world_end(&world);
}

static const cJSON *contact_of(struct world_peer *peer, const char *id) {
    const cJSON *contact;
    cJSON_ArrayForEach(contact, cJSON_GetObjectItem(world_call(peer, "contact.list", "{}"), "contacts")) {
        if (strcmp(text_of(contact, "id"), id) == 0) {
            return contact;
        }
    }
    return NULL;
}

/* Contacts, settings and what was read are the same on all devices: on a new one, and when they change. */
static void devices_are_in_step(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "contact.add", "{'id':'%s','name':'Benjamin'}", ben->id);
    (void)world_call(anna, "settings.set", "{'typing':false}");
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_call(anna, "chat.set", "{'chat':'%s','pinned':true,'draft':'dear'}", ben->id);
    struct world_peer *phone = world_link(anna);
    assert_string_equal(text_of(contact_of(phone, ben->id), "name"), "Benjamin");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(phone, "settings.get", "{}"), "typing")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(phone, ben->id), "pinned")));
    assert_string_equal(text_of(listed_chat(phone, ben->id), "draft"), "dear");

    (void)world_call(phone, "contact.set", "{'id':'%s','name':'Ben'}", ben->id);
    (void)world_call(phone, "settings.set", "{'receipts':false}");
    (void)world_call(phone, "chat.set", "{'chat':'%s','pinned':false}", ben->id);
    const cJSON *safety = world_call(phone, "contact.safety", "{'id':'%s'}", ben->id);
    (void)world_call(phone, "contact.verify", "{'id':'%s','code':'%s'}", ben->id, text_of(safety, "safety"));
    (void)world_call(phone, "contact.add", "{'id':'%s'}", cleo->id);
    (void)world_call(phone, "contact.set", "{'id':'%s','blocked':true}", cleo->id);
    world_pass(&world, 5000);
    assert_string_equal(text_of(contact_of(anna, ben->id), "name"), "Ben");
    assert_string_equal(text_of(contact_of(anna, ben->id), "trust"), "verified");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(contact_of(anna, cleo->id), "blocked")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "settings.get", "{}"), "receipts")));
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(anna, ben->id), "pinned")));
    assert_string_equal(text_of(world_event(anna, "contact"), "id"), cleo->id);

    /* What is read on one is read on the other, also if the message comes there later. */
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
    assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 3);
    assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 2);
    (void)world_call(phone, "read", "{'chat':'%s','number':1}", ben->id);
    world_pass(&world, 5000);
    assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 1);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(ben, "send", "{'to':'%s','text':'four'}", anna->id);
    (void)world_call(phone, "read", "{'chat':'%s','number':3}", ben->id);
    world_pass(&world, 5000);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 5000);
    assert_texts(anna, ben->id, "one\ntwo\nthree\nfour\n");
    assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 0);
    assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 0);
    world_end(&world);
}

/* Both change the same while they don't see each other: both come to the same in the end. */
static void the_same_in_the_end(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        struct world_peer *phone = world_link(anna);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(anna, "contact.add", "{'id':'%s','name':'one'}", ben->id);
        (void)world_call(phone, "contact.add", "{'id':'%s','name':'two'}", ben->id);
        (void)world_call(phone, "contact.set", "{'id':'%s','name':'three'}", ben->id);
        (void)world_call(anna, "settings.set", "{'typing':false}");
        (void)world_call(phone, "settings.set", "{'receipts':false}");
        (void)world_ask(anna, "connect", "{}");
        (void)world_ask(phone, "connect", "{}");
        world_pass(&world, 30 * 1000);
        assert_string_equal(text_of(contact_of(anna, ben->id), "name"), "three");
        assert_string_equal(text_of(contact_of(phone, ben->id), "name"), "three");
        char *first = cJSON_PrintUnformatted(world_call(anna, "settings.get", "{}"));
        char *second = cJSON_PrintUnformatted(world_call(phone, "settings.get", "{}"));
        assert_string_equal(first, second);
        free(first);
        free(second);
        world_end(&world);
    }
}

/* What another device has set for a chat was heard before the chat is begun here. */
static void a_chat_begins_as_it_was_set(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *phone = world_link(anna);
    world.model->refuse.type = WIRE_TAKE_KEY_PACKAGES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    (void)world_call(anna, "send", "{'to':'%s','text':'waits'}", ben->id);
    (void)world_call(anna, "chat.set", "{'chat':'%s','pinned':true}", ben->id);
    world_pass(&world, 5000);
    assert_null(listed_chat(phone, ben->id));
    (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", ben->id);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(phone, ben->id), "pinned")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(anna, ben->id), "pinned")));
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_are_in_step),
        cmocka_unit_test(the_same_in_the_end),
        cmocka_unit_test(what_one_device_reads_all_have_read),
        cmocka_unit_test(a_chat_begins_as_it_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
