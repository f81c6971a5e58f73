/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smaller structs: encode and decode side by side.
 */
#include "syntax/syntax.h"

#include "syntax/number_set.h"
#include "syntax/span.h"

base_result mls_version_read(struct base_reader *reader) {
    uint16_t version = 0;
    BASE_TRY(base_read_u16(reader, &version));
    BASE_ENSURE(version == MLS_VERSION_10, MLS_ERR_VERSION);
    return BASE_OK;
}

/* Lists of numbers (§7.2, §11.1): `uint16 x<V>` */

static base_result list_read(struct base_reader *reader, struct base_slice *out) {
    BASE_TRY(base_read_opaque(reader, out));
    BASE_ENSURE(out->len % 2 == 0, BASE_ERR_TRUNCATED);
    return BASE_OK;
}

void mls_list_write(struct base_writer *writer, const uint16_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        base_write_u16(writer, numbers[i]);
    }
}

uint16_t mls_list_at(struct base_slice list, size_t index) {
    return (uint16_t)(list.data[2 * index] << 8 | list.data[2 * index + 1]);
}

bool mls_list_has(struct base_slice list, uint16_t number) {
    for (size_t i = 0; i < mls_list_count(list); i++) {
        if (mls_list_at(list, i) == number) {
            return true;
        }
    }
    return false;
}

/* Credential (§5.3) */

base_result mls_certificate_next(struct base_reader *certificates, struct base_slice *out) {
    return base_read_opaque(certificates, out);
}

base_result mls_credential_read(struct base_reader *reader, struct mls_credential *out) {
    BASE_TRY(base_read_u16(reader, &out->type));
    BASE_TRY(base_read_opaque(reader, &out->content));
    if (out->type == MLS_CREDENTIAL_X509) {
        struct base_reader certificates = base_reader(out->content);
        while (certificates.left > 0) {
            struct base_slice certificate;
            BASE_TRY(mls_certificate_next(&certificates, &certificate));
        }
    }
    return BASE_OK;
}

void mls_credential_write(struct base_writer *writer, const struct mls_credential *credential) {
    base_write_u16(writer, credential->type);
    base_write_opaque(writer, credential->content);
}

/* Capabilities and Lifetime (§7.2) */

base_result mls_capabilities_read(struct base_reader *reader, struct mls_capabilities *out) {
    BASE_TRY(list_read(reader, &out->versions));
    BASE_TRY(list_read(reader, &out->cipher_suites));
    BASE_TRY(list_read(reader, &out->extensions));
    BASE_TRY(list_read(reader, &out->proposals));
    return list_read(reader, &out->credentials);
}

void mls_capabilities_write(struct base_writer *writer, const struct mls_capabilities *capabilities) {
    base_write_opaque(writer, capabilities->versions);
    base_write_opaque(writer, capabilities->cipher_suites);
    base_write_opaque(writer, capabilities->extensions);
    base_write_opaque(writer, capabilities->proposals);
    base_write_opaque(writer, capabilities->credentials);
}

base_result mls_lifetime_read(struct base_reader *reader, struct mls_lifetime *out) {
    BASE_TRY(base_read_u64(reader, &out->not_before));
    return base_read_u64(reader, &out->not_after);
}

void mls_lifetime_write(struct base_writer *writer, const struct mls_lifetime *lifetime) {
    base_write_u64(writer, lifetime->not_before);
    base_write_u64(writer, lifetime->not_after);
}

/* Extensions (§13.4): "Any field containing a list of extensions MUST NOT have more than one extension of any given
 * type." */

base_result mls_extension_next(struct base_reader *extensions, struct mls_extension *out) {
    BASE_TRY(base_read_u16(extensions, &out->type));
    return base_read_opaque(extensions, &out->data);
}

void mls_extension_write(struct base_writer *writer, const struct mls_extension *extension) {
    base_write_u16(writer, extension->type);
    base_write_opaque(writer, extension->data);
}

/* A list may be hostile and have as many extensions as there are types. */
static base_result extensions_check_many(struct base_reader list) {
    struct mls_number_set seen = { 0 };
    while (list.left > 0) {
        struct mls_extension extension;
        BASE_TRY(mls_extension_next(&list, &extension));
        BASE_ENSURE(mls_number_set_add(&seen, extension.type), MLS_ERR_EXTENSION_DUPLICATE);
    }
    return BASE_OK;
}

enum { FEW_EXTENSIONS = 8 };

base_result mls_extensions_read(struct base_reader *reader, struct base_slice *out) {
    BASE_TRY(base_read_opaque(reader, out));
    struct base_reader list = base_reader(*out);
    uint16_t seen[FEW_EXTENSIONS];
    for (size_t count = 0; list.left > 0; count++) {
        if (count == FEW_EXTENSIONS) {
            return extensions_check_many(base_reader(*out));
        }
        struct mls_extension extension;
        BASE_TRY(mls_extension_next(&list, &extension));
        for (size_t i = 0; i < count; i++) {
            BASE_ENSURE(seen[i] != extension.type, MLS_ERR_EXTENSION_DUPLICATE);
        }
        seen[count] = extension.type;
    }
    return BASE_OK;
}

bool mls_extension_find(struct base_slice extensions, uint16_t type, struct base_slice *data) {
    struct base_reader list = base_reader(extensions);
    struct mls_extension extension;
    while (list.left > 0 && mls_extension_next(&list, &extension) == BASE_OK) {
        if (extension.type == type) {
            if (data != NULL) {
                *data = extension.data;
            }
            return true;
        }
    }
    return false;
}

/* RequiredCapabilities (§11.1) */

base_result mls_required_capabilities_decode(struct base_slice bytes, struct mls_required_capabilities *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(list_read(&reader, &out->extensions));
    BASE_TRY(list_read(&reader, &out->proposals));
    BASE_TRY(list_read(&reader, &out->credentials));
    return base_read_end(&reader);
}

void mls_required_capabilities_write(struct base_writer *writer, const struct mls_required_capabilities *required) {
    base_write_opaque(writer, required->extensions);
    base_write_opaque(writer, required->proposals);
    base_write_opaque(writer, required->credentials);
}

/* ExternalSender (§12.1.8.1) */

base_result mls_external_sender_next(struct base_reader *senders, struct mls_external_sender *out) {
    BASE_TRY(base_read_opaque(senders, &out->signature_key));
    return mls_credential_read(senders, &out->credential);
}

void mls_external_sender_write(struct base_writer *writer, const struct mls_external_sender *sender) {
    base_write_opaque(writer, sender->signature_key);
    mls_credential_write(writer, &sender->credential);
}

base_result mls_external_senders_decode(struct base_slice bytes, struct base_slice *senders) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(base_read_opaque(&reader, senders));
    BASE_TRY(base_read_end(&reader));
    struct base_reader list = base_reader(*senders);
    while (list.left > 0) {
        struct mls_external_sender sender;
        BASE_TRY(mls_external_sender_next(&list, &sender));
    }
    return BASE_OK;
}

bool mls_external_sender_at(struct base_slice senders, uint32_t index, struct mls_external_sender *out) {
    struct base_reader list = base_reader(senders);
    for (uint32_t i = 0; list.left > 0 && mls_external_sender_next(&list, out) == BASE_OK; i++) {
        if (i == index) {
            return true;
        }
    }
    return false;
}

/* PreSharedKeyID (§8.4) */

base_result mls_psk_id_read(struct base_reader *reader, struct mls_psk_id *out) {
    *out = (struct mls_psk_id){ 0 };
    BASE_TRY(base_read_u8(reader, &out->type));
    switch (out->type) {
    case MLS_PSK_EXTERNAL:
        BASE_TRY(base_read_opaque(reader, &out->id));
        break;
    case MLS_PSK_RESUMPTION:
        BASE_TRY(base_read_u8(reader, &out->usage));
        BASE_ENSURE(out->usage >= MLS_RESUMPTION_APPLICATION && out->usage <= MLS_RESUMPTION_BRANCH, MLS_ERR_PSK_TYPE);
        BASE_TRY(base_read_opaque(reader, &out->id));
        BASE_TRY(base_read_u64(reader, &out->epoch));
        break;
    default:
        return &MLS_ERR_PSK_TYPE;
    }
    return base_read_opaque(reader, &out->nonce);
}

void mls_psk_id_write(struct base_writer *writer, const struct mls_psk_id *id) {
    base_write_u8(writer, id->type);
    switch (id->type) {
    case MLS_PSK_EXTERNAL:
        base_write_opaque(writer, id->id);
        break;
    case MLS_PSK_RESUMPTION:
        base_write_u8(writer, id->usage);
        base_write_opaque(writer, id->id);
        base_write_u64(writer, id->epoch);
        break;
    default:
        base_writer_fail(writer, &MLS_ERR_PSK_TYPE);
        break;
    }
    base_write_opaque(writer, id->nonce);
}

/* GroupContext (§8.1) */

base_result mls_group_context_read(struct base_reader *reader, struct mls_group_context *out) {
    const uint8_t *start = reader->next;
    BASE_TRY(mls_version_read(reader));
    BASE_TRY(base_read_u16(reader, &out->cipher_suite));
    BASE_TRY(base_read_opaque(reader, &out->group_id));
    BASE_TRY(base_read_u64(reader, &out->epoch));
    BASE_TRY(base_read_opaque(reader, &out->tree_hash));
    BASE_TRY(base_read_opaque(reader, &out->confirmed_transcript_hash));
    BASE_TRY(mls_extensions_read(reader, &out->extensions));
    out->encoded = mls_span(start, reader);
    return BASE_OK;
}

base_result mls_group_context_decode(struct base_slice bytes, struct mls_group_context *out) {
    struct base_reader reader = base_reader(bytes);
    BASE_TRY(mls_group_context_read(&reader, out));
    return base_read_end(&reader);
}

void mls_group_context_write(struct base_writer *writer, const struct mls_group_context *context) {
    base_write_u16(writer, MLS_VERSION_10);
    base_write_u16(writer, context->cipher_suite);
    base_write_opaque(writer, context->group_id);
    base_write_u64(writer, context->epoch);
    base_write_opaque(writer, context->tree_hash);
    base_write_opaque(writer, context->confirmed_transcript_hash);
    base_write_opaque(writer, context->extensions);
}
