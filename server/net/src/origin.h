/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Push services: what waits for each, and how long it is left alone.
 */
#ifndef NET_SRC_ORIGIN_H
#define NET_SRC_ORIGIN_H

#include "push/push.h"

enum { MAX_ORIGINS = 64 }; /**< no more pushes are under way at once */

struct ride;

struct origin {
    char name[PUSH_MAX_ORIGIN]; /**< empty: free */
    struct ride *first, *last;
    size_t queued, active;
    uint64_t held_until; /**< milliseconds */
    unsigned failures;   /**< since the last success */
    char authorization[PUSH_MAX_AUTHORIZATION];
    uint64_t authorized_until; /**< seconds */
};

/**
 * The service of this name. If it is not among them, it takes the place of one for which nothing is to be done: best of
 * one that works, else of the one that is left alone for the shortest time. NULL: there is something to do for all.
 */
struct origin *origin_find(struct origin origins[MAX_ORIGINS], const char *name, uint64_t now_ms);

/** It doesn't work, or wants to be left alone for so many seconds. Returns for how many it will be. */
uint64_t origin_hold(struct origin *origin, uint64_t seconds, uint64_t now_ms);

#endif
