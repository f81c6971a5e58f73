/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The vault's record, and sealing with it.
 *
 *     struct { uint8 version; opaque salt[16]; uint32 passes; uint32 memory; opaque nonce[24]; opaque wrapped[48]; }
 * Vault; struct { uint8 version; opaque nonce[24]; opaque ciphertext[…]; } Sealed;      AAD: the record's name
 */
#include "vault.h"

#include <sodium.h>
#include <string.h>

#include "base/reader.h"
#include "weibel/core.h"

BASE_DEFINE_ERROR(WEIBEL_ERR_PASSPHRASE, BASE_CRYPTO, NULL, "the passphrase is wrong");
BASE_DEFINE_ERROR(WEIBEL_ERR_RECORD, BASE_INTERNAL, NULL,
                  "a stored record is damaged or was exchanged; restore the home from a backup");

enum {
    VERSION = 1,
    SALT_LEN = crypto_pwhash_argon2id_SALTBYTES,
    NONCE_LEN = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_LEN = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    WRAPPED_LEN = VAULT_KEY_LEN + TAG_LEN,
    VAULT_RECORD_LEN = 1 + SALT_LEN + 4 + 4 + NONCE_LEN + WRAPPED_LEN,
};

/* What else a store key is used for, besides sealing. */
static const char pseudonym_label[] = "weibel pseudonym";

static void wipe_key(uint8_t (*key)[VAULT_KEY_LEN]) {
    base_wipe(*key, sizeof *key);
}

static void vault_take_key(struct vault *vault, const uint8_t store_key[VAULT_KEY_LEN]) {
    memcpy(vault->store_key, store_key, VAULT_KEY_LEN);
    (void)crypto_generichash(vault->pseudonym_key, VAULT_KEY_LEN, (const uint8_t *)pseudonym_label,
                             sizeof pseudonym_label - 1, store_key, VAULT_KEY_LEN);
    vault->open = true;
}

static base_result stretch(struct base_slice passphrase, const uint8_t *salt, uint32_t passes, uint32_t memory,
                           uint8_t out[VAULT_KEY_LEN]) {
    int failed = crypto_pwhash_argon2id(out, VAULT_KEY_LEN, (const char *)passphrase.data, passphrase.len, salt, passes,
                                        (size_t)memory * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    BASE_ENSURE(failed == 0, BASE_ERR_NO_MEMORY);
    return BASE_OK;
}

base_result vault_create(struct vault *vault, const struct base_allocator *allocator, const struct base_random *random,
                         struct base_slice passphrase, uint32_t passes, uint32_t memory, struct base_bytes *record) {
    uint8_t salt[SALT_LEN], nonce[NONCE_LEN];
    uint8_t store_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    uint8_t wrapping_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    BASE_TRY(base_random_fill(random, salt, sizeof salt));
    BASE_TRY(base_random_fill(random, nonce, sizeof nonce));
    BASE_TRY(base_random_fill(random, store_key, sizeof store_key));
    BASE_TRY(stretch(passphrase, salt, passes, memory, wrapping_key));
    struct base_writer writer BASE_CLEANUP(base_writer_free) = base_writer(allocator, VAULT_RECORD_LEN);
    base_write_u8(&writer, VERSION);
    base_write_slice(&writer, base_slice(salt, sizeof salt));
    base_write_u32(&writer, passes);
    base_write_u32(&writer, memory);
    struct base_slice head = base_writer_view(&writer);
    uint8_t wrapped[WRAPPED_LEN];
    crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, store_key, sizeof store_key, head.data, head.len, NULL,
                                               nonce, wrapping_key);
    base_write_slice(&writer, base_slice(nonce, sizeof nonce));
    base_write_slice(&writer, base_slice(wrapped, sizeof wrapped));
    BASE_TRY(base_writer_finish(&writer, record));
    vault_take_key(vault, store_key);
    return BASE_OK;
}

base_result vault_open(struct vault *vault, struct base_slice passphrase, struct base_slice record) {
    struct base_reader reader = base_reader(record);
    uint8_t version;
    uint32_t passes, memory;
    struct base_slice salt;
    BASE_ENSURE(record.len == VAULT_RECORD_LEN, WEIBEL_ERR_RECORD);
    BASE_TRY(base_read_u8(&reader, &version));
    BASE_TRY(base_read_slice(&reader, SALT_LEN, &salt));
    BASE_TRY(base_read_u32(&reader, &passes));
    BASE_TRY(base_read_u32(&reader, &memory));
    BASE_ENSURE(version == VERSION && passes >= VAULT_MIN_PASSES && passes <= VAULT_MAX_PASSES &&
                    memory >= VAULT_MIN_MEMORY && memory <= VAULT_MAX_MEMORY,
                WEIBEL_ERR_RECORD);
    size_t head_len = record.len - reader.left;
    uint8_t store_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    uint8_t wrapping_key[VAULT_KEY_LEN] BASE_CLEANUP(wipe_key) = { 0 };
    BASE_TRY(stretch(passphrase, salt.data, passes, memory, wrapping_key));
    const uint8_t *nonce = reader.next;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(store_key, NULL, NULL, nonce + NONCE_LEN, WRAPPED_LEN,
                                                            record.data, head_len, nonce, wrapping_key);
    BASE_ENSURE(failed == 0, WEIBEL_ERR_PASSPHRASE);
    vault_take_key(vault, store_key);
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
    sealed.data[0] = VERSION;
    BASE_TRY(base_random_fill(random, nonce, NONCE_LEN));
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_LEN, NULL, value.data, value.len, key.data, key.len, NULL,
                                               nonce, vault->store_key);
    base_bytes_move(out, &sealed);
    return BASE_OK;
}

base_result vault_unseal(const struct vault *vault, const struct base_allocator *allocator, struct base_slice key,
                         struct base_slice sealed, struct base_bytes *out) {
    BASE_ENSURE(sealed.len >= VAULT_SEAL_EXTRA && sealed.data[0] == VERSION, WEIBEL_ERR_RECORD);
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
