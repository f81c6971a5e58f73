/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Providers and labelled functions: both providers do the same, what is invalid is refused with its own error, and
 * failing randomness and memory come out as such. That results are right at all, the published vectors show.
 */
#include <string.h>

#include "crypto.h"
#include "hpke.h"
#include "provider_list.h"
#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"

static struct provider_list list;

static int setup(void **state) {
    (void)state;
    provider_list_init(&list);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    provider_list_free(&list);
    return 0;
}

static void random_bytes(struct test_random *random, uint8_t *out, size_t len) {
    assert_ok(base_random_fill(&random->random, out, len));
}

static void test_suites(void **state) {
    (void)state;
    assert_null(mls_suite(0));
    assert_null(mls_suite(8));
    assert_null(mls_suite(0x0a0a));
    for (uint16_t id = 1; id <= 7; id++) {
        const struct mls_suite *suite = mls_suite(id);
        assert_int_equal(suite->id, id);
        assert_true(suite->hash_size <= MLS_HASH_MAX && suite->kem_public_size <= MLS_PUBLIC_KEY_MAX);
        assert_true(suite->kem_private_size <= MLS_PRIVATE_KEY_MAX && suite->dh_size <= MLS_DH_MAX);
        assert_true(suite->signature_max <= MLS_SIGNATURE_MAX && suite->aead_key_size <= MLS_AEAD_KEY_MAX);
        struct mls_crypto crypto;
        assert_result(id == 3 ? BASE_OK : &MLS_ERR_SUITE,
                      mls_crypto_for(mls_provider_sodium(), base_allocator_libc(), id, &crypto));
    }
    struct mls_crypto crypto;
    assert_result(&MLS_ERR_SUITE, mls_crypto_for(list.openssl, base_allocator_libc(), 8, &crypto));
}

/* ------------------------------------------------------------------------------------- provider against provider -- */

static const struct mls_provider *sodium(void) {
    return list.suites[0].crypto.provider;
}

/* A message of `len` random bytes, cut into three parts at random. */
struct message {
    uint8_t data[300];
    struct base_slice parts[3];
    struct base_slice whole;
};

static void random_message(struct test_random *random, size_t len, struct message *out) {
    random_bytes(random, out->data, len);
    const size_t a = (size_t)test_random_below(random, len + 1);
    const size_t b = a + (size_t)test_random_below(random, len - a + 1);
    out->parts[0] = base_slice(a == 0 ? NULL : out->data, a);
    out->parts[1] = base_slice(b == a ? NULL : out->data + a, b - a);
    out->parts[2] = base_slice(len == b ? NULL : out->data + b, len - b);
    out->whole = base_slice(len == 0 ? NULL : out->data, len);
}

static void test_hashes_agree(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 3);
    const struct mls_suite *suite = mls_suite(3);
    for (size_t len = 0; len < 300; len++) {
        struct message message;
        random_message(&random, len, &message);
        uint8_t key[200];
        random_bytes(&random, key, sizeof key);
        const struct base_slice mac_key = base_slice(key, len % sizeof key);
        uint8_t a[MLS_HASH_MAX] = { 0 };
        uint8_t b[MLS_HASH_MAX] = { 0 };
        assert_ok(sodium()->hash(sodium()->user, suite, message.parts, 3, a));
        assert_ok(list.openssl->hash(list.openssl->user, suite, &message.whole, 1, b));
        assert_memory_equal(a, b, sizeof a);
        assert_ok(sodium()->hmac(sodium()->user, suite, mac_key, message.parts, 3, a));
        assert_ok(list.openssl->hmac(list.openssl->user, suite, mac_key, &message.whole, 1, b));
        assert_memory_equal(a, b, sizeof a);
    }
}

static void test_aeads_agree(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 4);
    const struct mls_suite *suite = mls_suite(3);
    for (size_t len = 0; len < 200; len++) {
        struct message message, aad;
        random_message(&random, len, &message);
        random_message(&random, len / 2, &aad);
        uint8_t key[32], nonce[12], a[300], b[300], opened[300];
        random_bytes(&random, key, sizeof key);
        random_bytes(&random, nonce, sizeof nonce);
        assert_ok(sodium()->seal(sodium()->user, suite, key, nonce, aad.whole, message.whole, a));
        assert_ok(list.openssl->seal(list.openssl->user, suite, key, nonce, aad.whole, message.whole, b));
        assert_memory_equal(a, b, len + MLS_AEAD_TAG_SIZE);
        const struct base_slice sealed = base_slice(a, len + MLS_AEAD_TAG_SIZE);
        assert_ok(list.openssl->open(list.openssl->user, suite, key, nonce, aad.whole, sealed, opened));
        assert_memory_equal(opened, message.data, len);
        assert_ok(sodium()->open(sodium()->user, suite, key, nonce, aad.whole, base_slice(b, sealed.len), b));
        assert_memory_equal(b, message.data, len);
    }
}

static void test_keys_agree(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 5);
    const struct mls_crypto *a = &list.suites[0].crypto;
    const struct mls_crypto *b = &list.suites[3].crypto;
    assert_int_equal(b->suite->id, 3);
    for (int i = 0; i < 20; i++) {
        struct mls_keypair first, second, again;
        uint8_t dh_a[MLS_DH_MAX], dh_b[MLS_DH_MAX];
        assert_ok(mls_kem_generate(a, &random.random, &first));
        assert_ok(mls_kem_generate(b, &random.random, &second));
        assert_ok(mls_kem_keypair(b, mls_private_key_slice(&first.private_key), &again));
        assert_memory_equal(first.public_key.data, again.public_key.data, 32);
        assert_ok(a->provider->dh(a->provider->user, a->suite, mls_private_key_slice(&first.private_key),
                                  mls_public_key_slice(&second.public_key), dh_a));
        assert_ok(b->provider->dh(b->provider->user, b->suite, mls_private_key_slice(&second.private_key),
                                  mls_public_key_slice(&first.public_key), dh_b));
        assert_memory_equal(dh_a, dh_b, 32);

        struct mls_keypair signer;
        struct mls_signature by_a, by_b;
        struct message message;
        random_message(&random, (size_t)i * 10, &message);
        const struct base_slice label = base_slice_text("Test");
        assert_ok(mls_signature_generate(a, &random.random, &signer));
        assert_ok(mls_signature_keypair(b, mls_private_key_slice(&signer.private_key), &again));
        assert_memory_equal(signer.public_key.data, again.public_key.data, 32);
        assert_ok(mls_sign_with_label(a, &signer, label, message.whole, &by_a));
        assert_ok(mls_sign_with_label(b, &signer, label, message.whole, &by_b));
        assert_int_equal(by_a.len, by_b.len);
        assert_memory_equal(by_a.data, by_b.data, by_a.len);
    }
}

/* ----------------------------------------------------------------------------------------------------- signatures - */

struct signed_message {
    const struct mls_crypto *crypto;
    struct mls_keypair key;
    struct base_slice content;
    struct mls_signature signature;
};

static base_result verify(const struct signed_message *message, struct base_slice signature) {
    return mls_verify_with_label(message->crypto, mls_public_key_slice(&message->key.public_key),
                                 base_slice_text("Test"), message->content, signature);
}

static void refuse_signature(struct base_slice mutated, void *user) {
    assert_result(&MLS_ERR_SIGNATURE, verify(user, mutated));
}

static void test_each_damaged_signature_is_refused(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 6);
    for (size_t i = 0; i < list.count; i++) {
        struct signed_message message = { .crypto = &list.suites[i].crypto, .content = base_slice_text("content") };
        assert_ok(mls_signature_generate(message.crypto, &random.random, &message.key));
        assert_ok(mls_sign_with_label(message.crypto, &message.key, base_slice_text("Test"), message.content,
                                      &message.signature));
        const struct base_slice signature = mls_signature_slice(&message.signature);
        assert_ok(verify(&message, signature));
        assert_true(signature.len <= message.crypto->suite->signature_max);
        test_each_truncation(signature, refuse_signature, &message);
        test_each_extension(signature, refuse_signature, &message);
        /* Slow for the large curves: a few bits only. */
        for (size_t bit = 0; bit < signature.len * 8; bit += 41) {
            struct mls_signature flipped = message.signature;
            flipped.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            refuse_signature(mls_signature_slice(&flipped), &message);
        }
        message.content = base_slice_text("contend");
        assert_result(&MLS_ERR_SIGNATURE, verify(&message, signature));
        message.content = base_slice_text("content");
        assert_result(&MLS_ERR_SIGNATURE,
                      mls_verify_with_label(message.crypto, mls_public_key_slice(&message.key.public_key),
                                            base_slice_text("Tess"), message.content, signature));
    }
}

/* The same r and s with an integer padded by a zero: valid BER, not DER. */
static void test_only_der_is_accepted(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 7);
    for (size_t i = 0; i < list.count; i++) {
        struct signed_message message = { .crypto = &list.suites[i].crypto, .content = base_slice_text("content") };
        if (message.crypto->suite->id != 2) {
            continue;
        }
        assert_ok(mls_signature_generate(message.crypto, &random.random, &message.key));
        do {
            /* one whose r is short enough to take a zero more */
            assert_ok(mls_sign_with_label(message.crypto, &message.key, base_slice_text("Test"), message.content,
                                          &message.signature));
        } while (message.signature.data[3] != 32);
        uint8_t padded[MLS_SIGNATURE_MAX + 1];
        memcpy(padded, message.signature.data, 4);
        padded[1]++;
        padded[3]++;
        padded[4] = 0;
        memcpy(padded + 5, message.signature.data + 4, message.signature.len - 4U);
        assert_result(&MLS_ERR_SIGNATURE, verify(&message, base_slice(padded, message.signature.len + 1U)));
        /* And the length of the whole in its long form. */
        memcpy(padded, message.signature.data, 1);
        padded[1] = 0x81;
        memcpy(padded + 2, message.signature.data + 1, message.signature.len - 1U);
        assert_result(&MLS_ERR_SIGNATURE, verify(&message, base_slice(padded, message.signature.len + 1U)));
    }
}

/* ----------------------------------------------------------------------------------------------------------- keys - */

static bool is_nist(const struct mls_crypto *crypto) {
    return crypto->suite->kem_public_size % 2 == 1;
}

static void test_invalid_private_keys_are_refused(void **state) {
    (void)state;
    static const uint8_t zeros[MLS_PRIVATE_KEY_MAX + 1];
    uint8_t ones[MLS_PRIVATE_KEY_MAX + 1];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        const size_t kem_size = crypto->suite->kem_private_size;
        const size_t signature_size = crypto->suite->signature_private_size;
        struct mls_keypair out;
        /* A scalar may lack leading zeros; a key of RFC 7748 or 8032 has one size. */
        base_result too_short = is_nist(crypto) ? BASE_OK : &MLS_ERR_PRIVATE_KEY;
        assert_result(too_short, mls_kem_keypair(crypto, base_slice(ones, kem_size - 1), &out));
        assert_result(too_short, mls_signature_keypair(crypto, base_slice(ones, signature_size - 1), &out));
        assert_result(&MLS_ERR_PRIVATE_KEY, mls_kem_keypair(crypto, base_slice(ones, kem_size + 1), &out));
        assert_result(&MLS_ERR_PRIVATE_KEY, mls_signature_keypair(crypto, base_slice(ones, signature_size + 1), &out));
        assert_result(&MLS_ERR_PRIVATE_KEY, mls_kem_keypair(crypto, base_slice(NULL, 0), &out));
        assert_result(&MLS_ERR_PRIVATE_KEY, mls_signature_keypair(crypto, base_slice(NULL, 0), &out));
        if (is_nist(crypto)) {
            assert_result(&MLS_ERR_PRIVATE_KEY, mls_kem_keypair(crypto, base_slice(zeros, kem_size), &out));
            assert_result(&MLS_ERR_PRIVATE_KEY, mls_kem_keypair(crypto, base_slice(ones, kem_size), &out));
            assert_result(&MLS_ERR_PRIVATE_KEY, mls_signature_keypair(crypto, base_slice(zeros, signature_size), &out));
            assert_result(&MLS_ERR_PRIVATE_KEY, mls_signature_keypair(crypto, base_slice(ones, signature_size), &out));
        }
    }
}

static base_result try_public_key(const struct mls_crypto *crypto, struct base_slice public_key) {
    uint8_t sealed[1 + MLS_AEAD_TAG_SIZE];
    struct mls_public_key kem_output;
    base_result result = mls_encrypt_with_label(crypto, base_random_system(), public_key, base_slice_text("l"),
                                                base_slice(NULL, 0), base_slice("x", 1), &kem_output, sealed);
    assert_result(result, mls_kem_check(crypto, public_key));
    return result;
}

static base_result try_kem_output(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                  struct base_slice kem_output) {
    uint8_t sealed[1 + MLS_AEAD_TAG_SIZE] = { 0 };
    uint8_t out[1];
    return mls_decrypt_with_label(crypto, key, base_slice_text("l"), base_slice(NULL, 0), kem_output,
                                  base_slice(sealed, sizeof sealed), out);
}

static void test_invalid_public_keys_are_refused(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 8);
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        struct mls_keypair key;
        assert_ok(mls_kem_generate(crypto, &random.random, &key));
        uint8_t bad[MLS_PUBLIC_KEY_MAX + 1] = { 0 };
        const size_t size = crypto->suite->kem_public_size;
        memcpy(bad, key.public_key.data, size);
        assert_ok(try_public_key(crypto, base_slice(bad, size)));
        assert_result(&MLS_ERR_DECRYPT, try_kem_output(crypto, &key, base_slice(bad, size)));
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size - 1)));
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size + 1)));
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(NULL, 0)));
        assert_result(&MLS_ERR_PUBLIC_KEY, try_kem_output(crypto, &key, base_slice(bad, size - 1)));
        /* The point of order 1 or 2: a result of all zeros. With NIST curves, not a point at all. */
        memset(bad, 0, sizeof bad);
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size)));
        assert_result(&MLS_ERR_PUBLIC_KEY, try_kem_output(crypto, &key, base_slice(bad, size)));
        if (!is_nist(crypto)) {
            bad[0] = 1;
            assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size)));
            continue;
        }
        memcpy(bad, key.public_key.data, size);
        bad[size - 1] ^= 1; /* off the curve */
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size)));
        bad[size - 1] ^= 1;
        bad[0] = 6; /* the hybrid form */
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size)));
        bad[0] = 2; /* the compressed form, of its right length */
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size / 2 + 1)));
        bad[0] = 4;
        memset(bad + 1, 0xff, size / 2); /* x beyond the field */
        assert_result(&MLS_ERR_PUBLIC_KEY, try_public_key(crypto, base_slice(bad, size)));
        const struct mls_keypair signer = key;
        assert_result(&MLS_ERR_PUBLIC_KEY,
                      mls_verify_with_label(crypto, base_slice(bad, size), base_slice_text("l"), base_slice("x", 1),
                                            base_slice(signer.private_key.data, 32)));
    }
}

/* The list of one provider, and what comes of such a point with the other, say the same. */
static void test_points_of_small_order_are_no_keys(void **state) {
    (void)state;
    uint8_t points[][32] = {
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
        { 0 },
        { 1 },
        { 2 }, /* of none */
        { 9 },
    };
    enum { SMALL = sizeof points / sizeof *points - 2 };
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        for (size_t k = 0; k < sizeof points / sizeof *points && crypto->suite->kem == mls_suite(3)->kem; k++) {
            base_result expected = k < SMALL ? &MLS_ERR_PUBLIC_KEY : BASE_OK;
            assert_result(expected, mls_kem_check(crypto, base_slice(points[k], 32)));
            points[k][31] ^= 0x80; /* is ignored */
            assert_result(expected, mls_kem_check(crypto, base_slice(points[k], 32)));
            assert_result(expected, try_public_key(crypto, base_slice(points[k], 32)));
        }
    }
}

/* ----------------------------------------------------------------------------------------------------- encryption - */

struct sealed_message {
    const struct mls_crypto *crypto;
    struct mls_keypair key;
    struct mls_public_key kem_output;
};

static const char plaintext[] = "a message of more than one block, as messages are";

static void refuse_ciphertext(struct base_slice mutated, void *user) {
    const struct sealed_message *message = user;
    uint8_t out[sizeof plaintext + MLS_AEAD_TAG_SIZE + 1];
    memset(out, 0xcc, sizeof out);
    assert_result(&MLS_ERR_DECRYPT, mls_decrypt_with_label(message->crypto, &message->key, base_slice_text("Test"),
                                                           base_slice_text("context"),
                                                           mls_public_key_slice(&message->kem_output), mutated, out));
    for (size_t i = 0; i + 4 <= sizeof plaintext; i++) {
        assert_memory_not_equal(out, plaintext + i, 4);
    }
}

static void test_each_damaged_ciphertext_is_refused(void **state) {
    (void)state;
    struct test_random random;
    test_random_init(&random, 9);
    for (size_t i = 0; i < list.count; i++) {
        struct sealed_message message = { .crypto = &list.suites[i].crypto };
        uint8_t sealed[sizeof plaintext + MLS_AEAD_TAG_SIZE];
        uint8_t opened[sizeof plaintext];
        assert_ok(mls_kem_generate(message.crypto, &random.random, &message.key));
        assert_ok(mls_encrypt_with_label(message.crypto, &random.random, mls_public_key_slice(&message.key.public_key),
                                         base_slice_text("Test"), base_slice_text("context"),
                                         base_slice(plaintext, sizeof plaintext), &message.kem_output, sealed));
        assert_ok(mls_decrypt_with_label(message.crypto, &message.key, base_slice_text("Test"),
                                         base_slice_text("context"), mls_public_key_slice(&message.kem_output),
                                         base_slice(sealed, sizeof sealed), opened));
        assert_memory_equal(opened, plaintext, sizeof plaintext);
        /* The other curves' AEADs are those of suites 1, 3 and 4. */
        if (!is_nist(message.crypto) && message.crypto->suite->id != 6) {
            test_each_truncation(base_slice(sealed, sizeof sealed), refuse_ciphertext, &message);
            test_each_extension(base_slice(sealed, sizeof sealed), refuse_ciphertext, &message);
            for (size_t bit = 0; bit < 8 * sizeof sealed; bit += 7) {
                sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
                refuse_ciphertext(base_slice(sealed, sizeof sealed), &message);
                sealed[bit / 8] ^= (uint8_t)(1U << bit % 8);
            }
        }
        message.kem_output = message.key.public_key; /* valid, but another's */
        refuse_ciphertext(base_slice(sealed, sizeof sealed), &message);
    }
}

/* ------------------------------------------------------------------------------------------------- limits, failures */

static void test_lengths_have_limits(void **state) {
    (void)state;
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        const struct mls_secret secret = { .len = crypto->suite->hash_size };
        const struct base_slice prk = mls_secret_slice(&secret);
        static uint8_t out[255 * MLS_HASH_MAX + 1];
        const size_t max = 255U * crypto->suite->hash_size;
        const struct base_slice none = base_slice(NULL, 0);
        assert_ok(mls_expand_with_label(crypto, prk, none, none, out, max));
        assert_result(&BASE_ERR_TOO_LONG, mls_expand_with_label(crypto, prk, none, none, out, max + 1));
        assert_ok(mls_expand_with_label(crypto, prk, none, none, out, 0));
        static const char label[MLS_LABEL_MAX] = { 0 };
        const size_t label_max = MLS_LABEL_MAX - strlen("MLS 1.0 ");
        assert_ok(mls_expand_with_label(crypto, prk, base_slice(label, label_max), none, out, 1));
        assert_result(&BASE_ERR_TOO_LONG,
                      mls_expand_with_label(crypto, prk, base_slice(label, label_max + 1), none, out, 1));
    }
}

static void test_macs_are_compared_whole(void **state) {
    (void)state;
    const struct mls_crypto *crypto = &list.suites[0].crypto;
    struct mls_secret mac;
    const struct base_slice key = base_slice("key", 3);
    const struct base_slice message = base_slice("message", 7);
    assert_ok(mls_mac(crypto, key, message, &mac));
    assert_ok(mls_mac_verify(crypto, key, message, mls_secret_slice(&mac)));
    assert_result(&MLS_ERR_MAC, mls_mac_verify(crypto, key, message, base_slice(mac.data, mac.len - 1U)));
    assert_result(&MLS_ERR_MAC, mls_mac_verify(crypto, key, message, base_slice(NULL, 0)));
    mac.data[31] ^= 1;
    assert_result(&MLS_ERR_MAC, mls_mac_verify(crypto, key, message, mls_secret_slice(&mac)));
}

static void test_failing_randomness(void **state) {
    (void)state;
    const struct base_random *none = test_random_failing();
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        struct mls_keypair key;
        struct mls_public_key kem_output;
        uint8_t sealed[1 + MLS_AEAD_TAG_SIZE];
        assert_ok(mls_kem_generate(crypto, base_random_system(), &key));
        const struct base_slice public_key = mls_public_key_slice(&key.public_key);
        assert_result(&BASE_ERR_RANDOM, mls_kem_generate(crypto, none, &key));
        assert_result(&BASE_ERR_RANDOM, mls_signature_generate(crypto, none, &key));
        assert_result(&BASE_ERR_RANDOM,
                      mls_encrypt_with_label(crypto, none, public_key, base_slice_text("l"), base_slice(NULL, 0),
                                             base_slice("x", 1), &kem_output, sealed));
    }
}

static base_result fill_ones(void *user, uint8_t *out, size_t len) {
    (void)user;
    memset(out, 0xff, len);
    return BASE_OK;
}

/* A source that gives nothing but ones never hits a NIST scalar: it must not be asked for ever. */
static void test_broken_randomness_ends(void **state) {
    (void)state;
    const struct base_random ones = { fill_ones, NULL };
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        struct mls_keypair key;
        assert_result(is_nist(crypto) ? &BASE_ERR_RANDOM : BASE_OK, mls_signature_generate(crypto, &ones, &key));
    }
}

struct long_message {
    uint16_t suite;
    const struct mls_provider *provider;
    struct mls_keypair key;
    uint8_t content[5000];
};

static base_result sign_long(const struct base_allocator *allocator, void *user) {
    const struct long_message *message = user;
    struct mls_crypto crypto;
    struct mls_signature signature;
    const struct base_slice content = base_slice(message->content, sizeof message->content);
    BASE_TRY(mls_crypto_for(message->provider, allocator, message->suite, &crypto));
    BASE_TRY(mls_sign_with_label(&crypto, &message->key, base_slice_text("Test"), content, &signature));
    return mls_verify_with_label(&crypto, mls_public_key_slice(&message->key.public_key), base_slice_text("Test"),
                                 content, mls_signature_slice(&signature));
}

static base_result make_openssl(const struct base_allocator *allocator, void *user) {
    (void)user;
    struct mls_provider *provider = NULL;
    BASE_TRY(mls_provider_openssl(allocator, &provider));
    mls_provider_openssl_free(provider);
    return BASE_OK;
}

static void test_failing_allocations(void **state) {
    (void)state;
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        struct long_message message = { .suite = (uint16_t)crypto->suite->id, .provider = crypto->provider };
        assert_ok(mls_signature_generate(crypto, base_random_system(), &message.key));
        assert_int_equal(test_each_allocation(sign_long, &message), 2);
    }
    assert_int_equal(test_each_allocation(make_openssl, NULL), 1);
}

/* ------------------------------------------------------------------------------------------------------- RFC 9180 - */

/* Base mode, message 0 and the export with empty context, of appendix A. */
static const struct hpke_vector {
    uint16_t suite;
    const char *ephemeral_ikm, *ephemeral_private, *recipient_ikm, *recipient_private, *ciphertext, *exported;
} hpke_vectors[] = {
    { 1, "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
      "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
      "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
      "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
      "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
      "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee" },
    { 2, "4270e54ffd08d79d5928020af4686d8f6b7d35dbe470265f1f5aa22816ce860e",
      "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
      "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
      "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
      "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
      "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d" },
    { 3, "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
      "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
      "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df",
      "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
      "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
      "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e" },
};

static struct base_slice from_hex(const char *hex, uint8_t *out) {
    const size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return base_slice(out, len);
}

static struct mls_keypair derive_pair(const struct mls_crypto *crypto, const char *ikm, const char *private_key) {
    uint8_t bytes[64];
    struct mls_keypair key;
    assert_ok(mls_kem_derive(crypto, from_hex(ikm, bytes), &key));
    assert_true(base_slice_equal(from_hex(private_key, bytes), mls_private_key_slice(&key.private_key)));
    return key;
}

static void check_hpke(const struct mls_crypto *crypto, const struct hpke_vector *vector) {
    const struct mls_keypair ephemeral = derive_pair(crypto, vector->ephemeral_ikm, vector->ephemeral_private);
    const struct mls_keypair recipient = derive_pair(crypto, vector->recipient_ikm, vector->recipient_private);
    const struct base_slice info = base_slice_text("Ode on a Grecian Urn");
    const struct base_slice aad = base_slice_text("Count-0");
    const struct base_slice message = base_slice_text("Beauty is truth, truth beauty");
    uint8_t wanted[64], sealed[64], opened[64], exported[32];
    const struct base_slice ciphertext = from_hex(vector->ciphertext, wanted);
    assert_ok(mls_hpke_seal_with(crypto, &ephemeral, mls_public_key_slice(&recipient.public_key), &info, 1, aad,
                                 message, sealed));
    assert_memory_equal(sealed, ciphertext.data, ciphertext.len);
    assert_ok(mls_hpke_open(crypto, &recipient, mls_public_key_slice(&ephemeral.public_key), &info, 1, aad, ciphertext,
                            opened));
    assert_memory_equal(opened, message.data, message.len);
    assert_ok(mls_hpke_receive_export(crypto, &recipient, mls_public_key_slice(&ephemeral.public_key), info,
                                      base_slice(NULL, 0), exported, sizeof exported));
    assert_memory_equal(exported, from_hex(vector->exported, wanted).data, sizeof exported);
}

static void test_rfc_9180(void **state) {
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < list.count; i++) {
        for (size_t k = 0; k < sizeof hpke_vectors / sizeof *hpke_vectors; k++) {
            if (hpke_vectors[k].suite == (uint16_t)list.suites[i].crypto.suite->id) {
                check_hpke(&list.suites[i].crypto, &hpke_vectors[k]);
                checked++;
            }
        }
    }
    assert_int_equal(checked, 4); /* suite 3 with both */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suites),
        cmocka_unit_test(test_hashes_agree),
        cmocka_unit_test(test_aeads_agree),
        cmocka_unit_test(test_keys_agree),
        cmocka_unit_test(test_each_damaged_signature_is_refused),
        cmocka_unit_test(test_only_der_is_accepted),
        cmocka_unit_test(test_invalid_private_keys_are_refused),
        cmocka_unit_test(test_invalid_public_keys_are_refused),
        cmocka_unit_test(test_points_of_small_order_are_no_keys),
        cmocka_unit_test(test_each_damaged_ciphertext_is_refused),
        cmocka_unit_test(test_lengths_have_limits),
        cmocka_unit_test(test_macs_are_compared_whole),
        cmocka_unit_test(test_failing_randomness),
        cmocka_unit_test(test_broken_randomness_ends),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_rfc_9180),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
