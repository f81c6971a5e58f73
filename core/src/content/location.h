/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A place on Earth, as a body part (docs/content.md): whole numbers, so that a place has one encoding.
 */
#ifndef CONTENT_LOCATION_H
#define CONTENT_LOCATION_H

#include "base/reader.h"
#include "base/writer.h"

enum {
    CONTENT_DEGREE = 10000000,         /**< units of a degree: one is about a centimetre */
    CONTENT_MAX_ACCURACY = 100 * 1000, /**< metres */
    CONTENT_MAX_PLACE = 256,           /**< bytes of a name */
    CONTENT_MAX_DEGREES = 16,          /**< characters of content_degrees_text(), with a final zero */
};

/** Its media type. */
extern const char content_location_type[];

struct content_location {
    int32_t latitude, longitude; /**< WGS 84, in units of 1/CONTENT_DEGREE degree; at most 90 and 180 degrees */
    uint32_t accuracy;           /**< metres, 0: not told */
    struct base_slice name;      /**< or empty */
};

/**
 * Decodes and checks a location; `out` borrows. CBOR_ERR_…, BASE_ERR_VALUE: a number or the name is out of its bounds;
 * BASE_ERR_TRAILING, BASE_ERR_TRUNCATED.
 */
BASE_MUST_USE base_result content_location_decode(struct base_slice bytes, struct content_location *out);

/** Appends the encoding. */
void content_location_encode(struct base_writer *writer, const struct content_location *location);

/** Appends what programs show that don't know locations: the name, and a geo: URI (RFC 5870). */
void content_location_text(struct base_writer *writer, const struct content_location *location);

/** Degrees as a decimal number, exactly, without zeros at its end. */
void content_degrees_text(int32_t degrees, char out[CONTENT_MAX_DEGREES]);

#endif
