/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The accounts of a group, sorted, so that each question about one costs a search and not a walk: groups have up to ten
 * thousand devices.
 */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "identity.h"
#include "state.h"

/** A device. Borrows from the group (or what else it was taken from). */
struct roster_item {
    uint32_t leaf;
    struct identity identity;
};

struct roster {
    struct roster_item *items; /**< sorted by account, domain, leaf; from base_take() */
    size_t count;
};

/** All devices of a group, but for those at the leaves of `without`, which is sorted here, and with `with`. */
BASE_MUST_USE base_result roster_make(const struct base_allocator *allocator, const struct mls_group *mls,
                                      uint32_t *without, size_t without_count, const struct roster_item *with,
                                      size_t with_count, struct roster *out);
void roster_free(struct roster *roster);

/** The first device of an account, or NULL. */
const struct roster_item *roster_find(const struct roster *roster, const uint8_t account[WIRE_ACCOUNT_LEN],
                                      struct base_slice domain);

/** How many accounts there are. */
size_t roster_accounts(const struct roster *roster);

/** True for the first device of each account, in order: to walk through accounts. */
bool roster_is_first(const struct roster *roster, size_t index);

#endif
