/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Web Push, without a socket: which push services may be used (RFC 8030), and how this server shows that it is itself
 * (VAPID, RFC 8292). docs/decisions/0028-push.md says why there is an exception to "no request to a third party".
 */
#ifndef PUSH_PUSH_H
#define PUSH_PUSH_H

#include "wire/wire.h"

enum {
    PUSH_MAX_HOSTS = 64,                    /**< that an administrator may name */
    PUSH_MAX_ORIGIN = WIRE_MAX_DOMAIN + 16, /**< "https://", a host, a port, and a final 0 */
    PUSH_MAX_AUTHORIZATION = 2048,          /**< of the header's value, with its final 0 */
    PUSH_HTTPS_PORT = 443,
};

extern const struct base_error PUSH_ERR_HOSTS;    /**< this names no push services */
extern const struct base_error PUSH_ERR_ENDPOINT; /**< no address at one of the push services that may be used */
extern const struct base_error PUSH_ERR_KEY;      /**< the key can't be made, read, or used */

/** Push services that may be used. A zeroed one: none. */
struct push_hosts {
    size_t count;
    struct push_host {
        char name[WIRE_MAX_DOMAIN + 1]; /**< lower case */
        bool below;                     /**< names below it are meant, not itself */
        uint16_t port;
    } hosts[PUSH_MAX_HOSTS];
};

/**
 * Reads names with commas between them: "push.example.org", "push.example.org:8443", "*.example.org", and "known" for
 * the services of the browsers that most people have. PUSH_ERR_HOSTS, also for an IP address: they are added to `out`,
 * or nothing is.
 */
BASE_MUST_USE base_result push_hosts_parse(const char *text, struct push_hosts *out);

/** Where a push goes, taken apart. */
struct push_endpoint {
    char host[WIRE_MAX_DOMAIN + 1];
    uint16_t port;
    char path[WIRE_MAX_ENDPOINT + 1]; /**< from the slash on */
};

/**
 * Takes an endpoint apart that somebody has given. PUSH_ERR_ENDPOINT: it isn't https, its host and port are none of
 * `hosts`, or it holds anything that a plain address of a push service doesn't (a user's name, spaces, a fragment).
 */
BASE_MUST_USE base_result push_endpoint_parse(const struct push_hosts *hosts, struct base_slice endpoint,
                                              struct push_endpoint *out);

/** "https://host", with the port unless it is 443 (RFC 6454 §6.2). */
void push_origin(const struct push_endpoint *endpoint, char out[PUSH_MAX_ORIGIN]);

/** The server's key pair, P-256. */
struct push_key;

/** Reads the key from a PEM file; makes it, for its owner alone, if there is none. PUSH_ERR_KEY, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result push_key_open(const struct base_allocator *allocator, const char *path,
                                        struct push_key **out);
/** NULL is allowed. */
void push_key_close(struct push_key *key);

/** The public key as browsers want it (RFC 8292 §3.2). */
struct base_slice push_key_public(const struct push_key *key);

/**
 * Writes the value of the Authorization header (RFC 8292 §3) for the push service `origin`, good until `expires`,
 * seconds since 1970, at most a day from now; `subject` says whose server this is: a URL. PUSH_ERR_KEY.
 */
BASE_MUST_USE base_result push_key_authorize(const struct push_key *key, const char *origin, const char *subject,
                                             uint64_t expires, char out[PUSH_MAX_AUTHORIZATION]);

#endif
