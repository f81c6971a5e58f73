/* SPDX-License-Identifier: EUPL-1.2 */
/* The transfers that the core asks for: the list of them, and what their three steps share. */
#include "transfers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/host.h"
#include "step.h"
#include "words.h"

enum {
    MAX_RUNNING = 3,       /* at once; the others wait, in their order */
    PROGRESS_EVERY = 1000, /* milliseconds */
};

struct transfers {
    struct loop *loop;
    int spool;
    const struct transfers_handler *handler;
    void *user;
    struct transfer *first;
    unsigned running;
};

base_result transfers_open(struct loop *loop, int spool, const struct transfers_handler *handler, void *user,
                           struct transfers **out) {
    struct transfers *transfers = (struct transfers *)base_take(base_allocator_libc(), 1, sizeof *transfers);
    BASE_ENSURE(transfers != NULL, BASE_ERR_NO_MEMORY);
    *transfers = (struct transfers){ .loop = loop, .spool = spool, .handler = handler, .user = user };
    *out = transfers;
    return BASE_OK;
}

static void release(struct transfer *transfer) {
    struct transfers *owner = transfer->owner;
    for (struct transfer **at = &owner->first; *at != NULL; at = &(*at)->next) {
        if (*at == transfer) {
            *at = transfer->next;
            break;
        }
    }
    loop_timer_stop(owner->loop, &transfer->turn);
    http_free(&transfer->http);
    if (transfer->file >= 0) {
        (void)close(transfer->file);
    }
    if (transfer->spool >= 0) {
        (void)close(transfer->spool);
    }
    owner->running -= transfer->running ? 1 : 0;
    base_bytes_free(&transfer->data);
    base_free(transfer);
}

void transfers_close(struct transfers **transfers) {
    if (*transfers == NULL) {
        return;
    }
    while ((*transfers)->first != NULL) {
        release((*transfers)->first);
    }
    base_free(*transfers);
    *transfers = NULL;
}

static void first_turn(void *user) {
    struct transfer *transfer = (struct transfer *)user;
    transfer->run(transfer);
}

/* Lets those run whose turn has come. Each begins from the loop, so that nobody is called back from within a call. */
static void start_waiting(struct transfers *transfers) {
    for (struct transfer *t = transfers->first; t != NULL && transfers->running < MAX_RUNNING; t = t->next) {
        if (!t->running) {
            t->running = true;
            transfers->running++;
            loop_timer_set(transfers->loop, &t->turn, 0);
        }
    }
}

static void cancel(struct transfers *transfers, uint64_t number) {
    for (struct transfer *t = transfers->first; t != NULL; t = t->next) {
        if (t->number == number) {
            release(t);
            start_waiting(transfers);
            return;
        }
    }
}

static bool copy_path(struct transfer *transfer, const struct weibel_transfer *effect) {
    if (effect->path == NULL) {
        return true;
    }
    int len =
        snprintf(transfer->path, sizeof transfer->path, "%s%s", effect->path,
                 effect->step == WEIBEL_TRANSFER_DOWNLOAD || effect->step == WEIBEL_TRANSFER_WRITE ? ".part" : "");
    return len > 0 && (size_t)len < sizeof transfer->path;
}

base_result transfers_start(struct transfers *transfers, const struct weibel_transfer *effect) {
    char name[STEP_SPOOL_NAME];
    switch (effect->step) {
    case WEIBEL_TRANSFER_CANCEL:
        cancel(transfers, effect->transfer);
        return BASE_OK;
    case WEIBEL_TRANSFER_DROP:
        cancel(transfers, effect->transfer);
        step_spool_name(effect->transfer, name);
        (void)unlinkat(transfers->spool, name, 0);
        return BASE_OK;
    case WEIBEL_TRANSFER_SEAL:
    case WEIBEL_TRANSFER_UPLOAD:
    case WEIBEL_TRANSFER_DOWNLOAD:
    case WEIBEL_TRANSFER_WRITE:
    case WEIBEL_TRANSFER_READ:
        break;
    }
    cancel(transfers, effect->transfer); /* one that is under way still begins anew */
    struct transfer *transfer = (struct transfer *)base_take(base_allocator_libc(), 1, sizeof *transfer);
    BASE_ENSURE(transfer != NULL, BASE_ERR_NO_MEMORY);
    static const step_run runs[] = {
        [WEIBEL_TRANSFER_SEAL] = step_seal,         [WEIBEL_TRANSFER_UPLOAD] = step_upload,
        [WEIBEL_TRANSFER_DOWNLOAD] = step_download, [WEIBEL_TRANSFER_WRITE] = step_put_piece,
        [WEIBEL_TRANSFER_READ] = step_get_piece,
    };
    transfer->owner = transfers;
    transfer->number = effect->transfer;
    transfer->step = effect->step;
    transfer->run = runs[effect->step];
    transfer->turn = (struct loop_timer){ .fire = first_turn, .user = transfer };
    transfer->file = -1;
    transfer->spool = -1;
    transfer->size = effect->size;
    transfer->offset = effect->offset;
    transfer->last = effect->last;
    transfer->bare = effect->bare;
    if (base_bytes_copy(base_allocator_libc(), effect->data, &transfer->data) != BASE_OK) {
        base_free(transfer);
        return &BASE_ERR_NO_MEMORY;
    }
    transfer->key = effect->key;
    memcpy(transfer->blob, effect->blob, sizeof transfer->blob);
    memcpy(transfer->upload_key, effect->upload_key, sizeof transfer->upload_key);
    /* What is wrong with them is told when its turn comes: opening an empty path fails, and so does an empty address.
     */
    if (!copy_path(transfer, effect)) {
        transfer->path[0] = '\0';
    }
    if (effect->url != NULL && url_parse(effect->url, &transfer->url) != BASE_OK) {
        transfer->url = (struct url){ 0 };
    }
    struct transfer **end = &transfers->first;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = transfer;
    start_waiting(transfers);
    return BASE_OK;
}

struct loop *step_loop(const struct transfer *transfer) {
    return transfer->owner->loop;
}

int step_spool(const struct transfer *transfer) {
    return transfer->owner->spool;
}

void step_spool_name(uint64_t number, char out[STEP_SPOOL_NAME]) {
    (void)snprintf(out, STEP_SPOOL_NAME, "%" PRIu64, number);
}

void step_blob_path(const struct transfer *transfer, char out[STEP_BLOB_PATH]) {
    int len = snprintf(out, STEP_BLOB_PATH, "/blobs/");
    for (size_t i = 0; i < sizeof transfer->blob; i++) {
        len += snprintf(out + len, STEP_BLOB_PATH - (size_t)len, "%02x", transfer->blob[i]);
    }
}

void step_progress(struct transfer *transfer) {
    const struct base_clock *clock = base_clock_system();
    uint64_t now = clock->now(clock->user);
    if (now - transfer->reported_at >= PROGRESS_EVERY) { /* also after the clock was set back */
        transfer->reported_at = now;
        transfer->owner->handler->progress(transfer->owner->user, transfer->number, transfer->done);
    }
}

void step_done(struct transfer *transfer) {
    struct transfers *owner = transfer->owner;
    uint64_t number = transfer->number;
    release(transfer);
    start_waiting(owner);
    owner->handler->done(owner->user, number);
}

void step_got(struct transfer *transfer, struct base_bytes *data) {
    struct transfers *owner = transfer->owner;
    uint64_t number = transfer->number;
    release(transfer);
    start_waiting(owner);
    owner->handler->got(owner->user, number, base_borrow(data));
}

void step_failed(struct transfer *transfer, enum weibel_transfer_failure why, const char *words) {
    struct transfers *owner = transfer->owner;
    uint64_t number = transfer->number;
    release(transfer);
    start_waiting(owner);
    owner->handler->failed(owner->user, number, why, words);
}

const char *step_words_of_errno(void) {
    return errno == ENOSPC || errno == EDQUOT ? N_("the disk is full")
           : errno == 0                       ? N_("the file has changed while it was read")
                                              : strerror(errno);
}

void step_failed_errno(struct transfer *transfer) {
    step_failed(transfer, WEIBEL_TRANSFER_LOCAL, step_words_of_errno());
}

enum weibel_transfer_failure step_failure_of(unsigned status) {
    switch (status) {
    case 400:
    case 401:
    case 403:
    case 404:
    case 411:
    case 413:
    case 416:
        return WEIBEL_TRANSFER_GONE;
    default:
        return WEIBEL_TRANSFER_LATER;
    }
}

bool step_read(int file, uint8_t *out, size_t len, uint64_t offset) {
    while (len != 0) {
        ssize_t part = pread(file, out, len, (off_t)offset);
        if (part <= 0) {
            errno = part == 0 ? 0 : errno;
            return false;
        }
        out += part;
        len -= (size_t)part;
        offset += (uint64_t)part;
    }
    return true;
}

bool step_write(int file, const uint8_t *data, size_t len, uint64_t offset) {
    while (len != 0) {
        ssize_t part = pwrite(file, data, len, (off_t)offset);
        if (part < 0) {
            return false;
        }
        data += part;
        len -= (size_t)part;
        offset += (uint64_t)part;
    }
    return true;
}
