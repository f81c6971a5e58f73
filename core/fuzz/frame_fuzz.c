/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whatever a server says, a core lives on.
 *
 * The input is a row of frames, each behind its length in two bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "test/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct fixture *fixture = fixture_get();
    struct weibel_core *core = fixture_open(fixture, &fixture->store, true);
    TEST_CHECK(core != NULL, "the home doesn't open");
    struct base_reader reader = base_reader(base_slice(data, size));
    uint16_t len;
    while (base_read_u16(&reader, &len) == BASE_OK) {
        struct base_slice frame;
        if (base_read_slice(&reader, len, &frame) != BASE_OK) {
            break;
        }
        base_result result = weibel_core_frame(core, frame);
        TEST_CHECK(result == BASE_OK, result->name);
        result = fixture_drain(fixture, &fixture->store, core, true);
        TEST_CHECK(result == BASE_OK, result->name);
    }
    weibel_core_free(core);
    return 0;
}

static void add_frame(struct base_writer *writer, struct model_bytes frame) {
    base_write_u16(writer, (uint16_t)frame.len);
    base_write_slice(writer, base_slice(frame.data, frame.len));
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    struct base_writer all = base_writer(base_allocator_libc(), 1 << 20);
    for (size_t i = 0; i < fixture->frame_count; i++) {
        struct base_writer one = base_writer(base_allocator_libc(), 1 << 17);
        add_frame(&one, fixture->frames[i]);
        add_frame(&all, fixture->frames[i]);
        seed(base_writer_view(&one), user);
        base_writer_free(&one);
    }
    seed(base_writer_view(&all), user);
    base_writer_free(&all);
}
