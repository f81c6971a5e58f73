/* SPDX-License-Identifier: EUPL-1.2 */
/* Where a saved file goes. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "words.h"

enum { MAX_TRIES = 10000 }; /* names that are tried */

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 || errno != ENOENT;
}

bool target_is_folder(const char *path) {
    struct stat status;
    size_t len = strlen(path);
    return (len != 0 && path[len - 1] == '/') || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static int refuse(const char *path, const char *words) {
    exit_say_about(path, words);
    return EX_CANTCREAT;
}

/* The first of "plan.pdf", "plan (1).pdf", … that is free, with room for the part. */
static int find_free(const char *folder, const char *name, char out[PATH_MAX]) {
    const char *dot = strrchr(name, '.');
    int stem = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    for (unsigned i = 0; i < MAX_TRIES; i++) {
        char part[PATH_MAX];
        int len = i == 0 ? snprintf(out, PATH_MAX, "%s/%s", folder, name)
                         : snprintf(out, PATH_MAX, "%s/%.*s (%u)%s", folder, stem, name, i, name + stem);
        if (len < 0 || len >= PATH_MAX || snprintf(part, sizeof part, "%s.part", out) >= (int)sizeof part) {
            return refuse(folder, strerror(ENAMETOOLONG));
        }
        if (!exists(out) && !exists(part)) {
            return EX_OK;
        }
    }
    return refuse(folder, _("there are too many files of this name"));
}

static bool may_replace(const char *path) {
    if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
        return false;
    }
    char answer[16] = "";
    fprintf(stderr, _("%s exists. Replace it? [y/N] "), path);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static void safe_name(const char *name, char out[TEXT_MAX_FILE_NAME + 1]) {
    struct base_writer safe = base_writer(base_allocator_libc(), TEXT_MAX_FILE_NAME);
    text_write_file_name(&safe, base_slice_text(name));
    struct base_slice text = base_writer_view(&safe);
    (void)snprintf(out, TEXT_MAX_FILE_NAME + 1, "%.*s", (int)text.len, (const char *)text.data);
    base_writer_free(&safe);
}

/* The user names the file himself. */
static int choose_file(const char *to, struct target *out) {
    char copy[PATH_MAX];
    char folder[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", to) >= (int)sizeof copy) {
        return refuse(to, strerror(ENAMETOOLONG));
    }
    char *slash = strrchr(copy, '/');
    const char *name = slash == NULL ? copy : slash + 1;
    if (slash == copy) {
        (void)snprintf(folder, sizeof folder, "/");
    } else {
        if (slash != NULL) {
            *slash = '\0';
        }
        if (realpath(slash == NULL ? "." : copy, folder) == NULL) {
            return refuse(to, strerror(errno));
        }
    }
    if (snprintf(out->final, sizeof out->final, "%s/%s", folder, name) >= (int)sizeof out->final) {
        return refuse(to, strerror(ENAMETOOLONG));
    }
    if (exists(out->final) && !may_replace(out->final)) {
        return refuse(to, _("there is such a file already"));
    }
    return find_free(folder, name, out->path);
}

int target_choose(const char *to, const char *name, struct target *out) {
    *out = (struct target){ .path = "" };
    safe_name(name, out->name);
    if (to != NULL && !target_is_folder(to)) {
        return choose_file(to, out);
    }
    char folder[PATH_MAX];
    if (realpath(to == NULL ? "." : to, folder) == NULL) {
        return refuse(to == NULL ? "." : to, strerror(errno));
    }
    int code = find_free(folder, out->name, out->path);
    (void)snprintf(out->final, sizeof out->final, "%s", out->path);
    return code;
}

int target_open_part(const char *path) {
    enum { FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    int part = open(path, FLAGS | O_CREAT | O_EXCL, 0666);
    if (part >= 0 || errno != EEXIST) {
        return part;
    }
    struct stat status;
    part = open(path, FLAGS);
    if (part >= 0 &&
        (fstat(part, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1)) {
        (void)close(part);
        errno = EEXIST;
        part = -1;
    }
    return part;
}

int target_finish(const struct target *target) {
    if (strcmp(target->path, target->final) != 0 && rename(target->path, target->final) != 0) {
        return refuse(target->path, strerror(errno));
    }
    return EX_OK;
}
