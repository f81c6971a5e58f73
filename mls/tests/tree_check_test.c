/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ratchet tree refuses, each with its own error, and what it does when memory ends.
 */
#include <string.h>

#include "leaf_node.h"
#include "test/alloc.h"
#include "test/mutate.h"
#include "test/result.h"
#include "tree_fixture.h"
#include "tree_math.h"
#include "tree_set.h"

enum { MEMBERS = 5 };

struct hostile {
    struct tree_fixture fixture;
    struct tree_member members[MEMBERS];
    struct base_writer writer;
    size_t mark;
};

static void setup(struct hostile *self) {
    tree_fixture_init(&self->fixture, base_allocator_libc(), 7);
    for (int i = 0; i < MEMBERS; i++) {
        tree_member_init(&self->fixture, &self->members[i]);
    }
}

static void teardown(struct hostile *self) {
    for (int i = 0; i < MEMBERS; i++) {
        tree_member_free(&self->members[i]);
    }
}

/* A tree is written node by node. */
static void begin(struct hostile *self) {
    self->writer = base_writer(base_allocator_libc(), 1 << 16);
    self->mark = base_write_vector_begin(&self->writer);
}

static void leaf(struct hostile *self, int member) {
    base_write_optional(&self->writer, true);
    base_write_u8(&self->writer, MLS_NODE_LEAF);
    base_write_slice(&self->writer, base_borrow(&self->members[member].encoded));
}

static void blank(struct hostile *self) {
    base_write_optional(&self->writer, false);
}

static void parent_of_size(struct hostile *self, uint8_t fill, size_t key_len, size_t hash_len,
                           const uint32_t *unmerged, size_t unmerged_count) {
    uint8_t bytes[64];
    memset(bytes, fill, sizeof bytes);
    base_write_optional(&self->writer, true);
    base_write_u8(&self->writer, MLS_NODE_PARENT);
    base_write_opaque(&self->writer, base_slice(bytes, key_len));
    base_write_opaque(&self->writer, base_slice(bytes, hash_len));
    size_t mark = base_write_vector_begin(&self->writer);
    for (size_t i = 0; i < unmerged_count; i++) {
        base_write_u32(&self->writer, unmerged[i]);
    }
    base_write_vector_end(&self->writer, mark);
}

static void parent(struct hostile *self, uint8_t fill, const uint32_t *unmerged, size_t unmerged_count) {
    parent_of_size(self, fill, 32, 0, unmerged, unmerged_count);
}

static base_result decode_up_to(struct hostile *self, uint32_t max_leaves, struct mls_tree *out) {
    base_write_vector_end(&self->writer, self->mark);
    base_result result = mls_tree_decode(&self->fixture.crypto, &self->fixture.random.random, max_leaves,
                                         base_writer_view(&self->writer), out);
    base_writer_free(&self->writer);
    return result;
}

static base_result decode(struct hostile *self) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    base_result result = decode_up_to(self, 0, &tree);
    assert_true((result == BASE_OK) == (tree.root != NULL));
    return result;
}

static void refuses_malformed(void **state) {
    (void)state;
    struct hostile self;
    setup(&self);

    begin(&self);
    assert_result(&MLS_ERR_TREE_NODES, decode(&self));

    begin(&self);
    blank(&self);
    assert_result(&MLS_ERR_TREE_NODES, decode(&self));

    begin(&self);
    leaf(&self, 0);
    blank(&self);
    leaf(&self, 1);
    blank(&self);
    assert_result(&MLS_ERR_TREE_NODES, decode(&self));

    begin(&self);
    parent(&self, 1, NULL, 0);
    assert_result(&MLS_ERR_NODE_TYPE, decode(&self));

    begin(&self);
    leaf(&self, 0);
    leaf(&self, 1);
    assert_result(&MLS_ERR_NODE_TYPE, decode(&self));

    begin(&self);
    leaf(&self, 0);
    base_write_u8(&self.writer, 2);
    assert_result(&BASE_ERR_VALUE, decode(&self));

    begin(&self);
    leaf(&self, 0);
    base_write_u8(&self.writer, 1);
    assert_result(&BASE_ERR_TRUNCATED, decode(&self));

    begin(&self);
    leaf(&self, 0);
    parent_of_size(&self, 1, 31, 0, NULL, 0);
    leaf(&self, 1);
    assert_result(&MLS_ERR_PUBLIC_KEY, decode(&self));

    begin(&self);
    leaf(&self, 0);
    parent_of_size(&self, 1, 32, 31, NULL, 0);
    leaf(&self, 1);
    assert_result(&MLS_ERR_PARENT_HASH, decode(&self));

    begin(&self);
    leaf(&self, 0);
    blank(&self);
    leaf(&self, 1);
    base_write_vector_end(&self.writer, self.mark);
    base_write_u8(&self.writer, 0);
    struct mls_tree tree = { .root = NULL };
    assert_result(&BASE_ERR_TRAILING, mls_tree_decode(&self.fixture.crypto, &self.fixture.random.random, 0,
                                                      base_writer_view(&self.writer), &tree));
    base_writer_free(&self.writer);
    teardown(&self);
}

static void refuses_too_large(void **state) {
    (void)state;
    struct hostile self;
    struct mls_tree tree = { .root = NULL };
    setup(&self);
    for (uint32_t max = 2; max <= 3; max++) {
        begin(&self);
        for (int i = 0; i < 3; i++) {
            leaf(&self, i);
            if (i < 2) {
                blank(&self);
            }
        }
        assert_result(max == 2 ? &MLS_ERR_MEMBERS_LIMIT : BASE_OK, decode_up_to(&self, max, &tree));
    }
    uint32_t index = 0;
    assert_int_equal(mls_tree_next_blank(&tree), 3);
    assert_result(&MLS_ERR_MEMBERS_LIMIT, mls_tree_add(&self.fixture.crypto, &tree, &self.members[3].leaf, &index));
    mls_tree_free(&tree);
    teardown(&self);
}

static void refuses_unmerged_leaves(void **state) {
    (void)state;
    /* L0 P1 L2 P3 L4 P5 (blank): who is unmerged in the root and in P1, and what comes of it. */
    static const struct {
        uint32_t root[3];
        size_t root_count;
        uint32_t left[2];
        size_t left_count;
        base_result expected;
    } cases[] = {
        { { 0 }, 0, { 0 }, 0, BASE_OK },
        { { 2 }, 1, { 0 }, 0, BASE_OK },
        { { 1 }, 1, { 1 }, 1, BASE_OK },
        { { 0, 1, 2 }, 3, { 0, 1 }, 2, BASE_OK },
        { { 0 }, 0, { 1 }, 1, BASE_OK },
        { { 1 }, 1, { 0 }, 0, &MLS_ERR_UNMERGED_LEAF }, /* merged in between */
        { { 3 }, 1, { 0 }, 0, &MLS_ERR_UNMERGED_LEAF }, /* a blank leaf */
        { { 4 }, 1, { 0 }, 0, &MLS_ERR_UNMERGED_LEAF }, /* beyond the tree */
        { { 0 }, 0, { 2 }, 1, &MLS_ERR_UNMERGED_LEAF }, /* below another node */
        { { 2, 1 }, 2, { 1 }, 1, &MLS_ERR_UNMERGED_LEAVES },
        { { 2, 2 }, 2, { 0 }, 0, &MLS_ERR_UNMERGED_LEAVES },
    };
    struct hostile self;
    setup(&self);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&self);
        leaf(&self, 0);
        parent(&self, 1, cases[i].left, cases[i].left_count);
        leaf(&self, 1);
        parent(&self, 3, cases[i].root, cases[i].root_count);
        leaf(&self, 2);
        assert_result(cases[i].expected, decode(&self));
    }
    teardown(&self);
}

static void refuses_keys_in_use(void **state) {
    (void)state;
    struct hostile self;
    setup(&self);
    const struct mls_crypto *crypto = &self.fixture.crypto;

    begin(&self);
    leaf(&self, 0);
    blank(&self);
    leaf(&self, 0);
    assert_result(&MLS_ERR_KEY_IN_USE, decode(&self));

    begin(&self);
    leaf(&self, 0);
    parent(&self, 9, NULL, 0);
    leaf(&self, 1);
    parent(&self, 9, NULL, 0);
    leaf(&self, 2);
    assert_result(&MLS_ERR_KEY_IN_USE, decode(&self));

    /* Other members with a key of member 0: by the signature key, by the encryption key. */
    struct mls_leaf_node same_signature = self.members[1].leaf;
    struct mls_leaf_node same_encryption = self.members[1].leaf;
    struct base_bytes BASE_CLEANUP(base_bytes_free) signature_bytes = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) encryption_bytes = { NULL, 0 };
    same_signature.signature_key = self.members[0].leaf.signature_key;
    same_encryption.encryption_key = self.members[0].leaf.encryption_key;
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 16);
    mls_leaf_node_write(&writer, &same_signature);
    assert_ok(base_writer_finish(&writer, &signature_bytes));
    writer = base_writer(base_allocator_libc(), 1 << 16);
    mls_leaf_node_write(&writer, &same_encryption);
    assert_ok(base_writer_finish(&writer, &encryption_bytes));
    assert_ok(mls_leaf_node_decode(base_borrow(&signature_bytes), &same_signature));
    assert_ok(mls_leaf_node_decode(base_borrow(&encryption_bytes), &same_encryption));

    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    struct mls_tree staged = { .root = NULL };
    uint32_t index = 0;
    bool used = false;
    assert_ok(mls_tree_create(&self.fixture.random.random, 0, &tree));
    assert_ok(mls_tree_add(crypto, &tree, &self.members[0].leaf, &index));
    const struct mls_leaf_node *const refused[] = { &self.members[0].leaf, &same_signature, &same_encryption };
    for (size_t i = 0; i < 3; i++) {
        mls_tree_share(&tree, &staged);
        assert_result(&MLS_ERR_KEY_IN_USE, mls_tree_add(crypto, &staged, refused[i], &index));
        mls_tree_free(&staged);
    }
    /* An update may keep the signature key but not the encryption key. */
    mls_tree_share(&tree, &staged);
    assert_result(&MLS_ERR_KEY_IN_USE, mls_tree_update(crypto, &staged, 0, &same_encryption));
    mls_tree_free(&staged);
    mls_tree_share(&tree, &staged);
    assert_ok(mls_tree_update(crypto, &staged, 0, &same_signature));
    assert_ok(mls_tree_has_signature_key(crypto, &staged, self.members[0].leaf.signature_key, &used));
    assert_true(used);
    mls_tree_free(&staged);
    /* Who has left may come back with the same keys. */
    assert_ok(mls_tree_remove(crypto, &tree, 0));
    assert_ok(mls_tree_has_signature_key(crypto, &tree, self.members[0].leaf.signature_key, &used));
    assert_false(used);
    assert_ok(mls_tree_add(crypto, &tree, &self.members[0].leaf, &index));
    assert_int_equal(index, 0);
    teardown(&self);
}

static void refuses_leaves_that_are_not_there(void **state) {
    (void)state;
    struct hostile self;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    struct mls_secret hash;
    uint32_t index = 0;
    setup(&self);
    const struct mls_crypto *crypto = &self.fixture.crypto;
    assert_ok(mls_tree_create(&self.fixture.random.random, 0, &tree));
    for (int i = 0; i < 3; i++) {
        assert_ok(mls_tree_add(crypto, &tree, &self.members[i].leaf, &index));
    }
    assert_int_equal(mls_tree_width(&tree), 4);
    for (uint32_t leaf_index = 3; leaf_index < 6; leaf_index++) {
        assert_result(&MLS_ERR_LEAF_INDEX, mls_tree_remove(crypto, &tree, leaf_index));
        assert_result(&MLS_ERR_LEAF_INDEX, mls_tree_update(crypto, &tree, leaf_index, &self.members[4].leaf));
        assert_null(mls_tree_leaf(&tree, leaf_index));
    }
    assert_null(mls_tree_leaf(&tree, UINT32_MAX));
    assert_int_equal(mls_tree_encryption_key(&tree, 7).len, 0);
    assert_int_equal(mls_tree_encryption_key(&tree, UINT32_MAX).len, 0);
    assert_result(&MLS_ERR_LEAF_INDEX, mls_tree_node_hash(crypto, &tree, 7, &hash));
    teardown(&self);
}

/* ---------------------------------------------------------------------------------------- credentials' types ---- */

static void add_with_types(struct hostile *self, struct mls_tree *tree, int member, uint16_t type,
                           struct base_slice supported, base_result expected) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_leaf_node changed = self->members[member].leaf;
    uint32_t index = 0;
    changed.credential.type = type;
    changed.capabilities.credentials = supported;
    struct base_writer writer = base_writer(base_allocator_libc(), 1 << 16);
    mls_leaf_node_write(&writer, &changed);
    assert_ok(base_writer_finish(&writer, &bytes));
    assert_ok(mls_leaf_node_decode(base_borrow(&bytes), &changed));
    assert_ok(mls_tree_add(&self->fixture.crypto, tree, &changed, &index));
    assert_result(expected, mls_tree_check_credentials(tree));
}

static void knows_who_supports_what(void **state) {
    (void)state;
    static const uint8_t one[] = { 0, 1 };
    static const uint8_t both[] = { 0, 1, 0, 7 };
    struct hostile self;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    setup(&self);
    assert_ok(mls_tree_create(&self.fixture.random.random, 0, &tree));
    add_with_types(&self, &tree, 0, 1, base_slice(both, 4), BASE_OK);
    add_with_types(&self, &tree, 1, 7, base_slice(both, 4), BASE_OK);
    add_with_types(&self, &tree, 2, 1, base_slice(one, 2), &MLS_ERR_CAPABILITIES_CREDENTIAL);
    assert_true(mls_tree_all_support(&tree, MLS_SUPPORT_CREDENTIAL, 1));
    assert_false(mls_tree_all_support(&tree, MLS_SUPPORT_CREDENTIAL, 7));
    assert_true(mls_tree_all_support(&tree, MLS_SUPPORT_PROPOSAL, MLS_PROPOSAL_ADD));
    assert_false(mls_tree_all_support(&tree, MLS_SUPPORT_PROPOSAL, 0xf000));
    assert_true(mls_tree_all_support(&tree, MLS_SUPPORT_EXTENSION, MLS_EXTENSION_APPLICATION_ID));
    assert_false(mls_tree_all_support(&tree, MLS_SUPPORT_EXTENSION, 0xf000));
    /* Without the one who can't, or without the one whom he can't, all is well. */
    struct mls_tree BASE_CLEANUP(mls_tree_free) without = { .root = NULL };
    mls_tree_share(&tree, &without);
    assert_ok(mls_tree_remove(&self.fixture.crypto, &without, 1));
    assert_ok(mls_tree_check_credentials(&without));
    assert_ok(mls_tree_remove(&self.fixture.crypto, &tree, 2));
    assert_ok(mls_tree_check_credentials(&tree));
    add_with_types(&self, &tree, 3, 1, base_slice(one, 2), &MLS_ERR_CAPABILITIES_CREDENTIAL);
    teardown(&self);
}

/* ------------------------------------------------------------------------------------------------- mutations ---- */

struct mutated {
    struct tree_fixture fixture;
    struct mls_secret hash;
};

static base_result check_all(struct mutated *self, struct base_slice encoded) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    const struct mls_crypto *crypto = &self->fixture.crypto;
    BASE_TRY(mls_tree_decode(crypto, &self->fixture.random.random, 0, encoded, &tree));
    BASE_TRY(mls_tree_verify_parent_hashes(crypto, &tree));
    BASE_TRY(mls_tree_verify_leaves(crypto, &tree, tree_fixture_group()));
    return mls_tree_hash(crypto, &tree, &self->hash);
}

static void refused(struct base_slice encoded, void *user) {
    assert_true(check_all((struct mutated *)user, encoded) != BASE_OK);
}

static void refuses_every_mutation(void **state) {
    (void)state;
    struct mutated self;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    struct base_bytes BASE_CLEANUP(base_bytes_free) encoded = { NULL, 0 };
    tree_fixture_init(&self.fixture, base_allocator_libc(), 3);
    assert_ok(tree_fixture_tree(&self.fixture, 3, &tree));
    assert_ok(tree_fixture_encode(base_allocator_libc(), &tree, &encoded));
    assert_ok(check_all(&self, base_borrow(&encoded)));
    test_each_mutation(base_borrow(&encoded), refused, &self);
}

/* A path's parent nodes in a tree whose leaves are all somebody else's: no chain ends in them. */
static void refuses_parents_without_a_chain(void **state) {
    (void)state;
    struct hostile self;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    setup(&self);
    begin(&self);
    leaf(&self, 0);
    parent(&self, 1, NULL, 0);
    leaf(&self, 1);
    assert_ok(decode_up_to(&self, 0, &tree));
    assert_result(&MLS_ERR_PARENT_HASH, mls_tree_verify_parent_hashes(&self.fixture.crypto, &tree));
    assert_ok(mls_tree_verify_leaves(&self.fixture.crypto, &tree, tree_fixture_group()));
    teardown(&self);
}

/* --------------------------------------------------------------------------------------------- memory's end ---- */

struct scenario {
    struct base_bytes encoded; /* a tree */
    struct tree_member members[3];
};

static base_result put_nowhere(void *user, uint32_t node, struct base_slice value) {
    struct mls_tree *into = (struct mls_tree *)((void **)user)[0];
    return mls_tree_load_record((const struct mls_crypto *)((void **)user)[1], into, node, value);
}

static base_result del_nowhere(void *user, uint32_t node) {
    (void)user;
    (void)node;
    return BASE_OK;
}

static base_result change(struct tree_fixture *fixture, struct mls_tree *tree, const struct scenario *scenario) {
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    BASE_CLEANUP(mls_treekem_path_free) struct mls_treekem_path path = { 0 };
    struct mls_crypto *crypto = &fixture->crypto;
    struct mls_secret hash;
    uint32_t index = 0;
    BASE_TRY(mls_tree_remove(crypto, tree, 2));
    BASE_TRY(mls_tree_update(crypto, tree, 3, &scenario->members[0].leaf));
    BASE_TRY(mls_tree_add(crypto, tree, &scenario->members[1].leaf, &index));
    BASE_TRY(mls_tree_add(crypto, tree, &scenario->members[2].leaf, &index));
    BASE_TRY(mls_treekem_keys_create(crypto->allocator, index, &scenario->members[2].encryption, &keys));
    BASE_TRY(tree_fixture_path(fixture, tree, &keys, &scenario->members[2], &path));
    return mls_tree_hash(crypto, tree, &hash);
}

static base_result stage_and_save(const struct base_allocator *allocator, void *user) {
    const struct scenario *scenario = (const struct scenario *)user;
    struct tree_fixture fixture;
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    BASE_CLEANUP(mls_tree_free) struct mls_tree staged = { .root = NULL };
    BASE_CLEANUP(mls_tree_free) struct mls_tree loaded = { .root = NULL };
    BASE_CLEANUP(base_bytes_free) struct base_bytes after = { NULL, 0 };
    tree_fixture_init(&fixture, allocator, 5);
    const struct mls_crypto *crypto = &fixture.crypto;
    BASE_TRY(mls_tree_decode(crypto, &fixture.random.random, 0, base_borrow(&scenario->encoded), &tree));
    BASE_TRY(mls_tree_verify_parent_hashes(crypto, &tree));
    mls_tree_share(&tree, &staged);
    base_result changed = change(&fixture, &staged, scenario);

    /* Whatever has become of the copy, the tree itself is as it was. */
    assert_ok(tree_fixture_encode(base_allocator_libc(), &tree, &after));
    assert_true(base_slice_equal(base_borrow(&scenario->encoded), base_borrow(&after)));
    BASE_TRY(changed);
    BASE_TRY(mls_tree_create(&fixture.random.random, 0, &loaded));
    void *into[] = { &loaded, &fixture.crypto };
    const struct mls_tree_sink sink = { put_nowhere, del_nowhere, into };
    BASE_TRY(mls_tree_save(crypto, NULL, &staged, &sink));
    return mls_tree_load_end(&loaded);
}

static void survives_lack_of_memory(void **state) {
    (void)state;
    struct scenario scenario;
    struct tree_fixture fixture;
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    tree_fixture_init(&fixture, base_allocator_libc(), 4);
    for (int i = 0; i < 3; i++) {
        tree_member_init(&fixture, &scenario.members[i]);
    }
    scenario.encoded = (struct base_bytes){ NULL, 0 };
    assert_ok(tree_fixture_tree(&fixture, 7, &tree));
    assert_ok(tree_fixture_encode(base_allocator_libc(), &tree, &scenario.encoded));
    assert_true(test_each_allocation(stage_and_save, &scenario) > 20);
    base_bytes_free(&scenario.encoded);
    for (int i = 0; i < 3; i++) {
        tree_member_free(&scenario.members[i]);
    }
}

/* ------------------------------------------------------------------------------------------ the set of keys ---- */

/* Numbers that begin alike, so that the trie is deep. */
static uint64_t print_of(uint64_t number) {
    return number % 3 == 0 ? number << 58 : number % 3 == 1 ? number : number << 30;
}

static void set_is_a_set(void **state) {
    (void)state;
    enum { NUMBERS = 200, ROUNDS = 3000 };
    bool in[NUMBERS] = { false };
    bool shared_in[NUMBERS];
    uint64_t same_as[NUMBERS]; /* two numbers may have one print: the first stands for both */
    struct test_alloc alloc;
    struct test_random random;
    struct mls_tree_set *set = NULL;
    test_alloc_init(&alloc);
    test_random_init(&random, 1);
    for (uint64_t n = 0; n < NUMBERS; n++) {
        same_as[n] = 0;
        while (print_of(same_as[n]) != print_of(n)) {
            same_as[n]++;
        }
    }
    unsigned rounds = test_random_rounds(ROUNDS);
    for (unsigned i = 0; i < rounds; i++) {
        struct mls_tree_set *shared = mls_tree_set_share(set);
        memcpy(shared_in, in, sizeof in);
        uint64_t number = test_random_below(&random, NUMBERS);
        uint64_t same = same_as[number];
        alloc.fail_at = test_random_below(&random, 4) == 0 ? alloc.calls + test_random_below(&random, 4) : SIZE_MAX;
        size_t failed = alloc.failed;
        base_result result = in[same] ? mls_tree_set_remove(&alloc.allocator, &set, print_of(number))
                                      : mls_tree_set_add(&alloc.allocator, &set, print_of(number));
        assert_result(alloc.failed > failed ? &BASE_ERR_NO_MEMORY : BASE_OK, result);
        in[same] ^= result == BASE_OK;
        if (in[same]) {
            assert_result(&MLS_ERR_KEY_IN_USE, mls_tree_set_add(&alloc.allocator, &set, print_of(number)));
        }
        for (uint64_t n = 0; n < NUMBERS; n++) {
            assert_int_equal(mls_tree_set_has(set, print_of(n)), in[same_as[n]]);
            assert_int_equal(mls_tree_set_has(shared, print_of(n)), shared_in[same_as[n]]);
        }
        mls_tree_set_release(shared);
    }
    mls_tree_set_release(set);
    test_alloc_end(&alloc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_malformed),
        cmocka_unit_test(refuses_too_large),
        cmocka_unit_test(refuses_unmerged_leaves),
        cmocka_unit_test(refuses_keys_in_use),
        cmocka_unit_test(refuses_leaves_that_are_not_there),
        cmocka_unit_test(knows_who_supports_what),
        cmocka_unit_test(refuses_every_mutation),
        cmocka_unit_test(refuses_parents_without_a_chain),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(set_is_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
