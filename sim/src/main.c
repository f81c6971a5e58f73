/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibel-sim: runs simulations, seed by seed.
 */
#define _GNU_SOURCE /* getopt_long */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "sim/sim.h"

static const char HELP[] =
    "weibel-sim [--seed N] [--runs N] [--steps N] [--people N] [--faults N] [--trace]\n"
    "\n"
    "Runs clients and server in one process, under a clock, a network and randomness of its own.\n"
    "Everything that happens follows from the options: the same ones repeat a run exactly.\n"
    "\n"
    "  --seed N     of the first run (1; WEIBEL_SEED); the others take the numbers after it\n"
    "  --runs N     how many (1)\n"
    "  --steps N    what people do in a run, all together (300)\n"
    "  --people N   2 to 32 (5)\n"
    "  --faults N   what goes wrong, a sum: 1 connections, 2 clients, 4 server, 8 disks,\n"
    "               16 clocks, 32 sabotage of commits, 64 lies of the server,\n"
    "               128 absences of weeks (63)\n"
    "  --trace      says on standard error what happens\n"
    "\n"
    "Prints a JSON object for each run. Ends with 1 if something was not as it must be.\n";

enum { OPTION_SEED = 256, OPTION_RUNS, OPTION_STEPS, OPTION_PEOPLE, OPTION_FAULTS, OPTION_TRACE, OPTION_HELP };

static bool read_number(const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    char *end = NULL;
    *out = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 0) : 0;
    return end != NULL && *end == 0 && *out >= least && *out <= most;
}

static void print(const struct sim_options *options, const struct sim_report *report) {
    printf("{\"seed\":%" PRIu64 ",\"ok\":%s,\"events\":%" PRIu64 ",\"effects\":%" PRIu64 ",\"frames\":%" PRIu64
           ",\"messages\":%" PRIu64 ",\"shown\":%" PRIu64 ",\"changes\":%" PRIu64 ",\"breaks\":%" PRIu64
           ",\"linked\":%" PRIu64 ",\"removed\":%" PRIu64 ",\"crashes\":%" PRIu64 ",\"restarts\":%" PRIu64
           ",\"refusals\":%" PRIu64 ",\"jumps\":%" PRIu64 ",\"lies\":%" PRIu64 ",\"missed\":%" PRIu64
           ",\"hours\":%" PRIu64 "}\n",
           options->seed, report->failure[0] == 0 ? "true" : "false", report->events, report->effects, report->frames,
           report->messages, report->shown, report->changes, report->breaks, report->linked, report->removed,
           report->crashes, report->restarts, report->refusals, report->jumps, report->lies, report->missed,
           report->hours);
    if (report->failure[0] != 0) {
        fprintf(stderr, "weibel-sim: seed %" PRIu64 ": %s\n", options->seed, report->failure);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    static const struct option LONG[] = {
        { "seed", required_argument, NULL, OPTION_SEED },     { "runs", required_argument, NULL, OPTION_RUNS },
        { "steps", required_argument, NULL, OPTION_STEPS },   { "people", required_argument, NULL, OPTION_PEOPLE },
        { "faults", required_argument, NULL, OPTION_FAULTS }, { "trace", no_argument, NULL, OPTION_TRACE },
        { "help", no_argument, NULL, OPTION_HELP },           { NULL, 0, NULL, 0 },
    };
    const char *wanted = getenv("WEIBEL_SEED");
    uint64_t seed = wanted == NULL ? 1 : strtoull(wanted, NULL, 0), runs = 1, steps = 300, people = 5;
    uint64_t faults = SIM_ALL_FAULTS;
    bool trace = false, good = true;
    for (int option; good && (option = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        switch (option) {
        case OPTION_SEED:
            good = read_number(optarg, 0, UINT64_MAX, &seed);
            break;
        case OPTION_RUNS:
            good = read_number(optarg, 1, UINT64_MAX, &runs);
            break;
        case OPTION_STEPS:
            good = read_number(optarg, 0, 1000000000, &steps);
            break;
        case OPTION_PEOPLE:
            good = read_number(optarg, 2, SIM_MAX_PEOPLE, &people);
            break;
        case OPTION_FAULTS:
            good = read_number(optarg, 0, SIM_WANTED_FAULTS, &faults);
            break;
        case OPTION_TRACE:
            trace = true;
            break;
        case OPTION_HELP:
            fputs(HELP, stdout);
            return EX_OK;
        default:
            good = false;
        }
    }
    if (!good || optind != argc) {
        fputs(HELP, stderr);
        return EX_USAGE;
    }
    int result = EX_OK;
    for (uint64_t i = 0; i < runs; i++) {
        struct sim_options options = { seed + i, (size_t)people, (size_t)steps, (unsigned)faults, trace };
        struct sim_report report;
        result = sim_run(&options, &report) ? result : 1;
        print(&options, &report);
    }
    return result;
}
