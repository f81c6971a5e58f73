/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a connection costs: memory while nothing happens on it, CPU to sign in, CPU to be refused.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

void measure_idle(struct load *load) {
    unsigned count = load->settings.idle;
    struct client *clients = calloc(count, sizeof *clients);
    struct client first;
    if (clients == NULL) {
        load_die(load, "memory");
    }
    /* What is needed once is there before. */
    load_sign_in(load, 0, &first);
    uint64_t before = process_memory(load->pid);
    double cpu = load_cpu_us(load);
    for (unsigned i = 0; i < count; i++) {
        struct wire_frame read = { .type = WIRE_INBOX_READ, .of.inbox_read.live = 1 };
        load_sign_in(load, i + 1, &clients[i]);
        load_ask(load, &clients[i], &read, WIRE_INBOX_ENTRIES);
    }
    uint64_t grown = process_memory(load->pid) - before;
    cpu = load_cpu_us(load) - cpu;
    printf("{\"bench\":\"idle\",\"tls\":%s,\"connections\":%u,\"kib_per_connection\":%.1f,"
           "\"cpu_us_to_connect_sign_in_and_read_inbox\":%.0f}\n",
           load->tls != NULL ? "true" : "false", count, (double)grown / 1024.0 / (double)count, cpu / (double)count);
    fflush(stdout);
    for (unsigned i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
    client_close(&first);
    free(clients);
}

enum attempt { CONNECT, UNKNOWN_DEVICE, WRONG_SIGNATURE, GOOD };

/* Server CPU of one connection that ends with such a sign-in. */
static double attempt_cost(struct load *load, enum attempt attempt, unsigned count) {
    double cpu = load_cpu_us(load);
    for (unsigned i = 0; i < count; i++) {
        struct client client;
        struct wire_frame answer;
        struct client_device device = load->devices[i];
        device.device[0] ^= attempt == UNKNOWN_DEVICE ? 1 : 0;
        device.seed[0] ^= attempt == WRONG_SIGNATURE ? 1 : 0;
        if (!client_open(&client, load->port, load->tls)) {
            load_die(load, "a device can't connect");
        }
        if (attempt != CONNECT && client_sign_in(&client, &device, &answer) != (attempt == GOOD)) {
            load_die(load, "a sign-in has another end than it should have");
        }
        client_close(&client);
    }
    return (load_cpu_us(load) - cpu) / (double)count;
}

void measure_sign_in(struct load *load) {
    /* So many that the limit on failures from one address isn't reached. */
    enum { COUNT = 40 };
    attempt_cost(load, GOOD, COUNT);
    double connect = attempt_cost(load, CONNECT, COUNT), good = attempt_cost(load, GOOD, COUNT);
    double unknown = attempt_cost(load, UNKNOWN_DEVICE, COUNT), wrong = attempt_cost(load, WRONG_SIGNATURE, COUNT);
    printf("{\"bench\":\"sign_in\",\"tls\":%s,\"cpu_us_connect\":%.0f,\"cpu_us_good\":%.0f,"
           "\"cpu_us_unknown_device\":%.0f,\"cpu_us_wrong_signature\":%.0f}\n",
           load->tls != NULL ? "true" : "false", connect, good - connect, unknown - connect, wrong - connect);
    fflush(stdout);
}
