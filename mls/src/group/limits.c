/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of struct mls_limits, with their defaults filled in. */
#include "group/limits.h"

#include "secret_tree.h"
#include "tree.h"

enum { MILLISECONDS = 1000 };

static uint32_t bound_or(uint32_t bound, uint32_t otherwise) {
    return bound == 0 ? otherwise : bound;
}

static uint32_t count_or(uint32_t count, uint32_t otherwise) {
    return count == MLS_NONE ? 0 : bound_or(count, otherwise);
}

static uint32_t at_most(uint32_t value, uint32_t most) {
    return value < most ? value : most;
}

struct mls_limits mls_limits_of(const struct mls_context *context) {
    struct mls_limits limits = context->limits;
    limits.past_epochs = count_or(limits.past_epochs, MLS_PAST_EPOCHS_DEFAULT);
    limits.generation_window = count_or(limits.generation_window, MLS_GENERATION_WINDOW_DEFAULT);
    limits.resumption_epochs = count_or(limits.resumption_epochs, MLS_RESUMPTION_EPOCHS_DEFAULT);
    limits.generation_skip = bound_or(limits.generation_skip, MLS_GENERATION_SKIP_DEFAULT);
    limits.members = bound_or(limits.members, MLS_MEMBERS_DEFAULT);
    limits.proposals = bound_or(limits.proposals, MLS_PROPOSALS_DEFAULT);
    limits.proposal_bytes = bound_or(limits.proposal_bytes, MLS_PROPOSAL_BYTES_DEFAULT);
    limits.leaf_size = bound_or(limits.leaf_size, MLS_LEAF_SIZE_DEFAULT);
    limits.lifetime_skew = limits.lifetime_skew == 0 ? MLS_LIFETIME_SKEW_DEFAULT : limits.lifetime_skew;
    limits.lifetime_max = limits.lifetime_max == 0 ? MLS_LIFETIME_MAX_DEFAULT : limits.lifetime_max;
    limits.generation_window = at_most(limits.generation_window, MLS_SECRET_TREE_WINDOW_MAX);
    limits.members = at_most(limits.members, MLS_TREE_LEAVES_MAX);
    return limits;
}

uint64_t mls_now(const struct mls_context *context) {
    return context->clock->now(context->clock->user) / MILLISECONDS;
}

struct mls_lifetime_policy mls_lifetime_policy_of(const struct mls_context *context) {
    struct mls_limits limits = mls_limits_of(context);
    return (struct mls_lifetime_policy){ mls_now(context), limits.lifetime_skew, limits.lifetime_max };
}
