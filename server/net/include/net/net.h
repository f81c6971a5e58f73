/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The sockets of the server: WebSocket at /connect, blobs and a few pages over HTTP, TLS.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>

#include "push/push.h"
#include "store/sqlite.h"

enum {
    NET_MAX_SESSIONS = 20000,
    NET_MAX_ADDRESS = 256, /**< of the text of a host */
};

extern const struct base_error NET_ERR_LISTEN; /**< the address can't be listened on */
extern const struct base_error NET_ERR_TLS;    /**< certificate or key can't be used */
extern const struct base_error NET_ERR_PUSH;   /**< the push services' certificate authorities can't be used */
extern const struct base_error NET_ERR_WEB;    /**< the browser client's folder can't be used */

/** ADDRESS:PORT, taken apart. */
struct net_address {
    char host[NET_MAX_ADDRESS]; /**< without brackets; empty: every address of the machine */
    uint16_t port;              /**< 0: a free one */
};

/** "127.0.0.1:8080", "localhost:8080", "[::1]:0", ":443", "*:443". BASE_ERR_VALUE. */
BASE_MUST_USE base_result net_parse_address(const char *text, struct net_address *out);

/** True for 127.0.0.0/8 and ::1: plain HTTP is for these alone. */
bool net_is_loopback(const struct net_address *address);

struct net_options {
    const char *folder;
    const struct store_settings *settings;
    struct net_address listen;
    const char *tls_cert, *tls_key; /**< PEM files, or NULL: plain HTTP */
    const char *web;                /**< folder of the browser client, or NULL: there is none */
    struct push_hosts push;         /**< push services that may be used; none: nothing is pushed */
    const char *push_ca;            /**< PEM file of certificate authorities for them beside the system's, or NULL */
    uint64_t push_delay;            /**< seconds after the start: devices that are not back then are pushed to */
    /** Called once, when connections are taken. */
    void (*listening)(const char *url, void *user);
    void *user;
};

/**
 * Serves until SIGTERM or SIGINT. STORE_ERR_…, NET_ERR_…, BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result net_serve(const struct net_options *options);

#endif
