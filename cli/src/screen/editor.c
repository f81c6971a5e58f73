/* SPDX-License-Identifier: EUPL-1.2 */
/* What is being typed. */
#include "screen/editor.h"

#include <string.h>

#include "text.h"

enum { FIRST_CAPACITY = 256 };

struct editor editor_make(size_t max, bool one_line) {
    return (struct editor){ .max = max, .one_line = one_line };
}

void editor_free(struct editor *editor) {
    base_free(editor->text);
    base_free(editor->killed);
    *editor = (struct editor){ .max = editor->max, .one_line = editor->one_line };
}

const char *editor_text(const struct editor *editor) {
    return editor->text == NULL ? "" : editor->text;
}

struct base_slice editor_slice(const struct editor *editor) {
    return base_slice(editor_text(editor), editor->len);
}

/* Makes room for `more` bytes; false: there is none. */
static bool reserve(struct editor *editor, size_t more) {
    if (more > editor->max - editor->len) {
        return false;
    }
    size_t wanted = editor->capacity == 0 ? FIRST_CAPACITY : editor->capacity;
    while (wanted < editor->len + more + 1) {
        wanted *= 2;
    }
    if (wanted == editor->capacity) {
        return true;
    }
    char *grown = (char *)(editor->text == NULL ? base_take(base_allocator_libc(), wanted, 1)
                                                : base_retake(editor->text, wanted, 1));
    if (grown == NULL) {
        return false;
    }
    editor->text = grown;
    editor->capacity = wanted;
    return true;
}

static void insert_bytes(struct editor *editor, const void *bytes, size_t len) {
    if (reserve(editor, len)) {
        memmove(editor->text + editor->cursor + len, editor->text + editor->cursor, editor->len - editor->cursor + 1);
        memcpy(editor->text + editor->cursor, bytes, len);
        editor->cursor += len;
        editor->len += len;
        editor->text[editor->len] = '\0';
    } else {
        editor->full = true;
    }
}

void editor_insert(struct editor *editor, struct base_slice text) {
    editor->column_kept = false;
    while (text.len != 0) {
        const uint8_t *begin = text.data;
        uint32_t c = text_next(&text);
        if (c == '\t' || (c == '\n' && editor->one_line)) {
            insert_bytes(editor, " ", 1);
        } else if (c == '\n' || !text_is_harmful(c)) {
            insert_bytes(editor, begin, (size_t)(text.data - begin));
        }
    }
}

void editor_set(struct editor *editor, const char *text) {
    editor->len = 0;
    editor->cursor = 0;
    editor->column_kept = false;
    if (editor->text != NULL) {
        base_wipe(editor->text, editor->capacity);
    }
    editor_insert(editor, base_slice_text(text));
}

static void erase(struct editor *editor, size_t begin, size_t end) {
    if (begin == end) {
        return;
    }
    memmove(editor->text + begin, editor->text + end, editor->len - end + 1);
    editor->len -= end - begin;
    editor->cursor = begin;
}

void editor_erase_back(struct editor *editor, size_t begin) {
    erase(editor, begin, editor->cursor);
}

static void kill(struct editor *editor, size_t begin, size_t end) {
    char *killed = begin == end ? NULL : (char *)base_take(base_allocator_libc(), end - begin + 1, 1);
    if (killed != NULL) {
        memcpy(killed, editor->text + begin, end - begin);
        base_free(editor->killed);
        editor->killed = killed;
    }
    erase(editor, begin, end);
}

static size_t after(const struct editor *editor, size_t at) {
    unsigned columns;
    return at == editor->len ? at : at + wrap_cluster(base_slice(editor->text + at, editor->len - at), &columns);
}

static size_t before(const struct editor *editor, size_t at) {
    return wrap_before(editor_slice(editor), at);
}

/* Bytes of other scripts count as letters. */
static bool is_space(char c) {
    return c == ' ' || c == '\n';
}

static size_t word_before(const struct editor *editor, size_t at) {
    while (at > 0 && is_space(editor->text[at - 1])) {
        at--;
    }
    while (at > 0 && !is_space(editor->text[at - 1])) {
        at--;
    }
    return at;
}

static size_t word_after(const struct editor *editor, size_t at) {
    while (at < editor->len && is_space(editor->text[at])) {
        at++;
    }
    while (at < editor->len && !is_space(editor->text[at])) {
        at++;
    }
    return at;
}

static size_t line_begin(const struct editor *editor) {
    size_t at = editor->cursor;
    while (at > 0 && editor->text[at - 1] != '\n') {
        at--;
    }
    return at;
}

static size_t line_end(const struct editor *editor) {
    size_t at = editor->cursor;
    while (at < editor->len && editor->text[at] != '\n') {
        at++;
    }
    return at;
}

/* Where the column `column` of a row is. */
static size_t at_column(const struct editor *editor, const struct wrap_row *row, unsigned column) {
    return row->at + wrap_cut(base_slice(editor->text + row->at, row->len), column).len;
}

void editor_place(const struct editor *editor, unsigned width, unsigned *row, unsigned *column, unsigned *rows) {
    struct wrap wrap = wrap_begin(editor_slice(editor), width);
    struct wrap_row r;
    *rows = 0;
    *row = 0;
    *column = 0;
    while (wrap_next(&wrap, &r)) {
        if (r.at <= editor->cursor) {
            size_t within = editor->cursor - r.at < r.len ? editor->cursor - r.at : r.len;
            *row = *rows;
            *column = text_columns(base_slice(editor_text(editor) + r.at, within));
        }
        (*rows)++;
    }
}

/* Goes to the row above or below; false: there is none. */
static bool move_row(struct editor *editor, unsigned width, bool down) {
    unsigned row, column, rows;
    editor_place(editor, width, &row, &column, &rows);
    if (down ? row + 1 == rows : row == 0) {
        return false;
    }
    if (!editor->column_kept) {
        editor->column = column;
    }
    struct wrap wrap = wrap_begin(editor_slice(editor), width);
    struct wrap_row r;
    unsigned wanted = down ? row + 1 : row - 1;
    for (unsigned i = 0; wrap_next(&wrap, &r); i++) {
        if (i == wanted) {
            editor->cursor = at_column(editor, &r, editor->column);
            break;
        }
    }
    editor->column_kept = true;
    return true;
}

static bool control_key(struct editor *editor, uint32_t c) {
    switch (c) {
    case 'a':
        editor->cursor = line_begin(editor);
        return true;
    case 'e':
        editor->cursor = line_end(editor);
        return true;
    case 'd':
        erase(editor, editor->cursor, after(editor, editor->cursor));
        return true;
    case 'h':
        editor_erase_back(editor, before(editor, editor->cursor));
        return true;
    case 'k':
        kill(editor, editor->cursor, line_end(editor));
        return true;
    case 'u':
        kill(editor, line_begin(editor), editor->cursor);
        return true;
    case 'w':
        kill(editor, word_before(editor, editor->cursor), editor->cursor);
        return true;
    case 'y':
        if (editor->killed != NULL) {
            editor_insert(editor, base_slice_text(editor->killed));
        }
        return true;
    default:
        return false;
    }
}

static void insert_character(struct editor *editor, uint32_t c) {
    struct base_writer writer = base_writer(base_allocator_libc(), 4);
    text_write_character(&writer, c);
    editor_insert(editor, base_writer_view(&writer));
    base_writer_free(&writer);
}

bool editor_key(struct editor *editor, struct keys_press key, unsigned width) {
    if (key.kind == KEYS_UP || key.kind == KEYS_DOWN) {
        return move_row(editor, width, key.kind == KEYS_DOWN);
    }
    editor->column_kept = false;
    switch (key.kind) {
    case KEYS_CHARACTER:
        insert_character(editor, key.c);
        return true;
    case KEYS_NEW_LINE:
        editor_insert(editor, base_slice_text("\n"));
        return true;
    case KEYS_BACKSPACE:
        editor_erase_back(editor, before(editor, editor->cursor));
        return true;
    case KEYS_DELETE:
        erase(editor, editor->cursor, after(editor, editor->cursor));
        return true;
    case KEYS_LEFT:
        editor->cursor = before(editor, editor->cursor);
        return true;
    case KEYS_RIGHT:
        editor->cursor = after(editor, editor->cursor);
        return true;
    case KEYS_WORD_LEFT:
        editor->cursor = word_before(editor, editor->cursor);
        return true;
    case KEYS_WORD_RIGHT:
        editor->cursor = word_after(editor, editor->cursor);
        return true;
    case KEYS_HOME:
        editor->cursor = line_begin(editor);
        return true;
    case KEYS_END:
        editor->cursor = line_end(editor);
        return true;
    case KEYS_ALT:
        if (key.c == 'b' || key.c == 'f') {
            editor->cursor = key.c == 'b' ? word_before(editor, editor->cursor) : word_after(editor, editor->cursor);
            return true;
        }
        return false;
    case KEYS_CONTROL:
        return control_key(editor, key.c);
    default:
        return false;
    }
}
