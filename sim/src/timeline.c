/* SPDX-License-Identifier: EUPL-1.2 */
/* A binary heap. */
#include "timeline.h"

#include "memory.h"

struct timeline_event {
    uint64_t at, order;
    timeline_fn *run;
    void *user;
    uint64_t number;
    struct base_bytes bytes;
};

static bool comes_before(const struct timeline_event *a, const struct timeline_event *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct timeline_event *a, struct timeline_event *b) {
    struct timeline_event kept = *a;
    *a = *b;
    *b = kept;
}

void timeline_add(struct timeline *timeline, uint64_t delay, timeline_fn *run, void *user, uint64_t number,
                  struct base_slice bytes) {
    sim_grow((void **)&timeline->heap, timeline->count, &timeline->capacity, sizeof *timeline->heap);
    struct timeline_event *heap = timeline->heap;
    size_t at = timeline->count++;
    heap[at] = (struct timeline_event){ timeline->now + delay, timeline->added++, run, user, number, sim_copy(bytes) };
    while (at > 0 && comes_before(&heap[at], &heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct timeline_event take_first(struct timeline *timeline) {
    struct timeline_event *heap = timeline->heap;
    struct timeline_event first = heap[0];
    heap[0] = heap[--timeline->count];
    size_t at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < timeline->count; child++) {
            least = comes_before(&heap[child], &heap[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap(&heap[at], &heap[least]);
        at = least;
    }
}

bool timeline_step(struct timeline *timeline, uint64_t until) {
    if (timeline->count == 0 || timeline->heap[0].at > until) {
        timeline->now = until > timeline->now ? until : timeline->now;
        return false;
    }
    struct timeline_event event = take_first(timeline);
    timeline->now = event.at;
    timeline->done++;
    event.run(event.user, event.number, base_borrow(&event.bytes));
    base_bytes_free(&event.bytes);
    return true;
}

void timeline_free(struct timeline *timeline) {
    for (size_t i = 0; i < timeline->count; i++) {
        base_bytes_free(&timeline->heap[i].bytes);
    }
    base_free(timeline->heap);
    *timeline = (struct timeline){ 0 };
}
