/* SPDX-License-Identifier: Apache-2.0 */
/* Groups that come from groups: branches (§11.3) and successors after a ReInit (§11.2). */
#include "group/lineage.h"

#include "group/commit.h"
#include "group/create.h"
#include "group/enter.h"
#include "group/identity.h"
#include "group/rules.h"

static bool has_client(const struct mls_group *group, const struct mls_member *client) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group, &leaf, &member); leaf++) {
        if (mls_same_client(group->context, &member, client)) {
            return true;
        }
    }
    return false;
}

/* "Each LeafNode in a new group's tree MUST match some LeafNode in the original group" (§11.3); after a ReInit, the
 * membership is the same (§11.2). */
static bool all_in(const struct mls_group *group, const struct mls_group *of) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group, &leaf, &member); leaf++) {
        if (!has_client(of, &member)) {
            return false;
        }
    }
    return true;
}

static base_result read_reinit(const struct mls_group *closed, struct mls_reinit *out) {
    struct mls_proposal proposal;
    BASE_ENSURE(closed->state == MLS_GROUP_REINITIALIZED, MLS_ERR_GROUP_STATE);
    BASE_TRY(mls_proposal_decode(base_borrow(&closed->reinit), &proposal));
    *out = proposal.of.reinit;
    return BASE_OK;
}

static base_result check_reinit(const struct mls_group *group, const struct mls_group *closed) {
    const struct mls_group_context *context = &group->epoch.context;
    struct mls_reinit reinit;
    BASE_TRY(read_reinit(closed, &reinit));
    BASE_ENSURE(reinit.version == MLS_VERSION_10 && reinit.cipher_suite == context->cipher_suite &&
                    base_slice_equal(reinit.group_id, context->group_id) &&
                    base_slice_equal(reinit.extensions, context->extensions),
                MLS_ERR_REINIT);
    return BASE_OK;
}

base_result mls_lineage_check(const struct mls_group *group, const struct mls_group *parent,
                              enum mls_resumption_usage usage) {
    if (usage == MLS_RESUMPTION_REINIT) {
        BASE_ENSURE(group->epoch.context.epoch == 1, MLS_ERR_REINIT);
        BASE_TRY(check_reinit(group, parent));
        /* §12.4.3.1: "verify that all the members of the old group are also members of the new group" */
        BASE_ENSURE(all_in(parent, group), MLS_ERR_REINIT);
        return BASE_OK;
    }
    BASE_ENSURE(group->epoch.context.epoch == 1, MLS_ERR_BRANCH);
    BASE_ENSURE(group->epoch.context.cipher_suite == parent->epoch.context.cipher_suite, MLS_ERR_BRANCH);
    BASE_ENSURE(all_in(group, parent), MLS_ERR_BRANCH);
    return BASE_OK;
}

/* The commit by which the founder brings the others in, tied to the parent by its resumption PSK. */
static base_result add_all(struct mls_group *group, const struct mls_tie *tie, const struct base_slice *key_packages,
                           size_t count, struct mls_commit_output *out) {
    BASE_CLEANUP(base_free_at)
    struct mls_proposal_input *adds = base_take(group->context->allocator, count, sizeof *adds);
    BASE_ENSURE(adds != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        adds[i] = (struct mls_proposal_input){ .type = MLS_PROPOSAL_ADD, .key_package = key_packages[i] };
    }
    const struct mls_commit_options options = { .proposals = adds, .proposal_count = count, .force_path = true };
    BASE_TRY(mls_commit_make(group, &options, tie, out));
    return mls_group_merge_pending(group);
}

static base_result found(const struct mls_tie *tie, uint16_t suite, struct base_slice group_id,
                         const struct mls_identity *identity, struct base_slice extensions,
                         const struct base_slice *key_packages, size_t count, struct mls_group **out,
                         struct mls_commit_output *commit) {
    BASE_CLEANUP(mls_group_free_at) struct mls_group *group = NULL;
    BASE_TRY(mls_group_found(tie->parent->context, suite, group_id, identity, extensions, &group));
    BASE_CLEANUP(mls_commit_output_free) struct mls_commit_output output = { 0 };
    BASE_TRY(add_all(group, tie, key_packages, count, &output));
    if (tie->usage == MLS_RESUMPTION_BRANCH) {
        BASE_ENSURE(all_in(group, tie->parent), MLS_ERR_BRANCH);
    } else {
        BASE_ENSURE(mls_group_member_count(group) == mls_group_member_count(tie->parent) && all_in(tie->parent, group),
                    MLS_ERR_REINIT);
    }
    *commit = output;
    output = (struct mls_commit_output){ 0 };
    *out = group;
    group = NULL;
    return BASE_OK;
}

base_result mls_group_branch(const struct mls_group *parent, struct base_slice group_id,
                             const struct mls_identity *identity, const struct base_slice *key_packages,
                             size_t key_package_count, const struct mls_group_options *options, struct mls_group **out,
                             struct mls_commit_output *commit) {
    static const struct mls_group_options defaults = { 0 };
    options = options == NULL ? &defaults : options;
    const struct mls_tie tie = { parent, MLS_RESUMPTION_BRANCH };
    BASE_CLEANUP(base_bytes_free) struct base_bytes extensions = { 0 };
    BASE_TRY(mls_group_need_active(parent));
    BASE_TRY(
        mls_extensions_encode(parent->context->allocator, options->extensions, options->extension_count, &extensions));
    BASE_TRY(found(&tie, mls_group_suite(parent), group_id, identity, base_borrow(&extensions), key_packages,
                   key_package_count, out, commit));
    (*out)->public_handshake = options->public_handshake;
    return BASE_OK;
}

base_result mls_group_reinit(const struct mls_group *closed, const struct mls_identity *identity,
                             const struct base_slice *key_packages, size_t key_package_count, bool public_handshake,
                             struct mls_group **out, struct mls_commit_output *commit) {
    const struct mls_tie tie = { closed, MLS_RESUMPTION_REINIT };
    struct mls_reinit reinit;
    BASE_TRY(read_reinit(closed, &reinit));
    BASE_TRY(found(&tie, reinit.cipher_suite, reinit.group_id, identity, reinit.extensions, key_packages,
                   key_package_count, out, commit));
    (*out)->public_handshake = public_handshake;
    return BASE_OK;
}
