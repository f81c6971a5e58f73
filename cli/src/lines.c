/* SPDX-License-Identifier: EUPL-1.2 */
/* Lines over a file descriptor: bounded, never blocking, whole. */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_CAPACITY = 4 << 10 };

struct lines {
    struct loop_watch *in, *out; /* the same if both are one file */
    int out_file;
    const struct lines_handler *handler;
    void *user;
    size_t max;
    uint8_t *read; /* what has come of the next line */
    size_t read_len, read_capacity;
    uint8_t *queue; /* what waits to be written: from queue_at to queue_len */
    size_t queue_at, queue_len, queue_capacity;
    bool ended;  /* nothing comes any more */
    int broken;  /* why nothing can be written any more, as errno has it; 0: it can */
    bool *freed; /* set when the owner frees it within a call of his */
};

/* Makes room for `more` bytes behind `len`, at most `max` in all. */
static base_result reserve(uint8_t **block, size_t len, size_t *capacity, size_t more, size_t max) {
    BASE_ENSURE(more <= max - len, BASE_ERR_TOO_LONG);
    size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity;
    while (wanted - len < more) {
        wanted *= 2;
    }
    if (wanted == *capacity) {
        return BASE_OK;
    }
    void *grown = *block == NULL ? base_take(base_allocator_libc(), wanted, 1) : base_retake(*block, wanted, 1);
    BASE_ENSURE(grown != NULL, BASE_ERR_NO_MEMORY);
    *block = (uint8_t *)grown;
    *capacity = wanted;
    return BASE_OK;
}

/* The first bytes have done their duty; there may be a passphrase among them. */
static void take_out(uint8_t *block, size_t *len, size_t count) {
    if (count == 0) {
        return;
    }
    memmove(block, block + count, *len - count);
    *len -= count;
    base_wipe(block + *len, count);
}

static void end_reading(struct lines *lines, base_result why) {
    if (lines->ended) {
        return;
    }
    lines->ended = true;
    if (lines->in != lines->out) {
        loop_unwatch(&lines->in);
    } else {
        loop_watch_pause(lines->in, true);
    }
    lines->handler->ended(lines->user, why);
}

/* Hands out the whole lines. False: the owner has freed it. */
static bool hand_out(struct lines *lines) {
    bool freed = false;
    /* cppcheck-suppress autoVariables ; cleared before this returns */
    lines->freed = &freed;
    size_t at = 0;
    for (;;) {
        const uint8_t *end = (const uint8_t *)memchr(lines->read + at, '\n', lines->read_len - at);
        if (end == NULL) {
            break;
        }
        size_t len = (size_t)(end - (lines->read + at));
        if (len != 0) {
            lines->handler->line(lines->user, base_slice(lines->read + at, len));
            if (freed) {
                return false;
            }
        }
        at += len + 1;
    }
    lines->freed = NULL;
    take_out(lines->read, &lines->read_len, at);
    return true;
}

static void on_readable(void *user, int file) {
    struct lines *lines = (struct lines *)user;
    if (lines->ended) {
        return;
    }
    if (reserve(&lines->read, lines->read_len, &lines->read_capacity, 1, lines->max + 1) != BASE_OK) {
        end_reading(lines, &BASE_ERR_TOO_LONG);
        return;
    }
    size_t most = lines->read_capacity < lines->max + 1 ? lines->read_capacity : lines->max + 1;
    size_t room = most - lines->read_len;
    ssize_t len = read(file, lines->read + lines->read_len, room);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (len <= 0) {
        if (len == 0 && lines->in != lines->out && lines->read_len > 0 && lines->read_len < most) {
            lines->read[lines->read_len++] = '\n';
            if (!hand_out(lines)) {
                return;
            }
        }
        end_reading(lines, BASE_OK);
        return;
    }
    lines->read_len += (size_t)len;
    (void)hand_out(lines);
}

static void drop_written(struct lines *lines) {
    take_out(lines->queue, &lines->queue_len, lines->queue_at);
    lines->queue_at = 0;
}

/* Writes what the other side takes now. */
static void flush(struct lines *lines) {
    while (lines->queue_at < lines->queue_len && lines->broken == 0) {
        ssize_t len = write(lines->out_file, lines->queue + lines->queue_at, lines->queue_len - lines->queue_at);
        if (len < 0 && errno == EINTR) {
            continue;
        }
        if (len < 0 && errno == EAGAIN) {
            loop_watch_writable(lines->out);
            return;
        }
        if (len < 0) {
            lines->broken = errno;
            return;
        }
        lines->queue_at += (size_t)len;
    }
    drop_written(lines);
}

static void on_writable(void *user, int file) {
    (void)file;
    flush((struct lines *)user);
}

/* Of a file that is only written to: the other side has gone. */
static void on_hangup(void *user, int file) {
    (void)file;
    ((struct lines *)user)->broken = EPIPE;
}

static base_result watch(struct loop *loop, struct lines *lines, int in, int out) {
    static const struct loop_handler both = { on_readable, on_writable };
    static const struct loop_handler only_in = { on_readable, NULL };
    static const struct loop_handler only_out = { on_hangup, on_writable };
    if (in == out) {
        BASE_TRY(loop_watch(loop, in, &both, lines, &lines->in));
        lines->out = lines->in;
        return BASE_OK;
    }
    base_result result = loop_watch(loop, in, &only_in, lines, &lines->in);
    if (result != BASE_OK) {
        (void)close(out);
        return result;
    }
    BASE_TRY(loop_watch(loop, out, &only_out, lines, &lines->out));
    loop_watch_pause(lines->out, true);
    return BASE_OK;
}

/* A terminal is left as it is: other programs share it. Reading waits for poll() and never blocks. */
static void make_nonblocking(int file) {
    struct stat status;
    if (fstat(file, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
        (void)fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK);
    }
}

base_result lines_open(struct loop *loop, int in, int out, size_t max, const struct lines_handler *handler, void *user,
                       struct lines **result) {
    struct lines *lines = (struct lines *)base_take(base_allocator_libc(), 1, sizeof *lines);
    if (lines == NULL) {
        (void)close(in);
        if (out != in) {
            (void)close(out);
        }
        return &BASE_ERR_NO_MEMORY;
    }
    make_nonblocking(out);
    *lines = (struct lines){ .out_file = out, .handler = handler, .user = user, .max = max };
    base_result watched = watch(loop, lines, in, out);
    if (watched != BASE_OK) {
        lines_free(&lines);
        return watched;
    }
    *result = lines;
    return BASE_OK;
}

base_result lines_send(struct lines *lines, struct base_slice line) {
    if (lines->broken != 0) {
        return BASE_OK;
    }
    drop_written(lines);
    BASE_TRY(reserve(&lines->queue, lines->queue_len, &lines->queue_capacity, line.len + 1, LINES_MAX_QUEUED));
    memcpy(lines->queue + lines->queue_len, line.data, line.len);
    lines->queue_len += line.len;
    lines->queue[lines->queue_len++] = '\n';
    flush(lines);
    return BASE_OK;
}

int lines_broken(const struct lines *lines) {
    return lines->broken;
}

bool lines_waiting(const struct lines *lines) {
    return lines->queue_len != 0 && lines->broken == 0;
}

void lines_free(struct lines **lines) {
    if (*lines == NULL) {
        return;
    }
    if ((*lines)->freed != NULL) {
        *(*lines)->freed = true;
    }
    if ((*lines)->in != (*lines)->out) {
        loop_unwatch(&(*lines)->out);
    }
    loop_unwatch(&(*lines)->in);
    base_free((*lines)->read);
    base_free((*lines)->queue);
    base_free(*lines);
    *lines = NULL;
}
