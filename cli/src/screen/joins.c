/* SPDX-License-Identifier: EUPL-1.2 */
/* The page of groups that are being joined by their links, and of which it is not known yet whether one is in them. */
#include <stdio.h>
#include <string.h>

#include "screen/screen.h"
#include "when.h"
#include "words.h"

void joins_ask(struct screen *screen) {
    cJSON *answer = NULL;
    if (client_try(screen->client, "group.joins", NULL, &answer) == 0) { /* an elder Weibel may have the home open */
        cJSON_Delete(screen->joins);
        screen->joins = cJSON_DetachItemFromObjectCaseSensitive(answer, "joins");
    }
    cJSON_Delete(answer);
}

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON_Delete(page->items);
    page->items = cJSON_Duplicate(screen->joins, 1);
    int item = 0;
    const cJSON *join = NULL;
    cJSON_ArrayForEach(join, page->items) {
        char at[WHEN_SIZE], line[SCREEN_STATUS];
        when_stamp_or(show_number(join, "since"), "–", at);
        (void)snprintf(line, sizeof line, "%s  %s",
                       show_text(join, show_text(join, "name")[0] == '\0' ? "link" : "name"), show_joining(join));
        page_line(page, item++, width, at, line);
    }
    if (item == 0) {
        page_line(page, -1, width, "", _("You are joining no group."));
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected < item ? page->selected : item - 1;
}

static void give_up(struct screen *screen, char key) {
    (void)key;
    (void)screen_call(screen, "group.join_cancel", screen_params("link", screen->page.subject), NULL);
    screen->chats_stale = true;
}

static bool key_of(struct screen *screen, struct keys_press key) {
    const cJSON *join = page_selected(screen);
    if (key.kind != KEYS_CHARACTER || key.c != 'x' || join == NULL || show_flag(join, "cancelled")) {
        return false;
    }
    screen_copy(screen->page.subject, sizeof screen->page.subject, show_text(join, "link"));
    ask_open(screen, _("Join no more (y)? If you are in already, you leave. Esc: no"), "y", give_up);
    return true;
}

void joins_open(struct screen *screen) {
    page_open(screen, _("Groups that you are joining"), build, key_of, N_("x join no more · Esc back"));
}
