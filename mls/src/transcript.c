/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two hashes chained over the commits: one before, one after the confirmation tag.
 */
#include "transcript.h"

base_result mls_confirmed_transcript_hash(const struct mls_crypto *crypto, struct base_slice interim_before,
                                          struct base_slice input, struct mls_secret *out) {
    const struct base_slice parts[] = { interim_before, input };
    return mls_hash_parts(crypto, parts, 2, out);
}

base_result mls_interim_transcript_hash(const struct mls_crypto *crypto, struct base_slice confirmed,
                                        struct base_slice confirmation_tag, struct mls_secret *out) {
    /* InterimTranscriptHashInput is `opaque<V>`: a tag of up to MLS_HASH_MAX bytes takes one or two bytes of length. */
    BASE_ENSURE(confirmation_tag.len <= MLS_HASH_MAX, BASE_ERR_TOO_LONG);
    const size_t len = confirmation_tag.len;
    const uint8_t length[2] = { (uint8_t)(len < 64 ? len : 0x40), (uint8_t)len };
    const struct base_slice parts[] = { confirmed, base_slice(length, len < 64 ? 1 : 2), confirmation_tag };
    return mls_hash_parts(crypto, parts, 3, out);
}
