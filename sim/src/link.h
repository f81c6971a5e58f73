/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Connections between hosts and server: frames arrive late, in order, or not at all, and each side learns in its own
 * time that the other one is gone.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "state.h"

struct host;
struct link;

/** A host connects. host_connected() or host_disconnected() follows. */
struct link *link_open(struct sim *sim, struct host *host);

/** A frame of the host. */
void link_send(struct link *link, struct base_slice frame);

/** The host ends it, and is told so by host_disconnected(). */
void link_close(struct link *link);

/** The host is gone: nobody is there to be told. */
void link_abandon(struct link *link);

/** The network ends it, with what is on its way. */
void link_break(struct link *link);

/** The server's session of this link (a struct link) has something to say. */
void link_changed(void *connection);

/** The server's process is gone. */
void link_server_is_gone(struct sim *sim);

/** Frees all that are left. The server must be down. */
void link_free_all(struct sim *sim);

#endif
