/* SPDX-License-Identifier: EUPL-1.2 */
/* The typing line: sending, files, drafts, and the keys that lead from it to all else. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
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

/* What names the draft: each chat has one, and each thread. */
static void draft_name(const struct screen *screen, char out[2 * SHOW_ID + 1]) {
    const struct thread *thread = &screen->thread;
    (void)snprintf(out, 2 * SHOW_ID + 1, "%s%s%s", thread->chat, thread->topic[0] == '\0' ? "" : "/", thread->topic);
}

/* What the core has of it. */
static const char *kept_draft(const struct screen *screen) {
    const cJSON *chat = screen_chat(screen, screen->thread.chat);
    return screen->thread.topic[0] == '\0'
               ? show_text(chat, "draft")
               : show_text(cJSON_GetObjectItemCaseSensitive(chat, "thread_drafts"), screen->thread.topic);
}

/* Here, what is answered and attached is kept with the text. */
static void keep(struct screen *screen, const char *text) {
    char name[2 * SHOW_ID + 1];
    draft_name(screen, name);
    cJSON_DeleteItemFromObjectCaseSensitive(screen->drafts, name);
    if (text[0] != '\0' || screen->reply_to[0] != '\0' || screen->files != NULL) {
        cJSON *draft = screen_params("text", text);
        (void)cJSON_AddStringToObject(draft, "reply_to", screen->reply_to);
        if (screen->files != NULL) {
            (void)cJSON_AddItemToObject(draft, "files", cJSON_Duplicate(screen->files, 1));
        }
        (void)cJSON_AddItemToObject(screen->drafts, name, draft);
    }
}

void type_keep_draft(struct screen *screen) {
    const struct thread *thread = &screen->thread;
    screen->keep_at = 0;
    if (thread->chat[0] == '\0' || screen->edit[0] != '\0') {
        return;
    }
    const char *text = editor_text(&screen->editor);
    keep(screen, text);
    if (!screen->lacks_draft && strcmp(kept_draft(screen), text) != 0) {
        cJSON *params = screen_params("chat", thread->chat);
        (void)cJSON_AddStringToObject(params, "draft", text);
        if (thread->topic[0] != '\0') {
            (void)cJSON_AddStringToObject(params, "thread", thread->topic);
        }
        if (client_try(screen->client, "chat.set", params, NULL) == 0) {
            screen->chats_stale = true;
        } else {
            screen->lacks_draft = strcmp(client_error_name(screen->client), "method") == 0;
        }
    }
}

/* No answer, no files. */
static void drop_company(struct screen *screen) {
    screen->reply_to[0] = '\0';
    cJSON_Delete(screen->files);
    screen->files = NULL;
}

void type_take_draft(struct screen *screen) {
    char name[2 * SHOW_ID + 1];
    draft_name(screen, name);
    const cJSON *here = cJSON_GetObjectItemCaseSensitive(screen->drafts, name);
    const char *text = show_text(here, "text");
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(here, "files");
    screen->edit[0] = '\0';
    drop_company(screen);
    screen_copy(screen->reply_to, sizeof screen->reply_to, show_text(here, "reply_to"));
    screen->files = files == NULL ? NULL : cJSON_Duplicate(files, 1);
    editor_set(&screen->editor, text[0] != '\0' ? text : kept_draft(screen));
}

/* Back to what was being typed before a message was changed. */
static void end_edit(struct screen *screen) {
    char name[2 * SHOW_ID + 1];
    draft_name(screen, name);
    if (screen->edit[0] != '\0') {
        screen->edit[0] = '\0';
        editor_set(&screen->editor, show_text(cJSON_GetObjectItemCaseSensitive(screen->drafts, name), "text"));
    }
}

/* No answer, no edit, no files. */
void type_cancel(struct screen *screen) {
    end_edit(screen);
    drop_company(screen);
}

void type_answered(struct screen *screen) {
    screen->reply_to[0] = '\0';
    type_keep_draft(screen);
}

/* Spaces and line breaks at the end were typed by the way. */
static void trim_end(struct editor *editor) {
    const char *text = editor_text(editor);
    size_t len = editor->len;
    while (len != 0 && (text[len - 1] == ' ' || text[len - 1] == '\n')) {
        len--;
    }
    editor->cursor = editor->len;
    editor_erase_back(editor, len);
}

static void send_edit(struct screen *screen) {
    cJSON *before = NULL, *message = NULL;
    if (screen_call(screen, "message", screen_params("id", screen->edit), &before)) {
        cJSON *params = screen_params("id", screen->edit);
        trim_end(&screen->editor);
        call_add(screen, params, editor_text(&screen->editor), before);
        if (screen_call(screen, "edit", params, &message)) {
            thread_put(&screen->thread, message);
            end_edit(screen);
        }
    }
    cJSON_Delete(before);
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

cJSON *type_params(const struct screen *screen) {
    cJSON *params = screen_params("to", screen->thread.chat);
    if (screen->reply_to[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "reply_to", screen->reply_to);
    }
    if (screen->thread.topic[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "thread", screen->thread.topic);
    }
    return params;
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
    cJSON *params = type_params(screen);
    if (!blank) {
        trim_end(&screen->editor);
        call_add(screen, params, editor_text(&screen->editor), NULL);
    }
    if (screen->files != NULL) {
        (void)cJSON_AddItemToObject(params, "files", cJSON_Duplicate(screen->files, 1));
    }
    if (type_send(screen, params)) {
        editor_set(&screen->editor, "");
        type_cancel(screen);
        keep(screen, "");
        screen->typed_at = 0;
    }
}

static void add_file(struct screen *screen, const char *given, enum media_as as) {
    char path[PATH_MAX];
    const char *why = NULL;
    int code = EX_OK;
    if (!path_expand(given, path)) {
        screen_say_bad(screen, strerror(errno));
        return;
    }
    if (cJSON_GetArraySize(screen->files) == WEIBEL_MAX_FILES) {
        screen_say_bad(screen, _("a message has room for no more files"));
        return;
    }
    cJSON *file = media_file(path, as, &why, &code);
    if (file == NULL) {
        screen_say_bad(screen, why);
        return;
    }
    if (screen->files == NULL) {
        screen->files = cJSON_CreateArray();
    }
    (void)cJSON_AddItemToArray(screen->files, file);
    screen->focus = FOCUS_TYPE;
}

static void attach(struct screen *screen, const char *path) {
    add_file(screen, path, MEDIA_FILE);
}

static void attach_as_is(struct screen *screen, const char *path) {
    add_file(screen, path, MEDIA_AS_IS);
}

static void attach_voice(struct screen *screen, const char *path) {
    add_file(screen, path, MEDIA_VOICE);
}

void type_attach(struct screen *screen, enum media_as as) {
    static const struct {
        const char *question;
        void (*add)(struct screen *screen, const char *path);
    } ways[] = {
        [MEDIA_FILE] = { N_("File to send: "), attach },
        [MEDIA_AS_IS] = { N_("Picture to send with place, time and camera: "), attach_as_is },
        [MEDIA_VOICE] = { N_("Recording to send: "), attach_voice },
    };
    if (screen->thread.chat[0] != '\0' && screen->edit[0] == '\0') {
        prompt_open(screen, ways[as].question, "", true, ways[as].add);
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
        type_attach(screen, MEDIA_FILE);
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
    case 'r':
        topics_open(screen);
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
    } else if (screen->reply_to[0] != '\0' || screen->files != NULL) {
        type_cancel(screen);
    } else if (screen->thread.up != 0 || screen->thread.newer) {
        thread_to_end(screen);
    } else if (screen->thread.topic[0] != '\0') {
        thread_leave_topic(screen);
    } else {
        screen_to_list(screen);
    }
}

static void scroll_page(struct screen *screen, int way) {
    unsigned height = view_height(screen);
    thread_scroll(screen, way * (long)(height > 2 ? height - 2 : 1), height);
}

void type_key(struct screen *screen, struct keys_press key) {
    if (key.kind == KEYS_TAB && call_complete(screen)) {
        screen->keep_at = client_now() + KEEP_AFTER;
        return;
    }
    screen->completion.end = 0;
    switch (key.kind) {
    case KEYS_ENTER:
        send_typed(screen);
        return;
    case KEYS_TAB:
    case KEYS_BACK_TAB:
        screen_to_list(screen);
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
