/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One HTTP request to the server, its body and the answer's in parts, so that files of any size go through constant
 * memory.
 */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "loop.h"
#include "url.h"

struct http;

enum { HTTP_PART = 64 << 10 }; /**< a body goes in parts of at most so many bytes */

struct http_header {
    const char *name; /**< lower case, with its colon */
    const char *value;
};

struct http_request {
    const char *method; /**< GET, HEAD, PATCH */
    const char *path;   /**< after the server's own */
    const struct http_header *headers;
    size_t header_count;
    bool has_body;
    uint64_t body_len;
};

/** How it went. `http` is gone when `ended` returns: no further call, and no http_free() needed. */
struct http_handler {
    /** Writes the next part of the request's body, exactly `len` bytes. False: cannot; the request ends. */
    bool (*give)(void *user, uint8_t *out, size_t len);
    /** Takes a part of the answer's body, if its status is 206: whole bodies are never asked for. False: enough; the
     * request ends. */
    bool (*take)(void *user, struct base_slice part);
    /** `status` of the answer, 0 if none came; `whole`: everything went through; `reason`: otherwise, for people. */
    void (*ended)(void *user, const struct http *http, unsigned status, bool whole, const char *reason);
};

/** Starts a request; the rest comes through `handler`, never from within this call. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result http_start(struct loop *loop, const struct url *url, const struct http_request *request,
                                     const struct http_handler *handler, void *user, struct http **out);

/** In `ended`: the value of the answer's header `name` (lower case, with its colon), if it is a whole number. */
bool http_number(const struct http *http, const char *name, uint64_t *out);

/** Ends it without a further call. NULL is allowed. */
void http_free(struct http **http);

#endif
