/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The table of records. Their way to the other devices is in sync_send.c.
 */
#include "sync.h"

#include <string.h>

#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "device.h"
#include "field.h"
#include "group.h"
#include "setting.h"
#include "sync_kind.h"
#include "sync_record.h"

enum { VERSION = 1, MAX_RECORD = 64 + SYNC_MAX_NAME + SYNC_MAX_VALUE, CHAT_DIRECT_MARK = 'd', CHAT_GROUP_MARK = 'g' };

enum { GROUP_NAME_LEN = 1 + WIRE_STREAM_LEN /* of a group's chat: its room */ };

enum { GATHER_DELAY = 300 /* milliseconds in which changes are gathered */ };

/* Clocks stay below this, so that adding to them never wraps. */
static const uint64_t max_clock = (uint64_t)1 << 62;

static const sync_fn handlers[SYNC_KIND_END] = {
    [SYNC_DEVICE] = device_synced,       [SYNC_CONTACT] = sync_contact_take, [SYNC_READ] = sync_read_take,
    [SYNC_SETTING] = sync_settings_take, [SYNC_CHAT] = sync_setting_take,    [SYNC_GONE] = device_gone_synced,
    [SYNC_DELETED] = chat_deletion_take,
};

void sync_free(void *item) {
    struct sync_record *record = (struct sync_record *)item;
    base_bytes_free(&record->name);
    base_bytes_free(&record->value);
    base_free(record);
}

static void free_at(struct sync_record **record) {
    if (*record != NULL) {
        sync_free(*record);
    }
}

static int compare(const struct sync_record *record, enum sync_kind kind, struct base_slice name) {
    return record->kind != kind ? (record->kind < kind ? -1 : 1) : base_slice_compare(base_borrow(&record->name), name);
}

/* The place of a record in the list, which is sorted; where it would be if it isn't there. */
static size_t place_of(const struct weibel_core *core, enum sync_kind kind, struct base_slice name) {
    size_t low = 0, high = core->syncs.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare((const struct sync_record *)core->syncs.items[middle], kind, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct sync_record *find(const struct weibel_core *core, enum sync_kind kind, struct base_slice name) {
    size_t place = place_of(core, kind, name);
    struct sync_record *record = place < core->syncs.count ? (struct sync_record *)core->syncs.items[place] : NULL;
    return record != NULL && compare(record, kind, name) == 0 ? record : NULL;
}

static bool has_room(const struct weibel_core *core, enum sync_kind kind) {
    bool device = kind == SYNC_DEVICE || kind == SYNC_GONE;
    return core->syncs.count < (size_t)SYNC_MAX_RECORDS + (device ? SYNC_MAX_DEVICES : 0);
}

static base_result add(struct weibel_core *core, uint64_t number, enum sync_kind kind, struct base_slice name,
                       struct sync_record **out) {
    BASE_ENSURE(core->syncs.count < SYNC_MAX_RECORDS + SYNC_MAX_DEVICES, BASE_ERR_TOO_LONG);
    struct sync_record *record BASE_CLEANUP(free_at) =
        (struct sync_record *)base_take(core->options.allocator, 1, sizeof *record);
    BASE_ENSURE(record != NULL, BASE_ERR_NO_MEMORY);
    record->number = number;
    record->kind = kind;
    BASE_TRY(base_bytes_copy(core->options.allocator, name, &record->name));
    size_t place = place_of(core, kind, name);
    BASE_TRY(list_add(&core->syncs, core->options.allocator, record));
    void **items = core->syncs.items;
    memmove(items + place + 1, items + place, (core->syncs.count - 1 - place) * sizeof *items);
    items[place] = record;
    *out = record;
    record = NULL;
    return BASE_OK;
}

base_result sync_record_save(struct weibel_core *core, const struct sync_record *record) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    sync_record_write(&writer, record);
    field_write_bool(&writer, record->sent);
    struct base_bytes bytes BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &bytes));
    return out_put(&core->out, key_number(KEY_SYNC, record->number), base_borrow(&bytes));
}

base_result sync_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct base_reader reader = base_reader(value);
    struct sync_view view;
    struct sync_record *record;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(sync_record_read(&reader, &view));
    BASE_ENSURE(find(core, view.kind, view.name) == NULL, BASE_ERR_VALUE);
    BASE_TRY(add(core, number, view.kind, view.name, &record));
    BASE_TRY(base_bytes_copy(core->options.allocator, view.value, &record->value));
    record->clock = view.clock;
    memcpy(record->device, view.device, sizeof record->device);
    BASE_TRY(field_read_bool(&reader, &record->sent));
    core->sync_clock = record->clock > core->sync_clock ? record->clock : core->sync_clock;
    return base_read_end(&reader);
}

static bool is_place(enum sync_kind kind) {
    return kind == SYNC_READ || kind == SYNC_DELETED;
}

static bool is_read_here(const struct weibel_core *core, struct base_slice name) {
    struct base_slice chat = sync_place_chat(name);
    return name.len >= WIRE_STREAM_LEN && group_find(core, name.data + chat.len) != NULL;
}

/* What groups have brought that are long gone is read, or deleted, everywhere. They are beside each other. */
static base_result forget_oldest_place(struct weibel_core *core, enum sync_kind kind, struct base_slice name) {
    struct base_slice chat = sync_place_chat(name);
    const struct sync_record *oldest = NULL;
    size_t count = 0;
    for (size_t i = place_of(core, kind, chat); i < core->syncs.count; i++) {
        const struct sync_record *record = (const struct sync_record *)core->syncs.items[i];
        struct base_slice other = base_borrow(&record->name);
        if (record->kind != kind || other.len < chat.len || !base_slice_equal(base_slice(other.data, chat.len), chat)) {
            break;
        }
        if (base_slice_equal(sync_place_chat(other), chat) && !is_read_here(core, other)) {
            count++;
            oldest = oldest == NULL || record->clock < oldest->clock ? record : oldest;
        }
    }
    return count > SYNC_MAX_PLACES ? sync_forget(core, kind, base_borrow(&oldest->name)) : BASE_OK;
}

/* Sets a record to what `view` says. */
static base_result set(struct weibel_core *core, const struct sync_view *view, bool sent) {
    struct sync_record *record = find(core, view->kind, view->name);
    bool fresh = record == NULL;
    if (fresh) {
        BASE_TRY(add(core, ++core->account.next_sync, view->kind, view->name, &record));
        core->account.dirty = true;
    }
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_copy(core->options.allocator, view->value, &value));
    base_bytes_free(&record->value);
    base_bytes_move(&record->value, &value);
    record->clock = view->clock;
    memcpy(record->device, view->device, sizeof record->device);
    record->sent = sent;
    record->sending = 0;
    if (!sent && !core->sync_waiting) {
        core->sync_waiting = true;
        uint64_t at = state_now(core) + GATHER_DELAY;
        core->sync_at = core->sync_at > at ? core->sync_at : at;
    }
    core->sync_clock = record->clock > core->sync_clock ? record->clock : core->sync_clock;
    BASE_TRY(sync_record_save(core, record));
    return fresh && is_place(view->kind) ? forget_oldest_place(core, view->kind, view->name) : BASE_OK;
}

base_result sync_put(struct weibel_core *core, enum sync_kind kind, struct base_slice name, struct base_slice value) {
    const struct sync_record *record = find(core, kind, name);
    BASE_ENSURE(name.len <= SYNC_MAX_NAME && value.len <= SYNC_MAX_VALUE, BASE_ERR_TOO_LONG);
    if (core->sync_taking) {
        return BASE_OK; /* what a handler changes comes from the record */
    }
    if (record != NULL && base_slice_equal(base_borrow(&record->value), value)) {
        return BASE_OK;
    }
    if (record == NULL && !has_room(core, kind)) {
        return BASE_OK; /* it holds on this device alone */
    }
    struct sync_view view = { .kind = kind, .name = name, .value = value, .clock = core->sync_clock + 1 };
    memcpy(view.device, core->account.device, sizeof view.device);
    return set(core, &view, false);
}

bool sync_get(const struct weibel_core *core, enum sync_kind kind, struct base_slice name, struct base_slice *value) {
    const struct sync_record *record = find(core, kind, name);
    if (record != NULL) {
        *value = base_borrow(&record->value);
    }
    return record != NULL;
}

base_result sync_forget(struct weibel_core *core, enum sync_kind kind, struct base_slice name) {
    struct sync_record *record = find(core, kind, name);
    if (record == NULL) {
        return BASE_OK;
    }
    BASE_TRY(out_remove(&core->out, key_number(KEY_SYNC, record->number)));
    sync_free(list_take(&core->syncs, place_of(core, kind, name)));
    return BASE_OK;
}

static bool is_same(const struct sync_view *view, const struct sync_record *record) {
    return is_place(view->kind)
               ? base_slice_equal(view->value, base_borrow(&record->value))
               : view->clock == record->clock && memcmp(view->device, record->device, sizeof view->device) == 0;
}

/* Two devices that read at the same moment have both read. */
static bool is_newer(const struct sync_view *view, const struct sync_record *record) {
    if (is_place(view->kind)) {
        return sync_place_is_newer(view->value, base_borrow(&record->value));
    }
    return view->clock != record->clock ? view->clock > record->clock
                                        : memcmp(view->device, record->device, sizeof view->device) > 0;
}

static base_result handle(struct weibel_core *core, enum sync_kind kind, struct base_slice name,
                          struct base_slice value, bool fresh) {
    core->sync_taking = true;
    base_result result = handlers[kind] == NULL ? BASE_OK : handlers[kind](core, name, value, fresh);
    core->sync_taking = false;
    return result;
}

/* What a device says of itself no other one spares it: who asks hears so who is there, and may wait for that with what
 * he owes it. */
static bool is_of_this_device(const struct weibel_core *core, const struct sync_view *view) {
    return view->kind == SYNC_DEVICE &&
           base_slice_equal(view->name, base_slice(core->account.device, sizeof core->account.device));
}

/* Who was away when a device was removed still has what that said of itself. */
static bool is_of_removed(const struct weibel_core *core, const struct sync_view *view) {
    return view->kind == SYNC_DEVICE && view->name.len == WIRE_DEVICE_LEN && device_is_gone(core, view->name.data);
}

base_result sync_record_take(struct weibel_core *core, const struct sync_view *view) {
    struct sync_record *record = find(core, view->kind, view->name);
    if (view->clock >= max_clock || (record == NULL && (!has_room(core, view->kind) || is_of_removed(core, view)))) {
        return BASE_OK;
    }
    if (record != NULL && !is_newer(view, record)) {
        if (is_same(view, record) && !record->sent && !is_of_this_device(core, view)) {
            record->sent = true; /* another device has just told everybody */
            return sync_record_save(core, record);
        }
        return BASE_OK;
    }
    BASE_TRY(set(core, view, true));
    return handle(core, view->kind, view->name, view->value, record == NULL);
}

/* ---- names ---- */

size_t sync_account_name(const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain, uint8_t out[SYNC_MAX_ACCOUNT_NAME]) {
    struct base_slice text = base_slice_text(domain);
    memcpy(out, id, WIRE_ACCOUNT_LEN);
    memcpy(out + WIRE_ACCOUNT_LEN, text.data, text.len);
    return WIRE_ACCOUNT_LEN + text.len;
}

bool sync_account_parse(struct base_slice name, uint8_t id[WIRE_ACCOUNT_LEN], char domain[WIRE_MAX_DOMAIN + 1]) {
    if (name.len <= WIRE_ACCOUNT_LEN || name.len > WIRE_ACCOUNT_LEN + WIRE_MAX_DOMAIN) {
        return false;
    }
    struct base_slice rest = base_slice(name.data + WIRE_ACCOUNT_LEN, name.len - WIRE_ACCOUNT_LEN);
    memcpy(id, name.data, WIRE_ACCOUNT_LEN);
    field_set_text(domain, WIRE_MAX_DOMAIN + 1, rest);
    return wire_id_valid(id) && wire_domain_valid(rest);
}

size_t sync_chat_name(const struct weibel_core *core, const struct chat *chat, uint8_t out[SYNC_MAX_CHAT_NAME]) {
    if (chat->kind == CHAT_DIRECT) {
        const struct contact *peer = contact_at(core, chat->peer);
        out[0] = CHAT_DIRECT_MARK;
        return 1 + sync_account_name(peer->id, peer->domain, out + 1);
    }
    if (chat->kind != CHAT_GROUP) {
        return 0;
    }
    out[0] = CHAT_GROUP_MARK;
    memcpy(out + 1, chat->room, sizeof chat->room);
    return 1 + sizeof chat->room;
}

static bool has_name(const struct weibel_core *core, const struct chat *chat, struct base_slice name) {
    uint8_t own[SYNC_MAX_CHAT_NAME];
    size_t len = sync_chat_name(core, chat, own);
    return len > 0 && base_slice_equal(base_slice(own, len), name);
}

struct chat *sync_chat_next(const struct weibel_core *core, struct base_slice name, size_t *place) {
    while (*place < core->chats.count) {
        struct chat *chat = (struct chat *)core->chats.items[(*place)++];
        if (has_name(core, chat, name)) {
            return chat;
        }
    }
    return NULL;
}

/* How sure it is that this stream is the chat's: whoever makes a group names any, and the server lets only those who
 * are in the real one read it. 0: it is not. */
static unsigned trust_in(const struct chat *chat, const uint8_t stream[WIRE_STREAM_LEN]) {
    unsigned most = 0;
    for (size_t i = 0; i < chat->groups.count; i++) {
        const struct group *group = (const struct group *)chat->groups.items[i];
        bool same = memcmp(group->id, stream, WIRE_STREAM_LEN) == 0;
        unsigned trust = !same ? 0 : group->fresh ? 1 : 2;
        most = trust > most ? trust : most;
    }
    return most;
}

struct chat *sync_chat_find(const struct weibel_core *core, struct base_slice name, struct base_slice streams) {
    struct chat *chat, *found = NULL;
    unsigned most = 0;
    for (size_t i = 0; (chat = sync_chat_next(core, name, &i)) != NULL;) {
        unsigned trust = chat->kind == CHAT_DIRECT ? 1 : 0;
        for (size_t at = 0; at + WIRE_STREAM_LEN <= streams.len; at += WIRE_STREAM_LEN) {
            unsigned in = trust_in(chat, streams.data + at);
            trust = in > trust ? in : trust;
        }
        found = trust > most ? chat : trust == most ? NULL : found;
        most = trust > most ? trust : most;
    }
    return found;
}

size_t sync_setting_name(const struct weibel_core *core, const struct chat *chat, uint8_t out[SYNC_MAX_NAME]) {
    const struct group *group = chat->kind == CHAT_GROUP ? chat_group(chat) : NULL;
    size_t len = sync_chat_name(core, chat, out);
    if (chat->kind != CHAT_GROUP || len == 0) {
        return len;
    }
    if (group != NULL) {
        memcpy(out + len, group->id, WIRE_STREAM_LEN);
    }
    return group == NULL ? 0 : len + WIRE_STREAM_LEN;
}

struct base_slice sync_setting_chat(struct base_slice name, struct base_slice *stream) {
    bool group = name.len == GROUP_NAME_LEN + WIRE_STREAM_LEN && name.data[0] == CHAT_GROUP_MARK;
    *stream = group ? base_slice(name.data + GROUP_NAME_LEN, WIRE_STREAM_LEN) : base_slice(NULL, 0);
    return group ? base_slice(name.data, GROUP_NAME_LEN) : name;
}

/* The name of the chat that a record is about; empty: it is about none. */
static struct base_slice chat_name_of(const struct sync_record *record) {
    struct base_slice name = base_borrow(&record->name), stream;
    return is_place(record->kind)      ? sync_place_chat(name)
           : record->kind == SYNC_CHAT ? sync_setting_chat(name, &stream)
                                       : base_slice(NULL, 0);
}

bool sync_deletion_any(const struct weibel_core *core, const struct chat *chat) {
    uint8_t own[SYNC_MAX_CHAT_NAME];
    struct base_slice wanted = base_slice(own, sync_chat_name(core, chat, own));
    bool any = false;
    for (size_t i = place_of(core, SYNC_DELETED, base_slice(NULL, 0)); i < core->syncs.count && !any; i++) {
        const struct sync_record *record = (const struct sync_record *)core->syncs.items[i];
        any = record->kind == SYNC_DELETED && wanted.len > 0 && base_slice_equal(chat_name_of(record), wanted);
    }
    return any;
}

bool sync_lacks_chat(const struct weibel_core *core) {
    bool lacks = false;
    for (size_t i = 0; i < core->syncs.count && !lacks; i++) {
        const struct sync_record *record = (const struct sync_record *)core->syncs.items[i];
        struct base_slice name = chat_name_of(record);
        size_t place = 0;
        lacks = name.len > 0 && record->kind != SYNC_DELETED && sync_chat_next(core, name, &place) == NULL;
    }
    return lacks;
}

/* What was set while the chat had another group is of no more use. */
static base_result forget_old_settings(struct weibel_core *core, const struct chat *chat) {
    uint8_t own[SYNC_MAX_CHAT_NAME];
    struct base_slice name = base_slice(own, sync_chat_name(core, chat, own)), stream;
    for (size_t i = place_of(core, SYNC_CHAT, name); i < core->syncs.count;) {
        const struct sync_record *record = (const struct sync_record *)core->syncs.items[i];
        if (record->kind != SYNC_CHAT || !base_slice_equal(chat_name_of(record), name)) {
            break;
        }
        (void)sync_setting_chat(base_borrow(&record->name), &stream);
        if (stream.len > 0 && !is_read_here(core, base_borrow(&record->name))) {
            BASE_TRY(sync_forget(core, SYNC_CHAT, base_borrow(&record->name)));
        } else {
            i++;
        }
    }
    return BASE_OK;
}

base_result sync_chat_made(struct weibel_core *core, const struct chat *chat) {
    uint8_t own[SYNC_MAX_NAME];
    struct base_slice made = base_slice(own, sync_chat_name(core, chat, own)), value;
    for (size_t i = 0; i < core->syncs.count; i++) {
        const struct sync_record *record = (const struct sync_record *)core->syncs.items[i];
        if (made.len > 0 && base_slice_equal(chat_name_of(record), made)) {
            BASE_TRY(handle(core, record->kind, base_borrow(&record->name), base_borrow(&record->value), false));
        }
    }
    if (chat->kind != CHAT_GROUP ||
        sync_get(core, SYNC_CHAT, base_slice(own, sync_setting_name(core, chat, own)), &value)) {
        return BASE_OK;
    }
    /* It has gone on in a new group, or comes from a backup. */
    BASE_TRY(setting_is_any(chat) ? sync_setting_put(core, chat) : BASE_OK);
    return forget_old_settings(core, chat);
}
