/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codec: every struct comes out as it went in, damaged ones are refused with the right error or decode to
 * something that encodes to exactly the damaged bytes.
 */
#include <string.h>

#include "base/memory.h"
#include "samples.h"
#include "test/mutate.h"
#include "test/result.h"

enum { MAX_SAMPLE = 1 << 20 };

static struct base_bytes encoded(void (*write)(struct base_writer *)) {
    struct base_writer writer = base_writer(base_allocator_libc(), MAX_SAMPLE);
    write(&writer);
    struct base_bytes bytes = { NULL, 0 };
    assert_ok(base_writer_finish(&writer, &bytes));
    return bytes;
}

/* True if the bytes were accepted. */
static bool comes_back(struct base_slice bytes, roundtrip way) {
    struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), MAX_SAMPLE);
    if (way(bytes, &again) != BASE_OK) {
        return false;
    }
    TEST_CHECK(again.failed == BASE_OK, "what was decoded can't be encoded");
    TEST_CHECK(base_slice_equal(base_writer_view(&again), bytes), "what was decoded is encoded in another way");
    return true;
}

static void each_sample_comes_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = encoded(samples[i].write);
        if (!comes_back(base_borrow(&bytes), samples[i].roundtrip)) {
            fail_msg("%s is refused", samples[i].name);
        }
    }
}

static void mutated_comes_back_or_fails(struct base_slice mutated, void *user) {
    (void)comes_back(mutated, ((const struct sample *)user)->roundtrip);
}

static void refused(struct base_slice mutated, void *user) {
    TEST_CHECK(!comes_back(mutated, ((const struct sample *)user)->roundtrip), "a piece of a struct is taken for all");
}

static void damage_is_refused_or_meant(void **state) {
    (void)state;
    for (size_t i = 0; i < sample_count; i++) {
        struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = encoded(samples[i].write);
        struct sample sample = samples[i];
        test_each_truncation(base_borrow(&bytes), refused, &sample);
        test_each_extension(base_borrow(&bytes), refused, &sample);
        test_each_bit_flip(base_borrow(&bytes), mutated_comes_back_or_fails, &sample);
    }
}

/* Exact errors */

static const struct sample *find(const char *name) {
    for (size_t i = 0; i < sample_count; i++) {
        if (strcmp(samples[i].name, name) == 0) {
            return &samples[i];
        }
    }
    fail_msg("no sample %s", name);
    return NULL;
}

/* The sample with the byte at `at` replaced. */
static base_result patched(const char *name, size_t at, uint8_t value) {
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = encoded(find(name)->write);
    assert_true(at < bytes.len);
    bytes.data[at] = value;
    struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), MAX_SAMPLE);
    return find(name)->roundtrip(base_borrow(&bytes), &again);
}

static void unknown_numbers_have_their_errors(void **state) {
    (void)state;
    assert_result(&MLS_ERR_VERSION, patched("private message", 1, 2));
    assert_result(&MLS_ERR_WIRE_FORMAT, patched("private message", 3, 6));
    assert_result(&MLS_ERR_WIRE_FORMAT, patched("private message", 3, 0));
    assert_result(&MLS_ERR_VERSION, patched("message with key package", 5, 2));
    assert_result(&MLS_ERR_VERSION, patched("group context", 1, 2));
    assert_result(&MLS_ERR_WIRE_FORMAT, patched("authenticated content", 1, MLS_WELCOME));
    assert_result(&MLS_ERR_PROPOSAL_TYPE, patched("remove", 1, 0));
    assert_result(&MLS_ERR_PROPOSAL_TYPE, patched("remove", 1, 8));
    assert_result(&MLS_ERR_PROPOSAL_TYPE, patched("remove", 0, 0xf0));
    assert_result(&MLS_ERR_PSK_TYPE, patched("psk", 2, 3));
    assert_result(&MLS_ERR_PSK_TYPE, patched("psk", 3, 0));
    assert_result(&MLS_ERR_PSK_TYPE, patched("psk", 3, 4));
    assert_result(&MLS_ERR_PROPOSAL_OR_REF, patched("commit", 2, 3));
    /* version, wire format, group_id<V>, epoch: then the sender */
    const size_t sender = 4 + 6 + 8;
    assert_result(&MLS_ERR_SENDER_TYPE, patched("public commit", sender, 5));
    assert_result(&MLS_ERR_SENDER_TYPE, patched("public commit", sender, 0));
    const size_t content_type = sender + 5 + 19;
    assert_result(&MLS_ERR_CONTENT_TYPE, patched("public commit", content_type, 4));
    assert_result(&MLS_ERR_CONTENT_TYPE, patched("private message", sender, 0));
    /* present, then the type of the node */
    assert_result(&MLS_ERR_NODE_TYPE, patched("ratchet tree", 3, 3));
    assert_result(&BASE_ERR_VALUE, patched("ratchet tree", 2, 2));
}

static void leaf_sources_are_those_of_their_place(void **state) {
    (void)state;
    struct mls_key_package package = { .version = MLS_VERSION_10,
                                       .cipher_suite = 3,
                                       .leaf = sample_leaf(MLS_LEAF_UPDATE) };
    struct mls_proposal proposal = { .type = MLS_PROPOSAL_ADD, .of.add = package };
    struct mls_update_path path = { .leaf = sample_leaf(MLS_LEAF_UPDATE) };
    struct mls_proposal decoded;
    struct mls_update_path decoded_path;

    struct base_writer BASE_CLEANUP(base_writer_free) add = base_writer(base_allocator_libc(), MAX_SAMPLE);
    mls_proposal_write(&add, &proposal);
    assert_result(&MLS_ERR_LEAF_NODE_SOURCE, mls_proposal_decode(base_writer_view(&add), &decoded));

    proposal = (struct mls_proposal){ .type = MLS_PROPOSAL_UPDATE, .of.update = sample_leaf(MLS_LEAF_KEY_PACKAGE) };
    struct base_writer BASE_CLEANUP(base_writer_free) update = base_writer(base_allocator_libc(), MAX_SAMPLE);
    mls_proposal_write(&update, &proposal);
    assert_result(&MLS_ERR_LEAF_NODE_SOURCE, mls_proposal_decode(base_writer_view(&update), &decoded));

    struct base_writer BASE_CLEANUP(base_writer_free) commit = base_writer(base_allocator_libc(), MAX_SAMPLE);
    mls_update_path_write(&commit, &path);
    assert_result(&MLS_ERR_LEAF_NODE_SOURCE, mls_update_path_decode(base_writer_view(&commit), &decoded_path));
}

#define ASSERT_UNWRITABLE(ERROR, WRITE, ...)                                                                           \
    do {                                                                                                               \
        struct base_writer BASE_CLEANUP(base_writer_free) unwritten = base_writer(base_allocator_libc(), MAX_SAMPLE);  \
        WRITE(&unwritten, &(__VA_ARGS__));                                                                             \
        assert_result(&(ERROR), unwritten.failed);                                                                     \
    } while (0)

static void what_has_no_form_is_not_encoded(void **state) {
    (void)state;
    ASSERT_UNWRITABLE(MLS_ERR_SENDER_TYPE, mls_sender_write, (struct mls_sender){ .type = 5 });
    ASSERT_UNWRITABLE(MLS_ERR_PSK_TYPE, mls_psk_id_write, (struct mls_psk_id){ .type = 3 });
    ASSERT_UNWRITABLE(MLS_ERR_PROPOSAL_TYPE, mls_proposal_write, (struct mls_proposal){ .type = 0xf000 });
    ASSERT_UNWRITABLE(MLS_ERR_NODE_TYPE, mls_node_write, (struct mls_node){ .type = 3 });
    ASSERT_UNWRITABLE(MLS_ERR_LEAF_NODE_SOURCE, mls_leaf_node_write, (struct mls_leaf_node){ .source = 4 });
    ASSERT_UNWRITABLE(MLS_ERR_WIRE_FORMAT, mls_message_write, (struct mls_message){ .wire_format = 6 });
    ASSERT_UNWRITABLE(MLS_ERR_WIRE_FORMAT, mls_message_write,
                      (struct mls_message){ .wire_format = MLS_PUBLIC_MESSAGE,
                                            .of.public_message.content.wire_format = MLS_PRIVATE_MESSAGE });
    ASSERT_UNWRITABLE(MLS_ERR_CONTENT_TYPE, mls_framed_content_write,
                      (struct mls_framed_content){ .sender.type = MLS_SENDER_MEMBER, .type = 4 });
}

/* A list of extensions of the types first, first + 1, …; then one of type `last`. */
static base_result read_extensions(size_t count, uint16_t first, uint16_t last) {
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_SAMPLE);
    const size_t mark = base_write_vector_begin(&writer);
    for (size_t i = 0; i <= count; i++) {
        const struct mls_extension extension = { i == count ? last : (uint16_t)(first + i), base_slice_text("data") };
        mls_extension_write(&writer, &extension);
    }
    base_write_vector_end(&writer, mark);
    struct base_reader reader = base_reader(base_writer_view(&writer));
    struct base_slice list;
    BASE_TRY(mls_extensions_read(&reader, &list));
    struct base_slice data;
    assert_true(mls_extension_find(list, last, &data));
    assert_true(base_slice_equal(data, base_slice_text("data")));
    assert_false(mls_extension_find(list, (uint16_t)(first - 1), NULL));
    return base_read_end(&reader);
}

static void an_extension_stands_once_in_a_list(void **state) {
    (void)state;
    /* few and many are compared in different ways */
    for (size_t count = 1; count < 40; count++) {
        assert_ok(read_extensions(count, 10, 9000));
        assert_result(&MLS_ERR_EXTENSION_DUPLICATE, read_extensions(count, 10, 10));
        assert_result(&MLS_ERR_EXTENSION_DUPLICATE, read_extensions(count, 10, (uint16_t)(10 + count - 1)));
    }
    assert_ok(read_extensions(UINT16_MAX - 2, 1, UINT16_MAX));
    assert_result(&MLS_ERR_EXTENSION_DUPLICATE, read_extensions(UINT16_MAX - 2, 1, 40000));
}

static base_result read_parent(const uint8_t *unmerged, size_t len) {
    const struct mls_parent_node parent = { .unmerged_leaves = base_slice(unmerged, len) };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_SAMPLE);
    mls_parent_node_write(&writer, &parent);
    struct base_reader reader = base_reader(base_writer_view(&writer));
    struct mls_parent_node decoded;
    return mls_parent_node_read(&reader, &decoded);
}

static void unmerged_leaves_rise(void **state) {
    (void)state;
    assert_ok(read_parent((const uint8_t[]){ 0, 0, 0, 1, 0, 0, 0, 2 }, 8));
    assert_result(&MLS_ERR_UNMERGED_LEAVES, read_parent((const uint8_t[]){ 0, 0, 0, 2, 0, 0, 0, 2 }, 8));
    assert_result(&MLS_ERR_UNMERGED_LEAVES, read_parent((const uint8_t[]){ 0, 0, 1, 0, 0, 0, 0, 2 }, 8));
    assert_result(&BASE_ERR_TRUNCATED, read_parent((const uint8_t[]){ 0, 0, 0, 1, 0 }, 5));
}

static void lists_of_numbers(void **state) {
    (void)state;
    const uint8_t bytes[] = { 0x00, 0x01, 0xfa, 0xfa, 0x00, 0x03 };
    const struct base_slice list = base_slice(bytes, sizeof bytes);
    const uint16_t numbers[] = { 1, 0xfafa, 3 };
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MAX_SAMPLE);
    mls_list_write(&writer, numbers, 3);
    assert_true(base_slice_equal(base_writer_view(&writer), list));
    assert_int_equal(mls_list_count(list), 3);
    assert_int_equal(mls_list_at(list, 1), 0xfafa);
    assert_true(mls_list_has(list, 3));
    assert_false(mls_list_has(list, 0x01fa)); /* not across elements */
    assert_false(mls_list_has(base_slice(NULL, 0), 0));

    /* five empty lists are capabilities, an odd byte is none */
    struct mls_capabilities capabilities;
    struct base_reader empty = base_reader(base_slice("\0\0\0\0\0", 5));
    assert_ok(mls_capabilities_read(&empty, &capabilities));
    struct base_reader odd = base_reader(base_slice("\1\0\0\0\0\0", 6));
    assert_result(&BASE_ERR_TRUNCATED, mls_capabilities_read(&odd, &capabilities));
}

static void spans_are_what_was_read(void **state) {
    (void)state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = encoded(find("public commit")->write);
    struct mls_message message;
    assert_ok(mls_message_decode(base_borrow(&bytes), &message));
    const struct mls_public_message *public_message = &message.of.public_message;
    const struct mls_authenticated_content *content = &public_message->content;
    const size_t tag = 1 + content->confirmation_tag.len;
    const size_t signature = 1 + content->signature.len;
    assert_ptr_equal(content->framed.data, bytes.data + 2);
    assert_ptr_equal(content->transcript.data, content->framed.data);
    assert_ptr_equal(content->encoded.data, content->framed.data);
    assert_int_equal(content->encoded.len, bytes.len - 2 - 1 - public_message->membership_tag.len);
    assert_int_equal(content->transcript.len, content->encoded.len - tag);
    assert_int_equal(content->framed.len, content->encoded.len - tag - signature);
    /* an empty commit is two bytes */
    assert_ptr_equal(content->body.data, content->framed.data + content->framed.len - 2);
    assert_int_equal(content->body.len, 2 + signature + tag);

    struct base_bytes BASE_CLEANUP(base_bytes_free) package_bytes = encoded(find("key package")->write);
    struct mls_key_package package;
    assert_ok(mls_key_package_decode(base_borrow(&package_bytes), &package));
    assert_true(base_slice_equal(package.encoded, base_borrow(&package_bytes)));
    assert_int_equal(package.tbs.len, package_bytes.len - 1 - package.signature.len);
    assert_int_equal(package.leaf.tbs.len, package.leaf.encoded.len - 1 - package.leaf.signature.len);

    struct base_bytes BASE_CLEANUP(base_bytes_free) private_bytes = encoded(find("private message")->write);
    assert_ok(mls_message_decode(base_borrow(&private_bytes), &message));
    assert_ptr_equal(message.of.private_message.sender_data_aad.data, private_bytes.data + 4);
    assert_int_equal(message.of.private_message.sender_data_aad.len, 6 + 8 + 1);
    assert_int_equal(message.of.private_message.content_aad.len, 6 + 8 + 1 + 19);
}

static void external_senders_are_found_by_index(void **state) {
    (void)state;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = encoded(find("external senders")->write);
    struct base_slice senders;
    struct mls_external_sender sender;
    assert_ok(mls_external_senders_decode(base_borrow(&bytes), &senders));
    assert_true(mls_external_sender_at(senders, 0, &sender));
    assert_int_equal(sender.credential.type, MLS_CREDENTIAL_BASIC);
    assert_true(mls_external_sender_at(senders, 1, &sender));
    assert_int_equal(sender.credential.type, MLS_CREDENTIAL_X509);
    assert_false(mls_external_sender_at(senders, 2, &sender));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sample_comes_back),
        cmocka_unit_test(damage_is_refused_or_meant),
        cmocka_unit_test(unknown_numbers_have_their_errors),
        cmocka_unit_test(leaf_sources_are_those_of_their_place),
        cmocka_unit_test(what_has_no_form_is_not_encoded),
        cmocka_unit_test(an_extension_stands_once_in_a_list),
        cmocka_unit_test(unmerged_leaves_rise),
        cmocka_unit_test(lists_of_numbers),
        cmocka_unit_test(spans_are_what_was_read),
        cmocka_unit_test(external_senders_are_found_by_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
