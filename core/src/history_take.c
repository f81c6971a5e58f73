/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Earlier messages, as the new device takes them: each part is stored as it is, then filed message by message, if it
 * isn't there already. So a crash repeats nothing and loses nothing.
 */
#include <string.h>

#include "again.h"
#include "arrival.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "device.h"
#include "event.h"
#include "extra.h"
#include "field.h"
#include "gone.h"
#include "group.h"
#include "heal.h"
#include "history.h"
#include "read.h"
#include "search/index.h"
#include "sync.h"

enum {
    CHAT_DELAY = 5000,        /* milliseconds before it is looked again for a chat or group that is not here yet … */
    CHAT_TRIES = 720,         /* … and how often: who invites may be offline for a while */
    SLOW_DELAY = 3600 * 1000, /* likewise, for the chat of what is owed, after that: it is looked for when something
                                 comes, too; … */
    SLOW_TRIES = 30 * 24,     /* … a month: nobody sends it again */
    READ_DELAY = 500,         /* likewise, before it is looked again whether the chat is read to its end */
};

/* The version of a part that is kept, of a device that came to the account after this one. */
static const uint8_t of_newer = HISTORY_VERSION | 0x80;

struct part {
    bool of_newer; /* what it has read itself was written since this device is there */
    struct base_slice chat;
    bool late;
    bool counted; /* all of it has come there since this device is there, whatever clocks say */
    struct base_reader groups, items;
};

struct item {
    bool read;
    uint8_t stream[WIRE_STREAM_LEN];
    uint64_t entry;
    struct base_reader refs;
    struct base_slice record;
};

static base_result read_part(struct weibel_core *core, struct base_slice message, struct part *out, bool *ours) {
    struct base_reader reader = base_reader(message);
    uint8_t version, to[WIRE_DEVICE_LEN];
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_ENSURE(version == HISTORY_VERSION || version == of_newer, BASE_ERR_VALUE);
    out->of_newer = version == of_newer;
    BASE_TRY(base_read_copy(&reader, to, sizeof to));
    BASE_TRY(base_read_opaque_max(&reader, SYNC_MAX_NAME, &out->chat));
    BASE_TRY(field_read_bool(&reader, &out->late));
    BASE_TRY(base_read_vector(&reader, &out->groups));
    BASE_TRY(base_read_vector(&reader, &out->items));
    size_t more = out->groups.left % WIRE_STREAM_LEN;
    out->counted = more == 1 && out->groups.next[out->groups.left - 1] == 1;
    out->groups.left -= more;
    *ours = memcmp(to, core->account.device, sizeof to) == 0;
    return base_read_end(&reader);
}

static base_result read_item(struct base_reader *items, struct item *out) {
    BASE_TRY(field_read_bool(items, &out->read));
    BASE_TRY(base_read_copy(items, out->stream, sizeof out->stream));
    BASE_TRY(base_read_u64(items, &out->entry));
    BASE_TRY(base_read_vector(items, &out->refs));
    return base_read_opaque(items, &out->record);
}

/* The round that is under way may be past what there is to find now: another one follows. */
static void look_again(struct weibel_core *core) {
    core->late_done = false;
    core->late_again = true;
}

/* Late: who sends it is known now alone. */
static base_result keep_late(struct weibel_core *core, uint64_t number, struct base_slice message, bool newer) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_copy(core->options.allocator, message, &record));
    record.data[0] = newer ? of_newer : record.data[0];
    return out_put(&core->out, key_number(KEY_LATE, number), base_borrow(&record));
}

base_result history_take(struct weibel_core *core, struct base_slice message, const uint8_t from[WIRE_DEVICE_LEN]) {
    struct part part;
    bool ours;
    BASE_TRY(read_part(core, message, &part, &ours));
    if (!ours || !(part.late || core->account.history_room)) {
        return BASE_OK;
    }
    uint64_t number = ++core->account.next_history;
    core->account.dirty = true;
    if (part.late) {
        core->history_tries = 0; /* it has its own time, whatever else waits */
        look_again(core);
        return keep_late(core, number, message, !device_is_elder(core, from));
    }
    core->history_nothing = false;
    return out_put(&core->out, key_number(KEY_HISTORY, number), message);
}

/* The contact of one of the other device's numbers, made if need be; 0: none. */
static base_result map_number(struct weibel_core *core, struct base_reader refs, uint64_t number, uint64_t *out) {
    *out = 0;
    while (refs.left > 0 && *out == 0) {
        uint64_t known;
        struct base_slice name;
        uint8_t id[WIRE_ACCOUNT_LEN];
        char domain[WIRE_MAX_DOMAIN + 1];
        struct contact *contact;
        BASE_TRY(base_read_u64(&refs, &known));
        BASE_TRY(base_read_opaque_max(&refs, SYNC_MAX_ACCOUNT_NAME, &name));
        if (known == number && sync_account_parse(name, id, domain)) {
            BASE_TRY(contact_get(core, id, domain, &contact));
            *out = contact->number;
        }
    }
    return BASE_OK;
}

/* What others have done with the message; what can't be told whose it is goes. */
static base_result map_all(struct weibel_core *core, const struct item *item, struct message *message) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < message->reaction_count; i++) {
        uint64_t from = message->reactions[i].from;
        BASE_TRY(from == 0 ? BASE_OK : map_number(core, item->refs, from, &message->reactions[i].from));
        if (from == 0 || message->reactions[i].from != 0) {
            message->reactions[kept++] = message->reactions[i];
        }
    }
    message->reaction_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < message->vote_count; i++) {
        uint64_t from = message->votes[i].from;
        BASE_TRY(from == 0 ? BASE_OK : map_number(core, item->refs, from, &message->votes[i].from));
        if (from == 0 || message->votes[i].from != 0) {
            message->votes[kept++] = message->votes[i];
        }
    }
    message->vote_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < message->receipt_count; i++) {
        BASE_TRY(map_number(core, item->refs, message->receipts[i].from, &message->receipts[i].from));
        if (message->receipts[i].from != 0) {
            message->receipts[kept++] = message->receipts[i];
        }
    }
    message->receipt_count = kept;
    uint64_t handed_by = message->extra == NULL ? 0 : message->extra->handed_by;
    if (handed_by != 0) {
        BASE_TRY(map_number(core, item->refs, handed_by, &message->extra->handed_by));
        BASE_ENSURE(message->extra->handed_by != 0, BASE_ERR_VALUE); /* it would pass for its author's own word */
    }
    return message->own ? BASE_OK : map_number(core, item->refs, message->from, &message->from);
}

static bool may_be_filed(const struct weibel_core *core, const struct chat *chat, const struct part *part,
                         const struct message *message) {
    bool kind = message->kind == MESSAGE_TEXT || (part->late && message->kind == MESSAGE_GAP);
    bool there = message->expires_at == 0 || message->expires_at > state_now(core);
    bool from = chat->kind == CHAT_DIRECT ? message->from == chat->peer : message->from != 0;
    return kind && message->has_id && there && (message->own ? message->from == 0 : from) &&
           message->state == (message->own ? MESSAGE_SENT : MESSAGE_RECEIVED);
}

/* Before all that the chat has. */
base_result history_file_message(struct weibel_core *core, struct chat *chat, struct message *message) {
    if (chat->history_next <= chat->deleted_to) {
        return BASE_OK; /* there was no room left for it, or what was before is deleted */
    }
    message->chat = chat->number;
    message->number = chat->history_next--;
    message->arrival = 0;
    message->expires_at = message->expire = 0;
    if (chat->last_number == 0) {
        chat->last_number = message->number;
        chat->last_at = message->sent_at;
    }
    chat->hollow = false;
    chat->dirty = true;
    chat->announce = true;
    BASE_TRY(message_index_save(core, message));
    BASE_TRY(search_again(core, message));
    return message_save(core, message);
}

/* What its link has promised comes in the other way, in its order, until it must have come. */
static bool is_promised(const struct weibel_core *core, uint64_t since) {
    uint64_t now = state_now(core);
    return core->account.history_room && now - since < (uint64_t)HISTORY_LIFETIME * 1000;
}

/* A new device lacks each group of its chats for a moment: that is no reason to show it there what was written before
 * it came. Who came after it has read nothing of that, so no clock is asked then. */
static bool is_from_before(const struct weibel_core *core, const struct part *part, const struct message *message) {
    uint64_t since = device_since(core, core->account.device);
    bool since_here = part->of_newer || part->counted;
    return core->history_bare && (is_promised(core, since) || (!since_here && message->sent_at <= since));
}

static const struct group *group_of(const struct chat *chat, struct base_reader ids) {
    uint8_t id[WIRE_STREAM_LEN];
    bool named = base_read_copy(&ids, id, sizeof id) == BASE_OK;
    for (size_t i = 0; i < chat->groups.count && named; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        if (memcmp(group->id, id, sizeof id) == 0) {
            return group;
        }
    }
    return NULL;
}

/* Where it stands, if its group is here. */
static void set_place(const struct chat *chat, const struct item *item, struct message *message) {
    const struct group *group =
        item->entry == 0 ? NULL : group_of(chat, base_reader(base_slice(item->stream, sizeof item->stream)));
    message->group = group == NULL ? 0 : group->number;
    message->entry = group == NULL ? 0 : item->entry;
}

/* What was passed over, another device may send, too: it would stand behind what was taken since then. */
static bool is_passed_over(const struct weibel_core *core, const struct part *part, const struct message *message) {
    struct group *group = message->entry == 0 ? NULL : group_at(core, message->group);
    bool before = is_from_before(core, part, message);
    if (before && group != NULL && message->entry > group->passed) {
        group->passed = message->entry;
        group->dirty = true;
    }
    return before || (!core->history_first && group != NULL && message->entry <= group->passed);
}

/* Once in a chat, whoever says it, and in which group: that it was not handed on; or, without the ID of one that was
 * not, that a sibling has never had it. */
static base_result tell_old(struct weibel_core *core, struct chat *chat, const struct part *part,
                            const struct item *item, const struct message *message) {
    struct stood place = { .entry = item->entry };
    static const uint8_t none[sizeof message->id] = { 0 };
    const struct group *of = group_of(chat, part->groups);
    struct group *group = of == NULL ? NULL : group_at(core, of->number);
    bool told = group == NULL;
    for (size_t i = 0; i < chat->groups.count && !told; i++) {
        told = ((const struct group *)chat->groups.items[i])->old_told;
    }
    if (told) {
        return BASE_OK;
    }
    memcpy(place.stream, item->stream, sizeof place.stream);
    if (memcmp(message->id, none, sizeof none) == 0) {
        return heal_tell_gap(core, chat, &place);
    }
    group->old_told = group->dirty = true;
    return chat_notice_gap(
        core, chat, 0, &place,
        "Something is missing here: your other devices hand on at most 90 days and 10,000 messages, and none "
        "that is very large");
}

/* Behind all that the chat has: nobody has seen it on this device. */
static base_result add_late(struct weibel_core *core, struct chat *chat, const struct part *part,
                            const struct item *item, struct message *message) {
    if (is_passed_over(core, part, message)) {
        return BASE_OK;
    }
    core->history_bare = false;
    if (message->kind == MESSAGE_GAP) {
        return tell_old(core, chat, part, item, message);
    }
    message->arrival = 0;
    BASE_TRY(chat_add_message(core, chat, message));
    BASE_TRY(gone_came(core, message));
    if (message->own) {
        return event_message(core, message);
    }
    if (item->read || message->deleted) {
        return arrival_was_read(core, chat, message->number);
    }
    return message->stood.entry != 0 ? BASE_OK : arrival_place(core, chat, message->number, item->stream, item->entry);
}

static base_result add_earlier(struct weibel_core *core, struct chat *chat, const struct item *item,
                               struct message *message) {
    bool unread = !item->read && !message->own && !message->deleted;
    message->number = 0;
    BASE_TRY(history_file_message(core, chat, message));
    bool again = message->stood.entry != 0;
    return unread && message->number != 0
               ? arrival_add_earlier(core, chat, message, again ? message->stood.stream : item->stream,
                                     again ? message->stood.entry : item->entry)
               : BASE_OK;
}

/* What was deleted meanwhile stays away, and what was hidden here or has disappeared: where it was read, or came in
 * this way, before this part came. */
static base_result add_item(struct weibel_core *core, struct chat *chat, const struct part *part,
                            const struct item *item, struct message *message) {
    set_place(chat, item, message);
    if (again_was_read(chat, base_slice(item->stream, sizeof item->stream), item->entry) ||
        again_was_read(chat, base_slice(message->stood.stream, sizeof message->stood.stream), message->stood.entry) ||
        chat_deletion_covers(core, chat, item->stream, item->entry) || chat_deletion_has(core, chat, message) ||
        gone_has(core, message)) {
        return BASE_OK;
    }
    return part->late ? add_late(core, chat, part, item, message) : add_earlier(core, chat, item, message);
}

static base_result next_item(struct weibel_core *core);

/* The message of the item at the reader's place; nothing of it is trusted to be well-formed. */
static base_result load_item(struct weibel_core *core, const struct item *item, struct message *out) {
    BASE_TRY(message_load(core, 0, 0, item->record, out));
    return map_all(core, item, out);
}

static base_result looked_up(struct weibel_core *core, struct read *read) {
    struct part part;
    struct item item;
    bool ours;
    BASE_TRY(read_part(core, base_borrow(&core->history_part), &part, &ours));
    part.items.next += core->history_offset;
    part.items.left -= core->history_offset;
    size_t left = part.items.left;
    BASE_TRY(read_item(&part.items, &item));
    core->history_offset += left - part.items.left;
    struct chat *chat = chat_at(core, read->chat);
    if (read->messages.count == 0 && chat != NULL) {
        struct message message BASE_CLEANUP(message_free) = { 0 };
        base_result result = load_item(core, &item, &message);
        if (result != BASE_OK && trouble_is_fatal(result)) {
            return result;
        }
        if (result == BASE_OK && may_be_filed(core, chat, &part, &message)) {
            BASE_TRY(add_item(core, chat, &part, &item, &message));
        }
    }
    return next_item(core);
}

static base_result drop_part(struct weibel_core *core) {
    core->history_filing = false;
    core->history_tries = 0;
    base_bytes_free(&core->history_part);
    return out_remove(&core->out, key_number(core->history_late ? KEY_LATE : KEY_HISTORY, core->history_number));
}

static base_result look_up(struct weibel_core *core, const struct chat *chat, const uint8_t *id) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, looked_up, NULL, &read));
    read->chat = chat->number;
    BASE_TRY(read_find_message(core, read, id + 1, looked_up));
    read = NULL;
    return BASE_OK;
}

/* Invitations have their own way: who is in a group may hear of it only after the part has come. */
static bool is_in_all(const struct chat *chat, struct base_reader ids) {
    uint8_t id[WIRE_STREAM_LEN];
    bool in = true;
    while (in && base_read_copy(&ids, id, sizeof id) == BASE_OK) {
        in = false;
        for (size_t i = 0; i < chat->groups.count && !in; i++) {
            const struct group *group = (const struct group *)chat->groups.items[i];
            in = group->state != GROUP_MAKING && memcmp(group->id, id, sizeof id) == 0;
        }
    }
    return in;
}

/* What is in the part was in the chat's streams before: who has read them to their end since then knows which of it has
 * come that way. Those that are read now were all read since the home was opened. */
static bool is_read(struct weibel_core *core, const struct chat *chat) {
    bool fresh = core->history_number > core->history_opened && core->history_read != core->history_number;
    bool read = !fresh;
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        group->live = group->live && !fresh;
        read = read && (group->live || group->state != GROUP_OPEN);
    }
    core->history_read = core->history_number;
    return read;
}

/* Whether nothing has come into the chat since this device is new. */
static bool is_bare(const struct weibel_core *core, const struct chat *chat) {
    return core->account.linked && chat->next_message == (chat->history_next > 0 ? (uint64_t)HISTORY_ROOM : 0);
}

/* Looks at the part again later, and at others meanwhile. */
static base_result pass_over(struct weibel_core *core) {
    core->history_filing = false;
    core->late_after = core->history_number;
    core->late_blocked = true;
    return BASE_OK;
}

/* Who was let in once more has maybe the invitation before that one, too, and reads up to his removal himself: what
 * stands there is known when it is read. */
static bool is_read_first(const struct chat *chat, const struct part *part) {
    const struct group *group = chat->kind == CHAT_GROUP ? group_of(chat, part->groups) : NULL;
    if (group == NULL || group->state != GROUP_OPEN) {
        return false;
    }
    const struct group *next = group_waiting(group);
    return (!group->live && !group->late) || (next != NULL && next->late);
}

/* Who is away gets no invitation. */
static unsigned next_try(const struct weibel_core *core) {
    return core->history_tries + (core->session.state == SESSION_ONLINE ? 1 : 0);
}

/* Whether the part can be filed now; if not, what becomes of it (`out`). */
static bool is_time(struct weibel_core *core, const struct part *part, const struct chat *chat, base_result *out) {
    bool again = core->history_tries < CHAT_TRIES;
    *out = BASE_OK;
    if (part->late) {
        /* An earlier part for the same group was passed over, maybe, before the invitation came: the next round begins
         * with it. */
        bool in_order = !(core->late_blocked && core->late_again);
        bool there = chat != NULL && group_of(chat, part->groups) != NULL && !is_read_first(chat, part);
        bool now = chat != NULL && ((there && in_order) || !again),
             over = core->history_tries >= CHAT_TRIES + SLOW_TRIES;
        *out = now ? BASE_OK : over ? drop_part(core) : pass_over(core);
        return now;
    }
    core->history_filing = false;
    core->history_at = state_now(core) + CHAT_DELAY;
    if (chat == NULL) {
        core->history_tries = next_try(core);
        *out = core->history_tries > CHAT_TRIES ? drop_part(core) : BASE_OK;
        return false;
    }
    if (core->history_offset == 0 && !is_in_all(chat, part->groups) && again) {
        core->history_tries = next_try(core);
        return false;
    }
    core->history_filing = core->history_offset > 0 || is_read(core, chat);
    core->history_at = core->history_filing ? 0 : state_now(core) + READ_DELAY;
    return core->history_filing;
}

/* Several may say that they are in the room: it is the one that has the groups, or else the only one. */
static struct chat *chat_of(const struct weibel_core *core, const struct part *part) {
    struct chat *found = sync_chat_find(core, part->chat, base_slice(part->groups.next, part->groups.left));
    size_t place = 0;
    struct chat *first = found == NULL ? sync_chat_next(core, part->chat, &place) : found;
    return found == NULL && sync_chat_next(core, part->chat, &place) != NULL ? NULL : first;
}

/* Goes on with the part; what can't be read ends it. */
static base_result next_item(struct weibel_core *core) {
    struct part part;
    bool ours;
    if (read_part(core, base_borrow(&core->history_part), &part, &ours) != BASE_OK) {
        return drop_part(core);
    }
    struct chat *chat = chat_of(core, &part);
    base_result waits;
    if (!is_time(core, &part, chat, &waits)) {
        return waits;
    }
    if (core->history_offset == 0) {
        core->history_bare = core->history_first = is_bare(core, chat);
    }
    part.items.next += core->history_offset;
    part.items.left -= core->history_offset;
    while (part.items.left > 0) {
        struct item item;
        size_t left = part.items.left;
        if (read_item(&part.items, &item) != BASE_OK) {
            break;
        }
        struct message message BASE_CLEANUP(message_free) = { 0 };
        base_result result = message_load(core, 0, 0, item.record, &message);
        if (result != BASE_OK && trouble_is_fatal(result)) {
            return result;
        }
        if (result == BASE_OK && message.has_id) {
            return look_up(core, chat, message.id);
        }
        core->history_offset += left - part.items.left;
    }
    return drop_part(core);
}

static base_result take_record(struct weibel_core *core, struct read *read, struct base_slice key,
                               struct base_slice value) {
    enum key_table table;
    uint64_t number, none;
    (void)read;
    BASE_TRY(key_parse(key, &table, &number, &none));
    core->history_number = number;
    base_bytes_free(&core->history_part);
    return base_bytes_copy(core->options.allocator, value, &core->history_part);
}

/* The round is over. What waits for its group is looked at again, and given up when it has not come in a long time. */
static void end_round(struct weibel_core *core) {
    core->late_done = !core->late_again;
    core->late_after = 0;
    core->history_tries = core->late_blocked ? next_try(core) : 0;
    core->late_at = state_now(core) + (core->history_tries <= CHAT_TRIES ? CHAT_DELAY : SLOW_DELAY);
}

static base_result record_read(struct weibel_core *core, struct read *read) {
    core->history_offset = 0;
    if (read->count > 0) {
        return next_item(core);
    }
    core->history_filing = false;
    if (core->history_late) {
        end_round(core);
    } else {
        core->history_nothing = true;
    }
    return BASE_OK;
}

static bool late_is_due(const struct weibel_core *core) {
    return !core->late_done || (core->late_blocked && core->late_at <= state_now(core));
}

void history_joined(struct weibel_core *core, struct group *group) {
    group->late = true;
    core->history_at = 0; /* a part may wait for it */
    look_again(core);
}

bool history_comes_first(const struct weibel_core *core, const struct group *group) {
    const struct group *own = device_group(core);
    bool filing = !core->late_done || (core->history_filing && core->history_late);
    return group->late && own != NULL && own->state == GROUP_OPEN && (filing || !own->live);
}

base_result history_file(struct weibel_core *core) {
    bool late = late_is_due(core);
    if (core->history_filing || (!late && (core->history_nothing || core->history_at > state_now(core)))) {
        return BASE_OK;
    }
    core->history_filing = true;
    core->history_late = late;
    bool begins = late && core->late_after == 0;
    core->late_done = core->late_done && !begins; /* whatever of it is filed, the others are looked at, too */
    core->late_blocked = core->late_blocked && !begins;
    core->late_again = core->late_again && !begins;
    enum key_table table = late ? KEY_LATE : KEY_HISTORY;
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, record_read, NULL, &read));
    BASE_TRY(read_ask(core, read, take_record, key_number(table, late ? core->late_after + 1 : 0),
                      key_table((enum key_table)(table + 1)), 1, false));
    read = NULL;
    return BASE_OK;
}

base_result history_file_now(struct weibel_core *core) {
    core->history_at = 0;
    return history_file(core);
}

uint64_t history_late_deadline(const struct weibel_core *core) {
    return core->late_blocked ? core->late_at : 0;
}

uint64_t history_deadline(const struct weibel_core *core) {
    return core->history_at;
}

void history_forget_connection(struct weibel_core *core) {
    core->history_in_flight = false;
    core->history_at = core->arrears_at = 0;
}
