/* SPDX-License-Identifier: EUPL-1.2 */
/* Pages over the conversation: rows to scroll through, some of which can be selected. */
#include "screen/screen.h"

#include <string.h>

#include "qr.h"
#include "screen/wrap.h"

void page_open(struct screen *screen, const char *title, void (*build)(struct screen *screen, unsigned width),
               bool (*key)(struct screen *screen, struct keys_press key), const char *hint) {
    struct page *page = &screen->page;
    cJSON_Delete(page->items);
    page->items = NULL;
    screen_copy(page->title, sizeof page->title, title);
    page->build = build;
    page->key = key;
    page->hint = hint;
    page->width = 0;
    page->top = 0;
    page->selected = -1;
    if (screen->focus != FOCUS_PAGE) {
        screen->page_back = screen->focus == FOCUS_LIST ? FOCUS_LIST : FOCUS_TYPE;
    }
    screen->thread.selected = -1;
    screen->focus = FOCUS_PAGE;
}

void page_close(struct screen *screen) {
    screen->focus = screen->page_back;
    screen->page.build = NULL;
}

void page_lay(struct screen *screen, unsigned width) {
    struct page *page = &screen->page;
    if (page->build != NULL && page->width != width) {
        page->width = width; /* first: what comes meanwhile makes it stale again */
        rows_clear(&page->rows);
        page->build(screen, width);
    }
}

const cJSON *page_selected(const struct screen *screen) {
    return screen->page.selected < 0 ? NULL : cJSON_GetArrayItem(screen->page.items, screen->page.selected);
}

void page_line(struct page *page, int item, unsigned width, const char *label, const char *text) {
    enum { COLUMN = 18 };
    rows_labelled(&page->rows, item, 1, label[0] == '\0' ? 1 : COLUMN, width, STYLE_DIM, label, text);
}

void page_qr(struct page *page, const char *text) {
    enum { MAX_CODE = 64 << 10 };
    struct base_writer code = base_writer(base_allocator_libc(), MAX_CODE);
    rows_begin(&page->rows, -1);
    if (qr_write(&code, text)) {
        base_write_u8(&code, 0);
        if (base_writer_view(&code).len != 0) {
            char *line = (char *)code.data;
            for (char *end = strchr(line, '\n'); end != NULL; end = strchr(line, '\n')) {
                *end = '\0';
                rows_begin(&page->rows, -1);
                (void)rows_put(&page->rows, 1, QR_MAX_TEXT, STYLE_QR, line);
                line = end + 1;
            }
        }
    }
    base_writer_free(&code);
}

/* The row that begins an item; SIZE_MAX: none does. */
static size_t row_of(const struct page *page, int item) {
    for (size_t i = 0; i < page->rows.count; i++) {
        if (page->rows.rows[i].item == item) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void scroll(struct page *page, long by, unsigned height) {
    size_t most = page->rows.count > height ? page->rows.count - height : 0;
    size_t back = by < 0 ? (size_t)-by : 0;
    page->top = by < 0 ? page->top - (page->top < back ? page->top : back) : page->top + (size_t)by;
    page->top = page->top < most ? page->top : most;
}

static void select_by(struct page *page, long by, unsigned height) {
    int count = cJSON_GetArraySize(page->items);
    long wanted = page->selected + by;
    page->selected = (int)(wanted < 0 ? 0 : wanted >= count ? count - 1 : wanted);
    size_t row = row_of(page, page->selected);
    if (row != SIZE_MAX && row < page->top) {
        page->top = page->selected == 0 ? 0 : row;
    } else if (row != SIZE_MAX && row >= page->top + height) {
        page->top = row + 1 - height;
    }
}

static void move(struct page *page, long by, unsigned height) {
    if (page->selected >= 0) {
        select_by(page, by, height);
    } else {
        scroll(page, by, height);
    }
}

void page_key(struct screen *screen, struct keys_press key) {
    struct page *page = &screen->page;
    unsigned height = view_height(screen);
    page_lay(screen, view_width(screen)); /* keys may be quicker than the first picture of it */
    if (page->key != NULL && page->key(screen, key)) {
        return;
    }
    switch (key.kind) {
    case KEYS_UP:
        move(page, -1, height);
        break;
    case KEYS_DOWN:
        move(page, 1, height);
        break;
    case KEYS_PAGE_UP:
        move(page, -(long)height, height);
        break;
    case KEYS_PAGE_DOWN:
        move(page, height, height);
        break;
    case KEYS_HOME:
        move(page, -ROWS_MAX, height);
        break;
    case KEYS_END:
        move(page, ROWS_MAX, height);
        break;
    case KEYS_ESCAPE:
    case KEYS_TAB:
    case KEYS_HELP:
        page_close(screen);
        break;
    case KEYS_CHARACTER:
        if (key.c == 'q') {
            page_close(screen);
        } else if (key.c == '?') {
            help_open(screen);
        }
        break;
    default:
        break;
    }
}
