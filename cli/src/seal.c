/* SPDX-License-Identifier: EUPL-1.2 */
/* First step of an upload: the file, sealed chunk by chunk, is written to the spool. After it the file may go. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "step.h"
#include "words.h"

enum {
    CHUNKS_A_TURN = 4,    /* a MiB, some milliseconds: the network is served between them */
    SYNC_EVERY = 8 << 20, /* bytes after which they are handed to the disk, so that the sync at the end is short */
};

/* False: the transfer has ended. */
static bool open_files(struct transfer *transfer) {
    struct stat status;
    transfer->file = open(transfer->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (transfer->file < 0 || fstat(transfer->file, &status) != 0) {
        step_failed_errno(transfer);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        step_failed(transfer, WEIBEL_TRANSFER_LOCAL, N_("it is not a regular file"));
        return false;
    }
    if ((uint64_t)status.st_size != transfer->size) {
        errno = 0;
        step_failed_errno(transfer);
        return false;
    }
    char name[STEP_SPOOL_NAME];
    step_spool_name(transfer->number, name);
    transfer->spool = openat(step_spool(transfer), name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (transfer->spool < 0) {
        step_failed_errno(transfer);
        return false;
    }
    return true;
}

/* Takes the picture into memory, without what it says beside itself. False: the transfer has ended. */
static bool take_bare(struct transfer *transfer) {
    if (transfer->size > WEIBEL_MAX_BARE ||
        base_bytes_take(base_allocator_libc(), (size_t)transfer->size, &transfer->data) != BASE_OK) {
        step_failed(transfer, WEIBEL_TRANSFER_LOCAL, BASE_ERR_NO_MEMORY.text);
        return false;
    }
    if (!step_read(transfer->file, transfer->data.data, transfer->data.len, 0)) {
        step_failed_errno(transfer);
        return false;
    }
    if (weibel_picture_bare(transfer->data.data, transfer->data.len) != BASE_OK) {
        step_failed(transfer, WEIBEL_TRANSFER_LOCAL,
                    N_("the picture is damaged, so that its place and time can't be taken out; send it as it is"));
        return false;
    }
    return true;
}

static bool read_plain(struct transfer *transfer, size_t len, uint64_t begin) {
    if (!transfer->bare) {
        return step_read(transfer->file, transfer->chunk, len, begin);
    }
    if (len > 0) {
        memcpy(transfer->chunk, transfer->data.data + begin, len);
    }
    return true;
}

static bool seal_chunk(struct transfer *transfer) {
    uint64_t begin = transfer->index * WEIBEL_CHUNK;
    uint64_t left = begin < transfer->size ? transfer->size - begin : 0;
    size_t len = left < WEIBEL_CHUNK ? (size_t)left : WEIBEL_CHUNK;
    if (!read_plain(transfer, len, begin)) {
        return false;
    }
    size_t sealed = 0;
    errno = EINVAL;
    return weibel_blob_seal(&transfer->key, transfer->size, transfer->index, transfer->chunk, &sealed) == BASE_OK &&
           step_write(transfer->spool, transfer->chunk, sealed, transfer->index * WEIBEL_CHUNK_SEALED);
}

static void seal_turn(void *user) {
    struct transfer *transfer = (struct transfer *)user;
    uint64_t chunks = weibel_blob_chunks(transfer->size);
    for (unsigned i = 0; i < CHUNKS_A_TURN && transfer->index < chunks; i++) {
        if (!seal_chunk(transfer)) {
            step_failed_errno(transfer);
            return;
        }
        transfer->index++;
        transfer->done = transfer->index * WEIBEL_CHUNK_SEALED;
    }
    bool last = transfer->index == chunks;
    if (last || transfer->done - transfer->synced >= SYNC_EVERY) {
        transfer->synced = transfer->done;
        if (fdatasync(transfer->spool) != 0 || (last && fsync(step_spool(transfer)) != 0)) {
            step_failed_errno(transfer);
            return;
        }
    }
    if (last) {
        step_done(transfer);
        return;
    }
    loop_timer_set(step_loop(transfer), &transfer->turn, 0);
    step_progress(transfer);
}

void step_seal(struct transfer *transfer) {
    if (open_files(transfer) && (!transfer->bare || take_bare(transfer))) {
        transfer->turn.fire = seal_turn;
        seal_turn(transfer);
    }
}
