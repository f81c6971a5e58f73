/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Descriptions of images, voice messages and videos.
 */
#include "content/media.h"

#include "content/cbor.h"

enum { FIELDS = 5 };

const char content_media_type[] = "application/vnd.weibel.media+cbor";

static base_result read_number(struct base_reader *reader, uint32_t max, uint32_t *out) {
    uint64_t value;
    BASE_TRY(cbor_read_uint(reader, max, &value));
    *out = (uint32_t)value;
    return BASE_OK;
}

base_result content_media_decode(struct base_slice bytes, struct content_media *out) {
    struct base_reader reader = base_reader(bytes);
    struct content_media media = { 0 };
    uint64_t fields, kind;
    BASE_TRY(cbor_read_array(&reader, &fields));
    BASE_ENSURE(fields == FIELDS, CBOR_ERR_TYPE);
    BASE_TRY(cbor_read_uint(&reader, CONTENT_VIDEO, &kind));
    BASE_TRY(read_number(&reader, CONTENT_MAX_PIXELS, &media.width));
    BASE_TRY(read_number(&reader, CONTENT_MAX_PIXELS, &media.height));
    BASE_TRY(read_number(&reader, CONTENT_MAX_DURATION, &media.duration));
    BASE_TRY(cbor_read_bytes(&reader, &media.waveform));
    BASE_ENSURE(media.waveform.len <= CONTENT_MAX_WAVEFORM, BASE_ERR_VALUE);
    BASE_TRY(base_read_end(&reader));
    media.kind = (uint8_t)kind;
    *out = media;
    return BASE_OK;
}

void content_media_encode(struct base_writer *writer, const struct content_media *media) {
    cbor_write_head(writer, CBOR_ARRAY, FIELDS);
    cbor_write_head(writer, CBOR_UNSIGNED, media->kind);
    cbor_write_head(writer, CBOR_UNSIGNED, media->width);
    cbor_write_head(writer, CBOR_UNSIGNED, media->height);
    cbor_write_head(writer, CBOR_UNSIGNED, media->duration);
    cbor_write_bytes(writer, media->waveform);
}
