/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel settings, passphrase, lock, backup, restore, safe. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "command_call.h"
#include "exit.h"
#include "keyfile.h"
#include "online.h"
#include "passphrase.h"
#include "progress.h"
#include "when.h"
#include "words.h"

/* --- settings --- */

static void show_yes(struct base_writer *output, const char *label, const cJSON *object, const char *name) {
    if (cJSON_HasObjectItem(object, name)) {
        output_print(output, "%-22s %s\n", label, show_flag(object, name) ? _("yes") : _("no"));
    }
}

static void show_settings(struct base_writer *output, const struct show *show, const cJSON *settings) {
    (void)show;
    show_yes(output, "receipts", settings, "receipts");
    show_yes(output, "typing", settings, "typing");
}

static void show_chat_settings(struct base_writer *output, const struct show *show, const cJSON *chat) {
    (void)show;
    show_yes(output, "pin", chat, "pinned");
    show_yes(output, "archive", chat, "archived");
    char until[WHEN_SIZE] = "-";
    if (show_number(chat, "muted_until") > when_now()) {
        when_stamp(show_number(chat, "muted_until"), until);
    }
    output_print(output, "%-22s %s\n", "mute", until);
}

static int set_chat(struct client *client, const struct args *args) {
    static const uint64_t forever = UINT64_C(253402300799000); /* the end of the year 9999 */
    cJSON *params = command_params(args, "chat");
    const char *mute = args->values[OPTION_MUTE];
    unsigned long seconds = 0;
    bool yes = false;
    int code = command_add_yes(params, "pinned", args, OPTION_PIN);
    code = code == EX_OK ? command_add_yes(params, "archived", args, OPTION_ARCHIVE) : code;
    if (mute != NULL && args_yes(mute, &yes)) {
        (void)cJSON_AddNumberToObject(params, "muted_until", yes ? (double)forever : 0);
    } else if (mute != NULL && args_duration(mute, ULONG_MAX / 2, &seconds)) {
        (void)cJSON_AddNumberToObject(params, "muted_until", (double)(when_now() + (uint64_t)seconds * 1000));
    } else if (mute != NULL) {
        exit_say_about(mute, _("neither a length of time such as 12h or 7d, nor \"yes\" or \"no\""));
        code = EX_USAGE;
    }
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return command_call(client, args,
                        &(struct command_call){ "chat.set", params, COMMAND_LOCAL, 0, show_chat_settings });
}

int command_settings(struct client *client, const struct args *args) {
    bool of_chat =
        args->values[OPTION_PIN] != NULL || args->values[OPTION_ARCHIVE] != NULL || args->values[OPTION_MUTE] != NULL;
    bool of_account = args->values[OPTION_RECEIPTS] != NULL || args->values[OPTION_TYPING] != NULL;
    if (args->operand_count == 1 && !of_account) {
        return set_chat(client, args);
    }
    if (args->operand_count == 1 || of_chat) {
        exit_say(_("--receipts and --typing are for all chats; --pin, --archive and --mute need a CHAT"));
        return EX_USAGE;
    }
    cJSON *params = of_account ? cJSON_CreateObject() : NULL;
    int code = command_add_yes(params, "receipts", args, OPTION_RECEIPTS);
    code = code == EX_OK ? command_add_yes(params, "typing", args, OPTION_TYPING) : code;
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return command_call(client, args,
                        &(struct command_call){ of_account ? "settings.set" : "settings.get", params, COMMAND_LOCAL, 0,
                                                show_settings });
}

/* --- passphrases --- */

/* A passphrase from a file, which `option` names, or the terminal as a member of `params`. Others can have the home
 * while somebody is asked; so that they lose nothing, it is not unlocked yet. */
static int add_passphrase(struct client *client, cJSON *params, const char *name, const char *option, const char *file,
                          const char *question, bool fresh) {
    BASE_CLEANUP(base_bytes_free) struct base_bytes passphrase = { 0 };
    base_result result = file != NULL ? passphrase_read(file, &passphrase) : BASE_OK;
    if (file == NULL) {
        client_leave(client);
        result = passphrase_ask(question, fresh, &passphrase);
        int code = client_enter(client);
        if (code != EX_OK) {
            return code;
        }
    }
    if (result == &PASSPHRASE_ERR_TERMINAL) {
        exit_say_about(option, _("this option is needed where there is no terminal to ask on"));
        return EX_USAGE;
    }
    if (result != BASE_OK) {
        exit_say_about(file, result == &PASSPHRASE_ERR_FILE ? strerror(errno) : _(result->text));
        return result == &PASSPHRASE_ERR_FILE ? EX_NOINPUT : exit_of_result(result);
    }
    BASE_CLEANUP(base_free_at) char *text = (char *)base_take(base_allocator_libc(), passphrase.len + 1, 1);
    if (text == NULL) {
        return EX_OSERR;
    }
    memcpy(text, passphrase.data, passphrase.len);
    (void)cJSON_AddStringToObject(params, name, text);
    return EX_OK;
}

/* A home that a key file opens goes on being opened by it as well. */
static int keep_key(cJSON *params, const char *file) {
    char key[KEYFILE_TEXT] = "";
    base_result result = file == NULL ? BASE_OK : keyfile_read(file, false, key);
    if (result != BASE_OK) {
        exit_say_about(file, _(result->text));
        return EX_NOINPUT;
    }
    if (file != NULL) {
        (void)cJSON_AddStringToObject(params, "old_key", key);
        (void)cJSON_AddStringToObject(params, "new_key", key);
        base_wipe(key, sizeof key);
    }
    return EX_OK;
}

int command_passphrase(struct client *client, const struct args *args) {
    int code = client_need(client);
    cJSON *params = cJSON_CreateObject();
    code = code != EX_OK ? code : keep_key(params, keyfile_named(args->values[OPTION_KEY_FILE]));
    code = code != EX_OK ? code
                         : add_passphrase(client, params, "old", "--passphrase-file",
                                          passphrase_file(args->values[OPTION_PASSPHRASE_FILE]),
                                          _("Passphrase until now: "), false);
    if (code == EX_OK) {
        code = add_passphrase(client, params, "new", "--new-passphrase-file", args->values[OPTION_NEW_PASSPHRASE_FILE],
                              _("New passphrase: "), true);
    }
    code = code == EX_OK ? client_unlock(client, CLIENT_ACTIVATED) : code;
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return client_call(client, "passphrase", params, NULL);
}

int command_lock(struct client *client, const struct args *args) {
    (void)args;
    cJSON *status = NULL;
    int code = client_call(client, "status", NULL, &status);
    bool locked = strcmp(show_text(status, "state"), "locked") == 0; /* no process has it open */
    cJSON_Delete(status);
    return code != EX_OK || locked ? code : client_call(client, "lock", NULL, NULL);
}

/* --- backups --- */

struct copying {
    uint64_t transfer;
    const char *name;
    bool done, failed;
    int code;
    struct progress progress;
};

static void on_event(void *user, const char *name, const cJSON *params) {
    struct copying *copying = (struct copying *)user;
    if (strcmp(name, "transfer") != 0 || show_number(params, "transfer") != copying->transfer) {
        return;
    }
    const char *state = show_text(params, "state");
    copying->done = strcmp(state, "done") == 0;
    copying->failed = strcmp(state, "failed") == 0;
    if (!copying->done && !copying->failed) {
        progress_draw(&copying->progress, _("Backing up"), copying->name, show_number(params, "done"),
                      show_number(params, "size"));
    }
    if (copying->failed) {
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
        progress_clear();
        exit_say_about(copying->name, exit_words(error));
        copying->code = exit_of_error(error);
    }
}

int command_backup(struct client *client, const struct args *args) {
    char path[PATH_MAX];
    int code = client_need(client);
    if (code != EX_OK) {
        return code;
    }
    if (access(args->operands[0], F_OK) == 0) {
        exit_say_about(args->operands[0], _("there is such a file already"));
        return EX_CANTCREAT;
    }
    if (!command_absolute(args->operands[0], path)) {
        exit_say_about(args->operands[0], strerror(errno));
        return EX_CANTCREAT;
    }
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "path", path);
    (void)cJSON_AddBoolToObject(params, "history", args->values[OPTION_HISTORY] != NULL);
    code = add_passphrase(client, params, "passphrase", "--backup-passphrase-file",
                          args->values[OPTION_BACKUP_PASSPHRASE_FILE], _("Passphrase for the backup: "), true);
    code = code == EX_OK ? client_unlock(client, CLIENT_ACTIVATED) : code;
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    cJSON *answer = NULL;
    struct copying copying = { .name = args->operands[0] };
    struct online online;
    code = online_connect(&online, client, on_event, &copying);
    if (code == EX_OK && !online.online) {
        code = online_say(&online);
    }
    if (code == EX_OK) {
        code = client_call(client, "backup", params, &answer);
    } else {
        cJSON_Delete(params);
    }
    copying.transfer = show_number(answer, "transfer");
    cJSON_Delete(answer);
    while (code == EX_OK && copying.transfer != 0 && !copying.done && !copying.failed && access(path, F_OK) != 0 &&
           !client_interrupted(client)) {
        code = client_wait(client, client_now() + 200);
    }
    progress_clear();
    client_on_event(client, NULL, NULL);
    return code == EX_OK ? copying.code : code;
}

/* Makes an account of a copy that `params` names. */
static int enter_by_copy(struct client *client, const struct args *args, const char *method, cJSON *params) {
    int code = add_passphrase(client, params, "passphrase", "--backup-passphrase-file",
                              args->values[OPTION_BACKUP_PASSPHRASE_FILE], _("Passphrase of the backup: "), false);
    code = code == EX_OK ? client_unlock(client, CLIENT_FRESH) : code;
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return command_enter(client, args, method, params);
}

int command_restore(struct client *client, const struct args *args) {
    char path[PATH_MAX];
    int code = client_keep_ca(client);
    if (code == EX_OK && realpath(args->operands[0], path) == NULL) {
        exit_say_about(args->operands[0], strerror(errno));
        code = EX_NOINPUT;
    }
    if (code != EX_OK) {
        return code;
    }
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "path", path);
    return enter_by_copy(client, args, "restore", params);
}

int command_safe_on(struct client *client, const struct args *args) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddBoolToObject(params, "enabled", true);
    int code = client_need(client);
    code = code != EX_OK
               ? code
               : add_passphrase(client, params, "passphrase", "--backup-passphrase-file",
                                args->values[OPTION_BACKUP_PASSPHRASE_FILE], _("Passphrase for the backup: "), true);
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    return command_call(client, args, &(struct command_call){ "safe.set", params, COMMAND_SERVER, 0, NULL });
}

int command_safe_off(struct client *client, const struct args *args) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddBoolToObject(params, "enabled", false);
    return command_call(client, args, &(struct command_call){ "safe.set", params, COMMAND_SERVER, 0, NULL });
}

int command_safe_restore(struct client *client, const struct args *args) {
    int code = client_keep_ca(client);
    if (code != EX_OK) {
        return code;
    }
    if (args->values[OPTION_SERVER] == NULL) {
        exit_say(_("--server is needed: the address of the server that has the copy"));
        return EX_USAGE;
    }
    cJSON *params = command_params(args, "id");
    return enter_by_copy(client, args, "safe.restore", params);
}
