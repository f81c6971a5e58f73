/* SPDX-License-Identifier: EUPL-1.2 */
/* The connection to the server: one WebSocket with whole binary messages in both directions. */
#include "websocket.h"

#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>

#include "words.h"

enum {
    PING_AFTER = 45,    /* seconds of silence */
    GIVE_UP_AFTER = 75, /* seconds without an answer: so a lost network is noticed */
    MAX_REASON = 160,
};

/* One message to send, with the room that libwebsockets wants before it. */
struct outgoing {
    struct outgoing *next;
    size_t len;
    uint8_t data[]; /* LWS_PRE + len */
};

struct websocket {
    struct loop *loop;
    struct lws *wsi; /* NULL before it is made and after it has ended */
    const struct websocket_handler *handler;
    void *user;
    struct loop_timer failed; /* tells of a failure that websocket_open() saw itself */
    struct outgoing *first, **last;
    struct base_bytes incoming; /* of `max` bytes, taken when the first message in parts arrives */
    size_t incoming_len;
    size_t max;
    bool opened, closing;
    char reason[MAX_REASON];
};

static void free_outgoing(struct websocket *websocket) {
    while (websocket->first != NULL) {
        struct outgoing *gone = websocket->first;
        websocket->first = gone->next;
        base_free(gone);
    }
    websocket->last = &websocket->first;
}

/* libwebsockets speaks to developers; these are the cases that people meet. */
static const char *in_words(const char *reason) {
    static const struct {
        const char *part, *words;
    } known[] = {
        { "read failed", N_("the server closed the connection") },
        { "closed before established", N_("the server closed the connection") },
        { "unable to lookup", N_("the server's name is not known") },
        { "getaddrinfo", N_("the server's name is not known") },
        { "Unable to connect", N_("the server does not answer") },
        { "conn fail", N_("the server does not answer") },
        { "connect failed", N_("the server does not answer") },
        { "Timed out", N_("the server does not answer") },
        { "tls", N_("the encrypted connection could not be made") },
        { "SSL", N_("the encrypted connection could not be made") },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strstr(reason, known[i].part) != NULL) {
            return known[i].words;
        }
    }
    return reason;
}

/* What stands before the server, or it itself, has answered something else than that a WebSocket begins. */
static const char *words_of_status(unsigned status) {
    switch (status) {
    case 426: /* the server got a request that was none for a WebSocket: docs/protocol.md */
        return N_("a proxy before the server does not pass WebSockets on (tell whoever runs the server)");
    case HTTP_STATUS_BAD_GATEWAY:
    case HTTP_STATUS_SERVICE_UNAVAILABLE:
    case HTTP_STATUS_GATEWAY_TIMEOUT:
        return N_("the server does not answer");
    case 429:
        return N_("too many connections come from your network");
    default:
        return N_("what answers there is not a Weibel server");
    }
}

static const char *words_of_failure(struct lws *wsi, const char *reason) {
    bool answered = strncmp(reason, "HS: ", 4) == 0;
    return answered ? words_of_status(lws_http_client_http_response(wsi)) : in_words(reason);
}

static void ended(struct websocket *websocket) {
    websocket->wsi = NULL;
    websocket->handler->closed(websocket->user, websocket->reason);
}

static void on_failed(void *user) {
    ended((struct websocket *)user);
}

static void set_reason(struct websocket *websocket, const char *reason) {
    if (websocket->reason[0] == '\0') {
        (void)snprintf(websocket->reason, sizeof websocket->reason, "%s", reason);
    }
}
static const char *words_of_certificate_error(int error) {
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return N_("the server's certificate has expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return N_("the server's certificate is not valid yet (is the clock right?)");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return N_("the server's certificate is for another name");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return N_("the server's certificate is from an unknown authority (give that with --ca, if it is yours)");
    default:
        return X509_verify_cert_error_string(error);
    }
}

/* The reason that came with it is for developers (RFC 6455 §7.4). */
static const char *words_of_closing(struct base_slice said) {
    unsigned code = said.len < 2 ? 0 : (unsigned)said.data[0] << 8 | said.data[1];
    switch (code) {
    case LWS_CLOSE_STATUS_PROTOCOL_ERR:
    case LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE:
    case LWS_CLOSE_STATUS_INVALID_PAYLOAD:
        return N_("the server does not understand what this version sends");
    case LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE:
        return N_("the server, or a proxy before it, does not take as much at once as this version sends");
    default:
        return N_("the connection has ended");
    }
}

/* OpenSSL's judgement stands; it is only put into words. This comes here for all connections, those of http.c included.
 */
static void note_certificate(struct lws *wsi, X509_STORE_CTX *judged, bool good) {
    struct websocket *websocket = (struct websocket *)lws_get_opaque_user_data(wsi);
    const struct lws_protocols *protocol = lws_get_protocol(wsi);
    if (!good && websocket != NULL && protocol != NULL && protocol->callback == websocket_callback) {
        set_reason(websocket, words_of_certificate_error(X509_STORE_CTX_get_error(judged)));
    }
}

/* A part of a message. Most come whole and are passed on from where they lie. */
static int receive(struct websocket *websocket, struct lws *wsi, struct base_slice part) {
    bool first = lws_is_first_fragment(wsi) != 0;
    bool last = lws_is_final_fragment(wsi) != 0 && lws_remaining_packet_payload(wsi) == 0;
    if (lws_frame_is_binary(wsi) == 0 || part.len > websocket->max - (first ? 0 : websocket->incoming_len)) {
        set_reason(websocket, N_("the server sent what this version does not understand"));
        return -1;
    }
    if (first) {
        websocket->incoming_len = 0;
    }
    if (first && last) {
        websocket->handler->message(websocket->user, part);
        return 0;
    }
    if (websocket->incoming.data == NULL &&
        base_bytes_take(base_allocator_libc(), websocket->max, &websocket->incoming) != BASE_OK) {
        set_reason(websocket, BASE_ERR_NO_MEMORY.text);
        return -1;
    }
    if (part.len != 0) {
        memcpy(websocket->incoming.data + websocket->incoming_len, part.data, part.len);
        websocket->incoming_len += part.len;
    }
    if (last) {
        size_t len = websocket->incoming_len;
        websocket->incoming_len = 0;
        websocket->handler->message(websocket->user, base_slice(websocket->incoming.data, len));
    }
    return 0;
}

static int send_next(struct websocket *websocket, struct lws *wsi) {
    struct outgoing *message = websocket->first;
    if (message == NULL && websocket->closing) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0); /* with it, lws waits for the other side's answer */
        return -1;
    }
    if (message == NULL) {
        return 0;
    }
    int written = lws_write(wsi, message->data + LWS_PRE, message->len, LWS_WRITE_BINARY);
    if (written < 0) {
        return -1;
    }
    websocket->first = message->next;
    if (websocket->first == NULL) {
        websocket->last = &websocket->first;
    }
    base_free(message);
    if (websocket->first != NULL || websocket->closing) {
        (void)lws_callback_on_writable(wsi);
    }
    return 0;
}

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
        note_certificate(wsi, (X509_STORE_CTX *)user, len != 0);
        return 0;
    }
    struct websocket *websocket = (struct websocket *)lws_get_opaque_user_data(wsi);
    if (websocket == NULL) {
        /* Freed by its owner: only a live connection has to be ended, which the timeout set then does. */
        return 0;
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        websocket->opened = true;
        websocket->handler->opened(websocket->user);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (receive(websocket, wsi, base_slice(in, len)) != 0) {
            return -1;
        }
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return send_next(websocket, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        set_reason(websocket,
                   in == NULL ? N_("the server cannot be reached") : words_of_failure(wsi, (const char *)in));
        /* fall through */
    case LWS_CALLBACK_WSI_DESTROY: /* nothing else is told of a handshake that nobody answered */
        set_reason(websocket, N_("the server does not answer"));
        lws_set_opaque_user_data(wsi, NULL);
        websocket->wsi = NULL;
        /* Told later: this may come from within websocket_open(). */
        loop_timer_set(websocket->loop, &websocket->failed, 0);
        break;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        set_reason(websocket, words_of_closing(base_slice(in, len)));
        break;
    case LWS_CALLBACK_CLIENT_CLOSED:
        set_reason(websocket, N_("the connection has ended"));
        lws_set_opaque_user_data(wsi, NULL);
        ended(websocket);
        break;
    default:
        break;
    }
    return 0;
}

base_result websocket_open(struct loop *loop, const struct url *url, size_t max,
                           const struct websocket_handler *handler, void *user, struct websocket **out) {
    static const lws_retry_bo_t idle = { .secs_since_valid_ping = PING_AFTER,
                                         .secs_since_valid_hangup = GIVE_UP_AFTER };
    struct websocket *websocket = (struct websocket *)base_take(base_allocator_libc(), 1, sizeof *websocket);
    BASE_ENSURE(websocket != NULL, BASE_ERR_NO_MEMORY);
    *websocket = (struct websocket){
        .loop = loop, .handler = handler, .user = user, .failed = { .fire = on_failed, .user = websocket }, .max = max
    };
    websocket->last = &websocket->first;
    char path[URL_MAX_PATH + sizeof "/connect"];
    (void)snprintf(path, sizeof path, "%s/connect", url->path);
    struct lws_client_connect_info info = {
        .address = url->host,
        .port = url->port,
        .ssl_connection = url->tls ? LCCSCF_USE_SSL : 0,
        .path = path,
        .host = url->authority,
        .protocol = "weibel",
        .local_protocol_name = "weibel",
        .alpn = "http/1.1",
        .opaque_user_data = websocket,
        .pwsi = &websocket->wsi,
        .retry_and_idle_policy = &idle,
    };
    info.ssl_connection |= LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
    if (loop_connect(loop, &info) == NULL && websocket->reason[0] == '\0') {
        set_reason(websocket, N_("the server cannot be reached"));
        loop_timer_set(loop, &websocket->failed, 0);
    }
    *out = websocket;
    return BASE_OK;
}

base_result websocket_send(struct websocket *websocket, struct base_slice message) {
    struct outgoing *copy =
        (struct outgoing *)base_take(base_allocator_libc(), 1, sizeof *copy + LWS_PRE + message.len);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    copy->len = message.len;
    memcpy(copy->data + LWS_PRE, message.data, message.len);
    *websocket->last = copy;
    websocket->last = &copy->next;
    if (websocket->wsi != NULL) {
        (void)lws_callback_on_writable(websocket->wsi);
    }
    return BASE_OK;
}

/* Lets go of what libwebsockets holds: it closes by itself, and nobody hears of it. */
static void drop(struct websocket *websocket) {
    if (websocket->wsi != NULL) {
        lws_set_opaque_user_data(websocket->wsi, NULL);
        lws_set_timeout(websocket->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        websocket->wsi = NULL;
    }
}

void websocket_close(struct websocket *websocket) {
    websocket->closing = true;
    if (websocket->wsi == NULL) {
        return; /* it has ended, and that is told */
    }
    if (websocket->opened) {
        (void)lws_callback_on_writable(websocket->wsi);
        return;
    }
    drop(websocket);
    loop_timer_set(websocket->loop, &websocket->failed, 0);
}

void websocket_free(struct websocket **websocket) {
    if (*websocket == NULL) {
        return;
    }
    loop_timer_stop((*websocket)->loop, &(*websocket)->failed);
    drop(*websocket);
    free_outgoing(*websocket);
    base_bytes_free(&(*websocket)->incoming);
    base_free(*websocket);
    *websocket = NULL;
}
