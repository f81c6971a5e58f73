/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What joiners get (GroupInfo, GroupSecrets, Welcome) and MLSMessage: encode and decode side by side.
 */
#include "syntax/message.h"

#include "syntax/span.h"

/* GroupInfo (§12.4.3) */

base_result mls_group_info_read(struct base_reader *reader, struct mls_group_info *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(mls_group_context_read(reader, &out->context));
    BASE_TRY(mls_extensions_read(reader, &out->extensions));
    BASE_TRY(base_read_opaque(reader, &out->confirmation_tag));
    BASE_TRY(base_read_u32(reader, &out->signer));
    out->tbs = mls_span(start, reader);
    BASE_TRY(base_read_opaque(reader, &out->signature));
    out->encoded = mls_span(start, reader);
    return BASE_OK;
}

base_result mls_group_info_decode(struct base_slice bytes, struct mls_group_info *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_group_info_read(&reader, out));
    return base_read_end(&reader);
}

void mls_group_info_write_unsigned(struct base_writer *writer, const struct mls_group_info *info) {
    mls_group_context_write(writer, &info->context);
    base_write_opaque(writer, info->extensions);
    base_write_opaque(writer, info->confirmation_tag);
    base_write_u32(writer, info->signer);
}

void mls_group_info_write(struct base_writer *writer, const struct mls_group_info *info) {
    mls_group_info_write_unsigned(writer, info);
    base_write_opaque(writer, info->signature);
}

/* GroupSecrets (§12.4.3.1) */

base_result mls_group_secrets_decode(struct base_slice bytes, struct mls_group_secrets *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(base_read_opaque(&reader, &out->joiner_secret));
    BASE_TRY(base_read_optional(&reader, &out->has_path_secret));
    out->path_secret = base_slice(NULL, 0);
    if (out->has_path_secret) {
        BASE_TRY(base_read_opaque(&reader, &out->path_secret));
    }
    BASE_TRY(base_read_opaque(&reader, &out->psks));
    struct base_reader psks = base_reader(out->psks);
    while (psks.left > 0) {
        struct mls_psk_id id;
        BASE_TRY(mls_psk_id_read(&psks, &id));
    }
    return base_read_end(&reader);
}

void mls_group_secrets_write(struct base_writer *writer, const struct mls_group_secrets *secrets) {
    base_write_opaque(writer, secrets->joiner_secret);
    base_write_optional(writer, secrets->has_path_secret);
    if (secrets->has_path_secret) {
        base_write_opaque(writer, secrets->path_secret);
    }
    base_write_opaque(writer, secrets->psks);
}

/* Welcome (§12.4.3.1) */

base_result mls_encrypted_group_secrets_next(struct base_reader *secrets, struct mls_encrypted_group_secrets *out) {
    BASE_TRY(base_read_opaque(secrets, &out->new_member));
    return mls_hpke_ciphertext_read(secrets, &out->secrets);
}

void mls_encrypted_group_secrets_write(struct base_writer *writer, const struct mls_encrypted_group_secrets *secrets) {
    base_write_opaque(writer, secrets->new_member);
    mls_hpke_ciphertext_write(writer, &secrets->secrets);
}

base_result mls_welcome_read(struct base_reader *reader, struct mls_welcome *out) {
    BASE_TRY(base_read_u16(reader, &out->cipher_suite));
    BASE_TRY(base_read_opaque(reader, &out->secrets));
    struct base_reader list = base_reader(out->secrets);
    while (list.left > 0) {
        struct mls_encrypted_group_secrets secrets;
        BASE_TRY(mls_encrypted_group_secrets_next(&list, &secrets));
    }
    return base_read_opaque(reader, &out->encrypted_group_info);
}

base_result mls_welcome_decode(struct base_slice bytes, struct mls_welcome *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_welcome_read(&reader, out));
    return base_read_end(&reader);
}

void mls_welcome_write(struct base_writer *writer, const struct mls_welcome *welcome) {
    base_write_u16(writer, welcome->cipher_suite);
    base_write_opaque(writer, welcome->secrets);
    base_write_opaque(writer, welcome->encrypted_group_info);
}

/* PublicMessage (§6.2): its wire_format is the one in front of it, so that it is an AuthenticatedContent as it stands.
 */

static base_result public_message_read(struct base_reader *reader, struct mls_public_message *out) {
    BASE_TRY(mls_authenticated_content_read(reader, &out->content));
    out->membership_tag = base_slice(NULL, 0);
    return out->content.content.sender.type == MLS_SENDER_MEMBER ? base_read_opaque(reader, &out->membership_tag)
                                                                 : BASE_OK;
}

static void public_message_write(struct base_writer *writer, const struct mls_public_message *message) {
    mls_authenticated_content_write(writer, &message->content);
    if (message->content.content.sender.type == MLS_SENDER_MEMBER) {
        base_write_opaque(writer, message->membership_tag);
    }
}

/* MLSMessage (§6) */

base_result mls_message_read(struct base_reader *reader, struct mls_message *out) {
    BASE_TRY(mls_version_read(reader));
    struct base_reader from_wire_format = *reader;
    BASE_TRY(base_read_u16(reader, &out->wire_format));
    switch (out->wire_format) {
    case MLS_PUBLIC_MESSAGE:
        *reader = from_wire_format;
        return public_message_read(reader, &out->of.public_message);
    case MLS_PRIVATE_MESSAGE:
        return mls_private_message_read(reader, &out->of.private_message);
    case MLS_WELCOME:
        return mls_welcome_read(reader, &out->of.welcome);
    case MLS_GROUP_INFO:
        return mls_group_info_read(reader, &out->of.group_info);
    case MLS_KEY_PACKAGE:
        BASE_TRY(mls_key_package_read(reader, &out->of.key_package));
        /* §10: "it MUST verify that the version field of the KeyPackage has the same value as the version field of the
         * MLSMessage." */
        BASE_ENSURE(out->of.key_package.version == MLS_VERSION_10, MLS_ERR_VERSION);
        return BASE_OK;
    default:
        return &MLS_ERR_WIRE_FORMAT;
    }
}

base_result mls_message_decode(struct base_slice bytes, struct mls_message *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_message_read(&reader, out));
    return base_read_end(&reader);
}

void mls_message_write(struct base_writer *writer, const struct mls_message *message) {
    base_write_u16(writer, MLS_VERSION_10);
    if (message->wire_format == MLS_PUBLIC_MESSAGE) {
        if (message->of.public_message.content.wire_format != MLS_PUBLIC_MESSAGE) {
            base_writer_fail(writer, &MLS_ERR_WIRE_FORMAT);
        }
        public_message_write(writer, &message->of.public_message);
        return;
    }
    base_write_u16(writer, message->wire_format);
    switch (message->wire_format) {
    case MLS_PRIVATE_MESSAGE:
        mls_private_message_write(writer, &message->of.private_message);
        break;
    case MLS_WELCOME:
        mls_welcome_write(writer, &message->of.welcome);
        break;
    case MLS_GROUP_INFO:
        mls_group_info_write(writer, &message->of.group_info);
        break;
    case MLS_KEY_PACKAGE:
        mls_key_package_write(writer, &message->of.key_package);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_WIRE_FORMAT);
        break;
    }
}
