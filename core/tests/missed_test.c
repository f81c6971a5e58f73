/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the server has left out is asked for, and sent again by who has written it: once, to those who had a right to
 * it, and nothing else.
 */
#include "missed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend_content.h"
#include "chat.h"
#include "content/missing.h"
#include "group.h"
#include "lying.h"
#include "post.h"
#include "signal.h"
#include "tally.h"
#include "test/result.h"

enum { A_WHILE = 20 * 1000 };

static const char of_anna[] = "[A message of %s, or a change to one, is missing here: the server has not delivered it]";

static size_t entries_of(const struct people *people) {
    return people->world.model->streams[people->world.model->stream_count - 1]->entry_count;
}

/* Carol does not get what Anna writes first, and is told so: it comes, the notice goes, and others see nothing of it;
 * also if Anna's host crashes before she is asked. */
static void what_is_left_out_comes_after_all(void **state) {
    (void)state;
    for (int crash = 0; crash < 2; crash++) {
        struct people people;
        struct liar liar = { .count = 1 };
        meet(&people, 30);
        liar.dropped[0] = next_entry(people.anna);
        lie_to(people.carol, &liar);
        (void)world_call(people.carol, "read", "{'chat':'%s','number':1000000}", group_of(people.carol, "G"));
        say(people.anna, "do not go in");
        if (crash == 1) {
            world_crash(people.anna);
            world_pass(&people.world, A_WHILE);
        }
        say(people.anna, "now");
        world_pass(&people.world, A_WHILE);
        assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nnow\ndo not go in\n");
        assert_int_equal(number_of(listed_chat(people.carol, group_of(people.carol, "G")), "unread"), 2);
        assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\ndo not go in\nnow\n");
        assert_shown(people.anna, group_of(people.anna, "G"), "a\nb\nc\ndo not go in\nnow\n");
        assert_int_equal(people.world.model->signals, 1);
        assert_int_equal(people.anna->core->amendments.count, 0);
        world_end(&people.world);
    }
}

/* The reactions to what this peer has in a chat, one behind the other. */
static void assert_reactions(struct world_peer *peer, const char *chat, const char *expected) {
    const cJSON *history = world_call(peer, "history", "{'chat':'%s','limit':200}", chat), *message, *reaction;
    char shown[256] = "";
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(history, "messages")) {
        cJSON_ArrayForEach(reaction, cJSON_GetObjectItem(message, "reactions")) {
            size_t len = strlen(shown);
            (void)snprintf(shown + len, sizeof shown - len, "%s", text_of(reaction, "emoji"));
        }
    }
    assert_string_equal(shown, expected);
}

/* What changes a message is missing, and comes: a vote, a reaction, a deletion. */
static void what_changes_a_message_comes_too(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 3 };
    char poll[64], id[64];
    meet(&people, 40);
    const char *chat = group_of(people.anna, "G");
    (void)snprintf(poll, sizeof poll, "%s",
                   text_of(world_call(people.anna, "send",
                                      "{'chat':'%s','text':'p','poll':{'question':'q','options':['x','y']}}", chat),
                           "id"));
    world_pass(&people.world, 1000);
    (void)snprintf(
        id, sizeof id, "%s",
        text_of(world_call(people.anna, "send", "{'chat':'%s','text':'wrong'}", group_of(people.anna, "G")), "id"));
    world_pass(&people.world, 1000);
    for (size_t i = 0; i < liar.count; i++) {
        liar.dropped[i] = next_entry(people.anna) + i;
    }
    lie_to(people.carol, &liar);
    (void)world_call(people.anna, "vote", "{'id':'%s','options':[1]}", poll);
    world_pass(&people.world, 1000);
    (void)world_call(people.anna, "react", "{'id':'%s','emoji':'!'}", poll);
    world_pass(&people.world, 1000);
    (void)world_call(people.anna, "delete", "{'id':'%s','for':'everyone'}", id);
    world_pass(&people.world, 1000);
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\np\n\nnow\n");
    assert_reactions(people.carol, group_of(people.carol, "G"), "!");
    const cJSON *history = world_call(people.carol, "history", "{'chat':'%s'}", group_of(people.carol, "G")), *message;
    int votes = 0;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(history, "messages")) {
        const cJSON *options = cJSON_GetObjectItem(cJSON_GetObjectItem(message, "poll"), "options");
        votes += options == NULL ? 0 : (int)number_of(cJSON_GetArrayItem(options, 1), "votes");
    }
    assert_int_equal(votes, 1);
    world_end(&people.world);
}

/* The server brings it at last, when it has come again: it is there once, and what is missing besides stays missing. */
static void what_comes_again_and_late_counts_once(void **state) {
    (void)state;
    for (uint64_t besides = 0; besides < 2; besides++) {
        struct people people;
        struct liar liar = { .late_by = 2 };
        meet(&people, 41);
        liar.late = next_entry(people.anna);
        lie_to(people.carol, &liar);
        say(people.anna, "late");
        say(people.anna, "now");
        world_pass(&people.world, A_WHILE);
        const char *chat = group_of(people.carol, "G");
        assert_shown(people.carol, chat, "a\nb\nc\nnow\nlate\n");
        const struct group *group = group_at_hand(people.carol);
        struct tally *tally = NULL;
        for (size_t i = 0; i < group->tally.of.count; i++) {
            struct tally *one = (struct tally *)group->tally.of.items[i];
            tally = one->leaf == mls_group_own_leaf(group_at_hand(people.anna)->mls) ? one : tally;
        }
        assert_non_null(tally);
        tally->missing = besides;
        tally->asked = MISSED_MAX_ASKS;
        say(people.anna, "later");
        assert_shown(people.carol, chat, "a\nb\nc\nnow\nlate\nlater\n");
        assert_int_equal(tally->missing, besides);
        free(liar.kept.data);
        world_end(&people.world);
    }
}

/* So it is after a while, too, in which the numbers of what has come are forgotten. */
static void what_comes_very_late_is_shown_once(void **state) {
    (void)state;
    enum { MANY = 66 };
    struct people people;
    struct liar liar = { .late_by = 2 + MANY };
    meet(&people, 42);
    liar.late = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "late");
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    for (int i = 0; i < MANY; i++) {
        say(people.anna, "x");
    }
    char *before = world_texts(people.carol, group_of(people.carol, "G"));
    say(people.ben, "y");
    char *after = world_texts(people.carol, group_of(people.carol, "G"));
    assert_null(strstr(strstr(after, "late") + 1, "late"));
    assert_int_equal(strlen(after), strlen(before) + strlen("y\n"));
    free(before);
    free(after);
    free(liar.kept.data);
    world_end(&people.world);
}

/* Edits and reactions that are missing by themselves come as they are now: the last text, and nothing of what was taken
 * back; what it took back is taken back. Nobody else sees anything of it, and what is gone says nothing any more. */
static void what_was_changed_since_comes_as_it_is(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 0 };
    char expected[512], missing[128], id[2][64];
    meet(&people, 41);
    const char *chat = group_of(people.anna, "G");
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(id[i], sizeof id[i], "%s",
                       text_of(world_call(people.anna, "send", "{'chat':'%s','text':'%zu'}", chat, i), "id"));
        world_pass(&people.world, 1000);
    }
    lie_to(people.carol, &liar);
    (void)world_call(people.anna, "react", "{'id':'%s','emoji':'1'}", id[0]);
    world_pass(&people.world, 1000);
    const struct {
        const char *method, *params;
        size_t of;
        bool dropped;
    } steps[] = {
        { "edit", "'text':'better'", 0, true },
        { "react", "'emoji':'2'", 0, true },
        { "react", "'emoji':'3'", 0, true },
        { "react", "'emoji':'1','remove':true", 0, true },
        { "edit", "'text':'not to be seen'", 1, true },
        { "edit", "'text':'best'", 0, false },
        { "react", "'emoji':'2','remove':true", 0, false },
        { "delete", "'for':'everyone'", 1, false },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].dropped) {
            liar.dropped[liar.count++] = next_entry(people.anna);
        }
        (void)world_call(people.anna, steps[i].method, "{'id':'%s',%s}", id[steps[i].of], steps[i].params);
    }
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\nbest\n\nnow\n%s\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\nbest\n\nnow\n");
    assert_reactions(people.carol, group_of(people.carol, "G"), "3");
    assert_reactions(people.ben, group_of(people.ben, "G"), "3");
    world_end(&people.world);
}

/* Several, one of them edited since: in the order of writing, as they are now; one deleted since does not come. */
static void it_comes_as_it_is_now(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 5 };
    char id[2][64];
    meet(&people, 31);
    for (size_t i = 0; i < liar.count; i++) {
        liar.dropped[i] = next_entry(people.anna) + i;
    }
    lie_to(people.carol, &liar);
    for (size_t i = 0; i < 3; i++) {
        const cJSON *sent =
            world_call(people.anna, "send", "{'chat':'%s','text':'%zu'}", group_of(people.anna, "G"), i);
        (void)snprintf(id[i % 2], sizeof id[0], "%s", text_of(sent, "id"));
        world_pass(&people.world, 1000);
    }
    (void)world_call(people.anna, "edit", "{'id':'%s','text':'2, better'}", id[0]);
    world_pass(&people.world, 1000);
    (void)world_call(people.anna, "delete", "{'id':'%s','for':'everyone'}", id[1]);
    world_pass(&people.world, 1000);
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    char *texts = world_texts(people.carol, group_of(people.carol, "G"));
    assert_string_equal(texts, "a\nb\nc\nnow\n0\n2, better\n");
    free(texts);
    world_end(&people.world);
}

static void write_question(const struct world_peer *of, uint32_t end, uint64_t open, struct base_bytes *out) {
    const struct group *group = group_at_hand(of);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), 64);
    content_missing_encode(&writer,
                           &(struct content_missing){ mls_group_own_leaf(group->mls), group->tally.since, end, open });
    assert_ok(base_writer_finish(&writer, out));
}

/* A changed client asks for these of the 64 before that. */
static void ask_before(struct world_peer *peer, const struct world_peer *of, uint32_t end, uint64_t open) {
    struct base_bytes question BASE_CLEANUP(base_bytes_free) = { 0 };
    write_question(of, end, open, &question);
    assert_ok(signal_send(peer->core, group_at_hand(peer), base_borrow(&question)));
    assert_ok(weibel_core_tick(peer->core));
    world_pass(peer->world, 1);
}

/* Likewise of its last 64. */
static void ask_for(struct world_peer *peer, const struct world_peer *of, uint64_t open) {
    ask_before(peer, of, group_at_hand(of)->tally.sequence + 1, open);
}

static void ask_for_all(struct world_peer *peer, const struct world_peer *of) {
    ask_for(peer, of, UINT64_MAX);
    world_pass(peer->world, A_WHILE);
}

/* Who asks for what he has, or asks twice, has each message sent once more and no further; also after a crash. */
static void each_is_sent_again_once(void **state) {
    (void)state;
    struct people people;
    meet(&people, 32);
    say(people.anna, "one");
    say(people.anna, "two");
    size_t before = entries_of(&people);
    for (int i = 0; i < 4; i++) {
        ask_for_all(people.ben, people.anna);
        if (i == 1) {
            world_crash(people.anna);
            world_pass(&people.world, A_WHILE);
        }
    }
    assert_int_equal(entries_of(&people) - before, 3); /* and "a" */
    assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\none\ntwo\n");
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\none\ntwo\n");
    world_end(&people.world);
}

/* Ben always asks for something that does not go again: he gets it looked for once, and Carol is heard all the same. */
static void who_asks_all_the_time_is_in_nobodys_way(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    meet(&people, 43);
    char id[64];
    (void)snprintf(
        id, sizeof id, "%s",
        text_of(world_call(people.anna, "send", "{'chat':'%s','text':'good'}", group_of(people.anna, "G")), "id"));
    world_pass(&people.world, 1000);
    for (int i = 0; i < 2; i++) {
        (void)world_call(people.anna, "react", "{'id':'%s','emoji':'%c'}", id, "!?"[i]);
        world_pass(&people.world, 1000);
    }
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "missed");
    for (unsigned i = 0; i < MISSED_MAX_ASKS; i++) {
        ask_for(people.ben, people.anna, (uint64_t)2 << i);
        ask_for(people.ben, people.anna, (uint64_t)4 << i);
        say(people.anna, "x");
        world_pass(&people.world, A_WHILE);
    }
    char *texts = world_texts(people.carol, group_of(people.carol, "G"));
    assert_string_equal(texts, "a\nb\nc\ngood\nx\nmissed\nx\nx\n");
    const struct group *group = group_at_hand(people.anna);
    for (int i = 0; i < 2; i++) { /* what has gone again has numbers of its own */
        ask_for_all(people.ben, people.anna);
    }
    assert_int_equal(group->tally.spent | UINT64_MAX << group->tally.sequence, UINT64_MAX);
    uint64_t answered = group->tally.answer_at;
    ask_for_all(people.ben, people.anna);
    assert_int_equal(group->tally.answer_at, answered);
    free(texts);
    world_end(&people.world);
}

/* Ben asks for as much as there may be, of whomever. */
static void ask_for_all_of_a_day(const struct people *people) {
    for (int i = 0; i < MISSED_MAX_A_DAY / 64; i++) {
        ask_before(people->ben, i % 2 == 0 ? people->anna : people->carol, 1000, UINT64_MAX);
    }
}

/* Whoever asks for too much of the group has nothing sent again before the next day; others have. */
static void who_asks_for_too_much_is_not_listened_to(void **state) {
    (void)state;
    struct people people;
    meet(&people, 44);
    ask_for_all_of_a_day(&people);
    say(people.anna, "one");
    size_t before = entries_of(&people);
    ask_for_all(people.ben, people.anna);
    ask_for_all(people.ben, people.carol);
    assert_int_equal(entries_of(&people), before);
    ask_for_all(people.carol, people.anna);
    assert_int_equal(entries_of(&people), before + 2); /* and "a" */
    world_pass(&people.world, MISSED_DAY);
    ask_for_all(people.ben, people.carol);
    assert_int_equal(entries_of(&people), before + 3);
    world_end(&people.world);
}

/* A device that starts anew has forgotten who has asked for too much. What has come again it has not: however often it
 * starts, each of its contents comes once more and no further. */
static void a_start_has_nothing_come_a_third_time(void **state) {
    (void)state;
    enum { WRITTEN = 70, STARTS = 5 };
    struct people people;
    meet(&people, 46);
    for (int i = 0; i < WRITTEN; i++) {
        say(people.anna, "again");
    }
    ask_for_all_of_a_day(&people);
    size_t before = entries_of(&people);
    ask_for_all(people.ben, people.anna);
    assert_int_equal(entries_of(&people), before);
    for (int i = 0; i < STARTS; i++) {
        world_crash(people.anna);
        world_pass(&people.world, A_WHILE);
        ask_for_all(people.ben, people.anna);
    }
    assert_int_equal(entries_of(&people), before + 64);
    world_end(&people.world);
}

/* Nor does anybody rely on his asking for what he misses himself. */
static void nobody_relies_on_who_is_not_listened_to(void **state) {
    (void)state;
    struct people people;
    meet(&people, 45);
    struct group *group = group_at_hand(people.carol);
    uint32_t anna = mls_group_own_leaf(group_at_hand(people.anna)->mls),
             ben = mls_group_own_leaf(group_at_hand(people.ben)->mls);
    struct tally *tally = NULL;
    for (size_t i = 0; i < group->tally.of.count; i++) {
        struct tally *one = (struct tally *)group->tally.of.items[i];
        tally = one->leaf == anna ? one : tally;
    }
    assert_non_null(tally);
    tally->missed = (struct missing){ 2, 1 };
    struct base_bytes question BASE_CLEANUP(base_bytes_free) = { 0 };
    write_question(people.anna, 2, 1, &question);
    for (int listened = 1; listened >= 0; listened--) {
        tally->ask = true;
        missed_heard(people.carol->core, group, ben, base_borrow(&question));
        assert_int_equal(tally->ask, listened == 0);
        ask_for_all_of_a_day(&people);
    }
    world_end(&people.world);
}

static void send_as_missing(struct world_peer *peer, const char *text, uint32_t sequence, const uint8_t *stream);

/* Where much has come again, also without being missed, what is asked for waits, and comes. */
static void where_much_comes_again_it_waits(void **state) {
    (void)state;
    struct people people;
    meet(&people, 46);
    for (uint32_t i = 0; i < MISSED_BURST + 12; i++) {
        send_as_missing(people.ben, "x", i + 1, group_at_hand(people.ben)->id);
    }
    size_t before = entries_of(&people);
    ask_for_all(people.ben, people.anna);
    assert_int_equal(entries_of(&people), before);
    world_pass(&people.world, MISSED_PACE);
    assert_int_equal(entries_of(&people), before);
    world_pass(&people.world, 8 * MISSED_PACE);
    assert_int_equal(entries_of(&people), before + 1);
    world_end(&people.world);
}

static void who_may_not_write_any_more_sends_nothing(void **state) {
    (void)state;
    struct people people;
    meet(&people, 39);
    (void)world_call(people.anna, "group.set", "{'chat':'%s','post':'admins'}", group_of(people.anna, "G"));
    world_pass(&people.world, A_WHILE);
    size_t before = entries_of(&people);
    ask_for_all(people.carol, people.ben);
    assert_int_equal(entries_of(&people), before);
    ask_for_all(people.carol, people.anna);
    assert_int_equal(entries_of(&people), before + 1);
    world_end(&people.world);
}

static void write_text(struct weibel_core *core, const char *text, struct base_bytes *out) {
    struct message message BASE_CLEANUP(message_free) = { .sent_at = state_now(core) };
    assert_ok(base_bytes_copy(core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_to_content(core, &message, out));
}

/* Dora comes in before Carol can ask: what was before her stays missing, also what waits to be sent again. */
static void who_comes_in_gets_nothing_from_before(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet(&people, 33);
    struct world_peer *dora = add_silent(&people.world);
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "secret");
    (void)world_call(people.anna, "group.add", "{'chat':'%s','members':['%s']}", group_of(people.anna, "G"), dora->id);
    world_pass(&people.world, A_WHILE);
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nnow\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    assert_int_equal(people.world.model->signals, 1);
    world_end(&people.world);
}

static void what_waits_is_dropped_when_somebody_comes_in(void **state) {
    (void)state;
    struct people people;
    meet(&people, 34);
    struct world_peer *dora = add_silent(&people.world);
    (void)world_call(people.anna, "disconnect", "{}");
    struct group *group = group_at_hand(people.anna);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    write_text(people.anna->core, "secret", &content);
    assert_ok(post_add_again(people.anna->core, group->chat, group, &content));
    assert_ok(weibel_core_tick(people.anna->core));
    assert_int_equal(group->chat->outbox.count, 1);
    (void)world_call(people.ben, "group.add", "{'chat':'%s','members':['%s']}", group_of(people.ben, "G"), dora->id);
    world_pass(&people.world, A_WHILE);
    size_t before = entries_of(&people);
    (void)world_call(people.anna, "connect", "{}");
    world_pass(&people.world, A_WHILE);
    assert_int_equal(group->chat->outbox.count, 0);
    assert_int_equal(entries_of(&people), before);
    world_end(&people.world);
}

/* Everybody else misses it: one asks, and one answer is for all. */
static void one_answer_is_for_all(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 }, other = { .count = 1 };
    meet(&people, 35);
    liar.dropped[0] = other.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    lie_to(people.ben, &other);
    say(people.anna, "do not go in");
    size_t before = entries_of(&people);
    say(people.anna, "now");
    world_pass(&people.world, A_WHILE);
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nnow\ndo not go in\n");
    assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\nnow\ndo not go in\n");
    assert_int_equal(entries_of(&people) - before, 2);
    assert_int_equal(people.world.model->signals, 1);
    world_end(&people.world);
}

/* The device at this leaf sends a text as what was missing. */
static void send_as_missing(struct world_peer *peer, const char *text, uint32_t sequence, const uint8_t *stream) {
    struct weibel_core *core = peer->core;
    struct group *group = group_at_hand(peer);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 }, body BASE_CLEANUP(base_bytes_free) = { 0 },
                              out BASE_CLEANUP(base_bytes_free) = { 0 };
    write_text(core, text, &content);
    content_again_encode(
        &writer, &(struct content_again){ base_slice(stream, WIRE_STREAM_LEN), 1, base_borrow(&content), sequence });
    assert_ok(base_writer_finish(&writer, &body));
    assert_ok(amend_content_part(core, content_again_type, base_borrow(&body), NULL, &out));
    assert_ok(post_add_control(core, group->chat, &out));
    assert_ok(weibel_core_tick(core));
    world_pass(peer->world, 1000);
}

/* A changed client can't have shown as missing what was not: nor of another stream, or under another number. */
static void what_is_not_missing_is_passed_over(void **state) {
    (void)state;
    static const uint8_t elsewhere[WIRE_STREAM_LEN] = { 7 };
    struct people people;
    struct liar liar = { .count = 1 };
    meet(&people, 36);
    people.world.model->mute = true;
    const uint8_t *here = group_at_hand(people.anna)->id;
    send_as_missing(people.anna, "nothing is missing", 1, here);
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "unheard");
    uint32_t number = group_at_hand(people.anna)->tally.sequence;
    say(people.anna, "now");
    send_as_missing(people.anna, "elsewhere", number, elsewhere);
    send_as_missing(people.anna, "read already", number - 1, here);
    send_as_missing(people.anna, "later", number + 1, here);
    send_as_missing(people.ben, "of somebody else", number, here);
    send_as_missing(people.anna, "this", number, here);
    send_as_missing(people.anna, "and again", number, here);
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nnow\nthis\n");
    assert_shown(people.ben, group_of(people.ben, "G"), "a\nb\nc\nunheard\nnow\n");
    world_end(&people.world);
}

/* Who does not come back is asked so often and no further. */
static void he_is_asked_three_times(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 1 };
    char expected[512], missing[128];
    meet(&people, 37);
    people.world.model->mute = true;
    liar.dropped[0] = next_entry(people.anna);
    lie_to(people.carol, &liar);
    say(people.anna, "unheard");
    for (int i = 0; i < MISSED_MAX_ASKS + 2; i++) {
        say(people.anna, "x");
        world_pass(&people.world, A_WHILE);
    }
    assert_int_equal(people.world.model->signals, MISSED_MAX_ASKS);
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nx\nx\nx\nx\nx\n", missing);
    assert_shown(people.carol, group_of(people.carol, "G"), expected);
    people.world.model->mute = false;
    world_crash(people.carol); /* it asks anew then */
    world_pass(&people.world, A_WHILE);
    say(people.anna, "y");
    world_pass(&people.world, A_WHILE);
    assert_shown(people.carol, group_of(people.carol, "G"), "a\nb\nc\nx\nx\nx\nx\nx\ny\nunheard\n");
    world_end(&people.world);
}

/* In a chat of two, with two devices on each side, of which one misses something. */
static void in_a_chat_of_two_one_device_gets_it(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 38);
    struct world_peer *anna = add_silent(&world), *ben = add_silent(&world), *phone = world_link(anna),
                      *tablet = world_link(ben);
    struct liar liar = { .count = 1 };
    world_pass(&world, A_WHILE);
    (void)world_call(anna, "send", "{'to':'%s','text':'a'}", ben->id);
    world_pass(&world, A_WHILE);
    (void)world_call(ben, "send", "{'to':'%s','text':'b'}", anna->id);
    world_pass(&world, A_WHILE);
    const struct group *group = chat_writing_group(chat_of_two(phone));
    for (size_t i = 0; i < world.model->stream_count; i++) {
        bool same = memcmp(world.model->streams[i]->id, group->id, sizeof group->id) == 0;
        liar.dropped[0] = same ? world.model->streams[i]->next : liar.dropped[0];
    }
    lie_about(phone, &liar, group);
    (void)world_call(ben, "send", "{'to':'%s','text':'missed'}", anna->id);
    world_pass(&world, A_WHILE);
    (void)world_call(ben, "send", "{'to':'%s','text':'now'}", anna->id);
    world_pass(&world, A_WHILE);
    assert_shown(phone, ben->id, "a\nb\nnow\nmissed\n");
    assert_shown(anna, ben->id, "a\nb\nmissed\nnow\n");
    assert_shown(ben, anna->id, "a\nb\nmissed\nnow\n");
    assert_shown(tablet, anna->id, "a\nb\nmissed\nnow\n");
    world_end(&world);
}

/* Something more is left out before what was missed has come: one notice says how much is open, and none is left when
 * all has come. */
static void one_notice_says_all_that_is_missing(void **state) {
    (void)state;
    struct people people;
    struct liar liar = { .count = 2 };
    char expected[512], missing[128];
    meet(&people, 44);
    people.world.model->mute = true;
    liar.dropped[0] = next_entry(people.anna);
    liar.dropped[1] = liar.dropped[0] + 2;
    lie_to(people.carol, &liar);
    const char *chat = group_of(people.carol, "G");
    say(people.anna, "one");
    say(people.anna, "x");
    (void)snprintf(missing, sizeof missing, of_anna, people.anna->id);
    (void)snprintf(expected, sizeof expected, "a\nb\nc\n%s\nx\n", missing);
    assert_shown(people.carol, chat, expected);
    say(people.anna, "two");
    say(people.anna, "y");
    (void)snprintf(expected, sizeof expected,
                   "a\nb\nc\nx\n[2 messages of %s, or changes to some, are missing here: the server has not "
                   "delivered them]\ny\n",
                   people.anna->id);
    assert_shown(people.carol, chat, expected);
    people.world.model->mute = false;
    say(people.anna, "z");
    world_pass(&people.world, A_WHILE);
    assert_shown(people.carol, chat, "a\nb\nc\nx\ny\nz\none\ntwo\n");
    world_end(&people.world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_comes_after_all),
        cmocka_unit_test(what_changes_a_message_comes_too),
        cmocka_unit_test(what_comes_again_and_late_counts_once),
        cmocka_unit_test(what_comes_very_late_is_shown_once),
        cmocka_unit_test(what_was_changed_since_comes_as_it_is),
        cmocka_unit_test(it_comes_as_it_is_now),
        cmocka_unit_test(each_is_sent_again_once),
        cmocka_unit_test(who_asks_all_the_time_is_in_nobodys_way),
        cmocka_unit_test(who_asks_for_too_much_is_not_listened_to),
        cmocka_unit_test(a_start_has_nothing_come_a_third_time),
        cmocka_unit_test(nobody_relies_on_who_is_not_listened_to),
        cmocka_unit_test(where_much_comes_again_it_waits),
        cmocka_unit_test(who_may_not_write_any_more_sends_nothing),
        cmocka_unit_test(who_comes_in_gets_nothing_from_before),
        cmocka_unit_test(what_waits_is_dropped_when_somebody_comes_in),
        cmocka_unit_test(one_answer_is_for_all),
        cmocka_unit_test(what_is_not_missing_is_passed_over),
        cmocka_unit_test(he_is_asked_three_times),
        cmocka_unit_test(in_a_chat_of_two_one_device_gets_it),
        cmocka_unit_test(one_notice_says_all_that_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
