/* SPDX-License-Identifier: EUPL-1.2 */
/* Completion of paths. */
#include "screen/path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool path_expand(const char *path, char out[PATH_MAX]) {
    const char *home = getenv("HOME");
    bool tilde = home != NULL && path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    int len = snprintf(out, PATH_MAX, "%s%s", tilde ? home : "", tilde ? path + 1 : path);
    return len >= 0 && len < PATH_MAX;
}

static size_t common(const char *a, const char *b) {
    size_t len = 0;
    while (a[len] != '\0' && a[len] == b[len]) {
        len++;
    }
    while (len > 0 && (a[len] & 0xc0) == 0x80) {
        len--; /* not within a character */
    }
    return len;
}

size_t path_complete(const char *path, char out[PATH_MAX], char *names, size_t names_size) {
    char folder[PATH_MAX], expanded[PATH_MAX], found[NAME_MAX + 1] = "";
    const char *slash = strrchr(path, '/');
    const char *begin = slash == NULL ? path : slash + 1;
    size_t count = 0, listed = 0;
    names[0] = '\0';
    (void)snprintf(out, PATH_MAX, "%s", path);
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(begin - path), path);
    if (!path_expand(folder[0] == '\0' ? "./" : folder, expanded)) {
        return 0;
    }
    DIR *entries = opendir(expanded);
    if (entries == NULL) {
        return 0;
    }
    const struct dirent *entry = NULL;
    while ((entry = readdir(entries)) != NULL) {
        bool wanted = strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
                      (entry->d_name[0] != '.' ||
                       (begin[0] == '.' && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0));
        if (!wanted) {
            continue;
        }
        if (count++ == 0) {
            (void)snprintf(found, sizeof found, "%s", entry->d_name);
        } else {
            found[common(found, entry->d_name)] = '\0';
        }
        int len = snprintf(names + listed, names_size - listed, "%s%s", listed == 0 ? "" : "  ", entry->d_name);
        listed += len > 0 && (size_t)len < names_size - listed ? (size_t)len : 0;
        names[listed] = '\0';
    }
    (void)closedir(entries);
    if (count == 0) {
        return 0;
    }
    struct stat status;
    char whole[PATH_MAX];
    bool is_folder = count == 1 && snprintf(whole, sizeof whole, "%s%s", expanded, found) < PATH_MAX &&
                     stat(whole, &status) == 0 && S_ISDIR(status.st_mode);
    if (snprintf(out, PATH_MAX, "%s%s%s", folder, found, is_folder ? "/" : "") >= PATH_MAX) {
        (void)snprintf(out, PATH_MAX, "%s", path);
        return 0;
    }
    return count;
}
