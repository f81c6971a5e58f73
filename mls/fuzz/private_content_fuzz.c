/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a PrivateMessage decrypts to: encrypted with the right key, as a member could, then opened.
 * Refused, or the opened content is encoded again to the same bytes, followed by zeros. The first byte chooses the
 * content type.
 */
#include "framing.h"
#include "samples.h"
#include "test/fuzz.h"

enum { MAX_INPUT = 1 << 20, SUITE = 3 };

static const struct mls_aead_key key = { { 1 }, { 2 } };
static const struct mls_sender_data sender = { 7, 0, { 0, 0, 0, 0 } };

/* A message around the ciphertext of `plain`, decoded from `out`. */
static void encrypt(const struct mls_crypto *crypto, uint8_t type, struct base_slice plain, struct base_bytes *out,
                    struct mls_message *message) {
    struct mls_message parts = {
        .wire_format = MLS_PRIVATE_MESSAGE,
        .of.private_message = { .group_id = base_slice_text("group"), .epoch = 9, .content_type = type },
    };
    struct base_bytes BASE_CLEANUP(base_bytes_free) room = { NULL, 0 };
    TEST_CHECK(base_bytes_take(base_allocator_libc(), plain.len + MLS_AEAD_TAG_SIZE, &room) == BASE_OK, "no memory");
    parts.of.private_message.ciphertext = base_borrow(&room);
    struct base_writer writer = base_writer(base_allocator_libc(), 2 * MAX_INPUT);
    mls_message_write(&writer, &parts);
    TEST_CHECK(base_writer_finish(&writer, out) == BASE_OK, "no memory");
    TEST_CHECK(mls_message_decode(base_borrow(out), message) == BASE_OK, "a message can't be decoded");
    uint8_t *ciphertext = out->data + (message->of.private_message.ciphertext.data - out->data);
    TEST_CHECK(crypto->provider->seal(crypto->provider->user, crypto->suite, key.key, key.nonce,
                                      message->of.private_message.content_aad, plain, ciphertext) == BASE_OK,
               "can't be encrypted");
}

static void check_opened(const struct mls_opened *opened, struct base_slice plain) {
    const struct mls_authenticated_content *content = &opened->content;
    TEST_CHECK(content->content.sender.index == sender.leaf_index, "another sender");
    TEST_CHECK(content->body.len <= plain.len, "more than was encrypted");
    TEST_CHECK(base_slice_equal(content->body, base_slice(plain.data, content->body.len)), "not what was encrypted");
    struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), 2 * MAX_INPUT);
    mls_authenticated_content_write(&again, content);
    TEST_CHECK(base_slice_equal(base_writer_view(&again), content->encoded), "encoded differently");
    for (size_t i = content->body.len; i < plain.len; i++) {
        TEST_CHECK(plain.data[i] == 0, "padding that is not zero");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || size > MAX_INPUT) {
        return 0;
    }
    struct mls_crypto crypto;
    TEST_CHECK(mls_crypto_for(mls_provider_sodium(), base_allocator_libc(), SUITE, &crypto) == BASE_OK, "no suite");
    const uint8_t type = (uint8_t)(MLS_APPLICATION + data[0] % 3);
    const struct base_slice plain = base_slice(data + 1, size - 1);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    struct mls_message message;
    encrypt(&crypto, type, plain, &bytes, &message);
    if (mls_private_open(&crypto, &message.of.private_message, &sender, &key, &opened) == BASE_OK) {
        check_opened(&opened, plain);
    }
    return 0;
}

/* The bodies of the sample messages, as they are and with padding. */
void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    static const uint8_t padding[16] = { 0 };
    for (size_t i = 0; i < sample_count; i++) {
        struct base_writer BASE_CLEANUP(base_writer_free) sample = base_writer(base_allocator_libc(), MAX_INPUT);
        struct mls_message message;
        samples[i].write(&sample);
        if (samples[i].roundtrip != roundtrip_message ||
            mls_message_decode(base_writer_view(&sample), &message) != BASE_OK ||
            message.wire_format != MLS_PUBLIC_MESSAGE) {
            continue;
        }
        const struct mls_authenticated_content *content = &message.of.public_message.content;
        for (size_t len = 0; len <= sizeof padding; len += sizeof padding) {
            struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_INPUT);
            base_write_u8(&writer, (uint8_t)(content->content.type - MLS_APPLICATION));
            base_write_slice(&writer, content->body);
            base_write_slice(&writer, base_slice(padding, len));
            seed(base_writer_view(&writer), user);
        }
    }
}
