/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The devices of an account: links for new ones, the list, and removal.
 */
#include "codec.h"

base_result wire_create_link_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.create_link.code_hash);
    return wire_read_bounded(reader, 0, WIRE_MAX_LINK, &out->of.create_link.content);
}

void wire_create_link_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.create_link.code_hash);
    wire_write_bounded(writer, 0, WIRE_MAX_LINK, frame->of.create_link.content);
}

base_result wire_take_link_decode(struct base_reader *reader, struct wire_frame *out) {
    BASE_TRY(wire_read_bounded(reader, 1, WIRE_MAX_CODE, &out->of.take_link.code));
    WIRE_READ_FIXED(reader, out->of.take_link.device);
    return BASE_OK;
}

void wire_take_link_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_bounded(writer, 1, WIRE_MAX_CODE, frame->of.take_link.code);
    WIRE_WRITE_FIXED(writer, frame->of.take_link.device);
}

base_result wire_link_content_decode(struct base_reader *reader, struct wire_frame *out) {
    return wire_read_bounded(reader, 0, WIRE_MAX_LINK, &out->of.link_content.content);
}

void wire_link_content_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_bounded(writer, 0, WIRE_MAX_LINK, frame->of.link_content.content);
}

base_result wire_devices_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_devices *list = &out->of.devices;
    struct base_reader devices;
    BASE_TRY(base_read_vector(reader, &devices));
    list->count = 0;
    while (devices.left != 0) {
        BASE_ENSURE(list->count < WIRE_MAX_DEVICES, WIRE_ERR_FIELD);
        WIRE_READ_FIXED(&devices, list->devices[list->count]);
        list->count++;
    }
    return BASE_OK;
}

void wire_devices_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_devices *list = &frame->of.devices;
    if (list->count > WIRE_MAX_DEVICES) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
        return;
    }
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t i = 0; i < list->count; i++) {
        WIRE_WRITE_FIXED(writer, list->devices[i]);
    }
    base_write_vector_end(writer, mark);
}

base_result wire_remove_device_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.remove_device.device);
    return BASE_OK;
}

void wire_remove_device_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.remove_device.device);
}

base_result wire_put_recovery_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.put_recovery.code_hash);
    return BASE_OK;
}

void wire_put_recovery_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.put_recovery.code_hash);
}
