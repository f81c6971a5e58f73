/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A message that its author sends once more, as the only body part of a control message (docs/content.md).
 */
#ifndef CORE_CONTENT_AGAIN_H
#define CORE_CONTENT_AGAIN_H

#include "content/content.h"

/** Its media type. */
extern const char content_again_type[];

enum { CONTENT_AGAIN_MAX = CONTENT_MAX - 1024 /**< bytes of a content that fits into another one */ };

struct content_again {
    struct base_slice stream;  /**< where it was sent before: 32 bytes */
    uint64_t entry;            /**< and as which entry, from 1 on */
    struct base_slice content; /**< as it was: 1 to CONTENT_AGAIN_MAX bytes */
    uint32_t sequence;         /**< its number there, because it is missing; 0: it is sent for another reason */
};

/** Decodes and checks it; not what is in `content`. Borrows. CBOR_ERR_…, BASE_ERR_VALUE: a field is out of its bounds;
 * BASE_ERR_TRAILING, BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result content_again_decode(struct base_slice bytes, struct content_again *out);

/** Appends the encoding. */
void content_again_encode(struct base_writer *writer, const struct content_again *again);

#endif
