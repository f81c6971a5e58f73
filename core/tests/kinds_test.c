/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a message can be besides text and files: how it is asked for, what the others see, what stays after a restart,
 * and what programs are shown that know nothing of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "chatting.h"
#include "content/cbor.h"
#include "extra.h"
#include "field.h"
#include "message.h"
#include "test/result.h"

#define NO_VOTES ",\"from\":[],\"votes\":0,\"own\":false"

static void begin(struct world *world, uint64_t seed, struct world_peer **alice, struct world_peer **bob) {
    world_init(world, seed);
    *alice = world_add(world);
    *bob = world_add(world);
}

/* A member of a message, as JSON, as both see it: at once, and when it is read again after a crash. */
static void assert_seen(struct world_peer *alice, struct world_peer *bob, const cJSON *sent, const char *name,
                        const char *expected) {
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    assert_string_equal(text_of(world_event(bob, "message"), "id"), id);
    world_crash(alice);
    world_crash(bob);
    const cJSON *seen[] = { world_call(alice, "message", "{'id':'%s'}", id),
                            world_call(bob, "message", "{'id':'%s'}", id) };
    for (size_t i = 0; i < 2; i++) {
        char *printed = cJSON_PrintUnformatted(cJSON_GetObjectItem(seen[i], name));
        assert_non_null(printed);
        assert_string_equal(printed, expected);
        free(printed);
    }
}

/* The content that a peer's message travels in. */
static struct base_bytes content_of(struct world_peer *peer, struct message *message) {
    struct base_bytes content = { 0 };
    assert_ok(message_to_content(peer->core, message, &content));
    return content;
}

static void set_bytes(struct base_bytes *out, struct base_slice bytes) {
    assert_ok(base_bytes_copy(base_allocator_libc(), bytes, out));
}

/* The text that is left of a content for a program that knows only text. */
static void write_known_text(struct base_reader *reader, struct base_writer *out, bool *shown) {
    struct content_part part;
    assert_ok(content_part_read(reader, &part));
    *shown =
        part.cardinality == CONTENT_SINGLE && base_slice_equal(part.type, base_slice_text("text/plain;charset=utf-8"));
    if (*shown) {
        base_write_slice(out, part.content);
        base_write_u8(out, '|');
    }
    struct base_reader parts = base_reader(part.parts);
    for (uint64_t i = 0; i < part.count; i++) {
        bool inner;
        write_known_text(&parts, out, &inner);
        *shown = *shown || inner;
        if (inner && part.semantics == CONTENT_CHOOSE_ONE) {
            return;
        }
    }
}

static void assert_fallback(struct base_slice bytes, const char *expected) {
    struct content content;
    bool shown;
    assert_ok(content_decode(bytes, &content));
    struct base_writer text = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_reader body = base_reader(content.body);
    write_known_text(&body, &text, &shown);
    assert_true(base_slice_equal(base_writer_view(&text), base_slice_text(expected)));
    base_writer_free(&text);
}

static void polls_are_asked(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 1, &alice, &bob);
    const cJSON *sent = world_call(
        alice, "send", "{'to':'%s','poll':{'question':'When?','options':['Mon','Tue'],'multiple':true}}", bob->id);
    assert_string_equal(text_of(sent, "text"), "");
    assert_seen(alice, bob, sent, "poll",
                "{\"question\":\"When?\",\"options\":[{\"text\":\"Mon\"" NO_VOTES "},{\"text\":\"Tue\"" NO_VOTES
                "}],\"multiple\":true,\"closed\":false}");
    sent = world_call(bob, "send", "{'to':'%s','text':'Well','poll':{'question':'Where?','options':['a','b','c']}}",
                      alice->id);
    assert_seen(bob, alice, sent, "text", "\"Well\"");
    assert_seen(bob, alice, sent, "poll",
                "{\"question\":\"Where?\",\"options\":[{\"text\":\"a\"" NO_VOTES "},{\"text\":\"b\"" NO_VOTES
                "},{\"text\":\"c\"" NO_VOTES "}],"
                "\"multiple\":false,\"closed\":false}");
    static const char *const wrong[] = {
        "{}",
        "{'question':'q','options':['a']}",
        "{'question':'q','options':['a','']}",
        "{'question':'','options':['a','b']}",
        "{'question':'q','options':'ab'}",
        "{'question':'q','options':['a',7]}",
        "{'question':'q','options':['a','b\\nc']}",
        "{'question':'q','options':['a','b'],'multiple':1}",
        "{'question':'q','options':[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1]}",
        "7",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(world_error(alice, "send", "{'to':'%s','poll':%s}", bob->id, wrong[i]), "params");
    }
    world_end(&world);
}

static void places_are_shown(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 2, &alice, &bob);
    const cJSON *sent = world_call(
        alice, "send",
        "{'to':'%s','location':{'latitude':46.948090,'longitude':-7.4474401,'accuracy':11.2,'name':'Bundeshaus'}}",
        bob->id);
    assert_seen(alice, bob, sent, "location",
                "{\"latitude\":46.94809,\"longitude\":-7.4474401,\"accuracy\":12,\"name\":\"Bundeshaus\"}");
    sent = world_call(alice, "send", "{'to':'%s','location':{'latitude':-90,'longitude':180}}", bob->id);
    assert_seen(alice, bob, sent, "location", "{\"latitude\":-90,\"longitude\":180}");
    static const char *const wrong[] = {
        "{}",
        "{'latitude':90.1,'longitude':0}",
        "{'latitude':0,'longitude':-180.01}",
        "{'latitude':'0','longitude':0}",
        "{'latitude':0,'longitude':1e400}",
        "{'latitude':0,'longitude':0,'accuracy':-1}",
        "{'latitude':0,'longitude':0,'accuracy':1e6}",
        "{'latitude':0,'longitude':0,'name':'a\\nb'}",
        "[]",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(world_error(alice, "send", "{'to':'%s','location':%s}", bob->id, wrong[i]), "params");
    }
    world_end(&world);
}

/* An edit that waits in a home, as version 4 of its record had it: it said nothing of mentions. */
static void load_elder_edit(struct weibel_core *core, const struct message *message, const char *text) {
    static const uint8_t zeros[WIRE_STREAM_LEN] = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), 1024);
    base_write_u8(&writer, 4);
    base_write_u8(&writer, AMEND_EDIT);
    base_write_u64(&writer, message->chat);
    base_write_u64(&writer, message->number);
    field_write_array(&writer, message->id, sizeof message->id);
    base_write_u64(&writer, message->from);
    field_write_array(&writer, zeros, CONTENT_ID_LEN);
    base_write_u64(&writer, UINT32_MAX * UINT64_C(1000));
    base_write_opaque(&writer, base_slice_text(text));
    base_write_u64(&writer, 0);
    base_write_u64(&writer, AMEND_MARKDOWN);
    base_write_u32(&writer, 0);
    base_write_u32(&writer, 0);
    field_write_array(&writer, zeros, WIRE_NONCE_LEN);
    base_write_u8(&writer, MESSAGE_RECEIVED);
    trouble_save(&writer, &(struct trouble){ 0 });
    field_write_bool(&writer, false);
    field_write_array(&writer, zeros, WIRE_STREAM_LEN);
    base_write_u64(&writer, 0);
    assert_ok(amend_load(core, 1, base_writer_view(&writer)));
    base_writer_free(&writer);
}

/* Another text is as the first one was, and calls whom that has called. */
static void an_edit_keeps_format_and_mentions(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char id[64], expected[64];
    begin(&world, 4, &alice, &bob);
    const cJSON *sent = world_call(
        alice, "send", "{'to':'%s','text':'*now* @Bob','format':'markdown','mentions':['%s']}", bob->id, bob->id);
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    (void)snprintf(expected, sizeof expected, "[\"%s\"]", bob->id);
    (void)world_call(alice, "edit", "{'id':'%s','text':'*later* @Bob'}", id);
    world_pass(&world, 5000);
    for (size_t i = 0; i < 2; i++) {
        const cJSON *message = world_call(&world.peers[i], "message", "{'id':'%s'}", id);
        assert_string_equal(text_of(message, "text"), "*later* @Bob");
        assert_string_equal(text_of(message, "format"), "markdown");
        char *mentions = cJSON_PrintUnformatted(cJSON_GetObjectItem(message, "mentions"));
        assert_string_equal(mentions, expected);
        cJSON_free(mentions);
    }
    const struct chat *chat = chat_of_two(bob);
    load_elder_edit(bob->core, &(struct message){ .chat = chat->number, .number = 1, .from = chat->peer },
                    "*today* @Bob");
    assert_int_equal(number_of(listed_chat(bob, alice->id), "called"), 1);
    const cJSON *edited = world_call(bob, "message", "{'id':'%s'}", id);
    assert_string_equal(text_of(edited, "text"), "*today* @Bob");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(edited, "mentions")), 1);
    world_end(&world);
}

static void assert_format(struct world *world, const char *id, const char *text, const char *format) {
    world_pass(world, 5000);
    for (size_t i = 0; i < 2; i++) {
        const cJSON *message = world_call(&world->peers[i], "message", "{'id':'%s'}", id);
        const cJSON *said = cJSON_GetObjectItem(message, "format");
        assert_string_equal(text_of(message, "text"), text);
        assert_string_equal(said == NULL ? "plain" : said->valuestring, format);
    }
}

static void an_edit_may_have_another_format(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char id[64];
    begin(&world, 5, &alice, &bob);
    (void)snprintf(id, sizeof id, "%s",
                   text_of(world_call(alice, "send", "{'to':'%s','text':'at nine'}", bob->id), "id"));
    (void)world_call(alice, "edit", "{'id':'%s','text':'at *ten*','format':'markdown'}", id);
    assert_format(&world, id, "at *ten*", "markdown");
    (void)world_call(alice, "edit", "{'id':'%s','text':'at 2 * 5','format':'plain'}", id);
    assert_format(&world, id, "at 2 * 5", "plain");
    (void)world_call(alice, "edit", "{'id':'%s','text':'at ten'}", id);
    assert_format(&world, id, "at ten", "plain");
    static const char *const wrong[] = { "'html'", "''", "1", "null" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':'x','format':%s}", id, wrong[i]), "params");
    }
    world_end(&world);
}

static void markdown_and_mentions(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char expected[128];
    begin(&world, 3, &alice, &bob);
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'*now*','format':'markdown'}", bob->id);
    assert_seen(alice, bob, sent, "format", "\"markdown\"");
    assert_seen(alice, bob, sent, "text", "\"*now*\"");

    sent = world_call(alice, "send", "{'to':'%s','text':'@Bob','mentions':['%s','%s','%s@example.org']}", bob->id,
                      bob->id, alice->id, bob->id);
    (void)snprintf(expected, sizeof expected, "[\"%s\",\"%s\"]", bob->id, alice->id);
    assert_seen(alice, bob, sent, "mentions", expected);
    assert_null(cJSON_GetObjectItem(world_event(bob, "message"), "format"));

    /* One of the unread has called him, however many follow, also when the home is opened again, until it is read. */
    assert_int_equal(number_of(listed_chat(bob, alice->id), "unread"), 2);
    assert_int_equal(number_of(listed_chat(bob, alice->id), "called"), 1);
    world_crash(bob);
    assert_int_equal(number_of(listed_chat(bob, alice->id), "called"), 1);
    (void)world_call(bob, "read", "{'chat':'%s','number':1}", alice->id);
    assert_int_equal(number_of(listed_chat(bob, alice->id), "called"), 1);
    (void)world_call(bob, "read", "{'chat':'%s','number':2}", alice->id);
    assert_int_equal(number_of(listed_chat(bob, alice->id), "called"), 0);
    world_run(&world);

    /* As the draft has it: links of a Markdown text; of others nobody is called. */
    uint8_t id[WIRE_ACCOUNT_LEN];
    assert_ok(wire_id_parse(base_slice_text(bob->id), id));
    (void)snprintf(expected, sizeof expected, "[@Bob](mimi://example.org/u/%.8s) [x](mimi://example.org/u/alice)",
                   (const char *)id);
    (void)world_call(alice, "send", "{'to':'%s','text':'%s'}", bob->id, expected);
    assert_null(cJSON_GetObjectItem(world_event(bob, "message"), "mentions"));
    sent = world_call(alice, "send", "{'to':'%s','text':'%s','format':'markdown'}", bob->id, expected);
    (void)snprintf(expected, sizeof expected, "[\"%s\"]", bob->id);
    assert_string_equal(text_of(sent, "format"), "markdown");
    char *printed = cJSON_PrintUnformatted(cJSON_GetObjectItem(world_event(bob, "message"), "mentions"));
    assert_string_equal(printed, expected);
    free(printed);

    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','format':'html'}", bob->id), "params");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','mentions':'%s'}", bob->id, bob->id),
                        "params");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','mentions':['nobody']}", bob->id), "params");
    world_end(&world);
}

static void edit_mentions(struct world_peer *alice, const char *id, const char *mentions) {
    (void)world_call(alice, "edit", "{'id':'%s','text':'anew','mentions':[%s]}", id, mentions);
    world_pass(alice->world, 5000);
}

/* What both devices of an account say of the chat, also after a crash. */
static void assert_called(struct world_peer *const devices[2], const struct world_peer *alice, uint64_t unread,
                          uint64_t called) {
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 2; i++) {
            const cJSON *chat = listed_chat(devices[i], alice->id);
            assert_int_equal(number_of(chat, "unread"), unread);
            assert_int_equal(number_of(chat, "called"), called);
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(chat, "calls")), called);
            if (round == 0) {
                world_crash(devices[i]);
            }
        }
    }
}

static void read_to(struct world_peer *peer, const char *chat, const char *id) {
    double number = number_of(world_call(peer, "message", "{'id':'%s'}", id), "number");
    (void)world_call(peer, "read", "{'chat':'%s','number':%.0f}", chat, number);
    world_pass(peer->world, 5000);
}

static void send_id(struct world_peer *alice, const struct world_peer *to, const char *mentions, char id[32]) {
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'so','mentions':[%s]}", to->id, mentions);
    (void)snprintf(id, 32, "%s", text_of(sent, "id"));
    world_pass(alice->world, 5000);
}

/* Whom an edit begins to mention is called once, on each of his devices, until he reads it on one of them. */
static void an_edit_calls_whom_it_mentions_anew(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char first[32], second[32], third[32], mention[64];
    begin(&world, 6, &alice, &bob);
    struct world_peer *tablet = world_link(bob);
    struct world_peer *const devices[2] = { bob, tablet };
    (void)snprintf(mention, sizeof mention, "'%s'", bob->id);

    send_id(alice, bob, "", first);
    read_to(bob, alice->id, first);
    assert_called(devices, alice, 0, 0);
    edit_mentions(alice, first, mention);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(world_event(bob, "message_changed"), "calls_now")));
    assert_called(devices, alice, 1, 1);
    edit_mentions(alice, first, mention);
    assert_null(cJSON_GetObjectItem(world_event(bob, "message_changed"), "calls_now"));
    (void)world_call(alice, "edit", "{'id':'%s','text':'whom it has called it still does'}", first);
    world_pass(&world, 5000);
    assert_called(devices, alice, 1, 1);
    read_to(tablet, alice->id, first);
    assert_called(devices, alice, 0, 0);
    edit_mentions(alice, first, mention); /* he knows */
    assert_called(devices, alice, 0, 0);

    /* Whom it mentions no more it calls no longer, whether he has read the message or not. */
    send_id(alice, bob, mention, second);
    assert_called(devices, alice, 1, 1);
    edit_mentions(alice, second, "");
    assert_null(cJSON_GetObjectItem(world_call(bob, "message", "{'id':'%s'}", second), "mentions"));
    assert_null(cJSON_GetObjectItem(world_call(alice, "message", "{'id':'%s'}", second), "mentions"));
    assert_called(devices, alice, 1, 0);
    read_to(bob, alice->id, second);
    edit_mentions(alice, second, mention);
    assert_called(devices, alice, 1, 1);
    edit_mentions(alice, second, "");
    assert_called(devices, alice, 0, 0);

    /* An edit stands where it has come: who has not read what came before it has not read it. */
    send_id(alice, bob, "", third);
    edit_mentions(alice, second, mention);
    read_to(bob, alice->id, second);
    assert_called(devices, alice, 2, 1);
    read_to(bob, alice->id, third);
    assert_called(devices, alice, 0, 0);
    edit_mentions(alice, third, mention);
    (void)world_call(alice, "delete", "{'id':'%s','for':'everyone'}", third);
    world_pass(&world, 5000);
    assert_called(devices, alice, 0, 0);

    assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':'x','mentions':'%s'}", first, bob->id), "params");
    assert_string_equal(world_error(alice, "edit", "{'id':'%s','text':'x','mentions':['x']}", first), "params");
    world_end(&world);
}

static void there_is_a_bound_to_mentions(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 4, &alice, &bob);
    struct message message = { .sent_at = 1 };
    bool taken = true;
    uint32_t count = 0;
    for (; taken; count++) {
        struct wire_address address = { .domain = "example.org" };
        assert_ok(wire_id_random(&world.random.random, address.account));
        assert_ok(extra_mention(bob->core, &message, &address, &taken));
    }
    assert_int_equal(count, EXTRA_MAX_MENTIONS + 1);
    /* Long names of servers fill the extension before. */
    struct message other = { .sent_at = 1 };
    for (taken = true, count = 0; taken; count++) {
        struct wire_address address = { .domain = "" };
        assert_ok(wire_id_random(&world.random.random, address.account));
        memset(address.domain, 'a', WIRE_MAX_DOMAIN);
        assert_ok(extra_mention(bob->core, &other, &address, &taken));
    }
    assert_in_range(count, 10, 20);
    set_bytes(&other.text, base_slice_text("text"));
    struct base_bytes content = content_of(bob, &other);
    struct content decoded;
    assert_ok(content_decode(base_borrow(&content), &decoded));
    base_bytes_free(&content);
    message_free(&message);
    message_free(&other);
    world_end(&world);
}

static void threads_hang_on_their_first_message(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char first[32], second[32], expected[64];
    begin(&world, 5, &alice, &bob);
    (void)snprintf(first, sizeof first, "%s",
                   text_of(world_call(alice, "send", "{'to':'%s','text':'first'}", bob->id), "id"));
    (void)snprintf(expected, sizeof expected, "\"%s\"", first);
    const cJSON *sent = world_call(bob, "send", "{'to':'%s','text':'second','thread':'%s'}", alice->id, first);
    (void)snprintf(second, sizeof second, "%s", text_of(sent, "id"));
    assert_seen(bob, alice, sent, "thread", expected);
    /* What hangs on a message of the thread is in the thread too; it may answer another one besides. */
    sent =
        world_call(alice, "send", "{'to':'%s','text':'third','thread':'%s','reply_to':'%s'}", bob->id, second, second);
    assert_string_equal(text_of(sent, "reply_to"), second);
    assert_seen(alice, bob, sent, "thread", expected);
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','thread':'0123456789abcdef','reply_to':'%s'}",
                                    bob->id, first),
                        "unknown_message");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','thread':'%s','reply_to':'0123456789abcdef'}",
                                    bob->id, first),
                        "unknown_message");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'a','thread':7}", bob->id), "unknown_message");
    world_end(&world);
}

static void assert_thread(struct world_peer *peer, struct world_peer *other, const char *params, const char *expected) {
    char texts[256] = "";
    const cJSON *page = world_call(peer, "history", "{'chat':'%s',%s}", other->id, params);
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(page, "messages")) {
        (void)strncat(texts, text_of(message, "text"), sizeof texts - strlen(texts) - 1);
        (void)strncat(texts, " ", sizeof texts - strlen(texts) - 1);
    }
    (void)strncat(texts, cJSON_IsTrue(cJSON_GetObjectItem(page, "more")) ? "…" : ".", sizeof texts - strlen(texts) - 1);
    assert_string_equal(texts, expected);
}

static void threads_are_read_without_the_rest(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    char a[32], b[32], params[80], expected[160];
    begin(&world, 6, &alice, &bob);
    (void)snprintf(a, sizeof a, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'a'}", bob->id), "id"));
    (void)snprintf(b, sizeof b, "%s", text_of(world_call(alice, "send", "{'to':'%s','text':'b'}", bob->id), "id"));
    static const char *const order = "abba-aab";
    char last[32] = "";
    for (size_t i = 0; i < strlen(order); i++) {
        const cJSON *sent = order[i] == '-' ? world_call(bob, "send", "{'to':'%s','text':'between'}", alice->id)
                                            : world_call(bob, "send", "{'to':'%s','text':'%c%zu','thread':'%s'}",
                                                         alice->id, order[i], i, order[i] == 'a' ? a : b);
        (void)snprintf(last, sizeof last, "%s", text_of(sent, "id"));
    }
    struct world_peer *const both[] = { alice, bob };
    for (size_t i = 0; i < 2; i++) {
        struct world_peer *other = both[1 - i];
        (void)snprintf(params, sizeof params, "'thread':'%s'", a);
        assert_thread(both[i], other, params, "a0 a3 a5 a6 .");
        (void)snprintf(params, sizeof params, "'thread':'%s','limit':3", a);
        assert_thread(both[i], other, params, "a3 a5 a6 …");
        (void)snprintf(params, sizeof params, "'thread':'%s','limit':2,'before':8", a);
        assert_thread(both[i], other, params, "a0 a3 .");
        assert_thread(both[i], other, "'thread':'0123456789abcdef'", ".");
        char *list = cJSON_PrintUnformatted(world_call(both[i], "threads", "{'chat':'%s'}", other->id));
        (void)snprintf(expected, sizeof expected,
                       "{\"threads\":[{\"thread\":\"%s\",\"count\":3,\"last\":10},"
                       "{\"thread\":\"%s\",\"count\":4,\"last\":9}],\"more\":false}",
                       b, a);
        assert_string_equal(list, expected);
        cJSON_free(list);
    }
    assert_string_equal(world_error(bob, "history", "{'chat':'%s','thread':'short'}", alice->id), "unknown_message");
    assert_string_equal(world_error(bob, "threads", "{'chat':'g9'}"), "unknown_chat");

    /* What is gone from here is gone from its thread; more than one read's worth is read on. */
    (void)world_call(bob, "delete", "{'id':'%s','for':'me'}", last);
    (void)snprintf(params, sizeof params, "'thread':'%s'", b);
    assert_thread(bob, alice, params, "b1 b2 .");
    (void)world_call(bob, "disconnect", "{}");
    for (size_t i = 0; i < WEIBEL_MAX_READ; i++) {
        (void)world_call(bob, "send", "{'to':'%s','text':'x','thread':'%s'}", alice->id, a);
    }
    assert_thread(bob, alice, params, "b1 b2 .");
    const cJSON *threads = cJSON_GetObjectItem(world_call(bob, "threads", "{'chat':'%s'}", alice->id), "threads");
    assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(threads, 0), "count")->valueint, 4 + WEIBEL_MAX_READ);
    assert_int_equal(cJSON_GetObjectItem(cJSON_GetArrayItem(threads, 1), "count")->valueint, 2);
    world_end(&world);
}

/* Sends one file that is described so; what both see of it is the same, and is returned as JSON. */
static void assert_file(struct world_peer *alice, struct world_peer *bob, const char *described, const char *expected) {
    char seen[512];
    const cJSON *sent =
        world_call(alice, "send", "{'to':'%s','files':[{'path':'f','name':'f','size':3,'type':'image/png',%s}]}",
                   bob->id, described);
    world_pass(alice->world, 1000);
    (void)snprintf(seen, sizeof seen, "[{\"name\":\"f\",\"size\":3,\"type\":\"image/png\",%s}]", expected);
    assert_seen(alice, bob, sent, "files", seen);
}

static void files_are_described(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 7, &alice, &bob);
    world_put_file(alice, "f", (const uint8_t *)"abc", 3);
    assert_file(alice, bob, "'kind':'file'", "\"kind\":\"file\"");
    assert_file(alice, bob, "'kind':'image','width':640,'height':480,'thumbnail':'AAEC','thumbnail_type':'image/webp'",
                "\"kind\":\"image\",\"width\":640,\"height\":480,\"thumbnail\":\"AAEC\",\"thumbnail_type\":"
                "\"image/webp\"");
    assert_file(alice, bob, "'kind':'voice','duration':61000,'waveform':'AP9/AQ=='",
                "\"kind\":\"voice\",\"duration\":61000,\"waveform\":\"AP9/AQ==\"");
    assert_file(alice, bob, "'kind':'video','width':1,'height':2,'duration':3",
                "\"kind\":\"video\",\"width\":1,\"height\":2,\"duration\":3");
    /* A file alone, with a picture for a document. */
    assert_file(alice, bob, "'thumbnail':'AAEC','thumbnail_type':'image/jpeg'",
                "\"kind\":\"file\",\"thumbnail\":\"AAEC\",\"thumbnail_type\":\"image/jpeg\"");
    static const char *const wrong[] = {
        "'kind':'sound'",
        "'width':65536",
        "'width':-1",
        "'duration':604800001",
        "'waveform':'AAE'",
        "'waveform':7",
        "'thumbnail':'AAEC'",
        "'thumbnail':'AAEC','thumbnail_type':'image/svg+xml'",
        "'thumbnail':'?','thumbnail_type':'image/png'",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_string_equal(
            world_error(alice, "send", "{'to':'%s','files':[{'path':'f','name':'f','size':3,%s}]}", bob->id, wrong[i]),
            "params");
    }
    world_end(&world);
}

/* Several files, each with its own description, and a text; what is said of nothing is nobody's. */
static void descriptions_stay_with_their_files(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    begin(&world, 8, &alice, &bob);
    world_put_file(alice, "f", (const uint8_t *)"abc", 3);
    (void)world_call(alice, "send",
                     "{'to':'%s','text':'t','files':[{'path':'f','name':'1','size':3},{'path':'f','name':'2','size':3,"
                     "'kind':'image','thumbnail':'AAEC','thumbnail_type':'image/png'},{'path':'f','name':'3','size':3,"
                     "'kind':'voice','waveform':'/w=='}]}",
                     bob->id);
    world_pass(&world, 1000);
    char *printed = cJSON_PrintUnformatted(cJSON_GetObjectItem(world_event(bob, "message"), "files"));
    assert_string_equal(printed, "[{\"name\":\"1\",\"size\":3,\"type\":\"application/octet-stream\",\"kind\":\"file\"},"
                                 "{\"name\":\"2\",\"size\":3,\"type\":\"application/octet-stream\",\"kind\":\"image\","
                                 "\"thumbnail\":\"AAEC\",\"thumbnail_type\":\"image/png\"},"
                                 "{\"name\":\"3\",\"size\":3,\"type\":\"application/octet-stream\",\"kind\":\"voice\","
                                 "\"waveform\":\"/w==\"}]");
    free(printed);
    assert_string_equal(text_of(world_event(bob, "message"), "text"), "t");
    world_end(&world);
}

/* The content that somebody else's program has written: its body is made of these parts. */
static void read_body(struct world_peer *peer, const struct content_part *parts, size_t count, struct message *out) {
    struct base_writer body = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_writer inner = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_writer all = base_writer(base_allocator_libc(), CONTENT_MAX);
    for (size_t i = 0; i < count; i++) {
        content_part_write(&inner, &parts[i]);
    }
    content_part_write(&body, &(struct content_part){ .cardinality = CONTENT_MULTI,
                                                      .semantics = CONTENT_PROCESS_ALL,
                                                      .count = count,
                                                      .parts = base_writer_view(&inner) });
    const uint8_t no_extensions = 0xa0;
    content_encode(&all, &(struct content){ .extensions = base_slice(&no_extensions, 1),
                                            .topic = base_slice_text("Foo 118"),
                                            .body = base_writer_view(&body) });
    assert_ok(message_from_content(peer->core, base_writer_view(&all), "mimi://example.org/u/a",
                                   "mimi://example.org/r/b", out));
    base_writer_free(&all);
    base_writer_free(&inner);
    base_writer_free(&body);
}

static struct content_part a_part(const char *type, uint8_t disposition, struct base_slice content) {
    return (struct content_part){
        .cardinality = CONTENT_SINGLE, .disposition = disposition, .type = base_slice_text(type), .content = content
    };
}

static void what_others_write_is_taken_with_care(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    static const uint8_t zeros[MESSAGE_MAX_PREVIEW + 1] = { 0 };
    static const uint8_t voice[] = { 0x85, 0x02, 0, 0, 0x05, 0x40 }, broken[] = { 0x85, 0x07, 0, 0, 0, 0x40 };
    begin(&world, 9, &alice, &bob);
    struct content_part file = {
        .cardinality = CONTENT_EXTERNAL,
        .disposition = CONTENT_INLINE,
        .type = base_slice_text("image/gif"),
        .url = base_slice_text(
            "https://example.org/blobs/00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
        .encryption = CONTENT_XCHACHA20_CHUNKS,
        .key = base_slice(zeros, 32),
        .nonce = base_slice(zeros, 16),
    };
    struct content_part description = a_part("application/vnd.weibel.media+cbor", 0, base_slice(voice, sizeof voice));
    struct message message = { 0 };

    /* Pictures are pictures, though nobody has described them; too large a preview is none. */
    read_body(
        bob,
        (const struct content_part[]){ file, a_part("image/png", CONTENT_PREVIEW, base_slice(zeros, sizeof zeros)) }, 2,
        &message);
    assert_int_equal(message.file_count, 1);
    assert_int_equal(message.files[0].kind, CONTENT_IMAGE);
    assert_int_equal(message.files[0].preview.len, 0);
    assert_true(message.extra->has_thread && message.extra->thread[0] == CONTENT_HASH_SHA256);
    uint8_t thread[CONTENT_ID_LEN];
    memcpy(thread, message.extra->thread, sizeof thread);
    message_free(&message);

    /* A description of nothing, and one that breaks its format. */
    read_body(
        bob,
        (const struct content_part[]){
            description, file, a_part("application/vnd.weibel.media+cbor", 0, base_slice(broken, sizeof broken)) },
        3, &message);
    assert_int_equal(message.files[0].kind, CONTENT_IMAGE);
    assert_memory_equal(message.extra->thread, thread, sizeof thread); /* the same topic is the same thread */
    message_free(&message);

    read_body(bob,
              (const struct content_part[]){ file, description,
                                             a_part("image/png", CONTENT_PREVIEW, base_slice(zeros, sizeof zeros - 1)),
                                             a_part("image/png", CONTENT_PREVIEW, base_slice(zeros, 1)) },
              4, &message);
    assert_int_equal(message.files[0].kind, CONTENT_VOICE);
    assert_int_equal(message.files[0].duration, 5);
    assert_int_equal(message.files[0].preview.len, 1); /* the last one */
    message_free(&message);

    /* Of two polls the first one counts, and the second is passed over. */
    static const uint8_t poll[] = { 0x83, 0x61, 'q', 0x82, 0x61, 'a', 0x61, 'b', 0xf4 };
    static const uint8_t other[] = { 0x83, 0x61, 'r', 0x82, 0x61, 'a', 0x61, 'b', 0xf4 };
    read_body(bob,
              (const struct content_part[]){
                  a_part("application/vnd.weibel.poll+cbor", 1, base_slice(poll, sizeof poll)),
                  a_part("application/vnd.weibel.poll+cbor", 1, base_slice(other, sizeof other)),
                  a_part("text/markdown", 1, base_slice_text("*a*")), a_part("text/plain", 1, base_slice_text("b")) },
              4, &message);
    assert_true(base_slice_equal(base_borrow(&message.extra->poll), base_slice(poll, sizeof poll)));
    assert_false(message.extra->markdown);
    assert_true(base_slice_equal(base_borrow(&message.text), base_slice_text("*a*\nb")));
    message_free(&message);
    world_end(&world);
}

static void messages_are_forwarded(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob, *carol;
    char id[32], seen[256];
    begin(&world, 10, &alice, &bob);
    carol = world_add(&world);
    world_put_file(alice, "f", (const uint8_t *)"abc", 3);
    (void)world_call(alice, "disconnect", "{}");
    (void)snprintf(
        id, sizeof id, "%s",
        text_of(world_call(alice, "send",
                           "{'to':'%s','text':'*hi*','format':'markdown','mentions':['%s'],'poll':{'question':"
                           "'q','options':['a','b']},'files':[{'path':'f','name':'f','size':3,'thumbnail':"
                           "'AAEC','thumbnail_type':'image/png'}]}",
                           bob->id, bob->id),
                "id"));
    assert_string_equal(world_error(alice, "send", "{'to':'%s','forward':'%s'}", carol->id, id), "busy");
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 1000);
    const cJSON *sent = world_call(bob, "send", "{'to':'%s','forward':'%s','reply_to':'%s'}", carol->id, id, id);
    world_pass(&world, 1000);
    const cJSON *came = world_event(carol, "message");
    assert_null(cJSON_GetObjectItem(came, "mentions"));
    assert_string_equal(text_of(came, "reply_to"), id);
    assert_seen(bob, carol, sent, "forwarded", "true");
    assert_seen(bob, carol, sent, "text", "\"*hi*\"");
    assert_seen(bob, carol, sent, "format", "\"markdown\"");
    (void)snprintf(seen, sizeof seen,
                   "{\"question\":\"q\",\"options\":[{\"text\":\"a\"" NO_VOTES "},{\"text\":\"b\"" NO_VOTES "}],%s}",
                   "\"multiple\":false,\"closed\":false");
    assert_seen(bob, carol, sent, "poll", seen);
    (void)world_call(carol, "save", "{'message':'%s','path':'copy'}", text_of(sent, "id"));
    world_pass(&world, 1000);
    const struct world_file *copy = world_find_file(carol, "copy");
    assert_non_null(copy);
    assert_memory_equal(copy->content.data, "abc", 3);
    assert_string_equal(world_error(bob, "send", "{'to':'%s','forward':'%s','text':'x'}", carol->id, id), "params");
    assert_string_equal(world_error(bob, "send", "{'to':'%s','forward':'0123456789abcdef'}", carol->id),
                        "unknown_message");
    world_end(&world);
}

static void others_are_shown_text(void **state) {
    (void)state;
    struct world world;
    struct world_peer *alice, *bob;
    static const uint8_t poll[] = { 0x83, 0x65, 'W', 'h', 'e', 'n', '?', 0x82, 0x61, 'a', 0x61, 'b', 0xf4 };
    static const uint8_t place[] = { 0x84, 0x1a, 0x1b, 0xfb, 0xaa, 0x70, 0x20, 0x0c, 0x62, 'P', 'H' };
    begin(&world, 6, &alice, &bob);
    struct message message = { .sent_at = 1 };
    struct message_extra *extra;
    assert_ok(extra_get(alice->core, &message, &extra));
    set_bytes(&extra->poll, base_slice(poll, sizeof poll));
    struct base_bytes content = content_of(alice, &message);
    assert_fallback(base_borrow(&content), "When?\n1. a\n2. b|");
    base_bytes_free(&content);
    set_bytes(&extra->location, base_slice(place, sizeof place));
    set_bytes(&message.text, base_slice_text("see"));
    content = content_of(alice, &message);
    assert_fallback(base_borrow(&content), "see|When?\n1. a\n2. b|PH\ngeo:46.9478,-0.0000001;u=12|");
    base_bytes_free(&content);
    message_free(&message);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(polls_are_asked),
        cmocka_unit_test(places_are_shown),
        cmocka_unit_test(an_edit_keeps_format_and_mentions),
        cmocka_unit_test(an_edit_may_have_another_format),
        cmocka_unit_test(markdown_and_mentions),
        cmocka_unit_test(an_edit_calls_whom_it_mentions_anew),
        cmocka_unit_test(there_is_a_bound_to_mentions),
        cmocka_unit_test(threads_hang_on_their_first_message),
        cmocka_unit_test(threads_are_read_without_the_rest),
        cmocka_unit_test(files_are_described),
        cmocka_unit_test(descriptions_stay_with_their_files),
        cmocka_unit_test(what_others_write_is_taken_with_care),
        cmocka_unit_test(messages_are_forwarded),
        cmocka_unit_test(others_are_shown_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
