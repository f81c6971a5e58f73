/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any bytes as a frame: refused, or encoded again to the same bytes. The corpus holds one frame of each
 * type.
 */
#include "test/check.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct base_slice input = base_slice(data, size);
    struct wire_frame frame;
    if (wire_decode(input, &frame) != BASE_OK) {
        return 0;
    }
    struct base_bytes again = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), size);
    wire_encode(&writer, &frame);
    TEST_CHECK(base_writer_finish(&writer, &again) == BASE_OK, "what was decoded can't be encoded");
    TEST_CHECK(base_slice_equal(base_borrow(&again), input), "what was decoded is encoded differently");
    base_bytes_free(&again);
    return 0;
}
