/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * QR codes in characters: two modules in each, one above the other. They are to be shown black on white, whatever
 * colours the terminal has otherwise.
 */
#ifndef CLI_QR_H
#define CLI_QR_H

#include "output.h"

enum { QR_MAX_TEXT = 2048 };

/** Writes the code of `text` as lines, each with its line break; with the quiet zone around it. False: it is too long.
 */
bool qr_write(struct base_writer *writer, const char *text);

/** Appends the code in colours of its own to what goes to standard output, if that is a terminal; else nothing. */
void qr_show(struct base_writer *output, const char *text);

#endif
