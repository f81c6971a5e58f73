/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many members, random operations: adds, removes, updates, proposals by reference and by value, external joins,
 * resyncs, PSKs, races, messages that come late or never. After each commit all members have the same epoch
 * authenticator, and whoever was removed reads nothing more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/result.h"
#include "world.h"

enum { CLIENTS = 24, STEPS = 400, LATE = 16 };

/* An application message that has not reached everybody yet. */
struct late {
    struct base_bytes message;
    bool waits[CLIENTS];
};

struct scene {
    struct test_alloc alloc;
    struct world world;
    struct client clients[CLIENTS];
    struct late late[LATE];
    unsigned late_count;
    unsigned read;
    unsigned commits;
};

static bool is_member(const struct client *client) {
    return client->group != NULL && mls_group_state(client->group) == MLS_GROUP_ACTIVE;
}

static struct client *pick(struct scene *scene, bool member) {
    size_t first = test_random_below(&scene->world.random, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &scene->clients[(first + i) % CLIENTS];
        if (is_member(client) == member) {
            return client;
        }
    }
    return NULL;
}

static unsigned count_members(const struct scene *scene) {
    unsigned count = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        count += is_member(&scene->clients[i]) ? 1 : 0;
    }
    return count;
}

static void check_equal(struct scene *scene) {
    const struct mls_group *first = pick(scene, true)->group;
    for (size_t i = 0; i < CLIENTS; i++) {
        if (is_member(&scene->clients[i])) {
            const struct mls_group *group = scene->clients[i].group;
            assert_int_equal(mls_group_epoch(first), mls_group_epoch(group));
            assert_true(base_slice_equal(mls_group_epoch_authenticator(first), mls_group_epoch_authenticator(group)));
            assert_true(base_slice_equal(mls_group_encoded_context(first), mls_group_encoded_context(group)));
            assert_int_equal(count_members(scene), mls_group_member_count(group));
        }
    }
}

/* Everybody who is a member receives a handshake message, in the group's order. */
static void deliver(struct scene *scene, struct base_slice message) {
    for (size_t i = 0; i < CLIENTS; i++) {
        if (is_member(&scene->clients[i])) {
            assert_ok(client_receive(&scene->clients[i], message, NULL));
            assert_ok(client_save(&scene->clients[i], &scene->world));
        }
    }
}

struct letters {
    struct scene *scene;
    struct base_slice tree;
    size_t count;
};

/* A Welcome for one alone: nobody else can use it. */
static base_result welcome_one(void *user, struct base_slice ref, struct base_slice single) {
    struct letters *letters = user;
    size_t joined = 0;
    (void)ref;
    letters->count++;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &letters->scene->clients[i];
        if (!is_member(client) && client_join(client, single, letters->tree, NULL) == BASE_OK) {
            joined++;
            assert_ok(client_publish(client));
            assert_ok(client_save(client, &letters->scene->world));
        }
    }
    assert_int_equal(joined, 1);
    return BASE_OK;
}

static void welcome_all(struct scene *scene, struct base_slice welcome, struct base_slice tree) {
    if (welcome.len != 0 && test_random_below(&scene->world.random, 2) == 0) {
        struct letters letters = { .scene = scene, .tree = tree };
        assert_ok(mls_welcome_split(base_allocator_libc(), welcome, welcome_one, &letters));
        assert_true(letters.count > 0);
        return;
    }
    for (size_t i = 0; welcome.len != 0 && i < CLIENTS; i++) {
        struct client *client = &scene->clients[i];
        if (is_member(client)) {
            continue;
        }
        base_result result = client_join(client, welcome, tree, NULL);
        if (result != &MLS_ERR_NO_KEY_PACKAGE) {
            assert_ok(result);
            assert_ok(client_publish(client));
            assert_ok(client_save(client, &scene->world));
        }
    }
}

static struct mls_send_options any_way(struct scene *scene) {
    return (struct mls_send_options){
        .wire = test_random_below(&scene->world.random, 2) == 0 ? MLS_WIRE_PUBLIC : MLS_WIRE_PRIVATE,
        .padding = (uint32_t)test_random_below(&scene->world.random, 64),
        .authenticated_data = base_slice_text("seen by all"),
    };
}

static void commit(struct scene *scene, struct client *by, const struct mls_proposal_input *proposals, size_t count) {
    struct mls_commit_output output = { 0 };
    BASE_CLEANUP(base_bytes_free) struct base_bytes tree = { 0 };
    const struct mls_commit_options options = {
        .proposals = proposals,
        .proposal_count = count,
        .force_path = test_random_below(&scene->world.random, 2) == 0,
        .send = any_way(scene),
        .welcome_without_tree = test_random_below(&scene->world.random, 2) == 0,
    };
    assert_ok(mls_group_commit(by->group, &options, &output));
    if (options.welcome_without_tree) {
        assert_ok(mls_staged_ratchet_tree(mls_group_pending(by->group), &tree));
    }
    assert_ok(client_save(by, &scene->world));
    deliver(scene, base_borrow(&output.message));
    welcome_all(scene, base_borrow(&output.welcome), base_borrow(&tree));
    mls_commit_output_free(&output);
    scene->commits++;
    check_equal(scene);
}

static void step_add(struct scene *scene) {
    struct client *by = pick(scene, true);
    struct mls_proposal_input proposals[3];
    size_t count = 0;
    size_t wanted = 1 + test_random_below(&scene->world.random, 3);
    for (size_t i = 0; i < CLIENTS && count < wanted; i++) {
        if (!is_member(&scene->clients[i])) {
            proposals[count++] = world_add(&scene->clients[i]);
        }
    }
    commit(scene, by, proposals, count);
}

static void step_remove(struct scene *scene) {
    struct client *by = pick(scene, true);
    struct client *who = pick(scene, true);
    if (who != by) {
        struct mls_proposal_input proposal = world_remove(mls_group_own_leaf(who->group));
        commit(scene, by, &proposal, 1);
        assert_int_equal(MLS_GROUP_REMOVED, mls_group_state(who->group));
    }
}

/* Two commit at once. One wins; the other follows, whether he has given up his own before or not. */
static void step_race(struct scene *scene) {
    struct client *winner = pick(scene, true);
    struct client *loser = pick(scene, true);
    struct mls_commit_output output = { 0 };
    struct mls_commit_output lost = { 0 };
    struct mls_commit_options options = { .send = any_way(scene) };
    if (winner == loser) {
        return;
    }
    assert_ok(mls_group_commit(loser->group, &options, &lost));
    assert_ok(client_save(loser, &scene->world));
    if (test_random_below(&scene->world.random, 2) == 0) {
        mls_group_discard_pending(loser->group);
        mls_commit_output_free(&lost);
        assert_ok(mls_group_commit(loser->group, &options, &lost));
        assert_ok(client_save(loser, &scene->world));
    }
    options.send = any_way(scene);
    assert_ok(mls_group_commit(winner->group, &options, &output));
    assert_ok(client_save(winner, &scene->world));
    deliver(scene, base_borrow(&output.message));
    for (size_t i = 0; i < CLIENTS; i++) {
        if (is_member(&scene->clients[i])) {
            assert_null(mls_group_pending(scene->clients[i].group));
            assert_result(&MLS_ERR_EPOCH_PAST, client_receive(&scene->clients[i], base_borrow(&lost.message), NULL));
        }
    }
    welcome_all(scene, base_borrow(&output.welcome), (struct base_slice){ 0 });
    mls_commit_output_free(&output);
    mls_commit_output_free(&lost);
    scene->commits++;
    check_equal(scene);
}

static void propose(struct scene *scene, struct client *by, const struct mls_proposal_input *proposal) {
    struct base_bytes message = { 0 };
    const struct mls_send_options options = any_way(scene);
    assert_ok(mls_group_propose(by->group, proposal, &options, &message));
    assert_ok(client_save(by, &scene->world));
    deliver(scene, base_borrow(&message));
    base_bytes_free(&message);
}

static void step_propose(struct scene *scene) {
    struct client *by = pick(scene, true);
    struct client *outside = pick(scene, false);
    struct mls_proposal_input proposal = { .type = MLS_PROPOSAL_UPDATE };
    switch (test_random_below(&scene->world.random, 4)) {
    case 0:
        proposal = world_remove(mls_group_own_leaf(pick(scene, true)->group));
        break;
    case 1:
        if (outside != NULL) {
            proposal = world_add(outside);
        }
        break;
    case 2:
        proposal = (struct mls_proposal_input){ .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("known") };
        break;
    default:
        break;
    }
    /* A proposal to be removed oneself needs somebody else who commits it. */
    if (proposal.type != MLS_PROPOSAL_REMOVE || count_members(scene) > 2) {
        propose(scene, by, &proposal);
    }
}

static void step_external(struct scene *scene, bool resync) {
    struct client *member = pick(scene, true);
    struct client *joiner = pick(scene, resync);
    struct base_bytes info = { 0 };
    struct base_bytes message = { 0 };
    struct mls_group *group = NULL;
    const struct mls_external_options options = { .resync = resync };
    if (joiner == NULL || joiner == member) {
        return;
    }
    assert_ok(mls_group_info(member->group, NULL, &info));
    assert_ok(
        mls_group_join_external(&joiner->context, base_borrow(&info), &joiner->identity, &options, &group, &message));
    mls_group_free(joiner->group);
    joiner->group = NULL;
    deliver(scene, base_borrow(&message));
    joiner->group = group;
    store_free(&joiner->store);
    assert_ok(client_save(joiner, &scene->world));
    base_bytes_free(&info);
    base_bytes_free(&message);
    scene->commits++;
    check_equal(scene);
}

static void read_late(struct scene *scene, unsigned index, size_t client) {
    struct late *late = &scene->late[index];
    if (late->waits[client] && scene->clients[client].group != NULL) {
        enum mls_event_kind kind;
        base_result result = client_receive(&scene->clients[client], base_borrow(&late->message), &kind);
        /* It may be older than what is kept. */
        if (result == BASE_OK) {
            assert_true(kind == MLS_EVENT_APPLICATION || kind == MLS_EVENT_OWN);
            assert_result(kind == MLS_EVENT_OWN ? BASE_OK : &MLS_ERR_GENERATION_USED,
                          client_receive(&scene->clients[client], base_borrow(&late->message), &kind));
            scene->read++;
        } else {
            assert_true(result == &MLS_ERR_EPOCH_PAST);
        }
        assert_ok(client_save(&scene->clients[client], &scene->world));
    }
    late->waits[client] = false;
}

static void step_message(struct scene *scene) {
    struct client *by = pick(scene, true);
    unsigned index = scene->late_count++ % LATE;
    struct late *late = &scene->late[index];
    const struct mls_send_options options = any_way(scene);
    base_bytes_free(&late->message);
    assert_ok(mls_group_encrypt(by->group, base_slice_text("a word"), &options, &late->message));
    assert_ok(client_save(by, &scene->world));
    for (size_t i = 0; i < CLIENTS; i++) {
        late->waits[i] = is_member(&scene->clients[i]);
    }
}

static void step_read(struct scene *scene) {
    for (unsigned i = 0; i < 40; i++) {
        read_late(scene, (unsigned)test_random_below(&scene->world.random, LATE),
                  test_random_below(&scene->world.random, CLIENTS));
    }
}

static void step(struct scene *scene) {
    switch (test_random_below(&scene->world.random, 11)) {
    case 10:
        step_race(scene);
        break;
    case 0:
        if (count_members(scene) < CLIENTS) {
            step_add(scene);
        }
        break;
    case 1:
        step_remove(scene);
        break;
    case 2:
        step_external(scene, false);
        break;
    case 3:
        step_external(scene, true);
        break;
    case 4:
        commit(scene, pick(scene, true), NULL, 0);
        break;
    case 5:
    case 6:
        step_propose(scene);
        break;
    case 7:
        step_read(scene);
        break;
    default:
        step_message(scene);
        break;
    }
}

static void run(bool reload) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    test_alloc_init(&scene->alloc);
    world_init(&scene->world, &scene->alloc.allocator, mls_provider_sodium(),
               MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, 0);
    test_random_init(&scene->world.random, reload ? 1 : 2);
    scene->world.reload = reload;
    for (int i = 0; i < CLIENTS; i++) {
        char name[WORLD_NAME_MAX];
        snprintf(name, sizeof name, "client %d", i);
        assert_ok(client_init(&scene->clients[i], &scene->world, name));
    }
    struct client *founder = &scene->clients[0];
    assert_ok(mls_group_create(&founder->context, scene->world.suite, base_slice_text("a group"), &founder->identity,
                               NULL, &founder->group));
    assert_ok(client_save(founder, &scene->world));
    for (int i = 0; i < STEPS; i++) {
        step(scene);
    }
    print_message("%u commits, %u messages read\n", scene->commits, scene->read);
    assert_true(scene->commits > STEPS / 10 && scene->read > STEPS / 10);
    for (int i = 0; i < LATE; i++) {
        base_bytes_free(&scene->late[i].message);
    }
    for (int i = 0; i < CLIENTS; i++) {
        client_free(&scene->clients[i]);
    }
    test_alloc_end(&scene->alloc);
    free(scene);
}

static void test_random_operations(void **state) {
    (void)state;
    run(false);
}

static void test_random_operations_from_saved_state(void **state) {
    (void)state;
    run(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_random_operations_from_saved_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
