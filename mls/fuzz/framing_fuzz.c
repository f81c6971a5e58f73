/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any content, signed and protected as its sender would: it opens again to the same bytes, or was refused when it was
 * signed. The input is an AuthenticatedContent, whose signature is replaced by a true one.
 */
#include "framing.h"
#include "samples.h"
#include "test/fuzz.h"
#include "test/random.h"

enum { MAX_INPUT = 1 << 20, SUITE = 3, GENERATION = 6, PADDING = 5 };

struct keys {
    struct mls_crypto crypto;
    struct test_random random;
    struct mls_keypair signature_key;
    struct mls_secret secret; /* of whatever needs one */
    struct mls_aead_key message_key;
    struct base_slice group_context;
};

static void make_keys(struct keys *keys) {
    *keys = (struct keys){ .secret = { .len = 32 }, .group_context = base_slice_text("context") };
    test_random_init_quiet(&keys->random, 1);
    TEST_CHECK(mls_crypto_for(mls_provider_sodium(), base_allocator_libc(), SUITE, &keys->crypto) == BASE_OK,
               "no suite");
    TEST_CHECK(mls_signature_generate(&keys->crypto, &keys->random.random, &keys->signature_key) == BASE_OK, "no key");
}

static base_result verify(const struct keys *keys, const struct mls_authenticated_content *content) {
    return mls_content_verify(&keys->crypto, content, mls_public_key_slice(&keys->signature_key.public_key),
                              keys->group_context);
}

static void through_public(struct keys *keys, const struct mls_authenticated_content *content) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_message message;
    TEST_CHECK(mls_public_protect(&keys->crypto, content, &keys->secret, keys->group_context, &bytes) == BASE_OK,
               "can't be protected");
    TEST_CHECK(mls_message_decode(base_borrow(&bytes), &message) == BASE_OK, "can't be decoded");
    const struct mls_public_message *got = &message.of.public_message;
    TEST_CHECK(base_slice_equal(got->content.encoded, content->encoded), "another content");
    TEST_CHECK(got->content.content.sender.type != MLS_SENDER_MEMBER ||
                   mls_membership_verify(&keys->crypto, got, &keys->secret, keys->group_context) == BASE_OK,
               "a wrong membership tag");
    TEST_CHECK(verify(keys, &got->content) == BASE_OK, "a wrong signature");
}

static void through_private(struct keys *keys, const struct mls_authenticated_content *content) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    struct mls_message message;
    struct mls_sender_data sender;
    TEST_CHECK(mls_private_protect(&keys->crypto, &keys->random.random, content, &keys->secret, &keys->message_key,
                                   GENERATION, PADDING, &bytes) == BASE_OK,
               "can't be protected");
    TEST_CHECK(mls_message_decode(base_borrow(&bytes), &message) == BASE_OK, "can't be decoded");
    const struct mls_private_message *got = &message.of.private_message;
    TEST_CHECK(mls_sender_data_open(&keys->crypto, got, &keys->secret, &sender) == BASE_OK, "no sender");
    TEST_CHECK(sender.leaf_index == content->content.sender.index && sender.generation == GENERATION, "who sent it?");
    TEST_CHECK(mls_private_open(&keys->crypto, got, &sender, &keys->message_key, &opened) == BASE_OK,
               "can't be opened");
    TEST_CHECK(base_slice_equal(opened.content.encoded, content->encoded), "another content");
    TEST_CHECK(verify(keys, &opened.content) == BASE_OK, "a wrong signature");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mls_authenticated_content input;
    if (size > MAX_INPUT || mls_authenticated_content_decode(base_slice(data, size), &input) != BASE_OK) {
        return 0;
    }
    struct keys keys;
    make_keys(&keys);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_authenticated_content content;
    base_result refused = mls_content_sign(&keys.crypto, &keys.signature_key, input.wire_format, &input.content,
                                           keys.group_context, &bytes);
    if (refused != BASE_OK) {
        TEST_CHECK(verify(&keys, &input) == refused, "senders and receivers have other rules");
        return 0;
    }
    if (input.content.type == MLS_COMMIT) {
        TEST_CHECK(mls_content_confirm(&keys.crypto, input.confirmation_tag, &bytes) == BASE_OK, "can't be confirmed");
    }
    TEST_CHECK(mls_authenticated_content_decode(base_borrow(&bytes), &content) == BASE_OK, "can't be decoded");
    TEST_CHECK(base_slice_equal(content.framed, input.framed), "encoded differently");
    if (content.wire_format == MLS_PUBLIC_MESSAGE) {
        through_public(&keys, &content);
    } else {
        through_private(&keys, &content);
    }
    return 0;
}

/* The contents of the sample messages, in both wire formats. */
void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    for (size_t i = 0; i < sample_count; i++) {
        struct base_writer BASE_CLEANUP(base_writer_free) sample = base_writer(base_allocator_libc(), MAX_INPUT);
        struct mls_message message;
        samples[i].write(&sample);
        if (samples[i].roundtrip != roundtrip_message ||
            mls_message_decode(base_writer_view(&sample), &message) != BASE_OK ||
            message.wire_format != MLS_PUBLIC_MESSAGE) {
            continue;
        }
        struct mls_authenticated_content *content = &message.of.public_message.content;
        for (uint16_t format = MLS_PUBLIC_MESSAGE; format <= MLS_PRIVATE_MESSAGE; format++) {
            struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_INPUT);
            content->wire_format = format;
            mls_authenticated_content_write(&writer, content);
            seed(base_writer_view(&writer), user);
        }
    }
}
