/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the tests of the server share: TAP, the server's process, people who join, and a stream's requests.
 */
#ifndef TESTS_SYSTEM_HARNESS_H
#define TESTS_SYSTEM_HARNESS_H

#include <sys/types.h>

#include "client.h"
#include "probe.h"
#include "process.h"

enum { MAX_PATH = 512, MAX_CODE = 64 };

/** The server under test, and the count. */
struct server_run {
    char binary[MAX_PATH], folder[MAX_PATH];
    pid_t pid;
    _Atomic uint16_t port; /**< read by other threads while the server starts anew */
    struct probe *probe;   /**< of the server */
    int tests, failures;
};

extern struct server_run run;

/** Prints one result, and returns it. */
__attribute__((format(printf, 2, 3))) bool ok(bool good, const char *format, ...);
void skip(const char *what, const char *why);

/** Runs weibeld with these arguments; its standard output goes to `out`. Returns its exit code. */
int command(char *out, size_t size, const char *const *arguments);
/** Starts the server, with cert.pem and key.pem of the current folder if `tls`. */
bool start_with(bool tls);
bool start(void);
/** From now on servers are started with a probe, which is in this folder. */
bool start_probing(const char *folder);
/** Ends the server with a signal; returns its exit code, or minus the signal. */
int stop(int number);
bool invite(const char *valid, const char *role, const char *name, char code[MAX_CODE]);

/** True if the answer is this refusal; else says what it is. */
bool refused_with(const struct wire_frame *answer, uint16_t code);
/** A new account, signed in. */
bool join(struct client *client, struct client_device *device);
/** A new connection of a device that has one already. */
bool rejoin(struct client *client, const struct client_device *device);

struct stream {
    uint8_t name[WIRE_STREAM_LEN], token[WIRE_KEY_LEN];
};

bool create_stream(struct client *client, struct stream *stream);
/** A message with a nonce that follows from `index`, and a deletion key of ones. */
struct wire_frame append_frame(const struct stream *stream, uint64_t index, struct base_slice content);
struct wire_frame commit_frame(const struct stream *stream, uint64_t index, uint64_t known,
                               const uint8_t next_token[WIRE_KEY_LEN]);
struct wire_frame read_frame(const struct stream *stream, uint64_t after, bool live);
/** Appends one message; its number, or 0. */
uint64_t append(struct client *client, const struct stream *stream, uint64_t index, const char *text);
/** Counts entries of an answer; `last` is the number of the last. */
size_t count_entries(const struct wire_frame *answer, uint64_t *last);

/** The parts of the test. */
void test_kills(void);
void test_blobs(void);
void test_slow_reader(void);
void test_slow_readers(void);
void test_half_open(void);
void test_idle(void);
void test_requests(void);
void test_upgrades(void);
void test_closes(void);
void test_proxy(void);
/** `context`: the server speaks TLS. */
void test_turned_away(SSL_CTX *context);
void test_full_disk(void);

#endif
