/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thousand members: added by one commit, some of them played, changed by many more commits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test/cmocka.h"
#include "test/result.h"
#include "world.h"

enum { MEMBERS = 1000, PLAYED = 8, ROUNDS = 40, BYTES_A_MESSAGE = 700 };

/* The played ones are spread over the tree. */
static size_t played(size_t index) {
    return index * (MEMBERS - 1) / (PLAYED - 1);
}

static void follow_all(struct client *clients, const struct mls_commit_output *output) {
    for (size_t i = 0; i < PLAYED; i++) {
        struct client *client = &clients[played(i)];
        assert_ok(client_receive(client, base_borrow(&output->message), NULL));
        assert_true(base_slice_equal(mls_group_epoch_authenticator(clients[0].group),
                                     mls_group_epoch_authenticator(client->group)));
    }
}

static void found(struct world *world, struct client *clients) {
    struct mls_proposal_input *adds = calloc(MEMBERS, sizeof *adds);
    struct mls_commit_output output = { 0 };
    assert_non_null(adds);
    for (size_t i = 0; i < MEMBERS; i++) {
        char name[WORLD_NAME_MAX];
        snprintf(name, sizeof name, "member %zu", i);
        assert_ok(client_init(&clients[i], world, name));
        adds[i] = world_add(&clients[i]);
    }
    assert_ok(mls_group_create(&clients[0].context, world->suite, base_slice_text("many"), &clients[0].identity, NULL,
                               &clients[0].group));
    const struct mls_commit_options options = { .proposals = adds + 1, .proposal_count = MEMBERS - 1 };
    assert_ok(mls_group_commit(clients[0].group, &options, &output));
    assert_ok(mls_group_merge_pending(clients[0].group));
    for (size_t i = 1; i < PLAYED; i++) {
        assert_ok(client_join(&clients[played(i)], base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    }
    mls_commit_output_free(&output);
    free(adds);
}

/* A member who is not played goes, an old one renews his keys, one of the removed comes back. */
static void change(struct world *world, struct client *clients, size_t round) {
    struct client *by = &clients[played(test_random_below(&world->random, PLAYED))];
    uint32_t leaf = (uint32_t)(2 + round * 7);
    struct mls_proposal_input proposal = world_remove(leaf);
    struct mls_commit_options options = { .proposals = &proposal, .proposal_count = 1 };
    struct mls_commit_output output = { 0 };
    if (round % 3 == 1) {
        options.proposal_count = 0;
    } else if (round % 3 == 2) {
        struct client *back = &clients[leaf - 2 * 7];
        assert_ok(client_publish(back));
        proposal = world_add(back);
    }
    assert_ok(mls_group_commit(by->group, &options, &output));
    follow_all(clients, &output);
    mls_commit_output_free(&output);
}

static void speak(struct world *world, struct client *clients) {
    struct client *by = &clients[played(test_random_below(&world->random, PLAYED))];
    struct base_bytes message = { 0 };
    assert_ok(mls_group_encrypt(by->group, base_slice_text("to all"), NULL, &message));
    for (size_t i = 0; i < PLAYED; i++) {
        struct client *client = &clients[played(i)];
        assert_ok(client_save(client, world));
        client->store.written = 0;
        assert_ok(client_receive(client, base_borrow(&message), NULL));
        assert_ok(client_save(client, world));
        assert_true(client->store.written < BYTES_A_MESSAGE);
    }
    base_bytes_free(&message);
}

static void test_a_thousand_members(void **state) {
    (void)state;
    static struct world world;
    struct client *clients = calloc(MEMBERS, sizeof *clients);
    assert_non_null(clients);
    world_init(&world, base_allocator_libc(), mls_provider_sodium(),
               MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, 0);
    test_random_init(&world.random, 1000);
    found(&world, clients);
    assert_int_equal(MEMBERS, mls_group_member_count(clients[0].group));
    for (size_t round = 0; round < ROUNDS; round++) {
        change(&world, clients, round);
        if (round % 8 == 0) {
            speak(&world, clients);
        }
    }
    world.reload = true;
    speak(&world, clients);
    for (size_t i = 0; i < MEMBERS; i++) {
        client_free(&clients[i]);
    }
    free(clients);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_thousand_members) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
