/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Somebody is added by a device that is removed before its invitation has gone out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "group.h"
#include "heal.h"
#include "heal_letter.h"
#include "newcomer.h"
#include "sync.h"
#include "test/result.h"

static const char *device_name(struct world_peer *peer) {
    return text_of(world_call(peer, "whoami", "{}"), "device");
}

/* From now on no letter of anybody's goes out for a while. */
static void hold_letters(struct world *world) {
    world->model->refuse.type = WIRE_INBOX_APPEND;
    world->model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world->model->refuse.argument = 60 * 1000;
}

/* Nor is a tree fetched. */
static void hold_trees(struct world *world) {
    world->model->refuse.type = WIRE_GET_DOOR;
    world->model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world->model->refuse.argument = 60 * 1000;
}

static void remove_from_account(struct world_peer *by, struct world_peer *device) {
    (void)world_call(by, "device.remove", "{'device':'%s'}", device_name(device));
    world_pass(by->world, 20 * 1000);
}

/* Cleo is away while a device of Anna's adds her to Anna's and Ben's group, and is removed before its letter goes out.
 */
static void add_by_removed(struct world_peer *anna, const struct world_peer *ben, struct world_peer *cleo) {
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(anna->world, 20 * 1000);
    (void)world_call(cleo, "disconnect", "{}");
    hold_letters(anna->world);
    (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    remove_from_account(anna, phone);
}

static void who_was_added_comes_in(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init(&world, seed);
        world.tree_devices = (uint32_t)(seed % 2);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        hold_letters(&world);
        (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        assert_null(listed_chat(cleo, "g1"));
        remove_from_account(anna, phone);
        world_pass(&world, 20 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        (void)world_call(ben, "send", "{'chat':'G','text':'hello cleo'}");
        assert_texts(cleo, group_of(cleo, "G"), "hello cleo\n");
        world_end(&world);
    }
}

/* Away for longer than the key package is valid by which the letter says who is to be asked. */
static void who_was_away_for_months_comes_in(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 5);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    add_by_removed(anna, ben, cleo);
    world.clock.now += (uint64_t)200 * 24 * 3600 * 1000;
    (void)world_call(cleo, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world_end(&world);
}

/* He was in it before, and was taken out: he has read that, or is away and hears of the other thing first. */
static void who_was_removed_and_added_comes_in(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, cleo->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(cleo, seed % 2 == 0 ? "whoami" : "disconnect", "{}");
        (void)world_call(anna, "group.remove", "{'chat':'G','members':['%s']}", cleo->id);
        hold_letters(&world);
        (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        remove_from_account(anna, phone);
        world_pass(&world, 60 * 1000);
        (void)world_call(cleo, "connect", "{}");
        world_pass(&world, 20 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        (void)world_call(ben, "send", "{'chat':'G','text':'hello cleo'}");
        assert_texts(cleo, group_of(cleo, "G"), "hello cleo\n");
        world_end(&world);
    }
}

/* Whoever has told it leaves before he is asked. */
static void who_was_told_by_one_who_leaves_comes_in(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    hold_letters(&world);
    (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    (void)world_call(cleo, "disconnect", "{}");
    remove_from_account(anna, phone);
    (void)world_call(anna, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    (void)world_call(cleo, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 1, 2 }, 2);
    (void)world_call(ben, "send", "{'chat':'G','text':'hello cleo'}");
    assert_texts(cleo, group_of(cleo, "G"), "hello cleo\n");
    assert_int_equal(group_at_hand(ben)->newcomer_count, 0);
    world_end(&world);
}

/* In the account's own group, and in its chats, one of which is of two. */
static void a_device_comes_in_that_a_removed_one_has_let_in(void **state) {
    (void)state;
    for (int own = 0; own < 2; own++) {
        struct world world;
        world_init(&world, 5);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        (void)world_call(anna, "send", "{'to':'%s','text':'before'}", ben->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        char link[256];
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(phone, "device.link", "{}"), "link"));
        struct world_peer *tablet = world_add_empty(&world);
        (void)world_call(tablet, "create", "{'passphrase':'correct horse'}");
        hold_letters(&world);
        world.model->refuse.skip = own ? 0 : 1;
        (void)world_call(tablet, "activate", "{'link':'%s'}", link);
        world_pass(&world, 20 * 1000);
        assert_true(tablet->core->chats.count < 3 - (size_t)own); /* its own group is a chat that no face sees */
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 1000);
        remove_from_account(anna, phone);
        world_pass(&world, 60 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'after'}", anna->id);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 3 }, 3);
        assert_texts(tablet, ben->id, "after\n");
        assert_int_equal(group_at_hand(anna)->newcomer_count, 0);
        world_end(&world);
    }
}

/* Whoever removes it is the one whom it has let in, and who can tell nobody in the own group of that. */
static void a_device_comes_in_that_has_removed_who_let_it_in(void **state) {
    (void)state;
    char link[256];
    struct world world;
    world_init(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(phone, "device.link", "{'history':true}"), "link"));
    struct world_peer *tablet = world_add_empty(&world);
    (void)world_call(tablet, "create", "{'passphrase':'correct horse'}");
    hold_letters(&world);
    (void)world_call(tablet, "activate", "{'link':'%s'}", link);
    world_pass(&world, 5000);
    assert_int_equal(mls_group_member_count(device_group(phone->core)->mls), 3);
    assert_null(device_group(tablet->core));
    remove_from_account(tablet, phone);
    assert_null(device_group(tablet->core));
    (void)world_call(tablet, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 120 * 1000);
    assert_non_null(device_group(tablet->core));
    assert_memory_equal(device_group(tablet->core)->id, device_group(anna->core)->id, WIRE_STREAM_LEN);
    assert_int_equal(mls_group_member_count(device_group(anna->core)->mls), 2);
    assert_texts(ben, anna->id, "hello\n");
    assert_texts(anna, ben->id, "hello\n");
    world_end(&world);
}

/* The invitations are there, and come from a device that whoever gets them has removed: they could be into anything.
 * Who else is in the groups lets the device in anew. */
static void a_device_comes_in_that_its_removed_sibling_has_let_in(void **state) {
    (void)state;
    static const uint8_t value[] = { 2 };
    struct world world;
    world_init(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *phone = world_link(anna);
    (void)world_call(phone, "disconnect", "{}");
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'before'}", ben->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    world.model->accounts[anna->number].removed = true;
    assert_ok(sync_put(phone->core, SYNC_GONE, base_slice(anna->core->account.device, WIRE_DEVICE_LEN),
                       base_slice(value, sizeof value)));
    (void)world_call(phone, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(ben, "send", "{'to':'%s','text':'after'}", anna->id);
    (void)world_call(ben, "send", "{'chat':'G','text':'here, too'}");
    world_pass(&world, 5000);
    assert_texts(phone, ben->id, "after\n");
    assert_texts(phone, group_of(phone, "G"), "here, too\n");
    assert_agree(&world, "G", (const size_t[]){ 1, 2 }, 2);
    world_end(&world);
}

static const struct group *writing_group(const struct world_peer *peer) {
    return chat_writing_group((const struct chat *)peer->core->chats.items[0]);
}

/* Anna's phone has begun a chat without her other device, and is removed: what Ben writes goes to where that one is,
 * whichever of the two groups would have been the one to write to. */
static void nobody_writes_to_a_removed_device_alone(void **state) {
    (void)state;
    static const uint8_t without_key_package[1 + 1 + 8 + 8 + 1] = { 2 };
    bool seen = false;
    for (uint64_t seed = 1; seed <= 20 && !seen; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_call(anna, "disconnect", "{}");
        assert_ok(sync_put(phone->core, SYNC_DEVICE, base_slice(anna->core->account.device, WIRE_DEVICE_LEN),
                           base_slice(without_key_package, sizeof without_key_package)));
        (void)world_call(phone, "send", "{'to':'%s','text':'alone'}", ben->id);
        world_pass(&world, 20 * 1000);
        assert_int_equal(mls_group_member_count(writing_group(ben)->mls), 2);
        uint8_t first[WIRE_STREAM_LEN];
        memcpy(first, writing_group(ben)->id, sizeof first);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(anna, "send", "{'to':'%s','text':'both'}", ben->id);
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 20 * 1000);
        assert_int_equal(((const struct chat *)ben->core->chats.items[0])->groups.count, 2);
        seen = memcmp(first, writing_group(ben)->id, sizeof first) == 0;
        remove_from_account(anna, phone);
        assert_memory_not_equal(writing_group(ben)->id, first, sizeof first);
        world_crash(ben);
        world_pass(&world, 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'answer'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "both\nanswer\n");
        struct world_peer *tablet = world_link(ben);
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "send", "{'to':'%s','text':'from another'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "both\nanswer\nfrom another\n");
        world_end(&world);
    }
    assert_true(seen);
}

/* Here the phone is removed before the other device has any group with Ben: the one that is made then is younger. */
static void what_is_made_after_a_removal_is_written_to(void **state) {
    (void)state;
    static const uint8_t without_key_package[1 + 1 + 8 + 8 + 1] = { 2 };
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        assert_ok(sync_put(phone->core, SYNC_DEVICE, base_slice(anna->core->account.device, WIRE_DEVICE_LEN),
                           base_slice(without_key_package, sizeof without_key_package)));
        (void)world_call(phone, "send", "{'to':'%s','text':'alone'}", ben->id);
        world_pass(&world, 5000);
        (void)world_call(phone, "disconnect", "{}");
        remove_from_account(anna, phone);
        (void)world_call(anna, "send", "{'to':'%s','text':'here'}", ben->id);
        world_pass(&world, 5000);
        assert_int_equal(writing_group(ben)->generation, 1);
        (void)world_call(ben, "send", "{'to':'%s','text':'answer'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "here\nanswer\n");
        world_end(&world);
    }
}

/* The same, but the phone has let the other device in, and was removed before the invitation went out. Ben lets it in
 * again, and what he writes until then it has all the same. */
static void nobody_writes_to_who_was_never_invited(void **state) {
    (void)state;
    static const uint8_t without_key_package[1 + 1 + 8 + 8 + 1] = { 2 };
    bool seen = false;
    for (uint64_t seed = 1; seed <= 20 && !seen; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        struct base_slice package;
        struct base_bytes record = { 0 };
        struct base_slice name = base_slice(anna->core->account.device, WIRE_DEVICE_LEN);
        assert_true(sync_get(phone->core, SYNC_DEVICE, name, &package));
        assert_ok(base_bytes_copy(base_allocator_libc(), package, &record));
        (void)world_call(anna, "disconnect", "{}");
        assert_ok(
            sync_put(phone->core, SYNC_DEVICE, name, base_slice(without_key_package, sizeof without_key_package)));
        (void)world_call(phone, "send", "{'to':'%s','text':'alone'}", ben->id);
        world_pass(&world, 20 * 1000);
        uint8_t first[WIRE_STREAM_LEN];
        memcpy(first, writing_group(ben)->id, sizeof first);
        world.model->refuse.type = WIRE_INBOX_APPEND;
        world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
        world.model->refuse.argument = 3600 * 1000;
        assert_ok(sync_put(phone->core, SYNC_DEVICE, name, base_borrow(&record)));
        base_bytes_free(&record);
        phone->core->devices_version++;
        assert_ok(weibel_core_tick(phone->core));
        world_pass(&world, 60 * 1000);
        assert_int_equal(mls_group_member_count(writing_group(ben)->mls), 3);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(anna, "send", "{'to':'%s','text':'both'}", ben->id);
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 20 * 1000);
        seen = memcmp(first, writing_group(ben)->id, sizeof first) == 0;
        (void)world_call(anna, "device.remove", "{'device':'%s'}", device_name(phone));
        world_pass(&world, 2000);
        (void)world_call(ben, "send", "{'to':'%s','text':'at once'}", anna->id);
        world_pass(&world, 60 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'later'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "both\nat once\nalone\nlater\n"); /* that one the phone had handed on */
        assert_int_equal(((const struct chat *)anna->core->chats.items[1])->groups.count, 2);
        world_end(&world);
    }
    assert_true(seen);
}

/* A letter comes to whom nobody has heard of, though he is there: he stays where he is. */
static void who_is_there_stays(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    world_pass(&world, 20 * 1000);
    assert_int_equal(group_at_hand(anna)->newcomer_count, 1);
    world_crash(anna);
    world_pass(&world, 1000);
    assert_int_equal(group_at_hand(anna)->newcomer_count, 1);
    size_t letters = world.model->asked[WIRE_INBOX_APPEND];
    uint64_t epoch = mls_group_epoch(group_at_hand(anna)->mls);
    remove_from_account(anna, phone);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], letters + 1);
    assert_int_equal(mls_group_epoch(group_at_hand(anna)->mls), epoch + 1);
    assert_int_equal(group_at_hand(anna)->newcomer_count, 1); /* it is up to her now */
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    (void)world_call(cleo, "send", "{'chat':'G','text':'here'}");
    assert_int_equal(group_at_hand(anna)->newcomer_count, 0);

    /* Nor is anything said about who was heard of. */
    struct world_peer *second = world_link(anna), *dora = world_add(&world);
    world_pass(&world, 20 * 1000);
    (void)world_call(second, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    (void)world_call(dora, "send", "{'chat':'G','text':'here'}");
    letters = world.model->asked[WIRE_INBOX_APPEND];
    remove_from_account(anna, second);
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], letters);
    world_end(&world);
}

/* The letter that cleo got, and what becomes of it when it is damaged or used for something else. */
static void damaged_letters_move_nobody(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    add_by_removed(anna, ben, cleo);
    struct model_account *account = &world.model->accounts[cleo->number];
    assert_int_equal(account->inbox_count, 1);
    struct model_bytes letter = account->inbox[0].content;
    size_t head = 2 + (letter.len > 16383 + 4 ? 4 : letter.len > 63 + 3 ? 2 : 1);
    struct base_slice sealed = base_slice(letter.data + head, letter.len - head);
    size_t keys = cleo->core->key_packages.count;
    for (size_t i = 0; i < sealed.len; i += 7) {
        uint8_t *copy = (uint8_t *)malloc(sealed.len);
        assert_non_null(copy);
        memcpy(copy, sealed.data, sealed.len);
        copy[i] ^= 4;
        assert_true(newcomer_told(cleo->core, base_slice(copy, sealed.len)) != BASE_OK);
        assert_true(newcomer_told(cleo->core, base_slice(copy, i)) != BASE_OK);
        free(copy);
    }
    assert_result(newcomer_told(ben->core, sealed), &WEIBEL_ERR_IDENTITY);
    assert_result(heal_asked(cleo->core, sealed), &WEIBEL_ERR_IDENTITY);
    assert_int_equal(cleo->core->key_packages.count, keys);

    /* Once for a group, whoever says it how often. */
    assert_ok(newcomer_told(cleo->core, sealed));
    assert_int_equal(cleo->core->key_packages.count, keys + 1);
    assert_ok(newcomer_told(cleo->core, sealed));
    assert_int_equal(cleo->core->key_packages.count, keys + 1);
    assert_ok(weibel_core_tick(cleo->core));
    world_run(&world);
    world_end(&world);
}

/* Of a large group the invitation is there, and what belongs to it is still to be fetched, when a letter says so, too:
 * that can't be had, and who has invited is not there any more. */
static void who_cannot_use_his_invitation_asks_who_has_told_him(void **state) {
    (void)state;
    for (int crashes = 0; crashes < 2; crashes++) {
        struct world world;
        world_init(&world, 8);
        world.tree_devices = 1;
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        hold_trees(&world);
        (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        assert_int_equal(cleo->core->invitations.count, 1);
        remove_from_account(anna, phone);
        assert_null(listed_chat(cleo, "g1"));
        for (size_t i = 0; i < world.model->door_count; i++) {
            world.model->doors[i].content.len = 0;
        }
        if (crashes > 0) {
            world_crash(cleo);
        }
        world_pass(&world, 120 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        world_end(&world);
    }
}

/* What belongs to the invitation has ended meanwhile, and all are gone who have seen Cleo come: who has come by the
 * same commit as she, for the first time or again, or by a link since, finds her in the group and has heard nothing of
 * her. */
static void who_has_come_with_her_tells_who_cannot_use_his_invitation(void **state) {
    (void)state;
    enum { NEW, AGAIN, BY_LINK, WAYS };
    for (int way = NEW; way < WAYS; way++) {
        struct world world;
        world_init_quiet(&world, 9);
        world.tree_devices = 1;
        struct world_peer *anna = world_add(&world), *dora = world_add(&world), *ben = world_add(&world),
                          *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", dora->id, ben->id);
        (void)world_call(anna, "group.remove", "{'chat':'G','members':['%s']}", ben->id);
        world_pass(&world, 20 * 1000);
        if (way == NEW) {
            (void)world_call(ben, "chat.delete", "{'chat':'G'}");
        }
        char link[256] = "";
        if (way == BY_LINK) {
            (void)snprintf(link, sizeof link, "%s",
                           text_of(world_call(anna, "group.link", "{'chat':'G','enabled':true}"), "link"));
        }
        (void)world_call(cleo, "disconnect", "{}");
        (void)world_call(anna, "group.add", "{'chat':'G','members':['%s','%s']}", cleo->id,
                         way == BY_LINK ? cleo->id : ben->id);
        world_pass(&world, 20 * 1000);
        if (way == BY_LINK) {
            (void)world_call(ben, "group.join", "{'link':'%s'}", link);
            world_pass(&world, 20 * 1000);
        }
        for (size_t i = 0; i < world.model->door_count; i++) {
            world.model->doors[i].content.len = 0;
        }
        (void)world_call(anna, "group.leave", "{'chat':'G'}");
        world_pass(&world, 20 * 1000);
        (void)world_call(dora, "group.leave", "{'chat':'G'}");
        world_pass(&world, 20 * 1000);
        (void)world_call(cleo, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 2, 3 }, 2);
        (void)world_call(ben, "send", "{'chat':'%s','text':'hello cleo'}", group_of(ben, "G"));
        world_pass(&world, 5000);
        assert_texts(cleo, group_of(cleo, "G"), "hello cleo\n");
        world_end(&world);
    }
}

static void forget_stream(struct world *world, const struct group *group) {
    for (size_t i = 0; i < world->model->stream_count; i++) {
        if (memcmp(world->model->streams[i]->id, group->id, WIRE_STREAM_LEN) == 0) {
            world->model->streams[i]->id[0] ^= 1;
        }
    }
}

/* The same, into the successor of a group: whoever else has come by it knows who has founded it, and says so. */
static void who_cannot_use_his_invitation_to_a_successor_is_told(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 8);
    world.tree_devices = 1;
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, cleo->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(cleo, "disconnect", "{}");
    forget_stream(&world, group_at_hand(phone));
    world_break(phone);
    world_pass(&world, 2 * 3600 * 1000);
    (void)world_call(anna, "connect", "{}");
    (void)world_call(ben, "connect", "{}");
    world_pass(&world, 60 * 1000);
    remove_from_account(anna, phone);
    for (size_t i = 0; i < world.model->door_count; i++) {
        world.model->doors[i].content.len = 0;
    }
    (void)world_call(cleo, "connect", "{}");
    world_pass(&world, 3600 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world_end(&world);
}

/* Who is asked is away for longer than the letter is good for: he is asked once more. */
static void who_was_asked_in_vain_is_asked_again(void **state) {
    (void)state;
    const uint64_t day = (uint64_t)24 * 3600 * 1000;
    for (int crashes = 0; crashes < 2; crashes++) {
        struct world world;
        world_init_quiet(&world, 8);
        world.tree_devices = 1;
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(cleo, "contact.add", "{'id':'%s'}", anna->id);
        (void)world_call(cleo, "disconnect", "{}");
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, cleo->id);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        for (size_t i = 0; i < world.model->door_count; i++) {
            world.model->doors[i].content.len = 0;
        }
        (void)world_call(cleo, "connect", "{}");
        world_pass(&world, 60 * 1000);
        if (crashes > 0) {
            world_crash(cleo);
        }
        size_t letters = world.model->asked[WIRE_INBOX_APPEND];
        world_pass(&world, 46 * day);
        size_t asked = world.model->asked[WIRE_INBOX_APPEND] - letters;
        assert_true(asked >= 6 && asked <= 8); /* after 1, 3, 7, 15, 23, 31 and 39 days */
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        letters = world.model->asked[WIRE_INBOX_APPEND];
        world_pass(&world, 40 * day);
        assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], letters);
        world_end(&world);
    }
}

/* The same: who has invited was taken out by somebody who came later, and does not know who has not come; `several`:
 * with others who were there. */
static void is_told_by_who_was_there(bool several) {
    enum { OTHERS = 2 };
    struct world world;
    world_init_quiet(&world, 8);
    world.tree_devices = 1;
    struct world_peer *anna = world_add(&world), *others[OTHERS] = { world_add(&world), world_add(&world) },
                      *ben = world_add(&world), *cleo = world_add(&world), *dora = world_add(&world);
    (void)world_call(cleo, "disconnect", "{}");
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s','%s','%s']}", others[0]->id, others[1]->id,
                     ben->id, cleo->id);
    (void)world_call(anna, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    (void)world_call(anna, "group.role", "{'chat':'G','member':'%s','role':'owner'}", dora->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(dora, "group.remove",
                     several ? "{'chat':'G','members':['%s','%s','%s']}" : "{'chat':'G','members':['%s']}", anna->id,
                     others[0]->id, others[1]->id);
    world_pass(&world, 60 * 1000);
    for (size_t i = 0; i < world.model->door_count; i++) {
        world.model->doors[i].content.len = 0;
    }
    (void)world_call(cleo, "connect", "{}");
    world_pass(&world, 120 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 3, 4, 5, 1, 2 }, several ? 3 : 5);
    world_end(&world);
}

static void who_cannot_use_his_invitation_is_told_by_who_was_there(void **state) {
    (void)state;
    is_told_by_who_was_there(false);
}

static void who_is_left_of_many_tells_who_cannot_use_his_invitation(void **state) {
    (void)state;
    is_told_by_who_was_there(true);
}

/* The same, of a new device of the account, which takes nothing from a removed one. Who else is in the group has not
 * come yet, so that only who has told it can help. */
static void a_device_asks_who_has_told_it_and_not_only_others(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    world.tree_devices = 1;
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(anna, "disconnect", "{}");
    hold_trees(&world);
    struct world_peer *tablet = world_link(phone);
    world_pass(&world, 20 * 1000);
    assert_int_equal(tablet->core->invitations.count, 1);
    (void)world_call(anna, "connect", "{}");
    remove_from_account(anna, phone);
    assert_int_equal(tablet->core->invitations.count, 1);
    world_pass(&world, 120 * 1000);
    assert_string_equal(text_of(listed_chat(tablet, group_of(tablet, "G")), "state"), "open");
    world_end(&world);
}

/* An account of one device has nobody who could say it: whoever takes it out of the group does. */
static void who_was_added_by_an_only_device_comes_in(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world),
                      *dora = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, dora->id);
    (void)world_call(anna, "group.role", "{'chat':'G','member':'%s','role':'owner'}", ben->id);
    hold_letters(&world);
    (void)world_call(anna, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    (void)world_call(anna, "disconnect", "{}");
    world_pass(&world, 1000);
    assert_null(listed_chat(cleo, "g1"));
    world.model->refuse.code = 0;
    size_t letters = world.model->asked[WIRE_INBOX_APPEND];
    (void)world_call(ben, "group.remove", "{'chat':'G','members':['%s']}", anna->id);
    world_pass(&world, 60 * 1000);
    /* Dora, who has said nothing, was added by anna as well: she is told, and stays. Then cleo asks, and is let in. */
    assert_int_equal(world.model->asked[WIRE_INBOX_APPEND], letters + 4);
    assert_agree(&world, "G", (const size_t[]){ 1, 2, 3 }, 3);
    (void)world_call(ben, "send", "{'chat':'G','text':'hello cleo'}");
    assert_texts(cleo, group_of(cleo, "G"), "hello cleo\n");
    world_end(&world);
}

static bool has_wish(const struct world_peer *peer) {
    const struct chat *chat = group_at_hand(peer)->chat;
    bool found = chat->change.kind == CHANGE_REENTER;
    for (size_t i = 0; i < chat->waiting.count; i++) {
        found = found || ((const struct change *)chat->waiting.items[i])->kind == CHANGE_REENTER;
    }
    return found;
}

/* Whoever is asked remembers it: the letter is gone, and is not written again today. */
static void a_wish_outlives_a_crash_of_who_is_asked(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, 20 * 1000);
    hold_letters(&world);
    (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
    (void)world_call(anna, "device.remove", "{'device':'%s'}", device_name(phone));
    for (int i = 0; i < 400 && !has_wish(anna); i++) {
        world_pass(&world, 250);
    }
    assert_true(has_wish(anna));
    world_crash(anna);
    world_pass(&world, 60 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world_end(&world);
}

/* Each of those who tell is asked: one of them may be gone meanwhile. */
static void another_one_is_asked_if_one_is_gone(void **state) {
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        struct world world;
        world_init(&world, 11);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        struct world_peer *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(cleo, "disconnect", "{}");
        hold_letters(&world);
        (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        remove_from_account(anna, phone);
        assert_int_equal(world.model->accounts[cleo->number].inbox_count, 2);
        (void)world_call(gone ? anna : tablet, "disconnect", "{}");
        (void)world_call(cleo, "connect", "{}");
        world_crash(cleo); /* whom it has asked is durable */
        world_pass(&world, 60 * 1000);
        assert_non_null(listed_chat(cleo, "g1"));
        (void)world_call(gone ? anna : tablet, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 4 }, 4);
        world_end(&world);
    }
}

/* A stranger tells of one group after another, which are none: those whom one knows are asked all the same. */
static void a_stranger_uses_up_his_own_part(void **state) {
    (void)state;
    enum { MANY = 40, OF_STRANGERS = 16 };
    struct world world;
    world_init(&world, 71);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *stranger = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    world_pass(&world, 20 * 1000);
    struct helper helper = { .domain = "" };
    memcpy(helper.account, anna->core->account.id, sizeof helper.account);
    memcpy(helper.domain, anna->core->account.domain, sizeof helper.domain);
    memcpy(helper.device, anna->core->account.device, sizeof helper.device);
    memcpy(helper.key, anna->core->account.device_key.public_key.data, sizeof helper.key);
    for (uint8_t i = 1; i <= MANY; i++) {
        const struct group made_up = { .id = { i } };
        assert_ok(heal_letter_tell(stranger->core, &made_up, &helper, 1));
        world_pass(&world, 1000);
    }
    assert_int_equal(anna->core->invitations.count, OF_STRANGERS);
    const struct group other = { .id = { MANY + 1 } };
    assert_ok(heal_letter_tell(ben->core, &other, &helper, 1));
    world_pass(&world, 1000);
    assert_int_equal(anna->core->invitations.count, OF_STRANGERS + 1);
    world_end(&world);
}

/* A new device of this one's account, by the backup that it has made. */
static struct world_peer *restore(const struct world_peer *from) {
    struct world_peer *peer = world_add_empty(from->world);
    const struct world_file *file = world_find_file(from, "all");
    assert_non_null(file);
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    world_put_file(peer, "all", file->content.data, file->content.len);
    (void)world_call(peer, "restore", "{'path':'all','passphrase':'x'}");
    (void)snprintf(peer->id, sizeof peer->id, "%s", from->id);
    return peer;
}

/* The first device is away while another one comes back by a backup, lets it and others into an own group, and is
 * removed. It hears nothing of that group, and begins its own. What one of the others owes it must wait until it has
 * come into theirs, too, as it can read nothing there before. Whose group is written to is up to the seed. */
static void who_was_invited_by_a_removed_one_has_what_is_owed(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
        (void)world_call(alice, "backup", "{'path':'all','passphrase':'x','history':true}");
        world_run(&world);
        (void)world_call(alice, "disconnect", "{}");
        struct world_peer *maker = restore(alice);
        world_pass(&world, 100 * 1000);
        struct world_peer *first = world_link(maker), *second = world_link(maker);
        char name[64];
        (void)snprintf(name, sizeof name, "%s", text_of(world_call(maker, "whoami", "{}"), "device"));
        world_pass(&world, 60 * 1000);
        (void)world_call(first, "send", "{'to':'%s','text':'two'}", bob->id);
        world_pass(&world, 20 * 1000);
        (void)world_call(second, "device.remove", "{'device':'%s'}", name);
        world_pass(&world, 20 * 1000);
        world_lose_letters(alice);
        world_crash(alice); /* it does not remember that it was ever told */
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 120 * 1000);
        struct world_peer *devices[] = { alice, first, second };
        for (size_t i = 0; i < 3; i++) {
            assert_memory_equal(device_group(devices[i]->core)->id, device_group(alice->core)->id, WIRE_STREAM_LEN);
            assert_false(device_is_letting_in(devices[i]->core));
        }
        assert_texts(alice, bob->id, "one\ntwo\n");
        world_end(&world);
    }
}

/* A device is away while its account is added to a group, leaves it, and comes back by a link: its sibling lets it in
 * again, and hands on what stands there before. It has the first invitation, too, from another member or its sibling,
 * and reads the same itself: it is shown once. */
static void who_is_let_in_once_more_is_shown_nothing_twice(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        struct model_account *there = &world.model->accounts[anna->number];
        const struct model_account kept = *there; /* borrows */
        if (seed % 2 == 0) {
            there->package_count = there->last_resort.len = 0;
        }
        (void)world_call(ben, "group.create", "{'name':'G','members':['%s']}", anna->id);
        if (seed % 2 == 0) {
            there->package_count = kept.package_count;
            there->last_resort.len = kept.last_resort.len;
        }
        world_pass(&world, 20 * 1000);
        (void)world_call(ben, "send", "{'chat':'G','text':'one'}");
        (void)world_call(tablet, "send", "{'chat':'%s','text':'two'}", group_of(tablet, "G"));
        char link[256];
        (void)snprintf(link, sizeof link, "%s",
                       text_of(world_call(ben, "group.link", "{'chat':'G','enabled':true}"), "link"));
        world_pass(&world, 20 * 1000);
        (void)world_call(tablet, "group.leave", "{'chat':'%s'}", group_of(tablet, "G"));
        world_pass(&world, 20 * 1000);
        assert_int_equal(mls_group_member_count(group_at_hand(ben)->mls), 1);
        (void)world_call(tablet, "group.join", "{'link':'%s'}", link);
        world_pass(&world, 60 * 1000);
        assert_int_equal(mls_group_member_count(group_at_hand(ben)->mls), 3);
        (void)world_call(ben, "send", "{'chat':'G','text':'three'}");
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 120 * 1000);
        assert_texts(anna, group_of(anna, "G"), "one\ntwo\nthree\n");
        world_end(&world);
    }
}

/* How often it is said in the chat that something is missing. */
static size_t count_gaps(struct world_peer *peer, const char *chat) {
    const cJSON *messages = cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages");
    const cJSON *message;
    size_t count = 0;
    cJSON_ArrayForEach(message, messages) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        count += cJSON_IsString(notice) && strcmp(notice->valuestring, "gap") == 0 ? 1 : 0;
    }
    return count;
}

/* A device has come into a group without what was written there before, and says so. A sibling that has never been
 * there is let in by it: whether or not something was written since, it lacks the same, and says so once; not if
 * another one is in the group that is older, and hands on what it has. */
static void who_is_let_in_by_one_who_lacks_something_says_so(void **state) {
    (void)state;
    enum { NOTHING, SOMETHING, BY_ELDER, WAYS };
    for (int way = NOTHING; way < WAYS; way++) {
        struct world world;
        world_init_quiet(&world, 12);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
        struct world_peer *elder = way == BY_ELDER ? world_link(cleo) : NULL, *tablet = world_link(cleo);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        struct world_peer *phone = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(cleo, "disconnect", "{}");
        struct model_account *there = &world.model->accounts[cleo->number];
        const struct model_account kept = *there; /* borrows */
        there->package_count = there->last_resort.len = 0;
        if (elder == NULL) {
            hold_letters(&world);
        } else {
            (void)world_call(elder, "disconnect", "{}");
            (void)world_call(tablet, "disconnect", "{}");
        }
        (void)world_call(phone, "group.add", "{'chat':'G','members':['%s']}", cleo->id);
        (void)world_call(ben, "send", "{'chat':'G','text':'one'}");
        if (elder != NULL) {
            world.model->refuse.type = WIRE_APPEND; /* nobody is let in yet */
            world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
            world.model->refuse.argument = 30 * 1000;
            world.model->refuse.more = 9;
            (void)world_call(tablet, "connect", "{}");
            world_run(&world);
            world.model->refuse.code = 0;
            group_at_hand(tablet)->old_told = true;
            assert_int_equal(mls_group_member_count(group_at_hand(tablet)->mls), 5);
        }
        remove_from_account(anna, phone);
        world_pass(&world, 60 * 1000);
        there->package_count = kept.package_count;
        there->last_resort.len = kept.last_resort.len;
        assert_int_equal(count_gaps(tablet, group_of(tablet, "G")), elder == NULL ? 1 : 0);
        if (way == SOMETHING) {
            (void)world_call(ben, "send", "{'chat':'G','text':'two'}");
        }
        (void)world_call(cleo, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(cleo, group_of(cleo, "G"), way == SOMETHING ? "two\n" : way == BY_ELDER ? "one\n" : "");
        assert_int_equal(count_gaps(cleo, group_of(cleo, "G")), way == BY_ELDER ? 0 : 1);
        world_end(&world);
    }
}

/* Anna makes a group while Cleo and Dora are away, and leaves it. Ben's tablet, which came later and does not know who
 * has added them, takes her out; before Ben, who knows it, only those two sit: he tells them. */
static void who_waits_before_all_others_is_told(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 13);
    struct world_peer *anna = world_add(&world), *cleo = world_add(&world), *dora = world_add(&world),
                      *ben = world_add(&world);
    (void)world_call(cleo, "disconnect", "{}");
    (void)world_call(dora, "disconnect", "{}");
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s','%s']}", cleo->id, dora->id, ben->id);
    struct world_peer *tablet = world_link(ben);
    world_pass(&world, 20 * 1000);
    assert_int_equal(mls_group_member_count(group_at_hand(tablet)->mls), 5);
    world_lose_letters(cleo);
    world_lose_letters(dora);
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(anna, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(mls_group_member_count(group_at_hand(tablet)->mls), 4);
    (void)world_call(ben, "connect", "{}");
    world_pass(&world, 20 * 1000);
    (void)world_call(cleo, "connect", "{}");
    (void)world_call(dora, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(tablet, "send", "{'chat':'%s','text':'hello'}", group_of(tablet, "G"));
    assert_texts(cleo, group_of(cleo, "G"), "hello\n");
    assert_texts(dora, group_of(dora, "G"), "hello\n");
    world_end(&world);
}

/* A device that was restored makes an own group: who is on the account's list then was there before it, and who comes
 * into that group was not there before the account's first one. So the one that is back after all has what was written
 * in a group that was made without it, and the other way round nothing is given away. */
static void who_makes_an_own_group_knows_who_was_before(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 34);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "backup", "{'path':'all','passphrase':'x','history':true}");
    world_run(&world);
    (void)world_call(alice, "disconnect", "{}");
    struct world_peer *again = restore(alice);
    world_pass(&world, 100 * 1000);
    assert_true(device_is_elder(again->core, alice->core->account.device));
    struct model_account *there = &world.model->accounts[alice->number];
    const struct model_account kept = *there; /* borrows */
    there->package_count = there->last_resort.len = 0;
    (void)world_call(again, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(bob, "send", "{'chat':'%s','text':'one'}", group_of(bob, "G"));
    world_pass(&world, 20 * 1000);
    there->package_count = kept.package_count;
    there->last_resort.len = kept.last_resort.len;
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 120 * 1000);
    assert_texts(alice, group_of(alice, "G"), "one\n");
    assert_false(device_is_elder(alice->core, again->core->account.device));
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_added_comes_in),
        cmocka_unit_test(who_was_away_for_months_comes_in),
        cmocka_unit_test(who_was_removed_and_added_comes_in),
        cmocka_unit_test(who_was_told_by_one_who_leaves_comes_in),
        cmocka_unit_test(who_waits_before_all_others_is_told),
        cmocka_unit_test(a_device_comes_in_that_a_removed_one_has_let_in),
        cmocka_unit_test(a_device_comes_in_that_has_removed_who_let_it_in),
        cmocka_unit_test(a_device_comes_in_that_its_removed_sibling_has_let_in),
        cmocka_unit_test(who_was_invited_by_a_removed_one_has_what_is_owed),
        cmocka_unit_test(who_is_let_in_once_more_is_shown_nothing_twice),
        cmocka_unit_test(who_is_let_in_by_one_who_lacks_something_says_so),
        cmocka_unit_test(who_makes_an_own_group_knows_who_was_before),
        cmocka_unit_test(nobody_writes_to_a_removed_device_alone),
        cmocka_unit_test(what_is_made_after_a_removal_is_written_to),
        cmocka_unit_test(nobody_writes_to_who_was_never_invited),
        cmocka_unit_test(who_is_there_stays),
        cmocka_unit_test(damaged_letters_move_nobody),
        cmocka_unit_test(who_cannot_use_his_invitation_asks_who_has_told_him),
        cmocka_unit_test(who_has_come_with_her_tells_who_cannot_use_his_invitation),
        cmocka_unit_test(who_cannot_use_his_invitation_to_a_successor_is_told),
        cmocka_unit_test(who_was_asked_in_vain_is_asked_again),
        cmocka_unit_test(who_cannot_use_his_invitation_is_told_by_who_was_there),
        cmocka_unit_test(who_is_left_of_many_tells_who_cannot_use_his_invitation),
        cmocka_unit_test(a_device_asks_who_has_told_it_and_not_only_others),
        cmocka_unit_test(who_was_added_by_an_only_device_comes_in),
        cmocka_unit_test(a_wish_outlives_a_crash_of_who_is_asked),
        cmocka_unit_test(another_one_is_asked_if_one_is_gone),
        cmocka_unit_test(a_stranger_uses_up_his_own_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
