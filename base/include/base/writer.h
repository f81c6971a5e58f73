/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writer of the TLS presentation language (RFC 8446 §3) with the variable-size vectors of RFC 9420 §2.1.2.
 *
 * A writer owns a buffer that grows up to its maximum. The first failure sticks: later writes do nothing, and
 * base_writer_finish(), which has to be called to get at the bytes, returns it. So encoders read like the structs
 * they encode, and no error is lost. Old buffers are wiped when it grows.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

struct base_writer {
    const struct base_allocator *allocator;
    uint8_t *data;
    size_t len;
    size_t capacity;
    size_t max;
    base_result failed;
};

/** A writer that takes no more than `max` bytes. Released by base_writer_finish() or base_writer_free(). */
struct base_writer base_writer(const struct base_allocator *allocator, size_t max);

void base_write_u8(struct base_writer *writer, uint8_t value);
void base_write_u16(struct base_writer *writer, uint16_t value);
void base_write_u32(struct base_writer *writer, uint32_t value);
void base_write_u64(struct base_writer *writer, uint64_t value);

/** The bytes as they are, without a length. `bytes` may not borrow from the writer itself. */
void base_write_slice(struct base_writer *writer, struct base_slice bytes);

/** The length prefix of RFC 9420 §2.1.2. Fails with BASE_ERR_TOO_LONG from 2^30 on. */
void base_write_varint(struct base_writer *writer, size_t value);

/** `opaque x<V>`: length and bytes. */
void base_write_opaque(struct base_writer *writer, struct base_slice bytes);

/** The presence octet of `optional<T>`. */
void base_write_optional(struct base_writer *writer, bool present);

/** Appends `len` zeroed bytes; returns where they are, valid until the next write. NULL: the writer failed, or len 0.
 */
uint8_t *base_write_space(struct base_writer *writer, size_t len);

/**
 * `T x<V>`: what is written between begin and end becomes the vector, its length is put before it at the end. Nests.
 * `mark` is what begin returned.
 */
size_t base_write_vector_begin(struct base_writer *writer);
void base_write_vector_end(struct base_writer *writer, size_t mark);

/** Makes the writer fail with `error`, unless it has failed already: for encoders that meet a value without a form. */
void base_writer_fail(struct base_writer *writer, base_result error);

/** Borrows what has been written so far; empty if the writer failed. Valid until the next write. */
struct base_slice base_writer_view(const struct base_writer *writer);

/**
 * Gives what was written to `out`, which must be empty, and ends the writer. On failure (BASE_ERR_NO_MEMORY,
 * BASE_ERR_TOO_LONG, or what base_writer_fail() was given) everything is freed and `out` stays empty.
 */
BASE_MUST_USE base_result base_writer_finish(struct base_writer *writer, struct base_bytes *out);

/** Ends a writer without its bytes. Harmless after base_writer_finish(), so that BASE_CLEANUP can name it. */
void base_writer_free(struct base_writer *writer);

#endif
