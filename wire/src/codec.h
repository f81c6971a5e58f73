/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the files of this library share: the pairs of encoder and decoder that src/frame.c lists in its table.
 */
#ifndef WIRE_SRC_CODEC_H
#define WIRE_SRC_CODEC_H

#include "wire/wire.h"

/** Reads the body of a frame whose type is known. The reader may be left inside: src/frame.c asks that it is at its
 * end. */
typedef base_result wire_decoder(struct base_reader *reader, struct wire_frame *out);
typedef void wire_encoder(struct base_writer *writer, const struct wire_frame *frame);

wire_decoder wire_challenge_decode, wire_refusal_decode, wire_done_decode, wire_sign_in_decode, wire_signed_in_decode,
    wire_activate_decode, wire_activated_decode;
wire_encoder wire_challenge_encode, wire_refusal_encode, wire_done_encode, wire_sign_in_encode, wire_signed_in_encode,
    wire_activate_encode, wire_activated_encode;

wire_decoder wire_put_key_packages_decode, wire_take_key_packages_decode, wire_key_packages_decode,
    wire_get_identities_decode, wire_identities_decode;
wire_encoder wire_put_key_packages_encode, wire_take_key_packages_encode, wire_key_packages_encode,
    wire_get_identities_encode, wire_identities_encode;

wire_decoder wire_create_stream_decode, wire_append_decode, wire_appended_decode, wire_read_decode, wire_stop_decode,
    wire_entries_decode, wire_delete_entry_decode;
wire_encoder wire_create_stream_encode, wire_append_encode, wire_appended_encode, wire_read_encode, wire_stop_encode,
    wire_entries_encode, wire_delete_entry_encode;

wire_decoder wire_inbox_append_decode, wire_inbox_read_decode, wire_inbox_entries_decode, wire_inbox_delete_decode;
wire_encoder wire_inbox_append_encode, wire_inbox_read_encode, wire_inbox_entries_encode, wire_inbox_delete_encode;

wire_decoder wire_create_blob_decode, wire_delete_blob_decode, wire_hold_blob_decode;
wire_encoder wire_create_blob_encode, wire_delete_blob_encode, wire_hold_blob_encode;

wire_decoder wire_put_door_decode, wire_get_door_decode, wire_door_decode;
wire_encoder wire_put_door_encode, wire_get_door_encode, wire_door_encode;

wire_decoder wire_signal_decode, wire_signalled_decode;
wire_encoder wire_signal_encode, wire_signalled_encode;
wire_decoder wire_create_link_decode, wire_take_link_decode, wire_link_content_decode, wire_devices_decode,
    wire_remove_device_decode, wire_put_recovery_decode;
wire_encoder wire_create_link_encode, wire_take_link_encode, wire_link_content_encode, wire_devices_encode,
    wire_remove_device_encode, wire_put_recovery_encode;

wire_decoder wire_push_decode, wire_put_push_decode;
wire_encoder wire_push_encode, wire_put_push_encode;

/** Fixed-size bytes, as they are. */
#define WIRE_READ_FIXED(READER, ARRAY) BASE_TRY(base_read_copy((READER), (ARRAY), sizeof(ARRAY)))
#define WIRE_WRITE_FIXED(WRITER, ARRAY) base_write_slice((WRITER), base_slice((ARRAY), sizeof(ARRAY)))

/** `opaque x<V>` of `min` to `max` bytes; a shorter one is WIRE_ERR_FIELD, a longer one BASE_ERR_TOO_LONG. */
base_result wire_read_bounded(struct base_reader *reader, size_t min, size_t max, struct base_slice *out);
void wire_write_bounded(struct base_writer *writer, size_t min, size_t max, struct base_slice bytes);

/** A uint8 from 0 to `max`; WIRE_ERR_FIELD. */
base_result wire_read_choice(struct base_reader *reader, uint8_t max, uint8_t *out);
void wire_write_choice(struct base_writer *writer, uint8_t max, uint8_t value);

/** Seconds, at most WIRE_MAX_LIFETIME; WIRE_ERR_FIELD. */
base_result wire_read_lifetime(struct base_reader *reader, uint32_t *out);
void wire_write_lifetime(struct base_writer *writer, uint32_t lifetime);

/** Number of an entry, or 0 for none: at most WIRE_MAX_NUMBER; WIRE_ERR_FIELD. */
base_result wire_read_number(struct base_reader *reader, uint64_t *out);
void wire_write_number(struct base_writer *writer, uint64_t number);

/** `Entry entries<V>`: checks every entry of it. */
base_result wire_read_entries(struct base_reader *reader, struct base_slice *out);

#endif
