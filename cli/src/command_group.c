/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel group create, add, remove, leave, info. */
#include "commands.h"
#include "exit.h"
#include "online.h"
#include "show.h"
#include "words.h"

/* A call that changes a group: it needs the server at once. */
static int change(struct client *client, const char *method, cJSON *params, cJSON **chat) {
    struct online online;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        code = online_connect(&online, client, NULL, NULL);
        if (code == EX_OK && !online.online) {
            code = online_say(&online);
        }
    }
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    code = client_call(client, method, params, chat);
    client_on_event(client, NULL, NULL);
    return code;
}

static cJSON *params_of(const char *first, const struct args *args) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, first, args->operands[0]);
    if (args->operand_count > 1) {
        cJSON *members = cJSON_AddArrayToObject(params, "members");
        for (unsigned i = 1; i < args->operand_count; i++) {
            (void)cJSON_AddItemToArray(members, cJSON_CreateString(args->operands[i]));
        }
    }
    return params;
}

static int print_chat(struct client *client, const struct args *args, const cJSON *chat) {
    struct base_writer output = output_begin();
    if (args->values[OPTION_JSON] != NULL) {
        output_json(&output, chat);
    } else {
        struct show show;
        show_open(client, &show);
        show_chat(&output, &show, chat);
        show_close(&show);
    }
    return output_end(&output);
}

static int change_and_print(struct client *client, const struct args *args, const char *method, const char *first) {
    cJSON *chat = NULL;
    int code = change(client, method, params_of(first, args), &chat);
    if (code == EX_OK) {
        code = print_chat(client, args, chat);
    }
    cJSON_Delete(chat);
    return code;
}

int command_group_create(struct client *client, const struct args *args) {
    return change_and_print(client, args, "group.create", "name");
}

int command_group_add(struct client *client, const struct args *args) {
    return change_and_print(client, args, "group.add", "chat");
}

int command_group_remove(struct client *client, const struct args *args) {
    return change_and_print(client, args, "group.remove", "chat");
}

int command_group_leave(struct client *client, const struct args *args) {
    return change_and_print(client, args, "group.leave", "chat");
}

int command_group_info(struct client *client, const struct args *args) {
    int code = client_unlock(client, CLIENT_ACTIVATED);
    cJSON *chat = NULL;
    if (code == EX_OK) {
        code = client_call(client, "group.info", params_of("chat", args), &chat);
    }
    if (code == EX_OK) {
        code = print_chat(client, args, chat);
    }
    cJSON_Delete(chat);
    return code;
}
