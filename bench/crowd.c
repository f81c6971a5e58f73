/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * bench-crowd [DEVICES [ONLINE]]: a group of so many devices (1,000, all of them online), with a real server in a
 * process of its own and a real core for each device in this one. Those that are not online exist: they have made their
 * keys. CPU is of the server, and of all cores together. One JSON object a line.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "options.h"
#include "store/sqlite.h"

enum {
    DEVICES = 1000,
    MOST_DEVICES = 10000,
    AT_ONCE = 64,  /* that sign up, … */
    FIRST = 900,   /* … of them without a pause, … */
    A_SECOND = 40, /* … and then in a second: no address may do more */
    MESSAGES = 10,
    EPOCHS = 50,
    CODE_LEN = 16,
    PATIENCE_S = 3600,
    MAX_PARAMS = 256,
};

struct crowd {
    struct load load;
    struct hosts hosts;
    size_t online;
    unsigned messages;
    uint64_t began; /* milliseconds, as what follows: of what is measured */
    double server_cpu, own_cpu;
};

static double own_cpu_ms(void) {
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

static void begin(struct crowd *crowd) {
    crowd->began = client_milliseconds();
    crowd->server_cpu = load_cpu_us(&crowd->load) / 1000;
    crowd->own_cpu = own_cpu_ms();
}

/* All figures are for one of `times`. */
static void print(const struct crowd *crowd, const char *what, unsigned times) {
    enum { MIB = 1 << 20 };
    double count = times;
    printf("{\"bench\":\"crowd\",\"what\":\"%s\",\"devices\":%zu,\"online\":%zu,\"ms\":%.1f,\"server_cpu_ms\":%.1f,"
           "\"cores_cpu_ms\":%.1f,\"server_mib\":%.0f,\"cores_mib\":%.0f}\n",
           what, crowd->hosts.count, crowd->online, (double)(client_milliseconds() - crowd->began) / count,
           (load_cpu_us(&crowd->load) / 1000 - crowd->server_cpu) / count, (own_cpu_ms() - crowd->own_cpu) / count,
           (double)process_memory(crowd->load.pid) / MIB, (double)process_memory(getpid()) / MIB);
    fflush(stdout);
}

/* --- people --- */

static void code_of(size_t number, char out[CODE_LEN + 1]) {
    snprintf(out, CODE_LEN + 1, "CODE%012u", (unsigned)number);
}

static void invite(struct crowd *crowd) {
    struct store_invitation *invitations = load_take(&crowd->load, crowd->hosts.count, sizeof *invitations);
    for (size_t i = 0; i < crowd->hosts.count; i++) {
        char code[CODE_LEN + 1];
        code_of(i, code);
        client_sha256(code, CODE_LEN, invitations[i].code_hash);
        invitations[i].expires = UINT32_MAX;
    }
    if (store_sqlite_invite(crowd->load.data, invitations, crowd->hosts.count) != BASE_OK) {
        load_die(&crowd->load, "no invitations can be made");
    }
    free(invitations);
}

static void activate(struct crowd *crowd, size_t number) {
    char params[MAX_PARAMS], code[CODE_LEN + 1];
    code_of(number, code);
    snprintf(params, sizeof params, "{\"link\":\"http://127.0.0.1:%u/#activate=%s\"}", crowd->load.port, code);
    host_ask(&crowd->hosts.items[number], "activate", params);
}

/* Whether a device has signed up, and its keys are there. */
static bool has_come(struct crowd *crowd, size_t number) {
    struct host *host = &crowd->hosts.items[number];
    if (!host_is_idle(host)) {
        return false;
    }
    if (host->id[0] == 0) {
        if (host->failed) {
            load_die(&crowd->load, "a device can't sign up");
        }
        activate(crowd, number);
        return false;
    }
    if (number >= crowd->online) {
        host_close(host);
    }
    return true;
}

static void come_all(struct crowd *crowd) {
    size_t next = 0, left = crowd->hosts.count, waiting[AT_ONCE], count = 0;
    while (left != 0) {
        size_t may = FIRST + (size_t)(client_milliseconds() - crowd->began) * A_SECOND / 1000;
        for (; count < AT_ONCE && next < crowd->hosts.count && next < may; next++) {
            host_open(&crowd->hosts.items[next]);
            host_ask(&crowd->hosts.items[next], "create", "{\"passphrase\":\"sesame\"}");
            waiting[count++] = next;
        }
        hosts_turn(&crowd->hosts);
        for (size_t i = count; i > 0; i--) {
            if (has_come(crowd, waiting[i - 1])) {
                waiting[i - 1] = waiting[--count];
                left--;
            }
        }
    }
}

/* --- the group --- */

static void await_answer(struct crowd *crowd, const struct host *host) {
    while (!host_is_idle(host)) {
        hosts_turn(&crowd->hosts);
    }
    if (host->failed) {
        load_die(&crowd->load, "a request was refused");
    }
}

/* `but`: a device that is not online. */
static void await_message(struct crowd *crowd, const struct host *but) {
    uint64_t end = client_milliseconds() + (uint64_t)PATIENCE_S * 1000;
    for (size_t i = 1; i < crowd->online;) {
        if (crowd->hosts.items[i].got == crowd->messages || &crowd->hosts.items[i] == but) {
            i++;
            continue;
        }
        hosts_turn(&crowd->hosts);
        if (client_milliseconds() > end) {
            load_die(&crowd->load, "a member doesn't get a message");
        }
    }
}

static void say(struct crowd *crowd) {
    char params[MAX_PARAMS];
    snprintf(params, sizeof params, "{\"chat\":\"G\",\"text\":\"m%u\"}", ++crowd->messages);
    host_ask(&crowd->hosts.items[0], "send", params);
}

static void commit(struct crowd *crowd, unsigned number) {
    char params[MAX_PARAMS];
    snprintf(params, sizeof params, "{\"chat\":\"G\",\"description\":\"%u\"}", number);
    host_ask(&crowd->hosts.items[0], "group.set", params);
    await_answer(crowd, &crowd->hosts.items[0]);
}

static void make_group(struct crowd *crowd) {
    size_t room = MAX_PARAMS + crowd->hosts.count * (HOST_MAX_ID + 3), len = 0;
    char *params = load_take(&crowd->load, room, 1);
    len += (size_t)snprintf(params, room, "{\"name\":\"G\",\"members\":[");
    for (size_t i = 1; i < crowd->hosts.count; i++) {
        len += (size_t)snprintf(params + len, room - len, "%s\"%s\"", i == 1 ? "" : ",", crowd->hosts.items[i].id);
    }
    snprintf(params + len, room - len, "]}");
    host_ask(&crowd->hosts.items[0], "group.create", params);
    free(params);
    await_answer(crowd, &crowd->hosts.items[0]);
}

static void measure(struct crowd *crowd) {
    begin(crowd);
    come_all(crowd);
    print(crowd, "sign up, for each", (unsigned)crowd->hosts.count);
    begin(crowd);
    make_group(crowd);
    say(crowd);
    await_message(crowd, NULL);
    print(crowd, "add all, who come in and read a message", 1);

    begin(crowd);
    for (unsigned i = 0; i < MESSAGES; i++) {
        say(crowd);
        await_message(crowd, NULL);
    }
    print(crowd, "send a message that all read", MESSAGES);
    begin(crowd);
    for (unsigned i = 0; i < MESSAGES; i++) {
        commit(crowd, i);
    }
    say(crowd);
    await_message(crowd, NULL);
    print(crowd, "make a commit that all follow", MESSAGES);

    struct host *away = &crowd->hosts.items[1];
    host_ask(away, "disconnect", "{}");
    await_answer(crowd, away);
    for (unsigned i = 0; i < EPOCHS; i++) {
        commit(crowd, MESSAGES + i);
    }
    say(crowd);
    await_message(crowd, away);
    begin(crowd);
    host_ask(away, "connect", "{}");
    await_message(crowd, NULL);
    print(crowd, "come back after fifty epochs", 1);
}

static void prepare(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
}

int main(int count, char **arguments) {
    static struct crowd crowd;
    const char *build = getenv("WEIBEL_BUILD");
    unsigned devices = DEVICES, online = 0;
    int code = 0;
    const struct bench_option list[] = {
        { "DEVICES", NULL, &devices, NULL, NULL, 2, MOST_DEVICES, "in the group" },
        { "ONLINE", NULL, &online, NULL, NULL, 2, MOST_DEVICES, "of them; 0, if it is left out: all" },
    };
    const struct bench_options options = {
        .program = "bench-crowd",
        .says = "A group with a real server and a real core for each device: what it costs to come in, to write, to "
                "commit and to\n"
                "come back. WEIBEL_BUILD is the folder with weibeld (build). A thousand take some minutes.\n"
                "Prints one JSON object a line.\n",
        .options = list,
        .count = sizeof list / sizeof *list,
    };
    if (!bench_options_take(&options, count, arguments, &code)) {
        return code;
    }
    online = online == 0 ? devices : online;
    if (online > devices) {
        return bench_options_wrong(options.program, "%u devices can't be online of %u", online, devices);
    }
    prepare();
    crowd.load.settings.build = build == NULL ? "build" : build;
    crowd.online = (size_t)online;
    load_make_folder(&crowd.load);
    hosts_open(&crowd.hosts, &crowd.load, (size_t)devices);
    invite(&crowd);
    load_start(&crowd.load);
    measure(&crowd);
    hosts_close(&crowd.hosts);
    load_stop(&crowd.load);
    load_remove_folder(&crowd.load);
    return 0;
}
