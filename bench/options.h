/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a benchmark is told on the command line: --help, and words for what it can't take.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/** `--name VALUE` or `--name=VALUE`; without hyphens, a word that stands alone, in this order. One of the three is set.
 */
struct bench_option {
    const char *name;
    const char *value; /**< as --help calls it */
    unsigned *number;  /**< between `least` and `most`; --help tells what it is now */
    const char **text;
    bool *flag; /**< no value */
    unsigned least, most;
    const char *says;
};

struct bench_options {
    const char *program;
    const char *says; /**< what it does: lines, each with its end */
    const struct bench_option *options;
    size_t count;
};

/** True: all is set, go on. False: the program ends with `code`, and has said why. */
bool bench_options_take(const struct bench_options *options, int argc, char **argv, int *code);

/** Says what is wrong, and where help is: the code to end with. */
__attribute__((format(printf, 2, 3))) int bench_options_wrong(const char *program, const char *format, ...);

#endif
