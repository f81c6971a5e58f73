/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Groups: made, changed, left, and changed by two at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "state.h"
#include "test/result.h"

static void make_four(struct world *world) {
    for (int i = 0; i < 4; i++) {
        (void)world_add(world);
    }
    const cJSON *made = world_call(&world->peers[0], "group.create", "{'name':'Four','members':['%s','%s','%s']}",
                                   world->peers[1].id, world->peers[2].id, world->peers[3].id);
    assert_string_equal(text_of(made, "name"), "Four");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(made, "members")), 4);
}

static void say(struct world_peer *peer, const char *text) {
    (void)world_call(peer, "send", "{'chat':'%s','text':'%s'}", group_of(peer, "Four"), text);
}

static void four_write_to_each_other(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    make_four(&world);
    say(&world.peers[0], "a");
    say(&world.peers[3], "b");
    say(&world.peers[1], "c");
    for (size_t i = 0; i < 4; i++) {
        assert_texts(&world.peers[i], group_of(&world.peers[i], "Four"), "a\nb\nc\n");
    }
    assert_agree(&world, "Four", (const size_t[]){ 0, 1, 2, 3 }, 4);
    /* Notices about who came are there, but nothing that waits to be read. */
    const cJSON *chats = cJSON_GetObjectItem(world_call(&world.peers[0], "chats", "{}"), "chats");
    assert_int_equal((int)cJSON_GetNumberValue(cJSON_GetObjectItem(cJSON_GetArrayItem(chats, 0), "unread")), 2);
    world_end(&world);
}

static size_t requests(const struct world *world) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof world->model->asked / sizeof world->model->asked[0]; i++) {
        count += world->model->asked[i];
    }
    return count;
}

/* Requests of all devices until somebody is in the group and has written there. */
static size_t join(struct world *world, struct world_peer *adder) {
    struct world_peer *newcomer = world_add(world);
    world_pass(world, 60 * 1000);
    const size_t *asked = world->model->asked;
    size_t before = requests(world), letters = asked[WIRE_INBOX_APPEND], streams = asked[WIRE_CREATE_STREAM],
           packages = asked[WIRE_TAKE_KEY_PACKAGES];
    (void)world_call(adder, "group.add", "{'chat':'%s','members':['%s']}", group_of(adder, "Four"), newcomer->id);
    say(newcomer, "here");
    world_pass(world, 60 * 1000);
    assert_texts(newcomer, group_of(newcomer, "Four"), "here\n");
    assert_int_equal(asked[WIRE_INBOX_APPEND], letters + 1);
    assert_int_equal(asked[WIRE_CREATE_STREAM], streams);
    assert_int_equal(asked[WIRE_TAKE_KEY_PACKAGES], packages + 1);
    return requests(world) - before;
}

/* One letter, and nothing to be fetched that grows with what the group has been through. */
static void to_join_costs_the_same_in_an_old_group(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 12);
    make_four(&world);
    size_t young = join(&world, &world.peers[0]);
    for (int i = 0; i < 40; i++) {
        say(&world.peers[i % 4], "and so on");
        (void)world_call(&world.peers[0], "group.set", "{'chat':'%s','description':'%d'}",
                         group_of(&world.peers[0], "Four"), i);
        world_pass(&world, 60 * 1000);
    }
    assert_in_range(join(&world, &world.peers[0]), 1, young + 4); /* the other newcomer hears of it, too, and answers */
    world_end(&world);
}

/* The last notice of a kind in "Four": what it says, and what a face has to translate it. */
static void assert_notice(struct world_peer *peer, const char *kind, const char *text, const char *words,
                          const char *parts) {
    const cJSON *messages =
        cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "Four")), "messages");
    for (int i = cJSON_GetArraySize(messages); i-- > 0;) {
        const cJSON *message = cJSON_GetArrayItem(messages, i);
        if (strcmp(text_of(message, "kind"), "notice") == 0 && strcmp(text_of(message, "notice"), kind) == 0) {
            char joined[256] = "";
            const cJSON *part;
            cJSON_ArrayForEach(part, cJSON_GetObjectItem(message, "parts")) {
                (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s;", part->valuestring);
            }
            assert_string_equal(text_of(message, "text"), text);
            assert_string_equal(text_of(message, "words"), words);
            assert_string_equal(joined, parts);
            return;
        }
    }
    fail_msg("no notice %s", kind);
}

static void notices_have_words_and_parts(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    make_four(&world);
    struct world_peer *first = &world.peers[0], *second = &world.peers[1], *third = &world.peers[2];
    char text[128], parts[128];
    assert_notice(first, "created", "You made the group “Four”", "You made the group “%s”", "Four;");
    assert_notice(second, "added", "You are in the group “Four” now", "You are in the group “%s” now", "Four;");
    (void)world_call(first, "contact.add", "{'id':'%s','name':'100 %% Ben'}", second->id);
    (void)world_call(first, "group.remove", "{'chat':'%s','members':['%s']}", group_of(first, "Four"), second->id);
    assert_notice(first, "removed", "You removed 100 % Ben", "You removed %s", "100 % Ben;");
    (void)snprintf(text, sizeof text, "%s removed you", first->id);
    (void)snprintf(parts, sizeof parts, "%s;", first->id);
    assert_notice(second, "removed", text, "%s removed you", parts);
    (void)snprintf(text, sizeof text, "%s removed %s", first->id, second->id);
    (void)snprintf(parts, sizeof parts, "%s;%s;", first->id, second->id);
    assert_notice(third, "removed", text, "%s removed %s", parts);
    world_end(&world);
}

static int count_notices(struct world_peer *peer, const char *kind) {
    int count = 0;
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(
                                    world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "Four")), "messages")) {
        count += strcmp(text_of(message, "kind"), "notice") == 0 && strcmp(text_of(message, "notice"), kind) == 0;
    }
    return count;
}

/* It is said once, also behind an end of the client, and tried until there is room. */
static void a_full_inbox_is_told_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 10);
    make_four(&world);
    struct world_peer *first = &world.peers[0], *fifth = world_add(&world);
    for (int i = 0; i < 2; i++) {
        world.model->refuse.type = WIRE_INBOX_APPEND;
        world.model->refuse.code = WIRE_REFUSED_FULL;
        if (i == 0) {
            (void)world_call(first, "group.add", "{'chat':'%s','members':['%s']}", group_of(first, "Four"), fifth->id);
        } else {
            world_crash(first);
            world_pass(&world, 1000);
        }
        assert_int_equal(world.model->refuse.code, 0);
        assert_int_equal(count_notices(first, "refused"), 1);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(fifth, "chats", "{}"), "chats")), 0);
    }
    char text[128], parts[128];
    (void)snprintf(text, sizeof text, "%s could not be told yet: the inbox is full. It is tried again", fifth->id);
    (void)snprintf(parts, sizeof parts, "%s;", fifth->id);
    assert_notice(first, "refused", text, "%s could not be told yet: the inbox is full. It is tried again", parts);
    world_pass(&world, 61000);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(fifth, "chats", "{}"), "chats")), 1);
    assert_int_equal(count_notices(first, "refused"), 1);
    world_end(&world);
}

static void members_come_and_go(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    make_four(&world);
    struct world_peer *late = world_add(&world);
    say(&world.peers[0], "before");
    const char *group = group_of(&world.peers[2], "Four");
    (void)world_call(&world.peers[2], "group.add", "{'chat':'%s','members':['%s']}", group, late->id);
    say(late, "hello");
    assert_texts(late, group_of(late, "Four"), "hello\n");
    assert_texts(&world.peers[1], group_of(&world.peers[1], "Four"), "before\nhello\n");
    assert_agree(&world, "Four", (const size_t[]){ 0, 1, 2, 3, 4 }, 5);

    (void)world_call(&world.peers[0], "group.remove", "{'chat':'%s','members':['%s']}",
                     group_of(&world.peers[0], "Four"), world.peers[1].id);
    const cJSON *info = world_call(&world.peers[1], "group.info", "{'chat':'%s'}", group_of(&world.peers[1], "Four"));
    assert_string_equal(text_of(info, "state"), "removed");
    assert_string_equal(world_error(&world.peers[1], "send", "{'chat':'Four','text':'still here?'}"), "not_a_member");
    say(late, "among us");
    assert_texts(&world.peers[1], group_of(&world.peers[1], "Four"), "before\nhello\n");
    assert_texts(&world.peers[3], group_of(&world.peers[3], "Four"), "before\nhello\namong us\n");

    (void)world_call(&world.peers[3], "group.leave", "{'chat':'Four'}");
    info = world_call(&world.peers[3], "group.info", "{'chat':'Four'}");
    assert_string_equal(text_of(info, "state"), "left");
    world_pass(&world, 60 * 1000);
    info = world_call(&world.peers[0], "group.info", "{'chat':'Four'}");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")), 3);
    assert_agree(&world, "Four", (const size_t[]){ 0, 2, 4 }, 3);
    say(&world.peers[0], "three of us");
    assert_texts(late, group_of(late, "Four"), "hello\namong us\nthree of us\n");
    world_end(&world);
}

/* An epoch in which there are more messages than the server looks through for a repeated one. */
static void a_wish_to_leave_goes_out_behind_many_messages(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    world.model->max_behind = 4;
    for (int i = 0; i < 8; i++) {
        (void)world_call(alice, "send", "{'chat':'G','text':'%d'}", i);
    }
    world_pass(&world, 5000);
    (void)world_call(bob, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    const cJSON *info = world_call(alice, "group.info", "{'chat':'G'}");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")), 1);
    world_end(&world);
}

/* The server does not take a message yet: whoever is added meanwhile does not see it either. */
static void who_is_added_does_not_see_what_was_written_before(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 15);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 10 * 1000;
    (void)world_call(alice, "send", "{'chat':'G','text':'for bob'}");
    (void)world_ask(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    (void)world_ask(alice, "send", "{'chat':'G','text':'for both'}");
    world_pass(&world, 30 * 1000);
    assert_texts(bob, group_of(bob, "G"), "for bob\nfor both\n");
    assert_texts(carol, group_of(carol, "G"), "for both\n");
    world_end(&world);
}

/* What was made before a crash is done once it is in the stream: who has left meanwhile would be added anew. */
static void who_was_added_before_a_crash_is_added_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 61);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *cleo = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    (void)world_ask(anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(anna, "G"), cleo->id);
    world_run(&world);
    size_t taken = world.model->asked[WIRE_TAKE_KEY_PACKAGES];
    world.model->refuse.type = 0;
    world_crash(anna);
    world_pass(&world, 1000);
    assert_string_equal(text_of(listed_chat(cleo, group_of(cleo, "G")), "name"), "G");
    assert_int_equal(number_of(listed_chat(anna, group_of(anna, "G")), "pending"), 0);
    assert_int_equal(world.model->asked[WIRE_TAKE_KEY_PACKAGES], taken);
    world_end(&world);
}

/* A commit that did not know of it overtakes the wish to leave, and who could remove anybody is away: the leaver asks
 * again, and any member takes him out. */
static void an_overtaken_leave_comes_to_its_end(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct world world;
        world_init(&world, seed);
        make_four(&world);
        struct world_peer *leaver = &world.peers[2];
        (void)world_call(leaver, "send", "{'chat':'Four','text':'before'}");
        world.deaf = true;
        (void)world_ask(leaver, "group.leave", "{'chat':'Four'}");
        (void)world_ask(&world.peers[0], "group.set", "{'chat':'Four','description':'new'}");
        world_run(&world);
        world.deaf = false;
        world_run(&world);
        (void)world_call(&world.peers[0], "disconnect", "{}");
        world_crash(leaver);
        say(&world.peers[1], "behind him");
        const cJSON *info = world_call(leaver, "group.info", "{'chat':'Four'}");
        assert_string_equal(text_of(info, "state"), "left");
        assert_int_equal((int)number_of(info, "pending"), 0);
        world_pass(&world, 60 * 1000);
        assert_string_equal(text_of(world_call(leaver, "group.info", "{'chat':'Four'}"), "state"), "left");
        assert_string_equal(world_error(leaver, "send", "{'chat':'Four','text':'here?'}"), "not_a_member");
        info = world_call(&world.peers[1], "group.info", "{'chat':'Four'}");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")), 3);
        (void)world_call(&world.peers[0], "connect", "{}");
        world_pass(&world, 1000);
        assert_agree(&world, "Four", (const size_t[]){ 0, 1, 3 }, 3);
        assert_texts(leaver, "Four", "before\n");
        /* He can come back. */
        (void)world_call(&world.peers[1], "group.add", "{'chat':'Four','members':['%s']}", leaver->id);
        world_pass(&world, 1000);
        assert_agree(&world, "Four", (const size_t[]){ 0, 1, 2, 3 }, 4);
        world_end(&world);
    }
}

/* What was wished offline has been done by somebody else meanwhile: what was written behind it goes out at once. */
static void what_waits_for_a_needless_change_goes_out(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    make_four(&world);
    struct world_peer *fifth = world_add(&world), *alice = &world.peers[0];
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(alice, "group.add", "{'chat':'Four','members':['%s']}", fifth->id);
    (void)world_call(alice, "group.add", "{'chat':'Four','members':['%s']}", fifth->id);
    say(alice, "all five?");
    (void)world_call(&world.peers[1], "group.add", "{'chat':'Four','members':['%s']}", fifth->id);
    (void)world_call(alice, "connect", "{}");
    assert_texts(fifth, "Four", "all five?\n");
    world_end(&world);
}

/* A message is read when all have read it who are still there. */
static void who_has_left_is_not_waited_for(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    make_four(&world);
    struct world_peer *alice = &world.peers[0];
    (void)world_call(&world.peers[3], "disconnect", "{}");
    say(alice, "hello");
    (void)world_call(&world.peers[1], "read", "{'chat':'%s','number':1000000}", group_of(&world.peers[1], "Four"));
    world_pass(&world, 5000);
    const cJSON *chat = world_call(alice, "group.info", "{'chat':'Four'}");
    const cJSON *counts = cJSON_GetObjectItem(cJSON_GetObjectItem(chat, "last"), "receipts");
    assert_int_equal((int)number_of(counts, "of"), 3);
    assert_int_equal((int)number_of(counts, "delivered"), 2);
    (void)world_call(alice, "group.remove", "{'chat':'Four','members':['%s']}", world.peers[3].id);
    const cJSON *page = world_call(alice, "history", "{'chat':'%s','limit':2}", group_of(alice, "Four"));
    const cJSON *message = cJSON_GetArrayItem(cJSON_GetObjectItem(page, "messages"), 0);
    assert_string_equal(text_of(message, "state"), "delivered");
    assert_int_equal((int)number_of(cJSON_GetObjectItem(message, "receipts"), "of"), 2);
    (void)world_call(alice, "group.remove", "{'chat':'Four','members':['%s']}", world.peers[1].id);
    (void)world_call(&world.peers[2], "read", "{'chat':'%s','number':1000000}", group_of(&world.peers[2], "Four"));
    world_pass(&world, 60 * 1000);
    page = world_call(alice, "history", "{'chat':'%s','limit':3}", group_of(alice, "Four"));
    message = cJSON_GetArrayItem(cJSON_GetObjectItem(page, "messages"), 0);
    assert_string_equal(text_of(message, "state"), "read");
    assert_int_equal((int)number_of(cJSON_GetObjectItem(message, "receipts"), "of"), 1);
    world_end(&world);
}

/* Nobody is left to take the others out. */
static void all_leave_at_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    make_four(&world);
    world.deaf = true;
    for (size_t i = 0; i < 4; i++) {
        (void)world_ask(&world.peers[i], "group.leave", "{'chat':'Four'}");
    }
    world_run(&world);
    world.deaf = false;
    world_pass(&world, 60 * 1000);
    for (size_t i = 0; i < 4; i++) {
        const cJSON *info = world_call(&world.peers[i], "group.info", "{'chat':'Four'}");
        assert_string_equal(text_of(info, "state"), "left");
    }
    world_end(&world);
}

static void two_changes_at_once_both_happen(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world;
        world_init(&world, seed);
        make_four(&world);
        struct world_peer *fifth = world_add(&world), *sixth = world_add(&world);
        (void)world_call(&world.peers[0], "group.role", "{'chat':'Four','member':'%s','role':'admin'}",
                         world.peers[2].id);
        world_pass(&world, 1000);
        uint64_t first = world_ask(&world.peers[0], "group.add", "{'chat':'Four','members':['%s']}", fifth->id);
        uint64_t second = world_ask(&world.peers[1], "group.add", "{'chat':'Four','members':['%s']}", sixth->id);
        uint64_t third =
            world_ask(&world.peers[2], "group.remove", "{'chat':'Four','members':['%s']}", world.peers[3].id);
        (void)world_ask(&world.peers[3], "send", "{'chat':'Four','text':'last words'}");
        world_pass(&world, 60 * 1000);
        assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[0], first), "result"));
        assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[1], second), "result"));
        assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[2], third), "result"));
        assert_agree(&world, "Four", (const size_t[]){ 0, 1, 2, 4, 5 }, 5);
        say(fifth, "hi");
        assert_string_equal(text_of(world_event(sixth, "message"), "text"), "hi");
        world_end(&world);
    }
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    make_four(&world);
    struct world_peer *peer = &world.peers[0];
    assert_string_equal(world_error(peer, "group.create", "{'name':'','members':['%s']}", world.peers[1].id), "empty");
    assert_string_equal(world_error(peer, "group.create", "{'name':'x','members':[]}"), "empty");
    assert_string_equal(world_error(peer, "group.add", "{'chat':'Four','members':['%s']}", world.peers[1].id),
                        "already_a_member");
    assert_string_equal(world_error(peer, "group.add", "{'chat':'Five','members':['%s']}", world.peers[1].id),
                        "unknown_chat");
    uint8_t id[WIRE_ACCOUNT_LEN];
    char text[WIRE_ID_TEXT_LEN + 1];
    assert_true(wire_id_random(&world.random.random, id) == BASE_OK);
    wire_id_format(id, text);
    assert_string_equal(
        world_error(peer, "group.create", "{'name':'Five','members':['%s','%s']}", world.peers[1].id, text),
        "no_account");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(world_call(peer, "chats", "{}"), "chats")), 1);
    world_end(&world);
}

/* Takes the next frame for a peer out of the server's hands and gives it to the core; false: there is none. Those of
 * type `but` are put aside, the first one in `aside`. */
static bool hand_over(struct world_peer *peer, uint8_t but, struct model_bytes *aside) {
    struct model_bytes bytes;
    struct wire_frame frame;
    if (!model_next(peer->world->model, peer->number, &bytes)) {
        return false;
    }
    assert_ok(wire_decode(model_slice(bytes), &frame));
    if (frame.type == but && aside->len == 0) {
        *aside = bytes;
        return true;
    }
    assert_ok(weibel_core_frame(peer->core, model_slice(bytes)));
    free(bytes.data);
    world_run(peer->world);
    return true;
}

/* The server's refusal of a commit comes after another one was made in its place, which it accepts. */
static void a_late_refusal_is_not_for_what_was_made_since(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 12);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    struct world_peer *phone = world_link(bob);
    world_pass(&world, 60 * 1000);
    world.deaf = true;
    (void)world_ask(alice, "group.set", "{'chat':'G','description':'first'}");
    world_run(&world);
    (void)world_ask(bob, "group.leave", "{'chat':'G'}");
    world_run(&world);
    struct model_bytes refusal = { 0 };
    size_t appends = world.model->asked[WIRE_APPEND];
    while (world.model->asked[WIRE_APPEND] == appends) {
        assert_true(hand_over(bob, WIRE_REFUSAL, &refusal));
    }
    assert_true(refusal.len > 0);
    const struct chat *chat = (const struct chat *)bob->core->chats.items[0];
    assert_true(chat->change.kind == CHANGE_LEAVE && chat->change.made);
    assert_ok(weibel_core_frame(bob->core, model_slice(refusal)));
    assert_true(chat->change.made);
    free(refusal.data);
    world.deaf = false;
    world_pass(&world, 60 * 1000);
    assert_int_equal(number_of(world_call(alice, "group.info", "{'chat':'G'}"), "devices"), 1);
    assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "left");
    world_end(&world);
}

/* Whether a chat has a deleted message, and a notice that something is missing. */
static void look_for_deleted(struct world_peer *peer, const char *chat, bool *deleted, bool *gap) {
    const cJSON *result = world_call(peer, "history", "{'chat':'%s','limit':50}", chat), *message;
    *deleted = *gap = false;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(result, "messages")) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        *deleted = *deleted || cJSON_IsTrue(cJSON_GetObjectItem(message, "deleted"));
        *gap = *gap || (notice != NULL && strcmp(notice->valuestring, "gap") == 0);
    }
}

/* A message is deleted for everyone while it is on its way, and its author leaves: he says it before he goes, however
 * soon he wished that, as the server forgets the message all the same. */
static void what_was_deleted_is_told_before_one_leaves(void **state) {
    (void)state;
    for (int before = 0; before < 2; before++) { /* whether he wishes to leave before he deletes it */
        struct world world;
        bool deleted, gap;
        world_init(&world, 17);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
        (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, carol->id);
        (void)world_call(carol, "disconnect", "{}");
        world.deaf = true;
        const cJSON *sent = world_call(bob, "send", "{'chat':'G','text':'oops'}");
        world_run(&world);
        for (int i = 0; i < 2; i++) {
            if (i == before) {
                (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", text_of(sent, "id"));
            } else {
                (void)world_ask(bob, "group.leave", "{'chat':'G'}");
            }
        }
        world.deaf = false;
        world_pass(&world, 60 * 1000);
        assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'G'}"), "state"), "left");
        (void)world_call(carol, "connect", "{}");
        world_pass(&world, 60 * 1000);
        look_for_deleted(alice, "G", &deleted, &gap);
        assert_true(deleted && !gap);
        look_for_deleted(carol, "G", &deleted, &gap);
        assert_true(deleted && !gap);
        world_end(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_write_to_each_other),
        cmocka_unit_test(to_join_costs_the_same_in_an_old_group),
        cmocka_unit_test(notices_have_words_and_parts),
        cmocka_unit_test(a_full_inbox_is_told_once),
        cmocka_unit_test(members_come_and_go),
        cmocka_unit_test(a_wish_to_leave_goes_out_behind_many_messages),
        cmocka_unit_test(who_is_added_does_not_see_what_was_written_before),
        cmocka_unit_test(who_was_added_before_a_crash_is_added_once),
        cmocka_unit_test(an_overtaken_leave_comes_to_its_end),
        cmocka_unit_test(who_has_left_is_not_waited_for),
        cmocka_unit_test(all_leave_at_once),
        cmocka_unit_test(what_waits_for_a_needless_change_goes_out),
        cmocka_unit_test(two_changes_at_once_both_happen),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(what_was_deleted_is_told_before_one_leaves),
        cmocka_unit_test(a_late_refusal_is_not_for_what_was_made_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
