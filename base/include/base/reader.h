/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of the TLS presentation language (RFC 8446 §3) with the variable-size vectors of RFC 9420 §2.1.2.
 *
 * A reader borrows a slice. Every read goes through one bounds check, and on error the reader and the output are as
 * they were. What it gives out as slices lives as long as the bytes it was made for.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

struct base_reader {
    const uint8_t *next;
    size_t left; /**< bytes not read yet */
};

static inline struct base_reader base_reader(struct base_slice input) {
    return (struct base_reader){ input.data, input.len };
}

/** Numbers are big-endian. BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result base_read_u8(struct base_reader *reader, uint8_t *out);
BASE_MUST_USE base_result base_read_u16(struct base_reader *reader, uint16_t *out);
BASE_MUST_USE base_result base_read_u32(struct base_reader *reader, uint32_t *out);
BASE_MUST_USE base_result base_read_u64(struct base_reader *reader, uint64_t *out);

/** Borrows the next `len` bytes. BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result base_read_slice(struct base_reader *reader, size_t len, struct base_slice *out);

/** Copies the next `len` bytes to `out`. BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result base_read_copy(struct base_reader *reader, void *out, size_t len);

/**
 * The length prefix of RFC 9420 §2.1.2: one, two or four bytes, at most 2^30 - 1, in its shortest form.
 * BASE_ERR_TRUNCATED, BASE_ERR_VARINT.
 */
BASE_MUST_USE base_result base_read_varint(struct base_reader *reader, uint32_t *out);

/** `opaque x<V>`: borrows its content. BASE_ERR_TRUNCATED, BASE_ERR_VARINT. */
BASE_MUST_USE base_result base_read_opaque(struct base_reader *reader, struct base_slice *out);

/** `opaque x<V>` of at most `max` bytes: as above, and BASE_ERR_TOO_LONG. */
BASE_MUST_USE base_result base_read_opaque_max(struct base_reader *reader, size_t max, struct base_slice *out);

/** `T x<V>`: opens the vector as a reader of its own, which must be read to its end (base_read_end). */
BASE_MUST_USE base_result base_read_vector(struct base_reader *reader, struct base_reader *out);

/** `optional<T>`: true if the value follows. A presence octet other than 0 and 1 is BASE_ERR_VALUE. */
BASE_MUST_USE base_result base_read_optional(struct base_reader *reader, bool *out);

/** BASE_ERR_TRAILING unless everything has been read. */
BASE_MUST_USE base_result base_read_end(const struct base_reader *reader);

#endif
