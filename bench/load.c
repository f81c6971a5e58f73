/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Load: starts a server of its own, and measures it with many simulated devices from this one process.
 *
 * In each pair one device appends messages to a stream and the other reads it live. A message counts once the server
 * has acknowledged it as durable. Prints one JSON object a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "client.h"
#include "store/sqlite.h"

enum { MAX_PATH = 512, MAX_WINDOW = 64, MAX_SAMPLES = 2000000, WARM_UP_MS = 500 };

struct settings {
    const char *build, *cert, *key;
    unsigned pairs, size, window, idle, seconds;
    bool echo; /**< who appends reads live too */
};

struct pair {
    struct client writer, reader;
    struct client_device writer_device, reader_device;
    uint8_t stream[WIRE_STREAM_LEN], token[WIRE_KEY_LEN];
    uint64_t next;                /**< message */
    uint64_t sent_at[MAX_WINDOW]; /**< microseconds, by request number */
    uint64_t received;
};

static struct {
    struct settings settings;
    char folder[64], data[MAX_PATH], binary[MAX_PATH];
    pid_t pid;
    uint16_t port;
    SSL_CTX *tls;
    struct pair *pairs;
    uint8_t *content;
    uint64_t acknowledged, delivered, refused;
    uint32_t *samples; /**< microseconds */
    size_t sample_count;
    bool measuring;
} load;

static _Noreturn void die(const char *what) {
    fprintf(stderr, "bench-load: %s (%s)\n", what, strerror(errno));
    if (load.pid > 0) {
        kill(load.pid, SIGKILL);
    }
    exit(EX_SOFTWARE);
}

static uint64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- the server --- */

static void start_server(void) {
    const struct settings *settings = &load.settings;
    int pipes[2];
    char line[256] = "";
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        die("pipe");
    }
    load.pid = fork();
    if (load.pid == 0) {
        const char *argv[] = { load.binary,
                               "serve",
                               "--data",
                               load.data,
                               "--listen",
                               "127.0.0.1:0",
                               settings->cert == NULL ? NULL : "--tls-cert",
                               settings->cert,
                               "--tls-key",
                               settings->key,
                               NULL };
        int null = open("/dev/null", O_WRONLY);
        dup2(pipes[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(load.binary, (char *const *)argv);
        _exit(127);
    }
    close(pipes[1]);
    FILE *out = fdopen(pipes[0], "r");
    bool read = fgets(line, sizeof line, out) != NULL;
    fclose(out);
    const char *colon = strrchr(line, ':');
    if (!read || colon == NULL) {
        die("the server does not start");
    }
    load.port = (uint16_t)strtoul(colon + 1, NULL, 10);
}

/* Fields of /proc/PID/stat: CPU time of all threads, in microseconds. */
static uint64_t server_cpu(void) {
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)load.pid);
    FILE *file = fopen(path, "r");
    if (file == NULL ||
        fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) {
        die("the server's CPU time can't be read");
    }
    fclose(file);
    return (uint64_t)(user + system) * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

static uint64_t server_memory(void) {
    char path[64];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)load.pid);
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%*s %lu", &pages) != 1) {
        die("the server's memory can't be read");
    }
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* --- devices --- */

static void join(struct client *client, struct client_device *device) {
    char code[33];
    uint8_t raw[16];
    struct wire_frame answer;
    struct store_invitation invitation = { .expires = UINT32_MAX };
    client_random(raw, sizeof raw);
    for (size_t i = 0; i < sizeof raw; i++) {
        snprintf(code + 2 * i, 3, "%02x", raw[i]);
    }
    client_sha256(code, strlen(code), invitation.code_hash);
    client_device_init(device);
    if (store_sqlite_invite(load.data, &invitation) != BASE_OK || !client_open(client, load.port, load.tls) ||
        !client_activate(client, device, code, &answer)) {
        die("a device can't join");
    }
}

static void ask(struct client *client, struct wire_frame *frame, uint8_t wanted) {
    struct wire_frame answer;
    if (!client_ask(client, frame, &answer) || answer.type != wanted) {
        die("a request was refused");
    }
}

static void read_live(struct client *client, const struct pair *pair) {
    struct wire_frame frame = { .type = WIRE_READ };
    memcpy(frame.of.read.stream, pair->stream, WIRE_STREAM_LEN);
    memcpy(frame.of.read.token, pair->token, WIRE_KEY_LEN);
    frame.of.read.live = 1;
    ask(client, &frame, WIRE_ENTRIES);
}

static void set_up_pair(struct pair *pair) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM };
    join(&pair->writer, &pair->writer_device);
    join(&pair->reader, &pair->reader_device);
    client_random(pair->stream, WIRE_STREAM_LEN);
    client_random(pair->token, WIRE_KEY_LEN);
    memcpy(frame.of.create_stream.stream, pair->stream, WIRE_STREAM_LEN);
    client_sha256(pair->token, WIRE_KEY_LEN, frame.of.create_stream.token_hash);
    ask(&pair->writer, &frame, WIRE_DONE);
    read_live(&pair->reader, pair);
    if (load.settings.echo) {
        read_live(&pair->writer, pair);
    }
    fcntl(pair->writer.fd, F_SETFL, O_NONBLOCK);
    fcntl(pair->reader.fd, F_SETFL, O_NONBLOCK);
}

static void append(struct pair *pair) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *ask_append = &frame.of.append;
    memcpy(ask_append->stream, pair->stream, WIRE_STREAM_LEN);
    memcpy(ask_append->token, pair->token, WIRE_KEY_LEN);
    pair->next++;
    memcpy(ask_append->nonce, &pair->next, sizeof pair->next);
    ask_append->content = base_slice(load.content, load.settings.size);
    pair->sent_at[(pair->writer.request + 1) % MAX_WINDOW] = microseconds();
    if (!client_send(&pair->writer, &frame)) {
        die("a connection broke");
    }
}

/* --- messages --- */

static void got_answer(struct pair *pair, const struct wire_frame *frame) {
    if (frame->request == 0) {
        return;
    }
    if (frame->type == WIRE_APPENDED) {
        load.acknowledged++;
    } else {
        load.refused++;
    }
    if (load.measuring && load.sample_count < MAX_SAMPLES) {
        load.samples[load.sample_count++] = (uint32_t)(microseconds() - pair->sent_at[frame->request % MAX_WINDOW]);
    }
    append(pair);
}

static void got_entries(struct pair *pair, const struct wire_frame *frame) {
    struct base_reader reader = base_reader(frame->of.entries.entries);
    struct wire_entry entry;
    while (reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
        if (entry.number != pair->received + 1) {
            die("an entry is missing");
        }
        pair->received = entry.number;
        load.delivered++;
    }
}

static void serve_client(struct pair *pair, bool is_writer) {
    struct client *client = is_writer ? &pair->writer : &pair->reader;
    struct base_slice message;
    do {
        if (!client_fill(client)) {
            die("the server closed a connection");
        }
        while (client_next(client, &message)) {
            struct wire_frame frame;
            if (wire_decode(message, &frame) != BASE_OK) {
                die("a frame can't be decoded");
            }
            if (is_writer) {
                got_answer(pair, &frame);
            } else {
                got_entries(pair, &frame);
            }
        }
    } while (client->tls != NULL && SSL_pending(client->tls) > 0);
}

static void exchange(int poller, uint64_t milliseconds) {
    uint64_t end = client_milliseconds() + milliseconds;
    struct epoll_event events[256];
    while (client_milliseconds() < end) {
        int count = epoll_wait(poller, events, 256, 50);
        for (int i = 0; i < count; i++) {
            serve_client(&load.pairs[events[i].data.u32 / 2], events[i].data.u32 % 2 == 0);
        }
    }
}

static void watch(int poller, int fd, uint32_t number) {
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("epoll");
    }
}

/* --- results --- */

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static double percentile(unsigned percent) {
    if (load.sample_count == 0) {
        return 0;
    }
    size_t at = (load.sample_count - 1) * percent / 100;
    return load.samples[at] / 1000.0;
}

static void measure_messages(void) {
    const struct settings *settings = &load.settings;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < settings->pairs; i++) {
        watch(poller, load.pairs[i].writer.fd, 2 * i);
        watch(poller, load.pairs[i].reader.fd, 2 * i + 1);
        for (unsigned j = 0; j < settings->window; j++) {
            append(&load.pairs[i]);
        }
    }
    exchange(poller, WARM_UP_MS);
    load.measuring = true;
    uint64_t acknowledged = load.acknowledged, delivered = load.delivered, refused = load.refused;
    uint64_t cpu = server_cpu(), start = microseconds();
    exchange(poller, (uint64_t)settings->seconds * 1000);
    double seconds = (double)(microseconds() - start) / 1e6;
    acknowledged = load.acknowledged - acknowledged;
    delivered = load.delivered - delivered;
    cpu = server_cpu() - cpu;
    qsort(load.samples, load.sample_count, sizeof *load.samples, compare);
    printf("{\"bench\":\"messages\",\"tls\":%s,\"pairs\":%u,\"bytes\":%u,\"window\":%u,\"echo\":%s,\"seconds\":%.1f,"
           "\"durable_per_second\":%.0f,\"delivered_per_second\":%.0f,\"refused\":%lu,"
           "\"server_cpu_us_per_message\":%.1f,\"ack_p50_ms\":%.2f,\"ack_p99_ms\":%.2f}\n",
           settings->cert != NULL ? "true" : "false", settings->pairs, settings->size, settings->window,
           settings->echo ? "true" : "false", seconds, (double)acknowledged / seconds, (double)delivered / seconds,
           (unsigned long)(load.refused - refused), (double)cpu / (double)(acknowledged == 0 ? 1 : acknowledged),
           percentile(50), percentile(99));
    fflush(stdout);
    close(poller);
}

static void measure_idle(void) {
    const struct settings *settings = &load.settings;
    struct client *clients = calloc(settings->idle, sizeof *clients);
    struct client_device device;
    struct client first;
    struct wire_frame answer;
    if (clients == NULL) {
        die("memory");
    }
    join(&first, &device);
    uint64_t cpu = server_cpu(), before = server_memory();
    for (unsigned i = 0; i < settings->idle; i++) {
        struct wire_frame read = { .type = WIRE_INBOX_READ, .of.inbox_read.live = 1 };
        if (!client_open(&clients[i], load.port, load.tls) || !client_sign_in(&clients[i], &device, &answer)) {
            die("an idle device can't sign in");
        }
        ask(&clients[i], &read, WIRE_INBOX_ENTRIES);
    }
    uint64_t grown = server_memory() - before;
    cpu = server_cpu() - cpu;
    printf("{\"bench\":\"idle\",\"tls\":%s,\"connections\":%u,\"kib_per_connection\":%.1f,\"sign_in_cpu_us\":%.0f}\n",
           settings->cert != NULL ? "true" : "false", settings->idle, (double)grown / 1024.0 / (double)settings->idle,
           (double)cpu / (double)settings->idle);
    fflush(stdout);
    for (unsigned i = 0; i < settings->idle; i++) {
        client_close(&clients[i]);
    }
    client_close(&first);
    free(clients);
}

/* --- set up --- */

static bool number(const char *text, unsigned *out) {
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *text != 0 && *end == 0 && value <= 1000000;
}

static bool parse(int argc, char **argv) {
    static const struct option options[] = {
        { "build", required_argument, NULL, 'b' },   { "pairs", required_argument, NULL, 'p' },
        { "size", required_argument, NULL, 's' },    { "window", required_argument, NULL, 'w' },
        { "idle", required_argument, NULL, 'i' },    { "seconds", required_argument, NULL, 't' },
        { "echo", no_argument, NULL, 'e' },          { "tls-cert", required_argument, NULL, 'c' },
        { "tls-key", required_argument, NULL, 'k' }, { 0 },
    };
    struct settings *settings = &load.settings;
    bool good = true;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        settings->build = option == 'b' ? optarg : settings->build;
        settings->cert = option == 'c' ? optarg : settings->cert;
        settings->key = option == 'k' ? optarg : settings->key;
        settings->echo = option == 'e' || settings->echo;
        good = good && (option != 'p' || number(optarg, &settings->pairs)) &&
               (option != 's' || number(optarg, &settings->size)) &&
               (option != 'w' || number(optarg, &settings->window)) &&
               (option != 'i' || number(optarg, &settings->idle)) &&
               (option != 't' || number(optarg, &settings->seconds)) && option != '?';
    }
    return good && optind == argc && settings->window != 0 && settings->window < MAX_WINDOW && settings->size != 0 &&
           settings->size <= WIRE_MAX_ENTRY && (settings->cert == NULL) == (settings->key == NULL);
}

static void prepare(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    /* Beside the build, so that the disk is a real one and not a file system in memory. */
    snprintf(load.data, sizeof load.data, "%s/bench-XXXXXX", load.settings.build);
    snprintf(load.binary, sizeof load.binary, "%s/weibeld", load.settings.build);
    if (mkdtemp(load.data) == NULL) {
        die("the data folder can't be made");
    }
    struct store_settings settings = { .domain = "bench.example" };
    if (store_sqlite_init(load.data, &settings) != BASE_OK) {
        die("the store can't be made");
    }
    if (load.settings.cert != NULL) {
        load.tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(load.tls, SSL_MODE_RELEASE_BUFFERS);
    }
    load.pairs = calloc(load.settings.pairs, sizeof *load.pairs);
    load.samples = calloc(MAX_SAMPLES, sizeof *load.samples);
    load.content = calloc(1, load.settings.size);
    if (load.pairs == NULL || load.samples == NULL || load.content == NULL) {
        die("memory");
    }
    client_random(load.content, load.settings.size);
}

static void clean_up(void) {
    char command[MAX_PATH + 16];
    int status = 0;
    kill(load.pid, SIGTERM);
    waitpid(load.pid, &status, 0);
    snprintf(command, sizeof command, "rm -rf '%s'", load.data);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || system(command) != 0) {
        die("the server did not end cleanly");
    }
}

int main(int argc, char **argv) {
    load.settings = (struct settings){ "build", NULL, NULL, 100, 1024, 4, 1000, 4, false };
    if (!parse(argc, argv)) {
        fputs("bench-load [--build DIR] [--pairs N] [--size BYTES] [--window N] [--seconds N] [--idle N] [--echo]\n"
              "           [--tls-cert FILE --tls-key FILE]\n",
              stderr);
        return EX_USAGE;
    }
    prepare();
    start_server();
    if (load.settings.idle != 0) {
        measure_idle();
    }
    for (unsigned i = 0; i < load.settings.pairs; i++) {
        set_up_pair(&load.pairs[i]);
    }
    if (load.settings.pairs != 0) {
        measure_messages();
    }
    clean_up();
    return EX_OK;
}
