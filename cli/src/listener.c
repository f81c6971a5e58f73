/* SPDX-License-Identifier: EUPL-1.2 */
/* Lets other processes in: each connection to the home's socket is a face. */
#include "listener.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lines.h"
#include "weibel/core.h"

enum { MAX_GUESTS = 64 };

struct guest {
    struct guest *next;
    struct listener *owner;
    struct lines *lines;
    struct face *face;
    bool gone; /* ended within a call of the router's: freed at the next occasion */
};

struct listener {
    struct loop *loop;
    const struct home *home;
    struct router *router;
    struct loop_watch *watch; /* NULL: stopped */
    struct guest *first;
    unsigned count;
};

static void free_guest(struct guest *guest) {
    for (struct guest **at = &guest->owner->first; *at != NULL; at = &(*at)->next) {
        if (*at == guest) {
            *at = guest->next;
            break;
        }
    }
    guest->owner->count--;
    router_remove(&guest->face);
    lines_free(&guest->lines);
    base_free(guest);
}

static void on_answer(void *user, struct base_slice line) {
    struct guest *guest = (struct guest *)user;
    if (!guest->gone && lines_send(guest->lines, line) != BASE_OK) {
        guest->gone = true; /* reads too slowly */
    }
}

static void on_line(void *user, struct base_slice line) {
    struct guest *guest = (struct guest *)user;
    if (!guest->gone && router_request(guest->face, line) != BASE_OK) {
        guest->gone = true;
    }
    if (guest->gone) {
        free_guest(guest);
    }
}

static void on_ended(void *user, base_result why) {
    (void)why;
    free_guest((struct guest *)user);
}

static base_result welcome(struct listener *listener, int connection) {
    static const struct lines_handler handler = { on_line, on_ended };
    struct guest *guest = (struct guest *)base_take(base_allocator_libc(), 1, sizeof *guest);
    if (guest == NULL) {
        (void)close(connection);
        return &BASE_ERR_NO_MEMORY;
    }
    *guest = (struct guest){ .next = listener->first, .owner = listener };
    listener->first = guest;
    listener->count++;
    base_result result =
        lines_open(listener->loop, connection, connection, WEIBEL_MAX_LINE, &handler, guest, &guest->lines);
    if (result == BASE_OK) {
        result = router_add(listener->router, on_answer, guest, &guest->face);
    }
    if (result != BASE_OK) {
        free_guest(guest);
    }
    return result;
}

static void on_connection(void *user, int file) {
    struct listener *listener = (struct listener *)user;
    for (struct guest *guest = listener->first; guest != NULL;) {
        struct guest *next = guest->next;
        if (guest->gone) {
            free_guest(guest);
        }
        guest = next;
    }
    int connection = accept4(file, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) {
        return;
    }
    if (listener->count == MAX_GUESTS) {
        (void)close(connection);
        return;
    }
    base_result result = welcome(listener, connection);
    (void)result; /* who was not taken in finds the connection closed */
}

base_result listener_open(struct loop *loop, const struct home *home, struct router *router, struct listener **out) {
    static const struct loop_handler handler = { on_connection, NULL };
    struct listener *listener = (struct listener *)base_take(base_allocator_libc(), 1, sizeof *listener);
    BASE_ENSURE(listener != NULL, BASE_ERR_NO_MEMORY);
    *listener = (struct listener){ .loop = loop, .home = home, .router = router };
    int file = home_listen(home);
    base_result result = file >= 0         ? loop_watch(loop, file, &handler, listener, &listener->watch)
                         : errno == ENOSPC ? &HOME_ERR_FULL
                                           : &HOME_ERR_CREATE;
    if (result != BASE_OK) {
        base_free(listener);
        return result;
    }
    *out = listener;
    return BASE_OK;
}

void listener_stop(struct listener *listener) {
    if (listener != NULL) {
        loop_unwatch(&listener->watch);
    }
}

bool listener_waiting(const struct listener *listener) {
    for (const struct guest *guest = listener == NULL ? NULL : listener->first; guest != NULL; guest = guest->next) {
        if (lines_waiting(guest->lines)) {
            return true;
        }
    }
    return false;
}

void listener_close(struct listener **listener) {
    if (*listener == NULL) {
        return;
    }
    loop_unwatch(&(*listener)->watch);
    while ((*listener)->first != NULL) {
        free_guest((*listener)->first);
    }
    base_free(*listener);
    *listener = NULL;
}
