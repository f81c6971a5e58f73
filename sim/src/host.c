/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The contract of weibel/core.h, at its limits: other inputs come while a batch is being stored and between two
 * effects, and the process may end at every boundary.
 */
#include "host.h"

#include <string.h>

#include "link.h"
#include "memory.h"
#include "mls/provider.h"
#include "records.h"

enum {
    CRASH_PER_EFFECT = 700, /* millionths */
    FAIL_PER_BATCH = 400,
    PAUSE_PER_EFFECT = 20000,
    MAX_DOWN = 60 * SIM_SECOND,
    MAX_VAIN_TICKS = 1000,
    MAX_SKEW = 14 * SIM_HOUR, /* a clock set to local time in the wrong time zone */
};

struct host {
    struct sim *sim;
    size_t number;
    struct host_face face;
    struct test_random random;
    struct base_clock clock;
    int64_t skew;
    struct records records;
    struct weibel_core *core;  /**< NULL: it has crashed */
    uint64_t life;             /**< which core it is: events of an earlier one are not for this */
    struct weibel_store batch; /**< being stored; borrows from the core */
    bool storing, fail_next;
    bool draining, paused;
    uint64_t tick_at, tick; /**< when the core wants its tick, and which event that is */
    uint64_t vain_ticks;    /**< since the last effect */
    struct link *link;
};

static const struct base_slice nothing = { NULL, 0 };

static uint64_t now(void *user) {
    return host_time(user);
}

static void drain(struct host *host);

/* --- time --- */

static void take_input(struct host *host, base_result result);

static void tick(void *user, uint64_t number, struct base_slice bytes) {
    struct host *host = user;
    (void)bytes;
    if (host->core == NULL || number != host->tick) {
        return;
    }
    host->tick_at = UINT64_MAX;
    if (host->vain_ticks++ == MAX_VAIN_TICKS) {
        sim_fail(host->sim, "client %zu wants its tick again and again, and does nothing with it", host->number);
        return;
    }
    take_input(host, weibel_core_tick(host->core));
}

static void plan_tick(struct host *host) {
    uint64_t deadline = host->core == NULL ? UINT64_MAX : weibel_core_deadline(host->core);
    uint64_t at = UINT64_MAX;
    if (deadline != UINT64_MAX) {
        uint64_t mine = now(host);
        at = host->sim->timeline.now + (deadline > mine ? deadline - mine : 1);
    }
    if (at == host->tick_at) {
        return;
    }
    host->tick_at = at;
    host->tick++;
    if (at != UINT64_MAX) {
        timeline_add(&host->sim->timeline, at - host->sim->timeline.now, tick, host, host->tick, nothing);
    }
}

/* --- inputs --- */

static void take_input(struct host *host, base_result result) {
    if (result == BASE_OK) {
        drain(host);
        return;
    }
    if (result != &WEIBEL_ERR_STORE) {
        sim_fail(host->sim, "the core of client %zu has died: %s", host->number, result->name);
    }
    host_crash(host);
}

void host_line(struct host *host, struct base_slice line) {
    if (host->core != NULL) {
        take_input(host, weibel_core_line(host->core, line));
    }
}

void host_connected(struct host *host, const struct link *link) {
    if (host->core != NULL && host->link == link) {
        take_input(host, weibel_core_connected(host->core));
    }
}

void host_disconnected(struct host *host, const struct link *link) {
    if (host->core != NULL && host->link == link) {
        host->link = NULL;
        take_input(host, weibel_core_disconnected(host->core, "the simulated network is gone"));
    }
}

void host_frame(struct host *host, const struct link *link, struct base_slice frame) {
    if (host->core != NULL && host->link == link) {
        take_input(host, weibel_core_frame(host->core, frame));
    }
}

/* --- effects --- */

static void stored(void *user, uint64_t life, struct base_slice bytes) {
    struct host *host = user;
    (void)bytes;
    if (host->core == NULL || host->life != life) {
        return;
    }
    bool fails = host->fail_next || sim_goes_wrong(host->sim, SIM_DISKS, FAIL_PER_BATCH);
    host->storing = host->fail_next = false;
    if (fails) {
        host->sim->report->refusals++;
        take_input(host, weibel_core_stored(host->core, false));
        return;
    }
    records_apply(&host->records, &host->batch);
    if (sim_goes_wrong(host->sim, SIM_CRASHES, CRASH_PER_EFFECT)) {
        host_crash(host);
        return;
    }
    take_input(host, weibel_core_stored(host->core, true));
}

/* What a read asked for: its number, limit, direction and the lengths of its keys before these. */
struct wanted {
    uint32_t read, limit;
    bool backwards;
    uint8_t from[WEIBEL_MAX_KEY], before[WEIBEL_MAX_KEY];
    size_t from_len, before_len;
};

static void give_records(void *user, uint64_t life, struct base_slice bytes) {
    struct host *host = user;
    struct wanted wanted;
    memcpy(&wanted, bytes.data, sizeof wanted);
    size_t first = records_find(&host->records, base_slice(wanted.from, wanted.from_len));
    size_t end = records_find(&host->records, base_slice(wanted.before, wanted.before_len));
    for (uint32_t i = 0; i < wanted.limit && first < end && host->core != NULL && host->life == life; i++) {
        const struct record *record = &host->records.items[wanted.backwards ? --end : first++];
        struct base_bytes key BASE_CLEANUP(base_bytes_free) = sim_copy(base_borrow(&record->key));
        struct base_bytes value BASE_CLEANUP(base_bytes_free) = sim_copy(base_borrow(&record->value));
        take_input(host, weibel_core_record(host->core, wanted.read, base_borrow(&key), base_borrow(&value)));
    }
    if (host->core != NULL && host->life == life) {
        take_input(host, weibel_core_read_done(host->core, wanted.read, true));
    }
}

static void begin_read(struct host *host, const struct weibel_read *read) {
    struct wanted wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.read = read->read;
    wanted.limit = read->limit;
    wanted.backwards = read->backwards;
    wanted.from_len = read->from.len;
    wanted.before_len = read->before.len;
    memcpy(wanted.from, read->from.data, read->from.len);
    memcpy(wanted.before, read->before.data, read->before.len);
    timeline_add(&host->sim->timeline, sim_below(host->sim, 3), give_records, host, host->life,
                 base_slice(&wanted, sizeof wanted));
}

static void carry_out(struct host *host, const struct weibel_effect *effect) {
    switch (effect->kind) {
    case WEIBEL_EFFECT_STORE:
        host->batch = effect->of.store;
        host->storing = true;
        timeline_add(&host->sim->timeline, sim_below(host->sim, 10), stored, host, host->life, nothing);
        break;
    case WEIBEL_EFFECT_READ:
        begin_read(host, &effect->of.read);
        break;
    case WEIBEL_EFFECT_CONNECT:
        host->link = link_open(host->sim, host);
        break;
    case WEIBEL_EFFECT_DISCONNECT:
        if (host->link != NULL) {
            link_close(host->link);
        }
        break;
    case WEIBEL_EFFECT_FRAME:
        if (host->link != NULL) {
            link_send(host->link, effect->of.frame);
        }
        break;
    case WEIBEL_EFFECT_LINE:
        host->face.line(host->face.user, effect->of.line);
        break;
    default:
        sim_fail(host->sim, "client %zu starts a transfer, though nobody sends files", host->number);
    }
}

static void go_on(void *user, uint64_t life, struct base_slice bytes) {
    struct host *host = user;
    (void)bytes;
    if (host->life == life) {
        host->paused = false;
        drain(host);
    }
}

static void drain(struct host *host) {
    if (host->draining) {
        return;
    }
    host->draining = true;
    struct weibel_effect effect;
    while (host->core != NULL && !host->paused && weibel_core_next(host->core, &effect)) {
        host->sim->report->effects++;
        host->vain_ticks = 0;
        if (sim_goes_wrong(host->sim, SIM_CRASHES, CRASH_PER_EFFECT)) {
            host_crash(host);
            break;
        }
        carry_out(host, &effect);
        if (host->core != NULL && sim_below(host->sim, 1000000) < PAUSE_PER_EFFECT) {
            host->paused = true;
            timeline_add(&host->sim->timeline, sim_latency(host->sim), go_on, host, host->life, nothing);
        }
    }
    host->draining = false;
    plan_tick(host);
}

/* --- life --- */

static void reopen(void *user, uint64_t number, struct base_slice bytes) {
    (void)number;
    (void)bytes;
    host_open(user);
}

void host_crash(struct host *host) {
    if (host->core == NULL) {
        return;
    }
    sim_say(host->sim, "%zu crashes", host->number);
    host->sim->report->crashes++;
    if (host->storing && sim_below(host->sim, 2) == 0) {
        records_apply(&host->records, &host->batch); /* it had reached the disk */
    }
    if (host->link != NULL) {
        link_abandon(host->link);
        host->link = NULL;
    }
    weibel_core_free(host->core);
    host->core = NULL;
    host->storing = host->paused = host->fail_next = false;
    host->vain_ticks = 0;
    host->life++;
    host->face.gone(host->face.user);
    timeline_add(&host->sim->timeline, sim_below(host->sim, MAX_DOWN), reopen, host, 0, nothing);
}

void host_open(struct host *host) {
    struct weibel_options options = {
        .allocator = base_allocator_libc(),
        .random = &host->random.random,
        .clock = &host->clock,
        .provider = mls_provider_sodium(),
        .passphrase_passes = 1,
        .passphrase_memory = 8,
        /* In every second run each ratchet tree lies beside its log, as those of large groups do. */
        .tree_devices = host->sim->options.seed % 2 == 0 ? 0 : 1,
    };
    base_result result = weibel_core_open(&options, &host->core);
    if (result != BASE_OK) {
        sim_fail(host->sim, "client %zu cannot be opened: %s", host->number, result->name);
        return;
    }
    drain(host);
    host->face.opened(host->face.user);
}

struct host *host_new(struct sim *sim, size_t number, struct host_face face) {
    struct host *host = sim_take(1, sizeof *host);
    host->sim = sim;
    host->number = number;
    host->face = face;
    host->clock = (struct base_clock){ now, host };
    host->tick_at = UINT64_MAX;
    sim_random_init(sim, number, &host->random);
    if ((sim->options.faults & SIM_CLOCKS) != 0 && sim_below(sim, 4) == 0) {
        host->skew = (int64_t)sim_below(sim, 2 * (uint64_t)MAX_SKEW) - MAX_SKEW;
    }
    return host;
}

void host_free(struct host *host) {
    if (host == NULL) {
        return;
    }
    weibel_core_free(host->core);
    records_free(&host->records);
    base_free(host);
}

uint64_t host_time(const struct host *host) {
    return host->sim->timeline.now + (uint64_t)host->skew;
}

uint64_t host_number(const struct host *host) {
    return host->number;
}

bool host_is_up(const struct host *host) {
    return host->core != NULL;
}

void host_fail_store(struct host *host) {
    host->fail_next = true;
}

void host_break(struct host *host) {
    if (host->link != NULL) {
        link_break(host->link);
    }
}

void host_jump(struct host *host, int64_t milliseconds) {
    host->skew += milliseconds;
    plan_tick(host);
}
