/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * ADDRESS:PORT.
 */
#include <stdlib.h>
#include <string.h>

#include "net/net.h"

static bool parse_port(const char *text, uint16_t *out) {
    unsigned value = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX;
}

base_result net_parse_address(const char *text, struct net_address *out) {
    struct net_address address = { 0 };
    const char *colon = strrchr(text, ':');
    BASE_ENSURE(colon != NULL && parse_port(colon + 1, &address.port), BASE_ERR_VALUE);
    size_t len = (size_t)(colon - text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    } else {
        /* An IPv6 address without brackets would lose its last group. */
        BASE_ENSURE(memchr(text, ':', len) == NULL, BASE_ERR_VALUE);
    }
    BASE_ENSURE(len < sizeof address.host, BASE_ERR_VALUE);
    memcpy(address.host, text, len);
    if (strcmp(address.host, "*") == 0) {
        address.host[0] = 0;
    } else if (strcmp(address.host, "localhost") == 0) {
        memcpy(address.host, "127.0.0.1", sizeof "127.0.0.1");
    }
    *out = address;
    return BASE_OK;
}

bool net_is_loopback(const struct net_address *address) {
    return strncmp(address->host, "127.", 4) == 0 || strcmp(address->host, "::1") == 0;
}
