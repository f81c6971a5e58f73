/* SPDX-License-Identifier: EUPL-1.2 */
/* What the full-screen view looks like: ncurses alone is here, and nothing is decided. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "exit.h"
#include "screen/screen.h"
#include "screen/wrap.h"
#include "when.h"
#include "words.h"

enum {
    LEAST_FOR_TWO = 70, /* columns from which on the list stands beside the conversation */
    LIST_LEAST = 22,
    LIST_MOST = 36,
    WIDTH_MOST = 120, /* of the conversation: longer lines are hard to read */
    INPUT_MOST = 8,   /* rows of the typing line */
    ZERO_WIDTH_JOINER = 0x200d,
    VARIATION_FIRST = 0xfe00,
    VARIATION_LAST = 0xfe0f,
};

/* Pairs of colours. The others than the terminal's own are chosen so that they can be read on black and on white. */
enum { PAIR_NONE, PAIR_PERSON, PAIR_SELF, PAIR_GOOD, PAIR_BAD, PAIR_QR };

static bool has_own_colours(void) {
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || no_color[0] == '\0') && has_colors();
}

static void start_colours(void) {
    if (!has_own_colours() || start_color() == ERR || use_default_colors() == ERR) {
        return;
    }
    bool many = COLORS >= 256;
    /* Of eight colours these are only two: cyan, green and yellow are nothing on white, and blue is nothing on black.
     */
    (void)init_pair(PAIR_PERSON, many ? 31 : -1, -1);
    (void)init_pair(PAIR_SELF, many ? 133 : COLOR_MAGENTA, -1);
    (void)init_pair(PAIR_GOOD, many ? 28 : -1, -1);
    (void)init_pair(PAIR_BAD, many ? 160 : COLOR_RED, -1);
    (void)init_pair(PAIR_QR, COLOR_BLACK, many ? 231 : COLOR_WHITE);
}

static void use_style(enum style style) {
    static const struct {
        attr_t attributes;
        short pair;
    } looks[STYLE_COUNT] = {
        [STYLE_PLAIN] = { A_NORMAL, PAIR_NONE }, [STYLE_DIM] = { A_DIM, PAIR_NONE },
        [STYLE_BOLD] = { A_BOLD, PAIR_NONE },    [STYLE_PERSON] = { A_BOLD, PAIR_PERSON },
        [STYLE_SELF] = { A_BOLD, PAIR_SELF },    [STYLE_GOOD] = { A_NORMAL, PAIR_GOOD },
        [STYLE_BAD] = { A_BOLD, PAIR_BAD },      [STYLE_QR] = { A_NORMAL, PAIR_QR },
        [STYLE_BAR] = { A_REVERSE, PAIR_NONE },  [STYLE_CALL] = { A_BOLD | A_REVERSE, PAIR_SELF },
    };
    (void)attr_set(looks[style].attributes, has_own_colours() ? looks[style].pair : PAIR_NONE, NULL);
}

/* What is pasted is marked, and it is told whether the window is in use (xterm, "Bracketed Paste Mode",
 * "FocusIn/FocusOut").
 */
static void use_modes(bool on) {
    (void)fputs(on ? "\033[?2004h\033[?1004h" : "\033[?2004l\033[?1004l", stdout);
    (void)fflush(stdout);
}

int view_open(void) {
    const char *terminal = getenv("TERM");
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1 || terminal == NULL || strcmp(terminal, "dumb") == 0) {
        exit_say(_("this needs a terminal; the other commands do without one"));
        return EX_UNAVAILABLE;
    }
    if (newterm(NULL, stdout, stdin) == NULL) {
        exit_say_about(terminal, _("this kind of terminal is not known"));
        return EX_UNAVAILABLE;
    }
    (void)raw();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)set_escdelay(25);
    start_colours();
    use_modes(true);
    return EX_OK;
}

void view_close(void) {
    use_modes(false);
    (void)erase(); /* not every terminal has a screen of its own for this: nothing must stay on it */
    (void)refresh();
    (void)fflush(stdout);
    (void)endwin();
}

void view_suspend(void) {
    view_close();
    (void)raise(SIGSTOP);
    use_modes(true);
    view_reset();
}

void view_lend(bool away) {
    if (stdscr != NULL && away) {
        view_close();
    } else if (stdscr != NULL) {
        use_modes(true);
        view_reset();
    }
}

void view_reset(void) {
    (void)clearok(stdscr, TRUE);
    (void)refresh();
}

/* Names and texts never go to where notices are kept and shown over a locked screen. */
void view_ring(bool notify) {
    (void)beep();
    if (notify) {
        (void)printf("\033]9;Weibel: %s\007", _("a new message"));
        (void)fflush(stdout);
    }
}

/* --- sizes --- */

struct sizes {
    int rows, columns;
    int list;   /* columns of the list; 0: it is not seen */
    int left;   /* where the conversation begins, and … */
    int width;  /* … its columns; 0: it is not seen */
    int input;  /* rows of the typing line */
    int status; /* rows of the status line */
    int height; /* rows of the conversation */
};

enum { STATUS_MOST = 4 }; /* rows */

/* What the status line says besides what can be pressed. False: nothing. */
static bool status_words(const struct screen *screen, char *out, size_t size, enum style *style) {
    if (screen->status[0] != '\0' && client_now() < screen->status_until) {
        (void)snprintf(out, size, "%s", screen->status);
        *style = screen->status_bad ? STYLE_BAD : STYLE_BOLD;
        return true;
    }
    if (!screen->online && screen->reason[0] != '\0') {
        (void)snprintf(out, size, _("offline: what you write goes out later (%s)"), screen->reason);
        *style = STYLE_BAD;
        return true;
    }
    return false;
}

/* Rows that it needs: what was said is read whole. */
static int status_rows(const struct screen *screen, int columns) {
    char words[2 * SCREEN_STATUS];
    enum style style;
    struct wrap_row row;
    int rows = 0;
    if (screen->focus == FOCUS_ASK || screen->focus == FOCUS_PROMPT ||
        !status_words(screen, words, sizeof words, &style)) {
        return 1;
    }
    struct wrap wrap = wrap_begin(base_slice_text(words), columns > 3 ? (unsigned)columns - 2 : 1);
    while (rows < STATUS_MOST && wrap_next(&wrap, &row)) {
        rows++;
    }
    return rows;
}

static bool is_typing_shown(const struct screen *screen) {
    return screen->focus != FOCUS_PAGE && screen->page.build == NULL && screen->thread.chat[0] != '\0';
}

/* All but what depends on how many rows the typing line takes: that is asked for at each key, and its text may be long.
 */
static struct sizes columns_of(const struct screen *screen) {
    struct sizes s = { .rows = LINES, .columns = COLS };
    bool two = s.columns >= LEAST_FOR_TWO;
    bool list_alone =
        !two && (screen->focus == FOCUS_LIST || (screen->thread.chat[0] == '\0' && screen->page.build == NULL));
    s.list = two ? s.columns / 4 : list_alone ? s.columns : 0;
    if (two) {
        s.list = s.list < LIST_LEAST ? LIST_LEAST : s.list > LIST_MOST ? LIST_MOST : s.list;
    }
    s.left = two ? s.list + 1 : 0;
    s.width = list_alone ? 0 : s.columns - s.left;
    s.width = s.width > WIDTH_MOST ? WIDTH_MOST : s.width;
    return s;
}

static struct sizes sizes_of(const struct screen *screen) {
    struct sizes s = columns_of(screen);
    s.status = status_rows(screen, s.columns);
    s.height = s.rows - 2 - s.status; /* title, heading, status */
    if (is_typing_shown(screen) && s.width > 4) {
        unsigned row, column, rows;
        editor_place(&screen->editor, (unsigned)s.width - 3, &row, &column, &rows);
        s.input = rows > INPUT_MOST ? INPUT_MOST : (int)rows;
        s.input = s.input > s.height / 2 ? s.height / 2 : s.input;
        s.input = s.input < 1 ? 1 : s.input;
        s.height -= s.input + 1;
    }
    s.height = s.height < 1 ? 1 : s.height;
    return s;
}

unsigned view_height(const struct screen *screen) {
    return (unsigned)sizes_of(screen).height;
}

unsigned view_width(const struct screen *screen) {
    int width = columns_of(screen).width;
    return width < 1 ? 1 : (unsigned)width;
}

unsigned view_typing_width(const struct screen *screen) {
    unsigned width = view_width(screen);
    return width > 4 ? width - 3 : 1;
}

/* --- drawing --- */

/* Terminals draw joined emojis narrower than the sum of their parts, or not: without what joins them all agree. */
static void put_bytes(struct base_slice text) {
    while (text.len != 0) {
        const uint8_t *begin = text.data;
        size_t len = 0;
        bool dropped = false;
        while (text.len != 0 && !dropped) {
            uint32_t c = text_next(&text);
            dropped = c == ZERO_WIDTH_JOINER || (c >= VARIATION_FIRST && c <= VARIATION_LAST);
            len = dropped ? len : (size_t)(text.data - begin);
        }
        if (len != 0) {
            (void)addnstr((const char *)begin, (int)len);
        }
    }
}

/* Puts text, made harmless and cut off, at a place; returns the column behind it. */
static int put(int row, int column, int width, enum style style, const char *text) {
    struct base_writer shown = base_writer(base_allocator_libc(), 4096);
    text_write_shown(&shown, base_slice_text(text), TEXT_LINE, 0);
    struct base_slice cut = width < 1 ? base_slice(NULL, 0) : wrap_cut(base_writer_view(&shown), (unsigned)width);
    int columns = (int)text_columns(cut);
    use_style(style);
    if (move(row, column) != ERR) {
        put_bytes(cut);
    }
    base_writer_free(&shown);
    return column + columns;
}

static void bar(int row, int column, int width, enum style style) {
    use_style(style);
    (void)mvhline(row, column, ' ', width);
}

/* Words, made harmless, in as many rows as they need, the last of them at `row` if they grow `upward`, or else the
 * first. Returns how many. */
static int put_rows(int row, int column, int width, enum style style, const char *text, bool upward) {
    struct base_writer shown = base_writer(base_allocator_libc(), 4096);
    text_write_shown(&shown, base_slice_text(text), TEXT_LINE, 0);
    struct wrap_row next;
    int count = 0;
    for (int pass = upward ? 0 : 1; pass < 2; pass++) {
        struct wrap wrap = wrap_begin(base_writer_view(&shown), width < 1 ? 1 : (unsigned)width);
        row = pass == 1 && upward ? row - count + 1 : row;
        for (count = 0; wrap_next(&wrap, &next); count++) {
            if (pass == 1 && move(row + count, column) != ERR) {
                use_style(style);
                (void)move(row + count, column == 1 ? 0 : column); /* over the whole screen, or beside the list */
                (void)clrtoeol();
                (void)move(row + count, column);
                put_bytes(base_slice(wrap.text.data + next.at, next.len));
            }
        }
    }
    base_writer_free(&shown);
    return count;
}

/* What can be pressed, as far as it fits in whole. */
static void put_hint(int row, int column, int width, const char *text) {
    static const char between[] = " · ";
    struct base_slice cut = wrap_cut(base_slice_text(text), width < 1 ? 0 : (unsigned)width);
    char words[SCREEN_STATUS];
    size_t len = cut.len < sizeof words - 1 ? cut.len : sizeof words - 1;
    memcpy(words, text, len);
    words[len] = '\0';
    if (text[len] != '\0') {
        char *last = NULL;
        for (char *at = strstr(words, between); at != NULL; at = strstr(at + 1, between)) {
            last = at;
        }
        if (last != NULL) {
            *last = '\0';
        }
    }
    (void)put(row, column, width, STYLE_DIM, words);
}

static void draw_title(const struct screen *screen, const struct sizes *s) {
    char state[SCREEN_TITLE];
    bar(0, 0, s->columns, STYLE_BAR);
    int column = put(0, 1, s->columns - 2, STYLE_BAR, "Weibel");
    (void)put(0, column + 2, s->columns - column - 3, STYLE_BAR, screen->own);
    const char *words = screen->online                                  ? _("online")
                        : strcmp(screen->connection, "connecting") == 0 ? _("connecting …")
                        : strcmp(screen->connection, "syncing") == 0    ? _("receiving …")
                                                                        : _("offline");
    (void)snprintf(state, sizeof state, "%s %s", screen->online ? "●" : "○", words);
    int columns = (int)text_columns(base_slice_text(state));
    if (columns + 20 < s->columns) {
        (void)put(0, s->columns - columns - 1, columns, STYLE_BAR, state);
    }
}

/* Of a chat of two, whose chat has the person's ID for a name. */
static bool has_changed(const struct screen *screen, const char *chat) {
    return show_flag(show_find(screen->show.contacts, "id", chat), "changed");
}

static void draw_list_row(const struct screen *screen, const cJSON *chat, int row, int width, bool selected) {
    char count[32] = "", at[WHEN_SIZE] = "";
    bool open = strcmp(show_text(chat, "chat"), screen->thread.chat) == 0;
    uint64_t unread = show_number(chat, "unread");
    bool muted = show_number(chat, "muted_until") > when_now(), called = show_number(chat, "called") != 0;
    enum style style = selected && screen->focus == FOCUS_LIST ? STYLE_BAR
                       : unread != 0 && (!muted || called)     ? STYLE_BOLD
                                                               : STYLE_PLAIN;
    if (style == STYLE_BAR) {
        bar(row, 0, width, STYLE_BAR);
    }
    if (unread != 0) {
        (void)snprintf(count, sizeof count, unread > 999 ? "%s999+" : "%s%u", called ? "@ " : "", (unsigned)unread);
    } else if (show_number(chat, "last_at") != 0) {
        when_short(show_number(chat, "last_at"), when_now(), at);
    }
    const char *end = count[0] != '\0' ? count : at;
    int ends = (int)text_columns(base_slice_text(end));
    const char *name = show_text(chat, "name");
    bool changed = has_changed(screen, show_text(chat, "chat"));
    const char *sign = changed                               ? "!"
                       : open                                ? "▸"
                       : show_flag(chat, "pinned")           ? "↑"
                       : muted                               ? "×"
                       : show_text(chat, "draft")[0] != '\0' ? "…"
                                                             : " ";
    (void)put(row, 0, 1, changed && style != STYLE_BAR ? STYLE_BAD : style, sign);
    (void)put(row, 2, width - 4 - ends, style, name[0] == '\0' ? show_text(chat, "chat") : name);
    (void)put(row, width - ends - 1, ends,
              style == STYLE_BAR                       ? style
              : count[0] != '\0' && (!muted || called) ? STYLE_GOOD
                                                       : STYLE_DIM,
              end);
}

/* Of what is under way a row at the list's end, which is the list's while there is nothing. */
static int joins_height(const struct screen *screen) {
    return cJSON_GetArraySize(screen->joins) == 0 ? 0 : 1;
}

static void draw_joins(const struct screen *screen, const struct sizes *s, int height) {
    char words[SCREEN_STATUS];
    int count = cJSON_GetArraySize(screen->joins);
    if (count > 0) {
        (void)snprintf(words, sizeof words, count == 1 ? _("J: joining one group …") : _("J: joining %d groups …"),
                       count);
        (void)put(1 + height, 1, s->list - 2, STYLE_DIM, words);
    }
}

static void draw_list(const struct screen *screen, const struct sizes *s) {
    int height = s->rows - 1 - s->status - joins_height(screen), count = choose_count(screen);
    int first = screen->listed >= height ? screen->listed - height + 1 : 0;
    if (count == 0) {
        (void)put(2, 1, s->list - 2, STYLE_DIM, screen->archived ? _("Nothing is archived.") : _("No chats yet."));
        (void)put(3, 1, s->list - 2, STYLE_DIM, screen->archived ? _("A: back") : _("n: write to somebody"));
    }
    for (int i = first; i < count && i - first < height; i++) {
        draw_list_row(screen, choose_at(screen, i), 1 + i - first, s->list, i == screen->listed);
    }
    draw_joins(screen, s, height);
    if (s->width > 0) {
        use_style(STYLE_DIM);
        (void)mvvline_set(1, s->list, WACS_VLINE, height + joins_height(screen));
    }
}

static void draw_rows(const struct rows *rows, size_t first, int top, const struct sizes *s, int selected) {
    for (int i = 0; i < s->height && first + (size_t)i < rows->count; i++) {
        const struct row *row = &rows->rows[first + (size_t)i];
        if (selected >= 0 && row->item == selected) {
            (void)put(top + i, s->left, 1, STYLE_BOLD, "▌");
        }
        for (size_t k = 0; k < row->count; k++) {
            const struct span *span = &rows->spans[row->first + k];
            if ((int)(span->column + span->columns) <= s->width || span->style == STYLE_QR) {
                use_style(span->style);
                (void)move(top + i, s->left + (int)span->column);
                put_bytes(rows_text(rows, span));
            }
        }
    }
}

static void draw_heading(const struct sizes *s, const char *name, const char *more, enum style style) {
    int column = put(1, s->left + 1, s->width - 2, STYLE_BOLD, name);
    (void)put(1, column + 2, s->left + s->width - column - 3, style, more);
}

static void chat_words(const struct screen *screen, char *out, size_t size) {
    const cJSON *chat = screen_chat(screen, screen->thread.chat);
    int members = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(chat, "members"));
    out[0] = '\0';
    if (chat != NULL && strcmp(show_text(chat, "kind"), "group") == 0) {
        (void)snprintf(out, size, members == 1 ? _("one member") : _("%d members"), members);
    } else {
        const cJSON *contact = show_find(screen->show.contacts, "id", screen->thread.chat);
        (void)snprintf(out, size, "%s%s", strcmp(show_text(contact, "name"), "") != 0 ? screen->thread.chat : "",
                       show_flag(contact, "changed") ? _("  identity key has changed! (Tab, i)")
                       : strcmp(show_text(contact, "trust"), "verified") == 0 ? _("  ✓ verified")
                                                                              : "");
    }
}

static void draw_thread(const struct screen *screen, const struct sizes *s) {
    const struct thread *thread = &screen->thread;
    char more[sizeof thread->chat + SCREEN_TITLE];
    if (thread->chat[0] == '\0') {
        int rows = put_rows(s->rows / 2, s->left + 2, s->width - 3, STYLE_DIM,
                            _("Choose a chat with ↑ ↓ and Enter, or write to somebody new with n."), false);
        (void)put(s->rows / 2 + rows, s->left + 2, s->width - 3, STYLE_DIM, _("? shows all keys."));
        return;
    }
    const char *name =
        show_chat_name(&screen->show, thread->chat)[0] == '\0' || screen_chat(screen, thread->chat) == NULL
            ? show_name(&screen->show, thread->chat)
            : show_chat_name(&screen->show, thread->chat);
    if (thread->topic[0] == '\0') {
        chat_words(screen, more, sizeof more);
    } else {
        (void)snprintf(more, sizeof more, "%s", _("a thread · Esc: back to the chat"));
    }
    draw_heading(s, name, more, has_changed(screen, thread->chat) && thread->topic[0] == '\0' ? STYLE_BAD : STYLE_DIM);
    size_t end = thread->rows.count - (thread->up < thread->rows.count ? thread->up : thread->rows.count);
    size_t first = end > (size_t)s->height ? end - (size_t)s->height : 0;
    int shown = (int)(end - first);
    draw_rows(&thread->rows, first, 2 + s->height - shown, s, screen->focus == FOCUS_TYPE ? -1 : thread->selected);
    if (thread->up != 0 || thread->newer) {
        const char *words = _("↓ newer messages: Page Down, Esc");
        int columns = (int)text_columns(base_slice_text(words));
        if (2 * columns > s->width) { /* the name of the chat needs its place */
            words = "↓↓";
            columns = 2;
        }
        (void)put(1, s->left + s->width - columns - 1, columns, STYLE_GOOD, words);
    }
}

/* The line above the typing line: what it is about. */
static void draw_purpose(const struct screen *screen, const struct sizes *s) {
    char words[SCREEN_STATUS] = "";
    if (screen->edit[0] != '\0') {
        (void)snprintf(words, sizeof words, "%s", _("changing the message · Esc: no"));
    } else if (screen->reply_to[0] != '\0') {
        const cJSON *message = thread_message(screen, screen->reply_to);
        (void)snprintf(words, sizeof words, _("answering %s · Esc: no"),
                       show_flag(message, "own") ? _("yourself")
                                                 : show_name(&screen->show, show_text(message, "from")));
    }
    const cJSON *file = NULL;
    cJSON_ArrayForEach(file, screen->files) {
        char size[SHOW_SIZE], voice[SHOW_VOICE];
        bool spoken = strcmp(show_text(file, "kind"), "voice") == 0;
        size_t len = strlen(words);
        show_size(show_number(file, "size"), size);
        show_voice(show_number(file, "duration"), voice);
        bool bare = show_flag(file, "bare");
        (void)snprintf(words + len, sizeof words - len, "%s[%s, %s%s%s]", len == 0 ? "" : "  ",
                       spoken ? voice : show_text(file, "name"), size, bare ? ", " : "",
                       bare ? _("without place and time") : "");
    }
    use_style(STYLE_DIM);
    int row = 2 + s->height;
    (void)mvhline_set(row, s->left, WACS_HLINE, s->width);
    if (words[0] != '\0') {
        (void)put(row, s->left + 1, s->width - 2, STYLE_BOLD, words);
    }
}

/* Rows of an editor from its place on the screen; the cursor goes there if it is seen. */
static void draw_editor(const struct editor *editor, int top, int left, int width, int rows, bool cursor) {
    unsigned row, column, count;
    editor_place(editor, (unsigned)width, &row, &column, &count);
    unsigned first = (int)row >= rows ? row - (unsigned)rows + 1 : 0;
    struct wrap wrap = wrap_begin(editor_slice(editor), (unsigned)width);
    struct wrap_row r;
    use_style(STYLE_PLAIN);
    for (unsigned i = 0; wrap_next(&wrap, &r); i++) {
        if (i >= first && (int)(i - first) < rows) {
            (void)move(top + (int)(i - first), left);
            put_bytes(base_slice(editor_text(editor) + r.at, r.len));
        }
    }
    if (cursor) {
        (void)move(top + (int)(row - first), left + (int)column);
    }
}

static void draw_typing(const struct screen *screen, const struct sizes *s) {
    int top = 3 + s->height;
    draw_purpose(screen, s);
    if (!type_may_write(screen)) {
        (void)put(top, s->left + 1, s->width - 2, STYLE_DIM, _("You are not a member of this group any more."));
        return;
    }
    (void)put(top, s->left, 1, screen->focus == FOCUS_TYPE ? STYLE_BOLD : STYLE_DIM, ">");
    draw_editor(&screen->editor, top, s->left + 2, s->width - 3, s->input, screen->focus == FOCUS_TYPE);
}

static bool typing_words(const struct screen *screen, char *out, size_t size) {
    for (int i = 0; i < SCREEN_TYPING; i++) {
        if (screen->typing_until[i] > client_now() && strcmp(screen->typing_chat[i], screen->thread.chat) == 0) {
            (void)snprintf(out, size, _("%s is typing …"), show_name(&screen->show, screen->typing_who[i]));
            return true;
        }
    }
    return false;
}

static const char *hint_of(const struct screen *screen) {
    switch (screen->focus) {
    case FOCUS_TYPE:
        return screen->thread.topic[0] != '\0'
                   ? N_("F1 help · Enter send into the thread · ↑ select · Esc back to the chat")
                   : N_("F1 help · Enter send · ↑ select · Ctrl-X file, poll, place · Tab chats");
    case FOCUS_LIST:
        return N_("? help · Enter open · n new · g group · / search · i about · s settings · q end");
    case FOCUS_SELECT:
        if (files_move(screen, show_text(thread_selected(screen), "id"))) {
            return N_("p pause, or go on · x end it · r answer · d delete · i about · Esc back");
        }
        return N_("r answer · w thread · + react · e edit · d delete · f forward · s save · i about · Esc back");
    case FOCUS_PAGE:
        return screen->page.hint == NULL ? "" : screen->page.hint;
    case FOCUS_PROMPT:
    case FOCUS_ASK:
        break; /* the question stands where hints do */
    }
    return "";
}

/* A question for a line of text, in as many rows as it and what is typed need, the last of them at the bottom. A long
 * question stands above what is typed. */
static void draw_prompt(const struct screen *screen, const struct sizes *s) {
    enum { MOST = 4 };
    const char *label = _(screen->prompt.label);
    int labels = (int)text_columns(base_slice_text(label)), bottom = s->rows - 1;
    bool beside = labels <= s->columns / 2;
    int left = beside ? 1 + labels : 1, width = s->columns - left - 1;
    unsigned row, column, count = 1;
    width = width < 1 ? 1 : width;
    if (!screen->prompt.secret) {
        editor_place(&screen->prompt.line, (unsigned)width, &row, &column, &count);
    }
    int rows = count > MOST ? MOST : (int)count, top = bottom - rows + 1;
    for (int i = top; i <= bottom; i++) {
        (void)move(i, 0);
        (void)clrtoeol();
    }
    if (beside) {
        (void)put(top, 1, labels, STYLE_BOLD, label);
    } else {
        top -= put_rows(top - 1, 1, s->columns - 2, STYLE_BOLD, label, true);
    }
    if (screen->status[0] != '\0' && client_now() < screen->status_until) {
        (void)put_rows(top - 1, 1, s->columns - 2, screen->status_bad ? STYLE_BAD : STYLE_BAR, screen->status, true);
    }
    if (screen->prompt.secret) {
        (void)put(bottom, left, width, STYLE_DIM, _("(not shown)"));
    } else {
        draw_editor(&screen->prompt.line, bottom - rows + 1, left, width, rows, true);
    }
}

static void draw_status(const struct screen *screen, const struct sizes *s) {
    char words[2 * SCREEN_STATUS];
    int row = s->rows - 1;
    if (screen->focus == FOCUS_ASK) {
        (void)put_rows(row, 1, s->columns - 2, STYLE_BOLD, screen->ask.words, true);
        return;
    }
    if (screen->focus == FOCUS_PROMPT) {
        draw_prompt(screen, s);
        return;
    }
    enum style style;
    if (status_words(screen, words, sizeof words, &style)) {
        (void)put_rows(s->rows - s->status, 1, s->columns - 2, style, words, false);
    } else if (call_words(screen, words, sizeof words) || typing_words(screen, words, sizeof words)) {
        (void)put(row, 1, s->columns - 2, STYLE_GOOD, words);
    } else {
        put_hint(row, 1, s->columns - 2, _(hint_of(screen)));
    }
}

void view_draw(const struct screen *screen) {
    struct sizes s = sizes_of(screen);
    (void)erase();
    (void)curs_set(screen->focus == FOCUS_TYPE || screen->focus == FOCUS_PROMPT ? 1 : 0);
    draw_title(screen, &s);
    if (s.list > 0) {
        draw_list(screen, &s);
    }
    if (s.width > 0 && screen->page.build != NULL) {
        draw_heading(&s, screen->page.title, "", STYLE_DIM);
        draw_rows(&screen->page.rows, screen->page.top, 2, &s, screen->page.selected);
    } else if (s.width > 0) {
        draw_thread(screen, &s);
    }
    /* What has the cursor is drawn last. */
    bool typing = s.width > 0 && is_typing_shown(screen);
    if (typing && screen->focus != FOCUS_TYPE) {
        draw_typing(screen, &s);
    }
    draw_status(screen, &s);
    if (typing && screen->focus == FOCUS_TYPE) {
        draw_typing(screen, &s);
    }
    (void)refresh();
}
