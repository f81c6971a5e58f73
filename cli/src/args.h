/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The command line: read by, and described from, one constant table of commands (commands.c) and one of options
 * (args.c). An option may stand anywhere; `--` ends them.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/result.h"

enum args_option {
    OPTION_HOME,
    OPTION_PASSPHRASE_FILE,
    OPTION_CA,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SERVER,
    OPTION_FILE,
    OPTION_VOICE,
    OPTION_REPLY,
    OPTION_EXPIRE,
    OPTION_WAIT,
    OPTION_FOLLOW,
    OPTION_LIMIT,
    OPTION_TO,
    OPTION_KEY_FILE,
    OPTION_MENTION,
    OPTION_THREAD,
    OPTION_MARKDOWN,
    OPTION_KEY,
    OPTION_FOR,
    OPTION_REMOVE,
    OPTION_MULTIPLE,
    OPTION_NAME,
    OPTION_ACCURACY,
    OPTION_CHAT,
    OPTION_CODE,
    OPTION_RECEIPTS,
    OPTION_TYPING,
    OPTION_PIN,
    OPTION_ARCHIVE,
    OPTION_MUTE,
    OPTION_JOIN,
    OPTION_POST,
    OPTION_ADD,
    OPTION_SHARE_HISTORY,
    OPTION_EXPIRING,
    OPTION_EXPIRE_MIN,
    OPTION_EXPIRE_MAX,
    OPTION_OFF,
    OPTION_HISTORY,
    OPTION_NEW_PASSPHRASE_FILE,
    OPTION_BACKUP_PASSPHRASE_FILE,
    OPTION_YES,
    OPTION_AS_IS,
    OPTION_COUNT,
};

/** The bit of an option in a command's set of options. */
#define ARGS_BIT(OPTION) (UINT64_C(1) << (OPTION))

/** Those that all commands have. */
#define ARGS_EVERYWHERE                                                                                                \
    (ARGS_BIT(OPTION_HOME) | ARGS_BIT(OPTION_PASSPHRASE_FILE) | ARGS_BIT(OPTION_KEY_FILE) | ARGS_BIT(OPTION_CA) |      \
     ARGS_BIT(OPTION_HELP) | ARGS_BIT(OPTION_VERSION))

enum {
    ARGS_MAX_REPEATED = 64,   /**< values of an option that may be given more than once */
    ARGS_MAX_OPERANDS = 1024, /**< members of a new group, mostly */
    ARGS_ANY = ARGS_MAX_OPERANDS,
};

struct args;
struct client;

struct args_command {
    const char *name;     /**< "send", "group create" */
    const char *operands; /**< "TO [TEXT]", for people; NULL: none */
    unsigned least, most; /**< how many operands */
    uint64_t options;     /**< ARGS_BIT() of those that only this command and some others have */
    const char *summary;  /**< one line, without full stop */
    const char *help;     /**< paragraphs */
    const char *examples; /**< lines; NULL: none */
    /** Does it; returns what the program ends with. */
    int (*run)(struct client *client, const struct args *args);
};

struct args {
    const struct args_command *command;   /**< NULL: only --help or --version was given */
    const char *group;                    /**< the first word of commands with two, if that was all there was */
    const char *values[OPTION_COUNT];     /**< last value of each option; "" for a given switch; NULL: not given */
    const char *files[ARGS_MAX_REPEATED]; /**< all values of --file */
    unsigned file_count;
    const char *mentions[ARGS_MAX_REPEATED]; /**< all values of --mention */
    unsigned mention_count;
    const char *operands[ARGS_MAX_OPERANDS];
    unsigned operand_count;
};

/** What was wrong, and with which word; for args_explain(). */
struct args_problem {
    enum {
        ARGS_FINE,
        ARGS_NO_COMMAND,
        ARGS_UNKNOWN_COMMAND,
        ARGS_UNKNOWN_OPTION,
        ARGS_OPTION_ELSEWHERE, /**< the option exists, but this command has none such */
        ARGS_NO_VALUE,
        ARGS_NEEDS_NO_VALUE,
        ARGS_TOO_FEW,
        ARGS_TOO_MANY,
        ARGS_TOO_OFTEN,
    } kind;
    const char *word;
};

/**
 * Reads `count` words (without the program's name) after the table `commands`, whose last row has no name. `out`
 * borrows from both. With --help or --version nothing else has to be complete. What is wrong is returned.
 */
struct args_problem args_parse(const struct args_command *commands, int count, char *const *words, struct args *out);

/** Says on `out` what is wrong and what would help: one or two lines. */
void args_explain(FILE *out, const struct args_command *commands, const struct args_problem *problem,
                  const struct args *args);

/** Writes the help that `args` asks for: of the program, of a group of commands, of one command. */
void args_help(FILE *out, const struct args_command *commands, const struct args *args);

/** Reads a whole number from 0 to `most`. False if it is none. */
bool args_number(const char *text, unsigned long most, unsigned long *out);

/** An option as the tables have it: its name without hyphens, its value's name (NULL: a switch), its help; English. */
struct args_option_text {
    const char *name, *value, *help;
};
struct args_option_text args_option_text(enum args_option option);

/** Reads "yes" or "no". False if it is neither. */
bool args_yes(const char *text, bool *out);

/** Reads a length of time in seconds: a number and s, m, h, d or w ("90s", "12h", "30d"). False if it is none, or 0. */
bool args_duration(const char *text, unsigned long most, unsigned long *out);

#endif
