/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which push services the server may be made to ask, and how it shows them who it is.
 */
#define _DEFAULT_SOURCE
#include "push/push.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/cmocka.h"
#include "test/result.h"

static void test_hosts(void **state) {
    (void)state;
    static const char *const bad[] = { "",           ",",          "known,",        "*",           "*.org",
                                       "127.0.0.1",  "[::1]",      "::1",           "a.0x7f",      "2130706433",
                                       "a b",        "a/b",        "https://a.org", "a@b.org",     "A.org",
                                       "a.org:0",    "a.org:",     "a.org:65536",   "a.org:1:2",   "a..org",
                                       "*.a.org:-1", "known,*.b.", "-a.org",        "a.org:0x1bb", "*known" };
    struct push_hosts hosts = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_result(&PUSH_ERR_HOSTS, push_hosts_parse(bad[i], &hosts));
        assert_int_equal(hosts.count, 0);
    }
    assert_ok(push_hosts_parse("push.example.org:8443", &hosts));
    assert_ok(push_hosts_parse("known,localhost:1,*.push.example.org", &hosts));
    assert_int_equal(hosts.count, 1 + 5 + 2);
    assert_int_equal(hosts.hosts[0].port, 8443);
    assert_string_equal(hosts.hosts[7].name, "push.example.org");
    assert_true(hosts.hosts[7].below);

    char many[2 * PUSH_MAX_HOSTS] = "";
    for (int i = 0; i < PUSH_MAX_HOSTS - 8; i++) {
        strcat(many, i == 0 ? "a" : ",a");
    }
    assert_ok(push_hosts_parse(many, &hosts));
    assert_result(&PUSH_ERR_HOSTS, push_hosts_parse("b", &hosts));
    assert_int_equal(hosts.count, PUSH_MAX_HOSTS);
}

static base_result parse(const struct push_hosts *hosts, const char *text, struct push_endpoint *out) {
    return push_endpoint_parse(hosts, base_slice_text(text), out);
}

static void test_endpoints(void **state) {
    (void)state;
    static const char *const bad[] = {
        "http://fcm.googleapis.com/x",
        "HTTPS://fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https:///x",
        "https://evil.example.org/x",
        "https://FCM.googleapis.com/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example.org/x",
        "https://user:password@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:/x",
        "https://fcm.googleapis.com:0443/x",
        "https://fcm.googleapis.com:0/x",
        "https://fcm.googleapis.com:0443:1/x",
        "https://fcm.googleapis.com./x",
        "https://xfcm.googleapis.com/x",
        "https://fcm.googleapis.com.evil.example.org/x",
        "https://notify.windows.com/x",
        "https://xnotify.windows.com/x",
        "https://.notify.windows.com/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://[::1]/x",
        "https://localhost/x",
        "https://fcm.googleapis.com\\@evil.example.org/x",
        "https://evil.example.org?fcm.googleapis.com/x",
        "https://evil.example.org#fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nX-Evil: 1",
        "https://fcm.googleapis.com/\xc3\xa4",
    };
    struct push_hosts hosts = { 0 };
    struct push_endpoint endpoint;
    char origin[PUSH_MAX_ORIGIN];
    assert_result(&PUSH_ERR_ENDPOINT, parse(&hosts, "https://fcm.googleapis.com/x", &endpoint));
    assert_ok(push_hosts_parse("known,push.example.org:8443", &hosts));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_result(&PUSH_ERR_ENDPOINT, parse(&hosts, bad[i], &endpoint));
    }
    assert_ok(parse(&hosts, "https://fcm.googleapis.com/fcm/send/a:b-_", &endpoint));
    push_origin(&endpoint, origin);
    assert_string_equal(origin, "https://fcm.googleapis.com");
    assert_string_equal(endpoint.path, "/fcm/send/a:b-_");
    assert_ok(parse(&hosts, "https://db5p.notify.windows.com/w/?token=B%2f", &endpoint));
    assert_string_equal(endpoint.host, "db5p.notify.windows.com");
    assert_string_equal(endpoint.path, "/w/?token=B%2f");
    assert_ok(parse(&hosts, "https://push.example.org:8443/", &endpoint));
    push_origin(&endpoint, origin);
    assert_string_equal(origin, "https://push.example.org:8443");

    char *text = malloc(WIRE_MAX_ENDPOINT + 2);
    memset(text, 'a', WIRE_MAX_ENDPOINT + 1);
    memcpy(text, "https://fcm.googleapis.com/", strlen("https://fcm.googleapis.com/"));
    text[WIRE_MAX_ENDPOINT + 1] = 0;
    assert_result(&PUSH_ERR_ENDPOINT, parse(&hosts, text, &endpoint));
    text[WIRE_MAX_ENDPOINT] = 0;
    assert_ok(parse(&hosts, text, &endpoint));
    free(text);
}

/* --- tokens --- */

static size_t decode(const char *text, size_t len, uint8_t *out) {
    char padded[1024];
    size_t padding = (4 - len % 4) % 4;
    assert_true(len + padding < sizeof padded);
    for (size_t i = 0; i < len; i++) {
        padded[i] = (char)(text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i]);
    }
    memset(padded + len, '=', padding);
    int size = EVP_DecodeBlock(out, (const uint8_t *)padded, (int)(len + padding));
    assert_true(size >= 0);
    return (size_t)size - padding;
}

/* As a push service does it: by the public key of the header alone. */
static void assert_verifies(const uint8_t public_key[WIRE_PUSH_KEY_LEN], const char *content, size_t len,
                            const uint8_t raw[64]) {
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public_key, WIRE_PUSH_KEY_LEN);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    uint8_t *der = NULL;
    int der_len = i2d_ECDSA_SIG(signature, &der);
    EVP_MD_CTX *verify = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(verify, der, (size_t)der_len, (const uint8_t *)content, len), 1);
    EVP_MD_CTX_free(verify);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
}

static void assert_part(const char *text, size_t len, const char *expected) {
    uint8_t bytes[1024];
    size_t size = decode(text, len, bytes);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
}

static void test_key(void **state) {
    (void)state;
    char folder[] = "/tmp/weibel-push-XXXXXX", path[64], value[PUSH_MAX_AUTHORIZATION];
    struct push_key *key = NULL, *again = NULL;
    struct stat file;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/push.pem", folder);
    assert_ok(push_key_open(base_allocator_libc(), path, &key));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_ok(push_key_open(base_allocator_libc(), path, &again));
    assert_true(base_slice_equal(push_key_public(key), push_key_public(again)));
    push_key_close(again);

    /* Often, so that numbers with leading zeros are among them. */
    for (int i = 0; i < 300; i++) {
        /* And claims of every length, so that they end in every way that base64 has. */
        char claims_text[256], subject[64];
        snprintf(subject, sizeof subject, "https://chat.example.org/%.*s", i % 3, "ab");
        snprintf(claims_text, sizeof claims_text,
                 "{\"aud\":\"https://push.example.org:8443\",\"exp\":1700000000,\"sub\":\"%s\"}", subject);
        assert_ok(push_key_authorize(key, "https://push.example.org:8443", subject, 1700000000, value));
        assert_memory_equal(value, "vapid t=", 8);
        const char *token = value + 8;
        const char *claims = strchr(token, '.') + 1, *signature = strchr(claims, '.') + 1;
        const char *end = strstr(signature, ", k=");
        uint8_t raw[96], public_key[96];
        assert_non_null(end);
        assert_part(token, (size_t)(claims - 1 - token), "{\"typ\":\"JWT\",\"alg\":\"ES256\"}");
        assert_part(claims, (size_t)(signature - 1 - claims), claims_text);
        assert_int_equal(decode(signature, (size_t)(end - signature), raw), 64);
        assert_int_equal(decode(end + 4, strlen(end + 4), public_key), WIRE_PUSH_KEY_LEN);
        assert_memory_equal(public_key, push_key_public(key).data, WIRE_PUSH_KEY_LEN);
        assert_verifies(public_key, token, (size_t)(signature - 1 - token), raw);
    }
    assert_result(&PUSH_ERR_KEY, push_key_authorize(key, "https://a", "https://\"b", 1, value));
    push_key_close(key);

    FILE *out = fopen(path, "w");
    fputs("no key", out);
    fclose(out);
    assert_result(&PUSH_ERR_KEY, push_key_open(base_allocator_libc(), path, &key));
    unlink(path);
    rmdir(folder);
    assert_result(&PUSH_ERR_KEY, push_key_open(base_allocator_libc(), path, &key));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
