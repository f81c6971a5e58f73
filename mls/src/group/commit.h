/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of making a commit that members and external joiners share (§12.4.1, §12.4.3.2). Internal.
 */
#ifndef MLS_GROUP_COMMIT_H
#define MLS_GROUP_COMMIT_H

#include "group/stage.h"

/** What ties a new group to its parent (§8.6): a PSK of the parent's current epoch, put before the other proposals. */
struct mls_tie {
    const struct mls_group *parent;
    enum mls_resumption_usage usage;
};

/** As mls_group_commit(); `tie` may be NULL. */
BASE_MUST_USE base_result mls_commit_make(struct mls_group *group, const struct mls_commit_options *options,
                                          const struct mls_tie *tie, struct mls_commit_output *out);

/** Encodes the staged proposals, as Commit.proposals. */
BASE_MUST_USE base_result mls_commit_encode_list(const struct mls_staged *staged, struct base_bytes *out);

/** Encrypts a path that was made, under the provisional GroupContext: an encoded UpdatePath. */
BASE_MUST_USE base_result mls_commit_encrypt_path(struct mls_staged *staged, const struct mls_treekem_path *path,
                                                  struct base_bytes *out);

/** Takes staged->bytes, signed, to the new epoch: its context, secrets, confirmation tag (put behind), message keys. */
BASE_MUST_USE base_result mls_commit_seal(struct mls_staged *staged, const struct mls_secret *init,
                                          const struct mls_secret *commit_secret, struct mls_stage_secrets *secrets);

/** Makes the staged list borrow from staged->bytes, when these are whole. */
BASE_MUST_USE base_result mls_commit_relist(struct mls_staged *staged);

#endif
