/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL 3 as provider: Diffie-Hellman and signatures, on the curves of RFC 7748 and 8032 and on those of NIST.
 *
 * Keys come as bytes each time and become OpenSSL's for one call. Where a public half is at hand it is given along:
 * OpenSSL would compute it otherwise, at the price of the operation itself.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "base/memory.h"
#include "provider_openssl.h"

/* For BASE_CLEANUP. */
static void free_key(EVP_PKEY **key) {
    EVP_PKEY_free(*key);
}

static void free_key_context(EVP_PKEY_CTX **context) {
    EVP_PKEY_CTX_free(*context);
}

static void free_number(BIGNUM **number) {
    BN_clear_free(*number);
}

static void free_point(EC_POINT **point) {
    EC_POINT_clear_free(*point);
}

static void free_builder(OSSL_PARAM_BLD **builder) {
    OSSL_PARAM_BLD_free(*builder);
}

static void free_params(OSSL_PARAM **params) {
    OSSL_PARAM_free(*params);
}

/* The curve of a NIST KEM or signature; both number them in the same order. */
static size_t kem_curve(enum mls_kem_id kem) {
    return (size_t)kem - MLS_KEM_P256;
}

static size_t signature_curve(enum mls_signature_id signature) {
    return signature == MLS_ECDSA_P256 ? 0 : signature == MLS_ECDSA_P384 ? 1 : 2;
}

static bool is_nist_kem(const struct mls_suite *suite) {
    return suite->kem == MLS_KEM_P256 || suite->kem == MLS_KEM_P384 || suite->kem == MLS_KEM_P521;
}

static bool is_eddsa(const struct mls_suite *suite) {
    return suite->signature == MLS_ED25519 || suite->signature == MLS_ED448;
}

static const char *kem_name(const struct mls_suite *suite) {
    return suite->kem == MLS_KEM_X25519 ? "X25519" : "X448";
}

static const char *eddsa_name(const struct mls_suite *suite) {
    return suite->signature == MLS_ED25519 ? "ED25519" : "ED448";
}

/* ---------------------------------------------------------------------------------- numbers and points of NIST ---- */

/* A private key: 1 to the curve's order - 1. */
static base_result read_scalar(const EC_GROUP *curve, struct base_slice bytes, size_t size, BIGNUM **out) {
    BASE_ENSURE(bytes.len == size, MLS_ERR_PRIVATE_KEY);
    BIGNUM *number = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
    BASE_ENSURE(number != NULL, MLS_ERR_BACKEND);
    *out = number;
    BN_set_flags(number, BN_FLG_CONSTTIME);
    BASE_ENSURE(!BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(curve)) < 0, MLS_ERR_PRIVATE_KEY);
    return BASE_OK;
}

/* An uncompressed point of the curve (SEC 1 §2.3.4); infinity has another length. */
static base_result read_point(struct mls_openssl *self, const EC_GROUP *curve, struct base_slice bytes, size_t size,
                              EC_POINT **out) {
    BASE_ENSURE(bytes.len == size && bytes.data[0] == POINT_CONVERSION_UNCOMPRESSED, MLS_ERR_PUBLIC_KEY);
    *out = EC_POINT_new(curve);
    BASE_ENSURE(*out != NULL, MLS_ERR_BACKEND);
    BASE_ENSURE(EC_POINT_oct2point(curve, *out, bytes.data, bytes.len, self->numbers) == 1, MLS_ERR_PUBLIC_KEY);
    return BASE_OK;
}

static base_result nist_public(struct mls_openssl *self, const EC_GROUP *curve, struct base_slice private_key,
                               size_t private_size, size_t public_size, struct mls_public_key *out) {
    BIGNUM *BASE_CLEANUP(free_number) scalar = NULL;
    BASE_TRY(read_scalar(curve, private_key, private_size, &scalar));
    EC_POINT *BASE_CLEANUP(free_point) point = EC_POINT_new(curve);
    BASE_ENSURE(point != NULL && EC_POINT_mul(curve, point, scalar, NULL, NULL, self->numbers) == 1, MLS_ERR_BACKEND);
    const size_t len =
        EC_POINT_point2oct(curve, point, POINT_CONVERSION_UNCOMPRESSED, out->data, sizeof out->data, self->numbers);
    BASE_ENSURE(len == public_size, MLS_ERR_BACKEND);
    out->len = (uint8_t)len;
    return BASE_OK;
}

static base_result nist_dh(struct mls_openssl *self, const struct mls_suite *suite, struct base_slice private_key,
                           struct base_slice public_key, uint8_t *out) {
    const EC_GROUP *curve = self->curves[kem_curve(suite->kem)];
    BIGNUM *BASE_CLEANUP(free_number) scalar = NULL;
    EC_POINT *BASE_CLEANUP(free_point) peer = NULL;
    BASE_TRY(read_scalar(curve, private_key, suite->kem_private_size, &scalar));
    BASE_TRY(read_point(self, curve, public_key, suite->kem_public_size, &peer));
    EC_POINT *BASE_CLEANUP(free_point) shared = EC_POINT_new(curve);
    BIGNUM *BASE_CLEANUP(free_number) x = BN_new();
    BASE_ENSURE(shared != NULL && x != NULL, MLS_ERR_BACKEND);
    BASE_ENSURE(EC_POINT_mul(curve, shared, NULL, peer, scalar, self->numbers) == 1, MLS_ERR_BACKEND);
    BASE_ENSURE(EC_POINT_get_affine_coordinates(curve, shared, x, NULL, self->numbers) == 1, MLS_ERR_PUBLIC_KEY);
    BASE_ENSURE(BN_bn2binpad(x, out, suite->dh_size) == suite->dh_size, MLS_ERR_BACKEND);
    return BASE_OK;
}

/* ------------------------------------------------------------------------------------------------ EVP's keys ---- */

static base_result key_from_params(const char *type, int selection, OSSL_PARAM *params, EVP_PKEY **out) {
    EVP_PKEY_CTX *BASE_CLEANUP(free_key_context) context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    BASE_ENSURE(context != NULL && EVP_PKEY_fromdata_init(context) == 1, MLS_ERR_BACKEND);
    BASE_ENSURE(EVP_PKEY_fromdata(context, out, selection, params) == 1, MLS_ERR_BACKEND);
    return BASE_OK;
}

/* A key of RFC 7748 or 8032 with both halves. */
static base_result raw_key(const char *type, struct base_slice private_key, struct base_slice public_key,
                           EVP_PKEY **out) {
    /* OSSL_PARAM has no const; fromdata only reads. */
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t)private_key.data,
                                          private_key.len),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)public_key.data, public_key.len),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params(type, EVP_PKEY_KEYPAIR, params, out);
}

/* An ECDSA key: with the private half for signing, without for verifying. */
static base_result nist_key(const EC_GROUP *curve, const BIGNUM *scalar, struct base_slice public_key, EVP_PKEY **out) {
    OSSL_PARAM_BLD *BASE_CLEANUP(free_builder) builder = OSSL_PARAM_BLD_new();
    BASE_ENSURE(builder != NULL, MLS_ERR_BACKEND);
    const char *name = OBJ_nid2sn(EC_GROUP_get_curve_name(curve));
    BASE_ENSURE(OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, name, 0) == 1, MLS_ERR_BACKEND);
    BASE_ENSURE(OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, public_key.data, public_key.len) ==
                    1,
                MLS_ERR_BACKEND);
    if (scalar != NULL) {
        BASE_ENSURE(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1, MLS_ERR_BACKEND);
    }
    OSSL_PARAM *BASE_CLEANUP(free_params) params = OSSL_PARAM_BLD_to_param(builder);
    BASE_ENSURE(params != NULL, MLS_ERR_BACKEND);
    return key_from_params("EC", scalar == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, params, out);
}

static base_result raw_public(const char *type, struct base_slice private_key, size_t public_size,
                              struct mls_public_key *out) {
    EVP_PKEY *BASE_CLEANUP(free_key) key =
        EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL, private_key.data, private_key.len);
    size_t len = sizeof out->data;
    BASE_ENSURE(key != NULL && EVP_PKEY_get_raw_public_key(key, out->data, &len) == 1, MLS_ERR_BACKEND);
    BASE_ENSURE(len == public_size, MLS_ERR_BACKEND);
    out->len = (uint8_t)len;
    return BASE_OK;
}

static base_result raw_dh(const struct mls_suite *suite, struct base_slice private_key, struct base_slice public_key,
                          uint8_t *out) {
    static const uint8_t zeros[MLS_DH_MAX];
    BASE_ENSURE(private_key.len == suite->kem_private_size, MLS_ERR_PRIVATE_KEY);
    BASE_ENSURE(public_key.len == suite->kem_public_size, MLS_ERR_PUBLIC_KEY);
    /* The own public half is not needed here; anything in its place keeps OpenSSL from computing it. */
    EVP_PKEY *BASE_CLEANUP(free_key) key = NULL;
    BASE_TRY(raw_key(kem_name(suite), private_key, base_slice(zeros, suite->kem_public_size), &key));
    EVP_PKEY *BASE_CLEANUP(free_key) peer =
        EVP_PKEY_new_raw_public_key_ex(NULL, kem_name(suite), NULL, public_key.data, public_key.len);
    EVP_PKEY_CTX *BASE_CLEANUP(free_key_context) context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    BASE_ENSURE(peer != NULL && context != NULL && EVP_PKEY_derive_init(context) == 1, MLS_ERR_BACKEND);
    size_t len = suite->dh_size;
    BASE_ENSURE(EVP_PKEY_derive_set_peer(context, peer) == 1, MLS_ERR_PUBLIC_KEY);
    /* It fails where the result is all zeros. */
    BASE_ENSURE(EVP_PKEY_derive(context, out, &len) == 1 && len == suite->dh_size, MLS_ERR_PUBLIC_KEY);
    BASE_ENSURE(!base_equal_secret(out, zeros, len), MLS_ERR_PUBLIC_KEY);
    return BASE_OK;
}

/* ------------------------------------------------------------------------------------------ signing, verifying ---- */

/* ECDSA hashes first, EdDSA does it itself. */
static const char *signature_hash(const struct mls_suite *suite) {
    switch (suite->signature) {
    case MLS_ECDSA_P256:
        return "SHA256";
    case MLS_ECDSA_P384:
        return "SHA384";
    case MLS_ECDSA_P521:
        return "SHA512";
    default:
        return NULL;
    }
}

static base_result sign(struct mls_openssl *self, const struct mls_suite *suite, const struct mls_keypair *key,
                        struct base_slice message, struct mls_signature *out) {
    const struct base_slice private_key = mls_private_key_slice(&key->private_key);
    const struct base_slice public_key = mls_public_key_slice(&key->public_key);
    EVP_PKEY *BASE_CLEANUP(free_key) signer = NULL;
    BIGNUM *BASE_CLEANUP(free_number) scalar = NULL;
    BASE_ENSURE(private_key.len == suite->signature_private_size, MLS_ERR_PRIVATE_KEY);
    BASE_ENSURE(public_key.len == suite->signature_public_size, MLS_ERR_PUBLIC_KEY);
    if (is_eddsa(suite)) {
        BASE_TRY(raw_key(eddsa_name(suite), private_key, public_key, &signer));
    } else {
        const EC_GROUP *curve = self->curves[signature_curve(suite->signature)];
        BASE_TRY(read_scalar(curve, private_key, suite->signature_private_size, &scalar));
        BASE_TRY(nist_key(curve, scalar, public_key, &signer));
    }
    size_t len = sizeof out->data;
    BASE_ENSURE(EVP_DigestSignInit_ex(self->signature_context, NULL, signature_hash(suite), NULL, NULL, signer, NULL) ==
                    1,
                MLS_ERR_BACKEND);
    BASE_ENSURE(EVP_DigestSign(self->signature_context, out->data, &len, message.data, message.len) == 1,
                MLS_ERR_BACKEND);
    out->len = (uint8_t)len;
    return BASE_OK;
}

static base_result verify(struct mls_openssl *self, const struct mls_suite *suite, struct base_slice public_key,
                          struct base_slice message, struct base_slice signature) {
    EVP_PKEY *BASE_CLEANUP(free_key) signer = NULL;
    EC_POINT *BASE_CLEANUP(free_point) point = NULL;
    BASE_ENSURE(public_key.len == suite->signature_public_size, MLS_ERR_PUBLIC_KEY);
    if (is_eddsa(suite)) {
        signer = EVP_PKEY_new_raw_public_key_ex(NULL, eddsa_name(suite), NULL, public_key.data, public_key.len);
        BASE_ENSURE(signer != NULL, MLS_ERR_PUBLIC_KEY);
    } else {
        const EC_GROUP *curve = self->curves[signature_curve(suite->signature)];
        BASE_TRY(read_point(self, curve, public_key, suite->signature_public_size, &point));
        BASE_TRY(nist_key(curve, NULL, public_key, &signer));
    }
    BASE_ENSURE(
        EVP_DigestVerifyInit_ex(self->signature_context, NULL, signature_hash(suite), NULL, NULL, signer, NULL) == 1,
        MLS_ERR_BACKEND);
    /* ECDSA: also refuses DER that is not in its shortest form. */
    BASE_ENSURE(EVP_DigestVerify(self->signature_context, signature.data, signature.len, message.data, message.len) ==
                    1,
                MLS_ERR_SIGNATURE);
    return BASE_OK;
}

/* --------------------------------------------------------------------------------------- the provider's functions - */

/* OpenSSL's queue of errors is the thread's: what a call here puts there must not reach the program. */
static base_result finish(base_result result) {
    ERR_pop_to_mark();
    return result;
}

base_result mls_openssl_kem_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                   struct mls_public_key *out) {
    struct mls_openssl *self = user;
    BASE_ENSURE(private_key.len == suite->kem_private_size, MLS_ERR_PRIVATE_KEY);
    ERR_set_mark();
    if (is_nist_kem(suite)) {
        return finish(nist_public(self, self->curves[kem_curve(suite->kem)], private_key, suite->kem_private_size,
                                  suite->kem_public_size, out));
    }
    return finish(raw_public(kem_name(suite), private_key, suite->kem_public_size, out));
}

static base_result nist_check(struct mls_openssl *self, const struct mls_suite *suite, struct base_slice public_key) {
    EC_POINT *BASE_CLEANUP(free_point) point = NULL;
    return read_point(self, self->curves[kem_curve(suite->kem)], public_key, suite->kem_public_size, &point);
}

/* Curves with points of small order: what comes of one shows it. */
static base_result raw_check(const struct mls_suite *suite, struct base_slice public_key) {
    uint8_t private_key[MLS_PRIVATE_KEY_MAX], shared[MLS_DH_MAX];
    memset(private_key, 1, sizeof private_key);
    return raw_dh(suite, base_slice(private_key, suite->kem_private_size), public_key, shared);
}

base_result mls_openssl_kem_check(void *user, const struct mls_suite *suite, struct base_slice public_key) {
    struct mls_openssl *self = user;
    ERR_set_mark();
    return finish(is_nist_kem(suite) ? nist_check(self, suite, public_key) : raw_check(suite, public_key));
}

base_result mls_openssl_dh(void *user, const struct mls_suite *suite, struct base_slice private_key,
                           struct base_slice public_key, uint8_t *out) {
    struct mls_openssl *self = user;
    ERR_set_mark();
    return finish(is_nist_kem(suite) ? nist_dh(self, suite, private_key, public_key, out)
                                     : raw_dh(suite, private_key, public_key, out));
}

base_result mls_openssl_signature_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                         struct mls_public_key *out) {
    struct mls_openssl *self = user;
    BASE_ENSURE(private_key.len == suite->signature_private_size, MLS_ERR_PRIVATE_KEY);
    ERR_set_mark();
    if (is_eddsa(suite)) {
        return finish(raw_public(eddsa_name(suite), private_key, suite->signature_public_size, out));
    }
    return finish(nist_public(self, self->curves[signature_curve(suite->signature)], private_key,
                              suite->signature_private_size, suite->signature_public_size, out));
}

base_result mls_openssl_sign(void *user, const struct mls_suite *suite, const struct mls_keypair *key,
                             struct base_slice message, struct mls_signature *out) {
    struct mls_openssl *self = user;
    ERR_set_mark();
    base_result result = sign(self, suite, key, message, out);
    EVP_MD_CTX_reset(self->signature_context);
    return finish(result);
}

base_result mls_openssl_verify(void *user, const struct mls_suite *suite, struct base_slice public_key,
                               struct base_slice message, struct base_slice signature) {
    struct mls_openssl *self = user;
    ERR_set_mark();
    base_result result = verify(self, suite, public_key, message, signature);
    EVP_MD_CTX_reset(self->signature_context);
    return finish(result);
}

/* ------------------------------------------------------------------------------------------- what there is at all - */

bool mls_openssl_has_keys(const struct mls_openssl *self, const struct mls_suite *suite) {
    const bool kem = suite->kem == MLS_KEM_X25519 ? self->has_x25519
                     : suite->kem == MLS_KEM_X448 ? self->has_x448
                                                  : self->curves[kem_curve(suite->kem)] != NULL;
    const bool signature = suite->signature == MLS_ED25519 ? self->has_ed25519
                           : suite->signature == MLS_ED448
                               ? self->has_ed448
                               : self->has_ecdsa && self->curves[signature_curve(suite->signature)] != NULL;
    return kem && signature;
}

static bool has_key_type(const char *name) {
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, name, NULL);
    EVP_KEYMGMT_free(found);
    return found != NULL;
}

base_result mls_openssl_fetch_keys(struct mls_openssl *self) {
    static const int curves[MLS_OPENSSL_CURVES] = { NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1 };
    self->signature_context = EVP_MD_CTX_new();
    self->numbers = BN_CTX_secure_new();
    BASE_ENSURE(self->signature_context != NULL && self->numbers != NULL, MLS_ERR_BACKEND);
    for (size_t i = 0; i < MLS_OPENSSL_CURVES; i++) {
        self->curves[i] = EC_GROUP_new_by_curve_name(curves[i]);
    }
    self->has_x25519 = has_key_type("X25519");
    self->has_x448 = has_key_type("X448");
    self->has_ed25519 = has_key_type("ED25519");
    self->has_ed448 = has_key_type("ED448");
    self->has_ecdsa = has_key_type("EC");
    return BASE_OK;
}

void mls_openssl_free_keys(struct mls_openssl *self) {
    EVP_MD_CTX_free(self->signature_context);
    BN_CTX_free(self->numbers);
    for (size_t i = 0; i < MLS_OPENSSL_CURVES; i++) {
        EC_GROUP_free(self->curves[i]);
    }
}
