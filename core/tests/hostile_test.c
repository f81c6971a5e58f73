/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What members and strangers send to disturb what is not theirs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "chat.h"
#include "contact.h"
#include "door.h"
#include "forged.h"
#include "group.h"
#include "leaf.h"
#include "message.h"
#include "post.h"
#include "sync_record.h"
#include "tally.h"
#include "test/result.h"

static struct chat *chat_of(const struct world_peer *peer, size_t index) {
    return (struct chat *)peer->core->chats.items[index];
}

/* Mallory, in a group with bob, says that an entry is missing because a message was deleted, and names one that alice
 * has written to bob in their own chat. */
static void a_tombstone_takes_no_other_chats_message(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 1);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    const cJSON *sent = world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    char id[MESSAGE_ID_TEXT_LEN + 1];
    (void)snprintf(id, sizeof id, "%s", text_of(sent, "id"));
    (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
    (void)world_call(mallory, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    struct chat *group = chat_of(bob, 1);
    assert_int_equal(group->kind, CHAT_GROUP);
    struct contact *by;
    assert_ok(contact_get(bob->core, mallory->core->account.id, "", &by));
    struct amendment amendment = {
        .kind = AMEND_DELETE, .chat = group->number, .by = by->number, .entry = 9, .durable = true
    };
    assert_true(message_id_parse(base_slice_text(id), amendment.target + 1));
    assert_ok(amend_add(bob->core, &amendment));
    assert_ok(weibel_core_tick(bob->core));
    world_pass(&world, 1000);
    (void)world_call(alice, "edit", "{'id':'%s','text':'hello again'}", id);
    world_pass(&world, 1000);
    assert_texts(bob, alice->id, "hello again\n");
    const cJSON *message = world_call(bob, "message", "{'id':'%s'}", id);
    assert_string_equal(text_of(message, "text"), "hello again");
    world_end(&world);
}

static size_t count_notices(struct world_peer *peer, const char *chat, const char *kind) {
    const cJSON *messages =
                    cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s','limit':200}", chat), "messages"),
                *message;
    size_t count = 0;
    cJSON_ArrayForEach(message, messages) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        count += cJSON_IsString(notice) && strcmp(notice->valuestring, kind) == 0 ? 1 : 0;
    }
    return count;
}

/* Mallory invites bob again and again into groups with somebody who says to be alice, each time with another key. */
static void invitations_under_a_false_key_are_said_once(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 2);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(bob, "send", "{'to':'%s','text':'hello'}", alice->id);
    world_pass(&world, 5000);
    for (int i = 0; i < 5; i++) {
        struct forging what = { .filler = { 0 } };
        struct forged forged;
        memcpy(what.account, alice->core->account.id, sizeof what.account);
        forge(mallory, &what, &forged);
        invite_among(mallory, "G", NULL, &forged, 1, bob);
        forged_free(&forged);
    }
    assert_int_equal(count_notices(bob, alice->id, "identity"), 1);
    assert_int_equal(bob->core->chats.count, 1);
    world_end(&world);
}

/* As if there were as many as there may be. */
static void more_records_than_devices_share_harm_nothing(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    struct weibel_core *core = alice->core;
    struct sync_record record = { .kind = SYNC_DEVICE };
    struct list kept = core->syncs;
    core->syncs = (struct list){ .count = SYNC_MAX_RECORDS, .capacity = SYNC_MAX_RECORDS };
    core->syncs.items = (void **)calloc(SYNC_MAX_RECORDS, sizeof *core->syncs.items);
    assert_non_null(core->syncs.items);
    for (size_t i = 0; i < SYNC_MAX_RECORDS; i++) {
        core->syncs.items[i] = &record;
    }
    (void)world_call(alice, "contact.add", "{'id':'%s','name':'Bob'}", bob->id);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    assert_int_equal(core->syncs.count, SYNC_MAX_RECORDS);
    free(core->syncs.items);
    core->syncs = kept;
    assert_texts(bob, alice->id, "hello\n");
    world_end(&world);
}

/* A date behind the last one that there is: a face that can't say it must not be brought to a halt by it. */
static void a_message_says_no_time_that_is_none(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 4);
    struct world_peer *alice = world_add(&world), *mallory = world_add(&world);
    (void)world_call(mallory, "send", "{'to':'%s','text':'first'}", alice->id);
    for (int late = 0; late < 2; late++) {
        struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT };
        struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
        message.sent_at = MESSAGE_MAX_TIME + (uint64_t)late;
        assert_ok(base_bytes_copy(mallory->core->options.allocator, base_slice_text("late"), &message.text));
        assert_ok(message_to_content(mallory->core, &message, &content));
        assert_ok(post_add_control(mallory->core, chat_of(mallory, 0), &content));
        assert_ok(weibel_core_tick(mallory->core));
        world_pass(&world, 1000);
    }
    assert_texts(alice, mallory->id, "first\nlate\nlate\n");
    const cJSON *messages = cJSON_GetObjectItem(world_call(alice, "history", "{'chat':'%s'}", mallory->id), "messages");
    assert_true(number_of(cJSON_GetArrayItem(messages, 1), "sent_at") == (double)MESSAGE_MAX_TIME);
    assert_true(number_of(cJSON_GetArrayItem(messages, 2), "sent_at") <= (double)state_now(alice->core));
    world_end(&world);
}

/* A changed server puts this into a stream. */
static void put_entry(struct world *world, size_t stream_number, struct base_slice content) {
    struct model_stream *stream = world->model->streams[stream_number];
    struct model_entry *entry = &stream->entries[stream->entry_count++];
    *entry =
        (struct model_entry){ .number = stream->next++, .kind = WIRE_KIND_MESSAGE, .content = model_copy(content) };
    assert_ok(base_random_fill(&world->random.random, entry->nonce, sizeof entry->nonce));
}

/* What looks as if somebody had come by an invitation link, and is no more than a byte. */
static void rubbish_ends_no_chat_of_two(void **state) {
    (void)state;
    static const uint8_t rubbish[] = { DOOR_MARK, 0 };
    struct world world;
    world_init(&world, 5);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "send", "{'to':'%s','text':'hello'}", bob->id);
    (void)world_call(bob, "contact.accept", "{'id':'%s'}", alice->id);
    world_pass(&world, 5000);
    put_entry(&world, 0, base_slice(rubbish, sizeof rubbish));
    world_break(bob);
    world_pass(&world, 5000);
    assert_int_equal(count_notices(bob, alice->id, "unreadable"), 1);
    (void)world_call(alice, "send", "{'to':'%s','text':'still here'}", bob->id);
    world_pass(&world, 5000);
    assert_texts(bob, alice->id, "hello\nstill here\n");
    assert_int_equal(world.model->stream_count, 1);
    world_end(&world);
}

/* In the current epoch of the only group. */
static struct model_bytes encrypt_text(struct world_peer *peer, const char *text) {
    struct message message BASE_CLEANUP(message_free) = { .kind = MESSAGE_TEXT };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 }, counted BASE_CLEANUP(base_bytes_free) = { 0 },
                              sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    assert_ok(base_bytes_copy(peer->core->options.allocator, base_slice_text(text), &message.text));
    assert_ok(message_to_content(peer->core, &message, &content));
    assert_ok(tally_add(peer->core, group_at_hand(peer), base_borrow(&content), &counted));
    assert_ok(mls_group_encrypt(group_at_hand(peer)->mls, base_borrow(&counted), NULL, &sealed));
    return model_copy(base_borrow(&sealed));
}

/* With the server's help, which no honest one would give: it takes nothing under a token that is over. */
static void who_was_removed_writes_nothing_more(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, mallory->id);
    (void)world_call(mallory, "send", "{'chat':'%s','text':'as a member'}", group_of(mallory, "G"));
    world_pass(&world, 5000);
    struct model_bytes late = encrypt_text(mallory, "as none");
    (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", mallory->id);
    world_pass(&world, 5000);
    put_entry(&world, 0, model_slice(late));
    free(late.data);
    world_break(bob);
    world_pass(&world, 5000);
    assert_texts(bob, group_of(bob, "G"), "as a member\n");
    assert_int_equal(count_notices(bob, group_of(bob, "G"), "unreadable"), 1);
    world_end(&world);
}

/* As many changes wait as may, and rubbish stands where a commit should: the repair comes before all of them, each time
 * that it is due. */
static void a_home_is_opened_however_many_changes_wait(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 7);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    (void)world_call(alice, "disconnect", "{}");
    for (int i = 0; i <= STATE_MAX_CHANGES; i++) {
        (void)world_call(alice, "group.set", "{'chat':'G','description':'%d'}", i);
    }
    assert_string_equal(world_error(alice, "group.set", "{'chat':'G','description':'x'}"), "busy");
    struct chat *chat = chat_of(alice, 0);
    for (int i = 0; i < 3; i++) {
        struct change repair = { .kind = CHANGE_REPAIR, .group = group_at_hand(alice)->number };
        struct change create = { .kind = CHANGE_CREATE };
        assert_ok(chat_put_change_first(alice->core, chat, &repair));
        assert_ok(chat_put_change_first(alice->core, chat, &create));
    }
    assert_int_equal(chat->waiting.count, STATE_MAX_CHANGES + 2);
    chat_end_change(chat); /* the last one would make another group */
    assert_ok(weibel_core_tick(alice->core));
    world_run(&world);
    world_crash(alice);
    world_pass(&world, 5000);
    char last[8];
    (void)snprintf(last, sizeof last, "%d", STATE_MAX_CHANGES);
    assert_string_equal(text_of(world_call(bob, "group.info", "{'chat':'%s'}", group_of(bob, "G")), "description"),
                        last);
    world_end(&world);
}

/* All that the members of a group carry about each other is let into it by everybody's core. */
static void nobody_makes_himself_large(void **state) {
    (void)state;
    static const uint8_t filler[LEAF_MAX];
    const struct mls_extension large = { MLS_EXTENSION_APPLICATION_ID, base_slice(filler, sizeof filler) };
    struct world world;
    world_init(&world, 8);
    struct world_peer *bob = world_add(&world), *mallory = world_add(&world);
    (void)world_call(mallory, "group.create", "{'name':'G','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    struct leaf leaf = { 0 };
    struct mls_commit_output output = { 0 };
    struct mls_event event = { 0 };
    struct mls_member own;
    assert_true(mls_group_member(group_at_hand(bob)->mls, mls_group_own_leaf(group_at_hand(bob)->mls), &own));
    assert_true(own.leaf_size < LEAF_MAX / 2);
    assert_ok(leaf_make(mallory->core, NULL, 0, &leaf));
    leaf.identity.extensions = &large;
    mallory->core->mls.limits.leaf_size = 2 * LEAF_MAX;
    const struct mls_commit_options options = { .identity = &leaf.identity };
    assert_ok(mls_group_commit(group_at_hand(mallory)->mls, &options, &output));
    assert_result(&MLS_ERR_LEAF_SIZE, mls_group_process(group_at_hand(bob)->mls, base_borrow(&output.message), &event));
    mls_group_discard_pending(group_at_hand(mallory)->mls);
    mls_commit_output_free(&output);
    leaf_free(&leaf);
    world_end(&world);
}

/* Says something in the first chat; its whole ID. */
static void say_hello(struct world_peer *peer, uint8_t id[CONTENT_ID_LEN]) {
    const struct chat *chat = chat_of(peer, 0);
    struct message message BASE_CLEANUP(message_free) = { .number = 0 };
    (void)world_call(peer, "send", "{'chat':'G','text':'hello'}");
    assert_ok(message_load(peer->core, chat->number, chat->last_number, base_borrow(&chat->last), &message));
    memcpy(id, message.id, CONTENT_ID_LEN);
}

/* As if this one's client had written it: nobody may have shown him the message. `receipts`: of how many others, and
 * what the message's state is then. */
static void say_read(struct world_peer *to, struct world_peer *by, const uint8_t id[CONTENT_ID_LEN], int receipts,
                     const char *state) {
    struct contact *contact;
    char text[MESSAGE_ID_TEXT_LEN + 1];
    assert_ok(contact_get(to->core, by->core->account.id, by->core->account.domain, &contact));
    struct amendment amendment = {
        .kind = AMEND_READ, .chat = chat_of(to, 0)->number, .by = contact->number, .durable = true
    };
    memcpy(amendment.target, id, sizeof amendment.target);
    assert_ok(amend_add(to->core, &amendment));
    assert_ok(weibel_core_tick(to->core));
    world_run(to->world);
    message_id_text(id, text);
    const cJSON *message = world_call(to, "message", "{'id':'%s'}", text);
    assert_int_equal((int)number_of(cJSON_GetObjectItem(message, "receipts"), "read"), receipts);
    assert_string_equal(text_of(message, "state"), state);
}

/* Mallory lets somebody in, who says to have read what was written before. */
static void who_comes_later_has_read_nothing(void **state) {
    (void)state;
    uint8_t id[CONTENT_ID_LEN];
    struct world world;
    world_init(&world, 9);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *mallory = world_add(&world),
                      *carol = world_add(&world);
    (void)world_call(alice, "group.create", "{'name':'G','members':['%s','%s']}", bob->id, mallory->id);
    (void)world_call(alice, "group.set", "{'chat':'G','add':'all'}");
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(mallory, "disconnect", "{}");
    say_hello(alice, id);
    (void)world_call(mallory, "connect", "{}");
    world_pass(&world, 5000);
    (void)world_call(mallory, "group.add", "{'chat':'%s','members':['%s']}", group_of(mallory, "G"), carol->id);
    (void)world_call(carol, "send", "{'chat':'%s','text':'hello all'}", group_of(carol, "G"));
    world_pass(&world, 5000);
    say_read(alice, carol, id, 0, "sent");
    say_read(alice, mallory, id, 1, "sent");
    world_crash(alice);
    world_pass(&world, 5000);
    say_read(alice, carol, id, 1, "sent");
    say_read(alice, bob, id, 2, "read");

    /* What is written from then on he may have read. */
    say_hello(alice, id);
    say_read(alice, carol, id, 1, "sent");
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tombstone_takes_no_other_chats_message),
        cmocka_unit_test(invitations_under_a_false_key_are_said_once),
        cmocka_unit_test(more_records_than_devices_share_harm_nothing),
        cmocka_unit_test(a_message_says_no_time_that_is_none),
        cmocka_unit_test(rubbish_ends_no_chat_of_two),
        cmocka_unit_test(who_was_removed_writes_nothing_more),
        cmocka_unit_test(a_home_is_opened_however_many_changes_wait),
        cmocka_unit_test(nobody_makes_himself_large),
        cmocka_unit_test(who_comes_later_has_read_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
