/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * WebSocket (RFC 6455) as far as this client needs it: binary messages in one frame each, pings answered.
 */
#define _GNU_SOURCE
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_INPUT = 4096,
    MAX_HEADER = 14,
    CONTINUE = 0,
    BINARY = 2,
    CLOSE = 8,
    PING = 9,
    PONG = 10,
    FINAL = 0x80,
    MASKED = 0x80,
    SHAKE_TIMEOUT_MS = 20000,
    ANSWER_TIMEOUT_MS = 30000,
};

void client_random(void *out, size_t len) {
    const struct base_random *random = base_random_system();
    if (base_random_fill(random, out, len) != BASE_OK) {
        abort();
    }
}

void client_sha256(const void *data, size_t len, uint8_t out[WIRE_KEY_LEN]) {
    SHA256(data, len, out);
}

uint64_t client_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- bytes --- */

bool client_write(struct client *client, const uint8_t *data, size_t len) {
    while (len != 0) {
        ssize_t n = client->tls != NULL ? SSL_write(client->tls, data, (int)(len < 1 << 20 ? len : 1 << 20))
                                        : send(client->fd, data, len, MSG_NOSIGNAL);
        if (n <= 0) {
            bool later = client->tls != NULL ? SSL_get_error(client->tls, (int)n) == SSL_ERROR_WANT_WRITE
                                             : errno == EAGAIN || errno == EINTR;
            struct pollfd wait = { client->fd, POLLOUT, 0 };
            if (!later || poll(&wait, 1, ANSWER_TIMEOUT_MS) <= 0) {
                return false;
            }
            continue;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

bool client_fill(struct client *client) {
    if (client->taken == client->in_len) {
        client->taken = client->in_len = 0;
    } else if (client->taken > client->in_size / 2) {
        memmove(client->in, client->in + client->taken, client->in_len - client->taken);
        client->in_len -= client->taken;
        client->taken = 0;
    }
    if (client->in_len == client->in_size) {
        size_t size = client->in_size == 0 ? FIRST_INPUT : 2 * client->in_size;
        uint8_t *in = realloc(client->in, size);
        if (in == NULL) {
            abort();
        }
        client->in = in;
        client->in_size = size;
    }
    uint8_t *end = client->in + client->in_len;
    size_t room = client->in_size - client->in_len;
    ssize_t n = client->tls != NULL ? SSL_read(client->tls, end, (int)room) : recv(client->fd, end, room, 0);
    if (n <= 0) {
        return client->tls != NULL ? SSL_get_error(client->tls, (int)n) == SSL_ERROR_WANT_READ
                                   : n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    client->in_len += (size_t)n;
    return true;
}

bool client_wait(struct client *client, int timeout_ms) {
    if (client->tls != NULL && SSL_pending(client->tls) > 0) {
        return true;
    }
    struct pollfd wait = { client->fd, POLLIN, 0 };
    return poll(&wait, 1, timeout_ms) > 0;
}

/* --- messages --- */

static bool send_message(struct client *client, uint8_t opcode, struct base_slice message) {
    /* A mask of zeros leaves the bytes as they are; there is no proxy to be protected here. */
    uint8_t *frame = calloc(1, MAX_HEADER + message.len);
    size_t at = 2;
    if (frame == NULL) {
        abort();
    }
    frame[0] = (uint8_t)(FINAL | opcode);
    if (message.len < 126) {
        frame[1] = (uint8_t)(MASKED | message.len);
    } else if (message.len <= UINT16_MAX) {
        frame[1] = MASKED | 126;
        frame[at++] = (uint8_t)(message.len >> 8);
        frame[at++] = (uint8_t)message.len;
    } else {
        frame[1] = MASKED | 127;
        for (int shift = 56; shift >= 0; shift -= 8) {
            frame[at++] = (uint8_t)((uint64_t)message.len >> shift);
        }
    }
    at += 4;
    if (message.len != 0) {
        memcpy(frame + at, message.data, message.len);
    }
    bool sent = client_write(client, frame, at + message.len);
    free(frame);
    return sent;
}

bool client_send_bytes(struct client *client, struct base_slice message) {
    return send_message(client, BINARY, message);
}

bool client_send(struct client *client, struct wire_frame *frame) {
    struct base_writer writer = base_writer(base_allocator_libc(), WIRE_MAX_FRAME);
    client->request++;
    frame->request = client->request;
    wire_encode(&writer, frame);
    bool sent = writer.failed == BASE_OK && client_send_bytes(client, base_writer_view(&writer));
    base_writer_free(&writer);
    return sent;
}

/* Takes one WebSocket frame. Returns its first byte, or -1 if it is not there as a whole. */
static int take_frame(struct client *client, struct base_slice *payload) {
    const uint8_t *at = client->in + client->taken;
    size_t left = client->in_len - client->taken;
    if (left < 2) {
        return -1;
    }
    uint64_t len = at[1] & 0x7f;
    size_t header = len == 126 ? 4 : len == 127 ? 10 : 2;
    if (left < header) {
        return -1;
    }
    if (header > 2) {
        len = 0;
        for (size_t i = 2; i < header; i++) {
            len = len << 8 | at[i];
        }
    }
    if (left - header < len) {
        return -1;
    }
    *payload = base_slice(at + header, (size_t)len);
    client->taken += header + (size_t)len;
    return at[0];
}

static void add_part(struct client *client, struct base_slice part) {
    uint8_t *parts = realloc(client->parts, client->parts_len + part.len + 1);
    if (parts == NULL) {
        abort();
    }
    memcpy(parts + client->parts_len, part.data, part.len);
    client->parts = parts;
    client->parts_len += part.len;
}

bool client_next(struct client *client, struct base_slice *message) {
    for (;;) {
        int first = take_frame(client, message);
        if (first < 0 || first == (FINAL | CLOSE)) {
            return false;
        }
        switch (first) {
        case FINAL | PING:
            send_message(client, PONG, *message);
            break;
        case FINAL | BINARY:
            return true;
        case BINARY:
            client->parts_len = 0;
            add_part(client, *message);
            break;
        case CONTINUE:
            add_part(client, *message);
            break;
        case FINAL | CONTINUE:
            add_part(client, *message);
            *message = base_slice(client->parts, client->parts_len);
            return true;
        default:
            break;
        }
    }
}

bool client_receive(struct client *client, int timeout_ms, struct wire_frame *out) {
    uint64_t end = client_milliseconds() + (uint64_t)timeout_ms;
    struct base_slice message;
    while (!client_next(client, &message)) {
        uint64_t now = client_milliseconds();
        if (client->fd < 0 || now > end || !client_wait(client, (int)(end - now)) || !client_fill(client)) {
            return false;
        }
    }
    return wire_decode(message, out) == BASE_OK;
}

bool client_ask(struct client *client, struct wire_frame *frame, struct wire_frame *answer) {
    if (client->fd < 0 || !client_send(client, frame)) {
        return false;
    }
    do {
        if (!client_receive(client, ANSWER_TIMEOUT_MS, answer)) {
            return false;
        }
    } while (answer->request != frame->request);
    return true;
}

/* --- connections --- */

static bool connect_from(struct client *client, uint32_t from, uint16_t port, SSL_CTX *context) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in own = { .sin_family = AF_INET };
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    own.sin_addr.s_addr = htonl(from);
    *client = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    if (client->fd < 0 || bind(client->fd, (const struct sockaddr *)&own, sizeof own) != 0 ||
        connect(client->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        client_close(client);
        return false;
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (context != NULL) {
        client->tls = SSL_new(context);
        SSL_set_fd(client->tls, client->fd);
        if (SSL_connect(client->tls) != 1) {
            client_close(client);
            return false;
        }
    }
    return true;
}

bool client_connect(struct client *client, uint16_t port, SSL_CTX *context) {
    return connect_from(client, INADDR_LOOPBACK, port, context);
}

/* Reads up to the empty line; what follows stays. False if the status does not begin with `wanted`. */
static bool read_http_head(struct client *client, const char *wanted) {
    for (;;) {
        const uint8_t *end = client->in_len == 0 ? NULL : memmem(client->in, client->in_len, "\r\n\r\n", 4);
        if (end != NULL) {
            client->taken = (size_t)(end - client->in) + 4;
            return client->in_len > 12 && memcmp(client->in + 9, wanted, strlen(wanted)) == 0;
        }
        if (!client_wait(client, SHAKE_TIMEOUT_MS) || !client_fill(client)) {
            return false;
        }
    }
}

static bool upgrade(struct client *client, const char *path, const char *protocol) {
    char request[512];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Protocol: %s\r\n\r\n",
                       path, protocol);
    if (!client_write(client, (const uint8_t *)request, (size_t)len) || !read_http_head(client, "101")) {
        client_close(client);
        return false;
    }
    return true;
}

bool client_upgrade(struct client *client, uint16_t port, SSL_CTX *context, const char *path, const char *protocol) {
    return client_connect(client, port, context) && upgrade(client, path, protocol);
}

static bool open_with(struct client *client, const char *protocol) {
    struct wire_frame frame;
    if (!upgrade(client, "/connect", protocol)) {
        return false;
    }
    if (!client_receive(client, SHAKE_TIMEOUT_MS, &frame) || frame.type != WIRE_CHALLENGE) {
        client_close(client);
        return false;
    }
    client->challenge = frame.of.challenge;
    memcpy(client->domain, frame.of.challenge.domain.data, frame.of.challenge.domain.len);
    client->challenge.domain = base_slice_text(client->domain);
    return true;
}

bool client_open(struct client *client, uint16_t port, SSL_CTX *context) {
    return client_connect(client, port, context) && open_with(client, "weibel");
}

bool client_connect_from(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context) {
    enum { FIRST_HOST = INADDR_LOOPBACK + 1 };
    return connect_from(client, FIRST_HOST + host, port, context);
}

bool client_open_from(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context) {
    return client_connect_from(client, host, port, context) && open_with(client, "weibel");
}

bool client_turned_away(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context,
                        struct wire_refusal *refusal) {
    struct wire_frame frame;
    bool refused = client_connect_from(client, host, port, context) && upgrade(client, "/connect", "weibel") &&
                   client_receive(client, SHAKE_TIMEOUT_MS, &frame) && frame.type == WIRE_REFUSAL;
    *refusal = refused ? frame.of.refusal : (struct wire_refusal){ 0 };
    return refused;
}

bool client_open_for(struct client *client, uint16_t port, const char *address) {
    char headers[128];
    snprintf(headers, sizeof headers, "weibel\r\nX-Forwarded-For: 192.0.2.99, %s", address);
    return client_connect(client, port, NULL) && open_with(client, headers);
}

void client_close(struct client *client) {
    SSL_free(client->tls);
    if (client->fd >= 0) {
        close(client->fd);
    }
    free(client->in);
    free(client->parts);
    *client = (struct client){ .fd = -1 };
}

/* --- devices --- */

void client_device_init(struct client_device *device) {
    size_t len = WIRE_KEY_LEN;
    memset(device, 0, sizeof *device);
    client_random(device->device, sizeof device->device);
    client_random(device->seed, sizeof device->seed);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, device->seed, WIRE_KEY_LEN);
    if (key == NULL || EVP_PKEY_get_raw_public_key(key, device->key, &len) != 1) {
        abort();
    }
    EVP_PKEY_free(key);
    memcpy(device->identity_key, device->key, WIRE_KEY_LEN);
}

static void sign(const struct client_device *device, struct base_writer *content, uint8_t out[WIRE_SIGNATURE_LEN]) {
    size_t len = WIRE_SIGNATURE_LEN;
    struct base_slice view = base_writer_view(content);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, device->seed, WIRE_KEY_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (key == NULL || context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
        EVP_DigestSign(context, out, &len, view.data, view.len) != 1) {
        abort();
    }
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    base_writer_free(content);
}

bool client_activate(struct client *client, struct client_device *device, const char *code, struct wire_frame *answer) {
    struct wire_frame frame = { .type = WIRE_ACTIVATE };
    struct wire_activate *activate = &frame.of.activate;
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    activate->code = base_slice_text(code);
    memcpy(activate->device, device->device, WIRE_DEVICE_LEN);
    memcpy(activate->identity_key, device->identity_key, WIRE_KEY_LEN);
    memcpy(activate->device_key, device->key, WIRE_KEY_LEN);
    wire_activate_content(&content, client->challenge.domain, client->challenge.challenge, activate);
    sign(device, &content, activate->proof);
    memcpy(activate->identity_proof, activate->proof, WIRE_SIGNATURE_LEN);
    if (!client_ask(client, &frame, answer) || answer->type != WIRE_ACTIVATED) {
        return false;
    }
    memcpy(device->account, answer->of.activated.account, WIRE_ACCOUNT_LEN);
    return true;
}

bool client_sign_in(struct client *client, const struct client_device *device, struct wire_frame *answer) {
    struct wire_frame frame = { .type = WIRE_SIGN_IN };
    struct wire_sign_in *sign_in = &frame.of.sign_in;
    struct base_writer content = base_writer(base_allocator_libc(), WIRE_MAX_SIGNED);
    memcpy(sign_in->account, device->account, WIRE_ACCOUNT_LEN);
    memcpy(sign_in->device, device->device, WIRE_DEVICE_LEN);
    wire_sign_in_content(&content, client->challenge.domain, client->challenge.challenge, device->account,
                         device->device);
    sign(device, &content, sign_in->signature);
    return client_ask(client, &frame, answer) && answer->type == WIRE_SIGNED_IN;
}

/* --- HTTP --- */

static uint64_t header_number(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found == NULL ? UINT64_MAX : strtoull(found + strlen(name), NULL, 10);
}

bool client_http(uint16_t port, const char *method, const char *path, const char *headers, const uint8_t *body,
                 size_t body_len, struct client_http *out) {
    struct client client;
    char head[1024];
    *out = (struct client_http){ .offset = UINT64_MAX };
    if (!client_connect(&client, port, NULL)) {
        return false;
    }
    int len = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path,
                       headers);
    if (body != NULL) {
        len += snprintf(head + len, sizeof head - (size_t)len, "Content-Length: %zu\r\n", body_len);
    }
    len += snprintf(head + len, sizeof head - (size_t)len, "\r\n");
    bool sent = client_write(&client, (const uint8_t *)head, (size_t)len) && client_write(&client, body, body_len);
    /* A refusal may come before all was sent. */
    (void)sent;
    bool answered = read_http_head(&client, "");
    (void)answered;
    if (client.taken == 0) {
        client_close(&client);
        return false;
    }
    client.in[client.taken - 1] = 0;
    out->status = (unsigned)strtoul((const char *)client.in + 9, NULL, 10);
    out->offset = header_number((const char *)client.in, "upload-offset:");
    uint64_t content = header_number((const char *)client.in, "content-length:");
    bool has_body = content != UINT64_MAX && strcmp(method, "HEAD") != 0;
    while (has_body && client.in_len - client.taken < content && client_wait(&client, ANSWER_TIMEOUT_MS)) {
        size_t before = client.in_len - client.taken;
        if (!client_fill(&client) || client.in_len - client.taken == before) {
            break;
        }
    }
    out->body_len = client.in_len - client.taken;
    out->body = malloc(out->body_len + 1);
    if (out->body == NULL) {
        abort();
    }
    memcpy(out->body, client.in + client.taken, out->body_len);
    client_close(&client);
    return true;
}
