/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The event loop: libwebsockets' own, with timers, file descriptors and signals of this program in it. Everything that
 * the program waits for is waited for here, in one thread.
 */
#ifndef CLI_LOOP_H
#define CLI_LOOP_H

#include <libwebsockets.h>

#include "base/bytes.h"

struct loop;

extern const struct base_error LOOP_ERR_START; /**< libwebsockets does not start: certificate authorities, memory */

/** Makes a loop. `ca_file`: further certificate authorities to trust, or NULL. LOOP_ERR_START, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result loop_open(const char *ca_file, struct loop **out);

/** Ends every connection and watch that is left, without a word to its owner. NULL is allowed. */
void loop_close(struct loop **loop);

/** Waits until something has happened and been handled. */
void loop_turn(struct loop *loop);

/** True once SIGINT, SIGTERM or SIGHUP has come; from loop_open() on these do not end the program by themselves. */
bool loop_interrupted(const struct loop *loop);

/** Likewise while there is no loop: one of them waits for the next. */
bool loop_signalled(void);

/** Connects as `info` says; context and vhost are filled in. NULL: it has failed, and the callback knows. */
struct lws *loop_connect(struct loop *loop, struct lws_client_connect_info *info);

/** A timer. Zeroed is ready for use. It must not move while it is set. */
struct loop_timer {
    lws_sorted_usec_list_t entry; /* first: libwebsockets hands this out */
    struct loop *loop;            /* set with the timer */
    void (*fire)(void *user);
    void *user;
};

/** Fires once in `milliseconds`; one that is set already is set anew. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t milliseconds);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/** A watched file descriptor: pipe, terminal, Unix socket. */
struct loop_watch;

struct loop_handler {
    void (*readable)(void *user, int file); /**< something can be read, or the other side has gone (read it to see) */
    void (*writable)(void *user, int file); /**< what loop_watch_writable() has asked for; NULL: never asked for */
};

/** Watches `file`, which belongs to the loop from now on. `handler` must stay. BASE_ERR_NO_MEMORY: closed already. */
BASE_MUST_USE base_result loop_watch(struct loop *loop, int file, const struct loop_handler *handler, void *user,
                                     struct loop_watch **out);

/** Asks for one call of `writable`. */
void loop_watch_writable(struct loop_watch *watch);

/** No more reading until it is allowed again: for who cannot take more at the moment. */
void loop_watch_pause(struct loop_watch *watch, bool pause);

/** Ends the watch and closes its file; the handler is not called any more. NULL is allowed. */
void loop_unwatch(struct loop_watch **watch);

/** The callbacks of the two kinds of connection; see websocket.c and http.c. */
int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
