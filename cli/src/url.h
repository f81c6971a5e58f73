/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The address of a server, taken apart: http(s)://HOST[:PORT][/PATH].
 */
#ifndef CLI_URL_H
#define CLI_URL_H

#include "base/bytes.h"

enum {
    URL_MAX_HOST = 253, /**< RFC 1035 §2.3.4 */
    URL_MAX_PATH = 255,
};

struct url {
    char host[URL_MAX_HOST + 1];      /**< name or address; an IPv6 address without its brackets */
    char authority[URL_MAX_HOST + 9]; /**< as in the Host header: [::1]:8080 */
    char path[URL_MAX_PATH + 1];      /**< with a slash before and none behind; "" if there is none */
    uint16_t port;
    bool tls;
};

extern const struct base_error URL_ERR_FORM; /**< not such an address, or longer than it may be */

/** URL_ERR_FORM. Plain http is for the same machine alone: URL_ERR_PLAIN. */
BASE_MUST_USE base_result url_parse(const char *text, struct url *out);

extern const struct base_error URL_ERR_PLAIN;

#endif
