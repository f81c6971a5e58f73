/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is being typed: UTF-8 of one or more lines, a cursor between characters, and the keys that people's fingers know
 * from shells and forms.
 */
#ifndef SCREEN_EDITOR_H
#define SCREEN_EDITOR_H

#include "screen/keys.h"
#include "screen/wrap.h"

struct editor {
    char *text; /**< ends with 0; NULL as long as nothing was typed */
    size_t len, capacity;
    size_t cursor;
    size_t max;       /**< bytes */
    bool one_line;    /**< line breaks become spaces */
    bool full;        /**< something had no room since whoever looks at this has last cleared it */
    unsigned column;  /**< where going up and down leads to … */
    bool column_kept; /**< … if the last key was such a one */
    char *killed;     /**< what Ctrl-U, Ctrl-K, Ctrl-W took: Ctrl-Y brings it back */
};

/** An empty one. */
struct editor editor_make(size_t max, bool one_line);
void editor_free(struct editor *editor);

/** Its text, never NULL. */
const char *editor_text(const struct editor *editor);
struct base_slice editor_slice(const struct editor *editor);

/** Replaces all of it; the cursor goes to the end. What has no place in a text (text.h) is left out. */
void editor_set(struct editor *editor, const char *text);

/** Inserts at the cursor, as much as there is room for. */
void editor_insert(struct editor *editor, struct base_slice text);

/** Deletes from `begin` up to the cursor. */
void editor_erase_back(struct editor *editor, size_t begin);

/**
 * Handles a key that edits or moves, in rows of `width` columns. False: it is none, or there is nowhere to go: up from
 * the first row, down from the last.
 */
bool editor_key(struct editor *editor, struct keys_press key, unsigned width);

/** Row and column of the cursor, and how many rows there are, in rows of `width` columns. */
void editor_place(const struct editor *editor, unsigned width, unsigned *row, unsigned *column, unsigned *rows);

#endif
