/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What somebody does who has taken a device away, or was removed, and kept all that he had: he uses another account to
 * reach the server.
 */
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "chat.h"
#include "device.h"
#include "forged.h"
#include "group.h"
#include "test/result.h"

static struct chat *chat_of(const struct world_peer *peer, size_t index) {
    return (struct chat *)peer->core->chats.items[index];
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_poses_as_another_own_device),
        cmocka_unit_test(nobody_comes_by_a_link_as_a_members_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
