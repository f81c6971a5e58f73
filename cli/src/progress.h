/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A line on the terminal that tells how far a file is, how fast it goes and how long it will take; nothing where
 * standard error is none.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One file on its way. Zeroed is ready for use. */
struct progress {
    uint64_t began_at; /* client_now() when it was seen first; 0: not yet */
    uint64_t began;    /* bytes that were done then: an interrupted transfer goes on */
};

/**
 * Draws it anew: "Sending plan.pdf  [=====     ]  45 %, 90.0 MB of 200.0 MB, 4.2 MB/s, 26 s left". `name` is made
 * harmless.
 */
void progress_draw(struct progress *progress, const char *doing, const char *name, uint64_t done, uint64_t size);

/** Takes it away again, before other words are said. */
void progress_clear(void);

/** Rate and time left in words, after `elapsed` milliseconds; "" as long as nothing can be said. */
void progress_rate(uint64_t moved, uint64_t left, uint64_t elapsed, char *out, size_t size);

#endif
