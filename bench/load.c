/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Load: starts a server of its own, and measures it with many simulated devices from this one process. Messages are
 * prepared ciphertexts: random bytes. Prints one JSON object a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "load.h"

enum { SMALL_GROUP = 10, LARGE_GROUP = 1000, MAX_NUMBER = 100000000 };

/* --- set up --- */

static bool number(const char *text, unsigned *out) {
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);
    *out = (unsigned)value;
    return *text != 0 && *end == 0 && value <= MAX_NUMBER;
}

static bool parse(int argc, char **argv, struct load_settings *settings) {
    static const struct option options[] = {
        { "build", required_argument, NULL, 'b' },   { "pairs", required_argument, NULL, 'p' },
        { "size", required_argument, NULL, 's' },    { "window", required_argument, NULL, 'w' },
        { "idle", required_argument, NULL, 'i' },    { "seconds", required_argument, NULL, 't' },
        { "group", required_argument, NULL, 'g' },   { "chats", required_argument, NULL, 'a' },
        { "readers", required_argument, NULL, 'r' }, { "stored", required_argument, NULL, 'n' },
        { "echo", no_argument, NULL, 'e' },          { "tls-cert", required_argument, NULL, 'c' },
        { "tls-key", required_argument, NULL, 'k' }, { 0 },
    };
    const struct {
        int option;
        unsigned *value;
    } numbers[] = {
        { 'p', &settings->pairs }, { 's', &settings->size },    { 'w', &settings->window },
        { 'i', &settings->idle },  { 't', &settings->seconds }, { 'g', &settings->group },
        { 'a', &settings->chats }, { 'r', &settings->readers }, { 'n', &settings->stored },
    };
    bool good = true;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        settings->build = option == 'b' ? optarg : settings->build;
        settings->cert = option == 'c' ? optarg : settings->cert;
        settings->key = option == 'k' ? optarg : settings->key;
        settings->echo = option == 'e' || settings->echo;
        good = good && option != '?';
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            good = good && (option != numbers[i].option || number(optarg, numbers[i].value));
        }
    }
    return good && optind == argc && settings->window != 0 && settings->window < LOAD_MAX_WINDOW &&
           settings->size != 0 && settings->size <= WIRE_MAX_ENTRY &&
           (settings->cert == NULL) == (settings->key == NULL);
}

static void prepare(struct load *load) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    if (load->settings.cert != NULL) {
        load->tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(load->tls, SSL_MODE_RELEASE_BUFFERS);
    }
    load->content = malloc(load->settings.size);
    if (load->content == NULL) {
        load_die(load, "memory");
    }
    client_random(load->content, load->settings.size);
}

static size_t devices_needed(const struct load_settings *settings) {
    const size_t wanted[] = { (size_t)2 * settings->pairs, (size_t)settings->idle + 1, (size_t)settings->group + 1,
                              (size_t)settings->chats + 1, (size_t)settings->readers + 1 };
    enum { FEWEST = 64 };
    size_t most = FEWEST;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        most = wanted[i] > most ? wanted[i] : most;
    }
    return most;
}

/* A server of its own each, so that none finds allowances used up, or memory grown, by another. */
static void run(struct load *load, void (*measure)(struct load *load)) {
    load_start(load);
    measure(load);
    load_stop(load);
}

static void measure_groups(struct load *load) {
    for (unsigned members = SMALL_GROUP; members <= load->settings.group;
         members = members < LARGE_GROUP ? LARGE_GROUP : members * 10) {
        measure_group(load, members);
    }
}

int main(int argc, char **argv) {
    static struct load load;
    load.settings = (struct load_settings){ .build = "build",
                                            .pairs = 100,
                                            .size = 1024,
                                            .window = 4,
                                            .idle = 1000,
                                            .group = 1000,
                                            .chats = 200,
                                            .readers = 600,
                                            .seconds = 4 };
    if (!parse(argc, argv, &load.settings)) {
        fputs("bench-load [--build DIR] [--pairs N] [--size BYTES] [--window N] [--seconds N] [--idle N] [--group N]\n"
              "           [--chats N] [--readers N] [--echo] [--tls-cert FILE --tls-key FILE]\n"
              "bench-load --stored N    the cost of appending with N entries stored (10000000 need 3 GiB of disk)\n",
              stderr);
        return EX_USAGE;
    }
    prepare(&load);
    if (load.settings.stored != 0) {
        measure_stored(&load);
        return EX_OK;
    }
    load_make_folder(&load);
    load_make_devices(&load, devices_needed(&load.settings));
    if (load.settings.pairs != 0) {
        run(&load, measure_messages);
    }
    if (load.settings.idle != 0) {
        run(&load, measure_idle);
        run(&load, measure_sign_in);
    }
    if (load.settings.group != 0) {
        run(&load, measure_groups);
    }
    if (load.settings.chats != 0) {
        run(&load, measure_sync);
    }
    if (load.settings.readers != 0) {
        run(&load, measure_reads);
    }
    load_remove_folder(&load);
    return EX_OK;
}
