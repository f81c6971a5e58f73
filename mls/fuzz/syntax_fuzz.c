/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as one struct (FUZZ_ROUNDTRIP says which): refused, or encoded again to the same bytes. The seeds are the
 * samples of that struct.
 */
#include "samples.h"
#include "test/fuzz.h"

enum { MAX_INPUT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct base_slice input = base_slice(data, size);
    struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), MAX_INPUT);
    if (FUZZ_ROUNDTRIP(input, &again) == BASE_OK) {
        TEST_CHECK(again.failed == BASE_OK, "what was decoded can't be encoded");
        TEST_CHECK(base_slice_equal(base_writer_view(&again), input), "what was decoded is encoded differently");
    }
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < sample_count; i++) {
        if (samples[i].roundtrip == FUZZ_ROUNDTRIP) {
            struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_INPUT);
            samples[i].write(&writer);
            seed(base_writer_view(&writer), user);
        }
    }
}
