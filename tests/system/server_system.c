/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The server as a real process: links, races, kills, a full disk, slow readers. Prints TAP.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

enum { MAX_PATH = 512, MAX_CODE = 64 };

static struct {
    char binary[MAX_PATH], folder[MAX_PATH];
    pid_t pid;
    uint16_t port;
    int tests, failures;
} run;

/* --- TAP --- */

static bool ok(bool good, const char *format, ...) {
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

static void skip(const char *what, const char *why) {
    run.tests++;
    printf("ok %d - %s # SKIP %s\n", run.tests, what, why);
}

/* --- processes --- */

/* Runs weibeld with these arguments; its standard output goes to `out`. Returns its exit code. */
static int command(char *out, size_t size, const char *const *arguments) {
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

/* With a certificate in the current folder if `tls`. */
static bool start_with(bool tls) {
    int pipes[2];
    char line[256] = "";
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        return false;
    }
    run.pid = fork();
    if (run.pid == 0) {
        int log = open("server.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(pipes[1], STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execl(run.binary, run.binary, "serve", "--data", run.folder, "--listen", "127.0.0.1:0",
              tls ? "--tls-cert" : NULL, "cert.pem", "--tls-key", "key.pem", (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    FILE *out = fdopen(pipes[0], "r");
    bool read = fgets(line, sizeof line, out) != NULL;
    fclose(out);
    const char *colon = strrchr(line, ':');
    run.port = read && colon != NULL ? (uint16_t)atoi(colon + 1) : 0;
    const char *wanted = tls ? "listening on https://127.0.0.1:" : "listening on http://127.0.0.1:";
    return strncmp(line, wanted, strlen(wanted)) == 0;
}

static bool start(void) {
    return start_with(false);
}

/* Ends the server with a signal; returns its exit code, or minus the signal. */
static int stop(int number) {
    int status = 0;
    kill(run.pid, number);
    waitpid(run.pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool invite(const char *valid, const char *role, const char *name, char code[MAX_CODE]) {
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

static bool refused_with(const struct wire_frame *answer, uint16_t code) {
    if (answer->type == WIRE_REFUSAL && answer->of.refusal.code == code) {
        return true;
    }
    printf("# got type %u, %s\n", answer->type,
           answer->type == WIRE_REFUSAL ? wire_refusal_name(answer->of.refusal.code) : "no refusal");
    return false;
}

/* A new account, signed in. */
static bool join(struct client *client, struct client_device *device) {
    char code[MAX_CODE];
    struct wire_frame answer;
    client_device_init(device);
    return invite("1h", "user", "", code) && client_open(client, run.port, NULL) &&
           client_activate(client, device, code, &answer);
}

static bool rejoin(struct client *client, const struct client_device *device) {
    struct wire_frame answer;
    client_close(client);
    return client_open(client, run.port, NULL) && client_sign_in(client, device, &answer);
}

struct stream {
    uint8_t name[WIRE_STREAM_LEN], token[WIRE_KEY_LEN];
};

static bool create_stream(struct client *client, struct stream *stream) {
    struct wire_frame frame = { .type = WIRE_CREATE_STREAM }, answer;
    client_random(stream, sizeof *stream);
    memcpy(frame.of.create_stream.stream, stream->name, WIRE_STREAM_LEN);
    client_sha256(stream->token, WIRE_KEY_LEN, frame.of.create_stream.token_hash);
    return client_ask(client, &frame, &answer) && answer.type == WIRE_DONE;
}

/* A message with a nonce that follows from `index`, and a deletion key of ones. */
static struct wire_frame append_frame(const struct stream *stream, uint64_t index, struct base_slice content) {
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

static struct wire_frame commit_frame(const struct stream *stream, uint64_t index, uint64_t known,
                                      const uint8_t next_token[WIRE_KEY_LEN]) {
    struct wire_frame frame = append_frame(stream, index, base_slice_text("commit"));
    frame.of.append.kind = WIRE_KIND_COMMIT;
    frame.of.append.known_commit = known;
    client_sha256(next_token, WIRE_KEY_LEN, frame.of.append.next_token_hash);
    return frame;
}

static struct wire_frame read_frame(const struct stream *stream, uint64_t after, bool live) {
    struct wire_frame frame = { .type = WIRE_READ };
    memcpy(frame.of.read.stream, stream->name, WIRE_STREAM_LEN);
    memcpy(frame.of.read.token, stream->token, WIRE_KEY_LEN);
    frame.of.read.after = after;
    frame.of.read.live = live ? 1 : 0;
    return frame;
}

/* Appends one message; its number, or 0. */
static uint64_t append(struct client *client, const struct stream *stream, uint64_t index, const char *text) {
    struct wire_frame frame = append_frame(stream, index, base_slice_text(text)), answer;
    return client_ask(client, &frame, &answer) && answer.type == WIRE_APPENDED ? answer.of.appended.number : 0;
}

/* Counts entries of an answer; `last` is the number of the last. */
static size_t count_entries(const struct wire_frame *answer, uint64_t *last) {
    size_t count = 0;
    struct base_reader reader = base_reader(answer->of.entries.entries);
    struct wire_entry entry;
    while (answer->type == WIRE_ENTRIES && reader.left != 0 && wire_entry_next(&reader, &entry) == BASE_OK) {
        count++;
        *last = entry.number;
    }
    return count;
}

/* --- the tests --- */

static void test_start(void) {
    char out[1024];
    const char *const init[] = { "init", "--data", run.folder, "--domain", "example.org", NULL };
    const char *const outside[] = { "serve", "--data", run.folder, "--listen", "0.0.0.0:0", NULL };
    const char *const again[] = { "serve", "--data", run.folder, "--listen", "127.0.0.1:0", NULL };
    const char *const nowhere[] = { "serve", "--data", "/nonexistent", NULL };
    const char *const help[] = { "invite", "--help", NULL };
    ok(command(out, sizeof out, init) == 0, "init makes a data folder");
    ok(command(out, sizeof out, init) == 73, "init refuses a folder that is in use");
    ok(command(out, sizeof out, outside) == 64, "serve refuses an outside address without a certificate");
    ok(command(out, sizeof out, nowhere) == 66, "serve says that there is no data folder");
    ok(command(out, sizeof out, help) == 0 && strstr(out, "--valid") != NULL, "help is printed on standard output");
    ok(start(), "the first line says where the server listens");
    ok(command(out, sizeof out, again) == 75, "a second server on the same folder is refused");
    struct client_http http;
    ok(client_http(run.port, "GET", "/healthz", "", NULL, 0, &http) && http.status == 200, "healthz answers");
    free(http.body);
    bool answered = client_http(run.port, "GET", "/metrics", "", NULL, 0, &http);
    http.body[http.body_len] = 0;
    ok(answered && strstr((char *)http.body, "weibel_connections 0") != NULL, "metrics count connections");
    free(http.body);
    const char *const with_url[] = { "invite", "--data", run.folder, NULL };
    char wanted[64];
    snprintf(wanted, sizeof wanted, "http://127.0.0.1:%u/#activate=", run.port);
    ok(command(out, sizeof out, with_url) == 0 && strncmp(out, wanted, strlen(wanted)) == 0,
       "invite knows the running server's address");
}

static void test_links(void) {
    char code[MAX_CODE], expired[MAX_CODE];
    struct client client;
    struct client_device device, other;
    struct wire_frame answer;
    client_device_init(&device);
    client_device_init(&other);
    ok(invite("7d", "admin", "Änni", code) && invite("1s", "user", "", expired), "invite makes links");
    ok(client_open(&client, run.port, NULL), "a client is challenged");
    ok(!client_activate(&client, &device, "NOSUCHCODE", &answer) && refused_with(&answer, WIRE_REFUSED_LINK_UNKNOWN),
       "an unknown link is refused");
    bool activated = client_activate(&client, &device, code, &answer);
    ok(activated && answer.of.activated.role == 1 &&
           base_slice_equal(answer.of.activated.name, base_slice_text("Änni")),
       "a link gives an account, its role and its name");
    client_close(&client);

    uint8_t account[WIRE_ACCOUNT_LEN];
    memcpy(account, device.account, sizeof account);
    ok(client_open(&client, run.port, NULL) && client_activate(&client, &device, code, &answer) &&
           memcmp(account, device.account, sizeof account) == 0 && answer.of.activated.name.len == 5,
       "the same keys get the same answer again");
    client_close(&client);
    ok(client_open(&client, run.port, NULL) && !client_activate(&client, &other, code, &answer) &&
           refused_with(&answer, WIRE_REFUSED_LINK_USED),
       "other keys are told that the link is used");
    sleep(2);
    ok(!client_activate(&client, &other, expired, &answer) && refused_with(&answer, WIRE_REFUSED_LINK_EXPIRED) &&
           answer.of.refusal.argument > 1700000000,
       "an expired link says when it expired");
    client_close(&client);

    ok(client_open(&client, run.port, NULL) && client_sign_in(&client, &device, &answer), "the device signs in");
    struct wire_frame put = { .type = WIRE_PUT_KEY_PACKAGES };
    put.of.put_key_packages.last_resort = base_slice_text("last resort");
    ok(client_ask(&client, &put, &answer) && answer.type == WIRE_DONE, "key packages are taken");
    client_close(&client);
    ok(client_open(&client, run.port, NULL) && client_activate(&client, &device, code, &answer) &&
           answer.of.activated.name.len == 0,
       "after that, the display name is gone from the server");
    client_close(&client);
}

static void test_sign_in(void) {
    struct client client;
    struct client_device device, stranger;
    struct wire_frame answer;
    ok(join(&client, &device), "a second person joins");
    client_close(&client);
    client_device_init(&stranger);
    memcpy(stranger.account, device.account, WIRE_ACCOUNT_LEN);
    ok(client_open(&client, run.port, NULL) && !client_sign_in(&client, &stranger, &answer) &&
           refused_with(&answer, WIRE_REFUSED_SIGN_IN),
       "an unknown device is refused");
    memcpy(stranger.device, device.device, WIRE_DEVICE_LEN);
    ok(!client_sign_in(&client, &stranger, &answer) && refused_with(&answer, WIRE_REFUSED_SIGN_IN),
       "a wrong signature is refused with the same words");
    struct wire_frame stop_frame = { .type = WIRE_STOP };
    ok(client_ask(&client, &stop_frame, &answer) && refused_with(&answer, WIRE_REFUSED_NOT_SIGNED_IN),
       "a guest can't do anything else");
    ok(client_sign_in(&client, &device, &answer), "the right signature is taken on the same connection");
    client_close(&client);

    uint8_t large[2000] = { WIRE_VERSION, WIRE_ACTIVATE };
    ok(client_open(&client, run.port, NULL) && client_send_bytes(&client, base_slice(large, sizeof large)) &&
           !client_receive(&client, 5000, &answer),
       "a guest's large frame ends the connection");
    client_close(&client);
}

static void test_versions(void) {
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    ok(join(&client, &device), "somebody joins");
    const uint8_t newer[] = { WIRE_VERSION + 1, 0xff, 1, 2, 3 };
    ok(client_send_bytes(&client, base_slice(newer, sizeof newer)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_VERSION) && answer.of.refusal.argument == (1 << 8 | 1),
       "a newer protocol version is refused, with those that are spoken");
    const uint8_t older[] = { WIRE_VERSION - 1, WIRE_STOP };
    ok(client_send_bytes(&client, base_slice(older, sizeof older)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_VERSION),
       "an older one too");
    const uint8_t unknown[] = { WIRE_VERSION, 0x7f, 0, 0, 0, 9, 1, 2, 3 };
    ok(client_send_bytes(&client, base_slice(unknown, sizeof unknown)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_UNKNOWN_TYPE) && answer.request == 9,
       "an unknown type is refused by its request");
    struct stream stream;
    ok(create_stream(&client, &stream), "the connection goes on after that");
    const uint8_t broken[] = { WIRE_VERSION, WIRE_STOP, 0, 0, 0, 10, 1 };
    ok(client_send_bytes(&client, base_slice(broken, sizeof broken)) && client_receive(&client, 5000, &answer) &&
           refused_with(&answer, WIRE_REFUSED_MALFORMED) && !client_receive(&client, 5000, &answer),
       "a broken frame is refused, and ends the connection");
    client_close(&client);
    ok(!client_upgrade(&client, run.port, NULL, "/connect", "chat"), "another subprotocol is refused");
    ok(!client_upgrade(&client, run.port, NULL, "/elsewhere", "weibel"), "another path is refused");
}

static void test_key_packages(void) {
    enum { PACKAGES = 20 };
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device), "two people join");
    struct wire_frame take = { .type = WIRE_TAKE_KEY_PACKAGES };
    memcpy(take.of.take_key_packages.account, alice_device.account, WIRE_ACCOUNT_LEN);
    ok(client_ask(&bob, &take, &answer) && refused_with(&answer, WIRE_REFUSED_NO_KEY_PACKAGE),
       "a device without key packages can't be reached yet");
    struct wire_frame put = { .type = WIRE_PUT_KEY_PACKAGES };
    char names[PACKAGES][16];
    for (size_t i = 0; i < PACKAGES; i++) {
        snprintf(names[i], sizeof names[i], "package %zu", i);
        put.of.put_key_packages.packages[i] = base_slice_text(names[i]);
    }
    put.of.put_key_packages.count = PACKAGES;
    put.of.put_key_packages.last_resort = base_slice_text("last resort");
    bool stored = client_ask(&alice, &put, &answer) && answer.type == WIRE_DONE;
    ok(stored, "key packages are stored");

    /* Both ask at the same time, many requests at once. */
    bool seen[PACKAGES] = { false };
    size_t last_resorts = 0, twice = 0;
    struct client *clients[] = { &alice, &bob };
    for (size_t i = 0; i < PACKAGES + 4; i++) {
        client_send(clients[i % 2], &take);
    }
    for (size_t i = 0; i < PACKAGES + 4; i++) {
        unsigned number = 0;
        char text[32] = "";
        if (!client_receive(clients[i % 2], 5000, &answer) || answer.type != WIRE_KEY_PACKAGES) {
            continue;
        }
        struct base_slice package = answer.of.key_packages.devices[0].key_package;
        memcpy(text, package.data, package.len < 31 ? package.len : 31);
        if (sscanf(text, "package %u", &number) == 1 && number < PACKAGES) {
            twice += seen[number] ? 1 : 0;
            seen[number] = true;
        } else {
            last_resorts++;
        }
    }
    ok(twice == 0 && last_resorts == 4, "each one-time key package is handed out once, the last resort after them");
    put.of.put_key_packages.last_resort = base_slice(NULL, 0);
    ok(client_ask(&alice, &put, &answer) && answer.type == WIRE_DONE && client_ask(&bob, &take, &answer) &&
           base_slice_equal(answer.of.key_packages.devices[0].key_package, base_slice_text("last resort")),
       "a repeated upload doesn't bring back what was handed out");
    memcpy(take.of.take_key_packages.account, "00000000", WIRE_ACCOUNT_LEN);
    ok(client_ask(&bob, &take, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ACCOUNT), "an unknown ID is refused");
    client_close(&alice);
    client_close(&bob);
}

static void test_streams(void) {
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    struct stream stream = { 0 };
    struct stream wrong;
    uint64_t last = 0;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device) && create_stream(&alice, &stream),
       "two people and a stream");
    wrong = stream;
    wrong.token[0] ^= 1;
    struct wire_frame frame = append_frame(&wrong, 1, base_slice_text("x"));
    ok(client_ask(&bob, &frame, &answer) && refused_with(&answer, WIRE_REFUSED_NO_STREAM),
       "a wrong token opens nothing");
    ok(append(&alice, &stream, 1, "one") == 1 && append(&bob, &stream, 2, "two") == 2, "entries are numbered");
    ok(append(&alice, &stream, 1, "one") == 1, "the same nonce gets the same number");

    frame = read_frame(&stream, 0, true);
    ok(client_ask(&bob, &frame, &answer) && count_entries(&answer, &last) == 2 && last == 2, "what is there is read");
    ok(append(&alice, &stream, 3, "three") == 3 && client_receive(&bob, 5000, &answer) && answer.request == 0 &&
           count_entries(&answer, &last) == 1 && last == 3,
       "what follows comes by itself");

    struct wire_frame delete = { .type = WIRE_DELETE_ENTRY };
    memcpy(delete.of.delete_entry.stream, stream.name, WIRE_STREAM_LEN);
    delete.of.delete_entry.number = 2;
    ok(client_ask(&bob, &delete, &answer) && refused_with(&answer, WIRE_REFUSED_NO_ENTRY),
       "a wrong deletion key deletes nothing");
    memset(delete.of.delete_entry.deletion_key, 1, WIRE_KEY_LEN);
    ok(client_ask(&alice, &delete, &answer) && answer.type == WIRE_DONE, "the right one does");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 2, "and the entry is gone");

    uint8_t next[WIRE_KEY_LEN];
    client_random(next, sizeof next);
    frame = commit_frame(&stream, 4, 0, next);
    ok(client_ask(&alice, &frame, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == 4,
       "a commit is appended");
    ok(client_receive(&bob, 5000, &answer) && (answer.of.entries.flags & WIRE_ENDED) != 0 &&
           answer.of.entries.last_commit == 4,
       "live readers get it, and the end of the epoch with it");
    struct stream old = stream;
    memcpy(stream.token, next, WIRE_KEY_LEN);
    frame = append_frame(&old, 5, base_slice_text("late"));
    ok(client_ask(&bob, &frame, &answer) && refused_with(&answer, WIRE_REFUSED_EPOCH_MOVED) &&
           answer.of.refusal.argument == 4,
       "the replaced token appends nothing");
    ok(append(&alice, &old, 1, "one") == 1, "but it still knows what it has appended");
    ok(append(&bob, &stream, 5, "five") == 5, "the new token appends");
    frame = read_frame(&old, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 3 && last == 4 &&
           answer.of.entries.flags == WIRE_ENDED,
       "the old token opens everything up to the commit");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&alice, &frame, &answer) && count_entries(&answer, &last) == 1 && last == 5,
       "the new token opens what follows the commit");
    client_close(&alice);
    client_close(&bob);
}

struct racer {
    struct client client;
    struct client_device device;
    struct stream stream;
    uint64_t index, known;
    uint8_t next[WIRE_KEY_LEN];
    struct wire_frame answer;
    bool answered;
};

static void *race(void *argument) {
    struct racer *racer = argument;
    struct wire_frame frame = commit_frame(&racer->stream, racer->index, racer->known, racer->next);
    racer->answered = client_ask(&racer->client, &frame, &racer->answer);
    return NULL;
}

static void test_racing_commits(void) {
    enum { RACERS = 8, ROUNDS = 10 };
    static struct racer racers[RACERS];
    struct stream stream;
    bool joined = true, fair = true;
    uint64_t known = 0;
    for (size_t i = 0; i < RACERS; i++) {
        joined = joined && join(&racers[i].client, &racers[i].device);
    }
    ok(joined && create_stream(&racers[0].client, &stream), "eight people and a stream");
    for (uint64_t round = 0; joined && round < ROUNDS; round++) {
        pthread_t threads[RACERS];
        size_t winners = 0, losers = 0;
        for (size_t i = 0; i < RACERS; i++) {
            racers[i].stream = stream;
            racers[i].index = round * RACERS + i + 1;
            racers[i].known = known;
            client_random(racers[i].next, WIRE_KEY_LEN);
            pthread_create(&threads[i], NULL, race, &racers[i]);
        }
        for (size_t i = 0; i < RACERS; i++) {
            pthread_join(threads[i], NULL);
        }
        for (size_t i = 0; i < RACERS; i++) {
            const struct wire_frame *answer = &racers[i].answer;
            if (racers[i].answered && answer->type == WIRE_APPENDED) {
                winners++;
                known = answer->of.appended.number;
                memcpy(stream.token, racers[i].next, WIRE_KEY_LEN);
            } else if (racers[i].answered && answer->type == WIRE_REFUSAL) {
                losers += answer->of.refusal.code == WIRE_REFUSED_EPOCH_MOVED ? 1 : 0;
            }
        }
        fair = fair && winners == 1 && losers == RACERS - 1 && known == round + 1;
    }
    ok(fair, "of eight commits at the same moment, one wins and seven are told, ten times");
    for (size_t i = 0; i < RACERS; i++) {
        client_close(&racers[i].client);
    }
}

static void test_inbox(void) {
    struct client alice, bob;
    struct client_device alice_device, bob_device;
    struct wire_frame answer;
    uint64_t last = 0;
    ok(join(&alice, &alice_device) && join(&bob, &bob_device), "two people join");
    struct wire_frame put = { .type = WIRE_INBOX_APPEND }, read = { .type = WIRE_INBOX_READ };
    memcpy(put.of.inbox_append.account, bob_device.account, WIRE_ACCOUNT_LEN);
    memcpy(put.of.inbox_append.device, bob_device.device, WIRE_DEVICE_LEN);
    put.of.inbox_append.content = base_slice_text("welcome");
    ok(client_ask(&alice, &put, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == 1,
       "an entry is put into an inbox");
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 1, "its nonce makes that idempotent");
    read.of.inbox_read.live = 1;
    ok(client_ask(&bob, &read, &answer) && answer.type == WIRE_INBOX_ENTRIES, "its device reads it");
    put.of.inbox_append.nonce[0] = 1;
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 2 && client_receive(&bob, 5000, &answer) &&
           answer.type == WIRE_INBOX_ENTRIES,
       "the next comes by itself");
    struct wire_frame delete = { .type = WIRE_INBOX_DELETE, .of.inbox_delete.last = 2 };
    ok(client_ask(&bob, &delete, &answer) && answer.type == WIRE_DONE, "what was read is deleted");
    read.of.inbox_read.live = 0;
    ok(client_ask(&bob, &read, &answer) && answer.of.inbox_entries.entries.len == 0, "and gone");
    ok(client_ask(&alice, &put, &answer) && answer.of.appended.number == 2, "its nonce is still known");
    ok(client_ask(&alice, &read, &answer) && answer.of.inbox_entries.entries.len == 0,
       "nobody else's inbox is touched");
    put.of.inbox_append.device[0] ^= 1;
    ok(client_ask(&alice, &put, &answer) && refused_with(&answer, WIRE_REFUSED_NO_DEVICE),
       "an unknown device is refused");
    (void)last;
    client_close(&alice);
    client_close(&bob);
}

/* Appends `count` messages, coming back after each kill, until all are acknowledged. */
struct writer {
    const struct client_device *device;
    struct stream stream;
    uint64_t count, acknowledged, wrong;
    uint64_t numbers[20000];
};

static void *write_on(void *argument) {
    struct writer *writer = argument;
    struct client client = { .fd = -1 };
    while (writer->acknowledged < writer->count) {
        char text[32];
        uint64_t index = writer->acknowledged + 1;
        snprintf(text, sizeof text, "message %u", (unsigned)index);
        uint64_t number = client.fd < 0 ? 0 : append(&client, &writer->stream, index, text);
        if (number == 0) {
            usleep(2000);
            rejoin(&client, writer->device);
            continue;
        }
        writer->numbers[writer->acknowledged++] = number;
    }
    client_close(&client);
    return NULL;
}

/* True if the stream holds message 1 to `count` once each, in order, under the numbers that were acknowledged. */
static bool holds_all(struct client *client, const struct writer *writer) {
    uint64_t index = 0, after = 0;
    for (;;) {
        struct wire_frame frame = read_frame(&writer->stream, after, false), answer;
        if (!client_ask(client, &frame, &answer) || answer.type != WIRE_ENTRIES) {
            return false;
        }
        struct base_reader reader = base_reader(answer.of.entries.entries);
        while (reader.left != 0) {
            struct wire_entry entry;
            char text[32];
            if (wire_entry_next(&reader, &entry) != BASE_OK) {
                return false;
            }
            snprintf(text, sizeof text, "message %u", (unsigned)(index + 1));
            if (index >= writer->count || writer->numbers[index] != entry.number ||
                !base_slice_equal(entry.content, base_slice_text(text))) {
                return false;
            }
            after = entry.number;
            index++;
        }
        if ((answer.of.entries.flags & WIRE_MORE) == 0) {
            return index == writer->count;
        }
    }
}

static void test_kills(void) {
    enum { WRITERS = 4, KILLS = 20, MESSAGES = 1500 };
    static struct writer writers[WRITERS];
    static struct client_device devices[WRITERS];
    pthread_t threads[WRITERS];
    struct client client;
    bool ready = true, restarted = true;
    for (size_t i = 0; i < WRITERS; i++) {
        ready = ready && join(&client, &devices[i]) && create_stream(&client, &writers[i].stream);
        client_close(&client);
        writers[i].device = &devices[i];
        writers[i].count = MESSAGES;
    }
    if (!ok(ready, "four writers")) {
        return;
    }
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_create(&threads[i], NULL, write_on, &writers[i]);
    }
    for (int i = 0; i < KILLS; i++) {
        uint32_t pause = 0;
        client_random(&pause, sizeof pause);
        usleep(20000 + pause % 80000);
        stop(SIGKILL);
        restarted = restarted && start();
    }
    ok(restarted, "twenty kills at random moments, and a start after each");
    uint64_t end = client_milliseconds() + 60000;
    bool done = false;
    while (!done && client_milliseconds() < end) {
        usleep(50000);
        done = true;
        for (size_t i = 0; i < WRITERS; i++) {
            done = done && writers[i].acknowledged == MESSAGES;
        }
    }
    if (!ok(done, "all writers come to their end")) {
        exit(EXIT_FAILURE);
    }
    bool whole = true;
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        client = (struct client){ .fd = -1 };
        whole = whole && rejoin(&client, &devices[i]) && holds_all(&client, &writers[i]);
        client_close(&client);
    }
    ok(whole, "everything that was acknowledged is there once, in order, under its number");
}

/* --- blobs --- */

struct blob {
    uint8_t name[WIRE_BLOB_LEN], upload_key[WIRE_KEY_LEN], deletion_key[WIRE_KEY_LEN];
    char path[128], upload[128], deletion[128];
    uint8_t *data;
    size_t size;
};

static void hex(const uint8_t *data, size_t len, char *out) {
    for (size_t i = 0; i < len; i++) {
        sprintf(out + 2 * i, "%02x", data[i]);
    }
}

static bool create_blob(struct client *client, struct blob *blob, size_t size, struct wire_frame *answer) {
    struct wire_frame frame = { .type = WIRE_CREATE_BLOB };
    char text[2 * WIRE_BLOB_LEN + 1];
    client_random(blob->name, sizeof blob->name);
    client_random(blob->upload_key, sizeof blob->upload_key);
    client_random(blob->deletion_key, sizeof blob->deletion_key);
    hex(blob->name, WIRE_BLOB_LEN, text);
    snprintf(blob->path, sizeof blob->path, "/blobs/%s", text);
    hex(blob->upload_key, WIRE_KEY_LEN, text);
    snprintf(blob->upload, sizeof blob->upload, "Authorization: Bearer %s\r\n", text);
    hex(blob->deletion_key, WIRE_KEY_LEN, text);
    snprintf(blob->deletion, sizeof blob->deletion, "Authorization: Bearer %s\r\n", text);
    blob->size = size;
    memcpy(frame.of.create_blob.blob, blob->name, WIRE_BLOB_LEN);
    frame.of.create_blob.size = size;
    client_sha256(blob->upload_key, WIRE_KEY_LEN, frame.of.create_blob.upload_hash);
    client_sha256(blob->deletion_key, WIRE_KEY_LEN, frame.of.create_blob.deletion_hash);
    return client_ask(client, &frame, answer) && answer->type == WIRE_DONE;
}

static unsigned patch(const struct blob *blob, size_t offset, size_t len, uint64_t *now_at) {
    char headers[256];
    struct client_http http;
    snprintf(headers, sizeof headers, "%sUpload-Offset: %zu\r\n", blob->upload, offset);
    if (!client_http(run.port, "PATCH", blob->path, headers, blob->data + offset, len, &http)) {
        return 0;
    }
    free(http.body);
    *now_at = http.offset;
    return http.status;
}

static uint64_t head(const struct blob *blob) {
    struct client_http http;
    if (!client_http(run.port, "HEAD", blob->path, "", NULL, 0, &http)) {
        return UINT64_MAX;
    }
    free(http.body);
    return http.offset;
}

static bool get(const struct blob *blob, const char *headers, unsigned status, size_t first, size_t len) {
    struct client_http http;
    if (!client_http(run.port, "GET", blob->path, headers, NULL, 0, &http)) {
        return false;
    }
    bool good = http.status == status && http.body_len == len && memcmp(http.body, blob->data + first, len) == 0;
    free(http.body);
    return good;
}

static void test_blobs(void) {
    enum { SIZE = 5000000, PART = 2000000 };
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct blob blob = { .data = malloc(SIZE) }, large = { .data = NULL };
    struct client_http http;
    uint64_t at = 0;
    client_random(blob.data, SIZE);
    ok(join(&client, &device) && create_blob(&client, &blob, SIZE, &answer), "room is made for a blob");
    ok(!create_blob(&client, &large, (size_t)1 << 40, &answer) && refused_with(&answer, WIRE_REFUSED_TOO_LARGE),
       "too large a blob is refused");
    ok(head(&blob) == 0, "nothing of it is there");
    ok(patch(&blob, 0, PART, &at) == 204 && at == PART && head(&blob) == PART, "a first part is uploaded");
    ok(patch(&blob, 0, PART, &at) == 409 && at == PART, "the same part again is told where the upload stands");
    ok(!get(&blob, "", 200, 0, SIZE), "what isn't complete can't be fetched");
    ok(client_http(run.port, "PATCH", blob.path, "Upload-Offset: 2000000\r\n", blob.data, 10, &http) &&
           http.status == 401,
       "without a key nothing is uploaded");
    free(http.body);
    struct blob thief = blob;
    memcpy(thief.upload, blob.deletion, sizeof thief.upload);
    ok(patch(&thief, PART, 10, &at) == 403, "nor with a wrong one");

    stop(SIGKILL);
    ok(start() && head(&blob) == PART, "a kill loses nothing of what was acknowledged");
    ok(patch(&blob, PART, PART, &at) == 204 && patch(&blob, 2 * (size_t)PART, SIZE - 2 * PART, &at) == 204,
       "the upload goes on");
    ok(patch(&blob, SIZE, 0, &at) == 204, "an empty part at the end is taken");
    ok(get(&blob, "", 200, 0, SIZE), "the blob is fetched as it was");
    ok(get(&blob, "Range: bytes=1000-1999\r\n", 206, 1000, 1000) &&
           get(&blob, "Range: bytes=4999999-\r\n", 206, 4999999, 1),
       "a range of it too");
    ok(client_http(run.port, "GET", blob.path, "Range: bytes=5000000-\r\n", NULL, 0, &http) && http.status == 416,
       "a range beyond its end is refused");
    free(http.body);
    ok(client_http(run.port, "DELETE", blob.path, blob.upload, NULL, 0, &http) && http.status == 404,
       "the upload key doesn't delete");
    free(http.body);
    ok(client_http(run.port, "DELETE", blob.path, blob.deletion, NULL, 0, &http) && http.status == 204 &&
           head(&blob) == UINT64_MAX,
       "the deletion key does");
    free(http.body);
    free(blob.data);
    client_close(&client);
}

/* --- limits --- */

static uint64_t server_rss(void) {
    char path[64];
    uint64_t pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)run.pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%*s %lu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void test_slow_reader(void) {
    enum { ENTRY = 500000, ENTRIES = 200 };
    struct client writer, reader;
    struct client_device writer_device, reader_device;
    struct wire_frame answer;
    struct stream stream;
    uint8_t *content = malloc(ENTRY);
    ok(join(&writer, &writer_device) && join(&reader, &reader_device) && create_stream(&writer, &stream),
       "a writer and a reader");
    struct wire_frame frame = read_frame(&stream, 0, true);
    ok(client_ask(&reader, &frame, &answer), "the reader reads live, and then no more");
    uint64_t before = server_rss(), largest = 0;
    bool appended = true;
    client_random(content, ENTRY);
    for (uint64_t i = 1; i <= ENTRIES && appended; i++) {
        frame = append_frame(&stream, i, base_slice(content, ENTRY));
        appended = client_ask(&writer, &frame, &answer) && answer.type == WIRE_APPENDED;
        if (!appended && answer.type == WIRE_REFUSAL && answer.of.refusal.code == WIRE_REFUSED_TOO_OFTEN) {
            usleep((useconds_t)answer.of.refusal.argument * 1000);
            appended = true;
            i--;
        }
        uint64_t now = server_rss();
        largest = now > largest ? now : largest;
    }
    uint64_t grown = largest > before ? largest - before : 0;
    ok(appended && grown < (uint64_t)60 << 20, "100 MB pass by while it doesn't read, and the server grows by %u MiB",
       (unsigned)(grown >> 20));
    uint64_t wanted = 1, last = 0;
    while (wanted <= ENTRIES && client_receive(&reader, 20000, &answer)) {
        struct base_reader entries = base_reader(answer.of.entries.entries);
        struct wire_entry entry;
        while (entries.left != 0 && wire_entry_next(&entries, &entry) == BASE_OK && entry.number == wanted) {
            wanted++;
            last = entry.number;
        }
    }
    ok(last == ENTRIES, "then it gets everything, in order (%u of %u)", (unsigned)last, ENTRIES);
    free(content);
    client_close(&writer);
    client_close(&reader);
}

/* Fills the disk by appends until they are refused; then makes room, and looks whether all is there. */
static void fill_disk(const char *kind, void (*make_full)(void), void (*make_room)(void), bool deletes) {
    enum { ENTRY = 100000, MOST = 400 };
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct stream stream;
    uint8_t *content = malloc(ENTRY);
    uint64_t last = 0, number = 0, kept = 0;
    client_random(content, ENTRY);
    ok(join(&client, &device) && create_stream(&client, &stream), "%s: a writer", kind);
    make_full();
    for (uint64_t i = 1; i <= MOST; i++) {
        struct wire_frame frame = append_frame(&stream, i, base_slice(content, ENTRY));
        if (!client_ask(&client, &frame, &answer) || answer.type != WIRE_APPENDED) {
            break;
        }
        number = answer.of.appended.number;
    }
    ok(refused_with(&answer, WIRE_REFUSED_DISK_FULL), "%s: an append is refused with the right words after %u", kind,
       (unsigned)number);
    if (deletes) {
        struct wire_frame delete = { .type = WIRE_DELETE_ENTRY };
        memcpy(delete.of.delete_entry.stream, stream.name, WIRE_STREAM_LEN);
        memset(delete.of.delete_entry.deletion_key, 1, WIRE_KEY_LEN);
        delete.of.delete_entry.number = 1;
        ok(client_ask(&client, &delete, &answer) && answer.type == WIRE_DONE, "%s: a deletion is still taken", kind);
        kept++;
    }
    make_room();
    struct wire_frame frame = append_frame(&stream, number + 1, base_slice_text("room again"));
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_APPENDED && answer.of.appended.number == number + 1,
       "%s: with room again, the same append is taken", kind);
    stop(SIGKILL);
    ok(start() && rejoin(&client, &device), "%s: the server starts again", kind);
    for (bool more = true; more;) {
        frame = read_frame(&stream, last, false);
        more = client_ask(&client, &frame, &answer) && answer.type == WIRE_ENTRIES;
        kept += more ? count_entries(&answer, &last) : 0;
        more = more && (answer.of.entries.flags & WIRE_MORE) != 0;
    }
    ok(kept == number + 1, "%s: nothing acknowledged is lost", kind);
    free(content);
    client_close(&client);
}

static void limit_file_size(rlim_t size) {
    struct rlimit limit = { size, RLIM_INFINITY };
    prlimit(run.pid, RLIMIT_FSIZE, &limit, NULL);
}

static void make_files_full(void) {
    limit_file_size(24 << 20);
}

static void make_files_free(void) {
    limit_file_size(RLIM_INFINITY);
}

static char ballast[MAX_PATH + 16];

static void make_disk_full(void) {
    /* Leaves a little: the server itself shall meet the end. */
    int file = open(ballast, O_WRONLY | O_CREAT, 0600);
    if (file < 0 || posix_fallocate(file, 0, 10 << 20) != 0) {
        printf("# the ballast could not be written\n");
    }
    close(file);
}

static void make_disk_free(void) {
    unlink(ballast);
}

static void test_full_disk(void) {
    fill_disk("file size limit", make_files_full, make_files_free, false);
    char folder[MAX_PATH];
    const char *why = "mounting a small file system needs root";
    snprintf(folder, sizeof folder, "%.400s-small", run.folder);
    mkdir(folder, 0700);
    if (geteuid() != 0 || mount("tmpfs", folder, "tmpfs", 0, "size=16m") != 0) {
        skip("full disk", why);
        return;
    }
    char out[256], old_folder[MAX_PATH];
    stop(SIGTERM);
    memcpy(old_folder, run.folder, sizeof old_folder);
    memcpy(run.folder, folder, sizeof folder);
    snprintf(ballast, sizeof ballast, "%s/ballast", folder);
    const char *const init[] = { "init", "--data", run.folder, "--domain", "example.org", NULL };
    if (ok(command(out, sizeof out, init) == 0 && start(), "a server on a small disk")) {
        fill_disk("small disk", make_disk_full, make_disk_free, true);
        stop(SIGTERM);
    }
    memcpy(run.folder, old_folder, sizeof old_folder);
    umount(folder);
    rmdir(folder);
    start();
}

static void test_tls(void) {
    struct client client;
    struct client_device device;
    struct wire_frame answer;
    struct stream stream;
    char code[MAX_CODE];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method()), *old = SSL_CTX_new(TLS_client_method());
    if (system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 2"
               " -keyout key.pem -out cert.pem 2>openssl.log") != 0) {
        skip("TLS", "the openssl program is not there to make a certificate");
        return;
    }
    stop(SIGTERM);
    ok(start_with(true), "a server with a certificate");
    client_device_init(&device);
    ok(invite("1h", "user", "", code) && client_open(&client, run.port, context) &&
           client_activate(&client, &device, code, &answer) && create_stream(&client, &stream),
       "a client connects over TLS");
    uint8_t *content = calloc(1, WIRE_MAX_ENTRY);
    struct wire_frame frame = append_frame(&stream, 1, base_slice(content, WIRE_MAX_ENTRY));
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_APPENDED, "the largest entry goes out");
    frame = read_frame(&stream, 0, false);
    ok(client_ask(&client, &frame, &answer) && answer.type == WIRE_ENTRIES &&
           answer.of.entries.entries.len > WIRE_MAX_ENTRY,
       "and comes back");
    free(content);
    client_close(&client);
    SSL_CTX_set_max_proto_version(old, TLS1_2_VERSION);
    ok(!client_open(&client, run.port, old), "TLS 1.2 is refused");
    ok(!client_open(&client, run.port, NULL), "a client without TLS is refused");
    SSL_CTX_free(context);
    SSL_CTX_free(old);
    ok(stop(SIGTERM) == 0 && start(), "the server ends and starts again");
}

static void test_end(void) {
    struct client client;
    struct client_device device;
    struct stream stream;
    ok(join(&client, &device) && create_stream(&client, &stream), "a client is connected");
    struct wire_frame frame = append_frame(&stream, 1, base_slice_text("last words"));
    client_send(&client, &frame);
    ok(stop(SIGTERM) == 0, "SIGTERM ends the server with code 0");
    client_close(&client);
    char path[MAX_PATH + 16];
    snprintf(path, sizeof path, "%s/url", run.folder);
    ok(access(path, F_OK) != 0, "it leaves no address behind");
}

int main(void) {
    char folder[] = "/tmp/weibel-server-XXXXXX", remove[64];
    const char *build = getenv("WEIBEL_BUILD");
    /* AddressSanitizer holds freed memory back, which would be taken for growth. */
    setenv("ASAN_OPTIONS", "quarantine_size_mb=4", 0);
    snprintf(run.binary, sizeof run.binary, "%s/weibeld", build == NULL ? "build" : build);
    char *absolute = realpath(run.binary, NULL);
    if (absolute == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0) {
        printf("Bail out! %s: %s\n", run.binary, strerror(errno));
        return EXIT_FAILURE;
    }
    snprintf(run.binary, sizeof run.binary, "%s", absolute);
    snprintf(run.folder, sizeof run.folder, "%s/data", folder);
    free(absolute);
    test_start();
    if (run.failures == 0) {
        test_links();
        test_sign_in();
        test_versions();
        test_key_packages();
        test_streams();
        test_racing_commits();
        test_inbox();
        test_kills();
        test_blobs();
        test_slow_reader();
        test_full_disk();
        test_tls();
    }
    test_end();
    printf("1..%d\n", run.tests);
    if (run.failures == 0) {
        snprintf(remove, sizeof remove, "rm -rf %s", folder);
        return system(remove) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    printf("# the server's log and data are in %s\n", folder);
    return EXIT_FAILURE;
}
