/* SPDX-License-Identifier: EUPL-1.2 */
/* The home: the folder in which one account lives, for its owner alone, and the lock that lets one process in. */
#include "home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char SOCKET_NAME[] = "rpc.sock";
static const char LOCK_NAME[] = "lock";
static const char CA_NAME[] = "ca.pem";

enum { WAITING = 16 }; /* processes that may queue at the socket */

BASE_DEFINE_ERROR(HOME_ERR_PATH, BASE_USAGE, NULL, "no usable path: give one with --home");
BASE_DEFINE_ERROR(HOME_ERR_CREATE, BASE_LIMIT, NULL, "cannot be made or opened");
BASE_DEFINE_ERROR(HOME_ERR_FOREIGN, BASE_USAGE, NULL,
                  "is not a folder of yours that is empty or Weibel's: give another with --home");
BASE_DEFINE_ERROR(HOME_ERR_BUSY, BASE_BLOCKED, NULL, "another process is using it");
BASE_DEFINE_ERROR(HOME_ERR_FULL, BASE_LIMIT, NULL, "the disk is full: nothing has been changed");

static base_result default_path(char out[PATH_MAX]) {
    const char *data = getenv("XDG_DATA_HOME");
    const char *user = getenv("HOME");
    int len = -1;
    if (data != NULL && data[0] == '/') {
        len = snprintf(out, PATH_MAX, "%s/weibel", data);
    } else if (user != NULL && user[0] == '/') {
        len = snprintf(out, PATH_MAX, "%s/.local/share/weibel", user);
    }
    BASE_ENSURE(len > 0 && len < PATH_MAX, HOME_ERR_PATH);
    return BASE_OK;
}

static base_result make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) {
            *slash = '\0';
        }
        int made = mkdir(path, S_IRWXU);
        int reason = errno;
        if (slash != NULL) {
            *slash = '/';
        }
        BASE_ENSURE(made == 0 || reason == EEXIST || reason == EISDIR, HOME_ERR_CREATE);
        if (slash == NULL) {
            return BASE_OK;
        }
    }
}

/* A folder that others can look into is closed for them, but only if that can surprise nobody. */
static base_result make_private(int folder) {
    struct stat status;
    BASE_ENSURE(fstat(folder, &status) == 0, HOME_ERR_CREATE);
    BASE_ENSURE(status.st_uid == geteuid(), HOME_ERR_FOREIGN);
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        return BASE_OK;
    }
    if (faccessat(folder, LOCK_NAME, F_OK, 0) != 0) {
        int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *entries = copy < 0 ? NULL : fdopendir(copy);
        BASE_ENSURE(entries != NULL, HOME_ERR_CREATE);
        unsigned count = 0;
        while (readdir(entries) != NULL) {
            count++;
        }
        (void)closedir(entries);
        BASE_ENSURE(count <= 2, HOME_ERR_FOREIGN); /* "." and ".." */
    }
    BASE_ENSURE(fchmod(folder, S_IRWXU) == 0, HOME_ERR_CREATE);
    return BASE_OK;
}

base_result home_open(const char *path, struct home *out) {
    *out = (struct home){ .folder = -1, .lock = -1 };
    char wanted[PATH_MAX];
    if (path == NULL) {
        BASE_TRY(default_path(wanted));
    } else {
        int len = snprintf(wanted, sizeof wanted, "%s", path);
        BASE_ENSURE(len > 0 && len < PATH_MAX, HOME_ERR_PATH);
    }
    BASE_TRY(make_folders(wanted));
    BASE_ENSURE(realpath(wanted, out->path) != NULL, HOME_ERR_CREATE);
    out->folder = open(out->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    BASE_ENSURE(out->folder >= 0, HOME_ERR_CREATE);
    base_result result = make_private(out->folder);
    if (result != BASE_OK) {
        home_close(out);
    }
    return result;
}

base_result home_lock(struct home *home) {
    if (home->lock < 0) {
        home->lock = openat(home->folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
        BASE_ENSURE(home->lock >= 0 || errno != ENOSPC, HOME_ERR_FULL);
        BASE_ENSURE(home->lock >= 0, HOME_ERR_CREATE);
    }
    if (flock(home->lock, LOCK_EX | LOCK_NB) != 0) {
        BASE_ENSURE(errno == EWOULDBLOCK, HOME_ERR_CREATE);
        return &HOME_ERR_BUSY;
    }
    return BASE_OK;
}

void home_unlock(struct home *home) {
    if (home->lock >= 0) {
        (void)flock(home->lock, LOCK_UN);
    }
}

void home_close(struct home *home) {
    if (home->lock >= 0) {
        (void)close(home->lock);
    }
    if (home->folder >= 0) {
        (void)close(home->folder);
    }
    home->lock = -1;
    home->folder = -1;
}

base_result home_path(const struct home *home, const char *name, char out[PATH_MAX]) {
    int len = snprintf(out, PATH_MAX, "%s/%s", home->path, name);
    BASE_ENSURE(len > 0 && len < PATH_MAX, HOME_ERR_PATH);
    return BASE_OK;
}

static int open_socket(const struct home *home, struct sockaddr_un *address) {
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    (void)snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", home->folder, SOCKET_NAME);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int closed_with_errno(int file) {
    int reason = errno;
    (void)close(file);
    errno = reason;
    return -1;
}

int home_listen(const struct home *home) {
    struct sockaddr_un address;
    int listener = open_socket(home, &address);
    if (listener < 0) {
        return -1;
    }
    /* Whoever holds the lock owns the name: what lies there was left by a process that is gone. */
    (void)unlinkat(home->folder, SOCKET_NAME, 0);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        fchmodat(home->folder, SOCKET_NAME, S_IRUSR | S_IWUSR, 0) != 0 || listen(listener, WAITING) != 0) {
        return closed_with_errno(listener);
    }
    return listener;
}

int home_connect(const struct home *home) {
    struct sockaddr_un address;
    int connection = open_socket(home, &address);
    if (connection < 0) {
        return -1;
    }
    if (connect(connection, (const struct sockaddr *)&address, sizeof address) != 0) {
        return closed_with_errno(connection);
    }
    return connection;
}

static base_result copy(int from, int to) {
    char part[4096];
    for (;;) {
        ssize_t len = read(from, part, sizeof part);
        BASE_ENSURE(len >= 0, HOME_ERR_CREATE);
        if (len == 0) {
            return BASE_OK;
        }
        ssize_t written = write(to, part, (size_t)len);
        BASE_ENSURE(written >= 0 || errno != ENOSPC, HOME_ERR_FULL);
        BASE_ENSURE(written == len, HOME_ERR_CREATE);
    }
}

base_result home_keep_ca(const struct home *home, const char *file) {
    static const char temporary[] = "ca.pem.new";
    int from = open(file, O_RDONLY | O_CLOEXEC);
    BASE_ENSURE(from >= 0, HOME_ERR_CREATE);
    int to = openat(home->folder, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    base_result result = to < 0 ? &HOME_ERR_CREATE : copy(from, to);
    if (result == BASE_OK && (fsync(to) != 0 || renameat(home->folder, temporary, home->folder, CA_NAME) != 0)) {
        result = &HOME_ERR_CREATE;
    }
    if (to >= 0) {
        (void)close(to);
    }
    (void)close(from);
    return result;
}
