/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the names of pre-shared keys to the PSK secret (§8.4). Internal.
 */
#ifndef MLS_GROUP_PSKS_H
#define MLS_GROUP_PSKS_H

#include "group/group.h"
#include "psk.h"

/** Where PSKs are looked for. */
struct mls_keyring {
    const struct mls_context *context;
    const struct mls_crypto *crypto;
    const struct mls_group *group;  /**< has its own past resumption PSKs; NULL for who joins */
    const struct mls_group *parent; /**< of a branch or re-initialisation, or NULL */
};

/** psk_secret of `ids`, in their order. MLS_ERR_PSK_UNKNOWN or what the callback returns; BASE_ERR_TOO_LONG. */
BASE_MUST_USE base_result mls_keyring_combine(const struct mls_keyring *keyring, const struct mls_psk_id *ids,
                                              size_t count, struct mls_secret *out);

/** Whether one of them is known: the errors of mls_keyring_combine. */
BASE_MUST_USE base_result mls_keyring_look(const struct mls_keyring *keyring, const struct mls_psk_id *id);

/** The resumption PSK that a group keeps of an epoch, or NULL. */
const struct mls_secret *mls_resumption_find(const struct mls_group *group, uint64_t epoch);

#endif
