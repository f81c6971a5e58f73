/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as saved state: refused, or a group that can be used, saved and loaded again.
 */
#include "group_fixture.h"

enum { SEED_MAX = 1 << 20 };

static void seed_store(const struct store *store, test_fuzz_seed seed, void *user) {
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(base_allocator_libc(), SEED_MAX);
    for (size_t i = 0; i < store->count; i++) {
        base_write_opaque(&writer, base_slice(store->records[i].key, store->records[i].key_len));
        base_write_opaque(&writer, base_slice(store->records[i].value, store->records[i].value_len));
    }
    seed(base_writer_view(&writer), user);
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    seed_store(&fixture->bob.store, seed, user);
    seed_store(&fixture->alice_store, seed, user);
}

static base_result next(void *user, bool *found, struct base_slice *key, struct base_slice *value) {
    struct base_reader *reader = user;
    *found = reader->left != 0;
    if (*found) {
        BASE_TRY(base_read_opaque(reader, key));
        BASE_TRY(base_read_opaque(reader, value));
    }
    return BASE_OK;
}

/* Each may fail, as nobody says that the state makes sense. */
static void use(const struct fixture *fixture, struct mls_group *group) {
    struct base_bytes message = { 0 };
    struct mls_commit_output output = { 0 };
    if (mls_group_encrypt(group, base_slice_text("x"), NULL, &message) == BASE_OK) {
        base_bytes_free(&message);
    }
    for (size_t i = 0; i < fixture->message_count; i++) {
        struct mls_event event = { 0 };
        if (mls_group_process(group, base_borrow(&fixture->messages[i]), &event) == BASE_OK) {
            mls_event_free(&event);
        }
    }
    if (mls_group_merge_pending(group) == BASE_OK || mls_group_commit(group, NULL, &output) == BASE_OK) {
        mls_commit_output_free(&output);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    struct base_reader reader = base_reader(base_slice(data, size));
    struct mls_source source = { next, &reader };
    struct mls_group *group = NULL;
    if (mls_group_load(&fixture->alice.context, &source, &group) != BASE_OK) {
        return 0;
    }
    struct store store = { 0 };
    struct mls_sink sink = store_sink(&store);
    use(fixture, group);
    TEST_CHECK(mls_group_save(group, &sink) == BASE_OK, "a group that was loaded can't be saved");
    TEST_CHECK(mls_group_erase(group, &sink) == BASE_OK, "a group that was loaded can't be erased");
    mls_group_free(group);
    store_free(&store);
    return 0;
}
