/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the kernel alone takes for deliveries: a process that does nothing but send the same bytes to so many
 * connections over loopback. No server that sends each reader its copy can be below it; and as loopback runs the
 * receiving half of TCP in the sender's call, most of it is no network's.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

enum { EVENTS = 256, READ_AT_ONCE = 65536 };

struct bare {
    const struct load *load;
    unsigned connections, rounds;
    int *sockets; /* of the sender in its process, of the readers in this one */
    int said[2];  /* a pipe: a round has arrived */
    int cost[2];  /* a pipe: what all rounds have cost */
};

/* Each end of a connection is in another process: one alone could not have so many descriptors. */
static int listen_somewhere(const struct bare *bare, struct sockaddr_in *address) {
    socklen_t size = sizeof *address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (listener < 0 || bind(listener, (struct sockaddr *)address, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)address, &size) != 0) {
        load_die(bare->load, "connections of the comparison");
    }
    return listener;
}

static void connect_all(const struct bare *bare, const struct sockaddr_in *address, int poller) {
    for (unsigned i = 0; i < bare->connections; i++) {
        int reader = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct epoll_event event = { .events = EPOLLIN, .data.fd = reader };
        if (reader < 0 || connect(reader, (const struct sockaddr *)address, sizeof *address) != 0 ||
            epoll_ctl(poller, EPOLL_CTL_ADD, reader, &event) != 0) {
            load_die(bare->load, "connections of the comparison");
        }
        bare->sockets[i] = reader;
    }
}

static void accept_all(const struct bare *bare, int listener) {
    int on = 1;
    for (unsigned i = 0; i < bare->connections; i++) {
        bare->sockets[i] = accept(listener, NULL, NULL);
        if (bare->sockets[i] < 0 || setsockopt(bare->sockets[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
            _exit(1);
        }
    }
}

static double own_cpu_us(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

_Noreturn static void send_all(const struct bare *bare) {
    double cpu = 0;
    char byte = 0;
    for (unsigned i = 0; i < bare->rounds; i++) {
        double before = own_cpu_us();
        for (unsigned j = 0; j < bare->connections; j++) {
            if (send(bare->sockets[j], bare->load->content, bare->load->settings.size, MSG_NOSIGNAL) < 0) {
                _exit(1);
            }
        }
        cpu += own_cpu_us() - before;
        if (read(bare->said[0], &byte, 1) != 1) {
            _exit(1);
        }
    }
    _exit(write(bare->cost[1], &cpu, sizeof cpu) == (ssize_t)sizeof cpu ? 0 : 1);
}

static void read_round(const struct bare *bare, int poller) {
    static uint8_t buffer[READ_AT_ONCE];
    struct epoll_event events[EVENTS];
    uint64_t wanted = (uint64_t)bare->connections * bare->load->settings.size;
    while (wanted != 0) {
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            ssize_t len = recv(events[i].data.fd, buffer, sizeof buffer, MSG_DONTWAIT);
            if (len <= 0) {
                load_die(bare->load, "the comparison broke");
            }
            wanted -= (uint64_t)len;
        }
    }
    if (write(bare->said[1], "", 1) != 1) {
        load_die(bare->load, "the comparison broke");
    }
}

double load_bare_send(const struct load *load, unsigned connections, unsigned rounds) {
    struct bare bare = { .load = load, .connections = connections, .rounds = rounds };
    struct sockaddr_in address;
    int listener = listen_somewhere(&bare, &address), poller = epoll_create1(EPOLL_CLOEXEC);
    double cpu = 0;
    bare.sockets = calloc(connections, sizeof *bare.sockets);
    if (bare.sockets == NULL || poller < 0 || pipe(bare.said) != 0 || pipe(bare.cost) != 0) {
        load_die(load, "memory");
    }
    pid_t pid = fork();
    if (pid == 0) {
        accept_all(&bare, listener);
        send_all(&bare);
    }
    close(listener);
    connect_all(&bare, &address, poller);
    for (unsigned i = 0; i < rounds; i++) {
        read_round(&bare, poller);
    }
    if (read(bare.cost[0], &cpu, sizeof cpu) != (ssize_t)sizeof cpu) {
        load_die(load, "the comparison broke");
    }
    waitpid(pid, NULL, 0);
    for (unsigned i = 0; i < connections; i++) {
        close(bare.sockets[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        close(bare.said[i]);
        close(bare.cost[i]);
    }
    close(poller);
    free(bare.sockets);
    return cpu / (double)rounds / (double)connections;
}
