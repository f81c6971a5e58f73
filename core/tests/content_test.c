/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * MIMI content: the examples of draft-ietf-mimi-content-08, made from their diagnostic notation. Their published ids
 * are hashes of every byte, so that they tell whether our encoding is the one.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "content/cbor.h"
#include "content_examples.h"
#include "test/alloc.h"
#include "test/mutate.h"
#include "test/result.h"

enum { MAX_BODY = 2048 };

static struct base_writer body_writer(void) {
    return base_writer(base_allocator_libc(), MAX_BODY);
}

static void the_examples_have_their_ids(void **state) {
    (void)state;
    for (size_t i = 0; i < CONTENT_EXAMPLES; i++) {
        struct base_bytes bytes = content_example_encode(&content_examples[i]);
        struct content content;
        assert_ok(content_decode(base_borrow(&bytes), &content));
        uint8_t id[CONTENT_ID_LEN];
        char hex[2 * CONTENT_ID_LEN + 1];
        content_id(base_slice_text(content_examples[i].sender), base_slice_text(content_example_room),
                   base_borrow(&bytes), content.salt, id);
        sodium_bin2hex(hex, sizeof hex, id, sizeof id);
        if (strcmp(hex, content_examples[i].id) != 0) {
            print_error("%s\n", content_examples[i].name);
        }
        assert_string_equal(hex, content_examples[i].id);
        struct base_reader uri = base_reader(content_extension(&content, CONTENT_SENDER_URI));
        struct base_slice sender;
        assert_ok(cbor_read_text(&uri, &sender));
        assert_true(base_slice_equal(sender, base_slice_text(content_examples[i].sender)));
        base_bytes_free(&bytes);
    }
}

/* What decodes must encode to what it was: there is one form for each message. */
static void decode_mutation(struct base_slice mutated, void *user) {
    size_t *accepted = (size_t *)user;
    struct content content;
    if (content_decode(mutated, &content) != BASE_OK) {
        return;
    }
    struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
    content_encode(&writer, &content);
    assert_true(base_slice_equal(base_writer_view(&writer), mutated));
    base_writer_free(&writer);
    (*accepted)++;
}

static void damage_is_noticed_or_means_something_else(void **state) {
    (void)state;
    for (size_t i = 0; i < CONTENT_EXAMPLES; i++) {
        struct base_bytes bytes = content_example_encode(&content_examples[i]);
        size_t accepted = 0;
        test_each_truncation(base_borrow(&bytes), decode_mutation, &accepted);
        test_each_extension(base_borrow(&bytes), decode_mutation, &accepted);
        assert_int_equal(accepted, 0);
        test_each_bit_flip(base_borrow(&bytes), decode_mutation, &accepted);
        assert_true(accepted > 0); /* texts and keys have no wrong values */
        base_bytes_free(&bytes);
    }
}

/* A message with this item in the place of its extensions. */
static base_result decode_with(const char *extensions_hex, const char *body_hex) {
    uint8_t bytes[512], extensions[200], body[200];
    size_t extensions_len, body_len;
    assert_int_equal(sodium_hex2bin(extensions, sizeof extensions, extensions_hex, strlen(extensions_hex), " ",
                                    &extensions_len, NULL),
                     0);
    assert_int_equal(sodium_hex2bin(body, sizeof body, body_hex, strlen(body_hex), " ", &body_len, NULL), 0);
    struct base_writer writer = body_writer();
    struct content content = {
        .extensions = base_slice(extensions, extensions_len),
        .body = base_slice(body, body_len),
    };
    content_encode(&writer, &content);
    struct base_slice view = base_writer_view(&writer);
    assert_true(view.len <= sizeof bytes);
    memcpy(bytes, view.data, view.len);
    size_t len = view.len;
    base_writer_free(&writer);
    return content_decode(base_slice(bytes, len), &content);
}

static void what_the_draft_forbids_is_refused(void **state) {
    (void)state;
    static const char empty[] = "a0", null_part[] = "83 01 60 00";
    assert_ok(decode_with(empty, null_part));
    /* Extensions: forms, keys, order, depth. */
    assert_result(&CBOR_ERR_FORM, decode_with("a1 18 05 00", null_part));
    assert_result(&CBOR_ERR_FORM, decode_with("bf ff", null_part));
    assert_result(&CBOR_ERR_ORDER, decode_with("a2 05 00 05 00", null_part));
    assert_result(&CBOR_ERR_ORDER, decode_with("a2 05 00 04 00", null_part));
    assert_result(&CONTENT_ERR_EXTENSION, decode_with("a1 41 00 00", null_part));
    assert_result(&CONTENT_ERR_EXTENSION, decode_with("a1 60 00", null_part));
    assert_result(&CONTENT_ERR_EXTENSION, decode_with("a1 1b 0020000000000000 00", null_part));
    assert_ok(decode_with("a1 1b 001fffffffffffff 00", null_part));
    assert_result(&CONTENT_ERR_EXTENSION, decode_with("a1 3b 001fffffffffffff 00", null_part));
    assert_result(&CBOR_ERR_TYPE, decode_with("a1 01 00", null_part));
    assert_ok(decode_with("a1 05 81 81 c0 00", null_part));
    assert_result(&CBOR_ERR_DEPTH, decode_with("a1 05 81 81 81 80", null_part));
    assert_result(&CBOR_ERR_UTF8, decode_with("a1 05 61 ff", null_part));
    /* Floats: shortest, and one NaN. */
    assert_ok(decode_with("a1 05 f9 3c00", null_part));
    assert_ok(decode_with("a1 05 f9 7e00", null_part));
    assert_result(&CBOR_ERR_FORM, decode_with("a1 05 f9 7e01", null_part));
    assert_result(&CBOR_ERR_FORM, decode_with("a1 05 fa 3f800000", null_part));
    assert_result(&CBOR_ERR_FORM, decode_with("a1 05 fa 33800000", null_part));
    assert_ok(decode_with("a1 05 fa 33000000", null_part));
    assert_ok(decode_with("a1 05 fa 3f8ccccd", null_part));
    assert_result(&CBOR_ERR_FORM, decode_with("a1 05 fb 3ff0000000000000", null_part));
    assert_ok(decode_with("a1 05 fb 3ff199999999999a", null_part));
    /* Bodies: shape, semantics, nesting. */
    assert_result(&CBOR_ERR_TYPE, decode_with(empty, "84 01 60 00 00"));
    assert_result(&BASE_ERR_VALUE, decode_with(empty, "83 01 60 04"));
    assert_result(&BASE_ERR_VALUE, decode_with(empty, "83 190100 60 00"));
    assert_result(&CONTENT_ERR_SEMANTICS, decode_with(empty, "85 01 60 03 03 82 83 01 60 00 83 01 60 00"));
    assert_result(&CONTENT_ERR_PARTS, decode_with(empty, "85 01 60 03 00 81 83 01 60 00"));
    assert_ok(decode_with(empty, "85 01 60 03 00 82 83 01 60 00 83 01 60 00"));
    static const char deep[] = "85 01 60 03 00 82 83 01 60 00"
                               "85 01 60 03 00 82 83 01 60 00"
                               "85 01 60 03 00 82 83 01 60 00"
                               "85 01 60 03 00 82 83 01 60 00 83 01 60 00";
    assert_result(&CBOR_ERR_DEPTH, decode_with(empty, deep));
    assert_ok(decode_with(empty, deep + sizeof "85 01 60 03 00 82 83 01 60 00" - 1)); /* one level less */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_have_their_ids),
        cmocka_unit_test(damage_is_noticed_or_means_something_else),
        cmocka_unit_test(what_the_draft_forbids_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
