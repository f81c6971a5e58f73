/* SPDX-License-Identifier: EUPL-1.2 */
/* The table of commands, which is also their help. */
#include "commands.h"

#include <stddef.h>

#include "words.h"

const struct args_command commands[] = {
    { .name = "activate",
      .operands = N_("LINK"),
      .least = 1,
      .most = 1,
      .options = ARGS_BIT(OPTION_SERVER) | ARGS_BIT(OPTION_JSON),
      .summary = N_("Turn an activation link into an account on this device"),
      .help =
          N_("The link comes from your administrator and works once. The account's keys are made here and never\n"
             "leave this device; all that is kept of it is sealed with a passphrase that you choose now. Nobody can\n"
             "restore it, so remember it well.\n\n"
             "A server whose certificate comes from an authority of your own organisation needs --ca, once: it is\n"
             "kept with the account."),
      .examples = "  weibel activate 'https://weibel.example.org/#activate=7H3K-…'\n"
                  "  weibel --home /srv/bot --passphrase-file /etc/bot.pass activate 'https://…'",
      .run = command_activate },
    { .name = "whoami",
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Show this account's ID and address"),
      .help =
          N_("The ID is what you give to people so that they can write to you; the address is for those on another\n"
             "server."),
      .examples = "  weibel whoami\n"
                  "  weibel whoami --json",
      .run = command_whoami },
    { .name = "chat",
      .operands = N_("[CHAT]"),
      .least = 0,
      .most = 1,
      .summary = N_("Read and write in a full-screen view"),
      .help = N_("Shows the chats and, beside them, the conversation of one: CHAT if it is given. F1 shows the keys.\n"
                 "Without a connection it shows what is here, and sends what is written as soon as there is one.\n\n"
                 "NO_COLOR in the environment leaves colours out."),
      .examples = "  weibel chat\n"
                  "  weibel chat 7K2M-9QXA",
      .run = command_chat },
    { .name = "send",
      .operands = N_("TO [TEXT]"),
      .least = 1,
      .most = 2,
      .options = ARGS_BIT(OPTION_FILE) | ARGS_BIT(OPTION_REPLY) | ARGS_BIT(OPTION_EXPIRE) | ARGS_BIT(OPTION_JSON),
      .summary = N_("Send a message, with files if you like"),
      .help =
          N_("TO is an ID, an address, or a chat as \"weibel chats\" names it. Without TEXT and without a file, the\n"
             "text is read from standard input.\n\n"
             "Prints the message's ID once the server has it safely. Without a connection the message is queued,\n"
             "the program says so and ends with 75; it goes out the next time that weibel is connected."),
      .examples = "  weibel send 7K2M-9QXA 'Are you coming at nine?'\n"
                  "  weibel send g3 --file plan.pdf --file photo.jpg 'As discussed'\n"
                  "  weibel send 7K2M-9QXA --reply 4f0c9a2b7d1e8365 --expire 1d Yes\n"
                  "  uptime | weibel send g3",
      .run = command_send },
    { .name = "receive",
      .options = ARGS_BIT(OPTION_WAIT) | ARGS_BIT(OPTION_FOLLOW) | ARGS_BIT(OPTION_JSON),
      .summary = N_("Print what is new since the last time"),
      .help =
          N_("Asks the server and prints each message once; what was printed counts as seen. With --wait it waits for\n"
             "something new if there is nothing, with --follow it goes on. Without a connection it prints what has\n"
             "arrived before, and ends with 75."),
      .examples = "  weibel receive\n"
                  "  weibel receive --wait 60 --json\n"
                  "  weibel receive --follow",
      .run = command_receive },
    { .name = "chats",
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("List the chats, the latest first"),
      .help =
          N_("A chat with one person is named by that person's ID, a group by g and a number that is valid here only.\n"
             "The name of a group can be used too, if no other group has it."),
      .examples = "  weibel chats",
      .run = command_chats },
    { .name = "history",
      .operands = N_("CHAT"),
      .least = 1,
      .most = 1,
      .options = ARGS_BIT(OPTION_LIMIT) | ARGS_BIT(OPTION_JSON),
      .summary = N_("Show the messages of a chat again"),
      .help = N_("Reads what is kept on this device; asks nobody."),
      .examples = "  weibel history 7K2M-9QXA\n"
                  "  weibel history g3 --limit 500 --json",
      .run = command_history },
    { .name = "save",
      .operands = N_("MESSAGE"),
      .least = 1,
      .most = 1,
      .options = ARGS_BIT(OPTION_TO) | ARGS_BIT(OPTION_JSON),
      .summary = N_("Fetch the files of a message"),
      .help =
          N_("MESSAGE is the ID that receive and history print. Files go to the current folder under the names that\n"
             "their sender gave them, unless --to names a folder or, for one file, a file. No file is overwritten:\n"
             "another name is found (\"plan (1).pdf\"), or you are asked."),
      .examples = "  weibel save 4f0c9a2b7d1e8365\n"
                  "  weibel save 4f0c9a2b7d1e8365 --to ~/Documents",
      .run = command_save },
    { .name = "group create",
      .operands = N_("NAME MEMBER..."),
      .least = 2,
      .most = ARGS_ANY,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Make a group"),
      .help = N_("Each MEMBER is an ID or an address. Only members can see the group's name, its members and what is\n"
                 "written in it. Prints what to call the group here."),
      .examples = "  weibel group create 'Night shift' 7K2M-9QXA 3F8T-WZ0C",
      .run = command_group_create },
    { .name = "group add",
      .operands = N_("CHAT MEMBER..."),
      .least = 2,
      .most = ARGS_ANY,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Add people to a group"),
      .help = N_("They can read what is written from now on, not what was written before."),
      .examples = "  weibel group add g3 3F8T-WZ0C",
      .run = command_group_add },
    { .name = "group remove",
      .operands = N_("CHAT MEMBER..."),
      .least = 2,
      .most = ARGS_ANY,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Remove people from a group"),
      .help = N_("They cannot read what is written from now on."),
      .examples = "  weibel group remove g3 3F8T-WZ0C",
      .run = command_group_remove },
    { .name = "group leave",
      .operands = N_("CHAT"),
      .least = 1,
      .most = 1,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Leave a group"),
      .help = N_("What was received stays on this device."),
      .examples = "  weibel group leave g3",
      .run = command_group_leave },
    { .name = "group info",
      .operands = N_("CHAT"),
      .least = 1,
      .most = 1,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Show a group's members and state"),
      .help = N_("The check is equal for all members who have the same state of the group."),
      .examples = "  weibel group info g3",
      .run = command_group_info },
    { .name = "contact list",
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("List the people you know"),
      .help = N_("Everybody you have written with, with how far the identity is vouched for."),
      .examples = "  weibel contact list",
      .run = command_contact_list },
    { .name = "contact add",
      .operands = N_("ID [NAME]"),
      .least = 1,
      .most = 2,
      .options = ARGS_BIT(OPTION_JSON),
      .summary = N_("Keep a person under a name of your own"),
      .help = N_("The name is seen on this device alone. A person you know already gets the new name."),
      .examples = "  weibel contact add 7K2M-9QXA 'Anna Keller'",
      .run = command_contact_add },
    { .name = "rpc",
      .summary = N_("Speak JSON-RPC over standard input and output"),
      .help =
          N_("One message a line in both directions, with events as notifications: the interface that all clients\n"
             "use, described in docs/api.md. For scripts and bots. The home is unlocked first if a passphrase file is\n"
             "given; otherwise call \"unlock\"."),
      .examples = "  echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"whoami\"}' | weibel --passphrase-file p rpc",
      .run = command_rpc },
    { .name = NULL },
};
