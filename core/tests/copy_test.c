/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What was deleted for everyone is gone from the server wherever it stood: also where it was sent again, or edited.
 * Whoever was away sees no gap that nobody explains.
 */
#include "copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend_content.h"
#include "chat.h"
#include "group.h"
#include "heal.h"
#include "lying.h"
#include "post.h"
#include "test/result.h"

enum { A_WHILE = 20 * 1000 };

/* Messages that the server has, in all streams. */
static size_t kept(const struct world *world) {
    size_t count = 0;
    for (size_t i = 0; i < world->model->stream_count; i++) {
        const struct model_stream *stream = world->model->streams[i];
        for (size_t k = 0; k < stream->entry_count; k++) {
            count += stream->entries[k].kind == WIRE_KIND_MESSAGE && stream->entries[k].content.len > 0 ? 1 : 0;
        }
    }
    return count;
}

static size_t erased(const struct world *world) {
    size_t entries = 0;
    for (size_t i = 0; i < world->model->stream_count; i++) {
        for (size_t k = 0; k < world->model->streams[i]->entry_count; k++) {
            entries += world->model->streams[i]->entries[k].kind == WIRE_KIND_MESSAGE ? 1 : 0;
        }
    }
    return entries - kept(world);
}

static void wish(struct world_peer *peer, const char *method, const char *id, const char *params) {
    (void)world_call(peer, method, "{'id':'%s',%s}", id, params);
    world_pass(peer->world, 1000);
}

static void write_to(struct world_peer *peer, const char *params, const char *text, char id[64]) {
    (void)snprintf(id, 64, "%s", text_of(world_call(peer, "send", "{%s,'text':'%s'}", params, text), "id"));
    world_pass(peer->world, 1000);
}

static void write_in(struct world_peer *peer, const char *text, char id[64]) {
    char params[64];
    (void)snprintf(params, sizeof params, "'chat':'%s'", group_of(peer, "G"));
    write_to(peer, params, text, id);
}

static void delete_for_all(struct world_peer *peer, const char *id) {
    wish(peer, "delete", id, "'for':'everyone'");
}

static void go(struct world_peer *peer, const char *where) {
    (void)world_call(peer, where, "{}");
    world_pass(peer->world, A_WHILE);
}

/* Carol has missed it, and it was sent again; Ben was away by then. Who deletes it: its author, another device of hers,
 * or who moderates. */
static void what_was_asked_for_goes_with_its_message(void **state) {
    (void)state;
    enum { AUTHOR, DEVICE, MODERATOR };
    for (int by = AUTHOR; by <= MODERATOR; by++) {
        struct people people;
        struct liar liar = { .count = 1 };
        char id[64];
        meet(&people, 50);
        struct world *world = &people.world;
        struct world_peer *writer = by == MODERATOR ? people.ben : people.anna,
                          *other = by == MODERATOR ? people.anna : people.ben,
                          *phone = by == DEVICE ? world_link(people.anna) : NULL;
        world_pass(world, A_WHILE);
        liar.dropped[0] = next_entry(writer);
        lie_to(people.carol, &liar);
        size_t before = kept(world);
        write_in(writer, "wrong", id);
        if (by != MODERATOR) {
            go(other, "disconnect");
        }
        say(writer, "now");
        world_pass(world, A_WHILE);
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nnow\nwrong\n");
        assert_int_equal(kept(world), before + 3);
        world_crash(writer);
        world_pass(world, A_WHILE);
        size_t entries = kept(world);
        delete_for_all(by == DEVICE ? phone : by == MODERATOR ? people.anna : writer, id);
        world_pass(world, A_WHILE);
        assert_int_equal(kept(world), entries - 2 + 1);
        if (by != MODERATOR) {
            go(other, "connect");
        }
        assert_shown(other, group_of(other, "G"), "a\nb\nc\n\nnow\n");
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nnow\n\n");
        assert_int_equal(kept(world), entries - 2 + 1);
        world_end(world);
    }
}

/* Its edits say what it says: they go as well, whoever deletes it. Ben was there when it was written, Carol was not. */
static void edits_go_with_their_message(void **state) {
    (void)state;
    for (int moderates = 0; moderates < 2; moderates++) {
        struct people people;
        char id[64];
        meet(&people, 51);
        struct world *world = &people.world;
        struct world_peer *writer = moderates == 1 ? people.ben : people.anna,
                          *away = moderates == 1 ? people.anna : people.ben;
        size_t before = kept(world);
        go(people.carol, "disconnect");
        write_in(writer, "wrong", id);
        if (moderates == 0) {
            go(away, "disconnect");
        }
        wish(writer, "edit", id, "'text':'still wrong'");
        wish(writer, "edit", id, "'text':'no better'");
        assert_int_equal(kept(world), before + 3);
        delete_for_all(moderates == 1 ? people.anna : writer, id);
        world_pass(world, A_WHILE);
        assert_int_equal(kept(world), before + 1);
        go(away, "connect");
        go(people.carol, "connect");
        assert_shown(away, group_of(away, "G"), "a\nb\nc\n\n");
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\n\n");
        world_end(world);
    }
}

/* What waits to say it never goes out; what is on its way goes behind it, also after a crash. */
static void what_waits_to_say_it_does_not_go_out(void **state) {
    (void)state;
    struct people people;
    char id[64];
    meet(&people, 52);
    struct world *world = &people.world;
    size_t before = kept(world);
    write_in(people.anna, "wrong", id);
    go(people.anna, "disconnect");
    wish(people.anna, "edit", id, "'text':'still wrong'");
    delete_for_all(people.anna, id);
    size_t asked = world->model->asked[WIRE_APPEND];
    go(people.anna, "connect");
    assert_int_equal(world->model->asked[WIRE_APPEND], asked + 1);
    assert_int_equal(kept(world), before + 1);
    write_in(people.anna, "wrong", id);
    go(people.carol, "disconnect");
    world->deaf = true;
    (void)world_ask(people.anna, "edit", "{'id':'%s','text':'still wrong'}", id);
    world_run(world);
    delete_for_all(people.anna, id);
    world_crash(people.anna);
    world->deaf = false;
    world_pass(world, A_WHILE);
    assert_int_equal(kept(world), before + 2 + 1); /* what was on its way is told behind the deletion */
    go(people.carol, "connect");
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\n\n\n");
    world_end(world);
}

/* Message and edit are on their way when it is deleted: each says so when it has arrived. Ben was away, and reads of
 * what he never had twice, at once. */
static void what_is_deleted_on_its_way_is_shown_once(void **state) {
    (void)state;
    for (int crashes = 0; crashes < 2; crashes++) {
        struct people people;
        meet(&people, 54);
        struct world *world = &people.world;
        struct world_peer *phone = world_link(people.ben);
        world_pass(world, A_WHILE);
        size_t before = kept(world);
        go(people.ben, "disconnect");
        go(phone, "disconnect");
        world->deaf = true;
        char id[64], group[64];
        (void)snprintf(group, sizeof group, "%s", group_of(people.anna, "G"));
        (void)snprintf(id, sizeof id, "%s",
                       text_of(world_call(people.anna, "send", "{'chat':'%s','text':'wrong'}", group), "id"));
        (void)world_call(people.anna, "edit", "{'id':'%s','text':'still wrong'}", id);
        (void)world_call(people.anna, "delete", "{'id':'%s','for':'everyone'}", id);
        world_run(world);
        assert_int_equal(kept(world), before + 2);
        if (crashes) {
            world_crash(people.anna);
        }
        world->deaf = false;
        world_pass(world, A_WHILE);
        go(people.ben, "connect");
        go(phone, "connect");
        struct world_peer *const all[] = { people.anna, people.ben, people.carol };
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            assert_shown(all[i], group_of(all[i], "G"), "a\nb\nc\n\n");
        }
        assert_shown(phone, group_of(phone, "G"), "\n");
        assert_int_equal(kept(world), before + 2); /* deletions */
        world_end(world);
    }
}

static void begin_chat(struct world *world, uint64_t seed, struct world_peer **anna, struct world_peer **ben) {
    world_init(world, seed);
    *anna = add_silent(world);
    *ben = add_silent(world);
    (void)world_call(*anna, "send", "{'to':'%s','text':'hello'}", (*ben)->id);
    world_pass(world, 5000);
    (void)world_call(*ben, "send", "{'to':'%s','text':'hello'}", (*anna)->id);
    world_pass(world, 5000);
}

/* Anna's telephone has edited it, and that is on its way when she deletes it. She reads the edit first, and has it
 * deleted; the telephone, and Ben, who was away, miss nothing. */
static void an_edit_that_comes_late_is_missed_by_nobody(void **state) {
    (void)state;
    struct world world;
    struct world_peer *anna, *ben;
    char id[64], params[64];
    begin_chat(&world, 61, &anna, &ben);
    struct world_peer *phone = world_link(anna);
    world_pass(&world, A_WHILE);
    (void)snprintf(params, sizeof params, "'to':'%s'", ben->id);
    write_to(anna, params, "wrong", id);
    world_pass(&world, A_WHILE);
    go(ben, "disconnect");
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 1000;
    (void)world_call(phone, "edit", "{'id':'%s','text':'still wrong'}", id);
    (void)world_call(phone, "disconnect", "{}");
    delete_for_all(anna, id);
    size_t before = erased(&world);
    world.model->refuse.type = WIRE_READ; /* it goes out before anything is read */
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 5000;
    world.model->refuse.more = 3;
    go(phone, "connect");
    world_pass(&world, A_WHILE);
    assert_int_equal(erased(&world), before + 1);
    go(ben, "connect");
    (void)world_call(ben, "send", "{'to':'%s','text':'what was it'}", anna->id);
    world_pass(&world, A_WHILE);
    assert_shown(phone, ben->id, "\nwhat was it\n");
    assert_shown(ben, anna->id, "hello\nhello\n\nwhat was it\n");
    world_end(&world);
}

/* The chat has two groups. When it is deleted, its edit has gone into the one that is read first, and not yet into the
 * other one, where the message stands: the first deletion names the message alone, and is read again behind another one
 * that has named the edit as well. */
static void an_edit_in_one_group_of_two_is_missed_by_nobody(void **state) {
    (void)state;
    struct world world;
    char id[64], params[64];
    world_init(&world, 62);
    struct world_peer *anna = add_silent(&world), *ben = add_silent(&world);
    (void)world_ask(anna, "send", "{'to':'%s','text':'hello'}", ben->id);
    (void)world_ask(ben, "send", "{'to':'%s','text':'hello'}", anna->id);
    world_pass(&world, A_WHILE);
    assert_int_equal(chat_of_two(ben)->groups.count, 2);
    go(ben, "disconnect");
    (void)snprintf(params, sizeof params, "'to':'%s'", ben->id);
    write_to(anna, params, "wrong", id);
    world_pass(&world, A_WHILE);
    size_t before = kept(&world);
    world.deaf = true;
    (void)world_call(anna, "edit", "{'id':'%s','text':'still wrong'}", id);
    assert_int_equal(kept(&world), before + 1);
    (void)world_call(anna, "delete", "{'id':'%s','for':'everyone'}", id);
    world.deaf = false;
    world_pass(&world, A_WHILE);
    go(ben, "connect");
    assert_shown(ben, anna->id, "hello\nhello\n\n");
    world_end(&world);
}

static void lose(struct world_peer *peer) {
    assert_ok(heal_lose(peer->core, chat_writing_group(chat_of_two(peer))));
    assert_ok(weibel_core_tick(peer->core));
    world_run(peer->world);
}

static bool message_is_deleted(struct world_peer *peer, const char *id) {
    struct message message BASE_CLEANUP(message_free) = { 0 };
    stored_message(peer, id, &message);
    return message.deleted;
}

/* Anna has lost her place in a chat of two, and Ben sends again what she has missed: he deletes it before that, while
 * it waits for its turn, while it is on its way, or when it has come. */
static void what_has_reached_nobody_goes_from_both_places(void **state) {
    (void)state;
    enum { BEFORE, WAITING, ON_ITS_WAY, THERE, ALL, MANY = 20 };
    for (int when = BEFORE; when < ALL; when++) {
        struct world world;
        struct world_peer *anna, *ben;
        char id[64], to[64];
        begin_chat(&world, 53, &anna, &ben);
        (void)world_call(anna, "disconnect", "{}");
        (void)snprintf(to, sizeof to, "'to':'%s'", anna->id);
        for (int i = 0; i < (when == WAITING ? MANY : 0); i++) {
            (void)world_call(ben, "send", "{%s,'text':'x'}", to);
        }
        write_to(ben, to, "missed", id);
        lose(anna);
        if (when == BEFORE) {
            delete_for_all(ben, id);
        } else if (when == THERE) {
            go(anna, "connect");
            world_pass(&world, 3 * A_WHILE);
            assert_texts(anna, ben->id, "hello\nhello\nmissed\n");
            world_crash(ben);
            world_pass(&world, A_WHILE);
            delete_for_all(ben, id);
        } else {
            go(ben, "disconnect");
            go(anna, "connect");
            world.model->refuse.type = WIRE_APPEND;
            world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
            world.model->refuse.argument = 60 * 1000;
            world.model->refuse.more = 100;
            go(ben, "connect");
            struct message message = { 0 };
            stored_message(ben, id, &message);
            assert_true(message.stood.entry != 0);
            assert_int_equal(post_untouched(chat_of_two(ben), message.number), when == WAITING);
            message_free(&message);
            delete_for_all(ben, id);
            world.model->refuse.code = 0;
            world.model->refuse.more = 0;
        }
        go(anna, "connect");
        world_pass(&world, 10 * A_WHILE);
        assert_int_equal(chat_of_two(ben)->outbox.count, 0);
        assert_int_equal(erased(&world), when == BEFORE || when == WAITING ? 1 : 2);
        char *texts = world_texts(anna, ben->id);
        assert_null(strstr(texts, "missed"));
        free(texts);
        assert_true(message_is_deleted(ben, id));
        world_end(&world);
    }
}

/* Anna deletes something while she has lost her place in the group, or before she knows that she has: the others get
 * the deletion when she is back, and the server forgets the message. */
static void a_deletion_outlives_that_its_group_is_lost(void **state) {
    (void)state;
    for (int before_that = 0; before_that < 2; before_that++) {
        struct people people;
        char id[64];
        meet(&people, 54);
        struct world *world = &people.world;
        write_in(people.anna, "wrong", id);
        size_t before = kept(world);
        go(people.anna, "disconnect");
        if (before_that == 1) {
            delete_for_all(people.anna, id);
        }
        assert_ok(heal_lose(people.anna->core, group_at_hand(people.anna)));
        assert_ok(weibel_core_tick(people.anna->core));
        world_run(world);
        if (before_that == 0) {
            delete_for_all(people.anna, id);
        }
        world_crash(people.anna);
        go(people.anna, "connect");
        world_pass(world, 3 * 60 * 1000);
        assert_int_equal(group_at_hand(people.anna)->state, GROUP_OPEN);
        say(people.anna, "here");
        assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\n\nhere\n");
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\n\nhere\n");
        assert_int_equal(kept(world), before - 1 + 2);
        world_end(world);
    }
}

/* The chat of two goes on in a new group, and the old one is not kept: what was written there is forgotten all the same
 * when it is deleted later. */
static void what_stands_in_a_group_that_is_gone_is_forgotten(void **state) {
    (void)state;
    struct world world;
    struct world_peer *anna, *ben;
    char id[64], to[64];
    begin_chat(&world, 55, &anna, &ben);
    (void)snprintf(to, sizeof to, "'to':'%s'", ben->id);
    write_to(anna, to, "wrong", id);
    lose(anna);
    world_pass(&world, 3 * 60 * 1000);
    assert_int_equal(chat_of_two(anna)->groups.count, 1);
    (void)world_call(anna, "send", "{'to':'%s','text':'here'}", ben->id);
    world_pass(&world, A_WHILE);
    size_t before = kept(&world);
    delete_for_all(anna, id);
    world_pass(&world, A_WHILE);
    assert_int_equal(kept(&world), before - 1 + 1);
    assert_texts(ben, anna->id, "hello\nhello\n\nhere\n");
    world_end(&world);
}

/* A changed client can't explain more entries by one message than it can stand at, however often it deletes it. */
static void one_message_explains_so_many_entries(void **state) {
    (void)state;
    enum { LOST = MESSAGE_MAX_COPIES + 3 };
    struct world world;
    struct world_peer *anna, *ben;
    char id[64], to[64];
    begin_chat(&world, 56, &anna, &ben);
    (void)snprintf(to, sizeof to, "'to':'%s'", ben->id);
    write_to(anna, to, "x", id);
    struct chat *chat = (struct chat *)anna->core->chats.items[0];
    const struct group *group = chat_writing_group(chat);
    struct model_stream *stream = world.model->streams[world.model->stream_count - 1];
    assert_memory_equal(stream->id, group->id, sizeof group->id);
    struct stood places[1 + LOST] = { { .entry = stream->entries[stream->entry_count - 1].number } };
    memcpy(places[0].stream, group->id, sizeof group->id);
    go(ben, "disconnect");
    for (size_t i = 1; i <= LOST; i++) {
        (void)world_call(anna, "send", "{'to':'%s','text':'lost'}", ben->id);
        struct model_entry *entry = &stream->entries[stream->entry_count - 1];
        free(entry->content.data);
        entry->content = (struct model_bytes){ 0 };
        places[i] = places[0];
        places[i].entry = entry->number;
    }
    struct message message = { 0 };
    stored_message(anna, id, &message);
    for (size_t i = 1; i <= LOST; i += MESSAGE_MAX_COPIES - 1) {
        struct stood named[MESSAGE_MAX_COPIES] = { places[0] };
        size_t count = LOST + 1 - i < MESSAGE_MAX_COPIES - 1 ? LOST + 1 - i : MESSAGE_MAX_COPIES - 1;
        struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
        memcpy(&named[1], &places[i], count * sizeof *named);
        assert_ok(amend_content_deletion(anna->core, &message, named, count + 1, &content));
        assert_ok(post_add_control(anna->core, chat, &content));
        assert_ok(weibel_core_tick(anna->core));
        world_run(&world);
    }
    message_free(&message);
    go(ben, "connect");
    static const char one[] = "[A message was deleted, or had expired, before it was read]\n";
    char expected[512];
    (void)snprintf(expected, sizeof expected, "hello\nhello\n\n%s%s%s", one, one, one);
    assert_shown(ben, anna->id, expected);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_asked_for_goes_with_its_message),
        cmocka_unit_test(edits_go_with_their_message),
        cmocka_unit_test(what_waits_to_say_it_does_not_go_out),
        cmocka_unit_test(what_is_deleted_on_its_way_is_shown_once),
        cmocka_unit_test(an_edit_that_comes_late_is_missed_by_nobody),
        cmocka_unit_test(an_edit_in_one_group_of_two_is_missed_by_nobody),
        cmocka_unit_test(what_has_reached_nobody_goes_from_both_places),
        cmocka_unit_test(a_deletion_outlives_that_its_group_is_lost),
        cmocka_unit_test(what_stands_in_a_group_that_is_gone_is_forgotten),
        cmocka_unit_test(one_message_explains_so_many_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
