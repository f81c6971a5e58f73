/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaving an epoch for the next. Internal.
 */
#ifndef MLS_GROUP_ENTER_H
#define MLS_GROUP_ENTER_H

#include "group/stage.h"

/** Makes a staged epoch the group's: keeps the old one for late messages, forgets proposals and a pending commit (which
 * may be `*staged` itself; it is NULL after). BASE_ERR_NO_MEMORY, with nothing changed. */
BASE_MUST_USE base_result mls_group_enter(struct mls_group *group, struct mls_staged **staged);

/** Puts the current epoch's resumption PSK behind those that are kept. There is room. */
void mls_resumption_keep(struct mls_group *group);

/** Makes room for one more past epoch. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_past_room(struct mls_group *group);

/** The past epoch with this number, or NULL. */
struct mls_past *mls_past_find(struct mls_group *group, uint64_t epoch);

/** The leaf node as it stood in the current or a kept past epoch. MLS_ERR_LEAF_INDEX: nobody was there. */
BASE_MUST_USE base_result mls_past_leaf(const struct mls_group *group, uint64_t epoch, uint32_t leaf,
                                        struct mls_leaf_node *out);

#endif
