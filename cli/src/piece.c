/* SPDX-License-Identifier: EUPL-1.2 */
/* Files that the core writes and reads itself, piece by piece: backups. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "step.h"
#include "target.h"

void step_put_piece(struct transfer *transfer) {
    struct stat status;
    transfer->file = target_open_part(transfer->path);
    bool good = transfer->file >= 0 && fstat(transfer->file, &status) == 0;
    if (good && (uint64_t)status.st_size < transfer->offset) {
        errno = 0;
        good = false;
    }
    good = good && ftruncate(transfer->file, (off_t)transfer->offset) == 0 &&
           step_write(transfer->file, transfer->data.data, transfer->data.len, transfer->offset);
    good = good && (!transfer->last || (fsync(transfer->file) == 0 && step_give_name(transfer->path)));
    if (good) {
        step_done(transfer);
    } else {
        step_failed_errno(transfer);
    }
}

void step_get_piece(struct transfer *transfer) {
    struct base_bytes data BASE_CLEANUP(base_bytes_free) = { 0 };
    struct stat status;
    transfer->file = open(transfer->path, O_RDONLY | O_CLOEXEC);
    if (transfer->file < 0 || fstat(transfer->file, &status) != 0) {
        step_failed_errno(transfer);
        return;
    }
    uint64_t size = status.st_size < 0 ? 0 : (uint64_t)status.st_size;
    uint64_t left = size > transfer->offset ? size - transfer->offset : 0;
    size_t len = left < transfer->size ? (size_t)left : (size_t)transfer->size;
    if (len > WEIBEL_MAX_PIECE || base_bytes_take(base_allocator_libc(), len, &data) != BASE_OK) {
        errno = ENOMEM;
        step_failed_errno(transfer);
    } else if (!step_read(transfer->file, data.data, len, transfer->offset)) {
        step_failed_errno(transfer);
    } else {
        step_got(transfer, &data);
    }
}
