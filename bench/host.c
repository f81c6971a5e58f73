/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a core wants done is done at once: what it stores is durable as soon as it is in memory.
 */
#define _GNU_SOURCE
#include "host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS = 256, TURN_MS = 10, MAX_TEXT = 24 };

static void drain(struct host *host);

static void check(const struct host *host, base_result result) {
    if (result != BASE_OK) {
        load_die(host->all->load, result->name);
    }
}

/* --- the face --- */

static const char *find(struct base_slice line, const char *text) {
    const char *at = memmem(line.data, line.len, text, strlen(text));
    return at == NULL ? NULL : at + strlen(text);
}

static void take_line(struct host *host, struct base_slice line) {
    static const char response[] = "{\"jsonrpc\":\"2.0\",\"id\":";
    const char *id = find(line, "\"result\":{\"id\":\""), *text = find(line, "\"text\":\"m");
    if (line.len > sizeof response && memcmp(line.data, response, sizeof response - 1) == 0) {
        host->answered++;
        host->failed = find(line, "\"error\":{") != NULL;
        if (host->id[0] == 0 && id != NULL) {
            snprintf(host->id, sizeof host->id, "%.9s", id);
        }
    } else if (text != NULL && find(line, "\"method\":\"message\"") != NULL) {
        char digits[MAX_TEXT];
        snprintf(digits, sizeof digits, "%.*s", MAX_TEXT - 1, text);
        host->got = (unsigned)strtoul(digits, NULL, 10);
    }
}

void host_ask(struct host *host, const char *method, const char *params) {
    size_t room = strlen(params) + 128;
    char *line = load_take(host->all->load, room, 1);
    host->asked++;
    int len = snprintf(line, room, "{\"jsonrpc\":\"2.0\",\"id\":%lu,\"method\":\"%s\",\"params\":%s}",
                       (unsigned long)host->asked, method, params);
    check(host, weibel_core_line(host->core, base_slice(line, (size_t)len)));
    free(line);
    drain(host);
}

bool host_is_idle(const struct host *host) {
    return host->answered == host->asked && !weibel_core_waits(host->core);
}

/* --- effects --- */

static void hang_up(struct host *host) {
    client_close(&host->socket);
    check(host, weibel_core_disconnected(host->core, "the connection has ended"));
}

static void connect_to_server(struct host *host) {
    const struct load *load = host->all->load;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = host };
    if (!client_upgrade(&host->socket, load->port, load->tls, "/connect", "weibel")) {
        hang_up(host);
        return;
    }
    fcntl(host->socket.fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(host->all->poller, EPOLL_CTL_ADD, host->socket.fd, &event) != 0) {
        load_die(load, "epoll");
    }
    check(host, weibel_core_connected(host->core));
    /* The server's first frame may have come with the end of the handshake. */
    struct base_slice frame;
    while (client_next(&host->socket, &frame)) {
        check(host, weibel_core_frame(host->core, frame));
    }
}

static void give_records(struct host *host, const struct weibel_read *read) {
    uint32_t number = read->read;
    size_t first = records_find(&host->records, read->from), end = records_find(&host->records, read->before);
    for (uint32_t left = read->limit; left > 0 && first < end; left--) {
        const struct record *record = &host->records.items[read->backwards ? --end : first++];
        check(host, weibel_core_record(host->core, number, base_borrow(&record->key), base_borrow(&record->value)));
    }
    check(host, weibel_core_read_done(host->core, number, true));
}

static void carry_out(struct host *host, const struct weibel_effect *effect) {
    switch (effect->kind) {
    case WEIBEL_EFFECT_STORE:
        records_apply(&host->records, &effect->of.store);
        check(host, weibel_core_stored(host->core, true));
        break;
    case WEIBEL_EFFECT_READ:
        give_records(host, &effect->of.read);
        break;
    case WEIBEL_EFFECT_CONNECT:
        connect_to_server(host);
        break;
    case WEIBEL_EFFECT_DISCONNECT:
        hang_up(host);
        break;
    case WEIBEL_EFFECT_FRAME:
        if (host->socket.fd >= 0 && !client_send_bytes(&host->socket, effect->of.frame)) {
            hang_up(host);
        }
        break;
    case WEIBEL_EFFECT_LINE:
        take_line(host, effect->of.line);
        break;
    default:
        load_die(host->all->load, "nobody sends files here");
    }
}

static void drain(struct host *host) {
    struct weibel_effect effect;
    while (weibel_core_next(host->core, &effect)) {
        carry_out(host, &effect);
    }
}

static void take_frames(struct host *host) {
    struct base_slice frame;
    bool there = client_fill(&host->socket);
    while (host->socket.fd >= 0 && client_next(&host->socket, &frame)) {
        check(host, weibel_core_frame(host->core, frame));
        drain(host);
    }
    if (!there && host->socket.fd >= 0) {
        hang_up(host);
        drain(host);
    }
}

/* --- all of them --- */

static void tick(struct host *host, uint64_t now) {
    if (host->core != NULL && weibel_core_deadline(host->core) <= now) {
        check(host, weibel_core_tick(host->core));
        drain(host);
    }
}

void hosts_turn(struct hosts *hosts) {
    const struct base_clock *clock = base_clock_system();
    struct epoll_event events[EVENTS];
    uint64_t end = client_milliseconds() + TURN_MS;
    do {
        int count = epoll_wait(hosts->poller, events, EVENTS, TURN_MS);
        for (int i = 0; i < count; i++) {
            take_frames(events[i].data.ptr);
        }
    } while (client_milliseconds() < end);
    uint64_t now = clock->now(clock->user);
    for (size_t i = 0; i < hosts->count; i++) {
        tick(&hosts->items[i], now);
    }
}

void host_open(struct host *host) {
    struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = base_random_system(),
        .clock = base_clock_system(),
        .provider = mls_provider_sodium(),
        .passphrase_passes = 1,
        .passphrase_memory = 8,
    };
    check(host, weibel_core_open(&options, &host->core));
    drain(host);
}

void host_close(struct host *host) {
    client_close(&host->socket);
    weibel_core_free(host->core);
    host->core = NULL;
    records_free(&host->records);
}

void hosts_open(struct hosts *hosts, struct load *load, size_t count) {
    *hosts = (struct hosts){ .load = load, .count = count, .poller = epoll_create1(EPOLL_CLOEXEC) };
    hosts->items = load_take(load, count, sizeof *hosts->items);
    if (hosts->poller < 0) {
        load_die(load, "epoll");
    }
    for (size_t i = 0; i < count; i++) {
        hosts->items[i].all = hosts;
        hosts->items[i].socket.fd = -1;
    }
}

void hosts_close(struct hosts *hosts) {
    for (size_t i = 0; i < hosts->count; i++) {
        host_close(&hosts->items[i]);
    }
    close(hosts->poller);
    free(hosts->items);
}
