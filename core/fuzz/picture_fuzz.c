/* SPDX-License-Identifier: EUPL-1.2 */
/* What pictures say is taken out of them: nothing outside of it is touched, and nothing more is found at a second look.
 */
#include "pictures.h"
#include "test/fuzz.h"
#include "test/mutate.h"
#include "weibel/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *picture = test_exact_copy(data, size);
    if (weibel_picture_bare(picture, size) == BASE_OK) {
        uint8_t *again = test_exact_copy(picture, size);
        if (weibel_picture_bare(again, size) == BASE_OK) {
            TEST_CHECK(memcmp(again, picture, size) == 0, "something was left in a picture");
        }
        free(again);
    }
    free(picture);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < picture_sample_count; i++) {
        seed(picture_samples[i].before, user);
    }
}
