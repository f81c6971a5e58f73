/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Somebody can name as many services as there are names below one that is allowed, and none of them works: they must
 * not keep the place of those that do.
 */
#include "origin.h"

#include <stdio.h>
#include <string.h>

enum {
    FIRST_DELAY = 5,       /* seconds until the next try; twice as long each time, … */
    MAX_DELAY = 900,       /* … unless the service asks for more, … */
    MAX_ASKED = 24 * 3600, /* … within reason */
    MAX_DOUBLED = 8,
};

struct origin *origin_find(struct origin origins[MAX_ORIGINS], const char *name, uint64_t now_ms) {
    struct origin *unused = NULL;
    uint64_t until = UINT64_MAX;
    for (size_t i = 0; i < MAX_ORIGINS; i++) {
        struct origin *origin = &origins[i];
        if (strcmp(origin->name, name) == 0) {
            return origin;
        }
        uint64_t held = origin->name[0] == 0 || origin->held_until <= now_ms ? 0 : origin->held_until;
        if (origin->queued == 0 && origin->active == 0 && held < until) {
            unused = origin;
            until = held;
        }
    }
    if (unused != NULL) {
        *unused = (struct origin){ .queued = 0 };
        (void)snprintf(unused->name, sizeof unused->name, "%s", name);
    }
    return unused;
}

uint64_t origin_hold(struct origin *origin, uint64_t seconds, uint64_t now_ms) {
    uint64_t delay = (uint64_t)FIRST_DELAY << (origin->failures < MAX_DOUBLED ? origin->failures : MAX_DOUBLED);
    uint64_t asked = seconds < MAX_ASKED ? seconds : MAX_ASKED;
    delay = delay < MAX_DELAY ? delay : MAX_DELAY;
    delay = delay < asked ? asked : delay;
    origin->failures++;
    origin->held_until = now_ms + delay * 1000;
    return delay;
}
