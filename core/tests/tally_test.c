/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server that leaves out messages, or puts them into another order, and numbers the others so that no gap is seen:
 * whoever it does that to is told. What an honest one explains is not told.
 */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "group.h"
#include "lying.h"
#include "test/result.h"

enum { STEPS = 40 };

/* Nobody hears a signal, so that nothing is sent again (missed_test.c). */
static void meet_unasked(struct people *people, uint64_t seed) {
    meet(people, seed);
    people->world.model->mute = true;
}

static const char of_anna[] = "[A message of %s, or a change to one, is missing here: the server has not delivered it]";
static const char of_somebody[] = "[A message, or a change to one, is missing here: the server has not delivered it]";

/* Carol is not shown what Anna writes: she is told when Anna writes again, once, also after a crash. */
static void what_is_left_out_is_missed_by_its_writers_next(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet_unasked(&people, 1);
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "do not go in");
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\n");
    say(people.anna, "now");
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nnow\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    world_crash(people.carol);
    world_pass(&people.world, 5000);
    say(people.ben, "yes");
    say(people.anna, "later");
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nnow\nyes\nlater\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\ndo not go in\nnow\nyes\nlater\n");
    world_end(&people.world);
}

/* Ben has read it, and says so by what he writes; whose it was, comes out when Anna writes. */
static void what_is_left_out_is_missed_by_who_has_read_it(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet_unasked(&people, 2);
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "do not go in");
    say(people.ben, "all right");
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nall right\n", of_somebody);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    say(people.anna, "now");
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\nall right\n%s\nnow\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    world_end(&people.world);
}

/* Across an epoch, and several at once: what Anna has sent without waiting for an answer. */
static void several_are_counted(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 3 };
    char expected[512];
    meet_unasked(&people, 3);
    for (size_t i = 0; i < liar.count; i++) {
        liar.dropped[i] = next_entry(people.anna) + i;
    }
    lie_to(people.carol, &liar);
    (void)world_call(people.anna, "disconnect", "{}");
    for (int i = 0; i < 3; i++) {
        say(people.anna, "unheard");
    }
    (void)world_call(people.anna, "connect", "{}");
    world_pass(&people.world, 5000);
    (void)world_call(people.anna, "group.set", "{'chat':'%s','name':'H'}", group_of(people.anna, "G"));
    world_pass(&people.world, 5000);
    (void)world_call(people.anna, "send", "{'chat':'%s','text':'now'}", group_of(people.anna, "H"));
    world_pass(&people.world, 5000);
    (void)snprintf(expected, sizeof expected,
                   "a\nb\nc\n[3 messages of %s, or changes to some, are missing here: the server has not delivered "
                   "them]\nnow\n",
                   people.anna->id);
    assert_shown(people.carol, group_of(people.carol, "H"), expected);
    world_end(&people.world);
}

/* Anna's first message comes behind her second one: what was missed has come then. If she did not know yet that the
 * server had the first one, that the order is another one is seen all the same. */
static void another_order_is_noticed(void **state) {
    (void)state;
    for (int at_once = 0; at_once < 2; at_once++) {
        struct people people;
        struct liar liar = { .count = 0 };
        meet_unasked(&people, 4);
        liar.swapped = next_entry(people.anna);
        lie_to(people.carol, &liar);
        (void)world_call(people.carol, "disconnect", "{}");
        if (at_once == 1) {
            (void)world_call(people.anna, "disconnect", "{}");
        }
        say(people.anna, "one");
        say(people.anna, "two");
        (void)world_call(people.anna, "connect", "{}");
        world_pass(&people.world, 5000);
        (void)world_call(people.carol, "connect", "{}");
        world_pass(&people.world, 5000);
        assert_shown(people.carol, group_of(people.carol, "G"),
                     at_once == 1 ? "a\nb\nc\ntwo\n[The server has delivered messages here in another order than they "
                                    "were written in]\none\n"
                                  : "a\nb\nc\ntwo\none\n");
        world_end(&people.world);
    }
}

/* It has been said, and stored, and is taken back. */
static void what_comes_after_all_is_missed_no_more(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 0 };
    char expected[512], missing[128];
    meet_unasked(&people, 11);
    const char *chat = group_of(people.carol, "G");
    liar.late = next_entry(people.anna);
    liar.late_by = 1;
    lie_to(people.carol, &liar);
    say(people.anna, "one");
    say(people.anna, "two");
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\ntwo\n", missing);
    assert_shown(people.carol, chat, expected);
    world_crash(people.carol);
    world_pass(&people.world, 5000);
    assert_shown(people.carol, chat, expected);
    say(people.ben, "three");
    assert_shown(people.carol, chat, "a\nb\nc\ntwo\none\nthree\n");
    free(liar.kept.data);
    world_end(&people.world);
}

/* One of three that were encrypted is encrypted anew: those behind it are too, and an honest server has changed no
 * order. */
static void what_is_encrypted_anew_keeps_its_order(void **state) {
    (void)state;
    for (unsigned skip = 0; skip < 3; skip++) {
        struct people people;
        meet(&people, 12);
        (void)world_call(people.anna, "disconnect", "{}");
        say(people.anna, "one");
        say(people.anna, "two");
        say(people.anna, "three");
        people.world.model->refuse.type = WIRE_APPEND;
        people.world.model->refuse.code = WIRE_REFUSED_EPOCH_MOVED;
        people.world.model->refuse.skip = skip;
        (void)world_call(people.anna, "connect", "{}");
        world_pass(&people.world, 60 * 1000);
        assert_int_equal(people.world.model->refuse.code, 0);
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\none\ntwo\nthree\n");
        world_end(&people.world);
    }
}

/* What was behind a paused file is under way when the file goes on, and is refused then: the file goes first. */
static void what_was_paused_keeps_its_order(void **state) {
    (void)state;
    struct people people;
    meet(&people, 13);
    (void)world_call(people.anna, "disconnect", "{}");
    world_put_file(people.anna, "there", (const uint8_t *)"hello", 5);
    (void)world_call(people.anna, "send", "{'chat':'%s','text':'file','files':[{'path':'there','name':'a','size':5}]}",
                     group_of(people.anna, "G"));
    const cJSON *transfers = cJSON_GetObjectItem(world_call(people.anna, "transfers", "{}"), "transfers");
    int number = (int)number_of(cJSON_GetArrayItem(transfers, 0), "transfer");
    (void)world_call(people.anna, "transfer.set", "{'transfer':%d,'state':'paused'}", number);
    (void)world_call(people.anna, "connect", "{}");
    world_run(&people.world);
    struct model *model = people.world.model;
    model->refuse.type = WIRE_APPEND;
    model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    model->refuse.argument = 10;
    model->refuse.more = 1;
    people.world.deaf = true;
    (void)world_call(people.anna, "send", "{'chat':'%s','text':'one'}", group_of(people.anna, "G"));
    (void)world_call(people.anna, "send", "{'chat':'%s','text':'two'}", group_of(people.anna, "G"));
    assert_int_equal(model->refuse.code, 0);
    (void)world_call(people.anna, "transfer.set", "{'transfer':%d,'state':'running'}", number);
    people.world.deaf = false;
    world_pass(&people.world, 60 * 1000);
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nfile\none\ntwo\n");
    world_end(&people.world);
}

/* An answer stands before what it answers. */
static void what_was_read_before_comes_before(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 0 };
    char expected[512];
    meet_unasked(&people, 5);
    liar.swapped = next_entry(people.anna);
    lie_to(people.carol, &liar);
    (void)world_call(people.carol, "disconnect", "{}");
    say(people.anna, "shall I go");
    say(people.ben, "no");
    (void)world_call(people.carol, "connect", "{}");
    world_pass(&people.world, 5000);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nno\nshall I go\n", of_somebody);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    world_end(&people.world);
}

/* Carol comes when much was written, and loses the first one that is for her, of somebody who was there before, and of
 * somebody who comes after her. */
static void who_has_just_come_misses_what_is_for_him(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet_unasked(&people, 6);
    struct world_peer *dora = add_silent(&people.world);
    (void)world_call(people.anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(people.anna, "G"), dora->id);
    world_pass(&people.world, 5000);
    say(people.ben, "welcome");
    lie_to(people.carol, &liar);
    liar.dropped[0] = next_entry(dora);
    say(dora, "unheard");
    say(dora, "thank you");
    (void)snprintf(missing, sizeof missing, of_anna, dora->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\nwelcome\n%s\nthank you\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    assert_shown(dora, group_of(dora, "G"), "welcome\nunheard\nthank you\n");
    world_end(&people.world);
}

/* The server lies to everybody, also to Anna, to whom it has acknowledged her message. */
static void what_was_acknowledged_is_missed_by_all(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet_unasked(&people, 7);
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.anna, &liar);
    lie_to(people.ben, &liar);
    lie_to(people.carol, &liar);
    say(people.anna, "unheard");
    say(people.anna, "now");
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nnow\n", missing);
    assert_shown(people.ben, group_of(people.ben, "G"), expected);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    world_end(&people.world);
}

/* Ben was away: what was deleted or has expired meanwhile is said to have been, and nothing else. */
static void what_has_expired_is_not_missed(void **state) {
    (void)state;
    struct people people;
    meet_unasked(&people, 8);
    struct model_stream *stream = people.world.model->streams[people.world.model->stream_count - 1];
    (void)world_call(people.ben, "disconnect", "{}");
    say(people.anna, "one");
    say(people.carol, "two");
    say(people.anna, "three");
    for (size_t left = 3; left > 1; left--) { /* the first two */
        size_t at = stream->entry_count - left;
        free(stream->entries[at].content.data);
        memmove(&stream->entries[at], &stream->entries[at + 1],
                (stream->entry_count - 1 - at) * sizeof *stream->entries);
        stream->entry_count--;
    }
    (void)world_call(people.ben, "connect", "{}");
    world_pass(&people.world, 5000);
    say(people.carol, "four");
    say(people.anna, "five");
    assert_shown(people.ben, group_of(people.ben, "G"),
                 "a\nb\nc\nthree\n[2 messages were deleted, or had expired, before they were read]\nfour\nfive\n");
    world_end(&people.world);
}

static void end_last(struct model_stream *stream) {
    struct model_bytes *content = &stream->entries[stream->entry_count - 1].content;
    free(content->data);
    *content = (struct model_bytes){ 0 };
}

/* Dora's invitation waits while what was written first ends, and others go on into the next epochs: by a commit of a
 * member, of who comes by the link, or not at all. She reads what is left in several parts. What somebody says that it
 * was deleted is shown as that, and no more of it counts: it may have been anybody's. */
static void who_comes_late_is_told_what_has_expired(void **state) {
    (void)state;
    enum { BY_MEMBER, BY_LINK, BY_NOBODY, RUNS, MANY = 40 };
    for (int run = 0; run < RUNS; run++) {
        struct people people;
        char link[512];
        meet_unasked(&people, 9);
        struct model_stream *stream = people.world.model->streams[people.world.model->stream_count - 1];
        struct world_peer *dora = add_silent(&people.world), *eve = add_silent(&people.world);
        const cJSON *answer = world_call(people.anna, "group.link", "{'chat':'G','enabled':true}");
        (void)snprintf(link, sizeof link, "%s", text_of(answer, "link"));
        world_pass(&people.world, 2000);
        (void)world_call(dora, "disconnect", "{}");
        (void)world_call(people.anna, "group.add", "{'chat':'G','members':['%s']}", dora->id);
        world_pass(&people.world, 2000);
        say(people.anna, "one");
        end_last(stream);
        say(people.carol, "two");
        end_last(stream);
        say(people.anna, "wrong");
        (void)world_call(people.anna, "delete", "{'id':'%s','for':'everyone'}",
                         text_of(message_saying(people.anna, group_of(people.anna, "G"), "wrong"), "id"));
        world_pass(&people.world, 2000);
        char expected[1024] = "";
        for (int i = 0; i < MANY; i++) {
            say(people.anna, "x");
            (void)strcat(expected, "x\n");
        }
        if (run == BY_MEMBER) {
            (void)world_call(people.anna, "group.set", "{'chat':'G','description':'later'}");
        } else if (run == BY_LINK) {
            (void)world_call(eve, "group.join", "{'link':'%s'}", link);
        }
        world_pass(&people.world, 2000);
        say(people.carol, "three");
        (void)strcat(expected, "three\n[2 messages were deleted, or had expired, before they were read]\n\n");
        (void)world_call(dora, "connect", "{}");
        world_pass(&people.world, 5000);
        assert_shown(dora, group_of(dora, "G"), expected);
        world_end(&people.world);
    }
}

/* Every second entry behind the first one that she reads has ended too: more runs than are kept in mind until the end,
 * so that some are told before. What she is not sure of yet is not among them, and is not forgotten. */
static void what_is_not_known_yet_outlives_many_gaps(void **state) {
    (void)state;
    enum { PAIRS = STATE_MAX_GAPS + 2 };
    struct people people;
    meet_unasked(&people, 10);
    struct model_stream *stream = people.world.model->streams[people.world.model->stream_count - 1];
    struct world_peer *dora = add_silent(&people.world);
    world_pass(&people.world, 2000);
    (void)world_call(dora, "disconnect", "{}");
    (void)world_call(people.anna, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    world_pass(&people.world, 2000);
    say(people.carol, "one");
    end_last(stream);
    char expected[1024] = "";
    for (int i = 0; i < PAIRS; i++) {
        say(people.anna, "x");
        (void)strcat(expected, i == STATE_MAX_GAPS + 1
                                   ? "[32 messages were deleted, or had expired, before they were read]\n"
                                   : "");
        (void)strcat(expected, "x\n");
        say(people.carol, "y");
        end_last(stream);
    }
    (void)world_call(people.anna, "group.set", "{'chat':'G','description':'later'}");
    world_pass(&people.world, 2000);
    (void)world_call(dora, "connect", "{}");
    world_pass(&people.world, 5000);
    (void)strcat(expected, "[3 messages were deleted, or had expired, before they were read]\n");
    assert_shown(dora, group_of(dora, "G"), expected);
    world_end(&people.world);
}

/* Who was removed and comes again counts anew. */
static void who_comes_again_counts_anew(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet_unasked(&people, 9);
    (void)world_call(people.anna, "group.remove", "{'chat':'%s','members':['%s']}", group_of(people.anna, "G"),
                     people.ben->id);
    world_pass(&people.world, 5000);
    (void)world_call(people.anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(people.anna, "G"),
                     people.ben->id);
    world_pass(&people.world, 5000);
    say(people.ben, "here");
    lie_to(people.carol, &liar);
    liar.dropped[0] = next_entry(people.ben);
    say(people.ben, "unheard");
    say(people.ben, "again");
    (void)snprintf(missing, sizeof missing, of_anna, people.ben->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\nhere\n%s\nagain\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    assert_shown(people.anna, group_of(people.anna, "G"), "a\nb\nc\nhere\nunheard\nagain\n");
    world_end(&people.world);
}

/* How many messages notices say are missing; all of them by name. */
static size_t count_missing(struct world_peer *peer, const char *chat) {
    const cJSON *messages =
                    cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s','limit':200}", chat), "messages"),
                *message;
    size_t missing = 0;
    cJSON_ArrayForEach(message, messages) {
        const cJSON *words = cJSON_GetObjectItem(message, "words");
        if (words != NULL && strstr(words->valuestring, "missing here") != NULL) {
            bool one = strncmp(words->valuestring, "A message of %s", strlen("A message of %s")) == 0;
            const cJSON *count = cJSON_GetArrayItem(cJSON_GetObjectItem(message, "parts"), 0);
            assert_true(one || strncmp(words->valuestring, "%s messages of %s", strlen("%s messages of %s")) == 0);
            missing += one ? 1 : strtoul(count->valuestring, NULL, 10);
        }
    }
    return missing;
}

/* Whatever is left out for Carol, across epochs and crashes: all of it is missed, by her, by name, and nothing else.
 * She is silent and does not start again, as the numbers in what she sends are not translated. */
static void all_that_is_left_out_is_missed(void **state) {
    (void)state;
    for (uint64_t seed = 20; seed < 23; seed++) {
        struct people people;
        struct liar liar = { .count = 0 };
        meet_unasked(&people, seed);
        struct world *world = &people.world;
        char chat[3][16];
        for (size_t i = 0; i < 3; i++) {
            (void)snprintf(chat[i], sizeof chat[i], "%s", group_of(&world->peers[i], "G"));
        }
        lie_to(people.carol, &liar);
        for (size_t step = 0; step < STEPS + 2; step++) {
            bool last = step >= STEPS;
            size_t writer = last ? step - STEPS : test_random_below(&world->random, 2);
            if (!last && test_random_below(&world->random, 2) == 0) {
                liar.dropped[liar.count++] = next_entry(people.anna);
            }
            (void)world_call(&world->peers[writer], "send", "{'chat':'%s','text':'x'}", chat[writer]);
            world_pass(world, 1000);
            if (!last && test_random_below(&world->random, 5) == 0) {
                (void)world_call(people.anna, "group.set", "{'chat':'%s','name':'G%zu'}", chat[0], step);
                world_pass(world, 1000);
            }
            if (!last && test_random_below(&world->random, 5) == 0) {
                world_crash(&world->peers[test_random_below(&world->random, 2)]);
                world_pass(world, 5000);
            }
        }
        assert_true(liar.count > 0);
        assert_int_equal(count_missing(people.anna, chat[0]), 0);
        assert_int_equal(count_missing(people.ben, chat[1]), 0);
        assert_int_equal(count_missing(people.carol, chat[2]), liar.count);
        world_end(world);
    }
}

/* What was left out shows by a change to an earlier message. Another device had deleted the chat before that. */
static void what_is_left_out_behind_a_deletion_stays_said(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char missing[128];
    meet_unasked(&people, 11);
    const struct group *group = group_at_hand(people.carol);
    uint64_t place = next_entry(people.anna) - 1;
    liar.dropped[0] = place + 1;
    lie_to(people.carol, &liar);
    const char *chat = group_of(people.anna, "G");
    char id[32];
    (void)snprintf(id, sizeof id, "%s", text_of(message_saying(people.anna, chat, "a"), "id"));
    say(people.anna, "do not go in");
    (void)world_call(people.anna, "edit", "{'id':'%s','text':'A'}", id);
    world_pass(&people.world, 5000);
    tell_deleted(people.carol, group, place);
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)strncat(missing, "\n", sizeof missing - strlen(missing) - 1);
    assert_shown(people.carol, group_of(people.carol, "G"), missing);
    tell_deleted(people.carol, group, group->position);
    assert_true(group->chat->hidden);
    world_end(&people.world);
}

/* A content without a tally, and with one that can't be. */
static void what_has_no_tally_is_not_read(void **state) {
    (void)state;
    static const struct {
        uint64_t since;
        uint32_t written, read, sequence;
        size_t len;
        base_result result;
    } cases[] = {
        { 0, 0, 0, 1, TALLY_LEN, BASE_OK },
        { 0, 0, 0, 1, TALLY_LEN - 1, &BASE_ERR_TRUNCATED },
        { 0, 0, 0, 1, 0, &BASE_ERR_TRUNCATED },
        { 2, 0, 0, 1, TALLY_LEN, &BASE_ERR_VALUE },
        { 1, TALLY_MAX_MISSING, 0, 1, TALLY_LEN, &BASE_ERR_VALUE },
        { 1, 0, TALLY_MAX_MISSING, 1, TALLY_LEN, &BASE_ERR_VALUE },
        { 1, 0, 0, 0, TALLY_LEN, &BASE_ERR_VALUE },
    };
    struct people people;
    meet_unasked(&people, 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), TALLY_LEN);
        base_write_u64(&writer, cases[i].since);
        base_write_u32(&writer, cases[i].written);
        base_write_u32(&writer, cases[i].read);
        base_write_u32(&writer, cases[i].sequence);
        struct mls_event event = { .epoch = 1, .sender = 0 };
        event.plaintext = base_slice(base_writer_view(&writer).data, cases[i].len);
        struct base_slice content = { NULL, 1 };
        enum tally_turn turn;
        assert_result(tally_take(people.ben->core, group_at_hand(people.ben), &event, 1, NULL, false, &content, &turn),
                      cases[i].result);
        assert_int_equal(content.len, cases[i].result == BASE_OK ? 0 : 1);
    }
    world_end(&people.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_missed_by_its_writers_next),
        cmocka_unit_test(what_is_left_out_is_missed_by_who_has_read_it),
        cmocka_unit_test(several_are_counted),
        cmocka_unit_test(another_order_is_noticed),
        cmocka_unit_test(what_comes_after_all_is_missed_no_more),
        cmocka_unit_test(what_is_encrypted_anew_keeps_its_order),
        cmocka_unit_test(what_was_paused_keeps_its_order),
        cmocka_unit_test(what_was_read_before_comes_before),
        cmocka_unit_test(who_has_just_come_misses_what_is_for_him),
        cmocka_unit_test(what_was_acknowledged_is_missed_by_all),
        cmocka_unit_test(what_has_expired_is_not_missed),
        cmocka_unit_test(who_comes_late_is_told_what_has_expired),
        cmocka_unit_test(what_is_not_known_yet_outlives_many_gaps),
        cmocka_unit_test(who_comes_again_counts_anew),
        cmocka_unit_test(all_that_is_left_out_is_missed),
        cmocka_unit_test(what_is_left_out_behind_a_deletion_stays_said),
        cmocka_unit_test(what_has_no_tally_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
