/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a new member finds earlier messages of a group, as the only body part of a control message (docs/content.md).
 */
#ifndef CORE_CONTENT_HANDED_H
#define CORE_CONTENT_HANDED_H

#include "content/content.h"

/** Its media type. */
extern const char content_handed_type[];

enum { CONTENT_PLACE_LEN = 32 + 32 + 16 + 4 /**< bytes of a TreePlace: tree.h */ };

struct content_handed {
    uint64_t first, last;    /**< they are for who has come with one of these epochs */
    struct base_slice place; /**< where they lie: CONTENT_PLACE_LEN bytes */
    struct base_slice hash;  /**< SHA-256 of what lies there, opened: 32 bytes */
};

/** Decodes and checks it. Borrows. CBOR_ERR_…, BASE_ERR_VALUE: a field is out of its bounds; BASE_ERR_TRAILING,
 * BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result content_handed_decode(struct base_slice bytes, struct content_handed *out);

/** Appends the encoding. */
void content_handed_encode(struct base_writer *writer, const struct content_handed *handed);

#endif
