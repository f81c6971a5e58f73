/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet tree (§4, §7): who is in a group and under which public keys. Internal.
 *
 * A struct mls_tree is a version of a tree. Its nodes are shared with the versions that it came from and copied when
 * they change: mls_tree_share() costs nothing, a commit's cost grows with the nodes that it changes, and a version that
 * is not wanted is simply freed. So the next epoch is built on a shared copy, while the current one stays as it is.
 *
 * Functions that change a version and return an error leave it in a state in which it can only be freed; other
 * versions never notice. Versions that share nodes belong to one thread at a time.
 *
 * Leaves are named by leaf index, nodes by node index (Appendix C): leaf i is node 2i.
 */
#ifndef MLS_TREE_H
#define MLS_TREE_H

#include "base/host.h"
#include "base/writer.h"
#include "crypto.h"
#include "syntax/tree.h"

/** No tree has more leaves: a million people; and node indices stay far away from overflow. */
#define MLS_TREE_LEAVES_MAX (1U << 20)

struct mls_tree_node;
struct mls_tree_set;

/** The credential types that members of one group may have between them: each has to support them all. */
enum { MLS_TREE_TYPES_MAX = 32 };

/** A credential type in use. */
struct mls_tree_type {
    uint16_t type;
    bool universal; /**< every member is known to support it */
    uint32_t users;
};

/** A version of a tree. Zeroed, it may be freed and moved, nothing else. Its members are for tree*.c alone. */
struct mls_tree {
    struct mls_tree_node *root; /**< NULL: all leaves are blank */
    struct mls_tree_set *keys;  /**< fingerprints of all keys in the tree */
    bool keys_known;            /**< `keys` counts; else it is made when first needed */
    uint32_t members;
    uint32_t max_leaves;
    uint8_t depth; /**< the tree has 2^depth leaves */
    bool hashed;   /**< root_hash counts */
    struct mls_secret root_hash;
    struct mls_tree_type types[MLS_TREE_TYPES_MAX];
    uint8_t type_count;
    uint8_t fingerprint_key[16]; /**< random, so that nobody can craft keys whose fingerprints collide */
};

/* ------------------------------------------------------------------------------------------------- versions ---- */

/** A tree of one blank leaf that may grow to `max_leaves` (0: MLS_TREE_LEAVES_MAX). BASE_ERR_RANDOM. */
BASE_MUST_USE base_result mls_tree_create(const struct base_random *random, uint32_t max_leaves, struct mls_tree *out);

/** Another version with the same nodes. `out` must be empty. */
void mls_tree_share(const struct mls_tree *tree, struct mls_tree *out);

/** Frees `to` and makes it what `from` is, which is empty then: how a new epoch takes the old one's place. */
void mls_tree_move(struct mls_tree *to, struct mls_tree *from);

/** NULL and empty ones are allowed. */
void mls_tree_free(struct mls_tree *tree);

/* -------------------------------------------------------------------------------------------------- looking ---- */

/** Leaves, blank ones included: a power of two. */
static inline uint32_t mls_tree_width(const struct mls_tree *tree) {
    return (uint32_t)1 << tree->depth;
}

/** Leaves that are not blank. */
static inline uint32_t mls_tree_member_count(const struct mls_tree *tree) {
    return tree->members;
}

/** The leaf node, or NULL if the leaf is blank or beyond the tree. Lives as long as a version that has it. */
const struct mls_leaf_node *mls_tree_leaf(const struct mls_tree *tree, uint32_t leaf);

/** Moves `*leaf` to the first leaf from there on that is not blank; false if there is none. To visit all members:
 * `for (uint32_t i = 0; mls_tree_next_member(tree, &i); i++)`. */
bool mls_tree_next_member(const struct mls_tree *tree, uint32_t *leaf);

/** The leftmost blank leaf, where the next member will be added: the leaf count if the tree has to be extended. */
uint32_t mls_tree_next_blank(const struct mls_tree *tree);

/** The encryption key of any node; empty if it is blank or beyond the tree. */
struct base_slice mls_tree_encryption_key(const struct mls_tree *tree, uint32_t index);

/** True if a leaf of this version has this signature key. */
BASE_MUST_USE base_result mls_tree_has_signature_key(const struct mls_crypto *crypto, struct mls_tree *tree,
                                                     struct base_slice key, bool *out);

/** Which list of struct mls_capabilities. */
enum mls_support_kind { MLS_SUPPORT_EXTENSION, MLS_SUPPORT_PROPOSAL, MLS_SUPPORT_CREDENTIAL };

/** True if the leaf's capabilities name it, or RFC 9420 itself defines it for all. */
bool mls_leaf_supports(const struct mls_leaf_node *leaf, enum mls_support_kind kind, uint16_t type);

/** True if all members support it (what RFC 9420 itself defines is supported by all). */
bool mls_tree_all_support(const struct mls_tree *tree, enum mls_support_kind kind, uint16_t type);

/** §7.3, of all leaves at once: every member supports the credential types of all. To be asked when all changes are
 * made; looks at all members only if a type is new. MLS_ERR_CAPABILITIES_CREDENTIAL. */
BASE_MUST_USE base_result mls_tree_check_credentials(struct mls_tree *tree);

/* ------------------------------------------------------------------------------------------------- changing ---- */

/*
 * The proposals' effects on the tree (§12.1). `leaf` must have been decoded; its bytes are copied. The order of a
 * commit is: removes, updates, adds, then its path (treekem.h). §12.3 has updates first, with the same tree in the
 * end; but so the keys of who is removed are free for the others.
 */

/** Adds to the leftmost blank leaf, whose index is in `*index` then. MLS_ERR_KEY_IN_USE, MLS_ERR_PUBLIC_KEY (a key's
 * length), MLS_ERR_MEMBERS_LIMIT, MLS_ERR_CAPABILITIES_CREDENTIAL (more than MLS_TREE_TYPES_MAX types). */
BASE_MUST_USE base_result mls_tree_add(const struct mls_crypto *crypto, struct mls_tree *tree,
                                       const struct mls_leaf_node *leaf, uint32_t *index);

/** Replaces a member's leaf and blanks its direct path. MLS_ERR_LEAF_INDEX (nobody is there), MLS_ERR_KEY_IN_USE (the
 * encryption key may not stay the same either), MLS_ERR_PUBLIC_KEY, MLS_ERR_CAPABILITIES_CREDENTIAL. */
BASE_MUST_USE base_result mls_tree_update(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index,
                                          const struct mls_leaf_node *leaf);

/** Blanks a member's leaf and its direct path, and truncates the tree. MLS_ERR_LEAF_INDEX. */
BASE_MUST_USE base_result mls_tree_remove(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t index);

/* ----------------------------------------------------------------------------------------- hashes, checking ---- */

/** The tree hash of the root (§7.8). Computes only what has changed since it was last asked for. */
BASE_MUST_USE base_result mls_tree_hash(const struct mls_crypto *crypto, struct mls_tree *tree, struct mls_secret *out);

/** The tree hash of any node. MLS_ERR_LEAF_INDEX. */
BASE_MUST_USE base_result mls_tree_node_hash(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t node,
                                             struct mls_secret *out);

/** Calls `visit` for each node of the resolution (§4.1.1) of `node`, in order. An error of it ends the walk. */
BASE_MUST_USE base_result mls_tree_resolution(const struct mls_tree *tree, uint32_t node,
                                              base_result (*visit)(void *user, uint32_t node, struct base_slice key),
                                              void *user);

/**
 * Takes a tree from the content of the ratchet_tree extension (§12.4.3.3), with the checks of §12.4.3.1 that need no
 * group: unmerged leaves are leaves below, and unmerged all the way up; every key is there once. `random` and
 * `max_leaves` as in mls_tree_create. MLS_ERR_TREE_NODES (empty, or ends with a blank node), MLS_ERR_NODE_TYPE (a
 * parent in the place of a leaf or the reverse), MLS_ERR_UNMERGED_LEAF, MLS_ERR_PUBLIC_KEY, MLS_ERR_PARENT_HASH (a
 * length), MLS_ERR_KEY_IN_USE, MLS_ERR_MEMBERS_LIMIT, and those of leaf nodes.
 */
BASE_MUST_USE base_result mls_tree_decode(const struct mls_crypto *crypto, const struct base_random *random,
                                          uint32_t max_leaves, struct base_slice ratchet_tree, struct mls_tree *out);

/** Writes the content of the ratchet_tree extension: `optional<Node> ratchet_tree<V>`, blank nodes at its end left out.
 */
void mls_tree_encode(struct base_writer *writer, const struct mls_tree *tree);

/** §7.9.2: every parent node is parent-hash valid, and has a key of the suite. MLS_ERR_PARENT_HASH,
 * MLS_ERR_PUBLIC_KEY, MLS_ERR_BACKEND. */
BASE_MUST_USE base_result mls_tree_verify_parent_hashes(const struct mls_crypto *crypto, struct mls_tree *tree);

/**
 * §7.3 of each leaf, as far as the tree itself is concerned: signature, mls_leaf_node_check(),
 * mls_tree_check_credentials(). Not: lifetimes, required capabilities, the application's view of credentials.
 */
BASE_MUST_USE base_result mls_tree_verify_leaves(const struct mls_crypto *crypto, struct mls_tree *tree,
                                                 struct base_slice group_id);

/* -------------------------------------------------------------------------------------------------- records ---- */

/** Where the records of a saved tree go: one for each node, by node index. An error ends the save. */
struct mls_tree_sink {
    base_result (*put)(void *user, uint32_t node, struct base_slice value);
    base_result (*del)(void *user, uint32_t node);
    void *user;
};

/** Gives out what makes `after` of a saved `before` (NULL: nothing is saved yet; `after` NULL: delete all). The hashes
 * are computed first, and stored. */
BASE_MUST_USE base_result mls_tree_save(const struct mls_crypto *crypto, const struct mls_tree *before,
                                        struct mls_tree *after, const struct mls_tree_sink *sink);

/** Puts a saved record back, in any order, into a tree of mls_tree_create. MLS_ERR_STATE, MLS_ERR_STATE_VERSION. */
BASE_MUST_USE base_result mls_tree_load_record(const struct mls_crypto *crypto, struct mls_tree *tree, uint32_t node,
                                               struct base_slice value);

/** To be called after the last record, before anything else. MLS_ERR_STATE (records are missing). */
BASE_MUST_USE base_result mls_tree_load_end(struct mls_tree *tree);

#endif
