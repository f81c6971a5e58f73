/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

#include <string.h>

enum { FIRST_CAPACITY = 256 };

struct base_writer base_writer(const struct base_allocator *allocator, size_t max) {
    return (struct base_writer){ .allocator = allocator, .max = max };
}

void base_writer_fail(struct base_writer *writer, base_result error) {
    if (writer->failed == BASE_OK) {
        writer->failed = error;
    }
}

static base_result grow(struct base_writer *writer, size_t more) {
    BASE_ENSURE(more <= writer->max - writer->len, BASE_ERR_TOO_LONG);
    size_t needed = writer->len + more;
    if (needed <= writer->capacity) {
        return BASE_OK;
    }
    size_t capacity = writer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : writer->capacity;
    while (capacity < needed) {
        capacity = capacity > writer->max / 2 ? writer->max : capacity * 2;
    }
    uint8_t *data =
        writer->data == NULL ? base_take(writer->allocator, capacity, 1) : base_retake(writer->data, capacity, 1);
    BASE_ENSURE(data != NULL, BASE_ERR_NO_MEMORY);
    writer->data = data;
    writer->capacity = capacity;
    return BASE_OK;
}

uint8_t *base_write_space(struct base_writer *writer, size_t len) {
    if (writer->failed != BASE_OK) {
        return NULL;
    }
    base_writer_fail(writer, grow(writer, len));
    if (writer->failed != BASE_OK || len == 0) {
        return NULL;
    }
    uint8_t *space = writer->data + writer->len;
    memset(space, 0, len);
    writer->len += len;
    return space;
}

void base_write_slice(struct base_writer *writer, struct base_slice bytes) {
    uint8_t *space = base_write_space(writer, bytes.len);
    if (space != NULL) {
        memcpy(space, bytes.data, bytes.len);
    }
}

static void write_number(struct base_writer *writer, size_t size, uint64_t value) {
    uint8_t raw[8];
    for (size_t i = 0; i < size; i++) {
        raw[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    base_write_slice(writer, base_slice(raw, size));
    base_wipe(raw, sizeof raw);
}

void base_write_u8(struct base_writer *writer, uint8_t value) {
    write_number(writer, 1, value);
}

void base_write_u16(struct base_writer *writer, uint16_t value) {
    write_number(writer, 2, value);
}

void base_write_u32(struct base_writer *writer, uint32_t value) {
    write_number(writer, 4, value);
}

void base_write_u64(struct base_writer *writer, uint64_t value) {
    write_number(writer, 8, value);
}

void base_write_varint(struct base_writer *writer, size_t value) {
    if (value < 0x40) {
        write_number(writer, 1, value);
    } else if (value < 0x4000) {
        write_number(writer, 2, 0x4000 | value);
    } else if (value < 0x40000000) {
        write_number(writer, 4, 0x80000000 | value);
    } else {
        base_writer_fail(writer, &BASE_ERR_TOO_LONG);
    }
}

void base_write_opaque(struct base_writer *writer, struct base_slice bytes) {
    base_write_varint(writer, bytes.len);
    base_write_slice(writer, bytes);
}

void base_write_optional(struct base_writer *writer, bool present) {
    base_write_u8(writer, present ? 1 : 0);
}

size_t base_write_vector_begin(struct base_writer *writer) {
    return writer->len;
}

void base_write_vector_end(struct base_writer *writer, size_t mark) {
    if (writer->failed != BASE_OK) {
        return;
    }
    size_t content = writer->len - mark;
    base_write_varint(writer, content);
    if (writer->failed != BASE_OK) {
        return;
    }
    /* The prefix now stands behind the content: turn the two round. */
    uint8_t prefix[4];
    size_t prefix_len = writer->len - mark - content;
    uint8_t *start = writer->data + mark;
    memcpy(prefix, start + content, prefix_len);
    memmove(start + prefix_len, start, content);
    memcpy(start, prefix, prefix_len);
}

struct base_slice base_writer_view(const struct base_writer *writer) {
    return writer->failed != BASE_OK ? base_slice(NULL, 0) : base_slice(writer->data, writer->len);
}

base_result base_writer_finish(struct base_writer *writer, struct base_bytes *out) {
    if (writer->failed == BASE_OK && writer->data == NULL) {
        base_writer_fail(writer, base_bytes_take(writer->allocator, 0, out));
    } else if (writer->failed == BASE_OK) {
        *out = (struct base_bytes){ writer->data, writer->len };
        writer->data = NULL;
    }
    base_result failed = writer->failed;
    base_writer_free(writer);
    return failed;
}

void base_writer_free(struct base_writer *writer) {
    base_free(writer->data);
    *writer = (struct base_writer){ .allocator = writer->allocator };
}
