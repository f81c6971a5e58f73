/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Typing: shown while it lasts, said seldom, stored nowhere; and whatever becomes of a signal, messages come through.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "group.h"
#include "identity.h"
#include "leaf.h"
#include "signal.h"
#include "state.h"
#include "test/mutate.h"
#include "test/result.h"
#include "typing.h"

/* Two who have written to each other. */
static void begin(struct world *world, uint64_t seed, struct world_peer **alice, struct world_peer **bob) {
    world_init(world, seed);
    *alice = world_add(world);
    *bob = world_add(world);
    (void)world_call(*alice, "send", "{'to':'%s','text':'hello'}", (*bob)->id);
    (void)world_call(*bob, "send", "{'to':'%s','text':'hello'}", (*alice)->id);
}

static void type(struct world_peer *peer, const struct world_peer *to, const char *typing) {
    (void)world_call(peer, "typing", "{'chat':'%s','typing':%s}", to->id, typing);
}

static size_t count_events(const struct world_peer *peer) {
    size_t count = 0;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i], "method");
        count += cJSON_IsString(method) && strcmp(method->valuestring, "typing") == 0 ? 1 : 0;
    }
    return count;
}

/* The last of `count` events in all says this. */
static void assert_typing(struct world_peer *peer, size_t count, const struct world_peer *from, bool typing) {
    assert_int_equal(count_events(peer), count);
    const cJSON *event = world_event(peer, "typing");
    assert_string_equal(text_of(event, "chat"), from->id);
    assert_string_equal(text_of(event, "from"), from->id);
    assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(event, "typing")), typing);
}

static void it_is_shown_until_it_ends(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 1, &alice, &bob);
    type(alice, bob, "true");
    assert_typing(bob, 1, alice, true);
    assert_null(world_event(alice, "typing"));
    type(alice, bob, "false"); /* not before the interval is over */
    assert_typing(bob, 1, alice, true);
    world_pass(&world, TYPING_INTERVAL);
    assert_typing(bob, 2, alice, false);

    /* By a message. */
    world_pass(&world, TYPING_INTERVAL);
    type(alice, bob, "true");
    assert_typing(bob, 3, alice, true);
    (void)world_call(alice, "send", "{'to':'%s','text':'typed'}", bob->id);
    assert_typing(bob, 4, alice, false);
    type(alice, bob, "false"); /* they know already */
    world_pass(&world, TYPING_INTERVAL);
    assert_int_equal(world.model->signals, 3);

    /* By silence; not while it is said again. */
    type(alice, bob, "true");
    assert_typing(bob, 5, alice, true);
    world_pass(&world, TYPING_LIFETIME - 1);
    type(alice, bob, "true");
    world_pass(&world, TYPING_LIFETIME - 1);
    assert_typing(bob, 5, alice, true);
    world_pass(&world, 1);
    assert_typing(bob, 6, alice, false);
    type(alice, bob, "false"); /* they have forgotten it */
    world_pass(&world, TYPING_INTERVAL);
    assert_int_equal(world.model->signals, 5);
    assert_texts(bob, alice->id, "hello\nhello\ntyped\n");
    world_end(&world);
}

static void it_is_said_seldom_and_only_to_who_is_there(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 2, &alice, &bob);
    for (int i = 0; i < 40; i++) {
        type(alice, bob, "true");
        world_pass(&world, 1000);
    }
    assert_in_range(world.model->signals, 9, 11);
    assert_typing(bob, 1, alice, true);

    size_t before = world.model->signals;
    (void)world_call(alice, "disconnect", "{}");
    type(alice, bob, "true");
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 2L * TYPING_INTERVAL);
    assert_int_equal(world.model->signals, before);
    assert_string_equal(world_error(alice, "typing", "{'chat':'%s'}", bob->id), "params");
    assert_string_equal(world_error(alice, "typing", "{'chat':'g9','typing':true}"), "unknown_chat");
    world_end(&world);
}

static void in_a_group_all_see_who(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'Three','members':['%s','%s']}", bob->id, carol->id);
    (void)world_call(bob, "typing", "{'chat':'%s','typing':true}", group_of(bob, "Three"));
    (void)world_call(carol, "typing", "{'chat':'%s','typing':true}", group_of(carol, "Three"));
    assert_int_equal(count_events(alice), 2);
    assert_string_equal(text_of(world_event(alice, "typing"), "from"), carol->id);
    assert_string_equal(text_of(world_event(alice, "typing"), "chat"), group_of(alice, "Three"));
    assert_int_equal(count_events(bob), 1);
    assert_int_equal(count_events(carol), 1);
    world_pass(&world, TYPING_LIFETIME);
    assert_int_equal(count_events(alice), 4);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(world_event(alice, "typing"), "typing")));
    world_end(&world);
}

/* Each signal uses up a message key: who misses them all must still follow the message behind them. */
static void who_misses_signals_reads_on(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 4, &alice, &bob);
    world_pass(&world, 5000); /* receipts have gone out */
    (void)world_call(bob, "disconnect", "{}");
    for (int i = 0; i < SIGNAL_MAX_SKIPPED + 20; i++) {
        type(alice, bob, "true");
        world_pass(&world, TYPING_INTERVAL);
        if (i == 100) {
            world_crash(alice); /* which doesn't forget how many there were */
            world_pass(&world, TYPING_INTERVAL);
        }
    }
    assert_int_equal(world.model->signals, SIGNAL_MAX_SKIPPED);
    (void)world_call(alice, "send", "{'to':'%s','text':'after all that'}", bob->id);
    type(alice, bob, "true");
    assert_int_equal(world.model->signals, SIGNAL_MAX_SKIPPED + 1);
    (void)world_call(bob, "connect", "{}");
    assert_texts(bob, alice->id, "hello\nhello\nafter all that\n");
    assert_null(world_event(bob, "typing"));
    world_end(&world);
}

/* The ratchet is durable before the signal goes out: no key is used twice, whenever the host dies. */
static void a_crash_around_a_signal_harms_nothing(void **state) {
    (void)state;
    for (long effects = 0; effects < 8; effects++) {
        struct world world;
        struct world_peer *alice, *bob;
        begin(&world, 5, &alice, &bob);
        alice->crash_after = effects;
        (void)world_ask(alice, "typing", "{'chat':'%s','typing':true}", bob->id);
        world_pass(&world, TYPING_INTERVAL);
        alice->crash_after = -1;
        (void)world_call(alice, "send", "{'to':'%s','text':'still here'}", bob->id);
        assert_texts(bob, alice->id, "hello\nhello\nstill here\n");
        world_end(&world);
    }
}

static void say_as_signal(struct world_peer *peer, const struct model_stream *stream, struct base_slice content) {
    struct wire_frame frame = { .type = WIRE_SIGNALLED };
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    memcpy(frame.of.signalled.stream, stream->id, WIRE_STREAM_LEN);
    frame.of.signalled.content = content;
    wire_encode(&writer, &frame);
    assert_ok(weibel_core_frame(peer->core, base_writer_view(&writer)));
    base_writer_free(&writer);
}

struct kept {
    struct model_bytes signal;
};

static void keep_signal(void *user, struct base_slice bytes) {
    struct kept *kept = (struct kept *)user;
    struct wire_frame frame;
    assert_ok(wire_decode(bytes, &frame));
    if (frame.type == WIRE_SIGNALLED && kept->signal.data == NULL) {
        kept->signal = model_copy(frame.of.signalled.content);
    }
}

static void flip(struct base_slice bytes, void *user) {
    struct world_peer *peer = (struct world_peer *)user;
    if (bytes.len != 0 && bytes.len <= WIRE_MAX_SIGNAL) {
        say_as_signal(peer, peer->world->model->streams[0], bytes);
    }
}

/* A server that calls a message a signal would use up its key; one that repeats or damages a signal gains nothing. */
static void what_is_no_signal_is_not_taken_for_one(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 6, &alice, &bob);
    const struct model_stream *stream = world.model->streams[0];
    assert_int_equal(world.model->stream_count, 1);
    (void)world_call(alice, "send", "{'to':'%s','text':'a message'}", bob->id);
    size_t before = stream->entry_count;
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'another'}", bob->id);
    assert_int_equal(stream->entry_count, before + 1);
    struct model_bytes message = model_copy(model_slice(stream->entries[before].content));
    /* Connected and live, but not told of the entry yet. */
    stream = world.model->streams[0];
    world.model->streams[0]->entry_count = before;
    (void)world_call(bob, "connect", "{}");
    world_run(&world);
    say_as_signal(bob, stream, model_slice(message));
    world.model->streams[0]->entry_count = before + 1;
    world_break(bob);
    world_pass(&world, 60000);
    assert_texts(bob, alice->id, "hello\nhello\na message\nanother\n");

    struct kept kept = { { NULL, 0 } };
    bob->on_frame = keep_signal;
    bob->on_frame_user = &kept;
    type(alice, bob, "true");
    assert_typing(bob, 1, alice, true);
    assert_non_null(kept.signal.data);
    world_pass(&world, TYPING_LIFETIME);
    assert_typing(bob, 2, alice, false);
    say_as_signal(bob, stream, model_slice(kept.signal));
    world_run(&world);
    assert_int_equal(count_events(bob), 2);
    test_each_mutation(model_slice(kept.signal), flip, bob);
    world_run(&world);
    assert_int_equal(count_events(bob), 2);
    (void)world_call(alice, "send", "{'to':'%s','text':'the end'}", bob->id);
    assert_texts(bob, alice->id, "hello\nhello\na message\nanother\nthe end\n");
    free(kept.signal.data);
    free(message.data);
    world_end(&world);
}

/* A device of an account that nobody has. */
static void make_stranger(struct world_peer *peer, struct mls_keypair *key, struct base_bytes *credential,
                          struct mls_key_package_bundle *bundle) {
    const struct base_random *random = &peer->world->random.random;
    struct identity identity = { .domain = base_slice_text("example.org") };
    uint8_t seed[IDENTITY_SEED_LEN];
    assert_ok(base_random_fill(random, seed, sizeof seed));
    assert_ok(wire_id_random(random, identity.account));
    identity_key(seed, identity.identity_key);
    assert_ok(mls_signature_key_create(&peer->core->mls, GROUP_SUITE, key));
    assert_ok(identity_write(base_allocator_libc(), &identity, seed,
                             base_slice(key->public_key.data, key->public_key.len), credential));
    struct leaf leaf = { .credential = { 0 } };
    assert_ok(leaf_make(peer->core, NULL, 0, &leaf));
    leaf.identity.credential.content = base_borrow(credential);
    leaf.identity.signature_key = key;
    assert_ok(mls_key_package_bundle_create(&peer->core->mls, GROUP_SUITE, &leaf.identity, NULL, bundle));
    leaf_free(&leaf);
}

/* To whom it is said: to groups of up to 64 accounts. */
static void large_groups_are_left_alone(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world);
    static struct mls_key_package_bundle bundles[TYPING_MAX_MEMBERS];
    static struct mls_proposal_input adds[TYPING_MAX_MEMBERS];
    for (size_t i = 0; i < TYPING_MAX_MEMBERS; i++) {
        struct mls_keypair key;
        struct base_bytes credential = { 0 };
        make_stranger(alice, &key, &credential, &bundles[i]);
        adds[i] =
            (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD, .key_package = base_borrow(&bundles[i].message) };
        base_bytes_free(&credential);
    }
    for (size_t more = 0; more < 2; more++) {
        struct chat chat = { .kind = CHAT_GROUP, .name = "G" };
        struct group group = { .chat = &chat, .state = GROUP_OPEN, .live = true };
        struct mls_commit_output output = { .message = { 0 } };
        assert_ok(group_create_mls(alice->core, &chat, &group.mls));
        assert_ok(list_add(&chat.groups, base_allocator_libc(), &group));
        assert_ok(mls_group_commit(
            group.mls,
            &(struct mls_commit_options){ .proposals = adds, .proposal_count = TYPING_MAX_MEMBERS - 1 + more },
            &output));
        assert_ok(mls_group_merge_pending(group.mls));
        typing_say(alice->core, &chat, true);
        assert_ok(typing_pump(alice->core, &chat));
        assert_int_equal(chat.typing_told, more == 0);
        mls_commit_output_free(&output);
        mls_group_free(group.mls);
        (void)list_take(&chat.groups, 0);
        list_free(&chat.groups, base_free);
    }
    for (size_t i = 0; i < TYPING_MAX_MEMBERS; i++) {
        mls_key_package_bundle_free(&bundles[i]);
    }
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_shown_until_it_ends),
        cmocka_unit_test(it_is_said_seldom_and_only_to_who_is_there),
        cmocka_unit_test(in_a_group_all_see_who),
        cmocka_unit_test(who_misses_signals_reads_on),
        cmocka_unit_test(a_crash_around_a_signal_harms_nothing),
        cmocka_unit_test(what_is_no_signal_is_not_taken_for_one),
        cmocka_unit_test(large_groups_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
