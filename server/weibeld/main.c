/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld: the server. Finds the command, and says how everything is called.
 */
#define _DEFAULT_SOURCE
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "commands.h"

static const char HELP[] = "weibeld - the Weibel server\n"
                           "\n"
                           "  weibeld init   --data DIR --domain NAME [--url URL]\n"
                           "  weibeld serve  --data DIR [--listen ADDRESS:PORT] [--tls-cert FILE --tls-key FILE]\n"
                           "  weibeld invite --data DIR [--role user|admin] [--name NAME] [--valid DURATION] [--json]\n"
                           "  weibeld list   --data DIR [ID] [--json]\n"
                           "  weibeld remove --data DIR ID [--device DEVICE] [--json]\n"
                           "\n"
                           "  weibeld COMMAND --help   says more about one of them\n"
                           "  weibeld --version\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
    { "init", command_init }, { "serve", command_serve },   { "invite", command_invite },
    { "list", command_list }, { "remove", command_remove },
};

int fail(int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("weibeld: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

int fail_with(base_result error, const char *what) {
    static const int codes[] = {
        [BASE_USAGE] = EX_USAGE,    [BASE_BLOCKED] = EX_TEMPFAIL, [BASE_PEER] = EX_PROTOCOL,
        [BASE_CRYPTO] = EX_DATAERR, [BASE_LIMIT] = EX_OSERR,      [BASE_INTERNAL] = EX_SOFTWARE,
    };
    int code = error == &STORE_ERR_EXISTS   ? EX_CANTCREAT
               : error == &STORE_ERR_NONE   ? EX_NOINPUT
               : error == &STORE_ERR_FULL   ? EX_IOERR
               : error == &STORE_ERR_FOLDER ? EX_CANTCREAT
                                            : codes[error->category];
    return fail(code, "%s: %s", what, error->text);
}

int fail_usage(const char *command) {
    return fail(EX_USAGE, "arguments not understood; see: weibeld %s --help", command);
}

int fail_arguments(const char *command, const char *missing, int argc, char **argv) {
    return missing != NULL ? fail(EX_USAGE, "%s is missing; see: weibeld %s --help", missing, command)
           : optind < argc ? fail(EX_USAGE, "\"%s\" is too much; see: weibeld %s --help", argv[optind], command)
                           : fail_usage(command);
}

int main(int argc, char **argv) {
    static char name[] = "weibeld";
    /* The data folder is this user's alone. */
    umask(077);
    if (argc < 2) {
        fputs(HELP, stderr);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        fputs(HELP, stdout);
        return EX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("weibeld %s, protocol %d\n", WEIBEL_VERSION, WIRE_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            argv[1] = name; /* with which getopt_long() begins what it says */
            return COMMANDS[i].run(argc - 1, argv + 1);
        }
    }
    return fail(EX_USAGE, "no command %s; see: weibeld --help", argv[1]);
}
