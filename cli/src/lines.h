/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lines over a file descriptor, as JSON-RPC has them on standard input and output and on the home's socket: bounded,
 * never blocking, whole.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "loop.h"

struct lines;

enum {
    LINES_MAX_QUEUED = 16 << 20, /**< bytes that wait for a slow reader before he is given up */
};

/** What its owner is told. It may call lines_free() within. */
struct lines_handler {
    /** A line, without its newline. */
    void (*line)(void *user, struct base_slice line);
    /** Nothing more can be read: the other side has closed, or (BASE_ERR_TOO_LONG) sent a line over the bound. Last
     * call. */
    void (*ended)(void *user, base_result why);
};

/**
 * Reads lines of at most `max` bytes from `in` and writes to `out`, which may be the same; both belong to it from now
 * on. Files are read as well, to their end. What ends without a newline is a line if it comes from elsewhere than `out`
 * leads to: what is left of a broken connection is none. BASE_ERR_NO_MEMORY: both closed.
 */
BASE_MUST_USE base_result lines_open(struct loop *loop, int in, int out, size_t max,
                                     const struct lines_handler *handler, void *user, struct lines **lines);

/** Queues a line (a newline is added). BASE_ERR_NO_MEMORY, BASE_ERR_TOO_LONG: too much waits already. */
BASE_MUST_USE base_result lines_send(struct lines *lines, struct base_slice line);

/** Why nothing can be written any more, as errno has it; 0: it can be. What is sent then goes nowhere. */
int lines_broken(const struct lines *lines);

/** True if something waits to be written, and can be. */
bool lines_waiting(const struct lines *lines);

/** Closes. NULL is allowed. */
void lines_free(struct lines **lines);

#endif
