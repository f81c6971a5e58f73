/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounds of struct mls_limits, with their defaults filled in. Internal.
 */
#ifndef MLS_GROUP_LIMITS_H
#define MLS_GROUP_LIMITS_H

#include "leaf_node.h"
#include "mls/mls.h"

/** The limits of a context: no field means a default any more; MLS_NONE is 0. */
struct mls_limits mls_limits_of(const struct mls_context *context);

/** What lifetimes are accepted now. */
struct mls_lifetime_policy mls_lifetime_policy_of(const struct mls_context *context);

/** Seconds since 1970. */
uint64_t mls_now(const struct mls_context *context);

#endif
