/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Lets other processes in: each connection to the home's socket is a face. Its owner alone can reach it, through the
 * folder's and the socket's permissions; on the way stands what he could read in this process as well.
 */
#ifndef CLI_LISTENER_H
#define CLI_LISTENER_H

#include "home.h"
#include "loop.h"
#include "router.h"

struct listener;

/** HOME_ERR_CREATE, HOME_ERR_FULL, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result listener_open(struct loop *loop, const struct home *home, struct router *router,
                                        struct listener **out);

/** Takes nobody in any more; who is connected stays. NULL is allowed. */
void listener_stop(struct listener *listener);

/** True if lines to somebody are still on their way. NULL is allowed. */
bool listener_waiting(const struct listener *listener);

/** Ends all connections. NULL is allowed. */
void listener_close(struct listener **listener);

#endif
