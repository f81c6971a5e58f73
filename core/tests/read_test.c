/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was read on one device of an account was read on all, whatever the order in which groups, devices, messages and
 * this news arrive.
 */
#include <string.h>
#include <time.h>

#include "arrival.h"
#include "chat.h"
#include "chatting.h"
#include "group.h"
#include "sync_kind.h"
#include "test/result.h"

enum { ALL = 1000000 };

static int unread(struct world_peer *peer, const char *chat) {
    const cJSON *listed = listed_chat(peer, chat);
    assert_non_null(listed);
    return (int)number_of(listed, "unread");
}

static void read_all(struct world_peer *peer, const char *chat) {
    (void)world_call(peer, "read", "{'chat':'%s','number':%d}", chat, ALL);
}

static void go(struct world_peer *peer, bool online) {
    (void)world_call(peer, online ? "connect" : "disconnect", "{}");
    world_pass(peer->world, 10 * 1000);
}

static void say(struct world_peer *from, struct world_peer *to, const char *text) {
    (void)world_call(from, "send", "{'to':'%s','text':'%s'}", to->id, text);
}

/* A message that was read calls anew by an edit: when another device has read what stands behind it, this one has read
 * so far, too, and the call stays. */
static void what_calls_anew_does_not_hold_up_what_is_read(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 46);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    say(ben, anna, "one");
    world_pass(&world, 5000);
    read_all(phone, ben->id);
    world_pass(&world, 5000);
    assert_int_equal(unread(anna, ben->id), 0);
    say(ben, anna, "two");
    say(ben, anna, "three");
    (void)world_call(ben, "edit", "{'id':'%s','text':'@Anna','mentions':['%s']}",
                     text_of(message_saying(ben, anna->id, "one"), "id"), anna->id);
    world_pass(&world, 5000);
    assert_int_equal(unread(anna, ben->id), 3);
    int two = (int)number_of(message_saying(anna, ben->id, "two"), "number");
    (void)world_call(phone, "read", "{'chat':'%s','number':%d}", ben->id,
                     (int)number_of(message_saying(phone, ben->id, "two"), "number"));
    world_pass(&world, 5000);
    assert_int_equal(unread(anna, ben->id), 2);
    assert_int_equal(chat_of_two(anna)->read_to, two);
    world_end(&world);
}

/* Both begin at the same moment: what the one has written stands in a group in which nobody writes later. */
static void all_groups_of_a_chat_are_told(void **state) {
    (void)state;
    enum { MANY = 100 };
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        go(phone, false);
        world.deaf = true;
        (void)world_ask(anna, "send", "{'to':'%s','text':'from anna'}", ben->id);
        (void)world_ask(ben, "send", "{'to':'%s','text':'from ben'}", anna->id);
        world_run(&world);
        world.deaf = false;
        world_pass(&world, 60 * 1000);
        assert_int_equal(chat_of_two(anna)->groups.count, 2);
        for (int i = 0; i < MANY; i++) {
            say(ben, anna, "later");
        }
        assert_int_equal(unread(anna, ben->id), MANY + 1);
        read_all(anna, ben->id);
        assert_int_equal(unread(anna, ben->id), 0);
        world_pass(&world, 10 * 1000);
        go(phone, true);
        world_pass(&world, 60 * 1000);
        assert_int_equal(unread(phone, ben->id), 0);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "read"), chat_of_two(phone)->next_message);
        world_end(&world);
    }
}

/* Both were away when they read; who says it last has read less, and it does not matter. */
static void who_has_read_more_is_right(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct world world;
        world_init(&world, 1);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        struct world_peer *both[] = { anna, phone };
        say(ben, anna, "one");
        say(ben, anna, "two");
        world_pass(&world, 10 * 1000);
        go(anna, false);
        go(phone, false);
        read_all(anna, ben->id);
        (void)world_call(phone, "read", "{'chat':'%s','number':1}", ben->id);
        (void)world_call(phone, "settings.set", "{'typing':false}"); /* its clock is ahead */
        (void)world_call(phone, "read", "{'chat':'%s','number':1}", ben->id);
        assert_int_equal(unread(phone, ben->id), 1);
        go(both[first], true);
        go(both[1 - first], true);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(unread(both[i], ben->id), 0);
            world_crash(both[i]);
            assert_int_equal(unread(both[i], ben->id), 0);
        }
        say(ben, anna, "three");
        world_pass(&world, 10 * 1000);
        assert_int_equal(unread(anna, ben->id), 1);
        assert_int_equal(unread(phone, ben->id), 1);
        world_end(&world);
    }
}

/* What has come from another device, by a group to which the invitation never came, is read with that group. */
static void what_came_without_its_group_is_told(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    world.model->refuse.type = WIRE_PUT_KEY_PACKAGES;
    world.model->refuse.code = WIRE_REFUSED_DISK_FULL;
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    say(ben, anna, "one");
    say(ben, anna, "two");
    (void)world_call(phone, "contact.accept", "{'id':'%s'}", ben->id);
    (void)world_call(anna, "disconnect", "{}");
    const cJSON *regretted = world_call(anna, "send", "{'to':'%s','text':'regretted'}", ben->id);
    (void)world_call(anna, "delete", "{'id':'%s','for':'me'}", text_of(regretted, "id")); /* the chat stays */
    (void)world_call(anna, "connect", "{}");
    /* The invitation is tried again each hour, and waited for as long. */
    for (size_t i = 0; i < 2; i++) {
        world.model->refuse.type = WIRE_INBOX_APPEND;
        world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
        world.model->refuse.argument = 48 * 3600 * 1000ULL;
        world_pass(&world, 50 * 60 * 1000);
    }
    assert_int_equal(chat_of_two(anna)->groups.count, 0);
    assert_texts(anna, ben->id, "one\ntwo\n");
    assert_int_equal(unread(anna, ben->id), 2);
    (void)world_call(phone, "read", "{'chat':'%s','number':1}", ben->id);
    world_pass(&world, 10 * 1000);
    assert_int_equal(unread(anna, ben->id), 1);
    world_crash(anna);
    read_all(phone, ben->id);
    world_pass(&world, 10 * 1000);
    assert_int_equal(unread(anna, ben->id), 0);
    world_end(&world);
}

/* Places in streams that are not read any more go, but for the last ones; those of the chat's groups stay. */
static void places_have_a_bound(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 5);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *carl = world_add(&world);
    for (size_t i = 0; i < 2; i++) {
        say(i == 0 ? ben : carl, anna, "one");
        world_pass(&world, 10 * 1000);
        read_all(anna, i == 0 ? ben->id : carl->id);
    }
    struct weibel_core *core = anna->core;
    const struct chat *chat = chat_of_two(anna);
    const struct group *group = (const struct group *)chat->groups.items[0];
    struct place known = sync_place(core, SYNC_READ, chat, group->id);
    uint8_t stream[WIRE_STREAM_LEN] = { 0 };
    size_t before = core->syncs.count;
    assert_true(known.entry > 0);
    for (int i = 0; i < SYNC_MAX_PLACES + 100; i++) {
        stream[0] = (uint8_t)i;
        stream[1] = (uint8_t)(i / 256);
        assert_ok(sync_place_put(core, SYNC_READ, chat, stream, (struct place){ .entry = 1 }));
        assert_ok(weibel_core_tick(core));
        world_run(&world);
    }
    assert_int_equal(core->syncs.count, before + SYNC_MAX_PLACES);
    assert_int_equal(sync_place(core, SYNC_READ, chat, group->id).entry, known.entry);
    assert_int_equal(sync_place(core, SYNC_READ, chat, stream).entry, 1);
    stream[0] = stream[1] = 0;
    assert_int_equal(sync_place(core, SYNC_READ, chat, stream).entry, 0);
    world_crash(anna);
    world_pass(&world, 10 * 1000);
    assert_int_equal(anna->core->syncs.count, before + SYNC_MAX_PLACES);
    world_end(&world);
}

/* Nothing of it is lost when a crash comes at any moment. */
static void a_crash_forgets_nothing(void **state) {
    (void)state;
    for (long effects = 0; effects < 24; effects++) {
        struct world world;
        world_init_quiet(&world, 3);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        say(ben, anna, "one");
        world_pass(&world, 10 * 1000);
        read_all(anna, ben->id);
        phone->crash_after = effects;
        world_pass(&world, 20 * 1000);
        phone->crash_after = -1;
        world_pass(&world, 20 * 1000);
        assert_int_equal(unread(phone, ben->id), 0);
        assert_int_equal(number_of(listed_chat(phone, ben->id), "read"), chat_of_two(phone)->next_message);
        world_end(&world);
    }
}

static void add_one(struct weibel_core *core, struct chat *chat, const struct group *group, uint64_t entry) {
    struct message message = { .kind = MESSAGE_TEXT, .number = ++chat->next_message };
    assert_ok(arrival_add(core, chat, &message));
    assert_ok(arrival_place(core, chat, message.number, group->id, entry));
}

/* What so many cost that have been read elsewhere when they come, while one before them has not, … */
static double cost_of_coming(struct weibel_core *core, struct chat *chat, size_t count) {
    const struct group *group = (const struct group *)chat->groups.items[0];
    uint64_t entry = chat->next_message * 2 + 1000;
    assert_ok(sync_place_put(core, SYNC_READ, chat, group->id, (struct place){ .entry = entry }));
    add_one(core, chat, group, entry + 1);
    uint64_t read_to = chat->read_to;
    clock_t before = clock();
    for (size_t i = 0; i < count; i++) {
        add_one(core, chat, group, entry);
    }
    assert_ok(weibel_core_tick(core));
    double cost = (double)(clock() - before);
    assert_int_equal(chat->unread, 1);
    assert_int_equal(chat->read_to, read_to);
    assert_int_equal(core->arrivals.count, count + 1);
    return cost;
}

/* … and what it costs to read that, and to have shown them all. */
static double cost_of_reading(struct weibel_core *core, struct chat *chat) {
    clock_t before = clock();
    assert_ok(chat_read_up_to(core, chat, chat->next_message, true));
    assert_ok(arrival_seen(core, core->account.next_arrival));
    double cost = (double)(clock() - before);
    assert_int_equal(chat->unread, 0);
    assert_int_equal(core->arrivals.count, 0);
    assert_ok(weibel_core_tick(core));
    return cost;
}

static double cost_of(struct world_peer *anna, struct chat *chat, size_t count) {
    double least = 0;
    for (int i = 0; i < 3; i++) {
        double cost = cost_of_coming(anna->core, chat, count);
        world_run(anna->world);
        cost += cost_of_reading(anna->core, chat);
        world_run(anna->world);
        least = i == 0 || cost < least ? cost : least;
    }
    return least;
}

/* Eight times as many cost some eight times as much, and not sixty-four times. */
static void many_are_read_at_once(void **state) {
    (void)state;
    enum { FEW = 2500, MANY = 8 * FEW };
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    say(ben, anna, "one");
    world_pass(&world, 10 * 1000);
    struct chat *chat = (struct chat *)anna->core->chats.items[0];
    read_all(anna, ben->id);
    assert_ok(arrival_seen(anna->core, anna->core->account.next_arrival));
    double few = cost_of(anna, chat, FEW), many = cost_of(anna, chat, MANY);
    assert_true(many < 20 * few);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_groups_of_a_chat_are_told),
        cmocka_unit_test(what_calls_anew_does_not_hold_up_what_is_read),
        cmocka_unit_test(who_has_read_more_is_right),
        cmocka_unit_test(what_came_without_its_group_is_told),
        cmocka_unit_test(places_have_a_bound),
        cmocka_unit_test(a_crash_forgets_nothing),
        cmocka_unit_test(many_are_read_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
