/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Load: starts a server of its own, and measures it with many simulated devices from this one process. Messages are
 * prepared ciphertexts: random bytes. Prints one JSON object a line.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

#include "load.h"
#include "options.h"

enum { SMALL_GROUP = 10, LARGE_GROUP = 1000, MAX_NUMBER = 100000000 };

/* --- set up --- */

static bool parse(int argc, char **argv, struct load_settings *settings, int *code) {
    enum { MOST = MAX_NUMBER };
    const struct bench_option list[] = {
        { "--build", "DIR", NULL, &settings->build, NULL, 0, 0, "the folder with weibeld" },
        { "--pairs", "N", &settings->pairs, NULL, NULL, 0, MOST,
          "writers, each with a reader; 0: leaves messages out" },
        { "--size", "BYTES", &settings->size, NULL, NULL, 1, WIRE_MAX_ENTRY, "of a message" },
        { "--window", "N", &settings->window, NULL, NULL, 1, LOAD_MAX_WINDOW - 1, "messages under way of each writer" },
        { "--seconds", "N", &settings->seconds, NULL, NULL, 1, MOST, "that messages are measured for" },
        { "--echo", NULL, NULL, NULL, &settings->echo, 0, 0, "writers read what they write, too" },
        { "--idle", "N", &settings->idle, NULL, NULL, 0, MOST, "connections for the memory of one; 0: leaves it out" },
        { "--group", "N", &settings->group, NULL, NULL, 0, MOST, "devices in the largest group; 0: leaves groups out" },
        { "--chats", "N", &settings->chats, NULL, NULL, 0, MOST, "of a device that comes back; 0: leaves it out" },
        { "--readers", "N", &settings->readers, NULL, NULL, 0, MOST, "that read much at once; 0: leaves them out" },
        { "--tls-cert", "FILE", NULL, &settings->cert, NULL, 0, 0, "over TLS, with this certificate" },
        { "--tls-key", "FILE", NULL, &settings->key, NULL, 0, 0, "and this key" },
        { "--stored", "N", &settings->stored, NULL, NULL, 0, MOST,
          "instead: what an append costs with N entries stored; ten million need 3 GiB of disk" },
    };
    const struct bench_options options = {
        .program = "bench-load",
        .says =
            "Starts a server of its own and measures it with many simulated devices, whose messages are random bytes.\n"
            "Prints one JSON object a line.\n",
        .options = list,
        .count = sizeof list / sizeof *list,
    };
    if (!bench_options_take(&options, argc, argv, code)) {
        return false;
    }
    if ((settings->cert == NULL) != (settings->key == NULL)) {
        *code = bench_options_wrong(options.program, "--tls-cert and --tls-key go together");
        return false;
    }
    return true;
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
    int code = EX_OK;
    if (!parse(argc, argv, &load.settings, &code)) {
        return code;
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
