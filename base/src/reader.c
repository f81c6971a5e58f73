/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <string.h>

/* The one bounds check. Subtracts only after comparing, never adds. */
base_result base_read_slice(struct base_reader *reader, size_t len, struct base_slice *out) {
    BASE_ENSURE(len <= reader->left, BASE_ERR_TRUNCATED);
    *out = base_slice(reader->next, len);
    if (len != 0) {
        reader->next += len;
        reader->left -= len;
    }
    return BASE_OK;
}

static base_result read_number(struct base_reader *reader, size_t size, uint64_t *out) {
    struct base_slice raw;
    BASE_TRY(base_read_slice(reader, size, &raw));
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | raw.data[i];
    }
    *out = value;
    return BASE_OK;
}

base_result base_read_u8(struct base_reader *reader, uint8_t *out) {
    uint64_t value = 0;
    BASE_TRY(read_number(reader, 1, &value));
    *out = (uint8_t)value;
    return BASE_OK;
}

base_result base_read_u16(struct base_reader *reader, uint16_t *out) {
    uint64_t value = 0;
    BASE_TRY(read_number(reader, 2, &value));
    *out = (uint16_t)value;
    return BASE_OK;
}

base_result base_read_u32(struct base_reader *reader, uint32_t *out) {
    uint64_t value = 0;
    BASE_TRY(read_number(reader, 4, &value));
    *out = (uint32_t)value;
    return BASE_OK;
}

base_result base_read_u64(struct base_reader *reader, uint64_t *out) {
    return read_number(reader, 8, out);
}

base_result base_read_copy(struct base_reader *reader, void *out, size_t len) {
    struct base_slice raw;
    BASE_TRY(base_read_slice(reader, len, &raw));
    if (len != 0) {
        memcpy(out, raw.data, len);
    }
    return BASE_OK;
}

base_result base_read_varint(struct base_reader *reader, uint32_t *out) {
    BASE_ENSURE(reader->left != 0, BASE_ERR_TRUNCATED);
    unsigned form = reader->next[0] >> 6;
    BASE_ENSURE(form != 3, BASE_ERR_VARINT);
    struct base_reader ahead = *reader;
    uint64_t raw = 0;
    BASE_TRY(read_number(&ahead, (size_t)1 << form, &raw));
    static const uint32_t largest[] = { 0x3f, 0x3fff, 0x3fffffff };
    uint32_t value = (uint32_t)(raw & largest[form]);
    BASE_ENSURE(form == 0 || value > largest[form - 1], BASE_ERR_VARINT);
    *reader = ahead;
    *out = value;
    return BASE_OK;
}

base_result base_read_opaque_max(struct base_reader *reader, size_t max, struct base_slice *out) {
    struct base_reader ahead = *reader;
    uint32_t len = 0;
    BASE_TRY(base_read_varint(&ahead, &len));
    BASE_ENSURE(len <= max, BASE_ERR_TOO_LONG);
    BASE_TRY(base_read_slice(&ahead, len, out));
    *reader = ahead;
    return BASE_OK;
}

base_result base_read_opaque(struct base_reader *reader, struct base_slice *out) {
    return base_read_opaque_max(reader, SIZE_MAX, out);
}

base_result base_read_vector(struct base_reader *reader, struct base_reader *out) {
    struct base_slice content;
    BASE_TRY(base_read_opaque(reader, &content));
    *out = base_reader(content);
    return BASE_OK;
}

base_result base_read_optional(struct base_reader *reader, bool *out) {
    struct base_reader ahead = *reader;
    uint8_t present = 0;
    BASE_TRY(base_read_u8(&ahead, &present));
    BASE_ENSURE(present <= 1, BASE_ERR_VALUE);
    *reader = ahead;
    *out = present == 1;
    return BASE_OK;
}

base_result base_read_end(const struct base_reader *reader) {
    BASE_ENSURE(reader->left == 0, BASE_ERR_TRAILING);
    return BASE_OK;
}
