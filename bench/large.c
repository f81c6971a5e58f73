/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * bench-large [DEVICES]: a group of so many (10,000) through the core: what adding, a message, a commit and coming in
 * cost, beside a group of a tenth of them. CPU is the whole process's, in which the server is a model; everybody but
 * three is a key package. Nobody but its maker has committed: the group's tree is at its worst. One JSON object a line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "large.h"
#include "options.h"

enum { DEVICES = 10000, OTHERS = 3 };

static void print(const char *what, size_t devices, const struct large_cost *cost) {
    printf("{\"bench\":\"large-group\",\"what\":\"%s\",\"devices\":%zu,\"cpu_ms\":%.3f,\"peak_mib\":%.1f,"
           "\"records\":%zu,\"stored_bytes\":%zu,\"sent_bytes\":%zu}\n",
           what, devices, (double)cost->cpu / 1000, (double)cost->peak / (1 << 20), cost->records, cost->stored,
           cost->sent);
    (void)fflush(stdout);
}

static void measure(struct large *large, size_t devices, const struct world_peer *at, const char *message,
                    const char *commit) {
    struct large_cost cost = large_message(large, at);
    print(message, devices, &cost);
    cost = large_commit(large, at);
    print(commit, devices, &cost);
}

int main(int count, char **arguments) {
    static struct large large;
    unsigned devices = DEVICES;
    int code = 0;
    const struct bench_option list[] = {
        { "DEVICES", NULL, &devices, NULL, NULL, 100, 100000, "in the group, and then a tenth of them" },
    };
    const struct bench_options options = {
        .program = "bench-large",
        .says = "A large group through the core, with a model of a server: what adding, a message, a commit and coming "
                "in cost.\n"
                "Prints one JSON object a line.\n",
        .options = list,
        .count = sizeof list / sizeof *list,
    };
    if (!bench_options_take(&options, count, arguments, &code)) {
        return code;
    }
    size_t few = devices / 10;
    large_begin(&large, 1, devices - OTHERS, 0);
    struct large_cost before = large_now(large.alice);
    large_grow(&large, few - 1);
    struct large_cost cost = large_since(large.alice, &before);
    print("add all", few, &cost);
    measure(&large, few, large.alice, "send a message", "make a commit");
    before = large_now(large.alice);
    large_grow(&large, devices - OTHERS);
    cost = large_since(large.alice, &before);
    print("add all others", devices, &cost);
    before = large_now(large.bob);
    large_invite(&large);
    cost = large_since(large.bob, &before);
    print("invite one, who comes in", devices, &cost);
    measure(&large, devices, large.alice, "send a message", "make a commit");
    measure(&large, devices, large.bob, "send and read a message", "make and follow a commit");
    cost = large_come_in(&large);
    print("come in by a link", devices, &cost);
    large_end(&large);
    return 0;
}
