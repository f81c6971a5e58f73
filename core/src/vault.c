/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The vault's record, and sealing with it.
 *
 *     struct {
 *         uint8 version;                                     2
 *         uint8 means;                                       1 passphrase, 2 key, 3 both
 *         opaque salt[16]; uint32 passes; uint32 memory;     Argon2id; without a passphrase, passes and memory are 0
 *         opaque nonce[24]; opaque wrapped[48];              the store key; AAD: all before the nonce
 *     } Slot;
 *     Slot slots[1..10];                                     by their means; a key up to eight times, others once
 *     struct { uint8 version; opaque nonce[24]; opaque ciphertext[…]; } Sealed;      version 1; AAD: the record's name
 *
 * The wrapping key is BLAKE2b-256, keyed with the key file's bytes (or unkeyed), of a label, means, salt and Argon2id's
 * 32 bytes (or zeros).
 */
#include "vault.h"

#include <sodium.h>
#include <string.h>

#include "base/reader.h"
#include "weibel/core.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_PASSPHRASE, BASE_CRYPTO, NULL, "the passphrase is wrong, or the key file is");
BASE_DEFINE_ERROR(
    WEIBEL_ERR_RECORD, BASE_INTERNAL, NULL,
    "a stored record is damaged or was exchanged; restore a backup into a new home, or link this device anew");
BASE_DEFINE_ERROR(WEIBEL_ERR_VERSION, BASE_INTERNAL, NULL,
                  "another version of Weibel has written this: update this one, or use that one");

enum {
    VERSION = 2,
    SEAL_VERSION = 1,
    WITH_PASSPHRASE = 1,
    WITH_KEY = 2,
    SALT_LEN = crypto_pwhash_argon2id_SALTBYTES,
    NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_LEN = VAULT_KEY_LEN + TAG_LEN,
    SLOT_LEN = 1 + 1 + SALT_LEN + 4 + 4 + NONCE_LEN + WRAPPED_LEN,
    MAX_SLOTS = 1 + VAULT_MAX_KEYS + 1,
};
_Static_assert((int)SALT_LEN == (int)VAULT_KEY_NAME_LEN, "a key's slot is known by its salt");

/* What else a store key is used for, besides sealing. */
static const char pseudonym_label[] = "weibel pseudonym";

static const char wrapping_label[] = "weibel vault";

static void wipe_key(uint8_t (*key)[VAULT_KEY_LEN]) {
    base_wipe(*key, sizeof *key);
}

static void vault_take_key(struct vault *vault, const uint8_t store_key[VAULT_KEY_LEN]) {
    memcpy(vault->store_key, store_key, VAULT_KEY_LEN);
    (void)crypto_generichash(vault->pseudonym_key, VAULT_KEY_LEN, (const uint8_t *)pseudonym_label,
                             sizeof pseudonym_label - 1, store_key, VAULT_KEY_LEN);
    vault->open = true;
}

static uint8_t kind_of(const struct vault_means *means) {
    return (uint8_t)((means->passphrase.len > 0 ? WITH_PASSPHRASE : 0) | (means->key.len > 0 ? WITH_KEY : 0));
}

/* BASE_ERR_NO_MEMORY, also what Argon2id needs. */
static base_result stretch(const struct vault_means *means, const uint8_t salt[SALT_LEN], struct vault_cost cost,
                           uint8_t out[VAULT_KEY_LEN]) {
    uint8_t stretched[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    uint8_t kind = kind_of(means);
    if ((kind & WITH_PASSPHRASE) != 0) {
        int failed = crypto_pwhash_argon2id(stretched, sizeof stretched, (const char *)means->passphrase.data,
                                            means->passphrase.len, salt, cost.passes, (size_t)cost.memory * 1024,
                                            crypto_pwhash_argon2id_ALG_ARGON2ID13);
        BASE_ENSURE(failed == 0, BASE_ERR_NO_MEMORY);
    }
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, means->key.data, means->key.len, VAULT_KEY_LEN);
    (void)crypto_generichash_update(&state, (const uint8_t *)wrapping_label, sizeof wrapping_label);
    (void)crypto_generichash_update(&state, &kind, sizeof kind);
    (void)crypto_generichash_update(&state, salt, SALT_LEN);
    (void)crypto_generichash_update(&state, stretched, sizeof stretched);
    (void)crypto_generichash_final(&state, out, VAULT_KEY_LEN);
    base_wipe(&state, sizeof state);
    return BASE_OK;
}

static base_result write_slot(const struct vault *vault, const struct base_random *random,
                              const struct vault_means *means, struct vault_cost cost, struct base_writer *writer) {
    uint8_t salt[SALT_LEN], nonce[NONCE_LEN];
    uint8_t wrapping_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    uint8_t kind = kind_of(means);
    bool stretches = (kind & WITH_PASSPHRASE) != 0;
    BASE_TRY(base_random_fill(random, salt, sizeof salt));
    BASE_TRY(base_random_fill(random, nonce, sizeof nonce));
    BASE_TRY(stretch(means, salt, cost, wrapping_key));
    size_t before = base_writer_view(writer).len;
    base_write_u8(writer, VERSION);
    base_write_u8(writer, kind);
    base_write_slice(writer, base_slice(salt, sizeof salt));
    base_write_u32(writer, stretches ? cost.passes : 0);
    base_write_u32(writer, stretches ? cost.memory : 0);
    BASE_TRY(writer->failed);
    struct base_slice written = base_writer_view(writer);
    uint8_t wrapped[WRAPPED_LEN];
    crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, vault->store_key, sizeof vault->store_key,
                                               written.data + before, written.len - before, NULL, nonce, wrapping_key);
    base_write_slice(writer, base_slice(nonce, sizeof nonce));
    base_write_slice(writer, base_slice(wrapped, sizeof wrapped));
    return BASE_OK;
}

static struct base_slice slot_at(struct base_slice record, size_t index) {
    return base_slice(record.data + index * SLOT_LEN, SLOT_LEN);
}

/* The slot up to its nonce. */
static base_result read_head(struct base_reader *reader, uint8_t *kind, struct base_slice *salt,
                             struct vault_cost *cost) {
    uint8_t version;
    BASE_TRY(base_read_u8(reader, &version));
    BASE_ENSURE(version == 0 || version == VERSION, WEIBEL_ERR_VERSION);
    BASE_TRY(base_read_u8(reader, kind));
    BASE_TRY(base_read_slice(reader, SALT_LEN, salt));
    BASE_TRY(base_read_u32(reader, &cost->passes));
    BASE_TRY(base_read_u32(reader, &cost->memory));
    BASE_ENSURE(version == VERSION && reader->left == NONCE_LEN + WRAPPED_LEN, WEIBEL_ERR_RECORD);
    bool stretches = (*kind & WITH_PASSPHRASE) != 0;
    BASE_ENSURE(*kind >= WITH_PASSPHRASE && *kind <= (WITH_PASSPHRASE | WITH_KEY), WEIBEL_ERR_RECORD);
    BASE_ENSURE(!stretches || (cost->passes >= VAULT_MIN_PASSES && cost->passes <= VAULT_MAX_PASSES &&
                               cost->memory >= VAULT_MIN_MEMORY && cost->memory <= VAULT_MAX_MEMORY),
                WEIBEL_ERR_RECORD);
    return BASE_OK;
}

static base_result open_slot(struct vault *vault, const struct vault_means *means, struct base_slice slot) {
    struct base_reader reader = base_reader(slot);
    uint8_t kind;
    struct vault_cost cost;
    struct base_slice salt;
    BASE_TRY(read_head(&reader, &kind, &salt, &cost));
    uint8_t store_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    uint8_t wrapping_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    BASE_TRY(stretch(means, salt.data, cost, wrapping_key));
    const uint8_t *nonce = reader.next;
    int failed =
        crypto_aead_xchacha20poly1305_ietf_decrypt(store_key, NULL, NULL, nonce + NONCE_LEN, WRAPPED_LEN, slot.data,
                                                   SLOT_LEN - NONCE_LEN - WRAPPED_LEN, nonce, wrapping_key);
    BASE_ENSURE(failed == 0, WEIBEL_ERR_PASSPHRASE);
    vault_take_key(vault, store_key);
    return BASE_OK;
}

/* Whether the slot opens by these means. */
static bool is_opened_by(struct base_slice slot, const struct vault_means *means) {
    struct vault vault BASE_CLEANUP(vault_close) = { .open = false };
    return open_slot(&vault, means, slot) == BASE_OK;
}

/* What a new slot takes the place of: the one of its kind, or of the same key. */
static bool is_replaced(struct base_slice slot, const struct vault_means *means) {
    uint8_t kind = kind_of(means);
    return slot.data[1] == kind && (kind != WITH_KEY || is_opened_by(slot, means));
}

base_result vault_rewrap(const struct vault *vault, const struct base_allocator *allocator,
                         const struct base_random *random, const struct vault_means *means, struct vault_cost cost,
                         struct base_slice kept, struct base_bytes *record) {
    uint8_t kind = kind_of(means);
    BASE_ENSURE(kind != 0 && (means->key.len == 0 || means->key.len == VAULT_KEY_LEN), BASE_ERR_VALUE);
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, (size_t)MAX_SLOTS * SLOT_LEN);
    size_t count = kept.len / SLOT_LEN, keys = kind == WITH_KEY ? 1 : 0, i = 0;
    for (; i < count && slot_at(kept, i).data[1] <= kind; i++) {
        if (!is_replaced(slot_at(kept, i), means)) {
            keys += slot_at(kept, i).data[1] == WITH_KEY ? 1 : 0;
            base_write_slice(&writer, slot_at(kept, i));
        }
    }
    BASE_ENSURE(keys <= VAULT_MAX_KEYS, BASE_ERR_TOO_LONG);
    BASE_TRY(write_slot(vault, random, means, cost, &writer));
    for (; i < count; i++) {
        base_write_slice(&writer, slot_at(kept, i));
    }
    struct base_bytes written BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_writer_finish(&writer, &written));
    base_bytes_free(record);
    base_bytes_move(record, &written);
    return BASE_OK;
}

base_result vault_create(struct vault *vault, const struct base_allocator *allocator, const struct base_random *random,
                         const struct vault_means *means, struct vault_cost cost, struct base_bytes *record) {
    uint8_t store_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    BASE_TRY(base_random_fill(random, store_key, sizeof store_key));
    vault_take_key(vault, store_key);
    base_result result = vault_rewrap(vault, allocator, random, means, cost, base_slice(NULL, 0), record);
    if (result != BASE_OK) {
        vault_close(vault);
    }
    return result;
}

base_result vault_kinds(struct base_slice record, uint8_t *out) {
    *out = 0;
    BASE_ENSURE(record.len > 0, WEIBEL_ERR_RECORD);
    BASE_ENSURE(record.data[0] == 0 || record.data[0] == VERSION, WEIBEL_ERR_VERSION);
    BASE_ENSURE(record.len % SLOT_LEN == 0, WEIBEL_ERR_RECORD);
    uint8_t last = 0;
    size_t keys = 0;
    for (size_t i = 0; i < record.len / SLOT_LEN; i++) {
        struct base_reader reader = base_reader(slot_at(record, i));
        uint8_t kind;
        struct vault_cost cost;
        struct base_slice salt;
        base_result result = read_head(&reader, &kind, &salt, &cost);
        BASE_TRY(result == BASE_OK || result == &WEIBEL_ERR_VERSION ? result : &WEIBEL_ERR_RECORD);
        keys += kind == WITH_KEY ? 1 : 0;
        BASE_ENSURE(kind > last || (kind == WITH_KEY && last == WITH_KEY), WEIBEL_ERR_RECORD);
        BASE_ENSURE(keys <= VAULT_MAX_KEYS, WEIBEL_ERR_RECORD);
        last = kind;
        *out |= (uint8_t)(1 << kind);
    }
    return BASE_OK;
}

base_result vault_open(struct vault *vault, const struct vault_means *means, struct base_slice record) {
    uint8_t kinds, kind = kind_of(means);
    BASE_TRY(vault_kinds(record, &kinds));
    BASE_ENSURE((kinds & 1 << kind) != 0 && (means->key.len == 0 || means->key.len == VAULT_KEY_LEN),
                WEIBEL_ERR_PASSPHRASE);
    for (size_t i = 0; i < record.len / SLOT_LEN; i++) {
        base_result result =
            slot_at(record, i).data[1] == kind ? open_slot(vault, means, slot_at(record, i)) : &WEIBEL_ERR_PASSPHRASE;
        if (result != &WEIBEL_ERR_PASSPHRASE) {
            return result;
        }
    }
    return &WEIBEL_ERR_PASSPHRASE;
}

static const uint8_t *name_of(struct base_slice slot) {
    return slot.data + 2; /* its salt */
}

size_t vault_keys(struct base_slice record, uint8_t (*out)[VAULT_KEY_NAME_LEN]) {
    uint8_t kinds;
    size_t count = 0, slots = vault_kinds(record, &kinds) == BASE_OK ? record.len / SLOT_LEN : 0;
    for (size_t i = 0; i < slots; i++) {
        if (slot_at(record, i).data[1] == WITH_KEY) {
            memcpy(out[count++], name_of(slot_at(record, i)), VAULT_KEY_NAME_LEN);
        }
    }
    return count;
}

base_result vault_remove(const struct base_allocator *allocator, const struct vault_means *means, uint8_t kind,
                         const uint8_t name[VAULT_KEY_NAME_LEN], struct base_bytes *record) {
    struct vault vault BASE_CLEANUP(vault_close) = { .open = false };
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, record->len);
    struct base_bytes left BASE_CLEANUP(base_bytes_free) = { 0 };
    bool found = false;
    for (size_t i = 0; i < record->len / SLOT_LEN; i++) {
        struct base_slice slot = slot_at(base_borrow(record), i);
        bool removed =
            slot.data[1] == kind && (kind != WITH_KEY || memcmp(name_of(slot), name, VAULT_KEY_NAME_LEN) == 0);
        found = found || removed;
        if (!removed) {
            base_write_slice(&writer, slot);
        }
    }
    BASE_ENSURE(found, BASE_ERR_VALUE);
    BASE_ENSURE(base_writer_view(&writer).len > 0, WEIBEL_ERR_PASSPHRASE);
    BASE_TRY(base_writer_finish(&writer, &left));
    BASE_TRY(vault_open(&vault, means, base_borrow(&left)));
    base_bytes_free(record);
    base_bytes_move(record, &left);
    return BASE_OK;
}

void vault_close(struct vault *vault) {
    base_wipe(vault, sizeof *vault);
}

base_result vault_seal(const struct vault *vault, const struct base_allocator *allocator,
                       const struct base_random *random, struct base_slice key, struct base_slice value,
                       struct base_bytes *out) {
    struct base_bytes sealed BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_take(allocator, value.len + VAULT_SEAL_EXTRA, &sealed));
    uint8_t *nonce = sealed.data + 1;
    sealed.data[0] = SEAL_VERSION;
    BASE_TRY(base_random_fill(random, nonce, NONCE_LEN));
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_LEN, NULL, value.data, value.len, key.data, key.len, NULL,
                                               nonce, vault->store_key);
    base_bytes_move(out, &sealed);
    return BASE_OK;
}

base_result vault_unseal(const struct vault *vault, const struct base_allocator *allocator, struct base_slice key,
                         struct base_slice sealed, struct base_bytes *out) {
    BASE_ENSURE(sealed.len >= VAULT_SEAL_EXTRA, WEIBEL_ERR_RECORD);
    BASE_ENSURE(sealed.data[0] <= SEAL_VERSION, WEIBEL_ERR_VERSION);
    BASE_ENSURE(sealed.data[0] == SEAL_VERSION, WEIBEL_ERR_RECORD);
    struct base_bytes value BASE_CLEANUP(base_bytes_free) = { 0 };
    BASE_TRY(base_bytes_take(allocator, sealed.len - VAULT_SEAL_EXTRA, &value));
    const uint8_t *nonce = sealed.data + 1;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(value.data, NULL, NULL, nonce + NONCE_LEN,
                                                            sealed.len - 1 - NONCE_LEN, key.data, key.len, nonce,
                                                            vault->store_key);
    BASE_ENSURE(failed == 0, WEIBEL_ERR_RECORD);
    base_bytes_move(out, &value);
    return BASE_OK;
}

void vault_pseudonym(const struct vault *vault, struct base_slice what, uint8_t out[VAULT_PSEUDONYM_LEN]) {
    (void)crypto_generichash(out, VAULT_PSEUDONYM_LEN, what.data, what.len, vault->pseudonym_key, VAULT_KEY_LEN);
}
