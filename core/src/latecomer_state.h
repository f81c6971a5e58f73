/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who has come into a group since we are in it: part of what a core holds (state.h). latecomer.h.
 */
#ifndef CORE_LATECOMER_STATE_H
#define CORE_LATECOMER_STATE_H

#include <stddef.h>
#include <stdint.h>

enum {
    LATECOMER_MAX = 64, /**< accounts, the last ones: as many as receipts are taken from (MESSAGE_MAX_RECEIPTS) */
    LATECOMER_HASH_LEN = 8,
};

struct latecomers {
    struct latecomer {
        uint8_t account[LATECOMER_HASH_LEN]; /**< hash of it and its domain */
        uint64_t since;                      /**< number of the commit that let it in */
    } items[LATECOMER_MAX];                  /**< in the order of their coming */
    size_t count;
};

#endif
