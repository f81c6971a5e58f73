/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A run: begin, let things happen, heal, judge.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "device.h"
#include "judge.h"
#include "ledger.h"
#include "liar.h"
#include "link.h"
#include "memory.h"
#include "plan.h"
#include "server.h"
#include "state.h"

/* 1 January 2026. */
static const uint64_t FIRST_MOMENT = 1767225600000;

/* Sequences whose seeds differ by a multiple of SplitMix64's step would be one sequence, shifted: so each seed is a
 * number of another sequence. */
void sim_random_init(const struct sim *sim, uint64_t part, struct test_random *out) {
    struct test_random seeds;
    test_random_init_quiet(&seeds, sim->options.seed);
    test_random_init_quiet(&seeds, test_random_next(&seeds) ^ part);
    test_random_init_quiet(out, test_random_next(&seeds));
}

uint64_t sim_below(struct sim *sim, uint64_t bound) {
    return test_random_below(&sim->chance, bound);
}

bool sim_goes_wrong(struct sim *sim, unsigned fault, uint64_t millionths) {
    return !sim->healing && (sim->options.faults & fault) != 0 && sim_below(sim, 1000000) < millionths * sim->severity;
}

uint64_t sim_latency(struct sim *sim) {
    return 1 + sim_below(sim, sim_below(sim, 50) == 0 ? 3 * SIM_SECOND : 40);
}

void sim_fail(struct sim *sim, const char *format, ...) {
    if (sim_failed(sim)) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim->report->failure, sizeof sim->report->failure, format, arguments);
    va_end(arguments);
    sim_say(sim, "FAILED: %s", sim->report->failure);
}

bool sim_failed(const struct sim *sim) {
    return sim->report->failure[0] != 0;
}

void sim_say(const struct sim *sim, const char *format, ...) {
    if (!sim->options.trace) {
        return;
    }
    uint64_t now = sim->timeline.now - FIRST_MOMENT;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%8" PRIu64 ".%03" PRIu64 " ", now / SIM_SECOND, now % SIM_SECOND);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void sim_pass(struct sim *sim, uint64_t milliseconds) {
    uint64_t until = sim->timeline.now + milliseconds;
    while (!sim_failed(sim) && timeline_step(&sim->timeline, until)) {
    }
}

static void begin(struct sim *sim) {
    sim->timeline.now = FIRST_MOMENT;
    sim_random_init(sim, SIM_PART_CHANCE, &sim->chance);
    sim->severity = (uint64_t)1 << 2 * sim_below(sim, 3);
    sim->ledger = ledger_new(sim);
    sim->liar = (sim->options.faults & SIM_LIES) != 0 ? liar_new() : NULL;
    sim->server = server_new(sim);
    sim->devices = sim_take(SIM_MAX_DEVICES, sizeof *sim->devices);
    for (size_t i = 0; i < sim->options.people; i++) {
        device_begin(sim, i);
    }
}

static void end(struct sim *sim) {
    if (server_is_up(sim->server)) {
        server_kill(sim->server);
    }
    if (!sim_failed(sim)) {
        judge_store(sim);
    }
    sim->report->events = sim->timeline.done;
    sim->report->hours = (sim->timeline.now - FIRST_MOMENT) / SIM_HOUR;
    for (size_t i = 0; i < sim->device_count; i++) {
        device_free(&sim->devices[i]);
    }
    base_free(sim->devices);
    server_free(sim->server);
    timeline_free(&sim->timeline);
    link_free_all(sim);
    ledger_free(sim->ledger);
    liar_free(sim->liar);
}

bool sim_run(const struct sim_options *options, struct sim_report *report) {
    *report = (struct sim_report){ 0 };
    struct sim *sim = sim_take(1, sizeof *sim);
    sim->options = *options;
    sim->report = report;
    begin(sim);
    plan_run(sim);
    plan_heal(sim);
    judge_wait_for_quiet(sim);
    if (liar_confess(sim->liar) || (sim->options.faults & SIM_ABSENCES) != 0) {
        plan_last_words(sim);
        judge_wait_for_quiet(sim);
    }
    judge_all(sim);
    liar_judge(sim);
    end(sim);
    base_free(sim);
    return report->failure[0] == 0;
}
