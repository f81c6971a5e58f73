/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ratchet trees beside their logs.
 */
#include "tree.h"

#include <string.h>

#include "account.h"
#include "field.h"
#include "leaf.h"
#include "policy.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_TREE, BASE_PEER, NULL,
                  "the members of the group can't be fetched, or are not what was said");

enum {
    ABOVE_A_LEAF = 192, /* bytes: its part of the nodes above, and its number in each where it may be unmerged */
};

_Static_assert(POLICY_MAX_DEVICES *(LEAF_MAX + ABOVE_A_LEAF) <= TREE_MAX, "the tree of any group finds its place");

bool tree_is_beside(const struct weibel_core *core, size_t devices) {
    return devices > core->options.tree_devices;
}

void tree_write_place(struct base_writer *writer, const struct tree_place *place) {
    field_write_array(writer, place->name, sizeof place->name);
    field_write_array(writer, place->key.key, sizeof place->key.key);
    field_write_array(writer, place->key.nonce, sizeof place->key.nonce);
    base_write_u32(writer, place->size);
}

base_result tree_read_place(struct base_reader *reader, struct tree_place *out) {
    BASE_TRY(base_read_copy(reader, out->name, sizeof out->name));
    BASE_TRY(base_read_copy(reader, out->key.key, sizeof out->key.key));
    BASE_TRY(base_read_copy(reader, out->key.nonce, sizeof out->key.nonce));
    BASE_TRY(base_read_u32(reader, &out->size));
    BASE_ENSURE(out->size > 0 && out->size <= TREE_MAX, BASE_ERR_VALUE);
    return BASE_OK;
}

base_result tree_make_place(struct weibel_core *core, const uint8_t door_key[WIRE_KEY_LEN], size_t size,
                            struct tree_place *out) {
    BASE_ENSURE(size > 0 && size <= TREE_MAX, BASE_ERR_TOO_LONG);
    account_hash(base_slice(door_key, WIRE_KEY_LEN), out->name);
    out->size = (uint32_t)size;
    BASE_TRY(base_random_fill(core->options.random, out->key.key, sizeof out->key.key));
    return base_random_fill(core->options.random, out->key.nonce, sizeof out->key.nonce);
}

void tree_door_name(const uint8_t key_hash[WIRE_KEY_LEN], uint64_t index, uint8_t out[WIRE_STREAM_LEN]) {
    uint8_t content[WIRE_DOOR_CONTENT];
    wire_door_content(key_hash, (uint32_t)index, content);
    account_hash(base_slice(content, sizeof content), out);
}

/* ---- there ---- */

void tree_put_end(struct tree_put *put) {
    base_bytes_free(&put->tree);
    base_wipe(put, sizeof *put);
}

void tree_put_begin(struct weibel_core *core, struct tree_put *put, const struct tree_place *place,
                    const uint8_t door_key[WIRE_KEY_LEN], struct base_bytes *tree) {
    tree_put_end(put);
    put->place = *place;
    memcpy(put->door_key, door_key, sizeof put->door_key);
    put->number = ++core->last_put;
    base_bytes_move(&put->tree, tree);
}

bool tree_put_is_begun(const struct tree_put *put) {
    return put->number != 0;
}

static void free_chunk(uint8_t **chunk) {
    base_free(*chunk);
}

base_result tree_put_pump(struct weibel_core *core, struct tree_put *put, request_fn answered, uint64_t a) {
    if (put->in_flight || put->done) {
        return BASE_OK;
    }
    uint8_t *chunk BASE_CLEANUP(free_chunk) = (uint8_t *)base_take(core->options.allocator, WEIBEL_CHUNK_SEALED, 1);
    BASE_ENSURE(chunk != NULL, BASE_ERR_NO_MEMORY);
    size_t start = (size_t)put->next * WEIBEL_CHUNK, len;
    size_t left = start < put->tree.len ? put->tree.len - start : 0;
    if (left > 0) {
        memcpy(chunk, put->tree.data + start, left < WEIBEL_CHUNK ? left : WEIBEL_CHUNK);
    }
    BASE_TRY(weibel_blob_seal(&put->place.key, put->place.size, put->next, chunk, &len));
    struct wire_frame frame = { .type = WIRE_PUT_DOOR };
    struct wire_put_door *door = &frame.of.put_door;
    memcpy(door->key, put->door_key, sizeof door->key);
    door->index = (uint32_t)put->next;
    door->content = base_slice(chunk, len);
    put->in_flight = true;
    return request_send(core, &frame, answered, a, put->number);
}

base_result tree_put_answered(struct tree_put *put, const struct wire_frame *answer, uint64_t *delay) {
    put->in_flight = false;
    *delay = 0;
    if (answer->type == WIRE_REFUSAL) {
        BASE_ENSURE(request_passes(&answer->of.refusal), WEIBEL_ERR_TREE);
        *delay = request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    put->next++;
    put->done = put->next == weibel_blob_chunks(put->place.size);
    if (put->done) {
        base_bytes_free(&put->tree);
    }
    return BASE_OK;
}

/* ---- and back ---- */

void tree_get_end(struct tree_get *get) {
    base_bytes_free(&get->tree);
    base_wipe(get, sizeof *get);
}

base_result tree_get_pump(struct weibel_core *core, struct tree_get *get, request_fn answered, uint64_t a, uint64_t b) {
    if (get->in_flight) {
        return BASE_OK;
    }
    struct wire_frame frame = { .type = WIRE_GET_DOOR };
    tree_door_name(get->place.name, get->next, frame.of.get_door.door);
    get->in_flight = true;
    return request_send(core, &frame, answered, a, b);
}

static base_result take_chunk(struct weibel_core *core, struct tree_get *get, struct base_slice sealed) {
    BASE_ENSURE(sealed.len > 0 && sealed.len <= WEIBEL_CHUNK_SEALED, WEIBEL_ERR_TREE);
    uint8_t *chunk BASE_CLEANUP(free_chunk) = (uint8_t *)base_take(core->options.allocator, WEIBEL_CHUNK_SEALED, 1);
    BASE_ENSURE(chunk != NULL, BASE_ERR_NO_MEMORY);
    size_t start = (size_t)get->next * WEIBEL_CHUNK, len = 0;
    memcpy(chunk, sealed.data, sealed.len);
    BASE_ENSURE(weibel_blob_open(&get->place.key, get->place.size, get->next, chunk, sealed.len, &len) == BASE_OK &&
                    len <= get->place.size - start,
                WEIBEL_ERR_TREE);
    if (get->tree.data == NULL) {
        BASE_TRY(base_bytes_take(core->options.allocator, get->place.size, &get->tree));
    }
    memcpy(get->tree.data + start, chunk, len);
    get->next++;
    return BASE_OK;
}

base_result tree_get_answered(struct weibel_core *core, struct tree_get *get, const struct wire_frame *answer,
                              bool *whole, uint64_t *delay) {
    get->in_flight = false;
    *whole = false;
    *delay = 0;
    if (answer->type == WIRE_REFUSAL) {
        BASE_ENSURE(request_passes(&answer->of.refusal), WEIBEL_ERR_TREE);
        *delay = request_delay(&answer->of.refusal);
        return BASE_OK;
    }
    BASE_TRY(take_chunk(core, get, answer->of.door.content));
    *whole = get->next * WEIBEL_CHUNK >= get->place.size;
    return BASE_OK;
}
