/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Push: how the server does it, and where a device wants it.
 */
#include "codec.h"

static bool is_key(struct base_slice key) {
    return key.len == 0 || key.len == WIRE_PUSH_KEY_LEN;
}

base_result wire_push_decode(struct base_reader *reader, struct wire_frame *out) {
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_PUSH_KEY_LEN, &out->of.push.key));
    BASE_ENSURE(is_key(out->of.push.key), WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_push_encode(struct base_writer *writer, const struct wire_frame *frame) {
    if (!is_key(frame->of.push.key)) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    wire_write_bounded(writer, 0, WIRE_PUSH_KEY_LEN, frame->of.push.key);
}

base_result wire_put_push_decode(struct base_reader *reader, struct wire_frame *out) {
    return wire_read_bounded(reader, 0, WIRE_MAX_ENDPOINT, &out->of.put_push.endpoint);
}

void wire_put_push_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_bounded(writer, 0, WIRE_MAX_ENDPOINT, frame->of.put_push.endpoint);
}
