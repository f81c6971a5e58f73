/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Invitation links: who has one comes in, who has not does not.
 */
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "chatting.h"
#include "door.h"
#include "group.h"
#include "leaf.h"
#include "test/result.h"

/* Alice owns G, bob is in it; carol and dora are not. */
static void make(struct world *world, uint64_t seed, char link[512]) {
    world_init_quiet(world, seed);
    world->tree_devices = (uint32_t)(seed % 2);
    for (int i = 0; i < 4; i++) {
        (void)world_add(world);
    }
    (void)world_call(&world->peers[0], "group.create", "{'name':'G','members':['%s']}", world->peers[1].id);
    world_pass(world, 2000);
    const cJSON *answer = world_call(&world->peers[0], "group.link", "{'chat':'G','enabled':true}");
    (void)strncpy(link, text_of(answer, "link"), 511);
    link[511] = 0;
    world_pass(world, 2000);
}

static void who_has_the_link_comes_in(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 1, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    assert_non_null(strstr(link, "/#group="));
    assert_string_equal(text_of(world_call(bob, "group.link", "{'chat':'G','enabled':true}"), "link"), link);
    const cJSON *chat = world_call(carol, "group.join", "{'link':'%s'}", link);
    assert_string_equal(text_of(chat, "name"), "G");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(chat, "members")), 3);
    world_pass(&world, 5000);
    (void)world_call(carol, "send", "{'chat':'G','text':'hello'}");
    (void)world_call(alice, "send", "{'chat':'G','text':'welcome'}");
    world_pass(&world, 2000);
    assert_texts(bob, group_of(bob, "G"), "hello\nwelcome\n");
    assert_texts(carol, group_of(carol, "G"), "hello\nwelcome\n");
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "already_a_member");

    /* The next one comes through the door that carol has left. */
    (void)world_call(&world.peers[3], "group.join", "{'link':'%s'}", link);
    world_pass(&world, 5000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    world_end(&world);
}

/* The server has not heard of the group yet. */
static void who_creates_a_group_may_ask_for_its_link_at_once(void **state) {
    (void)state;
    struct world world;
    world_init_quiet(&world, 3);
    struct world_peer *alice = world_add(&world), *bob = world_add(&world), *carol = world_add(&world);
    (void)world_ask(alice, "group.create", "{'name':'G','members':['%s']}", bob->id);
    uint64_t asked = world_ask(alice, "group.link", "{'chat':'G','enabled':true}");
    (void)world_call(alice, "disconnect", "{}");
    assert_non_null(cJSON_GetObjectItem(world_answer(alice, asked), "error"));
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 5000);
    const cJSON *answer = world_call(alice, "group.link", "{'chat':'G','enabled':true}");
    (void)world_call(carol, "group.join", "{'link':'%s'}", text_of(answer, "link"));
    world_pass(&world, 5000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);

    (void)world_ask(alice, "group.create", "{'name':'H','members':['%s']}", bob->id);
    answer = world_call(alice, "group.link", "{'chat':'H','enabled':true}");
    assert_non_null(strstr(text_of(answer, "link"), "/#group="));
    (void)world_call(bob, "group.leave", "{'chat':'G'}");
    world_pass(&world, 5000);
    assert_string_equal(world_error(bob, "group.link", "{'chat':'G','enabled':true}"), "not_a_member");
    assert_string_equal(world_error(bob, "group.link", "{'chat':'G','enabled':false}"), "not_a_member");
    world_end(&world);
}

static void many_come_at_the_same_moment(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world world;
        char link[512];
        make(&world, seed, link);
        uint64_t carol = world_ask(&world.peers[2], "group.join", "{'link':'%s'}", link);
        uint64_t dora = world_ask(&world.peers[3], "group.join", "{'link':'%s'}", link);
        (void)world_ask(&world.peers[0], "group.set", "{'chat':'G','description':'d'}");
        world_pass(&world, 60 * 1000);
        assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[2], carol), "result"));
        assert_non_null(cJSON_GetObjectItem(world_answer(&world.peers[3], dora), "result"));
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
        world_end(&world);
    }
}

/* What alice has put may reach the door behind what bob's commit has put there. */
static void what_may_come_late_is_put_again(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 2, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(alice, "group.set", "{'chat':'G','add':'all'}");
    world_pass(&world, 5000);
    struct group *group = group_at_hand(alice);
    assert_false(group->door_due);
    group->door_in_flight = true;
    size_t put = world.model->asked[WIRE_PUT_DOOR];
    (void)world_call(bob, "group.add", "{'chat':'%s','members':['%s']}", group_of(bob, "G"), world.peers[2].id);
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR] - put, 1);
    assert_true(group->door_due);
    group->door_in_flight = false;
    assert_ok(weibel_core_tick(alice->core));
    world_pass(&world, 5000);
    assert_int_equal(world.model->asked[WIRE_PUT_DOOR] - put, 2);
    assert_false(group->door_due);
    (void)world_call(&world.peers[3], "group.join", "{'link':'%s'}", link);
    world_end(&world);
}

/* How many accounts alice counts. */
static int counted(struct world_peer *alice) {
    const cJSON *info = world_call(alice, "group.info", "{'chat':'G'}");
    return cJSON_GetArraySize(cJSON_GetObjectItem(info, "members"));
}

static bool is_in(struct world_peer *peer) {
    const struct list *chats = &peer->core->chats;
    return chats->count > 0 && chat_group((const struct chat *)chats->items[0])->state == GROUP_OPEN;
}

/* Whoever is counted by the members knows it, and reads what was written since; all others may come. */
static void assert_honest(struct world *world, const char *link) {
    struct world_peer *alice = &world->peers[0], *carol = &world->peers[2];
    world_pass(world, 60 * 1000);
    assert_int_equal(carol->core->joining.count, 0);
    assert_int_equal(counted(alice), is_in(carol) ? 3 : 2);
    if (is_in(carol)) {
        assert_texts(carol, group_of(carol, "G"), "welcome\n");
        assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "already_a_member");
    } else {
        (void)world_call(carol, "group.join", "{'link':'%s'}", link);
        world_pass(world, 5000);
    }
    assert_agree(world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    (void)world_call(carol, "send", "{'chat':'G','text':'hello'}");
    world_pass(world, 2000);
    const struct world_peer *bob = &world->peers[1];
    assert_int_equal(bob->core->chats.count, 1);
    assert_int_equal(carol->core->chats.count, 1);
}

/* Alice writes as soon as somebody has come. */
static void welcome(struct world *world) {
    struct world_peer *alice = &world->peers[0];
    for (int i = 0; i < 40 && counted(alice) < 3; i++) {
        world_pass(world, 250);
    }
    if (counted(alice) == 3) {
        (void)world_call(alice, "send", "{'chat':'G','text':'welcome'}");
    }
}

/* The next one: it may come in a minute. */
static void refuse_append(struct world *world) {
    world->model->refuse.type = WIRE_APPEND;
    world->model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world->model->refuse.argument = 60 * 1000;
}

/* Behind every effect, and once more behind every effect of what goes on by itself then. */
static void who_comes_may_crash_anywhere(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) { /* the tree in what lies at the door, or beside it */
        bool crashed = true;
        size_t came = 0;
        for (long at = 0; crashed; at++) {
            struct world world;
            char link[512];
            make(&world, seed, link);
            struct world_peer *carol = &world.peers[2];
            carol->crash_after = at;
            (void)world_ask(carol, "group.join", "{'link':'%s'}", link);
            world_run(&world);
            crashed = carol->crashes > 0;
            carol->crash_after = at % 4 == 0 ? at / 4 : -1;
            welcome(&world);
            carol->crash_after = -1;
            came += crashed && counted(&world.peers[0]) == 3 ? 1 : 0;
            assert_honest(&world, link);
            world_end(&world);
        }
        assert_true(came > 2);
    }
}

/* From now on nothing is heard of the server. */
static void go_deaf(void *user, struct base_slice frame) {
    struct wire_frame decoded;
    struct world_peer *peer = (struct world_peer *)user;
    peer->world->deaf = peer->world->deaf || (wire_decode(frame, &decoded) == BASE_OK && decoded.type == WIRE_DOOR);
}

/* Somebody's commit has arrived, and he does not hear of it: the others do. */
static uint64_t come_unheard(struct world_peer *peer, const char *link) {
    struct world *world = peer->world;
    size_t appends = world->model->asked[WIRE_APPEND];
    peer->on_frame = go_deaf;
    peer->on_frame_user = peer;
    uint64_t asked = world_ask(peer, "group.join", "{'link':'%s'}", link);
    world_run(world);
    peer->on_frame = NULL;
    assert_null(world_answer(peer, asked));
    assert_int_equal(world->model->asked[WIRE_APPEND] - appends, 1);
    world_break(peer);
    world->deaf = false;
    return asked;
}

static const char *error_name(const cJSON *answer) {
    return text_of(cJSON_GetObjectItem(cJSON_GetObjectItem(answer, "error"), "data"), "name");
}

/* Where the last event of this name stands among all that was said, or -1. */
static long place_of(const struct world_peer *peer, const char *name) {
    long place = -1;
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i], "method");
        place = cJSON_IsString(method) && strcmp(method->valuestring, name) == 0 ? (long)i : place;
    }
    return place;
}

/* What is under way by itself: one by this link, given up or not, or (NULL) nothing. */
static void assert_listed(const cJSON *object, const char *link, bool cancelled) {
    const cJSON *joins = cJSON_GetObjectItem(object, "joins"), *join = cJSON_GetArrayItem(joins, 0);
    assert_true(cJSON_IsArray(joins));
    assert_int_equal(cJSON_GetArraySize(joins), link == NULL ? 0 : 1);
    if (link != NULL) {
        assert_string_equal(text_of(join, "link"), link);
        assert_string_equal(text_of(join, "name"), "G");
        assert_true(number_of(join, "since") > 0);
        assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(join, "cancelled")), cancelled);
    }
}

/* Whoever was not answered is told that it goes on, and hears how it has ended. */
static void who_was_not_answered_comes_in(void **state) {
    (void)state;
    enum { BREAKS, CRASHES, LOCKS, ENDS, REMOVES, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct world world;
        char link[512];
        make(&world, 4, link);
        struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
        uint64_t asked = come_unheard(carol, link);
        if (way == CRASHES) {
            world_close(carol);
            world_open(carol);
        } else {
            (void)world_call(carol, "disconnect", "{}");
            assert_string_equal(error_name(world_answer(carol, asked)), "offline");
            assert_int_equal(carol->core->joining.count, 1);
        }
        world_run(&world);
        assert_int_equal(carol->core->chats.count, 0);
        assert_int_equal(counted(alice), 3);
        if (way != CRASHES) {
            assert_listed(world_event(carol, "joins"), link, false);
        }
        (void)world_call(alice, "send", "{'chat':'G','text':'welcome'}");
        if (way == LOCKS) {
            (void)world_call(carol, "lock", "{}");
        }
        if (way == LOCKS || way == CRASHES) {
            (void)world_call(carol, "unlock", "{'passphrase':'correct horse'}");
        } else if (way == ENDS) {
            (void)world_call(alice, "group.link", "{'chat':'G','enabled':false}");
        } else if (way == REMOVES) {
            (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
        }
        world_pass(&world, 5000);
        assert_listed(world_call(carol, "group.joins", "{}"), link, false);
        (void)world_call(carol, "connect", "{}");
        world_pass(&world, 5000);
        assert_string_equal(text_of(world_event(carol, "joining"), "link"), link);
        assert_string_equal(text_of(world_event(carol, "joining"), "chat"), group_of(carol, "G"));
        assert_listed(world_event(carol, "joins"), NULL, false);
        assert_true(place_of(carol, "joining") < place_of(carol, "connection")); /* online, when all has been read */
        assert_texts(carol, group_of(carol, "G"), "welcome\n");
        assert_int_equal(carol->core->joining.count, 0);
        const cJSON *info = world_call(carol, "group.info", "{'chat':'G'}");
        assert_string_equal(text_of(info, "state"), way == REMOVES ? "removed" : "open");
        if (way != REMOVES) {
            assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        }
        world_crash(carol);
        world_pass(&world, 5000);
        assert_int_equal(carol->core->joining.count, 0);
        world_end(&world);
    }
}

/* What goes on by itself may not be over then. */
static void come_online(struct world_peer *peer) {
    (void)world_ask(peer, "connect", "{}");
    for (int i = 0; i < 50 && peer->core->session.state != SESSION_ONLINE; i++) {
        world_pass(peer->world, 100);
    }
    assert_int_equal(peer->core->joining.count, 1);
}

/* What has been given up: it is not made any more, … */
static void who_gives_up_in_time_never_comes(void **state) {
    (void)state;
    enum { AT_ONCE, REFUSED, OFFLINE, AGAIN, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct world world;
        char link[512];
        make(&world, 4, link);
        struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
        assert_string_equal(world_error(carol, "group.join_cancel", "{'link':'%s'}", link), "not_joining");
        assert_string_equal(world_error(carol, "group.join_cancel", "{'link':'%s'}", carol->id), "link_malformed");
        size_t entries = world.model->streams[0]->entry_count;
        if (way != AT_ONCE) {
            refuse_append(&world);
        }
        uint64_t asked = world_ask(carol, "group.join", "{'link':'%s'}", link);
        if (way != AT_ONCE) {
            world_run(&world);
            assert_null(world_answer(carol, asked));
        }
        if (way == OFFLINE) {
            (void)world_call(carol, "disconnect", "{}");
        }
        bool pending =
            cJSON_IsTrue(cJSON_GetObjectItem(world_call(carol, "group.join_cancel", "{'link':'%s'}", link), "pending"));
        assert_int_equal(pending, way != AT_ONCE);
        assert_string_equal(error_name(world_answer(carol, asked)), way == OFFLINE ? "offline" : "cancelled");
        if (way == OFFLINE) {
            world_crash(carol);
            (void)world_call(carol, "connect", "{}");
        }
        if (way == AGAIN) { /* or after all */
            (void)world_ask(carol, "group.join", "{'link':'%s'}", link);
        }
        world_pass(&world, 120 * 1000);
        assert_int_equal(carol->core->joining.count, 0);
        assert_int_equal(counted(alice), way == AGAIN ? 3 : 2);
        assert_int_equal(carol->core->chats.count, way == AGAIN ? 1 : 0);
        assert_true(way == AGAIN || world.model->streams[0]->entry_count == entries);
        if (way == REFUSED || way == OFFLINE) {
            assert_string_equal(error_name(world_event(carol, "joining")), "cancelled");
        }
        if (way == AGAIN) {
            assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        } else {
            assert_honest(&world, link);
        }
        world_end(&world);
    }
}

/* … or it has arrived, and the members hear that he leaves; unless they have let him in as well. */
static void who_gives_up_too_late_leaves(void **state) {
    (void)state;
    enum { BREAKS, CRASHES, RETURNS, INVITED, WAYS };
    for (int way = 0; way < WAYS; way++) {
        struct world world;
        char link[512];
        make(&world, 4, link);
        struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
        (void)come_unheard(carol, link);
        (void)world_call(carol, "disconnect", "{}");
        world_run(&world);
        assert_int_equal(counted(alice), 3);
        (void)world_call(alice, "send", "{'chat':'G','text':'welcome'}");
        (void)world_call(carol, "group.join_cancel", "{'link':'%s'}", link);
        assert_listed(world_event(carol, "joins"), link, true);
        assert_int_equal(number_of(world_call(carol, "status", "{}"), "queued"), 1);
        if (way == CRASHES) {
            world_crash(carol);
        } else if (way == INVITED) {
            (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
            (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", carol->id);
        }
        if (way == RETURNS) {
            refuse_append(&world);
            come_online(carol);
            (void)world_call(carol, "group.join", "{'link':'%s'}", link);
        } else {
            (void)world_call(carol, "connect", "{}");
        }
        world_pass(&world, 60 * 1000);
        bool stays = way == RETURNS || way == INVITED;
        assert_int_equal(number_of(world_call(carol, "status", "{}"), "queued"), 0);
        assert_int_equal(carol->core->joining.count, 0);
        assert_int_equal(counted(alice), stays ? 3 : 2);
        const cJSON *info = world_call(carol, "group.info", "{'chat':'G'}");
        assert_string_equal(text_of(info, "state"), stays ? "open" : "left");
        if (!stays) {
            assert_string_equal(error_name(world_event(carol, "joining")), "cancelled");
            (void)world_call(carol, "group.join", "{'link':'%s'}", link);
            world_pass(&world, 5000);
        }
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        world_end(&world);
    }
}

/* What was made and has not arrived is overtaken: by another change, or by the link's end. */
static void who_comes_too_late_is_told(void **state) {
    (void)state;
    for (int ends = 0; ends < 2; ends++) {
        struct world world;
        char link[512];
        make(&world, 4, link);
        struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
        refuse_append(&world);
        uint64_t asked = world_ask(carol, "group.join", "{'link':'%s'}", link);
        world_run(&world);
        assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "busy");
        assert_null(world_answer(carol, asked));
        world_crash(carol);
        (void)world_call(carol, "disconnect", "{}");
        assert_int_equal(carol->core->joining.count, 1);
        (void)world_call(alice, ends ? "group.link" : "group.set", "{'chat':'G','enabled':false,'description':'d'}");
        world_pass(&world, 5000);
        if (ends) {
            (void)world_ask(carol, "connect", "{}");
            world_pass(&world, 5000);
            assert_string_equal(text_of(world_event(carol, "joining"), "link"), link);
            assert_string_equal(error_name(world_event(carol, "joining")), "link_unknown");
            assert_int_equal(carol->core->chats.count, 0);
            assert_int_equal(counted(alice), 2);
        } else { /* he asks again, and is answered by what goes on */
            come_online(carol);
            uint64_t again = world_ask(carol, "group.join", "{'link':'%s'}", link);
            world_pass(&world, 5000);
            assert_non_null(cJSON_GetObjectItem(world_answer(carol, again), "result"));
            assert_null(world_event(carol, "joining"));
            assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
        }
        assert_int_equal(carol->core->joining.count, 0);
        assert_int_equal(carol->core->account.unreadable, 0);
        world_end(&world);
    }
}

/* Somebody has put rubbish in the place of the commit: the server says that it is there, and nobody follows it. */
static void a_commit_that_is_not_there_does_not_count(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 4, link);
    struct world_peer *alice = &world.peers[0], *carol = &world.peers[2];
    (void)world_call(alice, "disconnect", "{}");
    (void)world_call(&world.peers[1], "disconnect", "{}");
    uint64_t asked = come_unheard(carol, link);
    struct model_stream *stream = world.model->streams[0];
    stream->entries[stream->entry_count - 1].content.data[30] ^= 1;
    world_pass(&world, 10 * 1000);
    assert_string_equal(error_name(world_answer(carol, asked)), "offline");
    assert_int_equal(carol->core->chats.count, 0);
    (void)world_call(alice, "connect", "{}");
    (void)world_call(&world.peers[1], "connect", "{}");
    world_pass(&world, 60 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    assert_string_equal(text_of(world_event(carol, "joining"), "chat"), group_of(carol, "G"));
    world_end(&world);
}

/* One of two devices comes in, and lets in the other one, whose own way has ended. */
static void two_devices_come_by_one_link(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct world world;
        char link[512];
        make(&world, 4, link);
        struct world_peer *devices[] = { &world.peers[2], world_link(&world.peers[2]) };
        world_pass(&world, 10 * 1000);
        refuse_append(&world);
        (void)world_ask(devices[1 - first], "group.join", "{'link':'%s'}", link);
        world_run(&world);
        world_crash(devices[1 - first]);
        (void)come_unheard(devices[first], link);
        world_pass(&world, 120 * 1000);
        assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 4 }, 4);
        assert_int_equal(counted(&world.peers[0]), 3);
        (void)world_call(devices[0], "send", "{'chat':'G','text':'hello'}");
        world_pass(&world, 5000);
        assert_texts(devices[1], group_of(devices[1], "G"), "hello\n");
        assert_int_equal(devices[0]->core->joining.count + devices[1]->core->joining.count, 0);
        world_end(&world);
    }
}

static void a_link_ends(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 2, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    assert_string_equal(world_error(bob, "group.link", "{'chat':'G','enabled':false}"), "not_allowed");
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&world, 5000);

    /* Who is removed does not come back by it. */
    (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", carol->id);
    world_pass(&world, 5000);
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
    const char *other = text_of(world_call(alice, "group.link", "{'chat':'G','enabled':true}"), "link");
    assert_string_not_equal(other, link);
    (void)world_call(&world.peers[3], "group.join", "{'link':'%s'}", other);
    world_pass(&world, 5000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 3 }, 3);

    (void)strncpy(link, other, 511);
    assert_null(cJSON_GetObjectItem(world_call(alice, "group.link", "{'chat':'G','enabled':false}"), "link"));
    world_pass(&world, 5000);
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
    assert_string_equal(world_error(carol, "group.join", "{'link':'https://x.example/#group=abc'}"), "link_malformed");
    (void)world_call(carol, "disconnect", "{}");
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "offline");
    world_end(&world);
}

/* Carol can't come in, where she would be alone with those who have gone, or they have gone from there, too. */
static void assert_deserted(struct world *world, const char *link, bool in) {
    struct world_peer *carol = &world->peers[2];
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(text_of(world_call(&world->peers[i], "group.info", "{'chat':'G'}"), "state"), "left");
        assert_string_equal(world_error(&world->peers[i], "group.link", "{'chat':'G','enabled':true}"), "not_a_member");
    }
    if (!in) {
        assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
        return;
    }
    assert_int_equal(number_of(world_call(carol, "group.info", "{'chat':'G'}"), "devices"), 1);
}

static void who_leaves_last_ends_the_link(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world world;
        char link[512];
        make(&world, seed, link);
        struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
        (void)world_call(bob, "group.leave", "{'chat':'G'}");
        if (seed <= 2) { /* else both leave in the same moment */
            world_pass(&world, 10 * 1000);
        }
        (void)world_ask(alice, "group.leave", "{'chat':'G'}");
        uint64_t asked = seed % 3 == 0 ? world_ask(carol, "group.join", "{'link':'%s'}", link) : 0;
        if (seed == 4) {
            world_run(&world);
            world_crash(alice);
        }
        world_pass(&world, 60 * 1000);
        assert_deserted(&world, link, asked != 0 && cJSON_GetObjectItem(world_answer(carol, asked), "result") != NULL);
        world_end(&world);
    }
}

/* Each of the owner's devices has wished to leave: one of them goes on as the owner, takes the other one out, and ends
 * the link. */
static void who_leaves_last_on_all_devices_ends_the_link(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 7, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(bob, "group.leave", "{'chat':'G'}");
    struct world_peer *phone = world_link(alice);
    world_pass(&world, 60 * 1000);
    (void)world_ask(alice, "group.leave", "{'chat':'G'}");
    (void)world_ask(phone, "group.leave", "{'chat':'G'}");
    world_pass(&world, 60 * 1000);
    assert_string_equal(text_of(world_call(alice, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_string_equal(text_of(world_call(phone, "group.info", "{'chat':'G'}"), "state"), "left");
    assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
    world_end(&world);
}

/* How often commits were refused. */
static unsigned refusals;

static base_result refuse_all(void *user, const struct mls_group *mls, const struct mls_staged *staged) {
    (void)user;
    (void)mls;
    (void)staged;
    refusals++;
    return &WEIBEL_ERR_IDENTITY;
}

/* The commit that ends the link can't be made: it is tried again now and then, and not at once and without end. */
static void who_cannot_end_the_link_tries_again_later(void **state) {
    (void)state;
    enum { MINUTES = 10 };
    struct world world;
    char link[512];
    make(&world, 7, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1];
    (void)world_call(bob, "group.leave", "{'chat':'G'}");
    struct world_peer *phone = world_link(alice), *devices[] = { alice, phone };
    world_pass(&world, 60 * 1000);
    base_result (*judge)(void *, const struct mls_group *, const struct mls_staged *) =
        alice->core->mls.callbacks.commit;
    refusals = 0;
    for (size_t i = 0; i < 2; i++) {
        (void)world_ask(devices[i], "group.leave", "{'chat':'G'}");
        devices[i]->core->mls.callbacks.commit = refuse_all;
    }
    world_pass(&world, MINUTES * 60 * 1000);
    assert_in_range(refusals, 2, 2 * (MINUTES + 1));
    for (size_t i = 0; i < 2; i++) {
        devices[i]->core->mls.callbacks.commit = judge;
    }
    world_pass(&world, 2 * 60 * 1000);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(text_of(world_call(devices[i], "group.info", "{'chat':'G'}"), "state"), "left");
    }
    world_end(&world);
}

/* Bob has left, his wish was overtaken by carol's commit, and is made again when he comes in by the link: he stays. */
static void who_comes_in_again_while_he_leaves_stays(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 4, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&world, 5000);
    char id[64];
    const struct model_entry *entry = &world.model->streams[0]->entries[world.model->streams[0]->entry_count];
    (void)strncpy(id, text_of(world_call(bob, "send", "{'chat':'G','text':'wrong'}"), "id"), sizeof id - 1);
    id[sizeof id - 1] = 0;
    (void)world_call(alice, "group.role", "{'chat':'G','member':'%s','role':'admin'}", carol->id);
    world_pass(&world, 5000);
    (void)world_call(alice, "disconnect", "{}");
    world.model->refuse.type = WIRE_APPEND;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 100;
    (void)world_ask(carol, "group.set", "{'chat':'G','description':'d'}");
    world_run(&world);
    (void)world_call(bob, "group.leave", "{'chat':'G'}");
    world.model->refuse.skip = 1;
    world.model->refuse.code = WIRE_REFUSED_TOO_OFTEN;
    world.model->refuse.argument = 60 * 1000;
    const struct chat *chat = (const struct chat *)bob->core->chats.items[0];
    for (int i = 0; i < 50 && !chat->change.made; i++) {
        world_pass(&world, 100);
    }
    assert_int_equal(chat_group(chat)->state, GROUP_LEAVING);
    assert_true(chat->change.kind == CHANGE_LEAVE && chat->change.made);
    (void)world_call(bob, "group.join", "{'link':'%s'}", link);
    assert_int_equal(chat->change.kind, CHANGE_NONE);
    (void)world_call(alice, "connect", "{}");
    world_pass(&world, 120 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2 }, 3);
    /* What he wrote before has its place still: the server deletes it. */
    assert_true(entry->content.len > 0);
    (void)world_call(bob, "send", "{'chat':'G','text':'back'}");
    (void)world_call(bob, "delete", "{'id':'%s','for':'everyone'}", id);
    world_pass(&world, 5000);
    assert_texts(carol, group_of(carol, "G"), "\nback\n");
    assert_int_equal(entry->content.len, 0);
    world_end(&world);
}

/* When the message with this text came, in whichever chat. */
static uint64_t arrival_of(struct world_peer *peer, const char *text) {
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *message = cJSON_GetObjectItem(peer->lines[i], "params");
        const char *said = cJSON_GetStringValue(cJSON_GetObjectItem(message, "text"));
        if (said != NULL && strcmp(said, text) == 0 && cJSON_HasObjectItem(message, "arrival")) {
            return (uint64_t)number_of(message, "arrival");
        }
    }
    fail();
    return 0;
}

/* Dora is added and removed, and added again by carol, who has come by the link since: she knows her from nowhere, so
 * that it is another chat. Yet what was written before comes before. */
static void what_was_written_before_comes_before(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 6, link);
    struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2],
                      *dora = &world.peers[3];
    (void)world_call(dora, "disconnect", "{}");
    (void)world_call(alice, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    (void)world_call(alice, "group.set", "{'chat':'G','description':'d'}");
    world_pass(&world, 5000);
    (void)world_call(bob, "send", "{'chat':'G','text':'before'}");
    world_pass(&world, 5000);
    (void)world_call(alice, "group.remove", "{'chat':'G','members':['%s']}", dora->id);
    world_pass(&world, 5000);
    (void)strncpy(link, text_of(world_call(alice, "group.link", "{'chat':'G','enabled':true}"), "link"), 511);
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&world, 5000);
    (void)world_call(carol, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    world_pass(&world, 5000);
    (void)world_call(bob, "send", "{'chat':'G','text':'behind'}");
    world_pass(&world, 5000);
    (void)world_call(dora, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_true(arrival_of(dora, "before") < arrival_of(dora, "behind"));
    world_end(&world);
}

/* Whoever was away for a month finds the commit of who has come by the link meanwhile, and follows it. */
static void who_comes_by_the_link_is_followed_for_a_year(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 7, link);
    struct world_peer *bob = &world.peers[1], *carol = &world.peers[2], *dora = &world.peers[3];
    (void)world_call(bob, "disconnect", "{}");
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_pass(&world, 5000);
    (void)world_call(carol, "group.add", "{'chat':'G','members':['%s']}", dora->id);
    world_pass(&world, 5000);
    world_pass_month(&world);
    (void)world_call(bob, "connect", "{}");
    world_pass(&world, 20 * 1000);
    assert_agree(&world, "G", (const size_t[]){ 0, 1, 2, 3 }, 4);
    assert_int_equal(bob->core->chats.count, 1);
    assert_int_equal(group_at_hand(bob)->generation, 0);
    world_end(&world);
}

/* Somebody who has the token, but not the link: a member's changed client, or the server. */
static void without_the_link_nobody_lets_himself_in(void **state) {
    (void)state;
    for (int sealed = 0; sealed < 2; sealed++) {
        struct world world;
        char link[512];
        make(&world, 3, link);
        struct world_peer *alice = &world.peers[0], *bob = &world.peers[1], *carol = &world.peers[2];
        struct group *group = chat_group((struct chat *)alice->core->chats.items[0]);
        struct base_bytes info = { 0 }, commit = { 0 }, other = { 0 }, credential = { 0 };
        struct mls_group *mls = NULL;
        const uint8_t *token;
        uint8_t wrong[ABOUT_LINK_LEN] = { 1 };
        assert_ok(group_token(group, &token));
        assert_ok(mls_group_info(group->mls, NULL, &info));
        struct identity identity = { .domain = base_slice_text(carol->core->account.domain) };
        memcpy(identity.account, carol->core->account.id, sizeof identity.account);
        memcpy(identity.identity_key, carol->core->account.identity_key, sizeof identity.identity_key);
        memcpy(identity.device, carol->core->account.device, sizeof identity.device);
        assert_ok(identity_write(carol->core->options.allocator, &identity, carol->core->account.identity_seed,
                                 mls_public_key_slice(&carol->core->account.device_key.public_key), &credential));
        struct leaf leaf = { .credential = { 0 } };
        assert_ok(leaf_make(carol->core, NULL, 0, &leaf));
        leaf.identity.credential.content = base_borrow(&credential);
        carol->core->mls.callbacks.commit = NULL;
        assert_ok(mls_group_join_external(&carol->core->mls, base_borrow(&info), &leaf.identity, NULL, &mls, &commit));
        leaf_free(&leaf);
        if (sealed == 1) {
            assert_ok(door_seal_commit(carol->core, wrong, base_borrow(&commit), &other));
        }
        struct wire_frame frame = { .type = WIRE_APPEND, .request = 77 };
        struct wire_append *append = &frame.of.append;
        memcpy(append->stream, group->id, sizeof append->stream);
        memcpy(append->token, token, sizeof append->token);
        append->nonce[0] = 9;
        append->kind = WIRE_KIND_COMMIT;
        append->known_commit = group->last_commit;
        append->next_token_hash[0] = 9;
        append->content = base_borrow(sealed == 1 ? &other : &commit);
        struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
        wire_encode(&writer, &frame);
        model_receive(world.model, carol->number, base_writer_view(&writer));
        base_writer_free(&writer);
        world_pass(&world, 60 * 1000);
        (void)world_call(alice, "send", "{'chat':'G','text':'among us'}");
        world_pass(&world, 2000);
        assert_texts(bob, group_of(bob, "G"), "among us\n");
        assert_agree(&world, "G", (const size_t[]){ 0, 1 }, 2);
        const cJSON *info_of_bob = world_call(bob, "group.info", "{'chat':'G'}");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(info_of_bob, "members")), 2);
        mls_group_free(mls);
        base_bytes_free(&info);
        base_bytes_free(&commit);
        base_bytes_free(&other);
        base_bytes_free(&credential);
        world_end(&world);
    }
}

/* What lies at a door, damaged at each place, lets nobody in and does no harm. */
static void damaged_doors_stay_shut(void **state) {
    (void)state;
    struct world world;
    char link[512];
    make(&world, 4, link);
    struct world_peer *carol = &world.peers[2];
    struct model_bytes *door = &world.model->doors[0].content;
    assert_true(door->len > 100);
    for (size_t i = 0; i < door->len; i += 1 + door->len / 40) {
        door->data[i] ^= 1;
        assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
        door->data[i] ^= 1;
    }
    size_t len = door->len;
    for (size_t cut = 1; cut < len; cut += 1 + len / 20) {
        door->len = cut;
        assert_string_equal(world_error(carol, "group.join", "{'link':'%s'}", link), "link_unknown");
    }
    door->len = len;
    (void)world_call(carol, "group.join", "{'link':'%s'}", link);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_the_link_comes_in),
        cmocka_unit_test(who_creates_a_group_may_ask_for_its_link_at_once),
        cmocka_unit_test(many_come_at_the_same_moment),
        cmocka_unit_test(what_may_come_late_is_put_again),
        cmocka_unit_test(who_comes_may_crash_anywhere),
        cmocka_unit_test(who_was_not_answered_comes_in),
        cmocka_unit_test(who_gives_up_in_time_never_comes),
        cmocka_unit_test(who_gives_up_too_late_leaves),
        cmocka_unit_test(who_comes_too_late_is_told),
        cmocka_unit_test(a_commit_that_is_not_there_does_not_count),
        cmocka_unit_test(two_devices_come_by_one_link),
        cmocka_unit_test(a_link_ends),
        cmocka_unit_test(who_leaves_last_ends_the_link),
        cmocka_unit_test(who_leaves_last_on_all_devices_ends_the_link),
        cmocka_unit_test(who_cannot_end_the_link_tries_again_later),
        cmocka_unit_test(who_comes_in_again_while_he_leaves_stays),
        cmocka_unit_test(what_was_written_before_comes_before),
        cmocka_unit_test(who_comes_by_the_link_is_followed_for_a_year),
        cmocka_unit_test(without_the_link_nobody_lets_himself_in),
        cmocka_unit_test(damaged_doors_stay_shut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
