/* SPDX-License-Identifier: EUPL-1.2 */
/* One HTTP request to the server, its body and the answer's in parts. */
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "words.h"

enum {
    TIMEOUT = 60, /* seconds in which something has to move */
    MAX_PATH = URL_MAX_PATH + 128,
    MAX_HEADERS = 4,
    MAX_VALUE = 128,
};

struct http {
    struct loop *loop;
    struct lws *wsi; /* NULL before it is made and after it has ended */
    const struct http_handler *handler;
    void *user;
    struct loop_timer failed; /* tells of a failure that http_start() saw itself */
    char method[8];
    struct {
        char name[32];
        char value[MAX_VALUE];
    } headers[MAX_HEADERS];
    size_t header_count;
    bool has_body;
    uint64_t body_left;
    unsigned status;
    bool stopped; /* by its owner */
    char reason[160];
    uint8_t part[LWS_PRE + HTTP_PART];
};

static void end(struct http *http, bool whole) {
    if (http->wsi != NULL) {
        lws_set_opaque_user_data(http->wsi, NULL);
    }
    const char *reason = http->reason[0] != '\0' ? http->reason : N_("the connection has ended");
    http->handler->ended(http->user, http, http->status, whole && !http->stopped, reason);
    loop_timer_stop(http->loop, &http->failed);
    base_free(http);
}

static void on_failed(void *user) {
    end((struct http *)user, false);
}

/* Adds the request's own headers. */
static int add_headers(struct http *http, struct lws *wsi, uint8_t **at, uint8_t *limit) {
    for (size_t i = 0; i < http->header_count; i++) {
        const char *value = http->headers[i].value;
        if (lws_add_http_header_by_name(wsi, (const uint8_t *)http->headers[i].name, (const uint8_t *)value,
                                        (int)strlen(value), at, limit) != 0) {
            return -1;
        }
    }
    if (http->has_body) {
        char len[24];
        int digits = snprintf(len, sizeof len, "%" PRIu64, http->body_left);
        if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, (const uint8_t *)len, digits, at, limit) !=
            0) {
            return -1;
        }
        if (http->body_left != 0) {
            lws_client_http_body_pending(wsi, 1);
            (void)lws_callback_on_writable(wsi);
        }
    }
    return 0;
}

static int send_part(struct http *http, struct lws *wsi) {
    if (http->body_left == 0) {
        return 0;
    }
    size_t len = http->body_left < HTTP_PART ? (size_t)http->body_left : HTTP_PART;
    if (!http->handler->give(http->user, http->part + LWS_PRE, len)) {
        http->stopped = true;
        return -1;
    }
    http->body_left -= len;
    bool last = http->body_left == 0;
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLIENT_ISSUE_PAYLOAD, TIMEOUT);
    if (last) {
        lws_client_http_body_pending(wsi, 0);
    } else {
        (void)lws_callback_on_writable(wsi);
    }
    int written = lws_write(wsi, http->part + LWS_PRE, len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    return written < 0 ? -1 : 0;
}

static int receive_parts(struct http *http, struct lws *wsi) {
    char *at = (char *)http->part + LWS_PRE;
    int len = HTTP_PART;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, TIMEOUT);
    return lws_http_client_read(wsi, &at, &len) < 0 ? -1 : 0;
}

int http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user;
    struct http *http = (struct http *)lws_get_opaque_user_data(wsi);
    if (http == NULL) {
        return 0;
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return add_headers(http, wsi, (uint8_t **)in, *(uint8_t **)in + len);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return send_part(http, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        http->status = lws_http_client_http_response(wsi);
        if (strcmp(http->method, "HEAD") == 0) {
            end(http, true); /* whatever length it names, no body follows */
            return -1;
        }
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return receive_parts(http, wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        if (http->status == 206 && !http->handler->take(http->user, base_slice(in, len))) {
            http->stopped = true;
            return -1;
        }
        return 0;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        end(http, true);
        return -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        (void)snprintf(http->reason, sizeof http->reason, "%s",
                       in == NULL ? N_("the server cannot be reached") : (const char *)in);
        lws_set_opaque_user_data(wsi, NULL);
        http->wsi = NULL;
        /* Told later: this may come from within http_start(). */
        loop_timer_set(http->loop, &http->failed, 0);
        return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
        end(http, false);
        return 0;
    default:
        return 0;
    }
}

base_result http_start(struct loop *loop, const struct url *url, const struct http_request *request,
                       const struct http_handler *handler, void *user, struct http **out) {
    BASE_ENSURE(request->header_count <= MAX_HEADERS, BASE_ERR_TOO_LONG);
    struct http *http = (struct http *)base_take(base_allocator_libc(), 1, sizeof *http);
    BASE_ENSURE(http != NULL, BASE_ERR_NO_MEMORY);
    http->loop = loop;
    http->handler = handler;
    http->user = user;
    http->failed = (struct loop_timer){ .fire = on_failed, .user = http };
    (void)snprintf(http->method, sizeof http->method, "%s", request->method);
    http->header_count = request->header_count;
    for (size_t i = 0; i < request->header_count; i++) {
        (void)snprintf(http->headers[i].name, sizeof http->headers[i].name, "%s", request->headers[i].name);
        (void)snprintf(http->headers[i].value, MAX_VALUE, "%s", request->headers[i].value);
    }
    http->has_body = request->has_body;
    http->body_left = request->body_len;
    char path[MAX_PATH];
    (void)snprintf(path, sizeof path, "%s%s", url->path, request->path);
    struct lws_client_connect_info info = {
        .address = url->host,
        .port = url->port,
        .ssl_connection = (url->tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
        .path = path,
        .host = url->authority,
        .method = http->method,
        .local_protocol_name = "http",
        .alpn = "http/1.1",
        .opaque_user_data = http,
        .pwsi = &http->wsi,
    };
    if (loop_connect(loop, &info) == NULL) {
        http->wsi = NULL;
        loop_timer_set(loop, &http->failed, 0);
    }
    *out = http;
    return BASE_OK;
}

bool http_number(const struct http *http, const char *name, uint64_t *out) {
    char value[24];
    int len =
        http->wsi == NULL ? -1 : lws_hdr_custom_copy(http->wsi, value, (int)sizeof value, name, (int)strlen(name));
    unsigned long number = 0;
    if (len <= 0 || !args_number(value, (unsigned long)INT64_MAX, &number)) {
        return false;
    }
    *out = number;
    return true;
}

void http_free(struct http **http) {
    if (*http == NULL) {
        return;
    }
    loop_timer_stop((*http)->loop, &(*http)->failed);
    if ((*http)->wsi != NULL) {
        lws_set_opaque_user_data((*http)->wsi, NULL);
        lws_set_timeout((*http)->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    base_free(*http);
    *http = NULL;
}
