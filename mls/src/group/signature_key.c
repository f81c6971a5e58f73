/* SPDX-License-Identifier: Apache-2.0 */
/* Signature keys for applications, which keep them. */
#include "crypto.h"
#include "mls/mls.h"

base_result mls_signature_key_create(const struct mls_context *context, uint16_t suite, struct mls_keypair *out) {
    struct mls_crypto crypto;
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, suite, &crypto));
    return mls_signature_generate(&crypto, context->random, out);
}

base_result mls_signature_key_load(const struct mls_context *context, uint16_t suite, struct base_slice private_key,
                                   struct mls_keypair *out) {
    struct mls_crypto crypto;
    BASE_TRY(mls_crypto_for(context->provider, context->allocator, suite, &crypto));
    return mls_signature_keypair(&crypto, private_key, out);
}
