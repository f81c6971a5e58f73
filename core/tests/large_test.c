/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Groups of thousands: what a message and a commit cost does not grow with them, but for what MLS demands; and they go
 * on as small ones do. bench/large.c measures the same at 10,000.
 */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "group.h"
#include "heal.h"
#include "large.h"
#include "policy.h"
#include "test/result.h"

enum {
    SMALL = 120,
    LARGE = 1200,
    MANY = 900,
    FILLER = 1000, /* bytes by which their key packages are larger: together they don't fit an entry */
    TIMES = LARGE / SMALL,
    MOST_QUESTIONS = 25,
    PATH_STEP = 100, /* bytes of a path through the tree that a commit has for a device under a blank node */
};

/* `a` is at most `times` as much as `b`. */
#define assert_ratio(a, b, times) assert_in_range((a), 0, (b) * (times))

/* Sanitizers have work of their own, which grows with the memory that they watch: there it says nothing. */
#ifdef __SANITIZE_ADDRESS__
#define assert_cpu_ratio(a, b, times) ((void)(a).cpu, (void)(b).cpu)
#else
#define assert_cpu_ratio(a, b, times) assert_ratio((a).cpu, (b).cpu, times)
#endif

static struct group *large_group(const struct world_peer *peer) {
    return chat_writing_group((const struct chat *)peer->core->chats.items[0]);
}

static void assert_message_is_as_cheap(const struct large_cost *large, const struct large_cost *small) {
    assert_ratio(large->allocations * 10, small->allocations, 11);
    assert_ratio(large->records * 10, small->records, 11);
    assert_ratio(large->stored * 10, small->stored, 11);
    assert_ratio(large->sent * 10, small->sent + 1, 11);
    assert_ratio(large->said * 10, small->said, 11);
    assert_cpu_ratio(*large, *small, TIMES / 2);
}

/* What is said of a chat names its members; who commits encrypts for each whose branch nobody has filled yet. */
static void assert_commit_is_as_cheap(const struct large_cost *large, const struct large_cost *small) {
    assert_ratio(large->allocations, small->allocations, 3);
    assert_ratio(large->records, small->records, 3);
    assert_ratio(large->sent, PATH_STEP, LARGE);
    assert_ratio(large->said, small->said, TIMES + 1);
    assert_cpu_ratio(*large, *small, 2 * TIMES);
}

static void a_message_costs_the_same_in_a_large_group(void **state) {
    (void)state;
    static struct large large;
    large_begin(&large, 3, LARGE, 0);
    /* Bob is in it before the others: what the process does then for him, it does both times. */
    large_grow(&large, 1);
    large_invite(&large);
    struct large_cost start = large_now(large.alice), grown, more;
    large_grow(&large, SMALL);
    grown = large_since(large.alice, &start);
    struct large_cost sent = large_message(&large, large.alice), read = large_message(&large, large.bob);
    struct large_cost made = large_commit(&large, large.alice), followed = large_commit(&large, large.bob);

    start = large_now(large.alice);
    large_grow(&large, LARGE);
    more = large_since(large.alice, &start);
    assert_int_equal(mls_group_member_count(large_group(large.bob)->mls), LARGE + 2);
    struct large_cost sent_large = large_message(&large, large.alice), read_large = large_message(&large, large.bob);
    struct large_cost made_large = large_commit(&large, large.alice), followed_large = large_commit(&large, large.bob);
    assert_message_is_as_cheap(&sent_large, &sent);
    assert_message_is_as_cheap(&read_large, &read);
    assert_commit_is_as_cheap(&made_large, &made);
    assert_commit_is_as_cheap(&followed_large, &followed);

    /* Adding: for each of them the same. */
    assert_ratio(more.allocations, grown.allocations, 2 * (TIMES - 1));
    assert_ratio(more.records, grown.records, 2 * (TIMES - 1));
    assert_ratio(more.stored, grown.stored, 2 * (TIMES - 1));
    assert_ratio(more.sent, grown.sent, 2 * (TIMES - 1));
    assert_cpu_ratio(more, grown, 3 * (TIMES - 1));
    assert_agree(&large.world, "G", (const size_t[]){ 0, 1 }, 2);

    /* Who they all are, bob has heard in few answers; alice had their key packages. */
    assert_int_equal(large.world.model->asked_identities, LARGE + 1);
    assert_in_range(large.world.model->asked[WIRE_GET_IDENTITIES], 1, MOST_QUESTIONS);

    /* And out again, at once. */
    start = large_now(large.alice);
    large_remove(&large, LARGE / 2);
    assert_int_equal(mls_group_member_count(large_group(large.bob)->mls), LARGE / 2 + 2);
    struct large_cost removed = large_since(large.alice, &start);
    assert_cpu_ratio(removed, grown, 3 * TIMES);
    assert_agree(&large.world, "G", (const size_t[]){ 0, 1 }, 2);
    large_end(&large);
}

static void a_late_one_comes_into_a_large_group(void **state) {
    (void)state;
    static struct large large;
    large_begin(&large, 2, SMALL, 0);
    large_grow(&large, SMALL);
    (void)world_call(large.bob, "disconnect", "{}");
    (void)world_call(large.alice, "group.add", "{'chat':'G','members':['%s']}", large.bob->id);
    (void)world_call(large.alice, "send", "{'chat':'G','text':'hello'}");
    world_pass(&large.world, 60 * 1000);
    /* The connection breaks while he fetches the tree, and his host crashes. */
    large.world.loss = 300;
    (void)world_ask(large.bob, "connect", "{}");
    world_pass(&large.world, 2000);
    world_crash(large.bob);
    world_pass(&large.world, 30 * 1000);
    large.world.loss = 0;
    world_pass(&large.world, 600 * 1000);
    assert_texts(large.bob, group_of(large.bob, "G"), "hello\n");
    (void)large_come_in(&large);
    assert_agree(&large.world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    large_end(&large);
}

/* Who wishes to leave does, though many are added first. */
static void adds_come_before_what_others_propose(void **state) {
    (void)state;
    static struct large large;
    large_begin(&large, 3, 2 * SMALL, 0);
    large_grow(&large, SMALL);
    large_invite(&large);
    (void)world_ask(large.bob, "group.leave", "{'chat':'G'}");
    world_run(&large.world);
    const struct group *group = large_group(large.alice);
    assert_int_equal(mls_group_proposal_count(group->mls), 1);
    large_add(&large, SMALL);
    assert_int_equal(mls_group_member_count(group->mls), 2 * SMALL + 2);
    assert_int_equal(group->leaver_count, 1);
    world_pass(&large.world, 60 * 1000);
    assert_int_equal(mls_group_member_count(group->mls), 2 * SMALL + 1);
    assert_false(group_has_account(group->mls, large.bob->core->account.id, large.alice->core->account.domain));
    large_end(&large);
}

/* Beyond that, nobody could remove anybody any more: his commit would not fit an entry. */
static void a_group_has_a_bound(void **state) {
    (void)state;
    assert_true(policy_fits(POLICY_MAX_DEVICES - 1, 1, 0));
    assert_false(policy_fits(POLICY_MAX_DEVICES, 1, 0));
    assert_false(policy_fits(1, POLICY_MAX_DEVICES, 0));
    assert_true(policy_fits(POLICY_MAX_DEVICES, 1, 1)); /* somebody finds his place again */
    assert_true(policy_fits(POLICY_MAX_DEVICES + 1, 0, 1));
    assert_true(policy_fits(POLICY_MAX_DEVICES + 1, 0, 0));
    assert_true(POLICY_MAX_DEVICES * 84 + (128 << 10) < WIRE_MAX_ENTRY); /* a path, and what else a commit may have */
}

/* A member who may add nobody lets a large group go on, in which administrators alone add; and crashes meanwhile. */
static void a_successor_takes_all_with_it(void **state) {
    (void)state;
    static struct large large;
    large_begin(&large, 4, MANY, FILLER);
    assert_true(large.forged[0].bundle.message.len * MANY > WIRE_MAX_ENTRY);
    large_grow(&large, MANY);
    large_invite(&large);
    (void)world_call(large.alice, "group.set", "{'chat':'G','add':'admins'}");
    world_pass(&large.world, 10 * 1000);
    (void)world_call(large.alice, "disconnect", "{}");
    struct model *model = large.world.model;
    size_t streams = model->stream_count;
    assert_ok(heal_lose(large.alice->core, large_group(large.alice)));
    assert_ok(heal_lose(large.bob->core, large_group(large.bob)));
    assert_ok(weibel_core_tick(large.bob->core));
    for (int i = 0; i < 60 && model->stream_count == streams; i++) {
        large.world.crash_chance = 1;
        world_pass(&large.world, 5 * 60 * 1000);
        large.world.crash_chance = 0;
    }
    world_crash(large.bob);
    world_pass(&large.world, 600 * 1000);
    assert_int_equal(model->stream_count, streams + 1);
    assert_int_equal(model->streams[streams]->entry_count, 0); /* nothing but what comes behind its making */
    (void)world_ask(large.alice, "connect", "{}");
    world_pass(&large.world, 600 * 1000);
    const struct group *group = large_group(large.alice);
    assert_int_equal(mls_group_member_count(group->mls), MANY + 2);
    assert_int_equal(group->generation, 1);
    (void)world_call(large.bob, "send", "{'chat':'G','text':'on'}");
    world_pass(&large.world, 2000);
    assert_texts(large.alice, group_of(large.alice, "G"), "on\n");
    assert_agree(&large.world, "G", (const size_t[]){ 0, 1 }, 2);
    assert_string_equal(world_error(large.bob, "group.add", "{'chat':'G','members':['%s']}", large.alice->id),
                        "not_allowed");
    large_end(&large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_costs_the_same_in_a_large_group),
        cmocka_unit_test(a_late_one_comes_into_a_large_group),
        cmocka_unit_test(adds_come_before_what_others_propose),
        cmocka_unit_test(a_group_has_a_bound),
        cmocka_unit_test(a_successor_takes_all_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
