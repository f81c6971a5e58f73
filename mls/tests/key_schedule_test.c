/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key schedule, PSKs and transcript hashes, as far as the published vectors say nothing: external initialisation, what
 * is refused, saved secrets.
 */
#include <string.h>

#include "key_schedule.h"
#include "provider_list.h"
#include "psk.h"
#include "test/alloc.h"
#include "test/cmocka.h"
#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"
#include "transcript.h"

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

static struct mls_epoch_secrets some_epoch(const struct mls_crypto *crypto) {
    struct mls_secret epoch_secret;
    struct mls_epoch_secrets secrets;
    assert_ok(mls_secret_random(crypto, base_random_system(), &epoch_secret));
    assert_ok(mls_epoch_secrets_create(crypto, &epoch_secret, &secrets));
    return secrets;
}

static void test_external_init_agrees(void **state) {
    (void)state;
    for (size_t i = 0; i < list.count; i++) {
        const struct mls_crypto *crypto = &list.suites[i].crypto;
        const struct mls_epoch_secrets secrets = some_epoch(crypto);
        struct mls_keypair external;
        struct mls_public_key kem_output;
        struct mls_secret joiner, member;
        assert_ok(mls_external_keypair(crypto, &secrets.external_secret, &external));
        assert_ok(mls_external_init_send(crypto, base_random_system(), mls_public_key_slice(&external.public_key),
                                         &kem_output, &joiner));
        const struct base_slice output = mls_public_key_slice(&kem_output);
        assert_ok(mls_external_init_receive(crypto, &secrets.external_secret, output, &member));
        assert_true(base_slice_equal(mls_secret_slice(&joiner), mls_secret_slice(&member)));
        assert_result(&MLS_ERR_PUBLIC_KEY, mls_external_init_receive(crypto, &secrets.external_secret,
                                                                     base_slice(output.data, output.len - 1), &member));
        assert_result(&BASE_ERR_RANDOM,
                      mls_external_init_send(crypto, test_random_failing(), output, &kem_output, &joiner));
    }
}

static void test_epoch_secrets_differ(void **state) {
    (void)state;
    const struct mls_crypto *crypto = &list.suites[0].crypto;
    const struct mls_epoch_secrets secrets = some_epoch(crypto);
    const struct mls_secret *const all = &secrets.sender_data_secret;
    const size_t count = sizeof secrets / sizeof *all;
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(all[i].data, all[k].data, 32);
        }
    }
}

static void test_confirmation_tags(void **state) {
    (void)state;
    const struct mls_crypto *crypto = &list.suites[0].crypto;
    const struct mls_epoch_secrets secrets = some_epoch(crypto);
    struct mls_secret tag;
    const struct base_slice hash = base_slice_text("a hash");
    assert_ok(mls_confirmation_tag(crypto, &secrets.confirmation_key, hash, &tag));
    assert_ok(mls_confirmation_tag_verify(crypto, &secrets.confirmation_key, hash, mls_secret_slice(&tag)));
    assert_result(&MLS_ERR_CONFIRMATION_TAG,
                  mls_confirmation_tag_verify(crypto, &secrets.membership_key, hash, mls_secret_slice(&tag)));
    assert_result(&MLS_ERR_CONFIRMATION_TAG,
                  mls_confirmation_tag_verify(crypto, &secrets.confirmation_key, hash, base_slice(tag.data, 31)));
}

static void test_limits(void **state) {
    (void)state;
    static uint8_t long_bytes[255 * 32 + 1];
    const struct mls_crypto *crypto = &list.suites[0].crypto;
    const struct mls_epoch_secrets secrets = some_epoch(crypto);
    const struct base_slice none = base_slice(NULL, 0);
    uint8_t out[sizeof long_bytes];
    struct mls_secret hash;
    assert_ok(mls_exporter(crypto, &secrets.exporter_secret, none, base_slice(long_bytes, sizeof long_bytes), out,
                           sizeof out - 1));
    assert_result(&BASE_ERR_TOO_LONG, mls_exporter(crypto, &secrets.exporter_secret, none, none, out, sizeof out));
    assert_result(&BASE_ERR_TOO_LONG,
                  mls_exporter(crypto, &secrets.exporter_secret, base_slice(long_bytes, 300), none, out, 1));
    assert_result(&BASE_ERR_TOO_LONG, mls_psk_secret(crypto, NULL, MLS_PSKS_MAX + 1, &hash));
    assert_result(&BASE_ERR_TOO_LONG, mls_interim_transcript_hash(crypto, none, base_slice(long_bytes, 65), &hash));
}

/* The place of a PSK counts, and the number of all. */
static void test_psks_are_ordered(void **state) {
    (void)state;
    const struct mls_crypto *crypto = &list.suites[0].crypto;
    const struct mls_psk psks[] = { { base_slice_text("id 1"), base_slice_text("one") },
                                    { base_slice_text("id 2"), base_slice_text("two") } };
    const struct mls_psk swapped[] = { psks[1], psks[0] };
    struct mls_secret a, b, none, zero;
    assert_ok(mls_psk_secret(crypto, psks, 2, &a));
    assert_ok(mls_psk_secret(crypto, swapped, 2, &b));
    assert_memory_not_equal(a.data, b.data, 32);
    assert_ok(mls_psk_secret(crypto, psks, 1, &b));
    assert_memory_not_equal(a.data, b.data, 32);
    assert_ok(mls_psk_secret(crypto, NULL, 0, &none));
    mls_secret_zero(crypto, &zero);
    assert_memory_equal(none.data, zero.data, 32);
}

/* ------------------------------------------------------------------------------------------------ saved secrets ----
 */

static struct base_bytes write_secrets(const struct mls_epoch_secrets *secrets) {
    struct base_bytes bytes = { 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), 4096);
    mls_epoch_secrets_write(&writer, secrets);
    assert_ok(base_writer_finish(&writer, &bytes));
    return bytes;
}

static void refuse_truncated(struct base_slice mutated, void *user) {
    struct mls_epoch_secrets secrets;
    struct base_reader reader = base_reader(mutated);
    assert_result(&BASE_ERR_TRUNCATED, mls_epoch_secrets_read(user, &reader, &secrets));
    assert_ptr_equal(reader.next, mutated.data);
}

static void test_saved_secrets(void **state) {
    (void)state;
    for (size_t i = 0; i < list.count; i++) {
        struct mls_crypto *crypto = &list.suites[i].crypto;
        struct mls_epoch_secrets secrets = some_epoch(crypto);
        struct mls_epoch_secrets read;
        mls_secret_wipe(&secrets.encryption_secret); /* as in an epoch whose secret tree stands */
        struct base_bytes bytes = write_secrets(&secrets);
        struct base_reader reader = base_reader(base_borrow(&bytes));
        assert_ok(mls_epoch_secrets_read(crypto, &reader, &read));
        assert_ok(base_read_end(&reader));
        assert_memory_equal(&secrets, &read, sizeof secrets);
        test_each_truncation(base_borrow(&bytes), refuse_truncated, crypto);
        bytes.data[0] = 0; /* the first secret is empty then, and its first byte the length of the next */
        bytes.data[1] = 1;
        reader = base_reader(base_borrow(&bytes));
        assert_result(&BASE_ERR_VALUE, mls_epoch_secrets_read(crypto, &reader, &read));
        base_bytes_free(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_external_init_agrees), cmocka_unit_test(test_epoch_secrets_differ),
        cmocka_unit_test(test_confirmation_tags),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_psks_are_ordered),     cmocka_unit_test(test_saved_secrets),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
