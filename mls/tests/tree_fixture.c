/* SPDX-License-Identifier: Apache-2.0 */
#include "tree_fixture.h"

#include <string.h>

#include "leaf_node.h"
#include "test/check.h"

enum { ENCODED_MAX = 1 << 24 };

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

void tree_fixture_init(struct tree_fixture *fixture, const struct base_allocator *allocator, uint64_t seed) {
    fixture->names = 0;
    test_random_init_quiet(&fixture->random, seed);
    must(mls_crypto_for(mls_provider_sodium(), allocator, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
                        &fixture->crypto));
}

struct base_slice tree_fixture_group(void) {
    return base_slice_text("the group");
}

/* Lists of one number each: mls10, suite 3, basic credentials. */
static const uint8_t versions[] = { 0, 1 };
static const uint8_t suites[] = { 0, 3 };
static const uint8_t credentials[] = { 0, 1 };

static struct mls_leaf_node unsigned_leaf(struct tree_fixture *fixture, const struct tree_member *member,
                                          uint8_t *name) {
    name[0] = (uint8_t)(fixture->names >> 8);
    name[1] = (uint8_t)fixture->names;
    fixture->names++;
    return (struct mls_leaf_node){
        .encryption_key = mls_public_key_slice(&member->encryption.public_key),
        .signature_key = mls_public_key_slice(&member->signature.public_key),
        .credential = { MLS_CREDENTIAL_BASIC, base_slice(name, 2) },
        .capabilities = { .versions = base_slice(versions, 2),
                          .cipher_suites = base_slice(suites, 2),
                          .credentials = base_slice(credentials, 2) },
        .source = MLS_LEAF_KEY_PACKAGE,
        .lifetime = { 0, UINT64_MAX },
    };
}

/* Members outlive the runs of an allocator that fails: their memory comes from elsewhere. */
static struct mls_crypto libc_crypto(const struct tree_fixture *fixture) {
    struct mls_crypto crypto = fixture->crypto;
    crypto.allocator = base_allocator_libc();
    return crypto;
}

void tree_member_init(struct tree_fixture *fixture, struct tree_member *out) {
    uint8_t name[2];
    const struct mls_crypto crypto = libc_crypto(fixture);
    *out = (struct tree_member){ .encoded = { NULL, 0 } };
    must(mls_signature_generate(&crypto, &fixture->random.random, &out->signature));
    must(mls_kem_generate(&crypto, &fixture->random.random, &out->encryption));
    struct mls_leaf_node leaf = unsigned_leaf(fixture, out, name);
    must(mls_leaf_node_sign(&crypto, &out->signature, &leaf, tree_fixture_group(), 0, &out->encoded));
    must(mls_leaf_node_decode(base_borrow(&out->encoded), &out->leaf));
}

void tree_member_free(struct tree_member *member) {
    base_bytes_free(&member->encoded);
    base_wipe(member, sizeof *member);
}

base_result tree_fixture_path(struct tree_fixture *fixture, struct mls_tree *tree, struct mls_treekem_keys *keys,
                              const struct tree_member *member, struct mls_treekem_path *out) {
    const struct mls_treekem_leaf leaf = {
        .signature_key = &member->signature,
        .credential = member->leaf.credential,
        .capabilities = member->leaf.capabilities,
    };
    return mls_treekem_create(&fixture->crypto, &fixture->random.random, tree, keys, &leaf, tree_fixture_group(), out);
}

static base_result update_by_path(struct tree_fixture *fixture, struct mls_tree *tree, uint32_t index,
                                  const struct tree_member *member) {
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    BASE_CLEANUP(mls_treekem_path_free) struct mls_treekem_path path = { 0 };
    BASE_TRY(mls_treekem_keys_create(fixture->crypto.allocator, index, &member->encryption, &keys));
    return tree_fixture_path(fixture, tree, &keys, member, &path);
}

base_result tree_fixture_tree(struct tree_fixture *fixture, uint32_t members, struct mls_tree *out) {
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    uint32_t index = 0;
    BASE_TRY(mls_tree_create(&fixture->random.random, 0, &tree));
    for (uint32_t i = 0; i < members; i++) {
        BASE_CLEANUP(tree_member_free) struct tree_member member;
        tree_member_init(fixture, &member);
        BASE_TRY(mls_tree_add(&fixture->crypto, &tree, &member.leaf, &index));
        if (i % 3 == 1) {
            BASE_TRY(update_by_path(fixture, &tree, index, &member));
        }
    }
    mls_tree_move(out, &tree);
    return BASE_OK;
}

base_result tree_fixture_encode(const struct base_allocator *allocator, const struct mls_tree *tree,
                                struct base_bytes *out) {
    struct base_writer writer = base_writer(allocator, ENCODED_MAX);
    mls_tree_encode(&writer, tree);
    return base_writer_finish(&writer, out);
}
