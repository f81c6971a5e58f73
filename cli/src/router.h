/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Several faces at one core: a command in this process, `weibel rpc`, other processes through the home's socket. Each
 * numbers its requests as it likes; the router gives them numbers of its own, and each answer goes to who asked. Events
 * go to all.
 */
#ifndef CLI_ROUTER_H
#define CLI_ROUTER_H

#include "base/bytes.h"

struct router;
struct face;

enum { ROUTER_MAX_WAITING = 1024 }; /**< requests without an answer yet, of one face; more are refused */

/** Gives a line to the core. */
typedef void (*router_submit)(void *user, struct base_slice line);

/** Gives a line to a face, which may not remove itself or others within. */
typedef void (*face_deliver)(void *user, struct base_slice line);

/** BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result router_open(router_submit submit, void *user, struct router **out);

/** NULL is allowed. All faces have been removed. */
void router_close(struct router **router);

/** Adds a face. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result router_add(struct router *router, face_deliver deliver, void *user, struct face **out);

/** Removes it; answers that it waits for go nowhere. NULL is allowed. */
void router_remove(struct face **face);

/** A line from a face: to the core, or answered at once if it is no JSON-RPC. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result router_request(struct face *face, struct base_slice line);

/** A line from the core. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result router_answer(struct router *router, struct base_slice line);

/** How many requests of other faces than `except` (NULL: of all) wait for their answer. */
size_t router_waiting(const struct router *router, const struct face *except);

#endif
