/* SPDX-License-Identifier: EUPL-1.2 */
/* The core as a WebAssembly module: flat functions around weibel/core.h, and no logic. */
#include "host.h"

#include <string.h>

struct host {
    struct weibel_core *core;
    struct weibel_effect effect; /* the last one that was handed out: what host_change() looks into */
    uint32_t words[HOST_WORDS];
};

/* The other side reads keys as bytes. */
_Static_assert(sizeof(struct weibel_blob_key) == 48, "key and nonce lie behind each other");

struct host *host_open(void) {
    struct host *host = (struct host *)base_take(base_allocator_libc(), 1, sizeof *host);
    if (host == NULL) {
        return NULL;
    }
    const struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = base_random_system(),
        .clock = base_clock_system(),
        .provider = mls_provider_sodium(),
    };
    if (options.provider == NULL || weibel_core_open(&options, &host->core) != BASE_OK) {
        base_free(host);
        return NULL;
    }
    return host;
}

void host_free(struct host *host) {
    if (host != NULL) {
        weibel_core_free(host->core);
        base_free(host);
    }
}

uint8_t *host_take(size_t len) {
    return (uint8_t *)base_take(base_allocator_libc(), len, 1);
}

void host_give(uint8_t *block) {
    base_free(block);
}

const char *host_error_name(host_result result) {
    return result->name;
}

const char *host_error_text(host_result result) {
    return result->text;
}

host_result host_line(struct host *host, const uint8_t *line, size_t len) {
    return weibel_core_line(host->core, base_slice(line, len));
}

host_result host_connected(struct host *host) {
    return weibel_core_connected(host->core);
}

host_result host_disconnected(struct host *host, const char *reason) {
    return weibel_core_disconnected(host->core, reason);
}

host_result host_frame(struct host *host, const uint8_t *frame, size_t len) {
    return weibel_core_frame(host->core, base_slice(frame, len));
}

host_result host_tick(struct host *host) {
    return weibel_core_tick(host->core);
}

host_result host_stored(struct host *host, uint32_t durable) {
    return weibel_core_stored(host->core, durable != 0);
}

host_result host_record(struct host *host, uint32_t read, const uint8_t *key, size_t key_len, const uint8_t *value,
                        size_t value_len) {
    return weibel_core_record(host->core, read, base_slice(key, key_len), base_slice(value, value_len));
}

host_result host_read_done(struct host *host, uint32_t read, uint32_t done) {
    return weibel_core_read_done(host->core, read, done != 0);
}

host_result host_transfer_progress(struct host *host, uint64_t transfer, uint64_t done) {
    return weibel_core_transfer_progress(host->core, transfer, done);
}

host_result host_transfer_done(struct host *host, uint64_t transfer) {
    return weibel_core_transfer_done(host->core, transfer);
}

host_result host_transfer_data(struct host *host, uint64_t transfer, const uint8_t *data, size_t len) {
    return weibel_core_transfer_data(host->core, transfer, base_slice(data, len));
}

host_result host_transfer_failed(struct host *host, uint64_t transfer, uint32_t why, const char *words) {
    return weibel_core_transfer_failed(host->core, transfer, (enum weibel_transfer_failure)why, words);
}

/* Pointers of the module have 32 bits, as has every length. */
static uint32_t place(const void *pointer) {
    return (uint32_t)(uintptr_t)pointer;
}

static void put_slice(uint32_t *words, struct base_slice slice) {
    words[0] = place(slice.data);
    words[1] = (uint32_t)slice.len;
}

static void put_text(uint32_t *words, const char *text) {
    words[0] = place(text);
    words[1] = text == NULL ? 0 : (uint32_t)strlen(text);
}

static void put_number(uint32_t *words, uint64_t number) {
    words[0] = (uint32_t)number;
    words[1] = (uint32_t)(number >> 32);
}

static void put_transfer(uint32_t *words, const struct weibel_transfer *transfer) {
    put_number(words, transfer->transfer);
    words[2] = (uint32_t)transfer->step;
    put_text(words + 3, transfer->path);
    put_text(words + 5, transfer->url);
    words[7] = place(transfer->blob);
    words[8] = place(transfer->upload_key);
    words[9] = place(&transfer->key);
    put_number(words + 10, transfer->size);
    put_number(words + 12, transfer->offset);
    put_slice(words + 14, transfer->data);
    words[16] = transfer->last ? 1 : 0;
    words[17] = transfer->bare ? 1 : 0;
}

uint32_t host_next(struct host *host) {
    base_wipe(&host->effect, sizeof host->effect); /* a transfer's keys are in it */
    if (!weibel_core_next(host->core, &host->effect)) {
        return 0;
    }
    const struct weibel_effect *effect = &host->effect;
    uint32_t *words = host->words;
    switch (effect->kind) {
    case WEIBEL_EFFECT_STORE:
        words[0] = (uint32_t)effect->of.store.count;
        break;
    case WEIBEL_EFFECT_READ:
        words[0] = effect->of.read.read;
        put_slice(words + 1, effect->of.read.from);
        put_slice(words + 3, effect->of.read.before);
        words[5] = effect->of.read.limit;
        words[6] = effect->of.read.backwards ? 1 : 0;
        break;
    case WEIBEL_EFFECT_CONNECT:
        put_text(words, effect->of.url);
        break;
    case WEIBEL_EFFECT_DISCONNECT:
        break;
    case WEIBEL_EFFECT_FRAME:
        put_slice(words, effect->of.frame);
        break;
    case WEIBEL_EFFECT_TRANSFER:
        put_transfer(words, &effect->of.transfer);
        break;
    case WEIBEL_EFFECT_LINE:
        put_slice(words, effect->of.line);
        break;
    }
    return (uint32_t)effect->kind;
}

void host_change(struct host *host, uint32_t index) {
    const struct weibel_store *batch = &host->effect.of.store;
    if (host->effect.kind != WEIBEL_EFFECT_STORE || index >= batch->count) {
        memset(host->words, 0, sizeof host->words);
        return;
    }
    const struct weibel_change *change = &batch->changes[index];
    put_slice(host->words, change->key);
    put_slice(host->words + 2, change->value);
    host->words[4] = change->remove ? 1 : 0;
}

const uint32_t *host_words(const struct host *host) {
    return host->words;
}

uint64_t host_deadline(const struct host *host) {
    return weibel_core_deadline(host->core);
}

uint32_t host_waits(const struct host *host) {
    return weibel_core_waits(host->core) ? 1 : 0;
}

uint64_t host_sealed_size(uint64_t size) {
    return weibel_blob_sealed_size(size);
}

uint64_t host_chunks(uint64_t size) {
    return weibel_blob_chunks(size);
}

int32_t host_seal(const uint8_t *key, uint64_t size, uint64_t index, uint8_t *chunk) {
    struct weibel_blob_key copy;
    size_t len = 0;
    memcpy(&copy, key, sizeof copy);
    base_result result = weibel_blob_seal(&copy, size, index, chunk, &len);
    base_wipe(&copy, sizeof copy);
    return result == BASE_OK ? (int32_t)len : -1;
}

int32_t host_unseal(const uint8_t *key, uint64_t size, uint64_t index, uint8_t *chunk, size_t sealed_len) {
    struct weibel_blob_key copy;
    size_t len = 0;
    memcpy(&copy, key, sizeof copy);
    base_result result = weibel_blob_open(&copy, size, index, chunk, sealed_len, &len);
    base_wipe(&copy, sizeof copy);
    return result == BASE_OK ? (int32_t)len : -1;
}

int32_t host_bare(uint8_t *picture, size_t len) {
    return weibel_picture_bare(picture, len) == BASE_OK ? 0 : -1;
}
