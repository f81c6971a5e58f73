/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pushes on their way to push services: the only requests that the server makes by itself, and only where its
 * administrator has named the services (docs/decisions/0028-push.md).
 */
#ifndef NET_SRC_PUSH_H
#define NET_SRC_PUSH_H

#include <libwebsockets.h>

#include "delivery/delivery.h"
#include "net/net.h"

struct pusher;

struct pusher_options {
    struct lws_context *context;
    struct uv_loop_s *loop;
    struct delivery *delivery;
    const struct push_key *key;
    const char *subject; /**< the server's URL */
    const char *ca;      /**< PEM file of certificate authorities beside the system's, or NULL */
    bool ipv6;
};

/** True if the file can be used as `ca`. */
bool pusher_check_ca(const char *ca);

/** BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result pusher_open(const struct pusher_options *options, struct pusher **out);

/** delivery's `push`: false if it can't be sent. */
bool pusher_send(struct pusher *pusher, const struct delivery_push *push);

/** Nothing new is begun. What is under way ends with the context, or with what is left of the loop. */
void pusher_stop(struct pusher *pusher);

/** After both of them. NULL is allowed. */
void pusher_close(struct pusher *pusher);

#endif
