/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A client's store in memory: an ordered map of byte strings. What is in it is durable.
 */
#ifndef SIM_RECORDS_H
#define SIM_RECORDS_H

#include "weibel/core.h"

struct record {
    struct base_bytes key, value;
};

struct records {
    struct record *items; /**< in order */
    size_t count, capacity;
};

/** Applies a batch, all of it. */
void records_apply(struct records *records, const struct weibel_store *batch);

/** The position of the first record whose key is not before `key`. */
size_t records_find(const struct records *records, struct base_slice key);

void records_free(struct records *records);

#endif
