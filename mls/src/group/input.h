/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what an application wants proposed to a proposal. Internal.
 */
#ifndef MLS_GROUP_INPUT_H
#define MLS_GROUP_INPUT_H

#include "group/group.h"

/** A proposal that is being made: it borrows from the input and from here. */
struct mls_made_proposal {
    struct mls_proposal proposal;
    struct base_bytes storage;
    struct base_bytes encoded;      /**< all of the proposal */
    struct mls_update_keys *update; /**< of an Update; to be freed */
};
void mls_made_proposal_free(struct mls_made_proposal *made);

/**
 * Makes a proposal for a group with this id and suite. `group` is NULL for senders from outside, who can't make all
 * kinds: MLS_ERR_PROPOSAL_SENDER. Afterwards made->proposal is decoded from made->encoded. MLS_ERR_PROPOSAL_TYPE.
 */
BASE_MUST_USE base_result mls_proposal_make(const struct mls_context *context, const struct mls_crypto *crypto,
                                            const struct mls_group *group, const struct mls_proposal_input *input,
                                            struct mls_made_proposal *out);

/** Makes the PreSharedKey proposal that ties a new group to the current epoch of its parent (§11.2, §11.3). */
BASE_MUST_USE base_result mls_proposal_make_tie(const struct mls_context *context, const struct mls_crypto *crypto,
                                                const struct mls_group *parent, enum mls_resumption_usage usage,
                                                struct mls_made_proposal *out);

/** Encodes a proposal. */
BASE_MUST_USE base_result mls_proposal_encode(const struct base_allocator *allocator,
                                              const struct mls_proposal *proposal, struct base_bytes *out);

#endif
