/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The world: hosts, stores, connections, time.
 */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/check.h"

enum { START = 1700000000, MAX_STEPS = 2000000, MAX_TEXT = 1 << 16 };

static void check(base_result result) {
    TEST_CHECK(result == BASE_OK, result->name);
}

/* What an input has returned. Lack of memory that the test has asked for ends the core, as a crash would. */
static void check_input(struct world_peer *peer, base_result result) {
    if (result == &BASE_ERR_NO_MEMORY && peer->alloc.failed > 0) {
        peer->alloc.failed = 0;
        peer->alloc.fail_at = SIZE_MAX;
        peer->crashes++;
        world_crash(peer);
        return;
    }
    check(result);
}

/* ---- the store ---- */

/* The first record whose key isn't less. */
static size_t store_find(const struct world_store *store, struct base_slice key) {
    size_t low = 0, high = store->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (base_slice_compare(model_slice(store->records[middle].key), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Moves the records from `at` on by one place, up or down. In pieces: memmove() goes byte by byte under sanitizers. */
static void shift(struct world_store *store, size_t at, bool up) {
    struct world_record piece[64];
    size_t left = store->count - at;
    while (left > 0) {
        size_t count = left < 64 ? left : 64;
        struct world_record *from = store->records + (up ? at + left - count : store->count - left);
        memcpy(piece, from, count * sizeof *piece);
        memcpy(up ? from + 1 : from - 1, piece, count * sizeof *piece);
        left -= count;
    }
}

static void store_apply(struct world_store *store, const struct weibel_change *change) {
    size_t at = store_find(store, change->key);
    bool found = at < store->count && base_slice_equal(model_slice(store->records[at].key), change->key);
    if (change->remove) {
        if (found) {
            free(store->records[at].key.data);
            free(store->records[at].value.data);
            shift(store, at + 1, false);
            store->count--;
        }
        return;
    }
    if (found) {
        free(store->records[at].value.data);
    } else {
        if (store->count == store->capacity) {
            store->capacity = store->capacity == 0 ? 64 : 2 * store->capacity;
            store->records = (struct world_record *)realloc(store->records, store->capacity * sizeof *store->records);
            TEST_CHECK(store->records != NULL, "the machine is out of memory");
        }
        shift(store, at, true);
        store->count++;
        store->records[at].key = model_copy(change->key);
    }
    store->records[at].value = model_copy(change->value);
}

void world_store_apply(struct world_store *store, const struct weibel_store *batch) {
    for (size_t i = 0; i < batch->count; i++) {
        store_apply(store, &batch->changes[i]);
    }
}

void world_store_free(struct world_store *store) {
    for (size_t i = 0; i < store->count; i++) {
        free(store->records[i].key.data);
        free(store->records[i].value.data);
    }
    free(store->records);
}

base_result world_read(const struct world_store *store, struct weibel_core *core, const struct weibel_read *read) {
    struct weibel_read asked = *read;
    uint8_t from[WEIBEL_MAX_KEY], before[WEIBEL_MAX_KEY];
    memcpy(from, read->from.data, read->from.len);
    memcpy(before, read->before.data, read->before.len);
    size_t first = store_find(store, base_slice(from, asked.from.len));
    size_t end = store_find(store, base_slice(before, asked.before.len));
    for (uint32_t i = 0; i < asked.limit && first + i < end; i++) {
        const struct world_record *record = &store->records[asked.backwards ? end - 1 - i : first + i];
        BASE_TRY(weibel_core_record(core, asked.read, model_slice(record->key), model_slice(record->value)));
    }
    return weibel_core_read_done(core, asked.read, true);
}

void world_count_read(const struct world_store *store, const struct weibel_read *read, size_t *records, size_t *bytes) {
    size_t first = store_find(store, read->from), end = store_find(store, read->before);
    for (uint32_t i = 0; i < read->limit && first + i < end; i++) {
        ++*records;
        *bytes += store->records[read->backwards ? end - 1 - i : first + i].value.len;
    }
}

struct world_store world_store_copy(const struct world_store *store) {
    struct world_store copy = { 0 };
    for (size_t i = 0; i < store->count; i++) {
        struct weibel_change change = {
            .key = model_slice(store->records[i].key),
            .value = model_slice(store->records[i].value),
        };
        store_apply(&copy, &change);
    }
    return copy;
}

void world_lose_letters(struct world_peer *peer) {
    struct model_account *account = &peer->world->model->accounts[peer->number];
    while (account->inbox_count > 0) {
        free(account->inbox[--account->inbox_count].content.data);
        account->inbox[account->inbox_count].content = (struct model_bytes){ 0 };
    }
}

/* ---- files ---- */

void world_put_file(struct world_peer *peer, const char *name, const uint8_t *content, size_t len) {
    struct world_file *file = (struct world_file *)world_find_file(peer, name);
    if (file == NULL) {
        TEST_CHECK(peer->file_count < WORLD_FILES, "too many files");
        file = &peer->files[peer->file_count++];
    } else {
        free(file->content.data);
    }
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    file->content = model_copy(base_slice(content, len));
}

const struct world_file *world_find_file(const struct world_peer *peer, const char *name) {
    for (size_t i = 0; i < peer->file_count; i++) {
        if (strcmp(peer->files[i].name, name) == 0) {
            return &peer->files[i];
        }
    }
    return NULL;
}

static void seal_file(struct world_peer *peer, const struct weibel_transfer *transfer) {
    const struct world_file *source = world_find_file(peer, transfer->path);
    const char *wrong = source == NULL || source->content.len != transfer->size ? "no such file" : NULL;
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    if (wrong == NULL) {
        check(base_bytes_copy(base_allocator_libc(), model_slice(source->content), &content));
        wrong = transfer->bare && weibel_picture_bare(content.data, content.len) != BASE_OK ? "no picture" : NULL;
    }
    if (wrong != NULL) {
        check_input(peer, weibel_core_transfer_failed(peer->core, transfer->transfer, WEIBEL_TRANSFER_LOCAL, wrong));
        return;
    }
    size_t sealed_size = (size_t)weibel_blob_sealed_size(transfer->size), at = 0;
    uint8_t *sealed = (uint8_t *)malloc(sealed_size);
    uint8_t *chunk = (uint8_t *)malloc(WEIBEL_CHUNK_SEALED);
    TEST_CHECK(sealed != NULL && chunk != NULL, "the machine is out of memory");
    for (uint64_t i = 0; i < weibel_blob_chunks(transfer->size); i++) {
        size_t start = (size_t)i * WEIBEL_CHUNK, len;
        size_t left = start < transfer->size ? (size_t)transfer->size - start : 0;
        if (left > 0) {
            memcpy(chunk, content.data + start, left < WEIBEL_CHUNK ? left : WEIBEL_CHUNK);
        }
        check(weibel_blob_seal(&transfer->key, transfer->size, i, chunk, &len));
        TEST_CHECK(len <= sealed_size - at, "a sealed file is longer than was said");
        memcpy(sealed + at, chunk, len);
        at += len;
    }
    TEST_CHECK(at == sealed_size, "a sealed file is shorter than was said");
    char name[32];
    (void)snprintf(name, sizeof name, "spool-%llu", (unsigned long long)transfer->transfer);
    world_put_file(peer, name, sealed, sealed_size);
    free(chunk);
    free(sealed);
    check_input(peer, weibel_core_transfer_done(peer->core, transfer->transfer));
}

static struct model_blob *find_blob(struct world_peer *peer, const uint8_t *name) {
    struct model *model = peer->world->model;
    for (size_t i = 0; i < model->blob_count; i++) {
        if (memcmp(model->blobs[i].name, name, WIRE_BLOB_LEN) == 0) {
            return &model->blobs[i];
        }
    }
    return NULL;
}

static void upload(struct world_peer *peer, const struct weibel_transfer *transfer) {
    char name[32];
    (void)snprintf(name, sizeof name, "spool-%llu", (unsigned long long)transfer->transfer);
    const struct world_file *spool = world_find_file(peer, name);
    struct model_blob *blob = find_blob(peer, transfer->blob);
    TEST_CHECK(spool != NULL && blob != NULL, "an upload without its spool file, or without its blob");
    free(blob->content.data);
    blob->content = model_copy(model_slice(spool->content));
    check_input(peer, weibel_core_transfer_done(peer->core, transfer->transfer));
}

static void download(struct world_peer *peer, const struct weibel_transfer *transfer) {
    const struct model_blob *blob = find_blob(peer, transfer->blob);
    if (blob == NULL || blob->content.len == 0) {
        check_input(peer, weibel_core_transfer_failed(peer->core, transfer->transfer, WEIBEL_TRANSFER_GONE, NULL));
        return;
    }
    uint8_t *plain = (uint8_t *)malloc((size_t)transfer->size + 1);
    uint8_t *chunk = (uint8_t *)malloc(WEIBEL_CHUNK_SEALED);
    TEST_CHECK(plain != NULL && chunk != NULL, "the machine is out of memory");
    size_t at = 0;
    for (uint64_t i = 0; i < weibel_blob_chunks(transfer->size); i++) {
        size_t start = (size_t)i * WEIBEL_CHUNK_SEALED, len;
        size_t left = blob->content.len - start;
        size_t sealed_len = left < WEIBEL_CHUNK_SEALED ? left : WEIBEL_CHUNK_SEALED;
        memcpy(chunk, blob->content.data + start, sealed_len);
        if (weibel_blob_open(&transfer->key, transfer->size, i, chunk, sealed_len, &len) != BASE_OK) {
            check_input(peer,
                        weibel_core_transfer_failed(peer->core, transfer->transfer, WEIBEL_TRANSFER_DAMAGED, NULL));
            free(chunk);
            free(plain);
            return;
        }
        memcpy(plain + at, chunk, len);
        at += len;
    }
    TEST_CHECK(at == transfer->size, "a file of another size");
    world_put_file(peer, transfer->path, plain, at);
    free(chunk);
    free(plain);
    check_input(peer, weibel_core_transfer_done(peer->core, transfer->transfer));
}

static void write_piece(struct world_peer *peer, const struct weibel_transfer *transfer) {
    char part[64];
    (void)snprintf(part, sizeof part, "%s.part", transfer->path);
    const struct world_file *file = world_find_file(peer, part);
    size_t before = file == NULL ? 0 : file->content.len;
    TEST_CHECK(transfer->offset <= before && transfer->data.len <= WEIBEL_MAX_PIECE,
               "a piece leaves a hole, or is huge");
    size_t len = (size_t)transfer->offset + transfer->data.len;
    uint8_t *whole = (uint8_t *)malloc(len);
    TEST_CHECK(whole != NULL, "the machine is out of memory");
    if (transfer->offset > 0) {
        memcpy(whole, file->content.data, (size_t)transfer->offset);
    }
    memcpy(whole + transfer->offset, transfer->data.data, transfer->data.len);
    world_put_file(peer, transfer->last ? transfer->path : part, whole, len);
    free(whole);
    check_input(peer, weibel_core_transfer_done(peer->core, transfer->transfer));
}

static void read_piece(struct world_peer *peer, const struct weibel_transfer *transfer) {
    const struct world_file *file = world_find_file(peer, transfer->path);
    if (file == NULL) {
        check_input(peer,
                    weibel_core_transfer_failed(peer->core, transfer->transfer, WEIBEL_TRANSFER_LOCAL, "no such file"));
        return;
    }
    TEST_CHECK(transfer->size <= WEIBEL_MAX_PIECE, "too much is asked for");
    size_t start = transfer->offset < file->content.len ? (size_t)transfer->offset : file->content.len;
    size_t left = file->content.len - start;
    struct model_bytes piece =
        model_copy(base_slice(file->content.data + start, left < transfer->size ? left : (size_t)transfer->size));
    check_input(peer, weibel_core_transfer_data(peer->core, transfer->transfer, model_slice(piece)));
    free(piece.data);
}

static void carry_out_transfer(struct world_peer *peer, const struct weibel_transfer *transfer) {
    switch (transfer->step) {
    case WEIBEL_TRANSFER_SEAL:
        seal_file(peer, transfer);
        break;
    case WEIBEL_TRANSFER_UPLOAD:
        upload(peer, transfer);
        break;
    case WEIBEL_TRANSFER_DOWNLOAD:
        download(peer, transfer);
        break;
    case WEIBEL_TRANSFER_WRITE:
        write_piece(peer, transfer);
        break;
    case WEIBEL_TRANSFER_READ:
        read_piece(peer, transfer);
        break;
    case WEIBEL_TRANSFER_DROP:
    case WEIBEL_TRANSFER_CANCEL:
        break;
    }
}

/* ---- hosts ---- */

static void take_line(struct world_peer *peer, struct base_slice line) {
    static const char event[] = "{\"jsonrpc\":\"2.0\",\"method\"";
    peer->counts.said += line.len;
    if (peer->hushed && line.len > sizeof event && memcmp(line.data, event, sizeof event - 1) == 0) {
        return;
    }
    TEST_CHECK(peer->line_count < WORLD_LINES, "too many lines");
    cJSON *json = cJSON_ParseWithLength((const char *)line.data, line.len);
    TEST_CHECK(json != NULL, "a line that is not JSON");
    peer->lines[peer->line_count++] = json;
    if (getenv("WEIBEL_TRACE") != NULL) {
        fprintf(stderr, "# %zu: %.*s\n", peer->number, (int)line.len, (const char *)line.data);
    }
}

void world_pass_month(struct world *world) {
    enum { DAY = 24 * 3600, MONTH = 30 * DAY };
    world->clock.now += (uint64_t)(MONTH + 2 * DAY) * 1000;
    for (size_t i = 0; i < world->model->stream_count; i++) {
        struct model_stream *stream = world->model->streams[i];
        size_t kept = 0;
        for (size_t k = 0; k < stream->entry_count; k++) {
            if (stream->entries[k].lifetime > MONTH) {
                stream->entries[kept++] = stream->entries[k];
            } else {
                free(stream->entries[k].content.data);
            }
        }
        stream->entry_count = kept;
    }
}

void world_break(struct world_peer *peer) {
    model_disconnect(peer->world->model, peer->number);
    if (peer->connected) {
        peer->connected = false;
        check_input(peer, weibel_core_disconnected(peer->core, "broken by the test"));
    }
}

static void carry_out(struct world_peer *peer, const struct weibel_effect *effect) {
    switch (effect->kind) {
    case WEIBEL_EFFECT_STORE:
        peer->counts.records += effect->of.store.count;
        for (size_t i = 0; i < effect->of.store.count; i++) {
            peer->counts.stored += effect->of.store.changes[i].value.len;
        }
        world_store_apply(&peer->store, &effect->of.store);
        break;
    case WEIBEL_EFFECT_READ:
        check_input(peer, world_read(&peer->store, peer->core, &effect->of.read));
        break;
    case WEIBEL_EFFECT_CONNECT:
        model_connect(peer->world->model, peer->number);
        peer->connected = true;
        check_input(peer, weibel_core_connected(peer->core));
        break;
    case WEIBEL_EFFECT_DISCONNECT:
        peer->connected = true;
        world_break(peer);
        break;
    case WEIBEL_EFFECT_FRAME:
        peer->counts.sent += effect->of.frame.len;
        model_receive(peer->world->model, peer->number, effect->of.frame);
        break;
    case WEIBEL_EFFECT_TRANSFER:
        carry_out_transfer(peer, &effect->of.transfer);
        break;
    case WEIBEL_EFFECT_LINE:
        take_line(peer, effect->of.line);
        break;
    }
}

static bool happens(struct world *world, int of_1000) {
    return of_1000 > 0 && (int)test_random_below(&world->random, 1000) < of_1000;
}

/* Carries out one effect, unless the host crashes before or behind it. */
static bool step_effect(struct world_peer *peer) {
    struct weibel_effect effect;
    if (peer->core == NULL || !weibel_core_next(peer->core, &effect)) {
        return false;
    }
    bool counted = peer->crash_after >= 0 && peer->crash_after-- == 0;
    if (counted || happens(peer->world, peer->world->crash_chance)) {
        peer->crashes++;
        if (test_random_below(&peer->world->random, 2) == 0 && effect.kind == WEIBEL_EFFECT_STORE) {
            carry_out(peer, &effect); /* durable, but nobody could be told */
        }
        world_crash(peer);
        return true;
    }
    if (peer->connected && effect.kind == WEIBEL_EFFECT_FRAME && happens(peer->world, peer->world->loss)) {
        if (test_random_below(&peer->world->random, 2) == 0) {
            carry_out(peer, &effect); /* it arrives, its answer doesn't */
        }
        peer->breaks++;
        world_break(peer);
        return true;
    }
    carry_out(peer, &effect);
    if (effect.kind == WEIBEL_EFFECT_STORE) {
        check_input(peer, weibel_core_stored(peer->core, true));
    }
    return true;
}

static bool step_frame(struct world_peer *peer) {
    struct model_bytes frame;
    if (peer->core == NULL || !peer->connected || peer->world->deaf ||
        !model_next(peer->world->model, peer->number, &frame)) {
        return false;
    }
    if (peer->forge != NULL) {
        peer->forge(peer->forge_user, &frame);
    }
    if (peer->on_frame != NULL) {
        peer->on_frame(peer->on_frame_user, model_slice(frame));
    }
    check_input(peer, weibel_core_frame(peer->core, model_slice(frame)));
    free(frame.data);
    return true;
}

void world_run(struct world *world) {
    bool quiet = false;
    for (size_t steps = 0; !quiet; steps++) {
        TEST_CHECK(steps < MAX_STEPS, "the world doesn't come to rest");
        quiet = true;
        size_t first = test_random_below(&world->random, world->peer_count == 0 ? 1 : world->peer_count);
        for (size_t i = 0; i < world->peer_count; i++) {
            struct world_peer *peer = &world->peers[(first + i) % world->peer_count];
            bool frame_first = test_random_below(&world->random, 2) == 0;
            bool moved = (frame_first && step_frame(peer)) || step_effect(peer) || step_frame(peer);
            quiet = quiet && !moved;
        }
    }
}

void world_pass(struct world *world, uint64_t milliseconds) {
    const size_t count = world->peer_count;
    uint64_t end = world->clock.now + milliseconds;
    for (size_t steps = 0;; steps++) {
        TEST_CHECK(steps < MAX_STEPS, "time doesn't pass");
        world_run(world);
        uint64_t next = UINT64_MAX, deadlines[WORLD_PEERS];
        for (size_t i = 0; i < count; i++) {
            const struct weibel_core *core = world->peers[i].core;
            deadlines[i] = core == NULL ? UINT64_MAX : weibel_core_deadline(core);
            next = deadlines[i] < next ? deadlines[i] : next;
        }
        if (next > end) {
            world->clock.now = end;
            world->model->now = end / 1000;
            return;
        }
        world->clock.now = next > world->clock.now ? next : world->clock.now + 1;
        world->model->now = world->clock.now / 1000;
        for (size_t i = 0; i < count; i++) {
            if (deadlines[i] <= world->clock.now) {
                check_input(&world->peers[i], weibel_core_tick(world->peers[i].core));
            }
        }
    }
}

void world_init_quiet(struct world *world, uint64_t seed) {
    *world = (struct world){ .model = model_new(), .next_id = 1 };
    test_clock_init(&world->clock, (uint64_t)START * 1000);
    world->model->now = START;
    test_random_init_quiet(&world->random, seed);
}

void world_init(struct world *world, uint64_t seed) {
    world_init_quiet(world, seed);
    test_random_init(&world->random, seed);
}

void world_close(struct world_peer *peer) {
    model_disconnect(peer->world->model, peer->number);
    peer->connected = false;
    weibel_core_free(peer->core);
    peer->core = NULL;
    test_alloc_end(&peer->alloc);
}

void world_open(struct world_peer *peer) {
    struct weibel_options options = {
        .allocator = &peer->alloc.allocator,
        .random = &peer->world->random.random,
        .clock = &peer->world->clock.clock,
        .provider = mls_provider_sodium(),
        .passphrase_passes = 1,
        .passphrase_memory = 8,
        .tree_devices = peer->world->tree_devices,
    };
    check(weibel_core_open(&options, &peer->core));
}

void world_crash(struct world_peer *peer) {
    world_close(peer);
    world_open(peer);
    (void)world_ask(peer, "unlock", "{'passphrase':'correct horse'}");
    (void)world_ask(peer, "connect", "{}");
}

struct world_peer *world_add_empty(struct world *world) {
    TEST_CHECK(world->peer_count < WORLD_PEERS, "too many peers");
    struct world_peer *peer = &world->peers[world->peer_count];
    *peer = (struct world_peer){ .world = world, .number = world->peer_count, .crash_after = -1 };
    world->peer_count++;
    test_alloc_init(&peer->alloc);
    world_open(peer);
    return peer;
}

struct world_peer *world_add(struct world *world) {
    struct world_peer *peer = world_add_empty(world);
    char code[32];
    (void)snprintf(code, sizeof code, "code%zu", peer->number);
    model_invite(world->model, code, "Name");
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    const cJSON *self =
        world_call(peer, "activate", "{'link':'http://127.0.0.1:8080/#activate=code%zu'}", peer->number);
    (void)snprintf(peer->id, sizeof peer->id, "%s", cJSON_GetObjectItem(self, "id")->valuestring);
    return peer;
}

struct world_peer *world_link(struct world_peer *by) {
    struct world *world = by->world;
    char link[256];
    (void)snprintf(link, sizeof link, "%s",
                   cJSON_GetObjectItem(world_call(by, "device.link", "{}"), "link")->valuestring);
    struct world_peer *peer = world_add_empty(world);
    (void)world_call(peer, "create", "{'passphrase':'correct horse'}");
    (void)world_call(peer, "activate", "{'link':'%s','device_name':'Device %zu'}", link, peer->number);
    (void)snprintf(peer->id, sizeof peer->id, "%s", by->id);
    world_pass(world, 20 * 1000);
    return peer;
}

void world_end(struct world *world) {
    for (size_t i = 0; i < world->peer_count; i++) {
        struct world_peer *peer = &world->peers[i];
        if (peer->core != NULL) {
            world_close(peer);
        }
        world_store_free(&peer->store);
        for (size_t k = 0; k < peer->line_count; k++) {
            cJSON_Delete(peer->lines[k]);
        }
        for (size_t k = 0; k < peer->file_count; k++) {
            free(peer->files[k].content.data);
        }
    }
    model_free(world->model);
}

/* ---- the face ---- */

static uint64_t ask(struct world_peer *peer, const char *method, const char *format, va_list arguments) {
    static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":";
    char *line = (char *)malloc(MAX_TEXT);
    TEST_CHECK(line != NULL, "the machine is out of memory");
    uint64_t id = peer->world->next_id++;
    size_t len = (size_t)snprintf(line, MAX_TEXT, head, (unsigned long long)id, method);
    size_t start = len;
    len += (size_t)vsnprintf(line + len, MAX_TEXT - len, format, arguments);
    for (size_t i = start; i < len; i++) {
        line[i] = line[i] == '\'' ? '"' : line[i];
    }
    line[len++] = '}';
    check_input(peer, weibel_core_line(peer->core, base_slice(line, len)));
    free(line);
    return id;
}

uint64_t world_ask(struct world_peer *peer, const char *method, const char *params, ...) {
    va_list arguments;
    va_start(arguments, params);
    uint64_t id = ask(peer, method, params, arguments);
    va_end(arguments);
    return id;
}

cJSON *world_answer(struct world_peer *peer, uint64_t id) {
    for (size_t i = 0; i < peer->line_count; i++) {
        const cJSON *answered = cJSON_GetObjectItem(peer->lines[i], "id");
        if (cJSON_IsNumber(answered) && (uint64_t)answered->valuedouble == id) {
            return peer->lines[i];
        }
    }
    return NULL;
}

static cJSON *wait_for(struct world_peer *peer, uint64_t id) {
    world_run(peer->world);
    cJSON *answer = world_answer(peer, id);
    TEST_CHECK(answer != NULL, "no answer");
    return answer;
}

cJSON *world_call(struct world_peer *peer, const char *method, const char *params, ...) {
    va_list arguments;
    va_start(arguments, params);
    uint64_t id = ask(peer, method, params, arguments);
    va_end(arguments);
    cJSON *answer = wait_for(peer, id);
    cJSON *result = cJSON_GetObjectItem(answer, "result");
    if (result == NULL) {
        char *text = cJSON_PrintUnformatted(answer);
        fprintf(stderr, "%s: %s\n", method, text);
        free(text);
    }
    TEST_CHECK(result != NULL, "an error where a result was wanted");
    return result;
}

const char *world_error(struct world_peer *peer, const char *method, const char *params, ...) {
    va_list arguments;
    va_start(arguments, params);
    uint64_t id = ask(peer, method, params, arguments);
    va_end(arguments);
    const cJSON *error = cJSON_GetObjectItem(wait_for(peer, id), "error");
    TEST_CHECK(error != NULL, "a result where an error was wanted");
    return cJSON_GetObjectItem(cJSON_GetObjectItem(error, "data"), "name")->valuestring;
}

cJSON *world_event(struct world_peer *peer, const char *name) {
    for (size_t i = peer->line_count; i > 0; i--) {
        const cJSON *method = cJSON_GetObjectItem(peer->lines[i - 1], "method");
        if (cJSON_IsString(method) && strcmp(method->valuestring, name) == 0) {
            return cJSON_GetObjectItem(peer->lines[i - 1], "params");
        }
    }
    return NULL;
}

char *world_texts(struct world_peer *peer, const char *chat) {
    char *texts = (char *)calloc(1, MAX_TEXT);
    TEST_CHECK(texts != NULL, "the machine is out of memory");
    const cJSON *result = world_call(peer, "history", "{'chat':'%s','limit':200}", chat), *message;
    size_t len = 0;
    cJSON_ArrayForEach(message, cJSON_GetObjectItem(result, "messages")) {
        if (strcmp(cJSON_GetObjectItem(message, "kind")->valuestring, "message") == 0) {
            len += (size_t)snprintf(texts + len, MAX_TEXT - len, "%s\n",
                                    cJSON_GetObjectItem(message, "text")->valuestring);
        }
    }
    return texts;
}
