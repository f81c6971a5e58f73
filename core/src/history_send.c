/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages, as the device that has them sends them. Where it stands is durable: a part that is lost is sent
 * again.
 */
#include <string.h>

#include "arrival.h"
#include "chat.h"
#include "contact.h"
#include "device.h"
#include "extra.h"
#include "field.h"
#include "group.h"
#include "history.h"
#include "read.h"
#include "request.h"
#include "sync_record.h"

enum { RETRY_DELAY = 10 * 1000 };

static const uint64_t window = (uint64_t)HISTORY_DAYS * 24 * 3600 * 1000;

void history_wait(struct weibel_core *core) {
    core->history_until = state_now(core) + (uint64_t)WIRE_LINK_SECONDS * 1000;
}

bool history_is_due(const struct weibel_core *core) {
    const struct account *account = &core->account;
    return account->history.active || (account->history_offered && core->history_until > state_now(core));
}

void history_begin(struct weibel_core *core, const uint8_t device[WIRE_DEVICE_LEN]) {
    struct history_job *job = &core->account.history;
    if (!core->account.history_offered) {
        return;
    }
    *job = (struct history_job){ .active = true, .chat = 1, .before = UINT64_MAX, .left = HISTORY_MAX };
    memcpy(job->to, device, sizeof job->to);
    core->account.history_offered = false;
    core->account.dirty = true;
}

bool history_has_device(const struct weibel_core *core, const struct group *group,
                        const uint8_t device[WIRE_DEVICE_LEN]) {
    struct mls_member member;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        struct identity identity;
        if (identity_peek(member.credential.content, &identity) == BASE_OK &&
            memcmp(identity.account, core->account.id, WIRE_ACCOUNT_LEN) == 0 &&
            memcmp(identity.device, device, WIRE_DEVICE_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* What is written to a group before the new device comes in, it has from here alone. */
static bool has_in_all(const struct weibel_core *core, const struct chat *chat, const uint8_t device[WIRE_DEVICE_LEN]) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && !history_has_device(core, group, device)) {
            return false;
        }
    }
    return true;
}

/* The chat whose turn it is: the new device must be in it before. NULL: none, or not yet (`wait`). */
static struct chat *next_chat(const struct weibel_core *core, bool *wait) {
    struct chat *next = NULL;
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        bool possible = chat->kind != CHAT_OWN && chat_writing_group(chat) != NULL;
        if (possible && chat->number >= core->account.history.chat && (next == NULL || chat->number < next->number)) {
            next = chat;
        }
    }
    *wait = next != NULL && !has_in_all(core, next, core->account.history.to);
    return *wait ? NULL : next;
}

bool history_is_recent(const struct weibel_core *core, const struct message *message) {
    uint64_t now = state_now(core);
    return message->sent_at >= (now > window ? now - window : 0);
}

/* What disappears is not kept longer by this. */
bool history_is_told(const struct weibel_core *core, const struct message *message) {
    return message->kind == MESSAGE_TEXT && message->has_id && message->expires_at == 0 && message->expire == 0 &&
           (message->state == MESSAGE_RECEIVED || message->state == MESSAGE_SENT) && history_is_recent(core, message);
}

static void write_ref(const struct weibel_core *core, struct base_writer *writer, uint64_t number) {
    uint8_t name[SYNC_MAX_ACCOUNT_NAME];
    const struct contact *contact = contact_at(core, number);
    if (contact != NULL) {
        base_write_u64(writer, number);
        base_write_opaque(writer, base_slice(name, sync_account_name(contact->id, contact->domain, name)));
    }
}

void history_write_head(const struct weibel_core *core, struct base_writer *writer, const struct chat *chat,
                        const uint8_t to[WIRE_DEVICE_LEN], bool late) {
    uint8_t name[SYNC_MAX_NAME];
    base_write_u8(writer, HISTORY_VERSION);
    field_write_array(writer, to, WIRE_DEVICE_LEN);
    base_write_opaque(writer, base_slice(name, sync_chat_name(core, chat, name)));
    field_write_bool(writer, late);
}

base_result history_write_item(struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    struct message told = *message; /* borrows */
    told.content = (struct base_bytes){ 0 };
    memset(told.salt, 0, sizeof told.salt); /* who has written it sends it again, if need be */
    BASE_TRY(message_encode(core, &told, &record));
    if (record.len > HISTORY_RECORD) {
        return BASE_OK;
    }
    const struct arrival *unread = arrival_of_unread(core, message->chat, message->number);
    const struct arrival *place = unread != NULL && !unread->anew ? unread : NULL; /* an edit's is not the message's */
    const struct chat *chat = message->entry == 0 ? NULL : chat_at(core, message->chat);
    const struct group *group = chat == NULL ? NULL : group_in_place(chat, message->group);
    static const uint8_t nowhere[WIRE_STREAM_LEN] = { 0 };
    struct base_writer item BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HISTORY_ITEM);
    struct base_bytes bytes BASE_CLEANUP(base_bytes_free) = { 0 };
    field_write_bool(&item, unread == NULL);
    field_write_array(&item, group != NULL ? group->id : place != NULL ? place->stream : nowhere, WIRE_STREAM_LEN);
    base_write_u64(&item, group != NULL ? message->entry : place != NULL ? place->place.entry : 0);
    size_t mark = base_write_vector_begin(&item);
    write_ref(core, &item, message->from);
    if (message->extra != NULL) {
        write_ref(core, &item, message->extra->handed_by);
    }
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        write_ref(core, &item, message->reactions[i].from);
    }
    for (uint32_t i = 0; i < message->vote_count; i++) {
        write_ref(core, &item, message->votes[i].from);
    }
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        write_ref(core, &item, message->receipts[i].from);
    }
    base_write_vector_end(&item, mark);
    base_write_opaque(&item, base_borrow(&record));
    base_result written = base_writer_finish(&item, &bytes);
    if (written == &BASE_ERR_TOO_LONG) {
        return BASE_OK;
    }
    BASE_TRY(written);
    base_write_slice(writer, base_borrow(&bytes));
    return BASE_OK;
}

/* Where the job stands when the part has arrived. */
static void advance(struct weibel_core *core, uint64_t chat, uint64_t before, uint64_t count) {
    struct history_job *job = &core->account.history;
    job->chat = chat;
    job->before = before;
    job->left = job->left > count ? job->left - count : 0;
    job->active = job->active && job->left > 0;
    core->account.dirty = true;
}

uint64_t history_refused(struct weibel_core *core, const struct wire_frame *answer) {
    struct group *group = device_group(core);
    if (group != NULL && answer->type == WIRE_REFUSAL && answer->of.refusal.code == WIRE_REFUSED_EPOCH_MOVED) {
        group->live = false;
    }
    return state_now(core) + RETRY_DELAY;
}

/* `a`: chat that follows, `b`: number before which it goes on there. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    core->history_in_flight = false;
    if (answer->type == WIRE_APPENDED) {
        advance(core, a, b, core->history_count);
    } else {
        core->history_at = history_refused(core, answer);
    }
    return BASE_OK;
}

static base_result send_part(struct weibel_core *core, struct read *read, struct group *group, struct chat *chat) {
    uint64_t next_chat_number = chat->number + 1, before = UINT64_MAX, count = 0;
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HISTORY_MAX_PART);
    history_write_head(core, &writer, chat, core->account.history.to, false);
    size_t mark = base_write_vector_begin(&writer);
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *one = (const struct group *)chat->groups.items[i];
        if (one->state == GROUP_OPEN && history_has_device(core, one, core->account.history.to)) {
            field_write_array(&writer, one->id, sizeof one->id);
        }
    }
    base_write_vector_end(&writer, mark);
    mark = base_write_vector_begin(&writer);
    for (size_t i = 0; i < read->messages.count; i++) {
        const struct message *one = (const struct message *)read->messages.items[i];
        bool full = base_writer_view(&writer).len > HISTORY_PART;
        if (full || i + 1 == HISTORY_PAGE) {
            next_chat_number = chat->number;
            before = full ? one->number + 1 : one->number;
        }
        if (full) {
            break;
        }
        if (history_is_told(core, one)) {
            BASE_TRY(history_write_item(core, &writer, one));
            count++;
        }
    }
    base_write_vector_end(&writer, mark);
    if (count == 0) {
        advance(core, next_chat_number, before, 0);
        return BASE_OK;
    }
    BASE_TRY(base_writer_finish(&writer, &message));
    core->history_in_flight = true;
    core->history_count = count;
    return sync_append(core, group, base_borrow(&message), HISTORY_LIFETIME, answered, next_chat_number, before);
}

static base_result page_read(struct weibel_core *core, struct read *read) {
    struct group *group = device_group(core);
    struct chat *chat = chat_at(core, read->chat), *own = device_chat(core);
    core->history_reading = false;
    bool can = group != NULL && group->live && chat != NULL && !own->change.made && core->account.history.active &&
               core->session.state == SESSION_ONLINE && chat->number >= core->account.history.chat;
    return can ? send_part(core, read, group, chat) : BASE_OK;
}

base_result history_pump(struct weibel_core *core, const struct chat *own, struct group *group) {
    const struct history_job *job = &core->account.history;
    if (core->history_in_flight || core->history_reading || !group->live || own->change.made) {
        return BASE_OK;
    }
    bool late = false;
    BASE_TRY(core->arrears_at > state_now(core) ? BASE_OK : history_late_pump(core, group, &late));
    if (late || !job->active || core->history_at > state_now(core)) {
        return BASE_OK;
    }
    bool wait;
    const struct chat *chat = next_chat(core, &wait);
    if (chat == NULL) {
        core->history_at = state_now(core) + RETRY_DELAY;
        core->account.history.active = wait && device_is_wanted(core, core->chats.items[0], job->to);
        core->account.dirty = true;
        return BASE_OK;
    }
    uint64_t before = chat->number == job->chat ? job->before : UINT64_MAX;
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, page_read, NULL, &read));
    read->chat = chat->number;
    core->history_reading = true;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 0),
                      key_pair(KEY_MESSAGE, chat->number, before), HISTORY_PAGE, true));
    read = NULL;
    return BASE_OK;
}
