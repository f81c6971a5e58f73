/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of 16-bit numbers: one bit each, 8 KiB on the stack. So that lists of a peer, which may be as long as a
 * message, are never compared each with each.
 */
#ifndef MLS_SYNTAX_NUMBER_SET_H
#define MLS_SYNTAX_NUMBER_SET_H

#include <stdbool.h>
#include <stdint.h>

enum { MLS_NUMBER_SET_BITS = 8 };

/** Zeroed, it is empty. */
struct mls_number_set {
    uint8_t bits[(UINT16_MAX + 1) / MLS_NUMBER_SET_BITS];
};

static inline bool mls_number_set_has(const struct mls_number_set *set, uint16_t number) {
    return (set->bits[number / MLS_NUMBER_SET_BITS] >> (number % MLS_NUMBER_SET_BITS) & 1) != 0;
}

/** False if it was there already. */
static inline bool mls_number_set_add(struct mls_number_set *set, uint16_t number) {
    const bool is_new = !mls_number_set_has(set, number);
    set->bits[number / MLS_NUMBER_SET_BITS] |= (uint8_t)(1U << (number % MLS_NUMBER_SET_BITS));
    return is_new;
}

#endif
