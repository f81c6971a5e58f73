/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reports: messages are read from the store, those of others are named in one content.
 */
#include "report.h"

#include "amend_content.h"
#include "chat.h"
#include "contact.h"
#include "content/status.h"
#include "device.h"
#include "group.h"
#include "post.h"
#include "read.h"
#include "receipt.h"
#include "setting.h"

enum { PAGE = 100 /* messages that are looked at for one report */ };

_Static_assert((int)PAGE <= (int)CONTENT_MAX_STATUSES && (int)PAGE <= (int)WEIBEL_MAX_READ,
               "a report must be one that others take");

/* Whose author is to hear of it. */
static bool is_told_of(const struct message *message) {
    return message->kind == MESSAGE_TEXT && !message->own && message->has_id && !message->deleted;
}

static bool has_something(const struct chat *chat) {
    return chat->told_read < chat->read_to || chat->told_delivered < chat->next_message;
}

void report_plan(const struct weibel_core *core, struct chat *chat) {
    if (chat->report_at == 0 && has_something(chat)) {
        chat->report_at = state_now(core) + REPORT_DELAY;
    }
}

void report_read_here(const struct weibel_core *core, struct chat *chat) {
    uint64_t at = state_now(core) + REPORT_DELAY;
    chat->report_first = chat->told_read < chat->read_to;
    if (chat->report_first && chat->report_at > at) {
        chat->report_at = at;
    }
}

void report_heard(const struct weibel_core *core, struct chat *chat) {
    if (!chat->report_first && !chat->reporting) {
        chat->report_at = 0;
        chat->report_turn = false;
        report_plan(core, chat);
    }
}

void report_added(const struct weibel_core *core, struct chat *chat, const struct message *message) {
    if (is_told_of(message)) {
        report_plan(core, chat);
    } else if (chat->told_delivered + 1 == message->number) {
        chat->told_delivered = message->number;
    }
}

uint64_t report_deadline(const struct chat *chat) {
    return chat->report_at == 0 || chat->reporting ? UINT64_MAX : chat->report_at;
}

/* True where receipts are sent. */
static base_result is_wanted(const struct weibel_core *core, const struct chat *chat, bool *out) {
    const struct group *group = chat_writing_group(chat);
    uint32_t audience = 0;
    if (settings_receipts(core) && group != NULL) {
        BASE_TRY(receipt_audience(core, group, &audience));
    }
    *out = audience > 0;
    return BASE_OK;
}

static bool is_untold(const struct message *message, enum content_status status) {
    return is_told_of(message) && message->told < (uint8_t)status;
}

static base_result send(struct weibel_core *core, struct chat *chat, const struct list *messages,
                        enum content_status status) {
    uint64_t count = 0;
    for (size_t i = 0; i < messages->count; i++) {
        count += is_untold((const struct message *)messages->items[i], status) ? 1 : 0;
    }
    bool wanted;
    BASE_TRY(is_wanted(core, chat, &wanted));
    if (count == 0 || !wanted) {
        return BASE_OK;
    }
    struct base_writer body BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    content_status_begin(&body, count);
    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = (const struct message *)messages->items[i];
        if (is_untold(message, status)) {
            content_status_write(&body, base_slice(message->id, sizeof message->id), (uint8_t)status);
        }
    }
    struct base_bytes report BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&body, &report));
    BASE_TRY(amend_content_part(core, content_status_type, base_borrow(&report), NULL, &content));
    return post_add_control(core, chat, &content);
}

/* `index`: where the range ends; `more`: it was read, not only delivered. */
static base_result found(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    if (chat == NULL) {
        return BASE_OK;
    }
    uint64_t last = read->index;
    if (read->count == PAGE) {
        last = ((const struct message *)read->messages.items[read->messages.count - 1])->number;
    }
    BASE_TRY(send(core, chat, &read->messages, read->more ? CONTENT_READ : CONTENT_DELIVERED));
    if (read->more) {
        chat->told_read = last;
    }
    chat->told_delivered = last > chat->told_delivered ? last : chat->told_delivered;
    chat->dirty = true;
    chat->reporting = false;
    bool more = has_something(chat);
    chat->report_at = more ? state_now(core) : 0;
    chat->report_first = chat->report_first && chat->told_read < chat->read_to;
    chat->report_turn = chat->report_turn && more;
    return BASE_OK;
}

/* A stranger is told nothing before he was accepted, and who is blocked while he is. */
static bool is_strangers(const struct weibel_core *core, const struct chat *chat) {
    const struct contact *peer = chat->kind == CHAT_DIRECT ? contact_at(core, chat->peer) : NULL;
    return peer != NULL && (peer->request || peer->blocked);
}

/* How many devices of this account come before this one in the group. */
static uint32_t rank_of(const struct weibel_core *core, const struct group *group) {
    uint32_t leaves[WIRE_MAX_DEVICES], rank = 0;
    size_t count = device_siblings(core, group, leaves, WIRE_MAX_DEVICES);
    for (size_t i = 0; i < count; i++) {
        rank += leaves[i] < mls_group_own_leaf(group->mls) ? 1 : 0;
    }
    return rank;
}

/* False: other devices come first, and have time for it. */
static bool is_our_turn(const struct weibel_core *core, struct chat *chat, const struct group *group) {
    if (!chat->report_first && !chat->report_turn) {
        bool elsewhere = chat->told_read < chat->read_to; /* where it was read, it is told at once */
        uint32_t before = rank_of(core, group) + (elsewhere ? 1 : 0);
        chat->report_turn = true;
        chat->report_at += (uint64_t)before * REPORT_TURN;
    }
    return report_deadline(chat) <= state_now(core);
}

base_result report_pump(struct weibel_core *core, struct chat *chat) {
    if (report_deadline(chat) > state_now(core) || is_strangers(core, chat)) {
        return BASE_OK;
    }
    bool wanted;
    BASE_TRY(is_wanted(core, chat, &wanted));
    if (!wanted) {
        chat->told_read = chat->read_to;
        chat->told_delivered = chat->next_message;
        chat->report_at = 0;
        chat->dirty = true;
        return BASE_OK;
    }
    const struct group *group = chat_writing_group(chat);
    if (!group->live || core->amendments.count > 0 || !is_our_turn(core, chat, group)) {
        return BASE_OK; /* what stands in the stream comes first: another device may have told it */
    }
    bool were_read = chat->told_read < chat->read_to;
    uint64_t from = were_read                              ? chat->told_read
                    : chat->told_delivered > chat->read_to ? chat->told_delivered
                                                           : chat->read_to;
    uint64_t to = were_read ? chat->read_to : chat->next_message;
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, found, NULL, &read));
    read->chat = chat->number;
    read->index = to;
    read->more = were_read;
    chat->reporting = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, from + 1),
                      key_pair(KEY_MESSAGE, chat->number, to + 1), PAGE, false));
    read = NULL;
    return BASE_OK;
}
