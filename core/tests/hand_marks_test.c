/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reactions and votes of earlier messages: handed on with them, as what the adder says of others.
 */
#include <stdio.h>
#include <string.h>

#include "chat.h"
#include "content/poll.h"
#include "extra.h"
#include "group.h"
#include "handing.h"
#include "reaction.h"
#include "test/result.h"
#include "vote.h"

enum { MINUTE = 60 * 1000 };

static const cJSON *reaction_of(struct world_peer *peer, const char *id, int index) {
    return cJSON_GetArrayItem(cJSON_GetObjectItem(world_call(peer, "message", "{'id':'%s'}", id), "reactions"), index);
}

static const cJSON *option_of(struct world_peer *peer, const char *id, int index) {
    const cJSON *poll = cJSON_GetObjectItem(world_call(peer, "message", "{'id':'%s'}", id), "poll");
    return cJSON_GetArrayItem(cJSON_GetObjectItem(poll, "options"), index);
}

/* Whoever stands alone in this list; "": there is no list. */
static const char *only(const cJSON *object, const char *name) {
    const cJSON *list = cJSON_GetObjectItem(object, name);
    if (list == NULL) {
        return "";
    }
    assert_int_equal(cJSON_GetArraySize(list), 1);
    return cJSON_GetArrayItem(list, 0)->valuestring;
}

/* Reactions and votes come along, as what the adder says, until those whose they are say something themselves. */
static void what_others_did_with_it_is_handed_on(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 22, "optional");
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    char text[32], poll[32];
    (void)snprintf(text, sizeof text, "%s",
                   text_of(world_call(alice, "send", "{'chat':'G','text':'good news'}"), "id"));
    (void)snprintf(
        poll, sizeof poll, "%s",
        text_of(world_call(alice, "send", "{'chat':'G','poll':{'question':'when','options':['now','later']}}"), "id"));
    world_pass(&world, MINUTE);
    (void)world_call(bob, "react", "{'id':'%s','emoji':'x'}", text);
    (void)world_call(alice, "react", "{'id':'%s','emoji':'y'}", text);
    (void)world_call(bob, "vote", "{'id':'%s','options':[0]}", poll);
    world_pass(&world, MINUTE);
    handing_add(alice, carol);
    assert_string_equal(text_of(reaction_of(carol, text, 0), "emoji"), "x");
    assert_string_equal(only(reaction_of(carol, text, 0), "from"), bob->id);
    assert_string_equal(only(reaction_of(carol, text, 0), "handed"), bob->id);
    assert_string_equal(only(reaction_of(carol, text, 1), "from"), alice->id);
    assert_string_equal(only(option_of(carol, poll, 0), "from"), bob->id);
    assert_string_equal(only(option_of(carol, poll, 0), "handed"), bob->id);
    assert_string_equal(only(reaction_of(bob, text, 0), "handed"), "");
    assert_string_equal(only(option_of(bob, poll, 0), "handed"), "");

    (void)world_call(bob, "react", "{'id':'%s','emoji':'x','remove':true}", text);
    (void)world_call(bob, "vote", "{'id':'%s','options':[1]}", poll);
    (void)world_call(carol, "vote", "{'id':'%s','options':[0]}", poll);
    (void)world_call(alice, "poll.close", "{'id':'%s'}", poll);
    world_pass(&world, MINUTE);
    assert_string_equal(text_of(reaction_of(carol, text, 0), "emoji"), "y");
    assert_string_equal(only(option_of(carol, poll, 1), "from"), bob->id);
    assert_string_equal(only(option_of(carol, poll, 1), "handed"), "");
    assert_string_equal(only(option_of(bob, poll, 0), "from"), carol->id);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);

    /* Nor is an end of it forgotten. */
    struct world_peer *dora = world_add(&world);
    handing_add(alice, dora);
    assert_true(cJSON_IsTrue(
        cJSON_GetObjectItem(cJSON_GetObjectItem(world_call(dora, "message", "{'id':'%s'}", poll), "poll"), "closed")));
    assert_over(&world);
    world_end(&world);
}

/* What is done with a message while it is gathered is gathered anew, but not for ever. */
static void marks_begin_it_anew_a_few_times(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 23, "optional");
    struct world_peer *alice = &world.peers[0];
    struct weibel_core *core = alice->core;
    (void)world_call(alice, "send", "{'chat':'G','text':'one'}");
    struct chat *chat = (struct chat *)core->chats.items[0];
    assert_ok(hand_added(core, chat_writing_group(chat)));
    const struct message one = { .chat = chat->number, .number = 1 };
    for (int i = 0; i <= HAND_MAX_AGAIN; i++) {
        world.deaf = true;
        assert_ok(weibel_core_tick(core));
        world_run(&world);
        assert_true(tree_put_is_begun(&hand_find(core, chat->number, true)->put));
        hand_marked(core, &one);
        assert_int_equal(tree_put_is_begun(&hand_find(core, chat->number, true)->put), i == HAND_MAX_AGAIN);
        world.deaf = false;
    }
    world_pass(&world, MINUTE);
    assert_over(&world);
    world_end(&world);
}

/* Who hands on may say of others what they have done with a message, but not of the new member, or who is blocked. */
static void no_mark_says_more_than_it_may(void **state) {
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        struct world world;
        handing_make(&world, 25, "optional");
        struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
        struct world_peer *dora = world_add(&world);
        (void)world_call(carol, "contact.set", "{'id':'%s','blocked':true}", dora->id);
        handing_add(alice, carol);
        struct lie lie;
        lie_begin(&lie, alice);
        lie_poll(&lie, world.peers, world.peer_count, cut == 1 ? 50 : SIZE_MAX);
        (void)lie_tell(&lie, &world, 0, 0);
        lie_spread(&lie, &world);
        const cJSON *message = cJSON_GetArrayItem(handing_messages(carol), 0);
        if (cut == 1) {
            assert_empty(carol); /* lists that are none make an item that is none */
        } else {
            assert_string_equal(text_of(message, "from"), alice->id);
            const cJSON *reaction = cJSON_GetArrayItem(cJSON_GetObjectItem(message, "reactions"), 0);
            const cJSON *options = cJSON_GetObjectItem(cJSON_GetObjectItem(message, "poll"), "options");
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(reaction, "from")), 2); /* alice and bob */
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(reaction, "handed")), 2);
            assert_true(cJSON_IsFalse(cJSON_GetObjectItem(reaction, "own")));
            assert_int_equal(number_of(cJSON_GetArrayItem(options, 0), "votes"), 2);
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(options, 0), "handed")), 2);
            assert_int_equal(number_of(cJSON_GetArrayItem(options, 1), "votes"), 0);
            (void)world_call(carol, "vote", "{'id':'%s','options':[1]}", text_of(message, "id"));
        }
        assert_over(&world);
        world_end(&world);
    }
}

/* What somebody does himself takes the place of what was said of him, however late that was. */
static void ones_own_word_counts(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 26, "optional");
    struct weibel_core *core = world.peers[0].core;
    struct message message = { .kind = MESSAGE_TEXT };
    struct message_extra *extra;
    const uint8_t id[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256, 1 };
    bool changed;
    struct base_writer poll = base_writer(core->options.allocator, CONTENT_MAX);
    content_poll_encode(&poll,
                        &(struct content_poll){
                            base_slice_text("when"), false, 2, { base_slice_text("now"), base_slice_text("later") } });
    assert_ok(extra_get(core, &message, &extra));
    assert_ok(base_writer_finish(&poll, &extra->poll));
    for (int own = 0; own < 2; own++) {
        assert_ok(vote_add(core, &message, 1, own == 0 ? 1 : 2, own == 0 ? UINT64_MAX : 5, 1, &changed));
        assert_true(changed);
        assert_ok(reaction_add(core, &message, own == 0 ? 1 : 2, id, base_slice_text(own == 0 ? "x" : "y"), &changed));
        assert_true(changed);
        message.votes[0].handed = message.reactions[0].handed = own == 0;
    }
    assert_int_equal(message.vote_count, 1);
    assert_int_equal(message.votes[0].chosen, 2);
    assert_int_equal(message.reaction_count, 1);
    assert_int_equal(message.reactions[0].from, 2);
    assert_string_equal(message.reactions[0].emoji, "y");
    assert_ok(reaction_add(core, &message, 1, id, base_slice_text("x"), &changed));
    assert_false(changed);
    message_free(&message);
    world_end(&world);
}

static void fill(struct weibel_core *core, struct message *message, uint32_t people) {
    bool changed;
    for (uint32_t i = 0; i < MESSAGE_MAX_REACTIONS; i++) {
        const uint8_t id[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256, (uint8_t)(i >> 8), (uint8_t)i };
        assert_ok(reaction_add(core, message, 1 + i % people, id, base_slice_text("x"), &changed));
    }
}

static void set_handed(struct message *message, bool handed) {
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        message->reactions[i].handed = handed;
    }
}

/* However much is said of people: what they do themselves is shown. What they have done themselves leaves no room. */
static void what_is_said_leaves_room(void **state) {
    (void)state;
    const uint8_t id[CONTENT_ID_LEN] = { CONTENT_HASH_SHA256, 0xff };
    struct world world;
    handing_make(&world, 27, "optional");
    struct weibel_core *core = world.peers[0].core;
    for (uint32_t people = 1; people <= MESSAGE_MAX_REACTIONS; people += MESSAGE_MAX_REACTIONS - 1) {
        struct message message = { .kind = MESSAGE_TEXT };
        bool changed;
        fill(core, &message, people);
        uint32_t full = people == 1 ? MESSAGE_MAX_OWN_REACTIONS : MESSAGE_MAX_REACTIONS;
        assert_int_equal(message.reaction_count, full);
        assert_false(reaction_fits(&message, 1));
        set_handed(&message, true);
        assert_true(reaction_fits(&message, 1));
        assert_ok(reaction_add(core, &message, 1, id, base_slice_text("y"), &changed));
        assert_true(changed);
        assert_int_equal(message.reaction_count, full);
        assert_non_null(reaction_find(&message, 1, base_slice_text("y")));
        set_handed(&message, false);
        assert_false(reaction_fits(&message, 1));
        message_free(&message);
    }
    world_end(&world);
}

/* An end of a poll that is only said cuts off no vote that is not, and is none once its author says another one. */
static void an_end_that_is_said_ends_little(void **state) {
    (void)state;
    struct world world;
    handing_make(&world, 28, "optional");
    struct message message = { .kind = MESSAGE_TEXT };
    struct message_extra *extra;
    struct weibel_core *core = world.peers[0].core;
    struct base_writer poll = base_writer(core->options.allocator, CONTENT_MAX), json = poll;
    bool changed;
    content_poll_encode(&poll,
                        &(struct content_poll){
                            base_slice_text("when"), false, 2, { base_slice_text("now"), base_slice_text("later") } });
    assert_ok(extra_get(core, &message, &extra));
    assert_ok(base_writer_finish(&poll, &extra->poll));
    message.closed_at = 1;
    message.close_handed = true;
    assert_ok(vote_add(core, &message, 0, 1, 100, 1, &changed));
    vote_json(core, &json, &message, 0);
    base_write_u8(&json, 0);
    assert_non_null(strstr((const char *)base_writer_view(&json).data, "\"votes\":1"));
    base_writer_free(&json);
    assert_true(vote_close(&message, 50));
    assert_int_equal(message.closed_at, 50);
    assert_false(vote_close(&message, 60));
    assert_true(vote_close(&message, 40));
    message_free(&message);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_did_with_it_is_handed_on),
        cmocka_unit_test(marks_begin_it_anew_a_few_times),
        cmocka_unit_test(no_mark_says_more_than_it_may),
        cmocka_unit_test(ones_own_word_counts),
        cmocka_unit_test(what_is_said_leaves_room),
        cmocka_unit_test(an_end_that_is_said_ends_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
