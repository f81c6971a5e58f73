/* SPDX-License-Identifier: EUPL-1.2 */
/* Searching in all chats, and the page of what was found. */
#include <stdio.h>

#include "screen/screen.h"
#include "when.h"
#include "words.h"

enum { FOUND_AT_ONCE = 50, MAX_GIST = 128 << 10 };

static void put_found(struct screen *screen, const cJSON *message, int item, unsigned width) {
    struct page *page = &screen->page;
    char at[WHEN_SIZE], heading[SCREEN_STATUS];
    const char *from = show_flag(message, "own") ? _("You") : show_name(&screen->show, show_text(message, "from"));
    when_stamp(show_number(message, "sent_at"), at);
    (void)snprintf(heading, sizeof heading, "%s  %s · %s", at,
                   show_chat_name(&screen->show, show_text(message, "chat")), from);
    rows_begin(&page->rows, item);
    (void)rows_put(&page->rows, 1, width - 2, STYLE_DIM, heading);
    struct base_writer gist = base_writer(base_allocator_libc(), MAX_GIST);
    show_gist(&gist, message);
    base_write_u8(&gist, 0);
    rows_begin(&page->rows, item);
    if (base_writer_view(&gist).len != 0) {
        (void)rows_put(&page->rows, 3, width > 5 ? width - 4 : 1, STYLE_PLAIN,
                       (const char *)base_writer_view(&gist).data);
    }
    base_writer_free(&gist);
}

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    int item = 0;
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, page->items) {
        put_found(screen, message, item++, width);
    }
    if (item == 0) {
        page_line(page, -1, width, "", _("Nothing was found."));
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected;
}

static bool key_of(struct screen *screen, struct keys_press key) {
    const cJSON *message = page_selected(screen);
    if (key.kind == KEYS_CHARACTER && key.c == '/') {
        find_begin(screen);
        return true;
    }
    if (message == NULL || key.kind != KEYS_ENTER) {
        return false;
    }
    char chat[SHOW_ID];
    uint64_t number = show_number(message, "number");
    screen_copy(chat, sizeof chat, show_text(message, "chat"));
    page_close(screen);
    thread_open(screen, chat, number);
    screen->focus = screen->thread.selected < 0 ? FOCUS_TYPE : FOCUS_SELECT;
    return true;
}

static void find(struct screen *screen, const char *words) {
    char title[SCREEN_TITLE];
    cJSON *answer = NULL;
    cJSON *params = screen_params("query", words);
    (void)cJSON_AddNumberToObject(params, "limit", FOUND_AT_ONCE);
    if (screen_call(screen, "search", params, &answer)) {
        (void)snprintf(title, sizeof title, _("Found: %s"), words);
        page_open(screen, title, build, key_of, N_("Enter go there · / search again · Esc back"));
        screen->page.items = cJSON_DetachItemFromObjectCaseSensitive(answer, "messages");
    }
    cJSON_Delete(answer);
}

void find_begin(struct screen *screen) {
    prompt_open(screen, N_("Search for: "), "", false, find);
}
