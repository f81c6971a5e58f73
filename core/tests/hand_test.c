/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages for new members of a group: handed on where the policy says so, taken from who has added them alone,
 * and never for more than they are.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "contact.h"
#include "content/content.h"
#include "content/part.h"
#include "group.h"
#include "handing.h"
#include "post.h"
#include "sync.h"
#include "test/mutate.h"
#include "test/result.h"

enum { MINUTE = 60 * 1000, MADE_UP = HAND_MAX_CONTACTS + 50 };

/* Says how many `message` events had this text. */
static int told(const struct world_peer *peer, const char *text) {
    int count = 0;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i], "method");
        const cJSON *params = cJSON_GetObjectItem(peer->lines[i], "params");
        const cJSON *said = cJSON_GetObjectItem(params, "text");
        bool is_it = method != NULL && strcmp(method->valuestring, "message") == 0 && cJSON_IsString(said) &&
                     strcmp(said->valuestring, text) == 0;
        count += is_it ? 1 : 0;
    }
    return count;
}

static void what_was_written_is_handed_on(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 1, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(alice, "send", "{'chat':'G','text':'too old'}");
    world_pass(&world, (uint64_t)91 * 24 * 60 * MINUTE);
    (void)world_call(alice, "send", "{'chat':'G','text':'first'}");
    (void)world_call(bob, "send", "{'chat':'G','text':'secnd'}");
    const char *second = text_of(world_event(alice, "message"), "id");
    (void)world_call(bob, "edit", "{'id':'%s','text':'second'}", second);
    (void)world_call(alice, "send", "{'chat':'G','text':'deleted'}");
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", text_of(world_event(bob, "message"), "id"));
    (void)world_call(bob, "send", "{'chat':'G','text':'fleeting','expire':100000}");
    world_pass(&world, MINUTE);
    handing_add(alice, carol);
    (void)world_call(bob, "send", "{'chat':'G','text':'from now on'}");
    assert_texts(carol, group_of(carol, "G"), "first\nsecond\nfrom now on\n");
    assert_notice(carol, alice, "%s handed on 2 earlier messages");
    assert_string_equal(handing_notice(bob), "");
    const cJSON *message;
    int handed = 0;
    cJSON_ArrayForEach(message, handing_messages(carol)) {
        const cJSON *by = cJSON_GetObjectItem(message, "handed_by");
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(message, "own")));
        if (by != NULL) {
            assert_string_equal(by->valuestring, alice->id);
            assert_string_equal(text_of(message, "from"), handed == 0 ? alice->id : bob->id);
            assert_null(cJSON_GetObjectItem(message, "arrival"));
            handed++;
        }
    }
    assert_int_equal(handed, 2);
    assert_int_equal(told(carol, "first") + told(carol, "second"), 0);
    assert_int_equal(
        number_of(cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(carol, "chats", "{}"), "chats"), 0), "unread"), 1);
    assert_over(&world);

    /* Whose they are changes them, as others' messages; nobody else does. */
    (void)world_call(bob, "edit", "{'id':'%s','text':'once more'}", second);
    (void)world_call(carol, "react", "{'id':'%s','emoji':'x'}", second);
    world_pass(&world, MINUTE);
    const cJSON *edited = world_call(carol, "message", "{'id':'%s'}", second);
    assert_string_equal(text_of(edited, "text"), "once more");
    assert_string_equal(text_of(edited, "handed_by"), alice->id);
    assert_int_equal(
        cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "message", "{'id':'%s'}", second), "reactions")), 1);
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", second);
    assert_texts(carol, group_of(carol, "G"), "first\n\nfrom now on\n");
    world_end(&world);
}

static void not_without_the_policy_nor_by_a_link(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 2, "forbidden");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(bob, "send", "{'chat':'G','text':'before'}");
    handing_add(alice, carol);
    assert_empty(carol);
    assert_int_equal(world.model->door_count, 0);

    /* Allowed afterwards, and for the next one; who comes by a link was added by nobody. */
    struct world_peer *dora = world_add(&world), *emil = world_add(&world);
    (void)world_call(alice, "group.set", "{'chat':'G','history':'optional'}");
    world_pass(&world, MINUTE);
    char link[256];
    (void)snprintf(link, sizeof link, "%s",
                   text_of(world_call(alice, "group.link", "{'chat':'G','enabled':true}"), "link"));
    world_pass(&world, MINUTE);
    (void)world_call(dora, "group.join", "{'link':'%s'}", link);
    world_pass(&world, MINUTE);
    assert_empty(dora);
    handing_add(carol, emil);
    assert_empty(emil); /* carol has nothing that she could hand on */
    (void)world_call(bob, "send", "{'chat':'G','text':'after'}");
    struct world_peer *fred = world_add(&world);
    handing_add(carol, fred);
    assert_texts(fred, group_of(fred, "G"), "after\n");
    assert_notice(fred, carol, "%s handed on an earlier message");
    assert_texts(dora, group_of(dora, "G"), "after\n");
    assert_over(&world);
    world_end(&world);
}

/* The policy of the moment in which it is told counts: for who tells it, and for who hears it. */
static void forbidden_before_it_is_told(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct world world;
        handing_make(&world, 24, "optional");
        struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
        (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'admin'}", bob->id);
        handing_add(alice, carol); /* there is nothing to hand on: she waits for what alice may say */
        struct chat *chat = (struct chat *)alice->core->chats.items[0];
        const struct group *group = chat_writing_group(chat);
        struct lie lie;
        lie_begin(&lie, alice);
        lie_say(&lie, bob->id, 1, "before", 0);
        world.deaf = true;
        if (first == 0) { /* alice hears of it before she knows that it lies there */
            (void)world_ask(bob, "group.set", "{'chat':'G','history':'forbidden'}");
            world_run(&world);
        }
        (void)lie_tell(&lie, &world, 0, 0);
        assert_ok(weibel_core_tick(alice->core));
        world_run(&world);
        if (first == 1) { /* or when she is telling it already */
            (void)world_ask(bob, "group.set", "{'chat':'G','history':'forbidden'}");
            world_run(&world);
        }
        assert_non_null(hand_find(alice->core, chat->number, true));
        world.deaf = false;
        size_t sent = alice->counts.sent;
        world_pass(&world, MINUTE);
        assert_empty(carol);
        assert_true(alice->counts.sent - sent < 200 || first == 1); /* bytes: a message has more, and none went out */
        assert_false(hand_is_allowed(group));
        assert_over(&world);
        world_end(&world);
    }
}

/* Those who come together, and all of their devices, get the same; whoever was handed something hands on no hearsay. */
static void each_device_of_who_comes_gets_it(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 3, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    struct world_peer *dora = world_add(&world), *phone = world_link(carol);
    char text[60 * 1024 + 1];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 6; i++) {
        (void)world_call(i % 2 == 0 ? alice : bob, "send", "{'chat':'G','text':'%s'}", text);
    }
    (void)world_call(bob, "send", "{'chat':'G','text':'last'}");
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s','%s']}", carol->id, dora->id);
    world_pass(&world, MINUTE);
    struct world_peer *const got[] = { carol, phone, dora };
    for (size_t i = 0; i < 3; i++) {
        assert_notice(got[i], alice, "%s handed on 7 earlier messages");
    }
    assert_int_equal(world.model->door_count, 2); /* 360 KiB, once for all */
    struct world_peer *emil = world_add(&world);
    handing_add(dora, emil);
    assert_empty(emil);

    /* A device that comes later has it from its own account. */
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(world_call(carol, "device.link", "{'history':true}"), "link"));
    struct world_peer *tablet = world_add_empty(&world);
    (void)world_call(tablet, "create", "{'passphrase':'correct horse'}");
    (void)world_call(tablet, "activate", "{'link':'%s'}", link);
    world_pass(&world, 4 * MINUTE);
    const cJSON *message;
    int handed = 0;
    cJSON_ArrayForEach(message, handing_messages(tablet)) {
        const cJSON *by = cJSON_GetObjectItem(message, "handed_by");
        handed += by != NULL && strcmp(by->valuestring, alice->id) == 0 ? 1 : 0;
    }
    assert_int_equal(handed, 7);
    world_end(&world);
}

/* What is done with a message behind the word of where it lies is done with it when it is there. */
static void what_changes_meanwhile_is_seen(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 20, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    char ids[3][32];
    for (int i = 0; i < 3; i++) {
        (void)world_call(bob, "send", "{'chat':'G','text':'%d'}", i);
        (void)snprintf(ids[i], sizeof ids[i], "%s", text_of(world_event(alice, "message"), "id"));
    }
    (void)world_call(carol, "disconnect", "{}");
    handing_add(alice, carol);
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", ids[0]);
    (void)world_call(bob, "edit", "{'id':'%s','text':'edited'}", ids[1]);
    (void)world_call(bob, "react", "{'id':'%s','emoji':'x'}", ids[2]);
    (void)world_call(alice, "group.set", "{'chat':'G','description':'another epoch'}");
    world_pass(&world, MINUTE);
    (void)world_call(bob, "send", "{'chat':'G','text':'on'}");
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, MINUTE);
    assert_texts(carol, group_of(carol, "G"), "\nedited\n2\non\n");
    const cJSON *reactions = cJSON_GetObjectItem(world_call(carol, "message", "{'id':'%s'}", ids[2]), "reactions");
    assert_int_equal(cJSON_GetArraySize(reactions), 1);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);

    /* What was gathered before it was changed is gathered again. */
    struct weibel_core *core = alice->core;
    struct chat *chat = (struct chat *)core->chats.items[0];
    size_t doors = world.model->door_count;
    assert_ok(hand_added(core, chat_writing_group(chat)));
    world.deaf = true;
    assert_ok(weibel_core_tick(core));
    assert_true(weibel_core_waits(core)); /* who ends it at once lets the new member wait */
    world_run(&world);
    assert_true(tree_put_is_begun(&hand_find(core, chat->number, true)->put));
    assert_int_equal(world.model->door_count, doors + 1);
    hand_changed(core, &(struct message){ .chat = chat->number, .number = 1 });
    assert_false(tree_put_is_begun(&hand_find(core, chat->number, true)->put));
    world.deaf = false;
    world.deaf = false;
    world_pass(&world, MINUTE);
    assert_int_equal(world.model->door_count, doors + 2);
    assert_over(&world);
    world_end(&world);
}

static void refuse_item(struct base_slice bytes, void *user) {
    struct base_reader reader = base_reader(bytes);
    struct hand_item item;
    (void)user;
    assert_result(&BASE_ERR_TRUNCATED, hand_item_read(&reader, &item));
}

/* What is read of a damaged item has one form, and becomes a message or nothing. */
static void try_item(struct base_slice bytes, void *user) {
    struct weibel_core *core = (struct weibel_core *)user;
    struct base_reader reader = base_reader(bytes);
    struct hand_item item;
    if (hand_item_read(&reader, &item) != BASE_OK) {
        return;
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), bytes.len);
    struct message message BASE_CLEANUP(message_free) = { 0 };
    hand_item_write(&writer, &item);
    assert_true(base_slice_equal(base_writer_view(&writer), base_slice(bytes.data, bytes.len - reader.left)));
    base_result result = hand_item_message(core, (const struct chat *)core->chats.items[0], &item, &message);
    assert_true(result == BASE_OK || !trouble_is_fatal(result));
}

static void a_damaged_item_does_no_harm(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 21, "optional");
    struct world_peer *alice = &world.peers[0];
    struct weibel_core *core = alice->core;
    struct lie lie;
    lie_begin(&lie, alice);
    lie_poll(&lie, world.peers, 2, SIZE_MAX);
    struct base_slice bundle = base_writer_view(&lie.bundle), bytes = base_slice(bundle.data + 1, bundle.len - 1);
    test_each_truncation(bytes, refuse_item, NULL);
    test_each_bit_flip(bytes, try_item, core);
    struct base_reader reader = base_reader(bytes);
    struct hand_item item;
    assert_ok(hand_item_read(&reader, &item));
    base_result result = &BASE_ERR_NO_MEMORY;
    for (size_t at = 0; result != BASE_OK; at++) {
        struct message message BASE_CLEANUP(message_free) = { 0 };
        alice->alloc.fail_at = alice->alloc.calls + at;
        result = hand_item_message(core, (const struct chat *)core->chats.items[0], &item, &message);
        alice->alloc.fail_at = SIZE_MAX;
        assert_true(result == BASE_OK ? at > 0 : result == &BASE_ERR_NO_MEMORY);
    }
    base_writer_free(&lie.bundle);
    world_end(&world);
}

static void it_counts_once_and_from_who_has_added_alone(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 4, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    handing_add(alice, carol); /* there is nothing to hand on: she waits for what alice may say */
    struct lie lie;
    lie_begin(&lie, bob);
    lie_say(&lie, bob->id, 1, "from another", 0);
    (void)lie_tell(&lie, &world, 0, 0);
    lie_spread(&lie, &world);
    assert_empty(carol);

    lie_begin(&lie, alice);
    lie_say(&lie, bob->id, 2, "for others", 0);
    (void)lie_tell(&lie, &world, 1, 2);
    lie_spread(&lie, &world);
    assert_empty(carol);

    lie_begin(&lie, alice);
    lie_say(&lie, bob->id, 3, "once", 0);
    (void)lie_tell(&lie, &world, -1, 0);
    lie_spread(&lie, &world);
    assert_texts(carol, group_of(carol, "G"), "once\n");
    assert_notice(carol, alice, "%s handed on an earlier message");
    assert_empty(bob);

    lie_begin(&lie, alice);
    lie_say(&lie, bob->id, 4, "twice", 0);
    (void)lie_tell(&lie, &world, 0, 0);
    lie_spread(&lie, &world);
    assert_texts(carol, group_of(carol, "G"), "once\n");
    assert_over(&world);
    world_end(&world);
}

static void what_is_not_as_it_was_told_is_not_taken(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct world world;
        handing_make(&world, 5, "optional");
        struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
        handing_add(alice, carol);
        struct lie lie;
        lie_begin(&lie, alice);
        lie.bundle.data[0] = i == 0 ? HAND_VERSION + 1 : HAND_VERSION;
        lie_say(&lie, bob->id, 1, "something else", 0);
        (void)world_call(carol, "disconnect", "{}");
        struct hand *hand = lie_tell(&lie, &world, 0, 0);
        hand->hash[0] ^= i == 1 ? 1 : 0;
        lie_spread(&lie, &world);
        struct model_bytes *there = &world.model->doors[world.model->door_count - 1].content;
        there->data[7] ^= i == 2 ? 1 : 0;
        there->len = i == 3 ? 0 : there->len;
        (void)world_call(carol, "connect", "{}");
        world_pass(&world, MINUTE);
        assert_texts(carol, group_of(carol, "G"), "");
        assert_notice(carol, alice, "Earlier messages that %s handed on could not be fetched");
        assert_over(&world);
        world_end(&world);
    }
}

static void too_large_a_bundle_is_not_even_fetched(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 6, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    handing_add(alice, carol);
    struct lie lie;
    lie_begin(&lie, alice);
    lie_say(&lie, bob->id, 1, "much", 0);
    lie_tell(&lie, &world, 0, 0)->place.size = HAND_MAX_BYTES + 1;
    lie_spread(&lie, &world);
    assert_texts(carol, group_of(carol, "G"), "");
    assert_string_equal(text_of(world_event(carol, "message"), "notice"), "unreadable");
    world_end(&world);
}

/* Each item is looked at by itself: what is none, or not to be believed, is passed over. */
static void no_item_says_more_than_it_may(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 7, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    struct world_peer *dora = world_add(&world);
    (void)world_call(carol, "contact.set", "{'id':'%s','blocked':true}", dora->id);
    handing_add(alice, carol);
    (void)world_call(carol, "send", "{'chat':'G','text':'real'}");
    struct lie lie;
    lie_begin(&lie, alice);
    lie_say(&lie, bob->id, 1, "good", 0);
    lie_say(&lie, bob->id, 1, "the same once more", 0);
    lie_say(&lie, carol->id, 2, "in your name", 0);
    lie_say(&lie, bob->id, 3, "fleeting", 60);
    lie_say(&lie, dora->id, 4, "blocked", 0);
    lie_item(&lie, base_slice_text("nobody"), 5, base_slice_text("x"));
    lie_item(&lie, base_slice(bob->core->account.id, WIRE_ACCOUNT_LEN), 6, base_slice_text("no content"));
    lie_say(&lie, bob->id, 7, "fine", 0);
    base_write_u8(&lie.bundle, 0xff); /* and the end is cut off */
    (void)lie_tell(&lie, &world, 0, 0);
    lie_spread(&lie, &world);
    assert_texts(carol, group_of(carol, "G"), "fine\ngood\nreal\n");
    assert_notice(carol, alice, "%s handed on 2 earlier messages");
    assert_over(&world);
    world_end(&world);
}

static void edit_as(struct world_peer *author, uint32_t id, const char *text, uint64_t at) {
    struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT, .edited_at = at };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    message.id[0] = CONTENT_HASH_SHA256;
    message.id[4] = (uint8_t)id;
    assert_ok(base_bytes_copy(author->core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_to_edit(author->core, &message, &content));
    assert_ok(post_add_control(author->core, (struct chat *)author->core->chats.items[0], &content));
    assert_ok(weibel_core_tick(author->core));
    world_pass(author->world, MINUTE);
}

/* Whoever hands a message on says that it was edited last when no edit can come after. */
static void what_its_author_says_counts_more(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 8, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    handing_add(alice, carol);
    struct lie lie;
    lie_begin(&lie, alice);
    lie.edited_at = MESSAGE_MAX_TIME;
    lie_say(&lie, bob->id, 1, "not so", 0);
    lie.edited_at = MESSAGE_MAX_TIME + 1;
    lie_say(&lie, bob->id, 2, "at no time at all", 0);
    (void)lie_tell(&lie, &world, 0, 0);
    lie_spread(&lie, &world);
    assert_texts(carol, group_of(carol, "G"), "not so\n");
    uint64_t now = state_now(bob->core);
    edit_as(bob, 1, "but so", now);
    assert_texts(carol, group_of(carol, "G"), "but so\n");
    edit_as(bob, 1, "before that", now - 1);
    assert_texts(carol, group_of(carol, "G"), "but so\n");
    world_end(&world);
}

/* As large as a content may be, without the little that is written with it when it is sent on. */
static void say_as_much_as_goes(struct world_peer *peer) {
    enum { TEXT = CONTENT_MAX - 60 };
    struct base_bytes text = { (uint8_t *)malloc(TEXT), TEXT };
    struct content_part part = { .disposition = CONTENT_RENDER,
                                 .cardinality = CONTENT_SINGLE,
                                 .type = base_slice_text("text/plain") };
    const uint8_t no_extensions = 0xa0;
    struct base_writer body = base_writer(peer->core->options.allocator, CONTENT_MAX);
    struct base_writer writer = base_writer(peer->core->options.allocator, CONTENT_MAX);
    struct base_bytes content = { 0 };
    assert_non_null(text.data);
    memset(text.data, 'x', TEXT);
    part.content = base_borrow(&text);
    content_part_write(&body, &part);
    content_encode(&writer,
                   &(struct content){ .extensions = base_slice(&no_extensions, 1), .body = base_writer_view(&body) });
    assert_ok(base_writer_finish(&writer, &content));
    assert_ok(post_add_control(peer->core, (struct chat *)peer->core->chats.items[0], &content));
    assert_ok(weibel_core_tick(peer->core));
    base_writer_free(&body);
    free(text.data);
}

static void what_is_too_large_to_send_on_stays_behind(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 12, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(alice, "send", "{'chat':'G','text':'before'}");
    say_as_much_as_goes(bob);
    world_pass(&world, MINUTE);
    const char *large = text_of(world_event(alice, "message"), "id");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','forward':'%s'}", carol->id, large), "too_long");
    (void)world_call(alice, "send", "{'chat':'G','text':'after'}");
    handing_add(alice, carol);
    assert_texts(carol, group_of(carol, "G"), "before\nafter\n");
    assert_over(&world);
    world_end(&world);
}

static void thousands_of_items_are_cut_off(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 8, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    handing_add(alice, carol);
    size_t contacts = carol->core->contacts.count;
    struct lie lie;
    lie_begin(&lie, alice);
    for (uint32_t i = 0; i < HAND_MAX_ITEMS + 50; i++) {
        uint8_t id[WIRE_ACCOUNT_LEN];
        char text[WIRE_ID_TEXT_LEN + 1];
        assert_ok(wire_id_random(&world.random.random, id));
        wire_id_format(id, text);
        lie_say(&lie, i > 0 && i <= MADE_UP ? text : bob->id, i, "x", 0);
    }
    (void)lie_tell(&lie, &world, 0, 0);
    lie_spread(&lie, &world);
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%%s handed on %d earlier messages",
                   HAND_MAX_ITEMS - MADE_UP + HAND_MAX_CONTACTS - 1); /* bob is one of them, who never wrote */
    assert_notice(carol, alice, expected);
    assert_int_equal(carol->core->contacts.count, contacts + HAND_MAX_CONTACTS + 1); /* and alice */
    world_end(&world);
}

/* ---- crashes ---- */

static void a_crash_at_every_effect_hands_on_once(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        for (long at = 0, done = 0; done == 0; at++) {
            struct world world;
            handing_make(&world, 9, "optional");
            struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
            (void)world_call(alice, "send", "{'chat':'G','text':'one'}");
            (void)world_call(bob, "send", "{'chat':'G','text':'two'}");
            (void)world_call(carol, "disconnect", "{}");
            if (which == 0) {
                alice->crash_after = at;
                (void)world_ask(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
                world_pass(&world, MINUTE);
                alice->crash_after = -1;
                (void)world_ask(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
                world_pass(&world, MINUTE);
            } else {
                handing_add(alice, carol);
                carol->crash_after = at;
            }
            (void)world_ask(carol, "connect", "{}");
            world_pass(&world, 2 * MINUTE);
            carol->crash_after = -1;
            (void)world_call(carol, "connect", "{}");
            world_pass(&world, MINUTE);
            done = (which == 0 ? alice : carol)->crashes == 0 ? 1 : 0;
            assert_texts(carol, group_of(carol, "G"), "one\ntwo\n");
            assert_notice(carol, alice, "%s handed on 2 earlier messages");
            assert_over(&world);
            world_end(&world);
            assert_true(done == 0 || at > 20);
        }
    }
}

static void broken_connections_lose_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 10; seed < 20; seed++) {
        struct world world;
        handing_make(&world, seed, "optional");
        struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
        (void)world_call(alice, "send", "{'chat':'G','text':'one'}");
        (void)world_call(bob, "send", "{'chat':'G','text':'two'}");
        (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
        world.loss = 100;
        world_pass(&world, 5 * MINUTE);
        world.loss = 0;
        world_pass(&world, 5 * MINUTE);
        assert_texts(carol, group_of(carol, "G"), "one\ntwo\n");
        assert_over(&world);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_handed_on),
        cmocka_unit_test(not_without_the_policy_nor_by_a_link),
        cmocka_unit_test(forbidden_before_it_is_told),
        cmocka_unit_test(each_device_of_who_comes_gets_it),
        cmocka_unit_test(what_changes_meanwhile_is_seen),
        cmocka_unit_test(a_damaged_item_does_no_harm),
        cmocka_unit_test(it_counts_once_and_from_who_has_added_alone),
        cmocka_unit_test(what_is_not_as_it_was_told_is_not_taken),
        cmocka_unit_test(too_large_a_bundle_is_not_even_fetched),
        cmocka_unit_test(no_item_says_more_than_it_may),
        cmocka_unit_test(what_its_author_says_counts_more),
        cmocka_unit_test(what_is_too_large_to_send_on_stays_behind),
        cmocka_unit_test(thousands_of_items_are_cut_off),
        cmocka_unit_test(a_crash_at_every_effect_hands_on_once),
        cmocka_unit_test(broken_connections_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
