/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A disk that fails on demand, for programs that are started with this in LD_PRELOAD: while the file exists that
 * WEIBEL_TEST_DISK_FAILS names, nothing can be written or synced (EIO).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool fails(void) {
    const char *path = getenv("WEIBEL_TEST_DISK_FAILS");
    int before = errno;
    bool exists = path != NULL && access(path, F_OK) == 0;
    errno = exists ? EIO : before;
    return exists;
}

/* A pointer to an object can't be cast to one to a function, but copied. */
static void find(const char *name, void *function) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's own are reserved names
int fsync(int file) {
    int (*next)(int);
    find("fsync", &next);
    return fails() ? -1 : next(file);
}

int fdatasync(int file) {
    int (*next)(int);
    find("fdatasync", &next);
    return fails() ? -1 : next(file);
}

ssize_t pwrite64(int file, const void *bytes, size_t len, off64_t offset) {
    ssize_t (*next)(int, const void *, size_t, off64_t);
    find("pwrite64", &next);
    return fails() ? -1 : next(file, bytes, len, offset);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
