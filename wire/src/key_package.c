/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Key packages: put by their device, taken by who wants to reach it; and the identity keys of accounts.
 */
#include "codec.h"

base_result wire_key_package_next(struct base_reader *packages, struct base_slice *out) {
    return wire_read_bounded(packages, 1, WIRE_MAX_KEY_PACKAGE, out);
}

void wire_key_package_write(struct base_writer *writer, struct base_slice package) {
    wire_write_bounded(writer, 1, WIRE_MAX_KEY_PACKAGE, package);
}

base_result wire_device_key_package_next(struct base_reader *devices, struct wire_device_key_package *out) {
    WIRE_READ_FIXED(devices, out->device);
    return wire_key_package_next(devices, &out->key_package);
}

void wire_device_key_package_write(struct base_writer *writer, const struct wire_device_key_package *device) {
    WIRE_WRITE_FIXED(writer, device->device);
    wire_key_package_write(writer, device->key_package);
}

static base_result count_packages(struct base_slice packages, uint32_t *out) {
    struct base_reader reader = base_reader(packages);
    uint32_t count = 0;
    for (; reader.left != 0; count++) {
        struct base_slice package;
        BASE_ENSURE(count < WIRE_MAX_KEY_PACKAGES, WIRE_ERR_FIELD);
        BASE_TRY(wire_key_package_next(&reader, &package));
    }
    *out = count;
    return BASE_OK;
}

base_result wire_put_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_put_key_packages *put = &out->of.put_key_packages;
    BASE_TRY(base_read_u8(reader, &put->replace));
    BASE_ENSURE(put->replace <= 1, WIRE_ERR_FIELD);
    BASE_TRY(wire_read_bounded(reader, 0, WIRE_MAX_KEY_PACKAGE, &put->last_resort));
    BASE_TRY(base_read_opaque(reader, &put->packages));
    return count_packages(put->packages, &put->count);
}

void wire_put_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_put_key_packages *put = &frame->of.put_key_packages;
    uint32_t count;
    base_result result = count_packages(put->packages, &count);
    result = result == BASE_OK && put->replace > 1 ? &WIRE_ERR_FIELD : result;
    if (result != BASE_OK) {
        base_writer_fail(writer, result);
        return;
    }
    base_write_u8(writer, put->replace);
    wire_write_bounded(writer, 0, WIRE_MAX_KEY_PACKAGE, put->last_resort);
    base_write_opaque(writer, put->packages);
}

base_result wire_take_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.take_key_packages.account);
    return BASE_OK;
}

void wire_take_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.take_key_packages.account);
}

static base_result check_devices(struct base_slice devices) {
    struct base_reader reader = base_reader(devices);
    size_t count = 0;
    do {
        struct wire_device_key_package device;
        BASE_ENSURE(count < WIRE_MAX_DEVICES, WIRE_ERR_FIELD);
        BASE_TRY(wire_device_key_package_next(&reader, &device));
        count++;
    } while (reader.left != 0);
    return BASE_OK;
}

base_result wire_key_packages_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_key_packages *given = &out->of.key_packages;
    WIRE_READ_FIXED(reader, given->identity_key);
    BASE_TRY(base_read_opaque(reader, &given->devices));
    return check_devices(given->devices);
}

void wire_key_packages_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_key_packages *given = &frame->of.key_packages;
    base_result result = check_devices(given->devices);
    if (result != BASE_OK) {
        base_writer_fail(writer, result);
        return;
    }
    WIRE_WRITE_FIXED(writer, given->identity_key);
    base_write_opaque(writer, given->devices);
}

base_result wire_which_device_next(struct base_reader *devices, struct wire_which_device *out) {
    WIRE_READ_FIXED(devices, out->account);
    WIRE_READ_FIXED(devices, out->key);
    return BASE_OK;
}

void wire_which_device_write(struct base_writer *writer, const struct wire_which_device *device) {
    WIRE_WRITE_FIXED(writer, device->account);
    WIRE_WRITE_FIXED(writer, device->key);
}

base_result wire_identity_next(struct base_reader *identities, struct wire_identity *out) {
    BASE_TRY(wire_which_device_next(identities, &out->device));
    BASE_TRY(wire_read_bounded(identities, 0, WIRE_KEY_LEN, &out->identity_key));
    BASE_ENSURE(out->identity_key.len == 0 || out->identity_key.len == WIRE_KEY_LEN, WIRE_ERR_FIELD);
    BASE_TRY(base_read_u8(identities, &out->listed));
    BASE_ENSURE(out->listed <= 1, WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_identity_write(struct base_writer *writer, const struct wire_identity *identity) {
    wire_which_device_write(writer, &identity->device);
    wire_write_bounded(writer, 0, WIRE_KEY_LEN, identity->identity_key);
    base_write_u8(writer, identity->listed);
}

static base_result check_devices_asked(struct base_slice devices) {
    BASE_ENSURE(devices.len != 0 && devices.len % WIRE_WHICH_DEVICE_LEN == 0, WIRE_ERR_FIELD);
    BASE_ENSURE(devices.len / WIRE_WHICH_DEVICE_LEN <= WIRE_MAX_IDENTITIES, WIRE_ERR_FIELD);
    return BASE_OK;
}

base_result wire_get_identities_decode(struct base_reader *reader, struct wire_frame *out) {
    struct base_slice *devices = &out->of.get_identities.devices;
    BASE_TRY(base_read_opaque(reader, devices));
    return check_devices_asked(*devices);
}

void wire_get_identities_encode(struct base_writer *writer, const struct wire_frame *frame) {
    base_result result = check_devices_asked(frame->of.get_identities.devices);
    if (result != BASE_OK) {
        base_writer_fail(writer, result);
        return;
    }
    base_write_opaque(writer, frame->of.get_identities.devices);
}

static base_result check_identities(struct base_slice identities) {
    struct base_reader reader = base_reader(identities);
    size_t count = 0;
    do {
        struct wire_identity identity;
        BASE_ENSURE(count < WIRE_MAX_IDENTITIES, WIRE_ERR_FIELD);
        BASE_TRY(wire_identity_next(&reader, &identity));
        count++;
    } while (reader.left != 0);
    return BASE_OK;
}

base_result wire_identities_decode(struct base_reader *reader, struct wire_frame *out) {
    struct base_slice *identities = &out->of.identities.identities;
    BASE_TRY(base_read_opaque(reader, identities));
    return check_identities(*identities);
}

void wire_identities_encode(struct base_writer *writer, const struct wire_frame *frame) {
    base_result result = check_identities(frame->of.identities.identities);
    if (result != BASE_OK) {
        base_writer_fail(writer, result);
        return;
    }
    base_write_opaque(writer, frame->of.identities.identities);
}
