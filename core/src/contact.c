/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Contacts: table, pinning, JSON.
 */
#include "contact.h"

#include <stdio.h>

#include "event.h"
#include "field.h"
#include "json.h"
#include "safety.h"
#include "sync_kind.h"

enum { VERSION = 5, MAX_RECORD = 1024, FIRST_CAPACITY = 64 };

static const char *const trust_names[TRUST_END] = { "unknown", "organisation", "verified" };

void contact_free(void *item) {
    base_free(item);
}

/* IDs are random. */
static size_t first_slot(const struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN]) {
    uint64_t hash = 14695981039346656037U; /* FNV-1a */
    for (size_t i = 0; i < WIRE_ACCOUNT_LEN; i++) {
        hash = (hash ^ id[i]) * 1099511628211U;
    }
    return (size_t)(hash ^ hash >> 32) & (core->contact_capacity - 1);
}

struct contact *contact_find(const struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain) {
    const char *wanted = domain[0] == 0 ? core->account.domain : domain;
    if (core->contact_capacity == 0) {
        return NULL;
    }
    size_t slot = first_slot(core, id);
    while (core->contact_slots[slot] != 0) {
        struct contact *contact = (struct contact *)core->contacts.items[core->contact_slots[slot] - 1];
        if (memcmp(contact->id, id, WIRE_ACCOUNT_LEN) == 0 && strcmp(contact->domain, wanted) == 0) {
            return contact;
        }
        slot = (slot + 1) & (core->contact_capacity - 1);
    }
    return NULL;
}

struct contact *contact_at(const struct weibel_core *core, uint64_t number) {
    /* None is ever taken out of the list, and they come into it as they were numbered. */
    struct contact *contact =
        number == 0 || number > core->contacts.count ? NULL : (struct contact *)core->contacts.items[number - 1];
    for (size_t i = 0; i < core->contacts.count && number != 0 && (contact == NULL || contact->number != number); i++) {
        contact = (struct contact *)core->contacts.items[i];
    }
    return contact == NULL || contact->number != number ? NULL : contact;
}

static void take_slot(struct weibel_core *core, size_t index) {
    size_t slot = first_slot(core, ((const struct contact *)core->contacts.items[index])->id);
    while (core->contact_slots[slot] != 0) {
        slot = (slot + 1) & (core->contact_capacity - 1);
    }
    core->contact_slots[slot] = (uint32_t)index + 1;
}

/* The last of the list can be found from now on. At most half of the slots are taken. */
static base_result make_findable(struct weibel_core *core) {
    if (2 * core->contacts.count <= core->contact_capacity) {
        take_slot(core, core->contacts.count - 1);
        return BASE_OK;
    }
    size_t capacity = core->contact_capacity == 0 ? FIRST_CAPACITY : 2 * core->contact_capacity;
    uint32_t *slots = (uint32_t *)base_take(core->options.allocator, capacity, sizeof *slots);
    BASE_ENSURE(slots != NULL, BASE_ERR_NO_MEMORY);
    base_free(core->contact_slots);
    core->contact_slots = slots;
    core->contact_capacity = capacity;
    for (size_t i = 0; i < core->contacts.count; i++) {
        take_slot(core, i);
    }
    return BASE_OK;
}

static base_result add(struct weibel_core *core, const struct contact *contact, struct contact **out) {
    struct contact *copy = (struct contact *)base_take(core->options.allocator, 1, sizeof *copy);
    BASE_ENSURE(copy != NULL, BASE_ERR_NO_MEMORY);
    *copy = *contact;
    base_result result = list_add(&core->contacts, core->options.allocator, copy);
    if (result != BASE_OK) {
        base_free(copy);
        return result;
    }
    *out = copy;
    return make_findable(core);
}

base_result contact_get(struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain,
                        struct contact **out) {
    struct contact *contact = contact_find(core, id, domain);
    if (contact == NULL) {
        struct contact made = { .number = ++core->account.next_contact };
        core->account.dirty = true;
        memcpy(made.id, id, WIRE_ACCOUNT_LEN);
        (void)snprintf(made.domain, sizeof made.domain, "%s", domain[0] == 0 ? core->account.domain : domain);
        BASE_TRY(add(core, &made, &contact));
        BASE_TRY(contact_save(core, contact));
    }
    *out = contact;
    return BASE_OK;
}

base_result contact_encode(const struct weibel_core *core, const struct contact *contact, struct base_bytes *out) {
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    field_write_array(&writer, contact->id, sizeof contact->id);
    field_write_text(&writer, contact->domain);
    field_write_bool(&writer, contact->pinned);
    field_write_array(&writer, contact->identity_key, sizeof contact->identity_key);
    field_write_bool(&writer, contact->vouched);
    field_write_bool(&writer, contact->absent);
    base_write_u8(&writer, (uint8_t)contact->trust);
    field_write_bool(&writer, contact->changed);
    field_write_array(&writer, contact->new_identity_key, sizeof contact->new_identity_key);
    field_write_bool(&writer, contact->listed);
    field_write_bool(&writer, contact->blocked);
    field_write_bool(&writer, contact->request);
    field_write_bool(&writer, contact->doubted);
    field_write_text(&writer, contact->name);
    return base_writer_finish(&writer, out);
}

base_result contact_save(struct weibel_core *core, const struct contact *contact) {
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(contact_encode(core, contact, &record));
    BASE_TRY(out_put(&core->out, key_number(KEY_CONTACT, contact->number), base_borrow(&record)));
    return sync_contact_put(core, contact);
}

base_result contact_load(struct weibel_core *core, uint64_t number, struct base_slice value) {
    struct contact contact = { .number = number };
    struct contact *added;
    struct base_reader reader = base_reader(value);
    uint8_t trust;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_copy(&reader, contact.id, sizeof contact.id));
    BASE_TRY(field_read_text(&reader, contact.domain, sizeof contact.domain));
    BASE_TRY(field_read_bool(&reader, &contact.pinned));
    BASE_TRY(base_read_copy(&reader, contact.identity_key, sizeof contact.identity_key));
    BASE_TRY(field_read_bool(&reader, &contact.vouched));
    BASE_TRY(field_read_bool(&reader, &contact.absent));
    BASE_TRY(base_read_u8(&reader, &trust));
    BASE_TRY(field_read_bool(&reader, &contact.changed));
    BASE_TRY(base_read_copy(&reader, contact.new_identity_key, sizeof contact.new_identity_key));
    BASE_TRY(field_read_bool(&reader, &contact.listed));
    BASE_TRY(field_read_bool(&reader, &contact.blocked));
    BASE_TRY(field_read_bool(&reader, &contact.request));
    BASE_TRY(field_read_bool(&reader, &contact.doubted));
    BASE_TRY(field_read_text(&reader, contact.name, sizeof contact.name));
    BASE_TRY(base_read_end(&reader));
    BASE_ENSURE(trust < TRUST_END, BASE_ERR_VALUE);
    contact.trust = (enum trust)trust;
    return add(core, &contact, &added);
}

static base_result set_key(struct weibel_core *core, struct contact *contact,
                           const uint8_t identity_key[WIRE_KEY_LEN]) {
    contact->pinned = true;
    contact->absent = false;
    memcpy(contact->identity_key, identity_key, WIRE_KEY_LEN);
    return contact_save(core, contact);
}

base_result contact_pin(struct weibel_core *core, struct contact *contact, const uint8_t identity_key[WIRE_KEY_LEN],
                        bool *same) {
    *same = !contact->pinned || memcmp(contact->identity_key, identity_key, WIRE_KEY_LEN) == 0;
    return contact->pinned ? BASE_OK : set_key(core, contact, identity_key);
}

base_result contact_vouch(struct weibel_core *core, struct contact *contact, const uint8_t identity_key[WIRE_KEY_LEN],
                          bool *same) {
    *same = !contact->vouched || memcmp(contact->identity_key, identity_key, WIRE_KEY_LEN) == 0;
    if (contact->vouched) {
        return BASE_OK;
    }
    contact->vouched = true;
    return set_key(core, contact, identity_key);
}

base_result contact_deny(struct weibel_core *core, struct contact *contact) {
    contact->pinned = contact->vouched = contact->changed = false;
    contact->absent = true;
    return contact_save(core, contact);
}

static base_result save_and_tell(struct weibel_core *core, struct contact *contact) {
    contact->announce = core->announce_contacts = true;
    return contact_save(core, contact);
}

base_result contact_change(struct weibel_core *core, struct contact *contact,
                           const uint8_t new_identity_key[WIRE_KEY_LEN], bool *news) {
    *news = !contact->changed || memcmp(contact->new_identity_key, new_identity_key, WIRE_KEY_LEN) != 0;
    if (!*news) {
        return BASE_OK;
    }
    contact->changed = true;
    contact->doubted = false;
    memcpy(contact->new_identity_key, new_identity_key, WIRE_KEY_LEN);
    return save_and_tell(core, contact);
}

base_result contact_accept_key(struct weibel_core *core, struct contact *contact) {
    contact->changed = contact->doubted = false;
    contact->trust = TRUST_UNKNOWN;
    memcpy(contact->identity_key, contact->new_identity_key, WIRE_KEY_LEN);
    return save_and_tell(core, contact);
}

base_result contact_doubt(struct weibel_core *core, struct contact *contact) {
    contact->doubted = true;
    return contact_save(core, contact);
}

base_result contact_verified(struct weibel_core *core, struct contact *contact) {
    contact->trust = TRUST_VERIFIED;
    return contact_list(core, contact);
}

base_result contact_list(struct weibel_core *core, struct contact *contact) {
    contact->listed = true;
    contact->request = false;
    return save_and_tell(core, contact);
}

base_result contact_unlist(struct weibel_core *core, struct contact *contact) {
    contact->listed = contact->request = false;
    base_wipe(contact->name, sizeof contact->name);
    return save_and_tell(core, contact);
}

base_result contact_ask(struct weibel_core *core, struct contact *contact) {
    contact->request = true;
    return save_and_tell(core, contact);
}

base_result contact_block(struct weibel_core *core, struct contact *contact, bool blocked) {
    contact->blocked = blocked;
    contact->request = contact->request && !blocked;
    return save_and_tell(core, contact);
}

base_result contact_name(struct weibel_core *core, struct contact *contact, struct base_slice name) {
    field_set_text(contact->name, sizeof contact->name, name);
    return save_and_tell(core, contact);
}

void contact_address_text(const struct weibel_core *core, const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain,
                          char out[WIRE_MAX_ADDRESS + 1]) {
    struct wire_address address = { .domain = "" };
    memcpy(address.account, id, sizeof address.account);
    if (strcmp(domain, core->account.domain) != 0) {
        (void)snprintf(address.domain, sizeof address.domain, "%s", domain);
    }
    wire_address_format(&address, out);
}

void contact_number_text(const struct weibel_core *core, uint64_t number, char out[WIRE_MAX_ADDRESS + 1]) {
    const struct contact *contact = contact_at(core, number);
    if (contact == NULL) {
        wire_id_format(core->account.id, out);
    } else {
        contact_text(core, contact, out);
    }
}

void contact_text(const struct weibel_core *core, const struct contact *contact, char out[WIRE_MAX_ADDRESS + 1]) {
    contact_address_text(core, contact->id, contact->domain, out);
}

void contact_words(const struct weibel_core *core, const struct contact *contact, char out[WIRE_MAX_ADDRESS + 1]) {
    if (contact->name[0] == 0) {
        contact_text(core, contact, out);
    } else {
        (void)snprintf(out, WIRE_MAX_ADDRESS + 1, "%s", contact->name);
    }
}

void contact_json(const struct weibel_core *core, struct base_writer *writer, const struct contact *contact) {
    char id[WIRE_MAX_ADDRESS + 1];
    contact_text(core, contact, id);
    json_object(writer);
    json_put_string(writer, "id", id);
    json_put_string(writer, "name", contact->name);
    json_put_string(writer, "trust", trust_names[contact->changed ? TRUST_UNKNOWN : contact->trust]);
    if (contact->vouched) {
        char safety[SAFETY_TEXT_LEN + 1];
        safety_number(core, contact, safety);
        json_put_string(writer, "safety", safety);
    }
    json_put_bool(writer, "blocked", contact->blocked);
    json_put_bool(writer, "changed", contact->changed);
    json_put_bool(writer, "request", contact->request);
    if (!contact_is_shown(contact)) {
        json_put_bool(writer, "removed", true);
    }
    json_object_end(writer);
}

bool contact_is_shown(const struct contact *contact) {
    return contact->listed || contact->request || contact->blocked;
}

base_result contact_tell(struct weibel_core *core) {
    if (!core->announce_contacts) {
        return BASE_OK;
    }
    core->announce_contacts = false;
    for (size_t i = 0; i < core->contacts.count; i++) {
        struct contact *contact = (struct contact *)core->contacts.items[i];
        if (contact->announce) {
            contact->announce = false;
            BASE_TRY(event_contact(core, contact));
        }
    }
    return BASE_OK;
}
