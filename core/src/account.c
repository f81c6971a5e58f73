/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The account's record: keys, and the counters of the other tables.
 */
#include "account.h"

#include <sodium.h>
#include <stdio.h>

#include "field.h"
#include "identity.h"

enum { VERSION = 11, MAX_RECORD = 8192 };

void own_devices_write(struct base_writer *writer, const struct own_device *devices, size_t count) {
    base_write_u8(writer, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        field_write_array(writer, devices[i].device, sizeof devices[i].device);
        field_write_array(writer, devices[i].key, sizeof devices[i].key);
    }
}

base_result own_devices_read(struct base_reader *reader, struct own_device out[WIRE_MAX_DEVICES], size_t *count) {
    uint8_t number;
    BASE_TRY(base_read_u8(reader, &number));
    BASE_ENSURE(number <= WIRE_MAX_DEVICES, BASE_ERR_VALUE);
    for (*count = 0; *count < number; (*count)++) {
        BASE_TRY(base_read_copy(reader, out[*count].device, sizeof out->device));
        BASE_TRY(base_read_copy(reader, out[*count].key, sizeof out->key));
    }
    return BASE_OK;
}

base_result account_make_keys(struct weibel_core *core) {
    struct account *account = &core->account;
    const struct base_random *random = core->options.random;
    BASE_TRY(base_random_fill(random, account->device, sizeof account->device));
    BASE_TRY(base_random_fill(random, account->identity_seed, sizeof account->identity_seed));
    BASE_TRY(base_random_fill(random, account->deletion_secret, sizeof account->deletion_secret));
    identity_key(account->identity_seed, account->identity_key);
    return mls_signature_key_create(&core->mls, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
                                    &account->device_key);
}

static void write_elders(struct base_writer *writer, const struct elders *elders) {
    base_write_u8(writer, (uint8_t)elders->state);
    base_write_u8(writer, (uint8_t)elders->count);
    for (size_t i = 0; i < elders->count; i++) {
        field_write_array(writer, elders->devices[i], sizeof elders->devices[i]);
    }
}

/* Records did not have them before. */
static base_result read_elders(struct base_reader *reader, struct elders *elders) {
    uint8_t state, count;
    if (reader->left == 0) {
        elders->state = ELDERS_BY_CLOCK;
        return BASE_OK;
    }
    BASE_TRY(base_read_u8(reader, &state));
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= sizeof elders->devices / sizeof elders->devices[0], BASE_ERR_VALUE);
    for (elders->count = 0; elders->count < count; elders->count++) {
        BASE_TRY(base_read_copy(reader, elders->devices[elders->count], sizeof elders->devices[0]));
    }
    elders->state = state == ELDERS_KNOWN ? ELDERS_KNOWN : state == ELDERS_BY_CLOCK ? ELDERS_BY_CLOCK : ELDERS_DUE;
    return BASE_OK;
}

base_result account_save(struct weibel_core *core) {
    const struct account *account = &core->account;
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(core->options.allocator, MAX_RECORD);
    base_write_u8(&writer, VERSION);
    base_write_u8(&writer, (uint8_t)account->state);
    field_write_text(&writer, account->url);
    field_write_text(&writer, account->code);
    field_write_bool(&writer, account->linked);
    field_write_bool(&writer, account->link_taken);
    field_write_array(&writer, account->link_secret, sizeof account->link_secret);
    field_write_text(&writer, account->device_name);
    field_write_array(&writer, account->id, sizeof account->id);
    field_write_text(&writer, account->domain);
    field_write_text(&writer, account->name);
    base_write_u8(&writer, account->role);
    field_write_array(&writer, account->device, sizeof account->device);
    field_write_array(&writer, account->identity_seed, sizeof account->identity_seed);
    field_write_array(&writer, account->deletion_secret, sizeof account->deletion_secret);
    field_write_array(&writer, account->recovery, sizeof account->recovery);
    field_write_bool(&writer, account->has_safe);
    field_write_array(&writer, account->safe_keys.door, sizeof account->safe_keys.door);
    field_write_array(&writer, account->safe_keys.key, sizeof account->safe_keys.key);
    field_write_array(&writer, account->safe_keys.seal, sizeof account->safe_keys.seal);
    base_write_u64(&writer, account->safe_at);
    base_write_u8(&writer, (uint8_t)account->safe_old_count);
    for (size_t i = 0; i < account->safe_old_count; i++) {
        field_write_array(&writer, account->safe_old[i].door, sizeof account->safe_old[i].door);
        field_write_array(&writer, account->safe_old[i].key, sizeof account->safe_old[i].key);
    }
    base_write_opaque(&writer, base_slice(account->device_key.private_key.data, account->device_key.private_key.len));
    field_write_bool(&writer, account->removing);
    field_write_array(&writer, account->removed, sizeof account->removed);
    base_write_u64(&writer, account->next_contact);
    base_write_u64(&writer, account->next_chat);
    base_write_u64(&writer, account->next_group);
    base_write_u64(&writer, account->next_key_package);
    base_write_u64(&writer, account->next_letter);
    base_write_u64(&writer, account->next_transfer);
    base_write_u64(&writer, account->next_arrival);
    base_write_u64(&writer, account->next_sync);
    base_write_u64(&writer, account->next_run);
    base_write_u64(&writer, account->unreadable);
    field_write_bool(&writer, account->sync_wanted);
    field_write_bool(&writer, account->history_offered);
    field_write_bool(&writer, account->history.active);
    field_write_array(&writer, account->history.to, sizeof account->history.to);
    base_write_u64(&writer, account->history.chat);
    base_write_u64(&writer, account->history.before);
    base_write_u64(&writer, account->history.left);
    field_write_bool(&writer, account->history_room);
    field_write_bool(&writer, account->history_asked);
    field_write_array(&writer, account->history_from, sizeof account->history_from);
    base_write_u64(&writer, account->next_history);
    own_devices_write(&writer, account->linked_to, account->linked_to_count);
    write_elders(&writer, &account->elders);
    struct base_bytes record BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &record));
    core->account.dirty = false;
    return out_put(&core->out, key_table(KEY_ACCOUNT), base_borrow(&record));
}

static base_result load_history(struct base_reader *reader, struct account *account) {
    BASE_TRY(field_read_bool(reader, &account->history_offered));
    BASE_TRY(field_read_bool(reader, &account->history.active));
    BASE_TRY(base_read_copy(reader, account->history.to, sizeof account->history.to));
    BASE_TRY(base_read_u64(reader, &account->history.chat));
    BASE_TRY(base_read_u64(reader, &account->history.before));
    BASE_TRY(base_read_u64(reader, &account->history.left));
    BASE_TRY(field_read_bool(reader, &account->history_room));
    BASE_TRY(field_read_bool(reader, &account->history_asked));
    BASE_TRY(base_read_copy(reader, account->history_from, sizeof account->history_from));
    return base_read_u64(reader, &account->next_history);
}

static base_result load_old_safes(struct base_reader *reader, struct account *account) {
    uint8_t count;
    BASE_TRY(base_read_u8(reader, &count));
    BASE_ENSURE(count <= STATE_MAX_OLD_SAFES, BASE_ERR_VALUE);
    for (account->safe_old_count = 0; account->safe_old_count < count; account->safe_old_count++) {
        struct safe_keys *keys = &account->safe_old[account->safe_old_count];
        BASE_TRY(base_read_copy(reader, keys->door, sizeof keys->door));
        BASE_TRY(base_read_copy(reader, keys->key, sizeof keys->key));
    }
    return BASE_OK;
}

base_result account_load(struct weibel_core *core, struct base_slice value) {
    struct account *account = &core->account;
    struct base_reader reader = base_reader(value);
    uint8_t state;
    struct base_slice device_key;
    BASE_TRY(field_read_version(&reader, VERSION));
    BASE_TRY(base_read_u8(&reader, &state));
    BASE_ENSURE(state <= ACCOUNT_ACTIVE, BASE_ERR_VALUE);
    BASE_TRY(field_read_text(&reader, account->url, sizeof account->url));
    BASE_TRY(field_read_text(&reader, account->code, sizeof account->code));
    BASE_TRY(field_read_bool(&reader, &account->linked));
    BASE_TRY(field_read_bool(&reader, &account->link_taken));
    BASE_TRY(base_read_copy(&reader, account->link_secret, sizeof account->link_secret));
    BASE_TRY(field_read_text(&reader, account->device_name, sizeof account->device_name));
    BASE_TRY(base_read_copy(&reader, account->id, sizeof account->id));
    BASE_TRY(field_read_text(&reader, account->domain, sizeof account->domain));
    BASE_TRY(field_read_text(&reader, account->name, sizeof account->name));
    BASE_TRY(base_read_u8(&reader, &account->role));
    BASE_TRY(base_read_copy(&reader, account->device, sizeof account->device));
    BASE_TRY(base_read_copy(&reader, account->identity_seed, sizeof account->identity_seed));
    BASE_TRY(base_read_copy(&reader, account->deletion_secret, sizeof account->deletion_secret));
    BASE_TRY(base_read_copy(&reader, account->recovery, sizeof account->recovery));
    BASE_TRY(field_read_bool(&reader, &account->has_safe));
    BASE_TRY(base_read_copy(&reader, account->safe_keys.door, sizeof account->safe_keys.door));
    BASE_TRY(base_read_copy(&reader, account->safe_keys.key, sizeof account->safe_keys.key));
    BASE_TRY(base_read_copy(&reader, account->safe_keys.seal, sizeof account->safe_keys.seal));
    BASE_TRY(base_read_u64(&reader, &account->safe_at));
    BASE_TRY(load_old_safes(&reader, account));
    BASE_TRY(base_read_opaque(&reader, &device_key));
    BASE_TRY(field_read_bool(&reader, &account->removing));
    BASE_TRY(base_read_copy(&reader, account->removed, sizeof account->removed));
    BASE_TRY(base_read_u64(&reader, &account->next_contact));
    BASE_TRY(base_read_u64(&reader, &account->next_chat));
    BASE_TRY(base_read_u64(&reader, &account->next_group));
    BASE_TRY(base_read_u64(&reader, &account->next_key_package));
    BASE_TRY(base_read_u64(&reader, &account->next_letter));
    BASE_TRY(base_read_u64(&reader, &account->next_transfer));
    BASE_TRY(base_read_u64(&reader, &account->next_arrival));
    BASE_TRY(base_read_u64(&reader, &account->next_sync));
    BASE_TRY(base_read_u64(&reader, &account->next_run));
    BASE_TRY(base_read_u64(&reader, &account->unreadable));
    BASE_TRY(field_read_bool(&reader, &account->sync_wanted));
    BASE_TRY(load_history(&reader, account));
    BASE_TRY(own_devices_read(&reader, account->linked_to, &account->linked_to_count));
    BASE_TRY(read_elders(&reader, &account->elders));
    BASE_TRY(base_read_end(&reader));
    account->state = state == ACCOUNT_ACTIVE       ? ACCOUNT_ACTIVE
                     : state == ACCOUNT_ACTIVATING ? ACCOUNT_ACTIVATING
                                                   : ACCOUNT_NONE;
    identity_key(account->identity_seed, account->identity_key);
    if (account->state != ACCOUNT_ACTIVE && device_key.len == 0) {
        account->state = ACCOUNT_NONE; /* no keys were made yet: what lies at the safe's door had not come */
        return BASE_OK;
    }
    return mls_signature_key_load(&core->mls, MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519, device_key,
                                  &account->device_key);
}

base_result account_credential(struct weibel_core *core, struct base_bytes *out) {
    const struct account *account = &core->account;
    struct identity identity = { .domain = base_slice_text(account->domain) };
    memcpy(identity.account, account->id, sizeof identity.account);
    memcpy(identity.identity_key, account->identity_key, sizeof identity.identity_key);
    memcpy(identity.device, account->device, sizeof identity.device);
    return identity_write(core->options.allocator, &identity, account->identity_seed,
                          mls_public_key_slice(&account->device_key.public_key), out);
}

void account_deletion_key(const struct weibel_core *core, struct base_slice name, uint8_t out[WIRE_KEY_LEN]) {
    (void)crypto_generichash(out, WIRE_KEY_LEN, name.data, name.len, core->account.deletion_secret,
                             sizeof core->account.deletion_secret);
}

void account_hash(struct base_slice secret, uint8_t out[WIRE_KEY_LEN]) {
    (void)crypto_hash_sha256(out, secret.data, secret.len);
}

void account_uri(const uint8_t id[WIRE_ACCOUNT_LEN], const char *domain, char out[ACCOUNT_MAX_URI]) {
    (void)snprintf(out, ACCOUNT_MAX_URI, "mimi://%s/u/%.*s", domain, (int)WIRE_ACCOUNT_LEN, (const char *)id);
}
