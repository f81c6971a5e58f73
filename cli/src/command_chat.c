/* SPDX-License-Identifier: EUPL-1.2 */
/* weibel chat: the full-screen view, its keys and events in the one loop that everything runs in. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands.h"
#include "exit.h"
#include "screen/screen.h"
#include "words.h"

enum {
    MAX_KEYS = 4096, /* pressed and not handled yet: a paste, mostly; more stay with the terminal */
    IDLE = 1000,     /* milliseconds between two looks at the clock: states of time on the screen */
    MAX_VAIN = 1000, /* reads in a row that bring nothing: the terminal has gone */
};

struct keyboard {
    struct screen *screen;
    struct keys_press waiting[MAX_KEYS];
    size_t first, count;
    unsigned vain;
};

/* Reads what was pressed. It is handled outside: within a call that waits for the core, only giving up is possible. */
static void read_keys(struct keyboard *keyboard) {
    while (keyboard->count < MAX_KEYS) {
        struct keys_press key = keys_read(keyboard->screen->keys);
        if (key.kind == KEYS_NONE) {
            break;
        }
        if (key.kind == KEYS_ESCAPE || (key.kind == KEYS_CONTROL && key.c == 'c')) {
            client_give_up(keyboard->screen->client);
        }
        keyboard->waiting[(keyboard->first + keyboard->count++) % MAX_KEYS] = key;
    }
}

/* There should be something to read. That there is nothing counts here alone: elsewhere it is the rule. */
static void on_readable(void *user, int file) {
    (void)file;
    struct keyboard *keyboard = (struct keyboard *)user;
    size_t before = keyboard->count;
    read_keys(keyboard);
    keyboard->vain = keyboard->count == before && before < MAX_KEYS ? keyboard->vain + 1 : 0;
    if (keyboard->vain > MAX_VAIN) {
        keyboard->screen->quit = true;
    }
}

static void handle_keys(struct keyboard *keyboard) {
    while (keyboard->count != 0 && !keyboard->screen->quit) {
        struct keys_press key = keyboard->waiting[keyboard->first];
        keyboard->first = (keyboard->first + 1) % MAX_KEYS;
        keyboard->count--;
        screen_key(keyboard->screen, key);
    }
}

/* One look at everything, then the wait for what comes next. */
static int turn(struct screen *screen, struct keyboard *keyboard) {
    handle_keys(keyboard);
    if (screen->quit) {
        return EX_OK;
    }
    screen_settle(screen);
    if (screen->quit) {
        return EX_OK;
    }
    thread_lay(screen, view_width(screen), view_height(screen));
    page_lay(screen, view_width(screen));
    view_draw(screen);
    if (keyboard->count != 0) {
        return EX_OK;
    }
    int code = client_wait(screen->client, client_now() + (screen->chats_stale ? IDLE / 5 : IDLE));
    read_keys(keyboard); /* a change of the window's size wakes the loop, and is read like a key */
    return code;
}

static int run(struct screen *screen) {
    static const struct loop_handler handler = { on_readable, NULL };
    struct keyboard keyboard = { .screen = screen };
    if (!keys_open(&screen->keys)) {
        return EX_OSERR;
    }
    int code = client_watch(screen->client, STDIN_FILENO, &handler, &keyboard);
    while (code == EX_OK && !screen->quit && !client_interrupted(screen->client)) {
        code = turn(screen, &keyboard);
    }
    client_unwatch(screen->client);
    return code;
}

/* Standard error goes into memory as long as the terminal is in use; the screen shows it. */
static int begin_errors(struct screen *screen) {
    (void)fflush(stderr);
    int before = dup(STDERR_FILENO);
    screen->errors = memfd_create("errors", MFD_CLOEXEC);
    if (before < 0 || screen->errors < 0 || dup2(screen->errors, STDERR_FILENO) < 0) {
        return -1;
    }
    return before;
}

/* What was said at last, and not shown any more, is said again. */
static void end_errors(struct screen *screen, int before, int code) {
    char text[SCREEN_STATUS];
    (void)fflush(stderr);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    ssize_t len = pread(screen->errors, text, sizeof text, (off_t)screen->errors_read);
    if (code != EX_OK && len > 0) {
        (void)fwrite(text, 1, (size_t)len, stderr);
    } else if (code != EX_OK && screen->status[0] != '\0') {
        exit_say(screen->status);
    }
    (void)close(screen->errors);
    screen->errors = -1;
}

int command_chat(struct client *client, const struct args *args) {
    struct screen screen;
    int code = client_unlock(client, CLIENT_ACTIVATED);
    if (code != EX_OK) {
        return code;
    }
    code = screen_open(&screen, client, args->operand_count == 0 ? NULL : args->operands[0]);
    if (code == EX_OK) {
        code = view_open();
    }
    if (code == EX_OK) {
        int before = begin_errors(&screen);
        client_stay(client); /* what is being typed must not go with a full disk */
        code = before < 0 ? EX_OSERR : run(&screen);
        view_close();
        if (before >= 0) {
            end_errors(&screen, before, code);
        }
        if (screen.locked) {
            exit_say(_("this home has been locked"));
            code = EX_TEMPFAIL;
        }
    }
    keys_close(&screen.keys);
    screen_close(&screen);
    return code;
}
