/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans: what a reader has passed since a mark, as a slice, so that hashes and signatures run over received bytes.
 */
#ifndef MLS_SYNTAX_SPAN_H
#define MLS_SYNTAX_SPAN_H

#include "base/reader.h"

/** What was read since `start`, which was reader->next then. */
static inline struct base_slice mls_span(const uint8_t *start, const struct base_reader *reader) {
    return base_slice(start, start == NULL ? 0 : (size_t)(reader->next - start));
}

#endif
