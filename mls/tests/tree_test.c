/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet tree beside its model: random operations, versions that are dropped, saved records.
 */
#include <string.h>

#include "test/result.h"
#include "tree_fixture.h"
#include "tree_model.h"

/* --------------------------------------------------------------------------------------------- saved records ---- */

/* A store of records, as a program would have one. */
struct store {
    struct base_bytes records[MODEL_NODES];
};

static base_result store_put(void *user, uint32_t node, struct base_slice value) {
    struct store *store = (struct store *)user;
    assert_true(node < MODEL_NODES);
    base_bytes_free(&store->records[node]);
    return base_bytes_copy(base_allocator_libc(), value, &store->records[node]);
}

static base_result store_del(void *user, uint32_t node) {
    struct store *store = (struct store *)user;
    assert_true(node < MODEL_NODES);
    assert_true(store->records[node].len > 0);
    base_bytes_free(&store->records[node]);
    return BASE_OK;
}

static struct mls_tree_sink store_sink(struct store *store) {
    return (struct mls_tree_sink){ store_put, store_del, store };
}

static void store_free(struct store *store) {
    for (uint32_t node = 0; node < MODEL_NODES; node++) {
        base_bytes_free(&store->records[node]);
    }
}

static base_result store_load(const struct mls_crypto *crypto, const struct store *store, struct mls_tree *out) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    BASE_TRY(mls_tree_create(base_random_system(), 0, &tree));
    for (uint32_t node = 0; node < MODEL_NODES; node++) {
        if (store->records[node].len > 0) {
            BASE_TRY(mls_tree_load_record(crypto, &tree, node, base_borrow(&store->records[node])));
        }
    }
    BASE_TRY(mls_tree_load_end(&tree));
    mls_tree_move(out, &tree);
    return BASE_OK;
}

/* -------------------------------------------------------------------------------------------------- the model ---- */

static void encode(const struct mls_tree *tree, struct base_bytes *out) {
    base_bytes_free(out);
    assert_ok(tree_fixture_encode(base_allocator_libc(), tree, out));
}

struct resolved {
    uint32_t nodes[MODEL_NODES];
    size_t count;
};

static base_result note_resolved(void *user, uint32_t node, struct base_slice key) {
    struct resolved *self = (struct resolved *)user;
    assert_true(self->count < MODEL_NODES);
    assert_int_equal(key.len, 32);
    self->nodes[self->count++] = node;
    return BASE_OK;
}

static void assert_like_model(const struct tree_fixture *fixture, struct mls_tree *tree, const struct model *model) {
    struct mls_secret got;
    struct mls_secret wanted;
    assert_int_equal(mls_tree_width(tree), model->width);
    for (uint32_t node = 0; node < 2 * model->width - 1; node++) {
        struct resolved resolved = { .count = 0 };
        uint32_t expected[MODEL_NODES];
        size_t count = model_resolution(model, node, expected);
        assert_ok(mls_tree_resolution(tree, node, note_resolved, &resolved));
        assert_int_equal(resolved.count, count);
        assert_memory_equal(resolved.nodes, expected, count * sizeof *expected);
    }
    model_hash(model, &fixture->crypto, model->width - 1, &wanted);
    assert_ok(mls_tree_hash(&fixture->crypto, tree, &got));
    assert_memory_equal(got.data, wanted.data, wanted.len);

    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), 1 << 20);
    encode(tree, &encoded);
    model_encode(model, &writer);
    assert_true(base_slice_equal(base_writer_view(&writer), base_borrow(&encoded)));
}

/* The same tree, from its encoding and from its records, is the same again and passes all checks. */
static void assert_survives(const struct tree_fixture *fixture, struct mls_tree *tree, const struct store *store) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) decoded = { .root = NULL };
    struct mls_tree BASE_CLEANUP(mls_tree_free) loaded = { .root = NULL };
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) again = { NULL, 0 };
    struct mls_secret hash;
    struct mls_secret hash_again;
    assert_ok(mls_tree_hash(&fixture->crypto, tree, &hash));
    encode(tree, &encoded);
    assert_ok(mls_tree_decode(&fixture->crypto, base_random_system(), 0, base_borrow(&encoded), &decoded));
    assert_ok(mls_tree_hash(&fixture->crypto, &decoded, &hash_again));
    assert_memory_equal(hash.data, hash_again.data, hash.len);
    assert_ok(mls_tree_verify_parent_hashes(&fixture->crypto, &decoded));
    assert_ok(store_load(&fixture->crypto, store, &loaded));
    assert_ok(mls_tree_hash(&fixture->crypto, &loaded, &hash_again));
    assert_memory_equal(hash.data, hash_again.data, hash.len);
    encode(&loaded, &again);
    assert_true(base_slice_equal(base_borrow(&encoded), base_borrow(&again)));
    assert_int_equal(mls_tree_member_count(&loaded), mls_tree_member_count(tree));
}

/* ---------------------------------------------------------------------------------------- random operations ---- */

struct world {
    struct tree_fixture fixture;
    struct mls_tree tree;
    struct mls_tree saved;
    struct model model;
    struct store store;
    struct tree_member members[MODEL_LEAVES]; /* by leaf */
};

static uint32_t random_member(struct world *world, const struct mls_tree *tree) {
    uint32_t leaf = (uint32_t)test_random_below(&world->fixture.random, mls_tree_width(tree));
    if (!mls_tree_next_member(tree, &leaf)) {
        leaf = 0;
        assert_true(mls_tree_next_member(tree, &leaf));
    }
    return leaf;
}

static void move_member(struct tree_member *to, struct tree_member *from) {
    tree_member_free(to);
    *to = *from;
    *from = (struct tree_member){ .encoded = { NULL, 0 } };
}

static void do_path(struct world *world, struct mls_tree *tree, struct model *model, uint32_t leaf) {
    struct mls_treekem_keys BASE_CLEANUP(mls_treekem_keys_free) keys = { 0 };
    struct mls_treekem_path BASE_CLEANUP(mls_treekem_path_free) path = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
    struct mls_update_path decoded;
    const struct mls_crypto *crypto = &world->fixture.crypto;
    assert_ok(mls_treekem_keys_create(crypto->allocator, leaf, &world->members[leaf].encryption, &keys));
    assert_ok(tree_fixture_path(&world->fixture, tree, &keys, &world->members[leaf], &path));
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 20);
    assert_ok(mls_treekem_encrypt(crypto, &world->fixture.random.random, tree, &path, base_slice_text("context"), NULL,
                                  0, &writer));
    assert_ok(base_writer_finish(&writer, &encoded));
    assert_ok(mls_update_path_decode(base_borrow(&encoded), &decoded));
    assert_true(model_merge(model, crypto, leaf, &decoded));
}

/* One operation on a shared copy, which is kept or dropped. */
static void step(struct world *world) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) staged = { .root = NULL };
    struct tree_member BASE_CLEANUP(tree_member_free) member = { .encoded = { NULL, 0 } };
    struct base_bytes BASE_CLEANUP(base_bytes_free) before = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) after = { NULL, 0 };
    static struct model model;
    struct test_random *random = &world->fixture.random;
    const struct mls_crypto *crypto = &world->fixture.crypto;
    uint32_t members = mls_tree_member_count(&world->tree);
    uint64_t what = test_random_below(random, 10);
    bool keep = test_random_below(random, 5) != 0;

    model = world->model;
    encode(&world->tree, &before);
    mls_tree_share(&world->tree, &staged);
    tree_member_init(&world->fixture, &member);
    if (members == 0 || (what < 4 && members < MODEL_LEAVES)) {
        uint32_t index = 0;
        assert_ok(mls_tree_add(crypto, &staged, &member.leaf, &index));
        assert_int_equal(index, model_add(&model, base_borrow(&member.encoded)));
        if (keep) {
            move_member(&world->members[index], &member);
        }
    } else if (what < 5) {
        uint32_t index = random_member(world, &staged);
        assert_ok(mls_tree_update(crypto, &staged, index, &member.leaf));
        model_update(&model, index, base_borrow(&member.encoded));
        if (keep) {
            move_member(&world->members[index], &member);
        }
    } else if (what < 7) {
        uint32_t index = random_member(world, &staged);
        assert_ok(mls_tree_remove(crypto, &staged, index));
        model_remove(&model, index);
    } else {
        do_path(world, &staged, &model, random_member(world, &staged));
    }
    assert_like_model(&world->fixture, &staged, &model);
    encode(&world->tree, &after);
    assert_true(base_slice_equal(base_borrow(&before), base_borrow(&after)));
    if (keep) {
        world->model = model;
        mls_tree_move(&world->tree, &staged);
    }
}

static void save(struct world *world) {
    const struct mls_tree_sink sink = store_sink(&world->store);
    assert_ok(mls_tree_save(&world->fixture.crypto, &world->saved, &world->tree, &sink));
    mls_tree_free(&world->saved);
    mls_tree_share(&world->tree, &world->saved);
    if (mls_tree_member_count(&world->tree) > 0) {
        assert_survives(&world->fixture, &world->tree, &world->store);
    }
}

static void random_operations(void **state) {
    enum { ROUNDS = 400 };
    (void)state;
    static struct world world;
    memset(&world, 0, sizeof world);
    tree_fixture_init(&world.fixture, base_allocator_libc(), 0);
    test_random_init(&world.fixture.random, 20);
    model_init(&world.model);
    assert_ok(mls_tree_create(&world.fixture.random.random, 0, &world.tree));
    unsigned rounds = test_random_rounds(ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        step(&world);
        assert_like_model(&world.fixture, &world.tree, &world.model);
        if (i % 3 == 0) {
            save(&world);
        }
    }
    const struct mls_tree_sink sink = store_sink(&world.store);
    assert_ok(mls_tree_save(&world.fixture.crypto, &world.saved, NULL, &sink));
    for (uint32_t node = 0; node < MODEL_NODES; node++) {
        assert_int_equal(world.store.records[node].len, 0);
    }
    mls_tree_free(&world.tree);
    mls_tree_free(&world.saved);
    store_free(&world.store);
    for (uint32_t leaf = 0; leaf < MODEL_LEAVES; leaf++) {
        tree_member_free(&world.members[leaf]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_operations) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
