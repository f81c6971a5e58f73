/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Blobs over HTTP: HEAD tells how much is there, PATCH adds to it, GET fetches (docs/protocol.md,
 * Blobs).
 *
 * A request asks the store about its blob first; what touches the file then is done by jobs, one at a time. A body is
 * gathered in one buffer while the other is written, so that the memory of a transfer doesn't depend on its size.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

enum {
    CHUNK = 128 << 10,                     /* written at once */
    FILLING_SIZE = CHUNK + SERVICE_BUFFER, /* what a socket gives at once always fits */
    READ_CHUNK = 64 << 10,
    MAX_PATCH = 64 << 20, /* of one request's body: what is discarded after a refusal stays bounded */
    IDLE_SECONDS =
        60, /* for each chunk of an answer, or of a body: who is slower than 2 KiB a second holds up others */
    HEX_LEN = 2 * WIRE_KEY_LEN,
    MAX_PATH = 4096,
};

struct transfer {
    struct server *server;
    struct lws *wsi; /**< NULL once the connection is gone */
    uint32_t ticket; /**< of its address */
    int method;
    uint8_t blob[WIRE_BLOB_LEN], key[WIRE_KEY_LEN];
    uint64_t offset;    /**< PATCH: where the next bytes go; GET: where the next ones come from */
    uint64_t announced; /**< PATCH: Content-Length */
    uint64_t left;      /**< PATCH: of the body; GET: to be read */
    uint64_t size;      /**< of the whole blob */
    bool ranged;
    uint64_t range_first, range_last; /**< GET */

    bool asking; /**< the store works */
    struct job job;
    bool working; /**< the job does */
    int file;
    uint64_t file_size;
    int job_error; /**< errno */
    bool opened, synced;
    uint8_t *filling, *written; /**< PATCH; GET reads into `filling`, after LWS_PRE bytes */
    size_t filling_len, written_len;
    bool held_back; /**< the socket is not read for the moment */

    bool body_ended;
    bool given_up;   /**< it counts no more, and has no buffers: what still comes of its body is thrown away */
    unsigned status; /**< of the answer, once it is known */
    bool started;    /**< its headers were sent */
};

/* --- small things --- */

static bool parse_hex(const char *text, uint8_t out[WIRE_KEY_LEN]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HEX_LEN; i++) {
        const char *found = text[i] == 0 ? NULL : strchr(digits, text[i]);
        if (found == NULL) {
            return false;
        }
        unsigned value = (unsigned)(found - digits);
        out[i / 2] = (uint8_t)(i % 2 == 0 ? value << 4 : out[i / 2] | value);
    }
    return text[HEX_LEN] == 0;
}

/* Digits alone, up to 2^63 - 1; `end` is where they end. */
static bool parse_number(const char *text, const char **end, uint64_t *out) {
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (value > (INT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (uint64_t)(*at - '0');
    }
    *end = at;
    *out = value;
    return at != text;
}

static bool parse_whole_number(const char *text, uint64_t *out) {
    const char *end = NULL;
    return parse_number(text, &end, out) && *end == 0;
}

static bool get_key(struct lws *wsi, uint8_t out[WIRE_KEY_LEN]) {
    static const char scheme[] = "Bearer ";
    char text[sizeof scheme + HEX_LEN] = "";
    return lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_AUTHORIZATION) > 0 &&
           strncmp(text, scheme, sizeof scheme - 1) == 0 && parse_hex(text + sizeof scheme - 1, out);
}

static bool key_opens(const uint8_t key[WIRE_KEY_LEN], const uint8_t hash[WIRE_KEY_LEN]) {
    uint8_t given[SHA256_DIGEST_LENGTH];
    SHA256(key, WIRE_KEY_LEN, given);
    return base_equal_secret(given, hash, sizeof given);
}

static uint64_t seconds_now(void) {
    const struct base_clock *clock = base_clock_system();
    return clock->now(clock->user) / 1000;
}

/* What is refused must not keep the place of others, however slowly the rest of it comes. */
static void give_up(struct transfer *transfer) {
    if (!transfer->given_up) {
        transfer->given_up = true;
        transfer->server->transfers--;
        transfer->server->transfers_of[transfer->ticket]--;
        base_free(transfer->filling);
        base_free(transfer->written);
        transfer->filling = transfer->written = NULL;
    }
}

static void free_if_unneeded(struct transfer *transfer) {
    if (transfer->wsi != NULL || transfer->asking || transfer->working) {
        return;
    }
    if (transfer->file >= 0) {
        close(transfer->file);
    }
    give_up(transfer);
    base_free(transfer);
}

/* Decides the answer. It goes out once the body has been read to its end. */
static void conclude(struct transfer *transfer, unsigned status) {
    transfer->status = status;
    if (status >= HTTP_STATUS_BAD_REQUEST) {
        give_up(transfer);
    }
    if (transfer->wsi != NULL) {
        if (transfer->held_back) {
            transfer->held_back = false;
            lws_rx_flow_control(transfer->wsi, 1);
        }
        if (transfer->body_ended) {
            lws_callback_on_writable(transfer->wsi);
        }
    }
}

static unsigned status_of_errno(int error) {
    if (error == ENOENT) {
        return HTTP_STATUS_NOT_FOUND;
    }
    bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return full ? 507 : HTTP_STATUS_INTERNAL_SERVER_ERROR;
}

/* --- jobs: these run on another thread, and touch the transfer's file, buffers and results alone --- */

static void run_open(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    char path[MAX_PATH];
    struct stat status;
    transfer->job_error = 0;
    if (!store_blob_path(transfer->server->options->folder, transfer->blob, path, sizeof path)) {
        transfer->job_error = ENAMETOOLONG;
        return;
    }
    transfer->file = open(path, (transfer->method == LWSHUMETH_GET ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    /* What HEAD tells, the client relies on. */
    bool sync = transfer->method == LWSHUMETH_HEAD;
    if (transfer->file < 0 || fstat(transfer->file, &status) != 0 || (sync && fdatasync(transfer->file) != 0)) {
        transfer->job_error = errno;
        return;
    }
    transfer->file_size = (uint64_t)status.st_size;
}

static void run_write(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    size_t done = 0;
    transfer->job_error = store_disk_is_low(transfer->server->options->folder) ? ENOSPC : 0;
    while (transfer->job_error == 0 && done < transfer->written_len) {
        ssize_t n = pwrite(transfer->file, transfer->written + done, transfer->written_len - done,
                           (off_t)(transfer->offset + done));
        transfer->job_error = n < 0 && errno != EINTR ? errno : 0;
        done += n > 0 ? (size_t)n : 0;
    }
}

/* The file's times say no more than the day. */
static void blur_times(int file) {
    enum { DAY = 24 * 3600 };
    struct timespec day = { .tv_sec = (time_t)(seconds_now() / DAY * DAY) };
    const struct timespec times[2] = { day, day };
    (void)futimens(file, times);
}

static bool sync_folder(const struct transfer *transfer) {
    char path[MAX_PATH];
    if (!store_blob_path(transfer->server->options->folder, transfer->blob, path, sizeof path)) {
        return false;
    }
    *strrchr(path, '/') = 0;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0) {
        close(folder);
    }
    return synced;
}

static void run_sync(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    blur_times(transfer->file);
    bool synced = fsync(transfer->file) == 0 && sync_folder(transfer);
    transfer->job_error = synced ? 0 : errno;
}

static void run_read(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    size_t wanted = transfer->left < READ_CHUNK ? (size_t)transfer->left : READ_CHUNK;
    ssize_t n = pread(transfer->file, transfer->filling + LWS_PRE, wanted, (off_t)transfer->offset);
    transfer->job_error = n < 0 ? errno : n == 0 ? EIO : 0;
    transfer->filling_len = n < 0 ? 0 : (size_t)n;
}

static void submit(struct transfer *transfer, void (*run)(struct job *job), void (*done)(struct job *job)) {
    transfer->job = (struct job){ .run = run, .done = done };
    transfer->working = true;
    jobs_submit(transfer->server->jobs, &transfer->job);
}

/* --- PATCH --- */

static void pump(struct transfer *transfer);

static void wrote(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    transfer->working = false;
    if (transfer->job_error != 0) {
        conclude(transfer, status_of_errno(transfer->job_error));
    } else {
        transfer->offset += transfer->written_len;
        transfer->server->blob_bytes_in += transfer->written_len;
    }
    pump(transfer);
    free_if_unneeded(transfer);
}

static void synced(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    transfer->working = false;
    transfer->synced = transfer->job_error == 0;
    conclude(transfer, transfer->synced ? HTTP_STATUS_NO_CONTENT : status_of_errno(transfer->job_error));
    free_if_unneeded(transfer);
}

/* Moves the body along: gathered, written, synced. */
static void pump(struct transfer *transfer) {
    if (transfer->status != 0 || !transfer->opened || transfer->working || transfer->wsi == NULL) {
        return;
    }
    bool enough = transfer->filling_len >= CHUNK || (transfer->body_ended && transfer->filling_len != 0);
    if (enough) {
        uint8_t *filled = transfer->filling;
        transfer->filling = transfer->written;
        transfer->written = filled;
        transfer->written_len = transfer->filling_len;
        transfer->filling_len = 0;
        lws_set_timeout(transfer->wsi, PENDING_TIMEOUT_HTTP_CONTENT, IDLE_SECONDS);
        submit(transfer, run_write, wrote);
        if (transfer->held_back) {
            transfer->held_back = false;
            lws_rx_flow_control(transfer->wsi, 1);
        }
    } else if (transfer->body_ended) {
        submit(transfer, run_sync, synced);
    }
}

int transfer_body(struct transfer *transfer, const uint8_t *data, size_t len) {
    if (transfer->status != 0) {
        return 0;
    }
    if (len > transfer->left || len > FILLING_SIZE - transfer->filling_len) {
        return -1;
    }
    memcpy(transfer->filling + transfer->filling_len, data, len);
    transfer->filling_len += len;
    transfer->left -= len;
    pump(transfer);
    if (transfer->filling_len >= CHUNK && !transfer->held_back) {
        transfer->held_back = true;
        lws_rx_flow_control(transfer->wsi, 0);
    }
    return 0;
}

int transfer_body_end(struct transfer *transfer) {
    transfer->body_ended = true;
    if (transfer->status != 0) {
        lws_callback_on_writable(transfer->wsi);
    } else if (transfer->left != 0) {
        return -1;
    }
    pump(transfer);
    return 0;
}

/* --- after the file was opened --- */

static void got_file_for_patch(struct transfer *transfer) {
    if (transfer->file_size != transfer->offset) {
        conclude(transfer, HTTP_STATUS_CONFLICT);
        return;
    }
    transfer->opened = true;
    pump(transfer);
}

static void got_file_for_get(struct transfer *transfer) {
    uint64_t last = transfer->range_last < transfer->size ? transfer->range_last : transfer->size - 1;
    if (transfer->file_size != transfer->size) {
        conclude(transfer, HTTP_STATUS_NOT_FOUND);
    } else if (transfer->ranged && (transfer->range_first >= transfer->size || transfer->range_first > last)) {
        conclude(transfer, HTTP_STATUS_REQ_RANGE_NOT_SATISFIABLE);
    } else {
        transfer->opened = true;
        transfer->range_last = last;
        transfer->offset = transfer->range_first;
        transfer->left = last - transfer->range_first + 1;
        conclude(transfer, transfer->ranged ? HTTP_STATUS_PARTIAL_CONTENT : HTTP_STATUS_OK);
    }
}

static void opened(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    transfer->working = false;
    if (transfer->job_error != 0) {
        conclude(transfer, status_of_errno(transfer->job_error));
    } else if (transfer->method == LWSHUMETH_HEAD) {
        conclude(transfer, HTTP_STATUS_OK);
    } else if (transfer->method == LWSHUMETH_GET) {
        got_file_for_get(transfer);
    } else {
        got_file_for_patch(transfer);
    }
    free_if_unneeded(transfer);
}

/* --- after the store answered --- */

static unsigned judge(struct transfer *transfer, const struct store_op *op) {
    const struct wire_create_blob *found = &op->answer.of.create_blob;
    if (!store_succeeded(op)) {
        bool gone = op->answer.of.refusal.code == WIRE_REFUSED_NO_ENTRY;
        bool full = op->answer.of.refusal.code == WIRE_REFUSED_DISK_FULL;
        return gone ? HTTP_STATUS_NOT_FOUND : full ? 507 : HTTP_STATUS_SERVICE_UNAVAILABLE;
    }
    transfer->size = found->size;
    if (transfer->method == LWSHUMETH_PATCH) {
        if (!key_opens(transfer->key, found->upload_hash)) {
            return HTTP_STATUS_FORBIDDEN;
        }
        if (transfer->offset > found->size || transfer->announced > found->size - transfer->offset) {
            return HTTP_STATUS_REQ_ENTITY_TOO_LARGE;
        }
    }
    return 0;
}

static void asked(struct store_op *op) {
    struct transfer *transfer = op->user;
    transfer->asking = false;
    unsigned status = judge(transfer, op);
    store_op_free(op);
    if (status != 0) {
        conclude(transfer, status);
    } else if (transfer->wsi != NULL) {
        submit(transfer, run_open, opened);
    }
    free_if_unneeded(transfer);
}

static bool ask_store(struct transfer *transfer) {
    struct store_op *op = store_op_new(base_allocator_libc(), STORE_FIND_BLOB);
    if (op == NULL) {
        return false;
    }
    memcpy(op->ask.of.create_blob.blob, transfer->blob, WIRE_BLOB_LEN);
    op->now = seconds_now();
    op->done = asked;
    op->user = transfer;
    transfer->asking = true;
    store_submit(transfer->server->store, op);
    return true;
}

/* --- the request --- */

/* One range, "bytes=FIRST-" or "bytes=FIRST-LAST"; anything else is as if it weren't there (RFC 9110 §14.2). */
static void read_range(struct transfer *transfer) {
    static const char unit[] = "bytes=";
    char text[64] = "";
    uint64_t first = 0, last = UINT64_MAX;
    const char *at = NULL;
    transfer->range_last = UINT64_MAX;
    if (lws_hdr_copy(transfer->wsi, text, sizeof text, WSI_TOKEN_HTTP_RANGE) <= 0 ||
        strncmp(text, unit, sizeof unit - 1) != 0 || !parse_number(text + sizeof unit - 1, &at, &first) || *at != '-') {
        return;
    }
    if (at[1] != 0 && (!parse_whole_number(at + 1, &last) || last < first)) {
        return;
    }
    transfer->ranged = true;
    transfer->range_first = first;
    transfer->range_last = last;
}

static unsigned read_patch(struct transfer *transfer) {
    static const char offset_name[] = "upload-offset:";
    char text[32] = "";
    int len = lws_hdr_custom_length(transfer->wsi, offset_name, sizeof offset_name - 1);
    if (lws_hdr_copy(transfer->wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0 ||
        !parse_whole_number(text, &transfer->announced)) {
        transfer->body_ended = true;
        return HTTP_STATUS_LENGTH_REQUIRED;
    }
    transfer->left = transfer->announced;
    transfer->body_ended = transfer->left == 0;
    if (transfer->left > MAX_PATCH) {
        /* Not waited for: the connection ends after this answer. */
        transfer->body_ended = true;
        return HTTP_STATUS_REQ_ENTITY_TOO_LARGE;
    }
    if (!get_key(transfer->wsi, transfer->key)) {
        return HTTP_STATUS_UNAUTHORIZED;
    }
    if (len <= 0 || len >= (int)sizeof text ||
        lws_hdr_custom_copy(transfer->wsi, text, sizeof text, offset_name, sizeof offset_name - 1) < 0 ||
        !parse_whole_number(text, &transfer->offset)) {
        return HTTP_STATUS_BAD_REQUEST;
    }
    return 0;
}

static unsigned read_request(struct transfer *transfer, const char *name) {
    transfer->body_ended = true;
    if (transfer->method == LWSHUMETH_PATCH) {
        unsigned status = read_patch(transfer);
        if (status != 0) {
            return status;
        }
    } else if (transfer->method == LWSHUMETH_GET) {
        read_range(transfer);
    } else if (transfer->method != LWSHUMETH_HEAD) {
        return HTTP_STATUS_METHOD_NOT_ALLOWED;
    }
    return parse_hex(name, transfer->blob) ? 0 : HTTP_STATUS_NOT_FOUND;
}

static bool take_buffers(struct transfer *transfer) {
    if (transfer->method == LWSHUMETH_PATCH) {
        transfer->filling = base_take(base_allocator_libc(), FILLING_SIZE, 1);
        transfer->written = base_take(base_allocator_libc(), FILLING_SIZE, 1);
        return transfer->filling != NULL && transfer->written != NULL;
    }
    if (transfer->method == LWSHUMETH_GET) {
        transfer->filling = base_take(base_allocator_libc(), LWS_PRE + READ_CHUNK, 1);
        return transfer->filling != NULL;
    }
    return true;
}

struct transfer *transfer_begin(struct lws *wsi, const char *name, int method, int *result) {
    struct server *server = server_of(wsi);
    uint8_t buffer[8];
    *result = -1;
    struct transfer *transfer = base_take(base_allocator_libc(), 1, sizeof *transfer);
    if (transfer == NULL) {
        return NULL;
    }
    transfer->server = server;
    transfer->wsi = wsi;
    transfer->method = method;
    transfer->file = -1;
    transfer->ticket = peer_arrival(wsi).ticket;
    server->transfers++;
    server->transfers_of[transfer->ticket]++;
    *result = 0;
    unsigned status = read_request(transfer, name);
    if (status == 0 && delivery_attempt(server->delivery, peer_origin(wsi, buffer)) != 0) {
        status = STATUS_TOO_OFTEN;
    }
    /* Whose blob it is nobody knows, so that an account's share can't be bounded: what is left for others is. */
    bool many = server->transfers + server->transfers_of[transfer->ticket] > MAX_TRANSFERS;
    if (status == 0 && (many || !take_buffers(transfer) || !ask_store(transfer))) {
        status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    }
    if (status != 0) {
        conclude(transfer, status);
    }
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, IDLE_SECONDS);
    return transfer;
}

/* --- the answer --- */

static void read_done(struct job *job) {
    struct transfer *transfer = lws_container_of(job, struct transfer, job);
    transfer->working = false;
    if (transfer->wsi != NULL) {
        lws_callback_on_writable(transfer->wsi);
    }
    free_if_unneeded(transfer);
}

static const char *text_of(unsigned status) {
    switch (status) {
    case HTTP_STATUS_UNAUTHORIZED:
        return "Say the key: Authorization: Bearer <64 hex digits>\n";
    case HTTP_STATUS_FORBIDDEN:
        return "This key does not open the blob.\n";
    case HTTP_STATUS_NOT_FOUND:
        return "There is no such blob, or it is not complete.\n";
    case HTTP_STATUS_CONFLICT:
        return "The upload stands elsewhere: see Upload-Offset.\n";
    case HTTP_STATUS_LENGTH_REQUIRED:
        return "Say Content-Length.\n";
    case HTTP_STATUS_REQ_ENTITY_TOO_LARGE:
        return "That is more than the blob's size, or more than 64 MiB in one request.\n";
    case STATUS_TOO_OFTEN:
        return "Too many requests: wait a little.\n";
    case 507:
        return "The server's disk is full. What was acknowledged is safe; try again later.\n";
    case HTTP_STATUS_SERVICE_UNAVAILABLE:
        return "The server is busy: try again later.\n";
    default:
        return "This does not work.\n";
    }
}

static int start_answer(struct transfer *transfer) {
    struct http_header headers[4];
    size_t count = 0;
    uint64_t length = 0;
    const char *text = "";
    transfer->started = true;
    headers[count++] = (struct http_header){ .name = "cache-control:", .value = "no-store" };
    bool told = transfer->method == LWSHUMETH_HEAD || transfer->synced || transfer->status == HTTP_STATUS_CONFLICT;
    if (told && transfer->file >= 0) {
        uint64_t offset = transfer->synced ? transfer->offset : transfer->file_size;
        headers[count] = (struct http_header){ .name = "upload-offset:" };
        snprintf(headers[count++].value, sizeof headers[0].value, "%" PRIu64, offset);
        headers[count] = (struct http_header){ .name = "upload-length:" };
        snprintf(headers[count++].value, sizeof headers[0].value, "%" PRIu64, transfer->size);
    }
    if (transfer->status == HTTP_STATUS_PARTIAL_CONTENT) {
        headers[count] = (struct http_header){ .name = "content-range:" };
        snprintf(headers[count++].value, sizeof headers[0].value, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                 transfer->range_first, transfer->range_last, transfer->size);
    }
    if (transfer->status == STATUS_TOO_OFTEN || transfer->status == HTTP_STATUS_SERVICE_UNAVAILABLE) {
        headers[count++] = (struct http_header){ .name = "retry-after:", .value = "1" };
    }
    bool content = transfer->method == LWSHUMETH_GET && transfer->opened;
    if (content) {
        length = transfer->left;
    } else if (transfer->status >= 400 && transfer->method != LWSHUMETH_HEAD) {
        text = text_of(transfer->status);
        length = strlen(text);
    }
    if (http_start(transfer->wsi, transfer->status, content ? "application/octet-stream" : "text/plain; charset=utf-8",
                   length, headers, count) != 0) {
        return -1;
    }
    if (content) {
        submit(transfer, run_read, read_done);
        return 0;
    }
    if (length != 0) {
        uint8_t page[LWS_PRE + 128];
        memcpy(page + LWS_PRE, text, (size_t)length);
        if (lws_write(transfer->wsi, page + LWS_PRE, (size_t)length, LWS_WRITE_HTTP_FINAL) < 0) {
            return -1;
        }
    }
    return transfer->status == HTTP_STATUS_REQ_ENTITY_TOO_LARGE || transfer->status == HTTP_STATUS_LENGTH_REQUIRED ? -1
                                                                                                                   : 1;
}

/* Sends what was read. */
static int go_on(struct transfer *transfer) {
    if (transfer->working) {
        return 0;
    }
    if (transfer->job_error != 0) {
        /* The headers have promised more: the end of the connection tells. */
        return -1;
    }
    size_t len = transfer->filling_len;
    bool last = len == transfer->left;
    if (lws_write(transfer->wsi, transfer->filling + LWS_PRE, len, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0) {
        return -1;
    }
    transfer->server->blob_bytes_out += len;
    transfer->offset += len;
    transfer->left -= len;
    lws_set_timeout(transfer->wsi, PENDING_TIMEOUT_HTTP_CONTENT, IDLE_SECONDS);
    if (last) {
        return 1;
    }
    submit(transfer, run_read, read_done);
    return 0;
}

int transfer_writable(struct transfer *transfer) {
    if (transfer->status == 0 || !transfer->body_ended) {
        return 0;
    }
    return transfer->started ? go_on(transfer) : start_answer(transfer);
}

void transfer_closed(struct transfer *transfer) {
    transfer->wsi = NULL;
    free_if_unneeded(transfer);
}
