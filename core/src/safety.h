/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Safety numbers: sixty digits that two accounts compare to know that nobody sits between them.
 *
 * Each account has thirty of them, in groups of five: BLAKE2b-256 of its identity key, keyed with label, ID and domain,
 * of which each five bytes are a number modulo 100000. The lesser half comes first, so that both sides see the same.
 *
 * What a QR code holds is "WEIBEL:1:" + the shower's address in capitals, a colon, and the digits without spaces: the
 * characters of QR's alphanumeric mode, without which it would be a third larger. With all sixty digits it is for one
 * contact, and both learn that nobody sits between them. With the shower's own thirty it is for whoever scans it, who
 * may not have met him yet, and who alone learns it.
 */
#ifndef CORE_SAFETY_H
#define CORE_SAFETY_H

#include "state.h"

enum {
    SAFETY_DIGITS = 60,
    SAFETY_HALF_DIGITS = SAFETY_DIGITS / 2,
    SAFETY_TEXT_LEN = SAFETY_DIGITS + 11, /**< a space between each five */
    SAFETY_MAX_CODE = 9 + WIRE_MAX_ADDRESS + 1 + SAFETY_DIGITS,
};

/** The number of ourselves and a contact whose identity key is known. */
void safety_number(const struct weibel_core *core, const struct contact *contact, char out[SAFETY_TEXT_LEN + 1]);

/** What our QR code holds for this contact. */
void safety_code(const struct weibel_core *core, const struct contact *contact, char out[SAFETY_MAX_CODE + 1]);

/** What our QR code holds for anybody. */
void safety_own_code(const struct weibel_core *core, char out[SAFETY_MAX_CODE + 1]);

enum safety_verdict {
    SAFETY_SAME,
    SAFETY_DIFFERENT,
    SAFETY_OTHER,     /**< the code of another account */
    SAFETY_MALFORMED, /**< neither digits nor such a code */
};

/** Compares with digits (spaces and hyphens don't matter) or with what one of the contact's QR codes holds. */
enum safety_verdict safety_compare(const struct weibel_core *core, const struct contact *contact,
                                   struct base_slice code);

#endif
