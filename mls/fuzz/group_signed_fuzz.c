/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member whose partner is hostile: the input is the body of a proposal or commit, which is signed, tagged and sent as
 * RFC 9420 wants it, so that what stands behind the signature is reached. With a bit of the first byte, all signatures
 * inside of it (of leaves and key packages) are taken for good too.
 */
#include <string.h>

#include "group_fixture.h"

enum { FLAG_COMMIT = 1, FLAG_PRIVATE = 2, FLAG_TRUST = 4 };

static void seed_body(const struct base_bytes *message, test_fuzz_seed seed, void *user) {
    struct mls_message decoded;
    if (mls_message_decode(base_borrow(message), &decoded) != BASE_OK || decoded.wire_format != MLS_PUBLIC_MESSAGE) {
        return;
    }
    const struct mls_framed_content *content = &decoded.of.public_message.content.content;
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(base_allocator_libc(), MLS_MESSAGE_MAX);
    base_write_u8(&writer, content->type == MLS_COMMIT ? FLAG_COMMIT | FLAG_TRUST : FLAG_TRUST);
    if (content->type == MLS_COMMIT) {
        mls_commit_write(&writer, &content->of.commit);
    } else {
        mls_proposal_write(&writer, &content->of.proposal);
    }
    seed(base_writer_view(&writer), user);
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    const struct fixture *fixture = fixture_get();
    for (size_t i = 0; i < fixture->message_count; i++) {
        seed_body(&fixture->messages[i], seed, user);
    }
}

static base_result trust(void *user, const struct mls_suite *suite, struct base_slice public_key,
                         struct base_slice message, struct base_slice signature) {
    (void)user, (void)suite, (void)public_key, (void)message, (void)signature;
    return BASE_OK;
}

/* The body as a message from Alice. */
static base_result wrap(struct mls_group *alice, uint8_t flags, struct base_slice body, struct base_bytes *out) {
    const uint16_t wire = (flags & FLAG_PRIVATE) != 0 ? MLS_PRIVATE_MESSAGE : MLS_PUBLIC_MESSAGE;
    static const uint8_t tag[MLS_HASH_MAX];
    struct mls_authenticated_content signed_content;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    struct mls_framed_content content = {
        .group_id = alice->epoch.context.group_id,
        .epoch = alice->epoch.context.epoch,
        .sender = { MLS_SENDER_MEMBER, alice->keys.leaf },
        .type = (flags & FLAG_COMMIT) != 0 ? MLS_COMMIT : MLS_PROPOSAL,
    };
    BASE_TRY(content.type == MLS_COMMIT ? mls_commit_decode(body, &content.of.commit)
                                        : mls_proposal_decode(body, &content.of.proposal));
    BASE_TRY(mls_content_sign(&alice->crypto, &alice->signature_key, wire, &content,
                              base_borrow(&alice->epoch.context_bytes), &bytes));
    if (content.type == MLS_COMMIT) {
        BASE_TRY(mls_content_confirm(&alice->crypto, base_slice(tag, alice->crypto.suite->hash_size), &bytes));
    }
    BASE_TRY(mls_authenticated_content_decode(base_borrow(&bytes), &signed_content));
    if (wire == MLS_PUBLIC_MESSAGE) {
        return mls_public_protect(&alice->crypto, &signed_content, &alice->epoch.secrets.membership_key,
                                  base_borrow(&alice->epoch.context_bytes), out);
    }
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
    BASE_TRY(
        mls_secret_tree_send(alice->epoch.messages, &alice->crypto, alice->keys.leaf, MLS_RATCHET_HANDSHAKE, &step));
    return mls_private_protect(&alice->crypto, alice->context->random, &signed_content,
                               &alice->epoch.secrets.sender_data_secret, &step.key, step.generation, 0, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fixture *fixture = fixture_get();
    struct mls_provider provider = *fixture->bob.context.provider;
    struct mls_context context = fixture->bob.context;
    struct base_bytes BASE_CLEANUP(base_bytes_free) message = { 0 };
    if (size == 0 || wrap(fixture->alice.group, data[0], base_slice(data + 1, size - 1), &message) != BASE_OK) {
        return 0;
    }
    if ((data[0] & FLAG_TRUST) != 0) {
        provider.verify = trust;
        context.provider = &provider;
    }
    struct mls_source source = store_source(&fixture->bob.store);
    struct mls_group *bob = NULL;
    struct mls_event event = { 0 };
    TEST_CHECK(mls_group_load(&context, &source, &bob) == BASE_OK, "Bob's own state");
    base_result result = mls_group_process(bob, base_borrow(&message), &event);
    TEST_CHECK(result != BASE_OK || event.kind == MLS_EVENT_PROPOSAL, "a commit without its confirmation tag");
    mls_event_free(&event);
    /* What a proposal has brought in must do no harm to a commit of ours: it goes in, or is refused. */
    struct mls_commit_output output = { 0 };
    if (result == BASE_OK && mls_group_commit(bob, NULL, &output) == BASE_OK) {
        mls_commit_output_free(&output);
    }
    fixture_check_bob(fixture, bob);
    mls_group_free(bob);
    return 0;
}
