/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who may take a device out of a group and let it in again.
 */
#include <string.h>

#include "change.h"
#include "chat.h"
#include "contact.h"
#include "forged.h"
#include "group.h"
#include "heal.h"
#include "heal_letter.h"
#include "identity.h"
#include "keys.h"
#include "leaf.h"
#include "letter.h"
#include "test/result.h"

static struct chat *chat_of(const struct world_peer *peer, size_t index) {
    return (struct chat *)peer->core->chats.items[index];
}

/* Bob, a member without rights, takes carol's device out and in again, by this key package. */
static void let_in_again(struct world_peer *bob, const struct world_peer *carol, struct base_slice package) {
    struct weibel_core *core = bob->core;
    struct chat *chat = chat_of(bob, 0);
    struct contact *contact;
    assert_ok(contact_get(core, carol->core->account.id, "", &contact));
    struct change change = { .kind = CHANGE_REENTER, .group = chat_writing_group(chat)->number };
    assert_ok(change_begin(core, chat, &change, NULL));
    assert_ok(change_keep_taken(core, chat, contact, carol->core->account.device, package));
    core->mls.callbacks.commit = NULL;
    assert_ok(weibel_core_tick(core));
    world_pass(bob->world, 5000);
}

static int wishes_in(const struct group *group) {
    struct mls_member member;
    int count = 0;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        count += leaf_note_of(&member).stream.len > 0 ? 1 : 0;
    }
    return count;
}

static void a_device_is_let_in_again_by_its_own_wish_alone(void **state) {
    (void)state;
    static const uint8_t elsewhere[WIRE_STREAM_LEN] = { 1 };
    struct world world;
    for (int wished = 0; wished < 2; wished++) {
        world_init(&world, 15);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
        world_pass(&world, 5000);
        const struct group *group = chat_writing_group(chat_of(alice, 0));
        struct base_bytes package = { 0 };
        assert_ok(keys_make_wish(carol->core, wished ? group->id : elsewhere, 0, &package));
        assert_ok(weibel_core_tick(carol->core));
        world_run(&world);
        let_in_again(bob, carol, base_borrow(&package));
        base_bytes_free(&package);
        assert_int_equal(wishes_in(group), wished);
        if (!wished) {
            assert_string_equal(text_of(world_event(alice, "message"), "notice"), "unreadable");
            assert_string_equal(text_of(world_event(carol, "message"), "notice"), "unreadable");
        }
        (void)world_call(alice, "send", "{'chat':'G','text':'all here?'}");
        world_pass(&world, 5000);
        assert_texts(carol, group_of(carol, "G"), "all here?\n");
        world_end(&world);
    }
}

/* A device of carol's that was removed knows her identity key: it can't take another one's place by that. */
static void who_knows_the_identity_key_is_no_other_device(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 17);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    world_pass(&world, 5000);
    const struct group *group = chat_writing_group(chat_of(alice, 0));
    struct forging what = { .seed = carol->core->account.identity_seed,
                            .device = carol->core->account.device,
                            .wish = group->id };
    struct forged forged;
    memcpy(what.account, carol->core->account.id, sizeof what.account);
    forge(bob, &what, &forged);
    let_in_again(bob, carol, base_borrow(&forged.bundle.message));
    forged_free(&forged);
    assert_int_equal(wishes_in(group), 0);
    (void)world_call(alice, "send", "{'chat':'G','text':'for us'}");
    world_pass(&world, 5000);
    assert_texts(carol, group_of(carol, "G"), "for us\n");
    world_end(&world);
}

/* An old wish, or one for another group, or none, is no wish. */
static void a_wish_counts_once(void **state) {
    (void)state;
    static const uint8_t here[] = { 20, 1, 2 }, note[] = { 0, 0, 0, 0, 0, 0, 0, 7, 2, 1, 2 },
                         younger[] = { 0, 0, 0, 0, 0, 0, 0, 8, 2, 1, 2 }, plain[] = { 0, 0, 0, 0, 0, 0, 0, 9, 0 };
    struct base_slice notes[] = { base_slice(note, sizeof note), base_slice(younger, sizeof younger),
                                  base_slice(plain, sizeof plain) };
    struct base_bytes lists[3] = { { 0 }, { 0 }, { 0 } };
    struct mls_member members[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
    for (size_t i = 0; i < 3; i++) {
        struct base_writer writer = base_writer(base_allocator_libc(), 64);
        base_write_u16(&writer, LEAF_EXTENSION);
        base_write_opaque(&writer, notes[i]);
        assert_ok(base_writer_finish(&writer, &lists[i]));
        members[i].extensions = base_borrow(&lists[i]);
    }
    struct base_slice stream = base_slice(here + 1, 2);
    assert_true(leaf_is_wish(&members[3], &members[0], stream)); /* a leaf that says nothing is older */
    assert_true(leaf_is_wish(&members[0], &members[1], stream));
    assert_false(leaf_is_wish(&members[0], &members[0], stream));
    assert_false(leaf_is_wish(&members[1], &members[0], stream));
    assert_false(leaf_is_wish(&members[2], &members[1], stream));
    assert_false(leaf_is_wish(&members[0], &members[2], stream));
    assert_false(leaf_is_wish(&members[0], &members[1], base_slice(here, 2)));
    assert_false(leaf_is_wish(&members[0], &members[3], stream));
    /* Cut off, it says nothing. */
    for (size_t len = 0; len < members[1].extensions.len; len++) {
        struct mls_member cut = { .extensions = base_slice(members[1].extensions.data, len) };
        assert_int_equal(leaf_note_of(&cut).made_at, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        base_bytes_free(&lists[i]);
    }
}

/* The server, or who was asked as well and comes later, has a letter of an own device again. */
static void an_own_devices_letter_counts_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 18);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    struct world_peer *phone = world_link(alice);
    world_pass(&world, 20 * 1000);
    const struct group *group = group_at_hand(phone);
    struct helper helper = { .domain = "" };
    struct base_bytes letter = { 0 };
    struct base_slice sealed;
    memcpy(helper.account, alice->core->account.id, sizeof helper.account);
    memcpy(helper.device, alice->core->account.device, sizeof helper.device);
    memcpy(helper.key, alice->core->account.device_key.public_key.data, sizeof helper.key);
    assert_ok(heal_letter_ask_them(phone->core, group->id, group->number, leaf_made_at(group->mls), &helper, 1));
    const struct letter *written = (const struct letter *)phone->core->letters.items[phone->core->letters.count - 1];
    assert_ok(base_bytes_copy(base_allocator_libc(), base_borrow(&written->content), &letter));
    assert_ok(letter_content(base_borrow(&letter), &sealed));
    assert_ok(weibel_core_tick(phone->core));
    world_pass(&world, 60 * 1000);
    assert_int_equal(wishes_in(group_at_hand(alice)), 1);
    assert_result(&WEIBEL_ERR_IDENTITY, heal_asked(alice->core, sealed));
    base_bytes_free(&letter);
    (void)world_call(bob, "send", "{'chat':'G','text':'all here?'}");
    world_pass(&world, 5000);
    assert_texts(phone, group_of(phone, "G"), "all here?\n");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_let_in_again_by_its_own_wish_alone),
        cmocka_unit_test(who_knows_the_identity_key_is_no_other_device),
        cmocka_unit_test(a_wish_counts_once),
        cmocka_unit_test(an_own_devices_letter_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
