/* SPDX-License-Identifier: EUPL-1.2 */
/* A sorted array. */
#include "records.h"

#include <string.h>

#include "memory.h"

size_t records_find(const struct records *records, struct base_slice key) {
    size_t low = 0, high = records->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (base_slice_compare(base_borrow(&records->items[middle].key), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void free_record(struct record *record) {
    base_bytes_free(&record->key);
    base_bytes_free(&record->value);
}

static void apply(struct records *records, const struct weibel_change *change) {
    size_t at = records_find(records, change->key);
    bool found = at < records->count && base_slice_equal(base_borrow(&records->items[at].key), change->key);
    if (found && change->remove) {
        free_record(&records->items[at]);
        records->count--;
        memmove(&records->items[at], &records->items[at + 1], (records->count - at) * sizeof *records->items);
        return;
    }
    if (change->remove) {
        return;
    }
    if (!found) {
        sim_grow((void **)&records->items, records->count, &records->capacity, sizeof *records->items);
        memmove(&records->items[at + 1], &records->items[at], (records->count - at) * sizeof *records->items);
        records->count++;
        records->items[at] = (struct record){ .key = sim_copy(change->key) };
    }
    base_bytes_free(&records->items[at].value);
    records->items[at].value = sim_copy(change->value);
}

void records_apply(struct records *records, const struct weibel_store *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        apply(records, &batch->changes[i]);
    }
}

void records_free(struct records *records) {
    for (size_t i = 0; i < records->count; i++) {
        free_record(&records->items[i]);
    }
    base_free(records->items);
    *records = (struct records){ 0 };
}
