/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Amendments: their records, and the reading of what they amend.
 */
#include "amend.h"

#include "chat.h"
#include "event.h"
#include "expiry.h"
#include "extra.h"
#include "field.h"
#include "read.h"
#include "rpc.h"

enum {
    VERSION = 5,
    VERSION_BEFORE = 4, /* without mentions */
    MAX_RECORD = CONTENT_MAX + 4096 + CONTENT_MAX_EXTENSION,
    ROUND = 32, /* amendments that are applied in one batch */
};

void amend_free(void *item) {
    struct amendment *amendment = (struct amendment *)item;
    base_bytes_free(&amendment->data);
    base_bytes_free(&amendment->mentions);
    base_bytes_free(&amendment->call.id);
    base_free(amendment);
}

static base_result save(struct weibel_core *core, const struct amendment *amendment) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)amendment->kind);
    base_write_u64(&writer, amendment->chat);
    base_write_u64(&writer, amendment->message);
    field_write_array(&writer, amendment->target, sizeof amendment->target);
    base_write_u64(&writer, amendment->by);
    field_write_array(&writer, amendment->id, sizeof amendment->id);
    base_write_u64(&writer, amendment->at);
    base_write_opaque(&writer, base_borrow(&amendment->data));
    base_write_u64(&writer, amendment->group);
    base_write_u64(&writer, amendment->entry);
    base_write_u32(&writer, amendment->audience);
    base_write_u32(&writer, amendment->sequence);
    field_write_array(&writer, amendment->nonce, sizeof amendment->nonce);
    base_write_u8(&writer, (uint8_t)amendment->state);
    trouble_save(&writer, &amendment->trouble);
    field_write_bool(&writer, amendment->moderates);
    field_write_array(&writer, amendment->stood.stream, sizeof amendment->stood.stream);
    base_write_u64(&writer, amendment->stood.entry);
    base_write_opaque(&writer, base_borrow(&amendment->mentions));
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_number(KEY_AMENDMENT, amendment->number), base_borrow(&record));
}

static base_result add(struct weibel_core *core, struct amendment **out) {
    struct amendment *amendment = (struct amendment *)base_take(core->options.allocator, 1, sizeof *amendment);
    BASE_ENSURE(amendment != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->amendments, core->options.allocator, amendment);
    if (result != BASE_OK) {
        base_free(amendment);
        return result;
    }
    *out = amendment;
    return BASE_OK;
}

base_result amend_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct amendment *amendment;
    BASE_TRY(add(core, &amendment));
    struct base_reader reader = base_reader(value);
    uint8_t kind, state;
    amendment->number = number;
    amendment->durable = true;
    bool before = reader.left > 0 && reader.next[0] == VERSION_BEFORE;
    BASE_TRY(field_read_version(&reader, before ? VERSION_BEFORE : VERSION));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_ENSURE(kind >= AMEND_STATE && kind < AMEND_KIND_END, BASE_ERR_VALUE);
    amendment->kind = (enum amendment_kind)kind;
    BASE_TRY(base_read_u64(&reader, &amendment->chat));
    BASE_TRY(base_read_u64(&reader, &amendment->message));
    BASE_TRY(base_read_copy(&reader, amendment->target, sizeof amendment->target));
    BASE_TRY(base_read_u64(&reader, &amendment->by));
    BASE_TRY(base_read_copy(&reader, amendment->id, sizeof amendment->id));
    BASE_TRY(base_read_u64(&reader, &amendment->at));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &amendment->data));
    BASE_TRY(base_read_u64(&reader, &amendment->group));
    BASE_TRY(base_read_u64(&reader, &amendment->entry));
    BASE_TRY(base_read_u32(&reader, &amendment->audience));
    BASE_TRY(base_read_u32(&reader, &amendment->sequence));
    BASE_TRY(base_read_copy(&reader, amendment->nonce, sizeof amendment->nonce));
    BASE_TRY(base_read_u8(&reader, &state));
    BASE_TRY(trouble_load(&reader, &amendment->trouble));
    BASE_TRY(field_read_bool(&reader, &amendment->moderates));
    BASE_TRY(base_read_copy(&reader, amendment->stood.stream, sizeof amendment->stood.stream));
    BASE_TRY(base_read_u64(&reader, &amendment->stood.entry));
    BASE_TRY(before ? BASE_OK : field_read_bytes(&reader, core->options.allocator, &amendment->mentions));
    BASE_ENSURE(state <= MESSAGE_FAILED, BASE_ERR_VALUE);
    amendment->state = (enum message_state)state;
    return base_read_end(&reader);
}

static struct amendment *at(const struct weibel_core *core, size_t index) {
    return (struct amendment *)core->amendments.items[index];
}

base_result amend_add(struct weibel_core *core, struct amendment *amendment) {
    struct amendment *added;
    size_t count = core->amendments.count;
    uint64_t number = count == 0 ? 1 : at(core, count - 1)->number + 1;
    BASE_TRY(add(core, &added));
    *added = *amendment;
    added->number = number;
    amendment->data = amendment->mentions = (struct base_bytes){ 0 };
    amendment->call = (struct call){ 0 };
    return added->durable ? save(core, added) : BASE_OK;
}

base_result amend_set_mentions(const struct weibel_core *core, const struct message *message, struct amendment *edit) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) =
        base_writer(core->options.allocator, CONTENT_MAX_EXTENSION);
    extra_write_mentions(&writer, message);
    return base_writer_finish(&writer, &edit->mentions);
}

struct amendment amend_state(const struct chat *chat, const struct post *post, enum message_state state) {
    struct amendment amendment = {
        .kind = AMEND_STATE,
        .chat = chat->number,
        .message = post->message,
        .state = state,
        .audience = post->audience,
        .sequence = post->sequence,
    };
    memcpy(amendment.nonce, post->nonce, sizeof amendment.nonce);
    return amendment;
}

base_result amend_sent(struct weibel_core *core, const struct chat *chat, const struct wire_entry *entry, bool *own) {
    *own = false;
    for (size_t i = 0; i < core->amendments.count; i++) {
        struct amendment *amendment = at(core, i);
        if (amendment->kind == AMEND_STATE && amendment->state == MESSAGE_SENT && amendment->chat == chat->number &&
            !amendment->durable && memcmp(amendment->nonce, entry->nonce, sizeof amendment->nonce) == 0 &&
            base_slice_equal(base_borrow(&amendment->data), entry->content)) {
            *own = true;
            amendment->durable = true;
            base_bytes_free(&amendment->data);
            BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, amendment->post)));
            amendment->post = 0;
            return save(core, amendment);
        }
    }
    return BASE_OK;
}

bool amend_busy(const struct weibel_core *core) {
    return core->amendments.count >= AMEND_MAX_WAITING;
}

/* ---- reading ---- */

static bool is_target(const struct amendment *amendment, const struct message *message) {
    if (message->chat != amendment->chat && !amendment->wish) {
        return false;
    }
    if (amendment->message != 0) {
        return message->number == amendment->message;
    }
    size_t len = amendment->wish ? 1 + MESSAGE_ID_PREFIX : CONTENT_ID_LEN;
    return message->has_id && memcmp(message->id + 1, amendment->target + 1, len - 1) == 0;
}

static struct message *find(const struct read *read, const struct amendment *amendment) {
    for (size_t i = 0; i < read->messages.count; i++) {
        struct message *message = (struct message *)read->messages.items[i];
        if (is_target(amendment, message)) {
            return message;
        }
    }
    return NULL;
}

static base_result take_out(struct weibel_core *core) {
    struct amendment *amendment = (struct amendment *)list_take(&core->amendments, 0);
    base_result result =
        amendment->durable ? out_remove(&core->out, key_number(KEY_AMENDMENT, amendment->number)) : BASE_OK;
    amend_free(amendment);
    return result;
}

/* Another chat has the message. */
static bool is_elsewhere(const struct read *read, const struct amendment *amendment) {
    for (size_t i = 0; i < read->messages.count; i++) {
        const struct message *message = (const struct message *)read->messages.items[i];
        if (message->chat != amendment->chat && message->has_id &&
            memcmp(message->id + 1, amendment->target + 1, MESSAGE_ID_PREFIX) == 0) {
            return true;
        }
    }
    return false;
}

/* A message that has disappeared while it was being read stays away. */
static bool is_gone(const struct weibel_core *core, const struct message *message) {
    return (message->expires_at != 0 || message->expire != 0) && !expiry_has(core, message->chat, message->number);
}

static base_result apply_one(struct weibel_core *core, const struct read *read, struct amendment *amendment) {
    struct message *message = find(read, amendment);
    message = message != NULL && is_gone(core, message) ? NULL : message;
    struct chat *chat = chat_at(core, message == NULL ? amendment->chat : message->chat);
    if (message != NULL && chat != NULL && message->number <= chat->deleted_to) {
        message = NULL; /* it was read before it was removed */
    }
    if (amendment->wish) {
        return amend_wish(core, chat, amendment, message);
    }
    return chat == NULL ? BASE_OK : amend_apply(core, chat, amendment, message, is_elsewhere(read, amendment));
}

static base_result apply_round(struct weibel_core *core, struct read *read) {
    for (uint64_t i = 0; i < read->limit; i++) {
        BASE_TRY(apply_one(core, read, at(core, 0)));
        BASE_TRY(take_out(core));
    }
    core->amending = false;
    return amend_pump(core);
}

/* Goes from one amendment of the round to the next; `more`: the message of number `index` has been asked for. */
static base_result read_next(struct weibel_core *core, struct read *read) {
    while (read->index < read->limit) {
        const struct amendment *amendment = at(core, read->index);
        if (read->more || find(read, amendment) != NULL) {
            read->more = false;
            read->index++;
            continue;
        }
        read->more = true;
        if (amendment->message == 0) {
            return read_find_message(core, read, amendment->target + 1, read_next);
        }
        struct key key = key_pair(KEY_MESSAGE, amendment->chat, amendment->message);
        read->done = read_next;
        return read_ask(core, read, read_add_message, key, key_after(key_slice(&key)), 1, false);
    }
    return apply_round(core, read);
}

/* Whether one of those before it deletes the same message, and may add that it was there. */
static bool is_about_deleted(const struct weibel_core *core, uint64_t index) {
    const struct amendment *amendment = at(core, index);
    bool same = false;
    for (uint64_t i = 0; i < index && amendment->message == 0 && !same; i++) {
        const struct amendment *before = at(core, i);
        same = before->kind == AMEND_DELETE && before->message == 0 && before->chat == amendment->chat &&
               memcmp(before->target + 1, amendment->target + 1, sizeof before->target - 1) == 0;
    }
    return same;
}

/* What comes behind a message that is added may be about it, or be the same once more, and finds it in the next round.
 */
static uint64_t round_of(const struct weibel_core *core) {
    uint64_t count = 0;
    bool more = true;
    for (; count < core->amendments.count && count < ROUND && more && !is_about_deleted(core, count); count++) {
        more = at(core, count)->kind != AMEND_AGAIN;
    }
    return count;
}

base_result amend_pump(struct weibel_core *core) {
    if (core->amending || core->deletions > 0 || core->amendments.count == 0) {
        return BASE_OK;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, read_next, NULL, &read));
    read->limit = round_of(core);
    core->amending = true;
    BASE_TRY(read_next(core, read));
    if (read->asked) {
        read = NULL;
    }
    return BASE_OK;
}
