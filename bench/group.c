/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One message to a group whose devices are all online: what a delivery costs, beside what the kernel alone takes to
 * send so much, and how long it takes until the last one has it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { DELIVERIES = 200000, MOST_MESSAGES = 1000, FEWEST_MESSAGES = 20, PATIENCE_MS = 60000 };

struct group {
    struct load *load;
    struct client *clients; /* the first one writes */
    struct load_stream stream;
    uint64_t sent_at, delivered;
    struct load_samples samples;
};

static void got_frame(void *user, size_t number, const struct wire_frame *frame) {
    struct group *group = user;
    if (number == 0 && frame->request != 0 && frame->type != WIRE_APPENDED) {
        load_die(group->load, "a message to the group was refused");
    }
    if (frame->type == WIRE_ENTRIES && frame->request == 0) {
        group->delivered++;
        load_samples_add(&group->samples, load_microseconds() - group->sent_at);
    }
}

static void send_one(struct group *group, struct load_poll *poll, uint64_t nonce, unsigned members) {
    struct wire_frame frame = load_append_frame(group->load, &group->stream, nonce);
    frame.of.append.after = nonce - 1; /* the messages are its only entries */
    uint64_t wanted = group->delivered + members, end = client_milliseconds() + PATIENCE_MS;
    group->sent_at = load_microseconds();
    load_send(group->load, &group->clients[0], &frame);
    while (group->delivered < wanted) {
        load_poll_once(poll, 50);
        if (client_milliseconds() > end) {
            load_die(group->load, "a member doesn't get a message");
        }
    }
}

void measure_group(struct load *load, unsigned members) {
    struct group group = { .load = load, .clients = calloc(members + 1, sizeof *group.clients) };
    struct load_poll poll = { .frame = got_frame, .user = &group };
    unsigned messages = DELIVERIES / members;
    messages = messages > MOST_MESSAGES ? MOST_MESSAGES : messages < FEWEST_MESSAGES ? FEWEST_MESSAGES : messages;
    if (group.clients == NULL) {
        load_die(load, "memory");
    }
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
    send_one(&group, &poll, 1, members);
    group.samples.count = 0;
    double cpu = load_cpu_us(load);
    for (unsigned i = 0; i < messages; i++) {
        send_one(&group, &poll, i + 2, members);
    }
    cpu = load_cpu_us(load) - cpu;
    double bare = load_bare_send(load, members, messages);
    printf("{\"bench\":\"group\",\"tls\":%s,\"online\":%u,\"bytes\":%u,\"messages\":%u,"
           "\"server_cpu_us_per_delivery\":%.2f,\"bare_send_us\":%.2f,\"delivery_p50_ms\":%.2f,\"delivery_p99_ms\":%."
           "2f}\n",
           load->tls != NULL ? "true" : "false", members, load->settings.size, messages,
           cpu / (double)messages / (double)members, bare, load_percentile(&group.samples, 50),
           load_percentile(&group.samples, 99));
    fflush(stdout);
    for (unsigned i = 0; i <= members; i++) {
        client_close(&group.clients[i]);
    }
    load_samples_close(&group.samples);
    load_poll_close(&poll);
    free(group.clients);
}
