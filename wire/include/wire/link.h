/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Activation links: URL/#activate=CODE for a new account, URL/#link=CODE for a new device of an account. The code
 * stands behind the `#`, so that a browser never sends it anywhere.
 */
#ifndef WIRE_LINK_H
#define WIRE_LINK_H

#include "wire/wire.h"

enum { WIRE_MAX_URL = 512 };

extern const struct base_error WIRE_ERR_LINK; /**< not an activation link */

enum wire_link_kind { WIRE_LINK_ACTIVATE, WIRE_LINK_DEVICE, WIRE_LINK_GROUP };

/** Slices that borrow from the parsed text. */
struct wire_link {
    struct base_slice url;  /**< "https://example.org", without a final slash */
    struct base_slice code; /**< letters, digits, '-' and '_' */
    enum wire_link_kind kind;
};

/**
 * Reads a link: "http://" or "https://", a host, an optional path, "#activate=", "#link=" or "#group=", and a code.
 * Space around it is ignored. WIRE_ERR_LINK, and `out` is left as it was.
 */
BASE_MUST_USE base_result wire_link_parse(struct base_slice text, struct wire_link *out);

/** Appends the link to a writer; WIRE_ERR_LINK if wire_link_parse() would not read it back. */
void wire_link_write(struct base_writer *writer, const struct wire_link *link);

/** True if `url` can stand in a link: http or https, a host, at most WIRE_MAX_URL bytes, no final slash. */
bool wire_url_valid(struct base_slice url);

#endif
