/* SPDX-License-Identifier: EUPL-1.2 */
/* Printing a list. */
#include "command_list.h"

#include "client.h"
#include "exit.h"
#include "online.h"
#include "words.h"

static void write_list(struct base_writer *output, const cJSON *items, bool json, const struct command_list *list) {
    if (json) {
        const cJSON *item = NULL;
        cJSON_ArrayForEach(item, items) {
            output_json(output, item);
        }
    } else if (cJSON_GetArraySize(items) == 0) {
        exit_say(_(list->empty));
    } else {
        list->show(output, items);
    }
}

int command_list(struct client *client, const struct args *args, const struct command_list *list) {
    int code = client_unlock(client, CLIENT_ACTIVATED);
    struct online online;
    cJSON *answer = NULL;
    if (code == EX_OK && list->asks_server) {
        code = online_connect(&online, client, NULL, NULL); /* without a connection, what is known here is something */
    }
    if (code == EX_OK) {
        code = client_call(client, list->method, NULL, &answer);
    }
    if (code == EX_OK) {
        struct base_writer output = output_begin();
        write_list(&output, cJSON_GetObjectItemCaseSensitive(answer, list->member), args->values[OPTION_JSON] != NULL,
                   list);
        code = output_end(&output);
    }
    client_on_event(client, NULL, NULL);
    cJSON_Delete(answer);
    return code;
}
