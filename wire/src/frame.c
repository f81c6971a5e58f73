/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The head of every frame, and the table of what can follow it.
 */
#include "codec.h"

static const struct codec {
    uint8_t type;
    wire_decoder *decode;
    wire_encoder *encode;
} CODECS[] = {
    { WIRE_CHALLENGE, wire_challenge_decode, wire_challenge_encode },
    { WIRE_REFUSAL, wire_refusal_decode, wire_refusal_encode },
    { WIRE_DONE, wire_done_decode, wire_done_encode },
    { WIRE_SIGNED_IN, wire_signed_in_decode, wire_signed_in_encode },
    { WIRE_ACTIVATED, wire_activated_decode, wire_activated_encode },
    { WIRE_KEY_PACKAGES, wire_key_packages_decode, wire_key_packages_encode },
    { WIRE_APPENDED, wire_appended_decode, wire_appended_encode },
    { WIRE_ENTRIES, wire_entries_decode, wire_entries_encode },
    { WIRE_INBOX_ENTRIES, wire_inbox_entries_decode, wire_inbox_entries_encode },
    { WIRE_SIGNALLED, wire_signalled_decode, wire_signalled_encode },
    { WIRE_DOOR, wire_door_decode, wire_door_encode },
    { WIRE_IDENTITIES, wire_identities_decode, wire_identities_encode },
    { WIRE_DEVICES, wire_devices_decode, wire_devices_encode },
    { WIRE_LINK_CONTENT, wire_link_content_decode, wire_link_content_encode },
    { WIRE_PUSH, wire_push_decode, wire_push_encode },

    { WIRE_SIGN_IN, wire_sign_in_decode, wire_sign_in_encode },
    { WIRE_ACTIVATE, wire_activate_decode, wire_activate_encode },
    { WIRE_PUT_KEY_PACKAGES, wire_put_key_packages_decode, wire_put_key_packages_encode },
    { WIRE_TAKE_KEY_PACKAGES, wire_take_key_packages_decode, wire_take_key_packages_encode },
    { WIRE_CREATE_STREAM, wire_create_stream_decode, wire_create_stream_encode },
    { WIRE_APPEND, wire_append_decode, wire_append_encode },
    { WIRE_READ, wire_read_decode, wire_read_encode },
    { WIRE_STOP, wire_stop_decode, wire_stop_encode },
    { WIRE_DELETE_ENTRY, wire_delete_entry_decode, wire_delete_entry_encode },
    { WIRE_INBOX_APPEND, wire_inbox_append_decode, wire_inbox_append_encode },
    { WIRE_INBOX_READ, wire_inbox_read_decode, wire_inbox_read_encode },
    { WIRE_INBOX_DELETE, wire_inbox_delete_decode, wire_inbox_delete_encode },
    { WIRE_CREATE_BLOB, wire_create_blob_decode, wire_create_blob_encode },
    { WIRE_DELETE_BLOB, wire_delete_blob_decode, wire_delete_blob_encode },
    { WIRE_HOLD_BLOB, wire_hold_blob_decode, wire_hold_blob_encode },
    { WIRE_SIGNAL, wire_signal_decode, wire_signal_encode },
    { WIRE_PUT_DOOR, wire_put_door_decode, wire_put_door_encode },
    { WIRE_GET_DOOR, wire_get_door_decode, wire_get_door_encode },
    { WIRE_PUT_RECOVERY, wire_put_recovery_decode, wire_put_recovery_encode },
    { WIRE_GET_IDENTITIES, wire_get_identities_decode, wire_get_identities_encode },
    { WIRE_CREATE_LINK, wire_create_link_decode, wire_create_link_encode },
    { WIRE_TAKE_LINK, wire_take_link_decode, wire_take_link_encode },
    { WIRE_LIST_DEVICES, wire_done_decode, wire_done_encode },
    { WIRE_REMOVE_DEVICE, wire_remove_device_decode, wire_remove_device_encode },
    { WIRE_GET_PUSH, wire_done_decode, wire_done_encode },
    { WIRE_PUT_PUSH, wire_put_push_decode, wire_put_push_encode },
};

static const struct codec *find_codec(uint8_t type) {
    for (size_t i = 0; i < sizeof CODECS / sizeof CODECS[0]; i++) {
        if (CODECS[i].type == type) {
            return &CODECS[i];
        }
    }
    return NULL;
}

base_result wire_decode(struct base_slice bytes, struct wire_frame *out) {
    struct base_reader reader = base_reader(bytes);
    uint8_t version = 0;
    out->type = 0;
    out->request = 0;
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == WIRE_VERSION, WIRE_ERR_VERSION);
    BASE_TRY(base_read_u8(&reader, &out->type));
    BASE_TRY(base_read_u32(&reader, &out->request));
    const struct codec *codec = find_codec(out->type);
    BASE_ENSURE(codec != NULL, WIRE_ERR_TYPE);
    BASE_TRY(codec->decode(&reader, out));
    return base_read_end(&reader);
}

void wire_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct codec *codec = find_codec(frame->type);
    if (codec == NULL) {
        base_writer_fail(writer, &WIRE_ERR_TYPE);
        return;
    }
    base_write_u8(writer, WIRE_VERSION);
    base_write_u8(writer, frame->type);
    base_write_u32(writer, frame->request);
    codec->encode(writer, frame);
}
