/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups, one behaviour a test: what a member can rely on.
 */
#include <stdlib.h>
#include <string.h>

#include "people.h"

static void test_a_message_says_who_sent_it(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *bob = &stage->people[1];
    const struct mls_send_options options = { .authenticated_data = base_slice_text("aad"), .padding = 256 };
    struct base_bytes message = { 0 };
    struct mls_event event = { 0 };
    assert_ok(mls_group_encrypt(bob->group, base_slice_text("hello"), &options, &message));
    assert_true(message.len > 256);
    struct mls_message_head head;
    assert_ok(mls_message_peek(base_borrow(&message), &head));
    assert_int_equal(MLS_PRIVATE_MESSAGE, head.wire);
    assert_int_equal(MLS_APPLICATION, head.content_type);
    assert_true(base_slice_equal(head.authenticated_data, base_slice_text("aad")));
    assert_ok(mls_group_process(stage->people[0].group, base_borrow(&message), &event));
    assert_int_equal(MLS_EVENT_APPLICATION, event.kind);
    assert_int_equal(MLS_SENDER_MEMBER, event.sender_type);
    assert_int_equal(mls_group_own_leaf(bob->group), event.sender);
    assert_true(event.has_member && event.is_private);
    assert_true(base_slice_equal(event.member.credential.content, base_slice_text("Bob")));
    assert_true(base_slice_equal(event.plaintext, base_slice_text("hello")));
    assert_true(base_slice_equal(event.authenticated_data, base_slice_text("aad")));
    assert_int_equal(0, event.generation);
    mls_event_free(&event);
    assert_cannot_read(&MLS_ERR_GENERATION_USED, &stage->people[0], base_borrow(&message));
    assert_ok(mls_group_process(bob->group, base_borrow(&message), &event));
    assert_int_equal(MLS_EVENT_OWN, event.kind);
    mls_event_free(&event);
    base_bytes_free(&message);
    close_stage(stage);
}

static void test_the_next_epoch_can_be_used_before_its_commit_is_accepted(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct mls_commit_output output = { 0 };
    uint8_t before[32];
    uint8_t pending[32];
    uint8_t after[32];
    assert_ok(mls_group_commit(alice->group, NULL, &output));
    assert_result(&MLS_ERR_PENDING, mls_group_commit(alice->group, NULL, &(struct mls_commit_output){ 0 }));
    assert_ok(mls_group_export(alice->group, "token", (struct base_slice){ 0 }, before, sizeof before));
    assert_ok(
        mls_staged_export(mls_group_pending(alice->group), "token", (struct base_slice){ 0 }, pending, sizeof pending));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    assert_ok(mls_group_export(bob->group, "token", (struct base_slice){ 0 }, after, sizeof after));
    assert_memory_equal(pending, after, sizeof after);
    assert_memory_not_equal(before, after, sizeof after);
    enum mls_event_kind kind;
    assert_ok(client_receive(alice, base_borrow(&output.message), &kind));
    assert_int_equal(MLS_EVENT_OWN_COMMIT, kind);
    assert_same_epoch(alice, bob);
    assert_null(mls_group_pending(alice->group));
    assert_result(&MLS_ERR_NO_PENDING, mls_group_merge_pending(alice->group));
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_who_loses_a_race_follows_the_winner(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct client *carol = &stage->people[2];
    struct mls_commit_output first = { 0 };
    struct mls_commit_output second = { 0 };
    assert_ok(mls_group_commit(alice->group, NULL, &first));
    assert_ok(mls_group_commit(bob->group, NULL, &second));
    assert_ok(client_receive(carol, base_borrow(&first.message), NULL));
    assert_ok(client_receive(bob, base_borrow(&first.message), NULL));
    assert_ok(client_receive(alice, base_borrow(&first.message), NULL));
    assert_null(mls_group_pending(bob->group));
    assert_cannot_read(&MLS_ERR_EPOCH_PAST, carol, base_borrow(&second.message));
    assert_cannot_read(&MLS_ERR_EPOCH_PAST, bob, base_borrow(&second.message));
    assert_same_epoch(alice, bob);
    assert_same_epoch(alice, carol);
    mls_commit_output_free(&first);
    mls_commit_output_free(&second);
    commit_to(stage, 1, NULL);
    assert_same_epoch(alice, bob);
    close_stage(stage);
}

static void test_who_is_removed_reads_nothing_more(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *carol = &stage->people[2];
    struct base_bytes late = encrypt(&stage->people[0], "before");
    struct mls_proposal_input remove = world_remove(mls_group_own_leaf(carol->group));
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &remove, .proposal_count = 1 });
    assert_int_equal(MLS_GROUP_REMOVED, mls_group_state(carol->group));
    struct base_bytes message = encrypt(&stage->people[0], "after");
    assert_reads(&stage->people[1], base_borrow(&message), "after");
    assert_cannot_read(&MLS_ERR_GROUP_STATE, carol, base_borrow(&message));
    assert_reads(carol, base_borrow(&late), "before");
    struct base_bytes out = { 0 };
    uint8_t secret[32];
    assert_result(&MLS_ERR_GROUP_STATE, mls_group_encrypt(carol->group, base_slice_text("no"), NULL, &out));
    assert_result(&MLS_ERR_GROUP_STATE, mls_group_commit(carol->group, NULL, &(struct mls_commit_output){ 0 }));
    assert_result(&MLS_ERR_GROUP_STATE,
                  mls_group_export(carol->group, "token", (struct base_slice){ 0 }, secret, sizeof secret));
    base_bytes_free(&late);
    base_bytes_free(&message);
    close_stage(stage);
}

static void test_leaving_is_a_proposal_that_another_commits(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *carol = &stage->people[2];
    struct base_bytes leave = { 0 };
    struct mls_proposal_input remove = world_remove(mls_group_own_leaf(carol->group));
    assert_ok(mls_group_propose(carol->group, &remove, NULL, &leave));
    enum mls_event_kind kind;
    assert_ok(client_receive(&stage->people[0], base_borrow(&leave), &kind));
    assert_int_equal(MLS_EVENT_PROPOSAL, kind);
    assert_ok(client_receive(&stage->people[1], base_borrow(&leave), &kind));
    assert_int_equal(1, mls_group_proposal_count(stage->people[0].group));
    struct mls_proposal_view view = mls_group_proposal(stage->people[0].group, 0);
    assert_int_equal(MLS_PROPOSAL_REMOVE, view.type);
    assert_int_equal(mls_group_own_leaf(carol->group), view.removed);
    assert_true(base_slice_equal(view.member.credential.content, base_slice_text("Carol")));
    commit_to(stage, 1, NULL);
    assert_int_equal(MLS_GROUP_REMOVED, mls_group_state(carol->group));
    assert_int_equal(2, mls_group_member_count(stage->people[0].group));
    assert_same_epoch(&stage->people[0], &stage->people[1]);
    base_bytes_free(&leave);
    close_stage(stage);
}

static void test_a_commit_without_its_proposal_waits(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct base_bytes proposal = { 0 };
    struct mls_commit_output output = { 0 };
    struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    assert_ok(mls_group_propose(stage->people[2].group, &update, NULL, &proposal));
    assert_ok(client_receive(&stage->people[0], base_borrow(&proposal), NULL));
    assert_ok(send_commit(&stage->people[0], NULL, &output));
    assert_cannot_read(&MLS_ERR_PROPOSAL_UNKNOWN, &stage->people[1], base_borrow(&output.message));
    assert_ok(client_receive(&stage->people[1], base_borrow(&proposal), NULL));
    assert_ok(client_receive(&stage->people[1], base_borrow(&output.message), NULL));
    assert_ok(client_receive(&stage->people[2], base_borrow(&output.message), NULL));
    assert_same_epoch(&stage->people[1], &stage->people[2]);
    base_bytes_free(&proposal);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_messages_of_other_epochs_and_groups_are_told_apart(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct client *dan = &stage->people[3];
    struct base_bytes old = encrypt(alice, "old");
    struct mls_commit_output output = { 0 };
    for (int i = 0; i < MLS_PAST_EPOCHS_DEFAULT; i++) {
        commit_to(stage, 0, NULL);
    }
    assert_reads(bob, base_borrow(&old), "old");
    base_bytes_free(&old);
    old = encrypt(alice, "too old");
    for (int i = 0; i < MLS_PAST_EPOCHS_DEFAULT + 1; i++) {
        commit_to(stage, 0, NULL);
    }
    assert_cannot_read(&MLS_ERR_EPOCH_PAST, bob, base_borrow(&old));
    assert_ok(send_commit(alice, NULL, &output));
    struct base_bytes next = encrypt(alice, "next");
    assert_cannot_read(&MLS_ERR_EPOCH_FUTURE, bob, base_borrow(&next));
    assert_ok(mls_group_create(&dan->context, SUITE, base_slice_text("another"), &dan->identity, NULL, &dan->group));
    assert_cannot_read(&MLS_ERR_WRONG_GROUP, dan, base_borrow(&next));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    assert_reads(bob, base_borrow(&next), "next");
    base_bytes_free(&old);
    base_bytes_free(&next);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_saved_state_cannot_decrypt_what_was_decrypted(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *bob = &stage->people[1];
    struct base_bytes skipped = encrypt(&stage->people[0], "skipped");
    struct base_bytes message = encrypt(&stage->people[0], "secret");
    assert_ok(client_save(bob, &stage->world));
    assert_reads(bob, base_borrow(&message), "secret");
    assert_true(mls_group_changed(bob->group));
    assert_ok(client_save(bob, &stage->world));

    struct store stolen = { 0 };
    store_copy(&bob->store, &stolen);
    struct mls_source source = store_source(&stolen);
    struct client thief = { .context = bob->context };
    assert_ok(mls_group_load(&bob->context, &source, &thief.group));
    assert_cannot_read(&MLS_ERR_GENERATION_USED, &thief, base_borrow(&message));
    assert_reads(&thief, base_borrow(&skipped), "skipped");
    mls_group_free(thief.group);
    store_free(&stolen);
    base_bytes_free(&skipped);
    base_bytes_free(&message);
    close_stage(stage);
}

static void test_old_epochs_leave_the_store(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *bob = &stage->people[1];
    size_t counts[3 * MLS_PAST_EPOCHS_DEFAULT];
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct base_bytes message = encrypt(&stage->people[0], "word");
        assert_reads(bob, base_borrow(&message), "word");
        assert_ok(client_save(bob, &stage->world));
        base_bytes_free(&message);
        commit_to(stage, 0, NULL);
        assert_ok(client_save(bob, &stage->world));
        counts[i] = bob->store.count;
    }
    assert_int_equal(counts[2 * MLS_PAST_EPOCHS_DEFAULT], counts[3 * MLS_PAST_EPOCHS_DEFAULT - 1]);
    struct mls_sink sink = store_sink(&bob->store);
    assert_ok(mls_group_erase(bob->group, &sink));
    assert_int_equal(0, bob->store.count);
    close_stage(stage);
}

static void test_a_pending_commit_survives_a_restart(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct mls_commit_output output = { 0 };
    struct base_bytes update = { 0 };
    struct mls_proposal_input proposals[] = { world_add(&stage->people[3]), { .type = MLS_PROPOSAL_UPDATE } };
    stage->world.reload = true;
    assert_ok(mls_group_propose(stage->people[1].group, &proposals[1], NULL, &update));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(client_receive(&stage->people[i], base_borrow(&update), NULL));
        assert_ok(client_save(&stage->people[i], &stage->world));
    }
    /* Discarded and saved, it must be gone. */
    assert_ok(mls_group_commit(alice->group, NULL, &output));
    mls_commit_output_free(&output);
    assert_ok(client_save(alice, &stage->world));
    mls_group_discard_pending(alice->group);
    assert_ok(client_save(alice, &stage->world));
    assert_null(mls_group_pending(alice->group));

    assert_ok(mls_group_commit(alice->group,
                               &(struct mls_commit_options){ .proposals = proposals, .proposal_count = 1 }, &output));
    uint8_t wanted[32];
    uint8_t token[32];
    assert_ok(
        mls_staged_export(mls_group_pending(alice->group), "token", (struct base_slice){ 0 }, wanted, sizeof wanted));
    assert_ok(client_save(alice, &stage->world));
    assert_non_null(mls_group_pending(alice->group));
    assert_ok(
        mls_staged_export(mls_group_pending(alice->group), "token", (struct base_slice){ 0 }, token, sizeof token));
    assert_memory_equal(wanted, token, sizeof token);
    assert_ok(client_receive(alice, base_borrow(&output.message), NULL));
    assert_ok(client_save(alice, &stage->world));
    assert_ok(client_receive(&stage->people[1], base_borrow(&output.message), NULL));
    assert_ok(client_receive(&stage->people[2], base_borrow(&output.message), NULL));
    assert_ok(client_join(&stage->people[3], base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    for (size_t i = 1; i < PEOPLE; i++) {
        assert_same_epoch(alice, &stage->people[i]);
        struct base_bytes message = encrypt(alice, "hello");
        assert_reads(&stage->people[i], base_borrow(&message), "hello");
        base_bytes_free(&message);
    }
    base_bytes_free(&update);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_state_of_another_version_is_refused(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct client *alice = &stage->people[0];
    struct mls_group *group = NULL;
    assert_ok(client_save(alice, &stage->world));
    alice->store.records[0].value[1] ^= 1;
    struct mls_source source = store_source(&alice->store);
    assert_result(&MLS_ERR_STATE_VERSION, mls_group_load(&alice->context, &source, &group));
    struct store empty = { 0 };
    source = store_source(&empty);
    assert_result(&MLS_ERR_STATE, mls_group_load(&alice->context, &source, &group));
    close_stage(stage);
}

static base_result refuse(void *user, const struct mls_group *group, const struct mls_staged *staged) {
    (void)user;
    (void)group;
    return mls_staged_change_count(staged) > 1 ? &MLS_ERR_PROPOSAL_SENDER : BASE_OK;
}

static void test_the_application_may_refuse_a_commit(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct mls_proposal_input add = world_add(&stage->people[2]);
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .force_path = true };
    struct mls_commit_output output = { 0 };
    bob->context.callbacks.commit = refuse;
    assert_result(&MLS_ERR_PROPOSAL_SENDER, mls_group_commit(bob->group, &options, &output));
    assert_null(mls_group_pending(bob->group));
    assert_ok(mls_group_commit(alice->group, &options, &output));
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, bob, base_borrow(&output.message));
    assert_int_equal(1, mls_group_epoch(bob->group));
    bob->context.callbacks.commit = NULL;
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* Names that begin with M are not accepted; nobody may change his name. */
static base_result judge(void *user, const struct mls_credential_check *check) {
    (void)user;
    struct base_slice name = check->member->credential.content;
    BASE_ENSURE(name.len != 0 && name.data[0] != 'M', MLS_ERR_PROPOSAL_SENDER);
    BASE_ENSURE(check->before == NULL || base_slice_equal(name, check->before->credential.content),
                MLS_ERR_PROPOSAL_SENDER);
    return BASE_OK;
}

static void test_the_application_judges_credentials(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct client mallory;
    assert_ok(client_init(&mallory, &stage->world, "Mallory"));
    struct mls_proposal_input add = world_add(&mallory);
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                               &output));
    mls_group_discard_pending(alice->group);
    bob->context.callbacks.credential = judge;
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, bob, base_borrow(&output.message));
    mls_commit_output_free(&output);

    struct mls_identity renamed = alice->identity;
    renamed.credential.content = base_slice_text("Alicia");
    assert_ok(mls_group_commit(alice->group, &(struct mls_commit_options){ .identity = &renamed }, &output));
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, bob, base_borrow(&output.message));
    mls_group_discard_pending(alice->group);
    mls_commit_output_free(&output);

    struct mls_keypair fresh;
    struct mls_identity rekeyed = alice->identity;
    rekeyed.signature_key = &fresh;
    assert_ok(mls_signature_key_create(&alice->context, SUITE, &fresh));
    assert_ok(send_commit(alice, &(struct mls_commit_options){ .identity = &rekeyed }, &output));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    struct base_bytes message = encrypt(alice, "with a new key");
    assert_reads(bob, base_borrow(&message), "with a new key");
    base_bytes_free(&message);
    mls_commit_output_free(&output);
    client_free(&mallory);
    close_stage(stage);
}

static void test_required_capabilities_are_required(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    static const uint16_t wanted[] = { 0xF123 };
    const struct mls_numbers none = { 0 };
    struct base_bytes data = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_required_capabilities_encode(&stage->alloc.allocator, (struct mls_numbers){ wanted, 1 }, none, none,
                                               &data));
    const struct mls_extension extension = { MLS_EXTENSION_REQUIRED_CAPABILITIES, base_borrow(&data) };
    const struct mls_proposal_input require = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                                .extensions = &extension,
                                                .extension_count = 1 };
    assert_result(&MLS_ERR_CAPABILITIES_REQUIRED,
                  mls_group_commit(alice->group,
                                   &(struct mls_commit_options){ .proposals = &require, .proposal_count = 1 },
                                   &output));
    struct mls_identity able = alice->identity;
    able.abilities.extensions = (struct mls_numbers){ wanted, 1 };
    able.abilities.grease = true;
    commit_to(stage, 0, &(struct mls_commit_options){ .identity = &able });
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &require, .proposal_count = 1 });
    struct mls_proposal_input add = world_add(bob);
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1 };
    assert_result(&MLS_ERR_CAPABILITIES_REQUIRED, mls_group_commit(alice->group, &options, &output));
    bob->identity.abilities = able.abilities;
    assert_ok(client_publish(bob));
    add = world_add(bob);
    assert_ok(send_commit(alice, &options, &output));
    assert_ok(client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_same_epoch(alice, bob);
    mls_commit_output_free(&output);
    base_bytes_free(&data);
    close_stage(stage);
}

static void test_nothing_is_required_of_who_is_removed(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    static const uint16_t wanted[] = { 0xF123 };
    const struct mls_numbers none = { 0 };
    struct base_bytes data = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_required_capabilities_encode(&stage->alloc.allocator, (struct mls_numbers){ wanted, 1 }, none, none,
                                               &data));
    const struct mls_extension extension = { MLS_EXTENSION_REQUIRED_CAPABILITIES, base_borrow(&data) };
    const struct mls_proposal_input proposals[] = {
        { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS, .extensions = &extension, .extension_count = 1 },
        world_remove(mls_group_own_leaf(stage->people[1].group)),
    };
    struct mls_commit_options options = { .proposals = proposals, .proposal_count = 1 };
    struct mls_identity able = alice->identity;
    able.abilities.extensions = (struct mls_numbers){ wanted, 1 };
    commit_to(stage, 0, &(struct mls_commit_options){ .identity = &able });
    assert_result(&MLS_ERR_CAPABILITIES_REQUIRED, mls_group_commit(alice->group, &options, &output));
    options.proposal_count = 2;
    commit_to(stage, 0, &options);
    assert_int_equal(MLS_GROUP_REMOVED, mls_group_state(stage->people[1].group));
    base_bytes_free(&data);
    close_stage(stage);
}

static void test_key_packages_tell_what_they_are(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct client *bob = &stage->people[1];
    struct mls_key_package_bundle bundle = { 0 };
    struct mls_key_package_info info;
    const struct mls_key_package_options options = { .last_resort = true };
    const struct mls_key_package_options backwards = { .not_before = 2, .not_after = 1 };
    assert_result(&MLS_ERR_LIFETIME,
                  mls_key_package_bundle_create(&bob->context, SUITE, &bob->identity, &backwards, &bundle));
    assert_result(&MLS_ERR_SUITE, mls_key_package_bundle_create(&bob->context, 1, &bob->identity, NULL, &bundle));
    assert_ok(mls_key_package_bundle_create(&bob->context, SUITE, &bob->identity, &options, &bundle));
    assert_ok(mls_key_package_inspect(&bob->context, base_borrow(&bundle.message), &info));
    assert_true(info.last_resort);
    assert_int_equal(SUITE, info.suite);
    assert_true(base_slice_equal(info.member.credential.content, base_slice_text("Bob")));
    assert_true(base_slice_equal(mls_secret_slice(&info.ref), mls_secret_slice(&bundle.ref)));
    stage->world.clock.now += UINT64_C(100) * 86400 * 1000;
    assert_result(&MLS_ERR_LIFETIME, mls_key_package_inspect(&bob->context, base_borrow(&bundle.message), &info));
    struct mls_proposal_input add = { .type = MLS_PROPOSAL_ADD, .key_package = base_borrow(&bundle.message) };
    assert_result(&MLS_ERR_LIFETIME,
                  mls_group_commit(stage->people[0].group,
                                   &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                                   &(struct mls_commit_output){ 0 }));
    mls_key_package_bundle_free(&bundle);
    close_stage(stage);
}

static void test_who_was_away_for_long_follows(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct mls_proposal_input add = world_add(&stage->people[2]);
    struct base_bytes proposal = { 0 };
    struct mls_commit_output output = { 0 };
    assert_ok(mls_group_propose(alice->group, &add, NULL, &proposal));
    assert_ok(send_commit(alice, NULL, &output));
    stage->world.clock.now += UINT64_C(1000) * 86400 * 1000;
    assert_ok(client_receive(bob, base_borrow(&proposal), NULL));
    assert_ok(client_receive(bob, base_borrow(&output.message), NULL));
    assert_same_epoch(alice, bob);
    base_bytes_free(&proposal);
    mls_commit_output_free(&output);
    /* What has expired meanwhile is not sent by himself. */
    add = world_add(&stage->people[3]);
    stage->world.clock.now -= UINT64_C(1000) * 86400 * 1000;
    assert_ok(mls_group_propose(alice->group, &add, NULL, &proposal));
    stage->world.clock.now += UINT64_C(1000) * 86400 * 1000;
    assert_ok(client_receive(bob, base_borrow(&proposal), NULL));
    assert_ok(mls_group_commit(bob->group, NULL, &output));
    assert_int_equal(0, output.welcome.len);
    base_bytes_free(&proposal);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_a_message_writes_a_few_hundred_bytes(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *bob = &stage->people[1];
    assert_ok(client_save(bob, &stage->world));
    bob->store.written = 0;
    struct base_bytes message = encrypt(bob, "a");
    assert_ok(client_save(bob, &stage->world));
    assert_in_range(bob->store.written, 1, 400);
    base_bytes_free(&message);
    message = encrypt(&stage->people[0], "b");
    bob->store.written = 0;
    assert_reads(bob, base_borrow(&message), "b");
    assert_ok(client_save(bob, &stage->world));
    assert_in_range(bob->store.written, 1, 400);
    base_bytes_free(&message);
    close_stage(stage);
}

/* Takes only chains of two certificates, and only of this content. */
static base_result judge_chain(void *user, const struct mls_credential_check *check) {
    struct base_reader chain = base_reader(check->member->credential.content);
    struct base_slice certificate;
    int *seen = user;
    if (check->member->credential.type == MLS_CREDENTIAL_X509) {
        BASE_TRY(mls_certificate_next(&chain, &certificate));
        BASE_ENSURE(base_slice_equal(certificate, base_slice_text("leaf")), MLS_ERR_PROPOSAL_SENDER);
        BASE_TRY(mls_certificate_next(&chain, &certificate));
        BASE_TRY(base_read_end(&chain));
        ++*seen;
    }
    return BASE_OK;
}

static void test_certificates_go_to_the_application(void **state) {
    (void)state;
    struct stage *stage = open_stage(1);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    int seen = 0;
    bob->identity.credential = (struct mls_credential){ MLS_CREDENTIAL_X509, base_slice_text("\4leaf\6issuer") };
    assert_ok(client_publish(bob));
    alice->context.callbacks.credential = judge_chain;
    alice->context.callbacks.user = &seen;
    struct mls_proposal_input add = world_add(bob);
    struct mls_commit_output output = { 0 };
    assert_ok(send_commit(alice, &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 }, &output));
    assert_int_equal(1, seen);
    assert_ok(client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_same_epoch(alice, bob);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_limits_hold(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *erna = &stage->people[2];
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("known") };
    struct mls_commit_output output = { 0 };
    struct base_bytes message = { 0 };
    erna->context.limits = (struct mls_limits){ .members = 2, .proposals = 2, .past_epochs = MLS_NONE };
    assert_ok(mls_group_create(&erna->context, SUITE, base_slice_text("small"), &erna->identity, NULL, &erna->group));
    struct mls_proposal_input adds[] = { world_add(alice), world_add(&stage->people[1]) };
    assert_result(
        &MLS_ERR_MEMBERS_LIMIT,
        mls_group_commit(erna->group, &(struct mls_commit_options){ .proposals = adds, .proposal_count = 2 }, &output));
    for (int i = 0; i < 3; i++) {
        assert_result(i < 2 ? BASE_OK : &MLS_ERR_PROPOSALS_LIMIT,
                      mls_group_propose(erna->group, &update, NULL, &message));
        base_bytes_free(&message);
    }
    mls_group_free(erna->group);

    /* Nor do they take as much room as messages may. */
    static const uint8_t beside[600];
    const struct mls_send_options large = { .authenticated_data = base_slice(beside, sizeof beside) };
    erna->context.limits = (struct mls_limits){ .proposal_bytes = 1000 };
    assert_ok(mls_group_create(&erna->context, SUITE, base_slice_text("small"), &erna->identity, NULL, &erna->group));
    for (int i = 0; i < 3; i++) {
        assert_result(i == 0 ? BASE_OK : &MLS_ERR_PROPOSALS_LIMIT,
                      mls_group_propose(erna->group, &update, &large, &message));
        base_bytes_free(&message);
    }
    assert_int_equal(1, mls_group_proposal_count(erna->group));
    mls_group_free(erna->group);
    erna->group = NULL;

    /* Who keeps no past epoch opens no message of one. */
    stage->people[1].context.limits.past_epochs = MLS_NONE;
    struct client *bob = &stage->people[1];
    stage->world.reload = true;
    assert_ok(client_save(bob, &stage->world));
    message = encrypt(alice, "late");
    commit_to(stage, 0, NULL);
    assert_ok(client_save(bob, &stage->world));
    assert_cannot_read(&MLS_ERR_EPOCH_PAST, bob, base_borrow(&message));
    base_bytes_free(&message);
    close_stage(stage);
}

/* A life in short: everything that allocates, once. */
static base_result short_life(const struct base_allocator *allocator, void *user) {
    (void)user;
    struct stage stage = { 0 };
    world_init(&stage.world, allocator, mls_provider_sodium(), SUITE, 3);
    stage.world.reload = true;
    struct base_bytes BASE_CLEANUP(base_bytes_free) message = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) proposal = { 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) info = { 0 };
    struct mls_commit_output BASE_CLEANUP(mls_commit_output_free) output = { 0 };
    base_result result = stage_gather(&stage, 3);
    struct client *alice = &stage.people[0];
    struct client *bob = &stage.people[1];
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    const struct mls_commit_options options = { .group_info = true };
    if (result == BASE_OK) {
        result = client_save(alice, &stage.world);
    }
    if (result == BASE_OK) {
        result = mls_group_propose(bob->group, &update, NULL, &proposal);
    }
    if (result == BASE_OK) {
        result = client_receive(alice, base_borrow(&proposal), NULL);
    }
    if (result == BASE_OK) {
        result = mls_group_commit(alice->group, &options, &output);
    }
    if (result == BASE_OK) {
        result = client_save(alice, &stage.world);
    }
    if (result == BASE_OK) {
        result = client_receive(alice, base_borrow(&output.message), NULL);
    }
    if (result == BASE_OK) {
        result = client_receive(bob, base_borrow(&output.message), NULL);
    }
    if (result == BASE_OK) {
        result = mls_group_encrypt(bob->group, base_slice_text("word"), NULL, &message);
    }
    if (result == BASE_OK) {
        result = client_receive(alice, base_borrow(&message), NULL);
    }
    if (result == BASE_OK) {
        result = client_save(alice, &stage.world);
    }
    if (result == BASE_OK) {
        result = mls_group_join_external(&stage.people[3].context, base_borrow(&output.group_info),
                                         &stage.people[3].identity, NULL, &stage.people[3].group, &info);
    }
    stage_free(&stage);
    return result;
}

static void test_each_failing_allocation_leaks_nothing(void **state) {
    (void)state;
    assert_true(test_each_allocation(short_life, NULL) > 100);
}

/* Does `EXPRESSION` again and again, with its first, second, … allocation failing, until none does: as if memory came
 * back in the middle of a group's life. */
#define assert_ok_at_last(STAGE, EXPRESSION)                                                                           \
    do {                                                                                                               \
        struct test_alloc *alloc_ = &(STAGE)->alloc;                                                                   \
        for (size_t k_ = 0;; k_++) {                                                                                   \
            alloc_->failed = 0;                                                                                        \
            alloc_->fail_at = alloc_->calls + k_;                                                                      \
            base_result result_ = (EXPRESSION);                                                                        \
            alloc_->fail_at = SIZE_MAX;                                                                                \
            if (alloc_->failed == 0) {                                                                                 \
                assert_ok(result_);                                                                                    \
                break;                                                                                                 \
            }                                                                                                          \
            assert_result(&BASE_ERR_NO_MEMORY, result_);                                                               \
        }                                                                                                              \
    } while (0)

static void test_a_group_goes_on_when_memory_comes_back(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct client *carol = &stage->people[2];
    struct client *dan = &stage->people[3];
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    struct mls_proposal_input add = world_add(dan);
    const struct mls_commit_options options = { .proposals = &add, .proposal_count = 1, .group_info = true };
    const struct mls_sink sinks[] = { store_sink(&alice->store), store_sink(&bob->store) };
    struct base_bytes proposal = { 0 };
    struct base_bytes message = { 0 };
    struct mls_commit_output output = { 0 };
    struct mls_event event = { 0 };
    for (int round = 0; round < MLS_PAST_EPOCHS_DEFAULT + 2; round++) {
        assert_ok_at_last(stage, mls_group_propose(carol->group, &update, NULL, &proposal));
        assert_ok_at_last(stage, mls_group_process(alice->group, base_borrow(&proposal), &event));
        mls_event_free(&event);
        assert_ok_at_last(stage, mls_group_process(bob->group, base_borrow(&proposal), &event));
        mls_event_free(&event);
        if (round != 0) {
            assert_ok(client_receive(dan, base_borrow(&proposal), NULL));
        }
        assert_ok_at_last(stage, mls_group_save(bob->group, &sinks[1]));
        assert_ok_at_last(stage, mls_group_commit(alice->group, round == 0 ? &options : NULL, &output));
        assert_ok_at_last(stage, mls_group_save(alice->group, &sinks[0]));
        assert_ok_at_last(stage, mls_group_merge_pending(alice->group));
        assert_ok_at_last(stage, mls_group_process(bob->group, base_borrow(&output.message), &event));
        assert_ok_at_last(stage, mls_group_apply(bob->group, &event.staged));
        mls_event_free(&event);
        assert_ok(client_receive(carol, base_borrow(&output.message), NULL));
        if (round == 0) {
            assert_ok_at_last(stage, client_join(dan, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
        } else {
            assert_ok(client_receive(dan, base_borrow(&output.message), NULL));
        }
        assert_ok_at_last(stage, mls_group_encrypt(alice->group, base_slice_text("word"), NULL, &message));
        assert_ok_at_last(stage, mls_group_process(bob->group, base_borrow(&message), &event));
        mls_event_free(&event);
        assert_ok_at_last(stage, mls_group_save(alice->group, &sinks[0]));
        assert_ok_at_last(stage, mls_group_save(bob->group, &sinks[1]));
        base_bytes_free(&proposal);
        base_bytes_free(&message);
        mls_commit_output_free(&output);
    }
    /* What was saved in between is what is there. */
    stage->world.reload = true;
    assert_ok(client_save(alice, &stage->world));
    assert_ok(client_save(bob, &stage->world));
    for (size_t i = 1; i < PEOPLE; i++) {
        assert_same_epoch(alice, &stage->people[i]);
    }
    struct mls_sink sink = sinks[1];
    assert_ok_at_last(stage, mls_group_erase(bob->group, &sink));
    assert_int_equal(0, bob->store.count);
    close_stage(stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_says_who_sent_it),
        cmocka_unit_test(test_the_next_epoch_can_be_used_before_its_commit_is_accepted),
        cmocka_unit_test(test_who_loses_a_race_follows_the_winner),
        cmocka_unit_test(test_who_is_removed_reads_nothing_more),
        cmocka_unit_test(test_leaving_is_a_proposal_that_another_commits),
        cmocka_unit_test(test_a_commit_without_its_proposal_waits),
        cmocka_unit_test(test_messages_of_other_epochs_and_groups_are_told_apart),
        cmocka_unit_test(test_saved_state_cannot_decrypt_what_was_decrypted),
        cmocka_unit_test(test_old_epochs_leave_the_store),
        cmocka_unit_test(test_a_pending_commit_survives_a_restart),
        cmocka_unit_test(test_state_of_another_version_is_refused),
        cmocka_unit_test(test_the_application_may_refuse_a_commit),
        cmocka_unit_test(test_the_application_judges_credentials),
        cmocka_unit_test(test_required_capabilities_are_required),
        cmocka_unit_test(test_nothing_is_required_of_who_is_removed),
        cmocka_unit_test(test_key_packages_tell_what_they_are),
        cmocka_unit_test(test_who_was_away_for_long_follows),
        cmocka_unit_test(test_a_message_writes_a_few_hundred_bytes),
        cmocka_unit_test(test_certificates_go_to_the_application),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_each_failing_allocation_leaks_nothing),
        cmocka_unit_test(test_a_group_goes_on_when_memory_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
