/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Chats: table, record, and what is added to them.
 */
#include "chat.h"

#include <stdarg.h>
#include <stdio.h>

#include "again.h"
#include "arrival.h"
#include "came.h"
#include "chat_delete.h"
#include "company.h"
#include "contact.h"
#include "content/cbor.h"
#include "copy.h"
#include "deserted.h"
#include "event.h"
#include "expiry.h"
#include "field.h"
#include "group.h"
#include "hand.h"
#include "history.h"
#include "notice.h"
#include "post.h"
#include "report.h"
#include "search/index.h"
#include "setting.h"
#include "tree.h"

enum {
    VERSION = 16,
    VERSION_BY_CLOCK = 15,      /* ends before who has come since, and what of arrears follows from it */
    VERSION_NO_GENERATION = 14, /* ends before the generation, too */
    MAX_RECORD = (8 << 20)
};

static void free_taken(void *item) {
    struct taken *taken = (struct taken *)item;
    base_bytes_free(&taken->key_package);
    base_free(taken);
}

void chat_free_taken(struct change *change) {
    list_free(&change->taken, free_taken);
}

static void clear_change(struct change *change) {
    base_free(change->contacts);
    base_bytes_free(&change->edit);
    base_bytes_free(&change->message);
    base_bytes_free(&change->call.id);
    tree_put_end(&change->put);
    chat_free_taken(change);
    *change = (struct change){ 0 };
}

static void free_change(void *item) {
    clear_change((struct change *)item);
    base_free(item);
}

void chat_end_change(struct chat *chat) {
    clear_change(&chat->change);
    chat->change_over = true;
    if (chat->waiting.count > 0) {
        struct change *next = (struct change *)list_take(&chat->waiting, 0);
        chat->change = *next;
        base_free(next);
    }
    chat->dirty = true;
}

void chat_drop_change(struct chat *chat, size_t index) {
    free_change(list_take(&chat->waiting, index));
    chat->dirty = true;
}

/* What waits already comes before all others now: it waits once. To add and to remove is about other people each time.
 */
static void drop_same(struct chat *chat, const struct change *change) {
    bool once = change->kind != CHANGE_ADD && change->kind != CHANGE_REMOVE;
    for (size_t i = chat->waiting.count; i > 0 && once; i--) {
        const struct change *other = (const struct change *)chat->waiting.items[i - 1];
        if (other->kind == change->kind && other->group == change->group && !other->made) {
            chat_drop_change(chat, i - 1);
        }
    }
}

base_result chat_put_change_first(struct weibel_core *core, struct chat *chat, struct change *change) {
    drop_same(chat, change);
    struct change *before = (struct change *)base_take(core->options.allocator, 1, sizeof *before);
    BASE_ENSURE(before != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&chat->waiting, core->options.allocator, before);
    if (result != BASE_OK) {
        base_free(before);
        return result;
    }
    memmove(chat->waiting.items + 1, chat->waiting.items, (chat->waiting.count - 1) * sizeof *chat->waiting.items);
    chat->waiting.items[0] = before;
    *before = chat->change;
    before->in_flight = false; /* an answer would come for this one: it is asked again */
    chat->change = *change;
    *change = (struct change){ 0 };
    if (before->kind == CHANGE_NONE) {
        clear_change(before);
        base_free(list_take(&chat->waiting, 0));
    }
    chat->dirty = true;
    return BASE_OK;
}

void chat_end_changes(struct chat *chat) {
    list_free(&chat->waiting, free_change);
    chat_end_change(chat);
}

base_result chat_queue_change(struct weibel_core *core, struct chat *chat, struct change *change) {
    struct change *queued = (struct change *)base_take(core->options.allocator, 1, sizeof *queued);
    BASE_ENSURE(queued != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&chat->waiting, core->options.allocator, queued);
    if (result != BASE_OK) {
        base_free(queued);
        return result;
    }
    *queued = *change;
    *change = (struct change){ 0 };
    chat->dirty = true;
    return BASE_OK;
}

void chat_free(void *item) {
    struct chat *chat = (struct chat *)item;
    chat_end_changes(chat);
    list_free(&chat->groups, group_free);
    list_free(&chat->outbox, post_free);
    base_bytes_free(&chat->last);
    base_bytes_free(&chat->company);
    base_bytes_free(&chat->gone);
    base_bytes_free(&chat->past);
    list_free(&chat->arrears, base_free);
    setting_free(&chat->setting);
    list_free(&chat->typing, base_free);
    base_free(chat);
}

struct chat *chat_at(const struct weibel_core *core, uint64_t number) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->number == number) {
            return chat;
        }
    }
    return NULL;
}

struct chat *chat_with(const struct weibel_core *core, uint64_t contact) {
    for (size_t i = 0; i < core->chats.count; i++) {
        struct chat *chat = (struct chat *)core->chats.items[i];
        if (chat->kind == CHAT_DIRECT && chat->peer == contact) {
            return chat;
        }
    }
    return NULL;
}

static base_result add(struct weibel_core *core, struct chat **out) {
    struct chat *chat = (struct chat *)base_take(core->options.allocator, 1, sizeof *chat);
    BASE_ENSURE(chat != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&core->chats, core->options.allocator, chat);
    if (result != BASE_OK) {
        base_free(chat);
        return result;
    }
    *out = chat;
    return BASE_OK;
}

void chat_leave_room(struct chat *chat) {
    chat->next_message = chat->history_next = HISTORY_ROOM;
    chat->read_to = chat->told_read = chat->told_delivered = HISTORY_ROOM;
}

base_result chat_new(struct weibel_core *core, enum chat_kind kind, struct chat **out) {
    BASE_TRY(add(core, out));
    (*out)->number = ++core->account.next_chat;
    (*out)->kind = kind;
    (*out)->last_at = state_now(core);
    if (kind != CHAT_OWN && core->account.history_room) {
        chat_leave_room(*out);
    }
    (*out)->dirty = true;
    core->account.dirty = true;
    return BASE_OK;
}

void chat_forget(struct chat *chat) {
    chat_end_changes(chat);
    chat->forgotten = true;
}

base_result chat_sweep(struct weibel_core *core) {
    for (size_t i = core->chats.count; i > 0; i--) {
        const struct chat *chat = (const struct chat *)core->chats.items[i - 1];
        if (chat->forgotten) {
            BASE_TRY(out_remove(&core->out, key_number(KEY_CHAT, chat->number)));
            BASE_TRY(setting_forget(core, chat));
            BASE_TRY(hand_forget_chat(core, chat->number));
            for (size_t k = 0; k < chat->outbox.count; k++) {
                const struct post *post = (const struct post *)chat->outbox.items[k];
                BASE_TRY(out_remove(&core->out, key_pair(KEY_OUTBOX, chat->number, post->number)));
            }
            chat_free(list_take(&core->chats, i - 1));
        }
    }
    return BASE_OK;
}

static void write_change(struct base_writer *writer, const struct change *change) {
    base_write_u8(writer, (uint8_t)change->kind);
    base_write_u64(writer, change->contact_count);
    for (size_t i = 0; i < change->contact_count; i++) {
        base_write_u64(writer, change->contacts[i]);
    }
    base_write_u8(writer, change->tries);
    base_write_u64(writer, change->done);
    base_write_u64(writer, change->made ? change->asked : change->done); /* what was taken for it is in it then */
    base_write_u64(writer, change->group);
    base_write_u64(writer, change->after);
    base_write_opaque(writer, base_borrow(&change->edit));
    field_write_bool(writer, change->made);
    field_write_array(writer, change->nonce, sizeof change->nonce);
    field_write_array(writer, change->next_token_hash, sizeof change->next_token_hash);
    base_write_u64(writer, change->known_commit);
    base_write_opaque(writer, base_borrow(&change->message));
    field_write_bool(writer, change->founds);
    field_write_bool(writer, change->tree.size > 0);
    if (change->tree.size > 0) {
        tree_write_place(writer, &change->tree);
        field_write_array(writer, change->tree_key, sizeof change->tree_key);
    }
    bool wish = change->kind == CHANGE_REENTER && change->taken.count > 0; /* other key packages are taken again */
    field_write_bool(writer, wish);
    if (wish) {
        const struct taken *taken = (const struct taken *)change->taken.items[0];
        base_write_u64(writer, taken->contact);
        field_write_array(writer, taken->device, sizeof taken->device);
        base_write_opaque(writer, base_borrow(&taken->key_package));
    }
}

static base_result read_wish(struct weibel_core *core, struct base_reader *reader, struct change *change) {
    struct taken *taken = (struct taken *)base_take(core->options.allocator, 1, sizeof *taken);
    BASE_ENSURE(taken != NULL, BASE_ERR_NO_MEMORY);
    base_result result = list_add(&change->taken, core->options.allocator, taken);
    if (result != BASE_OK) {
        base_free(taken);
        return result;
    }
    BASE_TRY(base_read_u64(reader, &taken->contact));
    BASE_TRY(base_read_copy(reader, taken->device, sizeof taken->device));
    return field_read_bytes(reader, core->options.allocator, &taken->key_package);
}

static base_result read_change(struct weibel_core *core, struct base_reader *reader, struct change *change) {
    uint8_t kind;
    uint64_t count;
    BASE_TRY(base_read_u8(reader, &kind));
    BASE_TRY(base_read_u64(reader, &count));
    BASE_ENSURE(kind < CHANGE_KIND_END && count <= WEIBEL_MAX_MEMBERS, BASE_ERR_VALUE);
    change->kind = (enum change_kind)kind;
    if (count > 0) {
        change->contacts = (uint64_t *)base_take(core->options.allocator, (size_t)count, sizeof *change->contacts);
        BASE_ENSURE(change->contacts != NULL, BASE_ERR_NO_MEMORY);
    }
    for (; change->contact_count < count; change->contact_count++) {
        BASE_TRY(base_read_u64(reader, &change->contacts[change->contact_count]));
    }
    uint64_t done, asked;
    BASE_TRY(base_read_u8(reader, &change->tries));
    BASE_TRY(base_read_u64(reader, &done));
    BASE_TRY(base_read_u64(reader, &asked));
    BASE_ENSURE(done <= asked && asked <= count, BASE_ERR_VALUE);
    change->done = (size_t)done;
    change->asked = (size_t)asked;
    BASE_TRY(base_read_u64(reader, &change->group));
    BASE_TRY(base_read_u64(reader, &change->after));
    BASE_TRY(field_read_bytes(reader, core->options.allocator, &change->edit));
    BASE_TRY(field_read_bool(reader, &change->made));
    BASE_TRY(base_read_copy(reader, change->nonce, sizeof change->nonce));
    BASE_TRY(base_read_copy(reader, change->next_token_hash, sizeof change->next_token_hash));
    BASE_TRY(base_read_u64(reader, &change->known_commit));
    BASE_TRY(field_read_bytes(reader, core->options.allocator, &change->message));
    bool beside;
    BASE_TRY(field_read_bool(reader, &change->founds));
    BASE_TRY(field_read_bool(reader, &beside));
    if (beside) {
        BASE_TRY(tree_read_place(reader, &change->tree));
        BASE_TRY(base_read_copy(reader, change->tree_key, sizeof change->tree_key));
    }
    bool wish;
    BASE_TRY(field_read_bool(reader, &wish));
    return wish ? read_wish(core, reader, change) : BASE_OK;
}

static base_result read_waiting(struct weibel_core *core, struct base_reader *reader, struct chat *chat) {
    uint32_t count;
    BASE_TRY(base_read_u32(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_CHANGES + STATE_MAX_FIRST, BASE_ERR_VALUE);
    for (uint32_t i = 0; i < count; i++) {
        struct change change BASE_CLEANUP(clear_change) = { 0 };
        BASE_TRY(read_change(core, reader, &change));
        BASE_TRY(chat_queue_change(core, chat, &change));
    }
    return BASE_OK;
}

base_result chat_encode(const struct weibel_core *core, const struct chat *chat, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)chat->kind);
    base_write_u64(&writer, chat->peer);
    field_write_text(&writer, chat->name);
    base_write_u64(&writer, chat->next_message);
    base_write_u64(&writer, chat->next_post);
    base_write_u64(&writer, chat->history_next);
    base_write_u64(&writer, chat->read_to);
    base_write_u64(&writer, chat->told_read);
    base_write_u64(&writer, chat->told_delivered);
    base_write_u64(&writer, chat->deleted_to);
    field_write_bool(&writer, chat->deleting);
    field_write_bool(&writer, chat->hollow);
    base_write_u64(&writer, chat->last_at);
    base_write_u64(&writer, chat->last_number);
    base_write_opaque(&writer, base_borrow(&chat->last));
    field_write_array(&writer, chat->room, sizeof chat->room);
    base_write_opaque(&writer, base_borrow(&chat->company));
    base_write_opaque(&writer, base_borrow(&chat->gone));
    base_write_opaque(&writer, base_borrow(&chat->past));
    base_write_u64(&writer, chat->indexed);
    history_late_write(&writer, chat);
    write_change(&writer, &chat->change);
    base_write_u32(&writer, (uint32_t)chat->waiting.count);
    for (size_t i = 0; i < chat->waiting.count; i++) {
        write_change(&writer, (const struct change *)chat->waiting.items[i]);
    }
    base_write_u32(&writer, chat->generation);
    came_write(&writer, chat);
    history_late_write_above(&writer, chat);
    return base_writer_finish(&writer, out);
}

base_result chat_save(struct weibel_core *core, struct chat *chat) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(chat_encode(core, chat, &record));
    chat->dirty = false;
    return out_put(&core->out, key_number(KEY_CHAT, chat->number), base_borrow(&record));
}

base_result chat_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct chat *chat;
    BASE_TRY(add(core, &chat));
    chat->number = number;
    struct base_reader reader = base_reader(value);
    uint8_t kind;
    uint8_t said = reader.left > 0 ? reader.next[0] : 0;
    uint8_t version = said == VERSION_BY_CLOCK || said == VERSION_NO_GENERATION ? said : VERSION;
    BASE_TRY(field_read_version(&reader, version));
    BASE_TRY(base_read_u8(&reader, &kind));
    BASE_ENSURE(kind >= CHAT_DIRECT && kind <= CHAT_OWN, BASE_ERR_VALUE);
    chat->kind = (enum chat_kind)kind;
    BASE_TRY(base_read_u64(&reader, &chat->peer));
    BASE_TRY(field_read_text(&reader, chat->name, sizeof chat->name));
    BASE_TRY(base_read_u64(&reader, &chat->next_message));
    BASE_TRY(base_read_u64(&reader, &chat->next_post));
    BASE_TRY(base_read_u64(&reader, &chat->history_next));
    BASE_TRY(base_read_u64(&reader, &chat->read_to));
    BASE_TRY(base_read_u64(&reader, &chat->told_read));
    BASE_TRY(base_read_u64(&reader, &chat->told_delivered));
    BASE_TRY(base_read_u64(&reader, &chat->deleted_to));
    BASE_TRY(field_read_bool(&reader, &chat->deleting));
    BASE_TRY(field_read_bool(&reader, &chat->hollow));
    BASE_TRY(base_read_u64(&reader, &chat->last_at));
    BASE_TRY(base_read_u64(&reader, &chat->last_number));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &chat->last));
    BASE_TRY(base_read_copy(&reader, chat->room, sizeof chat->room));
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &chat->company));
    BASE_ENSURE(chat->company.len <= (size_t)COMPANY_MAX * STATE_HASH_LEN, BASE_ERR_VALUE);
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &chat->gone));
    BASE_ENSURE(chat->gone.len <= (size_t)DESERTED_MAX * WIRE_DEVICE_LEN, BASE_ERR_VALUE);
    BASE_TRY(field_read_bytes(&reader, core->options.allocator, &chat->past));
    BASE_ENSURE(chat->past.len <= AGAIN_MAX_PAST, BASE_ERR_VALUE);
    BASE_TRY(base_read_u64(&reader, &chat->indexed));
    chat->scanned = chat->indexed;
    BASE_TRY(history_late_read(core, &reader, chat));
    BASE_TRY(read_change(core, &reader, &chat->change));
    BASE_TRY(read_waiting(core, &reader, chat));
    BASE_TRY(version == VERSION_NO_GENERATION ? BASE_OK : base_read_u32(&reader, &chat->generation));
    BASE_ENSURE(chat->kind != CHAT_DIRECT || contact_at(core, chat->peer) != NULL, BASE_ERR_VALUE);
    /* What goes on there only says that it was of that one. */
    BASE_ENSURE(version == VERSION || reader.left == 0, WEIBEL_ERR_VERSION);
    BASE_TRY(version == VERSION ? came_read(&reader, chat) : BASE_OK);
    BASE_TRY(version == VERSION ? history_late_read_above(&reader, chat) : BASE_OK);
    return base_read_end(&reader);
}

bool chat_comes_before(const struct group *a, const struct group *b) {
    return a->generation != b->generation ? a->generation > b->generation : memcmp(a->id, b->id, sizeof a->id) < 0;
}

uint32_t chat_next_generation(const struct chat *chat) {
    uint32_t next = chat->generation;
    for (size_t i = 0; i < chat->groups.count; i++) {
        uint32_t generation = ((const struct group *)chat->groups.items[i])->generation;
        next = generation >= next && generation < UINT32_MAX ? generation + 1 : next;
    }
    return next;
}

struct group *chat_writing_group(const struct chat *chat) {
    struct group *least = NULL;
    for (size_t i = 0; i < chat->groups.count; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        bool usable = group->state == GROUP_OPEN && !deserted_is(chat, group);
        if (usable && (least == NULL || chat_comes_before(group, least))) {
            least = group;
        }
    }
    return least;
}

bool chat_is_over(const struct chat *chat) {
    bool over = chat->kind == CHAT_GROUP && chat->change.kind != CHANGE_CREATE;
    for (size_t i = 0; i < chat->groups.count && over; i++) {
        enum group_state state = ((const struct group *)chat->groups.items[i])->state;
        over = state == GROUP_LEAVING || state == GROUP_LEFT || state == GROUP_REMOVED;
    }
    return over;
}

struct group *chat_group(const struct chat *chat) {
    struct group *found = chat_writing_group(chat);
    for (size_t i = 0; i < chat->groups.count && found == NULL; i++) {
        struct group *group = (struct group *)chat->groups.items[i];
        found = group->mls != NULL ? group : NULL;
    }
    return found;
}

void chat_room_uri(const struct weibel_core *core, const struct chat *chat, char out[CHAT_MAX_URI]) {
    if (chat->kind == CHAT_DIRECT) {
        const struct contact *peer = contact_at(core, chat->peer);
        bool own_first = memcmp(core->account.id, peer->id, WIRE_ACCOUNT_LEN) < 0;
        const uint8_t *first = own_first ? core->account.id : peer->id;
        const uint8_t *second = own_first ? peer->id : core->account.id;
        (void)snprintf(out, CHAT_MAX_URI, "mimi://%s/r/%.*s-%.*s", own_first ? core->account.domain : peer->domain,
                       (int)WIRE_ACCOUNT_LEN, (const char *)first, (int)WIRE_ACCOUNT_LEN, (const char *)second);
        return;
    }
    int len = snprintf(out, CHAT_MAX_URI, "mimi:///r/");
    for (size_t i = 0; i < sizeof chat->room; i++) {
        len += snprintf(out + len, CHAT_MAX_URI - (size_t)len, "%02x", chat->room[i]);
    }
}

/* What is said to somebody brings its chat back, unless he does not want to hear of it. */
static base_result unarchive(struct weibel_core *core, struct chat *chat, const struct message *message) {
    struct chat_setting *setting = &chat->setting;
    if (!setting->archived || message->kind != MESSAGE_TEXT || setting->muted_until > state_now(core)) {
        return BASE_OK;
    }
    setting->archived = false;
    chat->announce = true;
    return setting_save(core, chat);
}

base_result chat_keep_last(struct weibel_core *core, const struct message *message) {
    struct chat *chat = chat_at(core, message->chat);
    if (chat == NULL || chat->last_number != message->number) {
        return BASE_OK;
    }
    struct message shortened = *message; /* borrows */
    while (shortened.text.len > CHAT_MAX_LAST || !cbor_utf8_valid(base_borrow(&shortened.text))) {
        shortened.text.len = shortened.text.len > CHAT_MAX_LAST ? CHAT_MAX_LAST : shortened.text.len - 1;
    }
    shortened.reaction_count = shortened.copy_count = 0;
    shortened.content = (struct base_bytes){ 0 };
    struct message_file file = { .size = 0 };
    if (shortened.file_count > 0) {
        file = shortened.files[0];
        file.preview = (struct base_bytes){ 0 }; /* neither is needed in a list */
        base_wipe(&file.key, sizeof file.key);
        shortened.files = &file;
        shortened.file_count = 1;
    }
    chat->dirty = true;
    return message_encode(core, &shortened, &chat->last);
}

void chat_message_gone(struct chat *chat, uint64_t number) {
    if (chat->last_number == number) {
        chat->last_number = 0;
        base_bytes_free(&chat->last);
        chat->dirty = chat->announce = true;
    }
}

base_result chat_add_message(struct weibel_core *core, struct chat *chat, struct message *message) {
    chat->announce = chat->announce || chat_is_deleted(chat); /* it is shown again */
    chat->hollow = false;
    message->chat = chat->number;
    message->number = ++chat->next_message;
    chat->last_at = state_now(core);
    chat->last_number = message->number;
    chat->dirty = true;
    BASE_TRY(unarchive(core, chat, message));
    BASE_TRY(message->own ? copy_add_place(core, message) : arrival_add(core, chat, message));
    if (message->has_id) {
        BASE_TRY(message_index_save(core, message));
    }
    if (message->expires_at != 0 || message->expire != 0) {
        BASE_TRY(expiry_add(core, message));
    }
    report_added(core, chat, message);
    BASE_TRY(search_added(core, chat, message));
    BASE_TRY(message_save(core, message));
    BASE_TRY(message->own ? BASE_OK : event_message(core, message));
    return arrival_check(core, chat, message->number);
}

base_result chat_read_up_to(struct weibel_core *core, struct chat *chat, uint64_t number, bool here) {
    number = number < chat->next_message ? number : chat->next_message;
    if (number <= chat->read_to) {
        return here && chat->unread > 0 ? arrival_read_up_to(core, chat, number, here) : BASE_OK; /* an edit may call */
    }
    chat->read_to = number;
    chat->dirty = true;
    chat->announce = true;
    report_plan(core, chat);
    return arrival_read_up_to(core, chat, number, here);
}

static base_result add_notice(struct weibel_core *core, struct chat *chat, struct message *notice, const char *format,
                              va_list arguments) {
    notice->sent_at = state_now(core);
    BASE_TRY(notice_make(core, format, arguments, &notice->text));
    return chat_add_message(core, chat, notice);
}

base_result chat_notice(struct weibel_core *core, struct chat *chat, enum message_kind kind, uint64_t from,
                        const char *format, ...) {
    if (chat->kind == CHAT_OWN) {
        return BASE_OK; /* nobody sees it */
    }
    struct message notice BASE_CLEANUP(message_free) = { .kind = kind, .from = from };
    va_list arguments;
    va_start(arguments, format);
    base_result result = add_notice(core, chat, &notice, format, arguments);
    va_end(arguments);
    return result;
}

base_result chat_notice_gap(struct weibel_core *core, struct chat *chat, uint64_t from, const struct stood *last,
                            const char *format, ...) {
    if (chat->kind == CHAT_OWN) {
        return BASE_OK;
    }
    struct message notice BASE_CLEANUP(message_free) = { .kind = MESSAGE_GAP, .from = from, .stood = *last };
    va_list arguments;
    va_start(arguments, format);
    base_result result = add_notice(core, chat, &notice, format, arguments);
    va_end(arguments);
    return result;
}
