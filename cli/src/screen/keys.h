/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keys, as the full-screen view knows them: characters, and what has no character.
 */
#ifndef SCREEN_KEYS_H
#define SCREEN_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum keys_kind {
    KEYS_NONE,
    KEYS_CHARACTER, /**< `c`, not a control character */
    KEYS_CONTROL,   /**< Ctrl with the small letter `c` */
    KEYS_ALT,       /**< Alt with `c` */
    KEYS_ENTER,
    KEYS_NEW_LINE, /**< Alt-Enter, Ctrl-J, or a line break within what is pasted */
    KEYS_TAB,
    KEYS_BACK_TAB,
    KEYS_ESCAPE,
    KEYS_BACKSPACE,
    KEYS_DELETE,
    KEYS_LEFT,
    KEYS_RIGHT,
    KEYS_WORD_LEFT,
    KEYS_WORD_RIGHT,
    KEYS_UP,
    KEYS_DOWN,
    KEYS_HOME,
    KEYS_END,
    KEYS_PAGE_UP,
    KEYS_PAGE_DOWN,
    KEYS_PREVIOUS, /**< Alt-Up */
    KEYS_NEXT,     /**< Alt-Down */
    KEYS_HELP,
    KEYS_RESIZE,
    KEYS_COME, /**< the terminal's window is the one in use again, … */
    KEYS_GO,   /**< … or another one is */
};

struct keys_press {
    enum keys_kind kind;
    uint32_t c;
};

struct keys; /**< what has been read of a paste or of Alt */

/** Teaches ncurses, which has been started, what else terminals send; false: no memory. */
bool keys_open(struct keys **out);
void keys_close(struct keys **keys);

/** Takes the next key that has been pressed already; KEYS_NONE: there is none. */
struct keys_press keys_read(struct keys *keys);

/** True while what comes is pasted: a line break sends nothing then. */
bool keys_is_pasting(const struct keys *keys);

#endif
