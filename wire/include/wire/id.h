/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Account IDs and addresses: how people write them, and what the frames carry (docs/protocol.md, Accounts).
 *
 * An ID is seven random characters of Crockford's base32 (0-9 A-Z without I L O U) and a check character of the same
 * alphabet. With the characters as elements of GF(32) it makes Σ αⁱ·cᵢ = 0, so that any one wrong character and any two
 * exchanged ones are noticed.
 */
#ifndef WIRE_ID_H
#define WIRE_ID_H

#include "base/host.h"
#include "wire/wire.h"

enum {
    WIRE_ID_TEXT_LEN = 9,                                      /**< "7K2M-9QXA" */
    WIRE_MAX_ADDRESS = WIRE_ID_TEXT_LEN + 1 + WIRE_MAX_DOMAIN, /**< "7K2M-9QXA@example.org" */
};

extern const struct base_error WIRE_ERR_ID;     /**< not an ID, or mistyped */
extern const struct base_error WIRE_ERR_DOMAIN; /**< not a domain name */

/** An account on a server. A domain of length 0 means: the server at hand. */
struct wire_address {
    uint8_t account[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1]; /**< lower case, ends with 0 */
};

/** Draws a random ID. BASE_ERR_RANDOM. */
BASE_MUST_USE base_result wire_id_random(const struct base_random *random, uint8_t out[WIRE_ACCOUNT_LEN]);

/** True if all characters are of the alphabet, in capitals, and the check character is right. */
bool wire_id_valid(const uint8_t id[WIRE_ACCOUNT_LEN]);

/** Writes "7K2M-9QXA" and a final 0. */
void wire_id_format(const uint8_t id[WIRE_ACCOUNT_LEN], char out[WIRE_ID_TEXT_LEN + 1]);

/**
 * Reads an ID as people write it: any case, hyphens and spaces anywhere, I and L for 1, O for 0. WIRE_ERR_ID, and `out`
 * is left as it was.
 */
BASE_MUST_USE base_result wire_id_parse(struct base_slice text, uint8_t out[WIRE_ACCOUNT_LEN]);

/** Checks a domain name (RFC 1123 §2.1: letters, digits and hyphens, dots between them). */
bool wire_domain_valid(struct base_slice domain);

/** Reads "ID" or "ID@domain". WIRE_ERR_ID, WIRE_ERR_DOMAIN, and `out` is left as it was. */
BASE_MUST_USE base_result wire_address_parse(struct base_slice text, struct wire_address *out);

/** Writes "7K2M-9QXA@example.org", without the domain if there is none, and a final 0. */
void wire_address_format(const struct wire_address *address, char out[WIRE_MAX_ADDRESS + 1]);

#endif
