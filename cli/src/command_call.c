/* SPDX-License-Identifier: EUPL-1.2 */
/* Commands that are one call of the core. */
#include "command_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "online.h"
#include "words.h"

enum {
    STALLED_AFTER = 30000, /* milliseconds online without anything happening */
    LOOK_EVERY = 100,
    MAX_SECONDS = 366 * 24 * 3600 /* docs/api.md */
};

cJSON *command_params(const struct args *args, const char *name) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, name, args->operands[0]);
    return params;
}

void command_add_text(cJSON *params, const char *name, const struct args *args, enum args_option option) {
    if (args->values[option] != NULL) {
        (void)cJSON_AddStringToObject(params, name, args->values[option]);
    }
}

int command_add_yes(cJSON *params, const char *name, const struct args *args, enum args_option option) {
    bool yes = false;
    if (args->values[option] == NULL) {
        return EX_OK;
    }
    if (!args_yes(args->values[option], &yes)) {
        exit_say_about(args->values[option], _("neither \"yes\" nor \"no\""));
        return EX_USAGE;
    }
    (void)cJSON_AddBoolToObject(params, name, yes);
    return EX_OK;
}

int command_add_seconds(cJSON *params, const char *name, const struct args *args, enum args_option option,
                        bool may_end) {
    const char *text = args->values[option];
    unsigned long seconds = 0;
    if (text == NULL) {
        return EX_OK;
    }
    bool ends = may_end && (strcmp(text, "0") == 0 || strcmp(text, "no") == 0);
    if (!ends && !args_duration(text, MAX_SECONDS, &seconds)) {
        exit_say_about(text, _("not a length of time up to a year, such as 90s, 12h or 7d"));
        return EX_USAGE;
    }
    (void)cJSON_AddNumberToObject(params, name, (double)seconds);
    return EX_OK;
}

bool command_absolute(const char *path, char out[PATH_MAX]) {
    char copy[PATH_MAX], folder[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
        errno = ENAMETOOLONG;
        return false;
    }
    char *slash = strrchr(copy, '/');
    const char *name = slash == NULL ? copy : slash + 1;
    if (name[0] == '\0') {
        errno = EISDIR;
        return false;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - copy + 1),
                   slash == NULL ? "." : copy);
    char real[PATH_MAX];
    if (realpath(folder, real) == NULL) {
        return false;
    }
    errno = ENAMETOOLONG;
    return snprintf(out, PATH_MAX, "%s/%s", real, name) < PATH_MAX;
}

void command_show_message(struct base_writer *output, const struct show *show, const cJSON *message) {
    struct show shown = *show;
    show_message(output, &shown, message, true);
}

void command_show_contact(struct base_writer *output, const struct show *show, const cJSON *contact) {
    (void)show;
    show_contact(output, contact);
}

void command_show_chat(struct base_writer *output, const struct show *show, const cJSON *chat) {
    show_chat(output, show, chat);
}

/* Remembers when something has happened. */
static void on_event(void *user, const char *name, const cJSON *params) {
    (void)name;
    (void)params;
    *(uint64_t *)user = client_now();
}

/* Messages and what changes them, and changes of groups, that the server has not taken yet. */
static int ask_waiting(struct client *client, bool *waiting) {
    cJSON *status = NULL;
    cJSON *answer = NULL;
    int code = client_call(client, "status", NULL, &status);
    *waiting = show_number(status, "queued") != 0;
    cJSON_Delete(status);
    if (code == EX_OK && !*waiting) {
        code = client_call(client, "chats", NULL, &answer);
    }
    const cJSON *chat = NULL;
    cJSON_ArrayForEach(chat, cJSON_GetObjectItemCaseSensitive(answer, "chats")) {
        *waiting = *waiting || show_number(chat, "pending") != 0;
    }
    cJSON_Delete(answer);
    return code;
}

/* Waits until nothing is queued any more, or it is clear that it has to wait. Not all that is sent is an event. */
int command_wait_sent(struct client *client, unsigned gathered) {
    uint64_t moved_at = client_now(), least = moved_at + gathered;
    struct online online;
    bool waiting = true;
    int code = online_connect(&online, client, on_event, &moved_at);
    while (code == EX_OK) {
        code = ask_waiting(client, &waiting);
        waiting = waiting || (online.online && client_now() < least);
        if (code != EX_OK || !waiting || online_hopeless(&online) || client_interrupted(client) ||
            client_now() >= moved_at + STALLED_AFTER) {
            break;
        }
        code = client_wait(client, client_now() + LOOK_EVERY);
    }
    client_on_event(client, NULL, NULL);
    if (code == EX_OK && waiting) {
        code = online.online ? EX_TEMPFAIL : online_say(&online);
        exit_say(_("queued; it will be sent when weibel is connected the next time"));
    }
    return code;
}

static int wait_online(struct client *client) {
    struct online online;
    int code = online_connect(&online, client, NULL, NULL);
    client_on_event(client, NULL, NULL);
    return code == EX_OK && !online.online ? online_say(&online) : code;
}

static int print(struct client *client, const struct args *args, const struct command_call *call, const cJSON *answer) {
    struct base_writer output = output_begin();
    if (args->values[OPTION_JSON] != NULL) {
        output_json(&output, answer);
    } else if (call->show != NULL) {
        struct show show;
        show_open(client, &show);
        call->show(&output, &show, answer);
        show_close(&show);
    }
    return output_end(&output);
}

/* A message or a chat as it is now that the server has everything, in place of as it was answered. */
static void look_again(struct client *client, cJSON **answer) {
    cJSON *now = NULL;
    bool message = show_text(*answer, "id")[0] != '\0' && show_text(*answer, "state")[0] != '\0';
    const char *name = message ? "id" : "chat";
    if (!message && show_number(*answer, "pending") == 0) {
        return;
    }
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, name, show_text(*answer, name));
    if (client_try(client, message ? "message" : "group.info", params, &now) == EX_OK) {
        cJSON_Delete(*answer);
        *answer = now;
    }
}

int command_call(struct client *client, const struct args *args, const struct command_call *call) {
    cJSON *answer = NULL;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK && call->wait == COMMAND_SERVER) {
        code = wait_online(client);
    }
    if (code != EX_OK) {
        cJSON_Delete(call->params);
        return code;
    }
    if (call->wait == COMMAND_GROUP || call->wait == COMMAND_ASK) {
        struct online online;
        code = online_connect(&online, client, NULL, NULL);
        client_on_event(client, NULL, NULL);
    }
    if (code == EX_OK) {
        code = client_call(client, call->method, call->params, &answer);
    } else {
        cJSON_Delete(call->params);
    }
    bool waits = call->wait == COMMAND_SENT || call->wait == COMMAND_GROUP;
    int sent = code == EX_OK && waits ? command_wait_sent(client, call->gathered) : EX_OK;
    if (code == EX_OK && waits) {
        look_again(client, &answer);
    }
    if (code == EX_OK) {
        code = print(client, args, call, answer);
    }
    cJSON_Delete(answer);
    return code == EX_OK ? sent : code;
}
