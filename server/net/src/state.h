/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the files of net share.
 */
#ifndef NET_SRC_STATE_H
#define NET_SRC_STATE_H

#include <libwebsockets.h>

#include "delivery/delivery.h"
#include "jobs.h"
#include "memory.h"
#include "net/net.h"
#include "patience.h"
#include "push.h"
#include "web.h"

enum {
    SOCKET_BUFFER = 2048,     /**< bytes that one idle WebSocket holds for input: most frames fit */
    SOCKET_RECORD = 16384,    /**< bytes that are written at once: one record of TLS */
    SERVICE_BUFFER = 16384,   /**< bytes read from a socket at once, for all together */
    MAX_TRANSFERS = 200,      /**< blobs on their way at once: each holds two buffers. One address has no more
                                   than are free: n of them together leave a part in n + 1 to all others */
    MOST_AT_ONCE = 1000,      /**< that are pinged, or ended, in a second: others are served in between */
    MAX_ASSEMBLY = 128 << 20, /**< bytes of incomplete frames, of all connections together */
};

struct server {
    const struct net_options *options;
    struct uv_loop_s *loop;
    struct uv_fs_event_s *watch; /**< of the folder's lock */
    struct lws_context *context;
    struct store *store;
    struct delivery *delivery;
    struct jobs *jobs;
    struct web *web;                         /**< NULL: there is no browser client */
    size_t transfers;                        /**< blobs on their way */
    uint32_t transfers_of[DELIVERY_TICKETS]; /**< by address */
    struct socket *changed;                  /**< those that may have something to send */
    size_t assembly_bytes;                   /**< of incomplete frames */
    uint64_t blob_bytes_in, blob_bytes_out;
    struct peer *arriving;     /**< was just accepted; NULL: nobody was */
    struct peer *newest;       /**< libwebsockets' timer for it may still run; NULL: for nobody */
    uint64_t started;          /**< seconds since 1970 */
    uint16_t port;             /**< on which it listens */
    struct push_key *push_key; /**< NULL: nothing is pushed */
    struct pusher *pusher;
    struct patience patience;
    struct memory memory;
    uint8_t outgoing[SOCKET_RECORD]; /**< what is being written to a socket */
    lws_sorted_usec_list_t sweep_timer, wake_timer, patience_timer;
};

static inline struct server *server_of(struct lws *wsi) {
    return lws_context_user(lws_get_context(wsi));
}

/** A connection's other end. */
struct peer {
    struct lws *wsi;
    uint8_t address[8]; /**< as peer_origin() gives it, but for proxies */
    uint8_t address_len;
    bool here;    /**< it is on this machine */
    bool counted; /**< as `arrival` */
    struct delivery_arrival arrival;
    struct patience_place patience;
};

/** A WebSocket: libwebsockets keeps one for each. */
struct socket {
    struct delivery_session *session;
    uint8_t *partial; /**< of a frame that arrives in pieces; NULL between frames */
    size_t partial_len, partial_size;
    size_t written; /**< of the frame that is being sent */
    bool paused;
    bool parted;  /**< its other end has said that it goes */
    bool changed; /**< it is in the server's list */
    bool pinged;  /**< a ping waits to be sent */
    struct lws *wsi;
    struct socket *next_changed;
    struct patience_place patience;
};

/** An HTTP connection: libwebsockets keeps one for each. */
struct request {
    struct base_bytes page; /**< LWS_PRE bytes, then a page that waits to be sent */
    struct transfer *transfer;
    const struct web_body *body; /**< of the browser client, that waits to be sent */
    size_t offset;               /**< how much of it was sent */
    bool head;                   /**< its headers are all that is wanted */
};

/** Leaves the loop of events if a signal has asked for it. */
void server_stop_if_wanted(struct server *server);

/* --- peer.c --- */

/** As what the connection was let in when it arrived, or when something was last asked on it. */
struct delivery_arrival peer_arrival(struct lws *wsi);
/** A connection was accepted; nothing was read or written yet. 0: it may stay. */
int peer_arrives(struct server *server, int fd);
void peer_is_there(struct server *server, struct lws *wsi);
/**
 * A request has come, with its headers: it counts for whom a proxy on this machine names in X-Forwarded-For. False if
 * no more may come from there: the connection ends.
 */
bool peer_asks(struct server *server, struct lws *wsi);
/** Where the request comes from: 4 bytes of IPv4, or the first 8 of IPv6. Borrows `buffer`, or from the connection. */
struct base_slice peer_origin(struct lws *wsi, uint8_t buffer[8]);
/** Whether it comes from this machine, and no proxy stands between. */
bool peer_is_here(struct lws *wsi);
void peer_is_gone(struct server *server, struct lws *wsi);
/** Something has happened on it: how long it is waited for counts anew from here on. `elsewhere`: somebody else sees to
 * that. */
void peer_goes_on(struct server *server, struct lws *wsi, bool elsewhere);
/** Ends those that were waited for long enough. */
void peers_look_after(struct server *server);

/** Protocol callbacks of libwebsockets. */
lws_callback_function socket_callback, http_callback;

/** Whether the request is for the place where WebSockets begin. */
bool socket_is_here(struct lws *wsi);
/** What is wrong with a request for a WebSocket, and the status that says so; NULL: nothing. */
const char *socket_refusal(struct lws *wsi, unsigned *status);

/** delivery's `changed`. */
void socket_changed(void *connection);
/** Sends what is waiting at the sockets that have changed. */
void sockets_send(struct server *server);
/** Asks those that have said nothing for long, and ends those that have not signed in or not answered. */
void sockets_look_after(struct server *server);

/** Reads certificate and key, to say in words what is wrong with them. NET_ERR_TLS. */
base_result tls_check(const char *cert, const char *key);

/** TLS 1.3 alone, and little memory for an idle connection. `context` is OpenSSL's SSL_CTX. */
void tls_configure(void *context);

/* --- http.c --- */

enum {                                /* libwebsockets has no names for them */
       STATUS_UPGRADE_REQUIRED = 426, /* RFC 9110 §15.5.22 */
       STATUS_TOO_OFTEN = 429,        /* RFC 6585 §4 */
};

struct http_header {
    const char *name; /**< lower case, with its colon; NULL: there is no such one */
    char value[96];
    const char *fixed; /**< a longer value, or NULL: `value` */
};

/**
 * Sends status and headers. `length` is the body's; UINT64_MAX: none is said. Returns 0, or -1 if the connection is
 * broken.
 */
int http_start(struct lws *wsi, unsigned status, const char *type, uint64_t length, const struct http_header *headers,
               size_t count);

/* --- blob.c --- */

struct transfer;

/** A request under /blobs/. NULL: answered or refused already, `result` is what the callback returns. */
struct transfer *transfer_begin(struct lws *wsi, const char *name, int method, int *result);
int transfer_body(struct transfer *transfer, const uint8_t *data, size_t len);
int transfer_body_end(struct transfer *transfer);
/** 1: the answer is complete. */
int transfer_writable(struct transfer *transfer);
/** The connection is gone. */
void transfer_closed(struct transfer *transfer);

/* --- metrics.c --- */

/** Writes the page of /metrics. */
void metrics_write(struct server *server, struct base_writer *writer);

/* --- log.c --- */

/** One line on standard error: time, level, event, and `format` as key=value. Never anything about a person. */
__attribute__((format(printf, 3, 4))) void log_event(const char *level, const char *event, const char *format, ...);
/** For libwebsockets. */
void log_from_lws(int level, const char *line);

#endif
