/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a group says about itself, and what somebody wants to change of it: refused, or encoded again to the same bytes.
 */
#include "about_samples.h"
#include "test/fuzz.h"

static void check_same(struct base_writer *writer, struct base_slice bytes) {
    TEST_CHECK(base_slice_equal(base_writer_view(writer), bytes), "there are two forms of it");
    base_writer_free(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct base_slice bytes = base_slice(data, size);
    struct base_writer writer = base_writer(base_allocator_libc(), 2 * ABOUT_MAX);
    struct group_about about;
    struct about_picture picture;
    struct about_edit edit;
    if (about_read(bytes, &about) == BASE_OK) {
        struct base_reader roles = base_reader(about.roles);
        struct about_entry entry;
        while (roles.left > 0) {
            TEST_CHECK(about_role_next(&roles, &entry) == BASE_OK, "a checked role doesn't read");
            TEST_CHECK(about_role_of(&about, entry.account, entry.domain) == (enum about_role)entry.role,
                       "a role is not found");
        }
        about_write(&writer, &about);
        check_same(&writer, bytes);
        writer = base_writer(base_allocator_libc(), 2 * ABOUT_MAX);
    }
    if (about_picture_read(bytes, &picture) == BASE_OK) {
        about_picture_write(&writer, &picture);
        check_same(&writer, bytes);
        writer = base_writer(base_allocator_libc(), 2 * ABOUT_MAX);
    }
    if (about_edit_read(bytes, &edit) == BASE_OK) {
        about_edit_write(&writer, &edit);
        check_same(&writer, bytes);
        return 0;
    }
    base_writer_free(&writer);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < ABOUT_SAMPLES; i++) {
        struct base_bytes bytes = about_sample(i);
        seed(base_borrow(&bytes), user);
        base_bytes_free(&bytes);
    }
}
