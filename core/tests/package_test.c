/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages on a server that was set back to an earlier copy of itself: it has used ones again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "device.h"
#include "door.h"
#include "invitation.h"
#include "state.h"
#include "test/result.h"

static const uint64_t DAY = (uint64_t)24 * 3600 * 1000;

/* What a server knows of a device's key packages. */
struct copy {
    struct model_bytes packages[MODEL_PACKAGES], last_resort;
    size_t count;
};

static void copy_packages(const struct model_account *account, struct copy *out) {
    out->count = account->package_count;
    out->last_resort = model_copy(model_slice(account->last_resort));
    for (size_t i = 0; i < out->count; i++) {
        out->packages[i] = model_copy(model_slice(account->packages[i]));
    }
}

/* Takes `copy`. */
static void set_back(struct model_account *account, const struct copy *copy) {
    for (size_t i = 0; i < account->package_count; i++) {
        free(account->packages[i].data);
    }
    free(account->last_resort.data);
    memcpy(account->packages, copy->packages, sizeof account->packages);
    account->package_count = copy->count;
    account->last_resort = copy->last_resort;
}

static bool has_one_of(const struct model_account *account, struct base_slice package) {
    bool found = false;
    for (size_t i = 0; i < account->package_count; i++) {
        found = found || base_slice_equal(model_slice(account->packages[i]), package);
    }
    return found;
}

/* Bob has used a package since the copy was made. He replaces all, also those that he could use still: they may have
 * been handed out as well. */
static void all_are_replaced_when_used_ones_are_back(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    struct copy copy, kept;
    copy_packages(account, &copy);
    copy_packages(account, &kept);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "disconnect", "{}");
    set_back(account, &copy);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_int_equal(account->package_count, kept.count);
    for (size_t i = 0; i < kept.count; i++) {
        assert_false(has_one_of(account, model_slice(kept.packages[i])));
        free(kept.packages[i].data);
    }
    assert_false(base_slice_equal(model_slice(account->last_resort), model_slice(kept.last_resort)));
    free(kept.last_resort.data);
    (void)world_call(carol, "send", "{'to':'%s','text':'two'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, carol->id, "two\n");
    world_end(&world);
}

/* A last resort that is gone, or is not the newest, is put again; the others stay. */
static void a_last_resort_that_was_forgotten_is_put_again(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *bob = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    struct model_bytes first = model_copy(model_slice(account->packages[0]));
    free(account->last_resort.data);
    account->last_resort = (struct model_bytes){ NULL, 0 };
    world_break(bob);
    world_pass(&world, 60 * 1000);
    assert_true(account->last_resort.len > 0);
    assert_true(has_one_of(account, model_slice(first)));
    free(first.data);
    world_end(&world);
}

/* Nothing is put again without a reason: what was handed out, and waits in the inbox or was used, is no longer there.
 */
static void nothing_is_replaced_otherwise(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    const size_t *puts = &world.model->asked[WIRE_PUT_KEY_PACKAGES];
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(carol, "send", "{'to':'%s','text':'two'}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(*puts, 3);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    world_crash(bob);
    world_pass(&world, 60 * 1000);
    assert_int_equal(*puts, 3);
    assert_texts(bob, alice->id, "one\n");
    world_end(&world);
}

/* They are valid for a while only: those that nobody has taken are replaced before that ends, on a connection that
 * lasts for longer too. */
static void are_replaced_in_time(bool connected) {
    struct world world;
    world_init_quiet(&world, 4);
    struct world_peer *bob = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    struct model_bytes first = model_copy(model_slice(account->packages[0]));
    struct model_bytes last = model_copy(model_slice(account->last_resort));
    if (!connected) {
        (void)world_call(bob, "disconnect", "{}");
    }
    world.clock.now += 61 * DAY;
    if (!connected) {
        (void)world_call(bob, "connect", "{}");
    }
    world_pass(&world, 60 * 1000);
    assert_false(has_one_of(account, model_slice(first)));
    assert_false(base_slice_equal(model_slice(account->last_resort), model_slice(last)));
    size_t puts = world.model->asked[WIRE_PUT_KEY_PACKAGES];
    world_pass(&world, DAY);
    assert_int_equal(world.model->asked[WIRE_PUT_KEY_PACKAGES], puts);
    free(first.data);
    free(last.data);
    world_end(&world);
}

static void those_that_nobody_has_taken_are_replaced_in_time(void **state) {
    (void)state;
    are_replaced_in_time(false);
    are_replaced_in_time(true);
}

/* … and those that were used are, too. */
static void are_refilled_on_a_connection_that_lasts(void **state) {
    (void)state;
    enum { GROUPS = 14 };
    struct world world;
    world_init_quiet(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    const struct model_account *account = &world.model->accounts[bob->number];
    const size_t all = account->package_count, puts = world.model->asked[WIRE_PUT_KEY_PACKAGES];
    for (size_t i = 1; i <= GROUPS; i++) {
        bool away = i == 5; /* its invitation comes behind the server's count then */
        (void)world_call(bob, away ? "disconnect" : "status", "{}");
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
        (void)world_call(bob, away ? "connect" : "status", "{}");
        world_pass(&world, 1000);
        size_t put = world.model->asked[WIRE_PUT_KEY_PACKAGES] - puts;
        assert_int_equal(put, i <= all / 2 ? 0 : 1);
        assert_int_equal(account->package_count, put == 0 ? all - i : all - (i - all / 2 - 1));
    }
    world_end(&world);
}

static void forget_stream(struct world *world, const struct group *group) {
    for (size_t i = 0; i < world->model->stream_count; i++) {
        if (memcmp(world->model->streams[i]->id, group->id, WIRE_STREAM_LEN) == 0) {
            world->model->streams[i]->id[0] ^= 1;
        }
    }
}

/* Where a chat of two has lost its group, nobody can be invited whose packages are too old: that is said, once. */
static void nobody_is_asked_for_without_end(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "disconnect", "{}");
    forget_stream(&world, (const struct group *)chat_of_two(alice)->groups.items[0]);
    world.clock.now += 100 * DAY;
    world_break(alice);
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    world_pass(&world, 5 * 60 * 1000);
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "failed");
    assert_true(world.model->asked[WIRE_TAKE_KEY_PACKAGES] < 10);
    world_pass(&world, 30 * DAY);
    assert_true(world.model->asked[WIRE_TAKE_KEY_PACKAGES] < 50); /* seldom more than daily for the lost group */
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(alice, "send", "{'to':'%s','text':'three'}", bob->id);
    world_pass(&world, 60 * 1000);
    assert_texts(bob, alice->id, "one\nthree\n");
    world_end(&world);
}

/* Of an account that has no device yet: what is written to it waits, and the server is asked every hour in the end. */
static void who_has_no_device_yet_is_asked_for_seldom(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 11);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    (void)world_call(bob, "disconnect", "{}");
    while (account->package_count > 0) {
        free(account->packages[--account->package_count].data);
    }
    free(account->last_resort.data);
    account->last_resort = (struct model_bytes){ 0 };
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 2 * DAY);
    assert_in_range(world.model->asked[WIRE_TAKE_KEY_PACKAGES], 40, 60);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, DAY / 12);
    assert_texts(bob, alice->id, "one\n");
    world_end(&world);
}

/* A stream may end, or be forgotten, while it is read live: whoever writes into it notices. */
static void whoever_writes_into_a_stream_that_is_gone_finds_another(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 10);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 5000);
    forget_stream(&world, (const struct group *)chat_of_two(alice)->groups.items[0]);
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    world_pass(&world, 10 * 60 * 1000);
    assert_texts(bob, alice->id, "one\ntwo\n");
    world_end(&world);
}

static size_t count_notices(struct world_peer *peer, const char *chat, const char *text) {
    size_t count = 0;
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages")) {
        count += strcmp(text_of(message, "text"), text) == 0;
    }
    return count;
}

static const char *const gap =
    "This device had lost its place in the chat: what was written meanwhile can't be read here";

/* Bob was away when the server was set back: somebody has got a package of his that he has used. */
static void whoever_got_a_used_one_is_asked(void **state) {
    (void)state;
    for (int group = 0; group < 2; group++) {
        for (uint32_t tree_devices = 0; tree_devices < 2; tree_devices++) {
            struct world world;
            struct copy copy;
            world_init(&world, 5);
            world.tree_devices = tree_devices;
            struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
            struct model_account *account = &world.model->accounts[bob->number];
            copy_packages(account, &copy);
            (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
            world_pass(&world, 5000);
            (void)world_call(bob, "disconnect", "{}");
            set_back(account, &copy);
            if (group == 0) {
                (void)world_call(carol, "send", "{'to':'%s','text':'two'}", bob->id);
            } else {
                (void)world_call(carol, "group.create", "{'name':'G','members':['%s']}", bob->id);
                (void)world_call(carol, "send", "{'chat':'G','text':'two'}");
            }
            world_pass(&world, 5000);
            (void)world_call(bob, "connect", "{}");
            world_pass(&world, 20 * 1000);
            const char *hers = group == 0 ? bob->id : group_of(carol, "G");
            const char *his = group == 0 ? carol->id : group_of(bob, "G");
            assert_int_equal(count_notices(bob, his, gap), 1);
            (void)world_call(carol, "send", "{'chat':'%s','text':'three'}", hers);
            world_pass(&world, 5000);
            assert_texts(bob, his, group == 0 ? "two\nthree\n" : "three\n");
            assert_texts(carol, hers, "two\nthree\n");
            world_end(&world);
        }
    }
}

/* Bob's tablet was away for longer than its key packages are good for, and a sibling has let it in meanwhile. Of a chat
 * of two that one hands on what was written until the tablet has asked it for its place, and of a group it does not. */
static void whoever_asks_a_sibling_says_what_it_lacks(void **state) {
    (void)state;
    for (int group = 0; group < 2; group++) {
        struct world world;
        world_init_quiet(&world, 12);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *tablet = world_link(bob);
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "disconnect", "{}");
        (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
        const char *where = group == 0 ? "to" : "chat", *to = group == 0 ? alice->id : "G";
        world_pass(&world, 5000);
        world.clock.now += 60 * DAY;
        world_pass(&world, 60 * 1000);
        (void)world_call(bob, "send", "{'%s':'%s','text':'one'}", where, to);
        world.clock.now += 70 * DAY;
        world_pass(&world, 60 * 1000);
        (void)world_call(tablet, "connect", "{}");
        world_pass(&world, 60 * 1000);
        const char *there = group == 0 ? alice->id : group_of(tablet, "G");
        (void)world_call(bob, "send", "{'%s':'%s','text':'two'}", where, to);
        world_pass(&world, 5000);
        assert_texts(tablet, there, group == 0 ? "one\ntwo\n" : "two\n");
        assert_int_equal(count_notices(tablet, there, gap), group);
        world_end(&world);
    }
}

/* A letter that was dealt with is in the inbox again: nobody is asked because of it. */
static void a_letter_that_is_back_asks_nobody(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    world_pass(&world, 5000);
    struct model_bytes letter = model_copy(model_slice(account->inbox[0].content));
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_null(account->inbox[0].content.data);
    account->inbox[0].content = letter;
    const size_t *letters = &world.model->asked[WIRE_INBOX_APPEND];
    size_t before = *letters;
    world_crash(bob);
    world_pass(&world, 60 * 1000);
    assert_null(account->inbox[0].content.data);
    assert_int_equal(*letters, before);
    assert_int_equal(count_notices(bob, alice->id, gap), 0);
    assert_texts(bob, alice->id, "one\n");
    world_end(&world);
}

/* A clock that was ahead, and is mended, does not keep this device from asking for its place in other groups, nor from
 * renewing what lies at a door. */
static void what_was_asked_by_a_clock_ahead_is_asked_again(void **state) {
    (void)state;
    enum { MANY = 40 };
    const uint64_t wrong = (uint64_t)3 * 365 * 24 * 3600 * 1000;
    struct world world;
    world_init_quiet(&world, 33);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct helper whom = { .domain = "" };
    uint8_t stream[WIRE_STREAM_LEN] = { 0 };
    (void)world_call(anna, "contact.add", "{'id':'%s'}", ben->id);
    memcpy(whom.account, ben->core->account.id, sizeof whom.account);
    memcpy(whom.device, ben->core->account.device, sizeof whom.device);
    memcpy(whom.key, ben->core->account.device_key.public_key.data, sizeof whom.key);
    (void)strcpy(whom.domain, ben->core->account.domain);
    world.clock.now += wrong;
    for (size_t i = 0; i < MANY; i++) {
        stream[0]++;
        assert_ok(invitation_ask(anna->core, stream, 0, &whom, 1));
    }
    assert_false(invitation_is_asked(anna->core, stream)); /* as often as it may */
    world.clock.now -= wrong;
    assert_ok(invitation_ask(anna->core, stream, 0, &whom, 1));
    assert_true(invitation_is_asked(anna->core, stream));
    const struct group door = { .door_at = world.clock.now + wrong };
    assert_true(door_is_old(anna->core, &door));
    assert_ok(weibel_core_tick(anna->core));
    world_end(&world);
}

/* Whoever is blocked is not asked. */
static void who_is_blocked_is_not_asked(void **state) {
    (void)state;
    struct world world;
    struct copy copy;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    struct model_account *account = &world.model->accounts[bob->number];
    copy_packages(account, &copy);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(bob, "contact.add", "{'id':'%s'}", carol->id);
    (void)world_call(bob, "contact.set", "{'id':'%s','blocked':true}", carol->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "disconnect", "{}");
    set_back(account, &copy);
    (void)world_call(carol, "send", "{'to':'%s','text':'two'}", bob->id);
    world_pass(&world, 5000);
    size_t before = world.model->asked[WIRE_INBOX_APPEND];
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], before);
    world_end(&world);
}

/* The server has forgotten the group of the account's devices, and maybe one of them: there is another one then, linked
 * later or at once. */
static void own_devices_find_each_other_again(void **state) {
    (void)state;
    for (int alone = 0; alone < 3; alone++) {
        struct world world;
        world_init(&world, 8);
        struct world_peer *alice = world_add(&world), *phone = world_link(alice);
        world_pass(&world, 20 * 1000);
        forget_stream(&world, device_group(alice->core));
        world.model->accounts[phone->number].removed = alone > 0;
        world_break(phone);
        world_break(alice);
        world_pass(&world, alone == 2 ? 1500 : 10 * 60 * 1000);
        struct world_peer *other = alone > 0 ? world_link(alice) : phone;
        world_pass(&world, 60 * 1000);
        assert_non_null(device_group(alice->core));
        assert_non_null(device_group(other->core));
        assert_memory_equal(device_group(alice->core)->id, device_group(other->core)->id, WIRE_STREAM_LEN);
        assert_int_equal(mls_group_member_count(device_group(alice->core)->mls), 2);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_replaced_when_used_ones_are_back),
        cmocka_unit_test(a_last_resort_that_was_forgotten_is_put_again),
        cmocka_unit_test(nothing_is_replaced_otherwise),
        cmocka_unit_test(whoever_got_a_used_one_is_asked),
        cmocka_unit_test(whoever_asks_a_sibling_says_what_it_lacks),
        cmocka_unit_test(a_letter_that_is_back_asks_nobody),
        cmocka_unit_test(what_was_asked_by_a_clock_ahead_is_asked_again),
        cmocka_unit_test(who_is_blocked_is_not_asked),
        cmocka_unit_test(own_devices_find_each_other_again),
        cmocka_unit_test(those_that_nobody_has_taken_are_replaced_in_time),
        cmocka_unit_test(are_refilled_on_a_connection_that_lasts),
        cmocka_unit_test(nobody_is_asked_for_without_end),
        cmocka_unit_test(who_has_no_device_yet_is_asked_for_seldom),
        cmocka_unit_test(whoever_writes_into_a_stream_that_is_gone_finds_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
