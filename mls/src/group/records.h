/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of a saved group, in the order in which they are loaded. Internal.
 *
 *   kind                 then                 value
 *   MLS_RECORD_EPOCH     -                    all that a commit changes, but the tree; first, it has the version
 *   MLS_RECORD_TREE      node index           a node (tree.h)
 *   MLS_RECORD_PROPOSAL  number               a cached proposal
 *   MLS_RECORD_PAST      epoch                a past epoch, without its message keys
 *   MLS_RECORD_MESSAGES  epoch, 5 bytes       message keys of an epoch (secret_tree.h)
 *   MLS_RECORD_PENDING   -                    the own commit that waits
 */
#ifndef MLS_GROUP_RECORDS_H
#define MLS_GROUP_RECORDS_H

#include "group/group.h"

enum mls_record_kind {
    MLS_RECORD_EPOCH = 1,
    MLS_RECORD_TREE,
    MLS_RECORD_PROPOSAL,
    MLS_RECORD_PAST,
    MLS_RECORD_MESSAGES,
    MLS_RECORD_PENDING,
};

/** Goes up with each change of the records' form. */
enum { MLS_STATE_VERSION = 1 };

/** A record's key, or the beginning of several. */
struct mls_record_key {
    uint8_t data[MLS_RECORD_KEY_MAX];
    uint8_t len;
};

struct mls_record_key mls_record_key(enum mls_record_kind kind);
struct mls_record_key mls_record_key_u32(enum mls_record_kind kind, uint32_t number);
struct mls_record_key mls_record_key_u64(enum mls_record_kind kind, uint64_t number);

static inline struct base_slice mls_record_key_slice(const struct mls_record_key *key) {
    return (struct base_slice){ key->data, key->len };
}

/** A sink that writes changes down, for mls_batch_give(). `writer` must outlive it. */
struct mls_sink mls_batch_sink(struct base_writer *writer);

/** Gives changes that were written down to a sink. Its error ends it. */
BASE_MUST_USE base_result mls_batch_give(struct base_slice batch, const struct mls_sink *sink);

/** The longest batch: all of the largest group. */
#define MLS_BATCH_MAX ((size_t)1 << 30)

/** Writes down that all records of a past epoch, or of its message keys alone, are deleted. */
BASE_MUST_USE base_result mls_past_erase(const struct mls_past *past, const struct mls_sink *sink);
BASE_MUST_USE base_result mls_messages_erase(struct mls_secret_tree *messages, uint64_t epoch,
                                             const struct mls_sink *sink);

#endif
