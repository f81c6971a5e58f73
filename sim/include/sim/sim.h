/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The whole system in one process: real client cores and the real server, under a clock, a network and randomness that
 * come from one seed. A run is repeated exactly by its seed and options.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_MAX_PEOPLE = 32, SIM_MAX_DEVICES = 64, SIM_MAX_GROUPS = 64 };

/** What may go wrong on the way; all of it heals before the end. */
enum sim_faults {
    SIM_BREAKS = 1,    /**< connections break, with what is on its way */
    SIM_CRASHES = 2,   /**< clients end between two effects, before or after a batch is durable */
    SIM_RESTARTS = 4,  /**< the server ends at any moment, and comes back later */
    SIM_DISKS = 8,     /**< the stores of clients and server refuse */
    SIM_CLOCKS = 16,   /**< clocks jump in both directions */
    SIM_SABOTAGE = 32, /**< commits of groups become rubbish on their way: their authors have changed clients */
    SIM_ALL_FAULTS = 63,
    SIM_LIES = 64, /**< the server leaves out entries for some readers, or changes their order: whoever was lied to is
                      asked for less at the end, so that this is wanted apart */
    SIM_ABSENCES = 128, /**< people are away for weeks, and longer than the server keeps anything: wanted apart, too */
    SIM_WANTED_FAULTS = SIM_ALL_FAULTS | SIM_LIES | SIM_ABSENCES,
};

struct sim_options {
    uint64_t seed;
    size_t people;   /**< 2 to SIM_MAX_PEOPLE */
    size_t steps;    /**< what people do, all together */
    unsigned faults; /**< enum sim_faults */
    bool trace;      /**< say on standard error what happens */
};

struct sim_report {
    char failure[512]; /**< the first thing that was not as it must be; empty: all was well */
    uint64_t events;   /**< on the timeline */
    uint64_t effects;  /**< that hosts have carried out */
    uint64_t frames;   /**< that have arrived */
    uint64_t messages; /**< that the cores took to send */
    uint64_t shown;    /**< that were shown to others */
    uint64_t changes;  /**< of groups, that succeeded */
    uint64_t linked;   /**< devices that have come in by a link of another one … */
    uint64_t removed;  /**< … and that were removed or lost */
    uint64_t breaks, crashes, restarts, refusals, jumps;
    uint64_t lies, missed; /**< entries about which the server has lied, and of how many it had to be said */
    uint64_t hours;        /**< of simulated time */
};

/** Runs one simulation to its end. False: see `report->failure`. */
bool sim_run(const struct sim_options *options, struct sim_report *report);

#endif
