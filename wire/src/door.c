/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Doors: what lies beside streams for those who are to come in.
 */
#include <string.h>

#include "codec.h"

void wire_door_content(const uint8_t key_hash[WIRE_KEY_LEN], uint32_t index, uint8_t out[WIRE_DOOR_CONTENT]) {
    memcpy(out, key_hash, WIRE_KEY_LEN);
    for (unsigned i = 0; i < 4; i++) {
        out[WIRE_KEY_LEN + i] = (uint8_t)(index >> (24 - 8 * i));
    }
}

base_result wire_put_door_decode(struct base_reader *reader, struct wire_frame *out) {
    struct wire_put_door *door = &out->of.put_door;
    WIRE_READ_FIXED(reader, door->key);
    BASE_TRY(base_read_u32(reader, &door->index));
    BASE_TRY(wire_read_lifetime(reader, &door->lifetime));
    return wire_read_bounded(reader, 0, WIRE_MAX_ENTRY, &door->content);
}

void wire_put_door_encode(struct base_writer *writer, const struct wire_frame *frame) {
    const struct wire_put_door *door = &frame->of.put_door;
    WIRE_WRITE_FIXED(writer, door->key);
    base_write_u32(writer, door->index);
    wire_write_lifetime(writer, door->lifetime);
    wire_write_bounded(writer, 0, WIRE_MAX_ENTRY, door->content);
}

base_result wire_get_door_decode(struct base_reader *reader, struct wire_frame *out) {
    WIRE_READ_FIXED(reader, out->of.get_door.door);
    return BASE_OK;
}

void wire_get_door_encode(struct base_writer *writer, const struct wire_frame *frame) {
    WIRE_WRITE_FIXED(writer, frame->of.get_door.door);
}

base_result wire_door_decode(struct base_reader *reader, struct wire_frame *out) {
    return wire_read_bounded(reader, 1, WIRE_MAX_ENTRY, &out->of.door.content);
}

void wire_door_encode(struct base_writer *writer, const struct wire_frame *frame) {
    wire_write_bounded(writer, 1, WIRE_MAX_ENTRY, frame->of.door.content);
}
