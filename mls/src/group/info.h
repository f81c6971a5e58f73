/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GroupInfo (§12.4.3): made by a member, checked by who joins or follows. Internal.
 */
#ifndef MLS_GROUP_INFO_H
#define MLS_GROUP_INFO_H

#include "group/group.h"

/** Writes a signed GroupInfo of an epoch. */
BASE_MUST_USE base_result mls_group_info_make(const struct mls_group *group, const struct mls_epoch *epoch,
                                              const struct mls_keypair *key, uint32_t signer,
                                              const struct mls_group_info_options *options, struct base_bytes *out);

/** The same, as an MLSMessage. */
BASE_MUST_USE base_result mls_group_info_message(const struct mls_group *group, const struct mls_epoch *epoch,
                                                 const struct mls_keypair *key, uint32_t signer,
                                                 const struct mls_group_info_options *options, struct base_bytes *out);

/**
 * Makes the public side of the epoch that a GroupInfo tells of: checks of §12.4.3.1 on its signature, its tree (the one
 * inside, or else `given`) and its extensions, and the application's view of each member. MLS_ERR_TREE_MISSING,
 * MLS_ERR_TREE_HASH, MLS_ERR_SIGNATURE, MLS_ERR_LEAF_INDEX; the tree's, the leaves' and the callback's.
 */
BASE_MUST_USE base_result mls_group_info_enter(struct mls_group *group, const struct mls_group_info *info,
                                               struct base_slice given);

#endif
