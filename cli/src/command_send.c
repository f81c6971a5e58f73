/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel send. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command_call.h"
#include "exit.h"
#include "media.h"
#include "mention.h"
#include "online.h"
#include "progress.h"
#include "show.h"
#include "weibel/core.h"
#include "words.h"

enum {
    STALLED_AFTER = 30000, /* milliseconds online without anything happening */
};

/* The message on its way. */
struct sending {
    const struct args *args;
    char id[64]; /* empty until it is known */
    char chat[64];
    bool moved; /* its state may have changed */
    uint64_t moved_at;
    bool blocked; /* something keeps the chat's messages from being sent */
    char blocked_by[256];
    uint64_t file; /* that is on its way */
    struct progress progress;
};

/* What will not pass while somebody looks on. Of the other reasons to wait the core soon gets rid by itself. */
static bool is_lasting(const cJSON *error) {
    const char *name = show_text(cJSON_GetObjectItemCaseSensitive(error, "data"), "name");
    return strcmp(name, "disk_full") == 0 || strcmp(name, "full") == 0;
}

static void on_event(void *user, const char *name, const cJSON *params) {
    struct sending *sending = (struct sending *)user;
    sending->moved_at = client_now();
    if (strcmp(name, CLIENT_REOPENED) == 0) {
        sending->moved = true;
    } else if (strcmp(name, "message_state") == 0) {
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
        sending->moved = true;
        if (is_lasting(error) && strcmp(show_text(params, "chat"), sending->chat) == 0) {
            sending->blocked = true;
            exit_copy_words(error, sending->blocked_by, sizeof sending->blocked_by);
        }
    } else if (strcmp(name, "transfer") == 0 && strcmp(show_text(params, "kind"), "upload") == 0 &&
               sending->id[0] != '\0' && strcmp(show_text(params, "message"), sending->id) == 0) {
        if (strcmp(show_text(params, "state"), "running") == 0) {
            uint64_t file = show_number(params, "file");
            if (file != sending->file) {
                sending->progress = (struct progress){ 0 };
                sending->file = file;
            }
            progress_draw(&sending->progress, _("Sending"),
                          file < sending->args->file_count ? sending->args->files[file]
                                                           : sending->args->values[OPTION_VOICE],
                          show_number(params, "done"), show_number(params, "size"));
        } else {
            progress_clear();
        }
    }
}

static int add_file(cJSON *files, const char *path, enum media_as as) {
    const char *why = NULL;
    int code = EX_OK;
    cJSON *file = media_file(path, as, &why, &code);
    if (file == NULL) {
        exit_say_about(path, why);
        return code;
    }
    (void)cJSON_AddItemToArray(files, file);
    return EX_OK;
}

static void free_text(char **text) {
    base_free(*text);
}

/* All of standard input, without its last line break. */
static int read_text(char **out) {
    if (isatty(STDIN_FILENO) == 1) {
        (void)fputs(_("Write the message; Ctrl-D on a new line sends it.\n"), stderr);
    }
    char *text = (char *)base_take(base_allocator_libc(), WEIBEL_MAX_TEXT + 2, 1);
    if (text == NULL) {
        exit_say(BASE_ERR_NO_MEMORY.text);
        return EX_OSERR;
    }
    size_t len = fread(text, 1, WEIBEL_MAX_TEXT + 1, stdin);
    *out = text;
    if (ferror(stdin) != 0) {
        exit_say_about("standard input", strerror(errno));
        return EX_NOINPUT;
    }
    if (len > WEIBEL_MAX_TEXT || memchr(text, '\0', len) != NULL) {
        exit_say(_("the text is too long, or it is no text"));
        return EX_DATAERR;
    }
    if (len != 0 && text[len - 1] == '\n') {
        text[len - 1] = '\0';
    }
    return EX_OK;
}

/* Those that are named by --mention, and those whose IDs stand in the text. */
static void add_mentions(const struct args *args, const char *text, cJSON *params) {
    cJSON *mentions = text == NULL ? NULL : mention_list(text);
    mentions = mentions == NULL ? cJSON_CreateArray() : mentions;
    for (unsigned i = 0; i < args->mention_count; i++) {
        mention_put(mentions, args->mentions[i]);
    }
    if (cJSON_GetArraySize(mentions) == 0) {
        cJSON_Delete(mentions);
    } else {
        (void)cJSON_AddItemToObject(params, "mentions", mentions);
    }
}

static int build(const struct args *args, cJSON *params) {
    BASE_CLEANUP(free_text) char *typed = NULL;
    const char *text = args->operand_count == 2 ? args->operands[1] : NULL;
    const char *voice = args->values[OPTION_VOICE];
    if (text == NULL && args->file_count == 0 && voice == NULL) {
        int code = read_text(&typed);
        if (code != EX_OK) {
            return code;
        }
        text = typed;
    }
    (void)cJSON_AddStringToObject(params, "to", args->operands[0]);
    if (text != NULL) {
        (void)cJSON_AddStringToObject(params, "text", text);
    }
    command_add_text(params, "reply_to", args, OPTION_REPLY);
    command_add_text(params, "thread", args, OPTION_THREAD);
    command_add_text(params, "key", args, OPTION_KEY);
    if (args->values[OPTION_MARKDOWN] != NULL) {
        (void)cJSON_AddStringToObject(params, "format", "markdown");
    }
    add_mentions(args, text, params);
    int expires = command_add_seconds(params, "expire", args, OPTION_EXPIRE, false);
    if (expires != EX_OK) {
        return expires;
    }
    cJSON *files = args->file_count == 0 && voice == NULL ? NULL : cJSON_AddArrayToObject(params, "files");
    enum media_as as = args->values[OPTION_AS_IS] == NULL ? MEDIA_FILE : MEDIA_AS_IS;
    for (unsigned i = 0; i < args->file_count; i++) {
        int code = add_file(files, args->files[i], as);
        if (code != EX_OK) {
            return code;
        }
    }
    return voice == NULL ? EX_OK : add_file(files, voice, MEDIA_VOICE);
}

static int look_up(struct client *client, const char *id, cJSON **message) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, "id", id);
    cJSON_Delete(*message);
    *message = NULL;
    return client_call(client, "message", params, message);
}

static bool under_way(const cJSON *message) {
    const char *state = show_text(message, "state");
    return strcmp(state, "queued") == 0 || strcmp(state, "uploading") == 0;
}

/* Waits until the server has the message, or it is clear that it has to wait. `message` is what is known of it. */
static int follow(struct client *client, struct sending *sending, struct online *online, cJSON **message) {
    int code = online_connect(online, client, on_event, sending);
    sending->moved = true;
    sending->moved_at = client_now();
    while (code == EX_OK) {
        if (sending->moved) {
            sending->moved = false;
            code = look_up(client, sending->id, message);
            continue;
        }
        if (!under_way(*message) || sending->blocked || online_hopeless(online) || client_interrupted(client) ||
            client_now() >= sending->moved_at + STALLED_AFTER) {
            break;
        }
        code = client_wait(client, client_now() + 1000);
    }
    progress_clear();
    return code;
}

static int say_failed(const cJSON *message) {
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(message, "error");
    exit_say_about(_("not sent"), exit_words(error));
    return exit_of_error(error);
}

/* What has become of it, in words and as a code. */
static int conclude(const struct args *args, const struct sending *sending, const struct online *online,
                    const cJSON *message) {
    if (strcmp(show_text(message, "state"), "failed") == 0) {
        return say_failed(message);
    }
    int code = EX_OK;
    if (under_way(message)) {
        if (sending->blocked) {
            exit_say(sending->blocked_by);
        } else if (!online->online) {
            code = online_say(online);
        }
        exit_say_about(show_text(message, "id"), _("queued; it will be sent when weibel is connected the next time"));
        code = code == EX_OK ? EX_TEMPFAIL : code;
        if (args->values[OPTION_JSON] == NULL) {
            return code;
        }
    }
    struct base_writer output = output_begin();
    if (args->values[OPTION_JSON] != NULL) {
        output_json(&output, message);
    } else {
        output_print(&output, "%s\n", show_text(message, "id"));
    }
    int written = output_end(&output);
    return code != EX_OK ? code : written;
}

int command_send(struct client *client, const struct args *args) {
    cJSON *params = cJSON_CreateObject();
    int code = build(args, params);
    if (code == EX_OK) {
        code = client_unlock(client, CLIENT_ACTIVATED);
    }
    if (code != EX_OK) {
        cJSON_Delete(params);
        return code;
    }
    cJSON *message = NULL;
    struct sending sending = { .args = args };
    struct online online;
    code = client_call(client, "send", params, &message);
    if (code == EX_OK) {
        (void)snprintf(sending.id, sizeof sending.id, "%s", show_text(message, "id"));
        (void)snprintf(sending.chat, sizeof sending.chat, "%s", show_text(message, "chat"));
        code = follow(client, &sending, &online, &message);
    }
    if (code == EX_OK) {
        code = conclude(args, &sending, &online, message);
    } else if (sending.id[0] != '\0') {
        exit_say_about(sending.id, _("queued"));
    }
    client_on_event(client, NULL, NULL);
    cJSON_Delete(message);
    return code;
}
