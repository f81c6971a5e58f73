/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framed content, PublicMessage's and PrivateMessage's structs (§6): encode and decode side by side.
 */
#include "syntax/message.h"
#include "syntax/span.h"

base_result mls_sender_read(struct base_reader *reader, struct mls_sender *out) {
    out->index = 0;
    BASE_TRY(base_read_u8(reader, &out->type));
    switch (out->type) {
    case MLS_SENDER_MEMBER:
    case MLS_SENDER_EXTERNAL:
        return base_read_u32(reader, &out->index);
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        return BASE_OK;
    default:
        return &MLS_ERR_SENDER_TYPE;
    }
}

void mls_sender_write(struct base_writer *writer, const struct mls_sender *sender) {
    base_write_u8(writer, sender->type);
    switch (sender->type) {
    case MLS_SENDER_MEMBER:
    case MLS_SENDER_EXTERNAL:
        base_write_u32(writer, sender->index);
        break;
    case MLS_SENDER_NEW_MEMBER_PROPOSAL:
    case MLS_SENDER_NEW_MEMBER_COMMIT:
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_SENDER_TYPE);
        break;
    }
}

/* FramedContent (§6) */

static base_result content_type_read(struct base_reader *reader, uint8_t *out) {
    BASE_TRY(base_read_u8(reader, out));
    BASE_ENSURE(*out >= MLS_APPLICATION && *out <= MLS_COMMIT, MLS_ERR_CONTENT_TYPE);
    return BASE_OK;
}

static base_result content_head_read(struct base_reader *reader, struct mls_framed_content *out) {
    BASE_TRY(base_read_opaque(reader, &out->group_id));
    BASE_TRY(base_read_u64(reader, &out->epoch));
    BASE_TRY(mls_sender_read(reader, &out->sender));
    BASE_TRY(base_read_opaque(reader, &out->authenticated_data));
    return content_type_read(reader, &out->type);
}

static base_result content_body_read(struct base_reader *reader, struct mls_framed_content *out) {
    switch (out->type) {
    case MLS_APPLICATION:
        return base_read_opaque(reader, &out->of.application);
    case MLS_PROPOSAL:
        return mls_proposal_read(reader, &out->of.proposal);
    default:
        return mls_commit_read(reader, &out->of.commit);
    }
}

void mls_framed_content_write(struct base_writer *writer, const struct mls_framed_content *content) {
    base_write_opaque(writer, content->group_id);
    base_write_u64(writer, content->epoch);
    mls_sender_write(writer, &content->sender);
    base_write_opaque(writer, content->authenticated_data);
    base_write_u8(writer, content->type);
    switch (content->type) {
    case MLS_APPLICATION:
        base_write_opaque(writer, content->of.application);
        break;
    case MLS_PROPOSAL:
        mls_proposal_write(writer, &content->of.proposal);
        break;
    case MLS_COMMIT:
        mls_commit_write(writer, &content->of.commit);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_CONTENT_TYPE);
        break;
    }
}

/* AuthenticatedContent (§6) */

base_result mls_authenticated_content_read(struct base_reader *reader, struct mls_authenticated_content *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(base_read_u16(reader, &out->wire_format));
    BASE_ENSURE(out->wire_format == MLS_PUBLIC_MESSAGE || out->wire_format == MLS_PRIVATE_MESSAGE, MLS_ERR_WIRE_FORMAT);
    BASE_TRY(content_head_read(reader, &out->content));
    const uint8_t *body = reader->next;
    BASE_TRY(content_body_read(reader, &out->content));
    out->framed = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->signature));
    out->transcript = mls_span(start, reader);
    out->confirmation_tag = base_slice(NULL, 0);
    if (out->content.type == MLS_COMMIT) {
        BASE_TRY(base_read_opaque(reader, &out->confirmation_tag));
    }
    out->encoded = mls_span(start, reader);
    out->body = mls_span(body, reader);
    return BASE_OK;
}

base_result mls_authenticated_content_decode(struct base_slice bytes, struct mls_authenticated_content *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_authenticated_content_read(&reader, out));
    return base_read_end(&reader);
}

void mls_authenticated_content_write(struct base_writer *writer, const struct mls_authenticated_content *content) {
    base_write_u16(writer, content->wire_format);
    mls_framed_content_write(writer, &content->content);
    base_write_opaque(writer, content->signature);
    if (content->content.type == MLS_COMMIT) {
        base_write_opaque(writer, content->confirmation_tag);
    }
}

/* PrivateMessage (§6.3) */

base_result mls_private_message_read(struct base_reader *reader, struct mls_private_message *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(base_read_opaque(reader, &out->group_id));
    BASE_TRY(base_read_u64(reader, &out->epoch));
    BASE_TRY(content_type_read(reader, &out->content_type));
    out->sender_data_aad = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->authenticated_data));
    out->content_aad = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->encrypted_sender_data));
    return base_read_opaque(reader, &out->ciphertext);
}

void mls_private_message_write(struct base_writer *writer, const struct mls_private_message *message) {
    base_write_opaque(writer, message->group_id);
    base_write_u64(writer, message->epoch);
    base_write_u8(writer, message->content_type);
    base_write_opaque(writer, message->authenticated_data);
    base_write_opaque(writer, message->encrypted_sender_data);
    base_write_opaque(writer, message->ciphertext);
}
