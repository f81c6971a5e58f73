/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Looks into a server, and lets its time pass, for programs that are started with this in LD_PRELOAD.
 */
#define _GNU_SOURCE
#include "probe.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct probe *probe(void) {
    static struct probe *_Atomic mapped; /* by two threads at once: twice */
    struct probe *found = mapped;
    if (found == NULL) {
        const char *path = getenv("WEIBEL_TEST_PROBE");
        int file = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
        int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
        void *map = mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, flags, file, 0);
        if (file >= 0) {
            close(file);
        }
        if (map == MAP_FAILED) {
            abort();
        }
        mapped = found = map;
    }
    return found;
}

/* A pointer to an object can't be cast to one to a function, but copied. */
static void find(const char *name, void *function) {
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the libraries' own names are theirs
int clock_gettime(clockid_t clock, struct timespec *time) {
    int (*next)(clockid_t, struct timespec *);
    find("clock_gettime", &next);
    int result = next(clock, time);
    if (result == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)) {
        time->tv_sec += (time_t)probe()->leap;
    }
    uint64_t still = clock == CLOCK_REALTIME ? probe()->still : 0;
    if (result == 0 && still != 0) {
        *time = (struct timespec){ .tv_sec = (time_t)still };
    }
    return result;
}

void lws_dll2_add_sorted(lws_dll2_t *item, lws_dll2_owner_t *list,
                         int (*compare)(const lws_dll2_t *one, const lws_dll2_t *other)) {
    void (*next)(lws_dll2_t *, lws_dll2_owner_t *, int (*)(const lws_dll2_t *, const lws_dll2_t *));
    find("lws_dll2_add_sorted", &next);
    next(item, list, compare);
    if (list->count > probe()->longest) {
        probe()->longest = list->count;
    }
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
