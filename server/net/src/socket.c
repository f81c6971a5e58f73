/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The WebSocket: frames between libwebsockets and delivery.
 */
#include <stdio.h>
#include <string.h>

#include "state.h"

enum {
    FIRST_ASSEMBLY = 4096,
    LATER_MS = 1000,     /* after which there may be room for a frame in pieces again */
    MAX_LIST = 256,      /* bytes of the subprotocols that somebody offers */
    FRAGMENT_HEADER = 4, /* bytes at most, as SOCKET_RECORD is below 64 KiB */
};

/*
 * Most of what is to be sent can be written at once. Asking for a callback when the socket is writable instead would
 * cost two system calls and a turn of the loop for each frame.
 */
void socket_changed(void *connection) {
    struct socket *socket = lws_wsi_user(connection);
    struct server *server = server_of(connection);
    if (!socket->changed) {
        socket->changed = true;
        socket->next_changed = server->changed;
        server->changed = socket;
    }
}

static void forget_change(struct server *server, struct socket *socket) {
    struct socket **at = &server->changed;
    while (*at != NULL && *at != socket) {
        at = &(*at)->next_changed;
    }
    if (*at == socket) {
        *at = socket->next_changed;
    }
    socket->changed = false;
}

/* --- how it begins --- */

/* One of a list with commas. */
static bool offers_ours(struct lws *wsi) {
    static const char ours[] = "weibel";
    char list[MAX_LIST];
    if (lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_PROTOCOL) <= 0) {
        return false;
    }
    for (const char *at = list + strspn(list, ", \t"); *at != 0; at += strspn(at, ", \t")) {
        size_t len = strcspn(at, ", \t");
        if (len == sizeof ours - 1 && memcmp(at, ours, len) == 0) {
            return true;
        }
        at += len;
    }
    return false;
}

bool socket_is_here(struct lws *wsi) {
    char path[16] = "";
    return lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) > 0 && strcmp(path, "/connect") == 0;
}

const char *socket_refusal(struct lws *wsi, unsigned *status) {
    char version[8] = "";
    *status = HTTP_STATUS_NOT_FOUND;
    if (!socket_is_here(wsi)) {
        return "There is nothing here. WebSockets begin at /connect.\n";
    }
    *status = STATUS_UPGRADE_REQUIRED;
    if (lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_VERSION) <= 0 || strcmp(version, "13") != 0) {
        return "WebSockets of version 13 are spoken here (Sec-WebSocket-Version).\n";
    }
    *status = HTTP_STATUS_BAD_REQUEST;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_KEY) <= 0) {
        return "A WebSocket begins with a Sec-WebSocket-Key.\n";
    }
    return offers_ours(wsi) ? NULL : "The subprotocol weibel is spoken here (Sec-WebSocket-Protocol).\n";
}

/* Its words are for who writes another client. */
static int close_with(struct lws *wsi, enum lws_close_status status, const char *words) {
    uint8_t reason[124];
    int len = snprintf((char *)reason, sizeof reason, "%s", words);
    lws_close_reason(wsi, status, reason, (size_t)len);
    return -1;
}

static int open_socket(struct lws *wsi, struct socket *socket) {
    uint8_t buffer[8];
    socket->wsi = wsi;
    peer_goes_on(server_of(wsi), wsi, true);
    socket->session = delivery_connect(server_of(wsi)->delivery, wsi, peer_origin(wsi, buffer), peer_arrival(wsi).wait);
    if (socket->session == NULL) {
        return close_with(wsi, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "the server is out of memory");
    }
    patience_wait(&server_of(wsi)->patience, &socket->patience, FOR_SIGN_IN);
    lws_callback_on_writable(wsi);
    return 0;
}

/* Any sign of life will do: a whole frame, a part of one, a pong, or that the network takes more. */
static void heard(struct socket *socket) {
    if (delivery_is_signed_in(socket->session) && socket->patience.what != FOR_NOTHING) {
        patience_wait(&server_of(socket->wsi)->patience, &socket->patience, FOR_WORD);
    }
}

static void drop_partial(struct server *server, struct socket *socket) {
    server->assembly_bytes -= socket->partial_size;
    base_free(socket->partial);
    socket->partial = NULL;
    socket->partial_len = socket->partial_size = 0;
}

static bool make_room(struct server *server, struct socket *socket, size_t needed) {
    size_t size = socket->partial == NULL ? FIRST_ASSEMBLY : socket->partial_size;
    while (size < needed) {
        size *= 2;
    }
    if (socket->partial != NULL && size == socket->partial_size) {
        return true;
    }
    if (size - socket->partial_size > MAX_ASSEMBLY - server->assembly_bytes) {
        return false;
    }
    uint8_t *grown =
        socket->partial == NULL ? base_take(base_allocator_libc(), size, 1) : base_retake(socket->partial, size, 1);
    if (grown == NULL) {
        return false;
    }
    server->assembly_bytes += size - socket->partial_size;
    socket->partial = grown;
    socket->partial_size = size;
    return true;
}

/* Gathers a frame that comes in pieces. */
static int assemble(struct lws *wsi, struct socket *socket, const void *in, size_t len, bool last) {
    struct server *server = server_of(wsi);
    size_t max = delivery_max_frame(socket->session);
    if (len > max - socket->partial_len) {
        char words[96];
        (void)snprintf(words, sizeof words, "a message has at most %zu bytes%s", max,
                       delivery_is_signed_in(socket->session) ? "" : " before sign-in");
        return close_with(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, words);
    }
    if (!make_room(server, socket, socket->partial_len + len)) {
        drop_partial(server, socket);
        delivery_turn_away(socket->session, LATER_MS);
        return 0;
    }
    if (len != 0) {
        memcpy(socket->partial + socket->partial_len, in, len);
    }
    socket->partial_len += len;
    if (last) {
        delivery_receive(socket->session, base_slice(socket->partial, socket->partial_len));
        drop_partial(server, socket);
    }
    return 0;
}

static void pause_or_go_on(struct lws *wsi, struct socket *socket) {
    bool pause = !delivery_wants_input(socket->session);
    if (pause != socket->paused) {
        socket->paused = pause;
        lws_rx_flow_control(wsi, pause ? 0 : 1);
    }
}

static int receive(struct lws *wsi, struct socket *socket, const void *in, size_t len) {
    if (!lws_frame_is_binary(wsi)) {
        return close_with(wsi, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "messages are binary here");
    }
    bool last = lws_is_final_fragment(wsi) != 0;
    int result = 0;
    if (delivery_is_ended(socket->session)) {
        return 0; /* what had been read before it was */
    }
    if (last && socket->partial == NULL && len <= delivery_max_frame(socket->session)) {
        delivery_receive(socket->session, base_slice(in, len));
    } else {
        result = assemble(wsi, socket, in, len, last);
    }
    if (result == 0) {
        pause_or_go_on(wsi, socket);
    }
    return result;
}

/* The header of a fragment that a server sends (RFC 6455 §5.2). */
static size_t put_header(uint8_t out[FRAGMENT_HEADER], size_t len, bool first, bool last) {
    out[0] = (uint8_t)((last ? 0x80 : 0) | (first ? 0x02 : 0)); /* FIN; binary, or a continuation */
    if (len < 126) {
        out[1] = (uint8_t)len;
        return 2;
    }
    out[1] = 126;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
    return FRAGMENT_HEADER;
}

/*
 * Takes as many of the frames that wait as fit, or a piece of one that is longer: to send costs more than all else
 * about a frame, be it one or several.
 */
static size_t gather(struct server *server, struct socket *socket) {
    size_t filled = 0;
    const struct delivery_output *output = delivery_next_output(socket->session);
    while (output != NULL) {
        size_t left = output->len - socket->written, room = sizeof server->outgoing - filled;
        if (filled != 0 && room < FRAGMENT_HEADER + left) {
            break;
        }
        size_t len = left < room - FRAGMENT_HEADER ? left : room - FRAGMENT_HEADER;
        filled += put_header(server->outgoing + filled, len, socket->written == 0, len == left);
        memcpy(server->outgoing + filled, output->data + socket->written, len);
        filled += len;
        socket->written += len;
        if (len == left) {
            socket->written = 0;
            delivery_sent(socket->session);
        }
        output = delivery_next_output(socket->session);
    }
    return filled;
}

/* libwebsockets does not tell of the answer to an empty one. */
static int ping(struct socket *socket) {
    uint8_t buffer[LWS_PRE + 1] = { 0 };
    socket->pinged = false;
    return lws_write(socket->wsi, buffer + LWS_PRE, 1, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/*
 * Sends what waits, as long as the socket takes it. What it doesn't take, libwebsockets keeps, in a copy for each
 * connection: that is why long frames, which many readers share, are not written whole. To ask before each time whether
 * there is room would cost as much as to send.
 */
static int send_waiting(struct lws *wsi, struct socket *socket) {
    struct server *server = server_of(wsi);
    if (socket->pinged && lws_partial_buffered(wsi) == 0 && ping(socket) != 0) {
        return -1;
    }
    while (delivery_next_output(socket->session) != NULL && lws_partial_buffered(wsi) == 0) {
        size_t len = gather(server, socket);
        if (lws_write(wsi, server->outgoing, len, LWS_WRITE_RAW) < 0) {
            return -1;
        }
    }
    pause_or_go_on(wsi, socket);
    if (delivery_next_output(socket->session) != NULL || socket->pinged) {
        lws_callback_on_writable(wsi);
    } else if (delivery_is_ended(socket->session)) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return -1;
    }
    return 0;
}

/* Only a callback of its own can close a connection. */
static void close_soon(struct socket *socket) {
    lws_set_timeout(socket->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void sockets_send(struct server *server) {
    while (server->changed != NULL) {
        struct socket *socket = server->changed;
        server->changed = socket->next_changed;
        socket->changed = false;
        if (socket->session != NULL && send_waiting(socket->wsi, socket) != 0) {
            close_soon(socket);
        }
    }
}

/* The next one that is due, of at most MOST_AT_ONCE. */
static struct socket *next_due(struct patience *patience, enum patience_for what, unsigned *count) {
    struct patience_place *place = *count < MOST_AT_ONCE ? patience_due(patience, what) : NULL;
    *count += 1;
    return place == NULL ? NULL : lws_container_of(place, struct socket, patience);
}

static void end_due(struct patience *patience, enum patience_for what) {
    unsigned count = 0;
    for (struct socket *socket = next_due(patience, what, &count); socket != NULL;
         socket = next_due(patience, what, &count)) {
        if (what == FOR_SIGN_IN && delivery_is_signed_in(socket->session)) {
            patience_wait(patience, &socket->patience, FOR_WORD);
        } else {
            patience_end(patience, &socket->patience);
            close_soon(socket);
        }
    }
}

void sockets_look_after(struct server *server) {
    struct patience *patience = &server->patience;
    unsigned count = 0;
    end_due(patience, FOR_SIGN_IN);
    end_due(patience, FOR_ANSWER);
    for (struct socket *socket = next_due(patience, FOR_WORD, &count); socket != NULL;
         socket = next_due(patience, FOR_WORD, &count)) {
        patience_wait(patience, &socket->patience, FOR_ANSWER);
        socket->pinged = true;
        socket_changed(socket->wsi);
    }
    sockets_send(server);
}

/* A frame came in: what it led to at once goes out, to others too (signals). */
static int receive_and_send(struct lws *wsi, struct socket *socket, const void *in, size_t len) {
    struct server *server = server_of(wsi);
    int result = receive(wsi, socket, in, len);
    if (result == 0 && socket->changed) {
        forget_change(server, socket);
        result = send_waiting(wsi, socket);
    }
    sockets_send(server);
    return result;
}

int socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct socket *socket = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        return open_socket(wsi, socket);
    case LWS_CALLBACK_RECEIVE:
        heard(socket);
        return receive_and_send(wsi, socket, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        heard(socket);
        return send_waiting(wsi, socket);
    case LWS_CALLBACK_RECEIVE_PONG:
        heard(socket);
        return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        socket->parted = true;
        return 0;
    case LWS_CALLBACK_CLOSED:
        patience_end(&server_of(wsi)->patience, &socket->patience);
        if (socket->session != NULL) {
            drop_partial(server_of(wsi), socket);
            delivery_disconnect(socket->session, !socket->parted);
            socket->session = NULL;
            forget_change(server_of(wsi), socket);
        }
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return socket_is_here(wsi) && peer_asks(server_of(wsi), wsi) ? 0 : -1;
    default:
        return 0;
    }
}
