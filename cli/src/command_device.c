/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel device. */
#include <string.h>

#include "client.h"
#include "command_call.h"
#include "command_list.h"
#include "exit.h"
#include "online.h"
#include "qr.h"
#include "when.h"
#include "words.h"

static void show_devices(struct base_writer *output, const cJSON *devices) {
    const cJSON *device = NULL;
    cJSON_ArrayForEach(device, devices) {
        char at[WHEN_SIZE];
        when_stamp_or(show_number(device, "added_at"), "-", at);
        show_line(output, show_text(device, "device"));
        output_print(output, "  %s  ", at);
        show_line(output, show_text(device, "name"));
        output_print(output, "%s\n", show_device_remark(device));
    }
}

int command_device_list(struct client *client, const struct args *args) {
    return command_list(client, args,
                        &(struct command_list){ "device.list", "devices", show_devices, N_("no devices"), true });
}

/* The new device, once it is there. */
struct linking {
    struct online online;
    bool linked;
};

static void on_event(void *user, const char *name, const cJSON *params) {
    struct linking *linking = (struct linking *)user;
    if (strcmp(name, "device") == 0 && strcmp(show_text(params, "event"), "linked") == 0) {
        linking->linked = true;
    }
}

static int print_link(const struct args *args, const cJSON *answer) {
    struct base_writer output = output_begin();
    if (args->values[OPTION_JSON] != NULL) {
        output_json(&output, answer);
        return output_end(&output);
    }
    char until[WHEN_SIZE];
    when_time(show_number(answer, "expires"), until);
    show_line(&output, show_text(answer, "link"));
    output_print(&output, "\n");
    qr_show(&output, show_text(answer, "link"));
    int code = output_end(&output);
    char words[SHOW_ID];
    (void)snprintf(words, sizeof words,
                   _("give this link to your new device before %s, and to nobody else: it holds your account"), until);
    exit_say(words);
    return code;
}

/* The old device has to stay connected until the new one is in all chats. */
static int wait_linked(struct client *client, struct linking *linking, uint64_t expires) {
    uint64_t now = when_now();
    uint64_t until = client_now() + (expires > now ? expires - now : 0);
    int code = EX_OK;
    while (code == EX_OK && !linking->linked && !client_interrupted(client) && client_now() < until &&
           !online_hopeless(&linking->online)) {
        code = client_wait(client, until);
    }
    if (code == EX_OK && !linking->linked) {
        exit_say(_("no device was linked"));
        return EX_TEMPFAIL;
    }
    if (code == EX_OK) {
        exit_say(_("the new device is linked"));
    }
    return code;
}

/* Perhaps nobody else can let the new device into the chats, and nobody else has the earlier messages: that goes on
 * while this one is connected. */
static int wait_given(struct client *client, const struct linking *linking, bool history) {
    enum { LOOK_EVERY = 200, LET_IN_WITHIN = 120000, HANDED_WITHIN = 600000 }; /* milliseconds */
    uint64_t until = client_now() + (history ? HANDED_WITHIN : LET_IN_WITHIN);
    bool handing = history, letting_in = true;
    int code = EX_OK;
    while (code == EX_OK && (handing || letting_in) && !client_interrupted(client) && client_now() < until &&
           !online_hopeless(&linking->online)) {
        cJSON *status = NULL;
        code = client_call(client, "status", NULL, &status);
        handing = history && show_flag(status, "handing");
        letting_in = show_flag(status, "letting_in");
        cJSON_Delete(status);
        if (code == EX_OK && (handing || letting_in)) {
            code = client_wait(client, client_now() + LOOK_EVERY);
        }
    }
    if (code == EX_OK && (handing || letting_in)) {
        exit_say(handing ? _("the messages follow when weibel is connected the next time")
                         : _("the new device gets into the other chats when weibel is connected the next time"));
        return EX_TEMPFAIL;
    }
    return code;
}

int command_wait_linked(struct client *client) {
    /* Milliseconds: to be let in; between two looks; to tell the others what this device is called. */
    enum { LET_IN_WITHIN = 30000, LOOK_EVERY = 200, NAMED_WITHIN = 4000 };
    uint64_t until = client_now() + LET_IN_WITHIN;
    int code = EX_OK, count = 0;
    while (code == EX_OK && count < 2 && client_now() < until && !client_interrupted(client)) {
        cJSON *answer = NULL;
        code = client_call(client, "device.list", NULL, &answer);
        count = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(answer, "devices"));
        cJSON_Delete(answer);
        if (code == EX_OK && count < 2) {
            code = client_wait(client, client_now() + LOOK_EVERY);
        }
    }
    if (code == EX_OK && count >= 2) {
        return command_wait_sent(client, NAMED_WITHIN);
    }
    if (code == EX_OK) {
        exit_say(_("your other devices are not connected: they let this one into the chats as soon as they are"));
    }
    return code;
}

int command_device_link(struct client *client, const struct args *args) {
    struct linking linking = { .linked = false };
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        code = online_connect(&linking.online, client, on_event, &linking);
    }
    if (code == EX_OK && !linking.online.online) {
        code = online_say(&linking.online);
    }
    cJSON *answer = NULL;
    if (code == EX_OK) {
        cJSON *params = cJSON_CreateObject();
        (void)cJSON_AddBoolToObject(params, "history", args->values[OPTION_HISTORY] != NULL);
        code = client_call(client, "device.link", params, &answer);
    }
    if (code == EX_OK) {
        code = print_link(args, answer);
    }
    if (code == EX_OK) {
        code = wait_linked(client, &linking, show_number(answer, "expires"));
    }
    if (code == EX_OK) {
        code = wait_given(client, &linking, args->values[OPTION_HISTORY] != NULL);
    }
    client_on_event(client, NULL, NULL);
    cJSON_Delete(answer);
    return code;
}

/* Whoever removes the device that would let this one into the chats stays outside. EX_OK: this one is in them. */
static int check_inside(struct client *client, const struct args *args) {
    cJSON *answer = NULL;
    struct online online;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code == EX_OK) {
        code = online_connect(&online, client, NULL, NULL);
    }
    if (code == EX_OK) {
        code = client_call(client, "device.list", NULL, &answer);
    }
    const cJSON *own = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "devices"), 0);
    if (code == EX_OK && show_flag(own, "waiting")) {
        exit_say_about(args->operands[0],
                       _("this device is new and not in all chats yet: your other devices let it in as "
                         "soon as they are connected. Without them those chats are lost to you; say "
                         "--yes if that may be"));
        code = EX_TEMPFAIL;
    }
    client_on_event(client, NULL, NULL);
    cJSON_Delete(answer);
    return code;
}

int command_device_remove(struct client *client, const struct args *args) {
    int code = args->values[OPTION_YES] == NULL ? check_inside(client, args) : EX_OK;
    if (code != EX_OK) {
        return code;
    }
    return command_call(
        client, args,
        &(struct command_call){ "device.remove", command_params(args, "device"), COMMAND_SERVER, 0, NULL });
}
