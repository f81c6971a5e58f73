/* SPDX-License-Identifier: EUPL-1.2 */
/* The page of contacts. */
#include <stdio.h>
#include <string.h>

#include "screen/screen.h"
#include "words.h"

static enum style style_of(const cJSON *contact) {
    if (show_flag(contact, "changed") || show_flag(contact, "blocked") || show_flag(contact, "request")) {
        return STYLE_BAD;
    }
    return strcmp(show_text(contact, "trust"), "verified") == 0 ? STYLE_GOOD : STYLE_DIM;
}

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON_Delete(page->items);
    page->items = cJSON_Duplicate(screen->show.contacts, 1);
    int item = 0;
    const cJSON *contact = NULL;
    cJSON_ArrayForEach(contact, page->items) {
        enum { ID = 12, LEAST = 30 };
        const char *name = show_text(contact, "name");
        unsigned names = width > LEAST + ID ? (width - ID) / 2 : ID;
        rows_begin(&page->rows, item++);
        (void)rows_put(&page->rows, 1, ID, STYLE_PLAIN, show_text(contact, "id"));
        (void)rows_put(&page->rows, ID, names, STYLE_PERSON, name);
        (void)rows_put(&page->rows, ID + names + 1, width, style_of(contact), show_trust(contact));
    }
    if (item == 0) {
        page_line(page, -1, width, "",
                  _("Nobody yet. n adds somebody by ID; whoever writes to you is listed as well."));
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected < item ? page->selected : item - 1;
}

static void add(struct screen *screen, const char *id) {
    screen->people_stale = screen_call(screen, "contact.add", screen_params("id", id), NULL);
    screen->page.width = 0;
}

static bool key_of(struct screen *screen, struct keys_press key) {
    const cJSON *contact = page_selected(screen);
    if (key.kind == KEYS_CHARACTER && key.c == 'n') {
        prompt_open(screen, N_("ID or address of the person: "), "", false, add);
        return true;
    }
    if (contact != NULL && key.kind == KEYS_CHARACTER && key.c == 'i') {
        info_open(screen, show_text(contact, "id"));
        return true;
    }
    if (contact != NULL && key.kind == KEYS_ENTER) {
        char id[SHOW_ID];
        screen_copy(id, sizeof id, show_text(contact, "id"));
        page_close(screen);
        thread_open(screen, id, 0);
        screen->focus = FOCUS_TYPE;
        return true;
    }
    return false;
}

void people_open(struct screen *screen) {
    page_open(screen, _("Contacts"), build, key_of, N_("Enter write · i about, verify, block · n new · Esc back"));
}
