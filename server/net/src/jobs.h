/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Work that waits for the disk, done beside the thread of the sockets.
 */
#ifndef NET_SRC_JOBS_H
#define NET_SRC_JOBS_H

#include "base/memory.h"

/** One piece of work. Its owner keeps it, and must not touch it between jobs_submit() and done(). */
struct job {
    void (*run)(struct job *job);  /**< on a thread of the pool */
    void (*done)(struct job *job); /**< on the thread that calls jobs_finish() */
    struct job *next;
};

struct jobs;

/** Starts the threads. `wake` is called from them when something was done. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result jobs_open(const struct base_allocator *allocator, void (*wake)(void *user), void *user,
                                    struct jobs **out);
void jobs_submit(struct jobs *jobs, struct job *job);
void jobs_finish(struct jobs *jobs);
/** True while something is not finished. */
bool jobs_busy(struct jobs *jobs);
/** Nothing may be under way. NULL is allowed. */
void jobs_close(struct jobs *jobs);

#endif
