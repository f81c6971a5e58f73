/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a GroupInfo with its tree, signed by whom it says: all signatures are taken for good. It is refused, or
 * makes a group that can be told of, joined, saved and loaded again.
 */
#include "group_fixture.h"

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    seed(base_borrow(&fixture_get()->group_info), user);
}

static base_result trust(void *user, const struct mls_suite *suite, struct base_slice public_key,
                         struct base_slice message, struct base_slice signature) {
    (void)user, (void)suite, (void)public_key, (void)message, (void)signature;
    return BASE_OK;
}

static void save_and_load(const struct mls_context *context, struct mls_group *group) {
    struct store store = { 0 };
    struct mls_group *loaded = NULL;
    struct mls_sink sink = store_sink(&store);
    TEST_CHECK(mls_group_save(group, &sink) == BASE_OK, "it can't be saved");
    struct mls_source source = store_source(&store);
    TEST_CHECK(mls_group_load(context, &source, &loaded) == BASE_OK, "what was saved can't be loaded");
    TEST_CHECK(base_slice_equal(mls_group_encoded_context(group), mls_group_encoded_context(loaded)),
               "another group was loaded");
    mls_group_free(loaded);
    store_free(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    struct mls_provider provider = *fixture->carol.context.provider;
    struct mls_context context = fixture->carol.context;
    struct mls_group *group = NULL;
    struct base_bytes BASE_CLEANUP(base_bytes_free) commit = { 0 };
    provider.verify = trust;
    context.provider = &provider;
    if (mls_group_follow(&context, base_slice(data, size), (struct base_slice){ 0 }, &group) != BASE_OK) {
        return 0;
    }
    save_and_load(&context, group);
    mls_group_free(group);
    group = NULL;
    if (mls_group_join_external(&context, base_slice(data, size), &fixture->carol.identity, NULL, &group, &commit) ==
        BASE_OK) {
        save_and_load(&context, group);
    }
    mls_group_free(group);
    return 0;
}
