/* SPDX-License-Identifier: Apache-2.0 */
#include "base/host.h"

base_result base_random_fill(const struct base_random *random, void *out, size_t len) {
    base_result result = random->fill(random->user, out, len);
    if (result != BASE_OK) {
        base_wipe(out, len);
        return &BASE_ERR_RANDOM;
    }
    return BASE_OK;
}
