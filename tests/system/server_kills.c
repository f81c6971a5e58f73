/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Kills at random moments: what was acknowledged is there, once, in order.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness.h"

/* Appends `count` messages, coming back after each kill, until all are acknowledged. */
struct writer {
    const struct client_device *device;
    struct stream stream;
    uint64_t count;
    _Atomic uint64_t acknowledged;
    uint64_t numbers[20000];
};

static void *write_on(void *argument) {
    struct writer *writer = argument;
    struct client client = { .fd = -1 };
    while (writer->acknowledged < writer->count) {
        char text[32];
        uint64_t index = writer->acknowledged + 1;
        snprintf(text, sizeof text, "message %u", (unsigned)index);
        uint64_t number = client.fd < 0 ? 0 : append(&client, &writer->stream, index, text);
        if (number == 0) {
            usleep(2000);
            rejoin(&client, writer->device);
            continue;
        }
        writer->numbers[writer->acknowledged++] = number;
    }
    client_close(&client);
    return NULL;
}

/* True if the stream holds message 1 to `count` once each, in order, under the numbers that were acknowledged. */
static bool holds_all(struct client *client, const struct writer *writer) {
    uint64_t index = 0, after = 0;
    for (;;) {
        struct wire_frame frame = read_frame(&writer->stream, after, false), answer;
        if (!client_ask(client, &frame, &answer) || answer.type != WIRE_ENTRIES) {
            return false;
        }
        struct base_reader reader = base_reader(answer.of.entries.entries);
        while (reader.left != 0) {
            struct wire_entry entry;
            char text[32];
            if (wire_entry_next(&reader, &entry) != BASE_OK) {
                return false;
            }
            snprintf(text, sizeof text, "message %u", (unsigned)(index + 1));
            if (index >= writer->count || writer->numbers[index] != entry.number ||
                !base_slice_equal(entry.content, base_slice_text(text))) {
                return false;
            }
            after = entry.number;
            index++;
        }
        if ((answer.of.entries.flags & WIRE_MORE) == 0) {
            return index == writer->count;
        }
    }
}

void test_kills(void) {
    enum { WRITERS = 4, KILLS = 20, MESSAGES = 1500 };
    static struct writer writers[WRITERS];
    static struct client_device devices[WRITERS];
    pthread_t threads[WRITERS];
    struct client client;
    bool ready = true, restarted = true;
    for (size_t i = 0; i < WRITERS; i++) {
        ready = ready && join(&client, &devices[i]) && create_stream(&client, &writers[i].stream);
        client_close(&client);
        writers[i].device = &devices[i];
        writers[i].count = MESSAGES;
    }
    if (!ok(ready, "four writers")) {
        return;
    }
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_create(&threads[i], NULL, write_on, &writers[i]);
    }
    for (int i = 0; i < KILLS; i++) {
        uint32_t pause = 0;
        client_random(&pause, sizeof pause);
        usleep(20000 + pause % 80000);
        stop(SIGKILL);
        restarted = restarted && start();
    }
    ok(restarted, "twenty kills at random moments, and a start after each");
    uint64_t end = client_milliseconds() + 60000;
    bool done = false;
    while (!done && client_milliseconds() < end) {
        usleep(50000);
        done = true;
        for (size_t i = 0; i < WRITERS; i++) {
            done = done && writers[i].acknowledged == MESSAGES;
        }
    }
    if (!ok(done, "all writers come to their end")) {
        exit(EXIT_FAILURE);
    }
    bool whole = true;
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        client = (struct client){ .fd = -1 };
        whole = whole && rejoin(&client, &devices[i]) && holds_all(&client, &writers[i]);
        client_close(&client);
    }
    ok(whole, "everything that was acknowledged is there once, in order, under its number");
}
