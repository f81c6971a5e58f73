/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One well-formed example of every struct, with something in every field and vector. Nothing is signed or encrypted.
 */
#ifndef MLS_TESTS_SAMPLES_H
#define MLS_TESTS_SAMPLES_H

#include "roundtrip.h"
#include "syntax/message.h"

struct sample {
    const char *name;
    roundtrip roundtrip;
    void (*write)(struct base_writer *writer);
};

extern const struct sample samples[];
extern const size_t sample_count;

/** A leaf of this source, its members borrowed from constants. */
struct mls_leaf_node sample_leaf(uint8_t source);

#endif
