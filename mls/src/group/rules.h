/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proposals are valid (§12.1), and which go together in a commit (§12.2). Internal.
 */
#ifndef MLS_GROUP_RULES_H
#define MLS_GROUP_RULES_H

#include "group/group.h"

/**
 * A proposal by itself, in the group's epoch: who may make it (§12.1.8), its signatures, its references to the tree,
 * and what the application says of its credentials. MLS_ERR_PROPOSAL_SENDER, _LEAF, _PSK, _REINIT, _EXTERNAL; errors of
 * key packages, leaf nodes and the callback.
 */
BASE_MUST_USE base_result mls_proposal_check(const struct mls_group *group, const struct mls_sender *sender,
                                             const struct mls_proposal *proposal);

/** A commit's list (§12.2), each of which was checked by itself. MLS_ERR_PROPOSAL_COMMITTER, _DUPLICATE, _REINIT,
 * _EXTERNAL. */
BASE_MUST_USE base_result mls_list_check(const struct mls_group *group, const struct mls_sender *committer,
                                         const struct mls_listed *list, uint32_t count);

/** True if a commit with this list must have a path (§12.4). */
bool mls_list_needs_path(const struct mls_listed *list, uint32_t count);

/** Asks the application about a credential. */
BASE_MUST_USE base_result mls_credential_ask(const struct mls_group *group, enum mls_credential_use use,
                                             const struct mls_member *member, const struct mls_member *before);

/** True if the application says that both are one client. */
bool mls_same_client(const struct mls_context *context, const struct mls_member *a, const struct mls_member *b);

/** The extensions of a GroupContext: external senders are known, all members support all of it (§11.1, §12.1.7). */
BASE_MUST_USE base_result mls_group_extensions_check(const struct mls_tree *tree, struct base_slice extensions);

/** The same of one leaf: that it supports all of it (§7.3). */
BASE_MUST_USE base_result mls_leaf_extensions_check(const struct mls_leaf_node *leaf, struct base_slice extensions);

/** What the application says of all external senders in a list of extensions. */
BASE_MUST_USE base_result mls_external_senders_ask(const struct mls_group *group, struct base_slice extensions);

#endif
