/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * NestedPart of MIMI content: nothing, inline bytes, a reference to bytes elsewhere, or more parts.
 */
#include "content/part.h"

#include "content/cbor.h"

BASE_DEFINE_ERROR(CONTENT_ERR_PARTS, BASE_PEER, "draft-ietf-mimi-content-08 §4.4",
                  "a body has too many parts, or a multipart too few");
BASE_DEFINE_ERROR(CONTENT_ERR_SEMANTICS, BASE_PEER, "draft-ietf-mimi-content-08 §9.1", "unknown part semantics");

/* How many items the array of a part has, by its cardinality. */
static const uint64_t fields_of[] = {
    [CONTENT_NULL_PART] = 3,
    [CONTENT_SINGLE] = 5,
    [CONTENT_EXTERNAL] = 15,
    [CONTENT_MULTI] = 5,
};

static base_result read_external(struct base_reader *reader, struct content_part *out) {
    uint64_t expires, encryption, hash_algorithm;
    BASE_TRY(cbor_read_text(reader, &out->type));
    BASE_TRY(cbor_read_text(reader, &out->url));
    BASE_TRY(cbor_read_uint(reader, UINT32_MAX, &expires));
    BASE_TRY(cbor_read_uint(reader, UINT64_MAX, &out->size));
    BASE_TRY(cbor_read_uint(reader, UINT16_MAX, &encryption));
    BASE_TRY(cbor_read_bytes(reader, &out->key));
    BASE_TRY(cbor_read_bytes(reader, &out->nonce));
    BASE_TRY(cbor_read_bytes(reader, &out->aad));
    BASE_TRY(cbor_read_uint(reader, UINT8_MAX, &hash_algorithm));
    BASE_TRY(cbor_read_bytes(reader, &out->hash));
    BASE_TRY(cbor_read_text(reader, &out->description));
    BASE_TRY(cbor_read_text(reader, &out->filename));
    out->expires = (uint32_t)expires;
    out->encryption = (uint16_t)encryption;
    out->hash_algorithm = (uint8_t)hash_algorithm;
    return BASE_OK;
}

/* A part up to where its own parts start, if it is a multipart. */
static base_result read_start(struct base_reader *reader, struct content_part *part) {
    uint64_t fields, disposition, cardinality, semantics;
    BASE_TRY(cbor_read_array(reader, &fields));
    BASE_TRY(cbor_read_uint(reader, UINT8_MAX, &disposition));
    BASE_TRY(cbor_read_text(reader, &part->language));
    BASE_TRY(cbor_read_uint(reader, CONTENT_MULTI, &cardinality));
    BASE_ENSURE(fields == fields_of[cardinality], CBOR_ERR_TYPE);
    part->disposition = (uint8_t)disposition;
    part->cardinality = (uint8_t)cardinality;
    switch (cardinality) {
    case CONTENT_SINGLE:
        BASE_TRY(cbor_read_text(reader, &part->type));
        return cbor_read_bytes(reader, &part->content);
    case CONTENT_EXTERNAL:
        return read_external(reader, part);
    case CONTENT_MULTI:
        BASE_TRY(cbor_read_uint(reader, UINT8_MAX, &semantics));
        BASE_ENSURE(semantics <= CONTENT_PROCESS_ALL, CONTENT_ERR_SEMANTICS);
        part->semantics = (uint8_t)semantics;
        BASE_TRY(cbor_read_array(reader, &part->count));
        BASE_ENSURE(part->count >= 2, CONTENT_ERR_PARTS);
        return BASE_OK;
    default:
        return BASE_OK;
    }
}

/* `nesting` more levels may follow, `left` more parts. Recursion is bounded by CONTENT_MAX_NESTING. */
static base_result check(struct base_reader *reader, unsigned nesting, unsigned *left) {
    BASE_ENSURE(nesting > 0, CBOR_ERR_DEPTH);
    BASE_ENSURE(*left > 0, CONTENT_ERR_PARTS);
    (*left)--;
    struct content_part part = { 0 };
    BASE_TRY(read_start(reader, &part));
    for (uint64_t i = 0; i < part.count; i++) {
        BASE_TRY(check(reader, nesting - 1, left));
    }
    return BASE_OK;
}

base_result content_part_check(struct base_reader *reader) {
    struct base_reader ahead = *reader;
    unsigned left = CONTENT_MAX_PARTS;
    BASE_TRY(check(&ahead, CONTENT_MAX_NESTING, &left));
    *reader = ahead;
    return BASE_OK;
}

base_result content_part_read(struct base_reader *reader, struct content_part *out) {
    struct base_reader ahead = *reader;
    struct content_part part = { 0 };
    BASE_TRY(read_start(&ahead, &part));
    struct base_reader parts = ahead;
    for (uint64_t i = 0; i < part.count; i++) {
        BASE_TRY(content_part_check(&ahead));
    }
    if (part.cardinality == CONTENT_MULTI) {
        part.parts = base_slice(parts.next, parts.left - ahead.left);
    }
    *reader = ahead;
    *out = part;
    return BASE_OK;
}

void content_part_write(struct base_writer *writer, const struct content_part *part) {
    if (part->cardinality > CONTENT_MULTI) {
        base_writer_fail(writer, &BASE_ERR_VALUE);
        return;
    }
    cbor_write_head(writer, CBOR_ARRAY, fields_of[part->cardinality]);
    cbor_write_head(writer, CBOR_UNSIGNED, part->disposition);
    cbor_write_text(writer, part->language);
    cbor_write_head(writer, CBOR_UNSIGNED, part->cardinality);
    if (part->cardinality == CONTENT_SINGLE) {
        cbor_write_text(writer, part->type);
        cbor_write_bytes(writer, part->content);
    } else if (part->cardinality == CONTENT_EXTERNAL) {
        cbor_write_text(writer, part->type);
        cbor_write_text(writer, part->url);
        cbor_write_head(writer, CBOR_UNSIGNED, part->expires);
        cbor_write_head(writer, CBOR_UNSIGNED, part->size);
        cbor_write_head(writer, CBOR_UNSIGNED, part->encryption);
        cbor_write_bytes(writer, part->key);
        cbor_write_bytes(writer, part->nonce);
        cbor_write_bytes(writer, part->aad);
        cbor_write_head(writer, CBOR_UNSIGNED, part->hash_algorithm);
        cbor_write_bytes(writer, part->hash);
        cbor_write_text(writer, part->description);
        cbor_write_text(writer, part->filename);
    } else if (part->cardinality == CONTENT_MULTI) {
        cbor_write_head(writer, CBOR_UNSIGNED, part->semantics);
        cbor_write_head(writer, CBOR_ARRAY, part->count);
        base_write_slice(writer, part->parts);
    }
}
