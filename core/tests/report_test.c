/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which of an account's devices tells others what was received and read.
 */
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "group.h"

/* Entries of all streams but those of accounts' own devices. */
static size_t entries(const struct world_peer *peer) {
    size_t count = 0;
    const struct model *model = peer->world->model;
    for (size_t i = 0; i < model->stream_count; i++) {
        const struct group *group = group_find(peer->core, model->streams[i]->id);
        count += group != NULL && group->chat->kind != CHAT_OWN ? model->streams[i]->entry_count : 0;
    }
    return count;
}

/* A report for each person, not for each device: by the one that was read on, or the first that is there. */
static void one_device_tells_what_was_read(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 30);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    struct world_peer *phone = world_link(anna), *tablet = world_link(anna);
    world_pass(&world, 60 * 1000);
    struct world_peer *const devices[] = { anna, phone, tablet };
    for (int i = 0; i < 3; i++) { /* it is read on each of them once */
        size_t before = entries(ben);
        (void)world_call(ben, "send", "{'to':'%s','text':'number %d'}", anna->id, i);
        (void)world_call(ben, "send", "{'to':'%s','text':'and one more'}", anna->id);
        world_pass(&world, 60 * 1000);
        assert_int_equal(entries(ben) - before, 2 + 1);
        (void)world_call(devices[i], "read", "{'chat':'%s','number':1000000}", ben->id);
        world_pass(&world, 1500); /* without waiting for the others */
        assert_seen_as(ben, anna->id, "and one more", "read");
        world_pass(&world, 60 * 1000);
        assert_int_equal(entries(ben) - before, 2 + 2);
    }

    /* Who comes first is away: another one tells it. */
    (void)world_call(anna, "disconnect", "{}");
    size_t before = entries(ben);
    (void)world_call(ben, "send", "{'to':'%s','text':'without her'}", anna->id);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "without her", "delivered");
    assert_int_equal(entries(ben) - before, 1 + 1);

    /* Nor does she say it again when she is back, or after a crash. */
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    world_crash(anna);
    world_crash(phone);
    world_pass(&world, 60 * 1000);
    assert_int_equal(entries(ben) - before, 1 + 1);

    /* Read on a device that goes before it has told it: the others know, and tell. */
    (void)world_call(phone, "read", "{'chat':'%s','number':1000000}", ben->id);
    world_pass(&world, 500);
    world_close(phone);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "without her", "read");
    assert_int_equal(entries(ben) - before, 1 + 2);
    world_open(phone);
    world_end(&world);
}

static void who_is_blocked_is_told_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 31);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'to':'%s','text':'are you there?'}", anna->id);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "are you there?", "delivered");
    (void)world_call(anna, "contact.set", "{'id':'%s','blocked':true}", ben->id);
    (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", ben->id);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "are you there?", "delivered");
    (void)world_call(anna, "contact.set", "{'id':'%s','blocked':false}", ben->id);
    world_pass(&world, 60 * 1000);
    assert_seen_as(ben, anna->id, "are you there?", "read");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_device_tells_what_was_read),
        cmocka_unit_test(who_is_blocked_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
