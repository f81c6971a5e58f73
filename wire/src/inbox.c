/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device's inbox: anybody with an account puts in, the device alone takes out.
 */
#include "codec.h"

base_result wire_inbox_append_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.inbox_append.account);
    WIRE_READ_FIXED(reader, out->of.inbox_append.device);
    WIRE_READ_FIXED(reader, out->of.inbox_append.nonce);
    return wire_read_bounded(reader, 1, WIRE_MAX_ENTRY, &out->of.inbox_append.content);
}

void wire_inbox_append_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.inbox_append.account);
    WIRE_WRITE_FIXED(writer, frame->of.inbox_append.device);
    WIRE_WRITE_FIXED(writer, frame->of.inbox_append.nonce);
    wire_write_bounded(writer, 1, WIRE_MAX_ENTRY, frame->of.inbox_append.content);
}

base_result wire_inbox_read_decode(struct base_reader *reader, struct wire_frame *out) {
    BASE_TRY(base_read_u64(reader, &out->of.inbox_read.after));
    return wire_read_choice(reader, 1, &out->of.inbox_read.live);
}

void wire_inbox_read_encode(struct base_writer *writer, const struct wire_frame *frame) {
    base_write_u64(writer, frame->of.inbox_read.after);
    wire_write_choice(writer, 1, frame->of.inbox_read.live);
}

base_result wire_inbox_entries_decode(struct base_reader *reader, struct wire_frame *out) {
    BASE_TRY(wire_read_choice(reader, WIRE_MORE, &out->of.inbox_entries.flags));
    return wire_read_entries(reader, &out->of.inbox_entries.entries);
}

void wire_inbox_entries_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_choice(writer, WIRE_MORE, frame->of.inbox_entries.flags);
    base_write_opaque(writer, frame->of.inbox_entries.entries);
}

base_result wire_inbox_delete_decode(struct base_reader *reader, struct wire_frame *out) {
    return base_read_u64(reader, &out->of.inbox_delete.last);
}

void wire_inbox_delete_encode(struct base_writer *writer, const struct wire_frame *frame) {
    base_write_u64(writer, frame->of.inbox_delete.last);
}
