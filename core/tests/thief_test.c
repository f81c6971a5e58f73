/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What somebody does who has taken a device away, or was removed, and kept all that he had: he uses another account to
 * reach the server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "chat.h"
#include "chatting.h"
#include "device.h"
#include "forged.h"
#include "group.h"
#include "heal.h"
#include "heal_letter.h"
#include "leaf.h"
#include "test/result.h"
#include "vouch.h"

static struct chat *chat_of(const struct world_peer *peer, size_t index) {
    return (struct chat *)peer->core->chats.items[index];
}

static bool has_notice(struct world_peer *peer, const char *chat, const char *text) {
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages")) {
        if (strcmp(text_of(message, "text"), text) == 0) {
            return true;
        }
    }
    return false;
}

/* What the account's identity key makes of another's device. */
static void pose_as(struct world_peer *thief, const struct world_peer *victim) {
    struct account *account = &thief->core->account;
    memcpy(account->id, victim->core->account.id, sizeof account->id);
    memcpy(account->identity_seed, victim->core->account.identity_seed, sizeof account->identity_seed);
    memcpy(account->identity_key, victim->core->account.identity_key, sizeof account->identity_key);
}

static bool has_key(const struct group *group, const uint8_t key[WIRE_KEY_LEN]) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        if (base_slice_equal(member.signature_key, base_slice(key, WIRE_KEY_LEN))) {
            return true;
        }
    }
    return false;
}

static bool is_anywhere(const struct world_peer *peer, const uint8_t key[WIRE_KEY_LEN]) {
    bool found = false;
    for (size_t i = 0; i < peer->core->chats.count; i++) {
        const struct chat *chat = chat_of(peer, i);
        for (size_t k = 0; k < chat->groups.count; k++) {
            const struct group *group = (const struct group *)chat->groups.items[k];
            found = found || (group->state == GROUP_OPEN && has_key(group, key));
        }
    }
    return found;
}

/* Whom he invites as another device of hers goes nowhere; nothing follows from it in any chat. */
static void nobody_poses_as_another_own_device(void **state) {
    (void)state;
    static const enum chat_kind kinds[] = { CHAT_OWN, CHAT_GROUP, CHAT_DIRECT };
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *thief = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
        const struct world_peer *phone = seed % 2 == 0 ? NULL : world_link(alice);
        world_pass(&world, 20 * 1000);
        struct account *account = &thief->core->account, kept = *account;
        pose_as(thief, alice);
        if (phone != NULL && seed % 4 == 1) {
            memcpy(account->device, phone->core->account.device, sizeof account->device);
        }
        uint8_t key[WIRE_KEY_LEN];
        memcpy(key, account->device_key.public_key.data, sizeof key);
        struct chat chat = { .kind = kinds[seed / 4], .name = "G" };
        struct forging what = { .seed = bob->core->account.identity_seed };
        struct forged peer;
        memcpy(what.account, bob->core->account.id, sizeof what.account);
        forge(bob, &what, &peer);
        invite_into(thief, &chat, &peer, chat.kind == CHAT_DIRECT ? 1 : 0, alice);
        forged_free(&peer);
        *account = kept;
        size_t chats = alice->core->chats.count;
        world_pass(&world, 60 * 1000);
        assert_int_equal(alice->core->chats.count, chats);
        assert_false(is_anywhere(alice, key));
        assert_false(is_anywhere(bob, key));
        world_end(&world);
    }
}

/* A server that helps him lists his device as one of hers. It invites the one that she is just linking: that takes none
 * but whom its link names. */
static void the_server_alone_vouches_for_nobody_to_a_new_device(void **state) {
    (void)state;
    static const enum chat_kind kinds[] = { CHAT_OWN, CHAT_GROUP };
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_init_quiet(&world, i);
        struct world_peer *alice = world_add(&world), *thief = world_add(&world);
        char link[256];
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(alice, "device.link", "{}"), "link"));
        (void)world_call(alice, "disconnect", "{}");
        struct world_peer *phone = world_add_empty(&world);
        (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
        struct model_account *listed = &world.model->accounts[thief->number];
        struct model_account honest = *listed;
        struct account *account = &thief->core->account, kept = *account;
        pose_as(thief, alice);
        memcpy(listed->id, alice->core->account.id, sizeof listed->id);
        uint8_t key[WIRE_KEY_LEN];
        memcpy(key, account->device_key.public_key.data, sizeof key);
        (void)world_call(phone, "activate", "{'link':'%s'}", link);
        struct chat chat = { .kind = kinds[i], .name = "G" };
        invite_into(thief, &chat, NULL, 0, phone);
        world_pass(&world, 120 * 1000);
        assert_false(is_anywhere(phone, key));
        assert_true(device_is_listed(phone->core, account->device));
        assert_true(device_is_waiting(phone->core));
        memcpy(listed->id, honest.id, sizeof listed->id);
        *account = kept;
        (void)world_call(alice, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_false(device_is_waiting(phone->core));
        assert_memory_equal(device_group(phone->core)->id, device_group(alice->core)->id, WIRE_STREAM_LEN);
        world_end(&world);
    }
}

/* Nobody poses here. The tablet is linked while the link for the phone is open, so that this names it not: it lets the
 * phone in, which asks one of those whom it knows to do it. */
static void links_at_the_same_time_end_well(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 34);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *desk = world_link(anna);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
    struct world_peer *tablet = world_link(desk);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(desk, "disconnect", "{}");
    struct world_peer *phone = world_add_empty(&world);
    (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
    (void)world_call(phone, "activate", "{'link':'%s'}", link);
    world_pass(&world, 60 * 1000);
    assert_true(has_key(device_group(tablet->core), phone->core->account.device_key.public_key.data));
    assert_true(device_is_waiting(phone->core));
    (void)world_call(desk, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_false(device_is_waiting(phone->core));
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(phone, "send", "{'chat':'%s','text':'from all'}", group_of(phone, "G"));
    assert_texts(tablet, group_of(tablet, "G"), "from all\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3, 4 }, 5);
    world_end(&world);
}

/* Tells this device that it should have a place in the group. */
static void tell_of_place(struct world_peer *peer, const struct group *group, const struct world_peer *to) {
    struct helper helper = { .domain = "" };
    memcpy(helper.account, to->core->account.id, sizeof helper.account);
    memcpy(helper.domain, to->core->account.domain, sizeof helper.domain);
    memcpy(helper.device, to->core->account.device, sizeof helper.device);
    memcpy(helper.key, to->core->account.device_key.public_key.data, sizeof helper.key);
    assert_ok(heal_letter_tell(peer->core, group, &helper, 1));
}

static struct model_bytes lost_or_again(bool lost, const struct model_bytes *letter) {
    if (lost) {
        return (struct model_bytes){ 0 };
    }
    return model_copy(model_slice(*letter));
}

/* Here the tablet's letter is there again after each crash of the phone, and it says that the phone has a place; or the
 * letter has got lost, and only the latter is there. Who is not named by the link is not asked for that place, as he
 * would only undo what those do who are. */
static void whom_the_link_does_not_name_is_not_asked(void **state) {
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct world world;
        world_init(&world, 35);
        struct world_peer *anna = world_add(&world), *desk = world_link(anna);
        char link[256];
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{}"), "link"));
        struct world_peer *tablet = world_link(desk);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(desk, "disconnect", "{}");
        (void)world_call(tablet, "disconnect", "{}");
        struct world_peer *phone = world_add_empty(&world);
        (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
        (void)world_call(phone, "activate", "{'link':'%s'}", link);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(tablet, "connect", "{}");
        world_pass(&world, 20 * 1000);
        struct model_account *account = &world.model->accounts[phone->number];
        const struct model_account *named = &world.model->accounts[desk->number];
        const uint64_t came = world.model->accounts[tablet->number].inbox_next, read = named->inbox_next;
        assert_int_equal(account->inbox_count, 1);
        struct model_bytes letter = account->inbox[0].content;
        account->inbox[0].content = lost_or_again(lost == 1, &letter);
        for (int i = 0; i < 4; i++) {
            tell_of_place(tablet, device_group(tablet->core), phone);
            (void)world_call(phone, "connect", "{}");
            world_pass(&world, 20 * 1000);
            assert_null(account->inbox[0].content.data);
            account->inbox[0].content = lost_or_again(lost == 1, &letter);
            world_crash(phone);
            world_pass(&world, 20 * 1000);
        }
        free(letter.data);
        assert_true(device_is_waiting(phone->core));
        assert_int_equal(world.model->accounts[tablet->number].inbox_next, came);
        assert_int_equal(named->inbox_next, read + 1);
        (void)world_call(desk, "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_false(device_is_waiting(phone->core));
        world_end(&world);
    }
}

/* He knows the link of a group, too: nobody follows him in. */
static void nobody_comes_by_a_link_as_a_members_device(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *thief = world_add(&world);
        (void)world_call(bob, "group.create", "{'name':'G','members':['%s']}", alice->id);
        world_pass(&world, 5000);
        char link[512];
        (void)snprintf(link, sizeof link, "%s",
                       text_of(world_call(bob, "group.link", "{'chat':'G','enabled':true}"), "link"));
        world_pass(&world, 5000);
        struct account *account = &thief->core->account, kept = *account;
        pose_as(thief, alice);
        assert_string_equal(world_error(thief, "group.join", "{'link':'%s'}", link), "already_a_member");
        /* In the place of hers, by a client that he has changed. */
        if (seed == 2) {
            memcpy(account->device, alice->core->account.device, sizeof account->device);
        }
        thief->core->mls.callbacks.commit = NULL;
        (void)world_ask(thief, "group.join", "{'link':'%s'}", link);
        world_pass(&world, 60 * 1000);
        assert_false(is_anywhere(alice, account->device_key.public_key.data));
        assert_false(is_anywhere(bob, account->device_key.public_key.data));
        *account = kept;
        (void)world_call(bob, "send", "{'chat':'G','text':'for us'}");
        (void)world_call(alice, "send", "{'chat':'G','text':'alone'}");
        world_pass(&world, 5000);
        assert_texts(bob, group_of(bob, "G"), "for us\nalone\n");
        assert_texts(alice, group_of(alice, "G"), "for us\nalone\n");
        world_end(&world);
    }
}

/* Into a group that says to be the successor of this one. */
static void invite_into_successor(struct world_peer *maker, const struct group *group, const struct world_peer *guest) {
    struct group before = *group;
    void *items[] = { &before };
    struct chat chat = { .kind = CHAT_GROUP, .groups = { .items = items, .count = 1, .capacity = 1 } };
    before.state = GROUP_LOST;
    memcpy(chat.room, group->chat->room, sizeof chat.room);
    invite_into(maker, &chat, NULL, 0, guest);
}

/* Mallory was removed while bob was away: she is first to tell him that the group goes on in another one. */
static void who_was_removed_takes_nobody_along(void **state) {
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct world world;
        world_init(&world, 21);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, mallory->id);
        world_pass(&world, 5000);
        struct group *group = chat_writing_group(chat_of(bob, 0));
        const uint8_t *key = mallory->core->account.device_key.public_key.data;
        assert_true(is_anywhere(bob, key));
        (void)world_call(bob, "disconnect", "{}");
        if (lost == 1) {
            assert_ok(heal_lose(bob->core, group));
            assert_ok(weibel_core_tick(bob->core));
        }
        (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", mallory->id);
        invite_into_successor(mallory, group, bob);
        world_pass(&world, 5000);
        (void)world_call(bob, "connect", "{}");
        world_pass(&world, 120 * 1000);
        assert_false(is_anywhere(bob, key));
        (void)world_call(bob, "send", "{'chat':'G','text':'without her'}");
        world_pass(&world, 5000);
        assert_texts(alice, group_of(alice, "G"), "without her\n");
        assert_int_equal(chat_of(bob, 0)->groups.count, 1);
        world_end(&world);
    }
}

/* A member leaves others out: that is said. */
static void who_is_left_out_of_a_successor_is_missed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 22);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, mallory->id);
    world_pass(&world, 5000);
    invite_into_successor(mallory, chat_writing_group(chat_of(bob, 0)), bob);
    world_pass(&world, 5000);
    assert_true(
        has_notice(bob, "G", "The group could not go on as it was, and goes on as a new one: look who is in it now"));
    assert_false(
        has_notice(bob, "G", "The group could not go on as it was, and goes on as a new one with the same members"));
    world_end(&world);
}

/* He begins a chat in her name with somebody who knows her, or not: nothing is shown of it, and nothing that bob writes
 * goes there. */
static void nobody_begins_a_chat_in_anothers_name(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *thief = world_add(&world);
        bool known = seed % 2 == 1;
        if (known) {
            (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
            world_pass(&world, 5000);
        }
        struct account *account = &thief->core->account, kept = *account;
        uint8_t key[WIRE_KEY_LEN];
        memcpy(key, account->device_key.public_key.data, sizeof key);
        pose_as(thief, alice);
        if (seed >= 2) {
            memcpy(account->device, alice->core->account.device, sizeof account->device);
        }
        struct chat chat = { .kind = CHAT_DIRECT };
        invite_into(thief, &chat, NULL, 0, bob);
        *account = kept;
        world_pass(&world, 60 * 1000);
        assert_false(is_anywhere(bob, key));
        const cJSON *contacts = cJSON_GetObjectItem(world_call(bob, "contact.list", "{}"), "contacts");
        assert_int_equal(cJSON_GetArraySize(contacts), known ? 1 : 0);
        (void)world_call(bob, "send", "{'to':'%s','text':'for alice'}", alice->id);
        world_pass(&world, 5000);
        assert_texts(alice, bob->id, known ? "hello\nfor alice\n" : "for alice\n");
        world_end(&world);
    }
}

/* A group in which he has her sit as a device of his making: what it writes is not shown. */
static void nobody_sits_in_a_group_in_anothers_name(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *thief = world_add(&world);
        if (seed == 1) {
            (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
            world_pass(&world, 5000);
        }
        struct forging what = { .seed = alice->core->account.identity_seed };
        struct forged peer;
        memcpy(what.account, alice->core->account.id, sizeof what.account);
        forge(thief, &what, &peer);
        invite_among(thief, "G", NULL, &peer, 1, bob);
        world_pass(&world, 60 * 1000);
        char text[192];
        (void)snprintf(
            text, sizeof text,
            "A device is in the group as one of %s which is not, or not any more. What it writes is not shown",
            alice->id);
        assert_true(has_notice(bob, group_of(bob, "G"), text));
        const struct group *group = group_at_hand(bob);
        struct mls_member member;
        size_t silenced = 0;
        for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
            struct identity identity;
            assert_ok(identity_peek(member.credential.content, &identity));
            bool hers = memcmp(identity.account, what.account, sizeof what.account) == 0;
            assert_int_equal(vouch_is_heard(bob->core, group, leaf, &identity), !hers);
            silenced += hers ? 1 : 0;
        }
        assert_int_equal(silenced, 1);
        forged_free(&peer);
        world_end(&world);
    }
}

/* Bob was away while alice's phone wrote to him for the first time, and was removed. */
static void be_removed_unread(struct world *world, uint64_t seed, struct world_peer **alice, struct world_peer **bob,
                              struct world_peer **phone) {
    world_init(world, seed);
    *alice = world_add(world);
    *bob = world_add(world);
    *phone = world_link(*alice);
    world_pass(world, 20 * 1000);
    (void)world_call(*bob, "disconnect", "{}");
    (void)world_call(*phone, "send", "{'to':'%s','text':'from the phone'}", (*bob)->id);
    world_pass(world, 20 * 1000);
    (void)world_call(*alice, "device.remove", "{'device':'%s'}", text_of(world_call(*phone, "whoami", "{}"), "device"));
    world_pass(world, 20 * 1000);
}

/* Her other device lets him in whom the phone wrote to before it was removed. */
static void who_was_one_when_it_wrote_is_spoken_for(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob, *phone;
    be_removed_unread(&world, 7, &alice, &bob, &phone);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    (void)world_call(alice, "send", "{'to':'%s','text':'from the laptop'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, alice->id, "from the laptop\n");
    char text[192];
    (void)snprintf(text, sizeof text,
                   "A device that is none of %s, or not any more, has begun this chat. What it wrote is not shown",
                   alice->id);
    assert_true(has_notice(bob, alice->id, text));
    assert_false(is_anywhere(bob, phone->core->account.device_key.public_key.data));
    world_end(&world);
}

/* Another one tells him of this group, as often as he remembers it. */
static void tell_often(struct world_peer *peer, const struct group *group, const struct world_peer *to) {
    for (size_t i = 0; i < STATE_MAX_HELPERS; i++) {
        tell_of_place(peer, group, to);
    }
    world_pass(peer->world, 5000);
}

/* Here her other device was linked when the chat was there: Bob's invitation does not know it. It tells him that he
 * should have a place, and he remembers that until the server has said that nobody is to be heard who has invited him;
 * what it has written meanwhile is sent again. */
static void who_has_come_later_speaks_for_the_chat(void **state) {
    (void)state;
    enum { THIEF_SPEAKS = 2 };
    for (int crashes = 0; crashes <= THIEF_SPEAKS; crashes++) {
        struct world world;
        world_init(&world, 17);
        struct world_peer *phone = world_add(&world), *bob = world_add(&world);
        (void)world_call(bob, "disconnect", "{}");
        (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", bob->id);
        world_pass(&world, 20 * 1000);
        if (crashes == THIEF_SPEAKS) {
            tell_often(world_add(&world), chat_writing_group(chat_of_two(phone)), bob);
        }
        struct world_peer *laptop = world_link(phone);
        world_pass(&world, 20 * 1000);
        (void)world_call(laptop, "device.remove", "{'device':'%s'}",
                         text_of(world_call(phone, "whoami", "{}"), "device"));
        world_pass(&world, 20 * 1000);
        (void)world_call(laptop, "send", "{'to':'%s','text':'from the laptop'}", bob->id);
        world_pass(&world, 20 * 1000);
        world.model->refuse.type = WIRE_GET_IDENTITIES;
        world.model->refuse.code = crashes == 1 ? WIRE_REFUSED_TOO_OFTEN : 0;
        world.model->refuse.argument = 10;
        (void)world_call(bob, "connect", "{}");
        if (crashes == 1) {
            world_crash(bob);
        }
        world_pass(&world, 60 * 1000);
        (void)world_call(laptop, "send", "{'to':'%s','text':'and again'}", bob->id);
        world_pass(&world, 5000);
        assert_texts(bob, laptop->id, "from the laptop\nand again\n");
        assert_false(is_anywhere(bob, phone->core->account.device_key.public_key.data));
        world_end(&world);
    }
}

/* Her other device asks Bob for a place before the server tells him that a removed one has begun the chat: nothing is
 * left then of the group in which he was to give it. What he writes makes another one. */
static void a_place_in_what_has_ended_unread_is_in_nothings_way(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob, *phone;
    be_removed_unread(&world, 5, &alice, &bob, &phone);
    struct helper helper = { .domain = "" };
    const struct account *account = &bob->core->account;
    memcpy(helper.account, account->id, sizeof helper.account);
    memcpy(helper.device, account->device, sizeof helper.device);
    memcpy(helper.key, account->device_key.public_key.data, sizeof helper.key);
    const struct group *group = chat_writing_group(chat_of(alice, alice->core->chats.count - 1));
    assert_ok(heal_letter_ask_them(alice->core, group->id, group->number, leaf_made_at(group->mls), &helper, 1));
    assert_ok(weibel_core_tick(alice->core));
    world_pass(&world, 5000);
    (void)world_call(alice, "disconnect", "{}");
    world.model->refuse.type = WIRE_GET_IDENTITIES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 10;
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    const struct chat *chat = chat_of(bob, 0);
    assert_int_equal(chat->groups.count, 0);
    assert_int_equal(chat->change.kind, CHANGE_NONE);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello'}", alice->id);
    world_pass(&world, 60 * 1000);
    assert_int_equal(chat->outbox.count, 0);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(alice, bob->id, "from the phone\nhello\n");
    world_end(&world);
}

/* Here it had come by a chat that her other device had begun: what it wrote is read. */
static void who_came_with_a_device_of_the_account_is_heard(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *phone = world_link(alice);
    world_pass(&world, 20 * 1000);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'from the laptop'}", bob->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(phone, "send", "{'to':'%s','text':'from the phone'}", bob->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(alice, "device.remove", "{'device':'%s'}", text_of(world_call(phone, "whoami", "{}"), "device"));
    world_pass(&world, 20 * 1000);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(bob, alice->id, "from the laptop\nfrom the phone\n");
    world_end(&world);
}

/* Who is in a group goes on being heard when a device of its account lets another one in, or it is let in anew. */
static void later_devices_need_no_word(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    size_t asked = world.model->asked_identities;
    struct world_peer *phone = world_link(alice);
    world_pass(&world, 20 * 1000);
    (void)world_call(phone, "send", "{'chat':'%s','text':'it is me'}", group_of(phone, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "it is me\n");
    assert_ok(heal_lose(phone->core, group_at_hand(phone)));
    assert_ok(weibel_core_tick(phone->core));
    world_pass(&world, 60 * 1000);
    (void)world_call(phone, "send", "{'chat':'%s','text':'still'}", group_of(phone, "G"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "it is me\nstill\n");
    assert_int_equal(world.model->asked_identities, asked + 2); /* the phone, both times that it came in */
    world_end(&world);
}

/* The server is too busy to say which there are: an invitation by one that is new waits until it does. */
static void an_own_device_is_heard_once_the_server_says_that_it_is_one(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 12);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *laptop = world_link(alice);
    (void)world_call(laptop, "disconnect", "{}");
    struct world_peer *phone = world_link(alice);
    (void)world_call(phone, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 20 * 1000);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(phone, "disconnect", "{}");
    world.model->refuse.type = WIRE_LIST_DEVICES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 2000;
    world.model->refuse.more = 3;
    (void)world_call(laptop, "connect", "{}");
    world_pass(&world, 30 * 1000);
    assert_int_equal(world.model->refuse.code, 0);
    (void)world_call(bob, "send", "{'chat':'G','text':'hello'}");
    world_run(&world);
    assert_texts(laptop, "G", "hello\n");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_poses_as_another_own_device),
        cmocka_unit_test(the_server_alone_vouches_for_nobody_to_a_new_device),
        cmocka_unit_test(links_at_the_same_time_end_well),
        cmocka_unit_test(whom_the_link_does_not_name_is_not_asked),
        cmocka_unit_test(nobody_comes_by_a_link_as_a_members_device),
        cmocka_unit_test(nobody_begins_a_chat_in_anothers_name),
        cmocka_unit_test(nobody_sits_in_a_group_in_anothers_name),
        cmocka_unit_test(who_was_one_when_it_wrote_is_spoken_for),
        cmocka_unit_test(who_has_come_later_speaks_for_the_chat),
        cmocka_unit_test(a_place_in_what_has_ended_unread_is_in_nothings_way),
        cmocka_unit_test(who_came_with_a_device_of_the_account_is_heard),
        cmocka_unit_test(later_devices_need_no_word),
        cmocka_unit_test(who_was_removed_takes_nobody_along),
        cmocka_unit_test(who_is_left_out_of_a_successor_is_missed),
        cmocka_unit_test(an_own_device_is_heard_once_the_server_says_that_it_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
