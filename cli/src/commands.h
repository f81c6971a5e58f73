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
int command_edit(struct client *client, const struct args *args);
int command_delete(struct client *client, const struct args *args);
int command_forget(struct client *client, const struct args *args);
int command_react(struct client *client, const struct args *args);
int command_forward(struct client *client, const struct args *args);
int command_retry(struct client *client, const struct args *args);
int command_receipts(struct client *client, const struct args *args);
int command_poll_create(struct client *client, const struct args *args);
int command_poll_close(struct client *client, const struct args *args);
int command_vote(struct client *client, const struct args *args);
int command_location(struct client *client, const struct args *args);
int command_receive(struct client *client, const struct args *args);
int command_chats(struct client *client, const struct args *args);
int command_history(struct client *client, const struct args *args);
int command_read(struct client *client, const struct args *args);
int command_search(struct client *client, const struct args *args);
int command_save(struct client *client, const struct args *args);
int command_group_create(struct client *client, const struct args *args);
int command_group_add(struct client *client, const struct args *args);
int command_group_remove(struct client *client, const struct args *args);
int command_group_leave(struct client *client, const struct args *args);
int command_group_info(struct client *client, const struct args *args);
int command_group_rename(struct client *client, const struct args *args);
int command_group_describe(struct client *client, const struct args *args);
int command_group_picture(struct client *client, const struct args *args);
int command_group_role(struct client *client, const struct args *args);
int command_group_set(struct client *client, const struct args *args);
int command_group_link(struct client *client, const struct args *args);
int command_group_joins(struct client *client, const struct args *args);
int command_group_join(struct client *client, const struct args *args);
int command_contact_list(struct client *client, const struct args *args);
int command_contact_add(struct client *client, const struct args *args);
int command_contact_verify(struct client *client, const struct args *args);
int command_contact_block(struct client *client, const struct args *args);
int command_contact_unblock(struct client *client, const struct args *args);
int command_contact_accept(struct client *client, const struct args *args);
int command_contact_reject(struct client *client, const struct args *args);
int command_contact_remove(struct client *client, const struct args *args);
int command_device_list(struct client *client, const struct args *args);
int command_device_link(struct client *client, const struct args *args);
int command_device_remove(struct client *client, const struct args *args);
int command_settings(struct client *client, const struct args *args);
int command_passphrase(struct client *client, const struct args *args);
int command_lock(struct client *client, const struct args *args);
int command_backup(struct client *client, const struct args *args);
int command_restore(struct client *client, const struct args *args);
int command_safe_on(struct client *client, const struct args *args);
int command_safe_off(struct client *client, const struct args *args);
int command_safe_restore(struct client *client, const struct args *args);
int command_rpc(struct client *client, const struct args *args);

#endif
