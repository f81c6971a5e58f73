/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a joiner is given, and what members send, changed in one place and signed anew where that takes a signature.
 */
#include <string.h>

#include "group/bundle.h"
#include "group/commit.h"
#include "hpke.h"
#include "people.h"
#include "test/mutate.h"

enum { INFO_MAX = 1 << 20, NOBODY = 3 };

/* A GroupInfo as Alice would have signed it. */
static struct base_bytes sign_info(const struct client *alice, const struct mls_group_info *from) {
    const struct mls_group *group = alice->group;
    struct mls_group_info info = *from;
    struct mls_signature signature;
    struct base_bytes out = { 0 };
    struct base_writer tbs = base_writer(alice->context.allocator, INFO_MAX);
    struct base_writer writer = base_writer(alice->context.allocator, INFO_MAX);
    mls_group_info_write_unsigned(&tbs, &info);
    assert_ok(mls_sign_with_label(&group->crypto, &alice->key, base_slice_text("GroupInfoTBS"), base_writer_view(&tbs),
                                  &signature));
    info.signature = base_slice(signature.data, signature.len);
    mls_message_write(&writer, &(struct mls_message){ .wire_format = MLS_GROUP_INFO, .of.group_info = info });
    assert_ok(base_writer_finish(&writer, &out));
    base_writer_free(&tbs);
    return out;
}

static void assert_followed(base_result wanted, struct stage *stage, const struct mls_group_info *info) {
    struct client *dan = &stage->people[3];
    struct base_bytes message = sign_info(&stage->people[0], info);
    struct mls_group *group = NULL;
    assert_result(wanted, mls_group_follow(&dan->context, base_borrow(&message), (struct base_slice){ 0 }, &group));
    mls_group_free(group);
    base_bytes_free(&message);
}

static void test_a_group_info_is_checked(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *dan = &stage->people[3];
    struct base_bytes message = { 0 };
    struct mls_message decoded;
    struct mls_group *group = NULL;
    assert_ok(mls_group_info(stage->people[0].group, NULL, &message));
    assert_ok(mls_message_decode(base_borrow(&message), &decoded));
    const struct mls_group_info *good = &decoded.of.group_info;
    assert_followed(BASE_OK, stage, good);

    uint8_t hash[32] = { 0 };
    struct mls_group_info info = *good;
    info.context.tree_hash = base_slice(hash, sizeof hash);
    assert_followed(&MLS_ERR_TREE_HASH, stage, &info);
    info = *good;
    info.signer = NOBODY;
    assert_followed(&MLS_ERR_LEAF_INDEX, stage, &info);
    info = *good;
    info.context.extensions = base_slice_text("\xf7\x77\x01x");
    assert_followed(&MLS_ERR_CAPABILITIES_EXTENSION, stage, &info);

    /* What is unknown beside the GroupContext is ignored (§13.4). */
    struct base_writer extensions = base_writer(&stage->alloc.allocator, INFO_MAX);
    base_write_slice(&extensions, good->extensions);
    mls_extension_write(&extensions, &(struct mls_extension){ 0xF777, base_slice_text("x") });
    info = *good;
    info.extensions = base_writer_view(&extensions);
    assert_followed(BASE_OK, stage, &info);
    base_writer_free(&extensions);

    message.data[message.len - 1] ^= 1;
    assert_result(&MLS_ERR_SIGNATURE,
                  mls_group_follow(&dan->context, base_borrow(&message), (struct base_slice){ 0 }, &group));
    base_bytes_free(&message);
    close_stage(stage);
}

/* Follows Alice's group with one byte of its tree changed, its hash made right and signed anew. */
static void assert_tree_refused(base_result error, struct stage *stage, struct base_slice spot) {
    const struct mls_group *group = stage->people[0].group;
    struct base_bytes message = { 0 };
    struct base_bytes bytes = { 0 };
    struct mls_message decoded;
    struct mls_tree tree = { 0 };
    struct mls_secret hash;
    size_t at = 0;
    assert_ok(mls_group_info(group, &(struct mls_group_info_options){ .without_tree = true }, &message));
    assert_ok(mls_message_decode(base_borrow(&message), &decoded));
    assert_ok(mls_group_ratchet_tree(group, &bytes));
    while (at + spot.len < bytes.len && memcmp(bytes.data + at, spot.data, spot.len) != 0) {
        at++;
    }
    assert_memory_equal(bytes.data + at, spot.data, spot.len);
    bytes.data[at] ^= 1;
    assert_ok(mls_tree_decode(&group->crypto, &stage->world.random.random, 0, base_borrow(&bytes), &tree));
    assert_ok(mls_tree_hash(&group->crypto, &tree, &hash));
    struct mls_group_info info = decoded.of.group_info;
    info.context.tree_hash = mls_secret_slice(&hash);
    struct base_bytes forged = sign_info(&stage->people[0], &info);
    struct mls_group *followed = NULL;
    assert_result(error,
                  mls_group_follow(&stage->people[3].context, base_borrow(&forged), base_borrow(&bytes), &followed));
    mls_tree_free(&tree);
    base_bytes_free(&forged);
    base_bytes_free(&bytes);
    base_bytes_free(&message);
}

static void test_a_tree_is_checked(void **state) {
    (void)state;
    enum { ROOT = 1 };
    struct stage *stage = open_stage(2);
    commit_to(stage, 0, NULL);
    const struct mls_tree *tree = &stage->people[0].group->epoch.tree;
    assert_tree_refused(&MLS_ERR_PARENT_HASH, stage, mls_tree_encryption_key(tree, ROOT));
    assert_tree_refused(&MLS_ERR_LEAF_SIGNATURE, stage, mls_tree_leaf(tree, 0)->signature);
    close_stage(stage);
}

static void test_a_joiner_has_the_key_of_his_leaf(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *carol = &stage->people[2];
    const struct mls_keypair own = carol->key;
    struct mls_proposal_input add = world_add(carol);
    struct mls_commit_output output = { 0 };
    assert_ok(send_commit(&stage->people[0], &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                          &output));
    carol->key = stage->people[3].key;
    assert_result(&MLS_ERR_JOIN, client_join(carol, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    carol->key = own;
    carol->inviter = UINT32_MAX;
    assert_ok(client_join(carol, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_int_equal(carol->inviter, mls_group_own_leaf(stage->people[0].group));
    assert_result(&MLS_ERR_NO_KEY_PACKAGE,
                  client_join(&stage->people[3], base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
    close_stage(stage);
}

static base_result count_letter(void *user, struct base_slice ref, struct base_slice single) {
    size_t *count = user;
    assert_true(ref.len <= MLS_HASH_MAX || single.len > MLS_HASH_MAX);
    return ++*count == 2 ? &MLS_ERR_JOIN : BASE_OK;
}

static void split_damaged(struct base_slice mutated, void *user) {
    size_t count = 0;
    base_result result = mls_welcome_split(base_allocator_libc(), mutated, count_letter, &count);
    assert_true(user == NULL || result != BASE_OK);
}

static void test_a_welcome_is_taken_apart(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct mls_proposal_input adds[] = { world_add(&stage->people[1]), world_add(&stage->people[2]) };
    struct mls_commit_output output = { 0 };
    size_t count = 0;
    assert_ok(send_commit(&stage->people[0], &(struct mls_commit_options){ .proposals = adds, .proposal_count = 2 },
                          &output));
    assert_result(&MLS_ERR_JOIN,
                  mls_welcome_split(base_allocator_libc(), base_borrow(&output.welcome), count_letter, &count));
    assert_int_equal(count, 2);
    assert_result(&MLS_ERR_WIRE_FORMAT,
                  mls_welcome_split(base_allocator_libc(), adds[0].key_package, count_letter, &count));
    test_each_truncation(base_borrow(&output.welcome), split_damaged, &count);
    test_each_bit_flip(base_borrow(&output.welcome), split_damaged, NULL);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A Welcome that was opened by Carol's key, to be sealed again with another GroupInfo. */
struct reopened {
    struct mls_own_package own;
    struct mls_aead_key key;
    uint8_t secrets[1024];
    size_t secrets_len;
    uint8_t info_bytes[1 << 14];
    struct mls_group_info info;
};

static void reopen(const struct stage *stage, struct base_slice welcome, struct reopened *out) {
    const struct mls_crypto *crypto = &stage->people[0].group->crypto;
    struct mls_message message;
    struct mls_encrypted_group_secrets entry;
    struct mls_group_secrets secrets;
    struct mls_secret joiner = { .len = 32 };
    struct mls_secret zero;
    struct mls_secret welcome_secret;
    assert_ok(mls_own_package_read(base_borrow(&stage->people[2].package.private_part), &out->own));
    assert_ok(mls_message_decode(welcome, &message));
    struct base_reader reader = base_reader(message.of.welcome.secrets);
    struct base_slice sealed = message.of.welcome.encrypted_group_info;
    assert_ok(mls_encrypted_group_secrets_next(&reader, &entry));
    out->secrets_len = entry.secrets.ciphertext.len - MLS_AEAD_TAG_SIZE;
    assert_in_range(out->secrets_len, 1, sizeof out->secrets);
    assert_ok(mls_decrypt_with_label(crypto, &out->own.keys.init, base_slice_text("Welcome"), sealed,
                                     entry.secrets.kem_output, entry.secrets.ciphertext, out->secrets));
    assert_ok(mls_group_secrets_decode(base_slice(out->secrets, out->secrets_len), &secrets));
    memcpy(joiner.data, secrets.joiner_secret.data, joiner.len);
    mls_secret_zero(crypto, &zero);
    assert_ok(mls_welcome_secret(crypto, &joiner, &zero, &welcome_secret));
    assert_ok(mls_welcome_key(crypto, &welcome_secret, &out->key));
    assert_in_range(sealed.len - MLS_AEAD_TAG_SIZE, 1, sizeof out->info_bytes);
    assert_ok(crypto->provider->open(crypto->provider->user, crypto->suite, out->key.key, out->key.nonce,
                                     (struct base_slice){ 0 }, sealed, out->info_bytes));
    assert_ok(mls_group_info_decode(base_slice(out->info_bytes, sealed.len - MLS_AEAD_TAG_SIZE), &out->info));
}

static void assert_join(base_result wanted, struct stage *stage, const struct reopened *from,
                        const struct mls_group_info *info) {
    enum { HEAD = 4, SEALED_MAX = 1 << 14 };
    struct client *carol = &stage->people[2];
    const struct mls_crypto *crypto = &stage->people[0].group->crypto;
    struct base_bytes signed_info = sign_info(&stage->people[0], info);
    static uint8_t sealed[SEALED_MAX];
    uint8_t secrets[sizeof from->secrets + MLS_AEAD_TAG_SIZE];
    struct mls_public_key kem_output;
    struct base_writer list = base_writer(&stage->alloc.allocator, INFO_MAX);
    struct base_writer writer = base_writer(&stage->alloc.allocator, INFO_MAX);
    struct base_slice plain = base_slice(signed_info.data + HEAD, signed_info.len - HEAD);
    assert_in_range(plain.len + MLS_AEAD_TAG_SIZE, 1, sizeof sealed);
    assert_ok(crypto->provider->seal(crypto->provider->user, crypto->suite, from->key.key, from->key.nonce,
                                     (struct base_slice){ 0 }, plain, sealed));
    struct base_slice sealed_info = base_slice(sealed, plain.len + MLS_AEAD_TAG_SIZE);
    assert_ok(mls_encrypt_with_label(crypto, carol->context.random, from->own.package.init_key,
                                     base_slice_text("Welcome"), sealed_info,
                                     base_slice(from->secrets, from->secrets_len), &kem_output, secrets));
    const struct mls_encrypted_group_secrets entry = {
        .new_member = mls_secret_slice(&carol->package.ref),
        .secrets = { mls_public_key_slice(&kem_output), base_slice(secrets, from->secrets_len + MLS_AEAD_TAG_SIZE) },
    };
    mls_encrypted_group_secrets_write(&list, &entry);
    const struct mls_message message = {
        .wire_format = MLS_WELCOME,
        .of.welcome = { SUITE, base_writer_view(&list), sealed_info },
    };
    mls_message_write(&writer, &message);
    assert_result(wanted, client_join(carol, base_writer_view(&writer), (struct base_slice){ 0 }, NULL));
    base_bytes_free(&signed_info);
    base_writer_free(&list);
    base_writer_free(&writer);
}

static void test_a_welcome_is_checked(void **state) {
    (void)state;
    static const uint8_t zeros[32];
    struct stage *stage = open_stage(2);
    struct mls_proposal_input add = world_add(&stage->people[2]);
    struct mls_commit_output output = { 0 };
    static struct reopened welcome;
    assert_ok(send_commit(&stage->people[0], &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                          &output));
    reopen(stage, base_borrow(&output.welcome), &welcome);
    struct mls_group_info info = welcome.info;
    info.confirmation_tag = base_slice(zeros, sizeof zeros);
    assert_join(&MLS_ERR_CONFIRMATION_TAG, stage, &welcome, &info);
    info = welcome.info;
    info.context.cipher_suite = MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    assert_join(&MLS_ERR_KEY_PACKAGE_SUITE, stage, &welcome, &info);
    assert_join(BASE_OK, stage, &welcome, &welcome.info);
    base_wipe(&welcome, sizeof welcome);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A Welcome to Carol with these PSKs, whose GroupInfo nobody will come to see. */
static void assert_psks_refused(base_result error, struct stage *stage, const struct mls_group *parent,
                                const struct mls_psk_id *ids, size_t count) {
    enum { SEALED_MAX = 1024 };
    struct client *carol = &stage->people[2];
    const struct mls_group *group = stage->people[0].group;
    const struct base_slice info = base_slice_text("no GroupInfo");
    struct mls_own_package own;
    struct mls_public_key kem_output;
    uint8_t sealed[SEALED_MAX];
    uint8_t joiner[32] = { 0 };
    struct base_writer psks = base_writer(&stage->alloc.allocator, INFO_MAX);
    struct base_writer plain = base_writer(&stage->alloc.allocator, INFO_MAX);
    struct base_writer secrets = base_writer(&stage->alloc.allocator, INFO_MAX);
    struct base_writer writer = base_writer(&stage->alloc.allocator, INFO_MAX);
    assert_ok(mls_own_package_read(base_borrow(&carol->package.private_part), &own));
    for (size_t i = 0; i < count; i++) {
        mls_psk_id_write(&psks, &ids[i]);
    }
    const struct mls_group_secrets plain_secrets = { .joiner_secret = base_slice(joiner, sizeof joiner),
                                                     .psks = base_writer_view(&psks) };
    mls_group_secrets_write(&plain, &plain_secrets);
    struct base_slice text = base_writer_view(&plain);
    assert_in_range(text.len + MLS_AEAD_TAG_SIZE, 1, sizeof sealed);
    assert_ok(mls_encrypt_with_label(&group->crypto, carol->context.random, own.package.init_key,
                                     base_slice_text("Welcome"), info, text, &kem_output, sealed));
    const struct mls_encrypted_group_secrets entry = {
        .new_member = mls_secret_slice(&carol->package.ref),
        .secrets = { mls_public_key_slice(&kem_output), base_slice(sealed, text.len + MLS_AEAD_TAG_SIZE) },
    };
    mls_encrypted_group_secrets_write(&secrets, &entry);
    const struct mls_message message = {
        .wire_format = MLS_WELCOME,
        .of.welcome = { SUITE, base_writer_view(&secrets), info },
    };
    mls_message_write(&writer, &message);
    assert_result(error, client_join(carol, base_writer_view(&writer), (struct base_slice){ 0 }, parent));
    mls_own_package_wipe(&own);
    base_writer_free(&psks);
    base_writer_free(&plain);
    base_writer_free(&secrets);
    base_writer_free(&writer);
}

static void test_psks_of_a_welcome(void **state) {
    (void)state;
    static const uint8_t nonce[33];
    struct stage *stage = open_stage(3);
    struct mls_group *parent = stage->people[2].group;
    stage->people[2].group = NULL;
    struct mls_psk_id ties[] = {
        { MLS_PSK_RESUMPTION, mls_group_id(parent), MLS_RESUMPTION_BRANCH, 1, base_slice(nonce, 32) },
        { MLS_PSK_RESUMPTION, mls_group_id(parent), MLS_RESUMPTION_BRANCH, 1, base_slice(nonce, 32) },
    };
    assert_psks_refused(&MLS_ERR_PROPOSAL_PSK, stage, parent, ties, 2);
    ties[0].nonce.len = 33;
    assert_psks_refused(&MLS_ERR_PROPOSAL_PSK, stage, parent, ties, 1);
    ties[0].nonce.len = 32;
    assert_psks_refused(&MLS_ERR_BRANCH, stage, NULL, ties, 1);
    ties[0].usage = MLS_RESUMPTION_REINIT;
    ties[0].epoch = 0;
    assert_psks_refused(&MLS_ERR_REINIT, stage, parent, ties, 1);
    mls_group_free(parent);
    close_stage(stage);
}

/* Bob is brought in at epoch 1; Carol later, by a commit that ties the group to its parent once more. */
static void test_ties_are_for_the_first_epoch(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *carol = &stage->people[2];
    struct base_slice package = base_borrow(&stage->people[1].package.message);
    struct mls_proposal_input add = world_add(carol);
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .force_path = true };
    const struct mls_tie tie = { alice->group, MLS_RESUMPTION_BRANCH };
    struct mls_group *branch = NULL;
    struct mls_commit_output output = { 0 };
    assert_ok(
        mls_group_branch(alice->group, base_slice_text("side"), &alice->identity, &package, 1, NULL, &branch, &output));
    mls_commit_output_free(&output);
    assert_ok(mls_commit_make(branch, &options, &tie, &output));
    struct mls_group *parent = carol->group;
    carol->group = NULL;
    assert_result(&MLS_ERR_BRANCH, client_join(carol, base_borrow(&output.welcome), (struct base_slice){ 0 }, parent));
    mls_group_free(parent);
    mls_group_free(branch);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static bool nobody_is_anybody(void *user, const struct mls_member *a, const struct mls_member *b) {
    (void)user, (void)a, (void)b;
    return false;
}

/* §11.3: who joins a branch has to find all of its members in the parent. */
static void test_a_branch_has_no_strangers(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct base_slice package = base_borrow(&bob->package.message);
    struct mls_group *branch = NULL;
    struct mls_commit_output output = { 0 };
    assert_ok(
        mls_group_branch(alice->group, base_slice_text("side"), &alice->identity, &package, 1, NULL, &branch, &output));
    bob->context.callbacks.same_client = nobody_is_anybody;
    assert_result(&MLS_ERR_BRANCH,
                  client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, bob->group));
    mls_group_free(branch);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* §11.2: a successor that is not what the ReInit asked for, and one that is not at its first epoch. */
static void test_a_successor_is_what_was_asked_for(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct base_slice id = base_slice_text("the next");
    const struct mls_proposal_input reinit = { .type = MLS_PROPOSAL_REINIT, .new_group_id = id, .new_suite = SUITE };
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &reinit, .proposal_count = 1 });
    const struct mls_extension extension = { MLS_EXTENSION_APPLICATION_ID, base_slice_text("\1x") };
    const struct {
        struct base_slice id;
        struct mls_group_options options;
        uint64_t epoch;
    } cases[] = {
        { base_slice_text("another"), { 0 }, 0 },
        { id, { .extensions = &extension, .extension_count = 1 }, 0 },
        { id, { 0 }, 1 },
    };
    const struct mls_tie tie = { alice->group, MLS_RESUMPTION_REINIT };
    struct mls_group *closed = bob->group;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mls_group *next = NULL;
        struct mls_commit_output output = { 0 };
        struct mls_proposal_input add = world_add(bob);
        const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .force_path = true };
        assert_ok(mls_group_create(&alice->context, SUITE, cases[i].id, &alice->identity, &cases[i].options, &next));
        while (mls_group_epoch(next) < cases[i].epoch) {
            assert_ok(mls_group_commit(next, NULL, &output));
            assert_ok(mls_group_merge_pending(next));
            mls_commit_output_free(&output);
        }
        assert_ok(mls_commit_make(next, &options, &tie, &output));
        assert_result(&MLS_ERR_REINIT,
                      client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, closed));
        mls_commit_output_free(&output);
        mls_group_free(next);
    }
    close_stage(stage);
}

/* Says no to one use of credentials. */
static base_result refuse_use(void *user, const struct mls_credential_check *check) {
    const enum mls_credential_use *refused = user;
    return check->use == *refused ? &MLS_ERR_PROPOSAL_SENDER : BASE_OK;
}

static void assert_bob_refuses(struct stage *stage, enum mls_credential_use use, struct base_slice message) {
    struct client *bob = &stage->people[1];
    bob->context.callbacks.credential = refuse_use;
    bob->context.callbacks.user = &use;
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, bob, message);
    bob->context.callbacks.user = bob;
    bob->context.callbacks.credential = NULL;
}

static void test_each_use_of_a_credential_is_judged(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *dan = &stage->people[3];
    const struct mls_external_sender sender = { { dan->key.public_key.data, dan->key.public_key.len },
                                                dan->identity.credential };
    struct base_bytes senders = { 0 };
    struct base_bytes message = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_external_senders_encode(&stage->alloc.allocator, &sender, 1, &senders));
    const struct mls_extension extension = { MLS_EXTENSION_EXTERNAL_SENDERS, base_borrow(&senders) };
    const struct {
        enum mls_credential_use use;
        struct mls_proposal_input proposal;
    } cases[] = {
        { MLS_CREDENTIAL_ADDED, world_add(&stage->people[2]) },
        { MLS_CREDENTIAL_UPDATED, { .type = MLS_PROPOSAL_UPDATE } },
        { MLS_CREDENTIAL_EXTERNAL_SENDER,
          { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .extensions = &extension, .extension_count = 1 } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(mls_group_propose(alice->group, &cases[i].proposal, NULL, &message));
        assert_bob_refuses(stage, cases[i].use, base_borrow(&message));
        base_bytes_free(&message);
    }
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .without_cached = true }, &output));
    assert_bob_refuses(stage, MLS_CREDENTIAL_UPDATED, base_borrow(&output.message));
    mls_group_discard_pending(alice->group);
    mls_commit_output_free(&output);

    struct base_bytes info = { 0 };
    assert_ok(mls_group_info(alice->group, NULL, &info));
    enum mls_credential_use present = MLS_CREDENTIAL_PRESENT;
    dan->context.callbacks.credential = refuse_use;
    dan->context.callbacks.user = &present;
    assert_result(&MLS_ERR_PROPOSAL_SENDER, mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity,
                                                                    NULL, &dan->group, &message));
    dan->context.callbacks.credential = NULL;
    assert_ok(mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity, NULL, &dan->group, &message));
    assert_bob_refuses(stage, MLS_CREDENTIAL_EXTERNAL_COMMIT, base_borrow(&message));
    base_bytes_free(&info);
    base_bytes_free(&message);
    base_bytes_free(&senders);
    close_stage(stage);
}

/* §7.2: what everybody supports is not listed. */
static void test_defaults_are_not_listed(void **state) {
    (void)state;
    static const uint16_t numbers[] = { 1, 5, 7, 0xF001 };
    struct stage *stage = open_stage(1);
    struct client *bob = &stage->people[1];
    struct mls_message decoded;
    bob->identity.abilities.extensions = (struct mls_numbers){ numbers, 4 };
    bob->identity.abilities.proposals = (struct mls_numbers){ numbers, 4 };
    assert_ok(client_publish(bob));
    assert_ok(mls_message_decode(base_borrow(&bob->package.message), &decoded));
    const struct mls_capabilities *capabilities = &decoded.of.key_package.leaf.capabilities;
    assert_false(mls_list_has(capabilities->extensions, 1) || mls_list_has(capabilities->extensions, 5));
    assert_true(mls_list_has(capabilities->extensions, 7) && mls_list_has(capabilities->extensions, 0xF001));
    assert_true(base_slice_equal(capabilities->proposals, base_slice_text("\xf0\x01")));
    close_stage(stage);
}

/* Extensions, proposals and credentials can be required; who founds a group has to be able, too. */
static void test_requirements_of_each_kind(void **state) {
    (void)state;
    static const uint16_t wanted[] = { 0xF123 };
    const struct mls_numbers one = { wanted, 1 };
    const struct mls_numbers none = { 0 };
    const struct mls_numbers cases[][3] = { { one, none, none }, { none, one, none }, { none, none, one } };
    struct stage *stage = open_stage(1);
    struct client *dan = &stage->people[3];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct base_bytes data = { 0 };
        struct mls_identity able = dan->identity;
        static const uint16_t basic_too[] = { MLS_CREDENTIAL_BASIC, 0xF123 };
        able.abilities.extensions = cases[i][0];
        able.abilities.proposals = cases[i][1];
        able.abilities.credentials = (struct mls_numbers){ basic_too, 1 + cases[i][2].count };
        assert_ok(
            mls_required_capabilities_encode(&stage->alloc.allocator, cases[i][0], cases[i][1], cases[i][2], &data));
        const struct mls_extension extension = { MLS_EXTENSION_REQUIRED_CAPABILITIES, base_borrow(&data) };
        const struct mls_group_options options = { .extensions = &extension, .extension_count = 1 };
        const struct base_slice id = base_slice_text("demanding");
        struct mls_group *group = NULL;
        assert_result(&MLS_ERR_CAPABILITIES_REQUIRED,
                      mls_group_create(&dan->context, SUITE, id, &dan->identity, &options, &group));
        assert_ok(mls_group_create(&dan->context, SUITE, id, &able, &options, &group));
        mls_group_free(group);
        base_bytes_free(&data);
    }
    close_stage(stage);
}

static void test_a_staged_commit_is_for_one_epoch(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct mls_commit_output output = { 0 };
    struct mls_event first = { 0 };
    struct mls_event second = { 0 };
    const struct mls_commit_options options = { .send.wire = MLS_WIRE_PUBLIC };
    assert_ok(send_commit(alice, &options, &output));
    assert_ok(mls_group_process(bob->group, base_borrow(&output.message), &first));
    assert_ok(mls_group_process(bob->group, base_borrow(&output.message), &second));
    assert_result(&MLS_ERR_STAGED, mls_group_apply(alice->group, &first.staged));
    assert_ok(mls_group_apply(bob->group, &first.staged));
    assert_result(&MLS_ERR_STAGED, mls_group_apply(bob->group, &second.staged));
    assert_cannot_read(&MLS_ERR_EPOCH_PAST, bob, base_borrow(&output.message));
    mls_event_free(&first);
    mls_event_free(&second);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_tags_are_checked(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    struct base_bytes message = { 0 };
    assert_ok(
        mls_group_propose(alice->group, &update, &(struct mls_send_options){ .wire = MLS_WIRE_PUBLIC }, &message));
    message.data[message.len - 1] ^= 1;
    assert_cannot_read(&MLS_ERR_MEMBERSHIP_TAG, bob, base_borrow(&message));
    assert_int_equal(0, mls_group_proposal_count(bob->group));
    message.data[message.len - 1] ^= 1;
    assert_ok(client_receive(bob, base_borrow(&message), NULL));
    assert_int_equal(1, mls_group_proposal_count(bob->group));
    base_bytes_free(&message);
    close_stage(stage);
}

/* Whoever knows the secret tree can encrypt as a leaf on which nobody is (§6.3.2). */
static void test_nobody_sends_nothing(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    const struct client *alice = &stage->people[0];
    const struct mls_group *group = alice->group;
    struct base_bytes bytes = { 0 };
    struct base_bytes message = { 0 };
    struct mls_secret_tree_step step = { 0 };
    struct mls_authenticated_content content;
    const struct mls_framed_content framed = {
        .group_id = mls_group_id(group),
        .epoch = mls_group_epoch(group),
        .sender = { MLS_SENDER_MEMBER, NOBODY },
        .type = MLS_APPLICATION,
        .of.application = base_slice_text("boo"),
    };
    assert_ok(mls_content_sign(&group->crypto, &alice->key, MLS_PRIVATE_MESSAGE, &framed,
                               mls_group_encoded_context(group), &bytes));
    assert_ok(mls_authenticated_content_decode(base_borrow(&bytes), &content));
    assert_ok(
        mls_secret_tree_receive(group->epoch.messages, &group->crypto, NOBODY, MLS_RATCHET_APPLICATION, 0, &step));
    assert_ok(mls_private_protect(&group->crypto, alice->context.random, &content,
                                  &group->epoch.secrets.sender_data_secret, &step.key, 0, 0, &message));
    assert_cannot_read(&MLS_ERR_LEAF_INDEX, &stage->people[1], base_borrow(&message));
    mls_secret_tree_step_free(&step);
    base_bytes_free(&bytes);
    base_bytes_free(&message);
    close_stage(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_info_is_checked),
        cmocka_unit_test(test_a_tree_is_checked),
        cmocka_unit_test(test_a_joiner_has_the_key_of_his_leaf),
        cmocka_unit_test(test_a_welcome_is_taken_apart),
        cmocka_unit_test(test_a_welcome_is_checked),
        cmocka_unit_test(test_psks_of_a_welcome),
        cmocka_unit_test(test_ties_are_for_the_first_epoch),
        cmocka_unit_test(test_a_branch_has_no_strangers),
        cmocka_unit_test(test_a_successor_is_what_was_asked_for),
        cmocka_unit_test(test_each_use_of_a_credential_is_judged),
        cmocka_unit_test(test_defaults_are_not_listed),
        cmocka_unit_test(test_requirements_of_each_kind),
        cmocka_unit_test(test_a_staged_commit_is_for_one_epoch),
        cmocka_unit_test(test_tags_are_checked),
        cmocka_unit_test(test_nobody_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
