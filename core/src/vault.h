/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The vault: everything that the core stores is sealed (XChaCha20-Poly1305) under a random store key, which is wrapped
 * under a key that Argon2id makes from the passphrase, or that is in a file, or that both make together. It can be
 * wrapped once for a passphrase, for VAULT_MAX_KEYS keys, and once for both together: any of them opens the vault then.
 */
#ifndef CORE_VAULT_H
#define CORE_VAULT_H

#include "base/bytes.h"
#include "base/host.h"
#include "base/writer.h"

enum {
    VAULT_KEY_LEN = 32,
    VAULT_SEAL_EXTRA = 1 + 24 + 16, /**< bytes by which a sealed value is longer: version, nonce, tag */
    VAULT_PSEUDONYM_LEN = 16,
    VAULT_MAX_KEYS = 8,      /**< which open a vault each: those of a person's devices, and a file in the safe */
    VAULT_KEY_NAME_LEN = 16, /**< of what a key's slot is known by */
    VAULT_MIN_PASSES = 1,
    VAULT_MAX_PASSES = 64,
    VAULT_MIN_MEMORY = 8,       /**< KiB */
    VAULT_MAX_MEMORY = 4 << 20, /**< KiB: 4 GiB; a damaged record may not ask for more */
    VAULT_DEFAULT_PASSES = 3,
    VAULT_DEFAULT_MEMORY = 64 << 10,
};

extern const struct base_error WEIBEL_ERR_PASSPHRASE; /**< the passphrase or key is wrong, or one of them is missing */

/** What opens a vault: at least one of the two. */
struct vault_means {
    struct base_slice passphrase; /**< empty: none */
    struct base_slice key;        /**< the VAULT_KEY_LEN bytes of a key file, or empty: none */
};

/** How much work a passphrase is to be. */
struct vault_cost {
    uint32_t passes, memory;
};

struct vault {
    uint8_t store_key[VAULT_KEY_LEN];
    uint8_t pseudonym_key[VAULT_KEY_LEN]; /**< made from the store key */
    bool open;
};

/** Draws a store key, opens the vault, and writes the record that vault_open() takes. */
BASE_MUST_USE base_result vault_create(struct vault *vault, const struct base_allocator *allocator,
                                       const struct base_random *random, const struct vault_means *means,
                                       struct vault_cost cost, struct base_bytes *record);

/**
 * Writes a record of an open vault that these means open. `kept`: a record of the same vault, or empty; what it has for
 * other kinds of means stays, and other keys do. BASE_ERR_TOO_LONG: too many keys. On error `record` is as it was.
 */
BASE_MUST_USE base_result vault_rewrap(const struct vault *vault, const struct base_allocator *allocator,
                                       const struct base_random *random, const struct vault_means *means,
                                       struct vault_cost cost, struct base_slice kept, struct base_bytes *record);

/** Names of the keys that open it, drawn for each; `out` has room for VAULT_MAX_KEYS. 0 if it is no record. */
size_t vault_keys(struct base_slice record, uint8_t (*out)[VAULT_KEY_NAME_LEN]);

/**
 * Takes the passphrase out (`kind` 1), the key of this name (2), or both together (3). WEIBEL_ERR_PASSPHRASE: these
 * means do not open what is left. BASE_ERR_VALUE: there is none. On error `record` is as it was.
 */
BASE_MUST_USE base_result vault_remove(const struct base_allocator *allocator, const struct vault_means *means,
                                       uint8_t kind, const uint8_t name[VAULT_KEY_NAME_LEN], struct base_bytes *record);

/** Bits 1 to 3: opened by a passphrase, a key, both together. WEIBEL_ERR_VERSION, WEIBEL_ERR_RECORD. */
BASE_MUST_USE base_result vault_kinds(struct base_slice record, uint8_t *out);

/**
 * WEIBEL_ERR_PASSPHRASE; WEIBEL_ERR_VERSION: of another version of Weibel; WEIBEL_ERR_RECORD: not a vault's record;
 * BASE_ERR_NO_MEMORY, also what Argon2id needs.
 */
BASE_MUST_USE base_result vault_open(struct vault *vault, const struct vault_means *means, struct base_slice record);

/** Wipes the keys. */
void vault_close(struct vault *vault);

/** Seals a value for the record `key`. BASE_ERR_RANDOM, BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result vault_seal(const struct vault *vault, const struct base_allocator *allocator,
                                     const struct base_random *random, struct base_slice key, struct base_slice value,
                                     struct base_bytes *out);

/** WEIBEL_ERR_RECORD: changed, or another record's value. WEIBEL_ERR_VERSION: sealed by a later Weibel. */
BASE_MUST_USE base_result vault_unseal(const struct vault *vault, const struct base_allocator *allocator,
                                       struct base_slice key, struct base_slice sealed, struct base_bytes *out);

/** A name for `what` that tells nothing to who has not the passphrase. */
void vault_pseudonym(const struct vault *vault, struct base_slice what, uint8_t out[VAULT_PSEUDONYM_LEN]);

#endif
