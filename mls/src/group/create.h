/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new group, of its creator alone (§11). Internal.
 */
#ifndef MLS_GROUP_CREATE_H
#define MLS_GROUP_CREATE_H

#include "group/stage.h"

/** As mls_group_create(), with encoded extensions. */
BASE_MUST_USE base_result mls_group_found(const struct mls_context *context, uint16_t suite, struct base_slice group_id,
                                          const struct mls_identity *identity, struct base_slice extensions,
                                          struct mls_group **out);

#endif
