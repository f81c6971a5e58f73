/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The body parts of our own types, as tests and the fuzzer see them: bytes that decode, and come out again.
 */
#ifndef TEST_BODIES_H
#define TEST_BODIES_H

#include "content/again.h"
#include "content/content.h"
#include "content/handed.h"
#include "content/location.h"
#include "content/media.h"
#include "content/missing.h"
#include "content/poll.h"
#include "content/status.h"
#include "content/vote.h"

enum body {
    BODY_POLL,
    BODY_LOCATION,
    BODY_MEDIA,
    BODY_STATUS,
    BODY_VOTE,
    BODY_HANDED,
    BODY_AGAIN,
    BODY_AGAIN_MISSING,
    BODY_MISSING,
    BODY_KINDS
};

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

static inline base_result reencode_status(struct base_slice bytes, struct base_writer *writer) {
    struct base_reader reports;
    uint64_t count;
    BASE_TRY(content_status_decode(bytes, &reports, &count));
    content_status_begin(writer, count);
    for (uint64_t i = 0; i < count; i++) {
        struct base_slice id;
        uint8_t status;
        BASE_TRY(content_status_next(&reports, &id, &status));
        content_status_write(writer, id, status);
    }
    return BASE_OK;
}

static inline base_result reencode_vote(struct base_slice bytes, struct base_writer *writer) {
    struct content_vote vote;
    BASE_TRY(content_vote_decode(bytes, &vote));
    content_vote_encode(writer, &vote);
    return BASE_OK;
}

static inline base_result reencode_handed(struct base_slice bytes, struct base_writer *writer) {
    struct content_handed handed;
    BASE_TRY(content_handed_decode(bytes, &handed));
    content_handed_encode(writer, &handed);
    return BASE_OK;
}

static inline base_result reencode_again(struct base_slice bytes, struct base_writer *writer) {
    struct content_again again;
    BASE_TRY(content_again_decode(bytes, &again));
    content_again_encode(writer, &again);
    return BASE_OK;
}

static inline base_result reencode_missing(struct base_slice bytes, struct base_writer *writer) {
    struct content_missing missing;
    BASE_TRY(content_missing_decode(bytes, &missing));
    content_missing_encode(writer, &missing);
    return BASE_OK;
}

static const struct body_kind body_kinds[BODY_KINDS] = {
    [BODY_POLL] = { content_poll_type, "83 65 5768656e3f 83 63 4d6f6e 63 547565 64 4ec3a465 f5", reencode_poll },
    [BODY_LOCATION] = { content_location_type, "84 1a 1bfbaa70 3a 04700000 0c 62 5048", reencode_location },
    [BODY_MEDIA] = { content_media_type, "85 02 19 0280 19 01e0 19 1388 44 00407fff", reencode_media },
    [BODY_STATUS] = { content_status_type,
                      "82 82 5820 017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4 02"
                      "82 5820 018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af 00",
                      reencode_status },
    [BODY_VOTE] = { content_vote_type, "82 83 00 02 13 f4", reencode_vote },
    [BODY_HANDED] = { content_handed_type,
                      "84 03 18 64 5854"
                      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                      "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                      "404142434445464748494a4b4c4d4e4f 00001000 5820"
                      "505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f",
                      reencode_handed },
    [BODY_AGAIN] = { content_again_type,
                     "83 5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 18 2a 43 010203",
                     reencode_again },
    [BODY_AGAIN_MISSING] = { content_again_type,
                             "84 5820 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 18 2a 43 010203"
                             "07",
                             reencode_again },
    [BODY_MISSING] = { "", "85 02 03 05 18 64 1a 00018001", reencode_missing }, /* a signal */
};

#endif
