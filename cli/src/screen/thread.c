/* SPDX-License-Identifier: EUPL-1.2 */
/* The messages of the chat that is open. */
#include <string.h>

#include "screen/layout.h"
#include "screen/screen.h"
#include "when.h"

void thread_clear(struct thread *thread) {
    cJSON_Delete(thread->messages);
    cJSON_Delete(thread->quotes);
    cJSON_Delete(thread->topics);
    struct rows rows = thread->rows;
    *thread = (struct thread){ .rows = rows, .selected = -1 };
}

static int count_of(const struct thread *thread) {
    return cJSON_GetArraySize(thread->messages);
}

static uint64_t number_at(const struct thread *thread, int index) {
    return show_number(cJSON_GetArrayItem(thread->messages, index), "number");
}

/* A page of messages below `before` (0: the last ones), or NULL. */
static cJSON *read_page(struct screen *screen, uint64_t before, unsigned limit, bool *more) {
    cJSON *answer = NULL;
    cJSON *params = screen_params("chat", screen->thread.chat);
    (void)cJSON_AddNumberToObject(params, "limit", limit);
    if (before != 0) {
        (void)cJSON_AddNumberToObject(params, "before", (double)before);
    }
    if (screen->thread.topic[0] != '\0') {
        (void)cJSON_AddStringToObject(params, "thread", screen->thread.topic);
    }
    cJSON *messages = NULL;
    if (screen_call(screen, "history", params, &answer)) {
        messages = cJSON_DetachItemFromObjectCaseSensitive(answer, "messages");
        *more = show_flag(answer, "more");
    }
    cJSON_Delete(answer);
    return messages;
}

/* Where what is new begins: so many from the end, not counting own ones, are unread. */
static uint64_t first_unread(const cJSON *messages, uint64_t unread) {
    uint64_t number = 0;
    for (int i = cJSON_GetArraySize(messages); i-- > 0 && unread > 0;) {
        const cJSON *message = cJSON_GetArrayItem(messages, i);
        if (!show_flag(message, "own")) {
            number = show_number(message, "number");
            unread--;
        }
    }
    return number;
}

/* In front of all that hangs on it stands the message itself, if it is here. */
static void put_root(struct screen *screen) {
    struct thread *thread = &screen->thread;
    cJSON *root = NULL;
    if (thread->topic[0] == '\0' || thread->older ||
        strcmp(show_text(cJSON_GetArrayItem(thread->messages, 0), "id"), thread->topic) == 0) {
        return;
    }
    if (client_try(screen->client, "message", screen_params("id", thread->topic), &root) == 0 && root != NULL) {
        if (thread->messages == NULL) {
            thread->messages = cJSON_CreateArray();
        }
        (void)cJSON_InsertItemInArray(thread->messages, 0, root);
        thread->selected += thread->selected >= 0 ? 1 : 0;
    }
}

static void open_at(struct screen *screen, const char *chat, const char *topic, uint64_t number) {
    enum { MOST = 200 }; /* docs/api.md, history */
    struct thread *thread = &screen->thread;
    char name[SHOW_ID], hangs_on[SHOW_ID];
    screen_copy(name, sizeof name, chat); /* it may be part of what is freed */
    screen_copy(hangs_on, sizeof hangs_on, topic);
    bool other = strcmp(thread->chat, name) != 0 || strcmp(thread->topic, hangs_on) != 0;
    if (other) {
        type_keep_draft(screen);
    }
    thread_clear(thread);
    screen_copy(thread->chat, sizeof thread->chat, name);
    screen_copy(thread->topic, sizeof thread->topic, hangs_on);
    uint64_t unread = show_number(screen_chat(screen, name), "unread");
    unsigned wanted = unread + SCREEN_PAGE < MOST ? (unsigned)unread + SCREEN_PAGE : MOST;
    thread->messages = read_page(screen, number == 0 ? 0 : number + SCREEN_PAGE / 2, wanted, &thread->older);
    thread->newer = number != 0 && count_of(thread) != 0;
    if (number == 0 && hangs_on[0] == '\0') {
        thread->new_from = first_unread(thread->messages, unread);
        thread->show_new = thread->new_from != 0;
    }
    put_root(screen);
    for (int i = 0; number != 0 && i < count_of(thread); i++) {
        if (number_at(thread, i) == number) {
            thread->selected = i;
            thread->follow = true;
        }
    }
    thread->topics_stale = hangs_on[0] == '\0';
    if (other) {
        type_take_draft(screen);
    }
}

void thread_open(struct screen *screen, const char *chat, uint64_t number) {
    screen->back_new = 0;
    open_at(screen, chat, "", number);
}

void thread_open_topic(struct screen *screen, const char *topic) {
    struct thread *thread = &screen->thread;
    bool at_end = thread->up == 0 && !thread->newer;
    if (thread->topic[0] == '\0') {
        const cJSON *root = show_find(thread->messages, "id", topic);
        screen->back_to = at_end ? 0 : show_number(root, "number");
        screen->back_new = thread->new_from;
    }
    open_at(screen, thread->chat, topic, 0);
    screen->focus = FOCUS_TYPE;
}

void thread_leave_topic(struct screen *screen) {
    uint64_t new_from = screen->back_new;
    open_at(screen, screen->thread.chat, "", screen->back_to);
    if (screen->thread.selected >= 0) {
        screen->focus = FOCUS_SELECT; /* it was come from further up */
    }
    screen->thread.new_from = screen->thread.new_from == 0 ? new_from : screen->thread.new_from;
    screen->thread.show_new = false;
}

static int find(const struct thread *thread, const char *id, uint64_t number) {
    int index = 0;
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, thread->messages) {
        if ((id[0] != '\0' && strcmp(show_text(message, "id"), id) == 0) ||
            (number != 0 && show_number(message, "number") == number)) {
            return index;
        }
        index++;
    }
    return -1;
}

/* Takes messages off an end until few enough are left. */
static void trim(struct thread *thread, bool oldest) {
    while (count_of(thread) > SCREEN_WINDOW) {
        cJSON_DeleteItemFromArray(thread->messages, oldest ? 0 : count_of(thread) - 1);
        thread->older = thread->older || oldest;
        thread->newer = thread->newer || !oldest;
        thread->selected -= oldest && thread->selected > 0 ? 1 : 0;
    }
    thread->selected = thread->selected < count_of(thread) ? thread->selected : count_of(thread) - 1;
}

void thread_put(struct thread *thread, const cJSON *message) {
    if (thread->chat[0] == '\0' || strcmp(show_text(message, "chat"), thread->chat) != 0) {
        return;
    }
    uint64_t number = show_number(message, "number");
    int index = find(thread, show_text(message, "id"), number);
    const char *topic = show_text(message, "thread");
    thread->topics_stale = thread->topics_stale || topic[0] != '\0';
    if (thread->topic[0] != '\0' && index < 0 && strcmp(topic, thread->topic) != 0) {
        return;
    }
    cJSON *copy = cJSON_Duplicate(message, 1);
    if (copy == NULL) {
        return;
    }
    thread->width = 0;
    thread->older = thread->older || strcmp(show_text(message, "notice"), "handed") == 0; /* they came without a word */
    if (index >= 0) {
        (void)cJSON_ReplaceItemInArray(thread->messages, index, copy);
    } else if (!thread->newer && (count_of(thread) == 0 || number > number_at(thread, count_of(thread) - 1))) {
        if (thread->messages == NULL) {
            thread->messages = cJSON_CreateArray();
        }
        (void)cJSON_AddItemToArray(thread->messages, copy);
        if (thread->up == 0 && thread->selected < 0) {
            trim(thread, true);
        }
    } else {
        cJSON_Delete(copy);
    }
}

void thread_remove(struct thread *thread, const char *id) {
    int index = find(thread, id, 0);
    thread->topics_stale = true;
    if (index >= 0) {
        cJSON_DeleteItemFromArray(thread->messages, index);
        thread->width = 0;
        thread->selected -= thread->selected >= index && thread->selected >= 0 ? 1 : 0;
    }
}

void thread_state(struct thread *thread, const cJSON *change) {
    cJSON *message = cJSON_GetArrayItem(thread->messages, find(thread, show_text(change, "id"), 0));
    if (message == NULL) {
        thread->behind = thread->behind || strcmp(show_text(change, "chat"), thread->chat) == 0;
        return;
    }
    static const char *const members[] = { "state", "error", "receipts" };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(change, members[i]);
        cJSON *copy = value == NULL ? NULL : cJSON_Duplicate(value, 1);
        if (copy != NULL) {
            cJSON_DeleteItemFromObjectCaseSensitive(message, members[i]);
            (void)cJSON_AddItemToObject(message, members[i], copy);
        }
    }
    thread->width = 0;
}

static bool is_missing(const struct thread *thread, const char *id, char out[SHOW_ID]) {
    if (id[0] == '\0' || find(thread, id, 0) >= 0 || cJSON_HasObjectItem(thread->quotes, id)) {
        return false;
    }
    screen_copy(out, SHOW_ID, id);
    return true;
}

/* The next message that something answers or belongs to, or that is being answered, and that is known in no way. */
static bool next_missing(const struct screen *screen, char out[SHOW_ID]) {
    static const char *const members[] = { "reply_to", "thread" };
    const struct thread *thread = &screen->thread;
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, thread->messages) {
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
            if (is_missing(thread, show_text(message, members[i]), out)) {
                return true;
            }
        }
    }
    return is_missing(thread, screen->reply_to, out);
}

const cJSON *thread_message(const struct screen *screen, const char *id) {
    const cJSON *message = show_find(screen->thread.messages, "id", id);
    return message != NULL ? message : cJSON_GetObjectItemCaseSensitive(screen->thread.quotes, id);
}

void thread_quote(struct screen *screen) {
    char id[SHOW_ID];
    while (next_missing(screen, id)) {
        cJSON *quoted = NULL;
        if (client_try(screen->client, "message", screen_params("id", id), &quoted) != 0 || quoted == NULL) {
            quoted = cJSON_CreateNull();
        }
        if (screen->thread.quotes == NULL) {
            screen->thread.quotes = cJSON_CreateObject();
        }
        screen->thread.width = 0;
        if (cJSON_AddItemToObject(screen->thread.quotes, id, quoted) == 0) {
            cJSON_Delete(quoted);
            return;
        }
    }
}

static int progress_of(void *user, const char *message, unsigned file, bool *paused) {
    const struct screen *screen = (const struct screen *)user;
    for (int i = 0; i < SCREEN_TRANSFERS; i++) {
        const struct screen_transfer *transfer = &screen->transfers[i];
        if (transfer->number != 0 && transfer->file == file && strcmp(transfer->message, message) == 0) {
            *paused = transfer->paused;
            double part = transfer->size == 0 ? 0 : (double)transfer->done / (double)transfer->size;
            return part >= 1 ? 100 : (int)(part * 100);
        }
    }
    return -1;
}

/* The first and last row of a message, counted from the end. */
static bool rows_of(const struct thread *thread, int item, size_t *first, size_t *last) {
    bool found = false;
    for (size_t i = 0; i < thread->rows.count; i++) {
        if (thread->rows.rows[i].item == item) {
            *first = found ? *first : thread->rows.count - 1 - i;
            *last = thread->rows.count - 1 - i;
            found = true;
        }
    }
    return found;
}

/* Rows from the row that begins what is new to the end. */
static size_t rows_of_new(const struct thread *thread) {
    size_t first = 0, last = 0;
    int index = find(thread, "", thread->new_from);
    return index >= 0 && rows_of(thread, index, &first, &last) ? first + 1 : 0;
}

static void bound(struct thread *thread, unsigned height) {
    size_t most = thread->rows.count > height ? thread->rows.count - height : 0;
    thread->up = thread->up < most ? thread->up : most;
}

/* Remembers what is seen, so that it is found again when rows have come or gone. */
static void take_anchor(struct thread *thread) {
    thread->anchor = 0;
    for (size_t row = thread->rows.count - (thread->rows.count == 0 ? 0 : thread->up + 1), i = row + 1; i-- > 0;) {
        size_t first, last;
        int item = i < thread->rows.count ? thread->rows.rows[i].item : -1;
        if (item >= 0 && rows_of(thread, item, &first, &last)) {
            thread->anchor = number_at(thread, item);
            thread->anchor_rows = row - (thread->rows.count - 1 - first);
            return;
        }
    }
}

static void to_anchor(struct thread *thread) {
    size_t first = 0, last = 0;
    int index = thread->anchor == 0 ? -1 : find(thread, "", thread->anchor);
    if (index >= 0 && rows_of(thread, index, &first, &last)) {
        thread->up = first > thread->anchor_rows ? first - thread->anchor_rows : 0;
    }
}

static void make_rows(struct screen *screen, unsigned width) {
    struct thread *thread = &screen->thread;
    topics_mark(screen, thread->topics);
    const struct layout layout = {
        .messages = thread->messages,
        .quotes = thread->quotes,
        .show = &screen->show,
        .width = width < LAYOUT_LEAST ? LAYOUT_LEAST : width,
        .new_from = thread->new_from,
        .older = thread->older,
        .topic = thread->topic[0] == '\0' ? NULL : thread->topic,
        .topics = thread->topics,
        .now = when_now(),
        .progress = progress_of,
        .user = screen,
    };
    layout_conversation(&thread->rows, &layout);
    thread->width = width;
}

void thread_lay(struct screen *screen, unsigned width, unsigned height) {
    struct thread *thread = &screen->thread;
    if (thread->chat[0] == '\0') {
        return;
    }
    if (thread->width != width) {
        make_rows(screen, width);
        if (thread->up != 0) {
            to_anchor(thread);
        }
    }
    size_t first, last;
    if (thread->show_new) {
        enum { ABOVE = 3 }; /* rows for the rule, and what was said before */
        size_t rows = rows_of_new(thread) + ABOVE;
        thread->up = rows > height ? rows - height : 0;
        thread->show_new = false;
    }
    if (thread->follow && thread->selected >= 0 && rows_of(thread, thread->selected, &first, &last)) {
        if (last < thread->up) {
            thread->up = last;
        } else if (first >= thread->up + height) {
            thread->up = first + 1 - height;
        }
    }
    thread->follow = false;
    bound(thread, height);
    take_anchor(thread);
}

/* The rows again, after pages have come: what was seen stays where it is. */
static void lay_again(struct screen *screen, unsigned width) {
    if (width != 0) {
        make_rows(screen, width);
        to_anchor(&screen->thread);
    }
}

/* Puts an older page in front. False: there is none. */
static bool add_older(struct screen *screen) {
    struct thread *thread = &screen->thread;
    if (!thread->older || count_of(thread) == 0) {
        return false;
    }
    unsigned width = thread->width;
    bool more = false;
    cJSON *page = read_page(screen, number_at(thread, 0), SCREEN_PAGE, &more);
    int length = cJSON_GetArraySize(page);
    thread->older = more && length != 0;
    for (int i = length; i-- > 0;) {
        (void)cJSON_InsertItemInArray(thread->messages, 0, cJSON_DetachItemFromArray(page, i));
    }
    cJSON_Delete(page);
    thread->selected += thread->selected >= 0 ? length : 0;
    put_root(screen);
    trim(thread, false);
    lay_again(screen, width);
    return length != 0;
}

/* Earlier messages come to a new device without a word each: to who looks at the chat already, too. */
static void look_back(struct screen *screen) {
    struct thread *thread = &screen->thread;
    bool more = false;
    if (!thread->changed || thread->older || thread->topic[0] != '\0') {
        return;
    }
    thread->changed = false;
    if (count_of(thread) == 0) {
        thread->behind = true;
        return;
    }
    cJSON *page = read_page(screen, number_at(thread, 0), 1, &more);
    thread->older = cJSON_GetArraySize(page) != 0;
    cJSON_Delete(page);
    if (thread->older && count_of(thread) < SCREEN_PAGE) {
        (void)add_older(screen);
    }
}

void thread_catch_up(struct screen *screen) {
    struct thread *thread = &screen->thread;
    bool more = false, empty = count_of(thread) == 0;
    if (thread->newer || thread->chat[0] == '\0') {
        return;
    }
    look_back(screen);
    if (!thread->behind) {
        return;
    }
    thread->behind = false;
    cJSON *page = read_page(screen, 0, SCREEN_PAGE, &more);
    const cJSON *message = NULL;
    cJSON_ArrayForEach(message, page) {
        thread_put(thread, message);
    }
    thread->older = thread->older || (empty && more);
    cJSON_Delete(page);
}

static uint64_t page_end(const cJSON *page) {
    return show_number(cJSON_GetArrayItem(page, cJSON_GetArraySize(page) - 1), "number");
}

/* Puts a newer page behind. False: there is none. */
static bool add_newer(struct screen *screen) {
    struct thread *thread = &screen->thread;
    if (!thread->newer) {
        return false;
    }
    unsigned width = thread->width;
    bool more = false;
    uint64_t last = number_at(thread, count_of(thread) - 1), before = last + 1;
    uint64_t end = show_number(cJSON_GetObjectItemCaseSensitive(screen_chat(screen, thread->chat), "last"), "number");
    cJSON *page = NULL;
    /* Numbers may be missing, more than a page of them where messages have disappeared. */
    do {
        before += SCREEN_PAGE;
        cJSON_Delete(page);
        page = read_page(screen, before, SCREEN_PAGE, &more);
    } while (page != NULL && before <= end && page_end(page) <= last);
    int added = 0;
    while (cJSON_GetArraySize(page) != 0) {
        cJSON *message = cJSON_DetachItemFromArray(page, 0);
        if (show_number(message, "number") > last) {
            (void)cJSON_AddItemToArray(thread->messages, message);
            added++;
        } else {
            cJSON_Delete(message);
        }
    }
    cJSON_Delete(page);
    thread->newer = added != 0;
    trim(thread, true);
    lay_again(screen, width);
    return added != 0;
}

void thread_scroll(struct screen *screen, long rows, unsigned height) {
    struct thread *thread = &screen->thread;
    if (rows > 0) {
        if (thread->rows.count <= thread->up + height + (size_t)rows) {
            (void)add_older(screen);
        }
        thread->up += (size_t)rows;
    } else {
        size_t down = (size_t)-rows;
        if (thread->up < down) {
            (void)add_newer(screen);
        }
        thread->up -= thread->up < down ? thread->up : down;
    }
    bound(thread, height);
    take_anchor(thread);
}

void thread_to_end(struct screen *screen) {
    screen->thread.up = 0;
    screen->thread.selected = -1;
    if (screen->thread.newer) {
        open_at(screen, screen->thread.chat, screen->thread.topic, 0);
    }
}

void thread_select(struct screen *screen, int by) {
    struct thread *thread = &screen->thread;
    int count = count_of(thread);
    if (count == 0) {
        return;
    }
    if (thread->selected < 0) {
        thread->selected = count - 1;
    } else if (by < 0 && thread->selected + by < 0) {
        thread->selected = add_older(screen) ? thread->selected + by : 0;
        thread->selected = thread->selected < 0 ? 0 : thread->selected;
    } else {
        if (thread->selected + by >= count) {
            (void)add_newer(screen);
            count = count_of(thread);
        }
        thread->selected = thread->selected + by < count ? thread->selected + by : count - 1;
    }
    thread->follow = true;
}

const cJSON *thread_selected(const struct screen *screen) {
    return screen->thread.selected < 0 ? NULL : cJSON_GetArrayItem(screen->thread.messages, screen->thread.selected);
}
