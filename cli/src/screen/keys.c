/* SPDX-License-Identifier: EUPL-1.2 */
/* Keys, from what ncurses reads. */
#include "screen/keys.h"

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

#include "base/memory.h"

enum {
    PASTE_BEGIN = KEY_MAX + 1, /* bracketed paste (xterm's control sequences, "Bracketed Paste Mode") */
    PASTE_END,
    WORD_LEFT,
    WORD_RIGHT,
    ALT_UP,
    ALT_DOWN,
    ALT_ENTER,
    FOCUS_IN,
    FOCUS_OUT,
    ESCAPE = 27,
};

struct keys {
    bool pasting;
};

/* xterm's sequences for keys with Alt (3) and Ctrl (5), which other terminals send as well. */
static const struct {
    const char *sequence;
    int code;
} sequences[] = {
    { "\033[200~", PASTE_BEGIN }, { "\033[201~", PASTE_END },  { "\033[1;5D", WORD_LEFT },  { "\033[1;5C", WORD_RIGHT },
    { "\033[1;3D", WORD_LEFT },   { "\033[1;3C", WORD_RIGHT }, { "\033[1;3A", ALT_UP },     { "\033[1;3B", ALT_DOWN },
    { "\033\033[A", ALT_UP },     { "\033\033[B", ALT_DOWN },  { "\033\r", ALT_ENTER },     { "\033\n", ALT_ENTER },
    { "\033[I", FOCUS_IN },       { "\033[O", FOCUS_OUT },     { "\033[13;3u", ALT_ENTER }, { "\033[13;2u", ALT_ENTER },
};

bool keys_open(struct keys **out) {
    struct keys *keys = (struct keys *)base_take(base_allocator_libc(), 1, sizeof *keys);
    if (keys == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        (void)define_key(sequences[i].sequence, sequences[i].code);
    }
    *out = keys;
    return true;
}

void keys_close(struct keys **keys) {
    base_free(*keys);
    *keys = NULL;
}

bool keys_is_pasting(const struct keys *keys) {
    return keys->pasting;
}

static enum keys_kind kind_of_code(wint_t code) {
    static const struct {
        wint_t code;
        enum keys_kind kind;
    } kinds[] = {
        { KEY_ENTER, KEYS_ENTER },   { ALT_ENTER, KEYS_NEW_LINE },      { KEY_BTAB, KEYS_BACK_TAB },
        { KEY_DC, KEYS_DELETE },     { KEY_BACKSPACE, KEYS_BACKSPACE }, { KEY_LEFT, KEYS_LEFT },
        { KEY_RIGHT, KEYS_RIGHT },   { WORD_LEFT, KEYS_WORD_LEFT },     { WORD_RIGHT, KEYS_WORD_RIGHT },
        { KEY_UP, KEYS_UP },         { KEY_DOWN, KEYS_DOWN },           { KEY_HOME, KEYS_HOME },
        { KEY_END, KEYS_END },       { KEY_PPAGE, KEYS_PAGE_UP },       { KEY_NPAGE, KEYS_PAGE_DOWN },
        { ALT_UP, KEYS_PREVIOUS },   { ALT_DOWN, KEYS_NEXT },           { KEY_F(1), KEYS_HELP },
        { KEY_RESIZE, KEYS_RESIZE }, { FOCUS_IN, KEYS_COME },           { FOCUS_OUT, KEYS_GO },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].code == code) {
            return kinds[i].kind;
        }
    }
    return KEYS_NONE;
}

static struct keys_press of_character(const struct keys *keys, wint_t c) {
    if (c >= ' ' && c != 127) {
        return (struct keys_press){ KEYS_CHARACTER, c };
    }
    switch (c) {
    case '\r':
        return (struct keys_press){ keys->pasting ? KEYS_NEW_LINE : KEYS_ENTER, 0 };
    case '\n':
        return (struct keys_press){ KEYS_NEW_LINE, 0 };
    case '\t':
        return keys->pasting ? (struct keys_press){ KEYS_CHARACTER, ' ' } : (struct keys_press){ KEYS_TAB, 0 };
    case 127:
    case 8:
        return (struct keys_press){ KEYS_BACKSPACE, 0 };
    default:
        return keys->pasting || c == 0 ? (struct keys_press){ KEYS_RESIZE, 0 }
                                       : (struct keys_press){ KEYS_CONTROL, c + 'a' - 1 };
    }
}

struct keys_press keys_read(struct keys *keys) {
    wint_t c = 0;
    for (;;) {
        int what = get_wch(&c);
        if (what == ERR) {
            return (struct keys_press){ KEYS_NONE, 0 };
        }
        if (what == KEY_CODE_YES && (c == PASTE_BEGIN || c == PASTE_END)) {
            keys->pasting = c == PASTE_BEGIN;
            continue;
        }
        if (what == KEY_CODE_YES) {
            enum keys_kind kind = kind_of_code(c);
            if (kind != KEYS_NONE) {
                return (struct keys_press){ kind, 0 };
            }
            continue;
        }
        if (c != ESCAPE) {
            return of_character(keys, c);
        }
        if (keys->pasting) {
            continue;
        }
        /* Alt sends Escape before the character, in one go. */
        what = get_wch(&c);
        if (what == OK && c >= ' ' && c != 127) {
            return (struct keys_press){ KEYS_ALT, c };
        }
        if (what == OK && c != ESCAPE) {
            (void)unget_wch((wchar_t)c);
        }
        return (struct keys_press){ KEYS_ESCAPE, 0 };
    }
}
