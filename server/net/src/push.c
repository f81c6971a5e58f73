/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One request a push: POST, without a body. Connections are not kept: pushes are rare, and what a device is worth to
 * its service is no secret between requests then. Whoever answers "later" is left alone for so long; nothing waits for
 * any of this.
 */
#define _DEFAULT_SOURCE
#include "push.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "origin.h"
#include "state.h"

enum {
    MAX_ACTIVE = 8,    /* connections */
    MAX_OF_ORIGIN = 4, /* of them to one service, … */
    MAX_HELD = 16,     /* … and pushes that wait for one which doesn't work */
    MAX_TRIES = 4,     /* for one push */
    TIMEOUT_SECONDS = 20,
    TOKEN_SECONDS = 12 * 3600, /* at most a day: RFC 8292 §2 */
    TOKEN_LEFT = 3600,
    KEEP_SECONDS = 7 * 24 * 3600, /* that the push service tries to reach the browser */
};

struct ride {
    struct delivery_push push;
    struct pusher *pusher;
    struct origin *origin;
    struct ride *next; /* in its origin's queue */
    unsigned tries;
    uv_getaddrinfo_t lookup;
    bool looking;    /* the loop has the lookup */
    struct lws *wsi; /* NULL before and after its connection */
    lws_sorted_usec_list_t timeout;
};

struct pusher {
    struct pusher_options options;
    char subject[STORE_MAX_URL + 1];
    struct lws_vhost *vhost;
    bool proxy; /* libwebsockets takes it from the environment; it looks names up, too */
    bool stopped;
    size_t active;
    struct origin origins[MAX_ORIGINS];
    lws_sorted_usec_list_t timer;
};

static void pump(struct pusher *pusher);

static uint64_t now_ms(void) {
    const struct base_clock *clock = base_clock_system();
    return clock->now(clock->user);
}

/* --- origins --- */

static void enqueue(struct ride *ride, bool first) {
    struct origin *origin = ride->origin;
    ride->next = first ? origin->first : NULL;
    if (first) {
        origin->first = ride;
        origin->last = origin->last == NULL ? ride : origin->last;
    } else {
        *(origin->last == NULL ? &origin->first : &origin->last->next) = ride;
        origin->last = ride;
    }
    origin->queued++;
}

static struct ride *dequeue(struct origin *origin) {
    struct ride *ride = origin->first;
    origin->first = ride->next;
    origin->last = origin->first == NULL ? NULL : origin->last;
    origin->queued--;
    return ride;
}

static bool authorize(struct pusher *pusher, struct origin *origin) {
    uint64_t now = now_ms() / 1000;
    if (origin->authorized_until >= now + TOKEN_LEFT) {
        return true;
    }
    origin->authorized_until = now + TOKEN_SECONDS;
    if (push_key_authorize(pusher->options.key, origin->name, pusher->subject, origin->authorized_until,
                           origin->authorization) != BASE_OK) {
        origin->authorized_until = 0;
        return false;
    }
    return true;
}

/* --- how it ends --- */

static void end_ride(struct ride *ride, enum delivery_outcome outcome) {
    struct delivery *delivery = ride->pusher->options.delivery;
    delivery_pushed(delivery, &ride->push, outcome);
    base_free(ride);
}

/* The service doesn't work, or wants to be left alone. Those that it could have to wait for too long are given up. */
static void hold(struct origin *origin, unsigned status, uint64_t seconds) {
    uint64_t delay = origin_hold(origin, seconds, now_ms());
    log_event("warning", "push-held", "service=%s status=%u seconds=%" PRIu64, origin->name, status, delay);
}

static void leave_origin(struct ride *ride) {
    lws_sul_cancel(&ride->timeout);
    ride->origin->active--;
    ride->pusher->active--;
    ride->wsi = NULL;
}

static void drop_held(struct origin *origin) {
    while (origin->queued > MAX_HELD) {
        end_ride(dequeue(origin), DELIVERY_PUSH_FAILED);
    }
}

/* `status` 0: there was no answer. */
static void finish(struct ride *ride, unsigned status, uint64_t retry_after) {
    struct origin *origin = ride->origin;
    struct pusher *pusher = ride->pusher;
    leave_origin(ride);
    bool later = status == 0 || status == HTTP_STATUS_REQUEST_TIMEOUT || status == 429 || status >= 500;
    bool gone = status == HTTP_STATUS_NOT_FOUND || status == HTTP_STATUS_GONE;
    if (later && !pusher->stopped) {
        hold(origin, status, retry_after);
        ride->tries++;
        if (ride->tries < MAX_TRIES) {
            enqueue(ride, true);
        } else {
            end_ride(ride, DELIVERY_PUSH_FAILED);
        }
        drop_held(origin);
    } else {
        bool sent = status >= 200 && status < 300;
        origin->failures = sent || gone ? 0 : origin->failures;
        if (!sent && !gone && status != 0) {
            log_event("warning", "push-refused", "service=%s status=%u", origin->name, status);
        }
        end_ride(ride, sent ? DELIVERY_PUSH_SENT : gone ? DELIVERY_PUSH_GONE : DELIVERY_PUSH_FAILED);
    }
    pump(pusher);
}

static void on_timeout(lws_sorted_usec_list_t *timer) {
    struct ride *ride = lws_container_of(timer, struct ride, timeout);
    if (ride->looking) {
        (void)uv_cancel((uv_req_t *)&ride->lookup); /* ends where it is looked up */
        return;
    }
    if (ride->wsi != NULL) {
        lws_set_opaque_user_data(ride->wsi, NULL);
        lws_set_timeout(ride->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    }
    finish(ride, 0, 0);
}

/* --- one request --- */

static int add_headers(const struct ride *ride, struct lws *wsi, uint8_t **at, uint8_t *limit) {
    char keep[16];
    (void)snprintf(keep, sizeof keep, "%d", KEEP_SECONDS);
    const struct {
        const char *name, *value;
    } headers[] = {
        { "authorization:", ride->origin->authorization },
        { "ttl:", keep },
        { "topic:", "new" },    /* the newest of those that wait is enough (RFC 8030 §5.4) */
        { "urgency:", "high" }, /* telephones that sleep get others only hours later */
        { "content-length:", "0" },
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (lws_add_http_header_by_name(wsi, (const uint8_t *)headers[i].name, (const uint8_t *)headers[i].value,
                                        (int)strlen(headers[i].value), at, limit) != 0) {
            return -1;
        }
    }
    return 0;
}

/* In seconds; as a date, it is not understood, and the usual delay is taken. */
static uint64_t retry_after(struct lws *wsi) {
    char value[16] = "";
    int len = lws_hdr_custom_copy(wsi, value, sizeof value, "retry-after:", (int)strlen("retry-after:"));
    return len <= 0 || strspn(value, "0123456789") != (size_t)len ? 0 : strtoull(value, NULL, 10);
}

static int push_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS) {
        const struct pusher_options *options = lws_get_vhost_user(lws_get_vhost(wsi));
        SSL_CTX_set_min_proto_version(user, TLS1_2_VERSION);
        if (options->ca != NULL) {
            (void)SSL_CTX_load_verify_locations(user, options->ca, NULL);
        }
        return 0;
    }
    struct ride *ride = wsi == NULL ? NULL : lws_get_opaque_user_data(wsi);
    if (ride == NULL) {
        return 0;
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(ride, wsi, in, *(uint8_t **)in + len);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        /* What the answer says besides is of no use. */
        lws_set_opaque_user_data(wsi, NULL);
        finish(ride, lws_http_client_http_response(wsi), retry_after(wsi));
        return -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        lws_set_opaque_user_data(wsi, NULL);
        ride->wsi = NULL;
        if (ride->pusher->stopped) {
            finish(ride, 0, 0);
            return 0;
        }
        /* Told later: this may come from within lws_client_connect_via_info(). */
        lws_sul_schedule(ride->pusher->options.context, 0, &ride->timeout, on_timeout, 1);
        return 0;
    default:
        return 0;
    }
}

static void connect_to(struct ride *ride, const char *address) {
    const struct push_endpoint *endpoint = &ride->push.endpoint;
    const struct pusher_options *options = &ride->pusher->options;
    struct lws_client_connect_info info = {
        .context = options->context,
        .vhost = ride->pusher->vhost,
        .address = address,
        .port = endpoint->port,
        .ssl_connection = LCCSCF_USE_SSL | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .path = endpoint->path,
        .host = ride->origin->name + strlen("https://"),
        .method = "POST",
        .local_protocol_name = "push",
        .alpn = "http/1.1",
        .opaque_user_data = ride,
        .pwsi = &ride->wsi,
    };
    lws_sul_schedule(options->context, 0, &ride->timeout, on_timeout, (lws_usec_t)TIMEOUT_SECONDS * LWS_US_PER_SEC);
    if (lws_client_connect_via_info(&info) == NULL) {
        ride->wsi = NULL;
        lws_sul_schedule(options->context, 0, &ride->timeout, on_timeout, 1);
    }
}

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found) {
    struct ride *ride = lookup->data;
    const struct addrinfo *one = found;
    char address[64] = "";
    ride->looking = false;
    /* The next one at the next try. */
    for (unsigned i = 0; i < ride->tries && one != NULL; i++) {
        one = one->ai_next == NULL ? found : one->ai_next;
    }
    if (status == 0 && one != NULL && one->ai_family == AF_INET) {
        (void)uv_ip4_name((const struct sockaddr_in *)(const void *)one->ai_addr, address, sizeof address);
    } else if (status == 0 && one != NULL && one->ai_family == AF_INET6) {
        (void)uv_ip6_name((const struct sockaddr_in6 *)(const void *)one->ai_addr, address, sizeof address);
    }
    uv_freeaddrinfo(found);
    if (address[0] == 0 || ride->pusher->stopped) {
        finish(ride, 0, 0);
    } else {
        connect_to(ride, address);
    }
}

/* libwebsockets would look the name up at once, and everybody would wait for it. */
static void start(struct ride *ride) {
    struct pusher *pusher = ride->pusher;
    const struct addrinfo hints = { .ai_family = pusher->options.ipv6 ? AF_UNSPEC : AF_INET,
                                    .ai_socktype = SOCK_STREAM };
    ride->origin->active++;
    pusher->active++;
    lws_sul_schedule(pusher->options.context, 0, &ride->timeout, on_timeout,
                     (lws_usec_t)TIMEOUT_SECONDS * LWS_US_PER_SEC);
    if (pusher->proxy) {
        connect_to(ride, ride->push.endpoint.host);
        return;
    }
    ride->lookup.data = ride;
    ride->looking =
        uv_getaddrinfo(pusher->options.loop, &ride->lookup, on_looked_up, ride->push.endpoint.host, NULL, &hints) == 0;
    if (!ride->looking) {
        lws_sul_schedule(pusher->options.context, 0, &ride->timeout, on_timeout, 1);
    }
}

/* --- all of them --- */

static void on_timer(lws_sorted_usec_list_t *timer) {
    pump(lws_container_of(timer, struct pusher, timer));
}

/* Starts what this service may have; says when to come back for the rest, in milliseconds. */
static uint64_t pump_origin(struct pusher *pusher, struct origin *origin, uint64_t now) {
    /* One that has failed is tried with one. */
    size_t most = origin->failures == 0 ? MAX_OF_ORIGIN : 1;
    while (origin->queued > 0 && origin->active < most && pusher->active < MAX_ACTIVE) {
        if (origin->held_until > now) {
            return origin->held_until;
        }
        struct ride *ride = dequeue(origin);
        if (authorize(pusher, origin)) {
            start(ride);
        } else {
            end_ride(ride, DELIVERY_PUSH_FAILED);
        }
    }
    return UINT64_MAX;
}

static void pump(struct pusher *pusher) {
    uint64_t now = now_ms(), next = UINT64_MAX;
    for (size_t i = 0; i < MAX_ORIGINS && !pusher->stopped; i++) {
        uint64_t at = pump_origin(pusher, &pusher->origins[i], now);
        next = at < next ? at : next;
    }
    if (next != UINT64_MAX) {
        lws_sul_schedule(pusher->options.context, 0, &pusher->timer, on_timer,
                         (lws_usec_t)(next - now) * LWS_US_PER_MS);
    }
}

bool pusher_send(struct pusher *pusher, const struct delivery_push *push) {
    char name[PUSH_MAX_ORIGIN];
    if (pusher == NULL || pusher->stopped) {
        return false;
    }
    push_origin(&push->endpoint, name);
    struct origin *origin = origin_find(pusher->origins, name, now_ms());
    bool full = origin == NULL || (origin->failures != 0 && origin->queued >= MAX_HELD);
    struct ride *ride = full ? NULL : base_take(base_allocator_libc(), 1, sizeof *ride);
    if (ride == NULL) {
        return false;
    }
    ride->push = *push;
    ride->pusher = pusher;
    ride->origin = origin;
    enqueue(ride, false);
    /* From a timer, so that a push that ends at once doesn't end within this call. */
    lws_sul_schedule(pusher->options.context, 0, &pusher->timer, on_timer, 1);
    return true;
}

/* --- begin and end --- */

bool pusher_check_ca(const char *ca) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool good = context != NULL && SSL_CTX_load_verify_locations(context, ca, NULL) == 1;
    SSL_CTX_free(context);
    return good;
}

base_result pusher_open(const struct pusher_options *options, struct pusher **out) {
    static const struct lws_protocols protocols[] = { { .name = "push", .callback = push_callback }, { 0 } };
    struct pusher *pusher = base_take(base_allocator_libc(), 1, sizeof *pusher);
    BASE_ENSURE(pusher != NULL, BASE_ERR_NO_MEMORY);
    pusher->options = *options;
    (void)snprintf(pusher->subject, sizeof pusher->subject, "%s", options->subject);
    const char *proxy = getenv("http_proxy");
    pusher->proxy = proxy != NULL && proxy[0] != 0;
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .gid = -1,
        .uid = -1,
        .vhost_name = "push",
        .user = &pusher->options,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
        .timeout_secs = TIMEOUT_SECONDS,
    };
    pusher->vhost = lws_create_vhost(options->context, &info);
    if (pusher->vhost == NULL) {
        base_free(pusher);
        return &BASE_ERR_NO_MEMORY;
    }
    *out = pusher;
    return BASE_OK;
}

void pusher_stop(struct pusher *pusher) {
    if (pusher != NULL) {
        pusher->stopped = true;
        lws_sul_cancel(&pusher->timer);
    }
}

void pusher_close(struct pusher *pusher) {
    for (size_t i = 0; pusher != NULL && i < MAX_ORIGINS; i++) {
        while (pusher->origins[i].queued > 0) {
            end_ride(dequeue(&pusher->origins[i]), DELIVERY_PUSH_FAILED);
        }
    }
    base_free(pusher);
}
