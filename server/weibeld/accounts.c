/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld list, weibeld remove: the accounts of this server and their devices, from beside it.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "commands.h"
#include "wire/id.h"

static const char LIST_HELP[] =
    "weibeld list --data DIR [ID] [--json]\n"
    "\n"
    "Prints the accounts of this server: ID, role, number of devices; or the devices of one of them.\n"
    "The server may run or not.\n"
    "\n"
    "What a device is called, only the account's own devices know: they show the same digits beside the name.\n"
    "\n"
    "  --data DIR  the folder that weibeld init made\n"
    "  ID          as people see it: 7K2M-9QXA\n"
    "  --json      prints {\"id\",\"role\",\"devices\"}, or {\"device\"}, one a line\n";

static const char REMOVE_HELP[] =
    "weibeld remove --data DIR ID [--device DEVICE] [--json]\n"
    "\n"
    "Removes an account from this server: its devices are refused at once, also where they are connected, and\n"
    "what waits for them here is deleted. The server may run or not. Nothing brings an account back.\n"
    "\n"
    "What others have received from it stays with them, and groups have it as a member until somebody takes it out.\n"
    "\n"
    "With --device, one device of the account is refused at once, and the account stays. Its other devices show it\n"
    "as missing: one of them has to remove it too, because only they can take it out of the chats.\n"
    "\n"
    "  --data DIR       the folder that weibeld init made\n"
    "  ID               as people see it: 7K2M-9QXA\n"
    "  --device DEVICE  as weibeld list shows it with this ID, or the first six or more digits of that\n"
    "  --json           prints {\"removed\"}, and {\"device\"} if it was one\n";

struct asked {
    const char *folder, *device;
    bool json, help;
    bool any; /* something was printed */
};

/* Options that both have. False if they are not understood. */
static bool parse(int argc, char **argv, struct asked *out) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },
        { "device", required_argument, NULL, 'v' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    bool good = true;
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        out->folder = option == 'd' ? optarg : out->folder;
        out->device = option == 'v' ? optarg : out->device;
        out->json = out->json || option == 'j';
        out->help = out->help || option == 'h';
        good = good && option != '?';
    }
    return good;
}

static void print(void *user, const struct store_account *account) {
    struct asked *asked = user;
    asked->any = true;
    char id[WIRE_ID_TEXT_LEN + 1];
    const char *role = account->role == 1 ? "admin" : "user";
    wire_id_format(account->id, id);
    if (asked->json) {
        printf("{\"id\":\"%s\",\"role\":\"%s\",\"devices\":%u}\n", id, role, account->devices);
    } else {
        printf("%s  %-5s  %u %s\n", id, role, account->devices, account->devices == 1 ? "device" : "devices");
    }
}

static int parse_id(const char *text, uint8_t out[WIRE_ACCOUNT_LEN]) {
    return wire_id_parse(base_slice_text(text), out) == BASE_OK ? EX_OK
                                                                : fail(EX_USAGE, "%s: %s", text, WIRE_ERR_ID.text);
}

/* What is wrong with the account or device that was named, or with the folder. */
static int fail_about(base_result error, const char *what, const char *folder) {
    bool unknown = error == &STORE_ERR_NO_ACCOUNT || error == &STORE_ERR_NO_DEVICE;
    return unknown ? fail(EX_NOUSER, "%s: %s", what, error->text) : fail_with(error, folder);
}

enum { DEVICE_TEXT_LEN = 2 * WIRE_DEVICE_LEN, MIN_DEVICE_DIGITS = 6 };

static void device_text(const uint8_t device[WIRE_DEVICE_LEN], char out[DEVICE_TEXT_LEN + 1]) {
    for (size_t i = 0; i < WIRE_DEVICE_LEN; i++) {
        snprintf(out + 2 * i, 3, "%02x", device[i]);
    }
}

static int list_devices(const struct asked *asked, const char *id, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN] = { { 0 } };
    uint32_t count = 0;
    base_result result = store_sqlite_devices(asked->folder, account, devices, &count);
    if (result != BASE_OK) {
        return fail_about(result, id, asked->folder);
    }
    for (uint32_t i = 0; i < count; i++) {
        char text[DEVICE_TEXT_LEN + 1];
        device_text(devices[i], text);
        printf(asked->json ? "{\"device\":\"%s\"}\n" : "%s\n", text);
    }
    return EX_OK;
}

/* The device that begins with these digits. `count`: how many the account has. EX_OK, or what fail() has returned. */
static int find_device(const struct asked *asked, const char *id, const uint8_t account[WIRE_ACCOUNT_LEN],
                       uint8_t out[WIRE_DEVICE_LEN], uint32_t *count) {
    uint8_t devices[WIRE_MAX_DEVICES][WIRE_DEVICE_LEN] = { { 0 } };
    size_t digits = strlen(asked->device), found = 0;
    base_result result = store_sqlite_devices(asked->folder, account, devices, count);
    if (result != BASE_OK) {
        return fail_about(result, id, asked->folder);
    }
    if (digits < MIN_DEVICE_DIGITS) {
        return fail(EX_USAGE, "--device %s: give at least the first %d digits", asked->device, MIN_DEVICE_DIGITS);
    }
    for (uint32_t i = 0; i < *count; i++) {
        char text[DEVICE_TEXT_LEN + 1];
        device_text(devices[i], text);
        if (strncasecmp(text, asked->device, digits) == 0) {
            memcpy(out, devices[i], WIRE_DEVICE_LEN);
            found++;
        }
    }
    if (found > 1) {
        return fail(EX_USAGE, "--device %s: several devices begin so", asked->device);
    }
    return found == 1 ? EX_OK : fail(EX_NOUSER, "%s: %s", asked->device, STORE_ERR_NO_DEVICE.text);
}

static int remove_device(const struct asked *asked, const char *id, const uint8_t account[WIRE_ACCOUNT_LEN]) {
    uint8_t device[WIRE_DEVICE_LEN] = { 0 };
    char text[DEVICE_TEXT_LEN + 1];
    uint32_t count = 0;
    int code = find_device(asked, id, account, device, &count);
    if (code != EX_OK) {
        return code;
    }
    base_result result = store_sqlite_remove_device(asked->folder, account, device);
    if (result != BASE_OK) {
        return fail_about(result, id, asked->folder);
    }
    device_text(device, text);
    if (asked->json) {
        printf("{\"removed\":\"%s\",\"device\":\"%s\"}\n", id, text);
        return EX_OK;
    }
    fprintf(stderr, "The device %.*s… is refused from now on.\n", MIN_DEVICE_DIGITS + 2, text);
    fputs(count > 1 ? "Another device of the account has to remove it too: it takes it out of the chats.\n"
                    : "The account has no device any more: weibeld invite --recover gives it back.\n",
          stderr);
    return EX_OK;
}

int command_list(int argc, char **argv) {
    struct asked asked = { 0 };
    uint8_t account[WIRE_ACCOUNT_LEN];
    if (!parse(argc, argv, &asked) || asked.device != NULL) {
        return fail_usage("list");
    }
    if (asked.help) {
        fputs(LIST_HELP, stdout);
        return EX_OK;
    }
    if (asked.folder == NULL || optind + 1 < argc) {
        optind++;
        return fail_arguments("list", asked.folder == NULL ? "--data DIR" : NULL, argc, argv);
    }
    if (optind < argc) {
        int code = parse_id(argv[optind], account);
        return code == EX_OK ? list_devices(&asked, argv[optind], account) : code;
    }
    base_result result = store_sqlite_list(asked.folder, print, &asked);
    if (result != BASE_OK) {
        return fail_with(result, asked.folder);
    }
    if (!asked.any && !asked.json) {
        fprintf(stderr, "No account yet: weibeld invite --data %s makes a link for one.\n", asked.folder);
    }
    return EX_OK;
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
    if (!understood) {
        return fail_usage("remove");
    }
    if (asked.folder == NULL || optind + 1 != argc) {
        const char *missing = asked.folder == NULL ? "--data DIR" : optind == argc ? "ID" : NULL;
        optind++;
        return fail_arguments("remove", missing, argc, argv);
    }
    int code = parse_id(argv[optind], account);
    if (code != EX_OK) {
        return code;
    }
    if (asked.device != NULL) {
        return remove_device(&asked, argv[optind], account);
    }
    base_result result = store_sqlite_remove(asked.folder, account);
    if (result != BASE_OK) {
        return fail_about(result, argv[optind], asked.folder);
    }
    wire_id_format(account, id);
    if (asked.json) {
        printf("{\"removed\":\"%s\"}\n", id);
    } else {
        fprintf(stderr, "%s is removed from this server.\n", id);
    }
    return EX_OK;
}
