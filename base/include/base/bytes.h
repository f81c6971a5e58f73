/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: borrowed (a slice: somebody else's, valid as long as they say) and owned (freed and wiped by who holds them).
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/result.h"

/** Borrowed bytes. `data` may be NULL only if `len` is 0. */
struct base_slice {
    const uint8_t *data;
    size_t len;
};

/** Owned bytes, from base_take(). A zeroed one is empty and valid. */
struct base_bytes {
    uint8_t *data;
    size_t len;
};

/** Borrows `len` bytes at `data`. */
static inline struct base_slice base_slice(const void *data, size_t len) {
    return (struct base_slice){ (const uint8_t *)data, len };
}

/** Borrows all of `bytes`. */
static inline struct base_slice base_borrow(const struct base_bytes *bytes) {
    return (struct base_slice){ bytes->data, bytes->len };
}

/** Borrows a C string, without its final zero. */
struct base_slice base_slice_text(const char *text);

/** True if both hold the same bytes. Not for secrets: see base_equal_secret(). */
bool base_slice_equal(struct base_slice a, struct base_slice b);

/** Orders slices byte by byte, a prefix before what it is a prefix of: < 0, 0, > 0. Not for secrets. */
int base_slice_compare(struct base_slice a, struct base_slice b);

/** Copies `from` into new memory. `out` must be empty; on error it stays so. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result base_bytes_copy(const struct base_allocator *allocator, struct base_slice from,
                                          struct base_bytes *out);

/** Takes `len` zeroed bytes. `out` must be empty; on error it stays so. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result base_bytes_take(const struct base_allocator *allocator, size_t len, struct base_bytes *out);

/** Wipes, frees and empties. NULL and empty ones are allowed. */
void base_bytes_free(struct base_bytes *bytes);

/** Moves `from` to `to`, which is freed first; `from` is empty then. */
void base_bytes_move(struct base_bytes *to, struct base_bytes *from);

#endif
