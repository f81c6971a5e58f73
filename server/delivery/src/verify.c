/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The only cryptography on a user's behalf that the server does: checking a device's signature.
 */
#include <openssl/evp.h>

#include "state.h"

bool verify_signature(const uint8_t key[WIRE_KEY_LEN], struct base_slice content,
                      const uint8_t signature[WIRE_SIGNATURE_LEN]) {
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, WIRE_KEY_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = public_key != NULL && context != NULL &&
                EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
                EVP_DigestVerify(context, signature, WIRE_SIGNATURE_LEN, content.data, content.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    return good;
}
