/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL 3 as provider: hashes, HMAC and AEADs, each fetched once. What works with keys: provider_openssl_keys.c.
 */
#include "provider_openssl.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>

#include "base/memory.h"

static bool supports(void *user, const struct mls_suite *suite) {
    const struct mls_openssl *self = user;
    return self->hashes[suite->hash] != NULL && self->macs[suite->hash] != NULL && self->aeads[suite->aead] != NULL &&
           mls_openssl_has_keys(self, suite);
}

static base_result hash(void *user, const struct mls_suite *suite, const struct base_slice *parts, size_t count,
                        uint8_t *out) {
    struct mls_openssl *self = user;
    EVP_MD_CTX *context = self->hash_context;
    BASE_ENSURE(EVP_DigestInit_ex2(context, self->hashes[suite->hash], NULL) == 1, MLS_ERR_BACKEND);
    for (size_t i = 0; i < count; i++) {
        BASE_ENSURE(EVP_DigestUpdate(context, parts[i].data, parts[i].len) == 1, MLS_ERR_BACKEND);
    }
    BASE_ENSURE(EVP_DigestFinal_ex(context, out, NULL) == 1, MLS_ERR_BACKEND);
    return BASE_OK;
}

/* No secret: what a MAC context is keyed with so that it forgets the last key. */
static const uint8_t zero_key[MLS_HASH_MAX];

static base_result hmac_compute(EVP_MAC_CTX *context, struct base_slice key, const struct base_slice *parts,
                                size_t count, uint8_t *out) {
    size_t len = 0;
    /* Without a key it would take the last one. */
    BASE_ENSURE(EVP_MAC_init(context, key.len == 0 ? zero_key : key.data, key.len, NULL) == 1, MLS_ERR_BACKEND);
    for (size_t i = 0; i < count; i++) {
        BASE_ENSURE(EVP_MAC_update(context, parts[i].data, parts[i].len) == 1, MLS_ERR_BACKEND);
    }
    BASE_ENSURE(EVP_MAC_final(context, out, &len, MLS_HASH_MAX) == 1, MLS_ERR_BACKEND);
    return BASE_OK;
}

static base_result hmac(void *user, const struct mls_suite *suite, struct base_slice key,
                        const struct base_slice *parts, size_t count, uint8_t *out) {
    struct mls_openssl *self = user;
    EVP_MAC_CTX *context = self->macs[suite->hash];
    base_result result = hmac_compute(context, key, parts, count, out);
    BASE_ENSURE(EVP_MAC_init(context, zero_key, suite->hash_size, NULL) == 1, MLS_ERR_BACKEND);
    return result;
}

static base_result seal_with(EVP_CIPHER_CTX *context, const EVP_CIPHER *aead, const uint8_t *key, const uint8_t *nonce,
                             struct base_slice aad, struct base_slice plaintext, uint8_t *out) {
    int written = 0;
    BASE_ENSURE(aad.len <= INT_MAX && plaintext.len <= INT_MAX, BASE_ERR_TOO_LONG);
    BASE_ENSURE(EVP_EncryptInit_ex2(context, aead, key, nonce, NULL) == 1, MLS_ERR_BACKEND);
    if (aad.len != 0) {
        BASE_ENSURE(EVP_EncryptUpdate(context, NULL, &written, aad.data, (int)aad.len) == 1, MLS_ERR_BACKEND);
    }
    if (plaintext.len != 0) {
        BASE_ENSURE(EVP_EncryptUpdate(context, out, &written, plaintext.data, (int)plaintext.len) == 1,
                    MLS_ERR_BACKEND);
    }
    uint8_t *tag = out + plaintext.len;
    BASE_ENSURE(EVP_EncryptFinal_ex(context, tag, &written) == 1, MLS_ERR_BACKEND);
    BASE_ENSURE(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, MLS_AEAD_TAG_SIZE, tag) == 1, MLS_ERR_BACKEND);
    return BASE_OK;
}

static base_result seal(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice plaintext, uint8_t *out) {
    struct mls_openssl *self = user;
    base_result result = seal_with(self->aead_context, self->aeads[suite->aead], key, nonce, aad, plaintext, out);
    EVP_CIPHER_CTX_reset(self->aead_context);
    return result;
}

static base_result open_with(EVP_CIPHER_CTX *context, const EVP_CIPHER *aead, const uint8_t *key, const uint8_t *nonce,
                             struct base_slice aad, struct base_slice ciphertext, uint8_t *out) {
    int written = 0;
    const size_t len = ciphertext.len - MLS_AEAD_TAG_SIZE;
    uint8_t tag[MLS_AEAD_TAG_SIZE];
    uint8_t none[1];
    memcpy(tag, ciphertext.data + len, sizeof tag); /* `out` may be its place */
    BASE_ENSURE(aad.len <= INT_MAX && len <= INT_MAX, BASE_ERR_TOO_LONG);
    BASE_ENSURE(EVP_DecryptInit_ex2(context, aead, key, nonce, NULL) == 1, MLS_ERR_BACKEND);
    if (aad.len != 0) {
        BASE_ENSURE(EVP_DecryptUpdate(context, NULL, &written, aad.data, (int)aad.len) == 1, MLS_ERR_BACKEND);
    }
    if (len != 0) {
        BASE_ENSURE(EVP_DecryptUpdate(context, out, &written, ciphertext.data, (int)len) == 1, MLS_ERR_BACKEND);
    }
    BASE_ENSURE(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1, MLS_ERR_BACKEND);
    if (EVP_DecryptFinal_ex(context, none, &written) != 1) {
        base_wipe(out, len);
        return &MLS_ERR_DECRYPT;
    }
    return BASE_OK;
}

static base_result open(void *user, const struct mls_suite *suite, const uint8_t *key, const uint8_t *nonce,
                        struct base_slice aad, struct base_slice ciphertext, uint8_t *out) {
    struct mls_openssl *self = user;
    BASE_ENSURE(ciphertext.len >= MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    base_result result = open_with(self->aead_context, self->aeads[suite->aead], key, nonce, aad, ciphertext, out);
    EVP_CIPHER_CTX_reset(self->aead_context);
    return result;
}

static base_result fetch_hash(struct mls_openssl *self, enum mls_hash_id id, const char *name) {
    char digest[8];
    memcpy(digest, name, strlen(name) + 1);
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                  OSSL_PARAM_construct_end() };
    self->hashes[id] = EVP_MD_fetch(NULL, name, NULL);
    if (self->hashes[id] == NULL || self->hmac == NULL) {
        return BASE_OK; /* OpenSSL is configured without it */
    }
    self->macs[id] = EVP_MAC_CTX_new(self->hmac);
    BASE_ENSURE(self->macs[id] != NULL && EVP_MAC_CTX_set_params(self->macs[id], params) == 1, MLS_ERR_BACKEND);
    return BASE_OK;
}

static base_result fetch(struct mls_openssl *self) {
    self->hash_context = EVP_MD_CTX_new();
    self->aead_context = EVP_CIPHER_CTX_new();
    BASE_ENSURE(self->hash_context != NULL && self->aead_context != NULL, MLS_ERR_BACKEND);
    self->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    BASE_TRY(fetch_hash(self, MLS_SHA256, "SHA256"));
    BASE_TRY(fetch_hash(self, MLS_SHA384, "SHA384"));
    BASE_TRY(fetch_hash(self, MLS_SHA512, "SHA512"));
    self->aeads[MLS_AES128GCM] = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    self->aeads[MLS_AES256GCM] = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    self->aeads[MLS_CHACHA20POLY1305] = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
    return mls_openssl_fetch_keys(self);
}

base_result mls_provider_openssl(const struct base_allocator *allocator, struct mls_provider **out) {
    struct mls_openssl *self = base_take(allocator, 1, sizeof *self);
    BASE_ENSURE(self != NULL, BASE_ERR_NO_MEMORY);
    self->provider = (struct mls_provider){
        .name = "openssl",
        .user = self,
        .supports = supports,
        .hash = hash,
        .hmac = hmac,
        .seal = seal,
        .open = open,
        .kem_public = mls_openssl_kem_public,
        .kem_check = mls_openssl_kem_check,
        .dh = mls_openssl_dh,
        .signature_public = mls_openssl_signature_public,
        .sign = mls_openssl_sign,
        .verify = mls_openssl_verify,
    };
    ERR_set_mark();
    base_result result = fetch(self);
    ERR_pop_to_mark(); /* what could not be fetched is not there: no error of the caller's */
    if (result != BASE_OK) {
        mls_provider_openssl_free(&self->provider);
        return result;
    }
    *out = &self->provider;
    return BASE_OK;
}

void mls_provider_openssl_free(struct mls_provider *provider) {
    if (provider == NULL) {
        return;
    }
    struct mls_openssl *self = provider->user;
    mls_openssl_free_keys(self);
    for (size_t i = 0; i < sizeof self->macs / sizeof *self->macs; i++) {
        EVP_MAC_CTX_free(self->macs[i]);
        EVP_MD_free(self->hashes[i]);
        EVP_CIPHER_free(self->aeads[i]);
    }
    EVP_MAC_free(self->hmac);
    EVP_MD_CTX_free(self->hash_context);
    EVP_CIPHER_CTX_free(self->aead_context);
    base_free(self);
}
