/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Body parts of our own types: what decodes encodes to the same bytes, and can be told in words. The first byte says
 * which type.
 */
#include <sodium.h>
#include <string.h>

#include "bodies.h"
#include "test/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || data[0] >= BODY_KINDS) {
        return 0;
    }
    struct base_slice bytes = base_slice(data + 1, size - 1);
    struct base_writer writer = base_writer(base_allocator_libc(), size),
                       text = base_writer(base_allocator_libc(), 1 << 16);
    if (body_kinds[data[0]].reencode(bytes, &writer) == BASE_OK) {
        TEST_CHECK(base_slice_equal(base_writer_view(&writer), bytes), "a body part has two forms");
    }
    struct content_poll poll;
    struct content_location location;
    if (data[0] == BODY_POLL && content_poll_decode(bytes, &poll) == BASE_OK) {
        content_poll_text(&text, &poll);
    }
    if (data[0] == BODY_LOCATION && content_location_decode(bytes, &location) == BASE_OK) {
        content_location_text(&text, &location);
    }
    TEST_CHECK(text.failed == BASE_OK, "a body part has too many words");
    base_writer_free(&writer);
    base_writer_free(&text);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < BODY_KINDS; i++) {
        uint8_t bytes[256] = { (uint8_t)i };
        size_t len;
        const char *hex = body_kinds[i].sample;
        TEST_CHECK(sodium_hex2bin(bytes + 1, sizeof bytes - 1, hex, strlen(hex), " ", &len, NULL) == 0, "bad hex");
        seed(base_slice(bytes, len + 1), user);
    }
}
