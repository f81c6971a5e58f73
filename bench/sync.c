/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A device that was away comes back: it connects, signs in, reads its inbox and what waits in all of its chats, and
 * is live in them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { MESSAGES = 50, PATIENCE_MS = 60000 };

struct sync {
    struct load *load;
    uint64_t entries, answers;
};

/* Each chat is filled by another device, so that none uses up its allowance. */
static void fill(struct load *load, struct load_stream *streams, unsigned chats) {
    for (unsigned i = 0; i < chats; i++) {
        struct client client;
        load_sign_in(load, i + 1, &client);
        load_create_stream(load, &client, &streams[i]);
        for (unsigned j = 1; j <= MESSAGES; j++) {
            struct wire_frame frame = load_append_frame(load, &streams[i], j);
            frame.of.append.after = j - 1;
            load_send(load, &client, &frame);
        }
        for (unsigned j = 0; j < MESSAGES; j++) {
            struct wire_frame answer;
            if (!client_receive(&client, PATIENCE_MS, &answer) || answer.type != WIRE_APPENDED) {
                load_die(load, "a message was refused");
            }
        }
        client_close(&client);
    }
}

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct sync *sync = user;
    (void)number;
    if (frame->type == WIRE_REFUSAL) {
        load_die(sync->load, "a chat can't be read");
    }
    sync->answers++;
    if (frame->type == WIRE_ENTRIES) {
        struct base_reader reader = base_reader(frame->of.entries.entries);
        struct wire_entry entry;
        while (reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
            sync->entries++;
        }
    }
}

static void come_back(struct sync *sync, const struct load_stream *streams, unsigned chats) {
    struct load *load = sync->load;
    struct load_poll poll = { .frame = got_frame, .user = sync };
    struct client client;
    struct wire_frame frame = { .type = WIRE_INBOX_READ, .of.inbox_read.live = 1 };
    uint64_t end = client_milliseconds() + PATIENCE_MS;
    load_sign_in(load, 0, &client);
    load_poll_open(&poll, load, 1);
    load_poll_add(&poll, 0, &client);
    load_send(load, &client, &frame);
    for (unsigned i = 0; i < chats; i++) {
        frame = (struct wire_frame){ .type = WIRE_READ };
        memcpy(frame.of.read.stream, streams[i].name, WIRE_STREAM_LEN);
        memcpy(frame.of.read.token, streams[i].token, WIRE_KEY_LEN);
        frame.of.read.live = 1;
        load_send(load, &client, &frame);
    }
    while (sync->answers < chats + 1 && client_milliseconds() < end) {
        load_poll_once(&poll, 50);
    }
    load_poll_close(&poll);
    client_close(&client);
}

void measure_sync(struct load *load) {
    unsigned chats = load->settings.chats;
    struct load_stream *streams = calloc(chats, sizeof *streams);
    struct sync sync = { .load = load };
    if (streams == NULL) {
        load_die(load, "memory");
    }
    fill(load, streams, chats);
    double cpu = load_cpu_us(load);
    uint64_t start = load_microseconds();
    come_back(&sync, streams, chats);
    double milliseconds = (double)(load_microseconds() - start) / 1000;
    cpu = load_cpu_us(load) - cpu;
    if (sync.entries != (uint64_t)chats * MESSAGES) {
        load_die(load, "not all messages have come");
    }
    printf("{\"bench\":\"cold_sync\",\"tls\":%s,\"chats\":%u,\"messages\":%lu,\"bytes\":%u,\"ms\":%.1f,"
           "\"server_cpu_ms\":%.1f,\"server_cpu_us_per_message\":%.2f}\n",
           load->tls != NULL ? "true" : "false", chats, (unsigned long)sync.entries, load->settings.size, milliseconds,
           cpu / 1000, cpu / (double)sync.entries);
    fflush(stdout);
    free(streams);
}
