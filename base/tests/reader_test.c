/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: every type at its bounds, exact errors, and on error nothing has moved.
 */
#include "base/reader.h"

#include <string.h>

#include "test/mutate.h"
#include "test/result.h"

/* A reader over the bytes of a string literal. */
#define READ(LITERAL) base_reader(base_slice(LITERAL, sizeof(LITERAL) - 1))

static void numbers_are_big_endian(void **state) {
    (void)state;
    struct base_reader reader = READ("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff");
    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    assert_ok(base_read_u16(&reader, &u16));
    assert_int_equal(u16, 0x0102);
    assert_ok(base_read_u32(&reader, &u32));
    assert_int_equal(u32, 0x03040506);
    assert_ok(base_read_u64(&reader, &u64));
    assert_int_equal(u64, 0x0708090a0b0c0d0e);
    assert_result(&BASE_ERR_TRAILING, base_read_end(&reader));
    assert_ok(base_read_u8(&reader, &u8));
    assert_int_equal(u8, 0xff);
    assert_ok(base_read_end(&reader));
}

static void truncated_number_moves_nothing(void **state) {
    (void)state;
    static const uint8_t bytes[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
    for (size_t len = 0; len < 8; len++) {
        struct base_reader reader = base_reader(base_slice(len == 0 ? NULL : bytes, len));
        const struct base_reader before = reader;
        uint8_t u8 = 7;
        uint16_t u16 = 7;
        uint32_t u32 = 7;
        uint64_t u64 = 7;
        if (len < 1) {
            assert_result(&BASE_ERR_TRUNCATED, base_read_u8(&reader, &u8));
        }
        if (len < 2) {
            assert_result(&BASE_ERR_TRUNCATED, base_read_u16(&reader, &u16));
        }
        if (len < 4) {
            assert_result(&BASE_ERR_TRUNCATED, base_read_u32(&reader, &u32));
        }
        assert_result(&BASE_ERR_TRUNCATED, base_read_u64(&reader, &u64));
        assert_true(u8 == 7 && u16 == 7 && u32 == 7 && u64 == 7);
        assert_memory_equal(&reader, &before, sizeof reader);
    }
}

static void slices_and_copies(void **state) {
    (void)state;
    struct base_reader reader = READ("abcdef");
    struct base_slice slice = { 0 };
    assert_ok(base_read_slice(&reader, 2, &slice));
    assert_true(base_slice_equal(slice, base_slice_text("ab")));
    char copy[5] = "....";
    assert_ok(base_read_copy(&reader, copy, 3));
    assert_string_equal(copy, "cde.");
    assert_ok(base_read_slice(&reader, 0, &slice));
    assert_int_equal(slice.len, 0);
    assert_ok(base_read_copy(&reader, NULL, 0));

    slice = base_slice_text("as it was");
    assert_result(&BASE_ERR_TRUNCATED, base_read_slice(&reader, 2, &slice));
    assert_result(&BASE_ERR_TRUNCATED, base_read_slice(&reader, SIZE_MAX, &slice));
    assert_true(base_slice_equal(slice, base_slice_text("as it was")));
    assert_result(&BASE_ERR_TRUNCATED, base_read_copy(&reader, copy, 2));
    assert_string_equal(copy, "cde.");
    assert_int_equal(reader.left, 1);
}

static void varints_at_their_bounds(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t value;
    } valid[] = {
        { "\x00", 1, 0 },
        { "\x25", 1, 37 }, /* the three examples of RFC 9000 §A.1 that this format shares */
        { "\x3f", 1, 63 },
        { "\x40\x40", 2, 64 },
        { "\x7b\xbd", 2, 15293 },
        { "\x7f\xff", 2, 16383 },
        { "\x80\x00\x40\x00", 4, 16384 },
        { "\x9d\x7f\x3e\x7d", 4, 494878333 },
        { "\xbf\xff\xff\xff", 4, 1073741823 },
    };
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        struct base_reader reader = base_reader(base_slice(valid[i].bytes, valid[i].len));
        uint32_t value = 0;
        assert_ok(base_read_varint(&reader, &value));
        assert_int_equal(value, valid[i].value);
        assert_ok(base_read_end(&reader));
        for (size_t len = 0; len < valid[i].len; len++) {
            struct base_reader shorter = base_reader(base_slice(valid[i].bytes, len));
            value = 7;
            assert_result(&BASE_ERR_TRUNCATED, base_read_varint(&shorter, &value));
            assert_int_equal(value, 7);
            assert_int_equal(shorter.left, len);
        }
    }
}

static void varints_in_other_forms_are_refused(void **state) {
    (void)state;
    static const struct base_slice refused[] = {
        { (const uint8_t *)"\x40\x00", 2 }, /* 0 in two bytes */
        { (const uint8_t *)"\x40\x3f", 2 }, /* the largest that fits one */
        { (const uint8_t *)"\x80\x00\x00\x00", 4 },
        { (const uint8_t *)"\x80\x00\x3f\xff", 4 }, /* the largest that fits two */
        { (const uint8_t *)"\xc0", 1 },             /* the reserved form, whatever follows */
        { (const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct base_reader reader = base_reader(refused[i]);
        uint32_t value = 7;
        struct base_slice slice = { 0 };
        struct base_reader inner = { 0 };
        assert_result(&BASE_ERR_VARINT, base_read_varint(&reader, &value));
        assert_result(&BASE_ERR_VARINT, base_read_opaque(&reader, &slice));
        assert_result(&BASE_ERR_VARINT, base_read_vector(&reader, &inner));
        assert_int_equal(value, 7);
        assert_int_equal(reader.left, refused[i].len);
    }
}

static void opaques_within_a_bound(void **state) {
    (void)state;
    struct base_slice content = base_slice_text("as it was");
    struct base_reader reader = READ("\x03"
                                     "abc"
                                     "\x00");
    assert_result(&BASE_ERR_TOO_LONG, base_read_opaque_max(&reader, 2, &content));
    assert_true(base_slice_equal(content, base_slice_text("as it was")));
    assert_int_equal(reader.left, 5);
    assert_ok(base_read_opaque_max(&reader, 3, &content));
    assert_true(base_slice_equal(content, base_slice_text("abc")));
    assert_ok(base_read_opaque_max(&reader, 0, &content));
    assert_int_equal(content.len, 0);
    assert_ok(base_read_end(&reader));

    /* A length that the input can't have is refused without a look behind its end. */
    struct base_reader longer = READ("\xbf\xff\xff\xff"
                                     "abc");
    assert_result(&BASE_ERR_TRUNCATED, base_read_opaque(&longer, &content));
    assert_int_equal(longer.left, 7);
    assert_result(&BASE_ERR_TOO_LONG, base_read_opaque_max(&longer, 100, &content));
}

static void nested_vectors_end_where_they_say(void **state) {
    (void)state;
    struct base_reader reader = READ("\x05"
                                     "\x02"
                                     "ab"
                                     "\x01"
                                     "c"
                                     "rest");
    struct base_reader outer = { 0 };
    struct base_reader inner = { 0 };
    uint16_t pair = 0;
    uint8_t byte = 0;
    assert_ok(base_read_vector(&reader, &outer));
    assert_int_equal(reader.left, 4);
    assert_ok(base_read_vector(&outer, &inner));
    assert_ok(base_read_u16(&inner, &pair));
    assert_ok(base_read_end(&inner));
    assert_result(&BASE_ERR_TRUNCATED, base_read_u8(&inner, &byte));
    assert_ok(base_read_vector(&outer, &inner));
    assert_result(&BASE_ERR_TRAILING, base_read_end(&inner));
    assert_ok(base_read_end(&outer));

    /* The inner vector claims one byte more than the outer one has, though the input goes on. */
    struct base_reader crossing = READ("\x02\x02"
                                       "abc");
    assert_ok(base_read_vector(&crossing, &outer));
    assert_result(&BASE_ERR_TRUNCATED, base_read_vector(&outer, &inner));
    assert_int_equal(outer.left, 2);
}

static void presence_is_zero_or_one(void **state) {
    (void)state;
    struct base_reader reader = READ("\x00\x01\x02");
    bool present = true;
    assert_ok(base_read_optional(&reader, &present));
    assert_false(present);
    assert_ok(base_read_optional(&reader, &present));
    assert_true(present);
    assert_result(&BASE_ERR_VALUE, base_read_optional(&reader, &present));
    assert_true(present);
    assert_int_equal(reader.left, 1);

    struct base_reader empty = base_reader(base_slice(NULL, 0));
    assert_result(&BASE_ERR_TRUNCATED, base_read_optional(&empty, &present));
    assert_ok(base_read_end(&empty));
}

/* struct { uint16 a; opaque b<V>; optional<uint32> c; } */
static base_result read_sample(struct base_slice bytes) {
    struct base_reader reader = base_reader(bytes);
    uint16_t a = 0;
    struct base_slice b = { 0 };
    bool present = false;
    uint32_t c = 0;
    BASE_TRY(base_read_u16(&reader, &a));
    BASE_TRY(base_read_opaque_max(&reader, 8, &b));
    BASE_TRY(base_read_optional(&reader, &present));
    if (present) {
        BASE_TRY(base_read_u32(&reader, &c));
    }
    return base_read_end(&reader);
}

static void refuse(struct base_slice bytes, void *user) {
    int *refused = user;
    *refused += read_sample(bytes) != BASE_OK;
}

static void every_truncation_and_extension_is_refused(void **state) {
    (void)state;
    const struct base_slice sample = base_slice("\xab\xcd\x03xyz\x01\xde\xad\xbe\xef", 11);
    assert_ok(read_sample(sample));
    int refused = 0;
    test_each_truncation(sample, refuse, &refused);
    assert_int_equal(refused, 11);
    test_each_extension(sample, refuse, &refused);
    assert_int_equal(refused, 13);
    /* Bits of the length and of the presence octet break it; those of the numbers and of the text can't. */
    refused = 0;
    test_each_bit_flip(sample, refuse, &refused);
    assert_int_equal(refused, 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(truncated_number_moves_nothing),
        cmocka_unit_test(slices_and_copies),
        cmocka_unit_test(varints_at_their_bounds),
        cmocka_unit_test(varints_in_other_forms_are_refused),
        cmocka_unit_test(opaques_within_a_bound),
        cmocka_unit_test(nested_vectors_end_where_they_say),
        cmocka_unit_test(presence_is_zero_or_one),
        cmocka_unit_test(every_truncation_and_extension_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
