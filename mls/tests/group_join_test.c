/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a joiner is given, and what members send, changed in one place and signed anew where that takes a signature.
 */
#include <string.h>

#include "group/group.h"
#include "people.h"

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
    assert_ok(client_join(carol, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_result(&MLS_ERR_NO_KEY_PACKAGE,
                  client_join(&stage->people[3], base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
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
        cmocka_unit_test(test_a_joiner_has_the_key_of_his_leaf),
        cmocka_unit_test(test_a_staged_commit_is_for_one_epoch),
        cmocka_unit_test(test_tags_are_checked),
        cmocka_unit_test(test_nobody_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
