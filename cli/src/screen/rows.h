/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rows of text as they stand on the screen, without a screen: spans of harmless text in columns, each with a style.
 * What the layouts make and the view draws.
 */
#ifndef SCREEN_ROWS_H
#define SCREEN_ROWS_H

#include "base/writer.h"
#include "text.h"

enum style {
    STYLE_PLAIN,
    STYLE_DIM,
    STYLE_BOLD,
    STYLE_PERSON, /**< name of somebody else */
    STYLE_SELF,
    STYLE_GOOD, /**< delivered, verified, online */
    STYLE_BAD,  /**< failed, changed identity, offline */
    STYLE_QR,   /**< black on white */
    STYLE_BAR,  /**< title and the like, over the whole width */
    STYLE_CALL, /**< a mention of oneself */
    STYLE_COUNT,
};

struct span {
    size_t at, len; /**< in the text of the rows */
    unsigned column, columns;
    enum style style;
};

struct row {
    size_t first, count; /**< its spans */
    int item;            /**< what it belongs to; -1: nothing */
};

struct rows {
    struct base_writer text;
    struct span *spans;
    size_t span_count, span_capacity;
    struct row *rows;
    size_t count, capacity;
};

enum { ROWS_MAX = 100000 }; /**< rows; more are left out */

struct rows rows_make(void);
void rows_free(struct rows *rows);

/** Empties it. */
void rows_clear(struct rows *rows);

/** Begins a row. */
void rows_begin(struct rows *rows, int item);

/** Puts text, made harmless, on the row at `column`, cut off after `width` columns. Returns the column behind it. */
unsigned rows_put(struct rows *rows, unsigned column, unsigned width, enum style style, const char *text);

/**
 * Puts text, made harmless, wrapped in `width` columns from `column` on: on rows of its own; the first of them is the
 * current row if `here`.
 */
void rows_wrap(struct rows *rows, int item, unsigned column, unsigned width, enum style style, enum text_form form,
               const char *text, bool here);

/** Text of several styles on its way: gathered piece by piece, then wrapped as one. */
enum { ROWS_MARKS = 64 };
struct rows_mixed {
    size_t at; /**< in the text of the rows */
    size_t count;
    struct {
        size_t at, len;
        enum style style;
    } marks[ROWS_MARKS]; /**< what is not of the common style; what has no room here is */
};

struct rows_mixed rows_mixed(const struct rows *rows);

/** Adds a piece in a style of its own, or with STYLE_PLAIN in the common one. Nothing else may be put meanwhile. */
void rows_mix(struct rows *rows, struct rows_mixed *mixed, enum style style, enum text_form form,
              struct base_slice text);

/** Puts what was gathered, as rows_wrap() does. */
void rows_wrap_mixed(struct rows *rows, const struct rows_mixed *mixed, int item, unsigned column, unsigned width,
                     enum style style, bool here);

/** Puts `label` on a new row, from `from` on, and `text` wrapped behind it, from `column` on: below it if it is longer.
 */
void rows_labelled(struct rows *rows, int item, unsigned from, unsigned column, unsigned width, enum style style,
                   const char *label, const char *text);

/** The column behind the last span of the current row. */
unsigned rows_end(const struct rows *rows);

/** The text of a span; valid until the next call that adds. */
struct base_slice rows_text(const struct rows *rows, const struct span *span);

#endif
