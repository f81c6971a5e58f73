/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Memory of the simulation itself: a machine without any ends it.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include "base/bytes.h"
#include "test/check.h"

/** A zeroed block; freed by base_free(). */
static inline void *sim_take(size_t count, size_t size) {
    void *block = base_take(base_allocator_libc(), count, size);
    TEST_CHECK(block != NULL, "the machine is out of memory");
    return block;
}

static inline struct base_bytes sim_copy(struct base_slice from) {
    struct base_bytes copy = { 0 };
    TEST_CHECK(base_bytes_copy(base_allocator_libc(), from, &copy) == BASE_OK, "the machine is out of memory");
    return copy;
}

/** Makes room for one more element in an array that has `count`. */
static inline void sim_grow(void **array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return;
    }
    size_t more = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = *array == NULL ? sim_take(more, size) : base_retake(*array, more, size);
    TEST_CHECK(grown != NULL, "the machine is out of memory");
    *array = grown;
    *capacity = more;
}

#endif
