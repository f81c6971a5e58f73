/* SPDX-License-Identifier: Apache-2.0 */
/* A group of two for fuzz targets. */
#include "group_fixture.h"

static void must(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

struct mls_group *fixture_load(const struct client *client, struct store *store) {
    struct mls_source source = store_source(store);
    struct mls_group *group = NULL;
    must(mls_group_load(&client->context, &source, &group));
    return group;
}

static void keep(struct fixture *self, struct base_bytes message) {
    TEST_CHECK(self->message_count < FIXTURE_MESSAGES, "too many messages");
    self->messages[self->message_count++] = message;
}

static void send_proposal(struct fixture *self, const struct mls_proposal_input *proposal, enum mls_wire_choice wire) {
    const struct mls_send_options options = { .wire = wire, .authenticated_data = base_slice_text("aad") };
    struct base_bytes message = { 0 };
    must(mls_group_propose(self->alice.group, proposal, &options, &message));
    keep(self, message);
}

static void send_commit(struct fixture *self, const struct mls_proposal_input *proposals, size_t count,
                        enum mls_wire_choice wire) {
    const struct mls_commit_options options = {
        .proposals = proposals,
        .proposal_count = count,
        .without_cached = true,
        .send = { .wire = wire },
    };
    struct mls_commit_output output = { 0 };
    must(mls_group_commit(self->alice.group, &options, &output));
    keep(self, output.message);
    base_bytes_move(&self->welcome, &output.welcome);
    mls_group_discard_pending(self->alice.group);
}

static void make_group(struct fixture *self) {
    struct mls_commit_output output = { 0 };
    must(client_init(&self->alice, &self->world, "Alice"));
    must(client_init(&self->bob, &self->world, "Bob"));
    must(client_init(&self->carol, &self->world, "Carol"));
    must(mls_group_create(&self->alice.context, self->world.suite, base_slice_text("g"), &self->alice.identity, NULL,
                          &self->alice.group));
    struct mls_proposal_input add = world_add(&self->bob);
    must(mls_group_commit(self->alice.group, &(struct mls_commit_options){ .proposals = &add, .proposal_count = 1 },
                          &output));
    must(mls_group_merge_pending(self->alice.group));
    must(client_join(&self->bob, base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
    mls_commit_output_free(&output);
    must(mls_group_commit(self->alice.group, NULL, &output));
    must(mls_group_merge_pending(self->alice.group));
    must(client_receive(&self->bob, base_borrow(&output.message), NULL));
    mls_commit_output_free(&output);
    must(client_save(&self->bob, &self->world));
    must(mls_group_info(self->alice.group, NULL, &self->group_info));
}

static void make_messages(struct fixture *self) {
    struct mls_proposal_input add = world_add(&self->carol);
    const struct mls_proposal_input update = { .type = MLS_PROPOSAL_UPDATE };
    const struct mls_proposal_input psk = { .type = MLS_PROPOSAL_PSK, .psk_id = base_slice_text("known") };
    const struct mls_proposal_input reinit = { .type = MLS_PROPOSAL_REINIT,
                                               .new_group_id = base_slice_text("n"),
                                               .new_suite = self->world.suite };
    const struct mls_proposal_input both[] = { add, psk };
    struct base_bytes message = { 0 };
    /* The first message is the one that Bob reads after each run. */
    must(mls_group_encrypt(self->alice.group, base_slice_text("hello"), NULL, &message));
    keep(self, message);
    message = (struct base_bytes){ 0 };
    must(mls_group_encrypt(self->alice.group, base_slice_text("again"), NULL, &message));
    keep(self, message);
    send_proposal(self, &update, MLS_WIRE_PUBLIC);
    send_proposal(self, &psk, MLS_WIRE_PRIVATE);
    send_proposal(self, &reinit, MLS_WIRE_PUBLIC);
    send_commit(self, NULL, 0, MLS_WIRE_PUBLIC);
    send_commit(self, NULL, 0, MLS_WIRE_PRIVATE);
    send_commit(self, both, 2, MLS_WIRE_PUBLIC);
    send_commit(self, both, 1, MLS_WIRE_PRIVATE);
}

static void make(struct fixture *self) {
    world_init(&self->world, base_allocator_libc(), mls_provider_sodium(),
               MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, 11);
    make_group(self);
    make_messages(self);
    struct mls_commit_output output = { 0 };
    must(mls_group_commit(self->alice.group, &(struct mls_commit_options){ .without_cached = true }, &output));
    mls_commit_output_free(&output);
    struct mls_sink sink = store_sink(&self->alice_store);
    must(mls_group_save(self->alice.group, &sink));
}

struct fixture *fixture_get(void) {
    static struct fixture fixture;
    static bool made;
    if (!made) {
        make(&fixture);
        made = true;
    }
    return &fixture;
}

void fixture_check_bob(const struct fixture *fixture, struct mls_group *bob) {
    struct mls_event event = { 0 };
    must(mls_group_process(bob, base_borrow(&fixture->messages[0]), &event));
    TEST_CHECK(base_slice_equal(event.plaintext, base_slice_text("hello")), "another text came out");
    mls_event_free(&event);
}
