/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Blobs: room is made and given back over the socket, the bytes go over HTTP (docs/protocol.md).
 */
#include "codec.h"

base_result wire_create_blob_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_create_blob *blob = &out->of.create_blob;
    WIRE_READ_FIXED(reader, blob->blob);
    BASE_TRY(base_read_u64(reader, &blob->size));
    BASE_ENSURE(blob->size != 0, WIRE_ERR_FIELD);
    WIRE_READ_FIXED(reader, blob->upload_hash);
    WIRE_READ_FIXED(reader, blob->deletion_hash);
    return wire_read_lifetime(reader, &blob->lifetime);
}

void wire_create_blob_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_create_blob *blob = &frame->of.create_blob;
    if (blob->size == 0) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    WIRE_WRITE_FIXED(writer, blob->blob);
    base_write_u64(writer, blob->size);
    WIRE_WRITE_FIXED(writer, blob->upload_hash);
    WIRE_WRITE_FIXED(writer, blob->deletion_hash);
    wire_write_lifetime(writer, blob->lifetime);
}

base_result wire_delete_blob_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.delete_blob.blob);
    WIRE_READ_FIXED(reader, out->of.delete_blob.deletion_key);
    return BASE_OK;
}

void wire_delete_blob_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.delete_blob.blob);
    WIRE_WRITE_FIXED(writer, frame->of.delete_blob.deletion_key);
}

base_result wire_hold_blob_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_hold_blob *hold = &out->of.hold_blob;
    WIRE_READ_FIXED(reader, hold->blob);
    BASE_TRY(base_read_u64(reader, &hold->size));
    WIRE_READ_FIXED(reader, hold->deletion_hash);
    return wire_read_lifetime(reader, &hold->lifetime);
}

void wire_hold_blob_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_hold_blob *hold = &frame->of.hold_blob;
    WIRE_WRITE_FIXED(writer, hold->blob);
    base_write_u64(writer, hold->size);
    WIRE_WRITE_FIXED(writer, hold->deletion_hash);
    wire_write_lifetime(writer, hold->lifetime);
}
