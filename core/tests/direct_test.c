/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two accounts write to each other.
 */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "group.h"
#include "letter.h"
#include "test/result.h"

static void messages_go_both_ways(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);

    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    assert_string_equal(text_of(sent, "state"), "queued");
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "sent");
    const cJSON *came = world_event(bob, "message");
    assert_string_equal(text_of(came, "text"), "hello");
    assert_string_equal(text_of(came, "from"), alice->id);
    assert_string_equal(text_of(came, "id"), text_of(sent, "id"));

    (void)world_call(bob, "send", "{'to':'%s','text':'and back','reply_to':'%s'}", alice->id, text_of(came, "id"));
    assert_string_equal(text_of(world_event(alice, "message"), "reply_to"), text_of(sent, "id"));
    (void)world_call(alice, "send", "{'chat':'%s','text':'third'}", bob->id);
    assert_texts(alice, bob->id, "hello\nand back\nthird\n");
    assert_texts(bob, alice->id, "hello\nand back\nthird\n");
    world_end(&world);
}

static void what_was_shown_is_not_shown_again(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    for (int i = 0; i < 5; i++) {
        (void)world_call(alice, "send", "{'to':'%s','text':'number %d'}", bob->id, i);
    }
    const cJSON *got = world_call(bob, "receive", "{'limit':2}");
    const cJSON *messages = cJSON_GetObjectItem(got, "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 2);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(got, "more")));
    double arrival = number_of(cJSON_GetArrayItem(messages, 1), "arrival");

    /* Not acknowledged: a crash shows them again. */
    world_crash(bob);
    messages = cJSON_GetObjectItem(world_call(bob, "receive", "{'limit':2}"), "messages");
    assert_string_equal(text_of(cJSON_GetArrayItem(messages, 0), "text"), "number 0");
    (void)world_call(bob, "seen", "{'arrival':%.0f}", arrival);
    world_crash(bob);
    got = world_call(bob, "receive", "{}");
    messages = cJSON_GetObjectItem(got, "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 3);
    assert_string_equal(text_of(cJSON_GetArrayItem(messages, 0), "text"), "number 2");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(got, "more")));
    const cJSON *chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats"), 0);
    assert_int_equal((int)number_of(chat, "unread"), 5); /* what was shown was not read */
    (void)world_call(bob, "seen", "{'arrival':%.0f}", number_of(cJSON_GetArrayItem(messages, 2), "arrival"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "receive", "{}"), "messages")), 0);
    world_end(&world);
}

static void what_is_written_offline_goes_out_later_in_order(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "disconnect", "{}");
    for (int i = 0; i < 3; i++) {
        (void)world_call(alice, "send", "{'to':'%s','text':'number %d'}", bob->id, i);
    }
    assert_int_equal((int)number_of(world_call(alice, "status", "{}"), "queued"), 3);
    world_crash(alice);
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "number 0\nnumber 1\nnumber 2\n");
    assert_int_equal((int)number_of(world_call(alice, "status", "{}"), "queued"), 0);

    /* And what comes while one is away is there when one is back. */
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'while away'}", bob->id);
    (void)world_call(bob, "connect", "{}");
    world_run(&world);
    assert_texts(bob, alice->id, "number 0\nnumber 1\nnumber 2\nwhile away\n");
    assert_string_equal(text_of(world_event(bob, "connection"), "state"), "online");
    world_end(&world);
}

static void two_chats_begun_at_once_become_one(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_ask(alice, "send", "{'to':'%s','text':'from alice'}", bob->id);
        (void)world_ask(bob, "send", "{'to':'%s','text':'from bob'}", alice->id);
        world_pass(&world, 1000);
        (void)world_call(alice, "send", "{'to':'%s','text':'more'}", bob->id);
        (void)world_call(bob, "send", "{'to':'%s','text':'and more'}", alice->id);
        world_pass(&world, 1000);
        assert_texts(alice, bob->id, "from alice\nfrom bob\nmore\nand more\n");
        assert_texts(bob, alice->id, "from bob\nfrom alice\nmore\nand more\n");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(alice, "chats", "{}"), "chats")), 1);
        world_end(&world);
    }
}

struct reads {
    const struct model *model;
    size_t before_inbox; /* reads of streams that were asked for when the inbox came */
};

static void count_reads(void *user, struct base_slice frame) {
    struct reads *reads = (struct reads *)user;
    struct wire_frame decoded;
    if (wire_decode(frame, &decoded) == BASE_OK && decoded.type == WIRE_INBOX_ENTRIES && reads->before_inbox == 0) {
        reads->before_inbox = reads->model->asked[WIRE_READ];
    }
}

/* An invitation into another group of the same chat was sent before anything that stands in this one since then. */
static void the_inbox_is_read_before_a_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    struct reads reads = { world.model, 0 };
    size_t before = world.model->asked[WIRE_READ];
    bob->on_frame = count_reads;
    bob->on_frame_user = &reads;
    (void)world_call(bob, "connect", "{}");
    world_run(&world);
    assert_int_equal(reads.before_inbox, before);
    assert_int_equal(world.model->asked[WIRE_READ], before + 1);
    assert_texts(bob, alice->id, "one\ntwo\n");
    world_end(&world);
}

/* The server tells of the newest letter while those before it are being read. */
static void push_the_last(void *user, struct base_slice frame) {
    struct world_peer *peer = (struct world_peer *)user;
    struct wire_frame decoded;
    if (wire_decode(frame, &decoded) != BASE_OK || decoded.type != WIRE_INBOX_ENTRIES || decoded.request == 0) {
        return;
    }
    struct wire_inbox_entries last = { .entries = decoded.of.inbox_entries.entries };
    struct base_reader reader = base_reader(last.entries);
    while (reader.left > 0) {
        struct wire_entry entry;
        last.entries = base_slice(reader.next, reader.left);
        assert_ok(wire_entry_next(&reader, &entry));
    }
    peer->on_frame = NULL;
    assert_ok(letter_pushed(peer->core, &last));
}

static void no_letter_is_passed_over(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 11);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "group.create", "{'name':'one','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    (void)world_call(alice, "group.create", "{'name':'two','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    bob->on_frame = push_the_last;
    bob->on_frame_user = bob;
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 5000);
    assert_null(bob->on_frame);
    assert_int_equal(bob->core->chats.count, 2);
    world_end(&world);
}

struct order {
    struct world_peer *peer;
    const struct chat *chat;
    struct group *last; /* of which entries have come */
    size_t groups;
};

static void note_order(void *user, struct base_slice frame) {
    struct order *order = (struct order *)user;
    struct wire_frame decoded;
    if (wire_decode(frame, &decoded) != BASE_OK || decoded.type != WIRE_ENTRIES) {
        return;
    }
    struct group *group = group_find(order->peer->core, decoded.of.entries.stream);
    if (group != NULL && group->chat == order->chat && group != order->last) {
        assert_true(order->last == NULL || chat_comes_before(group, order->last));
        order->last = group;
        order->groups++;
    }
}

/* Who comes into one group of a chat after the other writes into the first of those that he is in: what was written
 * there before stands in one that is behind it, for all who were there. */
static void the_groups_of_a_chat_are_read_from_the_last_one_on(void **state) {
    (void)state;
    for (uint64_t seed = 40; seed < 50; seed++) {
        struct world world;
        world_init(&world, seed);
        struct world_peer *alice = world_add(&world), *phone = world_link(alice), *bob = world_add(&world);
        (void)world_ask(alice, "send", "{'to':'%s','text':'from alice'}", bob->id);
        (void)world_ask(phone, "send", "{'to':'%s','text':'from the phone'}", bob->id);
        (void)world_ask(bob, "send", "{'to':'%s','text':'from bob'}", alice->id);
        world_pass(&world, 60 * 1000);
        const struct contact *contact = (const struct contact *)bob->core->contacts.items[0];
        struct order order = { bob, chat_with(bob->core, contact->number), NULL, 0 };
        assert_int_equal(order.chat->groups.count, 3);
        (void)world_call(bob, "disconnect", "{}");
        bob->on_frame = note_order;
        bob->on_frame_user = &order;
        (void)world_call(bob, "connect", "{}");
        world_run(&world);
        assert_int_equal(order.groups, 3);
        world_end(&world);
    }
}

static void an_unknown_id_is_told(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world);
    assert_string_equal(world_error(alice, "send", "{'to':'7K2M-9QXB','text':'hello'}"), "no_account");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'hello'}", alice->id), "self");
    /* One that could exist: only the server knows that it doesn't. */
    uint8_t id[WIRE_ACCOUNT_LEN];
    char text[WIRE_ID_TEXT_LEN + 1];
    assert_true(wire_id_random(&world.random.random, id) == BASE_OK);
    wire_id_format(id, text);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", text);
    const cJSON *event = world_event(alice, "message_state");
    assert_string_equal(text_of(event, "state"), "failed");
    assert_string_equal(text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(event, "error"), "data"), "name"),
                        "no_account");
    const cJSON *history = world_call(alice, "history", "{'chat':'%s'}", text);
    const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItem(history, "messages"), 0);
    assert_string_equal(text_of(message, "state"), "failed");
    world_end(&world);
}

static void messages_disappear(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'stays'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'goes','expire':60}", bob->id);
    const cJSON *came = world_event(bob, "message");
    assert_int_equal((int)number_of(came, "expire"), 60);
    assert_null(cJSON_GetObjectItem(came, "expires_at"));
    double number = number_of(came, "number");

    /* For its author from when it was sent, for the others from when they have read it. */
    world_pass(&world, 59 * 1000);
    assert_texts(alice, bob->id, "stays\ngoes\n");
    world_pass(&world, 2000);
    assert_texts(alice, bob->id, "stays\n");
    world_pass(&world, 24 * 3600 * 1000);
    assert_texts(bob, alice->id, "stays\ngoes\n");
    (void)world_call(bob, "read", "{'chat':'%s','number':%.0f}", alice->id, number - 1);
    world_pass(&world, 3600 * 1000);
    assert_texts(bob, alice->id, "stays\ngoes\n");
    (void)world_call(bob, "read", "{'chat':'%s','number':%.0f}", alice->id, number);
    double read_at = (double)world.clock.now;
    world_crash(bob);
    const cJSON *history = cJSON_GetObjectItem(world_call(bob, "history", "{'chat':'%s'}", alice->id), "messages");
    const cJSON *read = cJSON_GetArrayItem(history, cJSON_GetArraySize(history) - 1);
    assert_null(cJSON_GetObjectItem(read, "expire"));
    assert_in_range((uint64_t)(number_of(read, "expires_at") - read_at), 59 * 1000, 60 * 1000);
    world_pass(&world, 58 * 1000);
    assert_texts(bob, alice->id, "stays\ngoes\n");
    world_pass(&world, 2000);
    assert_texts(bob, alice->id, "stays\n");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "receive", "{}"), "messages")), 1);
    world_end(&world);
}

/* What a face has shown counts as read; what waits for a connection waits as long as it takes. */
static void the_time_of_a_message_begins_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'goes','expire':60}", bob->id);
    world_pass(&world, 3600 * 1000);
    world_crash(alice);
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "goes\n");
    assert_texts(alice, bob->id, "goes\n");
    (void)world_call(bob, "seen", "{'arrival':%.0f}", number_of(world_event(bob, "message"), "arrival"));
    world_pass(&world, 30 * 1000);
    (void)world_call(bob, "read", "{'chat':'%s','number':9}", alice->id);
    world_pass(&world, 31 * 1000);
    assert_texts(bob, alice->id, "");
    assert_texts(alice, bob->id, "");
    world_end(&world);
}

static void deleted_entries_leave_a_visible_gap(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'three'}", bob->id);
    struct model_stream *stream = world.model->streams[0];
    free(stream->entries[stream->entry_count - 2].content.data);
    stream->entries[stream->entry_count - 2].content = (struct model_bytes){ 0 };
    (void)world_call(bob, "connect", "{}");
    world_run(&world);
    assert_texts(bob, alice->id, "one\nthree\n");
    const cJSON *messages = cJSON_GetObjectItem(world_call(bob, "receive", "{}"), "messages");
    assert_string_equal(text_of(cJSON_GetArrayItem(messages, 2), "notice"), "gap");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_go_both_ways),
        cmocka_unit_test(what_was_shown_is_not_shown_again),
        cmocka_unit_test(what_is_written_offline_goes_out_later_in_order),
        cmocka_unit_test(two_chats_begun_at_once_become_one),
        cmocka_unit_test(the_inbox_is_read_before_a_chat),
        cmocka_unit_test(no_letter_is_passed_over),
        cmocka_unit_test(the_groups_of_a_chat_are_read_from_the_last_one_on),
        cmocka_unit_test(an_unknown_id_is_told),
        cmocka_unit_test(messages_disappear),
        cmocka_unit_test(the_time_of_a_message_begins_once),
        cmocka_unit_test(deleted_entries_leave_a_visible_gap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
