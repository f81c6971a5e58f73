/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Activation links: reading and writing.
 */
#include "wire/link.h"

#include <string.h>

static const char *const MARKS[] = {
    [WIRE_LINK_ACTIVATE] = "#activate=", [WIRE_LINK_DEVICE] = "#link=", [WIRE_LINK_GROUP] = "#group="
};

static bool starts_with(struct base_slice text, const char *prefix) {
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static bool is_space(uint8_t character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static struct base_slice trim(struct base_slice text) {
    while (text.len != 0 && is_space(text.data[text.len - 1])) {
        text.len--;
    }
    while (text.len != 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    return text;
}

bool wire_url_valid(struct base_slice url) {
    size_t scheme = starts_with(url, "https://") ? 8 : starts_with(url, "http://") ? 7 : 0;
    if (scheme == 0 || url.len > WIRE_MAX_URL || url.len == scheme || url.data[scheme] == '/') {
        return false;
    }
    for (size_t i = 0; i < url.len; i++) {
        if (url.data[i] <= ' ' || url.data[i] > '~' || url.data[i] == '#' || url.data[i] == '?' || url.data[i] == '@') {
            return false;
        }
    }
    return url.data[url.len - 1] != '/';
}

static bool code_valid(struct base_slice code) {
    for (size_t i = 0; i < code.len; i++) {
        uint8_t c = code.data[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return code.len != 0 && code.len <= WIRE_MAX_CODE;
}

base_result wire_link_parse(struct base_slice text, struct wire_link *out) {
    struct base_slice whole = trim(text);
    const uint8_t *hash = whole.len == 0 ? NULL : memchr(whole.data, '#', whole.len);
    BASE_ENSURE(hash != NULL, WIRE_ERR_LINK);
    struct base_slice url = base_slice(whole.data, (size_t)(hash - whole.data));
    struct base_slice rest = base_slice(hash, whole.len - url.len);
    enum wire_link_kind kind = starts_with(rest, MARKS[WIRE_LINK_DEVICE])  ? WIRE_LINK_DEVICE
                               : starts_with(rest, MARKS[WIRE_LINK_GROUP]) ? WIRE_LINK_GROUP
                                                                           : WIRE_LINK_ACTIVATE;
    BASE_ENSURE(starts_with(rest, MARKS[kind]), WIRE_ERR_LINK);
    struct base_slice code = base_slice(rest.data + strlen(MARKS[kind]), rest.len - strlen(MARKS[kind]));
    if (url.len != 0 && url.data[url.len - 1] == '/') {
        url.len--;
    }
    BASE_ENSURE(wire_url_valid(url) && code_valid(code), WIRE_ERR_LINK);
    *out = (struct wire_link){ url, code, kind };
    return BASE_OK;
}

void wire_link_write(struct base_writer *writer, const struct wire_link *link) {
    if (!wire_url_valid(link->url) || !code_valid(link->code)) {
        base_writer_fail(writer, &WIRE_ERR_LINK);
        return;
    }
    base_write_slice(writer, link->url);
    base_write_u8(writer, '/');
    base_write_slice(writer, base_slice_text(MARKS[link->kind]));
    base_write_slice(writer, link->code);
}
