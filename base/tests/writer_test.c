/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: exact bytes, its maximum to the byte, the failure that sticks, and no memory that is lost or unwiped.
 */
#include "base/writer.h"

#include <string.h>

#include "base/reader.h"
#include "test/alloc.h"
#include "test/result.h"

#define assert_bytes(BYTES, LITERAL)                                                                                   \
    assert_true(base_slice_equal(base_borrow(&(BYTES)), base_slice(LITERAL, sizeof(LITERAL) - 1)))

static const struct base_error OWN = { "OWN", "an error of the encoder's own", NULL, BASE_USAGE };

static void numbers_are_big_endian(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_writer writer = base_writer(&alloc.allocator, 100);
    base_write_u8(&writer, 0xff);
    base_write_u16(&writer, 0x0102);
    base_write_u32(&writer, 0x03040506);
    base_write_u64(&writer, 0x0708090a0b0c0d0e);
    base_write_slice(&writer, base_slice_text("ab"));
    base_write_slice(&writer, base_slice(NULL, 0));
    base_write_opaque(&writer, base_slice_text("c"));
    base_write_opaque(&writer, base_slice(NULL, 0));
    base_write_optional(&writer, false);
    base_write_optional(&writer, true);
    struct base_bytes out = { 0 };
    assert_ok(base_writer_finish(&writer, &out));
    assert_bytes(out, "\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
                      "ab\x01"
                      "c\x00\x00\x01");
    base_bytes_free(&out);
    test_alloc_end(&alloc);
}

static void varints_are_minimal(void **state) {
    (void)state;
    static const struct {
        size_t value;
        const char *bytes;
        size_t len;
    } forms[] = {
        { 0, "\x00", 1 },
        { 63, "\x3f", 1 },
        { 64, "\x40\x40", 2 },
        { 16383, "\x7f\xff", 2 },
        { 16384, "\x80\x00\x40\x00", 4 },
        { 1073741823, "\xbf\xff\xff\xff", 4 },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct base_writer writer = base_writer(base_allocator_libc(), 4);
        base_write_varint(&writer, forms[i].value);
        assert_true(base_slice_equal(base_writer_view(&writer), base_slice(forms[i].bytes, forms[i].len)));
        base_writer_free(&writer);
    }
    struct base_writer writer = base_writer(base_allocator_libc(), 100);
    base_write_varint(&writer, 1073741824);
    struct base_bytes out = { 0 };
    assert_result(&BASE_ERR_TOO_LONG, base_writer_finish(&writer, &out));
    assert_null(out.data);
}

static void maximum_is_exact(void **state) {
    (void)state;
    static const uint8_t zeros[3000] = { 0 };
    static const size_t maxima[] = { 0, 1, 255, 256, 257, 511, 513, 1000, 2999 };
    for (size_t i = 0; i < sizeof maxima / sizeof *maxima; i++) {
        struct test_alloc alloc;
        test_alloc_init(&alloc);
        struct base_bytes out = { 0 };
        struct base_writer writer = base_writer(&alloc.allocator, maxima[i]);
        for (size_t k = 0; k < maxima[i]; k++) {
            base_write_u8(&writer, 0xee);
        }
        assert_true(writer.capacity <= (maxima[i] < 256 ? 256 : maxima[i]));
        assert_ok(base_writer_finish(&writer, &out));
        assert_int_equal(out.len, maxima[i]);
        base_bytes_free(&out);

        writer = base_writer(&alloc.allocator, maxima[i]);
        base_write_slice(&writer, base_slice(zeros, maxima[i]));
        base_write_u8(&writer, 0);
        assert_result(&BASE_ERR_TOO_LONG, base_writer_finish(&writer, &out));

        writer = base_writer(&alloc.allocator, maxima[i]);
        base_write_slice(&writer, base_slice(zeros, maxima[i] + 1));
        assert_result(&BASE_ERR_TOO_LONG, base_writer_finish(&writer, &out));
        assert_null(out.data);
        test_alloc_end(&alloc);
    }
    struct base_writer writer = base_writer(base_allocator_libc(), SIZE_MAX);
    base_write_u8(&writer, 1);
    assert_null(base_write_space(&writer, SIZE_MAX));
    struct base_bytes out = { 0 };
    assert_result(&BASE_ERR_TOO_LONG, base_writer_finish(&writer, &out));
}

static void first_failure_sticks(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_writer writer = base_writer(&alloc.allocator, 100);
    base_write_u32(&writer, 1);
    size_t mark = base_write_vector_begin(&writer);
    base_writer_fail(&writer, &OWN);
    base_writer_fail(&writer, &BASE_ERR_VALUE);
    base_write_u32(&writer, 2);
    base_write_varint(&writer, SIZE_MAX);
    base_write_vector_end(&writer, mark);
    assert_null(base_write_space(&writer, 1));
    assert_int_equal(base_writer_view(&writer).len, 0);
    struct base_bytes out = { 0 };
    assert_result(&OWN, base_writer_finish(&writer, &out));
    assert_null(out.data);
    test_alloc_end(&alloc);
}

static void nothing_written_is_empty(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_writer writer = base_writer(&alloc.allocator, 0);
    assert_int_equal(base_writer_view(&writer).len, 0);
    struct base_bytes out = { 0 };
    assert_ok(base_writer_finish(&writer, &out));
    assert_int_equal(out.len, 0);
    base_bytes_free(&out);
    test_alloc_end(&alloc);
}

static void space_is_zeroed_and_part_of_the_output(void **state) {
    (void)state;
    struct base_writer writer = base_writer(base_allocator_libc(), 1000);
    base_write_u8(&writer, 1);
    uint8_t *space = base_write_space(&writer, 2);
    assert_non_null(space);
    assert_int_equal(space[0] | space[1], 0);
    space[1] = 9;
    assert_null(base_write_space(&writer, 0));
    base_write_u8(&writer, 2);
    struct base_bytes out = { 0 };
    assert_ok(base_writer_finish(&writer, &out));
    assert_bytes(out, "\x01\x00\x09\x02");
    base_bytes_free(&out);
}

static void vectors_nest(void **state) {
    (void)state;
    struct base_writer writer = base_writer(base_allocator_libc(), 1000);
    base_write_u8(&writer, 0xaa);
    size_t outer = base_write_vector_begin(&writer);
    size_t inner = base_write_vector_begin(&writer);
    base_write_slice(&writer, base_slice_text("ab"));
    base_write_vector_end(&writer, inner);
    inner = base_write_vector_begin(&writer);
    base_write_vector_end(&writer, inner);
    base_write_vector_end(&writer, outer);
    base_write_u8(&writer, 0xbb);
    struct base_bytes out = { 0 };
    assert_ok(base_writer_finish(&writer, &out));
    assert_bytes(out, "\xaa\x04\x02"
                      "ab\x00\xbb");
    base_bytes_free(&out);
}

/* Content lengths around those where the prefix gets longer, with a maximum that just fits or is one byte short. */
static void vectors_at_the_bounds_of_their_prefix(void **state) {
    (void)state;
    static const size_t lengths[] = { 0, 1, 63, 64, 65, 16383, 16384, 16385 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t len = lengths[i];
        size_t whole = len + (len < 64 ? 1 : len < 16384 ? 2 : 4);
        for (size_t max = whole - 1; max <= whole; max++) {
            struct test_alloc alloc;
            test_alloc_init(&alloc);
            struct base_writer writer = base_writer(&alloc.allocator, max);
            size_t mark = base_write_vector_begin(&writer);
            for (size_t k = 0; k < len; k++) {
                base_write_u8(&writer, (uint8_t)(k % 251));
            }
            base_write_vector_end(&writer, mark);
            struct base_bytes out = { 0 };
            assert_result(max == whole ? BASE_OK : &BASE_ERR_TOO_LONG, base_writer_finish(&writer, &out));
            if (max == whole) {
                struct base_reader reader = base_reader(base_borrow(&out));
                struct base_slice content = { 0 };
                assert_ok(base_read_opaque(&reader, &content));
                assert_ok(base_read_end(&reader));
                assert_int_equal(content.len, len);
                for (size_t k = 0; k < len; k++) {
                    assert_int_equal(content.data[k], k % 251);
                }
            }
            base_bytes_free(&out);
            test_alloc_end(&alloc);
        }
    }
}

static void ended_writer_takes_nothing_more(void **state) {
    (void)state;
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(&alloc.allocator, 10);
    base_write_u8(&writer, 1);
    struct base_bytes out = { 0 };
    assert_ok(base_writer_finish(&writer, &out));
    base_write_u8(&writer, 2);
    struct base_bytes again = { 0 };
    assert_result(&BASE_ERR_TOO_LONG, base_writer_finish(&writer, &again));
    assert_null(again.data);
    assert_bytes(out, "\x01");
    base_writer_free(&writer);
    base_writer_free(&writer);
    base_bytes_free(&out);
    test_alloc_end(&alloc);
}

static base_result write_much(const struct base_allocator *allocator, void *user) {
    (void)user;
    struct base_writer writer = base_writer(allocator, 1 << 16);
    size_t mark = base_write_vector_begin(&writer);
    for (uint32_t i = 0; i < 1000; i++) {
        base_write_u32(&writer, i);
    }
    base_write_vector_end(&writer, mark);
    struct base_bytes out = { 0 };
    base_result result = base_writer_finish(&writer, &out);
    TEST_CHECK((result == BASE_OK) == (out.data != NULL), "an error and an output, or neither");
    base_bytes_free(&out);
    return result;
}

static void lack_of_memory_is_reported(void **state) {
    (void)state;
    assert_int_equal(test_each_allocation(write_much, NULL), 5); /* 256, 512, 1024, 2048, 4096 */

    struct test_alloc alloc;
    test_alloc_init(&alloc);
    alloc.fail_at = 0;
    struct base_writer writer = base_writer(&alloc.allocator, 10);
    struct base_bytes out = { 0 };
    assert_result(&BASE_ERR_NO_MEMORY, base_writer_finish(&writer, &out));
    assert_null(out.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(varints_are_minimal),
        cmocka_unit_test(maximum_is_exact),
        cmocka_unit_test(first_failure_sticks),
        cmocka_unit_test(nothing_written_is_empty),
        cmocka_unit_test(space_is_zeroed_and_part_of_the_output),
        cmocka_unit_test(vectors_nest),
        cmocka_unit_test(vectors_at_the_bounds_of_their_prefix),
        cmocka_unit_test(ended_writer_takes_nothing_more),
        cmocka_unit_test(lack_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
