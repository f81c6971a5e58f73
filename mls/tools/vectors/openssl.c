/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second provider, where there is one.
 */
#include "case.h"

base_result vectors_openssl(struct mls_provider **out) {
    return mls_provider_openssl(base_allocator_libc(), out);
}

void vectors_openssl_free(struct mls_provider *provider) {
    mls_provider_openssl_free(provider);
}
