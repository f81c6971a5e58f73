/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes from outside, and where groups lead to: external senders and commits, followers, branches, successors.
 */
#include "people.h"

static void test_senders_from_outside_propose(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *carol = &stage->people[2];
    struct client *server = &stage->people[3];
    const struct mls_external_sender sender = { { server->key.public_key.data, server->key.public_key.len },
                                                server->identity.credential };
    struct base_bytes senders = { 0 };
    struct base_bytes message = { 0 };
    assert_ok(mls_external_senders_encode(&stage->alloc.allocator, &sender, 1, &senders));
    const struct mls_extension extension = { MLS_EXTENSION_EXTERNAL_SENDERS, base_borrow(&senders) };
    const struct mls_proposal_input extensions = { .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                                   .extensions = &extension,
                                                   .extension_count = 1 };
    struct mls_proposal_input remove = world_remove(mls_group_own_leaf(stage->people[1].group));
    struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    assert_ok(mls_propose_external(&server->context, SUITE, mls_group_id(alice->group), mls_group_epoch(alice->group),
                                   0, &server->key, &remove, &message));
    assert_cannot_read(&MLS_ERR_PROPOSAL_SENDER, alice, base_borrow(&message));
    base_bytes_free(&message);
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &extensions, .proposal_count = 1 });
    struct base_slice data;
    assert_true(mls_group_extension(stage->people[1].group, MLS_EXTENSION_EXTERNAL_SENDERS, &data));

    assert_result(&MLS_ERR_PROPOSAL_SENDER,
                  mls_propose_external(&server->context, SUITE, mls_group_id(alice->group),
                                       mls_group_epoch(alice->group), 0, &server->key, &update, &message));
    assert_ok(mls_propose_external(&server->context, SUITE, mls_group_id(alice->group), mls_group_epoch(alice->group),
                                   0, &server->key, &remove, &message));
    enum mls_event_kind kind;
    assert_ok(client_receive(alice, base_borrow(&message), &kind));
    assert_int_equal(MLS_EVENT_PROPOSAL, kind);
    assert_ok(client_receive(&stage->people[1], base_borrow(&message), &kind));
    base_bytes_free(&message);

    assert_ok(mls_propose_new_member(&carol->context, mls_group_id(alice->group), mls_group_epoch(alice->group),
                                     base_borrow(&carol->package.message), &carol->key, &message));
    assert_ok(client_receive(alice, base_borrow(&message), &kind));
    assert_ok(client_receive(&stage->people[1], base_borrow(&message), &kind));
    base_bytes_free(&message);

    struct mls_commit_output output = { 0 };
    assert_ok(send_commit(alice, NULL, &output));
    assert_ok(client_receive(&stage->people[1], base_borrow(&output.message), NULL));
    assert_int_equal(MLS_GROUP_REMOVED, mls_group_state(stage->people[1].group));
    assert_ok(client_join(carol, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_same_epoch(alice, carol);
    mls_commit_output_free(&output);
    base_bytes_free(&senders);
    close_stage(stage);
}

static void test_a_branch_knows_its_parent(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    struct mls_group *branch = NULL;
    struct mls_group *joined = NULL;
    struct mls_commit_output output = { 0 };
    struct base_slice packages[] = { base_borrow(&bob->package.message),
                                     base_borrow(&stage->people[3].package.message) };
    assert_result(&MLS_ERR_BRANCH, mls_group_branch(alice->group, base_slice_text("side"), &alice->identity, packages,
                                                    2, NULL, &branch, &output));
    assert_ok(
        mls_group_branch(alice->group, base_slice_text("side"), &alice->identity, packages, 1, NULL, &branch, &output));
    assert_int_equal(1, mls_group_epoch(branch));
    struct mls_group *parent = bob->group;
    bob->group = NULL;
    assert_result(&MLS_ERR_BRANCH, client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    assert_ok(client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, parent));
    joined = bob->group;
    assert_true(base_slice_equal(mls_group_epoch_authenticator(branch), mls_group_epoch_authenticator(joined)));
    mls_group_free(parent);
    mls_group_free(branch);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_a_group_goes_on_in_another_form(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *bob = &stage->people[1];
    const struct mls_proposal_input reinit = { .type = MLS_PROPOSAL_REINIT,
                                               .new_group_id = base_slice_text("the next"),
                                               .new_suite = SUITE };
    commit_to(stage, 0, &(struct mls_commit_options){ .proposals = &reinit, .proposal_count = 1 });
    assert_int_equal(MLS_GROUP_REINITIALIZED, mls_group_state(alice->group));
    assert_int_equal(MLS_GROUP_REINITIALIZED, mls_group_state(bob->group));
    struct base_bytes out = { 0 };
    assert_result(&MLS_ERR_GROUP_STATE, mls_group_encrypt(alice->group, base_slice_text("no"), NULL, &out));
    stage->world.reload = true;
    assert_ok(client_save(alice, &stage->world));
    assert_ok(client_save(bob, &stage->world));

    struct mls_group *next = NULL;
    struct mls_commit_output output = { 0 };
    struct base_slice package = base_borrow(&bob->package.message);
    assert_result(&MLS_ERR_REINIT,
                  mls_group_reinit(alice->group, &alice->identity, &package, 0, false, &next, &output));
    assert_ok(mls_group_reinit(alice->group, &alice->identity, &package, 1, false, &next, &output));
    struct mls_group *closed = bob->group;
    bob->group = NULL;
    assert_ok(client_join(bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, closed));
    assert_true(base_slice_equal(mls_group_id(bob->group), base_slice_text("the next")));
    assert_true(base_slice_equal(mls_group_epoch_authenticator(next), mls_group_epoch_authenticator(bob->group)));
    mls_group_free(closed);
    mls_group_free(next);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_a_server_follows_without_secrets(void **state) {
    (void)state;
    struct stage *stage = open_stage(3);
    struct client *alice = &stage->people[0];
    struct client *server = &stage->people[3];
    struct base_bytes info = { 0 };
    struct base_bytes message = { 0 };
    struct mls_commit_output output = { 0 };
    const struct mls_send_options in_public = { .wire = MLS_WIRE_PUBLIC };
    struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    assert_ok(mls_group_info(alice->group, NULL, &info));
    assert_ok(mls_group_follow(&server->context, base_borrow(&info), (struct base_slice){ 0 }, &server->group));
    assert_int_equal(MLS_GROUP_FOLLOWED, mls_group_state(server->group));
    stage->world.reload = true;
    assert_ok(client_save(server, &stage->world));
    assert_ok(mls_group_propose(stage->people[1].group, &update, &in_public, &message));
    assert_ok(client_receive(alice, base_borrow(&message), NULL));
    assert_ok(client_receive(server, base_borrow(&message), NULL));
    assert_ok(client_save(server, &stage->world));
    assert_ok(send_commit(alice, &(struct mls_commit_options){ .send = in_public }, &output));
    assert_ok(client_receive(server, base_borrow(&output.message), NULL));
    assert_ok(client_save(server, &stage->world));
    assert_true(base_slice_equal(mls_group_encoded_context(alice->group), mls_group_encoded_context(server->group)));
    base_bytes_free(&message);
    message = encrypt(alice, "not for the server");
    assert_cannot_read(&MLS_ERR_GROUP_STATE, server, base_borrow(&message));
    uint8_t secret[32];
    assert_result(&MLS_ERR_GROUP_STATE,
                  mls_group_export(server->group, "token", (struct base_slice){ 0 }, secret, sizeof secret));
    base_bytes_free(&message);
    base_bytes_free(&info);
    mls_commit_output_free(&output);
    close_stage(stage);
}

static void test_outsiders_let_themselves_in_with_a_psk(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0];
    struct client *dan = &stage->people[3];
    const struct base_slice known = base_slice_text("known to all");
    const struct base_slice unknown = base_slice_text("unheard of");
    struct base_bytes info = { 0 };
    struct base_bytes commit = { 0 };
    assert_ok(mls_group_info(alice->group, &(struct mls_group_info_options){ .without_external_pub = true }, &info));
    assert_result(&MLS_ERR_NO_EXTERNAL_PUB, mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity,
                                                                    NULL, &dan->group, &commit));
    base_bytes_free(&info);
    assert_ok(mls_group_info(alice->group, &(struct mls_group_info_options){ .without_tree = true }, &info));
    assert_result(&MLS_ERR_TREE_MISSING, mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity,
                                                                 NULL, &dan->group, &commit));
    struct base_bytes tree = { 0 };
    assert_ok(mls_group_ratchet_tree(alice->group, &tree));
    struct mls_external_options options = { .ratchet_tree = base_borrow(&tree), .psk_ids = &unknown, .psk_count = 1 };
    assert_result(&MLS_ERR_PSK_UNKNOWN, mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity,
                                                                &options, &dan->group, &commit));
    options.resync = true;
    options.psk_ids = &known;
    assert_result(&MLS_ERR_RESYNC, mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity, &options,
                                                           &dan->group, &commit));
    options.resync = false;
    assert_ok(
        mls_group_join_external(&dan->context, base_borrow(&info), &dan->identity, &options, &dan->group, &commit));
    assert_ok(client_receive(&stage->people[1], base_borrow(&commit), NULL));
    struct mls_event event = { 0 };
    assert_ok(mls_group_process(alice->group, base_borrow(&commit), &event));
    bool external = false;
    assert_int_equal(mls_group_own_leaf(dan->group), mls_staged_committer(event.staged, &external));
    assert_true(external);
    assert_int_equal(1, mls_staged_change_count(event.staged));
    assert_int_equal(MLS_CHANGE_ADDED, mls_staged_change(event.staged, 0).kind);
    assert_int_equal(2, mls_staged_proposal_count(event.staged));
    assert_int_equal(MLS_PROPOSAL_PSK, mls_staged_proposal(event.staged, 1).type);
    assert_ok(mls_group_apply(alice->group, &event.staged));
    mls_event_free(&event);
    assert_same_epoch(alice, dan);
    assert_same_epoch(alice, &stage->people[1]);
    base_bytes_free(&info);
    base_bytes_free(&tree);
    base_bytes_free(&commit);
    close_stage(stage);
}

/* A leaf is carried by all who join later: nobody follows one that is longer than everybody's bound, whichever way it
 * comes. Mallory's own library has another bound. */
static void test_leaves_have_a_bound(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0], *bob = &stage->people[1], *mallory = &stage->people[2];
    static const uint8_t filler[MLS_LEAF_SIZE_DEFAULT];
    const struct mls_extension large = { MLS_EXTENSION_APPLICATION_ID, base_slice(filler, sizeof filler) };
    struct mls_commit_output output = { 0 };
    struct base_bytes message = { 0 };
    struct mls_key_package_info info;
    mallory->context.limits.leaf_size = bob->context.limits.leaf_size = 1 << 20;
    mallory->identity.extensions = bob->identity.extensions = &large;
    mallory->identity.extension_count = bob->identity.extension_count = 1;

    /* by a key package */
    assert_ok(client_publish(mallory));
    assert_ok(mls_key_package_inspect(&bob->context, base_borrow(&mallory->package.message), &info));
    assert_true(info.member.leaf_size > sizeof filler);
    assert_result(&MLS_ERR_LEAF_SIZE,
                  mls_key_package_inspect(&alice->context, base_borrow(&mallory->package.message), &info));
    struct mls_proposal_input add = world_add(mallory);
    const struct mls_commit_options adding = { .proposals = &add, .proposal_count = 1 };
    assert_result(&MLS_ERR_LEAF_SIZE, mls_group_commit(alice->group, &adding, &output));
    assert_ok(mls_group_commit(bob->group, &adding, &output));
    assert_cannot_read(&MLS_ERR_LEAF_SIZE, alice, base_borrow(&output.message));
    mls_commit_output_free(&output);
    mls_group_discard_pending(bob->group);

    /* by an Update, and by a commit's path */
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE, .identity = &bob->identity };
    assert_ok(mls_group_propose(bob->group, &update, NULL, &message));
    assert_cannot_read(&MLS_ERR_LEAF_SIZE, alice, base_borrow(&message));
    base_bytes_free(&message);
    const struct mls_commit_options renewing = { .identity = &bob->identity, .without_cached = true };
    assert_ok(mls_group_commit(bob->group, &renewing, &output));
    assert_cannot_read(&MLS_ERR_LEAF_SIZE, alice, base_borrow(&output.message));
    mls_commit_output_free(&output);
    mls_group_discard_pending(bob->group);

    /* from outside */
    assert_ok(mls_group_info(alice->group, NULL, &message));
    struct base_bytes commit = { 0 };
    assert_ok(mls_group_join_external(&mallory->context, base_borrow(&message), &mallory->identity, NULL,
                                      &mallory->group, &commit));
    assert_cannot_read(&MLS_ERR_LEAF_SIZE, alice, base_borrow(&commit));
    base_bytes_free(&commit);
    base_bytes_free(&message);
    mls_group_free(mallory->group);

    /* in a group that one is invited into */
    assert_ok(mls_group_create(&mallory->context, SUITE, base_slice_text("another"), &mallory->identity, NULL,
                               &mallory->group));
    assert_ok(client_publish(alice));
    add = world_add(alice);
    assert_ok(send_commit(mallory, &adding, &output));
    mls_group_free(alice->group);
    alice->group = NULL;
    assert_result(&MLS_ERR_LEAF_SIZE, client_join(alice, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
    close_stage(stage);
}

/* A library that takes points of small order for public keys, and makes some: as many as `small` says. */
struct careless {
    struct mls_provider provider;
    uint8_t small;
};

static base_result careless_public(void *user, const struct mls_suite *suite, struct base_slice private_key,
                                   struct mls_public_key *out) {
    struct careless *self = user;
    if (self->small == 0) {
        return mls_provider_sodium()->kem_public(NULL, suite, private_key, out);
    }
    *out = (struct mls_public_key){ .data = { --self->small }, .len = suite->kem_public_size }; /* 0 and 1 */
    return BASE_OK;
}

static base_result careless_check(void *user, const struct mls_suite *suite, struct base_slice public_key) {
    (void)user;
    (void)suite;
    (void)public_key;
    return BASE_OK;
}

static base_result careless_dh(void *user, const struct mls_suite *suite, struct base_slice private_key,
                               struct base_slice public_key, uint8_t *out) {
    (void)user;
    memset(out, 0, suite->dh_size);
    (void)!mls_provider_sodium()->dh(NULL, suite, private_key, public_key, out);
    return BASE_OK;
}

static void careless_init(struct careless *self) {
    *self = (struct careless){ .provider = *mls_provider_sodium() };
    self->provider.user = self;
    self->provider.kem_public = careless_public;
    self->provider.kem_check = careless_check;
    self->provider.dh = careless_dh;
}

/* Nothing can be encrypted to such a key: the next commit would fail, whoever makes it. */
static void test_keys_are_points_that_can_be_used(void **state) {
    (void)state;
    struct stage *stage = open_stage(2);
    struct client *alice = &stage->people[0], *bob = &stage->people[1], *mallory = &stage->people[2];
    struct careless careless;
    struct mls_commit_output output = { 0 };
    struct mls_key_package_info info;
    careless_init(&careless);
    bob->context.provider = mallory->context.provider = &careless.provider;

    /* the leaf's and the package's own: the latter is made first */
    careless.small = 2;
    assert_ok(client_publish(mallory));
    assert_result(&MLS_ERR_PUBLIC_KEY,
                  mls_key_package_inspect(&alice->context, base_borrow(&mallory->package.message), &info));
    struct mls_proposal_input add = world_add(mallory);
    const struct mls_commit_options adding = { .proposals = &add, .proposal_count = 1 };
    assert_result(&MLS_ERR_PUBLIC_KEY, mls_group_commit(alice->group, &adding, &output));
    careless.small = 1;
    assert_ok(client_publish(mallory));
    assert_result(&MLS_ERR_PUBLIC_KEY,
                  mls_key_package_inspect(&alice->context, base_borrow(&mallory->package.message), &info));

    /* on the way to a group's root, or at the leaf */
    struct mls_group *own = NULL;
    careless.small = 1;
    assert_ok(mls_group_create(&mallory->context, SUITE, base_slice_text("another"), &mallory->identity, NULL, &own));
    assert_ok(client_publish(alice));
    assert_ok(client_publish(bob));
    struct mls_proposal_input both[] = { world_add(alice), world_add(bob) };
    const struct mls_commit_options founding = { .proposals = both, .proposal_count = 2 };
    assert_ok(mls_group_commit(own, &founding, &output));
    assert_ok(mls_group_merge_pending(own));
    mls_group_free(alice->group);
    alice->group = NULL;
    assert_result(&MLS_ERR_PUBLIC_KEY,
                  client_join(alice, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
    mls_group_free(own);
    close_stage(stage);
}

static void test_paths_have_keys_that_can_be_used(void **state) {
    (void)state;
    const struct mls_commit_options renewing = { .force_path = true };
    for (uint8_t small = 1; small <= 2; small++) {
        struct stage *stage = open_stage(2);
        struct client *alice = &stage->people[0], *bob = &stage->people[1];
        struct careless careless;
        struct mls_commit_output output = { 0 };
        careless_init(&careless);
        bob->context.provider = &careless.provider;
        stage->world.reload = true;
        assert_ok(client_save(bob, &stage->world));
        careless.small = small;
        assert_ok(mls_group_commit(bob->group, &renewing, &output));
        assert_int_equal(careless.small, 0);
        assert_cannot_read(&MLS_ERR_PUBLIC_KEY, alice, base_borrow(&output.message));
        mls_commit_output_free(&output);
        close_stage(stage);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_senders_from_outside_propose),
        cmocka_unit_test(test_leaves_have_a_bound),
        cmocka_unit_test(test_keys_are_points_that_can_be_used),
        cmocka_unit_test(test_paths_have_keys_that_can_be_used),
        cmocka_unit_test(test_a_branch_knows_its_parent),
        cmocka_unit_test(test_a_group_goes_on_in_another_form),
        cmocka_unit_test(test_a_server_follows_without_secrets),
        cmocka_unit_test(test_outsiders_let_themselves_in_with_a_psk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
