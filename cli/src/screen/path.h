/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Completion of paths, as a shell's Tab does it.
 */
#ifndef SCREEN_PATH_H
#define SCREEN_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/** Writes `path` with a leading ~ replaced by the home folder. False: too long. */
bool path_expand(const char *path, char out[PATH_MAX]);

/**
 * Completes `path` as far as all names that begin so agree; a folder gets its slash. Returns how many there are; `out`
 * has the path, as it was written otherwise, and `names` some of the names, for people.
 */
size_t path_complete(const char *path, char out[PATH_MAX], char *names, size_t names_size);

#endif
