/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Each step is drawn from a table. What two people do at the same moment is drawn on purpose: it is what goes wrong.
 */
#include "plan.h"

#include "absent.h"
#include "device.h"
#include "host.h"
#include "server.h"

static struct device *draw_device(struct sim *sim) {
    return &sim->devices[sim_below(sim, sim->device_count)];
}

/* A group that its person is in, as far as it knows, or NULL. */
static const struct membership *draw_group(struct sim *sim, const struct device *device) {
    for (size_t tries = 0; device->membership_count > 0 && tries < 4; tries++) {
        const struct membership *in = &device->memberships[sim_below(sim, device->membership_count)];
        if (in->state == MEMBER_OPEN) {
            return in;
        }
    }
    return NULL;
}

static people_set draw_people(struct sim *sim) {
    people_set drawn = 0;
    for (size_t left = 1 + sim_below(sim, 4); left > 0; left--) {
        drawn |= people_one(sim_below(sim, sim->options.people));
    }
    return drawn;
}

/* --- what people do --- */

static void write_somebody(struct sim *sim) {
    struct device *from = draw_device(sim);
    size_t to = sim_below(sim, sim->options.people);
    for (size_t left = 1 + sim_below(sim, 3); left > 0 && to != from->owner; left--) {
        device_write_direct(from, to);
    }
}

static void write_each_other(struct sim *sim) {
    struct device *a = draw_device(sim), *b = draw_device(sim);
    if (a->owner != b->owner) {
        device_write_direct(a, b->owner);
        device_write_direct(b, a->owner);
    }
}

static void write_group(struct sim *sim) {
    struct device *from = draw_device(sim);
    const struct membership *in = draw_group(sim, from);
    for (size_t left = 1 + sim_below(sim, 3); left > 0 && in != NULL; left--) {
        device_write_group(from, in);
    }
}

static void make_group(struct sim *sim) {
    device_make_group(draw_device(sim), draw_people(sim));
}

static void change_group(struct sim *sim, struct device *device, const struct membership *in) {
    uint64_t what = sim_below(sim, 10);
    enum attempt_kind kind = what < 6 ? ATTEMPT_ADD : what < 9 ? ATTEMPT_REMOVE : ATTEMPT_LEAVE;
    people_set who = draw_people(sim);
    who = kind == ATTEMPT_ADD ? who & ~in->members : kind == ATTEMPT_REMOVE ? who & in->members : who;
    device_change_group(device, in, kind, who);
}

static void change_some_group(struct sim *sim) {
    struct device *device = draw_device(sim);
    const struct membership *in = draw_group(sim, device);
    if (in != NULL) {
        change_group(sim, device, in);
    }
}

static void set_up_group(struct sim *sim) {
    static const char *const roles[] = { "member", "admin", "owner" };
    struct device *device = draw_device(sim);
    const struct membership *in = draw_group(sim, device);
    if (in == NULL) {
        return;
    }
    if (sim_below(sim, 2) == 0) {
        device_name_group(device, in);
    } else {
        device_set_role(device, in, sim_below(sim, sim->options.people), roles[sim_below(sim, 3)]);
    }
}

/* Everybody who is in a group changes it at the same moment. */
static void change_at_once(struct sim *sim) {
    const struct membership *first = draw_group(sim, draw_device(sim));
    if (first == NULL) {
        return;
    }
    size_t group = first->group;
    for (size_t i = 0; i < sim->device_count; i++) {
        struct device *device = &sim->devices[i];
        for (size_t k = 0; k < device->membership_count; k++) {
            const struct membership *in = &device->memberships[k];
            if (in->group == group && in->state == MEMBER_OPEN && sim_below(sim, 2) == 0) {
                change_group(sim, device, in);
                break;
            }
        }
    }
}

/* Somebody does something with what was written lately, mostly with what is still on its way. */
static void amend_something(struct sim *sim) {
    enum { LATELY = 24, WHATS = 16 };
    size_t count = sim->ledger->count;
    size_t lately = count < LATELY ? count : LATELY;
    for (size_t left = 1 + sim_below(sim, 4); left > 0 && count > 0; left--) {
        size_t number = count - 1 - sim_below(sim, lately);
        struct device *device =
            sim_below(sim, 2) == 0 ? &sim->devices[sim->ledger->sent[number].device] : draw_device(sim);
        device_amend(device, number, sim_below(sim, WHATS));
    }
}

static void read_somebody(struct sim *sim) {
    struct device *device = draw_device(sim);
    size_t peer = sim_below(sim, sim->options.people);
    if (peer != device->owner) {
        device_read(device, peer);
    }
}

static void wipe_chat(struct sim *sim) {
    struct device *device = draw_device(sim);
    size_t peer = sim_below(sim, sim->options.people);
    size_t chat = device->membership_count == 0 ? 0 : sim_below(sim, device->membership_count);
    if (chat < device->membership_count && device->memberships[chat].state != MEMBER_OPEN) {
        device_wipe_group(device, &device->memberships[chat]);
    } else if (peer != device->owner) {
        device_wipe(device, peer);
    }
}

static void come_back(void *user, uint64_t number, struct base_slice bytes) {
    (void)number;
    (void)bytes;
    struct device *device = user;
    if (!device->away) {
        device_go(device, true);
    }
}

static void go_away(struct sim *sim) {
    struct device *device = draw_device(sim);
    uint64_t span = sim_below(sim, 4) == 0 ? 12 * (uint64_t)SIM_HOUR : 2 * (uint64_t)SIM_MINUTE;
    device_go(device, false);
    timeline_add(&sim->timeline, sim_below(sim, span), come_back, device, 0, base_slice(NULL, 0));
}

static void receive(struct sim *sim) {
    device_receive(draw_device(sim));
}

static void set_something(struct sim *sim) {
    device_set_something(draw_device(sim), sim_below(sim, sim->options.people));
}

static void link_device(struct sim *sim) {
    device_link_another(draw_device(sim));
}

static void link_group(struct sim *sim) {
    enum { ENDS_ONE_OF = 6 };
    struct device *device = draw_device(sim);
    const struct membership *in = draw_group(sim, device);
    if (in != NULL) {
        device_link_group(device, in, sim_below(sim, ENDS_ONE_OF) != 0);
    }
}

/* Several at the same moment, now and then. */
static void join_group(struct sim *sim) {
    size_t count = sim->ledger->group_count, group = count == 0 ? 0 : sim_below(sim, count);
    for (size_t tries = 0; tries < count && sim->ledger->groups[group].link[0] == 0; tries++) {
        group = (group + 1) % count;
    }
    if (count > 0) {
        for (size_t left = 1 + sim_below(sim, 3); left > 0; left--) {
            device_join_group(draw_device(sim), group);
        }
    }
}

static void keep_safe(struct sim *sim) {
    device_keep_safe(draw_device(sim));
}

static void restore_device(struct sim *sim) {
    struct device *device = draw_device(sim);
    for (size_t tries = 0; tries < sim->device_count && !device->safe; tries++) {
        device = &sim->devices[(device->number + 1) % sim->device_count];
    }
    device_restore_another(device);
}

static void remove_device(struct sim *sim) {
    enum { TRIES = 16 };
    struct device *device = draw_device(sim), *other = draw_device(sim);
    for (size_t tries = 0; tries < TRIES && (other == device || other->owner != device->owner); tries++) {
        other = draw_device(sim);
    }
    device_remove_another(device, other);
}

/* --- what goes wrong --- */

static bool wanted(const struct sim *sim, unsigned fault) {
    return (sim->options.faults & fault) != 0;
}

static void start_server(void *user, uint64_t number, struct base_slice bytes) {
    struct sim *sim = user;
    (void)number;
    (void)bytes;
    if (!server_is_up(sim->server)) {
        sim_say(sim, "the server comes back");
        server_start(sim->server);
    }
}

static void end_server(struct sim *sim) {
    if (wanted(sim, SIM_RESTARTS) && server_is_up(sim->server)) {
        sim_say(sim, "the server goes down");
        sim->report->restarts++;
        server_kill(sim->server);
        timeline_add(&sim->timeline, sim_below(sim, 2 * SIM_MINUTE), start_server, sim, 0, base_slice(NULL, 0));
    }
}

static void free_disk(void *user, uint64_t number, struct base_slice bytes) {
    struct sim *sim = user;
    (void)number;
    (void)bytes;
    server_refuse(sim->server, false);
}

static void fill_disk(struct sim *sim) {
    if (wanted(sim, SIM_DISKS)) {
        sim_say(sim, "the server's disk is full");
        server_refuse(sim->server, true);
        timeline_add(&sim->timeline, sim_below(sim, SIM_MINUTE), free_disk, sim, 0, base_slice(NULL, 0));
    }
}

static void fail_store(struct sim *sim) {
    if (wanted(sim, SIM_DISKS)) {
        host_fail_store(draw_device(sim)->host);
    }
}

static void crash(struct sim *sim) {
    if (wanted(sim, SIM_CRASHES)) {
        host_crash(draw_device(sim)->host);
    }
}

static void cut(struct sim *sim) {
    if (wanted(sim, SIM_BREAKS)) {
        host_break(draw_device(sim)->host);
    }
}

static void jump(struct sim *sim) {
    if (wanted(sim, SIM_CLOCKS)) {
        int64_t by = (int64_t)sim_below(sim, 2 * (uint64_t)SIM_HOUR) - SIM_HOUR;
        sim->report->jumps++;
        if (sim_below(sim, 8) == 0) {
            server_jump(sim->server, by);
        } else {
            host_jump(draw_device(sim)->host, by);
        }
    }
}

enum { STEPS_COUNT = 25, MAX_MOOD = 4 };

static const struct {
    void (*happens)(struct sim *sim);
    uint64_t weight;
} STEPS[STEPS_COUNT] = {
    { write_somebody, 30 },
    { write_each_other, 12 },
    { write_group, 40 },
    { make_group, 5 },
    { change_some_group, 12 },
    { change_at_once, 4 },
    { set_up_group, 8 },
    { go_away, 5 },
    { receive, 10 },
    { amend_something, 25 },
    { read_somebody, 8 },
    { set_something, 6 },
    { link_device, 5 },
    { remove_device, 6 },
    { end_server, 1 },
    { fill_disk, 1 },
    { fail_store, 1 },
    { crash, 2 },
    { cut, 3 },
    { jump, 2 },
    { wipe_chat, 2 },
    { link_group, 8 },
    { join_group, 6 },
    { keep_safe, 2 },
    { restore_device, 2 },
};

/* Each run has a mood: some things happen often in it, others never. What is rare together with what else is frequent
 * would hardly ever be seen otherwise. */
static void draw_mood(struct sim *sim, uint64_t weights[STEPS_COUNT]) {
    for (size_t i = 0; i < STEPS_COUNT; i++) {
        weights[i] = STEPS[i].weight * sim_below(sim, MAX_MOOD);
    }
    weights[0] += STEPS[0].weight; /* somebody always has something to say */
}

static void step(struct sim *sim, const uint64_t weights[STEPS_COUNT]) {
    uint64_t total = 0;
    for (size_t i = 0; i < STEPS_COUNT; i++) {
        total += weights[i];
    }
    uint64_t drawn = sim_below(sim, total);
    for (size_t i = 0; i < STEPS_COUNT; i++) {
        if (drawn < weights[i]) {
            STEPS[i].happens(sim);
            return;
        }
        drawn -= weights[i];
    }
}

/* Mostly while much is under way, sometimes long after. */
static uint64_t until_next_step(struct sim *sim) {
    uint64_t drawn = sim_below(sim, 100);
    return sim_below(sim, drawn < 60 ? 100 : drawn < 95 ? 5 * SIM_SECOND : 10 * SIM_MINUTE);
}

void plan_run(struct sim *sim) {
    uint64_t weights[STEPS_COUNT];
    draw_mood(sim, weights);
    for (size_t i = 0; i < sim->options.steps && !sim_failed(sim); i++) {
        step(sim, weights);
        absent_step(sim);
        sim_pass(sim, until_next_step(sim));
    }
}

void plan_heal(struct sim *sim) {
    sim_say(sim, "everything heals");
    sim->healing = true;
    start_server(sim, 0, base_slice(NULL, 0));
    server_refuse(sim->server, false);
    for (size_t i = 0; i < sim->device_count; i++) {
        device_go(&sim->devices[i], true);
    }
}

void plan_last_words(struct sim *sim) {
    for (size_t i = 0; i < sim->device_count; i++) {
        struct device *device = &sim->devices[i];
        for (size_t k = 0; k < device->membership_count && !device->doomed; k++) {
            if (device->memberships[k].state == MEMBER_OPEN) {
                device_write_group(device, &device->memberships[k]);
            }
        }
        for (size_t to = 0; to < sim->options.people && !device->doomed; to++) {
            if ((device->direct & people_one(to)) != 0) {
                device_write_direct(device, to);
            }
        }
    }
}
