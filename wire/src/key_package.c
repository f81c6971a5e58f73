/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages: put by their device, taken by who wants to reach it; and the identity keys of accounts.
 */
#include "codec.h"

base_result wire_put_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_put_key_packages *put = &out->of.put_key_packages;
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_MAX_KEY_PACKAGE, &put->last_resort));
    struct base_reader packages;
    BASE_TRY(base_read_vector(reader, &packages));
    put->count = 0;
    while (packages.left != 0) {
        BASE_ENSURE(put->count < WIRE_MAX_KEY_PACKAGES, WIRE_ERR_FIELD);
        BASE_TRY(wire_read_bounded(&packages, 1, WIRE_MAX_KEY_PACKAGE, &put->packages[put->count]));
        put->count++;
    }
    return BASE_OK;
}

void wire_put_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_put_key_packages *put = &frame->of.put_key_packages;
    if (put->count > WIRE_MAX_KEY_PACKAGES) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
        return;
    }
    wire_write_bounded(writer, 0, WIRE_MAX_KEY_PACKAGE, put->last_resort);
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t i = 0; i < put->count; i++) {
        wire_write_bounded(writer, 1, WIRE_MAX_KEY_PACKAGE, put->packages[i]);
    }
    base_write_vector_end(writer, mark);
}

base_result wire_take_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.take_key_packages.account);
    return BASE_OK;
}

void wire_take_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.take_key_packages.account);
}

base_result wire_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_key_packages *given = &out->of.key_packages;
    WIRE_READ_FIXED(reader, given->identity_key);
    struct base_reader devices;
    BASE_TRY(base_read_vector(reader, &devices));
    given->count = 0;
    do {
        BASE_ENSURE(given->count < WIRE_MAX_DEVICES, WIRE_ERR_FIELD);
        struct wire_device_key_package *device = &given->devices[given->count];
        WIRE_READ_FIXED(&devices, device->device);
        BASE_TRY(wire_read_bounded(&devices, 1, WIRE_MAX_KEY_PACKAGE, &device->key_package));
        given->count++;
    } while (devices.left != 0);
    return BASE_OK;
}

void wire_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_key_packages *given = &frame->of.key_packages;
    if (given->count == 0 || given->count > WIRE_MAX_DEVICES) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
        return;
    }
    WIRE_WRITE_FIXED(writer, given->identity_key);
    size_t mark = base_write_vector_begin(writer);
    for (uint32_t i = 0; i < given->count; i++) {
        WIRE_WRITE_FIXED(writer, given->devices[i].device);
        wire_write_bounded(writer, 1, WIRE_MAX_KEY_PACKAGE, given->devices[i].key_package);
    }
    base_write_vector_end(writer, mark);
}

base_result wire_get_identity_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.get_identity.account);
    return BASE_OK;
}

void wire_get_identity_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.get_identity.account);
}

base_result wire_identity_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.identity.identity_key);
    return BASE_OK;
}

void wire_identity_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.identity.identity_key);
}
