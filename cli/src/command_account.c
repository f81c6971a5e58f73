/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel activate, whoami, rpc. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "command_call.h"
#include "exit.h"
#include "keyfile.h"
#include "online.h"
#include "passphrase.h"
#include "qr.h"
#include "show.h"
#include "wire/link.h"
#include "words.h"

enum { ACTIVATE_WITHIN = 60000 }; /* milliseconds for the key packages after the answer */

/* While `activate` waits for its answer: gives up when there is no connection. */
static void on_event(void *user, const char *name, const cJSON *params) {
    (void)name;
    (void)params;
    struct online *online = (struct online *)user;
    if (online_hopeless(online)) {
        client_give_up(online->client);
    }
}

static void print_account(struct base_writer *output, const cJSON *account, bool json) {
    if (json) {
        output_json(output, account);
        return;
    }
    show_member(output, _("ID"), account, "id");
    show_member(output, _("Address"), account, "address");
    show_member(output, _("Name"), account, "name");
    show_member(output, _("Device"), account, "device");
    show_member(output, _("Role"), account, "role");
    show_member(output, _("Server"), account, "server");
}

/* For people who look at it: what another client scans. */
static void print_code(struct base_writer *output, const cJSON *account) {
    if (isatty(STDOUT_FILENO) == 1) {
        output_print(output, "\n");
        qr_show(output, show_text(account, "code"));
        output_print(output, "%s\n", _("Whoever scans this code here has you as a contact, and knows that it is you."));
    }
}

static int print_whoami(struct client *client, const struct args *args, bool code_too) {
    cJSON *account = NULL;
    int code = client_call(client, "whoami", NULL, &account);
    if (code == EX_OK) {
        struct base_writer output = output_begin();
        print_account(&output, account, args->values[OPTION_JSON] != NULL);
        if (code_too && args->values[OPTION_JSON] == NULL) {
            print_code(&output, account);
        }
        code = output_end(&output);
    }
    cJSON_Delete(account);
    return code;
}

int command_enter(struct client *client, const struct args *args, const char *method, cJSON *params) {
    struct online online;
    char name[HOST_NAME_MAX + 1] = "";
    command_add_text(params, "server", args, OPTION_SERVER);
    if (gethostname(name, sizeof name - 1) == 0 && name[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "device_name", name);
    }
    online_watch(&online, client, on_event, &online);
    int code = client_call(client, method, params, NULL);
    if (code == EX_TEMPFAIL && client_error_text(client)[0] == '\0' && !client_interrupted(client)) {
        code = online_say(&online);
        exit_say(_("the account is not active yet: the same command again goes on"));
    }
    if (code != EX_OK) {
        return code;
    }
    /* Others can write to a new account once its key packages are on the server. */
    uint64_t until = client_now() + ACTIVATE_WITHIN;
    while (code == EX_OK && !online.online && !online_hopeless(&online) && client_now() < until &&
           !client_interrupted(client)) {
        code = client_wait(client, until);
    }
    if (code == EX_OK && args->operand_count != 0 && strstr(args->operands[0], "#link=") != NULL) {
        code = command_wait_linked(client);
    }
    return code == EX_OK ? print_whoami(client, args, false) : code;
}

/* Before anybody thinks of a passphrase. */
static int check_link(const char *text) {
    struct wire_link link;
    if (wire_link_parse(base_slice_text(text), &link) == BASE_OK && link.kind != WIRE_LINK_GROUP) {
        return EX_OK;
    }
    exit_say(_("this is not an activation link; it looks like https://example.org/#activate=… or …/#link=…"));
    return EX_DATAERR;
}

int command_activate(struct client *client, const struct args *args) {
    int code = check_link(args->operands[0]);
    code = code == EX_OK ? client_keep_ca(client) : code;
    if (code == EX_OK) {
        code = client_unlock(client, CLIENT_FRESH);
    }
    if (code != EX_OK) {
        return code;
    }
    return command_enter(client, args, "activate", command_params(args, "link"));
}

int command_whoami(struct client *client, const struct args *args) {
    int code = client_unlock(client, CLIENT_ACTIVATED);
    return code == EX_OK ? print_whoami(client, args, true) : code;
}

int command_rpc(struct client *client, const struct args *args) {
    if (passphrase_file(args->values[OPTION_PASSPHRASE_FILE]) != NULL ||
        keyfile_named(args->values[OPTION_KEY_FILE]) != NULL) {
        int code = client_unlock(client, CLIENT_FRESH);
        if (code != EX_OK) {
            return code;
        }
    }
    return client_pass_through(client);
}
