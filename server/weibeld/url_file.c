/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The file in the data folder that says how the running server is reached. After a kill it is left behind; the lock
 * of the folder tells whether somebody stands behind it.
 */
#define _GNU_SOURCE /* F_OFD_GETLK */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"

bool data_path(const char *folder, const char *name, char out[MAX_PATH]) {
    int len = snprintf(out, MAX_PATH, "%s/%s", folder, name);
    return len > 0 && len < MAX_PATH;
}

base_result write_url_file(const char *folder, const char *url) {
    char path[MAX_PATH], temporary[MAX_PATH];
    BASE_ENSURE(data_path(folder, "url", path) && data_path(folder, "url.new", temporary), STORE_ERR_FOLDER);
    FILE *file = fopen(temporary, "w");
    BASE_ENSURE(file != NULL, STORE_ERR_FOLDER);
    bool written = fprintf(file, "%s\n", url) > 0;
    written = fclose(file) == 0 && written;
    BASE_ENSURE(written && rename(temporary, path) == 0, STORE_ERR_FOLDER);
    return BASE_OK;
}

static bool server_runs(const char *folder) {
    char path[MAX_PATH];
    int file = data_path(folder, "lock", path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) {
        return false;
    }
    /* Asks without taking the lock, which a server that starts at this moment wants. */
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    bool asked = fcntl(file, F_OFD_GETLK, &lock) == 0;
    close(file);
    return asked && lock.l_type != F_UNLCK;
}

bool read_url_file(const char *folder, char *out, size_t size) {
    char path[MAX_PATH];
    FILE *file = server_runs(folder) && data_path(folder, "url", path) ? fopen(path, "r") : NULL;
    if (file == NULL) {
        return false;
    }
    bool read = fgets(out, (int)size, file) != NULL;
    fclose(file);
    if (read) {
        out[strcspn(out, "\n")] = 0;
    }
    return read && out[0] != 0;
}

void remove_url_file(const char *folder) {
    char path[MAX_PATH];
    if (data_path(folder, "url", path)) {
        unlink(path);
    }
}
