/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * An answer to a poll, or its end, as a body part of a reply to it (docs/content.md).
 */
#ifndef CONTENT_VOTE_H
#define CONTENT_VOTE_H

#include "base/reader.h"
#include "base/writer.h"

/** Its media type. */
extern const char content_vote_type[];

struct content_vote {
    uint32_t chosen; /**< options by their place in the list, a bit each; none: the vote is taken back */
    bool close;      /**< nobody votes any more; nothing is chosen then */
};

/**
 * Decodes and checks a vote. CBOR_ERR_…, BASE_ERR_VALUE: an option is out of its bounds or not in ascending order, or
 * something is chosen at the end; BASE_ERR_TRAILING, BASE_ERR_TRUNCATED.
 */
BASE_MUST_USE base_result content_vote_decode(struct base_slice bytes, struct content_vote *out);

/** Appends the encoding. */
void content_vote_encode(struct base_writer *writer, const struct content_vote *vote);

#endif
