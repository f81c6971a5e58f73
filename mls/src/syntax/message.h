/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages: proposals, commits, their framing, and what joiners get. Internal. Conventions: syntax.h.
 */
#ifndef MLS_SYNTAX_MESSAGE_H
#define MLS_SYNTAX_MESSAGE_H

#include "syntax/tree.h"

/** ReInit (§12.1.5). Version and suite are any numbers: the group judges them. */
struct mls_reinit {
    struct base_slice group_id;
    uint16_t version;
    uint16_t cipher_suite;
    struct base_slice extensions;
};

/** Proposal (§12.1). */
struct mls_proposal {
    uint16_t type; /**< enum mls_proposal_type */
    union {
        struct mls_key_package add;
        struct mls_leaf_node update;
        uint32_t removed; /**< leaf index */
        struct mls_psk_id psk;
        struct mls_reinit reinit;
        struct base_slice external_init; /**< kem_output */
        struct base_slice extensions;    /**< group_context_extensions */
    } of;
    struct base_slice encoded; /**< decoded: all of it; not used by write */
};
/**
 * MLS_ERR_PROPOSAL_TYPE: a type without a known form cannot be skipped, as it has no length. MLS_ERR_LEAF_NODE_SOURCE
 * also for an Add whose leaf is not of a key package and an Update whose leaf is not of an update. As its parts.
 */
BASE_MUST_USE base_result mls_proposal_read(struct base_reader *reader, struct mls_proposal *out);
BASE_MUST_USE base_result mls_proposal_decode(struct base_slice bytes, struct mls_proposal *out);
void mls_proposal_write(struct base_writer *writer, const struct mls_proposal *proposal);

/** ProposalOrRef (§12.4). */
struct mls_proposal_or_ref {
    bool by_reference;
    struct base_slice reference;  /**< by reference: ProposalRef */
    struct mls_proposal proposal; /**< by value */
};
/** Of the content of Commit.proposals. MLS_ERR_PROPOSAL_OR_REF. */
BASE_MUST_USE base_result mls_proposal_or_ref_next(struct base_reader *proposals, struct mls_proposal_or_ref *out);
void mls_proposal_or_ref_write(struct base_writer *writer, const struct mls_proposal_or_ref *proposal);

/** Commit (§12.4). */
struct mls_commit {
    struct base_slice proposals; /**< ProposalOrRef x<V>, encoded and checked */
    uint32_t proposal_count;     /**< how many these are; not used by write */
    bool has_path;
    struct mls_update_path path;
};
BASE_MUST_USE base_result mls_commit_read(struct base_reader *reader, struct mls_commit *out);
BASE_MUST_USE base_result mls_commit_decode(struct base_slice bytes, struct mls_commit *out);
void mls_commit_write(struct base_writer *writer, const struct mls_commit *commit);

/** MLS_ERR_SENDER_TYPE. */
BASE_MUST_USE base_result mls_sender_read(struct base_reader *reader, struct mls_sender *out);
void mls_sender_write(struct base_writer *writer, const struct mls_sender *sender);

/** FramedContent (§6). */
struct mls_framed_content {
    struct base_slice group_id;
    uint64_t epoch;
    struct mls_sender sender;
    struct base_slice authenticated_data;
    uint8_t type; /**< enum mls_content_type */
    union {
        struct base_slice application;
        struct mls_proposal proposal;
        struct mls_commit commit;
    } of;
};

/**
 * AuthenticatedContent (§6), the common form of what PublicMessage and PrivateMessage carry. The last four,
 * when decoded, are parts of the same bytes, so that hashes and signatures run over what was received.
 */
struct mls_authenticated_content {
    uint16_t wire_format; /**< MLS_PUBLIC_MESSAGE or MLS_PRIVATE_MESSAGE */
    struct mls_framed_content content;
    struct base_slice signature;
    struct base_slice confirmation_tag; /**< commit */
    struct base_slice framed;     /**< wire_format and FramedContent: FramedContentTBS from its second member on */
    struct base_slice transcript; /**< and the signature: ConfirmedTranscriptHashInput (§8.2) */
    struct base_slice encoded;    /**< and the tag: all of it; what a ProposalRef is the hash of */
    struct base_slice body;       /**< the end of it, from the application data, proposal or commit on (§6.3.1) */
};
/** MLS_ERR_WIRE_FORMAT, MLS_ERR_SENDER_TYPE, MLS_ERR_CONTENT_TYPE, and as the parts. Rules on who may send what:
 * framing.h. */
BASE_MUST_USE base_result mls_authenticated_content_read(struct base_reader *reader,
                                                         struct mls_authenticated_content *out);
BASE_MUST_USE base_result mls_authenticated_content_decode(struct base_slice bytes,
                                                           struct mls_authenticated_content *out);
void mls_authenticated_content_write(struct base_writer *writer, const struct mls_authenticated_content *content);
/** FramedContent alone: what follows wire_format. */
void mls_framed_content_write(struct base_writer *writer, const struct mls_framed_content *content);

/** PublicMessage (§6.2), as content.wire_format MLS_PUBLIC_MESSAGE. */
struct mls_public_message {
    struct mls_authenticated_content content;
    struct base_slice membership_tag; /**< sender is a member */
};

/** PrivateMessage (§6.3). */
struct mls_private_message {
    struct base_slice group_id;
    uint64_t epoch;
    uint8_t content_type;
    struct base_slice authenticated_data;
    struct base_slice encrypted_sender_data;
    struct base_slice ciphertext;
    struct base_slice sender_data_aad; /**< decoded: its first three members (§6.3.2) */
    struct base_slice content_aad;     /**< decoded: its first four members (§6.3.1) */
};
/** MLS_ERR_CONTENT_TYPE. */
BASE_MUST_USE base_result mls_private_message_read(struct base_reader *reader, struct mls_private_message *out);
void mls_private_message_write(struct base_writer *writer, const struct mls_private_message *message);

/** GroupInfo (§12.4.3). */
struct mls_group_info {
    struct mls_group_context context;
    struct base_slice extensions;
    struct base_slice confirmation_tag;
    uint32_t signer; /**< leaf index */
    struct base_slice signature;
    struct base_slice tbs; /**< decoded: GroupInfoTBS; not used by write */
    struct base_slice encoded;
};
BASE_MUST_USE base_result mls_group_info_read(struct base_reader *reader, struct mls_group_info *out);
BASE_MUST_USE base_result mls_group_info_decode(struct base_slice bytes, struct mls_group_info *out);
void mls_group_info_write(struct base_writer *writer, const struct mls_group_info *info);
/** GroupInfoTBS. */
void mls_group_info_write_unsigned(struct base_writer *writer, const struct mls_group_info *info);

/** GroupSecrets (§12.4.3.1). Secret: wipe what it borrows from. */
struct mls_group_secrets {
    struct base_slice joiner_secret;
    bool has_path_secret;
    struct base_slice path_secret;
    struct base_slice psks; /**< PreSharedKeyID x<V>, encoded and checked; mls_psk_id_read takes the next */
};
BASE_MUST_USE base_result mls_group_secrets_decode(struct base_slice bytes, struct mls_group_secrets *out);
void mls_group_secrets_write(struct base_writer *writer, const struct mls_group_secrets *secrets);

/** EncryptedGroupSecrets (§12.4.3.1). */
struct mls_encrypted_group_secrets {
    struct base_slice new_member; /**< KeyPackageRef */
    struct mls_hpke_ciphertext secrets;
};
/** Of the content of Welcome.secrets. */
BASE_MUST_USE base_result mls_encrypted_group_secrets_next(struct base_reader *secrets,
                                                           struct mls_encrypted_group_secrets *out);
void mls_encrypted_group_secrets_write(struct base_writer *writer, const struct mls_encrypted_group_secrets *secrets);

/** Welcome (§12.4.3.1). */
struct mls_welcome {
    uint16_t cipher_suite;
    struct base_slice secrets; /**< EncryptedGroupSecrets x<V>, encoded and checked */
    struct base_slice encrypted_group_info;
};
BASE_MUST_USE base_result mls_welcome_read(struct base_reader *reader, struct mls_welcome *out);
BASE_MUST_USE base_result mls_welcome_decode(struct base_slice bytes, struct mls_welcome *out);
void mls_welcome_write(struct base_writer *writer, const struct mls_welcome *welcome);

/** MLSMessage (§6). */
struct mls_message {
    uint16_t wire_format; /**< enum mls_wire_format; version is MLS_VERSION_10 */
    union {
        struct mls_public_message public_message;
        struct mls_private_message private_message;
        struct mls_welcome welcome;
        struct mls_group_info group_info;
        struct mls_key_package key_package;
    } of;
};
/** MLS_ERR_VERSION, MLS_ERR_WIRE_FORMAT, and as the parts. */
BASE_MUST_USE base_result mls_message_read(struct base_reader *reader, struct mls_message *out);
BASE_MUST_USE base_result mls_message_decode(struct base_slice bytes, struct mls_message *out);
void mls_message_write(struct base_writer *writer, const struct mls_message *message);

#endif
