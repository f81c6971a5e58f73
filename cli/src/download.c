/* SPDX-License-Identifier: EUPL-1.2 */
/* A download: chunks are fetched, opened and written behind each other; the file gets its name when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "step.h"
#include "target.h"
#include "words.h"

enum { SYNC_EVERY = 8 << 20 }; /* bytes after which they are handed to the disk, so that the sync at the end is short */

/* How many chunks hold something of the file: those behind them are padding and stay where they are. */
static uint64_t chunks_of_file(uint64_t size) {
    return size / WEIBEL_CHUNK + (size % WEIBEL_CHUNK != 0 || size == 0 ? 1 : 0);
}

static size_t sealed_len(const struct transfer *transfer, uint64_t index) {
    uint64_t left = weibel_blob_sealed_size(transfer->size) - index * WEIBEL_CHUNK_SEALED;
    return left < WEIBEL_CHUNK_SEALED ? (size_t)left : WEIBEL_CHUNK_SEALED;
}

/* Opens the chunk that has been filled and writes it. False: `failure` says why. */
static bool finish_chunk(struct transfer *transfer) {
    size_t len = 0;
    if (weibel_blob_open(&transfer->key, transfer->size, transfer->index, transfer->chunk, transfer->filled, &len) !=
        BASE_OK) {
        transfer->failure = WEIBEL_TRANSFER_DAMAGED;
        transfer->words = N_("what the server has is not what was sent");
        return false;
    }
    if (!step_write(transfer->file, transfer->chunk, len, transfer->done)) {
        transfer->failure = WEIBEL_TRANSFER_LOCAL;
        transfer->words = step_words_of_errno();
        return false;
    }
    transfer->done += len;
    transfer->index++;
    transfer->filled = 0;
    if (transfer->done - transfer->synced >= SYNC_EVERY) {
        transfer->synced = transfer->done;
        (void)fdatasync(transfer->file); /* a failure comes again at the end */
    }
    return true;
}

static bool take_part(void *user, struct base_slice part) {
    struct transfer *transfer = (struct transfer *)user;
    while (part.len != 0) {
        if (transfer->index == chunks_of_file(transfer->size)) {
            return false; /* more than was asked for */
        }
        size_t wanted = sealed_len(transfer, transfer->index) - transfer->filled;
        size_t len = part.len < wanted ? part.len : wanted;
        memcpy(transfer->chunk + transfer->filled, part.data, len);
        transfer->filled += len;
        part.data += len;
        part.len -= len;
        if (len == wanted && !finish_chunk(transfer)) {
            return false;
        }
    }
    step_progress(transfer);
    return true;
}

static int fsync_folder_of(const char *path) {
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        (void)snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    int result = fsync(file);
    (void)close(file);
    return result;
}

bool step_give_name(const char *part) {
    char final[PATH_MAX];
    (void)snprintf(final, sizeof final, "%s", part);
    final[strlen(final) - strlen(".part")] = '\0';
    if (renameat2(AT_FDCWD, part, AT_FDCWD, final, RENAME_NOREPLACE) != 0) {
        /* Some file systems cannot promise it: then a look before must do. */
        if (errno != EINVAL && errno != ENOSYS) {
            return false;
        }
        if (access(final, F_OK) == 0) {
            errno = EEXIST;
            return false;
        }
        if (rename(part, final) != 0) {
            return false;
        }
    }
    return fsync_folder_of(final) == 0;
}

static void finish(struct transfer *transfer) {
    if (fsync(transfer->file) == 0 && step_give_name(transfer->path)) {
        step_done(transfer);
    } else {
        step_failed_errno(transfer);
    }
}

static void fetched(void *user, const struct http *http, unsigned status, bool whole, const char *reason) {
    (void)http;
    struct transfer *transfer = (struct transfer *)user;
    transfer->http = NULL;
    if (transfer->failure != 0) {
        step_failed(transfer, transfer->failure, transfer->words);
    } else if (transfer->index == chunks_of_file(transfer->size)) {
        finish(transfer);
    } else if (status / 100 == 2 || status == 0) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, whole ? N_("the server sent less than it has") : reason);
    } else {
        step_failed(transfer, step_failure_of(status), N_("the server does not have the file (any more)"));
    }
}

static void fetch(struct transfer *transfer) {
    static const struct http_handler handler = { .take = take_part, .ended = fetched };
    uint64_t last = chunks_of_file(transfer->size) - 1;
    char path[STEP_BLOB_PATH];
    char range[64];
    step_blob_path(transfer, path);
    (void)snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, transfer->index * WEIBEL_CHUNK_SEALED,
                   last * WEIBEL_CHUNK_SEALED + sealed_len(transfer, last) - 1);
    const struct http_header headers[] = { { "range:", range } };
    const struct http_request request = { .method = "GET", .path = path, .headers = headers, .header_count = 1 };
    base_result result = http_start(step_loop(transfer), &transfer->url, &request, &handler, transfer, &transfer->http);
    if (result != BASE_OK) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, result->text);
    }
}

void step_download(struct transfer *transfer) {
    struct stat status;
    transfer->file = target_open_part(transfer->path);
    if (transfer->file < 0 || fstat(transfer->file, &status) != 0) {
        step_failed_errno(transfer);
        return;
    }
    /* What is there already stays, as whole chunks. */
    uint64_t have = (uint64_t)status.st_size < transfer->size ? (uint64_t)status.st_size : transfer->size;
    transfer->index = have == transfer->size && have != 0 ? chunks_of_file(transfer->size) : have / WEIBEL_CHUNK;
    transfer->done = have == transfer->size ? have : transfer->index * WEIBEL_CHUNK;
    transfer->synced = transfer->done;
    if (ftruncate(transfer->file, (off_t)transfer->done) != 0) {
        step_failed_errno(transfer);
    } else if (transfer->index == chunks_of_file(transfer->size)) {
        finish(transfer);
    } else {
        fetch(transfer);
    }
}
