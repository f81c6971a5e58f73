/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key packages and leaf nodes by themselves (§7.3, §10.1), with suite 3 on libsodium: each check has its error.
 */
#include "key_package.h"

#include <string.h>

#include "test/alloc.h"
#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"

enum { SUITE = 3, OTHER_SUITE = 1, NOW = 1750000000 };

static const uint8_t versions[] = { 0, MLS_VERSION_10 };
static const uint8_t suites[] = { 0, SUITE };
static const uint8_t extension_types[] = { 0xf0, 0x01, 0x00, MLS_EXTENSION_LAST_RESORT };
static const uint8_t proposal_types[] = { 0xf0, 0x02 };
static const uint8_t credential_types[] = { 0, MLS_CREDENTIAL_BASIC };
static const uint8_t leaf_extensions[] = { 0xf0, 0x01, 0x00, 0x00, MLS_EXTENSION_APPLICATION_ID, 0x01, 'a' };
static const uint8_t grease[] = { 0x1a, 0x1a, 0x02, 'x', 'y' };
static const uint8_t last_resort[] = { 0x00, MLS_EXTENSION_LAST_RESORT, 0x00 };

struct fixture {
    struct mls_crypto crypto;
    struct test_random random;
    struct mls_keypair key;
    struct mls_key_package_params params;
};

static void fixture_init(struct fixture *self, const struct base_allocator *allocator) {
    memset(self, 0, sizeof *self);
    test_random_init_quiet(&self->random, 1);
    assert_ok(mls_crypto_for(mls_provider_sodium(), allocator, SUITE, &self->crypto));
    assert_ok(mls_signature_generate(&self->crypto, &self->random.random, &self->key));
    self->params = (struct mls_key_package_params){
        .signature_key = &self->key,
        .credential = { MLS_CREDENTIAL_BASIC, base_slice_text("alice") },
        .capabilities = {
            .versions = base_slice(versions, sizeof versions),
            .cipher_suites = base_slice(suites, sizeof suites),
            .extensions = base_slice(extension_types, sizeof extension_types),
            .proposals = base_slice(proposal_types, sizeof proposal_types),
            .credentials = base_slice(credential_types, sizeof credential_types),
        },
        .lifetime = { NOW - 100, NOW + 100 },
        .leaf_extensions = base_slice(leaf_extensions, sizeof leaf_extensions),
        .extensions = base_slice(last_resort, sizeof last_resort),
    };
}

static int setup(void **state) {
    static struct fixture fixture;
    fixture_init(&fixture, base_allocator_libc());
    *state = &fixture;
    return 0;
}

static base_result create(struct fixture *self, struct base_bytes *out) {
    struct mls_key_package_keys keys;
    return mls_key_package_create(&self->crypto, &self->random.random, &self->params, &keys, out);
}

static base_result verify(const struct fixture *self, struct base_slice bytes) {
    struct mls_key_package package;
    BASE_TRY(mls_key_package_decode(bytes, &package));
    return mls_key_package_verify(&self->crypto, &package);
}

static void what_was_made_is_valid(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_key_package_keys keys;
    assert_ok(mls_key_package_create(&self->crypto, &self->random.random, &self->params, &keys, &bytes));
    struct mls_key_package package;
    assert_ok(mls_key_package_decode(base_borrow(&bytes), &package));
    assert_ok(mls_key_package_verify(&self->crypto, &package));
    assert_int_equal(package.leaf.source, MLS_LEAF_KEY_PACKAGE);
    assert_int_equal(package.leaf.lifetime.not_after, NOW + 100);
    assert_true(base_slice_equal(package.leaf.credential.content, base_slice_text("alice")));
    assert_true(mls_extension_find(package.extensions, MLS_EXTENSION_LAST_RESORT, NULL));
    /* the private halves are those of the package */
    struct mls_keypair pair;
    assert_ok(mls_kem_keypair(&self->crypto, base_slice(keys.init.private_key.data, keys.init.private_key.len), &pair));
    assert_true(base_slice_equal(package.init_key, mls_public_key_slice(&pair.public_key)));
    assert_ok(mls_kem_keypair(&self->crypto,
                              base_slice(keys.encryption.private_key.data, keys.encryption.private_key.len), &pair));
    assert_true(base_slice_equal(package.leaf.encryption_key, mls_public_key_slice(&pair.public_key)));
}

static void refused(struct base_slice mutated, void *user) {
    assert_true(verify(user, mutated) != BASE_OK);
}

static void what_was_touched_is_not(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(create(self, &bytes));
    test_each_mutation(base_borrow(&bytes), refused, self);
}

static void the_two_signatures_have_errors_of_their_own(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(create(self, &bytes));
    bytes.data[bytes.len - 1] ^= 1;
    assert_result(&MLS_ERR_KEY_PACKAGE_SIGNATURE, verify(self, base_borrow(&bytes)));
    bytes.data[bytes.len - 1] ^= 1;
    struct mls_key_package package;
    assert_ok(mls_key_package_decode(base_borrow(&bytes), &package));
    bytes.data[package.leaf.signature.data - bytes.data] ^= 1;
    assert_result(&MLS_ERR_LEAF_SIGNATURE, verify(self, base_borrow(&bytes)));
}

static void suite_and_version_are_the_groups(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(create(self, &bytes));
    bytes.data[1] = 2;
    assert_result(&MLS_ERR_KEY_PACKAGE_SUITE, verify(self, base_borrow(&bytes)));
    bytes.data[1] = MLS_VERSION_10;
    bytes.data[3] = OTHER_SUITE;
    assert_result(&MLS_ERR_KEY_PACKAGE_SUITE, verify(self, base_borrow(&bytes)));
}

/* Signs a package of these keys by hand: mls_key_package_create never makes such ones. Its extension is a GREASE value
 * that no capabilities list, which nobody may refuse. */
static base_result verify_with(struct fixture *self, struct base_slice init_key, struct base_slice encryption_key,
                               uint8_t source) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) leaf_bytes = { NULL, 0 };
    struct mls_key_package package = {
        .version = MLS_VERSION_10,
        .cipher_suite = SUITE,
        .init_key = init_key,
        .leaf = {
            .encryption_key = encryption_key,
            .signature_key = mls_public_key_slice(&self->key.public_key),
            .credential = self->params.credential,
            .capabilities = self->params.capabilities,
            .source = source,
        },
    };
    BASE_TRY(mls_leaf_node_sign(&self->crypto, &self->key, &package.leaf, base_slice(NULL, 0), 0, &leaf_bytes));
    BASE_TRY(mls_leaf_node_decode(base_borrow(&leaf_bytes), &package.leaf));
    package.extensions = base_slice(grease, sizeof grease);
    struct base_writer BASE_CLEANUP(base_writer_free) tbs = base_writer(base_allocator_libc(), MLS_LEAF_MAX);
    mls_key_package_write_unsigned(&tbs, &package);
    struct mls_signature signature;
    BASE_TRY(mls_sign_with_label(&self->crypto, &self->key, base_slice_text("KeyPackageTBS"), base_writer_view(&tbs),
                                 &signature));
    package.signature = base_slice(signature.data, signature.len);
    struct base_writer BASE_CLEANUP(base_writer_free) whole = base_writer(base_allocator_libc(), MLS_LEAF_MAX);
    mls_key_package_write(&whole, &package);
    return verify(self, base_writer_view(&whole));
}

static void keys_and_source_are_checked(void **state) {
    struct fixture *self = *state;
    uint8_t one[32] = { 9 };
    uint8_t two[32] = { 10 };
    const struct base_slice a = base_slice(one, sizeof one);
    const struct base_slice b = base_slice(two, sizeof two);
    const struct base_slice too_short = base_slice(one, sizeof one - 1);
    assert_ok(verify_with(self, a, b, MLS_LEAF_KEY_PACKAGE));
    assert_result(&MLS_ERR_KEY_PACKAGE_KEYS, verify_with(self, a, a, MLS_LEAF_KEY_PACKAGE));
    assert_result(&MLS_ERR_PUBLIC_KEY, verify_with(self, too_short, b, MLS_LEAF_KEY_PACKAGE));
    assert_result(&MLS_ERR_PUBLIC_KEY, verify_with(self, b, too_short, MLS_LEAF_KEY_PACKAGE));
    assert_result(&MLS_ERR_LEAF_NODE_SOURCE, verify_with(self, a, b, MLS_LEAF_UPDATE));
    assert_result(&MLS_ERR_LEAF_NODE_SOURCE, verify_with(self, a, b, MLS_LEAF_COMMIT));
}

static void what_a_leaf_has_it_supports(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    const struct mls_key_package_params good = self->params;
    const struct base_slice none = base_slice(NULL, 0);

    self->params.capabilities.versions = none;
    assert_result(&MLS_ERR_CAPABILITIES_VERSION, create(self, &bytes));
    self->params = good;
    self->params.capabilities.cipher_suites = none;
    assert_result(&MLS_ERR_CAPABILITIES_SUITE, create(self, &bytes));
    self->params = good;
    self->params.capabilities.credentials = none;
    assert_result(&MLS_ERR_CAPABILITIES_CREDENTIAL, create(self, &bytes));
    self->params = good;
    self->params.capabilities.extensions = none;
    assert_result(&MLS_ERR_CAPABILITIES_EXTENSION, create(self, &bytes));
    self->params.extensions = none; /* the leaf's are left */
    assert_result(&MLS_ERR_CAPABILITIES_EXTENSION, create(self, &bytes));
    self->params.leaf_extensions = none;
    assert_ok(create(self, &bytes));
    base_bytes_free(&bytes);
    self->params = good;
    const uint8_t twice[] = { 0xf0, 0x01, 0x00, 0xf0, 0x01, 0x00 };
    self->params.leaf_extensions = base_slice(twice, sizeof twice);
    assert_result(&MLS_ERR_EXTENSION_DUPLICATE, create(self, &bytes));
    self->params = good;
    self->params.extensions = base_slice(twice, sizeof twice - 1);
    assert_result(&BASE_ERR_TRUNCATED, create(self, &bytes));
    assert_null(bytes.data);
}

static void what_the_rfc_defines_need_not_be_listed(void **state) {
    const struct fixture *self = *state;
    const struct mls_capabilities *capabilities = &self->params.capabilities;
    for (uint16_t type = MLS_EXTENSION_APPLICATION_ID; type <= MLS_EXTENSION_EXTERNAL_SENDERS; type++) {
        assert_true(mls_supports_extension(capabilities, type));
    }
    for (uint16_t type = MLS_PROPOSAL_ADD; type <= MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS; type++) {
        assert_true(mls_supports_proposal(capabilities, type));
    }
    assert_true(mls_supports_extension(capabilities, 0xf001));
    assert_true(mls_supports_proposal(capabilities, 0xf002));
    assert_true(mls_supports_credential(capabilities, MLS_CREDENTIAL_BASIC));
    assert_false(mls_supports_extension(capabilities, 0));
    assert_false(mls_supports_extension(capabilities, 6));
    assert_false(mls_supports_proposal(capabilities, 0));
    assert_false(mls_supports_proposal(capabilities, 8));
    assert_false(mls_supports_credential(capabilities, MLS_CREDENTIAL_X509)); /* no credential is supported by all */
}

static base_result check_lifetime(uint64_t not_before, uint64_t not_after, uint64_t skew, uint64_t max_range) {
    const struct mls_leaf_node leaf = { .source = MLS_LEAF_KEY_PACKAGE, .lifetime = { not_before, not_after } };
    const struct mls_lifetime_policy policy = { .now = NOW, .skew = skew, .max_range = max_range };
    return mls_leaf_node_check_lifetime(&leaf, &policy);
}

static void lifetimes(void **state) {
    (void)state;
    assert_ok(check_lifetime(NOW, NOW, 0, 1));
    assert_ok(check_lifetime(0, UINT64_MAX, 0, 0));
    assert_result(&MLS_ERR_LIFETIME, check_lifetime(NOW + 1, NOW + 2, 0, 0));
    assert_result(&MLS_ERR_LIFETIME, check_lifetime(NOW - 2, NOW - 1, 0, 0));
    assert_ok(check_lifetime(NOW + 10, NOW + 20, 10, 0));
    assert_ok(check_lifetime(NOW - 20, NOW - 10, 10, 0));
    assert_result(&MLS_ERR_LIFETIME, check_lifetime(NOW + 11, NOW + 20, 10, 0));
    assert_result(&MLS_ERR_LIFETIME, check_lifetime(NOW - 20, NOW - 11, 10, 0));
    assert_result(&MLS_ERR_LIFETIME, check_lifetime(NOW + 1, NOW - 1, 10, 0));
    assert_ok(check_lifetime(NOW - 50, NOW + 50, 0, 100));
    assert_result(&MLS_ERR_LIFETIME_RANGE, check_lifetime(NOW - 50, NOW + 51, 0, 100));
    assert_result(&MLS_ERR_LIFETIME_RANGE, check_lifetime(0, UINT64_MAX, UINT64_MAX, 100));
    /* other leaves have none */
    const struct mls_leaf_node leaf = { .source = MLS_LEAF_COMMIT };
    const struct mls_lifetime_policy policy = { .now = NOW };
    assert_ok(mls_leaf_node_check_lifetime(&leaf, &policy));
}

static void a_leaf_is_signed_for_its_group_and_place(void **state) {
    struct fixture *self = *state;
    for (uint8_t source = MLS_LEAF_KEY_PACKAGE; source <= MLS_LEAF_COMMIT; source++) {
        const struct mls_leaf_node leaf = {
            .signature_key = mls_public_key_slice(&self->key.public_key),
            .credential = self->params.credential,
            .source = source,
            .parent_hash = base_slice_text("parent hash"),
        };
        struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
        struct mls_leaf_node decoded;
        const struct base_slice group = base_slice_text("group");
        assert_ok(mls_leaf_node_sign(&self->crypto, &self->key, &leaf, group, 5, &bytes));
        assert_ok(mls_leaf_node_decode(base_borrow(&bytes), &decoded));
        assert_ok(mls_leaf_node_verify(&self->crypto, &decoded, group, 5));
        const base_result elsewhere = source == MLS_LEAF_KEY_PACKAGE ? BASE_OK : &MLS_ERR_LEAF_SIGNATURE;
        assert_result(elsewhere, mls_leaf_node_verify(&self->crypto, &decoded, group, 6));
        assert_result(elsewhere, mls_leaf_node_verify(&self->crypto, &decoded, base_slice_text("other"), 5));
    }
}

static base_result create_and_verify(const struct base_allocator *allocator, void *user) {
    (void)user;
    struct fixture self;
    fixture_init(&self, allocator);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    BASE_TRY(create(&self, &bytes));
    return verify(&self, base_borrow(&bytes));
}

static void lack_of_memory_leaks_nothing(void **state) {
    (void)state;
    assert_true(test_each_allocation(create_and_verify, NULL) > 2);
}

static void without_randomness_there_is_no_package(void **state) {
    struct fixture *self = *state;
    struct base_bytes bytes = { NULL, 0 };
    struct mls_key_package_keys keys;
    assert_result(&BASE_ERR_RANDOM,
                  mls_key_package_create(&self->crypto, test_random_failing(), &self->params, &keys, &bytes));
    assert_null(bytes.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_made_is_valid, setup),
        cmocka_unit_test_setup(what_was_touched_is_not, setup),
        cmocka_unit_test_setup(the_two_signatures_have_errors_of_their_own, setup),
        cmocka_unit_test_setup(suite_and_version_are_the_groups, setup),
        cmocka_unit_test_setup(keys_and_source_are_checked, setup),
        cmocka_unit_test_setup(what_a_leaf_has_it_supports, setup),
        cmocka_unit_test_setup(what_the_rfc_defines_need_not_be_listed, setup),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test_setup(a_leaf_is_signed_for_its_group_and_place, setup),
        cmocka_unit_test(lack_of_memory_leaks_nothing),
        cmocka_unit_test_setup(without_randomness_there_is_no_package, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
