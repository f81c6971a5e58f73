/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What applications see of proposals. Internal.
 */
#ifndef MLS_GROUP_VIEW_H
#define MLS_GROUP_VIEW_H

#include "group/group.h"

/** `tree` is that of the epoch in which the proposal was made: it tells who is removed. */
struct mls_proposal_view mls_proposal_view_of(const struct mls_tree *tree, const struct mls_proposal *proposal,
                                              const struct mls_sender *sender);

#endif
