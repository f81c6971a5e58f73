/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server: real delivery over the real store, which survives its ends.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "delivery/delivery.h"
#include "state.h"

enum { SERVER_CODE_LEN = 16 };

struct link;

/** Makes a server on an empty folder, and starts it. */
struct server *server_new(struct sim *sim);

/** Ends it, and removes its folder. */
void server_free(struct server *server);

void server_start(struct server *server);

/** Ends it as if it were killed: nothing is said to anybody, what is durable stays. */
void server_kill(struct server *server);

bool server_is_up(const struct server *server);

/** Stores an invitation; `code` ends with 0. */
void server_invite(struct server *server, uint64_t number, char code[SERVER_CODE_LEN + 1]);

/** From now on, or not any more, nothing can be written. */
void server_refuse(struct server *server, bool refusing);

/** A connection; NULL: refused. The session tells `link_changed(link)` what happens. */
struct delivery_session *server_connect(struct server *server, struct link *link, uint64_t from);

/** Lets its clock jump. */
void server_jump(struct server *server, int64_t milliseconds);

/** How many streams the store holds. The server must be down. */
uint64_t server_count_streams(const struct server *server);

#endif
