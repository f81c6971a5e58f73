/* SPDX-License-Identifier: EUPL-1.2 */
/* Threads of the open chat: how many messages hang on which one, and the page that lists them. */
#include <stdio.h>
#include <string.h>

#include "mention.h"
#include "screen/screen.h"
#include "when.h"
#include "words.h"

enum { MAX_GIST = 128 << 10 };

void topics_ask(struct screen *screen) {
    struct thread *thread = &screen->thread;
    cJSON *answer = NULL;
    if (!thread->topics_stale || thread->chat[0] == '\0') {
        return;
    }
    thread->topics_stale = false;
    if (client_try(screen->client, "threads", screen_params("chat", thread->chat), &answer) == 0) {
        cJSON_Delete(thread->topics);
        thread->topics = cJSON_DetachItemFromObjectCaseSensitive(answer, "threads");
        thread->width = 0;
    }
    cJSON_Delete(answer);
}

/* Number from which on messages are new here: since the chat was opened, or not read yet. */
static uint64_t new_from(const struct screen *screen) {
    const cJSON *chat = screen_chat(screen, screen->thread.chat);
    return screen->thread.new_from != 0       ? screen->thread.new_from
           : show_number(chat, "unread") == 0 ? 0
                                              : show_number(chat, "read") + 1;
}

void topics_mark(const struct screen *screen, cJSON *topics) {
    uint64_t from = new_from(screen);
    cJSON *topic = NULL;
    cJSON_ArrayForEach(topic, topics) {
        uint64_t last = show_number(topic, "last");
        bool is_new = from != 0 && last >= from && last > show_number(screen->topics_seen, show_text(topic, "thread"));
        cJSON_DeleteItemFromObjectCaseSensitive(topic, "new");
        if (is_new) {
            (void)cJSON_AddTrueToObject(topic, "new");
        }
    }
}

void topics_see(struct screen *screen) {
    const struct thread *thread = &screen->thread;
    const cJSON *last = cJSON_GetArrayItem(thread->messages, cJSON_GetArraySize(thread->messages) - 1);
    if (thread->topic[0] == '\0' || thread->newer || thread->up != 0 ||
        show_number(last, "number") <= show_number(screen->topics_seen, thread->topic)) {
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(screen->topics_seen, thread->topic);
    (void)cJSON_AddNumberToObject(screen->topics_seen, thread->topic, (double)show_number(last, "number"));
}

/* --- the page --- */

static void put_root(struct screen *screen, const cJSON *root, int item, unsigned width) {
    struct page *page = &screen->page;
    struct base_writer gist = base_writer(base_allocator_libc(), MAX_GIST);
    struct base_writer named = base_writer(base_allocator_libc(), MAX_GIST);
    if (root == NULL) {
        base_write_slice(&named, base_slice_text(_("a message that is not here")));
    } else {
        show_gist(&gist, root);
        base_write_slice(
            &named,
            base_slice_text(show_flag(root, "own") ? _("You") : show_name(&screen->show, show_text(root, "from"))));
        base_write_slice(&named, base_slice_text(": "));
        mention_write_names(&named, &screen->show, base_writer_view(&gist));
    }
    base_write_u8(&named, 0);
    rows_begin(&page->rows, item);
    if (base_writer_view(&named).len != 0) {
        (void)rows_put(&page->rows, 1, width - 2, STYLE_PLAIN, (const char *)base_writer_view(&named).data);
    }
    base_writer_free(&named);
    base_writer_free(&gist);
}

static void put_topic(struct screen *screen, const cJSON *topic, int item, unsigned width) {
    char words[SCREEN_STATUS], label[2 * SCREEN_STATUS];
    cJSON *root = NULL;
    if (client_try(screen->client, "message", screen_params("id", show_text(topic, "thread")), &root) != 0) {
        root = NULL;
    }
    put_root(screen, root, item, width);
    cJSON_Delete(root);
    (void)snprintf(words, sizeof words, _("%u in the thread"), (unsigned)show_number(topic, "count"));
    (void)snprintf(label, sizeof label, "⤷ %s%s", words, show_flag(topic, "new") ? _(", new") : "");
    rows_begin(&screen->page.rows, item);
    (void)rows_put(&screen->page.rows, 3, width > 5 ? width - 4 : 1, show_flag(topic, "new") ? STYLE_GOOD : STYLE_DIM,
                   label);
}

static void build(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    cJSON *answer = NULL;
    int item = 0;
    cJSON_Delete(page->items);
    page->items = NULL;
    if (client_try(screen->client, "threads", screen_params("chat", screen->thread.chat), &answer) == 0) {
        page->items = cJSON_DetachItemFromObjectCaseSensitive(answer, "threads");
        topics_mark(screen, page->items);
    }
    cJSON_Delete(answer);
    while (cJSON_GetArraySize(page->items) > SCREEN_TOPICS) {
        cJSON_DeleteItemFromArray(page->items, SCREEN_TOPICS);
    }
    const cJSON *topic = NULL;
    cJSON_ArrayForEach(topic, page->items) {
        put_topic(screen, topic, item++, width);
    }
    if (item == 0) {
        page_line(page, -1, width, "", _("No threads yet: select a message with ↑, w opens one."));
    }
    page->selected = item == 0 ? -1 : page->selected < 0 ? 0 : page->selected < item ? page->selected : item - 1;
}

static bool key_of(struct screen *screen, struct keys_press key) {
    const cJSON *topic = page_selected(screen);
    if (topic == NULL || key.kind != KEYS_ENTER) {
        return false;
    }
    char id[SHOW_ID];
    screen_copy(id, sizeof id, show_text(topic, "thread"));
    page_close(screen);
    thread_open_topic(screen, id);
    return true;
}

void topics_open(struct screen *screen) {
    if (screen->thread.chat[0] != '\0') {
        page_open(screen, _("Threads of this chat"), build, key_of, N_("Enter open · Esc back"));
    }
}
