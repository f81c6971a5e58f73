/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From epoch to epoch: which secret is derived from which, under which label.
 */
#include "key_schedule.h"

#include <string.h>

#include "hpke.h"

static base_result expand_context(const struct mls_crypto *crypto, const struct mls_secret *secret, const char *label,
                                  struct base_slice context, struct mls_secret *out) {
    out->len = crypto->suite->hash_size;
    return mls_expand_with_label(crypto, mls_secret_slice(secret), base_slice_text(label), context, out->data,
                                 out->len);
}

static base_result expand_key(const struct mls_crypto *crypto, const struct mls_secret *secret,
                              struct base_slice context, struct mls_aead_key *out) {
    const struct base_slice from = mls_secret_slice(secret);
    BASE_TRY(
        mls_expand_with_label(crypto, from, base_slice_text("key"), context, out->key, crypto->suite->aead_key_size));
    return mls_expand_with_label(crypto, from, base_slice_text("nonce"), context, out->nonce, sizeof out->nonce);
}

void mls_secret_zero(const struct mls_crypto *crypto, struct mls_secret *out) {
    *out = (struct mls_secret){ .len = crypto->suite->hash_size };
}

base_result mls_secret_random(const struct mls_crypto *crypto, const struct base_random *random,
                              struct mls_secret *out) {
    out->len = crypto->suite->hash_size;
    return base_random_fill(random, out->data, out->len);
}

base_result mls_joiner_secret(const struct mls_crypto *crypto, const struct mls_secret *init_secret,
                              const struct mls_secret *commit_secret, struct base_slice group_context,
                              struct mls_secret *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) extracted = { 0 };
    BASE_TRY(mls_extract(crypto, mls_secret_slice(init_secret), mls_secret_slice(commit_secret), &extracted));
    return expand_context(crypto, &extracted, "joiner", group_context, out);
}

/* What joiner secret and PSKs make together; welcome and epoch secret come of it. */
static base_result member_secret(const struct mls_crypto *crypto, const struct mls_secret *joiner_secret,
                                 const struct mls_secret *psk_secret, struct mls_secret *out) {
    return mls_extract(crypto, mls_secret_slice(joiner_secret), mls_secret_slice(psk_secret), out);
}

base_result mls_welcome_secret(const struct mls_crypto *crypto, const struct mls_secret *joiner_secret,
                               const struct mls_secret *psk_secret, struct mls_secret *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) member = { 0 };
    BASE_TRY(member_secret(crypto, joiner_secret, psk_secret, &member));
    return mls_derive_secret(crypto, &member, "welcome", out);
}

base_result mls_welcome_key(const struct mls_crypto *crypto, const struct mls_secret *welcome_secret,
                            struct mls_aead_key *out) {
    return expand_key(crypto, welcome_secret, base_slice(NULL, 0), out);
}

base_result mls_epoch_secrets_derive(const struct mls_crypto *crypto, const struct mls_secret *joiner_secret,
                                     const struct mls_secret *psk_secret, struct base_slice group_context,
                                     struct mls_epoch_secrets *out) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) member = { 0 };
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) epoch = { 0 };
    BASE_TRY(member_secret(crypto, joiner_secret, psk_secret, &member));
    BASE_TRY(expand_context(crypto, &member, "epoch", group_context, &epoch));
    return mls_epoch_secrets_create(crypto, &epoch, out);
}

base_result mls_epoch_secrets_create(const struct mls_crypto *crypto, const struct mls_secret *epoch_secret,
                                     struct mls_epoch_secrets *out) {
    struct mls_epoch_secrets BASE_CLEANUP(mls_epoch_secrets_wipe) made = { 0 };
    const struct {
        const char *label;
        struct mls_secret *secret;
    } derived[] = {
        { "sender data", &made.sender_data_secret },
        { "encryption", &made.encryption_secret },
        { "exporter", &made.exporter_secret },
        { "external", &made.external_secret },
        { "confirm", &made.confirmation_key },
        { "membership", &made.membership_key },
        { "resumption", &made.resumption_psk },
        { "authentication", &made.epoch_authenticator },
        { "init", &made.init_secret },
    };
    for (size_t i = 0; i < sizeof derived / sizeof *derived; i++) {
        BASE_TRY(mls_derive_secret(crypto, epoch_secret, derived[i].label, derived[i].secret));
    }
    *out = made;
    return BASE_OK;
}

base_result mls_external_keypair(const struct mls_crypto *crypto, const struct mls_secret *external_secret,
                                 struct mls_keypair *out) {
    return mls_kem_derive(crypto, mls_secret_slice(external_secret), out);
}

static const char external_init_context[] = "MLS 1.0 external init secret";

base_result mls_external_init_send(const struct mls_crypto *crypto, const struct base_random *random,
                                   struct base_slice external_pub, struct mls_public_key *kem_output,
                                   struct mls_secret *init_secret) {
    init_secret->len = crypto->suite->hash_size;
    return mls_hpke_send_export(crypto, random, external_pub, base_slice(NULL, 0),
                                base_slice_text(external_init_context), kem_output, init_secret->data,
                                init_secret->len);
}

base_result mls_external_init_receive(const struct mls_crypto *crypto, const struct mls_secret *external_secret,
                                      struct base_slice kem_output, struct mls_secret *init_secret) {
    struct mls_keypair BASE_CLEANUP(mls_keypair_wipe) key = { 0 };
    BASE_TRY(mls_external_keypair(crypto, external_secret, &key));
    init_secret->len = crypto->suite->hash_size;
    return mls_hpke_receive_export(crypto, &key, kem_output, base_slice(NULL, 0),
                                   base_slice_text(external_init_context), init_secret->data, init_secret->len);
}

base_result mls_confirmation_tag(const struct mls_crypto *crypto, const struct mls_secret *confirmation_key,
                                 struct base_slice confirmed_transcript_hash, struct mls_secret *out) {
    return mls_mac(crypto, mls_secret_slice(confirmation_key), confirmed_transcript_hash, out);
}

base_result mls_confirmation_tag_verify(const struct mls_crypto *crypto, const struct mls_secret *confirmation_key,
                                        struct base_slice confirmed_transcript_hash, struct base_slice tag) {
    base_result result = mls_mac_verify(crypto, mls_secret_slice(confirmation_key), confirmed_transcript_hash, tag);
    return result == &MLS_ERR_MAC ? &MLS_ERR_CONFIRMATION_TAG : result;
}

base_result mls_exporter(const struct mls_crypto *crypto, const struct mls_secret *exporter_secret,
                         struct base_slice label, struct base_slice context, uint8_t *out, size_t len) {
    struct mls_secret BASE_CLEANUP(mls_secret_wipe) derived = { .len = crypto->suite->hash_size };
    struct mls_secret context_hash = { 0 };
    BASE_TRY(mls_expand_with_label(crypto, mls_secret_slice(exporter_secret), label, base_slice(NULL, 0), derived.data,
                                   derived.len));
    BASE_TRY(mls_hash(crypto, context, &context_hash));
    return mls_expand_with_label(crypto, mls_secret_slice(&derived), base_slice_text("exported"),
                                 mls_secret_slice(&context_hash), out, len);
}

base_result mls_sender_data_key(const struct mls_crypto *crypto, const struct mls_secret *sender_data_secret,
                                struct base_slice ciphertext, struct mls_aead_key *out) {
    const size_t sample_max = crypto->suite->hash_size;
    const size_t sample_len = ciphertext.len < sample_max ? ciphertext.len : sample_max;
    const struct base_slice sample = base_slice(ciphertext.data, sample_len);
    return expand_key(crypto, sender_data_secret, sample, out);
}

/* All secrets in the struct's order. */
static size_t each_secret(struct mls_epoch_secrets *secrets, struct mls_secret *all[9]) {
    all[0] = &secrets->sender_data_secret;
    all[1] = &secrets->encryption_secret;
    all[2] = &secrets->exporter_secret;
    all[3] = &secrets->external_secret;
    all[4] = &secrets->confirmation_key;
    all[5] = &secrets->membership_key;
    all[6] = &secrets->resumption_psk;
    all[7] = &secrets->epoch_authenticator;
    all[8] = &secrets->init_secret;
    return 9;
}

void mls_epoch_secrets_write(struct base_writer *writer, const struct mls_epoch_secrets *secrets) {
    struct mls_epoch_secrets BASE_CLEANUP(mls_epoch_secrets_wipe) copy = *secrets;
    struct mls_secret *all[9];
    const size_t count = each_secret(&copy, all);
    for (size_t i = 0; i < count; i++) {
        base_write_opaque(writer, mls_secret_slice(all[i]));
    }
}

base_result mls_epoch_secrets_read(const struct mls_crypto *crypto, struct base_reader *reader,
                                   struct mls_epoch_secrets *out) {
    struct mls_epoch_secrets BASE_CLEANUP(mls_epoch_secrets_wipe) read = { 0 };
    struct base_reader ahead = *reader;
    struct mls_secret *all[9];
    const size_t count = each_secret(&read, all);
    for (size_t i = 0; i < count; i++) {
        struct base_slice secret = { 0 };
        BASE_TRY(base_read_opaque(&ahead, &secret));
        BASE_ENSURE(secret.len == 0 || secret.len == crypto->suite->hash_size, BASE_ERR_VALUE);
        if (secret.len != 0) {
            memcpy(all[i]->data, secret.data, secret.len);
            all[i]->len = (uint8_t)secret.len;
        }
    }
    *out = read;
    *reader = ahead;
    return BASE_OK;
}
