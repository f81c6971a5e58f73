/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * People with several devices that come, go, write and change groups, while connections break and hosts crash: in the
 * end all devices that are left agree.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"

enum { PEOPLE = 3, STEPS = 40, SEEDS = 12 };

struct storm {
    struct world world;
    size_t owner[WORLD_PEERS]; /* whose device a peer is */
    bool wanted[WORLD_PEERS];  /* nobody has asked to remove it */
};

static size_t draw(struct storm *storm, size_t bound) {
    return (size_t)test_random_below(&storm->world.random, bound);
}

/* Asks, and waits for a while: the answer may be lost. */
static const cJSON *try_ask(struct world_peer *peer, uint64_t id) {
    world_pass(peer->world, 2000);
    const cJSON *answer = world_answer(peer, id);
    return answer == NULL ? NULL : cJSON_GetObjectItem(answer, "result");
}

static void link_one(struct storm *storm, struct world_peer *by) {
    struct world *world = &storm->world;
    if (world->peer_count == WORLD_PEERS || !storm->wanted[by->number]) {
        return;
    }
    const cJSON *made =
        try_ask(by, world_ask(by, "device.link", "{'history':%s}", draw(storm, 2) == 0 ? "true" : "false"));
    if (made == NULL) {
        return;
    }
    char link[256];
    (void)snprintf(link, sizeof link, "%s", text_of(made, "link"));
    struct world_peer *peer = world_add_empty(world);
    storm->owner[peer->number] = storm->owner[by->number];
    storm->wanted[peer->number] = true;
    int crash_chance = world->crash_chance;
    world->crash_chance = 0;
    (void)world_ask(peer, "create", "{'passphrase':'correct horse'}");
    world_pass(world, 100);
    world->crash_chance = crash_chance;
    for (int tries = 0; tries < 10; tries++) {
        const cJSON *self = try_ask(peer, world_ask(peer, "activate", "{'link':'%s'}", link));
        const cJSON *status = try_ask(peer, world_ask(peer, "status", "{}"));
        if (self != NULL || (status != NULL && cJSON_IsTrue(cJSON_GetObjectItem(status, "activated")))) {
            return;
        }
    }
    storm->wanted[peer->number] = false;
}

static void remove_one(struct storm *storm, struct world_peer *by) {
    size_t other = draw(storm, storm->world.peer_count);
    if (other == by->number || storm->owner[other] != storm->owner[by->number] || !storm->wanted[by->number] ||
        !storm->wanted[other]) {
        return;
    }
    struct world_peer *peer = &storm->world.peers[other];
    const cJSON *self = try_ask(peer, world_ask(peer, "whoami", "{}"));
    if (self != NULL) {
        char device[64];
        (void)snprintf(device, sizeof device, "%s", text_of(self, "device"));
        (void)try_ask(by, world_ask(by, "device.remove", "{'device':'%s'}", device));
    }
}

static void step(struct storm *storm) {
    struct world *world = &storm->world;
    struct world_peer *peer = &world->peers[draw(storm, world->peer_count)];
    const char *other = world->peers[(storm->owner[peer->number] + 1) % PEOPLE].id;
    switch (draw(storm, 8)) {
    case 0:
        link_one(storm, peer);
        break;
    case 1:
        remove_one(storm, peer);
        break;
    case 2:
        (void)world_ask(peer, "group.add", "{'chat':'G','members':['%s']}", world->peers[2].id);
        break;
    case 3:
        (void)world_ask(peer, "group.remove", "{'chat':'G','members':['%s']}", world->peers[2].id);
        break;
    case 4:
        (void)world_ask(peer, "contact.add", "{'id':'%s','name':'%zu'}", other, draw(storm, 100));
        break;
    case 5:
        (void)world_ask(peer, "send", "{'chat':'G','text':'to all'}");
        break;
    default:
        (void)world_ask(peer, "send", "{'to':'%s','text':'to one'}", other);
        break;
    }
    world_pass(world, draw(storm, 3) == 0 ? 10 * 1000 : draw(storm, 300));
}

/* Everything heals; whose device was removed is told so. */
static void heal(struct storm *storm) {
    struct world *world = &storm->world;
    world->loss = world->crash_chance = 0;
    for (size_t i = 0; i < world->peer_count; i++) {
        uint64_t asked = world_ask(&world->peers[i], "connect", "{}");
        world_run(world);
        storm->wanted[i] = cJSON_GetObjectItem(world_answer(&world->peers[i], asked), "result") != NULL;
    }
    world_pass(world, 20 * 60 * 1000);
    for (size_t i = 0; i < world->peer_count; i++) {
        const cJSON *connection = world_event(&world->peers[i], "connection");
        storm->wanted[i] = storm->wanted[i] && strcmp(text_of(connection, "state"), "online") == 0;
    }
}

/* What all devices of one account are asked for; `first` gets the answer of the first one. */
static void assert_same(struct world_peer *peer, char **first, const char *method, const char *member) {
    /* The order is each device's own affair, and which one it is. */
    const cJSON *list = cJSON_GetObjectItem(world_call(peer, method, "{}"), member), *item;
    char seen[8192] = "";
    size_t len = 0, count = (size_t)cJSON_GetArraySize(list);
    const char *key = strcmp(member, "devices") == 0 ? "device" : "id", *last = "";
    for (size_t i = 0; i < count; i++) {
        const cJSON *least = NULL;
        cJSON_ArrayForEach(item, list) {
            const char *text = text_of(item, key);
            if (strcmp(text, last) > 0 && (least == NULL || strcmp(text, text_of(least, key)) < 0)) {
                least = item;
            }
        }
        last = least == NULL ? last : text_of(least, key);
        len += (size_t)snprintf(seen + len, sizeof seen - len, "%s %s\n", last,
                                least == NULL ? "" : text_of(least, "name"));
    }
    if (*first == NULL) {
        *first = strdup(seen);
    }
    assert_string_equal(seen, *first);
}

static void judge(struct storm *storm) {
    struct world *world = &storm->world;
    size_t members[WORLD_PEERS], count = 0;
    for (size_t person = 0; person < PEOPLE; person++) {
        char *devices = NULL, *contacts = NULL;
        size_t left = 0;
        for (size_t i = 0; i < world->peer_count; i++) {
            if (storm->owner[i] == person && storm->wanted[i]) {
                assert_same(&world->peers[i], &devices, "device.list", "devices");
                assert_same(&world->peers[i], &contacts, "contact.list", "contacts");
                left++;
                if (person != 2) {
                    members[count++] = i;
                }
            }
        }
        assert_true(left > 0); /* the last one can't be removed */
        free(devices);
        free(contacts);
    }
    assert_agree(world, "G", members, count);
    /* What is written now reaches all devices of both. */
    (void)world_call(&world->peers[members[0]], "send", "{'chat':'G','text':'the end'}");
    world_pass(world, 10 * 1000);
    for (size_t i = 0; i < count; i++) {
        const cJSON *messages =
            cJSON_GetObjectItem(world_call(&world->peers[members[i]], "history", "{'chat':'%s','limit':1}",
                                           group_of(&world->peers[members[i]], "G")),
                                "messages");
        assert_string_equal(text_of(cJSON_GetArrayItem(messages, 0), "text"), "the end");
    }
}

static void devices_agree_after_all(void **state) {
    (void)state;
    size_t linked = 0, removed = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct storm *storm = calloc(1, sizeof *storm);
        assert_non_null(storm);
        world_init(&storm->world, seed);
        for (size_t i = 0; i < PEOPLE; i++) {
            (void)world_add(&storm->world);
            storm->owner[i] = i;
            storm->wanted[i] = true;
        }
        (void)world_call(&storm->world.peers[0], "group.create", "{'name':'G','members':['%s','%s']}",
                         storm->world.peers[1].id, storm->world.peers[2].id);
        (void)world_call(&storm->world.peers[0], "group.role", "{'chat':'G','member':'%s','role':'owner'}",
                         storm->world.peers[1].id);
        world_pass(&storm->world, 10 * 1000);
        storm->world.loss = (int)draw(storm, 30);
        storm->world.crash_chance = (int)draw(storm, 10);
        for (size_t i = 0; i < STEPS; i++) {
            step(storm);
        }
        heal(storm);
        judge(storm);
        for (size_t i = 0; i < storm->world.peer_count; i++) {
            linked += i >= PEOPLE ? 1 : 0;
            removed += storm->wanted[i] ? 0 : 1;
        }
        world_end(&storm->world);
        free(storm);
    }
    print_message("%zu linked, %zu removed\n", linked, removed);
    assert_true(linked > SEEDS && removed > SEEDS / 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_agree_after_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
