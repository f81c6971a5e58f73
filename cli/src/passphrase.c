/* SPDX-License-Identifier: EUPL-1.2 */
/* Where the passphrase comes from: a file that the user names, or the terminal, never the command line. */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "words.h"

BASE_DEFINE_ERROR(PASSPHRASE_ERR_FILE, BASE_USAGE, NULL, N_("the passphrase file cannot be read"));
BASE_DEFINE_ERROR(PASSPHRASE_ERR_EMPTY, BASE_USAGE, NULL, N_("the passphrase is empty"));
BASE_DEFINE_ERROR(PASSPHRASE_ERR_LONG, BASE_USAGE, NULL, N_("the passphrase is longer than 1024 bytes"));
BASE_DEFINE_ERROR(PASSPHRASE_ERR_TERMINAL, BASE_USAGE, NULL,
                  N_("no passphrase: give --passphrase-file or WEIBEL_PASSPHRASE_FILE, or run it in a terminal"));
BASE_DEFINE_ERROR(PASSPHRASE_ERR_INTERRUPTED, BASE_BLOCKED, NULL, N_("interrupted"));
BASE_DEFINE_ERROR(PASSPHRASE_ERR_DIFFERENT, BASE_USAGE, NULL, N_("the two passphrases differ"));

const char *passphrase_file(const char *given) {
    if (given != NULL) {
        return given;
    }
    const char *named = getenv("WEIBEL_PASSPHRASE_FILE");
    return named != NULL && named[0] != '\0' ? named : NULL;
}

struct line {
    char text[PASSPHRASE_MAX + 1];
    size_t len;
};

static void line_wipe(struct line *line) {
    base_wipe(line, sizeof *line);
}

/*
 * Reads up to a line break, byte by byte: what stands behind it belongs to somebody else. With a mask of signals (of a
 * terminal) it lets signals in only while it waits, so that none comes between a look and the waiting.
 */
static base_result read_line(int file, const sigset_t *waiting, base_result failure, struct line *out) {
    for (;;) {
        char c = '\0';
        struct pollfd readable = { .fd = file, .events = POLLIN };
        BASE_TRY(waiting != NULL && ppoll(&readable, 1, NULL, waiting) < 0 ? failure : BASE_OK);
        ssize_t len = read(file, &c, 1);
        BASE_TRY(len < 0 ? failure : BASE_OK);
        if (len == 0 || c == '\n') {
            break;
        }
        BASE_ENSURE(out->len < PASSPHRASE_MAX, PASSPHRASE_ERR_LONG);
        out->text[out->len++] = c;
    }
    if (out->len != 0 && out->text[out->len - 1] == '\r') {
        out->len--;
    }
    BASE_ENSURE(out->len != 0, PASSPHRASE_ERR_EMPTY);
    return BASE_OK;
}

base_result passphrase_read(const char *file, struct base_bytes *out) {
    int from = open(file, O_RDONLY | O_CLOEXEC);
    BASE_ENSURE(from >= 0, PASSPHRASE_ERR_FILE);
    BASE_CLEANUP(line_wipe) struct line line = { .len = 0 };
    base_result result = read_line(from, NULL, &PASSPHRASE_ERR_FILE, &line);
    int reason = errno;
    (void)close(from);
    errno = reason;
    BASE_TRY(result);
    return base_bytes_copy(base_allocator_libc(), base_slice(line.text, line.len), out);
}

/* The last signal that came while the terminal was without echo: it is raised again once the echo is back. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    interrupted = number;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
enum { SIGNALS = sizeof signals / sizeof signals[0] };

struct signal_state {
    sigset_t mask;    /* as it was */
    sigset_t waiting; /* while waiting for the passphrase */
    struct sigaction actions[SIGNALS];
};

/* The event loop keeps signals to itself, but nobody could end the waiting for the passphrase then. */
static void take_signals(struct signal_state *saved) {
    struct sigaction action = { .sa_handler = on_signal };
    sigset_t set;
    (void)sigemptyset(&set);
    interrupted = 0;
    for (int i = 0; i < SIGNALS; i++) {
        (void)sigaddset(&set, signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &set, &saved->mask);
    saved->waiting = saved->mask;
    for (int i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &action, &saved->actions[i]);
        (void)sigdelset(&saved->waiting, signals[i]);
    }
}

static void restore_signals(const struct signal_state *saved) {
    for (int i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &saved->actions[i], NULL);
    }
    (void)sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

static base_result ask_once(int terminal, const char *question, struct line *out) {
    struct termios before;
    struct signal_state saved;
    BASE_ENSURE(tcgetattr(terminal, &before) == 0, PASSPHRASE_ERR_TERMINAL);
    take_signals(&saved);
    base_result result = BASE_OK;
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL;
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0 || write(terminal, question, strlen(question)) < 0) {
        result = &PASSPHRASE_ERR_TERMINAL;
    }
    if (result == BASE_OK) {
        result = read_line(terminal, &saved.waiting, &PASSPHRASE_ERR_TERMINAL, out);
    }
    (void)tcsetattr(terminal, TCSAFLUSH, &before);
    restore_signals(&saved);
    if (interrupted != 0) {
        (void)raise(interrupted);
        result = &PASSPHRASE_ERR_INTERRUPTED;
    }
    return result;
}

static base_result ask_on(int terminal, const char *question, bool fresh, struct base_bytes *out) {
    BASE_CLEANUP(line_wipe) struct line first = { .len = 0 };
    BASE_CLEANUP(line_wipe) struct line again = { .len = 0 };
    BASE_TRY(ask_once(terminal, question, &first));
    if (fresh) {
        BASE_TRY(ask_once(terminal, _("The same again: "), &again));
        BASE_ENSURE(first.len == again.len && base_equal_secret(first.text, again.text, first.len),
                    PASSPHRASE_ERR_DIFFERENT);
    }
    return base_bytes_copy(base_allocator_libc(), base_slice(first.text, first.len), out);
}

base_result passphrase_ask(const char *question, bool fresh, struct base_bytes *out) {
    int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    BASE_ENSURE(terminal >= 0, PASSPHRASE_ERR_TERMINAL);
    base_result result = ask_on(terminal, question, fresh, out);
    (void)close(terminal);
    return result;
}
