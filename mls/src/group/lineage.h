/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups that come from groups: branches (§11.3) and successors after a ReInit (§11.2). Internal.
 */
#ifndef MLS_GROUP_LINEAGE_H
#define MLS_GROUP_LINEAGE_H

#include "group/group.h"

/** What a joiner checks of a group that is tied to its parent with this usage. MLS_ERR_BRANCH, MLS_ERR_REINIT. */
BASE_MUST_USE base_result mls_lineage_check(const struct mls_group *group, const struct mls_group *parent,
                                            enum mls_resumption_usage usage);

#endif
