/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two halves of the OpenSSL provider share. Internal to provider_openssl*.c.
 */
#ifndef MLS_PROVIDER_OPENSSL_H
#define MLS_PROVIDER_OPENSSL_H

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mls/provider.h"

enum { MLS_OPENSSL_CURVES = 3 };

/** The provider with all that was fetched for it; NULL where the running OpenSSL does not have it. */
struct mls_openssl {
    struct mls_provider provider;
    EVP_MD *hashes[4];             /**< by enum mls_hash_id */
    EVP_MAC *hmac;                 /**< for the contexts */
    EVP_MAC_CTX *macs[4];          /**< by enum mls_hash_id; keyed with zeros between two uses */
    EVP_CIPHER *aeads[4];          /**< by enum mls_aead_id */
    EVP_MD_CTX *hash_context;      /**< for hashes */
    EVP_MD_CTX *signature_context; /**< empty between two uses */
    EVP_CIPHER_CTX *aead_context;  /**< empty between two uses */
    EC_GROUP *curves[MLS_OPENSSL_CURVES];
    BN_CTX *numbers; /**< of secret numbers too */
    bool has_x25519, has_x448, has_ed25519, has_ed448, has_ecdsa;
};

/** The functions of struct mls_provider that work with keys, and what these need. */
base_result mls_openssl_kem_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                   struct mls_public_key *out);
base_result mls_openssl_kem_check(void *user, const struct mls_suite *suite, struct base_slice public_key);
base_result mls_openssl_dh(void *user, const struct mls_suite *suite, struct base_slice private_key,
                           struct base_slice public_key, uint8_t *out);
base_result mls_openssl_signature_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                         struct mls_public_key *out);
base_result mls_openssl_sign(void *user, const struct mls_suite *suite, const struct mls_keypair *key,
                             struct base_slice message, struct mls_signature *out);
base_result mls_openssl_verify(void *user, const struct mls_suite *suite, struct base_slice public_key,
                               struct base_slice message, struct base_slice signature);
bool mls_openssl_has_keys(const struct mls_openssl *self, const struct mls_suite *suite);
base_result mls_openssl_fetch_keys(struct mls_openssl *self);
void mls_openssl_free_keys(struct mls_openssl *self);

#endif
