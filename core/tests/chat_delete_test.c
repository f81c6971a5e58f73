/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chats that are deleted: nothing of them stays, on any device of the account, and they come back empty.
 */
#include <stdio.h>
#include <string.h>

#include "again.h"
#include "chat.h"
#include "chatting.h"
#include "group.h"
#include "heal.h"
#include "held.h"
#include "key.h"
#include "sync_kind.h"
#include "sync_record.h"
#include "test/result.h"

enum { MINUTE = 60 * 1000 };

static int chat_count(struct world_peer *peer) {
    return cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats"));
}

static size_t records_of(const struct world_peer *peer, const enum key_table *tables, size_t table_count) {
    size_t count = 0;
    for (size_t i = 0; i < peer->store.count; i++) {
        for (size_t k = 0; k < table_count; k++) {
            struct key key = key_table(tables[k]);
            count += memcmp(peer->store.records[i].key.data, key.data, key.len) == 0 ? 1 : 0;
        }
    }
    return count;
}

/* All that a message leaves in the store. */
static size_t records(const struct world_peer *peer) {
    static const enum key_table tables[] = { KEY_MESSAGE, KEY_INDEX, KEY_ARRIVAL, KEY_EXPIRY, KEY_LOOSE, KEY_THREAD };
    return records_of(peer, tables, sizeof tables / sizeof *tables);
}

static void nothing_of_it_stays_on_any_device(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 1);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    struct world_peer *phone = world_link(anna);
    for (int i = 0; i < 120; i++) {
        struct world_peer *from = i % 2 == 0 ? anna : ben, *to = i % 2 == 0 ? ben : anna;
        (void)world_ask(from, "send", "{'to':'%s','text':'number %d'%s}", to->id, i,
                        i % 10 < 2 ? ",'expire':86400" : "");
        if (i % 10 == 9) {
            world_run(&world);
        }
    }
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(ben, "send", "{'to':'%s','text':'last'}", anna->id), "id"));
    (void)world_call(anna, "chat.set", "{'chat':'%s','pinned':true,'draft':'half'}", ben->id);
    world_pass(&world, MINUTE);
    assert_true(records(anna) > 200 && records(phone) > 200);

    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
    assert_string_equal(text_of(world_event(anna, "chat_deleted"), "chat"), ben->id);
    assert_int_equal(chat_count(anna), 0);
    assert_string_equal(world_error(anna, "message", "{'id':'%s'}", id), "unknown_message");
    assert_int_equal(records(anna), 0);
    world_pass(&world, MINUTE);
    assert_string_equal(text_of(world_event(phone, "chat_deleted"), "chat"), ben->id);
    assert_int_equal(chat_count(phone), 0);
    assert_int_equal(records(phone), 0);
    assert_string_equal(text_of(world_call(ben, "message", "{'id':'%s'}", id), "text"), "last");
    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id); /* once more is nothing more */

    /* It comes back with what is new, and without anything else. */
    (void)world_call(ben, "send", "{'to':'%s','text':'are you there?'}", anna->id);
    (void)world_call(ben, "react", "{'id':'%s','emoji':'x'}", id);
    world_pass(&world, MINUTE);
    struct world_peer *const devices[] = { anna, phone };
    for (size_t i = 0; i < 2; i++) {
        world_crash(devices[i]);
        world_pass(&world, MINUTE);
        const cJSON *chats = cJSON_GetObjectItem(world_call(devices[i], "chats", "{}"), "chats");
        assert_int_equal(cJSON_GetArraySize(chats), 1);
        assert_int_equal(number_of(cJSON_GetArrayItem(chats, 0), "unread"), 1);
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(chats, 0), "pinned")));
        assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(chats, 0), "draft"));
        assert_texts(devices[i], ben->id, "are you there?\n");
    }
    world_end(&world);
}

/* The other device was away: it gets what was written before, and deletes that too; what came since stays. */
static void a_device_that_was_away_follows(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 2);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, MINUTE);
    (void)world_call(phone, "disconnect", "{}");
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    world_pass(&world, MINUTE);
    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
    world_pass(&world, MINUTE);
    (void)world_call(phone, "connect", "{}");
    world_pass(&world, MINUTE);
    assert_texts(anna, ben->id, "three\n");
    assert_texts(phone, ben->id, "three\n");
    world_end(&world);
}

/* On its way when the chat is deleted, an own message is accepted later: it goes from the other devices, too. */
static void what_is_on_its_way_goes_too(void **state) {
    (void)state;
    for (int crash = 0; crash < 2; crash++) {
        struct world world;
        world_init_quiet(&world, 7);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
        (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
        world_pass(&world, MINUTE);
        (void)world_call(phone, "disconnect", "{}");
        world.deaf = true;
        (void)world_ask(anna, "send", "{'to':'%s','text':'going'}", ben->id);
        world_run(&world);
        (void)world_ask(anna, "chat.delete", "{'chat':'%s'}", ben->id);
        world_run(&world);
        if (crash == 1) {
            world.deaf = false;
            world_crash(anna);
        }
        world.deaf = false;
        world_pass(&world, MINUTE);
        (void)world_call(ben, "send", "{'to':'%s','text':'later'}", anna->id);
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, MINUTE);
        assert_texts(anna, ben->id, "later\n");
        assert_texts(phone, ben->id, "later\n");
        assert_texts(ben, anna->id, "hello\nhello\ngoing\nlater\n");
        world_end(&world);
    }
}

static struct group *group_with(const struct world_peer *peer) {
    struct group *group = NULL;
    for (size_t i = 0; i < peer->core->chats.count; i++) {
        const struct chat *chat = (const struct chat *)peer->core->chats.items[i];
        group = chat->kind == CHAT_DIRECT ? chat_writing_group(chat) : group;
    }
    assert_non_null(group);
    return group;
}

/* Another device has read it, and deleted the chat behind it, before this one hears that the server has it. */
static void what_another_device_has_read_goes_too(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 11);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    world_pass(&world, MINUTE);
    world.deaf = true;
    (void)world_ask(anna, "send", "{'to':'%s','text':'going'}", ben->id);
    world_run(&world);
    (void)world_ask(anna, "disconnect", "{}");
    world_run(&world);
    world.deaf = false;
    world_pass(&world, MINUTE);
    assert_texts(ben, anna->id, "hello\nhello\ngoing\n");
    tell_deleted(anna, group_with(anna), group_with(ben)->position);
    assert_texts(anna, ben->id, "going\n");
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, MINUTE);
    assert_int_equal(records(anna), 0);
    assert_int_equal(chat_count(anna), 0);
    world_end(&world);
}

/* Whatever stands up to a place in the group's stream is deleted, whether it is there or comes later. */
static void places_decide(void **state) {
    (void)state;
    enum { MANY = 60 };
    struct world world;
    world_init_quiet(&world, 8);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    for (int i = 0; i < MANY; i++) {
        (void)world_ask(ben, "send", "{'to':'%s','text':'old'}", anna->id);
    }
    world_pass(&world, MINUTE);
    const struct group *group = group_with(anna);
    uint64_t place = group->position;
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'two'}", anna->id);
    world_pass(&world, MINUTE);
    tell_deleted(anna, group, place);
    assert_texts(anna, ben->id, "one\ntwo\n");
    assert_int_equal(number_of(listed_chat(anna, ben->id), "unread"), 2);
    tell_deleted(anna, group, place - 1); /* somebody who knows less */
    assert_texts(anna, ben->id, "one\ntwo\n");
    tell_deleted(anna, group, group->position + 1);
    assert_int_equal(chat_count(anna), 0);
    assert_int_equal(records(anna), 0);
    size_t lines = anna->line_count;
    (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
    for (; lines < anna->line_count; lines++) {
        const cJSON *method = cJSON_GetObjectItem(anna->lines[lines], "method");
        assert_true(method == NULL || strcmp(method->valuestring, "message") != 0);
    }
    world_pass(&world, MINUTE);
    assert_int_equal(chat_count(anna), 0);
    (void)world_call(ben, "send", "{'to':'%s','text':'four'}", anna->id);
    (void)world_call(ben, "send", "{'to':'%s','text':'five'}", anna->id);
    world_pass(&world, MINUTE);
    world_crash(anna);
    assert_texts(anna, ben->id, "four\nfive\n");
    world_end(&world);
}

/* Another device has deleted the chat, and it has gone on: what had expired here before it was read is missing in both
 * parts, and the notice of that stays. Who reads it has not read what is missing, of which others hear nothing. */
static void what_is_missing_behind_it_stays_said(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 12);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(ben, "send", "{'to':'%s','text':'old'}", anna->id), "id"));
    world_pass(&world, MINUTE);
    const struct group *group = group_with(anna);
    uint64_t place = group_with(ben)->position + 1;
    (void)world_call(anna, "disconnect", "{}");
    for (int i = 0; i < 2; i++) {
        struct model_stream *stream = world.model->streams[world.model->stream_count - 1];
        (void)world_call(ben, "send", "{'to':'%s','text':'gone'}", anna->id);
        free(stream->entries[stream->entry_count - 1].content.data);
        stream->entries[stream->entry_count - 1].content = (struct model_bytes){ 0 };
    }
    (void)world_call(ben, "edit", "{'id':'%s','text':'edited'}", id);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, MINUTE);
    (void)world_call(anna, "read", "{'chat':'%s','number':99}", ben->id);
    assert_true(sync_place(anna->core, SYNC_READ, group->chat, group->id).entry < place);
    world_crash(anna);
    world_pass(&world, MINUTE);
    group = group_with(anna);
    tell_deleted(anna, group, place);
    const cJSON *last = cJSON_GetObjectItem(listed_chat(anna, ben->id), "last");
    assert_string_equal(text_of(last, "notice"), "gap");
    assert_int_equal(records(anna), 2); /* of which no face has said that it was shown */
    tell_deleted(anna, group, place + 1);
    assert_int_equal(chat_count(anna), 0);
    assert_int_equal(records(anna), 0);
    world_end(&world);
}

/* A device loses its place in a group behind what another one has deleted, and comes back: what it has missed was
 * written after that, and it stays said. */
static void a_lost_place_behind_it_stays_said(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 13);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *carol = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s','%s']}", ben->id, carol->id);
    (void)world_call(ben, "send", "{'chat':'%s','text':'old'}", group_of(ben, "G"));
    world_pass(&world, MINUTE);
    uint64_t place = group_at_hand(carol)->position;
    assert_ok(heal_lose(carol->core, group_at_hand(carol)));
    (void)world_call(ben, "send", "{'chat':'%s','text':'missed'}", group_of(ben, "G"));
    world_pass(&world, 2 * MINUTE);
    const char *chat = group_of(carol, "G");
    assert_texts(carol, chat, "old\n");
    tell_deleted(carol, group_at_hand(carol), place);
    assert_texts(carol, chat, "");
    const cJSON *last = cJSON_GetObjectItem(listed_chat(carol, chat), "last");
    assert_string_equal(text_of(last, "notice"), "gap");
    tell_deleted(carol, group_at_hand(carol), group_at_hand(carol)->position);
    assert_int_equal(records(carol), 0);
    world_end(&world);
}

struct deletion {
    struct world_peer *peer;
    uint64_t place;
};

/* Comes with what others have done with the messages. */
static void deleted_before(void *user, struct base_slice frame) {
    struct deletion *deletion = (struct deletion *)user;
    struct wire_frame decoded;
    if (wire_decode(frame, &decoded) == BASE_OK && decoded.type == WIRE_ENTRIES && decoded.of.entries.entries.len > 0) {
        take_deletion(deletion->peer, group_with(deletion->peer), deletion->place);
        deletion->peer->on_frame = NULL;
    }
}

/* What others make of the messages meanwhile does not bring them back. */
static void nothing_is_changed_meanwhile(void **state) {
    (void)state;
    enum { MANY = 70, CHANGED = 10 };
    struct world world;
    world_init_quiet(&world, 10);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    char ids[CHANGED][MESSAGE_ID_TEXT_LEN + 1];
    for (int i = 0; i < MANY; i++) {
        const cJSON *sent = world_call(ben, "send", "{'to':'%s','text':'old'}", anna->id);
        if (i < CHANGED) {
            (void)snprintf(ids[i], sizeof ids[i], "%s", text_of(sent, "id"));
        }
    }
    world_pass(&world, MINUTE);
    struct deletion deletion = { anna, group_with(anna)->position };
    (void)world_call(ben, "send", "{'to':'%s','text':'new'}", anna->id);
    world_pass(&world, MINUTE);
    world_break(anna);
    for (size_t i = 0; i < CHANGED; i++) {
        (void)world_call(ben, "react", "{'id':'%s','emoji':'x'}", ids[i]);
    }
    anna->on_frame = deleted_before;
    anna->on_frame_user = &deletion;
    world_pass(&world, MINUTE);
    assert_null(anna->on_frame);
    assert_texts(anna, ben->id, "new\n");
    world_end(&world);
}

/* Earlier messages that were on their way to a new device stay away; those that were written since come. */
static void earlier_messages_do_not_come_back(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct world world;
        world_init_quiet(&world, 9);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
        (void)world_call(anna, "send", "{'to':'%s','text':'two'}", ben->id);
        world_pass(&world, MINUTE);
        char link[256];
        (void)snprintf(link, sizeof link, "%s", text_of(world_call(anna, "device.link", "{'history':true}"), "link"));
        struct world_peer *phone = world_add_empty(&world);
        (void)world_call(phone, "create", "{'passphrase':'correct horse'}");
        (void)world_call(phone, "activate", "{'link':'%s'}", link);
        for (int i = 0; i < 200 && !phone->core->account.history_room; i++) {
            world_pass(&world, 50);
        }
        for (int i = 0; i < 200 && (phone->core->account.history_asked || anna->core->account.history.active); i++) {
            world_pass(&world, 50);
        }
        if (late == 1) {
            (void)world_call(phone, "disconnect", "{}");
        }
        (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
        (void)world_call(ben, "send", "{'to':'%s','text':'three'}", anna->id);
        world_pass(&world, MINUTE);
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, MINUTE);
        assert_texts(anna, ben->id, "three\n");
        assert_texts(phone, ben->id, "three\n");
        world_end(&world);
    }
}

static size_t count_events(const struct world_peer *peer, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i], "method");
        count += method != NULL && strcmp(method->valuestring, name) == 0 ? 1 : 0;
    }
    return count;
}

/* Nothing of it stands there: it is listed when something new does, or on another device, or if somebody pins it. */
static void a_device_linked_since_does_not_list_it(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 12);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *carl = world_add(&world);
    struct world_peer *const peers[] = { ben, carl };
    for (size_t i = 0; i < 2; i++) {
        (void)world_call(peers[i], "send", "{'to':'%s','text':'hello'}", anna->id);
        (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", peers[i]->id);
        world_pass(&world, MINUTE);
        (void)world_call(anna, "chat.delete", "{'chat':'%s'}", peers[i]->id);
        assert_int_equal(count_events(anna, "chat_deleted"), i + 1);
    }
    (void)world_call(carl, "send", "{'to':'%s','text':'new'}", anna->id);
    world_pass(&world, MINUTE);
    (void)world_call(anna, "read", "{'chat':'%s','number':1000000}", carl->id);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, MINUTE);
    assert_non_null(group_with(phone));
    world_crash(phone);
    world_pass(&world, MINUTE);
    assert_int_equal(chat_count(anna), 1);
    assert_int_equal(chat_count(phone), 1); /* with nothing in it: the one that goes on */
    assert_non_null(listed_chat(phone, carl->id));
    (void)world_call(phone, "chat.set", "{'chat':'%s','pinned':true}", ben->id);
    world_pass(&world, MINUTE);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(anna, ben->id), "pinned")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(listed_chat(phone, ben->id), "pinned")));
    (void)world_call(phone, "chat.delete", "{'chat':'%s'}", ben->id);
    (void)world_call(phone, "chat.delete", "{'chat':'%s'}", carl->id);
    world_pass(&world, MINUTE);
    assert_int_equal(chat_count(anna), 0);
    assert_int_equal(chat_count(phone), 0);
    (void)world_call(ben, "send", "{'to':'%s','text':'again'}", anna->id);
    world_pass(&world, MINUTE);
    assert_texts(anna, ben->id, "again\n");
    assert_texts(phone, ben->id, "again\n");
    assert_int_equal(chat_count(phone), 1);
    world_end(&world);
}

/* While one device deletes a chat, another one pins it: both have it pinned, or neither. */
static void a_pin_holds_on_all_devices(void **state) {
    (void)state;
    for (int newer = 0; newer < 2; newer++) {
        struct world world;
        world_init_quiet(&world, 13);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
        (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
        (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
        world_pass(&world, MINUTE);
        (void)world_call(phone, "disconnect", "{}");
        for (int i = 0; i < newer; i++) {
            (void)world_call(phone, "chat.set", "{'chat':'%s','archived':true}", ben->id);
        }
        (void)world_call(phone, "chat.set", "{'chat':'%s','archived':false,'pinned':true}", ben->id);
        (void)world_call(anna, "chat.set", "{'chat':'%s','pinned':true}", ben->id);
        (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
        (void)world_call(phone, "chat.set", "{'chat':'%s','marked':%s}", ben->id, newer == 1 ? "true" : "false");
        world_pass(&world, MINUTE);
        (void)world_call(phone, "connect", "{}");
        world_pass(&world, MINUTE);
        assert_int_equal(records(anna), 0);
        assert_int_equal(records(phone), 0);
        assert_int_equal(chat_count(anna), newer);
        assert_int_equal(chat_count(phone), newer);
        world_end(&world);
    }
}

static void a_group_is_left_before(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    (void)world_call(anna, "send", "{'chat':'G','text':'one'}");
    assert_string_equal(world_error(ben, "chat.delete", "{'chat':'G'}"), "state");
    assert_string_equal(world_error(ben, "chat.delete", "{'chat':'H'}"), "unknown_chat");
    char chat[32];
    (void)snprintf(chat, sizeof chat, "%s", group_of(ben, "G"));
    (void)world_call(ben, "group.leave", "{'chat':'G'}");
    world_pass(&world, MINUTE);
    (void)world_call(ben, "chat.delete", "{'chat':'%s'}", chat);
    assert_int_equal(chat_count(ben), 0);
    assert_int_equal(records(ben), 0);
    (void)world_call(anna, "group.add", "{'chat':'G','members':['%s']}", ben->id);
    (void)world_call(anna, "send", "{'chat':'G','text':'again'}");
    assert_texts(ben, group_of(ben, "G"), "again\n");
    world_end(&world);
}

/* Of a chat's groups each device forgets for itself those that nobody needs: another one may have them still. */
static void what_stands_in_a_group_that_was_forgotten_goes_too(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 21);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    struct world_peer *phone = world_link(anna);
    (void)world_call(ben, "send", "{'to':'%s','text':'one'}", anna->id);
    world_pass(&world, MINUTE);
    assert_texts(phone, ben->id, "one\n");
    struct group *group = chat_writing_group(chat_of_two(anna));
    assert_ok(again_keep(anna->core, group));
    assert_ok(group_forget(anna->core, group));
    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
    world_pass(&world, MINUTE);
    assert_int_equal(records(phone), 0);
    world_end(&world);
}

/* The other device was away while the group was left, deleted, and came back: it hears of that first. */
static void what_stood_in_a_group_that_has_come_back_goes_too(void **state) {
    (void)state;
    for (int crashes = 0; crashes < 2; crashes++) {
        struct world world;
        world_init_quiet(&world, 3);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(ben);
        world_pass(&world, MINUTE);
        (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
        (void)world_call(anna, "send", "{'chat':'G','text':'one'}");
        world_pass(&world, MINUTE);
        assert_texts(phone, group_of(phone, "G"), "one\n");
        char chat[32];
        (void)snprintf(chat, sizeof chat, "%s", group_of(ben, "G"));
        (void)world_call(ben, "group.leave", "{'chat':'G'}");
        world_pass(&world, MINUTE);
        (void)world_call(phone, "disconnect", "{}");
        (void)world_call(ben, "chat.delete", "{'chat':'%s'}", chat);
        world_pass(&world, MINUTE);
        (void)world_call(anna, "group.add", "{'chat':'G','members':['%s']}", ben->id);
        (void)world_call(anna, "send", "{'chat':'G','text':'again'}");
        world_pass(&world, MINUTE);
        (void)world_call(phone, "connect", "{}");
        if (crashes == 1) {
            world_crash(phone);
        }
        world_pass(&world, MINUTE);
        assert_texts(ben, group_of(ben, "G"), "again\n");
        assert_texts(phone, group_of(phone, "G"), "again\n");
        world_end(&world);
    }
}

static void a_crash_leaves_nothing_half_deleted(void **state) {
    (void)state;
    for (long at = 0, done = 0; done == 0; at++) {
        struct world world;
        world_init_quiet(&world, 4);
        struct world_peer *anna = world_add(&world), *ben = world_add(&world);
        for (int i = 0; i < 60; i++) {
            (void)world_ask(ben, "send", "{'to':'%s','text':'number %d'}", anna->id, i);
        }
        world_pass(&world, MINUTE);
        anna->crash_after = at;
        (void)world_ask(anna, "chat.delete", "{'chat':'%s'}", ben->id);
        world_pass(&world, MINUTE);
        anna->crash_after = -1;
        done = anna->crashes == 0 ? 1 : 0;
        bool whole = records(anna) == 0;
        assert_true(whole || done == 0);
        assert_true(whole ? chat_count(anna) == 0 : chat_count(anna) == 1 && records(anna) >= 120);
        world_end(&world);
        assert_true(done == 0 || at > 3);
    }
}

static void a_contact_goes_with_the_invitation_that_waits(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 5);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    static const enum key_table held[] = { KEY_HELD };
    (void)world_call(anna, "contact.add", "{'id':'%s'}", ben->id);
    assert_ok(held_keep(anna->core, (const struct contact *)anna->core->contacts.items[0], base_slice_text("letter")));
    (void)world_call(anna, "contact.add", "{'id':'%s','name':'Ben'}", ben->id);
    assert_int_equal(records_of(anna, held, 1), 1);
    (void)world_call(anna, "contact.remove", "{'id':'%s'}", ben->id);
    assert_int_equal(records_of(anna, held, 1), 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(anna, "contact.list", "{}"), "contacts")), 0);
    world_end(&world);
}

/* Who was written to hears of it late, and answers. */
static void who_is_deleted_can_write(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 6);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "contact.add", "{'id':'%s'}", ben->id);
    (void)world_call(ben, "disconnect", "{}");
    (void)world_call(anna, "send", "{'to':'%s','text':'short'}", ben->id);
    world_pass(&world, MINUTE);
    (void)world_call(anna, "contact.remove", "{'id':'%s'}", ben->id);
    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
    world_pass(&world, MINUTE);
    assert_int_equal(chat_count(anna), 0);
    (void)world_call(ben, "send", "{'to':'%s','text':'news'}", anna->id);
    (void)world_call(ben, "connect", "{}");
    world_pass(&world, MINUTE);
    assert_int_equal(chat_count(anna), 1);
    assert_texts(anna, ben->id, "news\n");
    const cJSON *shown = world_event(anna, "chat");
    assert_string_equal(text_of(shown, "chat"), ben->id);
    assert_int_equal(number_of(shown, "unread"), 1);
    world_end(&world);
}

/* Ben edits what Anna has read and deleted with the chat, and deletes it for everyone before she hears of that: what
 * the server has forgotten meanwhile, the edit, is no message that she has not seen. */
static void what_is_deleted_twice_does_not_come_back(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 13);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    char id[32];
    (void)world_call(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    (void)world_call(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(ben, "send", "{'to':'%s','text':'wrong'}", anna->id), "id"));
    world_pass(&world, MINUTE);
    assert_texts(anna, ben->id, "hello\nhello\nwrong\n");
    (void)world_call(anna, "chat.delete", "{'chat':'%s'}", ben->id);
    world_pass(&world, MINUTE);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(ben, "edit", "{'id':'%s','text':'still wrong'}", id);
    (void)world_call(ben, "delete", "{'id':'%s','for':'everyone'}", id);
    world_pass(&world, MINUTE);
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, MINUTE);
    assert_int_equal(records(anna), 0);
    assert_int_equal(chat_count(anna), 0);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_it_stays_on_any_device),
        cmocka_unit_test(a_device_that_was_away_follows),
        cmocka_unit_test(what_is_on_its_way_goes_too),
        cmocka_unit_test(what_another_device_has_read_goes_too),
        cmocka_unit_test(places_decide),
        cmocka_unit_test(what_is_missing_behind_it_stays_said),
        cmocka_unit_test(a_lost_place_behind_it_stays_said),
        cmocka_unit_test(nothing_is_changed_meanwhile),
        cmocka_unit_test(earlier_messages_do_not_come_back),
        cmocka_unit_test(a_device_linked_since_does_not_list_it),
        cmocka_unit_test(a_pin_holds_on_all_devices),
        cmocka_unit_test(a_group_is_left_before),
        cmocka_unit_test(what_stands_in_a_group_that_was_forgotten_goes_too),
        cmocka_unit_test(what_stood_in_a_group_that_has_come_back_goes_too),
        cmocka_unit_test(a_crash_leaves_nothing_half_deleted),
        cmocka_unit_test(a_contact_goes_with_the_invitation_that_waits),
        cmocka_unit_test(who_is_deleted_can_write),
        cmocka_unit_test(what_is_deleted_twice_does_not_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
