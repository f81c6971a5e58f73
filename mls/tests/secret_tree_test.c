/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret tree: every leaf's keys are those of a tree that was derived whole, each key comes once, nothing that was
 * deleted can be found in what is left, and what is saved is small and enough.
 */
#include <stdlib.h>
#include <string.h>

#include "secret_tree.h"
#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"

static const struct mls_secret_tree_limits limits = { .ahead = 100, .window = 20 };

static struct mls_crypto suite3(const struct base_allocator *allocator) {
    struct mls_crypto crypto;
    assert_ok(mls_crypto_for(mls_provider_sodium(), allocator, 3, &crypto));
    return crypto;
}

static struct mls_secret some_secret(uint8_t fill) {
    struct mls_secret secret = { .len = 32 };
    memset(secret.data, fill, secret.len);
    return secret;
}

static struct mls_secret_tree *new_tree(const struct mls_crypto *crypto, uint32_t leaf_count) {
    struct mls_secret_tree *tree = NULL;
    const struct mls_secret secret = some_secret(0x42);
    assert_ok(mls_secret_tree_new(crypto, leaf_count, &secret, limits, &tree));
    return tree;
}

/* Takes a key and deletes it. */
static base_result take(struct mls_secret_tree *tree, const struct mls_crypto *crypto, mls_leaf_index leaf,
                        enum mls_ratchet ratchet, uint32_t generation, struct mls_aead_key *out) {
    struct mls_secret_tree_step step = { 0 };
    BASE_TRY(mls_secret_tree_receive(tree, crypto, leaf, ratchet, generation, &step));
    *out = step.key;
    mls_secret_tree_commit(tree, &step);
    return BASE_OK;
}

/* The key as §9 defines it, derived from the top, with nothing kept. */
static struct mls_aead_key reference_key(const struct mls_crypto *crypto, uint32_t leaf_count, mls_leaf_index leaf,
                                         enum mls_ratchet ratchet, uint32_t generation) {
    struct mls_secret secret = some_secret(0x42);
    struct mls_secret next = { .len = 32 };
    mls_node_index node = mls_tree_root(leaf_count);
    while (node != mls_leaf_node(leaf)) {
        const bool left = mls_leaf_node(leaf) < node;
        assert_ok(mls_expand_with_label(crypto, mls_secret_slice(&secret), base_slice_text("tree"),
                                        base_slice_text(left ? "left" : "right"), next.data, next.len));
        secret = next;
        node = left ? mls_node_left(node) : mls_node_right(node);
    }
    const char *label = ratchet == MLS_RATCHET_HANDSHAKE ? "handshake" : "application";
    assert_ok(mls_expand_with_label(crypto, mls_secret_slice(&secret), base_slice_text(label), base_slice(NULL, 0),
                                    next.data, next.len));
    secret = next;
    for (uint32_t i = 0; i < generation; i++) {
        assert_ok(mls_derive_tree_secret(crypto, &secret, "secret", i, next.data, next.len));
        secret = next;
    }
    struct mls_aead_key key = { 0 };
    assert_ok(mls_derive_tree_secret(crypto, &secret, "key", generation, key.key, crypto->suite->aead_key_size));
    assert_ok(mls_derive_tree_secret(crypto, &secret, "nonce", generation, key.nonce, sizeof key.nonce));
    return key;
}

static void assert_key(const struct mls_crypto *crypto, uint32_t leaf_count, mls_leaf_index leaf,
                       enum mls_ratchet ratchet, uint32_t generation, const struct mls_aead_key *key) {
    const struct mls_aead_key wanted = reference_key(crypto, leaf_count, leaf, ratchet, generation);
    assert_memory_equal(&wanted, key, sizeof wanted);
}

static void test_every_leaf_in_any_order(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct test_random random;
    test_random_init(&random, 9420);
    for (uint32_t leaf_count = 1; leaf_count <= 64; leaf_count *= 2) {
        struct mls_secret_tree *tree = new_tree(&crypto, leaf_count);
        const uint32_t first = (uint32_t)test_random_below(&random, leaf_count);
        for (uint32_t i = 0; i < leaf_count; i++) {
            /* An odd step visits each leaf once. */
            const mls_leaf_index leaf = (first + i * 13) % leaf_count;
            struct mls_aead_key key;
            assert_ok(take(tree, &crypto, leaf, MLS_RATCHET_APPLICATION, 0, &key));
            assert_key(&crypto, leaf_count, leaf, MLS_RATCHET_APPLICATION, 0, &key);
            assert_ok(take(tree, &crypto, leaf, MLS_RATCHET_HANDSHAKE, 2, &key));
            assert_key(&crypto, leaf_count, leaf, MLS_RATCHET_HANDSHAKE, 2, &key);
        }
        mls_secret_tree_free(tree);
    }
}

static void test_each_key_once(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct mls_secret_tree *tree = new_tree(&crypto, 8);
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, 5, &key));
    assert_result(&MLS_ERR_GENERATION_USED, take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, 5, &key));
    for (uint32_t generation = 5; generation-- > 0;) {
        assert_ok(take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, generation, &key));
        assert_key(&crypto, 8, 3, MLS_RATCHET_APPLICATION, generation, &key);
        assert_result(&MLS_ERR_GENERATION_USED, take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, generation, &key));
    }
    assert_ok(take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, 6, &key));
    assert_key(&crypto, 8, 3, MLS_RATCHET_APPLICATION, 6, &key);
    mls_secret_tree_free(tree);
}

static void test_sending_counts_up(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct mls_secret_tree *tree = new_tree(&crypto, 2);
    for (uint32_t generation = 0; generation < 3; generation++) {
        struct mls_secret_tree_step step = { 0 };
        assert_ok(mls_secret_tree_send(tree, &crypto, 1, MLS_RATCHET_HANDSHAKE, &step));
        assert_int_equal(step.generation, generation);
        assert_key(&crypto, 2, 1, MLS_RATCHET_HANDSHAKE, generation, &step.key);
        mls_secret_tree_commit(tree, &step);
    }
    mls_secret_tree_free(tree);
}

static void test_a_step_not_committed_changes_nothing(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct mls_secret_tree *tree = new_tree(&crypto, 4);
    for (int i = 0; i < 2; i++) {
        struct mls_secret_tree_step step = { 0 };
        assert_ok(mls_secret_tree_receive(tree, &crypto, 2, MLS_RATCHET_APPLICATION, 30, &step));
        mls_secret_tree_step_free(&step);
    }
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, 2, MLS_RATCHET_APPLICATION, 0, &key));
    assert_key(&crypto, 4, 2, MLS_RATCHET_APPLICATION, 0, &key);
    mls_secret_tree_free(tree);
}

static void test_bounds(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    const struct mls_secret secret = some_secret(1);
    struct mls_secret_tree *tree = NULL;
    const struct mls_secret_tree_limits too_wide = { 1, MLS_SECRET_TREE_WINDOW_MAX + 1 };
    assert_result(&BASE_ERR_VALUE, mls_secret_tree_new(&crypto, 0, &secret, limits, &tree));
    assert_result(&BASE_ERR_VALUE, mls_secret_tree_new(&crypto, 3, &secret, limits, &tree));
    assert_result(&BASE_ERR_VALUE,
                  mls_secret_tree_new(&crypto, MLS_SECRET_TREE_LEAVES_MAX * 2, &secret, limits, &tree));
    assert_result(&BASE_ERR_VALUE, mls_secret_tree_new(&crypto, 2, &secret, too_wide, &tree));
    assert_null(tree);

    tree = new_tree(&crypto, 4);
    struct mls_aead_key key;
    assert_result(&MLS_ERR_LEAF_UNKNOWN, take(tree, &crypto, 4, MLS_RATCHET_APPLICATION, 0, &key));
    assert_result(&MLS_ERR_GENERATION, take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, limits.ahead + 1, &key));
    assert_result(&MLS_ERR_GENERATION, take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, UINT32_MAX, &key));
    assert_ok(take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, limits.ahead, &key));
    assert_key(&crypto, 4, 0, MLS_RATCHET_APPLICATION, limits.ahead, &key);
    /* The window holds the last 20 generations, the used one among them. */
    assert_result(&MLS_ERR_GENERATION_USED, take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, 80, &key));
    assert_ok(take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, 81, &key));
    assert_key(&crypto, 4, 0, MLS_RATCHET_APPLICATION, 81, &key);
    mls_secret_tree_free(tree);
}

static void test_the_window_moves_on(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct mls_secret_tree *tree = new_tree(&crypto, 1);
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, 0, MLS_RATCHET_HANDSHAKE, 3, &key)); /* 0, 1, 2 are skipped */
    for (uint32_t generation = 4; generation <= 21; generation++) {
        assert_ok(take(tree, &crypto, 0, MLS_RATCHET_HANDSHAKE, generation, &key));
    }
    /* The next one is 22: two of the three are too old now. */
    assert_result(&MLS_ERR_GENERATION_USED, take(tree, &crypto, 0, MLS_RATCHET_HANDSHAKE, 1, &key));
    assert_ok(take(tree, &crypto, 0, MLS_RATCHET_HANDSHAKE, 2, &key));
    assert_key(&crypto, 1, 0, MLS_RATCHET_HANDSHAKE, 2, &key);
    mls_secret_tree_free(tree);
}

static void test_without_a_window_nothing_is_kept(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    const struct mls_secret secret = some_secret(0x42);
    struct mls_secret_tree *tree = NULL;
    assert_ok(mls_secret_tree_new(&crypto, 1, &secret, (struct mls_secret_tree_limits){ 10, 0 }, &tree));
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, 4, &key));
    assert_key(&crypto, 1, 0, MLS_RATCHET_APPLICATION, 4, &key);
    assert_result(&MLS_ERR_GENERATION_USED, take(tree, &crypto, 0, MLS_RATCHET_APPLICATION, 3, &key));
    mls_secret_tree_free(tree);
}

/* ---------------------------------------------------------------------------------------------------- saving ---- */

/* A store of records as a program would have: sorted by key. */
struct record {
    uint8_t key[8];
    size_t key_len;
    uint8_t value[MLS_SECRET_TREE_VALUE_MAX];
    size_t value_len;
};

struct store {
    struct record *records;
    size_t count;
    size_t written; /* bytes put since it was set to 0 */
    size_t fail_after;
};

static struct record *find_record(struct store *store, struct base_slice key) {
    for (size_t i = 0; i < store->count; i++) {
        if (base_slice_equal(key, base_slice(store->records[i].key, store->records[i].key_len))) {
            return &store->records[i];
        }
    }
    return NULL;
}

static base_result store_put(void *user, struct base_slice key, struct base_slice value) {
    struct store *store = user;
    if (store->fail_after == 0) {
        return &BASE_ERR_TOO_LONG;
    }
    store->fail_after--;
    struct record *record = find_record(store, key);
    if (record == NULL) {
        store->records = realloc(store->records, (store->count + 1) * sizeof *store->records);
        assert_non_null(store->records);
        record = &store->records[store->count++];
    }
    assert_true(key.len <= sizeof record->key && value.len <= sizeof record->value);
    memcpy(record->key, key.data, key.len);
    record->key_len = key.len;
    memcpy(record->value, value.data, value.len);
    record->value_len = value.len;
    store->written += key.len + value.len;
    return BASE_OK;
}

static base_result store_del(void *user, struct base_slice key) {
    struct store *store = user;
    struct record *record = find_record(store, key);
    if (record != NULL) {
        *record = store->records[--store->count];
    }
    return BASE_OK;
}

static int compare_records(const void *a, const void *b) {
    const struct record *left = a;
    const struct record *right = b;
    return base_slice_compare(base_slice(left->key, left->key_len), base_slice(right->key, right->key_len));
}

static const uint8_t prefix[2] = { 'e', '7' };

static base_result save(struct mls_secret_tree *tree, struct store *store) {
    const struct mls_sink sink = { store_put, store_del, store };
    return mls_secret_tree_save(tree, base_slice(prefix, sizeof prefix), &sink);
}

static base_result load(const struct mls_crypto *crypto, struct store *store, uint32_t leaf_count,
                        struct mls_secret_tree **out) {
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    BASE_TRY(mls_secret_tree_empty(crypto, leaf_count, limits, &tree));
    if (store->count != 0) {
        qsort(store->records, store->count, sizeof *store->records, compare_records);
    }
    for (size_t i = 0; i < store->count; i++) {
        const struct record *record = &store->records[i];
        BASE_TRY(mls_secret_tree_load(tree, base_slice(record->key + sizeof prefix, record->key_len - sizeof prefix),
                                      base_slice(record->value, record->value_len)));
    }
    *out = tree;
    tree = NULL;
    return BASE_OK;
}

static struct store new_store(void) {
    return (struct store){ .fail_after = SIZE_MAX };
}

/* Every few messages the tree is saved and made again of its records; it must not matter. */
static void test_saved_at_any_moment(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct test_random random;
    test_random_init(&random, 1977);
    enum { LEAVES = 16, GENERATIONS = 200 };
    static bool used[LEAVES][2][GENERATIONS];
    memset(used, 0, sizeof used);
    uint32_t next[LEAVES][2] = { { 0 } };
    struct store store = new_store();
    struct mls_secret_tree *tree = new_tree(&crypto, LEAVES);
    for (int i = 0; i < 600; i++) {
        const mls_leaf_index leaf = (mls_leaf_index)test_random_below(&random, LEAVES);
        const enum mls_ratchet ratchet =
            test_random_below(&random, 2) == 0 ? MLS_RATCHET_HANDSHAKE : MLS_RATCHET_APPLICATION;
        uint32_t *newest = &next[leaf][ratchet];
        const uint32_t back = (uint32_t)test_random_below(&random, limits.window + 5);
        const uint32_t generation = back < *newest && back % 2 == 0 ? *newest - 1 - back % *newest
                                                                    : *newest + (uint32_t)test_random_below(&random, 9);
        if (generation >= GENERATIONS) {
            continue;
        }
        const bool available =
            generation >= *newest || (!used[leaf][ratchet][generation] && generation + limits.window >= *newest);
        struct mls_aead_key key;
        base_result result = take(tree, &crypto, leaf, ratchet, generation, &key);
        assert_result(available ? BASE_OK : &MLS_ERR_GENERATION_USED, result);
        if (available) {
            assert_key(&crypto, LEAVES, leaf, ratchet, generation, &key);
            used[leaf][ratchet][generation] = true;
            *newest = generation >= *newest ? generation + 1 : *newest;
        }
        if (test_random_below(&random, 4) == 0) {
            assert_ok(save(tree, &store));
            assert_false(mls_secret_tree_changed(tree));
            if (test_random_below(&random, 2) == 0) {
                mls_secret_tree_free(tree);
                assert_ok(load(&crypto, &store, LEAVES, &tree));
            }
        }
    }
    /* Forgotten without a rest. */
    const struct mls_sink sink = { store_put, store_del, &store };
    assert_ok(mls_secret_tree_erase(tree, base_slice(prefix, sizeof prefix), &sink));
    assert_int_equal(store.count, 0);
    mls_secret_tree_free(tree);
    free(store.records);
}

static void test_a_message_writes_little(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct store store = new_store();
    struct mls_secret_tree *tree = new_tree(&crypto, 16384);
    struct mls_aead_key key;
    assert_ok(save(tree, &store));
    assert_true(store.written < 64);
    store.written = 0;
    assert_ok(take(tree, &crypto, 9999, MLS_RATCHET_APPLICATION, 0, &key));
    assert_ok(save(tree, &store));
    assert_true(store.written < 700); /* the first from a leaf: a node of each of 14 levels */
    store.written = 0;
    assert_ok(take(tree, &crypto, 9999, MLS_RATCHET_APPLICATION, 1, &key));
    assert_true(mls_secret_tree_changed(tree));
    assert_ok(save(tree, &store));
    assert_true(store.written < 100);
    store.written = 0;
    assert_ok(take(tree, &crypto, 9999, MLS_RATCHET_APPLICATION, 5, &key));
    assert_ok(take(tree, &crypto, 9999, MLS_RATCHET_APPLICATION, 3, &key));
    assert_ok(save(tree, &store));
    assert_true(store.written < 300);
    mls_secret_tree_free(tree);
    free(store.records);
}

/* Each byte string of that length in the records. */
static bool store_holds(const struct store *store, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < store->count; i++) {
        for (size_t at = 0; at + len <= store->records[i].value_len; at++) {
            if (memcmp(store->records[i].value + at, bytes, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* From what is kept after a key was used, neither it nor an earlier one can be derived: none of the secrets on its way
 * is there any more. */
static void test_forward_secrecy(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct store store = new_store();
    struct mls_secret_tree *tree = new_tree(&crypto, 8);
    struct mls_aead_key key;
    assert_ok(save(tree, &store));
    const struct mls_secret root = some_secret(0x42);
    assert_true(store_holds(&store, root.data, root.len));
    assert_ok(take(tree, &crypto, 5, MLS_RATCHET_APPLICATION, 3, &key));
    assert_ok(save(tree, &store));
    const struct mls_aead_key skipped = reference_key(&crypto, 8, 5, MLS_RATCHET_APPLICATION, 1);
    assert_true(store_holds(&store, skipped.key, 32)); /* so the search works */
    assert_false(store_holds(&store, key.key, 32));

    struct mls_secret secret = root;
    struct mls_secret next = { .len = 32 };
    static const char *const way[] = { "right", "left", "right" }; /* to leaf 5 of 8 */
    for (size_t i = 0; i < 3; i++) {
        assert_false(store_holds(&store, secret.data, secret.len));
        assert_ok(mls_expand_with_label(&crypto, mls_secret_slice(&secret), base_slice_text("tree"),
                                        base_slice_text(way[i]), next.data, next.len));
        secret = next;
    }
    assert_false(store_holds(&store, secret.data, secret.len));
    assert_ok(mls_expand_with_label(&crypto, mls_secret_slice(&secret), base_slice_text("application"),
                                    base_slice(NULL, 0), next.data, next.len));
    secret = next;
    for (uint32_t generation = 0; generation <= 3; generation++) {
        assert_false(store_holds(&store, secret.data, secret.len));
        assert_ok(mls_derive_tree_secret(&crypto, &secret, "secret", generation, next.data, next.len));
        secret = next;
    }
    assert_true(store_holds(&store, secret.data, secret.len)); /* that of the next generation */

    assert_ok(take(tree, &crypto, 5, MLS_RATCHET_APPLICATION, 1, &key));
    assert_ok(save(tree, &store));
    assert_false(store_holds(&store, skipped.key, 32));
    mls_secret_tree_free(tree);
    free(store.records);
}

static void test_a_failing_save_loses_nothing(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct store store = new_store();
    struct mls_secret_tree *tree = new_tree(&crypto, 8);
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, 1, MLS_RATCHET_HANDSHAKE, 9, &key));
    for (size_t k = 0;; k++) {
        store.fail_after = k;
        base_result result = save(tree, &store);
        if (result == BASE_OK) {
            assert_true(k > 4);
            break;
        }
        assert_result(&BASE_ERR_TOO_LONG, result);
        assert_true(mls_secret_tree_changed(tree));
    }
    mls_secret_tree_free(tree);
    assert_ok(load(&crypto, &store, 8, &tree));
    assert_ok(take(tree, &crypto, 1, MLS_RATCHET_HANDSHAKE, 4, &key));
    assert_key(&crypto, 8, 1, MLS_RATCHET_HANDSHAKE, 4, &key);
    mls_secret_tree_free(tree);
    free(store.records);
}

static void test_damaged_records_are_refused(void **state) {
    (void)state;
    const struct mls_crypto crypto = suite3(base_allocator_libc());
    struct mls_secret_tree *tree = NULL;
    uint8_t value[MLS_SECRET_TREE_VALUE_MAX + 1] = { 0 };
    static const struct {
        uint8_t key[5];
        size_t key_len, value_len;
    } bad[] = {
        { { 0, 0, 0, 0, 3 }, 4, 32 },    /* a key of another length */
        { { 0, 0, 0, 0, 7 }, 5, 32 },    /* no node of a tree of 4 leaves */
        { { 0, 0, 0, 0, 3 }, 5, 31 },    /* no secret */
        { { 0x01, 0, 0, 0, 3 }, 5, 32 }, /* bits that a node does not have */
        { { 0x40, 0, 0, 0, 4 }, 5, 72 }, /* no leaf */
        { { 0x40, 0, 0, 0, 0 }, 5, 71 }, /* too short */
        { { 0x80, 0, 0, 0, 0 }, 5, 48 }, /* skipped keys of a leaf that is not there */
        { { 0xc0, 0, 0, 0, 0 }, 5, 32 }, /* no such kind */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(mls_secret_tree_empty(&crypto, 4, limits, &tree));
        assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(bad[i].key, bad[i].key_len),
                                                           base_slice(value, bad[i].value_len)));
        mls_secret_tree_free(tree);
    }
    /* Twice the same, and skipped keys that are not of their slot or not before the next generation. */
    assert_ok(mls_secret_tree_empty(&crypto, 4, limits, &tree));
    const uint8_t leaf[5] = { 0x40, 0, 0, 0, 0 };
    const uint8_t slot[5] = { 0x80, 0, 0, 0, 0 };
    value[3] = 3; /* the next generation of the handshake ratchet */
    assert_ok(mls_secret_tree_load(tree, base_slice(leaf, 5), base_slice(value, 72)));
    assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(leaf, 5), base_slice(value, 72)));
    assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(slot, 5), base_slice(value, 48)));
    assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(slot, 5), base_slice(value, 0)));
    assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(slot, 5), base_slice(value, 47)));
    value[3] = 2;
    assert_ok(mls_secret_tree_load(tree, base_slice(slot, 5), base_slice(value, 48)));
    assert_result(&MLS_ERR_STATE, mls_secret_tree_load(tree, base_slice(slot, 5), base_slice(value, 48)));
    /* Nothing above this leaf is there. */
    struct mls_aead_key key;
    assert_result(&MLS_ERR_STATE, take(tree, &crypto, 1, MLS_RATCHET_HANDSHAKE, 0, &key));
    mls_secret_tree_free(tree);
    /* A node's secret beside one above it, from which it could be derived again. */
    assert_ok(mls_secret_tree_empty(&crypto, 4, limits, &tree));
    const uint8_t root[5] = { 0, 0, 0, 0, 3 };
    const uint8_t below[5] = { 0, 0, 0, 0, 5 };
    assert_ok(mls_secret_tree_load(tree, base_slice(root, 5), base_slice(value, 32)));
    assert_ok(mls_secret_tree_load(tree, base_slice(below, 5), base_slice(value, 32)));
    assert_result(&MLS_ERR_STATE, take(tree, &crypto, 0, MLS_RATCHET_HANDSHAKE, 0, &key));
    mls_secret_tree_free(tree);
}

/* ---------------------------------------------------------------------------------------------------- memory ---- */

static base_result scenario(const struct base_allocator *allocator, void *user) {
    struct store *store = user;
    const struct mls_crypto crypto = suite3(allocator);
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    const struct mls_secret secret = some_secret(7);
    struct mls_aead_key key;
    BASE_TRY(mls_secret_tree_new(&crypto, 32, &secret, limits, &tree));
    BASE_TRY(take(tree, &crypto, 3, MLS_RATCHET_APPLICATION, 0, &key));
    BASE_TRY(save(tree, store));
    for (mls_leaf_index leaf = 0; leaf < 32; leaf += 3) {
        BASE_TRY(take(tree, &crypto, leaf, MLS_RATCHET_APPLICATION, 30, &key));
        BASE_TRY(take(tree, &crypto, leaf, MLS_RATCHET_APPLICATION, 22, &key));
    }
    BASE_TRY(save(tree, store));
    mls_secret_tree_free_at(&tree);
    return load(&crypto, store, 32, &tree);
}

static void test_failing_allocations(void **state) {
    (void)state;
    struct store store = new_store();
    assert_true(test_each_allocation(scenario, &store) > 50);
    free(store.records);
}

static base_result advance(struct mls_secret_tree *tree, const struct mls_crypto *crypto, mls_leaf_index leaf,
                           uint32_t generation) {
    struct mls_aead_key key;
    return take(tree, crypto, leaf, MLS_RATCHET_APPLICATION, generation, &key);
}

/* Where memory failed, the tree is as it was: the same call succeeds when there is memory again. */
static void test_usable_after_failing_allocations(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    const struct mls_crypto crypto = suite3(&alloc.allocator);
    const struct mls_secret secret = some_secret(0x42);
    struct mls_secret_tree *tree = NULL;
    assert_ok(mls_secret_tree_new(&crypto, 64, &secret, limits, &tree));
    struct store store = new_store();
    assert_ok(save(tree, &store));
    for (mls_leaf_index leaf = 0; leaf < 64; leaf += 5) {
        for (size_t k = 0;; k++) {
            alloc.fail_at = alloc.calls + k;
            const size_t failed = alloc.failed;
            base_result result = advance(tree, &crypto, leaf, 11);
            alloc.fail_at = SIZE_MAX;
            if (alloc.failed == failed) {
                assert_ok(result);
                break;
            }
            assert_result(&BASE_ERR_NO_MEMORY, result);
        }
        struct mls_aead_key key;
        assert_ok(take(tree, &crypto, leaf, MLS_RATCHET_APPLICATION, 7, &key));
        assert_key(&crypto, 64, leaf, MLS_RATCHET_APPLICATION, 7, &key);
    }
    mls_secret_tree_free(tree);
    test_alloc_end(&alloc);
    free(store.records);
}

static void test_large_trees_are_sparse(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    const struct mls_crypto crypto = suite3(&alloc.allocator);
    const struct mls_secret secret = some_secret(0x42);
    struct mls_secret_tree *tree = NULL;
    assert_ok(mls_secret_tree_new(&crypto, MLS_SECRET_TREE_LEAVES_MAX, &secret, limits, &tree));
    assert_true(alloc.bytes < 1024);
    struct mls_aead_key key;
    assert_ok(take(tree, &crypto, MLS_SECRET_TREE_LEAVES_MAX - 1, MLS_RATCHET_APPLICATION, 0, &key));
    assert_key(&crypto, MLS_SECRET_TREE_LEAVES_MAX, MLS_SECRET_TREE_LEAVES_MAX - 1, MLS_RATCHET_APPLICATION, 0, &key);
    assert_true(alloc.bytes < 8192);
    mls_secret_tree_free(tree);
    test_alloc_end(&alloc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_leaf_in_any_order),
        cmocka_unit_test(test_each_key_once),
        cmocka_unit_test(test_sending_counts_up),
        cmocka_unit_test(test_a_step_not_committed_changes_nothing),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_the_window_moves_on),
        cmocka_unit_test(test_without_a_window_nothing_is_kept),
        cmocka_unit_test(test_saved_at_any_moment),
        cmocka_unit_test(test_a_message_writes_little),
        cmocka_unit_test(test_forward_secrecy),
        cmocka_unit_test(test_a_failing_save_loses_nothing),
        cmocka_unit_test(test_damaged_records_are_refused),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_usable_after_failing_allocations),
        cmocka_unit_test(test_large_trees_are_sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
