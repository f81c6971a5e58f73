/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * CBOR (RFC 8949) in its core deterministic encoding (§4.2.1), as far as MIMI content needs it (draft §6): one form for
 * each value, every other one refused, so that bytes and values are the same thing.
 */
#ifndef CONTENT_CBOR_H
#define CONTENT_CBOR_H

#include "base/reader.h"
#include "base/writer.h"

/** Major types (RFC 8949 §3.1). */
enum cbor_major {
    CBOR_UNSIGNED = 0,
    CBOR_NEGATIVE = 1, /**< the value is -1 - argument */
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_SIMPLE = 7,
};

enum {
    CBOR_FALSE = 20,
    CBOR_TRUE = 21,
    CBOR_NULL = 22,
    CBOR_MAX_DEPTH = 8, /**< of what cbor_skip() follows; the draft allows 4 in an extension and 4 in a body */
};

extern const struct base_error CBOR_ERR_FORM;  /**< not in the deterministic form, or reserved */
extern const struct base_error CBOR_ERR_TYPE;  /**< another type than the structure has here */
extern const struct base_error CBOR_ERR_UTF8;  /**< a text string is not UTF-8 */
extern const struct base_error CBOR_ERR_ORDER; /**< keys of a map out of order, or twice the same */
extern const struct base_error CBOR_ERR_DEPTH; /**< nested deeper than the bound */

/** Reads the head of an item: its major type and argument. Simple values and floats: see cbor_skip(). */
BASE_MUST_USE base_result cbor_read_head(struct base_reader *reader, uint8_t *major, uint64_t *argument);

/** An unsigned integer of at most `max`. CBOR_ERR_TYPE, BASE_ERR_VALUE: larger. */
BASE_MUST_USE base_result cbor_read_uint(struct base_reader *reader, uint64_t max, uint64_t *out);

/** An integer from -max to `max`, which is at most INT64_MAX. CBOR_ERR_TYPE, BASE_ERR_VALUE. */
BASE_MUST_USE base_result cbor_read_int(struct base_reader *reader, int64_t max, int64_t *out);

/** Byte and text strings, borrowed. Text is checked to be UTF-8. */
BASE_MUST_USE base_result cbor_read_bytes(struct base_reader *reader, struct base_slice *out);
BASE_MUST_USE base_result cbor_read_text(struct base_reader *reader, struct base_slice *out);

/** The head of an array or map: how many elements (pairs) follow. */
BASE_MUST_USE base_result cbor_read_array(struct base_reader *reader, uint64_t *count);
BASE_MUST_USE base_result cbor_read_map(struct base_reader *reader, uint64_t *count);

/** False or true. */
BASE_MUST_USE base_result cbor_read_bool(struct base_reader *reader, bool *out);

/** If the next item is null, takes it and says so. */
BASE_MUST_USE base_result cbor_read_null(struct base_reader *reader, bool *was_null);

/** Checks one whole item of any type, with all that is in it, and borrows its encoding. */
BASE_MUST_USE base_result cbor_skip(struct base_reader *reader, unsigned max_depth, struct base_slice *out);

/** Appends a head in its shortest form. */
void cbor_write_head(struct base_writer *writer, uint8_t major, uint64_t argument);
void cbor_write_int(struct base_writer *writer, int64_t value);
void cbor_write_bytes(struct base_writer *writer, struct base_slice bytes);
void cbor_write_text(struct base_writer *writer, struct base_slice text);

/** Appends false, true or null: CBOR_FALSE …. */
void cbor_write_simple(struct base_writer *writer, uint8_t simple);

/** True if the bytes are UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, shortest forms). */
bool cbor_utf8_valid(struct base_slice text);

#endif
