/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HPKE (RFC 9180) in base mode, single-shot: seal and open one message, or export one secret. Internal.
 *
 * DHKEM, key schedule and context are built here on the provider's DH, HMAC and AEAD. MLS uses every context once,
 * so there is no sequence number: the nonce is the base nonce.
 */
#ifndef MLS_HPKE_H
#define MLS_HPKE_H

#include "crypto.h"

/** DHKEM.DeriveKeyPair(ikm), RFC 9180 §7.1.3. */
BASE_MUST_USE base_result mls_hpke_derive_keypair(const struct mls_crypto *crypto, struct base_slice ikm,
                                                  struct mls_keypair *out);

/** What the key schedule (RFC 9180 §5.1) makes of an info alone: computed once for many receivers of one info. */
struct mls_hpke_info {
    uint8_t data[1 + 2 * MLS_HASH_MAX];
    size_t len;
};

/** `info` in at most two parts. */
BASE_MUST_USE base_result mls_hpke_info(const struct mls_crypto *crypto, const struct base_slice *info,
                                        size_t info_count, struct mls_hpke_info *out);

/** mls_hpke_seal() under an info that is ready. */
BASE_MUST_USE base_result mls_hpke_seal_ready(const struct mls_crypto *crypto, const struct base_random *random,
                                              struct base_slice public_key, const struct mls_hpke_info *info,
                                              struct base_slice aad, struct base_slice plaintext,
                                              struct mls_public_key *kem_output, uint8_t *out);

/**
 * SealBase: `info` in at most two parts. Writes plaintext.len + MLS_AEAD_TAG_SIZE bytes to `out`, which may be the
 * plaintext's place. MLS_ERR_PUBLIC_KEY, BASE_ERR_RANDOM.
 */
BASE_MUST_USE base_result mls_hpke_seal(const struct mls_crypto *crypto, const struct base_random *random,
                                        struct base_slice public_key, const struct base_slice *info, size_t info_count,
                                        struct base_slice aad, struct base_slice plaintext,
                                        struct mls_public_key *kem_output, uint8_t *out);

/** SealBase with a given ephemeral key: for mls_hpke_seal and the vectors of RFC 9180 alone. */
BASE_MUST_USE base_result mls_hpke_seal_with(const struct mls_crypto *crypto, const struct mls_keypair *ephemeral,
                                             struct base_slice public_key, const struct base_slice *info,
                                             size_t info_count, struct base_slice aad, struct base_slice plaintext,
                                             uint8_t *out);

/** OpenBase. MLS_ERR_DECRYPT, MLS_ERR_PUBLIC_KEY (an invalid `kem_output`). */
BASE_MUST_USE base_result mls_hpke_open(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                        struct base_slice kem_output, const struct base_slice *info, size_t info_count,
                                        struct base_slice aad, struct base_slice ciphertext, uint8_t *out);

/** SendExportBase (RFC 9420 §8.3, external initialisation): `len` bytes to `out`. */
BASE_MUST_USE base_result mls_hpke_send_export(const struct mls_crypto *crypto, const struct base_random *random,
                                               struct base_slice public_key, struct base_slice info,
                                               struct base_slice exporter_context, struct mls_public_key *kem_output,
                                               uint8_t *out, size_t len);

/** ReceiveExportBase. MLS_ERR_PUBLIC_KEY. */
BASE_MUST_USE base_result mls_hpke_receive_export(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                                  struct base_slice kem_output, struct base_slice info,
                                                  struct base_slice exporter_context, uint8_t *out, size_t len);

#endif
