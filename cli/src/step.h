/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One step of a transfer under way, as transfers.c (the list of them), seal.c, upload.c, download.c and piece.c see it.
 */
#ifndef CLI_STEP_H
#define CLI_STEP_H

#include <limits.h>

#include "http.h"
#include "transfers.h"

/** What a step does when its turn comes. It ends by step_done() or step_failed(). */
struct transfer;
typedef void (*step_run)(struct transfer *transfer);

struct transfer {
    struct transfer *next;
    struct transfers *owner;
    uint64_t number;
    enum weibel_transfer_step step;
    step_run run;
    bool running;
    char path[PATH_MAX]; /* of the file, or of the part while it is downloaded */
    struct url url;
    uint8_t blob[32];
    uint8_t upload_key[32];
    struct weibel_blob_key key;
    uint64_t size;          /* of the file */
    int file, spool;        /* -1: not open */
    uint64_t index;         /* the next chunk */
    uint64_t done;          /* bytes, for the progress */
    uint64_t reported_at;   /* when that was told last, milliseconds */
    uint64_t synced;        /* bytes of the file that were handed to the disk already */
    struct loop_timer turn; /* the next small step */
    struct http *http;
    enum weibel_transfer_failure failure; /* what a callback within a request found; 0: nothing */
    const char *words;
    size_t filled;          /* bytes in `chunk` */
    uint64_t offset;        /* of a piece in the file */
    bool last;              /* the piece is the file's last one */
    bool bare;              /* what the picture says beside itself is left out */
    struct base_bytes data; /* the piece; the bare picture */
    uint8_t chunk[WEIBEL_CHUNK_SEALED];
};

/* The steps, each in its file; the last two in piece.c. */
void step_seal(struct transfer *transfer);
void step_upload(struct transfer *transfer);
void step_download(struct transfer *transfer);
void step_put_piece(struct transfer *transfer);
void step_get_piece(struct transfer *transfer);

/** The loop that everything runs in, and the folder of spool files. */
struct loop *step_loop(const struct transfer *transfer);
int step_spool(const struct transfer *transfer);

/** The name of the spool file of a transfer. */
enum { STEP_SPOOL_NAME = 24 };
void step_spool_name(uint64_t number, char out[STEP_SPOOL_NAME]);

/** The blob's path on the server: /blobs/ and its name in hexadecimal. */
enum { STEP_BLOB_PATH = 7 + 64 + 1 };
void step_blob_path(const struct transfer *transfer, char out[STEP_BLOB_PATH]);

/** Tells how far it is, about once a second. */
void step_progress(struct transfer *transfer);

/** Ends it: the transfer is freed, the owner told. */
void step_done(struct transfer *transfer);
/** Ends it by what was read. */
void step_got(struct transfer *transfer, struct base_bytes *data);

void step_failed(struct transfer *transfer, enum weibel_transfer_failure why, const char *words);

/** Gives a file whose path ends with ".part" its final name, durably, unless something has that name. False: errno. */
bool step_give_name(const char *part);

/** What errno says about a local file, for people; 0: it ended too early. */
const char *step_words_of_errno(void);

/** Ends it for what errno says about a local file. */
void step_failed_errno(struct transfer *transfer);

/** What a status of the server, or none (0), means for a transfer that it ended. */
enum weibel_transfer_failure step_failure_of(unsigned status);

/** Reads, writes all of `len` at `offset`. False: errno (0: the file ended early). */
bool step_read(int file, uint8_t *out, size_t len, uint64_t offset);
bool step_write(int file, const uint8_t *data, size_t len, uint64_t offset);

#endif
