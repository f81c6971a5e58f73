/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Some seeds of the simulation, each kind of fault alone and all together. WEIBEL_SEED takes other ones.
 */
#include "sim/sim.h"
#include "test/cmocka.h"
#include "test/random.h"

enum { PEOPLE = 4, STEPS = 100 };

static uint64_t run_with(const struct sim_options *options) {
    struct sim_report report;
    if (!sim_run(options, &report)) {
        fail_msg("weibel-sim --seed %" PRIu64 " --people %zu --steps %zu --faults %u: %s", options->seed,
                 options->people, options->steps, options->faults, report.failure);
    }
    assert_true(report.shown > 0);
    return report.missed;
}

static void run(uint64_t seed, unsigned faults) {
    struct test_random random;
    test_random_init(&random, seed);
    (void)run_with(&(struct sim_options){ random.state, PEOPLE, STEPS, faults, false });
}

static void nothing_goes_wrong(void **state) {
    (void)state;
    run(1, 0);
}

static void connections_break(void **state) {
    (void)state;
    run(3, SIM_BREAKS);
}

static void clients_crash(void **state) {
    (void)state;
    run(2, SIM_CRASHES);
}

static void server_restarts(void **state) {
    (void)state;
    run(4, SIM_RESTARTS);
}

static void disks_fail(void **state) {
    (void)state;
    run(5, SIM_DISKS);
}

static void clocks_jump(void **state) {
    (void)state;
    run(6, SIM_CLOCKS);
}

static void somebody_sabotages(void **state) {
    (void)state;
    for (uint64_t seed = 30; seed < 36; seed++) {
        run(seed, SIM_SABOTAGE);
    }
}

static void everything_goes_wrong(void **state) {
    (void)state;
    for (uint64_t seed = 7; seed < 17; seed++) {
        run(seed, SIM_ALL_FAULTS);
    }
}

/* Once a fault of its own each. */
static void what_went_wrong_once(void **state) {
    (void)state;
    static const uint64_t seeds[] = {
        2111, /* earlier messages came before the invitation into a group of the chat that has brought them too */
        3001, /* somebody had a group in two chats, and both were judged as one */
        2089, /* a crash came between the record of what another device had read and its message */
        132,  /* a device that had got a message, crashed before it was shown and was removed */
    };
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        (void)run_with(&(struct sim_options){ seeds[i], 5, 300, SIM_ALL_FAULTS, false });
    }
}

static void the_server_lies(void **state) {
    (void)state;
    uint64_t missed = run_with(&(struct sim_options){ 41, PEOPLE, STEPS, SIM_ALL_FAULTS | SIM_LIES, false });
    for (uint64_t seed = 47; seed < 55; seed++) {
        missed += run_with(&(struct sim_options){ seed, PEOPLE, STEPS, SIM_LIES, false });
    }
    assert_true(missed > 0);
}

/* The same options give the same run. */
static void a_run_is_repeated(void **state) {
    (void)state;
    struct sim_options options = { 11, PEOPLE, STEPS, SIM_ALL_FAULTS, false };
    struct sim_report first, second;
    assert_true(sim_run(&options, &first));
    assert_true(sim_run(&options, &second));
    assert_memory_equal(&first, &second, sizeof first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_wrong),   cmocka_unit_test(connections_break),
        cmocka_unit_test(clients_crash),        cmocka_unit_test(server_restarts),
        cmocka_unit_test(disks_fail),           cmocka_unit_test(clocks_jump),
        cmocka_unit_test(somebody_sabotages),   cmocka_unit_test(everything_goes_wrong),
        cmocka_unit_test(what_went_wrong_once), cmocka_unit_test(the_server_lies),
        cmocka_unit_test(a_run_is_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
