/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Between the files of sync: a record, and its form.
 */
#ifndef CORE_SYNC_RECORD_H
#define CORE_SYNC_RECORD_H

#include "request.h"
#include "sync.h"

/** Durable: number to sent. */
struct sync_record {
    uint64_t number;
    enum sync_kind kind;
    struct base_bytes name, value;
    uint64_t clock;
    uint8_t device[WIRE_DEVICE_LEN];
    bool sent;        /**< the other devices have it */
    uint64_t sending; /* not durable: in which message it is on its way, 0: none */
};

/** One that was read. Borrows. */
struct sync_view {
    enum sync_kind kind;
    struct base_slice name, value;
    uint64_t clock;
    uint8_t device[WIRE_DEVICE_LEN];
};

/** Kind to device. */
void sync_record_write(struct base_writer *writer, const struct sync_record *record);

/** BASE_ERR_…; BASE_ERR_VALUE: a kind that we do not know, when all of it has been read. */
BASE_MUST_USE base_result sync_record_read(struct base_reader *reader, struct sync_view *out);

BASE_MUST_USE base_result sync_record_save(struct weibel_core *core, const struct sync_record *record);

/** Sends a message through the own group, as it is. `answered` gets `a` and `b`. */
BASE_MUST_USE base_result sync_append(struct weibel_core *core, struct group *group, struct base_slice message,
                                      uint32_t lifetime, request_fn answered, uint64_t a, uint64_t b);

/** What another device says: kept and handled if it is newer than what we have. */
BASE_MUST_USE base_result sync_record_take(struct weibel_core *core, const struct sync_view *view);

#endif
