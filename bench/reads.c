/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Many devices that come back at the same moment and read much: the server's memory at its peak, and the time until all
 * of them have everything.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum { ENTRIES = 64, ENTRY = 64 << 10, PATIENCE_MS = 300000 };

struct readers {
    struct load *load;
    struct client *clients; /* the first one has written */
    struct load_stream stream;
    unsigned left;
};

static void ask_on(struct readers *readers, size_t number, uint64_t after) {
    struct wire_frame frame = { .type = WIRE_READ, .of.read.after = after };
    memcpy(frame.of.read.stream, readers->stream.name, WIRE_STREAM_LEN);
    memcpy(frame.of.read.token, readers->stream.token, WIRE_KEY_LEN);
    load_send(readers->load, &readers->clients[number], &frame);
}

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct readers *readers = user;
    struct wire_entry entry = { 0 };
    struct base_reader reader = base_reader(frame->of.entries.entries);
    if (frame->type != WIRE_ENTRIES) {
        load_die(readers->load, "a read was refused");
    }
    while (reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
    }
    if ((frame->of.entries.flags & WIRE_MORE) != 0) {
        ask_on(readers, number, entry.number);
    } else {
        readers->left--;
    }
}

static void write_entries(struct readers *readers) {
    uint8_t *content = load_take(readers->load, 1, ENTRY);
    for (uint64_t i = 1; i <= ENTRIES; i++) {
        struct wire_frame frame = load_append_frame(readers->load, &readers->stream, i);
        frame.of.append.content = base_slice(content, ENTRY);
        load_ask(readers->load, &readers->clients[0], &frame, WIRE_APPENDED);
    }
    free(content);
}

void measure_reads(struct load *load) {
    enum { MIB = 1 << 20 };
    unsigned count = load->settings.readers;
    struct readers readers = { .load = load, .left = count };
    struct load_poll poll = { .frame = got_frame, .user = &readers };
    readers.clients = load_take(load, (size_t)count + 1, sizeof *readers.clients);
    load_poll_open(&poll, load, (size_t)count + 1);
    for (unsigned i = 0; i <= count; i++) {
        load_sign_in(load, i, &readers.clients[i]);
        if (i == 0) {
            load_create_stream(load, &readers.clients[0], &readers.stream);
            write_entries(&readers);
        } else {
            load_poll_add(&poll, i, &readers.clients[i]);
        }
    }
    uint64_t before = process_memory(load->pid), most = before, start = client_milliseconds();
    for (unsigned i = 1; i <= count; i++) {
        ask_on(&readers, i, 0);
    }
    while (readers.left != 0 && client_milliseconds() < start + PATIENCE_MS) {
        load_poll_once(&poll, 1);
        uint64_t now = process_memory(load->pid);
        most = now > most ? now : most;
    }
    if (readers.left != 0) {
        load_die(load, "a reader doesn't get everything");
    }
    printf("{\"bench\":\"reads\",\"tls\":%s,\"readers\":%u,\"mib_each\":%d,\"server_mib_before\":%u,\"server_mib_at_"
           "most\":%u,"
           "\"seconds\":%.2f}\n",
           load->tls != NULL ? "true" : "false", count, ENTRIES * ENTRY / MIB, (unsigned)(before / MIB),
           (unsigned)(most / MIB), (double)(client_milliseconds() - start) / 1000);
    fflush(stdout);
    for (unsigned i = 0; i <= count; i++) {
        client_close(&readers.clients[i]);
    }
    load_poll_close(&poll);
    free(readers.clients);
}
