/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The browser client's files: read once, at the start, and served from memory. What is served can't change under a
 * running server, and no name in a request ever reaches the file system.
 */
#ifndef NET_SRC_WEB_H
#define NET_SRC_WEB_H

#include <libwebsockets.h>

#include "base/bytes.h"

enum {
    WEB_MAX_FILES = 512,       /**< of the folder, compressed ones included */
    WEB_MAX_BYTES = 64 << 20,  /**< of all of them together */
    WEB_MAX_NAME = 160,        /**< of a path below the folder */
    WEB_MAX_DEPTH = 4,         /**< of folders in folders */
    WEB_ETAG_SIZE = 2 * 16 + 3 /**< half a SHA-256 in hex, its quotes, and the final zero */
};

struct web;

/** One form of a file: as it is, or compressed. */
struct web_body {
    struct base_bytes data;
    char etag[WEB_ETAG_SIZE];
};

/** Reads the folder. NET_ERR_WEB: it can't be read, has no index.html, or exceeds a bound; BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result web_open(const char *folder, struct web **out);

/** NULL is allowed. */
void web_close(struct web *web);

/**
 * Begins the answer to a GET or HEAD. False: there is no such file. `result` is what the callback returns, or a body
 * that web_writable() sends is in `body`, which stays NULL if the answer has none.
 */
bool web_begin(const struct web *web, struct lws *wsi, const char *path, bool head, const struct web_body **body,
               int *result);

/** Sends a piece of the body from `offset` on, and moves it on. 1: complete; 0: there is more; -1: broken. */
int web_writable(struct lws *wsi, const struct web_body *body, size_t *offset);

#endif
