/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits that a member or an outsider with all keys may sign, and that must be refused all the same (§12.2, §12.4.2).
 *
 * Alice is hostile: what she sends is put together here, signed and tagged as it should be, past her own checks. Bob
 * refuses it with the error of the rule that it breaks, and goes on.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "group/rules.h"
#include "leaf_node.h"
#include "people.h"
#include "tree_math.h"

enum { FORGED_MAX = 4 << 20 };

/* A commit that is being forged. */
struct forged {
    struct base_writer list;
    struct base_bytes path;
    struct mls_commit commit;
    struct base_bytes message;
};

static void forged_free(struct forged *self) {
    base_writer_free(&self->list);
    base_bytes_free(&self->path);
    base_bytes_free(&self->message);
}

static struct forged forge(const struct stage *stage) {
    return (struct forged){ .list = base_writer(&stage->alloc.allocator, FORGED_MAX) };
}

static void put(struct forged *self, const struct mls_proposal *proposal) {
    const struct mls_proposal_or_ref entry = { .proposal = *proposal };
    mls_proposal_or_ref_write(&self->list, &entry);
}

static void put_reference(struct forged *self, struct base_slice reference) {
    const struct mls_proposal_or_ref entry = { .by_reference = true, .reference = reference };
    mls_proposal_or_ref_write(&self->list, &entry);
}

/* Signs it as `sender` with `key`; its confirmation tag is none, for all that is tested here comes before it. */
static struct base_slice seal(struct forged *self, const struct client *by, struct mls_sender sender,
                              const struct mls_keypair *key) {
    static const uint8_t tag[MLS_HASH_MAX];
    const struct mls_group *group = by->group;
    struct base_slice context = base_borrow(&group->epoch.context_bytes);
    struct base_bytes bytes = { 0 };
    struct mls_authenticated_content decoded;
    struct mls_framed_content content = {
        .group_id = group->epoch.context.group_id,
        .epoch = group->epoch.context.epoch,
        .sender = sender,
        .type = MLS_COMMIT,
        .of.commit = self->commit,
    };
    content.of.commit.proposals = base_writer_view(&self->list);
    base_bytes_free(&self->message);
    assert_ok(mls_content_sign(&group->crypto, key, MLS_PUBLIC_MESSAGE, &content, context, &bytes));
    assert_ok(mls_content_confirm(&group->crypto, base_slice(tag, group->crypto.suite->hash_size), &bytes));
    assert_ok(mls_authenticated_content_decode(base_borrow(&bytes), &decoded));
    assert_ok(
        mls_public_protect(&group->crypto, &decoded, &group->epoch.secrets.membership_key, context, &self->message));
    base_bytes_free(&bytes);
    return base_borrow(&self->message);
}

/* Makes the path of a good commit that one's own. */
static void take_path(struct forged *self, struct base_slice message) {
    struct mls_message decoded;
    assert_ok(mls_message_decode(message, &decoded));
    const struct mls_commit *commit = &decoded.of.public_message.content.content.of.commit;
    struct base_writer writer = base_writer(self->list.allocator, FORGED_MAX);
    mls_update_path_write(&writer, &commit->path);
    assert_ok(base_writer_finish(&writer, &self->path));
    assert_ok(mls_update_path_decode(base_borrow(&self->path), &self->commit.path));
    self->commit.has_path = true;
}

static void assert_refused(base_result error, struct stage *stage, struct forged *self) {
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_sender sender = { MLS_SENDER_MEMBER, mls_group_own_leaf(alice->group) };
    assert_cannot_read(error, bob, seal(self, alice, sender, &alice->key));
    assert_false(bob->group->pending != NULL);
    forged_free(self);
}

static const uint8_t nonce_bytes[MLS_HASH_MAX];

static struct mls_proposal psk_of(uint8_t usage, size_t nonce_len) {
    struct mls_proposal proposal = { .type = MLS_PROPOSAL_PSK };
    proposal.of.psk = (struct mls_psk_id){
        .type = usage == 0 ? MLS_PSK_EXTERNAL : MLS_PSK_RESUMPTION,
        .id = base_slice_text("known"),
        .usage = usage,
        .nonce = base_slice(nonce_bytes, nonce_len),
    };
    return proposal;
}

static struct mls_proposal remove_of(uint32_t leaf) {
    return (struct mls_proposal){ .type = MLS_PROPOSAL_REMOVE, .of.removed = leaf };
}

static struct mls_proposal reinit_of(uint16_t version) {
    return (struct mls_proposal){
        .type = MLS_PROPOSAL_REINIT,
        .of.reinit = { .group_id = base_slice_text("n"), .version = version, .cipher_suite = SUITE },
    };
}

static struct mls_proposal add_of(const struct client *client) {
    struct mls_message message;
    assert_ok(mls_message_decode(base_borrow(&client->package.message), &message));
    return (struct mls_proposal){ .type = MLS_PROPOSAL_ADD, .of.add = message.of.key_package };
}

static void test_each_rule_of_a_list(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_proposal extensions = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
    const struct mls_proposal init = { .type = MLS_PROPOSAL_EXTERNAL_INIT, .of.external_init = base_slice_text("x") };
    const struct mls_proposal known = psk_of(0, 32);
    const struct mls_proposal add = add_of(&stage->people[3]);
    struct client twin;
    struct client thief;
    struct mls_commit_output output = { 0 };
    assert_ok(client_init(&twin, &stage->world, "Dan's other self"));
    twin.key = stage->people[3].key;
    assert_ok(client_publish(&twin));
    const struct mls_proposal same_key = add_of(&twin);
    assert_ok(client_init(&thief, &stage->world, "Bob's other self"));
    thief.key = bob->key;
    assert_ok(client_publish(&thief));
    const struct mls_proposal member_key = add_of(&thief);
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    mls_group_discard_pending(alice->group);

    const struct {
        base_result error;
        const struct mls_proposal list[2];
        size_t count;
    } cases[] = {
        { &MLS_ERR_PROPOSAL_COMMITTER, { remove_of(0) }, 1 },
        { &MLS_ERR_PROPOSAL_DUPLICATE, { remove_of(2), remove_of(2) }, 2 },
        { &MLS_ERR_PROPOSAL_LEAF, { remove_of(3) }, 1 },
        { &MLS_ERR_PROPOSAL_LEAF, { remove_of(UINT32_MAX) }, 1 },
        { &MLS_ERR_PROPOSAL_DUPLICATE, { known, known }, 2 },
        { &MLS_ERR_PROPOSAL_DUPLICATE, { extensions, extensions }, 2 },
        { &MLS_ERR_PROPOSAL_REINIT, { reinit_of(1), known }, 2 },
        { &MLS_ERR_PROPOSAL_REINIT, { reinit_of(0) }, 1 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init }, 1 },
        { &MLS_ERR_PROPOSAL_PSK, { psk_of(MLS_RESUMPTION_REINIT, 32) }, 1 },
        { &MLS_ERR_PROPOSAL_PSK, { psk_of(MLS_RESUMPTION_BRANCH, 32) }, 1 },
        { &MLS_ERR_PROPOSAL_PSK, { psk_of(0, 31) }, 1 },
        { &MLS_ERR_PROPOSAL_PSK, { psk_of(MLS_RESUMPTION_APPLICATION, 33) }, 1 },
        { &MLS_ERR_KEY_IN_USE, { add, add }, 2 },
        { &MLS_ERR_KEY_IN_USE, { add, same_key }, 2 },
        { &MLS_ERR_KEY_IN_USE, { member_key }, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forged forged = forge(stage);
        for (size_t k = 0; k < cases[i].count; k++) {
            put(&forged, &cases[i].list[k]);
        }
        take_path(&forged, base_borrow(&output.message));
        assert_refused(cases[i].error, stage, &forged);
    }
    commit_to(stage, 0, NULL);
    mls_commit_output_free(&output);
    client_free(&twin);
    client_free(&thief);
    close_stage(stage);
}

static void test_an_update_of_the_committer_is_no_part_of_his_commit(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    struct base_bytes message = { 0 };
    struct mls_event event = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_propose(alice->group, &update, NULL, &message));
    assert_ok(mls_group_process(stage->people[1].group, base_borrow(&message), &event));
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    assert_int_equal(0, mls_staged_proposal_count(mls_group_pending(alice->group)));
    mls_group_discard_pending(alice->group);
    struct forged forged = forge(stage);
    put_reference(&forged, mls_secret_slice(&event.proposal_ref));
    take_path(&forged, base_borrow(&output.message));
    assert_refused(&MLS_ERR_PROPOSAL_COMMITTER, stage, &forged);
    mls_event_free(&event);
    base_bytes_free(&message);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_a_path_is_there_when_it_must(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    const struct mls_proposal extensions = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
    const struct mls_proposal remove = remove_of(2);
    const struct mls_proposal *const needing[] = { NULL, &remove, &extensions };
    for (size_t i = 0; i < sizeof needing / sizeof *needing; i++) {
        struct forged forged = forge(stage);
        if (needing[i] != NULL) {
            put(&forged, needing[i]);
        }
        assert_refused(&MLS_ERR_PATH_REQUIRED, stage, &forged);
    }
    close_stage(stage);
}

/* A commit that Alice has made, with another leaf in its path, signed anew. */
static void test_the_committer_has_a_new_key(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct mls_group *group = alice->group;
    struct mls_commit_output output = { 0 };
    commit_to(stage, 0, NULL);
    assert_ok(mls_group_commit(group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    mls_group_discard_pending(group);
    /* Her own old key, that of somebody else, and that of a node which the path is about to blank. */
    const struct base_slice used[] = {
        mls_tree_encryption_key(&group->epoch.tree, mls_leaf_node(0)),
        mls_tree_encryption_key(&group->epoch.tree, mls_leaf_node(2)),
        mls_tree_encryption_key(&group->epoch.tree, mls_tree_root(mls_tree_width(&group->epoch.tree))),
    };
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        struct base_bytes leaf = { 0 };
        struct forged forged = forge(stage);
        take_path(&forged, base_borrow(&output.message));
        assert_int_equal(32, used[i].len);
        forged.commit.path.leaf.encryption_key = used[i];
        assert_ok(
            mls_leaf_node_sign(&group->crypto, &alice->key, &forged.commit.path.leaf, mls_group_id(group), 0, &leaf));
        assert_ok(mls_leaf_node_decode(base_borrow(&leaf), &forged.commit.path.leaf));
        assert_refused(&MLS_ERR_KEY_IN_USE, stage, &forged);
        base_bytes_free(&leaf);
    }
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* Dan's external commit, with other proposals. */
static void assert_outsider_refused(base_result error, struct stage *stage, struct forged *self) {
    const struct mls_sender sender = { MLS_SENDER_NEW_MEMBER_COMMIT, 0 };
    assert_cannot_read(error, &stage->people[1], seal(self, &stage->people[0], sender, &stage->people[3].key));
    forged_free(self);
}

static void test_what_an_external_commit_may_hold(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *dan = &stage->people[3];
    struct base_bytes info = { 0 };
    struct base_bytes commit = { 0 };
    struct base_bytes proposal = { 0 };
    struct mls_event event = { 0 };
    const struct mls_proposal_input psk = { .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("known") };
    assert_ok(mls_group_info(stage->people[0].group, NULL, &info));
    assert_ok(mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity, NULL, &dan->group, &commit));
    assert_ok(mls_group_propose(stage->people[2].group, &psk, NULL, &proposal));
    assert_ok(mls_group_process(stage->people[1].group, base_borrow(&proposal), &event));
    const uint8_t kem_output[32] = { 9 };
    const struct mls_proposal init = { .type = MLS_PROPOSAL_EXTERNAL_INIT,
                                       .of.external_init = base_slice(kem_output, sizeof kem_output) };
    const struct mls_proposal extensions = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
    const struct {
        base_result error;
        const struct mls_proposal list[3];
        size_t count;
    } cases[] = {
        { &MLS_ERR_PROPOSAL_EXTERNAL, { remove_of(2) }, 1 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init, init }, 2 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init, remove_of(1), remove_of(2) }, 3 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init, add_of(dan) }, 2 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init, extensions }, 2 },
        { &MLS_ERR_PROPOSAL_EXTERNAL, { init, reinit_of(1) }, 2 },
        { &MLS_ERR_PROPOSAL_PSK, { init, psk_of(MLS_RESUMPTION_BRANCH, 32) }, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forged forged = forge(stage);
        for (size_t k = 0; k < cases[i].count; k++) {
            put(&forged, &cases[i].list[k]);
        }
        take_path(&forged, base_borrow(&commit));
        assert_outsider_refused(cases[i].error, stage, &forged);
    }
    struct forged without_path = forge(stage);
    put(&without_path, &init);
    assert_outsider_refused(&MLS_ERR_SENDER_CONTENT, stage, &without_path);
    struct forged forged = forge(stage);
    put(&forged, &init);
    put_reference(&forged, mls_secret_slice(&event.proposal_ref));
    take_path(&forged, base_borrow(&commit));
    assert_outsider_refused(&MLS_ERR_PROPOSAL_EXTERNAL, stage, &forged);
    mls_event_free(&event);
    base_bytes_free(&info);
    base_bytes_free(&commit);
    base_bytes_free(&proposal);
    close_stage(stage);
}

static bool nobody_is_anybody(void *user, const struct mls_member *a, const struct mls_member *b) {
    (void)user, (void)a, (void)b;
    return false;
}

/* Who comes back by a resync is the same client, with a new encryption key (§12.2). */
static void test_a_resync_has_a_new_key(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *carol = &stage->people[2];
    struct base_bytes info = { 0 };
    struct base_bytes commit = { 0 };
    struct base_bytes leaf = { 0 };
    struct mls_group *lost = carol->group;
    struct mls_message message;
    assert_ok(mls_group_info(stage->people[0].group, NULL, &info));
    assert_ok(mls_group_join_external(&carol->context, base_borrow(&info), &carol->identity,
                                      &(struct mls_external_options){ .resync = true }, &carol->group, &commit));
    assert_ok(mls_message_decode(base_borrow(&commit), &message));
    struct forged forged = forge(stage);
    base_write_slice(&forged.list, message.of.public_message.content.content.of.commit.proposals);
    take_path(&forged, base_borrow(&commit));
    forged.commit.path.leaf.encryption_key = mls_tree_encryption_key(&lost->epoch.tree, mls_leaf_node(2));
    assert_ok(mls_leaf_node_sign(&lost->crypto, &carol->key, &forged.commit.path.leaf, mls_group_id(lost), 2, &leaf));
    assert_ok(mls_leaf_node_decode(base_borrow(&leaf), &forged.commit.path.leaf));
    const struct mls_sender sender = { MLS_SENDER_NEW_MEMBER_COMMIT, 0 };
    assert_cannot_read(&MLS_ERR_KEY_IN_USE, &stage->people[1], seal(&forged, &stage->people[0], sender, &carol->key));
    stage->people[1].context.callbacks.same_client = nobody_is_anybody;
    assert_cannot_read(&MLS_ERR_RESYNC, &stage->people[1], base_borrow(&commit));
    stage->people[1].context.callbacks.same_client = NULL;
    assert_ok(client_receive(&stage->people[1], base_borrow(&commit), NULL));
    assert_same_epoch(&stage->people[1], carol);
    forged_free(&forged);
    mls_group_free(lost);
    base_bytes_free(&leaf);
    base_bytes_free(&info);
    base_bytes_free(&commit);
    close_stage(stage);
}

/* In a group that has but its founder, nobody may use the PSKs that are for its founding. */
static void test_psks_of_founding_are_for_founders(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct client *alice = &stage->people[0];
    struct client *dan = &stage->people[3];
    struct base_bytes info = { 0 };
    struct base_bytes commit = { 0 };
    struct mls_message message;
    assert_ok(mls_group_info(alice->group, NULL, &info));
    assert_ok(mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity, NULL, &dan->group, &commit));
    assert_ok(mls_message_decode(base_borrow(&commit), &message));
    struct mls_proposal psk = psk_of(MLS_RESUMPTION_BRANCH, 32);
    psk.of.psk.id = mls_group_id(alice->group);
    struct forged forged = forge(stage);
    base_write_slice(&forged.list, message.of.public_message.content.content.of.commit.proposals);
    put(&forged, &psk);
    take_path(&forged, base_borrow(&commit));
    const struct mls_sender sender = { MLS_SENDER_NEW_MEMBER_COMMIT, 0 };
    assert_cannot_read(&MLS_ERR_PROPOSAL_PSK, alice, seal(&forged, alice, sender, &dan->key));
    forged_free(&forged);
    base_bytes_free(&info);
    base_bytes_free(&commit);
    close_stage(stage);
}

/* §11.2, §12.4.3.1: the successor is tied to the epoch that closed the group, and has all of its members. */
static void test_a_successor_has_all_members(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_proposal_input reinit = { .type = MLS_PROPOSAL_REINIT,
                                               .new_group_id = base_slice_text("the next"),
                                               .new_suite = SUITE };
    const struct mls_commit_options options = { .proposals = &reinit, .proposal_count = 1 };
    struct base_slice package = base_borrow(&bob->package.message);
    struct mls_group *next = NULL;
    struct mls_commit_output closing = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(send_commit(alice, &options, &closing));
    assert_ok(mls_group_reinit(alice->group, &alice->identity, &package, 1, false, &next, &output));
    struct mls_group *closed = bob->group;
    const struct base_slice no_tree = { 0 };
    assert_result(&MLS_ERR_REINIT, client_join(bob, base_borrow(&output.welcome), no_tree, closed));
    assert_ok(client_receive(bob, base_borrow(&closing.message), NULL));
    bob->context.callbacks.same_client = nobody_is_anybody;
    assert_result(&MLS_ERR_REINIT, client_join(bob, base_borrow(&output.welcome), no_tree, closed));
    bob->context.callbacks.same_client = NULL;
    bob->group = NULL;
    assert_ok(client_join(bob, base_borrow(&output.welcome), no_tree, closed));
    mls_group_free(closed);
    mls_group_free(next);
    mls_commit_output_free(&closing);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A follower has no key to open a path's secrets with, but sees if one is missing. */
static void test_a_follower_counts_path_secrets(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *server = &stage->people[3];
    struct base_bytes info = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_info(alice->group, NULL, &info));
    assert_ok(mls_group_follow(&server->context, base_borrow(&info), (struct base_slice){ 0 }, &server->group));
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    mls_group_discard_pending(alice->group);
    struct forged forged = forge(stage);
    take_path(&forged, base_borrow(&output.message));
    struct base_writer nodes = base_writer(&stage->alloc.allocator, FORGED_MAX);
    struct base_reader reader = base_reader(forged.commit.path.nodes);
    while (reader.left != 0) {
        struct mls_update_path_node node;
        assert_ok(mls_update_path_node_next(&reader, &node));
        node.encrypted_path_secrets.len = 0;
        mls_update_path_node_write(&nodes, &node);
    }
    forged.commit.path.nodes = base_writer_view(&nodes);
    const struct mls_sender sender = { MLS_SENDER_MEMBER, 0 };
    struct base_slice message = seal(&forged, alice, sender, &alice->key);
    assert_cannot_read(&MLS_ERR_PATH_SECRETS, server, message);
    assert_cannot_read(&MLS_ERR_PATH_SECRETS, &stage->people[1], message);
    assert_ok(client_receive(server, base_borrow(&output.message), NULL));
    base_writer_free(&nodes);
    forged_free(&forged);
    base_bytes_free(&info);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A proposal as a member would have signed it, in the epoch of Alice's group. */
static struct base_bytes forge_proposal(const struct client *alice, uint32_t leaf, const struct mls_keypair *key,
                                        const struct mls_proposal *proposal) {
    const struct mls_group *group = alice->group;
    struct base_slice context = mls_group_encoded_context(group);
    struct base_bytes bytes = { 0 };
    struct base_bytes message = { 0 };
    struct mls_authenticated_content content;
    const struct mls_framed_content framed = {
        .group_id = mls_group_id(group),
        .epoch = mls_group_epoch(group),
        .sender = { MLS_SENDER_MEMBER, leaf },
        .type = MLS_PROPOSAL,
        .of.proposal = *proposal,
    };
    assert_ok(mls_content_sign(&group->crypto, key, MLS_PUBLIC_MESSAGE, &framed, context, &bytes));
    assert_ok(mls_authenticated_content_decode(base_borrow(&bytes), &content));
    assert_ok(mls_public_protect(&group->crypto, &content, &group->epoch.secrets.membership_key, context, &message));
    base_bytes_free(&bytes);
    return message;
}

/* Signs a leaf that was changed; it borrows from `bytes` then. */
static void resign_leaf(const struct client *alice, uint32_t index, struct mls_leaf_node *leaf,
                        struct base_bytes *bytes) {
    assert_ok(mls_leaf_node_sign(&alice->group->crypto, &alice->key, leaf, mls_group_id(alice->group), index, bytes));
    assert_ok(mls_leaf_node_decode(base_borrow(bytes), leaf));
}

static void test_leaves_are_checked_by_who_receives_them(void **state) {
    (void)state;
    static const uint16_t wanted[] = { 0xF123 };
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct base_bytes leaf = { 0 };
    struct base_bytes message = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    mls_group_discard_pending(alice->group);

    /* Proposals: an ExternalInit of a member, an Update that was signed for another place. */
    const struct mls_proposal init = { .type = MLS_PROPOSAL_EXTERNAL_INIT, .of.external_init = base_slice_text("x") };
    message = forge_proposal(alice, 0, &alice->key, &init);
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, bob, base_borrow(&message));
    base_bytes_free(&message);
    struct mls_proposal update = { .type = MLS_PROPOSAL_UPDATE,
                                   .of.update = *mls_tree_leaf(&alice->group->epoch.tree, 0) };
    update.of.update.source = MLS_LEAF_UPDATE;
    resign_leaf(alice, 1, &update.of.update, &leaf);
    message = forge_proposal(alice, 0, &alice->key, &update);
    assert_cannot_read(&MLS_ERR_LEAF_SIGNATURE, bob, base_borrow(&message));
    base_bytes_free(&message);
    base_bytes_free(&leaf);

    /* Paths: a leaf for another place, one with an extension that it does not list. */
    struct forged forged = forge(stage);
    take_path(&forged, base_borrow(&output.message));
    resign_leaf(alice, 1, &forged.commit.path.leaf, &leaf);
    assert_refused(&MLS_ERR_LEAF_SIGNATURE, stage, &forged);
    base_bytes_free(&leaf);
    forged = forge(stage);
    take_path(&forged, base_borrow(&output.message));
    forged.commit.path.leaf.extensions = base_slice_text("\xf1\x24\x01x");
    resign_leaf(alice, 0, &forged.commit.path.leaf, &leaf);
    assert_refused(&MLS_ERR_CAPABILITIES_EXTENSION, stage, &forged);
    base_bytes_free(&leaf);
    mls_commit_output_free(&output);

    /* Adds: of somebody who knows no credentials like those of the others, and who cannot do what the group asks for.
     */
    static const uint16_t x509[] = { MLS_CREDENTIAL_X509 };
    struct client *dan = &stage->people[3];
    dan->identity.credential = (struct mls_credential){ MLS_CREDENTIAL_X509, base_slice_text("\4leaf") };
    dan->identity.abilities.credentials = (struct mls_numbers){ x509, 1 };
    assert_ok(client_publish(dan));
    const struct mls_proposal stranger = add_of(dan);
    forged = forge(stage);
    put(&forged, &stranger);
    assert_refused(&MLS_ERR_CAPABILITIES_CREDENTIAL, stage, &forged);
    const struct mls_extension extension = { 0xF123, base_slice_text("x") };
    const struct mls_proposal_input require = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                                .extensions = &extension,
                                                .extension_count = 1 };
    for (size_t i = 0; i < 2; i++) {
        struct mls_identity able = stage->people[i].identity;
        able.abilities.extensions = (struct mls_numbers){ wanted, 1 };
        commit_to(stage, i, &(struct mls_commit_options){ .identity = &able });
    }
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &require, .proposal_count = 1 });
    const struct mls_proposal add = add_of(&stage->people[2]);
    forged = forge(stage);
    put(&forged, &add);
    assert_refused(&MLS_ERR_CAPABILITIES_EXTENSION, stage, &forged);
    close_stage(stage);
}

/* Whatever members and outsiders propose, the others can commit: what does not go is left out. */
static void test_no_proposal_spoils_a_commit(void **state) {
    (void)state;
    static const uint16_t wanted[] = { 0xF123 };
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct client *carol = &stage->people[2];
    struct client *dan = &stage->people[3];
    struct mls_identity able[] = { alice->identity, bob->identity };
    const struct mls_extension extension = { 0xF123, base_slice_text("x") };
    const struct mls_proposal_input require = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                                .extensions = &extension,
                                                .extension_count = 1 };
    const struct mls_proposal_input psks[] = {
        { .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("unheard of") },
        { .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("known") },
    };
    for (size_t i = 0; i < 2; i++) {
        able[i].abilities.extensions = (struct mls_numbers){ wanted, 1 };
        commit_to(stage, i, &(struct mls_commit_options){ .identity = &able[i] });
    }
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &require, .proposal_count = 1 });
    dan->identity.abilities = able[0].abilities;
    assert_ok(client_publish(dan));
    struct mls_group *group = alice->group;
    struct base_bytes message = { 0 };
    const struct client *const newcomers[] = { carol, dan }; /* she cannot do what the group asks for */
    for (size_t i = 0; i < 2; i++) {
        assert_ok(mls_propose_new_member(&alice->context, mls_group_id(group), mls_group_epoch(group),
                                         base_borrow(&newcomers[i]->package.message), &newcomers[i]->key, &message));
        assert_ok(client_receive(alice, base_borrow(&message), NULL));
        assert_ok(client_receive(bob, base_borrow(&message), NULL));
        base_bytes_free(&message);
        assert_ok(mls_group_propose(bob->group, &psks[i], NULL, &message));
        assert_ok(client_receive(alice, base_borrow(&message), NULL));
        base_bytes_free(&message);
    }
    /* An Update of Bob's that changes no key. */
    struct mls_proposal update = { .type = MLS_PROPOSAL_UPDATE, .of.update = *mls_tree_leaf(&group->epoch.tree, 1) };
    struct base_bytes leaf = { 0 };
    update.of.update.source = MLS_LEAF_UPDATE;
    assert_ok(mls_leaf_node_sign(&group->crypto, &bob->key, &update.of.update, mls_group_id(group), 1, &leaf));
    assert_ok(mls_leaf_node_decode(base_borrow(&leaf), &update.of.update));
    message = forge_proposal(alice, 1, &bob->key, &update);
    assert_ok(client_receive(alice, base_borrow(&message), NULL));

    struct mls_commit_output output = { 0 };
    assert_int_equal(5, mls_group_proposal_count(group));
    assert_ok(send_commit(alice, NULL, &output));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    assert_ok(client_join(dan, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_same_epoch(alice, bob);
    assert_same_epoch(alice, dan);
    base_bytes_free(&leaf);
    base_bytes_free(&message);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static double seconds_now(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

static void test_signature_and_confirmation_tag(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_sender sender = { MLS_SENDER_MEMBER, 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .send.wire = MLS_WIRE_PUBLIC }, &output));
    struct forged forged = forge(stage);
    take_path(&forged, base_borrow(&output.message));
    mls_group_discard_pending(alice->group);
    assert_cannot_read(&MLS_ERR_SIGNATURE, bob, seal(&forged, alice, sender, &stage->people[2].key));
    assert_cannot_read(&MLS_ERR_CONFIRMATION_TAG, bob, seal(&forged, alice, sender, &alice->key));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    forged_free(&forged);
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A number that is required half a million times is asked for once. */
static void test_a_long_list_of_requirements_takes_no_time(void **state) {
    (void)state;
    enum { TIMES = 1 << 19, MEMBERS = 128 };
    struct stage *stage = open_stage(3);
    const struct mls_group *group = stage->people[0].group;
    struct mls_tree tree = { 0 };
    mls_tree_share(&group->epoch.tree, &tree);
    for (int i = 0; i < MEMBERS; i++) {
        struct client client;
        struct mls_message package;
        uint32_t leaf;
        assert_ok(client_init(&client, &stage->world, "one of many"));
        assert_ok(mls_message_decode(base_borrow(&client.package.message), &package));
        assert_ok(mls_tree_add(&group->crypto, &tree, &package.of.key_package.leaf, &leaf));
        client_free(&client);
    }
    struct base_writer data = base_writer(&stage->alloc.allocator, FORGED_MAX);
    struct base_writer list = base_writer(&stage->alloc.allocator, FORGED_MAX);
    size_t mark = base_write_vector_begin(&data);
    for (int i = 0; i < TIMES; i++) {
        base_write_u16(&data, MLS_EXTENSION_RATCHET_TREE);
    }
    base_write_vector_end(&data, mark);
    base_write_u16(&data, 0);
    mls_extension_write(&list, &(struct mls_extension){ MLS_EXTENSION_REQUIRED_CAPABILITIES, base_writer_view(&data) });
    double start = seconds_now();
    assert_ok(mls_group_extensions_check(&tree, base_writer_view(&list)));
    assert_true(seconds_now() - start < 0.2);
    mls_tree_free(&tree);
    base_writer_free(&data);
    base_writer_free(&list);
    close_stage(stage);
}

/* A leaf with every extension there is, all of which it lists as supported, in the other order. */
static void test_a_leaf_full_of_extensions_takes_no_time(void **state) {
    (void)state;
    enum { FIRST = 6, LAST = UINT16_MAX };
    struct stage *stage = open_stage(1);
    struct base_writer types = base_writer(&stage->alloc.allocator, FORGED_MAX);
    struct base_writer extensions = base_writer(&stage->alloc.allocator, FORGED_MAX);
    for (uint32_t type = FIRST; type <= LAST; type++) {
        base_write_u16(&types, (uint16_t)(LAST + FIRST - type));
        mls_extension_write(&extensions, &(struct mls_extension){ .type = (uint16_t)type });
    }
    const struct mls_capabilities capabilities = { .extensions = base_writer_view(&types) };
    double start = seconds_now();
    assert_true(mls_supports_extensions(&capabilities, base_writer_view(&extensions)));
    assert_true(seconds_now() - start < 0.2);
    base_writer_free(&types);
    base_writer_free(&extensions);
    close_stage(stage);
}

/* Records come once, in the order of their keys. */
static void test_saved_records_come_in_order(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct mls_commit_output output = { 0 };
    struct mls_group *group = NULL;
    assert_ok(mls_group_commit(alice->group, NULL, &output));
    assert_ok(client_save(alice, &stage->world));
    for (size_t i = 0; i + 1 < alice->store.count; i++) {
        struct store doubled = { 0 };
        store_copy(&alice->store, &doubled);
        memcpy(doubled.records[i + 1].key, doubled.records[i].key, doubled.records[i].key_len);
        doubled.records[i + 1].key_len = doubled.records[i].key_len;
        free(doubled.records[i + 1].value);
        doubled.records[i + 1].value = malloc(doubled.records[i].value_len);
        doubled.records[i + 1].value_len = doubled.records[i].value_len;
        memcpy(doubled.records[i + 1].value, doubled.records[i].value, doubled.records[i].value_len);
        struct mls_source source = store_source(&doubled);
        assert_result(&MLS_ERR_STATE, mls_group_load(&alice->context, &source, &group));
        store_free(&doubled);
    }
    mls_commit_output_free(&output);
    close_stage(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_rule_of_a_list),
        cmocka_unit_test(test_an_update_of_the_committer_is_no_part_of_his_commit),
        cmocka_unit_test(test_a_path_is_there_when_it_must),
        cmocka_unit_test(test_the_committer_has_a_new_key),
        cmocka_unit_test(test_what_an_external_commit_may_hold),
        cmocka_unit_test(test_a_resync_has_a_new_key),
        cmocka_unit_test(test_psks_of_founding_are_for_founders),
        cmocka_unit_test(test_a_successor_has_all_members),
        cmocka_unit_test(test_a_follower_counts_path_secrets),
        cmocka_unit_test(test_leaves_are_checked_by_who_receives_them),
        cmocka_unit_test(test_no_proposal_spoils_a_commit),
        cmocka_unit_test(test_signature_and_confirmation_tag),
        cmocka_unit_test(test_a_long_list_of_requirements_takes_no_time),
        cmocka_unit_test(test_a_leaf_full_of_extensions_takes_no_time),
        cmocka_unit_test(test_saved_records_come_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
