/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages to a group whose devices are all online: what a delivery costs, beside what the kernel alone takes to send
 * so much, and how long it takes until the last one has it. One at a time, and some that are written at the same
 * moment, as where many write.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { DELIVERIES = 200000, MOST_MESSAGES = 1000, FEWEST_MESSAGES = 20, AT_ONCE = 8, PATIENCE_MS = 60000 };

struct group {
    struct load *load;
    struct client *clients; /* the first one writes */
    struct load_stream stream;
    uint64_t written, sent_at, delivered; /* messages, microseconds, deliveries */
    struct load_samples samples;
};

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct group *group = user;
    if (number == 0 && frame->request != 0 && frame->type != WIRE_APPENDED) {
        load_die(group->load, "a message to the group was refused");
    }
    if (frame->type == WIRE_ENTRIES && frame->request == 0) {
        struct base_reader reader = base_reader(frame->of.entries.entries);
        struct wire_entry entry;
        while (reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
            group->delivered++;
            load_samples_add(&group->samples, load_microseconds() - group->sent_at);
        }
    }
}

static void send_some(struct group *group, struct load_poll *poll, unsigned messages, unsigned members) {
    uint64_t wanted = group->delivered + (uint64_t)messages * members, known = group->written;
    uint64_t end = client_milliseconds() + PATIENCE_MS;
    group->sent_at = load_microseconds();
    for (unsigned i = 0; i < messages; i++) {
        struct wire_frame frame = load_append_frame(group->load, &group->stream, ++group->written);
        frame.of.append.after = known; /* the messages are the stream's only entries */
        load_send(group->load, &group->clients[0], &frame);
    }
    while (group->delivered < wanted) {
        load_poll_once(poll, 50);
        if (client_milliseconds() > end) {
            load_die(group->load, "a member doesn't get a message");
        }
    }
}

static unsigned messages_for(unsigned members) {
    unsigned messages = DELIVERIES / members;
    return messages > MOST_MESSAGES ? MOST_MESSAGES : messages < FEWEST_MESSAGES ? FEWEST_MESSAGES : messages;
}

static void measure(struct group *group, struct load_poll *poll, unsigned members, unsigned at_once, double bare) {
    unsigned rounds = messages_for(members) / at_once;
    group->samples.count = 0;
    double cpu = load_cpu_us(group->load);
    for (unsigned i = 0; i < rounds; i++) {
        send_some(group, poll, at_once, members);
    }
    cpu = load_cpu_us(group->load) - cpu;
    printf("{\"bench\":\"group\",\"tls\":%s,\"online\":%u,\"bytes\":%u,\"messages\":%u,\"at_once\":%u,"
           "\"server_cpu_us_per_delivery\":%.2f,\"bare_send_us\":%.2f,\"delivery_p50_ms\":%.2f,\"delivery_p99_ms\":%."
           "2f}\n",
           group->load->tls != NULL ? "true" : "false", members, group->load->settings.size, rounds * at_once, at_once,
           cpu / (double)rounds / (double)at_once / (double)members, bare, load_percentile(&group->samples, 50),
           load_percentile(&group->samples, 99));
    fflush(stdout);
}

void measure_group(struct load *load, unsigned members) {
    struct group group = { .load = load, .clients = calloc(members + 1, sizeof *group.clients) };
    struct load_poll poll = { .frame = got_frame, .user = &group };
    if (group.clients == NULL) {
        load_die(load, "memory");
    }
    double bare = load_bare_send(load, members, messages_for(members));
    load_poll_open(&poll, load, (size_t)members + 1);
    load_samples_open(&group.samples);
    for (unsigned i = 0; i <= members; i++) {
        load_sign_in(load, i, &group.clients[i]);
        if (i == 0) {
            load_create_stream(load, &group.clients[0], &group.stream);
        } else {
            load_read_live(load, &group.clients[i], &group.stream);
        }
        load_poll_add(&poll, i, &group.clients[i]);
    }
    send_some(&group, &poll, 1, members);
    measure(&group, &poll, members, 1, bare);
    measure(&group, &poll, members, AT_ONCE, bare);
    for (unsigned i = 0; i <= members; i++) {
        client_close(&group.clients[i]);
    }
    load_samples_close(&group.samples);
    load_poll_close(&poll);
    free(group.clients);
}
