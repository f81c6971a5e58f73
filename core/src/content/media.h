/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a file is to the eye and the ear, as a body part beside it (docs/content.md): known before it is fetched.
 */
#ifndef CONTENT_MEDIA_H
#define CONTENT_MEDIA_H

#include "base/reader.h"
#include "base/writer.h"

enum {
    CONTENT_MAX_PIXELS = 65535,                  /**< of a side */
    CONTENT_MAX_DURATION = 7 * 24 * 3600 * 1000, /**< milliseconds */
    CONTENT_MAX_WAVEFORM = 100,                  /**< bytes: loudness from 0 to 255, at equal distances */
};

/** Its media type. */
extern const char content_media_type[];

enum content_media_kind { CONTENT_FILE = 0, CONTENT_IMAGE = 1, CONTENT_VOICE = 2, CONTENT_VIDEO = 3 };

struct content_media {
    uint8_t kind;           /**< enum content_media_kind */
    uint32_t width, height; /**< pixels, 0: not told */
    uint32_t duration;      /**< milliseconds, 0: not told */
    struct base_slice waveform;
};

/**
 * Decodes and checks a description; `out` borrows. CBOR_ERR_…, BASE_ERR_VALUE: an unknown kind, or a number or the
 * waveform is out of its bounds; BASE_ERR_TRAILING, BASE_ERR_TRUNCATED.
 */
BASE_MUST_USE base_result content_media_decode(struct base_slice bytes, struct content_media *out);

/** Appends the encoding. */
void content_media_encode(struct base_writer *writer, const struct content_media *media);

#endif
