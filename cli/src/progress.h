/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A line on the terminal that tells how far a file is; nothing where standard error is none.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/** Draws it anew: "Sending plan.pdf  [=====     ]  45 %, 90.0 MB of 200.0 MB". `name` is made harmless. */
void progress_draw(const char *doing, const char *name, uint64_t done, uint64_t size);

/** Takes it away again, before other words are said. */
void progress_clear(void);

#endif
