/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Fields with a bound, for decoders and encoders alike.
 */
#include "codec.h"

base_result wire_read_bounded(struct base_reader *reader, size_t min, size_t max, struct base_slice *out) {
    BASE_TRY(base_read_opaque_max(reader, max, out));
    BASE_ENSURE(out->len >= min, WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_write_bounded(struct base_writer *writer, size_t min, size_t max, struct base_slice bytes) {
    if (bytes.len < min || bytes.len > max) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    base_write_opaque(writer, bytes);
}

base_result wire_read_choice(struct base_reader *reader, uint8_t max, uint8_t *out) {
    BASE_TRY(base_read_u8(reader, out));
    BASE_ENSURE(*out <= max, WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_write_choice(struct base_writer *writer, uint8_t max, uint8_t value) {
    if (value > max) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    base_write_u8(writer, value);
}

base_result wire_read_lifetime(struct base_reader *reader, uint32_t *out) {
    BASE_TRY(base_read_u32(reader, out));
    BASE_ENSURE(*out <= WIRE_MAX_LIFETIME, WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_write_lifetime(struct base_writer *writer, uint32_t lifetime) {
    if (lifetime > WIRE_MAX_LIFETIME) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    base_write_u32(writer, lifetime);
}

base_result wire_read_number(struct base_reader *reader, uint64_t *out) {
    BASE_TRY(base_read_u64(reader, out));
    BASE_ENSURE(*out <= WIRE_MAX_NUMBER, WIRE_ERR_FIELD);
    return BASE_OK;
}

void wire_write_number(struct base_writer *writer, uint64_t number) {
    if (number > WIRE_MAX_NUMBER) {
        base_writer_fail(writer, &WIRE_ERR_FIELD);
    }
    base_write_u64(writer, number);
}
