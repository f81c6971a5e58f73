/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of records, and batches of changes that are written down until they can be given out all at once. */
#include "group/records.h"

#include "base/reader.h"

enum { BATCH_DEL = 0, BATCH_PUT = 1, BYTE_BITS = 8 };

static void key_append(struct mls_record_key *key, uint64_t number, unsigned size) {
    for (unsigned i = 1; i <= size; i++) {
        key->data[key->len++] = (uint8_t)(number >> (BYTE_BITS * (size - i)));
    }
}

struct mls_record_key mls_record_key(enum mls_record_kind kind) {
    return (struct mls_record_key){ { (uint8_t)kind }, 1 };
}

struct mls_record_key mls_record_key_u32(enum mls_record_kind kind, uint32_t number) {
    struct mls_record_key key = mls_record_key(kind);
    key_append(&key, number, sizeof number);
    return key;
}

struct mls_record_key mls_record_key_u64(enum mls_record_kind kind, uint64_t number) {
    struct mls_record_key key = mls_record_key(kind);
    key_append(&key, number, sizeof number);
    return key;
}

static base_result batch_put(void *user, struct base_slice key, struct base_slice value) {
    struct base_writer *writer = user;
    base_write_u8(writer, BATCH_PUT);
    base_write_opaque(writer, key);
    base_write_opaque(writer, value);
    return writer->failed;
}

static base_result batch_del(void *user, struct base_slice key) {
    struct base_writer *writer = user;
    base_write_u8(writer, BATCH_DEL);
    base_write_opaque(writer, key);
    return writer->failed;
}

struct mls_sink mls_batch_sink(struct base_writer *writer) {
    return (struct mls_sink){ batch_put, batch_del, writer };
}

base_result mls_batch_give(struct base_slice batch, const struct mls_sink *sink) {
    struct base_reader reader = base_reader(batch);
    while (reader.left != 0) {
        uint8_t change;
        struct base_slice key;
        struct base_slice value;
        BASE_TRY(base_read_u8(&reader, &change));
        BASE_TRY(base_read_opaque(&reader, &key));
        if (change == BATCH_DEL) {
            BASE_TRY(sink->del(sink->user, key));
            continue;
        }
        BASE_TRY(base_read_opaque(&reader, &value));
        BASE_TRY(sink->put(sink->user, key, value));
    }
    return BASE_OK;
}

base_result mls_messages_erase(struct mls_secret_tree *messages, uint64_t epoch, const struct mls_sink *sink) {
    struct mls_record_key prefix = mls_record_key_u64(MLS_RECORD_MESSAGES, epoch);
    return messages == NULL ? BASE_OK : mls_secret_tree_erase(messages, mls_record_key_slice(&prefix), sink);
}

base_result mls_past_erase(const struct mls_past *past, const struct mls_sink *sink) {
    if (past->saved) {
        struct mls_record_key key = mls_record_key_u64(MLS_RECORD_PAST, past->epoch);
        BASE_TRY(sink->del(sink->user, mls_record_key_slice(&key)));
    }
    return mls_messages_erase(past->messages, past->epoch, sink);
}
