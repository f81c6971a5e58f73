/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The manual page and the shell's completion, written from the same tables that the program reads its command line by.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "args.h"

/** Writes weibel(1), for man(7). */
void manual_page(FILE *out, const struct args_command *commands, const char *version);

/** Writes the completion for bash. */
void manual_completion(FILE *out, const struct args_command *commands);

#endif
