/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A client of the server for tests and benchmarks: frames over WebSocket on a plain or TLS socket, and HTTP for blobs.
 * It keeps nothing, and what goes wrong ends in `false` or a broken connection.
 */
#ifndef TESTS_SYSTEM_CLIENT_H
#define TESTS_SYSTEM_CLIENT_H

#include <openssl/ssl.h>

#include "base/host.h"
#include "wire/wire.h"

struct client {
    int fd; /**< -1 while it is not connected */
    SSL *tls;
    uint8_t *in; /**< bytes received and not yet taken */
    size_t in_len, in_size, taken;
    uint8_t *parts; /**< of a message that comes in fragments */
    size_t parts_len;
    uint32_t request; /**< number of the last request */
    struct wire_challenge challenge;
    char domain[WIRE_MAX_DOMAIN + 1];
};

/** A device's name and keys, and its account once it has one. */
struct client_device {
    uint8_t account[WIRE_ACCOUNT_LEN], device[WIRE_DEVICE_LEN];
    uint8_t seed[WIRE_KEY_LEN], key[WIRE_KEY_LEN], identity_key[WIRE_KEY_LEN];
};

/** Connects to loopback, with TLS if there is a `context`, and nothing more. */
bool client_connect(struct client *client, uint16_t port, SSL_CTX *context);
/** Sends bytes as they are. */
bool client_write(struct client *client, const uint8_t *data, size_t len);
/** Waits until there is something to read. */
bool client_wait(struct client *client, int timeout_ms);

/** Connects to loopback and takes the challenge. `context` is NULL for plain HTTP. */
bool client_open(struct client *client, uint16_t port, SSL_CTX *context);
/** The same from an address of its own for each `host`, up to some millions. */
bool client_open_from(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context);
/** The same as a proxy does it that was asked from there. */
bool client_open_for(struct client *client, uint16_t port, const char *address);
/** From an address of its own, where no challenge comes, but at once a refusal. */
bool client_turned_away(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context,
                        struct wire_refusal *refusal);
/** Connects from there, and nothing more. */
bool client_connect_from(struct client *client, uint32_t host, uint16_t port, SSL_CTX *context);
/** Connects and asks for a WebSocket, without waiting for a frame. `path` and `protocol` are the caller's choice. */
bool client_upgrade(struct client *client, uint16_t port, SSL_CTX *context, const char *path, const char *protocol);
void client_close(struct client *client);

/** Sends one message as it is. */
bool client_send_bytes(struct client *client, struct base_slice message);
/** Gives the request its number and sends it. */
bool client_send(struct client *client, struct wire_frame *frame);

/** Reads once what is there; false if the connection is gone. Blocks if the socket does. */
bool client_fill(struct client *client);
/** The next whole message that has been received, or false. Valid until the next client_fill(). */
bool client_next(struct client *client, struct base_slice *message);
/** Waits for the next frame. `out` is valid until the next call. */
bool client_receive(struct client *client, int timeout_ms, struct wire_frame *out);
/** Sends a request and waits for its answer; frames that nobody asked for are dropped. */
bool client_ask(struct client *client, struct wire_frame *frame, struct wire_frame *answer);

/** Draws names and keys. */
void client_device_init(struct client_device *device);
/** Activates with a code; fills in the account. False if refused: `answer` says why. */
bool client_activate(struct client *client, struct client_device *device, const char *code, struct wire_frame *answer);
bool client_sign_in(struct client *client, const struct client_device *device, struct wire_frame *answer);

void client_random(void *out, size_t len);
void client_sha256(const void *data, size_t len, uint8_t out[WIRE_KEY_LEN]);
/** Milliseconds of a clock that only moves forward. */
uint64_t client_milliseconds(void);

struct client_http {
    unsigned status;
    uint64_t offset; /**< Upload-Offset, or UINT64_MAX */
    uint8_t *body;   /**< to be freed */
    size_t body_len;
};

/** One HTTP request over a connection of its own. `headers` end with CRLF each. `body` may be NULL. */
bool client_http(uint16_t port, const char *method, const char *path, const char *headers, const uint8_t *body,
                 size_t body_len, struct client_http *out);

#endif
