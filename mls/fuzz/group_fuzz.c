/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member is given any bytes as a message. Whatever they are, he can go on: what fails has changed nothing, and a
 * commit that is right leads on.
 */
#include "group_fixture.h"

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    for (size_t i = 1; i < fixture->message_count; i++) {
        seed(base_borrow(&fixture->messages[i]), user);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fixture *fixture = fixture_get();
    struct mls_group *bob = fixture_load(&fixture->bob, &fixture->bob.store);
    struct mls_event event = { 0 };
    base_result result = mls_group_process(bob, base_slice(data, size), &event);
    if (result == BASE_OK && event.kind == MLS_EVENT_COMMIT) {
        TEST_CHECK(mls_group_apply(bob, &event.staged) == BASE_OK, "a commit that was staged can't be applied");
        TEST_CHECK(mls_group_epoch(bob) == 3, "another epoch than the next");
    }
    bool is_first = result == BASE_OK && event.kind == MLS_EVENT_APPLICATION &&
                    base_slice_equal(event.plaintext, base_slice_text("hello"));
    mls_event_free(&event);
    if (!is_first) {
        fixture_check_bob(fixture, bob);
    }
    mls_group_free(bob);
    return 0;
}
