/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel receive, history, chats. */
#include <string.h>
#include <unistd.h>

#include "command_list.h"
#include "commands.h"
#include "exit.h"
#include "online.h"
#include "show.h"
#include "words.h"

enum {
    MAX_WAIT = 24 * 3600, /* seconds */
    MAX_LIMIT = 1000000,
    DEFAULT_LIMIT = 50,
    MAX_PAGE = 200, /* docs/api.md */
};

struct receiving {
    bool json;
    bool arrived; /* something may be there that was not printed yet */
    struct show show;
};

static void on_event(void *user, const char *name, const cJSON *params) {
    struct receiving *receiving = (struct receiving *)user;
    if ((strcmp(name, "message") == 0 && show_number(params, "arrival") != 0) || strcmp(name, CLIENT_REOPENED) == 0) {
        receiving->arrived = true;
    }
}

static void write_messages(struct base_writer *output, struct receiving *receiving, const cJSON *messages,
                           bool headings) {
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, messages) {
        if (receiving->json) {
            output_json(output, message);
        } else {
            show_message(output, &receiving->show, message, headings);
        }
    }
}

/*
 * Prints the next messages, then marks them as seen, also when it is told to end in between: only a crash there has
 * them printed again, and nothing loses one. `count` grows by what was printed; `more`: there is more.
 */
static int print_new(struct client *client, struct receiving *receiving, uint64_t *count, bool *more) {
    cJSON *answer = NULL;
    int code = client_call(client, "receive", NULL, &answer);
    const cJSON *messages = cJSON_GetObjectItemCaseSensitive(answer, "messages");
    int length = cJSON_GetArraySize(messages);
    *more = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "more"));
    if (code == EX_OK && length != 0) {
        if (!receiving->json) {
            show_close(&receiving->show);
            show_open(client, &receiving->show);
        }
        struct base_writer output = output_begin();
        write_messages(&output, receiving, messages, true);
        code = output_end(&output);
        if (code == EX_OK) {
            cJSON *params = cJSON_CreateObject();
            (void)cJSON_AddNumberToObject(params, "arrival",
                                          (double)show_number(cJSON_GetArrayItem(messages, length - 1), "arrival"));
            code = client_call_through(client, "seen", params);
        }
        *count += (uint64_t)length;
    }
    cJSON_Delete(answer);
    return code;
}

static int print_all_new(struct client *client, struct receiving *receiving, uint64_t *count) {
    bool more = true;
    int code = EX_OK;
    receiving->arrived = false;
    while (code == EX_OK && more) {
        code = print_new(client, receiving, count, &more);
    }
    return code;
}

static int receive(struct client *client, struct receiving *receiving, unsigned long seconds, bool follow) {
    struct online online;
    uint64_t count = 0;
    uint64_t until = follow ? UINT64_MAX : client_now() + (uint64_t)seconds * 1000;
    int code = online_connect(&online, client, on_event, receiving);
    if (code == EX_OK) {
        code = print_all_new(client, receiving, &count);
    }
    bool said = false;
    while (code == EX_OK && !client_interrupted(client) && client_now() < until && (follow || count == 0) &&
           !online.fatal) {
        if (follow && !said && online_hopeless(&online)) {
            (void)online_say(&online); /* once: the core goes on trying */
            said = true;
        }
        said = said && !online.online;
        code = client_wait(client, until);
        if (code == EX_OK && receiving->arrived) {
            code = print_all_new(client, receiving, &count);
        }
    }
    if (code == EX_TEMPFAIL && follow && client_interrupted(client)) {
        code = EX_OK; /* it was to end, and did so in the middle of a question: the answer comes with the next call */
    }
    if (code == EX_OK && !online.online && !(follow && client_interrupted(client))) {
        code = online_say(&online);
    }
    client_on_event(client, NULL, NULL);
    if (code == EX_OK && count == 0 && !follow && !receiving->json && isatty(STDERR_FILENO) == 1) {
        exit_say(_("nothing new"));
    }
    return code;
}

int command_receive(struct client *client, const struct args *args) {
    unsigned long seconds = 0;
    if (args->values[OPTION_WAIT] != NULL && !args_number(args->values[OPTION_WAIT], MAX_WAIT, &seconds)) {
        exit_say_about(args->values[OPTION_WAIT], _("not a number of seconds up to a day"));
        return EX_USAGE;
    }
    struct receiving receiving = { .json = args->values[OPTION_JSON] != NULL };
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        code = receive(client, &receiving, seconds, args->values[OPTION_FOLLOW] != NULL);
    }
    show_close(&receiving.show);
    return code;
}

/* They are no chats yet. */
static void say_joins(struct client *client) {
    cJSON *answer = NULL;
    if (client_try(client, "group.joins", NULL, &answer) == EX_OK &&
        cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "joins")) > 0) {
        exit_say(_("you are joining further groups by a link: weibel group joins"));
    }
    cJSON_Delete(answer);
}

int command_chats(struct client *client, const struct args *args) {
    int code = command_list(client, args,
                            &(struct command_list){ "chats", "chats", show_chats,
                                                    N_("no chats yet: weibel send ID TEXT begins one"), false });
    if (code == EX_OK) {
        say_joins(client);
    }
    return code;
}

/* Puts the page before what was read so far in front of it. `before` 0: the last one. */
static int read_page(struct client *client, const char *chat, uint64_t before, uint64_t limit, cJSON **messages,
                     bool *more) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "chat", chat);
    (void)cJSON_AddNumberToObject(params, "limit", (double)(limit < MAX_PAGE ? limit : MAX_PAGE));
    if (before != 0) {
        (void)cJSON_AddNumberToObject(params, "before", (double)before);
    }
    cJSON *answer = NULL;
    int code = client_call(client, "history", params, &answer);
    *more = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "more"));
    *messages = cJSON_DetachItemFromObjectCaseSensitive(answer, "messages");
    cJSON_Delete(answer);
    return code;
}

/* Pages come newest first, so that they are kept until the oldest is there. */
static int print_history(struct client *client, const char *chat, unsigned long limit, struct receiving *receiving) {
    cJSON *pages = cJSON_CreateArray();
    uint64_t left = limit;
    uint64_t before = 0;
    bool more = true;
    int code = EX_OK;
    while (code == EX_OK && more && left != 0) {
        cJSON *page = NULL;
        code = read_page(client, chat, before, left, &page, &more);
        int length = cJSON_GetArraySize(page);
        more = more && length != 0;
        before = show_number(cJSON_GetArrayItem(page, 0), "number");
        left -= (uint64_t)length < left ? (uint64_t)length : left;
        if (page != NULL) {
            (void)cJSON_AddItemToArray(pages, page);
        }
    }
    if (code == EX_OK) {
        struct base_writer output = output_begin();
        for (int i = cJSON_GetArraySize(pages); i-- > 0;) {
            write_messages(&output, receiving, cJSON_GetArrayItem(pages, i), false);
        }
        code = output_end(&output);
    }
    cJSON_Delete(pages);
    return code;
}

int command_history(struct client *client, const struct args *args) {
    unsigned long limit = DEFAULT_LIMIT;
    if (args->values[OPTION_LIMIT] != NULL &&
        (!args_number(args->values[OPTION_LIMIT], MAX_LIMIT, &limit) || limit == 0)) {
        exit_say_about(args->values[OPTION_LIMIT], _("not a number up to a million"));
        return EX_USAGE;
    }
    struct receiving receiving = { .json = args->values[OPTION_JSON] != NULL };
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        if (!receiving.json) {
            show_open(client, &receiving.show);
        }
        code = print_history(client, args->operands[0], limit, &receiving);
    }
    show_close(&receiving.show);
    return code;
}
