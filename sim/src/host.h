/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The host of one core: carries out its effects, loses what is not durable when it crashes, and opens it again.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "state.h"
#include "weibel/core.h"

struct host;
struct link;

/** Who speaks with the core. */
struct host_face {
    /** A line of the core, without newline. */
    void (*line)(void *user, struct base_slice line);
    /** A core was opened: the home is new or locked. */
    void (*opened)(void *user);
    /** The core is gone, with what it had not done. */
    void (*gone)(void *user);
    void *user;
};

struct host *host_new(struct sim *sim, size_t number, struct host_face face);
void host_free(struct host *host);

/** The time by its clock, in milliseconds. */
uint64_t host_time(const struct host *host);

uint64_t host_number(const struct host *host);

/** Opens a core on what is durable. */
void host_open(struct host *host);

/** False: it has crashed, and will be opened later. */
bool host_is_up(const struct host *host);

/** A line for the core. Nothing happens if it is gone. */
void host_line(struct host *host, struct base_slice line);

/** Ends the core without a word; it is opened again later. */
void host_crash(struct host *host);

/** The next batch fails. */
void host_fail_store(struct host *host);

/** Breaks the connection, if there is one. */
void host_break(struct host *host);

/** Lets its clock jump. */
void host_jump(struct host *host, int64_t milliseconds);

/* What links tell. */
void host_connected(struct host *host, const struct link *link);
void host_disconnected(struct host *host, const struct link *link);
void host_frame(struct host *host, const struct link *link, struct base_slice frame);

#endif
