/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Body parts of our own types: each has one encoding, and every bound holds at both of its sides.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "bodies.h"
#include "content/cbor.h"
#include "test/mutate.h"
#include "test/result.h"

static struct base_bytes unhex(const char *hex) {
    struct base_bytes bytes = { 0 };
    size_t len;
    assert_ok(base_bytes_take(base_allocator_libc(), strlen(hex) / 2 + 1, &bytes));
    assert_int_equal(sodium_hex2bin(bytes.data, bytes.len, hex, strlen(hex), " ", &len, NULL), 0);
    bytes.len = len;
    return bytes;
}

static void reencode_mutation(struct base_slice mutated, void *user) {
    const struct body_kind *kind = (const struct body_kind *)user;
    struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
    if (kind->reencode(mutated, &writer) == BASE_OK) {
        assert_true(base_slice_equal(base_writer_view(&writer), mutated));
    }
    base_writer_free(&writer);
}

static void refuse_mutation(struct base_slice mutated, void *user) {
    const struct body_kind *kind = (const struct body_kind *)user;
    struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
    assert_ptr_not_equal(kind->reencode(mutated, &writer), BASE_OK);
    base_writer_free(&writer);
}

static void each_has_one_encoding(void **state) {
    (void)state;
    for (size_t i = 0; i < BODY_KINDS; i++) {
        struct body_kind kind = body_kinds[i];
        struct base_bytes bytes = unhex(kind.sample);
        struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
        assert_ok(kind.reencode(base_borrow(&bytes), &writer));
        assert_true(base_slice_equal(base_writer_view(&writer), base_borrow(&bytes)));
        test_each_truncation(base_borrow(&bytes), refuse_mutation, &kind);
        test_each_extension(base_borrow(&bytes), refuse_mutation, &kind);
        test_each_bit_flip(base_borrow(&bytes), reencode_mutation, &kind);
        base_writer_free(&writer);
        base_bytes_free(&bytes);
    }
}

static void assert_decodes(enum body kind, base_result expected, const char *hex) {
    struct base_bytes bytes = unhex(hex);
    struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
    base_result result = body_kinds[kind].reencode(base_borrow(&bytes), &writer);
    if (expected == BASE_OK) {
        assert_ok(result);
    } else {
        assert_result(expected, result);
    }
    base_writer_free(&writer);
    base_bytes_free(&bytes);
}

static void bounds_of_polls(void **state) {
    (void)state;
    assert_decodes(BODY_POLL, BASE_OK, "83 61 71 82 61 61 61 62 f4");
    assert_decodes(BODY_POLL, &CBOR_ERR_TYPE, "82 61 71 82 61 61 61 62");
    assert_decodes(BODY_POLL, &BASE_ERR_VALUE, "83 60 82 61 61 61 62 f4");    /* no question */
    assert_decodes(BODY_POLL, &BASE_ERR_VALUE, "83 61 0a 82 61 61 61 62 f4"); /* a line break */
    assert_decodes(BODY_POLL, &BASE_ERR_VALUE, "83 61 71 81 61 61 f4");       /* one option */
    assert_decodes(BODY_POLL, &BASE_ERR_VALUE, "83 61 71 82 61 61 60 f4");    /* an empty one */
    assert_decodes(BODY_POLL, &CBOR_ERR_TYPE, "83 61 71 82 61 61 61 62 00");  /* no bool */
    assert_decodes(BODY_POLL, &CBOR_ERR_UTF8, "83 61 ff 82 61 61 61 62 f4");
    struct content_poll poll = { .question = base_slice_text("q"), .count = CONTENT_MAX_OPTIONS };
    uint8_t longest[CONTENT_MAX_QUESTION + 1];
    memset(longest, 'a', sizeof longest);
    for (uint32_t i = 0; i < CONTENT_MAX_OPTIONS; i++) {
        poll.options[i] = base_slice(longest, CONTENT_MAX_OPTION);
    }
    for (int i = 0; i < 4; i++) {
        struct content_poll changed = poll, decoded;
        changed.question = base_slice(longest, i == 1 ? sizeof longest : sizeof longest - 1);
        changed.options[3].len += i == 2 ? 1 : 0;
        struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
        content_poll_encode(&writer, &changed);
        base_result result = content_poll_decode(base_writer_view(&writer), &decoded);
        assert_true(result == (i == 1 || i == 2 ? &BASE_ERR_VALUE : BASE_OK));
        base_writer_free(&writer);
    }
    assert_decodes(BODY_POLL, &BASE_ERR_VALUE,
                   "83 61 71 95 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 "
                   "61 61 61 61 61 61 61 61 61 61 61 61 61 f4"); /* 21 options */
}

static void bounds_of_locations(void **state) {
    (void)state;
    assert_decodes(BODY_LOCATION, BASE_OK, "84 1a 35a4e900 3a 6b49d1ff 1a 000186a0 60"); /* 90, -180, 100 km */
    assert_decodes(BODY_LOCATION, &BASE_ERR_VALUE, "84 1a 35a4e901 00 00 60");
    assert_decodes(BODY_LOCATION, &BASE_ERR_VALUE, "84 00 3a 6b49d200 00 60");
    assert_decodes(BODY_LOCATION, &BASE_ERR_VALUE, "84 00 00 1a 000186a1 60");
    assert_decodes(BODY_LOCATION, &BASE_ERR_VALUE, "84 00 00 00 61 00");
    assert_decodes(BODY_LOCATION, &CBOR_ERR_TYPE, "84 00 f9 3c00 00 60");
    assert_decodes(BODY_LOCATION, &CBOR_ERR_TYPE, "83 00 00 00");
    static const struct {
        int32_t degrees;
        const char *text;
    } texts[] = {
        { 0, "0" },
        { 1, "0.0000001" },
        { -1, "-0.0000001" },
        { 469480900, "46.94809" },
        { -1800000000, "-180" },
        { 100000000, "10" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[CONTENT_MAX_DEGREES];
        content_degrees_text(texts[i].degrees, text);
        assert_string_equal(text, texts[i].text);
    }
}

static void bounds_of_media(void **state) {
    (void)state;
    assert_decodes(BODY_MEDIA, BASE_OK, "85 03 19 ffff 19 ffff 1a 240c8400 40");
    assert_decodes(BODY_MEDIA, &BASE_ERR_VALUE, "85 04 00 00 00 40");
    assert_decodes(BODY_MEDIA, &BASE_ERR_VALUE, "85 01 1a 00010000 00 00 40");
    assert_decodes(BODY_MEDIA, &BASE_ERR_VALUE, "85 01 00 00 1a 240c8401 40");
    assert_decodes(BODY_MEDIA, &CBOR_ERR_TYPE, "84 01 00 00 00");
    struct content_media media = { .kind = CONTENT_VOICE };
    uint8_t waveform[CONTENT_MAX_WAVEFORM + 1] = { 0 };
    for (size_t extra = 0; extra < 2; extra++) {
        struct content_media decoded;
        media.waveform = base_slice(waveform, CONTENT_MAX_WAVEFORM + extra);
        struct base_writer writer = base_writer(base_allocator_libc(), CONTENT_MAX);
        content_media_encode(&writer, &media);
        base_result result = content_media_decode(base_writer_view(&writer), &decoded);
        assert_true(result == (extra == 0 ? BASE_OK : &BASE_ERR_VALUE));
        base_writer_free(&writer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_one_encoding),
        cmocka_unit_test(bounds_of_polls),
        cmocka_unit_test(bounds_of_locations),
        cmocka_unit_test(bounds_of_media),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
