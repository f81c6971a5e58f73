/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MIMI content: what decodes encodes to the same bytes, also part by part.
 */
#include "content_examples.h"
#include "test/fuzz.h"

/* Writes a part with all that is in it again. Depth was checked. */
static void copy_part(struct base_reader *reader, struct base_writer *writer) {
    struct content_part part;
    TEST_CHECK(content_part_read(reader, &part) == BASE_OK, "a checked part doesn't read");
    struct base_writer parts = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_reader inner = base_reader(part.parts);
    for (uint64_t i = 0; i < part.count; i++) {
        copy_part(&inner, &parts);
    }
    TEST_CHECK(inner.left == 0, "a multipart has more than its parts");
    part.parts = base_writer_view(&parts);
    content_part_write(writer, &part);
    base_writer_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct base_slice bytes = base_slice(data, size);
    struct content content;
    if (content_decode(bytes, &content) != BASE_OK) {
        return 0;
    }
    (void)content_extension(&content, CONTENT_SENT_AT);
    struct base_writer body = base_writer(base_allocator_libc(), CONTENT_MAX);
    struct base_reader reader = base_reader(content.body);
    copy_part(&reader, &body);
    TEST_CHECK(base_slice_equal(base_writer_view(&body), content.body), "a body has two forms");
    content.body = base_writer_view(&body);
    struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
    content_encode(&writer, &content);
    TEST_CHECK(base_slice_equal(base_writer_view(&writer), bytes), "a message has two forms");
    base_writer_free(&writer);
    base_writer_free(&body);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < CONTENT_EXAMPLES; i++) {
        struct base_bytes bytes = content_example_encode(&content_examples[i]);
        seed(base_borrow(&bytes), user);
        base_bytes_free(&bytes);
    }
}
