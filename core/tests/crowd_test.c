/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Groups full of people whom nobody has met: what they cost.
 */
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "contact.h"
#include "forged.h"
#include "group.h"
#include "member.h"
#include "test/result.h"

enum { CROWD = 120 };

static const struct group *only_group(const struct world_peer *peer) {
    assert_int_equal(peer->core->chats.count, 1);
    const struct chat *chat = (const struct chat *)peer->core->chats.items[0];
    assert_int_equal(chat->groups.count, 1);
    return (const struct group *)chat->groups.items[0];
}

/* Half of them at another domain, each with two devices. */
static void make_crowd(struct world_peer *forger, struct forged *crowd) {
    const struct base_random *random = &forger->world->random.random;
    for (size_t i = 0; i < CROWD; i += 2) {
        uint8_t seed[IDENTITY_SEED_LEN];
        struct forging what = { .domain = i < CROWD / 2 ? NULL : "elsewhere.example", .seed = seed };
        assert_ok(wire_id_random(random, what.account));
        assert_ok(base_random_fill(random, seed, sizeof seed));
        forge(forger, &what, &crowd[i]);
        forge(forger, &what, &crowd[i + 1]);
    }
}

static size_t count_notices(const struct world_peer *peer, size_t from, const char *kind) {
    size_t count = 0;
    for (size_t i = from; i < peer->line_count; i++) {
        const cJSON *notice = cJSON_GetObjectItem(cJSON_GetObjectItem(peer->lines[i], "params"), "notice");
        count += cJSON_IsString(notice) && strcmp(notice->valuestring, kind) == 0 ? 1 : 0;
    }
    return count;
}

static void an_invitation_full_of_strangers_makes_no_contacts(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *mallory = world_add(&world), *bob = world_add(&world);
    struct forged *crowd = (struct forged *)calloc(CROWD, sizeof *crowd);
    assert_non_null(crowd);
    make_crowd(mallory, crowd);
    size_t before = bob->line_count;
    invite_among(mallory, "Crowd", NULL, crowd, CROWD, bob);
    const struct group *group = only_group(bob);
    assert_int_equal(bob->core->contacts.count, 0);
    /* Each account at this domain was asked for once, mallory's as well; at another one nobody can be asked. */
    assert_int_equal(world.model->asked_identities, CROWD / 4 + 1);
    assert_true(group->live && group->known_leaves == UINT32_MAX);
    assert_int_equal(member_word(group, 0), MEMBER_VOUCHED);
    assert_int_equal(member_word(group, 1), MEMBER_FORGED);
    assert_int_equal(member_word(group, CROWD), MEMBER_FORGED);
    assert_true(count_notices(bob, before, "identity") <= 8);

    /* It is durable, and nobody is asked for again. */
    world_crash(bob);
    world_pass(&world, 5000);
    group = only_group(bob);
    assert_true(group->live);
    assert_int_equal(member_word(group, CROWD), MEMBER_FORGED);
    assert_int_equal(world.model->asked_identities, CROWD / 4 + 1);

    /* And gone with the group. */
    assert_ok(group_forget(bob->core, (struct group *)(uintptr_t)group));
    assert_ok(weibel_core_tick(bob->core));
    world_run(&world);
    for (size_t i = 0; i < bob->store.count; i++) {
        assert_int_not_equal(bob->store.records[i].key.data[0], KEY_MEMBERS);
    }
    for (size_t i = 0; i < CROWD; i++) {
        forged_free(&crowd[i]);
    }
    free(crowd);
    world_end(&world);
}

/* Nobody of them is anybody: so dear a group is asked about slowly, and others are not held up. */
static void a_group_of_nobodies_holds_up_nobody(void **state) {
    (void)state;
    enum { NOBODIES = 80, AT_ONCE = 32 };
    struct world world;
    world_init(&world, 4);
    struct world_peer *mallory = world_add(&world), *bob = world_add(&world), *alice = world_add(&world);
    struct forged crowd[NOBODIES];
    for (size_t i = 0; i < NOBODIES; i++) {
        struct forging what = { .domain = NULL };
        assert_ok(wire_id_random(&world.random.random, what.account));
        forge(mallory, &what, &crowd[i]);
    }
    invite_among(mallory, "Crowd", NULL, crowd, NOBODIES, bob);
    assert_false(only_group(bob)->live);
    size_t asked = world.model->asked_identities;
    assert_true(asked <= AT_ONCE);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "send", "{'chat':'G','text':'hello'}");
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "hello\n");
    assert_true(world.model->asked_identities <= asked + 2);
    world_pass(&world, (uint64_t)NOBODIES * 61 * 1000);
    assert_int_equal(world.model->asked_identities, NOBODIES + 2);
    for (size_t i = 0; i < NOBODIES; i++) {
        forged_free(&crowd[i]);
    }
    world_end(&world);
}

/* One commit adds a hundred, who all are known to be nobody: a few are told about one by one, the rest as a number. */
static void a_commit_tells_of_so_many_one_by_one(void **state) {
    (void)state;
    enum { MANY = 100, TOLD = 32 };
    struct world world;
    world_init(&world, 5);
    struct world_peer *mallory = world_add(&world), *bob = world_add(&world);
    (void)world_call(mallory, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    struct chat *chat = (struct chat *)mallory->core->chats.items[0];
    struct change change = { .kind = CHANGE_ADD };
    assert_ok(change_begin(mallory->core, chat, &change, NULL));
    for (size_t i = 0; i < MANY; i++) {
        struct forging what = { .domain = "elsewhere.example" };
        struct forged forged;
        struct contact *made;
        assert_ok(wire_id_random(&world.random.random, what.account));
        forge(mallory, &what, &forged);
        assert_ok(contact_get(mallory->core, what.account, what.domain, &made));
        assert_ok(change_keep_taken(mallory->core, chat, made, bob->core->account.device,
                                    base_borrow(&forged.bundle.message)));
        forged_free(&forged);
    }
    size_t before = bob->line_count;
    assert_ok(weibel_core_tick(mallory->core));
    world_pass(&world, 5000);
    assert_int_equal(count_notices(bob, before, "added"), TOLD + 1);
    assert_int_equal(bob->core->contacts.count, 0);
    world_end(&world);
}

static void who_writes_becomes_a_contact(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    world_pass(&world, 5000);
    assert_int_equal(bob->core->contacts.count, 0);
    (void)world_call(carol, "send", "{'chat':'G','text':'hello'}");
    world_pass(&world, 5000);
    const struct contact *contact = contact_find(bob->core, carol->core->account.id, "");
    assert_true(contact != NULL && contact->vouched);
    assert_memory_equal(contact->identity_key, carol->core->account.identity_key, WIRE_KEY_LEN);
    world_end(&world);
}

/* Of those who come later nothing is known, though somebody has sat at the same leaf before. */
static void a_leaf_has_no_memory(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    struct world_peer *dora = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    world_pass(&world, 5000);
    size_t asked = world.model->asked_identities;
    (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked_identities, asked);
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    world_pass(&world, 5000);
    /* Bob asks for the one who has come, dora for the two who were there. */
    assert_int_equal(world.model->asked_identities, asked + 3);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invitation_full_of_strangers_makes_no_contacts),
        cmocka_unit_test(a_group_of_nobodies_holds_up_nobody),
        cmocka_unit_test(a_commit_tells_of_so_many_one_by_one),
        cmocka_unit_test(who_writes_becomes_a_contact),
        cmocka_unit_test(a_leaf_has_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
