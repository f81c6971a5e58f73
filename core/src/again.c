/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who sends again what, and what becomes of it at those who get it.
 */
#include "again.h"

#include <string.h>

#include "account.h"
#include "amend.h"
#include "amend_content.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "copy.h"
#include "deserted.h"
#include "device.h"
#include "event.h"
#include "expiry.h"
#include "gone.h"
#include "group.h"
#include "history.h"
#include "post.h"
#include "read.h"

/* An entry and its nonce live for 30 days from when it has come; clocks differ. */
static const uint64_t OLD = (uint64_t)28 * 24 * 3600 * 1000;

bool again_is_old(const struct weibel_core *core, uint64_t written_at) {
    uint64_t now = state_now(core);
    return now > OLD && written_at < now - OLD;
}

/* ---- out ---- */

/* Whoever has lost his place has made a successor. */
static bool is_succeeded(const struct group *group, const struct group *writing) {
    struct group_about about;
    return writing->generation > group->generation && group_read_about(writing->mls, &about) == BASE_OK &&
           memcmp(about.predecessor, group->id, sizeof group->id) == 0;
}

static bool is_left(const struct chat *chat, const struct group *group, const struct group *writing) {
    return group != writing && (deserted_is(chat, group) || is_succeeded(group, writing));
}

/* The group whose messages are to be sent again, or NULL. */
static struct group *find_due(const struct chat *chat) {
    const struct group *writing = chat->kind == CHAT_DIRECT ? chat_writing_group(chat) : NULL;
    for (size_t i = 0; writing != NULL && i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && (group->unread || (!group->sent_again && is_left(chat, group, writing)))) {
            return group;
        }
    }
    return NULL;
}

bool again_is_due(const struct chat *chat) {
    return find_due(chat) != NULL;
}

static bool is_owed(const struct weibel_core *core, const struct chat *chat, const struct group *group,
                    const struct message *message) {
    return message->kind == MESSAGE_TEXT && message->own && message->state == MESSAGE_SENT && message->has_id &&
           !message->deleted && message->number > chat->deleted_to && message->group == group->number &&
           message->entry != 0 && (!group->unread || message->entry <= group->last_commit) &&
           history_is_recent(core, message);
}

static base_result wrap(struct weibel_core *core, const struct content_again *again, struct base_bytes *out) {
    struct base_bytes body BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, CONTENT_MAX);
    content_again_encode(&writer, again);
    BASE_TRY(base_writer_finish(&writer, &body));
    return amend_content_part(core, content_again_type, base_borrow(&body), NULL, out);
}

/* `out` stays empty if another device has written it. */
static base_result make(struct weibel_core *core, struct stood stood, const struct message *message, uint32_t sequence,
                        struct base_bytes *out) {
    struct base_bytes original BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(message_original(core, message, &original));
    if (original.len == 0 || original.len > CONTENT_AGAIN_MAX) {
        return BASE_OK;
    }
    return wrap(core,
                &(struct content_again){ base_slice(stood.stream, sizeof stood.stream), stood.entry,
                                         base_borrow(&original), sequence },
                out);
}

/* Here, too, it counts as standing where it stood first, however often it goes: own devices may have deleted it there
 * before, and who has read it there passes it over. */
static base_result send(struct weibel_core *core, struct chat *chat, struct message *message) {
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 }, edit BASE_CLEANUP(base_bytes_free) = { 0 };
    struct stood stood;
    (void)message_place(core, message, &stood);
    BASE_TRY(make(core, stood, message, 0, &content));
    if (content.len == 0) {
        return BASE_OK;
    }
    message->stood = stood;
    BASE_TRY(copy_add_place(core, message));
    BASE_TRY(message_save(core, message));
    BASE_TRY(post_add(core, chat, message, &content));
    if (message->edited_at == 0) {
        return BASE_OK;
    }
    BASE_TRY(message_to_edit(core, message, &edit));
    return post_add_control(core, chat, &edit);
}

base_result again_send(struct weibel_core *core, struct chat *chat, const struct group *group,
                       const struct message *message, uint32_t sequence, size_t *bytes) {
    struct base_bytes content BASE_CLEANUP(base_bytes_free) = { 0 }, edit BASE_CLEANUP(base_bytes_free) = { 0 };
    struct stood stood = { .entry = message->entry };
    memcpy(stood.stream, group->id, sizeof stood.stream);
    BASE_TRY(make(core, stood, message, sequence, &content));
    if (content.len == 0) {
        return BASE_OK;
    }
    *bytes += content.len;
    BASE_TRY(post_add_again(core, chat, group, &content));
    if (message->edited_at == 0) {
        return BASE_OK;
    }
    BASE_TRY(message_to_edit(core, message, &edit));
    *bytes += edit.len;
    return post_add_again(core, chat, group, &edit);
}

base_result again_send_kept(struct weibel_core *core, struct chat *chat, const struct group *group,
                            const struct own_content *kept, struct base_slice content) {
    struct base_bytes wrapped BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(wrap(
        core, &(struct content_again){ base_slice(group->id, sizeof group->id), kept->entry, content, kept->sequence },
        &wrapped));
    return post_add_again(core, chat, group, &wrapped);
}

/* All of it goes out by one batch. What was being changed when it was read is read again. */
static base_result found(struct weibel_core *core, struct read *read) {
    struct chat *chat = chat_at(core, read->chat);
    if (chat == NULL) {
        return BASE_OK;
    }
    chat->sending_again = false;
    struct group *group = find_due(chat);
    bool clear;
    BASE_TRY(post_take_back(core, chat, &clear)); /* something may have been refused since then */
    if (!clear || group == NULL || group->number != read->limit || core->amendments.count > 0 || chat->deleting) {
        return BASE_OK;
    }
    uint64_t last = chat->next_post;
    for (size_t i = read->messages.count; i > 0; i--) {
        struct message *message = (struct message *)read->messages.items[i - 1];
        if (is_owed(core, chat, group, message)) {
            BASE_TRY(send(core, chat, message));
        }
    }
    group->sent_again = group->sent_again || group != chat_writing_group(chat);
    group->unread = false;
    group->dirty = true;
    return chat->next_post == last ? BASE_OK : post_move_back(core, chat, last);
}

/* What is on its way into the group, and not in it, goes where the others are. */
static base_result settle(struct weibel_core *core, struct chat *chat, const struct group *group, bool *settled) {
    *settled = group->live && core->amendments.count == 0 && !chat->deleting;
    for (size_t i = 0; i < chat->outbox.count && *settled; i++) {
        const struct post *post = (const struct post *)chat->outbox.items[i];
        *settled = post->group != group->number || !post->in_flight;
    }
    BASE_TRY(*settled ? post_renew(core, chat, group->number) : BASE_OK);
    return *settled ? post_take_back(core, chat, settled) : BASE_OK;
}

base_result again_pump(struct weibel_core *core, struct chat *chat) {
    const struct group *group = find_due(chat);
    bool settled = false;
    if (group == NULL || chat->sending_again) {
        return BASE_OK;
    }
    BASE_TRY(settle(core, chat, group, &settled));
    if (!settled || !chat_writing_group(chat)->live) {
        return BASE_OK;
    }
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, found, NULL, &read));
    read->chat = chat->number;
    read->limit = group->number;
    chat->sending_again = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, UINT64_MAX), AGAIN_MAX, true));
    read = NULL;
    return BASE_OK;
}

/* ---- in ---- */

/* As struct { opaque stream[32]; uint64 first; uint64 position; } of AGAIN_PAST_LEN bytes. */
base_result again_keep(const struct weibel_core *core, const struct group *group) {
    struct chat *chat = group->chat;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, AGAIN_MAX_PAST);
    struct base_bytes longer BASE_CLEANUP(base_bytes_free) = { 0 };
    if (chat->kind == CHAT_OWN || group->position == 0) {
        return BASE_OK;
    }
    struct base_reader kept = base_reader(base_borrow(&chat->past));
    struct base_slice oldest = { 0 };
    BASE_TRY(chat->past.len < AGAIN_MAX_PAST ? BASE_OK : base_read_slice(&kept, AGAIN_PAST_LEN, &oldest));
    base_write_slice(&writer, base_slice(kept.next, kept.left));
    base_write_slice(&writer, base_slice(group->id, sizeof group->id));
    base_write_u64(&writer, group->first);
    base_write_u64(&writer, group->position);
    BASE_TRY(base_writer_finish(&writer, &longer));
    base_bytes_move(&chat->past, &longer);
    chat->dirty = true;
    return BASE_OK;
}

base_result again_read_past(struct base_reader *reader, struct again_past *past) {
    BASE_TRY(base_read_slice(reader, WIRE_STREAM_LEN, &past->stream));
    BASE_TRY(base_read_u64(reader, &past->first));
    return base_read_u64(reader, &past->position);
}

bool again_was_read(const struct chat *chat, struct base_slice stood_in, uint64_t entry) {
    bool read = false;
    for (size_t i = 0; i < chat->groups.count && !read; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        read = !group->fresh && base_slice_equal(base_slice(group->id, sizeof group->id), stood_in) &&
               entry > group->first && entry <= group->position;
    }
    struct base_reader reader = base_reader(base_borrow(&chat->past));
    struct again_past past;
    while (!read && reader.left > 0 && again_read_past(&reader, &past) == BASE_OK) {
        read = base_slice_equal(past.stream, stood_in) && entry > past.first && entry <= past.position;
    }
    return read;
}

static base_result look_for(struct weibel_core *core, const struct chat *chat, const struct message *message,
                            struct stood stood, struct base_slice bytes) {
    struct amendment amendment = {
        .kind = AMEND_AGAIN,
        .chat = chat->number,
        .by = message->from,
        .at = message->sent_at,
        .group = message->group,
        .entry = message->entry,
        .audience = message->audience,
        .stood = stood,
        .durable = true,
    };
    memcpy(amendment.target, message->id, sizeof amendment.target);
    memcpy(amendment.nonce, message->nonce, sizeof amendment.nonce);
    BASE_TRY(base_bytes_copy(core->options.allocator, bytes, &amendment.data));
    base_result result = amend_add(core, &amendment);
    base_bytes_free(&amendment.data);
    return result;
}

/* Its author could name a place behind all that a stream has, and what comes there would be read, or deleted, before it
 * comes. Where the stream is not read here nobody can know; it has nothing but his messages to read. */
static struct stood stood_at(const struct chat *chat, const struct content_again *again,
                             const struct message *message) {
    struct stood stood = { .entry = again->entry };
    memcpy(stood.stream, again->stream.data, sizeof stood.stream);
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        bool same = memcmp(group->id, stood.stream, sizeof stood.stream) == 0;
        bool read = group->live || group->number == message->group;
        stood.entry = same && read && stood.entry > group->position ? 0 : stood.entry;
    }
    return stood;
}

base_result again_take(struct weibel_core *core, const struct chat *chat, const struct content_again *again,
                       const struct message *message) {
    uint64_t since = device_since(core, core->account.device);
    bool before =
        since != UINT64_MAX && since > HISTORY_CLOCK_MARGIN && message->sent_at <= since - HISTORY_CLOCK_MARGIN;
    if (chat->kind != CHAT_DIRECT || before || again_was_read(chat, again->stream, again->entry) ||
        chat_deletion_covers(core, chat, again->stream.data, again->entry)) {
        return BASE_OK;
    }
    return look_for(core, chat, message, stood_at(chat, again, message), again->content);
}

/* Some are being looked for: what comes behind them waits for that. And what is sent again may be there before the
 * group where it stands can be read: which one its author does not write to any more, only he knows. And what is so old
 * may have come before. */
static bool is_unsure(const struct weibel_core *core, const struct chat *chat, const struct message *message) {
    bool unsure = (chat->kind == CHAT_DIRECT && chat->groups.count > 1) || again_is_old(core, message->sent_at);
    for (size_t i = 0; i < core->amendments.count && !unsure; i++) {
        const struct amendment *amendment = (const struct amendment *)core->amendments.items[i];
        unsure = amendment->kind == AMEND_AGAIN && amendment->chat == chat->number;
    }
    return unsure;
}

static base_result add(struct weibel_core *core, struct chat *chat, struct message *message) {
    if (chat_deletion_has(core, chat, message) || gone_has(core, message)) {
        return BASE_OK;
    }
    BASE_TRY(chat_add_message(core, chat, message));
    BASE_TRY(message->stood.entry == 0 ? BASE_OK : gone_came(core, message));
    return message->own ? event_message(core, message) : BASE_OK; /* written on another device */
}

base_result again_look_for(struct weibel_core *core, const struct chat *chat, const struct message *message,
                           struct base_slice bytes) {
    const struct stood nowhere = { .entry = 0 };
    return look_for(core, chat, message, nowhere, bytes);
}

base_result again_show(struct weibel_core *core, struct chat *chat, struct message *message, struct base_slice bytes) {
    return is_unsure(core, chat, message) ? again_look_for(core, chat, message, bytes) : add(core, chat, message);
}

base_result again_apply(struct weibel_core *core, struct chat *chat, const struct amendment *amendment) {
    const struct contact *from = contact_at(core, amendment->by);
    char sender[ACCOUNT_MAX_URI], room[CHAT_MAX_URI];
    struct message message BASE_CLEANUP(message_free) = {
        .kind = MESSAGE_TEXT,
        .own = amendment->by == 0,
        .from = amendment->by,
        .state = amendment->by == 0 ? MESSAGE_SENT : MESSAGE_RECEIVED,
        .group = amendment->group,
        .entry = amendment->entry,
        .audience = amendment->audience,
        .stood = amendment->stood,
    };
    BASE_ENSURE(message.own || from != NULL, BASE_ERR_VALUE);
    account_uri(message.own ? core->account.id : from->id, message.own ? core->account.domain : from->domain, sender);
    chat_room_uri(core, chat, room);
    memcpy(message.nonce, amendment->nonce, sizeof message.nonce);
    BASE_TRY(message_from_content(core, base_borrow(&amendment->data), sender, room, &message));
    bool over = message.expires_at != 0 && message.expires_at <= state_now(core);
    expiry_bound(group_at(core, amendment->group), state_now(core), &message);
    return over ? BASE_OK : add(core, chat, &message);
}
