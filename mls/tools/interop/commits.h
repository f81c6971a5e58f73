/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commits.c has for subgroup.c.
 */
#ifndef INTEROP_COMMITS_H
#define INTEROP_COMMITS_H

#include "interop.h"

/** HandleCommit and HandlePendingCommit without their replies; notes the suite that a ReInit asks for. */
BASE_MUST_USE base_result interop_apply_commit(struct interop_request *request, struct interop_client *client);
BASE_MUST_USE base_result interop_merge_pending(struct interop_client *client);

#endif
