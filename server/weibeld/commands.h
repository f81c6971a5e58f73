/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The commands of weibeld. Each takes the arguments after its name, and returns an exit code of sysexits.h.
 */
#ifndef WEIBELD_COMMANDS_H
#define WEIBELD_COMMANDS_H

#include "store/sqlite.h"

enum { MAX_PATH = 4096 };

int command_init(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_invite(int argc, char **argv);
int command_list(int argc, char **argv);
int command_remove(int argc, char **argv);

/** Says on standard error what is wrong, and returns `code`. */
__attribute__((format(printf, 2, 3))) int fail(int code, const char *format, ...);

/** The same for an error of a library: its text, and the exit code of its category. */
int fail_with(base_result error, const char *what);

/** For an argument that is not understood: points to --help, returns EX_USAGE. */
int fail_usage(const char *command);

/** For arguments that are all understood, of which one is `missing` (NULL: none is), or more were given than there are:
 * says which. */
int fail_arguments(const char *command, const char *missing, int argc, char **argv);

/** "30m", "12h", "7d": seconds. 0 for something else, and for too much. */
uint64_t parse_duration(const char *text);

/** Path of a file in the data folder. False if it is too long. */
bool data_path(const char *folder, const char *name, char out[MAX_PATH]);

/**
 * The file in which a running server leaves its public address, for `invite`. Written anew at each start, so that no
 * other process ever reads half of it.
 */
base_result write_url_file(const char *folder, const char *url);
/** False if there is none, or no server runs on the folder. */
bool read_url_file(const char *folder, char *out, size_t size);
void remove_url_file(const char *folder);

#endif
