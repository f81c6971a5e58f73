/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the parts of a simulation share: time, chance, faults, and the first thing that went wrong.
 */
#ifndef SIM_SRC_STATE_H
#define SIM_SRC_STATE_H

#include "sim/sim.h"
#include "test/random.h"
#include "timeline.h"

enum {
    SIM_SECOND = 1000,
    SIM_MINUTE = 60 * SIM_SECOND,
    SIM_HOUR = 60 * SIM_MINUTE,
};

/** Parts with randomness of their own. Hosts take the numbers from 0 on. */
enum { SIM_PART_SERVER = 1000, SIM_PART_CHANCE };

struct server;
struct link;
struct device;
struct ledger;
struct liar;

struct sim {
    struct sim_options options;
    struct sim_report *report;
    struct timeline timeline;
    struct test_random chance; /**< decides what happens; each core and the server have randomness of their own */
    uint64_t severity;         /**< how much more often than usual things go wrong in this run */
    bool healing;              /**< nothing breaks any more */
    uint64_t questions;        /**< frames that ask whose devices some are */
    bool year_ended;           /**< so much time has passed at once that streams have ended that nobody wrote into */
    struct server *server;
    struct link *links;
    struct device *devices; /**< room for SIM_MAX_DEVICES; the first options.people are the first ones of each person */
    size_t device_count;
    struct ledger *ledger;
    struct liar *liar; /**< NULL: none is wanted */
};

/** Starts a sequence of its own for part number `part` of the simulation, which has nothing to do with the others. */
void sim_random_init(const struct sim *sim, uint64_t part, struct test_random *out);

/** A number below `bound`. */
uint64_t sim_below(struct sim *sim, uint64_t bound);

/** True in `millionths` of 1,000,000 cases, times the severity, while nothing heals and the fault is wanted. */
bool sim_goes_wrong(struct sim *sim, unsigned fault, uint64_t millionths);

/** Milliseconds: mostly few, seldom many. */
uint64_t sim_latency(struct sim *sim);

/** Notes what is not as it must be; the run ends. The first one counts. */
__attribute__((format(printf, 2, 3))) void sim_fail(struct sim *sim, const char *format, ...);

bool sim_failed(const struct sim *sim);

/** Says what happens, if wanted. */
__attribute__((format(printf, 2, 3))) void sim_say(const struct sim *sim, const char *format, ...);

/** Lets `milliseconds` pass, or less after a failure. */
void sim_pass(struct sim *sim, uint64_t milliseconds);

#endif
