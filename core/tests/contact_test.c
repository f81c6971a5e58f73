/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Contacts: safety numbers, changed keys, requests, blocking.
 */
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "contact.h"
#include "safety.h"
#include "test/result.h"

static const cJSON *contact_of(struct world_peer *peer, const struct world_peer *other) {
    const cJSON *contacts = cJSON_GetObjectItem(world_call(peer, "contact.list", "{}"), "contacts"), *contact;
    cJSON_ArrayForEach(contact, contacts) {
        if (strcmp(text_of(contact, "id"), other->id) == 0) {
            return contact;
        }
    }
    return NULL;
}

static bool is_true(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItem(object, name);
    assert_true(cJSON_IsBool(member));
    return cJSON_IsTrue(member);
}

static int chats_of(struct world_peer *peer) {
    return cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats"));
}

static void safety_numbers_agree(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    /* Neither has written to the other yet: the key is asked for. */
    const cJSON *safety = world_call(alice, "contact.safety", "{'id':'%s'}", bob->id);
    assert_int_equal(strlen(text_of(safety, "safety")), SAFETY_TEXT_LEN);
    assert_string_equal(text_of(safety, "safety"),
                        text_of(world_call(bob, "contact.safety", "{'id':'%s'}", alice->id), "safety"));
    assert_string_not_equal(text_of(safety, "safety"),
                            text_of(world_call(alice, "contact.safety", "{'id':'%s'}", carol->id), "safety"));

    /* By digits, as they are read aloud … */
    char digits[2 * SAFETY_TEXT_LEN];
    size_t len = 0;
    for (const char *next = text_of(safety, "safety"); *next != 0; next++) {
        digits[len++] = *next == ' ' ? '-' : *next;
    }
    digits[len] = 0;
    assert_string_equal(
        text_of(world_call(bob, "contact.verify", "{'id':'%s','code':' %s '}", alice->id, digits), "trust"),
        "verified");
    assert_string_equal(text_of(contact_of(bob, alice), "trust"), "verified");
    assert_string_equal(text_of(world_event(bob, "contact"), "trust"), "verified");
    /* … and by the other's code. */
    const char *code = text_of(world_call(bob, "contact.safety", "{'id':'%s'}", alice->id), "code");
    assert_string_equal(text_of(world_call(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, code), "trust"),
                        "verified");
    world_crash(bob);
    world_run(&world);
    assert_string_equal(text_of(contact_of(bob, alice), "trust"), "verified");
    world_end(&world);
}

/* What somebody shows to anybody says for whoever scans it, and for him alone, whose key it is. */
static void who_is_scanned_is_a_contact_and_verified(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    char code[SAFETY_MAX_CODE + 1];
    (void)snprintf(code, sizeof code, "%s", text_of(world_call(bob, "whoami", "{}"), "code"));
    assert_null(contact_of(alice, bob));
    char *digit = code + strlen(code) - SAFETY_HALF_DIGITS;
    for (; *digit != 0; digit++) {
        char kept = *digit;
        *digit = kept == '9' ? '0' : (char)(kept + 1);
        assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, code), "mismatch");
        *digit = kept;
    }
    /* Read aloud, half of a number is not enough: nobody could tell it from a number that was not read to its end. */
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id,
                                    code + strlen(code) - SAFETY_HALF_DIGITS),
                        "params");
    const char *others = text_of(world_call(carol, "whoami", "{}"), "code");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, others), "mismatch");
    assert_null(contact_of(alice, bob));
    assert_string_equal(text_of(world_call(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, code), "trust"),
                        "verified");
    assert_string_equal(text_of(contact_of(alice, bob), "trust"), "verified");
    assert_null(contact_of(bob, alice));
    code[strlen(code) - 1] = 0;
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, code), "params");
    world_end(&world);
}

static void what_is_not_the_same_is_said(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    const cJSON *safety = world_call(alice, "contact.safety", "{'id':'%s'}", bob->id);
    char digits[SAFETY_TEXT_LEN + 1], own[SAFETY_MAX_CODE + 1];
    (void)snprintf(digits, sizeof digits, "%s", text_of(safety, "safety"));
    (void)snprintf(own, sizeof own, "%s", text_of(safety, "code"));
    for (size_t i = 0; i < SAFETY_TEXT_LEN; i++) {
        if (digits[i] != ' ') {
            char kept = digits[i];
            digits[i] = digits[i] == '9' ? '0' : (char)(digits[i] + 1);
            assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, digits),
                                "mismatch");
            digits[i] = kept;
        }
    }
    digits[SAFETY_TEXT_LEN - 1] = 0;
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, digits), "params");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':''}", bob->id), "params");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s'}", bob->id), "params");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'WEIBEL:1:'}", bob->id), "mismatch");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, own), "mismatch");
    const char *others = text_of(world_call(carol, "contact.safety", "{'id':'%s'}", alice->id), "code");
    assert_string_equal(world_error(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, others), "mismatch");
    assert_null(contact_of(alice, bob)); /* nothing came of it */

    assert_string_equal(world_error(alice, "contact.safety", "{'id':'00000000'}"), "no_account");
    (void)world_call(alice, "disconnect", "{}");
    assert_string_equal(world_error(alice, "contact.safety", "{'id':'%s'}", carol->id), "offline");
    world_end(&world);
}

static void nobody_is_added_under_an_id_that_no_account_has(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world),
                      *dora = world_add(&world);
    assert_string_equal(world_error(alice, "contact.add", "{'id':'00000000','name':'Nobody'}"), "no_account");
    assert_string_equal(world_error(alice, "contact.add", "{'id':'00000000'}"), "no_account"); /* is not asked again */
    const cJSON *contacts = cJSON_GetObjectItem(world_call(alice, "contact.list", "{}"), "contacts");
    assert_int_equal(cJSON_GetArraySize(contacts), 0);
    const cJSON *added = world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    assert_string_equal(text_of(added, "name"), "Bob");
    assert_int_equal(strlen(text_of(added, "safety")), SAFETY_TEXT_LEN);

    /* Without a connection it is taken unseen, and a known one gets another name in any case. */
    (void)world_call(alice, "disconnect", "{}");
    added = world_call(alice, "contact.add", "{'id':'%s','name':'Carol'}", carol->id);
    assert_string_equal(text_of(added, "name"), "Carol");
    assert_null(cJSON_GetObjectItem(added, "safety"));
    (void)world_call(alice, "connect", "{}");
    world.model->refuse.type = WIRE_GET_IDENTITIES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 5000;
    added = world_call(alice, "contact.add", "{'id':'%s','name':'Caroline'}", carol->id);
    assert_string_equal(text_of(added, "name"), "Caroline");

    /* Nor is it lost with the connection, while the server is being asked. */
    uint64_t call = world_ask(alice, "contact.add", "{'id':'%s','name':'Dora'}", dora->id);
    world_break(alice);
    world_run(&world);
    added = cJSON_GetObjectItem(world_answer(alice, call), "result");
    assert_string_equal(text_of(added, "name"), "Dora");
    assert_null(cJSON_GetObjectItem(added, "safety"));
    world_end(&world);
}

static void who_waits_for_a_key_hears_that_it_does_not_come(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    world.model->refuse.type = WIRE_GET_IDENTITIES;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 5000;
    assert_string_equal(world_error(alice, "contact.safety", "{'id':'%s'}", bob->id), "too_often");
    uint64_t id = world_ask(alice, "contact.safety", "{'id':'%s'}", bob->id);
    world_break(alice);
    world_run(&world);
    const cJSON *error = cJSON_GetObjectItem(world_answer(alice, id), "error");
    assert_string_equal(text_of(cJSON_GetObjectItem(error, "data"), "name"), "offline");
    world_end(&world);
}

/* Neither verified nor not: what is known must not change without a word. */
static void a_changed_key_is_loud_and_stops_what_is_sent(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello yourself'}", alice->id);
    const char *safety = text_of(world_call(bob, "contact.safety", "{'id':'%s'}", alice->id), "safety");
    (void)world_call(alice, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, safety);
    world.model->accounts[1].identity_key[0] ^= 1;
    assert_string_equal(world_error(alice, "group.create", "{'name':'G','members':['%s']}", bob->id),
                        "identity_changed");
    assert_string_equal(text_of(world_event(alice, "message"), "notice"), "identity");
    assert_true(is_true(world_event(alice, "contact"), "changed"));
    assert_string_equal(text_of(contact_of(alice, bob), "trust"), "unknown");
    assert_string_equal(world_error(alice, "send", "{'to':'%s','text':'not to be sent'}", bob->id), "identity_changed");
    assert_string_equal(world_error(alice, "contact.safety", "{'id':'%s'}", bob->id), "identity_changed");

    /* Once is enough. */
    double number = number_of(world_event(alice, "message"), "number");
    assert_string_equal(world_error(alice, "group.create", "{'name':'G','members':['%s']}", bob->id),
                        "identity_changed");
    assert_true(number_of(world_event(alice, "message"), "number") == number);
    world_crash(alice);
    world_run(&world);
    assert_true(is_true(contact_of(alice, bob), "changed"));

    const cJSON *accepted = world_call(alice, "contact.accept", "{'id':'%s'}", bob->id);
    assert_false(is_true(accepted, "changed"));
    assert_string_equal(text_of(accepted, "trust"), "unknown");
    /* What the person has answered for is no news: the one of before was no stranger. */
    assert_true(number_of(world_event(alice, "message"), "number") == number);
    /* The chat that the earlier one was in has ended: what is sent now goes to the new one, or to nobody. */
    size_t streams = world.model->stream_count;
    (void)world_call(alice, "send", "{'to':'%s','text':'for the new one'}", bob->id);
    assert_int_equal(world.model->stream_count, streams);
    assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "failed");
    assert_texts(bob, alice->id, "hello\nhello yourself\n");
    world_end(&world);
}

/* What was made for a group that ends by that, or the group itself, waits for the server: it is not appended elsewhere,
 * and what is written after it goes. */
static void a_change_that_waits_ends_with_the_earlier_key(void **state) {
    (void)state;
    for (int making = 0; making < 2; making++) {
        struct world world;
        world_init(&world, 40 + (uint64_t)making);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        if (making == 0) {
            (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
        } else {
            (void)world_call(alice, "contact.add", "{'id':'%s'}", bob->id);
        }
        world_pass(&world, 2000);
        world.model->refuse.type = making == 0 ? WIRE_APPEND : WIRE_CREATE_STREAM;
        world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
        world.model->refuse.argument = 60 * 1000;
        if (making == 0) {
            (void)world_ask(alice, "group.set", "{'chat':'%s','expire':60}", bob->id);
        } else {
            (void)world_ask(alice, "send", "{'to':'%s','text':'for the earlier one'}", bob->id);
        }
        world_run(&world);
        const struct chat *chat = chat_of_two(alice);
        assert_true(chat->change.made);
        world.model->accounts[1].identity_key[0] ^= 1;
        assert_string_equal(world_error(alice, "group.create", "{'name':'G','members':['%s']}", bob->id),
                            "identity_changed");
        (void)world_call(alice, "contact.accept", "{'id':'%s'}", bob->id);
        assert_false(chat->change.made);
        (void)world_call(alice, "send", "{'to':'%s','text':'for the new one'}", bob->id);
        world_pass(&world, 120 * 1000);
        assert_string_equal(text_of(world_event(alice, "message_state"), "state"), "failed");
        assert_int_equal(chat->outbox.count, 0);
        if (making == 0) {
            assert_texts(bob, alice->id, "hello\n");
        } else {
            assert_string_equal(world_error(bob, "history", "{'chat':'%s'}", alice->id), "unknown_chat");
        }
        world_end(&world);
    }
}

static void a_stranger_asks_first(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'may I?'}", bob->id);
    (void)world_call(carol, "send", "{'to':'%s','text':'may I, too?'}", bob->id);
    assert_true(is_true(contact_of(bob, alice), "request"));
    assert_true(is_true(world_event(bob, "contact"), "request"));
    assert_false(is_true(contact_of(alice, bob), "request"));
    world_crash(bob);
    world_run(&world);
    assert_true(is_true(contact_of(bob, alice), "request"));
    assert_texts(bob, alice->id, "may I?\n");

    /* To answer is to accept; or it is accepted without a word. */
    (void)world_call(bob, "send", "{'to':'%s','text':'gladly'}", alice->id);
    assert_false(is_true(contact_of(bob, alice), "request"));
    assert_false(is_true(world_call(bob, "contact.accept", "{'id':'%s'}", carol->id), "request"));
    assert_int_equal(chats_of(bob), 2);
    world_end(&world);
}

static void who_was_rejected_is_not_heard(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'buy this'}", bob->id);
    const cJSON *rejected = world_call(bob, "contact.reject", "{'id':'%s'}", alice->id);
    assert_true(is_true(rejected, "blocked") && !is_true(rejected, "request"));
    assert_int_equal(chats_of(bob), 0);
    size_t lines = bob->line_count;
    (void)world_call(alice, "send", "{'to':'%s','text':'and this'}", bob->id);
    (void)world_call(alice, "typing", "{'chat':'%s','typing':true}", bob->id);
    (void)world_call(alice, "group.create", "{'name':'Bargains','members':['%s','%s']}", bob->id, carol->id);
    world_pass(&world, 5000);
    for (size_t i = lines; i < bob->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(bob->lines[i], "method");
        assert_false(cJSON_IsString(method));
    }
    assert_int_equal(chats_of(bob), 0);
    assert_int_equal(chats_of(carol), 1);
    assert_string_equal(world_error(bob, "send", "{'to':'%s','text':'no'}", alice->id), "blocked");

    /* In a group of others he is heard, as they are; and whoever is let go is heard again. */
    (void)world_call(carol, "group.create", "{'name':'Office','members':['%s','%s']}", alice->id, bob->id);
    world_pass(&world, 5000);
    (void)world_call(alice, "send", "{'chat':'%s','text':'to all'}", group_of(alice, "Office"));
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "Office"), "to all\n");
    (void)world_call(bob, "contact.set", "{'id':'%s','blocked':false,'name':'Alice'}", alice->id);
    assert_string_equal(
        text_of(contact_of(bob, alice) == NULL ? world_event(bob, "contact") : contact_of(bob, alice), "name"),
        "Alice");
    (void)world_call(alice, "send", "{'to':'%s','text':'sorry'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, alice->id, "buy this\nsorry\n");
    world_end(&world);
}

static void a_contact_that_is_blocked_begins_no_chat(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "contact.set", "{'id':'%s','blocked':true}", alice->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(bob->core->chats.count, 0);
    assert_string_equal(world_error(bob, "send", "{'to':'%s','text':'hello'}", alice->id), "blocked");
    assert_int_equal(bob->core->chats.count, 0);
    assert_string_equal(world_error(bob, "contact.set", "{'id':'%s','blocked':1}", alice->id), "params");
    world_end(&world);
}

static void who_is_removed_is_not_listed(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 8);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    assert_string_equal(text_of(contact_of(alice, bob), "name"), "Bob");
    (void)world_call(alice, "contact.remove", "{'id':'%s'}", bob->id);
    const cJSON *told = world_event(alice, "contact");
    assert_non_null(told);
    assert_true(is_true(told, "removed"));
    assert_null(contact_of(alice, bob));
    (void)world_call(alice, "contact.add", "{'id':'%s'}", bob->id);
    assert_string_equal(text_of(contact_of(alice, bob), "name"), "");
    world_end(&world);
}

static const cJSON *drafts_of(struct world_peer *peer) {
    const cJSON *chats = cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats");
    return cJSON_GetObjectItem(cJSON_GetArrayItem(chats, 0), "thread_drafts");
}

static void each_thread_keeps_its_draft(void **state) {
    (void)state;
    enum { DRAFTS = 8, MOST = 16 << 10 };
    struct world world;
    world_init(&world, 14);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    assert_null(drafts_of(alice));
    (void)world_call(alice, "chat.set", "{'chat':'%s','draft':'of the chat'}", bob->id);
    for (int i = 0; i < DRAFTS + 1; i++) {
        (void)world_call(alice, "chat.set", "{'chat':'%s','thread':'%daaaaaaaaaaaaaaa','draft':'in %d'}", bob->id, i,
                         i);
    }
    (void)world_call(alice, "chat.set", "{'chat':'%s','thread':'2aaaaaaaaaaaaaaa','draft':'again'}", bob->id);
    (void)world_call(alice, "chat.set", "{'chat':'%s','thread':'3aaaaaaaaaaaaaaa','draft':''}", bob->id);
    world_crash(alice);
    const cJSON *drafts = drafts_of(alice);
    assert_int_equal(cJSON_GetArraySize(drafts), DRAFTS - 1);
    assert_null(cJSON_GetObjectItem(drafts, "0aaaaaaaaaaaaaaa"));
    assert_null(cJSON_GetObjectItem(drafts, "3aaaaaaaaaaaaaaa"));
    assert_string_equal(text_of(drafts, "1aaaaaaaaaaaaaaa"), "in 1");
    assert_string_equal(text_of(drafts, "2aaaaaaaaaaaaaaa"), "again");

    char *text = (char *)calloc(1, MOST + 2);
    assert_non_null(text);
    memset(text, 'x', MOST);
    (void)world_call(alice, "chat.set", "{'chat':'%s','thread':'4aaaaaaaaaaaaaaa','draft':'%s'}", bob->id, text);
    text[MOST] = 'x';
    assert_string_equal(
        world_error(alice, "chat.set", "{'chat':'%s','thread':'4aaaaaaaaaaaaaaa','draft':'%s'}", bob->id, text),
        "params");
    free(text);
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'%s','thread':'e','draft':'x'}", bob->id), "params");
    assert_string_equal(world_error(alice, "chat.set", "{'chat':'%s','thread':'4aaaaaaaaaaaaaaa'}", bob->id), "params");
    assert_int_equal(strlen(text_of(drafts_of(alice), "4aaaaaaaaaaaaaaa")), MOST);
    (void)world_call(alice, "chat.delete", "{'chat':'%s'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello again'}", bob->id);
    assert_null(drafts_of(alice));
    world_end(&world);
}

static void own_devices_agree_about_contacts_and_settings(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(alice, "chat.set", "{'chat':'%s','pinned':true,'draft':'dear b'}", bob->id);
    (void)world_call(alice, "settings.set", "{'receipts':false}");
    struct world_peer *phone = world_link(alice);
    world_pass(&world, 60000);
    const cJSON *contact = contact_of(phone, bob);
    assert_non_null(contact);
    assert_string_equal(text_of(contact, "name"), "Bob");
    assert_false(is_true(contact, "request"));
    assert_false(is_true(world_call(phone, "settings.get", "{}"), "receipts"));
    const cJSON *chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(phone, "chats", "{}"), "chats"), 0);
    assert_true(is_true(chat, "pinned"));
    assert_string_equal(text_of(chat, "draft"), "dear b");

    /* And the other way. */
    const char *safety = text_of(world_call(bob, "contact.safety", "{'id':'%s'}", alice->id), "safety");
    (void)world_call(phone, "contact.verify", "{'id':'%s','code':'%s'}", bob->id, safety);
    (void)world_call(phone, "contact.set", "{'id':'%s','blocked':true}", carol->id);
    (void)world_call(phone, "chat.set", "{'chat':'%s','draft':''}", bob->id);
    world_pass(&world, 60000);
    assert_string_equal(text_of(contact_of(alice, bob), "trust"), "verified");
    assert_true(is_true(contact_of(alice, carol), "blocked"));
    chat = cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(alice, "chats", "{}"), "chats"), 0);
    assert_null(cJSON_GetObjectItem(chat, "draft"));
    (void)world_call(carol, "send", "{'to':'%s','text':'unheard'}", alice->id);
    world_pass(&world, 5000);
    assert_int_equal(chats_of(alice), 1);
    assert_int_equal(chats_of(phone), 1);
    world_end(&world);
}

static void many_contacts_are_found(void **state) {
    (void)state;
    enum { MANY = 1000 };
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world);
    uint8_t ids[MANY][WIRE_ACCOUNT_LEN];
    struct contact *contact;
    for (size_t i = 0; i < MANY; i++) {
        assert_ok(wire_id_random(&world.random.random, ids[i]));
        assert_ok(contact_get(alice->core, ids[i], i % 2 == 0 ? "" : "elsewhere.org", &contact));
        assert_int_equal(contact->number, i + 1);
    }
    for (size_t i = 0; i < MANY; i++) {
        contact = contact_find(alice->core, ids[i], i % 2 == 0 ? "" : "elsewhere.org");
        assert_true(contact != NULL && contact->number == i + 1 && contact == contact_at(alice->core, i + 1));
        assert_null(contact_find(alice->core, ids[i], i % 2 == 0 ? "elsewhere.org" : ""));
    }
    assert_null(contact_at(alice->core, 0));
    assert_null(contact_at(alice->core, MANY + 1));
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safety_numbers_agree),
        cmocka_unit_test(who_is_scanned_is_a_contact_and_verified),
        cmocka_unit_test(what_is_not_the_same_is_said),
        cmocka_unit_test(nobody_is_added_under_an_id_that_no_account_has),
        cmocka_unit_test(who_waits_for_a_key_hears_that_it_does_not_come),
        cmocka_unit_test(a_changed_key_is_loud_and_stops_what_is_sent),
        cmocka_unit_test(a_change_that_waits_ends_with_the_earlier_key),
        cmocka_unit_test(a_stranger_asks_first),
        cmocka_unit_test(who_was_rejected_is_not_heard),
        cmocka_unit_test(a_contact_that_is_blocked_begins_no_chat),
        cmocka_unit_test(who_is_removed_is_not_listed),
        cmocka_unit_test(each_thread_keeps_its_draft),
        cmocka_unit_test(own_devices_agree_about_contacts_and_settings),
        cmocka_unit_test(many_contacts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
