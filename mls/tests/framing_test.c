/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing (§6), with suite 3 on libsodium: what is protected opens again, what was touched does not, and who may not
 * say something is refused.
 */
#include "framing.h"

#include <string.h>

#include "samples.h"
#include "test/alloc.h"
#include "test/mutate.h"
#include "test/random.h"
#include "test/result.h"

enum { SUITE = 3, GENERATION = 4 };

struct fixture {
    struct mls_crypto crypto;
    struct test_random random;
    struct mls_keypair key;
    struct base_slice group_context;
    struct mls_secret membership_key;
    struct mls_secret sender_data_secret;
    struct mls_aead_key message_key;
};

static void fixture_init(struct fixture *self, const struct base_allocator *allocator) {
    *self = (struct fixture){ .group_context = base_slice_text("an encoded group context") };
    test_random_init_quiet(&self->random, 1);
    assert_ok(mls_crypto_for(mls_provider_sodium(), allocator, SUITE, &self->crypto));
    assert_ok(mls_signature_generate(&self->crypto, &self->random.random, &self->key));
    memset(self->membership_key.data, 1, self->membership_key.len = 32);
    memset(self->sender_data_secret.data, 2, self->sender_data_secret.len = 32);
    memset(&self->message_key, 3, sizeof self->message_key);
}

static int setup(void **state) {
    static struct fixture fixture;
    fixture_init(&fixture, base_allocator_libc());
    *state = &fixture;
    return 0;
}

static struct mls_framed_content content_of(uint8_t sender, uint8_t type) {
    struct mls_framed_content content = {
        .group_id = base_slice_text("group"),
        .epoch = 9,
        .sender = { sender, sender <= MLS_SENDER_EXTERNAL ? 7 : 0 },
        .authenticated_data = base_slice_text("authenticated data"),
        .type = type,
    };
    if (type == MLS_APPLICATION) {
        content.of.application = base_slice_text("hello");
    } else if (type == MLS_PROPOSAL) {
        content.of.proposal = (struct mls_proposal){ .type = MLS_PROPOSAL_REMOVE, .of.removed = 3 };
    } else {
        content.of.commit = (struct mls_commit){ .has_path = false };
    }
    return content;
}

/* Signed, and confirmed if it is a commit. */
static base_result authenticate(const struct fixture *self, uint16_t wire_format,
                                const struct mls_framed_content *content, struct base_bytes *out) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    BASE_TRY(mls_content_sign(&self->crypto, &self->key, wire_format, content, self->group_context, &bytes));
    if (content->type == MLS_COMMIT) {
        BASE_TRY(mls_content_confirm(&self->crypto, base_slice_text("a tag"), &bytes));
    }
    base_bytes_move(out, &bytes);
    return BASE_OK;
}

static base_result make_public(const struct fixture *self, const struct mls_framed_content *content,
                               struct base_bytes *out) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_authenticated_content authenticated;
    BASE_TRY(authenticate(self, MLS_PUBLIC_MESSAGE, content, &bytes));
    BASE_TRY(mls_authenticated_content_decode(base_borrow(&bytes), &authenticated));
    return mls_public_protect(&self->crypto, &authenticated, &self->membership_key, self->group_context, out);
}

static base_result make_private(const struct fixture *self, uint8_t type, size_t padding, struct base_bytes *out) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_authenticated_content authenticated;
    const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, type);
    BASE_TRY(authenticate(self, MLS_PRIVATE_MESSAGE, &content, &bytes));
    BASE_TRY(mls_authenticated_content_decode(base_borrow(&bytes), &authenticated));
    return mls_private_protect(&self->crypto, &self->random.random, &authenticated, &self->sender_data_secret,
                               &self->message_key, GENERATION, padding, out);
}

/* What a receiver does, with the keys of the fixture. */
static base_result receive_public(const struct fixture *self, struct base_slice bytes) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_ENSURE(message.wire_format == MLS_PUBLIC_MESSAGE, MLS_ERR_WIRE_FORMAT);
    const struct mls_public_message *public_message = &message.of.public_message;
    if (public_message->content.content.sender.type == MLS_SENDER_MEMBER) {
        BASE_TRY(mls_membership_verify(&self->crypto, public_message, &self->membership_key, self->group_context));
    }
    return mls_content_verify(&self->crypto, &public_message->content, mls_public_key_slice(&self->key.public_key),
                              self->group_context);
}

static base_result receive_private(const struct fixture *self, struct base_slice bytes, struct mls_opened *opened) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_ENSURE(message.wire_format == MLS_PRIVATE_MESSAGE, MLS_ERR_WIRE_FORMAT);
    const struct mls_private_message *private_message = &message.of.private_message;
    struct mls_sender_data sender;
    BASE_TRY(mls_sender_data_open(&self->crypto, private_message, &self->sender_data_secret, &sender));
    assert_int_equal(sender.leaf_index, 7);
    assert_int_equal(sender.generation, GENERATION);
    BASE_TRY(mls_private_open(&self->crypto, private_message, &sender, &self->message_key, opened));
    return mls_content_verify(&self->crypto, &opened->content, mls_public_key_slice(&self->key.public_key),
                              self->group_context);
}

/* Public messages */

static void public_messages_come_through(void **state) {
    struct fixture *self = *state;
    static const uint8_t cases[][2] = {
        { MLS_SENDER_MEMBER, MLS_PROPOSAL },
        { MLS_SENDER_MEMBER, MLS_COMMIT },
        { MLS_SENDER_EXTERNAL, MLS_PROPOSAL },
        { MLS_SENDER_NEW_MEMBER_COMMIT, MLS_COMMIT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct mls_framed_content content = content_of(cases[i][0], cases[i][1]);
        struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
        assert_ok(make_public(self, &content, &bytes));
        assert_ok(receive_public(self, base_borrow(&bytes)));
    }
}

static void a_tag_and_a_signature_hold_one_context_and_key(void **state) {
    struct fixture *self = *state;
    const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, MLS_PROPOSAL);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(make_public(self, &content, &bytes));
    struct mls_message message;
    assert_ok(mls_message_decode(base_borrow(&bytes), &message));
    const struct mls_public_message *public_message = &message.of.public_message;
    const struct base_slice key = mls_public_key_slice(&self->key.public_key);
    const struct base_slice other_context = base_slice_text("the context of another epoch");

    assert_result(&MLS_ERR_MEMBERSHIP_TAG,
                  mls_membership_verify(&self->crypto, public_message, &self->sender_data_secret, self->group_context));
    assert_result(&MLS_ERR_MEMBERSHIP_TAG,
                  mls_membership_verify(&self->crypto, public_message, &self->membership_key, other_context));
    assert_result(&MLS_ERR_SIGNATURE, mls_content_verify(&self->crypto, &public_message->content, key, other_context));
    struct mls_keypair other;
    assert_ok(mls_signature_generate(&self->crypto, &self->random.random, &other));
    assert_result(&MLS_ERR_SIGNATURE, mls_content_verify(&self->crypto, &public_message->content,
                                                         mls_public_key_slice(&other.public_key), self->group_context));
}

static void who_is_no_member_signs_no_context_and_has_no_tag(void **state) {
    struct fixture *self = *state;
    const struct mls_framed_content content = content_of(MLS_SENDER_EXTERNAL, MLS_PROPOSAL);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(make_public(self, &content, &bytes));
    struct mls_message message;
    assert_ok(mls_message_decode(base_borrow(&bytes), &message));
    const struct mls_public_message *public_message = &message.of.public_message;
    assert_int_equal(public_message->membership_tag.len, 0);
    assert_ok(mls_content_verify(&self->crypto, &public_message->content, mls_public_key_slice(&self->key.public_key),
                                 base_slice(NULL, 0)));
    assert_result(&MLS_ERR_SENDER_NOT_MEMBER,
                  mls_membership_verify(&self->crypto, public_message, &self->membership_key, self->group_context));
}

static void public_refused(struct base_slice mutated, void *user) {
    assert_true(receive_public(user, mutated) != BASE_OK);
}

static void a_public_message_that_was_touched_is_refused(void **state) {
    struct fixture *self = *state;
    const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, MLS_COMMIT);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(make_public(self, &content, &bytes));
    test_each_mutation(base_borrow(&bytes), public_refused, self);
}

/* Who may say what */

static base_result sign(const struct fixture *self, uint16_t wire_format, const struct mls_framed_content *content) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    return authenticate(self, wire_format, content, &bytes);
}

static void rules_of_senders(void **state) {
    struct fixture *self = *state;
    struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, MLS_APPLICATION);
    assert_result(&MLS_ERR_APPLICATION_PUBLIC, sign(self, MLS_PUBLIC_MESSAGE, &content));
    assert_ok(sign(self, MLS_PRIVATE_MESSAGE, &content));

    for (uint8_t sender = MLS_SENDER_EXTERNAL; sender <= MLS_SENDER_NEW_MEMBER_COMMIT; sender++) {
        for (uint8_t type = MLS_APPLICATION; type <= MLS_COMMIT; type++) {
            content = content_of(sender, type);
            assert_result(&MLS_ERR_SENDER_NOT_MEMBER, sign(self, MLS_PRIVATE_MESSAGE, &content));
        }
    }
    content = content_of(MLS_SENDER_EXTERNAL, MLS_COMMIT);
    assert_result(&MLS_ERR_SENDER_CONTENT, sign(self, MLS_PUBLIC_MESSAGE, &content));
    content = content_of(MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_COMMIT);
    assert_result(&MLS_ERR_SENDER_CONTENT, sign(self, MLS_PUBLIC_MESSAGE, &content));
    content = content_of(MLS_SENDER_NEW_MEMBER_COMMIT, MLS_PROPOSAL);
    assert_result(&MLS_ERR_SENDER_CONTENT, sign(self, MLS_PUBLIC_MESSAGE, &content));

    content = content_of(MLS_SENDER_NEW_MEMBER_PROPOSAL, MLS_PROPOSAL); /* of a removal */
    assert_result(&MLS_ERR_PROPOSAL_SENDER, sign(self, MLS_PUBLIC_MESSAGE, &content));
    content.of.proposal =
        (struct mls_proposal){ .type = MLS_PROPOSAL_ADD, .of.add.leaf = sample_leaf(MLS_LEAF_KEY_PACKAGE) };
    assert_ok(sign(self, MLS_PUBLIC_MESSAGE, &content));
    content = content_of(MLS_SENDER_EXTERNAL, MLS_PROPOSAL);
    content.of.proposal = (struct mls_proposal){ .type = MLS_PROPOSAL_EXTERNAL_INIT };
    assert_result(&MLS_ERR_PROPOSAL_SENDER, sign(self, MLS_PUBLIC_MESSAGE, &content));
    content.of.proposal =
        (struct mls_proposal){ .type = MLS_PROPOSAL_UPDATE, .of.update = sample_leaf(MLS_LEAF_UPDATE) };
    assert_result(&MLS_ERR_PROPOSAL_SENDER, sign(self, MLS_PUBLIC_MESSAGE, &content));
    content.of.proposal = (struct mls_proposal){ .type = MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS };
    assert_ok(sign(self, MLS_PUBLIC_MESSAGE, &content));
}

static void the_receiver_checks_the_rules_too(void **state) {
    struct fixture *self = *state;
    /* a public message with application data, its tag right: nobody here would make it */
    struct mls_message message = {
        .wire_format = MLS_PUBLIC_MESSAGE,
        .of.public_message.content = {
            .wire_format = MLS_PUBLIC_MESSAGE,
            .content = content_of(MLS_SENDER_MEMBER, MLS_APPLICATION),
            .signature = base_slice_text("signature"),
        },
    };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MLS_MESSAGE_MAX);
    mls_message_write(&writer, &message);
    struct mls_message decoded;
    assert_ok(mls_message_decode(base_writer_view(&writer), &decoded));
    assert_result(&MLS_ERR_APPLICATION_PUBLIC,
                  mls_content_verify(&self->crypto, &decoded.of.public_message.content,
                                     mls_public_key_slice(&self->key.public_key), self->group_context));
}

/* Private messages */

static void private_messages_come_through(void **state) {
    struct fixture *self = *state;
    static const size_t paddings[] = { 0, 1, 63, 1000, 20000 };
    for (uint8_t type = MLS_APPLICATION; type <= MLS_COMMIT; type++) {
        for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++) {
            struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
            struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
            assert_ok(make_private(self, type, paddings[i], &bytes));
            assert_true(bytes.len > paddings[i]);
            assert_ok(receive_private(self, base_borrow(&bytes), &opened));
            assert_int_equal(opened.content.content.type, type);
            assert_int_equal(opened.content.content.epoch, 9);
            assert_true(base_slice_equal(opened.content.content.group_id, base_slice_text("group")));
            assert_true(
                base_slice_equal(opened.content.content.authenticated_data, base_slice_text("authenticated data")));
            if (type == MLS_APPLICATION) {
                assert_true(base_slice_equal(opened.content.content.of.application, base_slice_text("hello")));
            }
            /* what came out is what was signed, byte by byte: for transcript hashes and references */
            const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, type);
            struct base_bytes BASE_CLEANUP(base_bytes_free) authenticated = { NULL, 0 };
            assert_ok(authenticate(self, MLS_PRIVATE_MESSAGE, &content, &authenticated));
            assert_true(base_slice_equal(opened.content.encoded, base_borrow(&authenticated)));
        }
    }
}

static void the_reuse_guard_differs_each_time(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) one = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) two = { NULL, 0 };
    assert_ok(make_private(self, MLS_APPLICATION, 0, &one));
    assert_ok(make_private(self, MLS_APPLICATION, 0, &two));
    assert_false(base_slice_equal(base_borrow(&one), base_borrow(&two)));
}

static void other_keys_open_nothing(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    assert_ok(make_private(self, MLS_APPLICATION, 0, &bytes));
    struct fixture other = *self;
    other.message_key.key[0] ^= 1;
    assert_result(&MLS_ERR_DECRYPT, receive_private(&other, base_borrow(&bytes), &opened));
    other = *self;
    other.message_key.nonce[11] ^= 1;
    assert_result(&MLS_ERR_DECRYPT, receive_private(&other, base_borrow(&bytes), &opened));
    other = *self;
    other.sender_data_secret.data[0] ^= 1;
    assert_result(&MLS_ERR_DECRYPT, receive_private(&other, base_borrow(&bytes), &opened));
    assert_null(opened.bytes.data);
    other = *self;
    other.group_context = base_slice_text("the context of another epoch");
    assert_result(&MLS_ERR_SIGNATURE, receive_private(&other, base_borrow(&bytes), &opened));
}

static void private_refused(struct base_slice mutated, void *user) {
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    assert_true(receive_private(user, mutated, &opened) != BASE_OK);
}

static void a_private_message_that_was_touched_is_refused(void **state) {
    struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(make_private(self, MLS_COMMIT, 3, &bytes));
    test_each_mutation(base_borrow(&bytes), private_refused, self);
}

/* Encrypts `plain` with the right key, as a member would who breaks the rules. */
static base_result open_forged(const struct fixture *self, struct base_slice plain) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) ciphertext = { NULL, 0 };
    BASE_TRY(make_private(self, MLS_APPLICATION, 0, &bytes));
    struct mls_message message;
    BASE_TRY(mls_message_decode(base_borrow(&bytes), &message));
    const struct mls_sender_data sender = { .leaf_index = 7, .generation = GENERATION };
    BASE_TRY(base_bytes_take(base_allocator_libc(), plain.len + MLS_AEAD_TAG_SIZE, &ciphertext));
    BASE_TRY(self->crypto.provider->seal(self->crypto.provider->user, self->crypto.suite, self->message_key.key,
                                         self->message_key.nonce, message.of.private_message.content_aad, plain,
                                         ciphertext.data));
    message.of.private_message.ciphertext = base_borrow(&ciphertext);
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    base_result result =
        mls_private_open(&self->crypto, &message.of.private_message, &sender, &self->message_key, &opened);
    assert_true((result == BASE_OK) == (opened.bytes.data != NULL));
    return result;
}

static void padding_and_content_are_checked(void **state) {
    const struct fixture *self = *state;
    assert_ok(open_forged(self, base_slice("\2hi\1s", 5)));
    assert_ok(open_forged(self, base_slice("\2hi\1s\0\0\0", 8)));
    assert_result(&MLS_ERR_PADDING, open_forged(self, base_slice("\2hi\1s\0\0\1", 8)));
    assert_result(&MLS_ERR_PADDING, open_forged(self, base_slice("\2hi\1s\1\0\0", 8)));
    assert_result(&BASE_ERR_TRUNCATED, open_forged(self, base_slice("\2hi\2s", 5)));
    assert_result(&BASE_ERR_TRUNCATED, open_forged(self, base_slice("", 0)));
    assert_result(&BASE_ERR_VARINT, open_forged(self, base_slice("\xff", 1)));
}

static void short_ciphertexts_are_refused(void **state) {
    const struct fixture *self = *state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    assert_ok(make_private(self, MLS_APPLICATION, 0, &bytes));
    struct mls_message message;
    assert_ok(mls_message_decode(base_borrow(&bytes), &message));
    struct mls_private_message *private_message = &message.of.private_message;
    struct mls_opened opened = { .bytes = { NULL, 0 } };
    struct mls_sender_data sender = { .leaf_index = 7 };
    private_message->ciphertext.len = MLS_AEAD_TAG_SIZE - 1;
    assert_result(&MLS_ERR_DECRYPT,
                  mls_private_open(&self->crypto, private_message, &sender, &self->message_key, &opened));
    private_message->encrypted_sender_data.len--;
    assert_result(&MLS_ERR_DECRYPT,
                  mls_sender_data_open(&self->crypto, private_message, &self->sender_data_secret, &sender));
}

static void without_randomness_nothing_is_sent(void **state) {
    const struct fixture *self = *state;
    const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, MLS_APPLICATION);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) out = { NULL, 0 };
    struct mls_authenticated_content authenticated;
    assert_ok(authenticate(self, MLS_PRIVATE_MESSAGE, &content, &bytes));
    assert_ok(mls_authenticated_content_decode(base_borrow(&bytes), &authenticated));
    assert_result(&BASE_ERR_RANDOM,
                  mls_private_protect(&self->crypto, test_random_failing(), &authenticated, &self->sender_data_secret,
                                      &self->message_key, GENERATION, 0, &out));
    assert_result(&BASE_ERR_TOO_LONG,
                  mls_private_protect(&self->crypto, &self->random.random, &authenticated, &self->sender_data_secret,
                                      &self->message_key, GENERATION, MLS_MESSAGE_MAX, &out));
    assert_null(out.data);
}

static base_result send_and_receive(const struct base_allocator *allocator, void *user) {
    (void)user;
    struct fixture self;
    fixture_init(&self, allocator);
    const struct mls_framed_content content = content_of(MLS_SENDER_MEMBER, MLS_COMMIT);
    struct base_bytes BASE_CLEANUP(base_bytes_free) public_bytes = { NULL, 0 };
    struct base_bytes BASE_CLEANUP(base_bytes_free) private_bytes = { NULL, 0 };
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    BASE_TRY(make_public(&self, &content, &public_bytes));
    BASE_TRY(receive_public(&self, base_borrow(&public_bytes)));
    BASE_TRY(make_private(&self, MLS_COMMIT, 2000, &private_bytes));
    return receive_private(&self, base_borrow(&private_bytes), &opened);
}

static void lack_of_memory_leaks_nothing(void **state) {
    (void)state;
    assert_true(test_each_allocation(send_and_receive, NULL) > 5);
}

static void opening_takes_little_memory(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct fixture self;
    fixture_init(&self, &alloc.allocator);
    struct base_bytes bytes = { NULL, 0 };
    struct mls_opened opened = { .bytes = { NULL, 0 } };
    assert_ok(make_private(&self, MLS_APPLICATION, 100000, &bytes));
    const size_t kept = alloc.bytes;
    alloc.peak = kept;
    assert_ok(receive_private(&self, base_borrow(&bytes), &opened));
    assert_true(alloc.peak - kept <= bytes.len + 4096); /* the padding goes into no signature */
    mls_opened_free(&opened);
    base_bytes_free(&bytes);
    test_alloc_end(&alloc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(public_messages_come_through, setup),
        cmocka_unit_test_setup(a_tag_and_a_signature_hold_one_context_and_key, setup),
        cmocka_unit_test_setup(who_is_no_member_signs_no_context_and_has_no_tag, setup),
        cmocka_unit_test_setup(a_public_message_that_was_touched_is_refused, setup),
        cmocka_unit_test_setup(rules_of_senders, setup),
        cmocka_unit_test_setup(the_receiver_checks_the_rules_too, setup),
        cmocka_unit_test_setup(private_messages_come_through, setup),
        cmocka_unit_test_setup(the_reuse_guard_differs_each_time, setup),
        cmocka_unit_test_setup(other_keys_open_nothing, setup),
        cmocka_unit_test_setup(a_private_message_that_was_touched_is_refused, setup),
        cmocka_unit_test_setup(padding_and_content_are_checked, setup),
        cmocka_unit_test_setup(short_ciphertexts_are_refused, setup),
        cmocka_unit_test_setup(without_randomness_nothing_is_sent, setup),
        cmocka_unit_test(opening_takes_little_memory),
        cmocka_unit_test(lack_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
