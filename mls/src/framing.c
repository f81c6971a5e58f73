/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Message framing (§6): who may say what, signatures, membership tags, encryption.
 */
#include "framing.h"

#include <string.h>

/* Who may send what */

static bool external_may_propose(uint16_t type) {
    /* §12.1.8: "only the following types may be sent by an external sender" */
    return type == MLS_PROPOSAL_ADD || type == MLS_PROPOSAL_REMOVE || type == MLS_PROPOSAL_PSK ||
           type == MLS_PROPOSAL_REINIT || type == MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

static base_result content_check(uint16_t wire_format, const struct mls_framed_content *content) {
    /* §6: "Applications MUST use PrivateMessage to encrypt application messages" */
    BASE_ENSURE(content->type != MLS_APPLICATION || wire_format == MLS_PRIVATE_MESSAGE, MLS_ERR_APPLICATION_PUBLIC);
    /* §6: "Messages from senders that aren't in the group are sent as PublicMessage." */
    BASE_ENSURE(content->sender.type == MLS_SENDER_MEMBER || wire_format == MLS_PUBLIC_MESSAGE,
                MLS_ERR_SENDER_NOT_MEMBER);
    switch (content->sender.type) {
    case MLS_SENDER_MEMBER:
        return BASE_OK;
    case MLS_SENDER_EXTERNAL:
        /* §6.1: "The content_type of the message MUST be proposal and the proposal_type MUST be a value that is allowed
         * for external senders." */
        BASE_ENSURE(content->type == MLS_PROPOSAL, MLS_ERR_SENDER_CONTENT);
        BASE_ENSURE(external_may_propose(content->of.proposal.type), MLS_ERR_PROPOSAL_SENDER);
        return BASE_OK;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
        /* §6.1: "The content_type of the message MUST be proposal and the proposal_type of the Proposal MUST be add."
         */
        BASE_ENSURE(content->type == MLS_PROPOSAL, MLS_ERR_SENDER_CONTENT);
        BASE_ENSURE(content->of.proposal.type == MLS_PROPOSAL_ADD, MLS_ERR_PROPOSAL_SENDER);
        return BASE_OK;
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        /* §6.1: "The content_type of the message MUST be commit." */
        BASE_ENSURE(content->type == MLS_COMMIT, MLS_ERR_SENDER_CONTENT);
        return BASE_OK;
    default:
        return &MLS_ERR_SENDER_TYPE;
    }
}

/* Signatures (§6.1) */

static const uint8_t version_bytes[] = { 0, MLS_VERSION_10 };

static struct base_slice version_slice(void) {
    return base_slice(version_bytes, sizeof version_bytes);
}

/** The context's part in FramedContentTBS. */
static struct base_slice signed_context(const struct mls_sender *sender, struct base_slice group_context) {
    const bool covered = sender->type == MLS_SENDER_MEMBER || sender->type == MLS_SENDER_NEW_MEMBER_COMMIT;
    return covered ? group_context : base_slice(NULL, 0);
}

/** FramedContentTBS, of the encoded wire_format and FramedContent. */
static base_result content_tbs(const struct mls_crypto *crypto, struct base_slice framed,
                               const struct mls_sender *sender, struct base_slice group_context,
                               struct base_bytes *out) {
    const struct base_slice context = signed_context(sender, group_context);
    BASE_TRY(base_bytes_take(crypto->allocator, sizeof version_bytes + framed.len + context.len, out));
    memcpy(out->data, version_bytes, sizeof version_bytes);
    memcpy(out->data + sizeof version_bytes, framed.data, framed.len);
    if (context.len > 0) {
        memcpy(out->data + sizeof version_bytes + framed.len, context.data, context.len);
    }
    return BASE_OK;
}

base_result mls_content_sign(const struct mls_crypto *crypto, const struct mls_keypair *key, uint16_t wire_format,
                             const struct mls_framed_content *content, struct base_slice group_context,
                             struct base_bytes *out) {
    BASE_TRY(content_check(wire_format, content));
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_MESSAGE_MAX);
    base_write_u16(&writer, wire_format);
    mls_framed_content_write(&writer, content);
    BASE_TRY(writer.failed);
    struct base_bytes BASE_CLEANUP(base_bytes_free) tbs = { NULL, 0 };
    BASE_TRY(content_tbs(crypto, base_writer_view(&writer), &content->sender, group_context, &tbs));
    struct mls_signature signature;
    BASE_TRY(mls_sign_with_label(crypto, key, base_slice_text("FramedContentTBS"), base_borrow(&tbs), &signature));
    base_write_opaque(&writer, base_slice(signature.data, signature.len));
    return base_writer_finish(&writer, out);
}

base_result mls_content_confirm(const struct mls_crypto *crypto, struct base_slice confirmation_tag,
                                struct base_bytes *signed_content) {
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_MESSAGE_MAX);
    base_write_slice(&writer, base_borrow(signed_content));
    base_write_opaque(&writer, confirmation_tag);
    struct base_bytes BASE_CLEANUP(base_bytes_free) confirmed = { NULL, 0 };
    BASE_TRY(base_writer_finish(&writer, &confirmed));
    base_bytes_move(signed_content, &confirmed);
    return BASE_OK;
}

base_result mls_content_verify(const struct mls_crypto *crypto, const struct mls_authenticated_content *content,
                               struct base_slice signature_key, struct base_slice group_context) {
    BASE_TRY(content_check(content->wire_format, &content->content));
    struct base_bytes BASE_CLEANUP(base_bytes_free) tbs = { NULL, 0 };
    BASE_TRY(content_tbs(crypto, content->framed, &content->content.sender, group_context, &tbs));
    return mls_verify_with_label(crypto, signature_key, base_slice_text("FramedContentTBS"), base_borrow(&tbs),
                                 content->signature);
}

/* PublicMessage (§6.2) */

/** MAC(membership_key, AuthenticatedContentTBM). */
static base_result membership_tag(const struct mls_crypto *crypto, const struct mls_authenticated_content *content,
                                  const struct mls_secret *membership_key, struct base_slice group_context,
                                  struct mls_secret *out) {
    const struct base_slice tbm[] = {
        version_slice(),
        content->framed,
        signed_context(&content->content.sender, group_context),
        base_slice(content->encoded.data + content->framed.len, content->encoded.len - content->framed.len),
    };
    /* HMAC is the MAC of §5.1 and Extract of HKDF alike. */
    return mls_extract_parts(crypto, mls_secret_slice(membership_key), tbm, sizeof tbm / sizeof *tbm, out);
}

base_result mls_public_protect(const struct mls_crypto *crypto, const struct mls_authenticated_content *content,
                               const struct mls_secret *membership_key, struct base_slice group_context,
                               struct base_bytes *out) {
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_MESSAGE_MAX);
    base_write_slice(&writer, version_slice());
    base_write_slice(&writer, content->encoded);
    if (content->content.sender.type == MLS_SENDER_MEMBER) {
        struct mls_secret tag;
        BASE_TRY(membership_tag(crypto, content, membership_key, group_context, &tag));
        base_write_opaque(&writer, mls_secret_slice(&tag));
    }
    return base_writer_finish(&writer, out);
}

base_result mls_membership_verify(const struct mls_crypto *crypto, const struct mls_public_message *message,
                                  const struct mls_secret *membership_key, struct base_slice group_context) {
    BASE_ENSURE(message->content.content.sender.type == MLS_SENDER_MEMBER, MLS_ERR_SENDER_NOT_MEMBER);
    struct mls_secret tag;
    BASE_TRY(membership_tag(crypto, &message->content, membership_key, group_context, &tag));
    BASE_ENSURE(message->membership_tag.len == tag.len &&
                    base_equal_secret(message->membership_tag.data, tag.data, tag.len),
                MLS_ERR_MEMBERSHIP_TAG);
    return BASE_OK;
}

/* PrivateMessage (§6.3) */

enum {
    SENDER_SIZE = 5,       /* of a member: type and leaf index */
    SENDER_DATA_SIZE = 12, /* leaf index, generation, reuse guard */
    SENDER_DATA_SEALED = SENDER_DATA_SIZE + MLS_AEAD_TAG_SIZE,
};

static void write_u32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

/** The nonce of the secret tree, its first bytes XORed with the reuse guard (§6.3.1). */
static void guard_nonce(const uint8_t nonce[MLS_AEAD_NONCE_SIZE], const uint8_t guard[MLS_REUSE_GUARD_SIZE],
                        uint8_t out[MLS_AEAD_NONCE_SIZE]) {
    memcpy(out, nonce, MLS_AEAD_NONCE_SIZE);
    for (size_t i = 0; i < MLS_REUSE_GUARD_SIZE; i++) {
        out[i] ^= guard[i];
    }
}

/** Encrypts in place what mls_private_protect has laid out: first the content, then the sender data, whose key
 * depends on it. */
static base_result private_seal(const struct mls_crypto *crypto, const struct mls_private_message *message,
                                const struct mls_sender_data *sender_data, const struct mls_secret *sender_data_secret,
                                const struct mls_aead_key *key, uint8_t *sealed_sender_data, uint8_t *ciphertext) {
    const struct mls_provider *provider = crypto->provider;
    uint8_t nonce[MLS_AEAD_NONCE_SIZE];
    guard_nonce(key->nonce, sender_data->reuse_guard, nonce);
    const struct base_slice plaintext = base_slice(ciphertext, message->ciphertext.len - MLS_AEAD_TAG_SIZE);
    BASE_TRY(
        provider->seal(provider->user, crypto->suite, key->key, nonce, message->content_aad, plaintext, ciphertext));

    uint8_t plain[SENDER_DATA_SIZE];
    write_u32(plain, sender_data->leaf_index);
    write_u32(plain + 4, sender_data->generation);
    memcpy(plain + 8, sender_data->reuse_guard, MLS_REUSE_GUARD_SIZE);
    struct mls_aead_key BASE_CLEANUP(mls_aead_key_wipe) sender_key;
    BASE_TRY(mls_sender_data_key(crypto, sender_data_secret, message->ciphertext, &sender_key));
    return provider->seal(provider->user, crypto->suite, sender_key.key, sender_key.nonce, message->sender_data_aad,
                          base_slice(plain, sizeof plain), sealed_sender_data);
}

base_result mls_private_protect(const struct mls_crypto *crypto, const struct base_random *random,
                                const struct mls_authenticated_content *content,
                                const struct mls_secret *sender_data_secret, const struct mls_aead_key *key,
                                uint32_t generation, size_t padding, struct base_bytes *out) {
    const struct mls_framed_content *framed = &content->content;
    /* §6.3.2: "the sender MUST verify Sender.sender_type is member" */
    BASE_ENSURE(framed->sender.type == MLS_SENDER_MEMBER, MLS_ERR_SENDER_NOT_MEMBER);
    BASE_ENSURE(padding <= MLS_MESSAGE_MAX && content->body.len <= MLS_MESSAGE_MAX, BASE_ERR_TOO_LONG);
    struct mls_sender_data sender_data = { .leaf_index = framed->sender.index, .generation = generation };
    BASE_TRY(base_random_fill(random, sender_data.reuse_guard, sizeof sender_data.reuse_guard));

    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(crypto->allocator, MLS_MESSAGE_MAX);
    base_write_slice(&writer, version_slice());
    base_write_u16(&writer, MLS_PRIVATE_MESSAGE);
    base_write_opaque(&writer, framed->group_id);
    base_write_u64(&writer, framed->epoch);
    base_write_u8(&writer, framed->type);
    base_write_opaque(&writer, framed->authenticated_data);
    base_write_varint(&writer, SENDER_DATA_SEALED);
    (void)base_write_space(&writer, SENDER_DATA_SEALED);
    base_write_varint(&writer, content->body.len + padding + MLS_AEAD_TAG_SIZE);
    base_write_slice(&writer, content->body);
    (void)base_write_space(&writer, padding + MLS_AEAD_TAG_SIZE);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    BASE_TRY(base_writer_finish(&writer, &bytes));

    struct mls_message message;
    BASE_TRY(mls_message_decode(base_borrow(&bytes), &message));
    const struct mls_private_message *laid_out = &message.of.private_message;
    BASE_TRY(private_seal(crypto, laid_out, &sender_data, sender_data_secret, key,
                          bytes.data + (laid_out->encrypted_sender_data.data - bytes.data),
                          bytes.data + (laid_out->ciphertext.data - bytes.data)));
    base_bytes_move(out, &bytes);
    return BASE_OK;
}

base_result mls_sender_data_open(const struct mls_crypto *crypto, const struct mls_private_message *message,
                                 const struct mls_secret *sender_data_secret, struct mls_sender_data *out) {
    BASE_ENSURE(message->encrypted_sender_data.len == SENDER_DATA_SEALED, MLS_ERR_DECRYPT);
    struct mls_aead_key BASE_CLEANUP(mls_aead_key_wipe) key;
    BASE_TRY(mls_sender_data_key(crypto, sender_data_secret, message->ciphertext, &key));
    uint8_t plain[SENDER_DATA_SIZE];
    BASE_TRY(crypto->provider->open(crypto->provider->user, crypto->suite, key.key, key.nonce, message->sender_data_aad,
                                    message->encrypted_sender_data, plain));
    struct base_reader reader = base_reader(base_slice(plain, sizeof plain));
    BASE_TRY(base_read_u32(&reader, &out->leaf_index));
    BASE_TRY(base_read_u32(&reader, &out->generation));
    return base_read_copy(&reader, out->reuse_guard, sizeof out->reuse_guard);
}

void mls_opened_free(struct mls_opened *opened) {
    base_bytes_free(&opened->bytes);
    *opened = (struct mls_opened){ .bytes = { NULL, 0 } };
}

/** Writes wire_format and FramedContent up to its body, whose parts but the sender stand in PrivateMessage, too. */
static uint8_t *content_head(const struct mls_private_message *message, uint32_t leaf_index, uint8_t *to) {
    const size_t group_and_epoch = message->sender_data_aad.len - 1;
    const size_t authenticated_data = message->content_aad.len - message->sender_data_aad.len;
    *to++ = 0;
    *to++ = MLS_PRIVATE_MESSAGE;
    memcpy(to, message->content_aad.data, group_and_epoch);
    to += group_and_epoch;
    *to++ = MLS_SENDER_MEMBER;
    write_u32(to, leaf_index);
    to += 4;
    memcpy(to, message->content_aad.data + message->sender_data_aad.len, authenticated_data);
    to += authenticated_data;
    *to++ = message->content_type;
    return to;
}

base_result mls_private_open(const struct mls_crypto *crypto, const struct mls_private_message *message,
                             const struct mls_sender_data *sender_data, const struct mls_aead_key *key,
                             struct mls_opened *out) {
    BASE_ENSURE(message->ciphertext.len >= MLS_AEAD_TAG_SIZE, MLS_ERR_DECRYPT);
    const size_t plain_len = message->ciphertext.len - MLS_AEAD_TAG_SIZE;
    const size_t head_len = sizeof(uint16_t) + message->content_aad.len + SENDER_SIZE;
    /* The plaintext is decrypted behind its head, so that hash, signature and content find the bytes in one piece. */
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { NULL, 0 };
    BASE_TRY(base_bytes_take(crypto->allocator, head_len + plain_len, &bytes));
    uint8_t *plain = content_head(message, sender_data->leaf_index, bytes.data);
    uint8_t nonce[MLS_AEAD_NONCE_SIZE];
    guard_nonce(key->nonce, sender_data->reuse_guard, nonce);
    BASE_TRY(crypto->provider->open(crypto->provider->user, crypto->suite, key->key, nonce, message->content_aad,
                                    message->ciphertext, plain));

    struct base_reader reader = base_reader(base_borrow(&bytes));
    struct mls_authenticated_content content;
    BASE_TRY(mls_authenticated_content_read(&reader, &content));
    /* §6.3.1: "A receiver MUST verify that there are no non-zero bytes in the padding field" */
    uint8_t padding = 0;
    for (size_t i = 0; i < reader.left; i++) {
        padding |= reader.next[i];
    }
    BASE_ENSURE(padding == 0, MLS_ERR_PADDING);
    out->content = content;
    base_bytes_move(&out->bytes, &bytes);
    return BASE_OK;
}
