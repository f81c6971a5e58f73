/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The secret tree as records, each so small that a message changes a few hundred bytes:
 *
 *   node:     its secret
 *   leaf:     of each ratchet, handshake first: uint32 next generation, secret
 *   skipped:  of eight generations those that are kept: uint32 generation, AEAD key, nonce
 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "secret_tree_state.h"

_Static_assert(MLS_SECRET_TREE_VALUE_MAX >= MLS_SKIPPED_CHUNK * (4 + MLS_AEAD_KEY_MAX + MLS_AEAD_NONCE_SIZE),
               "a record of skipped keys fits");
_Static_assert(MLS_SECRET_TREE_VALUE_MAX >= 2 * (4 + MLS_HASH_MAX), "a leaf's record fits");
_Static_assert(MLS_SECRET_TREE_WINDOW_MAX <= (MLS_SKIPPED_SLOTS - 1) * MLS_SKIPPED_CHUNK,
               "no two kept generations share a record that is not theirs");
_Static_assert(MLS_SECRET_TREE_LEAVES_MAX <= UINT32_C(1) << (MLS_SECRET_RECORD_KIND_SHIFT - 13), "a leaf fits");
_Static_assert(MLS_SECRET_RECORD_KIND_SHIFT + 2 == 8 * MLS_SECRET_TREE_KEY_SIZE, "two bits of kind are the highest");

static int compare(const void *a, const void *b) {
    const uint64_t left = *(const uint64_t *)a;
    const uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Each number once, ascending. */
static void changes_tidy(struct mls_secret_tree *tree) {
    if (tree->changes_count == 0) {
        return;
    }
    qsort(tree->changes, tree->changes_count, sizeof *tree->changes, compare);
    size_t count = 1;
    for (size_t i = 1; i < tree->changes_count; i++) {
        if (tree->changes[i] != tree->changes[count - 1]) {
            tree->changes[count++] = tree->changes[i];
        }
    }
    tree->changes_count = count;
}

base_result mls_secret_changes_reserve(struct mls_secret_tree *tree, size_t more) {
    if (!tree->tracked || more <= tree->changes_capacity - tree->changes_count) {
        return BASE_OK;
    }
    changes_tidy(tree);
    /* Half of it stays free, so that a tree which is seldom saved is not tidied at each message. */
    const size_t wanted = 2 * (tree->changes_count + more);
    if (wanted <= tree->changes_capacity) {
        return BASE_OK;
    }
    uint64_t *changes = base_take(tree->allocator, wanted, sizeof *changes);
    BASE_ENSURE(changes != NULL, BASE_ERR_NO_MEMORY);
    if (tree->changes_count != 0) {
        memcpy(changes, tree->changes, tree->changes_count * sizeof *changes);
    }
    base_free(tree->changes);
    tree->changes = changes;
    tree->changes_capacity = wanted;
    return BASE_OK;
}

void mls_secret_changes_add(struct mls_secret_tree *tree, uint64_t record) {
    if (!tree->tracked || (tree->changes_count != 0 && tree->changes[tree->changes_count - 1] == record)) {
        return;
    }
    tree->changes[tree->changes_count++] = record;
}

/* A record's value, put together on the stack. */
struct value {
    uint8_t data[MLS_SECRET_TREE_VALUE_MAX];
    size_t len;
};

static void value_wipe(struct value *value) {
    base_wipe(value->data, value->len);
}

static void value_add(struct value *value, const void *data, size_t len) {
    memcpy(value->data + value->len, data, len);
    value->len += len;
}

static void value_add_u32(struct value *value, uint32_t number) {
    const uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                               (uint8_t)number };
    value_add(value, bytes, sizeof bytes);
}

/* What a record number says. */
struct place {
    unsigned kind;
    uint32_t index; /* of the node or leaf */
    enum mls_ratchet ratchet;
    uint32_t slot;
};

static struct place place_of(uint64_t record) {
    const uint64_t rest = record & ((UINT64_C(1) << MLS_SECRET_RECORD_KIND_SHIFT) - 1);
    struct place place = { .kind = (unsigned)(record >> MLS_SECRET_RECORD_KIND_SHIFT), .index = (uint32_t)rest };
    if (place.kind == MLS_SECRET_RECORD_SKIPPED) {
        place.index = (uint32_t)(rest >> 13);
        place.ratchet = (rest >> 12 & 1) != 0 ? MLS_RATCHET_APPLICATION : MLS_RATCHET_HANDSHAKE;
        place.slot = (uint32_t)(rest % MLS_SKIPPED_SLOTS);
    }
    return place;
}

/* The first generation of the chunk that a slot stands for now: the last one that is not ahead of the ratchet. */
static uint32_t chunk_start(const struct mls_secret_ratchet *ratchet, uint32_t slot) {
    const uint32_t newest = ratchet->next / MLS_SKIPPED_CHUNK;
    return (newest - (newest - slot) % MLS_SKIPPED_SLOTS) * MLS_SKIPPED_CHUNK;
}

static void value_of_leaf(const struct mls_secret_tree *tree, const struct mls_secret_leaf *leaf, struct value *value) {
    for (size_t i = 0; i < 2; i++) {
        value_add_u32(value, leaf->ratchets[i].next);
        value_add(value, leaf->ratchets[i].secret, tree->suite->hash_size);
    }
}

static void value_of_skipped(const struct mls_secret_tree *tree, const struct mls_secret_ratchet *ratchet,
                             uint32_t slot, struct value *value) {
    const uint32_t start = chunk_start(ratchet, slot);
    for (size_t i = mls_secret_skipped_find(ratchet, start); i < ratchet->skipped_count; i++) {
        const struct mls_secret_tree_key *key = &ratchet->skipped[i];
        if (key->generation - start >= MLS_SKIPPED_CHUNK) {
            return;
        }
        value_add_u32(value, key->generation);
        value_add(value, key->key.key, tree->suite->aead_key_size);
        value_add(value, key->key.nonce, sizeof key->key.nonce);
    }
}

/* Empty: there is no such record (any more). */
static void value_of(const struct mls_secret_tree *tree, uint64_t record, struct value *value) {
    const struct place place = place_of(record);
    if (place.kind == MLS_SECRET_RECORD_NODE) {
        const uint8_t *secret = mls_sparse_get(&tree->nodes, place.index);
        if (secret != NULL) {
            value_add(value, secret, tree->suite->hash_size);
        }
        return;
    }
    const struct mls_secret_leaf *leaf = mls_sparse_get(&tree->leaves, place.index);
    if (leaf == NULL) {
        return;
    }
    if (place.kind == MLS_SECRET_RECORD_LEAF) {
        value_of_leaf(tree, leaf, value);
    } else {
        value_of_skipped(tree, &leaf->ratchets[place.ratchet], place.slot, value);
    }
}

/* Where records go: given out as they are, or deleted. */
struct output {
    const struct mls_secret_tree *tree;
    const struct mls_sink *sink;
    bool erase;
    uint8_t key[MLS_SECRET_TREE_PREFIX_MAX + MLS_SECRET_TREE_KEY_SIZE];
    size_t prefix_len;
};

static base_result output_start(const struct mls_secret_tree *tree, struct base_slice prefix,
                                const struct mls_sink *sink, bool erase, struct output *out) {
    BASE_ENSURE(prefix.len <= MLS_SECRET_TREE_PREFIX_MAX, BASE_ERR_TOO_LONG);
    *out = (struct output){ .tree = tree, .sink = sink, .erase = erase, .prefix_len = prefix.len };
    if (prefix.len != 0) {
        memcpy(out->key, prefix.data, prefix.len);
    }
    return BASE_OK;
}

static base_result output_record(struct output *out, uint64_t record) {
    for (size_t i = 0; i < MLS_SECRET_TREE_KEY_SIZE; i++) {
        out->key[out->prefix_len + i] = (uint8_t)(record >> 8 * (MLS_SECRET_TREE_KEY_SIZE - 1 - i));
    }
    const struct base_slice key = base_slice(out->key, out->prefix_len + MLS_SECRET_TREE_KEY_SIZE);
    struct value BASE_CLEANUP(value_wipe) value = { .len = 0 };
    if (!out->erase) {
        value_of(out->tree, record, &value);
    }
    if (value.len == 0) {
        return out->sink->del(out->sink->user, key);
    }
    return out->sink->put(out->sink->user, key, base_slice(value.data, value.len));
}

static base_result output_leaf(struct output *out, mls_leaf_index index, const struct mls_secret_leaf *leaf) {
    BASE_TRY(output_record(out, mls_secret_leaf_record(index)));
    for (unsigned i = MLS_RATCHET_HANDSHAKE; i <= MLS_RATCHET_APPLICATION; i++) {
        const struct mls_secret_ratchet *ratchet = &leaf->ratchets[i];
        for (size_t k = 0; k < ratchet->skipped_count; k++) {
            const uint32_t generation = ratchet->skipped[k].generation;
            /* Once for each chunk, at the first of its keys. */
            if (k == 0 || ratchet->skipped[k - 1].generation / MLS_SKIPPED_CHUNK != generation / MLS_SKIPPED_CHUNK) {
                BASE_TRY(output_record(out, mls_secret_skipped_record(index, (enum mls_ratchet)i, generation)));
            }
        }
    }
    return BASE_OK;
}

static base_result output_all(struct output *out) {
    const struct mls_sparse *nodes = &out->tree->nodes;
    for (uint32_t i = 0; i < nodes->capacity; i++) {
        if (nodes->slots[i].value != NULL) {
            BASE_TRY(output_record(out, mls_secret_node_record(nodes->slots[i].key)));
        }
    }
    const struct mls_sparse *leaves = &out->tree->leaves;
    for (uint32_t i = 0; i < leaves->capacity; i++) {
        if (leaves->slots[i].value != NULL) {
            BASE_TRY(output_leaf(out, leaves->slots[i].key, leaves->slots[i].value));
        }
    }
    return BASE_OK;
}

static base_result output_changes(struct output *out) {
    for (size_t i = 0; i < out->tree->changes_count; i++) {
        BASE_TRY(output_record(out, out->tree->changes[i]));
    }
    return BASE_OK;
}

base_result mls_secret_tree_save(struct mls_secret_tree *tree, struct base_slice prefix, const struct mls_sink *sink) {
    struct output out;
    BASE_TRY(output_start(tree, prefix, sink, false, &out));
    changes_tidy(tree);
    BASE_TRY(tree->tracked ? output_changes(&out) : output_all(&out));
    tree->tracked = true;
    tree->changes_count = 0;
    return BASE_OK;
}

bool mls_secret_tree_changed(const struct mls_secret_tree *tree) {
    return !tree->tracked || tree->changes_count != 0;
}

base_result mls_secret_tree_erase(const struct mls_secret_tree *tree, struct base_slice prefix,
                                  const struct mls_sink *sink) {
    if (!tree->tracked) {
        return BASE_OK;
    }
    struct output out;
    BASE_TRY(output_start(tree, prefix, sink, true, &out));
    /* Records that are not there any more, but may still be kept, are among the changes. */
    BASE_TRY(output_changes(&out));
    return output_all(&out);
}

static base_result load_node(struct mls_secret_tree *tree, mls_node_index node, struct base_slice value) {
    BASE_ENSURE(mls_node_in_tree(node, tree->leaf_count) && mls_sparse_get(&tree->nodes, node) == NULL, MLS_ERR_STATE);
    BASE_ENSURE(value.len == tree->suite->hash_size, MLS_ERR_STATE);
    BASE_TRY(mls_sparse_reserve(&tree->nodes, 1));
    uint8_t *secret = base_take(tree->allocator, 1, value.len);
    BASE_ENSURE(secret != NULL, BASE_ERR_NO_MEMORY);
    memcpy(secret, value.data, value.len);
    mls_sparse_put(&tree->nodes, node, secret);
    return BASE_OK;
}

static base_result load_leaf(struct mls_secret_tree *tree, mls_leaf_index index, struct base_slice value) {
    BASE_ENSURE(index < tree->leaf_count && mls_sparse_get(&tree->leaves, index) == NULL, MLS_ERR_STATE);
    BASE_ENSURE(value.len == 2 * (4 + (size_t)tree->suite->hash_size), MLS_ERR_STATE);
    BASE_TRY(mls_sparse_reserve(&tree->leaves, 1));
    struct mls_secret_leaf *leaf = base_take(tree->allocator, 1, sizeof *leaf);
    BASE_ENSURE(leaf != NULL, BASE_ERR_NO_MEMORY);
    mls_sparse_put(&tree->leaves, index, leaf);
    struct base_reader reader = base_reader(value);
    for (size_t i = 0; i < 2; i++) {
        BASE_TRY(base_read_u32(&reader, &leaf->ratchets[i].next));
        BASE_TRY(base_read_copy(&reader, leaf->ratchets[i].secret, tree->suite->hash_size));
    }
    return BASE_OK;
}

/* Slots come in their own order, which is not that of the generations: each chunk goes to its place. */
static base_result load_skipped(struct mls_secret_tree *tree, const struct place *place, struct base_slice value) {
    struct mls_secret_leaf *leaf = mls_sparse_get(&tree->leaves, place->index);
    const size_t key_size = tree->suite->aead_key_size;
    const size_t each = 4 + key_size + MLS_AEAD_NONCE_SIZE;
    const size_t count = value.len / each;
    BASE_ENSURE(leaf != NULL && value.len % each == 0 && count != 0 && count <= MLS_SKIPPED_CHUNK, MLS_ERR_STATE);
    struct mls_secret_ratchet *ratchet = &leaf->ratchets[place->ratchet];
    const uint32_t start = chunk_start(ratchet, place->slot);
    const size_t at = mls_secret_skipped_find(ratchet, start);
    const size_t behind = ratchet->skipped_count - at;
    BASE_ENSURE(behind == 0 || ratchet->skipped[at].generation - start >= MLS_SKIPPED_CHUNK, MLS_ERR_STATE);
    struct mls_secret_tree_key *BASE_CLEANUP(base_free_at) keys =
        base_take(tree->allocator, ratchet->skipped_count + count, sizeof *keys);
    BASE_ENSURE(keys != NULL, BASE_ERR_NO_MEMORY);
    struct base_reader reader = base_reader(value);
    uint32_t least = start;
    for (size_t i = at; i < at + count; i++) {
        BASE_TRY(base_read_u32(&reader, &keys[i].generation));
        BASE_ENSURE(keys[i].generation >= least && keys[i].generation < ratchet->next &&
                        keys[i].generation - start < MLS_SKIPPED_CHUNK,
                    MLS_ERR_STATE);
        least = keys[i].generation + 1;
        BASE_TRY(base_read_copy(&reader, keys[i].key.key, key_size));
        BASE_TRY(base_read_copy(&reader, keys[i].key.nonce, sizeof keys[i].key.nonce));
    }
    if (ratchet->skipped_count != 0) {
        memcpy(keys, ratchet->skipped, at * sizeof *keys);
        memcpy(keys + at + count, ratchet->skipped + at, behind * sizeof *keys);
    }
    base_free(ratchet->skipped);
    ratchet->skipped = keys;
    ratchet->skipped_count += (uint32_t)count;
    keys = NULL;
    return BASE_OK;
}

base_result mls_secret_tree_load(struct mls_secret_tree *tree, struct base_slice key, struct base_slice value) {
    BASE_ENSURE(key.len == MLS_SECRET_TREE_KEY_SIZE, MLS_ERR_STATE);
    uint64_t record = 0;
    for (size_t i = 0; i < key.len; i++) {
        record = record << 8 | key.data[i];
    }
    const struct place place = place_of(record);
    switch (place.kind) {
    case MLS_SECRET_RECORD_NODE:
        BASE_ENSURE(record == mls_secret_node_record(place.index), MLS_ERR_STATE);
        return load_node(tree, place.index, value);
    case MLS_SECRET_RECORD_LEAF:
        BASE_ENSURE(record == mls_secret_leaf_record(place.index), MLS_ERR_STATE);
        return load_leaf(tree, place.index, value);
    case MLS_SECRET_RECORD_SKIPPED:
        return load_skipped(tree, &place, value);
    default:
        return &MLS_ERR_STATE;
    }
}
