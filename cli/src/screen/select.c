/* SPDX-License-Identifier: EUPL-1.2 */
/* One message of the conversation, and what can be done with it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "screen/path.h"
#include "screen/screen.h"
#include "words.h"

static void leave(struct screen *screen) {
    screen->thread.selected = -1;
    screen->focus = FOCUS_TYPE;
}

static bool is_own(const cJSON *message) {
    return show_flag(message, "own");
}

static bool is_text(const cJSON *message) {
    return strcmp(show_text(message, "kind"), "message") == 0 && !show_flag(message, "deleted");
}

/* Calls what answers with the message as it is now. */
static void change(struct screen *screen, const char *method, cJSON *params) {
    cJSON *message = NULL;
    if (screen_call(screen, method, params, &message)) {
        thread_put(&screen->thread, message);
    }
    cJSON_Delete(message);
}

static void react_with(struct screen *screen, const char *emoji) {
    const cJSON *message = show_find(screen->thread.messages, "id", screen->picked);
    const cJSON *reaction = show_find(cJSON_GetObjectItemCaseSensitive(message, "reactions"), "emoji", emoji);
    cJSON *params = screen_params("id", screen->picked);
    (void)cJSON_AddStringToObject(params, "emoji", emoji);
    if (show_flag(reaction, "own")) {
        (void)cJSON_AddBoolToObject(params, "remove", true);
    }
    change(screen, "react", params);
}

static void react_key(struct screen *screen, char key) {
    static const char *const emojis[] = { "👍", "❤️", "😂", "😮", "😢", "🙏" };
    if (key >= '1' && key <= '6') {
        react_with(screen, emojis[key - '1']);
    } else {
        prompt_open(screen, N_("Reaction: "), "", false, react_with);
    }
}

static void delete_key(struct screen *screen, char key) {
    cJSON *params = screen_params("id", screen->picked);
    (void)cJSON_AddStringToObject(params, "for", key == 'e' ? "everyone" : "me");
    if (screen_call(screen, "delete", params, NULL) && key == 'm') {
        thread_remove(&screen->thread, screen->picked);
    }
}

static void ask_delete(struct screen *screen, const cJSON *message) {
    bool everyone = is_own(message) || show_text(screen_chat(screen, screen->thread.chat), "kind")[0] == 'g';
    ask_open(screen,
             everyone ? _("Delete it for everyone (e) or on your devices only (m)? Esc: not at all")
                      : _("Delete it on your devices (m)? Esc: no"),
             everyone ? "em" : "m", delete_key);
}

static void forward_to(struct screen *screen, const char *to) {
    cJSON *params = screen_params("to", to);
    (void)cJSON_AddStringToObject(params, "forward", screen->picked);
    if (screen_call(screen, "send", params, NULL)) {
        screen_say(screen, _("Forwarded."));
        screen->chats_stale = true;
    }
}

static void vote_for(struct screen *screen, const char *text) {
    cJSON *params = screen_params("id", screen->picked);
    cJSON *options = cJSON_AddArrayToObject(params, "options");
    for (const char *at = text; *at != '\0';) {
        char *end = NULL;
        unsigned long number = strtoul(at, &end, 10);
        if (end == at) {
            at++;
            continue;
        }
        if (number > 0 && number < 1000) {
            (void)cJSON_AddItemToArray(options, cJSON_CreateNumber((double)(number - 1)));
        }
        at = end;
    }
    change(screen, "vote", params);
}

static void close_poll(struct screen *screen, char key) {
    (void)key;
    change(screen, "poll.close", screen_params("id", screen->picked));
}

static bool save_one(struct screen *screen, const char *to, const char *name, unsigned number) {
    struct target *target = (struct target *)base_take(base_allocator_libc(), 1, sizeof *target);
    if (target == NULL || target_choose(to, name, target) != EX_OK) {
        base_free(target);
        return false; /* why has been said */
    }
    cJSON *answer = NULL;
    cJSON *params = screen_params("message", screen->picked);
    (void)cJSON_AddNumberToObject(params, "file", number);
    (void)cJSON_AddStringToObject(params, "path", target->path);
    /* It may be there before the answer has been looked at: then the event has passed unseen. */
    if (!screen_call(screen, "save", params, &answer)) {
        base_free(target);
        return false;
    }
    bool followed = files_follow(screen, answer, screen->picked, number, target);
    cJSON_Delete(answer);
    return followed;
}

static void save_to(struct screen *screen, const char *given) {
    char path[PATH_MAX];
    const cJSON *message = show_find(screen->thread.messages, "id", screen->picked);
    cJSON *files = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(message, "files"), 1);
    int count = cJSON_GetArraySize(files);
    bool good = path_expand(given, path);
    if (good && count > 1 && !target_is_folder(path)) {
        screen_say_bad(screen, _("the message has several files: name a folder"));
        good = false;
    }
    for (int i = 0; good && i < count; i++) {
        good = save_one(screen, path, show_text(cJSON_GetArrayItem(files, i), "name"), (unsigned)i);
    }
    cJSON_Delete(files);
}

static void ask_save(struct screen *screen, const cJSON *message) {
    if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(message, "files")) == 0) {
        screen_say_bad(screen, _("this message has no files"));
    } else {
        prompt_open(screen, N_("Save to: "), "./", true, save_to);
    }
}

static void jump(struct screen *screen, const cJSON *message) {
    const char *id = show_text(message, "reply_to");
    id = id[0] == '\0' ? show_text(message, "thread") : id;
    const cJSON *target = thread_message(screen, id);
    if (target == NULL || show_number(target, "number") == 0) {
        screen_say_bad(screen, _("the message that it answers is not here"));
        return;
    }
    thread_open(screen, screen->thread.chat, show_number(target, "number"));
}

static void edit(struct screen *screen, const cJSON *message) {
    if (!is_own(message) || !is_text(message)) {
        screen_say_bad(screen, _("only what you have written yourself can be changed"));
        return;
    }
    type_keep_draft(screen);
    screen_copy(screen->edit, sizeof screen->edit, screen->picked);
    call_edit(screen, show_text(message, "text"));
    leave(screen);
}

/* The thread that hangs on a message, or that it hangs in. */
static void open_topic(struct screen *screen, const cJSON *message) {
    char id[SHOW_ID];
    screen_copy(id, sizeof id, show_text(message, show_text(message, "thread")[0] == '\0' ? "id" : "thread"));
    if (strcmp(id, screen->thread.topic) == 0) {
        leave(screen);
    } else {
        thread_open_topic(screen, id);
    }
}

static void act(struct screen *screen, const cJSON *message, uint32_t c) {
    switch (c) {
    case 'r':
        screen_copy(screen->reply_to, sizeof screen->reply_to, screen->picked);
        leave(screen);
        break;
    case 'w':
        open_topic(screen, message);
        break;
    case 'e':
        edit(screen, message);
        break;
    case 'd':
        ask_delete(screen, message);
        break;
    case '+':
        ask_open(screen, _("Reaction: 1 👍  2 ❤  3 😂  4 😮  5 😢  6 🙏  o another one"), "123456o", react_key);
        break;
    case 'f':
        prompt_open_whom(screen, N_("Forward to (ID, address or chat): "), WHOM_CHAT, forward_to);
        break;
    case 's':
        ask_save(screen, message);
        break;
    case 'v':
        if (cJSON_HasObjectItem(message, "poll")) {
            prompt_open(screen, N_("Numbers to vote for: "), "", false, vote_for);
        }
        break;
    case 'c':
        if (cJSON_HasObjectItem(message, "poll") && is_own(message)) {
            ask_open(screen, _("End this poll (y)? Nobody can vote then. Esc: no"), "y", close_poll);
        }
        break;
    case 'j':
        jump(screen, message);
        break;
    case 'i':
        receipts_open(screen, screen->picked);
        break;
    case 'p':
        files_pause(screen);
        break;
    case 'x':
        files_cancel(screen, message);
        break;
    case 't':
        change(screen, "retry", screen_params("id", screen->picked));
        break;
    default:
        break;
    }
}

static void character(struct screen *screen, uint32_t c) {
    const cJSON *message = thread_selected(screen);
    if (c == '?') {
        help_open(screen);
    } else if (show_text(message, "id")[0] != '\0') {
        screen_copy(screen->picked, sizeof screen->picked, show_text(message, "id"));
        act(screen, message, c);
    }
}

void select_key(struct screen *screen, struct keys_press key) {
    enum { PAGE = 10 };
    switch (key.kind) {
    case KEYS_UP:
        thread_select(screen, -1);
        break;
    case KEYS_DOWN:
        if (!screen->thread.newer && screen->thread.selected + 1 == cJSON_GetArraySize(screen->thread.messages)) {
            leave(screen);
            thread_to_end(screen);
        } else {
            thread_select(screen, 1);
        }
        break;
    case KEYS_PAGE_UP:
        thread_select(screen, -PAGE);
        break;
    case KEYS_PAGE_DOWN:
        thread_select(screen, PAGE);
        break;
    case KEYS_END:
        thread_to_end(screen);
        leave(screen);
        break;
    case KEYS_ESCAPE:
    case KEYS_TAB:
        leave(screen);
        break;
    case KEYS_ENTER:
        character(screen, 'r');
        break;
    case KEYS_HELP:
        help_open(screen);
        break;
    case KEYS_CHARACTER:
        character(screen, key.c);
        break;
    default:
        break;
    }
}
