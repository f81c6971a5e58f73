/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What an own device is owed that was let into a group late, as the one that has let it in sends it. First the messages
 * are gone through backwards, up to the first one that it lacks; from there on they are sent. Where it stands is
 * durable.
 */
#include <string.h>

#include "came.h"
#include "chat.h"
#include "device.h"
#include "expiry.h"
#include "field.h"
#include "group.h"
#include "history.h"
#include "join.h"
#include "letter.h"
#include "newcomer.h"
#include "policy.h"
#include "read.h"
#include "sync_record.h"

enum { LATE_MAX = 10000 /* messages that are looked at: of what stands before them is only said that it is missing */ };

/* Who has another group of the chat may have seen what was written before it. */
static bool is_in_another(const struct weibel_core *core, const struct group *group,
                          const uint8_t device[WIRE_DEVICE_LEN]) {
    bool in = false;
    for (size_t i = 0; i < group->chat->groups.count && !in; i++) {
        const struct group *other = (const struct group *)group->chat->groups.items[i];
        in = other != group && other->state == GROUP_OPEN && history_has_device(core, other, device);
    }
    return in;
}

static base_result add(const struct weibel_core *core, struct chat *chat, const struct arrears *arrears) {
    struct arrears *added = (struct arrears *)base_take(core->options.allocator, 1, sizeof *added);
    BASE_ENSURE(added != NULL, BASE_ERR_NO_MEMORY);
    *added = *arrears;
    base_result result = list_add(&chat->arrears, core->options.allocator, added);
    if (result != BASE_OK) {
        base_free(added);
    }
    return result;
}

/* How many have come that are not shown yet, as they may be there already (again.h): they have no numbers. */
static size_t count_unsure(const struct weibel_core *core, const struct chat *chat) {
    size_t count = 0;
    for (size_t i = 0; i < core->amendments.count; i++) {
        const struct amendment *amendment = (const struct amendment *)core->amendments.items[i];
        count += amendment->kind == AMEND_AGAIN && amendment->chat == chat->number ? 1 : 0;
    }
    return count;
}

/* Whether a sibling that was in the group before this one sees to what stands there. */
static bool has_elder(const struct weibel_core *core, const struct group *group) {
    struct mls_member member;
    struct identity identity;
    bool found = false;
    for (uint32_t leaf = 0; !found && mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        found = leaf != mls_group_own_leaf(group->mls) &&
                identity_peek(member.credential.content, &identity) == BASE_OK && join_is_self(core, &identity) &&
                device_is_elder(core, identity.device);
    }
    return found;
}

/* What stands in the group before the commit, entry `number`, if the device is owed it. */
static base_result owe(struct weibel_core *core, const struct group *group, const struct identity *newcomer,
                       uint64_t number) {
    struct chat *chat = group->chat;
    uint64_t since = device_since(core, newcomer->device);
    if (!join_is_self(core, newcomer) || since == UINT64_MAX || chat->arrears.count >= STATE_MAX_ARREARS) {
        return BASE_OK;
    }
    /* Who belongs to the account longer than this device is nobody new, and may have groups of the chat of which this
     * one does not know. */
    bool older = device_is_elder(core, newcomer->device), known = older || is_in_another(core, group, newcomer->device);
    if (chat->kind == CHAT_GROUP && !older) {
        return BASE_OK; /* what a new one is to have, clocks would say: any member's could have it given everything */
    }
    uint64_t margin = known ? HISTORY_CLOCK_MARGIN : 0, end = chat->next_message + count_unsure(core, chat) + 1;
    struct arrears arrears = {
        .group = group->number,
        .entry = number,
        .since = chat->kind == CHAT_DIRECT && since > margin ? since - margin : 0,
        .above = chat->kind == CHAT_DIRECT                    ? came_above(core, chat, newcomer->device)
                 : group->old_told && !has_elder(core, group) ? ARREARS_LACKING
                                                              : ARREARS_NONE,
        .end = end,
        .before = end,
    };
    memcpy(arrears.to, newcomer->device, sizeof arrears.to);
    BASE_TRY(add(core, chat, &arrears));
    chat->dirty = true;
    return letter_keep(core, group->number, newcomer->device);
}

/* The device that the change adds. False: it adds none. */
static bool read_added(const struct mls_change *change, struct identity *out) {
    return change->kind == MLS_CHANGE_ADDED && identity_peek(change->after.credential.content, out) == BASE_OK;
}

base_result history_let_in(struct weibel_core *core, const struct group *group, const struct mls_staged *staged,
                           uint64_t number) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity newcomer;
        BASE_TRY(read_added(&change, &newcomer) ? owe(core, group, &newcomer, number) : BASE_OK);
    }
    return BASE_OK;
}

/* Of the devices that have come into the group, but for the one that comes. */
static bool is_first_there(const struct weibel_core *core, const struct group *group, const struct identity *newcomer) {
    struct mls_member member;
    struct identity identity;
    for (uint32_t leaf = 0; mls_group_next_member(group->mls, &leaf, &member); leaf++) {
        if (identity_peek(member.credential.content, &identity) == BASE_OK && join_is_self(core, &identity) &&
            memcmp(identity.device, newcomer->device, sizeof identity.device) != 0 &&
            newcomer_has_come(group, identity.device, false)) {
            return leaf == mls_group_own_leaf(group->mls);
        }
    }
    return false;
}

base_result history_let_in_again(struct weibel_core *core, const struct group *group, const struct mls_staged *staged,
                                 uint64_t number) {
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity newcomer;
        if (read_added(&change, &newcomer) && join_is_self(core, &newcomer) && policy_is_replaced(staged, &newcomer) &&
            is_first_there(core, group, &newcomer)) {
            return history_let_in(core, group, staged, number);
        }
    }
    return BASE_OK;
}

/* Who has made the commit, if the device is known. */
static bool find_committer(const struct group *group, const struct mls_staged *staged, struct identity *out) {
    struct mls_member member;
    return mls_group_member(group->mls, mls_staged_committer(staged, NULL), &member) &&
           identity_peek(member.credential.content, out) == BASE_OK;
}

/* Whether this device came after the other one, and so has nothing of what that one lacks. Who was not there when this
 * one came is newer, whatever the clocks say; they do so of two that were restored at once. */
static bool is_newer_than(const struct weibel_core *core, const struct identity *other) {
    return device_is_elder(core, other->device) &&
           device_since(core, core->account.device) >= device_since(core, other->device);
}

base_result history_let_in_by_sibling(struct weibel_core *core, const struct group *group,
                                      const struct mls_staged *staged, uint64_t number) {
    struct identity committer;
    if (!find_committer(group, staged, &committer) || is_newer_than(core, &committer)) {
        return BASE_OK;
    }
    for (size_t i = 0; i < mls_staged_change_count(staged); i++) {
        struct mls_change change = mls_staged_change(staged, i);
        struct identity newcomer;
        if (!read_added(&change, &newcomer) ||
            (!device_is_elder(core, newcomer.device) && !came_before(core, newcomer.device, committer.device))) {
            continue;
        }
        bool again = policy_is_replaced(staged, &newcomer);
        if (!again || (group->chat->kind == CHAT_DIRECT && is_first_there(core, group, &newcomer))) {
            BASE_TRY(owe(core, group, &newcomer, number));
        }
    }
    return BASE_OK;
}

void history_late_write(struct base_writer *writer, const struct chat *chat) {
    base_write_u8(writer, (uint8_t)chat->arrears.count);
    for (size_t i = 0; i < chat->arrears.count; i++) {
        const struct arrears *arrears = (const struct arrears *)chat->arrears.items[i];
        field_write_array(writer, arrears->to, sizeof arrears->to);
        base_write_u64(writer, arrears->group);
        base_write_u64(writer, arrears->entry);
        base_write_u64(writer, arrears->since);
        base_write_u64(writer, arrears->end);
        base_write_u64(writer, arrears->before);
        field_write_bool(writer, arrears->found);
        base_write_u64(writer, arrears->next);
    }
}

base_result history_late_read(const struct weibel_core *core, struct base_reader *reader, struct chat *chat) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_ARREARS, BASE_ERR_VALUE);
    for (uint8_t i = 0; i < count; i++) {
        struct arrears arrears = { .above = ARREARS_NONE };
        BASE_TRY(base_read_copy(reader, arrears.to, sizeof arrears.to));
        BASE_TRY(base_read_u64(reader, &arrears.group));
        BASE_TRY(base_read_u64(reader, &arrears.entry));
        BASE_TRY(base_read_u64(reader, &arrears.since));
        BASE_TRY(base_read_u64(reader, &arrears.end));
        BASE_TRY(base_read_u64(reader, &arrears.before));
        BASE_TRY(field_read_bool(reader, &arrears.found));
        BASE_TRY(base_read_u64(reader, &arrears.next));
        BASE_TRY(add(core, chat, &arrears));
    }
    return BASE_OK;
}

void history_late_write_above(struct base_writer *writer, const struct chat *chat) {
    for (size_t i = 0; i < chat->arrears.count; i++) {
        base_write_u64(writer, ((const struct arrears *)chat->arrears.items[i])->above);
    }
}

base_result history_late_read_above(struct base_reader *reader, struct chat *chat) {
    for (size_t i = 0; i < chat->arrears.count; i++) {
        BASE_TRY(base_read_u64(reader, &((struct arrears *)chat->arrears.items[i])->above));
    }
    return BASE_OK;
}

static struct arrears *first_of(const struct chat *chat) {
    return chat->arrears.count == 0 ? NULL : (struct arrears *)chat->arrears.items[0];
}

/* Nothing is owed any more: the device may come in. */
static base_result settle(struct weibel_core *core, struct chat *chat, size_t index) {
    struct arrears *arrears = (struct arrears *)list_take(&chat->arrears, index);
    chat->dirty = true;
    base_result result = letter_let_go(core, arrears->group, arrears->to);
    base_free(arrears);
    return result;
}

/* What was sent again there stood before, too, and what others have said of it may come between the two. */
static bool stood_before(const struct group *group, const struct arrears *arrears, const struct message *message) {
    return message->own && message->stood.entry != 0 && message->stood.entry < arrears->entry &&
           memcmp(message->stood.stream, group->id, sizeof group->id) == 0;
}

/* So old that no device hands it on: what disappears, or was deleted, nobody misses then. */
static bool is_told_of(const struct message *message) {
    return message->expire == 0 && message->expires_at == 0 && !message->deleted;
}

/* Whatever follows the first one that the device is to have is owed, too: clocks differ, and their order does not. */
static bool is_owed(const struct weibel_core *core, const struct chat *chat, const struct arrears *arrears,
                    const struct message *message) {
    const struct group *group = group_in_place(chat, message->group);
    bool there = group != NULL && group->number == arrears->group;
    bool before =
        message->group == 0 || (there && (message->entry < arrears->entry || stood_before(group, arrears, message)));
    return before && message->kind == MESSAGE_TEXT && message->has_id &&
           (history_is_recent(core, message) || is_told_of(message)) &&
           (message->state == MESSAGE_RECEIVED || message->state == MESSAGE_SENT);
}

/* It has come when the device was there, in the stream: what another device has handed on here may be older. */
static bool has_come_since(const struct chat *chat, const struct arrears *arrears, const struct message *message) {
    const struct group *group = message->number > arrears->above ? group_in_place(chat, message->group) : NULL;
    return group != NULL && message->entry > group->first;
}

/* One page further back: the first one is found behind the one where nothing is young enough. */
static base_result look_back(struct weibel_core *core, struct chat *chat, const struct read *read) {
    struct arrears *arrears = first_of(chat);
    bool young = false;
    for (size_t i = 0; i < read->messages.count; i++) {
        const struct message *message = (const struct message *)read->messages.items[i];
        bool after = message->sent_at > arrears->since || has_come_since(chat, arrears, message);
        young = young || (after && history_is_recent(core, message));
        arrears->before = message->number;
        arrears->next = after && is_owed(core, chat, arrears, message) ? message->number : arrears->next;
    }
    bool more = young && read->messages.count == HISTORY_PAGE;
    arrears->found = !more || arrears->end - arrears->before > LATE_MAX;
    if (arrears->found && arrears->next == 0 && arrears->above == ARREARS_LACKING) {
        arrears->next = arrears->end - 1; /* that something is missing is owed */
    }
    arrears->before = arrears->found ? (more ? arrears->next : 0) : arrears->before;
    chat->dirty = true;
    return arrears->found && arrears->next == 0 ? settle(core, chat, 0) : BASE_OK;
}

/* `a`: number of the chat; `b`: what follows there, 0: nothing. */
static base_result answered(struct weibel_core *core, const struct wire_frame *answer, uint64_t a, uint64_t b) {
    struct chat *chat = chat_at(core, a);
    core->history_in_flight = false;
    if (answer->type != WIRE_APPENDED) {
        core->arrears_at = history_refused(core, answer);
        return BASE_OK;
    }
    if (chat == NULL || chat->arrears.count == 0) {
        return BASE_OK;
    }
    if (b == 0) {
        return settle(core, chat, 0);
    }
    first_of(chat)->next = b;
    chat->dirty = true;
    return BASE_OK;
}

static bool is_lost(const struct weibel_core *core, const struct arrears *arrears) {
    return device_is_gone(core, arrears->to) || group_at(core, arrears->group) == NULL ||
           (core->session.devices_known && !device_is_listed(core, arrears->to));
}

/* As it is now: its time runs on where it is going. */
static base_result write_owed(struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    struct message copy = *message; /* borrows */
    uint64_t at = expiry_at(core, message->chat, message->number);
    copy.expires_at = at != 0 ? at : copy.expires_at;
    copy.expire = at != 0 ? 0 : copy.expire;
    return history_write_item(core, writer, &copy);
}

/* In place of what no device hands on: that it is missing. */
static base_result write_old(struct weibel_core *core, struct base_writer *writer, const struct message *message) {
    struct message gap = {
        .kind = MESSAGE_GAP,
        .chat = message->chat,
        .number = message->number,
        .from = message->from,
        .own = message->own,
        .state = message->state,
        .has_id = true,
        .sent_at = message->sent_at,
        .group = message->group,
        .entry = message->entry,
    };
    memcpy(gap.id, message->id, sizeof gap.id);
    return history_write_item(core, writer, &gap);
}

/* What this device has never had, the other one misses, too. It is no message, and has no ID. */
static base_result write_lack(struct weibel_core *core, struct base_writer *writer, const struct chat *chat) {
    struct message gap = {
        .kind = MESSAGE_GAP,
        .chat = chat->number,
        .own = true,
        .state = MESSAGE_SENT,
        .has_id = true,
        .sent_at = state_now(core),
    };
    return history_write_item(core, writer, &gap);
}

/* Whether the first one that is owed has come when the device was there: all that follows it is owed then, too. */
static bool is_counted(const struct weibel_core *core, const struct chat *chat, const struct arrears *arrears,
                       const struct read *read) {
    size_t i = 0;
    while (i < read->messages.count && !is_owed(core, chat, arrears, (const struct message *)read->messages.items[i])) {
        i++;
    }
    return i < read->messages.count && has_come_since(chat, arrears, (const struct message *)read->messages.items[i]);
}

static base_result send_part(struct weibel_core *core, struct group *own, struct chat *chat, const struct read *read) {
    const struct arrears *arrears = first_of(chat);
    const struct group *group = group_at(core, arrears->group);
    struct base_bytes message BASE_CLEANUP(base_bytes_free) = { 0 };
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, HISTORY_MAX_PART);
    history_write_head(core, &writer, chat, arrears->to, true);
    size_t mark = base_write_vector_begin(&writer);
    field_write_array(&writer, group->id, sizeof group->id);
    bool counted = is_counted(core, chat, arrears, read);
    if (counted) {
        base_write_u8(&writer, 1);
    }
    base_write_vector_end(&writer, mark);
    mark = base_write_vector_begin(&writer);
    uint64_t next = 0;
    size_t count = 0;
    if (arrears->above == ARREARS_LACKING) {
        BASE_TRY(write_lack(core, &writer, chat));
        count++;
    }
    /* What stays behind: of a run of them the last one. More of it may stand before all that was looked at. */
    const struct message *old = arrears->before == arrears->next && read->messages.count > 0
                                    ? (const struct message *)read->messages.items[0]
                                    : NULL;
    for (size_t i = 0; i < read->messages.count && next == 0; i++) {
        const struct message *one = (const struct message *)read->messages.items[i];
        bool owed = is_owed(core, chat, arrears, one);
        if (owed && !counted && has_come_since(chat, arrears, one)) {
            next = one->number; /* the next part begins with it */
            break;
        }
        if (owed && history_is_recent(core, one)) {
            BASE_TRY(old != NULL ? write_old(core, &writer, old) : BASE_OK);
            size_t len = base_writer_view(&writer).len;
            BASE_TRY(write_owed(core, &writer, one));
            old = base_writer_view(&writer).len > len ? NULL : one;
        } else {
            old = owed ? one : old;
        }
        count += owed ? 1 : 0;
        bool full = base_writer_view(&writer).len > HISTORY_PART;
        next = full || i + 1 == HISTORY_PAGE ? one->number + 1 : 0;
    }
    BASE_TRY(old != NULL ? write_old(core, &writer, old) : BASE_OK);
    base_write_vector_end(&writer, mark);
    if (count == 0) {
        struct wire_frame done = { .type = WIRE_APPENDED };
        return answered(core, &done, chat->number, next);
    }
    BASE_TRY(base_writer_finish(&writer, &message));
    core->history_in_flight = true;
    return sync_append(core, own, base_borrow(&message), HISTORY_LIFETIME, answered, chat->number, next);
}

static bool is_settled(const struct weibel_core *core, const struct chat *chat) {
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (group->state == GROUP_OPEN && !group->live) {
            return false;
        }
    }
    return core->amendments.count == 0;
}

/* What has come about the messages is in them, and the device is there: of several own groups, not in its own alone;
 * and if it was let in since we are there, its invitation has reached it, as it can read nothing of what stands before.
 */
static bool is_ready(const struct weibel_core *core, const struct group *own, const struct chat *chat,
                     const struct arrears *arrears) {
    return is_settled(core, chat) && history_has_device(core, own, arrears->to) &&
           newcomer_has_come(own, arrears->to, own->chat->groups.count == 1);
}

/* The page was read before: `found` says what it was read for. */
static base_result page_read(struct weibel_core *core, struct read *read) {
    struct group *own = device_group(core);
    struct chat *chat = chat_at(core, read->chat);
    core->history_reading = false;
    bool can = own != NULL && own->live && !own->chat->change.made && core->session.state == SESSION_ONLINE &&
               chat != NULL && chat->arrears.count > 0 && first_of(chat)->found == read->more &&
               group_at(core, first_of(chat)->group) != NULL && is_ready(core, own, chat, first_of(chat));
    if (!can) {
        return BASE_OK;
    }
    if (!read->more) {
        return look_back(core, chat, read);
    }
    return send_part(core, own, chat, read);
}

static base_result read_page(struct weibel_core *core, const struct chat *chat) {
    const struct arrears *arrears = first_of(chat);
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, page_read, NULL, &read));
    read->chat = chat->number;
    read->more = arrears->found;
    core->history_reading = true;
    BASE_TRY(read_ask(core, read, read_add_message,
                      key_pair(KEY_MESSAGE, chat->number, arrears->found ? arrears->next : 0),
                      key_pair(KEY_MESSAGE, chat->number, arrears->found ? arrears->end : arrears->before),
                      HISTORY_PAGE, !arrears->found));
    read = NULL;
    return BASE_OK;
}

static base_result settle_lost(struct weibel_core *core, struct chat *chat) {
    for (size_t i = chat->arrears.count; i > 0; i--) {
        BASE_TRY(is_lost(core, (const struct arrears *)chat->arrears.items[i - 1]) ? settle(core, chat, i - 1)
                                                                                   : BASE_OK);
    }
    return BASE_OK;
}

/* Who is not there yet may be away for ever: nobody else waits for him. False: all of them are. */
static bool bring_forward(const struct weibel_core *core, const struct group *own, struct chat *chat) {
    size_t i = 0;
    while (i < chat->arrears.count && !is_ready(core, own, chat, (const struct arrears *)chat->arrears.items[i])) {
        i++;
    }
    bool found = i < chat->arrears.count;
    if (found && i > 0) {
        void *ready = chat->arrears.items[i];
        memmove(chat->arrears.items + 1, chat->arrears.items, i * sizeof *chat->arrears.items);
        chat->arrears.items[0] = ready;
        chat->dirty = true;
    }
    return found;
}

base_result history_late_pump(struct weibel_core *core, struct group *own, bool *begun) {
    *begun = false;
    for (size_t i = 0; i < core->chats.count && !*begun; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        BASE_TRY(settle_lost(core, chat));
        if (bring_forward(core, own, chat)) {
            *begun = true;
            BASE_TRY(read_page(core, chat));
        }
    }
    return BASE_OK;
}
