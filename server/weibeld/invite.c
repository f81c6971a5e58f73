/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * weibeld invite: makes an activation link. Its code is printed here and stored nowhere.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/host.h"
#include "commands.h"
#include "wire/id.h"
#include "wire/link.h"

static const char HELP[] =
    "weibeld invite --data DIR [--role user|admin] [--name NAME] [--valid DURATION] [--json]\n"
    "weibeld invite --data DIR --recover ID [--valid DURATION] [--json]\n"
    "\n"
    "Prints an activation link: whoever opens it first becomes a member of this server.\n"
    "\n"
    "With --recover, the link gives an account back to somebody who has lost all its devices and\n"
    "has no backup: the ID stays, the keys are new. Its devices of before are removed when the link\n"
    "is used, its chats stay lost, and everybody who knew it is told that its key has changed.\n"
    "\n"
    "  --data DIR        the folder that weibeld init made; the server may run or not\n"
    "  --role ROLE       user (unless said otherwise) or admin\n"
    "  --name NAME       a display name to start with; deleted here once it was taken\n"
    "  --recover ID      the account, as people see it: 7K2M-9QXA\n"
    "  --valid DURATION  how long the link works: 30m, 12h, 7d (unless said otherwise)\n"
    "  --json            prints {\"link\",\"code\",\"expires\",\"role\"}, or \"recovers\" in place of the role\n";

enum {
    CODE_LEN = 26, /* characters of base32: 130 bits */
    DAY = 24 * 3600,
    MAX_VALID = 366 * DAY,
};

/* "90s", "30m", "12h", "7d". 0 if it is nothing of that. */
uint64_t parse_duration(const char *text) {
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", DAY } };
    char *end = NULL;
    unsigned long long value = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (value == 0 || value > MAX_VALID) {
        return 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            return value * units[i].seconds;
        }
    }
    return 0;
}

static base_result make_code(char out[CODE_LEN + 1]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t raw[CODE_LEN];
    BASE_TRY(base_random_fill(base_random_system(), raw, sizeof raw));
    for (size_t i = 0; i < CODE_LEN; i++) {
        out[i] = alphabet[raw[i] & 31];
    }
    out[CODE_LEN] = 0;
    base_wipe(raw, sizeof raw);
    return BASE_OK;
}

/* What `init` was told, or the running server, or the domain. */
static base_result public_url(const char *folder, char out[STORE_MAX_URL + 1]) {
    struct store_settings settings;
    BASE_TRY(store_sqlite_settings(folder, &settings));
    if (settings.url[0] != 0) {
        memcpy(out, settings.url, sizeof settings.url);
    } else if (!read_url_file(folder, out, STORE_MAX_URL + 1)) {
        snprintf(out, STORE_MAX_URL + 1, "https://%s", settings.domain);
    }
    return BASE_OK;
}

static void print(const char *url, const char *code, const struct store_invitation *invitation, bool json) {
    char when[32] = "", id[WIRE_ID_TEXT_LEN + 1] = "";
    time_t seconds = (time_t)invitation->expires;
    struct tm utc;
    if (gmtime_r(&seconds, &utc) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    if (invitation->recovers) {
        wire_id_format(invitation->account, id);
    }
    if (json) {
        const char *role = invitation->role == 1 ? "admin" : "user";
        printf("{\"link\":\"%s/#activate=%s\",\"code\":\"%s\",\"expires\":\"%s\",\"%s\":\"%s\"}\n", url, code, code,
               when, invitation->recovers ? "recovers" : "role", invitation->recovers ? id : role);
    } else {
        printf("%s/#activate=%s\n", url, code);
        fprintf(stderr, "This link works once, until %s. Send it to one person, by a way you trust.\n", when);
        if (invitation->recovers) {
            fprintf(stderr, "When it is used, all devices that %s has now are removed.\n", id);
        }
    }
}

/* Draws the code. */
static base_result invite(const char *folder, struct store_invitation *invitation, uint64_t valid, bool json) {
    char url[STORE_MAX_URL + 1] = "";
    char code[CODE_LEN + 1];
    const struct base_clock *clock = base_clock_system();
    invitation->expires = clock->now(clock->user) / 1000 + valid;
    BASE_TRY(public_url(folder, url));
    BASE_TRY(make_code(code));
    SHA256((const uint8_t *)code, CODE_LEN, invitation->code_hash);
    BASE_TRY(store_sqlite_invite(folder, invitation, 1));
    print(url, code, invitation, json);
    base_wipe(code, sizeof code);
    return BASE_OK;
}

struct asked {
    const char *folder, *role, *name, *recover, *valid;
    bool json;
};

/* What is asked for, but for its code and end. EX_OK, or what fail() has returned. */
static int understand(const struct asked *asked, struct store_invitation *out) {
    bool admin = strcmp(asked->role, "admin") == 0;
    if (!admin && strcmp(asked->role, "user") != 0) {
        return fail(EX_USAGE, "--role %s: the roles are user and admin", asked->role);
    }
    if (strlen(asked->name) > WIRE_MAX_NAME || !wire_text_valid(base_slice_text(asked->name))) {
        return fail(EX_USAGE, "--name: at most %d bytes of UTF-8, without control characters", WIRE_MAX_NAME);
    }
    out->role = admin ? 1 : 0;
    out->name = base_slice_text(asked->name);
    out->recovers = asked->recover != NULL;
    if (out->recovers && wire_id_parse(base_slice_text(asked->recover), out->account) != BASE_OK) {
        return fail(EX_USAGE, "--recover %s: %s", asked->recover, WIRE_ERR_ID.text);
    }
    return EX_OK;
}

int command_invite(int argc, char **argv) {
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },  { "role", required_argument, NULL, 'r' },
        { "name", required_argument, NULL, 'n' },  { "recover", required_argument, NULL, 'c' },
        { "valid", required_argument, NULL, 'v' }, { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },        { 0 },
    };
    struct asked asked = { .role = "user", .name = "", .valid = "7d" };
    for (int option = getopt_long(argc, argv, "", options, NULL); option != -1;
         option = getopt_long(argc, argv, "", options, NULL)) {
        switch (option) {
        case 'd':
            asked.folder = optarg;
            break;
        case 'r':
            asked.role = optarg;
            break;
        case 'n':
            asked.name = optarg;
            break;
        case 'c':
            asked.recover = optarg;
            break;
        case 'v':
            asked.valid = optarg;
            break;
        case 'j':
            asked.json = true;
            break;
        case 'h':
            fputs(HELP, stdout);
            return EX_OK;
        default:
            return fail_usage("invite");
        }
    }
    if (asked.folder == NULL || optind != argc) {
        return fail_arguments("invite", asked.folder == NULL ? "--data DIR" : NULL, argc, argv);
    }
    struct store_invitation invitation = { 0 };
    int code = understand(&asked, &invitation);
    if (code != EX_OK) {
        return code;
    }
    uint64_t seconds = parse_duration(asked.valid);
    if (seconds == 0 || seconds > MAX_VALID) {
        return fail(EX_USAGE, "--valid %s: say how long, as in 30m, 12h or 7d; at most 366d", asked.valid);
    }
    base_result result = invite(asked.folder, &invitation, seconds, asked.json);
    if (result == &STORE_ERR_NO_ACCOUNT) {
        return fail(EX_NOUSER, "%s: %s", asked.recover, result->text);
    }
    return result == BASE_OK ? EX_OK : fail_with(result, asked.folder);
}
