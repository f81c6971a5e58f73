/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ways back into a group: commits that nobody can follow, states that were lost, members who were away for long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "chat.h"
#include "chatting.h"
#include "contact.h"
#include "device.h"
#include "device_record.h"
#include "group.h"
#include "heal.h"
#include "heal_letter.h"
#include "key.h"
#include "keys.h"
#include "leaf.h"
#include "member.h"
#include "sync.h"
#include "sync_record.h"
#include "test/result.h"

enum { FOUR = 4 };

static void make_four(struct world *world, uint64_t seed) {
    world_init_quiet(world, seed);
    world->tree_devices = (uint32_t)(seed % 2);
    for (int i = 0; i < FOUR; i++) {
        (void)world_add(world);
    }
    (void)world_call(&world->peers[0], "group.create", "{'name':'G','members':['%s','%s','%s']}", world->peers[1].id,
                     world->peers[2].id, world->peers[3].id);
    world_pass(world, 5000);
}

static struct group *last_group(const struct world_peer *peer) {
    const struct chat *chat = (const struct chat *)peer->core->chats.items[peer->core->chats.count - 1];
    return chat_group(chat);
}

static void say(struct world_peer *peer, const char *text) {
    (void)world_call(peer, "send", "{'chat':'%s','text':'%s'}", group_of(peer, "G"), text);
}

static void assert_all_read(struct world *world, const char *expected) {
    for (size_t i = 0; i < FOUR; i++) {
        assert_texts(&world->peers[i], group_of(&world->peers[i], "G"), expected);
    }
}

/* How often it stands in the group that something may be missing. */
static size_t gaps(struct world_peer *peer) {
    size_t count = 0;
    const cJSON *page = world_call(peer, "history", "{'chat':'%s'}", group_of(peer, "G")), *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(page, "messages")) {
        const cJSON *notice = cJSON_GetObjectItem(message, "notice");
        count += cJSON_IsString(notice) && strcmp(notice->valuestring, "gap") == 0 ? 1 : 0;
    }
    return count;
}

static void forget_stream(struct world *world, const struct group *group) {
    for (size_t i = 0; i < world->model->stream_count; i++) {
        if (memcmp(world->model->streams[i]->id, group->id, WIRE_STREAM_LEN) == 0) {
            world->model->streams[i]->id[0] ^= 1;
        }
    }
}

static void refuse_streams_for_an_hour(struct world *world) {
    world->model->refuse.type = WIRE_CREATE_STREAM;
    world->model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world->model->refuse.argument = 3600 * 1000;
}

/* A changed client of a member's appends rubbish as a commit; the server can't know. */
static void sabotage_in(struct world_peer *peer, struct group *group, uint8_t mark) {
    struct model *model = peer->world->model;
    const struct model_stream *stream = model->streams[model->stream_count - 1];
    for (size_t i = 0; i < model->stream_count; i++) {
        stream = memcmp(model->streams[i]->id, group->id, sizeof group->id) == 0 ? model->streams[i] : stream;
    }
    struct wire_frame frame = { .type = WIRE_APPEND, .request = 1000000u + mark };
    struct wire_append *append = &frame.of.append;
    const uint8_t *token;
    assert_ok(group_token(group, &token));
    memcpy(append->stream, group->id, sizeof append->stream);
    memcpy(append->token, token, sizeof append->token);
    memset(append->nonce, mark, sizeof append->nonce);
    append->kind = WIRE_KIND_COMMIT;
    append->known_commit = stream->last_commit;
    memset(append->next_token_hash, mark, sizeof append->next_token_hash);
    append->content = base_slice_text("rubbish");
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    wire_encode(&writer, &frame);
    model_receive(model, peer->number, base_writer_view(&writer));
    base_writer_free(&writer);
}

static void sabotage(struct world_peer *peer, uint8_t mark) {
    sabotage_in(peer, last_group(peer), mark);
}

/* And uses the token that it has brought, from somewhere else: nobody can repair it any more. */
static void use_it(struct world_peer *peer) {
    struct model_stream *stream = peer->world->model->streams[peer->world->model->stream_count - 1];
    stream->epochs[stream->epoch_count - 1].used = true;
}

static void rubbish_is_repaired(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        make_four(&world, seed);
        say(&world.peers[1], "before");
        sabotage(&world.peers[3], 1);
        world_pass(&world, 30 * 1000);
        say(&world.peers[0], "after");
        sabotage(&world.peers[3], 2);
        (void)world_ask(&world.peers[2], "send", "{'chat':'G','text':'at the same moment'}");
        (void)world_ask(&world.peers[0], "group.set", "{'chat':'G','description':'d'}");
        world_pass(&world, 60 * 1000);
        sabotage(&world.peers[3], 3);
        world_pass(&world, 30 * 1000);
        sabotage(&world.peers[3], 4);
        world_pass(&world, 30 * 1000);
        say(&world.peers[3], "it was me");
        world_pass(&world, 5000);
        assert_all_read(&world, "before\nafter\nat the same moment\nit was me\n");
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
        assert_int_equal(world.model->stream_count, 1);
        world_end(&world);
    }
}

/* Two come by the same commit, and rubbish follows it. The first one repairs the group, and does not know where his
 * epoch began, as nobody has told him: he says nothing of it, or the second one would take what stood there before him
 * for missing. */
static void who_repairs_says_nothing_of_what_he_does_not_know(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 48);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world);
    struct world_peer *dora = world_add(&world), *eve = world_add(&world);
    (void)world_call(anna, "group.create", "{'name':'G','members':['%s']}", ben->id);
    say(anna, "before");
    (void)world_call(dora, "disconnect", "{}");
    (void)world_call(eve, "disconnect", "{}");
    (void)world_call(anna, "group.add", "{'chat':'G','members':['%s','%s']}", dora->id, eve->id);
    world_pass(&world, 5000);
    say(anna, "after");
    (void)world_call(ben, "disconnect", "{}");
    sabotage(anna, 1);
    (void)world_call(anna, "disconnect", "{}");
    (void)world_call(dora, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_int_equal(mls_group_epoch(last_group(dora)->mls), mls_group_epoch(last_group(anna)->mls) + 1);
    (void)world_call(eve, "connect", "{}");
    (void)world_call(anna, "connect", "{}");
    world_pass(&world, 60 * 1000);
    for (size_t i = 2; i < FOUR; i++) {
        struct world_peer *peer = &world.peers[i];
        assert_int_equal(gaps(peer), 0);
        assert_texts(peer, group_of(peer, "G"), "after\n");
    }
    world_end(&world);
}

/* A chat of two that was begun by both at once has two groups. The one that is not written to is repaired as well, as
 * late as it may be, and nothing is committed in the other one for that. */
static void a_group_that_nobody_writes_to_is_repaired_in_itself(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_ask(alice, "send", "{'to':'%s','text':'a'}", bob->id);
        (void)world_ask(bob, "send", "{'to':'%s','text':'b'}", alice->id);
        world_pass(&world, 5000);
        const struct chat *chat = (const struct chat *)bob->core->chats.items[0];
        bool both = chat->groups.count == 2;
        if (both) {
            struct group *first = (struct group *)chat->groups.items[0], *other = chat_writing_group(chat);
            struct group *idle = first == other ? (struct group *)chat->groups.items[1] : first;
            uint64_t epoch = mls_group_epoch(other->mls), idle_epoch = mls_group_epoch(idle->mls);
            (void)world_call(bob, "disconnect", "{}");
            sabotage_in(alice, (struct group *)group_find(alice->core, idle->id), 1);
            (void)world_call(alice, "disconnect", "{}");
            (void)world_call(bob, "connect", "{}");
            world_pass(&world, 3600 * 1000);
            assert_int_equal(mls_group_epoch(idle->mls), idle_epoch + 1);
            (void)world_call(alice, "connect", "{}");
            world_pass(&world, 3600 * 1000);
            assert_int_equal(chat->groups.count, 2);
            assert_int_equal(idle->state, GROUP_OPEN);
            assert_int_equal(group_find(alice->core, idle->id)->state, GROUP_OPEN);
            assert_int_equal(mls_group_epoch(group_find(alice->core, idle->id)->mls), mls_group_epoch(idle->mls));
            assert_int_equal(mls_group_epoch(chat_writing_group(chat)->mls), epoch);
            (void)world_call(alice, "send", "{'to':'%s','text':'on'}", bob->id);
            world_pass(&world, 2000);
            assert_texts(bob, alice->id, "b\na\non\n");
        }
        world_end(&world);
        if (both) {
            return;
        }
    }
    fail_msg("no two groups were made at once");
}

/* What is set for a chat is known to the account's other devices under the group that it has now, and that alone. */
static void assert_setting_moved(const struct world_peer *peer) {
    const struct weibel_core *core = peer->core;
    uint8_t name[SYNC_MAX_NAME];
    size_t len = sync_setting_name(core, (const struct chat *)core->chats.items[core->chats.count - 1], name),
           count = 0;
    struct base_slice value;
    assert_true(len > 0 && sync_get(core, SYNC_CHAT, base_slice(name, len), &value));
    for (size_t i = 0; i < core->syncs.count; i++) {
        count += ((const struct sync_record *)core->syncs.items[i])->kind == SYNC_CHAT ? 1 : 0;
    }
    assert_int_equal(count, 1);
}

static void what_cannot_be_repaired_goes_on_as_a_new_group(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct world world;
        make_four(&world, seed);
        (void)world_call(&world.peers[0], "group.role", "{'chat':'G','member':'%s','role':'admin'}", world.peers[1].id);
        (void)world_call(&world.peers[1], "chat.set", "{'chat':'G','pinned':true}");
        say(&world.peers[1], "before");
        world_pass(&world, 2000);
        sabotage(&world.peers[3], 1);
        use_it(&world.peers[3]);
        (void)world_ask(&world.peers[2], "send", "{'chat':'G','text':'queued'}");
        world_pass(&world, 60 * 60 * 1000);
        say(&world.peers[3], "after");
        world_pass(&world, 5000);
        assert_all_read(&world, "before\nqueued\nafter\n");
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
        assert_true(world.model->stream_count > 1);
        assert_setting_moved(&world.peers[1]);
        for (size_t i = 0; i < FOUR; i++) {
            assert_int_equal(gaps(&world.peers[i]), 0); /* a commit alone could not be followed */
            const cJSON *chats = world_call(&world.peers[i], "chats", "{}");
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(chats, "chats")), 1);
            const cJSON *info = world_call(&world.peers[i], "group.info", "{'chat':'G'}");
            const cJSON *roles = cJSON_GetObjectItem(info, "roles");
            assert_string_equal(text_of(roles, world.peers[0].id), "owner");
            assert_string_equal(text_of(roles, world.peers[1].id), "admin");
        }
        world_end(&world);
    }
}

/* While Bob is away others write, and the stream ends with it. He founds the successor, restarted before he does, and
 * is told that something may be missing; so is who has not been there either and comes into it at once. */
static void who_founds_the_successor_of_what_has_ended_says_what_it_lacks(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 13);
    struct world_peer *bob = &world.peers[0], *carol = &world.peers[1], *alice = &world.peers[3];
    say(bob, "before");
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(carol, "disconnect", "{}");
    say(alice, "between");
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(&world.peers[2], "disconnect", "{}");
    forget_stream(&world, last_group(bob));
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 20 * 60 * 1000);
    assert_int_equal(last_group(bob)->generation, 0);
    assert_int_equal(gaps(bob), 0); /* others may still help */
    world_crash(bob);
    world_pass(&world, 2 * 3600 * 1000);
    assert_int_equal(last_group(bob)->generation, 1);
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, 2 * 3600 * 1000);
    say(carol, "after");
    world_pass(&world, 5000);
    for (size_t i = 0; i < 2; i++) {
        assert_texts(&world.peers[i], group_of(&world.peers[i], "G"), "before\nafter\n");
        assert_int_equal(gaps(&world.peers[i]), 1);
    }
    world_end(&world);
}

/* The server takes none of Bob's repairs, as the stream is none of its any more, though it still gives what stands
 * there: he founds the successor, and it says that something may be missing. */
static void who_repairs_in_vain_what_has_ended_says_what_it_lacks(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 13);
    struct world_peer *bob = &world.peers[0];
    for (size_t i = 0; i < FOUR; i++) {
        (void)world_call(&world.peers[i], "disconnect", "{}");
    }
    (void)world_call(&world.peers[3], "connect", "{}");
    sabotage(&world.peers[3], 1);
    (void)world_call(&world.peers[3], "disconnect", "{}");
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_NO_STREAM;
    world.model->refuse.more = 1;
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 3600 * 1000);
    assert_int_equal(world.model->refuse.code, 0); /* both were */
    world_pass(&world, 2 * 3600 * 1000);
    assert_int_equal(last_group(bob)->generation, 1);
    assert_int_equal(gaps(bob), 1);
    world_end(&world);
}

/* Carol is away so long that what led her on has ended. Meanwhile she was taken out and let in again: nobody knows what
 * stood between, and she is told. */
static void who_was_let_in_again_behind_what_has_ended_is_told(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 13);
    struct world_peer *bob = &world.peers[0], *carol = &world.peers[1];
    say(bob, "before");
    (void)world_call(carol, "disconnect", "{}");
    say(bob, "between");
    struct model_stream *stream = world.model->streams[world.model->stream_count - 1];
    size_t epoch = stream->epoch_count - 1;
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5000);
    stream->epochs[epoch].hash[0] ^= 1;
    (void)world_call(bob, "group.add", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5000);
    world.model->refuse.type = WIRE_READ; /* her invitation comes first */
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 5000;
    world.model->refuse.more = 1;
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, 60 * 1000);
    say(bob, "after");
    assert_texts(carol, group_of(carol, "G"), "before\nafter\n");
    assert_int_equal(gaps(carol), 1);
    world_end(&world);
}

/* Alice is about to found a successor, and finds that others have done so, and have taken her out of it since: hers is
 * not founded any more, and the chat is over. */
static void who_is_taken_out_founds_no_successor(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 11);
    struct world_peer *bob = &world.peers[0], *alice = &world.peers[3];
    forget_stream(&world, last_group(bob));
    for (size_t i = 0; i < FOUR; i++) {
        (void)world_call(&world.peers[i], "disconnect", "{}");
    }
    refuse_streams_for_an_hour(&world);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 90 * 60 * 1000);
    assert_int_equal(world.model->refuse.code, 0);
    (void)world_call(alice, "disconnect", "{}");
    for (size_t i = 0; i < FOUR - 1; i++) {
        (void)world_call(&world.peers[i], "connect", "{}");
    }
    world_pass(&world, 60 * 60 * 1000);
    (void)world_call(bob, "group.remove", "{'chat':'G','members':['%s']}", alice->id);
    world_pass(&world, 5000);
    refuse_streams_for_an_hour(&world);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 90 * 60 * 1000);
    assert_string_equal(world_error(alice, "send", "{'chat':'G','text':'is there anybody?'}"), "not_a_member");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    world_end(&world);
}

/* Two successors: Bob, who owns the group, has founded one and given it another name since. Whoever is let into it only
 * then takes it all the same. */
static void who_comes_late_takes_what_its_owner_has_changed(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 12);
    struct world_peer *bob = &world.peers[0], *carol = &world.peers[1], *alice = &world.peers[3];
    forget_stream(&world, last_group(bob));
    for (size_t i = 0; i < FOUR; i++) {
        (void)world_call(&world.peers[i], "disconnect", "{}");
    }
    (void)world_call(carol, "connect", "{}");
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 2 * 3600 * 1000);
    (void)world_call(carol, "disconnect", "{}");
    (void)world_call(alice, "disconnect", "{}");
    world_lose_letters(bob);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 2 * 3600 * 1000);
    (void)world_call(bob, "group.set", "{'chat':'G','name':'H'}");
    while (alice->core->key_packages.count > 0) { /* by which he has invited her */
        keys_free(list_take(&alice->core->key_packages, 0));
    }
    (void)world_call(carol, "connect", "{}");
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 3600 * 1000);
    assert_int_equal(last_group(carol)->chat->groups.count, 2);
    assert_int_equal(last_group(alice)->chat->groups.count, 2);
    assert_memory_equal(last_group(alice)->id, last_group(carol)->id, WIRE_STREAM_LEN);
    world_end(&world);
}

/* Makes records of a table unreadable. */
static size_t damage(struct world_store *store, uint8_t table) {
    size_t count = 0;
    for (size_t i = 0; i < store->count; i++) {
        if (store->records[i].key.data[0] == table) {
            store->records[i].value.data[store->records[i].value.len / 2] ^= 1;
            count++;
        }
    }
    return count;
}

static void lose_state(uint8_t table, uint64_t seed) {
    struct world world;
    make_four(&world, seed);
    struct world_peer *bob = &world.peers[1];
    (void)world_call(&world.peers[0], "group.role", "{'chat':'G','member':'%s','role':'admin'}", bob->id);
    say(bob, "before");
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(bob, "send", "{'chat':'G','text':'queued'}");
    assert_true(damage(&bob->store, table) > 0);
    world_crash(bob);
    world_pass(&world, 120 * 1000);
    say(&world.peers[0], "after");
    world_pass(&world, 5000);
    assert_all_read(&world, "before\nqueued\nafter\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    assert_int_equal(world.model->stream_count, 1);
    const cJSON *info = world_call(bob, "group.info", "{'chat':'G'}");
    assert_string_equal(text_of(cJSON_GetObjectItem(info, "roles"), bob->id), "admin");
    world_end(&world);
}

static void a_damaged_state_is_made_anew(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        lose_state(KEY_MLS, seed);
    }
}

static void a_damaged_record_is_made_anew(void **state) {
    (void)state;
    lose_state(KEY_GROUP, 5);
}

/* A change that was made for the lost state is made again when the place is regained. */
static void a_change_made_before_the_damage_is_made_anew(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 3);
    struct world_peer *bob = &world.peers[1];
    (void)world_call(&world.peers[0], "group.role", "{'chat':'G','member':'%s','role':'admin'}", bob->id);
    say(bob, "before");
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    (void)world_ask(bob, "group.set", "{'chat':'G','description':'d'}");
    world_run(&world);
    assert_true(((const struct chat *)bob->core->chats.items[0])->change.made);
    assert_true(damage(&bob->store, KEY_MLS) > 0);
    world_crash(bob);
    world_pass(&world, 120 * 1000);
    say(bob, "after");
    world_pass(&world, 5000);
    assert_all_read(&world, "before\nafter\n");
    const cJSON *info = world_call(&world.peers[2], "group.info", "{'chat':'%s'}", group_of(&world.peers[2], "G"));
    assert_string_equal(text_of(info, "description"), "d");
    world_end(&world);
}

/* What bob wrote before he lost his place, and has regained it, has its place in the stream: deleted for everyone, it
 * goes from the server, too. */
static void what_was_written_before_has_its_place(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 3);
    struct world_peer *bob = &world.peers[1];
    char id[64];
    const struct model_stream *stream = world.model->streams[0];
    const struct model_entry *entry = &stream->entries[stream->entry_count];
    (void)snprintf(id, sizeof id, "%s", text_of(world_call(bob, "send", "{'chat':'G','text':'wrong'}"), "id"));
    world_pass(&world, 5000);
    assert_true(damage(&bob->store, KEY_MLS) > 0);
    world_crash(bob);
    world_pass(&world, 120 * 1000);
    assert_true(entry->content.len > 0);
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", id);
    world_pass(&world, 5000);
    assert_int_equal(entry->content.len, 0);
    assert_all_read(&world, "\n");
    world_end(&world);
}

static void other_damage_is_told(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 6);
    struct world_peer *bob = &world.peers[1];
    struct world_store copy = world_store_copy(&bob->store);
    assert_true(damage(&copy, KEY_CHAT) > 0);
    world_store_free(&copy);
    world_end(&world);
}

static base_result refuse_all(void *user, const struct mls_group *mls, const struct mls_staged *staged) {
    (void)user;
    (void)mls;
    (void)staged;
    return &WEIBEL_ERR_IDENTITY;
}

/* As if its path had been made so that one member can't follow it. */
static void who_alone_cannot_follow_is_helped(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 7);
    struct world_peer *carol = &world.peers[2];
    base_result (*judge)(void *, const struct mls_group *, const struct mls_staged *) =
        carol->core->mls.callbacks.commit;
    carol->core->mls.callbacks.commit = refuse_all;
    (void)world_call(&world.peers[0], "group.set", "{'chat':'G','description':'d'}");
    say(&world.peers[0], "not for her");
    world_pass(&world, 100);
    carol->core->mls.callbacks.commit = judge;
    (void)world_ask(carol, "send", "{'chat':'G','text':'am I alone?'}");
    world_pass(&world, 120 * 1000);
    say(&world.peers[1], "no");
    world_pass(&world, 5000);
    assert_texts(carol, group_of(carol, "G"), "am I alone?\nno\n");
    assert_texts(&world.peers[0], group_of(&world.peers[0], "G"), "not for her\nam I alone?\nno\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    assert_int_equal(world.model->stream_count, 1);
    world_end(&world);
}

/* Entries that led on have ended while somebody was away. */
static void who_misses_commits_is_helped(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 8);
    struct world_peer *carol = &world.peers[2];
    (void)world_call(carol, "disconnect", "{}");
    (void)world_call(carol, "send", "{'chat':'G','text':'from the mountains'}");
    for (int i = 0; i < 3; i++) {
        (void)world_call(&world.peers[0], "group.set", "{'chat':'G','description':'%d'}", i);
        say(&world.peers[1], "x");
    }
    struct model_stream *stream = world.model->streams[0];
    for (size_t i = 0; i < stream->entry_count; i++) {
        free(stream->entries[i].content.data);
        stream->entries[i].content = (struct model_bytes){ 0 };
    }
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, 10 * 60 * 1000);
    assert_texts(carol, group_of(carol, "G"), "from the mountains\n");
    assert_texts(&world.peers[0], group_of(&world.peers[0], "G"), "x\nx\nx\nfrom the mountains\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    world_end(&world);
}

static void members_come_back_after_a_thousand_epochs(void **state) {
    (void)state;
    enum { EPOCHS = 1000 };
    struct world world;
    make_four(&world, 9);
    struct world_peer *carol = &world.peers[2];
    (void)world_call(carol, "disconnect", "{}");
    (void)world_call(carol, "send", "{'chat':'G','text':'at last'}");
    for (int i = 0; i < EPOCHS; i++) {
        (void)world_call(&world.peers[0], "group.set", "{'chat':'G','description':'%d'}", i);
    }
    say(&world.peers[1], "welcome back");
    (void)world_call(carol, "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_texts(carol, group_of(carol, "G"), "welcome back\n"); /* what she wrote stands a thousand notices before */
    assert_texts(&world.peers[0], group_of(&world.peers[0], "G"), "welcome back\nat last\n");
    assert_true(number_of(world_call(carol, "group.info", "{'chat':'G'}"), "epoch") > EPOCHS);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    world_end(&world);
}

static void a_direct_chat_goes_on_in_a_new_group(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct world world;
        world_init_quiet(&world, seed);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        (void)world_call(bob, "send", "{'to':'%s','text':'two'}", alice->id);
        (void)world_call(bob, "disconnect", "{}");
        (void)world_call(bob, "send", "{'to':'%s','text':'three'}", alice->id);
        assert_true(damage(&bob->store, KEY_MLS) > 0);
        world_crash(bob);
        world_pass(&world, 30 * 1000);
        (void)world_call(alice, "send", "{'to':'%s','text':'four'}", bob->id);
        world_pass(&world, 5000);
        assert_texts(alice, bob->id, "one\ntwo\nthree\nfour\n");
        assert_texts(bob, alice->id, "one\ntwo\nthree\nfour\n");
        world_end(&world);
    }
}

/* The server's disk was replaced by a copy that lacks what stands in a stream from this number on. */
/* A device that has lost its place among its account's is let in again: the others know it as before. */
static void an_own_device_that_comes_back_is_known(void **state) {
    (void)state;
    struct world world;
    world_init(&world, 41);
    struct world_peer *anna = world_add(&world), *ben = world_add(&world), *phone = world_link(anna);
    struct base_slice package;
    uint64_t epoch = mls_group_epoch(device_group(anna->core)->mls);
    assert_ok(heal_lose(phone->core, device_group(phone->core)));
    assert_ok(weibel_core_tick(phone->core));
    world_pass(&world, 120 * 1000);
    assert_true(mls_group_epoch(device_group(anna->core)->mls) > epoch);
    assert_non_null(device_group(phone->core));
    assert_true(device_key_package(anna->core, phone->core->account.device, &package));
    (void)world_call(anna, "send", "{'to':'%s','text':'on both'}", ben->id);
    world_pass(&world, 20 * 1000);
    assert_texts(phone, ben->id, "on both\n");
    world_end(&world);
}

/* What was asked for a change is asked again when the repair that has come before it is over. */
static void a_change_goes_on_behind_a_repair(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 43);
    struct chat *chat = last_group(&world.peers[0])->chat;
    struct change repair = { .kind = CHANGE_REPAIR };
    chat->change.kind = CHANGE_TIDY;
    chat->change.in_flight = true;
    assert_ok(chat_put_change_first(world.peers[0].core, chat, &repair));
    chat_end_change(chat);
    assert_int_equal(chat->change.kind, CHANGE_TIDY);
    assert_false(chat->change.in_flight);
    chat_end_change(chat);
    world_end(&world);
}

/* Alice was away for so long that Bob tries only once a day to go on with her in what he has lost. She has forgotten
 * it, and begins another group: she is there, so that what he writes waits no longer. */
static void who_is_back_is_not_waited_for(void **state) {
    (void)state;
    enum { DAY = 24 * 3600 * 1000 };
    struct world world;
    world_init(&world, 41);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    (void)world_call(bob, "send", "{'to':'%s','text':'a'}", alice->id);
    world_pass(&world, 2000);
    struct group *lost = (struct group *)chat_of_two(bob)->groups.items[0];
    lost->generation = 1; /* it comes before hers */
    assert_ok(heal_lose(bob->core, lost));
    lost->heal_tries = 20;
    lost->heal_at = world.clock.now + DAY;
    assert_ok(group_forget(alice->core, group_find(alice->core, lost->id)));
    (void)world_call(alice, "send", "{'to':'%s','text':'b'}", bob->id);
    world_pass(&world, 2000);
    assert_int_equal(chat_of_two(bob)->groups.count, 2);
    (void)world_ask(bob, "send", "{'to':'%s','text':'c'}", alice->id);
    world_pass(&world, 60 * 1000);
    assert_texts(alice, bob->id, "a\nb\nc\n");
    world_end(&world);
}

/* A chat of two with two groups, of which Bob loses one. What others write in, goes on in a new one; the other one is
 * not needed: Alice has forgotten it, and what Bob writes meanwhile does not go there. */
static void one_of_two_groups_is_lost(void **state) {
    (void)state;
    bool both = false;
    for (uint64_t seed = 1; seed <= 20 && !both; seed++) {
        for (int written = 0; written < 2; written++) {
            struct world world;
            world_init_quiet(&world, seed);
            struct world_peer *alice = world_add(&world), *bob = world_add(&world);
            (void)world_ask(alice, "send", "{'to':'%s','text':'a'}", bob->id);
            (void)world_ask(bob, "send", "{'to':'%s','text':'b'}", alice->id);
            world_pass(&world, 5000);
            const struct chat *chat = (const struct chat *)bob->core->chats.items[0];
            both = chat->groups.count == 2;
            if (both) {
                struct group *first = (struct group *)chat->groups.items[0], *writing = chat_writing_group(chat);
                struct group *idle = first == writing ? (struct group *)chat->groups.items[1] : first;
                if (written == 1) {
                    assert_ok(group_forget(alice->core, group_find(alice->core, idle->id)));
                }
                assert_ok(heal_lose(bob->core, written == 1 ? writing : idle));
                (void)world_ask(bob, "send", "{'to':'%s','text':'meanwhile'}", alice->id);
                world_pass(&world, 5 * 60 * 1000);
                assert_int_equal(chat->groups.count, written == 1 ? 2 : 1);
                assert_int_equal(chat_writing_group(chat)->generation, written);
                assert_int_equal(chat_group((const struct chat *)alice->core->chats.items[0])->generation, written);
                (void)world_call(alice, "send", "{'to':'%s','text':'on'}", bob->id);
                world_pass(&world, 2000);
                assert_texts(bob, alice->id, "b\na\nmeanwhile\non\n");
                assert_texts(alice, bob->id, "a\nb\nmeanwhile\non\n");
                size_t reads = world.model->asked[WIRE_READ];
                world_pass(&world, 3600 * 1000);
                assert_int_equal(world.model->asked[WIRE_READ], reads);
            }
            world_end(&world);
        }
    }
    assert_true(both);
}

static void rewind_stream(struct model_stream *stream, uint64_t next) {
    while (stream->next > next) {
        assert_true(stream->last_commit < --stream->next);
        free(stream->entries[--stream->entry_count].content.data);
        stream->entries[stream->entry_count] = (struct model_entry){ 0 };
    }
}

static size_t count_rewound(struct world_peer *peer, const char *chat) {
    size_t count = 0;
    const cJSON *message;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(world_call(peer, "history", "{'chat':'%s'}", chat), "messages")) {
        count += strcmp(text_of(message, "text"),
                        "The server was set back to an earlier state: what was written since then may be missing") == 0;
    }
    return count;
}

/* Some have read what the server has forgotten, or all. What they write then is read by all. */
static void a_group_outlives_a_server_that_was_set_back(void **state) {
    (void)state;
    for (size_t readers = 1; readers <= FOUR; readers++) {
        struct world world;
        make_four(&world, readers);
        say(&world.peers[0], "kept");
        world_pass(&world, 5000);
        for (size_t i = readers; i < FOUR; i++) {
            (void)world_call(&world.peers[i], "disconnect", "{}");
        }
        uint64_t next = world.model->streams[0]->next;
        say(&world.peers[0], "forgotten");
        say(&world.peers[0], "too");
        world_pass(&world, 5000);
        rewind_stream(world.model->streams[0], next);
        for (size_t i = 0; i < FOUR; i++) {
            world_crash(&world.peers[i]);
        }
        world_pass(&world, 30 * 60 * 1000);
        for (size_t i = 0; i < FOUR; i++) {
            assert_int_equal(count_rewound(&world.peers[i], group_of(&world.peers[i], "G")), i < readers);
        }
        say(&world.peers[0], "after");
        say(&world.peers[3], "and on");
        world_pass(&world, 5000);
        for (size_t i = 0; i < FOUR; i++) {
            assert_texts(&world.peers[i], group_of(&world.peers[i], "G"),
                         i < readers ? "kept\nforgotten\ntoo\nafter\nand on\n" : "kept\nafter\nand on\n");
        }
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
        world_end(&world);
    }
}

/* Numbers that were read before come again: what has them now was not read. */
static void numbers_that_come_again_are_unread(void **state) {
    (void)state;
    enum { MANY = 20, READER = 1 };
    struct world world;
    make_four(&world, 2);
    struct world_peer *reader = &world.peers[READER];
    say(&world.peers[0], "kept");
    world_pass(&world, 5000);
    (void)world_call(&world.peers[2], "disconnect", "{}");
    (void)world_call(&world.peers[3], "disconnect", "{}");
    uint64_t next = world.model->streams[0]->next;
    for (int i = 0; i < MANY; i++) {
        say(&world.peers[0], "forgotten");
    }
    (void)world_call(reader, "read", "{'chat':'%s','number':1000000}", group_of(reader, "G"));
    rewind_stream(world.model->streams[0], next);
    for (size_t i = 0; i < FOUR; i++) {
        world_crash(&world.peers[i]);
    }
    world_pass(&world, 30 * 60 * 1000);
    double unread = number_of(listed_chat(reader, group_of(reader, "G")), "unread");
    say(&world.peers[0], "after");
    say(&world.peers[3], "and on");
    assert_true(world.model->streams[0]->next < next + MANY);
    assert_int_equal(number_of(listed_chat(reader, group_of(reader, "G")), "unread"), unread + 2);
    (void)world_call(reader, "read", "{'chat':'%s','number':1000000}", group_of(reader, "G"));
    say(&world.peers[0], "more");
    assert_int_equal(number_of(listed_chat(reader, group_of(reader, "G")), "unread"), 1);
    world_end(&world);
}

/* The same of an inbox: what was deleted since the copy was made is there again, and numbers are given out anew. */
static void an_inbox_outlives_it(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 6);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world);
    struct model_account *inbox = &world.model->accounts[bob->number];
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(alice, "group.create", "{'name':'first','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(inbox->inbox_count, 1);
    struct model_bytes copy = model_copy(model_slice(inbox->inbox[0].content));
    world_crash(bob);
    world_pass(&world, 5000);
    assert_null(inbox->inbox[0].content.data);
    (void)world_call(alice, "group.create", "{'name':'second','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(inbox->inbox_next, 2);
    (void)world_call(bob, "disconnect", "{}");

    inbox->inbox_count = inbox->inbox_next = 1;
    inbox->inbox[0].content = copy;
    (void)world_call(alice, "group.create", "{'name':'third','members':['%s']}", bob->id);
    world_pass(&world, 5000);
    assert_int_equal(inbox->inbox_next, 2); /* bob has read a letter of that number */
    world_crash(bob);
    world_pass(&world, 5000);
    assert_int_equal(bob->core->chats.count, 3);
    const char *const names[] = { "first", "second", "third" };
    for (size_t i = 0; i < 3; i++) {
        const cJSON *history = world_call(bob, "history", "{'chat':'%s'}", group_of(bob, names[i]));
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(history, "messages")), 1);
    }
    assert_null(inbox->inbox[0].content.data);
    assert_null(inbox->inbox[1].content.data);
    world_end(&world);
}

static void a_direct_chat_outlives_it(void **state) {
    (void)state;
    for (int both = 0; both < 2; both++) {
        struct world world;
        world_init_quiet(&world, 5);
        struct world_peer *alice = world_add(&world), *bob = world_add(&world);
        (void)world_call(alice, "send", "{'to':'%s','text':'one'}", bob->id);
        world_pass(&world, 5000);
        (void)world_call(bob, both == 0 ? "disconnect" : "chats", "{}");
        uint64_t next = world.model->streams[0]->next;
        (void)world_call(alice, "send", "{'to':'%s','text':'two'}", bob->id);
        world_pass(&world, 5000);
        rewind_stream(world.model->streams[0], next);
        world_crash(alice);
        world_crash(bob);
        world_pass(&world, 120 * 1000);
        assert_int_equal(count_rewound(alice, bob->id), 1);
        assert_int_equal(count_rewound(bob, alice->id), both);
        (void)world_call(bob, "send", "{'to':'%s','text':'three'}", alice->id);
        (void)world_call(alice, "send", "{'to':'%s','text':'four'}", bob->id);
        world_pass(&world, 5000);
        assert_texts(alice, bob->id, "one\ntwo\nthree\nfour\n");
        assert_texts(bob, alice->id, both ? "one\ntwo\nthree\nfour\n" : "one\nthree\nfour\n");
        world_end(&world);
    }
}

/* One who has lost his place crashes at each of his effects. */
static void a_crash_at_every_effect_of_the_way_back(void **state) {
    (void)state;
    for (long at = 0;; at += 7) {
        struct world world;
        make_four(&world, 10);
        struct world_peer *bob = &world.peers[1];
        say(bob, "before");
        (void)world_call(bob, "disconnect", "{}");
        (void)world_call(bob, "send", "{'chat':'G','text':'queued'}");
        assert_true(damage(&bob->store, KEY_MLS) > 0);
        world_crash(bob);
        size_t before = bob->crashes;
        bob->crash_after = at;
        world_pass(&world, 200 * 1000);
        size_t crashes = bob->crashes - before;
        bob->crash_after = -1;
        world_pass(&world, 100 * 1000);
        assert_all_read(&world, "before\nqueued\n");
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
        world_end(&world);
        if (crashes == 0) {
            assert_true(at > 6);
            break;
        }
    }
}

/* A letter that asks for help, damaged at each place, moves nobody. */
static void damaged_letters_move_nobody(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 11);
    struct world_peer *bob = &world.peers[1], *alice = &world.peers[0];
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(bob, "disconnect", "{}");
    assert_true(damage(&bob->store, KEY_MLS) > 0);
    world_crash(bob);
    (void)world_call(&world.peers[2], "disconnect", "{}");
    (void)world_call(&world.peers[3], "disconnect", "{}");
    world_pass(&world, 30 * 1000);
    struct model_account *account = &world.model->accounts[0];
    assert_true(account->inbox_count > 0);
    struct model_bytes letter = account->inbox[account->inbox_count - 1].content;
    size_t head = 2 + (letter.len > 16383 + 4 ? 4 : letter.len > 63 + 3 ? 2 : 1);
    struct base_slice sealed = base_slice(letter.data + head, letter.len - head);
    for (size_t i = 0; i < sealed.len; i += 7) {
        uint8_t *copy = (uint8_t *)malloc(sealed.len);
        assert_non_null(copy);
        memcpy(copy, sealed.data, sealed.len);
        copy[i] ^= 4;
        assert_true(heal_asked(alice->core, base_slice(copy, sealed.len)) != BASE_OK);
        assert_true(heal_asked(alice->core, base_slice(copy, i)) != BASE_OK);
        free(copy);
    }
    /* Nor does one that was meant for somebody else. */
    assert_result(heal_asked(world.peers[2].core, sealed), &WEIBEL_ERR_IDENTITY);
    assert_ok(heal_asked(alice->core, sealed));
    world_end(&world);
}

/* A group may be full of people who are nobody: they don't become contacts by asking for their places. */
static void who_is_nobody_is_not_helped(void **state) {
    (void)state;
    struct world world;
    make_four(&world, 31);
    struct world_peer *bob = &world.peers[1], *alice = &world.peers[0];
    struct group *group = last_group(alice), *of_bob = last_group(bob);
    uint32_t leaf = mls_group_own_leaf(of_bob->mls);
    struct contact *contact = contact_find(alice->core, bob->core->account.id, "");
    struct helper helper = { .domain = "" };
    assert_non_null(contact);
    memcpy(helper.account, alice->core->account.id, sizeof helper.account);
    memcpy(helper.device, alice->core->account.device, sizeof helper.device);
    memcpy(helper.key, alice->core->account.device_key.public_key.data, sizeof helper.key);
    (void)world_call(alice, "disconnect", "{}");
    assert_ok(heal_letter_ask_them(bob->core, of_bob->id, of_bob->number, leaf_made_at(of_bob->mls), &helper, 1));
    assert_ok(weibel_core_tick(bob->core));
    world_pass(&world, 1000);
    const struct model_account *account = &world.model->accounts[0];
    assert_int_equal(account->inbox_count, 1);
    struct model_bytes letter = account->inbox[0].content;
    size_t head = 2 + (letter.len > 16383 + 4 ? 4 : letter.len > 63 + 3 ? 2 : 1);
    struct base_slice sealed = base_slice(letter.data + head, letter.len - head);
    contact->vouched = false;
    assert_ok(member_note(alice->core, group, leaf, MEMBER_UNKNOWN));
    assert_result(heal_asked(alice->core, sealed), &WEIBEL_ERR_IDENTITY);
    assert_ok(member_note(alice->core, group, leaf, MEMBER_UNLISTED));
    assert_result(heal_asked(alice->core, sealed), &WEIBEL_ERR_IDENTITY);
    assert_int_equal(group->chat->change.kind, CHANGE_NONE);
    assert_ok(member_note(alice->core, group, leaf, MEMBER_VOUCHED));
    assert_ok(heal_asked(alice->core, sealed));
    assert_int_equal(group->chat->change.kind, CHANGE_REENTER);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rubbish_is_repaired),
        cmocka_unit_test(who_repairs_says_nothing_of_what_he_does_not_know),
        cmocka_unit_test(a_group_that_nobody_writes_to_is_repaired_in_itself),
        cmocka_unit_test(what_cannot_be_repaired_goes_on_as_a_new_group),
        cmocka_unit_test(who_founds_the_successor_of_what_has_ended_says_what_it_lacks),
        cmocka_unit_test(who_repairs_in_vain_what_has_ended_says_what_it_lacks),
        cmocka_unit_test(who_was_let_in_again_behind_what_has_ended_is_told),
        cmocka_unit_test(who_is_taken_out_founds_no_successor),
        cmocka_unit_test(who_comes_late_takes_what_its_owner_has_changed),
        cmocka_unit_test(a_damaged_state_is_made_anew),
        cmocka_unit_test(a_damaged_record_is_made_anew),
        cmocka_unit_test(a_change_made_before_the_damage_is_made_anew),
        cmocka_unit_test(what_was_written_before_has_its_place),
        cmocka_unit_test(other_damage_is_told),
        cmocka_unit_test(who_alone_cannot_follow_is_helped),
        cmocka_unit_test(who_misses_commits_is_helped),
        cmocka_unit_test(members_come_back_after_a_thousand_epochs),
        cmocka_unit_test(a_direct_chat_goes_on_in_a_new_group),
        cmocka_unit_test(an_own_device_that_comes_back_is_known),
        cmocka_unit_test(a_change_goes_on_behind_a_repair),
        cmocka_unit_test(who_is_back_is_not_waited_for),
        cmocka_unit_test(one_of_two_groups_is_lost),
        cmocka_unit_test(a_group_outlives_a_server_that_was_set_back),
        cmocka_unit_test(numbers_that_come_again_are_unread),
        cmocka_unit_test(an_inbox_outlives_it),
        cmocka_unit_test(a_direct_chat_outlives_it),
        cmocka_unit_test(a_crash_at_every_effect_of_the_way_back),
        cmocka_unit_test(damaged_letters_move_nobody),
        cmocka_unit_test(who_is_nobody_is_not_helped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
