/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of a saved group, in the order in which they are loaded. Internal.
 *
 *   kind                 then                 value
 *   MLS_RECORD_EPOCH     -                    all that a commit changes, but the tree; first, it has the version
 *   MLS_RECORD_TREE      node index           a node (tree.h)
 *   MLS_RECORD_PROPOSAL  number               a cached proposal
 *   MLS_RECORD_PAST      epoch                a past epoch, without its message keys
 *   MLS_RECORD_PENDING   -                    the own commit that waits
 *   MLS_RECORD_MESSAGES  epoch, 5 bytes       message keys of an epoch, also the waiting one (secret_tree.h)
 */
#ifndef MLS_GROUP_RECORDS_H
#define MLS_GROUP_RECORDS_H

#include "group/group.h"

enum mls_record_kind {
    MLS_RECORD_EPOCH = 1,
    MLS_RECORD_TREE,
    MLS_RECORD_PROPOSAL,
    MLS_RECORD_PAST,
    MLS_RECORD_PENDING,
    MLS_RECORD_MESSAGES,
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

/** A sink that appends to the group's batch of unsaved changes: each change as a whole or, without memory, not at all.
 */
struct mls_sink mls_batch_sink(struct mls_batch *batch);

/** Gives the changes of a batch to a sink, whose error ends it. The batch stays as it is. */
BASE_MUST_USE base_result mls_batch_give(const struct mls_batch *batch, const struct mls_sink *sink);

/** Forgets all changes. */
void mls_batch_clear(struct mls_batch *batch);

/** Deletes the records of message keys (NULL is allowed), and of a past epoch with its message keys. */
BASE_MUST_USE base_result mls_messages_erase(const struct mls_secret_tree *messages, uint64_t epoch,
                                             const struct mls_sink *sink);
BASE_MUST_USE base_result mls_past_erase(const struct mls_past *past, const struct mls_sink *sink);

/** Deletes the records of message keys of a pending commit that was discarded, since the last save. */
BASE_MUST_USE base_result mls_discarded_erase(const struct mls_group *group, const struct mls_sink *sink);

#endif
