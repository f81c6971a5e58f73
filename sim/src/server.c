/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A folder in memory, if the system has one, holds the store.
 */
#define _XOPEN_SOURCE 700 /* mkdtemp, nftw */
#include "server.h"

#include <ftw.h>
#include <openssl/sha.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link.h"
#include "memory.h"
#include "slow_store.h"
#include "store/sqlite.h"

enum { MAX_PATH = 128, SWEEP_EVERY = 6 * SIM_HOUR, MAX_SESSIONS = 1000, MAX_HELD = 64 << 20 };

struct server {
    struct sim *sim;
    struct test_random random;
    struct base_clock clock;
    int64_t skew;
    char root[MAX_PATH], folder[MAX_PATH + 8];
    struct slow_store *store;
    struct delivery *delivery; /**< NULL while it is down */
    uint64_t starts;
};

static uint64_t now(void *user) {
    const struct server *server = user;
    return server->sim->timeline.now + (uint64_t)server->skew;
}

static void sweep(void *user, uint64_t start, struct base_slice bytes) {
    struct server *server = user;
    (void)bytes;
    if (server->delivery != NULL && server->starts == start) {
        delivery_sweep(server->delivery);
        timeline_add(&server->sim->timeline, SWEEP_EVERY, sweep, server, start, base_slice(NULL, 0));
    }
}

void server_start(struct server *server) {
    server->store = slow_store_open(server->sim, &server->random.random, server->folder);
    struct delivery_options options = {
        .allocator = base_allocator_libc(),
        .random = &server->random.random,
        .clock = &server->clock,
        .store = slow_store_of(server->store),
        .domain = base_slice_text("sim.example"),
        .max_sessions = MAX_SESSIONS,
        .max_held = MAX_HELD,
        .max_held_of_one = MAX_HELD / 8,
        .changed = link_changed,
    };
    TEST_CHECK(delivery_open(&options, &server->delivery) == BASE_OK, "the server cannot start");
    server->starts++;
    sweep(server, server->starts, base_slice(NULL, 0));
}

void server_kill(struct server *server) {
    link_server_is_gone(server->sim);
    slow_store_kill(server->store);
    delivery_close(server->delivery);
    server->delivery = NULL;
    server->store = NULL;
}

bool server_is_up(const struct server *server) {
    return server->delivery != NULL;
}

struct server *server_new(struct sim *sim) {
    struct server *server = sim_take(1, sizeof *server);
    server->sim = sim;
    server->clock = (struct base_clock){ now, server };
    sim_random_init(sim, SIM_PART_SERVER, &server->random);
    const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
    snprintf(server->root, sizeof server->root, "%s/weibel-sim-XXXXXX", parent == NULL ? "/tmp" : parent);
    TEST_CHECK(mkdtemp(server->root) != NULL, "no temporary folder can be made");
    snprintf(server->folder, sizeof server->folder, "%s/data", server->root);
    struct store_settings settings = { .domain = "sim.example" };
    TEST_CHECK(store_sqlite_init(server->folder, &settings) == BASE_OK, "the server's store cannot be made");
    server_start(server);
    return server;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

void server_free(struct server *server) {
    if (server->delivery != NULL) {
        server_kill(server);
    }
    nftw(server->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    base_free(server);
}

void server_invite(struct server *server, uint64_t number, char code[SERVER_CODE_LEN + 1]) {
    snprintf(code, SERVER_CODE_LEN + 1, "CODE%012llu", (unsigned long long)number);
    struct store_invitation invitation = { .expires = server->sim->timeline.now / SIM_SECOND + 365 * 24 * 3600 };
    SHA256((const uint8_t *)code, SERVER_CODE_LEN, invitation.code_hash);
    TEST_CHECK(store_sqlite_invite(server->folder, &invitation, 1) == BASE_OK, "no invitation can be stored");
}

void server_refuse(struct server *server, bool refusing) {
    if (server->store != NULL) {
        slow_store_refuse(server->store, refusing);
    }
}

struct delivery_session *server_connect(struct server *server, struct link *link, uint64_t from) {
    return delivery_connect(server->delivery, link, base_slice(&from, sizeof from), 0);
}

void server_jump(struct server *server, int64_t milliseconds) {
    server->skew += milliseconds;
}

uint64_t server_count_streams(const struct server *server) {
    char path[MAX_PATH + 32];
    snprintf(path, sizeof path, "%s/weibel.sqlite", server->folder);
    sqlite3 *database = NULL;
    sqlite3_stmt *count = NULL;
    bool good = sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, "SELECT count(*) FROM stream", -1, &count, NULL) == SQLITE_OK &&
                sqlite3_step(count) == SQLITE_ROW;
    TEST_CHECK(good, "the server's streams cannot be counted");
    uint64_t result = (uint64_t)sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(database);
    return result;
}
