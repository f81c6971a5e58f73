/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Signals: what is said to live readers and stored nowhere.
 */
#include "codec.h"

base_result wire_signal_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.signal.stream);
    WIRE_READ_FIXED(reader, out->of.signal.token);
    return wire_read_bounded(reader, 1, WIRE_MAX_SIGNAL, &out->of.signal.content);
}

void wire_signal_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.signal.stream);
    WIRE_WRITE_FIXED(writer, frame->of.signal.token);
    wire_write_bounded(writer, 1, WIRE_MAX_SIGNAL, frame->of.signal.content);
}

base_result wire_signalled_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.signalled.stream);
    return wire_read_bounded(reader, 1, WIRE_MAX_SIGNAL, &out->of.signalled.content);
}

void wire_signalled_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.signalled.stream);
    wire_write_bounded(writer, 1, WIRE_MAX_SIGNAL, frame->of.signalled.content);
}
