/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The queue of effects.
 */
#include "out.h"

#include <string.h>

enum { SHORT_BATCH = 64 }; /* changes that are searched one by one: a power of two */

struct out_change {
    struct key key;
    struct base_bytes value;
    bool remove;
};

struct out_effect {
    struct weibel_effect effect;
    struct base_bytes bytes;       /* what the effect borrows from: frame, line, URL */
    struct base_bytes path;        /* transfer: its path */
    struct key from, before;       /* read: what the effect borrows from */
    struct list batch;             /* store: the changes … */
    struct weibel_change *changes; /* … and as they are shown */
};

static void free_change(void *item) {
    struct out_change *change = (struct out_change *)item;
    base_bytes_free(&change->value);
    base_free(change);
}

static void free_effect(void *item) {
    struct out_effect *effect = (struct out_effect *)item;
    if (effect == NULL) {
        return;
    }
    base_bytes_free(&effect->bytes);
    base_bytes_free(&effect->path);
    list_free(&effect->batch, free_change);
    base_free(effect->changes);
    base_free(effect);
}

static void free_effect_at(struct out_effect **effect) {
    free_effect(*effect);
}

static void forget_slots(struct out *out) {
    base_free(out->slots);
    out->slots = NULL;
    out->capacity = 0;
}

void out_drop(struct out *out) {
    list_free(&out->batch, free_change);
    forget_slots(out);
    list_free(&out->waiting, free_effect);
    list_free(&out->queue, free_effect);
}

void out_free(struct out *out) {
    out_drop(out);
    free_effect(out->shown);
    out->shown = NULL;
}

/* FNV-1a */
static size_t first_slot(const struct out *out, const struct key *key) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < key->len; i++) {
        hash = (hash ^ key->data[i]) * 16777619u;
    }
    return hash & (out->capacity - 1);
}

/* What the batch has for this key, or NULL. A batch that adds thousands has tens of thousands of records. */
static struct out_change *find_change(const struct out *out, const struct key *key) {
    if (out->capacity == 0) {
        for (size_t i = out->batch.count; i > 0; i--) {
            struct out_change *change = (struct out_change *)out->batch.items[i - 1];
            if (base_slice_equal(key_slice(&change->key), key_slice(key))) {
                return change;
            }
        }
        return NULL;
    }
    for (size_t slot = first_slot(out, key); out->slots[slot] != 0; slot = (slot + 1) & (out->capacity - 1)) {
        struct out_change *change = (struct out_change *)out->batch.items[out->slots[slot] - 1];
        if (base_slice_equal(key_slice(&change->key), key_slice(key))) {
            return change;
        }
    }
    return NULL;
}

static void take_slot(struct out *out, size_t index) {
    size_t slot = first_slot(out, &((const struct out_change *)out->batch.items[index])->key);
    while (out->slots[slot] != 0) {
        slot = (slot + 1) & (out->capacity - 1);
    }
    out->slots[slot] = (uint32_t)index + 1;
}

/* The last one of the batch can be found from now on. At most half of the slots are taken. */
static base_result note_last(struct out *out) {
    size_t count = out->batch.count;
    if (count <= SHORT_BATCH) {
        return BASE_OK;
    }
    if (2 * count <= out->capacity) {
        take_slot(out, count - 1);
        return BASE_OK;
    }
    size_t capacity = out->capacity == 0 ? 4 * SHORT_BATCH : 2 * out->capacity;
    uint32_t *slots = (uint32_t *)base_take(out->allocator, capacity, sizeof *slots);
    BASE_ENSURE(slots != NULL, BASE_ERR_NO_MEMORY);
    base_free(out->slots);
    out->slots = slots;
    out->capacity = capacity;
    for (size_t i = 0; i < count; i++) {
        take_slot(out, i);
    }
    return BASE_OK;
}

static base_result add_change(struct out *out, struct key key, struct base_bytes *value, bool remove) {
    struct out_change *earlier = find_change(out, &key);
    if (earlier != NULL) {
        base_bytes_move(&earlier->value, value);
        earlier->remove = remove;
        return BASE_OK;
    }
    struct out_change *change = (struct out_change *)base_take(out->allocator, 1, sizeof *change);
    BASE_ENSURE(change != NULL, BASE_ERR_NO_MEMORY);
    change->key = key;
    change->remove = remove;
    base_bytes_move(&change->value, value);
    base_result result = list_add(&out->batch, out->allocator, change);
    if (result != BASE_OK) {
        free_change(change);
        return result;
    }
    return note_last(out);
}

base_result out_put(struct out *out, struct key key, struct base_slice value) {
    struct base_bytes sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(vault_seal(out->vault, out->allocator, out->random, key_slice(&key), value, &sealed));
    return add_change(out, key, &sealed, false);
}

base_result out_put_plain(struct out *out, struct key key, struct base_slice value) {
    struct base_bytes copy BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_copy(out->allocator, value, &copy));
    return add_change(out, key, &copy, false);
}

base_result out_remove(struct out *out, struct key key) {
    struct base_bytes none = { 0 };
    return add_change(out, key, &none, true);
}

static base_result new_effect(struct out *out, enum weibel_effect_kind kind, struct out_effect **made) {
    struct out_effect *effect = (struct out_effect *)base_take(out->allocator, 1, sizeof *effect);
    BASE_ENSURE(effect != NULL, BASE_ERR_NO_MEMORY);
    effect->effect.kind = kind;
    *made = effect;
    return BASE_OK;
}

/* The effect belongs to the list then, or is freed. */
static base_result add_effect(struct out *out, struct out_effect **effect) {
    base_result result = list_add(&out->waiting, out->allocator, *effect);
    if (result == BASE_OK) {
        *effect = NULL;
    }
    return result;
}

base_result out_read(struct out *out, uint32_t read, struct key from, struct key before, uint32_t limit,
                     bool backwards) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_READ, &effect));
    effect->from = from;
    effect->before = before;
    effect->effect.of.read =
        (struct weibel_read){ read, key_slice(&effect->from), key_slice(&effect->before), limit, backwards };
    return add_effect(out, &effect);
}

base_result out_connect(struct out *out, const char *url) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_CONNECT, &effect));
    BASE_TRY(base_bytes_copy(out->allocator, base_slice(url, strlen(url) + 1), &effect->bytes));
    effect->effect.of.url = (const char *)effect->bytes.data;
    return add_effect(out, &effect);
}

base_result out_disconnect(struct out *out) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_DISCONNECT, &effect));
    return add_effect(out, &effect);
}

base_result out_frame(struct out *out, const struct wire_frame *frame) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_FRAME, &effect));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(out->allocator, WIRE_MAX_FRAME);
    wire_encode(&writer, frame);
    BASE_TRY(base_writer_finish(&writer, &effect->bytes));
    effect->effect.of.frame = base_borrow(&effect->bytes);
    return add_effect(out, &effect);
}

base_result out_line(struct out *out, struct base_writer *line) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_LINE, &effect));
    BASE_TRY(base_writer_finish(line, &effect->bytes));
    effect->effect.of.line = base_borrow(&effect->bytes);
    return add_effect(out, &effect);
}

base_result out_transfer(struct out *out, const struct weibel_transfer *transfer) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_TRANSFER, &effect));
    effect->effect.of.transfer = *transfer;
    if (transfer->url != NULL) {
        BASE_TRY(base_bytes_copy(out->allocator, base_slice(transfer->url, strlen(transfer->url) + 1), &effect->bytes));
        effect->effect.of.transfer.url = (const char *)effect->bytes.data;
    }
    if (transfer->data.len > 0) {
        BASE_TRY(base_bytes_copy(out->allocator, transfer->data, &effect->bytes)); /* who writes has no URL */
        effect->effect.of.transfer.data = base_borrow(&effect->bytes);
    }
    if (transfer->path != NULL) {
        BASE_TRY(
            base_bytes_copy(out->allocator, base_slice(transfer->path, strlen(transfer->path) + 1), &effect->path));
        effect->effect.of.transfer.path = (const char *)effect->path.data;
    }
    return add_effect(out, &effect);
}

static base_result commit_batch(struct out *out) {
    struct out_effect *effect BASE_CLEANUP(free_effect_at) = NULL;
    BASE_TRY(new_effect(out, WEIBEL_EFFECT_STORE, &effect));
    effect->changes = (struct weibel_change *)base_take(out->allocator, out->batch.count, sizeof *effect->changes);
    BASE_ENSURE(effect->changes != NULL, BASE_ERR_NO_MEMORY);
    for (size_t i = 0; i < out->batch.count; i++) {
        const struct out_change *change = (const struct out_change *)out->batch.items[i];
        effect->changes[i] = (struct weibel_change){
            key_slice(&change->key),
            base_borrow(&change->value),
            change->remove,
        };
    }
    effect->effect.of.store = (struct weibel_store){ effect->changes, out->batch.count };
    BASE_TRY(list_add(&out->queue, out->allocator, effect));
    effect->batch = out->batch;
    out->batch = (struct list){ 0 };
    effect = NULL;
    return BASE_OK;
}

base_result out_commit(struct out *out) {
    if (out->batch.count > 0) {
        BASE_TRY(commit_batch(out));
        forget_slots(out);
    }
    for (size_t i = 0; i < out->waiting.count; i++) {
        BASE_TRY(list_add(&out->queue, out->allocator, out->waiting.items[i]));
        out->waiting.items[i] = NULL;
    }
    out->waiting.count = 0;
    return BASE_OK;
}

bool out_next(struct out *out, struct weibel_effect *effect) {
    if (out->storing) {
        return false;
    }
    free_effect(out->shown);
    out->shown = NULL;
    if (out->queue.count == 0) {
        return false;
    }
    struct out_effect *next = (struct out_effect *)list_take(&out->queue, 0);
    out->shown = next;
    out->storing = next->effect.kind == WEIBEL_EFFECT_STORE;
    *effect = next->effect;
    return true;
}
