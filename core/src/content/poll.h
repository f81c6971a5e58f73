/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The question of a poll, as a body part (docs/content.md). Answers refer to options by their place in the list.
 */
#ifndef CONTENT_POLL_H
#define CONTENT_POLL_H

#include "base/reader.h"
#include "base/writer.h"

enum {
    CONTENT_MAX_QUESTION = 1024, /**< bytes */
    CONTENT_MIN_OPTIONS = 2,
    CONTENT_MAX_OPTIONS = 20,
    CONTENT_MAX_OPTION = 256, /**< bytes */
};

/** Its media type. */
extern const char content_poll_type[];

struct content_poll {
    struct base_slice question;
    bool multiple; /**< who votes may choose several options */
    uint32_t count;
    struct base_slice options[CONTENT_MAX_OPTIONS];
};

/**
 * Decodes and checks a poll; `out` borrows. Texts are single lines without control characters. CBOR_ERR_…,
 * BASE_ERR_VALUE: a text or a number is out of its bounds; BASE_ERR_TRAILING, BASE_ERR_TRUNCATED.
 */
BASE_MUST_USE base_result content_poll_decode(struct base_slice bytes, struct content_poll *out);

/** Appends the encoding. */
void content_poll_encode(struct base_writer *writer, const struct content_poll *poll);

/** Appends what programs show that don't know polls: the question, and the options with their numbers. */
void content_poll_text(struct base_writer *writer, const struct content_poll *poll);

#endif
