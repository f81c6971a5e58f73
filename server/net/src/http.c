/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP: a few pages, and the way to the blobs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "state.h"

enum { MAX_PAGE = 16 << 10, MAX_HEADERS = 2048, MAX_LENGTH = 18 /* digits of a Content-Length */, MAX_WORDS = 1024 };

int http_start(struct lws *wsi, unsigned status, const char *type, uint64_t length, const struct http_header *headers,
               size_t count) {
    uint8_t buffer[LWS_PRE + MAX_HEADERS];
    uint8_t *start = buffer + LWS_PRE, *at = start, *end = buffer + sizeof buffer - 1;
    if (lws_add_http_common_headers(wsi, status, type, length == UINT64_MAX ? LWS_ILLEGAL_HTTP_CONTENT_LEN : length,
                                    &at, end) != 0) {
        return -1;
    }
    /* What somebody has put here is never taken for a page or a script of this server's. */
    static const char *const always[][2] = { { "x-content-type-options:", "nosniff" },
                                             { "cross-origin-resource-policy:", "same-origin" } };
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        if (lws_add_http_header_by_name(wsi, (const uint8_t *)always[i][0], (const uint8_t *)always[i][1],
                                        (int)strlen(always[i][1]), &at, end) != 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (headers[i].name == NULL) {
            continue;
        }
        const char *value = headers[i].fixed != NULL ? headers[i].fixed : headers[i].value;
        if (lws_add_http_header_by_name(wsi, (const uint8_t *)headers[i].name, (const uint8_t *)value,
                                        (int)strlen(value), &at, end) != 0) {
            return -1;
        }
    }
    return lws_finalize_write_http_header(wsi, start, &at, end) != 0 ? -1 : 0;
}

static void end(struct request *request) {
    if (request->transfer != NULL) {
        transfer_closed(request->transfer);
        request->transfer = NULL;
    }
    base_bytes_free(&request->page);
    request->body = NULL;
    request->offset = 0;
}

/* The answer is out. libwebsockets lets go of `request` here: what follows gets another one. */
static int complete(struct lws *wsi, struct request *request) {
    end(request);
    int result = lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
    peer_goes_on(server_of(wsi), wsi, false);
    return result;
}

static int send_page(struct lws *wsi, struct request *request, unsigned status, struct base_slice text) {
    struct http_header header = { .name = "cache-control:", .value = "no-store" };
    base_bytes_free(&request->page);
    if (base_bytes_take(base_allocator_libc(), LWS_PRE + text.len, &request->page) != BASE_OK) {
        return -1;
    }
    memcpy(request->page.data + LWS_PRE, text.data, text.len);
    if (http_start(wsi, status, "text/plain; charset=utf-8", text.len, &header, 1) != 0) {
        return -1;
    }
    if (request->head) {
        return complete(wsi, request); /* a body would be taken for the next answer */
    }
    lws_callback_on_writable(wsi);
    return 0;
}

/* Says it, and no more on this connection: the callback returns what this does. */
static int answer_and_end(struct lws *wsi, unsigned status, const char *text, bool head, const char *retry_after) {
    bool upgrade = status == STATUS_UPGRADE_REQUIRED;
    uint8_t page[LWS_PRE + MAX_WORDS];
    size_t len = (size_t)snprintf((char *)page + LWS_PRE, MAX_WORDS, "%s", text);
    const struct http_header headers[] = { { "cache-control:", "no-store", NULL },
                                           { "connection:", "", upgrade ? "close, upgrade" : "close" },
                                           { upgrade ? "upgrade:" : NULL, "websocket", NULL },
                                           { upgrade ? "sec-websocket-version:" : NULL, "13", NULL },
                                           { retry_after == NULL ? NULL : "retry-after:", "", retry_after } };
    if (http_start(wsi, status, "text/plain; charset=utf-8", len, headers, sizeof headers / sizeof *headers) == 0 &&
        !head) {
        (void)lws_write(wsi, page + LWS_PRE, len, LWS_WRITE_HTTP_FINAL);
    }
    return -1;
}

/* Whoever is told this is a person with a browser, or a program that doesn't know us: all languages at once cost less
 * than to find out which. */
static int tell_to_wait(struct lws *wsi, uint64_t wait_ms, bool head) {
    char text[MAX_WORDS], retry_after[MAX_LENGTH + 3];
    uint64_t seconds = wait_ms / 1000 + 1;
    (void)snprintf(retry_after, sizeof retry_after, "%" PRIu64, seconds);
    (void)snprintf(text, sizeof text,
                   "Zu viele Verbindungen kommen aus Ihrem Netz. Warten Sie %s s, und versuchen Sie es noch einmal.\n"
                   "Trop de connexions viennent de votre réseau. Attendez %s s, puis réessayez.\n"
                   "Troppe connessioni arrivano dalla sua rete. Attenda %s s, poi riprovi.\n"
                   "Too many connections come from your network. Wait for %s s, then try again.\n",
                   retry_after, retry_after, retry_after, retry_after);
    return answer_and_end(wsi, STATUS_TOO_OFTEN, text, head, retry_after);
}

static const char SPOKEN[] = "HTTP/1.1 and WebSockets are spoken here.\n";

/* What is no request at all, or one for a proxy: libwebsockets would say so in HTML, or say nothing and wait. */
static int answer_other(struct lws *wsi) {
    char answer[MAX_WORDS];
    int len = snprintf(answer, sizeof answer,
                       "HTTP/1.1 400 Bad Request\r\nserver: weibel\r\ncontent-type: text/plain; charset=utf-8\r\n"
                       "content-length: %zu\r\nconnection: close\r\n\r\n%s",
                       sizeof SPOKEN - 1, SPOKEN);
    (void)lws_write(wsi, (uint8_t *)answer, (size_t)len, LWS_WRITE_RAW);
    return -1;
}

/* libwebsockets would close a WebSocket that it doesn't like without a word; and it would go on in HTTP/2 as well,
 * which nobody here needs, and whose streams know no peer. */
static int confirm_upgrade(struct lws *wsi, const char *to) {
    unsigned status = HTTP_STATUS_BAD_REQUEST;
    const char *words = strcasecmp(to, "websocket") == 0 ? socket_refusal(wsi, &status) : SPOKEN;
    if (words == NULL) {
        return 0;
    }
    return peer_asks(server_of(wsi), wsi) ? answer_and_end(wsi, status, words, false, NULL) : -1;
}

static int send_metrics(struct lws *wsi, struct request *request) {
    struct base_writer page BASE_CLEANUP(base_writer_free) = base_writer(base_allocator_libc(), MAX_PAGE);
    metrics_write(server_of(wsi), &page);
    struct base_slice text = base_writer_view(&page);
    return text.len == 0 ? -1 : send_page(wsi, request, HTTP_STATUS_OK, text);
}

static int send_health(struct lws *wsi, struct request *request) {
    struct server *server = server_of(wsi);
    struct store_counters counters;
    store_count(server->store, &counters);
    bool healthy = counters.last_write_ok;
    return send_page(wsi, request, healthy ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE,
                     base_slice_text(healthy ? "ok\n" : "the last write to the disk failed\n"));
}

/* libwebsockets knows a body by one Content-Length alone. What follows one that is told otherwise could pass for a
 * request of its own, and somebody else's behind the same proxy would get the answer. */
static bool has_clear_end(struct lws *wsi) {
    char length[MAX_LENGTH + 1] = "";
    return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) <= 0 &&
           lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH) >= 0 &&
           strspn(length, "0123456789") == strlen(length);
}

static int refuse_body(struct lws *wsi) {
    bool coded = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
    return answer_and_end(wsi, coded ? HTTP_STATUS_LENGTH_REQUIRED : HTTP_STATUS_BAD_REQUEST,
                          "A body says its length by one Content-Length, and by nothing else.\n", false, NULL);
}

static int begin(struct lws *wsi, struct request *request) {
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);
    if (method < 0 || path == NULL) {
        return -1;
    }
    static const char blobs[] = "/blobs/";
    bool head = method == LWSHUMETH_HEAD, get = method == LWSHUMETH_GET || head;
    struct server *server = server_of(wsi);
    request->head = head;
    peer_goes_on(server, wsi, false);
    uint64_t wait = peer_arrival(wsi).wait;
    if (wait != 0) {
        return tell_to_wait(wsi, wait, head);
    }
    if (strncmp(path, blobs, sizeof blobs - 1) == 0) {
        int result = 0;
        request->transfer = transfer_begin(wsi, path + sizeof blobs - 1, method, &result);
        peer_goes_on(server, wsi, request->transfer != NULL);
        return result;
    }
    if (get && strcmp(path, "/healthz") == 0) {
        return send_health(wsi, request);
    }
    if (get && strcmp(path, "/metrics") == 0 && peer_is_here(wsi)) {
        return send_metrics(wsi, request);
    }
    int result = 0;
    const struct web *web = server->web;
    if (get && web != NULL && web_begin(web, wsi, path, head, &request->body, &result)) {
        peer_goes_on(server, wsi, false); /* `request` may be gone, as in complete() */
        return result;
    }
    if (get && strcmp(path, "/") == 0) {
        return send_page(
            wsi, request, HTTP_STATUS_OK,
            base_slice_text("This is a Weibel server.\n\nWith an activation link, run: weibel activate LINK\n"));
    }
    if (socket_is_here(wsi)) {
        return answer_and_end(wsi, STATUS_UPGRADE_REQUIRED,
                              "WebSockets begin here. If this was one, a proxy has not passed it on: it must send "
                              "Upgrade and Connection along.\n",
                              head, NULL);
    }
    return send_page(wsi, request, HTTP_STATUS_NOT_FOUND, base_slice_text("There is nothing here.\n"));
}

/* A transfer has its own time. */
static int writable(struct lws *wsi, struct request *request) {
    peer_goes_on(server_of(wsi), wsi, request->transfer != NULL);
    if (request->transfer != NULL || request->body != NULL) {
        int result = request->transfer != NULL ? transfer_writable(request->transfer)
                                               : web_writable(wsi, request->body, &request->offset);
        return result == 1 ? complete(wsi, request) : result;
    }
    if (request->page.len == 0) {
        return 0;
    }
    int written = lws_write(wsi, request->page.data + LWS_PRE, request->page.len - LWS_PRE, LWS_WRITE_HTTP_FINAL);
    return written < 0 ? -1 : complete(wsi, request);
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct request *request = user;
    struct server *server = NULL;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        server = server_of(wsi);
        if (server != NULL && server->delivery != NULL) {
            store_finish(server->store);
            sockets_send(server);
            jobs_finish(server->jobs);
            server_stop_if_wanted(server);
        }
        return 0;
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return peer_arrives(server_of(wsi), (int)(intptr_t)in);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        peer_is_there(server_of(wsi), wsi);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        server = server_of(wsi);
        if (server != NULL && server->delivery != NULL) {
            peer_is_gone(server, wsi);
        }
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:
        return answer_other(wsi);
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        tls_configure(user);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm_upgrade(wsi, in);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1; /* a WebSocket that is not ours */
    case LWS_CALLBACK_HTTP:
        end(request);
        if (!peer_asks(server_of(wsi), wsi)) {
            return -1;
        }
        return has_clear_end(wsi) ? begin(wsi, request) : refuse_body(wsi);
    case LWS_CALLBACK_HTTP_BODY:
        return request->transfer == NULL ? 0 : transfer_body(request->transfer, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return request->transfer == NULL ? 0 : transfer_body_end(request->transfer);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return writable(wsi, request);
    case LWS_CALLBACK_CLOSED_HTTP:
        /* A connection that ends before its first request has none. */
        if (request != NULL) {
            end(request);
        }
        return 0;
    default:
        return 0;
    }
}
