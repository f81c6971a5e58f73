/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking a received commit and building the epoch that it leads to (§12.4.2). Internal.
 */
#ifndef MLS_GROUP_RECEIVE_H
#define MLS_GROUP_RECEIVE_H

#include "group/stage.h"

/** The keys of an own commit, which leads to its epoch without opening its path. */
struct mls_own_commit {
    struct mls_treekem_keys keys;
    struct mls_keypair signature_key;
    struct mls_epoch_secrets secrets; /**< but for the encryption secret: the message keys are saved apart */
};
void mls_own_commit_free(struct mls_own_commit *own);

/**
 * Stages the commit in `bytes`, an encoded AuthenticatedContent whose signature was verified; takes `bytes` on success.
 * `own`, unless NULL, has what an own commit has kept: then nothing is asked of the application, and nothing decrypted.
 */
BASE_MUST_USE base_result mls_commit_receive(const struct mls_group *group, struct base_bytes *bytes,
                                             struct mls_own_commit *own, struct mls_staged **out);

#endif
