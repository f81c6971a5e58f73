/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld list, weibeld remove: the accounts of this server, from beside it.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "commands.h"
#include "wire/id.h"

static const char LIST_HELP[] =
    "weibeld list --data DIR [--json]\n"
    "\n"
    "Prints the accounts of this server: ID, role, number of devices. The server may run or not.\n"
    "\n"
    "  --data DIR  the folder that weibeld init made\n"
    "  --json      prints {\"id\",\"role\",\"devices\"}, one a line\n";

static const char REMOVE_HELP[] =
    "weibeld remove --data DIR ID [--json]\n"
    "\n"
    "Removes an account from this server: its devices are refused at once, also where they are connected, and\n"
    "what waits for them here is deleted. The server may run or not. Nothing brings an account back.\n"
    "\n"
    "What others have received from it stays with them, and groups have it as a member until somebody takes it out.\n"
    "\n"
    "  --data DIR  the folder that weibeld init made\n"
    "  ID          as people see it: 7K2M-9QXA\n"
    "  --json      prints {\"removed\"}\n";

struct asked {
    const char *folder;
    bool json, help;
};

/* Options that both have. False if they are not understood. */
static bool parse(int argc, char **argv, struct asked *out) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    bool good = true;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        out->folder = option == 'd' ? optarg : out->folder;
        out->json = out->json || option == 'j';
        out->help = out->help || option == 'h';
        good = good && option != '?';
    }
    return good && (out->help || out->folder != NULL);
}

static void print(void *user, const struct store_account *account) {
    const struct asked *asked = user;
    char id[WIRE_ID_TEXT_LEN + 1];
    const char *role = account->role == 1 ? "admin" : "user";
    wire_id_format(account->id, id);
    if (asked->json) {
        printf("{\"id\":\"%s\",\"role\":\"%s\",\"devices\":%u}\n", id, role, account->devices);
    } else {
        printf("%s  %-5s  %u %s\n", id, role, account->devices, account->devices == 1 ? "device" : "devices");
    }
}

int command_list(int argc, char **argv) {
    struct asked asked = { 0 };
    if (!parse(argc, argv, &asked) || optind != argc) {
        return fail_usage("list");
    }
    if (asked.help) {
        fputs(LIST_HELP, stdout);
        return EX_OK;
    }
    base_result result = store_sqlite_list(asked.folder, print, &asked);
    return result == BASE_OK ? EX_OK : fail_with(result, asked.folder);
}

int command_remove(int argc, char **argv) {
    struct asked asked = { 0 };
    uint8_t account[WIRE_ACCOUNT_LEN];
    char id[WIRE_ID_TEXT_LEN + 1];
    bool understood = parse(argc, argv, &asked);
    if (understood && asked.help) {
        fputs(REMOVE_HELP, stdout);
        return EX_OK;
    }
    if (!understood || optind + 1 != argc) {
        return fail_usage("remove");
    }
    if (wire_id_parse(base_slice_text(argv[optind]), account) != BASE_OK) {
        return fail(EX_USAGE, "%s: %s", argv[optind], WIRE_ERR_ID.text);
    }
    base_result result = store_sqlite_remove(asked.folder, account);
    if (result != BASE_OK) {
        return result == &STORE_ERR_NO_ACCOUNT ? fail(EX_NOUSER, "%s: %s", argv[optind], result->text)
                                               : fail_with(result, asked.folder);
    }
    wire_id_format(account, id);
    if (asked.json) {
        printf("{\"removed\":\"%s\"}\n", id);
    } else {
        fprintf(stderr, "%s is removed from this server.\n", id);
    }
    return EX_OK;
}
