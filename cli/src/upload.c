/* SPDX-License-Identifier: EUPL-1.2 */
/* Second step of an upload: asks the server how much of the blob it has, and sends the rest out of the spool. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "step.h"
#include "words.h"

/* One request carries so much at most: what a server that answers early can have been sent in vain. */
enum { PIECE = 16 << 20 };

enum { MAX_KEY = sizeof "Bearer " + 2 * 32, OFFSET_DIGITS = 24 };

static void ask_offset(void *user);

/* The proof that the blob is ours, as a header has it. */
static void write_key(const struct transfer *transfer, char out[MAX_KEY]) {
    int len = snprintf(out, MAX_KEY, "Bearer ");
    for (size_t i = 0; i < sizeof transfer->upload_key; i++) {
        len += snprintf(out + len, MAX_KEY - (size_t)len, "%02x", transfer->upload_key[i]);
    }
}

static void wipe_key(char (*key)[MAX_KEY]) {
    base_wipe(*key, sizeof *key);
}

static void start(struct transfer *transfer, const char *method, bool has_body, uint64_t body_len,
                  const struct http_handler *handler) {
    char path[STEP_BLOB_PATH];
    BASE_CLEANUP(wipe_key) char key[MAX_KEY] = "";
    char offset[OFFSET_DIGITS];
    step_blob_path(transfer, path);
    write_key(transfer, key);
    (void)snprintf(offset, sizeof offset, "%" PRIu64, transfer->done);
    const struct http_header headers[] = { { "authorization:", key }, { "upload-offset:", offset } };
    const struct http_request request = {
        .method = method,
        .path = path,
        .headers = headers,
        .header_count = has_body ? 2 : 0,
        .has_body = has_body,
        .body_len = body_len,
    };
    base_result result = http_start(step_loop(transfer), &transfer->url, &request, handler, transfer, &transfer->http);
    if (result != BASE_OK) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, result->text);
    }
}

static bool give_part(void *user, uint8_t *out, size_t len) {
    struct transfer *transfer = (struct transfer *)user;
    if (!step_read(transfer->spool, out, len, transfer->done)) {
        transfer->failure = WEIBEL_TRANSFER_LOCAL;
        return false;
    }
    transfer->done += len;
    step_progress(transfer);
    return true;
}

static void piece_sent(void *user, const struct http *http, unsigned status, bool whole, const char *reason) {
    (void)http;
    struct transfer *transfer = (struct transfer *)user;
    transfer->http = NULL;
    if (transfer->failure != 0) {
        step_failed(transfer, transfer->failure, N_("the sealed copy of the file cannot be read"));
    } else if (!whole) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, reason);
    } else if (status == 204) {
        ask_offset(transfer); /* what counts is what the server says that it has */
    } else {
        step_failed(transfer, step_failure_of(status), N_("the server refuses the file"));
    }
}

static void offset_known(void *user, const struct http *http, unsigned status, bool whole, const char *reason) {
    static const struct http_handler piece = { .give = give_part, .ended = piece_sent };
    struct transfer *transfer = (struct transfer *)user;
    uint64_t offset = 0;
    bool known = http_number(http, "upload-offset:", &offset);
    transfer->http = NULL;
    uint64_t size = weibel_blob_sealed_size(transfer->size);
    if (!whole || (status / 100 == 2 && !known)) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, reason);
    } else if (status / 100 != 2 || offset > size) {
        step_failed(transfer, step_failure_of(status), N_("the server refuses the file"));
    } else if (offset == size) {
        step_done(transfer);
    } else if (offset < transfer->done) {
        step_failed(transfer, WEIBEL_TRANSFER_LATER, N_("the server has lost a part of the file"));
    } else {
        transfer->done = offset;
        start(transfer, "PATCH", true, size - offset < PIECE ? size - offset : PIECE, &piece);
    }
}

static void ask_offset(void *user) {
    static const struct http_handler handler = { .ended = offset_known };
    start((struct transfer *)user, "HEAD", false, 0, &handler);
}

void step_upload(struct transfer *transfer) {
    char name[STEP_SPOOL_NAME];
    step_spool_name(transfer->number, name);
    transfer->spool = openat(step_spool(transfer), name, O_RDONLY | O_CLOEXEC);
    if (transfer->spool < 0) {
        step_failed_errno(transfer);
    } else {
        ask_offset(transfer);
    }
}
