/* SPDX-License-Identifier: EUPL-1.2 */
/* The full-screen view: opening, events, calls. */
#include "screen/screen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "weibel/core.h"
#include "when.h"
#include "words.h"

enum {
    SAID_FOR = 8000,   /* milliseconds */
    TYPING_FOR = 8000, /* after somebody's last sign of it */
    CHATS_EVERY = 200, /* at most so often the list is asked for */
};

void screen_copy(char *out, size_t size, const char *text) {
    (void)snprintf(out, size, "%s", text);
}

cJSON *screen_params(const char *name, const char *value) {
    cJSON *params = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(params, name, value);
    return params;
}

void screen_add_list(cJSON *list, const char *text, const char *between) {
    for (const char *at = text + strspn(text, between); *at != '\0'; at += strspn(at, between)) {
        const char *end = at + strcspn(at, between), *last = end;
        at += strspn(at, " ");
        while (last > at && last[-1] == ' ') {
            last--;
        }
        char *item = last <= at ? NULL : (char *)base_take(base_allocator_libc(), (size_t)(last - at) + 1, 1);
        if (item != NULL) {
            memcpy(item, at, (size_t)(last - at));
            (void)cJSON_AddItemToArray(list, cJSON_CreateString(item));
        }
        base_free(item);
        at = end;
    }
}

static void say(struct screen *screen, const char *words, bool bad) {
    screen_copy(screen->status, sizeof screen->status, words);
    screen->status_bad = bad;
    screen->status_until = client_now() + SAID_FOR;
}

void screen_say(struct screen *screen, const char *words) {
    say(screen, words, false);
}

void screen_say_bad(struct screen *screen, const char *words) {
    say(screen, words, true);
}

const cJSON *screen_chat(const struct screen *screen, const char *chat) {
    return show_find(screen->show.chats, "chat", chat);
}

/* What this program's other parts have said on standard error goes to the status line: its last line. */
static void take_errors(struct screen *screen) {
    char text[SCREEN_STATUS];
    ssize_t len = screen->errors < 0 ? 0 : pread(screen->errors, text, sizeof text - 1, (off_t)screen->errors_read);
    if (len <= 0) {
        return;
    }
    screen->errors_read += (size_t)len;
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    text[len] = '\0';
    const char *line = strrchr(text, '\n');
    line = line == NULL ? text : line + 1;
    screen_say_bad(screen, strncmp(line, "weibel: ", 8) == 0 ? line + 8 : line);
}

bool screen_call(struct screen *screen, const char *method, cJSON *params, cJSON **result) {
    int code = client_try(screen->client, method, params, result);
    if (code == EX_OK) {
        return true;
    }
    take_errors(screen);
    if (client_error_text(screen->client)[0] != '\0') {
        screen_say_bad(screen, client_error_text(screen->client));
    }
    return false;
}

bool screen_call_slowly(struct screen *screen, const char *method, cJSON *params, cJSON **result) {
    screen_say(screen, _("one moment …"));
    view_draw(screen);
    screen->status[0] = '\0';
    return screen_call(screen, method, params, result);
}

/* A list that the core has, in place of the one that is here. */
static void take_list(struct screen *screen, const char *method, const char *member, cJSON **list) {
    cJSON *answer = NULL;
    if (screen_call(screen, method, NULL, &answer)) {
        cJSON_Delete(*list);
        *list = cJSON_DetachItemFromObjectCaseSensitive(answer, member);
    }
    cJSON_Delete(answer);
}

/* Where the list's selected row is after the list has changed: on the same chat. */
static void keep_listed(struct screen *screen, const char *chat) {
    int count = choose_count(screen);
    for (int i = 0; i < count; i++) {
        if (strcmp(show_text(choose_at(screen, i), "chat"), chat) == 0) {
            screen->listed = i;
            return;
        }
    }
    screen->listed = screen->listed < count ? screen->listed : count == 0 ? 0 : count - 1;
}

void screen_to_list(struct screen *screen) {
    screen->focus = FOCUS_LIST;
    keep_listed(screen, screen->thread.chat);
}

static void ask_chats(struct screen *screen) {
    char chat[SHOW_ID];
    screen_copy(chat, sizeof chat, show_text(choose_at(screen, screen->listed), "chat"));
    screen->chats_stale = false;
    screen->chats_at = client_now();
    take_list(screen, "chats", "chats", &screen->show.chats);
    joins_ask(screen);
    screen->page.width = 0;
    keep_listed(screen, chat);
}

/* In a thread one sees what hangs in it alone: of the rest of the chat nothing must count as read. */
static bool has_more_unread(const struct screen *screen) {
    const cJSON *chat = screen_chat(screen, screen->thread.chat), *message = NULL;
    uint64_t seen = 0;
    cJSON_ArrayForEach(message, screen->thread.messages) {
        seen += !show_flag(message, "own") && show_number(message, "number") > show_number(chat, "read") ? 1 : 0;
    }
    return screen->chats_stale || show_number(chat, "unread") > seen;
}

/* Tells the core what has been read: what stands in the open chat's end. */
static void tell_read(struct screen *screen) {
    struct thread *thread = &screen->thread;
    const cJSON *last = cJSON_GetArrayItem(thread->messages, cJSON_GetArraySize(thread->messages) - 1);
    uint64_t number = show_number(last, "number");
    if (thread->chat[0] == '\0' || thread->newer || thread->up != 0 || number <= thread->read || screen->lacks_read) {
        return;
    }
    if (thread->topic[0] != '\0' && has_more_unread(screen)) {
        return;
    }
    thread->read = number;
    if (show_number(screen_chat(screen, thread->chat), "unread") == 0 && !screen->chats_stale) {
        return;
    }
    cJSON *params = screen_params("chat", thread->chat);
    (void)cJSON_AddNumberToObject(params, "number", (double)number);
    if (client_try(screen->client, "read", params, NULL) == EX_OK) {
        screen->chats_stale = true;
    } else {
        screen->lacks_read = strcmp(client_error_name(screen->client), "method") == 0;
    }
}

void screen_settle(struct screen *screen) {
    take_errors(screen);
    if (screen->people_stale) {
        screen->people_stale = false;
        take_list(screen, "contact.list", "contacts", &screen->show.contacts);
        screen->thread.width = 0;
        screen->page.width = 0;
    }
    if (screen->chats_stale && client_now() >= screen->chats_at + CHATS_EVERY) {
        ask_chats(screen);
    }
    if (screen->keep_at != 0 && client_now() >= screen->keep_at) {
        type_keep_draft(screen);
    }
    bell_ring(screen);
    thread_catch_up(screen);
    thread_quote(screen);
    topics_ask(screen);
    topics_see(screen);
    tell_read(screen);
}

static void on_connection(struct screen *screen, const cJSON *params) {
    const char *state = show_text(params, "state");
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
    screen->online = strcmp(state, "online") == 0;
    screen_copy(screen->connection, sizeof screen->connection, state);
    if (error != NULL) {
        exit_copy_words(error, screen->reason, sizeof screen->reason);
    } else if (screen->online) {
        screen->reason[0] = '\0';
    }
}

static void on_typing(struct screen *screen, const cJSON *params) {
    int free_slot = 0;
    for (int i = 0; i < SCREEN_TYPING; i++) {
        if (strcmp(screen->typing_chat[i], show_text(params, "chat")) == 0 &&
            strcmp(screen->typing_who[i], show_text(params, "from")) == 0) {
            free_slot = i;
            break;
        }
        free_slot = screen->typing_until[i] < screen->typing_until[free_slot] ? i : free_slot;
    }
    screen_copy(screen->typing_chat[free_slot], SHOW_ID, show_text(params, "chat"));
    screen_copy(screen->typing_who[free_slot], SHOW_ID, show_text(params, "from"));
    screen->typing_until[free_slot] = show_flag(params, "typing") ? client_now() + TYPING_FOR : 0;
}

/* Who has written is not typing any more. */
static void end_typing(struct screen *screen, const cJSON *message) {
    for (int i = 0; i < SCREEN_TYPING; i++) {
        if (strcmp(screen->typing_chat[i], show_text(message, "chat")) == 0 &&
            strcmp(screen->typing_who[i], show_text(message, "from")) == 0) {
            screen->typing_until[i] = 0;
        }
    }
}

void screen_event(void *user, const char *name, const cJSON *params) {
    struct screen *screen = (struct screen *)user;
    if (strcmp(name, "connection") == 0) {
        on_connection(screen, params);
    } else if (strcmp(name, "message") == 0) {
        end_typing(screen, params);
        bell_hear(screen, params);
        thread_put(&screen->thread, params);
        screen->chats_stale = true;
    } else if (strcmp(name, "message_changed") == 0) {
        if (show_flag(params, "calls_now")) { /* what was read is to be read once more */
            bell_hear(screen, params);
            screen->thread.read = 0;
        }
        thread_put(&screen->thread, params);
        screen->chats_stale = true;
    } else if (strcmp(name, "message_state") == 0) {
        thread_state(&screen->thread, params);
        screen->chats_stale = true;
    } else if (strcmp(name, "message_removed") == 0) {
        if (strcmp(show_text(params, "chat"), screen->thread.chat) == 0) {
            thread_remove(&screen->thread, show_text(params, "id"));
        }
        screen->chats_stale = true;
    } else if (strcmp(name, "chat") == 0 || strcmp(name, "chat_deleted") == 0) {
        screen->chats_stale = true;
        screen->page.width = 0;
        screen->thread.changed |= strcmp(show_text(params, "chat"), screen->thread.chat) == 0;
    } else if (strcmp(name, "contact") == 0) {
        screen->people_stale = true;
        screen->chats_stale = true;
        screen->page.width = 0;
    } else if (strcmp(name, "device") == 0) {
        screen->page.width = 0;
        if (strcmp(show_text(params, "event"), "linked") == 0) {
            screen_say(screen, _("the new device is linked"));
        }
    } else if (strcmp(name, "typing") == 0) {
        on_typing(screen, params);
    } else if (strcmp(name, "joins") == 0) {
        screen->chats_stale = true;
    } else if (strcmp(name, "joining") == 0) {
        const cJSON *error = cJSON_GetObjectItemCaseSensitive(params, "error");
        if (error != NULL) { /* who has come in sees the chat */
            screen_say_bad(screen, exit_words(error));
        }
    } else if (strcmp(name, "transfer") == 0) {
        files_event(screen, params);
    } else if (strcmp(name, "locked") == 0) {
        screen->locked = true; /* whoever locks it wants nothing of it to be seen any more */
        screen->quit = true;
    } else if (strcmp(name, CLIENT_SHUT) == 0) {
        screen->online = false;
        screen_copy(screen->connection, sizeof screen->connection, "offline");
    } else if (strcmp(name, CLIENT_ASKS) == 0 || strcmp(name, CLIENT_ASKED) == 0) {
        view_lend(strcmp(name, CLIENT_ASKS) == 0);
    } else if (strcmp(name, CLIENT_REOPENED) == 0) {
        screen->chats_stale = true;
        screen->people_stale = true;
        screen->thread.topics_stale = true;
        screen->thread.behind = true;
    }
}

void screen_key(struct screen *screen, struct keys_press key) {
    if (key.kind == KEYS_NONE || key.kind == KEYS_RESIZE) {
        return;
    }
    if (key.kind == KEYS_COME || key.kind == KEYS_GO) {
        screen->away = key.kind == KEYS_GO;
        return;
    }
    if (key.kind == KEYS_CONTROL) {
        switch (key.c) {
        case 'c':
        case 'q':
            screen->quit = true;
            return;
        case 'l':
            view_reset();
            return;
        case 'z':
            view_suspend();
            return;
        default:
            break;
        }
    }
    switch (screen->focus) {
    case FOCUS_TYPE:
        type_key(screen, key);
        break;
    case FOCUS_LIST:
        choose_key(screen, key);
        break;
    case FOCUS_SELECT:
        select_key(screen, key);
        break;
    case FOCUS_PAGE:
        page_key(screen, key);
        break;
    case FOCUS_PROMPT:
        prompt_key(screen, key);
        break;
    case FOCUS_ASK:
        ask_key(screen, key);
        break;
    }
}

static int open_named(struct screen *screen, const char *chat) {
    if (chat == NULL) {
        screen->focus = FOCUS_LIST;
        return EX_OK;
    }
    /* As `weibel send` has it: an ID, an address, or a chat as it is called here. */
    cJSON *answer = NULL;
    int code = client_try(screen->client, "history", screen_params("chat", chat), &answer);
    const cJSON *first = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(answer, "messages"), 0);
    char named[SHOW_ID];
    screen_copy(named, sizeof named, first == NULL ? chat : show_text(first, "chat"));
    if (strcmp(client_error_name(screen->client), "unknown_chat") == 0) {
        /* Somebody new: the first message makes the chat. */
        code = client_try(screen->client, "contact.add", screen_params("id", chat), &answer);
        screen_copy(named, sizeof named, show_text(answer, "id"));
        screen->people_stale = true;
        if (code != EX_OK) {
            exit_say(_("there is no such chat, and this is not an ID; IDs look like 7K2M-9QXA, and a mistyped one is "
                       "noticed"));
        }
    } else if (code != EX_OK && client_error_text(screen->client)[0] != '\0') {
        exit_say(client_error_text(screen->client));
    }
    cJSON_Delete(answer);
    if (code == EX_OK) {
        thread_open(screen, named, 0);
        screen->focus = FOCUS_TYPE;
    }
    return code;
}

int screen_open(struct screen *screen, struct client *client, const char *chat) {
    *screen = (struct screen){ .client = client, .errors = -1, .connection = "offline" };
    screen->editor = editor_make(WEIBEL_MAX_TEXT, false);
    screen->drafts = cJSON_CreateObject();
    screen->topics_seen = cJSON_CreateObject();
    screen->thread.rows = rows_make();
    screen->thread.selected = -1;
    screen->page.rows = rows_make();
    screen->page.selected = -1;
    cJSON *account = NULL;
    int code = client_call(client, "whoami", NULL, &account);
    screen_copy(screen->own, sizeof screen->own, show_text(account, "id"));
    cJSON_Delete(account);
    if (code == EX_OK) {
        show_open(client, &screen->show);
        joins_ask(screen);
        client_on_event(client, screen_event, screen);
        code = open_named(screen, chat);
    }
    if (code == EX_OK) {
        code = client_call(client, "connect", NULL, NULL);
    }
    cJSON *status = NULL;
    if (code == EX_OK) {
        code = client_call(client, "status", NULL, &status);
    }
    const char *connection = show_text(status, "connection");
    if (connection[0] != '\0') {
        screen_copy(screen->connection, sizeof screen->connection, connection);
        screen->online = strcmp(connection, "online") == 0;
    }
    cJSON_Delete(status);
    if (code == EX_OK) {
        files_ask(screen);
        bell_read(screen);
    }
    return code;
}

void screen_close(struct screen *screen) {
    client_on_event(screen->client, NULL, NULL);
    if (!screen->locked) {
        type_keep_draft(screen);
    }
    thread_clear(&screen->thread);
    rows_free(&screen->thread.rows);
    rows_free(&screen->page.rows);
    cJSON_Delete(screen->page.items);
    cJSON_Delete(screen->joins);
    cJSON_Delete(screen->drafts);
    cJSON_Delete(screen->topics_seen);
    cJSON_Delete(screen->files);
    cJSON_Delete(screen->asked);
    editor_free(&screen->editor);
    editor_free(&screen->prompt.line);
    show_close(&screen->show);
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        base_free(screen->transfers[i].target);
    }
}
