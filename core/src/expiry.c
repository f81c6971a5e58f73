/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages that disappear.
 */
#include "expiry.h"

#include "chat.h"
#include "copy.h"
#include "field.h"
#include "group.h"
#include "post.h"
#include "transfer.h"

/* Where it is in the list, or would be: they are sorted. */
static size_t place_of(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    size_t low = 0, high = core->expiries.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[middle];
        bool before = expiry->chat != chat ? expiry->chat < chat : expiry->message < message;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

static base_result add(struct weibel_core *core, const struct expiry *expiry) {
    struct expiry *copy = (struct expiry *)base_take(core->options.allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    *copy = *expiry;
    base_result result = list_add(&core->expiries, core->options.allocator, copy);
    if (result != BASE_OK) {
        base_free(copy);
        return result;
    }
    size_t place;
    void **items = core->expiries.items;
    core->expiries.count--;
    place = place_of(core, expiry->chat, expiry->message);
    memmove(items + place + 1, items + place, (core->expiries.count - place) * sizeof *items);
    core->expiries.count++;
    items[place] = copy;
    return BASE_OK;
}

static void start(const struct weibel_core *core, struct expiry *expiry) {
    expiry->at = expiry->at == UINT64_MAX ? state_now(core) + (uint64_t)expiry->seconds * 1000 : expiry->at;
}

static base_result save(struct weibel_core *core, const struct expiry *expiry) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, 64);
    base_write_u64(&writer, expiry->at);
    base_write_u32(&writer, expiry->seconds);
    field_write_array(&writer, expiry->id, sizeof expiry->id);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    return out_put(&core->out, key_pair(KEY_EXPIRY, expiry->chat, expiry->message), base_borrow(&record));
}

base_result expiry_add(struct weibel_core *core, const struct message *message) {
    struct expiry expiry = {
        .chat = message->chat,
        .message = message->number,
        .at = message->expire == 0 ? message->expires_at : UINT64_MAX,
        .seconds = message->expire,
    };
    memcpy(expiry.id, message->id, sizeof expiry.id);
    if (message->own && message->state == MESSAGE_SENT) {
        start(core, &expiry); /* by another device of ours */
    }
    BASE_TRY(add(core, &expiry));
    return save(core, &expiry);
}

base_result expiry_load(struct weibel_core *core, uint64_t chat, uint64_t message, struct base_slice value) {
    struct expiry expiry = { .chat = chat, .message = message };
    struct base_reader reader = base_reader(value);
    BASE_TRY(base_read_u64(&reader, &expiry.at));
    BASE_TRY(base_read_u32(&reader, &expiry.seconds));
    BASE_TRY(base_read_copy(&reader, expiry.id, sizeof expiry.id));
    BASE_TRY(base_read_end(&reader));
    return add(core, &expiry);
}

enum { DAMAGED = UINT32_MAX /* seconds that no message has */ };

base_result expiry_load_damaged(struct weibel_core *core, uint64_t chat, uint64_t message) {
    return add(core, &(struct expiry){ .chat = chat, .message = message, .at = UINT64_MAX, .seconds = DAMAGED });
}

bool expiry_is_damaged(const struct expiry *expiry) {
    return expiry->seconds == DAMAGED;
}

void expiry_bound(const struct group *group, uint64_t now, struct message *message) {
    struct group_about about;
    if (!group_about(group, &about)) {
        return;
    }
    if (message->expires_at <= now) {
        message->expire = about_expire(&about, message->expire);
        return;
    }
    uint64_t left = (message->expires_at - now) / 1000 + 1;
    uint32_t own = left < ABOUT_MAX_EXPIRE ? (uint32_t)left : ABOUT_MAX_EXPIRE;
    uint32_t bound = about_expire(&about, own);
    if (bound != own) {
        message->expires_at = 0;
        message->expire = bound;
    }
}

static struct expiry *find(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    size_t place = place_of(core, chat, message);
    struct expiry *expiry = place < core->expiries.count ? (struct expiry *)core->expiries.items[place] : NULL;
    return expiry != NULL && expiry->chat == chat && expiry->message == message ? expiry : NULL;
}

base_result expiry_start(struct weibel_core *core, uint64_t chat, uint64_t message) {
    struct expiry *expiry = find(core, chat, message);
    if (expiry == NULL || expiry->at != UINT64_MAX) {
        return BASE_OK;
    }
    start(core, expiry);
    return save(core, expiry);
}

bool expiry_has(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    return find(core, chat, message) != NULL;
}

uint64_t expiry_at(const struct weibel_core *core, uint64_t chat, uint64_t message) {
    const struct expiry *expiry = find(core, chat, message);
    return expiry == NULL || expiry->at == UINT64_MAX ? 0 : expiry->at;
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
    BASE_TRY(copy_drop_waiting(core, chat, &message));
    BASE_TRY(transfer_cancel_downloads(core, expiry->chat, expiry->message));
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
    if (find(core, chat, message) == NULL) {
        return BASE_OK;
    }
    base_free(list_take(&core->expiries, place_of(core, chat, message)));
    return out_remove(&core->out, key_pair(KEY_EXPIRY, chat, message));
}

uint64_t expiry_next(const struct weibel_core *core) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < core->expiries.count; i++) {
        const struct expiry *expiry = (const struct expiry *)core->expiries.items[i];
        next = expiry->at < next ? expiry->at : next;
    }
    return next;
}
