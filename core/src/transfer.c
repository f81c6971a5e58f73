/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Transfers: an upload is sealed into a spool file, given a name on the server, and moved; a download is moved. What is
 * forwarded is there already: the server is asked not to let it go, and nothing is moved.
 */
#include "transfer.h"

#include "account.h"
#include "backup.h"
#include "chat.h"
#include "event.h"
#include "field.h"
#include "post.h"
#include "request.h"

enum {
    VERSION_BEFORE = 2 /* without bare */,
    VERSION = 3,
    MAX_RECORD = 16 << 10,
    MAX_PATH = 8 << 10,
    FIRST_DELAY = 1000,
    MAX_DELAY = 300 * 1000
};

static const char gone[] = "the server does not have the file any more";

void transfer_hold_name(const uint8_t blob[WIRE_BLOB_LEN], const uint8_t id[CONTENT_ID_LEN],
                        uint8_t out[TRANSFER_HOLD_LEN]) {
    memcpy(out, blob, WIRE_BLOB_LEN);
    memcpy(out + WIRE_BLOB_LEN, id, CONTENT_ID_LEN);
}

/* The other steps are the host's, which has connections of its own. */
static bool asks_server(const struct transfer *transfer) {
    return transfer->stage == TRANSFER_CREATING || transfer->stage == TRANSFER_HOLDING;
}

void transfer_free(void *item) {
    struct transfer *transfer = (struct transfer *)item;
    base_bytes_free(&transfer->path);
    base_free(transfer);
}

static base_result add(struct weibel_core *core, struct transfer **out) {
    struct transfer *transfer = (struct transfer *)base_take(core->options.allocator, 1, sizeof *transfer);
    BASE_ENSURE(transfer != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->transfers, core->options.allocator, transfer);
    if (result != BASE_OK) {
        base_free(transfer);
        return result;
    }
    *out = transfer;
    return BASE_OK;
}

static base_result save(struct weibel_core *core, const struct transfer *transfer) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)transfer->kind);
    base_write_u8(&writer, (uint8_t)transfer->stage);
    base_write_u64(&writer, transfer->chat);
    base_write_u64(&writer, transfer->message);
    field_write_array(&writer, transfer->id, sizeof transfer->id);
    base_write_u32(&writer, transfer->file);
    field_write_bool(&writer, transfer->paused);
    base_write_opaque(&writer, base_borrow(&transfer->path));
    field_write_array(&writer, transfer->blob, sizeof transfer->blob);
    field_write_array(&writer, transfer->upload_key, sizeof transfer->upload_key);
    field_write_array(&writer, transfer->key.key, sizeof transfer->key.key);
    field_write_array(&writer, transfer->key.nonce, sizeof transfer->key.nonce);
    base_write_u64(&writer, transfer->size);
    field_write_bool(&writer, transfer->bare);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_TRANSFER, transfer->number), base_borrow(&record));
}

base_result transfer_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct transfer *transfer;
    BASE_TRY(add(core, &transfer));
    transfer->number = number;
    struct base_reader reader = base_reader(value);
    uint8_t kind, stage;
    bool before = value.len > 0 && value.data[0] == VERSION_BEFORE;
    BASE_TRY(field_read_version(&reader, before ? VERSION_BEFORE : VERSION));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_TRY(base_read_u8(&reader, &stage));
    BASE_ENSURE((kind == TRANSFER_UPLOAD || kind == TRANSFER_DOWNLOAD) && stage >= TRANSFER_SEALING &&
                    stage <= TRANSFER_HOLDING,
                BASE_ERR_VALUE);
    transfer->kind = (enum transfer_kind)kind;
    transfer->stage = (enum transfer_stage)stage;
    BASE_TRY(base_read_u64(&reader, &transfer->chat));
    BASE_TRY(base_read_u64(&reader, &transfer->message));
    BASE_TRY(base_read_copy(&reader, transfer->id, sizeof transfer->id));
    BASE_TRY(base_read_u32(&reader, &transfer->file));
    BASE_TRY(field_read_bool(&reader, &transfer->paused));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &transfer->path));
    BASE_TRY(base_read_copy(&reader, transfer->blob, sizeof transfer->blob));
    BASE_TRY(base_read_copy(&reader, transfer->upload_key, sizeof transfer->upload_key));
    BASE_TRY(base_read_copy(&reader, transfer->key.key, sizeof transfer->key.key));
    BASE_TRY(base_read_copy(&reader, transfer->key.nonce, sizeof transfer->key.nonce));
    BASE_TRY(base_read_u64(&reader, &transfer->size));
    if (!before) {
        BASE_TRY(field_read_bool(&reader, &transfer->bare));
    }
    BASE_ENSURE(transfer->path.len > 0 && transfer->path.data[transfer->path.len - 1] == 0, BASE_ERR_VALUE);
    return base_read_end(&reader);
}

static base_result add_for(struct weibel_core *core, const struct message *message, uint32_t file,
                           struct base_slice path, struct transfer **out) {
    BASE_ENSURE(path.len < MAX_PATH, BASE_ERR_TOO_LONG);
    struct transfer *transfer;
    BASE_TRY(add(core, &transfer));
    transfer->number = ++core->account.next_transfer;
    core->account.dirty = true;
    transfer->chat = message->chat;
    transfer->message = message->number;
    memcpy(transfer->id, message->id, sizeof transfer->id);
    transfer->file = file;
    BASE_TRY(base_bytes_take(core->options.allocator, path.len + 1, &transfer->path));
    if (path.len > 0) {
        memcpy(transfer->path.data, path.data, path.len);
    }
    const struct message_file *of = &message->files[file];
    memcpy(transfer->blob, of->blob, sizeof transfer->blob);
    transfer->key = of->key;
    transfer->size = of->size;
    *out = transfer;
    return BASE_OK;
}

base_result transfer_add_upload(struct weibel_core *core, const struct message *message, uint32_t file,
                                struct base_slice path, bool bare) {
    struct transfer *transfer;
    BASE_TRY(add_for(core, message, file, path, &transfer));
    transfer->kind = TRANSFER_UPLOAD;
    transfer->stage = TRANSFER_SEALING;
    transfer->bare = bare;
    BASE_TRY(base_random_fill(core->options.random, transfer->upload_key, sizeof transfer->upload_key));
    return save(core, transfer);
}

base_result transfer_add_hold(struct weibel_core *core, const struct message *message, uint32_t file) {
    struct transfer *transfer;
    BASE_TRY(add_for(core, message, file, (struct base_slice){ 0 }, &transfer));
    transfer->kind = TRANSFER_UPLOAD;
    transfer->stage = TRANSFER_HOLDING;
    return save(core, transfer);
}

static struct transfer *find_download(const struct weibel_core *core, const uint8_t blob[WIRE_BLOB_LEN],
                                      struct base_slice path) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        if (transfer->kind == TRANSFER_DOWNLOAD && memcmp(transfer->blob, blob, WIRE_BLOB_LEN) == 0 &&
            base_slice_equal(base_slice(transfer->path.data, transfer->path.len - 1), path)) {
            return transfer;
        }
    }
    return NULL;
}

base_result transfer_add_download(struct weibel_core *core, const struct message *message, uint32_t file,
                                  struct base_slice path, uint64_t *out) {
    struct transfer *transfer = find_download(core, message->files[file].blob, path);
    if (transfer != NULL) {
        *out = transfer->number; /* under way already: two would write to one file */
        return BASE_OK;
    }
    BASE_TRY(add_for(core, message, file, path, &transfer));
    transfer->kind = TRANSFER_DOWNLOAD;
    transfer->stage = TRANSFER_MOVING;
    *out = transfer->number;
    return save(core, transfer);
}

static struct transfer *find(const struct weibel_core *core, uint64_t number, size_t *index) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        if (transfer->number == number) {
            *index = i;
            return transfer;
        }
    }
    return NULL;
}

struct transfer *transfer_at(const struct weibel_core *core, uint64_t number) {
    size_t index;
    return find(core, number, &index);
}

bool transfer_paused(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
        if (transfer->kind == TRANSFER_UPLOAD && transfer->chat == chat && transfer->message == message &&
            transfer->paused) {
            return true;
        }
    }
    return false;
}

bool transfer_uploading(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
        if (transfer->kind == TRANSFER_UPLOAD && transfer->chat == chat && transfer->message == message) {
            return true;
        }
    }
    return false;
}

static base_result ask(struct weibel_core *core, const struct transfer *transfer, enum weibel_transfer_step step) {
    struct weibel_transfer effect = {
        .transfer = transfer->number,
        .step = step,
        .path = (const char *)transfer->path.data,
        .url = core->account.url,
        .key = transfer->key,
        .size = transfer->size,
        .bare = transfer->bare,
    };
    memcpy(effect.blob, transfer->blob, sizeof effect.blob);
    memcpy(effect.upload_key, transfer->upload_key, sizeof effect.upload_key);
    base_result result = out_transfer(&core->out, &effect);
    base_wipe(&effect, sizeof effect);
    return result;
}

/* Forgets the transfer; the spool file of an upload goes. */
static base_result end_at(struct weibel_core *core, size_t index) {
    struct transfer *transfer = (struct transfer *)list_take(&core->transfers, index);
    base_result result = out_remove(&core->out, key_number(KEY_TRANSFER, transfer->number));
    if (result == BASE_OK && transfer->kind == TRANSFER_UPLOAD && transfer->stage != TRANSFER_HOLDING) {
        result = ask(core, transfer, WEIBEL_TRANSFER_DROP);
    }
    transfer_free(transfer);
    return result;
}

base_result transfer_pause(struct weibel_core *core, struct transfer *transfer, bool paused) {
    if (transfer->paused == paused) {
        return BASE_OK;
    }
    transfer->paused = paused;
    transfer->retry_at = 0;
    transfer->attempts = 0;
    if (paused && transfer->in_flight && transfer->stage == TRANSFER_MOVING) {
        transfer->in_flight = false;
        BASE_TRY(ask(core, transfer, WEIBEL_TRANSFER_CANCEL));
    }
    BASE_TRY(save(core, transfer));
    return event_transfer(core, transfer, paused ? "paused" : "running", transfer->done, NULL);
}

base_result transfer_stop_all(struct weibel_core *core) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        if (transfer->in_flight && !asks_server(transfer)) {
            BASE_TRY(ask(core, transfer, WEIBEL_TRANSFER_CANCEL));
        }
    }
    return BASE_OK;
}

base_result transfer_cancel_uploads(struct weibel_core *core, uint64_t chat, uint64_t message) {
    for (size_t i = core->transfers.count; i > 0; i--) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i - 1];
        if (transfer->kind == TRANSFER_UPLOAD && transfer->chat == chat && transfer->message == message) {
            if (transfer->in_flight && transfer->stage != TRANSFER_HOLDING) {
                BASE_TRY(ask(core, transfer, WEIBEL_TRANSFER_CANCEL));
            }
            BASE_TRY(end_at(core, i - 1));
        }
    }
    return BASE_OK;
}

static void try_later(struct weibel_core *core, struct transfer *transfer, uint64_t at_least) {
    uint64_t delay = (uint64_t)FIRST_DELAY << (transfer->attempts < 9 ? transfer->attempts : 9);
    delay = delay > MAX_DELAY ? MAX_DELAY : delay;
    transfer->attempts++;
    transfer->retry_at = state_now(core) + (delay > at_least ? delay : at_least);
}

static base_result fail_at(struct weibel_core *core, size_t index, const struct trouble *trouble) {
    const struct transfer *transfer = (const struct transfer *)core->transfers.items[index];
    if (transfer->stage != TRANSFER_HOLDING) {
        BASE_TRY(event_transfer(core, transfer, "failed", 0, trouble));
    }
    if (transfer->kind == TRANSFER_DOWNLOAD) {
        return end_at(core, index);
    }
    struct chat *chat = chat_at(core, transfer->chat);
    uint64_t chat_number = transfer->chat, message = transfer->message;
    if (chat != NULL) {
        BASE_TRY(post_fail(core, chat, message, trouble));
    }
    return transfer_cancel_uploads(core, chat_number, message);
}

base_result transfer_give_up(struct weibel_core *core, const struct transfer *transfer) {
    struct trouble trouble = trouble_make(TROUBLE_FILE, "gone", "the download was given up");
    size_t index = 0;
    (void)find(core, transfer->number, &index);
    if (transfer->in_flight) {
        BASE_TRY(ask(core, transfer, WEIBEL_TRANSFER_CANCEL));
    }
    return fail_at(core, index, &trouble);
}

base_result transfer_cancel_downloads(struct weibel_core *core, uint64_t chat, uint64_t message) {
    for (size_t i = core->transfers.count; i > 0; i--) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i - 1];
        if (transfer->kind == TRANSFER_DOWNLOAD && transfer->chat == chat && transfer->message == message) {
            BASE_TRY(transfer_give_up(core, transfer));
        }
    }
    return BASE_OK;
}

/* A file that is not there any more can't be passed on: that is no other trouble than with a download. */
static base_result hold_refused(struct weibel_core *core, size_t index, const struct wire_refusal *refusal) {
    struct trouble trouble = refusal->code == WIRE_REFUSED_NO_ENTRY ? trouble_make(TROUBLE_FILE, "gone", "%s", gone)
                                                                    : trouble_refusal(refusal);
    return fail_at(core, index, &trouble);
}

/* `a`: number of the transfer. */
static base_result create_answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    (void)b;
    size_t index;
    struct transfer *transfer = find(core, a, &index);
    if (transfer == NULL) {
        return BASE_OK;
    }
    transfer->in_flight = false;
    if (answer->type == WIRE_DONE && transfer->stage == TRANSFER_HOLDING) {
        return end_at(core, index);
    }
    if (answer->type == WIRE_DONE) {
        transfer->stage = TRANSFER_MOVING;
        transfer->attempts = 0;
        return save(core, transfer);
    }
    if (answer->type == WIRE_REFUSAL && !request_passes(&answer->of.refusal)) {
        if (transfer->stage == TRANSFER_HOLDING) {
            return hold_refused(core, index, &answer->of.refusal);
        }
        struct trouble trouble = trouble_refusal(&answer->of.refusal);
        return fail_at(core, index, &trouble);
    }
    try_later(core, transfer, answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal) : 0);
    return BASE_OK;
}

static base_result create_blob(struct weibel_core *core, const struct transfer *transfer) {
    struct wire_frame frame = { .type = WIRE_CREATE_BLOB };
    struct wire_create_blob *create = &frame.of.create_blob;
    uint8_t deletion_key[WIRE_KEY_LEN];
    memcpy(create->blob, transfer->blob, sizeof create->blob);
    create->size = weibel_blob_sealed_size(transfer->size);
    account_hash(base_slice(transfer->upload_key, sizeof transfer->upload_key), create->upload_hash);
    account_deletion_key(core, base_slice(transfer->blob, sizeof transfer->blob), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), create->deletion_hash);
    return request_send(core, &frame, create_answered, transfer->number, 0);
}

static base_result hold_blob(struct weibel_core *core, const struct transfer *transfer) {
    struct wire_frame frame = { .type = WIRE_HOLD_BLOB };
    struct wire_hold_blob *hold = &frame.of.hold_blob;
    uint8_t name[TRANSFER_HOLD_LEN], deletion_key[WIRE_KEY_LEN];
    memcpy(hold->blob, transfer->blob, sizeof hold->blob);
    hold->size = weibel_blob_sealed_size(transfer->size);
    transfer_hold_name(transfer->blob, transfer->id, name);
    account_deletion_key(core, base_slice(name, sizeof name), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), hold->deletion_hash);
    return request_send(core, &frame, create_answered, transfer->number, 0);
}

static base_result start(struct weibel_core *core, struct transfer *transfer) {
    bool online = core->session.state == SESSION_ONLINE;
    if (transfer->stage == TRANSFER_SEALING) {
        transfer->in_flight = true;
        return ask(core, transfer, WEIBEL_TRANSFER_SEAL);
    }
    if (!online || transfer->paused) {
        return BASE_OK;
    }
    transfer->in_flight = true;
    if (transfer->stage == TRANSFER_CREATING) {
        return create_blob(core, transfer);
    }
    if (transfer->stage == TRANSFER_HOLDING) {
        return hold_blob(core, transfer);
    }
    return ask(core, transfer, transfer->kind == TRANSFER_UPLOAD ? WEIBEL_TRANSFER_UPLOAD : WEIBEL_TRANSFER_DOWNLOAD);
}

base_result transfer_pump(struct weibel_core *core) {
    uint64_t now = state_now(core);
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        if (!transfer->in_flight && transfer->retry_at <= now) {
            BASE_TRY(start(core, transfer));
        }
    }
    return BASE_OK;
}

void transfer_forget_connection(struct weibel_core *core) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        transfer->in_flight = transfer->in_flight && !asks_server(transfer);
    }
}

void transfer_wake(struct weibel_core *core) {
    for (size_t i = 0; i < core->transfers.count; i++) {
        struct transfer *transfer = (struct transfer *)core->transfers.items[i];
        transfer->retry_at = 0;
        transfer->attempts = 0;
    }
}

uint64_t transfer_deadline(const struct weibel_core *core) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < core->transfers.count; i++) {
        const struct transfer *transfer = (const struct transfer *)core->transfers.items[i];
        bool possible =
            (core->session.state == SESSION_ONLINE && !transfer->paused) || transfer->stage == TRANSFER_SEALING;
        if (possible && !transfer->in_flight && transfer->retry_at > core->pumped_at && transfer->retry_at < next) {
            next = transfer->retry_at;
        }
    }
    return next;
}

base_result transfer_progress(struct weibel_core *core, uint64_t number, uint64_t done) {
    size_t index;
    struct transfer *transfer = find(core, number, &index);
    if (transfer == NULL || !transfer->in_flight) {
        return BASE_OK;
    }
    transfer->done = done < transfer->size ? done : transfer->size;
    return event_transfer(core, transfer, transfer->paused ? "paused" : "running", transfer->done, NULL);
}

base_result transfer_done(struct weibel_core *core, uint64_t number) {
    size_t index;
    if (backup_is(core, number)) {
        return backup_written(core);
    }
    struct transfer *transfer = find(core, number, &index);
    if (transfer == NULL || !transfer->in_flight) {
        return BASE_OK; /* it was cancelled meanwhile */
    }
    transfer->in_flight = false;
    transfer->attempts = 0;
    if (transfer->stage == TRANSFER_SEALING) {
        transfer->stage = TRANSFER_CREATING;
        return save(core, transfer);
    }
    BASE_TRY(event_transfer(core, transfer, "done", transfer->size, NULL));
    return end_at(core, index);
}

base_result transfer_failed(struct weibel_core *core, uint64_t number, enum weibel_transfer_failure why,
                            const char *words) {
    size_t index;
    if (backup_is(core, number)) {
        return backup_failed(core, words);
    }
    struct transfer *transfer = find(core, number, &index);
    if (transfer == NULL || !transfer->in_flight) {
        return BASE_OK;
    }
    transfer->in_flight = false;
    if (why == WEIBEL_TRANSFER_LATER) {
        try_later(core, transfer, 0);
        return BASE_OK;
    }
    const char *name = why == WEIBEL_TRANSFER_LOCAL ? "file" : why == WEIBEL_TRANSFER_GONE ? "gone" : "damaged";
    const char *standard = why == WEIBEL_TRANSFER_LOCAL  ? "the file can't be read or written"
                           : why == WEIBEL_TRANSFER_GONE ? gone
                                                         : "the file on the server is damaged";
    struct trouble trouble = trouble_make(TROUBLE_FILE, name, "%s", words == NULL ? standard : words);
    return fail_at(core, index, &trouble);
}
