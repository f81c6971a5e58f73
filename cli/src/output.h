/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What goes to standard output: gathered, then written at once, so that a reader never sees half of it and its writer
 * knows whether it has arrived.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <cJSON.h>

#include "base/writer.h"

enum { OUTPUT_MAX = 64 << 20 };

/** An empty output. Ended by output_end(). */
struct base_writer output_begin(void);

/** Appends a JSON value as one line, harmless on a terminal. */
void output_json(struct base_writer *output, const cJSON *value);

/** Appends formatted text of our own; what comes from others goes through text_write_shown(). */
void output_print(struct base_writer *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Appends spaces up to column `column`, at least one, if `used` columns of the line are taken. */
void output_pad(struct base_writer *output, unsigned used, unsigned column);

/**
 * Writes all of it and frees it; a regular file is synced. EX_OK, or EX_IOERR after saying why (but for a closed pipe:
 * nobody is there to be told).
 */
int output_end(struct base_writer *output);

/** Says that standard output takes nothing more (not of EPIPE: nobody is there to be told), and is EX_IOERR. */
int output_failed(int reason);

#endif
