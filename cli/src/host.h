/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The host: one core with its store, connection, transfers and faces, in one event loop. It carries out the core's
 * effects in their order and hands back what comes of them; it decides nothing.
 */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "home.h"
#include "loop.h"
#include "router.h"

struct host;

/** Opens the core of a home whose lock is held. STORE_ERR_…, LOOP_ERR_START, BASE_ERR_NO_MEMORY, HOME_ERR_…,
 * WEIBEL_ERR_…. */
BASE_MUST_USE base_result host_open(const struct home *home, const char *ca_file, struct host **out);

/**
 * Closes. Before that it lets requests of other faces be answered and frames that are queued go out, for a few seconds
 * at most. NULL is allowed.
 */
void host_close(struct host **host);

struct loop *host_loop(const struct host *host);
struct router *host_router(const struct host *host);

/** Lets other processes in through the home's socket. HOME_ERR_CREATE, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result host_listen(struct host *host);

/** Waits until something has happened and been handled. An error means that the core is dead: STORE_ERR_…, … */
BASE_MUST_USE base_result host_turn(struct host *host);

#endif
