/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader and writer against each other: the input is a program, one byte of it says what to read of the rest. What is
 * read is written again and must give the same bytes; what is refused must leave the reader where it was.
 */
#include "base/reader.h"
#include "base/writer.h"
#include "test/alloc.h"
#include "test/fuzz.h"

enum { MAX_NESTING = 8 };

static void copy_value(struct base_reader *reader, struct base_writer *writer, unsigned depth);

static void copy_vector(struct base_reader *reader, struct base_writer *writer, unsigned depth) {
    struct base_reader content = { 0 };
    if (depth == MAX_NESTING || base_read_vector(reader, &content) != BASE_OK) {
        return;
    }
    size_t mark = base_write_vector_begin(writer);
    copy_value(&content, writer, depth + 1);
    /* What the values did not take stays as it is. */
    struct base_slice rest = { 0 };
    TEST_CHECK(base_read_slice(&content, content.left, &rest) == BASE_OK, "the rest can be read");
    TEST_CHECK(base_read_end(&content) == BASE_OK, "nothing is left behind the rest");
    base_write_slice(writer, rest);
    base_write_vector_end(writer, mark);
}

static void copy_opaque(struct base_reader *reader, struct base_writer *writer, size_t max) {
    struct base_slice content = { 0 };
    if (base_read_opaque_max(reader, max, &content) == BASE_OK) {
        TEST_CHECK(content.len <= max, "the bound holds");
        base_write_opaque(writer, content);
    }
}

static void copy_number(struct base_reader *reader, struct base_writer *writer, unsigned kind) {
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    if (kind == 0 && base_read_u16(reader, &u16) == BASE_OK) {
        base_write_u16(writer, u16);
    } else if (kind == 1 && base_read_u32(reader, &u32) == BASE_OK) {
        base_write_u32(writer, u32);
    } else if (kind == 2 && base_read_u64(reader, &u64) == BASE_OK) {
        base_write_u64(writer, u64);
    } else if (kind == 3 && base_read_varint(reader, &u32) == BASE_OK) {
        base_write_varint(writer, u32);
    }
}

static void copy_value(struct base_reader *reader, struct base_writer *writer, unsigned depth) {
    uint8_t operation = 0;
    while (base_read_u8(reader, &operation) == BASE_OK) {
        base_write_u8(writer, operation);
        const struct base_reader before = *reader;
        const size_t written = writer->len;
        bool present = false;
        switch (operation % 8) {
        case 4:
            copy_opaque(reader, writer, operation);
            break;
        case 5:
            copy_opaque(reader, writer, SIZE_MAX);
            break;
        case 6:
            copy_vector(reader, writer, depth);
            break;
        case 7:
            if (base_read_optional(reader, &present) == BASE_OK) {
                base_write_optional(writer, present);
            }
            break;
        default:
            copy_number(reader, writer, operation % 8);
        }
        TEST_CHECK(before.left - reader->left == writer->len - written, "as much is written as was read");
        TEST_CHECK(before.next + (before.left - reader->left) == reader->next || before.left == 0, "in step");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct base_writer writer = base_writer(&alloc.allocator, size + 4); /* a prefix is put to its place at the end */
    struct base_reader reader = base_reader(base_slice(data, size));
    copy_value(&reader, &writer, 0);
    struct base_bytes copy = { 0 };
    TEST_CHECK(base_writer_finish(&writer, &copy) == BASE_OK, "what can be read can be written");
    TEST_CHECK(base_read_end(&reader) == BASE_OK, "everything has been read");
    TEST_CHECK(base_slice_equal(base_borrow(&copy), base_slice(data, size)), "the copy is the same");
    base_bytes_free(&copy);
    test_alloc_end(&alloc);
    return 0;
}

void test_fuzz_seeds(test_fuzz_seed seed, void *user) {
    seed(base_slice("\x00\x12\x34\x01\x12\x34\x56\x78\x02\x01\x02\x03\x04\x05\x06\x07\x08\x03\x7b\xbd", 20), user);
    seed(base_slice("\x04\x03xyz\x05\x40\x40", 8), user);
    seed(base_slice("\x07\x00\x07\x01\x07\x02", 6), user);
    seed(base_slice("\x06\x06\x06\x02\x07\x01\x03\x25\x00\x00\x01", 11), user);
    seed(base_slice("\x03\xbf\xff\xff\xff\x03\x40\x01\x03\xff", 10), user);
}
