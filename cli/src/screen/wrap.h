/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Text in rows of a given width: broken at spaces, in the middle of words that are too long, never within a character
 * and what combines with it.
 */
#ifndef SCREEN_WRAP_H
#define SCREEN_WRAP_H

#include "base/bytes.h"

struct wrap_row {
    size_t at, len;   /**< its bytes in the text, without the space or line break that ends it */
    unsigned columns; /**< at most the width, but for a wide character in a width of 1 */
};

struct wrap {
    struct base_slice text; /**< harmless UTF-8 (text.h) */
    unsigned width;         /**< at least 1 */
    size_t at;
    bool ended;
};

struct wrap wrap_begin(struct base_slice text, unsigned width);

/** The next row. There is at least one, and one after a line break at the end. False: there are no more. */
bool wrap_next(struct wrap *wrap, struct wrap_row *row);

/** Bytes of the first character of `text`, which is not empty, with all that combines with it; its columns. */
size_t wrap_cluster(struct base_slice text, unsigned *columns);

/** Where the character before `at` begins; 0 at the beginning. */
size_t wrap_before(struct base_slice text, size_t at);

/** As much of `text` as fits into `width` columns. */
struct base_slice wrap_cut(struct base_slice text, unsigned width);

#endif
