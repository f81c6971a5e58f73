/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmls: Messaging Layer Security, RFC 9420.
 *
 * Bytes in, bytes out: the library has no socket, file, clock, thread or global of its own. A program makes one
 * struct mls_context, publishes key packages, creates or joins groups, hands every received message to
 * mls_group_process(), sends what the other functions write, and stores the records of mls_group_save().
 *
 * Rules for the whole header
 *  - On error nothing has changed: groups are as before, outputs are empty. Each function names the errors it is known
 *    for; every one may also return BASE_ERR_NO_MEMORY, BASE_ERR_RANDOM and MLS_ERR_BACKEND, and those that parse
 *    BASE_ERR_TRUNCATED, BASE_ERR_TRAILING, BASE_ERR_VARINT and BASE_ERR_VALUE. Errors of RFC 9420's checks are in
 *    mls/errors.h, each with its section.
 *  - `out` bytes must be empty before and belong to the caller after, who frees them with base_bytes_free().
 *  - Slices that are given in are read during the call alone, unless a contract says that they are borrowed. Slices
 *    that come out live as long as the object they were asked of, and no longer than its next change.
 *  - Options structs may be zeroed: zero means the default of each field. NULL in their place is the same.
 *  - Objects belong to one thread at a time. Different objects of one context may be used by different threads if the
 *    context's provider, allocator and callbacks allow it.
 *  - Messages in and out are whole MLSMessage structs (§6), ready to be sent.
 */
#ifndef MLS_MLS_H
#define MLS_MLS_H

#include "base/bytes.h"
#include "base/host.h"
#include "mls/errors.h"
#include "mls/provider.h"
#include "mls/types.h"

/* --------------------------------------------------------------------------------------------- the context ---- */

struct mls_group;  /**< a member's view of a group, with its secrets */
struct mls_staged; /**< a commit that was checked (or made) and waits to be applied: the next epoch, held aside */

/* The defaults of struct mls_limits. */
enum {
    MLS_PAST_EPOCHS_DEFAULT = 5,          /**< messages that were overtaken by a few commits still open */
    MLS_GENERATION_WINDOW_DEFAULT = 256,  /**< keys of messages that were overtaken, per sender: 8 KiB and less */
    MLS_GENERATION_SKIP_DEFAULT = 4096,   /**< about 10 ms of hashing that one message may cause */
    MLS_MEMBERS_DEFAULT = 65536,          /**< some 30 MiB of ratchet tree */
    MLS_PROPOSALS_DEFAULT = 1024,         /**< proposals by reference that wait for a commit … */
    MLS_PROPOSAL_BYTES_DEFAULT = 4 << 20, /**< … and all their bytes, each with what is authenticated beside it */
    MLS_RESUMPTION_EPOCHS_DEFAULT = 32,   /**< resumption PSKs of past epochs, a hash each */
    MLS_LIFETIME_SKEW_DEFAULT = 3600,     /**< an hour: clocks of people's devices */
    MLS_LIFETIME_MAX_DEFAULT = 34214400,  /**< 396 days: a year, and a month to renew */
    MLS_LEAF_SIZE_DEFAULT = 1 << 16,      /**< bytes of a member's leaf: a chain of certificates fits */
};

/** The bounds that one member sets for himself. Zero is the default above. */
struct mls_limits {
    uint32_t past_epochs;       /**< epochs before the current one whose messages still open; MLS_NONE: not one */
    uint32_t generation_window; /**< overtaken message keys kept for each sender; MLS_NONE: not one */
    uint32_t generation_skip;   /**< how many messages of a sender may be missing between two */
    uint32_t members;           /**< leaves of a group's tree, blank ones included */
    uint32_t proposals;         /**< cached proposals of an epoch … */
    uint32_t proposal_bytes;    /**< … and bytes of all of them */
    uint32_t resumption_epochs; /**< epochs whose resumption PSK is kept; MLS_NONE: the current one alone */
    uint64_t lifetime_skew; /**< seconds that a key package which oneself adds may lie outside of its lifetime (§7.3) */
    uint64_t lifetime_max;  /**< seconds: the longest lifetime that is accepted (§7.2) */
    uint32_t leaf_size; /**< bytes of a leaf, with its signature: whoever joins later is given all of them. Members who
                             set different ones don't follow the same commits */
};

/** For fields of struct mls_limits whose zero is the default. */
#define MLS_NONE UINT32_MAX

/** Who a leaf is. All slices borrow from the group (or message) that it was asked of. */
struct mls_member {
    uint32_t leaf;                    /**< leaf index; MLS_NONE if not in a tree (yet) */
    struct mls_credential credential; /**< §5.3 */
    struct base_slice signature_key;  /**< public */
    struct base_slice encryption_key; /**< public; changes with each update of the leaf */
    struct base_slice extensions;     /**< of the leaf: the encoded list, see mls_extension_next() */
    size_t leaf_size;                 /**< bytes of the whole leaf, encoded */
    bool as_added; /**< the leaf is that of a key package: it has committed and updated nothing yet */
};

/** Why a credential is being looked at. */
enum mls_credential_use {
    MLS_CREDENTIAL_ADDED,           /**< in a key package that is being added, by us or by somebody */
    MLS_CREDENTIAL_UPDATED,         /**< in a leaf that changes, by Update or by a commit's path */
    MLS_CREDENTIAL_PRESENT,         /**< in the tree of a group that is being joined */
    MLS_CREDENTIAL_EXTERNAL_COMMIT, /**< of somebody who lets himself in */
    MLS_CREDENTIAL_EXTERNAL_SENDER, /**< in the external_senders extension (§12.1.8.1) */
};

/** What the credential callback decides about. */
struct mls_credential_check {
    enum mls_credential_use use;
    const struct mls_group *group;   /**< while joining, what is public of it; NULL for a new group */
    const struct mls_member *member; /**< as it wants to be; of an external sender: credential and signature key */
    const struct mls_member *before; /**< MLS_CREDENTIAL_UPDATED, and a resync: the leaf that it replaces; else NULL */
};

/** Which external PSK, or resumption PSK of another group, is needed (§8.4). */
struct mls_psk_query {
    bool external; /**< `psk_id` counts; else group and epoch */
    struct base_slice psk_id;
    struct base_slice group_id;
    uint64_t epoch;
};

struct mls_proposal_view; /* below */

/** What only the application can decide. Each may be NULL, with the effect named there. `user` goes to each. */
struct mls_callbacks {
    void *user;

    /**
     * The Authentication Service (§5.3.1): BASE_OK if the credential's identity may be represented by this signature
     * key, any error to refuse; it is passed on. For X.509, the chain and the leaf key's match are checked here.
     * NULL accepts all: for tests and closed systems alone.
     */
    base_result (*credential)(void *user, const struct mls_credential_check *check);

    /** True if both credentials name one client, who may then replace his old leaf by a resync (§12.4.3.2). NULL: if
     * the credentials are equal byte by byte. */
    bool (*same_client)(void *user, const struct mls_member *a, const struct mls_member *b);

    /** Copies the PSK to `out`. Any error, by convention MLS_ERR_PSK_UNKNOWN, refuses the message that needs it.
     * NULL: no PSK is known but the group's own resumption PSKs. */
    base_result (*psk)(void *user, const struct mls_psk_query *query, struct base_bytes *out);

    /** The application's rules for a proposal that came as a message of its own and has passed all checks of RFC 9420:
     * an error refuses it, so that it is not kept and no commit that refers to it can be followed. All members must
     * decide alike. NULL accepts all. */
    base_result (*proposal)(void *user, const struct mls_group *group, const struct mls_proposal_view *proposal);

    /** The application's rules for a commit that has passed all checks of RFC 9420, own commits included: looks at it
     * with the mls_staged_… functions and returns BASE_OK or the error that refuses it. NULL accepts all. */
    base_result (*commit)(void *user, const struct mls_group *group, const struct mls_staged *staged);
};

/** Everything that comes in from outside. Not copied: it and what it points to must outlive all objects made with it.
 */
struct mls_context {
    const struct base_allocator *allocator;
    const struct mls_provider *provider;
    const struct base_random *random;
    const struct base_clock *clock; /**< for lifetimes of key packages alone */
    struct mls_limits limits;
    struct mls_callbacks callbacks;
};

/** A fresh signature key pair of the suite. Wipe it when done. MLS_ERR_SUITE. */
BASE_MUST_USE base_result mls_signature_key_create(const struct mls_context *context, uint16_t suite,
                                                   struct mls_keypair *out);

/** The pair that belongs to a private signature key. MLS_ERR_SUITE, MLS_ERR_PRIVATE_KEY. */
BASE_MUST_USE base_result mls_signature_key_load(const struct mls_context *context, uint16_t suite,
                                                 struct base_slice private_key, struct mls_keypair *out);

/* ------------------------------------------------------------------------------------------------ identity ---- */

/** Numbers of a registry (§17), in any order. */
struct mls_numbers {
    const uint16_t *items;
    size_t count;
};

/** What a client says it can do (§7.2), besides what everybody can and the suites of its provider. */
struct mls_abilities {
    struct mls_numbers extensions;  /**< types of the application; last_resort and the leaf's own are added */
    struct mls_numbers proposals;   /**< proposal types of the application */
    struct mls_numbers credentials; /**< empty: basic and X.509 */
    struct mls_numbers suites;      /**< empty: those of the provider */
    bool grease;                    /**< add a random GREASE value to each list and to the leaf (§13.5) */
};

/** The client's own leaf: who it is in a group or key package. */
struct mls_identity {
    struct mls_credential credential;
    const struct mls_keypair *signature_key; /**< a copy of it goes to the group's state */
    struct mls_abilities abilities;
    const struct mls_extension *extensions; /**< of the leaf */
    size_t extension_count;
};

/** The data of a required_capabilities extension (§11.1), and of external_senders (§12.1.8.1). */
BASE_MUST_USE base_result mls_required_capabilities_encode(const struct base_allocator *allocator,
                                                           struct mls_numbers extensions, struct mls_numbers proposals,
                                                           struct mls_numbers credentials, struct base_bytes *out);
BASE_MUST_USE base_result mls_external_senders_encode(const struct base_allocator *allocator,
                                                      const struct mls_external_sender *senders, size_t count,
                                                      struct base_bytes *out);

/* -------------------------------------------------------------------------------------------- key packages ---- */

struct mls_key_package_options {
    uint64_t not_before; /**< seconds since 1970; 0: now, less MLS_LIFETIME_SKEW_DEFAULT */
    uint64_t not_after;  /**< seconds since 1970; 0: 90 days from now */
    bool last_resort;    /**< may be used more than once, when no other is left (draft-ietf-mls-extensions) */
    const struct mls_extension
        *extensions; /**< of the key package, besides last_resort; their types must be abilities */
    size_t extension_count;
};

/** A new key package, both halves. To be wiped and freed with mls_key_package_bundle_free(). */
struct mls_key_package_bundle {
    struct base_bytes message;      /**< to publish: an MLSMessage with the KeyPackage (§10) */
    struct base_bytes private_part; /**< to keep secret, under `ref`, until it has been used: a versioned record */
    struct mls_secret ref;          /**< KeyPackageRef (§5.2), the name by which a Welcome calls it; no secret */
};

/** MLS_ERR_SUITE, MLS_ERR_LIFETIME (ends before it starts). */
BASE_MUST_USE base_result mls_key_package_bundle_create(const struct mls_context *context, uint16_t suite,
                                                        const struct mls_identity *identity,
                                                        const struct mls_key_package_options *options,
                                                        struct mls_key_package_bundle *out);
void mls_key_package_bundle_free(struct mls_key_package_bundle *bundle);

/** What stands in a key package. Borrows from the message it was read from. */
struct mls_key_package_info {
    uint16_t suite;
    struct mls_member member;
    struct mls_secret ref;
    uint64_t not_before; /**< seconds since 1970 */
    uint64_t not_after;
    bool last_resort;
};

/** Reads and checks a key package (§10.1: signatures, lifetime, capabilities), without the credential callback.
 * MLS_ERR_SUITE, MLS_ERR_KEY_PACKAGE_SIGNATURE, MLS_ERR_LIFETIME, MLS_ERR_LEAF_SIZE and others of mls/errors.h. */
BASE_MUST_USE base_result mls_key_package_inspect(const struct mls_context *context, struct base_slice message,
                                                  struct mls_key_package_info *out);

/* ---------------------------------------------------------------------------- to create, to join, to leave ---- */

struct mls_group_options {
    const struct mls_extension *extensions; /**< GroupContext extensions; required_capabilities among them */
    size_t extension_count;
    bool public_handshake; /**< send commits and proposals as PublicMessage, unless a call says otherwise */
};

/** A group of oneself, at epoch 0 (§11). MLS_ERR_SUITE, MLS_ERR_CAPABILITIES_…. Freed with mls_group_free(). */
BASE_MUST_USE base_result mls_group_create(const struct mls_context *context, uint16_t suite,
                                           struct base_slice group_id, const struct mls_identity *identity,
                                           const struct mls_group_options *options, struct mls_group **out);

/** Wipes and frees. NULL is allowed. */
void mls_group_free(struct mls_group *group);

struct mls_join_options {
    /** Lends the private part of the key package with this ref (it must stay until the call returns), or leaves
     * `private_part` empty if it is not ours. Called for each ref in the Welcome until one is. */
    base_result (*key_package)(void *user, struct base_slice ref, struct base_slice *private_part);
    void *user;
    const struct mls_keypair *signature_key; /**< of the key package */
    struct base_slice ratchet_tree;          /**< if the Welcome doesn't bring it; empty: it must */
    const struct mls_group *parent; /**< the group that this one continues (ReInit) or branches from, or NULL */
    bool public_handshake;          /**< as in struct mls_group_options */
    uint32_t *inviter;              /**< unless NULL, gets the leaf of who has signed the GroupInfo: the committer */
};

/**
 * Joins by a Welcome (§12.4.3.1). `used_ref`, unless NULL, says which key package it was for: unless that is a last
 * resort, delete its private part in the same batch that stores the group. MLS_ERR_JOIN (the signature key is not the
 * key package's), MLS_ERR_NO_KEY_PACKAGE (none of the refs is ours), MLS_ERR_TREE_MISSING, MLS_ERR_PSK_UNKNOWN,
 * MLS_ERR_DECRYPT, MLS_ERR_SIGNATURE and the tree's errors.
 */
BASE_MUST_USE base_result mls_group_join(const struct mls_context *context, struct base_slice welcome,
                                         const struct mls_join_options *options, struct mls_secret *used_ref,
                                         struct mls_group **out);

/** Reads which key packages a Welcome is for: gives each ref to `each` until that says false. */
BASE_MUST_USE base_result mls_welcome_refs(struct base_slice welcome, bool (*each)(void *user, struct base_slice ref),
                                           void *user);

/** Takes a Welcome apart (§12.4.3.1 lets a committer send several): gives a Welcome for each new member alone to
 * `each`, in the order in which the commit adds them. An error of `each` ends it and is passed on. */
BASE_MUST_USE base_result mls_welcome_split(const struct base_allocator *allocator, struct base_slice welcome,
                                            base_result (*each)(void *user, struct base_slice ref,
                                                                struct base_slice single),
                                            void *user);

struct mls_external_options {
    struct base_slice ratchet_tree;   /**< if the GroupInfo doesn't bring it */
    bool resync;                      /**< replace the leaf of the same client (callback same_client) */
    const struct base_slice *psk_ids; /**< external PSKs to bring in */
    size_t psk_count;
    struct base_slice authenticated_data; /**< sent along in the clear */
    bool public_handshake;                /**< as in struct mls_group_options, for what is sent later */
    uint32_t *inviter;                    /**< unless NULL, gets the leaf of who has signed the GroupInfo */
};

/**
 * Joins by an external commit (§12.4.3.2), with a GroupInfo that has external_pub. The new group is already in the
 * epoch that `commit` (a PublicMessage) starts: if the commit loses the race, free the group and try again with a new
 * GroupInfo. MLS_ERR_NO_EXTERNAL_PUB, MLS_ERR_TREE_MISSING, MLS_ERR_SIGNATURE, MLS_ERR_RESYNC (no leaf of this client)
 * and the tree's.
 */
BASE_MUST_USE base_result mls_group_join_external(const struct mls_context *context, struct base_slice group_info,
                                                  const struct mls_identity *identity,
                                                  const struct mls_external_options *options, struct mls_group **out,
                                                  struct base_bytes *commit);

/* ------------------------------------------------------------------------------------------- what is known ---- */

uint16_t mls_group_suite(const struct mls_group *group);
struct base_slice mls_group_id(const struct mls_group *group);
uint64_t mls_group_epoch(const struct mls_group *group);
uint32_t mls_group_own_leaf(const struct mls_group *group);

enum mls_group_state {
    MLS_GROUP_ACTIVE,
    MLS_GROUP_REMOVED,       /**< a commit removed us: only what is known can still be asked */
    MLS_GROUP_FOLLOWED,      /**< from outside, see mls_group_follow() */
    MLS_GROUP_REINITIALIZED, /**< a commit with ReInit closed the group: go on with mls_group_reinit() or a Welcome */
};
enum mls_group_state mls_group_state(const struct mls_group *group);

/** The GroupContext's extension of this type; false if there is none. */
bool mls_group_extension(const struct mls_group *group, uint16_t type, struct base_slice *data);

/** The encoded GroupContext (§8.1). */
struct base_slice mls_group_encoded_context(const struct mls_group *group);

/** How many members there are, and one more than the highest leaf index that may be in use. */
uint32_t mls_group_member_count(const struct mls_group *group);
uint32_t mls_group_leaf_count(const struct mls_group *group);

/** The member at a leaf; false if it is blank or beyond the tree. */
bool mls_group_member(const struct mls_group *group, uint32_t leaf, struct mls_member *out);

/** The first member at `*leaf` or after it, whose index goes to `*leaf`; false if there is none: to walk through all.
 */
bool mls_group_next_member(const struct mls_group *group, uint32_t *leaf, struct mls_member *out);

/** MLS-Exporter of the current epoch (§8.5). BASE_ERR_TOO_LONG. */
BASE_MUST_USE base_result mls_group_export(const struct mls_group *group, const char *label, struct base_slice context,
                                           uint8_t *out, size_t len);

/** Equal for all who are in the same epoch with the same history (§8.7). */
struct base_slice mls_group_epoch_authenticator(const struct mls_group *group);

/** The resumption PSK of a kept epoch (§8.6). MLS_ERR_PSK_UNKNOWN. Wipe it. */
BASE_MUST_USE base_result mls_group_resumption_psk(const struct mls_group *group, uint64_t epoch,
                                                   struct mls_secret *out);

/** The ratchet tree (§12.4.3.3), as join and external join take it. */
BASE_MUST_USE base_result mls_group_ratchet_tree(const struct mls_group *group, struct base_bytes *out);

struct mls_group_info_options {
    bool without_tree;         /**< leave the ratchet tree out: it goes another way */
    bool without_external_pub; /**< nobody can join with it by himself */
};

/** A signed GroupInfo of the current epoch (§12.4.3), as mls_group_join_external() takes it. */
BASE_MUST_USE base_result mls_group_info(const struct mls_group *group, const struct mls_group_info_options *options,
                                         struct base_bytes *out);

/* ---------------------------------------------------------------------------------------------- to propose ---- */

/** A proposal as it was received or committed. Borrows from what it was asked of. */
struct mls_proposal_view {
    uint16_t type;                    /**< enum mls_proposal_type: says which fields count */
    uint32_t removed;                 /**< Remove: leaf index */
    struct mls_member member;         /**< Add and Update: the new leaf; Remove: who is removed */
    struct mls_psk_id psk;            /**< PreSharedKey */
    uint16_t new_suite;               /**< ReInit */
    struct base_slice new_group_id;   /**< ReInit */
    struct base_slice extensions;     /**< GroupContextExtensions, ReInit: the encoded list, see mls_extension_next() */
    enum mls_sender_type sender_type; /**< who proposed it */
    uint32_t sender;                  /**< his leaf, or his number in external_senders */
    bool by_reference;                /**< in a commit: sent before, as a message of its own */
};

/** What a proposal asks for (§12.1): the fields of its type count, the others are not looked at. */
struct mls_proposal_input {
    enum mls_proposal_type type;
    struct base_slice key_package;          /**< Add: an MLSMessage with a KeyPackage */
    uint32_t removed;                       /**< Remove: leaf index */
    const struct mls_identity *identity;    /**< Update: the new leaf; NULL: new encryption key, all else as it is */
    struct base_slice psk_id;               /**< PreSharedKey: an external PSK; empty: a resumption PSK, by: */
    struct base_slice psk_group_id;         /**< PreSharedKey: empty: this group */
    uint64_t psk_epoch;                     /**< PreSharedKey */
    const struct mls_extension *extensions; /**< GroupContextExtensions: all of them; ReInit: of the new group */
    size_t extension_count;
    struct base_slice new_group_id; /**< ReInit */
    uint16_t new_suite;             /**< ReInit */
};

/** How a handshake message is sent. */
enum mls_wire_choice { MLS_WIRE_AS_GROUP, MLS_WIRE_PUBLIC, MLS_WIRE_PRIVATE };

/** How a message is sent. */
struct mls_send_options {
    enum mls_wire_choice wire;            /**< for proposals and commits; application messages are always private */
    struct base_slice authenticated_data; /**< goes along, readable by all and authenticated (§6.1) */
    uint32_t padding; /**< PrivateMessage: the content is padded with zeros to a multiple of this; 0, 1: not at all */
};

/**
 * Writes a proposal that refers to the current epoch, and caches it for the next commit. Of several Updates
 * of one member the last counts. MLS_ERR_GROUP_STATE, MLS_ERR_PROPOSALS_LIMIT, the errors of key packages,
 * MLS_ERR_PROPOSAL_….
 */
BASE_MUST_USE base_result mls_group_propose(struct mls_group *group, const struct mls_proposal_input *proposal,
                                            const struct mls_send_options *options, struct base_bytes *out);

/** The proposals of this epoch that wait for a commit, in the order of their arrival. */
size_t mls_group_proposal_count(const struct mls_group *group);
struct mls_proposal_view mls_group_proposal(const struct mls_group *group, size_t index);

/** A proposal by an external sender of the group's external_senders (§12.1.8.1), number `sender`; as PublicMessage. */
BASE_MUST_USE base_result mls_propose_external(const struct mls_context *context, uint16_t suite,
                                               struct base_slice group_id, uint64_t epoch, uint32_t sender,
                                               const struct mls_keypair *signature_key,
                                               const struct mls_proposal_input *proposal, struct base_bytes *out);

/** A proposal by which a new member asks to be added (new_member_proposal, §12.1.8.2); `key_package` is his own. */
BASE_MUST_USE base_result mls_propose_new_member(const struct mls_context *context, struct base_slice group_id,
                                                 uint64_t epoch, struct base_slice key_package,
                                                 const struct mls_keypair *signature_key, struct base_bytes *out);

/* ----------------------------------------------------------------------------------------------- to commit ---- */

struct mls_commit_options {
    const struct mls_proposal_input *proposals; /**< by value, besides the cached ones */
    size_t proposal_count;
    bool without_cached;                 /**< leave cached proposals out (§12.4: only if their sender may try again) */
    bool force_path;                     /**< renew the own keys even where the proposals don't need it */
    const struct mls_identity *identity; /**< a new own leaf, with the path; NULL: all but its encryption key stays */
    struct mls_send_options send;
    bool welcome_without_tree; /**< new members get the ratchet tree another way: mls_staged_ratchet_tree() */
    bool group_info; /**< write a GroupInfo of the new epoch too, with external_pub (and the tree, unless…) */
};

/** What a commit leaves to be sent. Freed with mls_commit_output_free(). */
struct mls_commit_output {
    struct base_bytes message;    /**< to all members */
    struct base_bytes welcome;    /**< to the new members, when the commit is accepted; empty if there are none */
    struct base_bytes group_info; /**< if asked for */
};
void mls_commit_output_free(struct mls_commit_output *output);

/**
 * Commits (§12.4.1): writes the commit and holds the next epoch aside as the pending one, which is part of the saved
 * state. The group stays in its epoch until mls_group_merge_pending(). Cached proposals that can't go together with the
 * others are left out, for the reasons of §12.2 (of two that concern one leaf, Remove wins, then the later Update).
 * MLS_ERR_PENDING (there is one already), MLS_ERR_GROUP_STATE, MLS_ERR_PROPOSAL_… (a list that §12.2 forbids),
 * MLS_ERR_MEMBERS_LIMIT, the errors of key packages and callbacks.
 */
BASE_MUST_USE base_result mls_group_commit(struct mls_group *group, const struct mls_commit_options *options,
                                           struct mls_commit_output *out);

/** The own commit that waits, or NULL. The group's: valid until it is merged, discarded or overtaken. */
const struct mls_staged *mls_group_pending(const struct mls_group *group);

/** The commit was accepted: enters its epoch. MLS_ERR_NO_PENDING. */
BASE_MUST_USE base_result mls_group_merge_pending(struct mls_group *group);

/** The commit was refused, or is not wanted any more. Its proposals by reference stay cached. No effect without one. */
void mls_group_discard_pending(struct mls_group *group);

/* ------------------------------------------------------------------------------------ application messages ---- */

/** Encrypts for the group (§6.3). Save before sending: the key must not be used again. MLS_ERR_GROUP_STATE,
 * BASE_ERR_TOO_LONG (beyond 64 MiB), MLS_ERR_GENERATION (2^32 messages in one epoch). */
BASE_MUST_USE base_result mls_group_encrypt(struct mls_group *group, struct base_slice plaintext,
                                            const struct mls_send_options *options, struct base_bytes *out);

/* ----------------------------------------------------------------------------------------------- receiving ---- */

/** What can be seen of a message without any state. Slices borrow from it. */
struct mls_message_head {
    enum mls_wire_format wire;
    struct base_slice group_id;           /**< PublicMessage, PrivateMessage and GroupInfo; else empty */
    uint64_t epoch;                       /**< as above */
    uint8_t content_type;                 /**< PublicMessage and PrivateMessage: enum mls_content_type; else 0 */
    uint16_t suite;                       /**< KeyPackage, Welcome and GroupInfo; else 0 */
    struct base_slice authenticated_data; /**< PublicMessage and PrivateMessage: not checked yet; else empty */
};

/** MLS_ERR_VERSION, MLS_ERR_WIRE_FORMAT. What lies behind the head is not read. */
BASE_MUST_USE base_result mls_message_peek(struct base_slice message, struct mls_message_head *out);

enum mls_event_kind {
    MLS_EVENT_APPLICATION = 1, /**< `plaintext` */
    MLS_EVENT_PROPOSAL,        /**< it was checked and waits for a commit: `proposal`, `proposal_ref` */
    MLS_EVENT_COMMIT,          /**< `staged`: look at it, then mls_group_apply() */
    MLS_EVENT_OWN,             /**< a proposal or application message that we have sent ourselves: nothing to do */
    MLS_EVENT_OWN_COMMIT,      /**< the pending commit came back, so it was accepted: mls_group_merge_pending() */
};

/** A received message. `plaintext` lives until mls_event_free(); `authenticated_data` borrows from the message itself;
 * `member` and `proposal` borrow from the group, until it changes. */
struct mls_event {
    enum mls_event_kind kind;
    uint64_t epoch;
    enum mls_sender_type sender_type;
    uint32_t sender;          /**< leaf index of a member, number of an external sender */
    bool has_member;          /**< `member` counts: the sender was a member in that epoch */
    struct mls_member member; /**< the sender */
    uint32_t generation;      /**< PrivateMessage: the number of the sender's key */
    bool is_private;          /**< it came as PrivateMessage */
    struct base_slice authenticated_data;
    struct base_slice plaintext; /**< wiped by mls_event_free() */
    struct mls_proposal_view proposal;
    struct mls_secret proposal_ref; /**< ProposalRef (§5.2); no secret */
    struct mls_staged *staged;      /**< the event's, until mls_group_apply() takes it */
    struct base_bytes storage;      /**< what `plaintext` borrows from */
};

/** Wipes and frees what the event owns. NULL and zeroed ones are allowed. */
void mls_event_free(struct mls_event *event);

/**
 * Opens and checks a PublicMessage or PrivateMessage (§6, §12). A private message's key is deleted when this succeeds.
 *
 * MLS_ERR_WRONG_GROUP; MLS_ERR_EPOCH_FUTURE (a commit is missing here: keep the message); MLS_ERR_EPOCH_PAST (too old,
 * or a handshake message of a past epoch: a commit that lost its race); MLS_ERR_GENERATION_USED (the key is gone: a
 * replay, or outside of the window); MLS_ERR_GENERATION (too far ahead); MLS_ERR_DECRYPT, MLS_ERR_SIGNATURE,
 * MLS_ERR_MEMBERSHIP_TAG, MLS_ERR_CONFIRMATION_TAG; MLS_ERR_GROUP_STATE; for commits all checks of §12.4.2 and what the
 * callbacks return.
 * MLS_ERR_NO_PENDING: a commit of our own that was discarded was accepted after all; nobody can follow himself then but
 * by joining again.
 */
BASE_MUST_USE base_result mls_group_process(struct mls_group *group, struct base_slice message, struct mls_event *out);

/** Enters the epoch of a commit that mls_group_process() has staged in this group and epoch; `*staged` is NULL after.
 * A pending own commit is discarded: it has lost the race. MLS_ERR_STAGED (of another group, or overtaken). */
BASE_MUST_USE base_result mls_group_apply(struct mls_group *group, struct mls_staged **staged);

/** Drops a staged commit that shall not be applied. NULL is allowed. */
void mls_staged_free(struct mls_staged *staged);

/* ------------------------------------------------------------------------------------------ staged commits ---- */

enum mls_change_kind { MLS_CHANGE_ADDED = 1, MLS_CHANGE_UPDATED, MLS_CHANGE_REMOVED };

/** What a commit does to one leaf. */
struct mls_change {
    enum mls_change_kind kind;
    uint32_t leaf;
    struct mls_member before;         /**< updated, removed */
    struct mls_member after;          /**< added, updated */
    enum mls_sender_type sender_type; /**< who proposed it: a member, an external sender, the new member himself */
    uint32_t sender;                  /**< his leaf or number */
};

/** Of the epoch that it leads to. */
uint64_t mls_staged_epoch(const struct mls_staged *staged);

/** The leaf of who committed, in the new tree for an external commit. `external`, unless NULL, says if it is one. */
uint32_t mls_staged_committer(const struct mls_staged *staged, bool *external);

/** The leaves that it changes, the committer's included if it has a path: `index` < count. */
size_t mls_staged_change_count(const struct mls_staged *staged);
struct mls_change mls_staged_change(const struct mls_staged *staged, size_t index);

/** Its proposals, in their order: `index` < count. */
size_t mls_staged_proposal_count(const struct mls_staged *staged);
struct mls_proposal_view mls_staged_proposal(const struct mls_staged *staged, size_t index);

/** True if it removes us: nothing of the new epoch can be known then. */
bool mls_staged_removes_self(const struct mls_staged *staged);

/** The new GroupContext's extension of this type; false if there is none. */
bool mls_staged_extension(const struct mls_staged *staged, uint16_t type, struct base_slice *data);

/** The member at a leaf of the new tree; false if it is blank. */
bool mls_staged_member(const struct mls_staged *staged, uint32_t leaf, struct mls_member *out);

/** MLS-Exporter of the new epoch (§8.5). MLS_ERR_GROUP_STATE if it removes us. */
BASE_MUST_USE base_result mls_staged_export(const struct mls_staged *staged, const char *label,
                                            struct base_slice context, uint8_t *out, size_t len);

/** The new epoch's authenticator (§8.7); empty if it removes us. */
struct base_slice mls_staged_epoch_authenticator(const struct mls_staged *staged);

/** The new epoch's ratchet tree. */
BASE_MUST_USE base_result mls_staged_ratchet_tree(const struct mls_staged *staged, struct base_bytes *out);

/** A signed GroupInfo of the new epoch. Only of an own pending commit: MLS_ERR_STAGED. */
BASE_MUST_USE base_result mls_staged_group_info(const struct mls_staged *staged,
                                                const struct mls_group_info_options *options, struct base_bytes *out);

/* -------------------------------------------------------------------------------------- groups from groups ---- */

/**
 * Founds a group with some members of `parent`, cryptographically tied to it (§11.3): `key_packages` are new ones of
 * theirs. `commit.welcome` goes to them, `commit.message` to nobody; the new group is at epoch 1 and has nothing
 * pending. MLS_ERR_BRANCH (a key package of somebody who is no member of the parent).
 */
BASE_MUST_USE base_result mls_group_branch(const struct mls_group *parent, struct base_slice group_id,
                                           const struct mls_identity *identity, const struct base_slice *key_packages,
                                           size_t key_package_count, const struct mls_group_options *options,
                                           struct mls_group **out, struct mls_commit_output *commit);

/**
 * Continues a group that ReInit has closed, in the form that ReInit asked for (§11.2), with key packages of all its
 * other members. As mls_group_branch(). MLS_ERR_GROUP_STATE, MLS_ERR_REINIT (members are missing or too many).
 */
BASE_MUST_USE base_result mls_group_reinit(const struct mls_group *closed, const struct mls_identity *identity,
                                           const struct base_slice *key_packages, size_t key_package_count,
                                           bool public_handshake, struct mls_group **out,
                                           struct mls_commit_output *commit);

/* ------------------------------------------------------------------------------------------- public groups ---- */

/**
 * Follows a group from outside, without any secret: for servers. It processes and applies the group's PublicMessages,
 * checks all that can be checked without secrets (not: membership tags, confirmation tags, path secrets), and can
 * tell everything that is public; what needs secrets returns MLS_ERR_GROUP_STATE. Starts with a GroupInfo as
 * mls_group_join_external() does. MLS_ERR_TREE_MISSING, MLS_ERR_SIGNATURE and the tree's errors.
 */
BASE_MUST_USE base_result mls_group_follow(const struct mls_context *context, struct base_slice group_info,
                                           struct base_slice ratchet_tree, struct mls_group **out);

/* --------------------------------------------------------------------------------------------- saved state ---- */

/*
 * A group's state is a set of records, each a short key and a value, for an ordered store that has room for each group.
 * A message sent or received changes few and small ones; a commit changes some for each level of the tree. Values hold
 * secrets: seal them. They are short, but for commits that change thousands of leaves at once.
 *
 * After each call that changes a group, save it, in the same batch as what the program stores about that call, before
 * anything is sent. A record that is deleted must really go, or there is no forward secrecy.
 */

/** The longest key of a record, in bytes. Keys hold nothing secret: kinds, indices, epochs. */
#define MLS_RECORD_KEY_MAX 24

/** Where records go. An error ends the save and is passed on. */
struct mls_sink {
    base_result (*put)(void *user, struct base_slice key, struct base_slice value);
    base_result (*del)(void *user, struct base_slice key); /**< it may never have been put */
    void *user;
};

/** Where records come from: all of one group, in the order of their keys (base_slice_compare), ended by `found` =
 * false. `key` and `value` are borrowed until the next call. */
struct mls_source {
    base_result (*next)(void *user, bool *found, struct base_slice *key, struct base_slice *value);
    void *user;
};

/** Gives out what has changed since the last save that succeeded; everything, for a new group. */
BASE_MUST_USE base_result mls_group_save(struct mls_group *group, const struct mls_sink *sink);

/** True if there is something to save. */
bool mls_group_changed(const struct mls_group *group);

/** Makes the group again. MLS_ERR_STATE_VERSION (written by a version that this one doesn't know), MLS_ERR_STATE
 * (damaged, or records are missing). */
BASE_MUST_USE base_result mls_group_load(const struct mls_context *context, const struct mls_source *source,
                                         struct mls_group **out);

/** Deletes all records that the group has put: to forget it. */
BASE_MUST_USE base_result mls_group_erase(struct mls_group *group, const struct mls_sink *sink);

#endif
