/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages between pairs: in each, one device appends to a stream and the other reads it live. A message counts once
 * the server has acknowledged it as durable.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { WARM_UP_MS = 500 };

struct pair {
    struct client writer, reader;
    struct load_stream stream;
    uint64_t next;                     /* message */
    uint64_t last;                     /* entry that was acknowledged */
    uint64_t sent_at[LOAD_MAX_WINDOW]; /* by request number */
    uint64_t received;
};

struct exchange {
    struct load *load;
    struct pair *pairs;
    uint64_t acknowledged, delivered, refused;
    struct load_samples samples;
    bool measuring;
};

static void append(struct exchange *exchange, struct pair *pair) {
    struct wire_frame frame = load_append_frame(exchange->load, &pair->stream, ++pair->next);
    frame.of.append.after = pair->last;
    pair->sent_at[(pair->writer.request + 1) % LOAD_MAX_WINDOW] = load_microseconds();
    load_send(exchange->load, &pair->writer, &frame);
}

static void got_answer(struct exchange *exchange, struct pair *pair, const struct wire_frame *frame) {
    if (frame->request == 0) {
        return;
    }
    exchange->acknowledged += frame->type == WIRE_APPENDED ? 1 : 0;
    pair->last = frame->type == WIRE_APPENDED ? frame->of.appended.number : pair->last;
    exchange->refused += frame->type == WIRE_APPENDED ? 0 : 1;
    if (exchange->measuring) {
        load_samples_add(&exchange->samples, load_microseconds() - pair->sent_at[frame->request % LOAD_MAX_WINDOW]);
    }
    append(exchange, pair);
}

static void got_entries(struct exchange *exchange, struct pair *pair, const struct wire_frame *frame) {
    struct base_reader reader = base_reader(frame->of.entries.entries);
    struct wire_entry entry;
    while (reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
        if (entry.number != pair->received + 1) {
            load_die(exchange->load, "an entry is missing");
        }
        pair->received = entry.number;
        exchange->delivered++;
    }
}

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct exchange *exchange = user;
    struct pair *pair = &exchange->pairs[number / 2];
    if (number % 2 == 0) {
        got_answer(exchange, pair, frame);
    } else {
        got_entries(exchange, pair, frame);
    }
}

static void go_on(struct load_poll *poll, uint64_t milliseconds) {
    uint64_t end = client_milliseconds() + milliseconds;
    while (client_milliseconds() < end) {
        load_poll_once(poll, 50);
    }
}

static void set_up(struct exchange *exchange, struct load_poll *poll) {
    struct load *load = exchange->load;
    for (unsigned i = 0; i < load->settings.pairs; i++) {
        struct pair *pair = &exchange->pairs[i];
        load_sign_in(load, (size_t)2 * i, &pair->writer);
        load_sign_in(load, (size_t)2 * i + 1, &pair->reader);
        load_create_stream(load, &pair->writer, &pair->stream);
        load_read_live(load, &pair->reader, &pair->stream);
        if (load->settings.echo) {
            load_read_live(load, &pair->writer, &pair->stream);
        }
        load_poll_add(poll, (size_t)2 * i, &pair->writer);
        load_poll_add(poll, (size_t)2 * i + 1, &pair->reader);
    }
}

static void measure(struct exchange *exchange, struct load_poll *poll) {
    const struct load_settings *settings = &exchange->load->settings;
    for (unsigned i = 0; i < settings->pairs; i++) {
        for (unsigned j = 0; j < settings->window; j++) {
            append(exchange, &exchange->pairs[i]);
        }
    }
    go_on(poll, WARM_UP_MS);
    exchange->measuring = true;
    exchange->acknowledged = exchange->delivered = exchange->refused = 0;
    double cpu = load_cpu_us(exchange->load);
    uint64_t start = load_microseconds();
    go_on(poll, (uint64_t)settings->seconds * 1000);
    double seconds = (double)(load_microseconds() - start) / 1e6;
    cpu = load_cpu_us(exchange->load) - cpu;
    uint64_t count = exchange->acknowledged == 0 ? 1 : exchange->acknowledged;
    printf("{\"bench\":\"messages\",\"tls\":%s,\"pairs\":%u,\"bytes\":%u,\"window\":%u,\"echo\":%s,\"seconds\":%.1f,"
           "\"durable_per_second\":%.0f,\"delivered_per_second\":%.0f,\"refused\":%lu,"
           "\"server_cpu_us_per_message\":%.1f,\"ack_p50_ms\":%.2f,\"ack_p99_ms\":%.2f}\n",
           exchange->load->tls != NULL ? "true" : "false", settings->pairs, settings->size, settings->window,
           settings->echo ? "true" : "false", seconds, (double)exchange->acknowledged / seconds,
           (double)exchange->delivered / seconds, (unsigned long)exchange->refused, cpu / (double)count,
           load_percentile(&exchange->samples, 50), load_percentile(&exchange->samples, 99));
    fflush(stdout);
}

void measure_messages(struct load *load) {
    unsigned pairs = load->settings.pairs;
    struct exchange exchange = { .load = load, .pairs = calloc(pairs, sizeof *exchange.pairs) };
    struct load_poll poll = { .frame = got_frame, .user = &exchange };
    if (exchange.pairs == NULL) {
        load_die(load, "memory");
    }
    load_poll_open(&poll, load, (size_t)2 * pairs);
    load_samples_open(&exchange.samples);
    set_up(&exchange, &poll);
    measure(&exchange, &poll);
    for (unsigned i = 0; i < pairs; i++) {
        client_close(&exchange.pairs[i].writer);
        client_close(&exchange.pairs[i].reader);
    }
    load_samples_close(&exchange.samples);
    load_poll_close(&poll);
    free(exchange.pairs);
}
