/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Text that somebody else wrote, made harmless for a terminal: it can neither command it (escape sequences) nor pretend
 * to be something else (bidirectional overrides, invisible characters, line breaks that look like a new message).
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "base/writer.h"

enum text_form {
    TEXT_LINE,  /**< a name: one line, so line breaks and tabs are shown as what they are */
    TEXT_LINES, /**< a message: line breaks stay, and what follows one is indented by the given columns */
};

/**
 * Appends `text`, which may be any bytes, as harmless UTF-8. A control character becomes its picture (U+241B for
 * escape), another character that has no place in a shown text its number (<U+202E>), what is not UTF-8 becomes U+FFFD.
 */
void text_write_shown(struct base_writer *writer, struct base_slice text, enum text_form form, unsigned indent);

/**
 * Appends `json`, valid JSON, with each character that text_write_shown() would replace as an escape (\u202e): the same
 * value, and harmless where it is looked at.
 */
void text_write_json(struct base_writer *writer, struct base_slice json);

/**
 * Appends what `name`, a file name that a peer chose, may be called here: its last part, of at most TEXT_MAX_FILE_NAME
 * bytes (its ending is kept), without control characters, not hidden, not beginning with a hyphen, never empty.
 */
void text_write_file_name(struct base_writer *writer, struct base_slice name);

enum { TEXT_MAX_FILE_NAME = 200 }; /**< file systems allow 255; " (12)" and ".part" must still fit behind it */

/** Columns that `text`, UTF-8 that has been made harmless, takes on a terminal. */
unsigned text_columns(struct base_slice text);

/** Takes the next character off `text`; anything that is not UTF-8 is U+FFFD, a byte at a time. `text` is not empty. */
uint32_t text_next(struct base_slice *text);

/** True for a character that has no place in a shown text. */
bool text_is_harmful(uint32_t c);

/** Appends a character as UTF-8. */
void text_write_character(struct base_writer *writer, uint32_t c);

#endif
