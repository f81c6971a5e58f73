/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A server as a process of its own, and what it uses: for whole-system tests and for benchmarks.
 */
#ifndef TESTS_SYSTEM_PROCESS_H
#define TESTS_SYSTEM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_options {
    const char *binary, *data; /**< weibeld, and its folder */
    const char *cert, *key;    /**< or NULL: plain HTTP */
    const char *log;           /**< standard error is appended there */
};

/** Starts `weibeld serve` on a free port of loopback. False if it does not say where it listens; `pid` is set if there
 * is a process. */
bool process_serve(const struct process_options *options, pid_t *pid, uint16_t *port);

/** Starts any program; its standard output and error are appended to `log`. -1 if there is none. */
pid_t process_start(const char *const *argv, const char *log);

/** Ends a process with a signal; returns its exit code, or minus the signal. */
int process_stop(pid_t pid, int number);

/** Nanoseconds of CPU that all threads of a process have used; 0 if it is gone. */
uint64_t process_cpu(pid_t pid);

/** Bytes of a process that are in memory; 0 if it is gone. */
uint64_t process_memory(pid_t pid);

#endif
