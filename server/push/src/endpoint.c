/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which addresses the server may be made to ask: those of the services that its administrator has named, and of no
 * others, however somebody writes them.
 */
#include <stdio.h>
#include <string.h>

#include "push/push.h"
#include "wire/id.h"

BASE_DEFINE_ERROR(PUSH_ERR_HOSTS, BASE_USAGE, NULL,
                  "Name push services as in known, push.example.org, push.example.org:8443 or *.example.org, with "
                  "commas between them, and no IP addresses");
BASE_DEFINE_ERROR(PUSH_ERR_ENDPOINT, BASE_PEER, "docs/protocol.md, Push",
                  "This is no address at a push service that this server may use");

static const char KNOWN[] = "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.services.mozilla.com,"
                            "*.notify.windows.com,web.push.apple.com";

static bool is_digit(uint8_t character) {
    return character >= '0' && character <= '9';
}

/* Digits up to the end of the text: a port as browsers write it, or false. */
static bool read_port(struct base_slice text, uint16_t *out) {
    enum { MAX_DIGITS = 5 };
    unsigned value = 0;
    if (text.len == 0 || text.len > MAX_DIGITS || text.data[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i])) {
            return false;
        }
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* What resolvers take for an IPv4 address ends with a label that begins with a digit; no top-level domain does. */
static bool is_name(struct base_slice host) {
    size_t label = host.len;
    while (label != 0 && host.data[label - 1] != '.') {
        label--;
    }
    for (size_t i = 0; i < host.len; i++) {
        if (host.data[i] >= 'A' && host.data[i] <= 'Z') {
            return false; /* one name is one text */
        }
    }
    return wire_domain_valid(host) && !is_digit(host.data[label]);
}

/* HOST or HOST:PORT. */
static bool read_authority(struct base_slice text, char host[WIRE_MAX_DOMAIN + 1], uint16_t *port) {
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.data, ':', text.len);
    struct base_slice name = base_slice(text.data, colon == NULL ? text.len : (size_t)(colon - text.data));
    *port = PUSH_HTTPS_PORT;
    if (!is_name(name) || (colon != NULL && !read_port(base_slice(colon + 1, text.len - name.len - 1), port))) {
        return false;
    }
    memcpy(host, name.data, name.len);
    host[name.len] = 0;
    return true;
}

static base_result parse_one(struct base_slice text, struct push_hosts *out) {
    BASE_ENSURE(out->count < PUSH_MAX_HOSTS, PUSH_ERR_HOSTS);
    struct push_host *host = &out->hosts[out->count];
    *host = (struct push_host){ .below = text.len > 2 && text.data[0] == '*' && text.data[1] == '.' };
    struct base_slice name = host->below ? base_slice(text.data + 2, text.len - 2) : text;
    BASE_ENSURE(read_authority(name, host->name, &host->port), PUSH_ERR_HOSTS);
    /* "*.org" would be nearly everybody. */
    BASE_ENSURE(!host->below || strchr(host->name, '.') != NULL, PUSH_ERR_HOSTS);
    out->count++;
    return BASE_OK;
}

static base_result parse_list(const char *text, struct push_hosts *out) {
    for (const char *next = text; next != NULL;) {
        const char *comma = strchr(next, ',');
        size_t len = comma == NULL ? strlen(next) : (size_t)(comma - next);
        struct base_slice one = base_slice(next, len);
        BASE_TRY(text != KNOWN && base_slice_equal(one, base_slice_text("known")) ? parse_list(KNOWN, out)
                                                                                  : parse_one(one, out));
        next = comma == NULL ? NULL : comma + 1;
    }
    return BASE_OK;
}

base_result push_hosts_parse(const char *text, struct push_hosts *out) {
    struct push_hosts hosts = *out;
    BASE_TRY(parse_list(text, &hosts));
    *out = hosts;
    return BASE_OK;
}

static bool is_allowed(const struct push_hosts *hosts, const char *name, uint16_t port) {
    size_t len = strlen(name);
    for (size_t i = 0; i < hosts->count; i++) {
        const struct push_host *host = &hosts->hosts[i];
        size_t tail = strlen(host->name);
        bool same = host->below
                        ? len > tail + 1 && name[len - tail - 1] == '.' && strcmp(name + len - tail, host->name) == 0
                        : strcmp(name, host->name) == 0;
        if (same && port == host->port) {
            return true;
        }
    }
    return false;
}

/* As in RFC 3986 §3.3 and §3.4, so that nothing in it can end a line or a header. */
static bool is_path(struct base_slice path) {
    static const char others[] = "-._~%!$&'()*+,;=:@/?";
    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.data[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c);
        if (!letter && memchr(others, c, sizeof others - 1) == NULL) {
            return false;
        }
    }
    return path.len != 0;
}

base_result push_endpoint_parse(const struct push_hosts *hosts, struct base_slice endpoint, struct push_endpoint *out) {
    static const char scheme[] = "https://";
    enum { SCHEME = sizeof scheme - 1 };
    BASE_ENSURE(endpoint.len > SCHEME && endpoint.len <= WIRE_MAX_ENDPOINT &&
                    memcmp(endpoint.data, scheme, SCHEME) == 0,
                PUSH_ERR_ENDPOINT);
    struct base_slice rest = base_slice(endpoint.data + SCHEME, endpoint.len - SCHEME);
    const uint8_t *slash = memchr(rest.data, '/', rest.len);
    BASE_ENSURE(slash != NULL, PUSH_ERR_ENDPOINT);
    struct base_slice authority = base_slice(rest.data, (size_t)(slash - rest.data));
    struct base_slice path = base_slice(slash, rest.len - authority.len);
    struct push_endpoint found = { 0 };
    BASE_ENSURE(read_authority(authority, found.host, &found.port) && is_path(path) &&
                    is_allowed(hosts, found.host, found.port),
                PUSH_ERR_ENDPOINT);
    memcpy(found.path, path.data, path.len);
    *out = found;
    return BASE_OK;
}

void push_origin(const struct push_endpoint *endpoint, char out[PUSH_MAX_ORIGIN]) {
    (void)snprintf(out, PUSH_MAX_ORIGIN, endpoint->port == PUSH_HTTPS_PORT ? "https://%s" : "https://%s:%u",
                   endpoint->host, (unsigned)endpoint->port);
}
