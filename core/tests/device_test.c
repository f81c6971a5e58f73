/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Several devices of one account: they come by links, are in all chats, and go. What they agree on is in step_test.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "group.h"
#include "sync.h"
#include "test/result.h"

/* The devices that a peer lists. */
static int device_count(struct world_peer *peer) {
    return cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "device.list", "{}"), "devices"));
}

static void assert_state(struct world_peer *peer, const char *text, const char *state) {
    const cJSON *messages = cJSON_GetObjectItem(
                    world_call(peer, "history", "{'chat':'%s','limit':200}", peer->world->peers[1].id), "messages"),
                *message;
    cJSON_ArrayForEach(message, messages) {
        if (strcmp(text_of(message, "text"), text) == 0) {
            assert_true(cJSON_IsTrue(cJSON_GetObjectItem(message, "own")));
            assert_string_equal(text_of(message, "state"), state);
            assert_null(cJSON_GetObjectItem(message, "arrival"));
            return;
        }
    }
    fail();
}

/* Notices that a peer has in a chat. */
static int notice_count(struct world_peer *peer, const char *chat) {
    const cJSON *messages = cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages"),
                *message;
    int count = 0;
    cJSON_ArrayForEach(message, messages) {
        count += strcmp(text_of(message, "kind"), "notice") == 0 ? 1 : 0;
    }
    return count;
}

static bool was_told(struct world_peer *peer, const char *chat, const char *text) {
    const cJSON *messages = cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages"),
                *message;
    bool told = false;
    cJSON_ArrayForEach(message, messages) {
        told = told || strcmp(text_of(message, "text"), text) == 0;
    }
    return told;
}

static const char *device_name(const struct world_peer *peer) {
    static char text[64];
    cJSON *self = world_call((struct world_peer *)peer, "whoami", "{}");
    (void)snprintf(text, sizeof text, "%s", text_of(self, "device"));
    return text;
}

/* Both have begun the chat at the same moment: it has two groups, and a new device comes into each. */
static void a_new_device_comes_into_both_groups_of_a_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    world.deaf = true;
    (void)world_ask(anna, "send", "{'to':'%s','text':'from anna'}", ben->id);
    (void)world_ask(ben, "send", "{'to':'%s','text':'from ben'}", anna->id);
    world_run(&world);
    world.deaf = false;
    world_pass(&world, 60 * 1000);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 60 * 1000);
    assert_int_equal(chat_of_two(phone)->groups.count, 2);
    world_end(&world);
}

static void a_second_device_is_in_all_chats(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'before'}", ben->id);
    (void)world_call(ben, "group.create", "{'name':'Three','members':['%s','%s']}", anna->id, cleo->id);
    int before = notice_count(ben, "Three");
    struct world_peer *phone = world_link(anna);
    assert_int_equal(device_count(anna), 2);
    assert_int_equal(device_count(phone), 2);
    assert_string_equal(text_of(world_event(anna, "device"), "event"), "linked");
    assert_string_equal(text_of(world_event(anna, "device"), "name"), "Device 3");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(anna, "chats", "{}"), "chats")), 2);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(phone, "chats", "{}"), "chats")), 2);

    /* What is written on one is there as own on the other, with its event; what comes, comes to both. */
    (void)world_call(anna, "send", "{'to':'%s','text':'from the desk'}", ben->id);
    (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'to both'}", anna->id);
    assert_texts(phone, ben->id, "from the desk\nfrom the phone\nto both\n");
    assert_texts(anna, ben->id, "before\nfrom the desk\nfrom the phone\nto both\n");
    assert_texts(ben, anna->id, "before\nfrom the desk\nfrom the phone\nto both\n");
    assert_state(phone, "from the desk", "delivered");
    assert_state(anna, "from the phone", "delivered");
    (void)world_call(phone, "send", "{'chat':'Three','text':'hello all'}");
    assert_texts(cleo, group_of(cleo, "Three"), "hello all\n");
    assert_texts(anna, group_of(anna, "Three"), "hello all\n");
    assert_string_equal(text_of(world_event(anna, "message"), "text"), "hello all");

    /* Others see accounts, and hear nothing of devices. */
    const cJSON *info = world_call(ben, "group.info", "{'chat':'Three'}");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")), 3);
    assert_int_equal(number_of(info, "devices"), 4);
    assert_int_equal(notice_count(ben, "Three"), before);
    assert_int_equal(notice_count(phone, "Three"), 0);
    assert_agree(&world, "Three", (const size_t[]){ 0, 1, 2, 3 }, 4);

    /* A chat that one begins has the other in it from the start. */
    (void)world_call(phone, "send", "{'to':'%s','text':'first words'}", cleo->id);
    assert_texts(anna, cleo->id, "first words\n");
    (void)world_call(anna, "group.create", "{'name':'Two','members':['%s']}", cleo->id);
    (void)world_call(anna, "send", "{'chat':'Two','text':'x'}");
    assert_texts(phone, group_of(phone, "Two"), "x\n");
    world_end(&world);
}

static void a_removed_device_stops(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    assert_string_equal(world_error(anna, "device.remove", "{'device':'%s'}", device_name(anna)), "self");
    assert_string_equal(world_error(anna, "device.remove", "{'device':'00'}"), "unknown_device");
    (void)world_call(anna, "device.remove", "{'device':'%s'}", device_name(phone));
    world_pass(&world, 20 * 1000);
    assert_string_equal(text_of(world_event(anna, "device"), "event"), "removed");
    assert_int_equal(device_count(anna), 1);
    const cJSON *connection = world_event(phone, "connection");
    assert_string_equal(text_of(connection, "state"), "offline");
    assert_null(cJSON_GetObjectItem(connection, "retry_at"));
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(connection, "error"), "data"), "name"),
                        "removed");
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 2);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    assert_texts(anna, ben->id, "one\ntwo\n");
    assert_texts(phone, ben->id, "one\n"); /* what it has stays readable */

    /* It doesn't come back, neither by itself nor after a restart. */
    world_crash(phone);
    world_pass(&world, 20 * 1000);
    connection = world_event(phone, "connection");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(connection, "error"), "data"), "name"),
                        "removed");
    assert_int_equal(device_count(anna), 1);
    world_end(&world);
}

static void leaving_is_for_all_devices(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s','%s']}", anna->id, cleo->id);
    struct world_peer *phone = world_link(anna);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 4);
    (void)world_call(phone, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 2);
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'G'}"), "state"), "left");

    /* And back again, both of them. */
    (void)world_call(ben, "group.add", "{'chat':'G','members':['%s']}", anna->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "send", "{'chat':'G','text':'welcome back'}");
    assert_texts(anna, group_of(anna, "G"), "welcome back\n");
    assert_texts(phone, group_of(phone, "G"), "welcome back\n");
    (void)world_call(ben, "group.remove", "{'chat':'G','members':['%s']}", anna->id);
    world_pass(&world, 20 * 1000);
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "removed");
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 2);
    world_end(&world);
}

/* The device that wishes to leave is removed from the account before anybody has acted on it: whoever removes it would
 * not want a thief to take the account out of its groups. That device goes, whoever takes it out, and also if a commit
 * has overtaken it; the others stay, and are told. */
static void what_a_removed_device_wishes_is_for_itself(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct world world;
        world_init(&world, 71);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *owner = how == 0 ? anna : ben;
        (void)world_call(owner, "group.create", "{'name':'G','members':['%s']}", (how == 0 ? ben : anna)->id);
        struct world_peer *phone = world_link(anna), *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 4);
        char name[64];
        (void)snprintf(name, sizeof name, "%s", device_name(phone));
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(tablet, "disconnect", "{}");
        world.deaf = true;
        (void)world_ask(phone, "group.leave", "{'chat':'%s'}", group_of(phone, "G"));
        world_run(&world);
        if (how == 2) {
            (void)world_ask(ben, "group.set", "{'chat':'G','description':'new'}");
            world_run(&world);
        }
        world_close(phone);
        world.model->accounts[phone->number].removed = true;
        world.deaf = false;
        world_pass(&world, 20 * 1000);
        assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
        (void)world_call(anna, "connect", "{}");
        (void)world_call(anna, "device.remove", "{'device':'%s'}", name);
        (void)world_call(tablet, "connect", "{}");
        world_pass(&world, 120 * 1000);
        assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
        assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'G'}"), "state"), "open");
        assert_string_equal(text_of(world_call(tablet, "group.info", "{'chat':'G'}"), "state"), "open");
        world_end(&world);
    }
}

/* Likewise where the account's own devices are the first to read it. */
static void nobody_leaves_with_a_device_that_was_removed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 74);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    struct world_peer *phone = world_link(anna), *tablet = world_link(anna);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", device_name(phone));
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(tablet, "disconnect", "{}");
    (void)world_call(phone, "group.leave", "{'chat':'%s'}", group_of(phone, "G"));
    world_close(phone);
    world.model->accounts[phone->number].removed = true;
    (void)world_call(anna, "connect", "{}");
    (void)world_call(anna, "device.remove", "{'device':'%s'}", name);
    (void)world_call(tablet, "connect", "{}");
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    assert_string_equal(text_of(world_call(tablet, "group.info", "{'chat':'G'}"), "state"), "open");
    assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'G'}"), "state"), "open");
    assert_true(was_told(anna, "G",
                         "A device that was removed from your account wished to leave the group: you are still in it"));
    world_end(&world);
}

/* Whoever commits first has something else to do in the group, and one of the leaver's devices never comes back. */
static void who_leaves_goes_with_any_commit(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 72);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", device_name(phone));
    world_close(phone);
    (void)world_call(anna, "group.leave", "{'chat':'%s'}", group_of(anna, "G"));
    (void)world_call(anna, "device.remove", "{'device':'%s'}", name);
    (void)world_call(ben, "group.set", "{'chat':'G','name':'H'}");
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'H'}"), "devices"), 1);
    world_pass(&world, 120 * 1000);
    assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'G'}"), "state"), "left");
    world_end(&world);
}

/* A commit that did not know of the wish has overtaken it, and the device that has it is away, too: who may remove it
 * takes out all devices of the account, and says that he has left. */
static void who_leaves_and_is_overtaken_goes_with_all_devices(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 73);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    (void)world_call(anna, "disconnect", "{}");
    world.deaf = true;
    (void)world_ask(phone, "group.leave", "{'chat':'%s'}", group_of(phone, "G"));
    world_run(&world);
    (void)world_ask(ben, "group.set", "{'chat':'G','description':'new'}");
    world_run(&world);
    (void)world_call(phone, "disconnect", "{}");
    world.deaf = false;
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 1);
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(ben, group_of(ben, "G")), "last"), "notice"), "left");
    (void)world_call(phone, "connect", "{}");
    (void)world_call(phone, "device.remove", "{'device':'%s'}", device_name(anna));
    world_pass(&world, 60 * 1000);
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 1);
    world_end(&world);
}

static struct world_peer *add_made(struct world *world) {
    struct world_peer *peer = world_add_empty(world);
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    return peer;
}

static void links_that_are_no_good(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *anna = world_add(&world);
    struct world_peer *peer = add_made(&world);
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    assert_string_equal(world_error(peer, "activate", "{'link':'%.*s'}", (int)strlen(link) - 1, link),
                        "link_malformed");
    char mistyped[256];
    (void)snprintf(mistyped, sizeof mistyped, "%s", link);
    mistyped[strlen(link) - 10] = mistyped[strlen(link) - 10] == 'x' ? 'y' : 'x';
    assert_string_equal(world_error(peer, "activate", "{'link':'%s'}", mistyped), "link_unknown");

    /* Forged content: by the server, or changed on its way. */
    struct model_bytes kept = world.model->links[0].content;
    world.model->links[0].content = model_copy(model_slice(kept));
    world.model->links[0].content.data[30] ^= 1;
    assert_string_equal(world_error(peer, "activate", "{'link':'%s'}", link), "link_damaged");
    world.model->links[0].content.len = 3;
    assert_string_equal(world_error(peer, "activate", "{'link':'%s'}", link), "link_used");
    free(world.model->links[0].content.data);
    world.model->links[0].content = kept;
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(world_call(peer, "status", "{}"), "activated")));

    /* Used, and used up by time. */
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    (void)world_call(peer, "activate", "{'link':'%s'}", link);
    struct world_peer *late = add_made(&world);
    assert_string_equal(world_error(late, "activate", "{'link':'%s'}", link), "link_used");
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    world_pass(&world, WIRE_LINK_SECONDS * 1000);
    assert_string_equal(world_error(late, "activate", "{'link':'%s'}", link), "link_expired");

    /* Others have come by another link since it was made, and the account is full. */
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    world.model->refuse.type = WIRE_ACTIVATE;
    world.model->refuse.code = WIRE_REFUSED_DEVICES;
    world.model->refuse.argument = WIRE_MAX_DEVICES;
    assert_string_equal(world_error(late, "activate", "{'link':'%s'}", link), "too_many_devices");
    assert_false(cJSON_IsTrue(cJSON_GetObjectItem(world_call(late, "status", "{}"), "activated")));
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    (void)world_call(late, "activate", "{'link':'%s'}", link);

    (void)world_call(anna, "disconnect", "{}");
    assert_string_equal(world_error(anna, "device.link", "{}"), "offline");
    assert_string_equal(world_error(anna, "device.remove", "{'device':'%s'}", device_name(peer)), "offline");
    world_end(&world);
}

/* Two devices let in one more each, and a third removes one of them, all at the same time. */
static void changes_at_the_same_time(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *second = world_link(anna), *third = world_link(anna);
        char links[2][256];
        (void)snprintf(links[0], sizeof links[0], "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
        (void)snprintf(links[1], sizeof links[1], "%s", text_of(world_call(third, "device.link", "{}"), "link"));
        struct world_peer *fourth = add_made(&world), *fifth = add_made(&world);
        char removed[64];
        (void)snprintf(removed, sizeof removed, "%s", device_name(second));
        (void)world_ask(fourth, "activate", "{'link':'%s'}", links[0]);
        (void)world_ask(fifth, "activate", "{'link':'%s'}", links[1]);
        (void)world_ask(ben, "send", "{'chat':'G','text':'meanwhile'}");
        world_pass(&world, 2000);
        (void)world_ask(third, "device.remove", "{'device':'%s'}", removed);
        (void)world_ask(anna, "device.remove", "{'device':'%s'}", removed);
        world_pass(&world, 60 * 1000);
        assert_int_equal(device_count(anna), 4);
        assert_int_equal(device_count(fourth), 4);
        assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 5);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 3, 4, 5 }, 5);
        (void)world_call(fifth, "send", "{'chat':'G','text':'all here'}");
        assert_texts(fourth, group_of(fourth, "G"), "all here\n");
        world_end(&world);
    }
}

static void two_remove_each_other(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
        struct world_peer *second = world_link(anna);
        char first_name[64], second_name[64];
        (void)snprintf(first_name, sizeof first_name, "%s", device_name(anna));
        (void)snprintf(second_name, sizeof second_name, "%s", device_name(second));
        (void)world_ask(anna, "device.remove", "{'device':'%s'}", second_name);
        (void)world_ask(second, "device.remove", "{'device':'%s'}", first_name);
        world_pass(&world, 60 * 1000);
        bool first_stays = strcmp(text_of(world_event(anna, "connection"), "state"), "online") == 0;
        struct world_peer *stays = first_stays ? anna : second, *gone = first_stays ? second : anna;
        assert_string_equal(text_of(world_event(gone, "connection"), "state"), "offline");
        assert_int_equal(device_count(stays), 1);
        (void)world_call(ben, "send", "{'to':'%s','text':'who is there?'}", anna->id);
        assert_string_equal(text_of(world_event(stays, "message"), "text"), "who is there?");
        world_end(&world);
    }
}

/* A link with history: what was written before comes before what comes, once, as it was. */
static void earlier_messages_follow(void **state) {
    (void)state;
    for (int crashes = 0; crashes < 2; crashes++) {
        struct world world;
        world_init(&world, 8);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(ben, "group.create", "{'name':'G','members':['%s','%s']}", anna->id, cleo->id);
        (void)world_call(ben, "send", "{'chat':'G','text':'too old'}");
        world_pass(&world, (uint64_t)91 * 24 * 3600 * 1000);
        char expected[2048] = "";
        size_t len = 0;
        for (int i = 0; i < 70; i++) {
            (void)world_call(i % 2 == 0 ? anna : ben, "send", "{'to':'%s','text':'%d'}",
                             i % 2 == 0 ? ben->id : anna->id, i);
            len += (size_t)snprintf(expected + len, sizeof expected - len, "%d\n", i);
        }
        (void)world_call(anna, "read", "{'chat':'%s','number':40}", ben->id);
        (void)world_call(cleo, "send", "{'chat':'G','text':'in the group'}");
        (void)world_call(anna, "send", "{'to':'%s','text':'fleeting','expire':100000}", ben->id);
        const cJSON *last = world_event(anna, "message");
        (void)world_call(ben, "react", "{'id':'%s','emoji':'x'}", text_of(last, "id"));
        char link[256];
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
        struct world_peer *phone = add_made(&world);
        (void)world_call(phone, "activate", "{'link':'%s'}", link);
        world.crash_chance = crashes * 5;
        world.loss = crashes * 5;
        world_pass(&world, 4 * 1000);
        if (crashes == 0) { /* as soon as the new device is in the chats */
            assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
            assert_texts(phone, ben->id, expected);
        }
        world_pass(&world, 120 * 1000);
        world.crash_chance = world.loss = 0;
        world_pass(&world, 60 * 1000);
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
        (void)world_call(ben, "send", "{'to':'%s','text':'and on'}", anna->id);
        (void)snprintf(expected + len, sizeof expected - len, "and on\n");
        assert_texts(phone, ben->id, expected);
        assert_texts(phone, group_of(phone, "G"), "in the group\n");
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 15 + 1);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 15 + 1);
        cJSON *none = cJSON_GetObjectItem(world_call(phone, "receive", "{}"), "messages");
        assert_int_equal(cJSON_GetArraySize(none), 1); /* earlier ones are not told */
        (void)world_call(anna, "read", "{'chat':'%s','number':42}", ben->id);
        world_pass(&world, 10 * 1000);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 15);
        (void)world_call(phone, "read", "{'chat':'%s','number':100000000}", ben->id);
        world_pass(&world, 10 * 1000);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "unread"), 0);
        assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 0);
        const cJSON *messages = cJSON_GetObjectItem(world_call(phone, "history", "{'chat':'%s','limit':200}", ben->id),
                                                    "messages"),
                    *message;
        cJSON_ArrayForEach(message, messages) {
            bool own = strcmp(text_of(message, "from"), anna->id) == 0;
            assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(message, "own")), own);
        }
        const cJSON *found = world_call(phone, "message", "{'id':'%s'}", text_of(last, "id"));
        assert_string_equal(text_of(found, "from"), cleo->id);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(found, "reactions")), 1);
        world_end(&world);
    }
}

/* A new device that is only ever opened for as long as it takes to read what is there: no time passes for it. */
static void earlier_messages_are_filed_by_short_commands(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'to ben'}", ben->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'to cleo'}", cleo->id);
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
    struct world_peer *phone = add_made(&world);
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    for (int i = 0; i < 6; i++) {
        world_close(phone);
        world_pass(&world, 20 * 1000);
        world_crash(phone);
        world_run(&world);
        assert_string_equal(text_of(world_event(phone, "connection"), "state"), "online");
    }
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
    assert_texts(phone, ben->id, "to ben\n");
    assert_texts(phone, cleo->id, "to cleo\n");
    world_end(&world);
}

/* A device that was away gets what happened meanwhile, also new devices and chats. */
/* The one with which the account began is off, and does not come back. */
static void the_first_device_is_not_needed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 13);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(phone, "send", "{'to':'%s','text':'a new chat'}", cleo->id);
    (void)world_call(cleo, "send", "{'to':'%s','text':'an answer'}", anna->id);
    (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    (void)world_call(phone, "contact.set", "{'id':'%s','name':'Cleopatra'}", cleo->id);
    struct world_peer *tablet = world_link(phone);
    (void)world_call(phone, "device.remove", "{'device':'%s'}", text_of(world_call(anna, "whoami", "{}"), "device"));
    world_pass(&world, 60 * 1000);
    (void)world_call(tablet, "send", "{'chat':'G','text':'to all'}");
    (void)world_call(cleo, "send", "{'to':'%s','text':'to both'}", anna->id);
    world_pass(&world, 20 * 1000);
    assert_texts(phone, cleo->id, "a new chat\nan answer\nto both\n");
    assert_texts(tablet, cleo->id, "to both\n");
    assert_texts(phone, group_of(phone, "G"), "to all\n");
    assert_agree(&world, "G", (const size_t[]){ 1, 2, 3, 4 }, 4);
    assert_int_equal(device_count(phone), 2);
    const cJSON *contacts = cJSON_GetObjectItem(world_call(tablet, "contact.list", "{}"), "contacts");
    const cJSON *contact = NULL;
    bool named = false;
    cJSON_ArrayForEach(contact, contacts) {
        named = named ||
                (strcmp(text_of(contact, "id"), cleo->id) == 0 && strcmp(text_of(contact, "name"), "Cleopatra") == 0);
    }
    assert_true(named);
    world_end(&world);
}

static void a_device_comes_back(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    (void)world_call(phone, "disconnect", "{}");
    for (int i = 0; i < 5; i++) {
        (void)world_call(anna, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        (void)world_call(anna, "group.remove", "{'chat':'G','members':['%s']}", cleo->id);
        world_pass(&world, 24 * 3600 * 1000);
    }
    struct world_peer *tablet = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'new chat'}", cleo->id);
    (void)world_call(ben, "send", "{'chat':'G','text':'in the group'}");
    (void)world_call(phone, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(phone, cleo->id, "new chat\n");
    assert_texts(phone, group_of(phone, "G"), "in the group\n");
    assert_texts(tablet, cleo->id, "new chat\n");
    assert_int_equal(device_count(phone), 3);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 3, 4 }, 4);
    world_end(&world);
}

/* Away for so long that the entries of all streams have ended, with the commits that led on in them: that of the own
 * group, too. */
static void a_device_comes_back_after_months(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    (void)world_call(phone, "disconnect", "{}");
    struct world_peer *tablet = world_link(anna);
    (void)world_call(anna, "contact.add", "{'id':'%s','name':'Benjamin'}", ben->id);
    (void)world_call(tablet, "group.set", "{'chat':'G','description':'new'}");
    world_pass(&world, 60 * 1000);
    for (size_t i = 0; i < world.model->stream_count; i++) {
        struct model_stream *stream = world.model->streams[i];
        for (size_t k = 0; k < stream->entry_count; k++) {
            free(stream->entries[k].content.data);
            stream->entries[k].content = (struct model_bytes){ 0 };
        }
    }
    (void)world_call(phone, "connect", "{}");
    world_pass(&world, 60 * 60 * 1000);
    (void)world_call(anna, "send", "{'chat':'G','text':'back?'}");
    (void)world_call(phone, "send", "{'chat':'G','text':'back'}");
    assert_texts(phone, group_of(phone, "G"), "back?\nback\n");
    assert_texts(tablet, group_of(tablet, "G"), "back?\nback\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    const cJSON *contacts = cJSON_GetObjectItem(world_call(phone, "contact.list", "{}"), "contacts");
    assert_string_equal(text_of(cJSON_GetArrayItem(contacts, 0), "name"), "Benjamin");
    world_end(&world);
}

/* Meanwhile the server has forgotten the own group, which goes on in another one, whoever makes it: the one that knows
 * something that was said in the one before, or the one that was away then. */
static void a_device_comes_back_into_another_own_group(void **state) {
    (void)state;
    for (int knows = 0; knows < 2; knows++) {
        struct world world;
        world_init(&world, 8);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "contact.add", "{'id':'%s','name':'Cleo'}", cleo->id);
        struct world_peer *phone = world_link(anna), *tablet = world_link(anna);
        struct base_slice value;
        uint8_t gone[WIRE_DEVICE_LEN];
        memcpy(gone, tablet->core->account.device, sizeof gone);
        world_pass(&world, 60 * 1000);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(anna, "device.remove", "{'device':'%s'}",
                         text_of(world_call(tablet, "whoami", "{}"), "device"));
        (void)world_call(anna, "contact.add", "{'id':'%s','name':'Benjamin'}", ben->id);
        (void)world_call(anna, "contact.set", "{'id':'%s','name':'Cleopatra'}", cleo->id);
        world_pass(&world, 60 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        for (size_t i = 0; i < world.model->stream_count; i++) {
            world.model->streams[i]->id[0] ^= 1;
        }
        (void)world_call(knows == 1 ? anna : phone, "connect", "{}");
        world_pass(&world, 2 * 3600 * 1000);
        (void)world_call(knows == 1 ? phone : anna, "connect", "{}");
        world_pass(&world, 60 * 1000);
        const cJSON *contacts = cJSON_GetObjectItem(world_call(phone, "contact.list", "{}"), "contacts");
        assert_int_equal(cJSON_GetArraySize(contacts), 2);
        assert_string_equal(text_of(cJSON_GetArrayItem(contacts, 0), "name"), "Cleopatra");
        assert_string_equal(text_of(cJSON_GetArrayItem(contacts, 1), "name"), "Benjamin");
        /* The other one still had it. */
        assert_false(sync_get(anna->core, SYNC_DEVICE, base_slice(gone, sizeof gone), &value));
        world_end(&world);
    }
}

/* One of two own groups is repaired while the other one ends: what was made for that is taken back, as nothing else
 * could be made there ever after. */
static void a_repair_ends_with_another_own_group(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 77);
    struct world_peer *anna = world_add(&world);
    (void)world_link(anna);
    world_pass(&world, 20 * 1000);
    struct weibel_core *core = anna->core;
    struct chat *own = device_chat(core);
    struct group *first = chat_writing_group(own), *second = NULL;
    struct mls_group *mls = NULL;
    assert_ok(group_create_mls(core, own, &mls));
    assert_ok(group_add(core, own, mls, GROUP_OPEN, &second));
    struct change change = { .kind = CHANGE_REPAIR, .group = second->number };
    assert_ok(chat_put_change_first(core, own, &change));
    assert_ok(change_make(core, own));
    assert_true(own->change.made);
    assert_non_null(mls_group_pending(second->mls));
    assert_ok(change_ended(core, first, GROUP_REMOVED));
    assert_int_equal(own->change.kind, CHANGE_NONE);
    assert_null(mls_group_pending(second->mls));
    world_end(&world);
}

/* Hosts crash at each effect while a device is linked; the person tries until it has worked. */
static void crashes_while_linking(void **state) {
    (void)state;
    bool crashed = true;
    for (long after = 0; crashed; after++) {
        struct world world;
        world_init_quiet(&world, 6);
        if (getenv("WEIBEL_TRACE") != NULL) {
            fprintf(stderr, "# after %ld\n", after);
        }
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "send", "{'to':'%s','text':'before'}", ben->id);
        (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
        struct world_peer *phone = add_made(&world);
        char link[256] = "";
        anna->crash_after = after;
        while (link[0] == 0) {
            uint64_t asked = world_ask(anna, "device.link", "{}");
            world_pass(&world, 5000);
            const cJSON *result = cJSON_GetObjectItem(world_answer(anna, asked), "result");
            if (result != NULL) {
                (void)snprintf(link, sizeof link, "%s", text_of(result, "link"));
            }
        }
        phone->crash_after = after;
        for (bool active = false; !active;) {
            (void)world_ask(phone, "activate", "{'link':'%s'}", link);
            world_pass(&world, 5000);
            uint64_t asked = world_ask(phone, "status", "{}");
            world_pass(&world, 1000);
            const cJSON *result = cJSON_GetObjectItem(world_answer(phone, asked), "result");
            active = result != NULL && cJSON_IsTrue(cJSON_GetObjectItem(result, "activated"));
        }
        world_pass(&world, 120 * 1000);
        crashed = anna->crashes + phone->crashes > 0;
        anna->crash_after = phone->crash_after = -1;
        assert_int_equal(device_count(anna), 2);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", ben->id);
        (void)world_call(phone, "send", "{'chat':'G','text':'to all'}");
        assert_texts(anna, ben->id, "before\nfrom the phone\n");
        assert_texts(ben, anna->id, "before\nfrom the phone\n");
        assert_texts(anna, group_of(anna, "G"), "to all\n");
        world_end(&world);
    }
}

/* A link that nobody has used is over some day: nothing has to be waited for any more. Who came by it late gets all. */
static void who_may_come_is_waited_for_and_no_longer(void **state) {
    (void)state;
    for (int comes = 0; comes < 2; comes++) {
        struct world world;
        char link[256];
        world_init(&world, 76);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = NULL;
        (void)world_call(anna, "send", "{'to':'%s','text':'earlier'}", ben->id);
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
        world_pass(&world, (uint64_t)WIRE_LINK_SECONDS * 1000 - 5000);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
        if (comes == 1) {
            world.model->refuse.type = WIRE_INBOX_APPEND; /* it is let in a minute later */
            world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
            world.model->refuse.argument = 60 * 1000;
            phone = add_made(&world);
            (void)world_call(phone, "activate", "{'link':'%s'}", link);
        }
        world_pass(&world, 10 * 1000);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")), comes);
        if (comes == 1) {
            world_pass(&world, 120 * 1000);
            assert_texts(phone, ben->id, "earlier\n");
            assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "handing")));
        }
        world_end(&world);
    }
}

/* Who has made a link knows whether the new device is in all chats. */
static void a_new_device_is_let_into_all_chats(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 75);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world.model->refuse.type = WIRE_INBOX_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    world.model->refuse.skip = 1;
    struct world_peer *phone = world_link(anna);
    assert_int_equal(phone->core->chats.count, 1); /* that of the devices */
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "letting_in")));
    world_pass(&world, 60 * 1000);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(anna, "status", "{}"), "letting_in")));
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "open");
    world_end(&world);
}

/* Alice removes bob, of whose devices one wishes to leave while the other is away, before anybody has committed that.
 * One commit does it, names each device once, and says that he has left. */
static void who_leaves_is_removed_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 30);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    struct world_peer *phone = world_link(bob);
    world_pass(&world, 30000);
    const struct group *group = chat_writing_group((const struct chat *)alice->core->chats.items[0]);
    assert_int_equal(mls_group_member_count(group->mls), 3);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(phone, "group.leave", "{'chat':'%s'}", group_of(phone, "G"));
    assert_int_equal(mls_group_proposal_count(group->mls), 1);
    const cJSON *info = world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", bob->id);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")), 1);
    assert_int_equal(mls_group_member_count(group->mls), 1);
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(alice, group_of(alice, "G")), "last"), "notice"),
                        "left");

    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 1000);
    assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_string_equal(text_of(cJSON_GetObjectItem(listed_chat(bob, group_of(bob, "G")), "last"), "notice"), "left");
    world_end(&world);
}

/* The server leaves a device out of its list, or says that it is gone. */
static void the_servers_list_alone_removes_nobody(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20000);
    struct model_account *account = &world.model->accounts[phone->number];
    char name[64];
    (void)snprintf(name, sizeof name, "%s", device_name(phone));
    account->removed = true;
    world_break(anna);
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    const cJSON *devices = cJSON_GetObjectItem(world_call(anna, "device.list", "{}"), "devices");
    assert_int_equal(cJSON_GetArraySize(devices), 2);
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(devices, 0), "missing"));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(devices, 1), "missing")));

    /* Anna says so. */
    (void)world_call(anna, "device.remove", "{'device':'%s'}", name);
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 2);
    assert_int_equal(device_count(anna), 1);

    /* It comes back into the list, and nowhere else. */
    account->removed = false;
    world_break(anna);
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 2);
    world_end(&world);
}

/* Whatever is interrupted, it is done in the end. */
static void a_removal_is_finished(void **state) {
    (void)state;
    for (long at = 1; at < 12; at++) {
        struct world world;
        world_init_quiet(&world, 32);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *phone = world_link(anna), *tablet = world_link(anna);
        world_pass(&world, 20000);
        char name[64];
        (void)snprintf(name, sizeof name, "%s", device_name(phone));
        anna->crash_after = at;
        (void)world_ask(anna, "device.remove", "{'device':'%s'}", name);
        world_pass(&world, 60 * 1000);
        anna->crash_after = -1;
        assert_int_equal(device_count(anna), 2);
        assert_int_equal(device_count(tablet), 2);
        assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
        world_end(&world);
    }
}

/* Whoever removes the others before they have let this device into the chats stays outside: faces can say so. */
static void a_device_says_that_it_is_not_in_all_chats(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 41);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(anna, "chat.set", "{'chat':'%s','pinned':true}", ben->id);
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    struct world_peer *phone = world_add_empty(&world);
    (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    world_pass(&world, 20 * 1000);
    for (int in = 0; in < 2; in++) {
        const cJSON *device =
            cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(phone, "device.list", "{}"), "devices"), 0);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(device, "current")));
        assert_int_equal(cJSON_HasObjectItem(device, "waiting"), in == 0);
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 60 * 1000);
    }
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(anna, "device.list", "{}"), "devices"), 0);
    assert_false(cJSON_HasObjectItem(first, "waiting"));
    world_end(&world);
}

/* The own group may be in one epoch for years. */
static void devices_agree_behind_many_messages(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *phone = world_link(anna);
    world.model->max_behind = 4;
    for (int i = 0; i < 9; i++) {
        (void)world_call(anna, "settings.set", "{'typing':%s}", i % 2 == 0 ? "false" : "true");
        world_pass(&world, 5000);
        const cJSON *settings = world_call(phone, "settings.get", "{}");
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(settings, "typing")), i % 2);
    }
    world_end(&world);
}

/* Ben's client has let the new device into a group before anna's has let it into the account's own one. */
static void a_device_stays_that_others_have_let_in_before(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 33);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = add_made(&world);
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    world.model->refuse.type = WIRE_TAKE_KEY_PACKAGES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_int_equal(number_of(world_call(ben, "group.info", "{'chat':'G'}"), "devices"), 3);
    (void)world_call(ben, "send", "{'chat':'G','text':'to both'}");
    world_pass(&world, 120 * 1000);
    assert_texts(phone, group_of(phone, "G"), "to both\n");
    assert_int_equal(device_count(anna), 2);
    assert_int_equal(device_count(phone), 2);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_says_that_it_is_not_in_all_chats),
        cmocka_unit_test(a_second_device_is_in_all_chats),
        cmocka_unit_test(a_removed_device_stops),
        cmocka_unit_test(leaving_is_for_all_devices),
        cmocka_unit_test(what_a_removed_device_wishes_is_for_itself),
        cmocka_unit_test(who_may_come_is_waited_for_and_no_longer),
        cmocka_unit_test(a_new_device_is_let_into_all_chats),
        cmocka_unit_test(nobody_leaves_with_a_device_that_was_removed),
        cmocka_unit_test(who_leaves_goes_with_any_commit),
        cmocka_unit_test(who_leaves_and_is_overtaken_goes_with_all_devices),
        cmocka_unit_test(links_that_are_no_good),
        cmocka_unit_test(changes_at_the_same_time),
        cmocka_unit_test(two_remove_each_other),
        cmocka_unit_test(earlier_messages_follow),
        cmocka_unit_test(earlier_messages_are_filed_by_short_commands),
        cmocka_unit_test(a_new_device_comes_into_both_groups_of_a_chat),
        cmocka_unit_test(the_first_device_is_not_needed),
        cmocka_unit_test(a_device_comes_back),
        cmocka_unit_test(a_device_comes_back_after_months),
        cmocka_unit_test(a_device_comes_back_into_another_own_group),
        cmocka_unit_test(a_repair_ends_with_another_own_group),
        cmocka_unit_test(crashes_while_linking),
        cmocka_unit_test(who_leaves_is_removed_once),
        cmocka_unit_test(the_servers_list_alone_removes_nobody),
        cmocka_unit_test(a_removal_is_finished),
        cmocka_unit_test(devices_agree_behind_many_messages),
        cmocka_unit_test(a_device_stays_that_others_have_let_in_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
