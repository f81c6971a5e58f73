/* SPDX-License-Identifier: EUPL-1.2 */
/* The list of chats. */
#include <string.h>

#include "screen/screen.h"
#include "words.h"

static bool is_listed(const struct screen *screen, const cJSON *chat) {
    return show_flag(chat, "archived") == screen->archived;
}

int choose_count(const struct screen *screen) {
    int count = 0;
    const cJSON *chat = NULL;
    cJSON_ArrayForEach(chat, screen->show.chats) {
        count += is_listed(screen, chat) ? 1 : 0;
    }
    return count;
}

/* The pinned ones come first; in both parts the order is the core's. */
const cJSON *choose_at(const struct screen *screen, int index) {
    for (int pinned = 1; pinned >= 0; pinned--) {
        const cJSON *chat = NULL;
        cJSON_ArrayForEach(chat, screen->show.chats) {
            if (is_listed(screen, chat) && show_flag(chat, "pinned") == (pinned == 1) && index-- == 0) {
                return chat;
            }
        }
    }
    return NULL;
}

static void open_listed(struct screen *screen) {
    const cJSON *chat = choose_at(screen, screen->listed);
    if (chat != NULL) {
        thread_open(screen, show_text(chat, "chat"), 0);
        screen->focus = FOCUS_TYPE;
    }
}

static void move(struct screen *screen, int by) {
    int last = choose_count(screen) - 1;
    int wanted = screen->listed + by;
    screen->listed = last < 0 || wanted < 0 ? 0 : wanted > last ? last : wanted;
}

void choose_next(struct screen *screen, int by) {
    int count = choose_count(screen);
    if (count == 0) {
        return;
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(show_text(choose_at(screen, i), "chat"), screen->thread.chat) == 0) {
            screen->listed = (i + by + count) % count;
            open_listed(screen);
            return;
        }
    }
    open_listed(screen);
}

static void begin_with(struct screen *screen, const char *to) {
    /* `contact.add` knows whether it is an ID; without a connection, whether somebody has it is found out when the
     * first message goes. */
    cJSON *contact = NULL;
    if (screen_call(screen, "contact.add", screen_params("id", to), &contact)) {
        screen->people_stale = true;
        thread_open(screen, show_text(contact, "id"), 0);
        screen->focus = FOCUS_TYPE;
    }
    cJSON_Delete(contact);
}

void choose_begin(struct screen *screen) {
    prompt_open_whom(screen, N_("ID or address of the person: "), WHOM_PERSON, begin_with);
}

/* IDs or addresses with spaces or commas between them. */
static void make_group_of(struct screen *screen, const char *members) {
    cJSON *chat = NULL;
    cJSON *params = screen_params("name", screen->picked);
    screen_add_list(cJSON_AddArrayToObject(params, "members"), members, " ,;");
    if (screen_call_slowly(screen, "group.create", params, &chat)) {
        screen->chats_stale = true;
        screen_settle(screen);
        thread_open(screen, show_text(chat, "chat"), 0);
        screen->focus = FOCUS_TYPE;
    }
    cJSON_Delete(chat);
}

static void make_group(struct screen *screen, const char *name) {
    screen_copy(screen->picked, sizeof screen->picked, name);
    prompt_open_whom(screen, N_("IDs or addresses of the members: "), WHOM_SEVERAL, make_group_of);
}

static void join_group(struct screen *screen, const char *link) {
    cJSON *chat = NULL;
    if (screen_call_slowly(screen, "group.join", screen_params("link", link), &chat)) {
        screen->chats_stale = true;
        thread_open(screen, show_text(chat, "chat"), 0);
        screen->focus = FOCUS_TYPE;
    }
    cJSON_Delete(chat);
}

/* Turns a setting of the selected chat on or off. */
static void toggle(struct screen *screen, const char *name) {
    const cJSON *chat = choose_at(screen, screen->listed);
    if (chat == NULL) {
        return;
    }
    cJSON *params = screen_params("chat", show_text(chat, "chat"));
    if (strcmp(name, "muted_until") == 0) {
        static const double forever = 253402300799000; /* the end of the year 9999 */
        (void)cJSON_AddNumberToObject(params, name, show_number(chat, name) != 0 ? 0 : forever);
    } else {
        (void)cJSON_AddBoolToObject(params, name, !show_flag(chat, name));
    }
    if (screen_call(screen, "chat.set", params, NULL)) {
        screen->chats_stale = true;
    }
}

static void character(struct screen *screen, uint32_t c) {
    const cJSON *chat = choose_at(screen, screen->listed);
    switch (c) {
    case '?':
        help_open(screen);
        break;
    case 'q':
        screen->quit = true;
        break;
    case 'n':
        choose_begin(screen);
        break;
    case 'g':
        prompt_open(screen, N_("Name of the new group: "), "", false, make_group);
        break;
    case 'j':
        prompt_open(screen, N_("Link to the group: "), "", false, join_group);
        break;
    case 'J':
        joins_open(screen);
        break;
    case '/':
        find_begin(screen);
        break;
    case 'c':
        people_open(screen);
        break;
    case 'i':
        if (chat != NULL) {
            info_open(screen, show_text(chat, "chat"));
        }
        break;
    case 's':
        settings_open(screen);
        break;
    case 'p':
        toggle(screen, "pinned");
        break;
    case 'a':
        toggle(screen, "archived");
        break;
    case 'm':
        toggle(screen, "muted_until");
        break;
    case 'A':
        screen->archived = !screen->archived;
        screen->listed = 0;
        break;
    default:
        break;
    }
}

void choose_key(struct screen *screen, struct keys_press key) {
    int height = (int)view_height(screen);
    switch (key.kind) {
    case KEYS_UP:
        move(screen, -1);
        break;
    case KEYS_DOWN:
        move(screen, 1);
        break;
    case KEYS_PAGE_UP:
        move(screen, -height);
        break;
    case KEYS_PAGE_DOWN:
        move(screen, height);
        break;
    case KEYS_HOME:
        screen->listed = 0;
        break;
    case KEYS_END:
        move(screen, choose_count(screen));
        break;
    case KEYS_ENTER:
    case KEYS_RIGHT:
        open_listed(screen);
        break;
    case KEYS_TAB:
    case KEYS_BACK_TAB:
    case KEYS_ESCAPE:
        screen->focus = screen->thread.chat[0] == '\0' ? FOCUS_LIST : FOCUS_TYPE;
        break;
    case KEYS_HELP:
        help_open(screen);
        break;
    case KEYS_CONTROL:
        if (key.c == 'f') {
            find_begin(screen);
        }
        break;
    case KEYS_CHARACTER:
        character(screen, key.c);
        break;
    default:
        break;
    }
}
