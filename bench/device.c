/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Simulated devices: one or many from this process, and the times that they measure.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { EVENTS = 256 };

void load_sign_in(struct load *load, size_t device, struct client *client) {
    enum { PATIENCE_MS = 120000, PAUSE_US = 20000 };
    uint64_t end = client_milliseconds() + PATIENCE_MS;
    struct wire_frame answer;
    /* From one address, no more than 500 attempts a second are taken in the long run, so each has its own. */
    while (!client_open_from(client, (uint32_t)device, load->port, load->tls) ||
           !client_sign_in(client, &load->devices[device], &answer)) {
        client_close(client);
        if (client_milliseconds() > end) {
            load_die(load, "a device can't sign in");
        }
        usleep(PAUSE_US);
    }
}

void load_ask(const struct load *load, struct client *client, struct wire_frame *frame, uint8_t wanted) {
    struct wire_frame answer;
    if (!client_ask(client, frame, &answer) || answer.type != wanted) {
        load_die(load, "a request was refused");
    }
}

void load_create_stream(const struct load *load, struct client *client, struct load_stream *stream) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
    client_random(stream, sizeof *stream);
    memcpy(frame.of.create_stream.stream, stream->name, WIRE_STREAM_LEN);
    client_sha256(stream->token, WIRE_KEY_LEN, frame.of.create_stream.token_hash);
    load_ask(load, client, &frame, WIRE_DONE);
}

void load_read_live(const struct load *load, struct client *client, const struct load_stream *stream) {
    struct wire_frame frame = { .type = WIRE_READ };
    memcpy(frame.of.read.stream, stream->name, WIRE_STREAM_LEN);
    memcpy(frame.of.read.token, stream->token, WIRE_KEY_LEN);
    frame.of.read.live = 1;
    load_ask(load, client, &frame, WIRE_ENTRIES);
}

struct wire_frame load_append_frame(const struct load *load, const struct load_stream *stream, uint64_t nonce) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    memcpy(frame.of.append.stream, stream->name, WIRE_STREAM_LEN);
    memcpy(frame.of.append.token, stream->token, WIRE_KEY_LEN);
    memcpy(frame.of.append.nonce, &nonce, sizeof nonce);
    frame.of.append.content = base_slice(load->content, load->settings.size);
    return frame;
}

void load_send(const struct load *load, struct client *client, struct wire_frame *frame) {
    if (!client_send(client, frame)) {
        load_die(load, "a connection broke");
    }
}

/* --- many --- */

void load_poll_open(struct load_poll *poll, struct load *load, size_t clients) {
    poll->load = load;
    poll->poller = epoll_create1(EPOLL_CLOEXEC);
    poll->clients = calloc(clients, sizeof *poll->clients);
    if (poll->poller < 0 || poll->clients == NULL) {
        load_die(load, "epoll");
    }
}

void load_poll_add(struct load_poll *poll, size_t number, struct client *client) {
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = number };
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    poll->clients[number] = client;
    if (epoll_ctl(poll->poller, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        load_die(poll->load, "epoll");
    }
}

static void take_frames(struct load_poll *poll, size_t number) {
    struct client *client = poll->clients[number];
    struct base_slice message;
    do {
        if (!client_fill(client)) {
            load_die(poll->load, "the server closed a connection");
        }
        while (client_next(client, &message)) {
            struct wire_frame frame;
            if (wire_decode(message, &frame) != BASE_OK) {
                load_die(poll->load, "a frame can't be decoded");
            }
            poll->frame(poll->user, number, &frame);
        }
    } while (client->tls != NULL && SSL_pending(client->tls) > 0);
}

void load_poll_once(struct load_poll *poll, int timeout_ms) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll->poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        take_frames(poll, (size_t)events[i].data.u64);
    }
}

void load_poll_close(struct load_poll *poll) {
    close(poll->poller);
    free(poll->clients);
}

/* --- times --- */

uint64_t load_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void load_samples_open(struct load_samples *samples) {
    samples->count = 0;
    samples->items = malloc(LOAD_MAX_SAMPLES * sizeof *samples->items);
    if (samples->items == NULL) {
        abort();
    }
}

void load_samples_add(struct load_samples *samples, uint64_t microseconds) {
    if (samples->count < LOAD_MAX_SAMPLES) {
        samples->items[samples->count++] = (uint32_t)microseconds;
    }
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

double load_percentile(struct load_samples *samples, unsigned percent) {
    if (samples->count == 0) {
        return 0;
    }
    qsort(samples->items, samples->count, sizeof *samples->items, compare);
    size_t at = (samples->count - 1) * percent / 100;
    return samples->items[at] / 1000.0;
}

void load_samples_close(struct load_samples *samples) {
    free(samples->items);
    samples->items = NULL;
}
