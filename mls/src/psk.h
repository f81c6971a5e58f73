/* SPDX-License-Identifier: Apache-2.0 */
/*
 * psk_secret (RFC 9420 §8.4): all pre-shared keys of a commit in one secret. Internal.
 */
#ifndef MLS_PSK_H
#define MLS_PSK_H

#include "crypto.h"

/** One pre-shared key. Borrowed. */
struct mls_psk {
    struct base_slice id;     /**< encoded PreSharedKeyID, its nonce included */
    struct base_slice secret; /**< the key, of any length */
};

/** The most PSKs that one commit may have: their number is 16 bits. */
#define MLS_PSKS_MAX UINT16_MAX

/** In the order of the proposals; no PSK gives Nh zero bytes. BASE_ERR_TOO_LONG: more than MLS_PSKS_MAX. */
BASE_MUST_USE base_result mls_psk_secret(const struct mls_crypto *crypto, const struct mls_psk *psks, size_t count,
                                         struct mls_secret *out);

#endif
