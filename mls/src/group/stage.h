/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building the next epoch aside, step by step, for who makes a commit and for who receives one. Internal.
 *
 *   mls_stage_new, mls_stage_list     the proposals, checked
 *   mls_stage_proposals               their effect on tree and extensions
 *   (path: treekem.h)                 made, or merged
 *   mls_stage_encode_context          the GroupContext under which path secrets are encrypted
 *   mls_stage_context                 the GroupContext of the new epoch
 *   mls_stage_secrets                 its key schedule
 *   mls_epoch_confirm, mls_epoch_open its transcript and message keys
 */
#ifndef MLS_GROUP_STAGE_H
#define MLS_GROUP_STAGE_H

#include "group/group.h"

/** An empty next epoch, with the tree and keys of the group's current one. */
BASE_MUST_USE base_result mls_stage_new(const struct mls_group *group, struct mls_staged **out);

/** Room for `count` listed proposals; each is put in by mls_stage_put. */
BASE_MUST_USE base_result mls_stage_room(struct mls_staged *staged, uint32_t count);
void mls_stage_put(struct mls_staged *staged, const struct mls_proposal *proposal, const struct mls_sender *sender,
                   struct mls_cached *cached);

/** Takes the list of a commit's encoded proposals, finding references in the group's cache. MLS_ERR_PROPOSAL_UNKNOWN.
 */
BASE_MUST_USE base_result mls_stage_list(struct mls_staged *staged, const struct mls_commit *commit,
                                         const struct mls_sender *committer);

/** Checks each proposal by value by itself, and the list (rules.h). */
BASE_MUST_USE base_result mls_stage_check(const struct mls_staged *staged, const struct mls_sender *committer);

/** Applies the proposals to tree, keys and extensions (§12.3), and notes what changes. */
BASE_MUST_USE base_result mls_stage_proposals(struct mls_staged *staged);

/** The leaf of the committer: of a member, or where a new member comes in. */
uint32_t mls_stage_committer(const struct mls_staged *staged, const struct mls_sender *committer);

/** Notes that the committer's leaf has changed by his path. */
BASE_MUST_USE base_result mls_stage_path_change(struct mls_staged *staged, const struct mls_sender *committer);

/** §7.3 and §12.1.7 of the whole new tree: credential types, and what the new extensions ask of all. */
BASE_MUST_USE base_result mls_stage_check_tree(struct mls_staged *staged);

/** The encoded GroupContext of the new epoch, with this confirmed transcript hash (§12.4.1: the old one, for the path).
 */
BASE_MUST_USE base_result mls_stage_encode_context(struct mls_staged *staged, struct base_slice confirmed,
                                                   struct base_bytes *out);

/** Gives the new epoch its GroupContext, for the ConfirmedTranscriptHashInput of its commit. */
BASE_MUST_USE base_result mls_stage_context(struct mls_staged *staged, struct base_slice transcript_input);

/** What a Welcome needs of the key schedule. Secret. */
struct mls_stage_secrets {
    struct mls_secret joiner;
    struct mls_secret psk;
};
void mls_stage_secrets_wipe(struct mls_stage_secrets *secrets);

/** The new epoch's secrets (§8). `init` is the old epoch's init secret, or the external one. */
BASE_MUST_USE base_result mls_stage_secrets(struct mls_staged *staged, const struct mls_secret *init,
                                            const struct mls_secret *commit_secret, struct mls_stage_secrets *out);

/** The init secret for the new epoch, from the group's: its own, or by an ExternalInit in the list (§8.3). */
BASE_MUST_USE base_result mls_stage_init_secret(const struct mls_staged *staged, struct mls_secret *out);

/** Takes the confirmation tag, and makes the interim transcript hash of it. MLS_ERR_CONFIRMATION_TAG: its length. */
BASE_MUST_USE base_result mls_epoch_confirm(const struct mls_crypto *crypto, struct base_slice confirmation_tag,
                                            struct mls_epoch *epoch);

/** Makes the message keys of the encryption secret, and wipes that. */
BASE_MUST_USE base_result mls_epoch_open(const struct mls_crypto *crypto, struct mls_secret_tree_limits limits,
                                         struct mls_epoch *epoch);

BASE_MUST_USE base_result mls_group_context_encode(const struct base_allocator *allocator,
                                                   const struct mls_group_context *context, struct base_bytes *out);

/** Asks the application about the commit. */
BASE_MUST_USE base_result mls_stage_ask(const struct mls_staged *staged);

/** The proposal of this type in the list, or NULL. */
const struct mls_listed *mls_stage_find(const struct mls_staged *staged, uint16_t type);

#endif
