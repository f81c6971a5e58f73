/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Prosody and ejabberd under the same load as our server: messages of the same size between as many pairs, passed on
 * to who is online, and stored for who is not. Prints one JSON object a line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

#include "options.h"
#include "xmpp.h"

enum { MOST_PAIRS = 1000, MOST_BYTES = 32768, WARM_UP_MS = 500, ENOUGH = 200, PATIENCE_MS = 30000 };

struct bench {
    struct xmpp_server server;
    unsigned pairs, size, window, seconds;
    char body[MOST_BYTES + 1];
};

struct side {
    struct client client;
    char user[16], peer[16];
    unsigned sent, acknowledged;
};

static void fill_body(struct bench *bench) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
    uint8_t raw[MOST_BYTES];
    client_random(raw, bench->size);
    for (unsigned i = 0; i < bench->size; i++) {
        bench->body[i] = letters[raw[i] & 63];
    }
}

static void watch(int poller, int fd, uint32_t number) {
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void send_one(struct bench *bench, struct side *side, bool stored) {
    side->sent++;
    if (!xmpp_send(&side->client, side->peer, bench->body, stored)) {
        xmpp_die(&bench->server, "a connection broke");
    }
}

/*
 * Handles what comes for a while, and for longer, with patience, until there is enough of it to be counted; returns how
 * many messages were passed on, or acknowledged.
 */
static uint64_t exchange(struct bench *bench, struct side *sides, int poller, bool stored, uint64_t milliseconds) {
    uint64_t start = client_milliseconds(), count = 0;
    struct epoll_event events[256];
    for (uint64_t passed = 0; passed < milliseconds || (count < ENOUGH && passed < PATIENCE_MS);
         passed = client_milliseconds() - start) {
        int ready = epoll_wait(poller, events, 256, 50);
        for (int i = 0; i < ready; i++) {
            struct side *side = &sides[events[i].data.u32], *writer = &sides[events[i].data.u32 & ~1u];
            unsigned messages = 0, before = side->acknowledged;
            if (!xmpp_take(&side->client, &messages, &side->acknowledged)) {
                xmpp_die(&bench->server, "it closed a connection");
            }
            unsigned done = stored ? side->acknowledged - before : messages;
            count += done;
            for (unsigned j = 0; j < done; j++) {
                send_one(bench, writer, stored);
            }
        }
    }
    return count;
}

/* Messages to people who are online, or, if `stored`, to people who are not. */
static void measure(struct bench *bench, bool stored) {
    struct side *sides = calloc((size_t)2 * bench->pairs, sizeof *sides);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < 2 * bench->pairs; i++) {
        struct side *side = &sides[i];
        snprintf(side->user, sizeof side->user, "%c%u", stored ? 's' : 'o', i);
        snprintf(side->peer, sizeof side->peer, "%c%u", stored ? 's' : 'o', i ^ 1u);
        if (!stored || i % 2 == 0) {
            xmpp_sign_in(&bench->server, side->user, stored, &side->client);
            watch(poller, side->client.fd, i);
        }
    }
    for (unsigned i = 0; i < bench->pairs * bench->window; i++) {
        send_one(bench, &sides[(size_t)2 * (i % bench->pairs)], stored);
    }
    exchange(bench, sides, poller, stored, WARM_UP_MS);
    uint64_t cpu = process_cpu(bench->server.pid), start = client_milliseconds();
    uint64_t count = exchange(bench, sides, poller, stored, (uint64_t)bench->seconds * 1000);
    double seconds = (double)(client_milliseconds() - start) / 1000;
    cpu = process_cpu(bench->server.pid) - cpu;
    printf("{\"bench\":\"%s\",\"server\":\"%s\",\"tls\":%s,\"pairs\":%u,\"bytes\":%u,\"window\":%u,"
           "\"%s_per_second\":%.1f,\"server_cpu_us_per_message\":%.1f}\n",
           stored ? "xmpp_stored" : "xmpp_relay", bench->server.name, bench->server.tls != NULL ? "true" : "false",
           bench->pairs, bench->size, bench->window, stored ? "stored" : "delivered", (double)count / seconds,
           (double)cpu / 1000 / (double)(count == 0 ? 1 : count));
    fflush(stdout);
    for (unsigned i = 0; i < 2 * bench->pairs; i++) {
        if (!stored || i % 2 == 0) {
            client_close(&sides[i].client);
        }
    }
    close(poller);
    free(sides);
}

static void measure_idle(struct bench *bench) {
    unsigned count = 2 * bench->pairs;
    struct client *clients = calloc(count, sizeof *clients);
    uint64_t before = process_memory(bench->server.pid);
    for (unsigned i = 0; i < count; i++) {
        char user[16];
        snprintf(user, sizeof user, "o%u", i);
        xmpp_sign_in(&bench->server, user, false, &clients[i]);
    }
    uint64_t after = process_memory(bench->server.pid);
    printf("{\"bench\":\"xmpp_idle\",\"server\":\"%s\",\"tls\":%s,\"connections\":%u,\"kib_per_connection\":%.1f}\n",
           bench->server.name, bench->server.tls != NULL ? "true" : "false", count,
           after < before ? 0 : (double)(after - before) / 1024 / count);
    fflush(stdout);
    for (unsigned i = 0; i < count; i++) {
        client_close(&clients[i]);
    }
    free(clients);
}

static void make_accounts(struct bench *bench) {
    for (unsigned i = 0; i < 2 * bench->pairs; i++) {
        char user[16];
        snprintf(user, sizeof user, "o%u", i);
        xmpp_register(&bench->server, user);
        snprintf(user, sizeof user, "s%u", i);
        xmpp_register(&bench->server, user);
    }
}

static bool parse(int argc, char **argv, struct bench *bench, int *code) {
    enum { MOST_WINDOW = 1000, MOST_SECONDS = 3600 };
    const char **name = &bench->server.name, **build = &bench->server.build;
    const struct bench_option list[] = {
        { "--server", "NAME", NULL, name, NULL, 0, 0, "prosody or ejabberd" },
        { "--build", "DIR", NULL, build, NULL, 0, 0, "a folder for what is written" },
        { "--pairs", "N", &bench->pairs, NULL, NULL, 1, MOST_PAIRS, "writers, each with a reader" },
        { "--size", "BYTES", &bench->size, NULL, NULL, 1, MOST_BYTES, "of a message" },
        { "--window", "N", &bench->window, NULL, NULL, 1, MOST_WINDOW, "messages under way of each writer" },
        { "--seconds", "N", &bench->seconds, NULL, NULL, 1, MOST_SECONDS, "that messages are measured for" },
        { "--tls-cert", "FILE", NULL, &bench->server.cert, NULL, 0, 0, "over TLS, with this certificate" },
        { "--tls-key", "FILE", NULL, &bench->server.key, NULL, 0, 0, "and this key" },
    };
    const struct bench_options options = {
        .program = "bench-xmpp",
        .says = "The same messages as bench-load's through another server, if it is installed (tools/setup peers).\n"
                "Prints one JSON object a line.\n",
        .options = list,
        .count = sizeof list / sizeof *list,
    };
    if (!bench_options_take(&options, argc, argv, code)) {
        return false;
    }
    if ((bench->server.cert == NULL) != (bench->server.key == NULL)) {
        *code = bench_options_wrong(options.program, "--tls-cert and --tls-key go together");
    } else if (strcmp(*name, "prosody") != 0 && strcmp(*name, "ejabberd") != 0) {
        *code = bench_options_wrong(options.program, "--server is prosody or ejabberd, not \"%s\"", *name);
    }
    return *code == EX_OK;
}

int main(int argc, char **argv) {
    static struct bench bench = {
        .server = { .name = "prosody", .build = "build" }, .pairs = 100, .size = 1024, .window = 4, .seconds = 4
    };
    int code = EX_OK;
    if (!parse(argc, argv, &bench, &code)) {
        return code;
    }
    if (!xmpp_is_there(bench.server.name)) {
        fprintf(stderr, "bench-xmpp: skipped: %s is not installed (tools/setup peers)\n", bench.server.name);
        return EX_OK;
    }
    signal(SIGPIPE, SIG_IGN);
    if (bench.server.cert != NULL) {
        bench.server.tls = SSL_CTX_new(TLS_client_method());
    }
    fill_body(&bench);
    xmpp_start(&bench.server);
    make_accounts(&bench);
    measure_idle(&bench);
    measure(&bench, false);
    measure(&bench, true);
    xmpp_stop(&bench.server);
    return EX_OK;
}
