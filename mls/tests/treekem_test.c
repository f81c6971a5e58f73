/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A group of members who follow each other's paths: all reach the same secrets, nobody else does, and what is wrong
 * in a path is called by its name.
 */
#include <string.h>

#include "test/alloc.h"
#include "test/result.h"
#include "tree_fixture.h"
#include "tree_math.h"
#include "tree_node.h"

enum { LEAVES = 32, ROUNDS = 120, ENCODED_MAX = 1 << 20 };

/* Somebody in the group: his leaf's number is his place in the array. */
struct person {
    bool present;
    struct tree_member member;
    struct mls_treekem_keys keys;
};

struct group {
    struct tree_fixture fixture;
    struct mls_tree tree;
    struct person people[LEAVES];
};

static void person_free(struct person *person) {
    tree_member_free(&person->member);
    mls_treekem_keys_free(&person->keys);
    person->present = false;
}

static void group_free(struct group *group) {
    mls_tree_free(&group->tree);
    for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
        person_free(&group->people[leaf]);
    }
}

static void group_add(struct group *group, struct mls_tree *tree, uint32_t *leaf) {
    struct person person = { .present = true };
    tree_member_init(&group->fixture, &person.member);
    assert_ok(mls_tree_add(&group->fixture.crypto, tree, &person.member.leaf, leaf));
    assert_true(*leaf < LEAVES);
    assert_ok(mls_treekem_keys_create(base_allocator_libc(), *leaf, &person.member.encryption, &person.keys));
    person_free(&group->people[*leaf]);
    group->people[*leaf] = person;
}

static void group_init(struct group *group, uint32_t members) {
    memset(group, 0, sizeof *group);
    tree_fixture_init(&group->fixture, base_allocator_libc(), 11);
    assert_ok(mls_tree_create(&group->fixture.random.random, 0, &group->tree));
    for (uint32_t i = 0; i < members; i++) {
        uint32_t leaf = 0;
        group_add(group, &group->tree, &leaf);
    }
}

static uint32_t random_person(struct group *group) {
    for (;;) {
        uint32_t leaf = (uint32_t)test_random_below(&group->fixture.random, LEAVES);
        if (group->people[leaf].present) {
            return leaf;
        }
    }
}

/* A path on its way from who made it to the others. */
struct sent {
    uint32_t sender;
    struct mls_treekem_path path;
    struct base_bytes encoded;
    struct mls_update_path decoded;
    uint32_t added[LEAVES];
    size_t added_count;
};

static void sent_free(struct sent *sent) {
    mls_treekem_path_free(&sent->path);
    base_bytes_free(&sent->encoded);
}

static struct base_slice context_of(const struct mls_crypto *crypto, struct mls_tree *tree, struct mls_secret *hash) {
    assert_ok(mls_tree_hash(crypto, tree, hash));
    return mls_secret_slice(hash);
}

static void encrypt(struct group *group, struct mls_tree *tree, struct sent *sent) {
    struct mls_secret hash;
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    struct base_slice context = context_of(&group->fixture.crypto, tree, &hash);
    assert_ok(mls_treekem_encrypt(&group->fixture.crypto, &group->fixture.random.random, tree, &sent->path, context,
                                  sent->added, sent->added_count, &writer));
    assert_ok(base_writer_finish(&writer, &sent->encoded));
    assert_ok(mls_update_path_decode(base_borrow(&sent->encoded), &sent->decoded));
}

/* The sender's side; his tree has the proposals applied. */
static void make_path(struct group *group, struct mls_tree *tree, uint32_t sender, struct sent *sent) {
    struct person *person = &group->people[sender];
    sent->sender = sender;
    assert_ok(tree_fixture_path(&group->fixture, tree, &person->keys, &person->member, &sent->path));
    encrypt(group, tree, sent);
}

/* One member's side, on a copy of his keys that takes their place if all is well. */
static base_result follow(struct group *group, struct mls_tree *tree, uint32_t leaf, const struct sent *sent,
                          struct mls_secret *commit_secret) {
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    struct mls_secret hash;
    struct base_slice context = context_of(&group->fixture.crypto, tree, &hash);
    BASE_TRY(mls_treekem_keys_copy(group->fixture.crypto.allocator, &group->people[leaf].keys, &keys));
    BASE_TRY(mls_treekem_decrypt(&group->fixture.crypto, tree, &keys, sent->sender, &sent->decoded, context,
                                 sent->added, sent->added_count, commit_secret));
    mls_treekem_keys_free(&group->people[leaf].keys);
    group->people[leaf].keys = keys;
    keys = (struct mls_treekem_keys){ 0 };
    return BASE_OK;
}

/* §4.2, the invariant: a member has the private keys of his direct path, but those that he is unmerged at. */
static void assert_invariant(struct group *group, uint32_t leaf) {
    const struct mls_treekem_keys *keys = &group->people[leaf].keys;
    uint32_t found = 0;
    assert_int_equal(keys->leaf, leaf);
    for (unsigned level = 0; level <= group->tree.depth; level++) {
        uint32_t index = mls_tree_node_above(leaf, level);
        struct mls_tree_node *node = mls_tree_find(&group->tree, index);
        bool known = level == 0;
        if (level > 0) {
            const struct mls_tree_parent *parent = mls_tree_as_parent(node);
            known = parent->filled && !mls_tree_unmerged_has(mls_tree_unmerged_slice(parent), leaf);
        }
        for (uint32_t i = 0; i < keys->count && known; i++) {
            if (keys->keys[i].node == index) {
                assert_true(base_slice_equal(mls_tree_encryption_key(&group->tree, index),
                                             mls_public_key_slice(&keys->keys[i].pair.public_key)));
                found++;
                known = false;
            }
        }
        assert_false(known);
    }
    assert_int_equal(found, keys->count);
}

static void assert_keys_can_be_saved(struct group *group, uint32_t leaf) {
    const struct mls_treekem_keys *keys = &group->people[leaf].keys;
    struct mls_treekem_keys BASE_CLEANUP(mls_treekem_keys_free) again = { 0 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    mls_treekem_keys_write(&writer, keys);
    struct base_reader reader = base_reader(base_writer_view(&writer));
    assert_ok(mls_treekem_keys_read(&group->fixture.crypto, &reader, &again));
    assert_ok(base_read_end(&reader));
    assert_int_equal(again.leaf, keys->leaf);
    assert_int_equal(again.count, keys->count);
    assert_memory_equal(again.keys, keys->keys, keys->count * sizeof *keys->keys);
}

/* ------------------------------------------------------------------------------------------------- the rounds ---- */

static void some_leave(struct group *group, struct mls_tree *tree, uint32_t committer, struct person *gone) {
    uint32_t leaf = random_person(group);
    if (mls_tree_member_count(tree) > 4 && leaf != committer && test_random_below(&group->fixture.random, 3) == 0) {
        assert_ok(mls_tree_remove(&group->fixture.crypto, tree, leaf));
        *gone = group->people[leaf];
        memset(&group->people[leaf], 0, sizeof group->people[leaf]);
    }
}

static void some_update(struct group *group, struct mls_tree *tree, uint32_t committer) {
    uint32_t leaf = random_person(group);
    if (leaf != committer && test_random_below(&group->fixture.random, 3) == 0) {
        struct person *person = &group->people[leaf];
        tree_member_free(&person->member);
        tree_member_init(&group->fixture, &person->member);
        assert_ok(mls_tree_update(&group->fixture.crypto, tree, leaf, &person->member.leaf));
        mls_treekem_keys_set_leaf(&person->keys, &person->member.encryption);
    }
}

static void some_come(struct group *group, struct mls_tree *tree, struct sent *sent) {
    while (mls_tree_member_count(tree) < LEAVES - 2 && test_random_below(&group->fixture.random, 2) == 0) {
        group_add(group, tree, &sent->added[sent->added_count]);
        sent->added_count++;
    }
}

static bool was_added(const struct sent *sent, uint32_t leaf) {
    for (size_t i = 0; i < sent->added_count; i++) {
        if (sent->added[i] == leaf) {
            return true;
        }
    }
    return false;
}

static void everybody_follows(struct group *group, struct mls_tree *tree, const struct sent *sent) {
    for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
        struct mls_secret commit_secret = { .len = 0 };
        struct person *person = &group->people[leaf];
        if (!person->present || leaf == sent->sender) {
            continue;
        }
        if (was_added(sent, leaf)) {
            const struct mls_secret *path_secret = mls_treekem_path_secret(&sent->path, leaf);
            assert_non_null(path_secret);
            assert_ok(mls_treekem_keys_join(&group->fixture.crypto, tree, &person->keys, sent->sender,
                                            mls_secret_slice(path_secret)));
            continue;
        }
        assert_ok(follow(group, tree, leaf, sent, &commit_secret));
        assert_memory_equal(commit_secret.data, sent->path.commit_secret.data, commit_secret.len);
    }
}

/* A removed member has nothing that opens the path. */
static void nobody_else_follows(struct group *group, struct mls_tree *tree, const struct sent *sent,
                                struct person *gone) {
    struct mls_secret hash;
    struct mls_secret commit_secret;
    struct base_slice context = context_of(&group->fixture.crypto, tree, &hash);
    if (gone->present && gone->keys.leaf != sent->sender) {
        base_result result =
            mls_treekem_decrypt(&group->fixture.crypto, tree, &gone->keys, sent->sender, &sent->decoded, context,
                                sent->added, sent->added_count, &commit_secret);
        /* Somebody may have his leaf now: then there is a ciphertext in his place, but not for his key. */
        assert_true(result == &MLS_ERR_NO_PATH_SECRET || result == &MLS_ERR_DECRYPT);
    }
}

static void commit(struct group *group, bool with_path, bool external) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) made = { .root = NULL };
    struct mls_tree BASE_CLEANUP(mls_tree_free) followed = { .root = NULL };
    struct sent BASE_CLEANUP(sent_free) sent = { .sender = random_person(group) };
    struct person BASE_CLEANUP(person_free) gone = { .present = false };
    struct mls_secret hash;
    struct mls_secret hash_followed;
    const struct mls_crypto *crypto = &group->fixture.crypto;
    mls_tree_share(&group->tree, &made);
    if (with_path) {
        some_leave(group, &made, external ? LEAVES : sent.sender, &gone);
    }
    if (external) {
        struct person person = { .present = true };
        sent.sender = mls_tree_next_blank(&made);
        tree_member_init(&group->fixture, &person.member);
        assert_ok(mls_treekem_keys_create(base_allocator_libc(), sent.sender, &person.member.encryption, &person.keys));
        person_free(&group->people[sent.sender]);
        group->people[sent.sender] = person;
    } else {
        some_update(group, &made, with_path ? sent.sender : LEAVES);
        some_come(group, &made, &sent);
    }
    mls_tree_share(&made, &followed);
    if (with_path) {
        make_path(group, &made, sent.sender, &sent);
        assert_ok(mls_treekem_merge(crypto, &followed, sent.sender, &sent.decoded));
        everybody_follows(group, &followed, &sent);
        nobody_else_follows(group, &followed, &sent, &gone);
    }
    assert_ok(mls_tree_hash(crypto, &made, &hash));
    assert_ok(mls_tree_hash(crypto, &followed, &hash_followed));
    assert_memory_equal(hash.data, hash_followed.data, hash.len);
    mls_tree_move(&group->tree, &followed);
}

static void everybody_reaches_the_same(void **state) {
    (void)state;
    struct group group;
    group_init(&group, 2);
    test_random_init(&group.fixture.random, 12);
    unsigned rounds = test_random_rounds(ROUNDS);
    for (unsigned round = 0; round < rounds; round++) {
        bool external = mls_tree_member_count(&group.tree) < LEAVES - 2 && round % 7 == 0;
        commit(&group, external || round % 5 != 0, external);
        for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
            if (group.people[leaf].present) {
                mls_treekem_keys_prune(&group.people[leaf].keys, &group.tree);
                assert_invariant(&group, leaf);
                assert_keys_can_be_saved(&group, leaf);
            }
        }
        assert_ok(mls_tree_verify_parent_hashes(&group.fixture.crypto, &group.tree));
    }
    group_free(&group);
}

/* §12.4.1: the commit secret follows upon the last path secret of the path, though that need not be the root's: where
 * the whole other half of the tree is blank, the root is not in the filtered direct path (§4.1.2). */
static void the_root_may_be_left_out(void **state) {
    (void)state;
    struct group group;
    struct mls_tree BASE_CLEANUP(mls_tree_free) made = { .root = NULL };
    struct sent BASE_CLEANUP(sent_free) sent = { .sender = 6 };
    struct mls_secret after;
    struct mls_secret followed;
    group_init(&group, 8);
    const struct mls_crypto *crypto = &group.fixture.crypto;
    for (uint32_t leaf = 0; leaf < 8; leaf++) {
        if (leaf != 5 && leaf != 6) {
            assert_ok(mls_tree_remove(crypto, &group.tree, leaf));
        }
    }
    mls_tree_share(&group.tree, &made);
    make_path(&group, &made, 6, &sent);
    assert_int_equal(sent.path.count, 1);
    assert_int_equal(sent.path.steps[0].node, mls_tree_node_above(6, 2));
    assert_ok(mls_derive_secret(crypto, &sent.path.steps[0].path_secret, "path", &after));
    assert_memory_equal(sent.path.commit_secret.data, after.data, after.len);

    assert_ok(mls_treekem_merge(crypto, &group.tree, 6, &sent.decoded));
    assert_ok(follow(&group, &group.tree, 5, &sent, &followed));
    assert_int_equal(followed.len, after.len);
    assert_memory_equal(followed.data, after.data, after.len);
    assert_ok(mls_tree_verify_parent_hashes(crypto, &group.tree));
    assert_invariant(&group, 5);
    assert_invariant(&group, 6);
    group_free(&group);
}

/* ------------------------------------------------------------------------------------------ what is refused ---- */

/* Five members, of whom 0 has sent a path; member 3 was added by the same commit. */
struct stage {
    struct group group;
    struct mls_tree before; /* with the proposals */
    struct mls_tree tree;   /* merged */
    struct sent sent;
};

static void stage_init(struct stage *stage) {
    memset(stage, 0, sizeof *stage);
    group_init(&stage->group, 5);
    commit(&stage->group, true, false);
    group_add(&stage->group, &stage->group.tree, &stage->sent.added[0]);
    stage->sent.added_count = 1;
    mls_tree_share(&stage->group.tree, &stage->before);
    mls_tree_share(&stage->group.tree, &stage->tree);
    struct mls_tree BASE_CLEANUP(mls_tree_free) made = { .root = NULL };
    mls_tree_share(&stage->group.tree, &made);
    make_path(&stage->group, &made, 0, &stage->sent);
    assert_ok(mls_treekem_merge(&stage->group.fixture.crypto, &stage->tree, 0, &stage->sent.decoded));
}

static void stage_free(struct stage *stage) {
    sent_free(&stage->sent);
    mls_tree_free(&stage->before);
    mls_tree_free(&stage->tree);
    group_free(&stage->group);
}

static base_result merge_again(struct stage *stage, uint32_t sender, const struct mls_update_path *path) {
    struct mls_tree BASE_CLEANUP(mls_tree_free) tree = { .root = NULL };
    mls_tree_share(&stage->before, &tree);
    return mls_treekem_merge(&stage->group.fixture.crypto, &tree, sender, path);
}

static base_result follow_again(struct stage *stage, uint32_t leaf) {
    struct mls_secret commit_secret;
    return follow(&stage->group, &stage->tree, leaf, &stage->sent, &commit_secret);
}

static void refuses_merging(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct mls_update_path path = stage.sent.decoded;
    assert_ok(merge_again(&stage, 0, &path));
    assert_result(&MLS_ERR_LEAF_INDEX, merge_again(&stage, 31, &path));
    assert_result(&MLS_ERR_LEAF_INDEX, merge_again(&stage, UINT32_MAX, &path));

    path.node_count--;
    assert_result(&MLS_ERR_PATH_LENGTH, merge_again(&stage, 0, &path));
    path.node_count += 2;
    assert_result(&MLS_ERR_PATH_LENGTH, merge_again(&stage, 0, &path));

    path = stage.sent.decoded;
    uint8_t other[32] = { 1 };
    path.leaf.parent_hash = base_slice(other, sizeof other);
    assert_result(&MLS_ERR_PARENT_HASH, merge_again(&stage, 0, &path));
    path.leaf.parent_hash = base_slice(other, 0);
    assert_result(&MLS_ERR_PARENT_HASH, merge_again(&stage, 0, &path));
    assert_result(&MLS_ERR_PARENT_HASH, merge_again(&stage, 1, &stage.sent.decoded));

    /* The same path twice: its keys are there already, the leaf's first of all. */
    struct mls_tree BASE_CLEANUP(mls_tree_free) twice = { .root = NULL };
    mls_tree_share(&stage.tree, &twice);
    assert_result(&MLS_ERR_KEY_IN_USE, mls_treekem_merge(&stage.group.fixture.crypto, &twice, 0, &stage.sent.decoded));
    stage_free(&stage);
}

/* The path again with other nodes: each as `edit` wants it. */
static void rewrite(struct stage *stage,
                    void (*edit)(struct base_writer *writer, const struct mls_update_path_node *)) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) rewritten = { NULL, 0 };
    struct base_writer writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    struct base_reader nodes = base_reader(stage->sent.decoded.nodes);
    base_write_slice(&writer, stage->sent.decoded.leaf.encoded);
    size_t mark = base_write_vector_begin(&writer);
    while (nodes.left > 0) {
        struct mls_update_path_node node;
        assert_ok(mls_update_path_node_next(&nodes, &node));
        edit(&writer, &node);
    }
    base_write_vector_end(&writer, mark);
    assert_ok(base_writer_finish(&writer, &rewritten));
    base_bytes_move(&stage->sent.encoded, &rewritten);
    assert_ok(mls_update_path_decode(base_borrow(&stage->sent.encoded), &stage->sent.decoded));
}

static void one_secret_more(struct base_writer *writer, const struct mls_update_path_node *node) {
    const struct mls_hpke_ciphertext empty = { { NULL, 0 }, { NULL, 0 } };
    base_write_opaque(writer, node->encryption_key);
    size_t mark = base_write_vector_begin(writer);
    base_write_slice(writer, node->encrypted_path_secrets);
    mls_hpke_ciphertext_write(writer, &empty);
    base_write_vector_end(writer, mark);
}

static void short_key(struct base_writer *writer, const struct mls_update_path_node *node) {
    struct mls_update_path_node edited = *node;
    edited.encryption_key.len--;
    mls_update_path_node_write(writer, &edited);
}

static void all_bits_turned(struct base_writer *writer, const struct mls_update_path_node *node) {
    struct base_reader secrets = base_reader(node->encrypted_path_secrets);
    base_write_opaque(writer, node->encryption_key);
    size_t mark = base_write_vector_begin(writer);
    while (secrets.left > 0) {
        struct mls_hpke_ciphertext sealed;
        uint8_t turned[48];
        assert_ok(mls_hpke_ciphertext_read(&secrets, &sealed));
        assert_int_equal(sealed.ciphertext.len, sizeof turned);
        for (size_t i = 0; i < sizeof turned; i++) {
            turned[i] = (uint8_t)~sealed.ciphertext.data[i];
        }
        sealed.ciphertext = base_slice(turned, sizeof turned);
        mls_hpke_ciphertext_write(writer, &sealed);
    }
    base_write_vector_end(writer, mark);
}

static void long_secrets(struct base_writer *writer, const struct mls_update_path_node *node) {
    struct base_reader secrets = base_reader(node->encrypted_path_secrets);
    base_write_opaque(writer, node->encryption_key);
    size_t mark = base_write_vector_begin(writer);
    while (secrets.left > 0) {
        struct mls_hpke_ciphertext sealed;
        static const uint8_t longer[500];
        assert_ok(mls_hpke_ciphertext_read(&secrets, &sealed));
        sealed.ciphertext = base_slice(longer, sizeof longer);
        mls_hpke_ciphertext_write(writer, &sealed);
    }
    base_write_vector_end(writer, mark);
}

static void refuses_following(void **state) {
    (void)state;
    static const struct {
        void (*edit)(struct base_writer *writer, const struct mls_update_path_node *node);
        base_result expected;
    } cases[] = {
        { mls_update_path_node_write, BASE_OK },
        { one_secret_more, &MLS_ERR_PATH_SECRETS },
        { all_bits_turned, &MLS_ERR_DECRYPT },
        { long_secrets, &MLS_ERR_DECRYPT },
    };
    struct stage stage;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        stage_init(&stage);
        rewrite(&stage, cases[i].edit);
        for (uint32_t leaf = 1; leaf < LEAVES; leaf++) {
            if (stage.group.people[leaf].present && !was_added(&stage.sent, leaf)) {
                assert_result(cases[i].expected, follow_again(&stage, leaf));
            }
        }
        stage_free(&stage);
    }

    stage_init(&stage);
    rewrite(&stage, short_key);
    assert_result(&MLS_ERR_PUBLIC_KEY, merge_again(&stage, 0, &stage.sent.decoded));
    stage_free(&stage);

    stage_init(&stage);
    assert_result(&MLS_ERR_LEAF_INDEX, follow_again(&stage, 0));
    /* Who has no key but another leaf's. */
    struct tree_member stranger;
    tree_member_init(&stage.group.fixture, &stranger);
    mls_treekem_keys_set_leaf(&stage.group.people[1].keys, &stranger.encryption);
    base_result alone = follow_again(&stage, 1);
    assert_true(alone == &MLS_ERR_DECRYPT);
    /* The wrong context. */
    struct mls_secret commit_secret;
    assert_result(&MLS_ERR_DECRYPT,
                  mls_treekem_decrypt(&stage.group.fixture.crypto, &stage.tree, &stage.group.people[2].keys, 0,
                                      &stage.sent.decoded, base_slice_text("another"), stage.sent.added, 1,
                                      &commit_secret));
    tree_member_free(&stranger);
    stage_free(&stage);
}

/* A sender who encrypts other secrets than those of his public keys. */
static void refuses_false_secrets(void **state) {
    (void)state;
    for (uint32_t step = 0; step < 2; step++) {
        struct stage stage;
        stage_init(&stage);
        base_bytes_free(&stage.sent.encoded);
        stage.sent.path.steps[step].path_secret.data[0] ^= 1;
        encrypt(&stage.group, &stage.tree, &stage.sent);
        base_result result = follow_again(&stage, step == 0 ? 1 : 2);
        assert_result(&MLS_ERR_PATH_KEY, result);
        stage_free(&stage);
    }
}

static void refuses_joining(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage);
    uint32_t joiner = stage.sent.added[0];
    struct mls_treekem_keys *keys = &stage.group.people[joiner].keys;
    const struct mls_crypto *crypto = &stage.group.fixture.crypto;
    struct mls_secret secret = *mls_treekem_path_secret(&stage.sent.path, joiner);
    struct base_slice good = mls_secret_slice(&secret);
    assert_result(&MLS_ERR_LEAF_INDEX, mls_treekem_keys_join(crypto, &stage.tree, keys, joiner, good));
    assert_result(&MLS_ERR_LEAF_INDEX, mls_treekem_keys_join(crypto, &stage.tree, keys, 30, good));
    assert_result(&MLS_ERR_PATH_KEY, mls_treekem_keys_join(crypto, &stage.tree, keys, 0, base_slice(good.data, 31)));
    secret.data[5] ^= 4;
    assert_result(&MLS_ERR_PATH_KEY, mls_treekem_keys_join(crypto, &stage.tree, keys, 0, good));
    assert_int_equal(keys->count, 1);
    secret.data[5] ^= 4;
    assert_ok(mls_treekem_keys_join(crypto, &stage.tree, keys, 0, good));
    assert_true(keys->count > 1);
    stage_free(&stage);
}

static base_result read_keys(const struct mls_crypto *crypto, struct base_slice bytes) {
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_treekem_keys_read(crypto, &reader, &keys));
    return base_read_end(&reader);
}

static void refuses_damaged_keys(void **state) {
    (void)state;
    struct stage stage;
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), ENCODED_MAX);
    stage_init(&stage);
    const struct mls_crypto *crypto = &stage.group.fixture.crypto;
    assert_ok(follow_again(&stage, 1));
    mls_treekem_keys_write(&writer, &stage.group.people[1].keys);
    struct base_slice good = base_writer_view(&writer);
    assert_ok(read_keys(crypto, good));
    for (size_t len = 0; len < good.len; len++) {
        assert_result(&BASE_ERR_TRUNCATED, read_keys(crypto, base_slice(good.data, len)));
    }
    struct base_bytes BASE_CLEANUP(base_bytes_free) copy = { NULL, 0 };
    assert_ok(base_bytes_copy(base_allocator_libc(), good, &copy));
    copy.data[0] = 2;
    assert_result(&MLS_ERR_STATE_VERSION, read_keys(crypto, base_borrow(&copy)));
    copy.data[0] = 1;
    copy.data[4] ^= 1; /* the leaf is not that of the first key */
    assert_result(&MLS_ERR_STATE, read_keys(crypto, base_borrow(&copy)));
    stage_free(&stage);
}

/* ---------------------------------------------------------------------------------------------- memory's end ---- */

static base_result follow_in_little_memory(const struct base_allocator *allocator, void *user) {
    struct stage *stage = (struct stage *)user;
    struct mls_crypto crypto = stage->group.fixture.crypto;
    BASE_CLEANUP(mls_tree_free) struct mls_tree tree = { .root = NULL };
    BASE_CLEANUP(mls_treekem_keys_free) struct mls_treekem_keys keys = { 0 };
    struct mls_secret hash;
    struct mls_secret commit_secret;
    crypto.allocator = allocator;
    mls_tree_share(&stage->before, &tree);
    BASE_TRY(mls_treekem_merge(&crypto, &tree, 0, &stage->sent.decoded));
    BASE_TRY(mls_tree_hash(&crypto, &tree, &hash));
    BASE_TRY(mls_treekem_keys_copy(allocator, &stage->group.people[2].keys, &keys));
    return mls_treekem_decrypt(&crypto, &tree, &keys, 0, &stage->sent.decoded, mls_secret_slice(&hash),
                               stage->sent.added, 1, &commit_secret);
}

static void survives_lack_of_memory(void **state) {
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_true(test_each_allocation(follow_in_little_memory, &stage) > 5);
    assert_ok(follow_again(&stage, 2));
    stage_free(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_reaches_the_same),
        cmocka_unit_test(the_root_may_be_left_out),
        cmocka_unit_test(refuses_merging),
        cmocka_unit_test(refuses_following),
        cmocka_unit_test(refuses_false_secrets),
        cmocka_unit_test(refuses_joining),
        cmocka_unit_test(refuses_damaged_keys),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
