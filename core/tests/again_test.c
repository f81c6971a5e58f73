/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was written in a chat of two and has reached nobody is sent again, once, in its place.
 */
#include "again.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "amend_content.h"
#include "chat.h"
#include "chatting.h"
#include "group.h"
#include "heal.h"
#include "post.h"
#include "sync.h"
#include "test/result.h"

static struct chat *first_chat(const struct world_peer *peer) {
    return (struct chat *)peer->core->chats.items[0];
}

/* The phone can't let another device of the account into its chats. */
static void hide_from(struct world_peer *phone, const struct world_peer *device) {
    static const uint8_t without_key_package[1 + 1 + 8 + 8 + 1] = { 2 };
    assert_ok(sync_put(phone->core, SYNC_DEVICE, base_slice(device->core->account.device, WIRE_DEVICE_LEN),
                       base_slice(without_key_package, sizeof without_key_package)));
}

/* Anna's phone begins a chat with Ben without her other device, and goes offline. */
static void begin_alone(const struct world_peer *anna, struct world_peer *phone, const struct world_peer *ben) {
    hide_from(phone, anna);
    (void)world_call(phone, "send", "{'to':'%s','text':'alone'}", ben->id);
    world_pass(phone->world, 5000);
    (void)world_call(phone, "disconnect", "{}");
}

static void remove_from_account(struct world_peer *by, struct world_peer *device) {
    (void)world_call(by, "device.remove", "{'device':'%s'}", text_of(world_call(device, "whoami", "{}"), "device"));
    world_pass(by->world, 20 * 1000);
}

/* The id of the message that was written last. */
static const char *send_id(struct world_peer *from, const char *to, const char *text) {
    return text_of(world_call(from, "send", "{'to':'%s','text':'%s'}", to, text), "id");
}

/* The phone was the only reader, and is removed. Ben's other device, a crash and an edit change nothing. */
static void what_only_a_removed_device_could_read_is_sent_again(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna),
                          *tablet = world_link(ben);
        world_pass(&world, 20 * 1000);
        begin_alone(anna, phone, ben);
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        const char *id = send_id(ben, anna->id, "two");
        if (seed % 2 == 0) {
            (void)world_call(ben, "edit", "{'id':'%s','text':'two, better'}", id);
        }
        assert_seen_as(ben, anna->id, "one", "sent");
        remove_from_account(anna, phone);
        (void)world_call(anna, "send", "{'to':'%s','text':'here'}", ben->id);
        world_crash(ben);
        world_pass(&world, 10 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'after'}", anna->id);
        world_pass(&world, 10 * 1000);
        const char *second = seed % 2 == 0 ? "two, better" : "two";
        char texts[128];
        (void)snprintf(texts, sizeof texts, "here\none\n%s\nafter\n", second);
        assert_texts(anna, ben->id, texts);
        (void)snprintf(texts, sizeof texts, "alone\none\n%s\nhere\nafter\n", second);
        assert_texts(ben, anna->id, texts);
        assert_texts(tablet, anna->id, texts);
        assert_seen_as(ben, anna->id, "one", "delivered");
        assert_seen_as(tablet, anna->id, second, "delivered");
        world_end(&world);
    }
}

/* Ben is away while the phone is removed: what he has encrypted for the phone goes where Anna is, behind what stood
 * there, and before what he has written since. */
static void what_was_on_its_way_to_a_removed_device_goes_elsewhere(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    begin_alone(anna, phone, ben);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    world.deaf = true;
    (void)world_ask(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    world_run(&world);
    world.deaf = false;
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
    remove_from_account(anna, phone);
    (void)world_call(anna, "send", "{'to':'%s','text':'here'}", ben->id);
    world_pass(&world, 5000);
    (void)world_call(ben, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_texts(anna, ben->id, "here\none\ntwo\nthree\n");
    assert_int_equal(first_chat(ben)->outbox.count, 0);
    world_end(&world);
}

/* Anna loses her place: what was written in the gap comes again, and what she has read, or hidden, does not. */
static void who_has_lost_his_place_gets_what_he_has_missed(void **state) {
    (void)state;
    for (int crash = 0; crash < 2; crash++) {
        struct world world;
        world_init_quiet(&world, 4);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'read'}", anna->id);
        const char *hidden = send_id(ben, anna->id, "hidden");
        world_pass(&world, 5000);
        (void)world_call(anna, "delete", "{'id':'%s','for':'me'}", hidden);
        (void)world_call(anna, "disconnect", "{}");
        const char *id = send_id(ben, anna->id, "missed");
        (void)world_call(ben, "edit", "{'id':'%s','text':'missed, edited'}", id);
        world_pass(&world, 5000);
        assert_ok(heal_lose(anna->core, chat_writing_group(first_chat(anna))));
        assert_ok(weibel_core_tick(anna->core));
        world_run(&world);
        if (crash == 1) { /* and all comes at once */
            world_crash(anna);
            (void)world_call(ben, "disconnect", "{}");
            world_pass(&world, 10 * 1000);
            (void)world_call(anna, "disconnect", "{}");
            (void)world_call(ben, "connect", "{}");
            world_pass(&world, 60 * 1000);
        }
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 60 * 1000);
        (void)world_call(ben, "send", "{'to':'%s','text':'after'}", anna->id);
        world_pass(&world, 5000);
        assert_texts(anna, ben->id, "hello\nread\nmissed, edited\nafter\n");
        assert_texts(ben, anna->id, "hello\nread\nhidden\nmissed, edited\nafter\n");
        world_end(&world);
    }
}

/* What Ben has written while Anna's first device had lost its place: her phone has it where it stood. */
static void miss(struct world *world, struct world_peer *peers[3], bool phone_reads) {
    struct world_peer *anna = peers[0] = world_add(world), *ben = peers[1] = world_add(world),
                      *phone = peers[2] = world_link(anna);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    world_pass(world, 20 * 1000);
    (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", ben->id);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(ben, "send", "{'to':'%s','text':'missed'}", anna->id);
    world_pass(world, 5000);
    if (phone_reads) {
        (void)world_call(phone, "read", "{'chat':'%s','number':1000000}", ben->id);
        world_pass(world, 5000);
    }
    (void)world_call(phone, "disconnect", "{}");
    assert_ok(heal_lose(anna->core, chat_writing_group(chat_of_two(anna))));
    assert_ok(weibel_core_tick(anna->core));
    world_run(world);
    (void)world_call(anna, "connect", "{}");
    world_pass(world, 120 * 1000);
    assert_texts(anna, ben->id, "hello\nhello\nmissed\n");
}

static int unread(struct world_peer *peer, const char *chat) {
    const cJSON *listed = listed_chat(peer, chat);
    return listed == NULL ? 0 : (int)number_of(listed, "unread");
}

/* It counts as standing where it stood first: what one device has read there, the other one has as well. */
static void what_was_read_where_it_stood_is_read(void **state) {
    (void)state;
    for (int phone_reads = 0; phone_reads < 2; phone_reads++) {
        struct world world;
        struct world_peer *peers[3];
        world_init_quiet(&world, 7);
        miss(&world, peers, phone_reads == 1);
        const char *ben = peers[1]->id;
        if (phone_reads == 1) {
            assert_int_equal(unread(peers[0], ben), 0);
            assert_int_equal(number_of(listed_chat(peers[0], ben), "read"), chat_of_two(peers[0])->next_message);
        } else {
            assert_int_equal(unread(peers[0], ben), 2); /* and that there was a gap */
            world_crash(peers[0]);
            (void)world_call(peers[0], "read", "{'chat':'%s','number':1000000}", ben);
        }
        (void)world_call(peers[2], "connect", "{}");
        world_pass(&world, 60 * 1000);
        assert_texts(peers[2], ben, "hello\nhello\nmissed\n");
        assert_int_equal(unread(peers[2], ben), 0);
        world_end(&world);
    }
}

static void what_was_deleted_where_it_stood_is_deleted(void **state) {
    (void)state;
    for (int by = 0; by < 3; by += 2) {
        struct world world;
        struct world_peer *peers[3];
        world_init_quiet(&world, 7);
        miss(&world, peers, true);
        (void)world_call(peers[by], "chat.delete", "{'chat':'%s'}", peers[1]->id);
        (void)world_call(peers[2], "connect", "{}");
        world_pass(&world, 60 * 1000);
        for (size_t i = 0; i < 3; i += 2) {
            char *texts = world_texts(peers[i], peers[1]->id);
            assert_null(strstr(texts, "missed"));
            free(texts);
        }
        world_end(&world);
    }
}

/* Ben's tablet has deleted the chat offline: he has sent it again before he hears of that. */
static void what_was_deleted_before_it_went_again_goes_from_its_author(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 8);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *tablet = world_link(ben);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    world_pass(&world, 20 * 1000);
    assert_texts(tablet, anna->id, "hello\none\n");
    (void)world_call(tablet, "disconnect", "{}");
    (void)world_call(tablet, "chat.delete", "{'chat':'%s'}", anna->id);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(ben, "send", "{'to':'%s','text':'missed'}", anna->id);
    world_pass(&world, 5000);
    assert_ok(heal_lose(anna->core, chat_writing_group(chat_of_two(anna))));
    assert_ok(weibel_core_tick(anna->core));
    world_run(&world);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(anna, ben->id, "hello\none\nmissed\n");
    (void)world_call(tablet, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(tablet, anna->id, "missed\n");
    assert_texts(ben, anna->id, "missed\n");
    world_end(&world);
}

/* Anna's tablet removes her phone, which has made the group that is written to without the tablet, and whose invitation
 * her other device may not have. That one reads what Ben sends again because of that before it reads that group. */
static void what_comes_again_before_its_group_is_read_is_shown_once(void **state) {
    (void)state;
    bool seen = false;
    for (uint64_t seed = 1; seed <= 20 && !seen; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna),
                          *tablet = world_link(anna);
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "settings.set", "{'receipts':false}");
        hide_from(phone, tablet);
        world_pass(&world, 20 * 1000);
        world.deaf = true;
        (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
        (void)world_call(phone, "send", "{'to':'%s','text':'hello'}", ben->id);
        world.deaf = false;
        world_pass(&world, 20 * 1000);
        (void)world_call(anna, "disconnect", "{}");
        (void)world_call(phone, "disconnect", "{}");
        struct group *before = chat_writing_group(first_chat(ben));
        seen = before != first_chat(ben)->groups.items[0];
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        remove_from_account(tablet, phone);
        world_pass(&world, 20 * 1000);
        if (seen) {
            assert_true(before->sent_again);
        }
        (void)world_call(anna, "connect", "{}");
        world_pass(&world, 20 * 1000);
        assert_texts(anna, ben->id, "hello\nhello\none\n");
        world_end(&world);
    }
    assert_true(seen);
}

/* Something is sent again when the first of what waits has been refused, and what was written behind it is encrypted:
 * it stays in order. */
static void what_waits_behind_it_stays_in_order(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    world.deaf = true;
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    world.deaf = false;
    world_pass(&world, 20 * 1000);
    struct chat *chat = first_chat(ben);
    assert_int_equal(chat->groups.count, 2);
    struct group *writing = chat_writing_group(chat);
    struct group *other = (struct group *)chat->groups.items[chat->groups.items[0] == writing ? 1 : 0];
    writing->state = GROUP_LEFT; /* for a moment */
    (void)world_call(ben, "send", "{'to':'%s','text':'there'}", anna->id);
    world_run(&world);
    writing->state = GROUP_OPEN;
    assert_texts(anna, ben->id, "hello\nhello\nthere\n");
    (void)world_ask(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_ask(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_EPOCH_MOVED;
    world_run(&world);
    assert_int_equal(chat->outbox.count, 2);
    assert_int_equal(((const struct post *)chat->outbox.items[0])->group, 0);
    assert_int_equal(((const struct post *)chat->outbox.items[1])->group, writing->number);
    uint64_t last = chat->next_post;
    other->unread = true;
    other->last_commit = other->position;
    assert_ok(weibel_core_tick(ben->core));
    world_pass(&world, 20 * 1000);
    assert_true(chat->next_post > last);
    assert_texts(anna, ben->id, "hello\nhello\nthere\none\ntwo\n");
    assert_int_equal(chat->outbox.count, 0);
    world_end(&world);
}

/* A change that is to go into the only group that is written to is refused, and is encrypted anew when another one has
 * come that is written to now: it goes into both, as who reads only the one has the message from there. */
static void a_change_that_is_encrypted_anew_goes_into_each_group(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    world.deaf = true;
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    const char *id = send_id(ben, anna->id, "first");
    world.deaf = false;
    world_pass(&world, 20 * 1000);
    struct group *writing = chat_writing_group(first_chat(ben));
    const uint64_t entries[2] = { world.model->streams[world.model->stream_count - 1]->next,
                                  world.model->streams[world.model->stream_count - 2]->next };
    writing->state = GROUP_LEFT; /* for a moment */
    (void)world_ask(ben, "edit", "{'id':'%s','text':'better'}", id);
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_EPOCH_MOVED;
    world_run(&world);
    assert_int_equal(world.model->refuse.code, 0); /* it was */
    writing->state = GROUP_OPEN;
    world_crash(ben);
    world_pass(&world, 20 * 1000);
    assert_int_equal(first_chat(ben)->outbox.count, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world.model->streams[world.model->stream_count - 1 - i]->next, entries[i] + 1);
    }
    assert_texts(anna, ben->id, "hello\nbetter\n");
    world_end(&world);
}

/* Both begin the chat at the same moment: what stands in the group that is not written to is looked for first, and its
 * edit, which comes with it, finds it. */
static void an_edit_finds_what_is_looked_for(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *const peers[] = { anna, ben };
    world.deaf = true;
    for (size_t i = 0; i < 2; i++) {
        const char *id = send_id(peers[i], peers[1 - i]->id, "draft");
        (void)world_call(peers[i], "edit", "{'id':'%s','text':'better'}", id);
    }
    world.deaf = false;
    world_pass(&world, 20 * 1000);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(first_chat(peers[i])->groups.count, 2);
        assert_texts(peers[i], peers[1 - i]->id, "better\nbetter\n");
    }
    world_end(&world);
}

/* Ben's changed client sends a content again. */
static void send_again(struct world_peer *ben, struct base_slice stream, uint64_t entry, struct base_slice content) {
    struct weibel_core *core = ben->core;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    struct base_bytes body BASE_CLEANUP(base_bytes_free) = { 0 }, out BASE_CLEANUP(base_bytes_free) = { 0 };
    content_again_encode(&writer, &(struct content_again){ stream, entry, content, 0 });
    assert_ok(base_writer_finish(&writer, &body));
    assert_ok(amend_content_part(core, content_again_type, base_borrow(&body), NULL, &out));
    assert_ok(post_add_control(core, first_chat(ben), &out));
    assert_ok(weibel_core_tick(core));
    world_pass(ben->world, 5000);
}

/* Nothing is shown twice, or as somebody else's; and what is no message can't come as one. */
static void nobody_shows_anything_twice_by_it(void **state) {
    (void)state;
    static const uint8_t elsewhere[WIRE_STREAM_LEN] = { 7 };
    struct world world;
    world_init(&world, 5);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    world_pass(&world, 5000);
    const struct group *group = chat_writing_group(first_chat(ben));
    struct base_slice here = base_slice(group->id, sizeof group->id), other = base_slice(elsewhere, sizeof elsewhere);
    struct message message = { .sent_at = world.clock.now };
    struct base_bytes content = { 0 }, report = { 0 };
    assert_ok(base_bytes_copy(ben->core->options.allocator, base_slice_text("again"), &message.text));
    assert_ok(message_to_content(ben->core, &message, &content));
    send_again(ben, here, group->position, base_borrow(&content)); /* what she has read there */
    assert_texts(anna, ben->id, "hello\n");
    send_again(ben, other, 1, base_borrow(&content));
    send_again(ben, other, 2, base_borrow(&content));
    send_again(ben, here, group->position + 100, base_borrow(&content));
    assert_texts(anna, ben->id, "hello\nagain\n");
    /* That it stood where nothing stands yet is not believed: what comes there is to be read. */
    base_bytes_free(&content);
    message.text.data[0] = 'A';
    assert_ok(message_to_content(ben->core, &message, &content));
    send_again(ben, here, group->position + 100, base_borrow(&content));
    (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'more'}", anna->id);
    world_pass(&world, 5000);
    assert_texts(anna, ben->id, "hello\nagain\nAgain\nmore\n");
    assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 1);
    assert_ok(amend_content_part(ben->core, content_again_type, base_borrow(&content), NULL, &report));
    send_again(ben, other, 3, base_borrow(&report));
    assert_string_equal(text_of(world_event(anna, "message"), "notice"), "unreadable");
    assert_texts(anna, ben->id, "hello\nagain\nAgain\nmore\n");
    assert_int_equal(anna->core->amendments.count, 0);
    message_free(&message);
    base_bytes_free(&content);
    base_bytes_free(&report);
    world_end(&world);
}

/* The message and what changes it come at once: the change finds it. */
static void what_is_behind_it_finds_it(void **state) {
    (void)state;
    static const uint8_t elsewhere[WIRE_STREAM_LEN] = { 7 };
    struct world world;
    world_init(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    world_pass(&world, 5000);
    (void)world_call(anna, "disconnect", "{}");
    struct message message = { .sent_at = world.clock.now };
    struct base_bytes content = { 0 }, edit = { 0 };
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    assert_ok(base_bytes_copy(ben->core->options.allocator, base_slice_text("again"), &message.text));
    assert_ok(message_to_content(ben->core, &message, &content));
    account_uri(ben->core->account.id, ben->core->account.domain, sender);
    chat_room_uri(ben->core, first_chat(ben), room);
    assert_ok(message_set_id(&message, base_borrow(&content), sender, room));
    send_again(ben, base_slice(elsewhere, sizeof elsewhere), 1, base_borrow(&content));
    message.edited_at = world.clock.now;
    memcpy(message.text.data, "edits", message.text.len);
    assert_ok(message_to_edit(ben->core, &message, &edit));
    assert_ok(post_add_control(ben->core, first_chat(ben), &edit));
    assert_ok(weibel_core_tick(ben->core));
    world_pass(&world, 5000);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 5000);
    assert_texts(anna, ben->id, "hello\nedits\n");
    message_free(&message);
    base_bytes_free(&content);
    world_end(&world);
}

/* The group that Ben writes to is the one where a removed device is alone, and none of the peer's commits says so: the
 * server does, and nobody else is asked about. */
static void the_server_is_asked_who_is_left(void **state) {
    (void)state;
    bool seen = false;
    for (uint64_t seed = 1; seed <= 20 && !seen; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        begin_alone(anna, phone, ben);
        uint8_t first[WIRE_STREAM_LEN];
        memcpy(first, chat_writing_group(first_chat(ben))->id, sizeof first);
        (void)world_call(ben, "send", "{'to':'%s','text':'lost'}", anna->id);
        remove_from_account(anna, phone);
        size_t asked = world.model->asked[WIRE_GET_IDENTITIES];
        (void)world_call(anna, "send", "{'to':'%s','text':'here'}", ben->id);
        world_pass(&world, 5000);
        seen = memcmp(first, chat_writing_group(first_chat(ben))->id, sizeof first) != 0;
        assert_true(world.model->asked[WIRE_GET_IDENTITIES] > asked);
        assert_int_equal(first_chat(ben)->gone.len, WIRE_DEVICE_LEN);
        asked = world.model->asked[WIRE_GET_IDENTITIES];
        world_pass(&world, 24 * 3600 * 1000);
        assert_int_equal(world.model->asked[WIRE_GET_IDENTITIES], asked);
        assert_texts(anna, ben->id, "here\nlost\n");
        world_end(&world);
    }
    assert_true(seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_a_removed_device_could_read_is_sent_again),
        cmocka_unit_test(what_was_on_its_way_to_a_removed_device_goes_elsewhere),
        cmocka_unit_test(who_has_lost_his_place_gets_what_he_has_missed),
        cmocka_unit_test(what_was_read_where_it_stood_is_read),
        cmocka_unit_test(what_was_deleted_where_it_stood_is_deleted),
        cmocka_unit_test(what_was_deleted_before_it_went_again_goes_from_its_author),
        cmocka_unit_test(what_comes_again_before_its_group_is_read_is_shown_once),
        cmocka_unit_test(what_waits_behind_it_stays_in_order),
        cmocka_unit_test(a_change_that_is_encrypted_anew_goes_into_each_group),
        cmocka_unit_test(an_edit_finds_what_is_looked_for),
        cmocka_unit_test(nobody_shows_anything_twice_by_it),
        cmocka_unit_test(what_is_behind_it_finds_it),
        cmocka_unit_test(the_server_is_asked_who_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
