/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Servers of XMPP, measured beside ours: as much of the protocol as their messages need (RFC 6120, 6121, XEP-0077,
 * XEP-0198), from nobody but a server of our own choice.
 */
#ifndef BENCH_XMPP_H
#define BENCH_XMPP_H

#include "client.h"
#include "process.h"

enum { XMPP_MAX_PATH = 512 };

#define XMPP_DOMAIN "localhost"

struct xmpp_server {
    const char *name;       /**< "prosody" or "ejabberd" */
    const char *cert, *key; /**< or NULL: plain */
    const char *build;      /**< where the temporary folder is made */
    char folder[XMPP_MAX_PATH];
    pid_t pid;
    uint16_t port;
    SSL_CTX *tls;
};

/** False if the server's package is not there. */
bool xmpp_is_there(const char *name);

/** Writes a configuration into a new folder, and starts the server there; its accounts and messages are stored in
 * SQLite. Dies if it does not start. */
void xmpp_start(struct xmpp_server *server);
/** Ends it and removes the folder. */
void xmpp_stop(struct xmpp_server *server);

_Noreturn void xmpp_die(struct xmpp_server *server, const char *what);

/** Makes account `user`. */
void xmpp_register(struct xmpp_server *server, const char *user);
/** Signs in and is there for messages, acknowledged by XEP-0198 if wished. */
void xmpp_sign_in(struct xmpp_server *server, const char *user, bool acknowledged, struct client *client);
/** Sends a message. */
bool xmpp_send(struct client *client, const char *to, const char *body, bool ask_for_acknowledgement);
/** Takes what has come: the number of messages, and the highest acknowledgement; false if the connection is gone. */
bool xmpp_take(struct client *client, unsigned *messages, unsigned *acknowledged);

#endif
