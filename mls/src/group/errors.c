/* SPDX-License-Identifier: Apache-2.0 */
/* The errors of groups: of their proposals, commits, joins and saved state. */
#include <stddef.h>

#include "mls/errors.h"

BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_UNKNOWN, BASE_BLOCKED, "RFC 9420 §12.4.2",
                  "the commit refers to a proposal that has not been received");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_SENDER, BASE_PEER, "RFC 9420 §12.1.8", "this sender may not make such a proposal");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_LEAF, BASE_PEER, "RFC 9420 §12.1", "the proposal names a leaf without a member");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_COMMITTER, BASE_PEER, "RFC 9420 §12.2",
                  "a commit may not update or remove its own sender");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_DUPLICATE, BASE_PEER, "RFC 9420 §12.2",
                  "two proposals of the commit can't go together");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_REINIT, BASE_PEER, "RFC 9420 §12.2",
                  "a re-initialisation must be alone in its commit and lead to no older version");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_EXTERNAL, BASE_PEER, "RFC 9420 §12.2",
                  "the proposals are not those of an external commit, or of an ordinary one");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSAL_PSK, BASE_PEER, "RFC 9420 §8.4",
                  "the pre-shared key's nonce or usage is not valid here");
BASE_DEFINE_ERROR(MLS_ERR_PATH_REQUIRED, BASE_PEER, "RFC 9420 §12.4", "these proposals need a commit with a path");
BASE_DEFINE_ERROR(MLS_ERR_PSK_UNKNOWN, BASE_BLOCKED, "RFC 9420 §8.4", "a pre-shared key is not known here");

BASE_DEFINE_ERROR(MLS_ERR_EPOCH_FUTURE, BASE_BLOCKED, "RFC 9420 §14",
                  "the message belongs to an epoch whose commit has not been received");
BASE_DEFINE_ERROR(MLS_ERR_EPOCH_PAST, BASE_PEER, "RFC 9420 §14", "the message belongs to an epoch that is over");
BASE_DEFINE_ERROR(MLS_ERR_GROUP_STATE, BASE_USAGE, "RFC 9420 §12.4.2",
                  "the member was removed, or the group was closed by a re-initialisation");
BASE_DEFINE_ERROR(MLS_ERR_PENDING, BASE_USAGE, NULL, "a commit of one's own is waiting to be merged or discarded");
BASE_DEFINE_ERROR(MLS_ERR_NO_PENDING, BASE_USAGE, NULL, "no commit of one's own is waiting");
BASE_DEFINE_ERROR(MLS_ERR_STAGED, BASE_USAGE, NULL, "the staged commit is not one of this group and epoch");
BASE_DEFINE_ERROR(MLS_ERR_LEAF_SIZE, BASE_PEER, NULL, "a member's leaf is longer than this client allows");
BASE_DEFINE_ERROR(MLS_ERR_MEMBERS_LIMIT, BASE_LIMIT, NULL, "the group would become larger than this client allows");
BASE_DEFINE_ERROR(MLS_ERR_PROPOSALS_LIMIT, BASE_LIMIT, NULL,
                  "more proposals wait for a commit than this client allows");
BASE_DEFINE_ERROR(MLS_ERR_STATE, BASE_INTERNAL, NULL, "the saved state is damaged or records are missing");
BASE_DEFINE_ERROR(MLS_ERR_STATE_VERSION, BASE_USAGE, NULL,
                  "the saved state was written by a version of the library that this one does not know");

BASE_DEFINE_ERROR(MLS_ERR_NO_KEY_PACKAGE, BASE_PEER, "RFC 9420 §12.4.3.1",
                  "the Welcome is for none of this client's key packages");
BASE_DEFINE_ERROR(MLS_ERR_JOIN, BASE_PEER, "RFC 9420 §12.4.3.1",
                  "the joiner's leaf is not in the group, or has another signature key than the one given");
BASE_DEFINE_ERROR(MLS_ERR_TREE_MISSING, BASE_USAGE, "RFC 9420 §12.4.3.3",
                  "the ratchet tree is neither in the message nor given with it");
BASE_DEFINE_ERROR(MLS_ERR_TREE_HASH, BASE_PEER, "RFC 9420 §12.4.3.1",
                  "the ratchet tree is not the one that the GroupContext names");
BASE_DEFINE_ERROR(MLS_ERR_NO_EXTERNAL_PUB, BASE_USAGE, "RFC 9420 §12.4.3.2",
                  "the GroupInfo has no external_pub: nobody can join by it");
BASE_DEFINE_ERROR(MLS_ERR_RESYNC, BASE_USAGE, "RFC 9420 §12.4.3.2",
                  "the group has no leaf of this client that could be replaced");
BASE_DEFINE_ERROR(MLS_ERR_BRANCH, BASE_PEER, "RFC 9420 §11.3", "the group is not a subgroup of its parent");
BASE_DEFINE_ERROR(MLS_ERR_REINIT, BASE_PEER, "RFC 9420 §11.2",
                  "the group is not the successor that the re-initialisation asked for");
