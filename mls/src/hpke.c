/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DHKEM (RFC 9180 §4.1), the key schedule of base mode (§5.1) and the single-shot functions (§6).
 */
#include "hpke.h"

#include <string.h>

/* The parts that a labelled function puts before the caller's. */
#define LABEL_PARTS 3
/* The caller's parts at most: enc and pkRm, or the `info` of the callers above. */
#define INPUT_PARTS_MAX 2

/* "KEM" + kem_id, or "HPKE" + kem_id + kdf_id + aead_id. */
struct suite_id {
    uint8_t data[10];
    size_t len;
};

static void put_u16(struct suite_id *id, uint16_t value) {
    id->data[id->len++] = (uint8_t)(value >> 8);
    id->data[id->len++] = (uint8_t)value;
}

static struct suite_id kem_suite_id(const struct mls_suite *suite) {
    struct suite_id id = { { 'K', 'E', 'M' }, 3 };
    put_u16(&id, (uint16_t)suite->kem);
    return id;
}

static struct suite_id hpke_suite_id(const struct mls_suite *suite) {
    struct suite_id id = { { 'H', 'P', 'K', 'E' }, 4 };
    put_u16(&id, (uint16_t)suite->kem);
    put_u16(&id, (uint16_t)suite->hash);
    put_u16(&id, (uint16_t)suite->aead);
    return id;
}

static base_result labeled_extract(const struct mls_crypto *crypto, const struct suite_id *id, struct base_slice salt,
                                   const char *label, const struct base_slice *ikm, size_t count,
                                   struct mls_secret *out) {
    struct base_slice parts[LABEL_PARTS + INPUT_PARTS_MAX] = { base_slice("HPKE-v1", 7), base_slice(id->data, id->len),
                                                               base_slice_text(label) };
    BASE_ENSURE(count <= INPUT_PARTS_MAX, BASE_ERR_TOO_LONG);
    for (size_t i = 0; i < count; i++) {
        parts[LABEL_PARTS + i] = ikm[i];
    }
    return mls_extract_parts(crypto, salt, parts, LABEL_PARTS + count, out);
}

static base_result labeled_expand(const struct mls_crypto *crypto, const struct suite_id *id,
                                  const struct mls_secret *prk, const char *label, const struct base_slice *info,
                                  size_t count, uint8_t *out, size_t len) {
    const uint8_t length[2] = { (uint8_t)(len >> 8), (uint8_t)len };
    struct base_slice parts[1 + LABEL_PARTS + INPUT_PARTS_MAX] = { base_slice(length, 2), base_slice("HPKE-v1", 7),
                                                                   base_slice(id->data, id->len),
                                                                   base_slice_text(label) };
    BASE_ENSURE(len <= UINT16_MAX && count <= INPUT_PARTS_MAX, BASE_ERR_TOO_LONG);
    for (size_t i = 0; i < count; i++) {
        parts[1 + LABEL_PARTS + i] = info[i];
    }
    return mls_expand_parts(crypto, mls_secret_slice(prk), parts, 1 + LABEL_PARTS + count, out, len);
}

/* For NIST curves: candidates until one lies in the field (§7.1.3); its first byte is cut to the field's bits. */
static base_result derive_nist(const struct mls_crypto *crypto, const struct suite_id *id, const struct mls_secret *prk,
                               struct mls_keypair *out) {
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe) candidate = { .len = crypto->suite->kem_private_size };
    for (unsigned counter = 0; counter <= UINT8_MAX; counter++) {
        const uint8_t byte = (uint8_t)counter;
        const struct base_slice info = base_slice(&byte, 1);
        BASE_TRY(labeled_expand(crypto, id, prk, "candidate", &info, 1, candidate.data, candidate.len));
        if (crypto->suite->kem == MLS_KEM_P521) {
            candidate.data[0] &= 0x01;
        }
        base_result result = mls_kem_keypair(crypto, mls_private_key_slice(&candidate), out);
        if (result != &MLS_ERR_PRIVATE_KEY) {
            return result;
        }
    }
    return &MLS_ERR_PRIVATE_KEY;
}

base_result mls_hpke_derive_keypair(const struct mls_crypto *crypto, struct base_slice ikm, struct mls_keypair *out) {
    const struct suite_id id = kem_suite_id(crypto->suite);
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) prk = { 0 };
    BASE_TRY(labeled_extract(crypto, &id, base_slice(NULL, 0), "dkp_prk", &ikm, 1, &prk));
    if (crypto->suite->kem != MLS_KEM_X25519 && crypto->suite->kem != MLS_KEM_X448) {
        return derive_nist(crypto, &id, &prk, out);
    }
    struct mls_private_key BASE_CLEANUP(mls_private_key_wipe) key = { .len = crypto->suite->kem_private_size };
    BASE_TRY(labeled_expand(crypto, &id, &prk, "sk", NULL, 0, key.data, key.len));
    return mls_kem_keypair(crypto, mls_private_key_slice(&key), out);
}

/* DH and ExtractAndExpand: the shared secret of Encap and of Decap alike, with `enc` and `recipient` as context. */
static base_result kem_shared_secret(const struct mls_crypto *crypto, const struct mls_private_key *private_key,
                                     struct base_slice peer, struct base_slice enc, struct base_slice recipient,
                                     struct mls_secret *out) {
    const struct suite_id id = kem_suite_id(crypto->suite);
    uint8_t dh[MLS_DH_MAX];
    base_result result =
        crypto->provider->dh(crypto->provider->user, crypto->suite, mls_private_key_slice(private_key), peer, dh);
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) prk = { 0 };
    if (result == BASE_OK) {
        const struct base_slice ikm = base_slice(dh, crypto->suite->dh_size);
        result = labeled_extract(crypto, &id, base_slice(NULL, 0), "eae_prk", &ikm, 1, &prk);
    }
    base_wipe(dh, sizeof dh);
    BASE_TRY(result);
    const struct base_slice context[] = { enc, recipient };
    out->len = crypto->suite->hash_size; /* Nsecret is Nh in all five KEMs */
    return labeled_expand(crypto, &id, &prk, "shared_secret", context, 2, out->data, out->len);
}

/* What the key schedule makes of a shared secret and an info: the secret, and the context of all that follows. */
struct schedule {
    struct suite_id id;
    struct mls_secret secret;
    struct mls_hpke_info info;
};

static void schedule_wipe(struct schedule *schedule) {
    base_wipe(schedule, sizeof *schedule);
}

base_result mls_hpke_info(const struct mls_crypto *crypto, const struct base_slice *info, size_t info_count,
                          struct mls_hpke_info *out) {
    const struct suite_id id = hpke_suite_id(crypto->suite);
    struct mls_secret psk_id_hash = { 0 };
    struct mls_secret info_hash = { 0 };
    const struct base_slice none = base_slice(NULL, 0);
    BASE_TRY(labeled_extract(crypto, &id, none, "psk_id_hash", NULL, 0, &psk_id_hash));
    BASE_TRY(labeled_extract(crypto, &id, none, "info_hash", info, info_count, &info_hash));
    out->data[0] = 0; /* mode_base */
    memcpy(out->data + 1, psk_id_hash.data, psk_id_hash.len);
    memcpy(out->data + 1 + psk_id_hash.len, info_hash.data, info_hash.len);
    out->len = 1U + psk_id_hash.len + info_hash.len;
    return BASE_OK;
}

static base_result schedule_start(const struct mls_crypto *crypto, const struct mls_secret *shared,
                                  const struct mls_hpke_info *info, struct schedule *out) {
    out->id = hpke_suite_id(crypto->suite);
    out->info = *info;
    return labeled_extract(crypto, &out->id, mls_secret_slice(shared), "secret", NULL, 0, &out->secret);
}

static base_result schedule_expand(const struct mls_crypto *crypto, const struct schedule *schedule, const char *label,
                                   uint8_t *out, size_t len) {
    const struct base_slice context = base_slice(schedule->info.data, schedule->info.len);
    return labeled_expand(crypto, &schedule->id, &schedule->secret, label, &context, 1, out, len);
}

struct aead_key {
    uint8_t key[MLS_AEAD_KEY_MAX];
    uint8_t nonce[MLS_AEAD_NONCE_SIZE];
};

static void aead_key_wipe(struct aead_key *key) {
    base_wipe(key, sizeof *key);
}

static base_result derive_aead_key(const struct mls_crypto *crypto, const struct mls_secret *shared,
                                   const struct mls_hpke_info *info, struct aead_key *out) {
    struct schedule BASE_CLEANUP(schedule_wipe) schedule = { 0 };
    BASE_TRY(schedule_start(crypto, shared, info, &schedule));
    BASE_TRY(schedule_expand(crypto, &schedule, "key", out->key, crypto->suite->aead_key_size));
    return schedule_expand(crypto, &schedule, "base_nonce", out->nonce, sizeof out->nonce);
}

static base_result derive_export(const struct mls_crypto *crypto, const struct mls_secret *shared,
                                 struct base_slice info, struct base_slice exporter_context, uint8_t *out, size_t len) {
    struct schedule BASE_CLEANUP(schedule_wipe) schedule = { 0 };
    struct mls_hpke_info ready;
    BASE_TRY(mls_hpke_info(crypto, &info, 1, &ready));
    BASE_TRY(schedule_start(crypto, shared, &ready, &schedule));
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) exporter = { .len = crypto->suite->hash_size };
    BASE_TRY(schedule_expand(crypto, &schedule, "exp", exporter.data, exporter.len));
    return labeled_expand(crypto, &schedule.id, &exporter, "sec", &exporter_context, 1, out, len);
}

static base_result encap_with(const struct mls_crypto *crypto, const struct mls_keypair *ephemeral,
                              struct base_slice public_key, struct mls_secret *shared) {
    return kem_shared_secret(crypto, &ephemeral->private_key, public_key, mls_public_key_slice(&ephemeral->public_key),
                             public_key, shared);
}

static base_result decap(const struct mls_crypto *crypto, const struct mls_keypair *key, struct base_slice kem_output,
                         struct mls_secret *shared) {
    return kem_shared_secret(crypto, &key->private_key, kem_output, kem_output, mls_public_key_slice(&key->public_key),
                             shared);
}

static base_result seal_from(const struct mls_crypto *crypto, const struct mls_keypair *ephemeral,
                             struct base_slice public_key, const struct mls_hpke_info *info, struct base_slice aad,
                             struct base_slice plaintext, uint8_t *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) shared = { 0 };
    BASE_TRY(encap_with(crypto, ephemeral, public_key, &shared));
    struct aead_key BASE_CLEANUP(aead_key_wipe) key = { 0 };
    BASE_TRY(derive_aead_key(crypto, &shared, info, &key));
    return crypto->provider->seal(crypto->provider->user, crypto->suite, key.key, key.nonce, aad, plaintext, out);
}

base_result mls_hpke_seal_with(const struct mls_crypto *crypto, const struct mls_keypair *ephemeral,
                               struct base_slice public_key, const struct base_slice *info, size_t info_count,
                               struct base_slice aad, struct base_slice plaintext, uint8_t *out) {
    struct mls_hpke_info ready;
    BASE_TRY(mls_hpke_info(crypto, info, info_count, &ready));
    return seal_from(crypto, ephemeral, public_key, &ready, aad, plaintext, out);
}

base_result mls_hpke_seal_ready(const struct mls_crypto *crypto, const struct base_random *random,
                                struct base_slice public_key, const struct mls_hpke_info *info, struct base_slice aad,
                                struct base_slice plaintext, struct mls_public_key *kem_output, uint8_t *out) {
    struct mls_keypair BASE_CLEANUP(mls_keypair_wipe) ephemeral = { 0 };
    BASE_TRY(mls_kem_generate(crypto, random, &ephemeral));
    BASE_TRY(seal_from(crypto, &ephemeral, public_key, info, aad, plaintext, out));
    *kem_output = ephemeral.public_key;
    return BASE_OK;
}

base_result mls_hpke_seal(const struct mls_crypto *crypto, const struct base_random *random,
                          struct base_slice public_key, const struct base_slice *info, size_t info_count,
                          struct base_slice aad, struct base_slice plaintext, struct mls_public_key *kem_output,
                          uint8_t *out) {
    struct mls_hpke_info ready;
    BASE_TRY(mls_hpke_info(crypto, info, info_count, &ready));
    return mls_hpke_seal_ready(crypto, random, public_key, &ready, aad, plaintext, kem_output, out);
}

base_result mls_hpke_open(const struct mls_crypto *crypto, const struct mls_keypair *key, struct base_slice kem_output,
                          const struct base_slice *info, size_t info_count, struct base_slice aad,
                          struct base_slice ciphertext, uint8_t *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) shared = { 0 };
    BASE_TRY(decap(crypto, key, kem_output, &shared));
    struct mls_hpke_info ready;
    BASE_TRY(mls_hpke_info(crypto, info, info_count, &ready));
    struct aead_key BASE_CLEANUP(aead_key_wipe) opened = { 0 };
    BASE_TRY(derive_aead_key(crypto, &shared, &ready, &opened));
    return crypto->provider->open(crypto->provider->user, crypto->suite, opened.key, opened.nonce, aad, ciphertext,
                                  out);
}

base_result mls_hpke_send_export(const struct mls_crypto *crypto, const struct base_random *random,
                                 struct base_slice public_key, struct base_slice info,
                                 struct base_slice exporter_context, struct mls_public_key *kem_output, uint8_t *out,
                                 size_t len) {
    struct mls_keypair BASE_CLEANUP(mls_keypair_wipe) ephemeral = { 0 };
    BASE_TRY(mls_kem_generate(crypto, random, &ephemeral));
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) shared = { 0 };
    BASE_TRY(encap_with(crypto, &ephemeral, public_key, &shared));
    BASE_TRY(derive_export(crypto, &shared, info, exporter_context, out, len));
    *kem_output = ephemeral.public_key;
    return BASE_OK;
}

base_result mls_hpke_receive_export(const struct mls_crypto *crypto, const struct mls_keypair *key,
                                    struct base_slice kem_output, struct base_slice info,
                                    struct base_slice exporter_context, uint8_t *out, size_t len) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) shared = { 0 };
    BASE_TRY(decap(crypto, key, kem_output, &shared));
    return derive_export(crypto, &shared, info, exporter_context, out, len);
}
