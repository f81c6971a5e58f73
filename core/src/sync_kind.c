/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Records of each kind, with their handlers:
 *
 *     struct { uint8 version = 1; uint8 listed; uint8 blocked; uint8 verified; uint8 known; opaque identity_key[32];
 *              opaque name<V>; } Contact;                      known 1: the server has vouched for the key
 *     struct { uint8 version = 1; uint8 receipts; uint8 typing; } Settings;      the record's name is empty
 *     struct { uint8 version = 1; uint8 pinned; uint8 archived; uint8 marked; uint64 muted_until; uint8 drafted;
 *              opaque draft<V>; } Setting;                     drafted 0: the draft is too long to be told
 *     struct { uint64 turn; uint64 entry; } Place;             the group was read, or what it has brought was deleted
 *                                                              (chat_delete.h), up to this entry of its stream; the
 *                                                              record's name: the chat's name, and its stream[32]. The
 *                                                              greater value holds. A stream that the server has set
 *                                                              back has its next turn: numbers come again
 *                                                              An own message that was deleted, and one that was sent
 *                                                              again, has such a record, too, with its ID's first ten
 * bytes for a stream, and entry 1
 */
#include "sync_kind.h"

#include <string.h>

#include "arrival.h"
#include "chat.h"
#include "chat_delete.h"
#include "contact.h"
#include "content/cbor.h"
#include "field.h"
#include "setting.h"
#include "vouch.h"

enum { VERSION = 1, MAX_VALUE = SYNC_MAX_VALUE, MAX_DRAFT = 16 << 10 };

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
    size_t len = sync_setting_name(core, chat, bytes);
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
    struct base_slice stream, of = sync_setting_chat(name, &stream);
    struct chat *chat = sync_chat_find(core, of, stream);
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

/* ---- places: what was read, or deleted ---- */

enum { PLACE_LEN = 2 * 8 };

static size_t place_name(const struct weibel_core *core, const struct chat *chat, const uint8_t stream[WIRE_STREAM_LEN],
                         uint8_t out[SYNC_MAX_NAME]) {
    size_t len = sync_chat_name(core, chat, out);
    memcpy(out + len, stream, WIRE_STREAM_LEN);
    return len + WIRE_STREAM_LEN;
}

struct base_slice sync_place_chat(struct base_slice name) {
    return base_slice(name.data, name.len < WIRE_STREAM_LEN ? 0 : name.len - WIRE_STREAM_LEN);
}

bool sync_place_is_newer(struct base_slice value, struct base_slice than) {
    return value.len == PLACE_LEN && base_slice_compare(value, than) > 0;
}

struct place sync_place(const struct weibel_core *core, enum sync_kind kind, const struct chat *chat,
                        const uint8_t stream[WIRE_STREAM_LEN]) {
    struct place place = { .entry = 0 };
    uint8_t name[SYNC_MAX_NAME];
    struct base_slice value;
    if (sync_get(core, kind, base_slice(name, place_name(core, chat, stream, name)), &value)) {
        struct base_reader reader = base_reader(value);
        bool good = base_read_u64(&reader, &place.turn) == BASE_OK && base_read_u64(&reader, &place.entry) == BASE_OK;
        place = good ? place : (struct place){ .entry = 0 };
    }
    return place;
}

static base_result put_place(struct weibel_core *core, enum sync_kind kind, const struct chat *chat,
                             const uint8_t stream[WIRE_STREAM_LEN], struct place place) {
    uint8_t name[SYNC_MAX_NAME];
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, PLACE_LEN);
    base_write_u64(&writer, place.turn);
    base_write_u64(&writer, place.entry);
    return finish(core, &writer, kind, base_slice(name, place_name(core, chat, stream, name)));
}

base_result sync_place_put(struct weibel_core *core, enum sync_kind kind, const struct chat *chat,
                           const uint8_t stream[WIRE_STREAM_LEN], struct place place) {
    struct place known = sync_place(core, kind, chat, stream);
    bool later = place.turn != known.turn ? place.turn > known.turn : place.entry > known.entry;
    return later ? put_place(core, kind, chat, stream, place) : BASE_OK;
}

base_result sync_read_rewound(struct weibel_core *core, const struct group *group) {
    struct place place = sync_place(core, SYNC_READ, group->chat, group->id);
    return put_place(core, SYNC_READ, group->chat, group->id, (struct place){ .turn = place.turn + 1 });
}

base_result sync_read_take(struct weibel_core *core, struct base_slice name, struct base_slice value, bool fresh) {
    (void)value;
    (void)fresh;
    struct chat *chat;
    for (size_t i = 0; (chat = sync_chat_next(core, sync_place_chat(name), &i)) != NULL;) {
        chat_deletion_look_again(chat); /* it goes by streams there */
        BASE_TRY(arrival_read_elsewhere(core, chat));
    }
    return BASE_OK;
}
