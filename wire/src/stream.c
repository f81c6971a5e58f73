/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Streams: create, append, read, stop, delete, and the entries that come back.
 */
#include "codec.h"

enum { ALL_FLAGS = WIRE_MORE | WIRE_ENDED };

base_result wire_create_stream_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.create_stream.stream);
    WIRE_READ_FIXED(reader, out->of.create_stream.token_hash);
    return BASE_OK;
}

void wire_create_stream_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.create_stream.stream);
    WIRE_WRITE_FIXED(writer, frame->of.create_stream.token_hash);
}

base_result wire_append_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_append *append = &out->of.append;
    *append = (struct wire_append){ 0 };
    WIRE_READ_FIXED(reader, append->stream);
    WIRE_READ_FIXED(reader, append->token);
    WIRE_READ_FIXED(reader, append->nonce);
    WIRE_READ_FIXED(reader, append->deletion_hash);
    BASE_TRY(wire_read_lifetime(reader, &append->lifetime));
    BASE_TRY(wire_read_choice(reader, WIRE_KIND_REPAIR, &append->kind));
    if (append->kind != WIRE_KIND_MESSAGE) {
        BASE_TRY(base_read_u64(reader, &append->known_commit));
        WIRE_READ_FIXED(reader, append->next_token_hash);
    } else {
        BASE_TRY(base_read_u64(reader, &append->after));
        WIRE_READ_FIXED(reader, append->previous);
        BASE_TRY(wire_read_choice(reader, 1, &append->wakes));
    }
    return wire_read_bounded(reader, 1, WIRE_MAX_ENTRY, &append->content);
}

void wire_append_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_append *append = &frame->of.append;
    WIRE_WRITE_FIXED(writer, append->stream);
    WIRE_WRITE_FIXED(writer, append->token);
    WIRE_WRITE_FIXED(writer, append->nonce);
    WIRE_WRITE_FIXED(writer, append->deletion_hash);
    wire_write_lifetime(writer, append->lifetime);
    wire_write_choice(writer, WIRE_KIND_REPAIR, append->kind);
    if (append->kind != WIRE_KIND_MESSAGE) {
        base_write_u64(writer, append->known_commit);
        WIRE_WRITE_FIXED(writer, append->next_token_hash);
    } else {
        base_write_u64(writer, append->after);
        WIRE_WRITE_FIXED(writer, append->previous);
        wire_write_choice(writer, 1, append->wakes);
    }
    wire_write_bounded(writer, 1, WIRE_MAX_ENTRY, append->content);
}

base_result wire_appended_decode(struct base_reader *reader, struct wire_frame *out) {
    return wire_read_number(reader, &out->of.appended.number);
}

void wire_appended_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_number(writer, frame->of.appended.number);
}

base_result wire_read_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.read.stream);
    WIRE_READ_FIXED(reader, out->of.read.token);
    BASE_TRY(base_read_u64(reader, &out->of.read.after));
    BASE_TRY(wire_read_choice(reader, 1, &out->of.read.live));
    return base_read_u64(reader, &out->of.read.quiet_until);
}

void wire_read_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.read.stream);
    WIRE_WRITE_FIXED(writer, frame->of.read.token);
    base_write_u64(writer, frame->of.read.after);
    wire_write_choice(writer, 1, frame->of.read.live);
    base_write_u64(writer, frame->of.read.quiet_until);
}

base_result wire_stop_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.stop.stream);
    return BASE_OK;
}

void wire_stop_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.stop.stream);
}

base_result wire_entry_next(struct base_reader *entries, struct wire_entry *out) {
    BASE_TRY(wire_read_number(entries, &out->number));
    BASE_TRY(wire_read_choice(entries, WIRE_KIND_COMMIT, &out->kind));
    WIRE_READ_FIXED(entries, out->nonce);
    return wire_read_bounded(entries, 1, WIRE_MAX_ENTRY, &out->content);
}

void wire_entry_write(struct base_writer *writer, const struct wire_entry *entry) {
    wire_write_number(writer, entry->number);
    wire_write_choice(writer, WIRE_KIND_COMMIT, entry->kind);
    WIRE_WRITE_FIXED(writer, entry->nonce);
    wire_write_bounded(writer, 1, WIRE_MAX_ENTRY, entry->content);
}

base_result wire_read_entries(struct base_reader *reader, struct base_slice *out) {
    BASE_TRY(base_read_opaque(reader, out));
    struct base_reader entries = base_reader(*out);
    uint64_t last = 0;
    while (entries.left != 0) {
        struct wire_entry entry;
        BASE_TRY(wire_entry_next(&entries, &entry));
        BASE_ENSURE(entry.number > last, WIRE_ERR_FIELD);
        last = entry.number;
    }
    return BASE_OK;
}

base_result wire_entries_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.entries.stream);
    BASE_TRY(wire_read_choice(reader, ALL_FLAGS, &out->of.entries.flags));
    BASE_TRY(wire_read_number(reader, &out->of.entries.last_commit));
    return wire_read_entries(reader, &out->of.entries.entries);
}

void wire_entries_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.entries.stream);
    wire_write_choice(writer, ALL_FLAGS, frame->of.entries.flags);
    wire_write_number(writer, frame->of.entries.last_commit);
    base_write_opaque(writer, frame->of.entries.entries);
}

base_result wire_delete_entry_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.delete_entry.stream);
    BASE_TRY(base_read_u64(reader, &out->of.delete_entry.number));
    WIRE_READ_FIXED(reader, out->of.delete_entry.deletion_key);
    return BASE_OK;
}

void wire_delete_entry_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.delete_entry.stream);
    base_write_u64(writer, frame->of.delete_entry.number);
    WIRE_WRITE_FIXED(writer, frame->of.delete_entry.deletion_key);
}
