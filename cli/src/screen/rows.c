/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows of text as they stand on the screen. */
#include "screen/rows.h"

#include "screen/wrap.h"

enum { FIRST_CAPACITY = 64, MAX_TEXT = 64 << 20 };

struct rows rows_make(void) {
    return (struct rows){ .text = base_writer(base_allocator_libc(), MAX_TEXT) };
}

void rows_free(struct rows *rows) {
    base_writer_free(&rows->text);
    base_free(rows->spans);
    base_free(rows->rows);
    *rows = (struct rows){ 0 };
}

void rows_clear(struct rows *rows) {
    base_writer_free(&rows->text);
    rows->text = base_writer(base_allocator_libc(), MAX_TEXT);
    rows->span_count = 0;
    rows->count = 0;
}

/* Room for one more of `size` bytes; false: what does not fit is not shown. */
static bool reserve(void *block_at, size_t count, size_t *capacity, size_t size) {
    void **block = (void **)block_at;
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;
    void *grown = *block == NULL ? base_take(base_allocator_libc(), wanted, size) : base_retake(*block, wanted, size);
    if (grown == NULL) {
        return false;
    }
    *block = grown;
    *capacity = wanted;
    return true;
}

void rows_begin(struct rows *rows, int item) {
    if (rows->count < ROWS_MAX && reserve((void *)&rows->rows, rows->count, &rows->capacity, sizeof *rows->rows)) {
        rows->rows[rows->count++] = (struct row){ rows->span_count, 0, item };
    }
}

/* Adds a span whose text stands at `at` already. */
static void add_span(struct rows *rows, size_t at, size_t len, unsigned column, unsigned columns, enum style style) {
    if (len != 0 && rows->count != 0 &&
        reserve((void *)&rows->spans, rows->span_count, &rows->span_capacity, sizeof *rows->spans)) {
        rows->spans[rows->span_count++] = (struct span){ at, len, column, columns, style };
        rows->rows[rows->count - 1].count++;
    }
}

/* Adds to the text; where it begins. */
static size_t add_text(struct rows *rows, const char *text, enum text_form form, struct base_slice *shown) {
    size_t at = rows->text.len;
    text_write_shown(&rows->text, base_slice_text(text), form, 0);
    *shown = rows->text.failed != BASE_OK ? base_slice(NULL, 0) : base_slice(rows->text.data + at, rows->text.len - at);
    return at;
}

unsigned rows_put(struct rows *rows, unsigned column, unsigned width, enum style style, const char *text) {
    struct base_slice shown;
    size_t at = add_text(rows, text, TEXT_LINE, &shown);
    struct base_slice cut = wrap_cut(shown, width);
    unsigned columns = text_columns(cut);
    add_span(rows, at, cut.len, column, columns, style);
    return column + columns;
}

struct rows_mixed rows_mixed(const struct rows *rows) {
    return (struct rows_mixed){ .at = rows->text.len };
}

void rows_mix(struct rows *rows, struct rows_mixed *mixed, enum style style, enum text_form form,
              struct base_slice text) {
    size_t at = rows->text.len;
    text_write_shown(&rows->text, text, form, 0);
    if (style != STYLE_PLAIN && mixed->count < ROWS_MARKS && rows->text.failed == BASE_OK) {
        mixed->marks[mixed->count].at = at;
        mixed->marks[mixed->count].len = rows->text.len - at;
        mixed->marks[mixed->count++].style = style;
    }
}

/* The spans of one row from `at` to `end` of the text; `next` is the first mark that does not end before. */
static void add_mixed(struct rows *rows, const struct rows_mixed *mixed, size_t *next, size_t at, size_t end,
                      unsigned column, enum style style) {
    while (at < end) {
        while (*next < mixed->count && mixed->marks[*next].at + mixed->marks[*next].len <= at) {
            (*next)++;
        }
        bool marked = *next < mixed->count && mixed->marks[*next].at <= at;
        size_t mark = *next == mixed->count ? end
                      : marked              ? mixed->marks[*next].at + mixed->marks[*next].len
                                            : mixed->marks[*next].at;
        size_t to = mark < end ? mark : end;
        unsigned columns = text_columns(base_slice(rows->text.data + at, to - at));
        add_span(rows, at, to - at, column, columns, marked ? mixed->marks[*next].style : style);
        column += columns;
        at = to;
    }
}

void rows_wrap_mixed(struct rows *rows, const struct rows_mixed *mixed, int item, unsigned column, unsigned width,
                     enum style style, bool here) {
    struct base_slice shown = rows->text.failed != BASE_OK
                                  ? base_slice(NULL, 0)
                                  : base_slice(rows->text.data + mixed->at, rows->text.len - mixed->at);
    struct wrap wrap = wrap_begin(shown, width);
    struct wrap_row row;
    size_t next = 0;
    while (wrap_next(&wrap, &row)) {
        if (!here) {
            rows_begin(rows, item);
        }
        here = false;
        add_mixed(rows, mixed, &next, mixed->at + row.at, mixed->at + row.at + row.len, column, style);
    }
}

void rows_wrap(struct rows *rows, int item, unsigned column, unsigned width, enum style style, enum text_form form,
               const char *text, bool here) {
    struct rows_mixed mixed = rows_mixed(rows);
    rows_mix(rows, &mixed, STYLE_PLAIN, form, base_slice_text(text));
    rows_wrap_mixed(rows, &mixed, item, column, width, style, here);
}

void rows_labelled(struct rows *rows, int item, unsigned from, unsigned column, unsigned width, enum style style,
                   const char *label, const char *text) {
    enum { LEAST = 10 };
    rows_begin(rows, item);
    unsigned end = rows_put(rows, from, width > from + LEAST ? width - from - 1 : LEAST, style, label);
    rows_wrap(rows, item, column, width > column + LEAST ? width - column - 1 : LEAST, STYLE_PLAIN, TEXT_LINE, text,
              end < column || label[0] == '\0');
}

unsigned rows_end(const struct rows *rows) {
    if (rows->count == 0 || rows->rows[rows->count - 1].count == 0) {
        return 0;
    }
    const struct span *last = &rows->spans[rows->span_count - 1];
    return last->column + last->columns;
}

struct base_slice rows_text(const struct rows *rows, const struct span *span) {
    return base_slice(rows->text.data + span->at, span->len);
}
