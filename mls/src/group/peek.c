/* SPDX-License-Identifier: Apache-2.0 */
/* What can be seen of a message without any state: enough to find the group, or the key package, that it is for. */
#include "mls/mls.h"
#include "syntax/message.h"

static base_result peek_group_info(struct base_reader *reader, struct mls_message_head *out) {
    struct mls_group_context context;
    BASE_TRY(mls_group_context_read(reader, &context));
    out->group_id = context.group_id;
    out->epoch = context.epoch;
    out->suite = context.cipher_suite;
    return BASE_OK;
}

static base_result peek_public(struct base_reader *reader, struct mls_message_head *out) {
    struct mls_sender sender;
    BASE_TRY(mls_sender_read(reader, &sender));
    BASE_TRY(base_read_opaque(reader, &out->authenticated_data));
    return base_read_u8(reader, &out->content_type);
}

static base_result peek_private(struct base_reader *reader, struct mls_message_head *out) {
    BASE_TRY(base_read_u8(reader, &out->content_type));
    return base_read_opaque(reader, &out->authenticated_data);
}

static base_result peek(struct base_reader *reader, struct mls_message_head *out) {
    uint16_t wire_format;
    BASE_TRY(mls_version_read(reader));
    BASE_TRY(base_read_u16(reader, &wire_format));
    BASE_ENSURE(wire_format >= MLS_PUBLIC_MESSAGE && wire_format <= MLS_KEY_PACKAGE, MLS_ERR_WIRE_FORMAT);
    out->wire = (enum mls_wire_format)wire_format;
    switch (out->wire) {
    case MLS_WELCOME:
        return base_read_u16(reader, &out->suite);
    case MLS_KEY_PACKAGE:
        BASE_TRY(mls_version_read(reader));
        return base_read_u16(reader, &out->suite);
    case MLS_GROUP_INFO:
        return peek_group_info(reader, out);
    default:
        BASE_TRY(base_read_opaque(reader, &out->group_id));
        BASE_TRY(base_read_u64(reader, &out->epoch));
        return out->wire == MLS_PUBLIC_MESSAGE ? peek_public(reader, out) : peek_private(reader, out);
    }
}

base_result mls_message_peek(struct base_slice message, struct mls_message_head *out) {
    struct base_reader reader = base_reader(message);
    struct mls_message_head head = { 0 };
    BASE_TRY(peek(&reader, &head));
    BASE_ENSURE(head.content_type <= MLS_COMMIT, MLS_ERR_CONTENT_TYPE);
    *out = head;
    return BASE_OK;
}

base_result mls_welcome_refs(struct base_slice welcome, bool (*each)(void *user, struct base_slice ref), void *user) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(welcome, &message));
    BASE_ENSURE(message.wire_format == MLS_WELCOME, MLS_ERR_WIRE_FORMAT);
    struct base_reader secrets = base_reader(message.of.welcome.secrets);
    bool more = true;
    while (more && secrets.left != 0) {
        struct mls_encrypted_group_secrets next;
        BASE_TRY(mls_encrypted_group_secrets_next(&secrets, &next));
        more = each(user, next.new_member);
    }
    return BASE_OK;
}

base_result mls_welcome_split(const struct base_allocator *allocator, struct base_slice welcome,
                              base_result (*each)(void *user, struct base_slice ref, struct base_slice single),
                              void *user) {
    struct mls_message message;
    BASE_TRY(mls_message_decode(welcome, &message));
    BASE_ENSURE(message.wire_format == MLS_WELCOME, MLS_ERR_WIRE_FORMAT);
    struct base_reader secrets = base_reader(message.of.welcome.secrets);
    while (secrets.left != 0) {
        struct mls_encrypted_group_secrets next;
        const uint8_t *start = secrets.next;
        BASE_TRY(mls_encrypted_group_secrets_next(&secrets, &next));
        message.of.welcome.secrets = base_slice(start, (size_t)(secrets.next - start));
        BASE_CLEANUP(base_writer_free) struct base_writer writer = base_writer(allocator, MLS_MESSAGE_MAX);
        mls_message_write(&writer, &message);
        BASE_CLEANUP(base_bytes_free) struct base_bytes single = { 0 };
        BASE_TRY(base_writer_finish(&writer, &single));
        BASE_TRY(each(user, next.new_member, base_borrow(&single)));
    }
    return BASE_OK;
}
