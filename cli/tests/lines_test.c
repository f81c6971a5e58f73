/* SPDX-License-Identifier: EUPL-1.2 */
/* Lines over pipes and sockets: whole, bounded, and patient with slow readers. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lines.h"
#include "test/cmocka.h"
#include "test/result.h"

enum { MAX_LINE = 64 };

struct reader {
    struct loop *loop;
    struct lines *lines;
    char text[4096];
    unsigned count, ended;
    base_result why;
    const char *free_at; /* the line at which the owner frees it */
    const uint8_t *at;   /* of the last line, within its buffer */
    size_t len;
};

static void on_line(void *user, struct base_slice line) {
    struct reader *reader = (struct reader *)user;
    size_t len = strlen(reader->text);
    snprintf(reader->text + len, sizeof reader->text - len, "%.*s|", (int)line.len, (const char *)line.data);
    reader->count++;
    reader->at = line.data;
    reader->len = line.len;
    if (reader->free_at != NULL && base_slice_equal(line, base_slice_text(reader->free_at))) {
        lines_free(&reader->lines);
    }
}

static void on_ended(void *user, base_result why) {
    ((struct reader *)user)->ended++;
    ((struct reader *)user)->why = why;
}

static const struct lines_handler handler = { on_line, on_ended };

static int set_up(void **state) {
    static struct reader reader;
    reader = (struct reader){ .loop = NULL };
    assert_ok(loop_open(NULL, &reader.loop));
    *state = &reader;
    return 0;
}

static int tear_down(void **state) {
    struct reader *reader = (struct reader *)*state;
    lines_free(&reader->lines);
    loop_close(&reader->loop);
    return 0;
}

static void on_timer(void *user) {
    *(bool *)user = true;
}

/* Lets the loop do what there is to do. */
static void settle(struct reader *reader) {
    bool up = false;
    struct loop_timer timer = { .fire = on_timer, .user = &up };
    loop_timer_set(reader->loop, &timer, 50);
    while (!up) {
        loop_turn(reader->loop);
    }
}

static void send_text(int file, const char *text) {
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
}

static void test_parts(void **state) {
    struct reader *reader = (struct reader *)*state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_ok(lines_open(reader->loop, ends[0], ends[0], MAX_LINE, &handler, reader, &reader->lines));
    send_text(ends[1], "one\ntw");
    settle(reader);
    assert_string_equal(reader->text, "one|");
    send_text(ends[1], "o\n\n\nthree\n");
    settle(reader);
    assert_string_equal(reader->text, "one|two|three|");
    assert_ok(lines_send(reader->lines, base_slice_text("back")));
    char answer[16] = "";
    assert_int_equal(read(ends[1], answer, sizeof answer), 5);
    assert_string_equal(answer, "back\n");
    assert_int_equal(reader->ended, 0);
    send_text(ends[1], "last\nhalf");
    close(ends[1]);
    settle(reader);
    assert_string_equal(reader->text, "one|two|three|last|"); /* who knows how the half would have gone on */
    assert_int_equal(reader->ended, 1);
    assert_ok(reader->why);
}

static void test_wiped(void **state) {
    static const uint8_t nothing[64];
    struct reader *reader = (struct reader *)*state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_ok(lines_open(reader->loop, ends[0], ends[0], MAX_LINE, &handler, reader, &reader->lines));
    send_text(ends[1], "a long secret line\nhalf");
    settle(reader);
    assert_string_equal(reader->text, "a long secret line|");
    assert_memory_equal(reader->at, "half", 4);
    assert_memory_equal(reader->at + 4, nothing, reader->len + 1 - 4);
    send_text(ends[1], "\n");
    settle(reader);
    assert_memory_equal(reader->at, nothing, reader->len + 1);
    close(ends[1]);
}

static void test_bound(void **state) {
    struct reader *reader = (struct reader *)*state;
    int ends[2];
    char line[MAX_LINE + 2];
    memset(line, 'x', sizeof line);
    line[MAX_LINE] = '\n';
    line[MAX_LINE + 1] = '\0';
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_ok(lines_open(reader->loop, ends[0], ends[0], MAX_LINE, &handler, reader, &reader->lines));
    send_text(ends[1], line);
    settle(reader);
    assert_int_equal(reader->count, 1);
    assert_int_equal(reader->ended, 0);
    line[MAX_LINE] = 'x';
    send_text(ends[1], line);
    send_text(ends[1], "\nmore\n");
    settle(reader);
    assert_int_equal(reader->count, 1);
    assert_int_equal(reader->ended, 1);
    assert_result(reader->why, &BASE_ERR_TOO_LONG);
    close(ends[1]);
}

static void test_pipes_and_files(void **state) {
    struct reader *reader = (struct reader *)*state;
    int out[2];
    char name[] = "/tmp/weibel-lines-XXXXXX";
    int file = mkstemp(name);
    send_text(file, "from\na file");
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_int_equal(pipe(out), 0);
    assert_ok(lines_open(reader->loop, file, out[1], MAX_LINE, &handler, reader, &reader->lines));
    settle(reader);
    assert_string_equal(reader->text, "from|a file|");
    assert_int_equal(reader->ended, 1);
    /* The input has ended: the output goes on. */
    assert_ok(lines_send(reader->lines, base_slice_text("answer")));
    char answer[16] = "";
    assert_int_equal(read(out[0], answer, sizeof answer), 7);
    close(out[0]);
    settle(reader);
    assert_ok(lines_send(reader->lines, base_slice_text("to nobody")));
    assert_false(lines_waiting(reader->lines));
    unlink(name);
}

/* More than the other side takes at once waits, in order, up to the bound. */
static void test_slow_reader(void **state) {
    struct reader *reader = (struct reader *)*state;
    enum { LEN = 10000 };
    static char line[LEN];
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_ok(lines_open(reader->loop, ends[0], ends[0], MAX_LINE, &handler, reader, &reader->lines));
    memset(line, 'y', sizeof line);
    unsigned sent = 0;
    base_result result = BASE_OK;
    while (result == BASE_OK) {
        result = lines_send(reader->lines, base_slice(line, sizeof line));
        sent += result == BASE_OK ? 1 : 0;
    }
    assert_result(&BASE_ERR_TOO_LONG, result);
    assert_true((size_t)sent * (LEN + 1) > LINES_MAX_QUEUED - LEN);
    assert_true(lines_waiting(reader->lines));
    size_t got = 0;
    (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (got < (size_t)sent * (LEN + 1)) {
        static char buffer[1 << 20];
        ssize_t len = read(ends[1], buffer, sizeof buffer);
        if (len > 0) {
            for (ssize_t i = 0; i < len; i++) {
                bool newline = (got + (size_t)i) % (LEN + 1) == LEN;
                assert_int_equal(buffer[i], newline ? '\n' : 'y');
            }
            got += (size_t)len;
        } else {
            loop_turn(reader->loop);
        }
    }
    assert_false(lines_waiting(reader->lines));
    close(ends[1]);
}

static void test_freed_within(void **state) {
    struct reader *reader = (struct reader *)*state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_ok(lines_open(reader->loop, ends[0], ends[0], MAX_LINE, &handler, reader, &reader->lines));
    reader->free_at = "stop";
    send_text(ends[1], "go\nstop\nmore\n");
    settle(reader);
    assert_string_equal(reader->text, "go|stop|");
    assert_null(reader->lines);
    char c;
    assert_int_equal(read(ends[1], &c, 1), 0); /* closed */
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wiped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bound, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pipes_and_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_reader, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_freed_within, set_up, tear_down),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
