/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Stands before every block. Its size is a multiple of the strictest alignment, so the block keeps it. */
union header {
    struct {
        const struct base_allocator *allocator;
        size_t size;
    } of;
    max_align_t align;
};

static void *libc_take(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void libc_give(void *user, void *block, size_t size) {
    (void)user;
    (void)size;
    free(block);
}

const struct base_allocator *base_allocator_libc(void) {
    static const struct base_allocator libc = { libc_take, libc_give, NULL };
    return &libc;
}

static bool block_size(size_t count, size_t size, size_t *out) {
    if (size != 0 && count > (SIZE_MAX - sizeof(union header)) / size) {
        return false;
    }
    *out = count * size;
    return true;
}

static void *take(const struct base_allocator *from, size_t bytes) {
    union header *header = from->take(from->user, sizeof *header + bytes);
    if (header == NULL) {
        return NULL;
    }
    header->of.allocator = from;
    header->of.size = bytes;
    return header + 1;
}

void *base_take(const struct base_allocator *from, size_t count, size_t size) {
    size_t bytes = 0;
    if (!block_size(count, size, &bytes)) {
        return NULL;
    }
    void *block = take(from, bytes);
    if (block != NULL) {
        memset(block, 0, bytes);
    }
    return block;
}

void *base_retake(void *block, size_t count, size_t size) {
    const union header *header = (const union header *)block - 1;
    size_t bytes = 0;
    if (!block_size(count, size, &bytes)) {
        return NULL;
    }
    void *next = take(header->of.allocator, bytes);
    if (next == NULL) {
        return NULL;
    }
    size_t kept = bytes < header->of.size ? bytes : header->of.size;
    memcpy(next, block, kept);
    memset((uint8_t *)next + kept, 0, bytes - kept);
    base_free(block);
    return next;
}

void base_free(void *block) {
    if (block == NULL) {
        return;
    }
    union header *header = (union header *)block - 1;
    const struct base_allocator *allocator = header->of.allocator;
    size_t size = sizeof *header + header->of.size;
    base_wipe(header, size);
    allocator->give(allocator->user, header, size);
}

void base_free_at(void *pointer_to_block) {
    void *block = NULL;
    memcpy(&block, pointer_to_block, sizeof block);
    base_free(block);
    memset(pointer_to_block, 0, sizeof block);
}

void base_wipe(void *data, size_t size) {
    if (size == 0) {
        return;
    }
    memset(data, 0, size);
    /* Tells the compiler that the memory is read after this, so that the memset stays. */
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

bool base_equal_secret(const void *a, const void *b, size_t size) {
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    uint8_t different = 0;
    for (size_t i = 0; i < size; i++) {
        different = (uint8_t)(different | (left[i] ^ right[i]));
    }
    return different == 0;
}
