/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whom a core does not trust: a server that exchanges keys, and members that let strangers in.
 */
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "test/result.h"

static void an_exchanged_identity_key_is_refused(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world.model->accounts[1].identity_key[0] ^= 1;
    assert_string_equal(world_error(alice, "group.create", "{'name':'G','members':['%s']}", bob->id),
                        "identity_changed");
    world_end(&world);
}

static void key_packages_of_somebody_else_are_refused(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_add(&world);
    /* The server gives out its own account's device for bob's. */
    struct model_account *victim = &world.model->accounts[1], *stranger = &world.model->accounts[2];
    struct model_bytes packages[MODEL_PACKAGES];
    memcpy(packages, victim->packages, sizeof packages);
    memcpy(victim->packages, stranger->packages, sizeof packages);
    memcpy(stranger->packages, packages, sizeof packages);
    assert_string_equal(world_error(alice, "group.create", "{'name':'G','members':['%s']}", bob->id),
                        "identity_changed");
    (void)world_call(alice, "send", "{'to':'%s','text':'for bob alone'}", bob->id);
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "failed");
    assert_int_equal(world.model->stream_count, 0);
    world_end(&world);
}

static void nobody_is_let_into_a_direct_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(alice, "contact.add", "{'id':'%s'}", carol->id);

    /* A changed client of alice's commits what ours would not. */
    struct weibel_core *changed = alice->core;
    changed->mls.callbacks.commit = NULL;
    struct chat *chat = (struct chat *)changed->chats.items[0];
    uint64_t *stranger = (uint64_t *)base_take(&alice->alloc.allocator, 1, sizeof *stranger);
    for (size_t i = 0; i < changed->contacts.count; i++) {
        const struct contact *contact = (const struct contact *)changed->contacts.items[i];
        *stranger = contact->number != chat->peer ? contact->number : *stranger;
    }
    struct change change = { .kind = CHANGE_ADD, .contacts = stranger, .contact_count = 1 };
    assert_ok(change_begin(changed, chat, &change, NULL));
    assert_ok(weibel_core_tick(changed));
    world_pass(&world, 5000);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(carol, "chats", "{}"), "chats")), 0);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "unreadable");

    /* What bob writes from now on goes to alice alone, in a new group. */
    (void)world_call(bob, "send", "{'to':'%s','text':'for alice alone'}", alice->id);
    world_pass(&world, 5000);
    assert_texts(alice, bob->id, "hello\nfor alice alone\n");
    assert_int_equal(world.model->stream_count, 2);
    world_end(&world);
}

/* A member appends a commit as if it were a message: the server keeps the old token. Who entered the epoch would be
 * locked out. */
static void a_smuggled_commit_is_not_followed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    double epoch = number_of(world_call(bob, "group.info", "{'chat':'G'}"), "epoch");
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    struct model_stream *stream = world.model->streams[0];
    stream->entries[stream->entry_count - 1].kind = WIRE_KIND_MESSAGE;
    stream->epoch_count--;
    stream->epochs[stream->epoch_count - 1].last = 0;
    stream->last_commit = stream->epochs[stream->epoch_count - 1].after;
    (void)world_call(bob, "connect", "{}");
    world_run(&world);
    assert_string_equal(text_of(world_event(bob, "message"), "notice"), "unreadable");
    assert_true(number_of(world_call(bob, "group.info", "{'chat':'G'}"), "epoch") == epoch);
    assert_string_equal(text_of(world_event(bob, "connection"), "state"), "online");
    (void)world_call(bob, "send", "{'chat':'G','text':'still here'}");
    assert_string_equal(text_of(world_event(bob, "message_state"), "state"), "sent");
    world_end(&world);
}

static void an_inbox_full_of_rubbish_does_no_harm(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "disconnect", "{}");
    struct model_account *account = &world.model->accounts[1];
    for (size_t i = 0; i < 200; i++) {
        struct model_entry *entry = &account->inbox[account->inbox_count++];
        size_t len = 1 + test_random_below(&world.random, 200);
        *entry = (struct model_entry){ .number = ++account->inbox_next };
        entry->content.data = (uint8_t *)malloc(len);
        entry->content.len = len;
        assert_true(base_random_fill(&world.random.random, entry->content.data, len) == BASE_OK);
        entry->content.data[0] = 1; /* the version of a letter … */
        if (len > 1) {
            entry->content.data[1] = 1; /* … and its kind */
        }
    }
    (void)world_call(alice, "send", "{'to':'%s','text':'among it'}", bob->id);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "among it\n");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats")), 1);
    world_end(&world);
}

/* Carries out what a core wants, without a server. `asked` gets the numbers of its reads by type, 0 where there is
 * none. */
static void note_reads(struct weibel_core *core, uint32_t asked[UINT8_MAX]) {
    struct weibel_effect effect;
    memset(asked, 0, UINT8_MAX * sizeof *asked);
    while (weibel_core_next(core, &effect)) {
        struct wire_frame frame;
        if (effect.kind == WEIBEL_EFFECT_STORE) {
            assert_ok(weibel_core_stored(core, true));
        } else if (effect.kind == WEIBEL_EFFECT_FRAME) {
            assert_ok(wire_decode(effect.of.frame, &frame));
            asked[frame.type] = frame.request;
        }
    }
}

static void say(struct weibel_core *core, const struct wire_frame *frame) {
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    assert_ok(weibel_core_frame(core, base_writer_view(&writer)));
    base_writer_free(&writer);
}

static void a_server_that_promises_more_without_end_is_left_alone(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 1000);
    struct weibel_core *core = bob->core;
    struct group *group = (struct group *)((struct chat *)core->chats.items[0])->groups.items[0];
    uint32_t asked[UINT8_MAX];
    group->live = false;
    core->session.inbox_live = false;
    assert_ok(weibel_core_tick(core));
    note_reads(core, asked);
    assert_true(asked[WIRE_READ] == 0 && asked[WIRE_INBOX_READ] != 0);

    struct wire_frame letters = { .type = WIRE_INBOX_ENTRIES, .request = asked[WIRE_INBOX_READ] };
    letters.of.inbox_entries.flags = WIRE_MORE;
    say(core, &letters);
    note_reads(core, asked);
    assert_true(asked[WIRE_READ] != 0 && asked[WIRE_INBOX_READ] == 0);
    struct wire_frame more = { .type = WIRE_ENTRIES, .request = asked[WIRE_READ] };
    more.of.entries.flags = WIRE_MORE;
    memcpy(more.of.entries.stream, group->id, WIRE_STREAM_LEN);
    say(core, &more);
    note_reads(core, asked);
    assert_int_equal(asked[WIRE_READ], 0);
    assert_int_equal(asked[WIRE_INBOX_READ], 0);
    assert_true(group->retry_at > world.clock.now);
    world_end(&world);
}

static void an_answer_to_something_else_ends_the_connection(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 1000);
    struct weibel_core *core = bob->core;
    ((struct group *)((struct chat *)core->chats.items[0])->groups.items[0])->live = false;
    assert_ok(weibel_core_tick(core));
    uint32_t asked[UINT8_MAX];
    note_reads(core, asked);
    struct wire_frame done = { .type = WIRE_DONE, .request = asked[WIRE_READ] };
    say(core, &done);
    note_reads(core, asked);
    assert_int_equal(asked[WIRE_READ], 0);
    world_break(bob);
    world_pass(&world, 10000);
    (void)world_call(alice, "send", "{'to':'%s','text':'all is well again'}", bob->id);
    assert_texts(bob, alice->id, "hello\nall is well again\n");
    world_end(&world);
}

static void a_deletion_that_is_refused_ends_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    size_t before = bob->line_count;
    world.model->refuse.code = WIRE_REFUSED_UNAVAILABLE;
    world.model->refuse.type = WIRE_INBOX_DELETE;
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 1000);
    assert_int_equal(world.model->refuse.code, 0);
    assert_texts(bob, alice->id, "hello\n");
    for (size_t i = before; i < bob->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(bob->lines[i], "method");
        assert_false(cJSON_IsString(method) && strcmp(method->valuestring, "connection") == 0);
    }
    world_end(&world);
}

static void a_stranger_is_heard_when_the_server_has_vouched_for_him(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    size_t packages = world.model->accounts[2].package_count;
    world.model->refuse.type = WIRE_GET_IDENTITIES;
    world.model->refuse.code = WIRE_REFUSED_UNAVAILABLE;
    world.model->refuse.argument = 10000;
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    world_run(&world);
    (void)world_call(carol, "send", "{'chat':'G','text':'one'}");
    (void)world_call(alice, "send", "{'chat':'G','text':'two'}");
    world_run(&world);
    assert_int_equal(world.model->refuse.code, 0);
    assert_texts(bob, group_of(bob, "G"), ""); /* held back … */
    world_pass(&world, 20000);
    assert_texts(bob, group_of(bob, "G"), "one\ntwo\n");                    /* … not lost */
    assert_int_equal(world.model->accounts[2].package_count, packages - 1); /* alice's */
    world_end(&world);
}

/* Nor is he heard by what it says of others; it is asked on, but not without end. */
static void an_answer_about_others_vouches_for_nobody(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    world.model->mixed_up = true;
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "send", "{'chat':'G','text':'one'}");
    assert_string_equal(world_error(bob, "contact.safety", "{'id':'%s'}", carol->id), "unavailable");
    world_pass(&world, 10000);
    assert_texts(bob, group_of(bob, "G"), "");
    assert_in_range(world.model->asked[WIRE_GET_IDENTITIES], 3, 13);
    world.model->mixed_up = false;
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "one\n");
    assert_int_equal(bob->core->contacts.count, 2); /* alice and carol: what was said of others has made none */
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exchanged_identity_key_is_refused),
        cmocka_unit_test(key_packages_of_somebody_else_are_refused),
        cmocka_unit_test(nobody_is_let_into_a_direct_chat),
        cmocka_unit_test(a_smuggled_commit_is_not_followed),
        cmocka_unit_test(a_server_that_promises_more_without_end_is_left_alone),
        cmocka_unit_test(an_answer_to_something_else_ends_the_connection),
        cmocka_unit_test(a_deletion_that_is_refused_ends_nothing),
        cmocka_unit_test(a_stranger_is_heard_when_the_server_has_vouched_for_him),
        cmocka_unit_test(an_answer_about_others_vouches_for_nobody),
        cmocka_unit_test(an_inbox_full_of_rubbish_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
