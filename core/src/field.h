/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Fields that many records have: fixed texts, flags, byte arrays.
 */
#ifndef CORE_FIELD_H
#define CORE_FIELD_H

#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "weibel/core.h"

/** A C string of a fixed buffer. */
static inline void field_write_text(struct base_writer *writer, const char *text) {
    base_write_opaque(writer, base_slice_text(text));
}

/** Reads it back into a buffer of `size` bytes, final zero included. */
BASE_MUST_USE static inline base_result field_read_text(struct base_reader *reader, char *out, size_t size) {
    struct base_slice text;
    BASE_TRY(base_read_opaque_max(reader, size - 1, &text));
    if (text.len > 0) {
        memcpy(out, text.data, text.len);
    }
    out[text.len] = 0;
    return BASE_OK;
}

/** Copies text that may be too long, cut off. */
static inline void field_set_text(char *out, size_t size, struct base_slice text) {
    size_t len = text.len < size - 1 ? text.len : size - 1;
    if (len > 0) {
        memcpy(out, text.data, len);
    }
    out[len] = 0;
}

static inline void field_write_array(struct base_writer *writer, const uint8_t *bytes, size_t len) {
    base_write_slice(writer, base_slice(bytes, len));
}

static inline void field_write_bool(struct base_writer *writer, bool value) {
    base_write_u8(writer, value ? 1 : 0);
}

BASE_MUST_USE static inline base_result field_read_bool(struct base_reader *reader, bool *out) {
    uint8_t byte;
    BASE_TRY(base_read_u8(reader, &byte));
    BASE_ENSURE(byte <= 1, BASE_ERR_VALUE);
    *out = byte == 1;
    return BASE_OK;
}

/**
 * Reads the version of a stored record, which must be `known`. WEIBEL_ERR_VERSION: another version of Weibel has
 * written it; BASE_ERR_VALUE: it is no version that ever was.
 */
BASE_MUST_USE static inline base_result field_read_version(struct base_reader *reader, uint8_t known) {
    uint8_t version;
    BASE_TRY(base_read_u8(reader, &version));
    BASE_ENSURE(version != 0, BASE_ERR_VALUE);
    BASE_ENSURE(version == known, WEIBEL_ERR_VERSION);
    return BASE_OK;
}

/** Copies a path, with a zero behind it. */
BASE_MUST_USE static inline base_result field_copy_path(const struct base_allocator *allocator, struct base_slice path,
                                                        struct base_bytes *out) {
    BASE_TRY(base_bytes_take(allocator, path.len + 1, out));
    memcpy(out->data, path.data, path.len);
    out->data[path.len] = 0;
    return BASE_OK;
}

/** Reads an opaque vector into bytes of one's own. */
BASE_MUST_USE static inline base_result
field_read_bytes(struct base_reader *reader, const struct base_allocator *allocator, struct base_bytes *out) {
    struct base_slice bytes;
    BASE_TRY(base_read_opaque(reader, &bytes));
    base_bytes_free(out);
    return base_bytes_copy(allocator, bytes, out);
}

#endif
