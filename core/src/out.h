/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What comes out of a core. During an input, changes of the store gather in one batch and everything else behind it;
 * when the input ends, both go to the queue, the batch first. If the input fails, both are dropped.
 */
#ifndef CORE_OUT_H
#define CORE_OUT_H

#include "key.h"
#include "list.h"
#include "vault.h"
#include "weibel/core.h"
#include "wire/wire.h"

struct out {
    const struct base_allocator *allocator;
    const struct base_random *random;
    const struct vault *vault;
    struct list batch;   /**< of this input: struct out_change */
    uint32_t *slots;     /**< a hash table of places in a long batch, from 1 on; 0 where there is none */
    size_t capacity;     /**< of it: a power of two, or 0 */
    struct list waiting; /**< of this input: struct out_effect */
    struct list queue;   /**< of finished inputs: struct out_effect */
    void *shown;         /**< the effect that was handed out last: struct out_effect */
    bool storing;        /**< that was a batch, whose end has not been told yet */
};

void out_free(struct out *out);

/** Seals a value and puts it into the batch, in the place of what the batch had for this key. */
BASE_MUST_USE base_result out_put(struct out *out, struct key key, struct base_slice value);

/** Likewise, as it is: for the vault's own record. */
BASE_MUST_USE base_result out_put_plain(struct out *out, struct key key, struct base_slice value);

/** Puts the removal of a record into the batch. */
BASE_MUST_USE base_result out_remove(struct out *out, struct key key);

/** Asks for records: `limit` of them with from <= key < before. */
BASE_MUST_USE base_result out_read(struct out *out, uint32_t read, struct key from, struct key before, uint32_t limit,
                                   bool backwards);

BASE_MUST_USE base_result out_connect(struct out *out, const char *url);
BASE_MUST_USE base_result out_disconnect(struct out *out);
BASE_MUST_USE base_result out_frame(struct out *out, const struct wire_frame *frame);

/** Takes the line, ended or failed, out of the writer. */
BASE_MUST_USE base_result out_line(struct out *out, struct base_writer *line);

/** Copies `transfer` with its texts. */
BASE_MUST_USE base_result out_transfer(struct out *out, const struct weibel_transfer *transfer);

/** Ends an input: what it has gathered goes to the queue. */
BASE_MUST_USE base_result out_commit(struct out *out);

/** Drops everything that was not handed out. */
void out_drop(struct out *out);

/** weibel_core_next() */
bool out_next(struct out *out, struct weibel_effect *effect);

#endif
