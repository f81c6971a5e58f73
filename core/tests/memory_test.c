/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Memory runs out, once at every allocation of a step: the core ends cleanly, and the next one on its store goes on as
 * if nothing had been.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chatting.h"
#include "state.h"

/* One step of a story, of the peer whose memory fails. */
struct step {
    void (*prepare)(struct world *world);
    void (*act)(struct world *world);
    void (*verify)(struct world *world);
    size_t who;
    uint32_t tree_devices; /* as in struct world */
};

/* Each of the first allocations fails, and of the later ones every few: a step has thousands. */
static size_t next_allocation(size_t k) {
    enum { DENSE = 32 };
    return k + 1 + k / DENSE;
}

static void run(const struct step *step) {
    size_t runs = 0;
    for (size_t k = 0;; k = next_allocation(k)) {
        struct world world;
        world_init_quiet(&world, 1);
        world.tree_devices = step->tree_devices;
        for (int i = 0; i < 3; i++) {
            (void)world_add(&world);
        }
        step->prepare(&world);
        struct world_peer *peer = &world.peers[step->who];
        peer->alloc.fail_at = peer->alloc.calls + k;
        step->act(&world);
        world_pass(&world, 20 * 1000);
        bool failed = peer->crashes > 0;
        assert_int_equal(peer->alloc.failed,
                         0); /* what was refused has ended the core, and was not taken for something else */
        peer->alloc.fail_at = SIZE_MAX;
        step->verify(&world);
        world_end(&world);
        if (!failed) {
            break;
        }
        runs++;
    }
    assert_true(runs > 20);
}

static int count_texts(struct world_peer *peer, const char *chat, const char *text) {
    char *texts = world_texts(peer, chat), *at = texts;
    int count = 0;
    size_t len = strlen(text);
    for (; (at = strstr(at, text)) != NULL; at += len) {
        count++;
    }
    free(texts);
    return count;
}

static void say_first(struct world *world) {
    (void)world_call(&world->peers[0], "send", "{'to':'%s','text':'first'}", world->peers[1].id);
}

static void say_second(struct world *world) {
    (void)world_ask(&world->peers[0], "send", "{'to':'%s','text':'second'}", world->peers[1].id);
}

/* The sender's own request may have been lost with its memory, but not doubled. */
static void verify_second(struct world *world) {
    struct world_peer *alice = &world->peers[0], *bob = &world->peers[1];
    int sent = count_texts(alice, bob->id, "second");
    assert_in_range(sent, alice->crashes > 0 ? 0 : 1, 1);
    assert_int_equal(count_texts(bob, alice->id, "second"), sent);
    assert_int_equal(count_texts(bob, alice->id, "first"), 1);
}

static void sending(void **state) {
    (void)state;
    run(&(struct step){ say_first, say_second, verify_second, 0, 0 });
}

static void receiving(void **state) {
    (void)state;
    run(&(struct step){ say_first, say_second, verify_second, 1, 0 });
}

/* Everything that changes a message, by one or the other. */
static void prepare_amendments(struct world *world) {
    say_first(world);
    (void)world_call(&world->peers[1], "contact.accept", "{'id':'%s'}", world->peers[0].id);
    world_pass(world, 5000);
}

static const char *first_id(struct world *world) {
    static char id[32];
    struct world_peer *alice = &world->peers[0];
    for (size_t i = 0; i < alice->line_count; i++) {
        const cJSON *result = cJSON_GetObjectItem(alice->lines[i], "result");
        const cJSON *text = cJSON_GetObjectItem(result, "text");
        if (cJSON_IsString(text) && strcmp(text->valuestring, "first") == 0) {
            (void)snprintf(id, sizeof id, "%s", cJSON_GetObjectItem(result, "id")->valuestring);
        }
    }
    return id;
}

static void amend(struct world *world) {
    const char *id = first_id(world);
    (void)world_ask(&world->peers[0], "edit", "{'id':'%s','text':'changed'}", id);
    (void)world_ask(&world->peers[1], "react", "{'id':'%s','emoji':'+'}", id);
    (void)world_ask(&world->peers[1], "read", "{'chat':'%s','number':1}", world->peers[0].id);
}

/* What was not answered may have been lost with its memory, but both see the same. */
static void verify_amended(struct world *world) {
    const char *id = first_id(world);
    const cJSON *own = world_call(&world->peers[0], "message", "{'id':'%s'}", id),
                *other = world_call(&world->peers[1], "message", "{'id':'%s'}", id);
    assert_string_equal(text_of(own, "text"), text_of(other, "text"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(own, "reactions")),
                     cJSON_GetArraySize(cJSON_GetObjectItem(other, "reactions")));
    assert_int_equal((int)number_of(world_call(&world->peers[0], "status", "{}"), "queued"), 0);
    assert_int_equal((int)number_of(world_call(&world->peers[1], "status", "{}"), "queued"), 0);
}

static void amending_own(void **state) {
    (void)state;
    run(&(struct step){ prepare_amendments, amend, verify_amended, 0, 0 });
}

static void amending_others(void **state) {
    (void)state;
    run(&(struct step){ prepare_amendments, amend, verify_amended, 1, 0 });
}

static void say_in_thread(struct world *world) {
    say_first(world);
    (void)world_call(&world->peers[0], "send", "{'to':'%s','text':'inside','thread':'%s'}", world->peers[1].id,
                     first_id(world));
}

static void read_thread(struct world *world) {
    struct world_peer *alice = &world->peers[0];
    (void)world_ask(alice, "threads", "{'chat':'%s'}", world->peers[1].id);
    (void)world_ask(alice, "history", "{'chat':'%s','thread':'%s','limit':1}", world->peers[1].id, first_id(world));
}

static void verify_thread(struct world *world) {
    const cJSON *threads =
        cJSON_GetObjectItem(world_call(&world->peers[0], "threads", "{'chat':'%s'}", world->peers[1].id), "threads");
    assert_int_equal(cJSON_GetArraySize(threads), 1);
    assert_int_equal((int)number_of(cJSON_GetArrayItem(threads, 0), "count"), 1);
}

static void reading_a_thread(void **state) {
    (void)state;
    run(&(struct step){ say_in_thread, read_thread, verify_thread, 0, 0 });
}

static void nothing(struct world *world) {
    (void)world;
}

static void verify_first(struct world *world) {
    assert_int_equal(count_texts(&world->peers[1], world->peers[0].id, "first"), 1);
}

static void ask_first(struct world *world) {
    (void)world_ask(&world->peers[0], "send", "{'to':'%s','text':'first'}", world->peers[1].id);
}

static void joining(void **state) {
    (void)state;
    run(&(struct step){ nothing, ask_first, verify_first, 1, 0 });
}

static void make_group(struct world *world) {
    (void)world_call(&world->peers[0], "group.create", "{'name':'Two','members':['%s']}", world->peers[1].id);
}

static void add_third(struct world *world) {
    (void)world_ask(&world->peers[0], "group.add", "{'chat':'Two','members':['%s']}", world->peers[2].id);
}

static void verify_third(struct world *world) {
    const cJSON *chats = cJSON_GetObjectItem(world_call(&world->peers[2], "chats", "{}"), "chats");
    if (cJSON_GetArraySize(chats) == 0) {
        assert_true(world->peers[0].crashes > 0);
        assert_agree(world, "Two", (const size_t[]){ 0, 1 }, 2);
        return;
    }
    assert_agree(world, "Two", (const size_t[]){ 0, 1, 2 }, 3);
    (void)world_call(&world->peers[2], "send", "{'chat':'Two','text':'hello'}");
    assert_int_equal(count_texts(&world->peers[1], group_of(&world->peers[1], "Two"), "hello"), 1);
}

static void changing_a_group(void **state) {
    (void)state;
    run(&(struct step){ make_group, add_third, verify_third, 0, 0 });
}

static void following_a_change(void **state) {
    (void)state;
    run(&(struct step){ make_group, add_third, verify_third, 1, 0 });
}

static const char *link_of_two(struct world *world) {
    return text_of(world_call(&world->peers[0], "group.link", "{'chat':'Two','enabled':true}"), "link");
}

static void make_link(struct world *world) {
    make_group(world);
    (void)link_of_two(world);
    world_pass(world, 5000);
}

static void come_by_link(struct world *world) {
    (void)world_ask(&world->peers[2], "group.join", "{'link':'%s'}", link_of_two(world));
}

/* Who is counted knows that he is in; who is not may come again. */
static void verify_come(struct world *world) {
    struct world_peer *carol = &world->peers[2];
    world_pass(world, 60 * 1000);
    const cJSON *info = world_call(&world->peers[0], "group.info", "{'chat':'Two'}");
    bool counted = cJSON_GetArraySize(cJSON_GetObjectItem(info, "members")) == 3;
    assert_true(counted || carol->crashes > 0);
    assert_int_equal(carol->core->joining.count, 0);
    assert_int_equal(carol->core->chats.count, counted ? 1 : 0);
    if (!counted) {
        (void)world_call(carol, "group.join", "{'link':'%s'}", link_of_two(world));
        world_pass(world, 5000);
    }
    assert_agree(world, "Two", (const size_t[]){ 0, 1, 2 }, 3);
}

/* The ratchet tree lies beside what lies at the door. */
static void coming_by_a_link(void **state) {
    (void)state;
    run(&(struct step){ make_link, come_by_link, verify_come, 2, 1 });
}

static void reopen(struct world *world) {
    struct world_peer *bob = &world->peers[1];
    size_t fail_at = bob->alloc.fail_at - bob->alloc.calls;
    bob->alloc.fail_at = SIZE_MAX;
    world_close(bob);
    world_open(bob);
    bob->alloc.fail_at = bob->alloc.calls + fail_at;
    (void)world_ask(bob, "unlock", "{'passphrase':'correct horse'}");
    if (bob->crashes == 0) {
        (void)world_ask(bob, "connect", "{}");
    }
}

static void opening_a_home(void **state) {
    (void)state;
    run(&(struct step){ say_first, reopen, verify_first, 1, 0 });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sending),          cmocka_unit_test(receiving),          cmocka_unit_test(joining),
        cmocka_unit_test(changing_a_group), cmocka_unit_test(following_a_change), cmocka_unit_test(opening_a_home),
        cmocka_unit_test(amending_own),     cmocka_unit_test(amending_others),    cmocka_unit_test(reading_a_thread),
        cmocka_unit_test(coming_by_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
