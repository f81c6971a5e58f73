/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of messages: length headers, the structs of every message, and their protection.
 */
#include "framing.h"
#include "roundtrip.h"
#include "secret_tree.h"
#include "vectors.h"

/* ------------------------------------------------------------------------------------------- deserialization ---- */

static base_result deserialization(struct vectors_case *vector) {
    struct base_slice header = { 0 };
    uint32_t wanted = 0;
    uint32_t length = 0;
    BASE_TRY(vectors_bytes(vector, vector->json, "vlbytes_header", &header));
    BASE_TRY(vectors_u32(vector, vector->json, "length", &wanted));
    struct base_reader reader = base_reader(header);
    BASE_TRY(base_read_varint(&reader, &length));
    BASE_TRY(base_read_end(&reader));
    BASE_TRY(vectors_check(vector, "length", length == wanted));
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), header.len);
    base_write_varint(&writer, wanted);
    return vectors_same(vector, "vlbytes_header", header, base_writer_view(&writer));
}

/* -------------------------------------------------------------------------------------------------- messages ---- */

/** A field of the kind "messages". */
struct message_field {
    const char *name;
    roundtrip roundtrip;
    uint8_t wire_format;   /**< of an MLSMessage; 0: it is none */
    uint8_t proposal_type; /**< of a proposal, which stands there without its type; 0: it is none */
};

static const struct message_field message_fields[] = {
    { "mls_welcome", roundtrip_message, MLS_WELCOME, 0 },
    { "mls_group_info", roundtrip_message, MLS_GROUP_INFO, 0 },
    { "mls_key_package", roundtrip_message, MLS_KEY_PACKAGE, 0 },
    { "ratchet_tree", roundtrip_ratchet_tree, 0, 0 },
    { "group_secrets", roundtrip_group_secrets, 0, 0 },
    { "add_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_ADD },
    { "update_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_UPDATE },
    { "remove_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_REMOVE },
    { "pre_shared_key_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_PSK },
    { "re_init_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_REINIT },
    { "external_init_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_EXTERNAL_INIT },
    { "group_context_extensions_proposal", roundtrip_proposal, 0, MLS_PROPOSAL_GROUP_CONTEXT_EXTENSIONS },
    { "commit", roundtrip_commit, 0, 0 },
    { "public_message_application", roundtrip_message, MLS_PUBLIC_MESSAGE, 0 },
    { "public_message_proposal", roundtrip_message, MLS_PUBLIC_MESSAGE, 0 },
    { "public_message_commit", roundtrip_message, MLS_PUBLIC_MESSAGE, 0 },
    { "private_message", roundtrip_message, MLS_PRIVATE_MESSAGE, 0 },
};

static base_result message_field(struct vectors_case *vector, const struct message_field *field) {
    struct base_slice bytes = { 0 };
    BASE_TRY(vectors_bytes(vector, vector->json, field->name, &bytes));
    struct base_writer BASE_CLEANUP(base_writer_free) input = base_writer(base_allocator_libc(), MLS_MESSAGE_MAX);
    if (field->proposal_type != 0) {
        base_write_u16(&input, field->proposal_type);
    }
    base_write_slice(&input, bytes);
    BASE_TRY(input.failed);
    const struct base_slice whole = base_writer_view(&input);
    struct base_writer BASE_CLEANUP(base_writer_free) again = base_writer(base_allocator_libc(), MLS_MESSAGE_MAX);
    BASE_TRY(field->roundtrip(whole, &again));
    BASE_TRY(again.failed);
    BASE_TRY(vectors_same(vector, field->name, whole, base_writer_view(&again)));
    if (field->wire_format != 0) {
        struct mls_message message;
        BASE_TRY(mls_message_decode(whole, &message));
        BASE_TRY(vectors_check(vector, field->name, message.wire_format == field->wire_format));
    }
    return BASE_OK;
}

static base_result messages(struct vectors_case *vector) {
    for (size_t i = 0; i < sizeof message_fields / sizeof *message_fields; i++) {
        BASE_TRY(message_field(vector, &message_fields[i]));
    }
    return BASE_OK;
}

/* ---------------------------------------------------------------------------------------- message-protection ---- */

/** What a case gives. */
struct protection {
    struct vectors_case *vector;
    const struct mls_crypto *crypto;
    struct mls_keypair key;
    struct base_slice group_id;
    uint64_t epoch;
    struct base_slice group_context;
    struct mls_secret encryption_secret;
    struct mls_secret sender_data_secret;
    struct mls_secret membership_key;
};

/** The trees of these vectors have two leaves, of which the second sends. */
enum { LEAF_COUNT = 2, SENDER = 1, PADDING = 10 };

static const struct mls_secret_tree_limits limits = { .ahead = 100, .window = 10 };

static enum mls_ratchet ratchet_of(uint8_t content_type) {
    return content_type == MLS_APPLICATION ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
}

/** The application data, proposal or commit as it was encoded. */
static struct base_slice raw_content(const struct mls_authenticated_content *content) {
    if (content->content.type == MLS_APPLICATION) {
        return content->content.of.application;
    }
    const uint8_t *end = content->framed.data + content->framed.len;
    return base_slice(content->body.data, (size_t)(end - content->body.data));
}

static base_result verify_content(const struct protection *self, const struct mls_authenticated_content *content,
                                  uint8_t type, struct base_slice raw) {
    BASE_TRY(vectors_check(self->vector, "content_type", content->content.type == type));
    BASE_TRY(vectors_check(self->vector, "epoch", content->content.epoch == self->epoch));
    BASE_TRY(vectors_same(self->vector, "group_id", self->group_id, content->content.group_id));
    BASE_TRY(
        mls_content_verify(self->crypto, content, mls_public_key_slice(&self->key.public_key), self->group_context));
    return vectors_same(self->vector, "content", raw, raw_content(content));
}

static base_result unprotect_public(const struct protection *self, struct base_slice bytes, uint8_t type,
                                    struct base_slice raw) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_TRY(vectors_check(self->vector, "wire_format", message.wire_format == MLS_PUBLIC_MESSAGE));
    const struct mls_public_message *public_message = &message.of.public_message;
    BASE_TRY(mls_membership_verify(self->crypto, public_message, &self->membership_key, self->group_context));
    return verify_content(self, &public_message->content, type, raw);
}

static base_result unprotect_private(const struct protection *self, struct base_slice bytes, uint8_t type,
                                     struct base_slice raw) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(bytes, &message));
    BASE_TRY(vectors_check(self->vector, "wire_format", message.wire_format == MLS_PRIVATE_MESSAGE));
    const struct mls_private_message *private_message = &message.of.private_message;
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    BASE_TRY(mls_secret_tree_new(self->crypto, LEAF_COUNT, &self->encryption_secret, limits, &tree));
    struct mls_sender_data sender;
    BASE_TRY(mls_sender_data_open(self->crypto, private_message, &self->sender_data_secret, &sender));
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
    BASE_TRY(mls_secret_tree_receive(tree, self->crypto, sender.leaf_index, ratchet_of(private_message->content_type),
                                     sender.generation, &step));
    struct mls_opened BASE_CLEANUP(mls_opened_free) opened = { .bytes = { NULL, 0 } };
    BASE_TRY(mls_private_open(self->crypto, private_message, &sender, &step.key, &opened));
    return verify_content(self, &opened.content, type, raw);
}

/** The content of the message to be made, from its raw form. */
static base_result framed_content(const struct protection *self, uint8_t type, struct base_slice raw,
                                  struct mls_framed_content *out) {
    *out = (struct mls_framed_content){
        .group_id = self->group_id,
        .epoch = self->epoch,
        .sender = { MLS_SENDER_MEMBER, SENDER },
        .authenticated_data = base_slice_text("authenticated"),
        .type = type,
    };
    switch (type) {
    case MLS_APPLICATION:
        out->of.application = raw;
        return BASE_OK;
    case MLS_PROPOSAL:
        return mls_proposal_decode(raw, &out->of.proposal);
    default:
        return mls_commit_decode(raw, &out->of.commit);
    }
}

static base_result authenticate(const struct protection *self, uint16_t wire_format, uint8_t type,
                                struct base_slice raw, struct base_slice *out) {
    struct mls_framed_content content;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    BASE_TRY(framed_content(self, type, raw, &content));
    BASE_TRY(mls_content_sign(self->crypto, &self->key, wire_format, &content, self->group_context, &bytes));
    if (type == MLS_COMMIT) { /* of any value: it is not checked here */
        BASE_TRY(mls_content_confirm(self->crypto, mls_secret_slice(&self->membership_key), &bytes));
    }
    return vectors_keep(self->vector, &bytes, out);
}

static base_result protect_public(const struct protection *self, uint8_t type, struct base_slice raw,
                                  struct base_slice *out) {
    struct base_slice authenticated = { 0 };
    struct mls_authenticated_content content;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    BASE_TRY(authenticate(self, MLS_PUBLIC_MESSAGE, type, raw, &authenticated));
    BASE_TRY(mls_authenticated_content_decode(authenticated, &content));
    BASE_TRY(mls_public_protect(self->crypto, &content, &self->membership_key, self->group_context, &bytes));
    return vectors_keep(self->vector, &bytes, out);
}

static base_result protect_private(const struct protection *self, uint8_t type, struct base_slice raw,
                                   struct base_slice *out) {
    struct base_slice authenticated = { 0 };
    struct mls_authenticated_content content;
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    BASE_TRY(authenticate(self, MLS_PRIVATE_MESSAGE, type, raw, &authenticated));
    BASE_TRY(mls_authenticated_content_decode(authenticated, &content));
    struct mls_secret_tree *BASE_CLEANUP(mls_secret_tree_free_at) tree = NULL;
    BASE_TRY(mls_secret_tree_new(self->crypto, LEAF_COUNT, &self->encryption_secret, limits, &tree));
    struct mls_secret_tree_step BASE_CLEANUP(mls_secret_tree_step_free) step = { 0 };
    BASE_TRY(mls_secret_tree_send(tree, self->crypto, SENDER, ratchet_of(type), &step));
    BASE_TRY(mls_private_protect(self->crypto, self->vector->random, &content, &self->sender_data_secret, &step.key,
                                 step.generation, PADDING, &bytes));
    return vectors_keep(self->vector, &bytes, out);
}

/** The vector's message opens, and so does one made here of the same content. `public_field` is NULL for none. */
static base_result check_protection(const struct protection *self, uint8_t type, const char *raw_field,
                                    const char *public_field, const char *private_field) {
    struct vectors_case *vector = self->vector;
    struct base_slice raw = { 0 };
    struct base_slice message = { 0 };
    BASE_TRY(vectors_bytes(vector, vector->json, raw_field, &raw));
    if (public_field != NULL) {
        vectors_at(vector, "%s", public_field);
        BASE_TRY(vectors_bytes(vector, vector->json, public_field, &message));
        BASE_TRY(unprotect_public(self, message, type, raw));
        vectors_at(vector, "%s, made here", public_field);
        BASE_TRY(protect_public(self, type, raw, &message));
        BASE_TRY(unprotect_public(self, message, type, raw));
    }
    vectors_at(vector, "%s", private_field);
    BASE_TRY(vectors_bytes(vector, vector->json, private_field, &message));
    BASE_TRY(unprotect_private(self, message, type, raw));
    vectors_at(vector, "%s, made here", private_field);
    BASE_TRY(protect_private(self, type, raw, &message));
    return unprotect_private(self, message, type, raw);
}

/** The GroupContext that the case describes; it has no extensions. */
static base_result read_context(struct protection *self) {
    struct vectors_case *vector = self->vector;
    struct mls_group_context context = { .cipher_suite = (uint16_t)self->crypto->suite->id };
    BASE_TRY(vectors_bytes(vector, vector->json, "group_id", &context.group_id));
    BASE_TRY(vectors_u64(vector, vector->json, "epoch", &context.epoch));
    BASE_TRY(vectors_bytes(vector, vector->json, "tree_hash", &context.tree_hash));
    BASE_TRY(vectors_bytes(vector, vector->json, "confirmed_transcript_hash", &context.confirmed_transcript_hash));
    struct base_writer BASE_CLEANUP(base_writer_free) writer = base_writer(base_allocator_libc(), MLS_MESSAGE_MAX);
    struct base_bytes BASE_CLEANUP(base_bytes_free) bytes = { 0 };
    mls_group_context_write(&writer, &context);
    BASE_TRY(base_writer_finish(&writer, &bytes));
    self->group_id = context.group_id;
    self->epoch = context.epoch;
    return vectors_keep(vector, &bytes, &self->group_context);
}

static base_result message_protection(struct vectors_case *vector) {
    struct protection self = { .vector = vector, .crypto = &vector->crypto };
    struct base_slice private_key = { 0 };
    vectors_at(vector, "%s", "");
    BASE_TRY(read_context(&self));
    BASE_TRY(vectors_bytes(vector, vector->json, "signature_priv", &private_key));
    BASE_TRY(mls_signature_keypair(self.crypto, private_key, &self.key));
    BASE_TRY(vectors_expect(vector, vector->json, "signature_pub", mls_public_key_slice(&self.key.public_key)));
    BASE_TRY(vectors_secret(vector, vector->json, "encryption_secret", &self.encryption_secret));
    BASE_TRY(vectors_secret(vector, vector->json, "sender_data_secret", &self.sender_data_secret));
    BASE_TRY(vectors_secret(vector, vector->json, "membership_key", &self.membership_key));
    BASE_TRY(check_protection(&self, MLS_PROPOSAL, "proposal", "proposal_pub", "proposal_priv"));
    BASE_TRY(check_protection(&self, MLS_COMMIT, "commit", "commit_pub", "commit_priv"));
    return check_protection(&self, MLS_APPLICATION, "application", NULL, "application_priv");
}

const struct vectors_kind vectors_messages[] = {
    { "deserialization", "vlbytes_header", false, deserialization },
    { "messages", "mls_welcome", false, messages },
    { "message-protection", "application_priv", true, message_protection },
    { 0 },
};
