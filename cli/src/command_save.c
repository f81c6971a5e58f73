/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel save. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "exit.h"
#include "online.h"
#include "progress.h"
#include "show.h"
#include "target.h"
#include "words.h"

/* One file on its way. */
struct saving {
    struct online online;
    uint64_t transfer; /* 0: not known yet */
    char name[TEXT_MAX_FILE_NAME + 1];
    const char *path; /* where it appears when it is whole */
    bool done, failed;
    int code;
    char reason[256];
    struct progress progress;
};

static void on_event(void *user, const char *name, const cJSON *params) {
    struct saving *saving = (struct saving *)user;
    if (strcmp(name, CLIENT_REOPENED) == 0 && saving->transfer != 0) {
        saving->done = access(saving->path, F_OK) == 0;
        return;
    }
    if (strcmp(name, "transfer") != 0 || saving->transfer == 0 || show_number(params, "transfer") != saving->transfer) {
        return;
    }
    const char *state = show_text(params, "state");
    if (strcmp(state, "running") == 0) {
        progress_draw(&saving->progress, _("Fetching"), saving->name, show_number(params, "done"),
                      show_number(params, "size"));
        return;
    }
    progress_clear();
    saving->done = strcmp(state, "done") == 0;
    saving->failed = strcmp(state, "failed") == 0;
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
    if (saving->failed) {
        saving->code = exit_of_error(error);
        (void)snprintf(saving->reason, sizeof saving->reason, "%s", exit_words(error));
    }
}

/* Waits until the file is there, has failed, or has to wait for a connection. */
static int follow(struct client *client, struct saving *saving) {
    int code = EX_OK;
    while (code == EX_OK && !saving->done && !saving->failed && !online_hopeless(&saving->online) &&
           !client_interrupted(client)) {
        code = client_wait(client, client_now() + 1000);
    }
    progress_clear();
    if (code != EX_OK || saving->done) {
        return code;
    }
    if (saving->failed) {
        exit_say_about(saving->name, saving->reason);
        return saving->code;
    }
    code = saving->online.online ? EX_TEMPFAIL : online_say(&saving->online);
    exit_say_about(saving->name, _("not there yet; fetching goes on when weibel is connected the next time"));
    return code;
}

static int print_saved(const struct args *args, const cJSON *file, const char *path) {
    struct base_writer output = output_begin();
    if (args->values[OPTION_JSON] != NULL) {
        cJSON *saved = cJSON_Duplicate(file, 1);
        (void)cJSON_AddStringToObject(saved, "path", path);
        output_json(&output, saved);
        cJSON_Delete(saved);
    } else {
        text_write_shown(&output, base_slice_text(path), TEXT_LINE, 0);
        output_print(&output, "\n");
    }
    return output_end(&output);
}

static int save_file(struct client *client, const struct args *args, struct saving *saving, const cJSON *file,
                     unsigned number) {
    struct target target;
    int code = target_choose(args->values[OPTION_TO], show_text(file, "name"), &target);
    if (code != EX_OK) {
        return code;
    }
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "message", args->operands[0]);
    (void)cJSON_AddNumberToObject(params, "file", number);
    (void)cJSON_AddStringToObject(params, "path", target.path);
    cJSON *answer = NULL;
    saving->transfer = 0;
    saving->progress = (struct progress){ 0 };
    saving->done = false;
    saving->failed = false;
    saving->path = target.path;
    (void)snprintf(saving->name, sizeof saving->name, "%s", target.name);
    code = client_call(client, "save", params, &answer);
    saving->transfer = show_number(answer, "transfer");
    cJSON_Delete(answer);
    if (code == EX_OK) {
        code = follow(client, saving);
    }
    if (code == EX_OK) {
        code = target_finish(&target);
    }
    return code == EX_OK ? print_saved(args, file, target.final) : code;
}

static int save_all(struct client *client, const struct args *args, const cJSON *message) {
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(message, "files");
    int count = cJSON_GetArraySize(files);
    if (count == 0) {
        exit_say_about(args->operands[0], _("this message has no files"));
        return EX_NOINPUT;
    }
    if (count > 1 && args->values[OPTION_TO] != NULL && !target_is_folder(args->values[OPTION_TO])) {
        exit_say_about(args->values[OPTION_TO], _("the message has several files: --to has to name a folder"));
        return EX_USAGE;
    }
    struct saving saving = { .transfer = 0 };
    int code = online_connect(&saving.online, client, on_event, &saving);
    unsigned number = 0;
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, files) {
        if (code == EX_OK) {
            code = save_file(client, args, &saving, file, number);
        }
        number++;
    }
    client_on_event(client, NULL, NULL);
    return code;
}

int command_save(struct client *client, const struct args *args) {
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code != EX_OK) {
        return code;
    }
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "id", args->operands[0]);
    cJSON *message = NULL;
    code = client_call(client, "message", params, &message);
    if (code == EX_OK) {
        code = save_all(client, args, message);
    }
    cJSON_Delete(message);
    return code;
}
