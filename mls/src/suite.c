/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seven cipher suites of RFC 9420 §17.1, as constants.
 */
#include "mls/provider.h"

BASE_DEFINE_ERROR(MLS_ERR_SUITE, BASE_PEER, "RFC 9420 §17.1", "the cipher suite is unknown or not available here");
BASE_DEFINE_ERROR(MLS_ERR_BACKEND, BASE_INTERNAL, 0, "the cryptographic library failed");
BASE_DEFINE_ERROR(MLS_ERR_PUBLIC_KEY, BASE_CRYPTO, "RFC 9420 §5.1", "not a valid public key of the cipher suite");
BASE_DEFINE_ERROR(MLS_ERR_PRIVATE_KEY, BASE_CRYPTO, "RFC 9420 §5.1", "not a valid private key of the cipher suite");
BASE_DEFINE_ERROR(MLS_ERR_SIGNATURE, BASE_CRYPTO, "RFC 9420 §5.1.2", "a signature is not that of its signer");
BASE_DEFINE_ERROR(MLS_ERR_DECRYPT, BASE_CRYPTO, "RFC 9420 §5.1", "a ciphertext was changed or is for another key");
BASE_DEFINE_ERROR(MLS_ERR_MAC, BASE_CRYPTO, "RFC 9420 §5.1", "an authentication code or hash is not the expected one");

/* The sizes that go with an algorithm, so that each is written once. */
#define X25519_ED25519                                                                                                 \
    .kem_public_size = 32, .kem_private_size = 32, .dh_size = 32, .signature_public_size = 32,                         \
    .signature_private_size = 32, .signature_max = 64, .kem = MLS_KEM_X25519, .signature = MLS_ED25519
#define X448_ED448                                                                                                     \
    .kem_public_size = 56, .kem_private_size = 56, .dh_size = 56, .signature_public_size = 57,                         \
    .signature_private_size = 57, .signature_max = 114, .kem = MLS_KEM_X448, .signature = MLS_ED448
#define NIST(BITS, POINT, SCALAR, DER)                                                                                 \
    .kem_public_size = (POINT), .kem_private_size = (SCALAR), .dh_size = (SCALAR), .signature_public_size = (POINT),   \
    .signature_private_size = (SCALAR), .signature_max = (DER), .kem = MLS_KEM_P##BITS, .signature = MLS_ECDSA_P##BITS
#define HASH(BITS) .hash = MLS_SHA##BITS, .hash_size = (BITS) / 8
#define AES128GCM .aead = MLS_AES128GCM, .aead_key_size = 16
#define AES256GCM .aead = MLS_AES256GCM, .aead_key_size = 32
#define CHACHA20POLY1305 .aead = MLS_CHACHA20POLY1305, .aead_key_size = 32
#define SUITE(NAME) .id = (NAME), .name = #NAME

static const struct mls_suite suites[] = {
    { SUITE(MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519), X25519_ED25519, HASH(256), AES128GCM },
    { SUITE(MLS_128_DHKEMP256_AES128GCM_SHA256_P256), NIST(256, 65, 32, 72), HASH(256), AES128GCM },
    { SUITE(MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519), X25519_ED25519, HASH(256), CHACHA20POLY1305 },
    { SUITE(MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448), X448_ED448, HASH(512), AES256GCM },
    { SUITE(MLS_256_DHKEMP521_AES256GCM_SHA512_P521), NIST(521, 133, 66, 139), HASH(512), AES256GCM },
    { SUITE(MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448), X448_ED448, HASH(512), CHACHA20POLY1305 },
    { SUITE(MLS_256_DHKEMP384_AES256GCM_SHA384_P384), NIST(384, 97, 48, 104), HASH(384), AES256GCM },
};

const struct mls_suite *mls_suite(uint16_t id) {
    /* The numbers are 1 to 7, without a gap. */
    return id == 0 || id > sizeof suites / sizeof *suites ? NULL : &suites[id - 1];
}
