/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Commands that print a list: a table for people, a line each for programs, and words where there is nothing yet.
 */
#ifndef CLI_COMMAND_LIST_H
#define CLI_COMMAND_LIST_H

#include "commands.h"
#include "output.h"

struct command_list {
    const char *method; /**< of docs/api.md, without parameters */
    const char *member; /**< of its result: the list */
    void (*show)(struct base_writer *output, const cJSON *items);
    const char *empty; /**< what to say when there is nothing in it, by N_() */
    bool asks_server;  /**< there is more in it with a connection */
};

/** Unlocks, asks and prints. An exit code of sysexits.h; what went wrong has been said. */
int command_list(struct client *client, const struct args *args, const struct command_list *list);

#endif
