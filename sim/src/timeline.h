/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Time: what is going to happen, in its order. Things of the same moment happen in the order in which they were added.
 */
#ifndef SIM_TIMELINE_H
#define SIM_TIMELINE_H

#include "base/bytes.h"

/** `number` and `bytes` are what the event was added with; the bytes are valid during the call. */
typedef void timeline_fn(void *user, uint64_t number, struct base_slice bytes);

struct timeline_event;

struct timeline {
    uint64_t now;  /**< milliseconds since 1970 */
    uint64_t done; /**< events that have happened */
    uint64_t added;
    struct timeline_event *heap;
    size_t count, capacity;
};

/** Something happens `delay` milliseconds from now. `bytes` are copied. */
void timeline_add(struct timeline *timeline, uint64_t delay, timeline_fn *run, void *user, uint64_t number,
                  struct base_slice bytes);

/** Lets the next event happen. False: there is none up to `until`, which it is now. */
bool timeline_step(struct timeline *timeline, uint64_t until);

void timeline_free(struct timeline *timeline);

#endif
