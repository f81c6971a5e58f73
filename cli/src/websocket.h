/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The connection to the server: one WebSocket with whole binary messages in both directions, over TLS or, on the same
 * machine, plain.
 */
#ifndef CLI_WEBSOCKET_H
#define CLI_WEBSOCKET_H

#include "loop.h"
#include "url.h"

struct websocket;

/** What its owner is told. Each call may end the program's interest with websocket_close(), but not free `user`. */
struct websocket_handler {
    void (*opened)(void *user);
    void (*message)(void *user, struct base_slice message);
    /** It could not be made, or has ended; last call. `reason`: for people. */
    void (*closed)(void *user, const char *reason);
};

/**
 * Starts to connect; the rest comes through `handler`, which must stay, never from within this call. A message over
 * `max` bytes ends the connection. BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result websocket_open(struct loop *loop, const struct url *url, size_t max,
                                         const struct websocket_handler *handler, void *user, struct websocket **out);

/** Queues a copy of a message. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result websocket_send(struct websocket *websocket, struct base_slice message);

/** Ends it after what is queued has been sent (as far as the other side takes it); `closed` is called. */
void websocket_close(struct websocket *websocket);

/** Ends it at once; its handler is not called any more. NULL is allowed. */
void websocket_free(struct websocket **websocket);

#endif
