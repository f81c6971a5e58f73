/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server's own key for push services, and the tokens that it signs with it (VAPID): JWT (RFC 7519) with ES256
 * (RFC 7518 §3.4).
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "push/push.h"

BASE_DEFINE_ERROR(PUSH_ERR_KEY, BASE_INTERNAL, "RFC 8292",
                  "The key for push services can't be made, read or used (push.pem in the data folder)");

enum { HALF = 32 /* of an ES256 signature */, MAX_CLAIMS = 1024, MAX_PATH = 4096 };

struct push_key {
    EVP_PKEY *pair;
    uint8_t public_key[WIRE_PUSH_KEY_LEN];
};

static void free_pair(EVP_PKEY **pair) {
    EVP_PKEY_free(*pair);
}

static void close_file(FILE **file) {
    if (*file != NULL) {
        (void)fclose(*file);
    }
}

/* --- the file --- */

static base_result read_pair(const char *path, EVP_PKEY **out) {
    FILE *file BASE_CLEANUP(close_file) = fopen(path, "r");
    *out = NULL;
    if (file == NULL && errno == ENOENT) {
        return BASE_OK;
    }
    BASE_ENSURE(file != NULL, PUSH_ERR_KEY);
    *out = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    BASE_ENSURE(*out != NULL, PUSH_ERR_KEY);
    return BASE_OK;
}

/* Complete or not at all: half a key would keep the server from starting. */
static base_result write_pair(const char *path, const EVP_PKEY *pair) {
    char temporary[MAX_PATH];
    int len = snprintf(temporary, sizeof temporary, "%s.new", path);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof temporary, PUSH_ERR_KEY);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    BASE_ENSURE(file != NULL, PUSH_ERR_KEY);
    bool good =
        PEM_write_PrivateKey(file, pair, NULL, NULL, 0, NULL, NULL) == 1 && fflush(file) == 0 && fsync(descriptor) == 0;
    good = fclose(file) == 0 && good;
    BASE_ENSURE(good && rename(temporary, path) == 0, PUSH_ERR_KEY);
    return BASE_OK;
}

static base_result open_pair(const char *path, EVP_PKEY **out) {
    BASE_TRY(read_pair(path, out));
    if (*out == NULL) {
        *out = EVP_EC_gen("P-256");
        BASE_ENSURE(*out != NULL, PUSH_ERR_KEY);
        BASE_TRY(write_pair(path, *out));
    }
    return BASE_OK;
}

base_result push_key_open(const struct base_allocator *allocator, const char *path, struct push_key **out) {
    EVP_PKEY *pair BASE_CLEANUP(free_pair) = NULL;
    unsigned char *encoded = NULL;
    BASE_TRY(open_pair(path, &pair));
    size_t len = EVP_PKEY_get1_encoded_public_key(pair, &encoded);
    struct push_key *key = base_take(allocator, 1, sizeof *key);
    bool good = EVP_PKEY_is_a(pair, "EC") == 1 && len == WIRE_PUSH_KEY_LEN && key != NULL;
    if (good) {
        memcpy(key->public_key, encoded, WIRE_PUSH_KEY_LEN);
        key->pair = pair;
        pair = NULL;
        *out = key;
    } else {
        base_free(key);
    }
    OPENSSL_free(encoded);
    return good ? BASE_OK : key == NULL ? &BASE_ERR_NO_MEMORY : &PUSH_ERR_KEY;
}

void push_key_close(struct push_key *key) {
    if (key != NULL) {
        EVP_PKEY_free(key->pair);
        base_free(key);
    }
}

struct base_slice push_key_public(const struct push_key *key) {
    return base_slice(key->public_key, sizeof key->public_key);
}

/* --- tokens --- */

enum { MAX_TEXT = MAX_CLAIMS / 3 * 4 + 8 }; /* of claims */

/* base64url without padding (RFC 4648 §5); at most MAX_CLAIMS bytes. */
static void write_base64(struct base_slice bytes, char out[MAX_TEXT]) {
    int len = EVP_EncodeBlock((unsigned char *)out, bytes.data, (int)bytes.len);
    for (int i = 0; i < len; i++) {
        out[i] = (char)(out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i]);
    }
    out[strcspn(out, "=")] = 0;
}

static void free_signature(ECDSA_SIG **signature) {
    ECDSA_SIG_free(*signature);
}

static void free_context(EVP_MD_CTX **context) {
    EVP_MD_CTX_free(*context);
}

/* OpenSSL gives a signature as ASN.1; a JWT has its two numbers one behind the other. */
static bool sign(EVP_PKEY *pair, const char *text, uint8_t out[2 * HALF]) {
    enum { MAX_DER = 80 };
    uint8_t der[MAX_DER];
    const uint8_t *at = der;
    size_t len = sizeof der;
    EVP_MD_CTX *context BASE_CLEANUP(free_context) = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pair) != 1 ||
        EVP_DigestSign(context, der, &len, (const uint8_t *)text, strlen(text)) != 1) {
        return false;
    }
    ECDSA_SIG *signature BASE_CLEANUP(free_signature) = d2i_ECDSA_SIG(NULL, &at, (long)len);
    return signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, HALF) == HALF &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + HALF, HALF) == HALF;
}

/* What stands in JSON as it is. */
static bool is_plain(const char *text) {
    for (const char *at = text; *at != 0; at++) {
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\') {
            return false;
        }
    }
    return true;
}

base_result push_key_authorize(const struct push_key *key, const char *origin, const char *subject, uint64_t expires,
                               char out[PUSH_MAX_AUTHORIZATION]) {
    static const char head[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    char claims[MAX_CLAIMS], parts[4][MAX_TEXT], content[2 * MAX_TEXT];
    uint8_t signature[2 * HALF];
    BASE_ENSURE(is_plain(origin) && is_plain(subject), PUSH_ERR_KEY);
    int len = snprintf(claims, sizeof claims, "{\"aud\":\"%s\",\"exp\":%" PRIu64 ",\"sub\":\"%s\"}", origin, expires,
                       subject);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof claims, PUSH_ERR_KEY);
    write_base64(base_slice_text(head), parts[0]);
    write_base64(base_slice(claims, (size_t)len), parts[1]);
    len = snprintf(content, sizeof content, "%s.%s", parts[0], parts[1]);
    BASE_ENSURE(len > 0 && (size_t)len < sizeof content && sign(key->pair, content, signature), PUSH_ERR_KEY);
    write_base64(base_slice(signature, sizeof signature), parts[2]);
    write_base64(push_key_public(key), parts[3]);
    len = snprintf(out, PUSH_MAX_AUTHORIZATION, "vapid t=%s.%s, k=%s", content, parts[2], parts[3]);
    BASE_ENSURE(len > 0 && len < PUSH_MAX_AUTHORIZATION, PUSH_ERR_KEY);
    return BASE_OK;
}
