/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that disappear.
 */
#include "expiry.h"

#include "chat.h"
#include "field.h"
#include "post.h"
#include "transfer.h"

static base_result add(struct weibel_core *core, const struct expiry *expiry) {
    struct expiry *copy = (struct expiry *)base_take(core->options.allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    *copy = *expiry;
    base_result result = list_add(&core->expiries, core->options.allocator, copy);
    if (result != BASE_OK) {
        base_free(copy);
    }
    return result;
}

base_result expiry_add(struct weibel_core *core, const struct message *message) {
    struct expiry expiry = { .chat = message->chat, .message = message->number, .at = message->expires_at };
    memcpy(expiry.id, message->id, sizeof expiry.id);
    BASE_TRY(add(core, &expiry));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 64);
    base_write_u64(&writer, expiry.at);
    field_write_array(&writer, expiry.id, sizeof expiry.id);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_pair(KEY_EXPIRY, expiry.chat, expiry.message), base_borrow(&record));
}

base_result expiry_load(struct weibel_core *core, uint64_t chat, uint64_t message, struct base_slice value) {
    struct expiry expiry = { .chat = chat, .message = message };
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, &expiry.at));
    BASE_TRY(base_read_copy(&reader, expiry.id, sizeof expiry.id));
    BASE_TRY(base_read_end(&reader));
    return add(core, &expiry);
}

static base_result expire(struct weibel_core *core, const struct expiry *expiry) {
    struct message message = { .chat = expiry->chat, .number = expiry->message, .has_id = true };
    memcpy(message.id, expiry->id, sizeof message.id);
    BASE_TRY(out_remove(&core->out, key_pair(KEY_EXPIRY, expiry->chat, expiry->message)));
    BASE_TRY(message_remove(core, &message));
    struct chat *chat = chat_at(core, expiry->chat);
    if (chat == NULL) {
        return BASE_OK;
    }
    chat->announce = true;
    BASE_TRY(post_drop(core, chat, expiry->message));
    return transfer_cancel_uploads(core, expiry->chat, expiry->message);
}

base_result expiry_run(struct weibel_core *core) {
    uint64_t now = state_now(core);
    for (size_t i = core->expiries.count; i > 0; i--) {
        struct expiry *expiry = (struct expiry *)core->expiries.items[i - 1];
        if (expiry->at <= now) {
            BASE_TRY(expire(core, expiry));
            base_free(list_take(&core->expiries, i - 1));
        }
    }
    return BASE_OK;
}

base_result expiry_forget(struct weibel_core *core, uint64_t chat, uint64_t message) {
    for (size_t i = 0; i < core->expiries.count; i++) {
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[i];
        if (expiry->chat == chat && expiry->message == message) {
            base_free(list_take(&core->expiries, i));
            return out_remove(&core->out, key_pair(KEY_EXPIRY, chat, message));
        }
    }
    return BASE_OK;
}

uint32_t expiry_left(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    uint64_t now = state_now(core);
    for (size_t i = 0; i < core->expiries.count; i++) {
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[i];
        if (expiry->chat == chat && expiry->message == message) {
            uint64_t left = expiry->at > now ? (expiry->at - now) / 1000 + 1 : 1;
            return left < WIRE_MAX_LIFETIME ? (uint32_t)left : WIRE_MAX_LIFETIME;
        }
    }
    return 0;
}

uint64_t expiry_next(const struct weibel_core *core) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < core->expiries.count; i++) {
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[i];
        next = expiry->at < next ? expiry->at : next;
    }
    return next;
}
