/* SPDX-License-Identifier: EUPL-1.2 */
/* The address of a server, taken apart. */
#include "url.h"

#include <stdio.h>
#include <string.h>

BASE_DEFINE_ERROR(URL_ERR_FORM, BASE_USAGE, NULL, "the server's address is not of the form https://example.org");
BASE_DEFINE_ERROR(URL_ERR_PLAIN, BASE_USAGE, NULL, "http without encryption is for a server on the same machine alone");

static bool skip(const char **text, const char *prefix) {
    size_t len = strlen(prefix);
    if (strncmp(*text, prefix, len) != 0) {
        return false;
    }
    *text += len;
    return true;
}

static base_result take(const char **text, size_t len, char *out, size_t max) {
    BASE_ENSURE(len <= max, URL_ERR_FORM);
    for (size_t i = 0; i < len; i++) {
        /* Nothing that could end a line of an HTTP request, or begin another part of the address. */
        char c = (*text)[i];
        BASE_ENSURE(c > ' ' && c < 0x7f && c != '@' && c != '?' && c != '#' && c != '"', URL_ERR_FORM);
    }
    memcpy(out, *text, len);
    out[len] = '\0';
    *text += len;
    return BASE_OK;
}

static base_result parse_port(const char **text, uint16_t *out) {
    unsigned port = 0;
    size_t len = strspn(*text, "0123456789");
    BASE_ENSURE(len >= 1 && len <= 5, URL_ERR_FORM);
    for (size_t i = 0; i < len; i++) {
        port = port * 10 + (unsigned)((*text)[i] - '0');
    }
    BASE_ENSURE(port >= 1 && port <= UINT16_MAX, URL_ERR_FORM);
    *text += len;
    *out = (uint16_t)port;
    return BASE_OK;
}

static bool is_loopback(const char *host) {
    return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0');
}

base_result url_parse(const char *text, struct url *out) {
    struct url url = { .port = 443, .tls = true };
    if (skip(&text, "http://")) {
        url.port = 80;
        url.tls = false;
    } else {
        BASE_ENSURE(skip(&text, "https://"), URL_ERR_FORM);
    }
    bool bracketed = skip(&text, "[");
    BASE_TRY(take(&text, strcspn(text, bracketed ? "]" : ":/"), url.host, URL_MAX_HOST));
    BASE_ENSURE(url.host[0] != '\0' && (!bracketed || skip(&text, "]")), URL_ERR_FORM);
    bool has_port = skip(&text, ":");
    if (has_port) {
        BASE_TRY(parse_port(&text, &url.port));
    }
    BASE_ENSURE(*text == '\0' || *text == '/', URL_ERR_FORM);
    size_t len = strlen(text);
    while (len != 0 && text[len - 1] == '/') {
        len--;
    }
    BASE_TRY(take(&text, len, url.path, URL_MAX_PATH));
    BASE_ENSURE(url.tls || is_loopback(url.host), URL_ERR_PLAIN);
    const char *form = bracketed ? (has_port ? "[%s]:%u" : "[%s]") : (has_port ? "%s:%u" : "%s");
    (void)snprintf(url.authority, sizeof url.authority, form, url.host, (unsigned)url.port);
    *out = url;
    return BASE_OK;
}
