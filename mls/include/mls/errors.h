/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The errors of libmls: one for each check, with its section in RFC 9420. Those of cryptography are in mls/provider.h.
 *
 * What a decoder refuses because a value ends too early, too late or has no such form is BASE_ERR_… (base/result.h).
 */
#ifndef MLS_ERRORS_H
#define MLS_ERRORS_H

#include "base/result.h"

/* Form: found while decoding. */
extern const struct base_error MLS_ERR_VERSION;             /**< not mls10 (§6) */
extern const struct base_error MLS_ERR_WIRE_FORMAT;         /**< unknown, or not allowed here (§6) */
extern const struct base_error MLS_ERR_CONTENT_TYPE;        /**< unknown content type (§6) */
extern const struct base_error MLS_ERR_SENDER_TYPE;         /**< unknown sender type (§6) */
extern const struct base_error MLS_ERR_LEAF_NODE_SOURCE;    /**< unknown, or not allowed here (§7.2) */
extern const struct base_error MLS_ERR_NODE_TYPE;           /**< neither leaf nor parent (§12.4.3.3) */
extern const struct base_error MLS_ERR_PROPOSAL_TYPE;       /**< a proposal type without a known form (§12.1) */
extern const struct base_error MLS_ERR_PROPOSAL_OR_REF;     /**< neither proposal nor reference (§12.4) */
extern const struct base_error MLS_ERR_PSK_TYPE;            /**< unknown PSK type or usage (§8.4) */
extern const struct base_error MLS_ERR_EXTENSION_DUPLICATE; /**< two extensions of one type in a list (§13.4) */
extern const struct base_error MLS_ERR_UNMERGED_LEAVES;     /**< not in increasing order (§7.1) */

/* Framing (§6). */
extern const struct base_error MLS_ERR_SENDER_NOT_MEMBER;  /**< this content, or a PrivateMessage, is a member's */
extern const struct base_error MLS_ERR_SENDER_CONTENT;     /**< such a sender may not send such content (§6.1) */
extern const struct base_error MLS_ERR_APPLICATION_PUBLIC; /**< application data in a PublicMessage (§6) */
extern const struct base_error MLS_ERR_PADDING;            /**< padding is not all zero (§6.3.1) */
extern const struct base_error MLS_ERR_MEMBERSHIP_TAG;     /**< the membership tag is wrong (§6.2) */
extern const struct base_error MLS_ERR_CONFIRMATION_TAG;   /**< the confirmation tag is wrong (§6.1) */
extern const struct base_error MLS_ERR_WRONG_GROUP;        /**< a message of another group (§6) */

/* Message keys (§9). */
extern const struct base_error MLS_ERR_LEAF_UNKNOWN;    /**< a leaf index beyond the tree (§9) */
extern const struct base_error MLS_ERR_GENERATION_USED; /**< the key was used, or has left the window (§9.2) */
extern const struct base_error MLS_ERR_GENERATION;      /**< skips too many generations, or none is left (§9.1) */

/* Leaf nodes and key packages, as far as no tree is needed (§7.3, §10.1). */
extern const struct base_error MLS_ERR_LEAF_SIGNATURE;        /**< §7.3 */
extern const struct base_error MLS_ERR_KEY_PACKAGE_SIGNATURE; /**< §10.1 */
extern const struct base_error MLS_ERR_KEY_PACKAGE_SUITE;    /**< cipher suite or version is not the group's (§10.1) */
extern const struct base_error MLS_ERR_KEY_PACKAGE_KEYS;     /**< init_key equals the leaf's encryption_key (§10.1) */
extern const struct base_error MLS_ERR_LIFETIME;             /**< not yet, or no longer, valid (§7.3) */
extern const struct base_error MLS_ERR_LIFETIME_RANGE;       /**< longer than this client accepts (§7.2) */
extern const struct base_error MLS_ERR_CAPABILITIES_VERSION; /**< mls10 is not among our own versions (§7.2) */
extern const struct base_error MLS_ERR_CAPABILITIES_SUITE;   /**< the suite is not among our own (§7.2) */
extern const struct base_error MLS_ERR_CAPABILITIES_CREDENTIAL; /**< a credential type is not supported (§7.3) */
extern const struct base_error MLS_ERR_CAPABILITIES_EXTENSION;  /**< an extension is not supported (§7.3) */
extern const struct base_error MLS_ERR_CAPABILITIES_REQUIRED;   /**< does not meet required_capabilities (§11.1) */

/* The ratchet tree and paths through it (§7, §12.4.3.1). */
extern const struct base_error MLS_ERR_LEAF_INDEX;    /**< nobody is at this leaf, or it is beyond the tree (§4) */
extern const struct base_error MLS_ERR_TREE_NODES;    /**< no node, or a blank one at the end (§12.4.3.3) */
extern const struct base_error MLS_ERR_UNMERGED_LEAF; /**< not below its node, or not unmerged between (§12.4.3.1) */
extern const struct base_error MLS_ERR_KEY_IN_USE;    /**< a key that is in the tree already (§7.3, §12.4.3.1) */
extern const struct base_error MLS_ERR_PARENT_HASH;   /**< a parent hash is wrong (§7.9.2) */
extern const struct base_error MLS_ERR_PATH_LENGTH;   /**< not as many nodes as the filtered direct path (§7.6) */
extern const struct base_error MLS_ERR_PATH_SECRETS; /**< not as many ciphertexts as the resolution has nodes (§7.6) */
extern const struct base_error MLS_ERR_PATH_KEY;     /**< a path secret does not lead to the public keys (§7.5) */
extern const struct base_error MLS_ERR_NO_PATH_SECRET; /**< no path secret is for a key that is known here (§7.5) */

/* Proposals and commits (§12). */
extern const struct base_error
    MLS_ERR_PROPOSAL_UNKNOWN; /**< a commit refers to a proposal that is not here (§12.4.2) */
extern const struct base_error MLS_ERR_PROPOSAL_SENDER;    /**< this sender may not propose that (§12.1.8, §12.2) */
extern const struct base_error MLS_ERR_PROPOSAL_LEAF;      /**< Update or Remove of a leaf that is blank (§12.1) */
extern const struct base_error MLS_ERR_PROPOSAL_COMMITTER; /**< the committer's own Update or Remove (§12.2) */
extern const struct base_error MLS_ERR_PROPOSAL_DUPLICATE; /**< two that cannot go together (§12.2) */
extern const struct base_error MLS_ERR_PROPOSAL_REINIT; /**< ReInit goes alone (§12.2), to no older version (§12.1.5) */
extern const struct base_error MLS_ERR_PROPOSAL_EXTERNAL; /**< not in, or missing in, an external commit (§12.2) */
extern const struct base_error MLS_ERR_PROPOSAL_PSK;  /**< nonce of another length, or this usage is not here (§8.4) */
extern const struct base_error MLS_ERR_PATH_REQUIRED; /**< these proposals need a path (§12.4) */
extern const struct base_error MLS_ERR_PSK_UNKNOWN;   /**< a pre-shared key is not known here (§8.4) */

/* Groups. */
extern const struct base_error MLS_ERR_EPOCH_FUTURE;    /**< a commit is missing here: try again after it */
extern const struct base_error MLS_ERR_EPOCH_PAST;      /**< of an epoch that is over */
extern const struct base_error MLS_ERR_GROUP_STATE;     /**< not after removal or re-initialisation */
extern const struct base_error MLS_ERR_PENDING;         /**< a commit of one's own is waiting already */
extern const struct base_error MLS_ERR_NO_PENDING;      /**< no commit of one's own is waiting */
extern const struct base_error MLS_ERR_STAGED;          /**< a staged commit of another group or epoch */
extern const struct base_error MLS_ERR_MEMBERS_LIMIT;   /**< more leaves than struct mls_limits allows */
extern const struct base_error MLS_ERR_LEAF_SIZE;       /**< a leaf is longer than struct mls_limits allows */
extern const struct base_error MLS_ERR_PROPOSALS_LIMIT; /**< more proposals than struct mls_limits allows */
extern const struct base_error MLS_ERR_STATE;           /**< saved state is damaged, or records are missing */
extern const struct base_error MLS_ERR_STATE_VERSION;   /**< saved state of another version of the library */

/* Joining (§12.4.3). */
extern const struct base_error MLS_ERR_NO_KEY_PACKAGE; /**< a Welcome for none of one's key packages */
extern const struct base_error MLS_ERR_JOIN;         /**< no leaf in the tree, or another signature key (§12.4.3.1) */
extern const struct base_error MLS_ERR_TREE_MISSING; /**< no ratchet tree, neither inside nor given */
extern const struct base_error MLS_ERR_TREE_HASH;    /**< the tree is not the GroupContext's (§12.4.3.1) */
extern const struct base_error MLS_ERR_NO_EXTERNAL_PUB; /**< the GroupInfo does not allow to join by it (§12.4.3.2) */
extern const struct base_error MLS_ERR_RESYNC;          /**< there is no leaf of this client to replace (§12.4.3.2) */
extern const struct base_error MLS_ERR_BRANCH;          /**< not a subgroup of its parent (§11.3) */
extern const struct base_error MLS_ERR_REINIT;          /**< not the successor that ReInit asked for (§11.2) */

#endif
