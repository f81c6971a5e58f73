/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of openssl.c where OpenSSL is not built: WebAssembly.
 */
#include "case.h"

base_result vectors_openssl(struct mls_provider **out) {
    *out = NULL;
    return BASE_OK;
}

void vectors_openssl_free(struct mls_provider *provider) {
    (void)provider;
}
