/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Whether appending costs more when much is stored: the same work on a store, and on one with ten times as many
 * entries.
 *
 * The store is filled by way of its interface, in large transactions, with small entries; what is measured then goes
 * through the network, to streams drawn at random among all.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "store/sqlite.h"

enum {
    STREAMS = 10000,
    SMALL_PART = 10,   /* the smaller store has a tenth of the entries: neither fits into the memory of the server */
    FILL_BYTES = 64,   /* of an entry */
    IN_FLIGHT = 20000, /* operations that are given to the store at once */
    WRITERS = 50,
    APPENDS = 50000,
    PATIENCE_MS = 300000,
};

struct growth {
    struct load *load;
    struct load_stream *streams;
    struct store *store;
    uint64_t *filled; /* entries, by stream */
    size_t in_flight;
    bool failed;
    struct client *writers;
    uint64_t sent, answered;
};

static void wake(void *user) {
    (void)user;
}

static void stored(struct store_op *op) {
    struct growth *growth = op->user;
    growth->in_flight--;
    growth->failed = growth->failed || !store_succeeded(op);
    store_op_free(op);
}

static void submit(struct growth *growth, struct wire_frame frame, enum store_task task) {
    struct store_op *op = load_op(growth->load, task);
    op->ask = frame;
    op->now = (uint64_t)time(NULL);
    op->done = stored;
    op->user = growth;
    growth->in_flight++;
    store_submit(growth->store, op);
    while (growth->in_flight >= IN_FLIGHT) {
        store_finish(growth->store);
        usleep(100);
    }
}

/* Each stream gets its next `count` entries. */
static void fill(struct growth *growth, uint64_t count) {
    static const uint8_t content[FILL_BYTES] = { 1 };
    struct store_sqlite_options options = {
        .allocator = base_allocator_libc(), .random = base_random_system(), .folder = growth->load->data, .wake = wake
    };
    if (store_sqlite_open(&options, &growth->store) != BASE_OK) {
        load_die(growth->load, "the store can't be opened");
    }
    for (size_t i = 0; i < STREAMS; i++) {
        struct load_stream *stream = &growth->streams[i];
        if (growth->filled[i] == 0) {
            struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
            client_random(stream, sizeof *stream);
            memcpy(frame.of.create_stream.stream, stream->name, WIRE_STREAM_LEN);
            client_sha256(stream->token, WIRE_KEY_LEN, frame.of.create_stream.token_hash);
            submit(growth, frame, STORE_CREATE_STREAM);
        }
        for (uint64_t j = 0; j < count; j++) {
            struct wire_frame frame = load_append_frame(growth->load, stream, 0);
            frame.of.append.after = growth->filled[i] + j;
            /* As clients draw them: without order. */
            client_random(frame.of.append.nonce, sizeof frame.of.append.nonce);
            frame.of.append.content = base_slice(content, sizeof content);
            submit(growth, frame, STORE_APPEND);
        }
        growth->filled[i] += count;
    }
    while (growth->in_flight != 0) {
        store_finish(growth->store);
        usleep(100);
    }
    store_close(growth->store);
    if (growth->failed) {
        load_die(growth->load, "the store refused an entry");
    }
}

static void send_next(struct growth *growth, size_t writer) {
    uint32_t draw = 0;
    client_random(&draw, sizeof draw);
    struct wire_frame frame = load_append_frame(growth->load, &growth->streams[draw % STREAMS], 0);
    frame.of.append.after = growth->filled[draw % STREAMS];
    client_random(frame.of.append.nonce, sizeof frame.of.append.nonce);
    load_send(growth->load, &growth->writers[writer], &frame);
    growth->sent++;
}

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct growth *growth = user;
    if (frame->type != WIRE_APPENDED) {
        load_die(growth->load, "an append was refused");
    }
    growth->answered++;
    if (growth->sent < APPENDS) {
        send_next(growth, number);
    }
}

/* Server CPU of an append, in microseconds. */
static double append_cost(struct growth *growth) {
    struct load *load = growth->load;
    struct load_poll poll = { .frame = got_frame, .user = growth };
    uint64_t end = client_milliseconds() + PATIENCE_MS;
    load_start(load);
    load_poll_open(&poll, load, WRITERS);
    for (size_t i = 0; i < WRITERS; i++) {
        load_sign_in(load, i, &growth->writers[i]);
        load_poll_add(&poll, i, &growth->writers[i]);
    }
    growth->sent = growth->answered = 0;
    double cpu = load_cpu_us(load);
    for (size_t i = 0; i < (size_t)WRITERS * load->settings.window; i++) {
        send_next(growth, i % WRITERS);
    }
    while (growth->answered < growth->sent && client_milliseconds() < end) {
        load_poll_once(&poll, 50);
    }
    cpu = load_cpu_us(load) - cpu;
    for (size_t i = 0; i < WRITERS; i++) {
        client_close(&growth->writers[i]);
    }
    load_poll_close(&poll);
    load_stop(load);
    return cpu / (double)growth->answered;
}

static double database_mib(const struct load *load) {
    char path[LOAD_MAX_PATH + 16];
    struct stat status = { 0 };
    snprintf(path, sizeof path, "%s/weibel.sqlite", load->data);
    return stat(path, &status) == 0 ? (double)status.st_size / (1 << 20) : 0;
}

void measure_stored(struct load *load) {
    uint64_t each = load->settings.stored / STREAMS, small = each / SMALL_PART == 0 ? 1 : each / SMALL_PART;
    struct growth growth = {
        .load = load,
        .streams = calloc(STREAMS, sizeof *growth.streams),
        .filled = calloc(STREAMS, sizeof *growth.filled),
        .writers = calloc(WRITERS, sizeof *growth.writers),
    };
    if (growth.streams == NULL || growth.filled == NULL || growth.writers == NULL) {
        load_die(load, "memory");
    }
    load_make_folder(load);
    load_make_devices(load, WRITERS);
    fill(&growth, small);
    double before = append_cost(&growth);
    fill(&growth, each > small ? each - small : 1);
    double after = append_cost(&growth);
    printf("{\"bench\":\"stored\",\"streams\":%d,\"few\":%lu,\"many\":%lu,\"database_mib\":%.0f,\"bytes\":%u,"
           "\"server_cpu_us_with_few\":%.1f,\"server_cpu_us_with_many\":%.1f,\"ratio\":%.2f}\n",
           STREAMS, (unsigned long)small * STREAMS, (unsigned long)growth.filled[0] * STREAMS, database_mib(load),
           load->settings.size, before, after, after / before);
    fflush(stdout);
    load_remove_folder(load);
    free(growth.streams);
    free(growth.filled);
    free(growth.writers);
}
