/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server that is measured: its folder, its accounts, its process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "load.h"
#include "store/sqlite.h"

enum { CODE_LEN = 16 };

void load_die(const struct load *load, const char *what) {
    fprintf(stderr, "bench: %s (%s)\n", what, strerror(errno));
    if (load->pid > 0) {
        kill(load->pid, SIGKILL);
    }
    exit(EX_SOFTWARE);
}

void *load_take(const struct load *load, size_t count, size_t size) {
    void *block = calloc(count, size);
    if (block == NULL) {
        load_die(load, "memory");
    }
    return block;
}

double load_cpu_us(const struct load *load) {
    return (double)process_cpu(load->pid) / 1000.0;
}

void load_make_folder(struct load *load) {
    struct store_settings settings = { .domain = "bench.example" };
    snprintf(load->data, sizeof load->data, "%s/bench-XXXXXX", load->settings.build);
    snprintf(load->binary, sizeof load->binary, "%s/weibeld", load->settings.build);
    if (mkdtemp(load->data) == NULL || store_sqlite_init(load->data, &settings) != BASE_OK) {
        load_die(load, "the data folder can't be made");
    }
}

static void wake(void *user) {
    (void)user;
}

struct joining {
    size_t left;
    bool failed;
};

static void joined(struct store_op *op) {
    struct joining *joining = op->user;
    struct client_device *device = NULL;
    memcpy(&device, op->ask.of.activate.proof, sizeof(struct client_device *));
    joining->left--;
    joining->failed = joining->failed || !store_succeeded(op);
    memcpy(device->account, op->answer.of.activated.account, WIRE_ACCOUNT_LEN);
    store_op_free(op);
}

struct store_op *load_op(const struct load *load, enum store_task task) {
    struct store_op *op = store_op_new(base_allocator_libc(), task);
    if (op == NULL) {
        load_die(load, "memory");
    }
    return op;
}

static void submit_activation(struct load *load, struct store *store, struct client_device *device,
                              const uint8_t code[CODE_LEN], struct joining *joining) {
    struct store_op *op = load_op(load, STORE_ACTIVATE);
    if (base_bytes_copy(base_allocator_libc(), base_slice(code, CODE_LEN), &op->asked) != BASE_OK) {
        load_die(load, "memory");
    }
    struct wire_activate *activate = &op->ask.of.activate;
    activate->code = base_borrow(&op->asked);
    memcpy(activate->device, device->device, WIRE_DEVICE_LEN);
    memcpy(activate->identity_key, device->identity_key, WIRE_KEY_LEN);
    memcpy(activate->device_key, device->key, WIRE_KEY_LEN);
    /* The store doesn't look at the proof: here it tells whose answer it is. */
    memcpy(activate->proof, &device, sizeof(struct client_device *));
    op->now = client_milliseconds() / 1000;
    op->done = joined;
    op->user = joining;
    store_submit(store, op);
}

void load_make_devices(struct load *load, size_t count) {
    struct store_sqlite_options options = {
        .allocator = base_allocator_libc(), .random = base_random_system(), .folder = load->data, .wake = wake
    };
    struct store *store = NULL;
    struct joining joining = { .left = count };
    struct store_invitation *invitations = calloc(count, sizeof *invitations);
    uint8_t(*codes)[CODE_LEN] = calloc(count, CODE_LEN);
    load->devices = calloc(count, sizeof *load->devices);
    load->device_count = count;
    if (invitations == NULL || codes == NULL || load->devices == NULL) {
        load_die(load, "memory");
    }
    for (size_t i = 0; i < count; i++) {
        client_random(codes[i], CODE_LEN);
        client_sha256(codes[i], CODE_LEN, invitations[i].code_hash);
        invitations[i].expires = UINT32_MAX;
        client_device_init(&load->devices[i]);
    }
    if (store_sqlite_invite(load->data, invitations, count) != BASE_OK ||
        store_sqlite_open(&options, &store) != BASE_OK) {
        load_die(load, "no invitations can be made");
    }
    for (size_t i = 0; i < count; i++) {
        submit_activation(load, store, &load->devices[i], codes[i], &joining);
    }
    while (joining.left != 0) {
        store_finish(store);
        usleep(1000);
    }
    store_close(store);
    free(invitations);
    free(codes);
    if (joining.failed) {
        load_die(load, "a device can't join");
    }
}

void load_start(struct load *load) {
    const struct process_options options = {
        .binary = load->binary,
        .data = load->data,
        .cert = load->settings.cert,
        .key = load->settings.key,
        .log = "/dev/null",
    };
    if (!process_serve(&options, &load->pid, &load->port)) {
        load_die(load, "the server does not start");
    }
}

void load_stop(struct load *load) {
    pid_t pid = load->pid;
    load->pid = 0;
    if (process_stop(pid, SIGTERM) != 0) {
        load_die(load, "the server did not end cleanly");
    }
}

void load_remove_folder(struct load *load) {
    char command[LOAD_MAX_PATH + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", load->data);
    if (system(command) != 0) {
        load_die(load, "the data folder can't be removed");
    }
    free(load->devices);
    load->devices = NULL;
}
