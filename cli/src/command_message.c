/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel edit, delete, react, forward, retry, receipts, poll, vote, location, read, search. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command_call.h"
#include "exit.h"
#include "mention.h"
#include "when.h"
#include "words.h"

enum {
    MAX_LIMIT = 100,
    MAX_OPTION = 1000,
    GATHERED = 1500, /* milliseconds: receipts go out together, a second after the first */
};

static int usage(const char *word, const char *words) {
    exit_say_about(word, words);
    return EX_USAGE;
}

static int changed(struct client *client, const struct args *args, const char *method, cJSON *params) {
    return command_call(client, args, &(struct command_call){ method, params, COMMAND_SENT, 0, command_show_message });
}

/* Those in the text, those of --mention, and whom it mentions besides. */
int command_edit(struct client *client, const struct args *args) {
    cJSON *message = NULL;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    code = code == EX_OK ? client_call(client, "message", command_params(args, "id"), &message) : code;
    if (code != EX_OK) {
        return code;
    }
    cJSON *params = command_params(args, "id"), *mentions = mention_list_anew(message, args->operands[1]);
    cJSON_Delete(message);
    for (unsigned i = 0; i < args->mention_count; i++) {
        mention_put(mentions, args->mentions[i]);
    }
    (void)cJSON_AddStringToObject(params, "text", args->operands[1]);
    (void)cJSON_AddItemToObject(params, "mentions", mentions);
    if (args->values[OPTION_MARKDOWN] != NULL) {
        (void)cJSON_AddStringToObject(params, "format", "markdown");
    }
    return changed(client, args, "edit", params);
}

int command_delete(struct client *client, const struct args *args) {
    const char *whom = args->values[OPTION_FOR] == NULL ? "everyone" : args->values[OPTION_FOR];
    if (strcmp(whom, "everyone") != 0 && strcmp(whom, "me") != 0) {
        return usage(whom, _("neither \"everyone\" nor \"me\""));
    }
    cJSON *params = command_params(args, "id");
    (void)cJSON_AddStringToObject(params, "for", whom);
    return command_call(client, args, &(struct command_call){ "delete", params, COMMAND_SENT, 0, NULL });
}

int command_forget(struct client *client, const struct args *args) {
    if (args->values[OPTION_YES] == NULL) {
        int code = client_unlock(client, CLIENT_ACTIVATED);
        code = code == EX_OK ? client_call(client, "group.info", command_params(args, "chat"), NULL) : code;
        return code != EX_OK
                   ? code
                   : usage(args->operands[0], _("the chat would go from all of your devices; say --yes if it shall"));
    }
    return command_call(client, args,
                        &(struct command_call){ "chat.delete", command_params(args, "chat"), COMMAND_LOCAL, 0, NULL });
}

int command_react(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "id");
    (void)cJSON_AddStringToObject(params, "emoji", args->operands[1]);
    if (args->values[OPTION_REMOVE] != NULL) {
        (void)cJSON_AddBoolToObject(params, "remove", true);
    }
    return changed(client, args, "react", params);
}

int command_forward(struct client *client, const struct args *args) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "to", args->operands[1]);
    (void)cJSON_AddStringToObject(params, "forward", args->operands[0]);
    return changed(client, args, "send", params);
}

int command_retry(struct client *client, const struct args *args) {
    return changed(client, args, "retry", command_params(args, "id"));
}

static void show_receipts(struct base_writer *output, const struct show *show, const cJSON *answer) {
    const cJSON *member = NULL, *members = cJSON_GetObjectItemCaseSensitive(answer, "members");
    if (cJSON_GetArraySize(members) == 0) {
        exit_say(_("nothing was heard of who has received it"));
    }
    cJSON_ArrayForEach(member, members) {
        char delivered[WHEN_SIZE], read[WHEN_SIZE];
        when_stamp_or(show_number(member, "delivered_at"), "–", delivered);
        when_stamp_or(show_number(member, "read_at"), "–", read);
        show_person(output, show, show_text(member, "id"));
        output_print(output, "  ");
        output_print(output, _("received %s, read %s"), delivered, read);
        output_print(output, "\n");
    }
}

int command_receipts(struct client *client, const struct args *args) {
    return command_call(
        client, args,
        &(struct command_call){ "receipts", command_params(args, "id"), COMMAND_LOCAL, 0, show_receipts });
}

int command_poll_create(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "to");
    cJSON *poll = cJSON_AddObjectToObject(params, "poll");
    (void)cJSON_AddStringToObject(poll, "question", args->operands[1]);
    cJSON *options = cJSON_AddArrayToObject(poll, "options");
    for (unsigned i = 2; i < args->operand_count; i++) {
        (void)cJSON_AddItemToArray(options, cJSON_CreateString(args->operands[i]));
    }
    if (args->values[OPTION_MULTIPLE] != NULL) {
        (void)cJSON_AddBoolToObject(poll, "multiple", true);
    }
    return changed(client, args, "send", params);
}

int command_poll_close(struct client *client, const struct args *args) {
    return changed(client, args, "poll.close", command_params(args, "id"));
}

int command_vote(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "id");
    cJSON *options = cJSON_AddArrayToObject(params, "options");
    for (unsigned i = 1; i < args->operand_count; i++) {
        unsigned long number = 0;
        if (!args_number(args->operands[i], MAX_OPTION, &number) || number == 0) {
            cJSON_Delete(params);
            return usage(args->operands[i], _("not the number of an option"));
        }
        (void)cJSON_AddItemToArray(options, cJSON_CreateNumber((double)(number - 1)));
    }
    return changed(client, args, "vote", params);
}

static bool add_degrees(cJSON *object, const char *name, const char *text, double most) {
    char *end = NULL;
    double value = strtod(text, &end);
    bool good = end != text && *end == '\0' && value >= -most && value <= most;
    if (good) {
        (void)cJSON_AddNumberToObject(object, name, value);
    }
    return good;
}

int command_location(struct client *client, const struct args *args) {
    cJSON *params = command_params(args, "to");
    cJSON *location = cJSON_AddObjectToObject(params, "location");
    unsigned long metres = 0;
    bool good = add_degrees(location, "latitude", args->operands[1], 90) &&
                add_degrees(location, "longitude", args->operands[2], 180);
    if (good && args->values[OPTION_ACCURACY] != NULL) {
        good = args_number(args->values[OPTION_ACCURACY], 10000000, &metres);
        (void)cJSON_AddNumberToObject(location, "accuracy", (double)metres);
    }
    if (!good) {
        cJSON_Delete(params);
        return usage(args->operands[1], _("a place is a latitude and a longitude, such as 46.94809 7.44744"));
    }
    command_add_text(location, "name", args, OPTION_NAME);
    return changed(client, args, "send", params);
}

int command_read(struct client *client, const struct args *args) {
    cJSON *page = NULL;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        cJSON *params = command_params(args, "chat");
        (void)cJSON_AddNumberToObject(params, "limit", 1);
        code = client_call(client, "history", params, &page);
    }
    const cJSON *last = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(page, "messages"), 0);
    uint64_t number = show_number(last, "number");
    cJSON_Delete(page);
    if (code != EX_OK || number == 0) {
        return code;
    }
    cJSON *params = command_params(args, "chat");
    (void)cJSON_AddNumberToObject(params, "number", (double)number);
    return command_call(client, args, &(struct command_call){ "read", params, COMMAND_SENT, GATHERED, NULL });
}

static int print_found(struct client *client, const struct args *args, const cJSON *messages) {
    struct base_writer output = output_begin();
    struct show show = { 0 };
    bool json = args->values[OPTION_JSON] != NULL;
    if (!json) {
        show_open(client, &show);
    }
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, messages) {
        if (json) {
            output_json(&output, message);
        } else {
            show_message(&output, &show, message, true);
        }
    }
    if (!json && cJSON_GetArraySize(messages) == 0) {
        exit_say(_("nothing was found"));
    }
    show_close(&show);
    return output_end(&output);
}

int command_search(struct client *client, const struct args *args) {
    unsigned long limit = 50;
    if (args->values[OPTION_LIMIT] != NULL &&
        (!args_number(args->values[OPTION_LIMIT], MAX_LIMIT, &limit) || limit == 0)) {
        return usage(args->values[OPTION_LIMIT], _("not a number up to 100"));
    }
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code != EX_OK) {
        return code;
    }
    cJSON *answer = NULL;
    cJSON *params = command_params(args, "query");
    command_add_text(params, "chat", args, OPTION_CHAT);
    (void)cJSON_AddNumberToObject(params, "limit", (double)limit);
    code = client_call(client, "search", params, &answer);
    if (code == EX_OK) {
        code = print_found(client, args, cJSON_GetObjectItemCaseSensitive(answer, "messages"));
    }
    cJSON_Delete(answer);
    return code;
}
