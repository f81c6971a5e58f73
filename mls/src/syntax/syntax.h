/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smaller structs of RFC 9420: credentials, capabilities, extensions, PSK ids, GroupContext. Internal.
 *
 * Of each struct X:
 *   mls_X_read(reader, out)   takes one from a reader; `out` borrows from its bytes. Nothing is allocated.
 *   mls_X_write(writer, x)    encodes one. Vectors that are slices are written as they are.
 *   mls_X_decode(bytes, out)  read that must use all bytes.
 *   mls_X_next(reader, out)   takes the next element out of an encoded vector, which the struct's read has checked.
 * Errors of all reads: BASE_ERR_TRUNCATED, BASE_ERR_VARINT, BASE_ERR_VALUE, BASE_ERR_TRAILING (a vector that does not
 * end with its last element), and those named. What `out` holds after an error is unspecified, the reader too.
 */
#ifndef MLS_SYNTAX_H
#define MLS_SYNTAX_H

#include "base/reader.h"
#include "base/writer.h"
#include "mls/types.h"

/** Reads a number that must be MLS_VERSION_10. MLS_ERR_VERSION. */
BASE_MUST_USE base_result mls_version_read(struct base_reader *reader);

BASE_MUST_USE base_result mls_credential_read(struct base_reader *reader, struct mls_credential *out);
void mls_credential_write(struct base_writer *writer, const struct mls_credential *credential);

BASE_MUST_USE base_result mls_capabilities_read(struct base_reader *reader, struct mls_capabilities *out);
void mls_capabilities_write(struct base_writer *writer, const struct mls_capabilities *capabilities);

/** Appends `count` numbers, big-endian, without a length: what a list of struct mls_capabilities holds. */
void mls_list_write(struct base_writer *writer, const uint16_t *numbers, size_t count);

BASE_MUST_USE base_result mls_lifetime_read(struct base_reader *reader, struct mls_lifetime *out);
void mls_lifetime_write(struct base_writer *writer, const struct mls_lifetime *lifetime);

/** `Extension extensions<V>`: checked, no type twice (MLS_ERR_EXTENSION_DUPLICATE). Written as an opaque vector. */
BASE_MUST_USE base_result mls_extensions_read(struct base_reader *reader, struct base_slice *out);
void mls_extension_write(struct base_writer *writer, const struct mls_extension *extension);

BASE_MUST_USE base_result mls_required_capabilities_decode(struct base_slice bytes,
                                                           struct mls_required_capabilities *out);
void mls_required_capabilities_write(struct base_writer *writer, const struct mls_required_capabilities *required);

/** Checks the data of an external_senders extension; `senders` is then the content of its vector. */
BASE_MUST_USE base_result mls_external_senders_decode(struct base_slice bytes, struct base_slice *senders);
BASE_MUST_USE base_result mls_external_sender_next(struct base_reader *senders, struct mls_external_sender *out);
void mls_external_sender_write(struct base_writer *writer, const struct mls_external_sender *sender);
/** The one at `index` of the content of the vector. False if there are not that many. */
bool mls_external_sender_at(struct base_slice senders, uint32_t index, struct mls_external_sender *out);

/** MLS_ERR_PSK_TYPE. Also the `next` of an encoded list of ids. */
BASE_MUST_USE base_result mls_psk_id_read(struct base_reader *reader, struct mls_psk_id *out);
void mls_psk_id_write(struct base_writer *writer, const struct mls_psk_id *id);

/** GroupContext (§8.1). */
struct mls_group_context {
    uint16_t cipher_suite; /**< version is MLS_VERSION_10 */
    struct base_slice group_id;
    uint64_t epoch;
    struct base_slice tree_hash;
    struct base_slice confirmed_transcript_hash;
    struct base_slice extensions;
    struct base_slice encoded; /**< decoded: all of it; not used by write */
};
/** MLS_ERR_VERSION, MLS_ERR_EXTENSION_DUPLICATE. */
BASE_MUST_USE base_result mls_group_context_read(struct base_reader *reader, struct mls_group_context *out);
BASE_MUST_USE base_result mls_group_context_decode(struct base_slice bytes, struct mls_group_context *out);
void mls_group_context_write(struct base_writer *writer, const struct mls_group_context *context);

#endif
