/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labelled functions of RFC 9420 (§5.1, §5.2, §8), over any provider. Internal.
 *
 * Every output is of the caller; what is called `out` is unspecified after an error, secrets in it are wiped.
 */
#ifndef MLS_CRYPTO_H
#define MLS_CRYPTO_H

#include "base/memory.h"
#include "mls/provider.h"

/** The longest label in use, "MLS 1.0 " included, with room; labels are the library's or the exporter's caller's. */
#define MLS_LABEL_MAX 255

/** A suite and where its primitives and scratch memory come from. Borrows all three. Goes by pointer to everything. */
struct mls_crypto {
    const struct mls_suite *suite;
    const struct mls_provider *provider;
    const struct base_allocator *allocator;
};

/** MLS_ERR_SUITE if the provider does not have it. */
BASE_MUST_USE base_result mls_crypto_for(const struct mls_provider *provider, const struct base_allocator *allocator,
                                         uint16_t suite, struct mls_crypto *out);

/** Hash of the parts, as if they were one. */
BASE_MUST_USE base_result mls_hash_parts(const struct mls_crypto *crypto, const struct base_slice *parts, size_t count,
                                         struct mls_secret *out);
BASE_MUST_USE base_result mls_hash(const struct mls_crypto *crypto, struct base_slice message, struct mls_secret *out);

/** MAC(key, message) of §5.1: HMAC with the suite's hash. */
BASE_MUST_USE base_result mls_mac(const struct mls_crypto *crypto, struct base_slice key, struct base_slice message,
                                  struct mls_secret *out);

/** MLS_ERR_MAC unless `expected` is the MAC, compared in constant time. */
BASE_MUST_USE base_result mls_mac_verify(const struct mls_crypto *crypto, struct base_slice key,
                                         struct base_slice message, struct base_slice expected);

/** KDF.Extract (HKDF, RFC 5869). */
BASE_MUST_USE base_result mls_extract(const struct mls_crypto *crypto, struct base_slice salt, struct base_slice ikm,
                                      struct mls_secret *out);
BASE_MUST_USE base_result mls_extract_parts(const struct mls_crypto *crypto, struct base_slice salt,
                                            const struct base_slice *parts, size_t count, struct mls_secret *out);

/** The longest `info` in parts that mls_expand_parts takes. */
#define MLS_INFO_PARTS_MAX 8

/** KDF.Expand (HKDF) to `len` bytes. BASE_ERR_TOO_LONG from 255 hashes on. `info` in at most MLS_INFO_PARTS_MAX parts.
 */
BASE_MUST_USE base_result mls_expand_parts(const struct mls_crypto *crypto, struct base_slice prk,
                                           const struct base_slice *info, size_t count, uint8_t *out, size_t len);

/** ExpandWithLabel(secret, label, context, len) of §8; `label` without "MLS 1.0 ". BASE_ERR_TOO_LONG (`len`). */
BASE_MUST_USE base_result mls_expand_with_label(const struct mls_crypto *crypto, struct base_slice secret,
                                                struct base_slice label, struct base_slice context, uint8_t *out,
                                                size_t len);

/** The same, with a context in at most MLS_INFO_PARTS_MAX - 1 parts. */
BASE_MUST_USE base_result mls_expand_with_label_parts(const struct mls_crypto *crypto, struct base_slice secret,
                                                      struct base_slice label, const struct base_slice *context,
                                                      size_t count, uint8_t *out, size_t len);

/** DeriveSecret(secret, label) of §8. `out` may be `secret`. */
BASE_MUST_USE base_result mls_derive_secret(const struct mls_crypto *crypto, const struct mls_secret *secret,
                                            const char *label, struct mls_secret *out);

/** DeriveTreeSecret(secret, label, generation, len) of §9. */
BASE_MUST_USE base_result mls_derive_tree_secret(const struct mls_crypto *crypto, const struct mls_secret *secret,
                                                 const char *label, uint32_t generation, uint8_t *out, size_t len);

/** RefHash(label, value) of §5.2; `label` is whole, as in the RFC. */
BASE_MUST_USE base_result mls_ref_hash(const struct mls_crypto *crypto, struct base_slice label,
                                       struct base_slice value, struct mls_secret *out);
/** MakeKeyPackageRef and MakeProposalRef of §5.2, of an encoded KeyPackage or AuthenticatedContent. */
BASE_MUST_USE base_result mls_key_package_ref(const struct mls_crypto *crypto, struct base_slice encoded,
                                              struct mls_secret *out);
BASE_MUST_USE base_result mls_proposal_ref(const struct mls_crypto *crypto, struct base_slice encoded,
                                           struct mls_secret *out);

/** A fresh signature key. BASE_ERR_RANDOM. */
BASE_MUST_USE base_result mls_signature_generate(const struct mls_crypto *crypto, const struct base_random *random,
                                                 struct mls_keypair *out);

/** The pair of a private signature key; a scalar may lack leading zeros. MLS_ERR_PRIVATE_KEY. */
BASE_MUST_USE base_result mls_signature_keypair(const struct mls_crypto *crypto, struct base_slice private_key,
                                                struct mls_keypair *out);

/** SignWithLabel of §5.1.2. BASE_ERR_NO_MEMORY, MLS_ERR_PRIVATE_KEY. */
BASE_MUST_USE base_result mls_sign_with_label(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                              struct base_slice label, struct base_slice content,
                                              struct mls_signature *out);

/** VerifyWithLabel of §5.1.2. MLS_ERR_SIGNATURE, MLS_ERR_PUBLIC_KEY, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_verify_with_label(const struct mls_crypto *crypto, struct base_slice public_key,
                                                struct base_slice label, struct base_slice content,
                                                struct base_slice signature);

/** A fresh KEM key: mls_kem_derive of fresh randomness, so that a run repeats with its randomness. BASE_ERR_RANDOM. */
BASE_MUST_USE base_result mls_kem_generate(const struct mls_crypto *crypto, const struct base_random *random,
                                           struct mls_keypair *out);

/** Whether anything can be encrypted to a KEM key: one that is not valid would make every commit fail that has to reach
 * it. MLS_ERR_PUBLIC_KEY, MLS_ERR_BACKEND. */
static inline base_result mls_kem_check(const struct mls_crypto *crypto, struct base_slice public_key) {
    return crypto->provider->kem_check(crypto->provider->user, crypto->suite, public_key);
}

/** KEM.DeriveKeyPair(ikm) of RFC 9180 §7.1.3: for node secrets (§7.4) and the external key (§8). */
BASE_MUST_USE base_result mls_kem_derive(const struct mls_crypto *crypto, struct base_slice ikm,
                                         struct mls_keypair *out);

/** The pair of a private KEM key; a scalar may lack leading zeros. MLS_ERR_PRIVATE_KEY. */
BASE_MUST_USE base_result mls_kem_keypair(const struct mls_crypto *crypto, struct base_slice private_key,
                                          struct mls_keypair *out);

/**
 * EncryptWithLabel of §5.1.3: HPKE base mode to `public_key`. Writes the KEM output to `kem_output` and
 * plaintext.len + MLS_AEAD_TAG_SIZE bytes to `out`. MLS_ERR_PUBLIC_KEY, BASE_ERR_RANDOM.
 */
BASE_MUST_USE base_result mls_encrypt_with_label(const struct mls_crypto *crypto, const struct base_random *random,
                                                 struct base_slice public_key, struct base_slice label,
                                                 struct base_slice context, struct base_slice plaintext,
                                                 struct mls_public_key *kem_output, uint8_t *out);

/** EncryptWithLabel for many receivers of one label and context, which are hashed once: `info` is what hpke.h makes. */
struct mls_hpke_info;
BASE_MUST_USE base_result mls_encrypt_prepare(const struct mls_crypto *crypto, struct base_slice label,
                                              struct base_slice context, struct mls_hpke_info *info);

/**
 * DecryptWithLabel of §5.1.3. Writes ciphertext.len - MLS_AEAD_TAG_SIZE bytes to `out`. MLS_ERR_DECRYPT (also for a
 * ciphertext shorter than a tag), MLS_ERR_PUBLIC_KEY for an invalid `kem_output`.
 */
BASE_MUST_USE base_result mls_decrypt_with_label(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                                 struct base_slice label, struct base_slice context,
                                                 struct base_slice kem_output, struct base_slice ciphertext,
                                                 uint8_t *out);

#endif
