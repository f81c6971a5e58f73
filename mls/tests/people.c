/* SPDX-License-Identifier: Apache-2.0 */
/* Alice, Bob, Carol and Dan, for unit tests of groups. */
#include "people.h"

#include <stdlib.h>

base_result send_commit(struct client *by, const struct mls_commit_options *options, struct mls_commit_output *output) {
    BASE_TRY(mls_group_commit(by->group, options, output));
    return mls_group_merge_pending(by->group);
}

base_result stage_gather(struct stage *stage, size_t members) {
    static const char *const names[PEOPLE] = { "Alice", "Bob", "Carol", "Dan" };
    for (size_t i = 0; i < PEOPLE; i++) {
        BASE_TRY(client_init(&stage->people[i], &stage->world, names[i]));
    }
    struct client *alice = &stage->people[0];
    BASE_TRY(
        mls_group_create(&alice->context, SUITE, base_slice_text("the group"), &alice->identity, NULL, &alice->group));
    struct mls_proposal_input adds[PEOPLE];
    for (size_t i = 1; i < members; i++) {
        adds[i - 1] = world_add(&stage->people[i]);
    }
    if (members < 2) {
        return BASE_OK;
    }
    const struct mls_commit_options options = { .proposals = adds, .proposal_count = members - 1 };
    BASE_CLEANUP(mls_commit_output_free) struct mls_commit_output output = { 0 };
    BASE_TRY(send_commit(alice, &options, &output));
    for (size_t i = 1; i < members; i++) {
        BASE_TRY(client_join(&stage->people[i], base_borrow(&output.welcome), (struct base_slice){ 0 }, NULL));
        BASE_TRY(client_publish(&stage->people[i]));
    }
    return BASE_OK;
}

void stage_free(struct stage *stage) {
    for (size_t i = 0; i < PEOPLE; i++) {
        client_free(&stage->people[i]);
    }
}

struct stage *open_stage(size_t members) {
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    test_alloc_init(&stage->alloc);
    world_init(&stage->world, &stage->alloc.allocator, mls_provider_sodium(), SUITE, 7);
    assert_ok(stage_gather(stage, members));
    return stage;
}

void close_stage(struct stage *stage) {
    stage_free(stage);
    test_alloc_end(&stage->alloc);
    free(stage);
}

void assert_same_epoch(const struct client *a, const struct client *b) {
    assert_true(base_slice_equal(mls_group_epoch_authenticator(a->group), mls_group_epoch_authenticator(b->group)));
}

struct base_bytes encrypt(struct client *by, const char *text) {
    struct base_bytes message = { 0 };
    assert_ok(mls_group_encrypt(by->group, base_slice_text(text), NULL, &message));
    return message;
}

void assert_reads(struct client *client, struct base_slice message, const char *text) {
    struct mls_event event = { 0 };
    assert_ok(mls_group_process(client->group, message, &event));
    assert_int_equal(MLS_EVENT_APPLICATION, event.kind);
    assert_true(base_slice_equal(event.plaintext, base_slice_text(text)));
    mls_event_free(&event);
}

void assert_cannot_read(base_result error, struct client *client, struct base_slice message) {
    struct mls_event event = { 0 };
    assert_result(error, mls_group_process(client->group, message, &event));
}

/* Commits, and lets all others follow. */
void commit_to(struct stage *stage, size_t by, const struct mls_commit_options *options) {
    struct mls_commit_output output = { 0 };
    assert_ok(send_commit(&stage->people[by], options, &output));
    for (size_t i = 0; i < PEOPLE; i++) {
        const struct mls_group *group = stage->people[i].group;
        if (i != by && group != NULL && mls_group_state(group) == MLS_GROUP_ACTIVE) {
            assert_ok(client_receive(&stage->people[i], base_borrow(&output.message), NULL));
        }
    }
    mls_commit_output_free(&output);
}
