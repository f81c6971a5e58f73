/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message framing (§6): signing and verifying content, PublicMessage and PrivateMessage around it. Internal.
 *
 * Sending:   mls_content_sign, for a commit mls_content_confirm, then mls_public_protect or mls_private_protect.
 * Receiving: mls_message_decode, then the group finds the epoch by group_id and epoch, then
 *   public:  mls_membership_verify (a member's), mls_content_verify;
 *   private: mls_sender_data_open, the key of that leaf and generation from the secret tree, mls_private_open,
 *            mls_content_verify, and only then the key is taken out of the secret tree for good.
 * No function here keeps or changes state. A key goes after its message was verified: so a member who forges a
 * message of another member cannot make the group drop the key of the true one. Forward secrecy loses nothing by it:
 * what stays decryptable is a forgery that nobody was shown (§9.2: "encrypts or (successfully) decrypts").
 *
 * What an `out` of bytes is given must be empty, and stays so on error. `group_context` is the encoded GroupContext of
 * the message's epoch. It may be empty for senders external and new_member_proposal, whose signatures do not cover it.
 */
#ifndef MLS_FRAMING_H
#define MLS_FRAMING_H

#include "crypto.h"
#include "key_schedule.h"
#include "syntax/message.h"

/**
 * Signs FramedContentTBS. `out` gets wire_format, FramedContent and signature: for a commit the
 * ConfirmedTranscriptHashInput, for other content the whole AuthenticatedContent.
 * Errors of the rules on who may send what (§6, §6.1, §12.1.8), which both signing and verifying check first:
 * MLS_ERR_APPLICATION_PUBLIC, MLS_ERR_SENDER_NOT_MEMBER, MLS_ERR_SENDER_CONTENT, MLS_ERR_PROPOSAL_SENDER; and
 * MLS_ERR_PRIVATE_KEY, BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result mls_content_sign(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                           uint16_t wire_format, const struct mls_framed_content *content,
                                           struct base_slice group_context, struct base_bytes *out);

/** Puts a commit's confirmation tag behind what mls_content_sign gave: now it is an AuthenticatedContent.
 * BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_content_confirm(const struct mls_crypto *crypto, struct base_slice confirmation_tag,
                                              struct base_bytes *signed_content);

/** Checks the rules and the signature by `signature_key`. Errors of the rules, as above; MLS_ERR_SIGNATURE,
 * MLS_ERR_PUBLIC_KEY, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result mls_content_verify(const struct mls_crypto *crypto,
                                             const struct mls_authenticated_content *content,
                                             struct base_slice signature_key, struct base_slice group_context);

/**
 * The MLSMessage with a PublicMessage. `content` is decoded, its wire_format MLS_PUBLIC_MESSAGE. `membership_key` is
 * for senders that are members; others have no tag. BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result mls_public_protect(const struct mls_crypto *crypto,
                                             const struct mls_authenticated_content *content,
                                             const struct mls_secret *membership_key, struct base_slice group_context,
                                             struct base_bytes *out);

/** MLS_ERR_SENDER_NOT_MEMBER for another sender than a member, MLS_ERR_MEMBERSHIP_TAG. `message` is decoded. */
BASE_MUST_USE base_result mls_membership_verify(const struct mls_crypto *crypto,
                                                const struct mls_public_message *message,
                                                const struct mls_secret *membership_key,
                                                struct base_slice group_context);

/** SenderData (§6.3.2). */
enum { MLS_REUSE_GUARD_SIZE = 4 };
struct mls_sender_data {
    uint32_t leaf_index;
    uint32_t generation;
    uint8_t reuse_guard[MLS_REUSE_GUARD_SIZE];
};

/**
 * The MLSMessage with a PrivateMessage. `content` is decoded, its wire_format MLS_PRIVATE_MESSAGE. `key` is that of the
 * secret tree for its sender, its type and `generation`, used for nothing else; `padding` zeros are added.
 * MLS_ERR_SENDER_NOT_MEMBER, BASE_ERR_TOO_LONG, BASE_ERR_NO_MEMORY, BASE_ERR_RANDOM.
 */
BASE_MUST_USE base_result mls_private_protect(const struct mls_crypto *crypto, const struct base_random *random,
                                              const struct mls_authenticated_content *content,
                                              const struct mls_secret *sender_data_secret,
                                              const struct mls_aead_key *key, uint32_t generation, size_t padding,
                                              struct base_bytes *out);

/**
 * Decrypts who sent the message and which generation encrypts it. "the recipient MUST verify that the leaf index
 * indicated in the leaf_index field identifies a non-blank node": the caller does, who has the tree. MLS_ERR_DECRYPT.
 */
BASE_MUST_USE base_result mls_sender_data_open(const struct mls_crypto *crypto,
                                               const struct mls_private_message *message,
                                               const struct mls_secret *sender_data_secret,
                                               struct mls_sender_data *out);

/** A decrypted message: its bytes and, borrowing from them, the content. */
struct mls_opened {
    struct base_bytes bytes;
    struct mls_authenticated_content content;
};
void mls_opened_free(struct mls_opened *opened);

/**
 * Decrypts with the secret tree's key of that leaf, kind and generation. The signature is not checked yet.
 * `out` must be empty, and stays so on error. MLS_ERR_DECRYPT, MLS_ERR_PADDING, errors of decoding,
 * BASE_ERR_NO_MEMORY.
 */
BASE_MUST_USE base_result mls_private_open(const struct mls_crypto *crypto, const struct mls_private_message *message,
                                           const struct mls_sender_data *sender_data, const struct mls_aead_key *key,
                                           struct mls_opened *out);

#endif
