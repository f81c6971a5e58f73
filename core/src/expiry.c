/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that disappear, and messages that wait to be shown.
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
    struct key index = message_index_key(core, message->id + 1);
    memcpy(expiry.index, index.data + 1, sizeof expiry.index);
    BASE_TRY(add(core, &expiry));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 64);
    base_write_u64(&writer, expiry.at);
    field_write_array(&writer, expiry.index, sizeof expiry.index);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_pair(KEY_EXPIRY, expiry.chat, expiry.message), base_borrow(&record));
}

base_result expiry_load(struct weibel_core *core, uint64_t chat, uint64_t message, struct base_slice value) {
    struct expiry expiry = { .chat = chat, .message = message };
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, &expiry.at));
    BASE_TRY(base_read_copy(&reader, expiry.index, sizeof expiry.index));
    BASE_TRY(base_read_end(&reader));
    return add(core, &expiry);
}

static base_result drop_arrival(struct weibel_core *core, size_t index) {
    struct arrival *arrival = (struct arrival *)list_take(&core->arrivals, index);
    uint64_t number = arrival->number;
    struct chat *chat = chat_at(core, arrival->chat);
    if (chat != NULL && chat->unread > 0) {
        chat->unread--;
    }
    base_free(arrival);
    return out_remove(&core->out, key_number(KEY_ARRIVAL, number));
}

static base_result expire(struct weibel_core *core, const struct expiry *expiry) {
    struct key index = key_table(KEY_INDEX);
    memcpy(index.data + index.len, expiry->index, sizeof expiry->index);
    index.len += sizeof expiry->index;
    BASE_TRY(out_remove(&core->out, key_pair(KEY_MESSAGE, expiry->chat, expiry->message)));
    BASE_TRY(out_remove(&core->out, key_pair(KEY_EXPIRY, expiry->chat, expiry->message)));
    BASE_TRY(out_remove(&core->out, index));
    for (size_t i = 0; i < core->arrivals.count; i++) {
        const struct arrival *arrival = (const struct arrival *)core->arrivals.items[i];
        if (arrival->chat == expiry->chat && arrival->message == expiry->message) {
            BASE_TRY(drop_arrival(core, i));
            break;
        }
    }
    struct chat *chat = chat_at(core, expiry->chat);
    if (chat == NULL) {
        return BASE_OK;
    }
    chat->announce = true;
    chat_message_gone(chat, expiry->message);
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

base_result arrival_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct arrival *arrival = (struct arrival *)base_take(core->options.allocator, 1, sizeof *arrival);
    BASE_ENSURE(arrival != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->arrivals, core->options.allocator, arrival);
    if (result != BASE_OK) {
        base_free(arrival);
        return result;
    }
    struct base_reader reader = base_reader(value);
    arrival->number = number;
    BASE_TRY(base_read_u64(&reader, &arrival->chat));
    BASE_TRY(base_read_u64(&reader, &arrival->message));
    BASE_TRY(base_read_end(&reader));
    struct chat *chat = chat_at(core, arrival->chat);
    if (chat != NULL) {
        chat->unread++;
    }
    return BASE_OK;
}

base_result arrival_seen(struct weibel_core *core, uint64_t arrival) {
    /* In order of arrival: what was shown is at the beginning. */
    while (core->arrivals.count > 0 && ((const struct arrival *)core->arrivals.items[0])->number <= arrival) {
        BASE_TRY(drop_arrival(core, 0));
    }
    return BASE_OK;
}
