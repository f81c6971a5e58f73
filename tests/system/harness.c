/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The harness: processes and requests, without a test in it.
 */
#define _GNU_SOURCE
#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct server_run run;

/* --- TAP --- */

bool ok(bool good, const char *format, ...) {
    va_list arguments;
    run.tests++;
    run.failures += good ? 0 : 1;
    printf("%sok %d - ", good ? "" : "not ", run.tests);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    return good;
}

void skip(const char *what, const char *why) {
    run.tests++;
    printf("ok %d - %s # SKIP %s\n", run.tests, what, why);
}

/* --- processes --- */

int command(char *out, size_t size, const char *const *arguments) {
    int pipes[2];
    const char *argv[16] = { run.binary };
    for (size_t i = 0; i < 14 && arguments[i] != NULL; i++) {
        argv[i + 1] = arguments[i];
    }
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(pipes[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(run.binary, (char *const *)argv);
        _exit(127);
    }
    close(pipes[1]);
    size_t len = 0;
    for (ssize_t n = 1; n > 0 && len<size - 1; len += n> 0 ? (size_t)n : 0) {
        n = read(pipes[0], out + len, size - 1 - len);
    }
    out[len] = 0;
    close(pipes[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool start_probing(const char *folder) {
    char path[MAX_PATH], library[MAX_PATH + sizeof "/tests/probe.so"];
    snprintf(path, sizeof path, "%s/probe", folder);
    snprintf(library, sizeof library, "%.*s/tests/probe.so", (int)(strrchr(run.binary, '/') - run.binary), run.binary);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof *run.probe) != 0) {
        return false;
    }
    void *map = mmap(NULL, sizeof *run.probe, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    run.probe = map == MAP_FAILED ? NULL : map;
    return run.probe != NULL && setenv("WEIBEL_TEST_PROBE", path, 1) == 0 && setenv("LD_PRELOAD", library, 1) == 0;
}

bool start_with(bool tls) {
    const struct process_options options = {
        .binary = run.binary,
        .data = run.folder,
        .cert = tls ? "cert.pem" : NULL,
        .key = tls ? "key.pem" : NULL,
        .log = "server.log",
    };
    uint16_t port = 0;
    bool started = process_serve(&options, &run.pid, &port);
    run.port = port;
    return started;
}

bool start(void) {
    return start_with(false);
}

int stop(int number) {
    return process_stop(run.pid, number);
}

bool invite(const char *valid, const char *role, const char *name, char code[MAX_CODE]) {
    char out[1024];
    const char *const arguments[] = { "invite", "--data", run.folder, "--json", "--valid", valid,
                                      "--role", role,     "--name",   name,     NULL };
    if (command(out, sizeof out, arguments) != 0) {
        return false;
    }
    const char *found = strstr(out, "\"code\":\"");
    return found != NULL && sscanf(found, "\"code\":\"%63[0-9A-Za-z]", code) == 1;
}

/* --- clients --- */

bool refused_with(const struct wire_frame *answer, uint16_t code) {
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == code) {
        return true;
    }
    printf("# got type %u, %s\n", answer->type,
           answer->type == WIRE_REFUSAL ? wire_refusal_name(answer->of.refusal.code) : "no refusal");
    return false;
}

bool join(struct client *client, struct client_device *device) {
    char code[MAX_CODE];
    struct wire_frame answer;
    client_device_init(device);
    return invite("1h", "user", "", code) && client_open(client, run.port, NULL) &&
           client_activate(client, device, code, &answer);
}

bool rejoin(struct client *client, const struct client_device *device) {
    struct wire_frame answer;
    client_close(client);
    return client_open(client, run.port, NULL) && client_sign_in(client, device, &answer);
}

bool create_stream(struct client *client, struct stream *stream) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM }, answer;
    client_random(stream, sizeof *stream);
    memcpy(frame.of.create_stream.stream, stream->name, WIRE_STREAM_LEN);
    client_sha256(stream->token, WIRE_KEY_LEN, frame.of.create_stream.token_hash);
    return client_ask(client, &frame, &answer) && answer.type == WIRE_DONE;
}

struct wire_frame append_frame(const struct stream *stream, uint64_t index, struct base_slice content) {
    struct wire_frame frame = { .type = WIRE_APPEND };
    uint8_t key[WIRE_KEY_LEN];
    memset(key, 1, sizeof key);
    memcpy(frame.of.append.stream, stream->name, WIRE_STREAM_LEN);
    memcpy(frame.of.append.token, stream->token, WIRE_KEY_LEN);
    memcpy(frame.of.append.nonce, &index, sizeof index);
    client_sha256(key, sizeof key, frame.of.append.deletion_hash);
    frame.of.append.content = content;
    return frame;
}

struct wire_frame commit_frame(const struct stream *stream, uint64_t index, uint64_t known,
                               const uint8_t next_token[WIRE_KEY_LEN]) {
    struct wire_frame frame = append_frame(stream, index, base_slice_text("commit"));
    frame.of.append.kind = WIRE_KIND_COMMIT;
    frame.of.append.known_commit = known;
    client_sha256(next_token, WIRE_KEY_LEN, frame.of.append.next_token_hash);
    return frame;
}

struct wire_frame read_frame(const struct stream *stream, uint64_t after, bool live) {
    struct wire_frame frame = { .type = WIRE_READ };
    memcpy(frame.of.read.stream, stream->name, WIRE_STREAM_LEN);
    memcpy(frame.of.read.token, stream->token, WIRE_KEY_LEN);
    frame.of.read.after = after;
    frame.of.read.live = live ? 1 : 0;
    return frame;
}

uint64_t append(struct client *client, const struct stream *stream, uint64_t index, const char *text) {
    struct wire_frame frame = append_frame(stream, index, base_slice_text(text)), answer;
    frame.of.append.after = index - 1;
    return client_ask(client, &frame, &answer) && answer.type == WIRE_APPENDED ? answer.of.appended.number : 0;
}

size_t count_entries(const struct wire_frame *answer, uint64_t *last) {
    size_t count = 0;
    struct base_reader reader = base_reader(answer->of.entries.entries);
    struct wire_entry entry;
    while (answer->type == WIRE_ENTRIES && reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
        count++;
        *last = entry.number;
    }
    return count;
}
