/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The body parts of our own types, as tests and the fuzzer see them: bytes that decode, and come out again.
 */
#ifndef TEST_BODIES_H
#define TEST_BODIES_H

#include "content/content.h"
#include "content/location.h"
#include "content/media.h"
#include "content/poll.h"

enum body { BODY_POLL, BODY_LOCATION, BODY_MEDIA, BODY_KINDS };

struct body_kind {
    const char *type;
    const char *sample; /* hexadecimal */
    base_result (*reencode)(struct base_slice bytes, struct base_writer *writer);
};

static inline base_result reencode_poll(struct base_slice bytes, struct base_writer *writer) {
    struct content_poll poll;
    BASE_TRY(content_poll_decode(bytes, &poll));
    content_poll_encode(writer, &poll);
    return BASE_OK;
}

static inline base_result reencode_location(struct base_slice bytes, struct base_writer *writer) {
    struct content_location location;
    BASE_TRY(content_location_decode(bytes, &location));
    content_location_encode(writer, &location);
    return BASE_OK;
}

static inline base_result reencode_media(struct base_slice bytes, struct base_writer *writer) {
    struct content_media media;
    BASE_TRY(content_media_decode(bytes, &media));
    content_media_encode(writer, &media);
    return BASE_OK;
}

static const struct body_kind body_kinds[BODY_KINDS] = {
    [BODY_POLL] = { content_poll_type, "83 65 5768656e3f 83 63 4d6f6e 63 547565 64 4ec3a465 f5", reencode_poll },
    [BODY_LOCATION] = { content_location_type, "84 1a 1bfbaa70 3a 04700000 0c 62 5048", reencode_location },
    [BODY_MEDIA] = { content_media_type, "85 02 19 0280 19 01e0 19 1388 44 00407fff", reencode_media },
};

#endif
