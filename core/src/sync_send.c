/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records on their way: what other devices have not got yet goes out in one message after the other. A message that is
 * lost is not sent again: what was in it goes into the next one, as records may come twice.
 */
#include <string.h>

#include "account.h"
#include "field.h"
#include "group.h"
#include "history.h"
#include "sync_record.h"

enum {
    VERSION = 1,
    WANTS_RECORDS = 1,
    WANTS_HISTORY = 2,
    MAX_MESSAGE = 64 << 10,  /* bytes of records in one message, beyond the first */
    ANSWER_MIN_DELAY = 200,  /* milliseconds before everything is sent because another device asks for it … */
    ANSWER_CHANCE_DELAY = 8, /* … and, by chance, up to 256 times this more: others are asked as well */
    RETRY_DELAY = 30 * 1000,
};

void sync_record_write(struct base_writer *writer, const struct sync_record *record) {
    base_write_u8(writer, (uint8_t)record->kind);
    base_write_opaque(writer, base_borrow(&record->name));
    base_write_opaque(writer, base_borrow(&record->value));
    base_write_u64(writer, record->clock);
    field_write_array(writer, record->device, sizeof record->device);
}

base_result sync_record_read(struct base_reader *reader, struct sync_view *out) {
    uint8_t kind;
    BASE_TRY(base_read_u8(reader, &kind));
    BASE_TRY(base_read_opaque_max(reader, SYNC_MAX_NAME, &out->name));
    BASE_TRY(base_read_opaque_max(reader, SYNC_MAX_VALUE, &out->value));
    BASE_TRY(base_read_u64(reader, &out->clock));
    BASE_TRY(base_read_copy(reader, out->device, sizeof out->device));
    BASE_ENSURE(kind >= SYNC_DEVICE && kind < SYNC_KIND_END, BASE_ERR_VALUE);
    out->kind = (enum sync_kind)kind;
    return BASE_OK;
}

base_result sync_send_all(struct weibel_core *core) {
    for (size_t i = 0; i < core->syncs.count; i++) {
        struct sync_record *record = (struct sync_record *)core->syncs.items[i];
        if (record->sent) {
            record->sent = false;
            record->sending = 0;
            core->sync_waiting = true;
            BASE_TRY(sync_record_save(core, record));
        }
    }
    return BASE_OK;
}

/* Not everybody at once: who comes first spares the others the most of it. */
static base_result plan_answer(struct weibel_core *core) {
    uint8_t chance;
    BASE_TRY(base_random_fill(core->options.random, &chance, 1));
    core->sync_at = state_now(core) + ANSWER_MIN_DELAY + (uint64_t)chance * ANSWER_CHANCE_DELAY;
    return sync_send_all(core);
}

base_result sync_take(struct weibel_core *core, struct base_slice message) {
    struct base_reader reader = base_reader(message), records;
    struct sync_view view;
    uint8_t version;
    uint8_t wants, devices[2][WIRE_DEVICE_LEN];
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == VERSION, BASE_ERR_VALUE);
    BASE_TRY(base_read_u8(&reader, &wants));
    BASE_ENSURE(wants <= (WANTS_RECORDS | WANTS_HISTORY), BASE_ERR_VALUE);
    if ((wants & WANTS_HISTORY) != 0) {
        BASE_TRY(base_read_copy(&reader, devices[0], WIRE_DEVICE_LEN));
        BASE_TRY(base_read_copy(&reader, devices[1], WIRE_DEVICE_LEN));
    }
    BASE_TRY(base_read_vector(&reader, &records));
    BASE_TRY(base_read_end(&reader));
    /* What is in this message itself, nobody has to be told any more. */
    BASE_TRY((wants & WANTS_RECORDS) != 0 ? plan_answer(core) : BASE_OK);
    while (records.left > 0) {
        base_result result = sync_record_read(&records, &view);
        if (result == &BASE_ERR_VALUE) {
            continue; /* of a later version */
        }
        BASE_TRY(result);
        BASE_TRY(sync_record_take(core, &view));
    }
    if ((wants & WANTS_HISTORY) != 0 && memcmp(devices[0], core->account.device, WIRE_DEVICE_LEN) == 0) {
        history_begin(core, devices[1]);
    }
    return BASE_OK;
}

static bool is_waiting(const struct sync_record *record) {
    return !record->sent && record->sending == 0;
}

static unsigned wishes(const struct weibel_core *core) {
    return (core->account.sync_wanted ? WANTS_RECORDS : 0) | (core->account.history_asked ? WANTS_HISTORY : 0);
}

/* Writes a message of what waits; `any` false: nothing does. */
static base_result write_message(struct weibel_core *core, uint64_t number, struct base_bytes *out, bool *any) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, MAX_MESSAGE + 2 * (SYNC_MAX_NAME + SYNC_MAX_VALUE));
    unsigned wants = wishes(core);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)wants);
    if (core->account.history_asked) {
        field_write_array(&writer, core->account.history_from, WIRE_DEVICE_LEN);
        field_write_array(&writer, core->account.device, WIRE_DEVICE_LEN);
    }
    size_t mark = base_write_vector_begin(&writer);
    *any = wants != 0;
    for (size_t i = 0; i < core->syncs.count && base_writer_view(&writer).len < MAX_MESSAGE; i++) {
        struct sync_record *record = (struct sync_record *)core->syncs.items[i];
        if (is_waiting(record)) {
            sync_record_write(&writer, record);
            record->sending = number;
            *any = true;
        }
    }
    base_write_vector_end(&writer, mark);
    return base_writer_finish(&writer, out);
}

/* `a`: number of the message; `b`: of the group. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    bool sent = answer->type == WIRE_APPENDED;
    core->sync_in_flight = false;
    for (size_t i = 0; i < core->syncs.count; i++) {
        struct sync_record *record = (struct sync_record *)core->syncs.items[i];
        if (record->sending == a) {
            record->sending = 0;
            record->sent = sent;
            BASE_TRY(sent ? sync_record_save(core, record) : BASE_OK);
        }
    }
    if (sent) {
        /* Something may be wanted since it was on its way. */
        core->account.sync_wanted = core->account.sync_wanted && (core->sync_wants & WANTS_RECORDS) == 0;
        core->account.history_asked = core->account.history_asked && (core->sync_wants & WANTS_HISTORY) == 0;
        core->account.dirty = core->account.dirty || core->sync_wants != 0;
        return BASE_OK;
    }
    core->sync_waiting = true;
    bool moved = answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_EPOCH_MOVED;
    struct group *group = group_at(core, b);
    if (moved && group != NULL) {
        group->live = false; /* the commit that moved it comes first */
    }
    core->sync_at = state_now(core) + (moved                          ? REQUEST_EPOCH_DELAY
                                       : answer->type == WIRE_REFUSAL ? request_delay(&answer->of.refusal)
                                                                      : RETRY_DELAY);
    return BASE_OK;
}

base_result sync_append(struct weibel_core *core, struct group *group, struct base_slice message, uint32_t lifetime,
                        request_fn answer, uint64_t a, uint64_t b) {
    struct base_bytes ciphertext BASE_CLEANUP(base_bytes_free) = { 0 };
    struct wire_frame frame = { .type = WIRE_APPEND };
    struct wire_append *append = &frame.of.append;
    uint8_t deletion_key[WIRE_KEY_LEN];
    const uint8_t *token;
    BASE_TRY(group_token(group, &token));
    BASE_TRY(mls_group_encrypt(group->mls, message, &(struct mls_send_options){ .padding = group_padding(message.len) },
                               &ciphertext));
    group->skipped = 0;
    group->dirty = true;
    BASE_TRY(base_random_fill(core->options.random, append->nonce, sizeof append->nonce));
    account_deletion_key(core, base_slice(append->nonce, sizeof append->nonce), deletion_key);
    account_hash(base_slice(deletion_key, sizeof deletion_key), append->deletion_hash);
    memcpy(append->stream, group->id, sizeof append->stream);
    memcpy(append->token, token, sizeof append->token);
    append->kind = WIRE_KIND_MESSAGE;
    append->after = group->position;
    append->lifetime = lifetime;
    append->content = base_borrow(&ciphertext);
    return request_send(core, &frame, answer, a, b);
}

base_result sync_pump(struct weibel_core *core, const struct chat *chat, struct group *group) {
    if (core->sync_in_flight || core->sync_at > state_now(core) || !group->live || chat->change.made ||
        mls_group_member_count(group->mls) < 2) {
        return BASE_OK;
    }
    if (!core->sync_waiting) {
        return BASE_OK;
    }
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    bool any;
    BASE_TRY(write_message(core, core->sync_message + 1, &message, &any));
    core->sync_waiting = any;
    if (!any) {
        return BASE_OK;
    }
    core->sync_message++;
    core->sync_wants = wishes(core);
    core->sync_in_flight = true;
    return sync_append(core, group, base_borrow(&message), 0, answered, core->sync_message, group->number);
}

uint64_t sync_deadline(const struct weibel_core *core) {
    return core->sync_at;
}

void sync_forget_connection(struct weibel_core *core) {
    core->sync_in_flight = false;
    core->sync_waiting = true;
    core->sync_at = 0;
    for (size_t i = 0; i < core->syncs.count; i++) {
        ((struct sync_record *)core->syncs.items[i])->sending = 0;
    }
}
