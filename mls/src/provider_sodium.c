/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsodium as provider: suite 3, with what version 1.0.18 has. Without state of its own.
 */
#include <string.h>

#include <sodium.h>

#include "mls/provider.h"

static bool supports(void *user, const struct mls_suite *suite) {
    (void)user;
    return suite->id == MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;
}

static base_result hash(void *user, const struct mls_suite *suite, const struct base_slice *parts, size_t count,
                        uint8_t *out) {
    (void)user;
    (void)suite;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++) {
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].len);
    }
    crypto_hash_sha256_final(&state, out); /* wipes the state */
    return BASE_OK;
}

static base_result hmac(void *user, const struct mls_suite *suite, struct base_slice key,
                        const struct base_slice *parts, size_t count, uint8_t *out) {
    (void)user;
    (void)suite;
    static const uint8_t no_key[1];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.len == 0 ? no_key : key.data, key.len);
    for (size_t i = 0; i < count; i++) {
        crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].len);
    }
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
    return BASE_OK;
}

static base_result seal(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice plaintext, uint8_t *out) {
    (void)user;
    (void)suite;
    int failed = crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plaintext.data, plaintext.len, aad.data, aad.len,
                                                           NULL, nonce, key);
    BASE_ENSURE(failed == 0, MLS_ERR_BACKEND);
    return BASE_OK;
}

static base_result open(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice ciphertext, uint8_t *out) {
    (void)user;
    (void)suite;
    BASE_ENSURE(ciphertext.len >= MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    int failed = crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, ciphertext.data, ciphertext.len, aad.data,
                                                           aad.len, nonce, key);
    BASE_ENSURE(failed == 0, MLS_ERR_DECRYPT);
    return BASE_OK;
}

static base_result kem_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                              struct mls_public_key *out) {
    (void)user;
    (void)suite;
    BASE_ENSURE(private_key.len == crypto_scalarmult_SCALARBYTES, MLS_ERR_PRIVATE_KEY);
    BASE_ENSURE(crypto_scalarmult_base(out->data, private_key.data) == 0, MLS_ERR_BACKEND);
    out->len = crypto_scalarmult_BYTES;
    return BASE_OK;
}

static base_result kem_check(void *user, const struct mls_suite *suite, struct base_slice public_key) {
    /* RFC 7748 §6.1: the points of small order (https://cr.yp.to/ecdh.html#validate), whose highest bit is ignored. */
    static const uint8_t small[][crypto_scalarmult_BYTES] = {
        { 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
          0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 },
        { 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
          0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 },
        { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
          0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
        { 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
          0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
    };
    uint8_t masked[crypto_scalarmult_BYTES];
    (void)user;
    (void)suite;
    BASE_ENSURE(public_key.len == sizeof masked, MLS_ERR_PUBLIC_KEY);
    memcpy(masked, public_key.data, sizeof masked);
    masked[sizeof masked - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        BASE_ENSURE(!base_slice_equal(base_slice(masked, sizeof masked), base_slice(small[i], sizeof small[i])),
                    MLS_ERR_PUBLIC_KEY);
    }
    return BASE_OK;
}

static base_result dh(void *user, const struct mls_suite *suite, struct base_slice private_key,
                      struct base_slice public_key, uint8_t *out) {
    (void)user;
    (void)suite;
    BASE_ENSURE(private_key.len == crypto_scalarmult_SCALARBYTES, MLS_ERR_PRIVATE_KEY);
    BASE_ENSURE(public_key.len == crypto_scalarmult_BYTES, MLS_ERR_PUBLIC_KEY);
    /* It fails for points of small order, those of which the result is all zeros. */
    BASE_ENSURE(crypto_scalarmult(out, private_key.data, public_key.data) == 0, MLS_ERR_PUBLIC_KEY);
    return BASE_OK;
}

static base_result signature_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                    struct mls_public_key *out) {
    (void)user;
    (void)suite;
    BASE_ENSURE(private_key.len == crypto_sign_SEEDBYTES, MLS_ERR_PRIVATE_KEY);
    uint8_t expanded[crypto_sign_SECRETKEYBYTES];
    int failed = crypto_sign_seed_keypair(out->data, expanded, private_key.data);
    sodium_memzero(expanded, sizeof expanded);
    BASE_ENSURE(failed == 0, MLS_ERR_BACKEND);
    out->len = crypto_sign_PUBLICKEYBYTES;
    return BASE_OK;
}

static base_result sign(void *user, const struct mls_suite *suite, const struct mls_keypair *key,
                        struct base_slice message, struct mls_signature *out) {
    (void)user;
    (void)suite;
    BASE_ENSURE(key->private_key.len == crypto_sign_SEEDBYTES, MLS_ERR_PRIVATE_KEY);
    BASE_ENSURE(key->public_key.len == crypto_sign_PUBLICKEYBYTES, MLS_ERR_PUBLIC_KEY);
    /* libsodium's secret key is the seed and the public key side by side: nothing to compute. */
    uint8_t expanded[crypto_sign_SECRETKEYBYTES];
    memcpy(expanded, key->private_key.data, crypto_sign_SEEDBYTES);
    memcpy(expanded + crypto_sign_SEEDBYTES, key->public_key.data, crypto_sign_PUBLICKEYBYTES);
    int failed = crypto_sign_detached(out->data, NULL, message.data, message.len, expanded);
    sodium_memzero(expanded, sizeof expanded);
    BASE_ENSURE(failed == 0, MLS_ERR_BACKEND);
    out->len = crypto_sign_BYTES;
    return BASE_OK;
}

static base_result verify(void *user, const struct mls_suite *suite, struct base_slice public_key,
                          struct base_slice message, struct base_slice signature) {
    (void)user;
    (void)suite;
    BASE_ENSURE(public_key.len == crypto_sign_PUBLICKEYBYTES, MLS_ERR_PUBLIC_KEY);
    BASE_ENSURE(signature.len == crypto_sign_BYTES, MLS_ERR_SIGNATURE);
    int failed = crypto_sign_verify_detached(signature.data, message.data, message.len, public_key.data);
    BASE_ENSURE(failed == 0, MLS_ERR_SIGNATURE);
    return BASE_OK;
}

const struct mls_provider *mls_provider_sodium(void) {
    static const struct mls_provider provider = {
        .name = "sodium",
        .supports = supports,
        .hash = hash,
        .hmac = hmac,
        .seal = seal,
        .open = open,
        .kem_public = kem_public,
        .kem_check = kem_check,
        .dh = dh,
        .signature_public = signature_public,
        .sign = sign,
        .verify = verify,
    };
    /* Chooses the fastest code for this processor; harmless when it has been called before. */
    return sodium_init() < 0 ? NULL : &provider;
}
