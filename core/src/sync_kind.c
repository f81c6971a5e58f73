/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records of each kind, with their handlers:
 *
 *     struct { uint8 version = 1; uint8 listed; uint8 blocked; uint8 verified; uint8 known; opaque identity_key[32];
 *              opaque name<V>; } Contact;                      known 1: the server has vouched for the key
 *     struct { uint8 version = 1; uint8 receipts; uint8 typing; } Settings;      the record's name is empty
 *     struct { uint8 version = 1; uint8 pinned; uint8 archived; uint8 marked; uint64 muted_until; uint8 drafted;
 *              opaque draft<V>; } Setting;                     drafted 0: the draft is too long to be told
 *     struct { opaque messages[10][]; } Read;                  the IDs of the last messages that were read, in their
 *                                                              order: one of each group by which they came
 *     struct { opaque message[10]; } Deleted;                  with which the chat was deleted (chat_delete.h)
 */
#include "sync_kind.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "arrival.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "content/cbor.h"
#include "device.h"
#include "field.h"
#include "read.h"
#include "setting.h"
#include "vouch.h"

enum { VERSION = 1, MAX_VALUE = SYNC_MAX_VALUE, MAX_DRAFT = 16 << 10, PAGE = 20 };

static base_result read_version(struct base_reader *reader) {
    uint8_t version;
    BASE_TRY(base_read_u8(reader, &version));
    BASE_ENSURE(version == VERSION, BASE_ERR_VALUE);
    return BASE_OK;
}

static base_result finish(struct weibel_core *core, struct base_writer *writer, enum sync_kind kind,
                          struct base_slice name) {
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(writer, &value));
    return sync_put(core, kind, name, base_borrow(&value));
}

/* ---- contacts ---- */

base_result sync_contact_put(struct weibel_core *core, const struct contact *contact) {
    uint8_t bytes[SYNC_MAX_ACCOUNT_NAME];
    struct base_slice name = base_slice(bytes, sync_account_name(contact->id, contact->domain, bytes)), before;
    bool self = memcmp(contact->id, core->account.id, WIRE_ACCOUNT_LEN) == 0 &&
                strcmp(contact->domain, core->account.domain) == 0;
    bool verified = contact->trust == TRUST_VERIFIED;
    bool any = contact->listed || contact->blocked || verified || contact->name[0] != 0;
    if (self || (!any && !sync_get(core, SYNC_CONTACT, name, &before))) {
        return BASE_OK;
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_VALUE);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, contact->listed);
    field_write_bool(&writer, contact->blocked);
    field_write_bool(&writer, verified);
    field_write_bool(&writer, contact->vouched);
    field_write_array(&writer, contact->identity_key, sizeof contact->identity_key);
    field_write_text(&writer, contact->name);
    return finish(core, &writer, SYNC_CONTACT, name);
}

struct contact_view {
    bool listed, blocked, verified, known;
    uint8_t identity_key[WIRE_KEY_LEN];
    struct base_slice name;
};

static base_result read_contact(struct base_slice value, struct contact_view *out) {
    struct base_reader reader = base_reader(value);
    BASE_TRY(read_version(&reader));
    BASE_TRY(field_read_bool(&reader, &out->listed));
    BASE_TRY(field_read_bool(&reader, &out->blocked));
    BASE_TRY(field_read_bool(&reader, &out->verified));
    BASE_TRY(field_read_bool(&reader, &out->known));
    BASE_TRY(base_read_copy(&reader, out->identity_key, sizeof out->identity_key));
    BASE_TRY(base_read_opaque_max(&reader, WIRE_MAX_NAME, &out->name));
    BASE_ENSURE(wire_text_valid(out->name), BASE_ERR_VALUE);
    return base_read_end(&reader);
}

/* A key that another device knows, or has accepted in the place of an earlier one. */
static base_result take_key(struct weibel_core *core, struct contact *contact, const struct contact_view *view) {
    bool same;
    if (!view->known) {
        return BASE_OK;
    }
    if (contact->changed && memcmp(contact->new_identity_key, view->identity_key, WIRE_KEY_LEN) == 0) {
        return vouch_accept(core, contact);
    }
    return contact_vouch(core, contact, view->identity_key, &same);
}

base_result sync_contact_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    uint8_t id[WIRE_ACCOUNT_LEN];
    char domain[WIRE_MAX_DOMAIN + 1];
    struct contact_view view;
    struct contact *contact;
    (void)fresh;
    if (!sync_account_parse(name, id, domain) || read_contact(value, &view) != BASE_OK) {
        return BASE_OK;
    }
    BASE_TRY(contact_get(core, id, domain, &contact));
    BASE_TRY(take_key(core, contact, &view));
    bool same_key = contact->vouched && memcmp(contact->identity_key, view.identity_key, WIRE_KEY_LEN) == 0;
    contact->request = contact->request && !view.listed && !view.blocked;
    contact->listed = view.listed;
    contact->blocked = view.blocked;
    if (view.known && same_key) {
        contact->trust = view.verified                      ? TRUST_VERIFIED
                         : contact->trust == TRUST_VERIFIED ? TRUST_UNKNOWN
                                                            : contact->trust;
    }
    field_set_text(contact->name, sizeof contact->name, view.name);
    contact->announce = core->announce_contacts = true;
    return contact_save(core, contact);
}

/* ---- settings ---- */

base_result sync_settings_put(struct weibel_core *core) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_VALUE);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, core->settings.receipts);
    field_write_bool(&writer, core->settings.typing);
    return finish(core, &writer, SYNC_SETTING, base_slice(NULL, 0));
}

static base_result read_settings(struct base_slice value, struct settings *out) {
    struct base_reader reader = base_reader(value);
    BASE_TRY(read_version(&reader));
    BASE_TRY(field_read_bool(&reader, &out->receipts));
    BASE_TRY(field_read_bool(&reader, &out->typing));
    return base_read_end(&reader);
}

base_result sync_settings_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    struct settings settings = core->settings;
    (void)fresh;
    if (name.len != 0 || read_settings(value, &settings) != BASE_OK) {
        return BASE_OK;
    }
    core->settings = settings;
    return settings_save(core);
}

base_result sync_setting_put(struct weibel_core *core, const struct chat *chat) {
    uint8_t bytes[SYNC_MAX_NAME];
    size_t len = sync_chat_name(core, chat, bytes);
    const struct chat_setting *setting = &chat->setting;
    bool drafted = setting->draft.len <= MAX_DRAFT;
    if (len == 0) {
        return BASE_OK;
    }
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_VALUE);
    base_write_u8(&writer, VERSION);
    field_write_bool(&writer, setting->pinned);
    field_write_bool(&writer, setting->archived);
    field_write_bool(&writer, setting->marked);
    base_write_u64(&writer, setting->muted_until);
    field_write_bool(&writer, drafted);
    base_write_opaque(&writer, drafted ? base_borrow(&setting->draft) : base_slice(NULL, 0));
    return finish(core, &writer, SYNC_CHAT, base_slice(bytes, len));
}

struct setting_view {
    struct chat_setting setting; /* without the draft */
    bool drafted;
    struct base_slice draft;
};

static base_result read_setting(struct base_slice value, struct setting_view *out) {
    struct base_reader reader = base_reader(value);
    BASE_TRY(read_version(&reader));
    BASE_TRY(field_read_bool(&reader, &out->setting.pinned));
    BASE_TRY(field_read_bool(&reader, &out->setting.archived));
    BASE_TRY(field_read_bool(&reader, &out->setting.marked));
    BASE_TRY(base_read_u64(&reader, &out->setting.muted_until));
    BASE_TRY(field_read_bool(&reader, &out->drafted));
    BASE_TRY(base_read_opaque_max(&reader, MAX_DRAFT, &out->draft));
    BASE_ENSURE(cbor_utf8_valid(out->draft), BASE_ERR_VALUE);
    return base_read_end(&reader);
}

base_result sync_setting_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    struct setting_view view = { .drafted = false };
    struct chat *chat = sync_chat_find(core, name);
    (void)fresh;
    if (chat == NULL || read_setting(value, &view) != BASE_OK) {
        return BASE_OK;
    }
    chat->setting.pinned = view.setting.pinned;
    chat->setting.archived = view.setting.archived;
    chat->setting.marked = view.setting.marked;
    chat->setting.muted_until = view.setting.muted_until;
    if (view.drafted) {
        base_bytes_free(&chat->setting.draft);
        BASE_TRY(base_bytes_copy(core->options.allocator, view.draft, &chat->setting.draft));
    }
    chat->announce = true;
    return setting_save(core, chat);
}

/* ---- what was read ---- */

void sync_read_plan(struct chat *chat) {
    chat->read_untold = true;
}

/* Devices that have not got the same messages don't agree which is the newest: each says so some times, in case that
 * the other one did not know of it, and then lets it be. */
static bool is_worth_telling(const struct weibel_core *core, struct chat *chat, struct base_slice name,
                             struct base_slice value) {
    enum { MAX_TELLS = 3 };
    uint8_t hash[STATE_HASH_LEN];
    struct base_slice known;
    if (sync_get(core, SYNC_READ, name, &known) && base_slice_equal(value, known)) {
        return false;
    }
    (void)crypto_generichash(hash, sizeof hash, value.data, value.len, NULL, 0);
    if (memcmp(chat->read_told, hash, sizeof hash) != 0) {
        memcpy(chat->read_told, hash, sizeof hash);
        chat->read_tells = 0;
    }
    return chat->read_tells++ < MAX_TELLS;
}

/* The newest messages that were read, one of each group by which they came. */
struct newest {
    uint64_t groups[STATE_MAX_DIRECT_GROUPS];
    uint8_t ids[STATE_MAX_DIRECT_GROUPS][MESSAGE_ID_PREFIX];
    size_t count;
    unsigned pages;
};

static void note_newest(struct newest *newest, const struct message *message) {
    for (size_t i = 0; i < newest->count; i++) {
        if (newest->groups[i] == message->group) {
            return;
        }
    }
    if (newest->count < STATE_MAX_DIRECT_GROUPS) {
        newest->groups[newest->count] = message->group;
        memcpy(newest->ids[newest->count++], message->id + 1, MESSAGE_ID_PREFIX);
    }
}

static int compare_ids(const void *a, const void *b) {
    return memcmp(a, b, MESSAGE_ID_PREFIX);
}

static base_result tell_newest(struct weibel_core *core, struct chat *chat, struct newest *newest) {
    uint8_t bytes[SYNC_MAX_NAME];
    qsort(newest->ids, newest->count, MESSAGE_ID_PREFIX, compare_ids);
    struct base_slice name = base_slice(bytes, sync_chat_name(core, chat, bytes));
    struct base_slice value = base_slice(newest->ids[0], newest->count * MESSAGE_ID_PREFIX);
    bool worth = name.len > 0 && newest->count > 0 && is_worth_telling(core, chat, name, value);
    return worth ? sync_put(core, SYNC_READ, name, value) : BASE_OK;
}

static base_result ask_last(struct weibel_core *core, const struct chat *chat, uint64_t before,
                            const struct newest *newest);

/* Messages backwards from the last that was read: the newest that have come are told. All devices have those of one
 * group in the same order; an own one stands where it was written, and on other devices where it has arrived. */
static base_result found_last(struct weibel_core *core, struct read *read) {
    enum { MAX_PAGES = 4 /* in which all groups are looked for */ };
    struct chat *chat = chat_at(core, read->chat);
    struct newest *newest = (struct newest *)read->own;
    uint64_t before = 1;
    if (chat == NULL) {
        return BASE_OK;
    }
    for (size_t i = 0; i < read->messages.count; i++) {
        const struct message *message = (const struct message *)read->messages.items[i];
        if (message->kind == MESSAGE_TEXT && message->has_id && !message->own) {
            note_newest(newest, message);
        }
        before = message->number;
    }
    newest->pages++;
    bool all = newest->count >= chat->groups.count || (newest->count > 0 && newest->pages >= MAX_PAGES);
    return !all && read->count == PAGE && before > 1 ? ask_last(core, chat, before, newest)
                                                     : tell_newest(core, chat, newest);
}

static base_result ask_last(struct weibel_core *core, const struct chat *chat, uint64_t before,
                            const struct newest *newest) {
    struct read *read BASE_CLEANUP(read_free_at) = NULL;
    BASE_TRY(read_new(core, found_last, NULL, &read));
    struct newest *copy = (struct newest *)base_take(core->options.allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    if (newest != NULL) {
        *copy = *newest;
    }
    read->own = copy;
    read->free_own = base_free;
    read->chat = chat->number;
    BASE_TRY(read_ask(core, read, read_add_message, key_pair(KEY_MESSAGE, chat->number, 1),
                      key_pair(KEY_MESSAGE, chat->number, before), PAGE, true));
    read = NULL;
    return BASE_OK;
}

/* What another device has read, or deleted, is stored when it comes, and where that stands is found later: a crash
 * comes between. */
static base_result look_again(struct weibel_core *core, struct chat *chat) {
    const struct group *own = device_group(core);
    uint8_t bytes[SYNC_MAX_NAME];
    struct base_slice value;
    if (chat->read_looked || chat->kind == CHAT_OWN || own == NULL || mls_group_member_count(own->mls) < 2) {
        return BASE_OK;
    }
    chat->read_looked = true;
    struct base_slice name = base_slice(bytes, sync_chat_name(core, chat, bytes));
    BASE_TRY(sync_get(core, SYNC_READ, name, &value) ? sync_read_take(core, name, value, false) : BASE_OK);
    return sync_get(core, SYNC_DELETED, name, &value) ? chat_deletion_take(core, name, value, false) : BASE_OK;
}

base_result sync_read_pump(struct weibel_core *core, struct chat *chat) {
    BASE_TRY(look_again(core, chat));
    if (!chat->read_untold || chat->read_to == 0 || chat->kind == CHAT_OWN || device_chat(core) == NULL) {
        return BASE_OK;
    }
    chat->read_untold = false;
    return ask_last(core, chat, chat->read_to + 1, NULL);
}

/* Of the group by which it came, all up to it were read. Others of the chat may stand between, which that device has
 * elsewhere, or has not got. */
static base_result take_over(struct weibel_core *core, struct chat *chat, const struct message *message) {
    bool several = chat->kind == CHAT_DIRECT && chat->groups.count > 1;
    BASE_TRY(arrival_read_up_to(core, chat, several ? message->group : 0, message->number));
    uint64_t first = arrival_first_unread(core, chat);
    BASE_TRY(chat_read_up_to(core, chat, first > message->number ? message->number : first - 1));
    sync_read_plan(chat); /* we may know of a later one */
    chat->announce = true;
    return BASE_OK;
}

static base_result found_one(struct weibel_core *core, struct read *read) {
    const struct message *message = read->messages.count == 0 ? NULL : (const struct message *)read->messages.items[0];
    struct chat *chat = message == NULL ? NULL : chat_at(core, message->chat);
    return chat == NULL ? BASE_OK : take_over(core, chat, message);
}

static bool is_list(struct base_slice value) {
    return value.len > 0 && value.len % MESSAGE_ID_PREFIX == 0 &&
           value.len <= (size_t)STATE_MAX_DIRECT_GROUPS * MESSAGE_ID_PREFIX;
}

base_result sync_read_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    (void)name;
    (void)fresh;
    for (size_t i = 0; is_list(value) && i < value.len; i += MESSAGE_ID_PREFIX) {
        struct read *read BASE_CLEANUP(read_free_at) = NULL;
        BASE_TRY(read_new(core, found_one, NULL, &read));
        BASE_TRY(read_find_message(core, read, value.data + i, found_one));
        read = NULL;
    }
    return BASE_OK;
}

base_result sync_read_added(struct weibel_core *core, struct chat *chat, const struct message *message) {
    uint8_t bytes[SYNC_MAX_NAME];
    struct base_slice value;
    if (!message->has_id || device_chat(core) == NULL) {
        return BASE_OK;
    }
    size_t len = sync_chat_name(core, chat, bytes);
    bool was_read = false;
    if (sync_get(core, SYNC_READ, base_slice(bytes, len), &value) && is_list(value)) {
        for (size_t i = 0; i < value.len && !was_read; i += MESSAGE_ID_PREFIX) {
            was_read = memcmp(value.data + i, message->id + 1, MESSAGE_ID_PREFIX) == 0;
        }
    }
    return was_read ? take_over(core, chat, message) : BASE_OK;
}
