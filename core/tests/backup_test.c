/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Backups: homes that come back.
 */
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "backup_state.h"
#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "field.h"
#include "forged.h"
#include "group.h"
#include "message.h"
#include "post.h"
#include "state.h"
#include "test/alloc.h"
#include "test/result.h"

static void back_up(struct world_peer *peer, const char *path, bool history) {
    (void)world_call(peer, "backup", "{'path':'%s','passphrase':'battery staple','history':%s}", path,
                     history ? "true" : "false");
    world_run(peer->world);
    assert_string_equal(text_of(world_event(peer, "transfer"), "kind"), "backup");
    assert_string_equal(text_of(world_event(peer, "transfer"), "state"), "done");
    assert_non_null(world_find_file(peer, path));
}

/* A new home with the file of another one. */
static struct world_peer *new_home(struct world *world, const struct world_peer *from, const char *path) {
    struct world_peer *peer = world_add_empty(world);
    const struct world_file *file = world_find_file(from, path);
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    world_put_file(peer, path, file->content.data, file->content.len);
    return peer;
}

static struct world_peer *restore(struct world *world, const struct world_peer *from, const char *path) {
    struct world_peer *peer = new_home(world, from, path);
    const cJSON *self =
        world_call(peer, "restore", "{'path':'%s','passphrase':'battery staple','device_name':'desk'}", path);
    (void)snprintf(peer->id, sizeof peer->id, "%s", text_of(self, "id"));
    assert_string_equal(peer->id, from->id);
    return peer;
}

static const cJSON *find_chat(struct world_peer *peer, const char *name) {
    const cJSON *chats = cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats"), *chat;
    cJSON_ArrayForEach(chat, chats) {
        if (strcmp(text_of(chat, "name"), name) == 0) {
            return chat;
        }
    }
    return NULL;
}

static void who_has_lost_everything_comes_back(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'second'}", alice->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'secret','expire':3600}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(bob, "send", "{'chat':'%s','text':'in the group'}", group_of(bob, "G"));
    (void)world_call(alice, "settings.set", "{'typing':false}");
    (void)world_call(alice, "chat.set", "{'chat':'%s','pinned':true}", bob->id);
    const char *safety = text_of(world_call(bob, "contact.safety", "{'id':'%s'}", alice->id), "safety");
    (void)world_call(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, safety);
    world_run(&world);
    back_up(alice, "all", true);
    world_close(alice);

    struct world_peer *again = restore(&world, alice, "all");
    assert_null(cJSON_GetObjectItem(find_chat(again, "Bob"), "last"));
    assert_texts(again, bob->id, "first\nsecond\n"); /* what disappears is not kept for longer */
    const cJSON *contact =
        cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(again, "contact.list", "{}"), "contacts"), 0);
    assert_string_equal(text_of(contact, "name"), "Bob");
    assert_string_equal(text_of(contact, "trust"), "verified");
    assert_string_equal(text_of(contact, "safety"), safety);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(find_chat(again, "Bob"), "pinned")));
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(again, "settings.get", "{}"), "typing")));
    assert_non_null(find_chat(again, "G"));
    assert_texts(again, group_of(again, "G"), "in the group\n");
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(world_call(again, "search", "{'query':'sec'}"), "messages")), 1);

    /* It writes as before, and bob hears it as Alice. */
    (void)world_call(again, "send", "{'to':'%s','text':'here I am again'}", bob->id);
    world_pass(&world, 5000);
    char *texts = world_texts(bob, again->id);
    assert_non_null(strstr(texts, "here I am again\n"));
    free(texts);
    world_crash(again);
    world_run(&world);
    assert_texts(again, bob->id, "first\nsecond\nhere I am again\n");

    /* The backup is good for another time. */
    world_close(again);
    struct world_peer *third = restore(&world, alice, "all");
    assert_texts(third, bob->id, "first\nsecond\n");
    world_end(&world);
}

static void a_group_takes_its_chat_from_the_backup(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
    (void)world_call(bob, "send", "{'chat':'%s','text':'before'}", group_of(bob, "G"));
    world_run(&world);
    back_up(alice, "all", true);
    world_close(alice);
    struct world_peer *again = restore(&world, alice, "all");
    assert_string_equal(world_error(again, "send", "{'chat':'%s','text':'not yet'}", group_of(again, "G")),
                        "not_a_member");
    (void)world_call(bob, "group.remove", "{'chat':'%s','members':['%s']}", group_of(bob, "G"), alice->id);
    (void)world_call(bob, "group.add", "{'chat':'%s','members':['%s']}", group_of(bob, "G"), alice->id);
    (void)world_call(bob, "send", "{'chat':'%s','text':'after'}", group_of(bob, "G"));
    world_pass(&world, 10000);
    assert_texts(again, group_of(again, "G"), "before\nafter\n");
    (void)world_call(again, "send", "{'chat':'%s','text':'thank you'}", group_of(again, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "before\nafter\nthank you\n");
    world_end(&world);
}

/* The room's name is known to others, the server among them. */
static void a_stranger_takes_no_chat_from_the_backup(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
    (void)world_call(bob, "send", "{'chat':'%s','text':'before'}", group_of(bob, "G"));
    world_pass(&world, 5000);
    back_up(alice, "all", true);
    world_close(alice);
    struct world_peer *again = restore(&world, alice, "all");
    world_pass(&world, 5000);
    const struct chat *chat = (const struct chat *)again->core->chats.items[0];
    assert_int_equal(chat->company.len, STATE_HASH_LEN);
    invite_among(mallory, "G", chat->room, NULL, 0, again);
    assert_int_equal(chat->groups.count, 0);
    const cJSON *chats = cJSON_GetObjectItem(world_call(again, "chats", "{}"), "chats");
    assert_int_equal(cJSON_GetArraySize(chats), 2);
    (void)world_call(bob, "group.remove", "{'chat':'%s','members':['%s']}", group_of(bob, "G"), alice->id);
    (void)world_call(bob, "group.add", "{'chat':'%s','members':['%s']}", group_of(bob, "G"), alice->id);
    (void)world_call(bob, "send", "{'chat':'%s','text':'after'}", group_of(bob, "G"));
    world_pass(&world, 10000);
    char number[16];
    (void)snprintf(number, sizeof number, "g%d", (int)chat->number);
    assert_texts(again, number, "before\nafter\n");
    assert_int_equal(chat->company.len, 0);
    world_end(&world);
}

/* A device of the account is called so. */
static void assert_device(struct world_peer *peer, const char *name) {
    const cJSON *devices = cJSON_GetObjectItem(world_call(peer, "device.list", "{}"), "devices"), *device;
    bool found = false;
    cJSON_ArrayForEach(device, devices) {
        found = found || (cJSON_HasObjectItem(device, "name") && strcmp(text_of(device, "name"), name) == 0);
    }
    assert_true(found);
}

static void a_backup_without_history_has_none(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    back_up(alice, "few", false);
    back_up(alice, "all", true);
    assert_true(world_find_file(alice, "few")->content.len < world_find_file(alice, "all")->content.len);
    world_close(alice);
    struct world_peer *again = restore(&world, alice, "few");
    assert_texts(again, bob->id, "");
    (void)world_call(again, "send", "{'to':'%s','text':'again'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(again, bob->id, "again\n");
    assert_device(again, "desk");
    world_end(&world);
}

/* Many messages go in pieces, none of which is large. */
static void a_long_history_comes_back(void **state) {
    (void)state;
    enum { MANY = 300 };
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    char text[4001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < MANY; i++) {
        (void)world_call(alice, "send", "{'to':'%s','text':'%d %s'}", bob->id, i, text);
    }
    back_up(alice, "all", true);
    size_t len = world_find_file(alice, "all")->content.len;
    assert_true(len > (size_t)MANY * sizeof text);
    world_close(alice);
    struct world_peer *again = restore(&world, alice, "all");
    const cJSON *messages =
        cJSON_GetObjectItem(world_call(again, "history", "{'chat':'%s','limit':1}", bob->id), "messages");
    assert_true(number_of(cJSON_GetArrayItem(messages, 0), "number") == MANY);
    world_end(&world);
}

/* A member with a changed client: his messages are as long as any that are taken. */
static void write_at_length(struct world_peer *peer, size_t len) {
    struct weibel_core *core = peer->core;
    struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    assert_ok(base_bytes_take(core->options.allocator, len, &message.text));
    memset(message.text.data, 'x', len);
    assert_ok(message_to_content(core, &message, &content));
    assert_ok(post_add_control(core, (struct chat *)core->chats.items[0], &content));
    assert_ok(weibel_core_tick(core));
    world_pass(peer->world, 1000);
}

/* As many of them as are read at once don't fit in one piece. */
/* How many events have told how far a restore is, each further than the one before. */
static size_t count_steps(const struct world_peer *peer, double whole) {
    size_t count = 0;
    double before = 0;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *params = cJSON_GetObjectItem(peer->lines[i], "params");
        if (cJSON_HasObjectItem(params, "kind") && strcmp(text_of(params, "kind"), "restore") == 0 &&
            strcmp(text_of(params, "state"), "running") == 0) {
            assert_true(number_of(params, "done") > before && number_of(params, "done") < whole);
            before = number_of(params, "done");
            count++;
        }
    }
    return count;
}

static void large_messages_come_back(void **state) {
    (void)state;
    enum { MANY = 12, LEN = 500 << 10 };
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello'}", alice->id);
    for (int i = 0; i < MANY; i++) {
        write_at_length(bob, LEN);
    }
    back_up(alice, "all", true);
    assert_true(world_find_file(alice, "all")->content.len > (size_t)MANY * LEN);
    world_close(alice);
    struct world_peer *again = restore(&world, alice, "all");
    assert_true(count_steps(again, (double)world_find_file(alice, "all")->content.len) >= MANY);
    for (int i = MANY + 1; i > 0; i--) {
        const cJSON *messages = cJSON_GetObjectItem(
            world_call(again, "history", "{'chat':'%s','limit':1,'before':%d}", bob->id, i + 1), "messages");
        assert_true(number_of(cJSON_GetArrayItem(messages, 0), "number") == i);
    }
    world_end(&world);
}

static void what_goes_wrong_is_said(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    assert_string_equal(world_error(alice, "backup", "{'path':'x'}"), "params");
    assert_string_equal(world_error(alice, "restore", "{'path':'x','passphrase':'y'}"), "already_activated");
    back_up(alice, "all", true);
    struct world_peer *other = new_home(&world, alice, "all");
    assert_string_equal(world_error(other, "restore", "{'path':'none','passphrase':'y'}"), "file");
    assert_string_equal(world_error(other, "restore", "{'path':'all','passphrase':'wrong horse'}"), "passphrase");
    assert_string_equal(world_error(other, "restore", "{'path':'all','passphrase':'x','server':'nowhere'}"), "params");
    const struct world_file *file = world_find_file(alice, "all");
    world_put_file(other, "short", file->content.data, file->content.len - 1);
    assert_string_equal(world_error(other, "restore", "{'path':'short','passphrase':'battery staple'}"), "damaged");
    struct base_bytes costly BASE_CLEANUP(base_bytes_free) = { 0 };
    uint8_t *memory;
    assert_ok(base_bytes_copy(base_allocator_libc(), model_slice(file->content), &costly));
    memory = costly.data + ARCHIVE_HEAD_LEN - 24 - 4;
    memcpy(memory, (const uint8_t[]){ 0, 4, 0, 1 }, 4); /* 1 KiB beyond the bound */
    world_put_file(other, "costly", costly.data, costly.len);
    assert_string_equal(world_error(other, "restore", "{'path':'costly','passphrase':'battery staple'}"), "memory");
    (void)world_call(other, "restore", "{'path':'all','passphrase':'battery staple'}");
    world_end(&world);
}

/* Whoever has lost his only device removes it, and goes on with as many as he likes. */
static void a_restored_device_makes_links_when_nobody_else_is_left(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 11);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    world_run(&world);
    back_up(alice, "all", true);
    char lost[64];
    (void)snprintf(lost, sizeof lost, "%s", text_of(world_call(alice, "whoami", "{}"), "device"));
    world_close(alice);

    struct world_peer *again = restore(&world, alice, "all");
    assert_string_equal(world_error(again, "device.link", "{}"), "waiting");
    (void)world_call(again, "device.remove", "{'device':'%s'}", lost);
    struct world_peer *phone = world_link(again);
    (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", bob->id);
    world_run(&world);
    assert_texts(again, bob->id, "first\nfrom the phone\n");
    world_end(&world);
}

/* Whoever has lost his only device, and finds it again, has two: they are in each other's chats, though none has made
 * a link, and wherever the first one was meanwhile. */
static void who_was_thought_lost_and_the_restored_one_find_each_other(void **state) {
    (void)state;
    for (int away = 0; away < 3; away++) {
        struct world world;
        world_init_quiet(&world, 30 + (uint64_t)away);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        back_up(alice, "all", true);
        (void)world_call(alice, away == 0 ? "connect" : "disconnect", "{}");
        struct world_peer *again = restore(&world, alice, "all");
        (void)world_call(again, "send", "{'to':'%s','text':'two'}", bob->id);
        world_pass(&world, 60 * 1000);
        (void)world_call(alice, "send", "{'to':'%s','text':'three'}", bob->id);
        if (away == 2) {
            world_crash(alice); /* it does not remember that it was ever told */
        }
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 60 * 1000);
        (void)world_call(bob, "send", "{'to':'%s','text':'four'}", alice->id);
        world_pass(&world, 60 * 1000);
        assert_texts(again, bob->id, "one\ntwo\nthree\nfour\n");
        assert_texts(bob, alice->id, "one\ntwo\nthree\nfour\n");
        assert_texts(alice, bob->id, away == 0 ? "one\ntwo\nthree\nfour\n" : "one\nthree\ntwo\nfour\n");
        world_end(&world);
    }
}

/* On the account's list, and in no group: its home was lost before it had said anything. */
static void add_silent_device(struct world *world) {
    struct model_account *silent = &world->model->accounts[world->model->account_count++];
    *silent = world->model->accounts[0];
    silent->device[0] ^= 0xff;
    silent->device_key[0] ^= 0xff;
    silent->package_count = silent->inbox_count = 0;
    memset(silent->packages, 0, sizeof silent->packages);
    memset(&silent->last_resort, 0, sizeof silent->last_resort);
    memset(silent->inbox, 0, sizeof silent->inbox);
}

/* The own devices have two groups, as each of two has made one. Nobody can add one that never comes to either; those
 * that do come are in both. */
static void a_device_that_never_comes_keeps_nobody_out(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *devices[3] = { alice };
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        back_up(alice, "all", true);
        (void)world_call(alice, "disconnect", "{}");
        devices[1] = restore(&world, alice, "all");
        world_pass(&world, 100 * 1000);
        world_crash(alice); /* it does not remember that it was ever told */
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_int_equal(device_chat(alice->core)->groups.count, 2);
        add_silent_device(&world);
        devices[2] = restore(&world, alice, "all");
        world_pass(&world, 600 * 1000);
        const struct group *own = device_group(alice->core);
        for (size_t i = 0; i < 3; i++) {
            assert_memory_equal(device_group(devices[i]->core)->id, own->id, WIRE_STREAM_LEN);
            assert_int_equal(mls_group_member_count(device_group(devices[i]->core)->mls), 3);
        }
        world_end(&world);
    }
}

/* Whoever has lost his telephone and comes back by a backup has the answers, though nobody has removed what is lost:
 * the peer writes into the group that is there since. What he has written before comes when it is removed. */
static void who_comes_back_has_the_answers(void **state) {
    (void)state;
    enum { RUNS = 6 };
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 60 + run);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        back_up(alice, "all", true);
        char lost[64];
        (void)snprintf(lost, sizeof lost, "%s", text_of(world_call(alice, "whoami", "{}"), "device"));
        world_close(alice);
        (void)world_call(bob, "send", "{'to':'%s','text':'zero'}", alice->id);
        struct world_peer *again = restore(&world, alice, "all");
        world_pass(&world, 1000);
        (void)world_call(again, "send", "{'to':'%s','text':'two'}", bob->id);
        (void)world_call(bob, "send", "{'to':'%s','text':'three'}", alice->id);
        world_pass(&world, 1000);
        assert_texts(again, bob->id, "one\ntwo\nthree\n");
        back_up(again, "all", true);
        world_close(again);
        struct world_peer *third = restore(&world, again, "all");
        world_pass(&world, 1000);
        (void)world_call(third, "send", "{'to':'%s','text':'four'}", bob->id);
        (void)world_call(bob, "send", "{'to':'%s','text':'five'}", alice->id);
        world_pass(&world, 1000);
        assert_texts(third, bob->id, "one\ntwo\nthree\nfour\nfive\n");
        (void)world_call(third, "device.remove", "{'device':'%s'}", lost);
        world_pass(&world, 3600 * 1000);
        assert_texts(third, bob->id, "one\ntwo\nthree\nfour\nfive\nzero\n");
        world_end(&world);
    }
}

/* Whoever comes back begins his chats of two anew each time: who has been there all the time, on either side, keeps few
 * of those groups, and has all that was written. */
static void somebody_comes_back_again_and_again(void **state) {
    (void)state;
    enum { TIMES = 5, FEW = 5 };
    for (size_t run = 0; run < 2; run++) {
        bool sibling = run == 1;
        struct world world;
        world_init_quiet(&world, 80 + run);
        struct world_peer *bob = world_add(&world), *alice = world_add(&world), *stays = NULL;
        char lost[64], all[256] = "one\n", text[16];
        if (sibling) {
            stays = alice;
            alice = world_link(stays);
        }
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        for (int i = 0; i < TIMES; i++) {
            back_up(alice, "all", true);
            (void)snprintf(lost, sizeof lost, "%s", text_of(world_call(alice, "whoami", "{}"), "device"));
            if (sibling) {
                (void)world_call(stays, "disconnect", "{}");
            }
            struct world_peer *again = restore(&world, alice, "all");
            world_close(alice);
            alice = again;
            (void)world_call(alice, "device.remove", "{'device':'%s'}", lost);
            world_pass(&world, 2000);
            (void)snprintf(text, sizeof text, "%d", i);
            (void)world_call(alice, "send", "{'to':'%s','text':'%s'}", bob->id, text);
            (void)world_call(bob, "send", "{'to':'%s','text':'to %s'}", alice->id, text);
            (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s\nto %s\n", text, text);
            if (sibling) {
                (void)world_call(stays, "connect", "{}");
            }
            world_pass(&world, 7200 * 1000);
            assert_texts(bob, alice->id, all);
            assert_texts(alice, bob->id, all);
            if (sibling) {
                assert_texts(stays, bob->id, all);
            }
        }
        assert_true(chat_of_two(bob)->groups.count <= FEW);
        assert_true(stays == NULL || chat_of_two(stays)->groups.count <= FEW);
        world_end(&world);
    }
}

static size_t count_texts(struct world_peer *peer, const char *chat) {
    char *texts = world_texts(peer, chat);
    size_t count = 0;
    for (const char *at = texts; *at != 0; at++) {
        count += *at == '\n' ? 1 : 0;
    }
    free(texts);
    return count;
}

static void disconnect_all(struct world_peer *const *peers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        (void)world_call(peers[i], "disconnect", "{}");
    }
}

/* Two come back by one backup, and nobody is left who could let them in: whoever was there is lost, or removed. Those
 * who were there may be found again much later. What each of them has written all have in the end. */
static void two_restored_at_once_find_each_other(void **state) {
    (void)state;
    enum { RUNS = 12 };
    for (size_t run = 0; run < RUNS; run++) {
        bool removed = run % 4 == 0, sibling = run % 4 >= 2, found = run % 4 != 0;
        struct world world;
        world_init_quiet(&world, 40 + run);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *devices[4] = { alice };
        size_t count = 1;
        char lost[64];
        if (sibling) {
            devices[count++] = world_link(alice);
        }
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
        (void)snprintf(lost, sizeof lost, "%s", text_of(world_call(alice, "whoami", "{}"), "device"));
        world_pass(&world, 20 * 1000);
        back_up(alice, "all", true);
        disconnect_all(devices, count);
        struct world_peer *first = devices[count++] = restore(&world, alice, "all");
        struct world_peer *second = devices[count++] = restore(&world, alice, "all");
        if (removed) {
            (void)world_call(first, "device.remove", "{'device':'%s'}", lost);
        }
        world_pass(&world, 1000); /* what was written in the moment of its coming may be from before it */
        (void)world_call(first, "send", "{'to':'%s','text':'two'}", bob->id);
        (void)world_call(second, "send", "{'to':'%s','text':'three'}", bob->id);
        world.crash_chance = run % 3 == 2 ? 10 : 0;
        world_pass(&world, 120 * 1000);
        world.crash_chance = 0;
        world_pass(&world, 60 * 1000);
        (void)world_call(bob, "send", "{'to':'%s','text':'four'}", alice->id);
        world_pass(&world, 20 * 1000);
        for (size_t i = count - 2; i < count; i++) {
            assert_false(device_is_waiting(devices[i]->core));
            assert_int_equal(count_texts(devices[i], bob->id), 4);
        }
        for (size_t i = 0; i < count - 2 && found; i++) {
            (void)world_call(devices[i], "connect", "{}");
            world_pass(&world, 60 * 1000);
        }
        world_pass(&world, 120 * 1000);
        (void)world_call(first, "send", "{'to':'%s','text':'five'}", bob->id);
        (void)world_call(bob, "send", "{'chat':'%s','text':'you, too'}", group_of(bob, "G"));
        world_pass(&world, 20 * 1000);
        assert_int_equal(count_texts(bob, alice->id), 5);
        for (size_t i = found ? 0 : count - 2; i < count; i++) {
            assert_int_equal(count_texts(devices[i], bob->id), 5);
            assert_false(device_is_outside(devices[i]->core));
            assert_memory_equal(device_group(devices[i]->core)->id, device_group(first->core)->id, WIRE_STREAM_LEN);
            assert_int_equal(mls_group_member_count(device_group(devices[i]->core)->mls), found ? count : 2);
            if (found) {
                assert_texts(devices[i], group_of(devices[i], "G"), "you, too\n");
            }
        }
        world_end(&world);
    }
}

/* Two devices that were there before hand on what stands in a group to one that was restored since then, the second one
 * later. From neither it shows what was written before it came, not behind what it has from the first one either. */
static void what_one_passes_over_comes_from_no_other(void **state) {
    (void)state;
    enum { RUNS = 4, AHEAD = 600 * 1000 };
    size_t twice = 0;
    for (size_t run = 0; run < RUNS; run++) {
        struct world world;
        world_init_quiet(&world, 61 + run);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *phone = world_link(alice);
        back_up(alice, "all", true);
        (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
        (void)world_call(bob, "send", "{'chat':'%s','text':'one'}", group_of(bob, "G"));
        world_pass(&world, 20 * 1000);
        world.clock.now += AHEAD; /* he is not there later, or he would let in who comes, and owe nothing */
        (void)world_call(bob, "send", "{'chat':'%s','text':'two'}", group_of(bob, "G"));
        world.clock.now -= AHEAD;
        struct world_peer *all[] = { alice, phone, bob };
        disconnect_all(all, 3);
        struct world_peer *other = restore(&world, alice, "all");
        world_pass(&world, 100 * 1000);
        struct world_peer *again = restore(&world, alice, "all");
        world_pass(&world, 20 * 1000);
        struct model_account *there = &world.model->accounts[world.model->account_count - 1];
        const struct model_account kept = *there; /* borrows */
        there->package_count = there->last_resort.len = 0;
        for (size_t i = 0; i < 2; i++) { /* a Weibel before this one did so, when another one was restored meanwhile */
            struct elders *elders = &all[i]->core->account.elders;
            memcpy(elders->devices[elders->count++], again->core->account.device, WIRE_DEVICE_LEN);
        }
        (void)world_call(alice, "connect", "{}");
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, 120 * 1000);
        assert_int_equal(mls_group_member_count(device_group(again->core)->mls), 4);
        disconnect_all((struct world_peer *[]){ alice, other }, 2);
        there->package_count = kept.package_count;
        there->last_resort.len = kept.last_resort.len;
        world_pass(&world, 120 * 1000);
        assert_texts(again, group_of(again, "G"), "two\n");
        if (run % 2 == 1) {
            world_crash(again);
        }
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 60 * 1000);
        twice += again->core->account.next_history > 1 ? 1 : 0;
        assert_texts(again, group_of(again, "G"), "two\n");
        assert_texts(alice, group_of(alice, "G"), "one\ntwo\n");
        world_end(&world);
    }
    assert_true(twice > 0);
}

/* Who never made a backup has no such device, and asks nobody. */
static void who_made_no_backup_asks_for_no_devices(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 33);
    struct world_peer *alice = world_add(&world);
    world_crash(alice);
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked[WIRE_LIST_DEVICES], 0);
    world_end(&world);
}

/* A removed device has known the codes: a backup from before is of no use any more. */
static void a_removal_ends_backups(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    back_up(alice, "all", true);
    for (size_t i = 0; i < world.model->link_count; i++) {
        world.model->links[i].by = NULL; /* as the server does it */
    }
    struct world_peer *again = new_home(&world, alice, "all");
    assert_string_equal(world_error(again, "restore", "{'path':'all','passphrase':'battery staple'}"), "link_unknown");
    /* A later one has another code; and so has a safe that is kept fresh. */
    back_up(alice, "later", true);
    assert_string_equal(world_error(again, "restore", "{'path':'all','passphrase':'battery staple'}"), "link_unknown");
    (void)restore(&world, alice, "later");
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    for (size_t i = 0; i < world.model->link_count; i++) {
        world.model->links[i].by = NULL;
    }
    world_pass(&world, (uint64_t)25 * 3600 * 1000);
    struct world_peer *third = world_add_empty(&world);
    (void)world_call(third, "create", "{'passphrase':'correct horse'}");
    (void)world_call(third, "safe.restore",
                     "{'id':'%s','passphrase':'battery staple','server':'http://127.0.0.1:8080'}", alice->id);
    (void)world_call(alice, "disconnect", "{}");
    assert_string_equal(world_error(alice, "backup", "{'path':'x','passphrase':'y'}"), "offline");
    world_end(&world);
}

/* It has another code at once. */
static void a_removal_renews_the_safe(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 19);
    struct world_peer *alice = world_add(&world), *phone = world_link(alice);
    world_pass(&world, 20 * 1000);
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(world.model->asked[WIRE_PUT_RECOVERY], 1);
    (void)world_call(alice, "device.remove", "{'device':'%s'}", text_of(world_call(phone, "whoami", "{}"), "device"));
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked[WIRE_PUT_RECOVERY], 3); /* the one before is refused, and another one drawn */
    world_end(&world);
}

static struct world_peer *empty_home(struct world *world) {
    struct world_peer *peer = world_add_empty(world);
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    return peer;
}

static const char server[] = "http://127.0.0.1:8080";

static void id_and_passphrase_bring_an_account_back(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    assert_string_equal(world_error(alice, "safe.set", "{'enabled':true}"), "params");
    assert_string_equal(world_error(alice, "safe.set", "{'enabled':'yes','passphrase':'x'}"), "params");
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    assert_int_equal(world.model->door_count, 1);

    /* It is kept fresh. */
    (void)world_call(alice, "contact.set", "{'id':'%s','name':'Rob'}", bob->id);
    size_t put = world.model->asked[WIRE_PUT_DOOR];
    world_pass(&world, (uint64_t)25 * 3600 * 1000);
    assert_true(world.model->asked[WIRE_PUT_DOOR] > put);

    /* Also when the clock was ahead until now. */
    world.clock.now -= (uint64_t)30 * 3600 * 1000;
    (void)world_call(alice, "contact.set", "{'id':'%s','name':'Robert'}", bob->id);
    put = world.model->asked[WIRE_PUT_DOOR];
    world_pass(&world, (uint64_t)25 * 3600 * 1000);
    assert_true(world.model->asked[WIRE_PUT_DOOR] > put);
    world_close(alice);

    struct world_peer *again = empty_home(&world);
    assert_string_equal(world_error(again, "safe.restore", "{'id':'%s','passphrase':'x'}", alice->id), "params");
    assert_string_equal(
        world_error(again, "safe.restore", "{'id':'%s','passphrase':'wrong horse','server':'%s'}", alice->id, server),
        "passphrase");
    assert_string_equal(
        world_error(again, "safe.restore", "{'id':'%s','passphrase':'battery staple','server':'%s'}", bob->id, server),
        "passphrase");
    const cJSON *self =
        world_call(again, "safe.restore",
                   "{'id':'%s','passphrase':'battery staple','server':'%s','device_name':'desk'}", alice->id, server);
    assert_string_equal(text_of(self, "id"), alice->id);
    assert_device(again, "desk");
    const cJSON *contact =
        cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(again, "contact.list", "{}"), "contacts"), 0);
    assert_string_equal(text_of(contact, "name"), "Robert");
    (void)world_call(again, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, alice->id, "hello\n");
    assert_string_equal(
        world_error(again, "safe.restore", "{'id':'%s','passphrase':'x','server':'%s'}", alice->id, server),
        "already_activated");
    world_end(&world);
}

/* Only who asked for it knows the passphrase: there is nothing that could go on without it, an older link least of all.
 */
static void a_safe_that_was_asked_for_in_vain_leaves_nothing_to_go_on(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *again = empty_home(&world);
    world.deaf = true;
    (void)world_ask(again, "activate", "{'link':'http://127.0.0.1/#activate=good'}");
    world_run(&world);
    world_crash(again);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_call(again, "status", "{}"), "activating")));
    (void)world_ask(again, "safe.restore", "{'id':'%s','passphrase':'x','server':'%s'}", alice->id, server);
    world_run(&world);
    world_crash(again);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(again, "status", "{}"), "activating")));
    assert_string_equal(world_error(again, "activate", "{}"), "link_malformed");
    world_end(&world);
}

static void a_safe_can_be_given_up(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world);
    (void)world_call(alice, "safe.set", "{'enabled':false}");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_call(alice, "whoami", "{}"), "safe")));
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_call(alice, "whoami", "{}"), "safe")));
    assert_true(world.model->doors[0].content.len > 0);
    world_pass(&world, 1000);
    (void)world_call(alice, "safe.set", "{'enabled':false}");
    assert_int_equal(world.model->doors[0].content.len, 0);
    world_pass(&world, (uint64_t)50 * 3600 * 1000);
    assert_int_equal(world.model->doors[0].content.len, 0);
    struct world_peer *again = empty_home(&world);
    assert_string_equal(world_error(again, "safe.restore", "{'id':'%s','passphrase':'battery staple','server':'%s'}",
                                    alice->id, server),
                        "passphrase");
    (void)world_call(alice, "disconnect", "{}");
    assert_string_equal(world_error(alice, "safe.set", "{'enabled':true,'passphrase':'x'}"), "offline");
    world_end(&world);
}

static void another_passphrase_leaves_nothing_under_the_one_before(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world);
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'known to all'}");
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    assert_int_equal(world.model->door_count, 2);
    assert_int_equal(world.model->doors[0].content.len, 0);
    assert_true(world.model->doors[1].content.len > 0);
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    assert_true(world.model->doors[1].content.len > 0);
    world_end(&world);
}

/* Also if the server can't do it at that moment, and the client ends then. */
static void what_is_given_up_goes_in_the_end(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 11);
    struct world_peer *alice = world_add(&world);
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'known to all'}");
    world.model->refuse.type = WIRE_PUT_DOOR;
    world.model->refuse.code = WIRE_REFUSED_UNAVAILABLE;
    world.model->refuse.argument = 10000;
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'battery staple'}");
    assert_int_equal(world.model->refuse.code, 0);
    assert_true(world.model->doors[0].content.len > 0);
    world_crash(alice);
    world_pass(&world, 20000);
    assert_int_equal(world.model->doors[0].content.len, 0);
    assert_true(world.model->doors[1].content.len > 0);
    world.model->refuse.type = WIRE_PUT_DOOR;
    world.model->refuse.code = WIRE_REFUSED_UNAVAILABLE;
    assert_string_equal(world_error(alice, "safe.set", "{'enabled':false}"), "unavailable");
    world_pass(&world, 20000);
    assert_int_equal(world.model->doors[1].content.len, 0);
    /* What was given up once and is wanted again stays. */
    (void)world_call(alice, "safe.set", "{'enabled':true,'passphrase':'known to all'}");
    world_pass(&world, (uint64_t)50 * 3600 * 1000);
    assert_true(world.model->doors[0].content.len > 0);
    assert_int_equal(alice->core->account.safe_old_count, 0);
    world_end(&world);
}

/* How many devices the server counts for an account. */
static size_t count_devices(const struct world *world, const char *id) {
    char text[WIRE_ID_TEXT_LEN + 1];
    size_t count = 0;
    for (size_t i = 0; i < world->model->account_count; i++) {
        wire_id_format(world->model->accounts[i].id, text);
        count += !world->model->accounts[i].removed && strcmp(text, id) == 0 ? 1 : 0;
    }
    return count;
}

/* The host crashes behind each effect of a restore: run again, or gone on with, it goes well, nothing is there twice,
 * and there is one device of it. False: it did not get there any more. */
static bool restore_after_crash(long at, bool anew, bool *went_on) {
    struct world world;
    world_init_quiet(&world, 20);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    back_up(alice, "all", true);
    world_close(alice);
    struct world_peer *again = new_home(&world, alice, "all");
    again->crash_after = at;
    (void)world_ask(again, "restore", "{'path':'all','passphrase':'battery staple'}");
    world_pass(&world, 5000);
    bool crashed = again->crashes > 0;
    again->crash_after = -1;
    *went_on = *went_on || again->core->account.state == ACCOUNT_ACTIVATING;
    if (again->core->account.state == ACCOUNT_ACTIVATING && !anew) {
        (void)world_call(again, "activate", "{}"); /* all of it is here */
    } else if (again->core->account.state != ACCOUNT_ACTIVE) {
        (void)world_call(again, "restore", "{'path':'all','passphrase':'battery staple'}");
    }
    world_pass(&world, 5000);
    assert_int_equal(again->core->account.state, ACCOUNT_ACTIVE);
    assert_int_equal(again->core->contacts.count, 1);
    assert_texts(again, bob->id, "first\n");
    assert_non_null(find_chat(again, "G"));
    assert_int_equal(count_devices(&world, alice->id), 2);
    world_end(&world);
    return crashed;
}

static void a_restore_that_was_interrupted_can_be_run_again(void **state) {
    (void)state;
    for (int anew = 0; anew < 2; anew++) {
        bool went_on = false;
        long at = 0;
        while (restore_after_crash(at, anew == 1, &went_on)) {
            at++;
        }
        assert_true(at > 5 && went_on);
    }
}

/* Whoever looks at the list of devices hears of one that came by a backup, and tells nobody its name. */
static void the_others_hear_of_a_device_that_was_restored(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 20);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id);
    world_pass(&world, 5000);
    back_up(alice, "all", true);
    struct world_peer *again = new_home(&world, alice, "all");
    (void)world_call(again, "restore", "{'path':'all','passphrase':'battery staple'}");
    world_run(&world);
    const cJSON *event = world_event(alice, "device");
    assert_string_equal(text_of(event, "event"), "listed");
    world_pass(&world, 5000);
    assert_string_equal(text_of(world_event(alice, "device"), "event"),
                        "linked"); /* it is let in, and has told its name */
    const cJSON *devices = cJSON_GetObjectItem(world_call(alice, "device.list", "{}"), "devices");
    assert_int_equal(cJSON_GetArraySize(devices), 2);
    world_end(&world);
}

/* Restores an archive that somebody has made up, of one record; what is said of it. */
static const char *restore_made_up(struct world_peer *empty, struct key name, struct base_slice value) {
    struct archive archive;
    struct base_writer records = base_writer(base_allocator_libc(), 1 << 16);
    struct base_bytes piece = { 0 };
    uint8_t file[4096];
    archive_write_record(&records, key_slice(&name), value);
    assert_ok(archive_begin(&archive, &empty->world->random.random, base_slice_text("battery staple"),
                            (struct vault_cost){ 1, 8 }));
    assert_ok(archive_seal(&archive, base_allocator_libc(), base_writer_view(&records), true, &piece));
    assert_true(ARCHIVE_HEAD_LEN + piece.len <= sizeof file);
    memcpy(file, archive.head, ARCHIVE_HEAD_LEN);
    memcpy(file + ARCHIVE_HEAD_LEN, piece.data, piece.len);
    world_put_file(empty, "made up", file, ARCHIVE_HEAD_LEN + piece.len);
    base_writer_free(&records);
    base_bytes_free(&piece);
    return world_error(empty, "restore", "{'path':'made up','passphrase':'battery staple'}");
}

static void a_chat_with_nobody_is_not_taken(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    struct world_peer *alice = world_add(&world), *empty = empty_home(&world);
    struct chat chat = { .kind = CHAT_DIRECT, .peer = 77 };
    struct base_bytes value = { 0 };
    assert_ok(chat_encode(alice->core, &chat, &value));
    assert_string_equal(restore_made_up(empty, key_number(KEY_CHAT, 1), base_borrow(&value)), "damaged");
    assert_int_equal(empty->core->chats.count, 0);
    base_bytes_free(&value);
    world_end(&world);
}

/* Of the account's record each part must be one. */
static void a_made_up_account_is_not_taken(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 17);
    struct world_peer *alice = world_add(&world);
    char *const texts[] = { alice->core->account.domain, alice->core->account.url, alice->core->account.name,
                            (char *)alice->core->account.id };
    (void)world_call(alice, "disconnect", "{}");
    alice->core->account.recovery[0] = 1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char first = texts[i][0];
        struct base_bytes value = { 0 };
        texts[i][0] = '\n';
        assert_ok(backup_encode_account(alice->core, &value));
        texts[i][0] = first;
        assert_string_equal(restore_made_up(empty_home(&world), key_table(KEY_ACCOUNT), base_borrow(&value)),
                            "damaged");
        base_bytes_free(&value);
    }
    world_end(&world);
}

/* An account stays where it is, whatever a server calls itself. */
static void an_account_goes_to_no_other_domain(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 18);
    struct world_peer *alice = world_add(&world), *empty = empty_home(&world);
    struct base_bytes value = { 0 };
    alice->core->account.recovery[0] = 1;
    (void)world_call(alice, "disconnect", "{}");
    field_set_text(alice->core->account.domain, sizeof alice->core->account.domain, base_slice_text("example.net"));
    assert_ok(backup_encode_account(alice->core, &value));
    assert_string_equal(restore_made_up(empty, key_table(KEY_ACCOUNT), base_borrow(&value)), "sign_in");
    assert_int_equal(empty->core->account.state, ACCOUNT_NONE);
    assert_int_equal(world.model->asked[WIRE_ACTIVATE], 1);
    base_bytes_free(&value);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_lost_everything_comes_back),
        cmocka_unit_test(a_group_takes_its_chat_from_the_backup),
        cmocka_unit_test(a_stranger_takes_no_chat_from_the_backup),
        cmocka_unit_test(a_backup_without_history_has_none),
        cmocka_unit_test(a_long_history_comes_back),
        cmocka_unit_test(large_messages_come_back),
        cmocka_unit_test(what_goes_wrong_is_said),
        cmocka_unit_test(a_restored_device_makes_links_when_nobody_else_is_left),
        cmocka_unit_test(who_was_thought_lost_and_the_restored_one_find_each_other),
        cmocka_unit_test(a_device_that_never_comes_keeps_nobody_out),
        cmocka_unit_test(who_comes_back_has_the_answers),
        cmocka_unit_test(somebody_comes_back_again_and_again),
        cmocka_unit_test(two_restored_at_once_find_each_other),
        cmocka_unit_test(what_one_passes_over_comes_from_no_other),
        cmocka_unit_test(who_made_no_backup_asks_for_no_devices),
        cmocka_unit_test(a_removal_ends_backups),
        cmocka_unit_test(a_removal_renews_the_safe),
        cmocka_unit_test(id_and_passphrase_bring_an_account_back),
        cmocka_unit_test(a_safe_can_be_given_up),
        cmocka_unit_test(a_safe_that_was_asked_for_in_vain_leaves_nothing_to_go_on),
        cmocka_unit_test(a_chat_with_nobody_is_not_taken),
        cmocka_unit_test(a_made_up_account_is_not_taken),
        cmocka_unit_test(an_account_goes_to_no_other_domain),
        cmocka_unit_test(what_is_given_up_goes_in_the_end),
        cmocka_unit_test(a_restore_that_was_interrupted_can_be_run_again),
        cmocka_unit_test(the_others_hear_of_a_device_that_was_restored),
        cmocka_unit_test(another_passphrase_leaves_nothing_under_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
