/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: an allocator that comes in from outside, and wiping as the default.
 *
 * Every block remembers its size and its allocator, so that base_free() can wipe all of it and needs only the pointer.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

/** Where memory comes from. Copies of this struct are not made: it must outlive every block taken from it. */
struct base_allocator {
    /** Returns `size` (> 0) bytes aligned for any type, or NULL. */
    void *(*take)(void *user, size_t size);
    /** Gives back what take() returned, with the size it was taken with. */
    void (*give)(void *user, void *block, size_t size);
    void *user;
};

/** The C library's malloc and free. */
const struct base_allocator *base_allocator_libc(void);

/**
 * Takes a zeroed block of `count` elements of `size` bytes. A product of 0 gives a valid block that must not be read.
 * Returns NULL if memory is out or the product overflows. Freed with base_free().
 */
void *base_take(const struct base_allocator *from, size_t count, size_t size);

/**
 * Resizes a block from base_take() to `count` × `size` bytes: what is new is zero, what is given back is wiped. NULL
 * leaves the old block as it was (memory is out). `block` may not be NULL.
 */
void *base_retake(void *block, size_t count, size_t size);

/** Wipes and gives back a block from base_take(); NULL is allowed. */
void base_free(void *block);

/** Overwrites `size` bytes so that the compiler cannot leave it out. `data` may be NULL if `size` is 0. */
void base_wipe(void *data, size_t size);

/** Compares `size` bytes in a time that depends on `size` alone. True if equal. */
bool base_equal_secret(const void *a, const void *b, size_t size);

/** Runs FUNCTION(&variable) when the variable goes out of scope: the way everything owned by a function is freed. */
#define BASE_CLEANUP(FUNCTION) __attribute__((cleanup(FUNCTION)))

/** For BASE_CLEANUP on a pointer from base_take(). */
void base_free_at(void *pointer_to_block);

#endif
