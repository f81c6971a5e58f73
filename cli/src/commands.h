/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The commands: their table, which is also their help (commands.c), and what each does (command_*.c).
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "args.h"

/** All commands; the last row has no name. */
extern const struct args_command commands[];

int command_activate(struct client *client, const struct args *args);
int command_whoami(struct client *client, const struct args *args);
int command_chat(struct client *client, const struct args *args);
int command_send(struct client *client, const struct args *args);
int command_receive(struct client *client, const struct args *args);
int command_chats(struct client *client, const struct args *args);
int command_history(struct client *client, const struct args *args);
int command_save(struct client *client, const struct args *args);
int command_group_create(struct client *client, const struct args *args);
int command_group_add(struct client *client, const struct args *args);
int command_group_remove(struct client *client, const struct args *args);
int command_group_leave(struct client *client, const struct args *args);
int command_group_info(struct client *client, const struct args *args);
int command_contact_list(struct client *client, const struct args *args);
int command_contact_add(struct client *client, const struct args *args);
int command_rpc(struct client *client, const struct args *args);

#endif
