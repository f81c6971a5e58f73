/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Commands that are one call of the core and a word about what came of it.
 */
#ifndef CLI_COMMAND_CALL_H
#define CLI_COMMAND_CALL_H

#include <limits.h>

#include "commands.h"
#include "output.h"
#include "show.h"

/** How far the caller waits before a command ends. */
enum command_wait {
    COMMAND_LOCAL,  /**< for the answer: it happens on this device */
    COMMAND_ASK,    /**< likewise, but once there is a connection, or clearly none: the server may know more */
    COMMAND_SERVER, /**< the server is needed: without a connection nothing is asked for */
    COMMAND_SENT,   /**< until what was queued for others is with the server; 75 if it has to wait */
    COMMAND_GROUP,  /**< the same, but asks for it only when there is a connection, or clearly none */
};

struct command_call {
    const char *method;
    cJSON *params; /**< taken over */
    enum command_wait wait;
    unsigned gathered; /**< milliseconds that pass before what is to be told to others is queued at all */
    /** Prints the answer for people; NULL: nothing is printed then. */
    void (*show)(struct base_writer *output, const struct show *show, const cJSON *answer);
};

/** Unlocks, calls, waits, prints. An exit code of sysexits.h; what went wrong has been said. */
int command_call(struct client *client, const struct args *args, const struct command_call *call);

/** An object with the member `name`, the command's first operand. */
cJSON *command_params(const struct args *args, const char *name);

/** Adds an option's value as a text; nothing if it was not given. */
void command_add_text(cJSON *params, const char *name, const struct args *args, enum args_option option);

/** Adds an option's yes or no; EX_USAGE if it is neither, after saying so. */
int command_add_yes(cJSON *params, const char *name, const struct args *args, enum args_option option);

/** Adds an option's length of time in seconds; "0" and "no" are 0 if `may_end`. EX_USAGE after saying so. */
int command_add_seconds(cJSON *params, const char *name, const struct args *args, enum args_option option,
                        bool may_end);

/**
 * Calls what makes an account of this home (`activate`, `restore`), waits until others can write to it, and prints who
 * it is. `params` is taken over.
 */
int command_enter(struct client *client, const struct args *args, const char *method, cJSON *params);

/** Waits until the server has everything that is queued, or will be within `gathered` milliseconds; EX_TEMPFAIL after
 * saying that it has to wait. */
int command_wait_sent(struct client *client, unsigned gathered);

/** Waits until the account's other devices have let this new one in, or it is clear that they are not there. */
int command_wait_linked(struct client *client);

/** The absolute path of a file that need not be there yet; false: errno. */
bool command_absolute(const char *path, char out[PATH_MAX]);

/** For `show`: a message as receive prints it, and contact, chat. */
void command_show_message(struct base_writer *output, const struct show *show, const cJSON *message);
void command_show_contact(struct base_writer *output, const struct show *show, const cJSON *contact);
void command_show_chat(struct base_writer *output, const struct show *show, const cJSON *chat);

#endif
