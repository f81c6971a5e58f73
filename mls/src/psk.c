/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chain of extractions, one for each key, each bound to the key's place in the list.
 */
#include "psk.h"

#include "key_schedule.h"

base_result mls_psk_secret(const struct mls_crypto *crypto, const struct mls_psk *psks, size_t count,
                           struct mls_secret *out) {
    BASE_ENSURE(count <= MLS_PSKS_MAX, BASE_ERR_TOO_LONG);
    struct mls_secret zero;
    mls_secret_zero(crypto, &zero);
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) chain = zero;
    for (size_t i = 0; i < count; i++) {
        /* PSKLabel: the id, its index and the number of all. */
        const uint8_t place[4] = { (uint8_t)(i >> 8), (uint8_t)i, (uint8_t)(count >> 8), (uint8_t)count };
        const struct base_slice label[] = { psks[i].id, base_slice(place, sizeof place) };
        struct mls_secret BASE_CLEANUP(mls_secret_wipe) extracted = { 0 };
        struct mls_secret BASE_CLEANUP(mls_secret_wipe) input = { .len = crypto->suite->hash_size };
        BASE_TRY(mls_extract(crypto, mls_secret_slice(&zero), psks[i].secret, &extracted));
        BASE_TRY(mls_expand_with_label_parts(crypto, mls_secret_slice(&extracted), base_slice_text("derived psk"),
                                             label, 2, input.data, input.len));
        BASE_TRY(mls_extract(crypto, mls_secret_slice(&input), mls_secret_slice(&chain), &extracted));
        chain = extracted;
    }
    *out = chain;
    return BASE_OK;
}
