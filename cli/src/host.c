/* SPDX-License-Identifier: EUPL-1.2 */
/* The host: carries out the core's effects in their order and hands back what comes of them. */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "listener.h"
#include "mls/provider.h"
#include "store.h"
#include "transfers.h"
#include "websocket.h"
#include "wire/wire.h"

enum { CLOSE_WITHIN = 3000 }; /* milliseconds for what is still under way */

struct host {
    const struct home *home;
    struct loop *loop;
    struct store *store;
    struct weibel_core *core;
    struct router *router;
    struct listener *listener;
    struct websocket *websocket; /* NULL: neither connected nor connecting */
    int spool;
    struct transfers *transfers;
    struct loop_timer tick, close_by;
    bool pumping, closing;
    base_result dead; /* the first thing that went wrong for good */
};

static void pump(struct host *host);

/* Takes note of what an input returned, then does what the core wants. */
static void after_input(struct host *host, base_result result) {
    if (host->dead == BASE_OK) {
        host->dead = result;
    }
    pump(host);
}

static void on_opened(void *user) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_connected(host->core));
}

static void on_message(void *user, struct base_slice message) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_frame(host->core, message));
}

static void on_closed(void *user, const char *reason) {
    struct host *host = (struct host *)user;
    base_result result = weibel_core_disconnected(host->core, reason);
    websocket_free(&host->websocket);
    after_input(host, result);
}

static void on_progress(void *user, uint64_t transfer, uint64_t done) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_transfer_progress(host->core, transfer, done));
}

static void on_done(void *user, uint64_t transfer) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_transfer_done(host->core, transfer));
}

static void on_got(void *user, uint64_t transfer, struct base_slice data) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_transfer_data(host->core, transfer, data));
}

static void on_failed(void *user, uint64_t transfer, enum weibel_transfer_failure why, const char *words) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_transfer_failed(host->core, transfer, why, words));
}

static void on_tick(void *user) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_tick(host->core));
}

static void on_request(void *user, struct base_slice line) {
    struct host *host = (struct host *)user;
    after_input(host, weibel_core_line(host->core, line));
}

static base_result connect_to(struct host *host, const char *text) {
    static const struct websocket_handler handler = { on_opened, on_message, on_closed };
    struct url url;
    base_result parsed = url_parse(text, &url);
    if (parsed != BASE_OK) {
        return weibel_core_disconnected(host->core, parsed->text);
    }
    websocket_free(&host->websocket);
    return websocket_open(host->loop, &url, WIRE_MAX_FRAME, &handler, host, &host->websocket);
}

static base_result disconnect(struct host *host) {
    if (host->websocket == NULL) {
        return weibel_core_disconnected(host->core, NULL);
    }
    websocket_close(host->websocket);
    return BASE_OK;
}

struct read_under_way {
    struct host *host;
    uint32_t number;
};

static base_result on_record(void *user, struct base_slice key, struct base_slice value) {
    const struct read_under_way *read = (const struct read_under_way *)user;
    return weibel_core_record(read->host->core, read->number, key, value);
}

static base_result read_records(struct host *host, const struct weibel_read *range) {
    struct read_under_way read = { host, range->read };
    base_result result = store_read(host->store, range, on_record, &read);
    base_result told = weibel_core_read_done(host->core, read.number, result == BASE_OK);
    return result != BASE_OK ? result : told;
}

static base_result apply(struct host *host, const struct weibel_store *batch) {
    base_result result = store_apply(host->store, batch);
    base_result told = weibel_core_stored(host->core, result == BASE_OK);
    return result != BASE_OK ? result : told;
}

static base_result carry_out(struct host *host, const struct weibel_effect *effect) {
    switch (effect->kind) {
    case WEIBEL_EFFECT_STORE:
        return apply(host, &effect->of.store);
    case WEIBEL_EFFECT_READ:
        return read_records(host, &effect->of.read);
    case WEIBEL_EFFECT_CONNECT:
        return connect_to(host, effect->of.url);
    case WEIBEL_EFFECT_DISCONNECT:
        return disconnect(host);
    case WEIBEL_EFFECT_FRAME:
        return host->websocket == NULL ? BASE_OK : websocket_send(host->websocket, effect->of.frame);
    case WEIBEL_EFFECT_TRANSFER:
        return transfers_start(host->transfers, &effect->of.transfer);
    case WEIBEL_EFFECT_LINE:
        return router_answer(host->router, effect->of.line);
    }
    return &WEIBEL_ERR_HOST;
}

/* Carries out effects until there are none. Inputs that come of them only add to the queue. */
static void pump(struct host *host) {
    if (host->pumping) {
        return;
    }
    host->pumping = true;
    struct weibel_effect effect;
    while (host->dead == BASE_OK && weibel_core_next(host->core, &effect)) {
        base_result result = carry_out(host, &effect);
        if (host->dead == BASE_OK) {
            host->dead = result;
        }
    }
    host->pumping = false;
    uint64_t deadline = host->dead == BASE_OK ? weibel_core_deadline(host->core) : UINT64_MAX;
    const struct base_clock *clock = base_clock_system();
    uint64_t now = clock->now(clock->user);
    if (deadline == UINT64_MAX) {
        loop_timer_stop(host->loop, &host->tick);
    } else {
        loop_timer_set(host->loop, &host->tick, deadline > now ? deadline - now : 0);
    }
}

static base_result open_spool(struct host *host) {
    static const char name[] = "spool";
    BASE_ENSURE(mkdirat(host->home->folder, name, S_IRWXU) == 0 || errno == EEXIST,
                *(errno == ENOSPC ? &HOME_ERR_FULL : &HOME_ERR_CREATE));
    host->spool = openat(host->home->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    BASE_ENSURE(host->spool >= 0, HOME_ERR_CREATE);
    return BASE_OK;
}

static base_result open_parts(struct host *host, const char *ca_file) {
    static const struct transfers_handler handler = { on_progress, on_done, on_got, on_failed };
    const struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = base_random_system(),
        .clock = base_clock_system(),
        .provider = mls_provider_sodium(),
    };
    char path[PATH_MAX];
    BASE_TRY(home_path(host->home, "store.db", path));
    BASE_TRY(store_open(path, &host->store));
    BASE_TRY(open_spool(host));
    BASE_TRY(loop_open(ca_file, &host->loop));
    BASE_TRY(transfers_open(host->loop, host->spool, &handler, host, &host->transfers));
    BASE_TRY(router_open(on_request, host, &host->router));
    BASE_TRY(weibel_core_open(&options, &host->core));
    pump(host);
    return host->dead;
}

/* Frees everything, in the order in which nothing can call what is gone. */
static void free_parts(struct host *host) {
    listener_close(&host->listener);
    websocket_free(&host->websocket);
    transfers_close(&host->transfers);
    loop_close(&host->loop);
    weibel_core_free(host->core);
    router_close(&host->router);
    store_close(&host->store);
    if (host->spool >= 0) {
        (void)close(host->spool);
    }
    base_free(host);
}

base_result host_open(const struct home *home, const char *ca_file, struct host **out) {
    struct host *host = (struct host *)base_take(base_allocator_libc(), 1, sizeof *host);
    BASE_ENSURE(host != NULL, BASE_ERR_NO_MEMORY);
    host->home = home;
    host->spool = -1;
    host->tick = (struct loop_timer){ .fire = on_tick, .user = host };
    base_result result = open_parts(host, ca_file);
    if (result != BASE_OK) {
        free_parts(host);
        return result;
    }
    *out = host;
    return BASE_OK;
}

static void on_close_by(void *user) {
    ((struct host *)user)->closing = false;
}

void host_close(struct host **host) {
    if (*host == NULL) {
        return;
    }
    struct host *self = *host;
    self->close_by = (struct loop_timer){ .fire = on_close_by, .user = self };
    self->closing = true;
    loop_timer_set(self->loop, &self->close_by, CLOSE_WITHIN);
    listener_stop(self->listener);
    while (self->closing && self->dead == BASE_OK &&
           (router_waiting(self->router, NULL) != 0 || listener_waiting(self->listener) ||
            (self->websocket != NULL && weibel_core_waits(self->core)))) {
        loop_turn(self->loop);
    }
    loop_timer_stop(self->loop, &self->close_by);
    free_parts(self);
    *host = NULL;
}

struct loop *host_loop(const struct host *host) {
    return host->loop;
}

struct router *host_router(const struct host *host) {
    return host->router;
}

base_result host_listen(struct host *host) {
    return listener_open(host->loop, host->home, host->router, &host->listener);
}

base_result host_turn(struct host *host) {
    BASE_TRY(host->dead);
    loop_turn(host->loop);
    return host->dead;
}
