/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What changes messages that are there: edits, deletions, reactions, receipts; also by those who have no right to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "amend_content.h"
#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "content/status.h"
#include "post.h"
#include "test/result.h"

/* Alice has written "hello" to Bob; both have read what there is to read of each other. */
struct pair {
    struct world world;
    struct world_peer *alice, *bob;
    char id[MESSAGE_ID_TEXT_LEN + 1]; /* of the message */
};

static void begin(struct pair *pair, uint64_t seed) {
    world_init_quiet(&pair->world, seed);
    pair->alice = world_add(&pair->world);
    pair->bob = world_add(&pair->world);
    const cJSON *sent = world_call(pair->alice, "send", "{'to':'%s','text':'hello'}", pair->bob->id);
    (void)snprintf(pair->id, sizeof pair->id, "%s", text_of(sent, "id"));
    (void)world_call(pair->bob, "contact.accept", "{'id':'%s'}", pair->alice->id);
    world_pass(&pair->world, 5000);
}

static const cJSON *get(struct world_peer *peer, const char *id) {
    return world_call(peer, "message", "{'id':'%s'}", id);
}

static void say(struct world_peer *peer, struct chat *chat, struct base_bytes *content) {
    assert_ok(post_add_control(peer->core, chat, content));
    assert_ok(weibel_core_tick(peer->core));
    world_run(peer->world);
}

/* ---- edits ---- */

static void an_edit_is_seen_by_both(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 1);
    const cJSON *edited = world_call(pair.alice, "edit", "{'id':'%s','text':'hello, Bob'}", pair.id);
    assert_string_equal(text_of(edited, "text"), "hello, Bob");
    assert_string_equal(text_of(edited, "id"), pair.id);
    assert_true(number_of(edited, "edited_at") >= number_of(edited, "sent_at"));
    const cJSON *changed = world_event(pair.bob, "message_changed");
    assert_string_equal(text_of(changed, "text"), "hello, Bob");
    assert_string_equal(text_of(changed, "id"), pair.id);
    assert_texts(pair.alice, pair.bob->id, "hello, Bob\n");
    assert_texts(pair.bob, pair.alice->id, "hello, Bob\n");
    assert_true(number_of(get(pair.bob, pair.id), "edited_at") == number_of(edited, "edited_at"));
    /* The second one counts, whatever the clock says, and after a crash too. */
    pair.world.clock.now -= 60 * 1000;
    (void)world_call(pair.alice, "edit", "{'id':'%s','text':'hello, Bob!'}", pair.id);
    world_crash(pair.bob);
    world_run(&pair.world);
    assert_texts(pair.bob, pair.alice->id, "hello, Bob!\n");
    assert_int_equal((int)number_of(world_call(pair.alice, "status", "{}"), "queued"), 0);
    world_end(&pair.world);
}

static void what_cannot_be_edited_is_said(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 2);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    assert_string_equal(world_error(bob, "edit", "{'id':'%s','text':'mine'}", pair.id), "not_own");
    assert_string_equal(world_error(bob, "delete", "{'id':'%s','for':'everyone'}", pair.id), "not_own");
    assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':''}", pair.id), "empty");
    assert_string_equal(world_error(alice, "edit", "{'id':'%s'}", pair.id), "params");
    assert_string_equal(world_error(alice, "edit", "{'id':'0123456789abcdef','text':'x'}"), "unknown_message");
    assert_string_equal(world_error(alice, "edit", "{'id':'nonsense','text':'x'}"), "unknown_message");
    assert_string_equal(world_error(alice, "delete", "{'id':'%s'}", pair.id), "params");
    assert_string_equal(world_error(alice, "react", "{'id':'%s','emoji':''}", pair.id), "params");
    assert_string_equal(world_error(alice, "react", "{'id':'%s','emoji':'\\u0007'}", pair.id), "params");
    static const char *const several[] = { "+1",  "no",       " ",      "👍👍",      "👍 ",       "very good",
                                           "🇨🇭🇨", "e\u0301e", "\u200d", "👍\u200d", "a\u200db", "\u202e" };
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        assert_string_equal(world_error(alice, "react", "{'id':'%s','emoji':'%s'}", pair.id, several[i]), "too_long");
    }
    assert_string_equal(world_error(alice, "retry", "{'id':'%s'}", pair.id), "state");
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", pair.id);
    assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':'x'}", pair.id), "deleted");
    assert_string_equal(world_error(bob, "react", "{'id':'%s','emoji':'+'}", pair.id), "deleted");
    world_end(&pair.world);
}

/* ---- deletion ---- */

static void a_deletion_leaves_a_tombstone(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 3);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    (void)world_call(bob, "react", "{'id':'%s','emoji':'👍🏽'}", pair.id);
    struct model_stream *stream = pair.world.model->streams[0];
    size_t entries = 0;
    for (size_t i = 0; i < stream->entry_count; i++) {
        entries += stream->entries[i].content.len > 0 ? 1 : 0;
    }
    const cJSON *chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats"), 0);
    assert_int_equal((int)number_of(chat, "unread"), 1);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", pair.id);
    for (size_t i = 0; i < 2; i++) {
        const cJSON *message = get(&pair.world.peers[i], pair.id);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(message, "deleted")));
        assert_string_equal(text_of(message, "text"), "");
        assert_null(cJSON_GetObjectItem(message, "reactions"));
    }
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_event(bob, "message_changed"), "deleted")));
    chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats"), 0);
    assert_int_equal((int)number_of(chat, "unread"), 0);
    /* The server does not have it any more: one entry came, one went. */
    size_t left = 0;
    for (size_t i = 0; i < stream->entry_count; i++) {
        left += stream->entries[i].content.len > 0 ? 1 : 0;
    }
    assert_int_equal(left, entries);
    assert_int_equal((int)number_of(world_call(alice, "status", "{}"), "queued"), 0);
    world_end(&pair.world);
}

/* Who was away sees that something was deleted, and by whom, but no gap that nobody explains. */
static void a_deletion_explains_its_gap(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 4);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    (void)world_call(bob, "disconnect", "{}");
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id), "id"));
    (void)world_call(alice, "send", "{'to':'%s','text':'three'}", bob->id);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    (void)world_call(bob, "connect", "{}");
    world_run(&pair.world);
    assert_texts(bob, alice->id, "hello\none\nthree\n\n");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(bob, id), "deleted")));
    assert_string_equal(text_of(get(bob, id), "from"), alice->id);
    const cJSON *messages = cJSON_GetObjectItem(world_call(bob, "history", "{'chat':'%s'}", alice->id), "messages");
    const cJSON *message;
    cJSON_ArrayForEach(message, messages) {
        assert_string_equal(text_of(message, "kind"), "message");
    }
    world_end(&pair.world);
}

/* Alice deletes a message when the server has taken it, and the connection breaks before its entry comes back. Reading
 * takes longer then than what is sent again: she reads it before she has it erased, and sees no gap. */
static void what_is_deleted_is_no_gap_for_its_writer(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 17);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    char id[MESSAGE_ID_TEXT_LEN + 1];
    pair.world.deaf = true;
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'oh'}", bob->id), "id"));
    struct model_bytes answer;
    assert_true(model_next(pair.world.model, alice->number, &answer));
    assert_ok(weibel_core_frame(alice->core, model_slice(answer)));
    free(answer.data);
    world_run(&pair.world);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    world_break(alice);
    pair.world.model->refuse.type = WIRE_READ;
    pair.world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    pair.world.model->refuse.argument = 10;
    pair.world.model->refuse.more = 1; /* the stream of her own devices is read too */
    pair.world.deaf = false;
    world_pass(&pair.world, 30 * 1000);
    assert_texts(bob, alice->id, "hello\n\n");
    assert_int_equal(pair.world.model->asked[WIRE_DELETE_ENTRY], 1);
    const cJSON *messages = cJSON_GetObjectItem(world_call(alice, "history", "{'chat':'%s'}", bob->id), "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 2);
    world_end(&pair.world);
}

static struct stood place_in(const struct chat *chat, uint64_t entry) {
    struct stood place = { .entry = entry };
    memcpy(place.stream, chat_writing_group(chat)->id, sizeof place.stream);
    return place;
}

/* Nobody can hide that somebody else's message is missing without a trace. */
static void an_entry_that_is_said_to_be_deleted_is_shown_as_that(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 5);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
    struct model_stream *stream = pair.world.model->streams[0];
    for (size_t i = stream->entry_count - 2; i < stream->entry_count; i++) {
        free(stream->entries[i].content.data);
        stream->entries[i].content = (struct model_bytes){ 0 };
    }
    /* A changed client explains one of the two, with a message that never was. */
    struct chat *chat = chat_at(alice->core, 1);
    struct message never = { .entry = stream->entries[stream->entry_count - 1].number, .id = { 1, 2, 3 } };
    struct base_bytes content = { 0 };
    struct stood place = place_in(chat, never.entry);
    assert_ok(amend_content_deletion(alice->core, &never, &place, 1, &content));
    assert_ok(post_add_control(alice->core, chat, &content));
    assert_ok(weibel_core_tick(alice->core));
    world_run(&pair.world);
    (void)world_call(bob, "connect", "{}");
    world_run(&pair.world);
    const cJSON *messages = cJSON_GetObjectItem(world_call(bob, "history", "{'chat':'%s'}", alice->id), "messages");
    int tombstones = 0, gaps = 0;
    const cJSON *message;
    cJSON_ArrayForEach(message, messages) {
        tombstones += cJSON_IsTrue(cJSON_GetObjectItem(message, "deleted")) ? 1 : 0;
        gaps += cJSON_GetObjectItem(message, "notice") != NULL ? 1 : 0;
    }
    assert_int_equal(tombstones, 1);
    assert_int_equal(gaps, 1);
    world_end(&pair.world);
}

/* Nor with a message that is there, which he may delete or not, nor twice with the same one. */
static void what_is_there_explains_no_other_entry(void **state) {
    (void)state;
    enum { LOST = 3 };
    struct pair pair;
    begin(&pair, 21);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    const char *of_bob = text_of(world_call(bob, "send", "{'to':'%s','text':'mine'}", alice->id), "id");
    const char *names[LOST] = { pair.id, pair.id, of_bob };
    (void)world_call(bob, "disconnect", "{}");
    struct model_stream *stream = pair.world.model->streams[0];
    struct chat *chat = chat_at(alice->core, 1);
    for (size_t i = 0; i < LOST; i++) {
        (void)world_call(alice, "send", "{'to':'%s','text':'lost'}", bob->id);
        struct model_entry *entry = &stream->entries[stream->entry_count - 1];
        struct message named = { 0 };
        struct base_bytes content = { 0 };
        free(entry->content.data);
        entry->content = (struct model_bytes){ 0 };
        stored_message(alice, names[i], &named);
        named.entry = entry->number;
        struct stood place = place_in(chat, named.entry);
        assert_ok(amend_content_deletion(alice->core, &named, &place, 1, &content));
        say(alice, chat, &content);
        message_free(&named);
    }
    (void)world_call(bob, "connect", "{}");
    world_run(&pair.world);
    const cJSON *messages = cJSON_GetObjectItem(world_call(bob, "history", "{'chat':'%s'}", alice->id), "messages");
    const cJSON *message;
    int gaps = 0;
    cJSON_ArrayForEach(message, messages) {
        gaps += cJSON_GetObjectItem(message, "notice") != NULL ? 1 : 0;
    }
    assert_int_equal(gaps, LOST);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(bob, pair.id), "deleted")));
    assert_string_equal(text_of(get(bob, of_bob), "text"), "mine");
    world_end(&pair.world);
}

/* What is deleted before it has gone out has never been; what may have gone out is deleted behind that. */
static void a_queued_message_is_deleted(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 6);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    (void)world_call(alice, "disconnect", "{}");
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'oh'}", bob->id), "id"));
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    assert_string_equal(world_error(alice, "message", "{'id':'%s'}", id), "unknown_message");
    assert_string_equal(text_of(world_event(alice, "message_removed"), "id"), id);
    (void)world_call(alice, "connect", "{}");
    world_run(&pair.world);
    assert_texts(bob, alice->id, "hello\n");

    /* Encrypted, and its answer is lost. */
    pair.world.deaf = true;
    uint64_t asked = world_ask(alice, "send", "{'to':'%s','text':'oh no'}", bob->id);
    world_run(&pair.world);
    (void)snprintf(id, sizeof id, "%s", text_of(cJSON_GetObjectItem(world_answer(alice, asked), "result"), "id"));
    world_break(alice);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    pair.world.deaf = false;
    world_pass(&pair.world, 20 * 1000);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(alice, id), "deleted")));
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(bob, id), "deleted")));
    assert_texts(bob, alice->id, "hello\n\n");
    world_end(&pair.world);
}

static void a_message_is_deleted_for_me(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 7);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    double number = number_of(get(bob, pair.id), "number");
    (void)world_call(bob, "delete", "{'id':'%s','for':'me'}", pair.id);
    const cJSON *removed = world_event(bob, "message_removed");
    assert_string_equal(text_of(removed, "id"), pair.id);
    assert_string_equal(text_of(removed, "chat"), alice->id);
    assert_true(number_of(removed, "number") == number);
    assert_texts(bob, alice->id, "");
    assert_texts(alice, bob->id, "hello\n");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(bob, "receive", "{}"), "messages")), 0);
    /* What comes for it later has no target. */
    (void)world_call(alice, "edit", "{'id':'%s','text':'again'}", pair.id);
    world_crash(bob);
    world_run(&pair.world);
    assert_texts(bob, alice->id, "");
    world_end(&pair.world);
}

/* ---- reactions ---- */

static void reactions_come_and_go(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 8);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    (void)world_call(bob, "react", "{'id':'%s','emoji':'❤'}", pair.id);
    (void)world_call(bob, "react", "{'id':'%s','emoji':'❤'}", pair.id); /* again is once */
    (void)world_call(alice, "react", "{'id':'%s','emoji':'❤'}", pair.id);
    (void)world_call(alice, "react", "{'id':'%s','emoji':'🎉'}", pair.id);
    for (size_t i = 0; i < 2; i++) {
        struct world_peer *peer = &pair.world.peers[i];
        const cJSON *reactions = cJSON_GetObjectItem(get(peer, pair.id), "reactions");
        assert_int_equal(cJSON_GetArraySize(reactions), 2);
        const cJSON *first = cJSON_GetArrayItem(reactions, 0), *second = cJSON_GetArrayItem(reactions, 1);
        assert_string_equal(text_of(first, "emoji"), "❤");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first, "from")), 2);
        assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(first, "from"), 0)->valuestring, bob->id);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(first, "own")));
        assert_string_equal(text_of(second, "emoji"), "🎉");
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(second, "own")) == (peer == alice));
    }
    (void)world_call(bob, "react", "{'id':'%s','emoji':'❤','remove':true}", pair.id);
    (void)world_call(bob, "react", "{'id':'%s','emoji':'🎉','remove':true}", pair.id); /* not his */
    static const char *const whole[] = { "👍🏽",
                                         "👨‍👩‍👧‍👦",
                                         "🏳️‍🌈",
                                         "🇨🇭",
                                         "1️⃣",
                                         "é",
                                         "e\u0301",
                                         "‼️",
                                         "✓",
                                         "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f" };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        (void)world_call(bob, "react", "{'id':'%s','emoji':'%s'}", pair.id, whole[i]);
        (void)world_call(bob, "react", "{'id':'%s','emoji':'%s','remove':true}", pair.id, whole[i]);
    }
    for (size_t i = 0; i < 2; i++) {
        const cJSON *reactions = cJSON_GetObjectItem(get(&pair.world.peers[i], pair.id), "reactions");
        assert_int_equal(cJSON_GetArraySize(reactions), 2);
        const cJSON *from = cJSON_GetObjectItem(cJSON_GetArrayItem(reactions, 0), "from");
        assert_int_equal(cJSON_GetArraySize(from), 1);
        assert_string_equal(cJSON_GetArrayItem(from, 0)->valuestring, alice->id);
    }
    world_end(&pair.world);
}

static void votes_are_counted(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 16);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    char id[MESSAGE_ID_TEXT_LEN + 1], many[MESSAGE_ID_TEXT_LEN + 1];
    const cJSON *sent =
        world_call(alice, "send", "{'chat':'G','poll':{'question':'When?','options':['Mon','Tue','Wed']}}");
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    sent = world_call(alice, "send", "{'chat':'G','poll':{'question':'Who?','options':['A','B'],'multiple':true}}");
    (void)snprintf(many, sizeof many, "%s", text_of(sent, "id"));
    (void)world_call(bob, "vote", "{'id':'%s','options':[1]}", id);
    (void)world_call(carol, "vote", "{'id':'%s','options':[1]}", id);
    (void)world_call(alice, "vote", "{'id':'%s','options':[0]}", id);
    world.clock.now += 10;
    (void)world_call(bob, "vote", "{'id':'%s','options':[2]}", id); /* changes his mind */
    (void)world_call(bob, "vote", "{'id':'%s','options':[1,0,1]}", many);
    assert_string_equal(world_error(bob, "vote", "{'id':'%s','options':[1,2]}", id), "params");
    assert_string_equal(world_error(bob, "vote", "{'id':'%s','options':[3]}", id), "params");
    assert_string_equal(world_error(bob, "vote", "{'id':'%s','options':[20]}", id), "params");
    assert_string_equal(world_error(bob, "vote", "{'id':'%s','options':'1'}", id), "params");
    assert_string_equal(world_error(bob, "poll.close", "{'id':'%s'}", id), "not_own");
    for (size_t i = 0; i < 3; i++) {
        static const int votes[] = { 1, 1, 1 };
        const cJSON *poll = cJSON_GetObjectItem(get(&world.peers[i], id), "poll");
        const cJSON *options = cJSON_GetObjectItem(poll, "options");
        assert_true(cJSON_IsFalse(cJSON_GetObjectItem(poll, "closed")));
        for (int k = 0; k < 3; k++) {
            assert_int_equal((int)number_of(cJSON_GetArrayItem(options, k), "votes"), votes[k]);
        }
        assert_string_equal(
            cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetArrayItem(options, 2), "from"), 0)->valuestring, bob->id);
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(options, 2), "own")) == (i == 1));
        options = cJSON_GetObjectItem(cJSON_GetObjectItem(get(&world.peers[i], many), "poll"), "options");
        assert_int_equal((int)number_of(cJSON_GetArrayItem(options, 0), "votes"), 1);
        assert_int_equal((int)number_of(cJSON_GetArrayItem(options, 1), "votes"), 1);
    }
    /* The end: who votes later, because he has not heard of it, does not count, for nobody. */
    (void)world_call(carol, "disconnect", "{}");
    (void)world_call(alice, "poll.close", "{'id':'%s'}", id);
    world.clock.now += 10;
    (void)world_call(carol, "vote", "{'id':'%s','options':[0]}", id);
    assert_string_equal(world_error(bob, "vote", "{'id':'%s','options':[0]}", id), "closed");
    (void)world_call(carol, "connect", "{}");
    world_run(&world);
    for (size_t i = 0; i < 3; i++) {
        const cJSON *poll = cJSON_GetObjectItem(get(&world.peers[i], id), "poll");
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(poll, "closed")));
        assert_int_equal((int)number_of(cJSON_GetArrayItem(cJSON_GetObjectItem(poll, "options"), 0), "votes"), 1);
    }
    sent = world_call(alice, "send", "{'chat':'G','text':'no poll'}");
    assert_string_equal(world_error(alice, "vote", "{'id':'%s','options':[0]}", text_of(sent, "id")), "not_a_poll");
    assert_string_equal(world_error(alice, "poll.close", "{'id':'%s'}", text_of(sent, "id")), "not_a_poll");
    world_end(&world);
}

/* In a group, who may moderate it deletes what others have written; its author's core has the server forget it. */
static void an_administrator_deletes_for_everyone(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 17);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(bob, "send", "{'chat':'G','text':'rude'}"), "id"));
    assert_string_equal(world_error(carol, "delete", "{'id':'%s','for':'everyone'}", id), "not_own");
    assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':'kind'}", id), "not_own");
    /* Carol's changed client does it all the same. */
    struct message target = { 0 };
    struct base_bytes content = { 0 };
    struct chat *chat = chat_at(carol->core, 1);
    stored_message(carol, id, &target);
    assert_ok(amend_content_deletion(carol->core, &target, NULL, 0, &content));
    say(carol, chat, &content);
    assert_string_equal(text_of(get(alice, id), "text"), "rude");
    assert_string_equal(text_of(get(bob, id), "text"), "rude");
    size_t erased = world.model->asked[WIRE_DELETE_ENTRY];
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", id);
    for (size_t i = 0; i < 3; i++) {
        assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(&world.peers[i], id), "deleted")));
    }
    assert_int_equal(world.model->asked[WIRE_DELETE_ENTRY], erased + 1);
    message_free(&target);
    world_end(&world);
}

/* Where administrators alone write, what others have written before stays as it is. */
static void who_may_not_write_edits_nothing(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 19);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(bob, "send", "{'chat':'G','text':'before'}"), "id"));
    (void)world_call(alice, "group.set", "{'chat':'G','post':'admins'}");
    world_pass(&world, 5000);
    assert_string_equal(world_error(bob, "edit", "{'id':'%s','text':'after'}", id), "not_allowed");
    /* Bob's changed client does it all the same. */
    struct message target = { 0 };
    struct base_bytes content = { 0 };
    struct chat *chat = chat_at(bob->core, 1);
    stored_message(bob, id, &target);
    base_bytes_free(&target.text);
    assert_ok(base_bytes_copy(bob->core->options.allocator, base_slice_text("after"), &target.text));
    assert_ok(message_to_edit(bob->core, &target, &content));
    say(bob, chat, &content);
    world_pass(&world, 5000);
    assert_string_equal(text_of(get(alice, id), "text"), "before");
    message_free(&target);
    world_end(&world);
}

/* ---- receipts ---- */

static void receipts_tell_who_has_read(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
    (void)world_call(carol, "disconnect", "{}");
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(alice, "send", "{'chat':'G','text':'to all'}"), "id"));
    assert_string_equal(text_of(get(alice, id), "state"), "sent");
    world_pass(&world, 3000);
    const cJSON *receipts = cJSON_GetObjectItem(get(alice, id), "receipts");
    assert_int_equal((int)number_of(receipts, "delivered"), 1);
    assert_int_equal((int)number_of(receipts, "read"), 0);
    assert_int_equal((int)number_of(receipts, "of"), 2);
    assert_string_equal(text_of(get(alice, id), "state"), "sent");
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, 3000);
    assert_string_equal(text_of(get(alice, id), "state"), "delivered");
    assert_string_equal(text_of(world_event(alice, "message_changed"), "state"), "delivered");
    (void)world_call(bob, "read", "{'chat':'G','number':%.0f}", number_of(get(bob, id), "number"));
    world_pass(&world, 3000);
    assert_string_equal(text_of(get(alice, id), "state"), "delivered");
    const cJSON *members = cJSON_GetObjectItem(world_call(alice, "receipts", "{'id':'%s'}", id), "members");
    assert_int_equal(cJSON_GetArraySize(members), 2);
    assert_string_equal(text_of(cJSON_GetArrayItem(members, 0), "id"), bob->id);
    assert_true(number_of(cJSON_GetArrayItem(members, 0), "read_at") >=
                number_of(cJSON_GetArrayItem(members, 0), "delivered_at"));
    assert_null(cJSON_GetObjectItem(cJSON_GetArrayItem(members, 1), "read_at"));
    (void)world_call(carol, "read", "{'chat':'G','number':1000}");
    world_pass(&world, 3000);
    assert_string_equal(text_of(get(alice, id), "state"), "read");
    assert_string_equal(world_error(alice, "receipts", "{'id':'nonsense'}"), "unknown_message");
    world_end(&world);
}

/* Who has not accepted a stranger tells him nothing; then he tells what there was. */
static void a_stranger_is_told_nothing(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 15);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'hi'}", bob->id), "id"));
    (void)world_call(bob, "read", "{'chat':'%s','number':1}", alice->id);
    world_pass(&world, 5000);
    assert_string_equal(text_of(get(alice, id), "state"), "sent");
    (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
    world_pass(&world, 5000);
    assert_string_equal(text_of(get(alice, id), "state"), "read");
    world_end(&world);
}

/* Many messages, few reports; and what was read before it was reported as delivered is one word, not two. */
static void receipts_are_gathered(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 10);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    size_t before = pair.world.model->asked[WIRE_APPEND];
    for (int i = 0; i < 120; i++) {
        (void)world_ask(alice, "send", "{'to':'%s','text':'number %d'}", bob->id, i);
    }
    world_run(&pair.world);
    (void)world_call(bob, "read", "{'chat':'%s','number':60}", alice->id);
    const cJSON *chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats"), 0);
    assert_int_equal((int)number_of(chat, "unread"), 61);
    world_pass(&pair.world, 5000);
    assert_int_equal(pair.world.model->asked[WIRE_APPEND] - before, 120 + 2);
    const cJSON *messages =
        cJSON_GetObjectItem(world_call(alice, "history", "{'chat':'%s','limit':200}", bob->id), "messages");
    assert_int_equal(cJSON_GetArraySize(messages), 121);
    for (int i = 0; i < 121; i++) {
        assert_string_equal(text_of(cJSON_GetArrayItem(messages, i), "state"), i < 60 ? "read" : "delivered");
    }
    (void)world_call(bob, "read", "{'chat':'%s','number':121}", alice->id);
    world_pass(&pair.world, 5000);
    assert_int_equal(pair.world.model->asked[WIRE_APPEND] - before, 120 + 3);
    world_crash(bob);
    world_pass(&pair.world, 60 * 1000);
    assert_int_equal(pair.world.model->asked[WIRE_APPEND] - before, 120 + 3); /* nothing is said twice */
    chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(bob, "chats", "{}"), "chats"), 0);
    assert_int_equal((int)number_of(chat, "unread"), 0);
    assert_int_equal((int)number_of(chat, "read"), 121);
    world_end(&pair.world);
}

/* ---- those who have no right ---- */

static void others_cannot_change_it(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 11);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    struct chat *chat = chat_at(bob->core, 1);
    struct base_bytes content = { 0 };
    struct message target = { 0 };
    stored_message(bob, pair.id, &target);
    target.edited_at = pair.world.clock.now + 1000;
    base_bytes_free(&target.text);
    assert_ok(base_bytes_copy(bob->core->options.allocator, base_slice_text("forged"), &target.text));
    assert_ok(message_to_edit(bob->core, &target, &content));
    say(bob, chat, &content);
    assert_ok(amend_content_deletion(bob->core, &target, NULL, 0, &content));
    say(bob, chat, &content);
    assert_texts(alice, bob->id, "hello\n");
    assert_texts(bob, alice->id, "hello\n");
    assert_null(cJSON_GetObjectItem(get(alice, pair.id), "deleted"));
    /* Nor take back what somebody else has reacted. */
    (void)world_call(alice, "react", "{'id':'%s','emoji':'+'}", pair.id);
    stored_message(alice, pair.id, &target);
    assert_int_equal(target.reaction_count, 1);
    assert_ok(amend_content_unreact(bob->core, &target, target.reactions[0].id, &content));
    say(bob, chat, &content);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(get(alice, pair.id), "reactions")), 1);
    /* Receipts about what is not ours, and of what is not there, mean nothing. */
    struct base_writer report = base_writer(base_allocator_libc(), 1024);
    struct base_bytes body = { 0 };
    static const uint8_t unknown[CONTENT_ID_LEN] = { 1, 99 };
    content_status_begin(&report, 4);
    content_status_write(&report, base_slice(unknown, sizeof unknown), CONTENT_READ);
    content_status_write(&report, base_slice(target.id, sizeof target.id), CONTENT_ERROR);
    content_status_write(&report, base_slice(target.id, sizeof target.id), CONTENT_READ);
    content_status_write(&report, base_slice(target.id, sizeof target.id), CONTENT_DELIVERED);
    assert_ok(base_writer_finish(&report, &body));
    assert_ok(amend_content_part(alice->core, content_status_type, base_borrow(&body), NULL, &content));
    say(alice, chat_at(alice->core, 1), &content); /* about her own message */
    assert_string_equal(text_of(get(alice, pair.id), "state"), "delivered");
    assert_ok(amend_content_part(bob->core, content_status_type, base_borrow(&body), NULL, &content));
    say(bob, chat, &content);
    assert_string_equal(text_of(get(alice, pair.id), "state"), "read");
    base_bytes_free(&body);
    message_free(&target);
    world_end(&pair.world);
}

/* A report that is none is said in words, as any message that can't be read. */
static void a_broken_report_is_unreadable(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 12);
    struct base_bytes content = { 0 };
    assert_ok(amend_content_part(pair.bob->core, content_status_type, base_slice_text("nonsense"), NULL, &content));
    say(pair.bob, chat_at(pair.bob->core, 1), &content);
    assert_string_equal(text_of(world_event(pair.alice, "message"), "notice"), "unreadable");
    assert_int_equal((int)number_of(world_call(pair.alice, "status", "{}"), "unreadable"), 1);
    assert_int_equal((int)number_of(world_call(pair.bob, "status", "{}"), "unreadable"), 0);
    world_crash(pair.alice);
    world_run(&pair.world);
    assert_int_equal((int)number_of(world_call(pair.alice, "status", "{}"), "unreadable"), 1);
    world_end(&pair.world);
}

/* Thousands of reactions by one who has a changed client: his are bounded, and the record with them. */
static void reactions_are_bounded(void **state) {
    (void)state;
    struct pair pair;
    begin(&pair, 13);
    struct world_peer *alice = pair.alice, *bob = pair.bob;
    struct chat *chat = chat_at(bob->core, 1);
    struct message target = { 0 };
    stored_message(bob, pair.id, &target);
    for (int i = 0; i < 600; i++) {
        char emoji[16];
        struct base_bytes content = { 0 };
        (void)snprintf(emoji, sizeof emoji, "%d", i);
        assert_ok(amend_content_reaction(bob->core, &target, base_slice_text(emoji), &content));
        assert_ok(post_add_control(bob->core, chat, &content));
    }
    assert_ok(weibel_core_tick(bob->core));
    world_run(&pair.world);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(get(alice, pair.id), "reactions")),
                     MESSAGE_MAX_OWN_REACTIONS);
    assert_int_equal(alice->core->amendments.count, 0);
    message_free(&target);
    world_end(&pair.world);
}

/* ---- crashes ---- */

/* A story with all of it; a crash of one of the two at each of its effects in turn. What was not answered is asked
 * again, which is harmless. */
static void do_surely(struct world_peer *peer, const char *method, const char *params) {
    for (int tries = 0; tries < 4; tries++) {
        uint64_t id = world_ask(peer, method, "%s", params);
        world_pass(peer->world, 20 * 1000);
        const cJSON *answer = world_answer(peer, id);
        if (answer != NULL) {
            return;
        }
    }
    fail_msg("never answered");
}

static void a_crash_at_every_effect(void **state) {
    (void)state;
    for (size_t who = 0; who < 2; who++) {
        for (long at = 0;; at++) {
            struct pair pair;
            char params[256];
            begin(&pair, 14);
            struct world_peer *alice = pair.alice, *bob = pair.bob;
            struct world_peer *crashing = &pair.world.peers[who];
            const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'goes'}", bob->id);
            char goes[MESSAGE_ID_TEXT_LEN + 1];
            (void)snprintf(goes, sizeof goes, "%s", text_of(sent, "id"));
            crashing->crash_after = at;
            (void)snprintf(params, sizeof params, "{'id':'%s','text':'changed'}", pair.id);
            do_surely(alice, "edit", params);
            (void)snprintf(params, sizeof params, "{'id':'%s','emoji':'+'}", pair.id);
            do_surely(bob, "react", params);
            (void)snprintf(params, sizeof params, "{'id':'%s','for':'everyone'}", goes);
            do_surely(alice, "delete", params);
            (void)snprintf(params, sizeof params, "{'chat':'%s','number':2}", alice->id);
            do_surely(bob, "read", params);
            world_pass(&pair.world, 60 * 1000);
            crashing->crash_after = -1;
            for (size_t i = 0; i < 2; i++) {
                const cJSON *message = get(&pair.world.peers[i], pair.id);
                assert_string_equal(text_of(message, "text"), "changed");
                const cJSON *reactions = cJSON_GetObjectItem(message, "reactions");
                assert_int_equal(cJSON_GetArraySize(reactions), 1);
                assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(reactions, 0), "from")), 1);
                assert_true(cJSON_IsTrue(cJSON_GetObjectItem(get(&pair.world.peers[i], goes), "deleted")));
                assert_int_equal(pair.world.peers[i].core->amendments.count, 0);
            }
            assert_string_equal(text_of(get(alice, pair.id), "state"), "read");
            assert_int_equal((int)number_of(world_call(alice, "status", "{}"), "queued"), 0);
            size_t crashes = crashing->crashes;
            world_end(&pair.world);
            if (crashes == 0) {
                assert_true(at > 20);
                break;
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_is_seen_by_both),
        cmocka_unit_test(what_cannot_be_edited_is_said),
        cmocka_unit_test(a_deletion_leaves_a_tombstone),
        cmocka_unit_test(a_deletion_explains_its_gap),
        cmocka_unit_test(what_is_deleted_is_no_gap_for_its_writer),
        cmocka_unit_test(an_entry_that_is_said_to_be_deleted_is_shown_as_that),
        cmocka_unit_test(what_is_there_explains_no_other_entry),
        cmocka_unit_test(a_queued_message_is_deleted),
        cmocka_unit_test(a_message_is_deleted_for_me),
        cmocka_unit_test(reactions_come_and_go),
        cmocka_unit_test(votes_are_counted),
        cmocka_unit_test(an_administrator_deletes_for_everyone),
        cmocka_unit_test(who_may_not_write_edits_nothing),
        cmocka_unit_test(receipts_tell_who_has_read),
        cmocka_unit_test(a_stranger_is_told_nothing),
        cmocka_unit_test(receipts_are_gathered),
        cmocka_unit_test(others_cannot_change_it),
        cmocka_unit_test(a_broken_report_is_unreadable),
        cmocka_unit_test(reactions_are_bounded),
        cmocka_unit_test(a_crash_at_every_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
