/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who a device is: the content of its MLS basic credential, in which the account's identity key signs the device's key.
 *
 *     struct {
 *         uint8 version;               1
 *         opaque account[8];
 *         opaque domain<V>;
 *         opaque identity_key[32];     Ed25519
 *         opaque device[16];
 *         opaque signature[64];        by identity_key over label, all the above and the leaf's signature key
 *     } DeviceIdentity;
 */
#ifndef CORE_IDENTITY_H
#define CORE_IDENTITY_H

#include "base/bytes.h"
#include "mls/provider.h"
#include "wire/wire.h"

struct identity {
    uint8_t account[WIRE_ACCOUNT_LEN];
    struct base_slice domain;
    uint8_t identity_key[WIRE_KEY_LEN];
    uint8_t device[WIRE_DEVICE_LEN];
};

enum { IDENTITY_SEED_LEN = 32 };

extern const struct base_error WEIBEL_ERR_IDENTITY; /**< a credential is not what its account has signed */

/** Makes the identity key pair of a seed. */
void identity_key(const uint8_t seed[IDENTITY_SEED_LEN], uint8_t public_key[WIRE_KEY_LEN]);

/** Signs with an Ed25519 seed. */
void identity_sign(const uint8_t seed[IDENTITY_SEED_LEN], struct base_slice message,
                   uint8_t signature[WIRE_SIGNATURE_LEN]);

/** Writes the credential of a device, whose identity's key is that of `seed`. BASE_ERR_NO_MEMORY. */
BASE_MUST_USE base_result identity_write(const struct base_allocator *allocator, const struct identity *identity,
                                         const uint8_t seed[IDENTITY_SEED_LEN], struct base_slice device_key,
                                         struct base_bytes *out);

/** Reads a credential's content that was checked before: of a member. Borrows. WEIBEL_ERR_IDENTITY. */
BASE_MUST_USE base_result identity_peek(struct base_slice credential, struct identity *out);

/** Whether both are of one account, whatever its identity key. */
bool identity_same_account(const struct identity *a, const struct identity *b);

/** Reads a credential's content and checks its signature. Borrows. WEIBEL_ERR_IDENTITY. */
BASE_MUST_USE base_result identity_read(const struct base_allocator *allocator, struct base_slice credential,
                                        struct base_slice device_key, struct identity *out);

#endif
