/* SPDX-License-Identifier: EUPL-1.2 */
/* The typing line: sending, files, drafts, and the keys that lead from it to all else. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen/path.h"
#include "screen/screen.h"
#include "weibel/core.h"
#include "words.h"

enum {
    TYPING_EVERY = 4000, /* milliseconds */
    KEEP_AFTER = 2000,
};

bool type_may_write(const struct screen *screen) {
    const cJSON *chat = screen_chat(screen, screen->thread.chat);
    return chat == NULL || strcmp(show_text(chat, "state"), "open") == 0;
}

static void keep(cJSON *drafts, const char *chat, const char *text) {
    cJSON_DeleteItemFromObjectCaseSensitive(drafts, chat);
    if (text[0] != '\0') {
        (void)cJSON_AddStringToObject(drafts, chat, text);
    }
}

void type_keep_draft(struct screen *screen) {
    const char *chat = screen->thread.chat;
    screen->keep_at = 0;
    if (chat[0] == '\0' || screen->edit[0] != '\0') {
        return;
    }
    const char *text = editor_text(&screen->editor);
    const char *before = show_text(screen_chat(screen, chat), "draft");
    keep(screen->drafts, chat, text);
    if (!screen->lacks_draft && strcmp(before, text) != 0) {
        cJSON *params = screen_params("chat", chat);
        (void)cJSON_AddStringToObject(params, "draft", text);
        if (client_try(screen->client, "chat.set", params, NULL) == 0) {
            screen->chats_stale = true;
        } else {
            screen->lacks_draft = strcmp(client_error_name(screen->client), "method") == 0;
        }
    }
}

void type_take_draft(struct screen *screen) {
    const char *chat = screen->thread.chat;
    const char *here = show_text(screen->drafts, chat);
    type_cancel(screen);
    editor_set(&screen->editor, here[0] != '\0' ? here : show_text(screen_chat(screen, chat), "draft"));
}

/* Back to what was being typed before a message was changed. */
static void end_edit(struct screen *screen) {
    if (screen->edit[0] != '\0') {
        screen->edit[0] = '\0';
        editor_set(&screen->editor, show_text(screen->drafts, screen->thread.chat));
    }
}

/* No answer, no edit, no files. */
void type_cancel(struct screen *screen) {
    end_edit(screen);
    screen->reply_to[0] = '\0';
    screen->hangs_on[0] = '\0';
    cJSON_Delete(screen->files);
    screen->files = NULL;
}

static void send_edit(struct screen *screen) {
    cJSON *message = NULL;
    cJSON *params = screen_params("id", screen->edit);
    (void)cJSON_AddStringToObject(params, "text", editor_text(&screen->editor));
    if (screen_call(screen, "edit", params, &message)) {
        thread_put(&screen->thread, message);
        end_edit(screen);
    }
    cJSON_Delete(message);
}

bool type_send(struct screen *screen, cJSON *params) {
    cJSON *message = NULL;
    bool sent = screen_call(screen, "send", params, &message);
    if (sent) {
        thread_to_end(screen);
        screen->thread.new_from = 0;
        /* The first message to somebody makes the chat; it may be called otherwise than it was opened. */
        screen_copy(screen->thread.chat, sizeof screen->thread.chat, show_text(message, "chat"));
        thread_put(&screen->thread, message);
        screen->chats_stale = true;
    }
    cJSON_Delete(message);
    return sent;
}

static void send_typed(struct screen *screen) {
    bool blank = editor_text(&screen->editor)[strspn(editor_text(&screen->editor), " \n")] == '\0';
    if (!type_may_write(screen) || (blank && screen->files == NULL)) {
        return;
    }
    if (screen->edit[0] != '\0') {
        send_edit(screen);
        return;
    }
    cJSON *params = screen_params("to", screen->thread.chat);
    if (!blank) {
        (void)cJSON_AddStringToObject(params, "text", editor_text(&screen->editor));
    }
    if (screen->reply_to[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "reply_to", screen->reply_to);
    }
    if (screen->hangs_on[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "thread", screen->hangs_on);
    }
    if (screen->files != NULL) {
        (void)cJSON_AddItemToObject(params, "files", cJSON_Duplicate(screen->files, 1));
    }
    char chat[SHOW_ID];
    screen_copy(chat, sizeof chat, screen->thread.chat);
    if (type_send(screen, params)) {
        editor_set(&screen->editor, "");
        type_cancel(screen);
        keep(screen->drafts, chat, "");
        screen->typed_at = 0;
    }
}

static void attach(struct screen *screen, const char *given) {
    char path[PATH_MAX], absolute[PATH_MAX];
    struct stat status;
    if (!path_expand(given, path) || realpath(path, absolute) == NULL || stat(absolute, &status) != 0 ||
        access(absolute, R_OK) != 0) {
        screen_say_bad(screen, strerror(errno));
        return;
    }
    if (!S_ISREG(status.st_mode)) {
        screen_say_bad(screen, _("it is not a regular file"));
        return;
    }
    if (screen->files == NULL) {
        screen->files = cJSON_CreateArray();
    }
    if (cJSON_GetArraySize(screen->files) == WEIBEL_MAX_FILES) {
        screen_say_bad(screen, _("a message has room for no more files"));
        return;
    }
    cJSON *file = screen_params("path", absolute);
    (void)cJSON_AddStringToObject(file, "name", strrchr(absolute, '/') + 1);
    (void)cJSON_AddNumberToObject(file, "size", (double)status.st_size);
    (void)cJSON_AddItemToArray(screen->files, file);
    screen->focus = FOCUS_TYPE;
}

void type_attach(struct screen *screen) {
    if (screen->thread.chat[0] != '\0' && screen->edit[0] == '\0') {
        prompt_open(screen, N_("File to send: "), "", true, attach);
    }
}

/* Others see that something is being typed, if this account lets them. */
static void tell_typing(struct screen *screen) {
    uint64_t now = client_now();
    if (screen->lacks_typing || !screen->online || screen->thread.chat[0] == '\0' || screen->editor.len == 0 ||
        screen->edit[0] != '\0' || (screen->typed_at != 0 && now < screen->typed_at + TYPING_EVERY)) {
        return;
    }
    screen->typed_at = now;
    cJSON *params = screen_params("chat", screen->thread.chat);
    (void)cJSON_AddBoolToObject(params, "typing", true);
    if (client_try(screen->client, "typing", params, NULL) != 0) {
        screen->lacks_typing = strcmp(client_error_name(screen->client), "method") == 0;
    }
}

static bool control_key(struct screen *screen, uint32_t c) {
    switch (c) {
    case 'o':
        type_attach(screen);
        return true;
    case 'x':
        share_open(screen);
        return true;
    case 'f':
        find_begin(screen);
        return true;
    case 'g':
        info_open(screen, screen->thread.chat);
        return true;
    case 't':
        people_open(screen);
        return true;
    case 'n':
        choose_next(screen, 1);
        return true;
    case 'p':
        choose_next(screen, -1);
        return true;
    default:
        return false;
    }
}

static void begin_selecting(struct screen *screen) {
    thread_select(screen, 0);
    if (screen->thread.selected >= 0) {
        screen->focus = FOCUS_SELECT;
    }
}

static void escape(struct screen *screen) {
    if (screen->edit[0] != '\0') {
        end_edit(screen);
    } else if (screen->reply_to[0] != '\0' || screen->hangs_on[0] != '\0' || screen->files != NULL) {
        type_cancel(screen);
    } else if (screen->thread.up != 0) {
        thread_to_end(screen);
    } else {
        screen->focus = FOCUS_LIST;
    }
}

static void scroll_page(struct screen *screen, int way) {
    unsigned height = view_height(screen);
    thread_scroll(screen, way * (long)(height > 2 ? height - 2 : 1), height);
}

void type_key(struct screen *screen, struct keys_press key) {
    switch (key.kind) {
    case KEYS_ENTER:
        send_typed(screen);
        return;
    case KEYS_TAB:
    case KEYS_BACK_TAB:
        screen->focus = FOCUS_LIST;
        return;
    case KEYS_ESCAPE:
        escape(screen);
        return;
    case KEYS_HELP:
        help_open(screen);
        return;
    case KEYS_PAGE_UP:
        scroll_page(screen, 1);
        return;
    case KEYS_PAGE_DOWN:
        scroll_page(screen, -1);
        return;
    case KEYS_PREVIOUS:
        choose_next(screen, -1);
        return;
    case KEYS_NEXT:
        choose_next(screen, 1);
        return;
    case KEYS_CONTROL:
        if (control_key(screen, key.c)) {
            return;
        }
        break;
    default:
        break;
    }
    if (key.kind != KEYS_UP && !type_may_write(screen)) {
        return;
    }
    if (!editor_key(&screen->editor, key, view_typing_width(screen)) && key.kind == KEYS_UP) {
        begin_selecting(screen);
    } else {
        screen->keep_at = client_now() + KEEP_AFTER;
        if (screen->editor.full) {
            screen->editor.full = false;
            screen_say_bad(screen, _("a message has room for no more text"));
        }
        if (key.kind == KEYS_CHARACTER) {
            tell_typing(screen);
        }
    }
}
