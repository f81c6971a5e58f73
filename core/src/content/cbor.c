/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deterministic CBOR: reader and writer. Nothing is allocated by the reader, and it goes no deeper than it is told.
 */
#include "content/cbor.h"

#include <string.h>

BASE_DEFINE_ERROR(CBOR_ERR_FORM, BASE_PEER, "RFC 8949 §4.2.1", "a CBOR item is not in its deterministic form");
BASE_DEFINE_ERROR(CBOR_ERR_TYPE, BASE_PEER, NULL, "a CBOR item has another type than belongs here");
BASE_DEFINE_ERROR(CBOR_ERR_UTF8, BASE_PEER, "RFC 8949 §3.1", "a text is not UTF-8");
BASE_DEFINE_ERROR(CBOR_ERR_ORDER, BASE_PEER, "RFC 8949 §4.2.1", "the keys of a map are not in order");
BASE_DEFINE_ERROR(CBOR_ERR_DEPTH, BASE_PEER, NULL, "CBOR items are nested too deeply");

/* Additional information (RFC 8949 §3). */
enum { INFO_ONE_BYTE = 24, INFO_TWO_BYTES, INFO_FOUR_BYTES, INFO_EIGHT_BYTES };

base_result cbor_read_head(struct base_reader *reader, uint8_t *major, uint64_t *argument) {
    struct base_reader ahead = *reader;
    uint8_t first;
    BASE_TRY(base_read_u8(&ahead, &first));
    uint8_t info = first & 0x1f;
    uint64_t value = info;
    uint64_t least = 0; /* a smaller value has a shorter form */
    if (info == INFO_ONE_BYTE) {
        uint8_t byte;
        BASE_TRY(base_read_u8(&ahead, &byte));
        value = byte;
        least = INFO_ONE_BYTE;
    } else if (info == INFO_TWO_BYTES) {
        uint16_t two;
        BASE_TRY(base_read_u16(&ahead, &two));
        value = two;
        least = (uint64_t)UINT8_MAX + 1;
    } else if (info == INFO_FOUR_BYTES) {
        uint32_t four;
        BASE_TRY(base_read_u32(&ahead, &four));
        value = four;
        least = (uint64_t)UINT16_MAX + 1;
    } else if (info == INFO_EIGHT_BYTES) {
        BASE_TRY(base_read_u64(&ahead, &value));
        least = (uint64_t)UINT32_MAX + 1;
    } else {
        BASE_ENSURE(info < INFO_ONE_BYTE, CBOR_ERR_FORM);
    }
    /* In major type 7 the bytes are a float, not a number with a shortest form; a simple value below 32 has no
     * second byte. */
    if (first >> 5 == CBOR_SIMPLE) {
        BASE_ENSURE(info != INFO_ONE_BYTE || value >= 32, CBOR_ERR_FORM);
    } else {
        BASE_ENSURE(value >= least, CBOR_ERR_FORM);
    }
    *reader = ahead;
    *major = first >> 5;
    *argument = value;
    return BASE_OK;
}

static base_result read_expected(struct base_reader *reader, uint8_t expected, uint64_t *argument) {
    struct base_reader ahead = *reader;
    uint8_t major;
    BASE_TRY(cbor_read_head(&ahead, &major, argument));
    BASE_ENSURE(major == expected, CBOR_ERR_TYPE);
    *reader = ahead;
    return BASE_OK;
}

base_result cbor_read_uint(struct base_reader *reader, uint64_t max, uint64_t *out) {
    struct base_reader ahead = *reader;
    uint64_t value;
    BASE_TRY(read_expected(&ahead, CBOR_UNSIGNED, &value));
    BASE_ENSURE(value <= max, BASE_ERR_VALUE);
    *reader = ahead;
    *out = value;
    return BASE_OK;
}

base_result cbor_read_int(struct base_reader *reader, int64_t max, int64_t *out) {
    struct base_reader ahead = *reader;
    uint8_t major;
    uint64_t argument;
    BASE_TRY(cbor_read_head(&ahead, &major, &argument));
    BASE_ENSURE(major == CBOR_UNSIGNED || major == CBOR_NEGATIVE, CBOR_ERR_TYPE);
    BASE_ENSURE(major == CBOR_NEGATIVE ? argument < (uint64_t)max : argument <= (uint64_t)max, BASE_ERR_VALUE);
    *reader = ahead;
    *out = major == CBOR_NEGATIVE ? -1 - (int64_t)argument : (int64_t)argument;
    return BASE_OK;
}

static base_result read_string(struct base_reader *reader, uint8_t major, struct base_slice *out) {
    struct base_reader ahead = *reader;
    uint64_t len;
    BASE_TRY(read_expected(&ahead, major, &len));
    BASE_ENSURE(len <= ahead.left, BASE_ERR_TRUNCATED);
    BASE_TRY(base_read_slice(&ahead, (size_t)len, out));
    *reader = ahead;
    return BASE_OK;
}

base_result cbor_read_bytes(struct base_reader *reader, struct base_slice *out) {
    return read_string(reader, CBOR_BYTES, out);
}

base_result cbor_read_text(struct base_reader *reader, struct base_slice *out) {
    struct base_reader ahead = *reader;
    struct base_slice text;
    BASE_TRY(read_string(&ahead, CBOR_TEXT, &text));
    BASE_ENSURE(cbor_utf8_valid(text), CBOR_ERR_UTF8);
    *reader = ahead;
    *out = text;
    return BASE_OK;
}

base_result cbor_read_array(struct base_reader *reader, uint64_t *count) {
    return read_expected(reader, CBOR_ARRAY, count);
}

base_result cbor_read_map(struct base_reader *reader, uint64_t *count) {
    return read_expected(reader, CBOR_MAP, count);
}

base_result cbor_read_bool(struct base_reader *reader, bool *out) {
    struct base_reader ahead = *reader;
    uint8_t first;
    BASE_TRY(base_read_u8(&ahead, &first));
    BASE_ENSURE(first == (CBOR_SIMPLE << 5 | CBOR_FALSE) || first == (CBOR_SIMPLE << 5 | CBOR_TRUE), CBOR_ERR_TYPE);
    *reader = ahead;
    *out = first == (CBOR_SIMPLE << 5 | CBOR_TRUE);
    return BASE_OK;
}

base_result cbor_read_null(struct base_reader *reader, bool *was_null) {
    struct base_reader ahead = *reader;
    uint8_t first;
    BASE_TRY(base_read_u8(&ahead, &first));
    *was_null = first == (CBOR_SIMPLE << 5 | CBOR_NULL);
    if (*was_null) {
        *reader = ahead;
    }
    return BASE_OK;
}

/* Floats in their shortest form (RFC 8949 §4.2.1); the half-width quiet NaN alone (draft §6.2). */
static base_result check_float(uint8_t info, uint64_t bits) {
    if (info == INFO_TWO_BYTES) {
        bool nan = (bits & 0x7c00) == 0x7c00 && (bits & 0x3ff) != 0;
        BASE_ENSURE(!nan || bits == 0x7e00, CBOR_ERR_FORM);
        return BASE_OK;
    }
    if (info == INFO_FOUR_BYTES) {
        uint32_t exponent = (uint32_t)(bits >> 23) & 0xff;
        uint32_t fraction = (uint32_t)bits & 0x7fffff;
        BASE_ENSURE(exponent != 0xff, CBOR_ERR_FORM);               /* NaN, or an infinity, which half width has too */
        BASE_ENSURE(exponent != 0 || fraction != 0, CBOR_ERR_FORM); /* zero */
        bool normal = exponent >= 127 - 14 && exponent <= 127 + 15 && (fraction & 0x1fff) == 0;
        uint32_t shift = 127 - 14 - exponent; /* subnormal halves: 2^-15 to 2^-24 */
        bool subnormal = exponent >= 127 - 24 && exponent < 127 - 14 &&
                         (((uint32_t)0x800000 | fraction) & (((uint32_t)1 << (13 + shift)) - 1)) == 0;
        BASE_ENSURE(!normal && !subnormal, CBOR_ERR_FORM);
        return BASE_OK;
    }
    double wide;
    memcpy(&wide, &bits, sizeof wide);
    uint64_t exponent = bits >> 52 & 0x7ff;
    BASE_ENSURE(exponent != 0x7ff && wide != 0, CBOR_ERR_FORM);
    if (exponent >= 1023 - 149 && exponent <= 1023 + 127) { /* else out of a float's range, which C leaves undefined */
        BASE_ENSURE((double)(float)wide != wide, CBOR_ERR_FORM);
    }
    return BASE_OK;
}

static base_result skip_item(struct base_reader *reader, unsigned depth);

static base_result skip_map(struct base_reader *reader, uint64_t count, unsigned depth) {
    struct base_slice last = { NULL, 0 };
    for (uint64_t i = 0; i < count; i++) {
        struct base_reader key_start = *reader;
        uint8_t major;
        uint64_t argument;
        struct base_reader head = *reader;
        BASE_TRY(cbor_read_head(&head, &major, &argument));
        BASE_ENSURE(major <= CBOR_TEXT, CBOR_ERR_TYPE); /* draft §6.2 */
        BASE_TRY(skip_item(reader, depth));
        struct base_slice key = { key_start.next, key_start.left - reader->left };
        BASE_ENSURE(i == 0 || base_slice_compare(last, key) < 0, CBOR_ERR_ORDER);
        last = key;
        BASE_TRY(skip_item(reader, depth));
    }
    return BASE_OK;
}

/* `depth` more levels may be opened. Recursion is bounded by CBOR_MAX_DEPTH. */
static base_result skip_item(struct base_reader *reader, unsigned depth) {
    struct base_reader start = *reader;
    uint8_t major;
    uint64_t argument;
    BASE_TRY(cbor_read_head(reader, &major, &argument));
    struct base_slice string;
    switch (major) {
    case CBOR_BYTES:
        *reader = start;
        return cbor_read_bytes(reader, &string);
    case CBOR_TEXT:
        *reader = start;
        return cbor_read_text(reader, &string);
    case CBOR_ARRAY:
        BASE_ENSURE(depth > 0, CBOR_ERR_DEPTH);
        for (uint64_t i = 0; i < argument; i++) {
            BASE_TRY(skip_item(reader, depth - 1));
        }
        return BASE_OK;
    case CBOR_MAP:
        BASE_ENSURE(depth > 0, CBOR_ERR_DEPTH);
        return skip_map(reader, argument, depth - 1);
    case CBOR_TAG:
        BASE_ENSURE(depth > 0, CBOR_ERR_DEPTH);
        BASE_ENSURE(argument != 2 && argument != 3, CBOR_ERR_TYPE); /* bignums: optional, not supported */
        return skip_item(reader, depth - 1);
    case CBOR_SIMPLE: {
        uint8_t info = *start.next & 0x1f;
        if (info >= INFO_TWO_BYTES) {
            return check_float(info, argument);
        }
        return BASE_OK;
    }
    default:
        return BASE_OK;
    }
}

base_result cbor_skip(struct base_reader *reader, unsigned max_depth, struct base_slice *out) {
    struct base_reader ahead = *reader;
    BASE_TRY(skip_item(&ahead, max_depth < CBOR_MAX_DEPTH ? max_depth : CBOR_MAX_DEPTH));
    *out = base_slice(reader->next, reader->left - ahead.left);
    *reader = ahead;
    return BASE_OK;
}

void cbor_write_head(struct base_writer *writer, uint8_t major, uint64_t argument) {
    uint8_t type = (uint8_t)(major << 5);
    if (argument < INFO_ONE_BYTE) {
        base_write_u8(writer, (uint8_t)(type | argument));
    } else if (argument <= UINT8_MAX) {
        base_write_u8(writer, type | INFO_ONE_BYTE);
        base_write_u8(writer, (uint8_t)argument);
    } else if (argument <= UINT16_MAX) {
        base_write_u8(writer, type | INFO_TWO_BYTES);
        base_write_u16(writer, (uint16_t)argument);
    } else if (argument <= UINT32_MAX) {
        base_write_u8(writer, type | INFO_FOUR_BYTES);
        base_write_u32(writer, (uint32_t)argument);
    } else {
        base_write_u8(writer, type | INFO_EIGHT_BYTES);
        base_write_u64(writer, argument);
    }
}

void cbor_write_int(struct base_writer *writer, int64_t value) {
    cbor_write_head(writer, value < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED, (uint64_t)(value < 0 ? -1 - value : value));
}

void cbor_write_bytes(struct base_writer *writer, struct base_slice bytes) {
    cbor_write_head(writer, CBOR_BYTES, bytes.len);
    base_write_slice(writer, bytes);
}

void cbor_write_text(struct base_writer *writer, struct base_slice text) {
    cbor_write_head(writer, CBOR_TEXT, text.len);
    base_write_slice(writer, text);
}

void cbor_write_simple(struct base_writer *writer, uint8_t simple) {
    base_write_u8(writer, (uint8_t)(CBOR_SIMPLE << 5 | simple));
}

bool cbor_utf8_valid(struct base_slice text) {
    size_t i = 0;
    while (i < text.len) {
        uint8_t first = text.data[i++];
        if (first < 0x80) {
            continue;
        }
        size_t more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if (first < 0xc2 || first > 0xf4 || text.len - i < more) {
            return false;
        }
        uint32_t point = first & (0x3fU >> more);
        for (size_t k = 0; k < more; k++) {
            if ((text.data[i + k] & 0xc0) != 0x80) {
                return false;
            }
            point = point << 6 | (text.data[i + k] & 0x3f);
        }
        if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            return false;
        }
        i += more;
    }
    return true;
}
