/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the saved records of a secret tree, each an opaque key and an opaque value: refused, or given out again
 * as they are. A tree that was taken must bear being used.
 */
#include <string.h>

#include "secret_tree_state.h"
#include "test/fuzz.h"

enum { MAX_INPUT = 1 << 16, SUITE = 3, LEAVES = 8 };

static const struct mls_secret_tree_limits limits = { .ahead = 20, .window = 10 };

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

static struct mls_crypto suite(void) {
    struct mls_crypto crypto;
    must(mls_crypto_for(mls_provider_sodium(), base_allocator_libc(), SUITE, &crypto));
    return crypto;
}

/* The input, and how many of its records have come out again. */
struct records {
    struct base_slice input;
    size_t loaded;
    size_t saved;
};

static base_result load(struct mls_secret_tree *tree, struct records *records) {
    struct base_reader reader = base_reader(records->input);
    while (reader.left != 0) {
        struct base_slice key = { 0 };
        struct base_slice value = { 0 };
        BASE_TRY(base_read_opaque(&reader, &key));
        BASE_TRY(base_read_opaque(&reader, &value));
        BASE_TRY(mls_secret_tree_load(tree, key, value));
        records->loaded++;
    }
    return BASE_OK;
}

static base_result expect_record(void *user, struct base_slice key, struct base_slice value) {
    struct records *records = user;
    struct base_reader reader = base_reader(records->input);
    while (reader.left != 0) {
        struct base_slice loaded_key = { 0 };
        struct base_slice loaded_value = { 0 };
        must(base_read_opaque(&reader, &loaded_key));
        must(base_read_opaque(&reader, &loaded_value));
        if (base_slice_equal(key, loaded_key)) {
            TEST_CHECK(base_slice_equal(value, loaded_value), "a record is saved differently");
            records->saved++;
            return BASE_OK;
        }
    }
    TEST_CHECK(false, "a record that was not loaded is saved");
    return BASE_OK;
}

static base_result ignore_deletion(void *user, struct base_slice key) {
    (void)user;
    (void)key;
    return BASE_OK;
}

static void use(struct mls_secret_tree *tree, const struct mls_crypto *crypto) {
    for (mls_leaf_index leaf = 0; leaf < LEAVES; leaf++) {
        for (uint32_t i = 0; i < 2; i++) {
            const enum mls_ratchet ratchet = i == 0 ? MLS_RATCHET_HANDSHAKE : MLS_RATCHET_APPLICATION;
            struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
            if (mls_secret_tree_send(tree, crypto, leaf, ratchet, &step) == BASE_OK) {
                mls_secret_tree_commit(tree, &step);
            }
            for (uint32_t generation = 40; generation-- > 0;) {
                if (mls_secret_tree_receive(tree, crypto, leaf, ratchet, generation, &step) == BASE_OK) {
                    mls_secret_tree_commit(tree, &step);
                }
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_INPUT) {
        return 0;
    }
    const struct mls_crypto crypto = suite();
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    struct records records = { .input = base_slice(data, size) };
    must(mls_secret_tree_empty(&crypto, LEAVES, limits, &tree));
    if (load(tree, &records) != BASE_OK) {
        return 0;
    }
    const struct mls_sink sink = { expect_record, ignore_deletion, &records };
    TEST_CHECK(!mls_secret_tree_changed(tree), "what was loaded counts as changed");
    tree->tracked = false; /* as if it had never been saved: all of it comes */
    must(mls_secret_tree_save(tree, base_slice(NULL, 0), &sink));
    TEST_CHECK(records.saved == records.loaded, "a record was lost");
    use(tree, &crypto);
    return 0;
}

/* The seeds' records come as a table gives them; here they must come in order. */
struct sorted {
    struct {
        uint8_t key[MLS_SECRET_TREE_KEY_SIZE];
        uint8_t value[MLS_SECRET_TREE_VALUE_MAX];
        size_t value_len;
    } records[64];
    size_t count;
};

static base_result insert(void *user, struct base_slice key, struct base_slice value) {
    struct sorted *sorted = user;
    TEST_CHECK(sorted->count < 64, "a seed has too many records");
    size_t at = sorted->count++;
    for (; at > 0 && memcmp(sorted->records[at - 1].key, key.data, key.len) > 0; at--) {
        sorted->records[at] = sorted->records[at - 1];
    }
    memcpy(sorted->records[at].key, key.data, key.len);
    memcpy(sorted->records[at].value, value.data, value.len);
    sorted->records[at].value_len = value.len;
    return BASE_OK;
}

static void write_seed(struct mls_secret_tree *tree, test_fuzz_seed seed, void *user) {
    struct sorted sorted = { .count = 0 };
    const struct mls_sink sink = { insert, ignore_deletion, &sorted };
    tree->tracked = false;
    must(mls_secret_tree_save(tree, base_slice(NULL, 0), &sink));
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_INPUT);
    for (size_t i = 0; i < sorted.count; i++) {
        base_write_opaque(&writer, base_slice(sorted.records[i].key, sizeof sorted.records[i].key));
        base_write_opaque(&writer, base_slice(sorted.records[i].value, sorted.records[i].value_len));
    }
    seed(base_writer_view(&writer), user);
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct mls_crypto crypto = suite();
    const struct mls_secret secret = { .len = 32 };
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    must(mls_secret_tree_new(&crypto, LEAVES, &secret, limits, &tree));
    write_seed(tree, seed, user);
    for (mls_leaf_index leaf = 0; leaf < LEAVES; leaf += 3) {
        struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
        must(mls_secret_tree_receive(tree, &crypto, leaf, MLS_RATCHET_APPLICATION, 13 + leaf, &step));
        mls_secret_tree_commit(tree, &step);
        write_seed(tree, seed, user);
    }
}
