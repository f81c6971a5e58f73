/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Hosts of real cores in one process: each has a store in memory, and a connection to a real server.
 */
#ifndef BENCH_HOST_H
#define BENCH_HOST_H

#include "load.h"
#include "records.h"
#include "weibel/core.h"

enum { HOST_MAX_ID = 16 };

struct host {
    struct hosts *all;
    struct weibel_core *core; /**< NULL: it was closed */
    struct records records;
    struct client socket;
    uint64_t asked, answered; /**< requests of its face */
    bool failed;              /**< the last answer was an error */
    char id[HOST_MAX_ID];     /**< of its account */
    unsigned got;             /**< number of the last message, whose text is "m" and its number */
};

struct hosts {
    struct load *load;
    struct host *items;
    size_t count;
    int poller;
};

void hosts_open(struct hosts *hosts, struct load *load, size_t count);
void hosts_close(struct hosts *hosts);

/** Handles what has come from the server, and what is due: for some milliseconds. */
void hosts_turn(struct hosts *hosts);

void host_open(struct host *host);
/** Ends core and connection, and forgets what was stored. */
void host_close(struct host *host);

/** Asks the core, without waiting for the answer. */
void host_ask(struct host *host, const char *method, const char *params);

/** True when it was answered, and the server has answered all that followed from it. */
bool host_is_idle(const struct host *host);

#endif
