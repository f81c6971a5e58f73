/* SPDX-License-Identifier: EUPL-1.2 */
/* Small pictures of each kind, as far as their structure goes, which say a secret in each place that has room for one.
 */
#ifndef PICTURES_H
#define PICTURES_H

#include "base/bytes.h"

struct picture_sample {
    const char *name;
    struct base_slice before, after;
};

extern const struct picture_sample picture_samples[];
extern const size_t picture_sample_count;

#endif
