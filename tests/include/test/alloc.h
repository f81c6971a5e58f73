/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * An allocator that watches: it counts what is out, can fail at the k-th allocation or beyond a bound, hands out
 * memory full of rubbish, and ends the program if a block comes back unwiped or with another size.
 */
#ifndef TEST_ALLOC_H
#define TEST_ALLOC_H

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "test/check.h"

struct test_alloc {
    struct base_allocator allocator; /**< what the tested code gets */
    size_t calls;                    /**< allocations asked for so far */
    size_t fail_at;                  /**< the call that fails, counted from 0; SIZE_MAX: none */
    size_t max_bytes;                /**< fails what would take `bytes` beyond this */
    size_t failed;                   /**< allocations refused so far */
    size_t blocks;                   /**< blocks not given back yet */
    size_t bytes;                    /**< their sizes, base's own header included */
    size_t peak;                     /**< the most that `bytes` has been */
};

/* Stands before each block, so that its size can be compared when it comes back. */
union test_alloc_header {
    size_t size;
    max_align_t align;
};

static inline void *test_alloc_take(void *user, size_t size) {
    struct test_alloc *self = (struct test_alloc *)user;
    size_t call = self->calls++;
    if (call == self->fail_at || self->bytes + size > self->max_bytes) {
        self->failed++;
        return NULL;
    }
    union test_alloc_header *header = (union test_alloc_header *)malloc(sizeof *header + size);
    TEST_CHECK(header != NULL, "the machine is out of memory");
    header->size = size;
    self->blocks++;
    self->bytes += size;
    self->peak = self->peak < self->bytes ? self->bytes : self->peak;
    return memset(header + 1, 0xa5, size);
}

static inline void test_alloc_give(void *user, void *block, size_t size) {
    struct test_alloc *self = (struct test_alloc *)user;
    union test_alloc_header *header = (union test_alloc_header *)block - 1;
    TEST_CHECK(header->size == size, "a block came back with another size than it was taken with");
    /* Compared with itself: a loop would take a tenth of the time of all tests. */
    const uint8_t *bytes = (const uint8_t *)block;
    TEST_CHECK(size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0), "a block came back unwiped");
    self->blocks--;
    self->bytes -= size;
    free(header);
}

/** Makes `self` ready: nothing fails, nothing is bounded. It must stay where it is while blocks of it are out. */
static inline void test_alloc_init(struct test_alloc *self) {
    *self = (struct test_alloc){
        .allocator = { test_alloc_take, test_alloc_give, self },
        .fail_at = SIZE_MAX,
        .max_bytes = SIZE_MAX,
    };
}

/** Fails unless every block has come back. */
static inline void test_alloc_end(const struct test_alloc *self) {
    if (self->blocks != 0) {
        fprintf(stderr, "%zu blocks, %zu bytes leaked (allocation %zu was made to fail)\n", self->blocks, self->bytes,
                self->fail_at);
    }
    TEST_CHECK(self->blocks == 0, "memory leaked");
}

/** A scenario to be run many times: the same each time, with nothing kept between the runs but what `user` holds. */
typedef base_result (*test_scenario)(const struct base_allocator *allocator, void *user);

/**
 * Runs `scenario` with its first allocation failing, then the second, and so on until it gets by without a failure.
 * Each run that was refused memory must return BASE_ERR_NO_MEMORY, the last one BASE_OK, and no run may leak.
 * Returns how many allocations the scenario makes, so that the test can see that it makes any.
 */
static inline size_t test_each_allocation(test_scenario scenario, void *user) {
    for (size_t k = 0;; k++) {
        struct test_alloc alloc;
        test_alloc_init(&alloc);
        alloc.fail_at = k;
        base_result result = scenario(&alloc.allocator, user);
        test_alloc_end(&alloc);
        if (alloc.failed == 0) {
            TEST_CHECK(result == BASE_OK, result->name);
            return k;
        }
        if (result != &BASE_ERR_NO_MEMORY) {
            fprintf(stderr, "allocation %zu failed: %s\n", k, result == BASE_OK ? "BASE_OK" : result->name);
        }
        TEST_CHECK(result == &BASE_ERR_NO_MEMORY, "lack of memory was not reported as such");
    }
}

#endif
