/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of records, and batches of changes that are written down until they can be given out all at once. */
#include "group/records.h"

#include <string.h>

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

static base_result batch_room(struct mls_batch *batch, size_t more) {
    enum { FIRST = 1024 };
    if (more <= batch->capacity - batch->len) {
        return BASE_OK;
    }
    BASE_ENSURE(more <= SIZE_MAX / 4 && batch->len <= SIZE_MAX / 4, BASE_ERR_TOO_LONG);
    size_t capacity = 2 * (batch->len + more) + FIRST;
    uint8_t *data =
        batch->data == NULL ? base_take(batch->allocator, capacity, 1) : base_retake(batch->data, capacity, 1);
    BASE_ENSURE(data != NULL, BASE_ERR_NO_MEMORY);
    batch->data = data;
    batch->capacity = capacity;
    return BASE_OK;
}

static void batch_bytes(struct mls_batch *batch, struct base_slice bytes) {
    if (bytes.len != 0) {
        memcpy(batch->data + batch->len, bytes.data, bytes.len);
        batch->len += bytes.len;
    }
}

static base_result batch_append(struct mls_batch *batch, uint8_t change, struct base_slice key,
                                struct base_slice value) {
    enum { LENGTH = 4 };
    BASE_ENSURE(key.len <= MLS_RECORD_KEY_MAX && value.len <= UINT32_MAX, BASE_ERR_TOO_LONG);
    BASE_TRY(batch_room(batch, 2 + key.len + LENGTH + value.len));
    const uint8_t head[] = { change, (uint8_t)key.len };
    uint8_t length[LENGTH];
    for (unsigned i = 0; i < LENGTH; i++) {
        length[i] = (uint8_t)(value.len >> (BYTE_BITS * (LENGTH - 1 - i)));
    }
    batch_bytes(batch, base_slice(head, sizeof head));
    batch_bytes(batch, key);
    batch_bytes(batch, base_slice(length, sizeof length));
    batch_bytes(batch, value);
    return BASE_OK;
}

static base_result batch_put(void *user, struct base_slice key, struct base_slice value) {
    return batch_append(user, BATCH_PUT, key, value);
}

static base_result batch_del(void *user, struct base_slice key) {
    return batch_append(user, BATCH_DEL, key, (struct base_slice){ 0 });
}

struct mls_sink mls_batch_sink(struct mls_batch *batch) {
    return (struct mls_sink){ batch_put, batch_del, batch };
}

base_result mls_batch_give(const struct mls_batch *batch, const struct mls_sink *sink) {
    struct base_reader reader = base_reader(base_slice(batch->data, batch->len));
    while (reader.left != 0) {
        uint8_t change;
        uint8_t key_len;
        uint32_t value_len;
        struct base_slice key;
        struct base_slice value;
        BASE_TRY(base_read_u8(&reader, &change));
        BASE_TRY(base_read_u8(&reader, &key_len));
        BASE_TRY(base_read_slice(&reader, key_len, &key));
        BASE_TRY(base_read_u32(&reader, &value_len));
        BASE_TRY(base_read_slice(&reader, value_len, &value));
        BASE_TRY(change == BATCH_PUT ? sink->put(sink->user, key, value) : sink->del(sink->user, key));
    }
    return BASE_OK;
}

void mls_batch_clear(struct mls_batch *batch) {
    base_free(batch->data);
    *batch = (struct mls_batch){ .allocator = batch->allocator };
}

base_result mls_messages_erase(const struct mls_secret_tree *messages, uint64_t epoch, const struct mls_sink *sink) {
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

base_result mls_discarded_erase(const struct mls_group *group, const struct mls_sink *sink) {
    return mls_messages_erase(group->discarded, group->epoch.context.epoch + 1, sink);
}
