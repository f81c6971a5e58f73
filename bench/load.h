/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the measurements of the server share: its process, devices that have accounts on it, and the clock.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "client.h"
#include "process.h"
#include "store/store.h"

enum { LOAD_MAX_PATH = 512, LOAD_MAX_SAMPLES = 2000000, LOAD_MAX_WINDOW = 64 };

/** What the command line says. */
struct load_settings {
    const char *build, *cert, *key;
    unsigned pairs;   /**< of a device that writes and one that reads */
    unsigned size;    /**< bytes of a message */
    unsigned window;  /**< messages of one device that wait for their acknowledgement */
    unsigned idle;    /**< connections for the measurement of memory */
    unsigned group;   /**< devices of the largest group */
    unsigned chats;   /**< of the cold synchronisation */
    unsigned readers; /**< that read much at the same moment */
    unsigned stored;  /**< entries for the measurement of growth; 0: none */
    unsigned seconds; /**< of the measurements that take a time */
    bool echo;        /**< who appends reads live too */
};

struct load {
    struct load_settings settings;
    char data[LOAD_MAX_PATH], binary[LOAD_MAX_PATH];
    pid_t pid; /**< of the server */
    uint16_t port;
    SSL_CTX *tls;
    struct client_device *devices; /**< each with an account of its own */
    size_t device_count;
    uint8_t *content; /**< `size` random bytes */
};

struct load_stream {
    uint8_t name[WIRE_STREAM_LEN], token[WIRE_KEY_LEN];
};

/** Says what went wrong, and ends the server and this process. */
_Noreturn void load_die(const struct load *load, const char *what);

/** Zeroed memory; there is some. */
void *load_take(const struct load *load, size_t count, size_t size);

uint64_t load_microseconds(void);
double load_cpu_us(const struct load *load); /**< CPU time of the server */

/* --- server.c --- */

/** An operation on the store; there is memory for it. */
struct store_op *load_op(const struct load *load, enum store_task task);

/** Makes an empty data folder beside the build: its disk is a real one, and no file system in memory. */
void load_make_folder(struct load *load);
/** Makes accounts by way of the store: without its network, and many in one transaction. The server must not run. */
void load_make_devices(struct load *load, size_t count);
void load_start(struct load *load);
void load_stop(struct load *load);
void load_remove_folder(struct load *load);

/* --- device.c --- */

/** Connects and signs in, waiting where the server asks for it. */
void load_sign_in(struct load *load, size_t device, struct client *client);
/** Asks, and expects an answer of this type. */
void load_ask(const struct load *load, struct client *client, struct wire_frame *frame, uint8_t wanted);
void load_create_stream(const struct load *load, struct client *client, struct load_stream *stream);
void load_read_live(const struct load *load, struct client *client, const struct load_stream *stream);
/** An append of the content, with `nonce` as its nonce. */
struct wire_frame load_append_frame(const struct load *load, const struct load_stream *stream, uint64_t nonce);
void load_send(const struct load *load, struct client *client, struct wire_frame *frame);

/** Many connections, waited for together. */
struct load_poll {
    struct load *load;
    int poller;
    /** Called for each frame of the client with that number. */
    void (*frame)(void *user, size_t number, const struct wire_frame *frame);
    void *user;
    struct client **clients; /**< by number */
};

void load_poll_open(struct load_poll *poll, struct load *load, size_t clients);
void load_poll_add(struct load_poll *poll, size_t number, struct client *client);
/** Handles what comes, for at most so long. */
void load_poll_once(struct load_poll *poll, int timeout_ms);
void load_poll_close(struct load_poll *poll);

/** Times, in microseconds. */
struct load_samples {
    uint32_t *items; /**< of LOAD_MAX_SAMPLES */
    size_t count;
};

void load_samples_open(struct load_samples *samples);
void load_samples_add(struct load_samples *samples, uint64_t microseconds);
/** In milliseconds; sorts. 0 if there is none. */
double load_percentile(struct load_samples *samples, unsigned percent);
void load_samples_close(struct load_samples *samples);

/* --- bare.c --- */

/** CPU, in microseconds, of one send() of the content, without TLS or server: of `rounds` to each of `connections`. */
double load_bare_send(const struct load *load, unsigned connections, unsigned rounds);

/* --- one measurement each --- */

void measure_idle(struct load *load);
void measure_sign_in(struct load *load);
void measure_messages(struct load *load);
void measure_group(struct load *load, unsigned members);
void measure_reads(struct load *load);
void measure_sync(struct load *load);
void measure_stored(struct load *load);

#endif
