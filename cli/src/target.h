/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a saved file goes: under its sender's name made safe, or where the user wants it; never over another file
 * without asking.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include <limits.h>

#include "text.h"

struct target {
    char path[PATH_MAX];  /**< absolute: to fetch it to; neither this nor this with ".part" was there */
    char final[PATH_MAX]; /**< where it is in the end; another than `path` if the user lets a file be replaced */
    char name[TEXT_MAX_FILE_NAME + 1];
};

/** True if `path` is a folder, or is written like one. */
bool target_is_folder(const char *path);

/**
 * Chooses where to put a file that its sender named `name`. `to`: what the user wants, a folder or a file, or NULL.
 * Asks on the terminal before a file is to be replaced, and refuses where there is none: EX_CANTCREAT.
 */
int target_choose(const char *to, const char *name, struct target *out);

/**
 * Opens, or makes, the part of a file that is being fetched, to read and write. -1 with errno; EEXIST: what lies there
 * is no file, not ours, or has another name as well. What an own part holds has been checked: it is built upon.
 */
int target_open_part(const char *path);

/** Puts the fetched file in its final place. EX_CANTCREAT. */
int target_finish(const struct target *target);

#endif
