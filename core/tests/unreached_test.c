/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Somebody is invited by key packages of devices that are gone when the invitation goes out.
 */
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "group.h"
#include "letter.h"
#include "test/result.h"

enum { HOUR = 3600 * 1000, DAY = 24 * HOUR, A_WHILE = 20 * 1000, NOBODY_LIES = 1000 };

/* The next request of this type is refused for an hour. */
static void hold(struct world *world, uint8_t type) {
    world->model->refuse.type = type;
    world->model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world->model->refuse.argument = HOUR;
}

static void deny(struct world *world, uint16_t code, unsigned count) {
    world->model->refuse.type = WIRE_INBOX_APPEND;
    world->model->refuse.code = code;
    world->model->refuse.more = count - 1;
}

/* So many letters are refused as if there were no such device. */
static void deny_devices(struct world *world, unsigned count) {
    deny(world, WIRE_REFUSED_NO_DEVICE, count);
}

static bool was_told(struct world_peer *peer, const char *words) {
    bool told = false;
    const cJSON *message;
    cJSON_ArrayForEach(
        message, cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "G")), "messages")) {
        told = told || (cJSON_HasObjectItem(message, "words") && strcmp(text_of(message, "words"), words) == 0);
    }
    return told;
}

/* Another device of the account takes the place of this one. */
static struct world_peer *replace(struct world_peer *device) {
    struct world_peer *next = world_link(device);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", text_of(world_call(device, "whoami", "{}"), "device"));
    (void)world_call(next, "device.remove", "{'device':'%s'}", name);
    world_pass(device->world, A_WHILE);
    assert_true(device->world->model->accounts[device->number].removed);
    return next;
}

static int count_refused(struct world_peer *peer) {
    int count = 0;
    const cJSON *message;
    cJSON_ArrayForEach(
        message, cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "G")), "messages")) {
        count += strcmp(text_of(message, "kind"), "notice") == 0 && strcmp(text_of(message, "notice"), "refused") == 0;
    }
    return count;
}

/* Letters that the server has taken, and that are kept until something of their devices is heard. */
static size_t count_watched(const struct world_peer *peer) {
    size_t count = 0;
    for (size_t i = 0; i < peer->core->letters.count; i++) {
        count += ((const struct letter *)peer->core->letters.items[i])->taken_at != 0 ? 1 : 0;
    }
    return count;
}

static size_t count_on_their_way(const struct world_peer *peer) {
    return peer->core->letters.count - count_watched(peer);
}

/* Wherever the inviter's host crashes meanwhile. */
static void who_has_another_device_by_then_comes_in(void **state) {
    (void)state;
    bool crashed = true;
    for (long crash = 0; crashed; crash += 2) {
        struct world world;
        world_init_quiet(&world, 1);
        world.tree_devices = crash % 4 == 0 ? 1 : 0;
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        hold(&world, WIRE_CREATE_STREAM);
        (void)world_ask(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        world_run(&world);
        struct world_peer *tablet = replace(ben);
        anna->crash_after = crash;
        world_pass(&world, HOUR + 3 * A_WHILE);
        crashed = anna->crashes > 0;
        anna->crash_after = -1;
        assert_agree(&world, "G", (const size_t[]){ 0, 2 }, 2);
        assert_int_equal(mls_group_member_count(group_at_hand(anna)->mls), 2);
        assert_int_equal(count_on_their_way(anna), 0);
        (void)world_call(anna, "send", "{'chat':'%s','text':'hello'}", group_of(anna, "G"));
        assert_texts(tablet, group_of(tablet, "G"), "hello\n");
        world_end(&world);
    }
}

/* Also by somebody who is added to a group, next to others who have been in it. */
static void who_is_added_and_has_another_device_by_then_comes_in(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", cleo->id);
    hold(&world, WIRE_INBOX_APPEND);
    (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
    (void)replace(ben);
    world_pass(&world, HOUR + A_WHILE);
    assert_agree(&world, "G", (const size_t[]){ 0, 2, 3 }, 3);
    assert_int_equal(mls_group_member_count(group_at_hand(cleo)->mls), 3);
    assert_int_equal(count_refused(anna), 0);
    world_end(&world);
}

/* A chat of two goes on where the peer is, and what was written before comes, too. */
static void a_chat_of_two_goes_on_with_the_other_device(void **state) {
    (void)state;
    bool crashed = true;
    for (long crash = 0; crashed; crash += 2) {
        struct world world;
        world_init_quiet(&world, (uint64_t)crash);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        hold(&world, WIRE_CREATE_STREAM);
        (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
        struct world_peer *tablet = replace(ben);
        anna->crash_after = crash;
        world_pass(&world, HOUR + 3 * A_WHILE);
        crashed = anna->crashes > 0;
        anna->crash_after = -1;
        assert_texts(tablet, anna->id, "one\n");
        (void)world_call(phone, "send", "{'to':'%s','text':'two'}", ben->id);
        world_pass(&world, A_WHILE);
        (void)world_call(tablet, "send", "{'to':'%s','text':'three'}", anna->id);
        world_pass(&world, A_WHILE);
        assert_texts(tablet, anna->id, "one\ntwo\nthree\n");
        assert_texts(anna, ben->id, "one\ntwo\nthree\n");
        assert_texts(phone, ben->id, "one\ntwo\nthree\n");
        assert_int_equal(count_on_their_way(anna), 0);
        world_end(&world);
    }
}

/* Nobody is taken out by who may not do that: it is said. */
static void who_may_not_remove_says_so(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(cleo, "group.create", "{'name':'G','members':['%s']}", anna->id);
    (void)world_call(cleo, "group.set", "{'chat':'%s','add':'all'}", group_of(cleo, "G"));
    deny_devices(&world, 1);
    (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
    uint64_t epoch = mls_group_epoch(group_at_hand(cleo)->mls);
    world_pass(&world, A_WHILE);
    assert_int_equal(count_refused(anna), 1);
    assert_int_equal(count_on_their_way(anna), 0);
    assert_int_equal(mls_group_epoch(group_at_hand(cleo)->mls), epoch);
    world_end(&world);
}

/* His account is gone: nobody is added again, and he does not stay a member. */
static void whose_account_is_gone_is_taken_out(void **state) {
    (void)state;
    for (int may = 0; may < 2; may++) {
        struct world world;
        world_init(&world, 12);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(cleo, "group.create", "{'name':'G','members':['%s']}", anna->id);
        (void)world_call(cleo, "group.set", "{'chat':'%s','add':'all'}", group_of(cleo, "G"));
        struct world_peer *by = may == 0 ? anna : cleo;
        deny(&world, WIRE_REFUSED_NO_ACCOUNT, 1);
        (void)world_call(by, "group.add", "{'chat':'%s','members':['%s']}", group_of(by, "G"), ben->id);
        size_t taken = world.model->asked[WIRE_TAKE_KEY_PACKAGES];
        world_pass(&world, A_WHILE);
        assert_int_equal(mls_group_member_count(group_at_hand(anna)->mls), may == 0 ? 3 : 2);
        assert_int_equal(world.model->asked[WIRE_TAKE_KEY_PACKAGES], taken);
        assert_int_equal(count_on_their_way(by), 0);
        assert_int_equal(count_refused(by), 1);
        assert_true(was_told(
            by, may == 0 ? "The server says that there is no account %s any more. Whoever may remove members can take "
                           "it out of the group"
                         : "The server says that there is no account %s any more: it is taken out of the group"));
        world_end(&world);
    }
}

/* Nor does it stay unsaid if another device of the account has invited him, which is gone by then. */
static void who_sees_to_it_and_may_not_says_so(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 13);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    struct world_peer *laptop = world_link(anna);
    (void)world_call(cleo, "group.create", "{'name':'G','members':['%s']}", anna->id);
    (void)world_call(cleo, "group.set", "{'chat':'%s','add':'all'}", group_of(cleo, "G"));
    world_pass(&world, A_WHILE);
    hold(&world, WIRE_INBOX_APPEND);
    (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
    (void)replace(ben);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", text_of(world_call(anna, "whoami", "{}"), "device"));
    (void)world_call(laptop, "device.remove", "{'device':'%s'}", name);
    world_pass(&world, HOUR + A_WHILE);
    assert_int_equal(mls_group_member_count(group_at_hand(cleo)->mls), 3);
    assert_int_equal(count_refused(laptop), 1);
    world_end(&world);
}

/* What a server costs that says it of all who are invited: a few commits, or groups, and no more. */
static void a_lying_server_is_believed_a_few_times(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    deny_devices(&world, NOBODY_LIES);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world_pass(&world, HOUR);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], 4);
    assert_int_equal(mls_group_epoch(group_at_hand(anna)->mls), 1 + 3 * 2);
    assert_int_equal(count_refused(anna), 1);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    world_pass(&world, HOUR);
    world_crash(anna);
    world_pass(&world, HOUR);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], 8);
    assert_int_equal(count_on_their_way(anna), 0);
    world_end(&world);
}

/* Of two devices one was reached, which sees to the other; or none was. */
static void who_was_reached_stays(void **state) {
    (void)state;
    for (unsigned gone = 1; gone <= 2; gone++) {
        struct world world;
        world_init(&world, 5);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_link(ben);
        deny_devices(&world, gone);
        size_t letters = world.model->asked[WIRE_INBOX_APPEND];
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        world_pass(&world, A_WHILE);
        assert_int_equal(mls_group_epoch(group_at_hand(anna)->mls), gone == 1 ? 1 : 3);
        assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], letters + (gone == 1 ? 2 : 4));
        assert_int_equal(mls_group_member_count(group_at_hand(anna)->mls), 3);
        assert_int_equal(count_watched(anna), gone == 1 ? 1 : 2);
        assert_int_equal(count_on_their_way(anna), gone == 1 ? 1 : 0); /* that one may be lost, too: then it counts */
        world_end(&world);
    }
}

/* An administrator stays one, the owner too; and the invitation link, which nobody has read who may not, is as it was.
 */
static void who_had_a_role_keeps_it(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", cleo->id);
    char link[256];
    (void)snprintf(
        link, sizeof link, "%s",
        text_of(world_call(anna, "group.link", "{'chat':'%s','enabled':true}", group_of(anna, "G")), "link"));
    hold(&world, WIRE_INBOX_APPEND);
    world.model->refuse.more = 1;
    struct world_peer *dora = world_add(&world);
    (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s','%s']}", group_of(anna, "G"), ben->id, dora->id);
    (void)world_call(anna, "group.role", "{'chat':'%s','member':'%s','role':'admin'}", group_of(anna, "G"), ben->id);
    (void)world_call(anna, "group.role", "{'chat':'%s','member':'%s','role':'owner'}", group_of(anna, "G"), dora->id);
    struct world_peer *tablet = replace(ben), *laptop = replace(dora);
    world_pass(&world, HOUR + A_WHILE);
    assert_agree(&world, "G", (const size_t[]){ 0, 2, 4, 5 }, 4);
    const cJSON *roles =
        cJSON_GetObjectItem(world_call(cleo, "group.info", "{'chat':'%s'}", group_of(cleo, "G")), "roles");
    assert_string_equal(text_of(roles, ben->id), "admin");
    assert_string_equal(text_of(roles, dora->id), "owner");
    assert_string_equal(
        text_of(world_call(anna, "group.link", "{'chat':'%s','enabled':true}", group_of(anna, "G")), "link"), link);
    (void)world_call(tablet, "group.set", "{'chat':'%s','name':'H'}", group_of(tablet, "G"));
    assert_string_equal(text_of(world_call(laptop, "group.info", "{'chat':'%s'}", group_of(laptop, "H")), "name"), "H");
    world_end(&world);
}

/* Whoever has invited somebody leaves at once: it is not done before it is known whether he was reached, and he comes
 * in. */
static void who_has_invited_and_leaves_is_waited_for(void **state) {
    (void)state;
    bool crashed = true;
    for (long crash = 0; crashed; crash += 3) {
        struct world world;
        world_init_quiet(&world, 7);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        hold(&world, WIRE_CREATE_STREAM);
        (void)world_ask(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, cleo->id);
        world_run(&world);
        (void)world_ask(anna, "group.leave", "{'chat':'g1'}");
        (void)replace(ben);
        anna->crash_after = crash;
        world_pass(&world, HOUR + 3 * A_WHILE);
        crashed = anna->crashes > 0;
        anna->crash_after = -1;
        assert_agree(&world, "G", (const size_t[]){ 2, 3 }, 2);
        assert_int_equal(mls_group_member_count(group_at_hand(cleo)->mls), 2);
        assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'%s'}", group_of(anna, "G")), "state"),
                            "left");
        assert_int_equal(count_on_their_way(anna), 0);
        world_end(&world);
    }
}

/* A full inbox may stay so for ever. */
static void who_leaves_waits_for_no_full_inbox(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", cleo->id);
    world.model->refuse.type = WIRE_INBOX_APPEND;
    world.model->refuse.code = WIRE_REFUSED_FULL;
    world.model->refuse.more = NOBODY_LIES;
    (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
    (void)world_call(anna, "group.leave", "{'chat':'%s'}", group_of(anna, "G"));
    world_pass(&world, A_WHILE);
    assert_string_equal(text_of(world_call(anna, "group.info", "{'chat':'%s'}", group_of(anna, "G")), "state"), "left");
    assert_int_equal(count_on_their_way(anna), 1);
    world_end(&world);
}

/* Each time the devices are gone by then: that is said, and what was written goes out again when it is known where to.
 */
static void who_is_gone_each_time_gets_all_in_the_end(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    hold(&world, WIRE_INBOX_APPEND);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    struct world_peer *device = ben;
    for (int tries = 0; tries < 4; tries++) {
        device = replace(device);
        hold(&world, WIRE_INBOX_APPEND);
        world.model->refuse.skip = 1;
        world_pass(&world, HOUR + A_WHILE);
    }
    world.model->refuse.type = 0;
    const cJSON *last = cJSON_GetObjectItem(listed_chat(anna, ben->id), "last");
    assert_string_equal(text_of(last, "notice"), "refused");
    assert_string_equal(text_of(last, "words"), "What you wrote did not reach %s: the server says that all devices "
                                                "there are gone. It is sent again when %s writes");
    (void)world_call(device, "send", "{'to':'%s','text':'two'}", anna->id);
    world_pass(&world, HOUR + A_WHILE);
    assert_texts(anna, ben->id, "one\ntwo\n");
    assert_texts(device, anna->id, "two\none\n");
    world_end(&world);
}

/* He is invited while he has one device, links another one, and the invitation reaches the first one, which is removed
 * before it has let the other one in. Gives the other one. */
static struct world_peer *lose_with_letter(struct world *world, struct world_peer *ben) {
    struct world_peer *tablet = world_link(ben);
    char name[64];
    (void)snprintf(name, sizeof name, "%s", text_of(world_call(ben, "whoami", "{}"), "device"));
    (void)world_call(ben, "disconnect", "{}");
    world_pass(world, HOUR);
    (void)world_call(tablet, "device.remove", "{'device':'%s'}", name);
    world_pass(world, A_WHILE);
    return tablet;
}

/* Wherever the inviter's host crashes meanwhile. */
static void whose_device_is_lost_with_its_letter_comes_in(void **state) {
    (void)state;
    bool crashed = true;
    for (long crash = 0; crashed; crash += 3) {
        struct world world;
        world_init_quiet(&world, 14);
        world.tree_devices = crash % 2 == 0 ? 1 : 0;
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", cleo->id);
        hold(&world, WIRE_INBOX_APPEND);
        (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
        struct world_peer *tablet = lose_with_letter(&world, ben);
        anna->crash_after = crash;
        world_pass(&world, HOUR + A_WHILE);
        crashed = anna->crashes > 0;
        anna->crash_after = -1;
        (void)world_call(tablet, "send", "{'chat':'%s','text':'hello'}", group_of(tablet, "G"));
        assert_agree(&world, "G", (const size_t[]){ 0, 2, 3 }, 3);
        assert_int_equal(mls_group_member_count(group_at_hand(cleo)->mls), 3);
        assert_texts(anna, group_of(anna, "G"), "hello\n");
        assert_int_equal(count_refused(anna), 0);
        world_pass(&world, 3 * HOUR);
        assert_int_equal(anna->core->letters.count, 0); /* of both something was heard */
        world_end(&world);
    }
}

/* What was written to him before comes to the other device, too. */
static void a_chat_of_two_is_not_lost_with_a_device(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 15);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    hold(&world, WIRE_INBOX_APPEND);
    (void)world_call(anna, "send", "{'to':'%s','text':'one'}", ben->id);
    struct world_peer *tablet = lose_with_letter(&world, ben);
    world_pass(&world, HOUR + A_WHILE);
    assert_texts(tablet, anna->id, "one\n");
    (void)world_call(tablet, "send", "{'to':'%s','text':'two'}", anna->id);
    world_pass(&world, A_WHILE);
    assert_texts(anna, ben->id, "one\ntwo\n");
    world_end(&world);
}

/* The server is asked about who only reads, more and more seldom, for as long as letters live. He stays. */
static void who_only_reads_stays(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 16);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world_pass(&world, A_WHILE);
    size_t asked = world.model->asked_identities;
    world_pass(&world, DAY);
    assert_in_range(world.model->asked_identities - asked, 5, 12);
    asked = world.model->asked_identities;
    for (int day = 0; day < 28; day++) {
        world_pass(&world, DAY);
    }
    assert_in_range(world.model->asked_identities - asked, 10, 20);
    assert_int_equal(mls_group_epoch(group_at_hand(anna)->mls), 1);
    assert_int_equal(count_watched(anna), 1);
    for (int day = 0; day < 500 && count_watched(anna) > 0; day += 30) {
        world.clock.now += (uint64_t)30 * DAY;
        world_crash(anna);
        world_pass(&world, HOUR);
    }
    assert_int_equal(count_watched(anna), 0);
    assert_int_equal(mls_group_epoch(group_at_hand(anna)->mls), 1);
    world_end(&world);
}

/* Whoever has written, or has committed, has come: the server is not asked about him. */
static void who_has_come_is_not_asked_about(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 17);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, cleo->id);
    (void)world_call(anna, "group.role", "{'chat':'%s','member':'%s','role':'admin'}", group_of(anna, "G"), cleo->id);
    (void)world_call(cleo, "group.set", "{'chat':'%s','name':'H'}", group_of(cleo, "G"));
    world_pass(&world, A_WHILE);
    (void)world_call(cleo, "disconnect", "{}"); /* she reads nothing, and has nothing else to say */
    (void)world_call(ben, "send", "{'chat':'%s','text':'here'}", group_of(ben, "H"));
    assert_int_equal(count_watched(anna), 2);
    size_t asked = world.model->asked_identities;
    world_pass(&world, DAY);
    assert_int_equal(world.model->asked_identities, asked);
    assert_int_equal(anna->core->letters.count, 0);
    world_end(&world);
}

/* As a Weibel before this one has written it. */
static void an_earlier_record_is_read(void **state) {
    (void)state;
    enum { VERSION_BEFORE = 4, NUMBER = 99, GROUP = 7, TRIES = 2 };
    struct world world;
    world_init(&world, 18);
    struct world_peer *anna = world_add(&world);
    uint8_t names[WIRE_ACCOUNT_LEN + WIRE_DEVICE_LEN + WIRE_NONCE_LEN];
    memset(names, 5, sizeof names);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), 1024);
    base_write_u8(&writer, VERSION_BEFORE);
    base_write_u64(&writer, GROUP);
    base_write_u32(&writer, 0x01000001); /* held, neither kept nor told, refused */
    base_write_u8(&writer, TRIES);
    base_write_slice(&writer, base_slice(names, sizeof names));
    base_write_opaque(&writer, base_slice_text("letter"));
    assert_ok(letter_load(anna->core, NUMBER, base_writer_view(&writer)));
    const struct letter *letter = (const struct letter *)anna->core->letters.items[anna->core->letters.count - 1];
    assert_int_equal(letter->number, NUMBER);
    assert_int_equal(letter->group, GROUP);
    assert_true(letter->held && !letter->kept && !letter->told && letter->refused);
    assert_int_equal(letter->tries, TRIES);
    assert_int_equal(letter->taken_at, 0);
    assert_memory_equal(letter->nonce, names, sizeof letter->nonce);
    assert_true(base_slice_equal(base_borrow(&letter->content), base_slice_text("letter")));
    world_end(&world);
}

/* A server that has kept the answer back says so when he has written. */
static void who_has_written_stays(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world_pass(&world, A_WHILE);
    (void)world_call(ben, "send", "{'chat':'%s','text':'here'}", group_of(ben, "G"));
    world_pass(&world, A_WHILE);
    const struct group *group = group_at_hand(anna);
    const struct contact *contact = contact_find(anna->core, ben->core->account.id, ben->core->account.domain);
    assert_ok(letter_add(anna->core, group, contact, ben->core->account.device,
                         base_slice(ben->core->account.device_key.public_key.data, WIRE_KEY_LEN),
                         base_slice_text("again")));
    assert_ok(letter_release(anna->core, group->number));
    deny_devices(&world, 1);
    uint64_t epoch = mls_group_epoch(group->mls);
    assert_ok(weibel_core_tick(anna->core));
    world_pass(&world, A_WHILE);
    assert_int_equal(world.model->refuse.code, 0);
    world_pass(&world, HOUR);
    assert_int_equal(mls_group_epoch(group->mls), epoch);
    assert_int_equal(anna->core->letters.count, 0);
    world_end(&world);
}

/* Whoever has invited him is gone by then himself: only his device from the account, or he was removed from the group,
 * or has left it on another device. Those who see to it find out. */
static void who_was_invited_by_one_who_is_gone_comes_in(void **state) {
    (void)state;
    enum { DEVICE, REMOVED, LEFT, ENDS };
    for (int end = DEVICE; end < ENDS; end++) {
        struct world world;
        world_init(&world, 10);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        struct world_peer *laptop = world_link(anna);
        (void)world_call(cleo, "group.create", "{'name':'G','members':['%s']}", anna->id);
        (void)world_call(cleo, "group.role", "{'chat':'%s','member':'%s','role':'admin'}", group_of(cleo, "G"),
                         anna->id);
        hold(&world, WIRE_INBOX_APPEND);
        (void)world_call(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), ben->id);
        (void)replace(ben);
        char name[64];
        (void)snprintf(name, sizeof name, "%s", text_of(world_call(anna, "whoami", "{}"), "device"));
        if (end == DEVICE) {
            (void)world_call(laptop, "device.remove", "{'device':'%s'}", name);
        } else if (end == REMOVED) {
            (void)world_call(cleo, "group.remove", "{'chat':'%s','members':['%s']}", group_of(cleo, "G"), anna->id);
        } else {
            (void)world_call(laptop, "group.leave", "{'chat':'%s'}", group_of(laptop, "G"));
        }
        world_pass(&world, HOUR + A_WHILE);
        assert_agree(&world, "G", (const size_t[]){ 2, 4, 3 }, end == DEVICE ? 3 : 2);
        assert_int_equal(mls_group_member_count(group_at_hand(cleo)->mls), end == DEVICE ? 3 : 2);
        assert_int_equal(count_refused(cleo) + count_refused(laptop), 0);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_another_device_by_then_comes_in),
        cmocka_unit_test(who_is_added_and_has_another_device_by_then_comes_in),
        cmocka_unit_test(a_chat_of_two_goes_on_with_the_other_device),
        cmocka_unit_test(who_may_not_remove_says_so),
        cmocka_unit_test(whose_account_is_gone_is_taken_out),
        cmocka_unit_test(who_sees_to_it_and_may_not_says_so),
        cmocka_unit_test(a_lying_server_is_believed_a_few_times),
        cmocka_unit_test(who_was_reached_stays),
        cmocka_unit_test(who_is_gone_each_time_gets_all_in_the_end),
        cmocka_unit_test(who_has_written_stays),
        cmocka_unit_test(whose_device_is_lost_with_its_letter_comes_in),
        cmocka_unit_test(a_chat_of_two_is_not_lost_with_a_device),
        cmocka_unit_test(who_only_reads_stays),
        cmocka_unit_test(who_has_come_is_not_asked_about),
        cmocka_unit_test(an_earlier_record_is_read),
        cmocka_unit_test(who_had_a_role_keeps_it),
        cmocka_unit_test(who_has_invited_and_leaves_is_waited_for),
        cmocka_unit_test(who_leaves_waits_for_no_full_inbox),
        cmocka_unit_test(who_was_invited_by_one_who_is_gone_comes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
