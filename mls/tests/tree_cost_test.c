/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a commit costs in a large tree: counted, not timed. The numbers grow with the tree's depth, not with its size,
 * and each is a little above what it was when the test was written.
 */
#include <string.h>

#include "test/alloc.h"
#include "test/result.h"
#include "tree_fixture.h"

enum { ENCODED_MAX = 1 << 20 };

/* Counts what the provider behind is asked for: libsodium's, which makes no use of `user`. */
struct counting {
    struct mls_provider provider;
    const struct mls_provider *behind;
    size_t hashes;
    size_t agreements;
};

static base_result counted_hash(void *user, const struct mls_suite *suite, const struct base_slice *parts, size_t count,
                                uint8_t *out) {
    struct counting *self = (struct counting *)user;
    self->hashes++;
    return self->behind->hash(self->behind->user, suite, parts, count, out);
}

static base_result counted_dh(void *user, const struct mls_suite *suite, struct base_slice private_key,
                              struct base_slice public_key, uint8_t *out) {
    struct counting *self = (struct counting *)user;
    self->agreements++;
    return self->behind->dh(self->behind->user, suite, private_key, public_key, out);
}

static void counting_init(struct counting *self) {
    self->behind = mls_provider_sodium();
    self->provider = *self->behind;
    self->provider.user = self;
    self->provider.hash = counted_hash;
    self->provider.dh = counted_dh;
    self->hashes = 0;
    self->agreements = 0;
}

struct scene {
    struct counting counting;
    struct test_alloc alloc;
    struct tree_fixture fixture;
    struct mls_tree tree;
    struct tree_member first; /* who follows */
    struct tree_member last;  /* who commits */
    struct mls_treekem_keys first_keys;
    struct mls_treekem_keys last_keys;
};

static base_result count_put(void *user, uint32_t node, struct base_slice value) {
    size_t *records = (size_t *)user;
    (void)node;
    (void)value;
    ++*records;
    return BASE_OK;
}

static base_result none_deleted(void *user, uint32_t node) {
    (void)user;
    (void)node;
    return &MLS_ERR_STATE;
}

static void path_of(struct scene *scene, const struct tree_member *member, struct mls_treekem_keys *keys,
                    struct mls_update_path *path, struct base_bytes *encoded) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) staged = { .root = NULL };
    struct mls_treekem_path BASE_CLEANUP(mls_treekem_path_free) made = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    mls_tree_share(&scene->tree, &staged);
    assert_ok(tree_fixture_path(&scene->fixture, &staged, keys, member, &made));
    assert_ok(mls_treekem_encrypt(&scene->fixture.crypto, &scene->fixture.random.random, &staged, &made,
                                  base_slice_text("context"), NULL, 0, &writer));
    assert_ok(base_writer_finish(&writer, encoded));
    assert_ok(mls_update_path_decode(base_borrow(encoded), path));
    mls_tree_move(&scene->tree, &staged);
}

/* A full tree, of which the first and the last member are known. */
static void scene_init(struct scene *scene, uint32_t members) {
    memset(scene, 0, sizeof *scene);
    test_alloc_init(&scene->alloc);
    counting_init(&scene->counting);
    tree_fixture_init(&scene->fixture, &scene->alloc.allocator, 6);
    scene->fixture.crypto.provider = &scene->counting.provider;
    assert_ok(mls_tree_create(&scene->fixture.random.random, 0, &scene->tree));
    for (uint32_t i = 0; i < members; i++) {
        struct tree_member member;
        uint32_t index = 0;
        tree_member_init(&scene->fixture, &member);
        assert_ok(mls_tree_add(&scene->fixture.crypto, &scene->tree, &member.leaf, &index));
        if (i == 0) {
            scene->first = member;
        } else if (i + 1 == members) {
            scene->last = member;
        } else {
            tree_member_free(&member);
        }
    }
    const struct base_allocator *allocator = scene->fixture.crypto.allocator;
    assert_ok(mls_treekem_keys_create(allocator, 0, &scene->first.encryption, &scene->first_keys));
    assert_ok(mls_treekem_keys_create(allocator, members - 1, &scene->last.encryption, &scene->last_keys));
}

static void scene_free(struct scene *scene) {
    mls_treekem_keys_free(&scene->first_keys);
    mls_treekem_keys_free(&scene->last_keys);
    tree_member_free(&scene->first);
    tree_member_free(&scene->last);
    mls_tree_free(&scene->tree);
    test_alloc_end(&scene->alloc);
}

static void a_path_costs_little(uint32_t members) {
    static struct scene scene;
    struct mls_tree BASE_CLEANUP(mls_tree_free) staged = { .root = NULL };
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
    struct mls_update_path path;
    struct mls_secret hash;
    struct mls_secret commit_secret;
    size_t records = 0;
    const struct mls_tree_sink sink = { count_put, none_deleted, &records };
    scene_init(&scene, members);
    const struct mls_crypto *crypto = &scene.fixture.crypto;
    /* The last member's path is the one that is counted; he who follows it has sent one before. */
    path_of(&scene, &scene.first, &scene.first_keys, &path, &encoded);
    base_bytes_free(&encoded);
    assert_ok(mls_tree_hash(crypto, &scene.tree, &hash));
    struct mls_tree BASE_CLEANUP(mls_tree_free) before = { .root = NULL };
    mls_tree_share(&scene.tree, &before);
    path_of(&scene, &scene.last, &scene.last_keys, &path, &encoded);

    unsigned depth = before.depth;
    mls_tree_share(&before, &staged);
    scene.counting.hashes = 0;
    scene.counting.agreements = 0;
    scene.alloc.calls = 0;
    size_t bytes = scene.alloc.bytes;
    assert_ok(mls_treekem_merge(crypto, &staged, members - 1, &path));
    assert_ok(mls_tree_hash(crypto, &staged, &hash));
    assert_in_range(scene.counting.hashes, 2 * depth, 3 * depth + 6);
    assert_in_range(scene.alloc.calls, depth, 5 * depth);
    assert_in_range(scene.alloc.bytes - bytes, 0, (size_t)1000 * depth);

    scene.counting.hashes = 0;
    assert_ok(mls_treekem_decrypt(crypto, &staged, &scene.first_keys, members - 1, &path, base_slice_text("context"),
                                  NULL, 0, &commit_secret));
    assert_int_equal(scene.counting.agreements, 1);
    assert_int_equal(scene.counting.hashes, 0);

    assert_ok(mls_tree_save(crypto, &before, &staged, &sink));
    assert_int_equal(records, depth + 1);
    mls_tree_free(&staged);
    mls_tree_free(&before);
    scene_free(&scene);
}

static void path_in_a_tree_of_256(void **state) {
    (void)state;
    a_path_costs_little(256);
}

static void path_in_a_tree_of_2048(void **state) {
    (void)state;
    a_path_costs_little(2048);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_in_a_tree_of_256),
        cmocka_unit_test(path_in_a_tree_of_2048),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
