/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Welcome of a commit (§12.4.3.1): one message for all whom it adds. Internal.
 */
#ifndef MLS_GROUP_WELCOME_H
#define MLS_GROUP_WELCOME_H

#include "group/stage.h"

/** `path` is NULL for a commit without path. Leaves `out` empty if nobody is added. */
BASE_MUST_USE base_result mls_welcome_make(const struct mls_staged *staged, const struct mls_stage_secrets *secrets,
                                           const struct mls_treekem_path *path, bool without_tree,
                                           struct base_bytes *out);

#endif
