/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key schedule of RFC 9420 §8: from one epoch's init secret to the secrets of the next. Internal.
 *
 *   member:  mls_joiner_secret → mls_epoch_secrets_derive   (committer also: mls_welcome_secret)
 *   joiner:  (joiner secret from the Welcome) mls_welcome_secret → mls_epoch_secrets_derive
 *   creator: mls_epoch_secrets_create
 *
 * `group_context` is the encoded GroupContext of the new epoch. All secrets have the suite's hash size. Errors are
 * those of the provider (MLS_ERR_BACKEND) unless said otherwise; what is called `out` is unspecified then.
 */
#ifndef MLS_KEY_SCHEDULE_H
#define MLS_KEY_SCHEDULE_H

#include "base/reader.h"
#include "base/writer.h"
#include "crypto.h"
#include "mls/errors.h"

/** What an epoch keeps (§8, table 4). Wipe it: mls_epoch_secrets_wipe(). */
struct mls_epoch_secrets {
    struct mls_secret sender_data_secret;
    struct mls_secret encryption_secret; /**< only until the secret tree has been made of it: wipe it then */
    struct mls_secret exporter_secret;
    struct mls_secret external_secret;
    struct mls_secret confirmation_key;
    struct mls_secret membership_key;
    struct mls_secret resumption_psk;
    struct mls_secret epoch_authenticator;
    struct mls_secret init_secret; /**< for the next epoch */
};

/** An AEAD key with its nonce. */
struct mls_aead_key {
    uint8_t key[MLS_AEAD_KEY_MAX];
    uint8_t nonce[MLS_AEAD_NONCE_SIZE];
};

static inline void mls_epoch_secrets_wipe(struct mls_epoch_secrets *secrets) {
    base_wipe(secrets, sizeof *secrets);
}

static inline void mls_aead_key_wipe(struct mls_aead_key *key) {
    base_wipe(key, sizeof *key);
}

/** Nh zero bytes: the commit secret of a commit without path, and the PSK secret without PSKs. */
void mls_secret_zero(const struct mls_crypto *crypto, struct mls_secret *out);

/** Nh fresh bytes: the epoch secret of a new group (§11). BASE_ERR_RANDOM. */
BASE_MUST_USE base_result mls_secret_random(const struct mls_crypto *crypto, const struct base_random *random,
                                            struct mls_secret *out);

/** joiner_secret, of the last epoch's (or the external) init secret and the commit secret. */
BASE_MUST_USE base_result mls_joiner_secret(const struct mls_crypto *crypto, const struct mls_secret *init_secret,
                                            const struct mls_secret *commit_secret, struct base_slice group_context,
                                            struct mls_secret *out);

/** welcome_secret, of the joiner secret and the PSK secret (§8.4, psk.h). */
BASE_MUST_USE base_result mls_welcome_secret(const struct mls_crypto *crypto, const struct mls_secret *joiner_secret,
                                             const struct mls_secret *psk_secret, struct mls_secret *out);

/** welcome_key and welcome_nonce (§12.4.3.1), which encrypt the GroupInfo. */
BASE_MUST_USE base_result mls_welcome_key(const struct mls_crypto *crypto, const struct mls_secret *welcome_secret,
                                          struct mls_aead_key *out);

/** All of an epoch's secrets, of the joiner secret and the PSK secret. */
BASE_MUST_USE base_result mls_epoch_secrets_derive(const struct mls_crypto *crypto,
                                                   const struct mls_secret *joiner_secret,
                                                   const struct mls_secret *psk_secret, struct base_slice group_context,
                                                   struct mls_epoch_secrets *out);

/** All secrets of a new group's epoch 0, of its random epoch secret. */
BASE_MUST_USE base_result mls_epoch_secrets_create(const struct mls_crypto *crypto,
                                                   const struct mls_secret *epoch_secret,
                                                   struct mls_epoch_secrets *out);

/** external_priv and external_pub. */
BASE_MUST_USE base_result mls_external_keypair(const struct mls_crypto *crypto,
                                               const struct mls_secret *external_secret, struct mls_keypair *out);

/** §8.3, by who joins: the init secret and the ExternalInit's kem_output. MLS_ERR_PUBLIC_KEY, BASE_ERR_RANDOM. */
BASE_MUST_USE base_result mls_external_init_send(const struct mls_crypto *crypto, const struct base_random *random,
                                                 struct base_slice external_pub, struct mls_public_key *kem_output,
                                                 struct mls_secret *init_secret);

/** §8.3, by a member. MLS_ERR_PUBLIC_KEY: `kem_output` is not a key. */
BASE_MUST_USE base_result mls_external_init_receive(const struct mls_crypto *crypto,
                                                    const struct mls_secret *external_secret,
                                                    struct base_slice kem_output, struct mls_secret *init_secret);

/** confirmation_tag (§6.1): the MAC of the confirmed transcript hash. */
BASE_MUST_USE base_result mls_confirmation_tag(const struct mls_crypto *crypto,
                                               const struct mls_secret *confirmation_key,
                                               struct base_slice confirmed_transcript_hash, struct mls_secret *out);

/** MLS_ERR_CONFIRMATION_TAG unless `tag` is it, compared in constant time. */
BASE_MUST_USE base_result mls_confirmation_tag_verify(const struct mls_crypto *crypto,
                                                      const struct mls_secret *confirmation_key,
                                                      struct base_slice confirmed_transcript_hash,
                                                      struct base_slice tag);

/** MLS-Exporter(label, context, len) of §8.5. BASE_ERR_TOO_LONG: `label` beyond MLS_LABEL_MAX, `len` beyond 255 Nh. */
BASE_MUST_USE base_result mls_exporter(const struct mls_crypto *crypto, const struct mls_secret *exporter_secret,
                                       struct base_slice label, struct base_slice context, uint8_t *out, size_t len);

/** sender_data_key and sender_data_nonce (§6.3.2), of the message's whole ciphertext. */
BASE_MUST_USE base_result mls_sender_data_key(const struct mls_crypto *crypto,
                                              const struct mls_secret *sender_data_secret, struct base_slice ciphertext,
                                              struct mls_aead_key *out);

/** For saved state: the secrets in the struct's order, an empty one as such. */
void mls_epoch_secrets_write(struct base_writer *writer, const struct mls_epoch_secrets *secrets);

/** BASE_ERR_TRUNCATED, BASE_ERR_VARINT, BASE_ERR_VALUE (a secret neither empty nor of the suite's hash size). */
BASE_MUST_USE base_result mls_epoch_secrets_read(const struct mls_crypto *crypto, struct base_reader *reader,
                                                 struct mls_epoch_secrets *out);

#endif
