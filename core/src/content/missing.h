/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The question for contents of a device that are missing, as a signal (docs/content.md).
 */
#ifndef CORE_CONTENT_MISSING_H
#define CORE_CONTENT_MISSING_H

#include "base/reader.h"
#include "base/writer.h"

enum { CONTENT_SIGNAL_MISSING = 2 /**< with which it begins */ };

struct content_missing {
    uint32_t leaf;  /**< of the device that has written them, … */
    uint64_t since; /**< … which came in with this epoch */
    uint32_t end;   /**< not 0 */
    uint64_t open;  /**< for each bit `i`, at least one, that of the number `end` - 1 - `i` is missing */
};

/** Decodes and checks it. CBOR_ERR_…, BASE_ERR_VALUE: it is another signal, or asks for nothing; BASE_ERR_TRAILING,
 * BASE_ERR_TRUNCATED. */
BASE_MUST_USE base_result content_missing_decode(struct base_slice bytes, struct content_missing *out);

/** Appends the encoding. */
void content_missing_encode(struct base_writer *writer, const struct content_missing *missing);

#endif
