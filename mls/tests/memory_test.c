/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that are deleted are gone: the test looks for them in all of its own memory, heap and stack, as somebody
 * would who has got a dump of the process.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "group/bundle.h"
#include "group/group.h"
#include "test/cmocka.h"
#include "test/result.h"
#include "world.h"

enum { SECRETS_MAX = 64, SECRET_SIZE = 32, MASK = 0x5a, CHUNK = 1 << 16 };

/* Kept masked, so that the test does not find its own copies. */
struct wanted {
    const char *name;
    uint8_t masked[SECRET_SIZE];
};

static struct wanted list[SECRETS_MAX];
static size_t list_count;

static void remember(const char *name, const uint8_t *secret) {
    assert_true(list_count < SECRETS_MAX);
    list[list_count].name = name;
    for (size_t i = 0; i < SECRET_SIZE; i++) {
        list[list_count].masked[i] = secret[i] ^ MASK;
    }
    list_count++;
}

static bool is_at(const uint8_t *memory, const struct wanted *wanted) {
    for (size_t i = 0; i < SECRET_SIZE; i++) {
        if ((memory[i] ^ MASK) != wanted->masked[i]) {
            return false;
        }
    }
    return true;
}

/* How often any of the list stands in this piece of memory. */
static unsigned look_through(const uint8_t *memory, size_t size, uintptr_t address) {
    unsigned found = 0;
    for (size_t at = 0; at + SECRET_SIZE <= size; at++) {
        for (size_t i = 0; i < list_count; i++) {
            if ((memory[at] ^ MASK) == list[i].masked[0] && is_at(memory + at, &list[i])) {
                print_message("%s is at %#zx\n", list[i].name, (size_t)address + at);
                found++;
            }
        }
    }
    return found;
}

static unsigned look_in_region(int memory, uintptr_t from, uintptr_t to, uint8_t *buffer) {
    unsigned found = 0;
    for (uintptr_t at = from; at < to; at += CHUNK - SECRET_SIZE) {
        size_t size = to - at < CHUNK ? to - at : CHUNK;
        ssize_t got = pread(memory, buffer, size, (off_t)at);
        if (got > 0) {
            found += look_through(buffer, (size_t)got, at);
        }
    }
    base_wipe(buffer, CHUNK);
    return found;
}

/* How often any of the list is found in what can be written to. */
static unsigned look_everywhere(void) {
    enum { LINE = 512 };
    char line[LINE];
    static uint8_t buffer[CHUNK];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        uintptr_t from = (uintptr_t)strtoull(line, &end, 16);
        uintptr_t to = (uintptr_t)strtoull(end + 1, &end, 16);
        if (end[2] == 'w') {
            found += look_in_region(memory, from, to, buffer);
        }
    }
    fclose(maps);
    close(memory);
    return found;
}

static void remember_epoch(const struct mls_group *group) {
    const struct mls_epoch_secrets *secrets = &group->epoch.secrets;
    remember("the sender data secret", secrets->sender_data_secret.data);
    remember("the exporter secret", secrets->exporter_secret.data);
    remember("the external secret", secrets->external_secret.data);
    remember("the confirmation key", secrets->confirmation_key.data);
    remember("the membership key", secrets->membership_key.data);
    remember("the init secret", secrets->init_secret.data);
    for (uint32_t i = 0; i < group->keys.count; i++) {
        remember("a private key of the tree", group->keys.keys[i].pair.private_key.data);
    }
}

static void remember_package(const struct mls_key_package_bundle *bundle) {
    struct mls_own_package own;
    assert_ok(mls_own_package_read(base_borrow(&bundle->private_part), &own));
    remember("a key package's init key", own.keys.init.private_key.data);
    remember("a key package's encryption key", own.keys.encryption.private_key.data);
    mls_own_package_wipe(&own);
}

static void remember_message_key(const struct mls_group *group, uint32_t leaf) {
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
    assert_ok(mls_secret_tree_receive(group->epoch.messages, &group->crypto, leaf, MLS_RATCHET_APPLICATION, 0, &step));
    remember("the key of a message", step.key.key);
}

static void receive(struct client *client, const struct base_bytes *message) {
    assert_ok(client_receive(client, base_borrow(message), NULL));
}

/* Two epochs, a message in the first of them; then nothing of the first may be left. */
static void live(struct client *alice, struct client *bob) {
    struct mls_commit_output output = { 0 };
    struct base_bytes message = { 0 };
    struct mls_proposal_input add = world_add(bob);
    remember_package(&bob->package);
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                               &output));
    assert_ok(mls_group_merge_pending(alice->group));
    assert_ok(client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
    mls_key_package_bundle_free(&bob->package);
    remember_epoch(alice->group);
    remember_epoch(bob->group);
    assert_ok(mls_group_encrypt(alice->group, base_slice_text("a word"), NULL, &message));
    remember_message_key(bob->group, mls_group_own_leaf(alice->group));
    receive(bob, &message);
    base_bytes_free(&message);
    for (int i = 0; i < 2; i++) {
        struct client *by = i == 0 ? alice : bob;
        struct client *other = i == 0 ? bob : alice;
        assert_ok(mls_group_commit(by->group, NULL, &output));
        assert_ok(mls_group_merge_pending(by->group));
        receive(other, &output.message);
        mls_commit_output_free(&output);
    }
}

static void test_what_is_deleted_is_gone(void **state) {
    (void)state;
    static struct world world;
    static struct client alice;
    static struct client bob;
    world_init(&world, base_allocator_libc(), mls_provider_sodium(),
               MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, 5);
    assert_ok(client_init(&alice, &world, "Alice"));
    assert_ok(client_init(&bob, &world, "Bob"));
    alice.context.limits.past_epochs = MLS_NONE;
    bob.context.limits.past_epochs = MLS_NONE;
    assert_ok(mls_group_create(&alice.context, world.suite, base_slice_text("g"), &alice.identity, NULL, &alice.group));
    live(&alice, &bob);
    assert_int_equal(0, look_everywhere());

    /* What is in use can be found: the search is a search. */
    remember_epoch(alice.group);
    remember("the signature key", alice.key.private_key.data);
    assert_true(look_everywhere() >= 7);
    client_free(&alice);
    client_free(&bob);
    assert_int_equal(0, look_everywhere());
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_deleted_is_gone) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
