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

/** What a commit does to the devices of a group. */
struct roster_change {
    uint32_t *removed;
    struct roster_item *added;
    size_t removed_count, added_count;
};

/** Makes room for so many of each. */
BASE_MUST_USE base_result roster_change_begin(const struct base_allocator *allocator, size_t removed, size_t added,
                                              struct roster_change *out);
void roster_change_free(struct roster_change *change);

/** One more, for which there is room. Adding: errors of identity_peek(). */
void roster_change_remove(struct roster_change *change, uint32_t leaf);
BASE_MUST_USE base_result roster_change_add(struct roster_change *change, uint32_t leaf,
                                            const struct mls_member *member);

/** All devices of a group, as they are after `change` (whose leaves are sorted here); NULL: as they are. */
BASE_MUST_USE base_result roster_make(const struct base_allocator *allocator, const struct mls_group *mls,
                                      struct roster_change *change, struct roster *out);
void roster_free(struct roster *roster);

/** The first device of an account, or NULL. */
const struct roster_item *roster_find(const struct roster *roster, const uint8_t account[WIRE_ACCOUNT_LEN],
                                      struct base_slice domain);

/** How many accounts there are. */
size_t roster_accounts(const struct roster *roster);

/** True for the first device of each account, in order: to walk through accounts. */
bool roster_is_first(const struct roster *roster, size_t index);

#endif
