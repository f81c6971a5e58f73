/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A picture that is gone through from its beginning to its end, and from which some of it is left out: what stays moves
 * to the front, in the same memory. So nothing is allocated, and what comes out is never longer than what went in.
 */
#ifndef CORE_PICTURE_CUT_H
#define CORE_PICTURE_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/result.h"

struct picture_cut {
    uint8_t *data;
    size_t len;
    size_t at;   /**< of what was there: here it is read */
    size_t kept; /**< bytes of what stays, from the beginning of `data` on; never more than `at` */
};

static inline size_t picture_left(const struct picture_cut *cut) {
    return cut->len - cut->at;
}

static inline const uint8_t *picture_next(const struct picture_cut *cut) {
    return cut->data + cut->at;
}

/** True if these bytes come at `offset` from here. */
static inline bool picture_has(const struct picture_cut *cut, size_t offset, const void *bytes, size_t len) {
    return offset <= picture_left(cut) && len <= picture_left(cut) - offset &&
           memcmp(picture_next(cut) + offset, bytes, len) == 0;
}

/** Of what comes next `len` bytes stay, or go. The caller has made sure that there are as many. */
static inline void picture_keep(struct picture_cut *cut, size_t len) {
    memmove(cut->data + cut->kept, picture_next(cut), len);
    cut->kept += len;
    cut->at += len;
}

static inline void picture_drop(struct picture_cut *cut, size_t len) {
    cut->at += len;
}

/** Puts something into the place of what was dropped. BASE_ERR_VALUE: that was shorter. */
BASE_MUST_USE static inline base_result picture_put(struct picture_cut *cut, const uint8_t *bytes, size_t len) {
    BASE_ENSURE(len <= cut->at - cut->kept, BASE_ERR_VALUE);
    memcpy(cut->data + cut->kept, bytes, len);
    cut->kept += len;
    return BASE_OK;
}

/** By kind. What is left is `kept`. BASE_ERR_VALUE: the picture is damaged, so that nobody can say what is in it. */
BASE_MUST_USE base_result picture_cut_jpeg(struct picture_cut *cut);
BASE_MUST_USE base_result picture_cut_png(struct picture_cut *cut);
BASE_MUST_USE base_result picture_cut_webp(struct picture_cut *cut);
BASE_MUST_USE base_result picture_cut_gif(struct picture_cut *cut);
BASE_MUST_USE base_result picture_cut_heif(struct picture_cut *cut);

#endif
